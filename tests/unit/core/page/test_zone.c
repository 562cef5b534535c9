/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watermarks, reserves, sizes of per-cpu lists and zonelists, against the numbers that
 * running kernels printed in zoneinfo: three times 6.18, on one machine whose Normal zone grew,
 * and 6.1 with high memory.
 */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/rig.h"

#include "core/page/zone.h"

#define FEATURES_2_6_32 km_era_features("2.6.32", NULL)

enum {
	DMA,
	DMA32,
	NORMAL
};

/* The machine behind the numbers: 2 CPUs, 67584 KiB, these managed pages in Normal. */
static void boot_live(struct rig *rig, uint64_t normal_managed)
{
	struct km_profile profile;

	km_profile_init(&profile);
	profile.nr_cpus = profile.nr_possible_cpus = 2;
	profile.min_free_kbytes = 67584;
	profile.nr_zones = 3;
	profile.zones[DMA] = (struct km_zone_desc){ .type = KM_ZONE_DMA,
						    .start_pfn = 1,
						    .spanned_pages = 4095,
						    .present_pages = 3998,
						    .managed_pages = 3840 };
	profile.zones[DMA32] = (struct km_zone_desc){ .type = KM_ZONE_DMA32,
						      .start_pfn = 4096,
						      .spanned_pages = 1044480,
						      .present_pages = 782336,
						      .managed_pages = 772917 };
	profile.zones[NORMAL] = (struct km_zone_desc){ .type = KM_ZONE_NORMAL,
						       .start_pfn = 1048576,
						       .spanned_pages = 5505024,
						       .present_pages = 5505024,
						       .managed_pages = normal_managed };
	rig_boot(rig, &profile);
}

static void assert_wmarks(const struct rig *rig, int zone, uint64_t min, uint64_t low,
			  uint64_t high)
{
	ck_assert_uint_eq(rig->pages.zones[zone].wmark_min, min);
	ck_assert_uint_eq(rig->pages.zones[zone].wmark_low, low);
	ck_assert_uint_eq(rig->pages.zones[zone].wmark_high, high);
}

static void assert_pcp(const struct rig *rig, int zone, uint64_t batch, uint64_t high_min,
		       uint64_t high_max)
{
	ck_assert_uint_eq(rig->pages.zones[zone].pcp_batch, batch);
	ck_assert_uint_eq(rig->pages.zones[zone].pcp_high_min, high_min);
	ck_assert_uint_eq(rig->pages.zones[zone].pcp_high_max, high_max);
}

static void assert_protection(const struct rig *rig, int zone, uint64_t dma32, uint64_t normal)
{
	const uint64_t *reserve = rig->pages.zones[zone].lowmem_reserve;

	ck_assert_uint_eq(reserve[KM_ZONE_DMA], 0);
	ck_assert_uint_eq(reserve[KM_ZONE_DMA32], dma32);
	ck_assert_uint_eq(reserve[KM_ZONE_NORMAL], normal);
	/* Zones that do not exist add nothing. */
	ck_assert_uint_eq(reserve[KM_ZONE_HIGHMEM], normal);
	ck_assert_uint_eq(reserve[KM_ZONE_MOVABLE], normal);
}

START_TEST(live_24_gib)
{
	struct rig rig;

	boot_live(&rig, 5394266);
	assert_wmarks(&rig, NORMAL, 14769, 20163, 25557);
	assert_protection(&rig, DMA, 3019, 24090);
	assert_protection(&rig, DMA32, 0, 21071);
	assert_protection(&rig, NORMAL, 0, 0);
	assert_pcp(&rig, DMA, 1, 6, 240);
	assert_pcp(&rig, NORMAL, 63, 10081, 337141);
	rig_end(&rig);
}
END_TEST

START_TEST(live_normal_zone_of_360448_pages)
{
	struct rig rig;

	boot_live(&rig, 360448);
	assert_wmarks(&rig, DMA, 57, 71, 85);
	assert_wmarks(&rig, DMA32, 11483, 14353, 17223);
	assert_protection(&rig, DMA, 3019, 4427);
	assert_protection(&rig, DMA32, 0, 1408);
	assert_pcp(&rig, DMA, 1, 35, 240);
	rig_end(&rig);
}
END_TEST

