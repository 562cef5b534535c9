/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls that are bad: each is found, named and explained, and changes nothing.
 */
#include <errno.h>

#include "tests/unit/suite.h"
#include "tests/unit/core/page/api_rig.h"

#define SITE_A 0xa110cull
#define SITE_B 0xf1ee0ull
#define SITE_C 0xc0deull

/* The last word in the log. */
static const struct km_bad_call *last(const struct api_rig *rig)
{
	ck_assert_uint_gt(rig->api.nr_bad, 0);
	return &rig->api.bad[rig->api.nr_bad - 1];
}

#define ck_assert_bad(rig, expected)                                                               \
	ck_assert_str_eq(km_bad_kind_name(last(rig)->kind), km_bad_kind_name(expected))

#define ck_assert_said(rig, expected)                                                              \
	do {                                                                                       \
		char said[KM_BAD_PRINT_MAX];                                                       \
                                                                                                   \
		ck_assert_str_eq(km_bad_page_print(last(rig), said, sizeof(said)), expected);      \
	} while (0)

static struct page *alloc(struct api_rig *rig, unsigned int order)
{
	struct page *page = km_api_alloc_pages(&rig->api, KM_GFP_KERNEL, order);

	ck_assert_ptr_nonnull(page);
	return page;
}

START_TEST(double_free)
{
	struct api_rig rig;
	struct page *page;
	uint64_t free_before;

	api_rig_boot(&rig, 0);
	rig.api.site = SITE_A;
	page = alloc(&rig, 0);
	rig.api.site = SITE_B;
	ck_assert_int_eq(__km_api_free_pages(&rig.api, page, 0), 0);
	free_before = api_rig_free(&rig);
	rig.api.site = SITE_C;
	ck_assert_int_eq(__km_api_free_pages(&rig.api, page, 0), -EINVAL);
	ck_assert_uint_eq(api_rig_free(&rig), free_before);
	ck_assert_bad(&rig, KM_BAD_DOUBLE_FREE);
	ck_assert_said(
		&rig,
		"double-free: __free_pages(page 0, order 0) from 0xc0de on CPU 0: the block was "
		"freed before\n"
		"  page 0: free on a per-cpu list, head of a block of order 0, zone Normal of node "
		"0\n"
		"  given out by 0xa110c, freed by 0xf1ee0\n"
		"  what to do: free a block once, and forget its address where it is freed\n");
	ck_assert_int_eq(km_api_put_page(&rig.api, page), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_DOUBLE_FREE);
	api_rig_end(&rig, 2);
}
END_TEST

/*
 *   freed, and merged with its buddies    6 - - - - - - ...
 *   the page that was freed                   ^
 */
START_TEST(double_free_inside_a_larger_free_block)
{
	struct api_rig rig;
	struct page *page;

	api_rig_boot(&rig, 0);
	rig.api.site = SITE_A;
	page = alloc(&rig, 1) + 1;
	ck_assert_int_eq(__km_api_free_pages(&rig.api, page - 1, 1), 0);
	km_drain_all(&rig.rig.pages);
	ck_assert_map(&rig.rig, 0, "6-------");
	ck_assert_int_eq(km_api_free_page(&rig.api, km_api_page_address(&rig.api, page)), -EINVAL);
	ck_assert_said(
		&rig,
		"double-free: free_page(0xffff888000001000) from 0xa110c on CPU 0: the block was "
		"freed before\n"
		"  page 1: free, inside the block of order 6 from page 0 on, zone Normal of node 0\n"
		"  given out by 0xa110c, freed by 0xa110c\n"
		"  what to do: free a block once, and forget its address where it is freed\n");
	api_rig_end(&rig, 1);
}
END_TEST

START_TEST(free_of_what_nobody_had)
{
	struct api_rig rig;

	api_rig_boot(&rig, 0);
	/* A page of the buddy lists; then one that only passed through a per-cpu list. */
	ck_assert_int_eq(__km_api_free_pages(&rig.api, km_page(&rig.rig.machine, 40), 0), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_FREE_PAGE);
	ck_assert_int_eq(km_api_get_page(&rig.api, km_page(&rig.rig.machine, 40)), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_GET_FREE);
	km_free_pages(&rig.rig.pages,
		      km_alloc_pages(&rig.rig.pages, KM_GFP_KERNEL, 0, 0, -1, KM_OWNER_OTHER), 0,
		      0);
	ck_assert_map(&rig.rig, 0, "A");
	ck_assert_int_eq(__km_api_free_pages(&rig.api, km_page(&rig.rig.machine, 0), 0), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_PCP_PAGE);
	ck_assert_int_eq(km_api_split_page(&rig.api, km_page(&rig.rig.machine, 0), 0), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_PCP_PAGE);
	ck_assert_int_eq(km_api_set_page_count(&rig.api, km_page(&rig.rig.machine, 0), 1), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_GET_FREE);
	api_rig_end(&rig, 5);
}
END_TEST

