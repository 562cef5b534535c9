/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Held pages become used ones: what the machine had in use when it was booted finds its
 * owner.  No free page is taken.
 */
#include <errno.h>

#include "core/page/held.h"
#include "core/page/pcp.h"
#include "core/page/zone.h"

/* Claimed pages that are nobody's are as movable as their pageblock; others do not move. */
static enum km_migratetype claimed_type(const struct km_pages *pages, const struct zone *zone,
					uint64_t pfn, enum km_page_owner owner)
{
	enum km_migratetype type = km_pageblock_type(pages, zone, pfn);

	if (owner != KM_OWNER_OTHER && type == KM_MIGRATE_MOVABLE)
		return KM_MIGRATE_UNMOVABLE;
	return type < KM_MIGRATE_PCPTYPES ? type : KM_MIGRATE_MOVABLE;
}

/*
 * Pages of nobody in particular come from movable pageblocks, the kernel's own from
 * others; when these are used up, another pageblock becomes one of them.
 */
static uint64_t take_held(struct km_pages *pages, struct zone *zone, unsigned int order,
			  enum km_page_owner owner)
{
	const unsigned int pageblock_order = pages->machine->profile.pageblock_order;
	struct km_held *movable = &zone->held[KM_HELD_MOVABLE];
	struct km_held *kernel = &zone->held[KM_HELD_KERNEL];
	uint64_t pfn;

	if (owner == KM_OWNER_OTHER) {
		pfn = km_held_take(movable, order);
		return pfn != KM_NO_PFN ? pfn : km_held_take(kernel, order);
	}
	if (owner == KM_OWNER_SLAB) {
		pfn = km_held_take(&zone->held[KM_HELD_SLAB], order);
		if (pfn != KM_NO_PFN)
			return pfn;
	}
	pfn = km_held_take(kernel, order);
	if (pfn != KM_NO_PFN)
		return pfn;
	pfn = km_held_take(movable, order > pageblock_order ? order : pageblock_order);
	if (pfn == KM_NO_PFN)
		return km_held_take(movable, order);
	km_pageblock_set_types(pages, zone, pfn,
			       1ull << (order > pageblock_order ? order : pageblock_order),
			       KM_MIGRATE_UNMOVABLE);
	if (order >= pageblock_order)
		return pfn;
	if (km_held_add(kernel, pfn, pageblock_order)) {
		km_pageblock_set_types(pages, zone, pfn, 1, KM_MIGRATE_MOVABLE);
		km_held_add(movable, pfn, pageblock_order); /* there it was: there is room */
		return KM_NO_PFN;
	}
	return km_held_take(kernel, order);
}

static uint64_t claim_from(struct km_pages *pages, struct zone *zone, unsigned int order,
			   enum km_page_owner owner)
{
	uint64_t pfn = take_held(pages, zone, order, owner);

	if (pfn == KM_NO_PFN)
		return KM_NO_PFN;
	zone->held_pages -= 1ull << order;
	km_page_set_used(km_page(pages->machine, pfn), order, claimed_type(pages, zone, pfn, owner),
			 owner);
	return pfn;
}

uint64_t km_pages_claim(struct km_pages *pages, enum km_zone_type zone, unsigned int node,
			unsigned int order, enum km_page_owner owner)
{
	uint64_t pfn = KM_NO_PFN;

	if (order > KM_MAX_ORDER || node >= pages->machine->profile.nr_nodes)
		return KM_NO_PFN;
	for (unsigned int i = 0; i < pages->nr_zones && pfn == KM_NO_PFN; i++)
		if (pages->zones[i].type == zone && pages->zones[i].node == node)
			pfn = claim_from(pages, &pages->zones[i], order, owner);
	for (unsigned int i = 0; i < pages->nr_zonelist[node] && pfn == KM_NO_PFN; i++)
		pfn = claim_from(pages, &pages->zones[pages->zonelist[node][i]], order, owner);
	return pfn;
}

/* Pages of the zone are held by number: this one no longer.  False if it was not held. */
static bool let_go(struct zone *zone, uint64_t pfn)
{
	for (int kind = 0; kind < KM_NR_HELD; kind++)
		if (km_held_take_page(&zone->held[kind], pfn)) {
			zone->held_pages--;
			return true;
		}
	return false;
}

static bool is_held(const struct zone *zone, uint64_t pfn)
{
	for (int kind = 0; kind < KM_NR_HELD; kind++)
		if (km_held_has(&zone->held[kind], pfn))
			return true;
	return false;
}

