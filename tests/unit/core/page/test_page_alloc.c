/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocating and freeing: which zone serves, which refuses and why, and what is no
 * allocation at all.
 */
#include <errno.h>

#include "tests/unit/suite.h"
#include "tests/unit/core/page/rig.h"

#include "core/page/pcp.h"

#define U KM_MIGRATE_UNMOVABLE
#define M KM_MIGRATE_MOVABLE
#define H KM_MIGRATE_HIGHATOMIC

enum {
	DMA,
	DMA32,
	NORMAL,
	NORMAL1
};

static void boot(struct rig *rig, const char *name)
{
	struct km_profile profile;

	ck_assert_int_eq(km_profile_builtin(name, &profile), 0);
	rig_boot(rig, &profile);
	ck_assert_int_eq(km_pages_free_all(&rig->pages), 0);
}

static uint64_t alloc(struct rig *rig, km_gfp gfp, unsigned int order)
{
	return km_alloc_pages(&rig->pages, gfp, order, 0, -1, KM_OWNER_OTHER);
}

static void assert_from(struct rig *rig, uint64_t pfn, unsigned int zone)
{
	ck_assert_uint_ne(pfn, KM_NO_PFN);
	ck_assert_ptr_eq(km_pfn_zone(&rig->pages, pfn), &rig->pages.zones[zone]);
}

/* Use up a zone down to left free pages, without per-cpu lists and watermarks. */
static void exhaust(struct rig *rig, unsigned int index, uint64_t left)
{
	struct zone *zone = &rig->pages.zones[index];

	km_drain_all(&rig->pages);
	for (int order = KM_MAX_ORDER; order >= 0; order--)
		for (int type = 0; type < KM_MIGRATE_PCPTYPES; type++)
			while (zone->free_pages >= left + (1ull << order)) {
				uint64_t pfn =
					km_buddy_take_smallest(&rig->pages, zone, order, type);
				struct page *page;

				if (pfn == KM_NO_PFN)
					break;
				page = km_page(&rig->machine, pfn);
				page->state = KM_PAGE_USED;
				page->order = order;
			}
	ck_assert_uint_eq(zone->free_pages, left);
}

START_TEST(each_flag_begins_in_its_zone)
{
	struct rig rig;

	boot(&rig, "x86-64-4g");
	assert_from(&rig, alloc(&rig, KM_GFP_KERNEL, 0), NORMAL);
	assert_from(&rig, alloc(&rig, KM_GFP_HIGHUSER_MOVABLE, 0), NORMAL);
	assert_from(&rig, alloc(&rig, KM_GFP_HIGHUSER, 3), NORMAL);
	assert_from(&rig, alloc(&rig, KM_GFP_KERNEL | KM_GFP_DMA32, 4), DMA32);
	assert_from(&rig, alloc(&rig, KM_GFP_KERNEL | KM_GFP_DMA, 10), DMA);
	ck_assert_uint_eq(rig.pages.nr_kswapd_wakes, 0);
	rig_end(&rig);
}
END_TEST

START_TEST(highmem_on_32_bit)
{
	enum {
		DMA_32,
		NORMAL_32,
		HIGHMEM_32
	};
	struct rig rig;

	boot(&rig, "x86-32-4g-pae");
	assert_from(&rig, alloc(&rig, KM_GFP_HIGHUSER_MOVABLE, 0), HIGHMEM_32);
	assert_from(&rig, alloc(&rig, KM_GFP_HIGHUSER, 0), HIGHMEM_32);
	assert_from(&rig, alloc(&rig, KM_GFP_KERNEL, 0), NORMAL_32);
	/* There is no DMA32 zone: all that is directly mapped will do. */
	assert_from(&rig, alloc(&rig, KM_GFP_KERNEL | KM_GFP_DMA32, 0), NORMAL_32);
	assert_from(&rig, alloc(&rig, KM_GFP_KERNEL | KM_GFP_DMA, 0), DMA_32);
	rig_end(&rig);
}
END_TEST

