/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies of what the host's kernel says of itself: /proc and /sys files into a trace.
 *
 * Files are copied as they are and parsed where they are used.  These are made:
 *
 *   /sys/kernel/slab   the slab sysfs, see bpf/slab_sysfs.h
 *   kmem_cache         the kernel's list of caches, where it can be had
 *   times              when each of the others had been read: "PATH NS" lines
 */
#ifndef BPF_SNAPSHOT_H
#define BPF_SNAPSHOT_H

#include <stdint.h>

#include "bpf/cache_iter.h"
#include "tracefmt/meta.h"

struct kc_snapshotter;

/* Reads everything once, so that a later kc_snapshot() finds warm dentries and buffers of the right
 * size. */
int kc_snapshotter_new(struct kc_snapshotter **out);
void kc_snapshotter_free(struct kc_snapshotter *snapshotter);

/*
 * Add a snapshot to meta, and the fact record.cache_iterator.  What changes slowly is read
 * first, the counters of the allocators last, within about a millisecond.  A file that cannot
 * be read is left out.  0 or -ENOMEM; *ts_ns (may be NULL) is the time of the last file.
 */
int kc_snapshot(struct kc_snapshotter *snapshotter, struct tf_meta *meta, uint64_t *ts_ns);
/*
 * The two parts of it, for what must happen right before the counters are read; no other
 * snapshot may begin in between.  The first takes some 15 ms, ten times that on a busy host: it
 * calls pause(arg) every few of them, for what cannot wait so long, and returns what that does
 * if it is not 0.  pause may be NULL.
 */
int kc_snapshot_begin(struct kc_snapshotter *snapshotter, struct tf_meta *meta,
		      int (*pause)(void *arg), void *arg);
int kc_snapshot_end(struct kc_snapshotter *snapshotter, struct tf_meta *meta, uint64_t *ts_ns);
/* The caches of the last snapshot, until the next; NULL if the kernel does not list them. */
const struct kc_cache_info *kc_snapshot_caches(const struct kc_snapshotter *snapshotter,
					       size_t *nr);
/* The files that a snapshot copies, by index from 0.  NULL at the end. */
const char *kc_snapshot_path(unsigned int index);

/* Facts host.*: release, machine, command line, page size, CPUs, nodes. */
int kc_add_host_facts(struct tf_meta *meta);

#endif
