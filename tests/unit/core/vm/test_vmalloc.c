/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>

#include "tests/unit/core/vm/bed.h"

/*
 *   start
 *   |a: 4 pages|g|b: 2|g|c: 1|g|......
 *   0          4 5    7 8    9 10
 *
 * free b:       |.lazy..|            not reused
 */
START_TEST(areas_lie_side_by_side_with_guards)
{
	struct bed bed;
	struct km_vm_info info;
	uint64_t a, b, c;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	a = bed_vmalloc(&bed, 4);
	b = bed_vmalloc(&bed, 2);
	c = bed_vmalloc(&bed, 1);
	ck_assert_uint_eq(a, bed.start);
	ck_assert_uint_eq(b, bed.start + 5 * PAGE);
	ck_assert_uint_eq(c, bed.start + 8 * PAGE);
	info = bed_info(&bed);
	ck_assert_uint_eq(info.nr_areas, 3);
	ck_assert_uint_eq(info.bytes, 10 * PAGE);
	ck_assert_uint_eq(info.guard_bytes, 3 * PAGE);
	ck_assert_uint_eq(info.nr_pages, 7);
	ck_assert_uint_eq(km_vm_area_bytes(bed.vm, b), 3 * PAGE);
	ck_assert_uint_eq(km_vm_area_bytes(bed.vm, b + PAGE), 0);

	ck_assert_int_eq(km_vm_free(bed.vm, b, 0), 0);
	info = bed_info(&bed);
	ck_assert_uint_eq(info.nr_areas, 2);
	ck_assert_uint_eq(info.bytes, 7 * PAGE);
	ck_assert_uint_eq(info.bytes_peak, 10 * PAGE);
	ck_assert_uint_eq(info.nr_pages, 5);
	ck_assert_uint_eq(info.lazy_bytes, 3 * PAGE);
	ck_assert_uint_eq(bed_vmalloc(&bed, 1), bed.start + 10 * PAGE);
	bed_down(&bed);
}
END_TEST

/* Pages go back at the free, page tables stay: 3 of them for the first 2 MiB. */
START_TEST(freeing_gives_back_all_but_page_tables)
{
	struct bed bed;
	uint64_t before, addr;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	before = bed_nr_free(&bed);
	addr = bed_vmalloc(&bed, 100);
	ck_assert_uint_eq(bed_nr_free(&bed), before - 100 - 3);
	ck_assert_int_eq(km_vm_free(bed.vm, addr, 0), 0);
	ck_assert_uint_eq(bed_nr_free(&bed), before - 3);
	ck_assert_uint_eq(bed_info(&bed).nr_page_tables, 3);
	ck_assert_uint_eq(bed_info(&bed).nr_pages, 0);
	bed_down(&bed);
}
END_TEST

/*
 * 4 CPUs: fls(4) = 3, so 96 MiB = 24576 lazy pages.
 *
 *   |a: 24575 + guard|b: 1 + guard|......
 *   free a            24576 lazy: not over the limit
 *   free b            24578 lazy: purge, one hole again
 */
START_TEST(purge_comes_when_lazy_pages_exceed_the_limit)
{
	struct bed bed;
	uint64_t a, b;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	ck_assert_uint_eq(bed.vm->lazy_max_pages, 24576);
	a = bed_vmalloc(&bed, 24575);
	b = bed_vmalloc(&bed, 1);
	km_vm_free(bed.vm, a, 0);
	ck_assert_uint_eq(bed_info(&bed).lazy_bytes, 24576 * PAGE);
	ck_assert_uint_eq(bed_info(&bed).nr_purges, 0);
	bed_check(&bed);
	km_vm_free(bed.vm, b, 0);
	ck_assert_uint_eq(bed_info(&bed).lazy_bytes, 0);
	ck_assert_uint_eq(bed_info(&bed).nr_purges, 1);
	ck_assert_uint_eq(bed.vm->holes.nr_holes, 1);
	ck_assert_uint_eq(bed_vmalloc(&bed, 1), bed.start);
	bed_down(&bed);
}
END_TEST

