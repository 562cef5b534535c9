/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A profile as a file: everything that is not derived, in the order of the tables of
 * keys.  Memory that [memory] size would lay alike is written so, and its zones as comments.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/machine/profile_file.h"
#include "core/machine/profile_keys.h"

static bool zones_equal(const struct km_zone_desc *a, const struct km_zone_desc *b)
{
	return a->type == b->type && a->node == b->node && a->start_pfn == b->start_pfn &&
	       a->spanned_pages == b->spanned_pages && a->present_pages == b->present_pages &&
	       a->managed_pages == b->managed_pages && a->deferred_pages == b->deferred_pages &&
	       a->wmark_min == b->wmark_min && a->wmark_low == b->wmark_low &&
	       a->wmark_high == b->wmark_high && a->watermark_boost == b->watermark_boost &&
	       a->has_protection == b->has_protection &&
	       (!a->has_protection ||
		!memcmp(a->protection, b->protection, sizeof(a->protection))) &&
	       a->pcp_batch == b->pcp_batch && a->pcp_high_min == b->pcp_high_min &&
	       a->pcp_high_max == b->pcp_high_max;
}

static bool memory_equal(const struct km_profile *a, const struct km_profile *b)
{
	if (a->nr_ranges != b->nr_ranges || a->nr_zones != b->nr_zones)
		return false;
	for (unsigned int i = 0; i < a->nr_ranges; i++)
		if (a->ranges[i].start_pfn != b->ranges[i].start_pfn ||
		    a->ranges[i].end_pfn != b->ranges[i].end_pfn ||
		    a->ranges[i].node != b->ranges[i].node)
			return false;
	for (unsigned int i = 0; i < a->nr_zones; i++)
		if (!zones_equal(&a->zones[i], &b->zones[i]))
			return false;
	return true;
}

bool km_profile_equal(const struct km_profile *a, const struct km_profile *b)
{
	return !strcmp(a->name, b->name) && a->nr_cpus == b->nr_cpus &&
	       a->nr_possible_cpus == b->nr_possible_cpus && a->nr_nodes == b->nr_nodes &&
	       !memcmp(a->distance, b->distance, sizeof(a->distance)) &&
	       a->page_shift == b->page_shift && a->address_bits == b->address_bits &&
	       a->cacheline_bytes == b->cacheline_bytes &&
	       a->pageblock_order == b->pageblock_order && a->paging == b->paging &&
	       a->features == b->features && memory_equal(a, b) &&
	       a->page_offset == b->page_offset && a->vmalloc_start == b->vmalloc_start &&
	       a->vmalloc_end == b->vmalloc_end && a->min_free_kbytes == b->min_free_kbytes &&
	       a->watermark_scale_factor == b->watermark_scale_factor &&
	       a->watermark_boost_factor == b->watermark_boost_factor &&
	       a->cpuless_nodes == b->cpuless_nodes &&
	       !memcmp(a->lowmem_reserve_ratio, b->lowmem_reserve_ratio,
		       sizeof(a->lowmem_reserve_ratio)) &&
	       a->percpu_pagelist_high_fraction == b->percpu_pagelist_high_fraction &&
	       a->percpu_static == b->percpu_static && a->percpu_reserved == b->percpu_reserved &&
	       a->percpu_dynamic == b->percpu_dynamic && a->percpu_unit == b->percpu_unit;
}

static void write_features(unsigned int features, unsigned int era, FILE *file)
{
	const char *blank = "";

	for (unsigned int bit = 0; bit < 32; bit++) {
		if (!((features ^ era) & 1u << bit))
			continue;
		fprintf(file, "%s%c%s", blank, features & 1u << bit ? '+' : '-',
			km_feature_name(bit));
		blank = " ";
	}
}

static void write_by_type(const uint64_t *values, FILE *file)
{
	for (int type = 0; type < KM_NR_ZONE_TYPES; type++)
		fprintf(file, "%s%s %" PRIu64, type ? ", " : "", km_zone_type_name(type),
			values[type]);
}

static void write_numbers(const uint64_t *values, unsigned int nr, FILE *file)
{
	for (unsigned int i = 0; i < nr; i++)
		fprintf(file, "%s%" PRIu64, i ? ", " : "", values[i]);
}

static void write_key(const struct km_key *key, const void *object,
		      const struct km_profile *profile, FILE *file)
{
	const void *field = (const char *)object + key->offset;
	const char *era = km_era_nearest(profile->features);
	char bytes[32];

	fprintf(file, "%s = ", key->name);
	switch (key->kind) {
	case KM_KEY_NUMBER:
		fprintf(file, "%" PRIu64, km_key_get(key, object));
		break;
	case KM_KEY_BYTES:
		fprintf(file, "%s", km_bytes_print(km_key_get(key, object), bytes, sizeof(bytes)));
		break;
	case KM_KEY_ADDRESS:
		fprintf(file, "0x%" PRIx64, km_key_get(key, object));
		break;
	case KM_KEY_NAME:
		fprintf(file, "%s", (const char *)field);
		break;
	case KM_KEY_PAGING:
		fprintf(file, "%s", km_paging_name(profile->paging));
		break;
	case KM_KEY_ERA:
		fprintf(file, "%s", era);
		break;
	case KM_KEY_FEATURES:
		write_features(profile->features, km_era_features(era, NULL), file);
		break;
	case KM_KEY_MARKS:
		write_numbers(field, 3, file);
		break;
	case KM_KEY_BY_TYPE:
		write_by_type(field, file);
		break;
	case KM_KEY_DISTANCES:
		for (unsigned int i = 0; i < profile->nr_nodes; i++)
			fprintf(file, "%s%u", i ? ", " : "", ((const uint8_t *)field)[i]);
		break;
	}
	fputc('\n', file);
}

