/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holes of an address range, as a treap: a search tree by address that is a heap by
 * priority.  Priorities come from a fixed sequence, so depth is logarithmic whatever the
 * addresses are, and the same calls always build the same tree.
 *
 *            [start, bytes | max_bytes]          max_bytes = max(bytes, left's, right's)
 *              ╱                  ╲
 *      lower addresses      higher addresses
 *
 * Mirrors free_vmap_area_root of mm/vmalloc.c 6.12: find_vmap_lowest_match(),
 * va_clip(), merge_or_add_vmap_area().  With an alignment above the page, the kernel
 * also takes a hole that fits by luck if its search passes it; which holes it passes
 * depends on the shape of its red-black tree and is not modelled.
 */
#include "core/vm/area_tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 64

static uint64_t max_of(const struct km_area_tree *tree, uint32_t n)
{
	return tree->holes[n].max_bytes;
}

static void refresh(struct km_area_tree *tree, uint32_t n)
{
	struct km_hole *hole = &tree->holes[n];
	uint64_t max = hole->bytes;

	if (max_of(tree, hole->left) > max)
		max = max_of(tree, hole->left);
	if (max_of(tree, hole->right) > max)
		max = max_of(tree, hole->right);
	hole->max_bytes = max;
}

/* Recompute max_bytes from the hole at start up to the root. */
static void refresh_path(struct km_area_tree *tree, uint32_t n, uint64_t start)
{
	struct km_hole *hole = &tree->holes[n];

	if (start < hole->start)
		refresh_path(tree, hole->left, start);
	else if (start > hole->start)
		refresh_path(tree, hole->right, start);
	refresh(tree, n);
}

int km_area_tree_reserve(struct km_area_tree *tree, uint32_t nr)
{
	uint32_t slots = tree->nr_slots ? tree->nr_slots : FIRST_SLOTS;
	struct km_hole *holes;

	if (nr < tree->nr_slots)
		return 0;
	while (slots <= nr) {
		if (slots > UINT32_MAX / 2)
			return -ENOMEM;
		slots *= 2;
	}
	holes = realloc(tree->holes, (size_t)slots * sizeof(*holes));
	if (!holes)
		return -ENOMEM;
	memset(holes + tree->nr_slots, 0, (size_t)(slots - tree->nr_slots) * sizeof(*holes));
	tree->holes = holes;
	for (uint32_t n = slots - 1; n >= tree->nr_slots && n != KM_NO_HOLE; n--) {
		holes[n].left = tree->unused;
		tree->unused = n;
	}
	tree->nr_slots = slots;
	return 0;
}

/* xorshift32: the sequence must only look unrelated to the addresses. */
static uint32_t next_priority(struct km_area_tree *tree)
{
	uint32_t x = tree->seed;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	tree->seed = x;
	return x;
}

static uint32_t new_hole(struct km_area_tree *tree, uint64_t start, uint64_t bytes)
{
	uint32_t n = tree->unused;
	struct km_hole *hole = &tree->holes[n];

	tree->unused = hole->left;
	*hole = (struct km_hole){
		.start = start,
		.bytes = bytes,
		.max_bytes = bytes,
		.priority = next_priority(tree),
	};
	tree->nr_holes++;
	return n;
}

/* All of a lies below all of b. */
static uint32_t merge(struct km_area_tree *tree, uint32_t a, uint32_t b)
{
	struct km_hole *holes = tree->holes;

	if (a == KM_NO_HOLE || b == KM_NO_HOLE)
		return a == KM_NO_HOLE ? b : a;
	if (holes[a].priority >= holes[b].priority) {
		holes[a].right = merge(tree, holes[a].right, b);
		refresh(tree, a);
		return a;
	}
	holes[b].left = merge(tree, a, holes[b].left);
	refresh(tree, b);
	return b;
}

/* Cut the subtree into what lies below start and what does not. */
static void split(struct km_area_tree *tree, uint32_t n, uint64_t start, uint32_t *below,
		  uint32_t *above)
{
	struct km_hole *hole = &tree->holes[n];

	if (n == KM_NO_HOLE) {
		*below = KM_NO_HOLE;
		*above = KM_NO_HOLE;
		return;
	}
	if (hole->start < start) {
		split(tree, hole->right, start, &hole->right, above);
		*below = n;
	} else {
		split(tree, hole->left, start, below, &hole->left);
		*above = n;
	}
	refresh(tree, n);
}

