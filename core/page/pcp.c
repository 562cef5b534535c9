/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-cpu page lists: a stack of recently freed pages in front of the buddy lists.
 *
 *            free                        take
 *              │ head                      ▲ head
 *              ▼                           │
 *   lists[order, type]:  hot ─ ─ ─ ─ ─ ─ cold
 *                                          │ tail       ▲ tail
 *                                          ▼ spill      │ refill, ascending pfn
 *                                        buddy lists ───┘
 *
 * Three generations, chosen by features:
 *   neither          to 5.12: order 0 only, fixed high, spills one batch round robin
 *   PCP_HIGH_ORDER   5.14 to 6.6: orders 0-3 and 9, spills double (free_factor)
 *   PCP_AUTO_HIGH    6.7 and later: refills double (alloc_factor), high floats
 *
 * Not modelled: the decay of high and the draining by vmstat's timer, draining of
 * remote nodes, contention (the kernel then goes past the lists), active reclaim.
 * A spilled page goes to its pageblock's present type, as from 6.10 on.
 *
 * Mirrors mm/page_alloc.c 5.10, 6.6 and 6.12 with the burst rule of 6.18.
 */
#include <stdlib.h>

#include "core/page/buddy.h"
#include "core/page/pcp.h"

static int max(int a, int b)
{
	return a > b ? a : b;
}

static int min(int a, int b)
{
	return a < b ? a : b;
}

/* As in the kernel, high wins where low is above it. */
static int clamp(int value, int low, int high)
{
	return min(max(value, low), high);
}

struct km_pcp *km_pcp_new(unsigned int nr_cpus)
{
	return calloc(nr_cpus, sizeof(struct km_pcp));
}

void km_pcp_init(struct zone *zone, unsigned int nr_cpus)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct km_pcp *pcp = &zone->pcp[cpu];

		for (int i = 0; i < KM_PCP_LISTS; i++)
			km_page_list_init(&pcp->lists[i]);
		pcp->batch = zone->pcp_batch;
		pcp->high_min = zone->pcp_high_min;
		pcp->high_max = zone->pcp_high_max;
	}
}

void km_pcp_delete(struct km_pcp *pcps)
{
	free(pcps);
}

static bool high_floats(const struct km_pages *pages)
{
	return pages->machine->profile.features & KM_FEAT_PCP_AUTO_HIGH;
}

static void mark_pcp(struct km_pages *pages, uint64_t pfn, unsigned int order,
		     enum km_migratetype type)
{
	struct page *page = km_page(pages->machine, pfn);

	page->state = KM_PAGE_PCP;
	page->order = order;
	page->migratetype = type;
	page->owner = KM_OWNER_NONE;
	page->priv = 0;
}

/* nr_pcp_alloc(): blocks to refill with. */
static int refill_blocks(const struct km_pages *pages, const struct zone *zone, struct km_pcp *pcp,
			 unsigned int order)
{
	int blocks = pcp->batch;

	if (high_floats(pages)) {
		pcp->high = clamp(pcp->high, pcp->high_min, pcp->high_max);
		if (pcp->high < pcp->batch)
			return 1;
		if (!order)
			blocks = pcp->batch << pcp->alloc_factor;
		if (pcp->high_min != pcp->high_max && !zone->below_high)
			pcp->high = min(pcp->high + blocks, pcp->high_max);
		if (!order) {
			int most = max(pcp->high - pcp->count - pcp->batch, pcp->batch);

			if (blocks <= most && pcp->alloc_factor < KM_PCP_SCALE_MAX)
				pcp->alloc_factor++;
			blocks = min(blocks, most);
		}
	}
	return blocks > 1 ? max(blocks >> order, 2) : blocks;
}

