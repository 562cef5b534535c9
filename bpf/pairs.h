/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two programs of a tracepoint, and when the second is needed.
 *
 * The kernel skips a program that is active on the CPU already.  The second program records what
 * the first was skipped for, and costs about as much again as the first one's way in.  It is
 * attached from the start; where it was never needed on a busy tracepoint of allocations it is
 * taken off, and it comes back when the kernel has skipped the first for the first time.
 *
 *            busy, never needed               20 ms
 *     BOTH ─────────────────────▶ MARK ─────────────▶ ONE
 *      ▲                                               │ the first was skipped
 *      └───────── 20 ms ───────── MARK ◀───────────────┘
 *
 * In the 20 ms all that was under way in another mode has ended, so nothing is recorded twice
 * and no mark is left behind.  What goes unseen in MARK and ONE is counted.
 */
#ifndef BPF_PAIRS_H
#define BPF_PAIRS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "bpf/object.h"

struct kc_pair {
	int first[2], second[2]; /* programs of the object; two where kmalloc_node is another */
	unsigned int nr;	 /* of each */
	enum kc_pair_mode mode;
	bool goes_up;	     /* out of MARK */
	bool was_needed;     /* it stays then */
	uint64_t changed_ns; /* since when in this mode */
	uint64_t looked_ns, looked_events;
	uint64_t skipped; /* runs whose skipping lost an event, in modes that have ended */
	uint64_t base;	  /* runs that were skipped before this mode */
};

struct kc_pairs {
	struct kc_object *object; /* not owned */
	struct kc_pair pairs[KC_NR_KINDS];
};

/* After kc_object_load(). */
void kc_pairs_init(struct kc_pairs *pairs, struct kc_object *object, uint64_t now_ns);
/*
 * Change modes where it is time to.  nr_events is how many of each kind have been recorded so
 * far.  Takes some milliseconds when a program is attached or taken off, else microseconds.
 */
void kc_pairs_tune(struct kc_pairs *pairs, uint64_t now_ns, const uint64_t nr_events[KC_NR_KINDS]);
/*
 * Events of a kind that no program saw, since kc_pairs_init(), but for those of which the first
 * program left a mark and the second was skipped: struct kc_cpu counts these.
 */
uint64_t kc_pairs_skipped(const struct kc_pairs *pairs, unsigned int kind);

#endif
