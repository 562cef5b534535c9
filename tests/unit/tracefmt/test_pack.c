/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a trace anew: nothing is lost, what is cut is cut whole, damage is told.
 */
#include "tests/unit/suite.h"

#include "tests/unit/tracefmt/sample.h"
#include "tracefmt/layout.h"
#include "tracefmt/pack.h"

#define NR 3000
#define BLOCK 500

static const struct tf_pack_options whole = { .level = 3, .to_ns = UINT64_MAX };

/* Pack from s->path to s->other; the result, which must be no error. */
static struct tf_pack_result pack(const struct scratch *s, const struct tf_pack_options *options)
{
	struct tf_error err = { .reason = "" };
	struct tf_pack_result result;
	struct tf_reader *r;

	ck_assert_int_eq(tf_reader_open(&r, s->path, &err), 0);
	ck_assert_msg(!tf_pack(r, s->other, options, &result, NULL, NULL, &err), "%s", err.reason);
	tf_reader_close(r);
	return result;
}

static struct tf_reader *open_other(const struct scratch *s)
{
	struct tf_reader *r;

	ck_assert_int_eq(tf_reader_open(&r, s->other, NULL), 0);
	ck_assert(tf_reader_is_complete(r));
	return r;
}

/* All events of a reader that has no damage; for the caller to free. */
static struct tf_event *all_events(struct tf_reader *r, uint64_t *nr)
{
	struct tf_event *all = NULL;
	const struct tf_event *events;
	int64_t more;

	for (*nr = 0; (more = tf_reader_next(r, &events, NULL)); *nr += (uint64_t)more) {
		ck_assert_int_gt(more, 0);
		all = realloc(all, (*nr + (uint64_t)more) * sizeof(*all));
		memcpy(all + *nr, events, (uint64_t)more * sizeof(*all));
	}
	return all;
}

static void expect_same_meta(const struct tf_meta *a, const struct tf_meta *b)
{
	ck_assert_uint_eq(a->nr_facts, b->nr_facts);
	for (size_t i = 0; i < a->nr_facts; i++) {
		ck_assert_str_eq(a->facts[i].key, b->facts[i].key);
		ck_assert_str_eq(a->facts[i].value, b->facts[i].value);
	}
	ck_assert_uint_eq(a->nr_caches, b->nr_caches);
	ck_assert_int_eq(memcmp(a->caches, b->caches, a->nr_caches * sizeof(*a->caches)), 0);
	ck_assert_uint_eq(a->nr_symbols, b->nr_symbols);
	for (size_t i = 0; i < a->nr_symbols; i++) {
		ck_assert_uint_eq(a->symbols[i].addr, b->symbols[i].addr);
		ck_assert_uint_eq(a->symbols[i].offset, b->symbols[i].offset);
		ck_assert_str_eq(a->symbols[i].name, b->symbols[i].name);
	}
	ck_assert_uint_eq(a->nr_stacks, b->nr_stacks);
	for (size_t i = 0; i < a->nr_stacks; i++) {
		ck_assert_uint_eq(a->stacks[i].id, b->stacks[i].id);
		ck_assert_uint_eq(a->stacks[i].nr_frames, b->stacks[i].nr_frames);
		ck_assert_int_eq(memcmp(a->stacks[i].frames, b->stacks[i].frames,
					a->stacks[i].nr_frames * sizeof(uint64_t)),
				 0);
	}
	ck_assert_uint_eq(a->nr_snapshots, b->nr_snapshots);
	for (size_t i = 0; i < a->nr_snapshots; i++) {
		const struct tf_snapshot *x = &a->snapshots[i], *y = &b->snapshots[i];

		ck_assert_uint_eq(x->ts_ns, y->ts_ns);
		ck_assert_uint_eq(x->nr_files, y->nr_files);
		for (size_t j = 0; j < x->nr_files; j++) {
			ck_assert_str_eq(x->files[j].path, y->files[j].path);
			ck_assert_uint_eq(x->files[j].len, y->files[j].len);
			ck_assert_int_eq(
				memcmp(x->files[j].data, y->files[j].data, x->files[j].len), 0);
		}
	}
}

