/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watermarks, reserves, sizes of per-cpu lists and zonelists, against the numbers that
 * three running kernels (6.18, one machine whose Normal zone grew) printed in zoneinfo.
 */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/rig.h"

#include "core/page/zone.h"

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

START_TEST(min_free_kbytes_formula)
{
	ck_assert_uint_eq(km_min_free_kbytes(0), 128);
	ck_assert_uint_eq(km_min_free_kbytes(1024), 128);
	ck_assert_uint_eq(km_min_free_kbytes(1025), 128);
	ck_assert_uint_eq(km_min_free_kbytes(16 << 10), 512);
	ck_assert_uint_eq(km_min_free_kbytes(64 << 10), 1024);
	ck_assert_uint_eq(km_min_free_kbytes(1 << 20), 4096);
	ck_assert_uint_eq(km_min_free_kbytes(16 << 20), 16384);
	/* 128 GiB: sqrt(16 * 2^27) = 46340.95 */
	ck_assert_uint_eq(km_min_free_kbytes(1ull << 27), 46340);
	ck_assert_uint_eq(km_min_free_kbytes(1ull << 32), 262144);
	ck_assert_uint_eq(km_min_free_kbytes(1ull << 40), 262144);
}
END_TEST

START_TEST(batch_formula)
{
	/* managed >> 10, at most 256, a quarter, half as much again, rounded to 2^n - 1 */
	ck_assert_uint_eq(km_zone_batchsize(0), 1);
	ck_assert_uint_eq(km_zone_batchsize(3840), 1);
	ck_assert_uint_eq(km_zone_batchsize(8192), 1);	  /* 2 + 1 = 3, 2, 1 */
	ck_assert_uint_eq(km_zone_batchsize(12288), 3);	  /* 3 + 1 = 4, 4, 3 */
	ck_assert_uint_eq(km_zone_batchsize(65536), 15);  /* 16 + 8 = 24, 16, 15 */
	ck_assert_uint_eq(km_zone_batchsize(131072), 31); /* 32 + 16 = 48, 32, 31 */
	ck_assert_uint_eq(km_zone_batchsize(262144), 63); /* 64 + 32 = 96, 64, 63 */
	ck_assert_uint_eq(km_zone_batchsize(1ull << 30), 63);
}
END_TEST

