/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages whose contents the recorded kernel moved.
 *
 *   compaction   page_free of the old page, owner migrated;  the new one: no event
 *   others       page_alloc of the new page, owner migrated;  page_free of the old one
 *
 * A page that moved lives on under a number that nobody knows.  In the model it stays where
 * it is: the model compacts by itself.  When a page is freed that nobody was seen to take,
 * it is taken for one of those that moved, the last of that order first.
 *
 * Such lives have numbers of their own in the live map, from the largest of 32 bits down, where
 * no pfn is.
 */
#include "core/replay/loop.h"

#define FIRST_NUMBER (UINT32_MAX - 1ull)

/* Let a life go on under a number of its own. */
static void renumber(struct km_replay *replay, const struct km_life *was)
{
	struct km_moved *moved = &replay->loop->moved;
	uint64_t number = FIRST_NUMBER - moved->nr;
	struct km_life *life;

	if (km_pfn_stack_push(&moved->numbers[was->order], number)) {
		replay->loop->out_of_memory = true;
		return;
	}
	moved->nr++;
	life = km_live_add(replay->live, was->kind, number, was->order);
	if (!life) {
		replay->loop->out_of_memory = true;
		return;
	}
	*life = *was;
	life->addr = number;
	if (!km_life_is_ghost(life))
		km_page_number(replay, life);
}

void km_page_move_to(struct km_replay *replay)
{
	replay->loop->moved.nr_targets++;
}

bool km_page_move_from(struct km_replay *replay, const struct tf_event *ev)
{
	struct km_moved *moved = &replay->loop->moved;
	const struct km_life *old = km_live_find(replay->live, KM_LIVE_PAGES, ev->addr);
	struct km_life was;

	if (ev->order > KM_MAX_ORDER || (old && old->order != ev->order))
		return false;
	if (moved->nr_targets) {
		moved->nr_targets--;
		return false;
	}
	if (old) {
		was = *km_live_take(replay->live, KM_LIVE_PAGES, ev->addr);
	} else {
		was = (struct km_life){ .kind = TF_PAGE_ALLOC,
					.model = ev->addr,
					.order = ev->order,
					.site = KM_NO_SITE,
					.cache = KM_NO_CACHE };
		/* Else it is one that had moved before, and has another number that nobody knows.
		 */
		if (km_pages_claim_at(&replay->kernel.pages, ev->addr, ev->order, KM_OWNER_OTHER))
			return moved->numbers[ev->order].nr > 0;
	}
	renumber(replay, &was);
	return true;
}

bool km_page_move_freed(struct km_replay *replay, const struct tf_event *ev)
{
	struct km_pfn_stack *numbers;

	if (ev->order > KM_MAX_ORDER)
		return false;
	numbers = &replay->loop->moved.numbers[ev->order];
	while (numbers->nr) {
		uint64_t number = km_pfn_stack_pop(numbers);

		/* It may have ended otherwise: with a gap. */
		if (!km_live_find(replay->live, KM_LIVE_PAGES, number))
			continue;
		km_loop_diverge(replay, KM_DIV_MOVED_FREE);
		km_page_end(replay, ev, km_live_take(replay->live, KM_LIVE_PAGES, number),
			    KM_END_FREED);
		return true;
	}
	return false;
}

void km_moved_release(struct km_moved *moved)
{
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		km_pfn_stack_release(&moved->numbers[order]);
}
