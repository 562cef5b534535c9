/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live allocations by recorded address: the map between the trace and the model.
 *
 * The key is the address with its class, because pfns, objects, areas and percpu
 * pointers are numbered apart.  Memory is bounded by the most that ever lived at once.
 *
 * A life whose model is KM_LIFE_GHOST lives on the host alone: the model could not serve
 * it.  It is kept so that its free is not taken for an unknown one, and is shown to nobody.
 */
#ifndef CORE_REPLAY_LIVE_H
#define CORE_REPLAY_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/machine/machine.h"
#include "core/replay/observer.h"

#define KM_LIFE_GHOST UINT64_MAX

enum km_live_class {
	KM_LIVE_OBJECT, /* kmalloc and caches: kfree takes both */
	KM_LIVE_PAGES,
	KM_LIVE_PERCPU,
	KM_LIVE_AREA,
};

static inline enum km_live_class km_live_class(unsigned int kind)
{
	switch (kind) {
	case TF_PAGE_ALLOC:
		return KM_LIVE_PAGES;
	case TF_PERCPU_ALLOC:
		return KM_LIVE_PERCPU;
	case TF_VMAP_ALLOC:
		return KM_LIVE_AREA;
	default:
		return KM_LIVE_OBJECT;
	}
}

static inline bool km_life_is_ghost(const struct km_life *life)
{
	return life->model == KM_LIFE_GHOST;
}

/* Observers were not told of it: a ghost, or from before the part that is looked at. */
static inline bool km_life_is_unseen(const struct km_life *life)
{
	return km_life_is_ghost(life) || life->site == KM_NO_SITE;
}

struct km_live_map;

struct km_live_map *km_live_new(void); /* NULL: no memory */
void km_live_free(struct km_live_map *map);

/* The life, to be read or changed but for addr and kind; NULL if there is none. */
struct km_life *km_live_find(struct km_live_map *map, enum km_live_class class, uint64_t addr);
/*
 * A new life of that kind and address, which must not be in the map; the caller fills in
 * the rest (order at once if it is a block of pages).  NULL: no memory.
 */
struct km_life *km_live_add(struct km_live_map *map, unsigned int kind, uint64_t addr,
			    unsigned int order);
/* Take a life out.  What is returned stays readable until the next km_live_add(). */
struct km_life *km_live_take(struct km_live_map *map, enum km_live_class class, uint64_t addr);
/* Bring the place of a key near, some events before it is needed. */
void km_live_prefetch(const struct km_live_map *map, enum km_live_class class, uint64_t addr);

/* Ghosts are counted, and are not walked over. */
uint64_t km_live_nr(const struct km_live_map *map);
/* Blocks of pages of that order in the map, ghosts too. */
uint64_t km_live_nr_order(const struct km_live_map *map, unsigned int order);
void km_live_for_each(const struct km_live_map *map,
		      void (*fn)(void *arg, const struct km_life *life), void *arg);
/* NULL if index and lives agree, else what does not. */
const char *km_live_is_valid(const struct km_live_map *map);

#endif
