/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the columns of a block of events are, and the codes in them.
 *
 * Inside of tracefmt/ only.  The payload of an EVENTS block, before compression:
 * number of columns (4 bytes), length of each in bytes (4 each), the columns in the
 * order of enum tf_column.  A newer minor version may append columns, which older
 * readers ignore.
 *
 * A column has an entry for each event, or only for those whose TF_COL_MASK or
 * TF_COL_ADDR says so.
 */
#ifndef TRACEFMT_COLUMNS_LAYOUT_H
#define TRACEFMT_COLUMNS_LAYOUT_H

#define TF_MAX_BLOCK_EVENTS (1u << 17)
#define TF_MAX_COLUMNS 64u

/* The columns of a block, in the order in which they are stored. */
enum tf_column {
	TF_COL_SITES,	  /* each site once: kind (1), call site (8) */
	TF_COL_SITE,	  /* varint: 0 as guessed, or number of the site + 1 */
	TF_COL_RUN,	  /* varint: events in a row on one CPU, - 1 */
	TF_COL_CPU,	  /* varint: the CPU of a run */
	TF_COL_MASK,	  /* byte: enum tf_mask */
	TF_COL_TIME_LOW,  /* byte: of the zigzagged difference to the event before */
	TF_COL_TIME_HIGH, /* varint: the rest of it */
	TF_COL_ADDR,	  /* byte: enum tf_addr_code */
	TF_COL_FAR,	  /* varint: how many events back */
	TF_COL_NEW_LOW,	  /* byte: low four bits of the zigzagged difference */
	TF_COL_NEW_HIGH,  /* varint: the rest of it */
	TF_COL_PID,	  /* varint, like all below that are not bytes */
	TF_COL_REQ,
	TF_COL_ALLOC,
	TF_COL_GFP,
	TF_COL_CACHE,
	TF_COL_CTX,   /* bytes: ctx, preempt */
	TF_COL_ORDER, /* byte */
	TF_COL_MISC,  /* node (2), migratetype, owner, flags (1 each) */
	TF_NR_COLUMNS
};

/* Which fields are stored because the guess was wrong. */
enum tf_mask {
	TF_MASK_PID = 1 << 0,
	TF_MASK_REQ = 1 << 1,
	TF_MASK_ALLOC = 1 << 2,
	TF_MASK_GFP = 1 << 3,
	TF_MASK_CACHE = 1 << 4,
	TF_MASK_CTX = 1 << 5,
	TF_MASK_ORDER = 1 << 6,
	TF_MASK_MISC = 1 << 7,
};

enum tf_addr_code {
	TF_ADDR_TOP,
	TF_ADDR_OLDER,
	TF_ADDR_NEWER,
	TF_ADDR_NEW,  /* not seen in this block */
	TF_ADDR_ZERO, /* 0 */
	TF_ADDR_ONES, /* TF_NO_PFN */
	TF_ADDR_FAR,  /* that of an earlier event, distance in its own column */
	TF_ADDR_NEAR, /* TF_ADDR_NEAR + n: that of the event n + 1 before */
};
#define TF_ADDR_MAX_NEAR (256u - TF_ADDR_NEAR)

#endif
