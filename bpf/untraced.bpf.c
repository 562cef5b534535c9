// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paths that have no tracepoint: bulk allocation and freeing of objects and pages, kfree_rcu
 * (whose batches end in kmem_cache_free_bulk(), and from 6.18 on in sheaves), and the areas of
 * vmalloc before 6.2.
 *
 * Programs at the entry or the exit of a kernel function (fentry, fexit), FUNCTION__SHAPE;
 * bpf/untraced.c chooses by BTF and by trying, for there are kernels that refuse them; what
 * kfree_rcu() frees can be had by a kprobe, too.  The maps are those of bpf/kmem.bpf.c.
 *
 * One event an object: the same that the tracepoint of a single one would give, with KC_HOOKED.
 * An allocation is told behind the function, a free before it, so that an address is never
 * given out again before it was freed.  What moves between a slab and a CPU's sheaf (refill,
 * flush, prefill) is neither: kmem_cache_alloc and kmem_cache_free tell of each object.
 *
 * Such a program may be preempted where the kernel is, unlike that of a tracepoint.  Slots are
 * reserved by an atomic add all the same; the thread that they tell is always told in full.
 */
#include "bpf/slot.bpf.h"

#include <asm/ptrace.h>
#include <bpf/bpf_tracing.h>

#include "bpf/cache.bpf.h"
#include "bpf/stack.bpf.h"
#include "bpf/track.bpf.h"
#include "bpf/untraced_types.h"

char LICENSE[] SEC("license") = "GPL";

extern void bpf_preempt_disable(void) __ksym __weak; /* 6.10 */
extern void bpf_preempt_enable(void) __ksym __weak;

/* Which entries of its array were filled before a call of alloc_pages_bulk(). */
struct filled {
	__u64 bits[KC_BULK_PAGES / 64];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024); /* calls under way */
	__type(key, struct caller);
	__type(value, struct filled);
} filled SEC(".maps");

/* Where it is put together: one for each CPU and level. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KC_NR_LEVELS);
	__type(key, __u32);
	__type(value, struct filled);
} filling SEC(".maps");

/* One call: what its events have in common. */
struct bulk {
	struct kc_event e;
	__u64 array; /* of pointers, in the kernel's memory */
	__u64 cache; /* struct kmem_cache; 0: each object's own */
	__u64 bytes; /* object_size, for filters; pages: 4096 */
	__u64 site;
	__u64 bits; /* of e.word, the same for all */
	__u32 kind, gfp, stack, detail;
	const struct filled *filled; /* entries to pass over; NULL: none */
};

static __always_inline void off(void)
{
	if (bpf_preempt_disable)
		bpf_preempt_disable();
}

static __always_inline void on(void)
{
	if (bpf_preempt_disable)
		bpf_preempt_enable();
}

/* Nobody else may put a chain together on this CPU meanwhile. */
static __always_inline __u32 chain_of(void *ctx, const struct kc_event *e, const __u32 most)
{
	__u32 id;

	off();
	id = stack_id(ctx, e, most);
	on();
	return id;
}

/* Is a call to be recorded, by a program that runs with preemption off? */
static __always_inline int kprobe_wanted(struct kc_event *e, const void *ctx)
{
	if (shared.mode != KC_MODE_RECORD || !event_wanted(e, ctx, ctx, ONLY, KC_NR_KINDS))
		return 0;
	e->is_hook = 1;
	return 1;
}

/* The same with preemption as it was: its depth is made that of a tracepoint's program. */
static __always_inline int call_wanted(struct kc_event *e, const void *ctx)
{
	if (!kprobe_wanted(e, ctx))
		return 0;
	if (e->preempt != KC_PREEMPT_UNKNOWN && (e->preempt & KC_PREEMPT_MASK) != KC_PREEMPT_MASK)
		e->preempt++;
	return 1;
}

/* Events that no slot is taken for. */
static __always_inline void count_lost(const struct kc_event *e, __u64 nr)
{
	struct kc_cpu *c = cpu_state(e->cpu);

	__sync_fetch_and_add(&c->pending, nr);
	__sync_fetch_and_add(&c->lost, nr);
}

/* The caller of the hooked function: its frame is behind that of the function's entry. */
static __always_inline __u64 call_site(void *ctx)
{
	__u64 frames[8] = {}, entry = bpf_get_func_ip(ctx);

	if (bpf_get_stack(ctx, frames, sizeof(frames), 0) < 0)
		return 0;
	for (int i = 0; i < 7; i++)
		if (frames[i] - entry <= 16)
			return frames[i + 1];
	return 0;
}

