/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of kmalloc and of slab caches.
 *
 * A kmalloc goes to the cache that the event names, if that is known and the machine is
 * the host's; else to the class of its size and flags.  A cache's allocation goes to the
 * model's cache of that name.
 *
 * Doubled events.  From 6.10 on a large kmalloc is told twice, first by the allocator's
 * inner function, then for the true caller.  The second is known by
 * the CPU, which told of the same object last time, by thread and size, and by the object
 * being live; it is dropped.  The true caller is looked up ahead when the first arrives: if
 * it is more than LOOK_AHEAD events away, or in the next block, the inner one stays.
 *
 * Frees of the unknown.  In a warm start a free that names a cache takes one of the
 * objects that cache had before the trace; without a name, or when none is left, nothing
 * is freed.
 */
#include "core/replay/loop.h"

#define LOOK_AHEAD 64

void km_object_release(struct km_replay *replay, const struct km_life *life, unsigned int cpu)
{
	if (!km_life_is_ghost(life) && km_kfree(replay->kernel.slab, life->model, cpu))
		km_loop_broke(replay, "slab refused to free an object it had given out");
}

/* ev gives out an address that lives: it was freed unseen. */
static void end_implied(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_life *life = km_live_take(replay->live, KM_LIVE_OBJECT, ev->addr);

	if (!life)
		return;
	km_loop_diverge(replay, KM_DIV_IMPLIED_FREE);
	km_object_release(replay, life, km_loop_cpu(replay, ev));
	km_loop_ended(replay, ev, life, KM_END_IMPLIED);
}

static const struct km_cache_slot *slot_of(const struct km_replay *replay, uint32_t cache)
{
	return cache < replay->nr_cache_map ? &replay->loop->slots[cache] : &replay->loop->slots[0];
}

static bool is_doubled(struct km_replay *replay, const struct tf_event *ev)
{
	struct km_cpu_past *past = &replay->loop->cpus[ev->cpu];

	if (past->large_addr != ev->addr || past->large_pid != ev->pid || !ev->addr ||
	    !km_live_find(replay->live, KM_LIVE_OBJECT, ev->addr))
		return false;
	past->large_addr = 0;
	return true;
}

/* The call site of the second event for the same allocation, else ev's own. */
static uint64_t true_call_site(const struct km_replay *replay, const struct tf_event *ev)
{
	const struct tf_event *end = replay->loop->batch_end;

	if (end - replay->loop->ahead > LOOK_AHEAD)
		end = replay->loop->ahead + LOOK_AHEAD;
	for (const struct tf_event *next = replay->loop->ahead; next < end; next++) {
		if (next->addr != ev->addr)
			continue;
		if (next->kind == TF_KMALLOC && next->cpu == ev->cpu && next->pid == ev->pid &&
		    next->bytes_req == ev->bytes_req)
			return next->call_site;
		if (next->kind == TF_KFREE)
			break;
	}
	return ev->call_site;
}

static unsigned int order_of(const struct km_replay *replay, uint64_t bytes)
{
	unsigned int order = 0;

	while (order <= KM_MAX_ORDER && km_page_bytes(replay) << order < bytes)
		order++;
	return order;
}

static void note_large(struct km_replay *replay, const struct tf_event *ev)
{
	struct km_cpu_past *past = &replay->loop->cpus[ev->cpu];

	past->large_addr = ev->addr;
	past->large_pid = ev->pid;
	km_page_is_large(replay, ev, order_of(replay, ev->bytes_req));
}

