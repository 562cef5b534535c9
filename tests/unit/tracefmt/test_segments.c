/* SPDX-License-Identifier: GPL-2.0-only */
/* A trace of several files is read, checked and saved as one. */
#include "tests/unit/suite.h"

#include "tests/unit/tracefmt/craft.h"
#include "tracefmt/segments.h"
#include "tracefmt/verify.h"

#define ID 0x1234567890abcdefu

/* PATH is DIR/t.kmt. */
struct dir {
	char name[64];
	char path[80];
};

static void dir_begin(struct dir *d)
{
	strcpy(d->name, "/tmp/kmemtool-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(d->name));
	snprintf(d->path, sizeof(d->path), "%s/t.kmt", d->name);
}

/* PATH.number, or PATH for 0; valid until the next call. */
static const char *segment_path(const struct dir *d, unsigned number)
{
	static char path[100];

	if (number)
		snprintf(path, sizeof(path), "%s.%u", d->path, number);
	else
		snprintf(path, sizeof(path), "%s", d->path);
	return path;
}

static void dir_end(struct dir *d)
{
	char other[100];

	for (unsigned i = 0; i < 12; i++)
		unlink(segment_path(d, i));
	snprintf(other, sizeof(other), "%s/out.kmt", d->name);
	unlink(other);
	ck_assert_int_eq(rmdir(d->name), 0);
}

/*
 * Segment number: a fact, a checkpoint of three, and 10 events from event 10 * number
 * on, one each 10 ns from 1000 + 100 * number.
 */
static void write_segment(const struct dir *d, uint32_t number, uint64_t id, bool has_footer)
{
	struct tf_meta meta;
	struct craft c;

	tf_meta_init(&meta);
	ck_assert_int_eq(tf_meta_setf(&meta, "last", "%u", number), 0);
	ck_assert_int_eq(tf_meta_setf(&meta, "host.release", "6.12"), 0);
	for (unsigned i = 0; i <= number; i++)
		ck_assert_int_eq(tf_meta_add_symbol(&meta, 0x1000 + i, "function", i), 0);
	craft_begin(&c, number, id, 10 * (uint64_t)number);
	craft_meta(&c, &meta);
	craft_series(&c, TF_BLOCK_CHECKPOINT, 10000 * (uint64_t)number, 3, 5, 1, 0);
	craft_series(&c, TF_BLOCK_EVENTS, 10 * (uint64_t)number, 10, 1000 + 100 * (uint64_t)number,
		     10, 0);
	craft_end(&c, has_footer);
	craft_save(&c, segment_path(d, number));
	tf_meta_release(&meta);
}

static struct tf_reader *open_ok(const char *path)
{
	struct tf_error err = { .reason = "" };
	struct tf_reader *r = NULL;

	ck_assert_msg(!tf_reader_open(&r, path, &err), "%s", err.reason);
	return r;
}

/* Events number first to last in order, nothing wrong on the way but what reason says. */
static void expect_events(struct tf_reader *r, uint64_t first, uint64_t last, uint64_t hole_from,
			  uint64_t hole_to, const char *reason)
{
	const struct tf_event *batch;
	struct tf_error err;
	uint64_t at = first;
	int64_t got;

	while ((got = tf_reader_next(r, &batch, &err))) {
		if (got < 0) {
			ck_assert_ptr_nonnull(reason);
			ck_assert_str_eq(err.reason, reason);
			ck_assert_uint_eq(at, hole_from);
			at = hole_to;
			reason = NULL;
			continue;
		}
		for (int64_t i = 0; i < got; i++, at++)
			ck_assert_uint_eq(batch[i].addr, 0x1000 + at);
	}
	ck_assert_uint_eq(at, last + 1);
	ck_assert_ptr_null(reason);
}

START_TEST(test_all_of_them)
{
	struct tf_reader_info info;
	struct tf_reader *r;
	uint64_t bytes = 0;
	struct stat st;
	struct dir d;

	dir_begin(&d);
	for (unsigned i = 0; i < 12; i++) {
		write_segment(&d, i, ID, true);
		ck_assert_int_eq(stat(segment_path(&d, i), &st), 0);
		bytes += (uint64_t)st.st_size;
	}
	for (unsigned threads = 0; threads < 2; threads++) {
		r = open_ok(d.path);
		tf_reader_set_threads(r, threads);
		tf_reader_get_info(r, &info);
		ck_assert(info.complete);
		ck_assert_uint_eq(info.nr_segments, 12);
		ck_assert_uint_eq(info.file_bytes, bytes);
		ck_assert_uint_eq(info.nr_events, 120);
		ck_assert_uint_eq(info.nr_blocks, 12);
		ck_assert_uint_eq(info.by_kind[TF_KFREE], 60);
		ck_assert_uint_eq(info.first_ns, 1000);
		ck_assert_uint_eq(info.last_ns, 1000 + 1100 + 90);
		ck_assert_uint_eq(info.nr_checkpoints, 12);
		ck_assert_uint_eq(info.first_event, 0);
		ck_assert_uint_eq(info.nr_missing, 0);
		/* What was said again is there once, and the last word holds. */
		ck_assert_str_eq(tf_meta_get(tf_reader_meta(r), "last"), "11");
		ck_assert_uint_eq(tf_reader_meta(r)->nr_symbols, 12);
		expect_events(r, 0, 119, 0, 0, NULL);
		tf_reader_rewind(r);
		expect_events(r, 0, 119, 0, 0, NULL);
		tf_reader_set_range(r, 1550, 1750);
		tf_reader_rewind(r);
		expect_events(r, 55, 74, 0, 0, NULL);
		tf_reader_set_range(r, 0, UINT64_MAX);
		tf_reader_set_events(r, 99, 3);
		tf_reader_rewind(r);
		expect_events(r, 99, 101, 0, 0, NULL);
		tf_reader_close(r);
	}
	/* A later one alone is whole in itself. */
	r = open_ok(segment_path(&d, 7));
	tf_reader_get_info(r, &info);
	ck_assert(info.complete);
	ck_assert_uint_eq(info.nr_segments, 1);
	ck_assert_uint_eq(info.nr_events, 10);
	ck_assert_uint_eq(info.first_event, 70);
	ck_assert_str_eq(tf_meta_get(tf_reader_meta(r), "last"), "7");
	expect_events(r, 70, 79, 0, 0, NULL);
	tf_reader_close(r);
	dir_end(&d);
}
END_TEST

/* The range and its checkpoint may lie in different files, and there may be none before it. */
START_TEST(test_warm)
{
	static const struct {
		uint64_t from_ns, live, before, range;
	} cases[] = {
		{ 0, 0, 0, 0 },		 /* the very beginning has a checkpoint, too */
		{ 1230, 20000, 20, 23 }, /* in the third */
		{ 1300, 30000, 0, 30 },	 /* where the fourth begins */
		{ 1295, 30000, 0, 30 },	 /* between them */
	};
	const struct tf_event *batch;
	struct tf_reader *r;
	struct dir d;

	dir_begin(&d);
	for (unsigned i = 0; i < 5; i++)
		write_segment(&d, i, ID, i < 4);
	r = open_ok(d.path);
	tf_reader_set_warm(r, true);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tf_reader_set_range(r, cases[i].from_ns, UINT64_MAX);
		tf_reader_rewind(r);
		ck_assert_int_eq(tf_reader_next(r, &batch, NULL), 3);
		ck_assert_int_eq(tf_reader_phase(r), TF_PHASE_LIVE);
		ck_assert_uint_eq(batch->addr, 0x1000 + cases[i].live);
		ck_assert_int_gt(tf_reader_next(r, &batch, NULL), 0);
		if (cases[i].before) {
			ck_assert_int_eq(tf_reader_phase(r), TF_PHASE_BEFORE);
			ck_assert_uint_eq(batch->addr, 0x1000 + cases[i].before);
			ck_assert_int_gt(tf_reader_next(r, &batch, NULL), 0);
		}
		ck_assert_int_eq(tf_reader_phase(r), TF_PHASE_RANGE);
		ck_assert_uint_eq(batch->addr, 0x1000 + cases[i].range);
	}
	tf_reader_close(r);
	dir_end(&d);
}
END_TEST

