/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that go to memory: rights, fault codes and what is said about them, accessed
 * and dirty bits, and the TLB in between.
 */
#include <errno.h>

#include "tests/unit/core/machine/mmu_fixture.h"

#define USER_VA UINT64_C(0x400000)

static void expect_fault(struct fixture *fix, uint64_t va, unsigned int kind, uint32_t code,
			 const char *text)
{
	struct km_access access;
	char buf[200];

	ck_assert_int_eq(km_mmu_access(&fix->mmu, va, kind, &access), -EFAULT);
	ck_assert_uint_eq(access.error_code, code);
	ck_assert_str_eq(km_mmu_explain(&fix->mmu, &access, buf, sizeof(buf)), text);
}

static void expect_reach(struct fixture *fix, uint64_t va, unsigned int kind, uint64_t pa)
{
	struct km_access access;

	ck_assert_int_eq(km_mmu_access(&fix->mmu, va, kind, &access), 0);
	ck_assert_uint_eq(access.walk.pa, pa);
	ck_assert_uint_eq(access.error_code, 0);
}

START_TEST(rights_and_error_codes)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	struct km_mmu *mmu = &fix->mmu;
	const uint64_t text = USER_VA, data = USER_VA + 0x1000;

	ck_assert_int_eq(km_mmu_map_page(mmu, text, 0x10000, KM_PROT_USER | KM_PROT_EXEC), 0);
	ck_assert_int_eq(km_mmu_map_page(mmu, data, 0x11000, KM_PROT_USER | KM_PROT_WRITE), 0);
	ck_assert_int_eq(km_mmu_map_page(mmu, KERNEL_VA, 0x12000, KM_PROT_KERNEL), 0);

	expect_reach(fix, text + 5, KM_ACCESS_EXEC | KM_ACCESS_USER, 0x10005);
	expect_reach(fix, data + 5, KM_ACCESS_WRITE | KM_ACCESS_USER, 0x11005);
	expect_reach(fix, data + 5, KM_ACCESS_WRITE, 0x11005);
	expect_reach(fix, KERNEL_VA, KM_ACCESS_WRITE, 0x12000);
	expect_fault(fix, text, KM_ACCESS_WRITE | KM_ACCESS_USER, 7,
		     "user write to 0x400000: page fault, error code 0x7: mapped read-only by the "
		     "PTE (level 1 of 4)");
	expect_fault(fix, text, KM_ACCESS_WRITE, 3,
		     "kernel write to 0x400000: page fault, error code 0x3: mapped read-only by "
		     "the PTE (level 1 of 4)");
	expect_fault(fix, data, KM_ACCESS_EXEC | KM_ACCESS_USER, 0x15,
		     "user fetch from 0x401000: page fault, error code 0x15: execution forbidden "
		     "by the PTE (level 1 of 4)");
	expect_fault(fix, KERNEL_VA, KM_ACCESS_USER, 5,
		     "user read of 0xffffc90000000000: page fault, error code 0x5: the kernel's "
		     "alone by the PGD (level 4 of 4)");
	fixture_free_all(fix);
}
END_TEST

START_TEST(not_present_at_each_level)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64_LA57, KM_MMU_FEATURES_ALL);

	ck_assert_int_eq(km_mmu_map_page(&fix->mmu, 0, 0, KM_PROT_USER), 0);
	expect_fault(fix, 0x1000, KM_ACCESS_READ, 0,
		     "kernel read of 0x1000: page fault, error code 0x0: PTE not present (level 1 "
		     "of 5)");
	expect_fault(fix, 0x200000, KM_ACCESS_USER, 4,
		     "user read of 0x200000: page fault, error code 0x4: PMD not present (level 2 "
		     "of 5)");
	expect_fault(fix, 0x40000000, KM_ACCESS_WRITE, 2,
		     "kernel write to 0x40000000: page fault, error code 0x2: PUD not present "
		     "(level 3 of 5)");
	expect_fault(fix, 0x8000000000, KM_ACCESS_EXEC, 0x10,
		     "kernel fetch from 0x8000000000: page fault, error code 0x10: P4D not "
		     "present (level 4 of 5)");
	expect_fault(fix, 0x1000000000000, KM_ACCESS_READ, 0,
		     "kernel read of 0x1000000000000: page fault, error code 0x0: PGD not present "
		     "(level 5 of 5)");
	expect_fault(fix, 0x100000000000000, KM_ACCESS_READ, 0,
		     "kernel read of 0x100000000000000: not canonical, addresses have 57 bits");
	fixture_free_all(fix);
}
END_TEST

