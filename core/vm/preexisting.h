/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pre-existing areas that are still to be freed, by size: a stack for each size, and
 * a heap of the sizes with the one of which most are left on top.
 */
#ifndef CORE_VM_PREEXISTING_H
#define CORE_VM_PREEXISTING_H

#include <stdint.h>

struct km_area;

struct km_area_size {
	uint64_t bytes;
	uint32_t nr;		/* areas left */
	uint32_t heap_at;	/* its place in heap */
	struct km_area *newest; /* linked by next (older) and prev (newer) */
};

struct km_preexisting {
	struct km_area_size **sizes; /* ascending bytes */
	struct km_area_size **heap;
	uint32_t nr_sizes, nr_slots;
	uint64_t nr; /* areas, all sizes */
};

void km_preexisting_release(struct km_preexisting *pre);
/* Make it the newest of its size.  0 or -ENOMEM. */
int km_preexisting_add(struct km_preexisting *pre, struct km_area *area);
/* The newest of bytes, or with 0 of the most frequent size (of equals, the smaller); NULL. */
struct km_area *km_preexisting_peek(const struct km_preexisting *pre, uint64_t bytes);
void km_preexisting_remove(struct km_preexisting *pre, struct km_area *area);

#endif
