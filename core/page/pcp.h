/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-cpu lists of pages of one zone.  For the page allocator itself.
 */
#ifndef CORE_PAGE_PCP_H
#define CORE_PAGE_PCP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/page/page_alloc.h"

#define KM_PCP_MAX_ORDER 3 /* PAGE_ALLOC_COSTLY_ORDER */
#define KM_PCP_LOW_LISTS ((KM_PCP_MAX_ORDER + 1) * KM_MIGRATE_PCPTYPES)
#define KM_PCP_LISTS (KM_PCP_LOW_LISTS + 2) /* huge pages: others, movable */
#define KM_PCP_SCALE_MAX 5		    /* CONFIG_PCP_BATCH_SCALE_MAX */

#define KM_PCP_GUESS 1 /* priv of a page that a seed put on a list without knowing it was there */

/* Sizes are in pages.  count = sum over lists of blocks << order. */
struct km_pcp {
	int32_t count;
	int32_t high; /* count stays below it; 0 before the first use */
	int32_t high_min, high_max;
	int32_t batch;
	int32_t free_count;   /* freed since about the last allocation (6.7) */
	uint8_t alloc_factor; /* refills double while nothing is freed (6.7) */
	uint8_t free_factor;  /* spills double while nothing is allocated (5.14 to 6.6) */
	bool prev_free_high_order;
	struct km_page_list lists[KM_PCP_LISTS];
};

/* One for each CPU, zeroed; NULL without memory.  km_pcp_init() then takes the zone's sizes. */
struct km_pcp *km_pcp_new(unsigned int nr_cpus);
void km_pcp_init(struct zone *zone, unsigned int nr_cpus);
void km_pcp_delete(struct km_pcp *pcps);

/* Do blocks of this order go through per-cpu lists? */
static inline bool km_pcp_allows(const struct km_profile *profile, unsigned int order)
{
	if (!order)
		return true;
	if (!(profile->features & KM_FEAT_PCP_HIGH_ORDER))
		return false;
	return order <= KM_PCP_MAX_ORDER || (order == 9 && profile->pageblock_order == 9);
}

static inline unsigned int km_pcp_list(unsigned int order, enum km_migratetype type)
{
	if (order > KM_PCP_MAX_ORDER)
		return KM_PCP_LOW_LISTS + (type == KM_MIGRATE_MOVABLE);
	return order * KM_MIGRATE_PCPTYPES + type;
}

static inline unsigned int km_pcp_list_order(unsigned int index)
{
	return index < KM_PCP_LOW_LISTS ? index / KM_MIGRATE_PCPTYPES : 9;
}

/* Take a block, refilling the list from the buddy lists.  KM_NO_PFN if these have none. */
uint64_t km_pcp_take(struct km_pages *pages, struct zone *zone, unsigned int cpu,
		     unsigned int order, enum km_migratetype type, unsigned int alloc_flags);
/* Put a block on its list; spills to the buddy lists when there are too many. */
void km_pcp_put(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t pfn,
		unsigned int order, enum km_migratetype type);
/* Put all blocks of one CPU back to the buddy lists. */
void km_pcp_drain(struct km_pages *pages, struct zone *zone, unsigned int cpu);
/* Put pfn at the head of the list that old is on, in place of old, which is unlinked and clear. */
void km_pcp_replace(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t old,
		    uint64_t pfn);
/*
 * Where high floats, a list that was filled from a snapshot has the high that it says; 0: one
 * above its count.
 */
void km_pcp_raise_high(struct zone *zone, unsigned int cpu, uint64_t high);
/* Append a block to its list, count it, and let nothing spill. */
void km_pcp_add_tail(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t pfn,
		     unsigned int order, enum km_migratetype type);

#endif
