/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zones: what their sizes make of them, and which pages and pageblocks they have.  When a
 * request may take from one is in watermark.h.
 * For the page allocator itself; others include page_alloc.h.
 */
#ifndef CORE_PAGE_ZONE_H
#define CORE_PAGE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/page/page_alloc.h"
#include "core/page/watermark.h"

/* int_sqrt() of lib/math/int_sqrt.c: rounded down. */
uint64_t km_int_sqrt(uint64_t x);
/*
 * calculate_min_free_kbytes(): sqrt(16 * lowmem), at least 128, at most 262144, or 65536
 * without KM_FEAT_MIN_FREE_256M.
 */
uint64_t km_min_free_kbytes(uint64_t lowmem_kbytes, unsigned int features);
/*
 * set_recommended_min_free_kbytes(): what khugepaged raises min_free_kbytes to where it is
 * more, so that 11 pageblocks a zone to Normal stay free; at most 5 % of what zones to Normal
 * have above their high watermarks now.
 */
uint64_t km_recommended_min_free_kbytes(const struct km_pages *pages);
/*
 * zone_batchsize(), what setup_pageset makes of it: at least 1.  A quarter of a thousandth of
 * the zone, of 1 MiB at most, so that pages that are larger are fewer.
 */
uint64_t km_zone_batchsize(uint64_t pages, unsigned int page_shift);
/* zone_highsize(): total_pages over the CPUs, at least 4 batches. */
uint64_t km_zone_highsize(uint64_t total_pages, uint64_t batch, unsigned int nr_cpus);
/*
 * reserve_highatomic_pageblock(): no further pageblock is reserved once reserved_highatomic
 * has reached this.  1 % of the zone and a pageblock; with KM_FEAT_HIGHATOMIC_1PCT 1 % in
 * whole pageblocks, rounded up, or 0 where 1 % is less than one.
 */
uint64_t km_highatomic_limit(const struct km_pages *pages, const struct zone *zone);
/*
 * Watermarks, reserves, sizes of per-cpu lists, mobility_disabled: as the profile gives
 * them, else derived from sizes and sysctls.  Once the zones have their sizes.
 */
void km_zone_sizes_init(struct km_pages *pages);

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
/*
 * In a cold boot the deferred pages are those right below the managed ones, which are the
 * highest; the lowest come first.  0 or -ENOMEM.
 */
int km_zone_defer(const struct km_pages *pages, struct zone *zone);

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
