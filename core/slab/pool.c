/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slabs as things: their pages, their descriptors, and the links of their objects.
 *
 *   block of 2^order pages:   USED  TAIL  TAIL  TAIL      every priv = id of the slab
 *   objects:                 |0 |1 |2 |3 |4 |5 |6 |..|    links[i], see cache.h
 *
 * Mirrors mm/slub.c allocate_slab(), __free_slab() of 6.12.  Not modelled: the random
 * order of a new freelist (SLAB_FREELIST_RANDOM: counts are the same, addresses are not),
 * the delay by RCU before the pages of a TYPESAFE_BY_RCU slab are free, the
 * vectors of accounted objects.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/slab/cache.h"

#define LINK_CHUNK_BYTES (256u << 10)
#define LINK_CHUNK_HEADER 16 /* keeps the arrays aligned */

static size_t links_class(unsigned int objects)
{
	return (objects + KM_LINKS_GRAIN - 1) / KM_LINKS_GRAIN;
}

static uint16_t *links_get(struct km_slab_pool *pool, unsigned int objects)
{
	size_t class = links_class(objects), entries = class * KM_LINKS_GRAIN;
	uint16_t *links = pool->spare_links[class];

	if (links) {
		memcpy(&pool->spare_links[class], links, sizeof(uint16_t *));
		return links;
	}
	if (!pool->link_chunks || (size_t)(pool->link_end - pool->link_next) < entries) {
		char *chunk = malloc(LINK_CHUNK_BYTES);

		if (!chunk)
			return NULL;
		memcpy(chunk, &pool->link_chunks, sizeof(void *));
		pool->link_chunks = chunk;
		pool->link_next = (uint16_t *)(chunk + LINK_CHUNK_HEADER);
		pool->link_end = (uint16_t *)(chunk + LINK_CHUNK_BYTES);
	}
	links = pool->link_next;
	pool->link_next += entries;
	return links;
}

static void links_put(struct km_slab_pool *pool, uint16_t *links, unsigned int objects)
{
	size_t class = links_class(objects);

	if (!links)
		return;
	memcpy(links, &pool->spare_links[class], sizeof(uint16_t *));
	pool->spare_links[class] = links;
}

static int pool_grow(struct km_slab_pool *pool)
{
	struct slab *chunk;

	if (pool->nr_chunks == pool->max_chunks) {
		uint32_t max = pool->max_chunks ? pool->max_chunks * 2 : 16;
		struct slab **chunks = realloc(pool->chunks, max * sizeof(struct slab *));

		if (!chunks)
			return -ENOMEM;
		pool->chunks = chunks;
		pool->max_chunks = max;
	}
	chunk = calloc(KM_SLABS_PER_CHUNK, sizeof(struct slab));
	if (!chunk)
		return -ENOMEM;
	pool->chunks[pool->nr_chunks++] = chunk;
	return 0;
}

static struct slab *slab_get(struct km_slab_pool *pool)
{
	struct slab *slab = pool->spare;
	uint32_t id;

	if (slab) {
		pool->spare = slab->next;
		pool->nr_spare--;
		id = slab->id;
	} else {
		if (pool->nr_slabs == pool->nr_chunks * KM_SLABS_PER_CHUNK && pool_grow(pool))
			return NULL;
		id = pool->nr_slabs++;
		slab = km_slab_by_id(pool, id);
	}
	*slab = (struct slab){ .id = id };
	return slab;
}

static void slab_put(struct km_slab_pool *pool, struct slab *slab)
{
	*slab = (struct slab){ .id = slab->id, .next = pool->spare };
	pool->spare = slab;
	pool->nr_spare++;
}

void km_slab_pool_release(struct km_slab_pool *pool)
{
	while (pool->link_chunks) {
		void *chunk = pool->link_chunks;

		memcpy(&pool->link_chunks, chunk, sizeof(void *));
		free(chunk);
	}
	for (uint32_t i = 0; i < pool->nr_chunks; i++)
		free(pool->chunks[i]);
	free(pool->chunks);
	memset(pool, 0, sizeof(*pool));
}

int km_slab_make_links(struct slab *slab)
{
	slab->links = links_get(&slab->cache->set->pool, slab->objects);
	if (!slab->links)
		return -ENOMEM;
	for (unsigned int i = 0; i < slab->objects; i++)
		slab->links[i] = KM_OBJECT_PREEXISTING;
	return 0;
}

static void mark_pages(const struct km_machine *machine, uint64_t pfn, const struct slab *slab)
{
	struct page *page = km_page(machine, pfn);

	page->priv = slab->id;
	for (uint64_t i = 1; i < 1ull << slab->order; i++)
		page[i] = (struct page){ .state = KM_PAGE_TAIL,
					 .owner = KM_OWNER_SLAB,
					 .priv = slab->id };
}

