/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where names come from, and what is said where there are none: a made-up /proc, and a
 * made-up kernel of 64 functions that call kfree at their 0x20th byte:
 *
 *   TEXT  f0 ... +0x30, +0x1000 f1 ... +0x1030, ...  +0x3f000 f63, +0x40000 kfree
 */
#include "tests/unit/suite.h"

#include <errno.h>

#include "bpf/collector.h"
#include "bpf/symbols.h"
#include "tests/unit/bpf/elf_file.h"
#include "tests/unit/bpf/symbols.h"

#define TEXT 0xffffffff81000000ull
#define OFFSET 0x1d000000ull
#define NR_FUNCTIONS 64u

struct bed {
	struct elf_file *file;
	struct kc_symbol_files files;
	char paths[4][40];
	struct kc_symbols *symbols;
	struct kc_error err;
};

/* A file with that text; NULL: there is none. */
static void set_file(struct bed *bed, unsigned int n, const char **file, const void *data,
		     size_t len)
{
	int fd;

	if (bed->paths[n][0])
		unlink(bed->paths[n]);
	strcpy(bed->paths[n], "/tmp/kmemtool-proc-XXXXXX");
	fd = mkstemp(bed->paths[n]);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
	*file = bed->paths[n];
}

static void set_kallsyms(struct bed *bed, const char *text)
{
	set_file(bed, 0, &bed->files.kallsyms, text, strlen(text));
}

static void set_kptr_restrict(struct bed *bed, const char *text)
{
	set_file(bed, 1, &bed->files.kptr_restrict, text, strlen(text));
}

static void set_notes(struct bed *bed, uint8_t first)
{
	uint8_t note[36] = { 4, 0, 0, 0, 20, 0, 0, 0, NT_GNU_BUILD_ID, 0, 0, 0, 'G', 'N', 'U' };

	memcpy(note + 16, bed->file->build_id, 20);
	note[16] = first;
	set_file(bed, 2, &bed->files.notes, note, sizeof(note));
}

static void set_kcore(struct bed *bed, const char *info)
{
	struct {
		Elf64_Ehdr head;
		Elf64_Phdr note;
		Elf64_Nhdr name;
		char text[112];
	} core = {
		.head = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_CORE,
			  .e_phoff = sizeof(core.head),
			  .e_phentsize = sizeof(core.note),
			  .e_phnum = 1 },
		.note = { .p_type = PT_NOTE, .p_offset = offsetof(__typeof__(core), name) },
		.name = { .n_namesz = sizeof("VMCOREINFO"), .n_descsz = (uint32_t)strlen(info) },
		.text = "VMCOREINFO",
	};

	strcpy(core.text + 12, info);
	core.note.p_filesz = sizeof(core.name) + sizeof(core.text);
	set_file(bed, 3, &bed->files.kcore, &core, sizeof(core));
}

static struct bed *bed_new(void)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	bed->files = (struct kc_symbol_files){ "/nonexistent/kallsyms", "/nonexistent/kcore",
					       "/nonexistent/notes", "/nonexistent/kptr" };
	bed->file = elf_file_new(TEXT, 0x41000);
	elf_file_symbol(bed->file, "_stext", TEXT, 0, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE));
	for (unsigned int i = 0; i < NR_FUNCTIONS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%u", i);
		elf_file_function(bed->file, name, TEXT + i * 0x1000, 0x30);
		elf_file_call(bed->file, TEXT + i * 0x1000 + 0x20, TEXT + 0x40000);
	}
	elf_file_function(bed->file, "kfree", TEXT + 0x40000, 0x100);
	elf_file_write(bed->file);
	return bed;
}

static void bed_free(struct bed *bed)
{
	kc_symbols_close(bed->symbols);
	for (unsigned int i = 0; i < 4; i++)
		if (bed->paths[i][0])
			unlink(bed->paths[i]);
	elf_file_free(bed->file);
	free(bed);
}

static int open_at(struct bed *bed, const char *vmlinux)
{
	kc_symbols_close(bed->symbols);
	bed->err.reason[0] = 0;
	return kc_symbols_open(&bed->symbols, vmlinux, &bed->files, &bed->err);
}

static void expect_fact(const struct kc_symbols *symbols, const char *key, const char *value)
{
	struct tf_meta meta;
	const char *found;

	tf_meta_init(&meta);
	ck_assert_int_eq(kc_symbols_add_facts(symbols, &meta), 0);
	found = tf_meta_get(&meta, key);
	if (value)
		ck_assert_str_eq(found ? found : "(nothing)", value);
	else
		ck_assert_ptr_null(found);
	tf_meta_release(&meta);
}

