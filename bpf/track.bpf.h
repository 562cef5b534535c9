/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters on requests: a free is recorded if the request of its object was.
 *
 * Objects whose request was recorded are kept in a table of buckets, a cache line each.  A
 * bucket that is full takes no more: that free will be missing, and is counted.
 */
#ifndef BPF_TRACK_BPF_H
#define BPF_TRACK_BPF_H

#include "bpf/slot.bpf.h"

static __always_inline int has_request_filter(void)
{
	return params.min_bytes || params.sample_sites > 1;
}

static __always_inline struct kc_tracked *bucket_of(__u64 object)
{
	__u32 at = object * 0x9e3779b97f4a7c15ull >> 47;

	return bpf_map_lookup_elem(&tracked, &at);
}

/* Forget an object.  Was it known? */
static __always_inline int untrack(__u64 object)
{
	struct kc_tracked *bucket = bucket_of(object);

	for (int i = 0; bucket && i < 8; i++)
		if (bucket->object[i] == object)
			return __sync_val_compare_and_swap(&bucket->object[i], object, 0) == object;
	return 0;
}

static __always_inline void track(__u64 object)
{
	struct kc_tracked *bucket = bucket_of(object);

	for (int i = 0; bucket && i < 8; i++)
		if (!bucket->object[i] &&
		    !__sync_val_compare_and_swap(&bucket->object[i], 0, object))
			return;
	__sync_fetch_and_add(&shared.untracked, 1);
}

/* where is the call site, or what stands for it. */
static __always_inline int request_passes(__u64 object, __u64 where, __u64 bytes)
{
	int passes = bytes >= params.min_bytes;

	if (!has_request_filter())
		return 1;
	if (params.sample_sites > 1 &&
	    (__u32)(where * 0x9e3779b97f4a7c15ull >> 32) % params.sample_sites)
		passes = 0;
	if (!object)
		return passes;
	untrack(object); /* of a free that no program saw */
	if (passes)
		track(object);
	return passes;
}

static __always_inline int free_passes(__u64 object)
{
	return !has_request_filter() || untrack(object);
}

#endif
