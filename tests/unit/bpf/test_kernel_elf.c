/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF files of kernels: which functions, which name of several, ids, and files that are none. */
#include "tests/unit/suite.h"

#include <errno.h>

#include "bpf/collector.h"
#include "bpf/kernel_elf.h"
#include "tests/unit/bpf/elf_file.h"
#include "tests/unit/bpf/symbols.h"

#define TEXT 0xffffffff81000000ull
#define TEXT_LEN 0x4000u

/*
 *   TEXT                +0x100      +0x200    +0x240            +0x1000     +0x4000
 *   │ _stext            │ kfree     │ vfree   │                 │ last      │ end
 *   │                   └ 0x80 ┘    └  0x40  ┘                  └ 0x10 ┘
 */
static struct elf_file *small_kernel(void)
{
	struct elf_file *file = elf_file_new(TEXT, TEXT_LEN);

	elf_file_symbol(file, "_stext", TEXT, 0, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE));
	elf_file_function(file, "last", TEXT + 0x1000, 0x10);
	elf_file_function(file, "vfree", TEXT + 0x200, 0x40);
	elf_file_function(file, "kfree", TEXT + 0x100, 0x80);
	return file;
}

static struct kc_vmlinux *open_file(struct elf_file *file)
{
	struct kc_vmlinux *v;
	struct kc_error err = { "" };

	ck_assert_msg(!kc_vmlinux_open(&v, elf_file_write(file), &err), "%s", err.reason);
	return v;
}

static struct kc_kallsyms *table_at(const struct kc_vmlinux *v, uint64_t offset)
{
	struct kc_kallsyms *syms = kc_kallsyms_new();

	ck_assert_ptr_nonnull(syms);
	ck_assert_int_eq(kc_vmlinux_add_symbols(v, offset, syms), 0);
	kc_kallsyms_sort(syms);
	return syms;
}

static void expect_none(const struct kc_kallsyms *syms, uint64_t addr)
{
	uint32_t offset;
	char buf[160];

	ck_assert_int_eq(kc_kallsyms_find(syms, addr, buf, sizeof(buf), &offset), -ENOENT);
}

START_TEST(test_functions_at_an_offset)
{
	struct elf_file *file = small_kernel();
	struct kc_vmlinux *v = open_file(file);
	const uint64_t offset = 0x1d000000;
	struct kc_kallsyms *syms = table_at(v, offset);

	ck_assert_uint_eq(v->machine, EM_X86_64);
	ck_assert_uint_eq(v->stext, TEXT);
	ck_assert_uint_eq(v->nr_functions, 3);
	ck_assert_uint_eq(kc_kallsyms_count(syms), 3);
	expect_none(syms, TEXT + offset + 0xff);
	expect_symbol(syms, TEXT + offset + 0x100, "kfree", 0);
	expect_symbol(syms, TEXT + offset + 0x1ff, "kfree", 0xff);
	expect_symbol(syms, TEXT + offset + 0x23f, "vfree", 0x3f);
	expect_symbol(syms, TEXT + offset + TEXT_LEN - 1, "last", TEXT_LEN - 0x1001);
	/* What lies behind the code is not of its last function: modules, for one. */
	expect_none(syms, TEXT + offset + TEXT_LEN);
	expect_none(syms, 0xffffffffc0001234);
	expect_none(syms, TEXT + 0x100);
	kc_kallsyms_free(syms);
	kc_vmlinux_close(v);
	elf_file_free(file);
}
END_TEST

/* A function that begins where another section ends is one all the same. */
START_TEST(test_an_end_hides_no_function)
{
	struct kc_kallsyms *syms = kc_kallsyms_new();

	ck_assert_int_eq(kc_kallsyms_add(syms, TEXT, "a", NULL), 0);
	ck_assert_int_eq(kc_kallsyms_add_end(syms, TEXT + 0x100), 0);
	ck_assert_int_eq(kc_kallsyms_add(syms, TEXT + 0x100, "b", NULL), 0);
	ck_assert_int_eq(kc_kallsyms_add_end(syms, TEXT + 0x200), 0);
	ck_assert_int_eq(kc_kallsyms_add(syms, TEXT + 0x10000, "c", "mod"), 0);
	kc_kallsyms_sort(syms);
	ck_assert_uint_eq(kc_kallsyms_count(syms), 3);
	expect_symbol(syms, TEXT + 0xff, "a", 0xff);
	expect_symbol(syms, TEXT + 0x100, "b", 0);
	expect_none(syms, TEXT + 0x200);
	expect_none(syms, TEXT + 0xffff);
	expect_symbol(syms, TEXT + 0x10001, "c [mod]", 1);
	kc_kallsyms_free(syms);
}
END_TEST