START_TEST(reserved_bits_fault_before_rights)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_NX);
	struct km_walk walk;
	uint8_t byte = 0x40;

	ck_assert_int_eq(km_mmu_map_page(&fix->mmu, USER_VA, 0x10000, 0), 0);
	ck_assert_int_eq(km_mmu_translate(&fix->mmu, USER_VA, &walk), 0);
	/* Bit 46 of the PTE. */
	ck_assert_int_eq(km_phys_write(fix->phys, walk.steps[3].paddr + 5, &byte, 1), 0);
	expect_fault(fix, USER_VA, KM_ACCESS_WRITE | KM_ACCESS_USER, 0xf,
		     "user write to 0x400000: page fault, error code 0xf: reserved bits "
		     "0x400000000000 set in the PTE (level 1 of 4)");
	byte = 0;
	ck_assert_int_eq(km_phys_write(fix->phys, walk.steps[3].paddr + 5, &byte, 1), 0);
	fixture_free_all(fix);
}
END_TEST

START_TEST(without_nx_everything_is_executable)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_32, KM_MMU_FEATURES_ALL);

	ck_assert_int_eq(km_mmu_map_page(&fix->mmu, 0xc0000000, 0x10000, KM_PROT_KERNEL), 0);
	expect_reach(fix, 0xc0000004, KM_ACCESS_EXEC, 0x10004);
	expect_fault(fix, 0xc0001000, KM_ACCESS_EXEC, 0,
		     "kernel fetch from 0xc0001000: page fault, error code 0x0: PTE not present "
		     "(level 1 of 2)");
	expect_fault(fix, 0x100000000, KM_ACCESS_READ, 0,
		     "kernel read of 0x100000000: not canonical, addresses have 32 bits");
	fixture_free_all(fix);
}
END_TEST

START_TEST(accessed_and_dirty)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_32_PAE, KM_MMU_FEATURES_ALL);
	const uint64_t both = KM_PTE_ACCESSED | KM_PTE_DIRTY;
	uint64_t root;

	ck_assert_int_eq(km_mmu_map(&fix->mmu, 0x400000, 0, 0x200000, KM_PROT_WRITE, 0), 0);
	root = fixture_entry(fix, 0x400000, 3);
	ck_assert_uint_eq(fixture_entry(fix, 0x400000, 2) & both, 0);
	/* Asking touches nothing, and neither does a fault. */
	ck_assert_uint_eq(fixture_pa(fix, 0x400000), 0);
	expect_fault(fix, 0x400000, KM_ACCESS_USER, 5,
		     "user read of 0x400000: page fault, error code 0x5: the kernel's alone by "
		     "the PMD (level 2 of 3)");
	ck_assert_uint_eq(fixture_entry(fix, 0x400000, 2) & both, 0);
	expect_reach(fix, 0x400010, KM_ACCESS_READ, 0x10);
	ck_assert_uint_eq(fixture_entry(fix, 0x400000, 2) & both, KM_PTE_ACCESSED);
	expect_reach(fix, 0x400010, KM_ACCESS_WRITE, 0x10);
	ck_assert_uint_eq(fixture_entry(fix, 0x400000, 2) & both, both);
	/* The root's entries have no such bits. */
	ck_assert_uint_eq(fixture_entry(fix, 0x400000, 3), root);
	fixture_free_all(fix);
}
END_TEST

static void with_tlb(struct fixture *fix, struct km_tlb *tlb, const char *name)
{
	ck_assert_int_eq(km_tlb_init(tlb, km_tlb_geometry(name), &fix->mmu.format), 0);
	fix->mmu.tlb = tlb;
}

static void expect_stats(const struct km_tlb *tlb, uint64_t hits, uint64_t misses, uint64_t walks,
			 uint64_t refs)
{
	ck_assert_uint_eq(tlb->stats.l1_hits + tlb->stats.l2_hits, hits);
	ck_assert_uint_eq(tlb->stats.misses, misses);
	ck_assert_uint_eq(tlb->stats.walks, walks);
	ck_assert_uint_eq(tlb->stats.walk_refs, refs);
	ck_assert_uint_eq(tlb->stats.lookups, hits + misses);
}

