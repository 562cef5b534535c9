/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Held pages of one zone, as aligned blocks by order; none of them overlap.  A zone has
 * three such sets: pages that could move, those of slabs, and the kernel's others.
 *
 * Blocks are only ever cut, never joined: a page that is claimed and freed goes to
 * the buddy lists.  No page descriptor is touched.
 *
 * Where it is known which pages are held (a page map), each set has bits for the pages of
 * the zone, and pages can be taken by number.  A block may then have lost pages: what is held
 * is what both its block and its bit say.
 */
#ifndef CORE_PAGE_HELD_H
#define CORE_PAGE_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/machine/machine.h"

struct km_pfn_stack {
	uint32_t *pfns;
	size_t nr, capacity;
};

enum km_held_class {
	KM_HELD_MOVABLE,
	KM_HELD_KERNEL,
	KM_HELD_SLAB, /* blocks of slabs' orders; empty without a page map */
	KM_NR_HELD
};

/* nr_pages = pages of the blocks, or with bits: of them those whose bits are set. */
struct km_held {
	struct km_pfn_stack blocks[KM_NR_ORDERS];
	uint64_t nr_pages;
	uint64_t *bits; /* owned; NULL: pages are not held by number */
	uint64_t start_pfn, nr_bits;
};

/* 0 or -ENOMEM. */
int km_pfn_stack_push(struct km_pfn_stack *stack, uint64_t pfn);
/* Make room for nr more.  0 or -ENOMEM. */
int km_pfn_stack_reserve(struct km_pfn_stack *stack, size_t nr);
/* KM_NO_PFN if empty. */
static inline uint64_t km_pfn_stack_pop(struct km_pfn_stack *stack)
{
	return stack->nr ? stack->pfns[--stack->nr] : KM_NO_PFN;
}
/* What would be taken last is taken first. */
void km_pfn_stack_reverse(struct km_pfn_stack *stack);
void km_pfn_stack_release(struct km_pfn_stack *stack);

/* Largest order of an aligned block that begins at pfn and ends by end. */
unsigned int km_order_fitting(uint64_t pfn, uint64_t end);

/* Add pages [start, end) as the largest aligned blocks; the lowest are taken first.  0 or -ENOMEM.
 */
int km_held_add_range(struct km_held *held, uint64_t start, uint64_t end);
/* Add one aligned block.  0 or -ENOMEM. */
int km_held_add(struct km_held *held, uint64_t pfn, unsigned int order);
/*
 * Take an aligned block out of the smallest one that holds it: small requests do not
 * cut large blocks while there are small ones.  KM_NO_PFN if none holds it.
 */
uint64_t km_held_take(struct km_held *held, unsigned int order);
void km_held_release(struct km_held *held);

/* From now on pages of the zone [start_pfn, start_pfn + nr) are held by number.  0 or -ENOMEM. */
int km_held_by_number(struct km_held *held, uint64_t start_pfn, uint64_t nr);
/* Is it in this set?  False where that is not known. */
static inline bool km_held_has(const struct km_held *held, uint64_t pfn)
{
	uint64_t bit = pfn - held->start_pfn;

	return held->bits && bit < held->nr_bits && held->bits[bit / 64] >> bit % 64 & 1;
}
/* Take one page by number.  False if it is not in this set. */
bool km_held_take_page(struct km_held *held, uint64_t pfn);
/* Take the block at a place of its stack, where KM_NO_PAGE stays. */
uint64_t km_held_take_entry(struct km_held *held, unsigned int order, size_t at);
/* Cut the blocks that lost pages, so that all of each is held.  0 or -ENOMEM. */
int km_held_settle(struct km_held *held);

#endif
