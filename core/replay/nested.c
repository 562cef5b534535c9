/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The set of nested page blocks: open addressing, one word a block.
 *
 *   slot = (pfn + 1) << 8 | is_large << 7 | owner << 4 | order;  0 is empty
 *
 * At most half the slots are in use, and a deletion shifts what follows back.
 */
#include "core/replay/nested.h"

#include <errno.h>
#include <stdlib.h>

#define MIN_SHIFT 8

struct km_nested {
	uint64_t *slots;
	unsigned int shift;
	uint64_t nr;
};

static uint64_t home_of(const struct km_nested *nested, uint64_t pfn)
{
	return pfn * 0x9e3779b97f4a7c15ull >> (64 - nested->shift);
}

static uint64_t slot_pfn(uint64_t slot)
{
	return (slot >> 8) - 1;
}

static void unpack(uint64_t slot, struct km_nested_block *block)
{
	block->pfn = slot_pfn(slot);
	block->order = slot & 15;
	block->owner = slot >> 4 & 7;
	block->is_large = slot >> 7 & 1;
}

struct km_nested *km_nested_new(void)
{
	struct km_nested *nested = calloc(1, sizeof(*nested));

	if (!nested)
		return NULL;
	nested->shift = MIN_SHIFT;
	nested->slots = calloc(1u << MIN_SHIFT, sizeof(*nested->slots));
	if (!nested->slots) {
		free(nested);
		return NULL;
	}
	return nested;
}

void km_nested_free(struct km_nested *nested)
{
	if (!nested)
		return;
	free(nested->slots);
	free(nested);
}

/* Where pfn is, or the empty slot where it would be. */
static uint64_t find_slot(const struct km_nested *nested, uint64_t pfn)
{
	const uint64_t mask = (1ull << nested->shift) - 1;
	uint64_t i = home_of(nested, pfn);

	while (nested->slots[i] && slot_pfn(nested->slots[i]) != pfn)
		i = (i + 1) & mask;
	return i;
}

static int grow(struct km_nested *nested)
{
	uint64_t *old = nested->slots;
	uint64_t nr_old = 1ull << nested->shift;

	nested->slots = calloc(nr_old * 2, sizeof(*old));
	if (!nested->slots) {
		nested->slots = old;
		return -ENOMEM;
	}
	nested->shift++;
	for (uint64_t i = 0; i < nr_old; i++)
		if (old[i])
			nested->slots[find_slot(nested, slot_pfn(old[i]))] = old[i];
	free(old);
	return 0;
}

int km_nested_put(struct km_nested *nested, const struct km_nested_block *block)
{
	uint64_t slot;

	if (block->pfn >= KM_NESTED_MAX_PFN || block->order > 15 || block->owner > 7)
		return -ERANGE;
	if (nested->nr >= 1ull << (nested->shift - 1) && grow(nested))
		return -ENOMEM;
	slot = find_slot(nested, block->pfn);
	if (!nested->slots[slot])
		nested->nr++;
	nested->slots[slot] = (block->pfn + 1) << 8 | (uint64_t)block->is_large << 7 |
			      (uint64_t)block->owner << 4 | block->order;
	return 0;
}

bool km_nested_find(const struct km_nested *nested, uint64_t pfn, struct km_nested_block *block)
{
	uint64_t slot;

	if (pfn >= KM_NESTED_MAX_PFN)
		return false;
	slot = nested->slots[find_slot(nested, pfn)];
	if (!slot)
		return false;
	unpack(slot, block);
	return true;
}

bool km_nested_take(struct km_nested *nested, uint64_t pfn, struct km_nested_block *block)
{
	const uint64_t mask = (1ull << nested->shift) - 1;
	uint64_t hole;

	if (!km_nested_find(nested, pfn, block))
		return false;
	hole = find_slot(nested, pfn);
	for (uint64_t i = (hole + 1) & mask; nested->slots[i]; i = (i + 1) & mask) {
		uint64_t home = home_of(nested, slot_pfn(nested->slots[i]));

		if (((i - home) & mask) >= ((i - hole) & mask)) {
			nested->slots[hole] = nested->slots[i];
			hole = i;
		}
	}
	nested->slots[hole] = 0;
	nested->nr--;
	return true;
}

uint64_t km_nested_nr(const struct km_nested *nested)
{
	return nested->nr;
}
