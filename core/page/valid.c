/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does every list, count and buddy rule hold?
 *
 *   lists        links both ways, ends, number of blocks; each block in the zone,
 *                aligned, of the state, order and type of its list
 *   counts       nr_free, free_orders, free_pages, free_by_type, pcp count and pcp_pages,
 *                held_pages
 *   descriptors  free and per-cpu heads are all on lists; what is inside a block is
 *                zero, or marked by the block's owner; held pages are zero
 *   buddies      no free block has a free buddy it could have been merged with
 *   pages        free + per-cpu + used + held = managed
 *   LRU          lists of used blocks: lru_valid.c
 *
 * Reads the descriptor of every spanned page: for tests and for --check.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/page/buddy.h"
#include "core/page/held.h"
#include "core/page/lru.h"
#include "core/page/pcp.h"

struct check {
	const struct km_pages *pages;
	const struct zone *zone;
	char *buf;
	size_t len;
	bool failed;
	/* found on lists */
	uint64_t listed_free, listed_pcp;
	/* found among descriptors: heads, and pages */
	uint64_t free_heads, pcp_heads;
	uint64_t free_pages, pcp_pages, used_pages;
	uint64_t untouched_pages;
	uint64_t lru_pages; /* whose heads say that they are on a list */
};

__attribute__((format(printf, 2, 3))) static bool complain(struct check *check, const char *fmt,
							   ...)
{
	va_list args;
	int used;

	if (check->failed)
		return false;
	check->failed = true;
	used = snprintf(check->buf, check->len, "node %u zone %s: ", check->zone->node,
			km_zone_type_name(check->zone->type));
	if (used < 0 || (size_t)used >= check->len)
		return false;
	va_start(args, fmt);
	vsnprintf(check->buf + used, check->len - used, fmt, args);
	va_end(args);
	return false;
}

static bool is_zero(const struct page *page)
{
	static const struct page zero;

	return !memcmp(page, &zero, sizeof(zero));
}

static bool in_zone(const struct zone *zone, uint64_t pfn, unsigned int order)
{
	return pfn >= zone->start_pfn && pfn + (1ull << order) <= km_zone_end(zone);
}

/* What a list's blocks must be. */
struct list_kind {
	const char *name; /* "free_area" or "pcp" */
	enum km_page_state state;
	unsigned int order, type;
	uint64_t not_linked; /* blocks counted, but not linked */
	bool any_type;
};

static bool check_block(struct check *check, const struct list_kind *kind, uint64_t pfn)
{
	const struct page *page;

	if (!in_zone(check->zone, pfn, kind->order))
		return complain(check, "%s[%u].list[%s]: pfn %llu is outside the zone", kind->name,
				kind->order, km_migratetype_name(kind->type),
				(unsigned long long)pfn);
	page = km_page(check->pages->machine, pfn);
	if (page->state != kind->state)
		return complain(check, "%s[%u].list[%s]: pfn %llu is in state %u", kind->name,
				kind->order, km_migratetype_name(kind->type),
				(unsigned long long)pfn, page->state);
	if (page->order != kind->order)
		return complain(check, "%s[%u].list[%s]: pfn %llu has order %u", kind->name,
				kind->order, km_migratetype_name(kind->type),
				(unsigned long long)pfn, page->order);
	if (!kind->any_type && page->migratetype != kind->type)
		return complain(check, "%s[%u].list[%s]: pfn %llu has type %s", kind->name,
				kind->order, km_migratetype_name(kind->type),
				(unsigned long long)pfn, km_migratetype_name(page->migratetype));
	if (pfn & ((1ull << kind->order) - 1))
		return complain(check, "%s[%u].list[%s]: pfn %llu is not aligned", kind->name,
				kind->order, km_migratetype_name(kind->type),
				(unsigned long long)pfn);
	return true;
}

static bool check_list(struct check *check, const struct list_kind *kind,
		       const struct km_page_list *list)
{
	uint32_t prev = KM_NO_PAGE;
	uint64_t nr = 0;

	for (uint32_t pfn = list->head; pfn != KM_NO_PAGE;) {
		const struct page *page;

		if (!check_block(check, kind, pfn))
			return false;
		page = km_page(check->pages->machine, pfn);
		if (page->prev != prev)
			return complain(check, "%s[%u].list[%s]: pfn %u does not link back",
					kind->name, kind->order, km_migratetype_name(kind->type),
					pfn);
		if (++nr > list->nr)
			break;
		prev = pfn;
		pfn = page->next;
	}
	nr += kind->not_linked;
	if (nr != list->nr)
		return complain(check, "%s[%u].list[%s]: nr is %llu, but %s%llu blocks are linked",
				kind->name, kind->order, km_migratetype_name(kind->type),
				(unsigned long long)list->nr, nr > list->nr ? "at least " : "",
				(unsigned long long)nr);
	if (list->tail != prev)
		return complain(check, "%s[%u].list[%s]: tail is not the last block", kind->name,
				kind->order, km_migratetype_name(kind->type));
	return true;
}