/* The oldest were deleted, as a recording with a bound does: what is there is all there is. */
START_TEST(test_oldest_deleted)
{
	struct tf_reader_info info;
	const struct tf_event *batch;
	struct tf_error err;
	struct tf_reader *r;
	struct dir d;

	dir_begin(&d);
	for (unsigned i = 3; i < 7; i++)
		write_segment(&d, i, ID, true);
	r = open_ok(d.path);
	tf_reader_get_info(r, &info);
	ck_assert(info.complete);
	ck_assert_uint_eq(info.nr_segments, 4);
	ck_assert_uint_eq(info.first_event, 30);
	ck_assert_uint_eq(info.nr_missing, 0);
	expect_events(r, 30, 69, 0, 0, NULL);
	tf_reader_close(r);
	/* An error of a file that was not named has its name. */
	truncate(segment_path(&d, 3), 30);
	r = open_ok(d.path);
	expect_events(r, 40, 69, 0, 0, NULL);
	tf_reader_close(r);
	for (unsigned i = 4; i < 7; i++)
		unlink(segment_path(&d, i));
	ck_assert_int_eq(tf_reader_open(&r, d.path, &err), -ENOENT);
	ck_assert_str_eq(err.reason, "cannot open: No such file or directory");
	write_segment(&d, 4, ID, true);
	write_segment(&d, 5, ID, true);
	{
		size_t len;
		uint8_t *data = load_file(segment_path(&d, 5), &len);
		struct tf_scan_item item;
		uint64_t pos = TF_FILE_HEADER_BYTES;

		while (tf_scan_next(data, len, &pos, &item) && item.h.type != TF_BLOCK_EVENTS)
			;
		data[item.offset + 200] ^= 1;
		save_file(segment_path(&d, 5), data, len);
		free(data);
		r = open_ok(d.path);
		ck_assert_int_eq(tf_reader_next(r, &batch, &err), 10);
		ck_assert_int_eq(tf_reader_next(r, &batch, &err), -EBADMSG);
		ck_assert_str_eq(err.reason, "in t.kmt.5: damaged block: wrong checksum");
		ck_assert_uint_eq(err.offset, item.offset);
		tf_reader_close(r);
	}
	dir_end(&d);
}
END_TEST

