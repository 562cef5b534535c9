/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that are not whole, or not ours: one byte changed at a named place, and
 * the message that names it.
 */
#include "tests/unit/suite.h"

#include <xxhash.h>

#include "tests/unit/tracefmt/craft.h"
#include "tracefmt/bytes.h"
#include "tracefmt/input.h"
#include "tracefmt/layout.h"

static uint8_t *small_trace(size_t *len)
{
	struct scratch s;
	uint8_t *data;

	scratch_begin(&s);
	sample_trace(s.path, 3, 90, 30);
	data = load_file(s.path, len);
	scratch_end(&s);
	return data;
}

static void expect_refusal(const uint8_t *data, size_t len, int code, uint64_t offset,
			   const char *reason)
{
	struct tf_error err = { .reason = "" };
	struct tf_reader *r;

	ck_assert_int_eq(tf_reader_open_mem(&r, data, len, &err), code);
	ck_assert_str_eq(err.reason, reason);
	ck_assert_uint_eq(err.offset, offset);
}

START_TEST(test_not_a_trace)
{
	size_t len;
	uint8_t *data = small_trace(&len);

	expect_refusal(data, 0, -ENODATA, 0, "empty file");
	expect_refusal((const uint8_t *)"x", 1, -EBADMSG, 0, "not a kmemtool trace");
	expect_refusal((const uint8_t *)"{\"schema\": \"kmemtool-result/1\"}", 31, -EBADMSG, 0,
		       "not a kmemtool trace");
	expect_refusal(data, 1, -ENODATA, 1, "truncated header: 1 of 64 bytes");
	expect_refusal(data, 63, -ENODATA, 63, "truncated header: 63 of 64 bytes");
	free(data);
}
END_TEST

START_TEST(test_cannot_open)
{
	struct tf_error err;
	struct tf_reader *r;

	ck_assert_int_eq(tf_reader_open(&r, "/nonexistent.kmt", &err), -ENOENT);
	ck_assert_str_eq(err.reason, "cannot open: No such file or directory");
	ck_assert_uint_eq(err.offset, TF_NO_OFFSET);
	ck_assert_int_eq(tf_reader_open(&r, "/tmp", &err), -EISDIR);
	ck_assert_int_eq(tf_reader_open(&r, "/dev/null", &err), -ENODATA);
	ck_assert_str_eq(err.reason, "empty file");
}
END_TEST

/* One byte of the file header, first with its checksum as it was, then with a right one. */
START_TEST(test_header_fields)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
		int code; /* with a right checksum; 0: it is read */
		uint64_t offset;
		const char *reason;
	} cases[] = {
		{ "major", 8, 2, -EPROTO, 8, "trace format 2.0, but this program reads only 1.x" },
		{ "minor", 10, 99, 0, 0, NULL },
		{ "byte order", 12, 0, -EBADMSG, 12, "header: byte order 0 is neither 1 nor 2" },
		{ "byte order", 12, 2, 0, 0, NULL },
		{ "pointer", 13, 16, -EBADMSG, 13, "header: pointers of 16 bytes" },
		{ "pointer", 13, 4, 0, 0, NULL },
		{ "page shift", 14, 9, -EBADMSG, 14, "header: pages of 2^9 bytes" },
		{ "page shift", 14, 21, -EBADMSG, 14, "header: pages of 2^21 bytes" },
		{ "page shift", 14, 16, 0, 0, NULL },
		{ "reserved", 15, 1, -EBADMSG, 15, "header: a reserved byte is not 0" },
		{ "machine", 16, 183, 0, 0, NULL },
		{ "flags", 18, TF_FILE_ANONYMIZED, 0, 0, NULL },
		{ "flags", 18, 2, -EBADMSG, 18, "header: unknown flags 0x2" },
		{ "segment", 20, 1, -EBADMSG, 24, "header: segment 1 of no trace" },
		{ "trace id", 31, 1, 0, 0, NULL },
		{ "unused", 32, 1, 0, 0, NULL },
		{ "unused", 55, 1, 0, 0, NULL },
	};
	size_t len;
	uint8_t *data = small_trace(&len);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t saved[TF_FILE_HEADER_BYTES];
		struct tf_reader *r = NULL;

		memcpy(saved, data, sizeof(saved));
		ck_assert_msg(data[cases[i].at] != cases[i].value, "%s", cases[i].name);
		data[cases[i].at] = cases[i].value;
		expect_refusal(data, len, -EBADMSG, 56, "damaged header: wrong checksum");
		tf_put64(data + 56, XXH64(data, 56, 0));
		if (cases[i].code) {
			expect_refusal(data, len, cases[i].code, cases[i].offset, cases[i].reason);
		} else {
			ck_assert_int_eq(tf_reader_open_mem(&r, data, len, NULL), 0);
			tf_reader_close(r);
		}
		memcpy(data, saved, sizeof(saved));
	}
	data[3] ^= 1;
	expect_refusal(data, len, -EBADMSG, 0, "not a kmemtool trace");
	free(data);
}
END_TEST

