/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages in use since before the machine was booted.  The kernel has no such thing:
 * there they are used pages whose owners a recording did not see being allocated.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/page/held.h"

int km_pfn_stack_reserve(struct km_pfn_stack *stack, size_t nr)
{
	size_t capacity = stack->capacity ? stack->capacity : 16;
	uint32_t *pfns;

	if (nr <= stack->capacity - stack->nr)
		return 0;
	while (capacity - stack->nr < nr)
		capacity *= 2;
	pfns = realloc(stack->pfns, capacity * sizeof(*pfns));
	if (!pfns)
		return -ENOMEM;
	stack->pfns = pfns;
	stack->capacity = capacity;
	return 0;
}

int km_pfn_stack_push(struct km_pfn_stack *stack, uint64_t pfn)
{
	if (stack->nr == stack->capacity && km_pfn_stack_reserve(stack, 1))
		return -ENOMEM;
	stack->pfns[stack->nr++] = pfn;
	return 0;
}

void km_pfn_stack_release(struct km_pfn_stack *stack)
{
	free(stack->pfns);
	*stack = (struct km_pfn_stack){ 0 };
}

unsigned int km_order_fitting(uint64_t pfn, uint64_t end)
{
	unsigned int order = 0;

	while (order < KM_MAX_ORDER && !(pfn & (1ull << order)) && pfn + (2ull << order) <= end)
		order++;
	return order;
}

int km_held_add(struct km_held *held, uint64_t pfn, unsigned int order)
{
	return km_pfn_stack_push(&held->blocks[order], pfn);
}

/* The order of an aligned block that ends at end and begins no earlier than start. */
static unsigned int order_fitting_below(uint64_t start, uint64_t end)
{
	unsigned int order = 0;

	while (order < KM_MAX_ORDER && !(end & (1ull << order)) && start + (2ull << order) <= end)
		order++;
	return order;
}

/* Stacks are taken from the end, so the range is laid down from above. */
int km_held_add_range(struct km_held *held, uint64_t start, uint64_t end)
{
	while (end > start) {
		unsigned int order = order_fitting_below(start, end);

		end -= 1ull << order;
		if (km_held_add(held, end, order))
			return -ENOMEM;
	}
	return 0;
}

uint64_t km_held_take(struct km_held *held, unsigned int order)
{
	unsigned int from = order;
	uint64_t pfn;

	while (from < KM_NR_ORDERS && !held->blocks[from].nr)
		from++;
	if (from == KM_NR_ORDERS)
		return KM_NO_PFN;

	/* Each lower stack gets one block at most: have the room before anything moves. */
	for (unsigned int i = order; i < from; i++)
		if (km_pfn_stack_reserve(&held->blocks[i], 1))
			return KM_NO_PFN;
	pfn = km_pfn_stack_pop(&held->blocks[from]);
	while (from-- > order)
		km_pfn_stack_push(&held->blocks[from], pfn + (1ull << from));
	return pfn;
}

uint64_t km_held_pages(const struct km_held *held)
{
	uint64_t pages = 0;

	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		pages += (uint64_t)held->blocks[order].nr << order;
	return pages;
}

void km_held_release(struct km_held *held)
{
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		km_pfn_stack_release(&held->blocks[order]);
}
