/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host as a machine that can be booted: its profile from the opening snapshot and
 * the facts of a trace.
 *
 *   zoneinfo       zones, watermarks, protection, per-cpu lists, CPUs
 *   iomem          which spanned pages are RAM
 *   pagetypeinfo   pageblock order
 *   sysctls        min_free_kbytes and its kin
 *   percpu_stats   the first percpu chunk
 *   facts          CPUs, page size, architecture, release
 *
 * The address space is the architecture's usual one, not the host's randomised: model
 * addresses are never compared with recorded ones.
 */
#include <stdio.h>
#include <string.h>

#include "core/replay/host_files.h"

struct km_text km_snapshot_text(const struct tf_snapshot *snap, const char *path)
{
	const struct tf_snapfile *file = snap ? tf_snapshot_file(snap, path) : NULL;

	return file ? km_text_of(file->data, file->len) : km_text_of("", 0);
}

static void set_habit(struct km_profile *profile, unsigned int feature, bool has_it)
{
	if (has_it)
		profile->features |= feature;
	else
		profile->features &= ~feature;
}

/* What the files show goes before what the release promises. */
static void set_features(const struct tf_meta *meta, const struct tf_snapshot *snap,
			 const struct km_zoneinfo *info, struct km_profile *profile)
{
	struct km_text slabinfo = km_snapshot_text(snap, "/proc/slabinfo");
	struct km_text sysfs = km_snapshot_text(snap, "/sys/kernel/slab");

	profile->features = km_era_features(tf_meta_get(meta, "host.release"),
					    tf_meta_get(meta, "host.version"));
	/* From 6.7 on high floats; in between, until its limits were printed, only the release
	 * tells. */
	if (info->has_high_max || (info->nr_cpus && !tf_meta_get(meta, "host.release")))
		set_habit(profile, KM_FEAT_PCP_AUTO_HIGH, info->has_high_max);
	if (km_text_len(&slabinfo))
		set_habit(profile, KM_FEAT_KMALLOC_CGROUP, km_text_has(&slabinfo, "\nkmalloc-cg-"));
	if (km_text_len(&sysfs))
		set_habit(profile, KM_FEAT_SHEAVES, km_slab_has_sheaves(sysfs));
}

/* The zone that holds a pfn, the one that starts last if several do; else *next is where one
 * starts. */
static const struct km_zone_desc *zone_at(const struct km_profile *profile, uint64_t pfn,
					  uint64_t *next)
{
	const struct km_zone_desc *best = NULL;

	*next = UINT64_MAX;
	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];

		if (desc->start_pfn > pfn && desc->start_pfn < *next)
			*next = desc->start_pfn;
		if (pfn < desc->start_pfn || pfn - desc->start_pfn >= desc->spanned_pages)
			continue;
		if (!best || desc->start_pfn > best->start_pfn)
			best = desc;
	}
	return best;
}

/* Add a piece of RAM, to the last range if it goes on there.  False if there is no room. */
static bool add_range(struct km_profile *profile, uint64_t start, uint64_t end, unsigned int node)
{
	struct km_mem_range *last =
		profile->nr_ranges ? &profile->ranges[profile->nr_ranges - 1] : NULL;

	if (last && last->end_pfn == start && last->node == node) {
		last->end_pfn = end;
		return true;
	}
	if (profile->nr_ranges == KM_MAX_RANGES)
		return false;
	profile->ranges[profile->nr_ranges++] =
		(struct km_mem_range){ .start_pfn = start, .end_pfn = end, .node = node };
	return true;
}

/* RAM of the zones, each piece with the node of its zone; none if it cannot be told. */
static void set_ranges(struct km_text iomem, struct km_profile *profile)
{
	struct km_mem_range ram[KM_MAX_RANGES];
	unsigned int nr_ram;

	if (!km_parse_iomem(iomem, profile->page_shift, ram, &nr_ram))
		return;
	for (unsigned int i = 0; i < nr_ram; i++) {
		uint64_t pfn = ram[i].start_pfn;

		while (pfn < ram[i].end_pfn) {
			uint64_t end, next;
			const struct km_zone_desc *desc = zone_at(profile, pfn, &next);

			end = next < ram[i].end_pfn ? next : ram[i].end_pfn;
			if (desc && desc->start_pfn + desc->spanned_pages < end)
				end = desc->start_pfn + desc->spanned_pages;
			if (desc && !add_range(profile, pfn, end, desc->node)) {
				profile->nr_ranges = 0;
				return;
			}
			pfn = end;
		}
	}
}

static void set_sysctls(const struct tf_snapshot *snap, const struct km_zoneinfo *info,
			struct km_profile *profile)
{
	struct km_text text = km_snapshot_text(snap, "/proc/sys/vm/min_free_kbytes");
	uint64_t value;