/* The writer tells the host's architecture from the facts; all of them can be read. */
START_TEST(test_other_hosts)
{
	static const struct {
		const char *machine, *page_size;
		struct tf_host host;
	} cases[] = {
		{ "s390x", "4096", { "s390x", true, 8, 12 } },
		{ "i686", "4096", { "i386", false, 4, 12 } },
		{ "armv7l", "4096", { "armv", false, 4, 12 } },
		{ "aarch64", "65536", { "aarch64", false, 8, 16 } },
		{ "mips", "1048576", { "mips", true, 4, 20 } },
		{ "riscv64", "4096", { "riscv64", false, 8, 12 } },
		{ "x86_64", "junk", { "x86_64", false, 8, 12 } },
		{ "pdp11", "4096", { "unknown", false, 8, 12 } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tf_reader *r = NULL;
		struct tf_host host;
		struct tf_writer *w;
		struct tf_meta meta;
		struct scratch s;

		scratch_begin(&s);
		tf_meta_init(&meta);
		ck_assert_int_eq(tf_meta_set(&meta, "host.machine", cases[i].machine), 0);
		ck_assert_int_eq(tf_meta_set(&meta, "host.page_size", cases[i].page_size), 0);
		ck_assert_int_eq(tf_writer_create(&w, s.path, NULL, NULL), 0);
		ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
		ck_assert_int_eq(tf_writer_close(w, NULL), 0);
		tf_meta_release(&meta);
		ck_assert_int_eq(tf_reader_open(&r, s.path, NULL), 0);
		tf_reader_get_host(r, &host);
		ck_assert_str_eq(host.machine, cases[i].host.machine);
		ck_assert_int_eq(host.big_endian, cases[i].host.big_endian);
		ck_assert_uint_eq(host.pointer_bytes, cases[i].host.pointer_bytes);
		ck_assert_uint_eq(host.page_shift, cases[i].host.page_shift);
		tf_reader_close(r);
		scratch_end(&s);
	}
}
END_TEST

/* The first block of a type: its offset and header. */
static uint64_t find_block(const uint8_t *data, size_t len, uint16_t type,
			   struct tf_scan_item *item)
{
	uint64_t pos = TF_FILE_HEADER_BYTES;

	while (tf_scan_next(data, len, &pos, item)) {
		if (item->is_block && item->h.type == type)
			return item->offset;
	}
	ck_abort_msg("no block of type %u", type);
	return 0;
}

START_TEST(test_block_header_fields)
{
	size_t len;
	struct tf_scan_item item;
	uint8_t *data = small_trace(&len), *p;
	uint64_t offset = find_block(data, len, TF_BLOCK_EVENTS, &item);
	const uint32_t stored = item.h.stored_bytes, raw = item.h.raw_bytes;
	char claim[80], too_long[120], too_large[120], number[40];
	const struct {
		const char *name;
		size_t at;
		uint8_t value;
		uint64_t offset; /* from the block's */
		const char *reason;
	} cases[] = {
		{ "flags", 10, 0x82, 10, "block header: unknown flags 0x82" },
		{ "flags", 10, TF_BLOCK_RAW, 12, claim },
		{ "stored bytes", 15, 0x10, 12, too_long },
		{ "raw bytes", 19, 0x7f, 12, too_large },
		{ "number", 23, 1, 20, number },
		{ "events", 32, 99, 72, "block header: 30 events by kind, 99 in all" },
		{ "more", 36, 1, 36,
		  "block header: a block of type 5 is not part of a checkpoint" },
		{ "first", 47, 0x80, 40, "block header: ends before it begins" },
		{ "cpus", 64, 0, 64, "block header: 30 events on no CPU" },
		{ "kinds", 72 + 4 * 23, 2, 72, "block header: 32 events by kind, 30 in all" },
		{ "reserved", 168, 1, 168, "block header: reserved bytes are not 0" },
		{ "reserved", 175, 1, 168, "block header: reserved bytes are not 0" },
		{ "type", 8, TF_BLOCK_FACTS, 32, "block header: 30 events in a block of type 1" },
		{ "magic", 0, 0, 0, "no block begins here" },
	};
	struct tf_block_header h;
	struct tf_error err;

	/* The size of a payload depends on zstd's version. */
	snprintf(claim, sizeof(claim), "block header: %u bytes stored raw claim to be %u", stored,
		 raw);
	snprintf(too_long, sizeof(too_long),
		 "block header: payload of %u bytes, %u decompressed, the limit is 4194304",
		 stored | 0x10u << 24, raw);
	snprintf(too_large, sizeof(too_large),
		 "block header: payload of %u bytes, %u decompressed, the limit is 4194304", stored,
		 raw | 0x7fu << 24);
	snprintf(number, sizeof(number), "block header: block number %u", item.h.number | 1u << 24);
	p = data + offset;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t saved[TF_BLOCK_HEADER_BYTES];

		memcpy(saved, p, sizeof(saved));
		ck_assert_msg(p[cases[i].at] != cases[i].value, "%s", cases[i].name);
		p[cases[i].at] = cases[i].value;
		ck_assert_int_eq(tf_block_header_get(&h, p, len - offset, offset, &err), -EBADMSG);
		ck_assert_uint_eq(err.offset, offset);
		ck_assert_str_eq(err.reason, cases[i].at ? "damaged block header: wrong checksum"
							 : "no block begins here");
		tf_put64(p + 184, XXH64(p, 184, 0));
		ck_assert_int_eq(tf_block_header_get(&h, p, len - offset, offset, &err), -EBADMSG);
		ck_assert_str_eq(err.reason, cases[i].reason);
		ck_assert_uint_eq(err.offset, offset + cases[i].offset);
		memcpy(p, saved, sizeof(saved));
	}
	ck_assert_int_eq(tf_block_header_get(&h, p, 191, offset, &err), -ENODATA);
	ck_assert_str_eq(err.reason, "truncated block header: 191 of 192 bytes");
	ck_assert_int_eq(tf_block_header_get(&h, p, 192, offset, &err), 0);
	free(data);
}
END_TEST

