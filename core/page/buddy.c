/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The buddy lists: free_area[order].list[migratetype], blocks of 2^order pages.
 *
 *   take, order 1:   [ order 3                      ]    first of the smallest list
 *                    [ taken | 1  | 2               ]    lowest address is taken, upper
 *                                                        halves go to their lists' heads
 *   put, order 1:    [ put   | free 1 | free 2      ]
 *                    [ order 3                      ]    merged while the buddy (pfn xor
 *                                                        2^order) is free and as large
 *
 * A merged block goes to the tail if its own buddy's parent would be free but for
 * the buddy (it is likely to be merged again soon), else to the head.
 *
 * Not modelled: page shuffling, guard pages, page reporting, compaction's capture.
 *
 * Mirrors mm/page_alloc.c 6.12; the list discipline is that of 5.10 and later.
 */
#include <assert.h>

#include "core/page/buddy.h"
#include "core/page/held.h"

int km_free_area_add_untouched(struct zone *zone, uint64_t pfn, enum km_migratetype type)
{
	struct km_free_area *area = &zone->free_area[KM_MAX_ORDER];

	if (km_pfn_stack_push(&zone->untouched[type], pfn))
		return -1;
	area->list[type].nr++;
	area->nr_free++;
	zone->free_orders[type] |= 1u << KM_MAX_ORDER;
	zone->free_pages += 1ull << KM_MAX_ORDER;
	zone->free_by_type[type] += 1ull << KM_MAX_ORDER;
	return 0;
}

uint64_t km_free_area_link_untouched(struct km_pages *pages, struct zone *zone, unsigned int order,
				     enum km_migratetype type)
{
	struct km_page_list *list = &zone->free_area[order].list[type];
	struct page *page;
	uint64_t pfn;

	/* Counted already: link it, and leave the counts alone. */
	assert(order == KM_MAX_ORDER);
	pfn = km_pfn_stack_pop(&zone->untouched[type]);
	assert(pfn != KM_NO_PFN);
	page = km_page(pages->machine, pfn);
	page->state = KM_PAGE_FREE;
	page->order = order;
	page->migratetype = type;
	km_page_list_add_head(pages->machine, list, pfn);
	list->nr--;
	return pfn;
}

uint64_t km_free_area_take_first(struct km_pages *pages, struct zone *zone, unsigned int order,
				 enum km_migratetype type)
{
	uint64_t pfn = km_free_area_first(pages, zone, order, type);
	struct km_free_area *area = &zone->free_area[order];
	struct page *page = km_page(pages->machine, pfn);

	km_page_list_del_head(pages->machine, &area->list[type], page);
	if (!area->list[type].nr)
		zone->free_orders[type] &= ~(1u << order);
	area->nr_free--;
	zone->free_pages -= 1ull << order;
	zone->free_by_type[type] -= 1ull << order;
	*page = (struct page){ 0 };
	return pfn;
}

/*
 * Bits of orders [low, high) of the lists of one type, none of which has a block: each half is the
 * only block of its list.
 */
static inline uint16_t split_to_empty(const struct km_machine *machine, struct zone *zone,
				      uint64_t pfn, unsigned int low, unsigned int high,
				      enum km_migratetype type)
{
	struct page *head = km_page(machine, pfn);

	for (unsigned int order = low; order < high; order++) {
		struct km_free_area *area = &zone->free_area[order];
		uint64_t half = pfn + (1ull << order);

		head[1ull << order] = km_free_page(order, type);
		area->list[type] = (struct km_page_list){ .head = half, .tail = half, .nr = 1 };
		area->nr_free++;
	}
	return (1u << high) - (1u << low);
}

void km_buddy_expand(struct km_pages *pages, struct zone *zone, uint64_t pfn, unsigned int low,
		     unsigned int high, enum km_migratetype type)
{
	zone->free_pages += (1ull << high) - (1ull << low);
	zone->free_by_type[type] += (1ull << high) - (1ull << low);
	while (high > low) {
		high--;
		km_free_area_link(pages->machine, zone, pfn + (1ull << high), high, type, 0);
	}
}

uint64_t km_buddy_take_smallest(struct km_pages *pages, struct zone *zone, unsigned int order,
				enum km_migratetype type)
{
	unsigned int orders = zone->free_orders[type], from;
	struct km_page_list *list;
	uint64_t pfn;

	if (!(orders >> order))
		return KM_NO_PFN;
	from = order + __builtin_ctz(orders >> order);
	pfn = km_free_area_first(pages, zone, from, type);
	list = &zone->free_area[from].list[type];
	km_page_list_del_head(pages->machine, list, km_page(pages->machine, pfn));
	if (!list->nr)
		orders &= ~(1u << from);
	zone->free_area[from].nr_free--;
	*km_page(pages->machine, pfn) = (struct page){ 0 };
	/* From is the smallest order that has a block: the lists below are empty. */
	orders |= split_to_empty(pages->machine, zone, pfn, order, from, type);
	zone->free_orders[type] = orders;
	zone->free_pages -= 1ull << order;
	zone->free_by_type[type] -= 1ull << order;
	zone->nr_taken++;
	return pfn;
}

uint64_t km_buddy_take(struct km_pages *pages, struct zone *zone, unsigned int order,
		       enum km_migratetype type, unsigned int alloc_flags,
		       enum km_rmqueue_mode *mode)
{
	uint64_t pfn;

