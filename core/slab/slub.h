/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the two files of the SLUB policy. */
#ifndef CORE_SLAB_SLUB_H
#define CORE_SLAB_SLUB_H

#include "core/slab/cache.h"

/* The checks of struct km_slab_ops. */
const char *km_slub_is_valid_slab(const struct slab *slab, char *buf, size_t len);
const char *km_slub_is_valid(const struct kmem_cache *cache, uint64_t nr_listed, char *buf,
			     size_t len);

#endif