static bool is_zero(const void *field, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (((const char *)field)[i])
			return false;
	return true;
}

/* A field that is as it would be if it were not written: 0, and 0 by default. */
static bool is_left_out(const struct km_key *key, const void *object, const void *defaults,
			const struct km_profile *profile)
{
	if (key->kind == KM_KEY_FEATURES)
		return profile->features ==
		       km_era_features(km_era_nearest(profile->features), NULL);
	return is_zero((const char *)object + key->offset, key->bytes) &&
	       is_zero((const char *)defaults + key->offset, key->bytes);
}

static void write_section(enum km_section_id id, const struct km_profile *profile, FILE *file)
{
	struct km_profile defaults;

	km_profile_init(&defaults);
	fprintf(file, "\n[%s]\n", km_sections[id].name);
	for (const struct km_key *key = km_sections[id].keys; key->name; key++)
		if (!is_left_out(key, profile, &defaults, profile))
			write_key(key, profile, profile, file);
}

static void write_zone(const struct km_profile *profile, const struct km_zone_desc *desc,
		       FILE *file)
{
	struct km_zone_desc zone = *desc;

	zone.start_pfn <<= profile->page_shift; /* the file has an address */
	fprintf(file, "\n[zone %s %u]\n", km_zone_type_name(desc->type), desc->node);
	for (const struct km_key *key = km_sections[KM_SECTION_ZONE].keys; key->name; key++) {
		bool is_always = key->offset <= offsetof(struct km_zone_desc, managed_pages);

		if (key->kind == KM_KEY_BY_TYPE
			    ? zone.has_protection
			    : is_always || !is_zero((char *)&zone + key->offset, key->bytes))
			write_key(key, &zone, profile, file);
	}
}

/* Bytes of RAM if [memory] size lays this very memory, which is *laid then; else 0. */
static uint64_t laid_bytes(const struct km_profile *profile, struct km_profile *laid)
{
	uint64_t pages = 0;

	km_profile_init(laid);
	laid->nr_nodes = profile->nr_nodes;
	laid->page_shift = profile->page_shift;
	laid->address_bits = profile->address_bits;
	for (unsigned int i = 0; i < profile->nr_ranges; i++)
		pages += profile->ranges[i].end_pfn - profile->ranges[i].start_pfn;
	if (km_profile_set_memory(laid, pages << profile->page_shift) ||
	    !memory_equal(laid, profile))
		return 0;
	return pages << profile->page_shift;
}

/* Addresses that follow from size would be in the way of whoever changes it. */
static void write_memory(const struct km_profile *profile, FILE *file)
{
	const unsigned int shift = profile->page_shift;
	struct km_profile laid;
	struct km_file_memory memory = { laid_bytes(profile, &laid) };

	if (!memory.size || laid.page_offset != profile->page_offset ||
	    laid.vmalloc_start != profile->vmalloc_start ||
	    laid.vmalloc_end != profile->vmalloc_end)
		write_section(KM_SECTION_ADDRESS_SPACE, profile, file);
	if (!memory.size) {
		for (unsigned int i = 0; i < profile->nr_ranges; i++) {
			const struct km_mem_range *range = &profile->ranges[i];

			fprintf(file, "\n[range 0x%" PRIx64 "-0x%" PRIx64 "]\n",
				range->start_pfn << shift, range->end_pfn << shift);
			write_key(km_sections[KM_SECTION_RANGE].keys, range, profile, file);
		}
		for (unsigned int i = 0; i < profile->nr_zones; i++)
			write_zone(profile, &profile->zones[i], file);
		return;
	}
	fprintf(file, "\n[%s]\n", km_sections[KM_SECTION_MEMORY].name);
	write_key(km_sections[KM_SECTION_MEMORY].keys, &memory, profile, file);
	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];

		fprintf(file, "# zone %s %u: 0x%" PRIx64 " to 0x%" PRIx64 ", %" PRIu64 " pages\n",
			km_zone_type_name(desc->type), desc->node, desc->start_pfn << shift,
			(desc->start_pfn + desc->spanned_pages) << shift, desc->managed_pages);
	}
}

static void write_nodes(const struct km_profile *profile, FILE *file)
{
	for (unsigned int node = 0; node < profile->nr_nodes; node++) {
		if (is_zero(profile->distance[node], profile->nr_nodes))
			continue;
		fprintf(file, "\n[node %u]\n", node);
		write_key(km_sections[KM_SECTION_NODE].keys, profile->distance[node], profile,
			  file);
	}
}

int km_profile_write(const struct km_profile *profile, FILE *file)
{
	if (km_profile_check(profile) || !km_machine_name_ok(profile->name))
		return -EINVAL;
	for (unsigned int bit = 0; bit < 32; bit++)
		if (profile->features & 1u << bit && !km_feature_name(bit))
			return -EINVAL;

	fprintf(file, "# A machine of kmemtool: see kmemtool-machine(5).\n");
	write_section(KM_SECTION_MACHINE, profile, file);
	write_memory(profile, file);
	write_nodes(profile, file);
	write_section(KM_SECTION_SYSCTL, profile, file);
	write_section(KM_SECTION_PERCPU, profile, file);
	return 0;
}
