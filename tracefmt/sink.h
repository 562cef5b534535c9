/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file that a trace is written to: whole blocks, one behind the other.
 *
 * Inside of tracefmt/ only.  Nothing is ever sought or written twice, so a pipe
 * will do.  A block goes out with one write(): when the process dies, or the disk
 * is full, what was written before can be read.
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
	struct tf_footer footer;
};

/* "-" is a duplicate of standard output. */
int tf_sink_open(struct tf_sink *sink, const char *path, struct tf_error *err);
int tf_sink_header(struct tf_sink *sink, const struct tf_file_header *h, struct tf_error *err);
/* block is the header h and its payload, len bytes; h->number is for the sink to have given. */
int tf_sink_block(struct tf_sink *sink, const struct tf_block_header *h, const uint8_t *block,
		  size_t len, struct tf_error *err);
/* The number that the next block must have. */
uint32_t tf_sink_next_number(const struct tf_sink *sink);
/* Footer and trailer. */
int tf_sink_finish(struct tf_sink *sink, struct tf_packer *packer, struct tf_error *err);
/* Close the file and release memory, whatever happened before. */
int tf_sink_close(struct tf_sink *sink, struct tf_error *err);

#endif