START_TEST(lazy_limit_follows_the_number_of_cpus)
{
	static const struct {
		unsigned int nr_cpus;
		uint64_t pages;
	} rows[] = { { 1, 8192 }, { 2, 16384 }, { 3, 16384 }, { 4, 24576 }, { 64, 57344 } };
	struct km_profile profile;
	struct bed bed;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		km_profile_builtin("x86-64-4g", &profile);
		profile.nr_cpus = rows[i].nr_cpus;
		profile.nr_possible_cpus = rows[i].nr_cpus;
		bed_up_on(&bed, &profile, BED_FREE);
		ck_assert_uint_eq(bed.vm->lazy_max_pages, rows[i].pages);
		bed_down(&bed);
	}
}
END_TEST

/*
 *   |a: 3|b: 16 KiB aligned, 5 pages|...      pages
 *   0    3 4                        9
 *
 * The page at 3 stays a hole, and the next single page goes there.
 */
START_TEST(alignment_leaves_a_hole_that_is_used)
{
	struct bed bed;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	ck_assert_uint_eq(bed_reserve(&bed, 3 * PAGE, 1), bed.start);
	ck_assert_uint_eq(bed_reserve(&bed, 5 * PAGE, KIB(16)), bed.start + 4 * PAGE);
	ck_assert_uint_eq(bed_reserve(&bed, PAGE, PAGE), bed.start + 3 * PAGE);
	ck_assert_uint_eq(bed_reserve(&bed, PAGE, 0), bed.start + 9 * PAGE);
	bed_down(&bed);
}
END_TEST

/*
 *   |....|x|...        a hole of 4 pages at 0, aligned to 16 KiB
 *
 * 4 pages aligned to 4 ask for 7 and a bit: the hole that fits by luck is passed over.
 */
START_TEST(aligned_request_passes_over_an_exact_hole)
{
	struct bed bed;
	uint64_t hole;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	hole = bed_reserve(&bed, 4 * PAGE, 0);
	ck_assert_uint_ne(bed_reserve(&bed, PAGE, 0), 0);
	km_vm_free(bed.vm, hole, 0);
	bed.vm->lazy_max_pages = 0;
	km_vm_free(bed.vm, bed_reserve(&bed, PAGE, 0), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_purges, 1);
	ck_assert_uint_eq(bed_reserve(&bed, 4 * PAGE, KIB(16)), bed.start + 8 * PAGE);
	ck_assert_uint_eq(bed_reserve(&bed, 4 * PAGE, PAGE), hole);
	bed_down(&bed);
}
END_TEST

/*
 *   2 MiB regions   |      0      |      1      |      2      |
 *   areas           |a..|b............|           c in another GiB
 *   tables           PTE+PMD+PUD   PTE             PTE+PMD
 */
START_TEST(page_tables_are_built_once_by_region)
{
	struct bed bed;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	ck_assert_uint_ne(bed_vmalloc(&bed, 1), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_page_tables, 3);
	ck_assert_uint_ne(bed_vmalloc(&bed, 16), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_page_tables, 3);
	ck_assert_uint_ne(bed_vmalloc(&bed, 512), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_page_tables, 4);
	ck_assert_uint_ne(bed_reserve(&bed, GIB(1), 0), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_page_tables, 4);
	ck_assert_uint_ne(km_vm_alloc(bed.vm, 2 * PAGE, 0, KM_AREA_MAP, KM_GFP_KERNEL, 0, -1), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_page_tables, 6);
	ck_assert_uint_eq(bed_info(&bed).nr_pages, 1 + 16 + 512);
	bed_down(&bed);
}
END_TEST

