/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event loop: read batches, keep the time, and hand each event to who replays it.
 *
 * Time is that of the trace and never goes back: an event that is older than the one
 * before it, from another CPU's buffer, happens at the time of that one.
 *
 * Nothing is allocated for an event but room for more live allocations or call sites.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/page/reclaim.h"
#include "core/replay/loop.h"

#define PREFETCH 8 /* events ahead */

static const char *const divergence_names[KM_NR_DIVERGENCES] = {
	[KM_DIV_WARM_FREE] = "warm_free",	[KM_DIV_UNKNOWN_FREE] = "unknown_free",
	[KM_DIV_IMPLIED_FREE] = "implied_free", [KM_DIV_IMPLIED_ALLOC] = "implied_alloc",
	[KM_DIV_MOVED_FREE] = "moved_free",	[KM_DIV_OVERLAP] = "overlap",
	[KM_DIV_SPLIT_FREE] = "split_free",	[KM_DIV_FREE_ORDER] = "free_order",
	[KM_DIV_WRONG_CACHE] = "wrong_cache",	[KM_DIV_MODEL_FAILED] = "model_failed",
	[KM_DIV_HOST_FAILED] = "host_failed",	[KM_DIV_DOUBLED] = "doubled",
};

const char *km_divergence_name(enum km_divergence divergence)
{
	return divergence < KM_NR_DIVERGENCES ? divergence_names[divergence] : NULL;
}

void km_loop_diverge(struct km_replay *replay, enum km_divergence divergence)
{
	replay->divergence[divergence]++;
}

km_gfp km_loop_gfp(struct km_replay *replay, uint32_t host_flags)
{
	struct km_loop *loop = replay->loop;
	unsigned int slot = (host_flags * 0x9e3779b1u) >> 26;

	if (!loop->gfp_memo[slot].is_set || loop->gfp_memo[slot].host != host_flags) {
		loop->gfp_memo[slot].host = host_flags;
		loop->gfp_memo[slot].gfp = km_gfp_to_canonical(&replay->gfp, host_flags);
		loop->gfp_memo[slot].is_set = true;
	}
	return loop->gfp_memo[slot].gfp;
}

void km_loop_broke(struct km_replay *replay, const char *what)
{
	if (replay->invalid[0])
		return;
	replay->first_invalid_event = replay->nr_events ? replay->nr_events : 1;
	snprintf(replay->invalid, sizeof(replay->invalid), "%s", what);
}

/*
 * Time passes a tick, or several in which nothing happened: tell as of the last, before the
 * event that is at or behind it.
 */
static void pass_tick(struct km_replay *replay, uint64_t ts_ns)
{
	const struct km_observer_fns *fns = &replay->loop->fns;
	uint64_t since = ts_ns - replay->first_ns;

	since -= since % replay->tick_ns;
	replay->now_ns = replay->first_ns + since;
	for (unsigned int i = 0; i < fns->nr_tick; i++)
		fns->tick[i].ops->tick(fns->tick[i].self, replay, replay->now_ns);
	if (__builtin_add_overflow(replay->now_ns, replay->tick_ns, &replay->loop->next_tick_ns))
		replay->loop->next_tick_ns = UINT64_MAX;
}

static void start_time(struct km_replay *replay, uint64_t ts_ns)
{
	replay->first_ns = replay->now_ns = ts_ns;
	if (!replay->kernel.pages.now_ns)
		replay->kernel.pages.now_ns = ts_ns;
	if (__builtin_add_overflow(ts_ns, replay->tick_ns, &replay->loop->next_tick_ns))
		replay->loop->next_tick_ns = UINT64_MAX;
}

