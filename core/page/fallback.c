/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fallback between migratetypes, when a request's own lists have no block.
 *
 * Three schemes, chosen by features:
 *   FALLBACK_LARGEST  2.6.32: the largest block of another type is cut; if it is half a
 *                     pageblock order or more, or wanted for reclaimable memory, all free
 *                     pages of its pageblock move over, and its type if that is half of it.
 *   neither           __rmqueue_fallback() of 5.10 to 6.14: the largest block of another
 *                     type is moved over, with its whole pageblock if enough of that fits
 *                     the new type.
 *   CLAIM_STEAL       6.15 (and 6.12.117): claim a whole pageblock from the largest block
 *                     down, or steal the smallest block and leave its remainder to the old
 *                     type.
 * And the HIGHATOMIC reserve, which works by changing the type of pageblocks as well.
 *
 * A page counts as movable if it was taken for a movable request, or is held in a
 * movable pageblock.
 *
 * Not modelled: MIGRATE_RESERVE of 2.6.32.  That type had at most two pageblocks of a zone,
 * which all other types' lists had to be empty for: free pages below the min watermark, to
 * which only atomic and memalloc requests come.  Its pages count as free like any others, so
 * leaving it out changes where the last of these requests are served, not whether, unless
 * they are of high order.
 *
 * Mirrors mm/page_alloc.c 2.6.32, 5.10 and 6.12.
 */
#include "core/page/buddy.h"
#include "core/page/reclaim.h"

static const uint8_t fallbacks[KM_MIGRATE_PCPTYPES][KM_MIGRATE_PCPTYPES - 1] = {
	[KM_MIGRATE_UNMOVABLE] = { KM_MIGRATE_RECLAIMABLE, KM_MIGRATE_MOVABLE },
	[KM_MIGRATE_MOVABLE] = { KM_MIGRATE_RECLAIMABLE, KM_MIGRATE_UNMOVABLE },
	[KM_MIGRATE_RECLAIMABLE] = { KM_MIGRATE_UNMOVABLE, KM_MIGRATE_MOVABLE },
};

static int find_fallback(const struct zone *zone, unsigned int order, enum km_migratetype start)
{
	const struct km_free_area *area = &zone->free_area[order];

	if (!area->nr_free)
		return -1;
	for (int i = 0; i < KM_MIGRATE_PCPTYPES - 1; i++)
		if (area->list[fallbacks[start][i]].nr)
			return fallbacks[start][i];
	return -1;
}

/* Worth the pageblock: the block is large, or the request would else scatter what cannot move. */
static bool can_take_pageblock(const struct km_pages *pages, unsigned int order,
			       enum km_migratetype start)
{
	return order >= pages->machine->profile.pageblock_order / 2 ||
	       start != KM_MIGRATE_MOVABLE || pages->mobility_disabled;
}

struct pageblock {
	uint64_t start, end;
	uint64_t free_pages;	/* on the buddy lists */
	uint64_t movable_pages; /* in use, and could be migrated */
};

/* False if the pageblock reaches out of the zone: it is left alone then. */
static bool pageblock_survey(const struct km_pages *pages, const struct zone *zone, uint64_t pfn,
			     struct pageblock *block)
{
	unsigned int shift = pages->machine->profile.pageblock_order;
	bool held_moves = km_pageblock_type(pages, zone, pfn) == KM_MIGRATE_MOVABLE;

	*block = (struct pageblock){ .start = pfn >> shift << shift };
	block->end = block->start + (1ull << shift);
	if (block->start < zone->start_pfn || block->end > km_zone_end(zone))
		return false;

	for (pfn = block->start; pfn < block->end;) {
		const struct page *page = km_page(pages->machine, pfn);
		uint64_t nr = 1;

		switch (page->state) {
		case KM_PAGE_FREE:
			nr = 1ull << page->order;
			block->free_pages += nr;
			break;
		case KM_PAGE_USED:
			nr = 1ull << page->order;
			if (page->migratetype == KM_MIGRATE_MOVABLE)
				block->movable_pages += nr;
			break;
		case KM_PAGE_PCP:
			nr = 1ull << page->order;
			break;
		default:
			block->movable_pages += held_moves;
		}
		pfn += nr;
	}
	return true;
}