/* Headers that are right in themselves, over payloads that are not. */
START_TEST(test_payloads)
{
	size_t len;
	struct tf_scan_item item;
	uint8_t *data = small_trace(&len);
	uint64_t offset = find_block(data, len, TF_BLOCK_EVENTS, &item);
	char no_frame[60], other_size[60];
	const struct {
		size_t at; /* in header + payload */
		uint8_t flip;
		bool sum_payload;
		const char *reason;
	} cases[] = {
		{ 192 + 100, 1, false, "damaged block: wrong checksum" },
		{ 176, 1, false, "damaged block: wrong checksum" },
		{ 16, 1, true, other_size },
		{ 192, 1, true, no_frame },
	};
	const struct tf_event *events;
	struct tf_error err;

	snprintf(no_frame, sizeof(no_frame), "block: not a zstd frame of %u bytes",
		 item.h.raw_bytes);
	snprintf(other_size, sizeof(other_size), "block: not a zstd frame of %u bytes",
		 item.h.raw_bytes ^ 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *bad = malloc(len), *p = bad + offset;
		struct tf_reader *r;

		memcpy(bad, data, len);
		p[cases[i].at] ^= cases[i].flip;
		if (cases[i].sum_payload)
			tf_put64(p + 176, XXH64(p + 192, item.h.stored_bytes, 0));
		tf_put64(p + 184, XXH64(p, 184, 0));
		ck_assert_int_eq(tf_reader_open_mem(&r, bad, len, NULL), 0);
		ck_assert_int_eq(tf_reader_next(r, &events, &err), -EBADMSG);
		ck_assert_str_eq(err.reason, cases[i].reason);
		ck_assert_uint_eq(err.offset, offset);
		/* Told once, and the next call goes on behind it. */
		ck_assert_int_eq(tf_reader_next(r, &events, &err), 30);
		ck_assert_int_eq(tf_reader_next(r, &events, &err), 30);
		ck_assert_int_eq(tf_reader_next(r, &events, &err), 0);
		tf_reader_close(r);
		free(bad);
	}
	free(data);
}
END_TEST

