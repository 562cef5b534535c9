/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Profile files: what a person writes, what is written for a person, and what is said of
 * a mistake.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "tests/unit/suite.h"

#include "core/machine/machine.h"
#include "core/machine/profile_file.h"

#define MIB (1ull << 20)

static void read_ok(const char *text, struct km_profile *profile)
{
	struct km_profile_error error;

	km_profile_read(text, strlen(text), profile, &error);
	ck_assert_str_eq(error.reason, "");
	ck_assert_pstr_eq(km_profile_check(profile), NULL);
}

static void read_bad(const char *text, unsigned int line, const char *reason)
{
	struct km_profile_error error;
	struct km_profile profile;

	ck_assert_int_eq(km_profile_read(text, strlen(text), &profile, &error), -EINVAL);
	ck_assert_str_eq(error.reason, reason);
	ck_assert_uint_eq(error.line, line);
}

/* Owned by the caller. */
static char *written(const struct km_profile *profile)
{
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(km_profile_write(profile, file), 0);
	fclose(file);
	return text;
}

static void assert_comes_back(const struct km_profile *profile)
{
	struct km_profile_error error;
	struct km_profile back;
	char *text = written(profile);
	int err = km_profile_read(text, strlen(text), &back, &error);

	if (err || !km_profile_equal(profile, &back))
		ck_abort_msg("line %u: %s, of\n%s", error.line, error.reason, text);
	free(text);
}

START_TEST(five_lines_are_a_machine)
{
	struct km_profile profile, builtin;

	read_ok("[machine]\n"
		"name = mine\n"
		"cpus = 4\n"
		"[memory]\n"
		"size = 4G\n",
		&profile);
	ck_assert_int_eq(km_profile_builtin("x86-64-4g", &builtin), 0);
	strcpy(builtin.name, "mine");
	ck_assert(km_profile_equal(&profile, &builtin));
}
END_TEST

/* The order of sections does not matter, nor do blanks, comments and ends of lines. */
START_TEST(the_textbook_machine)
{
	struct km_profile profile, builtin;

	read_ok("\xef\xbb\xbf# a comment\r\n"
		"  ; another\r\n"
		"[memory]   # of the old days\r\n"
		"   size=64M ; small\r\n"
		"\r\n"
		"[machine]\r\n"
		"name\t=\tx86-32-64m\r\n"
		"address_bits: 32\r\n"
		"pageblock_order = 10",
		&profile);
	ck_assert_int_eq(km_profile_builtin("x86-32-64m", &builtin), 0);
	ck_assert(km_profile_equal(&profile, &builtin));
}
END_TEST

/*
 *   node 0: [0, 640K) [1M, 2G)     node 1: [4G, 6G)
 *   DMA, DMA32 of node 0, Normal of node 1 are laid over that RAM
 */
START_TEST(zones_are_laid_over_ranges)
{
	struct km_profile profile;

	read_ok("[machine]\ncpus = 2\nnodes = 2\n"
		"[range 4G-6G]\nnode = 1\n"
		"[range 0x100000-0x80000000]\nnode = 0\n"
		"[range 0-640k]\nnode = 0\n"
		"[node 0]\ndistance = 10, 20\n"
		"[node 1]\ndistance = 20 10\n",
		&profile);
	ck_assert_uint_eq(profile.nr_ranges, 3);
	ck_assert_uint_eq(profile.ranges[0].end_pfn, 160);
	ck_assert_uint_eq(profile.ranges[2].node, 1);
	ck_assert_uint_eq(profile.nr_zones, 3);
	ck_assert_int_eq(profile.zones[0].type, KM_ZONE_DMA);
	ck_assert_uint_eq(profile.zones[0].spanned_pages, 4096);
	ck_assert_uint_eq(profile.zones[0].present_pages, 4096 - 96);
	ck_assert_int_eq(profile.zones[1].type, KM_ZONE_DMA32);
	ck_assert_int_eq(profile.zones[2].type, KM_ZONE_NORMAL);
	ck_assert_uint_eq(profile.zones[2].node, 1);
	ck_assert_uint_eq(profile.distance[0][1], 20);
	ck_assert_uint_eq(profile.distance[1][1], 10);
	assert_comes_back(&profile);
}
END_TEST

