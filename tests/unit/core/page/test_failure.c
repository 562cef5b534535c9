/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a request failed: each way a zone may refuse, and how it reads. */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/pressure.h"

#define U KM_MIGRATE_UNMOVABLE
#define M KM_MIGRATE_MOVABLE

/* 64 used pages that cannot move, marks 1, 2, 3, and nobody who could reclaim. */
static struct zone *boot(struct rig *rig)
{
	rig_boot_small_used(rig, 64);
	rig_lay_used(rig, 0, 64, U);
	return &rig->pages.zones[0];
}

static const struct km_zone_refusal *refuse(struct rig *rig, km_gfp gfp, unsigned int order)
{
	ck_assert_uint_eq(km_alloc_pages(&rig->pages, gfp, order, 0, -1, KM_OWNER_OTHER),
			  KM_NO_PFN);
	return &rig->pages.last_failure.zones[0];
}

static void assert_sums(const struct km_zone_refusal *entry)
{
	ck_assert_uint_eq(entry->mark, entry->wmark + entry->reserve + entry->unusable);
	ck_assert_uint_eq(entry->shortfall, entry->free_pages > entry->mark
						    ? 0
						    : entry->mark + 1 - entry->free_pages);
}

START_TEST(below_the_mark)
{
	const struct km_zone_refusal *entry;
	struct zone *zone;
	struct rig rig;

	zone = boot(&rig);
	zone->wmark_min = 40;
	zone->wmark_low = 50;
	for (uint64_t pfn = 0; pfn < 32; pfn += 2)
		rig_lay_free(&rig, pfn, 0, M);
	entry = refuse(&rig, KM_GFP_NOWAIT, 1);
	ck_assert_uint_eq(entry->refusal, KM_REFUSED_WATERMARK);
	ck_assert_uint_eq(entry->wmark, 40);
	ck_assert_uint_eq(entry->unusable, 1);
	ck_assert_uint_eq(entry->free_pages, 16);
	ck_assert_uint_eq(entry->free_blocks[0], 16);
	ck_assert_uint_eq(entry->free_blocks[1], 0);
	ck_assert_uint_eq(entry->unusable_index, 1000);
	assert_sums(entry);
	/* The right to a part of the mark: 40 - 20 - 5. */
	entry = refuse(&rig, KM_GFP_ATOMIC, 1);
	ck_assert_uint_eq(entry->wmark, 15);
	ck_assert_uint_eq(entry->mark, 16);
	ck_assert_uint_eq(entry->refusal, KM_REFUSED_WATERMARK);
	assert_sums(entry);
	rig_end(&rig);
}
END_TEST

START_TEST(kept_for_who_has_no_other_zone)
{
	const struct km_zone_refusal *entry;
	struct zone *zone;
	struct rig rig;

	zone = boot(&rig);
	for (uint64_t pfn = 0; pfn < 32; pfn += 2)
		rig_lay_free(&rig, pfn, 0, M);
	zone->lowmem_reserve[KM_ZONE_HIGHMEM] = 20;
	entry = refuse(&rig, KM_GFP_NOWAIT | KM_GFP_HIGHMEM, 0);
	ck_assert_uint_eq(entry->refusal, KM_REFUSED_RESERVE);
	ck_assert_uint_eq(entry->reserve, 20);
	ck_assert_uint_eq(entry->mark, 21);
	ck_assert_uint_eq(entry->shortfall, 6);
	assert_sums(entry);
	ck_assert_str_eq(rig.pages.last_failure.reason,
			 "free pages are below the min watermark and reserve");
	rig_end(&rig);
}
END_TEST

START_TEST(no_block_of_the_order)
{
	const struct km_zone_refusal *entry;
	struct rig rig;

	boot(&rig);
	for (uint64_t pfn = 0; pfn < 64; pfn += 2)
		rig_lay_free(&rig, pfn, 0, M);
	entry = refuse(&rig, KM_GFP_NOWAIT, 2);
	ck_assert_uint_eq(entry->refusal, KM_REFUSED_NO_BLOCK);
	ck_assert_int_eq(entry->fragmentation_index, 1000 - (1000 + 32000 / 4) / 32);
	assert_sums(entry);
	ck_assert_str_eq(rig.pages.last_failure.reason,
			 "memory is fragmented: enough free pages, no block of the order");
	rig_end(&rig);
}
END_TEST

