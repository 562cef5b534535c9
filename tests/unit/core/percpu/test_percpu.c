/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>

#include "tests/unit/core/percpu/bed.h"

/*
 * Unit of the first chunk:
 *
 *   |static 192K|reserved 8K|a|b|c...        dynamic from 200 KiB on
 */
START_TEST(first_chunk_serves_from_behind_the_static_area)
{
	struct bed bed;
	struct km_percpu_info info;
	uint64_t a, b, c;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	info = bed_info(&bed);
	ck_assert_uint_eq(info.unit_bytes, KIB(512));
	ck_assert_uint_eq(info.nr_chunks, 1);
	ck_assert_uint_eq(info.populated_pages, 57 * 4);
	ck_assert_uint_eq(info.free_populated_bytes, KIB(28) * 4);
	ck_assert_uint_eq(info.empty_pop_pages, 7);
	ck_assert_uint_eq(info.nr_allocs, 0);

	/* 1 byte takes 4, 6 take 8. */
	a = bed_alloc(&bed, 1, 1);
	b = bed_alloc(&bed, 6, 4);
	c = bed_alloc(&bed, 64, 64);
	ck_assert_uint_eq(a, bed.first + DYNAMIC);
	ck_assert_uint_eq(b, bed.first + DYNAMIC + 4);
	ck_assert_uint_eq(c, bed.first + DYNAMIC + 64);
	/* The gap before c is used. */
	ck_assert_uint_eq(bed_alloc(&bed, 8, 8), bed.first + DYNAMIC + 16);
	ck_assert_uint_eq(bed_alloc(&bed, 4, 0), bed.first + DYNAMIC + 12);
	info = bed_info(&bed);
	ck_assert_uint_eq(info.nr_allocs, 5);
	ck_assert_uint_eq(info.bytes_inuse, 4 + 8 + 64 + 8 + 4);
	ck_assert_uint_eq(info.free_populated_bytes, (KIB(28) - 88) * 4);
	ck_assert_uint_eq(info.empty_pop_pages, 6);
	bed_down(&bed);
}
END_TEST

/*
 *   |a|b|c|       free b:  |a|.|c|       d of b's size goes there, e of more behind c
 */
START_TEST(freed_space_is_taken_again_by_first_fit)
{
	struct bed bed;
	uint64_t a, b, c;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	a = bed_alloc(&bed, 32, 8);
	b = bed_alloc(&bed, 32, 8);
	c = bed_alloc(&bed, 32, 8);
	bed_free(&bed, b);
	ck_assert_uint_eq(bed_alloc(&bed, 40, 8), c + 32);
	ck_assert_uint_eq(bed_alloc(&bed, 20, 4), b);
	ck_assert_uint_eq(bed_alloc(&bed, 12, 4), b + 20);
	bed_free(&bed, a);
	bed_free(&bed, c);
	bed_down(&bed);
}
END_TEST

START_TEST(only_starts_of_live_allocations_can_be_freed)
{
	struct bed bed;
	uint64_t addr;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	addr = bed_alloc(&bed, 16, 4);
	ck_assert_int_eq(km_percpu_free(bed.percpu, addr + 4, 0), -EINVAL);
	ck_assert_int_eq(km_percpu_free(bed.percpu, addr + 1, 0), -EINVAL);
	/* Its end is a bound, but nothing starts there. */
	ck_assert_int_eq(km_percpu_free(bed.percpu, addr + 16, 0), -EINVAL);
	/* Not in the direct map, whose addresses are those of pages. */
	ck_assert_uint_eq(km_addr_to_pfn(&bed.machine, addr), KM_NO_PFN);
	/* The static area is nobody's to free; nor is another unit, or no chunk. */
	ck_assert_int_eq(km_percpu_free(bed.percpu, bed.first, 0), -EINVAL);
	ck_assert_int_eq(km_percpu_free(bed.percpu, addr + KIB(512), 0), -EINVAL);
	ck_assert_int_eq(km_percpu_free(bed.percpu, bed.first - 4, 0), -EINVAL);
	ck_assert_int_eq(km_percpu_free(bed.percpu, 0, 0), -EINVAL);
	bed_free(&bed, addr);
	ck_assert_int_eq(km_percpu_free(bed.percpu, addr, 0), -EINVAL);
	ck_assert_uint_eq(bed_info(&bed).nr_allocs, 0);
	bed_down(&bed);
}
END_TEST

