/* SPDX-License-Identifier: GPL-2.0-only */
/* Threads, checkpoints and segments: what the writer promises. */
#include "tests/unit/suite.h"

#include "tests/unit/tracefmt/writing.h"
#include "tracefmt/live.h"

START_TEST(test_threads_do_not_show)
{
	static const unsigned threads[] = { 2, 3, 5, 0 };
	struct tf_event *events = load_events(6, MANY);
	struct tf_writer_options options = {
		.block_events = 700,
		.rotate_bytes = 50000,
		.trace_id = TRACE_ID,
		.checkpoint_events = 3000,
		.threads = 1,
	};
	struct tf_writer_stats stats;
	size_t len[100];
	uint8_t *data[100];
	unsigned nr;
	struct scratch s;

	scratch_begin(&s);
	write_load(s.path, &options, events, MANY, &stats);
	nr = (unsigned)stats.nr_segments;
	ck_assert_uint_gt(nr, 3);
	ck_assert_uint_lt(nr, 100);
	ck_assert_uint_gt(stats.nr_checkpoints, nr);
	for (unsigned i = 0; i < nr; i++)
		data[i] = load_file(segment(&s, i), &len[i]);
	for (unsigned t = 0; t < sizeof(threads) / sizeof(threads[0]); t++) {
		options.threads = threads[t];
		write_load(s.path, &options, events, MANY, &stats);
		ck_assert_uint_eq(stats.nr_segments, nr);
		for (unsigned i = 0; i < nr; i++) {
			size_t got_len;
			uint8_t *got = load_file(segment(&s, i), &got_len);

			ck_assert_uint_eq(got_len, len[i]);
			ck_assert(!memcmp(got, data[i], got_len));
			free(got);
		}
	}
	for (unsigned i = 0; i < nr; i++)
		free(data[i]);
	free(events);
	delete_segments(&s, nr);
	scratch_end(&s);
}
END_TEST

/*
 * Checkpoints.
 */

struct live_set {
	struct tf_effect effect;
	struct tf_effect_table table;
	struct tf_live *live;
};

static void live_begin(struct live_set *set)
{
	ck_assert_int_eq(tf_effect_init(&set->effect, TF_MAX_BLOCK_EVENTS), 0);
	ck_assert_int_eq(tf_effect_table_init(&set->table, TF_MAX_BLOCK_EVENTS), 0);
	ck_assert_int_eq(tf_live_new(&set->live, MANY), 0);
}

static void live_end(struct live_set *set)
{
	tf_live_free(set->live);
	tf_effect_table_release(&set->table);
	tf_effect_release(&set->effect);
}

static void live_add(struct live_set *set, const struct tf_event *events, size_t nr)
{
	while (nr) {
		uint32_t now = nr < TF_MAX_BLOCK_EVENTS ? (uint32_t)nr : TF_MAX_BLOCK_EVENTS;

		tf_effect_find(&set->effect, &set->table, events, now);
		ck_assert_int_eq(tf_live_apply(set->live, &set->effect, events), 0);
		events += now;
		nr -= now;
	}
}

/* Read from the middle; what lives there must be the same as from the beginning. */
static uint64_t check_start(const char *path, const struct tf_event *events, size_t first)
{
	struct tf_reader *r = open_ok(path);
	struct live_set warm, cold;
	const struct tf_event *batch;
	uint64_t nr_live = 0, nr_before = 0;
	int64_t got;

	live_begin(&warm);
	live_begin(&cold);
	live_add(&cold, events, first);
	tf_reader_set_range(r, events[first].ts_ns, UINT64_MAX);
	tf_reader_set_warm(r, true);
	while ((got = tf_reader_next(r, &batch, NULL)) > 0 &&
	       tf_reader_phase(r) != TF_PHASE_RANGE) {
		live_add(&warm, batch, (size_t)got);
		if (tf_reader_phase(r) == TF_PHASE_LIVE)
			nr_live += (uint64_t)got;
		else
			nr_before += (uint64_t)got;
	}
	ck_assert_int_gt(got, 0);
	ck_assert(!memcmp(batch, &events[first], sizeof(*batch)));
	ck_assert_uint_eq(tf_live_nr(warm.live), tf_live_nr(cold.live));
	ck_assert(!memcmp(tf_live_list(warm.live), tf_live_list(cold.live),
			  tf_live_nr(cold.live) * sizeof(*events)));
	live_end(&cold);
	live_end(&warm);
	tf_reader_close(r);
	return nr_live ? nr_before : UINT64_MAX;
}

