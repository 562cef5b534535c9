/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What became of a request: the live map is kept, and the observers are told.
 *
 * Observers are sorted by what they want to hear when they are added, so that nobody is
 * asked twice in the loop.
 */
#include <errno.h>

#include "core/replay/loop.h"

const struct km_life *km_loop_born(struct km_replay *replay, const struct tf_event *ev,
				   const struct km_new_life *new)
{
	const struct km_observer_fns *fns = &replay->loop->fns;
	uint32_t site = KM_NO_SITE;
	struct km_life *life = NULL;

	if (!replay->loop->is_before)
		site = km_site_map_get(replay->sites, new->call_site, ev->kind, ev->cache);
	if (site != KM_NO_SITE || replay->loop->is_before)
		life = km_live_add(replay->live, ev->kind, ev->addr, ev->order);
	if (!life) {
		replay->loop->out_of_memory = true;
		return NULL;
	}
	life->model = new->model;
	life->born_ns = replay->now_ns;
	life->bytes_req = new->bytes_req < new->bytes_alloc ? new->bytes_req : new->bytes_alloc;
	life->bytes_alloc = new->bytes_alloc;
	life->site = site;
	life->cache = new->cache;
	life->cpu = ev->cpu;
	life->pid = ev->pid;
	replay->nr_replayed++;
	for (unsigned int i = 0; i < fns->nr_alloc; i++)
		fns->alloc[i].ops->alloc(fns->alloc[i].self, replay, ev, life);
	return life;
}

void km_loop_ghost(struct km_replay *replay, const struct tf_event *ev)
{
	struct km_life *life = km_live_add(replay->live, ev->kind, ev->addr, ev->order);

	if (!life) {
		replay->loop->out_of_memory = true;
		return;
	}
	life->model = KM_LIFE_GHOST;
	life->born_ns = replay->now_ns;
	life->bytes_req = life->bytes_alloc = 0;
	life->site = KM_NO_SITE;
	life->cache = KM_NO_CACHE;
	life->cpu = ev->cpu;
	life->pid = ev->pid;
}

void km_loop_ended(struct km_replay *replay, const struct tf_event *ev, const struct km_life *life,
		   enum km_end end)
{
	const struct km_observer_fns *fns = &replay->loop->fns;

	if (km_life_is_ghost(life))
		return;
	if (end == KM_END_FREED)
		replay->nr_replayed++;
	if (life->site == KM_NO_SITE)
		return;
	for (unsigned int i = 0; i < fns->nr_free; i++)
		fns->free[i].ops->free(fns->free[i].self, replay, ev, life, end);
}

void km_loop_split(struct km_replay *replay, const struct tf_event *ev, const struct km_life *whole,
		   unsigned int order)
{
	const struct km_observer_fns *fns = &replay->loop->fns;

	if (km_life_is_unseen(whole))
		return;
	for (unsigned int i = 0; i < fns->nr_split; i++)
		fns->split[i].ops->split(fns->split[i].self, replay, ev, whole, order);
}

static unsigned int site_kind(const struct tf_event *ev)
{
	return ev->kind == TF_PERCPU_FAIL ? TF_PERCPU_ALLOC : ev->kind;
}

uint32_t km_replay_find_site(const struct km_replay *replay, const struct tf_event *ev)
{
	return km_site_map_find(replay->sites, ev->call_site, site_kind(ev), ev->cache);
}

void km_loop_host_failed(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_observer_fns *fns = &replay->loop->fns;

	replay->nr_fails_host++;
	for (unsigned int i = 0; i < fns->nr_host_fail; i++)
		fns->host_fail[i].ops->host_fail(fns->host_fail[i].self, replay, ev);
}

void km_loop_unknown(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_observer_fns *fns = &replay->loop->fns;

	for (unsigned int i = 0; i < fns->nr_unknown; i++)
		fns->unknown[i].ops->unknown(fns->unknown[i].self, replay, ev);
}

void km_loop_failed(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_observer_fns *fns = &replay->loop->fns;

	if (km_site_map_get(replay->sites, ev->call_site, site_kind(ev), ev->cache) == KM_NO_SITE)
		replay->loop->out_of_memory = true;
	for (unsigned int i = 0; i < fns->nr_fail; i++)
		fns->fail[i].ops->fail(fns->fail[i].self, replay, ev);
}

bool km_loop_refused(struct km_replay *replay, const struct tf_event *ev, bool host_failed,
		     bool model_failed)
{
	if (host_failed)
		km_loop_host_failed(replay, ev);
	if (model_failed)
		km_loop_failed(replay, ev);
	if (host_failed && !model_failed) {
		km_loop_diverge(replay, KM_DIV_HOST_FAILED);
		return true;
	}
	if (!host_failed && model_failed) {
		km_loop_diverge(replay, KM_DIV_MODEL_FAILED);
		km_loop_ghost(replay, ev);
	}
	return false;
}

static void add_fn(struct km_observer *list, unsigned int *nr, bool has_fn,
		   const struct km_observer *observer)
{
	if (has_fn)
		list[(*nr)++] = *observer;
}

int km_replay_add_observer(struct km_replay *replay, const struct km_observer_ops *ops, void *self)
{
	struct km_observer_fns *fns = &replay->loop->fns;
	struct km_observer observer = { .ops = ops, .self = self };

	if (replay->nr_observers == KM_MAX_OBSERVERS)
		return -ENOSPC;
	replay->observers[replay->nr_observers++] = observer;
	add_fn(fns->event, &fns->nr_event, ops->event, &observer);
	add_fn(fns->alloc, &fns->nr_alloc, ops->alloc, &observer);
	add_fn(fns->free, &fns->nr_free, ops->free, &observer);
	add_fn(fns->split, &fns->nr_split, ops->split, &observer);
	add_fn(fns->host_fail, &fns->nr_host_fail, ops->host_fail, &observer);
	add_fn(fns->fail, &fns->nr_fail, ops->fail, &observer);
	add_fn(fns->unknown, &fns->nr_unknown, ops->unknown, &observer);
	add_fn(fns->tick, &fns->nr_tick, ops->tick, &observer);
	return 0;
}
