/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may go below a watermark and how far, in the kernels of each generation; which pages
 * do not count; the boost of the marks.
 */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/rig.h"

#include "core/page/zone.h"

#define MARK 1000
#define RESERVE 50

/* Who asks, as a letter each: Realtime, Memalloc, Oom victim; hardirq, softirq, bottom halves off.
 */
static struct km_cpu who(const char *letters)
{
	struct km_cpu cpu = { 0 };

	for (; *letters; letters++) {
		switch (*letters) {
		case 'R':
			cpu.task |= KM_TASK_REALTIME;
			break;
		case 'M':
			cpu.task |= KM_TASK_MEMALLOC;
			break;
		case 'O':
			cpu.task |= KM_TASK_OOM_VICTIM;
			break;
		case 'h':
			cpu.hardirq = 1;
			break;
		case 's':
			cpu.softirq = 1;
			break;
		case 'b':
			cpu.bh_off = 1;
			break;
		default:
			ck_abort_msg("nobody is '%c'", *letters);
		}
	}
	return cpu;
}

struct rights {
	km_gfp gfp;
	unsigned int order;
	const char *who;
	unsigned int needs; /* of a zone whose mark is MARK and reserve RESERVE */
};

/* With free pages exactly at what is needed the zone refuses, with one more it admits. */
static void assert_needs(struct zone *zone, unsigned int order, unsigned int flags, uint64_t needs,
			 const char *what)
{
	ck_assert_msg(km_zone_needs(zone, order, MARK, KM_ZONE_NORMAL, flags) == needs,
		      "%s needs %lu, not %lu", what,
		      km_zone_needs(zone, order, MARK, KM_ZONE_NORMAL, flags), needs);
	zone->free_pages = needs;
	ck_assert_msg(!km_zone_admits(zone, order, MARK, KM_ZONE_NORMAL, flags),
		      "%s was admitted with %lu", what, needs);
	zone->free_pages = needs + 1;
	ck_assert_msg(km_zone_admits(zone, order, MARK, KM_ZONE_NORMAL, flags),
		      "%s was refused with %lu", what, needs + 1);
}

static void assert_rights(const char *release, const struct rights *table, size_t nr)
{
	unsigned int features = km_era_features(release, NULL);
	static struct zone zone;

	memset(&zone, 0, sizeof(zone));
	zone.lowmem_reserve[KM_ZONE_NORMAL] = RESERVE;
	zone.free_area[10].nr_free = zone.free_area[10].list[KM_MIGRATE_MOVABLE].nr = 1;
	for (size_t i = 0; i < nr; i++) {
		const struct rights *row = &table[i];
		struct km_cpu cpu = who(row->who);
		char gfp[128], what[256];

		snprintf(what, sizeof(what), "%s: %s of '%s'", release,
			 km_gfp_print(row->gfp, gfp, sizeof(gfp)), row->who);
		assert_needs(&zone, row->order,
			     km_alloc_flags_on(&cpu, row->gfp, row->order, features), row->needs,
			     what);
	}
}

#define assert_table(release, table) assert_rights(release, table, sizeof(table) / sizeof(table[0]))

START_TEST(rights_since_6_3)
{
	static const struct rights table[] = {
		{ KM_GFP_KERNEL, 0, "", 1050 },
		{ KM_GFP_KERNEL, 3, "", 1057 },
		{ KM_GFP_NOWAIT, 0, "", 1050 },
		{ KM_GFP_KERNEL | KM_GFP_HIGH, 0, "", 550 },
		{ KM_GFP_ATOMIC, 0, "", 425 },
		{ KM_GFP_ATOMIC, 2, "", 428 },
		{ KM_GFP_ATOMIC | KM_GFP_NOMEMALLOC, 0, "", 550 },
		/* Real time counts for those who could wait, in task context. */
		{ KM_GFP_KERNEL, 0, "R", 550 },
		{ KM_GFP_KERNEL, 0, "Rb", 550 },
		{ KM_GFP_KERNEL, 0, "Rs", 1050 },
		{ KM_GFP_KERNEL, 0, "Rh", 1050 },
		{ KM_GFP_NOWAIT, 0, "R", 1050 },
		{ KM_GFP_ATOMIC, 0, "R", 425 },
	};

	assert_table("6.3.0", table);
	assert_table("6.12.0", table);
	assert_table("6.18.44", table);
	assert_table("6.1.192", table);
}
END_TEST