static bool check_untouched(struct check *check, unsigned int type)
{
	const struct km_pfn_stack *stack = &check->zone->untouched[type];

	for (size_t i = 0; i < stack->nr; i++) {
		uint64_t pfn = stack->pfns[i];

		if (!in_zone(check->zone, pfn, KM_MAX_ORDER) || pfn & ((1ull << KM_MAX_ORDER) - 1))
			return complain(check, "untouched[%s]: pfn %llu is misplaced",
					km_migratetype_name(type), (unsigned long long)pfn);
		for (uint64_t j = 0; j < 1ull << KM_MAX_ORDER; j++)
			if (!is_zero(km_page(check->pages->machine, pfn + j)))
				return complain(check, "untouched[%s]: pfn %llu was touched",
						km_migratetype_name(type),
						(unsigned long long)(pfn + j));
	}
	check->untouched_pages += (uint64_t)stack->nr << KM_MAX_ORDER;
	return true;
}

static bool check_free_areas(struct check *check)
{
	const struct zone *zone = check->zone;
	uint64_t free_pages = 0, by_type[KM_NR_MIGRATETYPES] = { 0 };

	for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
		const struct km_free_area *area = &zone->free_area[order];
		uint64_t nr = 0;

		for (unsigned int type = 0; type < KM_NR_MIGRATETYPES; type++) {
			struct list_kind kind = { .name = "free_area",
						  .state = KM_PAGE_FREE,
						  .order = order,
						  .type = type };

			if (order == KM_MAX_ORDER) {
				if (!check_untouched(check, type))
					return false;
				kind.not_linked = zone->untouched[type].nr;
			}
			if (!check_list(check, &kind, &area->list[type]))
				return false;
			if (!!area->list[type].nr != (zone->free_orders[type] >> order & 1))
				return complain(check, "free_orders[%s]: bit %u is %u, nr is %llu",
						km_migratetype_name(type), order,
						zone->free_orders[type] >> order & 1,
						(unsigned long long)area->list[type].nr);
			nr += area->list[type].nr;
			by_type[type] += area->list[type].nr << order;
			check->listed_free += area->list[type].nr - kind.not_linked;
		}
		if (nr != area->nr_free)
			return complain(check, "free_area[%u]: nr_free is %llu, lists have %llu",
					order, (unsigned long long)area->nr_free,
					(unsigned long long)nr);
		free_pages += nr << order;
	}
	if (free_pages != zone->free_pages)
		return complain(check, "free_pages is %llu, lists have %llu",
				(unsigned long long)zone->free_pages,
				(unsigned long long)free_pages);
	for (unsigned int type = 0; type < KM_NR_MIGRATETYPES; type++)
		if (by_type[type] != zone->free_by_type[type])
			return complain(check, "free_by_type[%s] is %llu, lists have %llu",
					km_migratetype_name(type),
					(unsigned long long)zone->free_by_type[type],
					(unsigned long long)by_type[type]);
	return true;
}

static bool check_pcp(struct check *check, unsigned int cpu, uint64_t *pages)
{
	const struct km_pcp *pcp = &check->zone->pcp[cpu];
	uint64_t count = 0;

	for (unsigned int i = 0; i < KM_PCP_LISTS; i++) {
		struct list_kind kind = { .name = "pcp",
					  .state = KM_PAGE_PCP,
					  .order = km_pcp_list_order(i),
					  .type = i % KM_MIGRATE_PCPTYPES,
					  .any_type = i >= KM_PCP_LOW_LISTS };

		if (!check_list(check, &kind, &pcp->lists[i]))
			return false;
		count += pcp->lists[i].nr << kind.order;
		check->listed_pcp += pcp->lists[i].nr;
	}
	if (pcp->count < 0 || count != (uint64_t)pcp->count)
		return complain(check, "pcp of cpu %u: count is %d, lists have %llu", cpu,
				pcp->count, (unsigned long long)count);
	*pages += count;
	return true;
}

static bool check_pcps(struct check *check)
{
	uint64_t pages = 0;

	for (unsigned int cpu = 0; cpu < check->pages->machine->nr_cpus; cpu++)
		if (!check_pcp(check, cpu, &pages))
			return false;
	if (pages != check->zone->pcp_pages)
		return complain(check, "pcp_pages is %llu, per-cpu lists have %llu",
				(unsigned long long)check->zone->pcp_pages,
				(unsigned long long)pages);
	return true;
}

