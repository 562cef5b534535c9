/* SPDX-License-Identifier: GPL-2.0-only */
/* Symbol tables from files: order, modules, aliases, hidden addresses, garbage, size. */
#include "tests/unit/suite.h"

#include <errno.h>

#include "tests/unit/bpf/symbols.h"

static void expect_none(const struct kc_kallsyms *syms, uint64_t addr)
{
	uint32_t offset;
	char buf[160];

	ck_assert_int_eq(kc_kallsyms_find(syms, addr, buf, sizeof(buf), &offset), -ENOENT);
}

/*
 *   1000 alpha   1010 beta          2000 gamma
 *   ├────────────┼─────────────────┼──────────── ... 4 GiB
 *   listed out of order
 */
START_TEST(test_finds_the_function_that_holds_an_address)
{
	struct kc_kallsyms *syms = symbols_from("ffffffff81002000 t gamma\n"
						"ffffffff81001000 T alpha\n"
						"ffffffff81001010 w beta\n");

	ck_assert_uint_eq(kc_kallsyms_count(syms), 3);
	expect_none(syms, 0);
	expect_none(syms, 0xffffffff81000fff);
	expect_symbol(syms, 0xffffffff81001000, "alpha", 0);
	expect_symbol(syms, 0xffffffff8100100f, "alpha", 0xf);
	expect_symbol(syms, 0xffffffff81001010, "beta", 0);
	expect_symbol(syms, 0xffffffff81001fff, "beta", 0xfef);
	expect_symbol(syms, 0xffffffff81002000, "gamma", 0);
	expect_symbol(syms, UINT64_MAX, "gamma", 0x7effdfff);
	kc_kallsyms_free(syms);
}
END_TEST

START_TEST(test_offsets_are_32_bits)
{
	struct kc_kallsyms *syms = symbols_from("1000 T low\n");

	expect_symbol(syms, 0x1000ull + UINT32_MAX, "low", UINT32_MAX);
	expect_none(syms, 0x1001ull + UINT32_MAX);
	kc_kallsyms_free(syms);
}
END_TEST

START_TEST(test_only_code_is_kept)
{
	struct kc_kallsyms *syms = symbols_from("0000000000000000 A fixed_percpu_data\n"
						"ffffffff81000000 T text_global\n"
						"ffffffff81000100 t text_local\n"
						"ffffffff81000110 D data_global\n"
						"ffffffff81000120 d data_local\n"
						"ffffffff81000130 B bss\n"
						"ffffffff81000140 r rodata\n"
						"ffffffff81000150 V weak_object\n"
						"ffffffff81000200 W weak_global\n"
						"ffffffff81000300 w weak_local\n");

	ck_assert_uint_eq(kc_kallsyms_count(syms), 4);
	expect_symbol(syms, 0xffffffff81000155, "text_local", 0x55);
	expect_symbol(syms, 0xffffffff81000200, "weak_global", 0);
	expect_symbol(syms, 0xffffffff81000301, "weak_local", 1);
	kc_kallsyms_free(syms);
}
END_TEST

START_TEST(test_modules_are_named)
{
	struct kc_kallsyms *syms = symbols_from("ffffffff81000000 T kfree\n"
						"ffffffffc0001000 t ext4_free\t[ext4]\n"
						"ffffffffc0002000 t empty\t[]\n"
						"ffffffffc0003000 t bracket\t[\n"
						"ffffffffc0004000 t short_name\t[x]\n"
						"ffffffffc0005000 t remark\tnot-a-module\n");

	expect_symbol(syms, 0xffffffff81000010, "kfree", 0x10);
	expect_symbol(syms, 0xffffffffc0001abc, "ext4_free [ext4]", 0xabc);
	expect_symbol(syms, 0xffffffffc0002001, "empty", 1);
	expect_symbol(syms, 0xffffffffc0003001, "bracket", 1);
	expect_symbol(syms, 0xffffffffc0004001, "short_name [x]", 1);
	expect_symbol(syms, 0xffffffffc0005001, "remark", 1);
	kc_kallsyms_free(syms);
}
END_TEST

