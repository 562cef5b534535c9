/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of tests/corpus/open and tests/corpus/columns were made by the writer
 * of their version.  They must go on decoding to what they were made from: a change
 * here is a change of the format.
 *
 * With KMEMTOOL_WRITE_CORPUS=1 in the environment they are written anew.
 */
#include "tests/unit/suite.h"

#include "tests/unit/tracefmt/sample.h"
#include "tracefmt/bytes.h"
#include "tracefmt/columns.h"

#define OPEN_DIR "tests/corpus/open/"
#define COLUMNS_DIR "tests/corpus/columns/"

enum content {
	LOAD,	   /* as a kernel makes it */
	ANYTHING,  /* any content, little of it compressible */
	EVERY_KIND /* one event of each kind, again and again */
};

static const struct {
	const char *name;
	enum content content;
	uint32_t nr, block_events;
	bool meta;
} traces[] = {
	{ "load.kmt", LOAD, 1500, 400, true },	   { "anything.kmt", ANYTHING, 60, 7, false },
	{ "kinds.kmt", EVERY_KIND, 60, 20, true }, { "meta.kmt", LOAD, 0, 1, true },
	{ "empty.kmt", LOAD, 0, 1, false },
};

static const struct {
	const char *name;
	enum content content;
	uint32_t nr;
} payloads[] = {
	{ "load.bin", LOAD, 500 },
	{ "one.bin", LOAD, 1 },
	{ "anything.bin", ANYTHING, 40 },
	{ "kinds.bin", EVERY_KIND, 60 },
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
			events[i] = any_event(&seed, TF_NR_KINDS);
			continue;
		}
		events[i].kind = (uint8_t)(i % TF_NR_KINDS);
		events[i].owner = (uint8_t)(i % TF_NR_OWNERS);
		events[i].ctx = (uint8_t)(i / 20);
		events[i].bytes_req = i % 5;
		events[i].order = (uint8_t)(i % 3);
	}
	return events;
}

static void write_trace(const char *path, const struct tf_event *events, uint32_t nr,
			uint32_t block_events, bool with_meta)
{
	const struct tf_writer_options options = { .block_events = block_events };
	struct tf_writer *w;
	struct tf_meta meta;

	tf_meta_init(&meta);
	sample_meta(&meta);
	ck_assert_int_eq(tf_writer_create(&w, path, &options, NULL), 0);
	if (with_meta)
		ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
	for (uint32_t i = 0; i < nr; i++)
		ck_assert_int_eq(tf_writer_add(w, &events[i]), 0);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	tf_meta_release(&meta);
}

START_TEST(test_traces)
{
	for (size_t t = 0; t < sizeof(traces) / sizeof(traces[0]); t++) {
		struct tf_event *events = make_events(traces[t].content, traces[t].nr);
		struct tf_error err = { .reason = "" };
		struct tf_reader *r = NULL;
		const struct tf_event *batch;
		char path[128];
		int64_t got;
		uint32_t done = 0;

		snprintf(path, sizeof(path), OPEN_DIR "%s", traces[t].name);
		if (write_anew())
			write_trace(path, events, traces[t].nr, traces[t].block_events,
				    traces[t].meta);
		ck_assert_msg(!tf_reader_open(&r, path, &err), "%s: %s", path, err.reason);
		ck_assert(tf_reader_is_complete(r));
		ck_assert_uint_eq(tf_reader_meta(r)->nr_caches, traces[t].meta ? LOAD_SITES : 0);
		while ((got = tf_reader_next(r, &batch, &err)) > 0) {
			ck_assert(!memcmp(batch, events + done, (size_t)got * sizeof(*batch)));
			done += (uint32_t)got;
		}
		ck_assert_msg(!got, "%s: %s", path, err.reason);
		ck_assert_uint_eq(done, traces[t].nr);
		tf_reader_close(r);
		free(events);
	}
}
END_TEST

static void write_payload(const char *path, const struct tf_event *events, uint32_t nr)
{
	struct tf_piece pieces[TF_MAX_PIECES];
	struct tf_encoder *enc;
	struct tf_out out;
	size_t nr_pieces;

	ck_assert_int_eq(tf_encoder_new(&enc, nr), 0);
	nr_pieces = tf_encoder_run(enc, events, nr, pieces);
	tf_out_init(&out);
	tf_out_u32(&out, nr);
	for (size_t i = 0; i < nr_pieces; i++)
		tf_out_bytes(&out, pieces[i].data, pieces[i].len);
	save_file(path, out.data, out.len);
	tf_out_release(&out);
	tf_encoder_free(enc);
}

START_TEST(test_payloads)
{
	for (size_t p = 0; p < sizeof(payloads) / sizeof(payloads[0]); p++) {
		struct tf_event *events = make_events(payloads[p].content, payloads[p].nr);
		struct tf_event *back = malloc(payloads[p].nr * sizeof(*back));
		struct tf_decoder *dec;
		char path[128];
		uint8_t *data;
		size_t len;

		snprintf(path, sizeof(path), COLUMNS_DIR "%s", payloads[p].name);
		if (write_anew())
			write_payload(path, events, payloads[p].nr);
		data = load_file(path, &len);
		ck_assert_int_eq(tf_decoder_new(&dec), 0);
		ck_assert_uint_eq(tf_get32(data), payloads[p].nr);
		ck_assert_int_eq(tf_decoder_run(dec, data + 4, len - 4, back, payloads[p].nr, NULL),
				 0);
		ck_assert(!memcmp(back, events, payloads[p].nr * sizeof(*back)));
		tf_decoder_free(dec);
		free(data);
		free(back);
		free(events);
	}
}
END_TEST

RUN_SUITE("tracefmt/corpus", test_traces, test_payloads)
