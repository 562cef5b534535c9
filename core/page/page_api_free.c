/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's page calls: frees, references, splits.
 *
 *   __free_pages  ─▶ judged ─▶ count falls ─▶ 0: the block goes back
 *                                        └──▶ others use it: what is behind the first page
 *                                             of a block that is not compound goes back
 *
 * Mirrors __free_pages() and split_page() of mm/page_alloc.c 6.12, put_page() of
 * include/linux/mm.h.
 */
#include "core/page/page_api.h"

#include <errno.h>

#include "core/page/page_call.h"
#include "core/page/page_sites.h"

/* A free, a put or a split, as it was called. */
struct call {
	const char *name;
	unsigned int given; /* enum km_bad_given */
	uint64_t addr;
	unsigned int order;
	bool is_cold;
};

static int complain(struct km_page_api *api, const struct call *call, enum km_bad_kind kind,
		    const struct km_page_facts *facts)
{
	struct km_bad_call bad = km_call_bad(api, kind, call->name);

	bad.given = call->given;
	bad.addr = call->addr;
	bad.order = call->order;
	if (facts) {
		bad.page = *facts;
		km_call_sites(api, &bad.page);
	}
	return km_call_log(api, &bad);
}

/* The page of a descriptor, or KM_NO_PFN after a word in the log. */
static uint64_t pfn_of(struct km_page_api *api, const struct call *call, const struct page *page)
{
	uint64_t pfn = km_api_page_to_pfn(api, page);

	if (pfn == KM_NO_PFN)
		complain(api, call, KM_BAD_BEYOND, NULL);
	return pfn;
}

static void forget_block(struct km_page_api *api, uint64_t pfn, unsigned int order)
{
	km_contents_give(api, pfn, order);
	if (km_page_sites_take(api->sites, pfn, order, api->site))
		api->out_of_memory = true;
}

void km_call_free_block(struct km_page_api *api, uint64_t pfn, unsigned int order)
{
	forget_block(api, pfn, order);
	km_free_pages(api->pages, pfn, order, api->cpu);
}

static void free_cold(struct km_page_api *api, uint64_t pfn)
{
	forget_block(api, pfn, 0);
	km_free_cold_page(api->pages, pfn, api->cpu);
}

/*
 * Of a block that is neither compound nor on an LRU list, by which it is one:
 *
 *   before  [0------7]  two users          after  0 [1] [2-3] [4-----7]
 *                                                 one user, and free blocks behind it
 */
static void free_behind(struct km_page_api *api, uint64_t pfn, unsigned int order)
{
	while (order-- > 0) {
		uint64_t upper = pfn + (1ull << order);

		km_split_pages(api->pages, pfn, order);
		km_page(api->pages->machine, upper)->count = 1;
		km_call_free_block(api, upper, order);
	}
}

/* __free_pages() of what may be freed. */
static int drop(struct km_page_api *api, const struct call *call, const struct km_page_facts *facts)
{
	struct page *page = km_page(api->pages->machine, facts->pfn);

	if (page->count == 1) {
		if (call->is_cold)
			free_cold(api, facts->pfn);
		else
			km_call_free_block(api, facts->pfn, page->order);
		return 0;
	}
	complain(api, call, KM_BAD_REFERENCED, facts);
	if (page->count == KM_PAGE_COUNT_STUCK)
		return 0;
	page->count--;
	if (!(page->flags & (KM_PG_COMP | KM_PG_LRU)))
		free_behind(api, facts->pfn, page->order);
	return 0;
}

static int free_pfn(struct km_page_api *api, const struct call *call, uint64_t pfn)
{
	struct km_page_facts facts;
	enum km_bad_kind bad;

	km_call_facts(api, pfn, &facts);
	bad = km_bad_free(&facts, call->order, api->owner);
	return bad ? complain(api, call, bad, &facts) : drop(api, call, &facts);
}