START_TEST(rights_before_6_3)
{
	static const struct rights table[] = {
		{ KM_GFP_KERNEL, 0, "", 1050 },
		{ KM_GFP_NOWAIT, 0, "", 1050 },
		{ KM_GFP_KERNEL | KM_GFP_HIGH, 0, "", 550 },
		{ KM_GFP_ATOMIC, 0, "", 550 },
		{ KM_GFP_ATOMIC | KM_GFP_ATOMIC_BIT, 0, "", 425 },
		{ KM_GFP_ATOMIC | KM_GFP_ATOMIC_BIT, 1, "", 426 },
		{ KM_GFP_ATOMIC | KM_GFP_ATOMIC_BIT | KM_GFP_NOMEMALLOC, 0, "", 550 },
		{ KM_GFP_KSWAPD_RECLAIM | KM_GFP_ATOMIC_BIT, 0, "", 800 },
		{ KM_GFP_KERNEL, 0, "R", 800 },
		{ KM_GFP_NOWAIT, 0, "R", 800 },
		{ KM_GFP_KERNEL, 0, "Rb", 1050 },
		{ KM_GFP_KERNEL, 0, "Rs", 1050 },
	};

	assert_table("5.10.223", table);
	assert_table("5.4.0", table);
	assert_table("6.1.0", table);
}
END_TEST

/* Whoever could not wait went further, and __GFP_NOMEMALLOC did not mind. */
START_TEST(rights_of_2_6_32)
{
	static const struct rights table[] = {
		{ KM_GFP_KERNEL, 0, "", 1050 },
		{ KM_GFP_KERNEL | KM_GFP_HIGH, 0, "", 550 },
		{ KM_GFP_KSWAPD_RECLAIM, 0, "", 800 },
		{ KM_GFP_ATOMIC, 0, "", 425 },
		{ KM_GFP_ATOMIC | KM_GFP_NOMEMALLOC, 0, "", 425 },
		{ KM_GFP_KERNEL, 0, "R", 800 },
		{ KM_GFP_KERNEL, 0, "Rb", 1050 },
	};

	assert_table("2.6.32", table);
}
END_TEST

/* Every step is a subtraction, so an odd mark is halved upwards: 7 - 3 = 4, 4 - 1 = 3. */
START_TEST(odd_marks)
{
	ck_assert_uint_eq(km_mark_after_rights(7, 0), 7);
	ck_assert_uint_eq(km_mark_after_rights(7, KM_ALLOC_MIN_RESERVE), 4);
	ck_assert_uint_eq(km_mark_after_rights(7, KM_ALLOC_MIN_RESERVE | KM_ALLOC_NON_BLOCK), 3);
	ck_assert_uint_eq(km_mark_after_rights(7, KM_ALLOC_NON_BLOCK), 7);
	ck_assert_uint_eq(km_mark_after_rights(7, KM_ALLOC_HIGH | KM_ALLOC_HARDER), 3);
	ck_assert_uint_eq(km_mark_after_rights(7, KM_ALLOC_OOM), 4);
	/* An OOM victim has the larger part of the two, not both. */
	ck_assert_uint_eq(km_mark_after_rights(1000, KM_ALLOC_OOM | KM_ALLOC_HARDER), 500);
}
END_TEST

