/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to a request that the low watermark turned away.
 *
 *   wake kswapd; zonelist at the min watermark with the reserves its flags give a right to
 *   costly, or not movable and larger than a page: async compaction
 *   ┌▶ no watermarks for MEMALLOC; stop here if it may not reclaim
 *   │  direct reclaim; zonelist; drain per-cpu lists; zonelist
 *   │  direct compaction, more thorough each time
 *   │  NORETRY, costly without RETRY_MAYFAIL: stop
 *   └─ while reclaim or compaction might still help; else the OOM killer, and again
 *   NOFAIL: reserves, and again; else fail, with the reason of every zone
 *
 * Where the kernel would try for ever, it is over here when neither reclaim, nor kswapd with
 * all the time it wants, nor the OOM killer brings another page.
 *
 * Not modelled: cpusets (HARDWALL has no effect), shrinkers (their progress is what lets the
 * kernel drain per-cpu lists even if no page cache is left: here they are drained once in any
 * case), lumpy reclaim of before 3.5, other CPUs that take what was reclaimed, and that time
 * passes for anybody else while a request waits.
 *
 * Mirrors mm/page_alloc.c 6.12: __alloc_pages_slowpath(); without KM_FEAT_RECLAIM_RETRY
 * that of 2.6.32, with its should_alloc_retry().
 */
#include "core/page/buddy.h"
#include "core/page/compact.h"
#include "core/page/reclaim.h"
#include "core/page/request.h"

#define MAX_COMPACT_RETRIES 16

struct slowpath {
	struct km_pages *pages;
	struct km_page_request *req;
	km_gfp gfp;	      /* of the request, less what the task's scopes forbid */
	unsigned int task;    /* enum km_task_flag */
	unsigned int rights;  /* enum km_alloc_flag, without those of the reserve */
	unsigned int reserve; /* instead of these, once they did not do; 0: none */
	bool costly;
	bool may_compact;
	enum km_compact_priority priority;
	enum km_compact_result compacted; /* at last */
	unsigned int no_progress_loops, compaction_retries;
	uint64_t progress;  /* of the last direct reclaim, pages */
	uint64_t reclaimed; /* of all */
	bool drained;
	struct km_failure_path path;
};

/* wake_all_kswapds(): of every node that the request may use. */
static void wake_kswapds(struct slowpath *slow)
{
	const struct km_page_request *req = slow->req;
	struct km_pages *pages = slow->pages;
	bool woken[KM_MAX_NODES] = { false };

	if (!(req->gfp & KM_GFP_KSWAPD_RECLAIM))
		return;
	slow->path.kswapd_woken = true;
	for (unsigned int i = 0; i < pages->nr_zonelist[req->node]; i++) {
		const struct zone *zone = &pages->zones[pages->zonelist[req->node][i]];

		if (!km_zone_is_eligible(zone, req) || woken[zone->node])
			continue;
		woken[zone->node] = true;
		km_kswapd_wake(pages, zone->node, slow->gfp, req->order, req->class);
	}
}

/* Kswapds that are awake work until they may sleep: the requester has the time. */
static bool wait_for_kswapds(struct slowpath *slow)
{
	struct km_pages *pages = slow->pages;
	uint64_t before = pages->events.kswapd_ns, reclaimed = 0;

	wake_kswapds(slow);
	for (unsigned int node = 0; node < pages->machine->profile.nr_nodes; node++)
		reclaimed += km_kswapd_finish(pages, node);
	pages->events.stall_ns += pages->events.kswapd_ns - before;
	return reclaimed;
}

/* unreserve_highatomic_pageblock(): one pageblock; not the last unless forced. */
static bool unreserve_highatomic(struct slowpath *slow, bool force)
{
	const struct km_page_request *req = slow->req;
	struct km_pages *pages = slow->pages;
	uint64_t last = force ? 0 : 1ull << pages->machine->profile.pageblock_order;

	for (unsigned int i = 0; i < pages->nr_zonelist[req->node]; i++) {
		struct zone *zone = &pages->zones[pages->zonelist[req->node][i]];

		if (zone->reserved_highatomic > last && km_zone_is_eligible(zone, req) &&
		    km_highatomic_unreserve(pages, zone, req->type))
			return true;
	}
	return false;
}

