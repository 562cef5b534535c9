/* SPDX-License-Identifier: GPL-2.0-only */
/* What metadata of a stranger's trace may take: memory, and time. */
#include "tests/unit/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/tracefmt/memory.h"
#include "tracefmt/meta_codec.h"
#include "tracefmt/meta_compact.h"

/* Items in order are appended; so many in the wrong order are too many. */
#define MANY 9000u

/* Beyond what is accounted: the largest item, and what a sort takes. */
#define MAX_MEMORY (TF_MAX_META_BYTES + (8u << 20))

static int decode(struct tf_meta *meta, uint16_t type, const struct tf_out *raw,
		  struct tf_error *err)
{
	ck_assert_int_eq(raw->err, 0);
	return tf_meta_decode(meta, type, raw->data, raw->len, 0, err);
}

static void put_string(struct tf_out *out, const char *s)
{
	tf_out_varint(out, strlen(s));
	tf_out_bytes(out, s, strlen(s));
}

/* A name for each number, in their order. */
static void put_name(struct tf_out *out, uint32_t number)
{
	char name[16];

	snprintf(name, sizeof(name), "%08x", number);
	put_string(out, name);
}

static void put_snapshot(struct tf_out *out, uint32_t id)
{
	tf_out_u32(out, id);
	tf_out_u64(out, 1);
}

static void put_item(struct tf_out *out, uint16_t type, uint32_t number)
{
	switch (type) {
	case TF_BLOCK_FACTS:
		put_name(out, number);
		put_string(out, "");
		break;
	case TF_BLOCK_CACHES:
		tf_out_varint(out, number + 1);
		for (unsigned i = 0; i < 8; i++)
			tf_out_varint(out, 0);
		put_string(out, "");
		break;
	case TF_BLOCK_SYMBOLS:
		tf_out_u64(out, number);
		tf_out_varint(out, 0);
		put_string(out, "");
		break;
	case TF_BLOCK_STACKS:
		tf_out_varint(out, number + 1);
		tf_out_varint(out, 1);
		tf_out_varint(out, 2);
		break;
	default:
		if (!out->len)
			put_snapshot(out, 0);
		put_name(out, number);
		tf_out_varint(out, 0);
		tf_out_varint(out, 0);
	}
}

static int decode_many(uint16_t type, bool backwards, struct tf_error *err)
{
	struct tf_meta meta;
	struct tf_out raw;
	int ret;

	tf_out_init(&raw);
	for (uint32_t i = 0; i < MANY; i++)
		put_item(&raw, type, backwards ? MANY - i : i);
	tf_meta_init(&meta);
	ret = decode(&meta, type, &raw, err);
	if (!ret)
		ck_assert_uint_eq(meta.decoded_bytes, tf_meta_bytes(&meta));
	tf_meta_release(&meta);
	tf_out_release(&raw);
	return ret;
}

/* Each item that is put in before others moves them; a file must not have one do that for ever. */
START_TEST(test_order)
{
	struct tf_error err;

	ck_assert_int_eq(decode_many(TF_BLOCK_FACTS, false, &err), 0);
	ck_assert_int_eq(decode_many(TF_BLOCK_FACTS, true, &err), -EBADMSG);
	ck_assert_str_eq(err.reason, "facts: the block's content is damaged");
	ck_assert_int_eq(decode_many(TF_BLOCK_SNAPSHOT, false, &err), 0);
	ck_assert_int_eq(decode_many(TF_BLOCK_SNAPSHOT, true, &err), -EBADMSG);
	ck_assert_str_eq(err.reason, "snapshot: the block's content is damaged");
	/* These are in order of arrival, or sorted in the end. */
	ck_assert_int_eq(decode_many(TF_BLOCK_CACHES, true, &err), 0);
	ck_assert_int_eq(decode_many(TF_BLOCK_STACKS, true, &err), 0);
	ck_assert_int_eq(decode_many(TF_BLOCK_SYMBOLS, true, &err), 0);
}
END_TEST

