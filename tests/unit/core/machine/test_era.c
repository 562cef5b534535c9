/* SPDX-License-Identifier: GPL-2.0-only */
/* Which habits a kernel has by its release. */
#include "tests/unit/suite.h"

#include "core/machine/profile.h"

START_TEST(habits_by_release)
{
	const unsigned int old =
		KM_FEAT_PCP_HIGH_ORDER | KM_FEAT_KMALLOC_CGROUP | KM_FEAT_CPU_PARTIAL_SLABS;
	const unsigned int v6_12 =
		old | KM_FEAT_MIN_RESERVE | KM_FEAT_PCP_AUTO_HIGH | KM_FEAT_ORDER_NEW;

	ck_assert_uint_eq(km_era_features("6.18.44", NULL), KM_FEATURES_NEWEST);
	ck_assert_uint_eq(km_era_features("7.2.0-rc1", NULL), KM_FEATURES_NEWEST);
	ck_assert_uint_eq(km_era_features("6.12.9", NULL), v6_12);
	ck_assert_uint_eq(km_era_features("6.12.117+deb13-amd64", NULL),
			  v6_12 | KM_FEAT_CLAIM_STEAL);
	ck_assert_uint_eq(km_era_features("6.1.0", NULL), old);
	/* Debian names the patch level elsewhere. */
	ck_assert_uint_eq(km_era_features("6.1.0-37-amd64", "#1 SMP Debian 6.1.192-1 (2025)"),
			  old | KM_FEAT_MIN_RESERVE);
	ck_assert_uint_eq(km_era_features("6.1.0-37-amd64", "#1 SMP Debian 6.1.90-1"), old);
	ck_assert_uint_eq(km_era_features("5.10.223", NULL), 0);
	ck_assert_uint_eq(km_era_features("2.6.32", NULL), 0);
	ck_assert_uint_eq(km_era_features("linux", NULL), KM_FEATURES_NEWEST);
	ck_assert_uint_eq(km_era_features(NULL, NULL), KM_FEATURES_NEWEST);
}
END_TEST

RUN_SUITE("machine/era", habits_by_release)
