/* SPDX-License-Identifier: GPL-2.0-only */
/* The slow path: who may do what, how often, and why it gives up. */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/pressure.h"

#include "core/page/zone.h"

#define M KM_MIGRATE_MOVABLE
#define U KM_MIGRATE_UNMOVABLE

/* 1024 pages, all used by nobody in particular; marks 100, 200, 300. */
static struct zone *boot(struct rig *rig, struct told *told, unsigned int features)
{
	struct km_profile profile;

	rig_small_profile(&profile, 1024);
	profile.features = features;
	profile.zones[0].wmark_min = 100;
	profile.zones[0].wmark_low = 200;
	profile.zones[0].wmark_high = 300;
	rig_boot(rig, &profile);
	pressure_listen(rig, told);
	for (int i = 0; i < 1024; i++)
		km_pages_claim(&rig->pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER);
	rig_lay_used(rig, 0, 1024, U);
	return &rig->pages.zones[0];
}

/* Single free pages at the end, nr of them, step apart. */
static void lay_free(struct rig *rig, uint64_t nr, uint64_t step)
{
	for (uint64_t i = 0; i < nr; i++)
		km_buddy_put(&rig->pages, &rig->pages.zones[0], 1023 - i * step, 0, M, 0);
}

static uint64_t alloc(struct rig *rig, km_gfp gfp, unsigned int order)
{
	return km_alloc_pages(&rig->pages, gfp, order, 0, -1, KM_OWNER_OTHER);
}

static void assert_fails(struct rig *rig, km_gfp gfp, unsigned int order, enum km_gave_up why)
{
	ck_assert_uint_eq(alloc(rig, gfp, order), KM_NO_PFN);
	ck_assert_str_eq(km_gave_up_text(rig->pages.last_failure.path.gave_up),
			 km_gave_up_text(why));
}

/* Who may wait reclaims 32 pages and goes on. */
START_TEST(direct_reclaim_serves)
{
	struct told told;
	struct rig rig;

	boot(&rig, &told, KM_FEATURES_NEWEST);
	lay_free(&rig, 100, 1);
	pressure_lay(&rig, 0, 200, KM_OWNER_PAGE_CACHE, 0);
	assert_fails(&rig, KM_GFP_NOWAIT, 0, KM_GAVE_UP_MAY_NOT_WAIT);
	ck_assert_uint_eq(rig.pages.last_failure.zones[0].reclaimable, 200);
	/* cpusets are not modelled: the same with HARDWALL. */
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_ne(alloc(&rig, KM_GFP_KERNEL | (i ? KM_GFP_HARDWALL : 0), 0),
				  KM_NO_PFN);
		ck_assert_uint_eq(told.nr_reclaimed, 32);
	}
	ck_assert_uint_eq(rig.pages.events.allocstall, 1);
	ck_assert_uint_eq(rig.pages.nr_reclaim_asked, 1);
	ck_assert_uint_eq(rig.pages.events.oom_kill, 0);
	rig_end(&rig);
}
END_TEST

/* Nothing can be reclaimed by whoever may not write; it waits for kswapd, unless NORETRY. */
START_TEST(without_io_or_file_systems)
{
	struct told told;
	struct rig rig;

	boot(&rig, &told, KM_FEATURES_NEWEST);
	lay_free(&rig, 100, 1);
	pressure_lay(&rig, 0, 200, KM_OWNER_PAGE_CACHE, KM_PG_DIRTY);
	assert_fails(&rig, KM_GFP_NOFS | KM_GFP_NORETRY, 0, KM_GAVE_UP_NORETRY);
	ck_assert_uint_eq(rig.pages.last_failure.path.reclaimed, 0);
	ck_assert_uint_gt(rig.pages.last_failure.path.scanned, 0);
	/* The same in a task's scope, whatever the flags say. */
	rig.machine.cpus[0].task = KM_TASK_NOFS;
	assert_fails(&rig, KM_GFP_KERNEL | KM_GFP_NORETRY, 0, KM_GAVE_UP_NORETRY);
	rig.machine.cpus[0].task = KM_TASK_NOIO;
	assert_fails(&rig, KM_GFP_KERNEL | KM_GFP_NORETRY, 0, KM_GAVE_UP_NORETRY);
	rig.machine.cpus[0].task = 0;
	ck_assert_uint_eq(rig.pages.events.nr_vmscan_write, 0);

	ck_assert_uint_ne(alloc(&rig, KM_GFP_NOFS, 0), KM_NO_PFN);
	ck_assert_uint_gt(rig.pages.events.pgsteal_kswapd, 0);
	ck_assert_uint_eq(rig.pages.events.oom_kill, 0);
	rig_end(&rig);
}
END_TEST

