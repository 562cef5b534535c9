/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-cpu lists: order of pages, refills and spills of three generations of kernels.
 */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/rig.h"

#include "core/page/pcp.h"

#define U KM_MIGRATE_UNMOVABLE
#define M KM_MIGRATE_MOVABLE
#define R KM_MIGRATE_RECLAIMABLE

#define OLD 0u
#define MIDDLE ((unsigned int)KM_FEAT_PCP_HIGH_ORDER)

static struct zone *boot(struct rig *rig, unsigned int features, uint64_t batch, uint64_t high_min,
			 uint64_t high_max)
{
	struct km_profile profile;

	rig_small_profile(&profile, 4096);
	profile.features = features;
	profile.nr_cpus = profile.nr_possible_cpus = 2;
	profile.zones[0].pcp_batch = batch;
	profile.zones[0].pcp_high_min = high_min;
	profile.zones[0].pcp_high_max = high_max;
	rig_boot(rig, &profile);
	return &rig->pages.zones[0];
}

static struct zone *boot_free(struct rig *rig, unsigned int features, uint64_t batch,
			      uint64_t high_min, uint64_t high_max)
{
	struct zone *zone = boot(rig, features, batch, high_min, high_max);

	ck_assert_int_eq(km_pages_free_all(&rig->pages), 0);
	return zone;
}

static uint64_t alloc(struct rig *rig, unsigned int order)
{
	return km_alloc_pages(&rig->pages, KM_GFP_HIGHUSER_MOVABLE, order, 0, -1, KM_OWNER_OTHER);
}

/* Free nr claimed pages, each from a block of its own, so that they can be told apart. */
static void free_claimed(struct rig *rig, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t pfn = km_pages_claim(&rig->pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);

		ck_assert_uint_ne(pfn, KM_NO_PFN);
		ck_assert_int_eq(km_free_pages(&rig->pages, pfn, 0, 0), 0);
	}
}

/*
 * A refill of 4 pages from one block:   list 0 1 2 3,  taken 0, 1
 * Freed again:                          list 0 1 2 3 (freed 1, then 0: the hottest first)
 */
START_TEST(pages_ascend_and_come_back_hot)
{
	struct rig rig;
	struct zone *zone = boot_free(&rig, KM_FEATURES_NEWEST, 4, 16, 64);
	struct km_page_list *list = &zone->pcp[0].lists[km_pcp_list(0, M)];

	ck_assert_uint_eq(alloc(&rig, 0), 0);
	ck_assert_list(&rig, list, "1 2 3");
	ck_assert_map(&rig, 0, "aAAA2---3-------");
	ck_assert_uint_eq(alloc(&rig, 0), 1);
	ck_assert_int_eq(km_free_pages(&rig.pages, 0, 0, 0), 0);
	ck_assert_int_eq(km_free_pages(&rig.pages, 1, 0, 0), 0);
	ck_assert_list(&rig, list, "1 0 2 3");
	ck_assert_uint_eq(alloc(&rig, 0), 1);
	ck_assert_int_eq(km_free_pages(&rig.pages, 1, 0, 1), 0);
	/* Another CPU's list is its own. */
	ck_assert_list(&rig, list, "0 2 3");
	ck_assert_list(&rig, &zone->pcp[1].lists[km_pcp_list(0, M)], "1");
	ck_assert_uint_eq(zone->pcp_pages, 4);
	ck_assert_uint_eq(zone->free_pages, 4092);

	km_drain_all(&rig.pages);
	ck_assert_uint_eq(zone->pcp_pages, 0);
	ck_assert_uint_eq(zone->free_area[10].nr_free, 4);
	rig_end(&rig);
}
END_TEST

/*
 * While nothing is freed refills double, up to what high leaves room for:
 *   refill    4   8  16  32  60
 *   high     20  28  44  64  64     (16 + refill, at most 64)
 */
