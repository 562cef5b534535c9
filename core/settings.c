/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of settings: names as the kernel has them, what values they may have, and which
 * are of the contract but cannot be applied here.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/kernel.h"

enum value_kind {
	VALUE_NUMBER,
	VALUE_SIZE,
	VALUE_ALLOCATOR,
	VALUE_RATIOS
};

struct setting {
	const char *name;
	enum value_kind kind;
	uint64_t min, max;
};

/* Ranges: mm/slub.c, mm/page_alloc.c page_alloc_sysctl_table 6.12. */
static const struct setting settings_table[KM_NR_SETTINGS] = {
	[KM_SET_SLAB_ALLOCATOR] = { "slab.allocator", VALUE_ALLOCATOR, 0, 0 },
	[KM_SET_SLAB_MAX_ORDER] = { "slab.max_order", VALUE_NUMBER, 0, KM_MAX_ORDER },
	[KM_SET_SLAB_MIN_OBJECTS] = { "slab.min_objects", VALUE_NUMBER, 1, UINT16_MAX },
	[KM_SET_SLAB_CPU_PARTIAL] = { "slab.cpu_partial", VALUE_NUMBER, 0, UINT16_MAX },
	[KM_SET_MEM_SIZE] = { "mem.size", VALUE_SIZE, 1 << 20, UINT64_C(1) << 44 },
	[KM_SET_CPUS] = { "cpus", VALUE_NUMBER, 1, KM_MAX_CPUS },
	[KM_SET_MIN_FREE_KBYTES] = { "vm.min_free_kbytes", VALUE_NUMBER, 1, INT32_MAX },
	[KM_SET_WATERMARK_SCALE_FACTOR] = { "vm.watermark_scale_factor", VALUE_NUMBER, 1, 3000 },
	[KM_SET_LOWMEM_RESERVE_RATIO] = { "vm.lowmem_reserve_ratio", VALUE_RATIOS, 0, INT32_MAX },
	[KM_SET_PERCPU_PAGELIST_HIGH_FRACTION] = { "vm.percpu_pagelist_high_fraction", VALUE_NUMBER,
						   0, INT32_MAX },
};

/* MIN_PERCPU_PAGELIST_HIGH_FRACTION; 0 turns it off. */
#define MIN_HIGH_FRACTION 8

static const struct {
	const char *name, *why;
} unsupported[] = {
	{ "slab.merge", "caches are not merged" },
	{ "kmalloc.classes", "the kmalloc classes are the kernel's" },
	{ "gfp.rewrite", "flags are replayed as recorded" },
};

void km_settings_init(struct km_settings *settings)
{
	memset(settings, 0, sizeof(*settings));
}

/* Decimal digits at *text, moving it behind them. */
static int parse_digits(const char **text, uint64_t *value)
{
	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	*value = 0;
	for (; isdigit((unsigned char)**text); ++*text) {
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(**text - '0'), value))
			return -ERANGE;
	}
	return 0;
}

int km_size_parse(const char *text, uint64_t *bytes)
{
	static const char units[] = "kmgt";
	const char *unit;
	uint64_t value;
	int err = parse_digits(&text, &value);

	if (err)
		return err;
	unit = *text ? strchr(units, tolower((unsigned char)*text)) : NULL;
	if (unit) {
		if (__builtin_mul_overflow(value, UINT64_C(1) << 10 * (unit - units + 1), &value))
			return -ERANGE;
		text++;
	}
	if (*text)
		return -EINVAL;
	*bytes = value;
	return 0;
}

static int bad_value(const struct setting *setting, const char *text, char *reason, size_t len)
{
	switch (setting->kind) {
	case VALUE_SIZE:
		snprintf(reason, len, "%s: '%s' is not a size from 1M to 16T", setting->name, text);
		break;
	case VALUE_RATIOS:
		snprintf(reason, len,
			 "%s: '%s' is not a list of 1 to %d numbers separated by commas",
			 setting->name, text, KM_NR_ZONE_TYPES);
		break;
	case VALUE_ALLOCATOR:
		snprintf(reason, len, "%s: '%s' is not slub or slab", setting->name, text);
		break;
	case VALUE_NUMBER:
		snprintf(reason, len, "%s: '%s' is not a number from %" PRIu64 " to %" PRIu64,
			 setting->name, text, setting->min, setting->max);
		break;
	}
	return -EINVAL;
}

/* "256,256,32": as many as given, the others stay the machine's. */
static int parse_ratios(struct km_settings *settings, const struct setting *setting,
			const char *text, uint64_t *nr)
{
	uint64_t ratios[KM_NR_ZONE_TYPES];

	*nr = 0;
	for (;;) {
		if (*nr == KM_NR_ZONE_TYPES || parse_digits(&text, &ratios[*nr]) ||
		    ratios[*nr] > setting->max)
			return -EINVAL;
		++*nr;
		if (!*text)
			break;
		if (*text++ != ',')
			return -EINVAL;
	}
	memcpy(settings->lowmem_reserve_ratio, ratios, *nr * sizeof(ratios[0]));
	return 0;
}