/* The name that kallsyms would list first: not weak, then fewer underscores, then as they come. */
START_TEST(test_best_of_several_names)
{
	struct elf_file *file = small_kernel();
	struct kc_kallsyms *syms;
	struct kc_vmlinux *v;

	elf_file_symbol(file, "weak", TEXT + 0x2000, 8, ELF64_ST_INFO(STB_WEAK, STT_FUNC));
	elf_file_symbol(file, "__strong", TEXT + 0x2000, 8, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC));
	elf_file_function(file, "___x64_read", TEXT + 0x2100, 8);
	elf_file_function(file, "_ksys_read", TEXT + 0x2100, 8);
	elf_file_symbol(file, "zeta", TEXT + 0x2200, 8, ELF64_ST_INFO(STB_LOCAL, STT_FUNC));
	elf_file_function(file, "alpha", TEXT + 0x2200, 8);
	v = open_file(file);
	syms = table_at(v, 0);
	expect_symbol(syms, TEXT + 0x2001, "__strong", 1);
	expect_symbol(syms, TEXT + 0x2101, "_ksys_read", 1);
	expect_symbol(syms, TEXT + 0x2201, "zeta", 1);
	ck_assert_str_eq(kc_vmlinux_function(v, TEXT + 0x2201)->name, "zeta");
	kc_kallsyms_free(syms);
	kc_vmlinux_close(v);
	elf_file_free(file);
}
END_TEST

START_TEST(test_only_functions_of_code)
{
	struct elf_file *file = small_kernel();
	struct kc_vmlinux *v;

	elf_file_symbol(file, "jiffies", TEXT + 0x300, 8, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT));
	elf_file_symbol(file, "label", TEXT + 0x300, 0, ELF64_ST_INFO(STB_LOCAL, STT_NOTYPE));
	elf_file_symbol(file, "", TEXT + 0x300, 0, ELF64_ST_INFO(STB_LOCAL, STT_FUNC));
	elf_file_symbol(file, "__x86_indirect_thunk_rax", TEXT + 0x3020, 0,
			ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE));
	elf_file_symbol(file, "__x86_indirect_thunk_array", TEXT + 0x3000, 0,
			ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE));
	elf_file_function(file, "absolute", TEXT + 0x300, 8);
	file->symbols[file->nr_symbols - 1].st_shndx = SHN_ABS;
	elf_file_function(file, "undefined", TEXT + 0x300, 8);
	file->symbols[file->nr_symbols - 1].st_shndx = SHN_UNDEF;
	elf_file_function(file, "in_a_note", TEXT + 0x300, 8);
	file->symbols[file->nr_symbols - 1].st_shndx = 2;
	elf_file_function(file, "in_no_section", TEXT + 0x300, 8);
	file->symbols[file->nr_symbols - 1].st_shndx = 77;
	v = open_file(file);
	ck_assert_uint_eq(v->nr_functions, 3);
	ck_assert_uint_eq(v->thunks, TEXT + 0x3000);
	ck_assert_uint_eq(v->thunks_end, TEXT + 0x3020);
	kc_vmlinux_close(v);
	elf_file_free(file);
}
END_TEST

START_TEST(test_code_and_its_bytes)
{
	for (int nobits = 0; nobits <= 1; nobits++) {
		struct elf_file *file = small_kernel();
		const struct kc_elf_text *text;
		struct kc_vmlinux *v;

		file->flags = nobits ? ELF_FILE_NOBITS : 0;
		file->text[5] = 0xe8;
		v = open_file(file);
		ck_assert_uint_eq(v->nr_texts, 1);
		ck_assert_ptr_null(kc_vmlinux_text(v, TEXT - 1));
		text = kc_vmlinux_text(v, TEXT);
		ck_assert_ptr_nonnull(text);
		ck_assert_ptr_eq(kc_vmlinux_text(v, TEXT + TEXT_LEN), text);
		ck_assert_ptr_null(kc_vmlinux_text(v, TEXT + TEXT_LEN + 1));
		ck_assert_uint_eq(text->len, TEXT_LEN);
		ck_assert((text->bytes == NULL) == nobits);
		if (text->bytes)
			ck_assert_uint_eq(text->bytes[5], 0xe8);
		kc_vmlinux_close(v);
		elf_file_free(file);
	}
}
END_TEST

static void expect_refused(const char *path, int code, const char *why)
{
	struct kc_error err = { "" };
	struct kc_vmlinux *v;

	ck_assert_int_eq(kc_vmlinux_open(&v, path, &err), code);
	ck_assert_ptr_null(v);
	ck_assert_msg(!strncmp(err.reason, path, strlen(path)), "%s", err.reason);
	ck_assert_msg(strstr(err.reason, why), "'%s' does not tell of '%s'", err.reason, why);
	ck_assert_ptr_null(strchr(err.reason, '\n'));
}

static void expect_bytes_refused(const void *data, size_t len, const char *why)
{
	char path[] = "/tmp/kmemtool-elf-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
	expect_refused(path, -EINVAL, why);
	unlink(path);
}