/* The guard is not mapped: an area whose guard begins a region needs no table for it. */
START_TEST(guard_needs_no_page_table)
{
	struct bed bed;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	ck_assert_uint_eq(km_vm_alloc(bed.vm, MIB(2) + PAGE, 0, KM_AREA_MAP, KM_GFP_KERNEL, 0, -1),
			  bed.start);
	ck_assert_uint_eq(bed_info(&bed).nr_page_tables, 3);
	bed_down(&bed);
}
END_TEST

START_TEST(thirty_two_bit_has_one_level_of_4_mib)
{
	struct km_profile profile;
	struct bed bed;

	km_profile_builtin("x86-32-1g", &profile);
	profile.vmalloc_start = 0xf8800000;
	bed_up_on(&bed, &profile, BED_FREE);
	ck_assert_uint_ne(bed_vmalloc(&bed, 1023), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_page_tables, 1);
	ck_assert_uint_ne(bed_vmalloc(&bed, 1), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_page_tables, 2);
	bed_down(&bed);
}
END_TEST

/* HIGHMEM is added unless the caller asks for a low zone. */
START_TEST(pages_come_from_the_highest_zone_allowed)
{
	static const struct {
		km_gfp gfp;
		enum km_zone_type zone;
	} rows[] = {
		{ KM_GFP_KERNEL, KM_ZONE_HIGHMEM },
		{ KM_GFP_KERNEL | KM_GFP_DMA, KM_ZONE_DMA },
	};
	struct km_profile profile;
	struct bed bed;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct km_area *area;
		uint64_t addr;

		km_profile_builtin("x86-32-1g", &profile);
		bed_up_on(&bed, &profile, BED_FREE);
		addr = km_vm_alloc(bed.vm, 9 * PAGE, 0, KM_AREA_PAGES, rows[i].gfp, 0, -1);
		area = km_area_map_find(&bed.vm->live, addr);
		ck_assert_ptr_nonnull(area);
		ck_assert_uint_eq(area->nr_pages, 8);
		for (uint32_t page = 0; page < 8; page++)
			ck_assert_int_eq(km_pfn_zone(&bed.pages, area->pfns[page])->type,
					 rows[i].zone);
		bed_down(&bed);
	}
}
END_TEST

/*
 * The range of x86-32-4g-pae, 0xf8800000 to 0xff7fe000: six areas of 16 MiB fit, no seventh.
 * A freed one is lazy; the next request purges and gets it.
 */
START_TEST(exhausted_range_purges_and_tries_again)
{
	struct bed bed;
	uint64_t addr[6], nr = 0;

	bed_up(&bed, "x86-32-4g-pae", BED_FREE);
	ck_assert_uint_eq(bed.start, 0xf8800000);
	while (nr < 6 && (addr[nr] = bed_reserve(&bed, MIB(16), 0)))
		nr++;
	ck_assert_uint_eq(nr, 6);
	ck_assert_uint_eq(bed_reserve(&bed, MIB(16), 0), 0);
	ck_assert_int_eq(km_vm_last_error(bed.vm), -ENOSPC);
	ck_assert_uint_eq(bed_info(&bed).nr_failures, 1);
	ck_assert_uint_eq(bed_info(&bed).nr_purges, 0);

	km_vm_free(bed.vm, addr[2], 0);
	ck_assert_uint_eq(bed_info(&bed).lazy_bytes, MIB(16));
	ck_assert_uint_eq(bed_reserve(&bed, MIB(16), 0), addr[2]);
	ck_assert_uint_eq(bed_info(&bed).nr_purges, 1);
	ck_assert_uint_eq(bed_info(&bed).nr_failures, 1);
	bed_down(&bed);
}
END_TEST

/* The range is used to its last page: 0xff7fe000 - 0xf8800000 is 28670 pages. */
START_TEST(range_is_used_to_its_end)
{
	struct bed bed;

	bed_up(&bed, "x86-32-4g-pae", BED_FREE);
	ck_assert_uint_eq(bed_reserve(&bed, 28671 * PAGE, 0), 0);
	ck_assert_uint_eq(bed_reserve(&bed, 28670 * PAGE, 0), bed.start);
	ck_assert_uint_eq(bed.vm->holes.nr_holes, 0);
	ck_assert_uint_eq(bed_reserve(&bed, PAGE, 0), 0);
	bed_down(&bed);
}
END_TEST

