/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is refused, with which code, and that refusing changes nothing.
 */
#include <stdio.h>

#include "tests/unit/core/slab/bed.h"

static void refuse(struct bed *bed, struct kmem_cache *cache, uint64_t addr, int err)
{
	struct km_cache_info before = bed_info(km_slab_cache(bed->slab, 52)), after;
	uint64_t free_bytes = km_slab_free_bytes(bed->slab);

	ck_assert_int_eq(km_cache_free(bed->slab, cache, addr, 1), err);
	after = bed_info(km_slab_cache(bed->slab, 52));
	ck_assert_uint_eq(after.nr_slabs, before.nr_slabs);
	ck_assert_uint_eq(after.nr_inuse, before.nr_inuse);
	ck_assert_uint_eq(after.nr_active, before.nr_active);
	ck_assert_uint_eq(after.nr_partial, before.nr_partial);
	ck_assert_uint_eq(after.nr_slab_frees, before.nr_slab_frees);
	ck_assert_uint_eq(km_slab_free_bytes(bed->slab), free_bytes);
	bed_check(bed);
}

/*
 *  CPU 0: [#ccc]B     no list: [####]A
 */
START_TEST(bad_frees)
{
	struct bed bed;
	struct kmem_cache *cache, *other;
	uint64_t o[5], pfn;

	bed_init_small(&bed);
	cache = bed_cache(&bed, "c", 0, 2, 2);
	other = bed_cache(&bed, "other", 0, 2, 2);
	bed_fill(cache, o, 5, 0);
	refuse(&bed, other, o[0], -EXDEV);
	refuse(&bed, cache, o[0] + 8, -EINVAL);
	refuse(&bed, cache, o[0] + 1, -EINVAL);
	refuse(&bed, cache, o[4] + 1024, -EALREADY); /* never handed out */
	refuse(&bed, NULL, o[4] + 3 * 1024, -EALREADY);
	refuse(&bed, cache, o[0] - 1, -ERANGE);
	refuse(&bed, cache, 0, -ERANGE);
	refuse(&bed, cache, UINT64_MAX, -ERANGE);
	refuse(&bed, cache, bed.machine.profile.page_offset - 1, -ERANGE);
	refuse(&bed, cache, km_pfn_to_addr(&bed.machine, bed.machine.nr_pfns), -ERANGE);
	pfn = km_alloc_pages(&bed.pages, KM_GFP_KERNEL, 0, 0, -1, KM_OWNER_OTHER);
	refuse(&bed, cache, km_pfn_to_addr(&bed.machine, pfn), -ERANGE);
	/* The owner of an address matters before its alignment does. */
	refuse(&bed, other, o[0] + 8, -EXDEV);
	bed_release(&bed);
}
END_TEST

/* A free object is free wherever it lies: CPU freelist, stack, node list. */
START_TEST(double_frees)
{
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t o[13];

	bed_init_small(&bed);
	cache = bed_cache(&bed, "c", 0, 2, 1);
	bed_fill(cache, o, 13, 0);
	bed_free(cache, o[12], 0);
	refuse(&bed, cache, o[12], -EALREADY);
	bed_free(cache, o[0], 1);
	ck_assert_uint_eq(bed_slab_of(&bed, o[0])->where, KM_SLAB_CPU_PARTIAL);
	refuse(&bed, cache, o[0], -EALREADY);
	bed_free(cache, o[4], 1);
	ck_assert_uint_eq(bed_slab_of(&bed, o[0])->where, KM_SLAB_NODE_PARTIAL);
	refuse(&bed, cache, o[0], -EALREADY);
	ck_assert_int_eq(km_kfree(bed.slab, o[0], 0), -EALREADY);
	/* Handed out again it may be freed again, once. */
	ck_assert_uint_eq(km_cache_alloc(cache, KM_GFP_KERNEL, 0, -1), o[12]);
	bed_free(cache, o[12], 0);
	refuse(&bed, cache, o[12], -EALREADY);
	bed_release(&bed);
}
END_TEST

