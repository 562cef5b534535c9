/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page allocator of one machine: zones, buddy lists, per-cpu lists.
 *
 *   alloc ── per-cpu list ── refill ─▶ buddy: free_area[order].list[migratetype]
 *                                        split downwards, fall back between types
 *   free ─── per-cpu list ── spill ──▶ buddy: merge upwards
 *
 * For every zone:  free pages on the buddy lists + pages on per-cpu lists
 *                + used pages + held pages = managed pages.
 *
 * Held pages are those the machine had in use when it was booted and of which the
 * model knows no owner; km_pages_claim() turns them into used ones.
 */
#ifndef CORE_PAGE_PAGE_ALLOC_H
#define CORE_PAGE_PAGE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/machine/machine.h"
#include "core/page/failure.h"
#include "core/page/gfp.h"
#include "core/page/node.h"

#define KM_PAGEBLOCK_SHIFT_MAX 10

struct km_page_list {
	uint32_t head, tail; /* pfn, KM_NO_PAGE if empty */
	uint64_t nr;	     /* blocks */
};

/* What the kernel could reclaim on one node, see lru.h.  Lists that are all 0 are empty. */
struct km_lru {
	struct km_page_list lists[KM_NR_LRU];
	uint64_t nr_pages[KM_NR_LRU];
};

struct km_free_area {
	struct km_page_list list[KM_NR_MIGRATETYPES];
	uint64_t nr_free; /* blocks, all types */
};

struct zone {
	enum km_zone_type type;
	unsigned int node;
	uint64_t start_pfn, spanned_pages, present_pages, managed_pages;
	uint64_t wmark_min, wmark_low, wmark_high, wmark_promo;
	uint64_t watermark_boost; /* part of each of the four */
	uint64_t lowmem_reserve[KM_NR_ZONE_TYPES];
	uint64_t free_pages; /* on the buddy lists */
	uint64_t pcp_pages;  /* on per-cpu lists */
	uint64_t held_pages;
	uint64_t deferred_pages; /* to be managed when the zone runs low */
	struct km_free_area free_area[KM_NR_ORDERS];
	/* Bit k: free_area[k].list[type] is not empty. */
	uint16_t free_orders[KM_NR_MIGRATETYPES];
	uint8_t *pageblock_types; /* enum km_migratetype by pageblock of the zone */
	struct km_pcp *pcp;	  /* by CPU */
	uint64_t pcp_batch, pcp_high_min, pcp_high_max;
	/* Transitions, by the kernel's tracepoint or deed. */
	uint64_t nr_taken;	/* blocks off the free lists: mm_page_alloc_zone_locked */
	uint64_t nr_drained;	/* blocks from per-cpu to free lists: mm_page_pcpu_drain */
	uint64_t nr_fallbacks;	/* blocks taken from another type: mm_page_alloc_extfrag */
	uint64_t nr_fragmented; /* times less than a pageblock was wanted: boost_watermark() */
	struct km_held *held;	/* by class: extents of held pages, for km_pages_claim() */
	bool held_by_number;	/* it is known which pages are held (a page map) */
	uint64_t nr_held_moved; /* held by number that lie elsewhere now (compaction) */
	struct km_pfn_stack *pcp_guess;		   /* by CPU: held pages put on its list by guess */
	struct km_held *deferred;		   /* deferred_pages in all */
	uint64_t free_by_type[KM_NR_MIGRATETYPES]; /* free_pages, split */
	uint64_t reserved_highatomic;		   /* pages of HIGHATOMIC pageblocks */
	/*
	 * Free blocks of the largest order that nobody touched since boot, by type:
	 * counted in free_area but not linked, behind all linked ones of their list.
	 */
	struct km_pfn_stack *untouched;
	uint8_t old_habits; /* enum km_zone_habit */
	bool below_high;    /* found below wmark_high when last looked at */
	/* Reclaim and compaction, see lru.h, reclaim.h, compact.h. */
	uint64_t lru_pages[KM_NR_LRU]; /* of its node's lists, what lies in this zone */
	/* Of held pages: reclaim must leave alone, write first, put into swap first. */
	uint64_t held_pinned, held_dirty, held_anon;
	struct km_zone_compact compact;
};

