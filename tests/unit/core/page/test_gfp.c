/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocation flags: names, zones, migratetypes, and the layouts of recorded kernels.
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/suite.h"

#include "core/page/gfp.h"

static void assert_print(km_gfp gfp, const char *expected)
{
	char buf[512];
	km_gfp back = ~gfp;

	ck_assert_str_eq(km_gfp_print(gfp, buf, sizeof(buf)), expected);
	ck_assert_int_eq(km_gfp_parse(buf, &back), 0);
	ck_assert_uint_eq(back, gfp);
}

START_TEST(largest_composite_first)
{
	assert_print(0, "0");
	assert_print(KM_GFP_KERNEL, "GFP_KERNEL");
	assert_print(KM_GFP_KERNEL | KM_GFP_ZERO, "GFP_KERNEL|ZERO");
	assert_print(KM_GFP_KERNEL_ACCOUNT | KM_GFP_NOWARN, "GFP_KERNEL_ACCOUNT|NOWARN");
	assert_print(KM_GFP_ATOMIC | KM_GFP_NOWARN, "GFP_ATOMIC|NOWARN");
	assert_print(KM_GFP_NOWAIT, "GFP_NOWAIT");
	assert_print(KM_GFP_KSWAPD_RECLAIM, "KSWAPD_RECLAIM");
	assert_print(KM_GFP_NOFS, "GFP_NOFS");
	assert_print(KM_GFP_NOIO, "GFP_NOIO");
	assert_print(KM_GFP_USER, "GFP_USER");
	assert_print(KM_GFP_HIGHUSER_MOVABLE, "GFP_HIGHUSER_MOVABLE");
	assert_print(0x1c24ca, "GFP_TRANSHUGE");
	assert_print(0x1c20ca, "GFP_TRANSHUGE_LIGHT");
	assert_print(KM_GFP_DMA, "DMA");
	assert_print(KM_GFP_KERNEL | KM_GFP_OTHER, "GFP_KERNEL|OTHER");
	assert_print(1u << 31, "0x80000000");
}
END_TEST

START_TEST(any_bits_survive_printing)
{
	uint32_t bits = 1;

	for (unsigned int i = 0; i < 20000; i++) {
		char buf[512];
		km_gfp back = ~bits;

		km_gfp_print(bits, buf, sizeof(buf));
		ck_assert_int_eq(km_gfp_parse(buf, &back), 0);
		ck_assert_uint_eq(back, bits);
		bits = bits * 1664525 + 1013904223;
	}
}
END_TEST

START_TEST(short_buffers_are_not_overrun)
{
	char buf[16], whole[512];
	km_gfp gfp = UINT32_MAX;

	km_gfp_print(gfp, whole, sizeof(whole));
	for (size_t len = 1; len < sizeof(buf); len++) {
		memset(buf, '#', sizeof(buf));
		km_gfp_print(gfp, buf, len);
		ck_assert_uint_eq(strlen(buf), len - 1);
		ck_assert(!memcmp(buf, whole, len - 1));
		ck_assert_int_eq(buf[len], '#');
	}
	memset(buf, '#', sizeof(buf));
	km_gfp_print(gfp, buf, 0);
	ck_assert_int_eq(buf[0], '#');
}
END_TEST

START_TEST(spellings)
{
	km_gfp gfp = 0;

	ck_assert_int_eq(km_gfp_parse("GFP_KERNEL | __GFP_ZERO", &gfp), 0);
	ck_assert_uint_eq(gfp, KM_GFP_KERNEL | KM_GFP_ZERO);
	ck_assert_int_eq(km_gfp_parse("0xcc0", &gfp), 0);
	ck_assert_uint_eq(gfp, KM_GFP_KERNEL);
	ck_assert_int_eq(km_gfp_parse("3264|HIGH", &gfp), 0);
	ck_assert_uint_eq(gfp, KM_GFP_KERNEL | KM_GFP_HIGH);
	ck_assert_int_eq(km_gfp_parse("GFP_DMA32", &gfp), 0);
	ck_assert_uint_eq(gfp, KM_GFP_DMA32);
	ck_assert_int_eq(km_gfp_parse("__GFP_RECLAIM", &gfp), 0);
	ck_assert_uint_eq(gfp, KM_GFP_RECLAIM);
	ck_assert_int_eq(km_gfp_parse("WAIT|REPEAT", &gfp), 0);
	ck_assert_uint_eq(gfp, KM_GFP_RECLAIM | KM_GFP_RETRY_MAYFAIL);
}
END_TEST

