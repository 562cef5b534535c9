/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A result: everything that one replay found out, as one JSON document.
 *
 *   km_replay + km_analysis ──build──▶ struct km_result ──write──▶ bytes
 *                                            ▲──────────load──────── bytes
 *
 * kmemtool-result(5) defines every key.  The same trace and the same settings
 * give the same bytes: nothing in it depends on when or where it was made.
 *
 * A loaded result has passed km_result_check(), so every key that the manual page
 * names is there and of its type; keys it does not name are kept and ignored.
 */
#ifndef CORE_RESULT_RESULT_H
#define CORE_RESULT_RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/analysis/analysis.h"
#include "core/replay/replay.h"

#define KM_RESULT_SCHEMA "kmemtool-result/1"
#define KM_RESULT_MAX_BYTES (256u << 20)

/* How much of the lists a result keeps. */
#define KM_RESULT_MAX_LEAKS 100
#define KM_RESULT_MAX_HITS 20 /* call sites of one misuse finding */

struct km_result {
	json_t *root; /* owned; an object */
};

/* The part of a trace that was replayed, where it was not the whole; times since its start. */
struct km_result_range {
	uint64_t from_ns;
	uint64_t to_ns; /* UINT64_MAX: to the end */
};

/*
 * After km_replay_run() and km_analysis_finish().  range may be NULL: all of the trace.
 * 0 or -ENOMEM; then nothing is left in result.
 */
int km_result_build(struct km_result *result, const struct km_replay *replay,
		    const struct km_analysis *analysis, const struct km_result_range *range);
/*
 * Parse and check.  0, or with one line in reason (len bytes): -EBADMSG not JSON or not a
 * result, -EPROTO a result of another schema, -EFBIG above KM_RESULT_MAX_BYTES, -ENOMEM.
 */
int km_result_load(struct km_result *result, const char *data, size_t data_len, char *reason,
		   size_t len);
/* Has root the shape of a result?  As km_result_load(). */
int km_result_check(const json_t *root, char *reason, size_t len);
/* 0, or -EIO with errno set by the failing write. */
int km_result_write(const struct km_result *result, FILE *file);
void km_result_release(struct km_result *result);

/* An object or array by its top-level key, NULL if the key is absent. */
const json_t *km_result_get(const struct km_result *result, const char *key);
/* 0 or -ENOENT. */
int km_result_metric(const struct km_result *result, const char *name, int64_t *value);
/* What every reader must be told before figures: events lost, and was all of the trace read? */
uint64_t km_result_lost(const struct km_result *result);
bool km_result_is_complete(const struct km_result *result);

/* "kvm_alloc+0x12 [kvm]", or NULL if the trace names no symbol there; writes into buf. */
const char *km_result_symbol(const struct tf_meta *meta, uint64_t call_site, char *buf, size_t len);

#endif
