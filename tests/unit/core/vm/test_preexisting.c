/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>

#include "tests/unit/core/vm/bed.h"

/*
 *   |4+g|4+g|1+g|4+g|m: 2 MiB+g|     laid side by side; pages and tables from held ones
 */
START_TEST(areas_are_laid_from_held_pages)
{
	struct bed bed;
	struct km_vm_info info;
	uint64_t held;

	bed_up(&bed, "x86-64-4g", BED_HELD);
	held = bed_nr_held(&bed);
	ck_assert_int_eq(km_vm_populate(bed.vm, 5 * PAGE, KM_AREA_PAGES), 0);
	ck_assert_int_eq(km_vm_populate(bed.vm, 5 * PAGE, KM_AREA_PAGES), 0);
	ck_assert_int_eq(km_vm_populate(bed.vm, 2 * PAGE, KM_AREA_PAGES), 0);
	ck_assert_int_eq(km_vm_populate(bed.vm, 5 * PAGE, KM_AREA_PAGES), 0);
	ck_assert_int_eq(km_vm_populate(bed.vm, MIB(2) + PAGE, KM_AREA_MAP), 0);
	info = bed_info(&bed);
	ck_assert_uint_eq(info.nr_areas, 5);
	ck_assert_uint_eq(info.nr_preexisting, 5);
	ck_assert_uint_eq(info.bytes, 18 * PAGE + MIB(2));
	ck_assert_uint_eq(info.bytes_peak, 18 * PAGE + MIB(2));
	ck_assert_uint_eq(info.nr_pages, 13);
	ck_assert_uint_eq(info.nr_page_tables, 4);
	ck_assert_uint_eq(bed_nr_held(&bed), held - 13 - 4);
	ck_assert_uint_eq(bed_nr_free(&bed), 0);
	ck_assert_uint_eq(km_vm_area_bytes(bed.vm, bed.start + 10 * PAGE), 2 * PAGE);
	bed_down(&bed);
}
END_TEST

/* Sizes 5, 2, 5, 9, 2, 2 pages: 2 is the most frequent, then 5 and 2 alternate, smaller first. */
START_TEST(the_newest_of_the_most_frequent_size_goes_first)
{
	static const unsigned int sizes[] = { 5, 2, 5, 9, 2, 2 };
	static const unsigned int order[] = { 5, 4, 2, 1, 0, 3 };
	uint64_t addr[6], at;
	struct bed bed;

	bed_up(&bed, "x86-64-4g", BED_HELD);
	at = bed.start;
	for (unsigned int i = 0; i < 6; i++) {
		ck_assert_int_eq(km_vm_populate(bed.vm, sizes[i] * PAGE, KM_AREA_PAGES), 0);
		addr[i] = at;
		at += sizes[i] * PAGE;
	}
	for (unsigned int i = 0; i < 6; i++) {
		ck_assert_uint_eq(km_vm_take_preexisting(bed.vm, 0), addr[order[i]]);
		ck_assert_uint_eq(bed_info(&bed).nr_preexisting, 5 - i);
		bed_check(&bed);
	}
	ck_assert_uint_eq(km_vm_take_preexisting(bed.vm, 0), 0);
	/* Taken, not freed. */
	ck_assert_uint_eq(bed_info(&bed).nr_areas, 6);
	for (unsigned int i = 0; i < 6; i++)
		ck_assert_int_eq(km_vm_free(bed.vm, addr[i], 0), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_areas, 0);
	bed_down(&bed);
}
END_TEST

START_TEST(an_exact_size_is_taken_newest_first)
{
	struct bed bed;

	bed_up(&bed, "x86-64-4g", BED_HELD);
	ck_assert_uint_eq(km_vm_take_preexisting(bed.vm, 2 * PAGE), 0);
	for (unsigned int i = 0; i < 3; i++) {
		ck_assert_int_eq(km_vm_populate(bed.vm, 2 * PAGE, KM_AREA_MAP), 0);
		ck_assert_int_eq(km_vm_populate(bed.vm, 3 * PAGE, KM_AREA_MAP), 0);
	}
	ck_assert_uint_eq(km_vm_take_preexisting(bed.vm, 4 * PAGE), 0);
	ck_assert_uint_eq(km_vm_take_preexisting(bed.vm, 2 * PAGE), bed.start + 10 * PAGE);
	/* The middle one goes by its address, so it is not taken. */
	ck_assert_int_eq(km_vm_free(bed.vm, bed.start + 5 * PAGE, 0), 0);
	ck_assert_uint_eq(km_vm_take_preexisting(bed.vm, 2 * PAGE), bed.start);
	ck_assert_uint_eq(km_vm_take_preexisting(bed.vm, 2 * PAGE), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_preexisting, 3);
	bed_down(&bed);
}
END_TEST

