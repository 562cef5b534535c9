/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The buddy lists of one zone, and the fallback between migratetypes.
 * For the page allocator itself; others include page_alloc.h.
 */
#ifndef CORE_PAGE_BUDDY_H
#define CORE_PAGE_BUDDY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/page/page_alloc.h"
#include "core/page/page_list.h"
#include "core/page/zone.h"

enum km_put_flag {
	KM_PUT_TAIL = 1 << 0, /* FPI_TO_TAIL */
};

/* Where the last block of a refill came from: the next search begins there (6.15). */
enum km_rmqueue_mode {
	KM_RMQUEUE_NORMAL,
	KM_RMQUEUE_CMA,
	KM_RMQUEUE_CLAIM,
	KM_RMQUEUE_STEAL,
};

/*
 * Take one block of exactly this order off the lists: of the type, else by fallback.
 * Its descriptor is zero afterwards.  *mode is KM_RMQUEUE_NORMAL before the first
 * call of a refill and is then left alone.  KM_NO_PFN if there is none.
 */
uint64_t km_buddy_take(struct km_pages *pages, struct zone *zone, unsigned int order,
		       enum km_migratetype type, unsigned int alloc_flags,
		       enum km_rmqueue_mode *mode);
/* The same without any fallback (__rmqueue_smallest). */
uint64_t km_buddy_take_smallest(struct km_pages *pages, struct zone *zone, unsigned int order,
				enum km_migratetype type);
/*
 * Put one block on the list of type, merged with its free buddies (__free_one_page).
 * What its descriptor said before is overwritten.
 */
void km_buddy_put(struct km_pages *pages, struct zone *zone, uint64_t pfn, unsigned int order,
		  enum km_migratetype type, unsigned int put_flags);
/* The same with the types of its pageblocks (free_one_page, split_large_buddy). */
void km_buddy_put_by_pageblock(struct km_pages *pages, struct zone *zone, uint64_t pfn,
			       unsigned int order, unsigned int put_flags);

/* Fallback, in fallback.c: as km_buddy_take() once the type's own lists are empty. */
uint64_t km_fallback_take(struct km_pages *pages, struct zone *zone, unsigned int order,
			  enum km_migratetype type, unsigned int alloc_flags,
			  enum km_rmqueue_mode *mode);
/* Make the pageblock of an allocated block HIGHATOMIC, up to 1 % of the zone. */
void km_highatomic_reserve(struct km_pages *pages, struct zone *zone, uint64_t pfn,
			   unsigned int order);
/* Give one HIGHATOMIC pageblock with free pages to type.  False if there is none. */
bool km_highatomic_unreserve(struct km_pages *pages, struct zone *zone, enum km_migratetype type);

/* The descriptor of a free block that is alone on its list. */
static inline struct page km_free_page(unsigned int order, enum km_migratetype type)
{
	return (struct page){
		.next = KM_NO_PAGE,
		.prev = KM_NO_PAGE,
		.state = KM_PAGE_FREE,
		.order = order,
		.migratetype = type,
	};
}

/* The steps they share.  Link a block, without the counts of pages. */
static inline void km_free_area_link(const struct km_machine *machine, struct zone *zone,
				     uint64_t pfn, unsigned int order, enum km_migratetype type,
				     unsigned int put_flags)
{
	struct km_free_area *area = &zone->free_area[order];
	struct km_page_list *list = &area->list[type];

	*km_page(machine, pfn) = km_free_page(order, type);
	if (put_flags & KM_PUT_TAIL)
		km_page_list_add_tail(machine, list, pfn);
	else
		km_page_list_add_head(machine, list, pfn);
	area->nr_free++;
	zone->free_orders[type] |= 1u << order;
}

/* Unlink a block of that order and type, without the counts of pages, and clear its descriptor. */
static inline void km_free_area_unlink(const struct km_machine *machine, struct zone *zone,
				       uint64_t pfn, unsigned int order, enum km_migratetype type)
{
	struct km_free_area *area = &zone->free_area[order];

	km_page_list_del(machine, &area->list[type], pfn);
	if (!area->list[type].nr)
		zone->free_orders[type] &= ~(1u << order);
	area->nr_free--;
	*km_page(machine, pfn) = (struct page){ 0 };
}

static inline void km_free_area_add(struct km_pages *pages, struct zone *zone, uint64_t pfn,
				    unsigned int order, enum km_migratetype type,
				    unsigned int put_flags)
{
	km_free_area_link(pages->machine, zone, pfn, order, type, put_flags);
	zone->free_pages += 1ull << order;
	zone->free_by_type[type] += 1ull << order;
}

/* Unlink a free block and clear its descriptor. */
static inline void km_free_area_del(struct km_pages *pages, struct zone *zone, uint64_t pfn)
{
	const struct page *page = km_page(pages->machine, pfn);
	enum km_migratetype type = page->migratetype;
	unsigned int order = page->order;

	km_free_area_unlink(pages->machine, zone, pfn, order, type);
	zone->free_pages -= 1ull << order;
	zone->free_by_type[type] -= 1ull << order;
}

/* Take the first block of a list that is not empty, touched or not. */
uint64_t km_free_area_take_first(struct km_pages *pages, struct zone *zone, unsigned int order,
				 enum km_migratetype type);
/* Link the untouched block that is next, at the head of its list, where none is linked. */
uint64_t km_free_area_link_untouched(struct km_pages *pages, struct zone *zone, unsigned int order,
				     enum km_migratetype type);
/* The first block of a list that is not empty, linked if it was not (it stays there). */
static inline uint64_t km_free_area_first(struct km_pages *pages, struct zone *zone,
					  unsigned int order, enum km_migratetype type)
{
	uint32_t head = zone->free_area[order].list[type].head;

	return head != KM_NO_PAGE ? head : km_free_area_link_untouched(pages, zone, order, type);
}
/* Cut an unlinked block down to order low; upper halves go to the heads of their lists (expand). */
void km_buddy_expand(struct km_pages *pages, struct zone *zone, uint64_t pfn, unsigned int low,
		     unsigned int high, enum km_migratetype type);
/* Add a free block of the largest order without touching its descriptor.  0 or -ENOMEM. */
int km_free_area_add_untouched(struct zone *zone, uint64_t pfn, enum km_migratetype type);

#endif