START_TEST(the_tlb_saves_walks)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	struct km_access access;
	struct km_tlb tlb;
	char buf[200];

	with_tlb(fix, &tlb, "skylake");
	ck_assert_int_eq(km_mmu_map(&fix->mmu, KERNEL_VA, 0, 0x400000, KM_PROT_WRITE, 0), 0);
	expect_reach(fix, KERNEL_VA + 8, KM_ACCESS_READ, 8);
	expect_stats(&tlb, 0, 1, 1, 3);
	ck_assert_int_eq(km_mmu_access(&fix->mmu, KERNEL_VA + 0x1fffff, 0, &access), 0);
	ck_assert_int_eq(access.hit, KM_TLB_HIT_L1);
	ck_assert_uint_eq(access.walk.nr_steps, 0);
	ck_assert_uint_eq(access.walk.page_bytes, 0x200000);
	ck_assert_str_eq(km_mmu_explain(&fix->mmu, &access, buf, sizeof(buf)),
			 "kernel read of 0xffffc900001fffff: physical 0x1fffff, a page of 2 MiB");
	expect_stats(&tlb, 1, 1, 1, 3);
	/* The first write walks once more, to set the dirty bit; the second does not. */
	expect_reach(fix, KERNEL_VA, KM_ACCESS_WRITE, 0);
	expect_stats(&tlb, 2, 1, 2, 6);
	expect_reach(fix, KERNEL_VA, KM_ACCESS_WRITE, 0);
	expect_stats(&tlb, 3, 1, 2, 6);
	fixture_free_all(fix);
	km_tlb_release(&tlb);
}
END_TEST

START_TEST(stale_till_flushed)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	struct km_mmu *mmu = &fix->mmu;
	struct km_tlb tlb;

	with_tlb(fix, &tlb, "skylake");
	ck_assert_int_eq(km_mmu_map(mmu, KERNEL_VA, 0x8000, 0x2000, KM_PROT_KERNEL, 0), 0);
	expect_reach(fix, KERNEL_VA, KM_ACCESS_READ, 0x8000);
	expect_reach(fix, KERNEL_VA + 0x1000, KM_ACCESS_READ, 0x9000);
	/* As vfree() does it: the TLB is flushed later. */
	ck_assert_int_eq(km_mmu_unmap(mmu, KERNEL_VA, 0x2000, KM_MMU_NO_FLUSH), 0);
	expect_reach(fix, KERNEL_VA, KM_ACCESS_READ, 0x8000);
	km_tlb_flush_page(&tlb, KERNEL_VA);
	expect_fault(fix, KERNEL_VA, KM_ACCESS_READ, 0,
		     "kernel read of 0xffffc90000000000: page fault, error code 0x0: PTE not "
		     "present (level 1 of 4)");
	expect_reach(fix, KERNEL_VA + 0x1000, KM_ACCESS_READ, 0x9000);
	km_tlb_flush(&tlb); /* it is global */
	expect_reach(fix, KERNEL_VA + 0x1000, KM_ACCESS_READ, 0x9000);
	km_tlb_flush_all(&tlb);
	ck_assert_int_eq(km_mmu_map_page(mmu, KERNEL_VA + 0x1000, 0x5000, KM_PROT_KERNEL), 0);
	expect_reach(fix, KERNEL_VA + 0x1000, KM_ACCESS_READ, 0x5000);
	fixture_free_all(fix);
	km_tlb_release(&tlb);
}
END_TEST

START_TEST(changes_flush_what_they_change)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	struct km_mmu *mmu = &fix->mmu;
	struct km_tlb tlb;

	with_tlb(fix, &tlb, "skylake");
	ck_assert_int_eq(km_mmu_map(mmu, KERNEL_VA, 0, 0x200000, KM_PROT_KERNEL, 0), 0);
	expect_reach(fix, KERNEL_VA + 0x100000, KM_ACCESS_WRITE, 0x100000);
	ck_assert_int_eq(km_mmu_protect(mmu, KERNEL_VA + 0x3000, 0x1000, KM_PROT_GLOBAL, 0), 0);
	/* The large page is gone from the TLB with the first page that was cut out of it. */
	expect_reach(fix, KERNEL_VA + 0x100000, KM_ACCESS_WRITE, 0x100000);
	ck_assert_uint_eq(tlb.stats.misses, 2);
	expect_fault(fix, KERNEL_VA + 0x3000, KM_ACCESS_WRITE, 3,
		     "kernel write to 0xffffc90000003000: page fault, error code 0x3: mapped "
		     "read-only by the PTE (level 1 of 4)");
	ck_assert_int_eq(km_mmu_unmap(mmu, KERNEL_VA, 0x200000, 0), 0);
	ck_assert_uint_eq(tlb.stats.flushes, 1);
	expect_fault(fix, KERNEL_VA + 0x100000, KM_ACCESS_READ, 0,
		     "kernel read of 0xffffc90000100000: page fault, error code 0x0: PTE not "
		     "present (level 1 of 4)");
	fixture_free_all(fix);
	km_tlb_release(&tlb);
}
END_TEST

/*
 *  va     | 4K 4K 4K 4K |      2 MiB      |    the flush must reach each of the small pages
 */
