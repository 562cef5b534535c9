/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which pages the kernel maps its RAM by, and that arithmetic and mapping agree.
 */
#include <errno.h>

#include "tests/unit/core/machine/mmu_fixture.h"

#include "core/machine/directmap.h"

#define KIB UINT64_C(1024)
#define MIB (KIB << 10)
#define GIB (KIB << 20)

static void expect_piece(const struct km_directmap *map, unsigned int i, uint64_t start,
			 uint64_t end, unsigned int level)
{
	ck_assert_uint_lt(i, map->nr_pieces);
	ck_assert_uint_eq(map->pieces[i].start, start);
	ck_assert_uint_eq(map->pieces[i].end, end);
	ck_assert_uint_eq(map->pieces[i].level, level);
}

/* Make it, compare tables and pages with what was computed, look at both ends of each piece. */
static void expect_made(const struct km_directmap *map, struct fixture *fix)
{
	struct km_mmu_cost cost;
	uint64_t pages = 0;

	km_directmap_cost(map, &fix->mmu.format, &cost);
	ck_assert_int_eq(km_directmap_make(map, &fix->mmu), 0);
	for (unsigned int level = 1; level <= fix->mmu.format.nr_levels; level++) {
		bool is_root = level == fix->mmu.format.nr_levels;

		ck_assert_uint_eq(fix->mmu.nr_tables[level], cost.tables[level] + is_root);
		ck_assert_uint_eq(fix->mmu.nr_pages[level] << fix->mmu.format.shift[level],
				  map->bytes[level]);
		pages += fix->mmu.nr_pages[level];
	}
	ck_assert_uint_eq(pages, cost.tlb_entries);
	ck_assert_uint_eq(fix->nr_out, cost.nr_tables + 1);
	for (unsigned int i = 0; i < map->nr_pieces; i++) {
		const struct km_directmap_piece *piece = &map->pieces[i];

		ck_assert_uint_eq(fixture_pa(fix, map->page_offset + piece->start), piece->start);
		ck_assert_uint_eq(fixture_pa(fix, map->page_offset + piece->end - 1),
				  piece->end - 1);
	}
	fixture_check(fix);
}

static struct fixture *plan(struct km_directmap *map, const struct km_profile *profile,
			    unsigned int features)
{
	struct fixture *fix = fixture_new(km_directmap_kind(profile), features);

	ck_assert_int_eq(km_directmap_plan(map, profile, &fix->mmu.format), 0);
	return fix;
}

static struct km_profile builtin(const char *name)
{
	struct km_profile profile;

	ck_assert_int_eq(km_profile_builtin(name, &profile), 0);
	return profile;
}

/*
 *  0    1M   2M                    1G              3G   4G           5G
 *  | 4K | 4K |        2 MiB        |     1 GiB     |    |    1 GiB   |
 */
START_TEST(four_gib)
{
	struct km_profile profile = builtin("x86-64-4g");
	struct km_directmap map;
	struct fixture *fix = plan(&map, &profile, KM_MMU_FEATURES_ALL);

	ck_assert_uint_eq(map.nr_pieces, 5);
	expect_piece(&map, 0, 0, MIB, 1);
	expect_piece(&map, 1, MIB, 2 * MIB, 1);
	expect_piece(&map, 2, 2 * MIB, GIB, 2);
	expect_piece(&map, 3, GIB, 3 * GIB, 3);
	expect_piece(&map, 4, 4 * GIB, 5 * GIB, 3);
	ck_assert_uint_eq(map.bytes[1], 2 * MIB);
	ck_assert_uint_eq(map.bytes[2], 1022 * MIB);
	ck_assert_uint_eq(map.bytes[3], 3 * GIB);
	expect_made(&map, fix);
	ck_assert_uint_eq(fix->nr_out, 4);
	fixture_free_all(fix);

	/* A processor without 1 GiB pages: a directory for each GiB. */
	fix = plan(&map, &profile, KM_MMU_NX | KM_MMU_PGE);
	ck_assert_uint_eq(map.bytes[2], 4 * GIB - 2 * MIB);
	expect_made(&map, fix);
	ck_assert_uint_eq(fix->mmu.nr_tables[2], 4);
	fixture_free_all(fix);
}
END_TEST

/*
 *  RAM   | 4K .. 636K |    | 1M ........ 1G+5M+12K |     (what firmware leaves)
 */
