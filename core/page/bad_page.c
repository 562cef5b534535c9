/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which calls are bad: what a page is, and what may be done with it.
 */
#include "core/page/bad_page.h"

#include <string.h>

#include "core/page/held.h"
#include "core/page/zone.h"

/* Free blocks of the largest order have no descriptor until somebody touches them. */
static bool is_untouched(const struct zone *zone, uint64_t pfn)
{
	uint64_t head = pfn >> KM_MAX_ORDER << KM_MAX_ORDER;

	for (int type = 0; type < KM_NR_MIGRATETYPES; type++)
		for (size_t i = 0; i < zone->untouched[type].nr; i++)
			if (zone->untouched[type].pfns[i] == head)
				return true;
	return false;
}

static void read_block(const struct km_machine *machine, struct km_page_facts *facts)
{
	facts->page = *km_page(machine, facts->head);
	switch (facts->page.state) {
	case KM_PAGE_FREE:
		facts->standing = KM_STANDS_FREE;
		break;
	case KM_PAGE_PCP:
		facts->standing = KM_STANDS_PCP;
		break;
	default:
		facts->standing = KM_STANDS_USED;
		break;
	}
}

void km_page_facts_read(const struct km_pages *pages, uint64_t pfn, struct km_page_facts *facts)
{
	const struct km_machine *machine = pages->machine;
	int index;

	*facts = (struct km_page_facts){ .pfn = pfn, .head = KM_NO_PFN };
	if (pfn >= machine->nr_pfns)
		return;
	index = km_pfn_zone_index(pages, pfn);
	facts->head = km_page_block(machine, pfn);
	if (index < 0 || (facts->head == KM_NO_PFN && !km_pfn_is_ram(machine, pfn))) {
		facts->standing = KM_STANDS_HOLE;
		return;
	}
	facts->has_zone = true;
	facts->zone = pages->zones[index].type;
	facts->node = pages->zones[index].node;
	if (facts->head != KM_NO_PFN) {
		read_block(machine, facts);
	} else if (is_untouched(&pages->zones[index], pfn)) {
		facts->standing = KM_STANDS_FREE;
		facts->head = pfn >> KM_MAX_ORDER << KM_MAX_ORDER;
		facts->page.state = KM_PAGE_FREE;
		facts->page.order = KM_MAX_ORDER;
	} else {
		facts->standing = KM_STANDS_HELD;
		facts->page = *km_page(machine, pfn);
	}
}

/* Those that call the page allocator themselves own what it gave them. */
static enum km_bad_kind check_owner(enum km_page_owner is, enum km_page_owner owner)
{
	if (is == owner)
		return KM_BAD_NONE;
	switch (is) {
	case KM_OWNER_BOOTMEM:
		return KM_BAD_BOOTMEM;
	case KM_OWNER_SLAB:
		return KM_BAD_SLAB;
	case KM_OWNER_LARGE_KMALLOC:
	case KM_OWNER_VMALLOC:
	case KM_OWNER_PAGE_TABLE:
	case KM_OWNER_PERCPU:
		return KM_BAD_OWNER;
	default:
		return KM_BAD_NONE;
	}
}

enum km_bad_kind km_bad_free(const struct km_page_facts *facts, unsigned int order,
			     enum km_page_owner owner)
{
	enum km_bad_kind bad;

	if (order > KM_MAX_ORDER)
		return KM_BAD_ORDER_TOO_LARGE;
	switch (facts->standing) {
	case KM_STANDS_BEYOND:
		return KM_BAD_BEYOND;
	case KM_STANDS_HOLE:
		return KM_BAD_HOLE;
	case KM_STANDS_HELD:
		return KM_BAD_HELD;
	case KM_STANDS_FREE:
		return facts->was_freed ? KM_BAD_DOUBLE_FREE : KM_BAD_FREE_PAGE;
	case KM_STANDS_PCP:
		return facts->was_freed ? KM_BAD_DOUBLE_FREE : KM_BAD_PCP_PAGE;
	case KM_STANDS_USED:
		break;
	}
	bad = check_owner(facts->page.owner, owner);
	if (bad)
		return bad;
	if (facts->head != facts->pfn)
		return KM_BAD_MIDDLE;
	if (!facts->page.count)
		return KM_BAD_COUNT;
	return facts->page.order == order ? KM_BAD_NONE : KM_BAD_ORDER;
}

enum km_bad_kind km_bad_address(struct km_pages *pages, uint64_t addr, uint64_t *pfn)
{
	const struct km_profile *profile = &pages->machine->profile;
	const struct zone *zone;

	*pfn = KM_NO_PFN;
	if (addr < profile->page_offset ||
	    (addr >= profile->vmalloc_start && addr < profile->vmalloc_end))
		return KM_BAD_NOT_DIRECT;
	*pfn = km_addr_to_pfn(pages->machine, addr);
	if (*pfn == KM_NO_PFN)
		return KM_BAD_BEYOND;
	zone = km_pfn_zone(pages, *pfn);
	if (zone && zone->type == KM_ZONE_HIGHMEM) {
		/* What lies there is not the page of that number: high pages have no address. */
		*pfn = KM_NO_PFN;
		return KM_BAD_NOT_DIRECT;
	}
	return addr & ((1ull << profile->page_shift) - 1) ? KM_BAD_UNALIGNED : KM_BAD_NONE;
}