START_TEST(live_normal_zone_of_393216_pages)
{
	struct rig rig;

	boot_live(&rig, 393216);
	assert_wmarks(&rig, DMA, 55, 68, 81);
	assert_wmarks(&rig, DMA32, 11161, 13951, 16741);
	assert_wmarks(&rig, NORMAL, 5678, 7097, 8516);
	assert_protection(&rig, DMA, 3019, 4555);
	assert_protection(&rig, DMA32, 0, 1536);
	assert_pcp(&rig, DMA, 1, 34, 240);
	assert_pcp(&rig, DMA32, 63, 6975, 48307);
	assert_pcp(&rig, NORMAL, 63, 3548, 24576);
	rig_end(&rig);
}
END_TEST

/*
 * 6.1 on 32 bit with PAE, 1500 MiB and two CPUs, as it came up: 512 pages of its init sections
 * were still missing in Normal.  Huge pages have raised min_free_kbytes.
 */
START_TEST(live_32_bit_with_high_memory)
{
	struct km_profile profile;
	struct rig rig;

	ck_assert_int_eq(km_profile_builtin("x86-32-4g-pae", &profile), 0);
	profile.features = km_era_features("6.1.0", "Debian 6.1.176-1");
	profile.nr_cpus = profile.nr_possible_cpus = 2;
	profile.nr_ranges = 0;
	profile.zones[0] = (struct km_zone_desc){ .type = KM_ZONE_DMA,
						  .start_pfn = 1,
						  .spanned_pages = 4095,
						  .present_pages = 3998,
						  .managed_pages = 3840 };
	profile.zones[1] = (struct km_zone_desc){ .type = KM_ZONE_NORMAL,
						  .start_pfn = 4096,
						  .spanned_pages = 221182,
						  .present_pages = 221182,
						  .managed_pages = 213398 - 512 };
	profile.zones[2] = (struct km_zone_desc){ .type = KM_ZONE_HIGHMEM,
						  .start_pfn = 225278,
						  .spanned_pages = 158690,
						  .present_pages = 158690,
						  .managed_pages = 158690 };
	rig_boot(&rig, &profile);
	ck_assert_uint_eq(rig.pages.min_free_kbytes, 3724);
	profile.min_free_kbytes = km_recommended_min_free_kbytes(&rig.pages);
	rig_end(&rig);

	rig_boot(&rig, &profile);
	assert_wmarks(&rig, 0, 190, 237, 284);
	assert_wmarks(&rig, 1, 10575, 13218, 15861);
	assert_wmarks(&rig, 2, 128, 2098, 4068);
	assert_pcp(&rig, 0, 1, 118, 118);
	assert_pcp(&rig, 1, 63, 6609, 6609);
	assert_pcp(&rig, 2, 31, 1049, 1049);
	ck_assert_uint_eq(rig.pages.zones[0].lowmem_reserve[KM_ZONE_NORMAL], 831);
	ck_assert_uint_eq(rig.pages.zones[0].lowmem_reserve[KM_ZONE_HIGHMEM], 1451);
	ck_assert_uint_eq(rig.pages.zones[0].lowmem_reserve[KM_ZONE_MOVABLE], 1451);
	ck_assert_uint_eq(rig.pages.zones[1].lowmem_reserve[KM_ZONE_NORMAL], 0);
	ck_assert_uint_eq(rig.pages.zones[1].lowmem_reserve[KM_ZONE_HIGHMEM], 4959);
	ck_assert_uint_eq(rig.pages.zones[2].lowmem_reserve[KM_ZONE_MOVABLE], 0);
	rig_end(&rig);
}
END_TEST

START_TEST(min_free_kbytes_formula)
{
	ck_assert_uint_eq(km_min_free_kbytes(0, KM_FEATURES_NEWEST), 128);
	ck_assert_uint_eq(km_min_free_kbytes(1024, KM_FEATURES_NEWEST), 128);
	ck_assert_uint_eq(km_min_free_kbytes(1025, KM_FEATURES_NEWEST), 128);
	ck_assert_uint_eq(km_min_free_kbytes(16 << 10, KM_FEATURES_NEWEST), 512);
	ck_assert_uint_eq(km_min_free_kbytes(64 << 10, KM_FEATURES_NEWEST), 1024);
	ck_assert_uint_eq(km_min_free_kbytes(1 << 20, KM_FEATURES_NEWEST), 4096);
	ck_assert_uint_eq(km_min_free_kbytes(16 << 20, KM_FEATURES_NEWEST), 16384);
	/* 128 GiB: sqrt(16 * 2^27) = 46340.95 */
	ck_assert_uint_eq(km_min_free_kbytes(1ull << 27, KM_FEATURES_NEWEST), 46340);
	ck_assert_uint_eq(km_min_free_kbytes(1ull << 32, KM_FEATURES_NEWEST), 262144);
	ck_assert_uint_eq(km_min_free_kbytes(1ull << 40, KM_FEATURES_NEWEST), 262144);
	/* 64 MiB at most before 5.8, which a machine of 256 GiB reaches. */
	ck_assert_uint_eq(km_min_free_kbytes((1ull << 28) - 1, FEATURES_2_6_32), 65535);
	ck_assert_uint_eq(km_min_free_kbytes(1ull << 28, FEATURES_2_6_32), 65536);
	ck_assert_uint_eq(km_min_free_kbytes(1ull << 29, km_era_features("5.4.0", NULL)), 65536);
	ck_assert_uint_eq(km_min_free_kbytes(1ull << 29, km_era_features("5.10.0", NULL)), 92681);
}
END_TEST

