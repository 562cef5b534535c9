/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fallback between migratetypes, drawn: pageblocks of 8 pages, all in use but for the
 * free blocks that a test lays.
 */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/rig.h"

#define U KM_MIGRATE_UNMOVABLE
#define M KM_MIGRATE_MOVABLE
#define R KM_MIGRATE_RECLAIMABLE
#define H KM_MIGRATE_HIGHATOMIC
#define C KM_MIGRATE_CMA

static struct zone *boot(struct rig *rig, unsigned int features)
{
	struct zone *zone = rig_boot_small_used(rig, 64);

	rig->machine.profile.features = features;
	return zone;
}

static void set_type(struct rig *rig, uint64_t pfn, uint64_t nr, enum km_migratetype type)
{
	km_pageblock_set_types(&rig->pages, &rig->pages.zones[0], pfn, nr, type);
}

static uint64_t take(struct rig *rig, unsigned int order, enum km_migratetype type,
		     unsigned int alloc_flags)
{
	enum km_rmqueue_mode mode = KM_RMQUEUE_NORMAL;

	return km_buddy_take(&rig->pages, &rig->pages.zones[0], order, type, alloc_flags, &mode);
}

/* Give back what take() took, so that the sums come out even. */
static void give_back(struct rig *rig, uint64_t pfn, unsigned int order)
{
	km_buddy_put(&rig->pages, &rig->pages.zones[0], pfn, order,
		     km_pageblock_type(&rig->pages, &rig->pages.zones[0], pfn), 0);
}

/*
 * A free block of each type; each request takes what its table prefers:
 *   UNMOVABLE -> RECLAIMABLE, MOVABLE;  MOVABLE -> RECLAIMABLE, UNMOVABLE;
 *   RECLAIMABLE -> UNMOVABLE, MOVABLE
 */
START_TEST(preference_among_types)
{
	static const struct {
		enum km_migratetype want, first, second;
	} cases[] = { { U, R, M }, { M, R, U }, { R, U, M } };

	for (int i = 0; i < 3; i++) {
		struct rig rig;
		uint64_t pfn;

		boot(&rig, KM_FEATURES_NEWEST);
		set_type(&rig, 0, 8, cases[i].second);
		set_type(&rig, 24, 8, cases[i].first);
		rig_lay_free(&rig, 0, 3, cases[i].second);
		rig_lay_free(&rig, 24, 3, cases[i].first);
		pfn = take(&rig, 3, cases[i].want, 0);
		ck_assert_uint_eq(pfn, 24);
		give_back(&rig, pfn, 3);
		pfn = take(&rig, 3, cases[i].want, 0);
		ck_assert_uint_eq(pfn, 24);
		ck_assert_uint_eq(take(&rig, 3, cases[i].want, 0), 0);
		ck_assert_uint_eq(take(&rig, 3, cases[i].want, 0), KM_NO_PFN);
		ck_assert_uint_eq(rig.pages.zones[0].nr_fallbacks, 2);
		give_back(&rig, 0, 3);
		give_back(&rig, 24, 3);
		rig_end(&rig);
	}
}
END_TEST

/*
 * Claim: from the largest block, which takes its pageblocks along.
 *
 *   before  4---------------  0aaaaaaa    types MM M..   wanted: order 0 Unmovable
 *   after   .01-2---3-------  0aaaaaaa    types UU M..
 */
START_TEST(claim_takes_whole_pageblocks)
{
	struct rig rig;
	struct zone *zone = boot(&rig, KM_FEATURES_NEWEST);

	rig_lay_free(&rig, 16, 0, M);
	rig_lay_free(&rig, 0, 4, M);
	ck_assert_uint_eq(take(&rig, 0, U, 0), 0);
	ck_assert_map(&rig, 0, ".01-2---3-------0aaaaaaa");
	ck_assert_types(&rig, zone, "UUMMMMMM");
	ck_assert_uint_eq(zone->free_by_type[U], 15);
	ck_assert_uint_eq(zone->free_by_type[M], 1);
	give_back(&rig, 0, 0);
	rig_end(&rig);
}
END_TEST

