/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zones: their sizes, watermarks, reserves, and when a request may take from one.
 * For the page allocator itself; others include page_alloc.h.
 */
#ifndef CORE_PAGE_ZONE_H
#define CORE_PAGE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/page/page_alloc.h"

/* Rights and wishes of one request, as mm/internal.h ALLOC_* of 6.12. */
enum km_alloc_flag {
	KM_ALLOC_NO_WATERMARKS = 1 << 0,
	KM_ALLOC_MIN_RESERVE = 1 << 1, /* __GFP_HIGH: half of the min watermark */
	KM_ALLOC_NON_BLOCK = 1 << 2,   /* a quarter of the rest, along with MIN_RESERVE */
	KM_ALLOC_HARDER = 1 << 3,      /* before 6.3: a quarter of the rest, by itself */
	KM_ALLOC_HIGHATOMIC = 1 << 4,  /* may use HIGHATOMIC pageblocks, and reserves them */
	KM_ALLOC_CMA = 1 << 5,
	KM_ALLOC_NOFRAGMENT = 1 << 6, /* rather another zone than another migratetype */
	KM_ALLOC_COLD = 1 << 12,      /* __GFP_COLD, in kernels that know it */
};
#define KM_ALLOC_RESERVES (KM_ALLOC_MIN_RESERVE | KM_ALLOC_NON_BLOCK | KM_ALLOC_HARDER)

/* gfp_to_alloc_flags(): the rights of a request that the low watermark turned away. */
unsigned int km_alloc_flags(km_gfp gfp, unsigned int order, unsigned int features);

/* What free pages must exceed: mark less the rights, reserve, unusable pages
 * (mm/page_alloc.c 6.12). */
static inline uint64_t km_zone_needs(const struct zone *zone, unsigned int order, uint64_t mark,
				     int class, unsigned int alloc_flags)
{
	if (alloc_flags & KM_ALLOC_MIN_RESERVE) {
		mark -= mark / 2;
		if (alloc_flags & KM_ALLOC_NON_BLOCK)
			mark -= mark / 4;
	}
	if (alloc_flags & KM_ALLOC_HARDER)
		mark -= mark / 4;
	mark += zone->lowmem_reserve[class] + (1ull << order) - 1;
	if (!(alloc_flags & KM_ALLOC_RESERVES))
		mark += zone->free_by_type[KM_MIGRATE_HIGHATOMIC];
	if (!(alloc_flags & KM_ALLOC_CMA))
		mark += zone->free_by_type[KM_MIGRATE_CMA];
	return mark + zone->free_by_type[KM_MIGRATE_ISOLATE];
}

/* Is a block of the order, or a larger one, on a list the request may use? */
bool km_zone_has_block(const struct zone *zone, unsigned int order, unsigned int alloc_flags);

/* __zone_watermark_ok() */
static inline bool km_zone_admits(const struct zone *zone, unsigned int order, uint64_t mark,
				  int class, unsigned int alloc_flags)
{
	if (zone->free_pages <= km_zone_needs(zone, order, mark, class, alloc_flags))
		return false;
	return !order || km_zone_has_block(zone, order, alloc_flags);
}

/* calculate_min_free_kbytes(): clamp(sqrt(16 * lowmem), 128, 262144). */
uint64_t km_min_free_kbytes(uint64_t lowmem_kbytes);
/* zone_batchsize(), what setup_pageset makes of it: at least 1. */
uint64_t km_zone_batchsize(uint64_t managed_pages);
/* zone_highsize(): total_pages over the CPUs, at least 4 batches. */
uint64_t km_zone_highsize(uint64_t total_pages, uint64_t batch, unsigned int nr_cpus);

/* Fill pages->zones, zonelists and derived sizes from the profile.  0 or -ENOMEM. */
int km_page_zones_init(struct km_pages *pages);
void km_page_zones_release(struct km_pages *pages);

/* Pages that deferred_grow_zone() initialises at a time: a memory section of x86-64, 128 MiB. */
#define KM_SECTION_PAGES (1u << 15)
/*
 * Manage up to a section of the deferred pages, which come free.  False if there is none.
 * Watermarks stay as they are: the kernel computes them anew only later.
 */
bool km_zone_grow(struct km_pages *pages, struct zone *zone);

#define KM_ZONE_MAP_SHIFT 12 /* 16 MiB: the smallest zone, DMA, ends there */
#define KM_ZONE_MAP_MIXED 0xff

/* Index of the zone that has pfn, -1 outside all. */
int km_pfn_zone_index(const struct km_pages *pages, uint64_t pfn);

/* Pageblocks of a zone are numbered from the one that holds its first page. */
static inline uint64_t km_pageblock_index(const struct km_pages *pages, const struct zone *zone,
					  uint64_t pfn)
{
	unsigned int shift = pages->machine->profile.pageblock_order;

	return (pfn >> shift) - (zone->start_pfn >> shift);
}

static inline enum km_migratetype km_pageblock_type(const struct km_pages *pages,
						    const struct zone *zone, uint64_t pfn)
{
	return zone->pageblock_types[km_pageblock_index(pages, zone, pfn)];
}

/* A block that was just taken off the lists has its first user. */
static inline void km_page_set_used(struct page *page, unsigned int order, enum km_migratetype type,
				    enum km_page_owner owner)
{
	*page = (struct page){
		.state = KM_PAGE_USED,
		.order = order,
		.migratetype = type,
		.owner = owner,
		.count = 1,
	};
}

/* Set the type of all pageblocks that [pfn, pfn + nr) touches. */
void km_pageblock_set_types(struct km_pages *pages, struct zone *zone, uint64_t pfn, uint64_t nr,
			    enum km_migratetype type);

static inline uint64_t km_zone_end(const struct zone *zone)
{
	return zone->start_pfn + zone->spanned_pages;
}

/*
 * Call add(arg, start, end) for the runs that hold the nr highest pages of RAM of a
 * zone, from above.  Stops at the first negative result and returns it, else 0.
 */
int km_zone_for_each_run(const struct km_pages *pages, const struct zone *zone, uint64_t nr,
			 int (*add)(void *arg, uint64_t start, uint64_t end), void *arg);

#endif
