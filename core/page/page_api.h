/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's page calls on the model.
 *
 * Names are the kernel's with km_api_ before them (__km_api_ where the kernel's begins with
 * __), arguments are the kernel's after the struct that holds what a kernel keeps to itself:
 * on which CPU the caller runs, and who it is.  A struct page is that of the machine's
 * mem_map; an address is one of the model's direct map, 0 for none.
 *
 *   caller ─▶ km_api_... ─▶ judged (bad_page.h) ─▶ km_alloc_pages(), km_free_pages()
 *                                └── bad: into the log ──┘ contents: zeroed, poisoned
 *
 * A bad call is explained in the log and changes nothing, unless bad_page.h says that it
 * is no more than a finding.  Frees then return -EINVAL, requests NULL or 0.  A request
 * that failed without a word in the log left its reason in pages->last_failure.
 *
 * Counts: a block has the count of its first page; 254 users at most, 255 stays and the
 * block is never freed.  A page in use since boot counts 1.
 *
 * Simplified: alloc_pages_bulk() asks for page after page where the kernel empties one
 * per-cpu list.
 *
 * Sources: mm/page_alloc.c, include/linux/gfp.h, include/linux/mm.h 6.12; free_hot_page(),
 * free_cold_page() 2.6.32.
 */
#ifndef CORE_PAGE_PAGE_API_H
#define CORE_PAGE_PAGE_API_H

#include "core/machine/phys.h"
#include "core/page/bad_page.h"
#include "core/page/page_alloc.h"

#define KM_PAGE_POISON 0xaa	 /* PAGE_POISON */
#define KM_BAD_CALLS_KEPT 256	 /* those after them are only counted */
#define KM_PAGE_COUNT_STUCK 0xff /* stays, whatever is added or taken */

enum km_page_api_flag {
	/*
	 * Poison what is freed, and look whether it is whole when it is given out again.  Pages
	 * must then only come and go through this struct: what others wrote in between looks
	 * like a write after free.
	 */
	KM_PAGE_API_POISON = 1 << 0,
};

struct km_page_sites;

struct km_page_api {
	struct km_pages *pages; /* not owned */
	struct km_phys *phys;	/* not owned; NULL: pages have no contents */
	unsigned int flags;	/* enum km_page_api_flag */
	/* Who calls: the caller's to set before a call. */
	unsigned int cpu;	  /* 0 */
	uint64_t site;		  /* 0: unknown */
	enum km_page_owner owner; /* KM_OWNER_OTHER; of what is allocated, and may be freed */
	/* The log: nr_bad <= KM_BAD_CALLS_KEPT, nr_bad <= sum of bad_count[]. */
	struct km_bad_call *bad; /* owned; the first ones */
	size_t nr_bad;
	uint64_t bad_count[KM_NR_BAD];
	bool out_of_memory; /* something was not remembered, or contents were lost */
	/* Inside. */
	struct km_page_sites *sites; /* owned */
	uint64_t *poisoned;	     /* owned; a bit for each page whose poison is whole */
};

/* 0, -ENOMEM, or -EINVAL: poison without contents. */
int km_page_api_init(struct km_page_api *api, struct km_pages *pages, struct km_phys *phys,
		     unsigned int flags);
void km_page_api_release(struct km_page_api *api);

/* NULL if there is none.  nid -1: the node of the CPU. */
struct page *km_api_alloc_pages_node(struct km_page_api *api, int nid, km_gfp gfp,
				     unsigned int order);
struct page *km_api_alloc_pages(struct km_page_api *api, km_gfp gfp, unsigned int order);
struct page *km_api_alloc_page(struct km_page_api *api, km_gfp gfp);
/* Fill the entries of array that are NULL with single pages; how many then are not. */
unsigned int km_api_alloc_pages_bulk(struct km_page_api *api, km_gfp gfp, unsigned int nr,
				     struct page **array);
/* An address; never high memory. */
uint64_t __km_api_get_free_pages(struct km_page_api *api, km_gfp gfp, unsigned int order);
uint64_t __km_api_get_free_page(struct km_page_api *api, km_gfp gfp);
uint64_t km_api_get_zeroed_page(struct km_page_api *api, km_gfp gfp);
/* Whole pages for bytes, the rest of the block given back; each page can be freed by itself. */
uint64_t km_api_alloc_pages_exact(struct km_page_api *api, uint64_t bytes, km_gfp gfp);

/*
 * Each 0, or -EINVAL for a bad call.  A block that others still use (get_page) loses a user
 * and stays, or what is behind its first page goes if it is not compound.
 */
int __km_api_free_pages(struct km_page_api *api, struct page *page, unsigned int order);
int __km_api_free_page(struct km_page_api *api, struct page *page);
int km_api_free_pages(struct km_page_api *api, uint64_t addr, unsigned int order); /* 0 is fine */
int km_api_free_page(struct km_page_api *api, uint64_t addr);
int km_api_free_hot_page(struct km_page_api *api, struct page *page);
int km_api_free_cold_page(struct km_page_api *api, struct page *page); /* as km_free_cold_page() */
/* All pages or none. */
int km_api_free_pages_exact(struct km_page_api *api, uint64_t addr, uint64_t bytes);

/* 0 or -EINVAL.  A block that is not compound becomes 2^order pages of their own. */
int km_api_split_page(struct km_page_api *api, struct page *page, unsigned int order);
/* 0 or -EINVAL.  Pages of a compound block count on its head; the last put frees. */
int km_api_get_page(struct km_page_api *api, struct page *page);
int km_api_put_page(struct km_page_api *api, struct page *page);
int km_api_set_page_count(struct km_page_api *api, struct page *page, uint8_t count);
unsigned int km_api_page_count(const struct km_page_api *api, const struct page *page);

/* 0 for a high page: it has an address only while it is mapped. */
uint64_t km_api_page_address(const struct km_page_api *api, const struct page *page);
/* NULL after a word in the log for an address that is none of the direct map's. */
struct page *km_api_virt_to_page(struct km_page_api *api, uint64_t addr);
/* KM_NO_PFN for what is no descriptor; NULL for what is no page. */
uint64_t km_api_page_to_pfn(const struct km_page_api *api, const struct page *page);
struct page *km_api_pfn_to_page(const struct km_page_api *api, uint64_t pfn);
/* The order that holds bytes, however large; for 0 bytes one that no allocation has. */
unsigned int km_api_get_order(const struct km_page_api *api, uint64_t bytes);

#endif
