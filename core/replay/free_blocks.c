/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free blocks by zone, order and type, and where RAM is.
 *
 *   buddyinfo      Node 0, zone      DMA      0      0 ...      3     sum of all types
 *   pagetypeinfo   Node    0, zone   DMA, type    Unmovable   0 ...   each type
 *
 * pagetypeinfo stops counting a list at 100000 and then prints ">100000"; what
 * buddyinfo has above the sum of all types belongs to such a list.
 *
 * A file may say anything: no count is taken for more than the zone has pages for, so that sums
 * over types and orders, in pages, do not overflow.
 *
 * Source: mm/vmstat.c frag_show_print(), pagetypeinfo_showfree_print() 6.12.
 */
#include <stdlib.h>
#include <string.h>

#include "core/replay/host_files.h"

/* Of one zone: what buddyinfo says, and the type whose count was cut, by order. */
struct tally {
	uint64_t all[KM_NR_ORDERS];
	bool has_all;
	int cut[KM_NR_ORDERS];
};

static int find_zone(const struct km_host_zone *zones, unsigned int nr_zones, uint64_t node,
		     const struct km_text *name)
{
	char type[16];
	int number;

	km_text_copy(name, type, sizeof(type));
	number = km_zone_type_from_name(type);
	for (unsigned int i = 0; number >= 0 && i < nr_zones; i++)
		if (zones[i].node == node && zones[i].type == (enum km_zone_type)number)
			return (int)i;
	return -1;
}

/* Pages of a zone are numbered in 32 bits. */
static bool read_count(struct km_text *line, const struct km_host_zone *zone, unsigned int order,
		       uint64_t *count)
{
	uint64_t most = zone->managed_pages < UINT32_MAX ? zone->managed_pages : UINT32_MAX;

	if (!km_text_u64(line, count))
		return false;
	if (*count > most >> order)
		*count = most >> order;
	return true;
}

/* "Node 0, zone NAME" and leave the line behind the name and its comma. */
static int read_zone(struct km_text *line, const struct km_host_zone *zones, unsigned int nr_zones)
{
	struct km_text name;
	uint64_t node;

	if (!km_text_skip(line, "Node") || !km_text_u64(line, &node) || !km_text_skip(line, ",") ||
	    !km_text_skip(line, "zone") || !km_text_word(line, &name))
		return -1;
	if (name.end[-1] == ',')
		name.end--;
	return find_zone(zones, nr_zones, node, &name);
}

static bool read_types(struct km_text text, struct km_host_zone *zones, unsigned int nr_zones,
		       struct tally *tallies)
{
	struct km_text line;
	bool found = false;

	while (km_text_line(&text, &line)) {
		int zone = read_zone(&line, zones, nr_zones);
		struct km_text name;
		char buf[16];
		int type;

		if (zone < 0 || !km_text_skip(&line, "type") || !km_text_word(&line, &name))
			continue;
		km_text_copy(&name, buf, sizeof(buf));
		type = km_migratetype_from_name(buf);
		if (type < 0)
			continue;
		for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
			if (km_text_skip(&line, ">"))
				tallies[zone].cut[order] = type;
			if (!read_count(&line, &zones[zone], order,
					&zones[zone].blocks[type][order]))
				break;
		}
		zones[zone].has_types = true;
		found = true;
	}
	return found;
}

static bool read_sums(struct km_text text, const struct km_host_zone *zones, unsigned int nr_zones,
		      struct tally *tallies)
{
	struct km_text line;
	bool found = false;

	while (km_text_line(&text, &line)) {
		int zone = read_zone(&line, zones, nr_zones);

		if (zone < 0)
			continue;
		for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
			if (!read_count(&line, &zones[zone], order, &tallies[zone].all[order]))
				break;
		tallies[zone].has_all = true;
		found = true;
	}
	return found;
}

static void settle(struct km_host_zone *zone, const struct tally *tally)
{
	for (unsigned int order = 0; order < KM_NR_ORDERS && tally->has_all; order++) {
		uint64_t sum = 0;

		for (unsigned int type = 0; type < KM_NR_MIGRATETYPES; type++)
			sum += zone->blocks[type][order];
		if (!zone->has_types)
			zone->blocks[KM_MIGRATE_MOVABLE][order] = tally->all[order];
		else if (tally->cut[order] >= 0 && tally->all[order] > sum)
			zone->blocks[tally->cut[order]][order] += tally->all[order] - sum;
	}
}

bool km_parse_free_blocks(struct km_text pagetypeinfo, struct km_text buddyinfo,
			  struct km_host_zone *zones, unsigned int nr_zones)
{
	struct tally tallies[KM_MAX_ZONES] = { 0 };
	bool found;

	for (unsigned int i = 0; i < KM_MAX_ZONES; i++)
		memset(tallies[i].cut, -1, sizeof(tallies[i].cut));
	found = read_types(pagetypeinfo, zones, nr_zones, tallies);
	found |= read_sums(buddyinfo, zones, nr_zones, tallies);
	for (unsigned int i = 0; i < nr_zones; i++)
		settle(&zones[i], &tallies[i]);
	return found;
}

bool km_parse_pageblock_order(struct km_text pagetypeinfo, unsigned int *order)
{
	struct km_text line;
	uint64_t value;

	while (km_text_line(&pagetypeinfo, &line)) {
		if (!km_text_skip(&line, "Page block order:") || !km_text_u64(&line, &value))
			continue;
		*order = value > KM_MAX_ORDER ? KM_MAX_ORDER : value;
		return true;
	}
	return false;
}

/* "00001000-0009fbff : System RAM", not indented. */
bool km_parse_iomem(struct km_text iomem, unsigned int page_shift, struct km_mem_range *ranges,
		    unsigned int *nr_ranges)
{
	const uint64_t page_bytes = 1ull << page_shift;
	struct km_text line;
	uint64_t end = 0;

	*nr_ranges = 0;
	while (km_text_line(&iomem, &line)) {
		uint64_t first, last;

		if (line.at == line.end || *line.at == ' ' || !km_text_hex(&line, &first) ||
		    !km_text_skip(&line, "-") || !km_text_hex(&line, &last) ||
		    !km_text_skip(&line, ":") || !km_text_skip(&line, "System RAM"))
			continue;
		if (first < end || last <= first || last > UINT64_MAX - page_bytes)
			return false; /* without privilege all addresses are 0 */
		end = last + 1;
		first = (first + page_bytes - 1) >> page_shift;
		last = end >> page_shift;
		if (first >= last)
			continue;
		if (*nr_ranges == KM_MAX_RANGES)
			return false;
		ranges[(*nr_ranges)++] =
			(struct km_mem_range){ .start_pfn = first, .end_pfn = last };
	}
	return *nr_ranges > 0;
}
