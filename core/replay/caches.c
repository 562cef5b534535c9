/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which cache of the model stands for which cache of the trace.
 *
 * By name: several ids of one name are one cache, and kmalloc's classes are there already.
 * A cache is made exactly as it was recorded, unless the machine or slab's settings are not
 * the host's: then the size of its objects is kept, and order, objects and partial lists
 * are computed from it, because they depend on CPUs and settings.  A cache that cannot exist (no
 * size, an order above 10, more objects than fit) has no counterpart.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/replay/loop.h"

#define MAX_CACHES 16384 /* of a trace; beyond, events have no model cache */
#define MAX_SIZE (4u << 20)

/* A cache as recorded, from whichever source. */
struct recorded {
	const char *name;
	uint32_t object_size, size, align;
	uint32_t objects, order; /* objects 0: not known */
	uint32_t min_partial, cpu_partial_slabs;
	bool has_partial;   /* the two above are known */
	unsigned int flags; /* enum km_slab_flags */
};

static bool is_plausible(const struct km_replay *replay, const struct recorded *from)
{
	uint64_t page_bytes = km_page_bytes(replay);

	if (!from->name[0] || !from->object_size || from->size < from->object_size ||
	    from->size > MAX_SIZE || (from->align & (from->align - 1)) || from->align > MAX_SIZE)
		return false;
	return !from->objects ||
	       (from->order <= KM_MAX_ORDER &&
		(uint64_t)from->objects * from->size <= page_bytes << from->order);
}

/*
 * The geometry that this machine would give to objects of that stride: the stride is
 * taken for the object's size, so that what made it larger (a free pointer, alignment) need
 * not be known.
 */
static int compute(const struct km_replay *replay, const struct recorded *from,
		   struct km_cache_args *args)
{
	const struct km_settings *given = &replay->kernel.settings;
	struct km_slab_settings settings = { .cpu_partial = KM_SLAB_DEFAULT };
	struct km_cache_args stride = { .name = from->name, .object_size = from->size };
	struct km_slab_geometry geometry;
	int err;

	if (given->set & 1u << KM_SET_SLAB_MAX_ORDER)
		settings.max_order = given->value[KM_SET_SLAB_MAX_ORDER]
					     ? given->value[KM_SET_SLAB_MAX_ORDER]
					     : KM_SLAB_ORDER_0;
	if (given->set & 1u << KM_SET_SLAB_MIN_OBJECTS)
		settings.min_objects = given->value[KM_SET_SLAB_MIN_OBJECTS];
	if (given->set & 1u << KM_SET_SLAB_CPU_PARTIAL)
		settings.cpu_partial = given->value[KM_SET_SLAB_CPU_PARTIAL];
	err = km_slab_geometry(&stride, &replay->kernel.machine.profile, &settings, &geometry);
	if (err)
		return err;
	args->size = geometry.size;
	args->objects = geometry.objects;
	args->order = geometry.order;
	args->min_partial = geometry.min_partial;
	args->cpu_partial_slabs = geometry.cpu_partial_slabs;
	return 0;
}

static struct kmem_cache *make(struct km_replay *replay, const struct recorded *from)
{
	struct km_cache_args args = {
		.name = from->name,
		.object_size = from->object_size,
		.align = from->align,
		.flags = KM_SLAB_EXACT | from->flags,
	};
	struct kmem_cache *cache;
	int err;

	if (!is_plausible(replay, from))
		return NULL;
	cache = km_cache_find(replay->kernel.slab, from->name);
	if (cache)
		return cache;
	if (compute(replay, from, &args))
		return NULL;
	if (replay->loop->exact_caches && from->objects) {
		args.size = from->size;
		args.objects = from->objects;
		args.order = from->order;
	}
	if (replay->loop->exact_caches && from->has_partial) {
		args.min_partial = from->min_partial;
		args.cpu_partial_slabs = from->cpu_partial_slabs;
	}
	cache = km_cache_create(replay->kernel.slab, &args, &err);
	if (!cache && err == -ENOMEM)
		replay->loop->out_of_memory = true;
	return cache;
}

static struct kmem_cache *make_from_trace(struct km_replay *replay, const struct tf_cache *cache)
{
	const struct km_host_cache *host = km_host_cache(&replay->host.start, cache->name);
	struct recorded from = {
		.name = cache->name,
		.object_size = cache->object_size,
		.size = cache->size,
		.align = cache->align,
		.objects = cache->oo & 0xffff,
		.order = cache->oo >> 16,
		.min_partial = cache->min_partial,
		.cpu_partial_slabs = cache->cpu_partial_slabs,
		/* min_partial is 5 at least, unless somebody wrote to sysfs. */
		.has_partial = cache->oo && cache->min_partial,
		/* The recorded bits of flags differ between kernels; sysfs has names. */
		.flags = host ? host->flags : 0,
	};

	return make(replay, &from);
}

static unsigned int order_of_pages(uint32_t pages)
{
	return pages ? 31 - (unsigned int)__builtin_clz(pages) : KM_MAX_ORDER + 1;
}

struct kmem_cache *km_caches_of_host(struct km_replay *replay, const struct km_host_cache *host)
{
	bool in_slabs = replay->kernel.machine.profile.features & KM_FEAT_CPU_PARTIAL_SLABS;
	struct recorded from = {
		.name = host->name,
		.object_size = host->object_size,
		.size = host->size,
		.align = host->align,
		.objects = host->objects_per_slab,
		.order = order_of_pages(host->pages_per_slab),
		.min_partial = host->min_partial,
		.cpu_partial_slabs = host->cpu_partial,
		.has_partial = host->has_sysfs,
		.flags = host->flags,
	};

	if (in_slabs && from.objects)
		from.cpu_partial_slabs =
			(2ull * host->cpu_partial + from.objects - 1) / from.objects;
	return make(replay, &from);
}

int km_caches_init(struct km_replay *replay)
{
	const struct tf_meta *meta = replay->meta;
	size_t nr = meta->nr_caches < MAX_CACHES ? meta->nr_caches : MAX_CACHES;
	uint32_t max_id = 0;

	for (size_t i = 0; i < nr; i++)
		if (meta->caches[i].id > max_id && meta->caches[i].id <= TF_MAX_CACHE_ID)
			max_id = meta->caches[i].id;
	replay->nr_cache_map = max_id + 1;
	replay->cache_map = malloc(replay->nr_cache_map * sizeof(*replay->cache_map));
	replay->loop->slots = calloc(replay->nr_cache_map, sizeof(*replay->loop->slots));
	if (!replay->cache_map || !replay->loop->slots)
		return -ENOMEM;
	for (uint32_t id = 0; id <= max_id; id++)
		replay->cache_map[id] = KM_NO_CACHE;
	for (size_t i = 0; i < nr; i++) {
		const struct tf_cache *from = &meta->caches[i];
		struct km_cache_slot *slot;

		if (!from->id || from->id > max_id)
			continue;
		slot = &replay->loop->slots[from->id];
		slot->cache = make_from_trace(replay, from);
		if (!slot->cache)
			continue;
		slot->index = km_cache_index(slot->cache);
		slot->size = km_cache_size(slot->cache);
		replay->cache_map[from->id] = slot->index;
	}
	return replay->loop->out_of_memory ? -ENOMEM : 0;
}
