/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * km_pages_is_valid(): break one thing, expect exactly that complaint, mend it again.
 */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/rig.h"

#include "core/page/held.h"
#include "core/page/pcp.h"

#define M KM_MIGRATE_MOVABLE

/*
 * A 4096-page zone with something of everything:
 *
 *   pfn 0: AAbb-.. per-cpu, used, free of all orders below 10; three untouched blocks of
 *   the largest order; from 4096 on 64 held pages
 */
static struct zone *boot(struct rig *rig)
{
	struct km_profile profile;
	struct zone *zone;

	rig_small_profile(&profile, 4096);
	profile.zones[0].pcp_batch = 3;
	profile.zones[0].pcp_high_min = profile.zones[0].pcp_high_max = 64;
	profile.features &= ~KM_FEAT_PCP_AUTO_HIGH;
	rig_boot(rig, &profile);
	zone = &rig->pages.zones[0];
	ck_assert_int_eq(km_pages_free_all(&rig->pages), 0);
	ck_assert_uint_eq(
		km_alloc_pages(&rig->pages, KM_GFP_HIGHUSER_MOVABLE, 0, 0, -1, KM_OWNER_OTHER), 0);
	ck_assert_uint_eq(
		km_alloc_pages(&rig->pages, KM_GFP_HIGHUSER_MOVABLE, 4, 0, -1, KM_OWNER_OTHER), 16);
	ck_assert_map(rig, 0, "aAA02---3-------e---------------5---");
	rig_assert_valid(rig);
	return zone;
}

static void expect(struct rig *rig, const char *complaint)
{
	char buf[256], whole[256];

	snprintf(whole, sizeof(whole), "node 0 zone Normal: %s", complaint);
	ck_assert_pstr_eq(km_pages_is_valid(&rig->pages, buf, sizeof(buf)), whole);
}

/* Break an lvalue, expect the complaint, put back what was there. */
#define ck_complains(rig, lvalue, value, complaint)                                                \
	do {                                                                                       \
		__typeof__((lvalue) + 0) saved = lvalue;                                           \
                                                                                                   \
		lvalue = value;                                                                    \
		expect(rig, complaint);                                                            \
		lvalue = saved;                                                                    \
		rig_assert_valid(rig);                                                             \
	} while (0)

START_TEST(counts)
{
	struct rig rig;
	struct zone *zone = boot(&rig);

	ck_complains(&rig, zone->free_area[3].list[M].nr, 2,
		     "free_area[3].list[Movable]: nr is 2, but 1 blocks are linked");
	ck_complains(&rig, zone->free_area[3].list[M].nr, 0,
		     "free_area[3].list[Movable]: nr is 0, but at least 1 blocks are linked");
	ck_complains(&rig, zone->free_area[10].list[M].nr, 5,
		     "free_area[10].list[Movable]: nr is 5, but 3 blocks are linked");
	ck_complains(&rig, zone->free_area[5].nr_free, 7,
		     "free_area[5]: nr_free is 7, lists have 1");
	ck_complains(&rig, zone->free_orders[M], 0x438,
		     "free_orders[Movable]: bit 0 is 0, nr is 1");
	ck_complains(&rig, zone->free_orders[KM_MIGRATE_CMA], 1u << 10,
		     "free_orders[CMA]: bit 10 is 1, nr is 0");
	ck_complains(&rig, zone->free_pages, 1, "free_pages is 1, lists have 4077");
	ck_complains(&rig, zone->free_by_type[M], 4078,
		     "free_by_type[Movable] is 4078, lists have 4077");
	ck_complains(&rig, zone->pcp[0].count, 5, "pcp of cpu 0: count is 5, lists have 2");
	ck_complains(&rig, zone->pcp[0].count, -1, "pcp of cpu 0: count is -1, lists have 2");
	ck_complains(&rig, zone->pcp_pages, 9, "pcp_pages is 9, per-cpu lists have 2");
	ck_complains(&rig, zone->held_pages, 1, "held_pages is 1, held blocks have 0");
	ck_complains(&rig, zone->managed_pages, 4095,
		     "free 4077 + pcp 2 + used 17 + held 0 is not managed 4095");
	rig_end(&rig);
}
END_TEST

START_TEST(blocks_on_lists)
{
	struct rig rig;
	struct zone *zone = boot(&rig);

	ck_complains(&rig, km_page(&rig.machine, 8)->state, KM_PAGE_USED,
		     "free_area[3].list[Movable]: pfn 8 is in state 3");
	ck_complains(&rig, km_page(&rig.machine, 8)->order, 2,
		     "free_area[3].list[Movable]: pfn 8 has order 2");
	ck_complains(&rig, km_page(&rig.machine, 8)->migratetype, KM_MIGRATE_CMA,
		     "free_area[3].list[Movable]: pfn 8 has type CMA");
	ck_complains(&rig, km_page(&rig.machine, 8)->prev, 4,
		     "free_area[3].list[Movable]: pfn 8 does not link back");
	ck_complains(&rig, km_page(&rig.machine, 8)->next, 8,
		     "free_area[3].list[Movable]: pfn 8 does not link back");
	ck_complains(&rig, zone->free_area[3].list[M].head, 5000,
		     "free_area[3].list[Movable]: pfn 5000 is outside the zone");
	ck_complains(&rig, zone->free_area[3].list[M].tail, 32,
		     "free_area[3].list[Movable]: tail is not the last block");
	ck_complains(&rig, zone->free_area[0].list[M].head, 1,
		     "free_area[0].list[Movable]: pfn 1 is in state 2");
	ck_complains(&rig, zone->pcp[0].lists[M].head, 2,
		     "pcp[0].list[Movable]: pfn 2 does not link back");
	rig_end(&rig);
}
END_TEST

