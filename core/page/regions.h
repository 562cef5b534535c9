/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of addresses as regions [start, end): ascending, apart, none empty.  Regions that
 * touch are one.
 */
#ifndef CORE_PAGE_REGIONS_H
#define CORE_PAGE_REGIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct km_region {
	uint64_t start, end;
};

/* All zero is the empty set. */
struct km_regions {
	struct km_region *list; /* owned */
	size_t nr, capacity;
};

/* start < end in all of these. */
/* 0, or -ENOMEM and nothing changed. */
int km_regions_add(struct km_regions *set, uint64_t start, uint64_t end);
int km_regions_del(struct km_regions *set, uint64_t start, uint64_t end);
/* Are all, is any of these addresses in the set? */
bool km_regions_has(const struct km_regions *set, uint64_t start, uint64_t end);
bool km_regions_meets(const struct km_regions *set, uint64_t start, uint64_t end);
/* How many pieces of it are missing in the set. */
size_t km_regions_missing(const struct km_regions *set, uint64_t start, uint64_t end);
/* Index of the first region that ends behind addr; nr if none does. */
size_t km_regions_find(const struct km_regions *set, uint64_t addr);
uint64_t km_regions_bytes(const struct km_regions *set);
void km_regions_release(struct km_regions *set);

#endif
