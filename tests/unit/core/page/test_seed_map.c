/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Warm starts from a page map: free blocks where they were, and held pages by number.
 */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/rig.h"

#include <errno.h>

#include "core/page/held.h"
#include "core/page/pcp.h"

#define U KM_MIGRATE_UNMOVABLE
#define M KM_MIGRATE_MOVABLE
#define R KM_MIGRATE_RECLAIMABLE

#define FREE KM_EXTENT_FREE
#define MOVABLE KM_EXTENT_MOVABLE
#define SLAB KM_EXTENT_SLAB
#define KERNEL KM_EXTENT_KERNEL
#define RESERVED KM_EXTENT_RESERVED

typedef uint64_t block_counts[KM_NR_MIGRATETYPES][KM_NR_ORDERS];

#define SEED(rig, zone, blocks, extents)                                                           \
	km_pages_seed_map(&(rig)->pages, zone, blocks, extents,                                    \
			  sizeof(extents) / sizeof((extents)[0]))

static uint64_t nr_held(const struct zone *zone, uint64_t pfn, uint64_t nr)
{
	uint64_t held = 0;

	for (uint64_t end = pfn + nr; pfn < end; pfn++)
		for (int kind = 0; kind < KM_NR_HELD; kind++)
			held += km_held_has(&zone->held[kind], pfn);
	return held;
}

/*
 * 64 pages in pageblocks of 8.
 *
 *   0       8       16      24      32      40      48      56
 *   kkkkffffmmmmmmfmffffffffffffffffssssffffssssffffkkkkkkkkmmffffmm
 *   ....2---......0.4---------------....2---....2---..........2---..   with 58 to 61: 1, 1
 */
static const struct km_extent small_map[] = {
	{ 0, 4, KERNEL, 0 },   { 4, 4, FREE, 0 },     { 8, 6, MOVABLE, 0 }, { 14, 1, FREE, 0 },
	{ 15, 1, MOVABLE, 0 }, { 16, 16, FREE, 0 },   { 32, 4, SLAB, 2 },   { 36, 4, FREE, 0 },
	{ 40, 4, SLAB, 2 },    { 44, 4, FREE, 0 },    { 48, 8, KERNEL, 0 }, { 56, 2, MOVABLE, 0 },
	{ 58, 4, FREE, 0 },    { 62, 2, MOVABLE, 0 },
};
#define SMALL_FREE (4 + 1 + 16 + 4 + 4 + 4)

static struct zone *boot_small(struct rig *rig, block_counts blocks)
{
	struct zone *zone;

	rig_boot_small(rig, 64);
	zone = &rig->pages.zones[0];
	ck_assert_int_eq(SEED(rig, zone, blocks, small_map), 0);
	return zone;
}

START_TEST(blocks_lie_where_the_map_has_them)
{
	block_counts blocks = { [M] = { [0] = 1, [1] = 2, [4] = 1 }, [U] = { [2] = 3 } };
	struct zone *zone;
	struct rig rig;

	zone = boot_small(&rig, blocks);
	ck_assert_map(&rig, 0, "....2---......0.4---------------....2---....2---..........1-1-..");
	ck_assert_types(&rig, zone, "UMMMUUUM");
	ck_assert_uint_eq(zone->free_pages, SMALL_FREE);
	ck_assert_uint_eq(zone->held_pages, 64 - SMALL_FREE);
	ck_assert_uint_eq(nr_held(zone, 0, 64), 64 - SMALL_FREE);
	ck_assert_uint_eq(nr_held(zone, 4, 4), 0);
	ck_assert_uint_eq(nr_held(zone, 8, 6), 6);
	rig_end(&rig);
}
END_TEST

/* What was counted decides between pageblocks that look alike: two of the three are reclaimable. */
START_TEST(types_follow_what_was_counted)
{
	block_counts blocks = {
		[M] = { [0] = 1, [1] = 2, [4] = 1 }, [U] = { [2] = 1 }, [R] = { [2] = 2 }
	};
	struct zone *zone;
	struct rig rig;
	char types[16];
	int nr = 0;

	zone = boot_small(&rig, blocks);
	for (const char *type = rig_types(&rig, zone, types); *type; type++)
		nr += *type == 'R';
	ck_assert_int_eq(nr, 2);
	ck_assert_uint_eq(zone->free_area[2].list[R].nr, 2);
	ck_assert_uint_eq(zone->free_area[2].list[U].nr, 1);
	rig_end(&rig);
}
END_TEST

