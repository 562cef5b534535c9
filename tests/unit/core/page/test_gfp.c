/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocation flags: names, zones, migratetypes, and the layouts of recorded kernels.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

#include "core/machine/cpu.h"
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
	assert_print(KM_GFP_HIGHUSER_MOVABLE | KM_GFP_SKIP_KASAN,
		     "GFP_HIGHUSER_MOVABLE|SKIP_KASAN_POISON");
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

static bool survives(km_gfp gfp, char *(*print)(km_gfp, char *, size_t))
{
	char buf[512], number[16];
	km_gfp back = ~gfp, from_number = ~gfp;

	print(gfp, buf, sizeof(buf));
	snprintf(number, sizeof(number), "%u", gfp);
	return !km_gfp_parse(buf, &back) && back == gfp && !km_gfp_parse(number, &from_number) &&
	       from_number == gfp;
}

/* Every pair of flags, every flag beside every composite type, and all without each pair. */
START_TEST(pairs_survive_printing)
{
	static const km_gfp composites[] = {
		0,
		KM_GFP_ATOMIC,
		KM_GFP_NOWAIT,
		KM_GFP_NOIO,
		KM_GFP_NOFS,
		KM_GFP_KERNEL,
		KM_GFP_KERNEL_ACCOUNT,
		KM_GFP_USER,
		KM_GFP_HIGHUSER,
		KM_GFP_HIGHUSER_MOVABLE,
		KM_GFP_TRANSHUGE_LIGHT,
		KM_GFP_TRANSHUGE,
		KM_GFP_TEMPORARY,
		KM_GFP_THISNODE_LIGHT,
		UINT32_MAX,
	};
	unsigned int nr_bad = 0;

	for (size_t i = 0; i < sizeof(composites) / sizeof(composites[0]); i++)
		for (int a = 0; a < 32; a++)
			for (int b = a; b < 32; b++) {
				km_gfp gfp = composites[i] ^ (1u << a | 1u << b);

				nr_bad += !survives(gfp, km_gfp_print);
				nr_bad += !survives(gfp, km_gfp_print_source);
			}
	ck_assert_uint_eq(nr_bad, 0);
}
END_TEST

START_TEST(spelling_of_the_source)
{
	char buf[512];

	ck_assert_str_eq(km_gfp_print_source(KM_GFP_KERNEL | KM_GFP_ZERO, buf, sizeof(buf)),
			 "GFP_KERNEL|__GFP_ZERO");
	ck_assert_str_eq(km_gfp_print_source(KM_GFP_DMA | KM_GFP_HIGH, buf, sizeof(buf)),
			 "__GFP_DMA|__GFP_HIGH");
	ck_assert_str_eq(km_gfp_print_source(0, buf, sizeof(buf)), "0");
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
	ck_assert_int_eq(km_gfp_parse("__GFP_WAIT|__GFP_COLD|__GFP_NOTRACK", &gfp), 0);
	ck_assert_uint_eq(gfp, KM_GFP_RECLAIM | KM_GFP_COLD | KM_GFP_NOTRACK);
	ck_assert_int_eq(km_gfp_parse("GFP_TEMPORARY", &gfp), 0);
	ck_assert_uint_eq(gfp, KM_GFP_KERNEL | KM_GFP_RECLAIMABLE);
	/* With underscores it is the flag alone. */
	ck_assert_int_eq(km_gfp_parse("GFP_THISNODE", &gfp), 0);
	ck_assert_uint_eq(gfp, KM_GFP_THISNODE | KM_GFP_NORETRY | KM_GFP_NOWARN);
	ck_assert_int_eq(km_gfp_parse("__GFP_THISNODE", &gfp), 0);
	ck_assert_uint_eq(gfp, KM_GFP_THISNODE);
	ck_assert_int_eq(km_gfp_parse("GFP_IOFS|GFP_NOWAIT", &gfp), 0);
	ck_assert_uint_eq(gfp, KM_GFP_IO | KM_GFP_FS | KM_GFP_NOWAIT);
	ck_assert_int_eq(km_gfp_parse("GFP_TRANSHUGE_LIGHT", &gfp), 0);
	ck_assert_uint_eq(gfp, 0x1c20ca);
}
END_TEST

