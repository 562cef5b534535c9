/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Warm starts: free blocks exactly as a snapshot counted them, none of which has a free
 * buddy, and the rest held.
 */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/rig.h"

#include "core/page/held.h"
#include "core/page/pcp.h"

#define U KM_MIGRATE_UNMOVABLE
#define M KM_MIGRATE_MOVABLE
#define R KM_MIGRATE_RECLAIMABLE
#define H KM_MIGRATE_HIGHATOMIC

typedef uint64_t block_counts[KM_NR_MIGRATETYPES][KM_NR_ORDERS];

static void assert_counts(const struct zone *zone, block_counts blocks)
{
	uint64_t pages = 0;

	for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
		uint64_t nr = 0;

		for (int type = 0; type < KM_NR_MIGRATETYPES; type++) {
			ck_assert_msg(zone->free_area[order].list[type].nr == blocks[type][order],
				      "order %u %s: %lu blocks, asked %lu", order,
				      km_migratetype_name(type),
				      zone->free_area[order].list[type].nr, blocks[type][order]);
			nr += blocks[type][order];
		}
		ck_assert_uint_eq(zone->free_area[order].nr_free, nr);
		pages += nr << order;
	}
	ck_assert_uint_eq(zone->free_pages, pages);
	ck_assert_uint_eq(zone->held_pages, zone->managed_pages - pages);
}

/*
 * 64 pages, pageblocks of 8; asked: Movable of orders 4, 2, 1, Unmovable of orders 3, 0, 0.
 *
 *   0       8       16              32      40      48      56
 *   .0...0..3-------4---------------....................2---..1-....
 *   U       U       M       M       M       M       M       M
 *
 * Blocks of whole pageblocks first, then two pages in an Unmovable pageblock of their
 * own, each with held pages around it; the Movable ones in different pageblocks.
 */
START_TEST(a_small_zone)
{
	block_counts blocks = { [M] = { [1] = 1, [2] = 1, [4] = 1 }, [U] = { [0] = 2, [3] = 1 } };
	struct zone *zone;
	struct rig rig;

	rig_boot_small(&rig, 64);
	zone = &rig.pages.zones[0];
	ck_assert_uint_eq(km_pages_seed(&rig.pages, zone, blocks), 0);
	assert_counts(zone, blocks);
	ck_assert_map(&rig, 0, ".0...0..3-------4---------------....................2---..1-....");
	ck_assert_types(&rig, zone, "UUMMMMMM");
	rig_end(&rig);
}
END_TEST

/*
 * Every page free but one: packed as tightly as a zone can be.
 *
 *   .01-2---3-------4---------------5---...
 */
START_TEST(all_but_one_page)
{
	block_counts blocks = { { 0 } };
	struct zone *zone;
	struct rig rig;

	rig_boot_small(&rig, 1024);
	zone = &rig.pages.zones[0];
	for (int order = 0; order < 10; order++)
		blocks[M][order] = 1;
	ck_assert_uint_eq(km_pages_seed(&rig.pages, zone, blocks), 0);
	assert_counts(zone, blocks);
	ck_assert_uint_eq(zone->held_pages, 1);
	ck_assert_map(&rig, 0, ".01-2---3-------4---------------5---");
	ck_assert_uint_ne(km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_SLAB),
			  KM_NO_PFN);
	ck_assert_uint_eq(km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_SLAB),
			  KM_NO_PFN);
	rig_end(&rig);
}
END_TEST

/* Two blocks that are buddies are one: what cannot lie apart is counted, not placed. */
START_TEST(what_cannot_be_placed)
{
	block_counts blocks = { [M] = { [9] = 2 } };
	struct zone *zone;
	struct rig rig;

	rig_boot_small(&rig, 1024);
	zone = &rig.pages.zones[0];
	ck_assert_uint_eq(km_pages_seed(&rig.pages, zone, blocks), 512);
	blocks[M][9] = 1;
	assert_counts(zone, blocks);
	rig_end(&rig);

	/* More than the zone manages. */
	blocks[M][9] = 0;
	blocks[M][0] = 2000;
	rig_boot_small(&rig, 1024);
	ck_assert_uint_eq(km_pages_seed(&rig.pages, &rig.pages.zones[0], blocks), 2000 - 512);
	rig_end(&rig);

	/* Larger than the zone. */
	blocks[M][0] = 0;
	blocks[M][10] = 1;
	rig_boot_small(&rig, 512);
	ck_assert_uint_eq(km_pages_seed(&rig.pages, &rig.pages.zones[0], blocks), 1024);
	rig_end(&rig);
}
END_TEST

