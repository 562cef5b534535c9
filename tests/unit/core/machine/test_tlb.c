/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TLB alone: sets, ways, which entry goes first, flushing, reach.
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/suite.h"

#include "core/machine/tlb.h"

#define PAGE UINT64_C(4096)

static struct km_tlb tlb_of(const char *name, enum km_mmu_kind kind)
{
	struct km_mmu_format format;
	struct km_tlb tlb;

	ck_assert_int_eq(km_mmu_format_init(&format, kind, KM_MMU_FEATURES_ALL, 0), 0);
	ck_assert_int_eq(km_tlb_init(&tlb, km_tlb_geometry(name), &format), 0);
	return tlb;
}

static enum km_tlb_hit look(struct km_tlb *tlb, uint64_t va, uint64_t pa)
{
	struct km_tlb_entry entry = { 0 };
	enum km_tlb_hit hit = km_tlb_lookup(tlb, va, &entry);

	if (hit)
		ck_assert_uint_eq(entry.pa, pa);
	return hit;
}

START_TEST(geometries)
{
	struct km_mmu_format format;
	struct km_tlb_geometry odd = *km_tlb_geometry("skylake");
	struct km_tlb tlb;
	unsigned int nr = 0;

	while (km_tlb_geometry_nr(nr)) {
		ck_assert_ptr_eq(km_tlb_geometry(km_tlb_geometry_nr(nr)->name),
				 km_tlb_geometry_nr(nr));
		ck_assert_ptr_nonnull(km_tlb_geometry_nr(nr)->source);
		nr++;
	}
	ck_assert_uint_eq(nr, 2);
	ck_assert_ptr_null(km_tlb_geometry("z80"));

	ck_assert_int_eq(km_mmu_format_init(&format, KM_MMU_X86_64, 0, 0), 0);
	odd.l1[0] = (struct km_tlb_shape){ 63, 4 };
	ck_assert_int_eq(km_tlb_init(&tlb, &odd, &format), -EINVAL);
	odd.l1[0] = (struct km_tlb_shape){ 12, 4 };
	ck_assert_int_eq(km_tlb_init(&tlb, &odd, &format), -EINVAL);
	odd.l1[0] = (struct km_tlb_shape){ 12, 0 };
	ck_assert_int_eq(km_tlb_init(&tlb, &odd, &format), -EINVAL);
}
END_TEST

START_TEST(reach)
{
	struct km_tlb old = tlb_of("pentium", KM_MMU_X86_32);
	struct km_tlb new = tlb_of("skylake", KM_MMU_X86_64);

	ck_assert_uint_eq(km_tlb_reach_bytes(&old, 1), 256 << 10);
	ck_assert_uint_eq(km_tlb_reach_bytes(&old, 2), 32 << 20);
	ck_assert_uint_eq(km_tlb_reach_bytes(&old, 3), 0);
	ck_assert_uint_eq(km_tlb_reach_bytes(&new, 1), 6 << 20);
	ck_assert_uint_eq(km_tlb_reach_bytes(&new, 2), UINT64_C(3) << 30);
	ck_assert_uint_eq(km_tlb_reach_bytes(&new, 3), UINT64_C(16) << 30);
	ck_assert_uint_eq(km_tlb_reach_bytes(&new, 0), 0);
	ck_assert_uint_eq(km_tlb_reach_bytes(&new, 4), 0);
	km_tlb_release(&old);
	km_tlb_release(&new);
}
END_TEST

/*
 *  16 sets of 4 ways: pages 0, 16, 32, 48, 64 share a set.
 *  fill 0 16 32 48, use 0, fill 64:  16 is gone
 */
START_TEST(least_recently_used_goes_first)
{
	struct km_tlb tlb = tlb_of("pentium", KM_MMU_X86_32);

	for (uint64_t i = 0; i < 4; i++)
		km_tlb_fill(&tlb, 16 * i * PAGE, 1, 16 * i * PAGE, 0, false);
	ck_assert_int_eq(look(&tlb, 0, 0), KM_TLB_HIT_L1);
	km_tlb_fill(&tlb, 64 * PAGE, 1, 64 * PAGE, 0, false);
	ck_assert_int_eq(look(&tlb, 16 * PAGE, 0), KM_TLB_MISS);
	ck_assert_int_eq(look(&tlb, 0, 0), KM_TLB_HIT_L1);
	for (uint64_t i = 2; i < 5; i++)
		ck_assert_int_eq(look(&tlb, 16 * i * PAGE + 9, 16 * i * PAGE), KM_TLB_HIT_L1);
	/* Another set is untouched by all this. */
	km_tlb_fill(&tlb, PAGE, 1, 77 * PAGE, 0, false);
	ck_assert_int_eq(look(&tlb, PAGE, 77 * PAGE), KM_TLB_HIT_L1);
	km_tlb_release(&tlb);
}
END_TEST

