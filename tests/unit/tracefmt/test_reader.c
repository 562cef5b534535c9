/* SPDX-License-Identifier: GPL-2.0-only */
/* What a reader can be asked for: ranges, kinds, CPUs, fields, a warm start, a thread. */
#include "tests/unit/suite.h"

#include <sys/mman.h>

#include "tests/unit/tracefmt/craft.h"

static struct tf_reader *open_ok(const char *path)
{
	struct tf_error err = { .reason = "" };
	struct tf_reader *r = NULL;

	ck_assert_msg(!tf_reader_open(&r, path, &err), "%s", err.reason);
	return r;
}

/* Does the selection by hand what a reader is asked to do. */
struct wish {
	uint64_t from_ns, to_ns, first, nr;
	uint32_t kinds;
	uint64_t cpus; /* of the first 64; 0: all */
};

static bool is_wished(const struct wish *w, const struct tf_event *ev, uint64_t number)
{
	return ev->ts_ns >= w->from_ns && ev->ts_ns < w->to_ns && number >= w->first &&
	       number - w->first < w->nr && (w->kinds & 1u << ev->kind) &&
	       (!w->cpus || w->cpus & UINT64_C(1) << ev->cpu);
}

static void ask(struct tf_reader *r, const struct wish *w)
{
	uint64_t cpus[TF_CPU_WORDS] = { w->cpus };

	tf_reader_set_range(r, w->from_ns, w->to_ns);
	tf_reader_set_events(r, w->first, w->nr);
	tf_reader_set_kinds(r, w->kinds);
	ck_assert_int_eq(tf_reader_set_cpus(r, w->cpus ? cpus : NULL), 0);
	tf_reader_rewind(r);
}

static void expect_wish(struct tf_reader *r, const struct wish *w, const struct tf_event *events,
			size_t nr)
{
	const struct tf_event *batch;
	struct tf_error err;
	size_t at = 0, nr_wrong = 0;
	int64_t got;

	while ((got = tf_reader_next(r, &batch, &err)) > 0) {
		ck_assert_int_eq(tf_reader_phase(r), TF_PHASE_RANGE);
		for (int64_t i = 0; i < got; i++, at++) {
			while (at < nr && !is_wished(w, &events[at], at))
				at++;
			nr_wrong += at >= nr || memcmp(&batch[i], &events[at], sizeof(*batch));
		}
	}
	ck_assert_uint_eq(nr_wrong, 0);
	ck_assert_int_eq(got, 0);
	while (at < nr && !is_wished(w, &events[at], at))
		at++;
	ck_assert_uint_eq(at, nr);
}

/* Every filter, alone and with others, over many blocks; with and without a thread. */
START_TEST(test_selection)
{
	const size_t nr = 20000;
	struct tf_event *events = load_events(5, nr);
	struct tf_reader *r;
	struct scratch s;
	uint64_t seed = 11;

	scratch_begin(&s);
	sample_trace(s.path, 5, nr, 777);
	r = open_ok(s.path);
	for (unsigned round = 0; round < 200; round++) {
		struct wish w = { 0, UINT64_MAX, 0, UINT64_MAX, UINT32_MAX, 0 };

		if (rnd_below(&seed, 2))
			w.from_ns = events[rnd_below(&seed, nr)].ts_ns + rnd_below(&seed, 2);
		if (rnd_below(&seed, 2))
			w.to_ns = events[rnd_below(&seed, nr)].ts_ns + rnd_below(&seed, 2);
		if (rnd_below(&seed, 2))
			w.first = rnd_below(&seed, nr + 10);
		if (rnd_below(&seed, 2))
			w.nr = rnd_below(&seed, nr);
		if (rnd_below(&seed, 2))
			w.kinds = (uint32_t)rnd_below(&seed, 64);
		if (rnd_below(&seed, 3) == 0)
			w.cpus = 1 + rnd_below(&seed, 4);
		tf_reader_set_threads(r, (unsigned)rnd_below(&seed, 2));
		ask(r, &w);
		expect_wish(r, &w, events, nr);
	}
	tf_reader_close(r);
	free(events);
	scratch_end(&s);
}
END_TEST

