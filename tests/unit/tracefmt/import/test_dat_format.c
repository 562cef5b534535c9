/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of a trace.dat's records: size, sign, byte order, and nothing from beyond the record. */
#include "tests/unit/suite.h"

#include <string.h>

#include "tracefmt/event.h"
#include "tracefmt/import/dat_format.h"

static const uint8_t bytes[24] = { 1,	 2,    3,    4,	   5,	 6,    7,    0xf8,
				   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				   'a',	 'b',  'c',  0,	   'd',	 0,    0,    0 };
static const struct tep_record record = { .data = (void *)bytes, .size = sizeof(bytes) };

static uint64_t get(uint16_t offset, uint8_t size, bool is_signed, bool is_big_endian)
{
	const struct tf_dat_field field = { offset, size, is_signed };
	uint64_t value = 0;

	ck_assert(tf_dat_get(&record, field, is_big_endian, &value));
	return value;
}

START_TEST(test_numbers)
{
	ck_assert_uint_eq(get(0, 8, false, false), 0xf807060504030201);
	ck_assert_uint_eq(get(0, 8, false, true), 0x01020304050607f8);
	ck_assert_uint_eq(get(0, 4, false, false), 0x04030201);
	ck_assert_uint_eq(get(0, 4, false, true), 0x01020304);
	ck_assert_uint_eq(get(6, 2, false, false), 0xf807);
	ck_assert_uint_eq(get(6, 2, true, false), (uint64_t)-0x7f9);
	ck_assert_uint_eq(get(7, 1, true, true), (uint64_t)-8);
	ck_assert_uint_eq(get(7, 1, false, true), 0xf8);
	ck_assert_uint_eq(get(8, 4, true, false), UINT64_MAX);
	ck_assert_uint_eq(get(8, 4, false, false), UINT32_MAX);
	ck_assert_uint_eq(get(16, 8, true, false), 0x6400636261);
}
END_TEST

START_TEST(test_beyond)
{
	uint64_t value;

	ck_assert(!tf_dat_get(&record, (struct tf_dat_field){ 17, 8, false }, false, &value));
	ck_assert(!tf_dat_get(&record, (struct tf_dat_field){ 24, 1, false }, false, &value));
	ck_assert(!tf_dat_get(&record, (struct tf_dat_field){ 65535, 8, false }, true, &value));
	ck_assert(!tf_dat_get(&record, (struct tf_dat_field){ 0, 0, false }, false, &value));
	ck_assert(tf_dat_get(&record, (struct tf_dat_field){ 23, 1, false }, false, &value));
}
END_TEST

/* A record whose first four bytes say where the name is. */
static const char *cache_name(uint32_t where, bool is_relative, uint16_t *len)
{
	static uint8_t data[24];
	const struct tep_record named = { .data = data, .size = sizeof(data) };
	const struct tf_dat_format format = { .cache_name = { 0, 4, false },
					      .is_relative = is_relative };

	memcpy(data, bytes, sizeof(data));
	memcpy(data, &where, sizeof(where)); /* little-endian, as its reader is told */
	return tf_dat_get_cache_name(&format, &named, false, len);
}

START_TEST(test_cache_name)
{
	uint16_t len;

	ck_assert(!strncmp(cache_name(4u << 16 | 16, false, &len), "abc", 4));
	ck_assert_uint_eq(len, 3);
	ck_assert(!strncmp(cache_name(4u << 16 | 12, true, &len), "abc", 4));
	ck_assert_uint_eq(len, 3);
	ck_assert(!strncmp(cache_name(2u << 16 | 16, false, &len), "ab", 2)); /* without its NUL */
	ck_assert_uint_eq(len, 2);
	ck_assert_ptr_null(cache_name(0u << 16 | 16, false, &len));
	ck_assert_ptr_null(cache_name(4u << 16 | 19, false, &len)); /* empty */
	ck_assert_ptr_null(cache_name(9u << 16 | 16, false, &len)); /* beyond the record */
	ck_assert_ptr_null(cache_name(8u << 16 | 16, true, &len));
	ck_assert_ptr_null(cache_name(0xffffffff, true, &len));
	ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(test_frames)
{
	static uint8_t data[4 + 5 * 4] = { 3, 0, 0, 0 };
	struct tep_record stack = { .data = data, .size = sizeof(data) };
	struct tf_dat_format format = { .is_stack = true,
					.frames = { 4, 4, false },
					.nr_frames = { 0, 4, true } };
	uint64_t frames[8];

	for (uint8_t i = 1; i <= 5; i++)
		data[4 * i] = i;
	ck_assert_uint_eq(tf_dat_get_frames(&format, &stack, false, frames, 8), 3);
	ck_assert_uint_eq(frames[0], 1);
	ck_assert_uint_eq(frames[2], 3);
	ck_assert_uint_eq(tf_dat_get_frames(&format, &stack, false, frames, 2), 2);
	data[0] = 200; /* more than there is room for */
	ck_assert_uint_eq(tf_dat_get_frames(&format, &stack, false, frames, 8), 5);
	stack.size = 4 + 7;
	ck_assert_uint_eq(tf_dat_get_frames(&format, &stack, false, frames, 8), 1);
	stack.size = sizeof(data);
	memset(data + 8, 0xff, 4); /* ended by -1, as old kernels do */
	format.nr_frames.size = 0;
	ck_assert_uint_eq(tf_dat_get_frames(&format, &stack, false, frames, 8), 1);
}
END_TEST

/* The page -1 of a failed allocation is none, and page 0 is one. */
START_TEST(test_no_page)
{
	static uint8_t data[8];
	const struct tep_record page = { .data = data, .size = sizeof(data) };
	struct tf_dat_format format = { .event = TF_IMPORT_PAGE_ALLOC };

	for (uint8_t size = 4; size <= 8; size += 4) {
		struct tf_import_record rec = { 0 };

		format.numbers[TF_DAT_PFN] = (struct tf_dat_field){ 0, size, false };
		memset(data, 0xff, sizeof(data));
		tf_dat_get_numbers(&format, &page, false, &rec);
		ck_assert_uint_eq(rec.has, TF_IMPORT_HAS_PAGE);
		ck_assert_uint_eq(rec.page, 0);
		memset(data, 0, sizeof(data));
		rec.has = 0;
		tf_dat_get_numbers(&format, &page, false, &rec);
		ck_assert_uint_eq(rec.has, TF_IMPORT_HAS_PFN);
		ck_assert_uint_eq(rec.pfn, 0);
	}
}
END_TEST

RUN_SUITE("tracefmt/import/dat_format", test_numbers, test_beyond, test_cache_name, test_frames,
	  test_no_page)