static int free_page(struct km_page_api *api, const struct call *call, struct page *page)
{
	uint64_t pfn = pfn_of(api, call, page);

	return pfn == KM_NO_PFN ? -EINVAL : free_pfn(api, call, pfn);
}

int __km_api_free_pages(struct km_page_api *api, struct page *page, unsigned int order)
{
	return free_page(
		api,
		&(struct call){ .name = "__free_pages", .given = KM_GIVEN_ORDER, .order = order },
		page);
}

int __km_api_free_page(struct km_page_api *api, struct page *page)
{
	return free_page(api, &(struct call){ .name = "__free_page" }, page);
}

int km_api_free_hot_page(struct km_page_api *api, struct page *page)
{
	return free_page(api, &(struct call){ .name = "free_hot_page" }, page);
}

int km_api_free_cold_page(struct km_page_api *api, struct page *page)
{
	return free_page(api, &(struct call){ .name = "free_cold_page", .is_cold = true }, page);
}

static int free_address(struct km_page_api *api, const struct call *call)
{
	struct km_page_facts facts;
	enum km_bad_kind bad;
	uint64_t pfn;

	if (!call->addr)
		return 0;
	bad = km_bad_address(api->pages, call->addr, &pfn);
	if (!bad)
		return free_pfn(api, call, pfn);
	if (pfn != KM_NO_PFN)
		km_call_facts(api, pfn, &facts);
	return complain(api, call, bad, pfn != KM_NO_PFN ? &facts : NULL);
}

int km_api_free_pages(struct km_page_api *api, uint64_t addr, unsigned int order)
{
	return free_address(api, &(struct call){ .name = "free_pages",
						 .given = KM_GIVEN_ADDR | KM_GIVEN_ORDER,
						 .addr = addr,
						 .order = order });
}

int km_api_free_page(struct km_page_api *api, uint64_t addr)
{
	return free_address(
		api, &(struct call){ .name = "free_page", .given = KM_GIVEN_ADDR, .addr = addr });
}

int km_api_free_pages_exact(struct km_page_api *api, uint64_t addr, uint64_t bytes)
{
	const uint64_t page_bytes = 1ull << api->pages->machine->profile.page_shift;
	const struct call call = { .name = "free_pages_exact",
				   .given = KM_GIVEN_ADDR,
				   .addr = addr };
	uint64_t nr = bytes / page_bytes + (bytes % page_bytes != 0);
	struct km_page_facts facts;
	enum km_bad_kind bad;
	uint64_t pfn;

	if (!addr || !nr)
		return 0;
	bad = km_bad_address(api->pages, addr, &pfn);
	if (bad)
		return complain(api, &call, bad, NULL);
	for (uint64_t i = 0; i < nr; i++) {
		km_call_facts(api, pfn + i, &facts);
		bad = km_bad_free(&facts, 0, api->owner);
		if (bad)
			return complain(api, &call, bad, &facts);
	}
	for (uint64_t i = 0; i < nr; i++)
		free_pfn(api, &call, pfn + i);
	return 0;
}

int km_api_split_page(struct km_page_api *api, struct page *page, unsigned int order)
{
	const struct call call = { .name = "split_page", .given = KM_GIVEN_ORDER, .order = order };
	uint64_t pfn = pfn_of(api, &call, page);
	struct km_page_facts facts;
	enum km_bad_kind bad;

	if (pfn == KM_NO_PFN)
		return -EINVAL;
	km_call_facts(api, pfn, &facts);
	bad = km_bad_free(&facts, order, api->owner);
	if (!bad && order && (facts.page.flags & KM_PG_COMP))
		bad = KM_BAD_SPLIT_COMPOUND;
	if (!bad && order && (facts.page.flags & KM_PG_LRU))
		bad = KM_BAD_SPLIT_LRU;
	if (bad)
		return complain(api, &call, bad, &facts);

	km_call_sites(api, &facts);
	km_split_pages(api->pages, pfn, 0);
	for (uint64_t i = pfn + 1; i < pfn + (1ull << order); i++)
		km_page(api->pages->machine, i)->count = 1;
	for (uint64_t i = pfn; i < pfn + (1ull << order); i++)
		if (km_page_sites_give(api->sites, i, 0, facts.alloc_site))
			api->out_of_memory = true;
	return 0;
}

