/* SPDX-License-Identifier: GPL-2.0-only */
/* Page maps: the lines, and what of them is refused. */
#include "tests/unit/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/machine/machine.h"
#include "core/replay/page_map.h"

static int parse(struct km_page_map *map, const char *text)
{
	return km_page_map_parse(map, km_text_of(text, strlen(text)));
}

static void expect_run(const struct km_page_run *run, uint64_t pfn, uint64_t nr, unsigned int kind,
		       unsigned int order)
{
	ck_assert_ptr_nonnull(run);
	ck_assert_uint_eq(run->pfn, pfn);
	ck_assert_uint_eq(run->nr, nr);
	ck_assert_uint_eq(run->kind, kind);
	ck_assert_uint_eq(run->order, order);
}

/*
 *   pfn   0x10            0x20        0x28 29 2a 2b      0x30             0x40
 *         | F             | S3        | a  A  L  |  ?    | d2 d2 d2 d2    | X
 */
START_TEST(lines_are_read)
{
	static const char text[] = "page_map 1\n@10\n16 F\n8 S3\n1 a\n1 A\n1 L\n@30\n16 d2\n1 X\n";
	struct km_page_map map;

	ck_assert_int_eq(parse(&map, text), 0);
	ck_assert_uint_eq(map.nr, 7);
	ck_assert(!map.is_cut);
	expect_run(km_page_map_at(&map, 0x10), 0x10, 16, KM_PAGE_MAP_FREE, 0);
	expect_run(km_page_map_at(&map, 0x1f), 0x10, 16, KM_PAGE_MAP_FREE, 0);
	expect_run(km_page_map_at(&map, 0x27), 0x20, 8, KM_PAGE_MAP_SLAB, 3);
	expect_run(km_page_map_at(&map, 0x28), 0x28, 1, KM_PAGE_MAP_ANON, 0);
	expect_run(km_page_map_at(&map, 0x29), 0x29, 1, KM_PAGE_MAP_ANON, 0);
	expect_run(km_page_map_at(&map, 0x2a), 0x2a, 1, KM_PAGE_MAP_UNEVICTABLE, 0);
	expect_run(km_page_map_at(&map, 0x3f), 0x30, 16, KM_PAGE_MAP_FILE_CACHE, 2);
	ck_assert(km_page_map_at(&map, 0x3f)->is_dirty);
	expect_run(km_page_map_at(&map, 0x40), 0x40, 1, KM_PAGE_MAP_NOTHING, 0);
	ck_assert_ptr_null(km_page_map_at(&map, 0));
	ck_assert_ptr_null(km_page_map_at(&map, 0xf));
	ck_assert_ptr_null(km_page_map_at(&map, 0x2b));
	ck_assert_ptr_null(km_page_map_at(&map, 0x41));
	ck_assert_ptr_null(km_page_map_at(&map, UINT64_MAX));
	km_page_map_release(&map);
	ck_assert_ptr_null(km_page_map_at(&map, 0x10));
}
END_TEST

START_TEST(each_kind_has_its_letter)
{
	static const char text[] = "page_map 1\n1 U\n1 F\n1 S\n1 A\n1 P\n1 L\n1 H\n1 G\n1 R\n1 X\n"
				   "1 p\n1 D\n";
	struct km_page_map map;

	ck_assert_int_eq(parse(&map, text), 0);
	ck_assert_uint_eq(map.nr, KM_NR_PAGE_MAP_KINDS + 2);
	for (unsigned int i = 0; i < KM_NR_PAGE_MAP_KINDS; i++) {
		expect_run(&map.runs[i], i, 1, i, 0);
		ck_assert(!map.runs[i].is_dirty);
	}
	expect_run(&map.runs[KM_NR_PAGE_MAP_KINDS], KM_NR_PAGE_MAP_KINDS, 1, KM_PAGE_MAP_FILE_CACHE,
		   0);
	ck_assert(!map.runs[KM_NR_PAGE_MAP_KINDS].is_dirty);
	ck_assert(map.runs[KM_NR_PAGE_MAP_KINDS + 1].is_dirty);
	km_page_map_release(&map);
}
END_TEST

START_TEST(a_map_may_be_cut)
{
	struct km_page_map map;

	ck_assert_int_eq(parse(&map, "page_map 1\n4 F\ncut 4\n"), 0);
	ck_assert(map.is_cut);
	ck_assert_uint_eq(map.nr, 1);
	km_page_map_release(&map);
	ck_assert_int_eq(parse(&map, "page_map 1\n4 F\ncut 4\n1 F\n"), -EINVAL);
	ck_assert_uint_eq(map.nr, 1);
	km_page_map_release(&map);
}
END_TEST

START_TEST(what_is_no_map)
{
	struct km_page_map map;

	ck_assert_int_eq(parse(&map, ""), -ENOENT);
	ck_assert_int_eq(parse(&map, "\n"), -EINVAL);
	ck_assert_int_eq(parse(&map, "page_map 2\n1 F\n"), -EINVAL);
	ck_assert_int_eq(parse(&map, "Node 0, zone\n"), -EINVAL);
	ck_assert_uint_eq(map.nr, 0);
	ck_assert_int_eq(parse(&map, "page_map 1\n"), 0);
	ck_assert_uint_eq(map.nr, 0);
	km_page_map_release(&map);
}
END_TEST

/* What was read before the damage is kept. */
START_TEST(damage_is_found)
{
	static const char *const lines[] = {
		"",
		"0 F",
		"16",
		"16 ",
		"16F",
		"16 Q",
		"16 S ",
		"16 S 3",
		"16 S0",
		"16 S3x",
		"16 F3",       /* free blocks are not told */
		"12 S3",       /* no whole blocks */
		"4194304 S23", /* beyond the largest order */
		"16 S99999999999999999999",
		"1099511627776 F", /* beyond the last frame */
		"99999999999999999999 F",
		"-1 F",
		"@",
		"@3", /* before the end of the run */
		"@10000000000",
		"@10 F",
		"@x",
		"cut",
		"cut 3",
		"cut 4 5",
	};
	char text[128];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct km_page_map map;

		snprintf(text, sizeof(text), "page_map 1\n4 F\n%s\n1 R\n", lines[i]);
		ck_assert_msg(parse(&map, text) == -EINVAL, "'%s' is taken", lines[i]);
		ck_assert_msg(map.nr == 1, "'%s': %zu runs", lines[i], map.nr);
		expect_run(&map.runs[0], 0, 4, KM_PAGE_MAP_FREE, 0);
		km_page_map_release(&map);
	}
}
END_TEST

/* Blocks are aligned in memory, not only by their number. */
START_TEST(blocks_are_aligned)
{
	struct km_page_map map;

	ck_assert_int_eq(parse(&map, "page_map 1\n@4\n8 S3\n"), -EINVAL);
	km_page_map_release(&map);
	ck_assert_int_eq(parse(&map, "page_map 1\n@8\n8 S3\n"), 0);
	km_page_map_release(&map);
}
END_TEST

RUN_SUITE("core/replay/page_map", lines_are_read, each_kind_has_its_letter, a_map_may_be_cut,
	  what_is_no_map, damage_is_found, blocks_are_aligned)