/* Blocks of the largest order that nobody touched since boot have no descriptor, but are free. */
START_TEST(free_of_untouched_memory)
{
	struct km_profile profile;
	struct api_rig rig;

	rig_small_profile(&profile, 4096);
	api_rig_boot_profile(&rig, &profile, 0);
	ck_assert_int_eq(km_page(&rig.rig.machine, 2048)->state, KM_PAGE_HELD);
	ck_assert_int_eq(__km_api_free_pages(&rig.api, km_page(&rig.rig.machine, 2050), 0),
			 -EINVAL);
	ck_assert_said(&rig,
		       "free-of-free: __free_pages(page 2050, order 0) on CPU 0: the page is "
		       "free, and nobody was given it\n"
		       "  page 2050: free, inside the block of order 10 from page 2048 on, zone "
		       "Normal of node 0\n"
		       "  what to do: free what an allocation returned, and only that\n");
	ck_assert_uint_eq(km_api_page_count(&rig.api, km_page(&rig.rig.machine, 2050)), 0);
	api_rig_end(&rig, 1);
}
END_TEST

/*
 *   d - - - - - - -      freed with order 2, with order 4, from its third page
 */
START_TEST(wrong_order_and_middle)
{
	struct api_rig rig;
	struct page *page;

	api_rig_boot(&rig, 0);
	rig.api.site = SITE_A;
	page = alloc(&rig, 3);
	rig.api.site = 0;
	ck_assert_int_eq(__km_api_free_pages(&rig.api, page, 2), -EINVAL);
	ck_assert_said(
		&rig,
		"free-order-mismatch: __free_pages(page 0, order 2) on CPU 0: the block was allocated with "
		"another order\n"
		"  page 0: used, head of a block of order 3, owner a caller of the page allocator, "
		"count 1, zone Normal of node 0\n"
		"  given out by 0xa110c\n"
		"  what to do: keep the order with the block, or allocate with __GFP_COMP and give "
		"it back with put_page()\n");
	ck_assert_int_eq(__km_api_free_pages(&rig.api, page, 4), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_ORDER);
	ck_assert_int_eq(__km_api_free_pages(&rig.api, page + 2, 1), -EINVAL);
	ck_assert_said(
		&rig,
		"middle-of-block: __free_pages(page 2, order 1) on CPU 0: the page is not the first "
		"of its block\n"
		"  page 2: used, inside the block of order 3 from page 0 on, owner a caller of the "
		"page allocator, count 1, zone Normal of node 0\n"
		"  given out by 0xa110c\n"
		"  what to do: free the head of the block, or split_page() it first\n");
	ck_assert_int_eq(km_api_get_page(&rig.api, page + 2), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_MIDDLE);
	ck_assert_int_eq(__km_api_free_pages(&rig.api, page, 11), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_ORDER_TOO_LARGE);
	ck_assert_map(&rig.rig, 0, "d-------");
	ck_assert_int_eq(__km_api_free_pages(&rig.api, page, 3), 0);
	api_rig_end(&rig, 5);
}
END_TEST

