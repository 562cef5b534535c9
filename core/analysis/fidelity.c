/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model against the host's closing snapshot.
 *
 * A trace with one snapshot has no closing one, and only what events tell is known.
 *
 * Free pages of the host are those in its free blocks: its counter of free pages lags
 * behind by what each CPU has not yet added.
 *
 * slab_churn_error_pct divides by the pages that page events say the host's slabs took
 * plus gave back; free_blocks_error_pct by the pages in blocks that came or went between
 * the snapshots, by zone and order.  If nothing moved, an error of 0 is 0 and any other is
 * unknown.
 */
#include "core/analysis/fidelity.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void on_fail(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	struct km_fidelity *fidelity = self;

	(void)replay;
	(void)ev;
	fidelity->nr_failures++;
}

static const struct km_observer_ops ops = {
	.name = "fidelity",
	.fail = on_fail,
};

int km_fidelity_init(struct km_fidelity *fidelity, struct km_replay *replay)
{
	memset(fidelity, 0, sizeof(*fidelity));
	fidelity->replay = replay;
	return km_replay_add_observer(replay, &ops, fidelity);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static double percent(uint64_t part, uint64_t whole)
{
	if (!whole)
		return part ? NAN : 0;
	return 100.0 * (double)part / (double)whole;
}

static uint64_t type_sum(const struct km_host_zone *zone, unsigned int order)
{
	uint64_t nr = 0;

	for (unsigned int type = 0; type < KM_NR_MIGRATETYPES; type++)
		nr += zone->blocks[type][order];
	return nr;
}

static int find_zone(const struct km_host_state *state, const struct zone *zone)
{
	for (unsigned int i = 0; i < state->nr_zones; i++)
		if (state->zones[i].node == zone->node && state->zones[i].type == zone->type)
			return (int)i;
	return -1;
}

static void compare_zones(struct km_fidelity *fidelity)
{
	const struct km_pages *pages = &fidelity->replay->kernel.pages;
	const struct km_host *host = &fidelity->replay->host;
	uint64_t error = 0, moved = 0, free_error = 0, free_real = 0;

	if (!host->start.has_zones || !host->end.has_zones)
		return;
	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		const struct zone *zone = &pages->zones[i];
		int nr = find_zone(&host->end, zone);

		if (nr < 0)
			continue;
		fidelity->free_pages_real[i] = km_host_zone_free(&host->end.zones[nr]);
		free_error += distance(zone->free_pages, fidelity->free_pages_real[i]);
		free_real += fidelity->free_pages_real[i];
		for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
			uint64_t real = type_sum(&host->end.zones[nr], order);
			uint64_t start = type_sum(&host->start.zones[nr], order);

			fidelity->blocks_real[i][order] = real;
			error += distance(zone->free_area[order].nr_free, real) << order;
			moved += distance(real, start) << order;
		}
	}
	fidelity->has_zones = true;
	fidelity->free_pages_error_pct = percent(free_error, free_real);
	fidelity->free_blocks_error_pct = percent(error, moved);
}

static void add_model(struct km_fidelity_cache *entry, const struct km_host *host,
		      const struct km_cache_info *info)
{
	const struct km_host_cache *start = km_host_cache(&host->start, info->name);
	const struct km_host_cache *real = km_host_cache(&host->end, info->name);

	entry->name = info->name;
	entry->slabs_model = info->nr_slabs;
	entry->objects_model = info->nr_active;
	entry->pages_model = info->nr_pages;
	if (start)
		entry->slabs_start = start->nr_slabs;
	if (!real)
		return;
	entry->slabs_real = real->nr_slabs;
	entry->objects_real = real->nr_active;
	entry->pages_real = real->nr_slabs * real->pages_per_slab;
}

/* A cache that the model does not have. */
static void add_real(struct km_fidelity_cache *entry, const struct km_host *host,
		     const struct km_host_cache *real)
{
	const struct km_host_cache *start = km_host_cache(&host->start, real->name);

	*entry = (struct km_fidelity_cache){
		.name = real->name,
		.slabs_start = start ? start->nr_slabs : 0,
		.slabs_real = real->nr_slabs,
		.objects_real = real->nr_active,
		.pages_real = real->nr_slabs * real->pages_per_slab,
	};
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct km_fidelity_cache *)a)->name,
		      ((const struct km_fidelity_cache *)b)->name);
}

