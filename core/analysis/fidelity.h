/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How near the model came to the host, by the host's closing snapshot and by the page
 * events that its slab layer caused.
 *
 * NaN is "unknown": the snapshot lacks what is needed.
 *
 * Errors are sums of |model - real| over real, the host's number at the end.  Those two
 * that tell a model from one that changes nothing are over what changed instead:
 * slab_churn_error_pct and free_blocks_error_pct.
 */
#ifndef CORE_ANALYSIS_FIDELITY_H
#define CORE_ANALYSIS_FIDELITY_H

#include "core/replay/replay.h"

/* One cache; a side that does not have it counts as 0. */
struct km_fidelity_cache {
	const char *name; /* of the model or of replay->host, both outlive this */
	uint64_t slabs_start, slabs_model, slabs_real; /* at the end but for start */
	uint64_t objects_model, objects_real;	       /* slabinfo's active_objs */
	uint64_t pages_model, pages_real;
};

struct km_fidelity {
	const struct km_replay *replay;
	/* All below is set by km_fidelity_finish(). */
	bool is_known; /* machine is the host and the trace has snapshots; else all is NaN */
	double bytes_alloc_match_pct;
	double slab_pages_start, slab_pages_model, slab_pages_real;
	double slab_pages_error_pct; /* sum over caches |model - real| / real */
	double slab_churn_error_pct; /* the same sum / pages the host's slabs took plus gave back */
	double free_pages_error_pct; /* sum over zones |model - real| / real */
	double free_blocks_error_pct; /* sum over zones, orders |model - real| pages / changed */
	double zone_match_pct;
	double vmalloc_error_pct, percpu_error_pct; /* |model - real| / real */
	uint64_t failures_model, failures_real;
	uint64_t implied_frees, implied_allocs;
	uint32_t nr_caches;
	struct km_fidelity_cache *caches; /* by name */
	/* Of each zone, as kernel.pages.zones: what the host had at the end. */
	bool has_zones;
	uint64_t free_pages_real[KM_MAX_ZONES];
	uint64_t blocks_real[KM_MAX_ZONES][KM_NR_ORDERS];
	uint64_t nr_failures; /* the model's, counted while it ran */
};

/* 0 or -ENOSPC (no place for an observer). */
int km_fidelity_init(struct km_fidelity *fidelity, struct km_replay *replay);
int km_fidelity_finish(struct km_fidelity *fidelity); /* 0 or -ENOMEM */
void km_fidelity_release(struct km_fidelity *fidelity);

#endif
