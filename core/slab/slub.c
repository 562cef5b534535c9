/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SLUB policy: which slab the next object comes from, and when a slab goes.
 *
 *   alloc:  cpu freelist ─▶ cpu slab's own freelist ─▶ cpu partial stack
 *                 ─▶ node partial list (head) ─▶ other nodes ─▶ new slab
 *   free:   own cpu slab ─▶ cpu freelist
 *           was full     ─▶ this CPU's partial stack ── full: all of it ─▶ node list (tail)
 *           now empty, on a node list with min_partial others ─▶ pages given back
 *           else only counted
 *
 * A new or acquired slab hands its whole freelist to the CPU.  A full slab is on no
 * list.  The cpu partial stack holds at most cpu_partial slabs before a free drains
 * it; slabs pulled along from a node list are not limited.
 *
 * Mirrors mm/slub.c of 6.12 (___slab_alloc, __slab_free, put_cpu_partial,
 * deactivate_slab, get_partial_node); without KM_FEAT_CPU_PARTIAL_SLABS the limits
 * count free objects as 5.15 did.  Not modelled: sheaves (6.18), debug caches, kernels
 * without cpu partial stacks, pfmemalloc, races.  Looking on other nodes is a throw of
 * dice in the kernel (1000 of 1024 look); here it always happens.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/slab/slub.h"

enum km_list_end {
	KM_LIST_HEAD,
	KM_LIST_TAIL
};

static int slub_init(struct kmem_cache *cache)
{
	const struct km_machine *machine = cache->set->pages->machine;

	cache->cpu = calloc(machine->nr_cpus, sizeof(*cache->cpu));
	cache->node = calloc(machine->profile.nr_nodes, sizeof(*cache->node));
	if (!cache->cpu || !cache->node)
		return -ENOMEM;
	for (unsigned int i = 0; i < machine->nr_cpus; i++)
		cache->cpu[i].freelist = KM_OBJECT_END;
	return 0;
}

static void slub_release(struct kmem_cache *cache)
{
	free(cache->cpu);
	free(cache->node);
	cache->cpu = NULL;
	cache->node = NULL;
}

static void add_partial(struct kmem_cache *cache, struct slab *slab, enum km_list_end end)
{
	struct kmem_cache_node *n = &cache->node[slab->node];

	slab->where = KM_SLAB_NODE_PARTIAL;
	slab->prev = end == KM_LIST_TAIL ? n->tail : NULL;
	slab->next = end == KM_LIST_TAIL ? NULL : n->head;
	if (slab->prev)
		slab->prev->next = slab;
	else
		n->head = slab;
	if (slab->next)
		slab->next->prev = slab;
	else
		n->tail = slab;
	n->nr_partial++;
	n->nr_free += km_slab_nr_free(slab);
}

static void remove_partial(struct kmem_cache *cache, struct slab *slab)
{
	struct kmem_cache_node *n = &cache->node[slab->node];

	if (slab->prev)
		slab->prev->next = slab->next;
	else
		n->head = slab->next;
	if (slab->next)
		slab->next->prev = slab->prev;
	else
		n->tail = slab->prev;
	slab->next = NULL;
	slab->prev = NULL;
	slab->where = KM_SLAB_FULL;
	n->nr_partial--;
	n->nr_free -= km_slab_nr_free(slab);
}

/* Is the slab empty and its node rich enough to do without it? */
static bool is_surplus(const struct kmem_cache *cache, const struct slab *slab)
{
	return !slab->inuse && cache->node[slab->node].nr_partial >= cache->min_partial;
}

/* Move a chain of slabs that are on no list any more to the node lists. */
static void put_partials(struct kmem_cache *cache, struct slab *chain, unsigned int cpu)
{
	struct slab *surplus = NULL;

	while (chain) {
		struct slab *slab = chain;

		chain = slab->next;
		if (is_surplus(cache, slab)) {
			slab->next = surplus;
			surplus = slab;
		} else {
			add_partial(cache, slab, KM_LIST_TAIL);
		}
	}
	while (surplus) {
		struct slab *slab = surplus;

		surplus = slab->next;
		km_slab_discard(slab, cpu);
	}
}

static bool counts_slabs(const struct kmem_cache *cache)
{
	return cache->set->pages->machine->profile.features & KM_FEAT_CPU_PARTIAL_SLABS;
}

static bool cpu_partial_is_full(const struct kmem_cache *cache, const struct kmem_cache_cpu *c)
{
	if (counts_slabs(cache))
		return c->nr_partial >= cache->cpu_partial;
	return c->partial->cpu_partial_free > cache->cpu_partial;
}

