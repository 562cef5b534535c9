/* SPDX-License-Identifier: GPL-2.0-only */
/* Little-endian numbers, varints, and what happens at the end of the bytes. */
#include "tests/unit/suite.h"

#include <errno.h>

#include "tests/unit/tracefmt/sample.h"
#include "tracefmt/bytes.h"

START_TEST(test_fixed_width)
{
	uint8_t b[8];

	tf_put16(b, 0x1234);
	ck_assert_mem_eq(b, "\x34\x12", 2);
	ck_assert_uint_eq(tf_get16(b), 0x1234);
	tf_put32(b, 0xdeadbeef);
	ck_assert_mem_eq(b, "\xef\xbe\xad\xde", 4);
	ck_assert_uint_eq(tf_get32(b), 0xdeadbeef);
	tf_put64(b, 0x0123456789abcdef);
	ck_assert_mem_eq(b, "\xef\xcd\xab\x89\x67\x45\x23\x01", 8);
	ck_assert_uint_eq(tf_get64(b), 0x0123456789abcdef);
}
END_TEST

START_TEST(test_varint_bytes)
{
	static const struct {
		uint64_t value;
		const char *bytes;
		size_t len;
	} cases[] = {
		{ 0, "\x00", 1 },
		{ 127, "\x7f", 1 },
		{ 128, "\x80\x01", 2 },
		{ 300, "\xac\x02", 2 },
		{ UINT32_MAX, "\xff\xff\xff\xff\x0f", 5 },
		{ UINT64_MAX, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t b[TF_MAX_VARINT];
		struct tf_in in;

		ck_assert_uint_eq(tf_put_varint(b, cases[i].value) - b, cases[i].len);
		ck_assert_mem_eq(b, cases[i].bytes, cases[i].len);
		tf_in_init(&in, b, cases[i].len);
		ck_assert_uint_eq(tf_in_varint(&in), cases[i].value);
		ck_assert(!in.bad && !tf_in_left(&in));
		/* Every shorter cut is noticed. */
		for (size_t cut = 0; cut < cases[i].len; cut++) {
			tf_in_init(&in, b, cut);
			ck_assert_uint_eq(tf_in_varint(&in), 0);
			ck_assert(in.bad);
		}
	}
}
END_TEST

START_TEST(test_varint_beyond_64_bits)
{
	static const uint8_t bit64[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2 };
	static const uint8_t endless[] = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
					   0x80, 0x80, 0x80, 0x80, 0x80, 0 };
	struct tf_in in;

	tf_in_init(&in, bit64, sizeof(bit64));
	ck_assert_uint_eq(tf_in_varint(&in), 0);
	ck_assert(in.bad);
	tf_in_init(&in, endless, sizeof(endless));
	ck_assert_uint_eq(tf_in_varint(&in), 0);
	ck_assert(in.bad);
}
END_TEST

START_TEST(test_varint_max)
{
	static const uint8_t b[] = { 0x90, 0x4e, 0x90, 0x4e }; /* 10000, twice */
	struct tf_in in;

	tf_in_init(&in, b, sizeof(b));
	ck_assert_uint_eq(tf_in_varint_max(&in, 10000), 10000);
	ck_assert(!in.bad);
	ck_assert_uint_eq(tf_in_varint_max(&in, 9999), 0);
	ck_assert(in.bad);
}
END_TEST

START_TEST(test_zigzag)
{
	uint64_t seed = 1;

	ck_assert_uint_eq(tf_zigzag(0), 0);
	ck_assert_uint_eq(tf_zigzag((uint64_t)-1), 1);
	ck_assert_uint_eq(tf_zigzag(1), 2);
	ck_assert_uint_eq(tf_zigzag((uint64_t)INT64_MIN), UINT64_MAX);
	for (int i = 0; i < 10000; i++) {
		uint64_t v = any_number(&seed);

		ck_assert_uint_eq(tf_unzigzag(tf_zigzag(v)), v);
	}
}
END_TEST

/* Once something was missing, everything after it is 0 and nothing is read. */
START_TEST(test_in_stays_bad)
{
	static const uint8_t b[] = { 1, 2, 3, 4, 5 };
	struct tf_in in;

	tf_in_init(&in, b, sizeof(b));
	ck_assert_uint_eq(tf_in_u16(&in), 0x0201);
	ck_assert_uint_eq(tf_in_u32(&in), 0);
	ck_assert(in.bad);
	ck_assert_uint_eq(tf_in_u8(&in), 0);
	ck_assert_uint_eq(tf_in_u64(&in), 0);
	ck_assert_ptr_null(tf_in_bytes(&in, 1));
	ck_assert_uint_eq(tf_in_left(&in), 0);

	tf_in_init(&in, b, sizeof(b));
	ck_assert_ptr_null(tf_in_bytes(&in, SIZE_MAX));
	ck_assert(in.bad);
}
END_TEST

START_TEST(test_out_grows)
{
	struct tf_out out;
	struct tf_in in;

	tf_out_init(&out);
	for (uint32_t i = 0; i < 5000; i++) {
		tf_out_u8(&out, (uint8_t)i);
		tf_out_u16(&out, (uint16_t)i);
		tf_out_u32(&out, i);
		tf_out_u64(&out, i * UINT64_C(0x100000001));
		tf_out_varint(&out, i);
	}
	ck_assert_int_eq(out.err, 0);
	tf_in_init(&in, out.data, out.len);
	for (uint32_t i = 0; i < 5000; i++) {
		ck_assert_uint_eq(tf_in_u8(&in), (uint8_t)i);
		ck_assert_uint_eq(tf_in_u16(&in), (uint16_t)i);
		ck_assert_uint_eq(tf_in_u32(&in), i);
		ck_assert_uint_eq(tf_in_u64(&in), i * UINT64_C(0x100000001));
		ck_assert_uint_eq(tf_in_varint(&in), i);
	}
	ck_assert(!in.bad && !tf_in_left(&in));
	/* Too much to ask for is remembered, and the next small one refused as well. */
	ck_assert_ptr_null(tf_out_reserve(&out, SIZE_MAX / 2));
	ck_assert_int_eq(out.err, -ENOMEM);
	ck_assert_ptr_null(tf_out_reserve(&out, 1));
	tf_out_release(&out);
}
END_TEST

RUN_SUITE("tracefmt/bytes", test_fixed_width, test_varint_bytes, test_varint_beyond_64_bits,
	  test_varint_max, test_zigzag, test_in_stays_bad, test_out_grows)
