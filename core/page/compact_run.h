/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One compaction of one zone at work: for compact.c, compact_scan.c, compact_held.c alone.
 *
 * While it runs: pages in freepages are on no list and in no count of the zone; their
 * descriptors are zero.  Entries KM_NO_PAGE in the stacks of held blocks are those that
 * moved; km_held_index_release() takes them out.
 */
#ifndef CORE_PAGE_COMPACT_RUN_H
#define CORE_PAGE_COMPACT_RUN_H

#include "core/page/compact.h"
#include "core/page/held.h"

/* Blocks of the movable held set of a zone, by the pageblock they begin in. */
struct km_held_index {
	uint32_t *first; /* nr_pageblocks + 1: index of its first entry */
	struct km_held_entry {
		uint32_t at; /* in the stack of its order */
		uint32_t order;
	} * entries;
	uint64_t nr_pageblocks;
};

struct km_compact_run {
	struct km_pages *pages;
	struct zone *zone;
	struct km_compact *want;
	uint64_t migrate_pfn;	      /* next to scan, begins a pageblock but for the first */
	uint64_t free_block, free_at; /* the free scanner's pageblock, and where in it */
	bool whole_zone;
	bool free_exhausted; /* the free scanner has met the other */
	struct km_pfn_stack freepages[KM_NR_ORDERS];
	uint64_t nr_freepages;
	struct km_held_index held;
	uint64_t migrate_scanned, free_scanned, migrated, failed;
};

static inline uint64_t km_run_pageblock(const struct km_compact_run *run)
{
	return 1ull << run->pages->machine->profile.pageblock_order;
}

/* Was a scanner in this pageblock already?  Never for FULL, which looks at all. */
bool km_run_skips(const struct km_compact_run *run, uint64_t pfn);
void km_run_set_skip(struct km_compact_run *run, uint64_t pfn);

/* Index the held blocks, cutting those larger than a pageblock.  0 or -ENOMEM. */
int km_held_index_init(struct km_held_index *index, struct km_pages *pages, struct zone *zone);
void km_held_index_release(struct km_held_index *index, struct zone *zone);

/* Scan the pageblock at migrate_pfn, move what it has, and go to the next. */
void km_run_migrate_pageblock(struct km_compact_run *run);
/* Have the scanners met? */
bool km_run_scanners_met(const struct km_compact_run *run);
/* What was isolated and not used is free again; the free scanner goes on there next time. */
void km_run_release_free(struct km_compact_run *run);

#endif
