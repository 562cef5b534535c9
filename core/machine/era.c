/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which habits a kernel has by its release.
 *
 * Sources: the trees of 2.6.32 to 6.18 between which a habit appears or goes; stable
 * releases that were given one later are named beside it.
 */
#include <stdio.h>
#include <string.h>

#include "core/machine/profile.h"

/* Releases that brought a habit, and others, mostly stable ones, from whose sublevel on it is
 * there. */
static const struct {
	unsigned int feature;
	unsigned int since;	       /* version * 1000 + patch level */
	unsigned int stable, sublevel; /* 0: none */
} habits[] = {
	{ KM_FEAT_PCP_HIGH_ORDER, 5014, 0, 0 },	   { KM_FEAT_KMALLOC_CGROUP, 5014, 0, 0 },
	{ KM_FEAT_CPU_PARTIAL_SLABS, 5017, 0, 0 }, { KM_FEAT_MIN_RESERVE, 6003, 6001, 192 },
	{ KM_FEAT_PCP_AUTO_HIGH, 6007, 0, 0 },	   { KM_FEAT_ORDER_NEW, 6008, 0, 0 },
	{ KM_FEAT_CLAIM_STEAL, 6015, 6012, 117 },  { KM_FEAT_SHEAVES, 6018, 0, 0 },
	{ KM_FEAT_WMARK_BLOCK, 4004, 0, 0 },	   { KM_FEAT_MANAGED_PAGES, 4018, 0, 0 },
	{ KM_FEAT_WMARK_BOOST, 5000, 0, 0 },	   { KM_FEAT_MIN_FREE_256M, 5008, 0, 0 },
	{ KM_FEAT_WMARK_PROMO, 5018, 0, 0 },	   { KM_FEAT_MOVABLE_CAPPED, 6006, 0, 0 },
	{ KM_FEAT_HIGHATOMIC_1PCT, 6008, 0, 0 },   { KM_FEAT_FREE_HIGHATOMIC, 6012, 0, 0 },
	{ KM_FEAT_COMPACTION, 3000, 2006, 35 },	   { KM_FEAT_RECLAIM_RETRY, 4007, 0, 0 },
};

/* By bit.  Files of machines name habits like this, so a name is never changed. */
static const char *const feature_names[32] = {
	"pcp-high-order",    "pcp-auto-high",	 "claim-steal",	      "min-reserve",
	"cpu-partial-slabs", "order-new",	 "kmalloc-cgroup",    "sheaves",
	"wmark-block",	     "managed-pages",	 "wmark-boost",	      "min-free-256m",
	"wmark-promo",	     "movable-capped",	 "highatomic-1pct",   "free-highatomic",
	"free-to-head",	     "move-to-head",	 "pcp-cold",	      "pcp-small-batch",
	"pcp-rotate",	     "fallback-largest", [24] = "compaction", "reclaim-retry",
};

/* Releases that a set of habits may be told by, ascending. */
static const char *const eras[] = { "2.6.32", "5.10", "5.15", "6.1", "6.6",
				    "6.8",    "6.12", "6.15", "6.18" };

/* Habits that went: the first release with them (0: all before), and the first without. */
static const struct {
	unsigned int feature;
	unsigned int since, until;
	unsigned int sublevel; /* of until, from which on they are gone */
} old_habits[] = {
	{ KM_FEAT_FREE_TO_HEAD, 0, 2006, 35 }, { KM_FEAT_MOVE_TO_HEAD, 0, 5010, 0 },
	{ KM_FEAT_PCP_COLD, 0, 4015, 0 },      { KM_FEAT_PCP_SMALL_BATCH, 0, 4020, 0 },
	{ KM_FEAT_PCP_ROTATE, 5014, 5018, 0 }, { KM_FEAT_FALLBACK_LARGEST, 0, 4000, 0 },
};

static bool parse_release(const char *text, unsigned int *release, unsigned int *sublevel)
{
	unsigned int version, patchlevel;

	*sublevel = 0;
	if (sscanf(text, "%u.%u.%u", &version, &patchlevel, sublevel) < 2 || version > 999 ||
	    patchlevel > 999)
		return false;
	*release = version * 1000 + patchlevel;
	return true;
}

unsigned int km_era_features(const char *release, const char *version)
{
	const char *debian = version ? strstr(version, "Debian ") : NULL;
	unsigned int number, sublevel, other, debian_sublevel, features = 0;

	if (!release || !parse_release(release, &number, &sublevel))
		return KM_FEATURES_NEWEST;
	if (debian && parse_release(debian + strlen("Debian "), &other, &debian_sublevel) &&
	    other == number)
		sublevel = debian_sublevel;
	for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++)
		if (number >= habits[i].since || (habits[i].stable == number && habits[i].stable &&
						  sublevel >= habits[i].sublevel))
			features |= habits[i].feature;
	for (size_t i = 0; i < sizeof(old_habits) / sizeof(old_habits[0]); i++)
		if (number >= old_habits[i].since &&
		    (number < old_habits[i].until ||
		     (number == old_habits[i].until && sublevel < old_habits[i].sublevel)))
			features |= old_habits[i].feature;
	return features;
}

const char *km_era_nearest(unsigned int features)
{
	const char *nearest = NULL;
	int least = 0;

	for (size_t i = 0; i < sizeof(eras) / sizeof(eras[0]); i++) {
		int differ = __builtin_popcount(km_era_features(eras[i], NULL) ^ features);

		if (nearest && differ > least)
			continue;
		nearest = eras[i];
		least = differ;
	}
	return nearest;
}

const char *km_feature_name(unsigned int bit)
{
	return bit < 32 ? feature_names[bit] : NULL;
}

int km_feature_from_name(const char *name)
{
	for (int bit = 0; bit < 32; bit++)
		if (feature_names[bit] && !strcmp(feature_names[bit], name))
			return bit;
	return -1;
}