static void clear_pages(const struct km_machine *machine, uint64_t pfn, unsigned int order)
{
	struct page *page = km_page(machine, pfn);

	page->priv = 0;
	if (order)
		memset(page + 1, 0, ((1ull << order) - 1) * sizeof(*page));
}

struct slab *km_slab_new_on(struct kmem_cache *cache, uint64_t pfn, unsigned int order)
{
	struct km_slab *set = cache->set;
	const struct km_machine *machine = set->pages->machine;
	struct slab *slab = slab_get(&set->pool);

	if (!slab)
		return NULL;
	slab->base = km_pfn_to_addr(machine, pfn);
	slab->cache = cache;
	slab->objects = order == cache->order ? cache->objects : cache->min_objects;
	slab->inuse = slab->objects;
	slab->freelist = KM_OBJECT_END;
	slab->nr_preexisting = slab->objects;
	slab->order = (uint8_t)order;
	if (machine->profile.nr_nodes > 1)
		slab->node = (uint8_t)km_pfn_zone(set->pages, pfn)->node;
	mark_pages(machine, pfn, slab);

	cache->nr_slabs++;
	cache->nr_slabs_min_order += order < cache->order;
	cache->nr_pages += 1ull << order;
	if (cache->pages_peak < cache->nr_pages)
		cache->pages_peak = cache->nr_pages;
	cache->capacity += slab->objects;
	cache->nr_inuse += slab->objects;
	cache->nr_preexisting += slab->objects;
	set->nr_pages += 1ull << order;
	return slab;
}

static uint64_t slab_pages(struct kmem_cache *cache, km_gfp gfp, unsigned int cpu, int node,
			   unsigned int *order)
{
	struct km_pages *pages = cache->set->pages;
	km_gfp flags = (gfp & (KM_GFP_RECLAIM_MASK | KM_GFP_CONSTRAINT_MASK)) | cache->allocflags;
	km_gfp first = (flags | KM_GFP_NOWARN | KM_GFP_NORETRY) & ~KM_GFP_NOFAIL;
	uint64_t pfn;

	/* The larger order is a wish: nobody should work for it. */
	if ((first & KM_GFP_DIRECT_RECLAIM) && cache->order > cache->min_order)
		first = (first | KM_GFP_NOMEMALLOC) & ~KM_GFP_RECLAIM;
	*order = cache->order;
	pfn = km_alloc_pages(pages, first, *order, cpu, node, KM_OWNER_SLAB);
	if (pfn == KM_NO_PFN) {
		*order = cache->min_order;
		pfn = km_alloc_pages(pages, flags, *order, cpu, node, KM_OWNER_SLAB);
	}
	return pfn;
}

struct slab *km_slab_new(struct kmem_cache *cache, km_gfp gfp, unsigned int cpu, int node)
{
	struct km_slab *set = cache->set;
	unsigned int order;
	struct slab *slab;
	uint64_t pfn = slab_pages(cache, gfp, cpu, node, &order);

	if (pfn == KM_NO_PFN)
		return NULL;
	slab = km_slab_new_on(cache, pfn, order);
	if (!slab) {
		km_free_pages(set->pages, pfn, order, cpu);
		return NULL;
	}
	cache->nr_preexisting -= slab->objects;
	cache->nr_inuse -= slab->objects;
	cache->nr_slab_allocs++;
	set->free_bytes += (uint64_t)slab->objects * cache->size;
	slab->nr_preexisting = 0;
	slab->inuse = 0;
	slab->links = links_get(&set->pool, slab->objects);
	if (!slab->links) {
		km_slab_discard(slab, cpu);
		return NULL;
	}
	for (unsigned int i = 0; i < slab->objects; i++)
		slab->links[i] = (uint16_t)(i + 1);
	slab->links[slab->objects - 1] = KM_OBJECT_END;
	slab->freelist = 0;
	return slab;
}

void km_slab_discard(struct slab *slab, unsigned int cpu)
{
	struct kmem_cache *cache = slab->cache;
	struct km_slab *set = cache->set;
	const struct km_machine *machine = set->pages->machine;
	uint64_t pfn = km_addr_to_pfn(machine, slab->base);
	unsigned int order = slab->order;

	cache->nr_slabs--;
	cache->nr_slabs_min_order -= order < cache->order;
	cache->nr_pages -= 1ull << order;
	cache->capacity -= slab->objects;
	cache->nr_slab_frees++;
	set->nr_pages -= 1ull << order;
	set->free_bytes -= (uint64_t)slab->objects * cache->size;
	links_put(&set->pool, slab->links, slab->objects);
	slab_put(&set->pool, slab);
	clear_pages(machine, pfn, order);
	km_free_pages(set->pages, pfn, order, cpu);
}
