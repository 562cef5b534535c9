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

struct km_held_bits *km_held_bits_new(uint64_t start_pfn, uint64_t nr)
{
	struct km_held_bits *bits =
		calloc(1, sizeof(*bits) + (nr / 64 + 1) * sizeof(bits->words[0]));

	if (bits) {
		bits->start_pfn = start_pfn;
		bits->nr = nr;
	}
	return bits;
}

static bool is_held(const struct km_held_bits *bits, uint64_t pfn)
{
	uint64_t bit = pfn - bits->start_pfn;

	return bit < bits->nr && bits->words[bit / 64] >> bit % 64 & 1;
}

uint64_t km_held_bits_count(const struct km_held_bits *bits, uint64_t pfn, uint64_t nr)
{
	uint64_t count = 0;

	for (uint64_t end = pfn + nr; pfn < end; pfn++)
		count += is_held(bits, pfn);
	return count;
}

void km_held_bits_set(struct km_held_bits *bits, uint64_t pfn, uint64_t nr, bool held)
{
	for (uint64_t end = pfn + nr; pfn < end; pfn++) {
		uint64_t bit = pfn - bits->start_pfn;

		if (held)
			bits->words[bit / 64] |= 1ull << bit % 64;
		else
			bits->words[bit / 64] &= ~(1ull << bit % 64);
	}
}

void km_held_use_bits(struct km_held *held, struct km_held_bits *bits)
{
	held->bits = bits;
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		for (size_t i = 0; i < held->blocks[order].nr; i++)
			km_held_bits_set(bits, held->blocks[order].pfns[i], 1ull << order, true);
}

int km_held_add(struct km_held *held, uint64_t pfn, unsigned int order)
{
	if (km_pfn_stack_push(&held->blocks[order], pfn))
		return -ENOMEM;
	if (held->bits)
		km_held_bits_set(held->bits, pfn, 1ull << order, true);
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

/* What is left of a block that lost pages, as blocks.  Lost pages stay lost: no bit is set. */
static void add_left(struct km_held *held, uint64_t pfn, unsigned int order)
{
	uint64_t count = km_held_bits_count(held->bits, pfn, 1ull << order);

	if (!count)
		return;
	if (count == 1ull << order) {
		km_pfn_stack_push(&held->blocks[order], pfn);
		return;
	}
	add_left(held, pfn + (1ull << (order - 1)), order - 1);
	add_left(held, pfn, order - 1);
}

/* The last block of the smallest order that is not smaller, whole; KM_NO_PFN if there is none. */
static uint64_t pop_whole(struct km_held *held, unsigned int order, unsigned int *from)
{
	for (*from = order; *from < KM_NR_ORDERS;) {
		struct km_pfn_stack *stack = &held->blocks[*from];
		uint64_t pfn = km_pfn_stack_pop(stack);

		if (pfn == KM_NO_PFN) {
			(*from)++;
			continue;
		}
		if (!held->bits ||
		    km_held_bits_count(held->bits, pfn, 1ull << *from) == 1ull << *from)
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
		km_held_bits_set(held->bits, pfn, 1ull << order, false);
	return pfn;
}

uint64_t km_held_pages(const struct km_held *held)
{
	uint64_t pages = 0;

	for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
		const struct km_pfn_stack *stack = &held->blocks[order];

		if (!held->bits)
			pages += (uint64_t)stack->nr << order;
		for (size_t i = 0; held->bits && i < stack->nr; i++)
			pages += km_held_bits_count(held->bits, stack->pfns[i], 1ull << order);
	}
	return pages;
}

void km_held_release(struct km_held *held)
{
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		km_pfn_stack_release(&held->blocks[order]);
	held->bits = NULL;
}