static void refill(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp,
		   unsigned int order, enum km_migratetype type, unsigned int alloc_flags)
{
	struct km_page_list *list = &pcp->lists[km_pcp_list(order, type)];
	enum km_rmqueue_mode mode = KM_RMQUEUE_NORMAL;
	int nr = refill_blocks(pages, zone, pcp, order);
	int taken;

	for (taken = 0; taken < nr; taken++) {
		uint64_t pfn = km_buddy_take(pages, zone, order, type, alloc_flags, &mode);

		if (pfn == KM_NO_PFN)
			break;
		mark_pcp(pages, pfn, order, type);
		km_page_list_add_tail(pages->machine, list, pfn);
	}
	pcp->count += taken << order;
	zone->pcp_pages += (uint64_t)taken << order;
}

uint64_t km_pcp_take(struct km_pages *pages, struct zone *zone, unsigned int cpu,
		     unsigned int order, enum km_migratetype type, unsigned int alloc_flags)
{
	struct km_pcp *pcp = &zone->pcp[cpu];
	struct km_page_list *list = &pcp->lists[km_pcp_list(order, type)];
	uint64_t pfn;

	pcp->free_count >>= 1;
	pcp->free_factor >>= 1;
	if (list->head == KM_NO_PAGE)
		refill(pages, zone, pcp, order, type, alloc_flags);
	pfn = list->head;
	if (pfn == KM_NO_PAGE)
		return KM_NO_PFN;
	km_page_list_del(pages->machine, list, pfn);
	pcp->count -= 1 << order;
	zone->pcp_pages -= 1ull << order;
	return pfn;
}

static void spill_one(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp,
		      unsigned int index)
{
	struct km_page_list *list = &pcp->lists[index];
	unsigned int order = km_pcp_list_order(index);
	uint64_t pfn = list->tail;

	km_page_list_del(pages->machine, list, pfn);
	pcp->count -= 1 << order;
	zone->pcp_pages -= 1ull << order;
	km_buddy_put(pages, zone, pfn, order, km_pageblock_type(pages, zone, pfn), 0);
}

/* free_pcppages_bulk() from 5.19 on: empty the list just freed to, then the following ones. */
static void spill_from(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp, int count,
		       unsigned int index)
{
	count = min(count, pcp->count);
	while (count > 0) {
		while (!pcp->lists[index].nr)
			index = (index + 1) % KM_PCP_LISTS;
		while (count > 0 && pcp->lists[index].nr) {
			spill_one(pages, zone, pcp, index);
			count -= 1 << km_pcp_list_order(index);
		}
		index = (index + 1) % KM_PCP_LISTS;
	}
}

/* free_pcppages_bulk() to 5.12: one from a list, two from the next, and so on; empty lists count.
 */
static void spill_round_robin(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp,
			      int count)
{
	unsigned int type = 0;
	int run = 0;

	count = min(count, pcp->count);
	while (count > 0) {
		do {
			run++;
			type = (type + 1) % KM_MIGRATE_PCPTYPES;
		} while (!pcp->lists[type].nr);
		/* All others are empty: no more turns. */
		if (run == KM_MIGRATE_PCPTYPES)
			run = count;
		for (int i = run; i > 0 && count > 0 && pcp->lists[type].nr; i--) {
			spill_one(pages, zone, pcp, type);
			count--;
		}
	}
}

/* Spill of 5.14 to 6.6: the amount doubles with each spill, an allocation halves it. */
static void spill_doubling(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp,
			   unsigned int order, unsigned int index)
{
	bool all = pcp->free_factor && order && order <= KM_PCP_MAX_ORDER;
	int nr = pcp->batch << pcp->free_factor, most;

	pcp->high = pcp->high_min;
	if (!all && pcp->count < pcp->high)
		return;
	most = pcp->high - pcp->batch;
	if (nr < most && pcp->free_factor < KM_PCP_SCALE_MAX)
		pcp->free_factor++;
	nr = pcp->high < pcp->batch ? 1 : clamp(nr, pcp->batch, most);
	spill_from(pages, zone, pcp, all ? pcp->count : nr, index);
}

