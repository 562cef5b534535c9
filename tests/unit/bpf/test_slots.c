/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rings, written by made-up CPUs that keep to the protocol of bpf/slot.bpf.h.
 */
#include "tests/unit/suite.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/slots.h"

#define HOT 256u
#define SPILL 512u
#define MAX_CPUS 64u
#define HOUR_NS (3600ull * 1000000000)

struct bed {
	struct kc_shared *shared;
	struct kc_slot *memory;
	struct kc_slots slots;
	unsigned int nr_cpus;
};

static void bed_init(struct bed *bed, unsigned int nr_cpus, uint64_t now_ns)
{
	bed->nr_cpus = nr_cpus;
	bed->shared = calloc(1, sizeof(*bed->shared));
	bed->memory = calloc((size_t)nr_cpus * (2 * HOT + SPILL), sizeof(*bed->memory));
	ck_assert_ptr_nonnull(bed->shared);
	ck_assert_ptr_nonnull(bed->memory);
	ck_assert_int_eq(kc_slots_init(&bed->slots, bed->memory, -1, bed->shared, HOT, SPILL,
				       nr_cpus, now_ns),
			 0);
}

static void bed_release(struct bed *bed)
{
	kc_slots_release(&bed->slots);
	free(bed->memory);
	free(bed->shared);
}

static struct kc_slot *slot_at(struct bed *bed, unsigned int cpu, unsigned int ring, uint64_t at,
			       uint64_t *lap)
{
	uint32_t nr = ring == KC_SPILL ? SPILL : HOT;

	*lap = at & nr ? 0 : KC_LAP;
	return &bed->memory[(size_t)cpu * (2 * HOT + SPILL) + ring * HOT + (at & (nr - 1))];
}

/* -1 if neither has room for nr. */
static int ring_with_room(struct bed *bed, unsigned int cpu, unsigned int nr)
{
	struct kc_cpu *c = &bed->shared->cpu[cpu];

	for (int ring = KC_HOT_TASK; ring <= KC_SPILL; ring++) {
		uint64_t tail = __atomic_load_n(&c->tails[ring], __ATOMIC_ACQUIRE);

		if (c->rings[ring].head - tail + nr <=
		    (ring == KC_SPILL ? SPILL : HOT) - KC_SLOT_MARGIN)
			return ring;
	}
	return -1;
}

static void publish(struct kc_slot *slot, uint64_t word)
{
	__atomic_store_n(&slot->word, word, __ATOMIC_RELEASE);
}

/* An event into that ring, published or not; its slot. */
static struct kc_slot *put(struct bed *bed, unsigned int cpu, unsigned int ring, uint64_t ts_ns,
			   uint32_t pid, uint64_t addr, bool is_published)
{
	struct kc_ring *r = &bed->shared->cpu[cpu].rings[ring];
	bool has_more = r->pid != pid;
	uint64_t at = r->head, lap, more_lap;
	struct kc_slot *slot = slot_at(bed, cpu, ring, at, &lap);

	r->head += has_more ? 2 : 1;
	r->pid = pid;
	slot->addr = addr;
	if (has_more) {
		struct kc_slot *more = slot_at(bed, cpu, ring, at + 1, &more_lap);

		((struct kc_more *)more)->pid = pid;
		publish(more, more_lap);
	}
	lap |= (has_more ? KC_MORE : 0) | (uint64_t)KC_KFREE << KC_KIND_SHIFT |
	       (ts_ns & KC_TS_MASK);
	if (is_published)
		publish(slot, lap);
	return slot;
}

/* What was handed out. */
struct seen {
	uint64_t ts_ns[4096], addr[4096];
	uint32_t pid[4096];
	unsigned int cpu[4096], nr, fail_at;
};

static int take(void *arg, const struct kc_record *rec)
{
	struct seen *seen = arg;

	if (seen->fail_at && seen->nr + 1 == seen->fail_at)
		return -EIO;
	ck_assert_uint_lt(seen->nr, 4096);
	seen->ts_ns[seen->nr] = rec->ts_ns;
	seen->addr[seen->nr] = rec->slot->addr;
	seen->pid[seen->nr] = rec->pid;
	seen->cpu[seen->nr++] = rec->cpu;
	return 0;
}

