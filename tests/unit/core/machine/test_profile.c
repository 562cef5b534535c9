/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Profiles: the memory map of each built-in machine, and every way to be refused.
 */
#include <errno.h>

#include "tests/unit/suite.h"

#include "core/machine/machine.h"
#include "core/machine/profile.h"

static void assert_zone(const struct km_profile *profile, unsigned int i, enum km_zone_type type,
			unsigned int node, uint64_t start, uint64_t spanned, uint64_t present)
{
	const struct km_zone_desc *desc = &profile->zones[i];

	ck_assert_int_eq(desc->type, type);
	ck_assert_uint_eq(desc->node, node);
	ck_assert_uint_eq(desc->start_pfn, start);
	ck_assert_uint_eq(desc->spanned_pages, spanned);
	ck_assert_uint_eq(desc->present_pages, present);
	ck_assert_uint_eq(desc->managed_pages, present);
}

START_TEST(defaults_of_x86_64)
{
	struct km_profile profile;

	km_profile_init(&profile);
	ck_assert_uint_eq(profile.nr_cpus, 1);
	ck_assert_uint_eq(profile.nr_possible_cpus, 1);
	ck_assert_uint_eq(profile.nr_nodes, 1);
	ck_assert_uint_eq(profile.page_shift, 12);
	ck_assert_uint_eq(profile.address_bits, 64);
	ck_assert_uint_eq(profile.pageblock_order, 9);
	ck_assert_uint_eq(profile.features, KM_FEATURES_NEWEST);
	ck_assert_uint_eq(profile.watermark_scale_factor, 10);
	ck_assert_uint_eq(profile.lowmem_reserve_ratio[KM_ZONE_DMA], 256);
	ck_assert_uint_eq(profile.lowmem_reserve_ratio[KM_ZONE_DMA32], 256);
	ck_assert_uint_eq(profile.lowmem_reserve_ratio[KM_ZONE_NORMAL], 32);
	ck_assert_uint_eq(profile.lowmem_reserve_ratio[KM_ZONE_HIGHMEM], 0);
	ck_assert_str_eq(km_profile_check(&profile), "no memory zones");
	ck_assert_int_eq(km_profile_set_memory(&profile, 1ull << 30), 0);
	ck_assert_pstr_eq(km_profile_check(&profile), NULL);
}
END_TEST

/* 4 GiB, 64 bit: [0, 16M) DMA | [16M, 3G) DMA32 | hole | [4G, 5G) Normal */
START_TEST(memory_continues_above_the_hole)
{
	struct km_profile profile;

	ck_assert_int_eq(km_profile_builtin("x86-64-4g", &profile), 0);
	ck_assert_uint_eq(profile.nr_zones, 3);
	assert_zone(&profile, 0, KM_ZONE_DMA, 0, 0, 4096, 4096);
	assert_zone(&profile, 1, KM_ZONE_DMA32, 0, 4096, 0x100000 - 4096, 0xc0000 - 4096);
	assert_zone(&profile, 2, KM_ZONE_NORMAL, 0, 0x100000, 0x40000, 0x40000);
	ck_assert_uint_eq(profile.nr_ranges, 2);
	ck_assert_uint_eq(profile.ranges[0].start_pfn, 0);
	ck_assert_uint_eq(profile.ranges[0].end_pfn, 0xc0000);
	ck_assert_uint_eq(profile.ranges[1].start_pfn, 0x100000);
	ck_assert_uint_eq(profile.ranges[1].end_pfn, 0x140000);
}
END_TEST

/* 2 GiB, 64 bit: all below the hole, no Normal zone at all. */
START_TEST(little_memory_has_no_normal_zone)
{
	struct km_profile profile;

	km_profile_init(&profile);
	ck_assert_int_eq(km_profile_set_memory(&profile, 2ull << 30), 0);
	ck_assert_uint_eq(profile.nr_zones, 2);
	assert_zone(&profile, 1, KM_ZONE_DMA32, 0, 4096, 0x80000 - 4096, 0x80000 - 4096);
}
END_TEST