static void push_cpu_partial(struct kmem_cache *cache, struct slab *slab, unsigned int cpu)
{
	struct kmem_cache_cpu *c = &cache->cpu[cpu];

	slab->cpu_partial_free =
		(c->partial ? c->partial->cpu_partial_free : 0) + km_slab_nr_free(slab);
	slab->next = c->partial;
	slab->where = KM_SLAB_CPU_PARTIAL;
	slab->cpu = (uint16_t)cpu;
	c->partial = slab;
	c->nr_partial++;
}

/* A slab that was full has a free object again. */
static void put_cpu_partial(struct kmem_cache *cache, struct slab *slab, unsigned int cpu)
{
	struct kmem_cache_cpu *c = &cache->cpu[cpu];
	struct slab *drained = NULL;

	if (c->partial && cpu_partial_is_full(cache, c)) {
		drained = c->partial;
		c->partial = NULL;
		c->nr_partial = 0;
	}
	push_cpu_partial(cache, slab, cpu);
	put_partials(cache, drained, cpu);
}

static struct slab *pop_cpu_partial(struct kmem_cache_cpu *c)
{
	struct slab *slab = c->partial;

	if (!slab)
		return NULL;
	c->partial = slab->next;
	c->nr_partial--;
	slab->next = NULL;
	slab->where = KM_SLAB_FULL;
	return slab;
}

/* Take a CPU's slab away from it: its freelist goes back to the slab's. */
static void deactivate_slab(struct kmem_cache *cache, unsigned int cpu)
{
	struct kmem_cache_cpu *c = &cache->cpu[cpu];
	struct slab *slab = c->slab;
	/* Others freed here meanwhile: the slab is not the one to be used next. */
	enum km_list_end end = slab->freelist != KM_OBJECT_END ? KM_LIST_TAIL : KM_LIST_HEAD;

	if (c->freelist != KM_OBJECT_END) {
		unsigned int last = c->freelist;

		for (slab->inuse--; slab->links[last] != KM_OBJECT_END; slab->inuse--)
			last = slab->links[last];
		slab->links[last] = slab->freelist;
		slab->freelist = c->freelist;
	}
	c->slab = NULL;
	c->freelist = KM_OBJECT_END;
	slab->where = KM_SLAB_FULL;
	if (is_surplus(cache, slab))
		km_slab_discard(slab, cpu);
	else if (slab->freelist != KM_OBJECT_END)
		add_partial(cache, slab, end);
}

/* First slab of a node's list; some of those behind it go onto the CPU's stack. */
static struct slab *get_partial_node(struct kmem_cache *cache, unsigned int node, unsigned int cpu)
{
	struct kmem_cache_node *n = &cache->node[node];
	struct slab *first = n->head, *slab;
	bool in_slabs = counts_slabs(cache);
	uint32_t taken = 0;

	if (!first)
		return NULL;
	if (!in_slabs)
		taken = km_slab_nr_free(first);
	remove_partial(cache, first);
	if (in_slabs ? cache->cpu_partial == 0 : taken > cache->cpu_partial / 2)
		return first;
	while ((slab = n->head)) {
		remove_partial(cache, slab);
		push_cpu_partial(cache, slab, cpu);
		taken += in_slabs ? 1 : km_slab_nr_free(slab);
		if (taken > cache->cpu_partial / 2)
			break;
	}
	return first;
}

static struct slab *get_any_partial(struct kmem_cache *cache, km_gfp gfp, unsigned int cpu)
{
	const struct km_pages *pages = cache->set->pages;
	unsigned int local = pages->machine->cpus[cpu].node;
	int highest = km_gfp_zone(gfp);

	for (unsigned int i = 0; i < pages->nr_zonelist[local]; i++) {
		const struct zone *zone = &pages->zones[pages->zonelist[local][i]];

		if ((int)zone->type <= highest &&
		    cache->node[zone->node].nr_partial > cache->min_partial)
			return get_partial_node(cache, zone->node, cpu);
	}
	return NULL;
}

static struct slab *get_partial(struct kmem_cache *cache, km_gfp gfp, unsigned int cpu, int node)
{
	const struct km_machine *machine = cache->set->pages->machine;
	unsigned int nearest = node < 0 ? machine->cpus[cpu].node : (unsigned int)node;
	struct slab *slab = get_partial_node(cache, nearest, cpu);

	if (slab || machine->profile.nr_nodes == 1 || (node >= 0 && (gfp & KM_GFP_THISNODE)))
		return slab;
	return get_any_partial(cache, gfp, cpu);
}

/*
 * A slab with free objects that is on no list.  A preferred node is first asked
 * alone, for its partial slabs and for a page that costs no work.
 */
static struct slab *get_slab(struct kmem_cache *cache, km_gfp gfp, unsigned int cpu, int node)
{
	struct slab *slab;

