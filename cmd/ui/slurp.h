/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A whole file in memory.
 */
#ifndef CMD_UI_SLURP_H
#define CMD_UI_SLURP_H

#include <stddef.h>

/*
 * All of a file ("-" is standard input) with a NUL behind it, at most max bytes.  *data
 * is the caller's to free.  0, -EFBIG, -ENOMEM, or what open or read said.
 */
int ui_slurp(const char *path, size_t max, char **data, size_t *len);
/* The first bytes of a regular file; 0 bytes for anything that could not be read twice. */
size_t ui_peek(const char *path, char *buf, size_t len);

#endif
