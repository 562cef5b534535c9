/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-cpu lists of pages of one zone.  For the page allocator itself.
 */
#ifndef CORE_PAGE_PCP_H
#define CORE_PAGE_PCP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/page/page_alloc.h"
#include "core/page/page_list.h"

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
	bool stirred;	/* refilled or spilled since the last second passed */
	uint8_t expire; /* seconds until a batch of another node's zone goes; 0: not counted */
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

/* Put a block at the head of its list.  What its descriptor said before is overwritten. */
static inline void km_pcp_push(const struct km_machine *machine, struct zone *zone,
			       struct km_pcp *pcp, uint64_t pfn, unsigned int order,
			       enum km_migratetype type)
{
	struct km_page_list *list = &pcp->lists[km_pcp_list(order, type)];

	*km_page(machine, pfn) = (struct page){
		.next = list->head,
		.prev = KM_NO_PAGE,
		.state = KM_PAGE_PCP,
		.order = order,
		.migratetype = type,
	};
	if (list->head != KM_NO_PAGE)
		km_page(machine, list->head)->prev = pfn;
	else
		list->tail = pfn;
	list->head = pfn;
	list->nr++;
	pcp->count += 1 << order;
	zone->pcp_pages += 1ull << order;
}

/* Take the head of a list.  KM_NO_PFN if it is empty: nothing has changed then. */
static inline uint64_t km_pcp_pop(const struct km_machine *machine, struct zone *zone,
				  struct km_pcp *pcp, unsigned int order, enum km_migratetype type)
{
	struct km_page_list *list = &pcp->lists[km_pcp_list(order, type)];
	uint32_t pfn = list->head;

	if (pfn == KM_NO_PAGE)
		return KM_NO_PFN;
	km_page_list_del_head(machine, list, km_page(machine, pfn));
	pcp->free_count >>= 1;
	pcp->free_factor >>= 1;
	pcp->count -= 1 << order;
	zone->pcp_pages -= 1ull << order;
	return pfn;
}

/*
 * Take a block, refilling the list from the buddy lists.  KM_NO_PFN if these have none.
 * alloc_flags as for km_buddy_take(); KM_ALLOC_COLD takes from the tail.
 */
uint64_t km_pcp_take(struct km_pages *pages, struct zone *zone, unsigned int cpu,
		     unsigned int order, enum km_migratetype type, unsigned int alloc_flags);
/* Back to the buddy lists with what is too much, after a block was put on a list. */
void km_pcp_trim(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp, unsigned int order,
		 enum km_migratetype type);
/* Put a block on its list, at the head; spills to the buddy lists when there are too many. */
static inline void km_pcp_put(struct km_pages *pages, struct zone *zone, unsigned int cpu,
			      uint64_t pfn, unsigned int order, enum km_migratetype type)
{
	struct km_pcp *pcp = &zone->pcp[cpu];

	pcp->alloc_factor >>= 1;
	km_pcp_push(pages->machine, zone, pcp, pfn, order, type);
	/* A single page where high floats and is not reached: what km_pcp_trim() would do. */
	if (!order && pcp->count < pcp->high && pcp->high >= pcp->high_min &&
	    pcp->high <= pcp->high_max && !zone->below_high &&
	    (pages->machine->profile.features & KM_FEAT_PCP_AUTO_HIGH)) {
		pcp->prev_free_high_order = false;
		pcp->free_count += pcp->free_count < pcp->batch << KM_PCP_SCALE_MAX;
		return;
	}
	km_pcp_trim(pages, zone, pcp, order, type);
}
/* The same with a page that is cold: at the tail, in kernels that care. */
void km_pcp_put_cold(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t pfn,
		     enum km_migratetype type);
/* Put all blocks of one CPU, or of all, back to the buddy lists. */
void km_pcp_drain(struct km_pages *pages, struct zone *zone, unsigned int cpu);
void km_pcp_drain_zone(struct km_pages *pages, struct zone *zone);
/*
 * A second has passed on every CPU (the vmstat worker): high decays by an eighth toward
 * high_min, and what is above it goes (6.7 and later); lists of another node's zone lose a
 * batch once they have been left alone for three seconds.
 */
void km_pcp_tick(struct km_pages *pages);
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
