/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Warm start: give a cache the slabs it had when the trace began.
 *
 *   nr_slabs = cpu slabs + cpu partial + node partial + full
 *              half full   half full     capacity - nr_active
 *                                        free, spread evenly
 *
 * slabinfo's active objects leave out only what is free on node partial lists, so that
 * is what the node partial slabs have free.  What is free on the CPUs is not told by the
 * kernel: half is assumed, as sysfs slabs_cpu_partial does.  Slabs of CPUs go round robin;
 * there is one cpu slab a CPU at most.  All slabs have the cache's order.
 *
 * Pre-existing objects are taken slab by slab: cpu slabs, then cpu partial, node
 * partial, full ones, each from its first object to its last and exhausted before the
 * next.  What a machine allocated last it tends to free first, and neighbours in a slab
 * were allocated together: so frees of old objects empty slabs.
 */
#include <stdlib.h>

#include "core/slab/cache.h"

struct plan {
	uint64_t nr_cpu, nr_cpu_partial, nr_node_partial;
	uint64_t free_each, free_rest; /* node partial slabs: the first free_rest have one more */
};

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A census was not read at one moment: whatever does not fit is cut to what does. */
static struct plan make_plan(const struct kmem_cache *cache, const struct km_cache_census *census)
{
	uint64_t left = min_u64(census->nr_slabs, UINT32_MAX);
	uint64_t capacity = left * cache->objects;
	uint64_t nr_free = capacity - min_u64(census->nr_active, capacity);
	struct plan plan = { .nr_node_partial = min_u64(census->nr_partial, left) };

	/* Nobody counted the partial slabs: take them for half full. */
	if (!plan.nr_node_partial && nr_free)
		plan.nr_node_partial =
			min_u64((2 * nr_free + cache->objects - 1) / cache->objects, left);
	plan.nr_node_partial = min_u64(plan.nr_node_partial, nr_free);
	nr_free = min_u64(nr_free, plan.nr_node_partial * cache->objects);
	if (plan.nr_node_partial) {
		plan.free_each = nr_free / plan.nr_node_partial;
		plan.free_rest = nr_free % plan.nr_node_partial;
	}
	left -= plan.nr_node_partial;
	plan.nr_cpu = min_u64(census->nr_cpu_slabs, cache->set->pages->machine->nr_cpus);
	plan.nr_cpu = min_u64(plan.nr_cpu, left);
	plan.nr_cpu_partial = min_u64(census->nr_cpu_partial, left - plan.nr_cpu);
	return plan;
}

static uint64_t claim_block(struct kmem_cache *cache)
{
	struct km_pages *pages = cache->set->pages;
	enum km_zone_type zone = cache->flags & KM_SLAB_CACHE_DMA ? KM_ZONE_DMA : KM_ZONE_NORMAL;
	uint64_t pfn = KM_NO_PFN;

	for (unsigned int node = 0; pfn == KM_NO_PFN && node < pages->machine->profile.nr_nodes;
	     node++)
		pfn = km_pages_claim(pages, zone, node, cache->order, KM_OWNER_SLAB);
	return pfn;
}

/* Make the last nr objects of a slab whose objects are all pre-existing free. */
static int free_last(struct slab *slab, unsigned int nr)
{
	struct kmem_cache *cache = slab->cache;
	int err = nr ? km_slab_make_links(slab) : 0;

	if (err || !nr)
		return err;
	slab->freelist = (uint16_t)(slab->objects - nr);
	for (unsigned int i = slab->freelist; i < slab->objects; i++)
		slab->links[i] = (uint16_t)(i + 1);
	slab->links[slab->objects - 1] = KM_OBJECT_END;
	slab->inuse -= nr;
	slab->nr_preexisting -= nr;
	cache->nr_preexisting -= nr;
	cache->nr_inuse -= nr;
	cache->set->free_bytes += (uint64_t)nr * cache->size;
	return 0;
}

/* One more slab of the plan: false if there is no page or no memory for it. */
static bool populate_slab(struct kmem_cache *cache, const struct plan *plan, uint64_t nth)
{
	const struct km_pages *pages = cache->set->pages;
	unsigned int nr_cpus = pages->machine->nr_cpus, cpu = 0, nr_free = 0;
	enum km_slab_where where = KM_SLAB_FULL;
	uint64_t pfn = claim_block(cache);
	struct slab *slab = pfn == KM_NO_PFN ? NULL : km_slab_new_on(cache, pfn, cache->order);

	if (!slab) {
		if (pfn != KM_NO_PFN)
			km_free_pages(cache->set->pages, pfn, cache->order, 0);
		return false;
	}
	cache->populated[nth] = slab->id;
	cache->nr_populated = nth + 1;
	if (nth < plan->nr_cpu) {
		where = KM_SLAB_ON_CPU;
		cpu = (unsigned int)nth;
		nr_free = slab->objects / 2;
	} else if ((nth -= plan->nr_cpu) < plan->nr_cpu_partial) {
		where = KM_SLAB_CPU_PARTIAL;
		cpu = (unsigned int)(nth % nr_cpus);
		nr_free = (slab->objects + 1) / 2;
	} else if ((nth -= plan->nr_cpu_partial) < plan->nr_node_partial) {
		where = KM_SLAB_NODE_PARTIAL;
		nr_free = (unsigned int)(plan->free_each + (nth < plan->free_rest));
	}
	if (free_last(slab, nr_free))
		return false; /* it stays, full */
	cache->ops->adopt(cache, slab, where, cpu);
	return true;
}

uint64_t km_cache_populate(struct kmem_cache *cache, const struct km_cache_census *census)
{
	const struct km_machine *machine = cache->set->pages->machine;
	struct plan plan = make_plan(cache, census);
	/* A census comes from a file: it never says how much memory to take. */
	uint64_t most = min_u64(census->nr_slabs, machine->nr_pfns >> cache->order), made = 0;

	if (cache->nr_slabs || !most)
		return census->nr_slabs;
	free(cache->populated);
	cache->nr_populated = 0;
	cache->next_populated = 0;
	cache->next_object = 0;
	cache->populated = malloc(most * sizeof(*cache->populated));
	if (!cache->populated)
		return census->nr_slabs;
	while (made < most && populate_slab(cache, &plan, made))
		made++;
	return census->nr_slabs - made;
}

uint64_t km_cache_nr_preexisting(const struct kmem_cache *cache)
{
	return cache->nr_preexisting;
}

/* The slab that the walk stands in, NULL if none is left.  A slab without pre-existing
 * objects may long be another cache's: descriptors are reused. */
static struct slab *current_slab(struct kmem_cache *cache)
{
	while (cache->next_populated < cache->nr_populated) {
		uint32_t id = cache->populated[cache->next_populated];
		struct slab *slab = km_slab_by_id(&cache->set->pool, id);

		if (slab->cache == cache && slab->nr_preexisting)
			return slab;
		cache->next_populated++;
		cache->next_object = 0;
	}
	return NULL;
}

uint64_t km_cache_take_preexisting(struct kmem_cache *cache)
{
	struct slab *slab = cache->nr_preexisting ? current_slab(cache) : NULL;

	if (!slab || (!slab->links && km_slab_make_links(slab)))
		return 0;
	while (slab->links[cache->next_object] != KM_OBJECT_PREEXISTING)
		cache->next_object++;
	slab->links[cache->next_object] = KM_OBJECT_HELD;
	slab->nr_preexisting--;
	cache->nr_preexisting--;
	return slab->base + (uint64_t)cache->next_object++ * cache->size;
}
