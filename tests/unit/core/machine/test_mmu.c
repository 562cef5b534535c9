/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mapping, unmapping, other rights, splitting: what is where afterwards, what it took in
 * tables, and that a failure in the middle leaves everything as it was.
 */
#include <errno.h>
#include <stdio.h>

#include "tests/unit/core/machine/mmu_fixture.h"

#define KIB UINT64_C(1024)
#define MIB (KIB << 10)
#define GIB (KIB << 20)

static void expect_tables(const struct fixture *fix, uint64_t l1, uint64_t l2, uint64_t l3,
			  uint64_t l4)
{
	ck_assert_uint_eq(fix->mmu.nr_tables[1], l1);
	ck_assert_uint_eq(fix->mmu.nr_tables[2], l2);
	ck_assert_uint_eq(fix->mmu.nr_tables[3], l3);
	ck_assert_uint_eq(fix->mmu.nr_tables[4], l4);
	fixture_check(fix);
}

static void expect_pages(const struct fixture *fix, uint64_t l1, uint64_t l2, uint64_t l3)
{
	ck_assert_uint_eq(fix->mmu.nr_pages[1], l1);
	ck_assert_uint_eq(fix->mmu.nr_pages[2], l2);
	ck_assert_uint_eq(fix->mmu.nr_pages[3], l3);
}

START_TEST(one_page_on_every_format)
{
	for (int kind = 0; kind < KM_NR_MMU_KINDS; kind++) {
		struct fixture *fix = fixture_new(kind, KM_MMU_FEATURES_ALL);
		uint64_t va = kind < KM_MMU_X86_64 ? 0xf8801000 : KERNEL_VA + 0x1000;

		ck_assert_int_eq(km_mmu_map_page(&fix->mmu, va, 0x7654000, KM_PROT_KERNEL), 0);
		ck_assert_uint_eq(fixture_pa(fix, va + 0x123), 0x7654123);
		ck_assert_uint_eq(fixture_pa(fix, va - 1), UINT64_MAX);
		ck_assert_uint_eq(fixture_pa(fix, va + 0x1000), UINT64_MAX);
		ck_assert_uint_eq(fix->nr_out, fix->mmu.format.nr_levels);
		ck_assert_uint_eq(fix->mmu.nr_pages[1], 1);
		fixture_free_all(fix);
	}
}
END_TEST

/* The entries lie in memory as the processor would read them. */
START_TEST(entries_are_bytes_of_memory)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_32, KM_MMU_FEATURES_ALL);
	static const uint8_t expect[4] = { 0x63, 0x41, 0x65, 0x07 };
	uint8_t bytes[4];
	struct km_walk walk;

	ck_assert_int_eq(km_mmu_map_page(&fix->mmu, 0xc0001000, 0x7654000, KM_PROT_KERNEL), 0);
	ck_assert_int_eq(km_mmu_translate(&fix->mmu, 0xc0001000, &walk), 0);
	ck_assert_uint_eq(walk.nr_steps, 2);
	/* Entry 768 of the root, entry 1 of the page table. */
	ck_assert_uint_eq(walk.steps[0].paddr, (FIXTURE_FIRST << 12) + 768 * 4);
	ck_assert_uint_eq(walk.steps[0].entry, ((FIXTURE_FIRST + 1) << 12) | 0x63);
	ck_assert_uint_eq(walk.steps[1].paddr, ((FIXTURE_FIRST + 1) << 12) + 4);
	ck_assert_int_eq(km_phys_read(fix->phys, walk.steps[1].paddr, bytes, 4), 0);
	ck_assert_mem_eq(bytes, expect, 4);
	fixture_free_all(fix);
}
END_TEST

/*
 *  va     1 GiB - 2 MiB - 8 KiB .. 3 GiB + 4 KiB, pa the same
 *         | 4K 4K | 2M |    1G    |    1G    | 4K |
 */
