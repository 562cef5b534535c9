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
 * Generations, chosen by features:
 *   neither          to 5.12: order 0 only, fixed high, spills one batch round robin
 *   PCP_COLD         to 4.14, beside the above: cold pages go to and come from the tail
 *   PCP_HIGH_ORDER   5.14 to 6.6: orders 0-3 and 9, spills double (free_factor)
 *   PCP_ROTATE       5.14 to 5.17, beside the above: spills round robin still
 *   PCP_AUTO_HIGH    6.7 and later: refills double (alloc_factor), high floats and decays
 *
 * Not modelled: contention (the kernel then goes past the lists), active reclaim, the one
 * list for all huge pages of 5.14 to 6.10.  A spilled page goes to its pageblock's
 * present type, as from 6.10 on.
 *
 * Mirrors mm/page_alloc.c 2.6.32, 5.10, 5.14, 6.6 and 6.12 with the burst rule of 6.18,
 * and refresh_cpu_vm_stats() of mm/vmstat.c 6.12.
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

/* Put a block at the tail of its list. */
static void push_tail(const struct km_machine *machine, struct zone *zone, struct km_pcp *pcp,
		      struct km_page_list *list, uint64_t pfn, unsigned int order,
		      enum km_migratetype type)
{
	*km_page(machine, pfn) = (struct page){
		.state = KM_PAGE_PCP,
		.order = order,
		.migratetype = type,
	};
	km_page_list_add_tail(machine, list, pfn);
	pcp->count += 1 << order;
	zone->pcp_pages += 1ull << order;
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

/* The list is empty, so that a cold refill, from the tail on, ascends as well. */
static void refill(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp,
		   unsigned int order, enum km_migratetype type, unsigned int alloc_flags)
{
	struct km_page_list *list = &pcp->lists[km_pcp_list(order, type)];
	enum km_rmqueue_mode mode = KM_RMQUEUE_NORMAL;
	int nr = refill_blocks(pages, zone, pcp, order);

	for (int i = 0; i < nr; i++) {
		uint64_t pfn = km_buddy_take(pages, zone, order, type, alloc_flags, &mode);

		if (pfn == KM_NO_PFN)
			break;
		if (alloc_flags & KM_ALLOC_COLD)
			km_pcp_push(pages->machine, zone, pcp, pfn, order, type);
		else
			push_tail(pages->machine, zone, pcp, list, pfn, order, type);
		pcp->stirred = true;
	}
}

static void unlink_tail(const struct km_machine *machine, struct zone *zone, struct km_pcp *pcp,
			struct km_page_list *list, unsigned int order)
{
	km_page_list_del(machine, list, list->tail);
	pcp->count -= 1 << order;
	zone->pcp_pages -= 1ull << order;
}

uint64_t km_pcp_take(struct km_pages *pages, struct zone *zone, unsigned int cpu,
		     unsigned int order, enum km_migratetype type, unsigned int alloc_flags)
{
	struct km_pcp *pcp = &zone->pcp[cpu];
	struct km_page_list *list = &pcp->lists[km_pcp_list(order, type)];
	uint64_t pfn;

	if (list->head == KM_NO_PAGE)
		refill(pages, zone, pcp, order, type, alloc_flags);
	if (!(alloc_flags & KM_ALLOC_COLD) && list->head != KM_NO_PAGE)
		return km_pcp_pop(pages->machine, zone, pcp, order, type);
	pcp->free_count >>= 1;
	pcp->free_factor >>= 1;
	if (list->head == KM_NO_PAGE)
		return KM_NO_PFN;
	pfn = list->tail;
	unlink_tail(pages->machine, zone, pcp, list, order);
	return pfn;
}

static void spill_one(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp,
		      unsigned int index)
{
	struct km_page_list *list = &pcp->lists[index];
	unsigned int order = km_pcp_list_order(index);
	uint64_t pfn = list->tail;

	unlink_tail(pages->machine, zone, pcp, list, order);
	km_buddy_put(pages, zone, pfn, order, km_pageblock_type(pages, zone, pfn), 0);
	pcp->stirred = true;
	zone->nr_drained++;
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

/*
 * free_pcppages_bulk() to 5.17: a turn for each list, of one block and one more for each
 * empty list that was passed on the way there.  All turns of the only list are one.
 */
static void spill_round_robin(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp,
			      int count)
{
	const unsigned int nr_lists = pages->machine->profile.features & KM_FEAT_PCP_HIGH_ORDER
					      ? KM_PCP_LISTS
					      : KM_MIGRATE_PCPTYPES;
	unsigned int index = 0;
	int turn = 0;

	count = min(count, pcp->count);
	while (count > 0) {
		do {
			turn++;
			index = (index + 1) % nr_lists;
		} while (!pcp->lists[index].nr);
		if (turn == (int)nr_lists)
			turn = count;
		do {
			spill_one(pages, zone, pcp, index);
			count -= 1 << km_pcp_list_order(index);
		} while (count > 0 && --turn && pcp->lists[index].nr);
	}
}

static bool rotates(const struct km_pages *pages)
{
	unsigned int features = pages->machine->profile.features;

	return !(features & KM_FEAT_PCP_HIGH_ORDER) || (features & KM_FEAT_PCP_ROTATE);
}

/* The generation's free_pcppages_bulk(): at least count pages, beginning with list index. */
static void spill(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp, int count,
		  unsigned int index)
{
	if (rotates(pages))
		spill_round_robin(pages, zone, pcp, count);
	else
		spill_from(pages, zone, pcp, count, index);
}

/*
 * Spill of 5.14 to 6.6: the amount doubles with each spill, an allocation halves it.  Once it
 * grows, a free of order 1 to 3 empties the lists (since 5.18).
 */
static void spill_doubling(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp,
			   unsigned int order, unsigned int index)
{
	bool all = pcp->free_factor && order && order <= KM_PCP_MAX_ORDER && !rotates(pages);
	int nr = pcp->batch << pcp->free_factor, most;

	pcp->high = pcp->high_min;
	if (!all && pcp->count < pcp->high)
		return;
	most = pcp->high - pcp->batch;
	/* Doubling had no end but that before it was given one (6.7, and stable 6.1). */
	if (nr < most && (pcp->free_factor < KM_PCP_SCALE_MAX || rotates(pages)))
		pcp->free_factor++;
	nr = pcp->high < pcp->batch ? 1 : clamp(nr, pcp->batch, most);
	spill(pages, zone, pcp, all ? pcp->count : nr, index);
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

void km_pcp_trim(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp, unsigned int order,
		 enum km_migratetype type)
{
	unsigned int index = km_pcp_list(order, type);

	if (high_floats(pages))
		spill_floating(pages, zone, pcp, order, index);
	else if (pages->machine->profile.features & KM_FEAT_PCP_HIGH_ORDER)
		spill_doubling(pages, zone, pcp, order, index);
	else if (pcp->count >= pcp->high_min)
		spill(pages, zone, pcp, pcp->batch, index);
}

void km_pcp_put_cold(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t pfn,
		     enum km_migratetype type)
{
	struct km_pcp *pcp = &zone->pcp[cpu];

	if (!(pages->machine->profile.features & KM_FEAT_PCP_COLD)) {
		km_pcp_put(pages, zone, cpu, pfn, 0, type);
		return;
	}
	push_tail(pages->machine, zone, pcp, &pcp->lists[km_pcp_list(0, type)], pfn, 0, type);
	km_pcp_trim(pages, zone, pcp, 0, type);
}

void km_pcp_drain(struct km_pages *pages, struct zone *zone, unsigned int cpu)
{
	spill(pages, zone, &zone->pcp[cpu], zone->pcp[cpu].count, 0);
}

void km_pcp_drain_zone(struct km_pages *pages, struct zone *zone)
{
	for (unsigned int cpu = 0; zone->pcp_pages && cpu < pages->machine->nr_cpus; cpu++)
		km_pcp_drain(pages, zone, cpu);
}

/* decay_pcp_high() */
static void decay_high(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp)
{
	if (pcp->high > pcp->high_min)
		pcp->high = max(max(pcp->count - (pcp->batch << KM_PCP_SCALE_MAX),
				    pcp->high - (pcp->high >> 3)),
				pcp->high_min);
	spill(pages, zone, pcp, pcp->count - pcp->high, 0);
}

/* What refresh_cpu_vm_stats() does about a list of another node's zone. */
static void expire_remote(struct km_pages *pages, struct zone *zone, struct km_pcp *pcp)
{
	if (pcp->stirred)
		pcp->expire = 3;
	pcp->stirred = false;
	if (pcp->expire && pcp->count && !--pcp->expire)
		spill(pages, zone, pcp, pcp->batch, 0);
}

void km_pcp_tick(struct km_pages *pages)
{
	const struct km_machine *machine = pages->machine;

	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		struct zone *zone = &pages->zones[i];

		for (unsigned int cpu = 0; cpu < machine->nr_cpus; cpu++) {
			if (high_floats(pages))
				decay_high(pages, zone, &zone->pcp[cpu]);
			if (machine->cpus[cpu].node != zone->node)
				expire_remote(pages, zone, &zone->pcp[cpu]);
		}
	}
}

void km_pcp_add_tail(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t pfn,
		     unsigned int order, enum km_migratetype type)
{
	struct km_pcp *pcp = &zone->pcp[cpu];

	push_tail(pages->machine, zone, pcp, &pcp->lists[km_pcp_list(order, type)], pfn, order,
		  type);
}

void km_pcp_replace(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t old,
		    uint64_t pfn)
{
	struct page was = *km_page(pages->machine, old);
	struct km_pcp *pcp = &zone->pcp[cpu];

	km_page_list_del(pages->machine, &pcp->lists[km_pcp_list(was.order, was.migratetype)], old);
	*km_page(pages->machine, old) = (struct page){ 0 };
	pcp->count -= 1 << was.order;
	zone->pcp_pages -= 1ull << was.order;
	km_pcp_push(pages->machine, zone, pcp, pfn, was.order, was.migratetype);
}

void km_pcp_raise_high(struct zone *zone, unsigned int cpu, uint64_t high)
{
	struct km_pcp *pcp = &zone->pcp[cpu];
	int found = high < INT32_MAX / 2 ? (int)high : 0;

	if (!found)
		found = max(pcp->high, pcp->count + pcp->batch);
	pcp->high = clamp(found, pcp->high_min, pcp->high_max);
}
