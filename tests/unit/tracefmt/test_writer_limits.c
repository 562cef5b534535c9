/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a file must end: its limit, the process's, and disks that fill up. */
#include "tests/unit/suite.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "tests/unit/tracefmt/writing.h"

/* Add until events are refused; how many were not. */
static uint64_t add_until_refused(struct tf_writer *w, const struct tf_event *events, int code)
{
	uint64_t nr = 0;
	int ret = 0;

	while (nr < MANY && !(ret = tf_writer_add(w, &events[nr])))
		nr++;
	ck_assert_int_eq(ret, code);
	return nr;
}

/* What a recorder does at the end: a gap, the closing snapshot, its mark. */
static void add_end(struct tf_writer *w, struct tf_meta *meta, uint64_t nr_lost)
{
	struct tf_event gap = { .kind = TF_GAP, .bytes_req = nr_lost, .ts_ns = 7 };
	struct tf_event mark = { .kind = TF_MARK, .addr = 1, .ts_ns = 8 };
	struct tf_snapshot *snap = tf_meta_begin_snapshot(meta, 1000);

	ck_assert_ptr_nonnull(snap);
	ck_assert_int_eq(tf_snapshot_add(snap, "/proc/zoneinfo", "Node 0, zone DMA\n", 17), 0);
	ck_assert_int_eq(tf_writer_add(w, &gap), 0);
	ck_assert_int_eq(tf_writer_add_meta(w, meta), 0);
	ck_assert_int_eq(tf_writer_add(w, &mark), 0);
}

static void check_end(const char *path, uint64_t nr_events, uint64_t nr_lost)
{
	struct tf_reader *r = open_ok(path);
	struct tf_reader_info info;

	tf_reader_get_info(r, &info);
	ck_assert(info.complete);
	ck_assert_uint_eq(info.nr_events, nr_events);
	ck_assert_uint_eq(info.nr_lost, nr_lost);
	ck_assert_uint_eq(info.by_kind[TF_MARK], 1);
	ck_assert_uint_eq(tf_reader_meta(r)->nr_snapshots, 2);
	ck_assert_uint_eq(tf_reader_meta(r)->snapshots[1].nr_files, 1);
	tf_reader_close(r);
}

START_TEST(test_max_bytes)
{
	struct tf_event *events = load_events(4, MANY);
	struct tf_writer_options options = { .block_events = 500, .max_bytes = 120000 };
	struct tf_writer_stats stats;
	struct tf_error err;
	struct scratch s;

	scratch_begin(&s);
	for (unsigned threads = 1; threads < 4; threads++) {
		struct tf_writer *w;
		struct tf_meta meta;
		uint64_t nr;

		options.threads = threads;
		options.rotate_bytes = threads == 3 ? 30000 : 0;
		options.trace_id = threads == 3 ? TRACE_ID : 0;
		tf_meta_init(&meta);
		sample_meta(&meta);
		w = create_ok(s.path, &options);
		ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
		nr = add_until_refused(w, events, -EFBIG);
		ck_assert_int_eq(tf_writer_flush(w), -EFBIG);
		tf_writer_get_stats(w, &stats);
		ck_assert(stats.is_limit && stats.is_nearly_full && !stats.is_complete);
		ck_assert_int_eq(stats.stopped, -EFBIG);
		ck_assert_uint_eq(stats.nr_events + stats.nr_dropped, nr);
		ck_assert_uint_eq(stats.nr_events % 500, 0);
		add_end(w, &meta, stats.nr_dropped);
		ck_assert_int_eq(tf_writer_finish(w, &err), 0);
		tf_writer_get_stats(w, &stats);
		ck_assert(stats.is_complete);
		ck_assert_uint_gt(stats.file_bytes, 60000);
		ck_assert_uint_le(stats.file_bytes, 120000);
		ck_assert_int_eq(tf_writer_close(w, &err), 0);
		check_end(s.path, stats.nr_events, stats.nr_dropped);
		ck_assert_uint_eq(info_of(s.path).file_bytes, stats.file_bytes);
		ck_assert_uint_gt(stats.nr_segments, threads == 3 ? 2 : 0);
		tf_meta_release(&meta);
	}
	free(events);
	delete_segments(&s, (unsigned)stats.nr_segments);
	scratch_end(&s);
}
END_TEST

