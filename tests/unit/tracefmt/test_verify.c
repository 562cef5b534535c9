/* SPDX-License-Identifier: GPL-2.0-only */
/* tf_verify() finds every flip; tf_salvage() makes a whole trace of what is left. */
#include "tests/unit/suite.h"

#include <xxhash.h>

#include "tests/unit/tracefmt/craft.h"
#include "tracefmt/block.h"
#include "tracefmt/input.h"
#include "tracefmt/layout.h"
#include "tracefmt/verify.h"

struct findings {
	unsigned nr;
	struct tf_error first;
};

static void note(void *arg, const struct tf_error *what)
{
	struct findings *found = arg;

	ck_assert_uint_gt(strlen(what->reason), 0);
	if (!found->nr++)
		found->first = *what;
}

/* Returns what tf_verify() does. */
static int verify(const struct scratch *s, const uint8_t *data, size_t len,
		  struct tf_verify_result *result, struct findings *found, struct tf_error *err)
{
	save_file(s->path, data, len);
	memset(found, 0, sizeof(*found));
	return tf_verify(s->path, result, note, found, err);
}

START_TEST(test_whole)
{
	struct tf_verify_result result;
	struct scratch s;

	scratch_begin(&s);
	sample_trace(s.path, 3, 90, 30);
	ck_assert_int_eq(tf_verify(s.path, &result, NULL, NULL, NULL), 0);
	ck_assert_uint_eq(result.nr_blocks, 4 + 3 + 1);
	ck_assert_uint_eq(result.nr_damaged, 0);
	ck_assert(result.complete);
	scratch_end(&s);
}
END_TEST

START_TEST(test_every_flip_is_found)
{
	struct tf_verify_result result;
	struct findings found;
	struct tf_error err;
	struct scratch s;
	uint64_t seed = 8;
	uint8_t *data;
	size_t len;

	scratch_begin(&s);
	sample_trace(s.path, 3, 60, 30);
	data = load_file(s.path, &len);
	for (size_t at = 0; at < len; at++) {
		uint8_t flip = (uint8_t)(1u << rnd_below(&seed, 8));
		int ret;

		data[at] ^= flip;
		ret = verify(&s, data, len, &result, &found, &err);
		/* Without its magic number it is no trace at all. */
		ck_assert_int_eq(ret, at < 8 ? -EBADMSG : 0);
		if (!ret)
			ck_assert_msg(found.nr == 1 && result.nr_damaged == 1,
				      "%u findings for byte %zu", found.nr, at);
		data[at] ^= flip;
	}
	free(data);
	scratch_end(&s);
}
END_TEST

/* A longer trace with blocks of all types, and any other value in place of a byte. */
START_TEST(test_thousand_corruptions)
{
	const uint64_t frames[] = { 0xffffffff81000010u, 0xffffffff81000220u };
	struct tf_event *events = load_events(4, 3000);
	struct tf_verify_result result;
	struct findings found;
	struct tf_error err;
	struct tf_meta meta;
	struct scratch s;
	uint64_t seed = 1000;
	struct craft c;

	scratch_begin(&s);
	tf_meta_init(&meta);
	sample_meta(&meta);
	ck_assert_int_eq(tf_meta_add_stack(&meta, 1, frames, 2), 0);
	craft_begin(&c, 0, 0, 0);
	craft_meta(&c, &meta);
	for (unsigned i = 0; i < 3; i++) {
		craft_records(&c, TF_BLOCK_EVENTS, events + 1000 * (size_t)i, 1000, 0);
		craft_series(&c, TF_BLOCK_CHECKPOINT, 10000, 30, 7, 1, 1);
		craft_series(&c, TF_BLOCK_CHECKPOINT, 20000, 10, 7, 1, 0);
	}
	craft_end(&c, true);
	ck_assert_int_eq(verify(&s, c.file.data, c.file.len, &result, &found, &err), 0);
	ck_assert_uint_eq(result.nr_damaged, 0);
	ck_assert(result.complete);
	for (unsigned i = 0; i < 1000; i++) {
		uint8_t *byte = &c.file.data[rnd_below(&seed, c.file.len)], was = *byte;
		int ret;

		*byte ^= (uint8_t)(1 + rnd_below(&seed, 255));
		ret = verify(&s, c.file.data, c.file.len, &result, &found, &err);
		ck_assert_msg(ret || result.nr_damaged, "byte %zu", (size_t)(byte - c.file.data));
		*byte = was;
	}
	tf_out_release(&c.file);
	tf_meta_release(&meta);
	free(events);
	scratch_end(&s);
}
END_TEST

