/* SPDX-License-Identifier: GPL-2.0-only */
/* Writer to reader, whole: what goes in comes out, in the size it should have. */
#include "tests/unit/suite.h"

#include <signal.h>

#include "tests/unit/tracefmt/sample.h"

static struct tf_reader *open_ok(const char *path)
{
	struct tf_error err = { .reason = "" };
	struct tf_reader *r = NULL;

	ck_assert_msg(!tf_reader_open(&r, path, &err), "%s", err.reason);
	return r;
}

static void expect_events(struct tf_reader *r, const struct tf_event *events, size_t nr)
{
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
}

START_TEST(test_round_trip)
{
	static const struct {
		size_t nr;
		uint32_t block_events;
		uint64_t blocks;
	} cases[] = {
		{ 1, 0, 1 }, { 32768, 0, 1 },  { 32769, 0, 2 },
		{ 9, 1, 9 }, { 1000, 33, 31 }, { 32769, 32768, 2 },
	};
	struct scratch s;

	scratch_begin(&s);
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct tf_event *events = load_events(9, cases[c].nr);
		struct tf_reader_info info;
		struct tf_reader *r;

		sample_trace(s.path, 9, cases[c].nr, cases[c].block_events);
		r = open_ok(s.path);
		tf_reader_get_info(r, &info);
		ck_assert(info.complete && tf_reader_is_complete(r));
		ck_assert_uint_eq(info.nr_events, cases[c].nr);
		ck_assert_uint_eq(info.nr_blocks, cases[c].blocks);
		ck_assert_uint_eq(info.first_ns, events[0].ts_ns);
		ck_assert_uint_eq(info.last_ns, events[cases[c].nr - 1].ts_ns);
		ck_assert_uint_eq(info.version_major, 1);
		ck_assert_uint_eq(info.version_minor, 0);
		expect_events(r, events, cases[c].nr);
		tf_reader_rewind(r);
		expect_events(r, events, cases[c].nr);
		tf_reader_close(r);
		free(events);
	}
	scratch_end(&s);
}
END_TEST

/* A load like a kernel's stays within 3.5 bytes an event; a block of raw events has 64. */
START_TEST(test_size)
{
	struct scratch s;
	struct stat st;

	scratch_begin(&s);
	sample_trace(s.path, 1, 200000, 0);
	ck_assert_int_eq(stat(s.path, &st), 0);
	ck_assert_msg(st.st_size <= 700000, "%lld bytes for 200000 events", (long long)st.st_size);
	scratch_end(&s);
}
END_TEST

START_TEST(test_empty_trace)
{
	const struct tf_event *events;
	struct tf_reader_info info;
	struct tf_reader *r;
	struct tf_writer *w;
	struct scratch s;

	scratch_begin(&s);
	ck_assert_int_eq(tf_writer_create(&w, s.path, NULL, NULL), 0);
	ck_assert_int_eq(tf_writer_flush(w), 0);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	r = open_ok(s.path);
	tf_reader_get_info(r, &info);
	ck_assert(info.complete);
	ck_assert_uint_eq(info.nr_events, 0);
	ck_assert_uint_eq(info.first_ns, 0);
	ck_assert_uint_eq(info.nr_blocks, 0);
	ck_assert_uint_eq(tf_reader_meta(r)->nr_facts, 0);
	ck_assert_int_eq(tf_reader_next(r, &events, NULL), 0);
	tf_reader_close(r);
	scratch_end(&s);
}
END_TEST

