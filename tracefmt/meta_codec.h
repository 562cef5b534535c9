/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metadata to block payloads and back.
 *
 * Inside of tracefmt/ only.  A payload is a list of items up to its end, all of
 * one sort; kmemtool-trace(5) has their fields.
 */
#ifndef TRACEFMT_META_CODEC_H
#define TRACEFMT_META_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/bytes.h"
#include "tracefmt/error.h"
#include "tracefmt/layout.h"
#include "tracefmt/meta.h"

/* Memory that the metadata of one file may take, reckoned generously. */
#define TF_MAX_META_BYTES (32u << 20)
/* What these take; decoded_bytes is that, and what was replaced since. */
size_t tf_meta_bytes(const struct tf_meta *meta);

/* A payload that has grown beyond this is written as a block, and a new one begun. */
#define TF_META_BLOCK_BYTES (1u << 20)

static inline bool tf_block_is_meta(uint16_t type)
{
	return (type >= TF_BLOCK_FACTS && type <= TF_BLOCK_SNAPSHOT) || type == TF_BLOCK_STACKS;
}

/*
 * Add a payload to meta.  -EBADMSG (what came before the damage is in meta; metadata
 * beyond TF_MAX_META_BYTES are damage), -ENOMEM.  offset is the block's, for err.
 */
int tf_meta_decode(struct tf_meta *meta, uint16_t type, const uint8_t *raw, size_t len,
		   uint64_t offset, struct tf_error *err);

/* What of metadata has been written already. */
struct tf_meta_log {
	uint64_t *keys, *values; /* open addressing by hash of the item's identity; 0 is free */
	size_t nr, room;
	uint32_t nr_snapshots;
	const struct tf_meta *of; /* whose first so many symbols and stacks were all written */
	size_t nr_symbols, nr_stacks;
};

void tf_meta_log_init(struct tf_meta_log *log);
void tf_meta_log_release(struct tf_meta_log *log);
/*
 * Encode all that is in meta and not yet in the log, in payloads that emit() gets.
 * Returns the first error of emit, or -ENOMEM.
 */
int tf_meta_log_write(struct tf_meta_log *log, const struct tf_meta *meta,
		      int (*emit)(void *arg, uint16_t type, const struct tf_out *payload),
		      void *arg);

#endif