START_TEST(a_zone_of_its_own_numbers)
{
	struct km_profile profile;

	read_ok("[memory]\nsize = 64M\n"
		"[zone DMA32 0]\n"
		"managed = 12000\n"
		"watermarks = 100, 125, 150\n"
		"protection = Normal 5, Movable 6\n"
		"pcp_batch = 31\n",
		&profile);
	ck_assert_uint_eq(profile.nr_zones, 2);
	ck_assert_uint_eq(profile.zones[1].start_pfn, 4096);
	ck_assert_uint_eq(profile.zones[1].present_pages, 12288);
	ck_assert_uint_eq(profile.zones[1].managed_pages, 12000);
	ck_assert_uint_eq(profile.zones[1].wmark_low, 125);
	ck_assert(profile.zones[1].has_protection);
	ck_assert(!profile.zones[0].has_protection);
	ck_assert_uint_eq(profile.zones[1].protection[KM_ZONE_NORMAL], 5);
	ck_assert_uint_eq(profile.zones[1].protection[KM_ZONE_DMA], 0);
	ck_assert_uint_eq(profile.zones[1].pcp_batch, 31);
	assert_comes_back(&profile);
}
END_TEST

/* Zones alone: all that they span is RAM, and a 32-bit kernel's addresses follow from it. */
START_TEST(zones_alone_are_a_machine)
{
	struct km_profile profile;

	read_ok("[zone Normal 0]\nstart = 16M\nspanned = 12288\n"
		"[machine]\naddress_bits = 32\n"
		"[zone DMA 0]\nstart = 0x0\nspanned = 4096\nmanaged = 4000\n",
		&profile);
	ck_assert_uint_eq(profile.nr_ranges, 0);
	ck_assert_int_eq(profile.zones[0].type, KM_ZONE_DMA);
	ck_assert_uint_eq(profile.zones[0].present_pages, 4096);
	ck_assert_uint_eq(profile.zones[0].managed_pages, 4000);
	ck_assert_uint_eq(profile.zones[1].managed_pages, 12288);
	ck_assert_uint_eq(profile.page_offset, 0xc0000000);
	ck_assert_uint_eq(profile.vmalloc_start, 0xc0000000 + 72 * MIB);
	ck_assert_uint_eq(profile.percpu_dynamic, 20 << 10);
	assert_comes_back(&profile);
}
END_TEST

START_TEST(what_follows_and_what_is_kept)
{
	struct km_profile profile;

	read_ok("[memory]\nsize = 64M\n"
		"[machine]\naddress_bits = 32\ncpus = 3\n"
		"[address_space]\nvmalloc_start = 0xd0000000\n"
		"[percpu]\ndynamic = 12k\nunit = 64k\n"
		"[sysctl]\nmin_free_kbytes = 1000\nlowmem_reserve_ratio = DMA 128\n",
		&profile);
	ck_assert_uint_eq(profile.nr_possible_cpus, 3);
	ck_assert_uint_eq(profile.page_offset, 0xc0000000);
	ck_assert_uint_eq(profile.vmalloc_start, 0xd0000000);
	ck_assert_uint_eq(profile.percpu_dynamic, 12 << 10);
	ck_assert_uint_eq(profile.percpu_reserved, 8 << 10);
	ck_assert_uint_eq(profile.min_free_kbytes, 1000);
	ck_assert_uint_eq(profile.lowmem_reserve_ratio[KM_ZONE_DMA], 128);
	ck_assert_uint_eq(profile.lowmem_reserve_ratio[KM_ZONE_NORMAL], 32);
	assert_comes_back(&profile);
}
END_TEST

START_TEST(habits_are_an_era_and_what_differs)
{
	struct km_profile profile;
	char *text;

	read_ok("[memory]\nsize = 64M\n[machine]\n"
		"features = +claim-steal -pcp-auto-high\n"
		"era = 6.12\n",
		&profile);
	ck_assert_uint_eq(profile.features, (km_era_features("6.12", NULL) | KM_FEAT_CLAIM_STEAL) &
						    ~(unsigned int)KM_FEAT_PCP_AUTO_HIGH);
	assert_comes_back(&profile);

	profile.features = km_era_features("6.1", NULL);
	text = written(&profile);
	ck_assert_ptr_nonnull(strstr(text, "\nera = 6.1\n"));
	ck_assert_ptr_null(strstr(text, "features"));
	free(text);
}
END_TEST