START_TEST(test_whole)
{
	struct tf_event *events = load_events(4, NR), *packed;
	struct tf_pack_result result;
	struct tf_reader *a, *b;
	size_t len, len_again;
	uint8_t *data, *again;
	struct scratch s;
	uint64_t nr;

	scratch_begin(&s);
	sample_trace(s.path, 4, NR, BLOCK);
	result = pack(&s, &whole);
	ck_assert_uint_eq(result.nr_damaged, 0);
	ck_assert_uint_eq(result.file.nr_events, NR);
	data = load_file(s.other, &len);
	ck_assert_uint_eq(result.file.written_bytes, len);
	b = open_other(&s);
	packed = all_events(b, &nr);
	ck_assert_uint_eq(nr, NR);
	ck_assert_int_eq(memcmp(packed, events, NR * sizeof(*events)), 0);
	ck_assert_int_eq(tf_reader_open(&a, s.path, NULL), 0);
	expect_same_meta(tf_reader_meta(a), tf_reader_meta(b));
	tf_reader_close(a);
	tf_reader_close(b);
	/* Once more: the same bytes; and of what was packed, too. */
	pack(&s, &whole);
	again = load_file(s.other, &len_again);
	ck_assert_uint_eq(len_again, len);
	ck_assert_int_eq(memcmp(again, data, len), 0);
	free(again);
	save_file(s.path, data, len);
	pack(&s, &whole);
	again = load_file(s.other, &len_again);
	ck_assert_uint_eq(len_again, len);
	ck_assert_int_eq(memcmp(again, data, len), 0);
	free(again);
	free(data);
	free(packed);
	free(events);
	scratch_end(&s);
}
END_TEST

/*
 * A trace of ten seconds, an event each half, with five snapshots:
 *
 *   time         0    1    2    3    4    5    6    7    8    9
 *   snapshot     0    1              2         3              4
 *   mark             0    1          2         3              4, 9 (which is not there)
 */
static const struct {
	uint64_t s, mark_ms;
} snapshots[] = { { 1, 900 }, { 1, 2100 }, { 4, 4000 }, { 6, 6000 }, { 9, 9000 } };

#define SECOND UINT64_C(1000000000)
#define START (100 * SECOND)

/* Snapshot n is light if bit n of lights is set. */
static void ten_seconds(const char *path, unsigned lights)
{
	struct tf_event ev = { .kind = TF_KMALLOC, .node = TF_NO_NODE, .bytes_req = 8 };
	struct tf_writer *w;
	struct tf_meta meta;
	size_t next = 0;

	tf_meta_init(&meta);
	tf_meta_set(&meta, "host.machine", "x86_64");
	for (size_t i = 0; i < 5; i++) {
		struct tf_snapshot *snap =
			tf_meta_begin_snapshot(&meta, START + snapshots[i].s * SECOND);
		char text[16];

		snprintf(text, sizeof(text), "snapshot %zu\n", i);
		tf_snapshot_add(snap, "/proc/vmstat", text, strlen(text));
		if (lights >> i & 1)
			tf_snapshot_add(snap, "kind", "light\n", strlen("light\n"));
	}
	ck_assert_int_eq(tf_writer_create(&w, path, NULL, NULL), 0);
	ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
	for (uint64_t ms = 0; ms < 10000; ms += 100) {
		ev.ts_ns = START + ms * 1000000;
		ev.addr = 0x1000 + ms;
		ev.kind = TF_KMALLOC;
		if (next < 5 && ms == snapshots[next].mark_ms) {
			ev.kind = TF_MARK;
			ev.addr = next++;
		} else if (ms == 9100) {
			ev.kind = TF_MARK;
			ev.addr = 9;
		}
		ck_assert_int_eq(tf_writer_add(w, &ev), 0);
	}
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	tf_meta_release(&meta);
}

static const struct cut {
	double from, to; /* seconds; 0: not there */
	const char *snapshots, *marks;
	unsigned nr;
} cuts[] = {
	/* Mark 0 is before 1 s. */
	{ 1, 0, "01234", "12349", 90 },
	/* The last one before, the first of which only a mark tells. */
	{ 2, 5, "12", "01", 30 },
	{ 3, 5, "12", "1", 20 },
	{ 4.5, 5.5, "2", "", 10 },
	{ 5, 0, "234", "129", 50 },
	{ 0, 3, "01", "01", 30 },
	{ 0, 0.5, "", "", 5 },
	{ 0, 0.95, "0", "0", 10 },
	{ 9.05, 0, "4", "9", 9 },
	{ 20, 30, "4", "", 0 },
	{ 0, 0, "01234", "012349", 100 },
};

