/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page blocks that the recorded kernel's slab, vmalloc and percpu code hold, by pfn.
 *
 * They are evidence, not replayed; the set exists so that the free of such a block is
 * known for what it is even when no stack tells.
 */
#ifndef CORE_REPLAY_NESTED_H
#define CORE_REPLAY_NESTED_H

#include <stdbool.h>
#include <stdint.h>

#define KM_NESTED_MAX_PFN (1ull << 52)

/* One block. */
struct km_nested_block {
	uint64_t pfn;
	uint8_t order;
	uint8_t owner; /* enum tf_owner */
	bool is_large; /* of a large kmalloc, not of a slab */
};

struct km_nested;

struct km_nested *km_nested_new(void); /* NULL: no memory */
void km_nested_free(struct km_nested *nested);
/* Put a block in, or in place of the one at its pfn.  0, -ENOMEM, -ERANGE (no such pfn, order). */
int km_nested_put(struct km_nested *nested, const struct km_nested_block *block);
bool km_nested_find(const struct km_nested *nested, uint64_t pfn, struct km_nested_block *block);
/* Take a block out; false if there is none at that pfn. */
bool km_nested_take(struct km_nested *nested, uint64_t pfn, struct km_nested_block *block);
uint64_t km_nested_nr(const struct km_nested *nested);

#endif