/*
 * A block smaller than a pageblock is taken from another type: from here on two types
 * share a pageblock.  The kernel boosts the zone's watermarks now (since 5.0).
 */
static void fragmented(struct km_pages *pages, struct zone *zone)
{
	zone->nr_fragmented++;
	if (!pages->reclaim_recorded && km_zone_boost(pages, zone))
		km_kswapd_wake(pages, zone->node, 0, 0, zone->type);
}

/* The end of the list for free pages that change type; none of them is hot. */
static unsigned int moved_to(const struct km_pages *pages)
{
	return pages->machine->profile.features & KM_FEAT_MOVE_TO_HEAD ? 0 : KM_PUT_TAIL;
}

/* Move all free pages of a pageblock to another type's lists. */
static void pageblock_move_free(struct km_pages *pages, struct zone *zone,
				const struct pageblock *block, enum km_migratetype to)
{
	for (uint64_t pfn = block->start; pfn < block->end;) {
		const struct page *page = km_page(pages->machine, pfn);
		unsigned int order = page->order;

		if (page->state == KM_PAGE_FREE) {
			km_free_area_del(pages, zone, pfn);
			km_free_area_add(pages, zone, pfn, order, to, moved_to(pages));
		} else if (page->state != KM_PAGE_USED && page->state != KM_PAGE_PCP) {
			order = 0;
		}
		pfn += 1ull << order;
	}
}

/* Do the free and the alike pages of the pageblock make up half of it? */
static bool pageblock_fits(const struct km_pages *pages, const struct pageblock *block,
			   enum km_migratetype old, enum km_migratetype start)
{
	uint64_t nr = block->end - block->start;
	uint64_t alike = 0;

	if (start == KM_MIGRATE_MOVABLE)
		alike = block->movable_pages;
	else if (old == KM_MIGRATE_MOVABLE)
		alike = nr - block->free_pages - block->movable_pages;
	return block->free_pages + alike >= nr / 2 || pages->mobility_disabled;
}

/* try_to_claim_block(): the block of order from, and with it its pageblock. */
static uint64_t claim_block(struct km_pages *pages, struct zone *zone, unsigned int from,
			    unsigned int order, enum km_migratetype start, enum km_migratetype old)
{
	uint64_t pfn = km_free_area_first(pages, zone, from, old);
	enum km_migratetype block_type = km_pageblock_type(pages, zone, pfn);
	struct pageblock block;

	if (block_type == KM_MIGRATE_HIGHATOMIC)
		return KM_NO_PFN;
	if (from >= pages->machine->profile.pageblock_order) {
		km_free_area_del(pages, zone, pfn);
		km_pageblock_set_types(pages, zone, pfn, 1ull << from, start);
		km_buddy_expand(pages, zone, pfn, order, from, start);
		return pfn;
	}
	fragmented(pages, zone);
	if (!pageblock_survey(pages, zone, pfn, &block) ||
	    !pageblock_fits(pages, &block, block_type, start))
		return KM_NO_PFN;
	pageblock_move_free(pages, zone, &block, start);
	km_pageblock_set_types(pages, zone, block.start, block.end - block.start, start);
	return km_buddy_take_smallest(pages, zone, order, start);
}

static uint64_t claim(struct km_pages *pages, struct zone *zone, unsigned int order,
		      enum km_migratetype start, unsigned int alloc_flags)
{
	unsigned int pageblock_order = pages->machine->profile.pageblock_order;
	unsigned int min_order = order;

	if (order < pageblock_order && (alloc_flags & KM_ALLOC_NOFRAGMENT))
		min_order = pageblock_order;
	for (int from = KM_MAX_ORDER; from >= (int)min_order; from--) {
		int old = find_fallback(zone, from, start);
		uint64_t pfn;

		if (old < 0)
			continue;
		if (!can_take_pageblock(pages, from, start))
			break;
		pfn = claim_block(pages, zone, from, order, start, old);
		if (pfn != KM_NO_PFN)
			return pfn;
	}
	return KM_NO_PFN;
}