/* Fill in what is the same for all events of a call. */
static __always_inline void begin_objects(struct bulk *b, void *ctx, __u32 kind, __u64 cache)
{
	b->kind = kind;
	b->cache = cache;
	b->bits = b->e.word;
	b->site = call_site(ctx);
	b->stack = wants_stack(&b->e) ? chain_of(ctx, &b->e, params.slab_frames) : 0;
	b->bytes = cache && params.min_bytes
			   ? BPF_CORE_READ((struct kmem_cache *)cache, object_size)
			   : 0;
}

static __always_inline int reserve(struct bulk *b)
{
	b->e.word = b->bits;
	if (!event_reserve(&b->e, b->kind, 1) || !b->e.more)
		return 0;
	b->e.more_word |= KC_HOOKED;
	b->e.more->stack = b->stack;
	return 1;
}

static __always_inline void tell_object(struct bulk *b, __u64 object)
{
	__u64 cache;

	if (!object)
		return;
	if (b->kind == KC_CACHE_ALLOC ? !request_passes(object, b->site, b->bytes)
				      : !free_passes(object))
		return;
	off();
	if (reserve(b)) {
		cache = b->cache ? cache_id(b->cache) : object_cache_id(object);
		b->e.slot->addr = object;
		b->e.slot->site = short_site(b->site);
		b->e.slot->gfp = b->gfp;
		b->e.slot->preempt_node |= b->kind == KC_CACHE_ALLOC ? 0xffu << 24 : 0;
		b->e.slot->detail = 0;
		b->e.word |= cache << KC_CACHE_SHIFT;
		event_publish(&b->e);
	}
	on();
}

static long object_of_array(__u32 i, void *arg)
{
	struct bulk *b = arg;

	tell_object(b, load_word(b->array + i * sizeof(__u64)));
	return 0;
}

static __always_inline void tell_objects(struct bulk *b, __u64 nr)
{
	__u64 most = nr < KC_BULK_OBJECTS ? nr : KC_BULK_OBJECTS;

	bpf_loop(most, object_of_array, b, 0);
	if (nr > most)
		count_lost(&b->e, nr - most);
}

/* cache, gfp, number, array; how many there are: all or none */
static __always_inline void alloc_objects(__u64 *ctx)
{
	struct bulk b = { .gfp = ctx[1], .array = void_pointer(ctx, 3) };
	__s32 nr = ctx[4];

	if (nr <= 0 || !call_wanted(&b.e, ctx))
		return;
	begin_objects(&b, ctx, KC_CACHE_ALLOC, void_pointer(ctx, 0));
	tell_objects(&b, nr);
}

SEC("fexit/kmem_cache_alloc_bulk")
int kmem_cache_alloc_bulk__any(__u64 *ctx)
{
	alloc_objects(ctx);
	return 0;
}

SEC("fexit/kmem_cache_alloc_bulk_noprof") /* 6.10 */
int kmem_cache_alloc_bulk_noprof__any(__u64 *ctx)
{
	alloc_objects(ctx);
	return 0;
}

/*
 * cache or NULL, number, array.  kfree_bulk() and what kfree_rcu() has gathered come without a
 * cache.
 */
SEC("fentry/kmem_cache_free_bulk")
int kmem_cache_free_bulk__any(__u64 *ctx)
{
	struct bulk b = { .array = void_pointer(ctx, 2) };
	__u64 cache = void_pointer(ctx, 0);

	if (!ctx[1] || !call_wanted(&b.e, ctx))
		return 0;
	begin_objects(&b, ctx, cache ? KC_CACHE_FREE : KC_KFREE, cache);
	tell_objects(&b, ctx[1]);
	return 0;
}

/*
 * Objects without a cache, which had their kmalloc event.  Those of a cache come from
 * kmem_cache_alloc_bulk() for the most part, which a kprobe at the entry cannot tell of: they
 * would be freed without ever having been given out.
 */
SEC("kprobe/kmem_cache_free_bulk")
int kmem_cache_free_bulk__kprobe(struct pt_regs *ctx)
{
	struct bulk b = { .array = PT_REGS_PARM3(ctx) };
	__u64 nr = PT_REGS_PARM2(ctx);

	if (!nr || PT_REGS_PARM1(ctx) || !kprobe_wanted(&b.e, ctx))
		return 0;
	begin_objects(&b, ctx, KC_KFREE, 0);
	tell_objects(&b, nr);
	return 0;
}

/* cache, sheaf: what kfree_rcu() has put into a sheaf of its own, behind the grace period (6.18) */
SEC("fentry/__rcu_free_sheaf_prepare")
int __rcu_free_sheaf_prepare__any(__u64 *ctx)
{
	__u64 sheaf = void_pointer(ctx, 1);
	struct bulk b = { .array = sheaf + bpf_core_field_offset(struct slab_sheaf, objects) };
	__u32 nr = BPF_CORE_READ((struct slab_sheaf *)sheaf, size);

	if (!nr || !call_wanted(&b.e, ctx))
		return 0;
	begin_objects(&b, ctx, KC_CACHE_FREE, void_pointer(ctx, 0));
	tell_objects(&b, nr);
	return 0;
}

