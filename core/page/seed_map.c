/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Laying out free blocks where a page map shows them.
 *
 *   extents   [ slab ][ free          ][ movable ][ kernel ][ free ]
 *   blocks            [ 2     ][ 1  ][0]                    [ 1  ]   largest aligned ones
 *
 * A map does not tell the types of pageblocks, a snapshot only how many free blocks of each
 * type and order there are.  Each pageblock first gets the type that its contents speak for:
 * movable if what is in use there could mostly move, unmovable else.  Then pageblocks change
 * over to another type as long as that brings the free pages of each type and order nearer to
 * what was counted.  Where nothing is free it makes no difference.
 *
 * Free blocks of a pageblock or more are movable but for those that were counted otherwise.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/page/seed_plan.h"
#include "core/page/zone.h"

#define MAX_PASSES 4

/* One pageblock: its free blocks below its own order, and its pages in use. */
struct contents {
	uint16_t free[KM_NR_ORDERS];
	uint16_t movable, fixed;
};

struct layout {
	struct km_seed_plan *plan;
	const struct km_pages *pages;
	const struct zone *zone;
	const struct km_extent *extents;
	size_t nr_extents;
	struct contents *blocks; /* by pageblock of the zone */
	uint64_t nr_blocks;
	unsigned int pageblock_order;
	uint64_t want[KM_NR_MIGRATETYPES][KM_NR_ORDERS]; /* blocks still to be typed */
	uint64_t have[KM_NR_MIGRATETYPES][KM_NR_ORDERS];
	bool keep_reserved; /* without them there would be fewer pages than the zone manages */
};

static enum km_held_class held_class(enum km_extent_kind kind)
{
	switch (kind) {
	case KM_EXTENT_MOVABLE:
	case KM_EXTENT_DIRTY:
	case KM_EXTENT_ANON:
	case KM_EXTENT_PINNED:
		return KM_HELD_MOVABLE;
	case KM_EXTENT_SLAB:
		return KM_HELD_SLAB;
	default:
		return KM_HELD_KERNEL;
	}
}

/* A type for a free block of a whole pageblock or more: one that was counted, movable else. */
static enum km_migratetype deal_type(struct layout *layout, unsigned int order)
{
	for (int type = 0; type < KM_NR_MIGRATETYPES; type++)
		if (type != KM_MIGRATE_MOVABLE && layout->want[type][order]) {
			layout->want[type][order]--;
			return type;
		}
	return KM_MIGRATE_MOVABLE;
}

static int add_free(struct layout *layout, uint64_t pfn, uint64_t end)
{
	while (pfn < end) {
		unsigned int order = km_order_fitting(pfn, end);
		uint64_t index = km_pageblock_index(layout->pages, layout->zone, pfn);
		enum km_migratetype type = KM_MIGRATE_MOVABLE;

		if (order >= layout->pageblock_order) {
			type = deal_type(layout, order);
			memset(layout->plan->types + index, type,
			       1ull << (order - layout->pageblock_order));
		} else {
			layout->blocks[index].free[order]++;
		}
		if (km_seed_plan_append(layout->plan, pfn, order, type))
			return -ENOMEM;
		pfn += 1ull << order;
	}
	return 0;
}

static int add_held(struct layout *layout, uint64_t pfn, uint64_t end, enum km_extent_kind kind,
		    unsigned int max_order)
{
	struct km_held *held = &layout->plan->rest[held_class(kind)];

	for (uint64_t at = pfn; at < end;) {
		uint64_t next = ((at >> layout->pageblock_order) + 1) << layout->pageblock_order;
		struct contents *block =
			&layout->blocks[km_pageblock_index(layout->pages, layout->zone, at)];
		uint64_t nr = (next < end ? next : end) - at;

		if (held_class(kind) == KM_HELD_MOVABLE)
			block->movable += nr;
		else
			block->fixed += nr;
		at += nr;
	}
	while (pfn < end) {
		unsigned int order = km_order_fitting(pfn, end);

		if (order > max_order)
			order = max_order;
		if (km_held_add(held, pfn, order))
			return -ENOMEM;
		pfn += 1ull << order;
	}
	return 0;
}

