/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The caches of a machine: making and finding them, and what holds for every policy
 * when an object comes and goes.
 *
 *   name ─ hash ─▶ index ─▶ caches[] ─▶ struct kmem_cache
 *   addr ─ page ─▶ struct slab ─▶ cache, object number, who holds it
 *
 * Mirrors mm/slab_common.c kmem_cache_create(), mm/slub.c kmem_cache_open(), and the
 * checks of free_consistency_checks() of 6.12.  Not modelled: merging of caches
 * (a recorded kernel has merged already), destroying and shrinking a cache, NUMA policy
 * of a task, the kernel's own objects behind a cache (kmem_cache, kmem_cache_node).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/slab/cache.h"

#define FIRST_HASH_SIZE 256

static uint32_t hash_name(const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash;
}

/* The place of a name in the table: its own, or the empty one where it belongs. */
static uint32_t *hash_slot(const struct km_slab *set, const char *name)
{
	size_t at = hash_name(name) & (set->hash_size - 1);

	while (set->hash[at] && strcmp(set->caches[set->hash[at] - 1]->name, name))
		at = (at + 1) & (set->hash_size - 1);
	return &set->hash[at];
}

static int hash_grow(struct km_slab *set)
{
	size_t size = set->hash_size ? set->hash_size * 2 : FIRST_HASH_SIZE;
	uint32_t *hash = calloc(size, sizeof(*hash));

	if (!hash)
		return -ENOMEM;
	free(set->hash);
	set->hash = hash;
	set->hash_size = size;
	for (size_t i = 0; i < set->nr_caches; i++)
		*hash_slot(set, set->caches[i]->name) = (uint32_t)i + 1;
	return 0;
}

static int make_room(struct km_slab *set)
{
	if (set->nr_caches == set->max_caches) {
		size_t max = set->max_caches ? set->max_caches * 2 : 128;
		struct kmem_cache **caches = realloc(set->caches, max * sizeof(*caches));

		if (!caches)
			return -ENOMEM;
		set->caches = caches;
		set->max_caches = max;
	}
	return set->nr_caches >= set->hash_size / 2 ? hash_grow(set) : 0;
}

int km_slab_init(struct km_slab **out, struct km_pages *pages,
		 const struct km_slab_settings *settings)
{
	struct km_slab *set = calloc(1, sizeof(*set));
	int err;

	*out = NULL;
	if (!set)
		return -ENOMEM;
	set->pages = pages;
	set->settings = *settings;
	err = km_kmalloc_init(set);
	if (err) {
		km_slab_release(set);
		return err;
	}
	*out = set;
	return 0;
}

static void cache_release(struct kmem_cache *cache)
{
	cache->ops->release(cache);
	free(cache->populated);
	free(cache->name);
	free(cache);
}

void km_slab_release(struct km_slab *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->nr_caches; i++)
		cache_release(set->caches[i]);
	free(set->caches);
	free(set->hash);
	km_slab_pool_release(&set->pool);
	free(set);
}

static void set_geometry(struct kmem_cache *cache, const struct km_cache_args *args,
			 const struct km_slab_geometry *geometry)
{
	unsigned int page_shift = cache->set->pages->machine->profile.page_shift;
	uint64_t min_bytes = (1ull << page_shift) << geometry->min_objects_order;
	uint64_t min_objects = min_bytes / geometry->size;

	cache->object_size = args->object_size;
	cache->align = geometry->align;
	cache->size = geometry->size;
	cache->reciprocal = UINT64_MAX / geometry->size + 1;
	cache->order = geometry->order;
	cache->objects = (uint16_t)geometry->objects;
	cache->min_order = (uint8_t)geometry->min_objects_order;
	cache->min_objects =
		(uint16_t)(min_objects < geometry->objects ? min_objects : geometry->objects);
	cache->min_partial = geometry->min_partial;
	cache->cpu_partial = geometry->cpu_partial_slabs;
}

static km_gfp allocflags_for(unsigned int flags)
{
	km_gfp gfp = KM_GFP_COMP;

	if (flags & KM_SLAB_CACHE_DMA)
		gfp |= KM_GFP_DMA;
	if (flags & KM_SLAB_RECLAIM_ACCOUNT)
		gfp |= KM_GFP_RECLAIMABLE;
	return gfp;
}

/* Only a class that has no slab may be given another shape. */
static struct kmem_cache *reshape_class(struct kmem_cache *cache, const struct km_cache_args *args,
					const struct km_slab_geometry *geometry, int *err)
{
	if (!(args->flags & KM_SLAB_EXACT) || !(cache->flags & KM_SLAB_KMALLOC) ||
	    cache->nr_slabs || args->object_size != cache->object_size) {
		*err = -EEXIST;
		return NULL;
	}
	set_geometry(cache, args, geometry);
	cache->flags |= KM_SLAB_EXACT;
	return cache;
}

