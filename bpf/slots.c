/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The collector's side of the rings' protocol: a slot counts once its lap bit is the expected
 * one; its room is given back by advancing tail, a run at a time, since every store to it takes
 * the cache line from the CPU that is writing events.
 *
 * Rings that have something to read lie in a heap by the time of their next slot: the oldest is
 * read until another one's turn comes.
 */
#include "bpf/slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RUN_AT_MOST 256 /* slots of one ring before its tail is stored */
/* By so much an event may be older than one that was published in its ring before it. */
#define NESTED_NS (1ull << 36)

static int map_slots(struct kc_slots *slots, int map_fd, size_t bytes)
{
	slots->slots = mmap(NULL, bytes, PROT_READ, MAP_SHARED, map_fd, 0);
	if (slots->slots == MAP_FAILED) {
		slots->slots = NULL;
		return -errno;
	}
	slots->bytes = bytes;
	return 0;
}

static void init_readers(struct kc_slots *slots, const struct kc_slot *memory,
			 struct kc_shared *shared, const uint32_t nr_slots[KC_NR_RINGS],
			 uint64_t now_ns)
{
	for (unsigned int i = 0; i < slots->nr_readers; i++) {
		struct kc_ring_reader *r = &slots->readers[i];
		unsigned int ring = i % KC_NR_RINGS;

		r->cpu = (uint16_t)(i / KC_NR_RINGS);
		r->slots = memory;
		r->nr_slots = nr_slots[ring];
		r->tail = (uint64_t *)&shared->cpu[r->cpu].tails[ring];
		r->at = *r->tail;
		r->seen_ns = now_ns;
		memory += r->nr_slots;
	}
}

int kc_slots_init(struct kc_slots *slots, void *memory, int map_fd, struct kc_shared *shared,
		  uint32_t hot_slots, uint32_t spill_slots, unsigned int nr_cpus, uint64_t now_ns)
{
	const uint32_t nr_slots[KC_NR_RINGS] = { hot_slots, hot_slots, spill_slots };
	size_t bytes =
		(KC_SPILL * (size_t)hot_slots + spill_slots) * nr_cpus * sizeof(struct kc_slot);
	int err;

	memset(slots, 0, sizeof(*slots));
	slots->nr_readers = nr_cpus * KC_NR_RINGS;
	slots->readers = calloc(slots->nr_readers, sizeof(*slots->readers));
	slots->heap = calloc(slots->nr_readers, sizeof(struct kc_ring_reader *));
	err = slots->readers && slots->heap ? 0 : -ENOMEM;
	if (!err && !memory)
		err = map_slots(slots, map_fd, bytes);
	if (err)
		kc_slots_release(slots);
	else
		init_readers(slots, memory ? memory : slots->slots, shared, nr_slots, now_ns);
	return err;
}

void kc_slots_release(struct kc_slots *slots)
{
	if (slots->slots)
		munmap(slots->slots, slots->bytes);
	free(slots->readers);
	free(slots->heap);
	memset(slots, 0, sizeof(*slots));
}

/* The next slot of a ring with its word, NULL if it is not published. */
static const struct kc_slot *peek(const struct kc_ring_reader *r, uint64_t *word)
{
	const struct kc_slot *slot = &r->slots[r->at & (r->nr_slots - 1)];
	uint64_t lap = r->at & r->nr_slots ? 0 : KC_LAP;

	*word = __atomic_load_n(&slot->word, __ATOMIC_ACQUIRE);
	return (*word & KC_LAP) == lap ? slot : NULL;
}

/*
 * A slot has the low bits of its time: it is taken to be the first such time that is not
 * older than what the ring has shown before, but for what an interrupt may have overtaken.
 */
static uint64_t full_time(const struct kc_ring_reader *r, uint64_t word)
{
	uint64_t least = r->seen_ns > NESTED_NS ? r->seen_ns - NESTED_NS : 0;

	return least + ((word - least) & KC_TS_MASK);
}

