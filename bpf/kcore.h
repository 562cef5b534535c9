/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the headers of /proc/kcore tell of where the kernel is: program headers and the
 * VMCOREINFO note.  Nothing of memory itself is read.
 *
 *   PT_LOAD, p_paddr != -1    RAM: p_vaddr - p_paddr is the base of the direct map; or the
 *                             kernel's image, where virtual less physical is another number
 *   PT_LOAD, p_paddr == -1    vmalloc, modules, and the struct pages of each piece of RAM
 *   VMCOREINFO                lines KERNELOFFSET=1d000000 (hexadecimal), BUILD-ID=...,
 *                             SYMBOL(_stext)=ffffffff9e000000, SIZE(page)=64
 *
 * Source: fs/proc/kcore.c and kernel/crash_core.c (vmcore_info.c), Linux 4.19 to 6.19;
 * before, p_paddr was 0 and there was no note, and nothing is found.
 */
#ifndef BPF_KCORE_H
#define BPF_KCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/kernel_elf.h"

struct kc_kcore {
	bool has_page_offset;
	uint64_t page_offset_base; /* direct map: address of physical address 0 */
	bool has_vmemmap;
	uint64_t vmemmap_base; /* address of the struct page of pfn 0 */
	bool has_text;
	uint64_t text_base; /* the kernel's image, from _text on */
	bool has_kaslr;
	uint64_t kaslr_offset;		/* KERNELOFFSET; 0 without KASLR */
	uint64_t stext;			/* _stext, 0 if not told */
	uint32_t page_struct_bytes;	/* 0 if not told */
	char build_id[KC_BUILD_ID_LEN]; /* empty if not told */
};

/*
 * path NULL is /proc/kcore, which needs CAP_SYS_RAWIO.  What is not there has_ false.
 * 0; -ENOENT: this kernel has none (CONFIG_PROC_KCORE); -EPERM, -EACCES: no privilege, or
 * locked down; -EINVAL: no 64-bit ELF core file of this byte order; -ENOMEM or another errno
 * of the file.
 */
int kc_kcore_read(struct kc_kcore *kcore, const char *path);
/* The same of the first len bytes of the file.  0 or -EINVAL. */
int kc_kcore_parse(struct kc_kcore *kcore, const uint8_t *data, size_t len);

#endif