/*
 * Judge the page whose count stands for this one: itself, or the head of its compound block.
 * NONE: facts->pfn is a used page with users.
 */
static enum km_bad_kind find_counted(const struct km_page_api *api, uint64_t pfn,
				     struct km_page_facts *facts)
{
	km_call_facts(api, pfn, facts);
	if (facts->standing == KM_STANDS_USED && (facts->page.flags & KM_PG_COMP))
		facts->pfn = facts->head;
	return km_bad_free(facts, facts->page.order, facts->page.owner);
}

int km_api_put_page(struct km_page_api *api, struct page *page)
{
	const struct call call = { .name = "put_page" };
	uint64_t pfn = pfn_of(api, &call, page);
	struct km_page_facts facts;
	struct page *counted;
	enum km_bad_kind bad;

	if (pfn == KM_NO_PFN)
		return -EINVAL;
	bad = find_counted(api, pfn, &facts);
	if (bad)
		return complain(api, &call, bad, &facts);
	counted = km_page(api->pages->machine, facts.pfn);
	if (counted->count == KM_PAGE_COUNT_STUCK)
		return 0;
	if (counted->count > 1) {
		counted->count--;
		return 0;
	}
	/* The last user, whose right to free it counts. */
	bad = km_bad_free(&facts, counted->order, api->owner);
	if (!bad && counted->order && !(counted->flags & KM_PG_COMP))
		bad = KM_BAD_PUT_BLOCK;
	if (bad)
		return complain(api, &call, bad, &facts);
	km_call_free_block(api, facts.pfn, counted->order);
	return 0;
}

/* The descriptor whose count is to be raised or set; NULL after a word in the log. */
static struct page *counted_page(struct km_page_api *api, const struct call *call,
				 const struct page *page, bool may_be_zero)
{
	uint64_t pfn = pfn_of(api, call, page);
	struct km_page_facts facts;
	enum km_bad_kind bad;

	if (pfn == KM_NO_PFN)
		return NULL;
	bad = find_counted(api, pfn, &facts);
	if (facts.standing == KM_STANDS_FREE || facts.standing == KM_STANDS_PCP)
		bad = KM_BAD_GET_FREE;
	if (bad == KM_BAD_COUNT && may_be_zero)
		bad = KM_BAD_NONE;
	if (!bad)
		return km_page(api->pages->machine, facts.pfn);
	complain(api, call, bad, &facts);
	return NULL;
}

int km_api_get_page(struct km_page_api *api, struct page *page)
{
	struct page *counted = counted_page(api, &(struct call){ .name = "get_page" }, page, false);

	if (!counted)
		return -EINVAL;
	if (counted->count != KM_PAGE_COUNT_STUCK)
		counted->count++;
	return 0;
}

int km_api_set_page_count(struct km_page_api *api, struct page *page, uint8_t count)
{
	struct page *counted =
		counted_page(api, &(struct call){ .name = "set_page_count" }, page, true);

	if (!counted)
		return -EINVAL;
	counted->count = count;
	return 0;
}

unsigned int km_api_page_count(const struct km_page_api *api, const struct page *page)
{
	uint64_t pfn = km_api_page_to_pfn(api, page);
	struct km_page_facts facts;

	if (pfn == KM_NO_PFN)
		return 0;
	km_page_facts_read(api->pages, pfn, &facts);
	if (facts.standing == KM_STANDS_HELD)
		return 1;
	if (facts.standing != KM_STANDS_USED)
		return 0;
	return facts.head == pfn || (facts.page.flags & KM_PG_COMP) ? facts.page.count : 0;
}