START_TEST(the_largest_pages_that_fit)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	uint64_t from = GIB - 2 * MIB - 8 * KIB, bytes = 2 * GIB + 2 * MIB + 12 * KIB;

	ck_assert_int_eq(km_mmu_map(&fix->mmu, from, from, bytes, KM_PROT_USER, 0), 0);
	expect_pages(fix, 3, 1, 2);
	expect_tables(fix, 2, 2, 1, 1);
	for (uint64_t va = from; va < from + bytes; va += 4 * KIB)
		if (fixture_pa(fix, va) != va)
			ck_abort_msg("0x%llx is elsewhere", (unsigned long long)va);
	ck_assert_int_eq(km_mmu_unmap(&fix->mmu, from, bytes, KM_MMU_FREE_TABLES), 0);
	expect_pages(fix, 0, 0, 0);
	expect_tables(fix, 0, 0, 0, 1);
	fixture_free_all(fix);
}
END_TEST

START_TEST(a_limit_and_alignment_make_pages_smaller)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);

	ck_assert_int_eq(km_mmu_map(&fix->mmu, 4 * GIB, 0, GIB, 0, 2 * MIB), 0);
	expect_pages(fix, 0, 512, 0);
	/* Physical memory is 4 KiB off. */
	ck_assert_int_eq(km_mmu_map(&fix->mmu, 8 * GIB, 4 * KIB, 2 * MIB, 0, 0), 0);
	expect_pages(fix, 512, 512, 0);
	ck_assert_uint_eq(fixture_pa(fix, 8 * GIB + MIB), MIB + 4 * KIB);
	fixture_free_all(fix);
}
END_TEST

START_TEST(empty_tables_give_way_to_large_pages)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	struct km_mmu *mmu = &fix->mmu;

	/* Four page tables below a directory, one page left in them. */
	ck_assert_int_eq(km_mmu_map(mmu, 4 * GIB, 0, 8 * MIB, 0, 4096), 0);
	ck_assert_int_eq(km_mmu_unmap(mmu, 4 * GIB + 4096, 8 * MIB - 4096, 0), 0);
	expect_tables(fix, 4, 1, 1, 1);
	ck_assert_int_eq(km_mmu_map(mmu, 4 * GIB, 0, GIB, 0, 0), -EEXIST);
	ck_assert_int_eq(km_mmu_map(mmu, 4 * GIB + 2 * MIB, 0, 2 * MIB, 0, 0), 0);
	expect_pages(fix, 1, 1, 0);
	expect_tables(fix, 3, 1, 1, 1);
	ck_assert_int_eq(km_mmu_unmap(mmu, 4 * GIB, GIB, 0), 0);
	ck_assert_int_eq(km_mmu_map(mmu, 4 * GIB, 0, GIB, 0, 0), 0);
	expect_pages(fix, 0, 0, 1);
	expect_tables(fix, 0, 0, 1, 1);
	fixture_free_all(fix);
}
END_TEST

START_TEST(calls_that_make_no_sense)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	struct km_mmu *mmu = &fix->mmu;

	ck_assert_int_eq(km_mmu_map(mmu, GIB, 0, 0, 0, 0), -EINVAL);
	ck_assert_int_eq(km_mmu_map(mmu, GIB + 1, 0, 4096, 0, 0), -EINVAL);
	ck_assert_int_eq(km_mmu_map(mmu, GIB, 1, 4096, 0, 0), -EINVAL);
	ck_assert_int_eq(km_mmu_map(mmu, GIB, 0, 4095, 0, 0), -EINVAL);
	ck_assert_int_eq(km_mmu_map(mmu, 1ull << 47, 0, 4096, 0, 0), -EINVAL);
	ck_assert_int_eq(km_mmu_map(mmu, GIB, 1ull << 46, 4096, 0, 0), -EINVAL);
	ck_assert_int_eq(km_mmu_map(mmu, GIB, (1ull << 46) - 4096, 4096, 0, 0), 0);
	ck_assert_int_eq(km_mmu_map(mmu, KERNEL_VA, 0, 4096, KM_PROT_USER, 0), -EINVAL);
	ck_assert_int_eq(km_mmu_unmap(mmu, KERNEL_VA, 1, 0), -EINVAL);
	ck_assert_int_eq(km_mmu_unmap(mmu, -4096ull, 8192, 0), -EINVAL);
	ck_assert_int_eq(km_mmu_protect(mmu, KERNEL_VA, 4096, KM_PROT_USER, 0), -EINVAL);
	ck_assert_int_eq(km_mmu_protect(mmu, KERNEL_VA, 4096, 0, 0), -ENOENT);
	ck_assert_int_eq(km_mmu_split(mmu, GIB, 8192), -EINVAL);
	ck_assert_int_eq(km_mmu_split(mmu, GIB, 0), -EINVAL);
	ck_assert_int_eq(km_mmu_split(mmu, 3 * GIB, 4096), -ENOENT);
	expect_pages(fix, 1, 0, 0);
	fixture_free_all(fix);
}
END_TEST

