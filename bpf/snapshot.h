/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies of what the host's kernel says of itself: /proc and /sys files into a trace.
 *
 * Files are copied as they are and parsed where they are used.  The slab sysfs is
 * the exception: it becomes one file "/sys/kernel/slab" with a line "NAME/ATTR=VALUE"
 * for every cache of /proc/slabinfo.
 */
#ifndef BPF_SNAPSHOT_H
#define BPF_SNAPSHOT_H

#include <stdint.h>

#include "tracefmt/meta.h"

struct kc_snapshotter;

/* Reads everything once, so that a later kc_snapshot() finds warm dentries and buffers of the right
 * size. */
int kc_snapshotter_new(struct kc_snapshotter **out);
void kc_snapshotter_free(struct kc_snapshotter *snapshotter);

/*
 * Add a snapshot to meta.  What changes slowly is read first, the counters of the
 * allocators last, within about a millisecond.  A file that cannot be read is left
 * out.  0 or -ENOMEM; *ts_ns (may be NULL) is the time of the last file.
 */
int kc_snapshot(struct kc_snapshotter *snapshotter, struct tf_meta *meta, uint64_t *ts_ns);

/* Facts host.*: release, machine, command line, page size, CPUs, nodes. */
int kc_add_host_facts(struct tf_meta *meta);

#endif
