// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts the allocator events of one process in task context, or all there are, and does nothing
 * else: what a recording of the same must hold.  It shares no code with the collector.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/kernel_types.h"
#include "tests/tools/count_events.h"

char LICENSE[] SEC("license") = "GPL";

/* include/linux/preempt.h: serving a softirq (not bh_disable), hardirq, NMI */
#define IN_INTERRUPT 0x00ff0100u
#define TWO_PAGES 8192 /* the largest cache of kmalloc */
#define ZERO_SIZE_PTR 16

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNT_NR_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

/* A large request that was the last event of its thread. */
struct request {
	__u64 object, bytes; /* bytes 0: it was something else */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct request);
} last SEC(".maps");

const volatile struct count_params params;
__u64 nr_unknown; /* events of the process for which the context could not be told */

/* Kernels without KALLSYMS_ALL resolve no per-CPU variables: it is found beside the run queue. */
static __always_inline int in_task(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct rq *rq = BPF_CORE_READ(task, se.cfs_rq, rq);
	__u32 preempt;

	if (!rq || BPF_CORE_READ(rq, cpu) != bpf_get_smp_processor_id() ||
	    bpf_probe_read_kernel(&preempt, sizeof(preempt),
				  (char *)rq - params.offset_runqueues +
					  params.offset_preempt_count)) {
		__sync_fetch_and_add(&nr_unknown, 1);
		return 0;
	}
	return !(preempt & IN_INTERRUPT);
}

static __always_inline void add(__u32 nr)
{
	__u64 *count = bpf_map_lookup_elem(&counts, &nr);

	if (count)
		++*count;
}

/* The verifier takes a typed pointer for one that is not NULL: it is read as memory. */
static __always_inline __u64 argument(__u64 *ctx, int nr)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), &ctx[nr]);
	return value;
}

/* The same object and size twice, and nothing between: one request, told twice. */
static __always_inline void remember(__u32 thread, __u64 object, __u64 bytes)
{
	struct request now = { .object = object, .bytes = bytes };
	struct request *before = bpf_map_lookup_elem(&last, &thread);

	if (before && bytes && before->bytes == bytes && before->object == object) {
		add(COUNT_TWICE);
		now.bytes = 0;
	}
	if (before)
		*before = now;
	else if (bytes)
		bpf_map_update_elem(&last, &thread, &now, BPF_ANY);
}

static __always_inline int count(__u64 *ctx, __u32 nr)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	int is_large;

	if (params.tgid && (pid_tgid >> 32 != params.tgid || !in_task()))
		return 0;
	add(nr);
	is_large = nr == COUNT_kmalloc && argument(ctx, 3) > TWO_PAGES;
	if (nr == COUNT_kfree && argument(ctx, 1) <= ZERO_SIZE_PTR)
		add(COUNT_NOTHING);
	if (is_large)
		add(COUNT_LARGE);
	if (params.tgid)
		remember(pid_tgid, is_large ? argument(ctx, 1) : 0,
			 is_large ? argument(ctx, 2) : 0);
	if (nr == COUNT_mm_page_alloc && !argument(ctx, 0))
		add(COUNT_FAILED);
	return 0;
}

#define PROGRAM(tracepoint, name)                                                                  \
	SEC("tp_btf/" #tracepoint) int on_##name(__u64 *ctx)                                       \
	{                                                                                          \
		return count(ctx, COUNT_##tracepoint);                                             \
	}

COUNT_EVENTS(PROGRAM)
