/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers with units, read and printed.
 *
 * Times: digits with an optional fraction, then ns, us, ms, s or m; without a unit
 * seconds.  Sizes are km_size_parse()'s.
 */
#ifndef CMD_UI_UNITS_H
#define CMD_UI_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define UI_UNIT_LEN 32 /* enough for every text made here */

/* 0, -EINVAL for what is no number, -ERANGE for one that does not fit. */
int ui_parse_u64(const char *text, uint64_t *value);
int ui_parse_time(const char *text, uint64_t *ns);

/* base + ns, UINT64_MAX if it does not fit: the end of time stays the end of time. */
static inline uint64_t ui_time_add(uint64_t base_ns, uint64_t ns)
{
	return ns > UINT64_MAX - base_ns ? UINT64_MAX : base_ns + ns;
}

/* All return buf, of UI_UNIT_LEN bytes. */
char *ui_format_size(double bytes, char *buf);	/* "12.3 MiB", three digits */
char *ui_format_time(double ns, char *buf);	/* "1.23 ms", three digits, seconds at most */
char *ui_format_count(double count, char *buf); /* "1.23 M", three digits */

/* What came out of a file, safe for a terminal: control and non-ASCII bytes become '?'. */
char *ui_clean(const char *text, char *buf, size_t len);

#endif
