/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is SLUB's state of one cache sound?  The rules:
 *
 *   a) a freelist stays inside its slab, names only free objects, and ends
 *   b) free objects = those on slab.freelist and, for a cpu slab, on the CPU's freelist
 *   c) inuse = objects - those on slab.freelist
 *   d) a slab is where its `where` says: on exactly that CPU, stack, list, or none
 *   e) a full slab has no free object, one on a stack or list has at least one
 *   f) the counts of stacks and lists are those of what is on them
 */
#include <stdio.h>

#include "core/slab/slub.h"

static const char *complain(const struct kmem_cache *cache, char *buf, size_t len, const char *what,
			    uint64_t place)
{
	snprintf(buf, len, "%s: %s %llu", cache->name, what, (unsigned long long)place);
	return buf;
}

static bool is_free_link(uint16_t link)
{
	return link != KM_OBJECT_HELD && link != KM_OBJECT_PREEXISTING;
}

/* Length of a freelist, or -1 if it leaves the slab, meets an object in use, or never ends. */
static int freelist_length(const struct slab *slab, uint16_t first)
{
	int length = 0;

	for (uint16_t at = first; at != KM_OBJECT_END; at = slab->links[at]) {
		if (at >= slab->objects || !slab->links || !is_free_link(slab->links[at]) ||
		    length == slab->objects)
			return -1;
		length++;
	}
	return length;
}

const char *km_slub_is_valid_slab(const struct slab *slab, char *buf, size_t len)
{
	const struct kmem_cache *cache = slab->cache;
	int own = freelist_length(slab, slab->freelist), cpus = 0, nr_free = 0;

	if (slab->where == KM_SLAB_ON_CPU && (slab->cpu >= cache->set->pages->machine->nr_cpus ||
					      cache->cpu[slab->cpu].slab != slab))
		return complain(cache, buf, len, "not its CPU's is slab", slab->id);
	if (slab->where == KM_SLAB_ON_CPU)
		cpus = freelist_length(slab, cache->cpu[slab->cpu].freelist);
	if (own < 0)
		return complain(cache, buf, len, "broken freelist of slab", slab->id);
	if (cpus < 0)
		return complain(cache, buf, len, "broken freelist of CPU", slab->cpu);
	for (unsigned int i = 0; slab->links && i < slab->objects; i++)
		nr_free += is_free_link(slab->links[i]);
	if (own + cpus != nr_free)
		return complain(cache, buf, len, "free objects on no freelist in slab", slab->id);
	if (slab->inuse != slab->objects - own)
		return complain(cache, buf, len, "wrong inuse of slab", slab->id);
	if (slab->where == KM_SLAB_FULL && own)
		return complain(cache, buf, len, "free objects in full slab", slab->id);
	if ((slab->where == KM_SLAB_CPU_PARTIAL || slab->where == KM_SLAB_NODE_PARTIAL) && !own)
		return complain(cache, buf, len, "no free object in partial slab", slab->id);
	return NULL;
}

static const char *check_cpu(const struct kmem_cache *cache, unsigned int cpu, char *buf,
			     size_t len)
{
	const struct kmem_cache_cpu *c = &cache->cpu[cpu];
	uint32_t depth = 0;

	if (!c->slab && c->freelist != KM_OBJECT_END)
		return complain(cache, buf, len, "a freelist without a slab on CPU", cpu);
	if (c->slab &&
	    (c->slab->cache != cache || c->slab->where != KM_SLAB_ON_CPU || c->slab->cpu != cpu))
		return complain(cache, buf, len, "foreign slab on CPU", cpu);
	for (const struct slab *slab = c->partial; slab && depth <= c->nr_partial;
	     slab = slab->next, depth++)
		if (slab->cache != cache || slab->where != KM_SLAB_CPU_PARTIAL || slab->cpu != cpu)
			return complain(cache, buf, len, "foreign slab on the stack of CPU", cpu);
	if (depth != c->nr_partial)
		return complain(cache, buf, len, "wrong number of slabs on the stack of CPU", cpu);
	return NULL;
}

static const char *check_node(const struct kmem_cache *cache, unsigned int node, char *buf,
			      size_t len)
{
	const struct kmem_cache_node *n = &cache->node[node];
	const struct slab *before = NULL;
	uint64_t nr = 0, nr_free = 0;

	for (const struct slab *slab = n->head; slab && nr <= n->nr_partial;
	     before = slab, slab = slab->next, nr++) {
		if (slab->cache != cache || slab->where != KM_SLAB_NODE_PARTIAL ||
		    slab->node != node)
			return complain(cache, buf, len, "foreign slab on the list of node", node);
		if (slab->prev != before)
			return complain(cache, buf, len, "broken partial list of node", node);
		nr_free += km_slab_nr_free(slab);
	}
	if (nr != n->nr_partial)
		return complain(cache, buf, len, "wrong number of partial slabs on node", node);
	if (n->tail != before)
		return complain(cache, buf, len, "wrong tail of the partial list of node", node);
	if (nr_free != n->nr_free)
		return complain(cache, buf, len, "wrong number of free objects on node", node);
	return NULL;
}

const char *km_slub_is_valid(const struct kmem_cache *cache, uint64_t nr_listed, char *buf,
			     size_t len)
{
	const struct km_machine *machine = cache->set->pages->machine;
	const char *complaint = NULL;
	uint64_t found = 0;

	for (unsigned int i = 0; !complaint && i < machine->nr_cpus; i++) {
		complaint = check_cpu(cache, i, buf, len);
		found += cache->cpu[i].nr_partial + (cache->cpu[i].slab != NULL);
	}
	for (unsigned int i = 0; !complaint && i < machine->profile.nr_nodes; i++) {
		complaint = check_node(cache, i, buf, len);
		found += cache->node[i].nr_partial;
	}
	if (!complaint && found != nr_listed)
		complaint =
			complain(cache, buf, len, "slabs that are on no list:", nr_listed - found);
	return complaint;
}
