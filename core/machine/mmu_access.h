/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Using what is mapped: what an address translates to, and what an instruction that goes
 * there gets, a physical address or a fault.
 *
 * What an access costs is in the TLB's counters, and in walk.nr_steps: one memory reference
 * for each table entry that was read, except the root entries of PAE, which the processor
 * keeps in registers.
 */
#ifndef CORE_MACHINE_MMU_ACCESS_H
#define CORE_MACHINE_MMU_ACCESS_H

#include "core/machine/mmu.h"

enum km_fault {
	KM_FAULT_NONE,
	KM_FAULT_NONCANONICAL, /* #GP on x86-64; no such address on 32 bit */
	KM_FAULT_NOT_PRESENT,
	KM_FAULT_RESERVED, /* bits that must be 0 are set */
	KM_FAULT_WRITE,	   /* read-only */
	KM_FAULT_USER,	   /* the kernel's */
	KM_FAULT_EXEC,	   /* NX */
};

/* Bits of the error code that a page fault hands over. */
#define KM_PF_PRESENT (1u << 0)
#define KM_PF_WRITE (1u << 1)
#define KM_PF_USER (1u << 2)
#define KM_PF_RESERVED (1u << 3)
#define KM_PF_INSTRUCTION (1u << 4) /* where there is NX */

enum km_access_kind {
	KM_ACCESS_READ = 0,
	KM_ACCESS_WRITE = 1 << 0,
	KM_ACCESS_EXEC = 1 << 1,
	KM_ACCESS_USER = 1 << 2, /* from user mode */
};

struct km_walk_step {
	uint64_t paddr, entry; /* where the entry is, and what it says */
	unsigned int level;
};

/* What a translation went through.  nr_steps entries were read, from the root on. */
struct km_walk {
	uint64_t va;
	enum km_fault fault;
	unsigned int nr_steps;
	struct km_walk_step steps[KM_MMU_LEVELS];
	unsigned int level; /* of the page, or of the entry that faulted */
	/* Of the page, if there is one: */
	uint64_t pa; /* of va itself */
	uint64_t page_bytes;
	unsigned int prot; /* what all entries together allow */
};

struct km_access {
	struct km_walk walk; /* no steps if the TLB knew */
	unsigned int kind;   /* enum km_access_kind */
	uint32_t error_code; /* KM_PF_*, of a page fault */
	enum km_tlb_hit hit; /* what the TLB said; a walk may have followed all the same */
};

/* Walk the tables without touching anything: 0, or -EFAULT and walk->fault says why. */
int km_mmu_translate(const struct km_mmu *mmu, uint64_t va, struct km_walk *walk);
/*
 * What an instruction would do: asks the TLB, walks, checks the rights, sets accessed and
 * dirty bits, fills the TLB.  0, or -EFAULT: access->walk.fault and error_code say why,
 * and no entry was changed.  A TLB entry whose rights do not suffice is dropped and walked
 * for anew.
 */
int km_mmu_access(struct km_mmu *mmu, uint64_t va, unsigned int kind, struct km_access *access);
/* One line about an access, in buf; returns buf. */
const char *km_mmu_explain(const struct km_mmu *mmu, const struct km_access *access, char *buf,
			   size_t len);

#endif
