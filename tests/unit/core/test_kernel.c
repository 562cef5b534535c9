/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "core/kernel.h"
#include "tests/unit/suite.h"

static struct km_profile builtin(const char *name)
{
	struct km_profile profile;

	ck_assert_int_eq(km_profile_builtin(name, &profile), 0);
	return profile;
}

static void set(struct km_settings *settings, const char *assignment)
{
	char reason[128];
	int err = km_settings_parse(settings, assignment, reason, sizeof(reason));

	ck_assert_msg(!err, "%s: %s", assignment, reason);
}

/* Boot with settings, cold: everything that is not taken by the kernel itself is free. */
static void boot(struct kernel *kernel, const struct km_profile *profile,
		 const struct km_settings *settings)
{
	ck_assert_int_eq(km_kernel_boot(kernel, profile, settings), 0);
	ck_assert_int_eq(km_pages_free_all(&kernel->pages), 0);
	ck_assert_int_eq(km_kernel_start(kernel), 0);
}

static void check(const struct kernel *kernel)
{
	char buf[256];
	const char *broken = km_kernel_is_valid(kernel, buf, sizeof(buf));

	ck_assert_msg(!broken, "%s", broken);
}

static uint64_t nr_free(const struct kernel *kernel)
{
	uint64_t nr = 0;

	for (unsigned int i = 0; i < kernel->pages.nr_zones; i++)
		nr += kernel->pages.zones[i].free_pages + kernel->pages.zones[i].pcp_pages;
	return nr;
}

START_TEST(every_builtin_machine_boots_and_works)
{
	const char *name;

	for (unsigned int i = 0; (name = km_profile_builtin_name(i)); i++) {
		struct km_profile profile = builtin(name);
		struct kernel kernel;
		uint64_t object, area, percpu;

		boot(&kernel, &profile, NULL);
		object = km_kmalloc(kernel.slab, 100, KM_GFP_KERNEL, 0, -1);
		area = km_vm_alloc(kernel.vm, 5 * 4096, 0, KM_AREA_PAGES, KM_GFP_KERNEL, 0, -1);
		percpu = km_percpu_alloc(kernel.percpu, 16, 8, KM_GFP_KERNEL, 0);
		ck_assert_msg(object && area && percpu, "%s", name);
		check(&kernel);
		ck_assert_int_eq(km_kfree(kernel.slab, object, 0), 0);
		ck_assert_int_eq(km_vm_free(kernel.vm, area, 0), 0);
		ck_assert_int_eq(km_percpu_free(kernel.percpu, percpu, 0), 0);
		check(&kernel);
		km_kernel_release(&kernel);
	}
}
END_TEST

/* Two kernels share nothing: the same calls on both give the same addresses. */
START_TEST(two_kernels_never_meet)
{
	struct km_profile profile = builtin("x86-64-4g");
	struct kernel a, b;

	boot(&a, &profile, NULL);
	boot(&b, &profile, NULL);
	for (unsigned int i = 0; i < 500; i++) {
		uint64_t x = km_kmalloc(a.slab, 8 + i * 7, KM_GFP_KERNEL, i % 4, -1);
		uint64_t y = km_kmalloc(b.slab, 8 + i * 7, KM_GFP_KERNEL, i % 4, -1);

		ck_assert_uint_eq(x, y);
		x = km_vm_alloc(a.vm, (2 + i % 9) * 4096, 0, KM_AREA_PAGES, KM_GFP_KERNEL, 0, -1);
		y = km_vm_alloc(b.vm, (2 + i % 9) * 4096, 0, KM_AREA_PAGES, KM_GFP_KERNEL, 0, -1);
		ck_assert_uint_eq(x, y);
		x = km_percpu_alloc(a.percpu, 4 + i, 4, KM_GFP_KERNEL, 0);
		y = km_percpu_alloc(b.percpu, 4 + i, 4, KM_GFP_KERNEL, 0);
		ck_assert_uint_eq(x, y);
	}
	check(&a);
	check(&b);
	km_kernel_release(&a);
	km_kernel_release(&b);
}
END_TEST

