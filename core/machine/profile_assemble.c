/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine that the sections of a file describe together.
 *
 * Sections may come in any order, so what depends on others is done here, when all are
 * read: memory on the nodes, page frames on the size of a page, addresses on memory.
 */
#include <inttypes.h>
#include <string.h>

#include "core/machine/machine.h"
#include "core/machine/profile_reader.h"
#include "core/machine/zone_layout.h"

static bool is_given(unsigned int given, enum km_section_id section, const char *key)
{
	return given & 1u << km_key_find(&km_sections[section], key);
}

/* Only for nodes that exist, and as firmware counts; what is not given is 0: derived. */
static bool finish_nodes(struct km_file_reader *reader)
{
	const unsigned int nr_nodes = reader->profile.nr_nodes;

	for (unsigned int i = 0; i < KM_MAX_NODES; i++) {
		const uint8_t *row = reader->profile.distance[i];
		unsigned int line = reader->nodes[i].line;

		if (line && i >= nr_nodes)
			return km_file_complain(reader, line,
						"there is no node %u: [machine] has nodes = %u", i,
						nr_nodes);
		for (unsigned int j = 0; line && j < KM_MAX_NODES; j++)
			if (row[j] && (j >= nr_nodes || row[j] < 10))
				return km_file_complain(
					reader, line,
					"distance: not up to %u numbers that are 0 or from 10 to 255",
					nr_nodes);
	}
	return true;
}

/* An address becomes a page frame. */
static bool to_pfn(struct km_file_reader *reader, unsigned int line, uint64_t *value)
{
	const unsigned int shift = reader->profile.page_shift;

	if (*value & ((1ull << shift) - 1))
		return km_file_complain(reader, line,
					"0x%" PRIx64 " is not a multiple of the page, 0x%llx",
					*value, 1ull << shift);
	*value >>= shift;
	return true;
}

/* Ranges into the profile, by address. */
static bool finish_ranges(struct km_file_reader *reader)
{
	struct km_profile *profile = &reader->profile;

	for (unsigned int i = 0; i < reader->nr_ranges; i++) {
		struct km_file_range entry = reader->ranges[i];
		unsigned int at = i;

		if (!to_pfn(reader, entry.line, &entry.range.start_pfn) ||
		    !to_pfn(reader, entry.line, &entry.range.end_pfn))
			return false;
		for (; at && reader->ranges[at - 1].range.start_pfn > entry.range.start_pfn; at--)
			reader->ranges[at] = reader->ranges[at - 1];
		reader->ranges[at] = entry;
	}
	for (unsigned int i = 0; i < reader->nr_ranges; i++)
		profile->ranges[i] = reader->ranges[i].range;
	profile->nr_ranges = reader->nr_ranges;
	return true;
}

/* size: what the kernel would lay, but for what the file says of the address space and percpu. */
static bool finish_size(struct km_file_reader *reader)
{
	static const enum km_section_id kept[] = { KM_SECTION_ADDRESS_SPACE, KM_SECTION_PERCPU };
	struct km_profile laid = reader->profile;
	const struct km_key *keys;

	if (reader->nr_ranges)
		return km_file_complain(
			reader, reader->ranges[0].line,
			"[memory] size lays the ranges itself: give one or the other");
	if (km_profile_set_memory(&laid, reader->memory.size))
		return km_file_complain(
			reader, reader->once_line[KM_SECTION_MEMORY],
			"size: a node has less than %llu MiB, or all have %llu TiB and more",
			KM_MIN_NODE_PAGES << reader->profile.page_shift >> 20,
			((KM_MAX_RAM_PAGES >> 30) + 1) << (reader->profile.page_shift - 10));
	for (unsigned int i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		keys = km_sections[kept[i]].keys;
		for (unsigned int k = 0; keys[k].name; k++)
			if (reader->once_given[kept[i]] & 1u << k)
				km_key_set(&keys[k], &laid, km_key_get(&keys[k], &reader->profile));
	}
	reader->profile = laid;
	return true;
}

/* Without size on 32 bit: the address space that as much directly mapped memory would have. */
static void derive_address_space(struct km_file_reader *reader)
{
	const struct km_profile *profile = &reader->profile;
	struct km_profile like = *profile;
	uint64_t end_pfn = 0;

	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];

		if (desc->type <= KM_ZONE_NORMAL && desc->spanned_pages <= UINT32_MAX &&
		    desc->start_pfn + desc->spanned_pages > end_pfn)
			end_pfn = desc->start_pfn + desc->spanned_pages;
	}
	like.nr_nodes = 1;
	if (end_pfn < 1ull << KM_MAX_ORDER)
		end_pfn = 1ull << KM_MAX_ORDER;
	if (km_profile_set_memory(&like, end_pfn << profile->page_shift))
		return; /* too much: km_profile_check() will say so */
	if (!is_given(reader->once_given[KM_SECTION_ADDRESS_SPACE], KM_SECTION_ADDRESS_SPACE,
		      "page_offset"))
		reader->profile.page_offset = like.page_offset;
	if (!is_given(reader->once_given[KM_SECTION_ADDRESS_SPACE], KM_SECTION_ADDRESS_SPACE,
		      "vmalloc_start"))
		reader->profile.vmalloc_start = like.vmalloc_start;
	if (!is_given(reader->once_given[KM_SECTION_ADDRESS_SPACE], KM_SECTION_ADDRESS_SPACE,
		      "vmalloc_end"))
		reader->profile.vmalloc_end = like.vmalloc_end;
	if (!is_given(reader->once_given[KM_SECTION_PERCPU], KM_SECTION_PERCPU, "dynamic"))
		reader->profile.percpu_dynamic = like.percpu_dynamic;
}

