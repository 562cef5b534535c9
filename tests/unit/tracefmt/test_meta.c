/* SPDX-License-Identifier: GPL-2.0-only */
/* Metadata in memory, in payloads and back, each item once; names of kinds. */
#include "tests/unit/suite.h"

#include "tests/unit/tracefmt/sample.h"
#include "tracefmt/meta_codec.h"

START_TEST(test_facts)
{
	struct tf_meta meta;
	char key[16];

	tf_meta_init(&meta);
	/* In an order that is neither up nor down. */
	for (unsigned i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "key.%03u", i * 7 % 500);
		ck_assert_int_eq(tf_meta_setf(&meta, key, "%u", i * 7 % 500), 0);
	}
	ck_assert_uint_eq(meta.nr_facts, 500);
	for (unsigned i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "key.%03u", i);
		ck_assert_uint_eq(tf_meta_get_u64(&meta, key, 12345), i);
		ck_assert_str_eq(meta.facts[i].key, key);
	}
	ck_assert_ptr_null(tf_meta_get(&meta, "key.500"));
	ck_assert_ptr_null(tf_meta_get(&meta, ""));
	ck_assert_int_eq(tf_meta_set(&meta, "key.250", "other"), 0);
	ck_assert_uint_eq(meta.nr_facts, 500);
	ck_assert_str_eq(tf_meta_get(&meta, "key.250"), "other");
	tf_meta_release(&meta);
}
END_TEST

START_TEST(test_fact_numbers)
{
	static const struct {
		const char *text;
		uint64_t number;
	} cases[] = {
		{ "0", 0 },
		{ "4096", 4096 },
		{ "0x1f", 31 },
		{ "0XfF", 255 },
		{ "010", 10 },
		{ "18446744073709551615", UINT64_MAX },
		{ "18446744073709551616", 99 },
		{ "", 99 },
		{ " 1", 99 },
		{ "-1", 99 },
		{ "+1", 99 },
		{ "1k", 99 },
		{ "0x", 99 },
		{ "x", 99 },
	};
	struct tf_meta meta;

	tf_meta_init(&meta);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(tf_meta_set(&meta, "n", cases[i].text), 0);
		ck_assert_msg(tf_meta_get_u64(&meta, "n", 99) == cases[i].number, "\"%s\"",
			      cases[i].text);
	}
	ck_assert_uint_eq(tf_meta_get_u64(&meta, "absent", 7), 7);
	tf_meta_release(&meta);
}
END_TEST

START_TEST(test_limits)
{
	char *longer = malloc(TF_MAX_VALUE + 2);
	struct tf_meta meta;

	memset(longer, 'a', TF_MAX_VALUE + 1);
	longer[TF_MAX_VALUE + 1] = '\0';
	tf_meta_init(&meta);
	ck_assert_int_eq(tf_meta_set(&meta, "k", longer), -E2BIG);
	ck_assert_int_eq(tf_meta_set(&meta, "k", longer + 1), 0);
	ck_assert_int_eq(tf_meta_set(&meta, longer, "v"), -E2BIG);
	ck_assert_int_eq(tf_meta_add_symbol(&meta, 1, longer, 0), -E2BIG);
	ck_assert_uint_eq(meta.nr_facts, 1);
	tf_meta_release(&meta);
	free(longer);
}
END_TEST

