/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The corpora of the trace format's fuzz targets.
 *
 * Traces and payloads were made by the writer of their version.  They must go on
 * decoding to what they were made from: a change here is a change of the format.  The
 * other files are parts and pieces of those traces, and must go on being that.
 *
 * With KMEMTOOL_WRITE_CORPUS=1 in the environment they are written anew.
 */
#include "tests/unit/suite.h"

#include <xxhash.h>

#include "tests/unit/tracefmt/craft.h"
#include "tracefmt/bytes.h"
#include "tracefmt/columns.h"

#define CORPUS "tests/corpus/"
#define AS_EVENTS (1u << 31)
#define AS_RUNS (1u << 30)
/* Of the version that the files are of. */
#define NR_KINDS_1_0 (TF_MARK + 1u)
#define NR_OWNERS_1_0 (TF_OWNER_OTHER + 1u)

enum content {
	LOAD,	    /* as a kernel makes it */
	ANYTHING,   /* any content, little of it compressible */
	EVERY_KIND, /* one event of each kind, again and again */
	NEWER_KINDS /* and of those that are not known */
};

enum how {
	WITH_META = 1 << 0,
	/* The rest is made block by block, not by the writer. */
	WITH_CHECKPOINTS = 1 << 1, /* of two blocks, before every third block */
	WITH_NEWER = 1 << 2,	   /* blocks of types that are not known */
	IN_SEGMENTS = 1 << 3,	   /* the second of its trace */
};
#define BY_HAND (WITH_CHECKPOINTS | WITH_NEWER | IN_SEGMENTS)

static const struct trace {
	const char *name;
	enum content content;
	uint32_t nr, block_events;
	unsigned how;
} traces[] = {
	{ "load", LOAD, 900, 300, WITH_META },
	{ "anything", ANYTHING, 60, 7, 0 },
	{ "kinds", EVERY_KIND, 60, 20, WITH_META },
	{ "meta", LOAD, 0, 1, WITH_META },
	{ "empty", LOAD, 0, 1, 0 },
	{ "one", LOAD, 1, 1, 0 },
	{ "checkpoints", LOAD, 120, 15, WITH_CHECKPOINTS },
	{ "newer", NEWER_KINDS, 48, 12, WITH_NEWER },
	{ "segment", LOAD, 20, 5, IN_SEGMENTS },
};

static const struct {
	const char *name;
	enum content content;
	uint32_t nr;
	bool as_events;
} payloads[] = {
	{ "load", LOAD, 500, false },	     { "one", LOAD, 1, false },
	{ "anything", ANYTHING, 40, false }, { "kinds", EVERY_KIND, 60, false },
	{ "load-events", LOAD, 60, true },   { "any-events", ANYTHING, 20, true },
};

static bool write_anew(void)
{
	return getenv("KMEMTOOL_WRITE_CORPUS") != NULL;
}

static struct tf_event *make_events(enum content content, uint32_t nr)
{
	struct tf_event *events = load_events(77, nr + 1);
	uint64_t seed = 78;

	for (uint32_t i = 0; i < nr && content != LOAD; i++) {
		if (content == ANYTHING) {
			events[i] = any_event(&seed, NR_KINDS_1_0);
			continue;
		}
		events[i].kind =
			(uint8_t)(i % (content == EVERY_KIND ? NR_KINDS_1_0 : TF_MAX_KINDS));
		events[i].owner = (uint8_t)(i % NR_OWNERS_1_0);
		events[i].ctx = (uint8_t)(i / 20);
		events[i].bytes_req = i % 5;
		events[i].order = (uint8_t)(i % 3);
	}
	return events;
}

static void make_meta(struct tf_meta *meta)
{
	uint64_t frames[TF_MAX_FRAMES];

	for (unsigned i = 0; i < TF_MAX_FRAMES; i++)
		frames[i] = 0xffffffff81000010u + (i * i % 7 << 12);
	tf_meta_init(meta);
	sample_meta(meta);
	ck_assert_int_eq(tf_meta_add_stack(meta, 1, frames, 3), 0);
	ck_assert_int_eq(tf_meta_add_stack(meta, 70, frames, TF_MAX_FRAMES), 0);
}

static void write_trace(const char *path, const struct trace *t, const struct tf_event *events)
{
	const struct tf_writer_options options = { .block_events = t->block_events };
	struct tf_writer *w;
	struct tf_meta meta;

	make_meta(&meta);
	ck_assert_int_eq(tf_writer_create(&w, path, &options, NULL), 0);
	if (t->how & WITH_META)
		ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
	for (uint32_t i = 0; i < t->nr; i++)
		ck_assert_int_eq(tf_writer_add(w, &events[i]), 0);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	tf_meta_release(&meta);
}