/*
 * Claim of a part: half of the pageblock (4 of 8) must be free or alike.  For an
 * Unmovable request, what is used and not movable is alike.
 *
 *   before  2---aaaa   types M, the used ones Unmovable      order 0 Unmovable
 *   after   .01-aaaa   types U
 */
START_TEST(claim_of_a_pageblock_that_fits)
{
	struct rig rig;
	struct zone *zone = boot(&rig, KM_FEATURES_NEWEST);

	rig_lay_free(&rig, 0, 1, M);
	rig_lay_free(&rig, 2, 0, M);
	rig_lay_used(&rig, 4, 1, U);
	/* 3 free and 1 Unmovable: half. */
	ck_assert_uint_eq(take(&rig, 0, U, 0), 2);
	ck_assert_map(&rig, 0, "1-.aaaaa");
	ck_assert_types(&rig, zone, "UMMMMMMM");
	ck_assert_uint_eq(zone->free_by_type[U], 2);
	ck_assert_uint_eq(zone->free_by_type[M], 0);
	give_back(&rig, 2, 0);
	rig_end(&rig);
}
END_TEST

/*
 * Not half: 3 free, the other 5 movable.  So nothing is claimed; the smallest block is
 * stolen, and its remainder stays with the old type.
 *
 *   before  1-0aaaaa  2---aaaa   types MM        order 0 Unmovable
 *   after   1-.aaaaa  2---aaaa   types MM        (order 1: ..0aaaaa)
 */
START_TEST(steal_leaves_the_remainder)
{
	struct rig rig;
	struct zone *zone = boot(&rig, KM_FEATURES_NEWEST);

	rig_lay_free(&rig, 0, 1, M);
	rig_lay_free(&rig, 2, 0, M);
	rig_lay_free(&rig, 8, 0, M);
	ck_assert_uint_eq(take(&rig, 0, U, 0), 2);
	ck_assert_map(&rig, 0, "1-.aaaaa0aaaaaaa");
	ck_assert_types(&rig, zone, "MMMMMMMM");
	ck_assert_uint_eq(take(&rig, 0, U, 0), 8);
	ck_assert_uint_eq(take(&rig, 0, U, 0), 0);
	ck_assert_map(&rig, 0, ".0.aaaaa.aaaaaaa");
	ck_assert_uint_eq(zone->free_by_type[M], 1);
	ck_assert_uint_eq(zone->free_by_type[U], 0);
	ck_assert_uint_eq(zone->nr_fallbacks, 3);
	give_back(&rig, 0, 0);
	give_back(&rig, 2, 0);
	give_back(&rig, 8, 0);
	rig_end(&rig);
}
END_TEST

/*
 * A Movable request claims only blocks of at least half the pageblock order (1 of 3),
 * and for it movable pages are alike.
 *
 *   before  0aaaaaaa  1-aaaaaa   types UU, used ones movable        order 0 Movable
 *   after   0aaaaaaa  .0aaaaaa   types UM
 */
START_TEST(movable_claims_larger_blocks_only)
{
	struct rig rig;
	struct zone *zone = boot(&rig, KM_FEATURES_NEWEST);

	set_type(&rig, 0, 16, U);
	rig_lay_free(&rig, 0, 0, U);
	ck_assert_uint_eq(take(&rig, 0, M, 0), 0);
	ck_assert_types(&rig, zone, "UUMMMMMM");
	give_back(&rig, 0, 0);

	rig_lay_free(&rig, 8, 1, U);
	ck_assert_uint_eq(take(&rig, 0, M, 0), 8);
	ck_assert_map(&rig, 0, "0aaaaaaa.0aaaaaa");
	ck_assert_types(&rig, zone, "UMMMMMMM");
	give_back(&rig, 8, 0);
	rig_end(&rig);
}
END_TEST

