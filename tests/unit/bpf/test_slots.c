/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Draining slot rings that the test itself writes, as the programs would.
 *
 *   ring of CPU 0   [ . . . . . . . . ]  ─┐
 *   ring of CPU 1   [ . . . . . . . . ]  ─┼─▶ events by time
 *   side events     . . .                ─┘
 */
#include "tests/unit/suite.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/slots.h"

#define MAX_SEEN 8192

struct bed {
	struct kc_calibration cal;
	struct kc_decoder decoder;
	struct kc_shared *shared;
	struct kc_slots slots;
	uint64_t head[4]; /* next slot to write, by CPU */
	/* what was handed out */
	uint64_t ts_ns[MAX_SEEN], addr[MAX_SEEN], tail0[MAX_SEEN];
	uint16_t cpu[MAX_SEEN];
	unsigned int nr;
	unsigned int fail_at; /* emit() refuses that event, 0 is none */
	uint64_t bytes[MAX_SEEN];
	unsigned int nr_refreshed; /* calls of refresh(), which announces that cache */
	uint16_t announced;
};

static struct bed *bed_new(unsigned int nr_cpus, uint32_t slots_per_cpu)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	ck_assert_int_eq(kc_decoder_init(&bed->decoder, &bed->cal), 0);
	bed->shared = calloc(1, sizeof(*bed->shared));
	bed->slots.slots = calloc((size_t)nr_cpus * slots_per_cpu, sizeof(struct kc_slot));
	bed->slots.shared = bed->shared;
	bed->slots.slots_per_cpu = slots_per_cpu;
	bed->slots.nr_cpus = nr_cpus;
	ck_assert(bed->shared && bed->slots.slots);
	return bed;
}

static void bed_free(struct bed *bed)
{
	kc_decoder_release(&bed->decoder);
	free(bed->slots.slots);
	free(bed->slots.side);
	free(bed->shared);
	free(bed);
}

/* Reserve a slot without publishing it; publish() does. */
static uint64_t reserve(struct bed *bed, unsigned int cpu)
{
	return bed->head[cpu]++;
}

static void publish(struct bed *bed, unsigned int cpu, uint64_t at, uint64_t ts_ns, uint64_t addr)
{
	uint32_t size = bed->slots.slots_per_cpu;
	struct kc_slot *slot = &bed->slots.slots[cpu * size + at % size];
	uint64_t lap = 1 + at / size;

	slot->addr = addr;
	slot->word = (lap & 1) << KC_LAP_SHIFT | (uint64_t)KC_KFREE << KC_TS_BITS | ts_ns;
}

static void add(struct bed *bed, unsigned int cpu, uint64_t ts_ns)
{
	publish(bed, cpu, reserve(bed, cpu), ts_ns, ts_ns);
}

static void add_side(struct bed *bed, uint64_t ts_ns)
{
	struct tf_event ev = { .kind = TF_PERCPU_FREE, .ts_ns = ts_ns, .addr = ts_ns, .cpu = 99 };

	ck_assert_int_eq(kc_slots_add_side(&bed->slots, &ev), 0);
}

static int see(void *arg, const struct tf_event *ev)
{
	struct bed *bed = arg;

	if (bed->fail_at && bed->nr + 1 == bed->fail_at)
		return -ENOSPC;
	ck_assert_uint_lt(bed->nr, MAX_SEEN);
	bed->ts_ns[bed->nr] = ev->ts_ns;
	bed->addr[bed->nr] = ev->addr;
	bed->cpu[bed->nr] = ev->cpu;
	bed->bytes[bed->nr] = ev->bytes_alloc;
	bed->tail0[bed->nr] = bed->shared->cpu[0].tail;
	bed->nr++;
	return 0;
}

static int64_t drain(struct bed *bed, int64_t max)
{
	bed->nr = 0;
	return kc_slots_drain(&bed->slots, &bed->decoder, max, see, bed);
}

