/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a zone's sizes make of it at boot: watermarks, lowmem reserves, per-cpu lists.
 *
 *   min_free_kbytes ─▶ share of each zone ─▶ min, low, high, promo ─▶ pcp high
 *   managed pages of higher zones / ratio ─▶ lowmem_reserve
 *
 * Two generations: by present pages as in 2.6.32, and by managed pages
 * (KM_FEAT_MANAGED_PAGES).  Kernels in between are not covered.
 *
 * Not modelled: what khugepaged adds to min_free_kbytes by itself (a snapshot has the sum;
 * km_recommended_min_free_kbytes() tells it), memory hotplug.
 *
 * Mirrors mm/page_alloc.c 2.6.32, 5.10, 6.1, 6.12; mm/khugepaged.c 6.12.
 */
#include <string.h>

#include "core/page/zone.h"

#define HIGH_FRACTION_MIN 8 /* MIN_PERCPU_PAGELIST_HIGH_FRACTION */

uint64_t km_int_sqrt(uint64_t x)
{
	uint64_t root = 0;

	for (uint64_t bit = 1ull << 31; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= x)
			root |= bit;
	return root;
}

uint64_t km_min_free_kbytes(uint64_t lowmem_kbytes, unsigned int features)
{
	uint64_t most = features & KM_FEAT_MIN_FREE_256M ? 256 << 10 : 64 << 10;
	uint64_t kbytes = km_int_sqrt(lowmem_kbytes * 16);

	return kbytes < 128 ? 128 : kbytes > most ? most : kbytes;
}

/* SZ_1M / PAGE_SIZE, more than which a batch does not look at. */
static uint64_t mib_pages(unsigned int page_shift)
{
	return (1u << 20) >> page_shift;
}

uint64_t km_zone_batchsize(uint64_t pages, unsigned int page_shift)
{
	uint64_t most = mib_pages(page_shift);
	uint64_t batch = pages >> 10;
	uint64_t power = 1;

	batch = (batch < most ? batch : most) / 4;
	if (!batch)
		batch = 1;
	batch += batch / 2;
	while (power * 2 <= batch)
		power *= 2;
	return power > 1 ? power - 1 : 1;
}

uint64_t km_zone_highsize(uint64_t total_pages, uint64_t batch, unsigned int nr_cpus)
{
	uint64_t high = total_pages / nr_cpus;

	return high > batch * 4 ? high : batch * 4;
}

static unsigned int features_of(const struct km_pages *pages)
{
	return pages->machine->profile.features;
}

/* The pages that the kernel's formulas mean. */
static uint64_t zone_size(const struct km_pages *pages, const struct zone *zone)
{
	return features_of(pages) & KM_FEAT_MANAGED_PAGES ? zone->managed_pages
							  : zone->present_pages;
}

/* is_highmem(), and Movable where that is made of high memory or is capped like it. */
static bool is_lowmem(const struct km_pages *pages, const struct zone *zone)
{
	if (zone->type == KM_ZONE_MOVABLE)
		return !(features_of(pages) & KM_FEAT_MOVABLE_CAPPED) &&
		       pages->machine->profile.address_bits == 64;
	return zone->type != KM_ZONE_HIGHMEM;
}

static uint64_t lowmem_pages(const struct km_pages *pages)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < pages->nr_zones; i++)
		if (is_lowmem(pages, &pages->zones[i]))
			sum += zone_size(pages, &pages->zones[i]);
	return sum;
}

/* nr_free_buffer_pages(): what zones to Normal have above their high watermarks. */
static uint64_t buffer_pages(const struct km_pages *pages)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		const struct zone *zone = &pages->zones[i];

		if (zone->type <= KM_ZONE_NORMAL && zone_size(pages, zone) > zone->wmark_high)
			sum += zone_size(pages, zone) - zone->wmark_high;
	}
	return sum;
}