/* Nothing free, and everything held. */
START_TEST(nothing_asked)
{
	block_counts blocks = { { 0 } };
	struct zone *zone;
	struct rig rig;

	rig_boot_small(&rig, 1000);
	zone = &rig.pages.zones[0];
	ck_assert_uint_eq(km_pages_seed(&rig.pages, zone, blocks), 0);
	assert_counts(zone, blocks);
	for (int i = 0; i < 1000; i++)
		ck_assert_uint_lt(km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_SLAB),
				  1000);
	rig_end(&rig);
}
END_TEST

/*
 * The machine of test_zone.c: three zones whose counts were read from pagetypeinfo, with
 * and without the memory ranges of its firmware.  DMA and DMA32 were free to the last
 * managed page, which only works if the pages the kernel keeps lie between the blocks.
 */
static void boot_live(struct rig *rig, bool ranges)
{
	struct km_profile profile;

	km_profile_init(&profile);
	profile.nr_cpus = profile.nr_possible_cpus = 2;
	profile.min_free_kbytes = 67584;
	profile.nr_zones = 3;
	profile.zones[0] = (struct km_zone_desc){ .type = KM_ZONE_DMA,
						  .start_pfn = 1,
						  .spanned_pages = 4095,
						  .present_pages = 3998,
						  .managed_pages = 3840 };
	profile.zones[1] = (struct km_zone_desc){ .type = KM_ZONE_DMA32,
						  .start_pfn = 4096,
						  .spanned_pages = 1044480,
						  .present_pages = 782336,
						  .managed_pages = 772917 };
	profile.zones[2] = (struct km_zone_desc){ .type = KM_ZONE_NORMAL,
						  .start_pfn = 1048576,
						  .spanned_pages = 5505024,
						  .present_pages = 5505024,
						  .managed_pages = 393216 };
	if (ranges) {
		profile.nr_ranges = 3;
		profile.ranges[0] = (struct km_mem_range){ 0x1, 0x9f, 0 };
		profile.ranges[1] = (struct km_mem_range){ 0x100, 0xc0000, 0 };
		profile.ranges[2] = (struct km_mem_range){ 0x100000, 0x640000, 0 };
	}
	rig_boot(rig, &profile);
}

static block_counts live_dma = { [U] = { [8] = 1 }, [M] = { [9] = 1, [10] = 3 } };
static block_counts live_dma32 = { [M] = { 1, 2, 4, 2, 5, 4, 3, 3, 4, 2, 752 } };
static block_counts live_normal = {
	[U] = { 818, 1316, 1112, 933, 564, 329, 140, 56, 24, 0, 0 },
	[M] = { 1, 0, 1, 1, 28, 104, 83, 22, 8, 19, 156 },
	[R] = { 420, 87, 5, 29, 10, 1, 6, 3, 1, 0, 0 },
};

static void seed_live(struct rig *rig)
{
	ck_assert_uint_eq(km_pages_seed(&rig->pages, &rig->pages.zones[0], live_dma), 0);
	ck_assert_uint_eq(km_pages_seed(&rig->pages, &rig->pages.zones[1], live_dma32), 0);
	ck_assert_uint_eq(km_pages_seed(&rig->pages, &rig->pages.zones[2], live_normal), 0);
}

static void seed_and_check_live(bool ranges)
{
	struct rig rig;

	boot_live(&rig, ranges);
	seed_live(&rig);
	assert_counts(&rig.pages.zones[0], live_dma);
	assert_counts(&rig.pages.zones[1], live_dma32);
	assert_counts(&rig.pages.zones[2], live_normal);
	ck_assert_uint_eq(rig.pages.zones[0].held_pages, 0);
	ck_assert_uint_eq(rig.pages.zones[1].held_pages, 0);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_uint_eq(rig.pages.zones[i].held[KM_HELD_MOVABLE].nr_pages +
					  rig.pages.zones[i].held[KM_HELD_KERNEL].nr_pages,
				  rig.pages.zones[i].held_pages);
	rig_end(&rig);
}

START_TEST(live_machine)
{
	seed_and_check_live(true);
}
END_TEST

START_TEST(live_machine_of_unknown_ranges)
{
	seed_and_check_live(false);
}
END_TEST