START_TEST(scopes_of_a_task)
{
	const km_gfp gfp = KM_GFP_HIGHUSER_MOVABLE;

	ck_assert_uint_eq(km_gfp_in_context(gfp, 0), gfp);
	ck_assert_uint_eq(km_gfp_in_context(gfp, KM_TASK_NOFS), gfp & ~KM_GFP_FS);
	ck_assert_uint_eq(km_gfp_in_context(gfp, KM_TASK_NOIO), gfp & ~(KM_GFP_IO | KM_GFP_FS));
	ck_assert_uint_eq(km_gfp_in_context(gfp, KM_TASK_NOIO | KM_TASK_NOFS),
			  gfp & ~(KM_GFP_IO | KM_GFP_FS));
	ck_assert_uint_eq(km_gfp_in_context(gfp, KM_TASK_PIN), gfp & ~KM_GFP_MOVABLE);
	ck_assert_uint_eq(km_gfp_in_context(gfp, KM_TASK_PIN | KM_TASK_NOFS),
			  gfp & ~(KM_GFP_MOVABLE | KM_GFP_FS));
	ck_assert_uint_eq(
		km_gfp_in_context(gfp, KM_TASK_MEMALLOC | KM_TASK_REALTIME | KM_TASK_OOM_VICTIM),
		gfp);
	ck_assert_uint_eq(km_gfp_in_context(KM_GFP_ATOMIC, KM_TASK_NOIO), KM_GFP_ATOMIC);
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
	/* Without a bit for it: whoever allocates there wakes kswapd. */
	assert_era("2.6.32", 0x20, KM_GFP_ATOMIC);
	assert_era("2.6.32", 0, KM_GFP_KSWAPD_RECLAIM);
	assert_era("2.6.32", 0x50, KM_GFP_NOFS);
	assert_era("2.6.32", 0x200da, KM_GFP_HIGHUSER_MOVABLE);
	assert_era("2.6.32", 0x80000, KM_GFP_RECLAIMABLE | KM_GFP_KSWAPD_RECLAIM);
	assert_era("2.6.32", 0x41200, KM_GFP_THISNODE | KM_GFP_NORETRY | KM_GFP_NOWARN);
	assert_era("2.6.32", 0x80d0 | 0x100, KM_GFP_KERNEL | KM_GFP_ZERO | KM_GFP_COLD);
	assert_era("2.6.32", 0x50 | 1u << 21, KM_GFP_NOFS | KM_GFP_NOTRACK);
	assert_era("2.6.32", 0xd0 | 1u << 13, KM_GFP_KERNEL | KM_GFP_OTHER);

	assert_era("5.10.0-30-amd64", 0xcc0, KM_GFP_KERNEL);
	assert_era("5.10.0-30-amd64", 0xa20, KM_GFP_ATOMIC | KM_GFP_ATOMIC_BIT);
	assert_era("5.10.0-30-amd64", 0x400cc0, KM_GFP_KERNEL_ACCOUNT);
	assert_era("5.4.0", 1u << 23, KM_GFP_OTHER);
	assert_era("5.15.0-91-generic", 1u << 23, KM_GFP_ZEROTAGS);
	assert_era("5.15.0-91-generic", 0x1100cca, KM_GFP_HIGHUSER_MOVABLE | KM_GFP_SKIP_KASAN);
	assert_era("5.19.0", 1u << 24, KM_GFP_OTHER);
	assert_era("6.1.0-25-amd64", 0xa20, KM_GFP_ATOMIC | KM_GFP_ATOMIC_BIT);
	assert_era("6.6.13", 0x820, KM_GFP_ATOMIC);
	assert_era("6.6.13", 1u << 9, KM_GFP_OTHER);
	assert_era("6.6.13", 1u << 24, KM_GFP_OTHER);
	assert_era("6.12.63", 1u << 24, KM_GFP_NO_OBJ_EXT);
	assert_era("6.18.44-fc", 0x2800, KM_GFP_NOWAIT);
	assert_era("7.0-rc1", 0x100cca, KM_GFP_HIGHUSER_MOVABLE);
}
END_TEST