/* Items of one sort until there is no room. */
START_TEST(test_items)
{
	static const uint16_t types[] = { TF_BLOCK_FACTS, TF_BLOCK_CACHES, TF_BLOCK_SYMBOLS,
					  TF_BLOCK_SNAPSHOT, TF_BLOCK_STACKS };

	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		struct tf_error err = { .reason = "" };
		uint32_t number = 0;
		struct tf_meta meta;
		struct tf_out raw;
		long long before;
		int ret;

		tf_out_init(&raw);
		tf_meta_init(&meta);
		ck_assert_ptr_nonnull(tf_out_reserve(&raw, TF_MAX_RAW_BYTES));
		before = fz_memory_begin();
		do {
			raw.len = 0;
			while (raw.len < TF_MAX_RAW_BYTES / 2)
				put_item(&raw, types[t], number++);
			ret = decode(&meta, types[t], &raw, &err);
		} while (!ret);
		ck_assert_int_eq(ret, -EBADMSG);
		ck_assert_ptr_nonnull(strstr(err.reason, "more metadata than 32 MiB"));
		tf_meta_compact(&meta);
		fz_memory_end(before, MAX_MEMORY);
		/* What came before is there, and is all that is accounted. */
		ck_assert_uint_le(meta.decoded_bytes, TF_MAX_META_BYTES);
		ck_assert_uint_gt(meta.decoded_bytes, TF_MAX_META_BYTES - (1u << 20));
		tf_meta_release(&meta);
		tf_out_release(&raw);
	}
}
END_TEST

/* The greatest id takes as much of an index as all those before it. */
START_TEST(test_index)
{
	struct tf_meta meta;
	struct tf_out raw;

	tf_out_init(&raw);
	tf_meta_init(&meta);
	put_item(&raw, TF_BLOCK_CACHES, TF_MAX_CACHE_ID - 1);
	ck_assert_int_eq(decode(&meta, TF_BLOCK_CACHES, &raw, NULL), 0);
	ck_assert_uint_gt(meta.decoded_bytes, TF_MAX_CACHE_ID * sizeof(uint32_t));
	ck_assert_uint_eq(meta.decoded_bytes, tf_meta_bytes(&meta));
	ck_assert_ptr_nonnull(tf_meta_cache(&meta, TF_MAX_CACHE_ID));
	tf_meta_release(&meta);
	tf_out_release(&raw);
}
END_TEST

/* A file of a snapshot in pieces of 4 MiB: while it grows there may be two of it. */
START_TEST(test_pieces)
{
	const size_t len = TF_MAX_RAW_BYTES - 64;
	const struct tf_snapfile *file;
	uint8_t *zeros = calloc(1, len);
	struct tf_error err;
	struct tf_meta meta;
	struct tf_out raw;
	long long before;
	size_t nr = 0;
	int ret;

	tf_out_init(&raw);
	tf_meta_init(&meta);
	ck_assert_ptr_nonnull(tf_out_reserve(&raw, TF_MAX_RAW_BYTES));
	before = fz_memory_begin();
	do {
		raw.len = 0;
		put_snapshot(&raw, 0);
		put_string(&raw, "/a");
		tf_out_varint(&raw, nr++ * len);
		tf_out_varint(&raw, len);
		tf_out_bytes(&raw, zeros, len);
		ret = decode(&meta, TF_BLOCK_SNAPSHOT, &raw, &err);
	} while (!ret);
	fz_memory_end(before, MAX_MEMORY);
	ck_assert_int_eq(ret, -EBADMSG);
	ck_assert_ptr_nonnull(strstr(err.reason, "more metadata than 32 MiB"));
	file = tf_snapshot_file(&meta.snapshots[0], "/a");
	ck_assert_uint_eq(file->len, (nr - 1) * len);
	ck_assert_uint_ge(file->len, TF_MAX_META_BYTES / 4);
	tf_meta_release(&meta);
	tf_out_release(&raw);
	free(zeros);
}
END_TEST

RUN_SUITE("tracefmt/meta_limits", test_order, test_items, test_index, test_pieces)