START_TEST(what_is_mapped_is_not_mapped_over)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	struct km_mmu *mmu = &fix->mmu;
	unsigned int before;

	ck_assert_int_eq(km_mmu_map_page(mmu, GIB + 6 * MIB, 0, 0), 0);
	ck_assert_int_eq(km_mmu_map(mmu, 2 * GIB, 0, 2 * MIB, 0, 0), 0);
	before = fix->nr_out;
	/* The tables that were taken before the obstacle was found go back. */
	ck_assert_int_eq(km_mmu_map(mmu, 0, 0, GIB + 8 * MIB, 0, 4096), -EEXIST);
	ck_assert_int_eq(km_mmu_map_page(mmu, 2 * GIB + MIB, 0, 0), -EEXIST);
	ck_assert_uint_eq(fix->nr_out, before);
	expect_pages(fix, 1, 1, 0);
	ck_assert_uint_eq(fixture_pa(fix, 0), UINT64_MAX);
	fixture_free_all(fix);
}
END_TEST

/* Bytes of all tables, to compare before and after. */
static uint64_t fingerprint(const struct fixture *fix)
{
	static uint8_t page[4096];
	uint64_t sum = 14695981039346656037u;

	for (uint64_t pfn = FIXTURE_FIRST; pfn < 4 * 1024; pfn++) {
		if (!fix->out[pfn])
			continue;
		km_phys_read(fix->phys, pfn << 12, page, sizeof(page));
		for (size_t i = 0; i < sizeof(page); i++)
			sum = (sum ^ page[i]) * 1099511628211u;
		sum = (sum ^ pfn) * 1099511628211u;
	}
	return sum;
}

enum change {
	CHANGE_MAP,
	CHANGE_UNMAP,
	CHANGE_PROTECT,
	CHANGE_SPLIT,
	NR_CHANGES
};

static int change(struct km_mmu *mmu, enum change what)
{
	switch (what) {
	case CHANGE_MAP:
		return km_mmu_map(mmu, GIB - 4096, GIB - 4096, 4 * MIB + 8192, 0, 0);
	case CHANGE_UNMAP: /* cuts a page of 1 GiB at both ends, and another at one */
		return km_mmu_unmap(mmu, 4 * GIB + 4096, GIB + 4 * MIB, 0);
	case CHANGE_PROTECT:
		return km_mmu_protect(mmu, 4 * GIB + 4096, 6 * MIB, 0, 0);
	default:
		return km_mmu_split(mmu, 5 * GIB + 9 * MIB, 4096);
	}
}

START_TEST(no_table_at_any_moment)
{
	for (int what = 0; what < NR_CHANGES; what++) {
		struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
		unsigned int refused = 0;
		uint64_t before;
		int err;

		ck_assert_int_eq(km_mmu_map(&fix->mmu, 4 * GIB, 8 * GIB, 2 * GIB, 0, 0), 0);
		before = fingerprint(fix);
		do {
			unsigned int out = fix->nr_out;

			fix->fail_at = fix->nr_allocs + ++refused;
			err = change(&fix->mmu, what);
			if (!err)
				break;
			ck_assert_int_eq(err, -ENOMEM);
			ck_assert_uint_eq(fix->nr_out, out);
			ck_assert_uint_eq(fingerprint(fix), before);
			expect_pages(fix, 0, 0, 2);
			fixture_check(fix);
		} while (refused < 100);
		ck_assert_int_eq(err, 0);
		ck_assert_uint_ge(refused, 3);
		fixture_free_all(fix);
	}
}
END_TEST

static uint64_t outside_pfn(void *arg, unsigned int level)
{
	(void)level;
	return *(uint64_t *)arg;
}

static void no_free(void *arg, uint64_t pfn, unsigned int level)
{
	(void)level;
	ck_assert_uint_eq(pfn, *(uint64_t *)arg);
}

