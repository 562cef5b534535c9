/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walking the tables, as the processor does (Intel SDM, volume 3, 4.5 to 4.8).
 *
 * Rights are the intersection of those of all entries.  Reserved bits are looked at before
 * rights, entry by entry from the root on.  A fault sets no accessed bits here; a processor
 * may have set some above the entry that faulted.
 */
#include "core/machine/mmu_access.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/machine/mmu_internal.h"

static void walk_start(struct km_walk *walk, uint64_t va)
{
	memset(walk, 0, sizeof(*walk));
	walk->va = va;
}

/* One entry of the walk; the table below it in *table.  False: the walk is over. */
static bool walk_step(const struct km_mmu *mmu, struct km_walk *walk, unsigned int level,
		      uint64_t *table)
{
	const struct km_mmu_format *format = &mmu->format;
	struct km_walk_step *step = &walk->steps[walk->nr_steps++];
	unsigned int index = km_mmu_index(format, walk->va, level);
	uint64_t pa;

	step->paddr = km_mmu_entry_addr(mmu, *table, index);
	step->entry = km_mmu_get_entry(mmu, *table, index);
	step->level = level;
	walk->level = level;
	if (!(step->entry & KM_PTE_PRESENT)) {
		walk->fault = KM_FAULT_NOT_PRESENT;
		return false;
	}
	if (km_mmu_reserved_bits(format, level, step->entry)) {
		walk->fault = KM_FAULT_RESERVED;
		return false;
	}
	pa = km_mmu_entry_pa(format, level, step->entry);
	walk->prot &= km_mmu_entry_prot(format, level, step->entry) | KM_PROT_GLOBAL;
	if (!km_mmu_is_leaf(format, level, step->entry)) {
		*table = pa >> KM_MMU_PAGE_SHIFT;
		return true;
	}
	walk->prot &= km_mmu_entry_prot(format, level, step->entry);
	walk->page_bytes = km_mmu_entry_span(format, level);
	walk->pa = pa + (walk->va & (walk->page_bytes - 1));
	return false;
}

int km_mmu_translate(const struct km_mmu *mmu, uint64_t va, struct km_walk *walk)
{
	uint64_t table = mmu->root_pfn;

	walk_start(walk, va);
	if (!km_mmu_is_canonical(&mmu->format, va)) {
		walk->fault = KM_FAULT_NONCANONICAL;
		return -EFAULT;
	}
	walk->prot = KM_PROT_WRITE | KM_PROT_EXEC | KM_PROT_USER | KM_PROT_GLOBAL;
	for (unsigned int level = mmu->format.nr_levels; level; level--)
		if (!walk_step(mmu, walk, level, &table))
			break;
	return walk->fault ? -EFAULT : 0;
}

static enum km_fault rights_fault(unsigned int prot, unsigned int kind)
{
	if (kind & KM_ACCESS_USER && !(prot & KM_PROT_USER))
		return KM_FAULT_USER;
	if (kind & KM_ACCESS_WRITE && !(prot & KM_PROT_WRITE))
		return KM_FAULT_WRITE;
	if (kind & KM_ACCESS_EXEC && !(prot & KM_PROT_EXEC))
		return KM_FAULT_EXEC;
	return KM_FAULT_NONE;
}

static uint32_t error_code(const struct km_mmu *mmu, enum km_fault fault, unsigned int kind)
{
	uint32_t code = 0;

	if (fault == KM_FAULT_NONE || fault == KM_FAULT_NONCANONICAL)
		return 0;
	if (fault != KM_FAULT_NOT_PRESENT)
		code |= KM_PF_PRESENT;
	if (fault == KM_FAULT_RESERVED)
		code |= KM_PF_RESERVED;
	if (kind & KM_ACCESS_WRITE)
		code |= KM_PF_WRITE;
	if (kind & KM_ACCESS_USER)
		code |= KM_PF_USER;
	if (kind & KM_ACCESS_EXEC && mmu->format.features & KM_MMU_NX)
		code |= KM_PF_INSTRUCTION;
	return code;
}

static bool is_in_registers(const struct km_mmu *mmu, unsigned int level)
{
	return mmu->format.kind == KM_MMU_X86_32_PAE && level == mmu->format.nr_levels;
}

/* Accessed in every entry of the walk, dirty in the leaf. */
static void mark_entries(struct km_mmu *mmu, struct km_walk *walk, bool write)
{
	for (unsigned int i = 0; i < walk->nr_steps; i++) {
		struct km_walk_step *step = &walk->steps[i];
		uint64_t entry = step->entry;

		if (is_in_registers(mmu, step->level))
			continue;
		entry |= KM_PTE_ACCESSED;
		if (write && step->level == walk->level)
			entry |= KM_PTE_DIRTY;
		if (entry == step->entry)
			continue;
		step->entry = entry;
		km_mmu_put_entry(mmu, step->paddr >> KM_MMU_PAGE_SHIFT,
				 (unsigned int)(step->paddr & (KM_MMU_PAGE_BYTES - 1)) /
					 mmu->format.entry_bytes,
				 entry);
	}
}

static bool leaf_is_dirty(const struct km_walk *walk)
{
	return walk->steps[walk->nr_steps - 1].entry & KM_PTE_DIRTY;
}