START_TEST(test_checkpoints)
{
	struct tf_event *events = load_events(3, MANY);
	struct tf_writer_options options = { .block_events = 100, .checkpoint_events = 2000 };
	struct tf_writer_stats stats;
	struct tf_reader_info info;
	unsigned nr_used = 0;
	struct scratch s;

	scratch_begin(&s);
	write_load(s.path, &options, events, MANY, &stats);
	ck_assert_uint_ge(stats.nr_checkpoints, 4);
	info = info_of(s.path);
	ck_assert(info.complete);
	ck_assert_uint_eq(info.nr_checkpoints, stats.nr_checkpoints);
	ck_assert_uint_eq(info.checkpoint_bytes, stats.checkpoint_bytes);
	expect_events(s.path, events, MANY);
	for (size_t first = 1000; first < MANY; first += 9000) {
		uint64_t nr_before = check_start(s.path, events, first);

		if (nr_before == UINT64_MAX)
			continue;
		nr_used++;
		/* 16 times as many as can live with this load, and the rest of two blocks. */
		ck_assert_uint_le(nr_before, 16 * LOAD_SITES * LOAD_LIVE + 200);
	}
	ck_assert_uint_ge(nr_used, 5);

	options.checkpoint_events = TF_NO_CHECKPOINTS;
	write_load(s.path, &options, events, MANY, &stats);
	ck_assert_uint_eq(stats.nr_checkpoints, 0);
	ck_assert_uint_eq(info_of(s.path).nr_checkpoints, 0);

	/* When too many live, there are none any more, but the trace is as good as it was. */
	options.checkpoint_events = 2000;
	options.max_live = 50;
	write_load(s.path, &options, events, MANY, &stats);
	ck_assert_uint_eq(stats.nr_checkpoints, 0);
	expect_events(s.path, events, MANY);
	free(events);
	scratch_end(&s);
}
END_TEST

/* What they cost is bounded: of 16 records at most one is written again. */
START_TEST(test_checkpoints_are_few)
{
	struct tf_writer_options options = { .block_events = 100, .checkpoint_events = 1 };
	struct tf_event ev = { .kind = TF_KMALLOC };
	struct tf_writer_stats stats;
	struct scratch s;
	struct tf_writer *w;

	scratch_begin(&s);
	w = create_ok(s.path, &options);
	/* A leak: what lives is all there was. */
	for (ev.addr = 16; ev.addr <= 16 * MANY; ev.addr += 16)
		ck_assert_int_eq(tf_writer_add(w, &ev), 0);
	ck_assert_int_eq(tf_writer_finish(w, NULL), 0);
	tf_writer_get_stats(w, &stats);
	ck_assert_uint_eq(stats.nr_checkpoints, 0);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	scratch_end(&s);
}
END_TEST

/*
 * Segments.
 */

START_TEST(test_rotation_by_size)
{
	struct tf_event *events = load_events(8, MANY);
	struct tf_writer_options options = {
		.block_events = 500,
		.rotate_bytes = 60000,
		.trace_id = TRACE_ID,
		.checkpoint_events = 10000,
		.flags = TF_WRITER_DURABLE,
	};
	struct tf_writer_stats stats;
	uint64_t next = 0, bytes = 0, nr_checkpoints = 0;
	struct tf_reader_info all;
	struct scratch s;

	scratch_begin(&s);
	write_load(s.path, &options, events, MANY, &stats);
	ck_assert_uint_gt(stats.nr_segments, 3);
	for (unsigned i = 0; i < stats.nr_segments; i++) {
		const char *path = segment(&s, i);
		struct tf_reader_info info;
		struct stat st;

		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert_int_eq(st.st_mode & 0777, 0600);
		ck_assert_int_le(st.st_size, 60000);
		bytes += (uint64_t)st.st_size;
		if (!i)
			continue; /* its name is that of all */
		info = info_of(path);
		ck_assert(info.complete);
		nr_checkpoints += info.nr_checkpoints;
		if (i > 1)
			ck_assert_uint_eq(info.first_event, next);
		next = info.first_event + info.nr_events;
	}
	ck_assert_uint_eq(next, MANY);
	ck_assert_uint_ge(nr_checkpoints, stats.nr_segments / 2);
	ck_assert_uint_eq(stats.file_bytes, bytes);
	ck_assert_uint_eq(stats.written_bytes, bytes);
	ck_assert_uint_eq(access(segment(&s, (unsigned)stats.nr_segments), F_OK), -1);
	all = info_of(s.path);
	ck_assert(all.complete);
	ck_assert_uint_eq(all.nr_segments, stats.nr_segments);
	ck_assert_uint_eq(all.nr_events, MANY);
	expect_events(s.path, events, MANY);
	for (size_t first = 5000; first < MANY; first += 20000)
		check_start(s.path, events, first);
	free(events);
	delete_segments(&s, (unsigned)stats.nr_segments);
	scratch_end(&s);
}
END_TEST