/* 16 GiB in two nodes: node 0 gets [0, 3G) and [4G, 9G), node 1 the 8 GiB above. */
START_TEST(nodes_share_evenly)
{
	struct km_profile profile;

	ck_assert_int_eq(km_profile_builtin("x86-64-2node", &profile), 0);
	ck_assert_uint_eq(profile.nr_nodes, 2);
	ck_assert_uint_eq(profile.nr_zones, 4);
	assert_zone(&profile, 0, KM_ZONE_DMA, 0, 0, 4096, 4096);
	assert_zone(&profile, 1, KM_ZONE_DMA32, 0, 4096, 0xff000, 0xbf000);
	assert_zone(&profile, 2, KM_ZONE_NORMAL, 0, 0x100000, 0x140000, 0x140000);
	assert_zone(&profile, 3, KM_ZONE_NORMAL, 1, 0x240000, 0x200000, 0x200000);
	ck_assert_uint_eq(profile.nr_ranges, 3);
	ck_assert_uint_eq(km_profile_ram_pages(&profile, 0, UINT64_MAX, 0), 0x200000);
	ck_assert_uint_eq(km_profile_ram_pages(&profile, 0, UINT64_MAX, 1), 0x200000);
	ck_assert_uint_eq(km_profile_ram_pages(&profile, 0xbffff, 0x100001, 0), 2);
}
END_TEST

/* 32 bit: DMA, Normal to 896 MiB, HighMem; no hole, and another address space. */
START_TEST(highmem_on_32_bit)
{
	struct km_profile profile;

	ck_assert_int_eq(km_profile_builtin("x86-32-4g-pae", &profile), 0);
	ck_assert_uint_eq(profile.pageblock_order, 9);
	ck_assert_uint_eq(profile.nr_zones, 3);
	assert_zone(&profile, 0, KM_ZONE_DMA, 0, 0, 4096, 4096);
	assert_zone(&profile, 1, KM_ZONE_NORMAL, 0, 4096, 0x38000 - 4096, 0x38000 - 4096);
	assert_zone(&profile, 2, KM_ZONE_HIGHMEM, 0, 0x38000, 0x100000 - 0x38000,
		    0x100000 - 0x38000);
	ck_assert_uint_eq(profile.page_offset, 0xc0000000);
	ck_assert_uint_eq(profile.vmalloc_start, 0xf8800000);

	ck_assert_int_eq(km_profile_builtin("x86-32-64m", &profile), 0);
	ck_assert_uint_eq(profile.pageblock_order, 10);
	ck_assert_uint_eq(profile.nr_zones, 2);
	assert_zone(&profile, 1, KM_ZONE_NORMAL, 0, 4096, 12288, 12288);
	ck_assert_uint_eq(profile.vmalloc_start, 0xc0000000 + (72u << 20));
}
END_TEST

START_TEST(every_builtin_can_be_booted)
{
	struct km_profile profile;
	const char *name;
	unsigned int i;

	for (i = 0; (name = km_profile_builtin_name(i)); i++) {
		ck_assert_int_eq(km_profile_builtin(name, &profile), 0);
		ck_assert_str_eq(profile.name, name);
		ck_assert_pstr_eq(km_profile_check(&profile), NULL);
	}
	ck_assert_uint_eq(i, 5);
	ck_assert_int_eq(km_profile_builtin("x86-64", &profile), -ENOENT);
	ck_assert_int_eq(km_profile_builtin("", &profile), -ENOENT);
}
END_TEST

START_TEST(sizes_that_make_no_machine)
{
	struct km_profile profile;

	km_profile_init(&profile);
	ck_assert_int_eq(km_profile_set_memory(&profile, 0), -EINVAL);
	ck_assert_int_eq(km_profile_set_memory(&profile, (4 << 20) - 1), -EINVAL);
	ck_assert_int_eq(km_profile_set_memory(&profile, 4 << 20), 0);
	ck_assert_int_eq(km_profile_set_memory(&profile, 1ull << 44), -EINVAL);
	profile.nr_nodes = 2;
	ck_assert_int_eq(km_profile_set_memory(&profile, 4 << 20), -EINVAL);
	profile.nr_nodes = KM_MAX_NODES + 1;
	ck_assert_int_eq(km_profile_set_memory(&profile, 1ull << 30), -EINVAL);
}
END_TEST

START_TEST(zone_names)
{
	for (int type = 0; type < KM_NR_ZONE_TYPES; type++)
		ck_assert_int_eq(km_zone_type_from_name(km_zone_type_name(type)), type);
	ck_assert_str_eq(km_zone_type_name(KM_ZONE_HIGHMEM), "HighMem");
	ck_assert_str_eq(km_zone_type_name(KM_NR_ZONE_TYPES), "?");
	ck_assert_int_eq(km_zone_type_from_name("normal"), -1);
	ck_assert_int_eq(km_zone_type_from_name("Device"), -1);
}
END_TEST