/*
 * Held pages count as movable in Movable pageblocks only.
 *
 *   1-......   types U, the rest held      order 0 Movable: stolen, not claimed
 *   1-......   types M, the rest held      order 0 Reclaimable: the same
 */
START_TEST(held_pages_are_of_their_pageblock)
{
	static const enum km_migratetype has[] = { U, M }, wants[] = { M, R };

	for (int i = 0; i < 2; i++) {
		uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS] = { { 0 } };
		struct zone *zone;
		struct rig rig;
		uint64_t pfn;

		rig_boot_small(&rig, 64);
		zone = &rig.pages.zones[0];
		blocks[has[i]][1] = 1;
		ck_assert_uint_eq(km_pages_seed(&rig.pages, zone, blocks), 0);
		pfn = take(&rig, 0, wants[i], 0);
		ck_assert_int_eq(km_pageblock_type(&rig.pages, zone, pfn), has[i]);
		ck_assert_uint_eq(zone->free_by_type[has[i]], 1);
		give_back(&rig, pfn, 0);
		rig_end(&rig);
	}
}
END_TEST

/* NOFRAGMENT: whole pageblocks may be claimed, parts not, and nothing is stolen. */
START_TEST(nofragment_wants_whole_pageblocks)
{
	struct rig rig;
	struct zone *zone = boot(&rig, KM_FEATURES_NEWEST);

	rig_lay_free(&rig, 0, 2, M);
	ck_assert_uint_eq(take(&rig, 0, U, KM_ALLOC_NOFRAGMENT), KM_NO_PFN);
	rig_lay_free(&rig, 8, 3, M);
	ck_assert_uint_eq(take(&rig, 0, U, KM_ALLOC_NOFRAGMENT), 8);
	ck_assert_map(&rig, 0, "2---aaaa.01-2---");
	ck_assert_types(&rig, zone, "MUMMMMMM");
	give_back(&rig, 8, 0);
	rig_end(&rig);
}
END_TEST

/* Once stealing, a refill goes on stealing: it does not look at its own lists again. */
START_TEST(a_refill_remembers_where_it_found_something)
{
	enum km_rmqueue_mode mode = KM_RMQUEUE_NORMAL;
	struct rig rig;
	struct zone *zone = boot(&rig, KM_FEATURES_NEWEST);

	rig_lay_free(&rig, 0, 0, M);
	rig_lay_free(&rig, 8, 0, M);
	ck_assert_uint_eq(km_buddy_take(&rig.pages, zone, 0, U, 0, &mode), 0);
	ck_assert_int_eq(mode, KM_RMQUEUE_STEAL);
	rig_lay_free(&rig, 16, 0, U);
	ck_assert_uint_eq(km_buddy_take(&rig.pages, zone, 0, U, 0, &mode), 8);
	ck_assert_uint_eq(km_buddy_take(&rig.pages, zone, 0, U, 0, &mode), KM_NO_PFN);
	mode = KM_RMQUEUE_NORMAL;
	ck_assert_uint_eq(km_buddy_take(&rig.pages, zone, 0, U, 0, &mode), 16);
	/* A claim refills the own lists, so the search starts with these again. */
	rig_lay_free(&rig, 24, 3, M);
	ck_assert_uint_eq(km_buddy_take(&rig.pages, zone, 0, U, 0, &mode), 24);
	ck_assert_int_eq(mode, KM_RMQUEUE_NORMAL);
	give_back(&rig, 0, 0);
	give_back(&rig, 8, 0);
	give_back(&rig, 16, 0);
	give_back(&rig, 24, 0);
	rig_end(&rig);
}
END_TEST

/* CMA: movable requests only; first when it has over half of the free pages, else before fallback.
 */