uint64_t km_recommended_min_free_kbytes(const struct km_pages *pages)
{
	const struct km_profile *profile = &pages->machine->profile;
	uint64_t pageblock = 1ull << profile->pageblock_order;
	uint64_t recommended, most = buffer_pages(pages) / 20;
	unsigned int nr_zones = 0;

	for (unsigned int i = 0; i < pages->nr_zones; i++)
		nr_zones += pages->zones[i].type <= KM_ZONE_NORMAL && pages->zones[i].present_pages;
	recommended = pageblock * nr_zones * (2 + KM_MIGRATE_PCPTYPES * KM_MIGRATE_PCPTYPES);
	if (recommended > most)
		recommended = most;
	return recommended << (profile->page_shift - 10);
}

/* __setup_per_zone_wmarks() of one zone; setup_per_zone_wmarks() of 2.6.32. */
static void derive_watermarks(const struct km_pages *pages, struct zone *zone, uint64_t lowmem)
{
	uint64_t pages_min = pages->min_free_kbytes >> (pages->machine->profile.page_shift - 10);
	uint64_t size = zone_size(pages, zone);
	uint64_t share = lowmem ? (uint64_t)((__uint128_t)pages_min * size / lowmem) : 0;
	uint64_t gap = share >> 2, scaled;

	zone->wmark_min = share;
	if (!is_lowmem(pages, zone)) {
		zone->wmark_min = size / 1024;
		if (zone->wmark_min < 32)
			zone->wmark_min = 32;
		if (zone->wmark_min > 128)
			zone->wmark_min = 128;
	}
	zone->wmark_low = zone->wmark_min + gap;
	zone->wmark_high = zone->wmark_min + (share >> 1);
	if (features_of(pages) & KM_FEAT_MANAGED_PAGES) {
		scaled = (__uint128_t)size * pages->watermark_scale_factor / 10000;
		if (gap < scaled)
			gap = scaled;
		zone->wmark_low = zone->wmark_min + gap;
		zone->wmark_high = zone->wmark_low + gap;
	}
}

static uint64_t size_by_type(const struct km_pages *pages, unsigned int node, int type)
{
	for (unsigned int i = 0; i < pages->nr_zones; i++)
		if (pages->zones[i].node == node && (int)pages->zones[i].type == type)
			return zone_size(pages, &pages->zones[i]);
	return 0;
}

/*
 * setup_per_zone_lowmem_reserve() of one zone.  A ratio of 0 turns the reserve off; in
 * 2.6.32 it counted as 1, and zones without pages had a reserve too.
 */
static void derive_reserve(const struct km_pages *pages, struct zone *zone)
{
	uint64_t ratio = pages->machine->profile.lowmem_reserve_ratio[zone->type];
	bool is_off = !ratio || !zone->managed_pages;
	uint64_t above = 0;

	if (!(features_of(pages) & KM_FEAT_MANAGED_PAGES)) {
		is_off = false;
		ratio = ratio ? ratio : 1;
	}
	for (int highest = zone->type + 1; highest < KM_NR_ZONE_TYPES; highest++) {
		above += size_by_type(pages, zone->node, highest);
		zone->lowmem_reserve[highest] = is_off ? 0 : above / ratio;
	}
}

static unsigned int cpus_of_node(const struct km_machine *machine, unsigned int node)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < machine->nr_cpus; i++)
		nr += machine->cpus[i].node == node;
	return nr ? nr : machine->nr_cpus;
}

/* Once the same formula, but for half as many pages at most. */
static uint64_t zone_batch(const struct km_pages *pages, const struct zone *zone)
{
	const unsigned int page_shift = pages->machine->profile.page_shift;
	uint64_t size = zone_size(pages, zone), most = mib_pages(page_shift) / 2 << 10;

	if (!(features_of(pages) & KM_FEAT_PCP_SMALL_BATCH) || size < most)
		return km_zone_batchsize(size, page_shift);
	return km_zone_batchsize(most, page_shift);
}