/* Normal is full: DMA32, down to its low watermark and reserve; then DMA. */
START_TEST(zones_in_order)
{
	struct zone *zones;
	struct rig rig;
	uint64_t pfn;

	boot(&rig, "x86-64-4g");
	zones = rig.pages.zones;
	exhaust(&rig, NORMAL, 0);
	assert_from(&rig, alloc(&rig, KM_GFP_KERNEL, 0), DMA32);
	assert_from(&rig, alloc(&rig, KM_GFP_KERNEL, 5), DMA32);

	/* DMA would serve as well, if it were not protected by almost all it has. */
	ck_assert_uint_eq(zones[DMA].lowmem_reserve[KM_ZONE_NORMAL], 4080);
	exhaust(&rig, DMA, 4080);

	/* One page above the low mark and the reserve against Normal requests. */
	exhaust(&rig, DMA32,
		zones[DMA32].wmark_low + zones[DMA32].lowmem_reserve[KM_ZONE_NORMAL] + 1);
	pfn = alloc(&rig, KM_GFP_KERNEL, 0);
	assert_from(&rig, pfn, DMA32);
	km_drain_all(&rig.pages);
	/* At the mark: only once kswapd is awake, down to the min mark. */
	ck_assert_uint_eq(zones[DMA32].free_pages,
			  zones[DMA32].wmark_low + zones[DMA32].lowmem_reserve[KM_ZONE_NORMAL]);
	ck_assert_uint_eq(rig.pages.nr_kswapd_wakes, 0);
	assert_from(&rig, alloc(&rig, KM_GFP_KERNEL, 0), DMA32);
	ck_assert_uint_eq(rig.pages.nr_kswapd_wakes, 1);
	/* A DMA32 request has no reserve against it. */
	km_drain_all(&rig.pages);
	assert_from(&rig, alloc(&rig, KM_GFP_KERNEL | KM_GFP_DMA32, 0), DMA32);
	ck_assert_uint_eq(rig.pages.nr_kswapd_wakes, 1);
	rig_end(&rig);
}
END_TEST

START_TEST(nodes)
{
	struct rig rig;

	boot(&rig, "x86-64-2node");
	assert_from(&rig, km_alloc_pages(&rig.pages, KM_GFP_KERNEL, 0, 0, -1, KM_OWNER_OTHER),
		    NORMAL);
	assert_from(&rig, km_alloc_pages(&rig.pages, KM_GFP_KERNEL, 0, 7, -1, KM_OWNER_OTHER),
		    NORMAL1);
	assert_from(&rig, km_alloc_pages(&rig.pages, KM_GFP_KERNEL, 0, 7, 0, KM_OWNER_OTHER),
		    NORMAL);
	/* A node that does not exist: the CPU's own. */
	assert_from(&rig, km_alloc_pages(&rig.pages, KM_GFP_KERNEL, 0, 7, 5, KM_OWNER_OTHER),
		    NORMAL1);
	/* Node 1 is full: over to node 0, but not for THISNODE. */
	exhaust(&rig, NORMAL1, 0);
	assert_from(&rig, km_alloc_pages(&rig.pages, KM_GFP_KERNEL, 0, 7, -1, KM_OWNER_OTHER),
		    NORMAL);
	ck_assert_uint_eq(km_alloc_pages(&rig.pages, KM_GFP_KERNEL | KM_GFP_THISNODE, 0, 7, -1,
					 KM_OWNER_OTHER),
			  KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.last_failure.zones[NORMAL].refusal, KM_REFUSED_OTHER_NODE);
	ck_assert_uint_eq(rig.pages.last_failure.zones[NORMAL1].refusal, KM_REFUSED_WATERMARK);
	/* DMA is on node 0 only. */
	ck_assert_uint_eq(
		km_alloc_pages(&rig.pages, KM_GFP_DMA | KM_GFP_THISNODE, 0, 7, -1, KM_OWNER_OTHER),
		KM_NO_PFN);
	ck_assert_str_eq(rig.pages.last_failure.reason, "no zone may serve it");
	rig_end(&rig);
}
END_TEST

