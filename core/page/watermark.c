/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rights of a request, the watermark test with them, and the boost of the marks.
 *
 *            high ┬             A request begins at the low mark.  One that this turned
 *             low ┼             away asks the min mark, and some may go below:
 *             min ┼ GFP_KERNEL
 *                 │ half        __GFP_HIGH
 *                 │ 3/8         GFP_ATOMIC
 *               0 ┴ nothing     __GFP_MEMALLOC, PF_MEMALLOC
 *
 * Not modelled: cpusets, the CMA areas' own rules, unaccepted memory.
 *
 * Mirrors mm/page_alloc.c 2.6.32, 5.10, 6.1 and 6.12.
 */
#include "core/page/watermark.h"
#include "core/page/zone.h"

#define BOOST_UNIT 10000       /* of watermark_boost_factor */
#define BOOST_MIN_PAGEBLOCKS 4 /* smaller zones are never boosted */

static bool task_is(const struct km_cpu *cpu, enum km_task_flag flag)
{
	return cpu && (cpu->task & flag);
}

/* To 6.2: HIGH and HARDER each by itself. */
static unsigned int rights_before_6_3(const struct km_cpu *cpu, km_gfp gfp, unsigned int order,
				      unsigned int features)
{
	const bool is_old = !(features & KM_FEAT_WMARK_BLOCK);
	const bool is_urgent = is_old ? !(gfp & KM_GFP_DIRECT_RECLAIM) : gfp & KM_GFP_ATOMIC_BIT;
	unsigned int flags = gfp & KM_GFP_HIGH ? KM_ALLOC_HIGH : 0;
	bool harder = false;

	if (is_urgent)
		harder = is_old || !(gfp & KM_GFP_NOMEMALLOC);
	else if (task_is(cpu, KM_TASK_REALTIME))
		harder = !km_in_interrupt(cpu);
	if (harder)
		flags |= KM_ALLOC_HARDER | (order && !is_old ? KM_ALLOC_HIGHATOMIC : 0);
	return flags;
}

/* in_task() does not mind bottom halves that are off. */
static unsigned int rights_since_6_3(const struct km_cpu *cpu, km_gfp gfp, unsigned int order)
{
	unsigned int flags = gfp & KM_GFP_HIGH ? KM_ALLOC_MIN_RESERVE : 0;

	if (gfp & KM_GFP_DIRECT_RECLAIM) {
		if (task_is(cpu, KM_TASK_REALTIME) && km_in_task(cpu))
			flags |= KM_ALLOC_MIN_RESERVE;
	} else if (!(gfp & KM_GFP_NOMEMALLOC)) {
		flags |= KM_ALLOC_NON_BLOCK;
		if (order && (gfp & KM_GFP_HIGH))
			flags |= KM_ALLOC_HIGHATOMIC;
	}
	return flags;
}

unsigned int km_alloc_flags_on(const struct km_cpu *cpu, km_gfp gfp, unsigned int order,
			       unsigned int features)
{
	unsigned int flags = features & KM_FEAT_MIN_RESERVE
				     ? rights_since_6_3(cpu, gfp, order)
				     : rights_before_6_3(cpu, gfp, order, features);

	if (km_gfp_migratetype(gfp) == KM_MIGRATE_MOVABLE)
		flags |= KM_ALLOC_CMA;
	return flags;
}

unsigned int km_reserve_flags_on(const struct km_cpu *cpu, km_gfp gfp, unsigned int features)
{
	const bool is_old = !(features & KM_FEAT_WMARK_BLOCK);

	if (gfp & KM_GFP_NOMEMALLOC)
		return 0;
	if (gfp & KM_GFP_MEMALLOC)
		return KM_ALLOC_NO_WATERMARKS;
	if (task_is(cpu, KM_TASK_MEMALLOC) && (!km_in_interrupt(cpu) || (!is_old && cpu->softirq)))
		return KM_ALLOC_NO_WATERMARKS;
	if (task_is(cpu, KM_TASK_OOM_VICTIM) && !km_in_interrupt(cpu))
		return is_old ? KM_ALLOC_NO_WATERMARKS : KM_ALLOC_OOM;
	return 0;
}