START_TEST(test_cut_or_longer)
{
	struct tf_verify_result result;
	struct findings found;
	struct tf_error err;
	struct tf_scan_item item;
	uint64_t pos = TF_FILE_HEADER_BYTES;
	struct scratch s;
	uint8_t *data;
	size_t len;

	scratch_begin(&s);
	sample_trace(s.path, 3, 60, 30);
	data = load_file(s.path, &len);
	/* Cut between blocks: incomplete, but nothing is damaged. */
	while (tf_scan_next(data, len, &pos, &item)) {
		ck_assert_int_eq(verify(&s, data, item.offset, &result, &found, &err), 0);
		ck_assert_uint_eq(result.nr_damaged, 0);
		ck_assert(!result.complete);
	}
	ck_assert_int_eq(verify(&s, data, item.offset - 1, &result, &found, &err), 0);
	ck_assert_uint_eq(found.nr, 1);
	ck_assert_msg(strstr(found.first.reason, "truncated block: "), "%s", found.first.reason);
	ck_assert_int_eq(verify(&s, data, 63, &result, &found, &err), -ENODATA);
	ck_assert_str_eq(err.reason, "truncated header: 63 of 64 bytes");
	/* Trailing garbage. */
	data[len] = 'x';
	ck_assert_int_eq(verify(&s, data, len + 1, &result, &found, &err), 0);
	ck_assert_uint_eq(found.nr, 1);
	ck_assert(!result.complete);
	ck_assert_str_eq(found.first.reason, "no block begins here");
	ck_assert_uint_eq(found.first.offset, len - TF_TRAILER_BYTES);
	free(data);
	scratch_end(&s);
}
END_TEST

/* Copy a file's blocks but for some, with or without new numbers; the footer stays. */
static size_t without_block(const uint8_t *data, size_t len, unsigned drop, uint8_t *out)
{
	uint64_t pos = TF_FILE_HEADER_BYTES;
	struct tf_scan_item item;
	size_t done = TF_FILE_HEADER_BYTES;

	memcpy(out, data, done);
	for (unsigned nr = 0; tf_scan_next(data, len, &pos, &item); nr++) {
		if (nr == drop)
			continue;
		memcpy(out + done, data + item.offset, item.len);
		done += item.len;
	}
	memcpy(out + done, data + pos, len - pos);
	return done + len - pos;
}

START_TEST(test_missing_block)
{
	struct tf_verify_result result;
	struct findings found;
	struct tf_error err;
	struct scratch s;
	uint8_t *data, *out;
	size_t len;

	scratch_begin(&s);
	sample_trace(s.path, 3, 90, 30);
	data = load_file(s.path, &len);
	out = malloc(len);
	ck_assert_int_eq(verify(&s, out, without_block(data, len, 5, out), &result, &found, &err),
			 0);
	ck_assert_str_eq(found.first.reason, "block number 6 where 5 was expected");
	ck_assert(!result.complete);
	free(out);
	free(data);
	scratch_end(&s);
}
END_TEST