/* What others own is theirs to free, and the caller is told how. */
START_TEST(pages_of_others)
{
	static const struct {
		enum km_page_owner owner;
		enum km_bad_kind bad;
		const char *what_to_do;
	} cases[] = {
		{ KM_OWNER_BOOTMEM, KM_BAD_BOOTMEM,
		  "boot memory goes back with free_bootmem(), before the page allocator runs" },
		{ KM_OWNER_SLAB, KM_BAD_SLAB, "objects go back with kfree() or kmem_cache_free()" },
		{ KM_OWNER_LARGE_KMALLOC, KM_BAD_OWNER,
		  "a large kmalloc() goes back with kfree()" },
		{ KM_OWNER_VMALLOC, KM_BAD_OWNER, "a vmalloc() area goes back with vfree()" },
		{ KM_OWNER_PAGE_TABLE, KM_BAD_OWNER,
		  "page tables go with the mappings that they serve" },
		{ KM_OWNER_PERCPU, KM_BAD_OWNER, "per-cpu memory goes back with free_percpu()" },
	};
	char said[KM_BAD_PRINT_MAX], *advice;
	struct api_rig rig;
	uint64_t pfn;

	api_rig_boot(&rig, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pfn = km_alloc_pages(&rig.rig.pages, KM_GFP_KERNEL, 0, 0, -1, cases[i].owner);
		ck_assert_uint_ne(pfn, KM_NO_PFN);
		ck_assert_int_eq(__km_api_free_page(&rig.api, km_page(&rig.rig.machine, pfn)),
				 -EINVAL);
		ck_assert_bad(&rig, cases[i].bad);
		km_bad_page_print(last(&rig), said, sizeof(said));
		advice = strstr(said, "what to do: ");
		ck_assert_ptr_nonnull(advice);
		advice[strlen(advice) - 1] = '\0';
		ck_assert_str_eq(advice + strlen("what to do: "), cases[i].what_to_do);
		/* One may count one's uses of it, but not be the last. */
		ck_assert_int_eq(km_api_get_page(&rig.api, km_page(&rig.rig.machine, pfn)), 0);
		ck_assert_int_eq(km_api_put_page(&rig.api, km_page(&rig.rig.machine, pfn)), 0);
		ck_assert_int_eq(km_api_put_page(&rig.api, km_page(&rig.rig.machine, pfn)),
				 -EINVAL);
		ck_assert_bad(&rig, cases[i].bad);
		/* He whose it is may. */
		rig.api.owner = cases[i].owner;
		ck_assert_int_eq(__km_api_free_page(&rig.api, km_page(&rig.rig.machine, pfn)), 0);
		rig.api.owner = KM_OWNER_OTHER;
	}
	api_rig_end(&rig, 2 * sizeof(cases) / sizeof(cases[0]));
}
END_TEST

/* Of a page that went through other hands since, the caller's own sites tell nothing. */
START_TEST(pages_that_others_had_since)
{
	struct api_rig rig;
	struct page *page;

	api_rig_boot(&rig, 0);
	rig.api.site = SITE_A;
	page = alloc(&rig, 0);
	ck_assert_int_eq(__km_api_free_page(&rig.api, page), 0);
	ck_assert_uint_eq(km_alloc_pages(&rig.rig.pages, KM_GFP_KERNEL, 0, 0, -1, KM_OWNER_SLAB),
			  km_api_page_to_pfn(&rig.api, page));
	ck_assert_int_eq(__km_api_free_page(&rig.api, page), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_SLAB);
	ck_assert_uint_eq(last(&rig)->page.alloc_site, 0);
	ck_assert_uint_eq(last(&rig)->page.free_site, 0);
	ck_assert_int_eq(page->state, KM_PAGE_USED);
	api_rig_end(&rig, 1);
}
END_TEST

/*
 *   pfn 0 ── 64 ────── 96 ─── 128
 *       held   hole       held   end
 */
START_TEST(pages_that_nobody_gave)
{
	struct km_profile profile;
	struct api_rig rig;

	rig_small_profile(&profile, 128);
	profile.zones[0].present_pages = 96;
	profile.zones[0].managed_pages = 96;
	profile.nr_ranges = 2;
	profile.ranges[0] = (struct km_mem_range){ .end_pfn = 64 };
	profile.ranges[1] = (struct km_mem_range){ .start_pfn = 96, .end_pfn = 128 };
	rig_boot(&rig.rig, &profile);
	api_rig_start(&rig, 0);

	ck_assert_int_eq(__km_api_free_page(&rig.api, km_page(&rig.rig.machine, 7)), -EINVAL);
	ck_assert_said(&rig, "free-of-held: __free_page(page 7) on CPU 0: the page is in use since "
			     "boot, and nobody allocated it\n"
			     "  page 7: in use since boot, zone Normal of node 0\n"
			     "  what to do: free what an allocation returned, and only that\n");
	ck_assert_uint_eq(km_api_page_count(&rig.api, km_page(&rig.rig.machine, 7)), 1);
	ck_assert_int_eq(__km_api_free_page(&rig.api, km_page(&rig.rig.machine, 70)), -EINVAL);
	ck_assert_said(&rig, "no-memory-there: __free_page(page 70) on CPU 0: there is no memory "
			     "behind that page\n"
			     "  page 70: no memory\n"
			     "  what to do: check where the page number or address comes from\n");
	ck_assert_int_eq(__km_api_free_page(&rig.api, rig.rig.machine.mem_map + 128), -EINVAL);
	ck_assert_said(&rig, "beyond-memory: __free_page() on CPU 0: memory ends before that\n"
			     "  what to do: check where the page number or address comes from\n");
	ck_assert_int_eq(__km_api_free_page(&rig.api, NULL), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_BEYOND);
	/* Not at the beginning of a descriptor. */
	ck_assert_int_eq(__km_api_free_page(
				 &rig.api, (struct page *)((uintptr_t)rig.rig.machine.mem_map + 8)),
			 -EINVAL);
	ck_assert_bad(&rig, KM_BAD_BEYOND);
	ck_assert_int_eq(km_api_get_page(&rig.api, km_page(&rig.rig.machine, 7)), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_HELD);
	api_rig_end(&rig, 6);
}
END_TEST

