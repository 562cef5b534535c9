/* SPDX-License-Identifier: GPL-2.0-only */
/* Flags by their names, as the kernels of twenty years spell them. */
#include "tests/unit/suite.h"

#include "tests/unit/tracefmt/import/bed.h"
#include "tracefmt/import/gfp.h"

static struct tf_gfp gfp;

static uint32_t parse(const char *text, bool *is_odd)
{
	return tf_gfp_parse(&gfp, text, strlen(text), is_odd);
}

START_TEST(test_names)
{
	static const struct {
		const char *release, *text;
		uint32_t bits;
		bool is_odd;
	} cases[] = {
		{ NULL, "none", 0, false },
		{ NULL, "", 0, false },
		{ NULL, "GFP_KERNEL", 0xcc0, false },
		{ NULL, "GFP_KERNEL|__GFP_ZERO", 0xdc0, false },
		{ NULL, "GFP_KERNEL_ACCOUNT|__GFP_ZERO|__GFP_COMP", 0x440dc0, false },
		{ NULL, "GFP_ATOMIC", 0x820, false },
		{ "5.10.0-28-amd64", "GFP_ATOMIC", 0xa20, false },
		{ "6.2.0", "GFP_ATOMIC", 0xa20, false },
		{ "6.3.0", "GFP_ATOMIC", 0x820, false },
		{ "2.6.32-5-686", "GFP_ATOMIC", 0x820, false },
		{ "6.12.0", "GFP_NOWAIT", 0x2800, false },
		{ "6.7.0", "GFP_NOWAIT", 0x800, false },
		{ "6.1.0", "GFP_NOWAIT|__GFP_NOWARN", 0x2800, false },
		{ NULL, "GFP_TRANSHUGE_LIGHT", 0x1c20ca, false },
		{ NULL, "GFP_TRANSHUGE", 0x1c24ca, false },
		{ "3.2.0", "GFP_TRANSHUGE|GFP_NO_KSWAPD", 0x1d24ca, false },
		{ NULL, "GFP_HIGHUSER_MOVABLE", 0x100cca, false },
		{ NULL, "GFP_NOFS|__GFP_RECLAIMABLE", 0xc50, false },
		/* 2.6.32 */
		{ "2.6.32", "GFP_KERNEL|GFP_ZERO|GFP_COMP", 0x40dc0, false },
		{ "2.6.32", "GFP_WAIT|GFP_IO", 0xc40, false },
		{ "2.6.32", "GFP_NOWARN|GFP_REPEAT|GFP_HIGH", 0x6020, false },
		{ "2.6.32", "GFP_TEMPORARY", 0xcd0, false },
		{ "2.6.32", "GFP_COLD", 1u << 25, false },
		{ "2.6.32", "GFP_THISNODE|GFP_DMA", 0x200001, false },
		/* 4.6 and later */
		{ "4.9.0", "__GFP_ATOMIC|__GFP_REPEAT", 0x4200, false },
		{ "4.9.0", "__GFP_OTHER_NODE|__GFP_NOTRACK", 3u << 27, false },
		{ "5.14.0", "__GFP_SKIP_KASAN_POISON", 1u << 30, false },
		{ NULL, "__GFP_NOLOCKDEP", 1u << 26, false },
		/* what nobody knows */
		{ NULL, "GFP_KERNEL|__GFP_NEW_IN_2040", 0xcc0, true },
		{ NULL, "GFP_KERNEL|0x80000000", 0x80000cc0, true },
		{ NULL, "GFP_KERNEL|0x1000000", 0xcc0, true },
		{ NULL, "GFP_KERNEL|", 0xcc0, true },
		{ NULL, "|", 0, true },
		{ NULL, "0x", 0, true },
		{ NULL, "0xfffffffffffffffffff", 0x80000000, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_odd;

		tf_gfp_init(&gfp, cases[i].release);
		/* The second time from what is remembered. */
		for (unsigned int again = 0; again < 2; again++) {
			ck_assert_msg(parse(cases[i].text, &is_odd) == cases[i].bits, "%s: 0x%x",
				      cases[i].text, parse(cases[i].text, &is_odd));
			ck_assert_msg(is_odd == cases[i].is_odd, "%s", cases[i].text);
		}
	}
}
END_TEST

START_TEST(test_long_text)
{
	char text[400] = "GFP_KERNEL";
	bool is_odd;

	while (strlen(text) < 300)
		strcat(text, "|__GFP_ZERO");
	tf_gfp_init(&gfp, NULL);
	ck_assert_uint_eq(parse(text, &is_odd), 0xdc0);
	ck_assert_uint_eq(parse(text, &is_odd), 0xdc0);
	ck_assert(!is_odd);
}
END_TEST

START_TEST(test_single_bits)
{
	tf_gfp_init(&gfp, NULL);
	ck_assert_uint_eq(tf_gfp_bit(&gfp, "__GFP_ZERO", 10), 0x100);
	ck_assert_uint_eq(tf_gfp_bit(&gfp, "GFP_ZERO", 8), 0x100);
	ck_assert_uint_eq(tf_gfp_bit(&gfp, "ZERO", 4), 0x100);
	ck_assert_uint_eq(tf_gfp_bit(&gfp, "WAIT", 4), 0xc00);
	ck_assert_uint_eq(tf_gfp_bit(&gfp, "KERNEL", 6), 0);
	ck_assert_uint_eq(tf_gfp_bit(&gfp, "", 0), 0);
}
END_TEST

/* 6.12's bits are always told, the others where they came up. */
START_TEST(test_facts)
{
	struct bed bed;

	bed_text(&bed, " sh-12 [000] 1.1: kmalloc: ptr=0 bytes_req=1 bytes_alloc=8 "
		       "gfp_flags=GFP_KERNEL|GFP_COLD\n");
	ck_assert_str_eq(bed_fact(&bed, "gfp.DMA"), "0");
	ck_assert_str_eq(bed_fact(&bed, "gfp.NO_OBJ_EXT"), "24");
	ck_assert_str_eq(bed_fact(&bed, "gfp.COLD"), "25");
	ck_assert_str_eq(bed_fact(&bed, "gfp.ATOMIC"), "");
	ck_assert_str_eq(bed_fact(&bed, "gfp.NOTRACK"), "");
	ck_assert_uint_eq(bed.stats.nr_odd_gfp, 0);
	bed_end(&bed);
}
END_TEST

START_TEST(test_releases)
{
	ck_assert_uint_eq(tf_release_number("2.6.32-5-686"), 2006);
	ck_assert_uint_eq(tf_release_number("6.12.3"), 6012);
	ck_assert_uint_eq(tf_release_number("4.19"), 4019);
	ck_assert_uint_eq(tf_release_number("7"), 0);
	ck_assert_uint_eq(tf_release_number("x.y"), 0);
	ck_assert_uint_eq(tf_release_number("6.99999999999"), 0);
	ck_assert_uint_eq(tf_release_number(""), 0);
	ck_assert_uint_eq(tf_release_number(NULL), 0);
}
END_TEST

RUN_SUITE("tracefmt/import/gfp", test_names, test_long_text, test_single_bits, test_facts,
	  test_releases)