START_TEST(test_caches)
{
	struct tf_cache cache = { .id = 0 };
	struct tf_meta meta;

	tf_meta_init(&meta);
	ck_assert_int_eq(tf_meta_add_cache(&meta, &cache), -EINVAL);
	cache.id = TF_MAX_CACHE_ID + 1;
	ck_assert_int_eq(tf_meta_add_cache(&meta, &cache), -EINVAL);
	cache.id = TF_MAX_CACHE_ID;
	memset(cache.name, 'x', sizeof(cache.name));
	ck_assert_int_eq(tf_meta_add_cache(&meta, &cache), 0);
	ck_assert_uint_eq(strlen(tf_meta_cache(&meta, TF_MAX_CACHE_ID)->name), 63);
	for (uint32_t id = 3000; id; id -= 3) {
		cache = (struct tf_cache){ .id = id, .size = id * 8 };
		ck_assert_int_eq(tf_meta_add_cache(&meta, &cache), 0);
	}
	ck_assert_uint_eq(meta.nr_caches, 1001);
	for (uint32_t id = 3; id <= 3000; id += 3) {
		ck_assert_uint_eq(tf_meta_cache(&meta, id)->size, id * 8);
		ck_assert_ptr_null(tf_meta_cache(&meta, id - 1));
	}
	ck_assert_ptr_null(tf_meta_cache(&meta, 0));
	ck_assert_ptr_null(tf_meta_cache(&meta, UINT32_MAX));
	cache = (struct tf_cache){ .id = 300, .size = 1 };
	ck_assert_int_eq(tf_meta_add_cache(&meta, &cache), 0);
	ck_assert_uint_eq(meta.nr_caches, 1001);
	ck_assert_uint_eq(tf_meta_cache(&meta, 300)->size, 1);
	tf_meta_release(&meta);
}
END_TEST

START_TEST(test_symbols)
{
	struct tf_meta meta;
	char name[16];

	tf_meta_init(&meta);
	ck_assert_ptr_null(tf_meta_symbol(&meta, 1));
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "f%u", i * 7 % 1000);
		ck_assert_int_eq(tf_meta_add_symbol(&meta, i * 7 % 1000 * 16 + 16, name, 4), 0);
	}
	/* The same site under two names: which one is found does not depend on the order. */
	ck_assert_int_eq(tf_meta_add_symbol(&meta, 32, "another", 4), 0);
	tf_meta_sort_symbols(&meta);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), i == 1 ? "another" : "f%u", i);
		ck_assert_str_eq(tf_meta_symbol(&meta, i * 16 + 16)->name, name);
		ck_assert_ptr_null(tf_meta_symbol(&meta, i * 16 + 17));
	}
	ck_assert_ptr_null(tf_meta_symbol(&meta, 0));
	ck_assert_ptr_null(tf_meta_symbol(&meta, UINT64_MAX));
	tf_meta_release(&meta);
}
END_TEST

START_TEST(test_snapshots)
{
	struct tf_snapshot *snap;
	struct tf_meta meta;

	tf_meta_init(&meta);
	snap = tf_meta_begin_snapshot(&meta, 5);
	ck_assert_uint_eq(snap->id, 0);
	ck_assert_int_eq(tf_snapshot_add(snap, "/b", "bb", 2), 0);
	ck_assert_int_eq(tf_snapshot_add(snap, "/a", "aaa", 3), 0);
	ck_assert_int_eq(tf_snapshot_add(snap, "/b", "b2", 2), 0);
	ck_assert_int_eq(tf_snapshot_append(snap, "/b", "more", 4), 0);
	ck_assert_int_eq(tf_snapshot_append(snap, "/c", "more", 4), -ENOENT);
	ck_assert_uint_eq(snap->nr_files, 2);
	ck_assert_str_eq(snap->files[0].path, "/a");
	ck_assert_uint_eq(tf_snapshot_file(snap, "/b")->len, 6);
	ck_assert_str_eq((char *)tf_snapshot_file(snap, "/b")->data, "b2more");
	ck_assert_ptr_null(tf_snapshot_file(snap, "/"));
	ck_assert_uint_eq(tf_meta_begin_snapshot(&meta, 6)->id, 1);
	tf_meta_release(&meta);
}
END_TEST

