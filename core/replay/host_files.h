/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parsers of single files, for those who put a host together from them.
 *
 * Each takes bytes that may be anything, returns false where the file is not of the
 * shape it knows, and stays within what its output can hold.
 */
#ifndef CORE_REPLAY_HOST_FILES_H
#define CORE_REPLAY_HOST_FILES_H

#include "core/replay/snapshot.h"
#include "core/replay/text.h"

#define KM_HOST_CLASSES 8 /* zone types of a kernel at most */

/* One populated zone of /proc/zoneinfo. */
struct km_zoneinfo_zone {
	struct km_zone_desc desc;
	bool has_start;
	bool has_boost, has_promo; /* the lines are there: newer kernels */
	uint64_t wmark_promo;
	uint64_t free_pages;
	uint64_t pcp_pages, pcp_count[64], pcp_high[64];
};

struct km_zoneinfo {
	unsigned int nr_zones; /* by node, then type, ascending, each once */
	struct km_zoneinfo_zone zones[KM_MAX_ZONES];
	unsigned int nr_cpus; /* that have page sets */
	bool has_high_max;    /* high_min and high_max of lists whose high floats */
	/* The recorded kernel's zone types in its order: enum km_zone_type, -1 for others. */
	unsigned int nr_classes;
	int8_t classes[KM_HOST_CLASSES];
};

bool km_parse_zoneinfo(struct km_text text, struct km_zoneinfo *info);

/*
 * Free blocks of zones[] (node, type and managed_pages are set) from /proc/pagetypeinfo and
 * /proc/buddyinfo, either of which may be empty.  blocks[type][order] << order is at most
 * managed_pages, and 2^32.  False if neither says anything.
 */
bool km_parse_free_blocks(struct km_text pagetypeinfo, struct km_text buddyinfo,
			  struct km_host_zone *zones, unsigned int nr_zones);
/* pageblock_order of /proc/pagetypeinfo. */
bool km_parse_pageblock_order(struct km_text pagetypeinfo, unsigned int *order);

/* RAM of /proc/iomem in whole pages, ascending, node 0; false if more than KM_MAX_RANGES or none.
 */
bool km_parse_iomem(struct km_text iomem, unsigned int page_shift, struct km_mem_range *ranges,
		    unsigned int *nr_ranges);

/* /proc/slabinfo and the attributes of /sys/kernel/slab (may be empty).  0 or -ENOMEM. */
int km_parse_slab(struct km_text slabinfo, struct km_text sysfs, struct km_host_state *state);
/* Is there a cache that has sheaves? */
bool km_slab_has_sheaves(struct km_text sysfs);

/* /proc/vmallocinfo without lazily freed areas.  0 or -ENOMEM. */
int km_parse_vmallocinfo(struct km_text text, struct km_host_state *state);
/* "Percpu:  664 kB" of /proc/meminfo, by key with its colon, in bytes. */
bool km_parse_meminfo(struct km_text meminfo, const char *key, uint64_t *bytes);
/* First chunk of debugfs percpu_stats into profile->percpu_*. */
bool km_parse_percpu_stats(struct km_text stats, struct km_profile *profile);

/* Fill profile from the opening snapshot and the facts of meta; false if they do not say enough. */
bool km_host_profile(const struct tf_meta *meta, const struct tf_snapshot *snap,
		     const struct km_zoneinfo *info, struct km_profile *profile);
/* A file of a snapshot; empty if it does not have it. */
struct km_text km_snapshot_text(const struct tf_snapshot *snap, const char *path);

#endif
