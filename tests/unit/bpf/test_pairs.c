/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Modes of the pairs of programs, on programs that are made up: each counts how often it was
 * skipped, attached and taken off.  All the first ones are attached before all the second ones.
 * Kernels up to 6.0 have kmalloc_node and kmem_cache_alloc_node, two tracepoints of a kind:
 *
 *   0 ........................... 5   6 ........................... 11
 *   first programs, as tracepoints[]  second programs, in the same order
 */
#include "tests/unit/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/object.h"
#include "bpf/pairs.h"
#include "bpf/programs.h"

#define MS 1000000ull
#define SETTLE (20 * MS) /* bpf/pairs.h */
#define LOOK (250 * MS)	 /* more seldom than that nothing is decided */
#define BUSY 60000	 /* events: in 250 ms of a busy tracepoint, and enough to believe it */

enum {
	KMALLOC,
	KMALLOC_NODE,
	CACHE_ALLOC,
	CACHE_ALLOC_NODE,
	KFREE,
	UNKNOWN,
	NR_TRACEPOINTS
};

static const struct {
	const char *first, *second;
	int kind;
} tracepoints[NR_TRACEPOINTS] = {
	{ "kmalloc__bare__first", "kmalloc__bare__second", KC_KMALLOC },
	{ "kmalloc_node__bare__first", "kmalloc_node__bare__second", KC_KMALLOC },
	{ "kmem_cache_alloc__bare__first", "kmem_cache_alloc__bare__second", KC_CACHE_ALLOC },
	{ "kmem_cache_alloc_node__bare__first", "kmem_cache_alloc_node__bare__second",
	  KC_CACHE_ALLOC },
	{ "kfree__any__first", "kfree__any__second", KC_KFREE },
	{ "another__any__first", "another__any__second", -1 },
};

/* The allocations of both sorts of kernels: what can go down. */
static const struct allocation {
	unsigned int nr; /* tracepoints of the kind */
	int tracepoint;
} allocations[] = {
	{ 1, KMALLOC },	     { 1, CACHE_ALLOC }, { 2, KMALLOC },
	{ 2, KMALLOC_NODE }, { 2, CACHE_ALLOC }, { 2, CACHE_ALLOC_NODE },
};

#define FOR_EACH_ALLOCATION(a)                                                                     \
	for (const struct allocation *a = allocations;                                             \
	     a < allocations + sizeof(allocations) / sizeof(allocations[0]); a++)

struct fake_program {
	uint64_t skipped;
	unsigned int nr_on, nr_off;
	bool is_on, cannot_put_on;
};

struct machine {
	struct kc_object object; /* the first: see machine_of() */
	struct kc_pairs pairs;
	struct fake_program programs[KC_MAX_PROGRAMS];
	unsigned int nr_alike; /* tracepoints of an allocation's kind: 2 up to 6.0, then 1 */
	unsigned int first[NR_TRACEPOINTS], second[NR_TRACEPOINTS];
	uint64_t now_ns, nr_events[KC_NR_KINDS];
	uint64_t lost[KC_NR_KINDS]; /* what kc_pairs_skipped() should say */
};

static struct machine *machine_of(const struct kc_object *object)
{
	return (struct machine *)object;
}

int kc_program_kind(const char *name)
{
	for (unsigned int t = 0; t < NR_TRACEPOINTS; t++)
		if (!strcmp(name, tracepoints[t].first) || !strcmp(name, tracepoints[t].second))
			return tracepoints[t].kind;
	ck_abort_msg("%s is no program", name);
}

static uint32_t mode_of_program(const struct kc_object *object, unsigned int program)
{
	int kind;

	ck_assert_uint_lt(program, object->nr_programs);
	kind = kc_program_kind(object->programs[program].name);
	ck_assert_int_ge(kind, 0);
	return object->shared->pair_mode[kind];
}

uint64_t kc_object_skipped(const struct kc_object *object, unsigned int program)
{
	ck_assert_uint_lt(program, object->nr_programs);
	return machine_of(object)->programs[program].skipped;
}

/* Second programs come and go where the first leave no marks. */
void kc_object_take_off(struct kc_object *object, unsigned int program)
{
	struct fake_program *fake = &machine_of(object)->programs[program];

	ck_assert_uint_eq(mode_of_program(object, program), KC_PAIR_ONE);
	ck_assert(!object->programs[program].is_first);
	ck_assert(fake->is_on);
	fake->is_on = false;
	fake->nr_off++;
}

