/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The newest blocks of a recording, kept in memory: what a flight recorder holds.
 *
 * Inside of tracefmt/ only.  A ring of bytes, in which whole blocks lie one behind the other as
 * they would in a file; a block is never split, so there may be a rest behind the last one
 * before the ring begins anew.
 *
 *      one lap    [        | oldest | ... | newest |          ]
 *                          head                    tail
 *      two laps   [ newer | newest |     | oldest | older |---]
 *                                  tail  head             wrap
 *
 * The ring takes max_bytes of addresses, and memory as far as blocks were put there.  What is
 * dropped because it is too old is given back to the system, within 1 MiB.
 */
#ifndef TRACEFMT_FLIGHT_H
#define TRACEFMT_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/block.h"
#include "tracefmt/layout.h"

/* That many a file can take beside what else it needs. */
#define TF_MAX_FLIGHT_BLOCKS (TF_MAX_BLOCKS - 4096u)

struct tf_flight {
	uint8_t *data; /* owned, room bytes */
	size_t room;
	uint64_t max_ns;
	size_t head, tail, wrap;
	size_t idle; /* bytes from here to head are free, and may not have been given back */
	bool has_two_laps;
	uint64_t nr_blocks, bytes; /* of blocks that are there */
	uint64_t newest_ns;	   /* greatest time that there was */
};

/* max_ns 0 is no limit.  -ENOMEM: so many addresses cannot be had. */
int tf_flight_init(struct tf_flight *flight, uint64_t max_ns, uint64_t max_bytes);
void tf_flight_release(struct tf_flight *flight);

/*
 * Must the oldest block be dropped before this one, of len bytes with its header, is put in?
 * Because there is no room, or all its events are more than max_ns older than the youngest.
 * False if there is none.
 */
bool tf_flight_is_due(const struct tf_flight *flight, const struct tf_block_header *h, size_t len);
/* The oldest block, or the one behind the block at offset; SIZE_MAX if there is none. */
size_t tf_flight_first(const struct tf_flight *flight);
size_t tf_flight_next(const struct tf_flight *flight, size_t offset);
/* The block at offset; returns its length with the header. */
size_t tf_flight_header(const struct tf_flight *flight, size_t offset, struct tf_block_header *h);
/* Drop the oldest block, which must be there. */
void tf_flight_drop(struct tf_flight *flight);
/* Put a block in, once nothing is due.  False if it is larger than the ring. */
bool tf_flight_push(struct tf_flight *flight, const struct tf_block_header *h,
		    const struct tf_out *block);

/* NULL if the blocks and the counts agree, else what does not. */
const char *tf_flight_is_valid(const struct tf_flight *flight);

#endif
