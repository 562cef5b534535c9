// SPDX-License-Identifier: GPL-2.0-only
/*
 * The eBPF side of the collector: one record an event.
 *
 * Typed raw tracepoints (tp_btf).  Where a tracepoint's arguments changed between
 * kernels there is one function a shape, TRACEPOINT__SHAPE; bpf/programs.c chooses
 * by BTF and leaves the others unloaded.
 *
 * A program runs with preemption off but interrupts on, and the kernel skips it when
 * it is already active on that CPU: an interrupt in the middle of it whose handler
 * frees something would go unseen.  So a tracepoint can have two programs, run one
 * after the other.  The first records; the second records only what the first was
 * skipped for.  The first leaves a mark for the second to find, one for each context
 * that can interrupt another:
 *
 *   event E       first(E) marks E ... records .............. second(E) finds E, done
 *   interrupt E2               first(E2) is skipped, second(E2) finds no E2, records
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/abi.h"
#include "bpf/kernel_types.h"

#ifndef NULL
#define NULL ((void *)0)
#endif

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* set by the collector */
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* slots_per_cpu for each CPU, set by the collector */
	__type(key, __u32);
	__type(value, struct kc_slot);
} slots SEC(".maps");

struct kc_shared shared;
const volatile struct kc_params params;

extern struct kmem_cache *bpf_get_kmem_cache(__u64 addr) __ksym __weak;
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

enum pass {
	ONLY, /* the tracepoint has one program */
	FIRST,
	SECOND
};

static __always_inline struct kc_cpu *cpu_state(__u32 cpu)
{
	return &shared.cpu[cpu & (KC_MAX_CPUS - 1)];
}

/*
 * preempt_count without its ksym, which kernels without KALLSYMS_ALL do not
 * resolve: the run queue of the current task is a per-CPU variable of this CPU, and
 * BTF knows how far from it preempt_count lies.
 */
static __noinline __u64 find_preempt_addr(__u32 cpu)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct rq *rq;

	if (!params.offset_preempt_count || !bpf_core_field_exists(task->se.cfs_rq))
		return 1;
	rq = BPF_CORE_READ(task, se.cfs_rq, rq);
	if (!rq || BPF_CORE_READ(rq, cpu) != cpu)
		return 0; /* try again with the next event */
	return (__u64)rq - params.offset_runqueues + params.offset_preempt_count;
}

static __always_inline __u32 read_preempt(struct kc_cpu *c, __u32 cpu)
{
	__u32 value;

	if (!c->preempt_addr)
		c->preempt_addr = find_preempt_addr(cpu);
	if (c->preempt_addr <= 1)
		return KC_PREEMPT_UNKNOWN;
	if (params.word_type) /* a plain load instead of a call */
		value = *(__u32 *)bpf_rdonly_cast((void *)c->preempt_addr, params.word_type);
	else if (bpf_probe_read_kernel(&value, sizeof(value), (void *)c->preempt_addr))
		return KC_PREEMPT_UNKNOWN;
	return value & 0xffffff; /* preemption, softirq, hardirq, NMI; above is need-resched */
}

/*
 * An argument that is a void pointer.  The verifiers of 6.1 and 6.12 refuse to load a
 * const void *, so the context is read as the memory it is: an array of words.
 */
static __always_inline __u64 void_pointer(const __u64 *ctx, int nr)
{
	__u64 value = 0;

	if (params.words_type)
		return ((const struct kc_words *)bpf_rdonly_cast(ctx, params.words_type))->word[nr];
	bpf_probe_read_kernel(&value, sizeof(value), &ctx[nr]);
	return value;
}

static __always_inline struct kc_mark *mark_of(struct kc_cpu *c, __u32 preempt)
{
	if (preempt == KC_PREEMPT_UNKNOWN)
		return &c->marks[KC_LEVEL_TASK];
	if (preempt & KC_NMI_MASK)
		return &c->marks[KC_LEVEL_NMI];
	if (preempt & KC_HARDIRQ_MASK)
		return &c->marks[KC_LEVEL_HARDIRQ];
	return &c->marks[preempt & KC_SOFTIRQ_SERVING ? KC_LEVEL_SOFTIRQ : KC_LEVEL_TASK];
}

/* Typed pointers may be stored and compared, not calculated with. */
static __always_inline void leave_mark(struct kc_cpu *c, struct kc_mark *mark, const void *ctx,
				       const void *key)
{
	if (mark->ctx)
		__sync_fetch_and_add(&c->nr_unseen, 1);
	*(const void *volatile *)&mark->ctx = ctx;
	*(const void *volatile *)&mark->key = key;
}