/* Blocks lie where there is RAM. */
START_TEST(no_block_in_a_hole)
{
	struct rig rig;

	boot_live(&rig, true);
	seed_live(&rig);
	for (unsigned int i = 0; i < 3; i++)
		for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
			for (int type = 0; type < KM_NR_MIGRATETYPES; type++) {
				const struct km_page_list *list =
					&rig.pages.zones[i].free_area[order].list[type];

				for (uint32_t pfn = list->head; pfn != KM_NO_PAGE;
				     pfn = km_page(&rig.machine, pfn)->next) {
					ck_assert(km_pfn_is_ram(&rig.machine, pfn));
					ck_assert(km_pfn_is_ram(&rig.machine,
								pfn + (1u << order) - 1));
				}
			}
	for (uint64_t pfn = 0xc0000; pfn < 0x100000; pfn++)
		ck_assert_int_eq(km_page(&rig.machine, pfn)->state, KM_PAGE_HELD);
	rig_end(&rig);
}
END_TEST

/* A free page goes back to the list of its type: the pageblocks are as the blocks say. */
START_TEST(pageblocks_are_pure)
{
	struct zone *zone;
	uint64_t mixed = 0;
	struct rig rig;

	boot_live(&rig, true);
	seed_live(&rig);
	zone = &rig.pages.zones[2];
	for (unsigned int order = 0; order < KM_MAX_ORDER; order++)
		for (int type = 0; type < KM_NR_MIGRATETYPES; type++)
			for (uint32_t pfn = zone->free_area[order].list[type].head;
			     pfn != KM_NO_PAGE; pfn = km_page(&rig.machine, pfn)->next)
				mixed += km_pageblock_type(&rig.pages, zone, pfn) !=
					 (enum km_migratetype)type;
	ck_assert_uint_eq(mixed, 0);
	rig_end(&rig);
}
END_TEST

/* HighAtomic pageblocks of the host stay reserved. */
START_TEST(highatomic_blocks)
{
	block_counts blocks = { [H] = { [0] = 3, [2] = 1 }, [M] = { [4] = 1 } };
	struct zone *zone;
	struct rig rig;

	rig_boot_small(&rig, 64);
	zone = &rig.pages.zones[0];
	ck_assert_uint_eq(km_pages_seed(&rig.pages, zone, blocks), 0);
	assert_counts(zone, blocks);
	ck_assert_uint_eq(zone->reserved_highatomic % 8, 0);
	ck_assert_uint_ge(zone->reserved_highatomic, 8);
	rig_end(&rig);
}
END_TEST

/* Claimed and freed, held pages merge with the free blocks around them. */
START_TEST(everything_comes_together_again)
{
	block_counts blocks = { [M] = { 9, 7, 5, 3, 2, 1, 1 } };
	uint64_t pfns[1024];
	struct zone *zone;
	unsigned int nr = 0;
	struct rig rig;

	rig_boot_small(&rig, 1024);
	zone = &rig.pages.zones[0];
	ck_assert_uint_eq(km_pages_seed(&rig.pages, zone, blocks), 0);
	while (zone->held_pages)
		pfns[nr++] = km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);
	ck_assert_uint_eq(nr, 1024 - (9 + 14 + 20 + 24 + 32 + 32 + 64));
	rig_assert_valid(&rig);
	while (nr)
		ck_assert_int_eq(km_free_pages(&rig.pages, pfns[--nr], 0, 0), 0);
	km_drain_all(&rig.pages);
	ck_assert_uint_eq(zone->free_area[10].nr_free, 1);
	rig_end(&rig);
}
END_TEST

START_TEST(per_cpu_pages)
{
	block_counts blocks = { [M] = { [9] = 1 } };
	struct km_profile profile;
	struct zone *zone;
	struct rig rig;

	rig_small_profile(&profile, 1024);
	profile.zones[0].pcp_high_max = 5000;
	rig_boot(&rig, &profile);
	zone = &rig.pages.zones[0];
	ck_assert_uint_eq(km_pages_seed(&rig.pages, zone, blocks), 0);
	ck_assert_uint_eq(km_pages_seed_pcp(&rig.pages, zone, 0, 100, 0), 100);
	ck_assert_uint_eq(zone->pcp_pages, 100);
	ck_assert_int_eq(zone->pcp[0].count, 100);
	/* So many were kept there, so high must have been above. */
	ck_assert_int_eq(zone->pcp[0].high, 101);
	ck_assert_uint_eq(zone->held_pages, 412);
	ck_assert_uint_eq(km_pages_seed_pcp(&rig.pages, zone, 1, 1, 0), 0);
	rig_assert_valid(&rig);
	/* No more than there are. */
	ck_assert_uint_eq(km_pages_seed_pcp(&rig.pages, zone, 0, 1000, 0), 412);
	ck_assert_uint_eq(zone->held_pages, 0);
	rig_end(&rig);
}
END_TEST

