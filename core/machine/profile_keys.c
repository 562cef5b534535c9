/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a profile file may say: its sections, their keys, and the values as text.
 *
 * Each number has the limits here that it has by itself; how numbers go together is for
 * km_profile_check(), and whether areas of per-cpu memory fit a chunk is for core/percpu.
 */
#include "core/machine/profile_keys.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/machine/machine.h"

#define FIELD(type, field) offsetof(type, field), sizeof(((type *)NULL)->field)
#define IN_PROFILE(field) FIELD(struct km_profile, field)
#define IN_ZONE(field) FIELD(struct km_zone_desc, field)
#define NUMBER_MAX INT32_MAX

static const struct km_key machine_keys[] = {
	{ "name", KM_KEY_NAME, IN_PROFILE(name), 0, 0 },
	{ "cpus", KM_KEY_NUMBER, IN_PROFILE(nr_cpus), 1, KM_MAX_CPUS },
	{ "possible_cpus", KM_KEY_NUMBER, IN_PROFILE(nr_possible_cpus), 1, KM_MAX_CPUS },
	{ "nodes", KM_KEY_NUMBER, IN_PROFILE(nr_nodes), 1, KM_MAX_NODES },
	{ "cpuless_nodes", KM_KEY_NUMBER, IN_PROFILE(cpuless_nodes), 0, (1 << KM_MAX_NODES) - 1 },
	{ "page_shift", KM_KEY_NUMBER, IN_PROFILE(page_shift), 12, 16 },
	{ "address_bits", KM_KEY_NUMBER, IN_PROFILE(address_bits), 32, 64 },
	{ "paging", KM_KEY_PAGING, IN_PROFILE(paging), 0, 0 },
	{ "cacheline", KM_KEY_NUMBER, IN_PROFILE(cacheline_bytes), 16, 1024 },
	{ "pageblock_order", KM_KEY_NUMBER, IN_PROFILE(pageblock_order), 1, KM_MAX_ORDER },
	{ "era", KM_KEY_ERA, IN_PROFILE(features), 0, 0 },
	{ "features", KM_KEY_FEATURES, IN_PROFILE(features), 0, 0 },
	{ NULL, KM_KEY_NUMBER, 0, 0, 0, 0 },
};

static const struct km_key address_space_keys[] = {
	{ "page_offset", KM_KEY_ADDRESS, IN_PROFILE(page_offset), 0, UINT64_MAX },
	{ "vmalloc_start", KM_KEY_ADDRESS, IN_PROFILE(vmalloc_start), 0, UINT64_MAX },
	{ "vmalloc_end", KM_KEY_ADDRESS, IN_PROFILE(vmalloc_end), 0, UINT64_MAX },
	{ NULL, KM_KEY_NUMBER, 0, 0, 0, 0 },
};

static const struct km_key memory_keys[] = {
	{ "size", KM_KEY_BYTES, FIELD(struct km_file_memory, size), 4u << 20, 12ull << 40 },
	{ NULL, KM_KEY_NUMBER, 0, 0, 0, 0 },
};

static const struct km_key range_keys[] = {
	{ "node", KM_KEY_NUMBER, FIELD(struct km_mem_range, node), 0, KM_MAX_NODES - 1 },
	{ NULL, KM_KEY_NUMBER, 0, 0, 0, 0 },
};

/* Numbers of pages, as /proc/zoneinfo has them, but start: an address. */
static const struct km_key zone_keys[] = {
	{ "start", KM_KEY_ADDRESS, IN_ZONE(start_pfn), 0, UINT64_MAX },
	{ "spanned", KM_KEY_NUMBER, IN_ZONE(spanned_pages), 0, UINT32_MAX },
	{ "present", KM_KEY_NUMBER, IN_ZONE(present_pages), 0, UINT32_MAX },
	{ "managed", KM_KEY_NUMBER, IN_ZONE(managed_pages), 0, UINT32_MAX },
	{ "deferred", KM_KEY_NUMBER, IN_ZONE(deferred_pages), 0, UINT32_MAX },
	{ "watermarks", KM_KEY_MARKS, offsetof(struct km_zone_desc, wmark_min),
	  3 * sizeof(uint64_t), 0, UINT32_MAX },
	{ "boost", KM_KEY_NUMBER, IN_ZONE(watermark_boost), 0, UINT32_MAX },
	{ "protection", KM_KEY_BY_TYPE, IN_ZONE(protection), 0, UINT32_MAX },
	{ "pcp_batch", KM_KEY_NUMBER, IN_ZONE(pcp_batch), 0, 1 << 20 },
	{ "pcp_high_min", KM_KEY_NUMBER, IN_ZONE(pcp_high_min), 0, UINT32_MAX / 4 },
	{ "pcp_high_max", KM_KEY_NUMBER, IN_ZONE(pcp_high_max), 0, UINT32_MAX / 4 },
	{ NULL, KM_KEY_NUMBER, 0, 0, 0, 0 },
};