/* Could the kernel have merged this free block with its buddy? */
static bool check_buddy(struct check *check, uint64_t pfn)
{
	const struct page *page = km_page(check->pages->machine, pfn);
	unsigned int pageblock_order = check->pages->machine->profile.pageblock_order;
	uint64_t buddy = pfn ^ 1ull << page->order;
	const struct page *other;

	if (page->order == KM_MAX_ORDER || buddy < pfn || !in_zone(check->zone, buddy, page->order))
		return true;
	other = km_page(check->pages->machine, buddy);
	if (other->state != KM_PAGE_FREE || other->order != page->order)
		return true;
	if (page->order >= pageblock_order && page->migratetype != other->migratetype &&
	    (page->migratetype >= KM_MIGRATE_PCPTYPES || other->migratetype >= KM_MIGRATE_PCPTYPES))
		return true;
	return complain(check, "pfn %llu and its buddy %llu are both free with order %u",
			(unsigned long long)pfn, (unsigned long long)buddy, page->order);
}

/* A block's head at pfn; *nr is its size. */
static bool check_head(struct check *check, uint64_t pfn, uint64_t *nr)
{
	const struct page *page = km_page(check->pages->machine, pfn);

	*nr = page->order <= KM_MAX_ORDER ? 1ull << page->order : 0;
	if (!*nr || pfn & (*nr - 1) || !in_zone(check->zone, pfn, page->order))
		return complain(check, "pfn %llu: no block of order %u can begin here",
				(unsigned long long)pfn, page->order);
	for (uint64_t i = 1; i < *nr; i++) {
		const struct page *inside = km_page(check->pages->machine, pfn + i);

		if (is_zero(inside) ||
		    (page->state == KM_PAGE_USED && inside->state == KM_PAGE_TAIL))
			continue;
		return complain(check, "pfn %llu: inside the block of pfn %llu, but not clear",
				(unsigned long long)(pfn + i), (unsigned long long)pfn);
	}
	switch (page->state) {
	case KM_PAGE_FREE:
		check->free_heads++;
		check->free_pages += *nr;
		return check_buddy(check, pfn);
	case KM_PAGE_PCP:
		check->pcp_heads++;
		check->pcp_pages += *nr;
		return true;
	default:
		if (page->flags & KM_PG_LRU)
			check->lru_pages += *nr;
		check->used_pages += *nr;
		return true;
	}
}

/* The spans of zones of different nodes may be interleaved. */
static bool belongs_elsewhere(const struct check *check, uint64_t pfn)
{
	return check->pages->machine->profile.nr_nodes > 1 &&
	       km_pfn_zone_index(check->pages, pfn) != check->zone - check->pages->zones;
}

static bool check_descriptors(struct check *check)
{
	const struct zone *zone = check->zone;
	uint64_t nr;

	for (uint64_t pfn = zone->start_pfn; pfn < km_zone_end(zone); pfn += nr) {
		const struct page *page = km_page(check->pages->machine, pfn);

		nr = 1;
		if (is_zero(page) || belongs_elsewhere(check, pfn))
			continue;
		if (page->state != KM_PAGE_FREE && page->state != KM_PAGE_PCP &&
		    page->state != KM_PAGE_USED)
			return complain(check, "pfn %llu: in state %u, but inside no block",
					(unsigned long long)pfn, page->state);
		if (!check_head(check, pfn, &nr))
			return false;
	}
	if (check->free_heads != check->listed_free)
		return complain(check, "%llu free blocks, but %llu on lists",
				(unsigned long long)check->free_heads,
				(unsigned long long)check->listed_free);
	if (check->pcp_heads != check->listed_pcp)
		return complain(check, "%llu per-cpu blocks, but %llu on lists",
				(unsigned long long)check->pcp_heads,
				(unsigned long long)check->listed_pcp);
	return true;
}

static int by_first(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return x[0] < y[0] ? -1 : x[0] > y[0];
}

/* Held blocks: [first, end) pairs must be in the zone, clear, and apart. */
static bool check_held_blocks(struct check *check, uint64_t (*blocks)[2], size_t nr)
{
	qsort(blocks, nr, sizeof(*blocks), by_first);
	for (size_t i = 0; i < nr; i++) {
		if (blocks[i][0] < check->zone->start_pfn ||
		    blocks[i][1] > km_zone_end(check->zone))
			return complain(check, "held block of pfn %llu is outside the zone",
					(unsigned long long)blocks[i][0]);
		if (i && blocks[i - 1][1] > blocks[i][0])
			return complain(check, "held blocks overlap at pfn %llu",
					(unsigned long long)blocks[i][0]);
		for (uint64_t pfn = blocks[i][0]; pfn < blocks[i][1]; pfn++)
			if (!is_zero(km_page(check->pages->machine, pfn)))
				return complain(check, "pfn %llu is held, but not clear",
						(unsigned long long)pfn);
	}
	return true;
}

