/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits of entries as the processor manuals print them, addresses that exist, and costs.
 */
#include <errno.h>

#include "tests/unit/suite.h"

#include "core/machine/mmu_format.h"

#define KIB UINT64_C(1024)
#define MIB (KIB << 10)
#define GIB (KIB << 20)

static struct km_mmu_format format_of(enum km_mmu_kind kind, unsigned int features)
{
	struct km_mmu_format format;

	ck_assert_int_eq(km_mmu_format_init(&format, kind, features, 0), 0);
	return format;
}

START_TEST(shapes)
{
	static const struct {
		unsigned int levels, entry_bytes, va_bits, pa_bits, max_leaf, root_shift;
	} expect[KM_NR_MMU_KINDS] = {
		{ 2, 4, 32, 32, 2, 22 },
		{ 3, 8, 32, 36, 2, 30 },
		{ 4, 8, 48, 46, 3, 39 },
		{ 5, 8, 57, 52, 3, 48 },
	};

	for (int kind = 0; kind < KM_NR_MMU_KINDS; kind++) {
		struct km_mmu_format format = format_of(kind, KM_MMU_FEATURES_ALL);

		ck_assert_uint_eq(format.nr_levels, expect[kind].levels);
		ck_assert_uint_eq(format.entry_bytes, expect[kind].entry_bytes);
		ck_assert_uint_eq(format.va_bits, expect[kind].va_bits);
		ck_assert_uint_eq(format.pa_bits, expect[kind].pa_bits);
		ck_assert_uint_eq(format.max_leaf, expect[kind].max_leaf);
		ck_assert_uint_eq(format.shift[format.nr_levels], expect[kind].root_shift);
	}
}
END_TEST

START_TEST(shapes_that_cannot_be)
{
	struct km_mmu_format format;

	ck_assert_int_eq(km_mmu_format_init(&format, KM_NR_MMU_KINDS, 0, 0), -EINVAL);
	ck_assert_int_eq(km_mmu_format_init(&format, KM_MMU_X86_64, 0, 53), -EINVAL);
	ck_assert_int_eq(km_mmu_format_init(&format, KM_MMU_X86_64, 0, 31), -EINVAL);
	ck_assert_int_eq(km_mmu_format_init(&format, KM_MMU_X86_32, 0, 36), -EINVAL);
}
END_TEST

START_TEST(features_that_mean_something)
{
	struct km_mmu_format format = format_of(KM_MMU_X86_32, KM_MMU_FEATURES_ALL);

	ck_assert_uint_eq(format.features, KM_MMU_PGE | KM_MMU_PSE);
	ck_assert_uint_eq(format_of(KM_MMU_X86_32, 0).max_leaf, 1);
	ck_assert_uint_eq(format_of(KM_MMU_X86_32_PAE, 0).max_leaf, 2);
	ck_assert_uint_eq(format_of(KM_MMU_X86_64, 0).max_leaf, 2);
	ck_assert_uint_eq(km_mmu_page_level(&format, 4 * MIB), 2);
	ck_assert_uint_eq(km_mmu_page_level(&format, 2 * MIB), 0);
	format = format_of(KM_MMU_X86_64, KM_MMU_GBPAGES);
	ck_assert_uint_eq(km_mmu_page_level(&format, GIB), 3);
	ck_assert_uint_eq(km_mmu_page_level(&format, 512 * GIB), 0);
}
END_TEST

