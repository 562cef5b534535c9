/* SPDX-License-Identifier: GPL-2.0-only */
/* Compaction: large blocks out of scattered pages, and what prevents them. */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/pressure.h"

#include "core/page/held.h"

#define U KM_MIGRATE_UNMOVABLE
#define M KM_MIGRATE_MOVABLE

static struct km_compact want(unsigned int order, enum km_migratetype type,
			      enum km_compact_priority priority)
{
	return (struct km_compact){ .order = order,
				    .type = type,
				    .class = KM_ZONE_NORMAL,
				    .priority = priority,
				    .direct = true };
}

/* 64 pages, every second one free. */
static struct zone *boot_striped(struct rig *rig, struct told *told)
{
	struct zone *zone = rig_boot_small_used(rig, 64);

	pressure_listen(rig, told);
	for (uint64_t pfn = 1; pfn < 64; pfn += 2)
		rig_lay_free(rig, pfn, 0, M);
	return zone;
}

/*
 * The first pageblock moves into the gaps of the last.
 *
 *   a0a0a0a0 a0a0a0a0 ... a0a0a0a0
 *   3------- a0a0a0a0 ... aaaaaaaa
 */
START_TEST(from_one_end_to_the_other)
{
	struct km_compact order3 = want(3, M, KM_COMPACT_SYNC);
	struct told told;
	struct zone *zone;
	struct rig rig;

	zone = boot_striped(&rig, &told);
	km_page(&rig.machine, 4)->priv = 77;
	ck_assert_int_eq(km_compact_zone(&rig.pages, zone, &order3), KM_COMPACT_SUCCESS);
	ck_assert_map(&rig, 0, "3-------a0a0a0a0");
	ck_assert_map(&rig, 48, "a0a0a0a0aaaaaaaa");
	ck_assert_uint_eq(told.nr_migrated, 4);
	ck_assert_uint_eq(told.migrated[0].from, 0);
	ck_assert_uint_eq(told.migrated[0].to, 57);
	ck_assert_uint_eq(told.migrated[2].to, 61);
	ck_assert_uint_eq(told.migrated[2].priv, 77);
	ck_assert_uint_eq(km_page(&rig.machine, 61)->priv, 77);
	ck_assert_uint_eq(zone->free_pages, 32);
	ck_assert_uint_eq(rig.pages.events.pgmigrate_success, 4);
	ck_assert_uint_eq(rig.pages.events.compact_migrate_scanned, 8);
	ck_assert_uint_eq(rig.pages.events.compact_free_scanned, 8);
	ck_assert_uint_gt(order3.cost_ns, 4 * 1000);
	rig_end(&rig);
}
END_TEST

/*
 * One page of each pageblock cannot move: whatever is moved, no pageblock comes free.
 *
 *   u0a0a0a0 u0a0a0a0 ...                       (u: used, unmovable)
 *   u0020-0- ...  uaaaaaaa                       all but those moved up
 */
START_TEST(unmovable_pages_prevent_it)
{
	struct km_compact order3 = want(3, M, KM_COMPACT_SYNC);
	struct told told;
	struct zone *zone;
	struct rig rig;

	zone = boot_striped(&rig, &told);
	for (uint64_t pfn = 0; pfn < 64; pfn += 8)
		rig_lay_used(&rig, pfn, 1, U);
	ck_assert_int_eq(km_compact_zone(&rig.pages, zone, &order3), KM_COMPACT_COMPLETE);
	ck_assert_map(&rig, 0, "a01-2---a01-2---");
	ck_assert_map(&rig, 48, "aaaaaaaaaaaaaaaa");
	ck_assert_uint_eq(zone->free_area[3].nr_free, 0);
	ck_assert_uint_eq(zone->free_pages, 32);
	for (unsigned int i = 0; i < told.nr_migrated; i++)
		ck_assert_uint_ne(told.migrated[i].from % 8, 0);
	rig_end(&rig);
}
END_TEST