	if (node >= 0 && !(gfp & KM_GFP_THISNODE)) {
		km_gfp only = KM_GFP_NOWAIT | KM_GFP_THISNODE;

		slab = get_partial(cache, only, cpu, node);
		if (!slab)
			slab = km_slab_new(cache, only, cpu, node);
		if (slab)
			return slab;
	}
	slab = get_partial(cache, gfp, cpu, node);
	return slab ? slab : km_slab_new(cache, gfp, cpu, node);
}

static bool node_match(const struct slab *slab, int node)
{
	return node < 0 || slab->node == node;
}

/* Make the slab's whole freelist the CPU's. */
static void load_freelist(struct kmem_cache *cache, struct slab *slab, unsigned int cpu)
{
	struct kmem_cache_cpu *c = &cache->cpu[cpu];

	c->slab = slab;
	c->freelist = slab->freelist;
	slab->freelist = KM_OBJECT_END;
	slab->inuse = slab->objects;
	slab->where = KM_SLAB_ON_CPU;
	slab->cpu = (uint16_t)cpu;
}

/* Give the CPU a freelist that is not empty, from a slab of the node.  False: no page. */
static bool refill(struct kmem_cache *cache, km_gfp gfp, unsigned int cpu, int node)
{
	struct kmem_cache_cpu *c = &cache->cpu[cpu];
	struct slab *slab = c->slab;

	if (node >= (int)cache->set->pages->machine->profile.nr_nodes)
		node = -1;
	if (slab && !node_match(slab, node)) {
		deactivate_slab(cache, cpu);
	} else if (slab) {
		if (c->freelist != KM_OBJECT_END)
			return true;
		if (slab->freelist != KM_OBJECT_END) {
			load_freelist(cache, slab, cpu);
			return true;
		}
		slab->where = KM_SLAB_FULL;
		c->slab = NULL;
	}
	while ((slab = pop_cpu_partial(c)) && !node_match(slab, node))
		put_partials(cache, slab, cpu);
	if (!slab)
		slab = get_slab(cache, gfp, cpu, node);
	if (!slab)
		return false;
	load_freelist(cache, slab, cpu);
	return true;
}

static uint64_t slub_alloc(struct kmem_cache *cache, km_gfp gfp, unsigned int cpu, int node)
{
	struct kmem_cache_cpu *c = &cache->cpu[cpu];
	unsigned int index;

	if (__builtin_expect(c->freelist == KM_OBJECT_END || !node_match(c->slab, node), 0) &&
	    !refill(cache, gfp, cpu, node))
		return 0;
	index = c->freelist;
	c->freelist = c->slab->links[index];
	c->slab->links[index] = KM_OBJECT_HELD;
	return c->slab->base + (uint64_t)index * cache->size;
}

static void slub_free(struct kmem_cache *cache, struct slab *slab, unsigned int index,
		      unsigned int cpu)
{
	struct kmem_cache_cpu *c = &cache->cpu[cpu];

	if (c->slab == slab) {
		slab->links[index] = c->freelist;
		c->freelist = (uint16_t)index;
		return;
	}
	slab->links[index] = slab->freelist;
	slab->freelist = (uint16_t)index;
	slab->inuse--;
	if (slab->where == KM_SLAB_FULL) {
		put_cpu_partial(cache, slab, cpu);
	} else if (slab->where == KM_SLAB_NODE_PARTIAL) {
		cache->node[slab->node].nr_free++;
		if (is_surplus(cache, slab)) {
			remove_partial(cache, slab);
			km_slab_discard(slab, cpu);
		}
	}
}

static void slub_adopt(struct kmem_cache *cache, struct slab *slab, enum km_slab_where where,
		       unsigned int cpu)
{
	if (where == KM_SLAB_ON_CPU)
		load_freelist(cache, slab, cpu);
	else if (where == KM_SLAB_CPU_PARTIAL)
		push_cpu_partial(cache, slab, cpu);
	else if (where == KM_SLAB_NODE_PARTIAL)
		add_partial(cache, slab, KM_LIST_TAIL);
}

static void slub_count_partial(const struct kmem_cache *cache, uint64_t *slabs, uint64_t *nr_free)
{
	*slabs = 0;
	*nr_free = 0;
	for (unsigned int i = 0; i < cache->set->pages->machine->profile.nr_nodes; i++) {
		*slabs += cache->node[i].nr_partial;
		*nr_free += cache->node[i].nr_free;
	}
}

const struct km_slab_ops km_slub_ops = {
	.name = "slub",
	.init = slub_init,
	.release = slub_release,
	.alloc = slub_alloc,
	.free = slub_free,
	.adopt = slub_adopt,
	.count_partial = slub_count_partial,
	.is_valid_slab = km_slub_is_valid_slab,
	.is_valid = km_slub_is_valid,
};