/* The table of composite types in hexadecimal, read in both directions. */
START_TEST(composites_of_eras)
{
	enum {
		NONE = 0xffffffff
	};
	static const char *const releases[] = { "2.6.32", "5.4.0", "5.10.223", "5.15.0", "6.1.0",
						"6.6.0",  "6.8.0", "6.12.95",  "6.18.44" };
	static const struct {
		const char *name;
		uint32_t flags[9];
	} table[] = {
		{ "GFP_KERNEL", { 0xd0, 0xcc0, 0xcc0, 0xcc0, 0xcc0, 0xcc0, 0xcc0, 0xcc0, 0xcc0 } },
		{ "GFP_KERNEL_ACCOUNT",
		  { NONE, 0x400cc0, 0x400cc0, 0x400cc0, 0x400cc0, 0x400cc0, 0x400cc0, 0x400cc0,
		    0x400cc0 } },
		{ "GFP_ATOMIC", { 0x20, 0xa20, 0xa20, 0xa20, 0xa20, 0x820, 0x820, 0x820, 0x820 } },
		{ "GFP_NOWAIT", { 0, 0x800, 0x800, 0x800, 0x800, 0x800, 0x2800, 0x2800, 0x2800 } },
		{ "GFP_NOIO", { 0x10, 0xc00, 0xc00, 0xc00, 0xc00, 0xc00, 0xc00, 0xc00, 0xc00 } },
		{ "GFP_NOFS", { 0x50, 0xc40, 0xc40, 0xc40, 0xc40, 0xc40, 0xc40, 0xc40, 0xc40 } },
		{ "GFP_USER",
		  { 0x200d0, 0x100cc0, 0x100cc0, 0x100cc0, 0x100cc0, 0x100cc0, 0x100cc0, 0x100cc0,
		    0x100cc0 } },
		{ "GFP_HIGHUSER",
		  { 0x200d2, 0x100cc2, 0x100cc2, 0x100cc2, 0x100cc2, 0x100cc2, 0x100cc2, 0x100cc2,
		    0x100cc2 } },
		{ "GFP_HIGHUSER_MOVABLE",
		  { 0x200da, 0x100cca, 0x100cca, 0x1100cca, 0x100cca, 0x100cca, 0x100cca, 0x100cca,
		    0x100cca } },
		{ "GFP_TEMPORARY", { 0x800d0, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE } },
		{ "GFP_DMA", { 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
		{ "GFP_DMA32", { 4, 4, 4, 4, 4, 4, 4, 4, 4 } },
		{ "GFP_TRANSHUGE_LIGHT",
		  { NONE, 0x1c20ca, 0x1c20ca, 0x11c20ca, 0x1c20ca, 0x1c20ca, 0x1c20ca, 0x1c20ca,
		    0x1c20ca } },
		{ "GFP_TRANSHUGE",
		  { NONE, 0x1c24ca, 0x1c24ca, 0x11c24ca, 0x1c24ca, 0x1c24ca, 0x1c24ca, 0x1c24ca,
		    0x1c24ca } },
		{ "GFP_THISNODE", { 0x41200, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE } },
		{ "__GFP_RECLAIM",
		  { NONE, 0xc00, 0xc00, 0xc00, 0xc00, 0xc00, 0xc00, 0xc00, 0xc00 } },
	};

	for (size_t era = 0; era < sizeof(releases) / sizeof(releases[0]); era++) {
		struct km_gfp_layout layout;

		ck_assert_int_eq(km_gfp_layout_era(&layout, releases[era]), 0);
		for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
			uint32_t flags = table[i].flags[era];
			km_gfp gfp = 0;
			int err = km_gfp_composite(&layout, table[i].name, &gfp);

			ck_assert_msg(err == (flags == NONE ? -ENOENT : 0), "%s of %s: %d",
				      table[i].name, releases[era], err);
			if (err)
				continue;
			ck_assert_msg(km_gfp_from_canonical(&layout, gfp) == flags,
				      "%s of %s is 0x%x", table[i].name, releases[era],
				      km_gfp_from_canonical(&layout, gfp));
			ck_assert_msg(km_gfp_to_canonical(&layout, flags) == gfp,
				      "0x%x of %s is 0x%x", flags, releases[era],
				      km_gfp_to_canonical(&layout, flags));
		}
	}
}
END_TEST

/* Any flags that a kernel has names for come back as they were. */
START_TEST(any_host_flags_come_back)
{
	static const struct {
		const char *release;
		uint32_t known;
	} table[] = {
		{ "2.6.32", 0x2fdfff }, { "5.10.0", 0x7fffff }, { "5.15.0", 0x1ffffff },
		{ "6.1.0", 0xffffff },	{ "6.6.0", 0xfffdff },	{ "6.12.0", 0x1fffdff },
	};
	uint32_t bits = 1;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct km_gfp_layout layout;
		unsigned int nr_bad = 0;

		ck_assert_int_eq(km_gfp_layout_era(&layout, table[i].release), 0);
		for (unsigned int n = 0; n < 10000; n++) {
			uint32_t flags = bits & table[i].known;
			km_gfp gfp = km_gfp_to_canonical(&layout, flags);

			nr_bad +=
				gfp & KM_GFP_OTHER || km_gfp_from_canonical(&layout, gfp) != flags;
			bits = bits * 1664525 + 1013904223;
		}
		ck_assert_msg(!nr_bad, "%s: %u", table[i].release, nr_bad);
		/* What has no name there is lost. */
		ck_assert_uint_eq(km_gfp_from_canonical(&layout, KM_GFP_OTHER), 0);
	}
}
END_TEST

