/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host as its snapshots tell: the parsers of /proc and /sys copies in a trace.
 *
 * Parsers take bytes, not strings, and read what they know; a file that is absent
 * or of another shape leaves its has_ flag false.
 */
#ifndef CORE_REPLAY_SNAPSHOT_H
#define CORE_REPLAY_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/machine/profile.h"
#include "core/page/page_alloc.h"
#include "core/slab/slab.h"
#include "tracefmt/meta.h"

/* One cache of /proc/slabinfo with what /sys/kernel/slab/NAME adds. */
struct km_host_cache {
	char name[64];
	uint32_t object_size, size, objects_per_slab, pages_per_slab;
	uint64_t nr_active, nr_objs, nr_slabs;
	bool has_sysfs;
	/* Slabs on node lists, of CPUs, on cpu partial lists: apart from each other. */
	uint64_t nr_partial, nr_cpu_slabs, nr_cpu_partial;
	uint32_t min_partial, cpu_partial; /* cpu_partial: objects */
	uint32_t align;
	unsigned int flags; /* those of enum km_slab_flags that sysfs shows */
};

struct km_host_zone {
	enum km_zone_type type;
	unsigned int node;
	uint64_t managed_pages;
	uint64_t free_pages;	/* zoneinfo's NR_FREE_PAGES, which may lag behind the lists */
	uint64_t pcp_pages;	/* sum of counts */
	uint64_t pcp_count[64]; /* by CPU, the first 64 */
	uint64_t pcp_high[64];	/* where it floats, what it was; 0: unknown */
	bool has_types;		/* blocks[] by type from pagetypeinfo, else all in MOVABLE */
	uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS];
};

struct km_host_area {
	uint64_t bytes; /* guard included; percpu chunks are not listed */
	bool has_pages; /* vmalloc; else ioremap, vmap */
};

/* What one snapshot says. */
struct km_host_state {
	bool has_zones, has_slab, has_vmalloc, has_percpu;
	unsigned int nr_zones;
	struct km_host_zone zones[KM_MAX_ZONES]; /* same order as the profile's */
	uint32_t nr_caches;
	struct km_host_cache *caches; /* owned */
	uint32_t nr_areas;
	struct km_host_area *areas; /* owned, as listed */
	uint64_t vmalloc_bytes;	    /* sum of areas; percpu chunks are not among them */
	uint64_t percpu_pages;	    /* meminfo Percpu */
	uint64_t swap_pages;	    /* meminfo SwapFree */
	uint64_t slab_pages;	    /* sum over caches of nr_slabs * pages_per_slab */
};

struct km_host {
	bool has_profile;
	struct km_profile profile; /* from the opening snapshot and facts */
	/* The opening and the closing snapshot, of which a light one is neither; equal if only one.
	 */
	struct km_host_state start, end;
	bool has_end; /* a closing snapshot exists */
};

/* Parse what meta holds.  0 or -ENOMEM; strange files are not an error. */
int km_host_init(struct km_host *host, const struct tf_meta *meta);
void km_host_release(struct km_host *host);
/* NULL if it is not there.  caches are sorted by name, each name once. */
const struct km_host_cache *km_host_cache(const struct km_host_state *state, const char *name);
/* Pages in the free blocks of a zone. */
uint64_t km_host_zone_free(const struct km_host_zone *zone);

#endif