/* A selection without times, over blocks whose times need not be decoded to make it. */
START_TEST(test_want)
{
	const unsigned wants[] = { 0, TF_WANT_TIME, TF_WANT_ADDR };
	const size_t nr = 5000;
	struct tf_event *events = load_events(6, nr);
	struct scratch s;

	scratch_begin(&s);
	sample_trace(s.path, 6, nr, 500);
	for (unsigned i = 0; i < 3; i++) {
		struct wish w = { 0, UINT64_MAX, 0, UINT64_MAX, 1u << TF_KMALLOC, 0 };
		struct tf_reader *r = open_ok(s.path);
		const struct tf_event *batch;
		size_t at = 0;
		int64_t got;

		/* Cuts through the second block and the last but one. */
		w.from_ns = events[700].ts_ns;
		w.to_ns = events[4100].ts_ns;
		ask(r, &w);
		tf_reader_set_want(r, wants[i]);
		while ((got = tf_reader_next(r, &batch, NULL)) > 0) {
			for (int64_t k = 0; k < got; k++, at++) {
				while (!is_wished(&w, &events[at], at))
					at++;
				ck_assert_uint_lt(at, nr);
				ck_assert_uint_eq(batch[k].call_site, events[at].call_site);
				ck_assert_uint_eq(batch[k].bytes_req, events[at].bytes_req);
				ck_assert_uint_eq(batch[k].pid, events[at].pid);
				if (wants[i] & TF_WANT_TIME)
					ck_assert_uint_eq(batch[k].ts_ns, events[at].ts_ns);
				if (wants[i] & TF_WANT_ADDR)
					ck_assert_uint_eq(batch[k].addr, events[at].addr);
			}
		}
		ck_assert_int_eq(got, 0);
		while (at < nr && !is_wished(&w, &events[at], at))
			at++;
		ck_assert_uint_eq(at, nr);
		tf_reader_close(r);
	}
	free(events);
	scratch_end(&s);
}
END_TEST

/*
 * The thread is stopped, sent back and given other work at every place; what is read is
 * what a reader without one reads, errors at their places.
 */
START_TEST(test_thread)
{
	const size_t nr = 3000;
	struct tf_event *events = load_events(7, nr);
	const struct tf_event *batch;
	struct tf_error err;
	struct scratch s;
	uint8_t *data;
	size_t len;

	scratch_begin(&s);
	sample_trace(s.path, 7, nr, 100);
	data = load_file(s.path, &len);
	for (unsigned stop = 0; stop <= 31; stop++) {
		struct tf_reader *r = open_ok(s.path);

		tf_reader_set_threads(r, 1);
		for (unsigned i = 0; i < stop && i < 30; i++) {
			ck_assert_int_eq(tf_reader_next(r, &batch, &err), 100);
			ck_assert(!memcmp(batch, events + (size_t)i * 100, 100 * sizeof(*batch)));
		}
		switch (stop % 4) {
		case 0:
			tf_reader_rewind(r);
			ck_assert_int_eq(tf_reader_next(r, &batch, &err), 100);
			ck_assert(!memcmp(batch, events, 100 * sizeof(*batch)));
			break;
		case 1:
			/* Holds for the next block, though that was being decoded. */
			tf_reader_set_range(r, events[2950].ts_ns, UINT64_MAX);
			ck_assert_int_eq(tf_reader_next(r, &batch, &err), stop < 30 ? 50 : 0);
			break;
		case 2:
			tf_reader_set_threads(r, 0);
			ck_assert_int_eq(tf_reader_next(r, &batch, &err), stop < 30 ? 100 : 0);
			if (stop < 30)
				ck_assert(!memcmp(batch, events + (size_t)stop * 100,
						  100 * sizeof(*batch)));
			break;
		default:
			break; /* closed while it decodes */
		}
		tf_reader_close(r);
	}
	free(data);
	free(events);
	scratch_end(&s);
}
END_TEST