START_TEST(tables_from_outside_of_memory)
{
	static const struct km_mmu_ops ops = { outside_pfn, no_free };
	struct km_mmu_options options = { .kind = KM_MMU_X86_32_PAE };
	struct km_phys *phys = km_phys_new(1 << 22, 12);
	struct km_mmu mmu;
	uint64_t pfn = 1 << 20;

	/* The root of PAE: CR3 has 32 bits. */
	ck_assert_int_eq(km_mmu_init(&mmu, &options, phys, &ops, &pfn), -EFAULT);
	pfn = 1 << 22;
	options.kind = KM_MMU_X86_64;
	ck_assert_int_eq(km_mmu_init(&mmu, &options, phys, &ops, &pfn), -EFAULT);
	km_mmu_release(&mmu);
	pfn = KM_NO_PFN;
	ck_assert_int_eq(km_mmu_init(&mmu, &options, phys, &ops, &pfn), -ENOMEM);
	options.kind = KM_NR_MMU_KINDS;
	ck_assert_int_eq(km_mmu_init(&mmu, &options, phys, &ops, &pfn), -EINVAL);
	km_phys_free(phys);
}
END_TEST

/*
 *  before  |        2 MiB        |
 *  unmap          [-----]
 *  after   | 4K * | ..  | 4K *   |    in one page table
 */
START_TEST(unmapping_cuts_a_large_page)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	struct km_mmu *mmu = &fix->mmu;

	ck_assert_int_eq(km_mmu_map(mmu, KERNEL_VA, 64 * MIB, 2 * MIB, KM_PROT_KERNEL, 0), 0);
	ck_assert_int_eq(km_mmu_unmap(mmu, KERNEL_VA + 64 * KIB, 128 * KIB, 0), 0);
	expect_pages(fix, 512 - 32, 0, 0);
	expect_tables(fix, 1, 1, 1, 1);
	ck_assert_uint_eq(fixture_pa(fix, KERNEL_VA + 64 * KIB - 1), 64 * MIB + 64 * KIB - 1);
	ck_assert_uint_eq(fixture_pa(fix, KERNEL_VA + 64 * KIB), UINT64_MAX);
	ck_assert_uint_eq(fixture_pa(fix, KERNEL_VA + 192 * KIB), 64 * MIB + 192 * KIB);
	/* Same rights, accessed, dirty, global; the bit that says "large" is gone. */
	ck_assert_uint_eq(fixture_entry(fix, KERNEL_VA + 4096, 1),
			  (64 * MIB + 4096) | 0x8000000000000163);
	fixture_free_all(fix);
}
END_TEST

START_TEST(tables_stay_unless_told)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	struct km_mmu *mmu = &fix->mmu;

	ck_assert_int_eq(km_mmu_map(mmu, KERNEL_VA, 0, 4 * MIB, KM_PROT_KERNEL, 4096), 0);
	expect_tables(fix, 2, 1, 1, 1);
	ck_assert_int_eq(km_mmu_unmap(mmu, KERNEL_VA, 4 * MIB, 0), 0);
	expect_pages(fix, 0, 0, 0);
	expect_tables(fix, 2, 1, 1, 1);
	/* Nothing is there any more, but the tables are empty now. */
	ck_assert_int_eq(km_mmu_unmap(mmu, KERNEL_VA, 2 * MIB, KM_MMU_FREE_TABLES), 0);
	expect_tables(fix, 1, 1, 1, 1);
	ck_assert_int_eq(km_mmu_unmap(mmu, 0, 1ull << 47, KM_MMU_FREE_TABLES), 0);
	ck_assert_int_eq(km_mmu_unmap(mmu, -1ull << 47, 1ull << 47, KM_MMU_FREE_TABLES), 0);
	expect_tables(fix, 0, 0, 0, 1);
	fixture_free_all(fix);
}
END_TEST