START_TEST(filling_again_replaces)
{
	struct km_tlb tlb = tlb_of("pentium", KM_MMU_X86_32);

	for (unsigned int i = 0; i < 3; i++)
		km_tlb_fill(&tlb, 16 * i * PAGE, 1, i * PAGE, 0, false);
	km_tlb_fill(&tlb, 0, 1, 9 * PAGE, 0, true);
	km_tlb_fill(&tlb, 48 * PAGE, 1, 3 * PAGE, 0, false);
	ck_assert_int_eq(look(&tlb, 0, 9 * PAGE), KM_TLB_HIT_L1);
	ck_assert_int_eq(look(&tlb, 16 * PAGE, PAGE), KM_TLB_HIT_L1);
	km_tlb_flush_page(&tlb, 0);
	ck_assert_int_eq(look(&tlb, 0, 0), KM_TLB_MISS);
	km_tlb_release(&tlb);
}
END_TEST

START_TEST(the_second_level)
{
	struct km_tlb tlb = tlb_of("skylake", KM_MMU_X86_64);

	/* 65 pages in a row, then the first again: L1 has lost it, L2 has not. */
	for (uint64_t i = 0; i < 65; i++)
		km_tlb_fill(&tlb, i * PAGE, 1, i * PAGE, 0, false);
	ck_assert_int_eq(look(&tlb, 0, 0), KM_TLB_HIT_L2);
	ck_assert_int_eq(look(&tlb, 0, 0), KM_TLB_HIT_L1);
	ck_assert_uint_eq(tlb.stats.lookups, 2);
	ck_assert_uint_eq(tlb.stats.l1_hits, 1);
	ck_assert_uint_eq(tlb.stats.l2_hits, 1);

	/* Sweeping over more than L2 has, again and again, never hits. */
	for (unsigned int round = 0; round < 3; round++)
		for (uint64_t i = 0; i < 2048; i++)
			if (look(&tlb, i * PAGE + (1ull << 30), i * PAGE) == KM_TLB_MISS)
				km_tlb_fill(&tlb, i * PAGE + (1ull << 30), 1, i * PAGE, 0, false);
	ck_assert_uint_eq(tlb.stats.misses, 3 * 2048);
	/* Within its reach it always does, after the first time. */
	km_tlb_flush_all(&tlb);
	memset(&tlb.stats, 0, sizeof(tlb.stats));
	for (unsigned int round = 0; round < 3; round++)
		for (uint64_t i = 0; i < 1536; i++)
			if (look(&tlb, i * PAGE, i * PAGE) == KM_TLB_MISS)
				km_tlb_fill(&tlb, i * PAGE, 1, i * PAGE, 0, false);
	ck_assert_uint_eq(tlb.stats.misses, 1536);
	km_tlb_release(&tlb);
}
END_TEST

START_TEST(page_sizes_side_by_side)
{
	struct km_tlb tlb = tlb_of("skylake", KM_MMU_X86_64);
	const uint64_t mib = 1 << 20, gib = 1 << 30;

	km_tlb_fill(&tlb, 5 * mib, 2, 64 * mib, 0, false);
	km_tlb_fill(&tlb, 3 * gib + 5, 3, 7 * gib, KM_PROT_GLOBAL, false);
	km_tlb_fill(&tlb, PAGE, 1, 3 * PAGE, 0, false);
	ck_assert_int_eq(look(&tlb, 4 * mib + 1, 64 * mib), KM_TLB_HIT_L1);
	ck_assert_int_eq(look(&tlb, 4 * gib - 1, 7 * gib), KM_TLB_HIT_L1);
	ck_assert_int_eq(look(&tlb, PAGE, 3 * PAGE), KM_TLB_HIT_L1);
	/* INVLPG of any byte takes the whole page away. */
	km_tlb_flush_page(&tlb, 6 * mib - 1);
	ck_assert_int_eq(look(&tlb, 4 * mib, 0), KM_TLB_MISS);
	km_tlb_flush(&tlb);
	ck_assert_int_eq(look(&tlb, PAGE, 0), KM_TLB_MISS);
	ck_assert_int_eq(look(&tlb, 3 * gib, 7 * gib), KM_TLB_HIT_L1);
	km_tlb_flush_all(&tlb);
	ck_assert_int_eq(look(&tlb, 3 * gib, 0), KM_TLB_MISS);
	ck_assert_uint_eq(tlb.stats.flushed_pages, 1);
	ck_assert_uint_eq(tlb.stats.flushes, 2);
	km_tlb_release(&tlb);
}
END_TEST

START_TEST(ranges)
{
	struct km_tlb tlb = tlb_of("skylake", KM_MMU_X86_64);

	km_tlb_fill(&tlb, 0, 1, 0, 0, false);
	km_tlb_fill(&tlb, 100 * PAGE, 1, 100 * PAGE, 0, false);
	km_tlb_flush_range(&tlb, 0, 0, 1);
	km_tlb_flush_range(&tlb, PAGE, 33 * PAGE, 1);
	ck_assert_uint_eq(tlb.stats.flushed_pages, 33);
	ck_assert_int_eq(look(&tlb, 0, 0), KM_TLB_HIT_L1);
	km_tlb_flush_range(&tlb, PAGE, 34 * PAGE, 1);
	ck_assert_uint_eq(tlb.stats.flushed_pages, 33);
	ck_assert_uint_eq(tlb.stats.flushes, 1);
	ck_assert_int_eq(look(&tlb, 100 * PAGE, 0), KM_TLB_MISS);
	km_tlb_release(&tlb);
}
END_TEST

RUN_SUITE("machine/tlb", geometries, reach, least_recently_used_goes_first, filling_again_replaces,
	  the_second_level, page_sizes_side_by_side, ranges)