START_TEST(batch_formula)
{
	/* managed >> 10, at most 256, a quarter, half as much again, rounded to 2^n - 1 */
	ck_assert_uint_eq(km_zone_batchsize(0, 12), 1);
	ck_assert_uint_eq(km_zone_batchsize(3840, 12), 1);
	ck_assert_uint_eq(km_zone_batchsize(8192, 12), 1);    /* 2 + 1 = 3, 2, 1 */
	ck_assert_uint_eq(km_zone_batchsize(12288, 12), 3);   /* 3 + 1 = 4, 4, 3 */
	ck_assert_uint_eq(km_zone_batchsize(65536, 12), 15);  /* 16 + 8 = 24, 16, 15 */
	ck_assert_uint_eq(km_zone_batchsize(131072, 12), 31); /* 32 + 16 = 48, 32, 31 */
	ck_assert_uint_eq(km_zone_batchsize(262144, 12), 63); /* 64 + 32 = 96, 64, 63 */
	ck_assert_uint_eq(km_zone_batchsize(1ull << 30, 12), 63);
	/* 1 MiB is 64 pages of 16 KiB, 16 of 64 KiB */
	ck_assert_uint_eq(km_zone_batchsize(1ull << 30, 14), 15);
	ck_assert_uint_eq(km_zone_batchsize(1ull << 30, 16), 3);
}
END_TEST

START_TEST(high_of_older_kernels)
{
	struct km_profile profile;
	struct rig rig;

	ck_assert_int_eq(km_profile_builtin("x86-64-4g", &profile), 0);
	profile.min_free_kbytes = 67584;
	profile.features = km_era_features("5.10.0", NULL);
	rig_boot(&rig, &profile);
	assert_pcp(&rig, NORMAL, 63, 378, 378);
	rig_end(&rig);

	/* 5.14 to 6.6: the low watermark over the CPUs, and no range. */
	profile.features = km_era_features("6.6.0", NULL);
	rig_boot(&rig, &profile);
	assert_wmarks(&rig, NORMAL, 4224, 5280, 6336);
	assert_pcp(&rig, NORMAL, 63, 1320, 1320);
	rig_end(&rig);

	/* The sysctl overrides, and switches floating off. */
	profile.features = KM_FEATURES_NEWEST;
	profile.percpu_pagelist_high_fraction = 100;
	rig_boot(&rig, &profile);
	assert_pcp(&rig, NORMAL, 63, 262144 / 100 / 4, 262144 / 100 / 4);
	rig_end(&rig);
}
END_TEST

START_TEST(given_numbers_win)
{
	struct km_profile profile;
	struct zone *zone;
	struct rig rig;

	ck_assert_int_eq(km_profile_builtin("x86-64-4g", &profile), 0);
	profile.zones[NORMAL].wmark_min = 100;
	profile.zones[NORMAL].wmark_low = 200;
	profile.zones[NORMAL].wmark_high = 300;
	profile.zones[DMA32].has_protection = true;
	profile.zones[DMA32].protection[KM_ZONE_NORMAL] = 77;
	profile.zones[NORMAL].pcp_batch = 7;
	profile.zones[NORMAL].pcp_high_min = 50;
	profile.zones[NORMAL].pcp_high_max = 60;
	rig_boot(&rig, &profile);
	zone = &rig.pages.zones[DMA32];
	assert_wmarks(&rig, NORMAL, 100, 200, 300);
	assert_pcp(&rig, NORMAL, 7, 50, 60);
	ck_assert_uint_eq(zone->lowmem_reserve[KM_ZONE_NORMAL], 77);
	ck_assert_uint_eq(zone->lowmem_reserve[KM_ZONE_MOVABLE], 0);
	rig_end(&rig);
}
END_TEST