START_TEST(nonsense_changes_nothing)
{
	static const char *const texts[] = {
		"",
		"|",
		"GFP_KERNEL|",
		"|GFP_KERNEL",
		"GFP_KERNAL",
		"GFP_ZERO",
		"0x",
		"0x1ffffffff",
		"12abc",
		"-1",
		"__GFP_",
		"kernel",
		"0x111",
		"GFP_KERNEL ZERO",
		"GFP_KERNEL||ZERO",
		"99999999999999999999",
	};
	km_gfp gfp = 0x1234;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int err = km_gfp_parse(texts[i], &gfp);

		if (!strcmp(texts[i], "0x111"))
			ck_assert_int_eq(err, 0);
		else
			ck_assert_msg(err == -EINVAL, "'%s' was read", texts[i]);
	}
	ck_assert_uint_eq(gfp, 0x111);
}
END_TEST

/* GFP_ZONE_TABLE: all sixteen combinations of DMA 1, HIGHMEM 2, DMA32 4, MOVABLE 8. */
START_TEST(zone_table)
{
	static const int zones[16] = {
		[0] = KM_ZONE_NORMAL,
		[1] = KM_ZONE_DMA,
		[2] = KM_ZONE_HIGHMEM,
		[3] = -1,
		[4] = KM_ZONE_DMA32,
		[5] = -1,
		[6] = -1,
		[7] = -1,
		[8] = KM_ZONE_NORMAL,
		[9] = KM_ZONE_DMA,
		[10] = KM_ZONE_MOVABLE,
		[11] = -1,
		[12] = KM_ZONE_DMA32,
		[13] = -1,
		[14] = -1,
		[15] = -1,
	};

	for (km_gfp bits = 0; bits < 16; bits++) {
		ck_assert_int_eq(km_gfp_zone(bits), zones[bits]);
		ck_assert_int_eq(km_gfp_zone(bits | KM_GFP_KERNEL | KM_GFP_ZERO), zones[bits]);
	}
}
END_TEST

START_TEST(migratetypes)
{
	ck_assert_int_eq(km_gfp_migratetype(KM_GFP_KERNEL), KM_MIGRATE_UNMOVABLE);
	ck_assert_int_eq(km_gfp_migratetype(KM_GFP_HIGHUSER_MOVABLE), KM_MIGRATE_MOVABLE);
	ck_assert_int_eq(km_gfp_migratetype(KM_GFP_KERNEL | KM_GFP_RECLAIMABLE),
			 KM_MIGRATE_RECLAIMABLE);
	ck_assert_int_eq(km_gfp_migratetype(KM_GFP_MOVABLE | KM_GFP_RECLAIMABLE),
			 KM_MIGRATE_UNMOVABLE);
	for (int type = 0; type < KM_NR_MIGRATETYPES; type++)
		ck_assert_int_eq(km_migratetype_from_name(km_migratetype_name(type)), type);
	ck_assert_str_eq(km_migratetype_name(KM_MIGRATE_HIGHATOMIC), "HighAtomic");
	ck_assert_str_eq(km_migratetype_name(KM_NR_MIGRATETYPES), "?");
	ck_assert_int_eq(km_migratetype_from_name("movable"), -1);
}
END_TEST

START_TEST(layout_by_names)
{
	struct km_gfp_layout layout;

	km_gfp_layout_init(&layout);
	ck_assert_uint_eq(km_gfp_to_canonical(&layout, 0x1ffffff), 0x1ffffff);
	ck_assert_uint_eq(km_gfp_to_canonical(&layout, 1u << 25), KM_GFP_OTHER);

	km_gfp_layout_clear(&layout);
	ck_assert_uint_eq(km_gfp_to_canonical(&layout, UINT32_MAX), KM_GFP_OTHER);
	ck_assert_int_eq(km_gfp_layout_set(&layout, "WAIT", 4), 0);
	ck_assert_int_eq(km_gfp_layout_set(&layout, "NO_OBJ_EXT", 31), 0);
	ck_assert_int_eq(km_gfp_layout_set(&layout, "SKIP_KASAN", 9), 0);
	ck_assert_int_eq(km_gfp_layout_set(&layout, "BOGUS", 5), -ENOENT);
	ck_assert_int_eq(km_gfp_layout_set(&layout, "IO", 32), -EINVAL);
	ck_assert_uint_eq(km_gfp_to_canonical(&layout, 1u << 4), KM_GFP_RECLAIM);
	ck_assert_uint_eq(km_gfp_to_canonical(&layout, 1u << 31), KM_GFP_NO_OBJ_EXT);
	ck_assert_uint_eq(km_gfp_to_canonical(&layout, 1u << 4 | 1u << 9),
			  KM_GFP_RECLAIM | KM_GFP_OTHER);
	ck_assert_uint_eq(km_gfp_to_canonical(&layout, 0), 0);
}
END_TEST

