/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>

#include "tests/unit/core/percpu/bed.h"

/*
 * The host says 200 pages a unit: the first chunk's 57, then 128 and 15 in new ones; the last 2
 * stay empty, all other free bytes become allocations of 64.
 *
 *   first |static|reserved|64|64|...|64|
 *   2nd   |64|64|.................. |64|
 *   3rd   |64|...|64|    |    |............
 *          13 pages   empty    not populated
 */
START_TEST(chunks_are_filled_up_to_the_hosts_pages)
{
	struct bed bed;
	struct km_percpu_info info;
	struct km_vm_info vm;
	uint64_t held;

	bed_up(&bed, "x86-64-4g", BED_HELD);
	held = bed_nr_held(&bed);
	ck_assert_int_eq(km_percpu_populate(bed.percpu, 200 * 4), 0);
	info = bed_info(&bed);
	ck_assert_uint_eq(info.populated_pages, 800);
	ck_assert_uint_eq(info.nr_chunks, 3);
	ck_assert_uint_eq(info.empty_pop_pages, 2);
	ck_assert_uint_eq(info.free_populated_bytes, 2 * PAGE * 4);
	ck_assert_uint_eq(info.bytes_inuse, KIB(28) + (128 + 13) * PAGE);
	ck_assert_uint_eq(info.nr_allocs, (7 + 128 + 13) * 64);
	ck_assert_uint_eq(info.nr_preexisting, info.nr_allocs);
	/* Two chunks of 2 MiB: a PTE table each, a PMD, a PUD. */
	km_vm_get_info(bed.vm, &vm);
	ck_assert_uint_eq(vm.nr_page_tables, 4);
	ck_assert_uint_eq(bed_nr_held(&bed), held - (128 + 15) * 4 - 4);
	ck_assert_uint_eq(bed_nr_free(&bed), 0);
	bed_down(&bed);
}
END_TEST

/* No more than the first chunk has: only its dynamic part is filled, but for 2 pages. */
START_TEST(a_host_with_the_first_chunk_only)
{
	struct bed bed;

	bed_up(&bed, "x86-64-4g", BED_HELD);
	ck_assert_int_eq(km_percpu_populate(bed.percpu, 57 * 4), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_chunks, 1);
	ck_assert_uint_eq(bed_info(&bed).nr_preexisting, 5 * 64);
	ck_assert_uint_eq(bed_info(&bed).empty_pop_pages, 2);
	bed_down(&bed);
	bed_up(&bed, "x86-64-4g", BED_HELD);
	ck_assert_int_eq(km_percpu_populate(bed.percpu, 0), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_preexisting, 5 * 64);
	bed_down(&bed);
}
END_TEST

/* 58 pages: the new chunk's one page and the first chunk's last stay empty. */
START_TEST(the_empty_pages_may_lie_in_two_chunks)
{
	struct bed bed;

	bed_up(&bed, "x86-64-4g", BED_HELD);
	ck_assert_int_eq(km_percpu_populate(bed.percpu, 58 * 4), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_chunks, 2);
	ck_assert_uint_eq(bed_info(&bed).nr_preexisting, 6 * 64);
	ck_assert_uint_eq(bed_info(&bed).empty_pop_pages, 2);
	bed_down(&bed);
}
END_TEST

/* From the top of the newest chunk downwards, each once, then 0. */
START_TEST(pieces_are_taken_from_the_top)
{
	struct bed bed;
	uint64_t addr, before, nr = 0;

	bed_up(&bed, "x86-64-4g", BED_HELD);
	ck_assert_uint_eq(km_percpu_take_preexisting(bed.percpu), 0);
	ck_assert_int_eq(km_percpu_populate(bed.percpu, 70 * 4), 0);
	before = km_percpu_take_preexisting(bed.percpu);
	ck_assert_uint_eq(before, bed.top + 11 * PAGE - 64);
	ck_assert_uint_eq(bed_info(&bed).nr_preexisting, (7 + 11) * 64 - 1);
	/* Taken, not freed. */
	ck_assert_uint_eq(bed_info(&bed).nr_allocs, (7 + 11) * 64);
	while ((addr = km_percpu_take_preexisting(bed.percpu))) {
		nr++;
		ck_assert_uint_eq(addr,
				  nr == 11 * 64 ? bed.first + DYNAMIC + KIB(28) - 64 : before - 64);
		bed_free(&bed, before);
		before = addr;
	}
	ck_assert_uint_eq(nr, (7 + 11) * 64 - 1);
	ck_assert_uint_eq(before, bed.first + DYNAMIC);
	bed_free(&bed, before);
	ck_assert_uint_eq(bed_info(&bed).nr_allocs, 0);
	ck_assert_uint_eq(bed_info(&bed).nr_preexisting, 0);
	bed_down(&bed);
}
END_TEST

