/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text that grows, and its lines.
 */
#include "tests/unit/suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/host_text.h"

static void expect_text(const struct kc_text *text, const char *expected)
{
	ck_assert_uint_eq(text->len, strlen(expected));
	ck_assert_mem_eq(text->data, expected, text->len);
}

START_TEST(test_growth)
{
	struct kc_text text = { 0 };

	for (int i = 0; i < 10000; i++)
		ck_assert_int_eq(kc_text_printf(&text, "%04d ", i), 0);
	ck_assert_uint_eq(text.len, 50000);
	ck_assert_mem_eq(text.data + 5 * 7777, "7777 ", 5);
	text.len = 0;
	ck_assert_int_eq(kc_text_add(&text, "ab", 2), 0);
	ck_assert_int_eq(kc_text_add(&text, "cd", 1), 0);
	expect_text(&text, "abc");
	kc_text_release(&text);
	ck_assert_ptr_null(text.data);
}
END_TEST

/* A file goes behind what is there; one that cannot be read changes nothing. */
START_TEST(test_files)
{
	char path[] = "/tmp/host-text-XXXXXX";
	struct kc_text text = { 0 };
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "line\n", 5), 5);
	close(fd);
	ck_assert_int_eq(kc_text_add(&text, "> ", 2), 0);
	ck_assert_int_eq(kc_text_add_file(&text, path), 0);
	expect_text(&text, "> line\n");
	unlink(path);
	ck_assert_int_eq(kc_text_add_file(&text, path), -ENOENT);
	ck_assert_int_eq(kc_text_add_file(&text, "/tmp"), -EISDIR);
	expect_text(&text, "> line\n");
	kc_text_release(&text);
}
END_TEST

START_TEST(test_lines)
{
	static const char *const lines[] = { "one", "", "three", "no end" };
	struct kc_text text = { 0 };
	size_t at = 0, len;

	ck_assert_ptr_null(kc_text_line(&text, &at, &len));
	ck_assert_int_eq(kc_text_printf(&text, "one\n\nthree\nno end"), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *line = kc_text_line(&text, &at, &len);

		ck_assert_ptr_nonnull(line);
		ck_assert_uint_eq(len, strlen(lines[i]));
		ck_assert_mem_eq(line, lines[i], len);
	}
	ck_assert_ptr_null(kc_text_line(&text, &at, &len));
	kc_text_release(&text);
}
END_TEST

RUN_SUITE("bpf/host_text", test_growth, test_files, test_lines)
