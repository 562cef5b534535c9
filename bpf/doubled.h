/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that the kernel tells twice become one event.
 *
 * From 6.10 on a kmalloc() of more than two pages whose size is no constant has two events of
 * the same pointer: a first one whose call site is inside the allocator, then the caller's
 * (mm/slub.c,
 * __do_kmalloc_node() and __kmalloc_large_node()).  The second is kept:
 *
 *      kmalloc p, inside __kmalloc   held ─ dropped, for
 *      kmalloc p, pipe_resize_ring   this is the same request
 *
 * A first event is told by its call site where the kernel's symbols are known; else any large
 * request may be one, and is held until the next event of its CPU.  At most one event of a CPU is
 * held, and not beyond KC_HOLD_NS of the stream's time, so that the stream is as sorted as it was
 * but for that.  A second event that comes later, on another CPU, or not at all leaves the first
 * where it is.
 */
#ifndef BPF_DOUBLED_H
#define BPF_DOUBLED_H

#include <stdbool.h>
#include <stdint.h>

#include "tracefmt/event.h"

#define KC_HOLD_NS 20000u

struct kc_doubled {
	/* Is a call site inside of the functions of kmalloc?  NULL: not known of any. */
	bool (*is_inside)(void *arg, uint64_t call_site);
	void *arg;
	uint64_t least_bytes; /* requests of so many bytes and more may be told twice */
	uint64_t nr_dropped;
	/* The rest is its own. */
	struct tf_event *held; /* one for each CPU; kind TF_NR_KINDS: none */
	unsigned int nr_cpus, nr_held;
	uint64_t oldest_ns; /* nothing that is held is older */
};

/* An is_inside(); syms is a struct kc_kallsyms. */
bool kc_is_inside_slab(void *syms, uint64_t call_site);

/* For a kernel of these CPUs and pages.  0 or -ENOMEM. */
int kc_doubled_init(struct kc_doubled *doubled, unsigned int nr_cpus, uint64_t page_bytes);
void kc_doubled_release(struct kc_doubled *doubled);

/*
 * The next event of the stream; what is known to be no first of two goes to emit(), some of it
 * from before.  0 or what emit() returned, which was then not taken again.
 */
int kc_doubled_add(struct kc_doubled *doubled, const struct tf_event *ev,
		   int (*emit)(void *arg, const struct tf_event *ev), void *arg);
/* Emit what is held and older than KC_HOLD_NS at now_ns; all of it if that is UINT64_MAX. */
int kc_doubled_flush(struct kc_doubled *doubled, uint64_t now_ns,
		     int (*emit)(void *arg, const struct tf_event *ev), void *arg);

#endif
