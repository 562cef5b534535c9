/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One request to the page allocator, on its way through the fast path (page_alloc.c)
 * and the slow path (slowpath.c).  For these two alone.
 */
#ifndef CORE_PAGE_REQUEST_H
#define CORE_PAGE_REQUEST_H

#include "core/page/page_alloc.h"
#include "core/page/zone.h"

struct km_page_request {
	km_gfp gfp;
	unsigned int order;
	unsigned int cpu;
	unsigned int node;
	int class; /* highest zone allowed */
	enum km_migratetype type;
	unsigned int alloc_flags; /* enum km_alloc_flag */
	enum {
		KM_MARK_MIN,
		KM_MARK_LOW
	} mark; /* that free pages must exceed */
};

static inline bool km_zone_is_eligible(const struct zone *zone, const struct km_page_request *req)
{
	return (int)zone->type <= req->class &&
	       (!(req->gfp & KM_GFP_THISNODE) || zone->node == req->node);
}

/* get_page_from_freelist(): a block off the lists of the first zone that admits the request. */
uint64_t km_request_take(struct km_pages *pages, struct km_page_request *req);
/* __alloc_pages_slowpath(): after the first take failed.  KM_NO_PFN with last_failure filled. */
uint64_t km_request_slowpath(struct km_pages *pages, struct km_page_request *req);
/* Fill last_failure with what each zone says to req as it is now, and what was tried. */
uint64_t km_request_fail_by_zones(struct km_pages *pages, const struct km_page_request *req,
				  const struct km_failure_path *path);
/* Fill last_failure for a request that no zone was asked for; reason is static. */
uint64_t km_request_fail(struct km_pages *pages, const struct km_page_request *req,
			 const char *reason);

#endif
