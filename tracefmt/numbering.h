/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers for things in the order in which they are first asked for, from 1 on.
 *
 * Inside of tracefmt/ only.  Such a number tells nothing of the thing but when it
 * first came.  Memory is bounded by the limit that each numbering has.
 */
#ifndef TRACEFMT_NUMBERING_H
#define TRACEFMT_NUMBERING_H

#include <stddef.h>
#include <stdint.h>

#include "tracefmt/error.h"

/* Of 64-bit keys. */
struct tf_numbering {
	struct tf_numbered *slots; /* owned; open addressing, at most half full */
	uint32_t nr;		   /* numbers given */
	uint32_t room;		   /* slots, 0 or a power of two */
	uint32_t max;		   /* numbers that may be given, at most 1 << 30 */
	const char *what;	   /* the things, for the complaint: "call sites"; not owned */
};

void tf_numbering_init(struct tf_numbering *n, uint32_t max, const char *what);
void tf_numbering_release(struct tf_numbering *n);
/*
 * The number of key, a new one if it has none: then it is n->nr.  -E2BIG beyond the
 * limit, -ENOMEM; the numbering is as before then.
 */
int64_t tf_numbering_get(struct tf_numbering *n, uint64_t key, struct tf_error *err);

/* Of names. */
struct tf_names {
	struct tf_numbering hashes;
	char **names; /* owned, each too; by number - 1 */
	uint32_t nr, room;
};

void tf_names_init(struct tf_names *names, uint32_t max, const char *what);
void tf_names_release(struct tf_names *names);
/* The same for a name of len bytes, none of them 0. */
int64_t tf_names_get(struct tf_names *names, const char *name, size_t len, struct tf_error *err);

#endif