/* Async gives a stretch up at the first page that cannot move, and touches nothing of it. */
START_TEST(async_gives_up_early)
{
	struct km_compact order3 = want(3, M, KM_COMPACT_ASYNC);
	struct told told;
	struct zone *zone;
	struct rig rig;

	zone = boot_striped(&rig, &told);
	for (uint64_t pfn = 0; pfn < 64; pfn += 8)
		rig_lay_used(&rig, pfn, 1, U);
	rig_lay_used(&rig, 16, 1, M);
	ck_assert_int_eq(km_compact_zone(&rig.pages, zone, &order3), KM_COMPACT_SUCCESS);
	ck_assert_map(&rig, 0, "a0a0a0a0a0a0a0a03-------a0a0a0a0");
	ck_assert_uint_eq(told.nr_migrated, 4);
	rig_end(&rig);
}
END_TEST

/* It also leaves pageblocks alone that are not of the request's type. */
START_TEST(async_looks_at_its_own_type)
{
	struct km_compact order3 = want(3, U, KM_COMPACT_ASYNC);
	struct told told;
	struct zone *zone;
	struct rig rig;

	zone = boot_striped(&rig, &told);
	km_pageblock_set_types(&rig.pages, zone, 8, 8, U);
	ck_assert_int_eq(km_compact_zone(&rig.pages, zone, &order3), KM_COMPACT_SUCCESS);
	ck_assert_map(&rig, 0, "a0a0a0a03-------a0a0a0a0");
	rig_end(&rig);
}
END_TEST

/* Blocks of any order below the wanted one move as a whole; those that others use stay. */
START_TEST(blocks_move_whole)
{
	struct km_compact order3 = want(3, M, KM_COMPACT_SYNC);
	struct told told;
	struct zone *zone;
	struct rig rig;

	zone = rig_boot_small_used(&rig, 64);
	pressure_listen(&rig, &told);
	/* b-1-b-0a as the first, gaps of two pages in the last. */
	*km_page(&rig.machine, 1) = (struct page){ 0 };
	km_page(&rig.machine, 0)->order = 1;
	rig_lay_free(&rig, 2, 1, M);
	*km_page(&rig.machine, 5) = (struct page){ 0 };
	km_page(&rig.machine, 4)->order = 1;
	rig_lay_free(&rig, 6, 0, M);
	for (uint64_t pfn = 10; pfn < 64; pfn += 4)
		rig_lay_free(&rig, pfn, 1, M);
	ck_assert_int_eq(km_lru_add(&rig.pages, 0, KM_OWNER_ANON, 0), 0);
	ck_assert_int_eq(km_lru_add(&rig.pages, 20, KM_OWNER_ANON, 0), 0);
	km_page(&rig.machine, 0)->priv = 5;
	ck_assert_int_eq(km_compact_zone(&rig.pages, zone, &order3), KM_COMPACT_SUCCESS);
	ck_assert_map(&rig, 0, "3-------aa1-aa1-");
	ck_assert_map(&rig, 56, "aab-aab-");
	/* The place on the LRU list is kept. */
	ck_assert_lru(&rig, 0, KM_LRU_INACTIVE_ANON, "20 58");
	ck_assert_uint_eq(km_page(&rig.machine, 58)->priv, 5);
	rig_end(&rig);
}
END_TEST

START_TEST(pages_that_others_use_stay)
{
	struct km_compact order3 = want(3, M, KM_COMPACT_SYNC);
	struct told told;
	struct zone *zone;
	struct rig rig;

	zone = boot_striped(&rig, &told);
	for (uint64_t pfn = 0; pfn < 64; pfn += 8)
		km_page(&rig.machine, pfn)->count = 2;
	km_page(&rig.machine, 0)->count = 1;
	km_page(&rig.machine, 0)->owner = KM_OWNER_SLAB;
	ck_assert_int_eq(km_compact_zone(&rig.pages, zone, &order3), KM_COMPACT_COMPLETE);
	ck_assert_uint_eq(zone->free_area[3].nr_free, 0);
	/* Nobody would be told: nothing moves at all. */
	told.nr_migrated = 0;
	km_pages_set_ops(&rig.pages, NULL, NULL);
	rig.pages.events.pgmigrate_success = 0;
	km_compact_zone(&rig.pages, zone, &order3);
	ck_assert_uint_eq(rig.pages.events.pgmigrate_success, 0);
	ck_assert_uint_eq(told.nr_migrated, 0);
	rig_end(&rig);
}
END_TEST

