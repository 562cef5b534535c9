/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slab caches and kmalloc over the page allocator of one machine.
 *
 *   kmalloc ──▶ class cache ──▶ slab_ops (SLUB) ──▶ slabs ──▶ km_alloc_pages()
 *           └─▶ large: pages of their own
 *
 * Objects are named by their direct-map address on the emulated machine.  For every
 * cache:  objects in use + free objects = capacity of its slabs.
 *
 * Everywhere: cpu < nr_cpus of the machine; node is -1 or the preferred one.
 * Not modelled yet: sheaves (KM_FEAT_SHEAVES, 6.18) - caches that use them behave as
 * those that do not; merging, shrinking and destroying caches.
 */
#ifndef CORE_SLAB_SLAB_H
#define CORE_SLAB_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/page/page_alloc.h"
#include "core/slab/geometry.h"

enum km_kmalloc_type {
	KM_KMALLOC_NORMAL,
	KM_KMALLOC_CGROUP,
	KM_KMALLOC_RECLAIM,
	KM_KMALLOC_DMA,
	KM_NR_KMALLOC_TYPES
};

struct km_slab; /* all caches of a machine */
struct kmem_cache;
struct km_slab_ops; /* the policy behind every cache: SLUB today */

/* Numbers of a cache, as /proc/slabinfo and /sys/kernel/slab have them. */
struct km_cache_info {
	const char *name;
	uint32_t object_size, size, align, objects_per_slab;
	uint32_t min_partial, cpu_partial_slabs;
	unsigned int flags;
	uint8_t order;
	uint64_t nr_slabs;
	uint64_t nr_slabs_min_order; /* of them, slabs of the fallback order */
	uint64_t nr_pages;	     /* of all slabs */
	uint64_t capacity;	     /* objects that fit into them */
	uint64_t nr_inuse;	     /* objects that callers hold */
	uint64_t nr_active;	     /* slabinfo's: capacity - free objects on node partial lists */
	uint64_t nr_partial;	     /* slabs on node partial lists */
	uint64_t nr_slab_allocs, nr_slab_frees;
	uint64_t pages_peak;
};

/* Prepares the kmalloc classes; takes no page yet.  pages must outlive the slab layer. */
int km_slab_init(struct km_slab **out, struct km_pages *pages,
		 const struct km_slab_settings *settings);
void km_slab_release(struct km_slab *slab);

/*
 * NULL and *err: -EINVAL bad size, align, name or given geometry, -EEXIST the name is
 * taken, -ENOMEM.  With KM_SLAB_EXACT, the name and object_size of a kmalloc class that
 * has no slab: the class takes that geometry, keeps its other flags, and is returned.
 */
struct kmem_cache *km_cache_create(struct km_slab *slab, const struct km_cache_args *args,
				   int *err);
struct kmem_cache *km_cache_find(struct km_slab *slab, const char *name);
/* Every cache, in order of creation, kmalloc classes first. */
size_t km_slab_nr_caches(const struct km_slab *slab);
struct kmem_cache *km_slab_cache(const struct km_slab *slab, size_t index);
void km_cache_get_info(const struct kmem_cache *cache, struct km_cache_info *info);
size_t km_cache_index(const struct kmem_cache *cache);
uint32_t km_cache_size(const struct kmem_cache *cache);	 /* stride */
uint64_t km_slab_nr_pages(const struct km_slab *slab);	 /* of all caches; not large kmalloc */
uint64_t km_slab_free_bytes(const struct km_slab *slab); /* free objects * size, all caches */

/* An object, or 0 when no page could be had (pages->last_failure says why). */
uint64_t km_cache_alloc(struct kmem_cache *cache, km_gfp gfp, unsigned int cpu, int node);
/*
 * 0, or without any change: -ERANGE not a slab page, -EXDEV an object of another
 * cache (cache may be NULL: any), -EINVAL not the start of an object, -EALREADY already
 * free, -ENOMEM (first free in a populated slab).  A pre-existing object is freed like any.
 */
int km_cache_free(struct km_slab *slab, struct kmem_cache *cache, uint64_t addr, unsigned int cpu);

/*
 * The class cache of a kmalloc, NULL if it is served by pages (size above the
 * largest class) or size is 0.  Source: kmalloc_type(), kmalloc_index() 6.12.
 */
struct kmem_cache *km_kmalloc_cache(struct km_slab *slab, uint64_t size, km_gfp gfp);
/* bytes_alloc of a kmalloc(size), 0 if it cannot be had (size 0, above the limit). */
uint64_t km_kmalloc_bytes(struct km_slab *slab, uint64_t size, km_gfp gfp);
/* size 0 gives KM_ZERO_SIZE_PTR; else an object or pages, 0 if they could not be had. */
#define KM_ZERO_SIZE_PTR 16
uint64_t km_kmalloc(struct km_slab *slab, uint64_t size, km_gfp gfp, unsigned int cpu, int node);
/* kfree of any of them, also of 0 and KM_ZERO_SIZE_PTR; errors as km_cache_free(). */
int km_kfree(struct km_slab *slab, uint64_t addr, unsigned int cpu);

/* What a running cache had, for a warm start: from slabinfo and /sys/kernel/slab. */
struct km_cache_census {
	uint64_t nr_slabs, nr_active; /* slabinfo: num_slabs, active_objs */
	uint64_t nr_partial;	      /* sysfs partial: slabs on node lists */
	uint64_t nr_cpu_slabs;	      /* cpu slabs, 0: unknown; sysfs cpu_slabs adds those below */
	uint64_t nr_cpu_partial;      /* slabs on cpu partial lists */
};
/*
 * Give an empty cache the slabs and objects that census says, from held pages
 * (km_pages_claim).  The objects are pre-existing: nobody knows their addresses.
 * Returns how many slabs could not be made (all of them if the cache is not empty).
 */
uint64_t km_cache_populate(struct kmem_cache *cache, const struct km_cache_census *census);
uint64_t km_cache_nr_preexisting(const struct kmem_cache *cache);
/*
 * One pre-existing object to be freed in place of one whose address nobody knows, 0 if
 * there is none left.  It stays allocated until km_cache_free().  The rule by which
 * it is chosen is stated where it is implemented.
 */
uint64_t km_cache_take_preexisting(struct kmem_cache *cache);

/* NULL if every slab, list and count agrees, else one line (in buf) that names what broke. */
const char *km_slab_is_valid(const struct km_slab *slab, char *buf, size_t len);

#endif
