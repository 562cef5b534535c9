/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Callers by (call site, kind, cache), numbered from 0 in order of appearance.
 */
#ifndef CORE_REPLAY_SITE_MAP_H
#define CORE_REPLAY_SITE_MAP_H

#include <stdint.h>

#include "core/replay/replay.h"

struct km_site_map {
	uint32_t nr, max;
	struct km_site *sites;
	uint32_t *slots; /* site + 1, 0 is empty */
	unsigned int shift;
};

struct km_site_map *km_site_map_new(void); /* NULL: no memory */
void km_site_map_free(struct km_site_map *map);
/* The number of a caller, a new one if it was not seen before; KM_NO_SITE: no memory. */
uint32_t km_site_map_get(struct km_site_map *map, uint64_t call_site, unsigned int kind,
			 uint32_t cache);
/* The number of a caller that was seen before, else KM_NO_SITE. */
uint32_t km_site_map_find(const struct km_site_map *map, uint64_t call_site, unsigned int kind,
			  uint32_t cache);

#endif
