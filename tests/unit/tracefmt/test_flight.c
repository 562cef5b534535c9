/* SPDX-License-Identifier: GPL-2.0-only */
/* A flight: the newest events in memory, and the trace that its landing makes of them. */
#include "tests/unit/suite.h"

#include <sys/resource.h>

#include "tests/unit/tracefmt/writing.h"
#include "tracefmt/flight.h"
#include "tracefmt/live.h"
#include "tracefmt/verify.h"

/*
 * The ring.
 */

#define RING_BYTES 100000u

/* A block whose payload and header are functions of its number. */
static void make_block(struct tf_block_header *h, struct tf_out *block, uint64_t number,
		       uint32_t len)
{
	memset(h, 0, sizeof(*h));
	h->type = TF_BLOCK_EVENTS;
	h->stored_bytes = h->raw_bytes = len - TF_BLOCK_HEADER_BYTES;
	h->flags = TF_BLOCK_RAW;
	h->nr_events = h->by_kind[TF_KFREE] = 1 + (uint32_t)number % 100;
	h->cpus = 1;
	h->first_ns = 1000 * number;
	h->last_ns = 1000 * number + 999;
	h->payload_sum = number;
	block->len = 0;
	tf_out_reserve(block, len);
	block->len = len;
	memset(block->data, (int)(number % 251), len);
}

static void expect_block(const struct tf_flight *f, size_t at, uint64_t number, uint32_t len)
{
	const uint8_t *payload = f->data + at + TF_BLOCK_HEADER_BYTES;
	struct tf_block_header h;
	bool is_right = tf_flight_header(f, at, &h) == len && h.payload_sum == number &&
			h.first_ns == 1000 * number && payload[0] == number % 251;

	/* All its bytes are the same. */
	ck_assert(is_right && !memcmp(payload, payload + 1, len - TF_BLOCK_HEADER_BYTES - 1));
}

struct ring_test {
	struct tf_flight f;
	uint32_t len[100000]; /* of each block that there ever was */
	uint64_t first, next;
};

/* What is in the ring is the blocks from first on, in order. */
static void expect_blocks(const struct ring_test *t)
{
	uint64_t number = t->first, bytes = 0;

	ck_assert_msg(!tf_flight_is_valid(&t->f), "%s", tf_flight_is_valid(&t->f));
	for (size_t at = tf_flight_first(&t->f); at != SIZE_MAX; at = tf_flight_next(&t->f, at)) {
		expect_block(&t->f, at, number, t->len[number]);
		bytes += t->len[number++];
	}
	ck_assert_uint_eq(number, t->next);
	ck_assert_uint_eq(bytes, t->f.bytes);
	ck_assert_uint_le(bytes, t->f.room);
}

static void run_ring(uint64_t max_ns, uint32_t max_len)
{
	struct ring_test *t = calloc(1, sizeof(*t));
	struct tf_block_header h;
	uint64_t seed = max_ns + max_len, least = UINT64_MAX;
	struct tf_out block;

	ck_assert_int_eq(tf_flight_init(&t->f, max_ns, RING_BYTES), 0);
	tf_out_init(&block);
	for (t->next = 0; t->next < 1000;) {
		uint32_t len = 200 + (uint32_t)rnd_below(&seed, max_len - 200);

		make_block(&h, &block, t->next, len);
		while (tf_flight_is_due(&t->f, &h, len)) {
			ck_assert_uint_lt(t->first, t->next);
			tf_flight_drop(&t->f);
			t->first++;
		}
		/* Nothing is dropped too early: the one before would be too old, or not fit. */
		if (t->f.bytes < least && t->first)
			least = t->f.bytes;
		ck_assert(tf_flight_push(&t->f, &h, &block));
		t->len[t->next++] = len;
		if (max_ns)
			ck_assert_uint_ge(1000 * t->first + 999 + max_ns, 1000 * t->next - 1);
		expect_blocks(t);
	}
	if (max_ns)
		ck_assert_uint_eq(t->next - t->first, max_ns / 1000 + 1);
	else
		/* A lap ends with less than a block of room, twice. */
		ck_assert_uint_ge(least + 3 * max_len, RING_BYTES);
	tf_out_release(&block);
	tf_flight_release(&t->f);
	free(t);
}

