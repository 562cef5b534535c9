/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc/zoneinfo: what every zone has, its marks, and its per-cpu lists.
 *
 *   Node 0, zone   Normal
 *     pages free     195322          newer kernels: boost, promo
 *           min      5678
 *           ...
 *           protection: (0, 0, 0)    by the zone types of that kernel, in its order
 *     pagesets
 *       cpu: 0
 *                 count:    0        newer kernels: high_min, high_max
 *     start_pfn:           1048576
 *
 * Zones without pages are only looked at for the order of the types.
 *
 * Source: mm/vmstat.c zoneinfo_show_print(), 2.6.32 to 6.18.
 */
#include <stdlib.h>
#include <string.h>

#include "core/replay/host_files.h"

struct scan {
	struct km_zoneinfo *info;
	struct km_zoneinfo_zone zone; /* at hand */
	bool has_zone, has_managed;
	int type;
	unsigned int cpu;
	uint64_t protection[KM_HOST_CLASSES];
	/* Protection as printed, by zone; made sense of when all types are known. */
	uint64_t raw[KM_MAX_ZONES][KM_HOST_CLASSES];
	unsigned int nr_raw[KM_MAX_ZONES], nr_protection;
};

static void end_zone(struct scan *scan)
{
	struct km_zoneinfo *info = scan->info;
	struct km_zone_desc *desc = &scan->zone.desc;

	if (!scan->has_zone)
		return;
	scan->has_zone = false;
	if (!scan->has_managed)
		desc->managed_pages = desc->present_pages;
	if (scan->type < 0 || !desc->managed_pages || info->nr_zones == KM_MAX_ZONES)
		return;
	for (unsigned int i = 0; i < info->nr_zones; i++)
		if (info->zones[i].desc.node == desc->node &&
		    info->zones[i].desc.type == desc->type)
			return;
	memcpy(scan->raw[info->nr_zones], scan->protection, sizeof(scan->protection));
	scan->nr_raw[info->nr_zones] = scan->nr_protection;
	info->zones[info->nr_zones++] = scan->zone;
}

/* "Node 0, zone   Normal" */
static bool begin_zone(struct scan *scan, struct km_text line)
{
	struct km_text name;
	uint64_t node;
	char type[16];

	if (!km_text_skip(&line, "Node") || !km_text_u64(&line, &node) ||
	    !km_text_skip(&line, ",") || !km_text_skip(&line, "zone") ||
	    !km_text_word(&line, &name))
		return false;
	end_zone(scan);
	km_text_copy(&name, type, sizeof(type));
	memset(&scan->zone, 0, sizeof(scan->zone));
	scan->type = km_zone_type_from_name(type);
	if (node == 0 && scan->info->nr_classes < KM_HOST_CLASSES)
		scan->info->classes[scan->info->nr_classes++] = scan->type;
	scan->has_zone = true;
	scan->has_managed = false;
	scan->cpu = UINT32_MAX;
	scan->nr_protection = 0;
	scan->zone.desc.type = scan->type < 0 ? KM_ZONE_NORMAL : (enum km_zone_type)scan->type;
	scan->zone.desc.node = node > KM_MAX_NODES ? KM_MAX_NODES : node;
	return true;
}

static void read_protection(struct scan *scan, struct km_text line)
{
	uint64_t pages;

	km_text_skip(&line, "(");
	while (scan->nr_protection < KM_HOST_CLASSES && km_text_u64(&line, &pages)) {
		scan->protection[scan->nr_protection++] = pages;
		km_text_skip(&line, ",");
	}
}

/* A line "name value" above the page sets.  True if it was one. */
static bool read_pages(struct scan *scan, const struct km_text *key, struct km_text *line)
{
	struct km_zone_desc *desc = &scan->zone.desc;
	const struct {
		const char *key;
		uint64_t *value;
	} fields[] = {
		{ "min", &desc->wmark_min },	     { "low", &desc->wmark_low },
		{ "high", &desc->wmark_high },	     { "spanned", &desc->spanned_pages },
		{ "present", &desc->present_pages }, { "managed", &desc->managed_pages },
		{ "boost", &desc->watermark_boost }, { "promo", &scan->zone.wmark_promo },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!km_text_is(key, fields[i].key))
			continue;
		km_text_u64(line, fields[i].value);
		if (fields[i].value == &desc->managed_pages)
			scan->has_managed = true;
		scan->zone.has_boost |= fields[i].value == &desc->watermark_boost;
		scan->zone.has_promo |= fields[i].value == &scan->zone.wmark_promo;
		return true;
	}
	return false;
}