START_TEST(memory_size_lays_zones_and_marks_anew)
{
	struct km_profile profile = builtin("x86-64-4g");
	struct km_settings settings;
	struct kernel kernel;
	uint64_t managed = 0;

	profile.min_free_kbytes = 1 << 20;
	for (unsigned int i = 0; i < profile.nr_zones; i++) {
		profile.zones[i].wmark_min = 1;
		profile.zones[i].wmark_low = 2;
		profile.zones[i].wmark_high = 3;
		profile.zones[i].has_protection = true;
	}
	km_settings_init(&settings);
	set(&settings, "mem.size=256M");
	boot(&kernel, &profile, &settings);
	for (unsigned int i = 0; i < kernel.pages.nr_zones; i++) {
		managed += kernel.pages.zones[i].managed_pages;
		ck_assert_uint_gt(kernel.pages.zones[i].wmark_min, 1);
	}
	ck_assert_uint_eq(managed, 65536);
	/* 4 * sqrt(256 MiB in KiB) */
	ck_assert_uint_eq(kernel.pages.min_free_kbytes, 2048);
	check(&kernel);
	km_kernel_release(&kernel);
}
END_TEST

START_TEST(min_free_kbytes_and_scale_move_the_marks)
{
	struct km_profile profile = builtin("x86-64-4g");
	struct km_settings settings;
	struct kernel kernel;
	uint64_t min = 0, gap = 0;

	km_settings_init(&settings);
	set(&settings, "vm.min_free_kbytes=65536");
	set(&settings, "vm.watermark_scale_factor=1000");
	boot(&kernel, &profile, &settings);
	for (unsigned int i = 0; i < kernel.pages.nr_zones; i++) {
		const struct zone *zone = &kernel.pages.zones[i];

		min += zone->wmark_min;
		gap += zone->wmark_low - zone->wmark_min;
	}
	/* 64 MiB are 16384 pages, shared out by size and rounded down per zone. */
	ck_assert_uint_le(min, 16384);
	ck_assert_uint_gt(min, 16384 - 4);
	/* A tenth of 4 GiB. */
	ck_assert_uint_le(gap, 104857);
	ck_assert_uint_gt(gap, 104857 - 4);
	check(&kernel);
	km_kernel_release(&kernel);
}
END_TEST

/* DMA, DMA32, Normal: the second entry is the ratio of DMA32 against Normal above it. */
START_TEST(reserve_ratio_follows_the_order_of_the_sysctl)
{
	struct km_profile profile = builtin("x86-64-2node");
	struct km_settings settings;
	struct kernel kernel;

	profile.zones[1].has_protection = true;
	km_settings_init(&settings);
	set(&settings, "vm.lowmem_reserve_ratio=100,50");
	ck_assert_int_eq(km_kernel_boot(&kernel, &profile, &settings), 0);
	ck_assert_uint_eq(kernel.machine.profile.lowmem_reserve_ratio[KM_ZONE_DMA], 100);
	ck_assert_uint_eq(kernel.machine.profile.lowmem_reserve_ratio[KM_ZONE_DMA32], 50);
	ck_assert_uint_eq(kernel.machine.profile.lowmem_reserve_ratio[KM_ZONE_NORMAL], 32);
	ck_assert_uint_eq(kernel.pages.zones[1].type, KM_ZONE_DMA32);
	ck_assert_uint_eq(kernel.pages.zones[2].type, KM_ZONE_NORMAL);
	ck_assert_uint_eq(kernel.pages.zones[1].lowmem_reserve[KM_ZONE_NORMAL],
			  kernel.pages.zones[2].managed_pages / 50);
	km_kernel_release(&kernel);

	profile = builtin("x86-32-1g");
	ck_assert_int_eq(km_kernel_boot(&kernel, &profile, &settings), 0);
	ck_assert_uint_eq(kernel.machine.profile.lowmem_reserve_ratio[KM_ZONE_NORMAL], 50);
	km_kernel_release(&kernel);
}
END_TEST

START_TEST(cpus_are_online_and_possible_ones)
{
	struct km_profile profile = builtin("x86-64-4g");
	struct km_settings settings;
	struct km_percpu_info info;
	struct kernel kernel;

	profile.percpu_unit = 256 << 10;
	profile.nr_possible_cpus = 128;
	km_settings_init(&settings);
	set(&settings, "cpus=1");
	boot(&kernel, &profile, &settings);
	ck_assert_uint_eq(kernel.machine.nr_cpus, 1);
	ck_assert_uint_eq(kernel.machine.profile.nr_possible_cpus, 1);
	km_percpu_get_info(kernel.percpu, &info);
	ck_assert_uint_eq(info.unit_bytes, 2 << 20);
	check(&kernel);
	km_kernel_release(&kernel);
}
END_TEST

