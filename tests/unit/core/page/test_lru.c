/* SPDX-License-Identifier: GPL-2.0-only */
/* LRU lists: order, counts, swap slots, and what breaks them is found. */
#include <errno.h>

#include "tests/unit/suite.h"
#include "tests/unit/core/page/pressure.h"

#define IA KM_LRU_INACTIVE_ANON
#define AA KM_LRU_ACTIVE_ANON
#define IF KM_LRU_INACTIVE_FILE
#define AF KM_LRU_ACTIVE_FILE

START_TEST(newest_first)
{
	struct zone *zone;
	struct rig rig;

	zone = rig_boot_small_used(&rig, 16);
	pressure_lay(&rig, 0, 3, KM_OWNER_PAGE_CACHE, 0);
	pressure_lay(&rig, 3, 2, KM_OWNER_PAGE_CACHE, KM_PG_ACTIVE);
	pressure_lay(&rig, 5, 2, KM_OWNER_ANON, 0);
	pressure_lay(&rig, 7, 1, KM_OWNER_ANON, KM_PG_ACTIVE);
	ck_assert_lru(&rig, 0, IF, "2 1 0");
	ck_assert_lru(&rig, 0, AF, "4 3");
	ck_assert_lru(&rig, 0, IA, "6 5");
	ck_assert_lru(&rig, 0, AA, "7");
	ck_assert_uint_eq(zone->lru_pages[IF], 3);
	ck_assert_uint_eq(rig.pages.lru[0].nr_pages[AF], 2);
	ck_assert_uint_eq(km_page(&rig.machine, 5)->owner, KM_OWNER_ANON);
	ck_assert_uint_eq(km_page(&rig.machine, 1)->priv, 1001);
	rig_end(&rig);
}
END_TEST

/*
 * Blocks of every order count with all their pages.
 *
 *   d-------b-aac---
 */
START_TEST(large_blocks)
{
	struct zone *zone;
	struct told told;
	struct rig rig;
	uint64_t pfn;

	zone = rig_boot_small_free(&rig, 64);
	pressure_listen(&rig, &told);
	pfn = km_alloc_pages(&rig.pages, KM_GFP_HIGHUSER_MOVABLE, 3, 0, -1, KM_OWNER_OTHER);
	ck_assert_int_eq(km_lru_add(&rig.pages, pfn, KM_OWNER_PAGE_CACHE, KM_PG_DIRTY), 0);
	ck_assert_uint_eq(zone->lru_pages[IF], 8);
	/* Neither split nor added twice while it is there. */
	ck_assert_int_eq(km_split_pages(&rig.pages, pfn, 1), -EINVAL);
	ck_assert_int_eq(km_lru_add(&rig.pages, pfn, KM_OWNER_PAGE_CACHE, 0), -EEXIST);
	/* A block that is freed leaves its list first. */
	ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 3, 0), 0);
	ck_assert_uint_eq(zone->lru_pages[IF], 0);
	ck_assert_lru(&rig, 0, IF, "");
	rig_end(&rig);
}
END_TEST

START_TEST(what_is_refused)
{
	struct rig rig;

	rig_boot_small_used(&rig, 16);
	ck_assert_int_eq(km_lru_add(&rig.pages, 16, KM_OWNER_ANON, 0), -EINVAL);
	ck_assert_int_eq(km_lru_add(&rig.pages, 0, KM_OWNER_SLAB, 0), -EINVAL);
	ck_assert_int_eq(km_lru_del(&rig.pages, 0), -EINVAL);
	ck_assert_int_eq(km_lru_del(&rig.pages, UINT64_MAX), -EINVAL);
	km_page(&rig.machine, 1)->count = 2;
	ck_assert_int_eq(km_lru_add(&rig.pages, 1, KM_OWNER_ANON, 0), -EINVAL);
	rig_lay_free(&rig, 2, 0, KM_MIGRATE_MOVABLE);
	ck_assert_int_eq(km_lru_add(&rig.pages, 2, KM_OWNER_ANON, 0), -EINVAL);
	rig_end(&rig);
}
END_TEST

