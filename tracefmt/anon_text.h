/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of a snapshot, without what tells of the host.
 *
 * Inside of tracefmt/ only.  Each file that is known is rewritten line by line, and of a
 * line only what is known is taken over; other files are left out:
 *
 *   zoneinfo, buddyinfo, pagetypeinfo,     lines without anything like an address
 *   vmstat, meminfo, percpu_stats
 *   /proc/sys/vm/..., hugepage/enabled     numbers; the words of that setting
 *   /proc/iomem                            where RAM is
 *   /proc/slabinfo                         numbers, with other names
 *   /sys/kernel/slab                       the same, attributes that are numbers
 *   /proc/vmallocinfo                      sizes and sorts of areas; other names and addresses
 *   light/proc/...                         as the file that it is a part of
 *   kmem_cache                             numbers, with other names and addresses
 *   page_map                               as it is
 *   times, kind                            of the files that are kept; the word that is known
 */
#ifndef TRACEFMT_ANON_TEXT_H
#define TRACEFMT_ANON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "tracefmt/anon_addr.h"
#include "tracefmt/anon_caches.h"
#include "tracefmt/anon_sites.h"
#include "tracefmt/bytes.h"

/* Who knows the new names; not owned. */
struct tf_anon_text {
	struct tf_anon_addr *addr;
	struct tf_anon_sites *sites;
	struct tf_anon_caches *caches;
};

/* Is it a file that is kept? */
bool tf_anon_text_is_known(const char *path);
/* Tell t->caches of the names in a file. */
int tf_anon_text_find_caches(struct tf_anon_text *t, const char *path, const void *data, size_t len,
			     struct tf_error *err);
/* Append what stays of a file that is known to out.  0, -ENOMEM, -E2BIG. */
int tf_anon_text_rewrite(struct tf_anon_text *t, const char *path, const void *data, size_t len,
			 struct tf_out *out, struct tf_error *err);

#endif