START_TEST(test_ring)
{
	run_ring(0, 300);
	run_ring(0, 5000);
	run_ring(0, 30000);
	run_ring(20000, 4000);
	run_ring(0, 201);
}
END_TEST

START_TEST(test_ring_is_too_small)
{
	struct tf_block_header h;
	struct tf_out block;
	struct tf_flight f;

	ck_assert_int_eq(tf_flight_init(&f, 0, RING_BYTES), 0);
	tf_out_init(&block);
	make_block(&h, &block, 1, RING_BYTES);
	ck_assert(!tf_flight_is_due(&f, &h, RING_BYTES));
	ck_assert(tf_flight_push(&f, &h, &block));
	ck_assert_ptr_null(tf_flight_is_valid(&f));
	make_block(&h, &block, 2, RING_BYTES + 1);
	ck_assert(tf_flight_is_due(&f, &h, RING_BYTES + 1));
	tf_flight_drop(&f);
	ck_assert(!tf_flight_is_due(&f, &h, RING_BYTES + 1));
	ck_assert(!tf_flight_push(&f, &h, &block));
	ck_assert_uint_eq(f.nr_blocks, 0);
	ck_assert_uint_eq(tf_flight_first(&f), SIZE_MAX);
	ck_assert_ptr_null(tf_flight_is_valid(&f));
	/* The check finds what does not agree. */
	f.bytes = 7;
	ck_assert_str_eq(tf_flight_is_valid(&f), "the blocks are not those that were counted");
	tf_out_release(&block);
	tf_flight_release(&f);
	ck_assert_int_eq(tf_flight_init(&f, 0, UINT64_MAX), -ENOMEM);
}
END_TEST

/* Pages resident in the range of a mapping. */
static size_t resident(const uint8_t *data, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), nr = len / page, count = 0;
	FILE *map = fopen("/proc/self/pagemap", "rb");

	ck_assert_ptr_nonnull(map);
	ck_assert_int_eq(fseek(map, (long)((uintptr_t)data / page * 8), SEEK_SET), 0);
	for (size_t i = 0; i < nr; i++) {
		uint64_t entry;

		ck_assert_uint_eq(fread(&entry, sizeof(entry), 1, map), 1);
		count += entry >> 63;
	}
	fclose(map);
	return count * page;
}

/* Of a ring that could take 64 MiB no more is in use than what the time needs, and 1 MiB. */
START_TEST(test_ring_gives_back)
{
	struct tf_block_header h;
	struct tf_out block;
	struct tf_flight f;
	size_t most = 0;

	ck_assert_int_eq(tf_flight_init(&f, 20000, 64u << 20), 0);
	tf_out_init(&block);
	for (uint64_t number = 0; number < 1500; number++) {
		make_block(&h, &block, number, 100000);
		while (tf_flight_is_due(&f, &h, block.len))
			tf_flight_drop(&f);
		ck_assert(tf_flight_push(&f, &h, &block));
		if (number % 50 == 49 && resident(f.data, f.room) > most)
			most = resident(f.data, f.room);
	}
	ck_assert_ptr_null(tf_flight_is_valid(&f));
	ck_assert_uint_eq(f.nr_blocks, 21);
	ck_assert_uint_ge(most, f.bytes);
	ck_assert_uint_le(most, f.bytes + (3u << 19));
	tf_out_release(&block);
	tf_flight_release(&f);
}
END_TEST

/*
 * The writer.
 */

/* The load into a flight, metadata now and then, which nobody writes until it lands. */
static struct tf_writer *fly(const struct scratch *s, const struct tf_writer_options *options,
			     struct tf_meta *meta, const struct tf_event *events, size_t nr)
{
	struct tf_writer *w = create_ok(s->path, options);
	int ret = 0;