/*
 * Normal has Movable blocks only, below the pageblock order.  An Unmovable request rather
 * goes to DMA32's whole pageblocks than to mix types, even if Normal has plenty.
 */
START_TEST(another_zone_before_another_type)
{
	struct zone *normal;
	struct rig rig;
	uint64_t pfn;

	boot(&rig, "x86-64-4g");
	normal = &rig.pages.zones[NORMAL];
	exhaust(&rig, NORMAL, 0);
	/* Free every second block of order 8: no whole pageblock among them. */
	for (uint64_t at = normal->start_pfn; at < normal->start_pfn + 200000; at += 1024) {
		ck_assert_int_eq(km_split_pages(&rig.pages, at, 8), 0);
		ck_assert_int_eq(km_free_pages(&rig.pages, at, 8, 0), 0);
	}
	ck_assert_uint_gt(normal->free_pages, normal->wmark_high);
	pfn = alloc(&rig, KM_GFP_KERNEL, 4);
	assert_from(&rig, pfn, DMA32);
	ck_assert_uint_eq(normal->nr_fallbacks, 0);
	/* A Movable request stays. */
	assert_from(&rig, alloc(&rig, KM_GFP_HIGHUSER_MOVABLE, 4), NORMAL);
	/* With nothing else left, types are mixed. */
	exhaust(&rig, DMA32, 0);
	exhaust(&rig, DMA, 0);
	assert_from(&rig, alloc(&rig, KM_GFP_KERNEL, 4), NORMAL);
	ck_assert_uint_eq(normal->nr_fallbacks, 1);
	rig_end(&rig);
}
END_TEST

/*
 * Two nodes: to be local is worth more than to keep types apart.  Node 0's Normal has only
 * parts of Movable pageblocks, its other zones nothing; node 1 is all free.
 */
START_TEST(another_type_before_another_node)
{
	struct zone *normal;
	struct rig rig;

	boot(&rig, "x86-64-2node");
	normal = &rig.pages.zones[NORMAL];
	for (unsigned int zone = DMA; zone <= NORMAL; zone++)
		exhaust(&rig, zone, 0);
	for (uint64_t at = normal->start_pfn; at < km_zone_end(normal); at += 1024) {
		ck_assert_int_eq(km_split_pages(&rig.pages, at, 8), 0);
		ck_assert_int_eq(km_free_pages(&rig.pages, at, 8, 0), 0);
	}
	assert_from(&rig, alloc(&rig, KM_GFP_KERNEL, 4), NORMAL);
	ck_assert_uint_eq(normal->nr_fallbacks, 1);
	rig_end(&rig);
}
END_TEST

/*
 * One zone, its marks 1000 / 2000 / 3000.  Who may go how far down?
 */
static void boot_marks(struct rig *rig, unsigned int features, uint64_t free_pages)
{
	struct km_profile profile;

	rig_small_profile(&profile, 8192);
	profile.features = features;
	profile.zones[0].wmark_min = 1000;
	profile.zones[0].wmark_low = 2000;
	profile.zones[0].wmark_high = 3000;
	rig_boot(rig, &profile);
	ck_assert_int_eq(km_pages_free_all(&rig->pages), 0);
	exhaust(rig, 0, free_pages);
}

static void assert_reaches(unsigned int features, km_gfp gfp, uint64_t floor)
{
	struct rig rig;

	boot_marks(&rig, features, floor + 1);
	ck_assert_uint_ne(alloc(&rig, gfp, 0), KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.nr_reclaim_asked, 0);
	ck_assert_uint_eq(alloc(&rig, gfp, 0), KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.zones[0].free_pages, floor);
	ck_assert_uint_eq(rig.pages.last_failure.gfp, gfp);
	ck_assert_uint_eq(rig.pages.last_failure.nr_zones, 1);
	ck_assert_uint_eq(rig.pages.last_failure.zones[0].refusal, KM_REFUSED_WATERMARK);
	ck_assert_uint_eq(rig.pages.last_failure.zones[0].free_pages, floor);
	ck_assert_uint_eq(rig.pages.last_failure.zones[0].mark, floor);
	ck_assert_str_eq(rig.pages.last_failure.reason,
			 "free pages are below the min watermark and reserve");
	ck_assert_uint_eq(rig.pages.nr_reclaim_asked, !!(gfp & KM_GFP_DIRECT_RECLAIM));
	ck_assert_uint_eq(rig.pages.nr_kswapd_wakes, gfp & KM_GFP_KSWAPD_RECLAIM ? 2 : 0);
	rig_end(&rig);
}

