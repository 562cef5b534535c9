/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How free memory lies when the machine comes up: all of it (a cold boot), or as
 * fragmented as a snapshot says (a warm start).
 *
 * A snapshot counts free blocks by order and type; it does not say where they are.
 * They are packed from the largest order down.  A free block's buddy must not be
 * free as a whole, so each cut of a region leaves one half for a free block, and
 * a half that stays partly held:
 *
 *      order 3  [ . . . . . . . . ]      asked: one block of order 2, one of order 1
 *      cut      [ partly  |  free ]      free: order 2
 *      cut      [ P  |free|  free ]      free: order 1; P is held, or cut further
 *
 *   whole    may become a free block as it is
 *   partial  must keep at least one page that is not free
 *
 * Cutting a partial region costs nothing more; cutting a whole one costs a held page.
 * Regions below the size of a pageblock belong to the type they were first cut for,
 * so that pageblocks are as pure as the counts allow.
 *
 * Pages the kernel never managed (present less managed) may lie anywhere among those
 * that are not free; they are taken out last.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "core/page/buddy.h"
#include "core/page/held.h"
#include "core/page/pcp.h"

struct pool {
	struct km_held whole, partial;
};

#define SHARED KM_NR_MIGRATETYPES /* the pool of regions that no type has cut yet */

struct seed {
	struct km_pages *pages;
	struct zone *zone;
	struct pool pools[KM_NR_MIGRATETYPES + 1];
	uint8_t *typed; /* by pageblock: its type is set */
	uint64_t total; /* pages of RAM laid out */
	uint64_t placed;
};

static int add_run(void *arg, uint64_t start, uint64_t end)
{
	struct seed *seed = arg;

	seed->total += end - start;
	return km_held_add_range(&seed->pools[SHARED].whole, start, end);
}

/* The smallest region above order, with its stack and order; NULL if there is none. */
static struct km_pfn_stack *smallest_above(struct km_held *regions, unsigned int order,
					   unsigned int *found)
{
	for (*found = order + 1; *found < KM_NR_ORDERS; (*found)++)
		if (regions->blocks[*found].nr)
			return &regions->blocks[*found];
	return NULL;
}

/* Cut the last region of the stack down to one whole block of order; the rest goes to pools. */
static uint64_t cut(struct seed *seed, struct km_pfn_stack *stack, unsigned int from,
		    unsigned int order, unsigned int owner, enum km_migratetype type)
{
	const unsigned int pageblock_order = seed->pages->machine->profile.pageblock_order;
	uint64_t pfn = km_pfn_stack_pop(stack);
	struct pool *pool = NULL;
	int err = 0;

	while (from-- > order) {
		if (owner == SHARED && from < pageblock_order)
			owner = type;
		pool = &seed->pools[owner];
		if (from > order)
			err |= km_held_add(&pool->whole, pfn + (1ull << from), from);
	}
	err |= km_held_add(&pool->partial, pfn, order);
	return err ? KM_NO_PFN : pfn + (1ull << order);
}

static uint64_t find_block(struct seed *seed, unsigned int order, enum km_migratetype type)
{
	const unsigned int owners[] = { type, SHARED };
	struct km_pfn_stack *stack;
	unsigned int from;

	for (int i = 0; i < 2; i++) {
		stack = &seed->pools[owners[i]].whole.blocks[order];
		if (stack->nr)
			return km_pfn_stack_pop(stack);
	}
	for (int whole = 0; whole < 2; whole++) {
		for (int i = 0; i < 2; i++) {
			struct pool *pool = &seed->pools[owners[i]];

			stack = smallest_above(whole ? &pool->whole : &pool->partial, order, &from);
			if (stack)
				return cut(seed, stack, from, order, owners[i], type);
		}
	}
	/* No pure pageblock is left: share one of another type. */
	for (unsigned int owner = 0; owner < KM_NR_MIGRATETYPES; owner++)
		if (seed->pools[owner].whole.blocks[order].nr)
			return km_pfn_stack_pop(&seed->pools[owner].whole.blocks[order]);
	for (unsigned int owner = 0; owner < KM_NR_MIGRATETYPES; owner++) {
		struct pool *pool = &seed->pools[owner];

		stack = smallest_above(&pool->partial, order, &from);
		if (!stack)
			stack = smallest_above(&pool->whole, order, &from);
		if (stack)
			return cut(seed, stack, from, order, owner, type);
	}
	return KM_NO_PFN;
}

/* Blocks come from large to small, so the first one in a pageblock gives it its type. */
static void set_pageblock_types(struct seed *seed, uint64_t pfn, unsigned int order,
				enum km_migratetype type)
{
	uint64_t first = km_pageblock_index(seed->pages, seed->zone, pfn);
	uint64_t last = km_pageblock_index(seed->pages, seed->zone, pfn + (1ull << order) - 1);