/* Damage is told where it is, whoever decodes. */
START_TEST(test_thread_and_damage)
{
	uint64_t pos = TF_FILE_HEADER_BYTES, seed = 12;
	struct tf_scan_item item;
	struct scratch s;
	uint8_t *data;
	size_t len;

	scratch_begin(&s);
	sample_trace(s.path, 7, 3000, 100);
	data = load_file(s.path, &len);
	while (tf_scan_next(data, len, &pos, &item)) {
		if (item.h.type == TF_BLOCK_EVENTS && !rnd_below(&seed, 3))
			data[item.offset + TF_BLOCK_HEADER_BYTES + 20] ^= 1;
	}
	for (unsigned rounds = 0; rounds < 3; rounds++) {
		struct tf_reader *r[2];
		const struct tf_event *batch[2];
		struct tf_error err[2];
		int64_t got[2];

		for (unsigned i = 0; i < 2; i++) {
			ck_assert_int_eq(tf_reader_open_mem(&r[i], data, len, NULL), 0);
			tf_reader_set_threads(r[i], i);
		}
		do {
			for (unsigned i = 0; i < 2; i++)
				got[i] = tf_reader_next(r[i], &batch[i], &err[i]);
			ck_assert_int_eq(got[0], got[1]);
			if (got[0] > 0)
				ck_assert(!memcmp(batch[0], batch[1],
						  (size_t)got[0] * sizeof(*batch[0])));
			if (got[0] < 0) {
				ck_assert_str_eq(err[0].reason, err[1].reason);
				ck_assert_uint_eq(err[0].offset, err[1].offset);
			}
		} while (got[0]);
		for (unsigned i = 0; i < 2; i++)
			tf_reader_close(r[i]);
	}
	free(data);
	scratch_end(&s);
}
END_TEST

/* One batch as a test expects it. */
struct expected {
	enum tf_phase phase;
	uint64_t first_addr; /* less 0x1000: number of the event, or 10000 + for live ones */
	int64_t nr;	     /* or the error */
};

static void expect_batches(struct tf_reader *r, const struct expected *list, size_t nr)
{
	const struct tf_event *batch;
	struct tf_error err;

	tf_reader_rewind(r);
	for (size_t i = 0; i < nr; i++) {
		int64_t got = tf_reader_next(r, &batch, &err);

		ck_assert_msg(got == list[i].nr, "batch %zu: %lld, %s", i, (long long)got,
			      got < 0 ? err.reason : "");
		if (got < 0)
			continue;
		ck_assert_int_eq(tf_reader_phase(r), list[i].phase);
		ck_assert_uint_eq(batch->addr, 0x1000 + list[i].first_addr);
	}
	ck_assert_int_eq(tf_reader_next(r, &batch, &err), 0);
}

/*
 * Blocks of ten events, one a ns, and checkpoints of one or two blocks between:
 *
 *   E 100..109  C 2  E 110..119  C 5+5  E 120..129  E 126..135  E 136..145
 *   number 0..     10..          20..         30..        40..
 */
static void craft_checkpoints(struct craft *c, size_t offsets[9], bool has_footer)
{
	craft_begin(c, 0, 0, 0);
	offsets[0] = craft_series(c, TF_BLOCK_EVENTS, 0, 10, 100, 1, 0);
	offsets[1] = craft_series(c, TF_BLOCK_CHECKPOINT, 10000, 2, 7, 1, 0);
	offsets[2] = craft_series(c, TF_BLOCK_EVENTS, 10, 10, 110, 1, 0);
	offsets[3] = craft_series(c, TF_BLOCK_CHECKPOINT, 20000, 5, 7, 1, 1);
	offsets[4] = craft_series(c, TF_BLOCK_CHECKPOINT, 20005, 5, 3, 1, 0);
	offsets[5] = craft_series(c, TF_BLOCK_EVENTS, 20, 10, 120, 1, 0);
	offsets[6] = craft_series(c, TF_BLOCK_EVENTS, 30, 10, 126, 1, 0);
	offsets[7] = craft_series(c, TF_BLOCK_EVENTS, 40, 10, 136, 1, 0);
	offsets[8] = c->file.len;
	craft_end(c, has_footer);
}

#define L TF_PHASE_LIVE
#define B TF_PHASE_BEFORE
#define R TF_PHASE_RANGE
#define EXPECT(r, ...)                                                                             \
	do {                                                                                       \
		const struct expected list_[] = { __VA_ARGS__ };                                   \
                                                                                                   \
		expect_batches(r, list_, sizeof(list_) / sizeof(list_[0]));                        \
	} while (0)