/* What a request's flags and its node say before any list is looked at. */
struct km_request_kind {
	uint8_t zone;	     /* the first it may use, KM_NO_ZONE if there is none */
	int8_t class;	     /* highest zone type allowed, -1: flags exclude each other */
	uint8_t migratetype; /* enum km_migratetype */
	uint8_t alloc_flags; /* enum km_alloc_flag on the fast path */
};
#define KM_NO_ZONE 0xff
#define KM_REQUEST_KIND_MASK 31u /* the flags that matter: zones, movable, reclaimable */

struct km_pages {
	struct km_machine *machine; /* not owned */
	unsigned int nr_zones;
	struct zone zones[KM_MAX_ZONES]; /* by node, then type, ascending */
	uint64_t min_free_kbytes, watermark_scale_factor;
	unsigned int nr_zonelist[KM_MAX_NODES];
	uint8_t zonelist[KM_MAX_NODES][KM_MAX_ZONES]; /* indices, best first */
	struct km_page_failure last_failure;	      /* of the last allocation that failed */
	uint64_t nr_kswapd_wakes;		      /* requests that found every zone below low */
	uint64_t nr_reclaim_asked;		      /* requests that entered direct reclaim */
	bool mobility_disabled; /* too little memory to group by migratetype */
	/* By node and flags, for requests that are not __GFP_THISNODE; made from the zonelists. */
	struct km_request_kind kinds[KM_MAX_NODES][KM_REQUEST_KIND_MASK + 1];
	uint8_t *zone_map; /* zone index by 16 MiB, for km_pfn_zone() */
	uint64_t nr_zone_map;
	/* Reclaim and compaction, see lru.h, reclaim.h, compact.h. */
	struct km_lru lru[KM_MAX_NODES];
	struct km_kswapd kswapd[KM_MAX_NODES];
	struct km_vm_events events;
	const struct km_pages_ops *ops; /* may be NULL, see km_pages_set_ops() */
	void *ops_arg;
	/*
	 * What is freed by the kswapd and kcompactd of this very machine is in the trace that
	 * drives it: they do nothing here, and watermarks are not boosted for them.
	 */
	bool reclaim_recorded;
	uint64_t nr_swap_pages; /* free; 0: anonymous pages cannot be reclaimed */
	uint64_t now_ns;	/* the model's time, see km_pages_advance() */
};

/*
 * Zones, watermarks (mm/page_alloc.c __setup_per_zone_wmarks,
 * setup_per_zone_lowmem_reserve), empty free lists.  All managed pages are held.
 */
int km_pages_init(struct km_pages *pages, struct km_machine *machine);
void km_pages_release(struct km_pages *pages);

/* Give every held page to the buddy lists, largest aligned blocks, type MOVABLE: a cold boot. */
int km_pages_free_all(struct km_pages *pages);
/*
 * Lay free blocks into a zone whose pages are all held, as many of each order and
 * type as blocks[migratetype][order] says (from pagetypeinfo), so that none has a
 * free buddy of its order.  Returns the number of pages that could not be placed.
 */
uint64_t km_pages_seed(struct km_pages *pages, struct zone *zone,
		       const uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS]);

/* What a page map says of the pages [pfn, pfn + nr). */
enum km_extent_kind {
	KM_EXTENT_FREE,
	KM_EXTENT_MOVABLE,  /* clean page cache */
	KM_EXTENT_DIRTY,    /* page cache that must be written before it can be reclaimed */
	KM_EXTENT_ANON,	    /* anonymous, not in swap */
	KM_EXTENT_PINNED,   /* like one of these, but cannot be reclaimed */
	KM_EXTENT_SLAB,	    /* blocks of that order */
	KM_EXTENT_KERNEL,   /* in use otherwise, on a per-cpu list, or not yet managed */
	KM_EXTENT_RESERVED, /* never managed */
	KM_NR_EXTENT_KINDS
};

struct km_extent {
	uint32_t pfn, nr;
	uint8_t kind;  /* enum km_extent_kind */
	uint8_t order; /* of SLAB; nr is a multiple of 1 << order */
};

/*
 * The same as the map of the whole machine says, ascending and without overlap; blocks then only
 * tells the types.  Extents may cross the borders of zones.  From now on pages of the zone are
 * held by number, and held_pinned, held_dirty, held_anon are what the map says.  0 or negative
 * errno, and all pages still held: -ENOMEM, -EINVAL (more pages free than the zone manages, or less
 * RAM than that).
 */
