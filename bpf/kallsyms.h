/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel symbols: what code address belongs to which function.
 *
 * One sorted table, 16 bytes a symbol and its name, with two sources: /proc/kallsyms, read
 * once, and an ELF file (bpf/kernel_elf.h), which adds its functions one by one.
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

/* An empty table to fill, NULL without memory; kc_kallsyms_sort() before it is asked. */
struct kc_kallsyms *kc_kallsyms_new(void);
/*
 * A function; module may be NULL.  Of several at one address the first added is the one that
 * is found.  0, -ENOMEM, or -E2BIG: the names have more than 256 MiB.
 */
int kc_kallsyms_add(struct kc_kallsyms *syms, uint64_t addr, const char *name, const char *module);
/* From addr on to the next function there is none. */
int kc_kallsyms_add_end(struct kc_kallsyms *syms, uint64_t addr);
/* The functions of from that are in modules, how many in *nr.  As kc_kallsyms_add(). */
int kc_kallsyms_add_modules(struct kc_kallsyms *syms, const struct kc_kallsyms *from, size_t *nr);
void kc_kallsyms_sort(struct kc_kallsyms *syms);

/*
 * The function that holds addr: its name ("kfree", or "ext4_free [ext4]") in buf and
 * the offset into it.  0, or -ENOENT below the first symbol or above the last.
 */
int kc_kallsyms_find(const struct kc_kallsyms *syms, uint64_t addr, char *buf, size_t len,
		     uint32_t *offset);
/* The address of the first function of that name outside of modules.  0 or -ENOENT. */
int kc_kallsyms_address(const struct kc_kallsyms *syms, const char *name, uint64_t *addr);
size_t kc_kallsyms_count(const struct kc_kallsyms *syms);

#endif