START_TEST(test_files_that_are_no_kernel)
{
	struct elf_file *file = small_kernel();
	char image[0x400] = "MZ";

	expect_refused("/nonexistent/vmlinux", -ENOENT, "cannot open");
	expect_refused("/tmp", -EINVAL, "not an ELF file");
	expect_bytes_refused("", 0, "not an ELF file");
	expect_bytes_refused("hello\n", 6, "not an ELF file");
	memcpy(image + 0x202, "HdrS", 4);
	expect_bytes_refused(image, sizeof(image), "a boot image");
	file->flags = ELF_FILE_STRIPPED;
	expect_refused(elf_file_write(file), -EINVAL, "stripped");
	elf_file_free(file);
}
END_TEST

static size_t read_file(const char *path, uint8_t *data, size_t room)
{
	FILE *f = fopen(path, "r");
	size_t len = fread(data, 1, room, f);

	fclose(f);
	return len;
}

/* With every byte of the headers and the symbols changed, and cut off anywhere: no crash. */
START_TEST(test_damaged_files)
{
	struct elf_file *file = small_kernel();
	static uint8_t whole[TEXT_LEN + 0x1000], bytes[sizeof(whole)];
	size_t len = read_file(elf_file_write(file), whole, sizeof(whole));
	unsigned int nr_opened = 0, nr_refused = 0;

	ck_assert_uint_lt(len, sizeof(whole));
	for (size_t i = 0; i < 2 * len; i++) {
		size_t at = i / 2, now = i & 1 ? at : len;
		struct kc_error err = { "" };
		struct kc_vmlinux *v;
		FILE *f;

		/* The code itself says nothing here. */
		if (at > 64 && at < 64 + TEXT_LEN)
			continue;
		memcpy(bytes, whole, len);
		bytes[at] ^= i & 2 ? 0xff : 0x11;
		f = fopen(file->path, "w");
		ck_assert_uint_eq(fwrite(bytes, 1, now, f), now);
		fclose(f);
		if (kc_vmlinux_open(&v, file->path, &err)) {
			ck_assert_uint_ne(err.reason[0], 0);
			nr_refused++;
			continue;
		}
		kc_kallsyms_free(table_at(v, 0));
		kc_vmlinux_close(v);
		nr_opened++;
	}
	ck_assert_uint_gt(nr_opened, 100);
	ck_assert_uint_gt(nr_refused, 100);
	elf_file_free(file);
}
END_TEST

START_TEST(test_build_ids)
{
	/* A note of another's, padded to 4; then the id; then more. */
	static const uint8_t notes[] = {
		6,   0, 0, 0, 1,    0,	 0,   0, 1,    1,    0,	   0, 'L',  'i',  'n', 'u',
		'x', 0, 0, 0, 0x55, 0,	 0,   0, 4,    0,    0,	   0, 3,    0,	  0,   0,
		3,   0, 0, 0, 'G',  'N', 'U', 0, 0xde, 0xad, 0x0f, 0, 4,    0,	  0,   0,
		2,   0, 0, 0, 3,    0,	 0,   0, 'G',  'N',  'U',  0, 0x12, 0x34, 0,   0,
	};
	char id[KC_BUILD_ID_LEN];

	ck_assert_int_eq(kc_build_id_of_notes(notes, sizeof(notes), id), 0);
	ck_assert_str_eq(id, "dead0f");
	for (size_t len = 0; len < sizeof(notes); len++) {
		int found = kc_build_id_of_notes(notes, len, id);

		ck_assert_int_eq(found, len < 24 + 19 ? -ENOENT : 0);
		ck_assert_str_eq(id, found ? "" : "dead0f");
	}
	ck_assert_int_eq(kc_build_id_of_notes(notes + 44, sizeof(notes) - 44, id), 0);
	ck_assert_str_eq(id, "1234");
	ck_assert_int_eq(kc_build_id_of_kernel("/nonexistent", id), -ENOENT);
	ck_assert_str_eq(id, "");
}
END_TEST

START_TEST(test_build_id_of_a_file)
{
	struct elf_file *file = small_kernel();
	struct kc_vmlinux *v = open_file(file);

	ck_assert_str_eq(v->build_id, "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3");
	kc_vmlinux_close(v);
	unlink(file->path);
	file->flags = ELF_FILE_NO_ID;
	v = open_file(file);
	ck_assert_str_eq(v->build_id, "");
	kc_vmlinux_close(v);
	elf_file_free(file);
}
END_TEST

RUN_SUITE("bpf/kernel_elf", test_functions_at_an_offset, test_an_end_hides_no_function,
	  test_best_of_several_names, test_only_functions_of_code, test_code_and_its_bytes,
	  test_files_that_are_no_kernel, test_damaged_files, test_build_ids,
	  test_build_id_of_a_file)