START_TEST(bad_requests_are_refused)
{
	struct bed bed;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	ck_assert_uint_eq(bed_alloc(&bed, 0, 4), 0);
	ck_assert_int_eq(km_percpu_last_error(bed.percpu), -EINVAL);
	ck_assert_uint_eq(bed_alloc(&bed, KIB(32) + 1, 4), 0);
	ck_assert_uint_eq(bed_alloc(&bed, UINT64_MAX, 4), 0);
	ck_assert_uint_eq(bed_alloc(&bed, 8, 2 * PAGE), 0);
	ck_assert_uint_eq(bed_alloc(&bed, 8, 24), 0);
	ck_assert_uint_eq(bed_alloc(&bed, 8, UINT64_C(1) << 63), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_failures, 6);
	ck_assert_uint_ne(bed_alloc(&bed, KIB(32), PAGE), 0);
	bed_down(&bed);
}
END_TEST

/*
 * The first chunk has 28 KiB; 32 KiB need a new one, of which 8 pages are populated:
 *
 *   chunk 2  |########|....     8 pages in 4 units
 *   tables   PTE for 2 MiB (all 4 units), PMD, PUD
 */
START_TEST(a_new_chunk_is_populated_on_demand)
{
	struct bed bed;
	uint64_t addr, before;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	before = bed_nr_free(&bed);
	addr = bed_alloc(&bed, KIB(32), 4);
	ck_assert_uint_eq(addr, bed.top);
	ck_assert_uint_eq(bed_info(&bed).nr_chunks, 2);
	ck_assert_uint_eq(bed_info(&bed).populated_pages, (57 + 8) * 4);
	ck_assert_uint_eq(bed_nr_free(&bed), before - 8 * 4 - 3);
	/* 7 empty pages in the first chunk are enough. */
	ck_assert_uint_eq(bed_info(&bed).empty_pop_pages, 7);
	ck_assert_uint_eq(bed_info(&bed).peak_populated_pages, (57 + 8) * 4);

	/* Chunk 2 is the only free one: it keeps its pages. */
	bed_free(&bed, addr);
	ck_assert_uint_eq(bed_info(&bed).nr_chunks, 2);
	ck_assert_uint_eq(bed_info(&bed).populated_pages, (57 + 8) * 4);
	ck_assert_uint_eq(bed_info(&bed).empty_pop_pages, 15);
	bed_down(&bed);
}
END_TEST

/*
 * An atomic request takes only populated pages: 28 KiB are there, then none; the failure
 * makes the balance work populate 4 in a new chunk, so the next one succeeds.
 */
START_TEST(atomic_requests_take_populated_pages_only)
{
	struct bed bed;
	unsigned int nr = 0;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	/* Below 2 empty pages 4 are made at once: take them with one request. */
	ck_assert_uint_eq(bed_alloc_atomic(&bed, KIB(28), 4), bed.first + DYNAMIC);
	ck_assert_uint_eq(bed_info(&bed).empty_pop_pages, 4);
	ck_assert_uint_eq(bed_info(&bed).nr_chunks, 2);
	ck_assert_uint_eq(bed_alloc_atomic(&bed, KIB(20), 4), 0);
	ck_assert_int_eq(km_percpu_last_error(bed.percpu), -ENOSPC);
	ck_assert_uint_eq(bed_info(&bed).empty_pop_pages, 8);
	ck_assert_uint_eq(bed_alloc_atomic(&bed, KIB(20), 4), bed.top);
	ck_assert_uint_eq(bed_info(&bed).empty_pop_pages, 3);
	while (bed_info(&bed).populated_pages == (57 + 8) * 4) {
		ck_assert_uint_ne(bed_alloc_atomic(&bed, 4, 4), 0);
		nr++;
	}
	/* One page filled, and the first bytes of the next, which leave only one empty. */
	ck_assert_uint_eq(nr, 1025);
	ck_assert_uint_eq(bed_info(&bed).empty_pop_pages, 4);
	bed_down(&bed);
}
END_TEST

/*
 * Three chunks of one big allocation each beside the first chunk; freed one by one:
 *
 *   |F|a|b|c|  ─▶  |F|.|b|c|  ─▶  |F|.|c|     one free chunk is kept, others go
 */
