/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Held pages become used ones: what the machine had in use when it was booted finds its
 * owner.  No free page is taken.
 */
#include "core/page/held.h"
#include "core/page/zone.h"

/* Claimed pages that are nobody's are as movable as their pageblock; others do not move. */
static enum km_migratetype claimed_type(const struct km_pages *pages, const struct zone *zone,
					uint64_t pfn, enum km_page_owner owner)
{
	enum km_migratetype type = km_pageblock_type(pages, zone, pfn);

	if (owner != KM_OWNER_OTHER && type == KM_MIGRATE_MOVABLE)
		return KM_MIGRATE_UNMOVABLE;
	return type < KM_MIGRATE_PCPTYPES ? type : KM_MIGRATE_MOVABLE;
}

/*
 * Pages of nobody in particular come from movable pageblocks, the kernel's own from
 * others; when these are used up, another pageblock becomes one of them.
 */
static uint64_t take_held(struct km_pages *pages, struct zone *zone, unsigned int order,
			  enum km_page_owner owner)
{
	const unsigned int pageblock_order = pages->machine->profile.pageblock_order;
	struct km_held *movable = &zone->held[KM_HELD_MOVABLE];
	struct km_held *kernel = &zone->held[KM_HELD_KERNEL];
	uint64_t pfn;

	if (owner == KM_OWNER_OTHER) {
		pfn = km_held_take(movable, order);
		return pfn != KM_NO_PFN ? pfn : km_held_take(kernel, order);
	}
	pfn = km_held_take(kernel, order);
	if (pfn != KM_NO_PFN)
		return pfn;
	pfn = km_held_take(movable, order > pageblock_order ? order : pageblock_order);
	if (pfn == KM_NO_PFN)
		return km_held_take(movable, order);
	km_pageblock_set_types(pages, zone, pfn,
			       1ull << (order > pageblock_order ? order : pageblock_order),
			       KM_MIGRATE_UNMOVABLE);
	if (order >= pageblock_order)
		return pfn;
	if (km_held_add(kernel, pfn, pageblock_order)) {
		km_pageblock_set_types(pages, zone, pfn, 1, KM_MIGRATE_MOVABLE);
		km_held_add(movable, pfn, pageblock_order); /* there it was: there is room */
		return KM_NO_PFN;
	}
	return km_held_take(kernel, order);
}

static uint64_t claim_from(struct km_pages *pages, struct zone *zone, unsigned int order,
			   enum km_page_owner owner)
{
	uint64_t pfn = take_held(pages, zone, order, owner);

	if (pfn == KM_NO_PFN)
		return KM_NO_PFN;
	zone->held_pages -= 1ull << order;
	km_page_set_used(km_page(pages->machine, pfn), order, claimed_type(pages, zone, pfn, owner),
			 owner);
	return pfn;
}

uint64_t km_pages_claim(struct km_pages *pages, enum km_zone_type zone, unsigned int node,
			unsigned int order, enum km_page_owner owner)
{
	uint64_t pfn = KM_NO_PFN;

	if (order > KM_MAX_ORDER || node >= pages->machine->profile.nr_nodes)
		return KM_NO_PFN;
	for (unsigned int i = 0; i < pages->nr_zones && pfn == KM_NO_PFN; i++)
		if (pages->zones[i].type == zone && pages->zones[i].node == node)
			pfn = claim_from(pages, &pages->zones[i], order, owner);
	for (unsigned int i = 0; i < pages->nr_zonelist[node] && pfn == KM_NO_PFN; i++)
		pfn = claim_from(pages, &pages->zones[pages->zonelist[node][i]], order, owner);
	return pfn;
}
