/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linear probing; a removal moves later entries of the same run back, so there are
 * no tombstones and a long replay does not slow down.
 */
#include "core/vm/area_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 256

void km_area_map_release(struct km_area_map *map)
{
	free(map->slots);
	memset(map, 0, sizeof(*map));
}

static uint32_t first_probe(const struct km_area_map *map, uint64_t addr)
{
	return (uint32_t)((addr >> 12) * 0x9e3779b97f4a7c15u >> 32) & (map->nr_slots - 1);
}

int km_area_map_reserve(struct km_area_map *map)
{
	struct km_area_map bigger = { .nr_areas = 0 };

	if (2 * (map->nr_areas + 1) <= map->nr_slots)
		return 0;
	if (map->nr_slots > UINT32_MAX / 4)
		return -ENOMEM;
	bigger.nr_slots = map->nr_slots ? 2 * map->nr_slots : FIRST_SLOTS;
	bigger.slots = calloc(bigger.nr_slots, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < map->nr_slots; i++) {
		if (map->slots[i].addr)
			km_area_map_insert(&bigger, map->slots[i].addr, map->slots[i].area);
	}
	free(map->slots);
	*map = bigger;
	return 0;
}

void km_area_map_insert(struct km_area_map *map, uint64_t addr, struct km_area *area)
{
	uint32_t i = first_probe(map, addr);

	while (map->slots[i].addr)
		i = (i + 1) & (map->nr_slots - 1);
	map->slots[i] = (struct km_area_slot){ .addr = addr, .area = area };
	map->nr_areas++;
}

/* The slot of addr, or the empty one where it would be. */
static uint32_t find_slot(const struct km_area_map *map, uint64_t addr)
{
	uint32_t i = first_probe(map, addr);

	while (map->slots[i].addr && map->slots[i].addr != addr)
		i = (i + 1) & (map->nr_slots - 1);
	return i;
}

struct km_area *km_area_map_find(const struct km_area_map *map, uint64_t addr)
{
	if (!map->nr_areas || !addr)
		return NULL;
	return map->slots[find_slot(map, addr)].area;
}

struct km_area *km_area_map_remove(struct km_area_map *map, uint64_t addr)
{
	uint32_t mask = map->nr_slots - 1;
	struct km_area *area;
	uint32_t hole;

	if (!map->nr_areas || !addr)
		return NULL;
	hole = find_slot(map, addr);
	area = map->slots[hole].area;
	if (!area)
		return NULL;
	for (uint32_t i = (hole + 1) & mask; map->slots[i].addr; i = (i + 1) & mask) {
		uint32_t home = first_probe(map, map->slots[i].addr);

		/* It may move back only if its run began at or before the hole. */
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			map->slots[hole] = map->slots[i];
			hole = i;
		}
	}
	map->slots[hole] = (struct km_area_slot){ .addr = 0 };
	map->nr_areas--;
	return area;
}