	tf_meta_init(meta);
	sample_meta(meta);
	ck_assert_int_eq(tf_writer_add_meta(w, meta), 0);
	for (size_t i = 0; i < nr; i++) {
		ret |= tf_writer_add(w, &events[i]);
		if (i % 7777 == 7776) {
			ck_assert_int_eq(
				tf_meta_add_symbol(meta, 0xffffffff90000000u + i, "late", 1), 0);
			ck_assert_int_eq(tf_writer_add_meta(w, meta), 0);
		}
		if (i % 20011 == 20010)
			ck_assert_int_eq(tf_writer_seal(w), 0);
	}
	ck_assert_int_eq(ret, 0);
	ck_assert_int_eq(access(s->path, F_OK), -1);
	return w;
}

static void land(struct tf_writer *w, struct tf_meta *meta, struct tf_writer_stats *stats)
{
	struct tf_error err = { .reason = "" };

	ck_assert_msg(!tf_writer_land(w, meta, &err), "%s", err.reason);
	ck_assert_int_eq(tf_writer_finish(w, NULL), 0);
	tf_writer_get_stats(w, stats);
	ck_assert(stats->is_complete);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	tf_meta_release(meta);
}

static void expect_whole(const char *path)
{
	struct tf_verify_result result;
	struct tf_error err;

	ck_assert_int_eq(tf_verify(path, &result, NULL, NULL, &err), 0);
	ck_assert_uint_eq(result.nr_damaged, 0);
	ck_assert(result.complete);
}

/* The trace has the last of nr events, and begins with what was dropped counted. */
static void expect_newest(const char *path, const struct tf_event *events, size_t nr,
			  const struct tf_writer_stats *stats)
{
	struct tf_reader_info info = info_of(path);

	expect_whole(path);
	ck_assert_uint_eq(info.nr_events, stats->nr_events);
	ck_assert_uint_eq(info.first_event, stats->nr_passed);
	ck_assert_uint_eq(stats->nr_passed + stats->nr_events, nr);
	ck_assert_uint_eq(stats->nr_dropped, 0);
	ck_assert_uint_eq(info.first_ns, stats->first_ns);
	ck_assert_uint_eq(info.last_ns, stats->last_ns);
	expect_events(path, events + stats->nr_passed, stats->nr_events);
}

START_TEST(test_last_bytes)
{
	static const uint64_t sizes[] = { 64u << 10, 200000, 16u << 20 };
	struct tf_event *events = load_events(6, MANY);
	struct tf_writer_stats stats;
	struct tf_meta meta;
	struct tf_reader *r;
	struct scratch s;

	scratch_begin(&s);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct tf_writer_options options = { .last_bytes = sizes[i] };
		struct tf_writer *w = fly(&s, &options, &meta, events, MANY);

		tf_writer_flush(w);
		tf_writer_get_stats(w, &stats);
		ck_assert_uint_eq(stats.nr_events + stats.nr_passed, MANY);
		ck_assert_uint_le(stats.kept_bytes, sizes[i]);
		ck_assert_uint_eq(stats.file_bytes, 0);
		ck_assert(!stats.nr_passed == (i == 2));
		if (stats.nr_passed)
			ck_assert_uint_ge(stats.kept_bytes, sizes[i] * 2 / 3);
		land(w, &meta, &stats);
		ck_assert_uint_ge(size_of(s.path), stats.kept_bytes);
		ck_assert_uint_eq(size_of(s.path), stats.file_bytes);
		expect_newest(s.path, events, MANY, &stats);
		r = open_ok(s.path);
		ck_assert_uint_eq(tf_reader_meta(r)->nr_caches, LOAD_SITES);
		ck_assert_uint_eq(tf_reader_meta(r)->nr_symbols, LOAD_SITES + MANY / 7777);
		ck_assert_uint_eq(tf_reader_meta(r)->nr_snapshots, 1);
		ck_assert_str_eq(tf_meta_get(tf_reader_meta(r), "host.release"), "6.12.0-test");
		tf_reader_close(r);
		unlink(s.path);
	}
	free(events);
	scratch_end(&s);
}
END_TEST