/* A header that lies about its events, with all checksums right. */
START_TEST(test_lying_header)
{
	static const char *const reasons[] = {
		"the block's events are not of the time that its header says",
		"the block's events are not of the time that its header says",
		"the block lost 0 events, its header says 1",
		"the block's events are not of the kinds that its header says",
		"the block's events are not of the CPUs that its header says",
	};
	struct tf_verify_result result;
	struct tf_scan_item item;
	struct findings found;
	struct tf_error err;
	uint64_t pos = TF_FILE_HEADER_BYTES;
	struct scratch s;
	uint8_t *data;
	size_t len;

	scratch_begin(&s);
	sample_trace(s.path, 3, 90, 30);
	data = load_file(s.path, &len);
	while (tf_scan_next(data, len, &pos, &item) && item.h.type != TF_BLOCK_EVENTS)
		;
	for (unsigned i = 0; i < 5; i++) {
		struct tf_block_header h = item.h;

		h.first_ns -= i == 0;
		h.last_ns += i == 1;
		h.nr_lost += i == 2;
		/* One kfree turned into a kmalloc. */
		h.by_kind[TF_KMALLOC] += i == 3;
		h.by_kind[TF_KFREE] -= i == 3;
		h.cpus ^= i == 4 ? 1u << 5 : 0;
		tf_block_header_put(data + item.offset, &h);
		ck_assert_int_eq(verify(&s, data, len, &result, &found, &err), 0);
		ck_assert_str_eq(found.first.reason, reasons[i]);
		ck_assert_uint_eq(found.first.offset, item.offset);
		/* The footer says what the header had said. */
		ck_assert(!result.complete);
	}
	free(data);
	scratch_end(&s);
}
END_TEST

/* Numbers that are right in themselves, and wrong beside each other. */
START_TEST(test_wrong_numbers)
{
	static const struct {
		const char *reason;
		uint64_t at; /* in the second block of events */
	} cases[] = {
		{ "block number 9 where 1 was expected", 20 },
		{ "the block begins with record 11 where 10 was expected", 24 },
		{ "the block begins with record 9 where 10 was expected", 24 },
		{ "2 more blocks of a checkpoint were expected", 36 },
	};
	struct tf_verify_result result;
	struct findings found;
	struct tf_error err;
	struct scratch s;

	scratch_begin(&s);
	for (unsigned i = 0; i < 4; i++) {
		struct tf_block_header h;
		struct craft c;
		size_t at;

		craft_begin(&c, 0, 0, 0);
		if (i < 3)
			craft_series(&c, TF_BLOCK_EVENTS, 0, 10, 100, 1, 0);
		else
			craft_series(&c, TF_BLOCK_CHECKPOINT, 0, 10, 100, 1, 2);
		at = craft_series(&c, TF_BLOCK_EVENTS, 10, 10, 110, 1, 0);
		craft_end(&c, true);
		ck_assert_int_eq(
			tf_block_header_get(&h, c.file.data + at, c.file.len - at, at, NULL), 0);
		h.number = i == 0 ? 9 : h.number;
		h.first_event += i == 1 ? 1 : i == 2 ? UINT64_MAX : 0;
		tf_block_header_put(c.file.data + at, &h);
		ck_assert_int_eq(verify(&s, c.file.data, c.file.len, &result, &found, &err), 0);
		ck_assert_str_eq(found.first.reason, cases[i].reason);
		ck_assert_uint_eq(found.first.offset, at + cases[i].at);
		tf_out_release(&c.file);
	}
	scratch_end(&s);
}
END_TEST

/*
 * Not one event that was whole is lost, none that was not is kept, a gap tells how many
 * are missing where it is known, and the result is whole.
 */
static void expect_salvaged(const struct scratch *s, uint64_t nr_events, uint64_t nr_lost,
			    size_t nr_symbols)
{
	struct tf_verify_result result;
	struct tf_error err = { .reason = "" };
	struct tf_reader_info info;
	struct tf_reader *r = NULL;
	unsigned damaged;

	ck_assert_msg(!tf_salvage(s->path, s->other, &result, &err), "%s", err.reason);
	ck_assert_uint_eq(result.nr_lost, nr_lost);
	ck_assert_int_eq(tf_verify(s->other, &result, NULL, NULL, NULL), 0);
	ck_assert_uint_eq(result.nr_damaged, 0);
	ck_assert_uint_eq(result.nr_lost, 0);
	ck_assert(result.complete);
	ck_assert_int_eq(tf_reader_open(&r, s->other, NULL), 0);
	tf_reader_get_info(r, &info);
	ck_assert(info.complete);
	ck_assert_uint_eq(info.nr_events, nr_events);
	ck_assert_uint_eq(info.nr_lost, nr_lost);
	ck_assert_uint_eq(info.by_kind[TF_GAP], nr_lost > 0);
	ck_assert_uint_eq(tf_reader_meta(r)->nr_symbols, nr_symbols);
	ck_assert_uint_eq(read_events(r, &damaged), nr_events + (nr_lost > 0));
	tf_reader_close(r);
}