static void good(struct km_profile *profile)
{
	ck_assert_int_eq(km_profile_builtin("x86-64-2node", profile), 0);
}

/* Break one field of a good profile, and expect the one complaint. */
#define ck_refused(change, complaint)                                                              \
	do {                                                                                       \
		struct km_profile p;                                                               \
                                                                                                   \
		good(&p);                                                                          \
		change;                                                                            \
		ck_assert_pstr_eq(km_profile_check(&p), complaint);                                \
	} while (0)

START_TEST(broken_cpus_and_layout)
{
	ck_refused(p.nr_cpus = 0, "number of CPUs is not between 1 and 4096");
	ck_refused(p.nr_cpus = 4097, "number of CPUs is not between 1 and 4096");
	ck_refused(p.nr_possible_cpus = 7,
		   "number of possible CPUs is below that of online CPUs, or above 4096");
	ck_refused(p.nr_nodes = 0, "number of nodes is not between 1 and 8");
	ck_refused(p.page_shift = 11, "page size is not between 4 KiB and 64 KiB");
	ck_refused(p.address_bits = 48, "address size is neither 32 nor 64 bits");
	ck_refused(p.paging = KM_PAGING_PAE, "paging is of another address size than the machine");
	ck_refused((p.paging = KM_PAGING_5_LEVEL, p.address_bits = 32),
		   "paging is of another address size than the machine");
	ck_refused(p.paging = KM_NR_PAGINGS, "paging is of another address size than the machine");
	ck_refused(p.cacheline_bytes = 96,
		   "cache line is not a power of two between 16 and 1024 bytes");
	ck_refused(p.pageblock_order = 11, "pageblock order is not between 1 and 10");
	ck_refused(p.pageblock_order = 0, "pageblock order is not between 1 and 10");
}
END_TEST

START_TEST(broken_ranges)
{
	ck_refused(p.nr_ranges = 65, "more than 64 memory ranges");
	ck_refused(p.ranges[1].end_pfn = p.ranges[1].start_pfn,
		   "a memory range is empty or ends before it begins");
	ck_refused(p.ranges[1].start_pfn = 0, "memory ranges overlap or are not ascending");
	ck_refused(p.ranges[2].end_pfn = 1ull << 33, "memory lies above 16 TiB");
	ck_refused(p.ranges[2].node = 2, "a memory range belongs to a node that does not exist");
}
END_TEST

START_TEST(broken_zones)
{
	ck_refused(p.nr_zones = 0, "no memory zones");
	ck_refused(p.nr_zones = 33, "more than 32 memory zones");
	ck_refused(p.zones[1].type = 9, "a zone has an unknown type");
	ck_refused(p.zones[3].node = 5, "a zone belongs to a node that does not exist");
	ck_refused(p.zones[0].managed_pages = 5000, "a zone manages more pages than it has");
	ck_refused(p.zones[0].present_pages = 5000, "a zone manages more pages than it has");
	ck_refused(p.zones[3].spanned_pages = UINT64_MAX, "memory lies above 16 TiB");
	ck_refused(p.ranges[0].start_pfn = 1,
		   "a zone manages more pages than the memory ranges hold");
	ck_refused(p.zones[2].wmark_min = 5, "watermarks of a zone are not ascending");
	ck_refused(p.zones[2].watermark_boost = 1,
		   "the boost of a zone's watermarks is above them");
	ck_refused(p.zones[2].wmark_high = UINT64_MAX, "a watermark of a zone is above 16 TiB");
	ck_refused(p.zones[2].pcp_batch = 1 << 21,
		   "sizes of a zone's per-cpu lists are out of range");
	ck_refused((p.zones[2].pcp_high_min = 9, p.zones[2].pcp_high_max = 8),
		   "sizes of a zone's per-cpu lists are out of range");
	ck_refused((p.zones[2].has_protection = true, p.zones[2].protection[4] = UINT64_MAX),
		   "protection of a zone is above 16 TiB");
	ck_refused(p.zones[1].type = KM_ZONE_DMA, "zones are not ordered by node and type");
	ck_refused(p.zones[3].node = 0, "a zone manages more pages than the memory ranges hold");
	ck_refused((p.zones[0].spanned_pages = 5000), "zones of a node overlap");
	ck_refused(p.zones[0].deferred_pages = 1,
		   "a zone defers more pages than it has beyond those it manages");
	ck_refused((p.zones[0].managed_pages = 4000, p.zones[0].deferred_pages = UINT64_MAX),
		   "a zone defers more pages than it has beyond those it manages");
	ck_refused((p.zones[0].managed_pages = 4000, p.zones[0].deferred_pages = 96), NULL);
	ck_refused((p.nr_zones = 1, p.zones[0].managed_pages = 0), "no memory");
}
END_TEST

