/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All slab caches of the running kernel, by its kmem_cache iterator (6.13 and later).
 *
 * The kernel walks its list of caches, which is that of /proc/slabinfo, and a program
 * writes down each.  No event must have announced a cache, and two caches that had the
 * same address one after the other are told apart by reading at two times.
 *
 * struct kc_cache_info crosses from the eBPF program, in native byte order.
 */
#ifndef BPF_CACHE_ITER_H
#define BPF_CACHE_ITER_H

#include <linux/types.h>
#include <stddef.h>

#define KC_CACHE_INFO_NAME 64

/* Fields that the kernel does not have are 0. */
struct kc_cache_info {
	__u64 addr; /* its struct kmem_cache */
	__u32 object_size, size, align, flags;
	__u32 oo; /* order << 16 | objects per slab */
	__u32 min_partial;
	__u32 cpu_partial; /* objects */
	__u32 cpu_partial_slabs;
	char name[KC_CACHE_INFO_NAME]; /* cut at 63 characters */
};

_Static_assert(sizeof(struct kc_cache_info) == 104, "no padding between program and collector");

#ifndef __bpf__

struct kc_cache_iter;

/*
 * Load the program and make ready for two readings, so that these need no privilege any
 * more.  -ENOENT if the kernel has no such iterator, -EPERM, or what it said; then
 * reason has one line.
 */
int kc_cache_iter_open(struct kc_cache_iter **out, char *reason, size_t len);
/*
 * All caches, in the kernel's order; the caller frees the array.  The third reading and
 * those that follow need what opening needs.  0 with nr > 0, -ENOMEM, or what the kernel
 * said; then *out is NULL.
 */
int kc_cache_iter_read(struct kc_cache_iter *iter, struct kc_cache_info **out, size_t *nr);
void kc_cache_iter_close(struct kc_cache_iter *iter);

#endif
#endif
