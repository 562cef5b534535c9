/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's page calls that go well: what they give, with what in it, and how it goes
 * back.  Bad calls are in test_bad_page.c.
 */
#include <errno.h>

#include "tests/unit/suite.h"
#include "tests/unit/core/page/api_rig.h"

#include "core/page/pcp.h"

START_TEST(pages_and_addresses)
{
	struct api_rig rig;
	struct page *page, *other;
	uint64_t addr;

	api_rig_boot(&rig, 0);
	page = km_api_alloc_pages(&rig.api, KM_GFP_KERNEL, 2);
	ck_assert_ptr_nonnull(page);
	addr = km_api_page_address(&rig.api, page);
	ck_assert_uint_eq(addr, rig.rig.machine.profile.page_offset +
					(km_api_page_to_pfn(&rig.api, page) << 12));
	ck_assert_ptr_eq(km_api_virt_to_page(&rig.api, addr), page);
	ck_assert_ptr_eq(km_api_virt_to_page(&rig.api, addr + 4097), page + 1);
	ck_assert_ptr_eq(km_api_pfn_to_page(&rig.api, km_api_page_to_pfn(&rig.api, page)), page);
	ck_assert_ptr_null(km_api_pfn_to_page(&rig.api, rig.rig.machine.nr_pfns));
	ck_assert_uint_eq(km_api_page_count(&rig.api, page), 1);
	ck_assert_uint_eq(km_api_page_count(&rig.api, page + 1), 0);

	other = km_api_virt_to_page(&rig.api, __km_api_get_free_page(&rig.api, KM_GFP_ATOMIC));
	ck_assert_ptr_nonnull(other);
	ck_assert_ptr_ne(other, page);
	ck_assert_int_eq(__km_api_free_page(&rig.api, other), 0);
	ck_assert_uint_eq(km_api_page_count(&rig.api, other), 0);
	ck_assert_int_eq(km_api_free_pages(&rig.api, addr, 2), 0);
	/* As the kernel's, which does nothing for no address. */
	ck_assert_int_eq(km_api_free_pages(&rig.api, 0, 2), 0);
	ck_assert_int_eq(km_api_free_page(&rig.api, 0), 0);
	api_rig_end(&rig, 0);
}
END_TEST

START_TEST(orders_that_hold_bytes)
{
	struct api_rig rig;

	api_rig_boot(&rig, 0);
	ck_assert_uint_eq(km_api_get_order(&rig.api, 1), 0);
	ck_assert_uint_eq(km_api_get_order(&rig.api, 4096), 0);
	ck_assert_uint_eq(km_api_get_order(&rig.api, 4097), 1);
	ck_assert_uint_eq(km_api_get_order(&rig.api, 8192), 1);
	ck_assert_uint_eq(km_api_get_order(&rig.api, 8193), 2);
	ck_assert_uint_eq(km_api_get_order(&rig.api, 4u << 20), 10);
	ck_assert_uint_eq(km_api_get_order(&rig.api, (4u << 20) + 1), 11);
	ck_assert_uint_eq(km_api_get_order(&rig.api, UINT64_MAX), 52);
	ck_assert_uint_eq(km_api_get_order(&rig.api, 0), 52);
	api_rig_end(&rig, 0);
}
END_TEST

/* On 32 bit a high page has no address, and one that has is never high. */
START_TEST(high_pages_have_no_address)
{
	struct km_profile profile;
	struct api_rig rig;
	struct page *page;
	uint64_t addr;

	ck_assert_int_eq(km_profile_builtin("x86-32-1g", &profile), 0);
	api_rig_boot_profile(&rig, &profile, 0);
	page = km_api_alloc_page(&rig.api, KM_GFP_HIGHUSER);
	ck_assert_ptr_nonnull(page);
	ck_assert_uint_eq(km_api_page_address(&rig.api, page), 0);
	ck_assert_int_eq(__km_api_free_pages(&rig.api, page, 0), 0);
	addr = __km_api_get_free_pages(&rig.api, KM_GFP_KERNEL, 1);
	ck_assert_uint_ge(addr, 0xc0000000);
	ck_assert_uint_lt(addr, 0xc0000000 + (896u << 20));
	ck_assert_int_eq(km_api_free_pages(&rig.api, addr, 1), 0);
	api_rig_end(&rig, 0);
}
END_TEST

