/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What /proc says of the model's zones, in the kernel's own columns.
 *
 *   buddyinfo      free blocks by zone and order
 *   pagetypeinfo   the same by migratetype, and pageblocks by migratetype
 *   zoneinfo       sizes, marks, protection, per-cpu lists
 *
 * A file is appended to a text that grows; nothing is printed here.
 *
 * What the model does not count is left out, line by line, and what is printed is printed
 * as the kernel does, so that a printed file is the kernel's with lines missing:
 *   zoneinfo       "per-node stats", counters of a zone other than nr_free_pages and
 *                  nr_free_cma, "vm stats threshold", "node_unreclaimable"
 *   pagetypeinfo   CMA where no pageblock is CMA, "Number of mixed blocks" (PAGE_OWNER)
 *
 * Kernels differ, and so do the profile's habits:
 *   boost                 from 5.16, here with KM_FEAT_WMARK_PROMO (5.18)
 *   promo                 from 6.12, here with KM_FEAT_FREE_HIGHATOMIC
 *   high_min, high_max    where high floats (KM_FEAT_PCP_AUTO_HIGH)
 * The oldest form is that of 5.10: 2.6.32 has other columns.
 *
 * Source: mm/vmstat.c 6.12 (frag_show_print, pagetypeinfo_show, zoneinfo_show_print), and
 * files of running kernels 6.1 and 6.18.
 */
#ifndef CORE_PAGE_PROC_H
#define CORE_PAGE_PROC_H

#include <stddef.h>

#include "core/page/page_alloc.h"

/* pagetypeinfo counts a list no further, and prints ">100000". */
#define KM_PROC_MAX_BLOCKS 100000

/*
 * A text that grows: len < capacity, data[len] is NUL.  data is NULL before the first
 * character.  After has_failed, nothing is added any more.
 */
struct km_proc_text {
	char *data; /* owned */
	size_t len, capacity;
	bool has_failed; /* out of memory */
};

void km_proc_text_init(struct km_proc_text *text);
void km_proc_text_release(struct km_proc_text *text);
void km_proc_print(struct km_proc_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Each 0, or -ENOMEM and text is cut somewhere. */
int km_proc_buddyinfo(const struct km_pages *pages, struct km_proc_text *text);
int km_proc_pagetypeinfo(const struct km_pages *pages, struct km_proc_text *text);
int km_proc_zoneinfo(const struct km_pages *pages, struct km_proc_text *text);

/* The files by index: their name below /proc, and who prints them.  Name NULL at the end. */
struct km_proc_file {
	const char *name;
	int (*print)(const struct km_pages *pages, struct km_proc_text *text);
};
extern const struct km_proc_file km_proc_files[];

#endif
