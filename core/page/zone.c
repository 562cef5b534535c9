/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zones at boot: watermarks, lowmem reserves, zonelists, sizes of per-cpu lists; and
 * the watermark test.
 *
 * Not modelled: watermark boosting (a snapshot's watermarks include it, and it stays),
 * distances between nodes (a node falls back to the next numbers), what khugepaged
 * adds to min_free_kbytes (read it from the host), memory hotplug.
 *
 * Mirrors mm/page_alloc.c 6.12.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/page/held.h"
#include "core/page/pcp.h"
#include "core/page/zone.h"

#define HIGH_FRACTION_MIN 8 /* MIN_PERCPU_PAGELIST_HIGH_FRACTION */

unsigned int km_alloc_flags(km_gfp gfp, unsigned int order, unsigned int features)
{
	unsigned int flags = 0;

	if (gfp & KM_GFP_HIGH)
		flags |= KM_ALLOC_MIN_RESERVE;
	if (!(gfp & KM_GFP_NOMEMALLOC)) {
		if (features & KM_FEAT_MIN_RESERVE) {
			if (!(gfp & KM_GFP_DIRECT_RECLAIM))
				flags |= KM_ALLOC_NON_BLOCK;
			if (order && (flags & KM_ALLOC_NON_BLOCK) && (gfp & KM_GFP_HIGH))
				flags |= KM_ALLOC_HIGHATOMIC;
		} else if (gfp & KM_GFP_ATOMIC_BIT) {
			flags |= KM_ALLOC_HARDER | (order ? KM_ALLOC_HIGHATOMIC : 0);
		}
		if (gfp & KM_GFP_MEMALLOC)
			flags |= KM_ALLOC_NO_WATERMARKS;
	}
	if (km_gfp_migratetype(gfp) == KM_MIGRATE_MOVABLE)
		flags |= KM_ALLOC_CMA;
	return flags;
}

bool km_zone_has_block(const struct zone *zone, unsigned int order, unsigned int alloc_flags)
{
	for (; order < KM_NR_ORDERS; order++) {
		const struct km_free_area *area = &zone->free_area[order];

		if (!area->nr_free)
			continue;
		for (int type = 0; type < KM_MIGRATE_PCPTYPES; type++)
			if (area->list[type].nr)
				return true;
		if ((alloc_flags & KM_ALLOC_CMA) && area->list[KM_MIGRATE_CMA].nr)
			return true;
		if ((alloc_flags & KM_ALLOC_HIGHATOMIC) && area->list[KM_MIGRATE_HIGHATOMIC].nr)
			return true;
	}
	return false;
}

bool km_zone_watermark_ok(const struct zone *zone, unsigned int order, uint64_t mark,
			  int highest_zone, km_gfp gfp, unsigned int features)
{
	return km_zone_admits(zone, order, mark, highest_zone,
			      km_alloc_flags(gfp, order, features));
}

static uint64_t int_sqrt(uint64_t x)
{
	uint64_t root = 0;

	for (uint64_t bit = 1ull << 31; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= x)
			root |= bit;
	return root;
}

uint64_t km_min_free_kbytes(uint64_t lowmem_kbytes)
{
	uint64_t kbytes = int_sqrt(lowmem_kbytes * 16);

	return kbytes < 128 ? 128 : kbytes > 262144 ? 262144 : kbytes;
}

uint64_t km_zone_batchsize(uint64_t managed_pages)
{
	uint64_t batch = managed_pages >> 10;
	uint64_t power = 1;

	batch = (batch < 256 ? batch : 256) / 4;
	if (!batch)
		batch = 1;
	batch += batch / 2;
	while (power * 2 <= batch)
		power *= 2;
	return power > 1 ? power - 1 : 1;
}

uint64_t km_zone_highsize(uint64_t total_pages, uint64_t batch, unsigned int nr_cpus)
{
	uint64_t high = total_pages / nr_cpus;

	return high > batch * 4 ? high : batch * 4;
}

static bool is_lowmem(const struct zone *zone)
{
	return zone->type != KM_ZONE_HIGHMEM && zone->type != KM_ZONE_MOVABLE;
}

static uint64_t lowmem_pages(const struct km_pages *pages)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < pages->nr_zones; i++)
		if (is_lowmem(&pages->zones[i]))
			sum += pages->zones[i].managed_pages;
	return sum;
}

