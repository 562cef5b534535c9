/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Modes of the pairs of programs.
 */
#include "bpf/pairs.h"

#include <string.h>

#define SETTLE_NS 20000000ull /* longer than any program runs */
#define LOOK_NS 250000000ull
#define BUSY_PER_SECOND 100000u /* of one tracepoint: below, the cost is not felt */
#define ENOUGH_EVENTS 50000u	/* without need, to believe that there is none */

static uint64_t skipped_of(const struct kc_pairs *pairs, const int *programs, unsigned int nr)
{
	uint64_t skipped = 0;

	for (unsigned int i = 0; i < nr; i++)
		skipped += kc_object_skipped(pairs->object, (unsigned int)programs[i]);
	return skipped;
}

/*
 * Runs whose skipping loses an event in a mode.  In MARK that is the first program's; the
 * second's are added since those that left a mark behind are taken off again with all marks.
 */
static uint64_t count_skipped(const struct kc_pairs *pairs, const struct kc_pair *pair,
			      enum kc_pair_mode mode)
{
	uint64_t skipped = 0;

	if (mode != KC_PAIR_BOTH)
		skipped += skipped_of(pairs, pair->first, pair->nr);
	if (mode != KC_PAIR_ONE)
		skipped += skipped_of(pairs, pair->second, pair->nr);
	return skipped;
}

/* A run that is skipped just then counts in one of the modes, or in both. */
static void set_mode(struct kc_pairs *pairs, unsigned int kind, enum kc_pair_mode mode,
		     uint64_t now_ns)
{
	struct kc_pair *pair = &pairs->pairs[kind];
	uint64_t base = count_skipped(pairs, pair, mode);

	__atomic_store_n(&pairs->object->shared->pair_mode[kind], mode, __ATOMIC_SEQ_CST);
	pair->skipped += count_skipped(pairs, pair, pair->mode) - pair->base;
	pair->mode = mode;
	pair->base = base;
	pair->changed_ns = now_ns;
}

/*
 * Busy, and the second program was of no use since the start?  Interrupts free what RCU has
 * kept for them, now or later; they allocate on hosts that do much input and output, or not.
 */
static bool is_needless(const struct kc_pairs *pairs, unsigned int kind, uint64_t now_ns,
			uint64_t nr_events)
{
	const struct kc_pair *pair = &pairs->pairs[kind];
	uint64_t ns = now_ns - pair->looked_ns;

	return (kind == KC_KMALLOC || kind == KC_CACHE_ALLOC) && !pair->was_needed &&
	       !pairs->object->shared->rescued[kind] && nr_events >= ENOUGH_EVENTS &&
	       (nr_events - pair->looked_events) * 1000000000 / ns >= BUSY_PER_SECOND;
}

static void tune_mark(struct kc_pairs *pairs, unsigned int kind, uint64_t now_ns)
{
	struct kc_pair *pair = &pairs->pairs[kind];

	if (now_ns - pair->changed_ns < SETTLE_NS)
		return;
	if (pair->goes_up || count_skipped(pairs, pair, KC_PAIR_MARK) != pair->base) {
		pair->was_needed = true;
		set_mode(pairs, kind, KC_PAIR_BOTH, now_ns);
		return;
	}
	set_mode(pairs, kind, KC_PAIR_ONE, now_ns);
	for (unsigned int i = 0; i < pair->nr; i++)
		kc_object_take_off(pairs->object, (unsigned int)pair->second[i]);
}

/* Without the privilege to attach it again the losses are counted, as in all of ONE. */
static void tune_one(struct kc_pairs *pairs, unsigned int kind, uint64_t now_ns)
{
	struct kc_pair *pair = &pairs->pairs[kind];
	bool has_all = true;

	if (count_skipped(pairs, pair, KC_PAIR_ONE) == pair->base)
		return;
	for (unsigned int i = 0; i < pair->nr; i++)
		has_all &= !kc_object_put_on(pairs->object, (unsigned int)pair->second[i]);
	if (!has_all)
		return;
	pair->goes_up = true;
	set_mode(pairs, kind, KC_PAIR_MARK, now_ns);
}

void kc_pairs_tune(struct kc_pairs *pairs, uint64_t now_ns, const uint64_t nr_events[KC_NR_KINDS])
{
	for (unsigned int kind = 0; kind < KC_NR_KINDS; kind++) {
		struct kc_pair *pair = &pairs->pairs[kind];

		if (pair->nr && pair->mode == KC_PAIR_MARK)
			tune_mark(pairs, kind, now_ns);
		if (!pair->nr || now_ns - pair->looked_ns < LOOK_NS)
			continue;
		if (pair->mode == KC_PAIR_ONE)
			tune_one(pairs, kind, now_ns);
		else if (pair->mode == KC_PAIR_BOTH &&
			 is_needless(pairs, kind, now_ns, nr_events[kind]))
			set_mode(pairs, kind, KC_PAIR_MARK, now_ns);
		pair->looked_ns = now_ns;
		pair->looked_events = nr_events[kind];
	}
}

uint64_t kc_pairs_skipped(const struct kc_pairs *pairs, unsigned int kind)
{
	const struct kc_pair *pair = &pairs->pairs[kind];

	return pair->nr ? pair->skipped + count_skipped(pairs, pair, pair->mode) - pair->base : 0;
}

void kc_pairs_init(struct kc_pairs *pairs, struct kc_object *object, uint64_t now_ns)
{
	unsigned int nr_first[KC_NR_KINDS] = { 0 };

	memset(pairs, 0, sizeof(*pairs));
	pairs->object = object;
	for (unsigned int i = 0; i < object->nr_programs; i++) {
		int kind = kc_program_kind(object->programs[i].name);
		struct kc_pair *pair;

		if (kind < 0)
			continue;
		pair = &pairs->pairs[kind];
		if (!object->programs[i].is_first && pair->nr < 2)
			pair->second[pair->nr++] = (int)i;
		else if (object->programs[i].is_first && nr_first[kind] < 2)
			pair->first[nr_first[kind]++] = (int)i;
		pair->looked_ns = pair->changed_ns = now_ns;
	}
	for (unsigned int kind = 0; kind < KC_NR_KINDS; kind++)
		pairs->pairs[kind].base = count_skipped(pairs, &pairs->pairs[kind], KC_PAIR_BOTH);
}