static void expect_times(const struct bed *bed, unsigned int nr, const uint64_t *ts_ns)
{
	ck_assert_uint_eq(bed->nr, nr);
	for (unsigned int i = 0; i < nr; i++) {
		ck_assert_uint_eq(bed->ts_ns[i], ts_ns[i]);
		ck_assert_uint_eq(bed->addr[i], ts_ns[i]);
	}
}

#define EXPECT_TIMES(bed, ...)                                                                     \
	do {                                                                                       \
		const uint64_t times[] = { __VA_ARGS__ };                                          \
                                                                                                   \
		expect_times(bed, sizeof(times) / sizeof(times[0]), times);                        \
	} while (0)

START_TEST(test_empty)
{
	struct bed *bed = bed_new(2, 8);

	ck_assert_int_eq(drain(bed, 100), 0);
	ck_assert_ptr_null(kc_slots_peek(&bed->slots, 0));
	ck_assert_ptr_null(kc_slots_peek(&bed->slots, 1));
	ck_assert_uint_eq(bed->shared->cpu[0].tail, 0);
	bed_free(bed);
}
END_TEST

/*
 *   CPU 0   10    30 31       70
 *   CPU 1      20       40 50
 *   CPU 2                        (nothing)
 *   side       21          55 60    80
 */
START_TEST(test_merges_by_time)
{
	struct bed *bed = bed_new(3, 8);

	add(bed, 0, 10);
	add(bed, 0, 30);
	add(bed, 0, 31);
	add(bed, 0, 70);
	add(bed, 1, 20);
	add(bed, 1, 40);
	add(bed, 1, 50);
	add_side(bed, 60);
	add_side(bed, 80);
	add_side(bed, 21);
	add_side(bed, 55);
	ck_assert_int_eq(drain(bed, 100), 11);
	EXPECT_TIMES(bed, 10, 20, 21, 30, 31, 40, 50, 55, 60, 70, 80);
	ck_assert_uint_eq(bed->cpu[0], 0);
	ck_assert_uint_eq(bed->cpu[1], 1);
	ck_assert_uint_eq(bed->cpu[2], 99);
	ck_assert_uint_eq(bed->shared->cpu[0].tail, 4);
	ck_assert_uint_eq(bed->shared->cpu[1].tail, 3);
	ck_assert_uint_eq(bed->shared->cpu[2].tail, 0);
	ck_assert_uint_eq(bed->slots.nr_inversions, 0);
	ck_assert_int_eq(drain(bed, 100), 0);
	bed_free(bed);
}
END_TEST

/* Equal times: side first, then by CPU, each in its own order; always the same. */
START_TEST(test_equal_times)
{
	struct bed *bed = bed_new(2, 8);

	publish(bed, 1, reserve(bed, 1), 5, 300);
	publish(bed, 0, reserve(bed, 0), 5, 200);
	publish(bed, 0, reserve(bed, 0), 5, 201);
	add_side(bed, 5);
	ck_assert_int_eq(drain(bed, 100), 4);
	ck_assert_uint_eq(bed->addr[0], 5);
	ck_assert_uint_eq(bed->addr[1], 200);
	ck_assert_uint_eq(bed->addr[2], 201);
	ck_assert_uint_eq(bed->addr[3], 300);
	bed_free(bed);
}
END_TEST

/*
 *   CPU 0   10  (reserved)  12      the ring stops before the hole
 *   CPU 1   11   13   14            goes on
 *
 * and when the hole is filled, by a record that began before 13 was told, the ring
 * goes on with what by then is an inversion.
 */
