/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How large an object becomes, how many share a slab, and how many slabs are kept.
 *
 *   |<------------------ size (stride) ------------------>|
 *   | object_size | to 8 | free pointer if outside | align |
 *
 * Mirrors mm/slab_common.c calculate_alignment(), mm/slub.c calculate_sizes(),
 * calculate_order(), set_cpu_partial() of 6.12, and calculate_order() of 6.1.
 * Not modelled: debug options (red zones, poison, stored users), KASAN, a free
 * pointer offset chosen by the creator (6.12: counted as outside the object).
 */
#include <errno.h>

#include "core/slab/cache.h"

#define KM_SLAB_MINALIGN 8 /* ARCH_SLAB_MINALIGN of x86, 32 and 64 bit */
#define KM_DEFAULT_MAX_ORDER 3
#define KM_MAX_OBJECT_SIZE (1u << 22) /* KMALLOC_MAX_SIZE */

static uint64_t align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

static unsigned int fls64(uint64_t value)
{
	return value ? 64 - (unsigned int)__builtin_clzll(value) : 0;
}

static unsigned int min_order_for(uint64_t bytes, unsigned int page_shift)
{
	return bytes <= 1ull << page_shift ? 0 : fls64((bytes - 1) >> page_shift);
}

static uint32_t calculate_alignment(const struct km_cache_args *args,
				    const struct km_profile *profile)
{
	uint32_t align = args->align;

	if (args->flags & KM_SLAB_HWCACHE_ALIGN) {
		uint32_t line = profile->cacheline_bytes;

		while (args->object_size <= line / 2)
			line /= 2;
		if (align < line)
			align = line;
	}
	if (align < KM_SLAB_MINALIGN)
		align = KM_SLAB_MINALIGN;
	return (uint32_t)align_up(align, profile->address_bits / 8);
}

static uint64_t calculate_size(const struct km_cache_args *args, const struct km_profile *profile,
			       uint32_t align)
{
	unsigned int word = profile->address_bits / 8;
	uint64_t size = align_up(args->object_size, word);

	if (args->flags & (KM_SLAB_TYPESAFE_BY_RCU | KM_SLAB_CTOR))
		size += word;
	return align_up(size, align);
}

struct order_request {
	uint64_t size;
	unsigned int page_shift, max_order, min_objects;
};

/* First order from first to last that wastes at most 1/fraction; above last if none does. */
static unsigned int first_order(const struct order_request *req, unsigned int first,
				unsigned int last, unsigned int fraction)
{
	unsigned int order;

	for (order = first; order <= last; order++) {
		uint64_t bytes = (1ull << req->page_shift) << order;

		if (bytes % req->size <= bytes / fraction)
			break;
	}
	return order;
}

static bool too_many_objects(const struct order_request *req, unsigned int order)
{
	return ((1ull << req->page_shift) << order) / req->size > KM_SLAB_MAX_OBJECTS;
}

static unsigned int order_of_most_objects(const struct order_request *req)
{
	return min_order_for(req->size * KM_SLAB_MAX_OBJECTS, req->page_shift) - 1;
}

/* 6.8 and later. */
static unsigned int order_new(const struct order_request *req)
{
	unsigned int first = min_order_for(req->min_objects * req->size, req->page_shift);

	if (too_many_objects(req, first))
		return order_of_most_objects(req);
	for (unsigned int fraction = 16; fraction > 1; fraction /= 2) {
		unsigned int order = first_order(req, first, req->max_order, fraction);

		if (order <= req->max_order)
			return order;
	}
	return min_order_for(req->size, req->page_shift);
}

/* 2.6.32 to 6.7. */
static unsigned int order_old(const struct order_request *req)
{
	unsigned int first, order;

	for (unsigned int objects = req->min_objects; objects > 1; objects--) {
		first = min_order_for(objects * req->size, req->page_shift);
		if (too_many_objects(req, first))
			return order_of_most_objects(req);
		for (unsigned int fraction = 16; fraction >= 4; fraction /= 2) {
			order = first_order(req, first, req->max_order, fraction);
			if (order <= req->max_order)
				return order;
		}
	}
	return min_order_for(req->size, req->page_shift);
}

