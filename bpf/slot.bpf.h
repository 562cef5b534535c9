/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The path of an event, from a program's arguments into a slot: what all programs share.
 *
 *   struct kc_event e;
 *
 *   if (!event_wanted(&e, ctx, object, pass, KC_KFREE))
 *           return;                        another's, the collector's own, filtered
 *   if (!event_reserve(&e, KC_KFREE, 0))
 *           return;                        lost, and counted
 *   e.slot->addr = object;                 the rest is filled in place
 *   event_publish(&e);
 *
 * A program runs with preemption off but interrupts on, and the kernel skips it when
 * it is already active on that CPU: an interrupt in the middle of it whose handler
 * frees something would go unseen.  So a tracepoint has two programs, run one after the
 * other, as long as there is need of it (bpf/pairs.h).  The first records; the second records only
 * what the first was skipped for.  The first leaves a mark for the second to find, one for each
 * context that can interrupt another:
 *
 *   event E       first(E) marks E ... records .............. second(E) finds E, done
 *   interrupt E2               first(E2) is skipped, second(E2) finds no E2, records
 */
#ifndef BPF_SLOT_BPF_H
#define BPF_SLOT_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/abi.h"
#include "bpf/kernel_types.h"

#ifndef NULL
#define NULL ((void *)0)
#endif

/* Numbers of entries and the length of a stack are set by the collector. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kc_slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, KC_CACHE_SLOTS);
	__type(key, __u32);
	__type(value, struct kc_cache_entry);
} caches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, KC_STACK_SLOTS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct kc_stack) + KC_MAX_FRAMES * sizeof(__u64));
} stacks SEC(".maps");

/* Where a chain is put together: one for each CPU and level. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KC_NR_LEVELS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct kc_stack) + KC_MAX_FRAMES * sizeof(__u64));
} chains SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kc_tracked);
} tracked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} cgroups SEC(".maps");

struct kc_shared shared;
const volatile struct kc_params params;

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

enum pass {
	ONLY, /* there is no other program */
	FIRST,
	SECOND
};

struct kc_event {
	struct kc_cpu *c; /* of this CPU */
	struct kc_slot *slot;
	struct kc_more *more; /* NULL if the event has none */
	__u64 word, more_word;
	__u32 cpu, preempt, pid;
	__u32 is_hook; /* the program may be preempted: no ring is its own */
};

static __always_inline struct kc_cpu *cpu_state(__u32 cpu)
{
	return &shared.cpu[cpu & (KC_MAX_CPUS - 1)];
}

/* Any word of the kernel's memory; 0 where there is none.  A plain load where that can be had. */
static __always_inline __u64 load_word(__u64 addr)
{
	__u64 value = 0;

	if (params.words_type)
		return ((const struct kc_words *)bpf_rdonly_cast((void *)addr, params.words_type))
			->word[0];
	bpf_probe_read_kernel(&value, sizeof(value), (void *)addr);
	return value;
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

/*
 * A kernel pointer as a number.  The verifier lets a typed pointer be stored but not
 * be calculated with, so it goes through a word of the slot, which is nobody else's.
 */
static __always_inline __u64 as_number(__u64 *scratch, const void *pointer)
{
	*(const void *volatile *)scratch = pointer;
	return *(volatile __u64 *)scratch;
}

/* A typed argument as a number, without touching the slot where that can be had. */
#define POINTER_ARG(ctx, nr, scratch)                                                              \
	(params.words_type ? void_pointer(ctx, nr) : as_number(scratch, (void *)(ctx)[nr]))

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
	if (params.offset_current && params.words_type)
		cpu_state(cpu)->current_addr =
			(__u64)rq - params.offset_runqueues + params.offset_current;
	return (__u64)rq - params.offset_runqueues + params.offset_preempt_count;
}