START_TEST(how_far_down)
{
	const unsigned int v5_10 = km_era_features("5.10.0", NULL);

	assert_reaches(KM_FEATURES_NEWEST, KM_GFP_KERNEL, 1000);
	assert_reaches(KM_FEATURES_NEWEST, KM_GFP_NOWAIT, 1000);
	assert_reaches(KM_FEATURES_NEWEST, 0, 1000);
	assert_reaches(KM_FEATURES_NEWEST, KM_GFP_KERNEL | KM_GFP_HIGH, 500);
	assert_reaches(KM_FEATURES_NEWEST, KM_GFP_ATOMIC, 375);
	assert_reaches(v5_10, KM_GFP_KERNEL, 1000);
	assert_reaches(v5_10, KM_GFP_ATOMIC | KM_GFP_ATOMIC_BIT, 375);
	assert_reaches(v5_10, KM_GFP_ATOMIC, 500);
}
END_TEST

/* Above low nobody is woken. */
START_TEST(kswapd_is_woken_below_low)
{
	struct rig rig;

	boot_marks(&rig, KM_FEATURES_NEWEST, 2001);
	alloc(&rig, KM_GFP_KERNEL, 0);
	ck_assert_uint_eq(rig.pages.nr_kswapd_wakes, 0);
	ck_assert(rig.pages.zones[0].below_high);
	alloc(&rig, KM_GFP_KERNEL, 0);
	ck_assert_uint_eq(rig.pages.nr_kswapd_wakes, 1);
	rig_end(&rig);
}
END_TEST

/* MEMALLOC and NOFAIL go to the last page; then even NOFAIL fails here. */
START_TEST(down_to_nothing)
{
	struct rig rig;

	boot_marks(&rig, KM_FEATURES_NEWEST, 2);
	ck_assert_uint_eq(alloc(&rig, KM_GFP_ATOMIC, 0), KM_NO_PFN);
	ck_assert_uint_eq(alloc(&rig, KM_GFP_ATOMIC | KM_GFP_MEMALLOC | KM_GFP_NOMEMALLOC, 0),
			  KM_NO_PFN);
	ck_assert_uint_ne(alloc(&rig, KM_GFP_ATOMIC | KM_GFP_MEMALLOC, 0), KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.nr_reclaim_asked, 0);
	ck_assert_uint_ne(alloc(&rig, KM_GFP_KERNEL | KM_GFP_NOFAIL, 0), KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.nr_reclaim_asked, 1);
	ck_assert_uint_eq(rig.pages.zones[0].free_pages, 0);
	ck_assert_uint_eq(alloc(&rig, KM_GFP_KERNEL | KM_GFP_NOFAIL, 0), KM_NO_PFN);
	ck_assert_str_eq(rig.pages.last_failure.reason, "no free block, even without watermarks");
	rig_end(&rig);
}
END_TEST

/*
 * Every second page free, far above all marks: order 1 fails for want of a block.
 *
 *   a0a0a0a0a0a0...
 */
