/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slabs: descriptors that never move, and the links of their objects.
 *
 *   struct page.priv = id ─▶ struct slab ─▶ links[object]: END, next free index, or who holds it
 *
 * Per slab:  objects = objects that callers hold + objects free
 *            inuse   = objects - length of slab.freelist
 *            (so what lies on a CPU's own freelist counts as in use, as in the kernel)
 */
#ifndef CORE_SLAB_POOL_H
#define CORE_SLAB_POOL_H

#include <stdint.h>

#include "core/page/gfp.h"

struct kmem_cache;

#define KM_SLAB_MAX_OBJECTS 32767 /* of one slab (mm/slub.c MAX_OBJS_PER_PAGE) */

/* An object's link: the index of the next free object, or one of these. */
#define KM_OBJECT_END 0xffff	     /* free, last of its freelist; or an empty freelist */
#define KM_OBJECT_HELD 0xfffe	     /* a caller has it */
#define KM_OBJECT_PREEXISTING 0xfffd /* allocated before the trace, not yet taken */

enum km_slab_where {
	KM_SLAB_FULL,	      /* on no list, no free object */
	KM_SLAB_ON_CPU,	      /* the slab a CPU allocates from */
	KM_SLAB_CPU_PARTIAL,  /* on a CPU's partial stack */
	KM_SLAB_NODE_PARTIAL, /* on a node's partial list */
};

struct slab {
	uint64_t base;		  /* address of the first object */
	struct kmem_cache *cache; /* NULL: the descriptor is spare */
	uint16_t *links;	  /* by object, pooled; NULL: every object is pre-existing */
	struct slab *next, *prev; /* node list; next alone: cpu partial stack, spare descriptors */
	uint32_t id;
	uint32_t cpu_partial_free; /* free objects on the stack up to here when it was pushed */
	uint16_t objects, inuse;
	uint16_t freelist; /* first free object, without those on a CPU's freelist */
	uint16_t nr_preexisting;
	uint16_t cpu;  /* of ON_CPU and CPU_PARTIAL */
	uint8_t where; /* enum km_slab_where */
	uint8_t order, node;
};

#define KM_SLABS_PER_CHUNK 1024
#define KM_LINKS_GRAIN 8 /* entries; arrays are multiples of it */
#define KM_LINKS_CLASSES ((KM_SLAB_MAX_OBJECTS + 1) / KM_LINKS_GRAIN + 1)

/* Slab descriptors that never move, and their link arrays; both are reused, never given back. */
struct km_slab_pool {
	struct slab **chunks; /* KM_SLABS_PER_CHUNK descriptors each */
	uint32_t nr_chunks, max_chunks;
	uint32_t nr_slabs; /* descriptors ever used: ids are below */
	uint32_t nr_spare;
	struct slab *spare;
	void *link_chunks;		/* each begins with the address of the one before */
	uint16_t *link_next, *link_end; /* unused part of the newest one */
	uint16_t *spare_links[KM_LINKS_CLASSES];
};

/*
 * Pages for one slab, at the cache's order or else at the order of one object; all
 * objects on slab->freelist in ascending order.  NULL if no page (or no memory) was had.
 */
struct slab *km_slab_new(struct kmem_cache *cache, km_gfp gfp, unsigned int cpu, int node);
/* A slab on a used block, every object pre-existing; NULL if there is no memory. */
struct slab *km_slab_new_on(struct kmem_cache *cache, uint64_t pfn, unsigned int order);
/* Give the pages of an empty slab back.  It must be on no list. */
void km_slab_discard(struct slab *slab, unsigned int cpu);
/* Make the link array of a slab that has none.  0 or -ENOMEM. */
int km_slab_make_links(struct slab *slab);
void km_slab_pool_release(struct km_slab_pool *pool);

static inline struct slab *km_slab_by_id(const struct km_slab_pool *pool, uint32_t id)
{
	return &pool->chunks[id / KM_SLABS_PER_CHUNK][id % KM_SLABS_PER_CHUNK];
}

static inline unsigned int km_slab_nr_free(const struct slab *slab)
{
	return slab->objects - slab->inuse;
}

#endif