START_TEST(test_unpublished_slot_stops_its_cpu)
{
	struct bed *bed = bed_new(2, 8);
	uint64_t hole;

	add(bed, 0, 10);
	hole = reserve(bed, 0);
	add(bed, 0, 12);
	add(bed, 1, 11);
	add(bed, 1, 13);
	add(bed, 1, 14);
	ck_assert_int_eq(drain(bed, 100), 4);
	EXPECT_TIMES(bed, 10, 11, 13, 14);
	ck_assert_uint_eq(bed->shared->cpu[0].tail, 1);
	ck_assert_uint_eq(bed->shared->cpu[1].tail, 3);
	ck_assert_int_eq(drain(bed, 100), 0);
	publish(bed, 0, hole, 15, 15);
	ck_assert_int_eq(drain(bed, 100), 2);
	EXPECT_TIMES(bed, 15, 12);
	ck_assert_uint_eq(bed->shared->cpu[0].tail, 3);
	ck_assert_uint_eq(bed->slots.nr_inversions, 1);
	bed_free(bed);
}
END_TEST

START_TEST(test_max_is_respected)
{
	struct bed *bed = bed_new(2, 8);

	for (uint64_t t = 0; t < 6; t++) {
		add(bed, 0, 100 + t);
		add(bed, 1, 200 + t);
	}
	add_side(bed, 102);
	add_side(bed, 300);
	ck_assert_int_eq(drain(bed, 0), 0);
	ck_assert_int_eq(drain(bed, 2), 2);
	EXPECT_TIMES(bed, 100, 101);
	ck_assert_uint_eq(bed->shared->cpu[0].tail, 2);
	ck_assert_int_eq(drain(bed, 1), 1);
	EXPECT_TIMES(bed, 102);
	ck_assert_int_eq(drain(bed, 5), 5);
	EXPECT_TIMES(bed, 102, 103, 104, 105, 200);
	ck_assert_uint_eq(bed->shared->cpu[0].tail, 6);
	ck_assert_uint_eq(bed->shared->cpu[1].tail, 1);
	ck_assert_int_eq(drain(bed, 100), 6);
	EXPECT_TIMES(bed, 201, 202, 203, 204, 205, 300);
	bed_free(bed);
}
END_TEST

/* Room is given back while a long run is drained, not only at its end. */
START_TEST(test_tail_follows)
{
	struct bed *bed = bed_new(1, 4096);

	for (uint64_t t = 1; t <= 2000; t++)
		add(bed, 0, t);
	ck_assert_int_eq(drain(bed, INT64_MAX), 2000);
	ck_assert_uint_eq(bed->shared->cpu[0].tail, 2000);
	for (unsigned int i = 0; i < bed->nr; i++) {
		ck_assert_uint_le(bed->tail0[i], i + 1);
		ck_assert_uint_le(i, bed->tail0[i] + 512);
	}
	bed_free(bed);
}
END_TEST

static void add_cache_alloc(struct bed *bed, uint64_t ts_ns, uint16_t cache)
{
	struct kc_slot *slot = &bed->slots.slots[bed->head[0]++];

	slot->cache = cache;
	slot->word = 1ull << KC_LAP_SHIFT | (uint64_t)KC_CACHE_ALLOC << KC_TS_BITS | ts_ns;
}

/* The ring buffer holds what announces a cache; it is read no sooner than it is asked for. */
static int refresh(void *arg)
{
	struct bed *bed = arg;
	struct kc_cache_rec rec = { .h.cpu_kind = KC_REC_CACHE,
				    .h.cache = bed->announced,
				    .size = 192 };
	struct tf_event ev;

	bed->nr_refreshed++;
	if (!bed->announced)
		return -EIO;
	return kc_decode(&bed->decoder, &rec, sizeof(rec), &ev);
}

/*
 * A cache is announced before the first slot that names it is published, but by the
 * other ring, which may have been read too early:
 *
 *   slots   7   7   none   9 ...
 *               ▲ known by now
 */