START_TEST(refills_double)
{
	static const int refills[] = { 4, 8, 16, 32, 60, 60 };
	static const int highs[] = { 20, 28, 44, 64, 64, 64 };
	struct rig rig;
	struct zone *zone = boot_free(&rig, KM_FEATURES_NEWEST, 4, 16, 64);
	struct km_pcp *pcp = &zone->pcp[0];

	for (int i = 0; i < 6; i++) {
		ck_assert_int_eq(pcp->count, 0);
		alloc(&rig, 0);
		ck_assert_int_eq(pcp->count, refills[i] - 1);
		ck_assert_int_eq(pcp->high, highs[i]);
		while (pcp->count)
			alloc(&rig, 0);
	}
	ck_assert_int_eq(pcp->alloc_factor, 4);
	/* Each free halves the factor. */
	ck_assert_int_eq(km_free_pages(&rig.pages, 0, 0, 0), 0);
	ck_assert_int_eq(pcp->alloc_factor, 2);
	ck_assert_int_eq(km_free_pages(&rig.pages, 1, 0, 0), 0);
	ck_assert_int_eq(pcp->alloc_factor, 1);
	rig_end(&rig);
}
END_TEST

/* However much room there is, no more than 32 batches. */
START_TEST(refills_double_five_times)
{
	static const int refills[] = { 4, 8, 16, 32, 64, 128, 128, 128 };
	struct rig rig;
	struct zone *zone = boot_free(&rig, KM_FEATURES_NEWEST, 4, 16, 4000);

	for (int i = 0; i < 8; i++) {
		alloc(&rig, 0);
		ck_assert_int_eq(zone->pcp[0].count, refills[i] - 1);
		while (zone->pcp[0].count)
			alloc(&rig, 0);
	}
	rig_end(&rig);
}
END_TEST

/*
 * Below the zone's high watermark a free gives back what high allowed before: with 40
 * pages kept, and high at 64, it comes down by the frees counted, and 36 pages go.
 */
START_TEST(high_sinks_when_the_zone_runs_low)
{
	struct rig rig;
	struct zone *zone = boot(&rig, KM_FEATURES_NEWEST, 4, 16, 64);
	struct km_pcp *pcp = &zone->pcp[0];

	pcp->high = 64;
	free_claimed(&rig, 39);
	ck_assert_int_eq(pcp->count, 39);
	zone->wmark_high = 5000;
	zone->below_high = true;
	free_claimed(&rig, 1);
	ck_assert_int_eq(pcp->high, 64 - 40);
	ck_assert_int_eq(pcp->count, 4);
	ck_assert(zone->below_high);
	/* Back above the mark, the next spill notices. */
	zone->wmark_high = 30;
	free_claimed(&rig, 12);
	ck_assert_int_eq(pcp->count, 4);
	ck_assert(!zone->below_high);
	rig_end(&rig);
}
END_TEST

/* A freed page waits on the list of its pageblock's type, not of the type it was taken for. */
START_TEST(freed_pages_wait_by_pageblock)
{
	struct rig rig;
	struct zone *zone = boot(&rig, KM_FEATURES_NEWEST, 4, 64, 64);

	for (int type = 0; type < KM_MIGRATE_PCPTYPES; type++) {
		uint64_t pfn = km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 3, KM_OWNER_OTHER);

		km_pageblock_set_types(&rig.pages, zone, pfn, 8, type);
		ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 3, 0), 0);
		ck_assert_uint_eq(zone->pcp[0].lists[km_pcp_list(3, type)].nr, 1);
	}
	rig_end(&rig);
}
END_TEST

START_TEST(high_stays_when_the_zone_runs_low)
{
	struct rig rig;
	struct zone *zone = boot_free(&rig, KM_FEATURES_NEWEST, 4, 16, 64);

	zone->wmark_high = 5000;
	alloc(&rig, 0);
	ck_assert(zone->below_high);
	ck_assert_int_eq(zone->pcp[0].high, 16);
	/* Any free then gives back what it can: count 4 and more is above high_min only at 16. */
	zone->wmark_high = 3;
	zone->pcp[0].free_count = 0;
	ck_assert_int_eq(km_free_pages(&rig.pages, 0, 0, 0), 0);
	ck_assert_int_eq(zone->pcp[0].count, 4);
	ck_assert(zone->below_high);
	rig_end(&rig);
}
END_TEST

/* Order k is refilled with batch >> k blocks, but no less than two; a batch of one stays one. */
START_TEST(refills_of_higher_orders)
{
	static const int blocks[] = { 16, 8, 4, 2 };

	for (unsigned int order = 0; order <= 3; order++) {
		struct rig rig;
		struct zone *zone = boot_free(&rig, KM_FEATURES_NEWEST, 16, 64, 256);

		alloc(&rig, order);
		ck_assert_int_eq(zone->pcp[0].count, (blocks[order] - 1) << order);
		rig_end(&rig);
	}
	for (unsigned int order = 0; order <= 3; order++) {
		struct rig rig;
		struct zone *zone = boot_free(&rig, KM_FEATURES_NEWEST, 1, 4, 4);

		alloc(&rig, order);
		ck_assert_int_eq(zone->pcp[0].count, 0);
		rig_end(&rig);
	}
}
END_TEST