static const struct km_key node_keys[] = {
	{ "distance", KM_KEY_DISTANCES, 0, KM_MAX_NODES, 0, UINT8_MAX },
	{ NULL, KM_KEY_NUMBER, 0, 0, 0, 0 },
};

static const struct km_key sysctl_keys[] = {
	{ "min_free_kbytes", KM_KEY_NUMBER, IN_PROFILE(min_free_kbytes), 0, NUMBER_MAX },
	{ "watermark_scale_factor", KM_KEY_NUMBER, IN_PROFILE(watermark_scale_factor), 0, 3000 },
	{ "watermark_boost_factor", KM_KEY_NUMBER, IN_PROFILE(watermark_boost_factor), 0,
	  NUMBER_MAX },
	{ "lowmem_reserve_ratio", KM_KEY_BY_TYPE, IN_PROFILE(lowmem_reserve_ratio), 0, NUMBER_MAX },
	{ "percpu_pagelist_high_fraction", KM_KEY_NUMBER, IN_PROFILE(percpu_pagelist_high_fraction),
	  0, NUMBER_MAX },
	{ NULL, KM_KEY_NUMBER, 0, 0, 0, 0 },
};

static const struct km_key percpu_keys[] = {
	{ "static", KM_KEY_BYTES, IN_PROFILE(percpu_static), 0, KM_MAX_PERCPU_BYTES },
	{ "reserved", KM_KEY_BYTES, IN_PROFILE(percpu_reserved), 0, KM_MAX_PERCPU_BYTES },
	{ "dynamic", KM_KEY_BYTES, IN_PROFILE(percpu_dynamic), 0, KM_MAX_PERCPU_BYTES },
	{ "unit", KM_KEY_BYTES, IN_PROFILE(percpu_unit), 0, KM_MAX_PERCPU_BYTES },
	{ NULL, KM_KEY_NUMBER, 0, 0, 0, 0 },
};

_Static_assert(offsetof(struct km_zone_desc, wmark_high) ==
		       offsetof(struct km_zone_desc, wmark_min) + 2 * sizeof(uint64_t),
	       "the marks lie side by side");

const struct km_section km_sections[KM_NR_SECTIONS] = {
	[KM_SECTION_MACHINE] = { "machine", machine_keys },
	[KM_SECTION_ADDRESS_SPACE] = { "address_space", address_space_keys },
	[KM_SECTION_MEMORY] = { "memory", memory_keys },
	[KM_SECTION_RANGE] = { "range", range_keys },
	[KM_SECTION_ZONE] = { "zone", zone_keys },
	[KM_SECTION_NODE] = { "node", node_keys },
	[KM_SECTION_SYSCTL] = { "sysctl", sysctl_keys },
	[KM_SECTION_PERCPU] = { "percpu", percpu_keys },
};

uint64_t km_key_get(const struct km_key *key, const void *object)
{
	uint64_t value = 0;
	uint32_t half;

	if (key->bytes == sizeof(value)) {
		memcpy(&value, (const char *)object + key->offset, sizeof(value));
		return value;
	}
	memcpy(&half, (const char *)object + key->offset, sizeof(half));
	return half;
}

void km_key_set(const struct km_key *key, void *object, uint64_t value)
{
	uint32_t half = (uint32_t)value;

	if (key->bytes == sizeof(value))
		memcpy((char *)object + key->offset, &value, sizeof(value));
	else
		memcpy((char *)object + key->offset, &half, sizeof(half));
}

unsigned int km_key_find(const struct km_section *section, const char *name)
{
	unsigned int i = 0;

	while (section->keys[i].name && strcmp(section->keys[i].name, name))
		i++;
	return i;
}

static bool parse_digits(const char **text, unsigned int base, uint64_t *value)
{
	const char *begin = *text;

	*value = 0;
	for (; isxdigit((unsigned char)**text); ++*text) {
		int c = tolower((unsigned char)**text);
		unsigned int digit = isdigit(c) ? c - '0' : c - 'a' + 10;

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(*value, base, value) ||
		    __builtin_add_overflow(*value, digit, value))
			return false;
	}
	return *text != begin;
}

