/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A profile from a file.  inih cuts lines into section, key and value; it gets them from
 * here one at a time, without comments, so that every complaint has its line.
 */
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <string.h>

#include "core/machine/profile_reader.h"

bool km_file_complain(struct km_file_reader *reader, unsigned int line, const char *fmt, ...)
{
	va_list args;

	if (reader->error->reason[0])
		return false;
	reader->error->line = line;
	va_start(args, fmt);
	vsnprintf(reader->error->reason, sizeof(reader->error->reason), fmt, args);
	va_end(args);
	return false;
}

/* Leave out blanks at both ends, and a comment: # or ; at the start or behind a blank. */
static void trim(const char **begin, const char **end)
{
	const char *p;

	while (*begin < *end && (**begin == ' ' || **begin == '\t'))
		++*begin;
	for (p = *begin; p < *end; p++)
		if ((*p == '#' || *p == ';') && (p == *begin || p[-1] == ' ' || p[-1] == '\t'))
			break;
	*end = p;
	while (*end > *begin && (end[0][-1] == ' ' || end[0][-1] == '\t' || end[0][-1] == '\r'))
		--*end;
}

static bool check_section_has_line(struct km_file_reader *reader)
{
	if (!reader->section_line || reader->has_line)
		return true;
	return km_file_complain(reader, reader->section_line,
				"nothing follows this section; remove it or give it a key");
}

/* What inih calls for the next line; NULL: no more. */
static char *next_line(char *line, int size, void *stream)
{
	struct km_file_reader *reader = stream;
	const char *begin = reader->at, *end = reader->end;
	const char *newline;

	if (begin == end || reader->error->reason[0])
		return NULL;
	newline = memchr(begin, '\n', end - begin);
	end = newline ? newline : end;
	reader->at = newline ? newline + 1 : end;
	reader->line++;

	if (memchr(begin, '\0', end - begin)) {
		km_file_complain(reader, reader->line, "there is a NUL: this is not a text");
		return NULL;
	}
	trim(&begin, &end);
	if (end - begin > size - 2) {
		km_file_complain(reader, reader->line, "line is longer than %d characters",
				 size - 2);
		return NULL;
	}
	if (begin < end && *begin == '[') {
		if (!check_section_has_line(reader))
			return NULL;
		if (end[-1] != ']') {
			km_file_complain(reader, reader->line, "section has no ] at its end");
			return NULL;
		}
		reader->section_line = reader->line;
		reader->has_line = false;
		reader->is_open = false;
	} else if (begin < end) {
		reader->has_line = true;
	}
	memcpy(line, begin, end - begin);
	line[end - begin] = '\n';
	line[end - begin + 1] = '\0';
	return line;
}

/* "0x1000-0x9f000" */
static bool open_range(struct km_file_reader *reader, const char *text)
{
	struct km_file_range *entry = &reader->ranges[reader->nr_ranges];
	const char *dash = strchr(text, '-');
	char first[32] = "";
	uint64_t start, end;

	if (dash && dash - text < (long)sizeof(first))
		memcpy(first, text, dash - text);
	if (!km_number_parse(first, true, &start) || !km_number_parse(dash + 1, true, &end))
		return km_file_complain(
			reader, reader->section_line,
			"[range %.40s] has no addresses, as in [range 0x1000-0x9f000]", text);
	if (start >= end)
		return km_file_complain(reader, reader->section_line,
					"range is empty or ends before it begins");
	if (reader->nr_ranges == KM_MAX_RANGES)
		return km_file_complain(reader, reader->section_line, "more than %d ranges",
					KM_MAX_RANGES);
	reader->nr_ranges++;
	*entry = (struct km_file_range){ .range = { start, end, 0 }, .line = reader->section_line };
	reader->object = &entry->range;
	reader->given = &entry->given;
	return true;
}

/* "Normal 0" */
static bool open_zone(struct km_file_reader *reader, const char *text)
{
	struct km_file_zone *entry = &reader->zones[reader->nr_zones];
	const char *blank = strchr(text, ' ');
	char name[16] = "";
	uint64_t node;
	int type;

	if (blank && blank - text < (long)sizeof(name))
		memcpy(name, text, blank - text);
	type = km_zone_type_from_name(name);
	if (type < 0 || !km_number_parse(blank + 1, false, &node) || node >= KM_MAX_NODES)
		return km_file_complain(
			reader, reader->section_line,
			"[zone %.40s] is not a type (DMA, DMA32, Normal, HighMem, Movable) "
			"and a node, as in [zone Normal 0]",
			text);
	for (unsigned int i = 0; i < reader->nr_zones; i++)
		if (reader->zones[i].desc.type == (enum km_zone_type)type &&
		    reader->zones[i].desc.node == node)
			return km_file_complain(reader, reader->section_line,
						"this zone is there already, on line %u",
						reader->zones[i].line);
	if (reader->nr_zones == KM_MAX_ZONES)
		return km_file_complain(reader, reader->section_line, "more than %d zones",
					KM_MAX_ZONES);
	reader->nr_zones++;
	*entry = (struct km_file_zone){ .desc = { .type = type, .node = node },
					.line = reader->section_line };
	reader->object = &entry->desc;
	reader->given = &entry->given;
	return true;
}

