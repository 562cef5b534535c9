/* SPDX-License-Identifier: GPL-2.0-only */
/* kswapd and kcompactd: woken by who finds too little, at work while the model's time passes. */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/pressure.h"

#define IF KM_LRU_INACTIVE_FILE
#define MS 1000000ull

/* 1024 pages: marks 100, 200, 300; the first 800 page cache, the last left ones free. */
static struct zone *boot_cache(struct rig *rig, struct told *told, uint64_t left)
{
	struct km_profile profile;

	rig_small_profile(&profile, 1024);
	profile.zones[0].wmark_min = 100;
	profile.zones[0].wmark_low = 200;
	profile.zones[0].wmark_high = 300;
	rig_boot(rig, &profile);
	pressure_listen(rig, told);
	for (int i = 0; i < 1024; i++)
		km_pages_claim(&rig->pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);
	pressure_lay(rig, 0, 800, KM_OWNER_PAGE_CACHE, 0);
	for (uint64_t pfn = 1024 - left; pfn < 1024; pfn++)
		km_buddy_put(&rig->pages, &rig->pages.zones[0], pfn, 0, KM_MIGRATE_MOVABLE, 0);
	return &rig->pages.zones[0];
}

static uint64_t alloc(struct rig *rig, km_gfp gfp, unsigned int order)
{
	return km_alloc_pages(&rig->pages, gfp, order, 0, -1, KM_OWNER_OTHER);
}

/* A burst that may not wait is faster than kswapd: it fails beside 800 pages of clean cache. */
START_TEST(a_burst_fails_before_it_catches_up)
{
	struct told told;
	struct zone *zone;
	struct rig rig;

	zone = boot_cache(&rig, &told, 200);
	ck_assert_uint_eq(alloc(&rig, KM_GFP_NOWAIT, 0) == KM_NO_PFN, false);
	ck_assert(rig.pages.kswapd[0].awake);
	ck_assert_uint_eq(rig.pages.events.pageoutrun, 1);
	while (alloc(&rig, KM_GFP_NOWAIT, 0) != KM_NO_PFN)
		;
	ck_assert_uint_le(zone->free_pages, 100);
	ck_assert_uint_eq(rig.pages.last_failure.path.gave_up, KM_GAVE_UP_MAY_NOT_WAIT);
	ck_assert(rig.pages.last_failure.path.kswapd_woken);
	ck_assert(!rig.pages.last_failure.path.reclaim_tried);
	ck_assert_uint_eq(told.nr_reclaimed, 0);

	/* In 50 us, 1.1 us a page, it gets some 30: enough for the next request, no more. */
	km_pages_advance(&rig.pages, 50000);
	ck_assert_uint_ge(told.nr_reclaimed, 20);
	ck_assert_uint_le(told.nr_reclaimed, 50);
	ck_assert(rig.pages.kswapd[0].awake);
	ck_assert_uint_ne(alloc(&rig, KM_GFP_NOWAIT, 0), KM_NO_PFN);
	/* In a second it is above the high mark, and no further. */
	km_pages_advance(&rig.pages, 1000 * MS);
	ck_assert(!rig.pages.kswapd[0].awake);
	ck_assert_uint_gt(zone->free_pages, 300);
	ck_assert_uint_le(zone->free_pages, 332);
	ck_assert_uint_eq(rig.pages.events.pageoutrun, 1);
	ck_assert_uint_eq(rig.pages.events.pgsteal_kswapd, told.nr_reclaimed);
	ck_assert_uint_eq(rig.pages.events.allocstall, 0);
	ck_assert_uint_eq(rig.pages.events.stall_ns, 0);
	rig_end(&rig);
}
END_TEST

