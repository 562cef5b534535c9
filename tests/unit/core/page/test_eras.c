/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Habits that kernels lost: cold ends, heads instead of tails, small batches, round robin
 * over all orders, fallback from the largest block.
 */
#include <errno.h>

#include "tests/unit/suite.h"
#include "tests/unit/core/page/rig.h"

#include "core/page/pcp.h"

#define U KM_MIGRATE_UNMOVABLE
#define M KM_MIGRATE_MOVABLE
#define R KM_MIGRATE_RECLAIMABLE

#define V2_6_32                                                                                    \
	(KM_FEAT_FREE_TO_HEAD | KM_FEAT_MOVE_TO_HEAD | KM_FEAT_PCP_COLD |                          \
	 KM_FEAT_PCP_SMALL_BATCH | KM_FEAT_FALLBACK_LARGEST)

/* 4096 free pages, per-cpu lists with batches of 4 and high 24. */
static struct zone *boot_listed(struct rig *rig, unsigned int features)
{
	struct km_profile profile;

	rig_small_profile(&profile, 4096);
	profile.features = features;
	profile.zones[0].pcp_batch = 4;
	profile.zones[0].pcp_high_min = profile.zones[0].pcp_high_max = 24;
	rig_boot(rig, &profile);
	/* From the lower end, whatever the era: the pictures begin at pfn 0. */
	rig->machine.profile.features &= ~KM_FEAT_MOVE_TO_HEAD;
	ck_assert_int_eq(km_pages_free_all(&rig->pages), 0);
	rig->machine.profile.features = features;
	return &rig->pages.zones[0];
}

/* Pageblocks of 2^order pages, all in use. */
static struct zone *boot_used(struct rig *rig, unsigned int pageblock_order)
{
	struct km_profile profile;

	rig_small_profile(&profile, 256);
	profile.pageblock_order = pageblock_order;
	profile.features = V2_6_32;
	rig_boot(rig, &profile);
	for (int i = 0; i < 256; i++)
		km_pages_claim(&rig->pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);
	return &rig->pages.zones[0];
}

static uint64_t alloc(struct rig *rig, km_gfp more)
{
	return km_alloc_pages(&rig->pages, KM_GFP_HIGHUSER_MOVABLE | more, 0, 0, -1,
			      KM_OWNER_OTHER);
}

static uint64_t take(struct rig *rig, unsigned int order, enum km_migratetype type)
{
	enum km_rmqueue_mode mode = KM_RMQUEUE_NORMAL;

	return km_buddy_take(&rig->pages, &rig->pages.zones[0], order, type, 0, &mode);
}

static void put(struct rig *rig, uint64_t pfn, unsigned int order, enum km_migratetype type)
{
	km_buddy_put(&rig->pages, &rig->pages.zones[0], pfn, order, type, 0);
}

/*
 * Refilled, 0 and 1 taken:    hot 2 3 cold
 * 0 freed cold, 1 freed hot:  hot 1 2 3 0 cold       a cold request takes 0, a hot one 1
 */
START_TEST(cold_pages_wait_at_the_tail)
{
	struct rig rig;
	struct zone *zone = boot_listed(&rig, V2_6_32);
	struct km_page_list *list = &zone->pcp[0].lists[km_pcp_list(0, M)];

	ck_assert_uint_eq(alloc(&rig, 0), 0);
	ck_assert_uint_eq(alloc(&rig, 0), 1);
	ck_assert_int_eq(km_free_cold_page(&rig.pages, 0, 0), 0);
	ck_assert_int_eq(km_free_pages(&rig.pages, 1, 0, 0), 0);
	ck_assert_list(&rig, list, "1 2 3 0");
	ck_assert_uint_eq(alloc(&rig, KM_GFP_COLD), 0);
	ck_assert_uint_eq(alloc(&rig, 0), 1);
	ck_assert_list(&rig, list, "2 3");
	rig_end(&rig);
}
END_TEST

/* A cold refill is turned round, so that the cold end gives ascending pages too. */
START_TEST(cold_refills_ascend_from_the_tail)
{
	struct rig rig;
	struct zone *zone = boot_listed(&rig, V2_6_32);
	struct km_page_list *list = &zone->pcp[0].lists[km_pcp_list(0, M)];

	ck_assert_uint_eq(alloc(&rig, KM_GFP_COLD), 0);
	ck_assert_list(&rig, list, "3 2 1");
	ck_assert_uint_eq(alloc(&rig, KM_GFP_COLD), 1);
	ck_assert_uint_eq(alloc(&rig, 0), 3);
	rig_end(&rig);
}
END_TEST