static uint64_t host_time(double seconds)
{
	return START + (uint64_t)(seconds * 1e9);
}

static void check_cut(const struct scratch *s, const struct cut *cut)
{
	const struct tf_pack_options options = {
		.from_ns = cut->from ? host_time(cut->from) : 0,
		.to_ns = cut->to ? host_time(cut->to) : UINT64_MAX,
	};
	const struct tf_pack_result result = pack(s, &options);
	struct tf_reader *r = open_other(s);
	const struct tf_meta *meta = tf_reader_meta(r);
	char snaps[8] = "", marks[8] = "";
	struct tf_event *events;
	uint64_t nr;

	events = all_events(r, &nr);
	ck_assert_uint_eq(nr, cut->nr);
	ck_assert_uint_eq(result.file.nr_events, nr - result.file.by_kind[TF_MARK]);
	for (uint64_t i = 0; i < nr; i++) {
		ck_assert_uint_ge(events[i].ts_ns, options.from_ns);
		ck_assert_uint_lt(events[i].ts_ns, options.to_ns);
		if (events[i].kind == TF_MARK)
			snprintf(marks + strlen(marks), 2, "%u", (unsigned)events[i].addr);
	}
	for (size_t i = 0; i < meta->nr_snapshots; i++)
		snprintf(snaps + strlen(snaps), 2, "%c",
			 meta->snapshots[i].files[0].data[strlen("snapshot ")]);
	ck_assert_str_eq(snaps, cut->snapshots);
	ck_assert_str_eq(marks, cut->marks);
	ck_assert_uint_eq(tf_meta_get_u64(meta, "pack.from", 0), options.from_ns);
	ck_assert_uint_eq(tf_meta_get_u64(meta, "pack.to", UINT64_MAX), options.to_ns);
	ck_assert_uint_eq(tf_meta_get_u64(meta, "pack.without_earlier", 0), cut->from > 0);
	free(events);
	tf_reader_close(r);
}

START_TEST(test_cut)
{
	struct scratch s;

	scratch_begin(&s);
	ten_seconds(s.path, 0);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
		check_cut(&s, &cuts[i]);
	scratch_end(&s);
}
END_TEST

/* Snapshots 1 and 2 are light: no replay can start from them, so none is the one before. */
START_TEST(test_cut_between_light_ones)
{
	static const struct cut between[] = {
		{ 5, 0, "034", "129", 50 }, { 4.5, 5.5, "0", "", 10 },
		{ 2, 5, "012", "12", 30 },  { 1, 0, "01234", "12349", 90 },
		{ 7, 0, "34", "19", 30 },
	};
	struct scratch s;

	scratch_begin(&s);
	ten_seconds(s.path, 1u << 1 | 1u << 2);
	for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++)
		check_cut(&s, &between[i]);
	scratch_end(&s);
}
END_TEST

/* What was cut off stays cut off. */
START_TEST(test_cut_again)
{
	const struct tf_pack_options first = { .from_ns = host_time(2), .to_ns = host_time(6) };
	const struct tf_pack_options second = { .from_ns = host_time(1), .to_ns = host_time(5) };
	const struct tf_meta *meta;
	struct tf_reader *r;
	struct scratch s;

	scratch_begin(&s);
	ten_seconds(s.path, 0);
	pack(&s, &first);
	ck_assert_int_eq(rename(s.other, s.path), 0);
	pack(&s, &second);
	r = open_other(&s);
	meta = tf_reader_meta(r);
	ck_assert_uint_eq(tf_meta_get_u64(meta, "pack.from", 0), first.from_ns);
	ck_assert_uint_eq(tf_meta_get_u64(meta, "pack.to", 0), second.to_ns);
	ck_assert_uint_eq(tf_meta_get_u64(meta, "pack.without_earlier", 0), 1);
	tf_reader_close(r);
	scratch_end(&s);
}
END_TEST

/* Where the nth block of that type begins. */
static size_t find_block(const uint8_t *data, size_t len, uint16_t type, unsigned nr)
{
	struct tf_block_header h;
	size_t at = TF_FILE_HEADER_BYTES;

	for (;; at += TF_BLOCK_HEADER_BYTES + h.stored_bytes) {
		ck_assert_int_eq(tf_block_header_get(&h, data + at, len - at, at, NULL), 0);
		if (h.type == type && !nr--)
			return at;
	}
}

static unsigned nr_told;

