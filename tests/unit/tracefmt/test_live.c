/* SPDX-License-Identifier: GPL-2.0-only */
/* What lives, by block and by the plain way: a walk through all events from the end. */
#include "tests/unit/suite.h"

#include "tests/unit/tracefmt/sample.h"
#include "tracefmt/live.h"

#define BLOCK 64u

static unsigned space_of(unsigned kind)
{
	switch (kind) {
	case TF_PAGE_ALLOC:
	case TF_PAGE_FREE:
		return 1;
	case TF_PERCPU_ALLOC:
	case TF_PERCPU_FREE:
		return 2;
	case TF_VMAP_ALLOC:
	case TF_VMAP_FREE:
		return 3;
	default:
		return 0;
	}
}

static bool is_nothing(const struct tf_event *ev)
{
	return (!tf_kind_is_alloc(ev->kind) && !tf_kind_is_free(ev->kind)) || !ev->addr ||
	       ev->addr == UINT64_MAX || (tf_kind_is_alloc(ev->kind) && (ev->flags & TF_EV_FAILED));
}

/* An allocation lives if nothing after it has its address and space. */
static bool is_last(const struct tf_event *events, size_t at, size_t nr)
{
	for (size_t i = at + 1; i < nr; i++) {
		if (!is_nothing(&events[i]) && events[i].addr == events[at].addr &&
		    space_of(events[i].kind) == space_of(events[at].kind))
			return false;
	}
	return true;
}

static size_t plain_live(const struct tf_event *events, size_t nr, struct tf_event *live)
{
	size_t nr_live = 0;

	for (size_t i = 0; i < nr; i++) {
		if (!is_nothing(&events[i]) && tf_kind_is_alloc(events[i].kind) &&
		    is_last(events, i, nr))
			live[nr_live++] = events[i];
	}
	return nr_live;
}

struct fixture {
	struct tf_effect effect;
	struct tf_effect_table table;
	struct tf_live *live;
};

static void begin(struct fixture *f, uint32_t block, size_t max)
{
	ck_assert_int_eq(tf_effect_init(&f->effect, block), 0);
	ck_assert_int_eq(tf_effect_table_init(&f->table, block), 0);
	ck_assert_int_eq(tf_live_new(&f->live, max), 0);
}

static void finish(struct fixture *f)
{
	tf_live_free(f->live);
	tf_effect_table_release(&f->table);
	tf_effect_release(&f->effect);
}

static int apply(struct fixture *f, const struct tf_event *events, uint32_t nr)
{
	tf_effect_find(&f->effect, &f->table, events, nr);
	return tf_live_apply(f->live, &f->effect, events);
}

static void expect_live(struct fixture *f, const struct tf_event *want, size_t nr)
{
	const struct tf_event *got;

	ck_assert_pstr_eq(tf_live_is_valid(f->live), NULL);
	ck_assert_uint_eq(tf_live_nr(f->live), nr);
	got = tf_live_list(f->live);
	ck_assert(!nr || !memcmp(got, want, nr * sizeof(*got)));
	ck_assert_pstr_eq(tf_live_is_valid(f->live), NULL);
}

/* Few addresses in every space, so that all meets all: replaced, freed twice, failed. */
START_TEST(test_as_the_plain_way)
{
	enum {
		NR = 6000
	};
	struct tf_event *events = calloc(NR, sizeof(*events)), *want = calloc(NR, sizeof(*want));
	struct fixture f;
	uint64_t seed = 21;

	ck_assert(events && want);
	for (size_t i = 0; i < NR; i++) {
		events[i].kind = (uint8_t)rnd_below(&seed, TF_NR_KINDS);
		events[i].addr = rnd_below(&seed, 150) - 1;
		events[i].flags = rnd_below(&seed, 10) ? 0 : TF_EV_FAILED;
		events[i].ts_ns = i;
	}
	for (uint32_t block = 1; block <= BLOCK; block = block * 3 + 1) {
		begin(&f, block, 1000);
		for (size_t at = 0; at < NR; at += block) {
			uint32_t nr = NR - at < block ? (uint32_t)(NR - at) : block;

			ck_assert_int_eq(apply(&f, events + at, nr), 0);
			if (at / block % 64 && at + nr < NR)
				continue;
			expect_live(&f, want, plain_live(events, at + nr, want));
		}
		finish(&f);
	}
	free(want);
	free(events);
}
END_TEST

/* More live than the first index and the first list have room for, and the dead among them. */
START_TEST(test_growth)
{
	enum {
		NR = 200000
	};
	struct tf_event *events = calloc(NR, sizeof(*events)), *want = calloc(NR, sizeof(*want));
	struct fixture f;
	size_t nr_want = 0;

	ck_assert(events && want);
	begin(&f, 1000, NR);
	for (size_t i = 0; i < NR; i++) {
		events[i].ts_ns = i;
		events[i].kind = TF_PAGE_ALLOC;
		events[i].addr = i + 1;
		/* Of every three pages the middle one goes, much later. */
		if (i % 3 == 2 && i > 60000) {
			events[i].kind = TF_PAGE_FREE;
			events[i].addr = i - 60000;
		}
	}
	for (size_t i = 0; i < NR; i++) {
		bool is_freed = i % 3 == 1 && i + 60001 < NR;

		if (events[i].kind == TF_PAGE_ALLOC && !is_freed)
			want[nr_want++] = events[i];
	}
	for (size_t at = 0; at < NR; at += 1000)
		ck_assert_int_eq(apply(&f, events + at, 1000), 0);
	expect_live(&f, want, nr_want);
	finish(&f);
	free(want);
	free(events);
}
END_TEST

/* As many as may live come and go for ever; one more is one too many. */
START_TEST(test_limit)
{
	struct tf_event block[100];
	struct fixture f;

	memset(block, 0, sizeof(block));
	begin(&f, 100, 100);
	for (uint64_t turn = 0; turn < 1000; turn++) {
		for (unsigned i = 0; i < 100; i++) {
			block[i].kind = TF_KMALLOC;
			block[i].addr = 8 * (i + 1);
			block[i].ts_ns = turn;
		}
		ck_assert_int_eq(apply(&f, block, 100), 0);
		expect_live(&f, block, 100);
	}
	block[0].addr = 8;
	block[1].addr = 4;
	ck_assert_int_eq(apply(&f, block, 2), -E2BIG);
	finish(&f);
}
END_TEST

/*
 *   page_alloc order 2 at 8:   | 8 | 9 | 10 | 11 |
 *   page_free of 9:            lives on: it is not the first page
 *   page_free of 8, order 0:   ends
 */
START_TEST(test_part_of_a_block)
{
	struct tf_event alloc = { .kind = TF_PAGE_ALLOC, .addr = 8, .order = 2 };
	struct tf_event tail = { .kind = TF_PAGE_FREE, .addr = 9 };
	struct tf_event head = { .kind = TF_PAGE_FREE, .addr = 8 };
	struct fixture f;

	begin(&f, 4, 10);
	ck_assert_int_eq(apply(&f, &alloc, 1), 0);
	ck_assert_int_eq(apply(&f, &tail, 1), 0);
	expect_live(&f, &alloc, 1);
	ck_assert_int_eq(apply(&f, &head, 1), 0);
	expect_live(&f, NULL, 0);
	finish(&f);
}
END_TEST

RUN_SUITE("tracefmt/live", test_as_the_plain_way, test_growth, test_limit, test_part_of_a_block)