START_TEST(fragmented)
{
	struct zone *zone;
	struct rig rig;

	boot_marks(&rig, KM_FEATURES_NEWEST, 0);
	zone = &rig.pages.zones[0];
	for (uint64_t pfn = 0; pfn < 8192; pfn += 1024)
		ck_assert_int_eq(km_split_pages(&rig.pages, pfn, 0), 0);
	for (uint64_t pfn = 1; pfn < 8192; pfn += 2)
		ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 0, 0), 0);
	km_drain_all(&rig.pages);
	ck_assert_map(&rig, 0, "a0a0a0a0a0a0a0a0");
	ck_assert_uint_eq(zone->free_pages, 4096);

	ck_assert_uint_eq(alloc(&rig, KM_GFP_KERNEL, 1), KM_NO_PFN);
	ck_assert_str_eq(rig.pages.last_failure.reason,
			 "memory is fragmented: enough free pages, no block of the order");
	ck_assert_uint_eq(rig.pages.last_failure.order, 1);
	ck_assert_uint_eq(rig.pages.last_failure.zones[0].refusal, KM_REFUSED_NO_BLOCK);
	/* 1000 - (1000 + 4096000 / 2) / 4096 */
	ck_assert_int_eq(rig.pages.last_failure.zones[0].fragmentation_index, 500);
	ck_assert_uint_eq(rig.pages.last_failure.zones[0].mark, 1001);
	ck_assert_uint_ne(alloc(&rig, KM_GFP_KERNEL, 0), KM_NO_PFN);
	rig_end(&rig);
}
END_TEST

/* Pages on per-cpu lists are neither free nor lost: who may reclaim drains them first. */
START_TEST(reclaim_drains_per_cpu_lists)
{
	struct rig rig;
	uint64_t pfns[3];

	boot_marks(&rig, km_era_features("5.15.0", NULL), 1003);
	for (int i = 0; i < 3; i++)
		pfns[i] = alloc(&rig, KM_GFP_KERNEL, 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(km_free_pages(&rig.pages, pfns[i], 0, 0), 0);
	ck_assert_uint_eq(rig.pages.zones[0].free_pages, 1000);
	ck_assert_uint_eq(rig.pages.zones[0].pcp_pages, 3);
	/* The kernel's test looks at free pages only, so this fails... */
	ck_assert_uint_eq(alloc(&rig, KM_GFP_NOWAIT, 0), KM_NO_PFN);
	/* ...and this is served after draining. */
	ck_assert_uint_ne(alloc(&rig, KM_GFP_KERNEL, 0), KM_NO_PFN);
	ck_assert_uint_eq(rig.pages.nr_reclaim_asked, 1);
	rig_end(&rig);
}
END_TEST

START_TEST(requests_no_zone_can_serve)
{
	struct rig rig;

	boot(&rig, "x86-64-4g");
	ck_assert_uint_eq(alloc(&rig, KM_GFP_KERNEL, 11), KM_NO_PFN);
	ck_assert_str_eq(rig.pages.last_failure.reason,
			 "order is above the largest of the buddy lists");
	ck_assert_uint_eq(rig.pages.last_failure.order, 11);
	ck_assert_uint_eq(alloc(&rig, KM_GFP_DMA | KM_GFP_HIGHMEM, 0), KM_NO_PFN);
	ck_assert_str_eq(rig.pages.last_failure.reason,
			 "flags ask for zones that exclude each other");
	rig_end(&rig);

	/* A machine without a DMA zone. */
	rig_boot_small_free(&rig, 64);
	ck_assert_uint_eq(alloc(&rig, KM_GFP_DMA, 0), KM_NO_PFN);
	ck_assert_str_eq(rig.pages.last_failure.reason, "no zone may serve it");
	rig_end(&rig);
}
END_TEST

START_TEST(what_an_allocated_page_says)
{
	const struct page *page;
	struct rig rig;
	uint64_t pfn;

	boot(&rig, "x86-64-4g");
	pfn = km_alloc_pages(&rig.pages, KM_GFP_KERNEL | KM_GFP_RECLAIMABLE, 2, 0, -1,
			     KM_OWNER_SLAB);
	page = km_page(&rig.machine, pfn);
	ck_assert_int_eq(page->state, KM_PAGE_USED);
	ck_assert_int_eq(page->order, 2);
	ck_assert_int_eq(page->owner, KM_OWNER_SLAB);
	ck_assert_int_eq(page->migratetype, KM_MIGRATE_RECLAIMABLE);
	ck_assert_uint_eq(page->priv, 0);
	ck_assert_uint_eq(km_page_block(&rig.machine, pfn + 3), pfn);
	rig_end(&rig);
}
END_TEST

START_TEST(frees_that_are_none)
{
	struct rig rig;
	uint64_t pfn, held;

	boot(&rig, "x86-64-4g");
	pfn = alloc(&rig, KM_GFP_KERNEL, 2);
	/* Middle of the block, wrong orders, beyond memory, in the hole. */
	ck_assert_int_eq(km_free_pages(&rig.pages, pfn + 1, 0, 0), -EINVAL);
	ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 1, 0), -EBADSLT);
	ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 3, 0), -EBADSLT);
	ck_assert_int_eq(km_free_pages(&rig.pages, 0x140000, 0, 0), -ERANGE);
	ck_assert_int_eq(km_free_pages(&rig.pages, KM_NO_PFN, 0, 0), -ERANGE);
	ck_assert_int_eq(km_free_pages(&rig.pages, 0xc0000, 0, 0), -ERANGE);
	rig_assert_valid(&rig);

	/* Once, and not twice: neither from the per-cpu list nor from the buddy list. */
	ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 2, 0), 0);
	ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 2, 0), -EINVAL);
	km_drain_all(&rig.pages);
	ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 2, 0), -EINVAL);
	rig_end(&rig);

	/* A held page is nobody's to free. */
	rig_boot_small(&rig, 64);
	held = 5;
	ck_assert_int_eq(km_free_pages(&rig.pages, held, 0, 0), -EINVAL);
	rig_end(&rig);
}
END_TEST