/* Held by number: blocks and bits must tell the same, and the pages be clear. */
static bool check_held_bits(struct check *check)
{
	const struct zone *zone = check->zone;
	uint64_t nr = 0, listed = 0, pages = 0;

	for (uint64_t pfn = zone->start_pfn; pfn < km_zone_end(zone); pfn++) {
		unsigned int sets = 0;

		for (int kind = 0; kind < KM_NR_HELD; kind++)
			sets += km_held_has(&zone->held[kind], pfn);
		nr += sets;
		if (sets > 1)
			return complain(check, "pfn %llu is held twice", (unsigned long long)pfn);
		if (sets && !is_zero(km_page(check->pages->machine, pfn)))
			return complain(check, "pfn %llu is held, but not clear",
					(unsigned long long)pfn);
	}
	for (int kind = 0; kind < KM_NR_HELD; kind++) {
		const struct km_held *held = &zone->held[kind];

		pages += held->nr_pages;
		for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
			for (size_t i = 0; i < held->blocks[order].nr; i++)
				for (uint64_t at = 0; at < 1ull << order; at++)
					listed +=
						km_held_has(held, held->blocks[order].pfns[i] + at);
	}
	/* A page that went and came back may be in two blocks: the first that is cut has it. */
	if (nr > listed)
		return complain(check, "%llu pages are held by number, held blocks have %llu",
				(unsigned long long)nr, (unsigned long long)listed);
	if (nr != zone->held_pages || nr != pages)
		return complain(check,
				"held_pages is %llu, the sets' %llu, %llu are held by number",
				(unsigned long long)zone->held_pages, (unsigned long long)pages,
				(unsigned long long)nr);
	return true;
}

static bool check_held(struct check *check)
{
	const struct km_held *held = check->zone->held;
	uint64_t(*blocks)[2];
	uint64_t pages = 0;
	size_t nr = 0, i = 0;
	bool ok;

	if (check->zone->held_by_number)
		return check_held_bits(check);
	for (int kind = 0; kind < KM_NR_HELD; kind++) {
		pages += held[kind].nr_pages;
		for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
			nr += held[kind].blocks[order].nr;
	}
	if (pages != check->zone->held_pages)
		return complain(check, "held_pages is %llu, held blocks have %llu",
				(unsigned long long)check->zone->held_pages,
				(unsigned long long)pages);
	if (!nr)
		return true;
	blocks = malloc(nr * sizeof(*blocks));
	if (!blocks)
		return complain(check, "no memory to check held blocks");
	for (int kind = 0; kind < KM_NR_HELD; kind++)
		for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
			for (size_t j = 0; j < held[kind].blocks[order].nr; j++, i++) {
				blocks[i][0] = held[kind].blocks[order].pfns[j];
				blocks[i][1] = blocks[i][0] + (1ull << order);
			}
	ok = check_held_blocks(check, blocks, nr);
	free(blocks);
	return ok;
}

static bool check_sum(struct check *check)
{
	const struct zone *zone = check->zone;
	uint64_t sum = zone->free_pages + zone->pcp_pages + check->used_pages + zone->held_pages;

	if (sum == zone->managed_pages)
		return true;
	return complain(check, "free %llu + pcp %llu + used %llu + held %llu is not managed %llu",
			(unsigned long long)zone->free_pages, (unsigned long long)zone->pcp_pages,
			(unsigned long long)check->used_pages, (unsigned long long)zone->held_pages,
			(unsigned long long)zone->managed_pages);
}

/* Are the blocks that say so those on the lists? */
static bool check_lru(struct check *check)
{
	uint64_t listed = 0;

	for (unsigned int list = 0; list < KM_NR_LRU; list++)
		listed += check->zone->lru_pages[list];
	return listed == check->lru_pages ||
	       complain(check, "%llu pages say that they are on LRU lists, these have %llu",
			(unsigned long long)check->lru_pages, (unsigned long long)listed);
}

const char *km_pages_is_valid(const struct km_pages *pages, char *buf, size_t len)
{
	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		struct check check = {
			.pages = pages, .zone = &pages->zones[i], .buf = buf, .len = len
		};

		if (!check_free_areas(&check) || !check_pcps(&check) ||
		    !check_descriptors(&check) || !check_held(&check) || !check_sum(&check) ||
		    !check_lru(&check))
			return buf;
	}
	return km_lru_is_valid(pages, buf, len);
}
