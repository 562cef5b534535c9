/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Held blocks by the pageblock they lie in: a zone keeps them by order alone, which is all
 * that claims need.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/page/compact_run.h"
#include "core/page/zone.h"

/* Nothing that is held is larger than a pageblock afterwards. */
static int cut_large(struct km_held *held, unsigned int pageblock_order)
{
	for (unsigned int order = KM_MAX_ORDER; order > pageblock_order; order--) {
		struct km_pfn_stack *from = &held->blocks[order], *to = &held->blocks[order - 1];

		if (km_pfn_stack_reserve(to, 2 * from->nr))
			return -ENOMEM;
		while (from->nr) {
			uint64_t pfn = km_pfn_stack_pop(from);

			/* The lower half is taken first, as before. */
			km_pfn_stack_push(to, pfn + (1ull << (order - 1)));
			km_pfn_stack_push(to, pfn);
		}
	}
	return 0;
}

/* Sort by pageblock: count, then place. */
int km_held_index_init(struct km_held_index *index, struct km_pages *pages, struct zone *zone)
{
	struct km_held *held = &zone->held[KM_HELD_MOVABLE];
	size_t nr = 0;

	*index = (struct km_held_index){ 0 };
	if (km_held_settle(held) || cut_large(held, pages->machine->profile.pageblock_order))
		return -ENOMEM;
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		nr += held->blocks[order].nr;
	if (!nr)
		return 0;

	index->nr_pageblocks = km_pageblock_index(pages, zone, km_zone_end(zone) - 1) + 1;
	index->first = calloc(index->nr_pageblocks + 2, sizeof(*index->first));
	index->entries = malloc(nr * sizeof(*index->entries));
	if (!index->first || !index->entries)
		return -ENOMEM;
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		for (size_t i = 0; i < held->blocks[order].nr; i++)
			index->first[km_pageblock_index(pages, zone, held->blocks[order].pfns[i]) +
				     2]++;
	for (uint64_t i = 2; i < index->nr_pageblocks + 2; i++)
		index->first[i] += index->first[i - 1];
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		for (size_t i = 0; i < held->blocks[order].nr; i++) {
			uint64_t block =
				km_pageblock_index(pages, zone, held->blocks[order].pfns[i]);

			index->entries[index->first[block + 1]++] =
				(struct km_held_entry){ i, order };
		}
	return 0;
}

void km_held_index_release(struct km_held_index *index, struct zone *zone)
{
	for (unsigned int order = 0; index->entries && order < KM_NR_ORDERS; order++) {
		struct km_pfn_stack *stack = &zone->held[KM_HELD_MOVABLE].blocks[order];
		size_t nr = 0;

		for (size_t i = 0; i < stack->nr; i++)
			if (stack->pfns[i] != KM_NO_PAGE)
				stack->pfns[nr++] = stack->pfns[i];
		stack->nr = nr;
	}
	free(index->first);
	free(index->entries);
	*index = (struct km_held_index){ 0 };
}