/* Take the mark of the first program away; 0 if it has left none. */
static __always_inline int take_mark(struct kc_mark *mark, const void *ctx, const void *key)
{
	if (mark->ctx != (__u64)ctx || mark->key != (__u64)key)
		return 0;
	mark->ctx = 0;
	return 1;
}

/* Softirqs, RCU's among them, and interrupts do everybody's work, whomever they interrupt. */
static __always_inline int interrupts(__u32 preempt)
{
	return preempt != KC_PREEMPT_UNKNOWN &&
	       preempt & (KC_SOFTIRQ_SERVING | KC_HARDIRQ_MASK | KC_NMI_MASK);
}

/*
 * Should this program record this event?  Not if the first program of the tracepoint
 * has seen it, and not if it is the collector's own, which is counted.
 */
static __always_inline int wanted(const void *ctx, const void *key, enum pass pass,
				  struct kc_cpu *c, __u32 preempt, __u64 *pid_tgid)
{
	struct kc_mark *mark = mark_of(c, preempt);
	__u32 tgid;

	if (pass == SECOND && take_mark(mark, ctx, key))
		return 0;
	if (shared.mode == KC_MODE_OFF)
		return 0;
	if (pass == FIRST)
		leave_mark(c, mark, ctx, key);
	*pid_tgid = bpf_get_current_pid_tgid();
	tgid = *pid_tgid >> 32;
	if (shared.mode == KC_MODE_CALIBRATE)
		return tgid == params.self_tgid;
	if (tgid == params.self_tgid && !params.include_self && !interrupts(preempt)) {
		__sync_fetch_and_add(&c->excluded, 1);
		return 0;
	}
	return 1;
}

static __always_inline __u32 short_site(__u64 site)
{
	if (site && site >> 31 != 0x1ffffffff) {
		__sync_fetch_and_add(&shared.wide_sites, 1);
		return 0;
	}
	return site;
}

static __always_inline void fill_head(struct kc_head *h, __u32 cpu, __u32 preempt, __u32 kind)
{
	h->ts_ns = bpf_ktime_get_ns();
	h->addr = 0;
	h->site = 0;
	h->pid = 0;
	h->preempt = preempt;
	h->cpu_kind = cpu << 5 | kind;
	h->cache = 0;
}

static __always_inline void lose(struct kc_cpu *c)
{
	__sync_fetch_and_add(&c->pending, 1);
	__sync_fetch_and_add(&c->lost, 1);
}

/* Tell the collector of the events lost on this CPU, if there is room now. */
static __noinline int tell_gap(__u32 cpu)
{
	struct kc_gap *gap = bpf_ringbuf_reserve(&ring, sizeof(*gap), 0);
	struct kc_cpu *c = cpu_state(cpu);

	if (!gap)
		return 0;
	fill_head(&gap->h, cpu, KC_PREEMPT_UNKNOWN, KC_GAP);
	gap->h.addr = __sync_lock_test_and_set(&c->pending, 0);
	bpf_ringbuf_submit(gap, BPF_RB_NO_WAKEUP);
	return 0;
}

#define submit(rec) bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP)

/*
 * A record of size bytes with its head filled, or NULL if the event is not wanted or is
 * lost.  key is what the event is about, different for any two that can be under way.
 */
static __always_inline void *begin(const void *ctx, const void *key, enum pass pass, __u32 kind,
				   __u64 size)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct kc_cpu *c = cpu_state(cpu);
	__u32 preempt = read_preempt(c, cpu);
	struct kc_head *rec;
	__u64 pid_tgid;

	if (!wanted(ctx, key, pass, c, preempt, &pid_tgid))
		return NULL;
	if (c->pending)
		tell_gap(cpu);
	rec = bpf_ringbuf_reserve(&ring, size, 0);
	if (!rec) {
		lose(c);
		return NULL;
	}
	fill_head(rec, cpu, preempt, kind);
	rec->pid = pid_tgid;
	return rec;
}

/*
 * A slot of this CPU with all but word and what is particular to the kind, or NULL;
 * *word is what publish() is to write.
 */
