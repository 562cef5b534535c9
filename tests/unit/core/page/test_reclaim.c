/* SPDX-License-Identifier: GPL-2.0-only */
/* Reclaim: what comes free, what has to be written first, and what the flags forbid. */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/pressure.h"

#include "core/page/held.h"

#define IA KM_LRU_INACTIVE_ANON
#define AA KM_LRU_ACTIVE_ANON
#define IF KM_LRU_INACTIVE_FILE
#define AF KM_LRU_ACTIVE_FILE

/* One round over all that is there. */
static struct km_scan scan_all(struct rig *rig, km_gfp gfp, uint64_t nr)
{
	struct km_scan scan = { .gfp = gfp, .class = KM_ZONE_MOVABLE, .nr_to_reclaim = nr };

	km_shrink_node(&rig->pages, 0, &scan);
	return scan;
}

/*
 * The oldest of the page cache are free at once, and their owner hears of it.
 *
 *   aaaaaaaaaaaaaaaa   list 7 ... 0
 *   AAA-aaaaaaaaaaaa   three on the per-cpu list
 */
START_TEST(clean_page_cache)
{
	struct told told;
	struct zone *zone;
	struct rig rig;
	struct km_scan scan;

	zone = rig_boot_small_used(&rig, 16);
	pressure_listen(&rig, &told);
	pressure_lay(&rig, 0, 8, KM_OWNER_PAGE_CACHE, 0);
	scan = scan_all(&rig, KM_GFP_KERNEL, 3);
	ck_assert_uint_eq(scan.nr_reclaimed, 3);
	ck_assert_uint_eq(scan.nr_scanned, 3);
	ck_assert_uint_eq(zone->free_pages + zone->pcp_pages, 3);
	ck_assert_lru(&rig, 0, IF, "7 6 5 4 3");
	ck_assert_uint_eq(told.nr_reclaimed, 3);
	for (unsigned int i = 0; i < 3; i++) {
		ck_assert_uint_eq(told.reclaimed[i].from, i);
		ck_assert_uint_eq(told.reclaimed[i].order, 0);
		ck_assert_uint_eq(told.reclaimed[i].priv, 1000 + i);
	}
	ck_assert_uint_eq(rig.pages.events.pgsteal_direct, 3);
	ck_assert_uint_eq(rig.pages.events.pgscan_direct, 3);
	ck_assert_uint_gt(scan.cost_ns, 0);
	rig_end(&rig);
}
END_TEST

/* Written in one round, free in the next; the flags must allow I/O, and file systems. */
START_TEST(dirty_page_cache)
{
	struct told told;
	struct rig rig;
	uint64_t clean_ns;

	rig_boot_small_used(&rig, 16);
	pressure_listen(&rig, &told);
	pressure_lay(&rig, 0, 4, KM_OWNER_PAGE_CACHE, KM_PG_DIRTY);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOIO, 32).nr_reclaimed, 0);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOFS, 32).nr_reclaimed, 0);
	ck_assert_uint_eq(rig.pages.events.nr_vmscan_write, 0);
	ck_assert_uint_eq(km_page(&rig.machine, 0)->flags, KM_PG_LRU | KM_PG_DIRTY);

	clean_ns = scan_all(&rig, KM_GFP_NOFS, 32).cost_ns;
	ck_assert_uint_lt(clean_ns, scan_all(&rig, KM_GFP_KERNEL, 32).cost_ns);
	ck_assert_uint_eq(rig.pages.events.nr_vmscan_write, 4);
	ck_assert_uint_eq(told.nr_reclaimed, 0);
	/* Clean now, so that even NOIO may have them. */
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOIO, 32).nr_reclaimed, 4);
	ck_assert_uint_eq(told.nr_reclaimed, 4);
	rig_end(&rig);
}
END_TEST

