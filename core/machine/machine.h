/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulated hardware: CPUs with their contexts, and page frames.
 *
 * Page descriptors live in one array that is reserved for every pfn and touched
 * only when used; a descriptor that was never touched is all zero, and that means
 * KM_PAGE_HELD: in use since before the machine was booted.
 *
 * Invariants: a block of 2^order pages, free or allocated, is described by its
 * head alone; the descriptors of its other pages are zero, unless its owner (a
 * slab) marks them KM_PAGE_TAIL for itself and clears them before the free.
 */
#ifndef CORE_MACHINE_MACHINE_H
#define CORE_MACHINE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/machine/cpu.h"
#include "core/machine/profile.h"

#define KM_MAX_ORDER 10 /* largest order, inclusive */
#define KM_NR_ORDERS (KM_MAX_ORDER + 1)
#define KM_NO_PFN UINT64_MAX
#define KM_NO_PAGE UINT32_MAX /* end of a list of pages */

enum km_page_state {
	KM_PAGE_HELD, /* not ours: in use since boot, or a page inside a block */
	KM_PAGE_FREE, /* head of a free block in the buddy lists */
	KM_PAGE_PCP,  /* head of a block on a per-cpu list */
	KM_PAGE_USED, /* head of an allocated block */
	KM_PAGE_TAIL, /* inside an allocated block, marked by its owner */
	KM_PAGE_HOLE, /* no RAM there */
};

enum km_page_owner {
	KM_OWNER_NONE,
	KM_OWNER_SLAB,
	KM_OWNER_LARGE_KMALLOC,
	KM_OWNER_VMALLOC,
	KM_OWNER_PAGE_TABLE,
	KM_OWNER_PERCPU,
	KM_OWNER_OTHER, /* whoever called the page allocator */
	KM_OWNER_ANON,
	KM_OWNER_PAGE_CACHE,
	KM_OWNER_KERNEL_STACK,
	KM_OWNER_BOOTMEM,
	KM_NR_OWNERS
};

enum km_page_flag {
	KM_PG_COMP = 1 << 0,   /* compound: freed as a whole */
	KM_PG_LRU = 1 << 1,    /* on an LRU list: may be reclaimed, next and prev are its links */
	KM_PG_ACTIVE = 1 << 2, /* on the active one */
	KM_PG_DIRTY = 1 << 3,  /* must be written before it can be reclaimed */
};

struct page {
	uint32_t next, prev;	 /* pfn of the neighbours in a list, KM_NO_PAGE at the ends */
	uint8_t state : 4;	 /* enum km_page_state */
	uint8_t flags : 4;	 /* enum km_page_flag, while used */
	uint8_t order;		 /* of the block, in its head */
	uint8_t migratetype : 4; /* of the list it is on, or the type it was taken for */
	uint8_t owner : 4;	 /* enum km_page_owner, while used */
	uint8_t count;		 /* users, while used; 255 stays 255, and is never freed */
	uint32_t priv;		 /* the owner's: slab number, ... */
};

_Static_assert(sizeof(struct page) == 16, "page descriptors are 16 bytes");
_Static_assert(KM_NR_OWNERS <= 16, "owners have four bits");

struct km_machine {
	struct km_profile profile;
	unsigned int nr_cpus;
	struct km_cpu *cpus;
	uint64_t nr_pfns;     /* pfns are below this */
	struct page *mem_map; /* nr_pfns descriptors */
};

/* Returns 0, -EINVAL (km_profile_check() says why) or -ENOMEM. */
int km_machine_init(struct km_machine *machine, const struct km_profile *profile);
void km_machine_release(struct km_machine *machine);

static inline struct page *km_page(const struct km_machine *machine, uint64_t pfn)
{
	return &machine->mem_map[pfn];
}

/* Direct-map address of a pfn, and back; KM_NO_PFN for an address outside RAM. */
static inline uint64_t km_pfn_to_addr(const struct km_machine *machine, uint64_t pfn)
{
	return machine->profile.page_offset + (pfn << machine->profile.page_shift);
}

static inline uint64_t km_addr_to_pfn(const struct km_machine *machine, uint64_t addr)
{
	uint64_t pfn = (addr - machine->profile.page_offset) >> machine->profile.page_shift;

	return addr >= machine->profile.page_offset && pfn < machine->nr_pfns ? pfn : KM_NO_PFN;
}

/* Is there RAM behind pfn?  Goes through zones and ranges: not for hot paths. */
bool km_pfn_is_ram(const struct km_machine *machine, uint64_t pfn);

/*
 * The head of the block that holds pfn: the first pfn, going through the aligned
 * heads of every order, whose descriptor is FREE, PCP or USED with an order that
 * reaches pfn.  KM_NO_PFN if no block does: the page is HELD, a HOLE, or inside a free
 * block of the largest order that was never touched since boot.
 */
uint64_t km_page_block(const struct km_machine *machine, uint64_t pfn);

#endif
