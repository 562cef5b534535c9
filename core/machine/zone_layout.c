/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zones from ranges of RAM.
 *
 *   RAM         |## ####|        |##########|
 *   node 0      '---------------------------'
 *   limits      '--DMA--'---- DMA32 ---'--- Normal ...
 *   zones       '--DMA--'---- DMA32 ---'-Normal-'
 *
 * Not modelled: ZONE_MOVABLE by kernelcore= and movablecore=, ZONE_DEVICE; on 32 bit a border
 * below 896 MiB, where vmalloc= or what newer kernels map for each possible CPU asks for more.
 *
 * Mirrors mm/mm_init.c and arch/x86/mm/init.c 6.12.
 */
#include <errno.h>
#include <string.h>

#include "core/machine/zone_layout.h"

#define MIB (1ull << 20)

struct layout {
	const struct km_profile *profile;
	unsigned int nr;
	struct km_zone_desc zones[KM_MAX_ZONES];
};

/* Upper end of each type as a pfn; types that do not exist end where the one below does. */
static void type_limits(const struct km_profile *profile, uint64_t limit[KM_NR_ZONE_TYPES])
{
	const bool is_64 = profile->address_bits == 64;
	const unsigned int shift = profile->page_shift;

	limit[KM_ZONE_DMA] = 16 * MIB >> shift;
	limit[KM_ZONE_DMA32] = is_64 ? 4096 * MIB >> shift : limit[KM_ZONE_DMA];
	limit[KM_ZONE_NORMAL] = is_64 ? UINT64_MAX : 896 * MIB >> shift;
	limit[KM_ZONE_HIGHMEM] = UINT64_MAX;
	limit[KM_ZONE_MOVABLE] = UINT64_MAX;
}

/* First and last page of a node's RAM; false if it has none. */
static bool node_span(const struct km_profile *profile, unsigned int node, uint64_t *start,
		      uint64_t *end)
{
	*start = UINT64_MAX;
	*end = 0;
	for (unsigned int i = 0; i < profile->nr_ranges; i++) {
		const struct km_mem_range *range = &profile->ranges[i];

		if (range->node != node)
			continue;
		if (range->start_pfn < *start)
			*start = range->start_pfn;
		if (range->end_pfn > *end)
			*end = range->end_pfn;
	}
	return *end > 0;
}

static int add_zone(struct layout *layout, enum km_zone_type type, unsigned int node,
		    uint64_t start, uint64_t end)
{
	uint64_t present;

	if (start >= end)
		return 0;
	present = km_profile_ram_pages(layout->profile, start, end, node);
	if (!present)
		return 0;
	if (layout->nr == KM_MAX_ZONES)
		return -E2BIG;
	layout->zones[layout->nr++] = (struct km_zone_desc){ .type = type,
							     .node = node,
							     .start_pfn = start,
							     .spanned_pages = end - start,
							     .present_pages = present,
							     .managed_pages = present };
	return 0;
}

static int add_node(struct layout *layout, unsigned int node)
{
	uint64_t limit[KM_NR_ZONE_TYPES], start, end, below = 0;
	int err = 0;

	if (!node_span(layout->profile, node, &start, &end))
		return 0;
	type_limits(layout->profile, limit);
	for (int type = 0; type < KM_NR_ZONE_TYPES && !err; type++) {
		err = add_zone(layout, type, node, start > below ? start : below,
			       end < limit[type] ? end : limit[type]);
		below = limit[type];
	}
	return err;
}

int km_zones_from_ranges(struct km_profile *profile)
{
	struct layout layout = { .profile = profile };
	int err = 0;

	if (!profile->nr_ranges)
		return -EINVAL;
	for (unsigned int node = 0; node < profile->nr_nodes && !err; node++)
		err = add_node(&layout, node);
	if (err)
		return err;
	memset(profile->zones, 0, sizeof(profile->zones));
	memcpy(profile->zones, layout.zones, layout.nr * sizeof(layout.zones[0]));
	profile->nr_zones = layout.nr;
	return 0;
}