/* __setup_per_zone_wmarks() of one zone. */
static void derive_watermarks(const struct km_pages *pages, struct zone *zone, uint64_t lowmem)
{
	uint64_t pages_min = pages->min_free_kbytes >> (pages->machine->profile.page_shift - 10);
	uint64_t managed = zone->managed_pages;
	uint64_t share = lowmem ? (uint64_t)((__uint128_t)pages_min * managed / lowmem) : 0;
	uint64_t gap = (__uint128_t)managed * pages->watermark_scale_factor / 10000;

	if (gap < share >> 2)
		gap = share >> 2;
	zone->wmark_min = share;
	if (!is_lowmem(zone)) {
		zone->wmark_min = managed / 1024;
		if (zone->wmark_min < 32)
			zone->wmark_min = 32;
		if (zone->wmark_min > 128)
			zone->wmark_min = 128;
	}
	zone->wmark_low = zone->wmark_min + gap;
	zone->wmark_high = zone->wmark_low + gap;
}

/* setup_per_zone_lowmem_reserve() of one zone. */
static void derive_reserve(const struct km_pages *pages, struct zone *zone)
{
	uint64_t ratio = pages->machine->profile.lowmem_reserve_ratio[zone->type];
	uint64_t managed_above = 0;

	for (int highest = zone->type + 1; highest < KM_NR_ZONE_TYPES; highest++) {
		for (unsigned int i = 0; i < pages->nr_zones; i++)
			if (pages->zones[i].node == zone->node &&
			    (int)pages->zones[i].type == highest)
				managed_above += pages->zones[i].managed_pages;
		if (ratio && zone->managed_pages)
			zone->lowmem_reserve[highest] = managed_above / ratio;
	}
}

/* zone_set_pageset_high_and_batch(); before 5.14 high was six batches. */
static void derive_pcp_sizes(const struct km_pages *pages, struct zone *zone,
			     const struct km_zone_desc *desc)
{
	const struct km_machine *machine = pages->machine;
	uint64_t fraction = machine->profile.percpu_pagelist_high_fraction;
	uint64_t batch, high_min, high_max;
	unsigned int nr_cpus = 0;

	for (unsigned int i = 0; i < machine->nr_cpus; i++)
		nr_cpus += machine->cpus[i].node == zone->node;
	if (!nr_cpus)
		nr_cpus = machine->nr_cpus;

	batch = desc->pcp_batch ? desc->pcp_batch
				: km_pcp_batchsize(zone, machine->profile.features);
	if (fraction)
		high_min = km_zone_highsize(zone->managed_pages / fraction, batch, nr_cpus);
	else if (machine->profile.features & KM_FEAT_PCP_HIGH_ORDER)
		high_min = km_zone_highsize(zone->wmark_low, batch, nr_cpus);
	else
		high_min = batch * 6;
	if (desc->pcp_high_min)
		high_min = desc->pcp_high_min;

	high_max = high_min;
	if (!fraction && (machine->profile.features & KM_FEAT_PCP_AUTO_HIGH))
		high_max =
			km_zone_highsize(zone->managed_pages / HIGH_FRACTION_MIN, batch, nr_cpus);
	if (desc->pcp_high_max)
		high_max = desc->pcp_high_max;
	zone->pcp_batch = batch;
	zone->pcp_high_min = high_min;
	zone->pcp_high_max = high_max < high_min ? high_min : high_max;
}

static void derive_sizes(struct km_pages *pages)
{
	const struct km_profile *profile = &pages->machine->profile;
	uint64_t lowmem = lowmem_pages(pages);
	uint64_t above_high = 0;

	pages->watermark_scale_factor = profile->watermark_scale_factor;
	pages->min_free_kbytes = profile->min_free_kbytes;
	if (!pages->min_free_kbytes)
		pages->min_free_kbytes = km_min_free_kbytes(lowmem << (profile->page_shift - 10));

	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];
		struct zone *zone = &pages->zones[i];

		zone->wmark_min = desc->wmark_min;
		zone->wmark_low = desc->wmark_low;
		zone->wmark_high = desc->wmark_high;
		if (!desc->wmark_high)
			derive_watermarks(pages, zone, lowmem);
		if (desc->has_protection)
			memcpy(zone->lowmem_reserve, desc->protection, sizeof(desc->protection));
		else
			derive_reserve(pages, zone);
		derive_pcp_sizes(pages, zone, desc);
		if (zone->managed_pages > zone->wmark_high)
			above_high += zone->managed_pages - zone->wmark_high;
	}
	/* build_all_zonelists(): not even one pageblock of each type. */
	pages->mobility_disabled = above_high < (uint64_t)KM_NR_MIGRATETYPES
							<< profile->pageblock_order;
}