START_TEST(builtins_come_back)
{
	for (unsigned int i = 0; km_profile_builtin_name(i); i++) {
		struct km_profile profile;

		ck_assert_int_eq(km_profile_builtin(km_profile_builtin_name(i), &profile), 0);
		assert_comes_back(&profile);
	}
}
END_TEST

static uint64_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* Of zero to max; now and then one of the two. */
static uint64_t any(uint64_t *state, uint64_t max)
{
	switch (next(state) % 4) {
	case 0:
		return 0;
	case 1:
		return max;
	default:
		return (next(state) << 31 | next(state)) % (max + 1);
	}
}

static void any_zone(uint64_t *state, struct km_zone_desc *desc)
{
	if (next(state) % 2)
		desc->managed_pages -= any(state, desc->managed_pages / 2);
	if (desc->managed_pages < desc->present_pages)
		desc->deferred_pages = any(state, desc->present_pages - desc->managed_pages);
	desc->wmark_min = any(state, 1000);
	desc->wmark_low = desc->wmark_min + any(state, 1000);
	desc->wmark_high = desc->wmark_low + any(state, 1000);
	desc->has_protection = next(state) % 2;
	for (int type = 0; desc->has_protection && type < KM_NR_ZONE_TYPES; type++)
		desc->protection[type] = any(state, 1000000);
	desc->pcp_batch = any(state, 63);
	desc->pcp_high_min = any(state, 1000);
	desc->pcp_high_max = desc->pcp_high_min + any(state, 1000);
}

static void any_profile(uint64_t seed, struct km_profile *profile)
{
	static const unsigned int cachelines[] = { 16, 32, 64, 128, 1024 };
	uint64_t state = seed * 7919;

	km_profile_init(profile);
	snprintf(profile->name, sizeof(profile->name), "m%" PRIu64 "._+-", seed);
	profile->nr_cpus = 1 + any(&state, 63);
	profile->nr_possible_cpus = profile->nr_cpus + any(&state, 9);
	profile->nr_nodes = 1 + any(&state, 3);
	profile->address_bits = next(&state) % 3 ? 64 : 32;
	profile->cacheline_bytes = cachelines[next(&state) % 5];
	profile->pageblock_order = 1 + any(&state, 9);
	if (next(&state) % 2)
		profile->paging =
			(profile->address_bits == 32 ? KM_PAGING_2_LEVEL : KM_PAGING_4_LEVEL) +
			next(&state) % 2;
	profile->features = next(&state) & KM_FEATURES_NEWEST;
	for (unsigned int i = 0; i < profile->nr_nodes && next(&state) % 2; i++)
		for (unsigned int j = 0; j < profile->nr_nodes; j++)
			profile->distance[i][j] = i == j ? 10 : 11 + any(&state, 244);
	ck_assert_int_eq(km_profile_set_memory(profile, 64 * MIB + any(&state, 3 << 10) * MIB), 0);
	if (next(&state) % 2)
		profile->nr_ranges = 0;
	for (unsigned int i = 0; i < profile->nr_zones && next(&state) % 4; i++)
		any_zone(&state, &profile->zones[i]);
	profile->vmalloc_end -= any(&state, 1 << 20);
	profile->min_free_kbytes = any(&state, INT32_MAX);
	profile->watermark_scale_factor = any(&state, 3000);
	for (int type = 0; type < KM_NR_ZONE_TYPES; type++)
		profile->lowmem_reserve_ratio[type] = any(&state, INT32_MAX);
	profile->percpu_pagelist_high_fraction = next(&state) % 2 * 8;
	profile->percpu_static = any(&state, 16 * MIB);
	profile->percpu_reserved = any(&state, 16 * MIB);
	profile->percpu_dynamic = any(&state, 16 * MIB);
	profile->percpu_unit = any(&state, 16 * MIB);
}

/* Property: reading what was written gives the same machine. */
START_TEST(any_profile_comes_back)
{
	unsigned int nr = 0;

	for (uint64_t seed = 0; seed < 2000; seed++) {
		struct km_profile profile;

		any_profile(seed, &profile);
		if (km_profile_check(&profile))
			continue; /* ranges dropped under a hole */
		assert_comes_back(&profile);
		nr++;
	}
	ck_assert_uint_gt(nr, 1900);
}
END_TEST

