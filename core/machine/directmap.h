/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The direct map: how the kernel maps all RAM it sees, by the largest pages that fit.
 *
 *	RAM	|   .........RRRRRRRRRRRRRRRRRRRRRRRRRRRRR   |
 *	2 MiB	|       |       |       |       |       |    |
 *	pages	         4K 4K 4K| 2 MiB | 2 MiB | 4K 4K
 *
 * From init_mem_mapping(), split_mem_range(), adjust_range_page_size_mask() and
 * memory_map_top_down() of arch/x86/mm/init.c 6.12.  The kernel goes in steps from the top
 * and mends at each whether neighbours allow a larger page; the outcome is the rule here: a
 * large page wherever all of it is RAM, as RAM adjoins before nodes are known.  The first
 * MiB is always mapped, and by 4 KiB pages: a PC has a hole there, which profiles do not
 * list, so that the large pages around it are out too.  On 32 bit only what lies below the
 * first HighMem zone is mapped.
 *
 * Not modelled: pages that were split later on (set_memory_ro() of text, BPF, modules), RAM
 * the firmware keeps, the kernel's image mapped a second time.
 */
#ifndef CORE_MACHINE_DIRECTMAP_H
#define CORE_MACHINE_DIRECTMAP_H

#include "core/machine/mmu.h"
#include "core/machine/profile.h"

/* Each range of RAM is cut into five at most; the first MiB is one more. */
#define KM_DIRECTMAP_MAX_PIECES (5 * KM_MAX_RANGES + 1)

/* Physical [start, end), by pages of one level. */
struct km_directmap_piece {
	uint64_t start, end;
	unsigned int level;
};

/*
 * Pieces ascend and do not overlap.  bytes[l] is the sum of those of level l.  DirectMap4k,
 * DirectMap2M (4M) and DirectMap1G of /proc/meminfo are these figures after boot, but a large
 * page counts there once more for each later step that comes upon it, mostly the topmost one
 * for two (phys_pud_init(), arch/x86/mm/init_64.c 6.12).
 */
struct km_directmap {
	uint64_t page_offset; /* address of physical 0 */
	unsigned int nr_pieces;
	struct km_directmap_piece pieces[KM_DIRECTMAP_MAX_PIECES];
	uint64_t bytes[KM_MMU_LEVELS + 1];
};

/* The page tables of a machine that km_profile_check() finds nothing wrong with. */
enum km_mmu_kind km_directmap_kind(const struct km_profile *profile);

/*
 * Plan the direct map of a machine.  0, or -EINVAL: pages are not of 4 KiB, page_offset is
 * not a multiple of the largest page, the map does not fit behind it, or RAM reaches beyond
 * pa_bits.
 */
int km_directmap_plan(struct km_directmap *map, const struct km_profile *profile,
		      const struct km_mmu_format *format);
/* What making it takes, in a space where nothing is mapped yet. */
void km_directmap_cost(const struct km_directmap *map, const struct km_mmu_format *format,
		       struct km_mmu_cost *cost);
/* Make it.  0, or what km_mmu_map() returned; nothing of it is mapped then. */
int km_directmap_make(const struct km_directmap *map, struct km_mmu *mmu);

#endif