static unsigned int calculate_order(uint64_t size, const struct km_profile *profile,
				    const struct km_slab_settings *settings)
{
	struct order_request req = {
		.size = size,
		.page_shift = profile->page_shift,
		.max_order = KM_DEFAULT_MAX_ORDER,
		.min_objects = settings->min_objects,
	};
	uint64_t most;

	if (settings->max_order == KM_SLAB_ORDER_0)
		req.max_order = 0;
	else if (settings->max_order)
		req.max_order =
			settings->max_order < KM_MAX_ORDER ? settings->max_order : KM_MAX_ORDER;
	if (!req.min_objects) {
		/* num_present_cpus(), not trusted when it is one. */
		unsigned int cpus =
			profile->nr_cpus > 1 ? profile->nr_cpus : profile->nr_possible_cpus;

		req.min_objects = 4 * (fls64(cpus) + 1);
	}
	most = ((1ull << req.page_shift) << req.max_order) / size;
	if (!most)
		most = 1;
	if (req.min_objects > most)
		req.min_objects = (unsigned int)most;
	return profile->features & KM_FEAT_ORDER_NEW ? order_new(&req) : order_old(&req);
}

static uint32_t calculate_min_partial(uint64_t size)
{
	unsigned int half_log = (fls64(size) - 1) / 2;

	return half_log < 5 ? 5 : half_log > 10 ? 10 : half_log;
}

static uint32_t calculate_cpu_partial(const struct km_profile *profile,
				      const struct km_slab_settings *settings, uint64_t size,
				      uint32_t objects)
{
	bool in_slabs = profile->features & KM_FEAT_CPU_PARTIAL_SLABS;
	uint64_t nr;

	if (settings->cpu_partial != KM_SLAB_DEFAULT)
		nr = (uint64_t)settings->cpu_partial;
	else if (size >= 1ull << profile->page_shift)
		nr = in_slabs ? 6 : 2;
	else if (size >= 1024)
		nr = in_slabs ? 24 : 6;
	else if (size >= 256)
		nr = in_slabs ? 52 : 13;
	else
		nr = in_slabs ? 120 : 30;
	/* A slab on the stack is taken to be half full. */
	return (uint32_t)(in_slabs ? (nr * 2 + objects - 1) / objects : nr);
}

static int geometry_given(const struct km_cache_args *args, const struct km_profile *profile,
			  struct km_slab_geometry *out)
{
	uint64_t bytes = (1ull << profile->page_shift) << args->order;

	if (args->order > KM_MAX_ORDER || args->size < args->object_size || args->size < 2 ||
	    args->objects == 0 || args->objects > KM_SLAB_MAX_OBJECTS ||
	    (uint64_t)args->objects * args->size > bytes)
		return -EINVAL;
	*out = (struct km_slab_geometry){
		.size = args->size,
		.align = args->align ? args->align : KM_SLAB_MINALIGN,
		.objects = args->objects,
		.min_objects_order = min_order_for(args->size, profile->page_shift),
		.min_partial = args->min_partial,
		.cpu_partial_slabs = args->cpu_partial_slabs,
		.order = args->order,
	};
	return 0;
}

int km_slab_geometry(const struct km_cache_args *args, const struct km_profile *profile,
		     const struct km_slab_settings *settings, struct km_slab_geometry *out)
{
	unsigned int order;
	uint64_t size;
	uint32_t align;

	if (args->object_size == 0 || args->object_size > KM_MAX_OBJECT_SIZE ||
	    (args->align & (args->align - 1)) || args->align > KM_MAX_OBJECT_SIZE)
		return -EINVAL;
	if (args->flags & KM_SLAB_EXACT)
		return geometry_given(args, profile, out);
	align = calculate_alignment(args, profile);
	size = calculate_size(args, profile, align);
	order = calculate_order(size, profile, settings);
	if (order > KM_MAX_ORDER)
		return -EINVAL;
	*out = (struct km_slab_geometry){
		.size = (uint32_t)size,
		.align = align,
		.objects = (uint32_t)(((1ull << profile->page_shift) << order) / size),
		.min_objects_order = min_order_for(size, profile->page_shift),
		.min_partial = calculate_min_partial(size),
		.order = (uint8_t)order,
	};
	out->cpu_partial_slabs = calculate_cpu_partial(profile, settings, size, out->objects);
	return 0;
}