/* __alloc_pages_direct_reclaim() */
static uint64_t direct_reclaim(struct slowpath *slow)
{
	const struct km_page_request *req = slow->req;
	struct km_pages *pages = slow->pages;
	uint64_t scanned, pfn = KM_NO_PFN;

	pages->nr_reclaim_asked += !slow->path.reclaim_tried;
	slow->path.reclaim_tried = true;
	slow->progress = km_direct_reclaim(pages, slow->gfp, req->order, req->class, req->node,
					   req->cpu, &scanned);
	slow->reclaimed += scanned ? slow->progress : 0; /* else it stood aside for compaction */
	slow->path.scanned += scanned;
	slow->path.reclaimed = slow->reclaimed;
	if (slow->progress)
		pfn = km_request_take(pages, slow->req);
	if (pfn != KM_NO_PFN || (!slow->progress && slow->drained))
		return pfn;
	unreserve_highatomic(slow, false);
	km_drain_all(pages);
	slow->drained = true;
	return km_request_take(pages, slow->req);
}

/* __alloc_pages_direct_compact() */
static uint64_t direct_compact(struct slowpath *slow)
{
	struct km_page_request *req = slow->req;
	struct km_pages *pages = slow->pages;
	struct km_compact want = { .order = req->order,
				   .type = req->type,
				   .class = req->class,
				   .alloc_flags = req->alloc_flags,
				   .priority = slow->priority,
				   .direct = true };
	uint64_t pfn;

	if (!req->order || !slow->may_compact)
		return KM_NO_PFN;
	slow->compacted = km_compact_zonelist(pages, &want, req->node, req->gfp & KM_GFP_THISNODE);
	slow->path.compact = slow->compacted;
	pages->events.stall_ns += want.cost_ns;
	if (slow->compacted <= KM_COMPACT_SKIPPED)
		return KM_NO_PFN;
	pages->events.compact_stall++;
	pfn = km_request_take(pages, req);
	if (pfn == KM_NO_PFN) {
		pages->events.compact_fail++;
		return KM_NO_PFN;
	}
	pages->events.compact_success++;
	km_compaction_defer_reset(km_pfn_zone(pages, pfn), req->order, true);
	return pfn;
}

/* Would a zone serve the request if all were free that reclaim might free? */
static bool reclaim_might_do(const struct slowpath *slow)
{
	const struct km_page_request *req = slow->req;
	const struct km_pages *pages = slow->pages;

	for (unsigned int i = 0; i < pages->nr_zonelist[req->node]; i++) {
		const struct zone *zone = &pages->zones[pages->zonelist[req->node][i]];
		uint64_t available =
			zone->free_pages + km_zone_reclaimable_pages(zone, pages->nr_swap_pages);

		if (km_zone_is_eligible(zone, req) &&
		    available > km_zone_needs(zone, req->order, zone->wmark_min, req->class,
					      req->alloc_flags) &&
		    (!req->order || km_zone_has_block(zone, req->order, req->alloc_flags)))
			return true;
	}
	return false;
}

static bool should_reclaim_retry(struct slowpath *slow)
{
	if (slow->progress && !slow->costly)
		slow->no_progress_loops = 0;
	else
		slow->no_progress_loops++;
	if (slow->no_progress_loops <= KM_MAX_RECLAIM_RETRIES && reclaim_might_do(slow))
		return true;
	return unreserve_highatomic(slow, true);
}

/* compaction_zonelist_suitable(): with a part of what reclaim might free. */
static bool compaction_might_do(const struct slowpath *slow)
{
	const struct km_page_request *req = slow->req;
	const struct km_pages *pages = slow->pages;

	for (unsigned int i = 0; i < pages->nr_zonelist[req->node]; i++) {
		const struct zone *zone = &pages->zones[pages->zonelist[req->node][i]];
		uint64_t available =
			zone->free_pages +
			km_zone_reclaimable_pages(zone, pages->nr_swap_pages) / req->order;

		if (km_zone_is_eligible(zone, req) &&
		    km_compaction_has_room(zone, req->order, req->class, available))
			return true;
	}
	return false;
}