/*
 * Held pages move too, cut into what fits, and are held afterwards.
 *
 *   .... 2--- ........ ... 0a0a0a0a
 *   3-------  ........ ... .a.a.a.a
 */
START_TEST(held_pages_move)
{
	struct km_compact order3 = want(3, M, KM_COMPACT_SYNC);
	struct zone *zone;
	struct rig rig;

	rig_boot_small(&rig, 64);
	zone = &rig.pages.zones[0];
	for (int i = 0; i < 64; i++)
		km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);
	/* Held again, as one block of four and single ones. */
	for (uint64_t pfn = 0; pfn < 4; pfn++)
		*km_page(&rig.machine, pfn) = (struct page){ 0 };
	ck_assert_int_eq(km_held_add(&zone->held[KM_HELD_MOVABLE], 0, 2), 0);
	for (uint64_t pfn = 8; pfn < 24; pfn++) {
		*km_page(&rig.machine, pfn) = (struct page){ 0 };
		ck_assert_int_eq(km_held_add(&zone->held[KM_HELD_MOVABLE], pfn, 0), 0);
	}
	zone->held_pages = 20;
	rig_lay_free(&rig, 4, 2, M);
	for (uint64_t pfn = 24; pfn < 64; pfn += 2)
		rig_lay_free(&rig, pfn, 0, M);

	ck_assert_int_eq(km_compact_zone(&rig.pages, zone, &order3), KM_COMPACT_SUCCESS);
	ck_assert_map(&rig, 0, "3-------................0a0a");
	ck_assert_map(&rig, 56, ".a.a.a.a");
	ck_assert_uint_eq(zone->held[KM_HELD_MOVABLE].nr_pages, 20);
	ck_assert_uint_eq(zone->held[KM_HELD_MOVABLE].blocks[2].nr, 0);
	ck_assert_uint_eq(zone->held[KM_HELD_MOVABLE].blocks[0].nr, 20);
	ck_assert_uint_eq(zone->free_pages, 24);
	rig_end(&rig);
}
END_TEST

/* 2^9 pages in one piece out of 16 MiB in which every second page is free. */
START_TEST(a_huge_page_of_scattered_ones)
{
	struct km_profile profile;
	struct told told;
	struct rig rig;
	uint64_t pfn;

	rig_small_profile(&profile, 4096);
	profile.pageblock_order = 9;
	profile.zones[0].wmark_min = 32;
	profile.zones[0].wmark_low = 40;
	profile.zones[0].wmark_high = 48;
	rig_boot(&rig, &profile);
	pressure_listen(&rig, &told);
	for (int i = 0; i < 4096; i++)
		km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);
	for (pfn = 0; pfn < 4096; pfn += 2)
		km_buddy_put(&rig.pages, &rig.pages.zones[0], pfn, 0, M, 0);
	ck_assert_uint_eq(rig.pages.zones[0].free_area[0].nr_free, 2048);
	ck_assert_int_gt(km_fragmentation_index(&rig.pages.zones[0], 9), 900);

	/* In haste, as a page fault asks; a second one finds places as well. */
	for (int i = 0; i < 2; i++) {
		pfn = km_alloc_pages(&rig.pages, KM_GFP_HIGHUSER_MOVABLE | KM_GFP_NORETRY, 9, 0, -1,
				     KM_OWNER_ANON);
		ck_assert_uint_ne(pfn, KM_NO_PFN);
		ck_assert_uint_eq(pfn % 512, 0);
	}
	ck_assert_uint_eq(rig.pages.events.compact_success, 2);
	ck_assert_uint_eq(rig.pages.nr_reclaim_asked, 0);
	ck_assert_uint_eq(rig.pages.zones[0].free_pages + rig.pages.zones[0].pcp_pages, 1024);
	/* Too little is free now to move anything into. */
	ck_assert_uint_eq(km_alloc_pages(&rig.pages, KM_GFP_HIGHUSER_MOVABLE | KM_GFP_NORETRY, 9, 0,
					 -1, KM_OWNER_ANON),
			  KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.last_failure.path.compact, KM_COMPACT_SKIPPED);
	ck_assert_uint_eq(rig.pages.last_failure.path.gave_up, KM_GAVE_UP_NO_COMPACTION);
	rig_end(&rig);
}
END_TEST