static uint32_t insert(struct km_area_tree *tree, uint32_t n, uint32_t new)
{
	struct km_hole *holes = tree->holes;

	if (n == KM_NO_HOLE)
		return new;
	if (holes[n].priority < holes[new].priority) {
		split(tree, n, holes[new].start, &holes[new].left, &holes[new].right);
		refresh(tree, new);
		return new;
	}
	if (holes[new].start < holes[n].start)
		holes[n].left = insert(tree, holes[n].left, new);
	else
		holes[n].right = insert(tree, holes[n].right, new);
	refresh(tree, n);
	return n;
}

static uint32_t erase(struct km_area_tree *tree, uint32_t n, uint64_t start)
{
	struct km_hole *hole = &tree->holes[n];

	if (start == hole->start) {
		uint32_t rest = merge(tree, hole->left, hole->right);

		hole->left = tree->unused;
		tree->unused = n;
		tree->nr_holes--;
		return rest;
	}
	if (start < hole->start)
		hole->left = erase(tree, hole->left, start);
	else
		hole->right = erase(tree, hole->right, start);
	refresh(tree, n);
	return n;
}

int km_area_tree_init(struct km_area_tree *tree, uint64_t start, uint64_t end, uint64_t page_bytes)
{
	memset(tree, 0, sizeof(*tree));
	tree->seed = 2463534242u;
	tree->page_bytes = page_bytes;
	if (km_area_tree_reserve(tree, 1))
		return -ENOMEM;
	if (end > start)
		km_area_tree_put(tree, start, end - start);
	return 0;
}

void km_area_tree_release(struct km_area_tree *tree)
{
	free(tree->holes);
	memset(tree, 0, sizeof(*tree));
}

static uint32_t find_lowest(const struct km_area_tree *tree, uint64_t bytes)
{
	const struct km_hole *holes = tree->holes;
	uint32_t n = tree->root;

	if (max_of(tree, n) < bytes)
		return KM_NO_HOLE;
	for (;;) {
		if (max_of(tree, holes[n].left) >= bytes)
			n = holes[n].left;
		else if (holes[n].bytes >= bytes)
			return n;
		else
			n = holes[n].right;
	}
}

static uint32_t find_highest(const struct km_area_tree *tree, uint64_t bytes)
{
	const struct km_hole *holes = tree->holes;
	uint32_t n = tree->root;

	if (max_of(tree, n) < bytes)
		return KM_NO_HOLE;
	for (;;) {
		if (max_of(tree, holes[n].right) >= bytes)
			n = holes[n].right;
		else if (holes[n].bytes >= bytes)
			return n;
		else
			n = holes[n].left;
	}
}

/* Take [addr, addr + bytes) out of a hole that has it. */
static void clip(struct km_area_tree *tree, uint32_t n, uint64_t addr, uint64_t bytes)
{
	struct km_hole *hole = &tree->holes[n];
	uint64_t before = addr - hole->start;
	uint64_t after = hole->bytes - before - bytes;

	tree->free_bytes -= bytes;
	if (!before && !after) {
		tree->root = erase(tree, tree->root, hole->start);
		return;
	}
	if (!before) {
		/* It moves up inside its own place in the order. */
		hole->start = addr + bytes;
		hole->bytes = after;
		refresh_path(tree, tree->root, hole->start);
		return;
	}
	hole->bytes = before;
	refresh_path(tree, tree->root, hole->start);
	if (after)
		tree->root = insert(tree, tree->root, new_hole(tree, addr + bytes, after));
}

uint64_t km_area_tree_take(struct km_area_tree *tree, uint64_t bytes, uint64_t align,
			   enum km_area_end end)
{
	uint64_t slack = align > tree->page_bytes ? align - 1 : 0;
	const struct km_hole *hole;
	uint64_t addr;
	uint32_t n;

	if (!bytes || bytes + slack < bytes)
		return 0;
	n = end == KM_AREA_LOWEST ? find_lowest(tree, bytes + slack)
				  : find_highest(tree, bytes + slack);
	if (n == KM_NO_HOLE)
		return 0;
	hole = &tree->holes[n];
	if (end == KM_AREA_LOWEST)
		addr = (hole->start + slack) & ~slack;
	else
		addr = (hole->start + hole->bytes - bytes) & ~slack;
	clip(tree, n, addr, bytes);
	return addr;
}