/* The gap behind the last object of a slab belongs to nobody: 5 * 808 = 4040 of 4096. */
START_TEST(tail_of_a_slab)
{
	struct km_cache_args args = {
		.name = "odd", .object_size = 808, .flags = KM_SLAB_EXACT, .size = 808, .objects = 5
	};
	struct kmem_cache *cache;
	struct bed bed;
	uint64_t first;
	int err;

	bed_init_small(&bed);
	cache = km_cache_create(bed.slab, &args, &err);
	ck_assert_ptr_nonnull(cache);
	bed_fill(cache, &first, 1, 0);
	refuse(&bed, cache, first + 5 * 808, -EINVAL);
	refuse(&bed, cache, first + 4095, -EINVAL);
	refuse(&bed, cache, first + 4 * 808, -EALREADY);
	bed_release(&bed);
}
END_TEST

START_TEST(bad_caches)
{
	struct km_cache_args args = { .name = "a", .object_size = 64 };
	struct bed bed;
	int err;

	bed_init_small(&bed);
	ck_assert_ptr_nonnull(km_cache_create(bed.slab, &args, &err));
	ck_assert_int_eq(err, 0);
	ck_assert_ptr_null(km_cache_create(bed.slab, &args, &err));
	ck_assert_int_eq(err, -EEXIST);
	args.name = "kmalloc-64";
	ck_assert_ptr_null(km_cache_create(bed.slab, &args, &err));
	ck_assert_int_eq(err, -EEXIST);
	args.name = "";
	ck_assert_ptr_null(km_cache_create(bed.slab, &args, &err));
	ck_assert_int_eq(err, -EINVAL);
	args.name = NULL;
	ck_assert_ptr_null(km_cache_create(bed.slab, &args, &err));
	ck_assert_int_eq(err, -EINVAL);
	args.name = "b";
	args.object_size = 0;
	ck_assert_ptr_null(km_cache_create(bed.slab, &args, &err));
	ck_assert_int_eq(err, -EINVAL);
	args.object_size = 64;
	args.align = 12;
	ck_assert_ptr_null(km_cache_create(bed.slab, &args, &err));
	ck_assert_int_eq(err, -EINVAL);
	ck_assert_ptr_null(km_cache_find(bed.slab, "b"));
	ck_assert_uint_eq(km_slab_nr_caches(bed.slab), 53);
	bed_release(&bed);
}
END_TEST

/* Names are found through several growths of the table, and only whole names. */
START_TEST(many_caches)
{
	struct bed bed;
	char name[32];

	bed_init_small(&bed);
	for (unsigned int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "cache_%u", i);
		bed_cache(&bed, name, 0, 1, 1);
	}
	ck_assert_uint_eq(km_slab_nr_caches(bed.slab), 2052);
	for (unsigned int i = 0; i < 2000; i++) {
		struct kmem_cache *cache;

		snprintf(name, sizeof(name), "cache_%u", i);
		cache = km_cache_find(bed.slab, name);
		ck_assert_ptr_eq(cache, km_slab_cache(bed.slab, 52 + i));
		ck_assert_str_eq(bed_info(cache).name, name);
	}
	ck_assert_ptr_null(km_cache_find(bed.slab, "cache_2000"));
	ck_assert_ptr_null(km_cache_find(bed.slab, "cache_"));
	bed_release(&bed);
}
END_TEST

/* Objects are found without dividing: right for every offset of every stride there may be. */
START_TEST(object_index_is_a_division)
{
	static const uint32_t strides[] = { 2,	     3,	    7,	     8,	      24,
					    96,	     192,   808,     5824,    10936,
					    65535,   65537, 1048575, 1048577, (4u << 20) - 8,
					    4u << 20 };
	struct kmem_cache cache = { 0 };

	for (size_t i = 0; i < sizeof(strides) / sizeof(strides[0]); i++) {
		cache.reciprocal = UINT64_MAX / strides[i] + 1;
		for (uint64_t n = 0; n < 4u << 20; n++)
			if (km_slab_object_index(&cache, n) != n / strides[i])
				ck_abort_msg("%llu / %u", (unsigned long long)n, strides[i]);
	}
	for (uint32_t stride = 8; stride < 70000; stride += 8) {
		cache.reciprocal = UINT64_MAX / stride + 1;
		for (uint64_t k = 1; k * stride <= 4u << 20; k++)
			if (km_slab_object_index(&cache, k * stride) != k ||
			    km_slab_object_index(&cache, k * stride - 1) != k - 1)
				ck_abort_msg("%llu * %u", (unsigned long long)k, stride);
	}
}
END_TEST

RUN_SUITE("slab/errors", bad_frees, double_frees, tail_of_a_slab, bad_caches, many_caches,
	  object_index_is_a_division)