START_TEST(when_it_is_worth_it)
{
	struct zone *zone;
	struct told told;
	struct rig rig;

	/* Order 3: above min and twice the block. */
	zone = boot_striped(&rig, &told);
	ck_assert(km_compaction_suitable(zone, 3, KM_ZONE_NORMAL));
	zone->wmark_min = 16;
	ck_assert(!km_compaction_suitable(zone, 3, KM_ZONE_NORMAL));
	zone->wmark_min = 15;
	ck_assert(km_compaction_suitable(zone, 3, KM_ZONE_NORMAL));
	zone->lowmem_reserve[KM_ZONE_HIGHMEM] = 1;
	ck_assert(!km_compaction_suitable(zone, 3, KM_ZONE_HIGHMEM));
	ck_assert(km_compaction_has_room(zone, 3, KM_ZONE_HIGHMEM, 33));
	zone->wmark_min = 1;
	/* Costly: above low, and only if it is fragmentation, which 32 pages of order 4 are not. */
	ck_assert_int_eq(km_fragmentation_index(zone, 4), 907);
	ck_assert(!km_compaction_suitable(zone, 4, KM_ZONE_NORMAL));
	rig_end(&rig);
}
END_TEST

/* A failure turns away the next requests of that order, twice as many each time. */
START_TEST(deferred)
{
	struct zone *zone;
	struct told told;
	struct rig rig;
	unsigned int turned_away = 0;

	zone = boot_striped(&rig, &told);
	ck_assert(!km_compaction_deferred(zone, 3));
	for (int i = 0; i < 4; i++)
		km_compaction_defer(zone, 3);
	while (km_compaction_deferred(zone, 3))
		turned_away++;
	ck_assert_uint_eq(turned_away, 15);
	for (int i = 0; i < 9; i++)
		km_compaction_defer(zone, 3);
	ck_assert_uint_eq(zone->compact.defer_shift, 6);
	/* Success at order 3: only larger ones are deferred. */
	km_compaction_defer_reset(zone, 3, false);
	ck_assert(!km_compaction_deferred(zone, 3));
	ck_assert(km_compaction_deferred(zone, 4));
	km_compaction_defer_reset(zone, 4, true);
	ck_assert_uint_eq(zone->compact.defer_shift, 0);
	rig_end(&rig);
}
END_TEST

/* So that memory for ourselves is refused where a sanitizer would rather stop. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* Too little memory for our own index is no failure of the kernel's: it defers nothing. */
START_TEST(no_memory_for_the_index)
{
	struct km_compact order3 = want(3, M, KM_COMPACT_SYNC);
	struct told told;
	struct zone *zone;
	struct rig rig;

	zone = boot_striped(&rig, &told);
	*km_page(&rig.machine, 0) = (struct page){ 0 };
	ck_assert_int_eq(km_held_add(&zone->held[KM_HELD_MOVABLE], 0, 0), 0);
	zone->held_pages = 1;
	zone->spanned_pages = 1ull << 60;
	ck_assert_int_eq(km_compact_zone(&rig.pages, zone, &order3), KM_COMPACT_NONE);
	ck_assert_int_eq(km_compact_zonelist(&rig.pages, &order3, 0, false), KM_COMPACT_NONE);
	ck_assert_uint_eq(zone->compact.defer_shift, 0);
	ck_assert_uint_eq(rig.pages.events.compact_migrate_scanned, 0);
	zone->spanned_pages = 64;
	ck_assert_int_eq(km_compact_zonelist(&rig.pages, &order3, 0, false), KM_COMPACT_SUCCESS);
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/compact", from_one_end_to_the_other, unmovable_pages_prevent_it,
	  async_gives_up_early, async_looks_at_its_own_type, blocks_move_whole,
	  pages_that_others_use_stay, held_pages_move, a_huge_page_of_scattered_ones,
	  when_it_is_worth_it, deferred, no_memory_for_the_index)
