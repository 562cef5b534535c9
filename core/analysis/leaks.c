/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Leak candidates by call site, from two looks at what lives: one at half time, one at
 * the end.
 */
#include "core/analysis/leaks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Pages that can be moved are user memory and page cache: they live as long as somebody
 * wants them, and are no leak of the kernel's.
 */
static bool is_movable(const struct km_replay *replay, const struct km_life *life)
{
	return life->kind == TF_PAGE_ALLOC &&
	       km_page(&replay->kernel.machine, life->model)->migratetype == KM_MIGRATE_MOVABLE;
}

static void add_half(void *arg, const struct km_life *life)
{
	struct km_leaks *leaks = arg;

	if (life->site < leaks->nr_half && !is_movable(leaks->replay, life))
		leaks->half_bytes[life->site] += life->bytes_alloc;
}

static void on_tick(void *self, const struct km_replay *replay, uint64_t now_ns)
{
	struct km_leaks *leaks = self;

	if (leaks->has_half || now_ns - replay->first_ns < replay->span_ns / 2)
		return;
	leaks->has_half = true;
	leaks->half_ns = now_ns;
	leaks->nr_half = km_replay_nr_sites(replay);
	leaks->half_bytes = calloc(leaks->nr_half + 1, sizeof(*leaks->half_bytes));
	if (!leaks->half_bytes) {
		leaks->nr_half = 0;
		leaks->err = -ENOMEM;
		return;
	}
	km_replay_for_each_live(replay, add_half, leaks);
}

static const struct km_observer_ops ops = {
	.name = "leaks",
	.tick = on_tick,
};

int km_leaks_init(struct km_leaks *leaks, struct km_replay *replay)
{
	memset(leaks, 0, sizeof(*leaks));
	leaks->replay = replay;
	return km_replay_add_observer(replay, &ops, leaks);
}

/* What lives at the end, by site. */
struct tally {
	uint64_t live_bytes;
	uint64_t objects, bytes, oldest_ns; /* candidates */
};

struct count {
	const struct km_replay *replay;
	struct tally *tallies;
	uint64_t now_ns, half_span_ns;
};

static void add_end(void *arg, const struct km_life *life)
{
	const struct count *count = arg;
	struct tally *tally = &count->tallies[life->site];
	uint64_t age_ns = count->now_ns - life->born_ns;

	if (is_movable(count->replay, life))
		return;
	tally->live_bytes += life->bytes_alloc;
	if (age_ns <= count->half_span_ns)
		return;
	tally->objects++;
	tally->bytes += life->bytes_alloc;
	if (age_ns > tally->oldest_ns)
		tally->oldest_ns = age_ns;
}

static int compare_leaks(const void *a, const void *b)
{
	const struct km_leak *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return (x->site > y->site) - (x->site < y->site);
}

int km_leaks_finish(struct km_leaks *leaks)
{
	const struct km_replay *replay = leaks->replay;
	uint32_t nr_sites = km_replay_nr_sites(replay);
	struct count count = {
		.replay = replay,
		.tallies = calloc(nr_sites + 1, sizeof(*count.tallies)),
		.now_ns = replay->now_ns,
		.half_span_ns = (replay->now_ns - replay->first_ns) / 2,
	};

	leaks->list = calloc(nr_sites + 1, sizeof(*leaks->list));
	if (!count.tallies || !leaks->list) {
		free(count.tallies);
		return -ENOMEM;
	}
	km_replay_for_each_live(replay, add_end, &count);
	for (uint32_t site = 0; site < nr_sites; site++) {
		const struct tally *tally = &count.tallies[site];
		uint64_t half = site < leaks->nr_half ? leaks->half_bytes[site] : 0;
		bool is_suspect = half && tally->live_bytes > half;

		if (is_suspect)
			leaks->suspect_bytes += tally->bytes;
		if (!tally->objects)
			continue;
		leaks->list[leaks->nr++] = (struct km_leak){
			.site = site,
			.is_suspect = is_suspect,
			.objects = tally->objects,
			.bytes = tally->bytes,
			.oldest_age_ns = tally->oldest_ns,
		};
	}
	qsort(leaks->list, leaks->nr, sizeof(*leaks->list), compare_leaks);
	free(count.tallies);
	return leaks->err;
}

void km_leaks_release(struct km_leaks *leaks)
{
	free(leaks->half_bytes);
	free(leaks->list);
	memset(leaks, 0, sizeof(*leaks));
}