START_TEST(test_salvage)
{
	uint64_t pos = TF_FILE_HEADER_BYTES;
	struct tf_scan_item item;
	struct scratch s;
	uint8_t *data;
	size_t len;

	scratch_begin(&s);
	sample_trace(s.path, 3, 90, 30);
	data = load_file(s.path, &len);
	expect_salvaged(&s, 90, 0, LOAD_SITES);
	/* A flip in the header, then in the payload, of each block in turn. */
	while (tf_scan_next(data, len, &pos, &item)) {
		uint64_t lost = item.h.type == TF_BLOCK_EVENTS ? 30 : 0;
		size_t symbols = item.h.type == TF_BLOCK_SYMBOLS ? 0 : LOAD_SITES;

		for (uint64_t at = 30; at < 200; at += 168) {
			data[item.offset + at] ^= 1;
			save_file(s.path, data, len);
			expect_salvaged(&s, 90 - lost, lost, symbols);
			data[item.offset + at] ^= 1;
		}
	}
	/* Half of the last event block, no footer: nobody knows how many those were. */
	save_file(s.path, data, item.offset - 20);
	expect_salvaged(&s, 60, 0, LOAD_SITES);
	free(data);
	scratch_end(&s);
}
END_TEST

/*
 *   E 0..9   E 10..19 lost   E 20..29   C 2 blocks, one lost   E 30..39   C 1   E 40..49 lost
 *
 * The gaps stand where the events were, at the time of the event before.
 */
START_TEST(test_salvage_gaps)
{
	static const struct {
		uint64_t addr, ts_ns, nr_lost;
		int64_t nr;
	} expected[] = {
		{ 0x1000, 100, 0, 10 },	     { 0, 109, 10, 1 }, { 0x1000 + 20, 120, 0, 10 },
		{ 0x1000 + 30, 130, 0, 10 }, { 0, 139, 10, 1 },
	};
	struct tf_verify_result result;
	const struct tf_event *batch;
	struct tf_reader_info info;
	struct tf_reader *r;
	struct scratch s;
	size_t bad[3];

	scratch_begin(&s);
	/* The block's payload is damaged, or its header. */
	for (unsigned at = 100; at <= 200; at += 100) {
		struct craft c;

		craft_begin(&c, 0, 0, 0);
		craft_series(&c, TF_BLOCK_EVENTS, 0, 10, 100, 1, 0);
		bad[0] = craft_series(&c, TF_BLOCK_EVENTS, 10, 10, 110, 1, 0);
		craft_series(&c, TF_BLOCK_EVENTS, 20, 10, 120, 1, 0);
		bad[1] = craft_series(&c, TF_BLOCK_CHECKPOINT, 0, 4, 100, 1, 1);
		craft_series(&c, TF_BLOCK_CHECKPOINT, 0, 4, 100, 1, 0);
		craft_series(&c, TF_BLOCK_EVENTS, 30, 10, 130, 1, 0);
		craft_series(&c, TF_BLOCK_CHECKPOINT, 0, 4, 100, 1, 0);
		bad[2] = craft_series(&c, TF_BLOCK_EVENTS, 40, 10, 140, 1, 0);
		craft_end(&c, true);
		for (unsigned i = 0; i < 3; i++)
			c.file.data[bad[i] + at] ^= 1;
		craft_save(&c, s.path);
		ck_assert_int_eq(tf_salvage(s.path, s.other, &result, NULL), 0);
		ck_assert_uint_eq(result.nr_damaged, 3);
		ck_assert_uint_eq(result.nr_lost, 20);
		ck_assert_int_eq(tf_verify(s.other, &result, NULL, NULL, NULL), 0);
		ck_assert_uint_eq(result.nr_damaged, 0);
		ck_assert_int_eq(tf_reader_open(&r, s.other, NULL), 0);
		tf_reader_get_info(r, &info);
		ck_assert_uint_eq(info.nr_lost, 20);
		ck_assert_uint_eq(info.nr_checkpoints, 1);
		for (unsigned i = 0; i < 5; i++) {
			ck_assert_int_eq(tf_reader_next(r, &batch, NULL), expected[i].nr);
			ck_assert_uint_eq(batch->addr, expected[i].addr);
			ck_assert_uint_eq(batch->ts_ns, expected[i].ts_ns);
			ck_assert_uint_eq(batch->kind == TF_GAP, expected[i].nr_lost != 0);
			if (expected[i].nr_lost)
				ck_assert_uint_eq(batch->bytes_req, expected[i].nr_lost);
		}
		ck_assert_int_eq(tf_reader_next(r, &batch, NULL), 0);
		tf_reader_close(r);
	}
	scratch_end(&s);
}
END_TEST

