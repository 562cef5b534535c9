/* SPDX-License-Identifier: GPL-2.0-only */
/* tf_verify() finds every flip; tf_salvage() makes a whole trace of what is left. */
#include "tests/unit/suite.h"

#include <xxhash.h>

#include "tests/unit/tracefmt/sample.h"
#include "tracefmt/block.h"
#include "tracefmt/input.h"
#include "tracefmt/layout.h"

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
	for (unsigned i = 0; i < 4; i++) {
		struct tf_block_header h = item.h;

		h.first_ns -= i == 0;
		h.last_ns += i == 1;
		h.nr_lost += i == 2;
		/* One kfree turned into a kmalloc. */
		h.by_kind[TF_KMALLOC] += i == 3;
		h.by_kind[TF_KFREE] -= i == 3;
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

/* Not one event that was whole is lost, none that was not is kept, and the result is whole. */
static void expect_salvaged(const struct scratch *s, uint64_t nr_events, size_t nr_symbols)
{
	struct tf_verify_result result;
	struct tf_error err = { .reason = "" };
	struct tf_reader *r = NULL;
	unsigned damaged;

	ck_assert_msg(!tf_salvage(s->path, s->other, &result, &err), "%s", err.reason);
	ck_assert_int_eq(tf_verify(s->other, &result, NULL, NULL, NULL), 0);
	ck_assert_uint_eq(result.nr_damaged, 0);
	ck_assert(result.complete);
	ck_assert_int_eq(tf_reader_open(&r, s->other, NULL), 0);
	ck_assert(tf_reader_is_complete(r));
	ck_assert_uint_eq(tf_reader_meta(r)->nr_symbols, nr_symbols);
	ck_assert_uint_eq(read_events(r, &damaged), nr_events);
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
	expect_salvaged(&s, 90, LOAD_SITES);
	/* A flip in the header, then in the payload, of each block in turn. */
	while (tf_scan_next(data, len, &pos, &item)) {
		uint64_t lost = item.h.type == TF_BLOCK_EVENTS ? 30 : 0;
		size_t symbols = item.h.type == TF_BLOCK_SYMBOLS ? 0 : LOAD_SITES;

		for (uint64_t at = 30; at < 180; at += 145) {
			data[item.offset + at] ^= 1;
			save_file(s.path, data, len);
			expect_salvaged(&s, 90 - lost, symbols);
			data[item.offset + at] ^= 1;
		}
	}
	/* Half of the last event block, no footer. */
	save_file(s.path, data, item.offset - 20);
	expect_salvaged(&s, 60, LOAD_SITES);
	free(data);
	scratch_end(&s);
}
END_TEST

/* The header is damaged: the facts tell what the new one must say. */
START_TEST(test_salvage_without_header)
{
	struct tf_verify_result result;
	struct tf_error err;
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
	ck_assert_int_eq(tf_reader_open(&r, s.other, &err), -EPROTO);
	ck_assert_ptr_nonnull(strstr(err.reason, "(s390x)"));
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

RUN_SUITE("tracefmt/verify", test_whole, test_every_flip_is_found, test_cut_or_longer,
	  test_missing_block, test_lying_header, test_salvage, test_salvage_without_header,
	  test_salvage_refuses)