START_TEST(nodes_are_asked_for)
{
	struct km_profile profile;
	struct api_rig rig;
	struct page *page;

	ck_assert_int_eq(km_profile_builtin("x86-64-2node", &profile), 0);
	api_rig_boot_profile(&rig, &profile, 0);
	for (int node = 0; node < 2; node++) {
		page = km_api_alloc_pages_node(&rig.api, node, KM_GFP_KERNEL, 0);
		ck_assert_ptr_nonnull(page);
		ck_assert_uint_eq(
			km_pfn_zone(&rig.rig.pages, km_api_page_to_pfn(&rig.api, page))->node,
			node);
		ck_assert_int_eq(__km_api_free_page(&rig.api, page), 0);
	}
	page = km_api_alloc_pages_node(&rig.api, -1, KM_GFP_KERNEL, 0);
	ck_assert_uint_eq(km_pfn_zone(&rig.rig.pages, km_api_page_to_pfn(&rig.api, page))->node,
			  rig.rig.machine.cpus[0].node);
	api_rig_end(&rig, 0);
}
END_TEST

/*
 * What was written before is gone in a zeroed page, and is still there in one that nobody
 * asked to be zero.
 */
START_TEST(zeroed_pages_are_zero)
{
	static const char secret[] = "left behind";
	struct api_rig rig;
	uint64_t addr, paddr, again;
	char found[sizeof(secret)];

	api_rig_boot(&rig, 0);
	addr = __km_api_get_free_page(&rig.api, KM_GFP_KERNEL);
	paddr = api_rig_paddr(&rig, addr) + 4096 - sizeof(secret);
	ck_assert_int_eq(km_phys_write(rig.phys, paddr, secret, sizeof(secret)), 0);
	ck_assert_int_eq(km_api_free_page(&rig.api, addr), 0);

	again = __km_api_get_free_page(&rig.api, KM_GFP_KERNEL);
	ck_assert_uint_eq(again, addr); /* the hottest page */
	ck_assert_int_eq(km_phys_read(rig.phys, paddr, found, sizeof(found)), 0);
	ck_assert_str_eq(found, secret);
	ck_assert_int_eq(km_api_free_page(&rig.api, again), 0);

	again = km_api_get_zeroed_page(&rig.api, KM_GFP_KERNEL);
	ck_assert_uint_eq(again, addr);
	ck_assert(!km_phys_find_not(rig.phys, api_rig_paddr(&rig, addr), 0, 4096, NULL));
	ck_assert(km_phys_is_written(rig.phys, api_rig_paddr(&rig, addr) >> 12));
	api_rig_end(&rig, 0);
}
END_TEST

/*
 *   alloc_pages_exact(5 pages + 1 byte)     order 3
 *     a a a a a a                           6 single pages
 *                 . .                       given back
 */
START_TEST(exact_pages_give_the_tail_back)
{
	struct api_rig rig;
	uint64_t addr, free_before, pfn;

	api_rig_boot(&rig, 0);
	free_before = api_rig_free(&rig);
	addr = km_api_alloc_pages_exact(&rig.api, 5 * 4096 + 1, KM_GFP_KERNEL);
	ck_assert_uint_ne(addr, 0);
	ck_assert_uint_eq(free_before - api_rig_free(&rig), 6);
	pfn = api_rig_paddr(&rig, addr) >> 12;
	ck_assert_map(&rig.rig, pfn, "aaaaaaAA");
	/* The last two are on the per-cpu list, and one of the six goes by itself. */
	ck_assert_int_eq(km_api_free_page(&rig.api, addr + 2 * 4096), 0);
	ck_assert_int_eq(km_api_free_pages_exact(&rig.api, addr, 2 * 4096), 0);
	ck_assert_int_eq(km_api_free_pages_exact(&rig.api, addr + 3 * 4096, 2 * 4096 + 1), 0);
	ck_assert_uint_eq(api_rig_free(&rig), free_before);
	ck_assert_int_eq(km_api_free_pages_exact(&rig.api, 0, 4096), 0);
	api_rig_end(&rig, 0);
}
END_TEST

