/* SPDX-License-Identifier: GPL-2.0-only */
/* A small booted machine with a slab layer, for the suites of this room. */
#ifndef TESTS_UNIT_CORE_SLAB_BED_H
#define TESTS_UNIT_CORE_SLAB_BED_H

#include <errno.h>
#include <string.h>

#include "core/slab/cache.h"
#include "tests/unit/suite.h"

struct bed {
	struct km_machine machine;
	struct km_pages pages;
	struct km_slab *slab;
};

static const struct km_slab_settings bed_defaults = { .cpu_partial = KM_SLAB_DEFAULT };

/* Boots with all memory held; bed_init() also frees it. */
static inline void bed_init_held(struct bed *bed, const struct km_profile *profile)
{
	memset(bed, 0, sizeof(*bed));
	ck_assert_int_eq(km_machine_init(&bed->machine, profile), 0);
	ck_assert_int_eq(km_pages_init(&bed->pages, &bed->machine), 0);
	ck_assert_int_eq(km_slab_init(&bed->slab, &bed->pages, &bed_defaults), 0);
}

static inline void bed_init(struct bed *bed, const struct km_profile *profile)
{
	bed_init_held(bed, profile);
	ck_assert_int_eq(km_pages_free_all(&bed->pages), 0);
}

static inline struct km_profile bed_profile(const char *builtin, unsigned int nr_cpus)
{
	struct km_profile profile;

	ck_assert_int_eq(km_profile_builtin(builtin, &profile), 0);
	profile.nr_cpus = nr_cpus;
	profile.nr_possible_cpus = nr_cpus;
	return profile;
}

/* 64 MiB, two CPUs. */
static inline void bed_init_small(struct bed *bed)
{
	struct km_profile profile = bed_profile("x86-32-64m", 2);

	bed_init(bed, &profile);
}

static inline void bed_check(const struct bed *bed)
{
	char buf[256];
	const char *complaint = km_slab_is_valid(bed->slab, buf, sizeof(buf));

	ck_assert_msg(!complaint, "slab: %s", complaint);
	complaint = km_pages_is_valid(&bed->pages, buf, sizeof(buf));
	ck_assert_msg(!complaint, "pages: %s", complaint);
}

static inline void bed_release(struct bed *bed)
{
	bed_check(bed);
	km_slab_release(bed->slab);
	km_pages_release(&bed->pages);
	km_machine_release(&bed->machine);
}

/* Objects of 1 KiB, so four a page. */
static inline struct kmem_cache *bed_cache(struct bed *bed, const char *name, unsigned int order,
					   unsigned int min_partial, unsigned int cpu_partial)
{
	struct km_cache_args args = { .name = name,
				      .object_size = 1024,
				      .flags = KM_SLAB_EXACT,
				      .size = 1024,
				      .objects = 4u << order,
				      .min_partial = min_partial,
				      .cpu_partial_slabs = cpu_partial,
				      .order = (uint8_t)order };
	int err = -1;
	struct kmem_cache *cache = km_cache_create(bed->slab, &args, &err);

	ck_assert_ptr_nonnull(cache);
	ck_assert_int_eq(err, 0);
	return cache;
}

static inline void bed_fill(struct kmem_cache *cache, uint64_t *objects, size_t nr,
			    unsigned int cpu)
{
	for (size_t i = 0; i < nr; i++) {
		objects[i] = km_cache_alloc(cache, KM_GFP_KERNEL, cpu, -1);
		ck_assert_uint_ne(objects[i], 0);
	}
}

static inline void bed_free(struct kmem_cache *cache, uint64_t addr, unsigned int cpu)
{
	ck_assert_int_eq(km_cache_free(cache->set, cache, addr, cpu), 0);
}

static inline struct slab *bed_slab_of(const struct bed *bed, uint64_t addr)
{
	return km_addr_slab(bed->slab, addr);
}

static inline struct km_cache_info bed_info(const struct kmem_cache *cache)
{
	struct km_cache_info info;

	km_cache_get_info(cache, &info);
	return info;
}

/* Take every free page, one by one; returns how many and their pfns (caller frees). */
static inline size_t bed_take_all_pages(struct bed *bed, uint64_t **pfns)
{
	size_t nr = 0, max = bed->machine.nr_pfns;
	uint64_t pfn;

	*pfns = malloc(max * sizeof(**pfns));
	ck_assert_ptr_nonnull(*pfns);
	km_drain_all(&bed->pages);
	while (nr < max && (pfn = km_alloc_pages(&bed->pages, KM_GFP_KERNEL | KM_GFP_NOFAIL, 0, 0,
						 -1, KM_OWNER_OTHER)) != KM_NO_PFN)
		(*pfns)[nr++] = pfn;
	return nr;
}

#endif