int kc_object_put_on(struct kc_object *object, unsigned int program)
{
	struct fake_program *fake = &machine_of(object)->programs[program];

	ck_assert_uint_eq(mode_of_program(object, program), KC_PAIR_ONE);
	ck_assert(!object->programs[program].is_first);
	if (fake->is_on)
		return 0;
	if (fake->cannot_put_on)
		return -EPERM;
	fake->is_on = true;
	fake->nr_on++;
	return 0;
}

static unsigned int add_program(struct machine *m, const char *name, bool is_first)
{
	unsigned int program = m->object.nr_programs++;

	m->object.programs[program] = (struct kc_attached){ .name = name, .is_first = is_first };
	m->programs[program].is_on = true;
	return program;
}

static bool is_there(const struct machine *m, unsigned int t)
{
	return m->nr_alike == 2 || (t != KMALLOC_NODE && t != CACHE_ALLOC_NODE);
}

static struct machine *machine_new(unsigned int nr_alike)
{
	struct machine *m = calloc(1, sizeof(*m));

	ck_assert_ptr_nonnull(m);
	m->nr_alike = nr_alike;
	m->object.shared = calloc(1, sizeof(*m->object.shared));
	ck_assert_ptr_nonnull(m->object.shared);
	for (unsigned int t = 0; t < NR_TRACEPOINTS; t++)
		if (is_there(m, t))
			m->first[t] = add_program(m, tracepoints[t].first, true);
	for (unsigned int t = 0; t < NR_TRACEPOINTS; t++)
		if (is_there(m, t))
			m->second[t] = add_program(m, tracepoints[t].second, false);
	m->now_ns = 77 * MS;
	kc_pairs_init(&m->pairs, &m->object, m->now_ns);
	return m;
}

static void machine_free(struct machine *m)
{
	free(m->object.shared);
	free(m);
}

/* The programs are told of every mode, and what was lost is counted, once. */
static void check(const struct machine *m)
{
	for (unsigned int kind = 0; kind < KC_NR_KINDS; kind++) {
		ck_assert_uint_eq(m->object.shared->pair_mode[kind], m->pairs.pairs[kind].mode);
		ck_assert_msg(kc_pairs_skipped(&m->pairs, kind) == m->lost[kind],
			      "kind %u in mode %u: %llu skipped, %llu expected", kind,
			      m->object.shared->pair_mode[kind],
			      (unsigned long long)kc_pairs_skipped(&m->pairs, kind),
			      (unsigned long long)m->lost[kind]);
	}
}

/* Time passes with events of a kind, then it is looked at. */
static void step(struct machine *m, uint64_t ns, int kind, uint64_t nr_events)
{
	m->now_ns += ns;
	m->nr_events[kind] += nr_events;
	kc_pairs_tune(&m->pairs, m->now_ns, m->nr_events);
	check(m);
}

/* The kernel skips a program: what comes of it depends on the mode. */
static void skip(struct machine *m, unsigned int program, uint64_t nr)
{
	int kind = kc_program_kind(m->object.programs[program].name);
	enum kc_pair_mode mode = m->object.shared->pair_mode[kind];

	ck_assert(m->programs[program].is_on);
	m->programs[program].skipped += nr;
	if (mode != (m->object.programs[program].is_first ? KC_PAIR_BOTH : KC_PAIR_ONE))
		m->lost[kind] += nr;
	check(m);
}

/* How many of a kind's second programs are attached, and how often any was taken off. */
static unsigned int nr_on(const struct machine *m, int kind, unsigned int *nr_off)
{
	unsigned int on = 0;

	*nr_off = 0;
	for (unsigned int t = 0; t < NR_TRACEPOINTS; t++) {
		if (tracepoints[t].kind != kind || !is_there(m, t))
			continue;
		on += m->programs[m->second[t]].is_on;
		*nr_off += m->programs[m->second[t]].nr_off;
	}
	return on;
}

static void expect(const struct machine *m, int kind, enum kc_pair_mode mode, unsigned int on,
		   unsigned int off)
{
	unsigned int nr_off;

	ck_assert_uint_eq(m->object.shared->pair_mode[kind], mode);
	ck_assert_uint_eq(nr_on(m, kind, &nr_off), on);
	ck_assert_uint_eq(nr_off, off);
}

static void go_down(struct machine *m, int kind)
{
	step(m, LOOK, kind, BUSY);
	ck_assert_uint_eq(m->object.shared->pair_mode[kind], KC_PAIR_MARK);
	step(m, SETTLE, kind, 0);
	ck_assert_uint_eq(m->object.shared->pair_mode[kind], KC_PAIR_ONE);
}