static bool should_compact_retry(struct slowpath *slow)
{
	unsigned int max_retries = slow->costly ? MAX_COMPACT_RETRIES / 4 : MAX_COMPACT_RETRIES;

	if (!slow->progress || !slow->may_compact || !slow->req->order)
		return false;
	if (slow->compacted == KM_COMPACT_SKIPPED)
		return compaction_might_do(slow);
	if (slow->compacted == KM_COMPACT_SUCCESS && ++slow->compaction_retries <= max_retries)
		return true;
	if (slow->priority <= (slow->costly ? KM_COMPACT_SYNC : KM_COMPACT_FULL))
		return false;
	slow->priority--;
	slow->compaction_retries = 0;
	return true;
}

/* __alloc_pages_may_oom(): false if nobody was, or need have been, killed. */
static bool may_oom(struct slowpath *slow, uint64_t *pfn)
{
	const struct km_page_request *req = slow->req;
	bool progress;

	if (slow->costly || req->gfp & (KM_GFP_RETRY_MAYFAIL | KM_GFP_THISNODE) ||
	    req->class < KM_ZONE_NORMAL) {
		slow->path.gave_up = KM_GAVE_UP_NO_OOM;
		return false;
	}
	/* Whoever may not enter file systems waits for others to make progress. */
	if (slow->gfp & KM_GFP_FS) {
		progress = km_out_of_memory(slow->pages, req->cpu);
		slow->path.oom_kills += slow->path.oom_kills < UINT16_MAX;
	} else {
		progress = wait_for_kswapds(slow);
	}
	if (req->gfp & KM_GFP_NOFAIL && !progress) {
		slow->req->alloc_flags |= KM_ALLOC_NO_WATERMARKS | KM_ALLOC_CMA;
		*pfn = km_request_take(slow->pages, slow->req);
	}
	slow->path.gave_up = KM_GAVE_UP_NOTHING_LEFT;
	return progress;
}

/* After reclaim and compaction in vain: once more?  Sets gave_up if not, or *pfn. */
static bool should_retry(struct slowpath *slow, uint64_t *pfn)
{
	const km_gfp gfp = slow->req->gfp;
	bool progress;

	if (gfp & KM_GFP_NORETRY) {
		slow->path.gave_up = KM_GAVE_UP_NORETRY;
		return false;
	}
	if (slow->costly && (!slow->may_compact || !(gfp & KM_GFP_RETRY_MAYFAIL))) {
		slow->path.gave_up = KM_GAVE_UP_COSTLY;
		return false;
	}
	if (should_reclaim_retry(slow) || should_compact_retry(slow))
		return true;
	progress = may_oom(slow, pfn);
	/* Whatever came free, its own reserve did not do; the rest is for the others. */
	if (slow->task & KM_TASK_OOM_VICTIM &&
	    (slow->reserve & KM_ALLOC_OOM || gfp & KM_GFP_NOMEMALLOC)) {
		slow->path.gave_up = KM_GAVE_UP_OOM_VICTIM;
		return false;
	}
	if (progress)
		slow->no_progress_loops = 0;
	return progress;
}

/* should_alloc_retry() of 2.6.32; REPEAT is RETRY_MAYFAIL. */
static bool should_retry_old(struct slowpath *slow, uint64_t *pfn)
{
	const km_gfp gfp = slow->req->gfp;

	slow->path.gave_up = KM_GAVE_UP_NORETRY;
	if (gfp & KM_GFP_NORETRY)
		return false;
	slow->path.gave_up = KM_GAVE_UP_COSTLY;
	if (slow->costly && !(gfp & KM_GFP_NOFAIL) &&
	    (!(gfp & KM_GFP_RETRY_MAYFAIL) || slow->reclaimed >= 1ull << slow->req->order))
		return false;
	if (slow->progress)
		return true;
	if (slow->costly) {
		slow->path.gave_up = KM_GAVE_UP_NO_OOM;
		return wait_for_kswapds(slow);
	}
	return unreserve_highatomic(slow, true) || may_oom(slow, pfn);
}

/* One turn of the loop.  True: another. */
static bool turn(struct slowpath *slow, uint64_t *pfn)
{
	struct km_page_request *req = slow->req;

	slow->path.rounds += slow->path.rounds < UINT16_MAX;
	*pfn = direct_reclaim(slow);
	if (*pfn == KM_NO_PFN)
		*pfn = direct_compact(slow);
	if (*pfn != KM_NO_PFN)
		return false;
	wake_kswapds(slow);
	if (slow->pages->machine->profile.features & KM_FEAT_RECLAIM_RETRY
		    ? !should_retry(slow, pfn)
		    : !should_retry_old(slow, pfn))
		return false;
	*pfn = km_request_take(slow->pages, req);
	return *pfn == KM_NO_PFN;
}

