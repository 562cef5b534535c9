/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making one block of what the writer was given: the part of its work that needs to know
 * of no other block.
 *
 * Inside of tracefmt/ only.
 */
#ifndef TRACEFMT_JOB_H
#define TRACEFMT_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "tracefmt/block.h"
#include "tracefmt/layout.h"
#include "tracefmt/live.h"

/* A block on its way from the caller's events or metadata to the file. */
struct tf_job {
	bool begins_batch; /* metadata: first block of what was added at once */
	bool is_tail;	   /* events that were added after the first refusal */
	struct tf_event *events;
	struct tf_out payload;	  /* of metadata */
	struct tf_block_header h; /* type, and what tf_describe() tells of events */
	struct tf_effect effect;
	struct tf_out block; /* made; number and first_event are not in its header yet */
	int err;	     /* of making the block */
};

/* What a thread that makes blocks needs. */
struct tf_worker {
	struct tf_encoder *encoder;
	struct tf_packer *packer;
	struct tf_effect_table table;
	struct tf_out block; /* for whoever has no job */
};

/* For blocks of max_events at most.  0, -ENOMEM. */
int tf_job_init(struct tf_job *job, uint32_t max_events);
void tf_job_release(struct tf_job *job);
/* -EINVAL if level or max_events are out of range, -ENOMEM. */
int tf_worker_init(struct tf_worker *worker, int level, uint32_t max_events);
void tf_worker_release(struct tf_worker *worker);

/* Let a header tell of nr events more. */
void tf_describe(struct tf_block_header *h, const struct tf_event *events, uint32_t nr);
/* Make the job's block; with_effect: find what it does to the live set, too. */
void tf_job_make(struct tf_job *job, struct tf_worker *worker, bool with_effect);

#endif
