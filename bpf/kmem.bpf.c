// SPDX-License-Identifier: GPL-2.0-only
/*
 * The eBPF side of the collector: what each tracepoint says, as a slot.
 *
 * Typed raw tracepoints (tp_btf).  Where a tracepoint's arguments changed between
 * kernels there is one program a shape, TRACEPOINT__SHAPE; bpf/programs.c chooses
 * by BTF and leaves the others unloaded.
 */
#include "bpf/slot.bpf.h"

#include "bpf/cache.bpf.h"
#include "bpf/stack.bpf.h"
#include "bpf/track.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define PROGRAM(tracepoint, shape, name, pass, ...)                                                \
	SEC("tp_btf/" #tracepoint) int tracepoint##__##shape##__##name(__u64 *ctx)                 \
	{                                                                                          \
		tracepoint(ctx, pass, ##__VA_ARGS__);                                              \
		return 0;                                                                          \
	}

#define PROGRAMS(tracepoint, shape, ...)                                                           \
	PROGRAM(tracepoint, shape, first, FIRST, ##__VA_ARGS__)                                    \
	PROGRAM(tracepoint, shape, second, SECOND, ##__VA_ARGS__)

/* Which argument is what; 0: there is none. */
struct request {
	int bytes_req, bytes_alloc, gfp, node, cache;
};

#define NODE(ctx, r) ((r).node ? (__u32)(ctx)[(r).node] << 24 : 0xffu << 24)
/* Sizes that kmalloc gives are multiples of 8; larger ones go into kc_more. */
#define FITS(bytes_req, bytes_alloc) (((bytes_req) | (bytes_alloc) >> 3) <= 0xffff)

static __always_inline void add_stack(struct kc_event *e, __u64 *ctx)
{
	if (e->more)
		e->more->stack = stack_id(ctx, e, params.slab_frames);
}

static __always_inline void kmalloc(__u64 *ctx, enum pass pass, const struct request r)
{
	__u64 object = void_pointer(ctx, 1), req = ctx[r.bytes_req], alloc = ctx[r.bytes_alloc];
	int with_stack, fits = FITS(req, alloc);
	struct kc_event e;

	if (!event_wanted(&e, ctx, (void *)object, pass, KC_KMALLOC) ||
	    !request_passes(object, ctx[0], req))
		return;
	with_stack = wants_stack(&e);
	if (!event_reserve(&e, KC_KMALLOC, with_stack || !fits))
		return;
	e.slot->addr = object;
	e.slot->site = short_site(ctx[0]);
	e.slot->gfp = ctx[r.gfp];
	e.slot->preempt_node |= NODE(ctx, r);
	e.slot->detail = fits ? req | alloc >> 3 << 16 : 0;
	e.word |= (__u64)object_cache_id(object) << KC_CACHE_SHIFT;
	if (!fits)
		set_bytes(&e, req, alloc);
	if (with_stack)
		add_stack(&e, ctx);
	event_publish(&e);
}

/* call_site, ptr, bytes_req, bytes_alloc, gfp; in 6.0 with the cache behind ptr */
PROGRAMS(kmalloc, bare, (struct request){ 2, 3, 4, 0 })
PROGRAMS(kmalloc, cache, (struct request){ 3, 4, 5, 0 })
PROGRAMS(kmalloc, node, (struct request){ 2, 3, 4, 5 })

/* kmalloc_node: up to 6.0 */
static __always_inline void kmalloc_node(__u64 *ctx, enum pass pass, const struct request r)
{
	kmalloc(ctx, pass, r);
}
PROGRAMS(kmalloc_node, bare, (struct request){ 2, 3, 4, 5 })
PROGRAMS(kmalloc_node, cache, (struct request){ 3, 4, 5, 6 })

static __always_inline void kmem_cache_alloc(__u64 *ctx, enum pass pass, const struct request r)
{
	__u64 object = void_pointer(ctx, 1), cache, bytes = 0;
	int with_stack;
	struct kc_event e;

	if (!event_wanted(&e, ctx, (void *)object, pass, KC_CACHE_ALLOC))
		return;
	if (has_request_filter())
		bytes = r.cache ? ((struct kmem_cache *)ctx[r.cache])->object_size
				: ctx[r.bytes_req];
	if (!request_passes(object, ctx[0], bytes))
		return;
	with_stack = wants_stack(&e);
	if (!event_reserve(&e, KC_CACHE_ALLOC, with_stack))
		return;
	cache = r.cache ? cache_id(POINTER_ARG(ctx, r.cache, &e.slot->addr))
			: object_cache_id(object);
	e.slot->addr = object;
	e.slot->site = short_site(ctx[0]);
	e.slot->gfp = ctx[r.gfp];
	e.slot->preempt_node |= NODE(ctx, r);
	e.slot->detail = 0;
	e.word |= cache << KC_CACHE_SHIFT;
	if (with_stack)
		add_stack(&e, ctx);
	event_publish(&e);
}

/* call_site, ptr, cache, gfp, node: the sizes are the cache's */
PROGRAMS(kmem_cache_alloc, named, (struct request){ .cache = 2, .gfp = 3, .node = 4 })
/* up to 6.0: the arguments of kmalloc; the cache is found by the object */
PROGRAMS(kmem_cache_alloc, bare, (struct request){ 2, 3, 4, 0 })
PROGRAMS(kmem_cache_alloc, cache, (struct request){ 3, 4, 5, 0 })

static __always_inline void kmem_cache_alloc_node(__u64 *ctx, enum pass pass,
						  const struct request r)
{
	kmem_cache_alloc(ctx, pass, r);
}
PROGRAMS(kmem_cache_alloc_node, bare, (struct request){ 2, 3, 4, 5 })
PROGRAMS(kmem_cache_alloc_node, cache, (struct request){ 3, 4, 5, 6 })

/* kfree() of NULL or of what a request of no bytes got is traced, and frees nothing. */
#define ZERO_SIZE_PTR 16

static __always_inline void free_object(__u64 *ctx, enum pass pass, __u32 kind, int cache_arg)
{
	__u64 object = void_pointer(ctx, 1), cache;
	int with_stack;
	struct kc_event e;

	if (!event_wanted(&e, ctx, (void *)object, pass, kind) || object <= ZERO_SIZE_PTR ||
	    !free_passes(object))
		return;
	with_stack = wants_stack(&e);
	if (!event_reserve(&e, kind, with_stack))
		return;
	cache = cache_arg ? cache_id(POINTER_ARG(ctx, cache_arg, &e.slot->addr))
			  : object_cache_id(object);
	e.slot->addr = object;
	e.slot->site = short_site(ctx[0]);
	e.slot->gfp = 0;
	e.slot->detail = 0;
	e.word |= cache << KC_CACHE_SHIFT;
	if (with_stack)
		add_stack(&e, ctx);
	event_publish(&e);
}

static __always_inline void kfree(__u64 *ctx, enum pass pass)
{
	free_object(ctx, pass, KC_KFREE, 0);
}
PROGRAMS(kfree, any) /* call_site, ptr */

static __always_inline void kmem_cache_free(__u64 *ctx, enum pass pass, int cache_arg)
{
	free_object(ctx, pass, KC_CACHE_FREE, cache_arg);
}
PROGRAMS(kmem_cache_free, named, 2) /* call_site, ptr, cache */
PROGRAMS(kmem_cache_free, bare, 0)  /* up to 6.0: call_site, ptr, from 5.12 on a name */

/*
 * A page or a transition of one.  What the page is for, the call chain tells, from which the
 * collector takes owner and call site; transitions need none, and are of no request.
 */
static __always_inline void page_event(__u64 *ctx, enum pass pass, __u32 kind, __u32 gfp,
				       __u32 detail)
{
	int has_chain = kind == KC_PAGE_ALLOC || kind == KC_PAGE_FREE;
	__u32 stack = 0;
	struct kc_event e;

	if (!event_wanted(&e, ctx, (void *)ctx[0], pass, kind))
		return;
	if (has_chain)
		stack = stack_id(ctx, &e, params.owner_frames);
	if (has_request_filter() && has_chain) {
		__u64 page =
			as_number(&cpu_state(e.cpu)->scratch[level_of(e.preempt)], (void *)ctx[0]);

		if (kind == KC_PAGE_ALLOC ? !request_passes(page, stack, 4096ull << (detail & 63))
					  : !free_passes(page))
			return;
	}
	if (!event_reserve(&e, kind, 0))
		return;
	*(const void *volatile *)&e.slot->addr = (void *)ctx[0];
	e.slot->site = stack;
	e.slot->gfp = gfp;
	e.slot->detail = detail;
	event_publish(&e);
}

/* page, order, gfp, migratetype; page is NULL on failure */
static __always_inline void mm_page_alloc(__u64 *ctx, enum pass pass)
{
	page_event(ctx, pass, KC_PAGE_ALLOC, ctx[2],
		   (__u32)(ctx[1] & 0xff) | (__u32)(ctx[3] & 0xff) << 8);
}
PROGRAMS(mm_page_alloc, any)

/* page, order */
static __always_inline void mm_page_free(__u64 *ctx, enum pass pass)
{
	page_event(ctx, pass, KC_PAGE_FREE, 0, ctx[1] & 0xff);
}
PROGRAMS(mm_page_free, any)

/* page, order, migratetype, from 5.19 on percpu_refill */
static __always_inline void mm_page_alloc_zone_locked(__u64 *ctx, enum pass pass, int refill_arg)
{
	__u32 detail = (__u32)(ctx[1] & 0xff) | (__u32)(ctx[2] & 0xff) << 8;

	if (refill_arg && (__u32)ctx[refill_arg])
		detail |= KC_REFILL;
	page_event(ctx, pass, KC_ZONE_LOCKED, 0, detail);
}
PROGRAMS(mm_page_alloc_zone_locked, bare, 0)
PROGRAMS(mm_page_alloc_zone_locked, refill, 3)

/* page, order, migratetype */
static __always_inline void mm_page_pcpu_drain(__u64 *ctx, enum pass pass)
{
	page_event(ctx, pass, KC_PCPU_DRAIN, 0,
		   (__u32)(ctx[1] & 0xff) | (__u32)(ctx[2] & 0xff) << 8);
}
PROGRAMS(mm_page_pcpu_drain, any)

/* page, alloc_order, fallback_order, alloc_migratetype, fallback_migratetype */
static __always_inline void mm_page_alloc_extfrag(__u64 *ctx, enum pass pass)
{
	page_event(ctx, pass, KC_EXTFRAG, (__u32)(ctx[2] & 0xff) | (__u32)(ctx[4] & 0xff) << 8,
		   (__u32)(ctx[1] & 0xff) | (__u32)(ctx[3] & 0xff) << 8);
}
PROGRAMS(mm_page_alloc_extfrag, any)

/* Where the arguments of percpu_alloc_percpu are; site and gfp came in 5.19. */
struct percpu_request {
	int site, reserved, pointer, bytes_alloc, gfp;
};

static __always_inline void percpu_alloc_percpu(__u64 *ctx, enum pass pass,
						const struct percpu_request r)
{
	__u64 pointer = void_pointer(ctx, r.pointer), req = ctx[r.reserved + 2];
	__u64 site = r.site >= 0 ? ctx[r.site] : 0;
	struct kc_event e;

	if (!event_wanted(&e, ctx, (void *)pointer, pass, KC_PERCPU_ALLOC) ||
	    !request_passes(pointer, site, req) || !event_reserve(&e, KC_PERCPU_ALLOC, 1))
		return;
	e.slot->addr = pointer;
	e.slot->site = short_site(site);
	e.slot->gfp = r.gfp ? ctx[r.gfp] : 0;
	e.slot->preempt_node |= 0xffu << 24;
	e.slot->detail = ((__u8)ctx[r.reserved] ? KC_RESERVED : 0) |
			 ((__u8)ctx[r.reserved + 1] ? KC_ATOMIC : 0);
	set_bytes(&e, req, r.bytes_alloc ? ctx[r.bytes_alloc] : 0);
	e.more_word |= (ctx[r.reserved + 3] & 0xffffff) << KC_ALIGN_SHIFT;
	if (wants_stack(&e))
		add_stack(&e, ctx);
	event_publish(&e);
}
/* [call_site,] reserved, is_atomic, size, align, base, off, ptr[, bytes_alloc, gfp] */
PROGRAMS(percpu_alloc_percpu, bare, (struct percpu_request){ -1, 0, 6, 0, 0 })
PROGRAMS(percpu_alloc_percpu, site, (struct percpu_request){ 0, 1, 7, 8, 9 })

/* base, off, ptr */
static __always_inline void percpu_free_percpu(__u64 *ctx, enum pass pass)
{
	__u64 pointer = void_pointer(ctx, 2);
	int with_stack;
	struct kc_event e;

	if (!event_wanted(&e, ctx, (void *)pointer, pass, KC_PERCPU_FREE) || !free_passes(pointer))
		return;
	with_stack = wants_stack(&e);
	if (!event_reserve(&e, KC_PERCPU_FREE, with_stack))
		return;
	e.slot->addr = pointer;
	e.slot->site = 0;
	e.slot->gfp = 0;
	e.slot->detail = 0;
	if (with_stack)
		add_stack(&e, ctx);
	event_publish(&e);
}
PROGRAMS(percpu_free_percpu, any)

/* reserved, is_atomic, size, align */
static __always_inline void percpu_alloc_percpu_fail(__u64 *ctx, enum pass pass)
{
	struct kc_event e;

	if (!event_wanted(&e, ctx, NULL, pass, KC_PERCPU_FAIL) || !request_passes(0, 0, ctx[2]) ||
	    !event_reserve(&e, KC_PERCPU_FAIL, 1))
		return;
	e.slot->addr = 0;
	e.slot->site = 0;
	e.slot->gfp = 0;
	e.slot->detail = ((__u8)ctx[0] ? KC_RESERVED : 0) | ((__u8)ctx[1] ? KC_ATOMIC : 0);
	set_bytes(&e, ctx[2], 0);
	e.more_word |= (ctx[3] & 0xffffff) << KC_ALIGN_SHIFT;
	event_publish(&e);
}
PROGRAMS(percpu_alloc_percpu_fail, any)

/* 6.2 and later: addr, size, align, vstart, vend, failed */
static __always_inline void alloc_vmap_area(__u64 *ctx, enum pass pass)
{
	struct kc_event e;
	__u32 stack;

	if (!event_wanted(&e, ctx, (void *)ctx[0], pass, KC_VMAP_ALLOC))
		return;
	stack = stack_id(ctx, &e, params.owner_frames);
	if (!request_passes((__u32)ctx[5] ? 0 : ctx[0], stack, ctx[1]) ||
	    !event_reserve(&e, KC_VMAP_ALLOC, 1))
		return;
	e.slot->addr = ctx[0];
	e.slot->site = stack;
	e.slot->gfp = 0;
	e.slot->detail = (__u32)ctx[5] ? KC_FAILED : 0;
	set_bytes(&e, ctx[1], ctx[2]);
	event_publish(&e);
}
PROGRAMS(alloc_vmap_area, any)

/* 6.2 and later: va_start, nr_lazy, nr_lazy_max */
static __always_inline void free_vmap_area_noflush(__u64 *ctx, enum pass pass)
{
	struct kc_event e;

	if (!event_wanted(&e, ctx, (void *)ctx[0], pass, KC_VMAP_FREE) || !free_passes(ctx[0]) ||
	    !event_reserve(&e, KC_VMAP_FREE, 0))
		return;
	e.slot->addr = ctx[0];
	e.slot->site = 0;
	e.slot->gfp = 0;
	e.slot->detail = 0;
	event_publish(&e);
}
PROGRAMS(free_vmap_area_noflush, any)