static __always_inline struct kc_slot *begin_slot(const void *ctx, __u64 object, enum pass pass,
						  __u32 kind, __u64 site, __u64 *word)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct kc_cpu *c = cpu_state(cpu);
	__u32 preempt = read_preempt(c, cpu);
	struct kc_slot *slot;
	__u64 pid_tgid, at;
	__u32 index;

	if (!wanted(ctx, (void *)object, pass, c, preempt, &pid_tgid))
		return NULL;
	if (c->head - c->tail >= params.slots_per_cpu - KC_SLOT_MARGIN) {
		lose(c);
		return NULL;
	}
	if (c->pending)
		tell_gap(cpu);
	at = __sync_fetch_and_add(&c->head, 1);
	index = cpu * params.slots_per_cpu + (at & (params.slots_per_cpu - 1));
	slot = bpf_map_lookup_elem(&slots, &index);
	if (!slot) /* cannot be: the collector made room for every CPU */
		return NULL;
	slot->site = short_site(site);
	slot->pid = pid_tgid;
	slot->preempt_node = preempt;
	slot->cache = 0;
	*word = (__u64)kind << KC_TS_BITS | (__u64) !(at & params.slots_per_cpu) << KC_LAP_SHIFT;
	return slot;
}

/* The collector may read the slot as soon as it sees the word. */
static __always_inline void publish(struct kc_slot *slot, __u64 word)
{
	word |= bpf_ktime_get_ns() & KC_TS_MASK;
	barrier();
	*(volatile __u64 *)&slot->word = word;
}

/* Describe a cache to the collector. */
static __noinline int announce_cache(__u64 s, __u32 id)
{
	struct kc_cache_rec *rec = bpf_ringbuf_reserve(&ring, sizeof(*rec), 0);
	__u32 cpu = bpf_get_smp_processor_id();
	struct kmem_cache *cache = (void *)s;
	const char *name;

	if (!rec)
		return 0;
	fill_head(&rec->h, cpu, KC_PREEMPT_UNKNOWN, KC_REC_CACHE);
	rec->h.addr = s;
	rec->h.cache = id;
	rec->object_size = BPF_CORE_READ(cache, object_size);
	rec->size = BPF_CORE_READ(cache, size);
	rec->align = BPF_CORE_READ(cache, align);
	rec->flags = BPF_CORE_READ(cache, flags);
	rec->oo = bpf_core_field_exists(cache->oo) ? BPF_CORE_READ(cache, oo.x) : 0;
	rec->min_partial =
		bpf_core_field_exists(cache->min_partial) ? BPF_CORE_READ(cache, min_partial) : 0;
	rec->cpu_partial =
		bpf_core_field_exists(cache->cpu_partial) ? BPF_CORE_READ(cache, cpu_partial) : 0;
	rec->cpu_partial_slabs = bpf_core_field_exists(cache->cpu_partial_slabs)
					 ? BPF_CORE_READ(cache, cpu_partial_slabs)
					 : 0;
	name = BPF_CORE_READ(cache, name);
	if (bpf_probe_read_kernel_str(rec->name, sizeof(rec->name), name) < 0)
		rec->name[0] = 0;
	submit(rec);
	return 1;
}

/*
 * The id of a cache: its place in cache_slots + 1.  0 when the table has no room near
 * its place.  An entry is the cache's address with bit 0 set until it has been announced.
 */
static __always_inline __u32 cache_id(__u64 s)
{
	__u32 place = (__u32)(s >> 6) * 0x9e3779b1u >> 20;

	if (!s)
		return 0;
	for (int probe = 0; probe < 8; probe++) {
		__u32 at = (place + probe) & (KC_CACHE_SLOTS - 1);
		__u64 seen = shared.cache_slots[at];

		if (seen == s)
			return at + 1;
		if (!seen)
			seen = __sync_val_compare_and_swap(&shared.cache_slots[at], 0, s | 1)
				       ?: s | 1;
		if ((seen & ~1ull) != s)
			continue;
		if (announce_cache(s, at + 1))
			shared.cache_slots[at] = s;
		return at + 1;
	}
	return 0;
}

/*
 * A kernel pointer as a number.  The verifier lets a typed pointer be stored but not
 * be calculated with, so it goes through a word of the record, which is nobody else's.
 */
static __always_inline __u64 as_number(__u64 *scratch, const void *pointer)
{
	*(const void *volatile *)scratch = pointer;
	return *(volatile __u64 *)scratch;
}

/* The cache of an object whose event does not name it; 0 where the kernel cannot tell. */
static __always_inline __u32 object_cache_id(__u64 *scratch, __u64 object)
{
	if (!params.has_get_kmem_cache || !object)
		return 0;
	return cache_id(as_number(scratch, bpf_get_kmem_cache(object)));
}

