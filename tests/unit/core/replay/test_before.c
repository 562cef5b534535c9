/* SPDX-License-Identifier: GPL-2.0-only */
/* A replay that starts in the middle: what was before makes the machine, and is told to nobody. */
#include "tests/unit/suite.h"

#include "tests/unit/core/replay/handmade.h"

#define ROUNDS 60 /* of an allocation and its free, so that checkpoints are due */

struct log {
	unsigned int nr_alloc, nr_free, nr_unknown, nr_event;
};

static void on_alloc(void *self, const struct km_replay *replay, const struct tf_event *ev,
		     const struct km_life *life)
{
	(void)replay;
	(void)ev;
	ck_assert_uint_ne(life->site, KM_NO_SITE);
	((struct log *)self)->nr_alloc++;
}

static void on_free(void *self, const struct km_replay *replay, const struct tf_event *ev,
		    const struct km_life *life, enum km_end end)
{
	(void)replay;
	(void)ev;
	(void)life;
	(void)end;
	((struct log *)self)->nr_free++;
}

static void on_unknown(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	(void)replay;
	(void)ev;
	((struct log *)self)->nr_unknown++;
}

static void on_event(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	(void)replay;
	(void)ev;
	((struct log *)self)->nr_event++;
}

static const struct km_observer_ops log_ops = {
	.name = "log",
	.event = on_event,
	.alloc = on_alloc,
	.free = on_free,
	.unknown = on_unknown,
};

/*
 * before:  alloc A, alloc B, alloc a block of pages, then pairs of alloc C, free C
 * range:   free A, free the first of the pages, alloc D, free Z (from nowhere)
 *
 * Returns where the range begins.
 */
static uint64_t add_events(struct handmade *h)
{
	uint64_t from_ns;

	add_kmalloc(h, OBJECT(1), 100, 128, GFP_KERNEL);
	add_kmalloc(h, OBJECT(2), 100, 128, GFP_KERNEL);
	page_alloc(h, PFN(8), 2);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		add_kmalloc(h, OBJECT(3), 500, 512, GFP_KERNEL);
		add_free(h, TF_KFREE, OBJECT(3));
	}
	from_ns = h->ts;
	add_free(h, TF_KFREE, OBJECT(1));
	page_free(h, PFN(8), 0);
	add_kmalloc(h, OBJECT(4), 1000, 1024, GFP_KERNEL);
	add_free(h, TF_KFREE, OBJECT(9));
	return from_ns;
}

/* A trace with checkpoints, or without; read from the middle, warm or not. */
static void start(struct handmade *h, uint64_t checkpoint_events, bool is_warm, struct log *log)
{
	const struct tf_writer_options options = {
		.block_events = 10,
		.checkpoint_events = checkpoint_events,
	};
	uint64_t from_ns;

	handmade_init(h);
	ck_assert_int_eq(tf_writer_close(h->writer, NULL), 0);
	ck_assert_int_eq(tf_writer_create(&h->writer, h->path, &options, NULL), 0);
	handmade_snapshots(h, 1);
	from_ns = add_events(h);
	handmade_open(h);
	tf_reader_set_range(h->reader, from_ns, UINT64_MAX);
	tf_reader_set_warm(h->reader, is_warm);
	handmade_boot(h, &(struct km_replay_options){ .flags = KM_REPLAY_CHECK,
						      .from_ns = from_ns,
						      .to_ns = UINT64_MAX });
	*log = (struct log){ 0 };
	ck_assert_int_eq(km_replay_add_observer(h->replay, &log_ops, log), 0);
	handmade_run(h);
	ck_assert_uint_eq(h->replay->first_ns, from_ns);
}

/* The objects before the range are known when they are freed, and were not announced. */
static void check_warm(const struct handmade *h, const struct log *log)
{
	const struct km_replay *replay = h->replay;

	ck_assert_uint_eq(replay->nr_events, 4);
	ck_assert_uint_eq(log->nr_event, 4);
	ck_assert_uint_eq(log->nr_alloc, 1);
	ck_assert_uint_eq(log->nr_free, 0);
	/* Z alone. */
	ck_assert_uint_eq(log->nr_unknown, 1);
	ck_assert_uint_eq(replay->divergence[KM_DIV_SPLIT_FREE], 1);
	ck_assert_uint_eq(replay->divergence[KM_DIV_IMPLIED_FREE], 0);
	/* B and three of the four pages live unseen. */
	ck_assert_uint_eq(km_replay_nr_live(replay), 1);
}

START_TEST(test_from_the_beginning)
{
	struct handmade h;
	struct log log;

	start(&h, TF_NO_CHECKPOINTS, true, &log);
	check_warm(&h, &log);
	handmade_release(&h);
}
END_TEST

START_TEST(test_from_a_checkpoint)
{
	struct tf_reader_info info;
	struct handmade h;
	struct log log;

	start(&h, 10, true, &log);
	tf_reader_get_info(h.reader, &info);
	ck_assert_uint_gt(info.nr_checkpoints, 0);
	check_warm(&h, &log);
	handmade_release(&h);
}
END_TEST

/* Without what was before, the frees are of things unknown. */
START_TEST(test_not_warm)
{
	struct handmade h;
	struct log log;

	start(&h, 10, false, &log);
	ck_assert_uint_eq(h.replay->nr_events, 4);
	ck_assert_uint_eq(log.nr_alloc, 1);
	ck_assert_uint_eq(h.replay->divergence[KM_DIV_SPLIT_FREE], 0);
	ck_assert_uint_eq(log.nr_free, 0);
	handmade_release(&h);
}
END_TEST

RUN_SUITE("core/replay/before", test_from_the_beginning, test_from_a_checkpoint, test_not_warm)
