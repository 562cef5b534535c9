/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Light snapshots: what changed of slabinfo, how often one is taken, and the thread.
 */
#include "tests/unit/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/clock.h"
#include "bpf/light.h"

#define HEAD "slabinfo - version: 2.1\n# name <active_objs>\n"
#define MS 1000000ull

static void expect_diff(const char *before, const char *now, const char *expected)
{
	struct kc_text a = { 0 }, b = { 0 }, out = { 0 };

	ck_assert_int_eq(kc_text_add(&a, before, strlen(before)), 0);
	ck_assert_int_eq(kc_text_add(&b, now, strlen(now)), 0);
	ck_assert_int_eq(kc_light_diff(&out, &a, &b), 0);
	ck_assert_int_eq(kc_text_add(&out, "", 1), 0);
	ck_assert_str_eq(out.data, expected);
	kc_text_release(&a);
	kc_text_release(&b);
	kc_text_release(&out);
}

START_TEST(test_diff)
{
	/* The first has all, and what stays as it was is left out. */
	expect_diff("", HEAD "a 1 2\nb 3 4\n", HEAD "a 1 2\nb 3 4\n");
	expect_diff(HEAD "a 1 2\nb 3 4\n", HEAD "a 1 2\nb 3 4\n", HEAD);
	expect_diff(HEAD "a 1 2\nb 3 4\n", HEAD "a 1 2\nb 3 5\n", HEAD "b 3 5\n");
	/* A cache that comes up, in front or behind; another order is no change. */
	expect_diff(HEAD "b 3 4\n", HEAD "a 1 2\nb 3 4\n", HEAD "a 1 2\n");
	expect_diff(HEAD "b 3 4\n", HEAD "b 3 4\nc 1 2\n", HEAD "c 1 2\n");
	expect_diff(HEAD "a 1 2\nb 3 4\nc 5 6\n", HEAD "c 5 6\na 1 2\nb 3 4\n", HEAD);
	/* One name that begins with the other. */
	expect_diff(HEAD "kmalloc-8k 1 1\nkmalloc-8 1 1\n", HEAD "kmalloc-8 1 1\nkmalloc-8k 1 2\n",
		    HEAD "kmalloc-8k 1 2\n");
	/* One that is gone, and one that took its place. */
	expect_diff(HEAD "a 1 2\nb 3 4\nc 5 6\n", HEAD "a 1 2\nd 3 4\nc 5 6\n",
		    HEAD "d 3 4\n# b is gone\n");
	expect_diff(HEAD "a 1 2\n", "", "# a is gone\n");
	/* Lines of no shape, and one without an end. */
	expect_diff(HEAD "a 1 2\n\n", HEAD "\nx\na 1 2", HEAD "\nx\n");
}
END_TEST

/* Times stay on the grid of the first; what has passed is left out. */
START_TEST(test_pace_keeps_time)
{
	struct kc_light_pace pace = { .interval_ns = 100, .next_ns = 1000, .left_bytes = 1 << 20 };

	kc_light_pace(&pace, 1003, 10);
	ck_assert_uint_eq(pace.next_ns, 1100);
	kc_light_pace(&pace, 1100, 10);
	ck_assert_uint_eq(pace.next_ns, 1200);
	kc_light_pace(&pace, 1450, 0);
	ck_assert_uint_eq(pace.next_ns, 1500);
	ck_assert_uint_eq(pace.interval_ns, 100);
}
END_TEST

/* However long it goes on, what they take together stays below what there is, or nearly so. */
START_TEST(test_pace_fits)
{
	struct kc_light_pace pace = { .interval_ns = 100 * MS,
				      .next_ns = 100 * MS,
				      .left_bytes = KC_LIGHT_BYTES };
	const uint64_t each = 9000, year_ns = 365ull * 86400 * 1000 * MS;
	uint64_t nr = 0, nr_hour = 0;

	while (pace.next_ns < year_ns) {
		kc_light_pace(&pace, pace.next_ns, each);
		nr++;
		if (pace.next_ns <= 3600ull * 1000 * MS)
			nr_hour = nr;
	}
	ck_assert_uint_le(nr * each, KC_LIGHT_BYTES + 32 * each);
	ck_assert_uint_ge(nr * each, KC_LIGHT_BYTES * 9 / 10);
	/* The time between grows with the time that has passed, not faster. */
	ck_assert_uint_ge(nr_hour * each, KC_LIGHT_BYTES / 2);
}
END_TEST

static uint64_t wait_ready(const struct kc_light *light)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	for (int i = 0; i < 5000 && !kc_light_ready(light); i++)
		nanosleep(&ms, NULL);
	return kc_light_ready(light);
}

