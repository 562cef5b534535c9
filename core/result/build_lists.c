/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The long lists of a result: caches, call sites, leaks, points in time.
 */
#include "core/result/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void km_build_site(struct km_json_out *out, json_t *object, const struct tf_meta *meta,
		   uint64_t call_site)
{
	char symbol[512];

	km_json_set(out, object, "site", km_json_hex(call_site));
	km_json_set(out, object, "symbol",
		    km_json_text(km_result_symbol(meta, call_site, symbol, sizeof(symbol))));
}

json_t *km_build_gfp(km_gfp gfp)
{
	char text[512];

	return gfp ? km_json_text(km_gfp_print(gfp, text, sizeof(text))) : json_string("");
}

struct cache_row {
	struct km_cache_info info;
	const struct km_cache_stats *stats;
};

static int compare_caches(const void *a, const void *b)
{
	const struct cache_row *x = a, *y = b;

	if (x->info.nr_pages != y->info.nr_pages)
		return x->info.nr_pages < y->info.nr_pages ? 1 : -1;
	return strcmp(x->info.name, y->info.name);
}

static json_t *build_cache(struct km_json_out *out, const struct cache_row *row)
{
	const struct km_cache_info *info = &row->info;
	const struct km_cache_stats *stats = row->stats;
	json_t *cache = json_object();
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{ "object_size", info->object_size },
		{ "size", info->size },
		{ "order", info->order },
		{ "objects_per_slab", info->objects_per_slab },
		{ "allocs", stats->allocs },
		{ "frees", stats->frees },
		{ "slabs_start", stats->slabs_start },
		{ "slabs_peak", km_cache_slabs_peak(info) },
		{ "slabs_end", info->nr_slabs },
		{ "pages_peak", info->pages_peak },
		{ "pages_end", info->nr_pages },
		{ "objects_end", info->nr_inuse },
		{ "active_end", info->nr_active },
		{ "free_bytes_end", (info->capacity - info->nr_inuse) * info->size },
		{ "live_bytes_req_end", stats->live_bytes_req },
		{ "waste_internal_bytes_end", stats->waste_bytes },
	};

	km_json_set(out, cache, "name", km_json_text(info->name));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		km_json_set(out, cache, numbers[i].name, km_json_u64(numbers[i].value));
	return cache;
}

json_t *km_build_caches(struct km_json_out *out, const struct km_analysis *analysis)
{
	const struct km_slab *slab = analysis->replay->kernel.slab;
	size_t nr_caches = km_slab_nr_caches(slab), nr = 0;
	struct cache_row *rows = calloc(nr_caches ? nr_caches : 1, sizeof(*rows));
	json_t *caches = json_array();

	if (!rows) {
		out->err = -ENOMEM;
		return caches;
	}
	for (size_t i = 0; i < nr_caches; i++) {
		struct cache_row *row = &rows[nr];

		km_cache_get_info(km_slab_cache(slab, i), &row->info);
		row->stats = km_sites_cache(&analysis->sites, (uint32_t)i);
		if (row->info.pages_peak || row->info.nr_slabs || row->stats->slabs_start ||
		    row->stats->allocs || row->stats->frees)
			nr++;
	}
	qsort(rows, nr, sizeof(*rows), compare_caches);
	for (size_t i = 0; i < nr; i++)
		km_json_append(out, caches, build_cache(out, &rows[i]));
	free(rows);
	return caches;
}

struct site_row {
	const struct km_site *site;
	const struct km_site_stats *stats;
	const char *cache; /* NULL: none */
};

static const char *site_cache(const struct km_replay *replay, const struct km_site *site)
{
	const struct tf_cache *cache = tf_meta_cache(replay->meta, site->cache);

	return cache ? cache->name : NULL;
}

static int compare_sites(const void *a, const void *b)
{
	const struct site_row *x = a, *y = b;

	if (x->stats->bytes_alloc != y->stats->bytes_alloc)
		return x->stats->bytes_alloc < y->stats->bytes_alloc ? 1 : -1;
	if (x->site->call_site != y->site->call_site)
		return x->site->call_site < y->site->call_site ? -1 : 1;
	if (x->site->kind != y->site->kind)
		return x->site->kind < y->site->kind ? -1 : 1;
	if (x->site->cache != y->site->cache)
		return x->site->cache < y->site->cache ? -1 : 1;
	return 0;
}

/* Who asks, for what kind of thing, and from which cache: the head of a row. */
static void build_site_head(struct km_json_out *out, json_t *object, const struct km_replay *replay,
			    const struct km_site *site)
{
	km_build_site(out, object, replay->meta, site->call_site);
	km_json_set(out, object, "kind", km_json_text(tf_kind_name(site->kind)));
	km_json_set(out, object, "cache", km_json_text(site_cache(replay, site)));
}