START_TEST(test_counts)
{
	const struct tf_event events[] = {
		{ .kind = TF_MARK, .ts_ns = 100 },
		{ .kind = TF_KMALLOC, .ts_ns = 300, .addr = 8 },
		{ .kind = TF_GAP, .ts_ns = 50, .bytes_req = 1000 },
		{ .kind = TF_KFREE, .ts_ns = 200, .addr = 8 },
		{ .kind = TF_GAP, .ts_ns = 400, .bytes_req = 11 },
	};
	struct tf_writer_options options = { .block_events = 2 };
	struct tf_event bad = { .kind = TF_ZONE_LOCKED };
	struct tf_writer_stats stats;
	struct tf_reader_info info;
	struct tf_reader *r;
	struct tf_writer *w;
	struct scratch s;

	scratch_begin(&s);
	ck_assert_int_eq(tf_writer_create(&w, s.path, &options, NULL), 0);
	for (unsigned i = 0; i < 5; i++) {
		ck_assert_int_eq(tf_writer_add(w, &events[i]), 0);
		ck_assert_int_eq(tf_writer_add(w, &bad), -EINVAL);
	}
	tf_writer_get_stats(w, &stats);
	ck_assert_uint_eq(stats.nr_events, 2);
	ck_assert_uint_eq(stats.nr_lost, 1011);
	ck_assert_uint_eq(stats.by_kind[TF_GAP], 2);
	ck_assert_uint_eq(stats.by_kind[TF_MARK], 1);
	ck_assert_uint_eq(stats.first_ns, 50);
	ck_assert_uint_eq(stats.last_ns, 400);
	ck_assert_uint_eq(stats.nr_blocks, 2); /* the third waits */
	ck_assert_int_eq(tf_writer_flush(w), 0);
	tf_writer_get_stats(w, &stats);
	ck_assert_uint_eq(stats.nr_blocks, 3);
	ck_assert_uint_eq(stats.nr_lost, 1011);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	r = open_ok(s.path);
	tf_reader_get_info(r, &info);
	ck_assert_uint_eq(info.nr_events, 2);
	ck_assert_uint_eq(info.nr_lost, 1011);
	ck_assert_uint_eq(info.by_kind[TF_KFREE], 1);
	ck_assert_uint_eq(info.by_kind[TF_GAP], 2);
	ck_assert_uint_eq(info.first_ns, 50);
	ck_assert_uint_eq(info.last_ns, 400);
	tf_reader_close(r);
	scratch_end(&s);
}
END_TEST

START_TEST(test_meta_grows)
{
	struct tf_writer_stats before, after;
	struct tf_event ev = { .addr = 1 };
	const struct tf_meta *back;
	struct tf_reader *r;
	struct tf_writer *w;
	struct tf_meta meta;
	struct scratch s;

	scratch_begin(&s);
	tf_meta_init(&meta);
	sample_meta(&meta);
	ck_assert_int_eq(tf_writer_create(&w, s.path, NULL, NULL), 0);
	ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
	tf_writer_get_stats(w, &before);
	ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
	tf_writer_get_stats(w, &after);
	ck_assert_uint_eq(before.file_bytes, after.file_bytes);
	ck_assert_int_eq(tf_writer_add(w, &ev), 0);
	ck_assert_int_eq(tf_writer_flush(w), 0);
	ck_assert_int_eq(tf_meta_set(&meta, "late", "fact"), 0);
	ck_assert_int_eq(tf_meta_add_symbol(&meta, 5, "late_symbol", 1), 0);
	ck_assert_ptr_nonnull(tf_meta_begin_snapshot(&meta, 5000));
	ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);

	/* All of it is there as soon as the trace is open. */
	r = open_ok(s.path);
	back = tf_reader_meta(r);
	ck_assert_str_eq(tf_meta_get(back, "late"), "fact");
	ck_assert_str_eq(tf_meta_get(back, "host.release"), "6.12.0-test");
	ck_assert_str_eq(tf_meta_symbol(back, 5)->name, "late_symbol");
	ck_assert_str_eq(tf_meta_symbol(back, 0xffffffff81000000u + 3 * 0x1234)->name,
			 "function_3");
	ck_assert_str_eq(tf_meta_cache(back, 7)->name, "cache-7");
	ck_assert_uint_eq(back->nr_snapshots, 2);
	ck_assert_uint_eq(back->snapshots[1].ts_ns, 5000);
	ck_assert_uint_eq(back->snapshots[1].nr_files, 0);
	ck_assert_str_eq((char *)tf_snapshot_file(&back->snapshots[0], "/proc/zoneinfo")->data,
			 "Node 0, zone DMA\n");
	tf_reader_close(r);
	tf_meta_release(&meta);
	scratch_end(&s);
}
END_TEST

