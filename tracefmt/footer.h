/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The footer: totals of a trace, and where each block is.
 *
 * Inside of tracefmt/ only.  It is a function of the block headers before it, so
 * that a verifier can make its own and compare.
 */
#ifndef TRACEFMT_FOOTER_H
#define TRACEFMT_FOOTER_H

#include <stddef.h>
#include <stdint.h>

#include "tracefmt/bytes.h"
#include "tracefmt/columns.h"
#include "tracefmt/error.h"
#include "tracefmt/layout.h"

/* Sums over event blocks. */
struct tf_totals {
	uint64_t nr_blocks;
	uint64_t by_kind[TF_MAX_KINDS]; /* records of every kind */
	uint64_t nr_lost;
	uint64_t first_ns, last_ns; /* 0 without blocks */
};

/* One block of the file, as the index or a scan tells. */
struct tf_index_entry {
	uint64_t offset; /* of the block's header */
	uint64_t first_ns, last_ns;
	uint64_t first_event; /* records of the trace before the block */
	uint64_t cpus;	      /* as in the block's header */
	uint32_t stored_bytes;
	uint32_t nr_events; /* EVENTS and CHECKPOINT */
	uint32_t nr_more;   /* CHECKPOINT */
	uint16_t type;
	size_t damage; /* for whoever holds the list: 0 is none */
};

struct tf_footer {
	uint32_t nr_entries;  /* blocks of every type */
	uint64_t first_event; /* records of the trace before this file */
	uint64_t next_event;  /* and with those in it */
	uint64_t before_ns;   /* where the last event block ended */
	struct tf_totals totals;
	struct tf_out index;
	uint8_t head[4 + 8 + 24 + 8 * TF_MAX_KINDS];
};

/* Records that are events: all but gaps and marks. */
uint64_t tf_totals_nr_events(const struct tf_totals *totals);
void tf_totals_add(struct tf_totals *totals, const struct tf_block_header *h);

/* first_event: records of the trace in the files before this one. */
void tf_footer_init(struct tf_footer *footer, uint64_t first_event);
void tf_footer_release(struct tf_footer *footer);
/* Account the next block of the file.  0, -ENOMEM, or -EFBIG: a file has TF_MAX_BLOCKS at most. */
int tf_footer_add(struct tf_footer *footer, const struct tf_block_header *h);
/* The payload; the pieces are valid until the footer changes. */
void tf_footer_pieces(struct tf_footer *footer, struct tf_piece pieces[2]);

/*
 * Read a payload; footer_offset is where its block begins, which the blocks before
 * it must fill exactly from the end of the file header on.  *entries is for the
 * caller to free.  -EBADMSG, -ENOMEM.
 */
int tf_footer_parse(const uint8_t *raw, size_t len, uint64_t footer_offset,
		    struct tf_totals *totals, struct tf_index_entry **entries, size_t *nr_entries,
		    struct tf_error *err);

#endif