/* Into swap in one round, free in the next, as far as there is swap. */
START_TEST(anonymous_pages)
{
	struct told told;
	struct rig rig;

	rig_boot_small_used(&rig, 16);
	pressure_listen(&rig, &told);
	pressure_lay(&rig, 0, 4, KM_OWNER_ANON, 0);
	ck_assert_uint_eq(km_zone_reclaimable_pages(&rig.pages.zones[0], 0), 0);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_KERNEL, 32).nr_scanned, 0);

	rig.pages.nr_swap_pages = 4;
	ck_assert_uint_eq(km_zone_reclaimable_pages(&rig.pages.zones[0], 4), 4);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOIO, 32).nr_reclaimed, 0);
	ck_assert_uint_eq(rig.pages.events.pswpout, 0);
	rig.pages.nr_swap_pages = 3;
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOFS, 32).nr_reclaimed, 0);
	ck_assert_uint_eq(rig.pages.events.pswpout, 3);
	ck_assert_uint_eq(rig.pages.nr_swap_pages, 0);
	/* The fourth found no slot. */
	ck_assert_lru(&rig, 0, AA, "3");
	rig.pages.nr_swap_pages = 1;
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOFS, 32).nr_reclaimed, 3);
	ck_assert_uint_eq(told.nr_reclaimed, 3);
	rig_end(&rig);
}
END_TEST

/* What others use as well is not taken; nobody to tell: nothing is. */
START_TEST(blocks_that_stay)
{
	struct told told;
	struct rig rig;

	rig_boot_small_used(&rig, 16);
	pressure_lay(&rig, 0, 2, KM_OWNER_PAGE_CACHE, 0);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_KERNEL, 32).nr_reclaimed, 0);
	pressure_listen(&rig, &told);
	pressure_lay(&rig, 2, 4, KM_OWNER_PAGE_CACHE, 0);
	km_page(&rig.machine, 3)->count = 2;
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_KERNEL, 32).nr_reclaimed, 3);
	ck_assert_lru(&rig, 0, AF, "3 1 0");
	km_page(&rig.machine, 3)->count = 1;
	rig_end(&rig);
}
END_TEST

/* As long as active pages are more than inactive ones, they grow old. */
START_TEST(active_pages_grow_old)
{
	struct told told;
	struct rig rig;

	rig_boot_small_used(&rig, 16);
	pressure_listen(&rig, &told);
	pressure_lay(&rig, 0, 6, KM_OWNER_PAGE_CACHE, KM_PG_ACTIVE);
	pressure_lay(&rig, 6, 2, KM_OWNER_PAGE_CACHE, 0);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_KERNEL, 2).nr_reclaimed, 2);
	ck_assert_uint_eq(told.reclaimed[0].from, 6);
	ck_assert_uint_eq(told.reclaimed[1].from, 7);
	ck_assert_uint_eq(rig.pages.events.pgdeactivate, 6);
	ck_assert_lru(&rig, 0, IF, "5 4 3 2 1 0");
	/* Now there are none. */
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_KERNEL, 1).nr_reclaimed, 1);
	ck_assert_uint_eq(rig.pages.events.pgdeactivate, 6);
	rig_end(&rig);
}
END_TEST

/* The list is the node's: pages of zones above the request's are passed over. */
START_TEST(zones_that_do_not_help)
{
	struct km_scan scan = { .gfp = KM_GFP_KERNEL, .class = KM_ZONE_DMA32, .nr_to_reclaim = 32 };
	struct km_profile profile;
	struct told told;
	struct rig rig;
	uint64_t pfns[8];

	ck_assert_int_eq(km_profile_builtin("x86-64-4g", &profile), 0);
	rig_boot(&rig, &profile);
	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	pressure_listen(&rig, &told);
	for (int i = 0; i < 8; i++) {
		pfns[i] = km_alloc_pages(&rig.pages, KM_GFP_USER | (i & 1 ? KM_GFP_DMA32 : 0), 0, 0,
					 -1, KM_OWNER_OTHER);
		ck_assert_int_eq(km_lru_add(&rig.pages, pfns[i], KM_OWNER_PAGE_CACHE, 0), 0);
	}
	km_shrink_node(&rig.pages, 0, &scan);
	ck_assert_uint_eq(scan.nr_scanned, 4);
	ck_assert_uint_eq(told.nr_reclaimed, 4);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(told.reclaimed[i].from, pfns[2 * i + 1]);
	ck_assert_uint_eq(rig.pages.lru[0].nr_pages[IF], 4);
	rig_end(&rig);
}
END_TEST