static void told(void *arg, const struct tf_error *what)
{
	ck_assert_ptr_eq(arg, &nr_told);
	ck_assert_uint_gt(strlen(what->reason), 0);
	nr_told++;
}

/* Pack data, of which events block 2 cannot be read; the gap must be in its place. */
static void check_damaged(const struct scratch *s, const uint8_t *data, size_t len,
			  unsigned nr_damaged, uint64_t nr_lost)
{
	struct tf_event *events = load_events(4, NR), *packed;
	struct tf_pack_result result;
	struct tf_reader *r;
	uint64_t nr;

	ck_assert_int_eq(tf_reader_open_mem(&r, data, len, NULL), 0);
	nr_told = 0;
	ck_assert_int_eq(tf_pack(r, s->other, &whole, &result, told, &nr_told, NULL), 0);
	tf_reader_close(r);
	ck_assert_uint_eq(nr_told, nr_damaged);
	ck_assert_uint_eq(result.nr_damaged, nr_damaged);
	ck_assert_uint_eq(result.nr_missing, nr_lost);
	ck_assert_uint_eq(result.file.nr_lost, nr_lost);
	r = open_other(s);
	ck_assert_uint_eq(tf_meta_get_u64(tf_reader_meta(r), "pack.damage", 0), nr_damaged);
	packed = all_events(r, &nr);
	ck_assert_uint_eq(nr, NR - nr_lost + 1);
	ck_assert_int_eq(memcmp(packed, events, 2 * BLOCK * sizeof(*events)), 0);
	ck_assert_int_eq(packed[2 * BLOCK].kind, TF_GAP);
	ck_assert_uint_eq(packed[2 * BLOCK].bytes_req, nr_lost);
	ck_assert_uint_eq(packed[2 * BLOCK].ts_ns, packed[2 * BLOCK - 1].ts_ns);
	ck_assert_int_eq(memcmp(packed + 2 * BLOCK + 1, events + 2 * BLOCK + nr_lost,
				(NR - 2 * BLOCK - nr_lost) * sizeof(*events)),
			 0);
	tf_reader_close(r);
	free(packed);
	free(events);
}

START_TEST(test_damaged)
{
	struct scratch s;
	uint8_t *data;
	size_t len, at;

	scratch_begin(&s);
	sample_trace(s.path, 4, NR, BLOCK);
	data = load_file(s.path, &len);
	/* A payload, then the header, too, then that of the next block. */
	at = find_block(data, len, TF_BLOCK_EVENTS, 2);
	data[at + TF_BLOCK_HEADER_BYTES + 99] ^= 1;
	check_damaged(&s, data, len, 1, BLOCK);
	at = find_block(data, len, TF_BLOCK_EVENTS, 3);
	data[at + 40] ^= 1;
	at = find_block(data, len, TF_BLOCK_EVENTS, 2);
	data[at + 40] ^= 1;
	/* The footer still says where blocks are: each of them is told. */
	check_damaged(&s, data, len, 2, 2 * BLOCK);
	/* Without it they are one region. */
	check_damaged(&s, data, len - 1, 1, 2 * BLOCK);
	free(data);
	scratch_end(&s);
}
END_TEST

START_TEST(test_incomplete)
{
	struct tf_pack_result result;
	struct tf_reader *r;
	struct scratch s;
	uint8_t *data;
	size_t len, at;

	scratch_begin(&s);
	sample_trace(s.path, 4, NR, BLOCK);
	data = load_file(s.path, &len);
	at = find_block(data, len, TF_BLOCK_EVENTS, 4);
	save_file(s.path, data, at + 300);
	result = pack(&s, &whole);
	ck_assert_uint_eq(result.nr_damaged, 0);
	ck_assert_uint_eq(result.file.nr_events, 4 * BLOCK);
	r = open_other(&s);
	ck_assert_uint_eq(tf_meta_get_u64(tf_reader_meta(r), "pack.incomplete", 0), 1);
	ck_assert_ptr_null(tf_meta_get(tf_reader_meta(r), "pack.damage"));
	tf_reader_close(r);
	free(data);
	scratch_end(&s);
}
END_TEST

static uint64_t records_of(const char *path)
{
	struct tf_reader_info info;
	struct tf_reader *r;

	ck_assert_int_eq(tf_reader_open(&r, path, NULL), 0);
	tf_reader_get_info(r, &info);
	tf_reader_close(r);
	return info.nr_events;
}

