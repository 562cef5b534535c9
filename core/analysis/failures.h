/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that could not be served, by the model or by the host.
 *
 * The counts are of the model's failures.  The list holds the first
 * KM_MAX_FAILURES of either.  A host's failure is a failed event as tracefmt/event.h
 * defines it; page events that slab and percpu made for themselves are none (they fall
 * back, or their own event fails), nor is a failed high-order try of vmalloc.
 */
#ifndef CORE_ANALYSIS_FAILURES_H
#define CORE_ANALYSIS_FAILURES_H

#include "core/analysis/context.h"
#include "core/replay/replay.h"

#define KM_MAX_FAILURES 1000

enum km_failure_flags {
	KM_FAILED_MODEL = 1 << 0,
	KM_FAILED_HOST = 1 << 1,
};

struct km_failure {
	uint64_t ts_ns; /* since the first event */
	uint64_t call_site;
	uint64_t bytes; /* asked for; pages: of the block */
	km_gfp gfp;	/* canonical */
	uint32_t pid;
	uint16_t cpu;
	uint8_t kind;	    /* enum tf_kind of the request; TF_PERCPU_FAIL is TF_PERCPU_ALLOC */
	uint8_t order;	    /* of the page block that was missing or would be needed; else 0 */
	uint8_t context;    /* enum km_context */
	uint8_t flags;	    /* enum km_failure_flags */
	const char *reason; /* one line, static; "" if only the host failed */
	/* What each zone said; nr_zones is 0 if pages were not what was missing. */
	struct km_page_failure pages;
};

struct km_failures {
	const struct km_replay *replay;
	uint64_t total, order_ge_3, atomic; /* of the model; atomic: no __GFP_DIRECT_RECLAIM */
	uint64_t host_total;
	uint32_t nr; /* in the list */
	struct km_failure *list;
	/* The host's last failure: number of its event, its entry (NULL if the list was full). */
	uint64_t host_event;
	struct km_failure *host_entry;
};

/* 0, -ENOMEM, -ENOSPC (no place for an observer). */
int km_failures_init(struct km_failures *failures, struct km_replay *replay);
void km_failures_release(struct km_failures *failures);

#endif
