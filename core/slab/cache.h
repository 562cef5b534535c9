/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slab room's own shapes: what a cache looks like inside, and who decides for it.
 *
 *   struct page.priv ─▶ struct slab ─▶ struct kmem_cache ─▶ ops (SLUB) ─▶ cpu[], node[]
 *
 * Per cache:  capacity = nr_inuse + free objects
 *             node[n].nr_free = free objects of the slabs on node n's partial list
 */
#ifndef CORE_SLAB_CACHE_H
#define CORE_SLAB_CACHE_H

#include "core/slab/pool.h"
#include "core/slab/slab.h"

struct kmem_cache_cpu {
	struct slab *slab;    /* NULL: none */
	struct slab *partial; /* top of the stack */
	uint32_t nr_partial;
	uint16_t freelist; /* free objects of slab that belong to this CPU */
};

struct kmem_cache_node {
	struct slab *head, *tail; /* partial list */
	uint64_t nr_partial, nr_free;
};

/*
 * What a policy does.  Marks, counters and checks that hold for every policy are
 * made by the callers: free() is only called for an object that was held.
 */
struct km_slab_ops {
	const char *name;
	/* CPU and node state of a new cache: 0 or -ENOMEM. */
	int (*init)(struct kmem_cache *cache);
	void (*release)(struct kmem_cache *cache);
	uint64_t (*alloc)(struct kmem_cache *cache, km_gfp gfp, unsigned int cpu, int node);
	void (*free)(struct kmem_cache *cache, struct slab *slab, unsigned int index,
		     unsigned int cpu);
	/* Take over a populated slab whose free objects are on slab->freelist. */
	void (*adopt)(struct kmem_cache *cache, struct slab *slab, enum km_slab_where where,
		      unsigned int cpu);
	/* Slabs on node partial lists and the free objects of these. */
	void (*count_partial)(const struct kmem_cache *cache, uint64_t *slabs, uint64_t *free);
	/* Freelists of one slab; then lists of one cache, of whose slabs nr_listed are not
	 * KM_SLAB_FULL.  NULL or a complaint in buf. */
	const char *(*is_valid_slab)(const struct slab *slab, char *buf, size_t len);
	const char *(*is_valid)(const struct kmem_cache *cache, uint64_t nr_listed, char *buf,
				size_t len);
};

extern const struct km_slab_ops km_slub_ops;

struct kmem_cache {
	const struct km_slab_ops *ops;
	struct km_slab *set;	      /* not owned */
	struct kmem_cache_cpu *cpu;   /* by CPU, owned by ops */
	struct kmem_cache_node *node; /* by node, owned by ops */
	uint64_t reciprocal;	      /* ceil(2^64 / size), see km_slab_object_index() */
	uint64_t nr_inuse;
	uint32_t size; /* stride */
	uint32_t object_size, align;
	uint32_t min_partial;
	uint32_t cpu_partial;	       /* slabs; without KM_FEAT_CPU_PARTIAL_SLABS free objects */
	uint16_t objects, min_objects; /* of a slab of order, and of min_order */
	uint8_t order, min_order;
	unsigned int flags; /* enum km_slab_flags */
	km_gfp allocflags;  /* added to every request for pages */
	uint64_t nr_slabs, nr_slabs_min_order, nr_pages, pages_peak, capacity;
	uint64_t nr_slab_allocs, nr_slab_frees;
	uint64_t nr_preexisting;
	uint32_t *populated; /* ids of the slabs that km_cache_populate() made, owned */
	uint64_t nr_populated, next_populated;
	uint32_t next_object; /* of populated[next_populated]: none before it is pre-existing */
	uint32_t index;
	char *name; /* owned */
};

#define KM_KMALLOC_CLASSES 32 /* by kmalloc_index() */

struct km_slab {
	struct km_pages *pages; /* not owned */
	struct km_slab_settings settings;
	uint64_t nr_pages, free_bytes;
	struct km_slab_pool pool;
	struct kmem_cache **caches;
	size_t nr_caches, max_caches;
	uint32_t *hash; /* open addressing: index of a cache + 1 */
	size_t hash_size;
	struct kmem_cache *kmalloc[KM_NR_KMALLOC_TYPES][KM_KMALLOC_CLASSES];
};

/* Create the kmalloc classes of the machine: 0 or negative errno. */
int km_kmalloc_init(struct km_slab *set);

/* The slab that addr lies in, NULL if it is not a slab page. */
static inline struct slab *km_addr_slab(const struct km_slab *set, uint64_t addr)
{
	const struct km_machine *machine = set->pages->machine;
	uint64_t pfn = km_addr_to_pfn(machine, addr);
	const struct page *page;

	if (pfn == KM_NO_PFN)
		return NULL;
	page = km_page(machine, pfn);
	if (page->owner != KM_OWNER_SLAB ||
	    (page->state != KM_PAGE_USED && page->state != KM_PAGE_TAIL))
		return NULL;
	return km_slab_by_id(&set->pool, page->priv);
}

/*
 * offset / size without a division.  With m = ceil(2^64 / d), m * d exceeds 2^64 by e < d,
 * and floor(n * m / 2^64) = floor(n / d) as long as n * e < 2^64; n and d are < 2^32.
 */
static inline uint32_t km_slab_object_index(const struct kmem_cache *cache, uint64_t offset)
{
	return (uint32_t)(((unsigned __int128)offset * cache->reciprocal) >> 64);
}

#endif
