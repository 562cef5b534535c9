/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload of a block of records, before compression: columns.
 *
 * Inside of tracefmt/ only.  Lossless for every content of struct tf_event but
 * its unused byte.  The encoder takes any events; the decoder takes any bytes.
 */
#ifndef TRACEFMT_COLUMNS_H
#define TRACEFMT_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#include "tracefmt/columns_layout.h"
#include "tracefmt/error.h"
#include "tracefmt/event.h"

/* Bytes that somebody else owns. */
struct tf_piece {
	const uint8_t *data;
	size_t len;
};

/* The least that is worth a table of symbols of its own when it is compressed. */
#define TF_PIECE_BYTES 512u
#define TF_MAX_PIECES (1 + TF_NR_COLUMNS + TF_NR_PLANES * (TF_MAX_BLOCK_EVENTS / TF_PIECE_BYTES))

struct tf_encoder;

/* -EINVAL if max_events is 0 or above TF_MAX_BLOCK_EVENTS, -ENOMEM. */
int tf_encoder_new(struct tf_encoder **out, uint32_t max_events);
void tf_encoder_free(struct tf_encoder *enc);
/*
 * Encode nr events (1 to max_events).  The payload is the pieces one behind the
 * other; they belong to the encoder and are valid until its next call.  Returns
 * the number of pieces.
 */
size_t tf_encoder_run(struct tf_encoder *enc, const struct tf_event *events, uint32_t nr,
		      struct tf_piece pieces[TF_MAX_PIECES]);

/* What the records of a block are together; what its header says of them. */
struct tf_digest {
	uint64_t first_ns, last_ns; /* 0 without TF_WANT_TIME */
	uint64_t nr_lost;
	uint64_t cpus;
	uint32_t by_kind[256];
};

struct tf_decoder;

int tf_decoder_new(struct tf_decoder **out);
void tf_decoder_free(struct tf_decoder *dec);
/*
 * Decode a payload that must hold exactly nr events (1 to TF_MAX_BLOCK_EVENTS), as far
 * as is wanted (enum tf_want).  -EBADMSG with the reason (offset within the payload's
 * columns is not told) if it does not; what events holds is then undefined.  -ENOMEM.
 */
int tf_decoder_run(struct tf_decoder *dec, const uint8_t *payload, size_t len, unsigned want,
		   struct tf_event *events, uint32_t nr, struct tf_digest *digest,
		   struct tf_error *err);

#endif
