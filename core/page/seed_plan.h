/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the free blocks of a snapshot might have lain: geometry alone, no page is
 * touched.  For seed.c, which carries a plan out.
 */
#ifndef CORE_PAGE_SEED_PLAN_H
#define CORE_PAGE_SEED_PLAN_H

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
};

/* Plan the blocks of a zone.  0 or -ENOMEM; release the plan in either case. */
int km_seed_plan_make(struct km_seed_plan *plan, const struct km_pages *pages,
		      const struct zone *zone,
		      const uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS],
		      enum km_seed_fit fit);
void km_seed_plan_release(struct km_seed_plan *plan);

#endif
