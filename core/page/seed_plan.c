/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Laying out the free blocks that a snapshot counted.
 *
 * A snapshot counts free blocks by order and type; it does not say where they are.
 * They are placed from the largest order down.  A free block's buddy must not be
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
 *
 * Tight: the smallest region that will do is cut, partial ones first.  One held page
 * then keeps a block of every order from merging, and when it is freed all of them
 * merge at once, which real memory does not do.
 *
 * Loose: each type gets pageblocks of its own, and the largest region is cut, so that
 * blocks lie apart with held pages between them.  That needs more held pages: where
 * memory is almost all free it fails, and tight is the way.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/page/seed_plan.h"
#include "core/page/zone.h"

/* Pageblocks to spread movable blocks over: 16 GiB, whose descriptors take 64 MiB. */
#define SPREAD_MOVABLE 8192

struct pool {
	struct km_held whole, partial;
};

#define SHARED KM_NR_MIGRATETYPES /* the pool of regions that belong to no type yet */

struct planner {
	struct km_seed_plan *plan;
	const struct km_pages *pages;
	const struct zone *zone;
	enum km_seed_fit fit;
	unsigned int pageblock_order;
	bool no_memory;
	struct pool pools[KM_NR_MIGRATETYPES + 1];
};

static void add(struct planner *planner, struct km_held *regions, uint64_t pfn, unsigned int order)
{
	planner->no_memory |= km_held_add(regions, pfn, order) != 0;
}

static int add_run(void *arg, uint64_t start, uint64_t end)
{
	struct planner *planner = arg;

	planner->plan->total += end - start;
	return km_held_add_range(&planner->pools[SHARED].whole, start, end);
}

/* Below the size of a pageblock, regions belong to the type they were first cut for. */
static unsigned int owner_of_cut(const struct planner *planner, unsigned int owner,
				 unsigned int order, enum km_migratetype type)
{
	return owner == SHARED && order < planner->pageblock_order ? type : owner;
}

/* Cut the last region of the stack down to one whole block of order; the rest goes to pools. */
static uint64_t cut(struct planner *planner, struct km_pfn_stack *stack, unsigned int from,
		    unsigned int order, unsigned int owner, enum km_migratetype type)
{
	uint64_t pfn = km_pfn_stack_pop(stack);

	while (--from > order) {
		owner = owner_of_cut(planner, owner, from, type);
		add(planner, &planner->pools[owner].whole, pfn + (1ull << from), from);
	}
	owner = owner_of_cut(planner, owner, order, type);
	add(planner, &planner->pools[owner].partial, pfn, order);
	return pfn + (1ull << order);
}

/* The stack of the smallest, or largest, regions above order; NULL if there are none. */
static struct km_pfn_stack *smallest_above(struct km_held *regions, unsigned int order,
					   unsigned int *from)
{
	for (*from = order + 1; *from < KM_NR_ORDERS; (*from)++)
		if (regions->blocks[*from].nr)
			return &regions->blocks[*from];
	return NULL;
}

static uint64_t find_tight(struct planner *planner, unsigned int order, enum km_migratetype type)
{
	const unsigned int owners[] = { type, SHARED };
	struct km_pfn_stack *stack;
	unsigned int from;

	for (int i = 0; i < 2; i++) {
		stack = &planner->pools[owners[i]].whole.blocks[order];
		if (stack->nr)
			return km_pfn_stack_pop(stack);
	}
	for (int whole = 0; whole < 2; whole++) {
		for (int i = 0; i < 2; i++) {
			struct pool *pool = &planner->pools[owners[i]];

			stack = smallest_above(whole ? &pool->whole : &pool->partial, order, &from);
			if (stack)
				return cut(planner, stack, from, order, owners[i], type);
		}
	}
	/* No pure pageblock is left: share one of another type. */
	for (unsigned int owner = 0; owner < KM_NR_MIGRATETYPES; owner++)
		if (planner->pools[owner].whole.blocks[order].nr)
			return km_pfn_stack_pop(&planner->pools[owner].whole.blocks[order]);
	for (unsigned int owner = 0; owner < KM_NR_MIGRATETYPES; owner++) {
		struct pool *pool = &planner->pools[owner];

		stack = smallest_above(&pool->partial, order, &from);
		if (!stack)
			stack = smallest_above(&pool->whole, order, &from);
		if (stack)
			return cut(planner, stack, from, order, owner, type);
	}
	return KM_NO_PFN;
}

