/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine as it was at evenly spaced moments.
 *
 * One point a tick.  When the points are full, every second one is dropped and only
 * every second tick is kept from then on, so memory is bounded and the last point is
 * always the end of the trace.
 */
#ifndef CORE_ANALYSIS_TIMELINE_H
#define CORE_ANALYSIS_TIMELINE_H

#include "core/replay/replay.h"

#define KM_MAX_POINTS 512

struct km_point {
	uint64_t ts_ns; /* since the first event */
	uint64_t live_bytes, waste_internal_bytes;
	uint64_t slab_pages, free_pages;
	uint64_t vmalloc_bytes, percpu_bytes;
};

struct km_timeline {
	const struct km_replay *replay;
	uint64_t live_bytes, waste_internal_bytes;
	uint64_t nr_ticks, stride; /* a tick is kept if its number is a multiple of stride */
	struct km_point last;	   /* the newest tick, kept or not */
	uint32_t nr;
	struct km_point points[KM_MAX_POINTS];
};

/* 0 or -ENOSPC (no place for an observer). */
int km_timeline_init(struct km_timeline *timeline, struct km_replay *replay);
void km_timeline_finish(struct km_timeline *timeline);
void km_timeline_release(struct km_timeline *timeline);

#endif