START_TEST(exact_pages_of_a_whole_block)
{
	struct api_rig rig;
	uint64_t addr, free_before;

	api_rig_boot(&rig, 0);
	free_before = api_rig_free(&rig);
	addr = km_api_alloc_pages_exact(&rig.api, 4 * 4096, KM_GFP_KERNEL | KM_GFP_ZERO);
	ck_assert_uint_eq(free_before - api_rig_free(&rig), 4);
	ck_assert(!km_phys_find_not(rig.phys, api_rig_paddr(&rig, addr), 0, 4 * 4096, NULL));
	ck_assert_int_eq(km_api_free_pages_exact(&rig.api, addr, 4 * 4096), 0);
	ck_assert_uint_eq(api_rig_free(&rig), free_before);
	/* No order holds that; no memory, and one word in the log. */
	ck_assert_uint_eq(km_api_alloc_pages_exact(&rig.api, 1ull << 40, KM_GFP_KERNEL), 0);
	ck_assert_uint_eq(rig.api.bad_count[KM_BAD_ORDER_TOO_LARGE], 1);
	api_rig_end(&rig, 1);
}
END_TEST

START_TEST(bulk_fills_what_is_empty)
{
	struct page *array[8] = { 0 }, *kept;
	struct api_rig rig;

	api_rig_boot(&rig, 0);
	kept = km_api_alloc_page(&rig.api, KM_GFP_KERNEL);
	array[3] = kept;
	ck_assert_uint_eq(km_api_alloc_pages_bulk(&rig.api, KM_GFP_KERNEL, 8, array), 8);
	ck_assert_ptr_eq(array[3], kept);
	for (int i = 0; i < 8; i++) {
		ck_assert_ptr_nonnull(array[i]);
		for (int j = 0; j < i; j++)
			ck_assert_ptr_ne(array[i], array[j]);
	}
	ck_assert_uint_eq(km_api_alloc_pages_bulk(&rig.api, KM_GFP_KERNEL, 8, array), 8);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(__km_api_free_page(&rig.api, array[i]), 0);
	ck_assert_uint_eq(km_api_alloc_pages_bulk(&rig.api, KM_GFP_KERNEL, 0, array), 0);
	api_rig_end(&rig, 0);
}
END_TEST

/* Near the low mark it gives one page, and none where nothing is left; it never fails aloud. */
START_TEST(bulk_stops_at_the_low_mark)
{
	struct page *array[128] = { 0 };
	unsigned int nr, nr_more = 0;
	struct api_rig rig;

	api_rig_boot(&rig, 0);
	rig.rig.pages.zones[0].wmark_low = 16;
	ck_assert_uint_eq(km_api_alloc_pages_bulk(&rig.api, KM_GFP_KERNEL, 40, array), 40);
	/* 24 are left, of which 16 stay: not one more than 8, so one. */
	nr = km_api_alloc_pages_bulk(&rig.api, KM_GFP_KERNEL, 128, array);
	ck_assert_uint_eq(nr, 41);
	while (km_api_alloc_pages_bulk(&rig.api, KM_GFP_KERNEL, 128, array) == nr + 1) {
		nr++;
		nr_more++;
	}
	ck_assert_uint_gt(nr_more, 0);
	ck_assert_uint_lt(nr, 64);
	ck_assert_ptr_nonnull(array[nr - 1]);
	ck_assert_ptr_null(array[nr]);
	api_rig_end(&rig, 0);
}
END_TEST

/*
 *   split_page(order 2)      c - - -    ─▶    a a a a
 */
START_TEST(split_pages_are_their_own)
{
	struct api_rig rig;
	struct page *page;
	uint64_t pfn;

	api_rig_boot(&rig, 0);
	page = km_api_alloc_pages(&rig.api, KM_GFP_KERNEL, 2);
	pfn = km_api_page_to_pfn(&rig.api, page);
	ck_assert_map(&rig.rig, pfn, "c---");
	ck_assert_int_eq(km_api_get_page(&rig.api, page), 0);
	ck_assert_int_eq(km_api_split_page(&rig.api, page, 2), 0);
	ck_assert_map(&rig.rig, pfn, "aaaa");
	/* Only the first page had two users. */
	ck_assert_uint_eq(km_api_page_count(&rig.api, page), 2);
	for (int i = 1; i < 4; i++) {
		ck_assert_uint_eq(km_api_page_count(&rig.api, page + i), 1);
		ck_assert_int_eq(__km_api_free_page(&rig.api, page + i), 0);
	}
	ck_assert_int_eq(km_api_put_page(&rig.api, page), 0);
	ck_assert_int_eq(km_api_put_page(&rig.api, page), 0);
	ck_assert_map(&rig.rig, pfn, "AAAA");
	api_rig_end(&rig, 0);
}
END_TEST