/* The first block in a pageblock, or whoever set it apart, gives it its type. */
static void set_types(struct planner *planner, uint64_t pfn, unsigned int order,
		      enum km_migratetype type)
{
	uint64_t first = km_pageblock_index(planner->pages, planner->zone, pfn);
	uint64_t last =
		km_pageblock_index(planner->pages, planner->zone, pfn + (1ull << order) - 1);

	for (uint64_t i = first; i <= last; i++)
		if (planner->plan->types[i] == KM_PAGEBLOCK_UNTYPED)
			planner->plan->types[i] = type;
}

int km_seed_plan_append(struct km_seed_plan *plan, uint64_t pfn, unsigned int order,
			enum km_migratetype type)
{
	if (plan->nr == plan->capacity) {
		size_t capacity = plan->capacity ? plan->capacity * 2 : 256;
		struct km_placement *grown =
			realloc(plan->placements, capacity * sizeof(*plan->placements));

		if (!grown)
			return -ENOMEM;
		plan->placements = grown;
		plan->capacity = capacity;
	}
	plan->placements[plan->nr++] =
		(struct km_placement){ .pfn = pfn, .order = order, .migratetype = type };
	plan->placed += 1ull << order;
	return 0;
}

/* Move one pageblock from the shared regions to a type.  False if there is none left. */
static bool set_apart(struct planner *planner, enum km_migratetype type)
{
	const unsigned int order = planner->pageblock_order;
	struct pool *shared = &planner->pools[SHARED];
	struct km_pfn_stack *stack = &shared->partial.blocks[order];
	unsigned int from;
	uint64_t pfn;

	if (!stack->nr)
		stack = &shared->whole.blocks[order];
	if (!stack->nr) {
		stack = smallest_above(&shared->partial, order, &from);
		if (!stack)
			stack = smallest_above(&shared->whole, order, &from);
		if (!stack)
			return false;
		/* All blocks as large as this are placed: both halves are only cut from now on. */
		pfn = cut(planner, stack, from, order, SHARED, type);
		add(planner, &shared->partial, pfn, order);
		stack = &shared->partial.blocks[order];
	}
	pfn = km_pfn_stack_pop(stack);
	add(planner, &planner->pools[type].partial, pfn, order);
	set_types(planner, pfn, order, type);
	return true;
}

static uint64_t cut_largest(struct planner *planner, unsigned int owner, unsigned int order,
			    enum km_migratetype type)
{
	struct pool *pool = &planner->pools[owner];

	for (unsigned int from = KM_MAX_ORDER; from > order; from--) {
		if (pool->partial.blocks[from].nr)
			return cut(planner, &pool->partial.blocks[from], from, order, owner, type);
		if (pool->whole.blocks[from].nr)
			return cut(planner, &pool->whole.blocks[from], from, order, owner, type);
	}
	return km_pfn_stack_pop(&pool->whole.blocks[order]);
}

static uint64_t find_loose(struct planner *planner, unsigned int order, enum km_migratetype type)
{
	uint64_t pfn = cut_largest(planner, type, order, type);

	if (pfn == KM_NO_PFN && set_apart(planner, type))
		pfn = cut_largest(planner, type, order, type);
	/* Nothing is left but the ends of RAM, which make no whole pageblocks. */
	if (pfn == KM_NO_PFN)
		pfn = cut_largest(planner, SHARED, order, type);
	return pfn;
}

