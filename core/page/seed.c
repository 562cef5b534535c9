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

/* Unmanaged pages are in no list: the classes in the order in which they may be among them. */
static const enum km_held_class unmanaged_guess[] = { KM_HELD_MOVABLE, KM_HELD_KERNEL,
						      KM_HELD_SLAB };
static const enum km_held_class unmanaged_map[] = { KM_HELD_KERNEL, KM_HELD_MOVABLE, KM_HELD_SLAB };

/* Move up to nr pages, large blocks first, from the plan to a set, or to nowhere (NULL). */
static uint64_t set_aside(struct km_seed_plan *plan, uint64_t nr, struct km_held *to)
{
	const enum km_held_class *class = plan->is_map ? unmanaged_map : unmanaged_guess;
	uint64_t done = 0;

	for (int i = 0; i < KM_NR_HELD; i++)
		for (int order = KM_MAX_ORDER; order >= 0; order--)
			while (done + (1ull << order) <= nr) {
				uint64_t pfn = km_held_take(&plan->rest[class[i]], order);

				if (pfn == KM_NO_PFN || (to && km_held_add(to, pfn, order)))
					break;
				done += 1ull << order;
			}
	return done;
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
	uint64_t lost = 0, unmanaged;

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
		km_pfn_stack_reverse(&zone->untouched[type]); /* the lowest first */

	unmanaged = plan->total - zone->managed_pages;
	if (zone->deferred_pages > unmanaged)
		zone->deferred_pages = unmanaged;
	/* Those that the kernel will manage when it needs them, and those that it never will. */
	zone->deferred_pages = set_aside(plan, zone->deferred_pages, zone->deferred);
	set_aside(plan, unmanaged - zone->deferred_pages, NULL);
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

int km_pages_seed_map(struct km_pages *pages, struct zone *zone,
		      const uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS],
		      const struct km_extent *extents, size_t nr_extents)
{
	struct km_pfn_stack *guess = calloc(pages->machine->nr_cpus, sizeof(*guess));
	struct km_seed_plan plan;
	int err;

	assert(zone->held_pages == zone->managed_pages);
	err = km_seed_plan_from_map(&plan, pages, zone, blocks, extents, nr_extents);
	for (int kind = 0; kind < KM_NR_HELD && !err; kind++)
		err = km_held_by_number(&plan.rest[kind], zone->start_pfn, zone->spanned_pages);
	if (!err && !guess)
		err = -ENOMEM;
	if (err)
		goto out;
	apply(pages, zone, &plan);
	zone->held_by_number = true;
	zone->held_pinned = plan.of_kind[KM_EXTENT_PINNED];
	zone->held_dirty = plan.of_kind[KM_EXTENT_DIRTY];
	zone->held_anon = plan.of_kind[KM_EXTENT_ANON];
	zone->pcp_guess = guess;
	guess = NULL;
out:
	km_seed_plan_release(&plan);
	free(guess);
	return err;
}

static void put_on_list(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t pfn)
{
	enum km_migratetype type = km_pageblock_type(pages, zone, pfn);

	if (type >= KM_MIGRATE_PCPTYPES)
		type = KM_MIGRATE_MOVABLE;
	zone->held_pages--;
	km_pcp_add_tail(pages, zone, cpu, pfn, 0, type);
	if (zone->pcp_guess && !km_pfn_stack_push(&zone->pcp_guess[cpu], pfn))
		km_page(pages->machine, pfn)->priv = KM_PCP_GUESS;
}

/*
 * Pages of per-cpu lists look like the kernel's own in a page map.  In a movable pageblock there
 * is little that is the kernel's: what looks like it there is taken first.
 */