/*
 * Zones of a node next to each other in the list, and with an empty one between them; zones of
 * two nodes, whose spans may cross where ranges say whose RAM is whose.
 *
 *   node 0    |--------------------|
 *   node 1               |-------------------|
 *   ranges    |000000000||111||0000||11111111|
 */
START_TEST(zones_that_overlap)
{
	const char *const of_nodes =
		"zones of two nodes overlap, and no ranges say whose RAM is whose";

	ck_refused((p.zones[1].spanned_pages = 0, p.zones[1].present_pages = 0,
		    p.zones[1].managed_pages = 0, p.zones[2].start_pfn = 4000, p.nr_ranges = 0),
		   "zones of a node overlap");
	ck_refused((p.zones[3].start_pfn--, p.nr_ranges = 0), of_nodes);
	ck_refused((p.zones[3].start_pfn = 0, p.nr_ranges = 0), of_nodes);
	ck_refused((p.zones[3].spanned_pages += p.zones[3].start_pfn, p.zones[3].start_pfn = 0),
		   NULL);
	ck_refused((p.zones[3].start_pfn = 0, p.zones[3].spanned_pages = 0,
		    p.zones[3].present_pages = 0, p.zones[3].managed_pages = 0, p.nr_ranges = 0),
		   NULL);
}
END_TEST

START_TEST(broken_address_space)
{
	ck_refused(p.page_offset = UINT64_MAX - 4095, "direct map does not fit the address space");
	ck_refused((p.address_bits = 32, p.paging = KM_PAGING_PAE),
		   "direct map does not fit the address space");
	ck_refused(p.vmalloc_end = p.vmalloc_start,
		   "vmalloc area is empty or does not fit the address space");
	ck_refused(p.vmalloc_start = p.page_offset + (1ull << 30),
		   "vmalloc area overlaps the direct map");
}
END_TEST

START_TEST(broken_sysctls)
{
	ck_refused(p.min_free_kbytes = 1ull << 31, "min_free_kbytes is above 2147483647");
	ck_refused(p.watermark_scale_factor = 3001, "watermark_scale_factor is above 3000");
	ck_refused(p.percpu_pagelist_high_fraction = 7,
		   "percpu_pagelist_high_fraction is neither 0 nor between 8 and 2147483647");
	ck_refused(p.lowmem_reserve_ratio[KM_ZONE_MOVABLE] = UINT64_MAX,
		   "a ratio of lowmem_reserve_ratio is above 2147483647");
}
END_TEST

START_TEST(broken_percpu)
{
	ck_refused(p.percpu_unit = UINT64_MAX, "an area of per-cpu memory is above 16 MiB");
	ck_refused(p.percpu_static = (16 << 20) + 1, "an area of per-cpu memory is above 16 MiB");
	ck_refused(p.percpu_dynamic = 16 << 20, NULL);
}
END_TEST

static const char *check_32(enum km_paging paging, uint64_t bytes)
{
	struct km_profile p;

	km_profile_init(&p);
	p.address_bits = 32;
	p.pageblock_order = 10;
	p.paging = paging;
	ck_assert_int_eq(km_profile_set_memory(&p, bytes), 0);
	return km_profile_check(&p);
}

/* As far as an entry of the page tables reaches, and a page more. */
START_TEST(physical_addresses_of_32_bit)
{
	const char *const above_4g = "memory lies above 4 GiB, for which 32 bit needs paging = pae";

	ck_assert_pstr_eq(check_32(KM_PAGING_DERIVED, 4ull << 30), NULL);
	ck_assert_pstr_eq(check_32(KM_PAGING_DERIVED, (4ull << 30) + 4096), above_4g);
	ck_assert_pstr_eq(check_32(KM_PAGING_2_LEVEL, 100ull << 30), above_4g);
	ck_assert_pstr_eq(check_32(KM_PAGING_PAE, 64ull << 30), NULL);
	ck_assert_pstr_eq(check_32(KM_PAGING_PAE, (64ull << 30) + 4096),
			  "memory lies above 64 GiB, where PAE ends");
}
END_TEST