static json_t *build_call_site(struct km_json_out *out, const struct km_replay *replay,
			       const struct site_row *row)
{
	const struct km_site_stats *stats = row->stats;
	json_t *object = json_object(), *contexts = json_object();
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{ "allocs", stats->allocs },
		{ "frees", stats->frees },
		{ "fails", stats->fails },
		{ "bytes_req", stats->bytes_req },
		{ "bytes_alloc", stats->bytes_alloc },
		{ "live_objects_end", km_site_live_objects(stats) },
		{ "live_bytes_end", stats->live_bytes },
		{ "live_bytes_peak", stats->live_bytes_peak },
		{ "waste_bytes_peak", stats->waste_bytes_peak },
	};

	build_site_head(out, object, replay, row->site);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		km_json_set(out, object, numbers[i].name, km_json_u64(numbers[i].value));
	km_json_set(out, object, "waste_byte_seconds",
		    km_json_real(km_byte_seconds(stats->waste_byte_ns)));
	km_json_set(out, object, "gfp", km_build_gfp(stats->gfp));
	for (unsigned int i = 0; i < KM_NR_CONTEXTS; i++)
		km_json_set(out, contexts, km_context_name(i), km_json_u64(stats->contexts[i]));
	km_json_set(out, object, "contexts", contexts);
	return object;
}

json_t *km_build_call_sites(struct km_json_out *out, const struct km_analysis *analysis)
{
	const struct km_replay *replay = analysis->replay;
	uint32_t nr_sites = km_replay_nr_sites(replay);
	struct site_row *rows = calloc(nr_sites ? nr_sites : 1, sizeof(*rows));
	json_t *call_sites = json_array();
	size_t nr = 0;

	if (!rows) {
		out->err = -ENOMEM;
		return call_sites;
	}
	for (uint32_t i = 0; i < nr_sites; i++) {
		struct site_row *row = &rows[nr];

		row->site = km_replay_site(replay, i);
		row->stats = km_sites_site(&analysis->sites, i);
		if (row->stats->allocs || row->stats->fails)
			nr++;
	}
	qsort(rows, nr, sizeof(*rows), compare_sites);
	for (size_t i = 0; i < nr; i++)
		km_json_append(out, call_sites, build_call_site(out, replay, &rows[i]));
	free(rows);
	return call_sites;
}

json_t *km_build_leaks(struct km_json_out *out, const struct km_analysis *analysis)
{
	const struct km_leaks *leaks = &analysis->leaks;
	json_t *array = json_array();

	for (uint32_t i = 0; i < leaks->nr && i < KM_RESULT_MAX_LEAKS; i++) {
		const struct km_leak *leak = &leaks->list[i];
		const struct km_site_stats *stats = km_sites_site(&analysis->sites, leak->site);
		json_t *object = json_object();

		build_site_head(out, object, analysis->replay,
				km_replay_site(analysis->replay, leak->site));
		km_json_set(out, object, "objects", km_json_u64(leak->objects));
		km_json_set(out, object, "bytes", km_json_u64(leak->bytes));
		km_json_set(out, object, "oldest_age_ns", km_json_u64(leak->oldest_age_ns));
		km_json_set(out, object, "allocs", km_json_u64(stats->allocs));
		km_json_set(out, object, "suspect", json_boolean(leak->is_suspect));
		km_json_append(out, array, object);
	}
	return array;
}

json_t *km_build_timeline(struct km_json_out *out, const struct km_analysis *analysis)
{
	const struct km_timeline *timeline = &analysis->timeline;
	json_t *array = json_array();

	for (uint32_t i = 0; i < timeline->nr; i++) {
		const struct km_point *point = &timeline->points[i];
		json_t *object = json_object();

		km_json_set(out, object, "ts_ns",
			    km_json_u64(km_build_time(analysis->replay, point->ts_ns)));
		km_json_set(out, object, "live_bytes", km_json_u64(point->live_bytes));
		km_json_set(out, object, "waste_internal_bytes",
			    km_json_u64(point->waste_internal_bytes));
		km_json_set(out, object, "slab_pages", km_json_u64(point->slab_pages));
		km_json_set(out, object, "free_pages", km_json_u64(point->free_pages));
		km_json_set(out, object, "vmalloc_bytes", km_json_u64(point->vmalloc_bytes));
		km_json_set(out, object, "percpu_bytes", km_json_u64(point->percpu_bytes));
		km_json_append(out, array, object);
	}
	return array;
}