/* A block of the order is free, but of a pageblock that is kept for atomic requests. */
START_TEST(blocks_kept_for_others)
{
	const struct km_zone_refusal *entry;
	struct zone *zone;
	struct rig rig;

	zone = boot(&rig);
	rig_lay_free(&rig, 0, 3, KM_MIGRATE_HIGHATOMIC);
	km_pageblock_set_types(&rig.pages, zone, 0, 8, KM_MIGRATE_HIGHATOMIC);
	zone->reserved_highatomic = 8;
	for (uint64_t pfn = 8; pfn < 64; pfn += 2)
		rig_lay_free(&rig, pfn, 0, M);
	entry = refuse(&rig, KM_GFP_KERNEL | KM_GFP_NORETRY, 1);
	ck_assert_uint_eq(entry->refusal, KM_REFUSED_NO_FALLBACK);
	ck_assert_int_eq(entry->fragmentation_index, -1000);
	ck_assert_uint_eq(entry->unusable, 8 + 1);
	assert_sums(entry);
	ck_assert_str_eq(rig.pages.last_failure.reason,
			 "blocks of the order are free, but kept for others");
	rig_end(&rig);
}
END_TEST

START_TEST(zones_that_are_not_asked)
{
	struct km_profile profile;
	struct rig rig;
	const struct km_zone_refusal *zones = rig.pages.last_failure.zones;

	ck_assert_int_eq(km_profile_builtin("x86-64-2node", &profile), 0);
	rig_boot(&rig, &profile);
	for (unsigned int i = 0; i < rig.pages.nr_zones; i++)
		rig.pages.zones[i].held_pinned = rig.pages.zones[i].held_pages;
	ck_assert_uint_eq(rig.pages.nr_zones, 4);
	refuse(&rig, KM_GFP_NOWAIT | KM_GFP_DMA32 | KM_GFP_THISNODE, 0);
	ck_assert_uint_eq(zones[0].refusal, KM_REFUSED_WATERMARK);
	ck_assert_uint_eq(zones[1].refusal, KM_REFUSED_WATERMARK);
	ck_assert_uint_eq(zones[2].refusal, KM_REFUSED_NOT_TRIED);
	ck_assert_uint_eq(zones[3].refusal, KM_REFUSED_NOT_TRIED);
	ck_assert_uint_eq(zones[2].mark, 0);
	refuse(&rig, KM_GFP_NOWAIT | KM_GFP_THISNODE, 0);
	ck_assert_uint_eq(zones[2].refusal, KM_REFUSED_WATERMARK);
	ck_assert_uint_eq(zones[3].refusal, KM_REFUSED_OTHER_NODE);
	rig_end(&rig);
}
END_TEST

static void assert_prints(const struct rig *rig, const char *expected)
{
	const struct km_page_failure *failure = &rig->pages.last_failure;
	char text[4096], part[100];
	size_t len = km_page_failure_print(failure, &rig->pages, text, sizeof(text));

	ck_assert_str_eq(text, expected);
	ck_assert_uint_eq(len, strlen(expected));
	/* With too little room it is cut, and says how much it would have been. */
	ck_assert_uint_eq(km_page_failure_print(failure, &rig->pages, part, sizeof(part)), len);
	ck_assert_uint_eq(strlen(part), len < sizeof(part) ? len : sizeof(part) - 1);
	ck_assert_int_eq(strncmp(part, expected, strlen(part)), 0);
	ck_assert_uint_eq(km_page_failure_print(failure, &rig->pages, NULL, 0), len);
}

START_TEST(printed)
{
	struct rig rig;

	boot(&rig);
	for (uint64_t pfn = 0; pfn < 64; pfn += 2)
		rig_lay_free(&rig, pfn, 0, M);
	rig.machine.cpus[0].softirq = true;
	refuse(&rig, KM_GFP_ATOMIC | KM_GFP_COMP, 2);
	assert_prints(
		&rig,
		"page allocation failure: order:2, mode:0x40820(GFP_ATOMIC|COMP), cpu 0, in "
		"softirq, depth 1\n"
		"  why: memory is fragmented: enough free pages, no block of the order\n"
		"  tried: kswapd woken\n"
		"  gave up: the caller may not wait, so nothing was reclaimed for it\n"
		"  node 0 Normal: pages enough, but no block of order 2\n"
		"    free 32, to exceed 4 = 1 of the min mark + 0 reserve + 3 not usable; "
		"reclaimable 0\n"
		"    fragmentation index 0.719, unusable 1.000; free blocks by order: 32 0 0 0 0 "
		"0 0 0 0 0 0\n");
	rig_end(&rig);
}
END_TEST

