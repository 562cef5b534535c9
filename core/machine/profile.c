/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine profiles: the defaults of an x86, the memory map the PC gives its RAM,
 * the built-in machines, and the test whether a profile can be booted at all.
 *
 * Not modelled: firmware holes below 1 MiB, the memory that the kernel image and
 * page descriptors take (managed = present here; a snapshot has the true numbers).
 *
 * Zone limits follow arch/x86/mm/init.c, the defaults of the sysctls
 * mm/page_alloc.c, both 6.12.
 */
#include <errno.h>
#include <string.h>

#include "core/machine/profile.h"
#include "core/machine/zone_layout.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

/* The kernel's part of the addresses with five levels of tables, and with four. */
#define KERNEL_HALF_57 (UINT64_MAX << 56)
#define KERNEL_HALF_48 (UINT64_MAX << 47)

/* On 32 bit the kernel sees this much memory directly. */
#define LOWMEM_BYTES (896 * MIB)
#define VMALLOC_GAP_BYTES (8 * MIB)

/* Three types of zones a node is all that an x86 has. */
_Static_assert(KM_MAX_NODES * 3 <= KM_MAX_ZONES, "the zones of every node have room");

static const char *const zone_type_names[KM_NR_ZONE_TYPES] = {
	[KM_ZONE_DMA] = "DMA",	       [KM_ZONE_DMA32] = "DMA32",     [KM_ZONE_NORMAL] = "Normal",
	[KM_ZONE_HIGHMEM] = "HighMem", [KM_ZONE_MOVABLE] = "Movable",
};

static const char *const paging_names[KM_NR_PAGINGS] = {
	[KM_PAGING_2_LEVEL] = "2-level",
	[KM_PAGING_PAE] = "pae",
	[KM_PAGING_4_LEVEL] = "4-level",
	[KM_PAGING_5_LEVEL] = "5-level",
};

struct builtin {
	const char *name;
	uint64_t bytes;
	unsigned int nr_cpus;
	unsigned int nr_nodes;
	unsigned int address_bits;
	unsigned int pageblock_order; /* 10 where a huge page is 4 MiB: 32 bit without PAE */
	enum km_paging paging;
};

static const struct builtin builtins[] = {
	{ "x86-32-64m", 64 * MIB, 1, 1, 32, 10, KM_PAGING_DERIVED },
	{ "x86-32-1g", GIB, 2, 1, 32, 10, KM_PAGING_DERIVED },
	{ "x86-32-4g-pae", 4 * GIB, 4, 1, 32, 9, KM_PAGING_PAE },
	{ "x86-64-4g", 4 * GIB, 4, 1, 64, 9, KM_PAGING_DERIVED },
	{ "x86-64-2node", 16 * GIB, 8, 2, 64, 9, KM_PAGING_DERIVED },
};

#define NR_BUILTINS (sizeof(builtins) / sizeof(builtins[0]))

void km_profile_init(struct km_profile *profile)
{
	memset(profile, 0, sizeof(*profile));
	strcpy(profile->name, "custom");
	profile->nr_cpus = 1;
	profile->nr_possible_cpus = 1;
	profile->nr_nodes = 1;
	profile->page_shift = 12;
	profile->address_bits = 64;
	profile->cacheline_bytes = 64;
	profile->pageblock_order = 9;
	profile->features = KM_FEATURES_NEWEST;
	profile->page_offset = 0xffff888000000000ull;
	profile->vmalloc_start = 0xffffc90000000000ull;
	profile->vmalloc_end = 0xffffe90000000000ull;
	profile->watermark_scale_factor = 10;
	profile->watermark_boost_factor = 15000;
	profile->lowmem_reserve_ratio[KM_ZONE_DMA] = 256;
	profile->lowmem_reserve_ratio[KM_ZONE_DMA32] = 256;
	profile->lowmem_reserve_ratio[KM_ZONE_NORMAL] = 32;
	profile->percpu_reserved = 8 << 10;
	profile->percpu_dynamic = 28 << 10;
}

/* The address space of a 32-bit kernel with the usual 3 GiB for users, 1 GiB for itself. */
static void set_address_space_32(struct km_profile *profile, uint64_t bytes)
{
	uint64_t lowmem = bytes < LOWMEM_BYTES ? bytes : LOWMEM_BYTES;

	profile->page_offset = 0xc0000000;
	profile->vmalloc_start = profile->page_offset + lowmem + VMALLOC_GAP_BYTES;
	profile->vmalloc_end = 0xff7fe000;
	profile->percpu_dynamic = 20 << 10;
}

