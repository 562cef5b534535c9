/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One block of a file in memory, from bytes to what it says.
 *
 * Inside of tracefmt/ only.
 */
#ifndef TRACEFMT_BLOCK_READ_H
#define TRACEFMT_BLOCK_READ_H

#include <stdint.h>

#include "tracefmt/block.h"
#include "tracefmt/columns.h"
#include "tracefmt/error.h"
#include "tracefmt/event.h"

struct tf_block_reader {
	struct tf_unpacker *unpacker;
	struct tf_decoder *decoder;
	struct tf_event *events;
	uint32_t room;
};

int tf_block_reader_init(struct tf_block_reader *br);
void tf_block_reader_release(struct tf_block_reader *br);

/*
 * Decompress the payload behind a header at offset; data is the whole file, which
 * must hold the block.
 */
int tf_block_read_raw(struct tf_block_reader *br, const struct tf_block_header *h,
		      const uint8_t *data, uint64_t offset, const uint8_t **raw,
		      struct tf_error *err);
/*
 * Decode an EVENTS or CHECKPOINT block into br->events, h->nr_events of them, as far as
 * is wanted (enum tf_want), and check that they are what the header says.
 */
int tf_block_read_events(struct tf_block_reader *br, const struct tf_block_header *h,
			 const uint8_t *data, uint64_t offset, unsigned want, struct tf_error *err);

#endif
