/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zones at boot, the order in which a node asks them, and which of them has a page.  What
 * their sizes make of them is in zone_sizes.c.
 *
 * Not modelled: memory hotplug.
 *
 * Mirrors mm/page_alloc.c 6.12.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/numa.h"
#include "core/page/held.h"
#include "core/page/pcp.h"
#include "core/page/zone.h"

/* Zones of a node from the highest type down, then those of the nodes it falls back to. */
static void build_zonelist(struct km_pages *pages, unsigned int node,
			   const struct km_node_orders *orders)
{
	unsigned int nr = 0;

	for (unsigned int step = 0; step < orders->nr; step++)
		for (unsigned int i = pages->nr_zones; i-- > 0;)
			if (pages->zones[i].node == orders->order[node][step] &&
			    pages->zones[i].managed_pages)
				pages->zonelist[node][nr++] = i;
	pages->nr_zonelist[node] = nr;
}

static uint8_t old_habits(unsigned int features)
{
	return (features & KM_FEAT_WMARK_BLOCK ? 0 : KM_ZONE_SHARES_ORDERS) |
	       (features & KM_FEAT_FREE_HIGHATOMIC ? 0 : KM_ZONE_HOLDS_RESERVED);
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
	zone->old_habits = old_habits(profile->features);
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
	zone->compact.skip = calloc(nr_pageblocks / 64 + 1, sizeof(*zone->compact.skip));
	zone->untouched = calloc(KM_NR_MIGRATETYPES, sizeof(*zone->untouched));
	zone->pcp = km_pcp_new(pages->machine->nr_cpus);
	if (!zone->pageblock_types || !zone->held || !zone->deferred || !zone->untouched ||
	    !zone->pcp || !zone->compact.skip)
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
	struct km_node_orders orders;
	int err;

	pages->nr_zones = profile->nr_zones;
	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		err = init_zone(pages, &pages->zones[i], &profile->zones[i]);
		if (err)
			return err;
	}
	km_zone_sizes_init(pages);
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
	/* x86 builds its zonelists before it knows which nodes have CPUs. */
	km_node_order(profile, 0, &orders);
	for (unsigned int node = 0; node < profile->nr_nodes; node++)
		build_zonelist(pages, node, &orders);
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
		free(zone->compact.skip);
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