/* An order 1 block at an odd pfn. */
START_TEST(misaligned)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_used(&rig, 64);

	rig_lay_free(&rig, 3, 1, M);
	expect(&rig, "free_area[1].list[Movable]: pfn 3 is not aligned");
	km_free_area_del(&rig.pages, zone, 3);
	rig_lay_free(&rig, 5, 0, M);
	km_page(&rig.machine, 7)->order = 1;
	expect(&rig, "pfn 7: no block of order 1 can begin here");
	km_page(&rig.machine, 7)->order = 99;
	expect(&rig, "pfn 7: no block of order 99 can begin here");
	km_page(&rig.machine, 7)->order = 0;
	km_buddy_put(&rig.pages, zone, 3, 0, M, 0);
	km_buddy_put(&rig.pages, zone, 4, 0, M, 0);
	rig_end(&rig);
}
END_TEST

START_TEST(descriptors)
{
	struct rig rig;
	struct zone *zone = boot(&rig);

	ck_complains(&rig, km_page(&rig.machine, 9)->priv, 1,
		     "pfn 9: inside the block of pfn 8, but not clear");
	ck_complains(&rig, km_page(&rig.machine, 17)->owner, KM_OWNER_SLAB,
		     "pfn 17: inside the block of pfn 16, but not clear");
	/* What a slab may do, a free block may not. */
	ck_complains(&rig, km_page(&rig.machine, 9)->state, KM_PAGE_TAIL,
		     "pfn 9: inside the block of pfn 8, but not clear");
	ck_complains(&rig, km_page(&rig.machine, 0)->state, KM_PAGE_TAIL,
		     "pfn 0: in state 4, but inside no block");
	ck_complains(&rig, km_page(&rig.machine, 0)->state, KM_PAGE_FREE,
		     "9 free blocks, but 8 on lists");
	ck_complains(&rig, km_page(&rig.machine, 0)->state, KM_PAGE_PCP,
		     "3 per-cpu blocks, but 2 on lists");
	ck_complains(&rig, km_page(&rig.machine, 1024)->state, KM_PAGE_USED,
		     "untouched[Movable]: pfn 1024 was touched");
	ck_complains(&rig, km_page(&rig.machine, 3000)->priv, 9,
		     "untouched[Movable]: pfn 3000 was touched");
	ck_complains(&rig, zone->untouched[M].pfns[0], 1025,
		     "untouched[Movable]: pfn 1025 is misplaced");
	rig_end(&rig);
}
END_TEST

/*
 *   0aaa...  and  a0aa...  make  00aa...: should be one block of order 1
 */
START_TEST(unmerged_buddies)
{
	struct rig rig;
	struct zone *zone = rig_boot_small_used(&rig, 64);

	rig_lay_free(&rig, 0, 0, M);
	rig_lay_free(&rig, 1, 0, M);
	expect(&rig, "pfn 0 and its buddy 1 are both free with order 0");
	/* Of different types as well: below the pageblock order all merges. */
	km_free_area_del(&rig.pages, zone, 1);
	km_free_area_add(&rig.pages, zone, 1, 0, KM_MIGRATE_HIGHATOMIC, 0);
	expect(&rig, "pfn 0 and its buddy 1 are both free with order 0");
	km_free_area_del(&rig.pages, zone, 1);
	km_buddy_put(&rig.pages, zone, 1, 0, M, 0);
	rig_assert_valid(&rig);

	rig_lay_free(&rig, 16, 3, M);
	rig_lay_free(&rig, 24, 3, KM_MIGRATE_UNMOVABLE);
	expect(&rig, "pfn 16 and its buddy 24 are both free with order 3");
	/* A reserve of its own is kept apart from order 3 up. */
	km_free_area_del(&rig.pages, zone, 24);
	km_free_area_add(&rig.pages, zone, 24, 3, KM_MIGRATE_HIGHATOMIC, 0);
	rig_end(&rig);
}
END_TEST

START_TEST(held_blocks)
{
	struct rig rig;
	struct zone *zone;
	struct km_held *held;

	rig_boot_small(&rig, 64);
	zone = &rig.pages.zones[0];
	held = zone->held;
	ck_assert_uint_ne(km_held_take(held, 5), KM_NO_PFN);
	ck_assert_int_eq(km_held_add(held, 0, 5), 0);
	rig_assert_valid(&rig);
	ck_complains(&rig, held->blocks[5].pfns[1], 32, "held blocks overlap at pfn 32");
	ck_complains(&rig, held->blocks[5].pfns[1], 64, "held block of pfn 64 is outside the zone");
	/* On no list, and yet not clear: a used page nobody claimed. */
	km_page(&rig.machine, 40)->state = KM_PAGE_USED;
	expect(&rig, "pfn 40 is held, but not clear");
	*km_page(&rig.machine, 40) = (struct page){ 0 };
	rig_end(&rig);
}
END_TEST

/* A short buffer gets a short complaint, never more than fits. */
START_TEST(short_buffer)
{
	struct rig rig;
	struct zone *zone = boot(&rig);
	char buf[16];

	zone->free_pages++;
	memset(buf, '#', sizeof(buf));
	ck_assert_ptr_eq(km_pages_is_valid(&rig.pages, buf, 8), buf);
	ck_assert_str_eq(buf, "node 0 ");
	ck_assert_int_eq(buf[8], '#');
	zone->free_pages--;
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/valid", counts, blocks_on_lists, misaligned, descriptors, unmerged_buddies,
	  held_blocks, short_buffer)
