/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filling a struct tf_error.
 */
#include "tracefmt/error.h"

#include <stdarg.h>
#include <stdio.h>

int tf_fail(struct tf_error *err, int code, uint64_t offset, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return code;
	err->offset = offset;
	va_start(args, fmt);
	vsnprintf(err->reason, sizeof(err->reason), fmt, args);
	va_end(args);
	/* A name out of a hostile file must not break the promise of one line. */
	for (char *c = err->reason; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
	return code;
}