START_TEST(test_missing)
{
	struct tf_reader_info info;
	struct tf_reader *r;
	struct dir d;

	dir_begin(&d);
	for (unsigned i = 0; i < 7; i++)
		write_segment(&d, i, ID, true);
	unlink(segment_path(&d, 3));
	r = open_ok(d.path);
	tf_reader_get_info(r, &info);
	ck_assert(!info.complete);
	ck_assert_uint_eq(info.nr_segments, 6);
	ck_assert_uint_eq(info.nr_missing, 10);
	expect_events(r, 0, 69, 30, 40, "in t.kmt.4: 1 file before it is missing, with 10 records");
	tf_reader_close(r);
	unlink(segment_path(&d, 2));
	r = open_ok(d.path);
	expect_events(r, 0, 69, 20, 40,
		      "in t.kmt.4: 2 files before it are missing, with 20 records");
	/* Who reads what is behind it does not hear of it. */
	tf_reader_set_range(r, 1500, UINT64_MAX);
	tf_reader_rewind(r);
	expect_events(r, 50, 69, 0, 0, NULL);
	/* Nor who reads what is before it, nor a replay that starts behind it. */
	tf_reader_set_range(r, 0, 1150);
	tf_reader_rewind(r);
	expect_events(r, 0, 14, 0, 0, NULL);
	tf_reader_set_range(r, 0, UINT64_MAX);
	tf_reader_set_events(r, 55, 1);
	tf_reader_set_warm(r, true);
	tf_reader_rewind(r);
	{
		const struct tf_event *batch;

		ck_assert_int_eq(tf_reader_next(r, &batch, NULL), 3);
		ck_assert_int_eq(tf_reader_next(r, &batch, NULL), 5);
		ck_assert_int_eq(tf_reader_next(r, &batch, NULL), 1);
		ck_assert_int_eq(tf_reader_next(r, &batch, NULL), 0);
	}
	tf_reader_close(r);
	dir_end(&d);
}
END_TEST