START_TEST(test_kallsyms)
{
	struct bed *bed = bed_new();

	set_kallsyms(bed, "ffffffff9e000000 T _stext\nffffffff9e000100 T kmalloc_x\n");
	set_notes(bed, 0xa0);
	ck_assert_int_eq(open_at(bed, NULL), 0);
	ck_assert(!kc_symbols_is_pending(bed->symbols));
	expect_symbol(kc_symbols_table(bed->symbols), 0xffffffff9e000101, "kmalloc_x", 1);
	expect_fact(bed->symbols, "record.symbols", "kallsyms");
	expect_fact(bed->symbols, "host.build_id", "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3");
	expect_fact(bed->symbols, "calib.kaslr_offset", NULL);
	bed_free(bed);
}
END_TEST

static void expect_hidden(struct bed *bed, const char *why)
{
	ck_assert_int_eq(open_at(bed, NULL), 0);
	ck_assert_ptr_null(kc_symbols_table(bed->symbols));
	ck_assert(!kc_symbols_is_pending(bed->symbols));
	ck_assert_int_eq(kc_symbols_see(bed->symbols, TEXT), 0);
	ck_assert_int_eq(kc_symbols_finish(bed->symbols), 0);
	ck_assert_msg(!strncmp(kc_symbols_source(bed->symbols), "none: ", 6) &&
			      strstr(kc_symbols_source(bed->symbols), why) &&
			      strstr(kc_symbols_source(bed->symbols), "--vmlinux"),
		      "%s", kc_symbols_source(bed->symbols));
}

/* What the test itself may do decides between the last two. */
START_TEST(test_why_there_are_none)
{
	struct bed *bed = bed_new();

	expect_hidden(bed, "CONFIG_KALLSYMS");
	set_kallsyms(bed, "0000000000000000 T _stext\n0000000000000000 T kfree\n");
	set_kptr_restrict(bed, "2\n");
	expect_hidden(bed, "kernel.kptr_restrict is 2");
	set_kptr_restrict(bed, "1\n");
	ck_assert_int_eq(open_at(bed, NULL), 0);
	if (strstr(kc_symbols_source(bed->symbols), "CAP_SYSLOG"))
		expect_hidden(bed, "kernel.kptr_restrict is 1");
	else
		expect_hidden(bed, "shows no addresses");
	set_kcore(bed, "KERNELOFFSET=1d000000\n");
	ck_assert_int_eq(open_at(bed, NULL), 0);
	expect_fact(bed->symbols, "calib.kaslr_offset", "0x1d000000");
	bed_free(bed);
}
END_TEST

static void expect_names(struct bed *bed)
{
	expect_symbol(kc_symbols_table(bed->symbols), TEXT + OFFSET + 0x5020, "f5", 0x20);
	expect_symbol(kc_symbols_table(bed->symbols), TEXT + OFFSET + 0x40001, "kfree", 1);
	expect_fact(bed->symbols, "calib.kaslr_offset", "0x1d000000");
	ck_assert(!kc_symbols_is_pending(bed->symbols));
}

START_TEST(test_vmlinux_where_kallsyms_tells_the_offset)
{
	struct bed *bed = bed_new();

	set_kallsyms(bed, "ffffffff9e000000 T _stext\nffffffff9e040000 T kfree\n"
			  "ffffffffc0001000 t ext4_free\t[ext4]\n");
	set_notes(bed, 0xa0);
	ck_assert_int_eq(open_at(bed, bed->file->path), 0);
	expect_names(bed);
	expect_symbol(kc_symbols_table(bed->symbols), 0xffffffffc0001010, "ext4_free [ext4]", 0x10);
	expect_fact(bed->symbols, "record.symbols", "vmlinux, modules of kallsyms");
	bed_free(bed);
}
END_TEST

START_TEST(test_vmlinux_where_kcore_tells_the_offset)
{
	struct bed *bed = bed_new();

	set_kcore(bed, "KERNELOFFSET=1d000000\n");
	ck_assert_int_eq(open_at(bed, bed->file->path), 0);
	expect_names(bed);
	expect_fact(bed->symbols, "record.symbols", "vmlinux, without modules");
	bed_free(bed);
}
END_TEST

START_TEST(test_vmlinux_where_call_sites_tell_the_offset)
{
	struct bed *bed = bed_new();

	set_kallsyms(bed, "0000000000000000 T _stext\n");
	ck_assert_int_eq(open_at(bed, bed->file->path), 0);
	ck_assert_ptr_null(kc_symbols_table(bed->symbols));
	ck_assert(kc_symbols_is_pending(bed->symbols));
	expect_fact(bed->symbols, "record.symbols",
		    "none: the offset of the kernel to vmlinux (KASLR) is not known");
	for (unsigned int i = 0; i < 15; i++) {
		ck_assert_int_eq(kc_symbols_see(bed->symbols, TEXT + OFFSET + i * 0x1000 + 0x20),
				 0);
		ck_assert_int_eq(kc_symbols_see(bed->symbols, 0), 0);
		ck_assert_int_eq(kc_symbols_poll(bed->symbols), 0);
	}
	ck_assert_int_eq(kc_symbols_see(bed->symbols, TEXT + OFFSET + 15 * 0x1000 + 0x20), 0);
	ck_assert_int_eq(kc_symbols_poll(bed->symbols), 1);
	expect_names(bed);
	expect_fact(bed->symbols, "record.symbols", "vmlinux, without modules");
	/* What comes later is of no use, and does no harm. */
	ck_assert_int_eq(kc_symbols_see(bed->symbols, 1), 0);
	ck_assert_int_eq(kc_symbols_poll(bed->symbols), 0);
	ck_assert_int_eq(kc_symbols_finish(bed->symbols), 0);
	bed_free(bed);
}
END_TEST