/* The end of a request that must not fail: some of the reserves, or somebody else's progress. */
static bool help_nofail(struct slowpath *slow, uint64_t *pfn)
{
	struct km_page_request *req = slow->req;

	req->alloc_flags |= slow->pages->machine->profile.features & KM_FEAT_MIN_RESERVE
				    ? KM_ALLOC_MIN_RESERVE
				    : KM_ALLOC_HARDER;
	*pfn = km_request_take(slow->pages, req);
	if (*pfn != KM_NO_PFN)
		return false;
	if (wait_for_kswapds(slow))
		return true;
	slow->path.gave_up = KM_GAVE_UP_NOTHING_LEFT;
	return false;
}

/* Direct compaction before reclaim.  False: NORETRY, and there is no point in going on. */
static bool compact_first(struct slowpath *slow, uint64_t *pfn)
{
	const struct km_page_request *req = slow->req;

	*pfn = KM_NO_PFN;
	slow->priority = KM_COMPACT_ASYNC;
	if (slow->may_compact &&
	    (slow->costly || (req->order && req->type != KM_MIGRATE_MOVABLE)) && !slow->reserve)
		*pfn = direct_compact(slow);
	if (*pfn != KM_NO_PFN || !slow->costly || !(req->gfp & KM_GFP_NORETRY) ||
	    slow->compacted == KM_COMPACT_NONE) {
		slow->priority = KM_COMPACT_SYNC;
		return true;
	}
	slow->path.gave_up = KM_GAVE_UP_NO_COMPACTION;
	return slow->compacted != KM_COMPACT_SKIPPED && slow->compacted != KM_COMPACT_DEFERRED &&
	       !(req->gfp & KM_GFP_THISNODE);
}

/* All that a request which may wait can do. */
static uint64_t reclaim_and_retry(struct slowpath *slow)
{
	uint64_t pfn;

	if (!compact_first(slow, &pfn))
		return KM_NO_PFN;
	while (pfn == KM_NO_PFN) {
		while (turn(slow, &pfn))
			;
		if (pfn != KM_NO_PFN || !(slow->req->gfp & KM_GFP_NOFAIL) ||
		    !help_nofail(slow, &pfn))
			break;
	}
	return pfn;
}

uint64_t km_request_slowpath(struct km_pages *pages, struct km_page_request *req)
{
	const unsigned int features = pages->machine->profile.features;
	const struct km_cpu *cpu = &pages->machine->cpus[req->cpu];
	struct slowpath slow = { .pages = pages,
				 .req = req,
				 .gfp = km_gfp_in_context(req->gfp, cpu->task),
				 .task = cpu->task,
				 .rights = km_alloc_flags_on(cpu, req->gfp, req->order, features),
				 .reserve = km_reserve_flags_on(cpu, req->gfp, features),
				 .costly = req->order > KM_COSTLY_ORDER };
	uint64_t pfn, stalled = pages->events.stall_ns;

	pages->nr_kswapd_wakes += !!(req->gfp & KM_GFP_KSWAPD_RECLAIM);
	slow.may_compact = km_compaction_allowed(pages, slow.gfp);
	wake_kswapds(&slow);
	req->mark = KM_MARK_MIN;
	req->alloc_flags = slow.rights;
	pfn = km_request_take(pages, req);
	if (pfn == KM_NO_PFN && slow.reserve) {
		req->alloc_flags = slow.reserve | (slow.rights & KM_ALLOC_CMA);
		pfn = km_request_take(pages, req);
	}
	if (pfn != KM_NO_PFN)
		return pfn;

	if (!(req->gfp & KM_GFP_DIRECT_RECLAIM))
		slow.path.gave_up = KM_GAVE_UP_MAY_NOT_WAIT;
	else if (cpu->task & KM_TASK_MEMALLOC)
		slow.path.gave_up = KM_GAVE_UP_MEMALLOC;
	else
		pfn = reclaim_and_retry(&slow);
	slow.path.stall_ns = pages->events.stall_ns - stalled;
	return pfn != KM_NO_PFN ? pfn : km_request_fail_by_zones(pages, req, &slow.path);
}