static bool open_node(struct km_file_reader *reader, const char *text)
{
	uint64_t node;

	if (!km_number_parse(text, false, &node) || node >= KM_MAX_NODES)
		return km_file_complain(reader, reader->section_line,
					"[node %.40s] is not a number from 0 to %d", text,
					KM_MAX_NODES - 1);
	if (reader->nodes[node].line)
		return km_file_complain(reader, reader->section_line,
					"this node is there already, on line %u",
					reader->nodes[node].line);
	reader->nodes[node].line = reader->section_line;
	reader->object = reader->profile.distance[node];
	reader->given = &reader->nodes[node].given;
	return true;
}

static bool open_once(struct km_file_reader *reader, enum km_section_id id)
{
	if (reader->once_line[id])
		return km_file_complain(reader, reader->section_line,
					"this section is there already, on line %u",
					reader->once_line[id]);
	reader->once_line[id] = reader->section_line;
	reader->object =
		id == KM_SECTION_MEMORY ? (void *)&reader->memory : (void *)&reader->profile;
	reader->given = &reader->once_given[id];
	return true;
}

static bool open_section(struct km_file_reader *reader, const char *section)
{
	size_t len = strcspn(section, " ");
	const char *rest = section[len] ? section + len + 1 : section + len;
	char hint[80], word[64] = "";
	struct km_guess guess;

	if (len < sizeof(word))
		memcpy(word, section, len);
	for (unsigned int id = 0; id < KM_NR_SECTIONS; id++) {
		if (strcmp(word, km_sections[id].name))
			continue;
		reader->section = id;
		if (id == KM_SECTION_RANGE)
			return open_range(reader, rest);
		if (id == KM_SECTION_ZONE)
			return open_zone(reader, rest);
		if (id == KM_SECTION_NODE)
			return open_node(reader, rest);
		if (!*rest)
			return open_once(reader, id);
	}
	km_guess_init(&guess, word);
	for (unsigned int id = 0; id < KM_NR_SECTIONS; id++)
		km_guess_try(&guess, km_sections[id].name);
	return km_file_complain(reader, reader->section_line, "unknown section [%.49s]%s", section,
				km_guess_print(&guess, hint, sizeof(hint)));
}

static bool unknown_key(struct km_file_reader *reader, const char *name)
{
	const struct km_section *section = &km_sections[reader->section];
	struct km_guess guess;
	char hint[80];

	km_guess_init(&guess, name);
	for (const struct km_key *key = section->keys; key->name; key++)
		km_guess_try(&guess, key->name);
	return km_file_complain(reader, reader->line, "unknown key '%.49s' in [%s]%s", name,
				section->name, km_guess_print(&guess, hint, sizeof(hint)));
}

/* What inih calls for a key.  1: go on. */
static int take_key(void *user, const char *section, const char *name, const char *value)
{
	struct km_file_reader *reader = user;
	const struct km_key *key;
	unsigned int index;
	char reason[160];

	if (reader->error->reason[0])
		return 0;
	if (!reader->section_line)
		return km_file_complain(reader, reader->line,
					"'%.49s' is in no section; begin with [machine]", name);
	if (!reader->is_open && !open_section(reader, section))
		return 0;
	reader->is_open = true;

	index = km_key_find(&km_sections[reader->section], name);
	key = &km_sections[reader->section].keys[index];
	if (!key->name)
		return unknown_key(reader, name);
	if (*reader->given & 1u << index)
		return km_file_complain(reader, reader->line, "'%s' is given twice", name);
	*reader->given |= 1u << index;
	if (!*value)
		return km_file_complain(reader, reader->line, "'%s' has no value", name);
	if (!km_key_parse(key, value, reader->object, &reader->habits, reason, sizeof(reason)))
		return km_file_complain(reader, reader->line, "%s: %s", name, reason);
	if (key->kind == KM_KEY_BY_TYPE && reader->section == KM_SECTION_ZONE)
		((struct km_zone_desc *)reader->object)->has_protection = true;
	return 1;
}

int km_profile_read(const char *text, size_t len, struct km_profile *profile,
		    struct km_profile_error *error)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	struct km_file_reader reader = { .at = text, .end = text + len, .error = error };
	int syntax;

	error->line = 0;
	error->reason[0] = '\0';
	if (len > KM_PROFILE_FILE_MAX) {
		km_file_complain(&reader, 0, "longer than 1 MiB: this is no machine");
		return -EINVAL;
	}
	if (len >= 3 && !memcmp(text, byte_order_mark, 3))
		reader.at += 3;
	km_profile_init(&reader.profile);
	reader.habits.era = reader.profile.features;
	syntax = ini_parse_stream(next_line, &reader, take_key, &reader);
	if (syntax > 0 && (!error->reason[0] || (unsigned int)syntax < error->line)) {
		error->reason[0] = '\0';
		km_file_complain(&reader, syntax, "neither [section] nor key = value");
	}
	if (error->reason[0] || !check_section_has_line(&reader) || !km_file_assemble(&reader))
		return -EINVAL;
	*profile = reader.profile;
	return 0;
}