static void expect_same_meta(const struct tf_meta *a, const struct tf_meta *b)
{
	ck_assert_uint_eq(a->nr_facts, b->nr_facts);
	for (size_t i = 0; i < a->nr_facts; i++) {
		ck_assert_str_eq(a->facts[i].key, b->facts[i].key);
		ck_assert_str_eq(a->facts[i].value, b->facts[i].value);
	}
	ck_assert_uint_eq(a->nr_caches, b->nr_caches);
	for (size_t i = 0; i < a->nr_caches; i++)
		ck_assert_mem_eq(&a->caches[i], &b->caches[i], sizeof(a->caches[i]));
	ck_assert_uint_eq(a->nr_symbols, b->nr_symbols);
	for (size_t i = 0; i < a->nr_symbols; i++) {
		ck_assert_uint_eq(a->symbols[i].addr, b->symbols[i].addr);
		ck_assert_uint_eq(a->symbols[i].offset, b->symbols[i].offset);
		ck_assert_str_eq(a->symbols[i].name, b->symbols[i].name);
	}
	ck_assert_uint_eq(a->nr_snapshots, b->nr_snapshots);
	for (size_t i = 0; i < a->nr_snapshots; i++) {
		const struct tf_snapshot *x = &a->snapshots[i], *y = &b->snapshots[i];

		ck_assert_uint_eq(x->id, y->id);
		ck_assert_uint_eq(x->ts_ns, y->ts_ns);
		ck_assert_uint_eq(x->nr_files, y->nr_files);
		for (size_t f = 0; f < x->nr_files; f++) {
			ck_assert_str_eq(x->files[f].path, y->files[f].path);
			ck_assert_uint_eq(x->files[f].len, y->files[f].len);
			ck_assert(!memcmp(x->files[f].data, y->files[f].data, x->files[f].len + 1));
		}
	}
}

/* The other end of a log: payloads are decoded as they come. */
struct receiver {
	struct tf_meta meta;
	unsigned nr_payloads;
	size_t bytes, largest;
	int fail_at; /* payload that is refused, 0 is none */
};

static int receive(void *arg, uint16_t type, const struct tf_out *payload)
{
	struct receiver *rx = arg;
	struct tf_error err;

	if (++rx->nr_payloads == (unsigned)rx->fail_at)
		return -ENOSPC;
	rx->bytes += payload->len;
	if (payload->len > rx->largest)
		rx->largest = payload->len;
	ck_assert_msg(!tf_meta_decode(&rx->meta, type, payload->data, payload->len, 0, &err), "%s",
		      err.reason);
	return 0;
}

START_TEST(test_log_writes_once)
{
	struct receiver rx = { .nr_payloads = 0 };
	struct tf_meta_log log;
	struct tf_meta meta;
	struct tf_cache cache;

	tf_meta_init(&meta);
	tf_meta_init(&rx.meta);
	tf_meta_log_init(&log);
	ck_assert_int_eq(tf_meta_log_write(&log, &meta, receive, &rx), 0);
	ck_assert_uint_eq(rx.nr_payloads, 0);
	sample_meta(&meta);
	ck_assert_int_eq(tf_meta_log_write(&log, &meta, receive, &rx), 0);
	ck_assert_uint_eq(rx.nr_payloads, 4);
	expect_same_meta(&meta, &rx.meta);
	ck_assert_int_eq(tf_meta_log_write(&log, &meta, receive, &rx), 0);
	ck_assert_uint_eq(rx.nr_payloads, 4);

	/* One new symbol, found although sorting moved the others. */
	rx.bytes = 0;
	ck_assert_int_eq(tf_meta_add_symbol(&meta, 1, "early", 2), 0);
	tf_meta_sort_symbols(&meta);
	ck_assert_int_eq(tf_meta_log_write(&log, &meta, receive, &rx), 0);
	ck_assert_uint_eq(rx.nr_payloads, 5);
	ck_assert_uint_eq(rx.bytes, 8 + 1 + 1 + 5);

	/* Facts and caches that changed, also back to what they were. */
	ck_assert_int_eq(tf_meta_set(&meta, "host.release", "7"), 0);
	ck_assert_int_eq(tf_meta_log_write(&log, &meta, receive, &rx), 0);
	ck_assert_int_eq(tf_meta_set(&meta, "host.release", "6.12.0-test"), 0);
	cache = *tf_meta_cache(&meta, 3);
	cache.cpu_partial = 30;
	ck_assert_int_eq(tf_meta_add_cache(&meta, &cache), 0);
	ck_assert_ptr_nonnull(tf_meta_begin_snapshot(&meta, 1234));
	ck_assert_int_eq(tf_meta_log_write(&log, &meta, receive, &rx), 0);
	ck_assert_uint_eq(rx.nr_payloads, 9);
	tf_meta_sort_symbols(&rx.meta);
	expect_same_meta(&meta, &rx.meta);

	tf_meta_log_release(&log);
	tf_meta_release(&rx.meta);
	tf_meta_release(&meta);
}
END_TEST

