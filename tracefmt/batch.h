/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One block, decoded and filtered.
 *
 * Inside of tracefmt/ only.
 */
#ifndef TRACEFMT_BATCH_H
#define TRACEFMT_BATCH_H

#include <stdint.h>

#include "tracefmt/block_read.h"
#include "tracefmt/cursor.h"

struct tf_batch {
	struct tf_step step;
	const struct tf_selection *selection;
	struct tf_place place; /* of the cursor before the step */
	struct tf_block_reader block;
	bool has_block; /* block is initialised */
	int64_t ret;	/* events in block.events, or negative errno */
	struct tf_error error;
};

/* Do the step: fill ret, and the events or error.  Touches nothing but *arg, a struct tf_batch. */
void tf_batch_read(void *arg);
void tf_batch_release(struct tf_batch *batch);

#endif