static int parse_number(const struct setting *setting, const char *text, uint64_t *value)
{
	if (setting->kind == VALUE_SIZE) {
		if (km_size_parse(text, value))
			return -EINVAL;
	} else if (parse_digits(&text, value) || *text) {
		return -EINVAL;
	}
	return *value < setting->min || *value > setting->max ? -EINVAL : 0;
}

static int parse_value(struct km_settings *settings, unsigned int index, const char *text,
		       char *reason, size_t len)
{
	const struct setting *setting = &settings_table[index];
	uint64_t value = 0;

	switch (setting->kind) {
	case VALUE_ALLOCATOR:
		if (!strcmp(text, "slab")) {
			snprintf(reason, len, "slab.allocator: slab is not modelled, only slub");
			return -EOPNOTSUPP;
		}
		if (strcmp(text, "slub"))
			return bad_value(setting, text, reason, len);
		break;
	case VALUE_RATIOS:
		if (parse_ratios(settings, setting, text, &value))
			return bad_value(setting, text, reason, len);
		break;
	case VALUE_NUMBER:
	case VALUE_SIZE:
		if (parse_number(setting, text, &value))
			return bad_value(setting, text, reason, len);
		break;
	}
	if (index == KM_SET_PERCPU_PAGELIST_HIGH_FRACTION && value && value < MIN_HIGH_FRACTION) {
		snprintf(reason, len, "%s: '%s' is neither 0 nor at least %d", setting->name, text,
			 MIN_HIGH_FRACTION);
		return -EINVAL;
	}
	settings->value[index] = value;
	settings->set |= 1u << index;
	return 0;
}

int km_settings_parse(struct km_settings *settings, const char *assignment, char *reason,
		      size_t len)
{
	const char *equals = strchr(assignment, '=');
	size_t name_len = equals ? (size_t)(equals - assignment) : strlen(assignment);

	if (len)
		reason[0] = '\0';
	for (size_t i = 0; i < sizeof(unsupported) / sizeof(unsupported[0]); i++) {
		if (strlen(unsupported[i].name) == name_len &&
		    !memcmp(unsupported[i].name, assignment, name_len)) {
			snprintf(reason, len, "%s is not supported: %s", unsupported[i].name,
				 unsupported[i].why);
			return -EOPNOTSUPP;
		}
	}
	for (unsigned int i = 0; i < KM_NR_SETTINGS; i++) {
		if (strlen(settings_table[i].name) != name_len ||
		    memcmp(settings_table[i].name, assignment, name_len))
			continue;
		if (!equals) {
			snprintf(reason, len, "%s: no value: write %s=VALUE",
				 settings_table[i].name, settings_table[i].name);
			return -EINVAL;
		}
		return parse_value(settings, i, equals + 1, reason, len);
	}
	snprintf(reason, len, "no such setting: %.*s", name_len > 64 ? 64 : (int)name_len,
		 assignment);
	return -ENOENT;
}

static void print_size(uint64_t bytes, char *value, size_t len)
{
	static const char units[] = "kMGT";
	unsigned int unit = 0;

	while (unit < 4 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	if (unit)
		snprintf(value, len, "%" PRIu64 "%c", bytes, units[unit - 1]);
	else
		snprintf(value, len, "%" PRIu64, bytes);
}

static void print_ratios(const struct km_settings *settings, char *value, size_t len)
{
	size_t used = 0;

	for (uint64_t i = 0; i < settings->value[KM_SET_LOWMEM_RESERVE_RATIO] && used < len; i++)
		used += snprintf(value + used, len - used, "%s%" PRIu64, i ? "," : "",
				 settings->lowmem_reserve_ratio[i]);
}

const char *km_settings_given(const struct km_settings *settings, unsigned int index, char *value,
			      size_t len)
{
	for (unsigned int i = 0; i < KM_NR_SETTINGS; i++) {
		const struct setting *setting = &settings_table[i];

		if (!(settings->set & 1u << i) || index--)
			continue;
		switch (setting->kind) {
		case VALUE_ALLOCATOR:
			snprintf(value, len, "slub");
			break;
		case VALUE_SIZE:
			print_size(settings->value[i], value, len);
			break;
		case VALUE_RATIOS:
			print_ratios(settings, value, len);
			break;
		case VALUE_NUMBER:
			snprintf(value, len, "%" PRIu64, settings->value[i]);
			break;
		}
		return setting->name;
	}
	return NULL;
}
