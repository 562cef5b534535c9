/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Made-up symbol tables for the suites of bpf/: files like /proc/kallsyms.
 */
#ifndef TESTS_UNIT_BPF_SYMBOLS_H
#define TESTS_UNIT_BPF_SYMBOLS_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/kallsyms.h"

/* kc_kallsyms_load() of a file with those bytes; its result, and the table in *out. */
static inline int load_symbols(struct kc_kallsyms **out, const char *text, size_t len)
{
	char path[] = "/tmp/kmemtool-symbols-XXXXXX";
	int fd = mkstemp(path);
	int err;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	close(fd);
	err = kc_kallsyms_load(out, path);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert((err == 0) == (*out != NULL));
	return err;
}

static inline struct kc_kallsyms *symbols_from(const char *text)
{
	struct kc_kallsyms *syms;

	ck_assert_int_eq(load_symbols(&syms, text, strlen(text)), 0);
	return syms;
}

static inline void expect_symbol(const struct kc_kallsyms *syms, uint64_t addr, const char *name,
				 uint32_t offset)
{
	uint32_t found = UINT32_MAX;
	char buf[160] = "";

	ck_assert_msg(!kc_kallsyms_find(syms, addr, buf, sizeof(buf), &found), "%#llx",
		      (unsigned long long)addr);
	ck_assert_str_eq(buf, name);
	ck_assert_uint_eq(found, offset);
}

#endif