START_TEST(test_last_ns)
{
	struct tf_event *events = load_events(7, MANY);
	uint64_t end_ns = events[MANY - 1].ts_ns, all_ns = end_ns - events[0].ts_ns;
	const uint64_t spans[] = { 1, all_ns / 10, all_ns / 2, all_ns * 2 };
	struct tf_writer_stats stats;
	uint64_t first; /* that is in the range for sure */
	struct tf_meta meta;
	struct scratch s;

	scratch_begin(&s);
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		const struct tf_writer_options options = { .last_ns = spans[i],
							   .block_events = 500 };

		land(fly(&s, &options, &meta, events, MANY), &meta, &stats);
		expect_newest(s.path, events, MANY, &stats);
		/* All that is younger, and less than one block that is older. */
		if (stats.nr_passed)
			ck_assert_uint_lt(events[stats.nr_passed - 1].ts_ns, end_ns - spans[i]);
		first = stats.nr_passed + 499 < MANY ? stats.nr_passed + 499 : MANY - 1;
		if (i < 3)
			ck_assert_uint_ge(events[first].ts_ns + spans[i], end_ns);
		ck_assert(!stats.nr_passed == (i == 3));
		unlink(s.path);
	}
	free(events);
	scratch_end(&s);
}
END_TEST

struct live_set {
	struct tf_effect effect;
	struct tf_effect_table table;
	struct tf_live *live;
};

static void live_of(struct live_set *set, const struct tf_event *events, size_t nr)
{
	ck_assert_int_eq(tf_effect_init(&set->effect, TF_MAX_BLOCK_EVENTS), 0);
	ck_assert_int_eq(tf_effect_table_init(&set->table, TF_MAX_BLOCK_EVENTS), 0);
	ck_assert_int_eq(tf_live_new(&set->live, MANY), 0);
	while (nr) {
		uint32_t now = nr < TF_MAX_BLOCK_EVENTS ? (uint32_t)nr : TF_MAX_BLOCK_EVENTS;

		tf_effect_find(&set->effect, &set->table, events, now);
		ck_assert_int_eq(tf_live_apply(set->live, &set->effect, events), 0);
		events += now;
		nr -= now;
	}
}

static void live_release(struct live_set *set)
{
	tf_live_free(set->live);
	tf_effect_table_release(&set->table);
	tf_effect_release(&set->effect);
}

/* A warm reader is told what lived where the trace begins, as the whole one would tell. */
START_TEST(test_checkpoint)
{
	const struct tf_writer_options options = { .last_bytes = 100000 };
	struct tf_event *events = load_events(3, MANY);
	const struct tf_event *batch;
	struct tf_writer_stats stats;
	struct tf_meta meta;
	struct live_set set;
	struct tf_reader *r;
	struct scratch s;

	scratch_begin(&s);
	land(fly(&s, &options, &meta, events, MANY), &meta, &stats);
	ck_assert_uint_gt(stats.nr_passed, 1000);
	ck_assert_uint_eq(stats.nr_checkpoints, 1);
	live_of(&set, events, stats.nr_passed);
	r = open_ok(s.path);
	tf_reader_set_warm(r, true);
	ck_assert_int_eq(tf_reader_next(r, &batch, NULL), (int64_t)tf_live_nr(set.live));
	ck_assert_int_eq(tf_reader_phase(r), TF_PHASE_LIVE);
	ck_assert(!memcmp(batch, tf_live_list(set.live), tf_live_nr(set.live) * sizeof(*batch)));
	ck_assert_int_gt(tf_reader_next(r, &batch, NULL), 0);
	ck_assert_int_eq(tf_reader_phase(r), TF_PHASE_RANGE);
	ck_assert(!memcmp(batch, &events[stats.nr_passed], sizeof(*batch)));
	tf_reader_close(r);
	live_release(&set);
	free(events);
	scratch_end(&s);
}
END_TEST

START_TEST(test_no_checkpoint)
{
	struct tf_writer_options options = { .last_bytes = 100000 };
	struct tf_event *events = load_events(3, MANY);
	struct tf_writer_stats stats;
	struct tf_meta meta;
	struct scratch s;

	scratch_begin(&s);
	for (unsigned turn = 0; turn < 2; turn++) {
		options.checkpoint_events = turn ? TF_NO_CHECKPOINTS : 0;
		options.max_live = turn ? 0 : 50;
		land(fly(&s, &options, &meta, events, MANY), &meta, &stats);
		ck_assert_uint_eq(stats.nr_checkpoints, 0);
		expect_newest(s.path, events, MANY, &stats);
		unlink(s.path);
	}
	free(events);
	scratch_end(&s);
}
END_TEST