START_TEST(canonical_addresses)
{
	struct km_mmu_format four = format_of(KM_MMU_X86_64, 0);
	struct km_mmu_format five = format_of(KM_MMU_X86_64_LA57, 0);
	struct km_mmu_format pae = format_of(KM_MMU_X86_32_PAE, 0);

	ck_assert(km_mmu_is_canonical(&four, 0x00007fffffffffff));
	ck_assert(!km_mmu_is_canonical(&four, 0x0000800000000000));
	ck_assert(!km_mmu_is_canonical(&four, 0xffff7fffffffffff));
	ck_assert(km_mmu_is_canonical(&four, 0xffff800000000000));
	ck_assert(km_mmu_is_canonical(&five, 0x0000800000000000));
	ck_assert(!km_mmu_is_canonical(&five, 0x0100000000000000));
	ck_assert(km_mmu_is_canonical(&five, 0xff00000000000000));
	ck_assert(km_mmu_is_canonical(&pae, 0xffffffff));
	ck_assert(!km_mmu_is_canonical(&pae, 0x100000000));

	ck_assert(km_mmu_is_range(&four, UINT64_MAX - 4095, 4096));
	ck_assert(!km_mmu_is_range(&four, UINT64_MAX - 4095, 4097));
	ck_assert(!km_mmu_is_range(&four, 0, 0));
	/* From the last user page to the first of the kernel: the hole is in between. */
	ck_assert(!km_mmu_is_range(&four, 0x7ffffffff000, 0xffff000000002000));
	ck_assert(!km_mmu_is_range(&pae, 0xfffff000, 8192));
}
END_TEST

START_TEST(bits_of_leaves)
{
	struct km_mmu_format format = format_of(KM_MMU_X86_64, KM_MMU_FEATURES_ALL);

	/* __PAGE_KERNEL, __PAGE_KERNEL_EXEC, a user's read-only text, a large page. */
	ck_assert_uint_eq(km_mmu_make_leaf(&format, 1, 0x1234000, KM_PROT_KERNEL),
			  0x8000000001234163);
	ck_assert_uint_eq(km_mmu_make_leaf(&format, 1, 0x1234000, KM_PROT_KERNEL_EXEC), 0x1234163);
	ck_assert_uint_eq(km_mmu_make_leaf(&format, 1, 0x1234000,
					   KM_PROT_USER | KM_PROT_EXEC | KM_PROT_YOUNG),
			  0x1234025);
	ck_assert_uint_eq(km_mmu_make_leaf(&format, 2, 0x1200000, KM_PROT_KERNEL),
			  0x80000000012001e3);
	ck_assert_uint_eq(km_mmu_entry_prot(&format, 2, 0x80000000012001e3),
			  KM_PROT_WRITE | KM_PROT_GLOBAL);
	ck_assert_uint_eq(km_mmu_entry_pa(&format, 2, 0x80000000012001e3), 0x1200000);

	/* Without NX and global pages there are no such bits. */
	format = format_of(KM_MMU_X86_32, 0);
	ck_assert_uint_eq(km_mmu_make_leaf(&format, 1, 0x1234000, KM_PROT_KERNEL), 0x1234063);
	ck_assert_uint_eq(km_mmu_entry_prot(&format, 1, 0x1234163), KM_PROT_WRITE | KM_PROT_EXEC);
}
END_TEST

START_TEST(bits_of_links)
{
	struct km_mmu_format format = format_of(KM_MMU_X86_64, 0);

	/* _KERNPG_TABLE and _PAGE_TABLE; the root of PAE has next to nothing. */
	ck_assert_uint_eq(km_mmu_make_link(&format, 4, 0x5000, false), 0x5063);
	ck_assert_uint_eq(km_mmu_make_link(&format, 4, 0x5000, true), 0x5067);
	ck_assert(!km_mmu_is_leaf(&format, 2, 0x5063));
	ck_assert(km_mmu_is_leaf(&format, 1, 0x5063));
	format = format_of(KM_MMU_X86_32_PAE, 0);
	ck_assert_uint_eq(km_mmu_make_link(&format, 3, 0x5000, true), 0x5001);
	ck_assert_uint_eq(km_mmu_make_link(&format, 2, 0x5000, true), 0x5067);
	ck_assert_uint_eq(km_mmu_entry_prot(&format, 3, 0x5001),
			  KM_PROT_WRITE | KM_PROT_EXEC | KM_PROT_USER);
}
END_TEST