static const char *text_of(const struct tf_snapshot *snap, const char *path)
{
	const struct tf_snapfile *file = tf_snapshot_file(snap, path);

	return file ? (const char *)file->data : NULL;
}

START_TEST(test_thread)
{
	const struct tf_snapshot *opening;
	uint64_t begin = kc_now_ns(), last = 0, ts_ns;
	struct kc_light *light;
	struct tf_meta meta;

	tf_meta_init(&meta);
	opening = tf_meta_begin_snapshot(&meta, begin);
	ck_assert_int_eq(kc_light_start(&light, 20 * MS, opening), 0);
	for (size_t i = 1; i <= 3; i++) {
		const struct tf_snapshot *snap;
		uint64_t ready = wait_ready(light);

		ck_assert_uint_ge(ready, begin + i * 20 * MS);
		ck_assert_int_eq(kc_light_take(light, &meta, &ts_ns), 0);
		ck_assert_uint_eq(ts_ns, ready);
		ck_assert_uint_gt(ts_ns, last);
		ck_assert_uint_le(ts_ns, kc_now_ns());
		ck_assert_uint_eq(meta.nr_snapshots, i + 1);
		snap = &meta.snapshots[i];
		ck_assert_uint_eq(snap->ts_ns, ts_ns);
		ck_assert(tf_snapshot_is_light(snap));
		ck_assert_ptr_nonnull(
			strstr(text_of(snap, "light/proc/buddyinfo"), "Node 0, zone"));
		ck_assert_ptr_nonnull(strstr(text_of(snap, "light/proc/vmstat"), "nr_free_pages "));
		ck_assert_ptr_nonnull(strstr(text_of(snap, "times"), "light/proc/buddyinfo "));
		ck_assert_ptr_null(tf_snapshot_file(snap, "/proc/buddyinfo"));
		last = ts_ns;
	}
	if (text_of(&meta.snapshots[1], "light/proc/slabinfo"))
		/* There was none before the first. */
		ck_assert_uint_gt(tf_snapshot_file(&meta.snapshots[1], "light/proc/slabinfo")->len,
				  tf_snapshot_file(&meta.snapshots[2], "light/proc/slabinfo")->len);
	else
		printf("SKIP: bpf/light/test_thread: /proc/slabinfo cannot be read here\n");
	/* One may be ready when the thread ends, no further one comes. */
	kc_light_stop(light);
	if (kc_light_ready(light))
		ck_assert_int_eq(kc_light_take(light, &meta, &ts_ns), 0);
	usleep(50000);
	ck_assert_uint_eq(kc_light_ready(light), 0);
	kc_light_free(light);
	tf_meta_release(&meta);
}
END_TEST

/* There is none before its time, and nobody waits for it. */
START_TEST(test_none_yet)
{
	struct kc_light *light;
	struct tf_meta meta;
	uint64_t ts_ns;

	tf_meta_init(&meta);
	ck_assert_int_eq(kc_light_start(&light, 3600 * 1000 * MS,
					tf_meta_begin_snapshot(&meta, kc_now_ns())),
			 0);
	ck_assert_uint_eq(kc_light_ready(light), 0);
	ck_assert_int_eq(kc_light_take(light, &meta, &ts_ns), -EAGAIN);
	ck_assert_uint_eq(meta.nr_snapshots, 1);
	kc_light_free(light);
	kc_light_free(NULL);
	kc_light_stop(NULL);
	tf_meta_release(&meta);
}
END_TEST

/* Nobody takes them for a while: the oldest waits, and those that would follow are left out. */
START_TEST(test_nobody_takes)
{
	struct tf_meta meta;
	struct kc_light *light;
	uint64_t ready, ts_ns;

	tf_meta_init(&meta);
	ck_assert_int_eq(
		kc_light_start(&light, 10 * MS, tf_meta_begin_snapshot(&meta, kc_now_ns())), 0);
	ready = wait_ready(light);
	ck_assert_uint_ne(ready, 0);
	usleep(60000);
	ck_assert_uint_eq(kc_light_ready(light), ready);
	ck_assert_int_eq(kc_light_take(light, &meta, &ts_ns), 0);
	ready = wait_ready(light);
	ck_assert_uint_ge(ready, ts_ns + 50 * MS);
	kc_light_free(light);
	tf_meta_release(&meta);
}
END_TEST

RUN_SUITE("bpf/light", test_diff, test_pace_keeps_time, test_pace_fits, test_none_yet, test_thread,
	  test_nobody_takes)
