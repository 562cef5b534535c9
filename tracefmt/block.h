/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A block: header and compressed payload, packed and unpacked.
 *
 * Inside of tracefmt/ only.
 */
#ifndef TRACEFMT_BLOCK_H
#define TRACEFMT_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "tracefmt/bytes.h"
#include "tracefmt/columns.h"
#include "tracefmt/error.h"
#include "tracefmt/layout.h"

#define TF_DEFAULT_LEVEL 1

struct tf_packer;

/* level as for zstd; -EINVAL if zstd has no such level. */
int tf_packer_new(struct tf_packer **out, int level);
void tf_packer_free(struct tf_packer *packer);
/*
 * Make a whole block of the pieces, replacing what out holds.  Of *h type, number
 * and the event fields must be set; the rest is filled in.  -ENOMEM, -E2BIG when
 * the pieces are more than a block may hold, -EIO when zstd fails.
 */
int tf_packer_run(struct tf_packer *packer, struct tf_block_header *h,
		  const struct tf_piece *pieces, size_t nr, struct tf_out *out);

struct tf_unpacker;

int tf_unpacker_new(struct tf_unpacker **out);
void tf_unpacker_free(struct tf_unpacker *unpacker);
/*
 * Check and decompress a payload of h->stored_bytes that lies at offset.  *raw is
 * h->raw_bytes long and valid until the next call, or points into payload.
 * -EBADMSG, -ENOMEM.
 */
int tf_unpacker_run(struct tf_unpacker *unpacker, const struct tf_block_header *h,
		    const uint8_t *payload, uint64_t offset, const uint8_t **raw,
		    struct tf_error *err);

#endif
