/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Held pages of one zone, as aligned blocks by order; none of them overlap.  A zone has
 * three such sets: pages that could move, those of slabs, and the kernel's others.
 *
 * Blocks are only ever cut, never joined: a page that is claimed and freed goes to
 * the buddy lists.  No page descriptor is touched.
 *
 * Where it is known which pages are held (a page map), a set of bits says so, and pages
 * can be taken by number.  Then a block of the sets may have lost pages: what is held is
 * what both its block and its bit say.
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

/* A bit for each page of a zone, set while it is held. */
struct km_held_bits {
	uint64_t start_pfn, nr;
	uint64_t words[];
};

struct km_held {
	struct km_pfn_stack blocks[KM_NR_ORDERS];
	struct km_held_bits *bits; /* shared by the sets of a zone, not owned; NULL: not known */
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
uint64_t km_held_pages(const struct km_held *held);
void km_held_release(struct km_held *held);

/* All clear.  NULL without memory; free() it. */
struct km_held_bits *km_held_bits_new(uint64_t start_pfn, uint64_t nr);
/* Of the pages [pfn, pfn + nr), how many are held. */
uint64_t km_held_bits_count(const struct km_held_bits *bits, uint64_t pfn, uint64_t nr);
/* Set or clear the bits of pages of the zone. */
void km_held_bits_set(struct km_held_bits *bits, uint64_t pfn, uint64_t nr, bool held);
/* From now on bits say what is held: those of the set's blocks are set. */
void km_held_use_bits(struct km_held *held, struct km_held_bits *bits);

#endif