/* The recorder was killed while it wrote the last one, or just when it had created it. */
START_TEST(test_killed)
{
	struct tf_reader_info info;
	struct tf_reader *r;
	struct dir d;

	dir_begin(&d);
	for (unsigned i = 0; i < 3; i++)
		write_segment(&d, i, ID, i < 2);
	r = open_ok(d.path);
	tf_reader_get_info(r, &info);
	ck_assert(!info.complete);
	expect_events(r, 0, 29, 0, 0, NULL);
	tf_reader_close(r);
	truncate(segment_path(&d, 2), 64);
	r = open_ok(d.path);
	tf_reader_get_info(r, &info);
	ck_assert(!info.complete);
	ck_assert_uint_eq(info.nr_missing, 0);
	expect_events(r, 0, 19, 0, 0, NULL);
	tf_reader_close(r);
	truncate(segment_path(&d, 2), 0);
	r = open_ok(d.path);
	tf_reader_get_info(r, &info);
	ck_assert(!info.complete);
	expect_events(r, 0, 19, 20, 20, "in t.kmt.2: empty file");
	tf_reader_close(r);
	dir_end(&d);
}
END_TEST

/* Files of that name that are none of this trace. */
START_TEST(test_strangers)
{
	struct tf_reader_info info;
	struct tf_reader *r;
	struct dir d;
	char path[100];

	dir_begin(&d);
	for (unsigned i = 0; i < 3; i++)
		write_segment(&d, i, ID, true);
	write_segment(&d, 3, ID + 1, true); /* left by an older recording */
	write_segment(&d, 4, ID, true);
	strcpy(path, segment_path(&d, 5));
	ck_assert_int_eq(rename(segment_path(&d, 4), path), 0); /* not its number */
	save_file(segment_path(&d, 6), (const uint8_t *)"hello, world", 12);
	ck_assert_int_eq(mkdir(segment_path(&d, 7), 0700), 0);
	ck_assert_int_eq(mkfifo(segment_path(&d, 8), 0600), 0);
	strcpy(path, d.path);
	strcat(path, ".03");
	save_file(path, (const uint8_t *)"x", 1);
	r = open_ok(d.path);
	tf_reader_get_info(r, &info);
	ck_assert(info.complete);
	ck_assert_uint_eq(info.nr_segments, 3);
	expect_events(r, 0, 29, 0, 0, NULL);
	tf_reader_close(r);
	unlink(path);
	rmdir(segment_path(&d, 7));
	/* One file that is no part of several has no followers. */
	write_segment(&d, 0, 0, true);
	r = open_ok(d.path);
	tf_reader_get_info(r, &info);
	ck_assert_uint_eq(info.nr_segments, 1);
	tf_reader_close(r);
	dir_end(&d);
}
END_TEST

/* A later file's header is damaged: its blocks cannot be trusted to a reader. */
START_TEST(test_damaged_header)
{
	struct tf_reader_info info;
	struct tf_reader *r;
	struct dir d;
	uint8_t *data;
	size_t len;

	dir_begin(&d);
	for (unsigned i = 0; i < 4; i++)
		write_segment(&d, i, ID, true);
	data = load_file(segment_path(&d, 2), &len);
	data[25] ^= 1;
	save_file(segment_path(&d, 2), data, len);
	free(data);
	r = open_ok(d.path);
	tf_reader_get_info(r, &info);
	ck_assert(!info.complete);
	ck_assert_uint_eq(info.nr_events, 30);
	ck_assert_uint_eq(info.nr_missing, 10);
	{
		const struct tf_event *batch;
		struct tf_error err;

		ck_assert_int_eq(tf_reader_next(r, &batch, &err), 10);
		ck_assert_int_eq(tf_reader_next(r, &batch, &err), 10);
		ck_assert_int_eq(tf_reader_next(r, &batch, &err), -EBADMSG);
		ck_assert_str_eq(err.reason, "in t.kmt.2: damaged header: wrong checksum");
		ck_assert_int_eq(tf_reader_next(r, &batch, &err), -ENODATA);
		ck_assert_str_eq(err.reason,
				 "in t.kmt.3: the file before it is not read, with 10 records");
		ck_assert_int_eq(tf_reader_next(r, &batch, &err), 10);
		ck_assert_int_eq(tf_reader_next(r, &batch, &err), 0);
	}
	tf_reader_close(r);
	dir_end(&d);
}
END_TEST

struct findings {
	unsigned nr;
	struct tf_error list[8];
};

static void note(void *arg, const struct tf_error *what)
{
	struct findings *found = arg;

	ck_assert_uint_lt(found->nr, 8);
	found->list[found->nr++] = *what;
}

static struct tf_verify_result verify(const struct dir *d, struct findings *found)
{
	struct tf_verify_result result;
	struct tf_error err = { .reason = "" };

