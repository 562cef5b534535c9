/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metadata that are told more than once.
 *
 * Inside of tracefmt/ only.  Each segment of a trace repeats what the ones before it
 * said; only the memory that is held in the end counts against the limit.
 */
#ifndef TRACEFMT_META_COMPACT_H
#define TRACEFMT_META_COMPACT_H

#include "tracefmt/meta_codec.h"

/* Times that a trace's metadata may be gone through for what was told again. */
#define TF_MAX_META_COMPACTIONS 256u

/*
 * As tf_meta_decode(); but when the limit is reached, drop what is there twice and try
 * once more.  *nr counts how often that was done, for all blocks of a trace.
 */
int tf_meta_decode_again(struct tf_meta *meta, unsigned *nr, uint16_t type, const uint8_t *raw,
			 size_t len, uint64_t offset, struct tf_error *err);

/* Sort the symbols, drop those that are there twice, and count the memory anew. */
void tf_meta_compact(struct tf_meta *meta);

#endif