START_TEST(test_rotation_by_time)
{
	struct tf_event ev = { .kind = TF_KFREE, .node = TF_NO_NODE };
	struct tf_writer_options options = {
		.block_events = 10,
		.rotate_ns = 1000,
		.trace_id = TRACE_ID,
	};
	struct tf_writer_stats stats;
	struct tf_writer *w;
	struct scratch s;

	scratch_begin(&s);
	w = create_ok(s.path, &options);
	/* A block every 300 ns: four of them begin within 1000 ns. */
	for (unsigned i = 0; i < 400; i++) {
		ev.ts_ns = 30 * i;
		ck_assert_int_eq(tf_writer_add(w, &ev), 0);
	}
	ck_assert_int_eq(tf_writer_finish(w, NULL), 0);
	tf_writer_get_stats(w, &stats);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	ck_assert_uint_eq(stats.nr_segments, 10);
	for (unsigned i = 1; i < 10; i++)
		ck_assert_uint_eq(info_of(segment(&s, i)).first_ns, 1200 * i);
	ck_assert_uint_eq(info_of(s.path).nr_events, 400);
	delete_segments(&s, 10);
	scratch_end(&s);
}
END_TEST

/* The oldest go; what is left is a trace with all metadata but snapshots. */
START_TEST(test_keep)
{
	struct tf_event *events = load_events(8, MANY);
	struct tf_writer_options options = {
		.block_events = 500,
		.rotate_bytes = 40000,
		.trace_id = TRACE_ID,
		.keep = 3,
	};
	struct tf_writer_stats stats;
	struct tf_reader_info info;
	unsigned first = 1;
	struct tf_reader *r;
	struct scratch s;
	uint64_t bytes = 0;

	scratch_begin(&s);
	write_load(s.path, &options, events, MANY, &stats);
	ck_assert_uint_eq(stats.nr_segments, 3);
	ck_assert_int_eq(access(s.path, F_OK), -1);
	while (access(segment(&s, first), F_OK))
		first++;
	ck_assert_uint_gt(first, 2);
	for (unsigned i = 0; i < 3; i++)
		bytes += size_of(segment(&s, first + i));
	ck_assert_uint_eq(stats.file_bytes, bytes);
	ck_assert_uint_gt(stats.written_bytes, bytes + 40000);
	ck_assert_int_eq(access(segment(&s, first + 3), F_OK), -1);
	info = info_of(s.path);
	ck_assert_uint_eq(info.nr_segments, 3);
	ck_assert_uint_eq(info.first_event + info.nr_events, MANY);
	expect_events(s.path, events + info.first_event, info.nr_events);
	r = open_ok(s.path);
	ck_assert_uint_eq(tf_reader_meta(r)->nr_caches, LOAD_SITES);
	ck_assert_uint_eq(tf_reader_meta(r)->nr_symbols, LOAD_SITES + MANY / 7777);
	ck_assert_str_eq(tf_meta_get(tf_reader_meta(r), "host.release"), "6.12.0-test");
	ck_assert_uint_eq(tf_reader_meta(r)->nr_snapshots, 0);
	tf_reader_close(r);
	free(events);
	delete_segments(&s, first + 3);
	scratch_end(&s);
}
END_TEST