START_TEST(too_little_memory_leaves_no_trace)
{
	struct bed bed;
	struct km_vm_info info;
	uint64_t before, nr_zone_pages = 0;

	bed_up(&bed, "x86-32-64m", BED_FREE);
	before = bed_nr_free(&bed);
	for (unsigned int i = 0; i < bed.pages.nr_zones; i++)
		nr_zone_pages += bed.pages.zones[i].managed_pages;
	ck_assert_uint_eq(before, nr_zone_pages);

	/* As many as the machine has: the watermark stands before. */
	ck_assert_uint_eq(bed_vmalloc(&bed, nr_zone_pages), 0);
	ck_assert_int_eq(km_vm_last_error(bed.vm), -ENOMEM);
	ck_assert_ptr_nonnull(bed.pages.last_failure.reason);
	ck_assert_uint_eq(bed.pages.last_failure.order, 0);
	ck_assert_uint_eq(bed_nr_free(&bed), before);
	/* More than it has: refused before any page is taken. */
	ck_assert_uint_eq(bed_vmalloc(&bed, nr_zone_pages + 1), 0);
	ck_assert_int_eq(km_vm_last_error(bed.vm), -ENOMEM);
	info = bed_info(&bed);
	ck_assert_uint_eq(info.nr_failures, 2);
	ck_assert_uint_eq(info.nr_areas + info.bytes + info.nr_pages + info.lazy_bytes, 0);
	ck_assert_uint_eq(info.nr_page_tables, 0);
	ck_assert_uint_eq(bed_vmalloc(&bed, 1), bed.start);
	bed_down(&bed);
}
END_TEST

/* Pages are had, a page table is not: both go back. */
START_TEST(no_page_for_a_table_leaves_no_trace)
{
	struct bed bed;
	uint64_t nr_free, last = KM_NO_PFN;

	bed_up(&bed, "x86-32-64m", BED_FREE);
	for (;;) {
		uint64_t pfn = km_alloc_pages(&bed.pages, KM_GFP_KERNEL, 0, 0, -1, KM_OWNER_OTHER);

		if (pfn == KM_NO_PFN)
			break;
		last = pfn;
	}
	/* One page can be had: the area's. */
	ck_assert_int_eq(km_free_pages(&bed.pages, last, 0, 0), 0);
	nr_free = bed_nr_free(&bed);
	ck_assert_uint_eq(bed_vmalloc(&bed, 1), 0);
	ck_assert_int_eq(km_vm_last_error(bed.vm), -ENOMEM);
	/* Page tables are zeroed, the area's pages were not asked to be. */
	ck_assert_uint_eq(bed.pages.last_failure.gfp, KM_GFP_KERNEL | KM_GFP_ZERO);
	ck_assert_uint_eq(bed_info(&bed).nr_page_tables, 0);
	ck_assert_uint_eq(bed_nr_free(&bed), nr_free);
	ck_assert_uint_eq(bed.vm->holes.nr_holes, 1);
	bed_down(&bed);
}
END_TEST

START_TEST(bad_requests_are_refused)
{
	struct bed bed;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	ck_assert_uint_eq(km_vm_alloc(bed.vm, 0, 0, KM_AREA_MAP, KM_GFP_KERNEL, 0, -1), 0);
	ck_assert_int_eq(km_vm_last_error(bed.vm), -EINVAL);
	/* A guard alone. */
	ck_assert_uint_eq(km_vm_alloc(bed.vm, PAGE, 0, KM_AREA_MAP, KM_GFP_KERNEL, 0, -1), 0);
	ck_assert_uint_eq(km_vm_alloc(bed.vm, PAGE + 1, 0, KM_AREA_MAP, KM_GFP_KERNEL, 0, -1), 0);
	ck_assert_uint_eq(km_vm_alloc(bed.vm, MIB(1), 3 * PAGE, 0, KM_GFP_KERNEL, 0, -1), 0);
	ck_assert_int_eq(km_vm_last_error(bed.vm), -EINVAL);
	ck_assert_uint_eq(bed_reserve(&bed, -PAGE, 0), 0);
	ck_assert_int_eq(km_vm_last_error(bed.vm), -ENOSPC);
	ck_assert_uint_eq(bed_reserve(&bed, -PAGE, UINT64_C(1) << 63), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_failures, 6);
	bed_down(&bed);
}
END_TEST