static void assert_era(const char *release, uint32_t host, km_gfp canonical)
{
	struct km_gfp_layout layout;

	ck_assert_int_eq(km_gfp_layout_era(&layout, release), 0);
	ck_assert_msg(km_gfp_to_canonical(&layout, host) == canonical, "%s: 0x%x is 0x%x, not 0x%x",
		      release, host, km_gfp_to_canonical(&layout, host), canonical);
}

/* The composite masks in hexadecimal, as each kernel had them. */
START_TEST(layouts_of_eras)
{
	assert_era("2.6.32-71.el6", 0xd0, KM_GFP_KERNEL);
	assert_era("2.6.32", 0x20, KM_GFP_HIGH);
	assert_era("2.6.32", 0x50, KM_GFP_NOFS);
	assert_era("2.6.32", 0x200da, KM_GFP_HIGHUSER_MOVABLE);
	assert_era("2.6.32", 0x80000, KM_GFP_RECLAIMABLE);
	assert_era("2.6.32", 0x41200, KM_GFP_THISNODE | KM_GFP_NORETRY | KM_GFP_NOWARN);
	assert_era("2.6.32", 0x8000 | 0x100, KM_GFP_ZERO | KM_GFP_COLD);
	assert_era("2.6.32", 1u << 13, KM_GFP_OTHER);

	assert_era("5.10.0-30-amd64", 0xcc0, KM_GFP_KERNEL);
	assert_era("5.10.0-30-amd64", 0xa20, KM_GFP_ATOMIC | KM_GFP_ATOMIC_BIT);
	assert_era("5.10.0-30-amd64", 0x400cc0, KM_GFP_KERNEL_ACCOUNT);
	assert_era("5.4.0", 1u << 23, KM_GFP_OTHER);
	assert_era("5.15.0-91-generic", 1u << 23, KM_GFP_ZEROTAGS);
	assert_era("5.15.0-91-generic", 0x1100cca, KM_GFP_HIGHUSER_MOVABLE | KM_GFP_OTHER);
	assert_era("6.1.0-25-amd64", 0xa20, KM_GFP_ATOMIC | KM_GFP_ATOMIC_BIT);
	assert_era("6.6.13", 0x820, KM_GFP_ATOMIC);
	assert_era("6.6.13", 1u << 9, KM_GFP_OTHER);
	assert_era("6.6.13", 1u << 24, KM_GFP_OTHER);
	assert_era("6.12.63", 1u << 24, KM_GFP_NO_OBJ_EXT);
	assert_era("6.18.44-fc", 0x2800, KM_GFP_NOWAIT);
	assert_era("7.0-rc1", 0x100cca, KM_GFP_HIGHUSER_MOVABLE);
}
END_TEST

START_TEST(eras_not_covered)
{
	struct km_gfp_layout layout;

	ck_assert_int_eq(km_gfp_layout_era(&layout, "4.19.0"), -ENOENT);
	ck_assert_int_eq(km_gfp_layout_era(&layout, "2.6.18"), -ENOENT);
	ck_assert_int_eq(km_gfp_layout_era(&layout, "3.10"), -ENOENT);
	ck_assert_int_eq(km_gfp_layout_era(&layout, ""), -EINVAL);
	ck_assert_int_eq(km_gfp_layout_era(&layout, "linux"), -EINVAL);
	ck_assert_int_eq(km_gfp_layout_era(&layout, "6"), -EINVAL);
	ck_assert_int_eq(km_gfp_layout_era(&layout, "99999999999.1"), -EINVAL);
}
END_TEST

RUN_SUITE("page/gfp", largest_composite_first, any_bits_survive_printing,
	  short_buffers_are_not_overrun, spellings, nonsense_changes_nothing, zone_table,
	  migratetypes, layout_by_names, layouts_of_eras, eras_not_covered)