/* Only anonymous memory and no swap: the OOM killer, for those that it works for. */
START_TEST(oom)
{
	struct told told;
	struct rig rig;

	boot(&rig, &told, KM_FEATURES_NEWEST);
	lay_free(&rig, 100, 1);
	pressure_lay(&rig, 0, 50, KM_OWNER_ANON, 0);
	assert_fails(&rig, KM_GFP_KERNEL | KM_GFP_NORETRY, 0, KM_GAVE_UP_NORETRY);
	assert_fails(&rig, KM_GFP_KERNEL | KM_GFP_RETRY_MAYFAIL, 0, KM_GAVE_UP_NO_OOM);
	assert_fails(&rig, KM_GFP_KERNEL | KM_GFP_THISNODE, 0, KM_GAVE_UP_NO_OOM);
	assert_fails(&rig, KM_GFP_NOFS, 0, KM_GAVE_UP_NOTHING_LEFT);
	ck_assert_uint_eq(rig.pages.events.oom_kill, 0);
	ck_assert_uint_eq(told.nr_reclaimed, 0);

	ck_assert_uint_ne(alloc(&rig, KM_GFP_KERNEL, 0), KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.events.oom_kill, 1);
	ck_assert_uint_eq(told.nr_reclaimed, 50);
	while (alloc(&rig, KM_GFP_NOWAIT, 0) != KM_NO_PFN)
		km_drain_all(&rig.pages);
	/* Now there is nothing left. */
	assert_fails(&rig, KM_GFP_KERNEL, 0, KM_GAVE_UP_NOTHING_LEFT);
	ck_assert_uint_eq(rig.pages.last_failure.path.oom_kills, 1);
	rig_end(&rig);
}
END_TEST

/* Nobody is killed for memory that only few zones have. */
START_TEST(no_oom_for_low_zones)
{
	struct km_profile profile;
	struct told told;
	struct rig rig;

	rig_small_profile(&profile, 64);
	profile.zones[0].type = KM_ZONE_DMA32;
	rig_boot(&rig, &profile);
	pressure_listen(&rig, &told);
	for (int i = 0; i < 64; i++)
		km_pages_claim(&rig.pages, KM_ZONE_DMA32, 0, 0, KM_OWNER_OTHER);
	pressure_lay(&rig, 0, 8, KM_OWNER_ANON, 0);
	assert_fails(&rig, KM_GFP_KERNEL | KM_GFP_DMA32, 0, KM_GAVE_UP_NO_OOM);
	ck_assert_uint_ne(alloc(&rig, KM_GFP_KERNEL, 0), KM_NO_PFN);
	rig_end(&rig);
}
END_TEST

/*
 * More than 8 pages: one round, unless RETRY_MAYFAIL, which goes on while reclaim can make
 * room for compaction.  What cannot move lies between what can, so that it is in vain.
 */
