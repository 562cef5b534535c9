/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do the LRU lists of all nodes agree with their blocks and their counts?
 */
#include <stdarg.h>
#include <stdio.h>

#include "core/page/lru.h"

static const char *const list_names[KM_NR_LRU] = {
	[KM_LRU_INACTIVE_ANON] = "inactive_anon",
	[KM_LRU_ACTIVE_ANON] = "active_anon",
	[KM_LRU_INACTIVE_FILE] = "inactive_file",
	[KM_LRU_ACTIVE_FILE] = "active_file",
};

struct check {
	const struct km_pages *pages;
	unsigned int node;
	unsigned int list;
	char *buf;
	size_t len;
	uint64_t by_zone[KM_MAX_ZONES]; /* pages of this list */
};

__attribute__((format(printf, 2, 3))) static bool complain(const struct check *check,
							   const char *fmt, ...)
{
	va_list args;
	int used;

	used = snprintf(check->buf, check->len, "node %u lru[%s]: ", check->node,
			list_names[check->list]);
	if (used < 0 || (size_t)used >= check->len)
		return false;
	va_start(args, fmt);
	vsnprintf(check->buf + used, check->len - used, fmt, args);
	va_end(args);
	return false;
}

/* Count the block at pfn for its zone, if it may be on the list at all. */
static bool check_block(struct check *check, uint32_t pfn, uint32_t prev)
{
	struct km_pages *pages = (struct km_pages *)check->pages;
	const struct page *page;
	const struct zone *zone;

	if (pfn >= pages->machine->nr_pfns)
		return complain(check, "pfn %u is beyond memory", pfn);
	page = km_page(pages->machine, pfn);
	if (page->state != KM_PAGE_USED || !(page->flags & KM_PG_LRU))
		return complain(check, "pfn %u is in state %u with flags 0x%x", pfn, page->state,
				page->flags);
	if (page->owner != KM_OWNER_ANON && page->owner != KM_OWNER_PAGE_CACHE)
		return complain(check, "pfn %u has owner %u", pfn, page->owner);
	if (km_lru_list_of(page) != check->list)
		return complain(check, "pfn %u belongs to %s", pfn,
				list_names[km_lru_list_of(page)]);
	if (page->prev != prev)
		return complain(check, "pfn %u does not link back", pfn);
	zone = km_pfn_zone(pages, pfn);
	if (!zone || zone->node != check->node)
		return complain(check, "pfn %u is not of the node", pfn);
	check->by_zone[zone - pages->zones] += 1ull << page->order;
	return true;
}

static bool check_list(struct check *check)
{
	const struct km_lru *lru = &check->pages->lru[check->node];
	const struct km_page_list *list = &lru->lists[check->list];
	uint32_t prev = KM_NO_PAGE;
	uint64_t nr = 0, sum = 0;

	for (uint32_t pfn = list->head; list->nr && pfn != KM_NO_PAGE;
	     pfn = km_page(check->pages->machine, pfn)->next) {
		if (++nr > list->nr)
			return complain(check, "nr is %llu, but more blocks are linked",
					(unsigned long long)list->nr);
		if (!check_block(check, pfn, prev))
			return false;
		prev = pfn;
	}
	if (nr != list->nr)
		return complain(check, "nr is %llu, but %llu blocks are linked",
				(unsigned long long)list->nr, (unsigned long long)nr);
	if (nr && list->tail != prev)
		return complain(check, "tail is not the last block");
	for (unsigned int i = 0; i < check->pages->nr_zones; i++) {
		const struct zone *zone = &check->pages->zones[i];

		if (zone->node != check->node)
			continue;
		if (zone->lru_pages[check->list] != check->by_zone[i])
			return complain(check, "zone %s counts %llu pages, the list has %llu",
					km_zone_type_name(zone->type),
					(unsigned long long)zone->lru_pages[check->list],
					(unsigned long long)check->by_zone[i]);
		sum += check->by_zone[i];
	}
	if (sum != lru->nr_pages[check->list])
		return complain(check, "nr_pages is %llu, the list has %llu",
				(unsigned long long)lru->nr_pages[check->list],
				(unsigned long long)sum);
	return true;
}

const char *km_lru_is_valid(const struct km_pages *pages, char *buf, size_t len)
{
	for (unsigned int node = 0; node < pages->machine->profile.nr_nodes; node++)
		for (unsigned int list = 0; list < KM_NR_LRU; list++) {
			struct check check = {
				.pages = pages, .node = node, .list = list, .buf = buf, .len = len
			};

			if (!check_list(&check))
				return buf;
		}
	return NULL;
}