START_TEST(addresses_that_are_none)
{
	const struct km_profile *profile;
	struct api_rig rig;
	uint64_t addr;

	api_rig_boot(&rig, 0);
	profile = &rig.rig.machine.profile;
	addr = __km_api_get_free_page(&rig.api, KM_GFP_KERNEL);
	ck_assert_int_eq(km_api_free_page(&rig.api, addr + 16), -EINVAL);
	ck_assert_said(
		&rig,
		"unaligned-address: free_page(0xffff888000000010) on CPU 0: the address is not that "
		"of a page\n"
		"  page 0: used, head of a block of order 0, owner a caller of the page allocator, "
		"count 1, zone Normal of node 0\n"
		"  what to do: give the address that the allocation returned\n");
	ck_assert_int_eq(km_api_free_page(&rig.api, 0x12345000), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_NOT_DIRECT);
	ck_assert_int_eq(km_api_free_pages(&rig.api, profile->vmalloc_start, 0), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_NOT_DIRECT);
	ck_assert_int_eq(km_api_free_pages_exact(&rig.api, profile->vmalloc_start, 1), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_NOT_DIRECT);
	ck_assert_int_eq(km_api_free_page(&rig.api, profile->page_offset + (64u << 12)), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_BEYOND);
	ck_assert_ptr_null(km_api_virt_to_page(&rig.api, profile->vmalloc_start));
	ck_assert_bad(&rig, KM_BAD_NOT_DIRECT);
	ck_assert_uint_eq(km_api_page_address(&rig.api, NULL), 0);
	ck_assert_int_eq(km_api_free_page(&rig.api, addr), 0);
	api_rig_end(&rig, 6);
}
END_TEST

/* An address above the direct map of a 32-bit machine is not the page of that number. */
START_TEST(high_memory_by_address)
{
	struct km_profile profile;
	struct api_rig rig;
	struct page *page;

	ck_assert_int_eq(km_profile_builtin("x86-32-1g", &profile), 0);
	api_rig_boot_profile(&rig, &profile, 0);
	page = km_api_alloc_page(&rig.api, KM_GFP_HIGHUSER);
	ck_assert_int_eq(
		km_api_free_page(&rig.api, 0xc0000000 + (km_api_page_to_pfn(&rig.api, page) << 12)),
		-EINVAL);
	ck_assert_bad(&rig, KM_BAD_NOT_DIRECT);
	ck_assert_uint_eq(__km_api_get_free_pages(&rig.api, KM_GFP_HIGHUSER, 0), 0);
	ck_assert_said(
		&rig,
		"highmem-virt: __get_free_pages(GFP_HIGHUSER, order 0) on CPU 0: high memory has "
		"no address of its own\n"
		"  what to do: alloc_pages() and kmap(), or leave __GFP_HIGHMEM out\n");
	ck_assert_uint_eq(km_api_get_zeroed_page(&rig.api, KM_GFP_HIGHUSER), 0);
	ck_assert_bad(&rig, KM_BAD_HIGHMEM);
	ck_assert_int_eq(__km_api_free_page(&rig.api, page), 0);
	api_rig_end(&rig, 3);
}
END_TEST