/* From 4.15 on nothing is cold, whatever callers say. */
START_TEST(no_cold_ends_later)
{
	struct rig rig;
	struct zone *zone = boot_listed(&rig, 0);
	struct km_page_list *list = &zone->pcp[0].lists[km_pcp_list(0, M)];

	ck_assert_uint_eq(alloc(&rig, KM_GFP_COLD), 0);
	ck_assert_list(&rig, list, "1 2 3");
	ck_assert_int_eq(km_free_cold_page(&rig.pages, 0, 0), 0);
	ck_assert_list(&rig, list, "0 1 2 3");
	rig_end(&rig);
}
END_TEST

/* A cold free is refused for the same reasons as any other, and spills as any other. */
START_TEST(cold_frees_obey_the_rules)
{
	struct rig rig;
	struct zone *zone = boot_listed(&rig, V2_6_32);
	uint64_t block = km_alloc_pages(&rig.pages, KM_GFP_KERNEL, 2, 0, -1, KM_OWNER_OTHER);
	uint64_t pfns[24];

	ck_assert_int_eq(km_free_cold_page(&rig.pages, block, 0), -EBADSLT);
	ck_assert_int_eq(km_free_cold_page(&rig.pages, block + 1, 0), -EINVAL);
	ck_assert_int_eq(km_free_cold_page(&rig.pages, 5000, 0), -ERANGE);
	ck_assert_int_eq(km_free_pages(&rig.pages, block, 2, 0), 0);

	for (int i = 0; i < 24; i++)
		pfns[i] = alloc(&rig, 0);
	km_pageblock_set_types(&rig.pages, zone, pfns[23], 1, KM_MIGRATE_ISOLATE);
	ck_assert_int_eq(zone->pcp[0].count, 0);
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(km_free_cold_page(&rig.pages, pfns[i], 0), 0);
	ck_assert_int_eq(zone->pcp[0].count, 16);
	ck_assert_int_eq(km_free_cold_page(&rig.pages, pfns[23], 0), 0);
	ck_assert_int_eq(zone->pcp[0].count, 16);
	ck_assert_uint_eq(zone->free_by_type[KM_MIGRATE_ISOLATE], 1);
	km_pageblock_set_types(&rig.pages, zone, pfns[23], 1, M);
	zone->pcp[0].high_min = 17;
	ck_assert_int_eq(km_free_cold_page(&rig.pages, pfns[16], 0), 0);
	ck_assert_int_eq(zone->pcp[0].count, 13);
	rig_end(&rig);
}
END_TEST

/*
 * Boot memory is laid down upwards, each block before the last one: the highest is
 * taken first.
 *
 *   pfn 0  ......1-3-------4---------------4---------------3-------2---
 */
START_TEST(boot_memory_is_taken_from_above)
{
	struct km_profile profile;
	struct zone *zone;
	struct rig rig;

	rig_small_profile(&profile, 57);
	profile.features = V2_6_32;
	profile.zones[0].start_pfn = 3;
	profile.zones[0].managed_pages = 54;
	rig_boot(&rig, &profile);
	zone = &rig.pages.zones[0];
	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	ck_assert_map(&rig, 0, "......1-3-------4---------------4---------------3-------2---");
	ck_assert_list(&rig, &zone->free_area[3].list[M], "48 8");
	ck_assert_list(&rig, &zone->free_area[4].list[M], "32 16");
	rig_end(&rig);

	rig_small_profile(&profile, 8192);
	profile.features = V2_6_32;
	rig_boot(&rig, &profile);
	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	ck_assert_uint_eq(take(&rig, 10, M), 7 * 1024);
	ck_assert_uint_eq(take(&rig, 10, M), 6 * 1024);
	put(&rig, 7 * 1024, 10, M);
	put(&rig, 6 * 1024, 10, M);
	rig_end(&rig);
}
END_TEST

/*
 *   0aaa0a1-0a0aaaaa      4 is likely to merge with 5, and goes to the head all the same
 */
START_TEST(all_blocks_go_to_the_head)
{
	struct rig rig;
	struct zone *zone = boot_used(&rig, 3);

	put(&rig, 6, 0, M);
	put(&rig, 7, 0, M);
	put(&rig, 0, 0, M);
	put(&rig, 8, 0, M);
	put(&rig, 10, 0, M);
	put(&rig, 4, 0, M);
	ck_assert_map(&rig, 0, "0aaa0a1-0a0aaaaa");
	ck_assert_list(&rig, &zone->free_area[0].list[M], "4 10 8 0");
	rig_end(&rig);
}
END_TEST