static __always_inline __u32 read_preempt(struct kc_cpu *c, __u32 cpu)
{
	if (c->preempt_addr <= 1) {
		if (!c->preempt_addr)
			c->preempt_addr = find_preempt_addr(cpu);
		if (c->preempt_addr <= 1)
			return KC_PREEMPT_UNKNOWN;
	}
	/* preemption, softirq, hardirq, NMI; above is need-resched */
	return load_word(c->preempt_addr) & 0xffffff;
}

/* Softirqs, RCU's among them, and interrupts do everybody's work, whomever they interrupt. */
static __always_inline int interrupts(__u32 preempt)
{
	return !!(preempt & (KC_SOFTIRQ_SERVING | KC_HARDIRQ_MASK | KC_NMI_MASK));
}

static __always_inline __u32 level_of(__u32 preempt)
{
	if (!interrupts(preempt))
		return KC_LEVEL_TASK;
	if (preempt & KC_NMI_MASK)
		return KC_LEVEL_NMI;
	return preempt & KC_HARDIRQ_MASK ? KC_LEVEL_HARDIRQ : KC_LEVEL_SOFTIRQ;
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

/* The filters on who, where: struct kc_filter.  All are constants to the verifier. */
static __always_inline int passes_filters(__u32 cpu, __u32 preempt, __u32 tgid)
{
	if (params.has_cpus && !(params.cpus[(cpu & (KC_MAX_CPUS - 1)) / 64] >> cpu % 64 & 1))
		return 0;
	if (!params.nr_pids && !params.has_cgroup)
		return 1;
	if (interrupts(preempt))
		return 0;
	if (params.has_cgroup && bpf_current_task_under_cgroup(&cgroups, 0) != 1)
		return 0;
	if (!params.nr_pids)
		return 1;
	for (__u32 i = 0; i < sizeof(params.pids) / sizeof(params.pids[0]); i++)
		if (i < params.nr_pids && params.pids[i] == tgid)
			return 1;
	return 0;
}

/* While it calibrates, the collector's own work alone; then all but that, which is counted. */
static __always_inline int is_recorded(struct kc_cpu *c, __u32 cpu, __u32 preempt, __u32 tgid,
				       __u32 mode)
{
	if (mode == KC_MODE_CALIBRATE)
		return tgid == params.self_tgid;
	if (tgid == params.self_tgid && !params.include_self && !interrupts(preempt)) {
		__sync_fetch_and_add(&c->excluded, 1);
		return 0;
	}
	return !params.has_filters || passes_filters(cpu, preempt, tgid);
}

static __always_inline __u32 short_site(__u64 site)
{
	if (site >> 31 != 0x1ffffffff) {
		if (site)
			__sync_fetch_and_add(&shared.wide_sites, 1);
		return 0;
	}
	return site;
}

/*
 * Take the slot of an event in that context, and one for a kc_more if that is wanted or the
 * ring's thread changes (then it is set): in the ring of its level, which nobody else writes to
 * on this CPU meanwhile, or in the spill ring.  NULL if neither has room.
 */
static __always_inline struct kc_ring *take_slots(const struct kc_event *e, __u32 *has_more,
						  __u64 *at, __u32 *nr_slots)
{
	struct kc_cpu *c = e->c;
	struct kc_ring *ring = NULL;
	__u64 tail = 0;

	if (!interrupts(e->preempt)) {
		ring = &c->rings[KC_HOT_TASK];
		tail = c->tails[KC_HOT_TASK];
	} else if (level_of(e->preempt) == KC_LEVEL_SOFTIRQ) {
		ring = &c->rings[KC_HOT_SOFTIRQ];
		tail = c->tails[KC_HOT_SOFTIRQ];
	}
	if (ring && e->preempt != KC_PREEMPT_UNKNOWN && !e->is_hook) {
		*nr_slots = params.hot_slots;
		*at = ring->head;
		if (*at - tail <= *nr_slots - KC_SLOT_MARGIN) {
			*has_more |= ring->pid != e->pid;
			ring->head = *at + 1 + *has_more;
			return ring;
		}
	}
	ring = &c->rings[KC_SPILL];
	*nr_slots = params.spill_slots;
	if (ring->head - c->tails[KC_SPILL] > *nr_slots - KC_SLOT_MARGIN)
		return NULL;
	/* Whose event comes behind that of a hook is not known: it tells its thread itself. */
	if (e->is_hook)
		ring->pid = KC_NO_PID;
	*has_more |= ring->pid != e->pid;
	*at = __sync_fetch_and_add(&ring->head, 1 + *has_more);
	return ring;
}

static __always_inline struct kc_slot *slot_at(__u32 first, __u32 nr_slots, __u64 at)
{
	__u32 index = first + ((__u32)at & (nr_slots - 1));

	return bpf_map_lookup_elem(&slots, &index);
}

static __always_inline __u64 lap_of(__u32 nr_slots, __u64 at)
{
	return at & nr_slots ? 0 : KC_LAP;
}

static __always_inline void publish_word(__u64 *word, __u64 value)
{
	barrier();
	*(volatile __u64 *)word = value;
}

static __always_inline __u64 now(void)
{
	return bpf_ktime_get_ns() & KC_TS_MASK;
}

/* Tell the collector, where it happened, how many events were lost on this CPU. */
static __noinline int tell_gap(__u32 cpu)
{
	struct kc_cpu *c = cpu_state(cpu);
	struct kc_ring *ring = &c->rings[KC_SPILL];
	__u32 nr_slots = params.spill_slots;
	struct kc_slot *slot;
	__u64 at;

	if (ring->head - c->tails[KC_SPILL] > nr_slots - KC_SLOT_MARGIN)
		return 0;
	at = __sync_fetch_and_add(&ring->head, 1);
	slot = slot_at(ring->first, nr_slots, at);
	if (!slot)
		return 0;
	slot->addr = __sync_lock_test_and_set(&c->pending, 0);
	slot->site = 0;
	slot->gfp = 0;
	slot->preempt_node = KC_PREEMPT_UNKNOWN;
	slot->detail = 0;
	publish_word(&slot->word, (__u64)KC_GAP << KC_KIND_SHIFT | lap_of(nr_slots, at) | now());
	return 0;
}

static __noinline int event_lost(__u32 cpu)
{
	struct kc_cpu *c = cpu_state(cpu);

	__sync_fetch_and_add(&c->pending, 1);
	__sync_fetch_and_add(&c->lost, 1);
	return 0;
}

/* What an event tells of its task.  Loads are cheaper than the call that gives the task. */
struct task_words {
	__u32 pid, tgid, flags, rcu_nesting;
};

#define TASK_WORD(task, field) load_word((task) + bpf_core_field_offset(struct task_struct, field))

static __always_inline void read_task(const struct kc_cpu *c, struct task_words *t)
{
	if (params.words_type && params.offset_current && c->current_addr) {
		__u64 task = load_word(c->current_addr);
		__u64 ids = TASK_WORD(task, pid); /* and tgid behind it */

		t->pid = ids;
		t->tgid = ids >> 32;
		t->flags = TASK_WORD(task, flags);
		t->rcu_nesting = bpf_core_field_exists(struct task_struct, rcu_read_lock_nesting)
					 ? TASK_WORD(task, rcu_read_lock_nesting)
					 : 0;
	} else {
		const struct task_struct *task = bpf_get_current_task_btf();

		t->pid = task->pid;
		t->tgid = task->tgid;
		t->flags = task->flags;
		t->rcu_nesting = bpf_core_field_exists(task->rcu_read_lock_nesting)
					 ? task->rcu_read_lock_nesting
					 : 0;
	}
}

/* The task's own limits on reclaim, and whether it is in an RCU read-side section. */
static __always_inline __u64 task_bits(const struct task_words *t)
{
	__u64 bits = 0;

	if (t->flags & (PF_MEMALLOC | PF_MEMALLOC_NOIO | PF_MEMALLOC_NOFS)) {
		bits |= t->flags & PF_MEMALLOC ? KC_MEMALLOC : 0;
		bits |= t->flags & PF_MEMALLOC_NOIO ? KC_NOIO : 0;
		bits |= t->flags & PF_MEMALLOC_NOFS ? KC_NOFS : 0;
	}
	if (t->rcu_nesting == shared.rcu_offset)
		return bits;
	if (t->rcu_nesting > shared.rcu_offset)
		return bits | KC_RCU;
	/* When it calibrates, the collector is outside of all sections. */
	if (shared.mode == KC_MODE_CALIBRATE)
		shared.rcu_offset = t->rcu_nesting;
	return bits;
}

/*
 * Is an event to be recorded?  key is what it is about, different for any two that can be
 * under way on a CPU.
 */
static __always_inline int event_wanted(struct kc_event *e, const void *ctx, const void *key,
					enum pass pass, const __u32 kind)
{
	__u32 cpu = bpf_get_smp_processor_id(), mode = shared.mode;
	struct kc_cpu *c = cpu_state(cpu);
	struct task_words task;

	asm volatile("" : "+r"(c)); /* kept, not calculated again and again */
	e->preempt = read_preempt(c, cpu);
	if (pass == FIRST && shared.pair_mode[kind] != KC_PAIR_ONE)
		leave_mark(c, &c->marks[level_of(e->preempt)], ctx, key);
	if (pass == SECOND) {
		if (take_mark(&c->marks[level_of(e->preempt)], ctx, key) ||
		    shared.pair_mode[kind] != KC_PAIR_BOTH)
			return 0;
	}
	if (mode == KC_MODE_OFF)
		return 0;
	read_task(c, &task);
	if (!is_recorded(c, cpu, e->preempt, task.tgid, mode))
		return 0;
	if (pass == SECOND)
		__sync_fetch_and_add(&shared.rescued[kind], 1);
	e->c = c;
	e->is_hook = 0;
	e->cpu = cpu;
	e->pid = task.pid;
	e->word = task_bits(&task);
	return 1;
}

/*
 * Reserve room and fill in what all events have.  0 if the event is lost.  With has_more there
 * will be a kc_more, whose pid and empty stack alone are filled in.
 */
static __always_inline int event_reserve(struct kc_event *e, __u32 kind, __u32 has_more)
{
	__u32 nr_slots, first;
	struct kc_ring *ring;
	__u64 at;

	if (e->c->pending)
		tell_gap(e->cpu);
	ring = take_slots(e, &has_more, &at, &nr_slots);
	if (!ring)
		return event_lost(e->cpu);
	first = ring->first;
	e->slot = slot_at(first, nr_slots, at);
	e->more = NULL;
	e->more_word = 0;
	if (!e->slot) /* cannot be: the collector made room for every CPU */
		return 0;
	e->word |= (__u64)kind << KC_KIND_SHIFT | lap_of(nr_slots, at);
	e->slot->preempt_node = e->preempt;
	if (!has_more)
		return 1;
	ring->pid = e->is_hook ? KC_NO_PID : e->pid;
	e->more = (struct kc_more *)slot_at(first, nr_slots, at + 1);
	if (!e->more)
		return 0;
	e->more->pid = e->pid;
	e->more->stack = 0;
	e->more_word = lap_of(nr_slots, at + 1);
	e->word |= KC_MORE;
	return 1;
}

/* The collector may read the slots as soon as it sees the word. */
static __always_inline void event_publish(struct kc_event *e)
{
	if (e->more)
		publish_word(&e->more->word, e->more_word);
	publish_word(&e->slot->word, e->word | now());
}

static __always_inline void set_bytes(struct kc_event *e, __u64 bytes_req, __u64 bytes_alloc)
{
	if (!e->more)
		return;
	e->more->bytes_req = bytes_req;
	e->more->bytes_alloc = bytes_alloc;
	e->more_word |= KC_HAS_BYTES;
}

#endif