bool km_number_parse(const char *text, bool has_units, uint64_t *value)
{
	static const char units[] = "kmgt";
	const char *unit;

	if (has_units && text[0] == '0' && tolower((unsigned char)text[1]) == 'x') {
		text += 2;
		return parse_digits(&text, 16, value) && !*text;
	}
	if (!parse_digits(&text, 10, value))
		return false;
	unit = has_units && *text ? strchr(units, tolower((unsigned char)*text)) : NULL;
	if (unit) {
		if (__builtin_mul_overflow(*value, 1ull << 10 * (unit - units + 1), value))
			return false;
		text++;
	}
	return !*text;
}

char *km_bytes_print(uint64_t bytes, char *buf, size_t len)
{
	static const char *const units[] = { "", "k", "M", "G", "T" };
	unsigned int unit = 0;

	for (; bytes && bytes % 1024 == 0 && unit < 4; unit++)
		bytes /= 1024;
	snprintf(buf, len, "%" PRIu64 "%s", bytes, units[unit]);
	return buf;
}

bool km_machine_name_ok(const char *name)
{
	size_t len = strnlen(name, sizeof(((struct km_profile *)NULL)->name));

	if (!len || len == sizeof(((struct km_profile *)NULL)->name))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._+-", name[i]))
			return false;
	return true;
}

/* Eat the next word; false, and *text at its start, if there is none or it is too long. */
static bool next_word(const char **text, const char *separators, char *word, size_t size)
{
	size_t len;

	*text += strspn(*text, separators);
	len = strcspn(*text, separators);
	if (!len || len >= size)
		return false;
	memcpy(word, *text, len);
	word[len] = '\0';
	*text += len;
	return true;
}

static bool parse_name(const char *text, char *name, char *reason, size_t len)
{
	if (!km_machine_name_ok(text)) {
		snprintf(reason, len,
			 "'%.40s' is not a name of 1 to 31 letters, digits and any of ._+-", text);
		return false;
	}
	strcpy(name, text);
	return true;
}

static bool parse_paging(const char *text, enum km_paging *paging, char *reason, size_t len)
{
	for (int i = 0; i < KM_NR_PAGINGS; i++)
		if (km_paging_name(i) && !strcmp(text, km_paging_name(i))) {
			*paging = i;
			return true;
		}
	snprintf(reason, len, "'%.40s' is no paging: 2-level, pae, 4-level, 5-level", text);
	return false;
}

static bool parse_era(const char *text, struct km_file_habits *habits, char *reason, size_t len)
{
	unsigned int version, patchlevel;

	if (sscanf(text, "%3u.%3u", &version, &patchlevel) != 2) {
		snprintf(reason, len, "'%.40s' is not the release of a kernel, such as 6.12", text);
		return false;
	}
	habits->era = km_era_features(text, NULL);
	return true;
}

static bool parse_features(const char *text, struct km_file_habits *habits, char *reason,
			   size_t len)
{
	char word[64], hint[80];

	habits->on = 0;
	habits->off = 0;
	while (next_word(&text, " \t,", word, sizeof(word))) {
		int bit = km_feature_from_name(word + 1);
		struct km_guess guess;

		if (bit >= 0 && word[0] == '+') {
			habits->on |= 1u << bit;
			habits->off &= ~(1u << bit);
		} else if (bit >= 0 && word[0] == '-') {
			habits->off |= 1u << bit;
			habits->on &= ~(1u << bit);
		} else if (word[0] != '+' && word[0] != '-') {
			snprintf(reason, len, "'%.40s' has no + or - before it", word);
			return false;
		} else {
			km_guess_init(&guess, word + 1);
			for (unsigned int i = 0; i < 32; i++)
				if (km_feature_name(i))
					km_guess_try(&guess, km_feature_name(i));
			snprintf(reason, len, "no habit '%.40s'%s", word + 1,
				 km_guess_print(&guess, hint, sizeof(hint)));
			return false;
		}
	}
	if (!*text)
		return true;
	snprintf(reason, len, "no habit '%.40s'", text);
	return false;
}

static bool parse_marks(const struct km_key *key, const char *text, uint64_t *marks, char *reason,
			size_t len)
{
	char word[24];
	unsigned int nr = 0;

	for (; next_word(&text, " \t,", word, sizeof(word)); nr++)
		if (nr == 3 || !km_number_parse(word, false, &marks[nr]) || marks[nr] > key->max)
			break;
	if (nr == 3 && !*text)
		return true;
	snprintf(reason, len, "not three numbers of pages: min, low, high");
	return false;
}

