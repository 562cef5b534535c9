/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory before the zones exist: who comes early takes pages of RAM by address, and what
 * is left becomes the page allocator's.
 *
 *   init ── reserve, alloc, free ... ── km_pages_init ── km_free_all_bootmem ── release
 *
 * Two styles.  The bitmap (mm/bootmem.c 2.6.32) has a bit for each directly mapped page of
 * a node and hands out from low addresses upwards; small requests share a page with the one
 * before.  memblock (mm/memblock.c 6.12) has an array of reserved regions, to the byte, and
 * hands out from the highest address down; an array that is full is doubled, into memory of
 * its own.
 *
 * Memory is what the page allocator will manage: of each zone the highest managed_pages
 * of its RAM.  What the profile does not count as managed was lost before and is not here.
 *
 *   pages of RAM     = free + kept
 *   bytes of kept    = given + own + lost
 *
 * own is the bitmap, or the doubled array.  lost is what nobody has and nobody gets: the
 * rest of a page whose other bytes are given.
 *
 * Not modelled: regions that are hot-pluggable, mirrored or not mapped, requests for deferred
 * pages (they are not RAM here, but wait for the zone to grow), memory added late, the first
 * megabyte that x86 reserves (the caller's to reserve).  The bitmap lies in the lowest pages of its
 * node that were free at the first request: what is reserved before that is what a kernel reserves
 * early.
 */
#ifndef CORE_PAGE_BOOTMEM_H
#define CORE_PAGE_BOOTMEM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/page/page_alloc.h"
#include "core/page/regions.h"

#define KM_BOOTMEM_NONE UINT64_MAX /* no address */
#define KM_MEMBLOCK_REGIONS 128	   /* that the first array holds */

enum km_bootmem_style {
	KM_BOOTMEM_BITMAP,
	KM_BOOTMEM_MEMBLOCK,
};

/* RAM of a node; is_low: the kernel has it mapped. */
struct km_bootmem_range {
	uint64_t start_pfn, end_pfn;
	unsigned int node;
	bool is_low;
};

/* A node's bitmap: bit set, page not free.  Nothing low there: no map. */
struct km_bootmem_node {
	uint64_t min_pfn, low_pfn; /* the map is of [min_pfn, low_pfn) */
	uint64_t *map;		   /* owned */
	uint64_t last_end;	   /* address behind what was given last; 0: none */
	uint64_t hint_pfn;	   /* the next search begins here */
};

struct km_bootmem {
	const struct km_profile *profile; /* not owned */
	const struct km_bootmem_ops *ops; /* of the style */
	const char *reason;		  /* one line, static: why the last call was refused */
	bool is_over;			  /* the page allocator has the rest */
	size_t nr_ram;
	struct km_bootmem_range *ram; /* owned; ascending, apart */
	struct km_regions given;      /* bytes reserved or allocated */
	struct km_regions freed;      /* bytes given back, and nobody's since */
	struct km_regions own;	      /* whole pages */
	bool has_maps;		      /* bitmap: the maps lie in memory */
	struct km_bootmem_node nodes[KM_MAX_NODES];
	struct km_regions reserved; /* memblock: given and own; nr <= max_reserved */
	size_t max_reserved;
};

/*
 * After -ENOMEM, which is our own memory, only release may follow.
 *
 * Nothing is reserved.  profile must stay.  0, -EINVAL: km_profile_check() refuses it, or
 * zones of two nodes have the same RAM; -ENOMEM.
 */
int km_bootmem_init(struct km_bootmem *boot, const struct km_profile *profile,
		    enum km_bootmem_style style);
void km_bootmem_release(struct km_bootmem *boot);

/*
 * Keep bytes that are in use: a kernel image, an initrd.  Whole pages are kept for them by
 * the bitmap.  What of it is no RAM, or own, is passed over; reserving twice is no mistake.  0, or
 * with nothing changed: -EPERM the page allocator runs, -EINVAL no bytes, -ERANGE no RAM
 * of boot memory there.  With a part of it done: -ENOSPC the array cannot grow; -ENOMEM.
 */
int km_bootmem_reserve(struct km_bootmem *boot, uint64_t addr, uint64_t size);

struct km_bootmem_request {
	uint64_t size;	/* bytes */
	uint64_t align; /* power of two; 0: a cache line */
	uint64_t goal;	/* rather at or above this address, bitmap only */
	uint64_t limit; /* below this address; 0: anywhere */
	int node;	/* rather on this node; -1: any */
};

/*
 * The physical address of the bytes, which the kernel would have cleared.
 * KM_BOOTMEM_NONE, with boot->reason set: the page allocator runs, no bytes, alignment not
 * a power of two, goal above limit, no such node, nothing free that is large enough.
 */
uint64_t km_bootmem_alloc(struct km_bootmem *boot, const struct km_bootmem_request *request);
/*
 * The kernel's calls: aligned to a cache line, or to a page (_pages); above 16 MiB where
 * there is room, or anywhere below 4 GiB (_low).
 */
uint64_t km_alloc_bootmem(struct km_bootmem *boot, uint64_t size);
uint64_t km_alloc_bootmem_low(struct km_bootmem *boot, uint64_t size);
uint64_t km_alloc_bootmem_pages(struct km_bootmem *boot, uint64_t size);
uint64_t km_alloc_bootmem_low_pages(struct km_bootmem *boot, uint64_t size);
uint64_t km_alloc_bootmem_node(struct km_bootmem *boot, unsigned int node, uint64_t size);

/*
 * Give back bytes that were reserved or allocated, all of it or a part.  The bitmap takes
 * whole pages: a partial one at either end stays lost.  memblock takes bytes, and keeps a
 * page in the end of which any byte is given.  0, or with nothing changed: -EPERM the page
 * allocator runs, -EINVAL no bytes, -EALREADY freed before, -ENOENT not given, -ENOSPC no
 * room for map or array; -ENOMEM.
 */
int km_free_bootmem(struct km_bootmem *boot, uint64_t addr, uint64_t size);

/*
 * The end: free pages go to the buddy lists of pages, all of whose pages are held and whose
 * machine has the same profile; pages that are kept become used ones of order 0 of
 * KM_OWNER_BOOTMEM, which km_free_pages() takes.  The pages of bitmap or array come free
 * last.  Blocks are the largest aligned ones, ascending, at the tail of their list (memblock)
 * or at its head.  0, or with nothing changed -EPERM a second time, -EINVAL not such pages;
 * -ENOMEM: only km_pages_release() may follow.
 */
int km_free_all_bootmem(struct km_bootmem *boot, struct km_pages *pages);

struct km_bootmem_stats {
	uint64_t ram_pages, free_pages, kept_pages; /* ram = free + kept */
	uint64_t given_bytes, own_bytes;
	uint64_t lost_bytes;	/* kept_pages in bytes, less given and own */
	uint64_t partial_bytes; /* of these: freed, but not as a whole page */
};

/* At any time, also behind the end: of what it was then. */
void km_bootmem_stats(const struct km_bootmem *boot, struct km_bootmem_stats *stats);
/* NULL if the state is whole, else what is not. */
const char *km_bootmem_is_valid(const struct km_bootmem *boot);

#endif
