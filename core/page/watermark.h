/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watermarks: how many pages of a zone must stay free, and who may go below.
 * For the page allocator itself; others include page_alloc.h.
 *
 *   free pages > mark - rights + lowmem_reserve[class] + 2^order - 1 + pages that do not count
 *
 * The marks of a zone include its boost, as zoneinfo prints them:
 *   min <= low <= high <= promo, watermark_boost <= min.
 *
 * Source: mm/page_alloc.c of 6.12, 6.1 and 5.10: __zone_watermark_ok(), zone_watermark_fast(),
 * gfp_to_alloc_flags(), boost_watermark(); those of 2.6.32 where a profile has none of the
 * watermark features of enum km_feature.
 */
#ifndef CORE_PAGE_WATERMARK_H
#define CORE_PAGE_WATERMARK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/page/page_alloc.h"

/* Rights and wishes of one request, as mm/internal.h ALLOC_*. */
enum km_alloc_flag {
	KM_ALLOC_NO_WATERMARKS = 1 << 0,
	KM_ALLOC_MIN_RESERVE = 1 << 1, /* from 6.3, __GFP_HIGH: half of the min watermark */
	KM_ALLOC_NON_BLOCK = 1 << 2,   /* from 6.3: along with MIN_RESERVE a quarter of the rest */
	KM_ALLOC_HARDER = 1 << 3,      /* before 6.3: a quarter of the rest, by itself */
	KM_ALLOC_HIGHATOMIC = 1 << 4,  /* may use HIGHATOMIC pageblocks, and reserves them */
	KM_ALLOC_CMA = 1 << 5,
	KM_ALLOC_NOFRAGMENT = 1 << 6, /* rather another zone than another migratetype */
	KM_ALLOC_HIGH = 1 << 7,	      /* before 6.3, __GFP_HIGH: half of the min watermark */
	KM_ALLOC_OOM = 1 << 8,	      /* an OOM victim: half of what is left */
	KM_ALLOC_COLD = 1 << 12,      /* __GFP_COLD, in kernels that know it */
};
/* Those for whom HIGHATOMIC pages count as free.  HIGH alone was never one of them. */
#define KM_ALLOC_RESERVES                                                                          \
	(KM_ALLOC_MIN_RESERVE | KM_ALLOC_NON_BLOCK | KM_ALLOC_HARDER | KM_ALLOC_OOM)

/* Of a zone's kernel, what newer ones do no more; set when the zone is made. */
enum km_zone_habit {
	KM_ZONE_SHARES_ORDERS = 1 << 0,	 /* to 4.3: half the mark must be free above each order */
	KM_ZONE_HOLDS_RESERVED = 1 << 1, /* to 6.11: all of the HIGHATOMIC reserve is held back */
};

/*
 * gfp_to_alloc_flags(): the rights of a request that the low watermark turned away, on a
 * CPU whose context and task are asked: a real-time task may take more.
 */
unsigned int km_alloc_flags_on(const struct km_cpu *cpu, km_gfp gfp, unsigned int order,
			       unsigned int features);
/*
 * __gfp_pfmemalloc_flags(): NO_WATERMARKS, OOM or 0.  If not 0, the request's next attempts
 * have these rights instead of those above; CMA it keeps.
 */
unsigned int km_reserve_flags_on(const struct km_cpu *cpu, km_gfp gfp, unsigned int features);
/* Both together, for a task of which nothing is known. */
unsigned int km_alloc_flags(km_gfp gfp, unsigned int order, unsigned int features);

/* What is left of a mark for a request with these rights. */
static inline uint64_t km_mark_after_rights(uint64_t mark, unsigned int alloc_flags)
{
	if (!(alloc_flags & (KM_ALLOC_RESERVES | KM_ALLOC_HIGH)))
		return mark;
	if (alloc_flags & (KM_ALLOC_MIN_RESERVE | KM_ALLOC_HIGH))
		mark -= mark / 2;
	if ((alloc_flags & KM_ALLOC_MIN_RESERVE) && (alloc_flags & KM_ALLOC_NON_BLOCK))
		mark -= mark / 4;
	if (alloc_flags & KM_ALLOC_OOM)
		mark -= mark / 2;
	else if (alloc_flags & KM_ALLOC_HARDER)
		mark -= mark / 4;
	return mark;
}

/* What free pages must exceed: mark less the rights, reserve, unusable pages. */
static inline uint64_t km_zone_needs(const struct zone *zone, unsigned int order, uint64_t mark,
				     int class, unsigned int alloc_flags)
{
	mark = km_mark_after_rights(mark, alloc_flags);
	mark += zone->lowmem_reserve[class] + (1ull << order) - 1;
	if (!(alloc_flags & KM_ALLOC_RESERVES))
		mark += zone->old_habits & KM_ZONE_HOLDS_RESERVED
				? zone->reserved_highatomic
				: zone->free_by_type[KM_MIGRATE_HIGHATOMIC];
	if (!(alloc_flags & KM_ALLOC_CMA))
		mark += zone->free_by_type[KM_MIGRATE_CMA];
	return mark + zone->free_by_type[KM_MIGRATE_ISOLATE];
}

/* Is a block of the order, or a larger one, on a list the request may use? */
bool km_zone_has_block(const struct zone *zone, unsigned int order, unsigned int alloc_flags);
/* KM_ZONE_SHARES_ORDERS: with each lower order's blocks left out, more than half of the mark. */
bool km_zone_has_share(const struct zone *zone, unsigned int order, uint64_t mark,
		       unsigned int alloc_flags);
/* The min watermark without its boost, for an urgent single page that the boosted one refused. */
bool km_zone_admits_unboosted(const struct zone *zone, uint64_t mark, int class,
			      unsigned int alloc_flags);

/* zone_watermark_fast() */
static inline bool km_zone_admits(const struct zone *zone, unsigned int order, uint64_t mark,
				  int class, unsigned int alloc_flags)
{
	if (zone->free_pages <= km_zone_needs(zone, order, mark, class, alloc_flags))
		return zone->watermark_boost && !order &&
		       km_zone_admits_unboosted(zone, mark, class, alloc_flags);
	if (!order)
		return true;
	if (zone->old_habits & KM_ZONE_SHARES_ORDERS)
		return km_zone_has_share(zone, order, mark, alloc_flags);
	return km_zone_has_block(zone, order, alloc_flags);
}

/*
 * boost_watermark(): after a fragmentation event raise the marks by a pageblock, in all by
 * watermark_boost_factor / 10000 of the high one (but by a pageblock at least).  False, and
 * nothing done, where that is off or unknown, or the zone has less than four pageblocks.
 */
bool km_zone_boost(struct km_pages *pages, struct zone *zone);
/* What kswapd does when it has balanced a boosted node: take up to nr pages of the boost away. */
void km_zone_unboost(struct zone *zone, uint64_t nr);

#endif