START_TEST(costly)
{
	struct told told;
	struct rig rig;

	boot(&rig, &told, KM_FEATURES_NEWEST);
	lay_free(&rig, 110, 2);
	pressure_lay(&rig, 0, 800, KM_OWNER_PAGE_CACHE, 0);
	for (uint64_t pfn = 0; pfn < 800; pfn += 8)
		km_lru_del(&rig.pages, pfn);
	assert_fails(&rig, KM_GFP_KERNEL | KM_GFP_NORETRY, 4, KM_GAVE_UP_NO_COMPACTION);
	ck_assert_uint_eq(rig.pages.last_failure.path.rounds, 0);
	assert_fails(&rig, KM_GFP_KERNEL, 4, KM_GAVE_UP_COSTLY);
	ck_assert_uint_eq(rig.pages.last_failure.path.rounds, 1);
	ck_assert_uint_eq(rig.pages.last_failure.path.compact, KM_COMPACT_SKIPPED);
	/* Compaction may need I/O: without it there is nothing to try again for. */
	assert_fails(&rig, KM_GFP_NOIO | KM_GFP_RETRY_MAYFAIL, 4, KM_GAVE_UP_COSTLY);
	ck_assert_uint_eq(rig.pages.last_failure.path.compact, KM_COMPACT_NONE);

	assert_fails(&rig, KM_GFP_KERNEL | KM_GFP_RETRY_MAYFAIL, 4, KM_GAVE_UP_NO_OOM);
	ck_assert_uint_gt(rig.pages.last_failure.path.rounds, 1);
	ck_assert_uint_eq(rig.pages.last_failure.path.compact, KM_COMPACT_COMPLETE);
	ck_assert_uint_eq(rig.pages.last_failure.zones[0].refusal, KM_REFUSED_NO_BLOCK);
	ck_assert_uint_eq(rig.pages.events.oom_kill, 0);
	rig_end(&rig);
}
END_TEST

/* Order 3 out of what compaction can move, where reclaim alone would have to be lucky. */
START_TEST(small_orders_are_compacted)
{
	struct told told;
	struct rig rig;

	boot(&rig, &told, KM_FEATURES_NEWEST);
	lay_free(&rig, 250, 2);
	rig_lay_used(&rig, 0, 512, M);
	km_pageblock_set_types(&rig.pages, &rig.pages.zones[0], 0, 512, U);
	ck_assert_uint_ne(alloc(&rig, KM_GFP_KERNEL, 3), KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.events.compact_success, 1);
	ck_assert_uint_eq(rig.pages.events.allocstall, 0);
	ck_assert_uint_eq(told.nr_migrated, 8);
	/* Movable requests reclaim before they compact. */
	ck_assert_uint_ne(alloc(&rig, KM_GFP_HIGHUSER_MOVABLE, 3), KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.events.compact_success, 2);
	ck_assert_uint_eq(rig.pages.events.allocstall, 1);
	rig_end(&rig);
}
END_TEST

/* Who reclaims for others, or is allowed to, ignores watermarks; a task that does never nests. */
START_TEST(memalloc)
{
	struct told told;
	struct rig rig;

	boot(&rig, &told, KM_FEATURES_NEWEST);
	lay_free(&rig, 3, 1);
	pressure_lay(&rig, 0, 50, KM_OWNER_PAGE_CACHE, 0);
	ck_assert_uint_ne(alloc(&rig, KM_GFP_NOWAIT | KM_GFP_MEMALLOC, 0), KM_NO_PFN);
	rig.machine.cpus[0].task = KM_TASK_MEMALLOC;
	assert_fails(&rig, KM_GFP_KERNEL | KM_GFP_NOMEMALLOC, 0, KM_GAVE_UP_MEMALLOC);
	/* An interrupt is not the task that it interrupts. */
	rig.machine.cpus[0].hardirq = true;
	assert_fails(&rig, KM_GFP_ATOMIC, 0, KM_GAVE_UP_MAY_NOT_WAIT);
	ck_assert_str_eq(rig.pages.last_failure.context, "in hardirq, depth 1");
	rig.machine.cpus[0].hardirq = false;
	ck_assert_uint_ne(alloc(&rig, KM_GFP_KERNEL, 0), KM_NO_PFN);
	ck_assert_uint_ne(alloc(&rig, KM_GFP_KERNEL, 0), KM_NO_PFN);
	assert_fails(&rig, KM_GFP_KERNEL, 0, KM_GAVE_UP_MEMALLOC);
	ck_assert_str_eq(rig.pages.last_failure.reason, "no free block, even without watermarks");
	ck_assert_uint_eq(told.nr_reclaimed, 0);
	ck_assert_uint_eq(rig.pages.nr_reclaim_asked, 0);
	rig_end(&rig);
}
END_TEST

