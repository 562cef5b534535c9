/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The buddy lists, drawn.  See rig_map() for the letters: a digit begins a free block
 * of that order, a-k a used one, dots are pages in nobody's list.
 */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/rig.h"

#define U KM_MIGRATE_UNMOVABLE
#define M KM_MIGRATE_MOVABLE
#define H KM_MIGRATE_HIGHATOMIC

static void put(struct rig *rig, uint64_t pfn, unsigned int order, enum km_migratetype type)
{
	km_buddy_put(&rig->pages, &rig->pages.zones[0], pfn, order, type, 0);
}

/*
 * before  6---------------------------------------------------------------   pfn 0 .. 63
 * after   ..1-2---3-------4---------------5-------------------------------   order 1 taken
 */
START_TEST(take_cuts_the_lowest_part)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_free(&rig, 64);

	ck_assert_map(&rig, 0, "6---------------------------------------------------------------");
	ck_assert_uint_eq(zone->free_pages, 64);
	ck_assert_uint_eq(km_buddy_take_smallest(&rig.pages, zone, 1, M), 0);
	ck_assert_map(&rig, 0, "..1-2---3-------4---------------5-------------------------------");
	ck_assert_uint_eq(zone->free_pages, 62);
	for (unsigned int order = 1; order < 6; order++)
		ck_assert_uint_eq(zone->free_area[order].nr_free, 1);
	ck_assert_uint_eq(zone->free_area[0].nr_free, 0);

	/* The next one is cut from the smallest block that will do. */
	ck_assert_uint_eq(km_buddy_take_smallest(&rig.pages, zone, 0, M), 2);
	ck_assert_map(&rig, 0, "...02---3-------4---------------5-------------------------------");
	ck_assert_uint_eq(km_buddy_take_smallest(&rig.pages, zone, 3, M), 8);
	ck_assert_map(&rig, 0, "...02---........4---------------5-------------------------------");
	ck_assert_uint_eq(km_buddy_take_smallest(&rig.pages, zone, 6, M), KM_NO_PFN);
	ck_assert_uint_eq(km_buddy_take_smallest(&rig.pages, zone, 0, U), KM_NO_PFN);

	put(&rig, 8, 3, M);
	put(&rig, 2, 0, M);
	put(&rig, 0, 1, M);
	ck_assert_map(&rig, 0, "6---------------------------------------------------------------");
	rig_end(&rig);
}
END_TEST

/*
 * all used   aaaaaaaa...
 * put 0      0aaaaaaa
 * put 2,3    0a1-aaaa       merged with each other, not with page 0: other order
 * put 1      2---aaaa       1 with 0, then [0,1] with [2,3]
 */
START_TEST(put_merges_as_far_as_it_goes)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_used(&rig, 64);

	put(&rig, 0, 0, M);
	ck_assert_map(&rig, 0, "0aaaaaaa");
	put(&rig, 2, 0, M);
	ck_assert_map(&rig, 0, "0a0aaaaa");
	put(&rig, 3, 0, M);
	ck_assert_map(&rig, 0, "0a1-aaaa");
	put(&rig, 1, 0, M);
	ck_assert_map(&rig, 0, "2---aaaa");
	/* 5 and 6 are neighbours, but no buddies. */
	put(&rig, 5, 0, M);
	put(&rig, 6, 0, M);
	ck_assert_map(&rig, 0, "2---a00a");
	put(&rig, 7, 0, M);
	ck_assert_map(&rig, 0, "2---a01-");
	put(&rig, 4, 0, M);
	ck_assert_map(&rig, 0, "3-------");
	ck_assert_uint_eq(zone->free_pages, 8);
	rig_end(&rig);
}
END_TEST

/*
 *   0aaa0a1-0a0aaaaa
 *
 * Page 4's buddy is in use.  Were it free, [4,5] would merge with the free [6,7]: so 4
 * goes to the tail, in the hope that 5 comes soon.  The others go to the head.
 */
START_TEST(a_block_likely_to_merge_goes_to_the_tail)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_used(&rig, 64);

	put(&rig, 6, 0, M);
	put(&rig, 7, 0, M);
	put(&rig, 0, 0, M);
	put(&rig, 8, 0, M);
	put(&rig, 10, 0, M);
	ck_assert_list(&rig, &zone->free_area[0].list[M], "10 8 0");
	put(&rig, 4, 0, M);
	ck_assert_map(&rig, 0, "0aaa0a1-0a0aaaaa");
	ck_assert_list(&rig, &zone->free_area[0].list[M], "10 8 0 4");
	/* Explicitly to the tail. */
	km_buddy_put(&rig.pages, zone, 12, 0, M, KM_PUT_TAIL);
	ck_assert_list(&rig, &zone->free_area[0].list[M], "10 8 0 4 12");
	/* Taken from the head. */
	ck_assert_uint_eq(km_buddy_take_smallest(&rig.pages, zone, 0, M), 10);
	put(&rig, 10, 0, M);
	rig_end(&rig);
}
END_TEST