static uint64_t steal(struct km_pages *pages, struct zone *zone, unsigned int order,
		      enum km_migratetype start)
{
	for (unsigned int from = order; from < KM_NR_ORDERS; from++) {
		int old = find_fallback(zone, from, start);
		uint64_t pfn;

		if (old < 0)
			continue;
		pfn = km_free_area_take_first(pages, zone, from, old);
		km_buddy_expand(pages, zone, pfn, order, from, old);
		return pfn;
	}
	return KM_NO_PFN;
}

/* __rmqueue_fallback() of 5.10: the order and type to take from.  False if there is none. */
static bool find_old_fallback(const struct km_pages *pages, const struct zone *zone,
			      unsigned int order, enum km_migratetype start,
			      unsigned int alloc_flags, unsigned int *from, int *old)
{
	unsigned int pageblock_order = pages->machine->profile.pageblock_order;
	int min_order = order;

	if (order < pageblock_order && (alloc_flags & KM_ALLOC_NOFRAGMENT))
		min_order = pageblock_order;
	for (int at = KM_MAX_ORDER; at >= min_order; at--) {
		*old = find_fallback(zone, at, start);
		if (*old < 0)
			continue;
		*from = at;
		if (can_take_pageblock(pages, at, start) || at <= (int)order)
			return true;
		/* Nothing large enough to move over: cut the smallest block that does. */
		for (*from = order;; (*from)++) {
			*old = find_fallback(zone, *from, start);
			if (*old >= 0)
				return true;
		}
	}
	return false;
}

/* steal_suitable_fallback() of 5.10: bring at least one block of order from over to start. */
static void move_over(struct km_pages *pages, struct zone *zone, unsigned int from,
		      enum km_migratetype start, enum km_migratetype old)
{
	uint64_t pfn = km_free_area_first(pages, zone, from, old);
	enum km_migratetype block_type = km_pageblock_type(pages, zone, pfn);
	struct pageblock block;

	if (block_type != KM_MIGRATE_HIGHATOMIC) {
		if (from >= pages->machine->profile.pageblock_order) {
			km_pageblock_set_types(pages, zone, pfn, 1ull << from, start);
		} else {
			fragmented(pages, zone);
			if (can_take_pageblock(pages, from, start) &&
			    pageblock_survey(pages, zone, pfn, &block)) {
				pageblock_move_free(pages, zone, &block, start);
				if (pageblock_fits(pages, &block, block_type, start))
					km_pageblock_set_types(pages, zone, block.start,
							       block.end - block.start, start);
				return;
			}
		}
	}
	km_free_area_del(pages, zone, pfn);
	km_free_area_add(pages, zone, pfn, from, start, moved_to(pages));
}

static uint64_t old_fallback(struct km_pages *pages, struct zone *zone, unsigned int order,
			     enum km_migratetype start, unsigned int alloc_flags)
{
	unsigned int from;
	int old;

	if (!find_old_fallback(pages, zone, order, start, alloc_flags, &from, &old))
		return KM_NO_PFN;
	move_over(pages, zone, from, start, old);
	return km_buddy_take_smallest(pages, zone, order, start);
}

/* __rmqueue_fallback() of 2.6.32. */
static uint64_t largest_fallback(struct km_pages *pages, struct zone *zone, unsigned int order,
				 enum km_migratetype start)
{
	const unsigned int pageblock_order = pages->machine->profile.pageblock_order;
	enum km_migratetype rest;
	struct pageblock block;
	int from = KM_MAX_ORDER, old = -1;
	uint64_t pfn;

	for (; from >= (int)order; from--) {
		old = find_fallback(zone, from, start);
		if (old >= 0)
			break;
	}
	if (old < 0)
		return KM_NO_PFN;

	pfn = km_free_area_first(pages, zone, from, old);
	rest = old;
	if (from >= (int)pageblock_order / 2 || start == KM_MIGRATE_RECLAIMABLE ||
	    pages->mobility_disabled) {
		if (pageblock_survey(pages, zone, pfn, &block)) {
			pageblock_move_free(pages, zone, &block, start);
			if (block.free_pages >= 1ull << (pageblock_order - 1))
				km_pageblock_set_types(pages, zone, block.start,
						       block.end - block.start, start);
		}
		rest = start;
	}
	km_free_area_del(pages, zone, pfn);
	if (from >= (int)pageblock_order)
		km_pageblock_set_types(pages, zone, pfn, 1ull << from, start);
	else
		fragmented(pages, zone);
	km_buddy_expand(pages, zone, pfn, order, from, rest);
	zone->nr_taken++;
	return pfn;
}

