/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what a cache is asked to be to how it lies in memory: no state, only arithmetic.
 *
 *   args + profile + settings ──▶ stride, order, objects a slab, list limits
 *
 * Source: mm/slub.c calculate_sizes(), calculate_order(), set_cpu_partial(),
 * mm/slab_common.c calculate_alignment(), 6.12; the order algorithm before 6.8: 6.1.
 */
#ifndef CORE_SLAB_GEOMETRY_H
#define CORE_SLAB_GEOMETRY_H

#include <stdint.h>

#include "core/machine/profile.h"

/* Cache flags that matter here; the kernel's names. */
enum km_slab_flags {
	KM_SLAB_HWCACHE_ALIGN = 1 << 0,
	KM_SLAB_CACHE_DMA = 1 << 1,
	KM_SLAB_RECLAIM_ACCOUNT = 1 << 2,
	KM_SLAB_TYPESAFE_BY_RCU = 1 << 3,
	KM_SLAB_ACCOUNT = 1 << 4,
	KM_SLAB_PANIC = 1 << 5,
	KM_SLAB_NO_MERGE = 1 << 6,
	KM_SLAB_KMALLOC = 1 << 7, /* one of the kmalloc classes */
	KM_SLAB_CTOR = 1 << 8,
	KM_SLAB_EXACT = 1 << 9, /* size and order are given, not computed (from a trace) */
};

/* What a cache is made from. */
struct km_cache_args {
	const char *name; /* copied */
	uint32_t object_size;
	uint32_t align;	    /* 0: none */
	unsigned int flags; /* enum km_slab_flags */
	/* Only with KM_SLAB_EXACT: what the recorded kernel had.  cpu_partial_slabs is the
	 * limit of a cpu partial list in free objects where those are counted (before 5.17:
	 * no KM_FEAT_CPU_PARTIAL_SLABS), here, in the info and in the geometry. */
	uint32_t size, objects, min_partial, cpu_partial_slabs;
	uint8_t order;
};

/* How a machine's slab layer behaves; 0 means the kernel's default, but for cpu_partial. */
struct km_slab_settings {
	unsigned int max_order;	  /* slub_max_order, default 3; KM_SLAB_ORDER_0 for 0 */
	unsigned int min_objects; /* slub_min_objects, default by CPUs */
	int cpu_partial;	  /* objects, 0 is 0; KM_SLAB_DEFAULT: by size */
};
#define KM_SLAB_DEFAULT (-1)
#define KM_SLAB_ORDER_0 UINT32_MAX

struct km_slab_geometry {
	uint32_t size, align, objects;
	uint32_t min_objects_order; /* order of one object, the fallback */
	uint32_t min_partial, cpu_partial_slabs;
	uint8_t order;
};
/* 0, or -EINVAL: no such size, align or given geometry. */
int km_slab_geometry(const struct km_cache_args *args, const struct km_profile *profile,
		     const struct km_slab_settings *settings, struct km_slab_geometry *out);

#endif