/* HighMem keeps 32 to 128 pages, its distances are those of its share. */
START_TEST(highmem_watermarks)
{
	struct km_profile profile;
	struct rig rig;

	ck_assert_int_eq(km_profile_builtin("x86-32-4g-pae", &profile), 0);
	profile.min_free_kbytes = 4096;
	rig_boot(&rig, &profile);
	/* lowmem 229376 pages, min 1024: DMA 4096 * 1024 / 229376 = 18 */
	assert_wmarks(&rig, 0, 18, 22, 26);
	assert_wmarks(&rig, 1, 1005, 1256, 1507);
	/* HighMem 819200 pages: share 3657, gap max(914, 819) */
	assert_wmarks(&rig, 2, 128, 1042, 1956);
	ck_assert_uint_eq(rig.pages.zones[1].lowmem_reserve[KM_ZONE_HIGHMEM], 819200 / 32);
	ck_assert_uint_eq(rig.pages.zones[1].lowmem_reserve[KM_ZONE_MOVABLE], 819200 / 32);
	ck_assert_uint_eq(rig.pages.zones[2].lowmem_reserve[KM_ZONE_MOVABLE], 0);
	rig_end(&rig);
}
END_TEST

START_TEST(zonelists)
{
	/* zones: 0 DMA, 1 DMA32, 2 Normal of node 0, 3 Normal of node 1 */
	static const uint8_t node0[] = { 2, 1, 0, 3 }, node1[] = { 3, 2, 1, 0 };
	struct km_profile profile;
	struct rig rig;

	ck_assert_int_eq(km_profile_builtin("x86-64-2node", &profile), 0);
	rig_boot(&rig, &profile);
	ck_assert_uint_eq(rig.pages.nr_zonelist[0], 4);
	ck_assert_uint_eq(rig.pages.nr_zonelist[1], 4);
	ck_assert_mem_eq(rig.pages.zonelist[0], node0, 4);
	ck_assert_mem_eq(rig.pages.zonelist[1], node1, 4);
	rig_end(&rig);

	/* An empty zone is on no list. */
	profile.zones[1].managed_pages = 0;
	rig_boot(&rig, &profile);
	ck_assert_uint_eq(rig.pages.nr_zonelist[1], 3);
	ck_assert_uint_eq(rig.pages.zonelist[1][2], 0);
	rig_end(&rig);
}
END_TEST

START_TEST(zone_of_a_page)
{
	struct km_profile profile;
	struct rig rig;

	ck_assert_int_eq(km_profile_builtin("x86-64-2node", &profile), 0);
	profile.ranges[0].start_pfn = 1;
	profile.zones[0].start_pfn = 1;
	profile.zones[0].spanned_pages--;
	profile.zones[0].present_pages--;
	profile.zones[0].managed_pages--;
	rig_boot(&rig, &profile);
	ck_assert_ptr_null(km_pfn_zone(&rig.pages, 0));
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, 1), &rig.pages.zones[0]);
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, 4095), &rig.pages.zones[0]);
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, 4096), &rig.pages.zones[1]);
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, 0xbffff), &rig.pages.zones[1]);
	/* A span goes on through a hole, as the kernel's does. */
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, 0xfffff), &rig.pages.zones[1]);
	ck_assert(!km_pfn_is_ram(&rig.machine, 0xfffff));
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, 0x100000), &rig.pages.zones[2]);
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, 0x23ffff), &rig.pages.zones[2]);
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, 0x240000), &rig.pages.zones[3]);
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, 0x43ffff), &rig.pages.zones[3]);
	ck_assert_ptr_null(km_pfn_zone(&rig.pages, 0x440000));
	ck_assert_ptr_null(km_pfn_zone(&rig.pages, KM_NO_PFN));
	rig_end(&rig);
}
END_TEST

