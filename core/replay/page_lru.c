/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live pages on the model's LRU lists, and what becomes of them there.
 *
 *   page_alloc, owner page cache, anon, shmem ─▶ LRU list of the model
 *   the model reclaims it        the host still has it: a ghost from now on, whose free is nothing
 *   the model moves it           the life is at another page of the model
 *
 * A page's priv is the number of its life in the live map, 32 bits of the recorded pfn.
 *
 * Shared memory goes to swap, so it is on the lists of anonymous memory.  Whether page cache
 * was written to is not recorded: it counts as clean.
 *
 * On the very machine that was recorded kswapd and kcompactd do not run: what they freed there
 * is in the trace.
 */
#include "core/page/lru.h"
#include "core/page/reclaim.h"
#include "core/replay/loop.h"

static struct km_life *find_life(struct km_replay *replay, uint64_t pfn, uint32_t number)
{
	struct km_life *life = km_live_find(replay->live, KM_LIVE_PAGES, number);

	return life && life->model == pfn ? life : NULL;
}

static void on_reclaimed(void *arg, uint64_t pfn, unsigned int order, uint32_t priv)
{
	struct km_replay *replay = arg;
	struct km_life *life = find_life(replay, pfn, priv);

	(void)order;
	if (!life)
		return;
	km_loop_ended(replay, replay->loop->now, life, KM_END_RECLAIMED);
	life->model = KM_LIFE_GHOST;
}

static void on_migrated(void *arg, uint64_t from, uint64_t to, unsigned int order, uint32_t priv)
{
	struct km_life *life = find_life(arg, from, priv);

	(void)order;
	if (life)
		life->model = to;
}

void km_page_set_ops(struct km_replay *replay)
{
	static const struct km_pages_ops ops = { on_reclaimed, on_migrated };
	struct km_pages *pages = &replay->kernel.pages;

	km_pages_set_ops(pages, &ops, replay);
	pages->nr_swap_pages = replay->host.start.swap_pages;
	pages->reclaim_recorded = replay->is_host_machine;
}

enum km_page_owner km_page_model_owner(unsigned int owner)
{
	switch (owner) {
	case TF_OWNER_ANON:
	case TF_OWNER_SHMEM:
		return KM_OWNER_ANON;
	case TF_OWNER_PAGE_CACHE:
		return KM_OWNER_PAGE_CACHE;
	case TF_OWNER_PAGE_TABLE:
		return KM_OWNER_PAGE_TABLE;
	case TF_OWNER_KERNEL_STACK:
		return KM_OWNER_KERNEL_STACK;
	default:
		return KM_OWNER_OTHER;
	}
}

void km_page_number(struct km_replay *replay, const struct km_life *life)
{
	struct km_pages *pages = &replay->kernel.pages;
	struct page *page = km_page(pages->machine, life->model);

	page->priv = (uint32_t)life->addr;
	if ((page->owner == KM_OWNER_ANON || page->owner == KM_OWNER_PAGE_CACHE) &&
	    !(page->flags & KM_PG_LRU))
		km_lru_add(pages, life->model, page->owner, 0);
}
