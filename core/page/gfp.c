/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What allocation flags mean, and how they are written.
 *
 * Mirrors gfp_zone() and gfp_migratetype() of include/linux/gfp.h 6.12.  A zone that
 * a machine does not have is not mapped to another one here: the page allocator does.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/cpu.h"
#include "core/page/gfp.h"

struct gfp_name {
	const char *name;
	km_gfp gfp;
};

/* In printing order: a set is used when all its bits are still unprinted. */
static const struct gfp_name composites[] = {
	{ "GFP_TRANSHUGE", KM_GFP_TRANSHUGE },
	{ "GFP_TRANSHUGE_LIGHT", KM_GFP_TRANSHUGE_LIGHT },
	{ "GFP_HIGHUSER_MOVABLE", KM_GFP_HIGHUSER_MOVABLE },
	{ "GFP_HIGHUSER", KM_GFP_HIGHUSER },
	{ "GFP_USER", KM_GFP_USER },
	{ "GFP_KERNEL_ACCOUNT", KM_GFP_KERNEL_ACCOUNT },
	{ "GFP_KERNEL", KM_GFP_KERNEL },
	{ "GFP_NOFS", KM_GFP_NOFS },
	{ "GFP_ATOMIC", KM_GFP_ATOMIC },
	{ "GFP_NOIO", KM_GFP_NOIO },
	{ "GFP_NOWAIT", KM_GFP_NOWAIT },
};

static const struct gfp_name singles[] = {
	{ "DMA", KM_GFP_DMA },
	{ "HIGHMEM", KM_GFP_HIGHMEM },
	{ "DMA32", KM_GFP_DMA32 },
	{ "MOVABLE", KM_GFP_MOVABLE },
	{ "RECLAIMABLE", KM_GFP_RECLAIMABLE },
	{ "HIGH", KM_GFP_HIGH },
	{ "IO", KM_GFP_IO },
	{ "FS", KM_GFP_FS },
	{ "ZERO", KM_GFP_ZERO },
	{ "ATOMIC", KM_GFP_ATOMIC_BIT },
	{ "DIRECT_RECLAIM", KM_GFP_DIRECT_RECLAIM },
	{ "KSWAPD_RECLAIM", KM_GFP_KSWAPD_RECLAIM },
	{ "WRITE", KM_GFP_WRITE },
	{ "NOWARN", KM_GFP_NOWARN },
	{ "RETRY_MAYFAIL", KM_GFP_RETRY_MAYFAIL },
	{ "NOFAIL", KM_GFP_NOFAIL },
	{ "NORETRY", KM_GFP_NORETRY },
	{ "MEMALLOC", KM_GFP_MEMALLOC },
	{ "COMP", KM_GFP_COMP },
	{ "NOMEMALLOC", KM_GFP_NOMEMALLOC },
	{ "HARDWALL", KM_GFP_HARDWALL },
	{ "THISNODE", KM_GFP_THISNODE },
	{ "ACCOUNT", KM_GFP_ACCOUNT },
	{ "ZEROTAGS", KM_GFP_ZEROTAGS },
	{ "NO_OBJ_EXT", KM_GFP_NO_OBJ_EXT },
	{ "COLD", KM_GFP_COLD },
	{ "NOLOCKDEP", KM_GFP_NOLOCKDEP },
	{ "OTHER", KM_GFP_OTHER },
	{ "SKIP_KASAN_POISON", KM_GFP_SKIP_KASAN },
	{ "NOTRACK", KM_GFP_NOTRACK },
};

/* Read, never printed: composite types of older kernels, and masks that are a single bit. */
static const struct gfp_name old_composites[] = {
	{ "GFP_DMA", KM_GFP_DMA },
	{ "GFP_DMA32", KM_GFP_DMA32 },
	{ "GFP_TEMPORARY", KM_GFP_TEMPORARY },
	{ "GFP_THISNODE", KM_GFP_THISNODE_LIGHT },
	{ "GFP_IOFS", KM_GFP_IO | KM_GFP_FS },
};

/* The same of flags. */
static const struct gfp_name aliases[] = {
	{ "RECLAIM", KM_GFP_RECLAIM },
	{ "WAIT", KM_GFP_RECLAIM },
	{ "REPEAT", KM_GFP_RETRY_MAYFAIL },
};

#define NR(table) (sizeof(table) / sizeof((table)[0]))

static const char *const migratetype_names[KM_NR_MIGRATETYPES] = {
	[KM_MIGRATE_UNMOVABLE] = "Unmovable",
	[KM_MIGRATE_MOVABLE] = "Movable",
	[KM_MIGRATE_RECLAIMABLE] = "Reclaimable",
	[KM_MIGRATE_HIGHATOMIC] = "HighAtomic",
	[KM_MIGRATE_CMA] = "CMA",
	[KM_MIGRATE_ISOLATE] = "Isolate",
};

static size_t append(char *buf, size_t len, size_t used, const char *prefix, const char *name)
{
	int n = 0;

	if (used < len)
		n = snprintf(buf + used, len - used, "%s%s%s", used ? "|" : "", prefix, name);
	return used + (n > 0 ? (size_t)n : 0);
}

