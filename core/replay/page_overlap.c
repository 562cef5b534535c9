/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Blocks of pages that do not fit the live ones.
 *
 *   given out   |----- new -----|            freed    |-- free --|
 *   live        |-- same head --|            live     |------- larger -------|   split
 *                |a| |b|  inside                          |------ around -----|  split
 *            |----- around -----------|      live     |a||b|  smaller, inside    all end
 *
 * What is given out was free: a live block that it shares a page with was freed unseen, and
 * ends as a whole.  A part of a block that is freed is legal where the block is not
 * compound (split_page, alloc_pages_exact, the tail of __free_pages): the
 * block is cut into blocks of the order freed, in the model too, and the rest lives on.
 *
 * Blocks are aligned to their size, so those around a pfn start at one of the pfns that
 * are it with some low bits cleared: ten searches at most, fewer if no large block lives.
 */
#include "core/page/lru.h"
#include "core/replay/loop.h"

static unsigned int max_live_order(const struct km_live_map *live)
{
	unsigned int order = KM_MAX_ORDER;

	while (order && !km_live_nr_order(live, order))
		order--;
	return order;
}

/* The live block that starts before pfn and reaches it, NULL if none. */
static const struct km_life *find_around(const struct km_replay *replay, uint64_t pfn)
{
	unsigned int max = max_live_order(replay->live);
	uint64_t tried = pfn;

	for (unsigned int order = 1; order <= max; order++) {
		uint64_t head = pfn >> order << order;
		const struct km_life *life;

		if (head == tried)
			continue;
		tried = head;
		life = km_live_find(replay->live, KM_LIVE_PAGES, head);
		if (life && life->order <= KM_MAX_ORDER && pfn - head < 1ull << life->order)
			return life;
	}
	return NULL;
}

static void end_block(struct km_replay *replay, const struct tf_event *ev, uint64_t pfn,
		      enum km_divergence why, enum km_end end)
{
	const struct km_life *life = km_live_take(replay->live, KM_LIVE_PAGES, pfn);

	km_loop_diverge(replay, why);
	km_page_end(replay, ev, life, end);
}

/* End every block that starts at one of ev's pages from first on.  How many there were. */
static uint64_t end_inside(struct km_replay *replay, const struct tf_event *ev, uint64_t first,
			   enum km_divergence why, enum km_end end)
{
	uint64_t last = ev->addr + (1ull << ev->order), nr = 0;

	for (uint64_t pfn = first; pfn < last; pfn++) {
		if (!km_live_find(replay->live, KM_LIVE_PAGES, pfn))
			continue;
		end_block(replay, ev, pfn, why, end);
		nr++;
	}
	return nr;
}

void km_page_clear_overlap(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_life *around;

	if (km_live_find(replay->live, KM_LIVE_PAGES, ev->addr))
		end_block(replay, ev, ev->addr, KM_DIV_IMPLIED_FREE, KM_END_IMPLIED);
	around = find_around(replay, ev->addr);
	if (around)
		end_block(replay, ev, around->addr, KM_DIV_OVERLAP, KM_END_IMPLIED);
	if (ev->order <= KM_MAX_ORDER)
		end_inside(replay, ev, ev->addr + 1, KM_DIV_OVERLAP, KM_END_IMPLIED);
}

/* Cut a live block into blocks of that order, in the model and in the map. */
static void split(struct km_replay *replay, const struct tf_event *ev, uint64_t head,
		  unsigned int order)
{
	struct km_life whole = *km_live_take(replay->live, KM_LIVE_PAGES, head);
	uint64_t nr = 1ull << (whole.order - order);

	if (!km_life_is_ghost(&whole))
		km_lru_del(&replay->kernel.pages, whole.model);
	if (!km_life_is_ghost(&whole) && km_split_pages(&replay->kernel.pages, whole.model, order))
		km_loop_broke(replay, "the page allocator refused to split a block");
	for (uint64_t i = 0; i < nr; i++) {
		struct km_life *life =
			km_live_add(replay->live, whole.kind, whole.addr + (i << order), order);
		uint64_t addr;

		if (!life) {
			replay->loop->out_of_memory = true;
			return;
		}
		addr = life->addr;
		*life = whole;
		life->addr = addr;
		life->order = order;
		if (!km_life_is_ghost(&whole))
			life->model = whole.model + (i << order);
		life->bytes_req = whole.bytes_req / nr;
		life->bytes_alloc = whole.bytes_alloc / nr;
		if (!km_life_is_ghost(life))
			km_page_number(replay, life);
	}
	km_loop_split(replay, ev, &whole, order);
}

bool km_page_free_misfit(struct km_replay *replay, const struct tf_event *ev)
{
	const struct km_life *life;

	if (ev->order > KM_MAX_ORDER || (ev->addr & ((1ull << ev->order) - 1)) ||
	    ev->addr > UINT64_MAX - (1ull << KM_MAX_ORDER))
		return false;
	life = km_live_find(replay->live, KM_LIVE_PAGES, ev->addr);
	if (!life)
		life = find_around(replay, ev->addr);
	if (life && life->order > ev->order && life->order <= KM_MAX_ORDER) {
		split(replay, ev, life->addr, ev->order);
		if (replay->loop->out_of_memory)
			return true;
		end_block(replay, ev, ev->addr, KM_DIV_SPLIT_FREE, KM_END_FREED);
		return true;
	}
	return end_inside(replay, ev, ev->addr, KM_DIV_FREE_ORDER, KM_END_FREED) > 0;
}