unsigned int km_alloc_flags(km_gfp gfp, unsigned int order, unsigned int features)
{
	return km_alloc_flags_on(NULL, gfp, order, features) |
	       km_reserve_flags_on(NULL, gfp, features);
}

bool km_zone_has_share(const struct zone *zone, unsigned int order, uint64_t mark,
		       unsigned int alloc_flags)
{
	int64_t free_pages = (int64_t)zone->free_pages - (1ll << order) + 1;
	int64_t min = (int64_t)km_mark_after_rights(mark, alloc_flags);

	for (unsigned int lower = 0; lower < order; lower++) {
		free_pages -= (int64_t)(zone->free_area[lower].nr_free << lower);
		min >>= 1;
		if (free_pages <= min)
			return false;
	}
	return true;
}

bool km_zone_has_block(const struct zone *zone, unsigned int order, unsigned int alloc_flags)
{
	const unsigned int urgent = KM_ALLOC_HIGHATOMIC | KM_ALLOC_HARDER | KM_ALLOC_OOM;

	for (; order < KM_NR_ORDERS; order++) {
		const struct km_free_area *area = &zone->free_area[order];

		if (!area->nr_free)
			continue;
		for (int type = 0; type < KM_MIGRATE_PCPTYPES; type++)
			if (area->list[type].nr)
				return true;
		if ((alloc_flags & KM_ALLOC_CMA) && area->list[KM_MIGRATE_CMA].nr)
			return true;
		if ((alloc_flags & urgent) && area->list[KM_MIGRATE_HIGHATOMIC].nr)
			return true;
	}
	return false;
}

bool km_zone_admits_unboosted(const struct zone *zone, uint64_t mark, int class,
			      unsigned int alloc_flags)
{
	const unsigned int atomic = KM_ALLOC_HIGH | KM_ALLOC_HARDER; /* before 6.3 */

	if (mark != zone->wmark_min ||
	    (!(alloc_flags & KM_ALLOC_MIN_RESERVE) && (alloc_flags & atomic) != atomic))
		return false;
	mark -= zone->watermark_boost;
	return zone->free_pages > km_zone_needs(zone, 0, mark, class, alloc_flags);
}

bool km_zone_watermark_ok(const struct zone *zone, unsigned int order, uint64_t mark,
			  int highest_zone, km_gfp gfp, unsigned int features)
{
	return km_zone_admits(zone, order, mark, highest_zone,
			      km_alloc_flags(gfp, order, features));
}

static void set_boost(struct zone *zone, uint64_t boost)
{
	zone->wmark_min += boost - zone->watermark_boost;
	zone->wmark_low += boost - zone->watermark_boost;
	zone->wmark_high += boost - zone->watermark_boost;
	zone->wmark_promo += boost - zone->watermark_boost;
	zone->watermark_boost = boost;
}

bool km_zone_boost(struct km_pages *pages, struct zone *zone)
{
	const struct km_profile *profile = &pages->machine->profile;
	uint64_t pageblock = 1ull << profile->pageblock_order;
	uint64_t high = zone->wmark_high - zone->watermark_boost;
	uint64_t boost, most;

	if (!(profile->features & KM_FEAT_WMARK_BOOST) ||
	    pageblock * BOOST_MIN_PAGEBLOCKS > zone->managed_pages)
		return false;
	most = (__uint128_t)high * profile->watermark_boost_factor / BOOST_UNIT;
	if (!most)
		return false;
	if (most < pageblock)
		most = pageblock;
	boost = zone->watermark_boost + pageblock;
	set_boost(zone, boost < most ? boost : most);
	return true;
}

void km_zone_unboost(struct zone *zone, uint64_t nr)
{
	set_boost(zone, zone->watermark_boost -
				(nr < zone->watermark_boost ? nr : zone->watermark_boost));
}