START_TEST(all_free_chunks_but_one_are_destroyed)
{
	struct bed bed;
	struct km_vm_info vm;
	uint64_t addr[3 * 16], nr = 0;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	/* 16 of 32 KiB fill a unit of 512 KiB. */
	while (nr < 3 * 16)
		addr[nr++] = bed_alloc(&bed, KIB(32), 4);
	ck_assert_uint_eq(bed_info(&bed).nr_chunks, 4);
	ck_assert_uint_eq(bed_info(&bed).populated_pages, (57 + 3 * 128) * 4);
	km_vm_get_info(bed.vm, &vm);
	ck_assert_uint_eq(vm.top_bytes, 3 * MIB(2));
	for (unsigned int i = 0; i < 16; i++)
		bed_free(&bed, addr[i]);
	ck_assert_uint_eq(bed_info(&bed).nr_chunks, 4);
	bed_check(&bed);
	for (unsigned int i = 16; i < 32; i++)
		bed_free(&bed, addr[i]);
	ck_assert_uint_eq(bed_info(&bed).nr_chunks, 3);
	bed_check(&bed);
	for (unsigned int i = 32; i < 48; i++)
		bed_free(&bed, addr[i]);
	ck_assert_uint_eq(bed_info(&bed).nr_chunks, 2);
	km_vm_get_info(bed.vm, &vm);
	ck_assert_uint_eq(vm.top_bytes, MIB(2));
	ck_assert_uint_eq(vm.nr_areas, 0);
	bed_down(&bed);
}
END_TEST

/*
 * A chunk full of 32 KiB, then every one but the first freed: a quarter of it is empty long
 * before, so it is drained from its top as long as 4 empty pages are left elsewhere (the
 * first chunk has 7), and sidelined.
 *
 *   |####|........................|  ─▶  8 populated pages
 */
START_TEST(empty_pages_of_a_chunk_are_drained)
{
	struct bed bed;
	uint64_t addr[16];

	bed_up(&bed, "x86-64-4g", BED_FREE);
	for (unsigned int i = 0; i < 16; i++)
		addr[i] = bed_alloc(&bed, KIB(32), 4);
	ck_assert_uint_eq(bed_info(&bed).populated_pages, (57 + 128) * 4);
	/* Three give 24 pages, below a quarter of 128; the fourth makes 32. */
	for (unsigned int i = 15; i > 12; i--)
		bed_free(&bed, addr[i]);
	ck_assert_uint_eq(bed_info(&bed).populated_pages, (57 + 128) * 4);
	ck_assert_uint_eq(bed_info(&bed).empty_pop_pages, 7 + 24);
	bed_free(&bed, addr[12]);
	ck_assert_uint_eq(bed_info(&bed).populated_pages, (57 + 96) * 4);
	ck_assert_uint_eq(bed_info(&bed).empty_pop_pages, 7);
	/* Isolated: what it frees now goes at once. */
	for (unsigned int i = 11; i > 0; i--) {
		bed_free(&bed, addr[i]);
		ck_assert_uint_eq(bed_info(&bed).populated_pages, (57 + 8 * i) * 4);
		bed_check(&bed);
	}
	/* An allocation brings it back. */
	ck_assert_uint_eq(bed_alloc(&bed, KIB(32), 4), addr[0] + KIB(32));
	ck_assert_uint_eq(bed_info(&bed).populated_pages, (57 + 16) * 4);
	bed_down(&bed);
}
END_TEST

/* 3 possible CPUs get 4 units: meminfo counts 4, the machine gives pages for 3. */
START_TEST(meminfo_counts_units_not_cpus)
{
	struct km_profile profile;
	struct bed bed;
	uint64_t total = 1 << 20;

	km_profile_builtin("x86-64-4g", &profile);
	profile.nr_cpus = 2;
	profile.nr_possible_cpus = 3;
	bed_up_on(&bed, &profile, BED_FREE);
	ck_assert_uint_eq(bed_info(&bed).populated_pages, 57 * 4);
	ck_assert_uint_eq(bed_nr_free(&bed), total - 57 * 3);
	ck_assert_uint_eq(bed_info(&bed).free_populated_bytes, KIB(28) * 3);
	bed_down(&bed);
}
END_TEST

/* Units of a CPU come from its node. */
START_TEST(pages_are_on_the_node_of_their_cpu)
{
	struct bed bed;
	const struct km_chunk *chunk;

	bed_up(&bed, "x86-64-2node", BED_FREE);
	chunk = km_percpu_find_chunk(bed.percpu, bed_alloc(&bed, KIB(32), 4));
	ck_assert_ptr_nonnull(chunk);
	for (unsigned int page = 0; page < 8; page++) {
		for (unsigned int cpu = 0; cpu < 8; cpu++) {
			uint64_t pfn = chunk->pfns[page * 8 + cpu];

			ck_assert_uint_eq(km_pfn_zone(&bed.pages, pfn)->node,
					  bed.machine.cpus[cpu].node);
		}
	}
	bed_down(&bed);
}
END_TEST