START_TEST(reserved_bits)
{
	struct km_mmu_format format = format_of(KM_MMU_X86_64, KM_MMU_NX);
	struct km_mmu_format pae = format_of(KM_MMU_X86_32_PAE, 0);
	struct km_mmu_format pse = format_of(KM_MMU_X86_32, KM_MMU_PSE);

	/* Above 46 bits of address up to 51; what is above is software's, but for NX. */
	ck_assert_uint_eq(km_mmu_reserved_bits(&format, 1, 0xffff000000001fff), 0x000f000000000000);
	ck_assert_uint_eq(km_mmu_reserved_bits(&format, 1, 0x0000c00000001001), 0x0000c00000000000);
	/* Large: bit 12 is PAT, 13 to 20 must be 0.  No 1 GiB pages, so no bit 7 in a PUD. */
	ck_assert_uint_eq(km_mmu_reserved_bits(&format, 2, 0x3ff0e3), 0x1fe000);
	ck_assert_uint_eq(km_mmu_reserved_bits(&format, 3, 0x400000e3), KM_PTE_PS);
	ck_assert_uint_eq(km_mmu_reserved_bits(&format, 4, 0xe3), KM_PTE_PS);
	/* PAE: everything above the address; most of the root. */
	ck_assert_uint_eq(km_mmu_reserved_bits(&pae, 1, 0xfff0000000001fff), 0xfff0000000000000);
	ck_assert_uint_eq(km_mmu_reserved_bits(&pae, 3, 0x11ff), 0x1e6);
	ck_assert_uint_eq(km_mmu_reserved_bits(&pae, 3, 0x1019), 0);
	ck_assert_uint_eq(km_mmu_reserved_bits(&pse, 2, 0xffffffff), 0x3fe000);
	ck_assert_uint_eq(km_mmu_reserved_bits(&pse, 1, 0xffffffff), 0);
}
END_TEST

START_TEST(costs)
{
	struct km_mmu_format format = format_of(KM_MMU_X86_64, KM_MMU_GBPAGES);
	struct km_mmu_format five = format_of(KM_MMU_X86_64_LA57, 0);
	struct km_mmu_format pse = format_of(KM_MMU_X86_32, KM_MMU_PSE);
	struct km_mmu_cost cost;

	/* 1 GiB by 4 KiB pages, aligned: 512 page tables, a directory, what is above. */
	ck_assert_int_eq(km_mmu_cost(&format, GIB, GIB, 4 * KIB, &cost), 0);
	ck_assert_uint_eq(cost.tables[1], 512);
	ck_assert_uint_eq(cost.tables[2], 1);
	ck_assert_uint_eq(cost.tables[3], 1);
	ck_assert_uint_eq(cost.tables[4], 0);
	ck_assert_uint_eq(cost.nr_tables, 514);
	ck_assert_uint_eq(cost.tlb_entries, 262144);
	/* A page to the side, and it is one more of each but the last. */
	ck_assert_int_eq(km_mmu_cost(&format, GIB + 4096, GIB, 4 * KIB, &cost), 0);
	ck_assert_uint_eq(cost.nr_tables, 516);

	ck_assert_int_eq(km_mmu_cost(&format, GIB, GIB, 2 * MIB, &cost), 0);
	ck_assert_uint_eq(cost.nr_tables, 2);
	ck_assert_uint_eq(cost.tlb_entries, 512);
	ck_assert_int_eq(km_mmu_cost(&format, GIB, GIB, GIB, &cost), 0);
	ck_assert_uint_eq(cost.nr_tables, 1);
	ck_assert_uint_eq(cost.tlb_entries, 1);
	ck_assert_int_eq(km_mmu_cost(&five, GIB, 2 * MIB, 2 * MIB, &cost), 0);
	ck_assert_uint_eq(cost.nr_tables, 3);
	ck_assert_int_eq(km_mmu_cost(&pse, 8 * MIB, 8 * MIB, 4 * MIB, &cost), 0);
	ck_assert_uint_eq(cost.nr_tables, 0);

	ck_assert_int_eq(km_mmu_cost(&format, GIB, 4096, 8192, &cost), -EINVAL);
	ck_assert_int_eq(km_mmu_cost(&format, GIB, 4097, 4096, &cost), -EINVAL);
	ck_assert_int_eq(km_mmu_cost(&format, GIB, 0, 4096, &cost), -EINVAL);
	ck_assert_int_eq(km_mmu_cost(&format, GIB + 4096, 2 * MIB, 2 * MIB, &cost), -EINVAL);
}
END_TEST

RUN_SUITE("machine/mmu_format", shapes, shapes_that_cannot_be, features_that_mean_something,
	  canonical_addresses, bits_of_leaves, bits_of_links, reserved_bits, costs)