/* Many files become one. */
START_TEST(test_segments)
{
	const struct tf_writer_options options = {
		.block_events = 100,
		.rotate_ns = 100000,
		.trace_id = 77,
	};
	struct tf_event *events = load_events(9, NR), *packed;
	struct tf_reader_info info;
	struct tf_pack_result result;
	struct tf_error err;
	struct tf_writer *w;
	struct tf_reader *r;
	struct tf_meta meta;
	struct scratch s;
	char path[100];
	uint64_t nr;

	scratch_begin(&s);
	tf_meta_init(&meta);
	sample_meta(&meta);
	ck_assert_int_eq(tf_writer_create(&w, s.path, &options, NULL), 0);
	ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
	for (size_t i = 0; i < NR; i++)
		ck_assert_int_eq(tf_writer_add(w, &events[i]), 0);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	tf_meta_release(&meta);
	pack(&s, &whole);
	r = open_other(&s);
	tf_reader_get_info(r, &info);
	ck_assert_uint_eq(info.nr_segments, 1);
	packed = all_events(r, &nr);
	ck_assert_uint_eq(nr, NR);
	ck_assert_int_eq(memcmp(packed, events, NR * sizeof(*events)), 0);
	tf_reader_close(r);
	/* A later file of it is no place for the output, either. */
	ck_assert_int_eq(tf_reader_open(&r, s.path, NULL), 0);
	tf_reader_get_info(r, &info);
	ck_assert_uint_gt(info.nr_segments, 2);
	snprintf(path, sizeof(path), "%s.2", s.path);
	ck_assert_int_eq(tf_pack(r, path, &whole, &result, NULL, NULL, &err), -EINVAL);
	ck_assert_str_eq(err.reason, "the output is the input");
	ck_assert(result.is_output);
	tf_reader_rewind(r);
	free(packed);
	packed = all_events(r, &nr);
	ck_assert_uint_eq(nr, NR);
	tf_reader_close(r);
	free(packed);
	/* Without it there is a gap. */
	nr = records_of(path);
	ck_assert_int_eq(unlink(path), 0);
	result = pack(&s, &whole);
	ck_assert_uint_eq(result.nr_damaged, 1);
	ck_assert_uint_eq(result.nr_missing, nr);
	ck_assert_uint_eq(result.file.nr_lost, nr);
	ck_assert_uint_eq(result.file.nr_events, NR - nr);
	r = open_other(&s);
	ck_assert_uint_eq(tf_meta_get_u64(tf_reader_meta(r), "pack.incomplete", 0), 1);
	tf_reader_close(r);
	for (uint32_t i = 1; i < info.nr_segments; i++) {
		snprintf(path, sizeof(path), "%s.%u", s.path, i);
		ck_assert(i == 2 || !unlink(path));
	}
	free(events);
	scratch_end(&s);
}
END_TEST

static void expect_failure(struct tf_reader *r, const char *path,
			   const struct tf_pack_options *options, int code, bool is_output,
			   const char *reason)
{
	struct tf_error err = { .reason = "" };
	struct tf_pack_result result;

	ck_assert_int_eq(tf_pack(r, path, options, &result, NULL, NULL, &err), code);
	ck_assert_str_eq(err.reason, reason);
	ck_assert_int_eq(result.is_output, is_output);
	tf_reader_rewind(r);
}

START_TEST(test_failures)
{
	const struct tf_pack_options anonymize = { .to_ns = UINT64_MAX, .anonymize = true };
	struct tf_event ev = { .kind = TF_PAGE_ALLOC };
	struct tf_writer *w;
	struct tf_reader *r;
	struct scratch s;

	scratch_begin(&s);
	ck_assert_int_eq(tf_writer_create(&w, s.path, NULL, NULL), 0);
	for (uint64_t i = 1; i < 70000; i++) {
		ev.addr = UINT64_MAX / 2 + (i << 30);
		ck_assert_int_eq(tf_writer_add(w, &ev), 0);
	}
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	ck_assert_int_eq(tf_reader_open(&r, s.path, NULL), 0);
	expect_failure(r, "/nonexistent/x", &whole, -ENOENT, true,
		       "cannot create: No such file or directory");
	expect_failure(r, s.path, &whole, -EINVAL, true, "the output is the input");
	if (!access("/dev/full", W_OK))
		expect_failure(r, "/dev/full", &whole, -ENOSPC, true,
			       "cannot write: No space left on device");
	expect_failure(r, s.other, &anonymize, -E2BIG, false,
		       "there are more than 65536 regions of 1 GiB with struct pages");
	/* What was begun is the caller's. */
	ck_assert_int_eq(access(s.other, F_OK), 0);
	/* And nothing is wrong with the input. */
	pack(&s, &whole);
	tf_reader_close(r);
	scratch_end(&s);
}
END_TEST