/* However busy, and however long: it has both programs. */
static void expect_for_ever(struct machine *m, int kind, unsigned int on, unsigned int off)
{
	for (int i = 0; i < 200; i++) {
		step(m, i % 2 ? LOOK : SETTLE, kind, 10 * BUSY);
		expect(m, kind, KC_PAIR_BOTH, on, off);
	}
}

static bool has(const int *programs, unsigned int nr, unsigned int program)
{
	for (unsigned int i = 0; i < nr; i++)
		if (programs[i] == (int)program)
			return true;
	return false;
}

static void expect_found(unsigned int nr_alike)
{
	const unsigned int nr[KC_NR_KINDS] = {
		[KC_KMALLOC] = nr_alike, [KC_CACHE_ALLOC] = nr_alike, [KC_KFREE] = 1
	};
	struct machine *m = machine_new(nr_alike);

	for (unsigned int kind = 0; kind < KC_NR_KINDS; kind++) {
		ck_assert_uint_eq(m->pairs.pairs[kind].nr, nr[kind]);
		expect(m, (int)kind, KC_PAIR_BOTH, nr[kind], 0);
	}
	for (unsigned int t = 0; t < NR_TRACEPOINTS; t++) {
		const struct kc_pair *pair;

		if (tracepoints[t].kind < 0 || !is_there(m, t))
			continue;
		pair = &m->pairs.pairs[tracepoints[t].kind];
		ck_assert_msg(has(pair->first, pair->nr, m->first[t]), "no %s",
			      tracepoints[t].first);
		ck_assert_msg(has(pair->second, pair->nr, m->second[t]), "no %s",
			      tracepoints[t].second);
	}
	check(m);
	machine_free(m);
}

START_TEST(test_found)
{
	expect_found(1);
	expect_found(2);
}
END_TEST

START_TEST(test_goes_down)
{
	FOR_EACH_ALLOCATION(a)
	{
		int kind = tracepoints[a->tracepoint].kind;
		struct machine *m = machine_new(a->nr);

		step(m, LOOK - 1, kind, BUSY);
		expect(m, kind, KC_PAIR_BOTH, a->nr, 0);
		step(m, 1, kind, 0);
		expect(m, kind, KC_PAIR_MARK, a->nr, 0);
		step(m, SETTLE - 1, kind, BUSY);
		expect(m, kind, KC_PAIR_MARK, a->nr, 0);
		step(m, 1, kind, 0);
		expect(m, kind, KC_PAIR_ONE, 0, a->nr);
		/* There it stays while nothing is skipped, busy or not; nobody else has moved. */
		for (int i = 0; i < 100; i++)
			step(m, LOOK, kind, i % 2 ? BUSY : 0);
		expect(m, kind, KC_PAIR_ONE, 0, a->nr);
		for (unsigned int other = 0; other < KC_NR_KINDS; other++)
			if ((int)other != kind)
				ck_assert_uint_eq(m->object.shared->pair_mode[other], KC_PAIR_BOTH);
		machine_free(m);
	}
}
END_TEST

START_TEST(test_not_busy_stays)
{
	struct machine *m = machine_new(1);

	/* 80000 a second, far more than enough in all; then it is busy since the last look. */
	for (int i = 0; i < 40; i++)
		step(m, LOOK, KC_KMALLOC, 20000);
	expect(m, KC_KMALLOC, KC_PAIR_BOTH, 1, 0);
	step(m, LOOK, KC_KMALLOC, 30000);
	expect(m, KC_KMALLOC, KC_PAIR_MARK, 1, 0);
	machine_free(m);
}
END_TEST

START_TEST(test_too_few_stay)
{
	struct machine *m = machine_new(1);

	/* 160000 a second, but not for long enough. */
	step(m, LOOK, KC_KMALLOC, 40000);
	expect(m, KC_KMALLOC, KC_PAIR_BOTH, 1, 0);
	step(m, LOOK, KC_KMALLOC, 40000);
	expect(m, KC_KMALLOC, KC_PAIR_MARK, 1, 0);
	machine_free(m);
}
END_TEST

/* Interrupts will free, if they have not yet: that none was skipped so far says nothing. */
START_TEST(test_frees_stay)
{
	struct machine *m = machine_new(1);

	expect_for_ever(m, KC_KFREE, 1, 0);
	machine_free(m);
}
END_TEST

