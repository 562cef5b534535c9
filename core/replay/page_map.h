/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where every page of a host was when its recording began: the file page_map of the opening
 * snapshot, as kmemtool-trace(5) has its lines.
 *
 * It was read while events were recorded already: of a page that an event names before
 * record.page_map_ns the map may tell what was before or what was after.
 */
#ifndef CORE_REPLAY_PAGE_MAP_H
#define CORE_REPLAY_PAGE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/replay/text.h"

#define KM_PAGE_MAP_FILE "page_map"
#define KM_PAGE_MAP_MAX_PFN (1ull << 40) /* no page is behind it: 4 PiB of 4 KiB */
#define KM_PAGE_MAP_MAX_ORDER 22
#define KM_PAGE_MAP_MAX_RUNS (1u << 22)

enum km_page_map_kind {
	KM_PAGE_MAP_OTHER,	 /* U: the kernel's own, per-cpu lists, not yet initialised */
	KM_PAGE_MAP_FREE,	 /* F: in a block of the buddy lists */
	KM_PAGE_MAP_SLAB,	 /* S */
	KM_PAGE_MAP_ANON,	 /* A, a: on the LRU lists of anonymous memory, shmem too */
	KM_PAGE_MAP_FILE_CACHE,	 /* P, p, dirty or in writeback D, d: on those of the page cache */
	KM_PAGE_MAP_UNEVICTABLE, /* L: on neither, for it must not be reclaimed */
	KM_PAGE_MAP_HUGETLB,	 /* H: in use or in the pool */
	KM_PAGE_MAP_TABLE,	 /* G: page tables */
	KM_PAGE_MAP_RESERVED,	 /* R */
	KM_PAGE_MAP_NOTHING,	 /* X: no page, offline, or unreadable */
	KM_NR_PAGE_MAP_KINDS
};

/*
 * Pages of one kind that follow each other: nr / 2^order blocks of 2^order pages, compound if
 * order is not 0.  nr > 0; pfn and nr are multiples of 2^order.  Which buddy block a free page is
 * in is not told: order is 0.  is_dirty: page cache that differs from the disk, or is on its way
 * there.  Which of two LRU lists a page is on (A or a, P or p, D or d) is read and forgotten: all
 * are older than anything that the model puts there.
 */
struct km_page_run {
	uint64_t pfn, nr;
	uint8_t kind, order;
	bool is_dirty;
};

/* runs, owned, ascend and do not overlap; nothing is known of what is between and behind them. */
struct km_page_map {
	struct km_page_run *runs;
	size_t nr;
	bool is_cut; /* the host had more, but the map would have been too large */
};

/*
 * Read a map; what map had is not released.  0; -ENOENT: text is empty; -EINVAL: the first line, or
 * one behind it, is not as it must be, or beyond a limit above: the runs before it are kept;
 * -ENOMEM: likewise.
 */
int km_page_map_parse(struct km_page_map *map, struct km_text text);
void km_page_map_release(struct km_page_map *map);
/* The run that has this page, or NULL. */
const struct km_page_run *km_page_map_at(const struct km_page_map *map, uint64_t pfn);

#endif