/*
 * The rule ends below order 9: the parent of an order 9 block is of the largest order, and
 * merges no further.
 *
 *   0         1024      2048      3072
 *   ....9---- X-------- ....9---- .........    512 goes before 2560, though 1024 is free
 */
START_TEST(order_9_never_goes_to_the_tail)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_free(&rig, 4096);

	for (int i = 0; i < 4; i++)
		km_buddy_take_smallest(&rig.pages, zone, 10, M);
	put(&rig, 1024, 10, M);
	put(&rig, 2048 + 512, 9, M);
	put(&rig, 512, 9, M);
	ck_assert_list(&rig, &zone->free_area[9].list[M], "512 2560");
	put(&rig, 0, 9, M);
	put(&rig, 2048, 9, M);
	put(&rig, 3072, 10, M);
	rig_end(&rig);
}
END_TEST

START_TEST(order_8_may_go_to_the_tail)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_free(&rig, 4096);
	uint64_t pfns[4];

	for (int i = 0; i < 4; i++) {
		pfns[i] = km_buddy_take_smallest(&rig.pages, zone, 10, M);
		ck_assert_uint_eq(pfns[i], i * 1024);
	}
	put(&rig, 512, 9, M);
	put(&rig, 1024 + 512, 9, M);
	/* Order 8 with a free order 9 next to it. */
	put(&rig, 2048 + 512, 9, M);
	put(&rig, 3072 + 512, 9, M);
	ck_assert_list(&rig, &zone->free_area[9].list[M], "3584 2560 1536 512");
	put(&rig, 2048, 8, M);
	put(&rig, 3072 + 256, 8, M);
	put(&rig, 0, 8, M);
	ck_assert_list(&rig, &zone->free_area[8].list[M], "2048 3328 0");

	put(&rig, 256, 8, M);
	put(&rig, 1024, 9, M);
	put(&rig, 2048 + 256, 8, M);
	put(&rig, 3072, 8, M);
	ck_assert_list(&rig, &zone->free_area[10].list[M], "3072 2048 1024 0");
	rig_end(&rig);
}
END_TEST

/*
 * A zone of 64 pages from pfn 16:   16...............32..............................64
 *                                   4--------------- 5------------------------------- 4---
 * The buddy of [16,32) would be [0,16): no zone there.
 */
START_TEST(merging_ends_at_the_zone)
{
	struct km_profile profile;
	struct zone *zone;
	struct rig rig;

	rig_small_profile(&profile, 64);
	profile.zones[0].start_pfn = 16;
	rig_boot(&rig, &profile);
	zone = &rig.pages.zones[0];
	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	ck_assert_map(&rig, 0,
		      "................4---------------5-------------------------------4---");
	ck_assert_uint_eq(km_buddy_take_smallest(&rig.pages, zone, 0, M), 16);
	ck_assert_map(&rig, 16, ".01-2---3-------5---");
	put(&rig, 16, 0, M);
	ck_assert_map(&rig, 16, "4---------------5---");
	/* And at the upper end: the buddy of [64,80) would be [80,96). */
	ck_assert_map(&rig, 64, "4---------------");
	rig_end(&rig);
}
END_TEST

/* The largest order has no buddy: two free neighbours stay two. */
START_TEST(merging_ends_at_the_largest_order)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_free(&rig, 2048);

	ck_assert_uint_eq(zone->free_area[10].nr_free, 2);
	ck_assert_uint_eq(km_buddy_take_smallest(&rig.pages, zone, 9, M), 0);
	ck_assert_uint_eq(km_buddy_take_smallest(&rig.pages, zone, 9, M), 512);
	put(&rig, 512, 9, M);
	put(&rig, 0, 9, M);
	ck_assert_uint_eq(zone->free_area[10].nr_free, 2);
	ck_assert_uint_eq(zone->free_area[9].nr_free, 0);
	rig_end(&rig);
}
END_TEST

/*
 * Pageblocks of 8.  [0,8) is free and Movable, [8,16) is put as Unmovable:
 *
 *   3-------aaaaaaaa   types MM      4---------------   types UU
 */
START_TEST(merged_pageblocks_take_the_type_of_the_one_put)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_used(&rig, 64);

	rig_lay_free(&rig, 0, 3, M);
	for (uint64_t pfn = 8; pfn < 16; pfn++)
		*km_page(&rig.machine, pfn) = (struct page){ 0 };
	km_pageblock_set_types(&rig.pages, zone, 8, 8, U);
	ck_assert_types(&rig, zone, "MUMMMMMM");
	put(&rig, 8, 3, U);
	ck_assert_map(&rig, 0, "4---------------aaaaaaaa");
	ck_assert_types(&rig, zone, "UUMMMMMM");
	ck_assert_uint_eq(zone->free_by_type[U], 16);
	ck_assert_uint_eq(zone->free_by_type[M], 0);
	rig_end(&rig);
}
END_TEST

/*
 * The same with HighAtomic: such a reserve is not mixed with anything.
 *
 *   3-------aaaaaaaa   types MH      3-------3-------   types MH
 */
