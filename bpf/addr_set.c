/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Multiplicative hashing: call sites differ in their low bits.
 */
#include "bpf/addr_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 1024

static uint64_t *slot_of(uint64_t *slots, size_t room, uint64_t addr)
{
	size_t at = (addr * 0x9e3779b97f4a7c15ull >> 32) & (room - 1);

	while (slots[at] && slots[at] != addr)
		at = (at + 1) & (room - 1);
	return &slots[at];
}

static int grow(struct kc_addr_set *set)
{
	size_t room = set->room ? set->room * 2 : ROOM_FIRST;
	uint64_t *slots = calloc(room, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < set->room; i++)
		if (set->slots[i])
			*slot_of(slots, room, set->slots[i]) = set->slots[i];
	free(set->slots);
	set->slots = slots;
	set->room = room;
	return 0;
}

int kc_addr_set_add(struct kc_addr_set *set, uint64_t addr)
{
	uint64_t *slot;

	if (!addr)
		return 0;
	if (set->room && *slot_of(set->slots, set->room, addr))
		return 0;
	if (set->nr * 2 >= set->room && grow(set))
		return -ENOMEM;
	slot = slot_of(set->slots, set->room, addr);
	*slot = addr;
	set->nr++;
	return 1;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t *kc_addr_set_list(const struct kc_addr_set *set)
{
	uint64_t *list = calloc(set->nr + 1, sizeof(*list));
	size_t nr = 0;

	for (size_t i = 0; list && i < set->room; i++)
		if (set->slots[i])
			list[nr++] = set->slots[i];
	if (list)
		qsort(list, nr, sizeof(*list), by_value);
	return list;
}

void kc_addr_set_release(struct kc_addr_set *set)
{
	free(set->slots);
	memset(set, 0, sizeof(*set));
}
