/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of x86 page tables, made and read; see the header for what is left out.
 *
 * The oddities: the four entries of PAE's root carry no rights, and almost all their bits
 * are reserved; bit 12 of a large page is PAT, those from 13 up to the page's address are
 * reserved; without NX bit 63 is reserved, without 1 GiB pages bit 7 of a PUD is.
 */
#include "core/machine/mmu_format.h"

#include <errno.h>
#include <string.h>

struct layout {
	const char *name;
	unsigned int nr_levels, entry_bytes, pa_bits;
	uint8_t index_bits[KM_MMU_LEVELS + 1];
};

static const struct layout layouts[KM_NR_MMU_KINDS] = {
	[KM_MMU_X86_32] = { "x86-32", 2, 4, 32, { 0, 10, 10 } },
	[KM_MMU_X86_32_PAE] = { "x86-32-pae", 3, 8, 36, { 0, 9, 9, 2 } },
	[KM_MMU_X86_64] = { "x86-64", 4, 8, 46, { 0, 9, 9, 9, 9 } },
	[KM_MMU_X86_64_LA57] = { "x86-64-la57", 5, 8, 52, { 0, 9, 9, 9, 9, 9 } },
};

static bool is_64(const struct km_mmu_format *format)
{
	return format->kind == KM_MMU_X86_64 || format->kind == KM_MMU_X86_64_LA57;
}

/* Bits low to high - 1. */
static uint64_t bits(unsigned int low, unsigned int high)
{
	return ((UINT64_C(1) << (high - low)) - 1) << low;
}

int km_mmu_format_init(struct km_mmu_format *format, enum km_mmu_kind kind, unsigned int features,
		       unsigned int pa_bits)
{
	const struct layout *layout;

	if ((unsigned int)kind >= KM_NR_MMU_KINDS)
		return -EINVAL;
	layout = &layouts[kind];
	if (!pa_bits)
		pa_bits = layout->pa_bits;
	if (pa_bits < 32 || pa_bits > 52 || (kind == KM_MMU_X86_32 && pa_bits != 32))
		return -EINVAL;

	*format = (struct km_mmu_format){
		.name = layout->name,
		.kind = kind,
		.features = features & KM_MMU_FEATURES_ALL,
		.nr_levels = layout->nr_levels,
		.entry_bytes = layout->entry_bytes,
		.va_bits = KM_MMU_PAGE_SHIFT,
		.pa_bits = pa_bits,
		.max_leaf = 2,
	};
	if (kind == KM_MMU_X86_32) {
		format->features &= ~KM_MMU_NX;
		format->max_leaf = features & KM_MMU_PSE ? 2 : 1;
	} else {
		format->features |= KM_MMU_PSE;
	}
	if (!is_64(format))
		format->features &= ~KM_MMU_GBPAGES;
	else if (features & KM_MMU_GBPAGES)
		format->max_leaf = 3;
	for (unsigned int level = 1; level <= layout->nr_levels; level++) {
		format->shift[level] = format->va_bits;
		format->index_bits[level] = layout->index_bits[level];
		format->va_bits += layout->index_bits[level];
	}
	return 0;
}

const char *km_mmu_level_name(const struct km_mmu_format *format, unsigned int level)
{
	static const char *const names[KM_MMU_LEVELS] = { "page", "PTE", "PMD", "PUD", "P4D" };

	return level < format->nr_levels ? names[level] : "PGD";
}

unsigned int km_mmu_page_level(const struct km_mmu_format *format, uint64_t page_bytes)
{
	for (unsigned int level = 1; level <= format->max_leaf; level++)
		if (km_mmu_entry_span(format, level) == page_bytes)
			return level;
	return 0;
}

bool km_mmu_is_canonical(const struct km_mmu_format *format, uint64_t va)
{
	uint64_t high;

	if (!is_64(format))
		return va <= UINT32_MAX;
	high = va >> (format->va_bits - 1);
	return !high || high == UINT64_MAX >> (format->va_bits - 1);
}

bool km_mmu_is_range(const struct km_mmu_format *format, uint64_t va, uint64_t bytes)
{
	uint64_t last = va + bytes - 1;

	if (!bytes || last < va)
		return false;
	/* Both ends in the same half: none of what lies between is in the hole. */
	return km_mmu_is_canonical(format, va) && km_mmu_is_canonical(format, last) &&
	       (!is_64(format) || !((va ^ last) >> 63));
}