#define PROGRAM(tracepoint, function, name, pass)                                                  \
	SEC("tp_btf/" #tracepoint) int function##__##name(__u64 *ctx)                              \
	{                                                                                          \
		function(ctx, pass);                                                               \
		return 0;                                                                          \
	}

/* A second program costs some 60 ns an event: for what interrupts do, which is to free. */
#define ONE_PROGRAM(tracepoint, function) PROGRAM(tracepoint, function, only, ONLY)
#define TWO_PROGRAMS(tracepoint, function)                                                         \
	PROGRAM(tracepoint, function, first, FIRST)                                                \
	PROGRAM(tracepoint, function, second, SECOND)

/* 6.1 and later: call_site, ptr, bytes_req, bytes_alloc, gfp, node. */
static __always_inline void kmalloc__node(__u64 *ctx, enum pass pass)
{
	__u64 object = void_pointer(ctx, 1), word;
	struct kc_slot *slot = begin_slot(ctx, object, pass, KC_KMALLOC, ctx[0], &word);

	if (!slot)
		return;
	slot->cache = object_cache_id(&slot->addr, object);
	slot->addr = object;
	slot->gfp = ctx[4];
	slot->preempt_node |= (__u32)ctx[5] << 24;
	slot->bytes_req = ctx[2] > 0xffffffff ? 0xffffffff : ctx[2];
	slot->bytes_alloc = kc_pack_bytes(ctx[3]);
	publish(slot, word);
}
ONE_PROGRAM(kmalloc, kmalloc__node)

/* call_site, ptr */
static __always_inline void kfree__any(__u64 *ctx, enum pass pass)
{
	__u64 object = void_pointer(ctx, 1), word;
	struct kc_slot *slot = begin_slot(ctx, object, pass, KC_KFREE, ctx[0], &word);

	if (!slot)
		return;
	slot->cache = object_cache_id(&slot->addr, object);
	slot->addr = object;
	publish(slot, word);
}
TWO_PROGRAMS(kfree, kfree__any)

/* 6.1 and later: call_site, ptr, cache, gfp, node; the sizes are the cache's. */
static __always_inline void kmem_cache_alloc__cache(__u64 *ctx, enum pass pass)
{
	__u64 object = void_pointer(ctx, 1), word;
	struct kc_slot *slot = begin_slot(ctx, object, pass, KC_CACHE_ALLOC, ctx[0], &word);

	if (!slot)
		return;
	slot->cache = cache_id(as_number(&slot->addr, (void *)ctx[2]));
	slot->addr = object;
	slot->gfp = ctx[3];
	slot->preempt_node |= (__u32)ctx[4] << 24;
	publish(slot, word);
}
ONE_PROGRAM(kmem_cache_alloc, kmem_cache_alloc__cache)

/* 6.1 and later: call_site, ptr, cache */
static __always_inline void kmem_cache_free__cache(__u64 *ctx, enum pass pass)
{
	__u64 object = void_pointer(ctx, 1), word;
	struct kc_slot *slot = begin_slot(ctx, object, pass, KC_CACHE_FREE, ctx[0], &word);

	if (!slot)
		return;
	slot->cache = cache_id(as_number(&slot->addr, (void *)ctx[2]));
	slot->addr = object;
	publish(slot, word);
}
TWO_PROGRAMS(kmem_cache_free, kmem_cache_free__cache)

/* A record with the stack, from which the collector tells the owner.  The caller fills in the rest.
 */
static __always_inline struct kc_page *begin_stack(__u64 *ctx, enum pass pass, __u32 kind)
{
	struct kc_page *rec = begin(ctx, (void *)ctx[0], pass, kind, sizeof(*rec));
	long len;

	if (!rec)
		return NULL;
	len = bpf_get_stack(ctx, rec->frames, sizeof(rec->frames), 0);
	rec->nr_frames = len > 0 ? len / sizeof(rec->frames[0]) : 0;
	rec->gfp = 0;
	rec->order = 0;
	rec->migratetype = 0;
	rec->flags = 0;
	rec->bytes = 0;
	rec->align = 0;
	return rec;
}

/* page, order, gfp, migratetype; page is NULL on failure */
static __always_inline void mm_page_alloc__any(__u64 *ctx, enum pass pass)
{
	struct kc_page *rec = begin_stack(ctx, pass, KC_PAGE_ALLOC);

	if (!rec)
		return;
	as_number(&rec->h.addr, (void *)ctx[0]);
	rec->order = ctx[1];
	rec->gfp = ctx[2];
	rec->migratetype = ctx[3];
	submit(rec);
}
TWO_PROGRAMS(mm_page_alloc, mm_page_alloc__any)

/* page, order */
static __always_inline void mm_page_free__any(__u64 *ctx, enum pass pass)
{
	struct kc_page *rec = begin_stack(ctx, pass, KC_PAGE_FREE);

	if (!rec)
		return;
	as_number(&rec->h.addr, (void *)ctx[0]);
	rec->order = ctx[1];
	submit(rec);
}
TWO_PROGRAMS(mm_page_free, mm_page_free__any)

/* page */
static __always_inline void mm_page_free_batched__any(__u64 *ctx, enum pass pass)
{
	struct kc_head *rec = begin(ctx, (void *)ctx[0], pass, KC_PAGE_FREE_BATCH, sizeof(*rec));

	if (!rec)
		return;
	as_number(&rec->addr, (void *)ctx[0]);
	submit(rec);
}
ONE_PROGRAM(mm_page_free_batched, mm_page_free_batched__any)

/* 5.19 and later: call_site, reserved, is_atomic, size, align, base, off, ptr, bytes_alloc, gfp */
static __always_inline void percpu_alloc_percpu__site(__u64 *ctx, enum pass pass)
{
	__u64 pointer = void_pointer(ctx, 7);
	struct kc_percpu *rec = begin(ctx, (void *)pointer, pass, KC_PERCPU_ALLOC, sizeof(*rec));

	if (!rec)
		return;
	rec->h.site = short_site(ctx[0]);
	rec->h.addr = pointer;
	rec->gfp = ctx[9];
	rec->flags = ((__u8)ctx[1] ? KC_FLAG_RESERVED : 0) | ((__u8)ctx[2] ? KC_FLAG_ATOMIC : 0);
	rec->bytes_req = ctx[3];
	rec->bytes_alloc = ctx[8];
	rec->align = ctx[4];
	submit(rec);
}
ONE_PROGRAM(percpu_alloc_percpu, percpu_alloc_percpu__site)

/* base, off, ptr */
static __always_inline void percpu_free_percpu__any(__u64 *ctx, enum pass pass)
{
	__u64 pointer = void_pointer(ctx, 2);
	struct kc_head *rec = begin(ctx, (void *)pointer, pass, KC_PERCPU_FREE, sizeof(*rec));

	if (!rec)
		return;
	rec->addr = pointer;
	submit(rec);
}
TWO_PROGRAMS(percpu_free_percpu, percpu_free_percpu__any)

/* reserved, is_atomic, size, align */
static __always_inline void percpu_alloc_percpu_fail__any(__u64 *ctx, enum pass pass)
{
	struct kc_percpu *rec = begin(ctx, NULL, pass, KC_PERCPU_FAIL, sizeof(*rec));

	if (!rec)
		return;
	rec->gfp = 0;
	rec->flags = ((__u8)ctx[0] ? KC_FLAG_RESERVED : 0) | ((__u8)ctx[1] ? KC_FLAG_ATOMIC : 0);
	rec->bytes_req = ctx[2];
	rec->bytes_alloc = 0;
	rec->align = ctx[3];
	submit(rec);
}
ONE_PROGRAM(percpu_alloc_percpu_fail, percpu_alloc_percpu_fail__any)

/* 6.2 and later: addr, size, align, vstart, vend, failed */
static __always_inline void alloc_vmap_area__any(__u64 *ctx, enum pass pass)
{
	struct kc_page *rec = begin_stack(ctx, pass, KC_VMAP_ALLOC);

	if (!rec)
		return;
	rec->h.addr = ctx[0];
	rec->bytes = ctx[1];
	rec->align = ctx[2];
	rec->flags = (__u32)ctx[5] ? KC_FLAG_FAILED : 0;
	submit(rec);
}
ONE_PROGRAM(alloc_vmap_area, alloc_vmap_area__any)

/* 6.2 and later: va_start, nr_lazy, nr_lazy_max */
static __always_inline void free_vmap_area_noflush__any(__u64 *ctx, enum pass pass)
{
	struct kc_head *rec = begin(ctx, (void *)ctx[0], pass, KC_VMAP_FREE, sizeof(*rec));

	if (!rec)
		return;
	rec->addr = ctx[0];
	submit(rec);
}
TWO_PROGRAMS(free_vmap_area_noflush, free_vmap_area_noflush__any)
