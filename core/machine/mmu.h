/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory management unit: page tables that are pages of the machine, with entries in
 * the processor's own format in the contents of physical memory.
 *
 *   root (level nr_levels) ──▶ ... ──▶ level 1 ──▶ page
 *                              └─▶ a page of 2 or 4 MiB, 1 GiB, where an entry is a leaf
 *
 * Whoever owns the unit gives and takes the table pages; they belong to the unit from
 * alloc_table() to free_table(), and nobody else may write to them or forget them.
 *
 * Invariants:
 *   nr_tables[l] = tables of level l that can be reached from the root, which counts too
 *   nr_pages[l]  = leaves of level l in them
 *   no table is reached twice, no reserved bit is set
 *
 * Modelled: CR0.WP set.  Not: SMEP, SMAP, protection keys, PCIDs, caches of upper entries,
 * 32-byte roots of PAE (a whole page here), page tables shared by several roots.
 */
#ifndef CORE_MACHINE_MMU_H
#define CORE_MACHINE_MMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/machine/mmu_format.h"
#include "core/machine/phys.h"
#include "core/machine/tlb.h"

struct km_mmu_ops {
	/* The pfn of a page for a table of that level; KM_NO_PFN: none.  Its contents do not
	 * matter. */
	uint64_t (*alloc_table)(void *arg, unsigned int level);
	void (*free_table)(void *arg, uint64_t pfn, unsigned int level); /* contents as left */
};

struct km_mmu_options {
	enum km_mmu_kind kind;
	unsigned int features; /* enum km_mmu_feature */
	unsigned int pa_bits;  /* 0: by kind */
	/* Addresses from here on are the kernel's.  0: the upper half, 3 GiB on 32 bit. */
	uint64_t kernel_start;
};

struct km_mmu {
	struct km_mmu_format format;
	struct km_phys *phys; /* the owner's */
	struct km_tlb *tlb;   /* the owner's, of the same format; NULL: every access walks */
	const struct km_mmu_ops *ops;
	void *arg;
	uint64_t kernel_start;
	uint64_t root_pfn;
	uint64_t nr_tables[KM_MMU_LEVELS + 1], nr_pages[KM_MMU_LEVELS + 1]; /* by level */
};

/*
 * An empty root.  0, -EINVAL (no such format), -ENOMEM, or -EFAULT: the page from
 * alloc_table() lies outside of phys or above pa_bits, or above 4 GiB for a root that a
 * 32-bit CR3 must hold.
 */
int km_mmu_init(struct km_mmu *mmu, const struct km_mmu_options *options, struct km_phys *phys,
		const struct km_mmu_ops *ops, void *arg);
/* Gives all tables back. */
void km_mmu_release(struct km_mmu *mmu);

/*
 * All calls below that change tables do all or nothing: whatever they return but 0, tables
 * and counters are as before.  Each may return -EINVAL (not aligned to 4 KiB, empty, not
 * canonical, wraps around, physical address above pa_bits), -ENOMEM (alloc_table() or this
 * process has none), and -EFAULT as km_mmu_init(), or because an entry leads to a page that
 * is no table.
 */

/*
 * Map [va, va + bytes) to [pa, pa + bytes): each part by the largest page that alignment and
 * max_page_bytes (0: no limit) allow.  A table in which nothing is mapped gives way to a large
 * page (pmd_free_pte_page(), arch/x86/mm/pgtable.c 6.12).  -EEXIST: something is mapped there
 * already; -EINVAL also for KM_PROT_USER in the kernel's part.
 */
int km_mmu_map(struct km_mmu *mmu, uint64_t va, uint64_t pa, uint64_t bytes, unsigned int prot,
	       uint64_t max_page_bytes);
int km_mmu_map_page(struct km_mmu *mmu, uint64_t va, uint64_t pa, unsigned int prot); /* 4 KiB */

enum km_mmu_flag {
	KM_MMU_FREE_TABLES = 1 << 0, /* those that become empty; vunmap() keeps them */
	KM_MMU_NO_FLUSH = 1 << 1,    /* old translations live on in the TLB till a flush */
};

/* What is not mapped is passed over.  Large pages are split where the range cuts them. */
int km_mmu_unmap(struct km_mmu *mmu, uint64_t va, uint64_t bytes, unsigned int flags);
/*
 * As set_memory_ro() and friends: the same pages, other rights (YOUNG only adds).  Large
 * pages are split where the range cuts them, never joined again.  -ENOENT: a hole in the
 * range; -EINVAL also for KM_PROT_USER in the kernel's part.
 */
int km_mmu_protect(struct km_mmu *mmu, uint64_t va, uint64_t bytes, unsigned int prot,
		   unsigned int flags);
/*
 * Make va mapped by a page of page_bytes or less: a page of 1 GiB becomes 512 of 2 MiB, the
 * one with va 512 of 4 KiB.  -ENOENT: nothing is mapped there; -EINVAL: no such page size.
 */
int km_mmu_split(struct km_mmu *mmu, uint64_t va, uint64_t page_bytes);

/* NULL if every invariant holds, else one line in buf that says which does not. */
const char *km_mmu_is_valid(const struct km_mmu *mmu, char *buf, size_t len);

#endif
