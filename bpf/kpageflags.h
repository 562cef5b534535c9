/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading /proc/kpageflags: the flags of all page frames to the text of a page map.
 *
 *   threads   read flags, a chunk each ──▶ caller   flags to lines, in the order of frames
 *
 * The kernel takes 100 to 400 ns to tell of a page, which is nearly all of the time; so there
 * are threads to ask, and memory for a few chunks, however large the host is.
 */
#ifndef BPF_KPAGEFLAGS_H
#define BPF_KPAGEFLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/host_text.h"

/*
 * So many frames, and so long, are read before it is told how long all of them would take: a
 * thread that has to wait for its CPU once must not decide it.
 */
#define KC_KPAGEFLAGS_PROBE (1u << 16)
#define KC_KPAGEFLAGS_PROBE_NS 100000000ull
#define KC_MAX_RAM_RANGES 256

struct kc_pfn_range {
	uint64_t start, end; /* end is the first behind it */
};

/*
 * Whole frames of System RAM in a copy of /proc/iomem, ascending.  How many; 0 if it says
 * nothing of use, or has more than KC_MAX_RAM_RANGES.
 */
unsigned int kc_ram_ranges(const char *iomem, size_t len, unsigned int page_shift,
			   struct kc_pfn_range ranges[KC_MAX_RAM_RANGES]);

struct kc_kpageflags_options {
	size_t max_bytes; /* of text */
	const struct kc_pfn_range *ranges;
	unsigned int nr_ranges; /* 0: up to the end of the file */
	/* Not to begin with what would take longer, and to end at twice that; 0: take any time. */
	uint64_t limit_ns;
	/* Called every few milliseconds, not 0 ends it; may be NULL. */
	int (*pause)(void *arg);
	void *arg;
};

struct kc_kpageflags_stats {
	uint64_t elapsed_ns;
	uint64_t whole_ns; /* what all would have taken, by what was read */
	bool is_cut;	   /* max_bytes were not enough */
};

/*
 * Append the map to text.  0; -ETIME beyond limit_ns; -ECANCELED if pause() ended it; -ENOMEM,
 * -EAGAIN.  After an error text is unchanged.
 */
int kc_kpageflags_read(int fd, const struct kc_kpageflags_options *options, struct kc_text *text,
		       struct kc_kpageflags_stats *stats);

#endif
