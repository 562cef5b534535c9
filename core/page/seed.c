/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How free memory lies when the machine comes up: all of it (a cold boot), or as
 * fragmented as a snapshot says (a warm start, planned in seed_plan.c).
 *
 * Pages the kernel never managed (present less managed) may lie anywhere among those
 * that are not free; they are taken out of the held ones last.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "core/page/buddy.h"
#include "core/page/held.h"
#include "core/page/pcp.h"
#include "core/page/seed_plan.h"

/* Stacks are taken from the end; free memory shall be taken from its lower end. */
static void reverse(struct km_pfn_stack *stack)
{
	for (size_t i = 0; i < stack->nr / 2; i++) {
		uint32_t pfn = stack->pfns[i];

		stack->pfns[i] = stack->pfns[stack->nr - 1 - i];
		stack->pfns[stack->nr - 1 - i] = pfn;
	}
}

static void apply_types(struct km_pages *pages, struct zone *zone, const struct km_seed_plan *plan)
{
	uint64_t last = km_pageblock_index(pages, zone, km_zone_end(zone) - 1);

	for (uint64_t i = 0; i <= last; i++) {
		if (plan->types[i] == KM_PAGEBLOCK_UNTYPED)
			continue;
		zone->pageblock_types[i] = plan->types[i];
		if (plan->types[i] == KM_MIGRATE_HIGHATOMIC)
			zone->reserved_highatomic += 1ull
						     << pages->machine->profile.pageblock_order;
	}
}

/* Take out nr pages, large blocks first, of the movable ones while there are any. */
static void forget_held(struct km_held held[KM_NR_HELD], uint64_t nr)
{
	for (int order = KM_MAX_ORDER; order >= 0; order--)
		for (int kind = 0; kind < KM_NR_HELD; kind++)
			while (nr >= 1ull << order && km_held_take(&held[kind], order) != KM_NO_PFN)
				nr -= 1ull << order;
}

/* Of the nr pages that are not managed, keep those that the kernel will manage when it needs them.
 */
static void defer_held(struct zone *zone, struct km_held held[KM_NR_HELD], uint64_t nr)
{
	uint64_t want = zone->deferred_pages < nr ? zone->deferred_pages : nr;

	zone->deferred_pages = 0;
	for (int order = KM_MAX_ORDER; order >= 0; order--)
		for (int kind = 0; kind < KM_NR_HELD; kind++)
			while (zone->deferred_pages + (1ull << order) <= want) {
				uint64_t pfn = km_held_take(&held[kind], order);

				if (pfn == KM_NO_PFN || km_held_add(zone->deferred, pfn, order))
					break;
				zone->deferred_pages += 1ull << order;
			}
}

bool km_zone_grow(struct km_pages *pages, struct zone *zone)
{
	uint64_t grown = 0;

	for (int order = KM_MAX_ORDER; order >= 0; order--) {
		struct km_pfn_stack *blocks = &zone->deferred->blocks[order];

		for (; blocks->nr && grown < KM_SECTION_PAGES; grown += 1ull << order) {
			zone->deferred_pages -= 1ull << order;
			zone->managed_pages += 1ull << order;
			km_buddy_put_by_pageblock(pages, zone, km_pfn_stack_pop(blocks), order,
						  KM_PUT_TAIL);
		}
	}
	return grown;
}

/* Returns the number of pages that found no place after all (for want of our own memory). */
static uint64_t apply(struct km_pages *pages, struct zone *zone, struct km_seed_plan *plan)
{
	uint64_t lost = 0;

	apply_types(pages, zone, plan);
	for (size_t i = 0; i < plan->nr; i++) {
		const struct km_placement *at = &plan->placements[i];

		if (at->order < KM_MAX_ORDER)
			km_free_area_add(pages, zone, at->pfn, at->order, at->migratetype,
					 KM_PUT_TAIL);
		else if (km_free_area_add_untouched(zone, at->pfn, at->migratetype))
			lost += 1ull << at->order;
	}
	for (int type = 0; type < KM_NR_MIGRATETYPES; type++)
		reverse(&zone->untouched[type]);

	defer_held(zone, plan->rest, plan->total - zone->managed_pages);
	forget_held(plan->rest, plan->total - zone->managed_pages - zone->deferred_pages);
	for (int kind = 0; kind < KM_NR_HELD; kind++) {
		km_held_release(&zone->held[kind]);
		zone->held[kind] = plan->rest[kind];
		plan->rest[kind] = (struct km_held){ 0 };
	}
	zone->held_pages = zone->managed_pages - plan->placed;
	return lost;
}

uint64_t km_pages_seed(struct km_pages *pages, struct zone *zone,
		       const uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS])
{
	struct km_seed_plan plan;
	uint64_t missing = 0;
	int err;

	assert(zone->held_pages == zone->managed_pages);
	err = km_seed_plan_make(&plan, pages, zone, blocks, KM_SEED_LOOSE);
	if (err || plan.missing) {
		km_seed_plan_release(&plan);
		err = km_seed_plan_make(&plan, pages, zone, blocks, KM_SEED_TIGHT);
	}
	if (!err)
		missing = plan.missing + apply(pages, zone, &plan);
	for (int order = 0; err && order < KM_NR_ORDERS; order++)
		for (int type = 0; type < KM_NR_MIGRATETYPES; type++)
			missing += blocks[type][order] << order;
	km_seed_plan_release(&plan);
	return missing;
}

uint64_t km_pages_seed_pcp(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t nr,
			   uint64_t high)
{
	uint64_t done = 0;

	if (cpu >= pages->machine->nr_cpus)
		return 0;
	for (; done < nr && zone->pcp[cpu].count < INT32_MAX / 2; done++) {
		uint64_t pfn = km_held_take(&zone->held[KM_HELD_MOVABLE], 0);
		enum km_migratetype type;

		if (pfn == KM_NO_PFN)
			pfn = km_held_take(&zone->held[KM_HELD_KERNEL], 0);
		if (pfn == KM_NO_PFN)
			break;
		type = km_pageblock_type(pages, zone, pfn);
		if (type >= KM_MIGRATE_PCPTYPES)
			type = KM_MIGRATE_MOVABLE;
		zone->held_pages--;
		km_pcp_add_tail(pages, zone, cpu, pfn, 0, type);
	}
	km_pcp_raise_high(zone, cpu, high);
	return done;
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int free_held(struct km_pages *pages, struct zone *zone, struct km_held *held)
{
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
		struct km_pfn_stack *stack = &held->blocks[order];

		if (stack->nr)
			qsort(stack->pfns, stack->nr, sizeof(*stack->pfns), ascending);
		if (order == KM_MAX_ORDER)
			reverse(stack);
		for (size_t i = 0; i < stack->nr; i++) {
			uint64_t pfn = stack->pfns[i];
			enum km_migratetype type = km_pageblock_type(pages, zone, pfn);

			if (order < KM_MAX_ORDER)
				km_buddy_put(pages, zone, pfn, order, type, KM_PUT_TAIL);
			else if (km_free_area_add_untouched(zone, pfn, type))
				return -ENOMEM;
			zone->held_pages -= 1ull << order;
		}
		km_pfn_stack_release(stack);
	}
	return 0;
}

int km_pages_free_all(struct km_pages *pages)
{
	int err = 0;

	for (unsigned int i = 0; i < pages->nr_zones; i++)
		for (int kind = 0; kind < KM_NR_HELD && !err; kind++)
			err = free_held(pages, &pages->zones[i], &pages->zones[i].held[kind]);
	return err;
}
