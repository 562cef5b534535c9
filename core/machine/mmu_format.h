/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The formats of x86 page tables: how an address is cut into indices, what the bits of
 * an entry say, and what a mapping costs by arithmetic alone.
 *
 * Levels count from the page upwards, as in the kernel: 1 is the page table (PTE), 2 the
 * directory (PMD), 3 the PUD, 4 the P4D.  The root, of level nr_levels, is the PGD.  An entry of
 *level l maps 2^shift[l] bytes, by a page if it is a leaf, else by a table of level l - 1.
 *
 *   shift[l + 1] = shift[l] + index_bits[l],  va_bits = shift[nr_levels] + index_bits[nr_levels]
 *
 *	x86-32		10 + 10 + 12		4 KiB, 4 MiB	entries of 4 bytes
 *	x86-32-pae	2 + 9 + 9 + 12		4 KiB, 2 MiB	8 bytes
 *	x86-64		9 * 4 + 12		4 KiB, 2 MiB, 1 GiB
 *	x86-64-la57	9 * 5 + 12		the same
 *
 * From the Intel SDM, volume 3, chapter 4 (paging) and arch/x86/include/asm/pgtable_types.h
 * of 6.12.  Not modelled: PAT, PWT, PCD (caching), protection keys, PSE-36, shadow stacks,
 * memory encryption bits.
 */
#ifndef CORE_MACHINE_MMU_FORMAT_H
#define CORE_MACHINE_MMU_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#define KM_MMU_LEVELS 5
#define KM_MMU_PAGE_SHIFT 12
#define KM_MMU_PAGE_BYTES (UINT64_C(1) << KM_MMU_PAGE_SHIFT)

enum km_mmu_kind {
	KM_MMU_X86_32,
	KM_MMU_X86_32_PAE,
	KM_MMU_X86_64,
	KM_MMU_X86_64_LA57,
	KM_NR_MMU_KINDS
};

/* What the processor can do and the kernel has switched on. */
enum km_mmu_feature {
	KM_MMU_NX = 1 << 0,	 /* bit 63 forbids execution; not on x86-32 */
	KM_MMU_PGE = 1 << 1,	 /* global pages */
	KM_MMU_PSE = 1 << 2,	 /* 4 MiB pages on x86-32; elsewhere always */
	KM_MMU_GBPAGES = 1 << 3, /* 1 GiB pages on x86-64 */
};

#define KM_MMU_FEATURES_ALL (KM_MMU_NX | KM_MMU_PGE | KM_MMU_PSE | KM_MMU_GBPAGES)

/* Bits of an entry. */
#define KM_PTE_PRESENT (UINT64_C(1) << 0)
#define KM_PTE_RW (UINT64_C(1) << 1)
#define KM_PTE_USER (UINT64_C(1) << 2)
#define KM_PTE_ACCESSED (UINT64_C(1) << 5)
#define KM_PTE_DIRTY (UINT64_C(1) << 6)
#define KM_PTE_PS (UINT64_C(1) << 7) /* a leaf above level 1 */
#define KM_PTE_GLOBAL (UINT64_C(1) << 8)
#define KM_PTE_NX (UINT64_C(1) << 63)

/* What a mapping allows; every mapping can be read. */
enum km_prot {
	KM_PROT_WRITE = 1 << 0,
	KM_PROT_EXEC = 1 << 1, /* always, where there is no NX */
	KM_PROT_USER = 1 << 2,
	KM_PROT_GLOBAL = 1 << 3, /* never, where there is no PGE */
	KM_PROT_YOUNG = 1 << 4,	 /* accessed, and dirty if writable, from the start */
};

/* As the kernel maps its own data (__PAGE_KERNEL) and code (__PAGE_KERNEL_EXEC). */
#define KM_PROT_KERNEL (KM_PROT_WRITE | KM_PROT_GLOBAL | KM_PROT_YOUNG)
#define KM_PROT_KERNEL_EXEC (KM_PROT_KERNEL | KM_PROT_EXEC)

struct km_mmu_format {
	const char *name;
	enum km_mmu_kind kind;
	unsigned int features; /* enum km_mmu_feature, those that mean something here */
	unsigned int nr_levels, entry_bytes, va_bits;
	unsigned int pa_bits;  /* of a physical address; entry bits above are reserved */
	unsigned int max_leaf; /* level of the largest page */
	uint8_t shift[KM_MMU_LEVELS + 1], index_bits[KM_MMU_LEVELS + 1]; /* [0] is unused */
};

/*
 * pa_bits 0: 32, 36, 46 and 52 by kind.  0, or -EINVAL: no such kind, or pa_bits outside
 * 32 (x86-32: exactly) .. 52.
 */
int km_mmu_format_init(struct km_mmu_format *format, enum km_mmu_kind kind, unsigned int features,
		       unsigned int pa_bits);

/* "PTE", "PMD", ... as the kernel calls the entries of a level; those of the root are "PGD". */
const char *km_mmu_level_name(const struct km_mmu_format *format, unsigned int level);
/* The level whose pages have that many bytes, 0 if none has. */
unsigned int km_mmu_page_level(const struct km_mmu_format *format, uint64_t page_bytes);
/* Is va one that the processor translates: sign-extended from va_bits, or of 32 bits? */
bool km_mmu_is_canonical(const struct km_mmu_format *format, uint64_t va);
/* Are all of [va, va + bytes), without wrapping?  False if bytes is 0. */
bool km_mmu_is_range(const struct km_mmu_format *format, uint64_t va, uint64_t bytes);

static inline uint64_t km_mmu_entry_span(const struct km_mmu_format *format, unsigned int level)
{
	return UINT64_C(1) << format->shift[level];
}

static inline unsigned int km_mmu_nr_entries(const struct km_mmu_format *format, unsigned int level)
{
	return 1u << format->index_bits[level];
}

static inline unsigned int km_mmu_index(const struct km_mmu_format *format, uint64_t va,
					unsigned int level)
{
	return (unsigned int)(va >> format->shift[level]) & (km_mmu_nr_entries(format, level) - 1);
}

/* Entries.  pa is aligned to the page of the level, or to the table's. */
uint64_t km_mmu_make_leaf(const struct km_mmu_format *format, unsigned int level, uint64_t pa,
			  unsigned int prot);
uint64_t km_mmu_make_link(const struct km_mmu_format *format, unsigned int level, uint64_t table_pa,
			  bool user);
/* Of a present entry: is it a page; where is the page or table; what does it alone allow? */
bool km_mmu_is_leaf(const struct km_mmu_format *format, unsigned int level, uint64_t entry);
uint64_t km_mmu_entry_pa(const struct km_mmu_format *format, unsigned int level, uint64_t entry);
unsigned int km_mmu_entry_prot(const struct km_mmu_format *format, unsigned int level,
			       uint64_t entry);
/* The bits of a present entry that are set but must be 0. */
uint64_t km_mmu_reserved_bits(const struct km_mmu_format *format, unsigned int level,
			      uint64_t entry);

struct km_mmu_cost {
	uint64_t tables[KM_MMU_LEVELS + 1]; /* by level, without the root */
	uint64_t nr_tables;		    /* their sum */
	uint64_t tlb_entries;		    /* pages: to have all of it in a TLB */
};

/*
 * What mapping [va, va + bytes) by pages of page_bytes takes, in a space where nothing is
 * mapped yet.  0, or -EINVAL: no such page size, not aligned to it, or no such range.
 */
int km_mmu_cost(const struct km_mmu_format *format, uint64_t va, uint64_t bytes,
		uint64_t page_bytes, struct km_mmu_cost *cost);

#endif