/* One event that only the second saw is enough, of this kind and not of another. */
START_TEST(test_rescue_stays)
{
	struct machine *m = machine_new(2);

	m->object.shared->rescued[KC_CACHE_ALLOC] = 1;
	skip(m, m->first[CACHE_ALLOC], 1);
	expect_for_ever(m, KC_CACHE_ALLOC, 2, 0);
	go_down(m, KC_KMALLOC);
	expect(m, KC_KMALLOC, KC_PAIR_ONE, 0, 2);
	expect(m, KC_CACHE_ALLOC, KC_PAIR_BOTH, 2, 0);
	machine_free(m);
}
END_TEST

START_TEST(test_comes_back)
{
	FOR_EACH_ALLOCATION(a)
	{
		int kind = tracepoints[a->tracepoint].kind;
		struct machine *m = machine_new(a->nr);

		go_down(m, kind);
		skip(m, m->first[a->tracepoint], 1);
		step(m, LOOK, kind, BUSY);
		expect(m, kind, KC_PAIR_MARK, a->nr, a->nr);
		step(m, SETTLE - 1, kind, BUSY);
		expect(m, kind, KC_PAIR_MARK, a->nr, a->nr);
		step(m, 1, kind, 0);
		expect(m, kind, KC_PAIR_BOTH, a->nr, a->nr);
		ck_assert_uint_eq(m->programs[m->second[a->tracepoint]].nr_on, 1);
		ck_assert_uint_eq(m->lost[kind], 1);
		expect_for_ever(m, kind, a->nr, a->nr);
		machine_free(m);
	}
}
END_TEST

/* What is skipped of one kind is of no interest to another. */
START_TEST(test_kinds_apart)
{
	struct machine *m = machine_new(2);

	go_down(m, KC_CACHE_ALLOC);
	skip(m, m->first[KMALLOC], 2);
	skip(m, m->first[KMALLOC_NODE], 3);
	skip(m, m->second[KMALLOC_NODE], 5);
	skip(m, m->first[KFREE], 7);
	skip(m, m->second[KFREE], 11);
	step(m, LOOK, KC_KMALLOC, 0);
	expect(m, KC_CACHE_ALLOC, KC_PAIR_ONE, 0, 2);
	expect(m, KC_KMALLOC, KC_PAIR_BOTH, 2, 0);
	go_down(m, KC_KMALLOC);
	skip(m, m->first[CACHE_ALLOC_NODE], 13);
	step(m, LOOK, KC_KMALLOC, 0);
	expect(m, KC_CACHE_ALLOC, KC_PAIR_MARK, 2, 2);
	expect(m, KC_KMALLOC, KC_PAIR_ONE, 0, 2);
	ck_assert_uint_eq(m->lost[KC_CACHE_ALLOC], 13);
	ck_assert_uint_eq(m->lost[KC_KMALLOC], 5);
	ck_assert_uint_eq(m->lost[KC_KFREE], 11);
	machine_free(m);
}
END_TEST

/* On the way down, the second program is still there: back at once, without taking it off. */
static void expect_turns_back(const struct allocation *a, bool is_first)
{
	int kind = tracepoints[a->tracepoint].kind;
	struct machine *m = machine_new(a->nr);

	step(m, LOOK, kind, BUSY);
	expect(m, kind, KC_PAIR_MARK, a->nr, 0);
	skip(m, is_first ? m->first[a->tracepoint] : m->second[a->tracepoint], 1);
	step(m, SETTLE - 1, kind, BUSY);
	expect(m, kind, KC_PAIR_MARK, a->nr, 0);
	step(m, 1, kind, 0);
	expect(m, kind, KC_PAIR_BOTH, a->nr, 0);
	ck_assert_uint_eq(m->lost[kind], 1);
	expect_for_ever(m, kind, a->nr, 0);
	machine_free(m);
}

START_TEST(test_skip_on_the_way_down)
{
	FOR_EACH_ALLOCATION(a)
	{
		expect_turns_back(a, true);
		expect_turns_back(a, false);
	}
}
END_TEST

START_TEST(test_cannot_put_on)
{
	struct machine *m = machine_new(1);

	go_down(m, KC_KMALLOC);
	m->programs[m->second[KMALLOC]].cannot_put_on = true;
	for (unsigned int i = 1; i <= 20; i++) {
		skip(m, m->first[KMALLOC], i);
		step(m, LOOK, KC_KMALLOC, BUSY);
		expect(m, KC_KMALLOC, KC_PAIR_ONE, 0, 1);
	}
	ck_assert_uint_eq(m->lost[KC_KMALLOC], 210);
	/* It is tried again, though nothing more was skipped. */
	m->programs[m->second[KMALLOC]].cannot_put_on = false;
	step(m, LOOK, KC_KMALLOC, 0);
	expect(m, KC_KMALLOC, KC_PAIR_MARK, 1, 1);
	step(m, SETTLE, KC_KMALLOC, 0);
	expect(m, KC_KMALLOC, KC_PAIR_BOTH, 1, 1);
	ck_assert_uint_eq(m->lost[KC_KMALLOC], 210);
	machine_free(m);
}
END_TEST

