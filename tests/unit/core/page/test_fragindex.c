/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fragmentation indices, with values worked out by hand from the kernel's formulas:
 *   unusable = (F - S * 2^o) * 1000 / F
 *   fragmentation = 1000 - (1000 + F * 1000 / 2^o) / B, if S is 0
 * F free pages, B free blocks, S blocks of order o that can be cut from them.
 */
#include "tests/unit/suite.h"

#include "core/page/page_alloc.h"

START_TEST(nothing_free)
{
	static const struct zone zone;

	for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
		ck_assert_int_eq(km_unusable_index(&zone, order), 1000);
		ck_assert_int_eq(km_fragmentation_index(&zone, order), 0);
	}
}
END_TEST

/* 100 single pages, 10 blocks of order 2, 1 of order 5: F 172, B 111 */
START_TEST(mixed)
{
	static struct zone zone;

	zone.free_area[0].nr_free = 100;
	zone.free_area[2].nr_free = 10;
	zone.free_area[5].nr_free = 1;

	ck_assert_int_eq(km_unusable_index(&zone, 0), 0);
	/* S 20 + 16 = 36: 100 of 172 pages do not help */
	ck_assert_int_eq(km_unusable_index(&zone, 1), 581);
	ck_assert_int_eq(km_unusable_index(&zone, 2), 581);
	ck_assert_int_eq(km_unusable_index(&zone, 3), 813);
	ck_assert_int_eq(km_unusable_index(&zone, 5), 813);
	ck_assert_int_eq(km_unusable_index(&zone, 6), 1000);

	ck_assert_int_eq(km_fragmentation_index(&zone, 0), -1000);
	ck_assert_int_eq(km_fragmentation_index(&zone, 5), -1000);
	/* 172000 / 64 = 2687, 3687 / 111 = 33 */
	ck_assert_int_eq(km_fragmentation_index(&zone, 6), 967);
	/* 172000 / 1024 = 167, 1167 / 111 = 10 */
	ck_assert_int_eq(km_fragmentation_index(&zone, 10), 990);
}
END_TEST

/* One block: too little memory rather than fragments, and the index says so. */
START_TEST(lack_of_memory)
{
	static struct zone zone;

	zone.free_area[3].nr_free = 1;
	/* 8000 / 16 = 500, 1500 / 1: below 0, as the kernel's is */
	ck_assert_int_eq(km_fragmentation_index(&zone, 4), -500);
	/* 8000 / 1024 = 7, 1007 / 1 */
	ck_assert_int_eq(km_fragmentation_index(&zone, 10), -7);
	ck_assert_int_eq(km_unusable_index(&zone, 4), 1000);
}
END_TEST

/* The Normal zone of a running machine: buddyinfo 764 279 462 377 170 123 76 21 4 17 231 */
START_TEST(live)
{
	static const unsigned int blocks[] = { 764, 279, 462, 377, 170, 123, 76, 21, 4, 17, 231 };
	static struct zone zone;

	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		zone.free_area[order].nr_free = blocks[order];
	/* F 266666; orders 9 and 10 make 245248 pages */
	ck_assert_int_eq(km_unusable_index(&zone, 9), 80);
	ck_assert_int_eq(km_unusable_index(&zone, 10), 112);
	ck_assert_int_eq(km_unusable_index(&zone, 1), 2);
	ck_assert_int_eq(km_fragmentation_index(&zone, 10), -1000);

	/* The same without its large blocks: F 21418, B 2276, 21418000 / 512 = 41832 */
	zone.free_area[9].nr_free = zone.free_area[10].nr_free = 0;
	ck_assert_int_eq(km_unusable_index(&zone, 9), 1000);
	ck_assert_int_eq(km_fragmentation_index(&zone, 9), 982);
}
END_TEST

RUN_SUITE("page/fragindex", nothing_free, mixed, lack_of_memory, live)
