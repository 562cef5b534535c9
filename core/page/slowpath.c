/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to a request that the low watermark turned away.
 *
 *   count a kswapd wake; zonelist at the min watermark with the reserves the flags
 *   give a right to
 *   can reclaim: count it, drain per-cpu lists, give back a HIGHATOMIC pageblock, try
 *   again;  NOFAIL: try without watermarks
 *   else fail, with the reason of every zone
 *
 * Not modelled: reclaim, compaction and the OOM killer (a request that the kernel
 * would have served after these fails here, or is counted), and the rights of the
 * calling task (PF_MEMALLOC, real time).
 *
 * Mirrors mm/page_alloc.c 6.12: __alloc_pages_slowpath().
 */
#include <string.h>

#include "core/page/buddy.h"
#include "core/page/request.h"

uint64_t km_request_fail(struct km_pages *pages, const struct km_page_request *req,
			 const char *reason)
{
	struct km_page_failure *failure = &pages->last_failure;

	memset(failure, 0, sizeof(*failure));
	failure->gfp = req->gfp;
	failure->order = req->order;
	failure->reason = reason;
	return KM_NO_PFN;
}

/* Say for each zone why it refused, and for the whole what they have in common. */
static uint64_t fail_by_zones(struct km_pages *pages, const struct km_page_request *req)
{
	struct km_page_failure *failure = &pages->last_failure;
	bool tried = false, no_block = false;

	km_request_fail(pages, req, NULL);
	failure->nr_zones = pages->nr_zones;
	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		const struct zone *zone = &pages->zones[i];
		uint64_t needs = 0;
		uint8_t refusal = KM_REFUSED_NOT_TRIED;

		if (km_zone_is_eligible(zone, req) && zone->managed_pages) {
			needs = km_zone_needs(zone, req->order, zone->wmark_min, req->class,
					      req->alloc_flags);
			refusal = zone->free_pages > needs ? KM_REFUSED_NO_BLOCK
							   : KM_REFUSED_WATERMARK;
			tried = true;
			no_block |= refusal == KM_REFUSED_NO_BLOCK;
		}
		failure->zones[i].zone = i;
		failure->zones[i].refusal = refusal;
		failure->zones[i].fragmentation_index = km_fragmentation_index(zone, req->order);
		failure->zones[i].free_pages = zone->free_pages;
		failure->zones[i].mark = needs;
	}
	if (!tried)
		failure->reason = "no zone may serve it";
	else if (req->gfp & KM_GFP_NOFAIL)
		failure->reason = "no free block, even without watermarks";
	else if (no_block)
		failure->reason = "memory is fragmented: enough free pages, no block of the order";
	else
		failure->reason = "free pages are below the min watermark and reserve";
	return KM_NO_PFN;
}

/* What the kernel does when direct reclaim brought nothing, before it tries again. */
static void release_reserves(struct km_pages *pages, const struct km_page_request *req)
{
	const uint8_t *zonelist = pages->zonelist[req->node];

	for (unsigned int i = 0; i < pages->nr_zonelist[req->node]; i++) {
		struct zone *zone = &pages->zones[zonelist[i]];

		if (zone->reserved_highatomic && km_zone_is_eligible(zone, req) &&
		    km_highatomic_unreserve(pages, zone, req->type))
			break;
	}
	km_drain_all(pages);
}

uint64_t km_request_slowpath(struct km_pages *pages, struct km_page_request *req)
{
	unsigned int rights =
		km_alloc_flags(req->gfp, req->order, pages->machine->profile.features);
	uint64_t pfn;

	pages->nr_kswapd_wakes += !!(req->gfp & KM_GFP_KSWAPD_RECLAIM);
	req->mark = KM_MARK_MIN;
	req->alloc_flags = rights & ~KM_ALLOC_NO_WATERMARKS;
	pfn = km_request_take(pages, req);
	if (pfn == KM_NO_PFN && (rights & KM_ALLOC_NO_WATERMARKS)) {
		req->alloc_flags = rights;
		pfn = km_request_take(pages, req);
	}
	if (pfn != KM_NO_PFN)
		return pfn;

	if (req->gfp & KM_GFP_DIRECT_RECLAIM) {
		pages->nr_reclaim_asked++;
		release_reserves(pages, req);
		pfn = km_request_take(pages, req);
		if (pfn != KM_NO_PFN)
			return pfn;
	}
	if (req->gfp & KM_GFP_NOFAIL) {
		req->alloc_flags |= KM_ALLOC_NO_WATERMARKS | KM_ALLOC_CMA;
		release_reserves(pages, req);
		pfn = km_request_take(pages, req);
		if (pfn != KM_NO_PFN)
			return pfn;
	}
	return fail_by_zones(pages, req);
}
