/* SPDX-License-Identifier: GPL-2.0-only */
/* Who had a block: blocks of several sizes in the same place, and many of them. */
#include "tests/unit/suite.h"

#include "core/page/page_sites.h"

static const struct km_page_site *found(const struct km_page_sites *sites, uint64_t pfn)
{
	const struct km_page_site *site = km_page_sites_find(sites, pfn);

	ck_assert_ptr_nonnull(site);
	return site;
}

START_TEST(given_and_taken)
{
	struct km_page_sites *sites = km_page_sites_new();

	ck_assert_ptr_nonnull(sites);
	ck_assert_ptr_null(km_page_sites_find(sites, 5));
	ck_assert_int_eq(km_page_sites_give(sites, 5, 0, 11), 0);
	ck_assert_uint_eq(found(sites, 5)->alloc_site, 11);
	ck_assert(!found(sites, 5)->was_freed);
	ck_assert_ptr_null(km_page_sites_find(sites, 4));
	ck_assert_int_eq(km_page_sites_take(sites, 5, 0, 22), 0);
	ck_assert_uint_eq(found(sites, 5)->alloc_site, 11);
	ck_assert_uint_eq(found(sites, 5)->free_site, 22);
	ck_assert(found(sites, 5)->was_freed);
	/* Freed again: somebody who is not in the table had it in between. */
	ck_assert_int_eq(km_page_sites_take(sites, 5, 0, 33), 0);
	ck_assert_uint_eq(found(sites, 5)->alloc_site, 0);
	ck_assert_uint_eq(found(sites, 5)->free_site, 33);
	/* And given anew. */
	ck_assert_int_eq(km_page_sites_give(sites, 5, 0, 44), 0);
	ck_assert_uint_eq(found(sites, 5)->alloc_site, 44);
	ck_assert_uint_eq(found(sites, 5)->free_site, 0);
	km_page_sites_free(sites);
	km_page_sites_free(NULL);
}
END_TEST

/*
 *   8 9 10 11 12 ...      first    8-11 by 1
 *       10                then     10 by 2
 *   8 - - - - - - 15      then     8-15 by 3
 */
START_TEST(the_youngest_block_tells)
{
	struct km_page_sites *sites = km_page_sites_new();

	ck_assert_ptr_nonnull(sites);
	ck_assert_int_eq(km_page_sites_give(sites, 8, 2, 1), 0);
	ck_assert_int_eq(km_page_sites_give(sites, 10, 0, 2), 0);
	ck_assert_uint_eq(found(sites, 10)->alloc_site, 2);
	ck_assert_uint_eq(found(sites, 11)->alloc_site, 1);
	ck_assert_ptr_null(km_page_sites_find(sites, 12));
	ck_assert_int_eq(km_page_sites_give(sites, 8, 3, 3), 0);
	for (uint64_t pfn = 8; pfn < 16; pfn++)
		ck_assert_uint_eq(found(sites, pfn)->alloc_site, 3);
	ck_assert_ptr_null(km_page_sites_find(sites, 16));
	ck_assert_int_eq(km_page_sites_take(sites, 10, 0, 4), 0);
	ck_assert_uint_eq(found(sites, 10)->free_site, 4);
	ck_assert_uint_eq(found(sites, 9)->alloc_site, 3);
	km_page_sites_free(sites);
}
END_TEST

START_TEST(many_blocks)
{
	struct km_page_sites *sites = km_page_sites_new();
	uint64_t wrong = 0;

	ck_assert_ptr_nonnull(sites);
	for (uint64_t i = 0; i < 100000; i++)
		wrong += km_page_sites_give(sites, i * 4096 + i % 3, 0, i + 1) != 0;
	for (uint64_t i = 0; i < 100000; i++) {
		const struct km_page_site *site = km_page_sites_find(sites, i * 4096 + i % 3);

		wrong += !site || site->alloc_site != i + 1 ||
			 km_page_sites_find(sites, i * 4096 + 3);
	}
	ck_assert_uint_eq(wrong, 0);
	km_page_sites_free(sites);
}
END_TEST

RUN_SUITE("page/page_sites", given_and_taken, the_youngest_block_tells, many_blocks)