/* Cut RAM into one or two ranges a node. */
static void lay_ranges(struct km_profile *profile, uint64_t pages)
{
	const unsigned int shift = profile->page_shift;
	const uint64_t hole_start = (3 * GIB) >> shift, hole_end = (4 * GIB) >> shift;
	uint64_t share = pages / profile->nr_nodes / KM_MIN_NODE_PAGES * KM_MIN_NODE_PAGES;
	uint64_t pfn = 0;

	profile->nr_ranges = 0;
	for (unsigned int node = 0; node < profile->nr_nodes; node++) {
		uint64_t left = node + 1 == profile->nr_nodes ? pages : share;

		pages -= left;
		while (left) {
			uint64_t nr = left;
			struct km_mem_range *range = &profile->ranges[profile->nr_ranges++];

			if (profile->address_bits == 64 && pfn == hole_start)
				pfn = hole_end;
			if (profile->address_bits == 64 && pfn < hole_start &&
			    nr > hole_start - pfn)
				nr = hole_start - pfn;
			*range = (struct km_mem_range){ pfn, pfn + nr, node };
			pfn += nr;
			left -= nr;
		}
	}
}

int km_profile_set_memory(struct km_profile *profile, uint64_t bytes)
{
	uint64_t pages = bytes >> profile->page_shift;

	if (!profile->nr_nodes || profile->nr_nodes > KM_MAX_NODES)
		return -EINVAL;
	if (pages / profile->nr_nodes < KM_MIN_NODE_PAGES || pages > KM_MAX_RAM_PAGES)
		return -EINVAL;

	lay_ranges(profile, pages);
	km_zones_from_ranges(profile);
	if (profile->address_bits == 32)
		set_address_space_32(profile, bytes);
	return 0;
}

int km_profile_builtin(const char *name, struct km_profile *profile)
{
	for (size_t i = 0; i < NR_BUILTINS; i++) {
		const struct builtin *builtin = &builtins[i];

		if (strcmp(name, builtin->name))
			continue;
		km_profile_init(profile);
		strcpy(profile->name, builtin->name);
		profile->nr_cpus = builtin->nr_cpus;
		profile->nr_possible_cpus = builtin->nr_cpus;
		profile->nr_nodes = builtin->nr_nodes;
		profile->address_bits = builtin->address_bits;
		profile->pageblock_order = builtin->pageblock_order;
		profile->paging = builtin->paging;
		return km_profile_set_memory(profile, builtin->bytes);
	}
	return -ENOENT;
}

const char *km_profile_builtin_name(unsigned int index)
{
	return index < NR_BUILTINS ? builtins[index].name : NULL;
}

enum km_paging km_profile_paging(const struct km_profile *profile)
{
	if (profile->paging != KM_PAGING_DERIVED)
		return profile->paging;
	if (profile->address_bits == 32)
		return KM_PAGING_2_LEVEL;
	return profile->page_offset >= KERNEL_HALF_57 && profile->page_offset < KERNEL_HALF_48
		       ? KM_PAGING_5_LEVEL
		       : KM_PAGING_4_LEVEL;
}

const char *km_paging_name(enum km_paging paging)
{
	return (unsigned int)paging < KM_NR_PAGINGS ? paging_names[paging] : NULL;
}

const char *km_zone_type_name(enum km_zone_type type)
{
	return (unsigned int)type < KM_NR_ZONE_TYPES ? zone_type_names[type] : "?";
}

int km_zone_type_from_name(const char *name)
{
	for (int type = 0; type < KM_NR_ZONE_TYPES; type++)
		if (!strcmp(name, zone_type_names[type]))
			return type;
	return -1;
}

uint64_t km_profile_ram_pages(const struct km_profile *profile, uint64_t start, uint64_t end,
			      unsigned int node)
{
	uint64_t pages = 0;

	if (!profile->nr_ranges)
		return end - start;
	for (unsigned int i = 0; i < profile->nr_ranges; i++) {
		const struct km_mem_range *range = &profile->ranges[i];
		uint64_t from = range->start_pfn > start ? range->start_pfn : start;
		uint64_t to = range->end_pfn < end ? range->end_pfn : end;

		if (range->node == node && from < to)
			pages += to - from;
	}
	return pages;
}