/* Batches of 31 and high 186 where newer kernels have 63. */
START_TEST(small_batches)
{
	struct km_profile profile;
	struct rig rig;

	ck_assert_int_eq(km_profile_builtin("x86-64-4g", &profile), 0);
	profile.features = V2_6_32;
	rig_boot(&rig, &profile);
	ck_assert_uint_eq(rig.pages.zones[1].pcp_batch, 31);
	ck_assert_uint_eq(rig.pages.zones[1].pcp_high_min, 186);
	ck_assert_uint_eq(rig.pages.zones[1].pcp_high_max, 186);
	rig_end(&rig);
}
END_TEST

/*
 * 5.14 to 5.17, batch 4, high 24: two blocks of order 1 and 20 single pages.  One single
 * page has its turn; then three for order 1, two empty lists having been passed, of which
 * the first block takes two pages and the second one more than there are to go.
 * Since 5.18 the list that was freed to gives all.
 */
START_TEST(round_robin_over_orders)
{
	static const struct {
		unsigned int features, singles, doubles;
	} cases[] = { { KM_FEAT_PCP_HIGH_ORDER | KM_FEAT_PCP_ROTATE, 19, 0 },
		      { KM_FEAT_PCP_HIGH_ORDER, 16, 2 } };

	for (int i = 0; i < 2; i++) {
		struct rig rig;
		struct zone *zone = boot_listed(&rig, cases[i].features);
		uint64_t pfns[20], blocks[2];

		for (int j = 0; j < 2; j++)
			blocks[j] = km_alloc_pages(&rig.pages, KM_GFP_HIGHUSER_MOVABLE, 1, 0, -1,
						   KM_OWNER_OTHER);
		for (int j = 0; j < 20; j++)
			pfns[j] = alloc(&rig, 0);
		km_drain_all(&rig.pages);
		ck_assert_int_eq(zone->pcp[0].count, 0);
		for (int j = 0; j < 2; j++)
			ck_assert_int_eq(km_free_pages(&rig.pages, blocks[j], 1, 0), 0);
		for (int j = 0; j < 20; j++)
			ck_assert_int_eq(km_free_pages(&rig.pages, pfns[j], 0, 0), 0);
		ck_assert_uint_eq(zone->pcp[0].lists[km_pcp_list(0, M)].nr, cases[i].singles);
		ck_assert_uint_eq(zone->pcp[0].lists[km_pcp_list(1, M)].nr, cases[i].doubles);
		rig_end(&rig);
	}
}
END_TEST

/* And then no free of order 1 empties the lists, however often they have spilled. */
START_TEST(no_drain_on_high_orders_before_5_18)
{
	struct rig rig;
	struct zone *zone = boot_listed(&rig, KM_FEAT_PCP_HIGH_ORDER | KM_FEAT_PCP_ROTATE);
	uint64_t block =
		km_alloc_pages(&rig.pages, KM_GFP_HIGHUSER_MOVABLE, 1, 0, -1, KM_OWNER_OTHER);

	km_drain_all(&rig.pages);
	zone->pcp[0].free_factor = 2;
	ck_assert_int_eq(km_free_pages(&rig.pages, block, 1, 0), 0);
	ck_assert_int_eq(zone->pcp[0].count, 2);
	rig_end(&rig);
}
END_TEST

/*
 * Pageblocks of 32, of which order 1 is less than half an order: the block is cut, and
 * what is left stays with its old type.  The largest comes first, also for movable.
 *
 *   before  1-aa ... 0aaa     types U       order 0 Movable
 *   after   .0aa ... 0aaa     types U, page 1 Unmovable still
 */
START_TEST(the_largest_block_is_cut)
{
	struct rig rig;
	struct zone *zone = boot_used(&rig, 5);

	km_pageblock_set_types(&rig.pages, zone, 0, 256, U);
	rig_lay_free(&rig, 0, 1, U);
	rig_lay_free(&rig, 32, 0, U);
	ck_assert_uint_eq(take(&rig, 0, M), 0);
	ck_assert_map(&rig, 0, ".0aa");
	ck_assert_list(&rig, &zone->free_area[0].list[U], "1 32");
	ck_assert_uint_eq(zone->free_by_type[M], 0);
	ck_assert_types(&rig, zone, "UUUUUUUU");
	ck_assert_uint_eq(zone->nr_fallbacks, 1);
	ck_assert_uint_eq(zone->nr_fragmented, 1);
	put(&rig, 0, 0, U);
	rig_end(&rig);
}
END_TEST

/*
 * Pageblocks of 8: a block of half an order takes the free pages of its pageblock along,
 * and its type if they are half of it (2, and then 4 of 8).  Used pages do not count.
 *
 *   before  1-aa0aaa  1-a01-aa   types MM     two of order 0 Unmovable
 *   after   .0aa0aaa  .0a01-aa   types MU
 */