static void dispatch(struct km_replay *replay, const struct tf_event *ev)
{
	switch (ev->kind) {
	case TF_KMALLOC:
		km_replay_kmalloc(replay, ev);
		break;
	case TF_CACHE_ALLOC:
		km_replay_cache_alloc(replay, ev);
		break;
	case TF_KFREE:
	case TF_CACHE_FREE:
		km_replay_object_free(replay, ev);
		break;
	case TF_PAGE_ALLOC:
		km_replay_page_alloc(replay, ev);
		break;
	case TF_PAGE_FREE:
		km_replay_page_free(replay, ev);
		break;
	case TF_PERCPU_ALLOC:
	case TF_PERCPU_FAIL:
		km_replay_percpu_alloc(replay, ev);
		break;
	case TF_PERCPU_FREE:
		km_replay_percpu_free(replay, ev);
		break;
	case TF_VMAP_ALLOC:
		km_replay_vmap_alloc(replay, ev);
		break;
	case TF_VMAP_FREE:
		km_replay_vmap_free(replay, ev);
		break;
	case TF_GAP:
		replay->nr_lost += ev->bytes_req;
		break;
	default: /* a batched free is told by PAGE_FREE too; a mark is none of ours */
		break;
	}
}

static void check(struct km_replay *replay)
{
	char buf[160];
	const char *broken = km_kernel_is_valid(&replay->kernel, buf, sizeof(buf));

	if (!broken)
		broken = km_live_is_valid(replay->live);
	if (broken)
		km_loop_broke(replay, broken);
}

/* A light snapshot is no part of what happened: with and without it the result is the same. */
static bool is_light_mark(const struct km_replay *replay, const struct tf_event *ev)
{
	const struct tf_meta *meta;

	if (ev->kind != TF_MARK)
		return false;
	meta = tf_reader_meta(replay->reader);
	return ev->addr < meta->nr_snapshots && tf_snapshot_is_light(&meta->snapshots[ev->addr]);
}

/* kswapd and its like are looked after once in so much time. */
#define ADVANCE_NS 1000000

static void advance(struct km_replay *replay)
{
	km_pages_advance(&replay->kernel.pages, replay->now_ns);
	replay->loop->next_advance_ns = replay->now_ns + ADVANCE_NS;
}

/* The model's CPU is where the host's was, as far as that was recorded. */
static void set_context(struct km_replay *replay, const struct tf_event *ev)
{
	struct km_cpu_past *past = &replay->loop->cpus[ev->cpu];
	const uint32_t all = ev->ctx | (uint32_t)ev->preempt << 8 | (uint32_t)ev->flags << 16;
	struct km_cpu_context context = { 0 };

	if (all == past->context && replay->kernel.machine.nr_cpus > ev->cpu)
		return;
	past->context = all;
	if (!(ev->ctx & TF_CTX_UNKNOWN)) {
		context.bits = ev->ctx;
		context.preempt = ev->preempt;
	}
	context.task = (ev->flags & TF_EV_MEMALLOC ? KM_TASK_MEMALLOC : 0) |
		       (ev->flags & TF_EV_NOIO ? KM_TASK_NOIO : 0) |
		       (ev->flags & TF_EV_NOFS ? KM_TASK_NOFS : 0);
	km_cpu_set_context(&replay->kernel.machine.cpus[km_loop_cpu(replay, ev)], &context);
}

static void replay_event(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_observer_fns *fns = &replay->loop->fns;

	if (is_light_mark(replay, ev))
		return;
	if (ev->ts_ns > replay->now_ns) {
		if (ev->ts_ns >= replay->loop->next_tick_ns)
			pass_tick(replay, ev->ts_ns);
		replay->now_ns = ev->ts_ns;
		if (ev->ts_ns >= replay->loop->next_advance_ns)
			advance(replay);
	}
	replay->loop->now = ev;
	if (tf_kind_is_alloc(ev->kind))
		set_context(replay, ev);
	replay->gfp_now = ev->gfp ? km_loop_gfp(replay, ev->gfp) : 0;
	for (unsigned int i = 0; i < fns->nr_event; i++)
		fns->event[i].ops->event(fns->event[i].self, replay, ev);
	dispatch(replay, ev);
	if (ev->kind == TF_GAP || ev->kind == TF_MARK)
		return;
	replay->nr_events++;
	if ((replay->flags & KM_REPLAY_CHECK) && !(replay->nr_events & (KM_CHECK_EVENTS - 1)))
		check(replay);
}

