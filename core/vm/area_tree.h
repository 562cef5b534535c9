/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The holes of an address range, by address.
 *
 * Holes never touch each other: whoever puts a range back gets it merged.  Every
 * hole knows the largest one of the subtree below it, so that the lowest (or highest)
 * hole of a size is found by one descent.
 */
#ifndef CORE_VM_AREA_TREE_H
#define CORE_VM_AREA_TREE_H

#include <stddef.h>
#include <stdint.h>

#define KM_NO_HOLE 0 /* index of no hole: its max_bytes is 0 for ever */

struct km_hole {
	uint64_t start, bytes;
	uint64_t max_bytes;   /* largest bytes of this subtree */
	uint32_t left, right; /* indices; left also links the unused ones */
	uint32_t priority;    /* no child's is larger */
};

struct km_area_tree {
	struct km_hole *holes; /* [0] is KM_NO_HOLE */
	uint32_t nr_holes, nr_slots, root, unused;
	uint32_t seed; /* of the next priority: the same calls give the same tree */
	uint64_t free_bytes;
	uint64_t page_bytes;
};

enum km_area_end {
	KM_AREA_LOWEST,
	KM_AREA_HIGHEST
};

/* One hole [start, end), none if they are equal.  0 or -ENOMEM. */
int km_area_tree_init(struct km_area_tree *tree, uint64_t start, uint64_t end, uint64_t page_bytes);
void km_area_tree_release(struct km_area_tree *tree);
/* Room for nr holes, so that no later call with at most nr holes can fail.  0 or -ENOMEM. */
int km_area_tree_reserve(struct km_area_tree *tree, uint32_t nr);

/*
 * Cut bytes out of the lowest (highest) hole that has bytes, or bytes + align - 1 if align is
 * above the page: a hole that fits by luck alone is passed over, as in __alloc_vmap_area()
 * since 5.4.  Returns the address, 0 if there is no such hole.
 */
uint64_t km_area_tree_take(struct km_area_tree *tree, uint64_t bytes, uint64_t align,
			   enum km_area_end end);
/* Give back a range that was taken. */
void km_area_tree_put(struct km_area_tree *tree, uint64_t start, uint64_t bytes);

/* The lowest hole that starts at or above addr, NULL if none. */
const struct km_hole *km_area_tree_next(const struct km_area_tree *tree, uint64_t addr);

const char *km_area_tree_is_valid(const struct km_area_tree *tree, char *buf, size_t len);

#endif
