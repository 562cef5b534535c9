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

void km_pfn_stack_reverse(struct km_pfn_stack *stack)
{
	for (size_t i = 0; i < stack->nr / 2; i++) {
		uint32_t pfn = stack->pfns[i];

		stack->pfns[i] = stack->pfns[stack->nr - 1 - i];
		stack->pfns[stack->nr - 1 - i] = pfn;
	}
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

static void set_bits(struct km_held *held, uint64_t pfn, uint64_t nr, bool value)
{
	uint64_t bit = pfn - held->start_pfn;

	for (uint64_t end = bit + nr; bit < end; bit++) {
		if (value)
			held->bits[bit / 64] |= 1ull << bit % 64;
		else
			held->bits[bit / 64] &= ~(1ull << bit % 64);
	}
}

int km_held_by_number(struct km_held *held, uint64_t start_pfn, uint64_t nr)
{
	held->bits = calloc(nr / 64 + 1, sizeof(*held->bits));
	if (!held->bits)
		return -ENOMEM;
	held->start_pfn = start_pfn;
	held->nr_bits = nr;
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		for (size_t i = 0; i < held->blocks[order].nr; i++)
			set_bits(held, held->blocks[order].pfns[i], 1ull << order, true);
	return 0;
}

int km_held_add(struct km_held *held, uint64_t pfn, unsigned int order)
{
	if (km_pfn_stack_push(&held->blocks[order], pfn))
		return -ENOMEM;
	if (held->bits)
		set_bits(held, pfn, 1ull << order, true);
	held->nr_pages += 1ull << order;
	return 0;
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

static uint64_t count_held(const struct km_held *held, uint64_t pfn, unsigned int order)
{
	uint64_t count = 0;

	if (!held->bits)
		return 1ull << order;
	for (uint64_t end = pfn + (1ull << order); pfn < end; pfn++)
		count += km_held_has(held, pfn);
	return count;
}

/* What is left of a block that lost pages, as blocks.  -ENOMEM: some are not listed any more. */
static int add_left(struct km_held *held, uint64_t pfn, unsigned int order)
{
	uint64_t count = count_held(held, pfn, order);

	if (!count)
		return 0;
	if (count < 1ull << order)
		return add_left(held, pfn + (1ull << (order - 1)), order - 1)
			       ? -ENOMEM
			       : add_left(held, pfn, order - 1);
	if (!km_pfn_stack_push(&held->blocks[order], pfn))
		return 0;
	set_bits(held, pfn, count, false);
	held->nr_pages -= count;
	return -ENOMEM;
}

int km_held_settle(struct km_held *held)
{
	int err = 0;

	for (unsigned int order = 1; held->bits && order < KM_NR_ORDERS; order++) {
		struct km_pfn_stack *stack = &held->blocks[order];
		size_t nr = 0;

		for (size_t i = 0; i < stack->nr; i++) {
			uint64_t pfn = stack->pfns[i];

			if (count_held(held, pfn, order) == 1ull << order)
				stack->pfns[nr++] = pfn;
			else if (add_left(held, pfn, order)) /* smaller ones: not this stack */
				err = -ENOMEM;
		}
		stack->nr = nr;
	}
	for (size_t i = held->bits ? held->blocks[0].nr : 0; i-- > 0;)
		if (!km_held_has(held, held->blocks[0].pfns[i]))
			held->blocks[0].pfns[i] = held->blocks[0].pfns[--held->blocks[0].nr];
	return err;
}

bool km_held_take_page(struct km_held *held, uint64_t pfn)
{
	if (!km_held_has(held, pfn))
		return false;
	set_bits(held, pfn, 1, false);
	held->nr_pages--;
	return true;
}

uint64_t km_held_take_entry(struct km_held *held, unsigned int order, size_t at)
{
	uint64_t pfn = held->blocks[order].pfns[at];

	held->blocks[order].pfns[at] = KM_NO_PAGE;
	if (held->bits)
		set_bits(held, pfn, 1ull << order, false);
	held->nr_pages -= 1ull << order;
	return pfn;
}

/* The last block of the smallest order that is not smaller, whole; KM_NO_PFN if there is none. */
static uint64_t pop_whole(struct km_held *held, unsigned int order, unsigned int *from)
{
	for (*from = order; *from < KM_NR_ORDERS;) {
		uint64_t pfn = km_pfn_stack_pop(&held->blocks[*from]);

		if (pfn == KM_NO_PFN) {
			(*from)++;
			continue;
		}
		if (count_held(held, pfn, *from) == 1ull << *from)
			return pfn;
		add_left(held, pfn, *from);
		*from = order;
	}
	return KM_NO_PFN;
}

uint64_t km_held_take(struct km_held *held, unsigned int order)
{
	unsigned int from;
	uint64_t pfn = pop_whole(held, order, &from);

	if (pfn == KM_NO_PFN)
		return KM_NO_PFN;
	/* Each lower stack gets one block at most: have the room before anything moves. */
	for (unsigned int i = order; i < from; i++)
		if (km_pfn_stack_reserve(&held->blocks[i], 1)) {
			km_pfn_stack_push(&held->blocks[from], pfn); /* there it was */
			return KM_NO_PFN;
		}
	while (from-- > order)
		km_pfn_stack_push(&held->blocks[from], pfn + (1ull << from));
	if (held->bits)
		set_bits(held, pfn, 1ull << order, false);
	held->nr_pages -= 1ull << order;
	return pfn;
}

void km_held_release(struct km_held *held)
{
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		km_pfn_stack_release(&held->blocks[order]);
	free(held->bits);
	*held = (struct km_held){ 0 };
}