static void prefetch(const struct km_replay *replay, const struct tf_event *ev)
{
	if (ev->kind <= TF_CACHE_FREE)
		km_live_prefetch(replay->live, KM_LIVE_OBJECT, ev->addr);
	else if (ev->kind <= TF_PAGE_FREE)
		km_live_prefetch(replay->live, KM_LIVE_PAGES, ev->addr);
}

static int replay_batch(struct km_replay *replay, const struct tf_event *events, uint64_t nr)
{
	struct km_loop *loop = replay->loop;
	uint64_t first = 0;

	while (first < nr && is_light_mark(replay, &events[first]))
		first++;
	if (first < nr && !replay->nr_events && !replay->now_ns)
		start_time(replay, events[first].ts_ns);
	loop->batch_end = events + nr;
	for (uint64_t i = first; i < nr; i++) {
		if (i + PREFETCH < nr)
			prefetch(replay, &events[i + PREFETCH]);
		loop->ahead = &events[i + 1];
		replay_event(replay, &events[i]);
		if (loop->out_of_memory)
			return -ENOMEM;
	}
	return 0;
}

/*
 * What is before the range is replayed so that the machine is as it was: it makes what
 * lives, but is not told, and nothing of it counts.
 */
static void begin_before(struct km_replay *replay)
{
	struct km_loop *loop = replay->loop;

	loop->is_before = true;
	loop->later = loop->fns;
	memset(&loop->fns, 0, sizeof(loop->fns));
}

static void end_before(struct km_replay *replay)
{
	struct km_loop *loop = replay->loop;

	loop->is_before = false;
	loop->fns = loop->later;
	memset(replay->divergence, 0, sizeof(replay->divergence));
	replay->nr_events = replay->nr_replayed = replay->nr_lost = 0;
	replay->nr_kmalloc = replay->nr_kmalloc_bytes_match = 0;
	replay->nr_page_allocs = replay->nr_page_zone_match = 0;
	replay->nr_slab_pages_taken = replay->nr_slab_pages_given = 0;
	replay->nr_fails_host = 0;
	replay->now_ns = 0;
}

static void finish(struct km_replay *replay)
{
	const struct km_observer_fns *fns = &replay->loop->fns;

	replay->gfp_now = 0;
	if (replay->flags & KM_REPLAY_CHECK)
		check(replay);
	for (unsigned int i = 0; i < fns->nr_tick; i++)
		fns->tick[i].ops->tick(fns->tick[i].self, replay, replay->now_ns);
}

int km_replay_run(struct km_replay *replay, struct tf_error *err)
{
	const struct tf_event *events;
	struct tf_error damage = { .offset = TF_NO_OFFSET };
	int ret = 0;

	for (;;) {
		int64_t nr = tf_reader_next(replay->reader, &events, &damage);

		if (!nr)
			break;
		if (nr > 0) {
			bool is_before = tf_reader_phase(replay->reader) != TF_PHASE_RANGE;

			if (is_before && !replay->loop->is_before)
				begin_before(replay);
			else if (!is_before && replay->loop->is_before)
				end_before(replay);
			ret = replay_batch(replay, events, (uint64_t)nr);
			if (!ret)
				continue;
			tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
			return ret;
		}
		if (!replay->nr_damaged_blocks++ && err)
			*err = damage;
		if (nr != -EBADMSG && nr != -ENODATA)
			return (int)nr;
	}
	if (replay->loop->is_before)
		end_before(replay);
	finish(replay);
	return replay->nr_damaged_blocks ? -EBADMSG : 0;
}

uint32_t km_replay_nr_sites(const struct km_replay *replay)
{
	return replay->sites->nr;
}

const struct km_site *km_replay_site(const struct km_replay *replay, uint32_t site)
{
	return &replay->sites->sites[site];
}

static void count_life(void *arg, const struct km_life *life)
{
	(void)life;
	++*(uint64_t *)arg;
}

uint64_t km_replay_nr_live(const struct km_replay *replay)
{
	uint64_t nr = 0;

	km_live_for_each(replay->live, count_life, &nr);
	return nr;
}

void km_replay_for_each_live(const struct km_replay *replay,
			     void (*fn)(void *arg, const struct km_life *life), void *arg)
{
	km_live_for_each(replay->live, fn, arg);
}
