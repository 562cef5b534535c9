/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gfp flags from their names: include/trace/events/gfpflags.h of 2.6.32 to 4.4, mmflags.h
 * since, include/linux/gfp.h and gfp_types.h for what they stand for.
 *
 * Up to 4.4 the single flags were printed as "GFP_ZERO", since then as "__GFP_ZERO";
 * composites have always been "GFP_KERNEL".  What a composite stands for is a matter
 * of the release, but never of great weight: the model asks what the caller allowed.
 */
#include "tracefmt/import/gfp.h"

#include <string.h>

#define BIT(n) (1u << (n))

#define DMA BIT(0)
#define HIGHMEM BIT(1)
#define DMA32 BIT(2)
#define MOVABLE BIT(3)
#define RECLAIMABLE BIT(4)
#define HIGH BIT(5)
#define IO BIT(6)
#define FS BIT(7)
#define ATOMIC BIT(9) /* 4.4 to 6.2 */
#define DIRECT BIT(10)
#define KSWAPD BIT(11)
#define NOWARN BIT(13)
#define NORETRY BIT(16)
#define COMP BIT(18)
#define NOMEMALLOC BIT(19)
#define HARDWALL BIT(20)
#define ACCOUNT BIT(22)
#define RECLAIM (DIRECT | KSWAPD)
#define KERNEL (RECLAIM | IO | FS)
#define HIGHUSER_MOVABLE (KERNEL | HARDWALL | HIGHMEM | MOVABLE)
#define TRANSHUGE_LIGHT ((HIGHUSER_MOVABLE | COMP | NOMEMALLOC | NOWARN) & ~RECLAIM)

/* Names in the order of their bits; NULL: the bit has no name. */
static const char *const layout[32] = {
	"DMA",	      "HIGHMEM",    "DMA32",	     "MOVABLE",	 "RECLAIMABLE",	   "HIGH",
	"IO",	      "FS",	    "ZERO",	     "ATOMIC",	 "DIRECT_RECLAIM", "KSWAPD_RECLAIM",
	"WRITE",      "NOWARN",	    "RETRY_MAYFAIL", "NOFAIL",	 "NORETRY",	   "MEMALLOC",
	"COMP",	      "NOMEMALLOC", "HARDWALL",	     "THISNODE", "ACCOUNT",	   "ZEROTAGS",
	"NO_OBJ_EXT", "COLD",	    "NOLOCKDEP",     "NOTRACK",	 "OTHER_NODE",	   "SKIP_ZERO",
	"SKIP_KASAN", NULL,
};

/* All of 6.12; the others are told by a fact only if they came up. */
#define ALWAYS 0x1fffdffu

struct flag {
	const char *name;
	uint32_t bits;
};

/* Other names of single flags, and flags that were made of others. */
static const struct flag others[] = {
	{ "WAIT", RECLAIM }, /* to 4.3; kswapd was woken by all */
	{ "RECLAIM", RECLAIM },
	{ "REPEAT", BIT(14) }, /* RETRY_MAYFAIL to 4.12 */
	{ "KMEMCG", ACCOUNT }, /* 3.8 to 4.4 */
	{ "NO_KSWAPD", 0 },    /* 3.0 to 4.3 */
	{ "SKIP_KASAN_POISON", BIT(30) },
	{ "SKIP_KASAN_UNPOISON", BIT(30) },
};

static const struct flag composites[] = {
	{ "KERNEL", KERNEL },
	{ "NOFS", RECLAIM | IO },
	{ "NOIO", RECLAIM },
	{ "USER", KERNEL | HARDWALL },
	{ "HIGHUSER", KERNEL | HARDWALL | HIGHMEM },
	{ "HIGHUSER_MOVABLE", HIGHUSER_MOVABLE },
	{ "KERNEL_ACCOUNT", KERNEL | ACCOUNT },
	{ "TEMPORARY", KERNEL | RECLAIMABLE }, /* to 4.13 */
	{ "TRANSHUGE_LIGHT", TRANSHUGE_LIGHT },
};

unsigned int tf_release_number(const char *release)
{
	unsigned int part[2] = { 0 };

	for (unsigned int i = 0; release && i < 2; i++) {
		if (*release < '0' || *release > '9')
			return 0;
		while (*release >= '0' && *release <= '9' && part[i] < 1000)
			part[i] = part[i] * 10 + (unsigned int)(*release++ - '0');
		if (i == 0 && *release++ != '.')
			return 0;
	}
	return part[1] < 1000 ? part[0] * 1000 + part[1] : 0;
}

void tf_gfp_init(struct tf_gfp *gfp, const char *release)
{
	memset(gfp, 0, sizeof(*gfp));
	gfp->release = tf_release_number(release);
}

static bool is(const char *name, size_t len, const char *other)
{
	return strlen(other) == len && !memcmp(name, other, len);
}

static bool find(const struct flag *flags, size_t nr, const char *name, size_t len, uint32_t *bits)
{
	for (size_t i = 0; i < nr; i++) {
		if (!is(name, len, flags[i].name))
			continue;
		*bits = flags[i].bits;
		return true;
	}
	return false;
}