/*
 * The kernel's own pages are claimed from pageblocks that are not movable; once these
 * are used up another one becomes theirs.  Others are claimed from movable ones.
 *
 *   before   ........  ....2---  ........      types M U M ... M
 *   then     ........  aaaa2---  ........      types M U M ... M
 *   and with the next pageblock that is held as a whole:   b-b-b-b-   type U
 */
START_TEST(claims_keep_pageblocks_pure)
{
	block_counts blocks = { [U] = { [2] = 1 } };
	uint64_t used = 0;
	struct zone *zone;
	struct rig rig;

	rig_boot_small(&rig, 64);
	zone = &rig.pages.zones[0];
	ck_assert_uint_eq(km_pages_seed(&rig.pages, zone, blocks), 0);
	ck_assert_types(&rig, zone, "MUMMMMMM");
	ck_assert_map(&rig, 0, "............2---........");
	for (uint64_t i = 8; i < 12; i++)
		ck_assert_uint_eq(km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_SLAB),
				  i);
	ck_assert_map(&rig, 0, "........aaaa2---........");
	ck_assert_types(&rig, zone, "MUMMMMMM");
	used = km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 1, KM_OWNER_VMALLOC);
	ck_assert_int_eq(km_pageblock_type(&rig.pages, zone, used), U);
	ck_assert_int_eq(km_page(&rig.machine, used)->migratetype, U);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 1, KM_OWNER_SLAB) /
					  8,
				  used / 8);
	ck_assert_uint_ne(used / 8, 1);
	for (int i = 0; i < 48; i++) {
		uint64_t pfn = km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);

		ck_assert_int_eq(km_pageblock_type(&rig.pages, zone, pfn), M);
		ck_assert_int_eq(km_page(&rig.machine, pfn)->migratetype, M);
	}
	ck_assert_uint_eq(zone->held_pages, 0);
	rig_end(&rig);
}
END_TEST

/* As little as there is, everybody gets the last page. */
START_TEST(claims_to_the_last_page)
{
	struct zone *zone;
	struct rig rig;

	rig_boot_small(&rig, 64);
	zone = &rig.pages.zones[0];
	ck_assert_uint_ne(km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 5, KM_OWNER_SLAB),
			  KM_NO_PFN);
	ck_assert_uint_ne(km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 2, KM_OWNER_OTHER),
			  KM_NO_PFN);
	for (int i = 0; i < 28; i++)
		ck_assert_uint_ne(km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_SLAB),
				  KM_NO_PFN);
	ck_assert_uint_eq(zone->held_pages, 0);
	ck_assert_uint_eq(km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER),
			  KM_NO_PFN);
	rig_end(&rig);
}
END_TEST

/* Claims prefer the zone asked for, then the zonelist; owners other than OTHER do not move. */
START_TEST(claims)
{
	const struct page *page;
	uint64_t pfn;
	struct rig rig;

	boot_live(&rig, true);
	seed_live(&rig);
	pfn = km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 3, KM_OWNER_SLAB);
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, pfn), &rig.pages.zones[2]);
	ck_assert_uint_eq(pfn % 8, 0);
	page = km_page(&rig.machine, pfn);
	ck_assert_int_eq(page->state, KM_PAGE_USED);
	ck_assert_int_eq(page->order, 3);
	ck_assert_int_eq(page->owner, KM_OWNER_SLAB);
	ck_assert_int_ne(page->migratetype, M);
	/* DMA32 has nothing held. */
	pfn = km_pages_claim(&rig.pages, KM_ZONE_DMA32, 0, 0, KM_OWNER_OTHER);
	ck_assert_ptr_eq(km_pfn_zone(&rig.pages, pfn), &rig.pages.zones[2]);
	ck_assert_uint_eq(km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 11, KM_OWNER_OTHER),
			  KM_NO_PFN);
	ck_assert_uint_eq(km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 1, 0, KM_OWNER_OTHER),
			  KM_NO_PFN);
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/seed", a_small_zone, all_but_one_page, what_cannot_be_placed, nothing_asked,
	  live_machine, live_machine_of_unknown_ranges, no_block_in_a_hole, pageblocks_are_pure,
	  highatomic_blocks, everything_comes_together_again, per_cpu_pages,
	  claims_keep_pageblocks_pure, claims_to_the_last_page, claims)