START_TEST(test_announcement_on_its_way)
{
	struct bed *bed = bed_new(1, 16);

	bed->slots.refresh = refresh;
	bed->slots.refresh_arg = bed;
	bed->announced = 7;
	add_cache_alloc(bed, 1, 7);
	add_cache_alloc(bed, 2, 7);
	add_cache_alloc(bed, 3, 0);
	ck_assert_int_eq(drain(bed, 100), 3);
	ck_assert_uint_eq(bed->nr_refreshed, 1);
	ck_assert_uint_eq(bed->bytes[0], 192);
	ck_assert_uint_eq(bed->bytes[1], 192);
	ck_assert_uint_eq(bed->bytes[2], 0);

	/* One whose announcement was lost: its events are told all the same. */
	add_cache_alloc(bed, 4, 9);
	ck_assert_int_eq(drain(bed, 100), 1);
	ck_assert_uint_eq(bed->nr_refreshed, 2);
	ck_assert_uint_eq(bed->bytes[0], 0);

	/* A ring that cannot be read is an error. */
	bed->announced = 0;
	add_cache_alloc(bed, 5, 9);
	ck_assert_int_eq(drain(bed, 100), -EIO);
	bed_free(bed);
}
END_TEST

/* Lap after lap, the rings as full as they get or nearly empty, by turns. */
START_TEST(test_laps)
{
	struct bed *bed = bed_new(2, 8);
	uint64_t t = 0, expected = 1, filled = 0;

	for (unsigned int round = 0; round < 500; round++) {
		unsigned int nr = 1 + round * 7 % 16;

		for (unsigned int i = 0; i < nr; i++)
			add(bed, i & 1, ++t);
		filled += nr == 16;
		ck_assert_int_eq(drain(bed, 100), nr);
		for (unsigned int i = 0; i < nr; i++)
			ck_assert_uint_eq(bed->ts_ns[i], expected++);
		ck_assert_int_eq(drain(bed, 100), 0);
	}
	ck_assert_uint_gt(filled, 10);
	ck_assert_uint_eq(bed->shared->cpu[0].tail, bed->head[0]);
	ck_assert_uint_eq(bed->shared->cpu[1].tail, bed->head[1]);
	ck_assert_uint_eq(bed->slots.nr_inversions, 0);
	bed_free(bed);
}
END_TEST

/*
 * A slot that still holds the record of a lap ago is not published:
 *
 *   lap 1   [1 2 3 4 5 6 7 8]        drained
 *   lap 2   [r 10 r 12 | 5 6 7 8]    r: reserved
 */
START_TEST(test_old_records_are_not_seen_again)
{
	struct bed *bed = bed_new(1, 8);
	uint64_t first, third;

	for (uint64_t t = 1; t <= 8; t++)
		add(bed, 0, t);
	ck_assert_int_eq(drain(bed, 100), 8);
	first = reserve(bed, 0);
	add(bed, 0, 10);
	third = reserve(bed, 0);
	add(bed, 0, 12);
	ck_assert_int_eq(drain(bed, 100), 0);
	publish(bed, 0, first, 9, 9);
	ck_assert_int_eq(drain(bed, 100), 2);
	EXPECT_TIMES(bed, 9, 10);
	publish(bed, 0, third, 11, 11);
	ck_assert_int_eq(drain(bed, 100), 2);
	EXPECT_TIMES(bed, 11, 12);
	ck_assert_int_eq(drain(bed, 100), 0);
	bed_free(bed);
}
END_TEST

/* An interrupt takes the later slot and publishes it earlier: told in order of the slots. */
START_TEST(test_inversions_are_counted)
{
	struct bed *bed = bed_new(1, 8);

	add(bed, 0, 10);
	add(bed, 0, 14);
	add(bed, 0, 12);
	add(bed, 0, 13);
	add(bed, 0, 11);
	ck_assert_int_eq(drain(bed, 100), 5);
	EXPECT_TIMES(bed, 10, 14, 12, 13, 11);
	ck_assert_uint_eq(bed->slots.nr_inversions, 2);
	bed_free(bed);
}
END_TEST

