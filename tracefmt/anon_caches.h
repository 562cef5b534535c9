/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other names for slab caches.
 *
 * Inside of tracefmt/ only.  The names of kmalloc's caches stay: they are sizes, and a
 * replay must know them.  All others become a word and a number:
 *
 *      cache00001 ...    names that sort before "dma-kmalloc-"
 *      icache00005 ...   those between it and "kmalloc-"
 *      pcache00040 ...   those between it and "size-", what kmalloc's caches were once called
 *      tcache00090 ...   those behind
 *
 * The numbers are in the order of the names, so that caches sort as they did before: a
 * replay takes them in that order when it fills a machine.
 */
#ifndef TRACEFMT_ANON_CACHES_H
#define TRACEFMT_ANON_CACHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/numbering.h"

#define TF_ANON_CACHE_LEN 64

struct tf_anon_caches {
	struct tf_names names;
	uint32_t *rank; /* owned; by number - 1: the place in the order of names, from 1 */
	uint32_t nr_ranks;
};

void tf_anon_caches_init(struct tf_anon_caches *c);
void tf_anon_caches_release(struct tf_anon_caches *c);

/* Tell of a name, cut at 63 bytes as in struct tf_cache.  0, -ENOMEM, -E2BIG. */
int tf_anon_caches_add(struct tf_anon_caches *c, const char *name, size_t len,
		       struct tf_error *err);
/* All were told. */
int tf_anon_caches_sort(struct tf_anon_caches *c, struct tf_error *err);
/* The new name of one that was told before; -EINVAL of another. */
int tf_anon_caches_name(struct tf_anon_caches *c, const char *name, size_t len,
			char buf[TF_ANON_CACHE_LEN], struct tf_error *err);

/* Is it one of kmalloc's: "kmalloc-192", "kmalloc-cg-2k", "dma-kmalloc-8", "size-64"? */
bool tf_anon_is_kmalloc(const char *name);

#endif
