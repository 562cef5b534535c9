/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the counting program and its eBPF side share.  The includer provides __u32 and __u64.
 */
#ifndef TESTS_TOOLS_COUNT_EVENTS_H
#define TESTS_TOOLS_COUNT_EVENTS_H

/* C(tracepoint, name), the names as kmemtool spells its kinds. */
#define COUNT_EVENTS(C)                                                                            \
	C(kmalloc, kmalloc)                                                                        \
	C(kfree, kfree)                                                                            \
	C(kmem_cache_alloc, cache_alloc)                                                           \
	C(kmem_cache_free, cache_free)                                                             \
	C(mm_page_alloc, page_alloc)                                                               \
	C(mm_page_free, page_free)                                                                 \
	C(percpu_alloc_percpu, percpu_alloc)                                                       \
	C(percpu_free_percpu, percpu_free)                                                         \
	C(alloc_vmap_area, vmap_alloc)                                                             \
	C(free_vmap_area_noflush, vmap_free)

enum count_nr {
#define COUNT_NR(tracepoint, name) COUNT_##tracepoint,
	COUNT_EVENTS(COUNT_NR)
#undef COUNT_NR
	COUNT_NOTHING, /* of kfree: NULL, or what a request of no bytes got */
	COUNT_LARGE,   /* of kmalloc: those that take whole pages */
	COUNT_TWICE,   /* of those: told a second time, from 6.10 on */
	COUNT_FAILED,  /* of mm_page_alloc: those that got none */
	COUNT_NR_COUNTS
};

struct count_params {
	__u64 offset_runqueues; /* in the per-CPU section */
	__u64 offset_preempt_count;
	__u32 tgid; /* 0: everything, in any context */
	__u32 unused;
};

#endif