/* What lives after nr events, in two blocks. */
static void craft_checkpoint(struct craft *c, const struct tf_event *events, uint32_t nr)
{
	struct tf_event *live = malloc((nr + 1) * sizeof(*live));
	uint32_t nr_live = 0, first;

	for (uint32_t i = 0; i < nr; i++) {
		bool lives = tf_kind_is_alloc(events[i].kind);

		for (uint32_t k = i + 1; k < nr; k++)
			lives &= events[k].addr != events[i].addr;
		if (lives)
			live[nr_live++] = events[i];
	}
	first = nr_live / 2;
	ck_assert_uint_gt(first, 0);
	craft_records(c, TF_BLOCK_CHECKPOINT, live, first, 1);
	craft_records(c, TF_BLOCK_CHECKPOINT, live + first, nr_live - first, 0);
	free(live);
}

static void craft_trace(const char *path, const struct trace *t, const struct tf_event *events)
{
	bool in_segments = t->how & IN_SEGMENTS;
	struct tf_piece piece = { (const uint8_t *)"of a later version", 18 };
	struct craft c;

	craft_begin(&c, in_segments, in_segments ? 0x1234 : 0, in_segments ? 1000 : 0);
	for (uint32_t done = 0; done < t->nr; done += t->block_events) {
		struct tf_block_header h = { .type = (uint16_t)(9 + done) };

		if (t->how & WITH_NEWER)
			craft_block(&c, &h, &piece, 1);
		if (t->how & WITH_CHECKPOINTS && done && done / t->block_events % 3 == 0)
			craft_checkpoint(&c, events, done);
		craft_records(&c, TF_BLOCK_EVENTS, events + done, t->block_events, 0);
	}
	craft_end(&c, true);
	craft_save(&c, path);
}

static void trace_path(char path[128], const char *name)
{
	snprintf(path, 128, CORPUS "open/%s.kmt", name);
}

/* Kinds of a newer version are passed over. */
static uint32_t next_known(const struct tf_event *events, uint32_t i, uint32_t nr)
{
	while (i < nr && events[i].kind >= TF_NR_KINDS)
		i++;
	return i;
}

START_TEST(test_traces)
{
	for (size_t t = 0; t < sizeof(traces) / sizeof(traces[0]); t++) {
		const struct trace *trace = &traces[t];
		struct tf_event *events = make_events(trace->content, trace->nr);
		struct tf_error err = { .reason = "" };
		struct tf_reader *r = NULL;
		const struct tf_event *batch;
		char path[128];
		int64_t got;
		uint32_t done = 0;

		trace_path(path, trace->name);
		if (write_anew())
			(trace->how & BY_HAND ? craft_trace : write_trace)(path, trace, events);
		ck_assert_msg(!tf_reader_open(&r, path, &err), "%s: %s", path, err.reason);
		ck_assert(tf_reader_is_complete(r));
		ck_assert_uint_eq(tf_reader_meta(r)->nr_caches,
				  trace->how & WITH_META ? LOAD_SITES : 0);
		while ((got = tf_reader_next(r, &batch, &err)) > 0) {
			for (int64_t i = 0; i < got; i++) {
				done = next_known(events, done, trace->nr);
				ck_assert_uint_lt(done, trace->nr);
				ck_assert(!memcmp(&batch[i], &events[done++], sizeof(*batch)));
			}
		}
		ck_assert_msg(!got, "%s: %s", path, err.reason);
		ck_assert_uint_eq(next_known(events, done, trace->nr), trace->nr);
		tf_reader_close(r);
		free(events);
	}
}
END_TEST

static void write_payload(const char *path, const struct tf_event *events, uint32_t nr,
			  bool as_events)
{
	struct tf_piece pieces[TF_MAX_PIECES] = { { (const uint8_t *)events,
						    nr * sizeof(*events) } };
	struct tf_encoder *enc;
	struct tf_out out;
	size_t nr_pieces = 1;

	ck_assert_int_eq(tf_encoder_new(&enc, nr), 0);
	if (!as_events)
		nr_pieces = tf_encoder_run(enc, events, nr, pieces);
	tf_out_init(&out);
	tf_out_u32(&out, as_events ? AS_EVENTS : nr);
	for (size_t i = 0; i < nr_pieces; i++)
		tf_out_bytes(&out, pieces[i].data, pieces[i].len);
	save_file(path, out.data, out.len);
	tf_out_release(&out);
	tf_encoder_free(enc);
}

