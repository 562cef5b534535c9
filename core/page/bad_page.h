/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls to the page allocator that a kernel would not survive, or should not: what they
 * are, and how they are explained.
 *
 * A call is judged by what the page is when it comes, never by what it was meant to be.
 * Judging changes nothing.
 *
 * Sources: mm/page_alloc.c 6.12 (free_page_is_bad, bad_page, split_page), include/linux/mm.h
 * (put_page_testzero), and what drivers are told to do.
 */
#ifndef CORE_PAGE_BAD_PAGE_H
#define CORE_PAGE_BAD_PAGE_H

#include <stddef.h>

#include "core/page/page_alloc.h"

enum km_bad_kind {
	KM_BAD_NONE,
	/* Frees, puts and splits; all are refused but REFERENCED. */
	KM_BAD_DOUBLE_FREE,    /* free already, and somebody had it before */
	KM_BAD_FREE_PAGE,      /* free, and nobody had it since boot */
	KM_BAD_PCP_PAGE,       /* the same, on a per-cpu list */
	KM_BAD_ORDER,	       /* another order than it was allocated with */
	KM_BAD_MIDDLE,	       /* not the first page of its block */
	KM_BAD_BOOTMEM,	       /* boot memory's */
	KM_BAD_SLAB,	       /* a slab's */
	KM_BAD_OWNER,	       /* another allocator's: vmalloc, per-cpu, ... */
	KM_BAD_HELD,	       /* in use since before boot: nobody allocated it */
	KM_BAD_HOLE,	       /* no memory there */
	KM_BAD_BEYOND,	       /* past the end of memory, or no page descriptor at all */
	KM_BAD_UNALIGNED,      /* an address inside a page */
	KM_BAD_NOT_DIRECT,     /* an address that the direct map does not have */
	KM_BAD_COUNT,	       /* its count is 0 before the put */
	KM_BAD_REFERENCED,     /* others use it: the free is a put, and frees nothing yet */
	KM_BAD_PUT_BLOCK,      /* put_page() of a block that is not compound */
	KM_BAD_GET_FREE,       /* get_page() or set_page_count() of a free page */
	KM_BAD_SPLIT_COMPOUND, /* compound pages are freed as a whole */
	KM_BAD_SPLIT_LRU,      /* its links are those of an LRU list, which must let go first */
	/* Requests that are refused. */
	KM_BAD_ORDER_TOO_LARGE, /* above KM_MAX_ORDER, also when freeing */
	KM_BAD_HIGHMEM,		/* __GFP_HIGHMEM where an address is wanted */
	KM_BAD_ZONES,		/* zone modifiers that exclude each other */
	KM_BAD_NODE,		/* no such node */
	/* Findings: the request is served. */
	KM_BAD_SLEEP,		 /* may reclaim where it cannot sleep */
	KM_BAD_NMI,		 /* in an NMI, which may have interrupted the allocator */
	KM_BAD_NOFAIL_ORDER,	 /* __GFP_NOFAIL for more than two pages */
	KM_BAD_NOFAIL_NONBLOCK,	 /* the same without __GFP_DIRECT_RECLAIM */
	KM_BAD_NOFAIL_MEMALLOC,	 /* the same by a task that reclaims for others */
	KM_BAD_MOBILITY,	 /* both __GFP_MOVABLE and __GFP_RECLAIMABLE */
	KM_BAD_EXACT_FLAGS,	 /* __GFP_COMP or __GFP_HIGHMEM for alloc_pages_exact(): dropped */
	KM_BAD_WRITE_AFTER_FREE, /* poison of a free page was overwritten */
	KM_NR_BAD
};

/* Where a page stands. */
enum km_page_standing {
	KM_STANDS_BEYOND,
	KM_STANDS_HOLE,
	KM_STANDS_HELD,
	KM_STANDS_FREE,
	KM_STANDS_PCP,
	KM_STANDS_USED,
};

/* A page as it was found.  The descriptor is a copy: that of its block's head. */
struct km_page_facts {
	uint64_t pfn, head; /* KM_NO_PFN: none; head == pfn for the first page of a block */
	enum km_page_standing standing;
	struct page page;
	bool has_zone;
	enum km_zone_type zone;
	unsigned int node;
	/* Of the block, by whoever keeps such a table: call sites, 0 if unknown. */
	bool was_freed; /* given out once, and freed since */
	uint64_t alloc_site, free_site;
};

enum km_bad_given {
	KM_GIVEN_ADDR = 1 << 0, /* an address, not a page */
	KM_GIVEN_ORDER = 1 << 1,
	KM_GIVEN_GFP = 1 << 2,
};

/* One bad call. */
struct km_bad_call {
	enum km_bad_kind kind;
	const char *call;   /* the kernel's name of the call; static */
	unsigned int given; /* enum km_bad_given: which of the following count */
	uint64_t addr;
	unsigned int order;
	km_gfp gfp;
	unsigned int cpu;
	uint64_t site;		   /* who called; 0 if unknown */
	char cannot_sleep[40];	   /* SLEEP: km_might_sleep() */
	int node;		   /* NODE */
	uint64_t written_addr;	   /* WRITE_AFTER_FREE: physical address of the first byte */
	uint8_t written, poison;   /* found there, and what had to be there */
	struct km_page_facts page; /* pfn KM_NO_PFN: no page was named */
};

/* "double-free", ...: for ever the same, and those of the misuse rules where they say the same. */
const char *km_bad_kind_name(enum km_bad_kind kind);

/* What the descriptors tell of a page; any pfn will do. */
void km_page_facts_read(const struct km_pages *pages, uint64_t pfn, struct km_page_facts *facts);

/* May a block of that order be freed from here by those who call themselves owner? */
enum km_bad_kind km_bad_free(const struct km_page_facts *facts, unsigned int order,
			     enum km_page_owner owner);
/* Is it a direct-map address of memory?  A pfn in any case that has one, else KM_NO_PFN. */
enum km_bad_kind km_bad_address(struct km_pages *pages, uint64_t addr, uint64_t *pfn);

/*
 * Lines, each ended by a newline: what was called and why that is wrong, what the page is,
 * who had it, what to do.  Writes at most len bytes with the NUL and returns buf.
 */
char *km_bad_page_print(const struct km_bad_call *bad, char *buf, size_t len);
#define KM_BAD_PRINT_MAX 1024 /* bytes that always suffice */

#endif
