/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that the kernel's own rules call wrong or unwise.
 *
 * The rules are a table; a rule is a predicate over one event.  Severity:
 * E the kernel documents it as wrong or warns of it, W documented as discouraged, H a
 * heuristic that needs repetition at one call site.
 *
 * Slab requests are judged by the caller's raw flags; page requests only where the
 * caller is known to be outside the allocators, because slab, vmalloc and percpu change
 * the flags for their own tries.  Rules about context say nothing of an event
 * whose context is unknown, nor of the idle task.
 */
#ifndef CORE_ANALYSIS_MISUSE_H
#define CORE_ANALYSIS_MISUSE_H

#include "core/analysis/context.h"
#include "core/replay/replay.h"

/* The one rule that takes more than one event. */
#define KM_RULE_DOUBLE_FREE "double-free"

enum km_severity {
	KM_SEVERITY_ERROR,
	KM_SEVERITY_WARNING,
	KM_SEVERITY_HINT
};

/* What a predicate sees: one request, with its flags made canonical. */
struct km_request {
	const struct tf_event *ev;
	km_gfp gfp;
	unsigned int order;   /* pages: its own; large kmalloc: of its pages; else 0 */
	bool has_kswapd_flag; /* the recorded kernel can ask for kswapd alone (4.4) */
};

struct km_misuse_rule {
	const char *id;	   /* "sleep-in-atomic" */
	const char *title; /* one line */
	enum km_severity severity;
	unsigned int kinds; /* 1 << enum tf_kind: what it judges */
	/* May look at kind, order, gfp, owner, flags, ctx, is preempt 0 and is pid 0: nothing else.
	 */
	bool (*is_broken)(const struct km_request *request); /* NULL: judged elsewhere */
	/* Heuristics: a call site is told only from min_hits on, and never if it was cleared once.
	 */
	unsigned int min_hits;
	bool (*clears)(const struct km_request *request);
};

/* The table; NULL at the end. */
const struct km_misuse_rule *km_misuse_rule(unsigned int index);

/* One rule broken at one call site. */
struct km_misuse_hit {
	uint64_t call_site;
	uint64_t count;
	uint64_t first_ns; /* of the first, since the first event */
	km_gfp gfp;	   /* the rest: of the first */
	uint16_t rule;	   /* index in the table */
	uint8_t kind;
	uint8_t context; /* enum km_context */
	uint8_t preempt;
};

/* One rule that was broken, with its hits from hits[first_hit]. */
struct km_misuse_finding {
	uint16_t rule;
	uint64_t count; /* events */
	uint32_t first_hit, nr_hits;
};

struct km_misuse_state;

struct km_misuse {
	const struct km_replay *replay;
	struct km_misuse_state *state;
	/* Set by km_misuse_finish(); findings by severity, count falling, rule id. */
	uint32_t nr_findings;
	struct km_misuse_finding *findings;
	uint32_t nr_hits;
	struct km_misuse_hit *hits; /* of one finding: by count falling, then call site, kind */
	uint64_t total;		    /* events that broke a rule of severity E or W */
	uint64_t nr_hints;	    /* of severity H */
};

/* 0, -ENOMEM, -ENOSPC (no place for an observer). */
int km_misuse_init(struct km_misuse *misuse, struct km_replay *replay);
/* 0, or -ENOMEM: findings are incomplete. */
int km_misuse_finish(struct km_misuse *misuse);
void km_misuse_release(struct km_misuse *misuse);

#endif