START_TEST(test_payloads)
{
	for (size_t p = 0; p < sizeof(payloads) / sizeof(payloads[0]); p++) {
		uint32_t nr = payloads[p].nr;
		struct tf_event *events = make_events(payloads[p].content, nr);
		struct tf_event *back = malloc(nr * sizeof(*back));
		struct tf_digest digest;
		struct tf_decoder *dec;
		char path[128];
		uint8_t *data;
		size_t len;

		snprintf(path, sizeof(path), CORPUS "columns/%s.bin", payloads[p].name);
		if (write_anew())
			write_payload(path, events, nr, payloads[p].as_events);
		data = load_file(path, &len);
		ck_assert_int_eq(tf_decoder_new(&dec), 0);
		if (payloads[p].as_events) {
			ck_assert_uint_eq(tf_get32(data), AS_EVENTS);
			ck_assert_uint_eq(len - 4, nr * sizeof(*back));
			memcpy(back, data + 4, len - 4);
		} else {
			ck_assert_uint_eq(tf_get32(data), nr);
			ck_assert_int_eq(tf_decoder_run(dec, data + 4, len - 4, TF_WANT_ALL, back,
							nr, &digest, NULL),
					 0);
		}
		ck_assert(!memcmp(back, events, nr * sizeof(*back)));
		tf_decoder_free(dec);
		free(data);
		free(back);
		free(events);
	}
}
END_TEST

/* The file holds just these bytes; out is released. */
static void expect_file(const char *dir, const char *name, struct tf_out *out)
{
	char path[128];
	uint8_t *data;
	size_t len;

	ck_assert_int_eq(out->err, 0);
	snprintf(path, sizeof(path), CORPUS "%s/%s", dir, name);
	if (write_anew())
		save_file(path, out->data, out->len);
	data = load_file(path, &len);
	ck_assert_msg(len == out->len && !memcmp(data, out->data, len), "%s", path);
	free(data);
	tf_out_release(out);
}

/*
 * Runs of many events, by number, sites, sizes, kind, CPUs, addresses, step: more than the
 * model has room for.
 */
START_TEST(test_runs)
{
	static const struct {
		const char *name;
		struct {
			uint16_t nr, nr_sites, nr_sizes;
			uint8_t kind, cpus, addr, step;
		} runs[3];
	} files[] = {
		{ "sizes.bin", { { 4500, 10, 4400, 0, 1, 0, 6 }, { 4500, 3, 0, 1, 1, 1, 1 } } },
		{ "sites.bin", { { 4500, 4300, 20, 2, 7, 0, 8 }, { 4500, 4300, 0, 3, 3, 2, 1 } } },
		{ "far.bin",
		  { { 400, 1, 1, 4, 0, 0, 4 },
		    { 700, 2, 2, 12, 0, 7, 99 },
		    { 9, 9, 9, 20, 9, 9, 9 } } },
	};
	struct tf_out out;

	tf_out_init(&out);
	for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
		tf_out_u32(&out, AS_RUNS);
		for (size_t i = 0; i < 3; i++) {
			tf_out_u16(&out, files[f].runs[i].nr);
			tf_out_u16(&out, files[f].runs[i].nr_sites);
			tf_out_u16(&out, files[f].runs[i].nr_sizes);
			tf_out_u8(&out, files[f].runs[i].kind);
			tf_out_u8(&out, files[f].runs[i].cpus);
			tf_out_u8(&out, files[f].runs[i].addr);
			tf_out_u8(&out, files[f].runs[i].step);
		}
		expect_file("columns", files[f].name, &out);
	}
}
END_TEST

struct source {
	uint8_t *data;
	size_t len;
	struct tf_unpacker *unpacker;
};

static void load_source(struct source *s, const char *name)
{
	char path[128];

	trace_path(path, name);
	s->data = load_file(path, &s->len);
	ck_assert_int_eq(tf_unpacker_new(&s->unpacker), 0);
}

static void release_source(struct source *s)
{
	tf_unpacker_free(s->unpacker);
	free(s->data);
}

/* Block number n of the file. */
static struct tf_scan_item find_block(const struct source *s, unsigned n)
{
	uint64_t pos = TF_FILE_HEADER_BYTES;
	struct tf_scan_item item;

	do {
		ck_assert(tf_scan_next(s->data, s->len, &pos, &item));
		ck_assert(item.is_block);
	} while (n--);
	return item;
}

static const uint8_t *unpack(const struct source *s, const struct tf_scan_item *item)
{
	const uint8_t *raw;

	ck_assert_int_eq(tf_unpacker_run(s->unpacker, &item->h,
					 s->data + item->offset + TF_BLOCK_HEADER_BYTES,
					 item->offset, &raw, NULL),
			 0);
	return raw;
}

