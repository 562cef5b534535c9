/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reclaim: pages come free because their contents are elsewhere, or can be put there.
 *
 *   request below low ─▶ wakes kswapd: reclaims in the model's time, up to the high mark
 *   request below min ─▶ direct reclaim: at least 32 pages at once, at the requester's cost
 *   nothing left      ─▶ OOM
 *
 * A round goes over a node's lists from their tails.  Of what it meets on the inactive ones:
 *
 *   clean page cache      free at once
 *   dirty page cache      written, if the request may do I/O and enter file systems, and
 *                         free when it is met in a later round
 *   anonymous             put into swap, if the request may do I/O and nr_swap_pages suffice,
 *                         and free when it is met in a later round
 *   count above 1         somebody else uses it: active again
 *
 * Active blocks go to the inactive list while inactive_is_low().  How many of each list a
 * round scans is get_scan_count() with equal costs of both kinds and a swappiness of 60.
 *
 * Held pages (in use since before the trace) of the movable class are inactive, and older than
 * anything on the lists.  What they are is known by number of pages alone, for each zone:
 *
 *   clean page cache  =  movable - held_pinned - held_anon - held_dirty, never below 0
 *
 * held_pinned stay.  held_dirty and held_anon are judged as above, page cache first: what was
 * written or put into swap is clean page cache in a later round.  Slots in swap stay taken, for
 * nobody knows when those pages go.  A held page that goes in another way (it is claimed, or
 * freed in the trace) was clean, if any is left; then dirty, anonymous, pinned.
 *
 * Blocks that come free go through the per-cpu lists and are told to km_pages_ops.
 *
 * Simplified: no shrinkers (slab pages do not come free), no throttling, no refaults, no
 * node reclaim, large folios are never split, I/O is over by the next round, and a file page
 * is written by whoever meets it (the kernel leaves that to kswapd and the flushers).
 *
 * Source: mm/vmscan.c 6.12; the costs are in a table in reclaim.c.
 */
#ifndef CORE_PAGE_RECLAIM_H
#define CORE_PAGE_RECLAIM_H

#include "core/page/page_alloc.h"

#define KM_SWAP_CLUSTER_MAX 32
#define KM_DEF_PRIORITY 12 /* a round scans 1 / 2^priority of each list */
#define KM_MAX_RECLAIM_RETRIES 16

/* One pass of reclaim (struct scan_control). */
struct km_scan {
	km_gfp gfp;
	unsigned int order;
	int class;	  /* highest zone whose pages help */
	unsigned int cpu; /* whose per-cpu lists the pages go through */
	int priority;
	bool is_kswapd;
	bool compaction_ready; /* enough is free for compaction: reclaim stood aside */
	uint64_t nr_to_reclaim;
	uint64_t nr_scanned, nr_reclaimed; /* pages */
	uint64_t cost_ns;
};

/* shrink_node(): one round at scan->priority; adds to what scan counts. */
void km_shrink_node(struct km_pages *pages, unsigned int node, struct km_scan *scan);

/*
 * try_to_free_pages() for a request that prefers node.  Returns the
 * pages reclaimed, 1 if it stood aside for compaction, 0 if there was nothing to be had.
 * *scanned, if not NULL, is set.
 */
uint64_t km_direct_reclaim(struct km_pages *pages, km_gfp gfp, unsigned int order, int class,
			   unsigned int node, unsigned int cpu, uint64_t *scanned);

/* zone_reclaimable_pages(): pages that reclaim might free at best. */
uint64_t km_zone_reclaimable_pages(const struct zone *zone, uint64_t nr_swap_pages);
/* Of the held pages, those that it might. */
uint64_t km_zone_held_reclaimable(const struct zone *zone, uint64_t nr_swap_pages);

/* wakeup_kswapd() of a node, or its kcompactd if pages are not what is missing. */
void km_kswapd_wake(struct km_pages *pages, unsigned int node, km_gfp gfp, unsigned int order,
		    int class);
/*
 * The model's time is now_ns (never goes back): every kswapd and kcompactd that is awake works
 * until then, or until it may sleep.  A round that has begun is finished, and makes it late
 * for the next.  kcompactd compacts in one piece.
 */
void km_pages_advance(struct km_pages *pages, uint64_t now_ns);
/* Let the kswapd of a node, awake, work until it sleeps, whatever the time.  Pages reclaimed. */
uint64_t km_kswapd_finish(struct km_pages *pages, unsigned int node);

/*
 * out_of_memory(): whose memory is largest is not known, so one victim owns all anonymous
 * blocks on the lists of all nodes, swapped or not; blocks that others use as well stay.
 * Returns the pages that came free; none: the kernel would have panicked, or killed in vain.
 */
uint64_t km_out_of_memory(struct km_pages *pages, unsigned int cpu);

/* ops must live as long as pages; NULL: nobody is told. */
void km_pages_set_ops(struct km_pages *pages, const struct km_pages_ops *ops, void *arg);

#endif
