/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How broken up is free memory?  Two indices for one order.
 *
 * Mirrors mm/vmstat.c 6.12: fill_contig_page_info(), unusable_free_index(),
 * __fragmentation_index(), with its integer divisions.
 */
#include "core/page/page_alloc.h"

struct contig_info {
	uint64_t free_pages;
	uint64_t free_blocks;
	uint64_t suitable; /* blocks of the order that could be cut from the free ones */
};

static struct contig_info contig_info(const struct zone *zone, unsigned int order)
{
	struct contig_info info = { 0 };

	for (unsigned int i = 0; i < KM_NR_ORDERS; i++) {
		uint64_t blocks = zone->free_area[i].nr_free;

		info.free_blocks += blocks;
		info.free_pages += blocks << i;
		if (i >= order)
			info.suitable += blocks << (i - order);
	}
	return info;
}

int km_unusable_index(const struct zone *zone, unsigned int order)
{
	struct contig_info info = contig_info(zone, order);

	if (!info.free_pages)
		return 1000;
	return (info.free_pages - (info.suitable << order)) * 1000 / info.free_pages;
}

int km_fragmentation_index(const struct zone *zone, unsigned int order)
{
	struct contig_info info = contig_info(zone, order);

	if (!info.free_blocks)
		return 0;
	if (info.suitable)
		return -1000;
	return 1000 - (int)((1000 + info.free_pages * 1000 / (1ull << order)) / info.free_blocks);
}
