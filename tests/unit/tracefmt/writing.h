/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing traces in one go and looking at what came of it, for the suites of the writer.
 */
#ifndef TESTS_UNIT_TRACEFMT_WRITING_H
#define TESTS_UNIT_TRACEFMT_WRITING_H

#include "tests/unit/tracefmt/sample.h"

#define TRACE_ID 0x1234567890abcdefu
#define MANY 100000u

static inline struct tf_reader *open_ok(const char *path)
{
	struct tf_error err = { .reason = "" };
	struct tf_reader *r = NULL;

	ck_assert_msg(!tf_reader_open(&r, path, &err), "%s: %s", path, err.reason);
	return r;
}

static inline struct tf_writer *create_ok(const char *path, const struct tf_writer_options *options)
{
	struct tf_error err = { .reason = "" };
	struct tf_writer *w = NULL;

	ck_assert_msg(!tf_writer_create(&w, path, options, &err), "%s", err.reason);
	return w;
}

/* The events of the trace are these, and no more. */
static inline void expect_events(const char *path, const struct tf_event *events, size_t nr)
{
	struct tf_reader *r = open_ok(path);
	const struct tf_event *batch;
	int64_t got;
	size_t done = 0;

	while ((got = tf_reader_next(r, &batch, NULL)) > 0) {
		ck_assert_uint_le(done + (size_t)got, nr);
		ck_assert(!memcmp(batch, events + done, (size_t)got * sizeof(*batch)));
		done += (size_t)got;
	}
	ck_assert_int_eq(got, 0);
	ck_assert_uint_eq(done, nr);
	tf_reader_close(r);
}

static inline struct tf_reader_info info_of(const char *path)
{
	struct tf_reader *r = open_ok(path);
	struct tf_reader_info info;

	tf_reader_get_info(r, &info);
	tf_reader_close(r);
	return info;
}

static inline const char *segment(const struct scratch *s, unsigned nr)
{
	static char path[128];

	snprintf(path, sizeof(path), nr ? "%s.%u" : "%s", s->path, nr);
	return path;
}

static inline uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : (uint64_t)st.st_size;
}

static inline void delete_segments(const struct scratch *s, unsigned nr)
{
	for (unsigned i = 1; i < nr; i++)
		unlink(segment(s, i));
}

/* Like a recording: metadata at first and now and then, some blocks that are not full. */
static inline void write_load(const char *path, const struct tf_writer_options *options,
			      const struct tf_event *events, size_t nr,
			      struct tf_writer_stats *stats)
{
	struct tf_writer *w = create_ok(path, options);
	struct tf_meta meta;
	int ret = 0;

	tf_meta_init(&meta);
	sample_meta(&meta);
	ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
	/* Each assertion writes to a file of Check's own, which a limit is for, too. */
	for (size_t i = 0; i < nr; i++) {
		ret |= tf_writer_add(w, &events[i]);
		if (i % 7777 == 7776) {
			ck_assert_int_eq(
				tf_meta_add_symbol(&meta, 0xffffffff90000000u + i, "late", 1), 0);
			ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
		}
		if (i % 20011 == 20010)
			ck_assert_int_eq(tf_writer_seal(w), 0);
		if (i % 30011 == 30010)
			ck_assert_int_eq(tf_writer_flush(w), 0);
	}
	ck_assert_int_eq(ret, 0);
	ck_assert_int_eq(tf_writer_finish(w, NULL), 0);
	tf_writer_get_stats(w, stats);
	ck_assert(stats->is_complete);
	ck_assert_uint_eq(stats->nr_events, nr);
	ck_assert_uint_eq(stats->nr_dropped, 0);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	tf_meta_release(&meta);
}

#endif
