/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in pages when they are given out and when they come back: zeros if asked for,
 * poison while they are free.
 *
 *   free:   aa aa aa aa ...      and a bit says so, for each page
 *   alloc:  the bit is set, and a byte is not aa: somebody wrote to a free page
 *
 * Poison stays in a page that is not asked to be zero, as in the kernel (mm/page_poison.c
 * 6.12).  Pages that were free at boot have none.
 */
#include "core/page/page_call.h"

#include "core/page/page_sites.h"

static bool is_poisoned(const struct km_page_api *api, uint64_t pfn)
{
	return api->poisoned[pfn / 64] >> pfn % 64 & 1;
}

static void set_poisoned(struct km_page_api *api, uint64_t pfn, unsigned int order, bool value)
{
	for (uint64_t i = pfn; i < pfn + (1ull << order); i++) {
		if (value)
			api->poisoned[i / 64] |= 1ull << i % 64;
		else
			api->poisoned[i / 64] &= ~(1ull << i % 64);
	}
}

/* The first page of the block whose poison is broken gets a word in the log. */
static void check_poison(struct km_page_api *api, const char *call, uint64_t pfn,
			 unsigned int order, km_gfp gfp)
{
	unsigned int shift = api->pages->machine->profile.page_shift;
	const struct km_page_site *site;
	struct km_bad_call bad = km_call_bad(api, KM_BAD_WRITE_AFTER_FREE, call);

	for (uint64_t i = pfn; i < pfn + (1ull << order); i++) {
		if (!is_poisoned(api, i) || !km_phys_find_not(api->phys, i << shift, KM_PAGE_POISON,
							      1ul << shift, &bad.written_addr))
			continue;
		km_phys_read(api->phys, bad.written_addr, &bad.written, 1);
		bad.poison = KM_PAGE_POISON;
		bad.given = KM_GIVEN_GFP | KM_GIVEN_ORDER;
		bad.gfp = gfp;
		bad.order = order;
		km_page_facts_read(api->pages, i, &bad.page);
		site = km_page_sites_find(api->sites, i);
		/* None if the block it was freed with is forgotten. */
		if (site) {
			bad.page.alloc_site = site->alloc_site;
			bad.page.free_site = site->free_site;
		}
		km_call_log(api, &bad);
		return;
	}
}

int km_contents_take(struct km_page_api *api, const char *call, uint64_t pfn, unsigned int order,
		     km_gfp gfp)
{
	unsigned int shift = api->pages->machine->profile.page_shift;

	if (!api->phys)
		return 0;
	if (api->poisoned) {
		check_poison(api, call, pfn, order, gfp);
		set_poisoned(api, pfn, order, false);
	}
	if (!(gfp & KM_GFP_ZERO))
		return 0;
	return km_phys_fill(api->phys, pfn << shift, 0, 1ul << (order + shift));
}

void km_contents_give(struct km_page_api *api, uint64_t pfn, unsigned int order)
{
	unsigned int shift = api->pages->machine->profile.page_shift;

	if (!api->poisoned)
		return;
	if (km_phys_fill(api->phys, pfn << shift, KM_PAGE_POISON, 1ul << (order + shift)))
		api->out_of_memory = true;
	else
		set_poisoned(api, pfn, order, true);
}
