/* SPDX-License-Identifier: GPL-2.0-only */
/* Which habits a kernel has by its release. */
#include "tests/unit/suite.h"

#include "core/machine/profile.h"

START_TEST(habits_by_release)
{
	const unsigned int v2_6_32 = KM_FEAT_FREE_TO_HEAD | KM_FEAT_MOVE_TO_HEAD |
				     KM_FEAT_PCP_COLD | KM_FEAT_PCP_SMALL_BATCH |
				     KM_FEAT_FALLBACK_LARGEST;
	const unsigned int v5_10 = KM_FEAT_WMARK_BLOCK | KM_FEAT_MANAGED_PAGES |
				   KM_FEAT_WMARK_BOOST | KM_FEAT_MIN_FREE_256M |
				   KM_FEAT_COMPACTION | KM_FEAT_RECLAIM_RETRY;
	const unsigned int v5_15 = v5_10 | KM_FEAT_PCP_HIGH_ORDER | KM_FEAT_KMALLOC_CGROUP;
	const unsigned int v6_1 = v5_15 | KM_FEAT_CPU_PARTIAL_SLABS | KM_FEAT_WMARK_PROMO;
	const unsigned int v6_12 = v6_1 | KM_FEAT_MIN_RESERVE | KM_FEAT_PCP_AUTO_HIGH |
				   KM_FEAT_ORDER_NEW | KM_FEAT_MOVABLE_CAPPED |
				   KM_FEAT_HIGHATOMIC_1PCT | KM_FEAT_FREE_HIGHATOMIC;

	ck_assert_uint_eq(km_era_features("6.18.44", NULL), KM_FEATURES_NEWEST);
	ck_assert_uint_eq(km_era_features("7.2.0-rc1", NULL), KM_FEATURES_NEWEST);
	ck_assert_uint_eq(km_era_features("6.12.9", NULL), v6_12);
	ck_assert_uint_eq(km_era_features("6.12.117+deb13-amd64", NULL),
			  v6_12 | KM_FEAT_CLAIM_STEAL);
	ck_assert_uint_eq(km_era_features("6.1.0", NULL), v6_1);
	/* Debian names the patch level elsewhere. */
	ck_assert_uint_eq(km_era_features("6.1.0-37-amd64", "#1 SMP Debian 6.1.192-1 (2025)"),
			  v6_1 | KM_FEAT_MIN_RESERVE);
	ck_assert_uint_eq(km_era_features("6.1.0-37-amd64", "#1 SMP Debian 6.1.90-1"), v6_1);
	ck_assert_uint_eq(km_era_features("5.15.100", NULL), v5_15 | KM_FEAT_PCP_ROTATE);
	ck_assert_uint_eq(km_era_features("5.10.223", NULL), v5_10);
	ck_assert_uint_eq(km_era_features("5.4.59", NULL),
			  (v5_10 & ~KM_FEAT_MIN_FREE_256M) | KM_FEAT_MOVE_TO_HEAD);
	ck_assert_uint_eq(km_era_features("2.6.35", NULL),
			  (v2_6_32 & ~KM_FEAT_FREE_TO_HEAD) | KM_FEAT_COMPACTION);
	ck_assert_uint_eq(km_era_features("2.6.32-5-amd64", NULL), v2_6_32);
	ck_assert_uint_eq(km_era_features("linux", NULL), KM_FEATURES_NEWEST);
	ck_assert_uint_eq(km_era_features(NULL, NULL), KM_FEATURES_NEWEST);
}
END_TEST

/* Every habit that any kernel has can be named in a file, and by no other name. */
START_TEST(habits_have_names)
{
	static const char *const releases[] = { "2.6.32", "5.10", "5.14", "5.17", "6.1", "6.6",
						"6.8",	  "6.12", "6.15", "6.18", NULL };
	unsigned int all = KM_FEATURES_NEWEST;

	for (unsigned int i = 0; releases[i]; i++)
		all |= km_era_features(releases[i], NULL);
	for (unsigned int bit = 0; bit < 32; bit++) {
		const char *name = km_feature_name(bit);

		if (all & 1u << bit)
			ck_assert_msg(name, "bit %u has no name in era.c", bit);
		if (name)
			ck_assert_int_eq(km_feature_from_name(name), bit);
	}
	ck_assert_pstr_eq(km_feature_name(32), NULL);
	ck_assert_int_eq(km_feature_from_name("nothing"), -1);
	ck_assert_int_eq(km_feature_from_name(""), -1);
}
END_TEST

START_TEST(nearest_era)
{
	ck_assert_str_eq(km_era_nearest(KM_FEATURES_NEWEST), "6.18");
	ck_assert_str_eq(km_era_nearest(km_era_features("6.12.9", NULL)), "6.12");
	ck_assert_str_eq(km_era_nearest(km_era_features("5.19", NULL)), "6.1");
	ck_assert_str_eq(km_era_nearest(km_era_features("2.6.33", NULL)), "2.6.32");
}
END_TEST

RUN_SUITE("machine/era", habits_by_release, habits_have_names, nearest_era)