/* Several names of one address: the first in the kernel's own order, wherever the others sort. */
START_TEST(test_first_alias_counts)
{
	struct kc_kallsyms *syms = symbols_from("ffffffff81000000 T start\n"
						"ffffffff81000100 T zeta\n"
						"ffffffff81000100 T alpha\n"
						"ffffffff81000200 T end\n"
						"ffffffff81000100 t middle\n");

	ck_assert_uint_eq(kc_kallsyms_count(syms), 5);
	expect_symbol(syms, 0xffffffff810000ff, "start", 0xff);
	expect_symbol(syms, 0xffffffff81000100, "zeta", 0);
	expect_symbol(syms, 0xffffffff810001ff, "zeta", 0xff);
	expect_symbol(syms, 0xffffffff81000200, "end", 0);
	kc_kallsyms_free(syms);
}
END_TEST

START_TEST(test_hidden_addresses)
{
	static const char hidden[] = "0000000000000000 T _text\n"
				     "0000000000000000 t init\t[ext4]\n"
				     "0000000000000000 T kfree\n";
	static const char partly[] = "0000000000000000 T _text\n"
				     "ffffffff81000000 T kfree\n";
	static const char data[] = "ffffffff81000000 D jiffies\n";
	struct kc_kallsyms *syms;

	ck_assert_int_eq(load_symbols(&syms, hidden, sizeof(hidden) - 1), -EACCES);
	ck_assert_int_eq(load_symbols(&syms, "", 0), -EACCES);
	ck_assert_int_eq(load_symbols(&syms, data, sizeof(data) - 1), -EACCES);
	ck_assert_int_eq(load_symbols(&syms, partly, sizeof(partly) - 1), 0);
	ck_assert_uint_eq(kc_kallsyms_count(syms), 1);
	kc_kallsyms_free(syms);
	ck_assert_int_eq(kc_kallsyms_load(&syms, "/nonexistent/kallsyms"), -ENOENT);
	ck_assert_ptr_null(syms);
}
END_TEST

/* Lines that are no symbols are passed over; those between them are found all the same. */
START_TEST(test_garbage_lines)
{
	static const char text[] = "\n"
				   "   \t \n"
				   "ffffffff81000000\n"
				   "ffffffff81000010 T\n"
				   "ffffffff81000020 TT\n"
				   "not-hex T name\n"
				   " T shifted ffffffff81000030\n"
				   "ffffffff81000100 T first\n"
				   "\0ffffffff81000200 T hidden_by_nul\n"
				   "\x01\xff\xfe\x80 \x81 \x82\n"
				   "  ffffffff81000300   T   blanks   and more words\n"
				   "ffffffff81000400 T last_line_has_no_end";
	struct kc_kallsyms *syms;

	ck_assert_int_eq(load_symbols(&syms, text, sizeof(text) - 1), 0);
	ck_assert_uint_eq(kc_kallsyms_count(syms), 3);
	expect_none(syms, 0xffffffff81000030);
	expect_symbol(syms, 0xffffffff81000201, "first", 0x101);
	expect_symbol(syms, 0xffffffff81000300, "blanks", 0);
	expect_symbol(syms, 0xffffffff81000400, "last_line_has_no_end", 0);
	kc_kallsyms_free(syms);
}
END_TEST

START_TEST(test_long_names)
{
	size_t name_len = 100000;
	char *text = malloc(name_len + 64), buf[8];
	struct kc_kallsyms *syms;
	uint32_t offset;
	size_t at;

	at = (size_t)sprintf(text, "ffffffff81000000 T ");
	for (size_t i = 0; i < name_len; i++)
		text[at + i] = (char)('a' + i % 26);
	strcpy(text + at + name_len, "\nffffffff82000000 T b\n");
	syms = symbols_from(text);
	/* Cut to the room there is, and ended. */
	memset(buf, '#', sizeof(buf));
	ck_assert_int_eq(kc_kallsyms_find(syms, 0xffffffff81000001, buf, 5, &offset), 0);
	ck_assert_mem_eq(buf, "abcd\0###", 8);
	expect_symbol(syms, 0xffffffff82000001, "b", 1);
	kc_kallsyms_free(syms);
	free(text);
}
END_TEST

#define NR_MANY 300007u /* a prime, above the first size of the table */

