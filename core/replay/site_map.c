/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of callers: an array in order of appearance, and an index over it with
 * open addressing, at most half full.  Nothing is ever taken out: a kernel has some
 * ten thousands of call sites at most.
 */
#include "core/replay/site_map.h"

#include <stdlib.h>

#define MIN_SHIFT 10

static inline uint32_t home_of(const struct km_site_map *map, uint64_t call_site, unsigned int kind,
			       uint32_t cache)
{
	uint64_t key = call_site ^ (uint64_t)cache << 40 ^ (uint64_t)kind << 60;

	return key * 0x9e3779b97f4a7c15ull >> (64 - map->shift);
}

struct km_site_map *km_site_map_new(void)
{
	struct km_site_map *map = calloc(1, sizeof(*map));

	if (!map)
		return NULL;
	map->shift = MIN_SHIFT;
	map->slots = calloc(1u << MIN_SHIFT, sizeof(*map->slots));
	if (!map->slots) {
		free(map);
		return NULL;
	}
	return map;
}

void km_site_map_free(struct km_site_map *map)
{
	if (!map)
		return;
	free(map->sites);
	free(map->slots);
	free(map);
}

static void put_slot(struct km_site_map *map, uint32_t site)
{
	const struct km_site *s = &map->sites[site];
	uint32_t i = home_of(map, s->call_site, s->kind, s->cache);

	while (map->slots[i])
		i = (i + 1) & ((1u << map->shift) - 1);
	map->slots[i] = site + 1;
}

static int grow(struct km_site_map *map)
{
	uint32_t max = 1u << map->shift;
	struct km_site *sites = realloc(map->sites, max * sizeof(*sites));
	uint32_t *slots;

	if (!sites)
		return -1;
	map->sites = sites;
	slots = calloc((size_t)max * 2, sizeof(*slots));
	if (!slots)
		return -1;
	free(map->slots);
	map->slots = slots;
	map->max = max;
	map->shift++;
	for (uint32_t i = 0; i < map->nr; i++)
		put_slot(map, i);
	return 0;
}

uint32_t km_site_map_find(const struct km_site_map *map, uint64_t call_site, unsigned int kind,
			  uint32_t cache)
{
	const uint32_t mask = (1u << map->shift) - 1;

	for (uint32_t i = home_of(map, call_site, kind, cache); map->slots[i]; i = (i + 1) & mask) {
		const struct km_site *site = &map->sites[map->slots[i] - 1];

		if (site->call_site == call_site && site->kind == kind && site->cache == cache)
			return map->slots[i] - 1;
	}
	return KM_NO_SITE;
}

uint32_t km_site_map_get(struct km_site_map *map, uint64_t call_site, unsigned int kind,
			 uint32_t cache)
{
	uint32_t site = km_site_map_find(map, call_site, kind, cache);

	if (site != KM_NO_SITE)
		return site;
	if (map->nr == map->max && (map->shift == 30 || grow(map)))
		return KM_NO_SITE;
	map->sites[map->nr] =
		(struct km_site){ .call_site = call_site, .kind = kind, .cache = cache };
	put_slot(map, map->nr);
	return map->nr++;
}
