/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does everything that the slab layer counts agree with what is there?
 *
 *   a) every page of a slab knows its slab, and the slab its block
 *   b) a slab has as many objects as its order says
 *   c) held and pre-existing objects add up to what the cache counts
 *   d) slabs, pages and capacity add up, per cache and over all
 *   e) descriptors are in use or spare, none twice
 *   f) the policy's own rules (km_slab_ops)
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/slab/cache.h"

struct tally {
	uint64_t nr_slabs, nr_slabs_min_order, nr_listed;
	uint64_t nr_pages, capacity, nr_inuse, nr_preexisting;
};

static const char *complain(char *buf, size_t len, const char *name, const char *what, uint64_t is,
			    uint64_t said)
{
	snprintf(buf, len, "%s: %s: %llu, counted %llu", name, what, (unsigned long long)said,
		 (unsigned long long)is);
	return buf;
}

static const char *complain_slab(char *buf, size_t len, const struct slab *slab, const char *what)
{
	snprintf(buf, len, "%s: %s of slab %u", slab->cache->name, what, slab->id);
	return buf;
}

static const char *check_pages(const struct km_slab *set, const struct slab *slab, char *buf,
			       size_t len)
{
	const struct km_machine *machine = set->pages->machine;
	uint64_t pfn = km_addr_to_pfn(machine, slab->base);
	const struct page *page;

	if (pfn == KM_NO_PFN || pfn + (1ull << slab->order) > machine->nr_pfns)
		return complain_slab(buf, len, slab, "wrong base");
	page = km_page(machine, pfn);
	if (page->state != KM_PAGE_USED || page->owner != KM_OWNER_SLAB ||
	    page->order != slab->order || page->priv != slab->id)
		return complain_slab(buf, len, slab, "wrong head page");
	for (uint64_t i = 1; i < 1ull << slab->order; i++)
		if (page[i].state != KM_PAGE_TAIL || page[i].owner != KM_OWNER_SLAB ||
		    page[i].priv != slab->id)
			return complain_slab(buf, len, slab, "wrong tail page");
	return NULL;
}

static const char *check_slab(const struct km_slab *set, const struct slab *slab,
			      struct tally *tally, char *buf, size_t len)
{
	const struct kmem_cache *cache = slab->cache;
	unsigned int objects = slab->order == cache->order ? cache->objects : cache->min_objects;
	unsigned int preexisting = slab->links ? 0 : slab->objects, held = 0;
	const char *complaint;

	if (slab->order != cache->order && slab->order != cache->min_order)
		return complain_slab(buf, len, slab, "wrong order");
	if (slab->objects != objects)
		return complain_slab(buf, len, slab, "wrong number of objects");
	for (unsigned int i = 0; slab->links && i < slab->objects; i++) {
		held += slab->links[i] == KM_OBJECT_HELD;
		preexisting += slab->links[i] == KM_OBJECT_PREEXISTING;
	}
	if (preexisting != slab->nr_preexisting)
		return complain_slab(buf, len, slab, "wrong number of pre-existing objects");
	tally->nr_slabs++;
	tally->nr_slabs_min_order += slab->order < cache->order;
	tally->nr_listed += slab->where != KM_SLAB_FULL;
	tally->nr_pages += 1ull << slab->order;
	tally->capacity += slab->objects;
	tally->nr_inuse += held + preexisting;
	tally->nr_preexisting += preexisting;
	complaint = check_pages(set, slab, buf, len);
	return complaint ? complaint : cache->ops->is_valid_slab(slab, buf, len);
}

static const char *check_cache(const struct kmem_cache *cache, const struct tally *tally, char *buf,
			       size_t len)
{
	if (cache->nr_slabs != tally->nr_slabs)
		return complain(buf, len, cache->name, "nr_slabs", tally->nr_slabs,
				cache->nr_slabs);
	if (cache->nr_slabs_min_order != tally->nr_slabs_min_order)
		return complain(buf, len, cache->name, "nr_slabs_min_order",
				tally->nr_slabs_min_order, cache->nr_slabs_min_order);
	if (cache->nr_pages != tally->nr_pages)
		return complain(buf, len, cache->name, "nr_pages", tally->nr_pages,
				cache->nr_pages);
	if (cache->capacity != tally->capacity)
		return complain(buf, len, cache->name, "capacity", tally->capacity,
				cache->capacity);
	if (cache->nr_inuse != tally->nr_inuse)
		return complain(buf, len, cache->name, "nr_inuse", tally->nr_inuse,
				cache->nr_inuse);
	if (cache->nr_preexisting != tally->nr_preexisting)
		return complain(buf, len, cache->name, "nr_preexisting", tally->nr_preexisting,
				cache->nr_preexisting);
	return cache->ops->is_valid(cache, tally->nr_listed, buf, len);
}

static const char *check_spares(const struct km_slab_pool *pool, uint64_t in_use, char *buf,
				size_t len)
{
	uint64_t spare = 0;

	for (const struct slab *slab = pool->spare; slab && spare <= pool->nr_slabs;
	     slab = slab->next, spare++)
		if (slab->cache) {
			snprintf(buf, len, "slab %u is spare and in use", slab->id);
			return buf;
		}
	if (spare != pool->nr_spare)
		return complain(buf, len, "pool", "spare slabs", spare, pool->nr_spare);
	if (in_use + spare != pool->nr_slabs)
		return complain(buf, len, "pool", "slabs", in_use + spare, pool->nr_slabs);
	return NULL;
}

static const char *check_set(const struct km_slab *set, struct tally *tallies, char *buf,
			     size_t len)
{
	uint64_t nr_slabs = 0, nr_pages = 0, free_bytes = 0;
	const char *complaint = NULL;

	for (uint32_t id = 0; id < set->pool.nr_slabs; id++) {
		const struct slab *slab = km_slab_by_id(&set->pool, id);

		if (!slab->cache)
			continue;
		complaint = check_slab(set, slab, &tallies[slab->cache->index], buf, len);
		if (complaint)
			return complaint;
	}
	for (size_t i = 0; i < set->nr_caches; i++) {
		const struct kmem_cache *cache = set->caches[i];

		complaint = check_cache(cache, &tallies[i], buf, len);
		if (complaint)
			return complaint;
		nr_slabs += cache->nr_slabs;
		nr_pages += cache->nr_pages;
		free_bytes += (cache->capacity - cache->nr_inuse) * cache->size;
	}
	if (nr_pages != set->nr_pages)
		return complain(buf, len, "all caches", "nr_pages", nr_pages, set->nr_pages);
	if (free_bytes != set->free_bytes)
		return complain(buf, len, "all caches", "free_bytes", free_bytes, set->free_bytes);
	return check_spares(&set->pool, nr_slabs, buf, len);
}

const char *km_slab_is_valid(const struct km_slab *set, char *buf, size_t len)
{
	struct tally *tallies = calloc(set->nr_caches, sizeof(*tallies));
	const char *complaint = "no memory to check the slabs with";

	if (tallies)
		complaint = check_set(set, tallies, buf, len);
	free(tallies);
	return complaint;
}