/* The opening snapshot may get files after it was written; the others are as they were. */
START_TEST(test_log_writes_late_files)
{
	struct receiver rx = { .nr_payloads = 0 };
	struct tf_meta_log log;
	struct tf_meta meta;

	tf_meta_init(&meta);
	tf_meta_init(&rx.meta);
	tf_meta_log_init(&log);
	ck_assert_ptr_nonnull(tf_meta_begin_snapshot(&meta, 5));
	ck_assert_int_eq(tf_snapshot_add(&meta.snapshots[0], "/b", "bb", 2), 0);
	ck_assert_ptr_nonnull(tf_meta_begin_snapshot(&meta, 6));
	ck_assert_int_eq(tf_snapshot_add(&meta.snapshots[1], "/b", "other", 5), 0);
	ck_assert_int_eq(tf_meta_log_write(&log, &meta, receive, &rx), 0);
	ck_assert_uint_eq(rx.nr_payloads, 2);

	/* In front of what is there, for files are sorted. */
	rx.bytes = 0;
	ck_assert_int_eq(tf_snapshot_add(&meta.snapshots[0], "/a", "late", 4), 0);
	ck_assert_int_eq(tf_meta_log_write(&log, &meta, receive, &rx), 0);
	ck_assert_uint_eq(rx.nr_payloads, 3);
	ck_assert_uint_eq(rx.bytes, 4 + 8 + (1 + 2) + 1 + 1 + 4);
	ck_assert_int_eq(tf_meta_log_write(&log, &meta, receive, &rx), 0);
	ck_assert_uint_eq(rx.nr_payloads, 3);
	expect_same_meta(&meta, &rx.meta);

	tf_meta_log_release(&log);
	tf_meta_release(&rx.meta);
	tf_meta_release(&meta);
}
END_TEST

START_TEST(test_log_splits_what_is_large)
{
	size_t len = 5 * TF_META_BLOCK_BYTES + 77;
	uint8_t *data = malloc(len);
	struct receiver rx = { .nr_payloads = 0 };
	struct tf_meta_log log;
	struct tf_meta meta;
	struct tf_snapshot *snap;
	uint64_t seed = 1;
	char name[600];

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)rnd(&seed);
	tf_meta_init(&meta);
	tf_meta_init(&rx.meta);
	tf_meta_log_init(&log);
	snap = tf_meta_begin_snapshot(&meta, 1);
	ck_assert_int_eq(tf_snapshot_add(snap, "/a", "a", 1), 0);
	ck_assert_int_eq(tf_snapshot_add(snap, "/large", data, len), 0);
	ck_assert_int_eq(tf_snapshot_add(snap, "/z", "z", 1), 0);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (uint32_t i = 0; i < 5000; i++)
		ck_assert_int_eq(tf_meta_add_symbol(&meta, i, name, i), 0);
	ck_assert_int_eq(tf_meta_log_write(&log, &meta, receive, &rx), 0);
	ck_assert_uint_eq(rx.nr_payloads, 3 + 6);
	ck_assert_uint_lt(rx.largest, 3 * TF_META_BLOCK_BYTES);
	expect_same_meta(&meta, &rx.meta);
	tf_meta_log_release(&log);
	tf_meta_release(&rx.meta);
	tf_meta_release(&meta);
	free(data);
}
END_TEST

START_TEST(test_log_passes_errors_on)
{
	struct tf_meta meta;

	tf_meta_init(&meta);
	sample_meta(&meta);
	for (int at = 1; at <= 4; at++) {
		struct receiver rx = { .fail_at = at };
		struct tf_meta_log log;

		tf_meta_init(&rx.meta);
		tf_meta_log_init(&log);
		ck_assert_int_eq(tf_meta_log_write(&log, &meta, receive, &rx), -ENOSPC);
		ck_assert_int_eq(rx.nr_payloads, at);
		tf_meta_log_release(&log);
		tf_meta_release(&rx.meta);
	}
	tf_meta_release(&meta);
}
END_TEST