START_TEST(mistakes_have_a_line_and_a_remedy)
{
	read_bad("", 0, "no memory: give [memory] size, ranges or zones, or all but size");
	read_bad("[machine]\ncpu = 2\n", 2, "unknown key 'cpu' in [machine]; did you mean 'cpus'?");
	read_bad("[machine]\nfrequency = 2\n", 2, "unknown key 'frequency' in [machine]");
	read_bad("\n[machin]\ncpus = 2\n", 2, "unknown section [machin]; did you mean 'machine'?");
	read_bad("[machine 1]\ncpus = 2\n", 1,
		 "unknown section [machine 1]; did you mean 'machine'?");
	read_bad("cpus = 2\n", 1, "'cpus' is in no section; begin with [machine]");
	read_bad("[machine]\ncpus = 0\n", 2, "cpus: '0' is not a number from 1 to 4096");
	read_bad("[machine]\ncpus = 2 4\n", 2, "cpus: '2 4' is not a number from 1 to 4096");
	read_bad("[machine]\ncpus = -1\n", 2, "cpus: '-1' is not a number from 1 to 4096");
	read_bad("[machine]\ncpus =\n", 2, "'cpus' has no value");
	read_bad("[machine]\ncpus = 1\ncpus = 1\n", 3, "'cpus' is given twice");
	read_bad("[machine]\ncpus\n[memory]\nsize = 64M\n", 2, "neither [section] nor key = value");
	read_bad("[machine\ncpus = 1\n", 1, "section has no ] at its end");
	read_bad("[machine]\n\n[memory]\nsize = 64M\n", 1,
		 "nothing follows this section; remove it or give it a key");
	read_bad("[memory]\nsize = 64M\n[percpu]\n", 3,
		 "nothing follows this section; remove it or give it a key");
	read_bad("[machine]\ncpus = 1\n[memory]\nsize = 64M\n[machine]\nnodes = 1\n", 5,
		 "this section is there already, on line 1");
	read_bad("[machine]\nname = a b\n", 2,
		 "name: 'a b' is not a name of 1 to 31 letters, digits and any of ._+-");
	read_bad("[machine]\npaging = PAE\n", 2,
		 "paging: 'PAE' is no paging: 2-level, pae, 4-level, 5-level");
	read_bad("[machine]\nera = new\n", 2,
		 "era: 'new' is not the release of a kernel, such as 6.12");
	read_bad("[machine]\nfeatures = +sheave\n", 2,
		 "features: no habit 'sheave'; did you mean 'sheaves'?");
	read_bad("[machine]\nfeatures = sheaves\n", 2,
		 "features: 'sheaves' has no + or - before it");
	read_bad("[memory]\nsize = 64 MB\n", 2, "size: '64 MB' is not a size from 4M to 12T");
	read_bad("[percpu]\nunit = 64kB\n", 2, "unit: '64kB' is not a size from 0 to 16M");
	read_bad("[percpu]\nunit = 18446744073709551615\n", 2,
		 "unit: '18446744073709551615' is not a size from 0 to 16M");
	read_bad("[sysctl]\nlowmem_reserve_ratio = 256\n", 2,
		 "lowmem_reserve_ratio: '256' is no type of zone: DMA, DMA32, Normal, HighMem, "
		 "Movable");
	read_bad("[sysctl]\nlowmem_reserve_ratio = DMA\n", 2,
		 "lowmem_reserve_ratio: DMA has no number from 0 to 2147483647 behind it, as in "
		 "DMA 256, Normal 32");
	read_bad("[address_space]\npage_offset = 12q\n", 2,
		 "page_offset: '12q' is not an address, as 0x1000000 or 16M");
}
END_TEST

