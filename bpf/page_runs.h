/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flags of page frames, as /proc/kpageflags has them, to the lines of a page map.
 *
 * kmemtool-trace(5) has the lines.  A page is of one kind, the first of these that fits:
 *
 *   X  NOPAGE, OFFLINE                      nothing there
 *   F  BUDDY                                in a free block
 *   H  HUGE                                 of hugetlb, in use or in its pool
 *   S  SLAB
 *   G  PGTABLE
 *   R  RESERVED
 *   L  LRU with UNEVICTABLE                 not to be reclaimed
 *   A  LRU with SWAPBACKED, a if ACTIVE     the lists of anonymous memory, shmem too
 *   D  LRU with DIRTY or WRITEBACK, d       the lists of the page cache
 *   P  LRU, p
 *   U                                       the rest
 *
 * A tail is of its head's kind: kernels differ in which flags tails show.  A compound block
 * that is no aligned power of two, because it changed while it was read, is single pages.
 *
 * Source: include/uapi/linux/kernel-page-flags.h, fs/proc/page.c stable_page_flags(), 6.1 to
 * 6.18.
 */
#ifndef BPF_PAGE_RUNS_H
#define BPF_PAGE_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/host_text.h"

/* The flags of a frame of which nothing is known. */
#define KC_PAGE_UNREADABLE (1ull << 20)

struct kc_page_run {
	uint64_t pfn, nr;
	char kind;
	unsigned int order;
};

/* All of it belongs to the functions below; text is the caller's. */
struct kc_page_runs {
	struct kc_text *text;
	size_t end;		  /* of text, for what is written here */
	struct kc_page_run run;	  /* not written yet; nr 0: none */
	struct kc_page_run block; /* compound, its tails still to come; nr 0: none */
	uint64_t next_pfn;	  /* behind the last line */
	uint64_t place_pfn;	  /* of the last line that says where it is */
	bool is_cut;
};

/* Append to text, max_bytes at most.  0 or -ENOMEM. */
int kc_page_runs_begin(struct kc_page_runs *runs, struct kc_text *text, size_t max_bytes);
/* The flags of nr frames from pfn on; pfn only ever ascends.  0 or -ENOMEM. */
int kc_page_runs_add(struct kc_page_runs *runs, uint64_t pfn, const uint64_t *flags, size_t nr);
/* What is left.  When max_bytes were not enough the last line says where the map ends. */
int kc_page_runs_end(struct kc_page_runs *runs);

#endif
