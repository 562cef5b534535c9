/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload of a block of events, before compression: columns.
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

#define TF_MAX_PIECES (1 + TF_NR_COLUMNS)

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

struct tf_decoder;

int tf_decoder_new(struct tf_decoder **out);
void tf_decoder_free(struct tf_decoder *dec);
/*
 * Decode a payload that must hold exactly nr events (1 to TF_MAX_BLOCK_EVENTS).
 * -EBADMSG with the reason (offset within the payload's columns is not told) if it
 * does not; what events holds is then undefined.  -ENOMEM.
 */
int tf_decoder_run(struct tf_decoder *dec, const uint8_t *payload, size_t len,
		   struct tf_event *events, uint32_t nr, struct tf_error *err);

#endif
