/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of boot memory: its free pages become those of the buddy lists.
 *
 * The kernel gives a run of free pages in other pieces than we do: the bitmap in words of
 * 64 pages and single ones, memblock in aligned blocks; HighMem page by page.  Merging makes
 * the same blocks of all of them, and a block is complete when its last page comes: in
 * ascending order.  So the largest aligned blocks are put at once, and those of the largest
 * order are not even touched.
 *
 * Mirrors free_all_bootmem_core() of mm/bootmem.c 2.6.32, __free_memory_core() of
 * mm/memblock.c 6.12.
 */
#include <errno.h>

#include "core/page/bootmem_style.h"
#include "core/page/buddy.h"
#include "core/page/held.h"
#include "core/page/zone.h"

struct giving {
	struct km_bootmem *boot;
	struct km_pages *pages;
	struct zone *zone;
};

static int give_free(const struct giving *giving, uint64_t pfn, uint64_t end)
{
	while (pfn < end) {
		unsigned int order = km_order_fitting(pfn, end);
		enum km_migratetype type = km_pageblock_type(giving->pages, giving->zone, pfn);

		if (order < KM_MAX_ORDER)
			km_buddy_put(giving->pages, giving->zone, pfn, order, type,
				     giving->boot->ops->put_flags);
		else if (km_free_area_add_untouched(giving->zone, pfn, type))
			return -ENOMEM;
		pfn += 1ull << order;
	}
	return 0;
}

/* Pages that stay with their owners; boot memory's own follow later. */
static void keep(const struct giving *giving, uint64_t pfn, uint64_t end)
{
	const unsigned int shift = giving->boot->profile->page_shift;

	for (; pfn < end; pfn++)
		if (!km_regions_meets(&giving->boot->own, pfn << shift, (pfn + 1) << shift))
			km_page_set_used(km_page(giving->pages->machine, pfn), 0,
					 KM_MIGRATE_UNMOVABLE, KM_OWNER_BOOTMEM);
}

static int give_range(const struct giving *giving, const struct km_bootmem_range *range,
		      uint64_t pfn, uint64_t end)
{
	int err = 0;

	while (pfn < end && !err) {
		bool is_free;
		uint64_t next = giving->boot->ops->run(giving->boot, range, pfn, &is_free);

		if (next > end)
			next = end;
		if (is_free)
			err = give_free(giving, pfn, next);
		else
			keep(giving, pfn, next);
		pfn = next;
	}
	return err;
}

static int give_zone(const struct giving *giving)
{
	const struct km_bootmem *boot = giving->boot;
	struct zone *zone = giving->zone;
	int err = 0;

	for (int kind = 0; kind < KM_NR_HELD; kind++)
		km_held_release(&zone->held[kind]);
	zone->held_pages = 0;
	err = km_zone_defer(giving->pages, zone);
	for (size_t i = 0; i < boot->nr_ram && !err; i++) {
		const struct km_bootmem_range *range = &boot->ram[i];
		uint64_t start = range->start_pfn, end = range->end_pfn;

		if (range->node != zone->node)
			continue;
		start = start > zone->start_pfn ? start : zone->start_pfn;
		end = end < km_zone_end(zone) ? end : km_zone_end(zone);
		err = give_range(giving, range, start, end);
	}
	for (int type = 0; type < KM_NR_MIGRATETYPES && boot->ops->put_flags & KM_PUT_TAIL; type++)
		km_pfn_stack_reverse(&zone->untouched[type]); /* the lowest first, as from a head */
	return err;
}

/* One page at a time, as the kernel frees them. */
static void give_own(const struct giving *giving)
{
	const unsigned int shift = giving->boot->profile->page_shift;
	const struct km_regions *own = &giving->boot->own;

	for (size_t i = 0; i < own->nr; i++)
		for (uint64_t pfn = own->list[i].start >> shift; pfn < own->list[i].end >> shift;
		     pfn++) {
			struct zone *zone = km_pfn_zone(giving->pages, pfn);

			km_buddy_put(giving->pages, zone, pfn, 0,
				     km_pageblock_type(giving->pages, zone, pfn),
				     giving->boot->ops->put_flags);
		}
}

/* The same zones, and nothing in them was given to anybody yet. */
static bool are_fresh(const struct km_bootmem *boot, const struct km_pages *pages)
{
	if (pages->nr_zones != boot->profile->nr_zones)
		return false;
	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		const struct km_zone_desc *desc = &boot->profile->zones[i];
		const struct zone *zone = &pages->zones[i];

		if (zone->start_pfn != desc->start_pfn || zone->node != desc->node ||
		    zone->spanned_pages != desc->spanned_pages ||
		    zone->managed_pages != desc->managed_pages ||
		    zone->held_pages != zone->managed_pages)
			return false;
	}
	return true;
}

int km_free_all_bootmem(struct km_bootmem *boot, struct km_pages *pages)
{
	struct giving giving = { .boot = boot, .pages = pages };
	int err;

	if (boot->is_over) {
		boot->reason = "the page allocator has it already";
		return -EPERM;
	}
	if (!are_fresh(boot, pages)) {
		boot->reason = "the zones are of another machine, or in use";
		return -EINVAL;
	}
	err = boot->ops->prepare(boot);
	if (err == -ENOSPC)
		err = 0; /* nothing is free either, in a node without room for its map */
	for (unsigned int i = 0; i < pages->nr_zones && !err; i++) {
		giving.zone = &pages->zones[i];
		err = give_zone(&giving);
	}
	if (err) {
		boot->reason = KM_BOOTMEM_NO_MEMORY;
		return err;
	}
	give_own(&giving);
	boot->is_over = true;
	return 0;
}