START_TEST(high_of_older_kernels)
{
	struct km_profile profile;
	struct rig rig;

	ck_assert_int_eq(km_profile_builtin("x86-64-4g", &profile), 0);
	profile.min_free_kbytes = 67584;
	profile.features = 0;
	rig_boot(&rig, &profile);
	assert_pcp(&rig, NORMAL, 63, 378, 378);
	rig_end(&rig);

	/* 5.14 to 6.6: the low watermark over the CPUs, and no range. */
	profile.features = KM_FEAT_PCP_HIGH_ORDER;
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
	ck_assert_ptr_null(km_pfn_zone(&rig.pages, 0xc0000));
	ck_assert_ptr_null(km_pfn_zone(&rig.pages, 0xfffff));
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

/* With free pages exactly at what is needed the zone refuses, with one more it admits. */
static void assert_needs(struct zone *zone, unsigned int order, km_gfp gfp, unsigned int features,
			 uint64_t needs)
{
	zone->free_pages = needs;
	ck_assert_msg(!km_zone_watermark_ok(zone, order, 1000, KM_ZONE_NORMAL, gfp, features),
		      "gfp 0x%x was admitted with %lu", gfp, needs);
	zone->free_pages = needs + 1;
	ck_assert_msg(km_zone_watermark_ok(zone, order, 1000, KM_ZONE_NORMAL, gfp, features),
		      "gfp 0x%x was refused with %lu", gfp, needs + 1);
}

START_TEST(reserves_since_6_3)
{
	static struct zone zone;
	const unsigned int features = KM_FEATURES_NEWEST;

	zone.lowmem_reserve[KM_ZONE_NORMAL] = 50;
	zone.free_area[10].nr_free = zone.free_area[10].list[KM_MIGRATE_MOVABLE].nr = 1;
	assert_needs(&zone, 0, KM_GFP_KERNEL, features, 1050);
	assert_needs(&zone, 0, KM_GFP_NOWAIT, features, 1050);
	assert_needs(&zone, 0, KM_GFP_KERNEL | KM_GFP_HIGH, features, 550);
	assert_needs(&zone, 0, KM_GFP_ATOMIC, features, 425);
	assert_needs(&zone, 0, KM_GFP_ATOMIC | KM_GFP_NOMEMALLOC, features, 550);
	assert_needs(&zone, 3, KM_GFP_KERNEL, features, 1057);
	/* An odd mark is halved upwards: 1000 -> 500 -> 375; all is subtraction. */
	ck_assert_uint_eq(km_zone_needs(&zone, 0, 7, KM_ZONE_DMA, KM_ALLOC_MIN_RESERVE), 4);
}
END_TEST

START_TEST(reserves_before_6_3)
{
	static struct zone zone;

	zone.lowmem_reserve[KM_ZONE_NORMAL] = 50;
	assert_needs(&zone, 0, KM_GFP_KERNEL, 0, 1050);
	assert_needs(&zone, 0, KM_GFP_NOWAIT, 0, 1050);
	assert_needs(&zone, 0, KM_GFP_KERNEL | KM_GFP_HIGH, 0, 550);
	assert_needs(&zone, 0, KM_GFP_ATOMIC | KM_GFP_ATOMIC_BIT, 0, 425);
	assert_needs(&zone, 0, KM_GFP_KSWAPD_RECLAIM | KM_GFP_ATOMIC_BIT, 0, 800);
}
END_TEST

START_TEST(pages_that_do_not_count)
{
	static struct zone zone;

	zone.free_by_type[KM_MIGRATE_HIGHATOMIC] = 10;
	zone.free_by_type[KM_MIGRATE_CMA] = 20;
	zone.free_by_type[KM_MIGRATE_ISOLATE] = 40;
	assert_needs(&zone, 0, KM_GFP_KERNEL, KM_FEATURES_NEWEST, 1070);
	assert_needs(&zone, 0, KM_GFP_HIGHUSER_MOVABLE, KM_FEATURES_NEWEST, 1050);
	assert_needs(&zone, 0, KM_GFP_NOWAIT, KM_FEATURES_NEWEST, 1060);
	assert_needs(&zone, 0, KM_GFP_ATOMIC, KM_FEATURES_NEWEST, 435);
}
END_TEST

/* Enough pages are not enough: there must be a block, on a list the request may use. */
START_TEST(a_block_must_be_there)
{
	static struct zone zone;

	zone.free_pages = 100000;
	ck_assert(km_zone_admits(&zone, 0, 10, KM_ZONE_NORMAL, 0));
	ck_assert(!km_zone_admits(&zone, 1, 10, KM_ZONE_NORMAL, 0));
	zone.free_area[4].nr_free = 1;
	zone.free_area[4].list[KM_MIGRATE_HIGHATOMIC].nr = 1;
	ck_assert(!km_zone_admits(&zone, 4, 10, KM_ZONE_NORMAL, 0));
	ck_assert(km_zone_admits(&zone, 4, 10, KM_ZONE_NORMAL, KM_ALLOC_HIGHATOMIC));
	ck_assert(!km_zone_admits(&zone, 5, 10, KM_ZONE_NORMAL, KM_ALLOC_HIGHATOMIC));
	zone.free_area[4].list[KM_MIGRATE_HIGHATOMIC].nr = 0;
	zone.free_area[4].list[KM_MIGRATE_CMA].nr = 1;
	ck_assert(!km_zone_admits(&zone, 4, 10, KM_ZONE_NORMAL, KM_ALLOC_HIGHATOMIC));
	ck_assert(km_zone_admits(&zone, 4, 10, KM_ZONE_NORMAL, KM_ALLOC_CMA));
	zone.free_area[4].list[KM_MIGRATE_CMA].nr = 0;
	zone.free_area[4].list[KM_MIGRATE_RECLAIMABLE].nr = 1;
	ck_assert(km_zone_admits(&zone, 3, 10, KM_ZONE_NORMAL, 0));
}
END_TEST

RUN_SUITE("page/zone", live_24_gib, live_normal_zone_of_360448_pages,
	  live_normal_zone_of_393216_pages, min_free_kbytes_formula, batch_formula,
	  high_of_older_kernels, given_numbers_win, highmem_watermarks, zonelists, zone_of_a_page,
	  interleaved_nodes, reserves_since_6_3, reserves_before_6_3, pages_that_do_not_count,
	  a_block_must_be_there)
