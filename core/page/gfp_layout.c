/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where each kernel keeps its flags.
 *
 * Since 6.9 the bits are an enum that BTF names, and a trace carries it; before,
 * they were macros, and the layout follows from the release.  3.0 to 5.3 are not
 * covered.  Bits that exist only with lockdep or hardware tags count as OTHER.
 *
 * The way back is bit by bit: composite types that kernels made in different ways
 * (GFP_ATOMIC, GFP_NOWAIT) have a table by release.
 *
 * Source: include/linux/gfp.h 2.6.32, 5.4, 5.10, 5.15, gfp_types.h 6.1, 6.6, 6.12.
 */
#include <errno.h>
#include <limits.h>
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
	"DMA",	      "HIGHMEM",  "DMA32",    "MOVABLE",     "WAIT",	"HIGH",	   "IO",   "FS",
	"COLD",	      "NOWARN",	  "REPEAT",   "NOFAIL",	     "NORETRY", NULL,	   "COMP", "ZERO",
	"NOMEMALLOC", "HARDWALL", "THISNODE", "RECLAIMABLE", NULL,	"NOTRACK",
};

/* From 5.4 on the first 23 stay.  ZEROTAGS is there since 5.14, what follows it to 5.17. */
static const char *const names_modern[] = {
	"DMA",
	"HIGHMEM",
	"DMA32",
	"MOVABLE",
	"RECLAIMABLE",
	"HIGH",
	"IO",
	"FS",
	"ZERO",
	"ATOMIC",
	"DIRECT_RECLAIM",
	"KSWAPD_RECLAIM",
	"WRITE",
	"NOWARN",
	"RETRY_MAYFAIL",
	"NOFAIL",
	"NORETRY",
	"MEMALLOC",
	"COMP",
	"NOMEMALLOC",
	"HARDWALL",
	"THISNODE",
	"ACCOUNT",
	"ZEROTAGS",
	"SKIP_KASAN_POISON",
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
	{ 6010, 25, names_6_3 },    { 6003, 24, names_6_3 },	{ 5018, 24, names_modern },
	{ 5014, 25, names_modern }, { 5004, 23, names_modern },
};

/* Composite types that kernels made in different ways, and those that not all have. */
static const struct {
	const char *name;
	unsigned int since, before; /* releases; before 0: all later ones */
	km_gfp gfp;
} composites[] = {
	{ "GFP_KERNEL", 0, 0, KM_GFP_KERNEL },
	{ "GFP_KERNEL_ACCOUNT", 5004, 0, KM_GFP_KERNEL_ACCOUNT },
	{ "GFP_ATOMIC", 0, 5004, KM_GFP_ATOMIC },
	{ "GFP_ATOMIC", 5004, 6003, KM_GFP_ATOMIC | KM_GFP_ATOMIC_BIT },
	{ "GFP_ATOMIC", 6003, 0, KM_GFP_ATOMIC },
	{ "GFP_NOWAIT", 0, 6008, KM_GFP_KSWAPD_RECLAIM },
	{ "GFP_NOWAIT", 6008, 0, KM_GFP_NOWAIT },
	{ "GFP_NOIO", 0, 0, KM_GFP_NOIO },
	{ "GFP_NOFS", 0, 0, KM_GFP_NOFS },
	{ "GFP_USER", 0, 0, KM_GFP_USER },
	{ "GFP_HIGHUSER", 0, 0, KM_GFP_HIGHUSER },
	{ "GFP_HIGHUSER_MOVABLE", 0, 5014, KM_GFP_HIGHUSER_MOVABLE },
	{ "GFP_HIGHUSER_MOVABLE", 5014, 5018, KM_GFP_HIGHUSER_MOVABLE | KM_GFP_SKIP_KASAN },
	{ "GFP_HIGHUSER_MOVABLE", 5018, 0, KM_GFP_HIGHUSER_MOVABLE },
	{ "GFP_TRANSHUGE_LIGHT", 5004, 5014, KM_GFP_TRANSHUGE_LIGHT },
	{ "GFP_TRANSHUGE_LIGHT", 5014, 5018, KM_GFP_TRANSHUGE_LIGHT | KM_GFP_SKIP_KASAN },
	{ "GFP_TRANSHUGE_LIGHT", 5018, 0, KM_GFP_TRANSHUGE_LIGHT },
	{ "GFP_TRANSHUGE", 5004, 5014, KM_GFP_TRANSHUGE },
	{ "GFP_TRANSHUGE", 5014, 5018, KM_GFP_TRANSHUGE | KM_GFP_SKIP_KASAN },
	{ "GFP_TRANSHUGE", 5018, 0, KM_GFP_TRANSHUGE },
	{ "GFP_TEMPORARY", 0, 5004, KM_GFP_TEMPORARY },
	{ "GFP_THISNODE", 0, 5004, KM_GFP_THISNODE_LIGHT },
	{ "GFP_DMA", 0, 0, KM_GFP_DMA },
	{ "GFP_DMA32", 0, 0, KM_GFP_DMA32 },
	{ "__GFP_RECLAIM", 5004, 0, KM_GFP_RECLAIM },
};