/* The header is damaged: the facts tell what the new one must say. */
START_TEST(test_salvage_without_header)
{
	struct tf_verify_result result;
	struct tf_host host;
	struct tf_writer *w;
	struct tf_meta meta;
	struct scratch s;
	struct tf_reader *r;
	uint8_t *data;
	size_t len;

	scratch_begin(&s);
	tf_meta_init(&meta);
	ck_assert_int_eq(tf_meta_set(&meta, "host.machine", "s390x"), 0);
	ck_assert_int_eq(tf_writer_create(&w, s.path, NULL, NULL), 0);
	ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	tf_meta_release(&meta);
	data = load_file(s.path, &len);
	data[13] = 9;
	save_file(s.path, data, len);
	ck_assert_int_eq(tf_salvage(s.path, s.other, &result, NULL), 0);
	ck_assert_uint_eq(result.nr_damaged, 1);
	ck_assert_int_eq(tf_reader_open(&r, s.other, NULL), 0);
	tf_reader_get_host(r, &host);
	ck_assert_str_eq(host.machine, "s390x");
	tf_reader_close(r);
	free(data);
	scratch_end(&s);
}
END_TEST

START_TEST(test_salvage_refuses)
{
	struct tf_verify_result result;
	struct tf_error err;
	struct scratch s;
	struct stat before, after;

	scratch_begin(&s);
	sample_trace(s.path, 3, 90, 30);
	ck_assert_int_eq(stat(s.path, &before), 0);
	ck_assert_int_eq(tf_salvage(s.path, s.path, &result, &err), -EINVAL);
	ck_assert_str_eq(err.reason, "the output is the input");
	ck_assert_int_eq(stat(s.path, &after), 0);
	ck_assert_int_eq(before.st_size, after.st_size);
	ck_assert_int_eq(tf_salvage(s.path, "/dev/full", &result, &err), -ENOSPC);
	ck_assert_str_eq(err.reason, "cannot write: No space left on device");
	save_file(s.path, (const uint8_t *)"hello", 5);
	ck_assert_int_eq(tf_salvage(s.path, s.other, &result, &err), -EBADMSG);
	ck_assert_str_eq(err.reason, "not a kmemtool trace");
	ck_assert_int_eq(access(s.other, F_OK), -1);
	scratch_end(&s);
}
END_TEST

RUN_SUITE("tracefmt/verify", test_whole, test_every_flip_is_found, test_thousand_corruptions,
	  test_cut_or_longer, test_missing_block, test_lying_header, test_wrong_numbers,
	  test_salvage, test_salvage_gaps, test_salvage_without_header, test_salvage_refuses)