#define MIB_PAGES 256ull /* pages of 4 KiB in a MiB */

static uint64_t end_of(const struct km_zone_desc *desc)
{
	return desc->start_pfn + desc->spanned_pages;
}

/*
 * Every built-in of 32 bits has the zones of the textbooks:
 *
 *   0 ──── DMA ──── 16 MiB ──── Normal ──── 896 MiB ──── HighMem ────
 */
START_TEST(zones_of_the_textbooks_32)
{
	static const struct {
		const char *name;
		uint64_t mib;
	} machines[] = { { "x86-32-64m", 64 }, { "x86-32-1g", 1024 }, { "x86-32-4g-pae", 4096 } };

	for (unsigned int i = 0; i < 3; i++) {
		struct km_profile p;
		uint64_t end = machines[i].mib * MIB_PAGES;

		ck_assert_int_eq(km_profile_builtin(machines[i].name, &p), 0);
		ck_assert_uint_eq(p.nr_zones, machines[i].mib > 896 ? 3 : 2);
		ck_assert_int_eq(p.zones[0].type, KM_ZONE_DMA);
		ck_assert_uint_eq(p.zones[0].start_pfn, 0);
		ck_assert_uint_eq(end_of(&p.zones[0]), 16 * MIB_PAGES);
		ck_assert_int_eq(p.zones[1].type, KM_ZONE_NORMAL);
		ck_assert_uint_eq(p.zones[1].start_pfn, 16 * MIB_PAGES);
		ck_assert_uint_eq(end_of(&p.zones[p.nr_zones - 1]), end);
		if (p.nr_zones == 2)
			continue;
		ck_assert_uint_eq(end_of(&p.zones[1]), 896 * MIB_PAGES);
		ck_assert_int_eq(p.zones[2].type, KM_ZONE_HIGHMEM);
		ck_assert_uint_eq(p.zones[2].start_pfn, 896 * MIB_PAGES);
	}
}
END_TEST

/*
 * And those of 64 bits theirs; only node 0 has low memory.
 *
 *   0 ──── DMA ──── 16 MiB ──── DMA32 ──── (3 GiB) 4 GiB ──── Normal ────
 */
START_TEST(zones_of_the_textbooks_64)
{
	static const char *const names[] = { "x86-64-4g", "x86-64-2node" };

	for (unsigned int i = 0; i < 2; i++) {
		struct km_profile p;

		ck_assert_int_eq(km_profile_builtin(names[i], &p), 0);
		ck_assert_uint_eq(p.nr_nodes, i + 1);
		ck_assert_uint_eq(p.nr_zones, 3 + i);
		ck_assert_int_eq(p.zones[0].type, KM_ZONE_DMA);
		ck_assert_uint_eq(end_of(&p.zones[0]), 16 * MIB_PAGES);
		ck_assert_int_eq(p.zones[1].type, KM_ZONE_DMA32);
		ck_assert_uint_eq(end_of(&p.zones[1]), 4096 * MIB_PAGES);
		ck_assert_uint_eq(p.zones[1].present_pages, (3072 - 16) * MIB_PAGES);
		ck_assert_int_eq(p.zones[2].type, KM_ZONE_NORMAL);
		ck_assert_uint_eq(p.zones[2].start_pfn, 4096 * MIB_PAGES);
		for (unsigned int zone = 0; zone < p.nr_zones; zone++)
			ck_assert_uint_eq(p.zones[zone].node, zone == 3);
	}
}
END_TEST

RUN_SUITE("machine/profile", defaults_of_x86_64, memory_continues_above_the_hole,
	  little_memory_has_no_normal_zone, nodes_share_evenly, highmem_on_32_bit,
	  every_builtin_can_be_booted, sizes_that_make_no_machine, zone_names,
	  broken_cpus_and_layout, broken_ranges, broken_zones, broken_address_space, broken_sysctls,
	  broken_percpu, zones_that_overlap, physical_addresses_of_32_bit,
	  zones_of_the_textbooks_32, zones_of_the_textbooks_64)