/* Own zones from the highest type down, then those of the following nodes. */
static void build_zonelist(struct km_pages *pages, unsigned int node)
{
	unsigned int nr_nodes = pages->machine->profile.nr_nodes;
	unsigned int nr = 0;

	for (unsigned int step = 0; step < nr_nodes; step++)
		for (unsigned int i = pages->nr_zones; i-- > 0;)
			if (pages->zones[i].node == (node + step) % nr_nodes &&
			    pages->zones[i].managed_pages)
				pages->zonelist[node][nr++] = i;
	pages->nr_zonelist[node] = nr;
}

static int init_zone(struct km_pages *pages, struct zone *zone, const struct km_zone_desc *desc)
{
	const struct km_profile *profile = &pages->machine->profile;
	uint64_t nr_pageblocks;

	zone->type = desc->type;
	zone->node = desc->node;
	zone->start_pfn = desc->start_pfn;
	zone->spanned_pages = desc->spanned_pages;
	zone->present_pages = desc->present_pages;
	zone->managed_pages = desc->managed_pages;
	zone->held_pages = desc->managed_pages;
	zone->deferred_pages = desc->deferred_pages;
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		for (int type = 0; type < KM_NR_MIGRATETYPES; type++) {
			zone->free_area[order].list[type].head = KM_NO_PAGE;
			zone->free_area[order].list[type].tail = KM_NO_PAGE;
		}

	nr_pageblocks = ((km_zone_end(zone) + (1ull << profile->pageblock_order) - 1) >>
			 profile->pageblock_order) -
			(zone->start_pfn >> profile->pageblock_order);
	zone->pageblock_types = malloc(nr_pageblocks + 1);
	zone->held = calloc(KM_NR_HELD, sizeof(*zone->held));
	zone->deferred = calloc(1, sizeof(*zone->deferred));
	zone->untouched = calloc(KM_NR_MIGRATETYPES, sizeof(*zone->untouched));
	zone->pcp = km_pcp_new(pages->machine->nr_cpus);
	if (!zone->pageblock_types || !zone->held || !zone->deferred || !zone->untouched ||
	    !zone->pcp)
		return -ENOMEM;
	memset(zone->pageblock_types, KM_MIGRATE_MOVABLE, nr_pageblocks + 1);
	return 0;
}

static int hold_run(void *arg, uint64_t start, uint64_t end)
{
	return km_held_add_range(arg, start, end);
}

/* The zone that has all RAM of 16 MiB, or MIXED if there are more (or none). */
static int build_zone_map(struct km_pages *pages)
{
	pages->nr_zone_map = (pages->machine->nr_pfns >> KM_ZONE_MAP_SHIFT) + 1;
	pages->zone_map = malloc(pages->nr_zone_map);
	if (!pages->zone_map)
		return -ENOMEM;
	memset(pages->zone_map, KM_ZONE_MAP_MIXED, pages->nr_zone_map);

	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		const struct zone *zone = &pages->zones[i];
		uint64_t mask = (1ull << KM_ZONE_MAP_SHIFT) - 1;
		uint64_t first = (zone->start_pfn + mask) >> KM_ZONE_MAP_SHIFT;

		for (uint64_t j = first; j < km_zone_end(zone) >> KM_ZONE_MAP_SHIFT; j++) {
			bool overlaps = false;

			/* Spans of nodes may be interleaved: those are looked up by range. */
			for (unsigned int k = 0; k < pages->nr_zones; k++)
				overlaps |=
					k != i &&
					pages->zones[k].start_pfn < (j + 1) << KM_ZONE_MAP_SHIFT &&
					km_zone_end(&pages->zones[k]) > j << KM_ZONE_MAP_SHIFT;
			if (!overlaps)
				pages->zone_map[j] = i;
		}
	}
	return 0;
}