/* Call one(..., pfn) for each held page of the block, which is held no longer. */
static uint64_t let_all_go(struct km_pages *pages, uint64_t pfn, unsigned int order,
			   unsigned int cpu,
			   uint64_t (*one)(struct km_pages *pages, struct zone *zone, uint64_t pfn,
					   unsigned int cpu))
{
	uint64_t nr = 0;

	for (uint64_t end = pfn + (1ull << order); pfn < end; pfn++) {
		struct zone *zone = km_pfn_zone(pages, pfn);

		if (zone && zone->held_by_number && let_go(zone, pfn))
			nr += one(pages, zone, pfn, cpu);
	}
	return nr;
}

static uint64_t free_one(struct km_pages *pages, struct zone *zone, uint64_t pfn, unsigned int cpu)
{
	km_page_set_used(km_page(pages->machine, pfn), 0,
			 claimed_type(pages, zone, pfn, KM_OWNER_OTHER), KM_OWNER_OTHER);
	km_free_pages(pages, pfn, 0, cpu);
	return 1;
}

/* A page that was put on a list of that CPU by guess and still lies there; KM_NO_PFN. */
static uint64_t next_guess(struct km_pages *pages, struct zone *zone, unsigned int cpu)
{
	uint64_t pfn;

	while ((pfn = km_pfn_stack_pop(&zone->pcp_guess[cpu])) != KM_NO_PFN) {
		const struct page *page = km_page(pages->machine, pfn);

		if (page->state == KM_PAGE_PCP && page->priv == KM_PCP_GUESS)
			break;
	}
	return pfn;
}

static uint64_t was_on_list(struct km_pages *pages, struct zone *zone, uint64_t pfn,
			    unsigned int cpu)
{
	unsigned int nr_cpus = pages->machine->nr_cpus;

	for (unsigned int i = 0; i < nr_cpus; i++) {
		unsigned int at = (cpu + i) % nr_cpus;
		uint64_t guess = next_guess(pages, zone, at);

		if (guess == KM_NO_PFN)
			continue;
		km_pcp_replace(pages, zone, at, guess, pfn);
		if (!km_held_add(&zone->held[KM_HELD_KERNEL], guess, 0))
			zone->held_pages++;
		else
			zone->managed_pages--; /* no memory to remember it: it is out of the game */
		return 0;
	}
	return free_one(pages, zone, pfn, cpu);
}

int km_pages_claim_at(struct km_pages *pages, uint64_t pfn, unsigned int order,
		      enum km_page_owner owner)
{
	struct zone *zone = km_pfn_zone(pages, pfn);
	uint64_t end = pfn + (1ull << order);

	if (!zone || !zone->held_by_number || order > KM_MAX_ORDER || pfn & ((1ull << order) - 1))
		return -ENOENT;
	for (uint64_t at = pfn; at < end; at++)
		if (!is_held(zone, at))
			return -ENOENT;
	for (uint64_t at = pfn; at < end; at++)
		let_go(zone, at);
	km_page_set_used(km_page(pages->machine, pfn), order, claimed_type(pages, zone, pfn, owner),
			 owner);
	return 0;
}

/* A page that the model's compaction has moved away: any of those that could move. */
static uint64_t free_moved(struct km_pages *pages, struct zone *zone, unsigned int cpu)
{
	uint64_t pfn;

	if (!zone || !zone->nr_held_moved)
		return 0;
	zone->nr_held_moved--;
	pfn = km_held_take(&zone->held[KM_HELD_MOVABLE], 0);
	if (pfn == KM_NO_PFN)
		return 0;
	zone->held_pages--;
	return free_one(pages, zone, pfn, cpu);
}

uint64_t km_pages_free_held(struct km_pages *pages, uint64_t pfn, unsigned int order,
			    unsigned int cpu)
{
	uint64_t nr;

	if (order > KM_MAX_ORDER)
		return 0;
	if (!km_pages_claim_at(pages, pfn, order, KM_OWNER_OTHER)) {
		km_free_pages(pages, pfn, order, cpu);
		return 1ull << order;
	}
	nr = let_all_go(pages, pfn, order, cpu, free_one);
	return nr ? nr : free_moved(pages, km_pfn_zone(pages, pfn), cpu);
}

uint64_t km_pages_host_took(struct km_pages *pages, uint64_t pfn, unsigned int order,
			    unsigned int cpu)
{
	return order <= KM_MAX_ORDER ? let_all_go(pages, pfn, order, cpu, was_on_list) : 0;
}