START_TEST(requests_that_cannot_be)
{
	struct page *array[4] = { 0 };
	struct api_rig rig;

	api_rig_boot(&rig, 0);
	rig.api.site = SITE_A;
	ck_assert_ptr_null(km_api_alloc_pages(&rig.api, KM_GFP_KERNEL, 11));
	ck_assert_said(&rig, "order-too-big: alloc_pages(GFP_KERNEL, order 11) from 0xa110c on CPU "
			     "0: the largest order is 10\n"
			     "  what to do: ask for smaller blocks, vmalloc() or memory at boot\n");
	/* As the kernel, which warns unless it is told not to. */
	ck_assert_ptr_null(km_api_alloc_pages(&rig.api, KM_GFP_KERNEL | KM_GFP_NOWARN, 11));
	ck_assert_uint_eq(rig.api.nr_bad, 1);
	ck_assert_ptr_null(km_api_alloc_page(&rig.api, KM_GFP_KERNEL | KM_GFP_DMA | KM_GFP_DMA32));
	ck_assert_said(&rig,
		       "illegal-zone-combo: alloc_page(GFP_KERNEL|DMA|DMA32, order 0) from 0xa110c "
		       "on CPU 0: its zone modifiers exclude each other\n"
		       "  what to do: at most one of __GFP_DMA, __GFP_DMA32 and "
		       "__GFP_HIGHMEM\n");
	ck_assert_uint_eq(km_api_alloc_pages_bulk(&rig.api, KM_GFP_DMA | KM_GFP_HIGHMEM, 4, array),
			  0);
	ck_assert_bad(&rig, KM_BAD_ZONES);
	ck_assert_ptr_null(km_api_alloc_pages_node(&rig.api, 3, KM_GFP_KERNEL, 0));
	ck_assert_said(&rig,
		       "no-such-node: alloc_pages_node(GFP_KERNEL, order 0) from 0xa110c on "
		       "CPU 0: the machine has no such node (3)\n"
		       "  what to do: ask for a node that is online, or -1 for the nearest\n");
	ck_assert_ptr_null(km_api_alloc_pages_node(&rig.api, -2, KM_GFP_KERNEL, 0));
	ck_assert_bad(&rig, KM_BAD_NODE);
	api_rig_end(&rig, 5);
}
END_TEST

/* Found, but served: the kernel would not know either, until it had to sleep. */
START_TEST(sleeping_where_one_must_not)
{
	struct api_rig rig;

	api_rig_boot(&rig, 0);
	rig.rig.machine.cpus[0].hardirq = true;
	ck_assert_ptr_nonnull(km_api_alloc_pages(&rig.api, KM_GFP_KERNEL, 1));
	ck_assert_said(&rig, "sleep-in-atomic: alloc_pages(GFP_KERNEL, order 1) on CPU 0: it may "
			     "wait for reclaim where it must not sleep (in hardirq, depth 1)\n"
			     "  what to do: GFP_ATOMIC, or allocate where sleeping is allowed\n");
	ck_assert_ptr_nonnull(km_api_alloc_pages(&rig.api, KM_GFP_ATOMIC, 1));
	ck_assert_ptr_nonnull(km_api_alloc_pages(&rig.api, KM_GFP_NOWAIT, 1));
	rig.rig.machine.cpus[0].hardirq = false;
	ck_assert_ptr_nonnull(km_api_alloc_pages(&rig.api, KM_GFP_KERNEL, 1));
	api_rig_end(&rig, 1);
}
END_TEST