START_TEST(reserve_flags)
{
	static const struct {
		km_gfp gfp;
		const char *who;
		unsigned int flags, of_2_6_32;
	} table[] = {
		{ KM_GFP_KERNEL, "", 0, 0 },
		{ KM_GFP_KERNEL | KM_GFP_MEMALLOC, "", KM_ALLOC_NO_WATERMARKS,
		  KM_ALLOC_NO_WATERMARKS },
		{ KM_GFP_KERNEL | KM_GFP_MEMALLOC, "h", KM_ALLOC_NO_WATERMARKS,
		  KM_ALLOC_NO_WATERMARKS },
		{ KM_GFP_KERNEL, "M", KM_ALLOC_NO_WATERMARKS, KM_ALLOC_NO_WATERMARKS },
		{ KM_GFP_KERNEL, "Mb", 0, 0 },
		{ KM_GFP_ATOMIC, "Mh", 0, 0 },
		/* A softirq works for whom it interrupted; 2.6.32 did not look. */
		{ KM_GFP_ATOMIC, "Ms", KM_ALLOC_NO_WATERMARKS, 0 },
		{ KM_GFP_KERNEL, "O", KM_ALLOC_OOM, KM_ALLOC_NO_WATERMARKS },
		{ KM_GFP_ATOMIC, "Os", 0, 0 },
		{ KM_GFP_KERNEL, "MO", KM_ALLOC_NO_WATERMARKS, KM_ALLOC_NO_WATERMARKS },
		{ KM_GFP_KERNEL | KM_GFP_NOMEMALLOC, "MO", 0, 0 },
		{ KM_GFP_KERNEL | KM_GFP_NOMEMALLOC | KM_GFP_MEMALLOC, "", 0, 0 },
	};
	unsigned int old = km_era_features("2.6.32", NULL);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct km_cpu cpu = who(table[i].who);

		ck_assert_msg(km_reserve_flags_on(&cpu, table[i].gfp, KM_FEATURES_NEWEST) ==
				      table[i].flags,
			      "row %zu", i);
		ck_assert_msg(km_reserve_flags_on(&cpu, table[i].gfp, old) == table[i].of_2_6_32,
			      "row %zu of 2.6.32", i);
	}
	ck_assert_uint_eq(km_alloc_flags(KM_GFP_ATOMIC | KM_GFP_MEMALLOC, 0, KM_FEATURES_NEWEST),
			  KM_ALLOC_MIN_RESERVE | KM_ALLOC_NON_BLOCK | KM_ALLOC_NO_WATERMARKS);
}
END_TEST

START_TEST(high_atomic_is_for_urgent_orders)
{
	const unsigned int v5_10 = km_era_features("5.10.0", NULL);
	const km_gfp atomic = KM_GFP_ATOMIC | KM_GFP_ATOMIC_BIT;
	struct km_cpu realtime = who("R");

	ck_assert(!(km_alloc_flags(atomic, 0, v5_10) & KM_ALLOC_HIGHATOMIC));
	ck_assert(km_alloc_flags(atomic, 1, v5_10) & KM_ALLOC_HIGHATOMIC);
	ck_assert(km_alloc_flags_on(&realtime, KM_GFP_KERNEL, 1, v5_10) & KM_ALLOC_HIGHATOMIC);
	ck_assert(!(km_alloc_flags(KM_GFP_ATOMIC, 0, KM_FEATURES_NEWEST) & KM_ALLOC_HIGHATOMIC));
	ck_assert(km_alloc_flags(KM_GFP_ATOMIC, 1, KM_FEATURES_NEWEST) & KM_ALLOC_HIGHATOMIC);
	ck_assert(!(km_alloc_flags_on(&realtime, KM_GFP_KERNEL, 1, KM_FEATURES_NEWEST) &
		    KM_ALLOC_HIGHATOMIC));
	ck_assert(!(km_alloc_flags(KM_GFP_NOWAIT, 1, KM_FEATURES_NEWEST) & KM_ALLOC_HIGHATOMIC));
	ck_assert(!(km_alloc_flags(atomic, 1, km_era_features("2.6.32", NULL)) &
		    KM_ALLOC_HIGHATOMIC));
}
END_TEST