/* Many sizes and takes: the heap's choice is that of a plain count. */
START_TEST(frequency_agrees_with_a_plain_count)
{
	unsigned int count[60] = { 0 };
	struct bed bed;
	uint32_t seed = 17;

	bed_up(&bed, "x86-64-4g", BED_HELD);
	for (unsigned int i = 0; i < 1500; i++) {
		unsigned int nr = 2 + bed_random(&seed) % 58;

		ck_assert_int_eq(km_vm_populate(bed.vm, nr * PAGE, KM_AREA_MAP), 0);
		count[nr]++;
	}
	for (unsigned int i = 0; i < 1500; i++) {
		unsigned int best = 0;
		uint64_t addr, bytes = 0;

		if (bed_random(&seed) % 4 == 0)
			bytes = (2 + bed_random(&seed) % 58) * PAGE;
		for (unsigned int nr = 2; nr < 60; nr++) {
			if (count[nr] > count[best])
				best = nr;
		}
		if (bytes)
			best = bytes / PAGE;
		addr = km_vm_take_preexisting(bed.vm, bytes);
		ck_assert_uint_eq(!addr, !count[best]);
		if (!addr)
			continue;
		ck_assert_uint_eq(km_vm_area_bytes(bed.vm, addr), best * PAGE);
		count[best]--;
	}
	bed_down(&bed);
}
END_TEST

/* 16 TiB mapped would need 8 million page tables on a machine of one million pages. */
START_TEST(an_absurd_mapping_is_refused)
{
	struct bed bed;

	bed_up(&bed, "x86-64-4g", BED_HELD);
	ck_assert_int_eq(km_vm_populate(bed.vm, UINT64_C(16) << 40, KM_AREA_MAP), -ENOMEM);
	ck_assert_uint_eq(bed_info(&bed).nr_page_tables, 0);
	ck_assert_uint_eq(bed.vm->holes.nr_holes, 1);
	bed_down(&bed);
}
END_TEST

START_TEST(too_few_held_pages_change_nothing)
{
	struct bed bed;
	uint64_t held;

	bed_up(&bed, "x86-32-64m", BED_HELD);
	held = bed_nr_held(&bed);
	ck_assert_uint_eq(held, 16384);
	/* 16380 pages and their page tables, 16, are more. */
	ck_assert_int_eq(km_vm_populate(bed.vm, 16381 * PAGE, KM_AREA_PAGES), -ENOMEM);
	ck_assert_int_eq(km_vm_populate(bed.vm, 20000 * PAGE, KM_AREA_PAGES), -ENOMEM);
	ck_assert_int_eq(km_vm_populate(bed.vm, GIB(2), KM_AREA_MAP), -ENOSPC);
	ck_assert_int_eq(km_vm_populate(bed.vm, 100, KM_AREA_MAP), -EINVAL);
	ck_assert_uint_eq(bed_nr_held(&bed), held);
	ck_assert_uint_eq(bed_nr_free(&bed), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_areas, 0);
	ck_assert_uint_eq(bed.vm->holes.nr_holes, 1);
	ck_assert_int_eq(km_vm_populate(bed.vm, MIB(800) + PAGE, KM_AREA_MAP), 0);
	ck_assert_uint_eq(bed_nr_held(&bed), held - 200);
	bed_down(&bed);
	bed_up(&bed, "x86-32-64m", BED_HELD);
	/* One table per 4 MiB: 16368 pages and 16 tables are all there is. */
	ck_assert_int_eq(km_vm_populate(bed.vm, 16369 * PAGE, KM_AREA_PAGES), 0);
	ck_assert_uint_eq(bed_nr_held(&bed), 0);
	ck_assert_int_eq(km_vm_populate(bed.vm, 2 * PAGE, KM_AREA_PAGES), -ENOMEM);
	bed_down(&bed);
}
END_TEST

RUN_SUITE("core/vm/preexisting", areas_are_laid_from_held_pages,
	  the_newest_of_the_most_frequent_size_goes_first, an_exact_size_is_taken_newest_first,
	  frequency_agrees_with_a_plain_count, an_absurd_mapping_is_refused,
	  too_few_held_pages_change_nothing)