/* Number of events in whole blocks that end at or before a cut. */
static uint64_t events_before(const uint8_t *data, size_t len, size_t cut)
{
	uint64_t pos = TF_FILE_HEADER_BYTES, nr = 0;
	struct tf_scan_item item;

	while (tf_scan_next(data, len, &pos, &item)) {
		if (pos <= cut)
			nr += item.h.nr_events;
	}
	return nr;
}

START_TEST(test_truncated_everywhere)
{
	size_t len;
	uint8_t *data = small_trace(&len);

	for (size_t cut = 0; cut <= len; cut++) {
		/* Of its own size, so that the sanitizers see one byte too many. */
		uint8_t *part = malloc(cut + !cut);
		struct tf_reader_info info;
		struct tf_reader *r = NULL;
		unsigned damaged;
		int ret;

		memcpy(part, data, cut);
		ret = tf_reader_open_mem(&r, part, cut, NULL);
		if (cut < TF_FILE_HEADER_BYTES) {
			ck_assert_int_eq(ret, -ENODATA);
			free(part);
			continue;
		}
		ck_assert_int_eq(ret, 0);
		tf_reader_get_info(r, &info);
		ck_assert_int_eq(info.complete, cut == len);
		ck_assert_uint_eq(info.nr_events, events_before(data, len, cut));
		ck_assert_uint_eq(read_events(r, &damaged), info.nr_events);
		ck_assert_uint_eq(damaged, 0);
		tf_reader_close(r);
		free(part);
	}
	free(data);
}
END_TEST

/* A trace with blocks of all types; events are those of craft_series(), 20 in each block. */
static void every_type(struct craft *c)
{
	const uint64_t frames[] = { 0xffffffff81000010u, 0xffffffff81000220u };
	struct tf_meta meta;

	tf_meta_init(&meta);
	sample_meta(&meta);
	ck_assert_int_eq(tf_meta_add_stack(&meta, 1, frames, 2), 0);
	craft_begin(c, 0, 0, 0);
	craft_meta(c, &meta);
	craft_series(c, TF_BLOCK_EVENTS, 0, 20, 100, 1, 0);
	craft_series(c, TF_BLOCK_CHECKPOINT, 10000, 4, 100, 1, 1);
	craft_series(c, TF_BLOCK_CHECKPOINT, 10004, 4, 100, 1, 0);
	craft_series(c, TF_BLOCK_EVENTS, 20, 20, 120, 1, 0);
	ck_assert_ptr_nonnull(tf_meta_begin_snapshot(&meta, 5000));
	craft_meta(c, &meta);
	craft_series(c, TF_BLOCK_EVENTS, 40, 20, 140, 1, 0);
	craft_end(c, true);
	tf_meta_release(&meta);
}

/* Cut anywhere, also with a checkpoint asked for, every whole block is there to the last bit. */
START_TEST(test_cut_everywhere)
{
	struct craft c;

	every_type(&c);
	for (size_t cut = TF_FILE_HEADER_BYTES; cut <= c.file.len; cut++) {
		uint8_t *part = malloc(cut);
		uint64_t at = 0, nr = events_before(c.file.data, c.file.len, cut);
		const struct tf_event *batch;
		struct tf_reader *r = NULL;
		unsigned live = 0;
		int64_t got;

		memcpy(part, c.file.data, cut);
		ck_assert_int_eq(tf_reader_open_mem(&r, part, cut, NULL), 0);
		tf_reader_set_warm(r, true);
		tf_reader_set_range(r, 150, UINT64_MAX);
		while ((got = tf_reader_next(r, &batch, NULL)) > 0) {
			if (tf_reader_phase(r) == TF_PHASE_LIVE) {
				live++;
				at = 20;
				continue;
			}
			ck_assert_uint_eq(batch[0].addr, 0x1000 + at);
			ck_assert_uint_eq(batch[got - 1].ts_ns, 100 + at + (uint64_t)got - 1);
			at += (uint64_t)got;
		}
		ck_assert_int_eq(got, 0);
		/* The records of the checkpoint are no events. */
		ck_assert_uint_eq(at, nr >= 28 ? nr - 8 : nr > 20 ? 20 : nr);
		ck_assert(live == 0 || live == 2);
		tf_reader_close(r);
		free(part);
	}
	tf_out_release(&c.file);
}
END_TEST

