/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Held pages: aligned blocks by order, cut on demand, small ones first.
 */
#include "tests/unit/suite.h"

#include "core/page/held.h"

static void assert_counts(const struct km_held *held, const char *expected)
{
	for (unsigned int order = 0; expected[order]; order++)
		ck_assert_msg(held->blocks[order].nr == (size_t)(expected[order] - '0'),
			      "order %u: %zu blocks", order, held->blocks[order].nr);
}

START_TEST(orders_that_fit)
{
	ck_assert_uint_eq(km_order_fitting(0, 1), 0);
	ck_assert_uint_eq(km_order_fitting(0, 2), 1);
	ck_assert_uint_eq(km_order_fitting(0, 3), 1);
	ck_assert_uint_eq(km_order_fitting(1, 1000), 0);
	ck_assert_uint_eq(km_order_fitting(6, 1000), 1);
	ck_assert_uint_eq(km_order_fitting(8, 15), 2);
	ck_assert_uint_eq(km_order_fitting(0, 4096), 10);
	ck_assert_uint_eq(km_order_fitting(512, 4096), 9);
}
END_TEST

/*
 *   pfn  1 2   4       8               16      20  22 23
 *        0 1-- 2------ 3-------------- 2------ 1-- 0
 */
START_TEST(a_range_becomes_aligned_blocks)
{
	struct km_held held = { 0 };

	ck_assert_int_eq(km_held_add_range(&held, 1, 23), 0);
	assert_counts(&held, "22210000000");
	ck_assert_uint_eq(held.nr_pages, 22);
	/* The lowest of each order first. */
	ck_assert_uint_eq(km_held_take(&held, 0), 1);
	ck_assert_uint_eq(km_held_take(&held, 0), 22);
	ck_assert_uint_eq(km_held_take(&held, 1), 2);
	ck_assert_uint_eq(km_held_take(&held, 2), 4);
	ck_assert_uint_eq(km_held_take(&held, 3), 8);
	ck_assert_uint_eq(km_held_take(&held, 3), KM_NO_PFN);
	ck_assert_uint_eq(held.nr_pages, 6);
	km_held_release(&held);
	ck_assert_uint_eq(held.nr_pages, 0);
}
END_TEST

START_TEST(an_empty_range_is_nothing)
{
	struct km_held held = { 0 };

	ck_assert_int_eq(km_held_add_range(&held, 7, 7), 0);
	ck_assert_uint_eq(held.nr_pages, 0);
	ck_assert_uint_eq(km_held_take(&held, 0), KM_NO_PFN);
	km_held_release(&held);
}
END_TEST

/* A thousand single pages come out of one large block; the other is left whole. */
START_TEST(small_requests_spare_large_blocks)
{
	struct km_held held = { 0 };

	ck_assert_int_eq(km_held_add_range(&held, 0, 2048), 0);
	assert_counts(&held, "00000000002");
	for (uint64_t i = 0; i < 1000; i++)
		ck_assert_uint_eq(km_held_take(&held, 0), i);
	/* 24 pages left of the first: 8 and 16. */
	assert_counts(&held, "00011000001");
	ck_assert_uint_eq(km_held_take(&held, 4), 1008);
	ck_assert_uint_eq(km_held_take(&held, 10), 1024);
	ck_assert_uint_eq(km_held_take(&held, 4), KM_NO_PFN);
	ck_assert_uint_eq(km_held_take(&held, 3), 1000);
	km_held_release(&held);
}
END_TEST

RUN_SUITE("page/held", orders_that_fit, a_range_becomes_aligned_blocks, an_empty_range_is_nothing,
	  small_requests_spare_large_blocks)