/* Payloads whose checksum would be right and whose content is not. */
START_TEST(test_damaged_payloads)
{
	static const struct {
		uint16_t type;
		const char *bytes;
		size_t len;
		const char *reason;
	} cases[] = {
		{ TF_BLOCK_FACTS, "\x03key\x05val", 8, "facts: the block's content is damaged" },
		{ TF_BLOCK_FACTS, "\x03k\0y\x01v", 6, "facts: the block's content is damaged" },
		{ TF_BLOCK_FACTS, "\xff\xff\xff\xff\x0f", 5,
		  "facts: the block's content is damaged" },
		{ TF_BLOCK_CACHES, "\0\0\0\0\0\0\0\0\0\x01n", 11,
		  "caches: the block's content is damaged" },
		{ TF_BLOCK_CACHES, "\x01\0\0\0\0\0\0\0\0\x40n", 11,
		  "caches: the block's content is damaged" },
		{ TF_BLOCK_CACHES, "\x81\x80\x40\0\0\0\0\0\0\0\0\x01n", 13,
		  "caches: the block's content is damaged" },
		{ TF_BLOCK_SYMBOLS, "\1\2\3\4", 4, "symbols: the block's content is damaged" },
		{ TF_BLOCK_SNAPSHOT, "\0\0\0", 3, "snapshot: the block's content is damaged" },
		{ TF_BLOCK_SNAPSHOT, "\0\0\1\0\0\0\0\0\0\0\0\0", 12,
		  "snapshot: the block's content is damaged" },
		/* The second piece of a file without the first. */
		{ TF_BLOCK_SNAPSHOT, "\0\0\0\0\0\0\0\0\0\0\0\0\x02/a\x05\x01x", 18,
		  "snapshot: the block's content is damaged" },
		{ 77, "", 0, "block of type 77 holds no metadata" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tf_error err = { .reason = "" };
		struct tf_meta meta;

		tf_meta_init(&meta);
		ck_assert_int_lt(tf_meta_decode(&meta, cases[i].type,
						(const uint8_t *)cases[i].bytes, cases[i].len, 640,
						&err),
				 0);
		ck_assert_str_eq(err.reason, cases[i].reason);
		ck_assert_uint_eq(err.offset, 640);
		tf_meta_release(&meta);
	}
}
END_TEST

START_TEST(test_names)
{
	for (unsigned kind = 0; kind < TF_NR_KINDS; kind++)
		ck_assert_int_eq(tf_kind_from_name(tf_kind_name(kind)), (int)kind);
	ck_assert_str_eq(tf_kind_name(TF_PAGE_FREE_BATCH), "page_free_batch");
	ck_assert_ptr_null(tf_kind_name(TF_NR_KINDS));
	ck_assert_int_eq(tf_kind_from_name("nothing"), -1);
	for (unsigned owner = 0; owner < TF_NR_OWNERS; owner++)
		ck_assert_ptr_nonnull(tf_owner_name(owner));
	ck_assert_str_eq(tf_owner_name(TF_OWNER_VMALLOC), "vmalloc");
	ck_assert_str_eq(tf_owner_name(TF_OWNER_PAGE_TABLE), "page_table");
	ck_assert_ptr_null(tf_owner_name(TF_NR_OWNERS));
}
END_TEST

START_TEST(test_error_is_one_line)
{
	struct tf_error err;

	ck_assert_int_eq(tf_fail(&err, -EIO, 12, "a\nb\t%s", "c\x7f"), -EIO);
	ck_assert_str_eq(err.reason, "a?b?c?");
	ck_assert_uint_eq(err.offset, 12);
	ck_assert_int_eq(tf_fail(NULL, -EPROTO, 0, "nobody listens"), -EPROTO);
	tf_fail(&err, 0, 0, "%0500d", 1);
	ck_assert_uint_eq(strlen(err.reason), sizeof(err.reason) - 1);
}
END_TEST

RUN_SUITE("tracefmt/meta", test_facts, test_fact_numbers, test_limits, test_caches, test_symbols,
	  test_snapshots, test_log_writes_once, test_log_writes_late_files,
	  test_log_splits_what_is_large, test_log_passes_errors_on, test_damaged_payloads,
	  test_names, test_error_is_one_line)