/* The spans of two nodes may be interleaved: node 0 | node 1 | node 0 again. */
START_TEST(interleaved_nodes)
{
	struct km_profile profile;
	struct rig rig;

	km_profile_init(&profile);
	profile.nr_nodes = 2;
	profile.nr_cpus = profile.nr_possible_cpus = 2;
	profile.nr_ranges = 3;
	profile.ranges[0] = (struct km_mem_range){ 0, 8192, 0 };
	profile.ranges[1] = (struct km_mem_range){ 8192, 16384, 1 };
	profile.ranges[2] = (struct km_mem_range){ 16384, 24576, 0 };
	profile.nr_zones = 2;
	profile.zones[0] = (struct km_zone_desc){ .type = KM_ZONE_NORMAL,
						  .spanned_pages = 24576,
						  .present_pages = 16384,
						  .managed_pages = 16384 };
	profile.zones[1] = (struct km_zone_desc){ .type = KM_ZONE_NORMAL,
						  .node = 1,
						  .start_pfn = 8192,
						  .spanned_pages = 8192,
						  .present_pages = 8192,
						  .managed_pages = 8192 };
	rig_boot(&rig, &profile);
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, 8191), &rig.pages.zones[0]);
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, 8192), &rig.pages.zones[1]);
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, 16383), &rig.pages.zones[1]);
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, 16384), &rig.pages.zones[0]);
	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	ck_assert_uint_eq(rig.pages.zones[0].free_pages, 16384);
	ck_assert_uint_eq(rig.pages.zones[1].free_pages, 8192);
	for (unsigned int i = 0; i < 100; i++)
		ck_assert_uint_ne(
			km_alloc_pages(&rig.pages, KM_GFP_KERNEL, i % 4, 0, i % 2, KM_OWNER_OTHER),
			KM_NO_PFN);
	rig_end(&rig);
}
END_TEST

/*
 * 2.6.32: by present pages, a quarter and a half of the share between the marks, whatever
 * watermark_scale_factor would say.
 */
START_TEST(watermarks_of_2_6_32)
{
	struct km_profile profile;
	struct rig rig;

	ck_assert_int_eq(km_profile_builtin("x86-32-4g-pae", &profile), 0);
	profile.features = FEATURES_2_6_32;
	profile.watermark_scale_factor = 1000;
	profile.zones[1].managed_pages -= 50000;
	rig_boot(&rig, &profile);
	/* lowmem 229376 pages, 917504 KiB: sqrt(14680064) = 3831 KiB, 957 pages */
	ck_assert_uint_eq(rig.pages.min_free_kbytes, 3831);
	assert_wmarks(&rig, 0, 17, 21, 25);
	assert_wmarks(&rig, 1, 939, 1173, 1408);
	/* HighMem: its share is 3417 */
	assert_wmarks(&rig, 2, 128, 982, 1836);
	ck_assert_uint_eq(rig.pages.zones[2].wmark_promo, 1836);
	assert_pcp(&rig, 1, 31, 186, 186);
	rig_end(&rig);
}
END_TEST

START_TEST(lowmem_reserve_of_2_6_32)
{
	struct km_profile profile;
	struct rig rig;

	ck_assert_int_eq(km_profile_builtin("x86-32-4g-pae", &profile), 0);
	profile.features = FEATURES_2_6_32;
	profile.zones[1].managed_pages -= 50000;
	profile.zones[2].managed_pages = 800000;
	profile.lowmem_reserve_ratio[KM_ZONE_NORMAL] = 0;
	rig_boot(&rig, &profile);
	/* Present pages: 225280 of Normal, 819200 of HighMem; a ratio of 0 counts as 1. */
	ck_assert_uint_eq(rig.pages.zones[0].lowmem_reserve[KM_ZONE_NORMAL], 225280 / 256);
	ck_assert_uint_eq(rig.pages.zones[0].lowmem_reserve[KM_ZONE_HIGHMEM], 1044480 / 256);
	ck_assert_uint_eq(rig.pages.zones[1].lowmem_reserve[KM_ZONE_HIGHMEM], 819200);
	rig_end(&rig);

	/* Later ones by managed pages, and 0 turns it off. */
	profile.features = KM_FEATURES_NEWEST;
	rig_boot(&rig, &profile);
	ck_assert_uint_eq(rig.pages.zones[0].lowmem_reserve[KM_ZONE_HIGHMEM], 975280 / 256);
	ck_assert_uint_eq(rig.pages.zones[1].lowmem_reserve[KM_ZONE_HIGHMEM], 0);
	rig_end(&rig);
}
END_TEST

START_TEST(promo_watermark)
{
	struct rig rig;

	boot_live(&rig, 5394266);
	ck_assert_uint_eq(rig.pages.zones[NORMAL].wmark_promo, 30951);
	rig_end(&rig);
}
END_TEST

