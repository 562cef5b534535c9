/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmalloc: which class a request goes to, and what is not served by classes.
 */
#include "tests/unit/core/slab/bed.h"

static const char *class_name(struct bed *bed, uint64_t size, km_gfp gfp)
{
	struct kmem_cache *cache = km_kmalloc_cache(bed->slab, size, gfp);

	return cache ? bed_info(cache).name : "none";
}

/* Every size to its class: the smallest that holds it, of 8 16 32 64 96 128 192 256 ... 8k. */
START_TEST(size_to_class)
{
	static const uint32_t classes[] = { 8,	 16,  32,   64,	  96,	128, 192,
					    256, 512, 1024, 2048, 4096, 8192 };
	struct bed bed;
	size_t at = 0;

	bed_init_small(&bed);
	for (uint32_t size = 1; size <= 8192; size++) {
		struct kmem_cache *cache = km_kmalloc_cache(bed.slab, size, KM_GFP_KERNEL);

		if (size > classes[at])
			at++;
		ck_assert_ptr_nonnull(cache);
		ck_assert_uint_eq(bed_info(cache).object_size, classes[at]);
		ck_assert_uint_eq(km_kmalloc_bytes(bed.slab, size, KM_GFP_KERNEL), classes[at]);
	}
	ck_assert_ptr_null(km_kmalloc_cache(bed.slab, 8193, KM_GFP_KERNEL));
	ck_assert_ptr_null(km_kmalloc_cache(bed.slab, 0, KM_GFP_KERNEL));
	bed_release(&bed);
}
END_TEST

/* DMA before RECLAIMABLE before ACCOUNT before normal. */
START_TEST(flags_to_type)
{
	struct bed bed;

	bed_init_small(&bed);
	ck_assert_str_eq(class_name(&bed, 64, KM_GFP_KERNEL), "kmalloc-64");
	ck_assert_str_eq(class_name(&bed, 64, KM_GFP_KERNEL_ACCOUNT), "kmalloc-cg-64");
	ck_assert_str_eq(class_name(&bed, 96, KM_GFP_KERNEL | KM_GFP_RECLAIMABLE),
			 "kmalloc-rcl-96");
	ck_assert_str_eq(class_name(&bed, 1000, KM_GFP_KERNEL_ACCOUNT | KM_GFP_RECLAIMABLE),
			 "kmalloc-rcl-1k");
	ck_assert_str_eq(class_name(&bed, 8192, KM_GFP_KERNEL_ACCOUNT | KM_GFP_DMA),
			 "dma-kmalloc-8k");
	ck_assert_str_eq(class_name(&bed, 190, KM_GFP_RECLAIMABLE | KM_GFP_DMA), "dma-kmalloc-192");
	ck_assert_str_eq(class_name(&bed, 1, 0), "kmalloc-8");
	ck_assert_str_eq(class_name(&bed, 2048, KM_GFP_ATOMIC | KM_GFP_ZERO), "kmalloc-2k");
	bed_release(&bed);
}
END_TEST

/* Before 5.14 accounted objects share the normal classes. */
START_TEST(no_cgroup_classes)
{
	struct km_profile profile = bed_profile("x86-32-64m", 1);
	struct bed bed;

	profile.features &= ~KM_FEAT_KMALLOC_CGROUP;
	bed_init(&bed, &profile);
	ck_assert_str_eq(class_name(&bed, 64, KM_GFP_KERNEL_ACCOUNT), "kmalloc-64");
	ck_assert_ptr_null(km_cache_find(bed.slab, "kmalloc-cg-64"));
	ck_assert_uint_eq(km_slab_nr_caches(bed.slab), 39);
	bed_release(&bed);
}
END_TEST

/* A machine without a DMA zone has no dma classes: the flag does not select. */
START_TEST(no_dma_classes)
{
	struct km_profile profile = bed_profile("x86-64-4g", 1);
	struct bed bed;

	for (unsigned int i = 1; i < profile.nr_zones; i++)
		profile.zones[i - 1] = profile.zones[i];
	profile.nr_zones--;
	bed_init_held(&bed, &profile);
	ck_assert_ptr_null(km_cache_find(bed.slab, "dma-kmalloc-64"));
	ck_assert_str_eq(class_name(&bed, 64, KM_GFP_DMA | KM_GFP_ACCOUNT), "kmalloc-cg-64");
	ck_assert_str_eq(class_name(&bed, 64, KM_GFP_DMA), "kmalloc-64");
	bed_release(&bed);
}
END_TEST

