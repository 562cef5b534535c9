/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filling a struct kc_error (bpf/collector.h).
 */
#ifndef BPF_ERROR_H
#define BPF_ERROR_H

struct kc_error;

/*
 * Write one line into err (may be NULL) and return code, so that a branch reads
 * "return kc_fail(...)".  Bytes that would break the line become '?'.
 */
int kc_fail(struct kc_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