	found->nr = 0;
	ck_assert_msg(!tf_verify(d->path, &result, note, found, &err), "%s", err.reason);
	ck_assert_uint_eq(result.nr_damaged, found->nr);
	return result;
}

START_TEST(test_verify)
{
	struct tf_verify_result result;
	struct findings found;
	struct dir d;
	uint8_t *data;
	size_t len;

	dir_begin(&d);
	for (unsigned i = 0; i < 5; i++)
		write_segment(&d, i, ID, true);
	result = verify(&d, &found);
	ck_assert_uint_eq(found.nr, 0);
	ck_assert(result.complete);
	ck_assert_uint_eq(result.nr_segments, 5);
	ck_assert_uint_eq(result.nr_blocks, 5 * 5);
	/* A payload in the second, the header of the fourth. */
	data = load_file(segment_path(&d, 1), &len);
	data[len - 400] ^= 1;
	save_file(segment_path(&d, 1), data, len);
	free(data);
	data = load_file(segment_path(&d, 3), &len);
	data[30] ^= 1;
	save_file(segment_path(&d, 3), data, len);
	free(data);
	result = verify(&d, &found);
	ck_assert_uint_eq(found.nr, 2);
	ck_assert(!strncmp(found.list[0].reason, "in t.kmt.1: ", 12));
	ck_assert_str_eq(found.list[1].reason, "in t.kmt.3: damaged header: wrong checksum");
	/* One missing, and what it held. */
	unlink(segment_path(&d, 3));
	result = verify(&d, &found);
	ck_assert_uint_eq(found.nr, 2);
	ck_assert(!result.complete);
	ck_assert_str_eq(found.list[1].reason, "in t.kmt.4: 1 file before it is missing");
	ck_assert_uint_ge(result.nr_lost, 10);
	dir_end(&d);
}
END_TEST

START_TEST(test_salvage)
{
	struct tf_verify_result result;
	const struct tf_event *batch;
	struct tf_reader_info info;
	struct tf_error err;
	struct tf_reader *r;
	char out[100];
	struct dir d;

	dir_begin(&d);
	for (unsigned i = 0; i < 5; i++)
		write_segment(&d, i, ID, i < 4);
	unlink(segment_path(&d, 2));
	snprintf(out, sizeof(out), "%s/out.kmt", d.name);
	ck_assert_int_eq(tf_salvage(d.path, out, &result, &err), 0);
	ck_assert_uint_eq(result.nr_lost, 10);
	ck_assert_int_eq(tf_verify(out, &result, NULL, NULL, NULL), 0);
	ck_assert_uint_eq(result.nr_damaged, 0);
	ck_assert(result.complete);
	r = open_ok(out);
	tf_reader_get_info(r, &info);
	ck_assert_uint_eq(info.nr_segments, 1);
	ck_assert_uint_eq(info.nr_events, 40);
	ck_assert_uint_eq(info.nr_lost, 10);
	ck_assert_uint_eq(info.nr_checkpoints, 4);
	ck_assert_str_eq(tf_meta_get(tf_reader_meta(r), "last"), "4");
	ck_assert_uint_eq(tf_reader_meta(r)->nr_symbols, 5);
	for (unsigned i = 0; i < 5; i++) {
		ck_assert_int_eq(tf_reader_next(r, &batch, &err), i == 2 ? 1 : 10);
		ck_assert_uint_eq(batch->kind == TF_GAP, i == 2);
		if (i == 2) {
			ck_assert_uint_eq(batch->bytes_req, 10);
			ck_assert_uint_eq(batch->ts_ns, 1190);
			ck_assert_uint_eq(batch->cpu, 0);
		} else {
			ck_assert_uint_eq(batch->addr, 0x1000 + i * 10);
		}
	}
	tf_reader_close(r);
	/* A part of the input is no output. */
	ck_assert_int_eq(tf_salvage(d.path, segment_path(&d, 3), &result, &err), -EINVAL);
	ck_assert_str_eq(err.reason, "the output is the input");
	dir_end(&d);
}
END_TEST

/* The addresses that live, as far as the load of sample.h makes them; sorted. */
struct living {
	uint64_t addr[LOAD_SITES * LOAD_LIVE];
	size_t nr;
};