/* The last of its users frees a page; each tail of a compound block counts on the head. */
START_TEST(references_keep_a_page)
{
	struct api_rig rig;
	struct page *page;
	uint64_t pfn;

	api_rig_boot(&rig, 0);
	page = km_api_alloc_page(&rig.api, KM_GFP_KERNEL);
	pfn = km_api_page_to_pfn(&rig.api, page);
	ck_assert_int_eq(km_api_get_page(&rig.api, page), 0);
	ck_assert_uint_eq(km_api_page_count(&rig.api, page), 2);
	ck_assert_int_eq(km_api_put_page(&rig.api, page), 0);
	ck_assert_map(&rig.rig, pfn, "a");
	ck_assert_int_eq(km_api_put_page(&rig.api, page), 0);
	ck_assert_map(&rig.rig, pfn, "A");

	page = km_api_alloc_pages(&rig.api, KM_GFP_KERNEL | KM_GFP_COMP, 2);
	pfn = km_api_page_to_pfn(&rig.api, page);
	ck_assert_int_eq(km_api_get_page(&rig.api, page + 3), 0);
	ck_assert_uint_eq(km_api_page_count(&rig.api, page), 2);
	ck_assert_uint_eq(km_api_page_count(&rig.api, page + 1), 2);
	ck_assert_int_eq(km_api_put_page(&rig.api, page + 2), 0);
	ck_assert_map(&rig.rig, pfn, "c---");
	ck_assert_int_eq(km_api_put_page(&rig.api, page), 0);
	ck_assert_map(&rig.rig, pfn, "C---");
	api_rig_end(&rig, 0);
}
END_TEST

/* 255 users are as good as for ever. */
START_TEST(counts_that_stick)
{
	struct api_rig rig;
	struct page *page;

	api_rig_boot(&rig, 0);
	page = km_api_alloc_page(&rig.api, KM_GFP_KERNEL);
	ck_assert_int_eq(km_api_set_page_count(&rig.api, page, 254), 0);
	ck_assert_int_eq(km_api_get_page(&rig.api, page), 0);
	ck_assert_int_eq(km_api_get_page(&rig.api, page), 0);
	ck_assert_uint_eq(km_api_page_count(&rig.api, page), KM_PAGE_COUNT_STUCK);
	for (int i = 0; i < 300; i++)
		if (km_api_put_page(&rig.api, page))
			ck_abort_msg("put %d", i);
	ck_assert_uint_eq(km_api_page_count(&rig.api, page), KM_PAGE_COUNT_STUCK);
	ck_assert_int_eq(page->state, KM_PAGE_USED);
	api_rig_end(&rig, 0);
}
END_TEST

/*
 *   per-cpu list     hot ─ ─ ─ cold       next alloc takes the hot end
 */
START_TEST(hot_and_cold_ends)
{
	struct page *pages[3];
	const struct km_page_list *list;
	struct api_rig rig;
	uint64_t pfn;

	api_rig_boot(&rig, 0);
	rig.rig.machine.profile.features |= KM_FEAT_PCP_COLD;
	for (int i = 0; i < 3; i++)
		pages[i] = km_api_alloc_page(&rig.api, KM_GFP_KERNEL);
	pfn = km_api_page_to_pfn(&rig.api, pages[0]);
	ck_assert_int_eq(km_api_free_hot_page(&rig.api, pages[0]), 0);
	ck_assert_int_eq(km_api_free_cold_page(&rig.api, pages[1]), 0);
	ck_assert_int_eq(km_api_free_hot_page(&rig.api, pages[2]), 0);
	list = &rig.rig.pages.zones[0].pcp[0].lists[km_pcp_list(0, pages[0]->migratetype)];
	ck_assert_uint_eq(list->head, km_api_page_to_pfn(&rig.api, pages[2]));
	ck_assert_uint_eq(pages[2]->next, pfn);
	ck_assert_uint_eq(list->tail, km_api_page_to_pfn(&rig.api, pages[1]));
	ck_assert_ptr_eq(km_api_alloc_page(&rig.api, KM_GFP_KERNEL), pages[2]);
	api_rig_end(&rig, 0);
}
END_TEST

