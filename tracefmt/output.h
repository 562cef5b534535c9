/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the writer does in order: finished blocks into the files of a trace.
 *
 * Inside of tracefmt/ only.  Which file a block goes into, whether a checkpoint comes
 * before it and whether there is room for it depends on all blocks before it and on
 * nothing else.  So the functions are called for one block after the other, by
 * whatever thread has the turn.
 *
 *      events ──▶ segment full? ──▶ checkpoint due? ──▶ within the limit? ──▶ file
 *                 new file, all metadata again                                live set
 *
 * After the first refusal (stop is not 0) only metadata and events that are a tail are
 * written, as far as there is room.
 */
#ifndef TRACEFMT_OUTPUT_H
#define TRACEFMT_OUTPUT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "tracefmt/job.h"
#include "tracefmt/live.h"
#include "tracefmt/meta_codec.h"
#include "tracefmt/reserve.h"
#include "tracefmt/sink.h"
#include "tracefmt/syncer.h"
#include "tracefmt/writer.h"

/* What the caller may know at any time. */
struct tf_output_stats {
	struct tf_totals totals; /* of what was written */
	uint64_t file_bytes, written_bytes, nr_segments, nr_checkpoints, checkpoint_bytes;
	uint64_t nr_dropped, nr_passed, kept_bytes;
	bool is_limit, is_nearly_full, is_complete;
};

struct tf_output_flight;

struct tf_output {
	struct tf_writer_options options; /* without zeros */
	char *path;
	struct tf_file_header header; /* the host's part is set before the first block comes */
	int stop;		      /* read at any time: 0, or why events are refused */
	struct tf_error error;	      /* why, if that is no limit */

	bool has_sink;
	struct tf_sink sink;
	int dir_fd; /* the directory of a durable file, -1 else */
	struct tf_reserve reserve;
	struct tf_syncer *syncer; /* NULL: not durable */
	uint64_t disk_limit;	  /* no file may have more bytes than that */
	uint64_t block_bytes;	  /* of the largest event block */

	uint64_t snapshot_bytes; /* of the largest snapshot */
	uint64_t snapshot_now;	 /* of the last, whose number is snapshot_number */
	uint32_t snapshot_number;
	struct tf_sink_mark batch; /* where the last batch of metadata began */
	bool batch_failed;

	bool has_events;	   /* in the open segment */
	uint64_t segment_first_ns; /* if so */
	uint32_t first_segment;	   /* that is still there */
	uint64_t *kept_bytes;	   /* of the closed segments, by number modulo options.keep */
	uint64_t closed_bytes;	   /* of all closed segments that are there */
	uint64_t deleted_bytes;	   /* of those that are not */
	struct tf_meta meta;	   /* all that was written but snapshots, if there is rotation */

	struct tf_output_flight *flight; /* owned; NULL: there is a file, or was */
	bool has_landed;

	struct tf_live *live; /* NULL: no checkpoints */
	uint64_t last_checkpoint;
	struct tf_output_stats mine; /* of whoever has the turn */

	pthread_mutex_t lock;
	struct tf_output_stats shared; /* a copy, under the lock */
};

/* options without zeros, and checked but for the file.  If that fails, nothing is left open. */
int tf_output_open(struct tf_output *out, const char *path, const struct tf_writer_options *options,
		   struct tf_error *err);
/* The next block in order; tf_job_make() was called for it. */
void tf_output_job(struct tf_output *out, struct tf_worker *worker, struct tf_job *job);
/* Header, if there is none yet, and footer; close the file.  0, or the first error. */
int tf_output_finish(struct tf_output *out, struct tf_worker *worker, struct tf_error *err);
void tf_output_release(struct tf_output *out);
void tf_output_get_stats(struct tf_output *out, struct tf_output_stats *stats);

/*
 * A flight (output_flight.c): the options have last_bytes, and blocks are kept in memory.
 *
 * Landing is done by the writer's thread, with nothing on its way: tf_output_land() creates the
 * file, metadata may follow, then tf_output_unload() writes what lived before the blocks that
 * are kept, and these.  A landing that fails leaves the flight as it was.
 */
int tf_output_take_off(struct tf_output *out, struct tf_error *err);
void tf_output_fly(struct tf_output *out, const struct tf_job *job);
int tf_output_land(struct tf_output *out, struct tf_error *err);
void tf_output_unload(struct tf_output *out, struct tf_worker *worker);
void tf_output_end_flight(struct tf_output *out);

static inline int tf_output_stop(const struct tf_output *out)
{
	return __atomic_load_n(&out->stop, __ATOMIC_ACQUIRE);
}

static inline bool tf_output_has_rotation(const struct tf_output *out)
{
	return out->options.rotate_bytes || out->options.rotate_ns;
}

/*
 * For the parts of the output: output_segment.c, output_checkpoint.c, output_flight.c.
 */

/* Create the file, and what it takes to write it.  If that fails, nothing of it is left open. */
int tf_output_open_file(struct tf_output *out, struct tf_error *err);
/* May an event block of len bytes be written?  If there is no room for it, the output stops. */
bool tf_output_admits(struct tf_output *out, uint64_t len);
/* Write an event block that was made; an error stops the output. */
int tf_output_put_events(struct tf_output *out, struct tf_block_header *h, struct tf_out *block);

/* Events are refused from now on, for the file must not grow. */
void tf_output_stop_at_limit(struct tf_output *out);
/* Likewise, because it cannot; the reserve is given back.  The first reason is kept. */
void tf_output_stop_with(struct tf_output *out, int code, const struct tf_error *why);
/* Is there room for len bytes and the footer, and for after bytes at the end? */
bool tf_output_fits(const struct tf_output *out, uint64_t len, uint64_t after);
/* What the end of the file needs beside the footer. */
uint64_t tf_output_end_bytes(const struct tf_output *out);
/* Write a block that was made, with its number.  An error stops the output. */
int tf_output_put(struct tf_output *out, struct tf_block_header *h, struct tf_out *block);
int tf_output_put_header(struct tf_output *out);
/* Let tf_output_get_stats() know of what was done. */
void tf_output_publish(struct tf_output *out);
/* Blocks that the end of a file may need. */
#define TF_END_BLOCKS 256u

/*
 * Write a checkpoint if it is due: if there were so many records since the last one, and
 * many times as many as live; at the start of a segment, if there were some times as many.
 * False if the segment would get larger than it may: begin another one first.
 */
bool tf_output_checkpoint(struct tf_output *out, struct tf_worker *worker, bool begins_segment);
/* Write what lives as a checkpoint, due or not; 0, or why there is none.  Nothing lives: 0. */
int tf_output_put_live(struct tf_output *out, struct tf_worker *worker);
/* Must the block go into a new segment? */
bool tf_output_is_segment_full(const struct tf_output *out, const struct tf_block_header *h,
			       uint64_t len);
/* Begin a new segment, with all metadata and a checkpoint.  An error stops the output. */
void tf_output_next_segment(struct tf_output *out, struct tf_worker *worker);

#endif