/* An anonymized trace says so, and goes on to say so. */
START_TEST(test_anonymized)
{
	const struct tf_pack_options anonymize = { .to_ns = UINT64_MAX, .anonymize = true };
	struct tf_event *events = load_events(4, NR), *packed;
	struct tf_reader_info info;
	struct tf_reader *r;
	struct scratch s;
	uint64_t nr;

	scratch_begin(&s);
	sample_trace(s.path, 4, NR, BLOCK);
	pack(&s, &anonymize);
	r = open_other(&s);
	tf_reader_get_info(r, &info);
	ck_assert(info.anonymized);
	packed = all_events(r, &nr);
	ck_assert_uint_eq(nr, NR);
	for (uint64_t i = 0; i < nr; i++) {
		const struct tf_symbol *symbol =
			tf_meta_symbol(tf_reader_meta(r), packed[i].call_site);

		ck_assert_uint_eq(packed[i].ts_ns, events[i].ts_ns);
		ck_assert_uint_ne(packed[i].call_site, events[i].call_site);
		/* Frees have no symbol in the sample. */
		ck_assert_int_eq(!symbol, tf_kind_is_free(events[i].kind));
	}
	tf_reader_close(r);
	ck_assert_int_eq(rename(s.other, s.path), 0);
	pack(&s, &whole);
	r = open_other(&s);
	tf_reader_get_info(r, &info);
	ck_assert(info.anonymized);
	tf_reader_close(r);
	free(packed);
	free(events);
	scratch_end(&s);
}
END_TEST

/* The header tells what was meant to be recorded, and packing leaves that as it is. */
START_TEST(test_minor_versions)
{
	static const uint8_t kinds[] = { TF_ZONE_LOCKED, TF_PCPU_DRAIN, TF_EXTFRAG };

	for (unsigned minor = 0; minor <= TF_VERSION_MINOR; minor++) {
		const struct tf_writer_options options = { .minor = minor };
		struct tf_event ev = { .ts_ns = 7, .kind = TF_PAGE_FREE, .flags = TF_EV_HOOKED };
		struct tf_reader_info info;
		struct tf_event *events;
		struct tf_reader *r;
		struct tf_writer *w;
		struct scratch s;
		uint64_t nr;

		scratch_begin(&s);
		ck_assert_int_eq(tf_writer_create(&w, s.path, &options, NULL), 0);
		ck_assert_int_eq(tf_writer_add(w, &ev), 0);
		ev.bytes_req = 10;
		ev.bytes_alloc = 2;
		for (size_t i = 0; i < sizeof(kinds); i++) {
			ev.kind = kinds[i];
			ck_assert_int_eq(tf_writer_add(w, &ev), minor ? 0 : -EINVAL);
		}
		ck_assert_int_eq(tf_writer_close(w, NULL), 0);
		pack(&s, &whole);
		r = open_other(&s);
		tf_reader_get_info(r, &info);
		ck_assert_uint_eq(info.version_minor, minor);
		ck_assert_uint_eq(info.nr_events, minor ? 4 : 1);
		events = all_events(r, &nr);
		ck_assert_uint_eq(nr, minor ? 4 : 1);
		ck_assert_uint_eq(events[0].flags, TF_EV_HOOKED);
		for (size_t i = 1; i < nr; i++) {
			ck_assert_uint_eq(info.by_kind[kinds[i - 1]], 1);
			ck_assert_uint_eq(events[i].kind, kinds[i - 1]);
			ck_assert_uint_eq(events[i].bytes_req, 10);
			ck_assert_uint_eq(events[i].bytes_alloc, 2);
		}
		free(events);
		tf_reader_close(r);
		scratch_end(&s);
	}
}
END_TEST

RUN_SUITE("tracefmt/pack", test_whole, test_cut, test_cut_between_light_ones, test_cut_again,
	  test_damaged, test_incomplete, test_segments, test_failures, test_anonymized,
	  test_minor_versions)
