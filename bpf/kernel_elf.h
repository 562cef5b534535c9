/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel as an ELF file: the vmlinux of its build, or the debug file of a distribution
 * (Debian: linux-image-*-dbg has /usr/lib/debug/boot/vmlinux-*).
 *
 * Taken from it are the functions of .symtab, the sections of code with their bytes where
 * the file has them (a debug file may not), and the build id.  Modules are files of their
 * own, and nothing of them is in it.
 *
 * Addresses here are those the kernel was linked for; a kernel that chose another place at
 * boot (KASLR) runs at these plus one offset, which bpf/kaslr.h works out.
 */
#ifndef BPF_KERNEL_ELF_H
#define BPF_KERNEL_ELF_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/kallsyms.h"

struct kc_error;

struct kc_elf_function {
	uint64_t addr, size; /* size 0: not told */
	const char *name;    /* never empty */
	uint32_t number;     /* in .symtab */
	uint8_t is_weak;
};

struct kc_elf_text {
	uint64_t addr, len;
	const uint8_t *bytes; /* len of them; NULL: not in the file (SHT_NOBITS) */
};

#define KC_MAX_BUILD_ID 32 /* bytes; ld makes 20 */
#define KC_BUILD_ID_LEN (2 * KC_MAX_BUILD_ID + 1)

struct kc_vmlinux {
	uint16_t machine;		   /* EM_X86_64, EM_386, ... */
	char build_id[KC_BUILD_ID_LEN];	   /* in hexadecimal, empty if it has none */
	struct kc_elf_function *functions; /* sorted by address, the better name first */
	size_t nr_functions;		   /* > 0 */
	struct kc_elf_text *texts;	   /* sorted by address */
	size_t nr_texts;		   /* > 0 */
	uint64_t stext;			   /* symbol _stext, 0 if there is none */
	uint64_t thunks, thunks_end;	   /* __x86_indirect_thunk_*, from the first to the last */
	struct elf_state *state;	   /* owned; what names and bytes are in */
};

/*
 * Read the file.  Counts and offsets in it are checked against what it has.
 * -EINVAL: no ELF file, of another sort, damaged or cut off, or without .symtab (stripped);
 * -ENOMEM; or the errno of the file.  err has one line that begins with the path.
 */
int kc_vmlinux_open(struct kc_vmlinux **out, const char *path, struct kc_error *err);
void kc_vmlinux_close(struct kc_vmlinux *vmlinux);

/*
 * The functions at their addresses plus offset into syms, which the caller sorts.  Behind the
 * end of each section there is none, so that modules do not get the name of the last.
 * 0, -ENOMEM or -E2BIG.
 */
int kc_vmlinux_add_symbols(const struct kc_vmlinux *vmlinux, uint64_t offset,
			   struct kc_kallsyms *syms);

/* The last function that begins at or below addr, NULL below the first. */
const struct kc_elf_function *kc_vmlinux_function(const struct kc_vmlinux *vmlinux, uint64_t addr);
/* The code section that holds addr, or ends at it; NULL if none does. */
const struct kc_elf_text *kc_vmlinux_text(const struct kc_vmlinux *vmlinux, uint64_t addr);

/*
 * The build id in ELF notes as they lie in memory (/sys/kernel/notes, a section), as text.
 * 0, or -ENOENT if there is none.  Notes that are cut off end there.
 */
int kc_build_id_of_notes(const uint8_t *notes, size_t len, char id[KC_BUILD_ID_LEN]);
/* That of the running kernel.  path NULL is /sys/kernel/notes.  Or the errno of the file. */
int kc_build_id_of_kernel(const char *path, char id[KC_BUILD_ID_LEN]);

#endif