uint64_t km_fallback_take(struct km_pages *pages, struct zone *zone, unsigned int order,
			  enum km_migratetype type, unsigned int alloc_flags,
			  enum km_rmqueue_mode *mode)
{
	const unsigned int features = pages->machine->profile.features;
	uint64_t pfn = KM_NO_PFN;

	if (*mode <= KM_RMQUEUE_CMA && (alloc_flags & KM_ALLOC_CMA)) {
		pfn = km_buddy_take_smallest(pages, zone, order, KM_MIGRATE_CMA);
		if (pfn != KM_NO_PFN) {
			*mode = KM_RMQUEUE_CMA;
			return pfn;
		}
	}
	if (features & KM_FEAT_FALLBACK_LARGEST) {
		*mode = KM_RMQUEUE_NORMAL;
		pfn = largest_fallback(pages, zone, order, type);
		goto out;
	}
	if (!(features & KM_FEAT_CLAIM_STEAL)) {
		*mode = KM_RMQUEUE_NORMAL;
		pfn = old_fallback(pages, zone, order, type, alloc_flags);
		goto out;
	}
	if (*mode <= KM_RMQUEUE_CLAIM) {
		pfn = claim(pages, zone, order, type, alloc_flags);
		if (pfn != KM_NO_PFN) {
			*mode = KM_RMQUEUE_NORMAL;
			goto out;
		}
	}
	if (!(alloc_flags & KM_ALLOC_NOFRAGMENT)) {
		pfn = steal(pages, zone, order, type);
		if (pfn != KM_NO_PFN)
			*mode = KM_RMQUEUE_STEAL;
	}
out:
	zone->nr_fallbacks += pfn != KM_NO_PFN;
	return pfn;
}

void km_highatomic_reserve(struct km_pages *pages, struct zone *zone, uint64_t pfn,
			   unsigned int order)
{
	unsigned int pageblock_order = pages->machine->profile.pageblock_order;
	uint64_t nr = 1ull << pageblock_order;
	struct pageblock block;

	if (pages->machine->profile.features & KM_FEAT_FALLBACK_LARGEST)
		return;
	if (zone->reserved_highatomic >= km_highatomic_limit(pages, zone))
		return;
	if (km_pageblock_type(pages, zone, pfn) >= KM_MIGRATE_PCPTYPES)
		return;
	if (order >= pageblock_order) {
		km_pageblock_set_types(pages, zone, pfn, 1ull << order, KM_MIGRATE_HIGHATOMIC);
		zone->reserved_highatomic += 1ull << order;
		return;
	}
	if (!pageblock_survey(pages, zone, pfn, &block))
		return;
	pageblock_move_free(pages, zone, &block, KM_MIGRATE_HIGHATOMIC);
	km_pageblock_set_types(pages, zone, block.start, nr, KM_MIGRATE_HIGHATOMIC);
	zone->reserved_highatomic += nr;
}

bool km_highatomic_unreserve(struct km_pages *pages, struct zone *zone, enum km_migratetype type)
{
	unsigned int pageblock_order = pages->machine->profile.pageblock_order;

	for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
		uint64_t pfn, nr = 1ull << (order > pageblock_order ? order : pageblock_order);
		struct pageblock block;

		if (!zone->free_area[order].list[KM_MIGRATE_HIGHATOMIC].nr)
			continue;
		pfn = km_free_area_first(pages, zone, order, KM_MIGRATE_HIGHATOMIC);
		if (order < pageblock_order && !pageblock_survey(pages, zone, pfn, &block))
			continue;
		zone->reserved_highatomic -=
			nr < zone->reserved_highatomic ? nr : zone->reserved_highatomic;
		if (order < pageblock_order) {
			pageblock_move_free(pages, zone, &block, type);
			km_pageblock_set_types(pages, zone, block.start, nr, type);
		} else {
			km_free_area_del(pages, zone, pfn);
			km_free_area_add(pages, zone, pfn, order, type, moved_to(pages));
			km_pageblock_set_types(pages, zone, pfn, nr, type);
		}
		return true;
	}
	return false;
}
