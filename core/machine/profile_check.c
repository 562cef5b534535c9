/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Can a profile be booted?  Profiles come from files and from traces, so nothing
 * in them is believed: whoever boots one may rely on what is tested here.
 */
#include <stddef.h>

#include "core/machine/machine.h"
#include "core/machine/numa.h"
#include "core/machine/profile.h"

static const char *check_cpu_and_layout(const struct km_profile *profile)
{
	if (!profile->nr_cpus || profile->nr_cpus > KM_MAX_CPUS)
		return "number of CPUs is not between 1 and 4096";
	if (profile->nr_possible_cpus < profile->nr_cpus || profile->nr_possible_cpus > KM_MAX_CPUS)
		return "number of possible CPUs is below that of online CPUs, or above 4096";
	if (!profile->nr_nodes || profile->nr_nodes > KM_MAX_NODES)
		return "number of nodes is not between 1 and 8";
	if (profile->page_shift < 12 || profile->page_shift > 16)
		return "page size is not between 4 KiB and 64 KiB";
	if (profile->address_bits != 32 && profile->address_bits != 64)
		return "address size is neither 32 nor 64 bits";
	if ((unsigned int)profile->paging >= KM_NR_PAGINGS ||
	    (km_profile_paging(profile) <= KM_PAGING_PAE) != (profile->address_bits == 32))
		return "paging is of another address size than the machine";
	if (profile->cacheline_bytes < 16 || profile->cacheline_bytes > 1024 ||
	    (profile->cacheline_bytes & (profile->cacheline_bytes - 1)))
		return "cache line is not a power of two between 16 and 1024 bytes";
	if (!profile->pageblock_order || profile->pageblock_order > KM_MAX_ORDER)
		return "pageblock order is not between 1 and 10";
	return NULL;
}

static const char *check_nodes(const struct km_profile *profile)
{
	const unsigned int all = (1u << profile->nr_nodes) - 1;

	if (profile->cpuless_nodes & ~all)
		return "a node without CPUs does not exist";
	if (profile->cpuless_nodes == all)
		return "no node has CPUs";
	for (unsigned int from = 0; from < KM_MAX_NODES; from++)
		for (unsigned int to = 0; to < KM_MAX_NODES; to++) {
			const unsigned int distance = profile->distance[from][to];

			if (!distance)
				continue;
			if (from >= profile->nr_nodes || to >= profile->nr_nodes)
				return "a distance is to or from a node that does not exist";
			if (from == to && distance != KM_LOCAL_DISTANCE)
				return "distance of a node to itself is not 10";
			if (from != to && distance <= KM_LOCAL_DISTANCE)
				return "distance of a node to another is not above 10";
		}
	return NULL;
}

static const char *check_ranges(const struct km_profile *profile)
{
	uint64_t end = 0;

	if (profile->nr_ranges > KM_MAX_RANGES)
		return "more than 64 memory ranges";
	for (unsigned int i = 0; i < profile->nr_ranges; i++) {
		const struct km_mem_range *range = &profile->ranges[i];

		if (range->start_pfn >= range->end_pfn)
			return "a memory range is empty or ends before it begins";
		if (range->start_pfn < end)
			return "memory ranges overlap or are not ascending";
		if (range->end_pfn > KM_MAX_PFN)
			return "memory lies above 16 TiB";
		if (range->node >= profile->nr_nodes)
			return "a memory range belongs to a node that does not exist";
		end = range->end_pfn;
	}
	return NULL;
}

static const char *check_zone(const struct km_profile *profile, const struct km_zone_desc *desc)
{
	if (desc->type >= KM_NR_ZONE_TYPES)
		return "a zone has an unknown type";
	if (desc->node >= profile->nr_nodes)
		return "a zone belongs to a node that does not exist";
	if (desc->managed_pages > desc->present_pages || desc->present_pages > desc->spanned_pages)
		return "a zone manages more pages than it has";
	if (desc->deferred_pages > desc->present_pages - desc->managed_pages)
		return "a zone defers more pages than it has beyond those it manages";
	if (desc->start_pfn > KM_MAX_PFN || desc->spanned_pages > KM_MAX_PFN - desc->start_pfn)
		return "memory lies above 16 TiB";
	if (desc->managed_pages + desc->deferred_pages >
	    km_profile_ram_pages(profile, desc->start_pfn, desc->start_pfn + desc->spanned_pages,
				 desc->node))
		return "a zone manages more pages than the memory ranges hold";
	if (desc->wmark_min > desc->wmark_low || desc->wmark_low > desc->wmark_high)
		return "watermarks of a zone are not ascending";
	if (desc->watermark_boost > desc->wmark_min)
		return "the boost of a zone's watermarks is above them";
	if (desc->wmark_high > KM_MAX_PFN)
		return "a watermark of a zone is above 16 TiB";
	if (desc->pcp_batch > 1 << 20 || desc->pcp_high_min > KM_MAX_PFN / 4 ||
	    desc->pcp_high_max > KM_MAX_PFN / 4 ||
	    (desc->pcp_high_max && desc->pcp_high_min > desc->pcp_high_max))
		return "sizes of a zone's per-cpu lists are out of range";
	for (int type = 0; desc->has_protection && type < KM_NR_ZONE_TYPES; type++)
		if (desc->protection[type] > KM_MAX_PFN)
			return "protection of a zone is above 16 TiB";
	return NULL;
}

