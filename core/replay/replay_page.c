/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page events.
 *
 *   owner slab, vmalloc, percpu    evidence: remembered and counted, not replayed, because
 *                                  the model takes its own pages at its own time; unless the
 *                                  trace has no events of that allocator
 *   all other owners               replayed with its flags, order, CPU and node
 *
 * A large kmalloc takes its pages as slab does.  Its block is told from a slab's by
 * address, if the recorded direct map's base is known, and else by being the last that slab
 * took on the CPU where the kmalloc is told.  Only slabs count as slab pages; of
 * blocks from before the trace nobody knows which they were, and all count as slabs.
 *
 * A free of pages that nobody was seen to take: if these pages were given back in the trace
 * before, an untraced path (bulk, migration) has taken them meanwhile; in the model they
 * are still free, and nothing is to be done: implied_alloc.  Otherwise they are from
 * before the trace: a warm start turns as many held pages of that zone into free ones, and
 * just these where the snapshot told which pages are held.
 */
#include "core/page/zone.h"
#include "core/replay/loop.h"

/* Set or clear the bits of a block's pages; true if the first one's was set. */
static bool mark_given_back(struct km_loop *loop, uint64_t pfn, unsigned int order, bool set)
{
	uint64_t end = pfn + (1ull << order);
	bool was_set;

	if (order > KM_MAX_ORDER || pfn >= loop->nr_given_back || end > loop->nr_given_back)
		return false;
	was_set = loop->given_back[pfn / 64] >> pfn % 64 & 1;
	for (; pfn < end; pfn++) {
		if (set)
			loop->given_back[pfn / 64] |= 1ull << pfn % 64;
		else
			loop->given_back[pfn / 64] &= ~(1ull << pfn % 64);
	}
	return was_set;
}

void km_page_end(struct km_replay *replay, const struct tf_event *ev, const struct km_life *life,
		 enum km_end end)
{
	if (!km_life_is_ghost(life) &&
	    km_free_pages(&replay->kernel.pages, life->model, life->order, km_loop_cpu(replay, ev)))
		km_loop_broke(replay,
			      "the page allocator refused to free a block it had given out");
	km_loop_ended(replay, ev, life, end);
}

/* Every block starts at a multiple of its size.  Of what does not, only the pfn is kept. */
static void take_impossible(struct km_replay *replay, const struct tf_event *ev)
{
	struct tf_event odd = *ev;

	odd.order = KM_NR_ORDERS;
	km_loop_diverge(replay, KM_DIV_MODEL_FAILED);
	km_loop_ghost(replay, &odd);
}

static bool is_aligned(const struct tf_event *ev)
{
	return ev->order > KM_MAX_ORDER || !(ev->addr & ((1ull << ev->order) - 1));
}

/* The host had these pages free, whatever the model thinks. */
static void take_from_held(struct km_replay *replay, const struct tf_event *ev)
{
	if (replay->loop->held_by_number && ev->order <= KM_MAX_ORDER &&
	    km_pages_host_took(&replay->kernel.pages, ev->addr, ev->order, km_loop_cpu(replay, ev)))
		km_loop_diverge(replay, KM_DIV_IMPLIED_FREE);
}

static void take_evidence(struct km_replay *replay, const struct tf_event *ev)
{
	struct km_nested_block block = { .pfn = ev->addr, .order = ev->order, .owner = ev->owner };
	struct km_cpu_past *past = &replay->loop->cpus[ev->cpu];

	if (ev->addr == TF_NO_PFN) {
		/* Slab and percpu fall back or tell it themselves, as vmalloc does of a large
		 * order. */
		if (ev->owner == TF_OWNER_VMALLOC && !ev->order)
			km_loop_host_failed(replay, ev);
		return;
	}
	if (ev->order > KM_MAX_ORDER || !is_aligned(ev))
		return;
	km_page_clear_overlap(replay, ev);
	take_from_held(replay, ev);
	mark_given_back(replay->loop, ev->addr, ev->order, false);
	if (km_nested_put(replay->loop->nested, &block) || ev->owner != TF_OWNER_SLAB)
		return;
	replay->nr_slab_pages_taken += 1ull << ev->order;
	past->slab_pfn = ev->addr;
	past->has_slab = true;
}

void km_page_is_large(struct km_replay *replay, const struct tf_event *ev, unsigned int order)
{
	struct km_loop *loop = replay->loop;
	struct km_cpu_past *past = &loop->cpus[ev->cpu];
	uint64_t pfn = past->slab_pfn;
	struct km_nested_block block;

	if (loop->page_offset)
		pfn = (ev->addr - loop->page_offset) >> replay->kernel.machine.profile.page_shift;
	else if (!past->has_slab)
		return;
	past->has_slab = false;
	if (!km_nested_find(loop->nested, pfn, &block) || block.owner != TF_OWNER_SLAB ||
	    block.is_large || block.order != order)
		return;
	block.is_large = true;
	km_nested_put(loop->nested, &block);
	replay->nr_slab_pages_taken -= 1ull << order;
}

static void give_evidence(struct km_replay *replay, const struct tf_event *ev, unsigned int owner,
			  bool is_large)
{
	if (owner == TF_OWNER_SLAB && !is_large && ev->order <= KM_MAX_ORDER)
		replay->nr_slab_pages_given += 1ull << ev->order;
}

/* On the host's own machine. */
static bool is_same_zone(const struct km_replay *replay, uint64_t recorded, uint64_t model)
{
	const struct km_pages *pages = &replay->kernel.pages;
	int zone = km_pfn_zone_index(pages, recorded);

	return zone >= 0 && zone == km_pfn_zone_index(pages, model);
}