/* Which orders go through the lists: 0 always; 1 to 3 and huge pages since 5.14. */
START_TEST(orders_with_lists)
{
	struct km_profile profile;

	km_profile_init(&profile);
	for (unsigned int order = 0; order <= KM_MAX_ORDER; order++)
		ck_assert_int_eq(km_pcp_allows(&profile, order), order <= 3 || order == 9);
	profile.pageblock_order = 10;
	ck_assert(!km_pcp_allows(&profile, 9));
	profile.features = 0;
	for (unsigned int order = 0; order <= KM_MAX_ORDER; order++)
		ck_assert_int_eq(km_pcp_allows(&profile, order), order == 0);

	for (unsigned int order = 0; order <= 3; order++)
		for (int type = 0; type < KM_MIGRATE_PCPTYPES; type++) {
			ck_assert_uint_eq(km_pcp_list(order, type), 3 * order + type);
			ck_assert_uint_eq(km_pcp_list_order(3 * order + type), order);
		}
	ck_assert_uint_eq(km_pcp_list(9, U), 12);
	ck_assert_uint_eq(km_pcp_list(9, R), 12);
	ck_assert_uint_eq(km_pcp_list(9, M), 13);
	ck_assert_uint_eq(km_pcp_list_order(13), 9);
}
END_TEST

START_TEST(huge_pages_wait_on_their_list)
{
	struct km_profile profile;
	struct zone *zone;
	struct rig rig;
	uint64_t pfn;

	ck_assert_int_eq(km_profile_builtin("x86-64-4g", &profile), 0);
	profile.min_free_kbytes = 67584; /* high_min 1320 */
	rig_boot(&rig, &profile);
	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	pfn = alloc(&rig, 9);
	zone = km_pfn_zone(&rig.pages, pfn);
	ck_assert_int_eq(zone->type, KM_ZONE_NORMAL);
	/* 63 >> 9 is less than two: one more came along. */
	ck_assert_int_eq(zone->pcp[0].count, 512);
	ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 9, 0), 0);
	ck_assert_uint_eq(zone->pcp[0].lists[13].nr, 2);
	ck_assert_uint_eq(alloc(&rig, 9), pfn);
	rig_end(&rig);
}
END_TEST

/*
 * Spills since 6.7, batch 4, high 16..64.  Freeing without allocating:
 *   count reaches 16: frees counted 16, so high becomes 20; spilled clamp(16, 4, 16-4) = 12
 *   count reaches 20: frees counted 32, so high becomes 36; spilled clamp(32, 4, 20-4) = 16
 *   count reaches 36: frees counted 64, so high becomes 64; spilled clamp(64, 4, 36-4) = 32
 */
START_TEST(spills_grow_with_the_run_of_frees)
{
	struct rig rig;
	struct zone *zone = boot(&rig, KM_FEATURES_NEWEST, 4, 16, 64);
	struct km_pcp *pcp = &zone->pcp[0];

	free_claimed(&rig, 15);
	ck_assert_int_eq(pcp->count, 15);
	ck_assert_uint_eq(zone->free_pages, 0);
	free_claimed(&rig, 1);
	ck_assert_int_eq(pcp->count, 4);
	ck_assert_int_eq(pcp->high, 20);
	ck_assert_uint_eq(zone->free_pages, 12);

	free_claimed(&rig, 15);
	ck_assert_int_eq(pcp->count, 19);
	free_claimed(&rig, 1);
	ck_assert_int_eq(pcp->count, 4);
	ck_assert_int_eq(pcp->high, 36);
	ck_assert_uint_eq(zone->free_pages, 28);

	free_claimed(&rig, 32);
	ck_assert_int_eq(pcp->count, 4);
	ck_assert_int_eq(pcp->high, 64);
	ck_assert_uint_eq(zone->free_pages, 60);

	/* An allocation halves the count of frees. */
	ck_assert_int_eq(pcp->free_count, 64);
	alloc(&rig, 0);
	ck_assert_int_eq(pcp->free_count, 32);
	rig_end(&rig);
}
END_TEST

