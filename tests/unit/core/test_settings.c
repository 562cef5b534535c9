/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "core/kernel.h"
#include "tests/unit/suite.h"

START_TEST(sizes)
{
	static const struct {
		const char *text;
		int err;
		uint64_t bytes;
	} rows[] = {
		{ "0", 0, 0 },
		{ "4096", 0, 4096 },
		{ "1k", 0, 1024 },
		{ "64M", 0, 64 << 20 },
		{ "3g", 0, UINT64_C(3) << 30 },
		{ "2T", 0, UINT64_C(2) << 40 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "16777215T", 0, UINT64_C(16777215) << 40 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "16777216T", -ERANGE, 0 },
		{ "18014398509481984k", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "k", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1kk", -EINVAL, 0 },
		{ "1KB", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "1.5G", -EINVAL, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t bytes = 42;
		int err = km_size_parse(rows[i].text, &bytes);

		ck_assert_msg(err == rows[i].err, "'%s': %d", rows[i].text, err);
		ck_assert_uint_eq(bytes, err ? 42 : rows[i].bytes);
	}
}
END_TEST

START_TEST(every_key_is_taken)
{
	static const struct {
		const char *assignment;
		enum km_setting setting;
		uint64_t value;
	} rows[] = {
		{ "slab.allocator=slub", KM_SET_SLAB_ALLOCATOR, 0 },
		{ "slab.max_order=0", KM_SET_SLAB_MAX_ORDER, 0 },
		{ "slab.max_order=10", KM_SET_SLAB_MAX_ORDER, 10 },
		{ "slab.min_objects=16", KM_SET_SLAB_MIN_OBJECTS, 16 },
		{ "slab.cpu_partial=30", KM_SET_SLAB_CPU_PARTIAL, 30 },
		{ "mem.size=64M", KM_SET_MEM_SIZE, 64 << 20 },
		{ "mem.size=16T", KM_SET_MEM_SIZE, UINT64_C(16) << 40 },
		{ "cpus=4096", KM_SET_CPUS, 4096 },
		{ "vm.min_free_kbytes=1", KM_SET_MIN_FREE_KBYTES, 1 },
		{ "vm.watermark_scale_factor=3000", KM_SET_WATERMARK_SCALE_FACTOR, 3000 },
		{ "vm.lowmem_reserve_ratio=256,256,32", KM_SET_LOWMEM_RESERVE_RATIO, 3 },
		{ "vm.percpu_pagelist_high_fraction=0", KM_SET_PERCPU_PAGELIST_HIGH_FRACTION, 0 },
		{ "vm.percpu_pagelist_high_fraction=8", KM_SET_PERCPU_PAGELIST_HIGH_FRACTION, 8 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct km_settings settings;
		char reason[128] = "x";
		int err;

		km_settings_init(&settings);
		err = km_settings_parse(&settings, rows[i].assignment, reason, sizeof(reason));
		ck_assert_msg(!err, "%s: %s", rows[i].assignment, reason);
		ck_assert_str_eq(reason, "");
		ck_assert_uint_eq(settings.set, 1u << rows[i].setting);
		ck_assert_uint_eq(settings.value[rows[i].setting], rows[i].value);
	}
}
END_TEST

START_TEST(every_refusal_says_why)
{
	static const struct {
		const char *assignment;
		int err;
		const char *reason;
	} rows[] = {
		{ "slab.allocator=slab", -EOPNOTSUPP,
		  "slab.allocator: slab is not modelled, only slub" },
		{ "slab.allocator=slob", -EINVAL, "slab.allocator: 'slob' is not slub or slab" },
		{ "slab.merge=0", -EOPNOTSUPP,
		  "slab.merge is not supported: caches are not merged" },
		{ "kmalloc.classes=8,16", -EOPNOTSUPP,
		  "kmalloc.classes is not supported: the kmalloc classes are the kernel's" },
		{ "gfp.rewrite=f:GFP_KERNEL:GFP_ATOMIC", -EOPNOTSUPP,
		  "gfp.rewrite is not supported: flags are replayed as recorded" },
		{ "slab.max_order=11", -EINVAL,
		  "slab.max_order: '11' is not a number from 0 to 10" },
		{ "slab.max_order=-1", -EINVAL,
		  "slab.max_order: '-1' is not a number from 0 to 10" },
		{ "slab.max_order=1x", -EINVAL,
		  "slab.max_order: '1x' is not a number from 0 to 10" },
		{ "slab.max_order=", -EINVAL, "slab.max_order: '' is not a number from 0 to 10" },
		{ "slab.max_order", -EINVAL,
		  "slab.max_order: no value: write slab.max_order=VALUE" },
		{ "slab.min_objects=0", -EINVAL,
		  "slab.min_objects: '0' is not a number from 1 to 65535" },
		{ "mem.size=1k", -EINVAL, "mem.size: '1k' is not a size from 1M to 16T" },
		{ "mem.size=16777216T", -EINVAL,
		  "mem.size: '16777216T' is not a size from 1M to 16T" },
		{ "mem.size=big", -EINVAL, "mem.size: 'big' is not a size from 1M to 16T" },
		{ "cpus=0", -EINVAL, "cpus: '0' is not a number from 1 to 4096" },
		{ "cpus=4097", -EINVAL, "cpus: '4097' is not a number from 1 to 4096" },
		{ "vm.watermark_scale_factor=0", -EINVAL,
		  "vm.watermark_scale_factor: '0' is not a number from 1 to 3000" },
		{ "vm.lowmem_reserve_ratio=1,,2", -EINVAL,
		  "vm.lowmem_reserve_ratio: '1,,2' is not a list of 1 to 5 numbers separated by "
		  "commas" },
		{ "vm.lowmem_reserve_ratio=1,2,3,4,5,6", -EINVAL,
		  "vm.lowmem_reserve_ratio: '1,2,3,4,5,6' is not a list of 1 to 5 numbers "
		  "separated by commas" },
		{ "vm.lowmem_reserve_ratio=1 2", -EINVAL,
		  "vm.lowmem_reserve_ratio: '1 2' is not a list of 1 to 5 numbers separated by "
		  "commas" },
		{ "vm.percpu_pagelist_high_fraction=7", -EINVAL,
		  "vm.percpu_pagelist_high_fraction: '7' is neither 0 nor at least 8" },
		{ "vm.swappiness=60", -ENOENT, "no such setting: vm.swappiness" },
		{ "", -ENOENT, "no such setting: " },
		{ "=1", -ENOENT, "no such setting: " },
		{ "slab.max_orde=1", -ENOENT, "no such setting: slab.max_orde" },
		{ "slab.max_orders=1", -ENOENT, "no such setting: slab.max_orders" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct km_settings settings, before;
		char reason[256];
		int err;

		km_settings_init(&settings);
		before = settings;
		err = km_settings_parse(&settings, rows[i].assignment, reason, sizeof(reason));
		ck_assert_msg(err == rows[i].err, "%s: %d", rows[i].assignment, err);
		ck_assert_str_eq(reason, rows[i].reason);
		ck_assert_mem_eq(&settings, &before, sizeof(settings));
	}
}
END_TEST

START_TEST(reason_is_cut_to_its_room)
{
	struct km_settings settings;
	char reason[8] = "1234567";

	km_settings_init(&settings);
	ck_assert_int_eq(km_settings_parse(&settings, "cpus=0", reason, 5), -EINVAL);
	ck_assert_str_eq(reason, "cpus");
	ck_assert_int_eq(reason[5], '6');
	ck_assert_int_eq(km_settings_parse(&settings, "cpus=0", NULL, 0), -EINVAL);
}
END_TEST

START_TEST(the_last_value_counts)
{
	struct km_settings settings;
	char text[64];

	km_settings_init(&settings);
	ck_assert_int_eq(km_settings_parse(&settings, "cpus=2", text, sizeof(text)), 0);
	ck_assert_int_eq(km_settings_parse(&settings, "cpus=3", text, sizeof(text)), 0);
	ck_assert_str_eq(km_settings_given(&settings, 0, text, sizeof(text)), "cpus");
	ck_assert_str_eq(text, "3");
	ck_assert_ptr_null(km_settings_given(&settings, 1, text, sizeof(text)));
}
END_TEST

/* Listed by key, in the order of the table, not as they were given. */
START_TEST(given_settings_read_back)
{
	static const char *const given[] = { "vm.lowmem_reserve_ratio=256,0,32", "mem.size=3072M",
					     "slab.allocator=slub", "cpus=12", "slab.max_order=0" };
	static const char *const expected[][2] = { { "slab.allocator", "slub" },
						   { "slab.max_order", "0" },
						   { "mem.size", "3G" },
						   { "cpus", "12" },
						   { "vm.lowmem_reserve_ratio", "256,0,32" } };
	struct km_settings settings;
	char text[64];

	km_settings_init(&settings);
	ck_assert_ptr_null(km_settings_given(&settings, 0, text, sizeof(text)));
	for (size_t i = 0; i < 5; i++)
		ck_assert_int_eq(km_settings_parse(&settings, given[i], text, sizeof(text)), 0);
	for (unsigned int i = 0; i < 5; i++) {
		ck_assert_str_eq(km_settings_given(&settings, i, text, sizeof(text)),
				 expected[i][0]);
		ck_assert_str_eq(text, expected[i][1]);
	}
	ck_assert_ptr_null(km_settings_given(&settings, 5, text, sizeof(text)));
	ck_assert_int_eq(km_settings_parse(&settings, "mem.size=1048577", text, sizeof(text)), 0);
	km_settings_given(&settings, 2, text, sizeof(text));
	ck_assert_str_eq(text, "1048577");
}
END_TEST

RUN_SUITE("core/settings", sizes, every_key_is_taken, every_refusal_says_why,
	  reason_is_cut_to_its_room, the_last_value_counts, given_settings_read_back)
