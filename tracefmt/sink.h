/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file that a trace is written to: whole blocks, one behind the other.
 *
 * Inside of tracefmt/ only.  A block goes out with one write().  Nothing is ever written
 * twice, so a pipe will do; of a file, what a failed write left of a block is cut off
 * again, so that it ends with a whole block whatever happens.
 */
#ifndef TRACEFMT_SINK_H
#define TRACEFMT_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "tracefmt/block.h"
#include "tracefmt/error.h"
#include "tracefmt/footer.h"
#include "tracefmt/layout.h"

struct tf_sink {
	int fd;
	uint64_t offset; /* bytes written */
	bool has_header;
	bool is_file; /* can be cut */
	bool is_torn; /* it ends in something that no footer can tell of */
	struct tf_footer footer;
};

/* "-" is a duplicate of standard output. */
int tf_sink_open(struct tf_sink *sink, const char *path, struct tf_error *err);
/*
 * A further segment of a trace, which has first_event records before it.  Its name is not
 * one that anybody gave: -EEXIST if there is something else than an older trace.
 */
int tf_sink_open_segment(struct tf_sink *sink, const char *path, uint64_t first_event,
			 struct tf_error *err);
int tf_sink_header(struct tf_sink *sink, const struct tf_file_header *h, struct tf_error *err);
/* block is the header h and its payload, len bytes; h->number is for the sink to have given. */
int tf_sink_block(struct tf_sink *sink, const struct tf_block_header *h, const uint8_t *block,
		  size_t len, struct tf_error *err);
/* The number that the next block must have. */
uint32_t tf_sink_next_number(const struct tf_sink *sink);
/* Footer and trailer. */
int tf_sink_finish(struct tf_sink *sink, struct tf_packer *packer, struct tf_error *err);
/* What tf_sink_finish() would write at most, after one more block. */
uint64_t tf_sink_finish_bytes(const struct tf_sink *sink);
/* Close the file, unless fd is -1 by then, and release memory, whatever happened before. */
int tf_sink_close(struct tf_sink *sink, struct tf_error *err);

/* Where a sink was between two blocks. */
struct tf_sink_mark {
	uint64_t offset;
	size_t index_bytes;
	struct tf_footer footer; /* all but the index */
};

void tf_sink_mark(const struct tf_sink *sink, struct tf_sink_mark *mark);
/* Take back what was written since.  False, and nothing is, if it is no file. */
bool tf_sink_undo(struct tf_sink *sink, const struct tf_sink_mark *mark);

#endif
