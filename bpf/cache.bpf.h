/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slab cache of an object as a number: its place in the table of caches.
 */
#ifndef BPF_CACHE_BPF_H
#define BPF_CACHE_BPF_H

#include "bpf/slot.bpf.h"

static __noinline int describe_cache(__u32 place, __u64 addr)
{
	struct kmem_cache *cache = (void *)addr;
	struct kc_cache_entry *e = bpf_map_lookup_elem(&caches, &place);
	const char *name;

	if (!e)
		return 0;
	e->object_size = BPF_CORE_READ(cache, object_size);
	e->size = BPF_CORE_READ(cache, size);
	e->align = BPF_CORE_READ(cache, align);
	e->flags = BPF_CORE_READ(cache, flags);
	e->oo = bpf_core_field_exists(cache->oo) ? BPF_CORE_READ(cache, oo.x) : 0;
	e->min_partial =
		bpf_core_field_exists(cache->min_partial) ? BPF_CORE_READ(cache, min_partial) : 0;
	e->cpu_partial =
		bpf_core_field_exists(cache->cpu_partial) ? BPF_CORE_READ(cache, cpu_partial) : 0;
	e->cpu_partial_slabs = bpf_core_field_exists(cache->cpu_partial_slabs)
				       ? BPF_CORE_READ(cache, cpu_partial_slabs)
				       : 0;
	name = BPF_CORE_READ(cache, name);
	if (bpf_probe_read_kernel_str(e->name, sizeof(e->name), name) < 0)
		e->name[0] = 0;
	barrier();
	*(volatile __u32 *)&e->ready = 1;
	return 1;
}

/*
 * The id of a cache: its place in the table + 1.  0 when the table has no room near its
 * place.  A cache that was destroyed and another of its address are told apart by their sizes.
 */
static __always_inline __u32 cache_id(__u64 s)
{
	__u32 place = (__u32)(s >> 6) * 0x9e3779b1u >> 20;
	__u64 sizes;

	if (!s)
		return 0;
	sizes = load_word(s + bpf_core_field_offset(struct kmem_cache, size));
	for (int probe = 0; probe < 8; probe++) {
		__u32 at = (place + probe) & (KC_CACHE_SLOTS - 1);
		struct kc_cache_entry *e = bpf_map_lookup_elem(&caches, &at);

		if (!e)
			return 0;
		if (!e->addr && !__sync_val_compare_and_swap(&e->addr, 0, s))
			e->sizes = sizes;
		if (e->addr != s)
			continue;
		/* Nobody else's cache has no size: whoever took the place has yet to fill it in. */
		if (e->sizes && e->sizes != sizes)
			continue;
		if (!e->ready)
			describe_cache(at, s);
		return at + 1;
	}
	__sync_fetch_and_add(&shared.no_cache, 1);
	return 0;
}

/* The cache of an object whose event does not name it; 0 if it is in none or cannot be told. */
static __always_inline __u32 object_cache_id(__u64 object)
{
	__u64 page, head, offset = object - shared.page_offset_base;

	if (!params.page_bytes || !shared.vmemmap_base || offset >= shared.direct_map_bytes)
		return 0;
	page = shared.vmemmap_base + (offset >> 12) * params.page_bytes;
	head = load_word(page + params.compound_head);
	if (head & 1)
		page = head - 1;
	if ((load_word(page + params.slab_word) >> params.slab_shift & params.slab_mask) !=
	    params.slab_value)
		return 0;
	return cache_id(load_word(page + params.slab_cache));
}

#endif
