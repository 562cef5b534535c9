/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the names of a kernel's functions are from: /proc/kallsyms, or an ELF file that was
 * asked for, with the offset that the kernel has to it.
 *
 *   no file given     /proc/kallsyms; where it hides addresses: none, and why
 *   a file given      its functions (and those of modules, if /proc/kallsyms shows them) at
 *                     the offset that _stext of /proc/kallsyms tells, else KERNELOFFSET of
 *                     /proc/kcore, else the return addresses that are seen: kc_symbols_see()
 *
 * A file whose build id is not the kernel's is refused.
 *
 * A collector opens this at its start, and has a table or not.  As long as it has none it
 * shows every return address of the kernel that it meets (those of its own events while it
 * calibrates, with the frames of their stacks, do as a rule) and asks kc_symbols_poll() now
 * and then; when that returns 1 there is a table, for owners and for all call sites that were
 * met until then.  At the end it asks kc_symbols_finish() once, and only then adds facts for
 * the last time:
 *
 *      open ─▶ table? ─ no ─▶ see, see, ... poll ─▶ table? ─ no ─▶ ... finish ─▶ add_facts
 */
#ifndef BPF_SYMBOLS_H
#define BPF_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/kallsyms.h"
#include "tracefmt/meta.h"

struct kc_error;
struct kc_symbols;

/* Files of the kernel that are read; NULL: the ones of /proc and /sys. */
struct kc_symbol_files {
	const char *kallsyms, *kcore, *notes, *kptr_restrict;
};

/*
 * Of the running kernel; vmlinux NULL: no file is given; files may be NULL.  That there are
 * no symbols is no error: kc_symbols_table() is NULL then.
 * -EINVAL or an errno of vmlinux: it cannot be used, or is of another build; -ENOMEM.
 */
int kc_symbols_open(struct kc_symbols **out, const char *vmlinux,
		    const struct kc_symbol_files *files, struct kc_error *err);
/*
 * Of the kernel of a trace, whose facts host.build_id and calib.kaslr_offset are used if
 * they are there.  Likewise.
 */
int kc_symbols_open_trace(struct kc_symbols **out, const char *vmlinux, const struct tf_meta *meta,
			  struct kc_error *err);
void kc_symbols_close(struct kc_symbols *symbols);

/* The table, valid until close and never another one; NULL: not known, or not yet. */
const struct kc_kallsyms *kc_symbols_table(const struct kc_symbols *symbols);
/* Is it of use to show addresses? */
bool kc_symbols_is_pending(const struct kc_symbols *symbols);
/* A return address; nothing is done with it if that is of no use.  0 or -ENOMEM. */
int kc_symbols_see(struct kc_symbols *symbols, uint64_t addr);
/*
 * Try when there are 16 addresses, and twice as many each time, which takes milliseconds.
 * 1: now there is a table; 0: nothing has changed; -ENOMEM.
 */
int kc_symbols_poll(struct kc_symbols *symbols);
/* The same with what there is, if there was any since the last time. */
int kc_symbols_finish(struct kc_symbols *symbols);

/*
 * record.symbols ("kallsyms"; "vmlinux, without modules"; "vmlinux, modules of kallsyms"; or
 * "none: " and why), host.build_id, calib.kaslr_offset, the latter two as far as known.
 */
int kc_symbols_add_facts(const struct kc_symbols *symbols, struct tf_meta *meta);
/* The value of record.symbols. */
const char *kc_symbols_source(const struct kc_symbols *symbols);

#endif