/* A block as it is, or with its payload as it would be without compression. */
static void take_block(const char *trace, unsigned n, bool is_raw, const char *name)
{
	uint8_t header[TF_BLOCK_HEADER_BYTES];
	struct tf_scan_item item;
	struct source s;
	struct tf_out out;

	load_source(&s, trace);
	tf_out_init(&out);
	item = find_block(&s, n);
	if (is_raw) {
		const uint8_t *raw = unpack(&s, &item);

		item.h.flags = TF_BLOCK_RAW;
		item.h.stored_bytes = item.h.raw_bytes;
		item.h.payload_sum = XXH64(raw, item.h.raw_bytes, 0);
		tf_block_header_put(header, &item.h);
		tf_out_bytes(&out, header, sizeof(header));
		tf_out_bytes(&out, raw, item.h.raw_bytes);
	} else {
		tf_out_bytes(&out, s.data + item.offset, item.len);
	}
	expect_file("block", name, &out);
	release_source(&s);
}

START_TEST(test_blocks)
{
	take_block("load", 0, false, "facts.bin");
	take_block("load", 1, false, "caches.bin");
	take_block("load", 2, false, "symbols.bin");
	take_block("load", 3, false, "stacks.bin");
	take_block("load", 4, false, "snapshot.bin");
	take_block("load", 5, false, "load.bin");
	take_block("load", 8, false, "footer.bin");
	take_block("load", 1, true, "caches-raw.bin");
	take_block("load", 2, true, "symbols-raw.bin");
	take_block("load", 8, true, "footer-raw.bin");
	take_block("anything", 3, false, "anything.bin");
	take_block("anything", 4, true, "anything-raw.bin");
	take_block("kinds", 6, false, "kinds.bin");
	take_block("kinds", 6, true, "kinds-raw.bin");
	take_block("one", 0, false, "one.bin");
	take_block("checkpoints", 3, false, "checkpoint.bin");
	take_block("newer", 0, false, "newer.bin");
}
END_TEST

START_TEST(test_indexes)
{
	static const char *const names[] = { "load",  "anything",    "kinds", "meta",
					     "empty", "checkpoints", "newer", "segment" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint64_t pos = TF_FILE_HEADER_BYTES;
		struct tf_scan_item item;
		struct source s;
		struct tf_out out;
		char name[64];

		load_source(&s, names[i]);
		tf_out_init(&out);
		while (tf_scan_next(s.data, s.len, &pos, &item))
			;
		ck_assert_uint_eq(item.h.type, TF_BLOCK_FOOTER);
		tf_out_bytes(&out, unpack(&s, &item), item.h.raw_bytes);
		snprintf(name, sizeof(name), "%s.bin", names[i]);
		expect_file("index", name, &out);
		release_source(&s);
	}
}
END_TEST

/* A payload of metadata as the fuzz target takes it: type, length, bytes. */
static int put_part(void *arg, uint16_t type, const struct tf_out *payload)
{
	static const uint8_t codes[] = {
		[TF_BLOCK_FACTS] = 0,  [TF_BLOCK_CACHES] = 1,	[TF_BLOCK_SYMBOLS] = 2,
		[TF_BLOCK_STACKS] = 3, [TF_BLOCK_SNAPSHOT] = 4,
	};

	tf_out_u8(arg, codes[type]);
	tf_out_u16(arg, (uint16_t)payload->len);
	tf_out_bytes(arg, payload->data, payload->len);
	return 0;
}

static void put_meta(struct tf_out *out, const struct tf_meta *meta)
{
	struct tf_meta_log log;

	tf_meta_log_init(&log);
	ck_assert_int_eq(tf_meta_log_write(&log, meta, put_part, out), 0);
	tf_meta_log_release(&log);
}

/* Two pieces of one file of a snapshot. */
static void put_pieces(struct tf_out *out)
{
	struct tf_out part;

	for (unsigned i = 0; i < 2; i++) {
		tf_out_init(&part);
		tf_out_u32(&part, 0);
		tf_out_u64(&part, 5);
		tf_out_varint(&part, 2);
		tf_out_bytes(&part, "/a", 2);
		tf_out_varint(&part, i * 4);
		tf_out_varint(&part, 4);
		tf_out_bytes(&part, i ? "more" : "some", 4);
		ck_assert_int_eq(part.err, 0);
		put_part(out, TF_BLOCK_SNAPSHOT, &part);
		tf_out_release(&part);
	}
}

