/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test bed for imports: what goes in as text or records comes out as the events of a trace.
 */
#ifndef TESTS_UNIT_TRACEFMT_IMPORT_BED_H
#define TESTS_UNIT_TRACEFMT_IMPORT_BED_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tracefmt/import/import.h"
#include "tracefmt/import/text.h"
#include "tracefmt/reader.h"

struct bed {
	char path[64];
	struct tf_writer *writer;
	struct tf_import *imp;
	struct tf_import_stats stats;
	struct tf_reader *reader; /* after bed_finish() */
	const struct tf_meta *meta;
	struct tf_event *events; /* without marks */
	size_t nr;
	size_t nr_marks;
};

static inline void bed_begin(struct bed *bed)
{
	struct tf_writer_options options = { .threads = 1 };
	int fd;

	memset(bed, 0, sizeof(*bed));
	strcpy(bed->path, "/tmp/test-import.XXXXXX");
	fd = mkstemp(bed->path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(tf_writer_create(&bed->writer, bed->path, &options, NULL), 0);
	ck_assert_int_eq(tf_import_new(&bed->imp, bed->writer), 0);
}

/* Close the import and read the trace back. */
static inline void bed_finish(struct bed *bed)
{
	struct tf_error err = { .reason = "" };
	const struct tf_event *batch;
	int64_t nr;

	ck_assert_int_eq(tf_import_finish(bed->imp), 0);
	tf_import_get_stats(bed->imp, &bed->stats);
	ck_assert_int_eq(tf_writer_close(bed->writer, &err), 0);
	ck_assert_msg(!tf_reader_open(&bed->reader, bed->path, &err), "%s", err.reason);
	while ((nr = tf_reader_next(bed->reader, &batch, &err)) > 0) {
		bed->events = realloc(bed->events, (bed->nr + (size_t)nr) * sizeof(*bed->events));
		ck_assert_ptr_nonnull(bed->events);
		for (int64_t i = 0; i < nr; i++) {
			if (batch[i].kind == TF_MARK)
				bed->nr_marks++;
			else
				bed->events[bed->nr++] = batch[i];
		}
	}
	ck_assert_int_eq(nr, 0);
	bed->meta = tf_reader_meta(bed->reader);
	ck_assert_uint_eq(bed->stats.nr_records,
			  bed->stats.nr_events + bed->stats.nr_doubled + bed->stats.nr_dropped);
}

static inline void bed_end(struct bed *bed)
{
	tf_reader_close(bed->reader);
	tf_import_free(bed->imp);
	free(bed->events);
	unlink(bed->path);
}

/* A whole text in pieces of so many bytes, 0 for one piece; the code of its end. */
static inline int bed_feed(struct bed *bed, const char *data, size_t len, size_t piece,
			   enum tf_import_format format, struct tf_error *err)
{
	struct tf_text *text;
	int ret = 0;

	ck_assert_int_eq(tf_text_new(&text, bed->imp, format), 0);
	for (size_t at = 0; at < len && !ret;) {
		size_t part = piece && piece < len - at ? piece : len - at;

		ret = tf_text_feed(text, data + at, part);
		at += part;
	}
	if (!ret)
		ret = tf_text_end(text, err);
	tf_text_free(text);
	return ret;
}

static inline void bed_text(struct bed *bed, const char *text)
{
	struct tf_error err = { .reason = "" };

	bed_begin(bed);
	ck_assert_msg(!bed_feed(bed, text, strlen(text), 0, TF_FORMAT_AUTO, &err), "%s",
		      err.reason);
	bed_finish(bed);
}

static inline const char *bed_fact(const struct bed *bed, const char *key)
{
	const char *value = tf_meta_get(bed->meta, key);

	return value ? value : "";
}

/* The name of an address, "function+0x1f", or "". */
static inline const char *bed_symbol(const struct bed *bed, uint64_t addr)
{
	static char buf[256];

	for (size_t i = 0; i < bed->meta->nr_symbols; i++) {
		const struct tf_symbol *symbol = &bed->meta->symbols[i];

		if (symbol->addr != addr)
			continue;
		snprintf(buf, sizeof(buf), "%s+0x%x", symbol->name, symbol->offset);
		return buf;
	}
	return "";
}

static inline const char *bed_cache(const struct bed *bed, const struct tf_event *ev)
{
	const struct tf_cache *cache = tf_meta_cache(bed->meta, ev->cache);

	return cache ? cache->name : "";
}

#endif