void km_replay_kmalloc(struct km_replay *replay, const struct tf_event *ev)
{
	struct km_slab *slab = replay->kernel.slab;
	struct kmem_cache *class = km_kmalloc_cache(slab, ev->bytes_req, replay->gfp_now);
	unsigned int cpu = km_loop_cpu(replay, ev);
	int node = km_loop_node(replay, ev);
	struct km_new_life new = { .bytes_req = ev->bytes_req, .call_site = ev->call_site };
	bool is_large = !class && ev->bytes_req;

	if (ev->addr == KM_ZERO_SIZE_PTR)
		return;
	if (is_large && is_doubled(replay, ev)) {
		km_loop_diverge(replay, KM_DIV_DOUBLED);
		return;
	}
	new.bytes_alloc = class ? km_cache_size(class)
				: km_kmalloc_bytes(slab, ev->bytes_req, replay->gfp_now);
	if (ev->addr) {
		replay->nr_kmalloc++;
		replay->nr_kmalloc_bytes_match += new.bytes_alloc == ev->bytes_alloc;
		end_implied(replay, ev);
	}
	if (is_large) {
		new.call_site = true_call_site(replay, ev);
		if (ev->addr)
			note_large(replay, ev);
	} else if (replay->loop->exact_caches && slot_of(replay, ev->cache)->cache) {
		class = slot_of(replay, ev->cache)->cache;
		new.bytes_alloc = km_cache_size(class);
	}
	km_loop_forget_failure(replay);
	new.cache = class ? km_cache_index(class) : KM_NO_CACHE;
	if (class)
		new.model = km_cache_alloc(class, replay->gfp_now, cpu, node);
	else if (is_large)
		new.model = km_kmalloc(slab, ev->bytes_req, replay->gfp_now, cpu, node);
	if (new.model && ev->addr)
		km_loop_born(replay, ev, &new);
	else if (km_loop_refused(replay, ev, !ev->addr, !new.model))
		km_kfree(slab, new.model, cpu);
}

void km_replay_cache_alloc(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_cache_slot *slot = slot_of(replay, ev->cache);
	unsigned int cpu = km_loop_cpu(replay, ev);
	struct km_new_life new = {
		.bytes_req = ev->bytes_req,
		.bytes_alloc = slot->size,
		.call_site = ev->call_site,
		.cache = slot->index,
	};

	if (ev->addr)
		end_implied(replay, ev);
	if (!slot->cache) {
		/* Not a failure of memory: nobody but the count is told. */
		if (ev->addr) {
			km_loop_diverge(replay, KM_DIV_MODEL_FAILED);
			km_loop_ghost(replay, ev);
		}
		return;
	}
	km_loop_forget_failure(replay);
	new.model = km_cache_alloc(slot->cache, replay->gfp_now, cpu, km_loop_node(replay, ev));
	if (new.model && ev->addr)
		km_loop_born(replay, ev, &new);
	else if (km_loop_refused(replay, ev, !ev->addr, !new.model))
		km_kfree(replay->kernel.slab, new.model, cpu);
}

/* Was life given out by another cache than the one ev frees it to?  By the trace's names. */
static bool is_wrong_cache(const struct km_replay *replay, const struct tf_event *ev,
			   const struct km_life *life)
{
	const struct km_cache_slot *to = slot_of(replay, ev->cache);
	uint32_t from;

	if (!to->cache || to->index == life->cache || km_life_is_ghost(life))
		return false;
	from = km_replay_site(replay, life->site)->cache;
	return from != TF_NO_CACHE && from != ev->cache &&
	       slot_of(replay, from)->cache != to->cache;
}

static void free_unknown(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_cache_slot *slot = slot_of(replay, ev->cache);
	uint64_t model = 0;

	km_loop_unknown(replay, ev);
	if (replay->is_warm && slot->cache)
		model = km_cache_take_preexisting(slot->cache);
	if (!model) {
		km_loop_diverge(replay, KM_DIV_UNKNOWN_FREE);
		return;
	}
	km_loop_diverge(replay, KM_DIV_WARM_FREE);
	replay->nr_replayed++;
	if (km_cache_free(replay->kernel.slab, slot->cache, model, km_loop_cpu(replay, ev)))
		km_loop_broke(replay, "slab refused to free a pre-existing object");
}

void km_replay_object_free(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_life *life;

	if (ev->addr <= KM_ZERO_SIZE_PTR)
		return;
	life = km_live_take(replay->live, KM_LIVE_OBJECT, ev->addr);
	if (!life) {
		free_unknown(replay, ev);
		return;
	}
	if (is_wrong_cache(replay, ev, life))
		km_loop_diverge(replay, KM_DIV_WRONG_CACHE);
	km_object_release(replay, life, km_loop_cpu(replay, ev));
	km_loop_ended(replay, ev, life, KM_END_FREED);
}
