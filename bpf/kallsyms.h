/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel symbols: what code address belongs to which function.
 *
 * Read once from /proc/kallsyms and kept sorted: 16 bytes a symbol and its name.
 */
#ifndef BPF_KALLSYMS_H
#define BPF_KALLSYMS_H

#include <stddef.h>
#include <stdint.h>

struct kc_kallsyms;

/*
 * 0, -ENOMEM, an errno of the file, or -EACCES: addresses are hidden (kptr_restrict
 * or no CAP_SYSLOG).  path NULL is /proc/kallsyms.
 */
int kc_kallsyms_load(struct kc_kallsyms **out, const char *path);
void kc_kallsyms_free(struct kc_kallsyms *syms);
/*
 * The function that holds addr: its name ("kfree", or "ext4_free [ext4]") in buf and
 * the offset into it.  0, or -ENOENT below the first symbol or above the last.
 */
int kc_kallsyms_find(const struct kc_kallsyms *syms, uint64_t addr, char *buf, size_t len,
		     uint32_t *offset);
size_t kc_kallsyms_count(const struct kc_kallsyms *syms);

#endif