START_TEST(test_warm)
{
	struct tf_reader_info info;
	struct tf_reader *r;
	size_t offsets[9];
	struct craft c;

	for (unsigned has_footer = 0; has_footer < 2; has_footer++) {
		craft_checkpoints(&c, offsets, has_footer);
		ck_assert_int_eq(tf_reader_open_mem(&r, c.file.data, c.file.len, NULL), 0);
		tf_reader_get_info(r, &info);
		ck_assert_uint_eq(info.nr_checkpoints, 2);
		ck_assert_uint_eq(info.checkpoint_bytes,
				  offsets[2] - offsets[1] + offsets[5] - offsets[3]);
		ck_assert_uint_eq(info.nr_events, 50);
		ck_assert_uint_eq(info.first_ns, 100);
		/* Not asked for, not told. */
		tf_reader_set_range(r, 128, 138);
		EXPECT(r, { R, 28, 2 }, { R, 32, 8 }, { R, 40, 2 });
		tf_reader_set_warm(r, true);
		/* From the beginning: nothing is before it. */
		tf_reader_set_range(r, 0, 111);
		EXPECT(r, { R, 0, 10 }, { R, 10, 1 });
		/* In the first block there is no checkpoint yet. */
		tf_reader_set_range(r, 105, 112);
		EXPECT(r, { B, 0, 5 }, { R, 5, 5 }, { R, 10, 2 });
		/* The checkpoint is just before the block that is cut. */
		tf_reader_set_range(r, 115, UINT64_MAX);
		EXPECT(r, { L, 10000, 2 }, { B, 10, 5 }, { R, 15, 5 }, { R, 20, 10 }, { R, 30, 10 },
		       { R, 40, 10 });
		/* A checkpoint of two blocks; the blocks behind it overlap. */
		tf_reader_set_range(r, 128, 138);
		EXPECT(r, { L, 20000, 5 }, { L, 20005, 5 }, { B, 20, 8 }, { B, 30, 2 },
		       { R, 28, 2 }, { R, 32, 8 }, { R, 40, 2 });
		/* Whole blocks between checkpoint and range. */
		tf_reader_set_range(r, 140, UINT64_MAX);
		EXPECT(r, { L, 20000, 5 }, { L, 20005, 5 }, { B, 20, 10 }, { B, 30, 10 },
		       { B, 40, 4 }, { R, 44, 6 });
		/* Behind the end, all is before. */
		tf_reader_set_range(r, 1000, UINT64_MAX);
		EXPECT(r, { L, 20000, 5 }, { L, 20005, 5 }, { B, 20, 10 }, { B, 30, 10 },
		       { B, 40, 10 });
		/* By number. */
		tf_reader_set_range(r, 0, UINT64_MAX);
		tf_reader_set_events(r, 33, 4);
		EXPECT(r, { L, 20000, 5 }, { L, 20005, 5 }, { B, 20, 10 }, { B, 30, 3 },
		       { R, 33, 4 });
		/* Kinds are filtered in every phase: the even numbers are kmallocs. */
		tf_reader_set_kinds(r, 1u << TF_KMALLOC);
		EXPECT(r, { L, 20000, 3 }, { L, 20006, 2 }, { B, 20, 5 }, { B, 30, 2 },
		       { R, 34, 2 });
		tf_reader_close(r);
		tf_out_release(&c.file);
	}
}
END_TEST

/* A checkpoint that is not whole is none: the one before it serves. */
START_TEST(test_warm_damaged)
{
	struct tf_reader *r;
	size_t offsets[9];
	struct craft c;

	for (unsigned block = 3; block <= 4; block++) {
		for (unsigned in_header = 0; in_header < 2; in_header++) {
			craft_checkpoints(&c, offsets, false);
			c.file.data[offsets[block] + (in_header ? 30 : 200)] ^= 1;
			ck_assert_int_eq(tf_reader_open_mem(&r, c.file.data, c.file.len, NULL), 0);
			tf_reader_set_warm(r, true);
			tf_reader_set_range(r, 140, UINT64_MAX);
			if (in_header)
				EXPECT(r, { L, 10000, 2 }, { B, 10, 10 }, { R, 0, -EBADMSG },
				       { B, 20, 10 }, { B, 30, 10 }, { B, 40, 4 }, { R, 44, 6 });
			else
				EXPECT(r, { L, 10000, 2 }, { B, 10, 10 }, { B, 20, 10 },
				       { B, 30, 10 }, { B, 40, 4 }, { R, 44, 6 });
			tf_reader_close(r);
			tf_out_release(&c.file);
		}
	}
}
END_TEST