/* For this process, and so for the file to which Check writes where the test is. */
static void set_file_size_limit(rlim_t bytes)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A process may not write more: known before, so the file is whole. */
START_TEST(test_file_size_limit)
{
	struct tf_writer_options options = { .block_events = 500 };
	struct tf_event *events = load_events(4, MANY);
	struct tf_writer_stats stats;
	struct tf_error err;
	struct tf_writer *w;
	struct scratch s;

	scratch_begin(&s);
	for (unsigned turn = 0; turn < 2; turn++) {
		options.flags = turn ? TF_WRITER_DURABLE : 0;
		set_file_size_limit(20000);
		w = create_ok(s.path, &options);
		add_until_refused(w, events, -EFBIG);
		ck_assert_int_eq(tf_writer_finish(w, &err), -EFBIG);
		ck_assert_str_eq(err.reason, "cannot write: File too large");
		tf_writer_get_stats(w, &stats);
		ck_assert(stats.is_complete && !stats.is_limit);
		ck_assert_int_eq(tf_writer_close(w, NULL), -EFBIG);
		set_file_size_limit(RLIM_INFINITY);
		ck_assert_uint_le(size_of(s.path), 20000);
		ck_assert_uint_gt(stats.nr_events, 1000);
		ck_assert(info_of(s.path).complete);
		expect_events(s.path, events, stats.nr_events);
	}
	free(events);
	scratch_end(&s);
}
END_TEST

/* With rotation it is the next file's turn. */
START_TEST(test_file_size_limit_rotates)
{
	struct tf_writer_options options = {
		.block_events = 500,
		.rotate_bytes = 1 << 20,
		.trace_id = TRACE_ID,
		.flags = TF_WRITER_DURABLE,
	};
	struct tf_event *events = load_events(4, MANY);
	struct tf_writer_stats stats;
	struct scratch s;

	scratch_begin(&s);
	set_file_size_limit(20000);
	write_load(s.path, &options, events, MANY, &stats);
	set_file_size_limit(RLIM_INFINITY);
	ck_assert_uint_gt(stats.nr_segments, 5);
	expect_events(s.path, events, MANY);
	free(events);
	delete_segments(&s, (unsigned)stats.nr_segments);
	scratch_end(&s);
}
END_TEST

/* A small disk of the test's own on s->dir; false where that cannot be had. */
static bool mount_disk(const struct scratch *s, const char *size)
{
	char options[32];

	snprintf(options, sizeof(options), "size=%s", size);
	return !unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("tmpfs", s->dir, "tmpfs", 0, options);
}

static void umount_disk(const struct scratch *s)
{
	unlink(s->path);
	ck_assert_int_eq(umount(s->dir), 0);
}

