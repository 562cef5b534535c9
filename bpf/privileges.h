/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a recorder may do, and giving up what it no longer needs.
 *
 *      open: load, attach, create the trace ─ drop ─▶ record, snapshots, close
 *
 * What comes after the drop works on what is open and mapped by then, and on files that
 * belong to the user.  Capabilities are those of a thread: a thread that runs before the
 * drop has to drop its own (tracefmt/syncer.c does).
 */
#ifndef BPF_PRIVILEGES_H
#define BPF_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

#include "bpf/collector.h"

struct kc_privilege {
	const char *name; /* "CAP_BPF" */
	const char *what; /* that recording does with it */
	bool is_held;	  /* effective in this thread, or CAP_SYS_ADMIN in its place */
};

/* One that recording has a use for, by index from 0.  False at the end. */
bool kc_privilege_at(unsigned int index, struct kc_privilege *privilege);

/*
 * The kernel's lockdown: "none", "integrity", or "confidentiality", in which nobody's programs may
 * read kernel memory; "" if it does not tell.  Returns buf.
 */
char *kc_lockdown(char *buf, size_t len);

/*
 * Seconds by which this process sees another CLOCK_MONOTONIC than the kernel's programs do: that
 * of its time namespace.  Its times and those of events are then not the same.
 */
long long kc_clock_offset(void);

enum kc_keep_flags {
	KC_KEEP_KILL = 1 << 0, /* there is a process to end, which may have become another user's */
};

/*
 * Give up every capability of this thread and of those that it will start, and the ways to get
 * one back (no_new_privs), but, where it is held:
 *   CAP_KILL             with KC_KEEP_KILL
 *   CAP_DAC_OVERRIDE     if folder, where files are still to be made (NULL: none are), cannot
 *                        be written to without
 *   CAP_DAC_READ_SEARCH  unless the user is root, whose the files of a snapshot are
 *   CAP_BPF              where even questions about one's own programs need it: before 5.19
 *                        with kernel.unprivileged_bpf_disabled
 * 0, or a negative errno and one line in err; then everything is as it was.
 */
int kc_drop_privileges(const char *folder, unsigned int keep, struct kc_error *err);

#endif