static struct kmem_cache *cache_new(struct km_slab *set, const struct km_cache_args *args,
				    const struct km_slab_geometry *geometry)
{
	struct kmem_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->ops = &km_slub_ops;
	cache->set = set;
	cache->flags = args->flags;
	cache->allocflags = allocflags_for(args->flags);
	set_geometry(cache, args, geometry);
	cache->name = strdup(args->name);
	if (!cache->name || cache->ops->init(cache)) {
		cache_release(cache);
		return NULL;
	}
	return cache;
}

struct kmem_cache *km_cache_create(struct km_slab *set, const struct km_cache_args *args, int *err)
{
	struct km_slab_geometry geometry;
	struct kmem_cache *cache;

	*err = -EINVAL;
	if (!args->name || !args->name[0])
		return NULL;
	if (km_slab_geometry(args, &set->pages->machine->profile, &set->settings, &geometry))
		return NULL;
	*err = 0;
	cache = km_cache_find(set, args->name);
	if (cache)
		return reshape_class(cache, args, &geometry, err);
	*err = make_room(set);
	if (*err)
		return NULL;
	cache = cache_new(set, args, &geometry);
	if (!cache) {
		*err = -ENOMEM;
		return NULL;
	}
	cache->index = (uint32_t)set->nr_caches;
	*hash_slot(set, cache->name) = cache->index + 1;
	set->caches[set->nr_caches++] = cache;
	return cache;
}

struct kmem_cache *km_cache_find(struct km_slab *set, const char *name)
{
	uint32_t found = set->hash_size ? *hash_slot(set, name) : 0;

	return found ? set->caches[found - 1] : NULL;
}

size_t km_slab_nr_caches(const struct km_slab *set)
{
	return set->nr_caches;
}

struct kmem_cache *km_slab_cache(const struct km_slab *set, size_t index)
{
	return index < set->nr_caches ? set->caches[index] : NULL;
}

size_t km_cache_index(const struct kmem_cache *cache)
{
	return cache->index;
}

uint32_t km_cache_size(const struct kmem_cache *cache)
{
	return cache->size;
}

uint64_t km_slab_nr_pages(const struct km_slab *set)
{
	return set->nr_pages;
}

uint64_t km_slab_free_bytes(const struct km_slab *set)
{
	return set->free_bytes;
}

void km_cache_get_info(const struct kmem_cache *cache, struct km_cache_info *info)
{
	uint64_t nr_partial, partial_free;

	cache->ops->count_partial(cache, &nr_partial, &partial_free);
	*info = (struct km_cache_info){
		.name = cache->name,
		.object_size = cache->object_size,
		.size = cache->size,
		.align = cache->align,
		.objects_per_slab = cache->objects,
		.min_partial = cache->min_partial,
		.cpu_partial_slabs = cache->cpu_partial,
		.flags = cache->flags,
		.order = cache->order,
		.nr_slabs = cache->nr_slabs,
		.nr_slabs_min_order = cache->nr_slabs_min_order,
		.nr_pages = cache->nr_pages,
		.capacity = cache->capacity,
		.nr_inuse = cache->nr_inuse,
		.nr_active = cache->capacity - partial_free,
		.nr_partial = nr_partial,
		.nr_slab_allocs = cache->nr_slab_allocs,
		.nr_slab_frees = cache->nr_slab_frees,
		.pages_peak = cache->pages_peak,
	};
}

uint64_t km_cache_alloc(struct kmem_cache *cache, km_gfp gfp, unsigned int cpu, int node)
{
	uint64_t addr = cache->ops->alloc(cache, gfp, cpu, node);

	if (addr) {
		cache->nr_inuse++;
		cache->set->free_bytes -= cache->size;
	}
	return addr;
}

/* An object that is not held by a caller can only be freed if it is pre-existing. */
static int free_preexisting(struct slab *slab, uint32_t index)
{
	if (!slab->links && km_slab_make_links(slab))
		return -ENOMEM;
	if (slab->links[index] != KM_OBJECT_PREEXISTING)
		return -EALREADY;
	slab->nr_preexisting--;
	slab->cache->nr_preexisting--;
	return 0;
}

int km_cache_free(struct km_slab *set, struct kmem_cache *cache, uint64_t addr, unsigned int cpu)
{
	struct slab *slab = km_addr_slab(set, addr);
	struct kmem_cache *owner;
	uint64_t offset;
	uint32_t index;

	if (!slab)
		return -ERANGE;
	owner = slab->cache;
	if (cache && cache != owner)
		return -EXDEV;
	offset = addr - slab->base;
	index = km_slab_object_index(owner, offset);
	if (index >= slab->objects || (uint64_t)index * owner->size != offset)
		return -EINVAL;
	if (!slab->links || slab->links[index] != KM_OBJECT_HELD) {
		int err = free_preexisting(slab, index);

		if (err)
			return err;
	}
	owner->nr_inuse--;
	set->free_bytes += owner->size;
	owner->ops->free(owner, slab, index, cpu);
	return 0;
}