/* Held pages are the oldest page cache there is, but for those that are pinned. */
START_TEST(held_pages)
{
	struct told told;
	struct zone *zone;
	struct rig rig;

	rig_boot_small(&rig, 64);
	zone = &rig.pages.zones[0];
	pressure_listen(&rig, &told);
	for (int i = 0; i < 8; i++)
		km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);
	pressure_lay(&rig, 0, 8, KM_OWNER_PAGE_CACHE, 0);
	zone->held_pinned = 36;
	ck_assert_uint_eq(km_zone_held_reclaimable(zone, 0), 20);
	ck_assert_uint_eq(km_zone_reclaimable_pages(zone, 0), 28);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOIO, 12).nr_reclaimed, 12);
	ck_assert_uint_eq(zone->held_pages, 44);
	ck_assert_uint_eq(told.nr_reclaimed, 0);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOIO, 12).nr_reclaimed, 12);
	ck_assert_uint_eq(zone->held_pages, 36);
	ck_assert_uint_eq(told.nr_reclaimed, 4);
	rig_end(&rig);
}
END_TEST

/*
 * Written in one round, free in the next, as on the lists: clean ones first.
 *
 *   movable 64  =  pinned 44 + dirty 12 + clean 8
 */
START_TEST(held_dirty_pages)
{
	struct zone *zone;
	struct rig rig;
	uint64_t kept_ns;

	rig_boot_small(&rig, 64);
	zone = &rig.pages.zones[0];
	zone->held_pinned = 44;
	zone->held_dirty = 12;
	ck_assert_uint_eq(km_zone_reclaimable_pages(zone, 0), 20);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOFS, 32).nr_reclaimed, 8);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOIO, 32).nr_reclaimed, 0);
	kept_ns = scan_all(&rig, KM_GFP_NOFS, 32).cost_ns;
	ck_assert_uint_eq(zone->held_dirty, 12);
	ck_assert_uint_eq(rig.pages.events.nr_vmscan_write, 0);

	/* No more is written than is wanted. */
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_KERNEL, 4).nr_reclaimed, 0);
	ck_assert_uint_eq(rig.pages.events.nr_vmscan_write, 4);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOIO, 32).nr_reclaimed, 4);
	ck_assert_uint_lt(kept_ns, scan_all(&rig, KM_GFP_KERNEL, 32).cost_ns);
	ck_assert_uint_eq(rig.pages.events.nr_vmscan_write, 12);
	ck_assert_uint_eq(zone->held_pages, 52);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOIO, 32).nr_reclaimed, 8);
	ck_assert_uint_eq(zone->held_pages, 44);
	ck_assert_uint_eq(rig.pages.events.pgsteal_direct, 20);
	rig_end(&rig);
}
END_TEST

/* Anonymous ones need swap, and I/O to it. */
START_TEST(held_anonymous_pages)
{
	struct zone *zone;
	struct rig rig;

	rig_boot_small(&rig, 64);
	zone = &rig.pages.zones[0];
	zone->held_anon = 64;
	ck_assert_uint_eq(km_zone_reclaimable_pages(zone, 0), 0);
	ck_assert_uint_eq(km_zone_reclaimable_pages(zone, 1), 64);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_KERNEL, 32).nr_scanned, 0);

	rig.pages.nr_swap_pages = 10;
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOIO, 32).nr_reclaimed, 0);
	ck_assert_uint_eq(rig.pages.events.pswpout, 0);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOFS, 32).nr_reclaimed, 0);
	ck_assert_uint_eq(rig.pages.events.pswpout, 10);
	ck_assert_uint_eq(rig.pages.nr_swap_pages, 0);
	ck_assert_uint_eq(zone->held_anon, 54);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_NOIO, 32).nr_reclaimed, 10);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_KERNEL, 32).nr_reclaimed, 0);
	ck_assert_uint_eq(zone->held_pages, 54);
	rig_end(&rig);
}
END_TEST