/* The pages that were freed longest ago go: those at the tail. */
START_TEST(the_coldest_are_spilled)
{
	struct rig rig;
	struct zone *zone = boot(&rig, KM_FEATURES_NEWEST, 4, 16, 16);
	uint64_t pfns[16];
	char expected[64];

	for (int i = 0; i < 16; i++)
		pfns[i] = km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(km_free_pages(&rig.pages, pfns[i], 0, 0), 0);
	snprintf(expected, sizeof(expected), "%u %u %u %u", (unsigned int)pfns[15],
		 (unsigned int)pfns[14], (unsigned int)pfns[13], (unsigned int)pfns[12]);
	ck_assert_list(&rig, &zone->pcp[0].lists[km_pcp_list(0, M)], expected);
	rig_end(&rig);
}
END_TEST

/*
 * A burst of order 2 frees: once free_count is batch + high_min / 2 = 12 and the free
 * before was of a high order too, everything goes (at most batch << 5).
 */
START_TEST(bursts_of_high_orders_are_not_kept)
{
	struct rig rig;
	struct zone *zone = boot(&rig, KM_FEATURES_NEWEST, 4, 16, 64);
	struct km_pcp *pcp = &zone->pcp[0];

	for (int i = 0; i < 4; i++) {
		uint64_t pfn = km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 2, KM_OWNER_OTHER);

		/* 4, 8, 12 pages freed before: the fourth finds 12. */
		ck_assert_int_eq(pcp->count, i * 4);
		ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 2, 0), 0);
	}
	ck_assert_int_eq(pcp->count, 0);
	ck_assert_uint_eq(zone->free_pages, 16);
	rig_end(&rig);
}
END_TEST

/* Put nr claimed pages on a list of CPU 0, whatever their pageblocks are. */
static void put_claimed(struct rig *rig, unsigned int nr, enum km_migratetype type)
{
	for (unsigned int i = 0; i < nr; i++)
		km_pcp_put(&rig->pages, &rig->pages.zones[0], 0,
			   km_pages_claim(&rig->pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER), 0,
			   type);
}

/*
 * To 5.12: at six batches one batch goes, one page from each list in turn, beginning with
 * Movable; an empty list leaves its turn to the next one.
 *
 *           M  R  U          M  R  U
 *   before  12 12 12         0  12 24     one batch of 6
 *   after   10 10 10         0  8  22
 */
START_TEST(old_kernels_spill_round_robin)
{
	static const unsigned int before[2][3] = { { 12, 12, 12 }, { 0, 12, 24 } };
	static const unsigned int after[2][3] = { { 10, 10, 10 }, { 0, 8, 22 } };

	for (int i = 0; i < 2; i++) {
		struct rig rig;
		struct zone *zone = boot(&rig, OLD, 6, 36, 36);
		struct km_page_list *lists = zone->pcp[0].lists;

		put_claimed(&rig, before[i][0], M);
		put_claimed(&rig, before[i][1], R);
		put_claimed(&rig, before[i][2] - 1, U);
		ck_assert_int_eq(zone->pcp[0].count, 35);
		put_claimed(&rig, 1, U);
		ck_assert_int_eq(zone->pcp[0].count, 30);
		ck_assert_uint_eq(lists[M].nr, after[i][0]);
		ck_assert_uint_eq(lists[R].nr, after[i][1]);
		ck_assert_uint_eq(lists[U].nr, after[i][2]);
		ck_assert_uint_eq(zone->nr_drained, 6);
		rig_end(&rig);
	}
}
END_TEST

/* With one list only, its pages make up the whole batch; and a refill is a batch, never more. */
START_TEST(old_kernels_have_fixed_sizes)
{
	struct rig rig;
	struct zone *zone = boot(&rig, OLD, 6, 36, 36);

	free_claimed(&rig, 36);
	ck_assert_int_eq(zone->pcp[0].count, 30);
	free_claimed(&rig, 6);
	ck_assert_int_eq(zone->pcp[0].count, 30);
	for (int i = 0; i < 31; i++)
		alloc(&rig, 0);
	ck_assert_int_eq(zone->pcp[0].count, 5);
	for (int i = 0; i < 6; i++)
		alloc(&rig, 0);
	ck_assert_int_eq(zone->pcp[0].count, 5);
	rig_end(&rig);
}
END_TEST

/*
 * 5.14 to 6.6, batch 4, high 32: spills double (4, 8, 16, then high - batch = 28), and an
 * allocation halves the factor.
 */