/*
 * Bulk allocation of pages.  A page that is got from a per-CPU list has no event; when there is
 * but one to get, or none can be had there, it is got the usual way, with its event.  So the
 * call that brought exactly one page is passed over; of a call that asked for more and got one
 * page from the list, that is one too few.
 */

static __always_inline struct caller who(const struct kc_event *e)
{
	__u32 level = level_of(e->preempt);

	/* A task may sleep in there, and go on elsewhere; an interrupt may not. */
	return (struct caller){ .pid = e->pid,
				.level = level,
				.cpu = level == KC_LEVEL_TASK ? KC_NO_CPU : e->cpu };
}

struct look {
	__u64 array;
	struct filled *filled;
	__u32 nr;
};

static long look_at_entry(__u32 i, void *arg)
{
	struct look *look = arg;

	if (i < KC_BULK_PAGES && load_word(look->array + i * sizeof(__u64))) {
		look->filled->bits[i / 64] |= 1ull << i % 64;
		look->nr++;
	}
	return 0;
}

static __always_inline void before_pages(__u64 *ctx, int array_arg)
{
	struct look look = { .array = void_pointer(ctx, array_arg) };
	__s32 nr = ctx[3];
	struct caller caller;
	struct kc_event e;
	__u32 level;

	if (nr <= 1 || !look.array || !call_wanted(&e, ctx))
		return;
	level = level_of(e.preempt);
	look.filled = bpf_map_lookup_elem(&filling, &level);
	if (!look.filled)
		return;
	__builtin_memset(look.filled, 0, sizeof(*look.filled));
	bpf_loop(nr < KC_BULK_PAGES ? nr : KC_BULK_PAGES, look_at_entry, &look, 0);
	caller = who(&e);
	/* Nothing there is the usual case; what a call whose exit was not seen has left goes. */
	if (!look.nr)
		bpf_map_delete_elem(&filled, &caller);
	else if (bpf_map_update_elem(&filled, &caller, look.filled, BPF_ANY))
		count_lost(&e, nr - look.nr);
}

static __always_inline void tell_page(struct bulk *b, __u64 page)
{
	if (!page || !request_passes(page, b->stack, 4096))
		return;
	off();
	if (reserve(b)) {
		b->e.more->stack = 0;
		b->e.slot->addr = page;
		b->e.slot->site = b->stack;
		b->e.slot->gfp = b->gfp;
		b->e.slot->preempt_node |= 0xffu << 24;
		b->e.slot->detail = b->detail;
		event_publish(&b->e);
	}
	on();
}

static __always_inline int was_filled(const struct bulk *b, __u32 i)
{
	return b->filled && (i >= KC_BULK_PAGES || b->filled->bits[i / 64] >> i % 64 & 1);
}

static long page_of_array(__u32 i, void *arg)
{
	struct bulk *b = arg;

	if (!was_filled(b, i))
		tell_page(b, load_word(b->array + i * sizeof(__u64)));
	return 0;
}

/* The entries are in the pages, at lru. */
static long page_of_list(__u32 i, void *arg)
{
	struct bulk *b = arg;

	tell_page(b, b->array - bpf_core_field_offset(struct page, lru));
	b->array = load_word(b->array);
	return 0;
}

static __always_inline void begin_pages(struct bulk *b, void *ctx)
{
	b->kind = KC_PAGE_ALLOC;
	b->bits = b->e.word;
	b->stack = chain_of(ctx, &b->e, params.owner_frames);
	/* order 0; __GFP_MOVABLE and __GFP_RECLAIMABLE are bits 3 and 4 since 5.4 */
	b->detail = (b->gfp >> 3 & 3) << 8;
}

static __always_inline __u32 count_filled(const struct filled *filled)
{
	__u32 nr = 0;

	for (int i = 0; i < KC_BULK_PAGES / 64; i++) {
		__u64 bits = filled->bits[i];

		bits -= bits >> 1 & 0x5555555555555555ull;
		bits = (bits & 0x3333333333333333ull) + (bits >> 2 & 0x3333333333333333ull);
		bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0full;
		nr += bits * 0x0101010101010101ull >> 56;
	}
	return nr;
}