/* Does the TLB answer?  An entry that forbids the access is dropped, not believed. */
static bool ask_tlb(struct km_mmu *mmu, struct km_access *access)
{
	struct km_walk *walk = &access->walk;
	struct km_tlb_entry entry;

	access->hit = km_tlb_lookup(mmu->tlb, walk->va, &entry);
	if (access->hit == KM_TLB_MISS)
		return false;
	if (rights_fault(entry.prot, access->kind)) {
		km_tlb_drop_page(mmu->tlb, walk->va);
		return false;
	}
	if (access->kind & KM_ACCESS_WRITE && !entry.dirty)
		return false;
	walk->level = entry.level;
	walk->page_bytes = km_mmu_entry_span(&mmu->format, entry.level);
	walk->pa = entry.pa + (walk->va & (walk->page_bytes - 1));
	walk->prot = entry.prot;
	return true;
}

static void count_walk(struct km_mmu *mmu, const struct km_walk *walk)
{
	mmu->tlb->stats.walks++;
	for (unsigned int i = 0; i < walk->nr_steps; i++)
		mmu->tlb->stats.walk_refs += !is_in_registers(mmu, walk->steps[i].level);
}

int km_mmu_access(struct km_mmu *mmu, uint64_t va, unsigned int kind, struct km_access *access)
{
	struct km_walk *walk = &access->walk;

	walk_start(walk, va);
	access->kind = kind;
	access->error_code = 0;
	access->hit = KM_TLB_MISS;
	if (!km_mmu_is_canonical(&mmu->format, va)) {
		walk->fault = KM_FAULT_NONCANONICAL;
		return -EFAULT;
	}
	if (mmu->tlb && ask_tlb(mmu, access))
		return 0;

	km_mmu_translate(mmu, va, walk);
	if (mmu->tlb)
		count_walk(mmu, walk);
	if (!walk->fault)
		walk->fault = rights_fault(walk->prot, kind);
	if (walk->fault) {
		access->error_code = error_code(mmu, walk->fault, kind);
		return -EFAULT;
	}
	mark_entries(mmu, walk, kind & KM_ACCESS_WRITE);
	if (mmu->tlb)
		km_tlb_fill(mmu->tlb, va, walk->level, walk->pa & ~(walk->page_bytes - 1),
			    walk->prot, leaf_is_dirty(walk));
	return 0;
}

static const char *page_size_name(uint64_t bytes)
{
	switch (bytes >> 20) {
	case 0:
		return "4 KiB";
	case 2:
		return "2 MiB";
	case 4:
		return "4 MiB";
	default:
		return "1 GiB";
	}
}

/* Which entry of the walk first forbids it. */
static unsigned int forbidding_level(const struct km_mmu *mmu, const struct km_access *access)
{
	const struct km_walk *walk = &access->walk;

	for (unsigned int i = 0; i < walk->nr_steps; i++) {
		const struct km_walk_step *step = &walk->steps[i];

		if (rights_fault(km_mmu_entry_prot(&mmu->format, step->level, step->entry),
				 access->kind) == walk->fault)
			return step->level;
	}
	return walk->level;
}

static void explain_why(const struct km_mmu *mmu, const struct km_access *access, char *buf,
			size_t len)
{
	const struct km_walk *walk = &access->walk;
	const struct km_walk_step *last = &walk->steps[walk->nr_steps - 1];
	unsigned int level = walk->level;

	switch (walk->fault) {
	case KM_FAULT_NOT_PRESENT:
		snprintf(buf, len, "%s not present (level %u of %u)",
			 km_mmu_level_name(&mmu->format, level), level, mmu->format.nr_levels);
		return;
	case KM_FAULT_RESERVED:
		snprintf(buf, len, "reserved bits 0x%" PRIx64 " set in the %s (level %u of %u)",
			 km_mmu_reserved_bits(&mmu->format, level, last->entry),
			 km_mmu_level_name(&mmu->format, level), level, mmu->format.nr_levels);
		return;
	case KM_FAULT_WRITE:
	case KM_FAULT_USER:
	case KM_FAULT_EXEC:
		level = forbidding_level(mmu, access);
		snprintf(buf, len, "%s by the %s (level %u of %u)",
			 walk->fault == KM_FAULT_WRITE	? "mapped read-only"
			 : walk->fault == KM_FAULT_USER ? "the kernel's alone"
							: "execution forbidden",
			 km_mmu_level_name(&mmu->format, level), level, mmu->format.nr_levels);
		return;
	default:
		snprintf(buf, len, "no fault");
	}
}

const char *km_mmu_explain(const struct km_mmu *mmu, const struct km_access *access, char *buf,
			   size_t len)
{
	const struct km_walk *walk = &access->walk;
	const char *who = access->kind & KM_ACCESS_USER ? "user" : "kernel";
	const char *what = access->kind & KM_ACCESS_WRITE  ? "write to"
			   : access->kind & KM_ACCESS_EXEC ? "fetch from"
							   : "read of";
	char why[96];

	if (walk->fault == KM_FAULT_NONE) {
		snprintf(buf, len, "%s %s 0x%" PRIx64 ": physical 0x%" PRIx64 ", a page of %s", who,
			 what, walk->va, walk->pa, page_size_name(walk->page_bytes));
	} else if (walk->fault == KM_FAULT_NONCANONICAL) {
		snprintf(buf, len, "%s %s 0x%" PRIx64 ": not canonical, addresses have %u bits",
			 who, what, walk->va, mmu->format.va_bits);
	} else {
		explain_why(mmu, access, why, sizeof(why));
		snprintf(buf, len, "%s %s 0x%" PRIx64 ": page fault, error code 0x%" PRIx32 ": %s",
			 who, what, walk->va, access->error_code, why);
	}
	return buf;
}
