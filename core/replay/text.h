/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading text that may be anything: a piece of memory that is eaten from the left.
 *
 * Nothing here needs a NUL at the end or reads past it.
 */
#ifndef CORE_REPLAY_TEXT_H
#define CORE_REPLAY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct km_text {
	const char *at, *end;
};

static inline struct km_text km_text_of(const void *data, size_t len)
{
	const char *at = data;

	return (struct km_text){ .at = at, .end = len ? at + len : at };
}

static inline size_t km_text_len(const struct km_text *text)
{
	return (size_t)(text->end - text->at);
}

/* Eat a line, without its newline.  False at the end. */
bool km_text_line(struct km_text *text, struct km_text *line);
/* Eat blanks and the word behind them; false if there is none. */
bool km_text_word(struct km_text *text, struct km_text *word);
/* Eat blanks and an unsigned decimal number; false, and nothing eaten, if there is none. */
bool km_text_u64(struct km_text *text, uint64_t *value);
/* The same in hexadecimal, with or without 0x. */
bool km_text_hex(struct km_text *text, uint64_t *value);
/* Eat blanks and exactly these characters; false, and nothing eaten, if they are not next. */
bool km_text_skip(struct km_text *text, const char *literal);
/* Eat up to and with the first such character; false, and nothing eaten, if there is none. */
bool km_text_until(struct km_text *text, char c, struct km_text *before);
bool km_text_is(const struct km_text *text, const char *literal);
bool km_text_has(const struct km_text *text, const char *literal);
/* Copy, cut to len - 1 bytes, with a NUL. */
void km_text_copy(const struct km_text *text, char *buf, size_t len);

#endif
