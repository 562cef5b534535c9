/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LRU lists: a block goes on, off, and from one to the other.
 *
 * Mirrors include/linux/mm_inline.h and mm/swap.c 6.12, without their batches.
 */
#include <errno.h>

#include "core/page/lru.h"
#include "core/page/page_list.h"
#include "core/page/zone.h"

enum km_lru_list km_lru_list_of(const struct page *page)
{
	return (page->owner == KM_OWNER_ANON ? KM_LRU_INACTIVE_ANON : KM_LRU_INACTIVE_FILE) +
	       !!(page->flags & KM_PG_ACTIVE);
}

static struct page *used_head(const struct km_pages *pages, uint64_t pfn)
{
	struct page *page;

	if (pfn >= pages->machine->nr_pfns)
		return NULL;
	page = km_page(pages->machine, pfn);
	return page->state == KM_PAGE_USED ? page : NULL;
}

static struct page *listed_head(const struct km_pages *pages, uint64_t pfn)
{
	struct page *page = used_head(pages, pfn);

	return page && page->flags & KM_PG_LRU ? page : NULL;
}

static bool has_swap(const struct page *page)
{
	return page->owner == KM_OWNER_ANON && !(page->flags & KM_PG_DIRTY);
}

void km_lru_isolate(struct km_pages *pages, uint64_t pfn)
{
	struct page *page = km_page(pages->machine, pfn);
	struct zone *zone = km_pfn_zone(pages, pfn);
	struct km_lru *lru = &pages->lru[zone->node];
	enum km_lru_list list = km_lru_list_of(page);

	km_page_list_del(pages->machine, &lru->lists[list], pfn);
	lru->nr_pages[list] -= 1ull << page->order;
	zone->lru_pages[list] -= 1ull << page->order;
	page->flags &= ~(KM_PG_LRU | KM_PG_ACTIVE);
}

void km_lru_putback(struct km_pages *pages, uint64_t pfn, bool active, bool oldest)
{
	struct page *page = km_page(pages->machine, pfn);
	struct zone *zone = km_pfn_zone(pages, pfn);
	struct km_lru *lru = &pages->lru[zone->node];
	enum km_lru_list list;

	page->flags |= KM_PG_LRU | (active ? KM_PG_ACTIVE : 0);
	list = km_lru_list_of(page);
	if (!lru->lists[list].nr)
		km_page_list_init(&lru->lists[list]);
	if (oldest)
		km_page_list_add_tail(pages->machine, &lru->lists[list], pfn);
	else
		km_page_list_add_head(pages->machine, &lru->lists[list], pfn);
	lru->nr_pages[list] += 1ull << page->order;
	zone->lru_pages[list] += 1ull << page->order;
}

void km_lru_replace(struct km_pages *pages, uint64_t from, uint64_t to)
{
	struct page *old = km_page(pages->machine, from);
	struct zone *zone = km_pfn_zone(pages, from);
	struct km_page_list *list = &pages->lru[zone->node].lists[km_lru_list_of(old)];

	*km_page(pages->machine, to) = *old;
	if (old->prev != KM_NO_PAGE)
		km_page(pages->machine, old->prev)->next = to;
	else
		list->head = to;
	if (old->next != KM_NO_PAGE)
		km_page(pages->machine, old->next)->prev = to;
	else
		list->tail = to;
	*old = (struct page){ 0 };
}

int km_lru_add(struct km_pages *pages, uint64_t pfn, enum km_page_owner owner, unsigned int flags)
{
	struct page *page = used_head(pages, pfn);

	if (!page || page->count != 1 || (owner != KM_OWNER_ANON && owner != KM_OWNER_PAGE_CACHE))
		return -EINVAL;
	if (page->flags & KM_PG_LRU)
		return -EEXIST;
	page->owner = owner;
	page->flags &= ~(KM_PG_ACTIVE | KM_PG_DIRTY);
	if (owner == KM_OWNER_ANON || flags & KM_PG_DIRTY)
		page->flags |= KM_PG_DIRTY;
	km_lru_putback(pages, pfn, flags & KM_PG_ACTIVE, false);
	return 0;
}

int km_lru_del(struct km_pages *pages, uint64_t pfn)
{
	struct page *page = listed_head(pages, pfn);

	if (!page)
		return -EINVAL;
	if (has_swap(page))
		pages->nr_swap_pages += 1ull << page->order;
	km_lru_isolate(pages, pfn);
	page->flags &= ~KM_PG_DIRTY;
	return 0;
}