/* The host's own enum is of a kernel whose composite types are the newest. */
START_TEST(composites_by_names)
{
	struct km_gfp_layout layout;
	km_gfp gfp;

	km_gfp_layout_clear(&layout);
	ck_assert_int_eq(km_gfp_layout_set(&layout, "KSWAPD_RECLAIM", 3), 0);
	ck_assert_int_eq(km_gfp_layout_set(&layout, "NOWARN", 9), 0);
	ck_assert_int_eq(km_gfp_layout_set(&layout, "HIGH", 0), 0);
	ck_assert_int_eq(km_gfp_composite(&layout, "GFP_NOWAIT", &gfp), 0);
	ck_assert_uint_eq(km_gfp_from_canonical(&layout, gfp), 1u << 3 | 1u << 9);
	ck_assert_int_eq(km_gfp_composite(&layout, "GFP_ATOMIC", &gfp), 0);
	ck_assert_uint_eq(km_gfp_from_canonical(&layout, gfp), 1u << 3 | 1u << 0);
	ck_assert_int_eq(km_gfp_composite(&layout, "GFP_BOGUS", &gfp), -ENOENT);
	ck_assert_uint_eq(km_gfp_to_canonical(&layout, 0), 0);
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

RUN_SUITE("page/gfp", largest_composite_first, any_bits_survive_printing, pairs_survive_printing,
	  spelling_of_the_source, short_buffers_are_not_overrun, spellings, scopes_of_a_task,
	  nonsense_changes_nothing, zone_table, migratetypes, layout_by_names, layouts_of_eras,
	  composites_of_eras, any_host_flags_come_back, composites_by_names, eras_not_covered)