static void place(struct planner *planner, unsigned int order, enum km_migratetype type,
		  uint64_t nr)
{
	struct km_seed_plan *plan = planner->plan;
	bool tight = planner->fit == KM_SEED_TIGHT || order >= planner->pageblock_order;

	for (; nr; nr--) {
		uint64_t pfn = KM_NO_PFN;

		if (plan->placed + (1ull << order) <= planner->zone->managed_pages)
			pfn = tight ? find_tight(planner, order, type)
				    : find_loose(planner, order, type);
		if (pfn == KM_NO_PFN)
			break;
		set_types(planner, pfn, order, type);
		planner->no_memory |= km_seed_plan_append(plan, pfn, order, type) != 0;
	}
	plan->missing += nr << order;
}

/*
 * Give each type its pageblocks: twice as many as its smaller blocks would fill.  How
 * many it really had is in pagetypeinfo, but makes no difference that could be seen.
 * Movable also gets what is left, within what it may cost to touch its descriptors.
 */
static void set_all_apart(struct planner *planner,
			  const uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS])
{
	const uint64_t size = 1ull << planner->pageblock_order;

	for (int type = 0; type < KM_NR_MIGRATETYPES; type++) {
		uint64_t pages = 0;

		for (unsigned int order = 0; order < planner->pageblock_order; order++)
			pages += blocks[type][order] << order;
		for (uint64_t nr = (2 * pages + size - 1) / size; nr; nr--)
			if (!set_apart(planner, type))
				return;
	}
	for (unsigned int i = 0; i < SPREAD_MOVABLE && set_apart(planner, KM_MIGRATE_MOVABLE);)
		i++;
}

static void hold_pool(struct planner *planner, struct pool *pool, enum km_held_class kind)
{
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
		uint64_t pfn;

		while ((pfn = km_pfn_stack_pop(&pool->whole.blocks[order])) != KM_NO_PFN)
			add(planner, &planner->plan->rest[kind], pfn, order);
		while ((pfn = km_pfn_stack_pop(&pool->partial.blocks[order])) != KM_NO_PFN)
			add(planner, &planner->plan->rest[kind], pfn, order);
	}
}

int km_seed_plan_make(struct km_seed_plan *plan, const struct km_pages *pages,
		      const struct zone *zone,
		      const uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS], enum km_seed_fit fit)
{
	uint64_t nr_types = km_pageblock_index(pages, zone, km_zone_end(zone)) + 1;
	struct planner planner = {
		.plan = plan,
		.pages = pages,
		.zone = zone,
		.fit = fit,
		.pageblock_order = pages->machine->profile.pageblock_order,
	};
	int err = 0;

	memset(plan, 0, sizeof(*plan));
	plan->types = malloc(nr_types);
	if (!plan->types) {
		err = -ENOMEM;
		goto out;
	}
	memset(plan->types, KM_PAGEBLOCK_UNTYPED, nr_types);
	err = km_zone_for_each_run(pages, zone, zone->present_pages, add_run, &planner);
	if (err)
		goto out;

	for (int order = KM_MAX_ORDER; order >= 0; order--) {
		if (fit == KM_SEED_LOOSE && order == (int)planner.pageblock_order - 1)
			set_all_apart(&planner, blocks);
		for (int type = 0; type < KM_NR_MIGRATETYPES; type++)
			place(&planner, order, type, blocks[type][order]);
	}
	for (unsigned int owner = 0; owner <= SHARED; owner++)
		hold_pool(&planner, &planner.pools[owner],
			  owner == SHARED || owner == KM_MIGRATE_MOVABLE || owner == KM_MIGRATE_CMA
				  ? KM_HELD_MOVABLE
				  : KM_HELD_KERNEL);
	if (planner.no_memory)
		err = -ENOMEM;
out:
	for (unsigned int owner = 0; owner <= SHARED; owner++) {
		km_held_release(&planner.pools[owner].whole);
		km_held_release(&planner.pools[owner].partial);
	}
	return err;
}

void km_seed_plan_release(struct km_seed_plan *plan)
{
	for (int kind = 0; kind < KM_NR_HELD; kind++)
		km_held_release(&plan->rest[kind]);
	free(plan->placements);
	free(plan->types);
	memset(plan, 0, sizeof(*plan));
}