START_TEST(ragged_edges)
{
	struct km_profile profile;
	struct km_directmap map;
	struct fixture *fix;

	km_profile_init(&profile);
	profile.nr_ranges = 3;
	profile.ranges[0] = (struct km_mem_range){ 1, 159, 0 };
	profile.ranges[1] = (struct km_mem_range){ 256, 512, 0 };
	profile.ranges[2] = (struct km_mem_range){ 512, (GIB + 5 * MIB + 12 * KIB) >> 12, 0 };
	fix = plan(&map, &profile, KM_MMU_FEATURES_ALL);
	ck_assert_uint_eq(map.nr_pieces, 4);
	expect_piece(&map, 1, MIB, 2 * MIB, 1);
	expect_piece(&map, 2, 2 * MIB, GIB + 4 * MIB, 2);
	expect_piece(&map, 3, GIB + 4 * MIB, GIB + 5 * MIB + 12 * KIB, 1);
	expect_made(&map, fix);
	fixture_free_all(fix);

	/* A hole of one page in the third GiB costs its large page, and those below. */
	profile.ranges[2].end_pfn = (2 * GIB + 100 * MIB) >> 12;
	profile.ranges[3] =
		(struct km_mem_range){ (2 * GIB + 100 * MIB + 4 * KIB) >> 12, 4 * GIB >> 12, 0 };
	profile.nr_ranges = 4;
	fix = plan(&map, &profile, KM_MMU_FEATURES_ALL);
	ck_assert_uint_eq(map.nr_pieces, 8);
	expect_piece(&map, 3, GIB, 2 * GIB, 3);
	expect_piece(&map, 4, 2 * GIB, 2 * GIB + 100 * MIB, 2);
	expect_piece(&map, 5, 2 * GIB + 100 * MIB + 4 * KIB, 2 * GIB + 102 * MIB, 1);
	expect_piece(&map, 6, 2 * GIB + 102 * MIB, 3 * GIB, 2);
	expect_piece(&map, 7, 3 * GIB, 4 * GIB, 3);
	expect_made(&map, fix);
	fixture_free_all(fix);
}
END_TEST

START_TEST(lowmem_of_32_bit)
{
	struct km_profile profile = builtin("x86-32-1g");
	struct km_directmap map;
	struct fixture *fix = plan(&map, &profile, KM_MMU_FEATURES_ALL);

	ck_assert_int_eq(fix->mmu.format.kind, KM_MMU_X86_32);
	ck_assert_uint_eq(map.nr_pieces, 3);
	expect_piece(&map, 1, MIB, 4 * MIB, 1);
	expect_piece(&map, 2, 4 * MIB, 896 * MIB, 2);
	expect_made(&map, fix);
	/* One page table, beside the root. */
	ck_assert_uint_eq(fix->nr_out, 2);
	ck_assert_uint_eq(fixture_pa(fix, 0xc0000000 + 896 * MIB), UINT64_MAX);
	fixture_free_all(fix);

	profile = builtin("x86-32-4g-pae");
	fix = plan(&map, &profile, KM_MMU_FEATURES_ALL);
	ck_assert_int_eq(fix->mmu.format.kind, KM_MMU_X86_32_PAE);
	expect_piece(&map, 2, 2 * MIB, 896 * MIB, 2);
	expect_made(&map, fix);
	fixture_free_all(fix);

	/* Before large pages: 224 page tables. */
	profile = builtin("x86-32-1g");
	fix = plan(&map, &profile, 0);
	expect_made(&map, fix);
	ck_assert_uint_eq(fix->mmu.nr_tables[1], 224);
	fixture_free_all(fix);
}
END_TEST

START_TEST(zones_stand_in_for_ranges)
{
	struct km_profile profile = builtin("x86-64-2node");
	struct km_directmap ranges, zones;
	struct fixture *fix;

	/* Nodes are not known yet when the kernel maps: no seam between them. */
	fix = plan(&ranges, &profile, KM_MMU_FEATURES_ALL);
	expect_piece(&ranges, ranges.nr_pieces - 1, 4 * GIB, 17 * GIB, 3);
	fixture_free_all(fix);

	/* Without a hole a zone's span is its RAM. */
	ck_assert_int_eq(km_profile_set_memory(&profile, 3 * GIB), 0);
	fix = plan(&ranges, &profile, KM_MMU_FEATURES_ALL);
	profile.nr_ranges = 0;
	ck_assert_int_eq(km_directmap_plan(&zones, &profile, &fix->mmu.format), 0);
	ck_assert_uint_eq(zones.nr_pieces, ranges.nr_pieces);
	for (unsigned int i = 0; i < ranges.nr_pieces; i++)
		expect_piece(&zones, i, ranges.pieces[i].start, ranges.pieces[i].end,
			     ranges.pieces[i].level);
	fixture_free_all(fix);
}
END_TEST

