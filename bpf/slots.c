/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Draining the slot rings.  The collector's side of the protocol: a slot counts once
 * its lap bit is the expected one; its room is given back by advancing tail.  tail is
 * advanced a run at a time, since every store to it takes the cache line from the CPU
 * that is writing events.
 */
#include "bpf/slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RUN_AT_MOST 256 /* slots of one CPU before its tail is stored */

int kc_slots_map(struct kc_slots *slots, int map_fd, struct kc_shared *shared,
		 uint32_t slots_per_cpu, unsigned int nr_cpus)
{
	memset(slots, 0, sizeof(*slots));
	slots->bytes = (size_t)slots_per_cpu * nr_cpus * sizeof(struct kc_slot);
	slots->slots = mmap(NULL, slots->bytes, PROT_READ, MAP_SHARED, map_fd, 0);
	if (slots->slots == MAP_FAILED) {
		slots->slots = NULL;
		return -errno;
	}
	slots->shared = shared;
	slots->slots_per_cpu = slots_per_cpu;
	slots->nr_cpus = nr_cpus;
	return 0;
}

void kc_slots_unmap(struct kc_slots *slots)
{
	if (slots->slots)
		munmap(slots->slots, slots->bytes);
	free(slots->side);
	memset(slots, 0, sizeof(*slots));
}

int kc_slots_add_side(struct kc_slots *slots, const struct tf_event *ev)
{
	size_t at;

	if (slots->at_side && slots->at_side == slots->nr_side)
		slots->at_side = slots->nr_side = 0;
	if (slots->nr_side == slots->room_side) {
		size_t room = slots->room_side ? slots->room_side * 2 : 1024;
		struct tf_event *side = realloc(slots->side, room * sizeof(*side));

		if (!side)
			return -ENOMEM;
		slots->side = side;
		slots->room_side = room;
	}
	/* Nearly sorted already: CPUs write the ring buffer in turn. */
	for (at = slots->nr_side; at > slots->at_side && slots->side[at - 1].ts_ns > ev->ts_ns;
	     at--)
		slots->side[at] = slots->side[at - 1];
	slots->side[at] = *ev;
	slots->nr_side++;
	return 0;
}

static const struct kc_slot *slot_at(const struct kc_slots *slots, unsigned int cpu, uint64_t at)
{
	const struct kc_slot *slot = &slots->slots[(size_t)cpu * slots->slots_per_cpu +
						   (at & (slots->slots_per_cpu - 1))];
	uint64_t word = __atomic_load_n(&slot->word, __ATOMIC_ACQUIRE);
	uint64_t lap = !(at & slots->slots_per_cpu);

	return word >> KC_LAP_SHIFT == lap ? slot : NULL;
}

const struct kc_slot *kc_slots_peek(const struct kc_slots *slots, unsigned int cpu)
{
	return slot_at(slots, cpu, slots->shared->cpu[cpu].tail);
}

void kc_slots_take(struct kc_slots *slots, unsigned int cpu)
{
	__u64 *tail = &slots->shared->cpu[cpu].tail;

	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
}

static int hand_out(struct kc_slots *slots, const struct tf_event *ev,
		    int (*emit)(void *arg, const struct tf_event *ev), void *arg)
{
	if (ev->ts_ns < slots->last_ns)
		slots->nr_inversions++;
	slots->last_ns = ev->ts_ns;
	return emit(arg, ev);
}

/* The source whose next event is the oldest, and the age up to which it stays so. */
#define NO_SOURCE (-2)
#define SIDE_SOURCE (-1)

static int oldest_source(const struct kc_slots *slots, uint64_t *until)
{
	uint64_t oldest = UINT64_MAX;
	int source = NO_SOURCE;

	*until = UINT64_MAX;
	if (slots->at_side < slots->nr_side) {
		oldest = slots->side[slots->at_side].ts_ns;
		source = SIDE_SOURCE;
	}
	for (unsigned int cpu = 0; cpu < slots->nr_cpus; cpu++) {
		const struct kc_slot *slot = kc_slots_peek(slots, cpu);
		uint64_t ts;

		if (!slot)
			continue;
		ts = slot->word & KC_TS_MASK;
		if (ts < oldest) {
			*until = oldest;
			oldest = ts;
			source = (int)cpu;
		} else if (ts < *until) {
			*until = ts;
		}
	}
	return source;
}

/* Slots of one CPU up to a time. */
static int64_t drain_cpu(struct kc_slots *slots, struct kc_decoder *decoder, unsigned int cpu,
			 uint64_t until, int64_t max,
			 int (*emit)(void *arg, const struct tf_event *ev), void *arg)
{
	uint64_t at = slots->shared->cpu[cpu].tail;
	const struct kc_slot *slot;
	struct tf_event ev;
	int64_t nr = 0;
	int err = 0;

	while (!err && nr < max && (slot = slot_at(slots, cpu, at)) &&
	       (slot->word & KC_TS_MASK) <= until) {
		if (!kc_decoder_has_cache(decoder, slot->cache) && slots->refresh)
			err = slots->refresh(slots->refresh_arg);
		if (!err)
			err = kc_decode_slot(decoder, cpu, slot, &ev);
		at++;
		nr++;
		if (nr % RUN_AT_MOST == 0)
			__atomic_store_n(&slots->shared->cpu[cpu].tail, at, __ATOMIC_RELEASE);
		if (!err)
			err = hand_out(slots, &ev, emit, arg);
	}
	__atomic_store_n(&slots->shared->cpu[cpu].tail, at, __ATOMIC_RELEASE);
	return err ? err : nr;
}

int64_t kc_slots_drain(struct kc_slots *slots, struct kc_decoder *decoder, int64_t max,
		       int (*emit)(void *arg, const struct tf_event *ev), void *arg)
{
	int64_t total = 0, nr;

	while (total < max) {
		uint64_t until;
		int source = oldest_source(slots, &until);

		if (source == NO_SOURCE)
			break;
		if (source == SIDE_SOURCE) {
			nr = hand_out(slots, &slots->side[slots->at_side], emit, arg);
			slots->at_side++;
			if (nr < 0)
				return nr;
			nr = 1;
		} else {
			nr = drain_cpu(slots, decoder, (unsigned int)source, until, max - total,
				       emit, arg);
		}
		if (nr < 0)
			return nr;
		total += nr;
	}
	return total;
}