/* Classes come first, by type and size; flags and alignment as the kernel gives them. */
START_TEST(classes_in_order)
{
	static const char *const first[] = { "kmalloc-8",   "kmalloc-16",  "kmalloc-32",
					     "kmalloc-64",  "kmalloc-96",  "kmalloc-128",
					     "kmalloc-192", "kmalloc-256", "kmalloc-512",
					     "kmalloc-1k",  "kmalloc-2k",  "kmalloc-4k",
					     "kmalloc-8k",  "kmalloc-cg-8" };
	struct bed bed;
	struct kmem_cache *cache;

	bed_init_small(&bed);
	ck_assert_uint_eq(km_slab_nr_caches(bed.slab), 52);
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		cache = km_slab_cache(bed.slab, i);
		ck_assert_str_eq(bed_info(cache).name, first[i]);
		ck_assert_uint_eq(km_cache_index(cache), i);
		ck_assert_ptr_eq(km_cache_find(bed.slab, first[i]), cache);
	}
	ck_assert_ptr_null(km_slab_cache(bed.slab, 52));
	ck_assert_uint_eq(bed_info(km_cache_find(bed.slab, "kmalloc-96")).align, 32);
	ck_assert_uint_eq(bed_info(km_cache_find(bed.slab, "kmalloc-192")).align, 64);
	ck_assert_uint_eq(bed_info(km_cache_find(bed.slab, "kmalloc-512")).align, 512);
	ck_assert_uint_eq(bed_info(km_cache_find(bed.slab, "kmalloc-rcl-8")).flags,
			  KM_SLAB_RECLAIM_ACCOUNT | KM_SLAB_KMALLOC | KM_SLAB_PANIC);
	ck_assert_uint_eq(bed_info(km_cache_find(bed.slab, "kmalloc-cg-8")).flags,
			  KM_SLAB_ACCOUNT | KM_SLAB_KMALLOC | KM_SLAB_PANIC);
	ck_assert_uint_eq(bed_info(km_cache_find(bed.slab, "kmalloc-8")).flags,
			  KM_SLAB_NO_MERGE | KM_SLAB_KMALLOC | KM_SLAB_PANIC);
	bed_release(&bed);
}
END_TEST

/*
 *  8193 bytes:  before | | | | |     after |X|X|X|X|     three pages are asked, four are used
 */
START_TEST(large_requests_take_pages)
{
	struct bed bed;
	struct page *page;
	uint64_t addr, before, pfn;

	bed_init_small(&bed);
	before = km_pages_nr_free(&bed.pages);
	addr = km_kmalloc(bed.slab, 8193, KM_GFP_KERNEL | KM_GFP_ZERO, 0, -1);
	ck_assert_uint_ne(addr, 0);
	pfn = km_addr_to_pfn(&bed.machine, addr);
	page = km_page(&bed.machine, pfn);
	ck_assert_uint_eq(page->state, KM_PAGE_USED);
	ck_assert_uint_eq(page->owner, KM_OWNER_LARGE_KMALLOC);
	ck_assert_uint_eq(page->order, 2);
	ck_assert_uint_eq(km_slab_nr_pages(bed.slab), 0);
	ck_assert_uint_eq(km_kmalloc_bytes(bed.slab, 8193, KM_GFP_KERNEL), 16384);
	ck_assert_int_eq(km_kfree(bed.slab, addr + 8, 0), -EINVAL);
	ck_assert_int_eq(km_kfree(bed.slab, addr + 4096, 0), -EINVAL);
	ck_assert_int_eq(km_cache_free(bed.slab, NULL, addr, 0), -ERANGE);
	ck_assert_int_eq(km_kfree(bed.slab, addr, 0), 0);
	ck_assert_int_eq(km_kfree(bed.slab, addr, 0), -ERANGE);
	km_drain_all(&bed.pages);
	ck_assert_uint_eq(km_pages_nr_free(&bed.pages), before);
	bed_release(&bed);
}
END_TEST

START_TEST(large_orders)
{
	static const struct {
		uint64_t size, bytes;
	} cases[] = {
		{ 8192, 8192 },	  { 8193, 16384 },   { 16384, 16384 },	   { 16385, 32768 },
		{ 65536, 65536 }, { 65537, 131072 }, { 2097153, 4194304 }, { 4194304, 4194304 },
		{ 4194305, 0 },	  { 1ull << 40, 0 }, { UINT64_MAX, 0 },	   { 0, 0 },
	};
	struct bed bed;
	uint64_t addr;

	bed_init_small(&bed);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_uint_eq(km_kmalloc_bytes(bed.slab, cases[i].size, KM_GFP_KERNEL),
				  cases[i].bytes);
	addr = km_kmalloc(bed.slab, 4 << 20, KM_GFP_KERNEL, 0, -1);
	ck_assert_uint_ne(addr, 0);
	ck_assert_uint_eq(km_kmalloc(bed.slab, (4 << 20) + 1, KM_GFP_KERNEL, 0, -1), 0);
	ck_assert_str_eq(bed.pages.last_failure.reason, "larger than the largest kmalloc");
	ck_assert_uint_eq(bed.pages.last_failure.order, 11);
	ck_assert_uint_eq(bed.pages.last_failure.nr_zones, 0);
	ck_assert_uint_eq(km_kmalloc(bed.slab, UINT64_MAX, KM_GFP_KERNEL, 0, -1), 0);
	ck_assert_int_eq(km_kfree(bed.slab, addr, 0), 0);
	bed_release(&bed);
}
END_TEST