/* Each finding by itself, and one request with three. */
START_TEST(requests_that_the_kernel_warns_of)
{
	static const struct {
		km_gfp gfp;
		unsigned int order;
		bool nmi, memalloc;
		enum km_bad_kind bad;
	} cases[] = {
		{ KM_GFP_KERNEL | KM_GFP_NOFAIL, 2, false, false, KM_BAD_NOFAIL_ORDER },
		{ KM_GFP_ATOMIC | KM_GFP_NOFAIL, 1, false, false, KM_BAD_NOFAIL_NONBLOCK },
		{ KM_GFP_KERNEL | KM_GFP_NOFAIL, 1, false, true, KM_BAD_NOFAIL_MEMALLOC },
		{ KM_GFP_ATOMIC, 0, true, false, KM_BAD_NMI },
		{ KM_GFP_KERNEL | KM_GFP_MOVABLE | KM_GFP_RECLAIMABLE, 0, false, false,
		  KM_BAD_MOBILITY },
		/* Nothing is wrong with these. */
		{ KM_GFP_KERNEL | KM_GFP_NOFAIL, 1, false, false, KM_BAD_NONE },
		{ KM_GFP_KERNEL | KM_GFP_MOVABLE, 2, false, true, KM_BAD_NONE },
	};
	const size_t nr = sizeof(cases) / sizeof(cases[0]);
	struct api_rig rig;
	struct km_cpu *cpu;

	api_rig_boot(&rig, 0);
	cpu = &rig.rig.machine.cpus[0];
	for (size_t i = 0; i < nr; i++) {
		cpu->nmi = cases[i].nmi;
		cpu->task = cases[i].memalloc ? KM_TASK_MEMALLOC : 0;
		ck_assert_ptr_nonnull(km_api_alloc_pages(&rig.api, cases[i].gfp, cases[i].order));
		ck_assert_uint_eq(rig.api.nr_bad, i < nr - 2 ? i + 1 : nr - 2);
		if (cases[i].bad)
			ck_assert_bad(&rig, cases[i].bad);
	}
	cpu->nmi = true;
	cpu->task = 0;
	ck_assert_ptr_nonnull(km_api_alloc_pages(&rig.api, KM_GFP_KERNEL | KM_GFP_NOFAIL, 2));
	ck_assert_uint_eq(rig.api.bad_count[KM_BAD_SLEEP], 1);
	ck_assert_uint_eq(rig.api.bad_count[KM_BAD_NMI], 2);
	ck_assert_said(&rig, "nofail-order: alloc_pages(GFP_KERNEL|NOFAIL, order 2) on CPU 0: "
			     "__GFP_NOFAIL is for at most two pages\n"
			     "  what to do: kvmalloc(), or be prepared to fail\n");
	api_rig_end(&rig, nr - 2 + 3);
}
END_TEST

START_TEST(counts_below_zero)
{
	struct api_rig rig;
	struct page *page;

	api_rig_boot(&rig, 0);
	page = alloc(&rig, 0);
	ck_assert_int_eq(km_api_set_page_count(&rig.api, page, 0), 0);
	ck_assert_int_eq(km_api_put_page(&rig.api, page), -EINVAL);
	ck_assert_said(&rig,
		       "count-underflow: put_page(page 0) on CPU 0: the count of its users is 0 "
		       "already\n"
		       "  page 0: used, head of a block of order 0, owner a caller of the page "
		       "allocator, count 0, zone Normal of node 0\n"
		       "  what to do: one put_page() for each get_page(), and one for the "
		       "allocation\n");
	ck_assert_int_eq(__km_api_free_page(&rig.api, page), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_COUNT);
	ck_assert_int_eq(km_api_get_page(&rig.api, page), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_COUNT);
	ck_assert_uint_eq(page->count, 0);
	ck_assert_int_eq(km_api_set_page_count(&rig.api, page, 1), 0);
	ck_assert_int_eq(__km_api_free_page(&rig.api, page), 0);
	api_rig_end(&rig, 3);
}
END_TEST

/*
 *   compound, two users       c - - -        one free: nothing but the count changes
 *   not compound, two users   c - - -   ─▶   a A B -      the first page has a user left
 */
START_TEST(free_of_a_page_that_others_use)
{
	struct api_rig rig;
	struct page *page;

	api_rig_boot(&rig, 0);
	page = km_api_alloc_pages(&rig.api, KM_GFP_KERNEL | KM_GFP_COMP, 2);
	ck_assert_int_eq(km_api_get_page(&rig.api, page), 0);
	ck_assert_int_eq(__km_api_free_pages(&rig.api, page, 2), 0);
	ck_assert_said(&rig,
		       "still-referenced: __free_pages(page 0, order 2) on CPU 0: others still use "
		       "it: this only took one user away\n"
		       "  page 0: used, head of a block of order 2, owner a caller of the page "
		       "allocator, count 2, compound, zone Normal of node 0\n"
		       "  what to do: nothing, if the last put_page() comes; else find who keeps "
		       "it\n");
	ck_assert_map(&rig.rig, 0, "c---");
	ck_assert_int_eq(km_api_put_page(&rig.api, page), 0);
	ck_assert_map(&rig.rig, 0, "C---");
	km_drain_all(&rig.rig.pages);

	page = alloc(&rig, 2);
	ck_assert_int_eq(km_api_get_page(&rig.api, page), 0);
	ck_assert_int_eq(__km_api_free_pages(&rig.api, page, 2), 0);
	ck_assert_bad(&rig, KM_BAD_REFERENCED);
	ck_assert_map(&rig.rig, 0, "aAB-");
	ck_assert_uint_eq(page->count, 1);
	ck_assert_int_eq(km_api_put_page(&rig.api, page), 0);
	ck_assert_map(&rig.rig, 0, "AAB-");
	/* One that has too many users to count is there for ever. */
	page = alloc(&rig, 3);
	ck_assert_int_eq(km_api_set_page_count(&rig.api, page, KM_PAGE_COUNT_STUCK), 0);
	ck_assert_int_eq(__km_api_free_pages(&rig.api, page, 3), 0);
	ck_assert_uint_eq(page->count, KM_PAGE_COUNT_STUCK);
	ck_assert_int_eq(page->state, KM_PAGE_USED);
	api_rig_end(&rig, 3);
}
END_TEST