/* nr_pcp_high(): what the count must stay below; moves high itself. */
static int floating_high(const struct zone *zone, struct km_pcp *pcp, bool burst)
{
	int high = clamp(pcp->high, pcp->high_min, pcp->high_max);

	pcp->high = high;
	if (!high)
		return 0;
	if (burst) {
		pcp->high = max(high - (pcp->batch << KM_PCP_SCALE_MAX), pcp->high_min);
		return 0;
	}
	if (pcp->high_min == pcp->high_max)
		return high;
	if (zone->below_high) {
		pcp->high = max(high - max(pcp->free_count, pcp->batch), pcp->high_min);
		return max(pcp->count, pcp->high_min);
	}
	if (pcp->count >= high && high < pcp->free_count + pcp->batch)
		pcp->high = clamp(pcp->free_count + pcp->batch, pcp->high_min, pcp->high_max);
	return high;
}

/* Spill of 6.7 and later. */
static void spill_floating(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp,
			   unsigned int order, unsigned int index)
{
	bool high_order = order && order <= KM_PCP_MAX_ORDER;
	bool burst = high_order && pcp->prev_free_high_order && pcp->count >= pcp->batch &&
		     pcp->free_count >= pcp->batch + pcp->high_min / 2;
	int high, nr;

	pcp->prev_free_high_order = high_order;
	if (pcp->free_count < pcp->batch << KM_PCP_SCALE_MAX)
		pcp->free_count += 1 << order;
	high = floating_high(zone, pcp, burst);
	if (pcp->count < high)
		return;

	if (burst)
		nr = min(pcp->count, pcp->batch << KM_PCP_SCALE_MAX);
	else if (high < pcp->batch)
		nr = 1;
	else
		nr = clamp(pcp->free_count, pcp->batch, high - pcp->batch);
	spill_from(pages, zone, pcp, nr, index);
	if (zone->below_high && km_zone_admits(zone, 0, zone->wmark_high, KM_ZONE_MOVABLE, 0))
		zone->below_high = false;
}

void km_pcp_put(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t pfn,
		unsigned int order, enum km_migratetype type)
{
	struct km_pcp *pcp = &zone->pcp[cpu];
	unsigned int index = km_pcp_list(order, type);

	pcp->alloc_factor >>= 1;
	mark_pcp(pages, pfn, order, type);
	km_page_list_add_head(pages->machine, &pcp->lists[index], pfn);
	pcp->count += 1 << order;
	zone->pcp_pages += 1ull << order;

	if (high_floats(pages))
		spill_floating(pages, zone, pcp, order, index);
	else if (pages->machine->profile.features & KM_FEAT_PCP_HIGH_ORDER)
		spill_doubling(pages, zone, pcp, order, index);
	else if (pcp->count >= pcp->high_min)
		spill_round_robin(pages, zone, pcp, pcp->batch);
}

void km_pcp_drain(struct km_pages *pages, struct zone *zone, unsigned int cpu)
{
	spill_from(pages, zone, &zone->pcp[cpu], zone->pcp[cpu].count, 0);
}

void km_pcp_add_tail(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t pfn,
		     unsigned int order, enum km_migratetype type)
{
	struct km_pcp *pcp = &zone->pcp[cpu];

	mark_pcp(pages, pfn, order, type);
	km_page_list_add_tail(pages->machine, &pcp->lists[km_pcp_list(order, type)], pfn);
	pcp->count += 1 << order;
	zone->pcp_pages += 1ull << order;
}

void km_pcp_replace(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t old,
		    uint64_t pfn)
{
	struct page *page = km_page(pages->machine, old);
	enum km_migratetype type = page->migratetype;
	struct km_page_list *list = &zone->pcp[cpu].lists[km_pcp_list(page->order, type)];

	km_page_list_del(pages->machine, list, old);
	mark_pcp(pages, pfn, page->order, type);
	km_page_list_add_head(pages->machine, list, pfn);
	*page = (struct page){ 0 };
}

void km_pcp_raise_high(struct zone *zone, unsigned int cpu, uint64_t high)
{
	struct km_pcp *pcp = &zone->pcp[cpu];
	int found = high < INT32_MAX / 2 ? (int)high : 0;

	if (!found)
		found = max(pcp->high, pcp->count + pcp->batch);
	pcp->high = clamp(found, pcp->high_min, pcp->high_max);
}