START_TEST(test_meta)
{
	struct tf_meta meta;
	struct tf_out out;

	tf_out_init(&out);
	make_meta(&meta);
	put_meta(&out, &meta);
	expect_file("meta", "sample.bin", &out);
	ck_assert_int_eq(tf_meta_set(&meta, "host.release", "another"), 0);
	ck_assert_ptr_nonnull(tf_meta_begin_snapshot(&meta, UINT64_MAX));
	put_meta(&out, &meta);
	expect_file("meta", "again.bin", &out);
	tf_meta_release(&meta);
	put_pieces(&out);
	expect_file("meta", "pieces.bin", &out);
}
END_TEST

/* A file that was cut, or has other bytes between its blocks. */
START_TEST(test_pieces)
{
	struct tf_scan_item item;
	struct source s;
	struct tf_out out;

	tf_out_init(&out);
	load_source(&s, "kinds");
	item = find_block(&s, 5);
	tf_out_bytes(&out, s.data, TF_FILE_HEADER_BYTES - 1);
	expect_file("open", "cut-in-header.kmt", &out);
	tf_out_bytes(&out, s.data, item.offset);
	expect_file("open", "cut-at-block.kmt", &out);
	tf_out_bytes(&out, s.data, item.offset + TF_BLOCK_HEADER_BYTES + 5);
	expect_file("open", "cut-in-block.kmt", &out);
	tf_out_bytes(&out, s.data, item.offset + TF_BLOCK_HEADER_BYTES - 1);
	expect_file("open", "cut-in-block-header.kmt", &out);
	tf_out_bytes(&out, s.data, item.offset + item.len - 1);
	expect_file("open", "cut-last-byte.kmt", &out);
	tf_out_bytes(&out, s.data, s.len - 1);
	expect_file("open", "cut-in-trailer.kmt", &out);
	tf_out_bytes(&out, s.data, item.offset);
	tf_out_bytes(&out, "\xb5KMTBLK\x1c of something else", 26);
	tf_out_bytes(&out, s.data + item.offset, s.len - item.offset);
	expect_file("open", "between-blocks.kmt", &out);
	tf_out_bytes(&out, s.data, item.offset);
	tf_out_bytes(&out, s.data + item.offset + item.len, s.len - item.offset - item.len);
	expect_file("open", "block-missing.kmt", &out);
	release_source(&s);
}
END_TEST

/*
 * The files of a trace as the fuzz target takes them: what was left out before it, length,
 * bytes.  The second begins with a checkpoint of the first.
 */
static void put_segment(struct tf_out *out, uint32_t number, uint64_t first_event, uint8_t skipped)
{
	struct tf_event *events = make_events(LOAD, 120);
	struct craft c;

	craft_begin(&c, number, 0x1234, first_event);
	if (number == 1)
		craft_checkpoint(&c, events, 40);
	craft_records(&c, TF_BLOCK_EVENTS, events + first_event, 20, 0);
	craft_records(&c, TF_BLOCK_EVENTS, events + first_event + 20, 20, 0);
	craft_end(&c, true);
	tf_out_u8(out, skipped);
	tf_out_u16(out, (uint16_t)c.file.len);
	tf_out_bytes(out, c.file.data, c.file.len);
	tf_out_release(&c.file);
	free(events);
}

/* Compressed anew, so other bytes may say the same; but they are a trace. */
START_TEST(test_segments)
{
	static const char *const names[] = { "whole", "missing", "first-missing" };

	for (unsigned i = 0; i < 3; i++) {
		struct tf_out out;
		char path[128];
		uint8_t *data;
		size_t len, at, nr = 0;

		snprintf(path, sizeof(path), CORPUS "segments/%s.bin", names[i]);
		tf_out_init(&out);
		if (i < 2)
			put_segment(&out, 0, 0, 0);
		if (i != 1)
			put_segment(&out, 1, 40, i == 2);
		put_segment(&out, 2, 80, i == 1);
		if (write_anew())
			save_file(path, out.data, out.len);
		tf_out_release(&out);
		data = load_file(path, &len);
		for (at = 0; at < len; at += 3 + tf_get16(data + at + 1), nr++) {
			struct tf_reader *r = NULL;

			ck_assert_int_eq(tf_reader_open_mem(&r, data + at + 3,
							    tf_get16(data + at + 1), NULL),
					 0);
			ck_assert(tf_reader_is_complete(r));
			tf_reader_close(r);
		}
		ck_assert_uint_eq(at, len);
		ck_assert_uint_eq(nr, i ? 2 : 3);
		free(data);
	}
}
END_TEST

RUN_SUITE("tracefmt/corpus", test_traces, test_payloads, test_runs, test_blocks, test_indexes,
	  test_meta, test_pieces, test_segments)
