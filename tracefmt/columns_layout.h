/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the columns of a block of records are, and the codes in them.
 *
 * Inside of tracefmt/ only.  The payload of an EVENTS or CHECKPOINT block, before
 * compression: number of columns (4 bytes), length of each in bytes (4 each), the
 * columns in the order of enum tf_column.  A newer minor version may append columns,
 * which older readers ignore.
 *
 * There are three sorts of columns.  Some are in order of time, an entry a record.
 * The planes are in order of sites: a byte a record, those of the first site first,
 * and in order of time among them; what a site did last time it mostly does again,
 * so these bytes are alike, and its gaps in time are.  The others have entries only
 * for those records that a bit of TF_COL_MASK or a code of TF_COL_ADDR says so.
 */
#ifndef TRACEFMT_COLUMNS_LAYOUT_H
#define TRACEFMT_COLUMNS_LAYOUT_H

#define TF_MAX_BLOCK_EVENTS (1u << 15)
#define TF_MAX_COLUMNS 64u

/* The columns of a block, in the order in which they are stored. */
enum tf_column {
	TF_COL_SITES, /* each site once: kind (1), then varints: zigzag of the difference of
			 call_site to the site before, stack, records of the site */
	TF_COL_SITE,  /* varint: 0 as guessed, or number of the site + 1 */
	TF_COL_RUN,   /* varint: records in a row on one CPU, - 1 */
	TF_COL_CPU,   /* varint: the CPU of a run */

	TF_COL_TIME_LOW,  /* plane: low byte of the difference to the record before */
	TF_COL_TIME_HIGH, /* plane: the rest of it, TF_TIME_FAR if it is that or more */
	TF_COL_MASK,	  /* plane: enum tf_mask */
	TF_COL_ADDR,	  /* plane: enum tf_addr_code */

	TF_COL_TIME_FAR, /* varint: the rest of the difference, if it is TF_TIME_FAR or more */
	TF_COL_FAR,	 /* varint: how many records back */
	TF_COL_NEW,	 /* varint: zigzag of a difference of addresses */
	TF_COL_PID,	 /* varint, like all below that are not bytes */
	TF_COL_REQ,
	TF_COL_ALLOC,
	TF_COL_GFP,
	TF_COL_CACHE,
	TF_COL_CTX,   /* bytes: ctx, preempt */
	TF_COL_ORDER, /* byte */
	TF_COL_MISC,  /* node (2), migratetype, owner, flags (1 each) */
	TF_NR_COLUMNS
};

#define TF_FIRST_PLANE TF_COL_TIME_LOW
#define TF_NR_PLANES 4u

#define TF_TIME_FAR 255u

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
	TF_ADDR_FAR,  /* that of an earlier record, distance in its own column */
	TF_ADDR_NEAR, /* TF_ADDR_NEAR + n: that of the record n + 1 before */
};
#define TF_ADDR_MAX_NEAR (256u - TF_ADDR_NEAR)

#endif