/* A clean anonymous page has a slot in swap: it is given back when the page goes. */
START_TEST(swap_slots)
{
	struct told told;
	struct rig rig;

	rig_boot_small_used(&rig, 16);
	pressure_listen(&rig, &told);
	pressure_lay(&rig, 0, 2, KM_OWNER_ANON, 0);
	km_page(&rig.machine, 1)->flags &= ~KM_PG_DIRTY;
	rig.pages.nr_swap_pages = 5;
	ck_assert_int_eq(km_lru_del(&rig.pages, 1), 0);
	ck_assert_uint_eq(rig.pages.nr_swap_pages, 6);
	ck_assert_int_eq(km_lru_del(&rig.pages, 0), 0);
	ck_assert_uint_eq(rig.pages.nr_swap_pages, 6);
	rig_end(&rig);
}
END_TEST

/* Break one thing, expect the complaint, and mend it. */
#define ASSERT_FOUND(rig, breaking, mending, expected)                                             \
	do {                                                                                       \
		char found_buf[256];                                                               \
                                                                                                   \
		breaking;                                                                          \
		ck_assert_pstr_eq(km_pages_is_valid(&(rig)->pages, found_buf, sizeof(found_buf)),  \
				  expected);                                                       \
		mending;                                                                           \
	} while (0)

START_TEST(what_is_broken_is_found)
{
	struct km_lru *lru;
	struct page *page;
	struct rig rig;

	rig_boot_small_used(&rig, 16);
	pressure_lay(&rig, 0, 4, KM_OWNER_PAGE_CACHE, 0);
	lru = &rig.pages.lru[0];
	page = &rig.machine.mem_map[2];
	ASSERT_FOUND(&rig, lru->nr_pages[IF]++, lru->nr_pages[IF]--,
		     "node 0 lru[inactive_file]: nr_pages is 5, the list has 4");
	ASSERT_FOUND(&rig, lru->lists[IF].nr++, lru->lists[IF].nr--,
		     "node 0 lru[inactive_file]: nr is 5, but 4 blocks are linked");
	ASSERT_FOUND(&rig, lru->lists[IF].nr--, lru->lists[IF].nr++,
		     "node 0 lru[inactive_file]: nr is 3, but more blocks are linked");
	ASSERT_FOUND(&rig, lru->lists[IF].tail = 1, lru->lists[IF].tail = 0,
		     "node 0 lru[inactive_file]: tail is not the last block");
	ASSERT_FOUND(&rig, page->prev = 0, page->prev = 3,
		     "node 0 lru[inactive_file]: pfn 2 does not link back");
	ASSERT_FOUND(&rig, page->flags |= KM_PG_ACTIVE, page->flags &= ~KM_PG_ACTIVE,
		     "node 0 lru[inactive_file]: pfn 2 belongs to active_file");
	ASSERT_FOUND(&rig, page->owner = KM_OWNER_SLAB, page->owner = KM_OWNER_PAGE_CACHE,
		     "node 0 lru[inactive_file]: pfn 2 has owner 1");
	ASSERT_FOUND(&rig, page->flags &= ~KM_PG_LRU, page->flags |= KM_PG_LRU,
		     "node 0 zone Normal: 3 pages say that they are on LRU lists, these have 4");
	ASSERT_FOUND(&rig, rig.pages.zones[0].lru_pages[IA]++, rig.pages.zones[0].lru_pages[IA]--,
		     "node 0 zone Normal: 4 pages say that they are on LRU lists, these have 5");
	ASSERT_FOUND(&rig, (rig.pages.zones[0].lru_pages[IF]--, rig.pages.zones[0].lru_pages[AF]++),
		     (rig.pages.zones[0].lru_pages[IF]++, rig.pages.zones[0].lru_pages[AF]--),
		     "node 0 lru[inactive_file]: zone Normal counts 3 pages, the list has 4");
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/lru", newest_first, large_blocks, what_is_refused, swap_slots,
	  what_is_broken_is_found)
