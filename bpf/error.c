/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line of error; names in it may come from a hostile file.
 */
#include "bpf/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "bpf/collector.h"

int kc_fail(struct kc_error *err, int code, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, fmt);
	vsnprintf(err->reason, sizeof(err->reason), fmt, args);
	va_end(args);
	for (char *c = err->reason; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
	return code;
}