START_TEST(mistakes_of_zones_ranges_and_nodes)
{
	read_bad("[zone Norml 0]\nstart = 0\n", 1,
		 "[zone Norml 0] is not a type (DMA, DMA32, Normal, HighMem, Movable) and a node, "
		 "as in [zone Normal 0]");
	read_bad("[zone DMA 0]\nstart = 0\nspanned = 1\n[zone DMA 0]\nstart = 0\n", 4,
		 "this zone is there already, on line 1");
	read_bad("[zone DMA 0]\nstart = 0\n", 1,
		 "a zone needs start and spanned, for [memory] size lays none here");
	read_bad("[zone DMA 0]\nstart = 100\nspanned = 16\n", 1,
		 "0x64 is not a multiple of the page, 0x1000");
	read_bad("[zone DMA 0]\nwatermarks = 1, 2\n", 2,
		 "watermarks: not three numbers of pages: min, low, high");
	read_bad("[zone DMA 0]\nstart = 0\nspanned = 4096\nwatermarks = 3, 2, 1\n", 1,
		 "watermarks of a zone are not ascending");
	read_bad("[zone Normal 0]\nstart = 0\nspanned = 8\n[zone DMA 0]\nstart = 0\nspanned = 8\n",
		 1, "zones of a node overlap");
	read_bad("[zone DMA 1]\nstart = 0\nspanned = 4096\n", 1,
		 "a zone belongs to a node that does not exist");
	read_bad("[range 0x1000]\nnode = 0\n", 1,
		 "[range 0x1000] has no addresses, as in [range 0x1000-0x9f000]");
	read_bad("[range 4k-4k]\nnode = 0\n", 1, "range is empty or ends before it begins");
	read_bad("[range 8k-16M]\nnode = 0\n[range 0-12k]\nnode = 0\n", 1,
		 "memory ranges overlap or are not ascending");
	read_bad("[range 0-16M]\nnode = 0\n[memory]\nsize = 64M\n", 1,
		 "[memory] size lays the ranges itself: give one or the other");
	read_bad("[memory]\nsize = 64M\n[node 1]\ndistance = 10\n", 3,
		 "there is no node 1: [machine] has nodes = 1");
	read_bad("[memory]\nsize = 64M\n[node 0]\ndistance = 10, 20\n", 3,
		 "distance: not up to 1 numbers that are 0 or from 10 to 255");
	read_bad("[memory]\nsize = 64M\n[node 0]\ndistance = ten\n", 4,
		 "distance: not a number from 0 to 255 for each node, as in 10, 20");
	read_bad("[machine]\nnodes = 8\n[memory]\nsize = 16M\n", 3,
		 "size: a node has less than 4 MiB, or all have 12 TiB and more");
	read_bad("[machine]\npage_shift = 16\n[memory]\nsize = 32M\n", 3,
		 "size: a node has less than 64 MiB, or all have 192 TiB and more");
	read_bad("[memory]\nsize = 64M\n[address_space]\npage_offset = 0xffffffffff000000\n", 0,
		 "direct map does not fit the address space");
}
END_TEST

START_TEST(mistakes_of_the_file)
{
	struct km_profile_error error;
	struct km_profile profile;
	char line[512];

	ck_assert_int_eq(km_profile_read("[machine]\nna\0me", 15, &profile, &error), -EINVAL);
	ck_assert_str_eq(error.reason, "there is a NUL: this is not a text");
	ck_assert_uint_eq(error.line, 2);
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	read_bad(line, 1, "line is longer than 198 characters");
	line[0] = '#';
	read_bad(line, 0, "no memory: give [memory] size, ranges or zones, or all but size");
	ck_assert_int_eq(km_profile_read(line, KM_PROFILE_FILE_MAX + 1, &profile, &error), -EINVAL);
	ck_assert_str_eq(error.reason, "longer than 1 MiB: this is no machine");
}
END_TEST

START_TEST(what_has_no_text_is_not_written)
{
	struct km_profile profile;
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);

	ck_assert_int_eq(km_profile_builtin("x86-64-4g", &profile), 0);
	strcpy(profile.name, "two words");
	ck_assert_int_eq(km_profile_write(&profile, file), -EINVAL);
	strcpy(profile.name, "x");
	profile.features |= 1u << 31;
	ck_assert_int_eq(km_profile_write(&profile, file), -EINVAL);
	profile.features = 0;
	profile.nr_cpus = 0;
	ck_assert_int_eq(km_profile_write(&profile, file), -EINVAL);
	fclose(file);
	ck_assert_uint_eq(len, 0);
	free(text);
}
END_TEST

RUN_SUITE("machine/profile_file", five_lines_are_a_machine, the_textbook_machine,
	  zones_are_laid_over_ranges, a_zone_of_its_own_numbers, zones_alone_are_a_machine,
	  what_follows_and_what_is_kept, habits_are_an_era_and_what_differs, builtins_come_back,
	  any_profile_comes_back, mistakes_have_a_line_and_a_remedy,
	  mistakes_of_zones_ranges_and_nodes, mistakes_of_the_file, what_has_no_text_is_not_written)