static bool parse_by_type(const struct km_key *key, const char *text, uint64_t *values,
			  char *reason, size_t len)
{
	char word[24];

	while (next_word(&text, " \t,", word, sizeof(word))) {
		int type = km_zone_type_from_name(word);

		if (type < 0) {
			snprintf(reason, len,
				 "'%s' is no type of zone: DMA, DMA32, Normal, HighMem, Movable",
				 word);
			return false;
		}
		if (!next_word(&text, " \t,", word, sizeof(word)))
			word[0] = '\0';
		if (!km_number_parse(word, false, &values[type]) || values[type] > key->max) {
			snprintf(reason, len,
				 "%s has no number from 0 to %" PRIu64
				 " behind it, as in DMA 256, Normal 32",
				 km_zone_type_name(type), key->max);
			return false;
		}
	}
	if (!*text)
		return true;
	snprintf(reason, len, "'%.40s' is no type of zone", text);
	return false;
}

static bool parse_distances(const struct km_key *key, const char *text, uint8_t *distances,
			    char *reason, size_t len)
{
	char word[24];
	unsigned int nr = 0;

	for (; next_word(&text, " \t,", word, sizeof(word)); nr++) {
		uint64_t value;

		if (nr == KM_MAX_NODES || !km_number_parse(word, false, &value) || value > key->max)
			break;
		distances[nr] = (uint8_t)value;
	}
	if (nr && !*text)
		return true;
	snprintf(reason, len, "not a number from 0 to 255 for each node, as in 10, 20");
	return false;
}

static bool parse_number(const struct km_key *key, const char *text, void *object, char *reason,
			 size_t len)
{
	bool has_units = key->kind != KM_KEY_NUMBER;
	char min[32], max[32];
	uint64_t value;

	if (km_number_parse(text, has_units, &value) && value >= key->min && value <= key->max) {
		km_key_set(key, object, value);
		return true;
	}
	if (key->kind == KM_KEY_ADDRESS)
		snprintf(reason, len, "'%.40s' is not an address, as 0x1000000 or 16M", text);
	else if (key->kind == KM_KEY_BYTES)
		snprintf(reason, len, "'%.40s' is not a size from %s to %s", text,
			 km_bytes_print(key->min, min, sizeof(min)),
			 km_bytes_print(key->max, max, sizeof(max)));
	else
		snprintf(reason, len, "'%.40s' is not a number from %" PRIu64 " to %" PRIu64, text,
			 key->min, key->max);
	return false;
}

bool km_key_parse(const struct km_key *key, const char *text, void *object,
		  struct km_file_habits *habits, char *reason, size_t len)
{
	void *field = (char *)object + key->offset;

	switch (key->kind) {
	case KM_KEY_NAME:
		return parse_name(text, field, reason, len);
	case KM_KEY_PAGING:
		return parse_paging(text, field, reason, len);
	case KM_KEY_ERA:
		return parse_era(text, habits, reason, len);
	case KM_KEY_FEATURES:
		return parse_features(text, habits, reason, len);
	case KM_KEY_MARKS:
		return parse_marks(key, text, field, reason, len);
	case KM_KEY_BY_TYPE:
		return parse_by_type(key, text, field, reason, len);
	case KM_KEY_DISTANCES:
		return parse_distances(key, text, field, reason, len);
	case KM_KEY_NUMBER:
	case KM_KEY_BYTES:
	case KM_KEY_ADDRESS:
		break;
	}
	return parse_number(key, text, object, reason, len);
}

#define GUESS_MAX 32

/* Letters to change, add or drop to make one word of the other; capitals are the same. */
static unsigned int edit_distance(const char *a, const char *b)
{
	unsigned int row[GUESS_MAX + 1];
	size_t b_len = strlen(b);

	if (b_len > GUESS_MAX)
		return UINT32_MAX;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		unsigned int corner = row[0];

		row[0] = i + 1;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned int best = corner;

			if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[j - 1]))
				best++;
			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b_len];
}

void km_guess_init(struct km_guess *guess, const char *text)
{
	*guess = (struct km_guess){ .text = text, .distance = UINT32_MAX };
}

void km_guess_try(struct km_guess *guess, const char *name)
{
	unsigned int distance = edit_distance(guess->text, name);

	/* A third of the word may be wrong. */
	if (distance < guess->distance && distance <= strlen(name) / 3 + 1) {
		guess->best = name;
		guess->distance = distance;
	}
}

const char *km_guess_print(const struct km_guess *guess, char *buf, size_t len)
{
	buf[0] = '\0';
	if (guess->best)
		snprintf(buf, len, "; did you mean '%s'?", guess->best);
	return buf;
}