START_TEST(pages_that_do_not_count)
{
	static struct zone zone;

	memset(&zone, 0, sizeof(zone));
	zone.free_by_type[KM_MIGRATE_HIGHATOMIC] = 10;
	zone.free_by_type[KM_MIGRATE_CMA] = 20;
	zone.free_by_type[KM_MIGRATE_ISOLATE] = 40;
	zone.reserved_highatomic = 500;
	assert_needs(&zone, 0, 0, MARK + 70, "nothing");
	assert_needs(&zone, 0, KM_ALLOC_CMA, MARK + 50, "CMA");
	assert_needs(&zone, 0, KM_ALLOC_NON_BLOCK, MARK + 60, "NON_BLOCK");
	assert_needs(&zone, 0, KM_ALLOC_MIN_RESERVE | KM_ALLOC_NON_BLOCK, 375 + 60, "ATOMIC");
	assert_needs(&zone, 0, KM_ALLOC_OOM, 500 + 60, "OOM");

	/* To 6.11 all of the reserve was held back, in use or not; and from __GFP_HIGH too
	 * where that had no part in it. */
	zone.old_habits = KM_ZONE_HOLDS_RESERVED;
	assert_needs(&zone, 0, 0, MARK + 560, "nothing, of old");
	assert_needs(&zone, 0, KM_ALLOC_HIGH, 500 + 560, "HIGH, of old");
	assert_needs(&zone, 0, KM_ALLOC_HIGH | KM_ALLOC_HARDER, 375 + 60, "ATOMIC, of old");
}
END_TEST