/* Time does not go back, and without somebody who woke it nothing happens. */
START_TEST(asleep)
{
	struct told told;
	struct rig rig;

	boot_cache(&rig, &told, 150);
	km_pages_advance(&rig.pages, 1000 * MS);
	ck_assert_uint_eq(told.nr_reclaimed, 0);
	alloc(&rig, KM_GFP_NOWAIT, 0);
	km_pages_advance(&rig.pages, 999 * MS);
	ck_assert_uint_eq(rig.pages.now_ns, 1000 * MS);
	ck_assert_uint_eq(told.nr_reclaimed, 0);
	km_pages_advance(&rig.pages, 1001 * MS);
	ck_assert_uint_gt(told.nr_reclaimed, 150);
	rig_end(&rig);
}
END_TEST

/* It may write what the requester may not. */
START_TEST(writes_for_others)
{
	struct told told;
	struct rig rig;

	boot_cache(&rig, &told, 100);
	for (uint64_t pfn = 0; pfn < 800; pfn++)
		km_page(&rig.machine, pfn)->flags |= KM_PG_DIRTY;
	ck_assert_uint_eq(alloc(&rig, KM_GFP_NOFS | KM_GFP_NORETRY, 0), KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.events.nr_vmscan_write, 0);
	km_pages_advance(&rig.pages, 100 * MS);
	ck_assert_uint_gt(rig.pages.events.nr_vmscan_write, 200);
	ck_assert_uint_gt(rig.pages.zones[0].free_pages, 300);
	rig_end(&rig);
}
END_TEST

/* After 16 runs in vain it stays asleep, until somebody else reclaims something. */
START_TEST(gives_up_after_16_failures)
{
	struct told told;
	struct rig rig;
	uint64_t now_ns = 0;

	boot_cache(&rig, &told, 100);
	for (uint64_t pfn = 0; pfn < 800; pfn++)
		km_page(&rig.machine, pfn)->count = 2;
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(alloc(&rig, KM_GFP_NOWAIT, 0), KM_NO_PFN);
		km_pages_advance(&rig.pages, now_ns += 1000 * MS);
		ck_assert(!rig.pages.kswapd[0].awake);
	}
	ck_assert_uint_eq(rig.pages.events.pageoutrun, 16);
	ck_assert_uint_eq(rig.pages.kswapd[0].failures, 16);
	for (uint64_t pfn = 0; pfn < 800; pfn++)
		km_page(&rig.machine, pfn)->count = 1;
	/* All are active by now: the first request lets them grow old. */
	ck_assert_uint_ne(alloc(&rig, KM_GFP_KERNEL, 0), KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.kswapd[0].failures, 0);
	rig_end(&rig);
}
END_TEST

/*
 * Pages are there, blocks are not: kcompactd makes them, for requests that may not do it
 * themselves.  Every second page is free, far above the high mark.
 */
START_TEST(kcompactd)
{
	struct told told;
	struct zone *zone;
	struct rig rig;

	zone = boot_cache(&rig, &told, 0);
	/* Nothing can be reclaimed; all of it can be moved. */
	for (uint64_t pfn = 0; pfn < 800; pfn++)
		km_lru_del(&rig.pages, pfn);
	for (uint64_t pfn = 1; pfn < 1024; pfn += 2) {
		km_buddy_put(&rig.pages, zone, pfn, 0, KM_MIGRATE_MOVABLE, 0);
	}
	ck_assert_uint_eq(zone->free_pages, 512);
	ck_assert_uint_eq(alloc(&rig, KM_GFP_NOWAIT, 3), KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.last_failure.zones[0].refusal, KM_REFUSED_NO_BLOCK);
	ck_assert(rig.pages.kswapd[0].awake);
	km_pages_advance(&rig.pages, 1000 * MS);
	ck_assert_uint_ge(rig.pages.events.compact_daemon_wake, 1);
	ck_assert_uint_ge(told.nr_migrated, 4);
	ck_assert_uint_eq(rig.pages.events.stall_ns, 0);
	ck_assert_uint_gt(rig.pages.events.kcompactd_ns, 0);
	ck_assert_uint_ne(alloc(&rig, KM_GFP_NOWAIT, 3), KM_NO_PFN);
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/kswapd", a_burst_fails_before_it_catches_up, asleep, writes_for_others,
	  gives_up_after_16_failures, kcompactd)