/*
 * A byte anywhere is flipped: the reader opens (but for the header), says so where
 * it comes to it, and loses no more than the block that was hit.
 */
START_TEST(test_flips_cost_one_block)
{
	size_t len;
	uint8_t *data = small_trace(&len);
	uint64_t seed = 6;

	for (size_t at = TF_FILE_HEADER_BYTES; at < len; at++) {
		struct tf_scan_item item;
		uint64_t pos = TF_FILE_HEADER_BYTES;
		uint8_t flip = (uint8_t)(1u << rnd_below(&seed, 8));
		bool in_footer, in_events;
		struct tf_reader *r = NULL;
		unsigned damaged;
		uint64_t got;

		do {
			item.h.type = TF_BLOCK_FOOTER;
		} while (tf_scan_next(data, len, &pos, &item) && pos <= at);
		in_footer = item.h.type == TF_BLOCK_FOOTER;
		in_events = item.h.type == TF_BLOCK_EVENTS;
		data[at] ^= flip;
		ck_assert_int_eq(tf_reader_open_mem(&r, data, len, NULL), 0);
		ck_assert_int_eq(tf_reader_is_complete(r), !in_footer);
		got = read_events(r, &damaged);
		ck_assert_uint_eq(damaged, !in_footer);
		ck_assert_uint_eq(got, in_events ? 60 : 90);
		tf_reader_close(r);
		data[at] ^= flip;
	}
	free(data);
}
END_TEST

/* Without its footer, and a block's header destroyed: the blocks behind it are found. */
START_TEST(test_resync)
{
	struct tf_scan_item item;
	const struct tf_event *events;
	struct tf_error err;
	struct tf_reader *r;
	size_t len;
	uint8_t *data = small_trace(&len);
	uint64_t footer = find_block(data, len, TF_BLOCK_FOOTER, &item);
	uint64_t first = find_block(data, len, TF_BLOCK_EVENTS, &item);

	data[first + 70] ^= 4;
	/* A magic number in the middle of nowhere is no block. */
	memcpy(data + first + 200, data + first, 8);
	ck_assert_int_eq(tf_reader_open_mem(&r, data, footer, NULL), 0);
	ck_assert(!tf_reader_is_complete(r));
	ck_assert_int_eq(tf_reader_next(r, &events, &err), -EBADMSG);
	ck_assert_str_eq(err.reason, "damaged block header: wrong checksum");
	ck_assert_uint_eq(err.offset, first);
	ck_assert_int_eq(tf_reader_next(r, &events, &err), 30);
	ck_assert_int_eq(tf_reader_next(r, &events, &err), 30);
	ck_assert_int_eq(tf_reader_next(r, &events, &err), 0);
	tf_reader_rewind(r);
	ck_assert_int_eq(tf_reader_next(r, &events, &err), -EBADMSG);
	tf_reader_close(r);
	free(data);
}
END_TEST

/* A block that is out of range is not looked at, so its damage is not told. */
START_TEST(test_range_skips_damage)
{
	struct tf_scan_item item;
	struct tf_reader *r;
	unsigned damaged;
	size_t len;
	uint8_t *data = small_trace(&len);
	uint64_t first = find_block(data, len, TF_BLOCK_EVENTS, &item);

	data[first + 200] ^= 4;
	ck_assert_int_eq(tf_reader_open_mem(&r, data, len, NULL), 0);
	tf_reader_set_range(r, item.h.last_ns + 1, UINT64_MAX);
	ck_assert_uint_eq(read_events(r, &damaged), 60);
	ck_assert_uint_eq(damaged, 0);
	tf_reader_set_range(r, item.h.last_ns, UINT64_MAX);
	tf_reader_rewind(r);
	ck_assert_uint_eq(read_events(r, &damaged), 60);
	ck_assert_uint_eq(damaged, 1);
	tf_reader_close(r);
	free(data);
}
END_TEST

RUN_SUITE("tracefmt/damage", test_not_a_trace, test_cannot_open, test_header_fields,
	  test_other_hosts, test_block_header_fields, test_payloads, test_truncated_everywhere,
	  test_cut_everywhere, test_flips_cost_one_block, test_resync, test_range_skips_damage)