/* A name without its prefix. */
static bool find_single(const char *name, size_t len, uint32_t *bits)
{
	for (unsigned int bit = 0; bit < 32; bit++) {
		if (!layout[bit] || !is(name, len, layout[bit]))
			continue;
		*bits = BIT(bit);
		return true;
	}
	return find(others, sizeof(others) / sizeof(others[0]), name, len, bits);
}

/* Composites that changed with the releases, then the others. */
static bool find_composite(const struct tf_gfp *gfp, const char *name, size_t len, uint32_t *bits)
{
	unsigned int release = gfp->release ? gfp->release : 6012;

	if (is(name, len, "ATOMIC"))
		*bits = HIGH | KSWAPD | (release >= 4004 && release < 6003 ? ATOMIC : 0);
	else if (is(name, len, "NOWAIT"))
		*bits = KSWAPD | (release >= 6008 ? NOWARN : 0);
	else if (is(name, len, "TRANSHUGE"))
		*bits = TRANSHUGE_LIGHT | (release < 4007 ? RECLAIM | NORETRY : DIRECT);
	else
		return find(composites, sizeof(composites) / sizeof(composites[0]), name, len,
			    bits);
	return true;
}

static bool has_prefix(const char *name, size_t len, const char *prefix)
{
	return len > strlen(prefix) && !memcmp(name, prefix, strlen(prefix));
}

static bool find_name(const struct tf_gfp *gfp, const char *name, size_t len, uint32_t *bits)
{
	if (has_prefix(name, len, "__GFP_"))
		return find_single(name + 6, len - 6, bits);
	if (has_prefix(name, len, "GFP_"))
		return find_composite(gfp, name + 4, len - 4, bits) ||
		       find_single(name + 4, len - 4, bits);
	return find_single(name, len, bits);
}

uint32_t tf_gfp_bit(struct tf_gfp *gfp, const char *name, size_t len)
{
	uint32_t bits = 0;

	if (has_prefix(name, len, "GFP_"))
		name += 4, len -= 4;
	else if (has_prefix(name, len, "__GFP_"))
		name += 6, len -= 6;
	if (!find_single(name, len, &bits))
		return 0;
	gfp->seen |= bits;
	return bits;
}

/* Flags without a name, as the kernel prints what is left. */
static uint32_t parse_number(const char *text, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 2; i < len && value <= UINT32_MAX; i++) {
		char c = text[i];
		unsigned int digit = c >= '0' && c <= '9'   ? (unsigned int)(c - '0')
				     : c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a' + 10)
							    : 16;

		if (digit == 16)
			break;
		value = value << 4 | digit;
	}
	return (uint32_t)value;
}

static uint32_t parse(const struct tf_gfp *gfp, const char *text, size_t len, bool *is_odd)
{
	bool no_kswapd = false;
	uint32_t all = 0;

	*is_odd = false;
	if (!len || is(text, len, "none"))
		return 0;
	for (size_t at = 0; at <= len;) {
		const char *name = text + at;
		const char *bar = memchr(name, '|', len - at);
		size_t name_len = bar ? (size_t)(bar - name) : len - at;
		uint32_t bits = 0;

		if (name_len > 2 && name[0] == '0' && name[1] == 'x') {
			bits = parse_number(name, name_len);
			for (unsigned int bit = 0; bit < 32; bit++)
				if (layout[bit])
					bits &= ~BIT(bit);
			*is_odd = true;
		} else if (!find_name(gfp, name, name_len, &bits)) {
			*is_odd = true;
		}
		no_kswapd |= is(name, name_len, "GFP_NO_KSWAPD") ||
			     is(name, name_len, "__GFP_NO_KSWAPD");
		all |= bits;
		at += name_len + 1;
	}
	return no_kswapd ? all & ~KSWAPD : all;
}

static size_t slot_of(const char *text, size_t len)
{
	uint64_t first = 0, last = 0;

	memcpy(&first, text, len < 8 ? len : 8);
	memcpy(&last, len < 8 ? text : text + len - 8, len < 8 ? len : 8);
	return ((first ^ last * 3) + len) * 0x9e3779b97f4a7c15ull >> 48 & (TF_GFP_TEXTS - 1);
}

uint32_t tf_gfp_parse(struct tf_gfp *gfp, const char *text, size_t len, bool *is_odd)
{
	struct tf_gfp_text *known = &gfp->texts[slot_of(text, len)];
	uint32_t bits;

	if (len && known->len == len && !memcmp(known->text, text, len)) {
		*is_odd = known->is_odd;
		return known->bits;
	}
	bits = parse(gfp, text, len, is_odd);
	gfp->seen |= bits;
	if (len <= TF_GFP_TEXT_LEN) {
		known->bits = bits;
		known->is_odd = *is_odd;
		known->len = (uint8_t)len;
		memcpy(known->text, text, len);
	}
	return bits;
}

int tf_gfp_add_facts(const struct tf_gfp *gfp, struct tf_meta *meta)
{
	int err = 0;

	for (unsigned int bit = 0; bit < 32 && !err; bit++) {
		char key[32] = "gfp.";

		if (!layout[bit] || !((ALWAYS | gfp->seen) & BIT(bit)))
			continue;
		strcpy(key + 4, layout[bit]);
		err = tf_meta_setf(meta, key, "%u", bit);
	}
	return err;
}