START_TEST(a_terabyte)
{
	struct km_profile profile;
	struct km_directmap map;
	struct km_mmu_cost cost;
	struct fixture *fix;

	km_profile_init(&profile);
	ck_assert_int_eq(km_profile_set_memory(&profile, 1ull << 40), 0);
	fix = plan(&map, &profile, KM_MMU_FEATURES_ALL);
	expect_made(&map, fix);
	km_directmap_cost(&map, &fix->mmu.format, &cost);
	/* Three levels of 512 GiB, one directory, one page table. */
	ck_assert_uint_eq(cost.nr_tables, 5);
	ck_assert_uint_eq(cost.tlb_entries, 512 + 511 + 1023);
	fixture_free_all(fix);

	/* By 2 MiB pages: 4 MiB of directories, and that is what they cost here. */
	fix = plan(&map, &profile, KM_MMU_NX);
	km_phys_forget(fix->phys, FIXTURE_FIRST + 1, FIXTURE_PFNS);
	expect_made(&map, fix);
	ck_assert_uint_eq(fix->mmu.nr_tables[2], 1024);
	ck_assert_uint_le(km_phys_bytes(fix->phys), 1030 * 4096 + 64 * KIB);
	fixture_free_all(fix);
}
END_TEST

START_TEST(plans_that_cannot_be)
{
	struct km_profile profile = builtin("x86-64-4g");
	struct km_mmu_format format, narrow;
	struct km_directmap map;

	ck_assert_int_eq(km_mmu_format_init(&format, KM_MMU_X86_64, KM_MMU_FEATURES_ALL, 0), 0);
	ck_assert_int_eq(km_mmu_format_init(&narrow, KM_MMU_X86_64, 0, 32), 0);
	ck_assert_int_eq(km_directmap_plan(&map, &profile, &narrow), -EINVAL);
	profile.page_offset += 2 * MIB;
	ck_assert_int_eq(km_directmap_plan(&map, &profile, &format), -EINVAL);
	profile.page_offset = (1ull << 47) - GIB;
	ck_assert_int_eq(km_directmap_plan(&map, &profile, &format), -EINVAL);
	profile.page_offset = 0xff11000000000000;
	ck_assert_int_eq(km_directmap_kind(&profile), KM_MMU_X86_64_LA57);
	ck_assert_int_eq(km_directmap_plan(&map, &profile, &format), -EINVAL);
	profile.page_shift = 16;
	ck_assert_int_eq(km_directmap_plan(&map, &profile, &format), -EINVAL);
}
END_TEST

/* What the profile says of its page tables goes before what follows from other fields. */
START_TEST(paging_of_a_machine)
{
	struct km_profile small = builtin("x86-32-1g"), pae = builtin("x86-32-4g-pae");
	struct km_profile large = builtin("x86-64-4g");

	ck_assert_int_eq(km_directmap_kind(&small), KM_MMU_X86_32);
	small.pageblock_order = 9; /* says nothing of page tables */
	ck_assert_int_eq(km_directmap_kind(&small), KM_MMU_X86_32);
	small.paging = KM_PAGING_PAE;
	ck_assert_int_eq(km_directmap_kind(&small), KM_MMU_X86_32_PAE);
	ck_assert_int_eq(km_directmap_kind(&pae), KM_MMU_X86_32_PAE);
	ck_assert_int_eq(km_directmap_kind(&large), KM_MMU_X86_64);
	large.paging = KM_PAGING_5_LEVEL;
	ck_assert_int_eq(km_directmap_kind(&large), KM_MMU_X86_64_LA57);
	ck_assert_str_eq(km_paging_name(km_profile_paging(&pae)), "pae");
	ck_assert_pstr_eq(km_paging_name(KM_PAGING_DERIVED), NULL);
}
END_TEST

START_TEST(no_table_on_the_way)
{
	struct km_profile profile = builtin("x86-64-4g");
	struct km_directmap map;
	struct fixture *fix = plan(&map, &profile, KM_MMU_FEATURES_ALL);

	for (unsigned int nr = 1; nr < 4; nr++) {
		fix->fail_at = fix->nr_allocs + nr;
		ck_assert_int_eq(km_directmap_make(&map, &fix->mmu), -ENOMEM);
		ck_assert_uint_eq(fix->nr_out, 1);
		fixture_check(fix);
	}
	fix->fail_at = 0;
	expect_made(&map, fix);
	ck_assert_int_eq(km_directmap_make(&map, &fix->mmu), -EEXIST);
	fixture_free_all(fix);
}
END_TEST

RUN_SUITE("machine/directmap", four_gib, ragged_edges, lowmem_of_32_bit, zones_stand_in_for_ranges,
	  a_terabyte, plans_that_cannot_be, paging_of_a_machine, no_table_on_the_way)
