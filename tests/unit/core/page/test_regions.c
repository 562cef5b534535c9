/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of addresses, against a plain array of flags. */
#include "tests/unit/suite.h"

#include "core/page/regions.h"

static void assert_list(const struct km_regions *set, const struct km_region *want, size_t nr)
{
	ck_assert_uint_eq(set->nr, nr);
	for (size_t i = 0; i < nr; i++) {
		ck_assert_uint_eq(set->list[i].start, want[i].start);
		ck_assert_uint_eq(set->list[i].end, want[i].end);
	}
}

/*
 *   0   4   8   12  16  20
 *   [   )   [   )   [   )     three
 *   [            )  [   )     + [4, 8)
 *   [)      [)      [   )     - [1, 8) - [9, 12)
 */
START_TEST(regions_join_and_part)
{
	struct km_regions set = { 0 };

	ck_assert_int_eq(km_regions_add(&set, 8, 12), 0);
	ck_assert_int_eq(km_regions_add(&set, 16, 20), 0);
	ck_assert_int_eq(km_regions_add(&set, 0, 4), 0);
	assert_list(&set, (struct km_region[]){ { 0, 4 }, { 8, 12 }, { 16, 20 } }, 3);
	ck_assert_uint_eq(km_regions_missing(&set, 2, 17), 2);
	ck_assert_uint_eq(km_regions_missing(&set, 4, 8), 1);
	ck_assert_uint_eq(km_regions_missing(&set, 0, 4), 0);
	ck_assert_uint_eq(km_regions_missing(&set, 0, 30), 3);
	ck_assert(!km_regions_has(&set, 0, 12));
	ck_assert_int_eq(km_regions_add(&set, 4, 8), 0);
	assert_list(&set, (struct km_region[]){ { 0, 12 }, { 16, 20 } }, 2);
	ck_assert(km_regions_has(&set, 0, 12));
	ck_assert_int_eq(km_regions_del(&set, 1, 8), 0);
	ck_assert_int_eq(km_regions_del(&set, 9, 12), 0);
	assert_list(&set, (struct km_region[]){ { 0, 1 }, { 8, 9 }, { 16, 20 } }, 3);
	ck_assert(!km_regions_meets(&set, 9, 16));
	ck_assert(km_regions_meets(&set, 9, 17));
	ck_assert_uint_eq(km_regions_bytes(&set), 6);
	ck_assert_int_eq(km_regions_del(&set, 0, 100), 0);
	ck_assert_uint_eq(set.nr, 0);
	km_regions_release(&set);
}
END_TEST

#define SPACE 64

/* Property: the set says of every address what the flags say, and is as short as can be. */
static bool agrees(const struct km_regions *set, const bool *flags)
{
	size_t runs = 0;

	for (uint64_t addr = 0; addr < SPACE; addr++) {
		runs += flags[addr] && (!addr || !flags[addr - 1]);
		if (km_regions_has(set, addr, addr + 1) != flags[addr] ||
		    km_regions_meets(set, addr, addr + 1) != flags[addr])
			return false;
	}
	return runs == set->nr;
}

START_TEST(any_operations)
{
	struct km_regions set = { 0 };
	bool flags[SPACE] = { 0 };
	uint64_t state = 1;

	for (unsigned int i = 0; i < 5000; i++) {
		uint64_t start, end;

		state = state * 6364136223846793005u + 1442695040888963407u;
		start = (state >> 33) % (SPACE - 1);
		end = start + 1 + (state >> 40) % 9;
		end = end < SPACE ? end : SPACE;
		if (state >> 60 & 1)
			ck_assert_int_eq(km_regions_add(&set, start, end), 0);
		else
			ck_assert_int_eq(km_regions_del(&set, start, end), 0);
		for (uint64_t addr = start; addr < end; addr++)
			flags[addr] = state >> 60 & 1;
		ck_assert(agrees(&set, flags));
	}
	km_regions_release(&set);
}
END_TEST

RUN_SUITE("page/regions", regions_join_and_part, any_operations)