/* A name that the trace would take belongs to somebody else. */
START_TEST(test_stranger_in_the_way)
{
	static const char text[] = "not a trace, and nobody's to overwrite\n";
	struct tf_writer_options options = {
		.block_events = 10,
		.rotate_ns = 1,
		.trace_id = TRACE_ID,
		.threads = 1,
	};
	struct tf_event ev = { .kind = TF_KFREE };
	struct tf_writer_stats stats;
	struct tf_error err;
	struct tf_writer *w;
	struct scratch s;
	uint8_t *data;
	size_t len;
	int ret = 0;

	scratch_begin(&s);
	save_file(segment(&s, 1), (const uint8_t *)text, sizeof(text));
	for (unsigned turn = 0; turn < 2; turn++) {
		w = create_ok(s.path, &options);
		for (ev.ts_ns = 1; ev.ts_ns < 100 && !ret; ev.ts_ns++)
			ret = tf_writer_add(w, &ev);
		ck_assert_int_eq(ret, turn ? -ELOOP : -EEXIST);
		ret = tf_writer_finish(w, &err);
		ck_assert_int_eq(ret, turn ? -ELOOP : -EEXIST);
		ck_assert_ptr_nonnull(strstr(err.reason, "a.kmt.1"));
		tf_writer_get_stats(w, &stats);
		ck_assert(stats.is_complete);
		ck_assert_uint_eq(stats.nr_events, 10);
		ck_assert_uint_eq(stats.nr_dropped, 10);
		tf_writer_close(w, NULL);
		ck_assert(info_of(s.path).complete);
		ck_assert_uint_eq(info_of(s.path).nr_events, 10);
		data = load_file(turn ? s.other : segment(&s, 1), &len);
		ck_assert(len == sizeof(text) && !memcmp(data, text, len));
		free(data);
		/* Next turn: it is a symbolic link. */
		ck_assert_int_eq(turn || !rename(segment(&s, 1), s.other), 1);
		ck_assert_int_eq(turn || !symlink(s.other, segment(&s, 1)), 1);
		ret = 0;
	}
	/* Another trace is somebody's, too; a later segment of an older one may be overwritten. */
	unlink(segment(&s, 1));
	sample_trace(segment(&s, 1), 1, 100, 0);
	for (unsigned turn = 0; turn < 3; turn++) {
		w = create_ok(s.path, &options);
		for (ev.ts_ns = 1; ev.ts_ns < 16; ev.ts_ns++)
			tf_writer_add(w, &ev);
		ck_assert_int_eq(tf_writer_close(w, NULL), turn ? 0 : -EEXIST);
		ck_assert_uint_eq(info_of(segment(&s, 1)).nr_events, turn ? 5 : 100);
		if (!turn)
			unlink(segment(&s, 1));
	}
	ck_assert_uint_eq(info_of(s.path).nr_events, 15);
	delete_segments(&s, 2);
	scratch_end(&s);
}
END_TEST

START_TEST(test_bad_options)
{
	static const struct {
		struct tf_writer_options options;
		const char *path, *reason;
	} cases[] = {
		{ { .rotate_ns = 1 }, NULL, "options that cannot be: no identity of the trace" },
		{ { .keep = 2 }, NULL, "options that cannot be: segments to keep" },
		{ { .threads = 65 }, NULL, "options that cannot be: threads" },
		{ { .minor = TF_VERSION_MINOR + 1 },
		  NULL,
		  "options that cannot be: minor version" },
		{ { .rotate_bytes = 1, .trace_id = 1 },
		  "/dev/null",
		  "cannot be rotated: no regular file" },
		{ { .rotate_bytes = 1, .trace_id = 1 }, "-", "cannot be rotated: no regular file" },
	};
	struct tf_error err;
	struct tf_writer *w;
	struct scratch s;

	scratch_begin(&s);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *path = cases[i].path ? cases[i].path : s.path;

		ck_assert_int_eq(tf_writer_create(&w, path, &cases[i].options, &err), -EINVAL);
		ck_assert_str_eq(err.reason, cases[i].reason);
		ck_assert_int_eq(access(s.path, F_OK), -1);
	}
	scratch_end(&s);
}
END_TEST

RUN_SUITE("tracefmt/writer", test_threads_do_not_show, test_checkpoints, test_checkpoints_are_few,
	  test_rotation_by_size, test_rotation_by_time, test_keep, test_stranger_in_the_way,
	  test_bad_options)
