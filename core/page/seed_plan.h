/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the free blocks of a snapshot lay, or might have lain: geometry alone, no page is
 * touched.  For seed.c, which carries a plan out.
 */
#ifndef CORE_PAGE_SEED_PLAN_H
#define CORE_PAGE_SEED_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/page/held.h"
#include "core/page/page_alloc.h"

enum km_seed_fit {
	KM_SEED_LOOSE, /* spread over the pageblocks of each type */
	KM_SEED_TIGHT, /* packed, so that as many as possible find a place */
};

struct km_placement {
	uint32_t pfn;
	uint8_t order;
	uint8_t migratetype;
};

#define KM_PAGEBLOCK_UNTYPED 0xff

/* total = placed + pages of rest; asked = placed + missing. */
struct km_seed_plan {
	struct km_placement *placements; /* largest order first, types in turn */
	size_t nr, capacity;
	uint8_t *types;			 /* enum km_migratetype by pageblock, or UNTYPED */
	struct km_held rest[KM_NR_HELD]; /* what is not free */
	uint64_t total;			 /* pages of RAM laid out */
	uint64_t placed, missing;	 /* pages */
	/* By enum km_extent_kind, pages of RAM in the zone: of a map alone. */
	uint64_t of_kind[KM_NR_EXTENT_KINDS];
	bool is_map; /* from a page map: what is held is known by number */
};

/* Add one free block.  0 or -ENOMEM. */
int km_seed_plan_append(struct km_seed_plan *plan, uint64_t pfn, unsigned int order,
			enum km_migratetype type);

/* Plan the blocks of a zone.  0 or -ENOMEM; release the plan in either case. */
int km_seed_plan_make(struct km_seed_plan *plan, const struct km_pages *pages,
		      const struct zone *zone,
		      const uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS],
		      enum km_seed_fit fit);
/*
 * The same from a page map, for types alone from what was counted.  Also -EINVAL: the map has
 * more free pages than the zone manages, or the zone has less RAM than that.
 */
int km_seed_plan_from_map(struct km_seed_plan *plan, const struct km_pages *pages,
			  const struct zone *zone,
			  const uint64_t counted[KM_NR_MIGRATETYPES][KM_NR_ORDERS],
			  const struct km_extent *extents, size_t nr_extents);
void km_seed_plan_release(struct km_seed_plan *plan);

#endif