/* Three hundred thousand symbols of 32 bytes, in the order of a full cycle modulo a prime. */
START_TEST(test_huge_table)
{
	char *text = malloc((size_t)NR_MANY * 48), name[32];
	struct kc_kallsyms *syms;
	size_t len = 0;

	for (uint64_t i = 0; i < NR_MANY; i++) {
		uint64_t n = i * 100003 % NR_MANY;

		len += (size_t)sprintf(text + len, "%016llx t function_%llu\n",
				       (unsigned long long)(0xffffffff81000000 + n * 32),
				       (unsigned long long)n);
	}
	ck_assert_int_eq(load_symbols(&syms, text, len), 0);
	ck_assert_uint_eq(kc_kallsyms_count(syms), NR_MANY);
	for (uint32_t n = 0; n < NR_MANY; n++) {
		snprintf(name, sizeof(name), "function_%u", n);
		expect_symbol(syms, 0xffffffff81000000 + (uint64_t)n * 32 + n % 32, name, n % 32);
	}
	kc_kallsyms_free(syms);
	free(text);
}
END_TEST

START_TEST(test_address_of_a_name)
{
	struct kc_kallsyms *syms = symbols_from("ffffffffc0001000 t kfree\t[mod]\n"
						"ffffffff81000200 T kfree\n"
						"ffffffff81000300 t kfree\n");
	uint64_t addr = 0;

	ck_assert_int_eq(kc_kallsyms_address(syms, "kfree", &addr), 0);
	ck_assert_uint_eq(addr, 0xffffffff81000200);
	ck_assert_int_eq(kc_kallsyms_address(syms, "kfre", &addr), -ENOENT);
	ck_assert_int_eq(kc_kallsyms_address(syms, "", &addr), -ENOENT);
	kc_kallsyms_free(syms);
}
END_TEST

/* The functions of one table, the modules of another. */
START_TEST(test_modules_of_another_table)
{
	struct kc_kallsyms *from = symbols_from("ffffffff81000000 T kfree\n"
						"ffffffffc0001000 t ext4_free\t[ext4]\n"
						"ffffffffc0002000 t xfs_free\t[xfs]\n");
	struct kc_kallsyms *syms = symbols_from("ffffffff81000000 T other\n");
	size_t nr;

	ck_assert_int_eq(kc_kallsyms_add_modules(syms, from, &nr), 0);
	kc_kallsyms_sort(syms);
	ck_assert_uint_eq(nr, 2);
	ck_assert_uint_eq(kc_kallsyms_count(syms), 3);
	expect_symbol(syms, 0xffffffff81000001, "other", 1);
	expect_symbol(syms, 0xffffffffc0001001, "ext4_free [ext4]", 1);
	expect_symbol(syms, 0xffffffffc0002002, "xfs_free [xfs]", 2);
	kc_kallsyms_free(from);
	kc_kallsyms_free(syms);
}
END_TEST

START_TEST(test_this_kernel)
{
	struct kc_kallsyms *syms;
	int err = kc_kallsyms_load(&syms, NULL);
	unsigned long long addr;
	char name[160];
	FILE *f;

	if (err) {
		printf("SKIP: bpf/kallsyms/test_this_kernel: /proc/kallsyms: %s\n", strerror(-err));
		return;
	}
	f = fopen("/proc/kallsyms", "r");
	ck_assert_ptr_nonnull(f);
	while (fscanf(f, "%llx %*c %159s%*[^\n]", &addr, name) == 2)
		if (!strcmp(name, "kmem_cache_alloc_noprof") || !strcmp(name, "kfree"))
			break;
	fclose(f);
	expect_symbol(syms, addr, name, 0);
	expect_symbol(syms, addr + 1, name, 1);
	kc_kallsyms_free(syms);
}
END_TEST

RUN_SUITE("bpf/kallsyms", test_finds_the_function_that_holds_an_address, test_offsets_are_32_bits,
	  test_only_code_is_kept, test_modules_are_named, test_first_alias_counts,
	  test_hidden_addresses, test_garbage_lines, test_long_names, test_huge_table,
	  test_address_of_a_name, test_modules_of_another_table, test_this_kernel)