START_TEST(highatomic_pageblocks_stay_apart)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_used(&rig, 64);

	rig_lay_free(&rig, 0, 3, M);
	for (uint64_t pfn = 8; pfn < 32; pfn++)
		*km_page(&rig.machine, pfn) = (struct page){ 0 };
	km_pageblock_set_types(&rig.pages, zone, 8, 8, H);
	put(&rig, 8, 3, H);
	ck_assert_map(&rig, 0, "3-------3-------");
	/* Below the pageblock order only the type given counts: [24,28) and [28,32) merge. */
	km_pageblock_set_types(&rig.pages, zone, 24, 8, H);
	put(&rig, 24, 2, H);
	put(&rig, 28, 2, H);
	/* A block over two pageblocks of its own is put with the type of each. */
	km_buddy_put_by_pageblock(&rig.pages, zone, 16, 3, 0);
	ck_assert_map(&rig, 0, "3-------3-------3-------3-------aaaaaaaa");
	ck_assert_types(&rig, zone, "MHMHMMMM");
	ck_assert_uint_eq(zone->free_by_type[H], 16);
	rig_end(&rig);
}
END_TEST

/*
 * One used block of order 4 over an Unmovable and a HighAtomic pageblock:
 *
 *   e---------------   types UH      3-------3-------   on the lists of U and H
 */
START_TEST(a_large_block_is_put_by_its_pageblocks)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_free(&rig, 64);
	uint64_t pfn = km_alloc_pages(&rig.pages, KM_GFP_KERNEL, 4, 0, -1, KM_OWNER_OTHER);

	ck_assert_uint_eq(pfn, 0);
	ck_assert_map(&rig, 0, "e---------------4---------------5---");
	km_pageblock_set_types(&rig.pages, zone, 0, 8, U);
	km_pageblock_set_types(&rig.pages, zone, 8, 8, H);
	ck_assert_int_eq(km_free_pages(&rig.pages, 0, 4, 0), 0);
	ck_assert_map(&rig, 0, "3-------3-------4---------------5---");
	ck_assert_list(&rig, &zone->free_area[3].list[U], "0");
	ck_assert_list(&rig, &zone->free_area[3].list[H], "8");
	rig_end(&rig);
}
END_TEST

/*
 * Blocks of the largest order that nobody touched are counted but not linked.  They are
 * taken from the lowest up, after those that were freed since.
 */
START_TEST(untouched_blocks_come_last)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_free(&rig, 8 * 1024);
	struct km_page_list *list = &zone->free_area[10].list[M];

	ck_assert_uint_eq(list->nr, 8);
	ck_assert_uint_eq(list->head, KM_NO_PAGE);
	ck_assert_int_eq(km_page(&rig.machine, 0)->state, KM_PAGE_HELD);
	ck_assert_uint_eq(km_buddy_take_smallest(&rig.pages, zone, 10, M), 0);
	ck_assert_uint_eq(km_buddy_take_smallest(&rig.pages, zone, 10, M), 1024);
	ck_assert_uint_eq(list->nr, 6);
	put(&rig, 1024, 10, M);
	put(&rig, 0, 10, M);
	ck_assert_list(&rig, list, "0 1024");
	ck_assert_uint_eq(list->nr, 8);
	ck_assert_uint_eq(zone->free_pages, 8192);
	for (uint64_t i = 0; i < 8; i++)
		ck_assert_uint_eq(km_buddy_take_smallest(&rig.pages, zone, 10, M), i * 1024);
	ck_assert_uint_eq(km_buddy_take_smallest(&rig.pages, zone, 0, M), KM_NO_PFN);
	for (uint64_t i = 0; i < 8; i++)
		put(&rig, i * 1024, 10, M);
	rig_end(&rig);
}
END_TEST

/* A cold boot: the largest aligned blocks, ascending on each list. */
START_TEST(cold_boot_of_an_odd_zone)
{
	struct km_profile profile;
	struct zone *zone;
	struct rig rig;

	rig_small_profile(&profile, 57);
	profile.zones[0].start_pfn = 3;
	profile.zones[0].managed_pages = 54;
	rig_boot(&rig, &profile);
	zone = &rig.pages.zones[0];
	ck_assert_uint_eq(zone->held_pages, 54);
	/* Three pages the kernel keeps to itself at the low end. */
	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	ck_assert_map(&rig, 0, "......1-3-------4---------------4---------------3-------2---");
	ck_assert_list(&rig, &zone->free_area[3].list[M], "8 48");
	ck_assert_list(&rig, &zone->free_area[4].list[M], "16 32");
	ck_assert_uint_eq(zone->held_pages, 0);
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/buddy", take_cuts_the_lowest_part, put_merges_as_far_as_it_goes,
	  a_block_likely_to_merge_goes_to_the_tail, order_9_never_goes_to_the_tail,
	  order_8_may_go_to_the_tail, merging_ends_at_the_zone, merging_ends_at_the_largest_order,
	  merged_pageblocks_take_the_type_of_the_one_put, highatomic_pageblocks_stay_apart,
	  a_large_block_is_put_by_its_pageblocks, untouched_blocks_come_last,
	  cold_boot_of_an_odd_zone)
