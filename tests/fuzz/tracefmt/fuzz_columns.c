/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the columns of a block.  Four bytes before them tell the number of
 * events.  What decodes must encode to something that decodes to the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/bytes.h"
#include "tracefmt/columns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(struct tf_decoder *dec, const struct tf_event *events, uint32_t nr)
{
	struct tf_event *back = malloc(nr * sizeof(*back));
	struct tf_piece pieces[TF_MAX_PIECES];
	struct tf_encoder *enc;
	struct tf_out payload;
	size_t nr_pieces;

	if (!back || tf_encoder_new(&enc, nr))
		abort();
	tf_out_init(&payload);
	nr_pieces = tf_encoder_run(enc, events, nr, pieces);
	for (size_t i = 0; i < nr_pieces; i++)
		tf_out_bytes(&payload, pieces[i].data, pieces[i].len);
	if (payload.err || tf_decoder_run(dec, payload.data, payload.len, back, nr, NULL) ||
	    memcmp(events, back, nr * sizeof(*back)))
		abort();
	tf_out_release(&payload);
	tf_encoder_free(enc);
	free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tf_event *events;
	struct tf_decoder *dec;
	uint32_t nr;

	if (size < 4)
		return 0;
	nr = tf_get32(data) % (4 * TF_MAX_BLOCK_EVENTS);
	/* The decoder refuses the others; do not let a large number cost a large allocation. */
	events = malloc((nr <= TF_MAX_BLOCK_EVENTS && nr ? nr : 1) * sizeof(*events));
	if (!events || tf_decoder_new(&dec))
		abort();
	if (!tf_decoder_run(dec, data + 4, size - 4, events, nr, NULL))
		check_again(dec, events, nr);
	tf_decoder_free(dec);
	free(events);
	return 0;
}