/* One of two is back, and records nothing in ONE: its own skips lose nothing. */
static void expect_stays_in_one(unsigned int able, unsigned int unable)
{
	struct machine *m = machine_new(2);

	go_down(m, KC_KMALLOC);
	m->programs[m->second[unable]].cannot_put_on = true;
	skip(m, m->first[unable], 2);
	step(m, LOOK, KC_KMALLOC, BUSY);
	expect(m, KC_KMALLOC, KC_PAIR_ONE, 1, 2);
	skip(m, m->second[able], 100);
	skip(m, m->first[able], 3);
	step(m, LOOK, KC_KMALLOC, BUSY);
	expect(m, KC_KMALLOC, KC_PAIR_ONE, 1, 2);
	m->programs[m->second[unable]].cannot_put_on = false;
	step(m, LOOK, KC_KMALLOC, BUSY);
	expect(m, KC_KMALLOC, KC_PAIR_MARK, 2, 2);
	step(m, SETTLE, KC_KMALLOC, 0);
	expect(m, KC_KMALLOC, KC_PAIR_BOTH, 2, 2);
	ck_assert_uint_eq(m->lost[KC_KMALLOC], 5);
	machine_free(m);
}

START_TEST(test_cannot_put_on_all)
{
	expect_stays_in_one(KMALLOC, KMALLOC_NODE);
	expect_stays_in_one(KMALLOC_NODE, KMALLOC);
}
END_TEST

static void skip_all(struct machine *m, int kind, uint64_t nr_first, uint64_t nr_second)
{
	for (unsigned int t = 0; t < NR_TRACEPOINTS; t++) {
		if (tracepoints[t].kind != kind || !is_there(m, t))
			continue;
		skip(m, m->first[t], nr_first);
		if (m->programs[m->second[t]].is_on)
			skip(m, m->second[t], nr_second);
	}
}

/* Figures of which no two sums are alike: each digit is one program in one mode. */
START_TEST(test_counted_once)
{
	FOR_EACH_ALLOCATION(a)
	{
		int kind = tracepoints[a->tracepoint].kind;
		struct machine *m = machine_new(a->nr);

		skip_all(m, kind, 1, 20);
		step(m, LOOK, kind, BUSY);
		expect(m, kind, KC_PAIR_MARK, a->nr, 0);
		ck_assert_uint_eq(m->lost[kind], a->nr * 20);
		step(m, SETTLE, kind, 0);
		expect(m, kind, KC_PAIR_ONE, 0, a->nr);
		skip_all(m, kind, 300, 0);
		step(m, LOOK, kind, 0);
		expect(m, kind, KC_PAIR_MARK, a->nr, a->nr);
		ck_assert_uint_eq(m->lost[kind], a->nr * 320);
		skip_all(m, kind, 4000, 50000);
		step(m, SETTLE, kind, 0);
		expect(m, kind, KC_PAIR_BOTH, a->nr, a->nr);
		skip_all(m, kind, 7, 600000);
		expect_for_ever(m, kind, a->nr, a->nr);
		ck_assert_uint_eq(m->lost[kind], a->nr * 654320);
		machine_free(m);
	}
}
END_TEST

/* The kernel counts from when a program was loaded, kc_pairs_skipped() from kc_pairs_init(). */
START_TEST(test_skipped_before)
{
	struct machine *m = machine_new(2);

	for (unsigned int i = 0; i < m->object.nr_programs; i++)
		m->programs[i].skipped = 1000 + i;
	kc_pairs_init(&m->pairs, &m->object, m->now_ns);
	check(m);
	skip_all(m, KC_KMALLOC, 2, 3);
	go_down(m, KC_KMALLOC);
	ck_assert_uint_eq(m->lost[KC_KMALLOC], 6);
	machine_free(m);
}
END_TEST

RUN_SUITE("bpf/pairs", test_found, test_goes_down, test_not_busy_stays, test_too_few_stay,
	  test_frees_stay, test_rescue_stays, test_comes_back, test_kinds_apart,
	  test_skip_on_the_way_down, test_cannot_put_on, test_cannot_put_on_all, test_counted_once,
	  test_skipped_before)