static char *print(km_gfp gfp, const char *prefix, char *buf, size_t len)
{
	size_t used = 0;

	if (!len)
		return buf;
	if (!gfp)
		append(buf, len, 0, "", "0");
	for (size_t i = 0; i < NR(composites); i++) {
		if ((gfp & composites[i].gfp) != composites[i].gfp)
			continue;
		used = append(buf, len, used, "", composites[i].name);
		gfp &= ~composites[i].gfp;
	}
	for (size_t i = 0; i < NR(singles); i++) {
		if (!(gfp & singles[i].gfp))
			continue;
		used = append(buf, len, used, prefix, singles[i].name);
		gfp &= ~singles[i].gfp;
	}
	if (gfp) {
		char rest[16];

		snprintf(rest, sizeof(rest), "0x%x", gfp);
		append(buf, len, used, "", rest);
	}
	return buf;
}

char *km_gfp_print(km_gfp gfp, char *buf, size_t len)
{
	return print(gfp, "", buf, len);
}

char *km_gfp_print_source(km_gfp gfp, char *buf, size_t len)
{
	return print(gfp, "__GFP_", buf, len);
}

static bool name_is(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && !memcmp(name, text, len);
}

static bool find_name(const struct gfp_name *table, size_t nr, const char *text, size_t len,
		      km_gfp *gfp)
{
	for (size_t i = 0; i < nr; i++) {
		if (!name_is(table[i].name, text, len))
			continue;
		*gfp |= table[i].gfp;
		return true;
	}
	return false;
}

static int parse_token(const char *text, size_t len, km_gfp *gfp)
{
	if (len && isdigit((unsigned char)text[0])) {
		char number[16], *end;
		unsigned long value;

		if (len >= sizeof(number))
			return -EINVAL;
		memcpy(number, text, len);
		number[len] = '\0';
		value = strtoul(number, &end, 0);
		if (*end || value > UINT32_MAX)
			return -EINVAL;
		*gfp |= value;
		return 0;
	}
	if (find_name(composites, NR(composites), text, len, gfp) ||
	    find_name(old_composites, NR(old_composites), text, len, gfp))
		return 0;
	if (len > 6 && !memcmp(text, "__GFP_", 6)) {
		text += 6;
		len -= 6;
	}
	if (find_name(singles, NR(singles), text, len, gfp) ||
	    find_name(aliases, NR(aliases), text, len, gfp))
		return 0;
	return -EINVAL;
}

int km_gfp_parse(const char *text, km_gfp *gfp)
{
	km_gfp result = 0;

	for (;;) {
		size_t len = strcspn(text, "|");
		const char *next = text + len;
		int err;

		while (len && isspace((unsigned char)text[0])) {
			text++;
			len--;
		}
		while (len && isspace((unsigned char)text[len - 1]))
			len--;
		err = parse_token(text, len, &result);
		if (err)
			return err;
		if (!*next)
			break;
		text = next + 1;
	}
	*gfp = result;
	return 0;
}

int km_gfp_single(const char *name, km_gfp *gfp)
{
	km_gfp result = 0;

	if (!find_name(singles, NR(singles), name, strlen(name), &result) &&
	    !find_name(aliases, NR(aliases), name, strlen(name), &result))
		return -ENOENT;
	*gfp = result;
	return 0;
}

km_gfp km_gfp_in_context(km_gfp gfp, unsigned int task_flags)
{
	/* NOIO is the weaker context: it includes NOFS. */
	if (task_flags & KM_TASK_NOIO)
		gfp &= ~(KM_GFP_IO | KM_GFP_FS);
	else if (task_flags & KM_TASK_NOFS)
		gfp &= ~KM_GFP_FS;
	if (task_flags & KM_TASK_PIN)
		gfp &= ~KM_GFP_MOVABLE;
	return gfp;
}

int km_gfp_zone(km_gfp gfp)
{
	switch (gfp & (KM_GFP_DMA | KM_GFP_HIGHMEM | KM_GFP_DMA32 | KM_GFP_MOVABLE)) {
	case 0:
	case KM_GFP_MOVABLE:
		return KM_ZONE_NORMAL;
	case KM_GFP_DMA:
	case KM_GFP_DMA | KM_GFP_MOVABLE:
		return KM_ZONE_DMA;
	case KM_GFP_DMA32:
	case KM_GFP_DMA32 | KM_GFP_MOVABLE:
		return KM_ZONE_DMA32;
	case KM_GFP_HIGHMEM:
		return KM_ZONE_HIGHMEM;
	case KM_GFP_HIGHMEM | KM_GFP_MOVABLE:
		return KM_ZONE_MOVABLE;
	default:
		return -1;
	}
}

enum km_migratetype km_gfp_migratetype(km_gfp gfp)
{
	switch (gfp & (KM_GFP_MOVABLE | KM_GFP_RECLAIMABLE)) {
	case KM_GFP_MOVABLE:
		return KM_MIGRATE_MOVABLE;
	case KM_GFP_RECLAIMABLE:
		return KM_MIGRATE_RECLAIMABLE;
	default:
		return KM_MIGRATE_UNMOVABLE;
	}
}

const char *km_migratetype_name(unsigned int migratetype)
{
	return migratetype < KM_NR_MIGRATETYPES ? migratetype_names[migratetype] : "?";
}

int km_migratetype_from_name(const char *name)
{
	for (int i = 0; i < KM_NR_MIGRATETYPES; i++)
		if (!strcmp(name, migratetype_names[i]))
			return i;
	return -1;
}