START_TEST(habits_by_kernel)
{
	static const struct {
		const char *release;
		unsigned int habits;
	} table[] = {
		{ "2.6.32", KM_ZONE_SHARES_ORDERS | KM_ZONE_HOLDS_RESERVED },
		{ "5.10.0", KM_ZONE_HOLDS_RESERVED },
		{ "6.6.0", KM_ZONE_HOLDS_RESERVED },
		{ "6.12.0", 0 },
		{ "6.18.0", 0 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct km_profile profile;
		struct rig rig;

		rig_small_profile(&profile, 64);
		profile.features = km_era_features(table[i].release, NULL);
		rig_boot(&rig, &profile);
		ck_assert_uint_eq(rig.pages.zones[0].old_habits, table[i].habits);
		rig_end(&rig);
	}
}
END_TEST

/* Enough pages are not enough: there must be a block, on a list the request may use. */
START_TEST(a_block_must_be_there)
{
	static struct zone zone;

	memset(&zone, 0, sizeof(zone));
	zone.free_pages = 100000;
	ck_assert(km_zone_admits(&zone, 0, 10, KM_ZONE_NORMAL, 0));
	ck_assert(!km_zone_admits(&zone, 1, 10, KM_ZONE_NORMAL, 0));
	zone.free_area[4].nr_free = 1;
	zone.free_area[4].list[KM_MIGRATE_HIGHATOMIC].nr = 1;
	ck_assert(!km_zone_admits(&zone, 4, 10, KM_ZONE_NORMAL, 0));
	ck_assert(km_zone_admits(&zone, 4, 10, KM_ZONE_NORMAL, KM_ALLOC_HIGHATOMIC));
	ck_assert(km_zone_admits(&zone, 4, 10, KM_ZONE_NORMAL, KM_ALLOC_OOM));
	ck_assert(km_zone_admits(&zone, 4, 10, KM_ZONE_NORMAL, KM_ALLOC_HARDER));
	ck_assert(!km_zone_admits(&zone, 4, 10, KM_ZONE_NORMAL, KM_ALLOC_HIGH));
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

/*
 * 2.6.32, order 2 with the mark at 100 and 300 pages free:
 *
 *   blocks of order    0      1      2 and above
 *   pages            120     80    100
 *   left above             180    100      less the 3 of the request that need not be free
 *   must exceed       100    50     25
 */
START_TEST(a_share_of_each_order)
{
	static struct zone zone;

	memset(&zone, 0, sizeof(zone));
	zone.old_habits = KM_ZONE_SHARES_ORDERS;
	zone.free_pages = 300;
	zone.free_area[0].nr_free = 120;
	zone.free_area[1].nr_free = 40;
	zone.free_area[3].nr_free = 12;
	ck_assert(km_zone_admits(&zone, 2, 100, KM_ZONE_NORMAL, 0));
	/* 300 - 3 - 246 = 51 in order 1 and above, 50 is half the mark. */
	zone.free_area[1].nr_free = 0;
	zone.free_area[0].nr_free = 246;
	ck_assert(km_zone_admits(&zone, 2, 100, KM_ZONE_NORMAL, 0));
	zone.free_area[0].nr_free = 247;
	ck_assert(!km_zone_admits(&zone, 2, 100, KM_ZONE_NORMAL, 0));
	/* An urgent one has half of a lower mark to exceed. */
	ck_assert(km_zone_admits(&zone, 2, 100, KM_ZONE_NORMAL, KM_ALLOC_HIGH));
	/* Order 1 and above are 297 - 200 = 97, order 2 and above 97 - 72 = 25: not more. */
	zone.free_area[0].nr_free = 200;
	zone.free_area[1].nr_free = 36;
	ck_assert(!km_zone_admits(&zone, 2, 100, KM_ZONE_NORMAL, 0));
	ck_assert(km_zone_admits(&zone, 1, 100, KM_ZONE_NORMAL, 0));
	ck_assert(km_zone_admits(&zone, 0, 100, KM_ZONE_NORMAL, 0));
	/* All free pages in low orders: nothing is left, or less. */
	zone.free_area[0].nr_free = 300;
	ck_assert(!km_zone_admits(&zone, 1, 0, KM_ZONE_NORMAL, 0));
	/* It does not ask for a block: the mark of 0 is exceeded by pages alone. */
	zone.free_area[0].nr_free = 0;
	zone.free_area[1].nr_free = 0;
	zone.free_area[3].nr_free = 0;
	ck_assert(km_zone_admits(&zone, 4, 0, KM_ZONE_NORMAL, 0));
}
END_TEST

/* 1000 pages in pageblocks of 8, marks 100, 200, 300: a boost of at most 450 pages. */
static struct zone *boot_boostable(struct rig *rig, unsigned int features, uint64_t factor)
{
	struct km_profile profile;

	rig_small_profile(&profile, 1000);
	profile.features = features;
	profile.watermark_boost_factor = factor;
	profile.zones[0].wmark_min = 100;
	profile.zones[0].wmark_low = 200;
	profile.zones[0].wmark_high = 300;
	rig_boot(rig, &profile);
	return &rig->pages.zones[0];
}

static void assert_marks(const struct zone *zone, uint64_t boost)
{
	ck_assert_uint_eq(zone->watermark_boost, boost);
	ck_assert_uint_eq(zone->wmark_min, 100 + boost);
	ck_assert_uint_eq(zone->wmark_low, 200 + boost);
	ck_assert_uint_eq(zone->wmark_high, 300 + boost);
	ck_assert_uint_eq(zone->wmark_promo, 400 + boost);
}

START_TEST(boost_grows_to_its_limit)
{
	struct rig rig;
	struct zone *zone = boot_boostable(&rig, KM_FEATURES_NEWEST, 15000);

	assert_marks(zone, 0);
	ck_assert(km_zone_boost(&rig.pages, zone));
	assert_marks(zone, 8);
	ck_assert(km_zone_boost(&rig.pages, zone));
	assert_marks(zone, 16);
	for (int i = 0; i < 54; i++)
		km_zone_boost(&rig.pages, zone);
	assert_marks(zone, 448);
	ck_assert(km_zone_boost(&rig.pages, zone));
	assert_marks(zone, 450);
	ck_assert(km_zone_boost(&rig.pages, zone));
	assert_marks(zone, 450);
	km_zone_unboost(zone, 400);
	assert_marks(zone, 50);
	km_zone_unboost(zone, 0);
	assert_marks(zone, 50);
	km_zone_unboost(zone, UINT64_MAX);
	assert_marks(zone, 0);
	rig_end(&rig);

	/* A pageblock is the least of all limits. */
	zone = boot_boostable(&rig, KM_FEATURES_NEWEST, 1 + 10000 / 300);
	ck_assert(km_zone_boost(&rig.pages, zone));
	assert_marks(zone, 8);
	ck_assert(km_zone_boost(&rig.pages, zone));
	assert_marks(zone, 8);
	rig_end(&rig);
}
END_TEST

START_TEST(no_boost)
{
	struct rig rig;
	struct zone *zone = boot_boostable(&rig, KM_FEATURES_NEWEST, 0);

	ck_assert(!km_zone_boost(&rig.pages, zone));
	assert_marks(zone, 0);
	rig_end(&rig);

	/* 33 / 10000 of 300 is nothing, as with marks that are not set yet. */
	zone = boot_boostable(&rig, KM_FEATURES_NEWEST, 33);
	ck_assert(!km_zone_boost(&rig.pages, zone));
	rig_end(&rig);

	zone = boot_boostable(&rig, km_era_features("2.6.32", NULL), 15000);
	ck_assert(!km_zone_boost(&rig.pages, zone));
	rig_end(&rig);

	/* Less than four pageblocks. */
	zone = boot_boostable(&rig, KM_FEATURES_NEWEST, 15000);
	zone->managed_pages = 31;
	ck_assert(!km_zone_boost(&rig.pages, zone));
	zone->managed_pages = 32;
	ck_assert(km_zone_boost(&rig.pages, zone));
	zone->managed_pages = 1000;
	rig_end(&rig);
}
END_TEST

/* A snapshot's marks include its boost: what comes on top is limited by those without. */
START_TEST(boost_of_a_snapshot)
{
	struct km_profile profile;
	struct zone *zone;
	struct rig rig;

	rig_small_profile(&profile, 1000);
	profile.watermark_boost_factor = 15000;
	profile.zones[0].wmark_min = 540;
	profile.zones[0].wmark_low = 640;
	profile.zones[0].wmark_high = 740;
	profile.zones[0].watermark_boost = 440;
	rig_boot(&rig, &profile);
	zone = &rig.pages.zones[0];
	assert_marks(zone, 440);
	ck_assert(km_zone_boost(&rig.pages, zone));
	ck_assert(km_zone_boost(&rig.pages, zone));
	assert_marks(zone, 450);
	rig_end(&rig);

	profile.zones[0].watermark_boost = 541;
	ck_assert_pstr_eq(km_profile_check(&profile),
			  "the boost of a zone's watermarks is above them");
}
END_TEST

/* Boosted by 8: single urgent pages at the min mark alone may do without. */
START_TEST(urgent_pages_do_not_mind_the_boost)
{
	const unsigned int atomic = KM_ALLOC_MIN_RESERVE | KM_ALLOC_NON_BLOCK;
	struct rig rig;
	struct zone *zone = boot_boostable(&rig, KM_FEATURES_NEWEST, 15000);

	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	km_zone_boost(&rig.pages, zone);
	/* 108 - 54 - 13 = 41; without the boost 100 - 50 - 12 = 38 */
	zone->free_pages = 39;
	ck_assert(km_zone_admits(zone, 0, zone->wmark_min, KM_ZONE_NORMAL, atomic));
	ck_assert(!km_zone_admits(zone, 1, zone->wmark_min, KM_ZONE_NORMAL, atomic));
	ck_assert(km_zone_admits(zone, 0, zone->wmark_min, KM_ZONE_NORMAL,
				 KM_ALLOC_HIGH | KM_ALLOC_HARDER));
	zone->free_pages = 38;
	ck_assert(!km_zone_admits(zone, 0, zone->wmark_min, KM_ZONE_NORMAL, atomic));

	zone->free_pages = 108;
	ck_assert(!km_zone_admits(zone, 0, zone->wmark_min, KM_ZONE_NORMAL, 0));
	ck_assert(!km_zone_admits(zone, 0, zone->wmark_low, KM_ZONE_NORMAL, KM_ALLOC_NON_BLOCK));
	zone->free_pages = 53;
	ck_assert(km_zone_admits(zone, 0, zone->wmark_min, KM_ZONE_NORMAL, KM_ALLOC_MIN_RESERVE));
	ck_assert(!km_zone_admits(zone, 0, zone->wmark_min, KM_ZONE_NORMAL, KM_ALLOC_HIGH));
	zone->free_pages = 1000;
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/watermark", rights_since_6_3, rights_before_6_3, rights_of_2_6_32, odd_marks,
	  reserve_flags, high_atomic_is_for_urgent_orders, pages_that_do_not_count,
	  habits_by_kernel, a_block_must_be_there, a_share_of_each_order, boost_grows_to_its_limit,
	  no_boost, boost_of_a_snapshot, urgent_pages_do_not_mind_the_boost)
