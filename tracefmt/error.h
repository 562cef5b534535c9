/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What went wrong with a file, and where.
 *
 * Functions of tracefmt/ return 0 or a negative errno and, where they take a
 * struct tf_error, fill it: -EBADMSG for a damaged file, -ENODATA for a
 * truncated one, -EPROTO for a version or architecture that is not ours, and the
 * system's own errno for I/O.  Nothing here prints.
 */
#ifndef TRACEFMT_ERROR_H
#define TRACEFMT_ERROR_H

#include <stdint.h>

#define TF_NO_OFFSET UINT64_MAX

struct tf_error {
	uint64_t offset;  /* byte in the file, TF_NO_OFFSET if none applies */
	char reason[160]; /* one line, no newline, without the file's name */
};

/* Fill err (may be NULL) and return code, so that a branch reads "return tf_fail(...)". */
int tf_fail(struct tf_error *err, int code, uint64_t offset, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
