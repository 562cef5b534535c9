/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Totals of every call site and of every cache of the model.
 *
 * For each site and each cache, of allocations made in the trace:
 *   allocs - frees = live objects          (pages that were split count by their pieces)
 *   sum over sites of live bytes = km_waste.live_bytes
 * Frees of what existed before the trace belong to no site; a cache counts them.
 *
 * Bytes are memory: percpu bytes are those of all CPUs' copies, and an area that maps
 * what others own (vmap, ioremap) has none.
 */
#ifndef CORE_ANALYSIS_SITES_H
#define CORE_ANALYSIS_SITES_H

#include "core/analysis/context.h"
#include "core/replay/replay.h"

typedef unsigned __int128 km_byte_ns; /* bytes times nanoseconds */

struct km_site_stats {
	uint64_t allocs, frees;		 /* frees: implied ones too */
	uint64_t fails;			 /* requests the model could not serve */
	uint64_t bytes_req, bytes_alloc; /* of all allocs */
	uint64_t live_objects;
	uint64_t live_bytes, live_bytes_peak;	/* bytes_alloc of the live ones */
	uint64_t waste_bytes, waste_bytes_peak; /* bytes_alloc - bytes_req of the live ones */
	km_byte_ns waste_byte_ns;		/* complete after km_sites_finish() */
	uint64_t contexts[KM_NR_CONTEXTS];	/* requests, fails too, by enum km_context */
	km_gfp gfp;				/* every flag seen, canonical */
};

struct km_cache_stats {
	uint64_t allocs, frees;		      /* frees: pre-existing objects too */
	uint64_t live_objects;		      /* made in the trace and live */
	uint64_t live_bytes_req, waste_bytes; /* of them */
	uint64_t slabs_start;		      /* after the warm start */
	uint64_t preexisting_start;	      /* objects that nobody was seen to allocate */
};

struct km_sites {
	const struct km_replay *replay;
	uint32_t nr_sites, max_sites;
	struct km_site_stats *sites; /* by site number of the replay */
	uint32_t nr_caches, max_caches;
	struct km_cache_stats *caches; /* by the model's cache index */
	int err;		       /* -ENOMEM: totals are incomplete */
};

/* 0, -ENOMEM, -ENOSPC (no place for an observer).  replay must outlive sites. */
int km_sites_init(struct km_sites *sites, struct km_replay *replay);
/* Account for what still lives.  0, or the error that made the totals incomplete. */
int km_sites_finish(struct km_sites *sites);
void km_sites_release(struct km_sites *sites);

/* Never NULL: a site or cache without any event has zeros. */
const struct km_site_stats *km_sites_site(const struct km_sites *sites, uint32_t site);
const struct km_cache_stats *km_sites_cache(const struct km_sites *sites, uint32_t cache);

static inline uint64_t km_site_live_objects(const struct km_site_stats *stats)
{
	return stats->live_objects;
}

/* Byte-seconds as a real number. */
static inline double km_byte_seconds(km_byte_ns byte_ns)
{
	return (double)byte_ns / 1e9;
}

/* The most slabs a cache had, from pages_peak: too low only if some were of the fallback order. */
static inline uint64_t km_cache_slabs_peak(const struct km_cache_info *info)
{
	return (info->pages_peak + (1u << info->order) - 1) >> info->order;
}

#endif