START_TEST(middle_kernels_double_spills)
{
	struct rig rig;
	struct zone *zone = boot(&rig, MIDDLE, 4, 32, 32);
	struct km_pcp *pcp = &zone->pcp[0];

	free_claimed(&rig, 32);
	ck_assert_int_eq(pcp->count, 28);
	free_claimed(&rig, 4);
	ck_assert_int_eq(pcp->count, 24);
	free_claimed(&rig, 8);
	ck_assert_int_eq(pcp->count, 16);
	free_claimed(&rig, 16);
	ck_assert_int_eq(pcp->count, 4);
	ck_assert_int_eq(pcp->free_factor, 3);
	alloc(&rig, 0);
	ck_assert_int_eq(pcp->free_factor, 1);
	rig_end(&rig);
}
END_TEST

/* And once they spill, a free of order 1 to 3 empties all lists. */
START_TEST(middle_kernels_drain_on_high_orders)
{
	struct rig rig;
	struct zone *zone = boot(&rig, MIDDLE, 4, 32, 32);
	uint64_t pfn;

	pfn = km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 1, KM_OWNER_OTHER);
	ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 1, 0), 0);
	ck_assert_int_eq(zone->pcp[0].count, 2);
	free_claimed(&rig, 30);
	ck_assert_int_eq(zone->pcp[0].count, 28);
	ck_assert_int_eq(zone->pcp[0].free_factor, 1);
	pfn = km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 1, KM_OWNER_OTHER);
	ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 1, 0), 0);
	ck_assert_int_eq(zone->pcp[0].count, 0);
	rig_end(&rig);
}
END_TEST

/* HighAtomic and CMA pages wait as Movable ones; Isolate does not wait at all. */
START_TEST(types_without_lists)
{
	struct rig rig;
	struct zone *zone = boot(&rig, KM_FEATURES_NEWEST, 4, 64, 64);
	uint64_t pfns[3];

	for (int i = 0; i < 3; i++) {
		pfns[i] = km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 3, KM_OWNER_OTHER);
		km_pageblock_set_types(&rig.pages, zone, pfns[i], 8,
				       i == 0	? KM_MIGRATE_HIGHATOMIC
				       : i == 1 ? KM_MIGRATE_CMA
						: KM_MIGRATE_ISOLATE);
		ck_assert_int_eq(km_free_pages(&rig.pages, pfns[i], 3, 0), 0);
	}
	ck_assert_uint_eq(zone->pcp[0].lists[km_pcp_list(3, M)].nr, 2);
	ck_assert_uint_eq(zone->free_by_type[KM_MIGRATE_ISOLATE], 8);
	/* Spilled, they go to the list of their pageblock. */
	km_drain_all(&rig.pages);
	ck_assert_uint_eq(zone->free_by_type[KM_MIGRATE_HIGHATOMIC], 8);
	ck_assert_uint_eq(zone->free_by_type[KM_MIGRATE_CMA], 8);
	rig_end(&rig);
}
END_TEST

/*
 * A second passes, batch 4, high 16 .. 256:
 *   high 256, count 40   ->  224: an eighth less; nothing is above it
 *   high  30, count 40   ->   27; 13 go
 *   high  17, count 27   ->   16: not below high_min, nor in smaller steps than an eighth
 *   high 256, count 300  ->  224: all above it go, and high sinks to no less than
 *                            count - (4 << 5)
 */
START_TEST(high_decays_each_second)
{
	static const int before[4][2] = { { 256, 40 }, { 30, 40 }, { 17, 27 }, { 256, 300 } };
	static const int after[4][2] = { { 224, 40 }, { 27, 27 }, { 16, 16 }, { 224, 224 } };

	for (int i = 0; i < 4; i++) {
		struct rig rig;
		struct zone *zone = boot(&rig, KM_FEATURES_NEWEST, 4, 16, 256);
		struct km_pcp *pcp = &zone->pcp[0];

		ck_assert_uint_eq(km_pages_seed_pcp(&rig.pages, zone, 0, before[i][1], 0),
				  before[i][1]);
		pcp->high = before[i][0];
		km_pcp_tick(&rig.pages);
		ck_assert_int_eq(pcp->high, after[i][0]);
		ck_assert_int_eq(pcp->count, after[i][1]);
		ck_assert_uint_eq(zone->nr_drained, before[i][1] - after[i][1]);
		rig_end(&rig);
	}
}
END_TEST