int km_pages_seed_map(struct km_pages *pages, struct zone *zone,
		      const uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS],
		      const struct km_extent *extents, size_t nr_extents);
/*
 * Move up to nr held pages onto a CPU's order-0 list (zoneinfo's pcp count), and set its high
 * where that floats; 0: one that the count fits below.  Returns how many were moved.
 */
uint64_t km_pages_seed_pcp(struct km_pages *pages, struct zone *zone, unsigned int cpu, uint64_t nr,
			   uint64_t high);

/*
 * Turn a held, aligned block into a used one for owner, preferring the given zone
 * type and falling to any other; KM_NO_PFN if none is left.  Takes no free page.
 */
uint64_t km_pages_claim(struct km_pages *pages, enum km_zone_type zone, unsigned int node,
			unsigned int order, enum km_page_owner owner);

/*
 * Pages that are held by number (km_pages_seed_map).
 *
 * km_pages_claim_at: turn this very block into a used one.  0, -ENOENT: not all of it is held,
 * or not by number.
 * The others do nothing and return 0 where pages are not held by number.
 *
 * km_pages_free_held: free those of the 2^order pages at pfn that are held; if none is, a held
 * page that the model's compaction has moved away.  Returns how many came free.
 * km_pages_host_took: the recorded kernel hands out 2^order pages at pfn, of which the model
 * thinks that some are in use since boot.  Such a page was on a per-cpu list, where the seed
 * had to guess which pages are: it takes the place of a wrong guess, at the head.  When no
 * guess is left it was freed unseen, and comes free.  Returns how many were freed so.
 */
int km_pages_claim_at(struct km_pages *pages, uint64_t pfn, unsigned int order,
		      enum km_page_owner owner);
uint64_t km_pages_free_held(struct km_pages *pages, uint64_t pfn, unsigned int order,
			    unsigned int cpu);
uint64_t km_pages_host_took(struct km_pages *pages, uint64_t pfn, unsigned int order,
			    unsigned int cpu);

/*
 * Allocate 2^order pages.  node is the preferred one (-1: that of the CPU).
 * Returns the first pfn, or KM_NO_PFN with pages->last_failure filled.  Below the low
 * watermark it wakes kswapd, and may reclaim and compact as its flags allow (slowpath.c).
 */
uint64_t km_alloc_pages(struct km_pages *pages, km_gfp gfp, unsigned int order, unsigned int cpu,
			int node, enum km_page_owner owner);
/*
 * Free a block.  0, or without any change: -EINVAL not the head of a used block
 * (double free, middle of a block), -ERANGE no such page, -EBADSLT wrong order.
 */
int km_free_pages(struct km_pages *pages, uint64_t pfn, unsigned int order, unsigned int cpu);
/*
 * The same of one page that nobody has used lately.  Kernels with KM_FEAT_PCP_COLD hand it
 * out last, others as if it were hot.
 */
int km_free_cold_page(struct km_pages *pages, uint64_t pfn, unsigned int cpu);
/* Cut a used block into 2^(order - to) used blocks of order to (split_page).  0 or -EINVAL. */
int km_split_pages(struct km_pages *pages, uint64_t pfn, unsigned int to);
/* Put all per-cpu pages back to the buddy lists. */
void km_drain_all(struct km_pages *pages);

struct zone *km_pfn_zone(struct km_pages *pages, uint64_t pfn); /* NULL outside all zones */
uint64_t km_pages_nr_free(const struct km_pages *pages);	/* sum of zone free_pages */
bool km_zone_watermark_ok(const struct zone *zone, unsigned int order, uint64_t mark,
			  int highest_zone, km_gfp gfp, unsigned int features);

/*
 * mm/vmstat.c: unusable_free_index in thousandths (1000 if nothing is free), and
 * fragmentation_index: -1000 if a block of the order is free, else 0 (lack of
 * memory) to 1000 (fragmentation).
 */
int km_unusable_index(const struct zone *zone, unsigned int order);
int km_fragmentation_index(const struct zone *zone, unsigned int order);

/* NULL if every list, count and buddy rule holds, else one line that names what broke (in buf). */
const char *km_pages_is_valid(const struct km_pages *pages, char *buf, size_t len);

#endif
