/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoints: what lives, written again, so that a reader can start there.
 *
 * Their cost is bounded: of LIVE_FACTOR records at most one is written again, and with
 * segments that fill up faster one of START_FACTOR.
 */
#include "tracefmt/output.h"

#include <errno.h>

#include "tracefmt/columns.h"

#define LIVE_FACTOR 16u
#define START_FACTOR 4u

static bool is_due(const struct tf_output *out, bool begins_segment)
{
	uint64_t since = out->sink.footer.next_event - out->last_checkpoint;
	uint64_t nr = tf_live_nr(out->live);

	if (begins_segment)
		return since / START_FACTOR >= nr;
	return since >= out->options.checkpoint_events && since / LIVE_FACTOR >= nr;
}

/* One block of it.  -E2BIG: the segment is too small for it; else, there is no room at all. */
static int put_part(struct tf_output *out, struct tf_worker *worker, const struct tf_event *events,
		    uint32_t nr, uint32_t nr_more)
{
	struct tf_block_header h = { .type = TF_BLOCK_CHECKPOINT, .nr_more = nr_more };
	struct tf_piece pieces[TF_MAX_PIECES];
	size_t nr_pieces;
	int ret;

	tf_describe(&h, events, nr);
	nr_pieces = tf_encoder_run(worker->encoder, events, nr, pieces);
	ret = tf_packer_run(worker->packer, &h, pieces, nr_pieces, &worker->block);
	if (!ret && out->has_events && out->options.rotate_bytes &&
	    out->sink.offset + worker->block.len + tf_sink_finish_bytes(&out->sink) >
		    out->options.rotate_bytes)
		ret = -E2BIG;
	if (!ret && !tf_output_fits(out, worker->block.len, tf_output_end_bytes(out)))
		ret = -EFBIG;
	if (!ret)
		ret = tf_output_put(out, &h, &worker->block);
	return ret;
}

int tf_output_put_live(struct tf_output *out, struct tf_worker *worker)
{
	const uint32_t block_events = out->options.block_events;
	size_t left = out->live ? tf_live_nr(out->live) : 0;
	const struct tf_event *events;
	struct tf_sink_mark before;
	int ret;

	if (!left)
		return 0;
	events = tf_live_list(out->live);
	tf_sink_mark(&out->sink, &before);
	while (left) {
		uint32_t now = left < block_events ? (uint32_t)left : block_events;
		size_t nr_more = (left - now + block_events - 1) / block_events;

		ret = put_part(out, worker, events, now, (uint32_t)nr_more);
		if (ret) {
			/* Without its end it is of no use. */
			tf_sink_undo(&out->sink, &before);
			return ret;
		}
		events += now;
		left -= now;
	}
	out->mine.nr_checkpoints++;
	out->mine.checkpoint_bytes += out->sink.offset - before.offset;
	return 0;
}

bool tf_output_checkpoint(struct tf_output *out, struct tf_worker *worker, bool begins_segment)
{
	uint64_t nr_blocks;

	if (!out->live || !is_due(out, begins_segment))
		return true;
	nr_blocks = tf_live_nr(out->live) / out->options.block_events + 1;
	/* Into a pipe that has a limit nothing can be put by way of trial. */
	if (tf_live_nr(out->live) && (out->sink.is_file || !out->options.max_bytes) &&
	    tf_sink_next_number(&out->sink) + nr_blocks + TF_END_BLOCKS < TF_MAX_BLOCKS &&
	    tf_output_put_live(out, worker) == -E2BIG)
		return false;
	out->last_checkpoint = out->sink.footer.next_event;
	return true;
}