static void fill_disk(const struct scratch *s)
{
	int fd = open(s->other, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_ge(fd, 0);
	while (write(fd, s->dir, sizeof(s->dir)) > 0)
		;
	ck_assert_int_eq(errno, ENOSPC);
	close(fd);
}

/* The disk fills up: what was written can be read, and what was kept free takes the end. */
START_TEST(test_full_disk)
{
	struct tf_writer_options options = { .block_events = 500 };
	struct tf_event *events = load_events(4, MANY);
	struct tf_writer_stats stats;
	struct tf_error err;
	struct scratch s;

	scratch_begin(&s);
	if (!mount_disk(&s, "256k")) {
		printf("SKIP: tracefmt/writer_limits/full_disk: no tmpfs can be mounted\n");
		free(events);
		scratch_end(&s);
		return;
	}
	for (unsigned turn = 0; turn < 4; turn++) {
		bool is_durable = turn % 2;
		struct tf_writer *w;
		struct tf_meta meta;
		uint64_t nr;

		options.flags = is_durable ? TF_WRITER_DURABLE : 0;
		options.threads = turn < 2 ? 1 : 3;
		tf_meta_init(&meta);
		sample_meta(&meta);
		w = create_ok(s.path, &options);
		ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
		nr = add_until_refused(w, events, -ENOSPC);
		ck_assert_int_eq(tf_writer_flush(w), -ENOSPC);
		tf_writer_get_stats(w, &stats);
		ck_assert_uint_eq(stats.nr_events + stats.nr_dropped, nr);
		ck_assert_uint_gt(stats.nr_dropped, 0);
		ck_assert(!stats.is_limit);
		if (is_durable)
			add_end(w, &meta, stats.nr_dropped);
		ck_assert_int_eq(tf_writer_finish(w, &err), -ENOSPC);
		ck_assert_str_eq(err.reason, "cannot write: No space left on device");
		tf_writer_get_stats(w, &stats);
		ck_assert_int_eq(tf_writer_close(w, NULL), -ENOSPC);
		/* Without a reserve the footer has the room of the block that did not fit. */
		if (is_durable) {
			ck_assert(stats.is_complete);
			check_end(s.path, stats.nr_events, stats.nr_dropped);
		} else {
			ck_assert(info_of(s.path).complete == stats.is_complete);
			expect_events(s.path, events, stats.nr_events);
		}
		tf_meta_release(&meta);
		unlink(s.path);
	}
	free(events);
	umount_disk(&s);
	scratch_end(&s);
}
END_TEST

/* There is no room for so much as a header. */
START_TEST(test_no_room_at_all)
{
	struct tf_writer_options options = { .flags = TF_WRITER_DURABLE };
	struct tf_event ev = { .kind = TF_KFREE };
	struct tf_writer_stats stats;
	struct tf_error err;
	struct tf_writer *w;
	struct scratch s;

	scratch_begin(&s);
	if (!mount_disk(&s, "64k")) {
		printf("SKIP: tracefmt/writer_limits/no_room_at_all: no tmpfs can be mounted\n");
		scratch_end(&s);
		return;
	}
	fill_disk(&s);
	w = create_ok(s.path, &options);
	ck_assert_int_eq(tf_writer_add(w, &ev), 0);
	ck_assert_int_eq(tf_writer_flush(w), -ENOSPC);
	ck_assert_int_eq(tf_writer_finish(w, &err), -ENOSPC);
	tf_writer_get_stats(w, &stats);
	ck_assert(!stats.is_complete);
	ck_assert_uint_eq(stats.nr_events, 0);
	ck_assert_uint_eq(stats.nr_dropped, 1);
	ck_assert_uint_eq(stats.file_bytes, 0);
	ck_assert_int_eq(tf_writer_close(w, NULL), -ENOSPC);
	ck_assert_uint_eq(size_of(s.path), 0);
	unlink(s.other);
	umount_disk(&s);
	scratch_end(&s);
}
END_TEST

/* What others left is less than a block, but what was kept free takes header and footer. */
START_TEST(test_others_fill_the_disk)
{
	struct tf_writer_options options = { .flags = TF_WRITER_DURABLE };
	struct tf_event ev = { .kind = TF_KFREE };
	struct tf_writer_stats stats;
	struct tf_writer *w;
	struct scratch s;

	scratch_begin(&s);
	if (!mount_disk(&s, "512k")) {
		printf("SKIP: tracefmt/writer_limits/others_fill_the_disk: no tmpfs can be mounted\n");
		scratch_end(&s);
		return;
	}
	w = create_ok(s.path, &options);
	fill_disk(&s);
	ck_assert_int_eq(tf_writer_add(w, &ev), 0);
	ck_assert_int_eq(tf_writer_flush(w), -ENOSPC);
	ck_assert_int_eq(tf_writer_add(w, &ev), -ENOSPC);
	ck_assert_int_eq(tf_writer_finish(w, NULL), -ENOSPC);
	tf_writer_get_stats(w, &stats);
	ck_assert(stats.is_complete);
	ck_assert_uint_eq(stats.nr_events, 0);
	ck_assert_uint_eq(stats.nr_dropped, 1);
	ck_assert_uint_eq(stats.file_bytes, size_of(s.path));
	ck_assert_int_eq(tf_writer_close(w, NULL), -ENOSPC);
	ck_assert(info_of(s.path).complete);
	unlink(s.other);
	umount_disk(&s);
	scratch_end(&s);
}
END_TEST

/* Errors come with a later call, whatever the threads are doing. */
START_TEST(test_error_surfaces)
{
	struct tf_event *events = load_events(4, MANY);
	struct tf_writer_options options = { .block_events = 100, .threads = 4 };
	struct tf_writer_stats stats;
	struct tf_error err;
	struct tf_writer *w = create_ok("/dev/full", &options);
	uint64_t nr = add_until_refused(w, events, -ENOSPC);

	ck_assert_uint_lt(nr, 2000);
	ck_assert_int_eq(tf_writer_finish(w, &err), -ENOSPC);
	tf_writer_get_stats(w, &stats);
	ck_assert_uint_eq(stats.nr_events, 0);
	ck_assert_uint_eq(stats.nr_dropped, nr);
	ck_assert_int_eq(tf_writer_close(w, NULL), -ENOSPC);
	free(events);
}
END_TEST

RUN_SUITE("tracefmt/writer_limits", test_max_bytes, test_file_size_limit,
	  test_file_size_limit_rotates, test_full_disk, test_no_room_at_all,
	  test_others_fill_the_disk, test_error_surfaces)