/* nr is how far the array is filled now. */
static __always_inline void after_array(struct bulk *b, __u64 *ctx, __u64 nr)
{
	__u64 most = nr < KC_BULK_PAGES ? nr : KC_BULK_PAGES;
	struct caller caller = who(&b->e);

	b->filled = bpf_map_lookup_elem(&filled, &caller);
	if (nr - (b->filled ? count_filled(b->filled) : 0) > 1) {
		begin_pages(b, ctx);
		bpf_loop(most, page_of_array, b, 0);
		if (nr > most)
			count_lost(&b->e, nr - most);
	}
	if (b->filled)
		bpf_map_delete_elem(&filled, &caller);
}

static __always_inline void after_list(struct bulk *b, __u64 *ctx, __u64 list, __u64 nr)
{
	__u64 most = nr < KC_BULK_PAGES ? nr : KC_BULK_PAGES;

	begin_pages(b, ctx);
	/* They were added one by one at the head. */
	b->array = load_word(list);
	bpf_loop(most, page_of_list, b, 0);
	if (nr > most)
		count_lost(&b->e, nr - most);
}

static __always_inline void after_pages(__u64 *ctx, __u64 list, int array_arg, __u64 nr)
{
	struct bulk b = { .gfp = ctx[0], .array = void_pointer(ctx, array_arg) };

	if (!nr || !call_wanted(&b.e, ctx))
		return;
	if (list && nr > 1)
		after_list(&b, ctx, list, nr);
	else if (!list)
		after_array(&b, ctx, nr);
}

/* gfp, node, nodes, number, list or NULL, array or NULL: 5.13 to 6.13 */
SEC("fentry/__alloc_pages_bulk")
int __alloc_pages_bulk__list_before(__u64 *ctx)
{
	before_pages(ctx, 5);
	return 0;
}

SEC("fexit/__alloc_pages_bulk")
int __alloc_pages_bulk__list(__u64 *ctx)
{
	after_pages(ctx, void_pointer(ctx, 4), 5, ctx[6]);
	return 0;
}

SEC("fentry/alloc_pages_bulk_noprof") /* 6.10 */
int alloc_pages_bulk_noprof__list_before(__u64 *ctx)
{
	before_pages(ctx, 5);
	return 0;
}

SEC("fexit/alloc_pages_bulk_noprof")
int alloc_pages_bulk_noprof__list(__u64 *ctx)
{
	after_pages(ctx, void_pointer(ctx, 4), 5, ctx[6]);
	return 0;
}

/* gfp, node, nodes, number, array: 6.14 */
SEC("fentry/alloc_pages_bulk_noprof")
int alloc_pages_bulk_noprof__array_before(__u64 *ctx)
{
	before_pages(ctx, 4);
	return 0;
}

SEC("fexit/alloc_pages_bulk_noprof")
int alloc_pages_bulk_noprof__array(__u64 *ctx)
{
	after_pages(ctx, 0, 4, ctx[5]);
	return 0;
}

/*
 * Areas, before 6.2: size, align, vstart, vend, node, gfp; a struct vmap_area, or an error, of
 * which -EBUSY says that there was no place.
 */
SEC("fexit/alloc_vmap_area")
int alloc_vmap_area__six(__u64 *ctx)
{
	__u64 area = void_pointer(ctx, 6), addr = ctx[3];
	int failed = (__s64)area == -KC_EBUSY;
	struct bulk b = { .kind = KC_VMAP_ALLOC };

	if ((!failed && area > -4096ull) || !call_wanted(&b.e, ctx))
		return 0;
	if (!failed)
		addr = BPF_CORE_READ((struct vmap_area *)area, va_start);
	b.bits = b.e.word;
	b.detail = chain_of(ctx, &b.e, params.owner_frames);
	if (!request_passes(failed ? 0 : addr, b.detail, ctx[0]))
		return 0;
	off();
	if (reserve(&b)) {
		b.e.slot->addr = addr;
		b.e.slot->site = b.detail;
		b.e.slot->gfp = 0;
		b.e.slot->detail = failed ? KC_FAILED : 0;
		set_bytes(&b.e, ctx[0], ctx[1]);
		event_publish(&b.e);
	}
	on();
	return 0;
}

/* struct vmap_area */
SEC("fentry/free_vmap_area_noflush")
int free_vmap_area_noflush__area(__u64 *ctx)
{
	struct bulk b = { .kind = KC_VMAP_FREE };
	__u64 addr;

	if (!call_wanted(&b.e, ctx))
		return 0;
	addr = BPF_CORE_READ((struct vmap_area *)void_pointer(ctx, 0), va_start);
	if (!free_passes(addr))
		return 0;
	b.bits = b.e.word;
	off();
	if (reserve(&b)) {
		b.e.slot->addr = addr;
		b.e.slot->site = 0;
		b.e.slot->gfp = 0;
		b.e.slot->detail = 0;
		event_publish(&b.e);
	}
	on();
	return 0;
}