/* Normal and Movable of 1 GiB each: until 6.6 both had a share of min_free_kbytes. */
START_TEST(movable_zone_is_capped)
{
	struct km_profile profile;
	struct rig rig;

	km_profile_init(&profile);
	profile.min_free_kbytes = 8192;
	profile.nr_zones = 2;
	profile.zones[0] = (struct km_zone_desc){ .type = KM_ZONE_NORMAL,
						  .spanned_pages = 262144,
						  .present_pages = 262144,
						  .managed_pages = 262144 };
	profile.zones[1] = profile.zones[0];
	profile.zones[1].type = KM_ZONE_MOVABLE;
	profile.zones[1].start_pfn = 262144;
	rig_boot(&rig, &profile);
	assert_wmarks(&rig, 0, 2048, 2560, 3072);
	assert_wmarks(&rig, 1, 128, 640, 1152);
	rig_end(&rig);

	profile.features = km_era_features("6.1.0", NULL);
	rig_boot(&rig, &profile);
	assert_wmarks(&rig, 0, 1024, 1286, 1548);
	assert_wmarks(&rig, 1, 1024, 1286, 1548);
	rig_end(&rig);
}
END_TEST

/* khugepaged: 512 pages * zones * (2 + 3 * 3), at most 5 % of what lies above the high marks. */
START_TEST(what_huge_pages_ask_for)
{
	struct km_profile profile;
	struct rig rig;

	boot_live(&rig, 5394266);
	ck_assert_uint_eq(km_recommended_min_free_kbytes(&rig.pages), 67584);
	rig_end(&rig);

	ck_assert_int_eq(km_profile_builtin("x86-64-4g", &profile), 0);
	rig_boot(&rig, &profile);
	ck_assert_uint_eq(km_recommended_min_free_kbytes(&rig.pages), 67584);
	rig_end(&rig);

	/* Of four zones on two nodes all count. */
	ck_assert_int_eq(km_profile_builtin("x86-64-2node", &profile), 0);
	rig_boot(&rig, &profile);
	ck_assert_uint_eq(km_recommended_min_free_kbytes(&rig.pages), 4 * 512 * 11 * 4);
	rig_end(&rig);

	/* 256 MiB, 65536 pages: marks of 2048 KiB: high is 32 + 8 + 8 and 480 + 120 + 120. */
	km_profile_init(&profile);
	ck_assert_int_eq(km_profile_set_memory(&profile, 256ull << 20), 0);
	profile.min_free_kbytes = 2048;
	rig_boot(&rig, &profile);
	ck_assert_uint_eq(rig.pages.zones[0].wmark_high, 48);
	ck_assert_uint_eq(rig.pages.zones[1].wmark_high, 720);
	ck_assert_uint_eq(km_recommended_min_free_kbytes(&rig.pages), (65536 - 48 - 720) / 20 * 4);
	rig_end(&rig);

	/* High memory does not count: pageblocks of 2 MiB, two zones. */
	ck_assert_int_eq(km_profile_builtin("x86-32-4g-pae", &profile), 0);
	rig_boot(&rig, &profile);
	ck_assert_uint_eq(km_recommended_min_free_kbytes(&rig.pages), 2 * 512 * 11 * 4);
	rig_end(&rig);
}
END_TEST

START_TEST(size_of_the_highatomic_reserve)
{
	struct rig rig;

	boot_live(&rig, 393216);
	/* 3932 pages are 7.7 pageblocks, 38 less than one. */
	ck_assert_uint_eq(km_highatomic_limit(&rig.pages, &rig.pages.zones[NORMAL]), 8 * 512);
	ck_assert_uint_eq(km_highatomic_limit(&rig.pages, &rig.pages.zones[DMA]), 0);
	rig.machine.profile.features = km_era_features("6.1.0", NULL);
	ck_assert_uint_eq(km_highatomic_limit(&rig.pages, &rig.pages.zones[NORMAL]), 3932 + 512);
	ck_assert_uint_eq(km_highatomic_limit(&rig.pages, &rig.pages.zones[DMA]), 38 + 512);
	rig.machine.profile.features = FEATURES_2_6_32;
	ck_assert_uint_eq(km_highatomic_limit(&rig.pages, &rig.pages.zones[NORMAL]), 0);
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/zone", live_24_gib, live_normal_zone_of_360448_pages,
	  live_normal_zone_of_393216_pages, live_32_bit_with_high_memory, min_free_kbytes_formula,
	  batch_formula, high_of_older_kernels, given_numbers_win, highmem_watermarks, zonelists,
	  zone_of_a_page, interleaved_nodes, watermarks_of_2_6_32, lowmem_reserve_of_2_6_32,
	  promo_watermark, movable_zone_is_capped, what_huge_pages_ask_for,
	  size_of_the_highatomic_reserve)