START_TEST(test_side_events_grow_and_go)
{
	struct bed *bed = bed_new(1, 8);

	/* Pairs swapped, as two CPUs write the ring buffer; more than there is room for at first.
	 */
	for (uint64_t t = 0; t < 3000; t++)
		add_side(bed, 1 + (t ^ 1));
	ck_assert_int_eq(drain(bed, 1000), 1000);
	for (uint64_t t = 3000; t < 5000; t++)
		add_side(bed, 1 + (t ^ 1));
	ck_assert_int_eq(drain(bed, INT64_MAX), 4000);
	for (unsigned int i = 0; i < 4000; i++)
		ck_assert_uint_eq(bed->ts_ns[i], 1001 + i);
	/* What is drained is let go. */
	for (uint64_t t = 0; t < 100000; t++) {
		add_side(bed, 10000 + t);
		ck_assert_int_eq(drain(bed, 10), 1);
	}
	ck_assert_uint_le(bed->slots.room_side, 8192);
	bed_free(bed);
}
END_TEST

/* What emit() says is returned; nothing of what it has taken comes again. */
START_TEST(test_emit_fails)
{
	for (unsigned int at = 1; at <= 6; at++) {
		struct bed *bed = bed_new(2, 8);

		add(bed, 0, 1);
		add(bed, 0, 2);
		add(bed, 1, 3);
		add_side(bed, 4);
		add_side(bed, 5);
		add(bed, 1, 6);
		bed->fail_at = at;
		ck_assert_int_eq(drain(bed, 100), -ENOSPC);
		ck_assert_uint_eq(bed->nr, at - 1);
		bed->fail_at = 0;
		ck_assert_int_ge(drain(bed, 100), 6 - at);
		for (unsigned int i = 0; i < bed->nr; i++)
			ck_assert_uint_ge(bed->ts_ns[i], at);
		bed_free(bed);
	}
}
END_TEST

START_TEST(test_peek_and_take)
{
	struct bed *bed = bed_new(2, 8);
	uint64_t sum = 0;

	for (unsigned int lap = 0; lap < 5; lap++) {
		for (uint64_t t = 1; t <= 8; t++)
			add(bed, 1, t);
		ck_assert_ptr_null(kc_slots_peek(&bed->slots, 0));
		for (uint64_t t = 1; t <= 8; t++) {
			const struct kc_slot *slot = kc_slots_peek(&bed->slots, 1);

			ck_assert_ptr_nonnull(slot);
			ck_assert_ptr_eq(slot, kc_slots_peek(&bed->slots, 1));
			ck_assert_uint_eq(slot->word & KC_TS_MASK, t);
			kc_slots_take(&bed->slots, 1);
			ck_assert_uint_eq(bed->shared->cpu[1].tail, ++sum);
		}
		ck_assert_ptr_null(kc_slots_peek(&bed->slots, 1));
	}
	bed_free(bed);
}
END_TEST

/* The map of the kernel is a file here. */
START_TEST(test_mapping)
{
	struct bed *bed = bed_new(2, 64);
	size_t bytes = 2 * 64 * sizeof(struct kc_slot);
	struct kc_slots mapped;
	int fd = memfd_create("slots", 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)bytes), 0);
	ck_assert_int_eq(kc_slots_map(&mapped, fd, bed->shared, 64, 2), 0);
	ck_assert_ptr_null(kc_slots_peek(&mapped, 1));
	add(bed, 1, 77);
	ck_assert_int_eq(pwrite(fd, bed->slots.slots, bytes, 0), (ssize_t)bytes);
	ck_assert_uint_eq(kc_slots_peek(&mapped, 1)->addr, 77);
	kc_slots_unmap(&mapped);
	kc_slots_unmap(&mapped);
	close(fd);
	ck_assert_int_eq(kc_slots_map(&mapped, -1, bed->shared, 64, 2), -EBADF);
	kc_slots_unmap(&mapped);
	bed_free(bed);
}
END_TEST

RUN_SUITE("bpf/slots", test_empty, test_merges_by_time, test_equal_times,
	  test_unpublished_slot_stops_its_cpu, test_max_is_respected, test_tail_follows,
	  test_announcement_on_its_way, test_laps, test_old_records_are_not_seen_again,
	  test_inversions_are_counted, test_side_events_grow_and_go, test_emit_fails,
	  test_peek_and_take, test_mapping)