/* Known names of kernels that stand for nothing in the model. */
static const char *const ignored[] = {
	"SKIP_ZERO",
	"SKIP_KASAN",
	"SKIP_KASAN_UNPOISON",
	"UNUSED",
};

void km_gfp_layout_init(struct km_gfp_layout *layout)
{
	for (unsigned int bit = 0; bit < NR_BITS; bit++)
		layout->to_canonical[bit] = bit <= 24 ? 1u << bit : KM_GFP_OTHER;
	layout->implied = 0;
	layout->release = 0;
}

void km_gfp_layout_clear(struct km_gfp_layout *layout)
{
	for (unsigned int bit = 0; bit < NR_BITS; bit++)
		layout->to_canonical[bit] = KM_GFP_OTHER;
	layout->implied = 0;
	layout->release = 0;
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
		layout->implied = KM_GFP_KSWAPD_RECLAIM;
		layout->release = version * 1000 + patchlevel;
		return 0;
	}
	for (size_t i = 0; i < sizeof(eras) / sizeof(eras[0]); i++) {
		if (version * 1000 + patchlevel < eras[i].since)
			continue;
		set_names(layout, eras[i].names, eras[i].nr);
		layout->release = version * 1000 + patchlevel;
		return 0;
	}
	return -ENOENT;
}

/* What a request has without saying so. */
static km_gfp implied_by(const struct km_gfp_layout *layout, km_gfp gfp)
{
	return (gfp & KM_GFP_THISNODE_LIGHT) == KM_GFP_THISNODE_LIGHT ? 0 : layout->implied;
}

km_gfp km_gfp_to_canonical(const struct km_gfp_layout *layout, uint32_t host_flags)
{
	km_gfp gfp = 0;

	for (; host_flags; host_flags &= host_flags - 1)
		gfp |= layout->to_canonical[__builtin_ctz(host_flags)];
	return gfp | implied_by(layout, gfp);
}

uint32_t km_gfp_from_canonical(const struct km_gfp_layout *layout, km_gfp gfp)
{
	uint32_t host_flags = 0;

	for (unsigned int bit = 0; bit < NR_BITS; bit++) {
		km_gfp canonical = layout->to_canonical[bit] & ~layout->implied;

		if (canonical != KM_GFP_OTHER && canonical && (gfp & canonical) == canonical)
			host_flags |= 1u << bit;
	}
	return host_flags;
}

int km_gfp_composite(const struct km_gfp_layout *layout, const char *name, km_gfp *gfp)
{
	unsigned int release = layout->release ? layout->release : UINT_MAX;

	for (size_t i = 0; i < sizeof(composites) / sizeof(composites[0]); i++) {
		if (strcmp(composites[i].name, name) || release < composites[i].since ||
		    (composites[i].before && release >= composites[i].before))
			continue;
		*gfp = composites[i].gfp | implied_by(layout, composites[i].gfp);
		return 0;
	}
	return -ENOENT;
}
