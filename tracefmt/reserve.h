/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room on a disk that is kept for the end of a file.
 *
 * Inside of tracefmt/ only.  It is taken by a file without a name, which is gone with
 * its process whatever happens to it; when the disk is full, it is given back, and what
 * must still be written has room, if nobody else is faster.
 */
#ifndef TRACEFMT_RESERVE_H
#define TRACEFMT_RESERVE_H

#include <stdint.h>

struct tf_reserve {
	int fd; /* -1: nothing is kept */
	uint64_t bytes;
};

/*
 * Keep about want bytes on the file system of a directory: less if it has little left, and
 * nothing if it cannot.  What was kept before is enlarged if it is less.
 */
void tf_reserve_keep(struct tf_reserve *reserve, int dir_fd, uint64_t want);
/* Give it back.  How many bytes that were. */
uint64_t tf_reserve_release(struct tf_reserve *reserve);

#endif
