/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What requests (page_api.c) and frees (page_api_free.c) share.  For these alone.
 */
#ifndef CORE_PAGE_PAGE_CALL_H
#define CORE_PAGE_PAGE_CALL_H

#include "core/page/page_api.h"

/* A bad call by whoever calls now, of no page. */
struct km_bad_call km_call_bad(const struct km_page_api *api, enum km_bad_kind kind,
			       const char *call);
/* Into the log.  Always -EINVAL. */
int km_call_log(struct km_page_api *api, const struct km_bad_call *bad);
/* What is known of a page; of one that is free, who had it. */
void km_call_facts(const struct km_page_api *api, uint64_t pfn, struct km_page_facts *facts);
/* Who has or had it, for words in the log. */
void km_call_sites(const struct km_page_api *api, struct km_page_facts *facts);

/* A good block, about to go back: contents, sites, lists. */
void km_call_free_block(struct km_page_api *api, uint64_t pfn, unsigned int order);

/* Contents of a block that was just taken: look for broken poison, then zero if asked to. */
int km_contents_take(struct km_page_api *api, const char *call, uint64_t pfn, unsigned int order,
		     km_gfp gfp);
/* Of a block that is about to be freed. */
void km_contents_give(struct km_page_api *api, uint64_t pfn, unsigned int order);

#endif
