/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A translation lookaside buffer: first level by page size, second level shared.
 *
 *   lookup ──▶ L1 of each page size ──▶ L2 ──▶ (miss: a walk, then km_tlb_fill())
 *
 * Each array is set-associative, and the least recently used way of a set goes first.
 * A hit in L2 is copied to L1.  Neither level includes the other.
 *
 * Not modelled: an instruction TLB of its own (fetches share this one), caches of upper
 * table entries (so walk_refs is an upper bound), PCIDs, prefetching, threads sharing it.
 *
 * Invariants:
 *   lookups = l1_hits + l2_hits + misses
 *   walks >= misses, for a write to a page that is not dirty walks in spite of a hit
 */
#ifndef CORE_MACHINE_TLB_H
#define CORE_MACHINE_TLB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/machine/mmu_format.h"

#define KM_TLB_SIZES 3 /* page sizes: those of levels 1, 2 and 3 */

struct km_tlb_shape {
	unsigned int entries, ways; /* entries is a multiple of ways; 0: there is none */
};

struct km_tlb_geometry {
	const char *name;
	struct km_tlb_shape l1[KM_TLB_SIZES]; /* by page level - 1 */
	struct km_tlb_shape l2;		      /* pages of levels 1 and 2 */
	struct km_tlb_shape l2_huge;	      /* pages of level 3 */
	const char *source;
};

struct km_tlb_entry {
	uint64_t vpn; /* address >> shift of the page's level */
	uint64_t pa;  /* of the page */
	uint64_t used;
	uint8_t level; /* of the page, 0: no entry */
	uint8_t prot;  /* enum km_prot, of the whole walk */
	bool dirty;
};

struct km_tlb_array {
	struct km_tlb_entry *entries; /* set by set */
	unsigned int nr_sets, ways;
};

struct km_tlb_stats {
	uint64_t lookups, l1_hits, l2_hits, misses;
	uint64_t walks, walk_refs; /* memory references that walks made */
	uint64_t flushed_pages, flushes;
};

struct km_tlb {
	const struct km_tlb_geometry *geometry;
	uint8_t shift[KM_TLB_SIZES]; /* of the pages, 0: the format has none */
	struct km_tlb_array l1[KM_TLB_SIZES], l2, l2_huge;
	uint64_t clock;
	struct km_tlb_stats stats;
};

enum km_tlb_hit {
	KM_TLB_MISS,
	KM_TLB_HIT_L1,
	KM_TLB_HIT_L2,
};

/* "skylake", "pentium"; NULL if there is none of that name, or behind the last index. */
const struct km_tlb_geometry *km_tlb_geometry(const char *name);
const struct km_tlb_geometry *km_tlb_geometry_nr(unsigned int index);

/*
 * An empty one for page tables of that format.  The geometry must outlive it.  0, -ENOMEM,
 * or -EINVAL: ways do not divide the entries, or sets are not a power of two.
 */
int km_tlb_init(struct km_tlb *tlb, const struct km_tlb_geometry *geometry,
		const struct km_mmu_format *format);
void km_tlb_release(struct km_tlb *tlb);

/* Counts a lookup.  On a hit *entry is a copy of what is cached; pa is that of the page. */
enum km_tlb_hit km_tlb_lookup(struct km_tlb *tlb, uint64_t va, struct km_tlb_entry *entry);
/* After a walk: the page of that level that holds va.  Replaces an older entry for it. */
void km_tlb_fill(struct km_tlb *tlb, uint64_t va, unsigned int level, uint64_t pa,
		 unsigned int prot, bool dirty);

void km_tlb_drop_page(struct km_tlb *tlb, uint64_t va);	 /* what a fault does: not counted */
void km_tlb_flush_page(struct km_tlb *tlb, uint64_t va); /* INVLPG: global ones too */
void km_tlb_flush(struct km_tlb *tlb);			 /* as writing CR3: all but global ones */
void km_tlb_flush_all(struct km_tlb *tlb);		 /* as toggling CR4.PGE */
/*
 * As the kernel flushes [va, va + bytes): page by page up to 33 pages of the stride, all
 * above (tlb_single_page_flush_ceiling, arch/x86/mm/tlb.c 6.12).
 */
void km_tlb_flush_range(struct km_tlb *tlb, uint64_t va, uint64_t bytes, unsigned int level);

/* Bytes that pages of a level can have in the TLB at most: the larger of L1 and L2. */
uint64_t km_tlb_reach_bytes(const struct km_tlb *tlb, unsigned int level);

#endif
