/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zones over ranges of RAM, as zoneinfo of real machines shows them.
 */
#include <errno.h>

#include "tests/unit/suite.h"

#include "core/machine/zone_layout.h"

static void assert_zone(const struct km_profile *profile, unsigned int index,
			enum km_zone_type type, unsigned int node, uint64_t start, uint64_t spanned,
			uint64_t present)
{
	const struct km_zone_desc *desc = &profile->zones[index];

	ck_assert_uint_lt(index, profile->nr_zones);
	ck_assert_uint_eq(desc->type, type);
	ck_assert_uint_eq(desc->node, node);
	ck_assert_uint_eq(desc->start_pfn, start);
	ck_assert_uint_eq(desc->spanned_pages, spanned);
	ck_assert_uint_eq(desc->present_pages, present);
	ck_assert_uint_eq(desc->managed_pages, present);
}

static void lay(struct km_profile *profile, unsigned int nr, const struct km_mem_range *ranges)
{
	profile->nr_ranges = nr;
	memcpy(profile->ranges, ranges, nr * sizeof(*ranges));
	ck_assert_int_eq(km_zones_from_ranges(profile), 0);
	ck_assert_pstr_eq(km_profile_check(profile), NULL);
}

/*
 * 24 GiB: the BIOS takes page 0 and the last of the first MiB, the PCI hole what is below 4 GiB.
 * DMA32 reaches to its limit, for the node goes on behind it.
 */
START_TEST(pc_of_24_gib)
{
	static const struct km_mem_range ranges[] = { { 0x1, 0x9f, 0 },
						      { 0x100, 0xc0000, 0 },
						      { 0x100000, 0x640000, 0 } };
	struct km_profile profile;

	km_profile_init(&profile);
	lay(&profile, 3, ranges);
	ck_assert_uint_eq(profile.nr_zones, 3);
	assert_zone(&profile, 0, KM_ZONE_DMA, 0, 1, 4095, 3998);
	assert_zone(&profile, 1, KM_ZONE_DMA32, 0, 4096, 1044480, 782336);
	assert_zone(&profile, 2, KM_ZONE_NORMAL, 0, 1048576, 5505024, 5505024);
}
END_TEST

/* 512 MiB on two nodes: DMA32 ends with the memory of each. */
START_TEST(two_nodes)
{
	static const struct km_mem_range ranges[] = { { 0x1, 0x9f, 0 },
						      { 0x100, 0x10000, 0 },
						      { 0x10000, 0x1ffe0, 1 } };
	struct km_profile profile;

	km_profile_init(&profile);
	profile.nr_nodes = 2;
	lay(&profile, 3, ranges);
	ck_assert_uint_eq(profile.nr_zones, 3);
	assert_zone(&profile, 0, KM_ZONE_DMA, 0, 1, 4095, 3998);
	assert_zone(&profile, 1, KM_ZONE_DMA32, 0, 4096, 61440, 61440);
	assert_zone(&profile, 2, KM_ZONE_DMA32, 1, 65536, 65504, 65504);
}
END_TEST

START_TEST(pc_of_32_bit)
{
	static const struct km_mem_range ranges[] = { { 0x1, 0x9f, 0 },
						      { 0x100, 0xbffe0, 0 },
						      { 0x100000, 0x140000, 0 } };
	struct km_profile profile;

	ck_assert_int_eq(km_profile_builtin("x86-32-4g-pae", &profile), 0);
	lay(&profile, 3, ranges);
	ck_assert_uint_eq(profile.nr_zones, 3);
	assert_zone(&profile, 0, KM_ZONE_DMA, 0, 1, 4095, 3998);
	assert_zone(&profile, 1, KM_ZONE_NORMAL, 0, 4096, 225280, 225280);
	assert_zone(&profile, 2, KM_ZONE_HIGHMEM, 0, 0x38000, 0x140000 - 0x38000,
		    0xbffe0 - 0x38000 + 0x40000);

	/* No high memory, no zone for it. */
	lay(&profile, 1, &(struct km_mem_range){ 0, 0x4000, 0 });
	ck_assert_uint_eq(profile.nr_zones, 2);
	assert_zone(&profile, 1, KM_ZONE_NORMAL, 0, 4096, 12288, 12288);
}
END_TEST

/* A node that is all hole between two limits has no zone there. */
START_TEST(zones_without_ram)
{
	static const struct km_mem_range ranges[] = { { 0x10, 0x1000, 0 },
						      { 0x100000, 0x110000, 0 },
						      { 0x110000, 0x120000, 2 } };
	struct km_profile profile;

	km_profile_init(&profile);
	profile.nr_nodes = 3;
	lay(&profile, 3, ranges);
	ck_assert_uint_eq(profile.nr_zones, 3);
	assert_zone(&profile, 0, KM_ZONE_DMA, 0, 0x10, 0xff0, 0xff0);
	assert_zone(&profile, 1, KM_ZONE_NORMAL, 0, 0x100000, 0x10000, 0x10000);
	assert_zone(&profile, 2, KM_ZONE_NORMAL, 2, 0x110000, 0x10000, 0x10000);
}
END_TEST

START_TEST(nothing_to_lay_over)
{
	struct km_profile profile;

	ck_assert_int_eq(km_profile_builtin("x86-64-4g", &profile), 0);
	profile.nr_ranges = 0;
	ck_assert_int_eq(km_zones_from_ranges(&profile), -EINVAL);
	ck_assert_uint_eq(profile.nr_zones, 3);
}
END_TEST

RUN_SUITE("machine/zone_layout", pc_of_24_gib, two_nodes, pc_of_32_bit, zones_without_ram,
	  nothing_to_lay_over)