/* Pages of a file that are in the page cache. */
static size_t resident_pages(const char *path)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), nr = 0;
	int fd = open(path, O_RDONLY);
	unsigned char *pages;
	struct stat st;
	void *p;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	pages = malloc((size_t)st.st_size / page + 1);
	ck_assert_ptr_ne(p, MAP_FAILED);
	ck_assert_int_eq(mincore(p, (size_t)st.st_size, pages), 0);
	for (size_t i = 0; i < ((size_t)st.st_size + page - 1) / page; i++)
		nr += pages[i] & 1;
	munmap(p, (size_t)st.st_size);
	free(pages);
	close(fd);
	return nr;
}

static void drop_pages(const char *path)
{
	int fd = open(path, O_RDWR);

	ck_assert_int_ge(fd, 0);
	fsync(fd);
	ck_assert_int_eq(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	close(fd);
}

/* As sample_trace(), for many events: an assertion costs more than an event. */
static void write_load(const char *path, uint32_t nr, uint32_t in_block)
{
	const struct tf_writer_options options = { .block_events = in_block };
	struct tf_writer *w;
	struct tf_meta meta;
	struct load load;
	int err = 0;

	tf_meta_init(&meta);
	sample_meta(&meta);
	load_init(&load, 3);
	ck_assert_int_eq(tf_writer_create(&w, path, &options, NULL), 0);
	ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
	for (uint32_t i = 0; i < nr; i++) {
		struct tf_event ev = load_event(&load);

		err |= tf_writer_add(w, &ev);
	}
	ck_assert_int_eq(err, 0);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	tf_meta_release(&meta);
}

/* Opening takes the ends of the file and its metadata, a range no more than its blocks. */
START_TEST(test_reads_little)
{
	const uint32_t nr = 1000000, in_block = 4096;
	char path[] = "/var/tmp/kmemtool-test-XXXXXX";
	size_t page = (size_t)sysconf(_SC_PAGESIZE), opened, read_, block;
	const struct tf_event *events;
	struct tf_reader_info info;
	uint64_t middle, got = 0;
	struct tf_reader *r;
	struct stat st;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	write_load(path, nr, in_block);
	ck_assert_int_eq(stat(path, &st), 0);
	/* Both of its ends share a page with another block. */
	block = (size_t)st.st_size / (nr / in_block) / page + 2;
	drop_pages(path);
	if (resident_pages(path)) {
		printf("SKIP: tracefmt/reader: files of /var/tmp stay in memory\n");
		unlink(path);
		return;
	}
	r = open_ok(path);
	tf_reader_get_info(r, &info);
	ck_assert_uint_eq(info.nr_events, nr);
	opened = resident_pages(path);
	ck_assert_msg(opened * page <= 65536, "opening reads %zu pages", opened);
	/* The time of three quarters of a block: it lies in one, or in two. */
	middle = info.first_ns + (info.last_ns - info.first_ns) / 2;
	tf_reader_set_range(r, middle,
			    middle + (info.last_ns - info.first_ns) / nr * in_block * 3 / 4);
	for (int64_t n; (n = tf_reader_next(r, &events, NULL)); got += (uint64_t)n)
		ck_assert_int_gt(n, 0);
	ck_assert_uint_gt(got, in_block / 2);
	read_ = resident_pages(path) - opened;
	ck_assert_msg(read_ && read_ <= 2 * block, "the range reads %zu pages, a block has %zu",
		      read_, block);
	tf_reader_close(r);
	unlink(path);
}
END_TEST

START_TEST(test_host)
{
	struct tf_host host;
	struct tf_reader *r;
	struct tf_writer *w;
	struct tf_meta meta;
	struct scratch s;

	scratch_begin(&s);
	tf_meta_init(&meta);
	ck_assert_int_eq(tf_meta_set(&meta, "host.machine", "mips"), 0);
	ck_assert_int_eq(tf_meta_set(&meta, "host.page_size", "16384"), 0);
	ck_assert_int_eq(tf_writer_create(&w, s.path, NULL, NULL), 0);
	ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	tf_meta_release(&meta);
	r = open_ok(s.path);
	tf_reader_get_host(r, &host);
	ck_assert_str_eq(host.machine, "mips");
	ck_assert(host.big_endian);
	ck_assert_uint_eq(host.pointer_bytes, 4);
	ck_assert_uint_eq(host.page_shift, 14);
	tf_reader_close(r);
	scratch_end(&s);
}
END_TEST

RUN_SUITE("tracefmt/reader", test_selection, test_want, test_thread, test_thread_and_damage,
	  test_warm, test_warm_damaged, test_reads_little, test_host)
