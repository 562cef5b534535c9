/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Booting the whole stack on one machine, in the order of mm_core_init(): zones first, then,
 * once pages are free, slab, vmalloc and percpu.
 *
 * A setting changes the profile before anything is built, and clears there whatever the
 * host's kernel had computed from the old value, so that it is computed again.
 */
#include "core/kernel.h"

#include <errno.h>
#include <string.h>

static bool is_set(const struct km_settings *settings, enum km_setting setting)
{
	return settings->set & 1u << setting;
}

static void derive_watermarks(struct km_profile *profile)
{
	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		struct km_zone_desc *zone = &profile->zones[i];

		zone->wmark_min = 0;
		zone->wmark_low = 0;
		zone->wmark_high = 0;
		zone->watermark_boost = 0;
	}
}

static void derive_pcp_high(struct km_profile *profile)
{
	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		profile->zones[i].pcp_high_min = 0;
		profile->zones[i].pcp_high_max = 0;
	}
}

static void derive_protection(struct km_profile *profile)
{
	for (unsigned int i = 0; i < profile->nr_zones; i++)
		profile->zones[i].has_protection = false;
}

/* Zone types in the order in which the machine's sysctl lists them. */
static void set_reserve_ratio(struct km_profile *profile, const struct km_settings *settings)
{
	static const enum km_zone_type order_64[] = { KM_ZONE_DMA, KM_ZONE_DMA32, KM_ZONE_NORMAL,
						      KM_ZONE_MOVABLE };
	static const enum km_zone_type order_32[] = { KM_ZONE_DMA, KM_ZONE_NORMAL, KM_ZONE_HIGHMEM,
						      KM_ZONE_MOVABLE };
	const enum km_zone_type *order = profile->address_bits == 32 ? order_32 : order_64;

	for (uint64_t i = 0; i < settings->value[KM_SET_LOWMEM_RESERVE_RATIO] && i < 4; i++)
		profile->lowmem_reserve_ratio[order[i]] = settings->lowmem_reserve_ratio[i];
	derive_protection(profile);
}

/* mem.size: other zones, so nothing that the host's kernel computed for its own holds. */
static int set_memory(struct km_profile *profile, uint64_t bytes)
{
	int err = km_profile_set_memory(profile, bytes);

	if (err)
		return err;
	profile->min_free_kbytes = 0;
	derive_watermarks(profile);
	derive_protection(profile);
	derive_pcp_high(profile);
	for (unsigned int i = 0; i < profile->nr_zones; i++)
		profile->zones[i].pcp_batch = 0;
	return 0;
}

int km_settings_apply(const struct km_settings *settings, struct km_profile *profile)
{
	const uint64_t *value = settings->value;

	if (is_set(settings, KM_SET_CPUS)) {
		profile->nr_cpus = value[KM_SET_CPUS];
		profile->nr_possible_cpus = value[KM_SET_CPUS];
		profile->percpu_unit = 0;
		derive_pcp_high(profile);
	}
	if (is_set(settings, KM_SET_MEM_SIZE)) {
		int err = set_memory(profile, value[KM_SET_MEM_SIZE]);

		if (err)
			return err;
	}
	if (is_set(settings, KM_SET_MIN_FREE_KBYTES))
		profile->min_free_kbytes = value[KM_SET_MIN_FREE_KBYTES];
	if (is_set(settings, KM_SET_WATERMARK_SCALE_FACTOR))
		profile->watermark_scale_factor = value[KM_SET_WATERMARK_SCALE_FACTOR];
	if (is_set(settings, KM_SET_MIN_FREE_KBYTES) ||
	    is_set(settings, KM_SET_WATERMARK_SCALE_FACTOR)) {
		derive_watermarks(profile);
		derive_pcp_high(profile);
	}
	if (is_set(settings, KM_SET_LOWMEM_RESERVE_RATIO))
		set_reserve_ratio(profile, settings);
	if (is_set(settings, KM_SET_PERCPU_PAGELIST_HIGH_FRACTION)) {
		profile->percpu_pagelist_high_fraction =
			value[KM_SET_PERCPU_PAGELIST_HIGH_FRACTION];
		derive_pcp_high(profile);
	}
	return 0;
}

int km_kernel_boot(struct kernel *kernel, const struct km_profile *profile,
		   const struct km_settings *settings)
{
	struct km_profile changed = *profile;
	int err;

	memset(kernel, 0, sizeof(*kernel));
	if (settings)
		kernel->settings = *settings;
	err = km_settings_apply(&kernel->settings, &changed);
	if (!err)
		err = km_machine_init(&kernel->machine, &changed);
	if (err) {
		/* For km_profile_check(): machine_init leaves nothing behind. */
		kernel->machine.profile = changed;
		return err;
	}
	return km_pages_init(&kernel->pages, &kernel->machine);
}

static void slab_settings(const struct km_settings *settings, struct km_slab_settings *out)
{
	*out = (struct km_slab_settings){ .cpu_partial = KM_SLAB_DEFAULT };
	if (is_set(settings, KM_SET_SLAB_MAX_ORDER))
		out->max_order = settings->value[KM_SET_SLAB_MAX_ORDER]
					 ? settings->value[KM_SET_SLAB_MAX_ORDER]
					 : KM_SLAB_ORDER_0;
	if (is_set(settings, KM_SET_SLAB_MIN_OBJECTS))
		out->min_objects = settings->value[KM_SET_SLAB_MIN_OBJECTS];
	if (is_set(settings, KM_SET_SLAB_CPU_PARTIAL))
		out->cpu_partial = settings->value[KM_SET_SLAB_CPU_PARTIAL];
}

int km_kernel_start(struct kernel *kernel)
{
	struct km_slab_settings slab;
	int err;

	slab_settings(&kernel->settings, &slab);
	err = km_slab_init(&kernel->slab, &kernel->pages, &slab);
	if (!err)
		err = km_vm_init(&kernel->vm, &kernel->pages);
	if (!err)
		err = km_percpu_init(&kernel->percpu, &kernel->pages, kernel->vm);
	return err;
}

void km_kernel_release(struct kernel *kernel)
{
	km_percpu_release(kernel->percpu);
	km_vm_release(kernel->vm);
	if (kernel->slab)
		km_slab_release(kernel->slab);
	km_pages_release(&kernel->pages);
	km_machine_release(&kernel->machine);
	memset(kernel, 0, sizeof(*kernel));
}

const char *km_kernel_is_valid(const struct kernel *kernel, char *buf, size_t len)
{
	const char *broken = km_pages_is_valid(&kernel->pages, buf, len);

	if (!broken && kernel->slab)
		broken = km_slab_is_valid(kernel->slab, buf, len);
	if (!broken && kernel->vm)
		broken = km_vm_is_valid(kernel->vm, buf, len);
	if (!broken && kernel->percpu)
		broken = km_percpu_is_valid(kernel->percpu, buf, len);
	return broken;
}