START_TEST(slab_settings_reach_the_slab_layer)
{
	struct km_profile profile = builtin("x86-64-4g");
	struct km_settings settings;
	struct kernel kernel;
	struct km_cache_info info;

	boot(&kernel, &profile, NULL);
	km_cache_get_info(km_kmalloc_cache(kernel.slab, 4096, KM_GFP_KERNEL), &info);
	ck_assert_uint_eq(info.order, 3);
	km_kernel_release(&kernel);

	km_settings_init(&settings);
	set(&settings, "slab.max_order=0");
	set(&settings, "slab.cpu_partial=0");
	boot(&kernel, &profile, &settings);
	km_cache_get_info(km_kmalloc_cache(kernel.slab, 4096, KM_GFP_KERNEL), &info);
	ck_assert_uint_eq(info.order, 0);
	ck_assert_uint_eq(info.objects_per_slab, 1);
	ck_assert_uint_eq(info.cpu_partial_slabs, 0);
	km_kernel_release(&kernel);
}
END_TEST

/* First chunk: 192 KiB assumed static, 8 reserved, 28 dynamic: 57 pages of 4 CPUs. */
START_TEST(a_cold_boot_takes_the_first_percpu_chunk)
{
	struct km_profile profile = builtin("x86-64-4g");
	struct kernel kernel;
	uint64_t before;

	ck_assert_int_eq(km_kernel_boot(&kernel, &profile, NULL), 0);
	ck_assert_int_eq(km_pages_free_all(&kernel.pages), 0);
	before = nr_free(&kernel);
	ck_assert_uint_eq(before, 1 << 20);
	ck_assert_int_eq(km_kernel_start(&kernel), 0);
	ck_assert_uint_eq(nr_free(&kernel), before - 4 * 57);
	check(&kernel);
	km_kernel_release(&kernel);
}
END_TEST

/* While pages are held, it comes from these. */
START_TEST(a_warm_boot_claims_the_first_percpu_chunk)
{
	struct km_profile profile = builtin("x86-64-4g");
	struct kernel kernel;
	uint64_t held = 0;

	ck_assert_int_eq(km_kernel_boot(&kernel, &profile, NULL), 0);
	ck_assert_int_eq(km_kernel_start(&kernel), 0);
	for (unsigned int i = 0; i < kernel.pages.nr_zones; i++)
		held += kernel.pages.zones[i].held_pages;
	ck_assert_uint_eq(held, (1 << 20) - 4 * 57);
	check(&kernel);
	km_kernel_release(&kernel);
}
END_TEST

START_TEST(a_profile_that_cannot_boot_is_refused)
{
	struct km_profile profile = builtin("x86-64-4g");
	struct km_settings settings;
	struct kernel kernel;

	profile.nr_zones = 0;
	ck_assert_int_eq(km_kernel_boot(&kernel, &profile, NULL), -EINVAL);
	ck_assert_str_eq(km_profile_check(&kernel.machine.profile), "no memory zones");
	km_kernel_release(&kernel);

	profile = builtin("x86-64-2node");
	km_settings_init(&settings);
	set(&settings, "mem.size=1M");
	ck_assert_int_eq(km_kernel_boot(&kernel, &profile, &settings), -EINVAL);
	km_kernel_release(&kernel);

	profile = builtin("x86-64-4g");
	profile.percpu_unit = 4096;
	profile.percpu_static = 65536;
	ck_assert_int_eq(km_kernel_boot(&kernel, &profile, NULL), 0);
	ck_assert_int_eq(km_kernel_start(&kernel), -EINVAL);
	km_kernel_release(&kernel);
}
END_TEST

/* Each layer's complaint is passed on. */
START_TEST(validity_covers_every_layer)
{
	struct km_profile profile = builtin("x86-64-4g");
	struct kernel kernel;
	char buf[256];

	boot(&kernel, &profile, NULL);
	check(&kernel);
	kernel.pages.zones[0].free_pages++;
	ck_assert_ptr_nonnull(km_kernel_is_valid(&kernel, buf, sizeof(buf)));
	kernel.pages.zones[0].free_pages--;
	check(&kernel);
	km_kernel_release(&kernel);
}
END_TEST

RUN_SUITE("core/kernel", every_builtin_machine_boots_and_works, two_kernels_never_meet,
	  memory_size_lays_zones_and_marks_anew, min_free_kbytes_and_scale_move_the_marks,
	  reserve_ratio_follows_the_order_of_the_sysctl, cpus_are_online_and_possible_ones,
	  slab_settings_reach_the_slab_layer, a_cold_boot_takes_the_first_percpu_chunk,
	  a_warm_boot_claims_the_first_percpu_chunk, a_profile_that_cannot_boot_is_refused,
	  validity_covers_every_layer)