/* Every cache of either side that has or had a slab. */
static int list_caches(struct km_fidelity *fidelity)
{
	const struct km_host *host = &fidelity->replay->host;
	struct km_slab *slab = fidelity->replay->kernel.slab;
	size_t nr_model = km_slab_nr_caches(slab);

	fidelity->caches = calloc(nr_model + host->end.nr_caches + 1, sizeof(*fidelity->caches));
	if (!fidelity->caches)
		return -ENOMEM;
	for (size_t i = 0; i < nr_model; i++) {
		struct km_fidelity_cache *entry = &fidelity->caches[fidelity->nr_caches];
		struct km_cache_info info;

		km_cache_get_info(km_slab_cache(slab, i), &info);
		add_model(entry, host, &info);
		if (entry->slabs_start || entry->slabs_model || entry->slabs_real)
			fidelity->nr_caches++;
		else
			memset(entry, 0, sizeof(*entry));
	}
	for (uint32_t i = 0; i < host->end.nr_caches; i++) {
		const struct km_host_cache *real = &host->end.caches[i];

		if (real->nr_slabs && !km_cache_find(slab, real->name))
			add_real(&fidelity->caches[fidelity->nr_caches++], host, real);
	}
	qsort(fidelity->caches, fidelity->nr_caches, sizeof(*fidelity->caches), compare_names);
	return 0;
}

static int compare_slab(struct km_fidelity *fidelity)
{
	const struct km_replay *replay = fidelity->replay;
	uint64_t error = 0, real = 0, model = 0;
	int err;

	if (!replay->host.start.has_slab || !replay->host.end.has_slab)
		return 0;
	err = list_caches(fidelity);
	if (err)
		return err;
	for (uint32_t i = 0; i < fidelity->nr_caches; i++) {
		const struct km_fidelity_cache *cache = &fidelity->caches[i];

		error += distance(cache->pages_model, cache->pages_real);
		model += cache->pages_model;
		real += cache->pages_real;
	}
	fidelity->slab_pages_start = (double)replay->host.start.slab_pages;
	fidelity->slab_pages_model = (double)model;
	fidelity->slab_pages_real = (double)real;
	fidelity->slab_pages_error_pct = percent(error, real);
	fidelity->slab_churn_error_pct =
		percent(error, replay->nr_slab_pages_taken + replay->nr_slab_pages_given);
	return 0;
}

static void compare_rest(struct km_fidelity *fidelity)
{
	const struct kernel *kernel = &fidelity->replay->kernel;
	const struct km_host *host = &fidelity->replay->host;
	struct km_percpu_info percpu;
	struct km_vm_info vm;

	if (host->start.has_vmalloc && host->end.has_vmalloc) {
		km_vm_get_info(kernel->vm, &vm);
		fidelity->vmalloc_error_pct = percent(distance(vm.bytes, host->end.vmalloc_bytes),
						      host->end.vmalloc_bytes);
	}
	if (host->start.has_percpu && host->end.has_percpu) {
		km_percpu_get_info(kernel->percpu, &percpu);
		fidelity->percpu_error_pct =
			percent(distance(percpu.populated_pages, host->end.percpu_pages),
				host->end.percpu_pages);
	}
}

static void set_unknown(struct km_fidelity *fidelity)
{
	fidelity->bytes_alloc_match_pct = NAN;
	fidelity->slab_pages_start = fidelity->slab_pages_model = fidelity->slab_pages_real = NAN;
	fidelity->slab_pages_error_pct = fidelity->slab_churn_error_pct = NAN;
	fidelity->free_pages_error_pct = fidelity->free_blocks_error_pct = NAN;
	fidelity->zone_match_pct = NAN;
	fidelity->vmalloc_error_pct = fidelity->percpu_error_pct = NAN;
}

int km_fidelity_finish(struct km_fidelity *fidelity)
{
	const struct km_replay *replay = fidelity->replay;

	set_unknown(fidelity);
	fidelity->failures_model = fidelity->nr_failures;
	fidelity->failures_real = replay->nr_fails_host;
	fidelity->implied_frees = replay->divergence[KM_DIV_IMPLIED_FREE];
	fidelity->implied_allocs = replay->divergence[KM_DIV_IMPLIED_ALLOC];
	fidelity->is_known = replay->is_host_machine;
	if (!fidelity->is_known)
		return 0;
	if (replay->nr_kmalloc)
		fidelity->bytes_alloc_match_pct =
			percent(replay->nr_kmalloc_bytes_match, replay->nr_kmalloc);
	if (replay->nr_page_allocs)
		fidelity->zone_match_pct =
			percent(replay->nr_page_zone_match, replay->nr_page_allocs);
	if (!replay->host.has_end)
		return 0;
	compare_zones(fidelity);
	compare_rest(fidelity);
	return compare_slab(fidelity);
}

void km_fidelity_release(struct km_fidelity *fidelity)
{
	free(fidelity->caches);
	memset(fidelity, 0, sizeof(*fidelity));
}