/* At the end what there is must do; what does not is told. */
START_TEST(test_the_end_of_a_recording)
{
	struct bed *bed = bed_new();

	ck_assert_int_eq(open_at(bed, bed->file->path), 0);
	ck_assert_int_eq(kc_symbols_finish(bed->symbols), 0);
	for (unsigned int i = 0; i < 6; i++)
		kc_symbols_see(bed->symbols, TEXT + OFFSET + i * 0x1000 + 0x20);
	ck_assert_int_eq(kc_symbols_poll(bed->symbols), 0);
	ck_assert_int_eq(kc_symbols_finish(bed->symbols), 1);
	expect_names(bed);

	ck_assert_int_eq(open_at(bed, bed->file->path), 0);
	kc_symbols_see(bed->symbols, TEXT + OFFSET + 0x20);
	ck_assert_int_eq(kc_symbols_finish(bed->symbols), 0);
	expect_fact(bed->symbols, "record.symbols",
		    "none: 1 call sites do not tell the offset of the kernel to vmlinux (KASLR): "
		    "they are too few, or it is another kernel's");

	ck_assert_int_eq(open_at(bed, bed->file->path), 0);
	for (unsigned int i = 0; i < 100; i++) {
		ck_assert_int_eq(kc_symbols_see(bed->symbols, TEXT + OFFSET + i * 0x1000 + 0x81),
				 0);
		ck_assert_int_eq(kc_symbols_poll(bed->symbols), 0);
	}
	ck_assert_int_eq(kc_symbols_finish(bed->symbols), 0);
	ck_assert(kc_symbols_is_pending(bed->symbols));
	ck_assert(strstr(kc_symbols_source(bed->symbols), "it is not the recorded kernel's"));
	bed_free(bed);
}
END_TEST

START_TEST(test_vmlinux_of_another_kernel)
{
	struct bed *bed = bed_new();

	set_notes(bed, 0x77);
	ck_assert_int_eq(open_at(bed, bed->file->path), -EINVAL);
	ck_assert_ptr_null(bed->symbols);
	ck_assert(strstr(bed->err.reason, "is a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3, but that "
					  "of the running kernel "
					  "77a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3"));
	/* Without an id functions at other places tell. */
	bed->files.notes = "/nonexistent/notes";
	set_kallsyms(bed, "ffffffff9e000000 T _stext\nffffffff9e040010 T kfree\n");
	ck_assert_int_eq(open_at(bed, bed->file->path), -EINVAL);
	ck_assert(strstr(bed->err.reason, "not of the running kernel"));
	set_kallsyms(bed, "ffffffff9e001000 T _stext\nffffffff9e041000 T kfree\n");
	ck_assert_int_eq(open_at(bed, bed->file->path), -EINVAL);
	ck_assert_int_eq(open_at(bed, "/nonexistent/vmlinux"), -ENOENT);
	ck_assert_str_eq(bed->err.reason,
			 "/nonexistent/vmlinux: cannot open: No such file or directory");
	bed_free(bed);
}
END_TEST

START_TEST(test_a_trace)
{
	struct bed *bed = bed_new();
	struct tf_meta meta;

	tf_meta_init(&meta);
	ck_assert_int_eq(kc_symbols_open_trace(&bed->symbols, bed->file->path, &meta, &bed->err),
			 0);
	ck_assert(kc_symbols_is_pending(bed->symbols));
	kc_symbols_close(bed->symbols);
	tf_meta_set(&meta, "host.build_id", "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3");
	tf_meta_set(&meta, "calib.kaslr_offset", "0x1d000000");
	ck_assert_int_eq(kc_symbols_open_trace(&bed->symbols, bed->file->path, &meta, &bed->err),
			 0);
	expect_names(bed);
	kc_symbols_close(bed->symbols);
	tf_meta_set(&meta, "host.build_id", "1234");
	ck_assert_int_eq(kc_symbols_open_trace(&bed->symbols, bed->file->path, &meta, &bed->err),
			 -EINVAL);
	ck_assert_ptr_null(bed->symbols);
	ck_assert(strstr(bed->err.reason, "that of the recorded kernel 1234"));
	tf_meta_release(&meta);
	bed_free(bed);
}
END_TEST

RUN_SUITE("bpf/symbols", test_kallsyms, test_why_there_are_none,
	  test_vmlinux_where_kallsyms_tells_the_offset, test_vmlinux_where_kcore_tells_the_offset,
	  test_vmlinux_where_call_sites_tell_the_offset, test_the_end_of_a_recording,
	  test_vmlinux_of_another_kernel, test_a_trace)