START_TEST(only_starts_of_live_areas_can_be_freed)
{
	struct bed bed;
	uint64_t addr;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	ck_assert_int_eq(km_vm_free(bed.vm, bed.start, 0), -EINVAL);
	addr = bed_vmalloc(&bed, 3);
	ck_assert_int_eq(km_vm_free(bed.vm, addr + PAGE, 0), -EINVAL);
	ck_assert_int_eq(km_vm_free(bed.vm, 0, 0), -EINVAL);
	ck_assert_int_eq(km_vm_free(bed.vm, addr, 0), 0);
	ck_assert_int_eq(km_vm_free(bed.vm, addr, 0), -EINVAL);
	ck_assert_uint_eq(bed_info(&bed).lazy_bytes, 4 * PAGE);
	bed_down(&bed);
}
END_TEST

/*
 *   start                                    end (x86-64 may name the last byte)
 *   |a|...................|chunk 2|chunk 1|..|
 *                          2 MiB aligned
 */
START_TEST(top_areas_come_from_above_and_are_not_counted)
{
	struct km_profile profile;
	struct km_vm_info info;
	struct bed bed;
	uint64_t top;

	km_profile_builtin("x86-64-4g", &profile);
	profile.vmalloc_end--;
	bed_up_on(&bed, &profile, BED_FREE);
	ck_assert_uint_eq(bed.vm->end, profile.vmalloc_end + 1 - PAGE);
	top = km_vm_alloc_top(bed.vm, MIB(2), MIB(2));
	ck_assert_uint_eq(top, profile.vmalloc_end + 1 - MIB(4));
	ck_assert_uint_eq(km_vm_alloc_top(bed.vm, MIB(1), PAGE),
			  profile.vmalloc_end + 1 - PAGE - MIB(1));
	ck_assert_uint_ne(bed_vmalloc(&bed, 1), 0);
	info = bed_info(&bed);
	ck_assert_uint_eq(info.nr_areas, 1);
	ck_assert_uint_eq(info.bytes, 2 * PAGE);
	ck_assert_uint_eq(info.top_bytes, MIB(3));
	ck_assert_int_eq(km_vm_free(bed.vm, top, 0), 0);
	ck_assert_uint_eq(bed_info(&bed).top_bytes, MIB(1));
	ck_assert_uint_eq(bed_info(&bed).lazy_bytes, MIB(2));
	bed_down(&bed);
}
END_TEST

RUN_SUITE("core/vm/vmalloc", areas_lie_side_by_side_with_guards,
	  freeing_gives_back_all_but_page_tables, purge_comes_when_lazy_pages_exceed_the_limit,
	  lazy_limit_follows_the_number_of_cpus, alignment_leaves_a_hole_that_is_used,
	  aligned_request_passes_over_an_exact_hole, page_tables_are_built_once_by_region,
	  guard_needs_no_page_table, thirty_two_bit_has_one_level_of_4_mib,
	  pages_come_from_the_highest_zone_allowed, exhausted_range_purges_and_tries_again,
	  range_is_used_to_its_end, too_little_memory_leaves_no_trace,
	  no_page_for_a_table_leaves_no_trace, bad_requests_are_refused,
	  only_starts_of_live_areas_can_be_freed, top_areas_come_from_above_and_are_not_counted)