/* A page that is claimed was clean, then dirty, then anonymous: there never are more than held. */
START_TEST(held_pages_that_go)
{
	struct zone *zone;
	struct rig rig;

	rig_boot_small(&rig, 16);
	zone = &rig.pages.zones[0];
	zone->held_pinned = 2;
	zone->held_anon = 4;
	zone->held_dirty = 4;
	for (int i = 0; i < 7; i++)
		km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);
	ck_assert_uint_eq(km_zone_held_reclaimable(zone, 0), 3);
	ck_assert_uint_eq(km_zone_held_reclaimable(zone, 1), 7);
	for (int i = 0; i < 5; i++)
		km_pages_claim(&rig.pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);
	ck_assert_uint_eq(km_zone_held_reclaimable(zone, 0), 0);
	ck_assert_uint_eq(km_zone_held_reclaimable(zone, 1), 2);
	rig.pages.nr_swap_pages = 9;
	scan_all(&rig, KM_GFP_KERNEL, 32);
	ck_assert_uint_eq(rig.pages.events.pswpout, 2);
	ck_assert_uint_eq(scan_all(&rig, KM_GFP_KERNEL, 32).nr_reclaimed, 2);
	ck_assert_uint_eq(zone->held_pages, 2);
	rig_end(&rig);
}
END_TEST

/* At falling priority, until 32 pages are free: 32 of 64 need priority 1. */
START_TEST(direct_reclaim)
{
	struct told told;
	struct rig rig;
	uint64_t scanned;

	rig_boot_small_used(&rig, 128);
	pressure_listen(&rig, &told);
	pressure_lay(&rig, 0, 64, KM_OWNER_PAGE_CACHE, 0);
	ck_assert_uint_eq(
		km_direct_reclaim(&rig.pages, KM_GFP_KERNEL, 0, KM_ZONE_NORMAL, 0, 0, &scanned),
		32);
	ck_assert_uint_eq(scanned, 32);
	ck_assert_uint_eq(rig.pages.events.allocstall, 1);
	ck_assert_uint_eq(told.nr_reclaimed, 32);
	ck_assert_uint_gt(rig.pages.events.stall_ns, 32 * 1000);
	km_direct_reclaim(&rig.pages, KM_GFP_KERNEL, 0, KM_ZONE_NORMAL, 0, 0, NULL);
	ck_assert_uint_eq(
		km_direct_reclaim(&rig.pages, KM_GFP_KERNEL, 0, KM_ZONE_NORMAL, 0, 0, &scanned), 0);
	ck_assert_uint_eq(scanned, 0);
	ck_assert_uint_eq(told.nr_reclaimed, 64);
	rig_end(&rig);
}
END_TEST

/* One victim has all anonymous memory, swapped or not, that nobody else uses. */
START_TEST(out_of_memory)
{
	struct told told;
	struct rig rig;

	rig_boot_small_used(&rig, 16);
	pressure_listen(&rig, &told);
	pressure_lay(&rig, 0, 4, KM_OWNER_ANON, 0);
	pressure_lay(&rig, 4, 2, KM_OWNER_ANON, KM_PG_ACTIVE);
	pressure_lay(&rig, 6, 2, KM_OWNER_PAGE_CACHE, 0);
	km_page(&rig.machine, 1)->count = 2;
	ck_assert_uint_eq(km_out_of_memory(&rig.pages, 0), 5);
	ck_assert_uint_eq(told.nr_reclaimed, 5);
	ck_assert_lru(&rig, 0, IA, "1");
	ck_assert_lru(&rig, 0, AA, "");
	ck_assert_lru(&rig, 0, IF, "7 6");
	ck_assert_uint_eq(rig.pages.events.oom_kill, 1);
	km_page(&rig.machine, 1)->count = 1;
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/reclaim", clean_page_cache, dirty_page_cache, anonymous_pages, blocks_that_stay,
	  active_pages_grow_old, zones_that_do_not_help, held_pages, held_dirty_pages,
	  held_anonymous_pages, held_pages_that_go, direct_reclaim, out_of_memory)
