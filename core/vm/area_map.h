/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live areas by their address: a hash table with open addressing.
 */
#ifndef CORE_VM_AREA_MAP_H
#define CORE_VM_AREA_MAP_H

#include <stdint.h>

struct km_area;

struct km_area_slot {
	uint64_t addr; /* 0: empty */
	struct km_area *area;
};

struct km_area_map {
	struct km_area_slot *slots;
	uint32_t nr_areas, nr_slots; /* nr_slots: power of two, at least twice nr_areas */
};

void km_area_map_release(struct km_area_map *map);
/* Room for one more: the next insert cannot fail.  0 or -ENOMEM. */
int km_area_map_reserve(struct km_area_map *map);
/* addr is not 0 and not in the map. */
void km_area_map_insert(struct km_area_map *map, uint64_t addr, struct km_area *area);
struct km_area *km_area_map_find(const struct km_area_map *map, uint64_t addr);
/* Returns what was there, NULL if nothing. */
struct km_area *km_area_map_remove(struct km_area_map *map, uint64_t addr);

#endif