/* What was flushed can be read while the writer is still there, as after its death. */
START_TEST(test_unfinished)
{
	struct tf_event *events = load_events(2, 1000);
	/* With more threads a block that is full is only on its way. */
	struct tf_writer_options options = { .block_events = 300, .threads = 1 };
	struct tf_reader_info info;
	struct tf_reader *r;
	struct tf_writer *w;
	struct tf_meta meta;
	struct scratch s;

	scratch_begin(&s);
	tf_meta_init(&meta);
	sample_meta(&meta);
	ck_assert_int_eq(tf_writer_create(&w, s.path, &options, NULL), 0);
	ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_int_eq(tf_writer_add(w, &events[i]), 0);
	r = open_ok(s.path);
	tf_reader_get_info(r, &info);
	ck_assert(!info.complete);
	ck_assert_uint_eq(info.nr_events, 900);
	ck_assert_uint_eq(tf_reader_meta(r)->nr_caches, LOAD_SITES);
	expect_events(r, events, 900);
	tf_reader_close(r);
	ck_assert_int_eq(tf_writer_flush(w), 0);
	r = open_ok(s.path);
	expect_events(r, events, 1000);
	ck_assert(!tf_reader_is_complete(r));
	tf_reader_close(r);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	r = open_ok(s.path);
	ck_assert(tf_reader_is_complete(r));
	tf_reader_close(r);
	tf_meta_release(&meta);
	free(events);
	scratch_end(&s);
}
END_TEST

/*
 * Ten blocks of ten events, one event every 100 ns:
 *
 *   block 0: 0 .. 900   block 1: 1000 .. 1900   ...   block 9: 9000 .. 9900
 */
START_TEST(test_range)
{
	static const struct {
		uint64_t from, to, first, nr;
	} cases[] = {
		{ 0, UINT64_MAX, 0, 100 },  { 1000, 2000, 1000, 10 }, { 950, 1000, 0, 0 },
		{ 901, 1001, 1000, 1 },	    { 1500, 3600, 1500, 21 }, { 9900, UINT64_MAX, 9900, 1 },
		{ 9901, UINT64_MAX, 0, 0 }, { 0, 0, 0, 0 },	      { 500, 400, 0, 0 },
	};
	struct tf_writer_options options = { .block_events = 10 };
	const struct tf_event *events;
	struct tf_reader *r;
	struct tf_writer *w;
	struct scratch s;

	scratch_begin(&s);
	ck_assert_int_eq(tf_writer_create(&w, s.path, &options, NULL), 0);
	for (uint64_t i = 0; i < 100; i++) {
		struct tf_event ev = { .ts_ns = i * 100, .addr = i + 1 };

		ck_assert_int_eq(tf_writer_add(w, &ev), 0);
	}
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	r = open_ok(s.path);
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		uint64_t nr = 0;
		int64_t got;

		tf_reader_set_range(r, cases[c].from, cases[c].to);
		tf_reader_rewind(r);
		while ((got = tf_reader_next(r, &events, NULL)) > 0) {
			for (int64_t i = 0; i < got; i++, nr++)
				ck_assert_uint_eq(events[i].ts_ns, cases[c].first + nr * 100);
		}
		ck_assert_int_eq(got, 0);
		ck_assert_uint_eq(nr, cases[c].nr);
	}
	tf_reader_close(r);
	scratch_end(&s);
}
END_TEST

/* Also the last moment that 64 bits can tell. */
START_TEST(test_range_holds_the_end_of_time)
{
	struct tf_event ev = { .ts_ns = UINT64_MAX, .addr = 1 };
	const struct tf_event *events;
	struct tf_reader *r;
	struct tf_writer *w;
	struct scratch s;

	scratch_begin(&s);
	ck_assert_int_eq(tf_writer_create(&w, s.path, NULL, NULL), 0);
	ck_assert_int_eq(tf_writer_add(w, &ev), 0);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	r = open_ok(s.path);
	ck_assert_int_eq(tf_reader_next(r, &events, NULL), 1);
	tf_reader_close(r);
	scratch_end(&s);
}
END_TEST