START_TEST(cma_for_movable_requests)
{
	struct rig rig;

	boot(&rig, KM_FEATURES_NEWEST);
	set_type(&rig, 56, 8, C);
	rig_lay_free(&rig, 56, 1, C);
	rig_lay_free(&rig, 0, 1, M);
	rig_lay_free(&rig, 8, 0, U);
	ck_assert_uint_eq(take(&rig, 0, M, KM_ALLOC_CMA), 0);
	ck_assert_uint_eq(take(&rig, 0, M, KM_ALLOC_CMA), 1);
	/* 2 of 3 free pages are CMA: more than half. */
	give_back(&rig, 0, 0);
	rig_lay_free(&rig, 58, 1, C);
	ck_assert_uint_eq(take(&rig, 0, M, KM_ALLOC_CMA), 56);
	ck_assert_uint_eq(take(&rig, 0, R, 0), 8);
	give_back(&rig, 8, 0);
	give_back(&rig, 1, 0);
	km_buddy_put(&rig.pages, &rig.pages.zones[0], 56, 0, C, 0);
	rig_end(&rig);
}
END_TEST

/*
 * The older scheme: the block moves over to the new type with all free pages of its
 * pageblock, even where the pageblock keeps its type.
 *
 *   before  0a1-aaaa   types M, used ones movable      order 0 Unmovable
 *   after   .a1-aaaa   types M, [2,4) on the Unmovable list
 */
START_TEST(older_fallback_moves_free_pages_over)
{
	struct rig rig;
	struct zone *zone = boot(&rig, 0);

	rig_lay_free(&rig, 0, 0, M);
	rig_lay_free(&rig, 2, 1, M);
	ck_assert_uint_eq(take(&rig, 0, U, 0), 0);
	ck_assert_map(&rig, 0, ".a1-aaaa");
	ck_assert_types(&rig, zone, "MMMMMMMM");
	ck_assert_list(&rig, &zone->free_area[1].list[U], "2");
	ck_assert_uint_eq(zone->free_by_type[M], 0);
	give_back(&rig, 0, 0);
	rig_end(&rig);
}
END_TEST

/* And the pageblock's type follows when half of it fits. */
START_TEST(older_fallback_changes_the_pageblock)
{
	struct rig rig;
	struct zone *zone = boot(&rig, 0);

	rig_lay_free(&rig, 0, 2, M);
	ck_assert_uint_eq(take(&rig, 0, U, 0), 0);
	ck_assert_map(&rig, 0, ".01-aaaa");
	ck_assert_types(&rig, zone, "UMMMMMMM");
	/* A whole pageblock always does. */
	rig_lay_free(&rig, 16, 4, M);
	ck_assert_uint_eq(take(&rig, 3, R, 0), 16);
	ck_assert_types(&rig, zone, "UMRRMMMM");
	give_back(&rig, 0, 0);
	give_back(&rig, 16, 3);
	rig_end(&rig);
}
END_TEST

/*
 * The older scheme starts from the largest block.  A Movable request that cannot take
 * the pageblock of that takes the smallest sufficient one, and only that block.
 */
START_TEST(older_movable_takes_the_smallest)
{
	struct rig rig;
	struct zone *zone;
	struct km_profile profile;

	/* Pageblocks of 32, so that order 1 is too small to take a pageblock along. */
	rig_small_profile(&profile, 256);
	profile.pageblock_order = 5;
	profile.features = 0;
	rig_boot(&rig, &profile);
	zone = &rig.pages.zones[0];
	for (int i = 0; i < 256; i++)
		km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);
	km_pageblock_set_types(&rig.pages, zone, 0, 256, U);
	rig_lay_free(&rig, 0, 1, U);
	rig_lay_free(&rig, 32, 0, U);
	ck_assert_uint_eq(take(&rig, 0, M, 0), 32);
	ck_assert_map(&rig, 0, "1-aaaaaa");
	/* Only order 1 left: cut, its remainder now Movable. */
	ck_assert_uint_eq(take(&rig, 0, M, 0), 0);
	ck_assert_list(&rig, &zone->free_area[0].list[M], "1");
	ck_assert_types(&rig, zone, "UUUUUUUU");
	give_back(&rig, 0, 0);
	give_back(&rig, 32, 0);
	rig_end(&rig);
}
END_TEST