/*
 *   d-------   order 3       b-b-b-b-   cut to order 1      b-b-2---   two of them freed
 */
START_TEST(split)
{
	struct km_profile profile;
	struct rig rig;

	rig_small_profile(&profile, 64);
	profile.features = 0; /* order 1 goes straight to the buddy lists */
	rig_boot(&rig, &profile);
	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	ck_assert_uint_eq(km_alloc_pages(&rig.pages, KM_GFP_KERNEL, 3, 0, -1, KM_OWNER_VMALLOC), 0);
	ck_assert_map(&rig, 0, "d-------");
	ck_assert_int_eq(km_split_pages(&rig.pages, 0, 4), -EINVAL);
	ck_assert_int_eq(km_split_pages(&rig.pages, 1, 0), -EINVAL);
	ck_assert_int_eq(km_split_pages(&rig.pages, 8, 0), -EINVAL);
	ck_assert_int_eq(km_split_pages(&rig.pages, KM_NO_PFN, 0), -EINVAL);
	ck_assert_int_eq(km_split_pages(&rig.pages, 0, 3), 0);
	ck_assert_int_eq(km_split_pages(&rig.pages, 0, 1), 0);
	ck_assert_map(&rig, 0, "b-b-b-b-");
	for (uint64_t pfn = 0; pfn < 8; pfn += 2)
		ck_assert_int_eq(km_page(&rig.machine, pfn)->owner, KM_OWNER_VMALLOC);
	ck_assert_int_eq(km_free_pages(&rig.pages, 0, 3, 0), -EBADSLT);
	ck_assert_int_eq(km_free_pages(&rig.pages, 6, 1, 0), 0);
	ck_assert_int_eq(km_free_pages(&rig.pages, 4, 1, 0), 0);
	ck_assert_map(&rig, 0, "b-b-2---");
	rig_end(&rig);
}
END_TEST

