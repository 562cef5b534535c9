/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scanning a line.  Inside of tracefmt/import/ only; inline, for there is less than a
 * microsecond for a line.
 *
 * A cursor is a pointer into the line; no function looks at or behind end.
 */
#ifndef TRACEFMT_IMPORT_TEXT_SCAN_H
#define TRACEFMT_IMPORT_TEXT_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct tf_span {
	const char *at;
	size_t len;
};

static inline bool tf_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool tf_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline const char *tf_skip_blanks(const char *at, const char *end)
{
	while (at < end && tf_is_blank(*at))
		at++;
	return at;
}

/* The end of what is no blank. */
static inline const char *tf_word_end(const char *at, const char *end)
{
	while (at < end && !tf_is_blank(*at))
		at++;
	return at;
}

static inline bool tf_starts(const char *at, const char *end, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(end - at) >= len && !memcmp(at, text, len);
}

/* 0 to 15, 16 if it is no digit. */
static inline unsigned int tf_hex_digit(char c)
{
	if (tf_is_digit(c))
		return (unsigned int)(c - '0');
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a' + 10) : 16;
}

/* Decimal digits up to the first that is none; false without a digit or beyond 64 bits. */
static inline bool tf_scan_u64(const char **at, const char *end, uint64_t *value)
{
	const char *p = *at;
	uint64_t v = 0;

	while (p < end && tf_is_digit(*p)) {
		unsigned int digit = (unsigned int)(*p - '0');

		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
		p++;
	}
	if (p == *at)
		return false;
	*at = p;
	*value = v;
	return true;
}

static inline bool tf_scan_hex(const char **at, const char *end, uint64_t *value)
{
	const char *p = *at;
	uint64_t v = 0;
	unsigned int digit;

	while (p < end && (digit = tf_hex_digit(*p)) < 16) {
		if (v >> 60)
			return false;
		v = v << 4 | digit;
		p++;
	}
	if (p == *at)
		return false;
	*at = p;
	*value = v;
	return true;
}

#endif
