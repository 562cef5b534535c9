/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rings of slots of all CPUs as one stream by time.
 *
 *   CPU 0 task    ──┐
 *   CPU 0 softirq ──┤
 *   CPU 0 spill   ──┼── merge by time, up to a moment ──▶ records
 *   CPU 1 task    ──┤
 *   ...           ──┘
 *
 * What was written before that moment is all there, but for an event that an interrupt cut
 * off between its clock and its slot: the stream is as sorted as that.
 */
#ifndef BPF_SLOTS_H
#define BPF_SLOTS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"

/* One event as the programs wrote it; slot and more live until the call returns. */
struct kc_record {
	uint64_t ts_ns;
	unsigned int cpu;
	uint32_t pid;
	const struct kc_slot *slot;
	const struct kc_more *more; /* NULL if it has none */
};

static inline unsigned int kc_record_kind(const struct kc_record *rec)
{
	return rec->slot->word >> KC_KIND_SHIFT & KC_KIND_MASK;
}

struct kc_ring_reader {
	const struct kc_slot *slots;
	uint64_t *tail;	  /* the collector's word that the programs see */
	uint64_t at;	  /* next slot to read; *tail follows */
	uint64_t next_ns; /* of that slot, if it is in the heap */
	uint64_t seen_ns; /* nothing that is still to come is older, but for interrupts */
	uint32_t nr_slots, pid;
	uint16_t cpu;
};

struct kc_slots {
	struct kc_slot *slots; /* mapped: hot and spill ring of each CPU */
	size_t bytes;
	struct kc_ring_reader *readers; /* KC_NR_RINGS for each CPU */
	struct kc_ring_reader **heap;	/* those with a slot to read, by next_ns */
	unsigned int nr_readers, nr_heap;
	uint64_t last_ns;	/* time of the last record handed out */
	uint64_t nr_inversions; /* records older than the one before */
};

/*
 * Read the slots that lie at memory, or in the mapped array of map_fd if that is NULL: twice
 * hot_slots and spill_slots for each CPU, powers of two.  now_ns is the time; nothing there is
 * older by more than 2^40 ns.  0 or negative errno.
 */
int kc_slots_init(struct kc_slots *slots, void *memory, int map_fd, struct kc_shared *shared,
		  uint32_t hot_slots, uint32_t spill_slots, unsigned int nr_cpus, uint64_t now_ns);
void kc_slots_release(struct kc_slots *slots);
/*
 * Hand out at most max records that were written before now_ns, the present time, oldest
 * first.  Returns how many, or the first negative code of take().
 */
int64_t kc_slots_drain(struct kc_slots *slots, uint64_t now_ns, int64_t max,
		       int (*take)(void *arg, const struct kc_record *rec), void *arg);

#endif