/* A count that no zone could have is as good as all there is. */
START_TEST(counts_beyond_all_reason)
{
	block_counts blocks = { [U] = { 0 }, [R] = { [1] = 1ull << 63, [2] = UINT64_MAX } };
	struct rig rig;

	boot_small(&rig, blocks);
	ck_assert_types(&rig, &rig.pages.zones[0], "RMMMRRUR");
	rig_end(&rig);
}
END_TEST

/* Slabs are claimed where slabs were, what moves stays where it is. */
START_TEST(claims_find_their_own)
{
	block_counts blocks = { { 0 } };
	struct zone *zone;
	struct rig rig;
	uint64_t pfn;

	zone = boot_small(&rig, blocks);
	pfn = km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 2, KM_OWNER_SLAB);
	ck_assert(pfn == 32 || pfn == 40);
	ck_assert_uint_eq(nr_held(zone, pfn, 4), 0);
	pfn = km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 2, KM_OWNER_SLAB);
	ck_assert(pfn == 32 || pfn == 40);
	/* No slab is left: it is the kernel's other pages' turn. */
	pfn = km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 2, KM_OWNER_SLAB);
	ck_assert(pfn < 4 || (pfn >= 48 && pfn < 56));
	pfn = km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);
	ck_assert((pfn >= 8 && pfn < 16) || pfn >= 56);
	rig_end(&rig);
}
END_TEST

/*
 *   48      56            freed: 50, then all of 48 to 55
 *   kkkkkkkk
 *   kk0kkkkk       one page
 *   AA.AAAAA       what else is held of the block; the page in the middle is free already
 */
START_TEST(held_pages_are_freed_by_number)
{
	block_counts blocks = { { 0 } };
	struct zone *zone;
	struct rig rig;

	zone = boot_small(&rig, blocks);
	ck_assert_uint_eq(km_pages_free_held(&rig.pages, 50, 0, 0), 1);
	ck_assert_uint_eq(km_pages_free_held(&rig.pages, 50, 0, 0), 0);
	ck_assert_uint_eq(km_page(&rig.machine, 50)->state, KM_PAGE_PCP);
	rig_assert_valid(&rig);
	ck_assert_uint_eq(km_pages_free_held(&rig.pages, 48, 3, 0), 7);
	ck_assert_uint_eq(nr_held(zone, 48, 8), 0);
	/* A whole block stays one. */
	ck_assert_uint_eq(km_pages_free_held(&rig.pages, 32, 2, 0), 4);
	ck_assert_uint_eq(km_page(&rig.machine, 32)->order, 3); /* with 36, free before */
	/* What lost pages is not claimed any more. */
	km_drain_all(&rig.pages);
	for (int i = 0; i < 64 - SMALL_FREE - 8 - 4; i++)
		ck_assert_uint_ne(km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_SLAB),
				  KM_NO_PFN);
	ck_assert_uint_eq(km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_SLAB),
			  KM_NO_PFN);
	ck_assert_uint_eq(km_pages_free_held(&rig.pages, 64, 0, 0), 0);
	ck_assert_uint_eq(km_pages_free_held(&rig.pages, 0, KM_NR_ORDERS, 0), 0);
	rig_end(&rig);
}
END_TEST

/*
 * Two pages of per-cpu lists are guessed.  The host hands out three that the model holds: two of
 * them take the guesses' places and are the next to be handed out, the third was freed unseen.
 */
START_TEST(wrong_guesses_change_places)
{
	block_counts blocks = { { 0 } };
	uint64_t before, first, second;
	struct zone *zone;
	struct rig rig;

	zone = boot_small(&rig, blocks);
	before = zone->held_pages;
	ck_assert_uint_eq(km_pages_seed_pcp(&rig.pages, zone, 0, 2, 4), 2);
	ck_assert_uint_eq(zone->held_pages, before - 2);
	for (first = 48; !nr_held(zone, first, 1);)
		first++;
	for (second = first + 1; !nr_held(zone, second, 1);)
		second++;
	ck_assert_uint_eq(km_pages_host_took(&rig.pages, first, 0, 0), 0);
	ck_assert_uint_eq(km_page(&rig.machine, first)->state, KM_PAGE_PCP);
	ck_assert_uint_eq(nr_held(zone, first, 1), 0);
	ck_assert_uint_eq(zone->held_pages, before - 2);
	rig_assert_valid(&rig);
	ck_assert_uint_eq(km_pages_host_took(&rig.pages, second, 0, 0), 0);
	ck_assert_uint_eq(zone->pcp_pages, 2);
	/* Free before the host took it: nothing to put right. */
	ck_assert_uint_eq(km_pages_host_took(&rig.pages, second, 0, 0), 0);
	ck_assert_uint_eq(km_pages_host_took(&rig.pages, 4, 0, 0), 0);
	ck_assert_uint_eq(km_pages_host_took(&rig.pages, 40, 2, 0), 4);
	ck_assert_uint_eq(zone->held_pages, before - 2 - 4);
	rig_end(&rig);
}
END_TEST

