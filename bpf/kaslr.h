/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far a kernel lies from where it was linked (KASLR), told from return addresses alone.
 *
 *   x86: the offset is a multiple of 2 MiB below 1 GiB (CONFIG_PHYSICAL_ALIGN is 2 MiB or
 *   more, KERNEL_IMAGE_SIZE 1 GiB; arch/x86/boot/compressed/kaslr.c), so there are 512
 *   candidates.  Each return address is looked up in the file as if the candidate were true:
 *
 *        e8 xx xx xx xx │      behind a call of an allocator   ALLOC
 *        ff /2 ...      │      behind any other call           CALL
 *        anything else  │      an interrupted instruction, or  OTHER
 *                       addr   not the right candidate
 *
 * If the candidate is true most of them are behind calls; if not, they are no more often
 * there than any byte of the code is.  How often that is, is counted in the file itself, and
 * each address gives its log likelihood ratio in bits.  The best candidate is taken if it
 * is KC_KASLR_MARGIN bits better than chance and than the second best.
 *
 * A call through a retpoline may be a shorter one at run time (arch/x86/kernel/alternative.c,
 * patch_retpoline()), so addresses inside of a call of __x86_indirect_thunk_* count, too.
 *
 * Of a file without the bytes of its code (a debug file) all that can be said of an address
 * is that it lies in a function and not at its first byte.  Padding between functions is
 * rare, so this takes some hundred addresses.
 *
 * Other architectures: only an offset of 0 is considered.
 */
#ifndef BPF_KASLR_H
#define BPF_KASLR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/kernel_elf.h"

#define KC_KASLR_STEP (2ull << 20)
#define KC_KASLR_END (1ull << 30)
#define KC_KASLR_MARGIN 24 /* bits */
#define KC_KASLR_ENOUGH                                                                            \
	64 /* addresses; if so many find none (16 times as many of a file without                  \
	      bytes), more would not either */

struct kc_kaslr {
	uint64_t offset; /* if it was found */
	bool has_bytes;	 /* told by calls, not by the extent of functions */
	size_t nr_addrs; /* looked at */
	size_t nr_text;	 /* of these, in the code at the best offset */
	size_t nr_hits;	 /* of these, behind a call; without bytes: in a function */
	double bits, second_bits;
};

/*
 * addrs: distinct return addresses of the running kernel, modules and all; of more than 4096
 * every n-th is taken.  *result is filled in any case.
 * 0; -EAGAIN: too few of them, or more than one offset explains them; -ENOENT: no offset
 * does, it is another kernel's file; -ENOMEM.
 */
int kc_kaslr_find(const struct kc_vmlinux *vmlinux, const uint64_t *addrs, size_t nr,
		  struct kc_kaslr *result);

#endif
