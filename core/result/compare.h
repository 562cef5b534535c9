/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two results side by side, and gates: conditions on how a metric may change.
 *
 *   slab.pages_peak<=+5%      head at most 5 % above base
 *   waste.internal_bytes_peak<=+4096   head at most 4096 above base
 *   fail.total<=0             head at most 0, whatever base is
 *
 * <= may be >=, + may be -, numbers without % may end in k, M or G (1024).  A
 * gate is exact: percentages are compared as integers, never rounded.
 */
#ifndef CORE_RESULT_COMPARE_H
#define CORE_RESULT_COMPARE_H

#include "core/result/result.h"

#define KM_COMPARE_SCHEMA "kmemtool-compare/1"

enum km_gate_op {
	KM_GATE_AT_MOST,
	KM_GATE_AT_LEAST,
};

enum km_gate_limit {
	KM_GATE_ABSOLUTE, /* value is the limit itself */
	KM_GATE_DELTA,	  /* value is added to base */
	KM_GATE_PERCENT,  /* value is a change of base in millionths of a percent */
};

struct km_gate {
	char text[128]; /* as given, without blanks around */
	char metric[64];
	enum km_gate_op op;
	enum km_gate_limit limit;
	int64_t value;
};

struct km_gates {
	size_t nr;
	struct km_gate *gates; /* owned */
};

/* 0, or -EINVAL with one line in reason (len bytes). */
int km_gate_parse(struct km_gate *gate, const char *text, char *reason, size_t len);
bool km_gate_is_ok(const struct km_gate *gate, int64_t base, int64_t head);
/* The largest (or smallest) head that is ok, cut to 64 bits; for display. */
int64_t km_gate_bound(const struct km_gate *gate, int64_t base);

void km_gates_init(struct km_gates *gates);
void km_gates_release(struct km_gates *gates);
/* 0, -EINVAL with a reason, or -ENOMEM. */
int km_gates_add(struct km_gates *gates, const char *text, char *reason, size_t len);
/* One gate a line; blank lines and what follows # do not count. "line 3: ..." in reason. */
int km_gates_add_lines(struct km_gates *gates, const char *data, size_t data_len, char *reason,
		       size_t len);

/*
 * The comparison as JSON (kmemtool-result(5), COMPARISON): ok, gates[], metrics[],
 * caches[] and call_sites[] that differ, greatest change first.  0, -ENOMEM, or
 * -ENOENT with a reason: a gate names a metric that one of the results does not have.
 */
int km_compare(const struct km_result *base, const struct km_result *head,
	       const struct km_gates *gates, json_t **out, char *reason, size_t len);

#endif