/* Memory runs out in the middle of populating: the area and its pages go back. */
START_TEST(too_little_memory_leaves_no_allocation)
{
	struct km_profile profile;
	struct bed bed;
	struct km_percpu_info info;
	uint64_t pfn, last[3], nr = 0, nr_free;

	km_profile_builtin("x86-32-64m", &profile);
	profile.nr_cpus = 4;
	profile.nr_possible_cpus = 4;
	bed_up_on(&bed, &profile, BED_FREE);
	while ((pfn = km_alloc_pages(&bed.pages, KM_GFP_KERNEL, 0, 0, -1, KM_OWNER_OTHER)) !=
	       KM_NO_PFN)
		last[nr++ % 3] = pfn;
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(km_free_pages(&bed.pages, last[i], 0, 0), 0);
	nr_free = bed_nr_free(&bed);
	ck_assert_uint_eq(bed_alloc(&bed, KIB(24), 4), 0);
	ck_assert_int_eq(km_percpu_last_error(bed.percpu), -ENOMEM);
	ck_assert_uint_eq(bed_nr_free(&bed), nr_free);
	info = bed_info(&bed);
	ck_assert_uint_eq(info.nr_failures, 1);
	ck_assert_uint_eq(info.nr_allocs + info.bytes_inuse, 0);
	ck_assert_uint_eq(info.populated_pages, 55 * 4);
	bed_down(&bed);
}
END_TEST

/* A 32-bit range with room for two chunks beside the first: no third. */
START_TEST(too_little_address_space_is_a_failure)
{
	struct km_profile profile;
	struct bed bed;
	unsigned int nr = 0;

	km_profile_builtin("x86-32-1g", &profile);
	profile.vmalloc_start = profile.vmalloc_end - 2 * KIB(440) - PAGE;
	bed_up_on(&bed, &profile, BED_FREE);
	ck_assert_uint_eq(bed_info(&bed).unit_bytes, KIB(220));
	while (bed_alloc(&bed, KIB(20), 4))
		nr++;
	ck_assert_int_eq(km_percpu_last_error(bed.percpu), -ENOSPC);
	/* 20 KiB in the first, 220 in each other. */
	ck_assert_uint_eq(nr, 1 + 11 + 11);
	ck_assert_uint_eq(bed_info(&bed).nr_chunks, 3);
	bed_down(&bed);
}
END_TEST

/*
 *   |direct map 64 MiB| 8 MiB |vmalloc .................|
 *                      first chunk: 1 CPU 220 KiB     64 CPUs 14 MiB: does not fit the gap
 */
START_TEST(first_chunk_stays_out_of_the_vmalloc_range)
{
	static const struct {
		unsigned int nr_cpus;
		uint64_t base;
	} rows[] = { { 1, 0xc4000000 }, { 64, 0xff7fe000 } };
	struct km_profile profile;
	struct bed bed;

	for (unsigned int i = 0; i < 2; i++) {
		km_profile_builtin("x86-32-64m", &profile);
		profile.nr_possible_cpus = rows[i].nr_cpus;
		bed_up_on(&bed, &profile, BED_FREE);
		ck_assert_uint_eq(bed.first, rows[i].base);
		bed_down(&bed);
	}
}
END_TEST

START_TEST(a_machine_too_small_for_the_first_chunk)
{
	struct km_profile profile;
	struct km_machine machine;
	struct km_pages pages;
	struct km_percpu *percpu;
	struct km_vm *vm;

	km_profile_builtin("x86-32-64m", &profile);
	profile.nr_possible_cpus = 1000;
	ck_assert_int_eq(km_machine_init(&machine, &profile), 0);
	ck_assert_int_eq(km_pages_init(&pages, &machine), 0);
	ck_assert_int_eq(km_vm_init(&vm, &pages), 0);
	ck_assert_int_eq(km_percpu_init(&percpu, &pages, vm), -ENOMEM);
	ck_assert_ptr_null(percpu);
	km_vm_release(vm);
	km_pages_release(&pages);
	km_machine_release(&machine);
}
END_TEST

RUN_SUITE("core/percpu/percpu", first_chunk_serves_from_behind_the_static_area,
	  freed_space_is_taken_again_by_first_fit, only_starts_of_live_allocations_can_be_freed,
	  bad_requests_are_refused, a_new_chunk_is_populated_on_demand,
	  atomic_requests_take_populated_pages_only, all_free_chunks_but_one_are_destroyed,
	  empty_pages_of_a_chunk_are_drained, meminfo_counts_units_not_cpus,
	  pages_are_on_the_node_of_their_cpu, too_little_memory_leaves_no_allocation,
	  too_little_address_space_is_a_failure, first_chunk_stays_out_of_the_vmalloc_range,
	  a_machine_too_small_for_the_first_chunk)