/* zone_set_pageset_high_and_batch(); before 5.14 high was six batches. */
static void derive_pcp_sizes(const struct km_pages *pages, struct zone *zone,
			     const struct km_zone_desc *desc)
{
	const struct km_machine *machine = pages->machine;
	uint64_t fraction = machine->profile.percpu_pagelist_high_fraction;
	unsigned int features = machine->profile.features;
	unsigned int nr_cpus = cpus_of_node(machine, zone->node);
	uint64_t batch, high_min, high_max;

	batch = desc->pcp_batch ? desc->pcp_batch : zone_batch(pages, zone);
	if (fraction)
		high_min = km_zone_highsize(zone->managed_pages / fraction, batch, nr_cpus);
	else if (features & KM_FEAT_PCP_HIGH_ORDER)
		high_min = km_zone_highsize(zone->wmark_low, batch, nr_cpus);
	else
		high_min = batch * 6;
	if (desc->pcp_high_min)
		high_min = desc->pcp_high_min;

	high_max = high_min;
	if (!fraction && (features & KM_FEAT_PCP_AUTO_HIGH))
		high_max =
			km_zone_highsize(zone->managed_pages / HIGH_FRACTION_MIN, batch, nr_cpus);
	if (desc->pcp_high_max)
		high_max = desc->pcp_high_max;
	zone->pcp_batch = batch;
	zone->pcp_high_min = high_min;
	zone->pcp_high_max = high_max < high_min ? high_min : high_max;
}

static void set_watermarks(const struct km_pages *pages, struct zone *zone,
			   const struct km_zone_desc *desc, uint64_t lowmem)
{
	zone->wmark_min = desc->wmark_min;
	zone->wmark_low = desc->wmark_low;
	zone->wmark_high = desc->wmark_high;
	zone->watermark_boost = desc->watermark_boost;
	if (!desc->wmark_high)
		derive_watermarks(pages, zone, lowmem);
	zone->wmark_promo = zone->wmark_high;
	if (features_of(pages) & KM_FEAT_WMARK_PROMO)
		zone->wmark_promo += zone->wmark_high - zone->wmark_low;
}

void km_zone_sizes_init(struct km_pages *pages)
{
	const struct km_profile *profile = &pages->machine->profile;
	uint64_t lowmem = lowmem_pages(pages);
	uint64_t above_high = 0;

	pages->watermark_scale_factor = profile->watermark_scale_factor;
	pages->min_free_kbytes = profile->min_free_kbytes;
	/* As at boot, when no zone has a watermark yet. */
	if (!pages->min_free_kbytes)
		pages->min_free_kbytes = km_min_free_kbytes(
			buffer_pages(pages) << (profile->page_shift - 10), profile->features);

	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];
		struct zone *zone = &pages->zones[i];

		set_watermarks(pages, zone, desc, lowmem);
		if (desc->has_protection)
			memcpy(zone->lowmem_reserve, desc->protection, sizeof(desc->protection));
		else
			derive_reserve(pages, zone);
		derive_pcp_sizes(pages, zone, desc);
		if (zone->managed_pages > zone->wmark_high)
			above_high += zone->managed_pages - zone->wmark_high;
	}
	/* build_all_zonelists(): not even one pageblock of each type. */
	pages->mobility_disabled = above_high < (uint64_t)KM_NR_MIGRATETYPES
							<< profile->pageblock_order;
}

uint64_t km_highatomic_limit(const struct km_pages *pages, const struct zone *zone)
{
	uint64_t pageblock = 1ull << pages->machine->profile.pageblock_order;
	uint64_t percent = zone->managed_pages / 100;

	if (!(features_of(pages) & KM_FEAT_WMARK_BLOCK))
		return 0;
	if (!(features_of(pages) & KM_FEAT_HIGHATOMIC_1PCT))
		return percent + pageblock;
	return percent < pageblock ? 0 : (percent + pageblock - 1) / pageblock * pageblock;
}
