/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace replayed with light snapshots in it, and without:
 *
 *   with      0 . . . L . . . . L L . . . 1
 *   without   0 . . .   . . . .     . . . 1
 */
#include "tests/unit/suite.h"

#include "tests/unit/core/replay/handmade.h"

#define TICK 1000000000ull
#define MAX_TICKS 64

struct heard {
	unsigned int nr_ticks, nr_events;
	uint64_t ticks[MAX_TICKS];
};

static void on_tick(void *self, const struct km_replay *replay, uint64_t now_ns)
{
	struct heard *heard = self;

	(void)replay;
	ck_assert_uint_lt(heard->nr_ticks, MAX_TICKS);
	heard->ticks[heard->nr_ticks++] = now_ns;
}

static void on_event(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	struct heard *heard = self;

	(void)replay;
	(void)ev;
	heard->nr_events++;
}

static const struct km_observer_ops ops = {
	.name = "heard",
	.tick = on_tick,
	.event = on_event,
};

static void add_light(struct handmade *h)
{
	struct tf_event mark = { .kind = TF_MARK, .addr = h->meta.nr_snapshots };
	struct tf_snapshot *snap = tf_meta_begin_snapshot(&h->meta, h->ts);

	snap_add(snap, "kind", "light\n");
	/* Numbers that would be wrong, if they were those of the end. */
	snap_add(snap, "light/proc/slabinfo", "slabinfo - version: 2.1\nkmalloc-64 9 9 64 64 1\n");
	snap_add(snap, "/proc/slabinfo", "slabinfo - version: 2.1\nkmalloc-64 9 9 64 64 1\n");
	handmade_add(h, mark);
}

/* lights: bit n is one after the nth second. */
static void replay(uint64_t lights, bool has_end, struct heard *heard, struct handmade *h)
{
	struct tf_event mark = { .kind = TF_MARK };

	handmade_init(h);
	handmade_snapshots(h, 1);
	if (!(lights & 1))
		handmade_add(h, mark);
	for (unsigned int second = 0; second < 20; second++) {
		h->ts = (10 + second) * TICK;
		if (lights >> second & 1)
			add_light(h);
		/* Some seconds are quiet: then the mark is all that there is. */
		h->ts = (10 + second) * TICK + 1000;
		if (second % 3)
			add_kmalloc(h, OBJECT(second), 100, 128, GFP_KERNEL);
	}
	if (has_end) {
		handmade_snapshots(h, 1);
		mark.addr = h->meta.nr_snapshots - 1;
		handmade_add(h, mark);
	}
	memset(heard, 0, sizeof(*heard));
	handmade_boot(h, NULL);
	ck_assert_int_eq(km_replay_add_observer(h->replay, &ops, heard), 0);
	handmade_run(h);
}

static void expect_same(uint64_t lights, bool has_end)
{
	struct heard with, without;
	struct handmade a, b;

	replay(0, has_end, &without, &a);
	replay(lights, has_end, &with, &b);
	ck_assert_uint_gt(without.nr_ticks, 10);
	ck_assert_uint_eq(without.nr_ticks, with.nr_ticks);
	for (unsigned int i = 0; i < with.nr_ticks; i++)
		ck_assert_uint_eq(without.ticks[i], with.ticks[i]);
	ck_assert_uint_eq(without.nr_events, with.nr_events);
	ck_assert_uint_eq(a.replay->nr_events, b.replay->nr_events);
	ck_assert_uint_eq(a.replay->first_ns, b.replay->first_ns);
	ck_assert_uint_eq(a.replay->now_ns, b.replay->now_ns);
	ck_assert_int_eq(a.replay->host.has_end, has_end);
	ck_assert_int_eq(b.replay->host.has_end, has_end);
	ck_assert_uint_eq(a.replay->host.end.slab_pages, b.replay->host.end.slab_pages);
	ck_assert_uint_eq(a.replay->host.end.nr_caches, b.replay->host.end.nr_caches);
	ck_assert_uint_eq(km_replay_nr_live(a.replay), km_replay_nr_live(b.replay));
	handmade_release(&a);
	handmade_release(&b);
}

START_TEST(light_ones_change_nothing)
{
	expect_same(1u << 4, true);
	expect_same(1u << 6 | 1u << 7 | 1u << 9 | 1u << 18, true);
	expect_same(0xffffe, true);
}
END_TEST

/* The recorder was killed: a light one is not the end, and there is none. */
START_TEST(light_ones_do_not_end_a_trace)
{
	expect_same(1u << 4, false);
	/* The last thing that the trace has. */
	expect_same(0xffffe, false);
}
END_TEST

/* A part of a trace may begin with the mark of one. */
START_TEST(time_does_not_begin_with_a_light_one)
{
	struct heard heard;
	struct handmade h;

	replay(1, true, &heard, &h);
	ck_assert_uint_eq(h.replay->first_ns, 11 * TICK + 1000);
	handmade_release(&h);
}
END_TEST

RUN_SUITE("replay/light", light_ones_change_nothing, light_ones_do_not_end_a_trace,
	  time_does_not_begin_with_a_light_one)