START_TEST(test_merge)
{
	static struct seen seen;
	struct bed bed;

	bed_init(&bed, MAX_CPUS, 1000);
	memset(&seen, 0, sizeof(seen));
	/* 2000 events a nanosecond apart, strewn over CPUs and rings. */
	for (unsigned int i = 0; i < 2000; i++)
		put(&bed, i * 7 % MAX_CPUS, i / 3 % 3, 1000 + i, i * 7 % MAX_CPUS + 1, i, true);
	ck_assert_int_eq(kc_slots_drain(&bed.slots, 1 << 20, 1 << 20, take, &seen), 2000);
	for (unsigned int i = 0; i < 2000; i++) {
		ck_assert_uint_eq(seen.ts_ns[i], 1000 + i);
		ck_assert_uint_eq(seen.addr[i], i);
		ck_assert_uint_eq(seen.cpu[i], i * 7 % MAX_CPUS);
		ck_assert_uint_eq(seen.pid[i], i * 7 % MAX_CPUS + 1);
	}
	ck_assert_uint_eq(bed.slots.nr_inversions, 0);
	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++)
		for (unsigned int ring = 0; ring < KC_NR_RINGS; ring++)
			ck_assert_uint_eq(bed.shared->cpu[cpu].tails[ring],
					  bed.shared->cpu[cpu].rings[ring].head);
	ck_assert_int_eq(kc_slots_drain(&bed.slots, 1 << 20, 1 << 20, take, &seen), 0);
	bed_release(&bed);
}
END_TEST

/* Events of the other CPU that are younger than the moment of the call wait for the next. */
START_TEST(test_nothing_younger)
{
	static struct seen seen;
	struct bed bed;

	bed_init(&bed, 2, 0);
	memset(&seen, 0, sizeof(seen));
	put(&bed, 0, KC_HOT_TASK, 100, 1, 1, true);
	put(&bed, 1, KC_HOT_TASK, 201, 1, 3, true);
	put(&bed, 0, KC_HOT_TASK, 200, 1, 2, true);
	ck_assert_int_eq(kc_slots_drain(&bed.slots, 200, 10, take, &seen), 2);
	put(&bed, 0, KC_SPILL, 202, 1, 4, true);
	ck_assert_int_eq(kc_slots_drain(&bed.slots, 300, 10, take, &seen), 2);
	for (unsigned int i = 0; i < 4; i++)
		ck_assert_uint_eq(seen.addr[i], i + 1);
	bed_release(&bed);
}
END_TEST

/* A slot that is reserved and not yet published holds up its ring, and no other. */
START_TEST(test_unpublished)
{
	static struct seen seen;
	struct kc_slot *slot;
	struct bed bed;

	bed_init(&bed, 2, 0);
	memset(&seen, 0, sizeof(seen));
	slot = put(&bed, 0, KC_HOT_TASK, 100, 1, 2, false);
	put(&bed, 0, KC_HOT_TASK, 101, 1, 3, true);
	put(&bed, 1, KC_HOT_TASK, 102, 1, 1, true);
	ck_assert_int_eq(kc_slots_drain(&bed.slots, 200, 10, take, &seen), 1);
	ck_assert_uint_eq(bed.shared->cpu[0].tails[KC_HOT_TASK], 0);
	publish(slot, KC_LAP | KC_MORE | 103);
	ck_assert_int_eq(kc_slots_drain(&bed.slots, 200, 10, take, &seen), 2);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_uint_eq(seen.addr[i], i + 1);
	/* What it interrupted has the later clock: told as it is, and counted. */
	ck_assert_uint_eq(seen.ts_ns[1], 103);
	ck_assert_uint_eq(seen.ts_ns[2], 101);
	ck_assert_uint_eq(bed.slots.nr_inversions, 1);
	bed_release(&bed);
}
END_TEST

/* Many laps; kc_more comes to lie behind the end of the ring, too. */
START_TEST(test_laps)
{
	static struct seen seen;
	struct bed bed;
	uint64_t ts = 0;

	bed_init(&bed, 1, 0);
	for (unsigned int round = 0; round < 100; round++) {
		memset(&seen, 0, sizeof(seen));
		/* 61 slots a time: 41 events, every second one of another thread. */
		for (unsigned int i = 0; i < 41; i++)
			put(&bed, 0, round % 3, ts + i + 1, 1000 + i / 2, ts + i + 1, true);
		ts += 41;
		ck_assert_int_eq(kc_slots_drain(&bed.slots, ts, 100, take, &seen), 41);
		for (unsigned int i = 0; i < 41; i++) {
			ck_assert_uint_eq(seen.addr[i], ts - 40 + i);
			ck_assert_uint_eq(seen.pid[i], 1000 + i / 2);
		}
	}
	ck_assert_uint_gt(bed.shared->cpu[0].rings[KC_HOT_TASK].head, 8 * HOT);
	bed_release(&bed);
}
END_TEST