START_TEST(pages_of_two_sizes_are_flushed)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	struct km_mmu *mmu = &fix->mmu;
	const uint64_t va = KERNEL_VA + 0x1fc000, bytes = 0x204000;
	struct km_tlb tlb;

	with_tlb(fix, &tlb, "skylake");
	ck_assert_int_eq(km_mmu_map(mmu, va, 0x1fc000, bytes, KM_PROT_KERNEL, 0), 0);
	ck_assert_uint_eq(mmu->nr_pages[1], 4);
	for (uint64_t at = 0; at < bytes; at += 0x1000)
		expect_reach(fix, va + at, KM_ACCESS_WRITE, 0x1fc000 + at);
	ck_assert_int_eq(km_mmu_protect(mmu, va, bytes, KM_PROT_GLOBAL, 0), 0);
	for (uint64_t at = 0; at < bytes; at += 0x1000) {
		struct km_access access;

		ck_assert_int_eq(km_mmu_access(mmu, va + at, KM_ACCESS_WRITE, &access), -EFAULT);
		ck_assert_int_eq(access.hit, KM_TLB_MISS);
	}
	fixture_free_all(fix);
	km_tlb_release(&tlb);
}
END_TEST

START_TEST(a_split_flushes_the_large_page)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	struct km_tlb tlb;

	with_tlb(fix, &tlb, "skylake");
	ck_assert_int_eq(km_mmu_map(&fix->mmu, KERNEL_VA, 0, 0x200000, KM_PROT_KERNEL, 0), 0);
	expect_reach(fix, KERNEL_VA, KM_ACCESS_READ, 0);
	ck_assert_int_eq(km_mmu_split(&fix->mmu, KERNEL_VA + 0x5000, 0x1000), 0);
	expect_reach(fix, KERNEL_VA, KM_ACCESS_READ, 0);
	expect_stats(&tlb, 0, 2, 2, 3 + 4);
	/* Small enough already: nothing to flush. */
	ck_assert_int_eq(km_mmu_split(&fix->mmu, KERNEL_VA + 0x5000, 0x1000), 0);
	expect_reach(fix, KERNEL_VA, KM_ACCESS_READ, 0);
	expect_stats(&tlb, 1, 2, 2, 7);
	fixture_free_all(fix);
	km_tlb_release(&tlb);
}
END_TEST

/* The TLB knows the page, and that it is not for everybody. */
START_TEST(a_hit_is_no_right)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);
	struct km_tlb tlb;

	with_tlb(fix, &tlb, "skylake");
	ck_assert_int_eq(km_mmu_map_page(&fix->mmu, KERNEL_VA, 0x8000, KM_PROT_KERNEL), 0);
	expect_reach(fix, KERNEL_VA, KM_ACCESS_WRITE, 0x8000);
	expect_fault(fix, KERNEL_VA, KM_ACCESS_EXEC, 0x11,
		     "kernel fetch from 0xffffc90000000000: page fault, error code 0x11: "
		     "execution forbidden by the PTE (level 1 of 4)");
	expect_stats(&tlb, 1, 1, 2, 8);
	/* The fault has dropped the entry. */
	expect_reach(fix, KERNEL_VA, KM_ACCESS_WRITE, 0x8000);
	expect_stats(&tlb, 1, 2, 3, 12);
	fixture_free_all(fix);
	km_tlb_release(&tlb);
}
END_TEST

/* More rights in the tables than in the TLB: a processor looks again before it faults. */
START_TEST(rights_are_looked_up_anew)
{
	struct fixture *fix = fixture_new(KM_MMU_X86_32_PAE, KM_MMU_FEATURES_ALL);
	struct km_mmu *mmu = &fix->mmu;
	struct km_tlb tlb;

	with_tlb(fix, &tlb, "pentium");
	ck_assert_int_eq(km_mmu_map_page(mmu, USER_VA, 0x8000, KM_PROT_USER), 0);
	expect_reach(fix, USER_VA, KM_ACCESS_USER, 0x8000);
	expect_stats(&tlb, 0, 1, 1, 2); /* the root of PAE is in registers */
	ck_assert_int_eq(
		km_mmu_protect(mmu, USER_VA, 0x1000, KM_PROT_USER | KM_PROT_WRITE, KM_MMU_NO_FLUSH),
		0);
	expect_reach(fix, USER_VA, KM_ACCESS_USER | KM_ACCESS_WRITE, 0x8000);
	expect_stats(&tlb, 1, 1, 2, 4);
	fixture_free_all(fix);
	km_tlb_release(&tlb);
}
END_TEST

RUN_SUITE("machine/mmu_access", rights_and_error_codes, not_present_at_each_level,
	  reserved_bits_fault_before_rights, without_nx_everything_is_executable,
	  accessed_and_dirty, the_tlb_saves_walks, stale_till_flushed,
	  changes_flush_what_they_change, pages_of_two_sizes_are_flushed,
	  a_split_flushes_the_large_page, a_hit_is_no_right, rights_are_looked_up_anew)
