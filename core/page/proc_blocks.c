/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc/buddyinfo and /proc/pagetypeinfo.
 *
 *   Node 0, zone   Normal    492    272 ...                      buddyinfo
 *   Node    0, zone   Normal, type    Unmovable    490 ...       pagetypeinfo
 *   Node 0, zone   Normal          183         2847 ...          pageblocks
 *
 * pagetypeinfo is one table after the other, for each node anew.
 *
 * A pageblock counts where the kernel has page descriptors for it: of a 64-bit zone those in
 * memory sections with RAM, of a 32-bit one (flat memory) all.  Those whose descriptors are to
 * be initialised later are movable in the model, and not counted as that.
 */
#include "core/page/proc.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/page/zone.h"

int km_proc_buddyinfo(const struct km_pages *pages, struct km_proc_text *text)
{
	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		const struct zone *zone = &pages->zones[i];

		if (!zone->present_pages)
			continue;
		km_proc_print(text, "Node %u, zone %8s ", zone->node,
			      km_zone_type_name(zone->type));
		for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
			km_proc_print(text, "%6" PRIu64 " ", zone->free_area[order].nr_free);
		km_proc_print(text, "\n");
	}
	return text->has_failed ? -ENOMEM : 0;
}

static bool has_cma(const struct km_pages *pages)
{
	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		const struct zone *zone = &pages->zones[i];
		uint64_t nr = km_pageblock_index(pages, zone, km_zone_end(zone) - 1) + 1;

		if (zone->spanned_pages && memchr(zone->pageblock_types, KM_MIGRATE_CMA, nr))
			return true;
	}
	return false;
}

static void print_free_counts(struct km_proc_text *text, const struct zone *zone,
			      enum km_migratetype type)
{
	km_proc_print(text, "Node %4u, zone %8s, type %12s ", zone->node,
		      km_zone_type_name(zone->type), km_migratetype_name(type));
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
		uint64_t nr = zone->free_area[order].list[type].nr;

		if (nr >= KM_PROC_MAX_BLOCKS)
			km_proc_print(text, ">%6u ", KM_PROC_MAX_BLOCKS);
		else
			km_proc_print(text, "%6" PRIu64 " ", nr);
	}
	km_proc_print(text, "\n");
}

static bool has_descriptors(const struct km_profile *profile, const struct zone *zone, uint64_t pfn)
{
	uint64_t section = pfn / KM_SECTION_PAGES * KM_SECTION_PAGES;

	return profile->address_bits == 32 ||
	       km_profile_ram_pages(profile, section, section + KM_SECTION_PAGES, zone->node);
}

static void print_pageblocks(struct km_proc_text *text, const struct km_pages *pages,
			     const struct zone *zone, bool with_cma)
{
	const struct km_profile *profile = &pages->machine->profile;
	uint64_t count[KM_NR_MIGRATETYPES] = { 0 };
	uint64_t deferred = zone->deferred_pages >> profile->pageblock_order;

	/* From the first page on, aligned or not. */
	for (uint64_t pfn = zone->start_pfn; pfn < km_zone_end(zone);
	     pfn += 1ull << profile->pageblock_order)
		if (has_descriptors(profile, zone, pfn))
			count[km_pageblock_type(pages, zone, pfn)]++;
	count[KM_MIGRATE_MOVABLE] -=
		deferred < count[KM_MIGRATE_MOVABLE] ? deferred : count[KM_MIGRATE_MOVABLE];

	km_proc_print(text, "Node %u, zone %8s ", zone->node, km_zone_type_name(zone->type));
	for (unsigned int type = 0; type < KM_NR_MIGRATETYPES; type++)
		if (type != KM_MIGRATE_CMA || with_cma)
			km_proc_print(text, "%12" PRIu64 " ", count[type]);
	km_proc_print(text, "\n");
}

static bool is_shown(const struct zone *zone, unsigned int node)
{
	return zone->node == node && zone->present_pages;
}

static void print_node(struct km_proc_text *text, const struct km_pages *pages, unsigned int node,
		       bool with_cma)
{
	const struct zone *zones = pages->zones;

	km_proc_print(text, "Page block order: %u\n", pages->machine->profile.pageblock_order);
	km_proc_print(text, "Pages per block:  %u\n\n",
		      1u << pages->machine->profile.pageblock_order);
	km_proc_print(text, "%-43s ", "Free pages count per migrate type at order");
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		km_proc_print(text, "%6u ", order);
	km_proc_print(text, "\n");
	for (unsigned int i = 0; i < pages->nr_zones; i++)
		for (unsigned int type = 0; type < KM_NR_MIGRATETYPES; type++)
			if (is_shown(&zones[i], node) && (type != KM_MIGRATE_CMA || with_cma))
				print_free_counts(text, &zones[i], type);

	km_proc_print(text, "\n%-23s", "Number of blocks type ");
	for (unsigned int type = 0; type < KM_NR_MIGRATETYPES; type++)
		if (type != KM_MIGRATE_CMA || with_cma)
			km_proc_print(text, "%12s ", km_migratetype_name(type));
	km_proc_print(text, "\n");
	for (unsigned int i = 0; i < pages->nr_zones; i++)
		if (is_shown(&zones[i], node))
			print_pageblocks(text, pages, &zones[i], with_cma);
}

int km_proc_pagetypeinfo(const struct km_pages *pages, struct km_proc_text *text)
{
	bool with_cma = has_cma(pages);

	for (unsigned int node = 0; node < pages->machine->profile.nr_nodes; node++) {
		bool has_memory = false;

		for (unsigned int i = 0; i < pages->nr_zones; i++)
			has_memory |= is_shown(&pages->zones[i], node);
		if (has_memory)
			print_node(text, pages, node, with_cma);
	}
	return text->has_failed ? -ENOMEM : 0;
}