/* 40 bits of a time are 18 minutes: the rest is known from when the ring was looked at. */
START_TEST(test_times)
{
	static struct seen seen;
	uint64_t now = 77 * HOUR_NS;
	struct bed bed;

	bed_init(&bed, 2, now);
	for (unsigned int i = 0; i < 200; i++) {
		memset(&seen, 0, sizeof(seen));
		now += i % 3 ? 1000 : 5 * HOUR_NS / (i + 1);
		/* The other CPU has nothing to say for days, and both are looked at often. */
		ck_assert_int_eq(kc_slots_drain(&bed.slots, now - 100, 10, take, &seen), 0);
		put(&bed, 0, KC_HOT_TASK, now - 10, 1, 0, true);
		if (i == 150)
			put(&bed, 1, KC_HOT_TASK, now - 5, 1, 0, true);
		ck_assert_int_eq(kc_slots_drain(&bed.slots, now, 10, take, &seen), 1 + (i == 150));
		ck_assert_uint_eq(seen.ts_ns[0], now - 10);
		if (i == 150)
			ck_assert_uint_eq(seen.ts_ns[1], now - 5);
		ck_assert_int_eq(kc_slots_drain(&bed.slots, now, 10, take, &seen), 0);
	}
	/* A collector that was stopped for hours finds what was written in the first second. */
	memset(&seen, 0, sizeof(seen));
	for (unsigned int i = 0; i < 100; i++)
		put(&bed, 0, KC_HOT_TASK, now + 10000000ull * i, 1, i, true);
	ck_assert_int_eq(kc_slots_drain(&bed.slots, now + 9 * HOUR_NS, 200, take, &seen), 100);
	for (unsigned int i = 0; i < 100; i++)
		ck_assert_uint_eq(seen.ts_ns[i], now + 10000000ull * i);
	bed_release(&bed);
}
END_TEST

/* An error of the taker, and a limit: nothing is handed out twice. */
START_TEST(test_stops)
{
	static struct seen seen;
	struct bed bed;

	bed_init(&bed, 2, 0);
	memset(&seen, 0, sizeof(seen));
	for (unsigned int i = 0; i < 100; i++)
		put(&bed, i % 2, KC_HOT_TASK, i, 1, i, true);
	ck_assert_int_eq(kc_slots_drain(&bed.slots, 1000, 33, take, &seen), 33);
	seen.fail_at = 50;
	ck_assert_int_eq(kc_slots_drain(&bed.slots, 1000, 100, take, &seen), -EIO);
	ck_assert_uint_eq(seen.nr, 49);
	seen.fail_at = 0;
	ck_assert_int_eq(kc_slots_drain(&bed.slots, 1000, 100, take, &seen), 50);
	for (unsigned int i = 0; i < seen.nr; i++)
		ck_assert_uint_eq(seen.addr[i], i < 49 ? i : i + 1); /* 49 was refused */
	bed_release(&bed);
}
END_TEST

/*
 * A CPU that writes as the programs do, and counts: hot ring first, then the other, then
 * losses, told by a GAP as soon as there is room.
 */
struct cpu_load {
	struct bed *bed;
	unsigned int cpu;
	uint64_t nr, lost, told, seed, ts_ns;
	uint64_t *clock; /* of all CPUs */
};

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*seed >> 33);
}

static void put_gap(struct cpu_load *load)
{
	int ring = ring_with_room(load->bed, load->cpu, 1);
	struct kc_cpu *c = &load->bed->shared->cpu[load->cpu];
	struct kc_slot *slot;
	uint64_t lap;

	if (ring < 0)
		return;
	slot = slot_at(load->bed, load->cpu, (unsigned int)ring, c->rings[ring].head++, &lap);
	slot->addr = load->lost - load->told;
	load->told = load->lost;
	publish(slot, lap | (uint64_t)KC_GAP << KC_KIND_SHIFT | (load->ts_ns & KC_TS_MASK));
}

