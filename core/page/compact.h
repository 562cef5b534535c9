/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compaction: what can be moved goes to the end of the zone, and leaves large blocks behind.
 *
 *   start                                             end
 *   [m.m..u.m][..m.mm..]   ...   [u..m....][.m...m..]
 *    ▲ migrate scanner ▶                  ◀ free scanner ▲
 *
 * The migrate scanner goes up, a pageblock at a time, and moves what is movable into free
 * pages that the free scanner finds from above, in MOVABLE pageblocks.  They stop where they
 * meet, or when a block of the order is free for the request's type.
 *
 * Movable is a used block whose count is 1 and that
 *   a) is on an LRU list, or
 *   b) was taken for a MOVABLE request and is anonymous, page cache, or nobody's in particular;
 * and a held page of the movable class, which has no descriptor: its extent moves, cut into
 * what fits.  Blocks of the wanted order or larger, and of a pageblock or larger, stay.
 *
 * ASYNC looks only into pageblocks of the request's type, and gives up each stretch of the
 * wanted order at the first page that cannot move.  SYNC tries all.  FULL begins at the ends
 * of the zone and takes free pages from every pageblock.
 *
 * A pageblock that either scanner has been through is passed over from then on, but by FULL;
 * see struct km_zone_compact.
 *
 * Simplified: free pages are found by looking, not in the free lists (fast_isolate_freepages);
 * no contention, so nothing is given up for it; moves never fail but for want of a place;
 * what was freed merges at once and is open to the request alone, which is all that capture
 * would give; CMA and isolated pageblocks are no sources; proactive compaction is not modelled.
 *
 * Source: mm/compaction.c 6.12.  Kernels before 2.6.35 have none (KM_FEAT_COMPACTION).
 */
#ifndef CORE_PAGE_COMPACT_H
#define CORE_PAGE_COMPACT_H

#include "core/page/page_alloc.h"

#define KM_COSTLY_ORDER 3 /* PAGE_ALLOC_COSTLY_ORDER: larger ones are not retried */

/* Worst first: of several zones the best counts. */
enum km_compact_result {
	/* Was not tried: order 0, not allowed, no such kernel; or we had no memory to try with. */
	KM_COMPACT_NONE,
	KM_COMPACT_SKIPPED,  /* too little is free to move things into, or it would not help */
	KM_COMPACT_DEFERRED, /* failed lately */
	KM_COMPACT_COMPLETE, /* the whole zone was scanned, in vain */
	KM_COMPACT_PARTIAL_SKIPPED, /* a part of it was, the rest lately, in vain */
	KM_COMPACT_SUCCESS,	    /* a block of the order is free, or should be */
	KM_NR_COMPACT_RESULTS
};

/* Most thorough first, as the kernel counts them. */
enum km_compact_priority {
	KM_COMPACT_FULL,  /* COMPACT_PRIO_SYNC_FULL */
	KM_COMPACT_SYNC,  /* COMPACT_PRIO_SYNC_LIGHT */
	KM_COMPACT_ASYNC, /* COMPACT_PRIO_ASYNC */
};

/* What a request, or kcompactd, wants of one zone. */
struct km_compact {
	unsigned int order;
	enum km_migratetype type;
	int class;
	unsigned int alloc_flags; /* enum km_alloc_flag */
	enum km_compact_priority priority;
	bool direct;	  /* for a request, not kcompactd */
	uint64_t cost_ns; /* out, added to: what it took */
};

/* "skipped", "deferred", ... */
const char *km_compact_result_name(unsigned int result);

/* gfp_compaction_allowed(): moving a page may need I/O. */
bool km_compaction_allowed(const struct km_pages *pages, km_gfp gfp);
/* Pages that must be free on top of the mark, so that there is room to move things. */
static inline uint64_t km_compact_gap(unsigned int order)
{
	return 2ull << order;
}
/*
 * compaction_suitable(): are enough pages free (min mark, low for costly orders, plus the gap),
 * and is it fragmentation (index above 500) that a costly order would fail for?
 */
bool km_compaction_suitable(const struct zone *zone, unsigned int order, int class);
/* Of that the first half, if free pages were available. */
bool km_compaction_has_room(const struct zone *zone, unsigned int order, int class,
			    uint64_t available);

/* compaction_deferred(): is this one passed over?  Counts it.  defer_compaction(), and back. */
bool km_compaction_deferred(struct zone *zone, unsigned int order);
void km_compaction_defer(struct zone *zone, unsigned int order);
void km_compaction_defer_reset(struct zone *zone, unsigned int order, bool allocated);

/* __reset_isolation_suitable(), where a zone of the node has been scanned to its end. */
void km_compact_reset_skip(struct km_pages *pages, unsigned int node);

/* compact_zone(): the mark is min, as a request that got here has it. */
enum km_compact_result km_compact_zone(struct km_pages *pages, struct zone *zone,
				       struct km_compact *want);
/*
 * try_to_compact_pages(): the zones of the zonelist of node, best first, until one succeeds.
 * only_node: no others.
 */
enum km_compact_result km_compact_zonelist(struct km_pages *pages, struct km_compact *want,
					   unsigned int node, bool only_node);
/* kcompactd_do_work() of a node.  Returns what it took, in ns. */
uint64_t km_kcompactd(struct km_pages *pages, unsigned int node, unsigned int order, int class);

#endif
