/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slab sysfs as one text: a line "NAME/ATTR=VALUE" for every cache of /proc/slabinfo,
 * and a line "NAME/alias=OTHER" for every other name of it: the kernel merges caches that
 * are alike, and slabinfo has the first one's name alone.
 */
#ifndef BPF_SLAB_SYSFS_H
#define BPF_SLAB_SYSFS_H

#include "bpf/host_text.h"

struct kc_slab_sysfs {
	char (*names)[64]; /* caches of /proc/slabinfo, as they came up */
	size_t nr_names, room_names;
	struct kc_text fixed; /* lines of the attributes that do not change */
};

/* Find caches that have come up since the last time.  0 or -ENOMEM. */
int kc_slab_sysfs_update(struct kc_slab_sysfs *sysfs, const struct kc_text *slabinfo);
/*
 * Append the lines to text; what cannot be read is left out.  That takes 10 to 200 ms, in which
 * pause(arg) is called every few caches; NULL is not.  0, -ENOMEM, or the first that pause
 * returned which is not 0.
 */
int kc_slab_sysfs_add(const struct kc_slab_sysfs *sysfs, struct kc_text *text,
		      int (*pause)(void *arg), void *arg);
void kc_slab_sysfs_release(struct kc_slab_sysfs *sysfs);

#endif