START_TEST(test_threads_do_not_show)
{
	struct tf_writer_options options = { .last_bytes = 150000, .threads = 1 };
	struct tf_event *events = load_events(9, MANY);
	struct tf_writer_stats stats;
	struct tf_meta meta;
	uint8_t *first, *other;
	size_t len, other_len;
	struct scratch s;

	scratch_begin(&s);
	land(fly(&s, &options, &meta, events, MANY), &meta, &stats);
	first = load_file(s.path, &len);
	for (options.threads = 2; options.threads <= 4; options.threads++) {
		unlink(s.path);
		land(fly(&s, &options, &meta, events, MANY), &meta, &stats);
		other = load_file(s.path, &other_len);
		ck_assert(other_len == len && !memcmp(other, first, len));
		free(other);
	}
	free(first);
	free(events);
	scratch_end(&s);
}
END_TEST

/* After it has landed a writer goes on: events, gaps, metadata. */
START_TEST(test_goes_on)
{
	const struct tf_writer_options options = { .last_bytes = 100000,
						   .flags = TF_WRITER_DURABLE };
	struct tf_event *events = load_events(5, MANY + 100);
	struct tf_event gap = { .kind = TF_GAP, .bytes_req = 5, .node = TF_NO_NODE };
	struct tf_writer_stats stats;
	struct tf_reader_info info;
	struct tf_meta meta;
	struct tf_writer *w;
	struct tf_reader *r;
	struct scratch s;

	scratch_begin(&s);
	w = fly(&s, &options, &meta, events, MANY);
	ck_assert_int_eq(tf_writer_land(w, &meta, NULL), 0);
	for (size_t i = 0; i < 100; i++)
		ck_assert_int_eq(tf_writer_add(w, &events[MANY + i]), 0);
	gap.ts_ns = events[MANY + 99].ts_ns;
	ck_assert_int_eq(tf_writer_add(w, &gap), 0);
	ck_assert_int_eq(tf_meta_set(&meta, "told.late", "yes"), 0);
	ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
	/* It is on the ground: nothing to be done. */
	ck_assert_int_eq(tf_writer_land(w, &meta, NULL), 0);
	ck_assert_int_eq(tf_writer_finish(w, NULL), 0);
	tf_writer_get_stats(w, &stats);
	ck_assert_uint_eq(stats.nr_events + stats.nr_passed, MANY + 100);
	ck_assert_uint_eq(stats.nr_lost, 5);
	tf_writer_close(w, NULL);
	tf_meta_release(&meta);
	expect_whole(s.path);
	info = info_of(s.path);
	ck_assert_uint_eq(info.nr_events, stats.nr_events);
	ck_assert_uint_eq(info.nr_lost, 5);
	r = open_ok(s.path);
	ck_assert_str_eq(tf_meta_get(tf_reader_meta(r), "told.late"), "yes");
	ck_assert_uint_eq(tf_reader_meta(r)->nr_snapshots, 1);
	tf_reader_close(r);
	free(events);
	scratch_end(&s);
}
END_TEST

/* Nobody lets it land: nothing is written, and a file that is there stays as it is. */
START_TEST(test_no_landing)
{
	const struct tf_writer_options options = { .last_ns = 1000000, .flags = TF_WRITER_DURABLE };
	struct tf_event *events = load_events(5, MANY);
	struct tf_writer_stats stats;
	struct tf_writer *w;
	struct tf_meta meta;
	struct scratch s;

	scratch_begin(&s);
	w = fly(&s, &options, &meta, events, MANY);
	save_file(s.path, (const uint8_t *)"mine", 4);
	ck_assert_int_eq(tf_writer_finish(w, NULL), 0);
	tf_writer_get_stats(w, &stats);
	ck_assert(!stats.is_complete);
	ck_assert_uint_eq(stats.nr_events + stats.nr_passed, MANY);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	ck_assert_uint_eq(size_of(s.path), 4);
	tf_meta_release(&meta);
	free(events);
	scratch_end(&s);
}
END_TEST