/* set_memory_ro() of 8 KiB in the middle of a page of 1 GiB. */
START_TEST(other_rights_for_a_part)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	struct km_mmu *mmu = &fix->mmu;
	uint64_t base = 0xffff888000000000, at = base + 100 * MIB;

	ck_assert_int_eq(km_mmu_map(mmu, base, 0, GIB, KM_PROT_KERNEL, 0), 0);
	expect_pages(fix, 0, 0, 1);
	ck_assert_int_eq(km_mmu_protect(mmu, at, 8 * KIB, KM_PROT_GLOBAL | KM_PROT_EXEC, 0), 0);
	expect_pages(fix, 512, 511, 0);
	expect_tables(fix, 1, 1, 1, 1);
	ck_assert_uint_eq(fixture_entry(fix, at, 1), (100 * MIB) | 0x161);
	ck_assert_uint_eq(fixture_entry(fix, at + 8 * KIB, 1),
			  (100 * MIB + 8 * KIB) | 0x8000000000000163);
	ck_assert_uint_eq(fixture_entry(fix, base, 2), 0x80000000000001e3);
	/* A hole: nothing is changed. */
	ck_assert_int_eq(km_mmu_unmap(mmu, at + 4096, 4096, 0), 0);
	ck_assert_int_eq(km_mmu_protect(mmu, at, 12 * KIB, KM_PROT_KERNEL, 0), -ENOENT);
	ck_assert_uint_eq(fixture_entry(fix, at, 1), (100 * MIB) | 0x161);
	fixture_free_all(fix);
}
END_TEST

START_TEST(splitting_goes_down_one_path)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	struct km_mmu *mmu = &fix->mmu;

	ck_assert_int_eq(km_mmu_map(mmu, 4 * GIB, 0, 2 * GIB, 0, 0), 0);
	ck_assert_int_eq(km_mmu_split(mmu, 4 * GIB + 5 * MIB + 17, GIB), 0);
	expect_pages(fix, 0, 0, 2);
	ck_assert_int_eq(km_mmu_split(mmu, 4 * GIB + 5 * MIB + 17, 2 * MIB), 0);
	expect_pages(fix, 0, 512, 1);
	ck_assert_int_eq(km_mmu_split(mmu, 4 * GIB + 5 * MIB + 17, 4 * KIB), 0);
	expect_pages(fix, 512, 511, 1);
	/* Small enough already, whatever lies beside it. */
	ck_assert_int_eq(km_mmu_unmap(mmu, 4 * GIB + 4 * MIB, 4 * KIB, 0), 0);
	ck_assert_int_eq(km_mmu_split(mmu, 4 * GIB + 5 * MIB + 17, 2 * MIB), 0);
	ck_assert_int_eq(km_mmu_split(mmu, 5 * GIB, 4 * KIB), 0);
	expect_pages(fix, 1023, 511 + 511, 0);
	expect_tables(fix, 2, 2, 1, 1);
	ck_assert_uint_eq(fixture_pa(fix, 4 * GIB + 5 * MIB + 17), 5 * MIB + 17);
	fixture_free_all(fix);
}
END_TEST

START_TEST(large_pages_of_32_bit)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_32, KM_MMU_FEATURES_ALL);
	struct fixture *pae = fixture_new(KM_MMU_X86_32_PAE, KM_MMU_FEATURES_ALL);

	ck_assert_int_eq(km_mmu_map(&fix->mmu, 0xc0000000, 0, 64 * MIB, KM_PROT_KERNEL, 0), 0);
	expect_pages(fix, 0, 16, 0);
	expect_tables(fix, 0, 1, 0, 0);
	ck_assert_int_eq(km_mmu_split(&fix->mmu, 0xc0400000, 4096), 0);
	expect_pages(fix, 1024, 15, 0);
	ck_assert_uint_eq(fixture_entry(fix, 0xc0401000, 1), 0x401163);
	fixture_free_all(fix);

	ck_assert_int_eq(km_mmu_map(&pae->mmu, 0xc0000000, 0, 64 * MIB, KM_PROT_KERNEL, 0), 0);
	expect_pages(pae, 0, 32, 0);
	expect_tables(pae, 0, 1, 1, 0);
	ck_assert_uint_eq(fixture_entry(pae, 0xc0000000, 3), ((FIXTURE_FIRST + 1) << 12) | 1);
	fixture_free_all(pae);
}
END_TEST