static void live_on(struct living *l, const struct tf_event *ev)
{
	size_t at = 0;

	while (at < l->nr && l->addr[at] < ev->addr)
		at++;
	if (at < l->nr && l->addr[at] == ev->addr)
		memmove(&l->addr[at], &l->addr[at + 1], (--l->nr - at) * sizeof(l->addr[0]));
	if (!tf_kind_is_alloc(ev->kind))
		return;
	memmove(&l->addr[at + 1], &l->addr[at], (l->nr++ - at) * sizeof(l->addr[0]));
	l->addr[at] = ev->addr;
}

/*
 * A recording that was rotated, with checkpoints: whatever a reading begins with, what lives
 * then is what the events from the very beginning say, and little is read to know it.
 */
START_TEST(test_warm_is_right)
{
	const struct tf_writer_options options = {
		.block_events = 500,
		.rotate_bytes = 30000,
		.trace_id = ID,
		.checkpoint_events = 2000,
	};
	const size_t nr = 60000;
	struct tf_event *events = load_events(21, nr);
	const struct tf_event *batch;
	struct tf_reader_info info;
	struct tf_reader *r;
	struct tf_writer *w;
	struct dir d;
	int err = 0;

	dir_begin(&d);
	ck_assert_int_eq(tf_writer_create(&w, d.path, &options, NULL), 0);
	for (size_t i = 0; i < nr; i++)
		err |= tf_writer_add(w, &events[i]);
	ck_assert_int_eq(err | tf_writer_close(w, NULL), 0);
	r = open_ok(d.path);
	tf_reader_get_info(r, &info);
	ck_assert_uint_gt(info.nr_segments, 2);
	ck_assert_uint_gt(info.nr_checkpoints, 2);
	tf_reader_set_warm(r, true);
	for (size_t from = 0; from < nr; from += 7777) {
		struct living want = { .nr = 0 }, got = { .nr = 0 };
		uint64_t nr_before = 0;
		int64_t n;

		for (size_t i = 0; i < from; i++)
			live_on(&want, &events[i]);
		tf_reader_set_range(r, events[from].ts_ns, UINT64_MAX);
		tf_reader_rewind(r);
		while ((n = tf_reader_next(r, &batch, NULL)) > 0 &&
		       tf_reader_phase(r) != TF_PHASE_RANGE) {
			nr_before += tf_reader_phase(r) == TF_PHASE_BEFORE ? (uint64_t)n : 0;
			for (int64_t i = 0; i < n; i++)
				live_on(&got, &batch[i]);
		}
		ck_assert_int_gt(n, 0);
		ck_assert(!memcmp(batch, &events[from], sizeof(*batch)));
		ck_assert_uint_eq(got.nr, want.nr);
		ck_assert(!memcmp(got.addr, want.addr, got.nr * sizeof(got.addr[0])));
		/* So many as live, times 16, are between two checkpoints. */
		ck_assert_uint_le(nr_before, 2 * 16 * LOAD_SITES * LOAD_LIVE);
	}
	tf_reader_close(r);
	free(events);
	dir_end(&d);
}
END_TEST

/*
 * What every file repeats counts once: all together would be far above the limit.
 */
START_TEST(test_repeated_metadata)
{
	const unsigned nr = 12;
	struct tf_meta meta;
	struct tf_reader *r;
	struct dir d;

	dir_begin(&d);
	tf_meta_init(&meta);
	for (unsigned i = 0; i < 40000; i++) {
		char name[64];

		snprintf(name, sizeof(name), "a_function_with_a_long_name_%u", i);
		if (tf_meta_add_symbol(&meta, i, name, 0))
			ck_abort();
	}
	for (unsigned i = 0; i < nr; i++) {
		struct craft c;

		craft_begin(&c, i, ID, 0);
		craft_meta(&c, &meta);
		craft_end(&c, true);
		craft_save(&c, segment_path(&d, i));
	}
	r = open_ok(d.path);
	expect_events(r, 0, -1, 0, 0, NULL);
	ck_assert_uint_eq(tf_reader_meta(r)->nr_symbols, 40000);
	ck_assert_uint_lt(tf_reader_meta(r)->decoded_bytes, TF_MAX_META_BYTES);
	tf_reader_close(r);
	tf_meta_release(&meta);
	dir_end(&d);
}
END_TEST

RUN_SUITE("tracefmt/segments", test_all_of_them, test_warm, test_oldest_deleted, test_missing,
	  test_killed, test_strangers, test_damaged_header, test_verify, test_salvage,
	  test_warm_is_right, test_repeated_metadata)