void km_replay_page_alloc(struct km_replay *replay, const struct tf_event *ev)
{
	struct km_pages *pages = &replay->kernel.pages;
	unsigned int cpu = km_loop_cpu(replay, ev);
	bool host_failed = ev->addr == TF_NO_PFN;
	struct km_new_life new = { .call_site = ev->call_site, .cache = KM_NO_CACHE };
	struct km_nested_block block;
	const struct km_life *life;

	if (km_loop_is_nested(replay, ev->owner)) {
		take_evidence(replay, ev);
		return;
	}
	if (!host_failed) {
		km_page_clear_overlap(replay, ev);
		km_nested_take(replay->loop->nested, ev->addr, &block);
		mark_given_back(replay->loop, ev->addr, ev->order, false);
		if (!is_aligned(ev)) {
			take_impossible(replay, ev);
			return;
		}
		take_from_held(replay, ev);
	}
	if (ev->owner == TF_OWNER_MIGRATED && !host_failed)
		km_page_move_to(replay);
	if (ev->order <= KM_MAX_ORDER)
		new.bytes_req = new.bytes_alloc = km_page_bytes(replay) << ev->order;
	km_loop_forget_failure(replay);
	new.model = km_alloc_pages(pages, replay->gfp_now, ev->order, cpu, km_loop_node(replay, ev),
				   km_page_model_owner(ev->owner));
	if (new.model != KM_NO_PFN && !host_failed) {
		replay->nr_page_allocs++;
		if (replay->is_host_machine)
			replay->nr_page_zone_match += is_same_zone(replay, ev->addr, new.model);
		life = km_loop_born(replay, ev, &new);
		if (life)
			km_page_number(replay, life);
	} else if (km_loop_refused(replay, ev, host_failed, new.model == KM_NO_PFN)) {
		km_free_pages(pages, new.model, ev->order, cpu);
	}
}

/*
 * Turn held pages of the zone that the recorded pfn is in into free ones: one block, or as
 * many smaller ones if none of that order is held.  False if none is left at all.
 */
static bool free_held(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_profile *profile = &replay->host.profile;
	struct km_pages *pages = &replay->kernel.pages;
	enum km_zone_type type = KM_ZONE_NORMAL;
	unsigned int node = 0, order = ev->order;
	uint64_t left = 1ull << order;

	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];

		/* Spans of nodes may be interleaved. */
		if (ev->addr - desc->start_pfn >= desc->spanned_pages ||
		    !km_profile_ram_pages(profile, ev->addr, ev->addr + 1, desc->node))
			continue;
		type = desc->type;
		node = desc->node;
		break;
	}
	while (left) {
		uint64_t pfn = km_pages_claim(pages, type, node, order, KM_OWNER_OTHER);

		if (pfn == KM_NO_PFN && !order--)
			break;
		if (pfn == KM_NO_PFN)
			continue;
		if (km_free_pages(pages, pfn, order, km_loop_cpu(replay, ev)))
			km_loop_broke(replay, "the page allocator refused to free held pages");
		left -= 1ull << order;
	}
	return left < 1ull << ev->order;
}

static void free_unknown(struct km_replay *replay, const struct tf_event *ev, bool was_given_back)
{
	if (ev->order > KM_MAX_ORDER) {
		km_loop_diverge(replay, KM_DIV_UNKNOWN_FREE);
	} else if (replay->loop->held_by_number) {
		bool held = km_pages_free_held(&replay->kernel.pages, ev->addr, ev->order,
					       km_loop_cpu(replay, ev));

		if (held)
			km_loop_diverge(replay, KM_DIV_WARM_FREE);
		else if (!km_page_move_freed(replay, ev))
			km_loop_diverge(replay, KM_DIV_IMPLIED_ALLOC);
		replay->nr_replayed += held;
	} else if (km_page_move_freed(replay, ev)) {
		replay->nr_replayed++;
	} else if (was_given_back) {
		km_loop_diverge(replay, KM_DIV_IMPLIED_ALLOC);
	} else if (replay->is_warm && free_held(replay, ev)) {
		km_loop_diverge(replay, KM_DIV_WARM_FREE);
		replay->nr_replayed++;
	} else {
		km_loop_diverge(replay, KM_DIV_UNKNOWN_FREE);
	}
}

void km_replay_page_free(struct km_replay *replay, const struct tf_event *ev)
{
	bool was_given_back = mark_given_back(replay->loop, ev->addr, ev->order, true);
	const struct km_life *life = km_live_find(replay->live, KM_LIVE_PAGES, ev->addr);
	struct km_nested_block block;

	if (ev->owner == TF_OWNER_MIGRATED && km_page_move_from(replay, ev)) {
		replay->nr_replayed++;
	} else if (life && (life->order == ev->order || life->order > KM_MAX_ORDER)) {
		life = km_live_take(replay->live, KM_LIVE_PAGES, ev->addr);
		km_page_end(replay, ev, life, KM_END_FREED);
	} else if (km_nested_take(replay->loop->nested, ev->addr, &block)) {
		give_evidence(replay, ev, block.owner, block.is_large);
	} else if (km_loop_is_nested(replay, ev->owner) && !life) {
		give_evidence(replay, ev, ev->owner, false);
	} else if (!km_page_free_misfit(replay, ev)) {
		free_unknown(replay, ev, was_given_back);
	}
}