/* km_mmu_cost() says by arithmetic what mapping then takes. */
START_TEST(costs_are_what_mapping_takes)
{
	static const uint64_t sizes[3] = { 4 * KIB, 2 * MIB, GIB };

	for (unsigned int i = 0; i < 3; i++) {
		struct fixture *fix = fixture_new(KM_MMU_X86_64_LA57, KM_MMU_FEATURES_ALL);
		uint64_t va = 511 * GIB + (i < 2 ? GIB - 2 * sizes[i] : 0), bytes = 7 * sizes[i];
		struct km_mmu_cost cost;

		ck_assert_int_eq(km_mmu_cost(&fix->mmu.format, va, bytes, sizes[i], &cost), 0);
		ck_assert_int_eq(km_mmu_map(&fix->mmu, va, 0, bytes, 0, sizes[i]), 0);
		for (unsigned int level = 1; level < 5; level++)
			ck_assert_uint_eq(fix->mmu.nr_tables[level], cost.tables[level]);
		ck_assert_uint_eq(fix->nr_out, cost.nr_tables + 1);
		ck_assert_uint_eq(fix->mmu.nr_pages[i + 1], cost.tlb_entries);
		fixture_free_all(fix);
	}
}
END_TEST

static void put_entry(struct fixture *fix, uint64_t paddr, uint64_t entry)
{
	uint8_t bytes[8];

	for (unsigned int i = 0; i < 8; i++)
		bytes[i] = entry >> 8 * i & 0xff;
	ck_assert_int_eq(km_phys_write(fix->phys, paddr, bytes, 8), 0);
}

static void expect_complaint(const struct fixture *fix, const char *expect)
{
	char buf[200];

	ck_assert_str_eq(km_mmu_is_valid(&fix->mmu, buf, sizeof(buf)), expect);
}

/* Tables: root 16, level 3 in 17, level 2 in 18, level 1 in 19. */
START_TEST(broken_tables_are_told)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	uint64_t leaf = 19 << 12, directory = 18 << 12, entry;

	ck_assert_int_eq(km_mmu_map_page(&fix->mmu, 0, 0x1000, 0), 0);
	entry = fixture_entry(fix, 0, 1);
	put_entry(fix, leaf, entry | 1ull << 50);
	expect_complaint(fix,
			 "mmu: table 0x13 of level 1: entry 0 has reserved bits 0x4000000000000");
	put_entry(fix, leaf, 0);
	expect_complaint(fix, "mmu: 1 pages of level 1 counted, 0 reached");
	put_entry(fix, leaf, entry);
	put_entry(fix, directory + 8, 0x20000063);
	expect_complaint(fix, "mmu: more than the 4 tables counted can be reached");
	ck_assert_int_eq(km_mmu_map_page(&fix->mmu, 2 * MIB, 0, 0), -EFAULT);
	ck_assert_int_eq(km_mmu_unmap(&fix->mmu, 2 * MIB, 2 * MIB, KM_MMU_FREE_TABLES), 0);
	ck_assert_uint_eq(fixture_pa(fix, 2 * MIB), UINT64_MAX);
	put_entry(fix, directory + 8, 0);
	put_entry(fix, directory, 0);
	expect_complaint(fix, "mmu: 1 tables of level 1 counted, 0 reached");
	put_entry(fix, directory, (11ull << 12) | 0x63);
	km_phys_forget(fix->phys, 11, 1);
	expect_complaint(fix, "mmu: table 0xb of level 1 has no contents");
	put_entry(fix, directory, (18ull << 12) | 0x63);
	expect_complaint(fix, "mmu: table 0x12 is reached twice");
	put_entry(fix, directory, (19ull << 12) | 0x67);
	fixture_free_all(fix);
}
END_TEST

RUN_SUITE("machine/mmu", one_page_on_every_format, entries_are_bytes_of_memory,
	  the_largest_pages_that_fit, a_limit_and_alignment_make_pages_smaller,
	  empty_tables_give_way_to_large_pages, calls_that_make_no_sense,
	  what_is_mapped_is_not_mapped_over, no_table_at_any_moment, tables_from_outside_of_memory,
	  unmapping_cuts_a_large_page, tables_stay_unless_told, other_rights_for_a_part,
	  splitting_goes_down_one_path, large_pages_of_32_bit, costs_are_what_mapping_takes,
	  broken_tables_are_told)
