/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where each kernel keeps its flags.
 *
 * Since 6.9 the bits are an enum that BTF names, and a trace carries it; before,
 * they were macros, and the layout follows from the release.  3.0 to 5.3 are not
 * covered.  Bits that exist only with lockdep or hardware tags count as OTHER.
 *
 * Source: include/linux/gfp.h 2.6.32, 5.4, 5.10, 5.15, gfp_types.h 6.1, 6.6, 6.12.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/page/gfp.h"

#define NR_BITS 32

/* Names in the order of their bits; NULL: no name of ours. */
struct era {
	unsigned int since; /* version * 1000 + patchlevel */
	unsigned int nr;
	const char *const *names;
};

static const char *const names_2_6_32[] = {
	"DMA",	"HIGHMEM", "DMA32",	 "MOVABLE",  "WAIT",	 "HIGH",	"IO",
	"FS",	"COLD",	   "NOWARN",	 "REPEAT",   "NOFAIL",	 "NORETRY",	NULL,
	"COMP", "ZERO",	   "NOMEMALLOC", "HARDWALL", "THISNODE", "RECLAIMABLE",
};

/* From 5.4 on the first 23 stay; later names come after them. */
static const char *const names_modern[] = {
	"DMA",	 "HIGHMEM",    "DMA32",		"MOVABLE",  "RECLAIMABLE",    "HIGH",
	"IO",	 "FS",	       "ZERO",		"ATOMIC",   "DIRECT_RECLAIM", "KSWAPD_RECLAIM",
	"WRITE", "NOWARN",     "RETRY_MAYFAIL", "NOFAIL",   "NORETRY",	      "MEMALLOC",
	"COMP",	 "NOMEMALLOC", "HARDWALL",	"THISNODE", "ACCOUNT",	      "ZEROTAGS", /* 5.14 */
};

static const char *const names_6_3[] = {
	"DMA",	      "HIGHMEM",    "DMA32",	     "MOVABLE",	 "RECLAIMABLE",	   "HIGH",
	"IO",	      "FS",	    "ZERO",	     NULL,	 "DIRECT_RECLAIM", "KSWAPD_RECLAIM",
	"WRITE",      "NOWARN",	    "RETRY_MAYFAIL", "NOFAIL",	 "NORETRY",	   "MEMALLOC",
	"COMP",	      "NOMEMALLOC", "HARDWALL",	     "THISNODE", "ACCOUNT",	   "ZEROTAGS",
	"NO_OBJ_EXT", /* 6.10 */
};

/* Newest first. */
static const struct era eras[] = {
	{ 6010, 25, names_6_3 },
	{ 6003, 24, names_6_3 },
	{ 5014, 24, names_modern },
	{ 5004, 23, names_modern },
};

/* Known names of kernels that stand for nothing in the model. */
static const char *const ignored[] = {
	"NOTRACK", "SKIP_ZERO", "SKIP_KASAN", "SKIP_KASAN_POISON", "SKIP_KASAN_UNPOISON", "UNUSED",
};

void km_gfp_layout_init(struct km_gfp_layout *layout)
{
	for (unsigned int bit = 0; bit < NR_BITS; bit++)
		layout->to_canonical[bit] = bit <= 24 ? 1u << bit : KM_GFP_OTHER;
}

void km_gfp_layout_clear(struct km_gfp_layout *layout)
{
	for (unsigned int bit = 0; bit < NR_BITS; bit++)
		layout->to_canonical[bit] = KM_GFP_OTHER;
}

int km_gfp_layout_set(struct km_gfp_layout *layout, const char *name, unsigned int bit)
{
	km_gfp gfp;

	if (bit >= NR_BITS)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
		if (strcmp(name, ignored[i]))
			continue;
		layout->to_canonical[bit] = KM_GFP_OTHER;
		return 0;
	}
	if (km_gfp_single(name, &gfp))
		return -ENOENT;
	layout->to_canonical[bit] = gfp;
	return 0;
}

static void set_names(struct km_gfp_layout *layout, const char *const *names, unsigned int nr)
{
	km_gfp_layout_clear(layout);
	for (unsigned int bit = 0; bit < nr; bit++)
		if (names[bit])
			km_gfp_layout_set(layout, names[bit], bit);
}

int km_gfp_layout_era(struct km_gfp_layout *layout, const char *release)
{
	unsigned int version, patchlevel, sublevel = 0;

	if (sscanf(release, "%u.%u.%u", &version, &patchlevel, &sublevel) < 2 || patchlevel > 999 ||
	    version > 999)
		return -EINVAL;
	if (version == 2 && patchlevel == 6 && sublevel == 32) {
		set_names(layout, names_2_6_32, sizeof(names_2_6_32) / sizeof(names_2_6_32[0]));
		return 0;
	}
	for (size_t i = 0; i < sizeof(eras) / sizeof(eras[0]); i++) {
		if (version * 1000 + patchlevel < eras[i].since)
			continue;
		set_names(layout, eras[i].names, eras[i].nr);
		return 0;
	}
	return -ENOENT;
}

km_gfp km_gfp_to_canonical(const struct km_gfp_layout *layout, uint32_t host_flags)
{
	km_gfp gfp = 0;

	for (; host_flags; host_flags &= host_flags - 1)
		gfp |= layout->to_canonical[__builtin_ctz(host_flags)];
	return gfp;
}
