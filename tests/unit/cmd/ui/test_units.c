/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ui/quote.h"
#include "cmd/ui/units.h"
#include "tests/unit/suite.h"

START_TEST(times)
{
	static const struct {
		const char *text;
		int err;
		uint64_t ns;
	} rows[] = {
		{ "0", 0, 0 },
		{ "1", 0, 1000000000 },
		{ "1s", 0, 1000000000 },
		{ "1.5", 0, 1500000000 },
		{ "0.000000001", 0, 1 },
		{ "0.0000000019", 0, 1 }, /* less than a nanosecond is cut */
		{ "250ms", 0, 250000000 },
		{ "3us", 0, 3000 },
		{ "7ns", 0, 7 },
		{ "2.5us", 0, 2500 },
		{ "2m", 0, 120000000000 },
		{ "0.1m", 0, 6000000000 },
		{ "1.999999999s", 0, 1999999999 },
		{ "18446744073s", 0, 18446744073000000000u },
		{ "18446744074s", -ERANGE, 0 },
		{ "18446744073.709551616s", -ERANGE, 0 },
		{ "99999999999999999999ns", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ ".5", -EINVAL, 0 },
		{ "1.", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "1 s", -EINVAL, 0 },
		{ "1h", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "1sec", -EINVAL, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t ns = 42;

		ck_assert_msg(ui_parse_time(rows[i].text, &ns) == rows[i].err, "%s", rows[i].text);
		if (!rows[i].err)
			ck_assert_uint_eq(ns, rows[i].ns);
	}
}
END_TEST

START_TEST(numbers)
{
	uint64_t value = 42;

	ck_assert_int_eq(ui_parse_u64("18446744073709551615", &value), 0);
	ck_assert_uint_eq(value, UINT64_MAX);
	ck_assert_int_eq(ui_parse_u64("18446744073709551616", &value), -ERANGE);
	ck_assert_int_eq(ui_parse_u64("", &value), -EINVAL);
	ck_assert_int_eq(ui_parse_u64("1k", &value), -EINVAL);
	ck_assert_int_eq(ui_parse_u64("+1", &value), -EINVAL);
	ck_assert_int_eq(ui_parse_u64("0x1", &value), -EINVAL);
}
END_TEST

START_TEST(sums_of_time)
{
	ck_assert_uint_eq(ui_time_add(5, 7), 12);
	ck_assert_uint_eq(ui_time_add(5, UINT64_MAX), UINT64_MAX);
	ck_assert_uint_eq(ui_time_add(UINT64_MAX, 1), UINT64_MAX);
	ck_assert_uint_eq(ui_time_add(UINT64_MAX - 1, 1), UINT64_MAX);
}
END_TEST

START_TEST(prints_sizes)
{
	static const struct {
		double bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 B" },
		{ 1, "1 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.00 KiB" },
		{ 1536, "1.50 KiB" },
		{ 10234, "9.99 KiB" },
		{ 10240, "10.0 KiB" },
		{ 102348, "99.9 KiB" },
		{ 102400, "100 KiB" },
		{ 1047551, "1023 KiB" },
		{ 1048064, "1.00 MiB" }, /* 1023.5 would print as 1024 */
		{ 3.5 * 1024 * 1024 * 1024, "3.50 GiB" },
		{ -2048, "-2.00 KiB" },
		{ 5e18, "4441 PiB" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[UI_UNIT_LEN];

		ck_assert_str_eq(ui_format_size(rows[i].bytes, buf), rows[i].text);
	}
}
END_TEST

START_TEST(prints_times)
{
	static const struct {
		double ns;
		const char *text;
	} rows[] = {
		{ 0, "0 ns" },
		{ 999, "999 ns" },
		{ 1000, "1.00 us" },
		{ 999499, "999 us" },
		{ 999500, "1.00 ms" },
		{ 1500000, "1.50 ms" },
		{ 2000000000, "2.00 s" },
		{ 3e12, "3000 s" },
	};
	char buf[UI_UNIT_LEN];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_str_eq(ui_format_time(rows[i].ns, buf), rows[i].text);
	ck_assert_str_eq(ui_format_count(999, buf), "999");
	ck_assert_str_eq(ui_format_count(2404651, buf), "2.40 M");
}
END_TEST

START_TEST(cleans)
{
	char buf[8];

	ck_assert_str_eq(ui_clean("a\x1b[2J\n\xc3\xa9", buf, sizeof(buf)), "a?[2J??");
	ck_assert_str_eq(ui_clean("long enough", buf, sizeof(buf)), "long en");
	ck_assert_str_eq(ui_clean("", buf, sizeof(buf)), "");
	ck_assert_str_eq(ui_clean("x", buf, 1), "");
}
END_TEST

static char *written(void (*write)(FILE *file, const char *text), const char *text)
{
	char *out = NULL;
	size_t len;
	FILE *file = open_memstream(&out, &len);

	write(file, text);
	fclose(file);
	return out;
}

START_TEST(quotes)
{
	static const struct {
		const char *text, *json, *csv;
	} rows[] = {
		{ "plain", "\"plain\"", "plain" },
		{ "", "\"\"", "" },
		{ "a,b", "\"a,b\"", "\"a,b\"" },
		{ "say \"x\"", "\"say \\\"x\\\"\"", "\"say \"\"x\"\"\"" },
		{ "back\\slash", "\"back\\\\slash\"", "back\\slash" },
		{ "a\nb\x01", "\"a\\u000ab\\u0001\"", "a?b?" },
		{ "caf\xe9", "\"caf?\"", "caf?" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *json = written(ui_json_string, rows[i].text);
		char *csv = written(ui_csv_string, rows[i].text);

		ck_assert_str_eq(json, rows[i].json);
		ck_assert_str_eq(csv, rows[i].csv);
		free(json);
		free(csv);
	}
}
END_TEST

RUN_SUITE("cmd/ui/units", times, numbers, sums_of_time, prints_sizes, prints_times, cleans, quotes)