	for (uint64_t i = first; i <= last; i++) {
		if (seed->typed[i])
			continue;
		seed->typed[i] = 1;
		seed->zone->pageblock_types[i] = type;
		if (type == KM_MIGRATE_HIGHATOMIC)
			seed->zone->reserved_highatomic +=
				1ull << seed->pages->machine->profile.pageblock_order;
	}
}

static bool place(struct seed *seed, unsigned int order, enum km_migratetype type)
{
	uint64_t pfn;

	if (seed->placed + (1ull << order) > seed->zone->managed_pages)
		return false;
	pfn = find_block(seed, order, type);
	if (pfn == KM_NO_PFN)
		return false;
	set_pageblock_types(seed, pfn, order, type);
	if (order == KM_MAX_ORDER) {
		if (km_free_area_add_untouched(seed->zone, pfn, type))
			return false;
	} else {
		km_free_area_add(seed->pages, seed->zone, pfn, order, type, KM_PUT_TAIL);
	}
	seed->placed += 1ull << order;
	return true;
}

/* All that is not free becomes held, except pages the kernel never managed: large ones first. */
static void hold_rest(struct seed *seed)
{
	struct km_held *held = seed->zone->held;
	uint64_t unmanaged = seed->total - seed->zone->managed_pages;

	km_held_release(held);
	for (unsigned int owner = 0; owner <= SHARED; owner++) {
		struct pool *pool = &seed->pools[owner];

		for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
			uint64_t pfn;

			while ((pfn = km_pfn_stack_pop(&pool->whole.blocks[order])) != KM_NO_PFN)
				km_held_add(held, pfn, order);
			while ((pfn = km_pfn_stack_pop(&pool->partial.blocks[order])) != KM_NO_PFN)
				km_held_add(held, pfn, order);
		}
	}
	for (int order = KM_MAX_ORDER; order >= 0; order--)
		while (unmanaged >= 1ull << order && km_held_take(held, order) != KM_NO_PFN)
			unmanaged -= 1ull << order;
	seed->zone->held_pages = seed->zone->managed_pages - seed->placed;
}

/* Stacks are taken from the end; free memory shall be taken from its lower end. */
static void reverse(struct km_pfn_stack *stack)
{
	for (size_t i = 0; i < stack->nr / 2; i++) {
		uint32_t pfn = stack->pfns[i];

		stack->pfns[i] = stack->pfns[stack->nr - 1 - i];
		stack->pfns[stack->nr - 1 - i] = pfn;
	}
}

uint64_t km_pages_seed(struct km_pages *pages, struct zone *zone,
		       const uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS])
{
	uint64_t nr_pageblocks = km_pageblock_index(pages, zone, km_zone_end(zone)) + 1;
	struct seed *seed = calloc(1, sizeof(*seed));
	uint64_t missing = 0;

	assert(zone->held_pages == zone->managed_pages);
	if (seed) {
		seed->pages = pages;
		seed->zone = zone;
		seed->typed = calloc(nr_pageblocks, 1);
	}
	if (!seed || !seed->typed ||
	    km_zone_for_each_run(pages, zone, zone->present_pages, add_run, seed)) {
		for (int order = 0; order < KM_NR_ORDERS; order++)
			for (int type = 0; type < KM_NR_MIGRATETYPES; type++)
				missing += blocks[type][order] << order;
		goto out;
	}

	for (int order = KM_MAX_ORDER; order >= 0; order--)
		for (int type = 0; type < KM_NR_MIGRATETYPES; type++)
			for (uint64_t i = 0; i < blocks[type][order]; i++) {
				if (place(seed, order, type))
					continue;
				missing += (blocks[type][order] - i) << order;
				break;
			}
	for (int type = 0; type < KM_NR_MIGRATETYPES; type++)
		reverse(&zone->untouched[type]);
	hold_rest(seed);
out:
	for (unsigned int i = 0; seed && i <= SHARED; i++) {
		km_held_release(&seed->pools[i].whole);
		km_held_release(&seed->pools[i].partial);
	}
	if (seed)
		free(seed->typed);
	free(seed);
	return missing;
}

uint64_t km_pages_seed_pcp(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t nr)
{
	uint64_t done = 0;

	if (cpu >= pages->machine->nr_cpus)
		return 0;
	for (; done < nr && zone->pcp[cpu].count < INT32_MAX / 2; done++) {
		uint64_t pfn = km_held_take(zone->held, 0);
		enum km_migratetype type;

		if (pfn == KM_NO_PFN)
			break;
		type = km_pageblock_type(pages, zone, pfn);
		if (type >= KM_MIGRATE_PCPTYPES)
			type = KM_MIGRATE_MOVABLE;
		zone->held_pages--;
		km_pcp_add_tail(pages, zone, cpu, pfn, 0, type);
	}
	return done;
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int free_held(struct km_pages *pages, struct zone *zone)
{
	struct km_held *held = zone->held;

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

	for (unsigned int i = 0; i < pages->nr_zones && !err; i++)
		err = free_held(pages, &pages->zones[i]);
	return err;
}