static bool overlap(const struct km_zone_desc *a, const struct km_zone_desc *b)
{
	return a->start_pfn < b->start_pfn + b->spanned_pages &&
	       b->start_pfn < a->start_pfn + a->spanned_pages && a->spanned_pages &&
	       b->spanned_pages;
}

static const char *check_zones(const struct km_profile *profile)
{
	const char *why;
	uint64_t managed = 0;

	if (!profile->nr_zones)
		return "no memory zones";
	if (profile->nr_zones > KM_MAX_ZONES)
		return "more than 32 memory zones";
	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];
		const struct km_zone_desc *before = desc - 1;

		why = check_zone(profile, desc);
		if (why)
			return why;
		if (i && (before->node > desc->node ||
			  (before->node == desc->node && before->type >= desc->type)))
			return "zones are not ordered by node and type";
		for (const struct km_zone_desc *other = profile->zones; other < desc; other++)
			if (overlap(other, desc) && other->node == desc->node)
				return "zones of a node overlap";
			else if (overlap(other, desc) && !profile->nr_ranges)
				return "zones of two nodes overlap, and no ranges say whose RAM is whose";
		managed += desc->managed_pages;
	}
	return managed ? NULL : "no memory";
}

/* Physical addresses have 32 bits, 36 with PAE; on 64 bit KM_MAX_PFN is the nearer end. */
static const char *check_reach(const struct km_profile *profile)
{
	const bool is_pae = km_profile_paging(profile) == KM_PAGING_PAE;
	const uint64_t end = (1ull << (is_pae ? 36 : 32)) >> profile->page_shift;
	bool is_reached = true;

	if (profile->address_bits == 64)
		return NULL;
	for (unsigned int i = 0; i < profile->nr_zones; i++)
		is_reached &= profile->zones[i].start_pfn + profile->zones[i].spanned_pages <= end;
	for (unsigned int i = 0; i < profile->nr_ranges; i++)
		is_reached &= profile->ranges[i].end_pfn <= end;
	if (is_reached)
		return NULL;
	return is_pae ? "memory lies above 64 GiB, where PAE ends"
		      : "memory lies above 4 GiB, for which 32 bit needs paging = pae";
}

/* What sysctl would take (page_alloc_sysctl_table 6.12). */
static const char *check_sysctls(const struct km_profile *profile)
{
	if (profile->min_free_kbytes > INT32_MAX)
		return "min_free_kbytes is above 2147483647";
	if (profile->watermark_scale_factor > 3000)
		return "watermark_scale_factor is above 3000";
	if (profile->percpu_pagelist_high_fraction > INT32_MAX ||
	    (profile->percpu_pagelist_high_fraction && profile->percpu_pagelist_high_fraction < 8))
		return "percpu_pagelist_high_fraction is neither 0 nor between 8 and 2147483647";
	for (int type = 0; type < KM_NR_ZONE_TYPES; type++)
		if (profile->lowmem_reserve_ratio[type] > INT32_MAX)
			return "a ratio of lowmem_reserve_ratio is above 2147483647";
	return NULL;
}

static const char *check_percpu(const struct km_profile *profile)
{
	if (profile->percpu_static > KM_MAX_PERCPU_BYTES ||
	    profile->percpu_reserved > KM_MAX_PERCPU_BYTES ||
	    profile->percpu_dynamic > KM_MAX_PERCPU_BYTES ||
	    profile->percpu_unit > KM_MAX_PERCPU_BYTES)
		return "an area of per-cpu memory is above 16 MiB";
	return NULL;
}

/* Last byte of the direct map, as an offset from page_offset. */
static uint64_t direct_map_bytes(const struct km_profile *profile)
{
	uint64_t end_pfn = 0;

	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];

		if (desc->type == KM_ZONE_HIGHMEM ||
		    (desc->type == KM_ZONE_MOVABLE && profile->address_bits == 32))
			continue;
		if (desc->start_pfn + desc->spanned_pages > end_pfn)
			end_pfn = desc->start_pfn + desc->spanned_pages;
	}
	return end_pfn << profile->page_shift;
}

const char *km_profile_check(const struct km_profile *profile)
{
	uint64_t bytes, last = profile->address_bits == 32 ? UINT32_MAX : UINT64_MAX;
	const char *why;

	why = check_cpu_and_layout(profile);
	if (!why)
		why = check_nodes(profile);
	if (!why)
		why = check_ranges(profile);
	if (!why)
		why = check_zones(profile);
	if (!why)
		why = check_reach(profile);
	if (!why)
		why = check_sysctls(profile);
	if (!why)
		why = check_percpu(profile);
	if (why)
		return why;

	bytes = direct_map_bytes(profile);
	if (profile->page_offset > last || bytes > last - profile->page_offset)
		return "direct map does not fit the address space";
	if (profile->vmalloc_start >= profile->vmalloc_end || profile->vmalloc_end > last)
		return "vmalloc area is empty or does not fit the address space";
	if (profile->vmalloc_start < profile->page_offset + bytes &&
	    profile->vmalloc_end > profile->page_offset)
		return "vmalloc area overlaps the direct map";
	return NULL;
}
