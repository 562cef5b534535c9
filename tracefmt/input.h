/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of a trace file, and the walk over its blocks.
 *
 * Inside of tracefmt/ only.
 */
#ifndef TRACEFMT_INPUT_H
#define TRACEFMT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/layout.h"

/*
 * Whole, whether mapped or read; a mapped file must not be cut while it is in use.
 * Of a mapped file only those pages are read that are touched, none around them.
 */
struct tf_input {
	const uint8_t *data;
	size_t len;
	enum {
		TF_INPUT_BORROWED,
		TF_INPUT_MAPPED,
		TF_INPUT_READ
	} how;
	uint64_t dev, ino; /* of the file, 0 for memory */
};

/* "-" is standard input, read to its end, as everything that cannot be mapped. */
int tf_input_open(struct tf_input *in, const char *path, struct tf_error *err);
void tf_input_close(struct tf_input *in);
/* Start reading bytes that are touched next, in one go instead of page by page. */
void tf_input_will_need(const struct tf_input *in, uint64_t offset, uint64_t len);
/*
 * Let go of the memory behind bytes that were read and may be read again: a long
 * trace then takes no more of it than a short one.
 */
void tf_input_done_with(const struct tf_input *in, uint64_t offset, uint64_t len);

/*
 * One step of a walk: a whole block with a valid header (its payload is not looked
 * at), or bytes that are none, up to the next valid header or the end of the file.
 */
struct tf_scan_item {
	uint64_t offset;
	uint64_t len;
	bool is_block;
	struct tf_block_header h; /* if is_block */
	struct tf_error error;	  /* if not */
};

/*
 * Begin with *pos = TF_FILE_HEADER_BYTES.  False at the end of the file or at a
 * valid trailer that ends it.
 */
bool tf_scan_next(const uint8_t *data, size_t len, uint64_t *pos, struct tf_scan_item *item);

#endif