uint64_t km_mmu_make_leaf(const struct km_mmu_format *format, unsigned int level, uint64_t pa,
			  unsigned int prot)
{
	uint64_t entry = pa | KM_PTE_PRESENT;

	if (level > 1)
		entry |= KM_PTE_PS;
	if (prot & KM_PROT_WRITE)
		entry |= KM_PTE_RW;
	if (prot & KM_PROT_USER)
		entry |= KM_PTE_USER;
	if (prot & KM_PROT_GLOBAL && format->features & KM_MMU_PGE)
		entry |= KM_PTE_GLOBAL;
	if (!(prot & KM_PROT_EXEC) && format->features & KM_MMU_NX)
		entry |= KM_PTE_NX;
	if (prot & KM_PROT_YOUNG)
		entry |= KM_PTE_ACCESSED | (prot & KM_PROT_WRITE ? KM_PTE_DIRTY : 0);
	return entry;
}

static bool is_pae_root(const struct km_mmu_format *format, unsigned int level)
{
	return format->kind == KM_MMU_X86_32_PAE && level == format->nr_levels;
}

uint64_t km_mmu_make_link(const struct km_mmu_format *format, unsigned int level, uint64_t table_pa,
			  bool user)
{
	if (is_pae_root(format, level))
		return table_pa | KM_PTE_PRESENT;
	/* As _KERNPG_TABLE and _PAGE_TABLE: the pages below decide. */
	return table_pa | KM_PTE_PRESENT | KM_PTE_RW | (user ? KM_PTE_USER : 0) | KM_PTE_ACCESSED |
	       KM_PTE_DIRTY;
}

bool km_mmu_is_leaf(const struct km_mmu_format *format, unsigned int level, uint64_t entry)
{
	return level == 1 || (level <= format->max_leaf && entry & KM_PTE_PS);
}

uint64_t km_mmu_entry_pa(const struct km_mmu_format *format, unsigned int level, uint64_t entry)
{
	unsigned int low =
		km_mmu_is_leaf(format, level, entry) ? format->shift[level] : KM_MMU_PAGE_SHIFT;

	return entry & bits(low, format->pa_bits);
}

unsigned int km_mmu_entry_prot(const struct km_mmu_format *format, unsigned int level,
			       uint64_t entry)
{
	unsigned int prot = 0;

	if (is_pae_root(format, level))
		return KM_PROT_WRITE | KM_PROT_EXEC | KM_PROT_USER;
	if (entry & KM_PTE_RW)
		prot |= KM_PROT_WRITE;
	if (!(format->features & KM_MMU_NX) || !(entry & KM_PTE_NX))
		prot |= KM_PROT_EXEC;
	if (entry & KM_PTE_USER)
		prot |= KM_PROT_USER;
	if (entry & KM_PTE_GLOBAL && format->features & KM_MMU_PGE &&
	    km_mmu_is_leaf(format, level, entry))
		prot |= KM_PROT_GLOBAL;
	return prot;
}

uint64_t km_mmu_reserved_bits(const struct km_mmu_format *format, unsigned int level,
			      uint64_t entry)
{
	uint64_t reserved = 0;

	if (is_pae_root(format, level))
		return entry & (bits(1, 3) | bits(5, 9) | bits(format->pa_bits, 63) | KM_PTE_NX);
	if (level > 1 && km_mmu_is_leaf(format, level, entry))
		reserved |= bits(KM_MMU_PAGE_SHIFT + 1, format->shift[level]);
	if (format->kind == KM_MMU_X86_32)
		return entry & reserved;
	/* PAE reserves what x86-64 leaves to software. */
	reserved |= bits(format->pa_bits, is_64(format) ? 52 : 63);
	if (!(format->features & KM_MMU_NX))
		reserved |= KM_PTE_NX;
	if (level > format->max_leaf)
		reserved |= KM_PTE_PS;
	return entry & reserved;
}

int km_mmu_cost(const struct km_mmu_format *format, uint64_t va, uint64_t bytes,
		uint64_t page_bytes, struct km_mmu_cost *cost)
{
	unsigned int page_level = km_mmu_page_level(format, page_bytes);
	uint64_t last = va + bytes - 1;

	memset(cost, 0, sizeof(*cost));
	if (!page_level || !km_mmu_is_range(format, va, bytes) || (va | bytes) & (page_bytes - 1))
		return -EINVAL;

	for (unsigned int level = page_level; level < format->nr_levels; level++) {
		unsigned int shift = format->shift[level + 1];

		cost->tables[level] = (last >> shift) - (va >> shift) + 1;
		cost->nr_tables += cost->tables[level];
	}
	cost->tlb_entries = bytes / page_bytes;
	return 0;
}