START_TEST(free_pages_of_the_pageblock_move_over)
{
	struct rig rig;
	struct zone *zone = boot_used(&rig, 3);

	rig_lay_free(&rig, 0, 1, M);
	rig_lay_free(&rig, 4, 0, M);
	ck_assert_uint_eq(take(&rig, 0, U), 0);
	ck_assert_map(&rig, 0, ".0aa0aaa");
	ck_assert_list(&rig, &zone->free_area[0].list[U], "1 4");
	ck_assert_int_eq(zone->pageblock_types[0], M);

	rig_lay_free(&rig, 8, 1, M);
	rig_lay_free(&rig, 11, 0, M);
	rig_lay_free(&rig, 12, 1, M);
	ck_assert_uint_eq(take(&rig, 1, U), 8);
	ck_assert_map(&rig, 8, "..a01-aa");
	ck_assert_int_eq(zone->pageblock_types[1], U);
	ck_assert_uint_eq(zone->free_by_type[M], 0);
	ck_assert_uint_eq(zone->free_by_type[U], 5);
	put(&rig, 0, 0, U);
	put(&rig, 8, 1, U);
	rig_end(&rig);
}
END_TEST

/* For reclaimable memory even the smallest block does so; for others it does not. */
START_TEST(reclaimable_takes_more)
{
	for (int i = 0; i < 2; i++) {
		enum km_migratetype type = i ? U : R;
		struct rig rig;
		struct zone *zone = boot_used(&rig, 3);

		rig_lay_free(&rig, 0, 0, M);
		rig_lay_free(&rig, 2, 0, M);
		ck_assert_uint_eq(take(&rig, 0, type), 0);
		ck_assert_list(&rig, &zone->free_area[0].list[i ? M : R], "2");
		ck_assert_uint_eq(zone->free_by_type[i ? M : R], 1);
		put(&rig, 0, 0, M);
		rig_end(&rig);
	}
}
END_TEST

/* Whole pageblocks change type, however few of them the request needs, and no boost is due. */
START_TEST(whole_pageblocks_change_type)
{
	struct rig rig;
	struct zone *zone = boot_used(&rig, 3);

	rig_lay_free(&rig, 16, 4, M);
	ck_assert_uint_eq(take(&rig, 0, U), 16);
	ck_assert_map(&rig, 16, ".01-2---3-------");
	ck_assert_int_eq(zone->pageblock_types[2], U);
	ck_assert_int_eq(zone->pageblock_types[3], U);
	ck_assert_uint_eq(zone->free_by_type[U], 15);
	ck_assert_uint_eq(zone->nr_fallbacks, 1);
	ck_assert_uint_eq(zone->nr_fragmented, 0);
	ck_assert_uint_eq(take(&rig, 4, U), KM_NO_PFN);
	put(&rig, 16, 0, U);
	rig_end(&rig);
}
END_TEST

/* A pageblock that reaches out of the zone keeps its type and its other pages. */
START_TEST(pageblock_across_the_zone_boundary)
{
	struct km_profile profile;
	struct zone *zone;
	struct rig rig;

	rig_small_profile(&profile, 60);
	profile.features = V2_6_32;
	profile.zones[0].start_pfn = 4;
	rig_boot(&rig, &profile);
	zone = &rig.pages.zones[0];
	for (int i = 0; i < 60; i++)
		km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);
	rig_lay_free(&rig, 4, 1, M);
	rig_lay_free(&rig, 7, 0, M);
	ck_assert_uint_eq(take(&rig, 0, U), 4);
	ck_assert_int_eq(zone->pageblock_types[0], M);
	ck_assert_list(&rig, &zone->free_area[0].list[M], "7");
	ck_assert_list(&rig, &zone->free_area[0].list[U], "5");
	put(&rig, 4, 0, U);
	rig_end(&rig);
}
END_TEST

START_TEST(no_highatomic_reserve)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_used(&rig, 1600);

	rig.machine.profile.features = V2_6_32;
	km_highatomic_reserve(&rig.pages, zone, 0, 1);
	ck_assert_uint_eq(zone->reserved_highatomic, 0);
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/eras", cold_pages_wait_at_the_tail, cold_refills_ascend_from_the_tail,
	  no_cold_ends_later, cold_frees_obey_the_rules, boot_memory_is_taken_from_above,
	  all_blocks_go_to_the_head, small_batches, round_robin_over_orders,
	  no_drain_on_high_orders_before_5_18, the_largest_block_is_cut,
	  free_pages_of_the_pageblock_move_over, reclaimable_takes_more,
	  whole_pageblocks_change_type, pageblock_across_the_zone_boundary, no_highatomic_reserve)
