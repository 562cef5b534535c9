/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel does not say outright, found out by doing known things and looking
 * at the collector's own events.
 *
 *   vmemmap_base      touch fresh pages, read their pfn in /proc/self/pagemap:
 *                     struct page address - pfn * sizeof(struct page), by majority
 *   page_offset_base  resize a pipe: its large kmalloc and the page event just before
 *                     it are one allocation
 *   both              the headers of /proc/kcore, where it can be read: kc_calibrate_check()
 *   preempt           preempt_count of our own kmalloc events: a task that holds no lock,
 *                     so what is left is the tracepoint's own
 */
#ifndef BPF_CALIBRATE_H
#define BPF_CALIBRATE_H

#include <stdbool.h>
#include <stdint.h>

struct kc_kcore;

struct kc_calibration {
	bool has_vmemmap; /* pfns are known; without it page events carry struct page addresses */
	uint64_t vmemmap_base;
	uint64_t page_struct_bytes;
	bool has_page_offset;
	uint64_t page_offset_base;
	/*
	 * Where they are from: "pagemap" or "pipe", "kcore", "both", or why they are not known;
	 * NULL before kc_calibrate_check().
	 */
	const char *vmemmap_source, *page_offset_source;
	bool has_preempt;	 /* preempt_count can be read */
	bool preempt_is_counted; /* PREEMPT_COUNT: its low byte means something */
	uint32_t preempt_offset; /* what the tracepoint adds to it */
};

/* One of the collector's own events, as far as calibration looks at it. */
struct kc_own_event {
	uint64_t ts_ns;
	uint8_t kind; /* enum tf_kind */
	uint8_t order;
	uint64_t addr; /* object, or struct page */
	uint64_t bytes_alloc;
	uint32_t preempt;
};

struct kc_own_events {
	struct kc_own_event *events;
	uint32_t nr, room;
};

/* Do the known things.  What was found goes to *known; they need the collector in calibrate mode.
 */
struct kc_probe {
	uint64_t pfns[256];
	unsigned int nr_pfns;
};
void kc_probe_pages(struct kc_probe *probe);
void kc_probe_pipes(void);

/* Draw the conclusions; calibration->page_struct_bytes is given.  Leaves has_ false where they
 * disagree. */
void kc_calibrate(struct kc_calibration *calibration, const struct kc_probe *probe,
		  struct kc_own_events *own);
/*
 * After kc_calibrate(): what kcore (NULL: it cannot be read) tells fills in what was not
 * found.  Where the two disagree neither is believed.
 */
void kc_calibrate_check(struct kc_calibration *calibration, const struct kc_kcore *kcore);

#endif
