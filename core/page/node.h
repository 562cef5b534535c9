/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What reclaim and compaction remember of a node and of a zone, and what they have done:
 * the plain shapes that struct zone and struct km_pages carry.
 *
 * All of them begin as zero.  lru.h, reclaim.h and compact.h say what happens to them.
 */
#ifndef CORE_PAGE_NODE_H
#define CORE_PAGE_NODE_H

#include <stdbool.h>
#include <stdint.h>

/* include/linux/mmzone.h: enum lru_list. */
enum km_lru_list {
	KM_LRU_INACTIVE_ANON,
	KM_LRU_ACTIVE_ANON,
	KM_LRU_INACTIVE_FILE,
	KM_LRU_ACTIVE_FILE,
	KM_NR_LRU
};

/* kswapd and kcompactd of one node. */
struct km_kswapd {
	bool awake;
	bool kcompactd_awake;
	uint8_t order;		 /* the largest that somebody wanted since it last slept */
	int8_t class;		 /* the highest zone that it balances for */
	uint8_t kcompactd_order; /* and what kcompactd was woken for */
	int8_t kcompactd_class;
	uint8_t priority;	/* of its next round: 12 to 1 */
	uint8_t failures;	/* runs in a row that reclaimed nothing; at 16 it stays asleep */
	uint64_t nr_reclaimed;	/* pages since it woke */
	uint64_t boost;		/* pages to reclaim for the zones' boost, whatever is free */
	uint64_t busy_until_ns; /* its work until then is done; beyond now: it is behind */
};

/* Compaction of one zone. */
struct km_zone_compact {
	uint64_t migrate_pfn[2]; /* where the scanner goes on: async, sync; 0: at the start */
	uint64_t free_pfn;	 /* the same from above; 0: at the end */
	unsigned int considered; /* requests since it was deferred */
	uint8_t defer_shift;	 /* 1 << shift requests are turned away; at most 6 */
	uint8_t order_failed;	 /* the smallest order that is deferred */
	/*
	 * A bit for each pageblock that a scanner has been through: the next ones pass it over,
	 * until a kswapd that goes to sleep finds skip_flush.  NULL: all are looked at.
	 */
	uint64_t *skip;
	bool skip_flush; /* direct compaction has been through the whole zone */
};

/* Counted since boot, in pages unless said; names as in /proc/vmstat where it has them. */
struct km_vm_events {
	uint64_t allocstall; /* direct reclaims */
	uint64_t pgscan_direct, pgscan_kswapd;
	uint64_t pgsteal_direct, pgsteal_kswapd;
	uint64_t pgactivate, pgdeactivate;
	uint64_t nr_vmscan_write; /* file pages that reclaim had to write first */
	uint64_t pswpout;
	uint64_t pageoutrun;				       /* times kswapd woke */
	uint64_t oom_kill;				       /* times */
	uint64_t compact_stall, compact_fail, compact_success; /* requests */
	uint64_t compact_deferred;			       /* zones passed over */
	uint64_t compact_migrate_scanned, compact_free_scanned;
	uint64_t pgmigrate_success, pgmigrate_fail;
	uint64_t compact_daemon_wake; /* times */
	/* What it took, by the table in reclaim.c. */
	uint64_t stall_ns; /* of those who asked for pages */
	uint64_t kswapd_ns, kcompactd_ns;
};

/*
 * Told when the allocator takes or moves a block by itself.  reclaimed: it is free now, and
 * no longer its owner's to free; an anonymous one has its pages in swap, which the owner
 * gives back with nr_swap_pages when it drops them.  migrated: the same block, with all that
 * its descriptor said, is now at another pfn.  Neither may allocate, free, or change lists.
 * Blocks that nobody would be told of are neither reclaimed nor moved; held pages always may be.
 */
struct km_pages_ops {
	void (*reclaimed)(void *arg, uint64_t pfn, unsigned int order, uint32_t priv);
	void (*migrated)(void *arg, uint64_t from, uint64_t to, unsigned int order, uint32_t priv);
};

#endif