/* Without an event there is a trace all the same. */
START_TEST(test_nothing_happened)
{
	const struct tf_writer_options options = { .last_bytes = 100000 };
	struct tf_writer_stats stats;
	struct tf_meta meta;
	struct scratch s;

	scratch_begin(&s);
	land(fly(&s, &options, &meta, NULL, 0), &meta, &stats);
	ck_assert_uint_eq(stats.nr_events, 0);
	expect_whole(s.path);
	ck_assert_uint_eq(info_of(s.path).nr_events, 0);
	scratch_end(&s);
}
END_TEST

/* Where the file cannot be as large as what is kept, it has the youngest. */
START_TEST(test_no_room)
{
	const struct tf_writer_options options = { .last_bytes = 16u << 20, .block_events = 1000 };
	const size_t nr = 6 * MANY;
	struct tf_event *events = load_events(5, nr);
	struct tf_writer_stats stats;
	struct tf_meta meta;
	struct tf_writer *w;
	struct rlimit limit;
	struct scratch s;
	uint64_t kept;

	scratch_begin(&s);
	w = fly(&s, &options, &meta, events, nr);
	tf_writer_flush(w);
	tf_writer_get_stats(w, &stats);
	ck_assert_uint_eq(stats.nr_passed, 0);
	kept = stats.kept_bytes;
	ck_assert_uint_gt(kept, 1u << 20);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = kept / 2 + (4u << 20);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	land(w, &meta, &stats);
	ck_assert_uint_le(stats.kept_bytes, kept / 2);
	ck_assert_uint_ge(stats.kept_bytes, kept / 2 - (1u << 17));
	expect_newest(s.path, events, nr, &stats);
	free(events);
	scratch_end(&s);
}
END_TEST

/* What is wrong with the path is told at once, and what went wrong since then at the end. */
START_TEST(test_bad_path)
{
	const struct tf_writer_options options = { .last_bytes = 100000 };
	struct tf_event *events = load_events(5, 1000);
	struct tf_error err;
	struct tf_writer *w;
	struct tf_meta meta;
	struct scratch s;
	char path[120];

	scratch_begin(&s);
	snprintf(path, sizeof(path), "%s/no/a.kmt", s.dir);
	ck_assert_int_eq(tf_writer_create(&w, path, &options, &err), -ENOENT);
	ck_assert_str_eq(err.reason, "cannot create: No such file or directory");
	ck_assert_int_eq(tf_writer_create(&w, s.dir, &options, &err), -EISDIR);
	ck_assert_str_eq(err.reason, "cannot create: Is a directory");
	/* The folder is gone when it wants to land; it can be tried again. */
	w = fly(&s, &options, &meta, events, 1000);
	ck_assert_int_eq(rmdir(s.dir), 0);
	ck_assert_int_eq(tf_writer_land(w, &meta, &err), -ENOENT);
	ck_assert_str_eq(err.reason, "cannot create: No such file or directory");
	ck_assert_int_eq(mkdir(s.dir, 0700), 0);
	ck_assert_int_eq(tf_writer_land(w, &meta, &err), 0);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	expect_events(s.path, events, 1000);
	tf_meta_release(&meta);
	free(events);
	scratch_end(&s);
}
END_TEST

START_TEST(test_bad_options)
{
	static const struct tf_writer_options cases[] = {
		{ .last_ns = 1, .max_bytes = 100000 },
		{ .last_bytes = 100000, .rotate_ns = 1, .trace_id = 1 },
	};
	struct tf_error err;
	struct tf_writer *w;
	struct scratch s;

	scratch_begin(&s);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(tf_writer_create(&w, s.path, &cases[i], &err), -EINVAL);
		ck_assert_str_eq(err.reason, "options that cannot be: a flight has neither "
					     "segments nor a limit");
	}
	scratch_end(&s);
}
END_TEST

RUN_SUITE("tracefmt/flight", test_ring, test_ring_is_too_small, test_ring_gives_back,
	  test_last_bytes, test_last_ns, test_checkpoint, test_no_checkpoint,
	  test_threads_do_not_show, test_goes_on, test_no_landing, test_nothing_happened,
	  test_no_room, test_bad_path, test_bad_options)