void km_area_tree_put(struct km_area_tree *tree, uint64_t start, uint64_t bytes)
{
	struct km_hole *holes = tree->holes;
	uint32_t below = KM_NO_HOLE, above = KM_NO_HOLE;

	tree->free_bytes += bytes;
	for (uint32_t n = tree->root; n != KM_NO_HOLE;) {
		if (holes[n].start < start) {
			below = n;
			n = holes[n].right;
		} else {
			above = n;
			n = holes[n].left;
		}
	}
	if (above != KM_NO_HOLE && start + bytes == holes[above].start) {
		if (below != KM_NO_HOLE && holes[below].start + holes[below].bytes == start) {
			holes[below].bytes += bytes + holes[above].bytes;
			tree->root = erase(tree, tree->root, holes[above].start);
			refresh_path(tree, tree->root, holes[below].start);
			return;
		}
		holes[above].start = start;
		holes[above].bytes += bytes;
		refresh_path(tree, tree->root, start);
		return;
	}
	if (below != KM_NO_HOLE && holes[below].start + holes[below].bytes == start) {
		holes[below].bytes += bytes;
		refresh_path(tree, tree->root, holes[below].start);
		return;
	}
	tree->root = insert(tree, tree->root, new_hole(tree, start, bytes));
}

const struct km_hole *km_area_tree_next(const struct km_area_tree *tree, uint64_t addr)
{
	uint32_t above = KM_NO_HOLE;

	for (uint32_t n = tree->root; n != KM_NO_HOLE;) {
		if (tree->holes[n].start < addr) {
			n = tree->holes[n].right;
		} else {
			above = n;
			n = tree->holes[n].left;
		}
	}
	return above == KM_NO_HOLE ? NULL : &tree->holes[above];
}

struct check {
	const struct km_area_tree *tree;
	char *buf;
	size_t len;
	uint64_t end; /* of the hole before */
	uint64_t bytes;
	uint32_t nr;
};

static const char *check_subtree(struct check *check, uint32_t n)
{
	const struct km_area_tree *tree = check->tree;
	const struct km_hole *hole = &tree->holes[n];
	struct km_hole fresh = *hole;
	const char *broken;

	if (n == KM_NO_HOLE)
		return NULL;
	if (++check->nr > tree->nr_holes)
		broken = "holes are more than counted";
	else if ((broken = check_subtree(check, hole->left)))
		return broken;
	else if (!hole->bytes || (hole->start | hole->bytes) & (tree->page_bytes - 1))
		broken = "hole is empty or not of whole pages";
	else if (check->end && hole->start <= check->end)
		broken = "hole touches or overlaps the one below";
	else if (tree->holes[hole->left].priority > hole->priority ||
		 tree->holes[hole->right].priority > hole->priority)
		broken = "hole has a child of higher priority";
	if (broken) {
		snprintf(check->buf, check->len, "vm: hole %#llx: %s",
			 (unsigned long long)hole->start, broken);
		return check->buf;
	}
	check->end = hole->start + hole->bytes;
	check->bytes += hole->bytes;
	broken = check_subtree(check, hole->right);
	if (broken)
		return broken;
	fresh.max_bytes = hole->bytes;
	if (max_of(tree, hole->left) > fresh.max_bytes)
		fresh.max_bytes = max_of(tree, hole->left);
	if (max_of(tree, hole->right) > fresh.max_bytes)
		fresh.max_bytes = max_of(tree, hole->right);
	if (fresh.max_bytes != hole->max_bytes) {
		snprintf(check->buf, check->len,
			 "vm: hole %#llx: largest below is %llu bytes, not %llu",
			 (unsigned long long)hole->start, (unsigned long long)fresh.max_bytes,
			 (unsigned long long)hole->max_bytes);
		return check->buf;
	}
	return NULL;
}

const char *km_area_tree_is_valid(const struct km_area_tree *tree, char *buf, size_t len)
{
	struct check check = { .tree = tree, .buf = buf, .len = len };
	const char *broken = check_subtree(&check, tree->root);

	if (broken)
		return broken;
	if (check.nr != tree->nr_holes || check.bytes != tree->free_bytes) {
		snprintf(buf, len, "vm: %u holes of %llu bytes, counted %u of %llu", check.nr,
			 (unsigned long long)check.bytes, tree->nr_holes,
			 (unsigned long long)tree->free_bytes);
		return buf;
	}
	return NULL;
}