	km_text_u64(&text, &profile->min_free_kbytes);
	text = km_snapshot_text(snap, "/proc/sys/vm/watermark_scale_factor");
	km_text_u64(&text, &profile->watermark_scale_factor);
	text = km_snapshot_text(snap, "/proc/sys/vm/watermark_boost_factor");
	km_text_u64(&text, &profile->watermark_boost_factor);
	text = km_snapshot_text(snap, "/proc/sys/vm/percpu_pagelist_high_fraction");
	km_text_u64(&text, &profile->percpu_pagelist_high_fraction);
	text = km_snapshot_text(snap, "/proc/sys/vm/lowmem_reserve_ratio");
	for (unsigned int i = 0; i < info->nr_classes && km_text_u64(&text, &value); i++)
		if (info->classes[i] >= 0)
			profile->lowmem_reserve_ratio[info->classes[i]] = value;
}

static void set_percpu(const struct tf_snapshot *snap, struct km_profile *profile)
{
	struct km_profile told = { 0 };

	if (!km_parse_percpu_stats(km_snapshot_text(snap, "/sys/kernel/debug/percpu_stats"),
				   &told) ||
	    !told.percpu_static || told.percpu_static > KM_MAX_PERCPU_BYTES ||
	    told.percpu_reserved > KM_MAX_PERCPU_BYTES ||
	    told.percpu_dynamic > KM_MAX_PERCPU_BYTES || told.percpu_unit > KM_MAX_PERCPU_BYTES)
		return;
	profile->percpu_static = told.percpu_static;
	profile->percpu_reserved = told.percpu_reserved;
	profile->percpu_dynamic = told.percpu_dynamic;
	profile->percpu_unit = told.percpu_unit;
}

/* What the high of a list happened to be is not what it may be. */
static void forget_floating_high(const struct km_zoneinfo *info, struct km_profile *profile)
{
	if (info->has_high_max || !(profile->features & KM_FEAT_PCP_AUTO_HIGH))
		return;
	for (unsigned int i = 0; i < profile->nr_zones; i++)
		profile->zones[i].pcp_high_min = profile->zones[i].pcp_high_max = 0;
}

static void set_cpus(const struct tf_meta *meta, const struct km_zoneinfo *info,
		     struct km_profile *profile)
{
	uint64_t online = tf_meta_get_u64(meta, "host.cpus_online", info->nr_cpus);
	uint64_t possible = tf_meta_get_u64(meta, "host.cpus_possible", online);

	if (!online)
		online = info->nr_cpus ? info->nr_cpus : 1;
	if (possible < online)
		possible = online;
	profile->nr_cpus = online > UINT32_MAX ? UINT32_MAX : online;
	profile->nr_possible_cpus = possible > UINT32_MAX ? UINT32_MAX : possible;
}

static bool set_zones(const struct km_zoneinfo *info, struct km_profile *profile)
{
	profile->nr_nodes = 1;
	for (unsigned int i = 0; i < info->nr_zones; i++) {
		const struct km_zone_desc *desc = &info->zones[i].desc;

		if (!info->zones[i].has_start)
			return false;
		profile->zones[i] = *desc;
		if (desc->node >= profile->nr_nodes)
			profile->nr_nodes = desc->node + 1;
		/* It shrank between the two lines. */
		if (desc->watermark_boost > desc->wmark_min)
			profile->zones[i].watermark_boost = 0;
		if (profile->zones[i].pcp_high_max < desc->pcp_high_min)
			profile->zones[i].pcp_high_max = desc->pcp_high_min;
	}
	profile->nr_zones = info->nr_zones;
	return true;
}

bool km_host_profile(const struct tf_meta *meta, const struct tf_snapshot *snap,
		     const struct km_zoneinfo *info, struct km_profile *profile)
{
	const char *machine = tf_meta_get(meta, "host.machine");
	uint64_t page_bytes = tf_meta_get_u64(meta, "host.page_size", 4096);

	km_profile_init(profile);
	if (machine && machine[0] == 'i' && strlen(machine) == 4 && !strcmp(machine + 2, "86") &&
	    km_profile_builtin("x86-32-1g", profile))
		return false;
	strcpy(profile->name, "host");
	if (page_bytes < 4096 || page_bytes > 65536 || (page_bytes & (page_bytes - 1)))
		return false;
	profile->page_shift = (unsigned int)__builtin_ctzll(page_bytes);
	profile->nr_ranges = 0;
	if (!set_zones(info, profile))
		return false;
	set_cpus(meta, info, profile);
	set_features(meta, snap, info, profile);
	forget_floating_high(info, profile);
	km_parse_pageblock_order(km_snapshot_text(snap, "/proc/pagetypeinfo"),
				 &profile->pageblock_order);
	if (profile->address_bits == 32 && profile->pageblock_order == 9)
		profile->paging = KM_PAGING_PAE; /* else huge pages are 4 MiB */
	set_sysctls(snap, info, profile);
	set_percpu(snap, profile);
	set_ranges(km_snapshot_text(snap, "/proc/iomem"), profile);
	if (profile->nr_ranges && km_profile_check(profile))
		profile->nr_ranges = 0; /* RAM that disagrees with the zones is not believed */
	return !km_profile_check(profile);
}