int km_page_zones_init(struct km_pages *pages)
{
	const struct km_profile *profile = &pages->machine->profile;
	int err;

	pages->nr_zones = profile->nr_zones;
	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		err = init_zone(pages, &pages->zones[i], &profile->zones[i]);
		if (err)
			return err;
	}
	derive_sizes(pages);
	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		struct zone *zone = &pages->zones[i];

		km_pcp_init(zone, pages->machine->nr_cpus);
		if (pages->mobility_disabled)
			km_pageblock_set_types(pages, zone, zone->start_pfn, zone->spanned_pages,
					       KM_MIGRATE_UNMOVABLE);
		err = km_zone_for_each_run(pages, zone, zone->managed_pages, hold_run,
					   &zone->held[KM_HELD_MOVABLE]);
		if (err)
			return err;
	}
	for (unsigned int node = 0; node < profile->nr_nodes; node++)
		build_zonelist(pages, node);
	return build_zone_map(pages);
}

void km_page_zones_release(struct km_pages *pages)
{
	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		struct zone *zone = &pages->zones[i];

		for (int kind = 0; zone->held && kind < KM_NR_HELD; kind++)
			km_held_release(&zone->held[kind]);
		for (int type = 0; zone->untouched && type < KM_NR_MIGRATETYPES; type++)
			km_pfn_stack_release(&zone->untouched[type]);
		if (zone->deferred)
			km_held_release(zone->deferred);
		free(zone->deferred);
		free(zone->held);
		free(zone->untouched);
		for (unsigned int cpu = 0; zone->pcp_guess && cpu < pages->machine->nr_cpus; cpu++)
			km_pfn_stack_release(&zone->pcp_guess[cpu]);
		free(zone->pcp_guess);
		free(zone->held_bits);
		free(zone->pageblock_types);
		km_pcp_delete(zone->pcp);
	}
	free(pages->zone_map);
}

void km_pageblock_set_types(struct km_pages *pages, struct zone *zone, uint64_t pfn, uint64_t nr,
			    enum km_migratetype type)
{
	uint64_t first, last;

	if (!nr)
		return;
	if (pages->mobility_disabled && type < KM_MIGRATE_PCPTYPES)
		type = KM_MIGRATE_UNMOVABLE;
	first = km_pageblock_index(pages, zone, pfn);
	last = km_pageblock_index(pages, zone, pfn + nr - 1);
	memset(zone->pageblock_types + first, type, last - first + 1);
}

int km_zone_for_each_run(const struct km_pages *pages, const struct zone *zone, uint64_t nr,
			 int (*add)(void *arg, uint64_t start, uint64_t end), void *arg)
{
	const struct km_profile *profile = &pages->machine->profile;
	unsigned int i = profile->nr_ranges;
	int err = 0;

	if (!profile->nr_ranges && nr)
		return add(arg, km_zone_end(zone) - nr, km_zone_end(zone));

	while (nr && !err && i-- > 0) {
		const struct km_mem_range *range = &profile->ranges[i];
		uint64_t start = range->start_pfn, end = range->end_pfn;

		if (range->node != zone->node)
			continue;
		/* Ranges that touch are one run: blocks may cross from one to the next. */
		while (i && profile->ranges[i - 1].end_pfn == start &&
		       profile->ranges[i - 1].node == zone->node)
			start = profile->ranges[--i].start_pfn;
		if (start < zone->start_pfn)
			start = zone->start_pfn;
		if (end > km_zone_end(zone))
			end = km_zone_end(zone);
		if (start >= end)
			continue;
		if (end - start > nr)
			start = end - nr;
		err = add(arg, start, end);
		nr -= end - start;
	}
	return err;
}

int km_pfn_zone_index(const struct km_pages *pages, uint64_t pfn)
{
	unsigned int index = KM_ZONE_MAP_MIXED;

	if (pfn >> KM_ZONE_MAP_SHIFT < pages->nr_zone_map)
		index = pages->zone_map[pfn >> KM_ZONE_MAP_SHIFT];
	if (index != KM_ZONE_MAP_MIXED)
		return index;

	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		const struct zone *zone = &pages->zones[i];

		if (pfn < zone->start_pfn || pfn >= km_zone_end(zone))
			continue;
		if (pages->machine->profile.nr_nodes == 1 ||
		    km_profile_ram_pages(&pages->machine->profile, pfn, pfn + 1, zone->node))
			return i;
	}
	return -1;
}

struct zone *km_pfn_zone(struct km_pages *pages, uint64_t pfn)
{
	int index = km_pfn_zone_index(pages, pfn);

	return index < 0 ? NULL : &pages->zones[index];
}
