/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Totals by call site and by cache, one array each, indexed by the replay's site number
 * and the model's cache index.
 *
 * Byte-seconds of waste are added up when an allocation ends: its waste times its age.
 * What still lives is added at the finish, so the sum is exact then and only then.
 */
#include "core/analysis/sites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Make room for item, its new elements zero.  The array, or NULL. */
static void *make_room(void *array, uint32_t *max, uint32_t item, size_t size)
{
	uint32_t want = *max ? *max : 256;
	void *bigger;

	while (want <= item)
		want *= 2;
	bigger = realloc(array, want * size);
	if (!bigger)
		return NULL;
	memset((char *)bigger + *max * size, 0, (want - *max) * size);
	*max = want;
	return bigger;
}

static struct km_site_stats *site_of(struct km_sites *sites, uint32_t site)
{
	if (site >= sites->max_sites) {
		void *array =
			make_room(sites->sites, &sites->max_sites, site, sizeof(*sites->sites));

		if (!array) {
			sites->err = -ENOMEM;
			return NULL;
		}
		sites->sites = array;
	}
	if (site >= sites->nr_sites)
		sites->nr_sites = site + 1;
	return &sites->sites[site];
}

static struct km_cache_stats *cache_of(struct km_sites *sites, uint32_t cache)
{
	if (cache == KM_NO_CACHE)
		return NULL;
	if (cache >= sites->max_caches) {
		void *array =
			make_room(sites->caches, &sites->max_caches, cache, sizeof(*sites->caches));

		if (!array) {
			sites->err = -ENOMEM;
			return NULL;
		}
		sites->caches = array;
	}
	if (cache >= sites->nr_caches)
		sites->nr_caches = cache + 1;
	return &sites->caches[cache];
}

static void saw_request(struct km_site_stats *stats, const struct km_replay *replay,
			const struct tf_event *ev)
{
	stats->contexts[km_context_of(ev->ctx)]++;
	stats->gfp |= replay->gfp_now;
}

static void on_alloc(void *self, const struct km_replay *replay, const struct tf_event *ev,
		     const struct km_life *life)
{
	uint64_t waste = life->bytes_alloc - life->bytes_req;
	struct km_site_stats *stats = site_of(self, life->site);
	struct km_cache_stats *cache = cache_of(self, life->cache);

	if (stats) {
		saw_request(stats, replay, ev);
		stats->allocs++;
		stats->live_objects++;
		stats->bytes_req += life->bytes_req;
		stats->bytes_alloc += life->bytes_alloc;
		stats->live_bytes += life->bytes_alloc;
		stats->waste_bytes += waste;
		if (stats->live_bytes > stats->live_bytes_peak)
			stats->live_bytes_peak = stats->live_bytes;
		if (stats->waste_bytes > stats->waste_bytes_peak)
			stats->waste_bytes_peak = stats->waste_bytes;
	}
	if (cache) {
		cache->allocs++;
		cache->live_objects++;
		cache->live_bytes_req += life->bytes_req;
		cache->waste_bytes += waste;
	}
}

static void on_free(void *self, const struct km_replay *replay, const struct tf_event *ev,
		    const struct km_life *life, enum km_end end)
{
	uint64_t waste = life->bytes_alloc - life->bytes_req;
	struct km_site_stats *stats = site_of(self, life->site);
	struct km_cache_stats *cache = cache_of(self, life->cache);

	(void)ev;
	(void)end;
	if (stats) {
		stats->frees++;
		stats->live_objects--;
		stats->live_bytes -= life->bytes_alloc;
		stats->waste_bytes -= waste;
		stats->waste_byte_ns += (km_byte_ns)waste * (replay->now_ns - life->born_ns);
	}
	if (cache) {
		cache->frees++;
		cache->live_objects--;
		cache->live_bytes_req -= life->bytes_req;
		cache->waste_bytes -= waste;
	}
}

static void on_split(void *self, const struct km_replay *replay, const struct tf_event *ev,
		     const struct km_life *whole, unsigned int order)
{
	struct km_site_stats *stats = site_of(self, whole->site);

	(void)replay;
	(void)ev;
	if (stats)
		stats->live_objects += (1ull << (whole->order - order)) - 1;
}

static void on_fail(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	struct km_sites *sites = self;
	struct km_site_stats *stats;
	uint32_t site = km_replay_find_site(replay, ev);

	stats = site == KM_NO_SITE ? NULL : site_of(sites, site);
	if (!stats)
		return;
	saw_request(stats, replay, ev);
	stats->fails++;
}

static const struct km_observer_ops ops = {
	.name = "sites",
	.alloc = on_alloc,
	.free = on_free,
	.split = on_split,
	.fail = on_fail,
};

int km_sites_init(struct km_sites *sites, struct km_replay *replay)
{
	struct km_slab *slab = replay->kernel.slab;

	memset(sites, 0, sizeof(*sites));
	sites->replay = replay;
	for (size_t i = 0; i < km_slab_nr_caches(slab); i++) {
		const struct kmem_cache *cache = km_slab_cache(slab, i);
		struct km_cache_stats *stats = cache_of(sites, (uint32_t)i);
		struct km_cache_info info;

		if (!stats)
			return -ENOMEM;
		km_cache_get_info(cache, &info);
		stats->slabs_start = info.nr_slabs;
		stats->preexisting_start = km_cache_nr_preexisting(cache);
	}
	return km_replay_add_observer(replay, &ops, sites);
}

static void finish_life(void *arg, const struct km_life *life)
{
	struct km_sites *sites = arg;
	uint64_t waste = life->bytes_alloc - life->bytes_req;

	if (life->site < sites->nr_sites)
		sites->sites[life->site].waste_byte_ns +=
			(km_byte_ns)waste * (sites->replay->now_ns - life->born_ns);
}

int km_sites_finish(struct km_sites *sites)
{
	const struct km_slab *slab = sites->replay->kernel.slab;

	km_replay_for_each_live(sites->replay, finish_life, sites);
	for (uint32_t i = 0; i < sites->nr_caches; i++) {
		const struct kmem_cache *cache = km_slab_cache(slab, i);

		/* Those taken to be freed in place of unknown ones. */
		if (cache)
			sites->caches[i].frees +=
				sites->caches[i].preexisting_start - km_cache_nr_preexisting(cache);
	}
	return sites->err;
}

void km_sites_release(struct km_sites *sites)
{
	free(sites->sites);
	free(sites->caches);
	memset(sites, 0, sizeof(*sites));
}

const struct km_site_stats *km_sites_site(const struct km_sites *sites, uint32_t site)
{
	static const struct km_site_stats none;

	return site < sites->nr_sites ? &sites->sites[site] : &none;
}

const struct km_cache_stats *km_sites_cache(const struct km_sites *sites, uint32_t cache)
{
	static const struct km_cache_stats none;

	return cache < sites->nr_caches ? &sites->caches[cache] : &none;
}
