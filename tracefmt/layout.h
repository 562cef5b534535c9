/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixed parts of a trace file: its header, block headers, the trailer.
 *
 * Inside of tracefmt/ only.  kmemtool-trace(5) is the authority on every field;
 * these are the same in memory.  All numbers on disk are little-endian.
 *
 *      +-------------+---------+---------+-- ... --+--------+---------+
 *      | file header |  block  |  block  |         | footer | trailer |
 *      | 64          | 192 + n | 192 + n |         | block  | 32      |
 *      +-------------+---------+---------+-- ... --+--------+---------+
 */
#ifndef TRACEFMT_LAYOUT_H
#define TRACEFMT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/event.h"

#define TF_FILE_HEADER_BYTES 64u
#define TF_BLOCK_HEADER_BYTES 192u
#define TF_TRAILER_BYTES 32u

/* What a block, and a file, may hold; checked before anything is allocated. */
#define TF_MAX_RAW_BYTES (4u << 20)
#define TF_MAX_FOOTER_BYTES (16u << 20)
#define TF_MAX_BLOCKS (1u << 18)
/* Files that are read as one trace; a writer stops there, too. */
#define TF_MAX_SEGMENTS 1024u

/* Room for kinds in block headers; TF_NR_KINDS of them have a meaning today. */
#define TF_MAX_KINDS 24u

_Static_assert((unsigned)TF_NR_KINDS <= TF_MAX_KINDS, "a new kind needs room in the block header");

struct tf_file_header {
	uint16_t major, minor;
	uint8_t big_endian;    /* of the recorded host, not of the file */
	uint8_t pointer_bytes; /* 4 or 8 */
	uint8_t page_shift;
	uint16_t machine;  /* ELF e_machine, 0 if not known */
	uint16_t flags;	   /* enum tf_file_flags */
	uint32_t segment;  /* number of this file in its trace, from 0 */
	uint64_t trace_id; /* the same in all segments of a trace; 0 if there is but one */
};

enum tf_file_flags {
	TF_FILE_ANONYMIZED = 1 << 0, /* addresses and names are not those of the host */
};

enum tf_block_type {
	TF_BLOCK_FACTS = 1,
	TF_BLOCK_CACHES = 2,
	TF_BLOCK_SYMBOLS = 3,
	TF_BLOCK_SNAPSHOT = 4,
	TF_BLOCK_EVENTS = 5,
	TF_BLOCK_FOOTER = 6,
	TF_BLOCK_STACKS = 7,
	TF_BLOCK_CHECKPOINT = 8, /* allocations that live here, in the form of EVENTS */
};

/* Is its payload one of columns of records? */
static inline bool tf_block_has_events(uint16_t type)
{
	return type == TF_BLOCK_EVENTS || type == TF_BLOCK_CHECKPOINT;
}

enum tf_block_flags {
	TF_BLOCK_RAW = 1 << 0, /* stored as it is, not compressed */
};

struct tf_block_header {
	uint16_t type;
	uint16_t flags;
	uint32_t stored_bytes; /* payload in the file */
	uint32_t raw_bytes;    /* payload decompressed */
	uint32_t number;       /* of the block in the file, from 0 */
	uint64_t first_event;  /* records in the EVENTS blocks of the trace before this block */
	/* The rest is for EVENTS and CHECKPOINT, 0 in all others. */
	uint32_t nr_events;	    /* records of any kind */
	uint32_t nr_more;	    /* CHECKPOINT: blocks of the same checkpoint that follow */
	uint64_t first_ns, last_ns; /* least and greatest time in the block */
	uint64_t nr_lost;	    /* sum of the gap records */
	uint64_t cpus;		    /* bit n: there is a record of a CPU c with c % 64 == n */
	uint32_t by_kind[TF_MAX_KINDS];
	uint64_t payload_sum; /* XXH64 of the stored bytes */
};

void tf_file_header_put(uint8_t p[TF_FILE_HEADER_BYTES], const struct tf_file_header *h);
/*
 * -ENODATA: shorter than a header; -EBADMSG: not a trace, or damaged; -EPROTO: a
 * major version that is not ours.
 */
int tf_file_header_get(struct tf_file_header *h, const uint8_t *data, size_t len,
		       struct tf_error *err);
/* The host as "uname -m" would say it, as far as the header tells; "unknown" if it does not. */
const char *tf_file_header_machine(const struct tf_file_header *h);
/* Fill the host's part from "uname -m" and a page size; what is not known is taken for x86-64. */
void tf_file_header_set_host(struct tf_file_header *h, const char *machine, uint64_t page_bytes);

/* The header's own checksum is made here; payload_sum must be right. */
void tf_block_header_put(uint8_t p[TF_BLOCK_HEADER_BYTES], const struct tf_block_header *h);
/*
 * offset is where data lies in the file, for err.  -ENODATA: data ends within the
 * header; -EBADMSG: no header, damaged, or beyond a limit.
 */
int tf_block_header_get(struct tf_block_header *h, const uint8_t *data, size_t len, uint64_t offset,
			struct tf_error *err);
/* True if a header begins with these bytes, as far as there are any. */
bool tf_block_magic_at(const uint8_t *data, size_t len);
const uint8_t *tf_block_find_magic(const uint8_t *data, size_t len);

void tf_trailer_put(uint8_t p[TF_TRAILER_BYTES], uint64_t footer_offset, uint64_t footer_bytes);
/* Read the trailer at the end of the file.  -EBADMSG if there is none. */
int tf_trailer_get(const uint8_t *data, size_t len, uint64_t *footer_offset, uint64_t *footer_bytes,
		   struct tf_error *err);

#endif