/* What the section gives goes over what was laid; the rest follows from it. */
static bool finish_zone(struct km_file_reader *reader, const struct km_file_zone *entry,
			struct km_zone_desc *desc, bool is_laid)
{
	const struct km_key *keys = km_sections[KM_SECTION_ZONE].keys;

	if (!is_laid && (!is_given(entry->given, KM_SECTION_ZONE, "start") ||
			 !is_given(entry->given, KM_SECTION_ZONE, "spanned")))
		return km_file_complain(
			reader, entry->line,
			"a zone needs start and spanned, for [memory] size lays none here");
	for (unsigned int k = 0; keys[k].name; k++)
		if (entry->given & 1u << k)
			memcpy((char *)desc + keys[k].offset,
			       (const char *)&entry->desc + keys[k].offset, keys[k].bytes);
	desc->has_protection |= entry->desc.has_protection;
	if (is_given(entry->given, KM_SECTION_ZONE, "start") &&
	    !to_pfn(reader, entry->line, &desc->start_pfn))
		return false;
	if (is_given(entry->given, KM_SECTION_ZONE, "spanned") &&
	    !is_given(entry->given, KM_SECTION_ZONE, "present"))
		desc->present_pages =
			km_profile_ram_pages(&reader->profile, desc->start_pfn,
					     desc->start_pfn + desc->spanned_pages, desc->node);
	if ((is_given(entry->given, KM_SECTION_ZONE, "spanned") ||
	     is_given(entry->given, KM_SECTION_ZONE, "present")) &&
	    !is_given(entry->given, KM_SECTION_ZONE, "managed"))
		desc->managed_pages = desc->present_pages;
	return true;
}

static struct km_zone_desc *find_zone(struct km_profile *profile, const struct km_zone_desc *like)
{
	for (unsigned int i = 0; i < profile->nr_zones; i++)
		if (profile->zones[i].type == like->type && profile->zones[i].node == like->node)
			return &profile->zones[i];
	return NULL;
}

/* A place for a new zone, by node and type. */
static struct km_zone_desc *insert_zone(struct km_profile *profile, const struct km_zone_desc *desc)
{
	unsigned int at = profile->nr_zones++;

	for (; at && (profile->zones[at - 1].node > desc->node ||
		      (profile->zones[at - 1].node == desc->node &&
		       profile->zones[at - 1].type > desc->type));
	     at--)
		profile->zones[at] = profile->zones[at - 1];
	profile->zones[at] = (struct km_zone_desc){ .type = desc->type, .node = desc->node };
	return &profile->zones[at];
}

static bool finish_zones(struct km_file_reader *reader)
{
	struct km_profile *profile = &reader->profile;

	for (unsigned int i = 0; i < reader->nr_zones; i++) {
		const struct km_file_zone *entry = &reader->zones[i];
		struct km_zone_desc *desc = find_zone(profile, &entry->desc);
		bool is_laid = desc;

		if (!desc && profile->nr_zones == KM_MAX_ZONES)
			return km_file_complain(reader, entry->line, "more than %d zones",
						KM_MAX_ZONES);
		if (!desc)
			desc = insert_zone(profile, &entry->desc);
		if (!finish_zone(reader, entry, desc, is_laid))
			return false;
	}
	return true;
}

static bool finish_memory(struct km_file_reader *reader)
{
	bool has_size = reader->once_line[KM_SECTION_MEMORY];

	if (!has_size && !reader->nr_zones && !reader->nr_ranges)
		return km_file_complain(
			reader, 0,
			"no memory: give [memory] size, ranges or zones, or all but size");
	if (has_size ? !finish_size(reader) : !finish_ranges(reader))
		return false;
	if (!has_size && !reader->nr_zones)
		km_zones_from_ranges(&reader->profile);
	if (!finish_zones(reader))
		return false;
	if (!has_size && reader->profile.address_bits == 32)
		derive_address_space(reader);
	return true;
}

/* The line of the first range or zone with which the profile has that fault, else 0. */
static unsigned int line_of(const struct km_file_reader *reader, const char *why)
{
	struct km_profile part = reader->profile;
	unsigned int nr_zones = part.nr_zones;
	const char *said;

	part.nr_zones = 0;
	for (part.nr_ranges = 1; part.nr_ranges <= reader->nr_ranges; part.nr_ranges++) {
		said = km_profile_check(&part);
		if (said && !strcmp(said, why))
			return reader->ranges[part.nr_ranges - 1].line;
	}
	part.nr_ranges = reader->profile.nr_ranges;
	for (part.nr_zones = 1; part.nr_zones <= nr_zones; part.nr_zones++) {
		const struct km_zone_desc *desc = &part.zones[part.nr_zones - 1];

		said = km_profile_check(&part);
		for (unsigned int i = 0; said && !strcmp(said, why) && i < reader->nr_zones; i++)
			if (reader->zones[i].desc.type == desc->type &&
			    reader->zones[i].desc.node == desc->node)
				return reader->zones[i].line;
	}
	return 0;
}

bool km_file_assemble(struct km_file_reader *reader)
{
	struct km_profile *profile = &reader->profile;
	const char *why;

	profile->features = (reader->habits.era | reader->habits.on) & ~reader->habits.off;
	if (!is_given(reader->once_given[KM_SECTION_MACHINE], KM_SECTION_MACHINE, "possible_cpus"))
		profile->nr_possible_cpus = profile->nr_cpus;
	if (!finish_nodes(reader) || !finish_memory(reader))
		return false;
	why = km_profile_check(profile);
	return !why || km_file_complain(reader, line_of(reader, why), "%s", why);
}