	if ((alloc_flags & KM_ALLOC_CMA) &&
	    zone->free_by_type[KM_MIGRATE_CMA] > zone->free_pages / 2) {
		pfn = km_buddy_take_smallest(pages, zone, order, KM_MIGRATE_CMA);
		if (pfn != KM_NO_PFN)
			return pfn;
	}
	if (*mode == KM_RMQUEUE_NORMAL) {
		pfn = km_buddy_take_smallest(pages, zone, order, type);
		if (pfn != KM_NO_PFN)
			return pfn;
	}
	return km_fallback_take(pages, zone, order, type, alloc_flags, mode);
}

/*
 * A block can be merged with pfn's block of that order if it
 *   a) lies in the zone,
 *   b) is free, and the head of its block,
 *   c) has the same order.
 */
static bool is_free_buddy(const struct km_pages *pages, const struct zone *zone, uint64_t buddy,
			  unsigned int order)
{
	const struct page *page;

	if (buddy - zone->start_pfn >= zone->spanned_pages)
		return false;
	page = km_page(pages->machine, buddy);
	return page->state == KM_PAGE_FREE && page->order == order;
}

static bool type_merges(enum km_migratetype type)
{
	return type < KM_MIGRATE_PCPTYPES;
}

/*
 * A free buddy of another type is about to become part of a block of type: unlink it.  False if
 * they must stay apart: from the pageblock order on, where pageblocks would have to change type.
 */
static __attribute__((noinline)) bool adopt_buddy(struct km_pages *pages, struct zone *zone,
						  uint64_t buddy, unsigned int order,
						  enum km_migratetype type)
{
	enum km_migratetype buddy_type = km_page(pages->machine, buddy)->migratetype;

	if (order >= pages->machine->profile.pageblock_order) {
		if (!type_merges(type) || !type_merges(buddy_type))
			return false;
		km_pageblock_set_types(pages, zone, buddy, 1ull << order, type);
	}
	zone->free_by_type[buddy_type] -= 1ull << order;
	zone->free_by_type[type] += 1ull << order;
	km_free_area_unlink(pages->machine, zone, buddy, order, buddy_type);
	return true;
}

/*
 * Unlink the free buddies that a block merges with, and clear all their descriptors: the order
 * and the first page of what they are together.  The counts of pages stay.
 */
static inline unsigned int merge(struct km_pages *pages, struct zone *zone, uint64_t *head,
				 unsigned int order, enum km_migratetype type)
{
	const uint64_t start = zone->start_pfn, spanned = zone->spanned_pages;
	struct page *map = pages->machine->mem_map;
	unsigned int emptied = 0;
	uint64_t pfn = *head;

	for (; order < KM_MAX_ORDER; order++) {
		struct km_free_area *area = &zone->free_area[order];
		uint64_t buddy = pfn ^ 1ull << order;
		struct page *page = &map[buddy];

		if (buddy - start >= spanned || page->state != KM_PAGE_FREE || page->order != order)
			break;
		if (page->migratetype != type) {
			if (!adopt_buddy(pages, zone, buddy, order, type))
				break;
		} else {
			if (area->list[type].nr == 1) {
				km_page_list_init(&area->list[type]);
				emptied |= 1u << order;
			} else {
				km_page_list_del(pages->machine, &area->list[type], buddy);
			}
			area->nr_free--;
			*page = (struct page){ 0 };
		}
		pfn &= buddy;
	}
	zone->free_orders[type] &= ~emptied;
	map[*head] = (struct page){ 0 };
	*head = pfn;
	return order;
}

void km_buddy_put(struct km_pages *pages, struct zone *zone, uint64_t pfn, unsigned int order,
		  enum km_migratetype type, unsigned int put_flags)
{
	const struct km_machine *machine = pages->machine;

	assert(!(pfn & ((1ull << order) - 1)));
	zone->free_pages += 1ull << order;
	zone->free_by_type[type] += 1ull << order;
	order = merge(pages, zone, &pfn, order, type);

	/* buddy_merge_likely() */
	if (order < KM_MAX_ORDER - 1 && !(machine->profile.features & KM_FEAT_FREE_TO_HEAD)) {
		uint64_t parent = pfn & ~(1ull << order);

		if (is_free_buddy(pages, zone, parent ^ 2ull << order, order + 1))
			put_flags |= KM_PUT_TAIL;
	}
	km_free_area_link(machine, zone, pfn, order, type, put_flags);
}

void km_buddy_put_by_pageblock(struct km_pages *pages, struct zone *zone, uint64_t pfn,
			       unsigned int order, unsigned int put_flags)
{
	const unsigned int pageblock_order = pages->machine->profile.pageblock_order;
	uint64_t end = pfn + (1ull << order);

	if (order <= pageblock_order) {
		km_buddy_put(pages, zone, pfn, order, km_pageblock_type(pages, zone, pfn),
			     put_flags);
		return;
	}
	*km_page(pages->machine, pfn) = (struct page){ 0 };
	for (; pfn < end; pfn += 1ull << pageblock_order)
		km_buddy_put(pages, zone, pfn, pageblock_order, km_pageblock_type(pages, zone, pfn),
			     put_flags);
}
