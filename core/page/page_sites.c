/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Call sites by pfn: open addressing, no entry is ever removed, at most three of four slots
 * are used.
 */
#include "core/page/page_sites.h"

#include <errno.h>
#include <stdlib.h>

#include "core/machine/machine.h"

#define MIN_SHIFT 8

struct km_page_sites {
	struct km_page_site *slots;
	unsigned int shift; /* 1 << shift slots */
	uint64_t nr;
	uint64_t age; /* of the next entry */
};

struct km_page_sites *km_page_sites_new(void)
{
	struct km_page_sites *sites = calloc(1, sizeof(*sites));

	if (!sites)
		return NULL;
	sites->shift = MIN_SHIFT;
	sites->slots = calloc(1u << sites->shift, sizeof(*sites->slots));
	if (!sites->slots) {
		free(sites);
		return NULL;
	}
	return sites;
}

void km_page_sites_free(struct km_page_sites *sites)
{
	if (!sites)
		return;
	free(sites->slots);
	free(sites);
}

/* The entry of pfn, or the unused slot where it would be. */
static struct km_page_site *find_slot(const struct km_page_sites *sites, uint64_t pfn)
{
	uint64_t mask = (1ull << sites->shift) - 1;
	uint64_t i = (pfn * 0x9e3779b97f4a7c15ull) >> (64 - sites->shift);

	while (sites->slots[i].is_used && sites->slots[i].pfn != pfn)
		i = (i + 1) & mask;
	return &sites->slots[i];
}

static int grow(struct km_page_sites *sites)
{
	struct km_page_sites bigger = { .shift = sites->shift + 1,
					.nr = sites->nr,
					.age = sites->age };

	bigger.slots = calloc(1ull << bigger.shift, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (uint64_t i = 0; i < 1ull << sites->shift; i++)
		if (sites->slots[i].is_used)
			*find_slot(&bigger, sites->slots[i].pfn) = sites->slots[i];
	free(sites->slots);
	*sites = bigger;
	return 0;
}

/* The entry of pfn, made if there is none; NULL without memory. */
static struct km_page_site *get_slot(struct km_page_sites *sites, uint64_t pfn)
{
	struct km_page_site *slot = find_slot(sites, pfn);

	if (slot->is_used)
		return slot;
	if (sites->nr >= 3ull << sites->shift >> 2) {
		if (grow(sites))
			return NULL;
		slot = find_slot(sites, pfn);
	}
	sites->nr++;
	*slot = (struct km_page_site){ .pfn = (uint32_t)pfn, .is_used = true };
	return slot;
}

int km_page_sites_give(struct km_page_sites *sites, uint64_t pfn, unsigned int order, uint64_t site)
{
	struct km_page_site *slot = get_slot(sites, pfn);

	if (!slot)
		return -ENOMEM;
	slot->alloc_site = site;
	slot->free_site = 0;
	slot->was_freed = false;
	slot->order = (uint8_t)order;
	slot->age = sites->age++;
	return 0;
}

int km_page_sites_take(struct km_page_sites *sites, uint64_t pfn, unsigned int order, uint64_t site)
{
	struct km_page_site *slot = get_slot(sites, pfn);

	if (!slot)
		return -ENOMEM;
	/* Somebody else gave it out since this was written. */
	if (slot->was_freed)
		slot->alloc_site = 0;
	slot->free_site = site;
	slot->was_freed = true;
	slot->order = (uint8_t)order;
	slot->age = sites->age++;
	return 0;
}

const struct km_page_site *km_page_sites_find(const struct km_page_sites *sites, uint64_t pfn)
{
	const struct km_page_site *youngest = NULL;

	for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
		const struct km_page_site *slot = find_slot(sites, pfn >> order << order);

		if (slot->is_used && slot->order >= order &&
		    (!youngest || slot->age > youngest->age))
			youngest = slot;
	}
	return youngest;
}