/* 8 of 64 pages are not managed: the reserved ones and two of the kernel's, nothing that moves. */
START_TEST(unmanaged_pages_are_the_kernels)
{
	static const struct km_extent map[] = {
		{ 0, 6, RESERVED, 0 },
		{ 6, 26, MOVABLE, 0 },
		{ 32, 16, KERNEL, 0 },
		{ 48, 16, FREE, 0 },
	};
	block_counts blocks = { { 0 } };
	struct km_profile profile;
	struct zone *zone;
	struct rig rig;

	rig_small_profile(&profile, 64);
	profile.zones[0].managed_pages = 56;
	rig_boot(&rig, &profile);
	zone = &rig.pages.zones[0];
	ck_assert_int_eq(SEED(&rig, zone, blocks, map), 0);
	ck_assert_uint_eq(zone->held_pages, 40);
	ck_assert_uint_eq(nr_held(zone, 0, 6), 0);
	ck_assert_uint_eq(nr_held(zone, 6, 26), 26);
	ck_assert_uint_eq(nr_held(zone, 32, 16), 14);
	rig_end(&rig);
}
END_TEST

static void boot_two(struct rig *rig, struct km_profile *profile)
{
	rig_small_profile(profile, 64);
	profile->nr_zones = 2;
	profile->zones[1] = profile->zones[0];
	profile->zones[0].type = KM_ZONE_DMA;
	profile->zones[0].managed_pages = 56;
	profile->zones[1].start_pfn = 64;
	profile->zones[1].managed_pages = 60;
	rig_boot(rig, profile);
}

START_TEST(a_map_that_cannot_be_is_refused)
{
	static const struct km_extent map[] = { { 0, 60, FREE, 0 } };
	block_counts blocks = { { 0 } };
	struct km_profile profile;
	struct zone *zone;
	struct rig rig;

	rig_small_profile(&profile, 64);
	profile.zones[0].managed_pages = 56;
	rig_boot(&rig, &profile);
	zone = &rig.pages.zones[0];
	ck_assert_int_eq(SEED(&rig, zone, blocks, map), -EINVAL);
	ck_assert_uint_eq(zone->held_pages, 56);
	ck_assert_uint_eq(zone->free_pages, 0);
	rig_end(&rig);
}
END_TEST

/*
 * Two zones of 64 pages, and runs that lie in both.  Each has what lies in it.
 *
 *   40      48      56      64      72      80
 *   ffffffffppppppppRRRRRRRR                          DMA, 56 managed: none of the reserved ones
 *                           RRRRRRRRppppffffffff      Normal, 60 managed: some of them
 */
START_TEST(runs_cross_the_border_of_a_zone)
{
	static const struct km_extent map[] = {
		{ 0, 48, FREE, 0 },	 { 48, 8, KM_EXTENT_PINNED, 0 },
		{ 56, 16, RESERVED, 0 }, { 72, 4, KM_EXTENT_PINNED, 0 },
		{ 76, 52, FREE, 0 },
	};
	block_counts blocks = { { 0 } };
	struct km_profile profile;
	struct zone *zones;
	struct rig rig;

	boot_two(&rig, &profile);
	zones = rig.pages.zones;
	ck_assert_int_eq(SEED(&rig, &zones[0], blocks, map), 0);
	ck_assert_int_eq(SEED(&rig, &zones[1], blocks, map), 0);
	ck_assert_uint_eq(zones[0].held_pages, 8);
	ck_assert_uint_eq(nr_held(&zones[0], 48, 8), 8);
	ck_assert_uint_eq(zones[1].held_pages, 8);
	ck_assert_uint_eq(nr_held(&zones[1], 64, 8), 4);
	ck_assert_uint_eq(nr_held(&zones[1], 72, 4), 4);
	ck_assert_uint_eq(zones[0].held_pinned, 8);
	ck_assert_uint_eq(zones[1].held_pinned, 4);
	rig_end(&rig);
}
END_TEST

