/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Made-up kernels for the suites of bpf/: ELF files like vmlinux, written byte by byte.
 *
 *   header │ .text │ .note.gnu.build-id │ .symtab │ .strtab │ .shstrtab │ section headers
 */
#ifndef TESTS_UNIT_BPF_ELF_FILE_H
#define TESTS_UNIT_BPF_ELF_FILE_H

#include <check.h>
#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum elf_file_flags {
	ELF_FILE_NOBITS = 1 << 0,   /* as a debug file: .text without its bytes */
	ELF_FILE_STRIPPED = 1 << 1, /* no .symtab */
	ELF_FILE_NO_ID = 1 << 2,
	ELF_FILE_32 = 1 << 3, /* says EM_386 in the same 64-bit form */
};

struct elf_file {
	uint64_t text_addr;
	size_t text_len;
	uint8_t *text;
	unsigned int flags;
	uint8_t build_id[20];
	Elf64_Sym *symbols;
	size_t nr_symbols, room_symbols;
	char *names;
	size_t names_len, names_room;
	char path[40];
};

static inline struct elf_file *elf_file_new(uint64_t text_addr, size_t text_len)
{
	struct elf_file *file = calloc(1, sizeof(*file));

	ck_assert_ptr_nonnull(file);
	file->text_addr = text_addr;
	file->text_len = text_len;
	file->text = malloc(text_len);
	ck_assert_ptr_nonnull(file->text);
	memset(file->text, 0x90, text_len);
	for (size_t i = 0; i < sizeof(file->build_id); i++)
		file->build_id[i] = (uint8_t)(0xa0 + i);
	file->names = calloc(1, file->names_room = 64);
	file->names_len = 1;
	file->symbols = calloc(1, sizeof(Elf64_Sym));
	file->nr_symbols = file->room_symbols = 1;
	return file;
}

static inline void elf_file_symbol(struct elf_file *file, const char *name, uint64_t addr,
				   uint64_t size, unsigned char info)
{
	size_t len = strlen(name) + 1;

	while (file->names_len + len > file->names_room)
		file->names = realloc(file->names, file->names_room *= 2);
	if (file->nr_symbols == file->room_symbols)
		file->symbols =
			realloc(file->symbols, (file->room_symbols *= 2) * sizeof(Elf64_Sym));
	if (!file->names || !file->symbols)
		ck_abort_msg("out of memory");
	file->symbols[file->nr_symbols++] = (Elf64_Sym){ .st_name = (uint32_t)file->names_len,
							 .st_info = info,
							 .st_shndx = 1,
							 .st_value = addr,
							 .st_size = size };
	memcpy(file->names + file->names_len, name, len);
	file->names_len += len;
}

static inline void elf_file_function(struct elf_file *file, const char *name, uint64_t addr,
				     uint64_t size)
{
	elf_file_symbol(file, name, addr, size, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC));
}

/* Bytes that end where ret_addr begins. */
static inline void elf_file_code(struct elf_file *file, uint64_t ret_addr, const void *code,
				 size_t len)
{
	/* Each ck_assert() is a system call, and there are many calls. */
	if (ret_addr < file->text_addr + len || ret_addr > file->text_addr + file->text_len)
		ck_abort_msg("%#llx is not in the code", (unsigned long long)ret_addr);
	memcpy(file->text + (ret_addr - file->text_addr) - len, code, len);
}

/* A direct call of target that returns to ret_addr. */
static inline void elf_file_call(struct elf_file *file, uint64_t ret_addr, uint64_t target)
{
	uint32_t rel = (uint32_t)(target - ret_addr);
	uint8_t code[5] = { 0xe8, (uint8_t)rel, (uint8_t)(rel >> 8), (uint8_t)(rel >> 16),
			    (uint8_t)(rel >> 24) };

	elf_file_code(file, ret_addr, code, sizeof(code));
}

static inline void elf_file_put(FILE *f, Elf64_Shdr *head, const void *data, size_t len)
{
	head->sh_offset = (uint64_t)ftell(f);
	head->sh_size = len;
	head->sh_addralign = 1;
	if (head->sh_type != SHT_NOBITS)
		ck_assert_uint_eq(fwrite(data, 1, len, f), len);
}

/* Write it to a new temporary file, whose path is file->path. */
static inline const char *elf_file_write(struct elf_file *file)
{
	static const char names[] = "\0.text\0.note.gnu.build-id\0.symtab\0.strtab\0.shstrtab";
	bool stripped = file->flags & ELF_FILE_STRIPPED;
	Elf64_Shdr heads[6] = {
		{ 0 },
		{ .sh_name = 1, .sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC | SHF_EXECINSTR },
		{ .sh_name = 7, .sh_type = SHT_NOTE, .sh_flags = SHF_ALLOC },
		{ .sh_name = 26, .sh_type = SHT_SYMTAB, .sh_link = 4, .sh_entsize = 24 },
		{ .sh_name = 34, .sh_type = SHT_STRTAB },
		{ .sh_name = 42, .sh_type = SHT_STRTAB },
	};
	Elf64_Ehdr head = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = file->flags & ELF_FILE_32 ? EM_386 : EM_X86_64,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(head),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 6,
		.e_shstrndx = 5,
	};
	uint8_t note[36] = { 4, 0, 0, 0, 20, 0, 0, 0, NT_GNU_BUILD_ID, 0, 0, 0, 'G', 'N', 'U' };
	FILE *f;

	strcpy(file->path, "/tmp/kmemtool-elf-XXXXXX");
	f = fdopen(mkstemp(file->path), "w");
	ck_assert_ptr_nonnull(f);
	fwrite(&head, sizeof(head), 1, f);
	heads[1].sh_addr = file->text_addr;
	if (file->flags & ELF_FILE_NOBITS)
		heads[1].sh_type = SHT_NOBITS;
	elf_file_put(f, &heads[1], file->text, file->text_len);
	memcpy(note + 16, file->build_id, sizeof(file->build_id));
	elf_file_put(f, &heads[2], note, file->flags & ELF_FILE_NO_ID ? 0 : sizeof(note));
	elf_file_put(f, &heads[3], file->symbols, file->nr_symbols * sizeof(Elf64_Sym));
	if (stripped)
		heads[3].sh_type = SHT_PROGBITS;
	elf_file_put(f, &heads[4], file->names, file->names_len);
	elf_file_put(f, &heads[5], names, sizeof(names));
	head.e_shoff = (uint64_t)ftell(f);
	fwrite(heads, sizeof(heads), 1, f);
	rewind(f);
	fwrite(&head, sizeof(head), 1, f);
	ck_assert_int_eq(fclose(f), 0);
	return file->path;
}

static inline void elf_file_free(struct elf_file *file)
{
	if (file->path[0])
		ck_assert_int_eq(unlink(file->path), 0);
	free(file->text);
	free(file->symbols);
	free(file->names);
	free(file);
}

#endif