/* One that was freed by its address, and handed out anew, is nobody's pre-existing one. */
START_TEST(a_piece_freed_by_address_is_not_taken)
{
	struct bed bed;
	uint64_t top = 0;

	bed_up(&bed, "x86-64-4g", BED_HELD);
	ck_assert_int_eq(km_percpu_populate(bed.percpu, 70 * 4), 0);
	top = bed.top + 11 * PAGE - 64;
	bed_free(&bed, top);
	bed_free(&bed, top - 64);
	ck_assert_uint_eq(bed_alloc_atomic(&bed, 128, 64), top - 64);
	ck_assert_uint_eq(km_percpu_take_preexisting(bed.percpu), top - 128);
	bed_down(&bed);
}
END_TEST

START_TEST(too_few_held_pages_is_an_error)
{
	struct km_profile profile;
	struct bed bed;

	km_profile_builtin("x86-32-64m", &profile);
	bed_up_on(&bed, &profile, BED_HELD);
	/* More than 64 MiB of percpu on a machine of 64. */
	ck_assert_int_eq(km_percpu_populate(bed.percpu, 16384), -ENOMEM);
	bed_down(&bed);
	bed_up_on(&bed, &profile, BED_FREE);
	ck_assert_int_eq(km_percpu_populate(bed.percpu, 100), -ENOMEM);
	ck_assert_uint_eq(bed_info(&bed).populated_pages, 55);
	bed_down(&bed);
}
END_TEST

/* A chunk whose pieces were all freed goes, and nothing is taken from it any more. */
START_TEST(seeded_chunks_can_be_destroyed)
{
	struct bed bed;
	uint64_t bases[2];

	bed_up(&bed, "x86-64-4g", BED_HELD);
	ck_assert_int_eq(km_percpu_populate(bed.percpu, (57 + 2 * 128 + 3) * 4), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_chunks, 4);
	bases[0] = bed.top;
	bases[1] = bed.top - MIB(2);
	for (unsigned int i = 0; i < 2; i++) {
		for (uint64_t off = 0; off < KIB(512); off += 64)
			bed_free(&bed, bases[i] + off);
		bed_check(&bed);
	}
	/* One was drained before it was free, so its turn comes at the next balance. */
	km_percpu_balance(bed.percpu, 0);
	ck_assert_uint_eq(bed_info(&bed).nr_chunks, 3);
	ck_assert_uint_eq(bed.percpu->nr_seeded, 3);
	ck_assert_uint_eq(km_percpu_take_preexisting(bed.percpu), bed.top - MIB(4) + PAGE - 64);
	for (unsigned int i = 0; i < 63; i++)
		ck_assert_uint_ne(km_percpu_take_preexisting(bed.percpu), 0);
	/* Past the free chunk that is kept, to the first one. */
	ck_assert_uint_eq(km_percpu_take_preexisting(bed.percpu),
			  bed.first + DYNAMIC + KIB(28) - 64);
	ck_assert_uint_eq(bed.percpu->nr_seeded, 1);
	bed_down(&bed);
}
END_TEST

RUN_SUITE("core/percpu/preexisting", chunks_are_filled_up_to_the_hosts_pages,
	  a_host_with_the_first_chunk_only, the_empty_pages_may_lie_in_two_chunks,
	  pieces_are_taken_from_the_top, a_piece_freed_by_address_is_not_taken,
	  too_few_held_pages_is_an_error, seeded_chunks_can_be_destroyed)
