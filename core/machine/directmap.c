/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranges of RAM, joined where they touch, then cut at the boundaries of large pages.
 */
#include "core/machine/directmap.h"

#include <errno.h>
#include <string.h>

#define ISA_END UINT64_C(0x100000)

/* RAM in bytes, ascending, no two touching. */
struct ram {
	struct km_directmap_piece ranges[KM_MAX_RANGES];
	unsigned int nr;
};

_Static_assert(KM_MAX_ZONES <= KM_MAX_RANGES, "zones can stand in for ranges");

enum km_mmu_kind km_directmap_kind(const struct km_profile *profile)
{
	static const enum km_mmu_kind kinds[KM_NR_PAGINGS] = {
		[KM_PAGING_2_LEVEL] = KM_MMU_X86_32,
		[KM_PAGING_PAE] = KM_MMU_X86_32_PAE,
		[KM_PAGING_4_LEVEL] = KM_MMU_X86_64,
		[KM_PAGING_5_LEVEL] = KM_MMU_X86_64_LA57,
	};

	return kinds[km_profile_paging(profile)];
}

static void add_ram(struct ram *ram, uint64_t start, uint64_t end)
{
	unsigned int at = ram->nr;

	while (at && ram->ranges[at - 1].start > start) {
		ram->ranges[at] = ram->ranges[at - 1];
		at--;
	}
	ram->ranges[at] = (struct km_directmap_piece){ start, end, 0 };
	ram->nr++;
}

static void join_ram(struct ram *ram)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < ram->nr; i++) {
		struct km_directmap_piece *range = &ram->ranges[i];

		if (nr && range->start <= ram->ranges[nr - 1].end) {
			if (range->end > ram->ranges[nr - 1].end)
				ram->ranges[nr - 1].end = range->end;
		} else {
			ram->ranges[nr++] = *range;
		}
	}
	ram->nr = nr;
}

static void find_ram(struct ram *ram, const struct km_profile *profile)
{
	const unsigned int shift = profile->page_shift;

	ram->nr = 0;
	for (unsigned int i = 0; i < profile->nr_ranges; i++)
		add_ram(ram, profile->ranges[i].start_pfn << shift,
			profile->ranges[i].end_pfn << shift);
	for (unsigned int i = 0; i < profile->nr_zones && !profile->nr_ranges; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];

		add_ram(ram, desc->start_pfn << shift,
			(desc->start_pfn + desc->spanned_pages) << shift);
	}
	join_ram(ram);
}

/* Where what the kernel sees directly ends. */
static uint64_t lowmem_end(const struct km_profile *profile)
{
	uint64_t end = UINT64_MAX;

	for (unsigned int i = 0; i < profile->nr_zones && profile->address_bits == 32; i++) {
		uint64_t start = profile->zones[i].start_pfn << profile->page_shift;

		if (profile->zones[i].type == KM_ZONE_HIGHMEM && start < end)
			end = start;
	}
	return end;
}

static void add_piece(struct km_directmap *map, uint64_t start, uint64_t end, unsigned int level)
{
	if (start >= end)
		return;
	map->pieces[map->nr_pieces++] = (struct km_directmap_piece){ start, end, level };
	map->bytes[level] += end - start;
}

/* Cut [start, end): pages of the level in the middle, smaller ones before and behind. */
static void cut(struct km_directmap *map, const struct km_mmu_format *format, uint64_t start,
		uint64_t end, unsigned int level)
{
	uint64_t span = km_mmu_entry_span(format, level);
	uint64_t first = (start + span - 1) & ~(span - 1), last = end & ~(span - 1);

	if (level == 1) {
		add_piece(map, start, end, 1);
	} else if (first >= last) {
		cut(map, format, start, end, level - 1);
	} else {
		cut(map, format, start, first, level - 1);
		add_piece(map, first, last, level);
		cut(map, format, last, end, level - 1);
	}
}

int km_directmap_plan(struct km_directmap *map, const struct km_profile *profile,
		      const struct km_mmu_format *format)
{
	uint64_t limit = lowmem_end(profile), end;
	struct ram ram;

	memset(map, 0, sizeof(*map));
	map->page_offset = profile->page_offset;
	if (profile->page_shift != KM_MMU_PAGE_SHIFT ||
	    profile->page_offset & (km_mmu_entry_span(format, format->max_leaf) - 1))
		return -EINVAL;

	find_ram(&ram, profile);
	add_piece(map, 0, ISA_END, 1);
	for (unsigned int i = 0; i < ram.nr; i++) {
		uint64_t from = ram.ranges[i].start > ISA_END ? ram.ranges[i].start : ISA_END;
		uint64_t to = ram.ranges[i].end < limit ? ram.ranges[i].end : limit;

		if (from < to)
			cut(map, format, from, to, format->max_leaf);
	}
	end = map->pieces[map->nr_pieces - 1].end;
	if ((end - 1) >> format->pa_bits || !km_mmu_is_range(format, map->page_offset, end))
		return -EINVAL;
	return 0;
}

void km_directmap_cost(const struct km_directmap *map, const struct km_mmu_format *format,
		       struct km_mmu_cost *cost)
{
	uint64_t newest[KM_MMU_LEVELS + 1]; /* table of a level, by its place in the space */

	memset(cost, 0, sizeof(*cost));
	memset(newest, 0xff, sizeof(newest));
	for (unsigned int i = 0; i < map->nr_pieces; i++) {
		const struct km_directmap_piece *piece = &map->pieces[i];

		for (unsigned int level = piece->level; level < format->nr_levels; level++) {
			unsigned int shift = format->shift[level + 1];
			uint64_t first = (map->page_offset + piece->start) >> shift;
			uint64_t last = (map->page_offset + piece->end - 1) >> shift;
			uint64_t nr = last - first + (first != newest[level]);

			cost->tables[level] += nr;
			cost->nr_tables += nr;
			newest[level] = last;
		}
		cost->tlb_entries += (piece->end - piece->start) >> format->shift[piece->level];
	}
}

int km_directmap_make(const struct km_directmap *map, struct km_mmu *mmu)
{
	for (unsigned int i = 0; i < map->nr_pieces; i++) {
		const struct km_directmap_piece *piece = &map->pieces[i];
		int err = km_mmu_map(mmu, map->page_offset + piece->start, piece->start,
				     piece->end - piece->start, KM_PROT_KERNEL,
				     km_mmu_entry_span(&mmu->format, piece->level));

		if (!err)
			continue;
		while (i--) {
			piece = &map->pieces[i];
			km_mmu_unmap(mmu, map->page_offset + piece->start,
				     piece->end - piece->start, KM_MMU_FREE_TABLES);
		}
		return err;
	}
	return 0;
}