/* High decays on lists that are empty as well; where it is fixed, nothing ever goes by time. */
START_TEST(ticks_of_empty_and_old_lists)
{
	struct rig rig;
	struct zone *zone = boot(&rig, KM_FEATURES_NEWEST, 4, 16, 256);

	zone->pcp[1].high = 64;
	km_pcp_tick(&rig.pages);
	ck_assert_int_eq(zone->pcp[1].high, 56);
	rig_end(&rig);

	zone = boot(&rig, MIDDLE, 4, 16, 16);
	ck_assert_uint_eq(km_pages_seed_pcp(&rig.pages, zone, 0, 40, 0), 40);
	for (int i = 0; i < 10; i++)
		km_pcp_tick(&rig.pages);
	ck_assert_int_eq(zone->pcp[0].count, 40);
	rig_end(&rig);
}
END_TEST

/*
 * CPU 0 on node 0 takes a page of each node; seven more of the refill wait on either list:
 *
 *   seconds  0  1  2  3  4  5  6
 *   node 0   7  7  7  7  7  7  7
 *   node 1   7  7  7  3  3  3  0     a batch of 4 after three quiet seconds
 */
START_TEST(lists_of_other_nodes_expire)
{
	static const int counts[] = { 7, 7, 7, 3, 3, 3, 0 };
	static const unsigned int eras[] = { OLD, MIDDLE, KM_FEATURES_NEWEST };

	for (size_t era = 0; era < sizeof(eras) / sizeof(eras[0]); era++) {
		struct km_profile profile;
		struct zone *zones;
		struct rig rig;

		rig_small_profile(&profile, 4096);
		profile.features = eras[era];
		profile.nr_cpus = profile.nr_possible_cpus = 2;
		profile.nr_nodes = profile.nr_zones = 2;
		profile.zones[0].pcp_batch = 8;
		profile.zones[0].pcp_high_min = profile.zones[0].pcp_high_max = 16;
		profile.zones[1] = profile.zones[0];
		profile.zones[1].node = 1;
		profile.zones[1].start_pfn = 4096;
		rig_boot(&rig, &profile);
		zones = rig.pages.zones;
		ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
		for (int node = 0; node < 2; node++) {
			ck_assert_uint_eq(km_alloc_pages(&rig.pages, KM_GFP_KERNEL, 0, 0, node,
							 KM_OWNER_OTHER),
					  4096 * node);
			zones[node].pcp[0].batch = 4;
		}
		for (int second = 0; second < 7; second++) {
			ck_assert_int_eq(zones[0].pcp[0].count, 7);
			ck_assert_int_eq(zones[1].pcp[0].count, counts[second]);
			km_pcp_tick(&rig.pages);
		}
		rig_end(&rig);
	}
}
END_TEST

/* Each of the transitions that the kernel announces is counted. */
START_TEST(transitions_are_counted)
{
	struct rig rig;
	struct zone *zone = boot_free(&rig, KM_FEATURES_NEWEST, 4, 16, 64);

	alloc(&rig, 0);
	ck_assert_uint_eq(zone->nr_taken, 4);
	alloc(&rig, 0);
	ck_assert_uint_eq(zone->nr_taken, 4);
	alloc(&rig, 5);
	ck_assert_uint_eq(zone->nr_taken, 5);
	ck_assert_uint_eq(zone->nr_drained, 0);
	km_pcp_drain_zone(&rig.pages, zone);
	ck_assert_uint_eq(zone->nr_drained, 2);
	ck_assert_uint_eq(zone->pcp_pages, 0);
	ck_assert_uint_eq(zone->nr_fallbacks, 0);
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/pcp", pages_ascend_and_come_back_hot, refills_double, refills_double_five_times,
	  high_sinks_when_the_zone_runs_low, freed_pages_wait_by_pageblock,
	  high_stays_when_the_zone_runs_low, refills_of_higher_orders, orders_with_lists,
	  huge_pages_wait_on_their_list, spills_grow_with_the_run_of_frees, the_coldest_are_spilled,
	  bursts_of_high_orders_are_not_kept, old_kernels_spill_round_robin,
	  old_kernels_have_fixed_sizes, middle_kernels_double_spills,
	  middle_kernels_drain_on_high_orders, types_without_lists, high_decays_each_second,
	  ticks_of_empty_and_old_lists, lists_of_other_nodes_expire, transitions_are_counted)