/* [pfn, stop) is of one kind. */
struct piece {
	uint64_t stop;
	enum km_extent_kind kind;
	unsigned int order;
};

/* From pfn on; *at, the extent to begin with, moves along.  What the map leaves out is kernel's. */
static struct piece piece_at(const struct layout *layout, size_t *at, uint64_t pfn, uint64_t end)
{
	const struct km_extent *extent = &layout->extents[*at];
	const struct km_extent *last = &layout->extents[layout->nr_extents];
	struct piece piece = { end, KM_EXTENT_KERNEL, KM_MAX_ORDER };

	while (extent < last && extent->pfn + (uint64_t)extent->nr <= pfn)
		extent++;
	if (extent < last && extent->pfn <= pfn) {
		piece.kind = extent->kind;
		if (piece.kind == KM_EXTENT_SLAB)
			piece.order = extent->order;
		piece.stop = extent->pfn + (uint64_t)extent->nr;
		/* Blocks may reach from one extent of free pages into the next. */
		while (piece.kind == KM_EXTENT_FREE && ++extent < last &&
		       extent->kind == KM_EXTENT_FREE && extent->pfn == piece.stop)
			piece.stop += extent->nr;
	} else if (extent < last) {
		piece.stop = extent->pfn;
	}
	*at = extent - layout->extents;
	if (piece.stop > end)
		piece.stop = end;
	return piece;
}