/* A slab may mark its tails; cleared before the free, nothing of it stays. */
START_TEST(tails_marked_by_their_owner)
{
	struct rig rig;
	uint64_t pfn;

	boot(&rig, "x86-64-4g");
	pfn = km_alloc_pages(&rig.pages, KM_GFP_KERNEL, 3, 0, -1, KM_OWNER_SLAB);
	for (int i = 1; i < 8; i++) {
		km_page(&rig.machine, pfn + i)->state = KM_PAGE_TAIL;
		km_page(&rig.machine, pfn + i)->priv = 42;
	}
	rig_assert_valid(&rig);
	ck_assert_uint_eq(km_page_block(&rig.machine, pfn + 5), pfn);
	ck_assert_int_eq(km_free_pages(&rig.pages, pfn + 5, 0, 0), -EINVAL);
	for (int i = 1; i < 8; i++)
		*km_page(&rig.machine, pfn + i) = (struct page){ 0 };
	ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 3, 0), 0);
	rig_end(&rig);
}
END_TEST

/* An atomic request of a higher order reserves its pageblock for others like it. */
START_TEST(atomic_requests_reserve_highatomic)
{
	struct zone *zone;
	struct rig rig;
	uint64_t pfn;

	boot_marks(&rig, KM_FEATURES_NEWEST, 1500);
	zone = &rig.pages.zones[0];
	/* Above low the fast path serves it, and reserves nothing. */
	zone->wmark_low = 1000;
	ck_assert_uint_ne(alloc(&rig, KM_GFP_ATOMIC, 1), KM_NO_PFN);
	ck_assert_uint_eq(zone->reserved_highatomic, 0);
	zone->wmark_low = 2000;
	pfn = alloc(&rig, KM_GFP_ATOMIC, 1);
	ck_assert_uint_ne(pfn, KM_NO_PFN);
	ck_assert_uint_eq(zone->reserved_highatomic, 8);
	ck_assert_int_eq(km_pageblock_type(&rig.pages, zone, pfn), H);
	/* A failing request that can reclaim has it given back. */
	exhaust(&rig, 0, zone->free_by_type[H] + 100);
	ck_assert_uint_eq(alloc(&rig, KM_GFP_KERNEL, 0), KM_NO_PFN);
	ck_assert_uint_eq(zone->reserved_highatomic, 0);
	rig_end(&rig);
}
END_TEST

/* Too little memory to keep types apart: all is Unmovable. */
START_TEST(mobility_disabled)
{
	struct rig rig;
	uint64_t pfn;

	rig_boot_small(&rig, 47);
	ck_assert(rig.pages.mobility_disabled);
	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	ck_assert_uint_eq(rig.pages.zones[0].free_by_type[U], 47);
	pfn = alloc(&rig, KM_GFP_HIGHUSER_MOVABLE, 0);
	ck_assert_int_eq(km_page(&rig.machine, pfn)->migratetype, U);
	rig_end(&rig);
}
END_TEST

/* 1 TiB: booting touches no descriptor, and neither does a cold boot's free. */
START_TEST(a_terabyte)
{
	struct km_profile profile;
	struct rig rig;
	uint64_t pfn;

	km_profile_init(&profile);
	ck_assert_int_eq(km_profile_set_memory(&profile, 1ull << 40), 0);
	rig_boot(&rig, &profile);
	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	ck_assert_uint_eq(km_pages_nr_free(&rig.pages), 1ull << 28);
	pfn = alloc(&rig, KM_GFP_KERNEL, 0);
	assert_from(&rig, pfn, NORMAL);
	ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 0, 0), 0);
	km_drain_all(&rig.pages);
	ck_assert_uint_eq(km_pages_nr_free(&rig.pages), 1ull << 28);
	km_pages_release(&rig.pages);
	km_machine_release(&rig.machine);
}
END_TEST

RUN_SUITE("page/page_alloc", each_flag_begins_in_its_zone, highmem_on_32_bit, zones_in_order, nodes,
	  another_zone_before_another_type, another_type_before_another_node, how_far_down,
	  kswapd_is_woken_below_low, down_to_nothing, fragmented, reclaim_drains_per_cpu_lists,
	  requests_no_zone_can_serve, what_an_allocated_page_says, frees_that_are_none, split,
	  tails_marked_by_their_owner, atomic_requests_reserve_highatomic, mobility_disabled,
	  a_terabyte)