static void sift_down(struct kc_slots *slots, unsigned int at)
{
	struct kc_ring_reader **heap = slots->heap, *r = heap[at];

	for (;;) {
		unsigned int child = 2 * at + 1;

		if (child >= slots->nr_heap)
			break;
		if (child + 1 < slots->nr_heap && heap[child + 1]->next_ns < heap[child]->next_ns)
			child++;
		if (heap[child]->next_ns >= r->next_ns)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = r;
}

static void build_heap(struct kc_slots *slots, uint64_t now_ns)
{
	slots->nr_heap = 0;
	for (unsigned int i = 0; i < slots->nr_readers; i++) {
		struct kc_ring_reader *r = &slots->readers[i];
		uint64_t word;

		if (peek(r, &word)) {
			r->next_ns = full_time(r, word);
			slots->heap[slots->nr_heap++] = r;
		} else {
			r->seen_ns = now_ns;
		}
	}
	for (unsigned int i = slots->nr_heap / 2; i-- > 0;)
		sift_down(slots, i);
}

/* Until when the first of the heap is the oldest. */
static uint64_t turn_ends(const struct kc_slots *slots, uint64_t now_ns)
{
	uint64_t end = now_ns;

	for (unsigned int i = 1; i < slots->nr_heap && i < 3; i++)
		if (slots->heap[i]->next_ns < end)
			end = slots->heap[i]->next_ns;
	return end;
}

static int hand_out(struct kc_slots *slots, struct kc_ring_reader *r, uint64_t word,
		    const struct kc_slot *slot, int (*take)(void *arg, const struct kc_record *rec),
		    void *arg)
{
	struct kc_record rec = { .ts_ns = r->next_ns, .cpu = r->cpu, .slot = slot };

	if (word & KC_MORE) {
		rec.more = (const struct kc_more *)&r->slots[(r->at + 1) & (r->nr_slots - 1)];
		r->pid = rec.more->pid;
	}
	rec.pid = r->pid;
	if (rec.ts_ns < slots->last_ns)
		slots->nr_inversions++;
	slots->last_ns = rec.ts_ns;
	if (rec.ts_ns > r->seen_ns)
		r->seen_ns = rec.ts_ns;
	r->at += rec.more ? 2 : 1;
	return take(arg, &rec);
}

/* The first of the heap, as long as it is the oldest. */
static int64_t read_turn(struct kc_slots *slots, uint64_t now_ns, int64_t max,
			 int (*take)(void *arg, const struct kc_record *rec), void *arg)
{
	struct kc_ring_reader *r = slots->heap[0];
	uint64_t end = turn_ends(slots, now_ns), word;
	const struct kc_slot *slot;
	int64_t nr = 0;
	int err = 0;

	while ((slot = peek(r, &word))) {
		r->next_ns = full_time(r, word);
		if (err || nr == max || r->next_ns > end)
			break;
		err = hand_out(slots, r, word, slot, take, arg);
		if (++nr % RUN_AT_MOST == 0)
			__atomic_store_n(r->tail, r->at, __ATOMIC_RELEASE);
	}
	__atomic_store_n(r->tail, r->at, __ATOMIC_RELEASE);
	if (!slot)
		slots->heap[0] = slots->heap[--slots->nr_heap];
	if (slots->nr_heap)
		sift_down(slots, 0);
	return err ? err : nr;
}

int64_t kc_slots_drain(struct kc_slots *slots, uint64_t now_ns, int64_t max,
		       int (*take)(void *arg, const struct kc_record *rec), void *arg)
{
	int64_t total = 0;

	build_heap(slots, now_ns);
	while (total < max && slots->nr_heap && slots->heap[0]->next_ns <= now_ns) {
		int64_t nr = read_turn(slots, now_ns, max - total, take, arg);

		if (nr < 0)
			return nr;
		total += nr;
	}
	return total;
}
