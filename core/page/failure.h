/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why an allocation failed: what was asked for, what was tried, and what each zone said.
 *
 * page_alloc.h has one of these, of the last request that failed; it is plain data and may
 * be copied.  manual: kmemtool-failure(7).
 */
#ifndef CORE_PAGE_FAILURE_H
#define CORE_PAGE_FAILURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/machine/machine.h"
#include "core/page/gfp.h"

struct km_pages;

/* Why one zone refused a request. */
enum km_refusal {
	KM_REFUSED_NOT_TRIED,	/* above the highest zone allowed, or without pages */
	KM_REFUSED_WATERMARK,	/* too few free pages above the mark */
	KM_REFUSED_NO_BLOCK,	/* enough pages, none of the order */
	KM_REFUSED_OTHER_NODE,	/* the request is for another node alone */
	KM_REFUSED_RESERVE,	/* above the mark, but kept for requests that need this zone */
	KM_REFUSED_NO_FALLBACK, /* blocks there are, of types it may not take */
	KM_NR_REFUSALS
};

/* Why the slow path did not go on. */
enum km_gave_up {
	KM_GAVE_UP_NEVER_TRIED,	  /* no such order, or no zone for these flags */
	KM_GAVE_UP_MAY_NOT_WAIT,  /* no __GFP_DIRECT_RECLAIM */
	KM_GAVE_UP_MEMALLOC,	  /* the task reclaims itself: no recursion */
	KM_GAVE_UP_NO_COMPACTION, /* costly, NORETRY: compaction would not help */
	KM_GAVE_UP_NORETRY,	  /* one round was in vain */
	KM_GAVE_UP_COSTLY,	  /* order > 3 is retried for RETRY_MAYFAIL alone */
	KM_GAVE_UP_NO_OOM,	  /* nothing left to reclaim; nobody is killed for such a request */
	KM_GAVE_UP_OOM_VICTIM,	  /* the task itself is being killed */
	KM_GAVE_UP_NOTHING_LEFT, /* nothing to reclaim nor to kill: the kernel would go on trying */
	KM_NR_GAVE_UP
};

struct km_failure_path {
	uint8_t gave_up; /* enum km_gave_up */
	uint8_t compact; /* enum km_compact_result: the best of the last attempt */
	bool kswapd_woken;
	bool reclaim_tried;
	uint16_t rounds;	     /* of reclaim and compaction; 65535: or more */
	uint16_t oom_kills;	     /* the same */
	uint64_t scanned, reclaimed; /* pages */
	uint64_t stall_ns;	     /* what it took the requester, by the model's costs */
};

/*
 * mark = wmark + reserve + unusable is what free_pages had to exceed;
 * shortfall = mark + 1 - free_pages, 0 if it did.  A request without watermarks has a mark of 0:
 * zones refuse it for want of a block alone.
 */
struct km_zone_refusal {
	uint8_t zone;				     /* index in km_pages.zones */
	uint8_t refusal;			     /* enum km_refusal */
	int16_t fragmentation_index, unusable_index; /* of that order, see page_alloc.h */
	uint64_t free_pages, mark, shortfall;
	uint64_t wmark;	   /* min, less what the request may take of it */
	uint64_t reserve;  /* lowmem_reserve against its class */
	uint64_t unusable; /* free, but not for it: HIGHATOMIC, CMA, isolated; and 2^order - 1 */
	uint64_t reclaimable;
	uint64_t free_blocks[KM_NR_ORDERS];
};

/* Filled when an allocation fails. */
struct km_page_failure {
	km_gfp gfp;
	unsigned int order;
	unsigned int cpu;
	const char *reason; /* one line, static: why the whole request failed */
	char context[40];   /* km_might_sleep(): why the CPU could not sleep, "" if it could */
	struct km_failure_path path;
	unsigned int nr_zones;
	struct km_zone_refusal zones[KM_MAX_ZONES]; /* nr_zones of them are filled */
};

const char *km_refusal_name(unsigned int refusal); /* "not-tried", "watermark", "no-block", ... */
const char *km_gave_up_text(unsigned int gave_up); /* half a sentence */

/*
 * The whole, for a person, in lines that end in \n: a head line as the kernel's, why, what was
 * tried, and a line or two for each zone.  At most len bytes with the NUL; returns the bytes
 * that the whole has without it (as snprintf).  pages: those it is a failure of.
 */
size_t km_page_failure_print(const struct km_page_failure *failure, const struct km_pages *pages,
			     char *buf, size_t len);

#endif
