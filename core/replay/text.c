/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cursor with which the snapshot parsers read /proc and /sys copies.  Numbers
 * that do not fit 64 bits are their largest value: too large is refused later, by
 * whoever knows what would be sensible.
 */
#include "core/replay/text.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct km_text *text)
{
	while (text->at < text->end && is_blank(*text->at))
		text->at++;
}

bool km_text_line(struct km_text *text, struct km_text *line)
{
	const char *newline;

	if (text->at == text->end)
		return false;
	newline = memchr(text->at, '\n', km_text_len(text));
	line->at = text->at;
	line->end = newline ? newline : text->end;
	text->at = newline ? newline + 1 : text->end;
	return true;
}

bool km_text_word(struct km_text *text, struct km_text *word)
{
	skip_blanks(text);
	word->at = text->at;
	while (text->at < text->end && !is_blank(*text->at) && *text->at != '\n')
		text->at++;
	word->end = text->at;
	return word->at < word->end;
}

bool km_text_u64(struct km_text *text, uint64_t *value)
{
	struct km_text rest = *text;
	uint64_t sum = 0;
	const char *start;

	skip_blanks(&rest);
	for (start = rest.at; rest.at < rest.end && *rest.at >= '0' && *rest.at <= '9'; rest.at++) {
		uint64_t digit = (uint64_t)(*rest.at - '0');

		sum = sum > (UINT64_MAX - digit) / 10 ? UINT64_MAX : sum * 10 + digit;
	}
	if (rest.at == start)
		return false;
	*value = sum;
	*text = rest;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool km_text_hex(struct km_text *text, uint64_t *value)
{
	struct km_text rest = *text;
	uint64_t sum = 0;
	const char *start;

	skip_blanks(&rest);
	km_text_skip(&rest, "0x");
	for (start = rest.at; rest.at < rest.end && hex_digit(*rest.at) >= 0; rest.at++)
		sum = sum >> 60 ? UINT64_MAX : sum << 4 | (unsigned int)hex_digit(*rest.at);
	if (rest.at == start)
		return false;
	*value = sum;
	*text = rest;
	return true;
}

bool km_text_skip(struct km_text *text, const char *literal)
{
	struct km_text rest = *text;
	size_t len = strlen(literal);

	skip_blanks(&rest);
	if (km_text_len(&rest) < len || memcmp(rest.at, literal, len))
		return false;
	text->at = rest.at + len;
	return true;
}

bool km_text_until(struct km_text *text, char c, struct km_text *before)
{
	const char *found = km_text_len(text) ? memchr(text->at, c, km_text_len(text)) : NULL;

	if (!found)
		return false;
	before->at = text->at;
	before->end = found;
	text->at = found + 1;
	return true;
}

bool km_text_is(const struct km_text *text, const char *literal)
{
	size_t len = strlen(literal);

	return km_text_len(text) == len && !memcmp(text->at, literal, len);
}

bool km_text_has(const struct km_text *text, const char *literal)
{
	return km_text_len(text) && memmem(text->at, km_text_len(text), literal, strlen(literal));
}

void km_text_copy(const struct km_text *text, char *buf, size_t len)
{
	size_t n = km_text_len(text);

	if (n > len - 1)
		n = len - 1;
	memcpy(buf, text->at, n);
	buf[n] = 0;
}
