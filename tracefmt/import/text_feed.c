/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines out of pieces of a text, and what the text looks like.
 */
#include <errno.h>
#include <stdlib.h>

#include "tracefmt/import/text_state.h"

#define SNIFF_BYTES 65536u
#define SNIFF_EVENTS 200u

static const char *const format_names[TF_NR_FORMATS] = {
	[TF_FORMAT_AUTO] = "auto",
	[TF_FORMAT_FTRACE] = "ftrace",
	[TF_FORMAT_PERF_SCRIPT] = "perf-script",
	[TF_FORMAT_TRACE_DAT] = "trace-dat",
};

const char *tf_import_format_name(unsigned int format)
{
	return format < TF_NR_FORMATS ? format_names[format] : NULL;
}

int tf_import_format_from_name(const char *name)
{
	for (int format = 0; format < TF_NR_FORMATS; format++)
		if (!strcmp(name, format_names[format]))
			return format;
	return -1;
}

int tf_text_new(struct tf_text **out, struct tf_import *imp, enum tf_import_format format)
{
	struct tf_text *text = calloc(1, sizeof(*text));

	*out = text;
	if (!text)
		return -ENOMEM;
	text->imp = imp;
	text->format = format;
	return 0;
}

void tf_text_free(struct tf_text *text)
{
	if (text)
		free(text->rest);
	free(text);
}

/* How many digits the first pointer behind key has. */
static unsigned int pointer_digits(const char *line, const char *end, const char *key)
{
	const char *at = memmem(line, (size_t)(end - line), key, strlen(key)), *digits;
	uint64_t value;

	if (!at)
		return 0;
	at += strlen(key);
	if (tf_starts(at, end, "0x"))
		at += 2;
	digits = at;
	if (!tf_scan_hex(&at, end, &value) || (at < end && !tf_is_blank(*at)))
		return 0;
	return (unsigned int)(at - digits);
}

/*
 * Which format, and how wide a pointer is: "%p" has 8 or 16 digits; libtraceevent leaves out
 * zeros in front, but no pointer of a 64-bit kernel has as many of them.
 */
static int begin(struct tf_text *text)
{
	unsigned int nr_perf = 0, nr = 0, widest = 0;
	const char *at, *end;

	text->has_begun = true;
	if (!text->rest_len)
		return 0;
	at = text->rest;
	end = at + text->rest_len;
	while (at < end && nr < SNIFF_EVENTS) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		struct tf_text_head head;

		if (!eol)
			eol = end;
		if (!tf_text_head(at, eol, &head) && tf_text_is_wanted(text, &head)) {
			unsigned int digits = pointer_digits(at, eol, " ptr=");

			if (!digits)
				digits = pointer_digits(at, eol, "call_site=");
			widest = digits > widest ? digits : widest;
			nr_perf += head.is_perf;
			nr++;
		}
		at = eol < end ? eol + 1 : end;
	}
	if (widest == 8)
		tf_import_set_pointer_bytes(text->imp, 4);
	if (!nr)
		return 0;
	return tf_import_fact(text->imp, "import.source",
			      nr_perf * 2 > nr ? "perf script" : "ftrace");
}

static void give_up_line(struct tf_text *text)
{
	text->line++;
	tf_import_count_line(text->imp);
	tf_import_not_event(text->imp, text->line, "longer than 16384 bytes");
}

/* All whole lines of data; *used is set behind the last. */
static int take_lines(struct tf_text *text, const char *data, size_t len, size_t *used)
{
	const char *at = data, *end = data + len, *eol;
	int err = 0;

	while (!err && (eol = memchr(at, '\n', (size_t)(end - at)))) {
		if (text->is_too_long) {
			text->is_too_long = false;
		} else if ((size_t)(eol - at) > TF_TEXT_MAX_LINE) {
			give_up_line(text);
		} else {
			err = tf_text_take_line(text, at, eol);
		}
		at = eol + 1;
	}
	*used = (size_t)(at - data);
	return err;
}

static int keep_rest(struct tf_text *text, const char *data, size_t len)
{
	size_t room = text->rest_len + len;

	if (!len)
		return 0;
	if (room > text->rest_room) {
		char *rest;

		room = room < SNIFF_BYTES ? SNIFF_BYTES : room * 2;
		rest = realloc(text->rest, room);
		if (!rest)
			return -ENOMEM;
		text->rest = rest;
		text->rest_room = room;
	}
	memcpy(text->rest + text->rest_len, data, len);
	text->rest_len += len;
	return 0;
}

/* What is kept has no line end: give up a line that is too long before it fills the memory. */
static void bound_rest(struct tf_text *text)
{
	if (text->is_too_long) {
		text->rest_len = 0;
	} else if (text->rest_len > TF_TEXT_MAX_LINE) {
		text->rest_len = 0;
		text->is_too_long = true;
		give_up_line(text);
	}
}

/* Lines that lie in rest as a whole. */
static int take_rest(struct tf_text *text)
{
	size_t used;
	int err = take_lines(text, text->rest, text->rest_len, &used);

	text->rest_len -= used;
	memmove(text->rest, text->rest + used, text->rest_len);
	bound_rest(text);
	return err;
}

int tf_text_feed(struct tf_text *text, const char *data, size_t len)
{
	size_t used = 0;
	int ret;

	if (!text->has_begun) {
		used = SNIFF_BYTES > text->rest_len ? SNIFF_BYTES - text->rest_len : 0;
		used = used < len ? used : len;
		ret = keep_rest(text, data, used);
		if (ret || text->rest_len < SNIFF_BYTES)
			return ret;
		ret = begin(text);
		if (!ret)
			ret = take_rest(text);
		if (ret)
			return ret;
		data += used;
		len -= used;
	}
	/* The end of a line that began in an earlier piece. */
	if (text->rest_len || text->is_too_long) {
		const char *eol = memchr(data, '\n', len);

		used = eol ? (size_t)(eol - data) + 1 : len;
		ret = keep_rest(text, data, used);
		if (!ret)
			ret = take_rest(text);
		if (ret)
			return ret;
		data += used;
		len -= used;
	}
	ret = take_lines(text, data, len, &used);
	if (!ret)
		ret = keep_rest(text, data + used, len - used);
	if (!ret)
		bound_rest(text);
	return ret;
}

int tf_text_end(struct tf_text *text, struct tf_error *err)
{
	int ret = 0;

	if (!text->has_begun)
		ret = begin(text);
	if (!ret && text->rest_len)
		ret = take_rest(text);
	if (!ret && text->rest_len) {
		/* A number may have lost its last digits, and nobody would see it. */
		text->line++;
		tf_import_count_line(text->imp);
		tf_import_malformed(text->imp, text->line,
				    "cut off: the text ends within the line");
	}
	if (!ret)
		ret = tf_text_close(text);
	if (!ret && !text->nr_events)
		return tf_fail(err, -EBADMSG, TF_NO_OFFSET, "no line of it is an event of %s",
			       text->format == TF_FORMAT_FTRACE	       ? "ftrace"
			       : text->format == TF_FORMAT_PERF_SCRIPT ? "perf script"
								       : "ftrace or perf script");
	return ret;
}
