/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who was given a block, and who freed it: a table beside the page descriptors, with an
 * entry for each page that ever was the first of a block, of the last one there.
 *
 * Entries of different pages may overlap, as blocks are cut and merged in between; the
 * youngest one tells.
 *
 * A site is a number that means something to the caller; 0 is nobody.
 */
#ifndef CORE_PAGE_PAGE_SITES_H
#define CORE_PAGE_PAGE_SITES_H

#include <stdbool.h>
#include <stdint.h>

struct km_page_sites;

struct km_page_site {
	uint64_t alloc_site;
	uint64_t free_site; /* 0 while the block lives */
	uint64_t age;	    /* what was given out or freed before */
	uint32_t pfn;
	uint8_t order;
	bool is_used; /* is this an entry? */
	bool was_freed;
};

struct km_page_sites *km_page_sites_new(void); /* NULL without memory */
void km_page_sites_free(struct km_page_sites *sites);

/* A block was given out.  0 or -ENOMEM: what is known of it may be old. */
int km_page_sites_give(struct km_page_sites *sites, uint64_t pfn, unsigned int order,
		       uint64_t site);
/* It was freed.  0 or -ENOMEM. */
int km_page_sites_take(struct km_page_sites *sites, uint64_t pfn, unsigned int order,
		       uint64_t site);
/*
 * The youngest entry whose block has the page; NULL if it never was in one.  Valid until
 * the next block is given out.
 */
const struct km_page_site *km_page_sites_find(const struct km_page_sites *sites, uint64_t pfn);

#endif