/* Whoever need not mind the marks is short of none: what lacks is a block. */
START_TEST(printed_without_watermarks)
{
	struct zone *zone;
	struct rig rig;

	zone = boot(&rig);
	zone->wmark_min = 40;
	zone->wmark_low = 50;
	for (uint64_t pfn = 0; pfn < 32; pfn += 2)
		rig_lay_free(&rig, pfn, 0, M);
	assert_sums(refuse(&rig, KM_GFP_NOWAIT | KM_GFP_MEMALLOC, 1));
	assert_prints(
		&rig,
		"page allocation failure: order:1, mode:0x22800(GFP_NOWAIT|MEMALLOC), cpu 0, may "
		"sleep\n"
		"  why: no free block, even without watermarks\n"
		"  tried: kswapd woken\n"
		"  gave up: the caller may not wait, so nothing was reclaimed for it\n"
		"  node 0 Normal: pages enough, but no block of order 1\n"
		"    free 16, to exceed 0 = 0 of the min mark + 0 reserve + 0 not usable; "
		"reclaimable 0\n"
		"    fragmentation index 0.438, unusable 1.000; free blocks by order: 16 0 0 0 0 "
		"0 0 0 0 0 0\n");
	rig_end(&rig);

	boot(&rig);
	assert_sums(refuse(&rig, KM_GFP_NOWAIT | KM_GFP_MEMALLOC, 0));
	assert_prints(
		&rig,
		"page allocation failure: order:0, mode:0x22800(GFP_NOWAIT|MEMALLOC), cpu 0, may "
		"sleep\n"
		"  why: no free block, even without watermarks\n"
		"  tried: kswapd woken\n"
		"  gave up: the caller may not wait, so nothing was reclaimed for it\n"
		"  node 0 Normal: no page is free\n"
		"    free 0, to exceed 0 = 0 of the min mark + 0 reserve + 0 not usable; "
		"reclaimable 0\n"
		"    free blocks by order: 0 0 0 0 0 0 0 0 0 0 0\n");
	rig_end(&rig);
}
END_TEST

/* No watermark is in the way, but the block is of a type that such a request may not take. */
START_TEST(kept_for_others_without_watermarks)
{
	const struct km_zone_refusal *entry;
	struct zone *zone;
	struct rig rig;

	zone = boot(&rig);
	rig_lay_free(&rig, 0, 3, KM_MIGRATE_HIGHATOMIC);
	km_pageblock_set_types(&rig.pages, zone, 0, 8, KM_MIGRATE_HIGHATOMIC);
	zone->reserved_highatomic = 8;
	entry = refuse(&rig, KM_GFP_NOWAIT | KM_GFP_MEMALLOC, 1);
	ck_assert_uint_eq(entry->refusal, KM_REFUSED_NO_FALLBACK);
	ck_assert_uint_eq(entry->mark, 0);
	ck_assert_uint_eq(entry->shortfall, 0);
	ck_assert_str_eq(rig.pages.last_failure.reason,
			 "blocks of the order are free, but kept for others");
	rig_end(&rig);
}
END_TEST

START_TEST(printed_after_all_was_tried)
{
	struct zone *zone;
	struct told told;
	struct rig rig;

	zone = boot(&rig);
	pressure_listen(&rig, &told);
	zone->wmark_min = 60;
	zone->wmark_low = 61;
	zone->wmark_high = 62;
	rig_lay_free(&rig, 0, 2, M);
	pressure_lay(&rig, 8, 8, KM_OWNER_PAGE_CACHE, 0);
	refuse(&rig, KM_GFP_KERNEL, 0);
	rig.pages.last_failure.path.stall_ns = 1234567;
	assert_prints(
		&rig,
		"page allocation failure: order:0, mode:0xcc0(GFP_KERNEL), cpu 0, may sleep\n"
		"  why: free pages are below the min watermark and reserve\n"
		"  tried: kswapd woken; reclaimed 8 of 8 pages scanned; 1 round, 1234 us; the "
		"OOM killer ran 1 time\n"
		"  gave up: nothing is left to reclaim or to kill for: the kernel would go on "
		"trying, or panic\n"
		"  node 0 Normal: 49 pages short of its mark\n"
		"    free 12, to exceed 60 = 60 of the min mark + 0 reserve + 0 not usable; "
		"reclaimable 0\n"
		"    free blocks by order: 0 0 1 1 0 0 0 0 0 0 0\n");
	/* What no zone was asked for has no zones. */
	ck_assert_uint_eq(km_alloc_pages(&rig.pages, KM_GFP_KERNEL, 11, 0, -1, KM_OWNER_OTHER),
			  KM_NO_PFN);
	assert_prints(
		&rig,
		"page allocation failure: order:11, mode:0xcc0(GFP_KERNEL), cpu 0, may sleep\n"
		"  why: order is above the largest of the buddy lists\n");
	rig_end(&rig);
}
END_TEST

RUN_SUITE("page/failure", below_the_mark, kept_for_who_has_no_other_zone, no_block_of_the_order,
	  blocks_kept_for_others, zones_that_are_not_asked, printed, printed_without_watermarks,
	  kept_for_others_without_watermarks, printed_after_all_was_tried)