/* Runs over both zones: each counts its own pages. */
START_TEST(what_reclaim_must_know_of_two_zones)
{
	static const struct km_extent map[] = { { 8, 4, KM_EXTENT_ANON, 0 },
						{ 40, 48, KM_EXTENT_PINNED, 0 },
						{ 88, 3, KM_EXTENT_DIRTY, 0 },
						{ 92, 5, KM_EXTENT_ANON, 0 } };
	block_counts blocks = { { 0 } };
	struct km_profile profile;
	struct rig rig;

	boot_two(&rig, &profile);
	for (unsigned int i = 0; i < 2; i++)
		ck_assert_int_eq(SEED(&rig, &rig.pages.zones[i], blocks, map), 0);
	ck_assert_uint_eq(rig.pages.zones[0].held_pinned, 24);
	ck_assert_uint_eq(rig.pages.zones[1].held_pinned, 24);
	ck_assert_uint_eq(rig.pages.zones[0].held_anon, 4);
	ck_assert_uint_eq(rig.pages.zones[0].held_dirty, 0);
	ck_assert_uint_eq(rig.pages.zones[1].held_anon, 5);
	ck_assert_uint_eq(rig.pages.zones[1].held_dirty, 3);
	/* All of them can be moved. */
	ck_assert_uint_eq(rig.pages.zones[1].held[KM_HELD_MOVABLE].nr_pages, 24 + 3 + 5);
	rig_end(&rig);
}
END_TEST

/* A map that begins late, ends early and leaves gaps: what it does not tell is in use. */
START_TEST(what_the_map_leaves_out_is_in_use)
{
	static const struct km_extent map[] = { { 8, 8, FREE, 0 }, { 24, 4, FREE, 0 } };
	block_counts blocks = { { 0 } };
	struct zone *zone;
	struct rig rig;

	rig_boot_small(&rig, 64);
	zone = &rig.pages.zones[0];
	ck_assert_int_eq(SEED(&rig, zone, blocks, map), 0);
	ck_assert_map(&rig, 0, "........3-------........2---....................................");
	ck_assert_uint_eq(zone->held_pages, 52);
	rig_end(&rig);
}
END_TEST

/* Random maps, claims, frees and thefts: bits, blocks and counts always tell the same. */
START_TEST(random_maps_stay_whole)
{
	uint64_t seed = 7;

	for (int turn = 0; turn < 60; turn++) {
		struct km_extent map[64];
		block_counts blocks = { { 0 } };
		uint64_t pfn = 0;
		struct zone *zone;
		struct rig rig;
		size_t nr = 0;

		while (pfn < 512 && nr < 64) {
			uint64_t len = 1 + rig_random(&seed) % 24;

			if (len > 512 - pfn)
				len = 512 - pfn;
			map[nr++] = (struct km_extent){ pfn, len,
							rig_random(&seed) % KM_EXTENT_RESERVED, 0 };
			pfn += len + rig_random(&seed) % 3;
		}
		blocks[U][0] = rig_random(&seed) % 20;
		rig_boot_small(&rig, 512);
		zone = &rig.pages.zones[0];
		ck_assert_int_eq(km_pages_seed_map(&rig.pages, zone, blocks, map, nr), 0);
		km_pages_seed_pcp(&rig.pages, zone, 0, 3, 4);
		for (int i = 0; i < 200; i++) {
			uint64_t at = rig_random(&seed) % 512;
			unsigned int order = rig_random(&seed) % 4;

			switch (rig_random(&seed) % 4) {
			case 0:
				km_pages_free_held(&rig.pages, at, order, 0);
				break;
			case 1:
				km_pages_host_took(&rig.pages, at >> order << order, order, 0);
				break;
			case 2:
				km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, order,
					       at & 1 ? KM_OWNER_SLAB : KM_OWNER_OTHER);
				break;
			default:
				km_alloc_pages(&rig.pages, KM_GFP_KERNEL, order, 0, -1,
					       KM_OWNER_OTHER);
			}
		}
		rig_end(&rig);
	}
}
END_TEST

RUN_SUITE("page/seed_map", blocks_lie_where_the_map_has_them, types_follow_what_was_counted,
	  counts_beyond_all_reason, claims_find_their_own, held_pages_are_freed_by_number,
	  wrong_guesses_change_places, unmanaged_pages_are_the_kernels,
	  a_map_that_cannot_be_is_refused, runs_cross_the_border_of_a_zone,
	  what_reclaim_must_know_of_two_zones, what_the_map_leaves_out_is_in_use,
	  random_maps_stay_whole)