static void write_event(struct cpu_load *load)
{
	int ring = ring_with_room(load->bed, load->cpu, 3);

	load->ts_ns = __atomic_add_fetch(load->clock, 1, __ATOMIC_SEQ_CST);
	load->nr++;
	if (ring < 0) {
		load->lost++;
		return;
	}
	if (load->lost > load->told) {
		put_gap(load);
		load->ts_ns = __atomic_add_fetch(load->clock, 1, __ATOMIC_SEQ_CST);
	}
	ring = ring_with_room(load->bed, load->cpu, 2);
	put(load->bed, load->cpu, (unsigned int)ring, load->ts_ns,
	    next_random(&load->seed) % 8 ? load->cpu : next_random(&load->seed) % 4, load->nr,
	    true);
}

/* The reader's side of the equation. */
struct tally {
	uint64_t nr[MAX_CPUS], lost[MAX_CPUS], last[MAX_CPUS];
};

static int count(void *arg, const struct kc_record *rec)
{
	struct tally *tally = arg;

	if (kc_record_kind(rec) == KC_GAP) {
		tally->lost[rec->cpu] += rec->slot->addr;
		return 0;
	}
	tally->nr[rec->cpu]++;
	/* In order, and every number that is missing is a loss that was told before it. */
	ck_assert_uint_eq(rec->slot->addr, tally->nr[rec->cpu] + tally->lost[rec->cpu]);
	return 0;
}

static void expect_all(const struct cpu_load *load, const struct tally *tally)
{
	ck_assert_uint_eq(tally->nr[load->cpu] + tally->lost[load->cpu] + load->lost - load->told,
			  load->nr);
}

START_TEST(test_counts_at_random)
{
	static struct tally tally;
	struct cpu_load loads[4];
	uint64_t seed = 1, lost = 0, clock = 0;
	struct bed bed;

	bed_init(&bed, 4, 0);
	memset(&tally, 0, sizeof(tally));
	for (unsigned int cpu = 0; cpu < 4; cpu++)
		loads[cpu] = (struct cpu_load){
			.bed = &bed, .cpu = cpu, .seed = seed + cpu, .clock = &clock
		};
	for (unsigned int i = 0; i < 200000; i++) {
		write_event(&loads[next_random(&seed) % 4]);
		/* Now and then, and at times too late. */
		if (next_random(&seed) % 2000 == 0)
			ck_assert_int_ge(kc_slots_drain(&bed.slots,
							__atomic_load_n(&clock, __ATOMIC_SEQ_CST),
							next_random(&seed) % 3000, count, &tally),
					 0);
	}
	while (kc_slots_drain(&bed.slots, __atomic_load_n(&clock, __ATOMIC_SEQ_CST), 1000, count,
			      &tally) > 0)
		;
	for (unsigned int cpu = 0; cpu < 4; cpu++) {
		expect_all(&loads[cpu], &tally);
		lost += loads[cpu].lost;
	}
	ck_assert_uint_gt(lost, 0);
	bed_release(&bed);
}
END_TEST

static void *run_cpu(void *arg)
{
	struct cpu_load *load = arg;

	for (unsigned int i = 0; i < 300000; i++)
		write_event(load);
	return NULL;
}

START_TEST(test_counts_of_threads)
{
	static struct tally tally;
	struct cpu_load loads[3];
	pthread_t threads[3];
	uint64_t clock = 0;
	struct bed bed;

	bed_init(&bed, 3, 0);
	memset(&tally, 0, sizeof(tally));
	for (unsigned int cpu = 0; cpu < 3; cpu++) {
		loads[cpu] = (struct cpu_load){
			.bed = &bed, .cpu = cpu, .seed = cpu + 1, .clock = &clock
		};
		ck_assert_int_eq(pthread_create(&threads[cpu], NULL, run_cpu, &loads[cpu]), 0);
	}
	for (unsigned int i = 0; i < 2000; i++)
		ck_assert_int_ge(kc_slots_drain(&bed.slots,
						__atomic_load_n(&clock, __ATOMIC_SEQ_CST), 1000,
						count, &tally),
				 0);
	for (unsigned int cpu = 0; cpu < 3; cpu++)
		pthread_join(threads[cpu], NULL);
	while (kc_slots_drain(&bed.slots, __atomic_load_n(&clock, __ATOMIC_SEQ_CST), 1000, count,
			      &tally) > 0)
		;
	for (unsigned int cpu = 0; cpu < 3; cpu++)
		expect_all(&loads[cpu], &tally);
	bed_release(&bed);
}
END_TEST

RUN_SUITE("bpf/slots", test_merge, test_nothing_younger, test_unpublished, test_laps, test_times,
	  test_stops, test_counts_at_random, test_counts_of_threads)