static uint64_t guess_in_movable(struct km_pages *pages, struct zone *zone, unsigned int cpu,
				 uint64_t nr)
{
	struct km_held *held = &zone->held[KM_HELD_KERNEL];
	uint64_t done = 0;

	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		for (size_t i = 0; i < held->blocks[order].nr && done < nr; i++) {
			uint64_t pfn = held->blocks[order].pfns[i];

			if (km_pageblock_type(pages, zone, pfn) != KM_MIGRATE_MOVABLE)
				continue;
			for (uint64_t end = pfn + (1ull << order); pfn < end && done < nr; pfn++)
				if (km_held_take_page(held, pfn)) {
					put_on_list(pages, zone, cpu, pfn);
					done++;
				}
		}
	return done;
}

static uint64_t take_for_pcp(struct zone *zone)
{
	enum km_held_class first = zone->held_by_number ? KM_HELD_KERNEL : KM_HELD_MOVABLE;
	enum km_held_class second = zone->held_by_number ? KM_HELD_MOVABLE : KM_HELD_KERNEL;
	uint64_t pfn = km_held_take(&zone->held[first], 0);

	return pfn != KM_NO_PFN ? pfn : km_held_take(&zone->held[second], 0);
}

uint64_t km_pages_seed_pcp(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t nr,
			   uint64_t high)
{
	uint64_t done = 0;

	if (cpu >= pages->machine->nr_cpus)
		return 0;
	if (nr > INT32_MAX / 2)
		nr = INT32_MAX / 2;
	if (zone->held_by_number)
		done = guess_in_movable(pages, zone, cpu, nr);
	for (; done < nr; done++) {
		uint64_t pfn = take_for_pcp(zone);

		if (pfn == KM_NO_PFN)
			break;
		put_on_list(pages, zone, cpu, pfn);
	}
	km_pcp_raise_high(zone, cpu, high);
	return done;
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Every list fills upwards; memory that went to the heads is then taken from its upper end. */
static int free_held(struct km_pages *pages, struct zone *zone, struct km_held *held)
{
	bool to_head = pages->machine->profile.features & KM_FEAT_MOVE_TO_HEAD;

	for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
		struct km_pfn_stack *stack = &held->blocks[order];

		if (stack->nr)
			qsort(stack->pfns, stack->nr, sizeof(*stack->pfns), ascending);
		if (order == KM_MAX_ORDER && !to_head)
			km_pfn_stack_reverse(stack); /* the lowest first */
		for (size_t i = 0; i < stack->nr; i++) {
			uint64_t pfn = stack->pfns[i];
			enum km_migratetype type = km_pageblock_type(pages, zone, pfn);

			if (order < KM_MAX_ORDER)
				km_buddy_put(pages, zone, pfn, order, type,
					     to_head ? 0 : KM_PUT_TAIL);
			else if (km_free_area_add_untouched(zone, pfn, type))
				return -ENOMEM;
			zone->held_pages -= 1ull << order;
			held->nr_pages -= 1ull << order;
		}
		km_pfn_stack_release(stack);
	}
	return 0;
}

/* What lies below the managed pages; they come first, from above. */
struct below {
	struct km_held *held;
	uint64_t managed; /* not yet met */
};

static int add_below(void *arg, uint64_t start, uint64_t end)
{
	struct below *below = arg;
	uint64_t skip = end - start < below->managed ? end - start : below->managed;

	below->managed -= skip;
	return km_held_add_range(below->held, start, end - skip);
}

int km_zone_defer(const struct km_pages *pages, struct zone *zone)
{
	struct below below = { zone->deferred, zone->managed_pages };

	return km_zone_for_each_run(pages, zone, zone->managed_pages + zone->deferred_pages,
				    add_below, &below);
}

int km_pages_free_all(struct km_pages *pages)
{
	int err = 0;

	for (unsigned int i = 0; i < pages->nr_zones && !err; i++)
		err = km_zone_defer(pages, &pages->zones[i]);
	for (unsigned int i = 0; i < pages->nr_zones; i++)
		for (int kind = 0; kind < KM_NR_HELD && !err; kind++)
			err = free_held(pages, &pages->zones[i], &pages->zones[i].held[kind]);
	return err;
}
