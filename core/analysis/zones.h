/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free pages and fragmentation of every zone over the trace.
 *
 * Free pages are looked at after every allocation, so their minimum is exact.  The two
 * indexes are sampled at every tick and every failure; they are for order 9, in
 * thousandths, as mm/vmstat.c defines them.
 */
#ifndef CORE_ANALYSIS_ZONES_H
#define CORE_ANALYSIS_ZONES_H

#include "core/replay/replay.h"

#define KM_ZONES_ORDER 9

struct km_zone_stats {
	uint64_t free_pages_start, free_pages_min, free_pages_end;
	int unusable_max;      /* 0 to 1000 */
	int fragmentation_max; /* -1000 (a block was always there) to 1000 */
};

struct km_zones {
	const struct km_replay *replay;
	unsigned int nr_zones;
	struct km_zone_stats zones[KM_MAX_ZONES]; /* as kernel.pages.zones */
	uint64_t free_pages_min;		  /* of the sum over zones */
	/* Over all zones with memory but DMA, whose few pages say nothing, unless it is alone. */
	int unusable_max, fragmentation_max;
};

/* 0 or -ENOSPC (no place for an observer). */
int km_zones_init(struct km_zones *zones, struct km_replay *replay);
void km_zones_finish(struct km_zones *zones);
void km_zones_release(struct km_zones *zones);

#endif
