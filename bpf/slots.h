/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The per-CPU slot rings, and the rare records beside them, as one stream by time.
 *
 *   slots of CPU 0 ──┐
 *   slots of CPU 1 ──┼── merge by time ──▶ events
 *   ring buffer ─────┘
 *
 * Each CPU's slots are in order but for interrupts, which take a later slot and may
 * publish it earlier; the stream is as sorted as that.
 */
#ifndef BPF_SLOTS_H
#define BPF_SLOTS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "bpf/decode.h"
#include "tracefmt/event.h"

struct kc_slots {
	struct kc_slot *slots; /* mapped: slots_per_cpu for each CPU */
	size_t bytes;
	struct kc_shared *shared; /* not owned */
	uint32_t slots_per_cpu;
	unsigned int nr_cpus;
	struct tf_event *side; /* decoded records of the ring buffer, by time */
	size_t nr_side, at_side, room_side;
	/*
	 * Reads the ring buffer once more, for a cache that was announced after the last time and
	 * before the slot that names it.  NULL: nobody does.
	 */
	int (*refresh)(void *arg);
	void *refresh_arg;
	uint64_t last_ns;	/* time of the last event handed out */
	uint64_t nr_inversions; /* events older than the one before */
};

/* Map the slots of an array map.  0 or negative errno. */
int kc_slots_map(struct kc_slots *slots, int map_fd, struct kc_shared *shared,
		 uint32_t slots_per_cpu, unsigned int nr_cpus);
void kc_slots_unmap(struct kc_slots *slots);
/* An event of the ring buffer, to be merged by the next kc_slots_drain(). */
int kc_slots_add_side(struct kc_slots *slots, const struct tf_event *ev);
/*
 * Hand out at most max events, oldest first.  Returns how many, or the first negative
 * code of emit() or the decoder.
 */
int64_t kc_slots_drain(struct kc_slots *slots, struct kc_decoder *decoder, int64_t max,
		       int (*emit)(void *arg, const struct tf_event *ev), void *arg);
/* The next published slot of a CPU without taking it, NULL if there is none. */
const struct kc_slot *kc_slots_peek(const struct kc_slots *slots, unsigned int cpu);
void kc_slots_take(struct kc_slots *slots, unsigned int cpu);

#endif
