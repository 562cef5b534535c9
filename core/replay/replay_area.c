/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of percpu memory and of areas of kernel address space.
 *
 * Events of older kernels carry no flags for these: a request without any is taken for
 * GFP_KERNEL, or for one that cannot wait if it is marked atomic.
 *
 * An area whose owner is unknown is taken for vmalloc's, the most frequent.
 */
#include "core/replay/loop.h"

static km_gfp gfp_of(const struct km_replay *replay, const struct tf_event *ev)
{
	km_gfp gfp = replay->gfp_now ? replay->gfp_now : KM_GFP_KERNEL;

	return ev->flags & TF_EV_ATOMIC ? gfp & ~KM_GFP_DIRECT_RECLAIM : gfp;
}

/* ev gives out an address that lives: it was freed unseen.  NULL if it does not. */
static const struct km_life *take_implied(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_life *life = km_live_take(replay->live, km_live_class(ev->kind), ev->addr);

	if (life)
		km_loop_diverge(replay, KM_DIV_IMPLIED_FREE);
	return life;
}

static void end_percpu(struct km_replay *replay, const struct tf_event *ev,
		       const struct km_life *life, enum km_end end)
{
	if (!km_life_is_ghost(life) &&
	    km_percpu_free(replay->kernel.percpu, life->model, km_loop_cpu(replay, ev)))
		km_loop_broke(replay, "percpu refused to free what it had given out");
	km_loop_ended(replay, ev, life, end);
}

static void end_area(struct km_replay *replay, const struct tf_event *ev,
		     const struct km_life *life, enum km_end end)
{
	if (!km_life_is_ghost(life) &&
	    km_vm_free(replay->kernel.vm, life->model, km_loop_cpu(replay, ev)))
		km_loop_broke(replay, "vmalloc refused to free an area it had given out");
	km_loop_ended(replay, ev, life, end);
}

void km_replay_percpu_alloc(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_profile *profile = &replay->kernel.machine.profile;
	struct km_percpu *percpu = replay->kernel.percpu;
	unsigned int cpu = km_loop_cpu(replay, ev);
	bool host_failed = ev->kind == TF_PERCPU_FAIL || !ev->addr;
	struct km_new_life new = { .call_site = ev->call_site, .cache = KM_NO_CACHE };
	const struct km_life *old = host_failed ? NULL : take_implied(replay, ev);

	if (old)
		end_percpu(replay, ev, old, KM_END_IMPLIED);
	km_loop_forget_failure(replay);
	if (ev->bytes_req && ev->bytes_req <= KM_PERCPU_MAX_ALLOC && ev->order < 32) {
		new.bytes_req = ev->bytes_req * profile->nr_cpus;
		new.bytes_alloc = (ev->bytes_req + KM_PERCPU_MIN_ALLOC - 1) /
				  KM_PERCPU_MIN_ALLOC *KM_PERCPU_MIN_ALLOC *
				  profile->nr_possible_cpus;
		new.model = km_percpu_alloc(percpu, ev->bytes_req, 1ull << ev->order,
					    gfp_of(replay, ev), cpu);
	}
	if (new.model && !host_failed)
		km_loop_born(replay, ev, &new);
	else if (km_loop_refused(replay, ev, host_failed, !new.model))
		km_percpu_free(percpu, new.model, cpu);
}

void km_replay_percpu_free(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_life *life = km_live_take(replay->live, KM_LIVE_PERCPU, ev->addr);
	uint64_t model;

	if (life) {
		end_percpu(replay, ev, life, KM_END_FREED);
		return;
	}
	if (!ev->addr)
		return; /* free_percpu(NULL) */
	model = replay->is_warm ? km_percpu_take_preexisting(replay->kernel.percpu) : 0;
	if (!model) {
		km_loop_diverge(replay, KM_DIV_UNKNOWN_FREE);
		return;
	}
	km_loop_diverge(replay, KM_DIV_WARM_FREE);
	replay->nr_replayed++;
	if (km_percpu_free(replay->kernel.percpu, model, km_loop_cpu(replay, ev)))
		km_loop_broke(replay, "percpu refused to free a pre-existing allocation");
}

void km_replay_vmap_alloc(struct km_replay *replay, const struct tf_event *ev)
{
	const uint64_t page_bytes = km_page_bytes(replay);
	unsigned int flags = ev->owner >= TF_OWNER_OTHER ? KM_AREA_MAP : KM_AREA_PAGES;
	unsigned int cpu = km_loop_cpu(replay, ev);
	bool host_failed = (ev->flags & TF_EV_FAILED) || !ev->addr;
	struct km_new_life new = { .call_site = ev->call_site, .cache = KM_NO_CACHE };
	const struct km_life *old = host_failed ? NULL : take_implied(replay, ev);

	if (old)
		end_area(replay, ev, old, KM_END_IMPLIED);
	km_loop_forget_failure(replay);
	if (ev->bytes_req > page_bytes && ev->bytes_req % page_bytes == 0 && ev->order < 48) {
		if (flags & KM_AREA_PAGES)
			new.bytes_req = new.bytes_alloc = ev->bytes_req - page_bytes;
		new.model = km_vm_alloc(replay->kernel.vm, ev->bytes_req, 1ull << ev->order, flags,
					gfp_of(replay, ev), cpu, km_loop_node(replay, ev));
	}
	if (new.model && !host_failed)
		km_loop_born(replay, ev, &new);
	else if (km_loop_refused(replay, ev, host_failed, !new.model))
		km_vm_free(replay->kernel.vm, new.model, cpu);
}

void km_replay_vmap_free(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_life *life = km_live_take(replay->live, KM_LIVE_AREA, ev->addr);
	uint64_t model;

	if (life) {
		end_area(replay, ev, life, KM_END_FREED);
		return;
	}
	model = replay->is_warm ? km_vm_take_preexisting(replay->kernel.vm, 0) : 0;
	if (!model) {
		km_loop_diverge(replay, KM_DIV_UNKNOWN_FREE);
		return;
	}
	km_loop_diverge(replay, KM_DIV_WARM_FREE);
	replay->nr_replayed++;
	if (km_vm_free(replay->kernel.vm, model, km_loop_cpu(replay, ev)))
		km_loop_broke(replay, "vmalloc refused to free a pre-existing area");
}