/* Kernels that know no cold pages take the one that was freed last, however it was freed. */
START_TEST(no_cold_end)
{
	struct page *pages[2];
	struct api_rig rig;

	api_rig_boot(&rig, 0);
	for (int i = 0; i < 2; i++)
		pages[i] = km_api_alloc_page(&rig.api, KM_GFP_KERNEL);
	ck_assert_int_eq(km_api_free_hot_page(&rig.api, pages[0]), 0);
	ck_assert_int_eq(km_api_free_cold_page(&rig.api, pages[1]), 0);
	ck_assert_ptr_eq(km_api_alloc_page(&rig.api, KM_GFP_KERNEL), pages[1]);
	api_rig_end(&rig, 0);
}
END_TEST

/* Free pages are poison all over; what is taken again has it until somebody writes. */
START_TEST(free_pages_are_poison)
{
	struct api_rig rig;
	uint64_t addr, paddr;

	api_rig_boot(&rig, KM_PAGE_API_POISON);
	addr = __km_api_get_free_pages(&rig.api, KM_GFP_KERNEL, 1);
	paddr = api_rig_paddr(&rig, addr);
	ck_assert_int_eq(km_phys_write(rig.phys, paddr + 5000, "data", 4), 0);
	ck_assert_int_eq(km_api_free_pages(&rig.api, addr, 1), 0);
	ck_assert(!km_phys_find_not(rig.phys, paddr, KM_PAGE_POISON, 8192, NULL));
	ck_assert_uint_eq(__km_api_get_free_pages(&rig.api, KM_GFP_KERNEL, 1), addr);
	ck_assert(!km_phys_find_not(rig.phys, paddr, KM_PAGE_POISON, 8192, NULL));
	/* Used memory may be written to, and is poisoned anew. */
	ck_assert_int_eq(km_phys_write(rig.phys, paddr, "more", 4), 0);
	ck_assert_int_eq(km_api_free_pages(&rig.api, addr, 1), 0);
	ck_assert_uint_eq(__km_api_get_free_pages(&rig.api, KM_GFP_KERNEL, 1), addr);
	api_rig_end(&rig, 0);
}
END_TEST

START_TEST(poison_needs_contents)
{
	struct km_page_api api;
	struct rig rig;

	rig_boot_small_free(&rig, 64);
	ck_assert_int_eq(km_page_api_init(&api, &rig.pages, NULL, KM_PAGE_API_POISON), -EINVAL);
	ck_assert_int_eq(km_page_api_init(&api, &rig.pages, NULL, 0), 0);
	ck_assert_uint_ne(km_api_get_zeroed_page(&api, KM_GFP_KERNEL), 0);
	km_page_api_release(&api);
	rig_end(&rig);
}
END_TEST

/* The reason of a request that was good and failed is the allocator's own. */
START_TEST(failures_keep_their_reason)
{
	struct api_rig rig;

	api_rig_boot(&rig, 0);
	ck_assert_ptr_null(km_api_alloc_pages(&rig.api, KM_GFP_ATOMIC, 7));
	ck_assert_uint_eq(rig.rig.pages.last_failure.order, 7);
	ck_assert_uint_eq(__km_api_get_free_pages(&rig.api, KM_GFP_ATOMIC, 7), 0);
	api_rig_end(&rig, 0);
}
END_TEST

RUN_SUITE("page/page_api", pages_and_addresses, orders_that_hold_bytes, high_pages_have_no_address,
	  nodes_are_asked_for, zeroed_pages_are_zero, exact_pages_give_the_tail_back,
	  exact_pages_of_a_whole_block, bulk_fills_what_is_empty, bulk_stops_at_the_low_mark,
	  split_pages_are_their_own, references_keep_a_page, counts_that_stick, hot_and_cold_ends,
	  no_cold_end, free_pages_are_poison, poison_needs_contents, failures_keep_their_reason)
