/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A zone whose descriptors are initialised on demand: it grows by a section when a
 * request finds it below its low watermark, before another zone is asked.
 *
 *   present   |---------------- 512 MiB ----------------|
 *   managed   |  256 MiB  | then a section (128 MiB) each |
 */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/rig.h"

#include "core/page/held.h"

#define MANAGED (256u << 8)
#define PRESENT (512u << 8)
#define FREE_BLOCKS 8u

static void boot_machine(struct rig *rig, uint64_t deferred)
{
	struct km_profile profile;
	struct km_zone_desc *desc;

	km_profile_init(&profile);
	profile.nr_cpus = profile.nr_possible_cpus = 1;
	profile.nr_zones = 1;
	profile.min_free_kbytes = 4096;
	desc = &profile.zones[0];
	desc->type = KM_ZONE_NORMAL;
	desc->spanned_pages = desc->present_pages = PRESENT;
	desc->managed_pages = MANAGED;
	desc->deferred_pages = deferred;
	rig_boot(rig, &profile);
}

static void boot(struct rig *rig, uint64_t deferred)
{
	uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS] = { { 0 } };

	boot_machine(rig, deferred);
	blocks[KM_MIGRATE_MOVABLE][KM_MAX_ORDER] = FREE_BLOCKS;
	ck_assert_uint_eq(km_pages_seed(&rig->pages, &rig->pages.zones[0], blocks), 0);
}

static uint64_t take_until_empty(struct rig *rig)
{
	uint64_t nr = 0;

	while (km_alloc_pages(&rig->pages, KM_GFP_KERNEL, 0, 0, -1, KM_OWNER_OTHER) != KM_NO_PFN)
		nr++;
	return nr;
}

START_TEST(grows_by_a_section_when_low)
{
	struct zone *zone;
	struct rig rig;

	boot(&rig, 2 * KM_SECTION_PAGES);
	zone = &rig.pages.zones[0];
	ck_assert_uint_eq(zone->managed_pages, MANAGED);
	ck_assert_uint_eq(zone->deferred_pages, 2 * KM_SECTION_PAGES);
	while (zone->managed_pages == MANAGED) {
		uint64_t before = zone->free_pages;

		ck_assert(km_alloc_pages(&rig.pages, KM_GFP_KERNEL, 0, 0, -1, KM_OWNER_OTHER) !=
			  KM_NO_PFN);
		if (zone->managed_pages != MANAGED)
			ck_assert_uint_le(before,
					  zone->wmark_low + zone->lowmem_reserve[KM_ZONE_NORMAL]);
	}
	ck_assert_uint_eq(zone->managed_pages, MANAGED + KM_SECTION_PAGES);
	ck_assert_uint_eq(zone->deferred_pages, KM_SECTION_PAGES);
	rig_end(&rig);
}
END_TEST

/* Every deferred page is given out in the end, and no more than those. */
START_TEST(grows_no_further_than_deferred)
{
	uint64_t plain, grown;
	struct rig rig;

	boot(&rig, 0);
	plain = take_until_empty(&rig);
	rig_end(&rig);

	boot(&rig, KM_SECTION_PAGES);
	grown = take_until_empty(&rig);
	ck_assert_uint_eq(rig.pages.zones[0].deferred_pages, 0);
	ck_assert_uint_eq(grown, plain + KM_SECTION_PAGES);
	rig_end(&rig);
}
END_TEST

/*
 * A cold boot: the deferred pages lie right below the managed ones.
 *
 *   0          128 MiB     256 MiB             512 MiB
 *   | never its |  deferred  |      managed      |
 */
START_TEST(a_cold_boot_defers_too)
{
	const uint64_t first = PRESENT - MANAGED - KM_SECTION_PAGES;
	uint64_t cold, plain;
	struct zone *zone;
	struct rig rig;

	boot_machine(&rig, 0);
	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	plain = take_until_empty(&rig);
	rig_end(&rig);

	boot_machine(&rig, KM_SECTION_PAGES);
	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	zone = &rig.pages.zones[0];
	ck_assert_uint_eq(zone->free_pages, MANAGED);
	ck_assert_uint_eq(zone->deferred->nr_pages, KM_SECTION_PAGES);
	for (size_t i = 0; i < zone->deferred->blocks[KM_MAX_ORDER].nr; i++) {
		ck_assert_uint_ge(zone->deferred->blocks[KM_MAX_ORDER].pfns[i], first);
		ck_assert_uint_lt(zone->deferred->blocks[KM_MAX_ORDER].pfns[i], PRESENT - MANAGED);
	}
	cold = take_until_empty(&rig);
	ck_assert_uint_eq(zone->deferred_pages, 0);
	ck_assert_uint_eq(zone->managed_pages, MANAGED + KM_SECTION_PAGES);
	ck_assert_uint_eq(cold, plain + KM_SECTION_PAGES);
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/grow", grows_by_a_section_when_low, grows_no_further_than_deferred,
	  a_cold_boot_defers_too)