/* A pageblock that reaches out of the zone keeps its type; a block may still be stolen from it. */
START_TEST(pageblock_across_the_zone_boundary)
{
	struct km_profile profile;
	struct zone *zone;
	struct rig rig;

	rig_small_profile(&profile, 60);
	profile.zones[0].start_pfn = 4;
	rig_boot(&rig, &profile);
	zone = &rig.pages.zones[0];
	for (int i = 0; i < 60; i++)
		km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);
	rig_lay_free(&rig, 4, 2, M);
	ck_assert_uint_eq(take(&rig, 0, U, 0), 4);
	ck_assert_types(&rig, zone, "MMMMMMMM");
	ck_assert_uint_eq(zone->free_by_type[M], 3);
	give_back(&rig, 4, 0);
	rig_end(&rig);
}
END_TEST

/*
 * The HighAtomic reserve: the pageblock of an atomic block changes hands with its free
 * pages, at most 1 % of the zone (rounded up), and comes back whole.
 */
START_TEST(highatomic_reserve_and_back)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_used(&rig, 1600);

	rig_lay_free(&rig, 2, 1, M);
	rig_lay_free(&rig, 9, 0, M);
	km_highatomic_reserve(&rig.pages, zone, 0, 1);
	ck_assert_uint_eq(zone->reserved_highatomic, 8);
	ck_assert_int_eq(zone->pageblock_types[0], H);
	ck_assert_list(&rig, &zone->free_area[1].list[H], "2");
	/* The same again changes nothing; the second one fills 16 pages, 1 % of 1600. */
	km_highatomic_reserve(&rig.pages, zone, 4, 1);
	ck_assert_uint_eq(zone->reserved_highatomic, 8);
	km_highatomic_reserve(&rig.pages, zone, 8, 1);
	ck_assert_uint_eq(zone->reserved_highatomic, 16);
	km_highatomic_reserve(&rig.pages, zone, 16, 1);
	ck_assert_uint_eq(zone->reserved_highatomic, 16);
	ck_assert_int_eq(zone->pageblock_types[2], M);

	/* Smallest order first. */
	ck_assert(km_highatomic_unreserve(&rig.pages, zone, U));
	ck_assert_int_eq(zone->pageblock_types[1], U);
	ck_assert_list(&rig, &zone->free_area[0].list[U], "9");
	ck_assert_uint_eq(zone->reserved_highatomic, 8);
	ck_assert(km_highatomic_unreserve(&rig.pages, zone, R));
	ck_assert_int_eq(zone->pageblock_types[0], R);
	ck_assert(!km_highatomic_unreserve(&rig.pages, zone, R));
	ck_assert_uint_eq(zone->reserved_highatomic, 0);
	ck_assert_uint_eq(zone->free_by_type[H], 0);
	rig_end(&rig);
}
END_TEST

START_TEST(no_highatomic_reserve_in_small_zones)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_used(&rig, 799);

	km_highatomic_reserve(&rig.pages, zone, 0, 1);
	ck_assert_uint_eq(zone->reserved_highatomic, 0);
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/fallback", preference_among_types, claim_takes_whole_pageblocks,
	  claim_of_a_pageblock_that_fits, steal_leaves_the_remainder,
	  movable_claims_larger_blocks_only, held_pages_are_of_their_pageblock,
	  nofragment_wants_whole_pageblocks, a_refill_remembers_where_it_found_something,
	  cma_for_movable_requests, older_fallback_moves_free_pages_over,
	  older_fallback_changes_the_pageblock, older_movable_takes_the_smallest,
	  pageblock_across_the_zone_boundary, highatomic_reserve_and_back,
	  no_highatomic_reserve_in_small_zones)