START_TEST(put_and_split_of_blocks)
{
	struct api_rig rig;
	struct page *page;

	api_rig_boot(&rig, 0);
	page = alloc(&rig, 1);
	ck_assert_int_eq(km_api_put_page(&rig.api, page), -EINVAL);
	ck_assert_said(&rig,
		       "put-of-block: put_page(page 0) on CPU 0: the block is not compound: "
		       "put_page() would free its first page alone\n"
		       "  page 0: used, head of a block of order 1, owner a caller of the page "
		       "allocator, count 1, zone Normal of node 0\n"
		       "  what to do: allocate with __GFP_COMP, or free it with __free_pages()\n");
	ck_assert_int_eq(km_api_split_page(&rig.api, page, 2), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_ORDER);
	ck_assert_int_eq(km_api_split_page(&rig.api, page + 1, 0), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_MIDDLE);
	ck_assert_int_eq(__km_api_free_pages(&rig.api, page, 1), 0);

	page = km_api_alloc_pages(&rig.api, KM_GFP_KERNEL | KM_GFP_COMP, 2);
	ck_assert_int_eq(km_api_split_page(&rig.api, page, 2), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_SPLIT_COMPOUND);
	ck_assert_int_eq(__km_api_free_pages(&rig.api, page, 2), 0);

	page = alloc(&rig, 2);
	page->flags |= KM_PG_LRU;
	ck_assert_int_eq(km_api_split_page(&rig.api, page, 2), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_SPLIT_LRU);
	page->flags = 0;
	ck_assert_int_eq(km_api_split_page(&rig.api, page, 2), 0);
	api_rig_end(&rig, 5);
}
END_TEST

START_TEST(flags_that_exact_pages_drop)
{
	struct api_rig rig;
	uint64_t addr;

	api_rig_boot(&rig, 0);
	addr = km_api_alloc_pages_exact(&rig.api, 3 * 4096, KM_GFP_HIGHUSER | KM_GFP_COMP);
	ck_assert_uint_ne(addr, 0);
	ck_assert_bad(&rig, KM_BAD_EXACT_FLAGS);
	/* All or none: the fourth page went back at once. */
	ck_assert_int_eq(km_api_free_pages_exact(&rig.api, addr, 4 * 4096), -EINVAL);
	ck_assert_bad(&rig, KM_BAD_DOUBLE_FREE);
	ck_assert_map(&rig.rig, 0, "aaaA");
	ck_assert_int_eq(km_api_free_pages_exact(&rig.api, addr, 3 * 4096), 0);
	api_rig_end(&rig, 2);
}
END_TEST