static size_t first_extent(const struct layout *layout, uint64_t pfn)
{
	size_t low = 0, high = layout->nr_extents;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (layout->extents[mid].pfn + (uint64_t)layout->extents[mid].nr <= pfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* [pfn, end) is RAM of the zone.  An extent may begin below it and end above. */
static int count_run(void *arg, uint64_t pfn, uint64_t end)
{
	struct layout *layout = arg;
	size_t at = first_extent(layout, pfn);

	while (pfn < end) {
		struct piece piece = piece_at(layout, &at, pfn, end);

		layout->plan->of_kind[piece.kind] += piece.stop - pfn;
		pfn = piece.stop;
	}
	return 0;
}

/* [pfn, end) is RAM of the zone. */
static int add_run(void *arg, uint64_t pfn, uint64_t end)
{
	struct layout *layout = arg;
	size_t at = first_extent(layout, pfn);
	int err = 0;

	layout->plan->total += end - pfn;
	while (pfn < end && !err) {
		struct piece piece = piece_at(layout, &at, pfn, end);

		if (piece.kind == KM_EXTENT_FREE)
			err = add_free(layout, pfn, piece.stop);
		else if (piece.kind == KM_EXTENT_RESERVED && !layout->keep_reserved)
			layout->plan->total -= piece.stop - pfn;
		else
			err = add_held(layout, pfn, piece.stop, piece.kind, piece.order);
		pfn = piece.stop;
	}
	return err;
}

/* By how many pages the free blocks of a type are off what was counted, if nr[] more were its. */
static int64_t off_by(const struct layout *layout, int type, const uint16_t *nr, int sign)
{
	int64_t off = 0;

	for (unsigned int order = 0; order < layout->pageblock_order; order++) {
		int64_t here = (int64_t)layout->have[type][order] + sign * (int64_t)nr[order] -
			       (int64_t)layout->want[type][order];

		off += (here < 0 ? -here : here) << order;
	}
	return off;
}

static void count(struct layout *layout, int type, const uint16_t *nr, int sign)
{
	for (unsigned int order = 0; order < layout->pageblock_order; order++)
		layout->have[type][order] += sign * (int64_t)nr[order];
}

static bool has_free(const struct layout *layout, const struct contents *block)
{
	for (unsigned int order = 0; order < layout->pageblock_order; order++)
		if (block->free[order])
			return true;
	return false;
}

static void first_types(struct layout *layout)
{
	for (uint64_t i = 0; i < layout->nr_blocks; i++) {
		const struct contents *block = &layout->blocks[i];
		uint8_t *type = &layout->plan->types[i];

		if (*type != KM_PAGEBLOCK_UNTYPED)
			continue;
		*type = block->movable >= block->fixed ? KM_MIGRATE_MOVABLE : KM_MIGRATE_UNMOVABLE;
		count(layout, *type, block->free, 1);
	}
}

/* Let each pageblock take the type that leaves the least error; true if one changed. */
static bool improve_types(struct layout *layout)
{
	bool changed = false;

	for (uint64_t i = 0; i < layout->nr_blocks; i++) {
		const struct contents *block = &layout->blocks[i];
		int old = layout->plan->types[i], best = old;
		int64_t gain = 0, leaving;

		if (!has_free(layout, block))
			continue;
		leaving =
			off_by(layout, old, block->free, 0) - off_by(layout, old, block->free, -1);
		for (int type = 0; type < KM_MIGRATE_CMA; type++) {
			int64_t coming = off_by(layout, type, block->free, 0) -
					 off_by(layout, type, block->free, 1);

			if (type == old || leaving + coming <= gain)
				continue;
			gain = leaving + coming;
			best = type;
		}
		if (best == old)
			continue;
		count(layout, old, block->free, -1);
		count(layout, best, block->free, 1);
		layout->plan->types[i] = best;
		changed = true;
	}
	return changed;
}

static void type_placements(struct layout *layout)
{
	for (size_t i = 0; i < layout->plan->nr; i++) {
		struct km_placement *at = &layout->plan->placements[i];

		if (at->order < layout->pageblock_order)
			at->migratetype = layout->plan->types[km_pageblock_index(
				layout->pages, layout->zone, at->pfn)];
	}
}

static int largest_first(const void *a, const void *b)
{
	const struct km_placement *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? 1 : -1;
	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

/* No more than the zone could have: sums over types and orders cannot overflow. */
static void take_counts(struct layout *layout,
			const uint64_t counted[KM_NR_MIGRATETYPES][KM_NR_ORDERS])
{
	for (int type = 0; type < KM_NR_MIGRATETYPES; type++)
		for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
			uint64_t most = layout->zone->managed_pages >> order;

			layout->want[type][order] =
				counted[type][order] < most ? counted[type][order] : most;
		}
}

int km_seed_plan_from_map(struct km_seed_plan *plan, const struct km_pages *pages,
			  const struct zone *zone,
			  const uint64_t counted[KM_NR_MIGRATETYPES][KM_NR_ORDERS],
			  const struct km_extent *extents, size_t nr_extents)
{
	struct layout layout = {
		.plan = plan,
		.pages = pages,
		.zone = zone,
		.extents = extents,
		.nr_extents = nr_extents,
		.nr_blocks = km_pageblock_index(pages, zone, km_zone_end(zone)) + 1,
		.pageblock_order = pages->machine->profile.pageblock_order,
	};
	int err = -ENOMEM;

	memset(plan, 0, sizeof(*plan));
	plan->is_map = true;
	take_counts(&layout, counted);
	km_zone_for_each_run(pages, zone, zone->present_pages, count_run, &layout);
	layout.keep_reserved =
		zone->present_pages < zone->managed_pages + plan->of_kind[KM_EXTENT_RESERVED];
	plan->types = malloc(layout.nr_blocks);
	layout.blocks = calloc(layout.nr_blocks, sizeof(*layout.blocks));
	if (!plan->types || !layout.blocks)
		goto out;
	memset(plan->types, KM_PAGEBLOCK_UNTYPED, layout.nr_blocks);
	err = km_zone_for_each_run(pages, zone, zone->present_pages, add_run, &layout);
	if (err)
		goto out;
	/* More is free than the zone has, or there is less RAM. */
	if (plan->placed > zone->managed_pages || plan->total < zone->managed_pages) {
		err = -EINVAL;
		goto out;
	}
	first_types(&layout);
	for (int pass = 0; pass < MAX_PASSES && improve_types(&layout);)
		pass++;
	/* Claims come from where the kernel has been since boot: from below. */
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		km_pfn_stack_reverse(&plan->rest[KM_HELD_KERNEL].blocks[order]);
	type_placements(&layout);
	if (plan->nr)
		qsort(plan->placements, plan->nr, sizeof(*plan->placements), largest_first);
out:
	free(layout.blocks);
	return err;
}