/* How many of 100 pages at the min mark a task may take. */
static uint64_t taken_from_reserve(unsigned int task, unsigned int features, km_gfp gfp)
{
	struct told told;
	struct rig rig;
	uint64_t nr = 0;

	boot(&rig, &told, features);
	rig.machine.cpus[0].task = task;
	lay_free(&rig, 100, 1);
	while (alloc(&rig, gfp, 0) != KM_NO_PFN)
		nr++;
	rig_end(&rig);
	return nr;
}

START_TEST(reserves_of_the_task)
{
	/* Refills of per-cpu lists must not float. */
	const unsigned int features = KM_FEATURES_NEWEST & ~KM_FEAT_PCP_AUTO_HIGH;
	const km_gfp gfp = KM_GFP_KERNEL | KM_GFP_NORETRY;

	ck_assert_uint_eq(taken_from_reserve(0, features, gfp), 0);
	ck_assert_uint_eq(taken_from_reserve(KM_TASK_REALTIME, features, gfp), 50);
	ck_assert_uint_eq(taken_from_reserve(KM_TASK_REALTIME, 0, gfp), 25);
	ck_assert_uint_eq(taken_from_reserve(KM_TASK_REALTIME, features, KM_GFP_NOWAIT), 0);
	ck_assert_uint_eq(taken_from_reserve(KM_TASK_OOM_VICTIM, features, gfp), 50);
	ck_assert_uint_eq(taken_from_reserve(KM_TASK_OOM_VICTIM, features, gfp | KM_GFP_NOMEMALLOC),
			  0);
	ck_assert_uint_eq(taken_from_reserve(0, features, KM_GFP_ATOMIC), 62);
	ck_assert_uint_eq(taken_from_reserve(0, features, KM_GFP_MEMALLOC), 100);
	ck_assert_uint_eq(taken_from_reserve(0, features, KM_GFP_KERNEL | KM_GFP_NOFAIL), 100);
}
END_TEST

/* Victims reclaim before they compact: the first thing they do is to use their reserve. */
START_TEST(reserves_come_before_compaction)
{
	struct told told;
	struct rig rig;

	boot(&rig, &told, KM_FEATURES_NEWEST);
	rig.machine.cpus[0].task = KM_TASK_OOM_VICTIM;
	lay_free(&rig, 250, 2);
	rig_lay_used(&rig, 0, 512, M);
	km_pageblock_set_types(&rig.pages, &rig.pages.zones[0], 0, 512, U);
	ck_assert_uint_ne(alloc(&rig, KM_GFP_KERNEL, 3), KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.events.allocstall, 1);
	ck_assert_uint_eq(rig.pages.events.compact_success, 1);
	rig_end(&rig);
}
END_TEST

/* A task that is being killed, with nr free pages, and 50 that the killer could bring. */
static void assert_victim_fails(uint64_t nr, km_gfp gfp)
{
	struct told told;
	struct rig rig;

	boot(&rig, &told, KM_FEATURES_NEWEST);
	rig.machine.cpus[0].task = KM_TASK_OOM_VICTIM;
	lay_free(&rig, nr, 1);
	pressure_lay(&rig, 0, 50, KM_OWNER_ANON, 0);
	assert_fails(&rig, gfp, 0, KM_GAVE_UP_OOM_VICTIM);
	ck_assert_uint_eq(rig.pages.last_failure.path.oom_kills, 1);
	rig_end(&rig);
}

START_TEST(an_oom_victim_stops)
{
	struct told told;
	struct rig rig;

	assert_victim_fails(50, KM_GFP_KERNEL);
	assert_victim_fails(100, KM_GFP_KERNEL | KM_GFP_NOMEMALLOC);
	/* One that has all of the reserves goes on as anybody does. */
	boot(&rig, &told, KM_FEATURES_NEWEST);
	rig.machine.cpus[0].task = KM_TASK_OOM_VICTIM;
	assert_fails(&rig, KM_GFP_KERNEL | KM_GFP_MEMALLOC, 0, KM_GAVE_UP_NOTHING_LEFT);
	rig_end(&rig);
}
END_TEST