/* A byte in the second page of a free block; whoever gets the block is told of it. */
START_TEST(write_after_free)
{
	struct api_rig rig;
	uint64_t addr, paddr;

	api_rig_boot(&rig, KM_PAGE_API_POISON);
	rig.api.site = SITE_A;
	addr = __km_api_get_free_pages(&rig.api, KM_GFP_KERNEL, 1);
	paddr = api_rig_paddr(&rig, addr);
	rig.api.site = SITE_B;
	ck_assert_int_eq(km_api_free_pages(&rig.api, addr, 1), 0);
	ck_assert_int_eq(km_phys_write(rig.phys, paddr + 4096 + 17, "!?", 2), 0);
	rig.api.site = SITE_C;
	ck_assert_uint_eq(__km_api_get_free_pages(&rig.api, KM_GFP_KERNEL, 1), addr);
	ck_assert_said(
		&rig,
		"write-after-free: __get_free_pages(GFP_KERNEL, order 1) from 0xc0de on CPU 0: "
		"somebody wrote to the page while it was free\n"
		"  the first byte is at physical address 0x1011: 0x21, not the poison 0xaa\n"
		"  page 1: used, inside the block of order 1 from page 0 on, owner a caller of the "
		"page allocator, count 1, zone Normal of node 0\n"
		"  given out by 0xa110c, freed by 0xf1ee0\n"
		"  what to do: look for a pointer that is used after the free\n");
	/* Told once. */
	ck_assert_int_eq(km_api_free_pages(&rig.api, addr, 1), 0);
	ck_assert_uint_eq(__km_api_get_free_pages(&rig.api, KM_GFP_KERNEL, 1), addr);
	api_rig_end(&rig, 1);
}
END_TEST

/* The log keeps the first ones, and counts all. */
START_TEST(the_log_is_bounded)
{
	struct api_rig rig;

	api_rig_boot(&rig, 0);
	for (int i = 0; i < 3 * KM_BAD_CALLS_KEPT; i++) {
		rig.api.site = i;
		if (!__km_api_free_page(&rig.api, km_page(&rig.rig.machine, 0)))
			ck_abort_msg("free %d", i);
	}
	ck_assert_uint_eq(rig.api.bad_count[KM_BAD_FREE_PAGE], 3 * KM_BAD_CALLS_KEPT);
	ck_assert_uint_eq(rig.api.bad[0].site, 0);
	ck_assert_uint_eq(last(&rig)->site, KM_BAD_CALLS_KEPT - 1);
	api_rig_end(&rig, KM_BAD_CALLS_KEPT);
}
END_TEST

/* More sites than the table begins with. */
START_TEST(sites_of_many_pages)
{
	struct km_profile profile;
	struct page *pages[2000];
	struct api_rig rig;

	rig_small_profile(&profile, 4096);
	api_rig_boot_profile(&rig, &profile, 0);
	for (int i = 0; i < 2000; i++) {
		rig.api.site = 1000 + i;
		pages[i] = km_api_alloc_page(&rig.api, KM_GFP_KERNEL);
		if (!pages[i])
			ck_abort_msg("page %d", i);
	}
	for (int i = 0; i < 2000; i += 100) {
		ck_assert_int_eq(__km_api_free_pages(&rig.api, pages[i], 1), -EINVAL);
		ck_assert_uint_eq(last(&rig)->page.alloc_site, 1000 + i);
	}
	api_rig_end(&rig, 20);
}
END_TEST

/* Whatever the buffer, it ends. */
START_TEST(short_buffers_are_cut)
{
	char said[KM_BAD_PRINT_MAX], buf[40];
	struct api_rig rig;

	api_rig_boot(&rig, 0);
	ck_assert_int_eq(__km_api_free_page(&rig.api, km_page(&rig.rig.machine, 0)), -EINVAL);
	km_bad_page_print(last(&rig), said, sizeof(said));
	ck_assert_uint_lt(strlen(said), sizeof(said) - 1);
	for (size_t len = 1; len <= sizeof(buf); len++) {
		memset(buf, '#', sizeof(buf));
		km_bad_page_print(last(&rig), buf, len);
		ck_assert_uint_eq(strlen(buf), len - 1);
		ck_assert_int_eq(strncmp(buf, said, len - 1), 0);
	}
	ck_assert_str_eq(km_bad_kind_name(KM_NR_BAD), "?");
	for (int kind = 0; kind < KM_NR_BAD; kind++)
		ck_assert_ptr_nonnull(km_bad_kind_name(kind));
	api_rig_end(&rig, 1);
}
END_TEST

RUN_SUITE("page/bad_page", double_free, double_free_inside_a_larger_free_block,
	  free_of_what_nobody_had, free_of_untouched_memory, wrong_order_and_middle,
	  pages_of_others, pages_that_others_had_since, pages_that_nobody_gave,
	  addresses_that_are_none, high_memory_by_address, requests_that_cannot_be,
	  sleeping_where_one_must_not, requests_that_the_kernel_warns_of, counts_below_zero,
	  free_of_a_page_that_others_use, put_and_split_of_blocks, flags_that_exact_pages_drop,
	  write_after_free, the_log_is_bounded, sites_of_many_pages, short_buffers_are_cut)