static void read_page_set(struct scan *scan, const struct km_text *key, struct km_text *line)
{
	struct km_zone_desc *desc = &scan->zone.desc;
	uint64_t value;

	if (!km_text_u64(line, &value))
		return;
	if (km_text_is(key, "cpu:")) {
		scan->cpu = value > UINT32_MAX - 1 ? UINT32_MAX - 1 : value;
		if (scan->cpu >= scan->info->nr_cpus && scan->cpu < KM_MAX_CPUS)
			scan->info->nr_cpus = scan->cpu + 1;
	} else if (km_text_is(key, "count:")) {
		scan->zone.pcp_pages += value;
		if (scan->cpu < 64)
			scan->zone.pcp_count[scan->cpu] = value;
	} else if (km_text_is(key, "batch:")) {
		desc->pcp_batch = value;
	} else if (km_text_is(key, "high:")) {
		if (scan->cpu < 64)
			scan->zone.pcp_high[scan->cpu] = value;
		if (!scan->info->has_high_max)
			desc->pcp_high_min = desc->pcp_high_max = value;
	} else if (km_text_is(key, "high_min:")) {
		desc->pcp_high_min = value;
	} else if (km_text_is(key, "high_max:")) {
		desc->pcp_high_max = value;
		scan->info->has_high_max = true;
	} else if (km_text_is(key, "start_pfn:")) {
		desc->start_pfn = value;
		scan->zone.has_start = true;
	}
}

static void read_line(struct scan *scan, struct km_text line)
{
	struct km_text key, rest = line;

	if (!scan->has_zone || !km_text_word(&rest, &key))
		return;
	if (km_text_is(&key, "pages") && km_text_skip(&rest, "free"))
		km_text_u64(&rest, &scan->zone.free_pages);
	else if (km_text_is(&key, "protection:"))
		read_protection(scan, rest);
	else if (!read_pages(scan, &key, &rest))
		read_page_set(scan, &key, &rest);
}

/*
 * The zone types of the recorded kernel.  Kernels that name only populated zones leave
 * the rest to be known from the architecture.
 */
static void complete_classes(struct km_zoneinfo *info, unsigned int nr_printed)
{
	static const int8_t types_64[] = { KM_ZONE_DMA, KM_ZONE_DMA32, KM_ZONE_NORMAL,
					   KM_ZONE_MOVABLE, -1 };
	static const int8_t types_32[] = { KM_ZONE_DMA, KM_ZONE_NORMAL, KM_ZONE_HIGHMEM,
					   KM_ZONE_MOVABLE, -1 };
	bool has_dma32 = false;

	if (info->nr_classes >= nr_printed)
		return;
	for (unsigned int i = 0; i < info->nr_classes; i++)
		has_dma32 |= info->classes[i] == KM_ZONE_DMA32;
	memcpy(info->classes, has_dma32 ? types_64 : types_32, sizeof(types_64));
	info->nr_classes = sizeof(types_64);
}

static void set_protection(struct km_zoneinfo *info, struct km_zone_desc *desc, const uint64_t *raw,
			   unsigned int nr)
{
	uint64_t last = 0;

	complete_classes(info, nr);
	desc->has_protection = nr > 0;
	for (unsigned int i = 0; i < nr && i < info->nr_classes; i++)
		if (info->classes[i] >= 0)
			desc->protection[info->classes[i]] =
				raw[i] == UINT64_MAX ? raw[i] : raw[i] + 1;
	/* A type that kernel does not have is protected against as the one below it. */
	for (unsigned int type = 0; type < KM_NR_ZONE_TYPES; type++) {
		if (desc->protection[type])
			last = desc->protection[type] - 1;
		desc->protection[type] = last;
	}
}

static int compare_zones(const void *a, const void *b)
{
	const struct km_zone_desc *x = &((const struct km_zoneinfo_zone *)a)->desc;
	const struct km_zone_desc *y = &((const struct km_zoneinfo_zone *)b)->desc;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return (x->type > y->type) - (x->type < y->type);
}

bool km_parse_zoneinfo(struct km_text text, struct km_zoneinfo *info)
{
	struct scan scan = { .info = info, .type = -1 };
	struct km_text line;

	memset(info, 0, sizeof(*info));
	while (km_text_line(&text, &line))
		if (!begin_zone(&scan, line))
			read_line(&scan, line);
	end_zone(&scan);
	for (unsigned int i = 0; i < info->nr_zones; i++)
		set_protection(info, &info->zones[i].desc, scan.raw[i], scan.nr_raw[i]);
	qsort(info->zones, info->nr_zones, sizeof(info->zones[0]), compare_zones);
	return info->nr_zones > 0;
}