/* kmalloc gives addresses of the direct map: zone wishes that break that are dropped. */
START_TEST(flags_of_large_requests)
{
	struct bed bed;
	uint64_t *pfns;

	bed_init_small(&bed);
	bed_take_all_pages(&bed, &pfns);
	ck_assert_uint_eq(km_kmalloc(bed.slab, 9000, KM_GFP_KERNEL | KM_GFP_HIGHMEM, 0, -1), 0);
	ck_assert_uint_eq(bed.pages.last_failure.gfp, KM_GFP_KERNEL | KM_GFP_COMP);
	ck_assert_uint_eq(km_kmalloc(bed.slab, 9000, KM_GFP_ATOMIC | KM_GFP_DMA32, 0, -1), 0);
	ck_assert_uint_eq(bed.pages.last_failure.gfp, KM_GFP_ATOMIC | KM_GFP_COMP);
	ck_assert_uint_eq(km_kmalloc(bed.slab, 9000, KM_GFP_KERNEL | KM_GFP_DMA, 0, -1), 0);
	ck_assert_uint_eq(bed.pages.last_failure.gfp, KM_GFP_KERNEL | KM_GFP_DMA | KM_GFP_COMP);
	ck_assert_uint_eq(bed.pages.last_failure.order, 2);
	free(pfns);
	bed_release(&bed);
}
END_TEST

START_TEST(zero_bytes)
{
	struct bed bed;

	bed_init_small(&bed);
	ck_assert_uint_eq(km_kmalloc(bed.slab, 0, KM_GFP_KERNEL, 0, -1), 16);
	ck_assert_int_eq(km_kfree(bed.slab, 16, 0), 0);
	ck_assert_int_eq(km_kfree(bed.slab, 0, 0), 0);
	ck_assert_int_eq(km_kfree(bed.slab, 8, 0), -ERANGE);
	ck_assert_uint_eq(km_slab_nr_pages(bed.slab), 0);
	bed_release(&bed);
}
END_TEST

/* A recorded kernel's class replaces the computed shape, as long as it has no slab. */
START_TEST(recorded_shape_of_a_class)
{
	struct km_cache_args args = { .name = "kmalloc-64",
				      .object_size = 64,
				      .flags = KM_SLAB_EXACT,
				      .size = 128,
				      .objects = 32,
				      .min_partial = 9,
				      .cpu_partial_slabs = 3,
				      .order = 0 };
	struct kmem_cache *cache;
	struct bed bed;
	uint64_t o[2];
	int err;

	bed_init_small(&bed);
	cache = km_cache_find(bed.slab, "kmalloc-64");
	ck_assert_ptr_eq(km_cache_create(bed.slab, &args, &err), cache);
	ck_assert_int_eq(err, 0);
	ck_assert_uint_eq(bed_info(cache).min_partial, 9);
	ck_assert_uint_eq(bed_info(cache).flags & KM_SLAB_NO_MERGE, KM_SLAB_NO_MERGE);
	ck_assert_uint_eq(km_kmalloc_bytes(bed.slab, 50, KM_GFP_KERNEL), 128);
	o[0] = km_kmalloc(bed.slab, 50, KM_GFP_KERNEL, 0, -1);
	o[1] = km_kmalloc(bed.slab, 50, KM_GFP_KERNEL, 0, -1);
	ck_assert_uint_eq(o[1] - o[0], 128);
	ck_assert_ptr_null(km_cache_create(bed.slab, &args, &err));
	ck_assert_int_eq(err, -EEXIST);

	args.name = "kmalloc-128"; /* not what that class holds */
	ck_assert_ptr_null(km_cache_create(bed.slab, &args, &err));
	ck_assert_int_eq(err, -EEXIST);
	bed_release(&bed);
}
END_TEST

RUN_SUITE("slab/kmalloc", size_to_class, flags_to_type, no_cgroup_classes, no_dma_classes,
	  classes_in_order, large_requests_take_pages, large_orders, flags_of_large_requests,
	  zero_bytes, recorded_shape_of_a_class)