START_TEST(test_private_file)
{
	struct scratch s;
	struct stat st;

	scratch_begin(&s);
	sample_trace(s.path, 1, 10, 0);
	ck_assert_int_eq(stat(s.path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(chmod(s.path, 0644), 0);
	sample_trace(s.path, 1, 10, 0);
	ck_assert_int_eq(stat(s.path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	scratch_end(&s);
}
END_TEST

/* "-": out through a pipe, in from one. */
START_TEST(test_standard_streams)
{
	int saved_out = dup(STDOUT_FILENO), saved_in = dup(STDIN_FILENO);
	struct tf_reader *r = NULL;
	struct tf_event *events = load_events(9, 500);
	struct tf_error err;
	int pipes[2], ret;

	/* A pipe holds 64 KiB, the trace is smaller. */
	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_ge(dup2(pipes[1], STDOUT_FILENO), 0);
	close(pipes[1]);
	sample_trace("-", 9, 500, 100);
	ck_assert_int_ge(dup2(saved_out, STDOUT_FILENO), 0);
	ck_assert_int_ge(dup2(pipes[0], STDIN_FILENO), 0);
	close(pipes[0]);
	ret = tf_reader_open(&r, "-", &err);
	ck_assert_int_ge(dup2(saved_in, STDIN_FILENO), 0);
	ck_assert_int_eq(ret, 0);
	ck_assert(tf_reader_is_complete(r));
	expect_events(r, events, 500);
	tf_reader_close(r);
	free(events);
	close(saved_out);
	close(saved_in);
}
END_TEST

START_TEST(test_cannot_create)
{
	struct tf_writer_options options = { .block_events = 32769 };
	struct tf_error err;
	struct tf_writer *w;

	ck_assert_int_eq(tf_writer_create(&w, "/nonexistent/a.kmt", NULL, &err), -ENOENT);
	ck_assert_str_eq(err.reason, "cannot create: No such file or directory");
	ck_assert_int_eq(tf_writer_create(&w, "/tmp", NULL, &err), -EISDIR);
	ck_assert_int_eq(tf_writer_create(&w, "/dev/null", &options, &err), -EINVAL);
	ck_assert_str_eq(err.reason, "32769 events a block: Invalid argument");
	options = (struct tf_writer_options){ .level = 99 };
	ck_assert_int_eq(tf_writer_create(&w, "/dev/null", &options, &err), -EINVAL);
	ck_assert_str_eq(err.reason, "zstd level 99: Invalid argument");
}
END_TEST

START_TEST(test_disk_full)
{
	struct tf_event ev = { .addr = 1 };
	struct tf_error err;
	struct tf_writer *w;
	struct tf_meta meta;

	/* Nothing was written yet when it is created: the first block tells. */
	ck_assert_int_eq(tf_writer_create(&w, "/dev/full", NULL, NULL), 0);
	ck_assert_int_eq(tf_writer_add(w, &ev), 0);
	ck_assert_int_eq(tf_writer_flush(w), -ENOSPC);
	ck_assert_int_eq(tf_writer_add(w, &ev), -ENOSPC);
	ck_assert_int_eq(tf_writer_flush(w), -ENOSPC);
	tf_meta_init(&meta);
	ck_assert_int_eq(tf_writer_add_meta(w, &meta), -ENOSPC);
	tf_meta_release(&meta);
	ck_assert_int_eq(tf_writer_close(w, &err), -ENOSPC);
	ck_assert_str_eq(err.reason, "cannot write: No space left on device");

	/* Only close() has anything to write. */
	ck_assert_int_eq(tf_writer_create(&w, "/dev/full", NULL, NULL), 0);
	ck_assert_int_eq(tf_writer_close(w, &err), -ENOSPC);
}
END_TEST

START_TEST(test_closed_pipe)
{
	struct tf_event ev = { .addr = 1 };
	struct tf_error err;
	struct tf_writer *w;
	char path[32];
	int pipes[2];

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe(pipes), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pipes[1]);
	ck_assert_int_eq(tf_writer_create(&w, path, NULL, NULL), 0);
	close(pipes[0]);
	close(pipes[1]);
	ck_assert_int_eq(tf_writer_add(w, &ev), 0);
	ck_assert_int_eq(tf_writer_close(w, &err), -EPIPE);
	ck_assert_str_eq(err.reason, "cannot write: Broken pipe");
}
END_TEST

RUN_SUITE("tracefmt/trace", test_round_trip, test_size, test_empty_trace, test_counts,
	  test_meta_grows, test_unfinished, test_range, test_range_holds_the_end_of_time,
	  test_private_file, test_standard_streams, test_cannot_create, test_disk_full,
	  test_closed_pipe)
