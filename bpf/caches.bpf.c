// SPDX-License-Identifier: GPL-2.0-only
/*
 * One struct kc_cache_info for each slab cache, to whoever reads the iterator.
 */
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/cache_iter.h"
#include "bpf/kernel_types.h"

char LICENSE[] SEC("license") = "GPL";

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} CORE;

struct bpf_iter__kmem_cache {
	struct bpf_iter_meta *meta;
	struct kmem_cache *s;
} CORE;

#define FIELD(s, field) (bpf_core_field_exists((s)->field) ? BPF_CORE_READ(s, field) : 0)

SEC("iter/kmem_cache")
int write_cache(struct bpf_iter__kmem_cache *ctx)
{
	struct kmem_cache *s = ctx->s;
	struct kc_cache_info info = {};

	/* Behind the last cache the program runs once more. */
	if (!s)
		return 0;
	info.addr = (__u64)s;
	info.object_size = BPF_CORE_READ(s, object_size);
	info.size = BPF_CORE_READ(s, size);
	info.align = BPF_CORE_READ(s, align);
	info.flags = BPF_CORE_READ(s, flags);
	info.oo = bpf_core_field_exists(s->oo) ? BPF_CORE_READ(s, oo.x) : 0;
	info.min_partial = FIELD(s, min_partial);
	info.cpu_partial = FIELD(s, cpu_partial);
	info.cpu_partial_slabs = FIELD(s, cpu_partial_slabs);
	if (bpf_probe_read_kernel_str(info.name, sizeof(info.name), BPF_CORE_READ(s, name)) < 0)
		info.name[0] = 0;
	bpf_seq_write(ctx->meta->seq, &info, sizeof(info));
	return 0;
}
