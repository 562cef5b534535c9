/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decoded event: one thing that a kernel allocator was asked to do.
 *
 * Every reader yields these and every writer takes them, whatever the bytes on
 * disk look like.  One event is 64 bytes, one cache line.
 *
 * Two fields carry another thing for another kind of event; the table says what:
 *
 *   kind            addr             bytes_req     bytes_alloc  order  cache
 *   KMALLOC         object           asked for     given        -      if known
 *   KFREE           object           -             -            -      if known
 *   CACHE_ALLOC     object           object_size   size         -      cache
 *   CACHE_FREE      object           -             -            -      cache
 *   PAGE_ALLOC      pfn, or NO_PFN   -             -            order  -
 *   PAGE_FREE       pfn              -             -            order  -
 *   PAGE_FREE_BATCH pfn              -             -            -      -
 *   PERCPU_ALLOC    percpu pointer   size          bytes_alloc  log2 of align  -
 *   PERCPU_FREE     percpu pointer   -             -            -      -
 *   PERCPU_FAIL     -                size          -            log2 of align  -
 *   VMAP_ALLOC      area start       size + guard  -            log2 of align  -
 *   VMAP_FREE       area start       -             -            -      -
 *   GAP             -                events lost   -            -      -
 *   MARK            snapshot number  -             -            -      -
 *   ZONE_LOCKED     pfn              -             -            order  -
 *   PCPU_DRAIN      pfn              -             -            order  -
 *   EXTFRAG         pfn              order of the  its migrate- order  -
 *                                    block taken   type         asked for
 *
 * A failed allocation is a PAGE_ALLOC with addr TF_NO_PFN, a VMAP_ALLOC with
 * TF_EV_FAILED, or a KMALLOC/CACHE_ALLOC whose addr is 0.
 * PAGE_FREE_BATCH is a hint that accompanies PAGE_FREE, never a second free
 * (the kernel emits both for pages freed in batches).
 * ZONE_LOCKED, PCPU_DRAIN and EXTFRAG are the page allocator's own transitions: a block
 * leaves the buddy lists, goes back to them from a per-CPU list, or is taken from a
 * block of another migratetype (the event's own is the one asked for).  They are
 * evidence for a model of it, neither allocations nor frees.
 *
 * call_site is the instruction after the call, as the tracepoint gives it; for
 * page and vmap events it is the first caller outside the allocators (and outside the
 * wrappers of the class, of pages with one of the last six owners), from the stack (0 when
 * no stack could be had).
 * bytes_req and bytes_alloc of a CACHE_ALLOC are those of its cache.
 * bytes_alloc is UINT32_MAX when it was that or more (only a failed request can be).
 * stack is the id of a call chain in the trace's table of stacks (tracefmt/meta.h),
 * TF_NO_STACK where none was recorded; the chain begins above the tracepoint.
 * gfp is in the bits of the recorded kernel; trace metadata name them.
 */
#ifndef TRACEFMT_EVENT_H
#define TRACEFMT_EVENT_H

#include <stdint.h>

/* The version of the format that has all that is here. */
#define TF_VERSION_MAJOR 1
#define TF_VERSION_MINOR 1

enum tf_kind {
	TF_KMALLOC,
	TF_KFREE,
	TF_CACHE_ALLOC,
	TF_CACHE_FREE,
	TF_PAGE_ALLOC,
	TF_PAGE_FREE,
	TF_PAGE_FREE_BATCH,
	TF_PERCPU_ALLOC,
	TF_PERCPU_FREE,
	TF_PERCPU_FAIL,
	TF_VMAP_ALLOC,
	TF_VMAP_FREE,
	TF_GAP,
	TF_MARK,
	TF_ZONE_LOCKED,
	TF_PCPU_DRAIN,
	TF_EXTFRAG,
	TF_NR_KINDS
};

/* Where the event happened.  Bits; none of the interrupt bits means task context. */
enum tf_context {
	TF_CTX_SOFTIRQ = 1 << 0, /* serving a softirq */
	TF_CTX_HARDIRQ = 1 << 1,
	TF_CTX_NMI = 1 << 2,
	TF_CTX_BH_OFF = 1 << 3,	  /* bottom halves disabled by the task */
	TF_CTX_IRQS_OFF = 1 << 4, /* interrupts off; means something if the trace has the fact
				     record.irqs_off */
	TF_CTX_RCU = 1 << 5,	  /* in an RCU read-side section; means something if the trace has
				     the fact record.rcu */
	TF_CTX_UNKNOWN =
		1 << 7, /* the kernel did not tell; the other bits and preempt mean nothing */
};

/*
 * Who took the page or the area, as the stack tells it: the innermost allocator, or else what
 * the page allocator was called for (tracefmt/frame.h).  vmap events have none of the last four.
 */
enum tf_owner {
	TF_OWNER_UNKNOWN, /* no stack */
	TF_OWNER_SLAB,	  /* slab pages and large kmalloc */
	TF_OWNER_VMALLOC, /* pages of vmalloc areas; VMAP events: an area with pages of its own */
	TF_OWNER_PERCPU,  /* backing pages of percpu chunks */
	TF_OWNER_OTHER,	  /* call_site, outside the allocators; VMAP events: ioremap, vmap */
	TF_OWNER_PAGE_TABLE,
	TF_OWNER_KERNEL_STACK, /* not in a vmalloc area */
	TF_OWNER_PAGE_CACHE,
	TF_OWNER_ANON,
	TF_OWNER_MIGRATED, /* a free: what was in it moved to another page, mostly unseen */
	TF_OWNER_SHMEM,	   /* tmpfs and shared memory: goes to swap, not to a disk */
	TF_NR_OWNERS
};

/* Bits 0 to 2 depend on the kind.  The task's scopes say nothing in an interrupt. */
enum tf_event_flags {
	TF_EV_FAILED = 1 << 0,	      /* VMAP_ALLOC: no space */
	TF_EV_PERCPU_REFILL = 1 << 0, /* ZONE_LOCKED: percpu_refill */
	TF_EV_ATOMIC = 1 << 1,	      /* PERCPU_*: is_atomic */
	TF_EV_RESERVED = 1 << 2,      /* PERCPU_*: from the reserved part */
	TF_EV_MEMALLOC = 1 << 3,      /* the task had PF_MEMALLOC */
	TF_EV_NOIO = 1 << 4,	      /* ... PF_MEMALLOC_NOIO */
	TF_EV_NOFS = 1 << 5,	      /* ... PF_MEMALLOC_NOFS */
	TF_EV_HOOKED = 1 << 6,	      /* from a hook of a path without tracepoint: bulk, batched */
};

#define TF_NO_PFN UINT64_MAX
#define TF_NO_CACHE 0u
#define TF_NO_STACK 0u
#define TF_NO_NODE (-1)

struct tf_event {
	uint64_t ts_ns; /* CLOCK_MONOTONIC of the host */
	uint64_t addr;
	uint64_t call_site;
	uint64_t bytes_req;
	uint32_t bytes_alloc;
	uint32_t stack; /* id in the trace's table of stacks, TF_NO_STACK if none */
	uint32_t gfp;	/* allocations only */
	uint32_t pid;	/* thread id, 0 for idle */
	uint32_t cache; /* id in the trace's cache table, TF_NO_CACHE if none */
	uint16_t cpu;
	int16_t node; /* asked for, TF_NO_NODE if any */
	uint8_t kind; /* enum tf_kind */
	uint8_t order;
	uint8_t migratetype; /* requested, in the numbering of the recorded kernel */
	uint8_t ctx;	     /* enum tf_context */
	uint8_t preempt;     /* preemption depth of the caller, tracepoint's own removed */
	uint8_t owner;	     /* enum tf_owner; page and vmap events */
	uint8_t flags;	     /* enum tf_event_flags */
	uint8_t unused;
};

/*
 * What a reader needs of an event beyond the fields that cost nearly nothing.  What is
 * not wanted is 0, and so are cache and order of all but allocations without
 * TF_WANT_ADDR, for they follow from what had the address before.
 */
enum tf_want {
	TF_WANT_TIME = 1 << 0,
	TF_WANT_ADDR = 1 << 1,
	TF_WANT_ALL = TF_WANT_TIME | TF_WANT_ADDR,
};

_Static_assert(sizeof(struct tf_event) == 64, "one event is one cache line");

/* "kmalloc", "kfree", ... the names that dump prints and --type takes; NULL if out of range. */
const char *tf_kind_name(unsigned kind);
/* The kind of that name, or -1. */
int tf_kind_from_name(const char *name);
/* "slab", "vmalloc", ...; NULL if out of range. */
const char *tf_owner_name(unsigned owner);

/* Pages that an allocator took to give them on: a model of that allocator takes its own. */
static inline int tf_owner_is_allocator(unsigned owner)
{
	return owner == TF_OWNER_SLAB || owner == TF_OWNER_VMALLOC || owner == TF_OWNER_PERCPU;
}

/* The first minor version of the format that has it. */
static inline unsigned tf_kind_minor(unsigned kind)
{
	return kind <= TF_MARK ? 0 : 1;
}

/* Kinds that allocate and succeed or fail; kinds that free. */
static inline int tf_kind_is_alloc(unsigned kind)
{
	return kind == TF_KMALLOC || kind == TF_CACHE_ALLOC || kind == TF_PAGE_ALLOC ||
	       kind == TF_PERCPU_ALLOC || kind == TF_VMAP_ALLOC;
}

/* Did the request fail?  See above for how each kind tells. */
static inline int tf_event_is_failed(const struct tf_event *ev)
{
	switch (ev->kind) {
	case TF_KMALLOC:
	case TF_CACHE_ALLOC:
		return !ev->addr;
	case TF_PAGE_ALLOC:
		return ev->addr == TF_NO_PFN;
	case TF_VMAP_ALLOC:
		return ev->flags & TF_EV_FAILED;
	default:
		return ev->kind == TF_PERCPU_FAIL;
	}
}

static inline int tf_kind_is_free(unsigned kind)
{
	return kind == TF_KFREE || kind == TF_CACHE_FREE || kind == TF_PAGE_FREE ||
	       kind == TF_PERCPU_FREE || kind == TF_VMAP_FREE;
}

#endif