/* NOFAIL waits for kswapd too, fails if nothing brings a page, and must be able to wait. */
START_TEST(nofail)
{
	struct told told;
	struct rig rig;

	boot(&rig, &told, KM_FEATURES_NEWEST);
	pressure_lay(&rig, 0, 50, KM_OWNER_PAGE_CACHE, KM_PG_DIRTY);
	assert_fails(&rig, KM_GFP_NOWAIT | KM_GFP_NOFAIL, 0, KM_GAVE_UP_MAY_NOT_WAIT);
	/* Order 4 is not retried, nor is anybody killed for it; but somebody else goes on. */
	assert_fails(&rig, KM_GFP_NOIO | KM_GFP_NOFAIL, 4, KM_GAVE_UP_NOTHING_LEFT);
	ck_assert_uint_ge(told.nr_reclaimed, 40);
	ck_assert_uint_ne(alloc(&rig, KM_GFP_NOIO | KM_GFP_NOFAIL, 0), KM_NO_PFN);
	rig_end(&rig);
}
END_TEST

/* HIGHATOMIC pageblocks are given back before anybody is killed. */
START_TEST(high_atomic_reserve_goes_first)
{
	struct told told;
	struct zone *zone;
	struct rig rig;

	zone = boot(&rig, &told, KM_FEATURES_NEWEST);
	lay_free(&rig, 100, 1);
	pressure_lay(&rig, 0, 50, KM_OWNER_ANON, 0);
	for (uint64_t pfn = 512; pfn < 520; pfn++)
		*km_page(&rig.machine, pfn) = (struct page){ 0 };
	km_pageblock_set_types(&rig.pages, zone, 512, 8, KM_MIGRATE_HIGHATOMIC);
	zone->reserved_highatomic = 8;
	km_buddy_put(&rig.pages, zone, 512, 3, KM_MIGRATE_HIGHATOMIC, 0);
	ck_assert_uint_ne(alloc(&rig, KM_GFP_KERNEL, 0), KM_NO_PFN);
	ck_assert_uint_eq(zone->reserved_highatomic, 0);
	ck_assert_uint_eq(rig.pages.events.oom_kill, 0);
	rig_end(&rig);
}
END_TEST

/* 2.6.32: small orders as long as reclaim makes progress, REPEAT until enough was reclaimed. */
START_TEST(retries_of_old_kernels)
{
	struct told told;
	struct rig rig;

	boot(&rig, &told, 0);
	lay_free(&rig, 250, 2);
	pressure_lay(&rig, 0, 400, KM_OWNER_PAGE_CACHE, 0);
	for (uint64_t pfn = 0; pfn < 400; pfn += 16)
		km_lru_del(&rig.pages, pfn);
	assert_fails(&rig, KM_GFP_KERNEL | KM_GFP_NORETRY, 4, KM_GAVE_UP_NORETRY);
	assert_fails(&rig, KM_GFP_KERNEL, 4, KM_GAVE_UP_COSTLY);
	ck_assert_uint_eq(rig.pages.last_failure.path.rounds, 1);
	ck_assert_uint_eq(rig.pages.last_failure.path.compact, KM_COMPACT_NONE);
	/* 2^6 pages are two rounds of 32. */
	assert_fails(&rig, KM_GFP_KERNEL | KM_GFP_RETRY_MAYFAIL, 6, KM_GAVE_UP_COSTLY);
	ck_assert_uint_eq(rig.pages.last_failure.path.rounds, 2);
	ck_assert_uint_eq(rig.pages.last_failure.path.reclaimed, 64);
	/* Reclaimed in the order of their addresses, pages merge. */
	ck_assert_uint_ne(alloc(&rig, KM_GFP_KERNEL, 3), KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.events.pgmigrate_success, 0);
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/slowpath", direct_reclaim_serves, without_io_or_file_systems, oom,
	  no_oom_for_low_zones, costly, small_orders_are_compacted, memalloc, reserves_of_the_task,
	  reserves_come_before_compaction, an_oom_victim_stops, nofail,
	  high_atomic_reserve_goes_first, retries_of_old_kernels)
