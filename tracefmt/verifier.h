/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The walk over all blocks of a trace that checking and saving have in common.
 *
 * Inside of tracefmt/ only.
 */
#ifndef TRACEFMT_VERIFIER_H
#define TRACEFMT_VERIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

#include "tracefmt/block_read.h"
#include "tracefmt/footer.h"
#include "tracefmt/input.h"
#include "tracefmt/meta.h"
#include "tracefmt/segments.h"
#include "tracefmt/verify.h"

struct tf_verifier {
	const struct tf_segments *files; /* not owned */
	struct tf_verify_result *result;
	void (*damaged)(void *arg, const struct tf_error *what); /* may be NULL, as the next */
	/* For each block, and each region that is none; 0, or what stops the walk. */
	int (*each)(void *arg, const struct tf_input *input, const struct tf_scan_item *item,
		    bool is_whole, struct tf_error *err);
	void *arg;

	/* The trace so far. */
	struct tf_meta meta; /* of what was whole */
	unsigned nr_compactions;
	struct tf_block_reader block;
	uint64_t next_event; /* number that the next record must have, if knows_event */
	bool knows_event;
	bool lost_event; /* there was damage, it may be greater */

	/* The file at hand. */
	const struct tf_segment *segment;
	/* As the footer must be, if has_footer; its index is only summed up, not kept. */
	struct tf_footer footer;
	uint64_t index_bytes;
	XXH64_state_t *index_sum;
	bool has_footer;
	uint64_t footer_offset; /* of a footer that ends the blocks so far, else 0 */
	bool footer_agrees;	/* with those blocks */
	uint32_t next_number;
	uint32_t nr_more; /* blocks of a checkpoint that must follow */
	bool lost_count;  /* there was damage, the next number may be greater */
	bool lost_header; /* a block's header was, so the footer names more than was found */
};

/* One walk over all files, from nothing.  The first five fields are set, the rest is 0. */
int tf_verifier_run(struct tf_verifier *v, struct tf_error *err);
void tf_verifier_release(struct tf_verifier *v);

#endif
