/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Call chains as numbers: each is written once, into the table of stacks.
 */
#ifndef BPF_STACK_BPF_H
#define BPF_STACK_BPF_H

#include "bpf/slot.bpf.h"

#define PROBES 16

static __always_inline void copy_frames(struct kc_stack *to, const struct kc_stack *from, __u32 nr,
					__u32 most)
{
	for (__u32 i = 0; i < KC_MAX_FRAMES && i < most; i++) {
		if (i >= nr)
			break;
		to->frames[i] = from->frames[i];
	}
	barrier();
	*(volatile __u32 *)&to->nr = nr;
}

/* The id of a chain, its place in the table + 1; 0 if there is no place for it. */
static __always_inline __u32 intern_chain(const struct kc_stack *chain, __u32 nr, __u64 hash,
					  __u32 most)
{
	for (__u32 probe = 0; probe < PROBES; probe++) {
		__u32 at = (hash + probe) & (KC_STACK_SLOTS - 1);
		struct kc_stack *s = bpf_map_lookup_elem(&stacks, &at);

		if (!s)
			return 0;
		if (!s->hash)
			__sync_val_compare_and_swap(&s->hash, 0, hash);
		if (s->hash != hash)
			continue;
		if (!s->nr) /* two CPUs may write the same */
			copy_frames(s, chain, nr, most);
		return at + 1;
	}
	return 0;
}

/* The chain of at most most frames, a constant, that led to this event. */
static __always_inline __u32 stack_id(void *ctx, const struct kc_event *e, const __u32 most)
{
	__u32 key = e->cpu * KC_NR_LEVELS + level_of(e->preempt), nr, id = 0;
	struct kc_stack *chain = bpf_map_lookup_elem(&chains, &key);
	__u64 hash = 0x9e3779b97f4a7c15ull;
	long len;

	if (!chain)
		return 0;
	len = bpf_get_stack(ctx, chain->frames, most * sizeof(__u64), 0);
	nr = len > 0 ? (__u32)len / sizeof(__u64) : 0;
	for (__u32 i = 0; i < KC_MAX_FRAMES && i < most; i++) {
		if (i >= nr)
			break;
		hash = (hash ^ chain->frames[i]) * 0xff51afd7ed558ccdull;
		hash ^= hash >> 32;
	}
	if (nr)
		id = intern_chain(chain, nr, hash | 1ull << 63, most);
	if (!id)
		__sync_fetch_and_add(&shared.no_stack, 1);
	return id;
}

/* Does this event, which is recorded, of the slab or percpu allocator have its chain recorded? */
static __always_inline int wants_stack(const struct kc_event *e)
{
	if (!params.slab_frames)
		return 0;
	return params.stack_every <= 1 || e->c->nr_stacks++ % params.stack_every == 0;
}

#endif
