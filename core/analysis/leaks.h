/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was allocated in the trace and never freed, by call site.
 *
 * A candidate is a live allocation older than half the trace at its end.  A site is
 * suspect if its live bytes grew in both halves: more at half time than at the start
 * (where they are 0), more at the end than at half time.  Movable pages, which are user
 * memory and page cache, are left out.
 */
#ifndef CORE_ANALYSIS_LEAKS_H
#define CORE_ANALYSIS_LEAKS_H

#include "core/replay/replay.h"

struct km_leak {
	uint32_t site; /* km_replay_site() */
	bool is_suspect;
	uint64_t objects; /* candidates */
	uint64_t bytes;	  /* of them, bytes_alloc */
	uint64_t oldest_age_ns;
};

struct km_leaks {
	const struct km_replay *replay;
	uint64_t start_ns, half_ns; /* of the trace */
	bool has_half;
	uint32_t nr_half;
	uint64_t *half_bytes; /* live bytes by site at half time */
	int err;
	/* Set by km_leaks_finish(): every site with a candidate, by bytes falling, then site. */
	uint32_t nr;
	struct km_leak *list;
	uint64_t suspect_bytes; /* bytes of the candidates of all suspect sites */
};

/* 0 or -ENOSPC (no place for an observer). */
int km_leaks_init(struct km_leaks *leaks, struct km_replay *replay);
int km_leaks_finish(struct km_leaks *leaks); /* 0 or -ENOMEM */
void km_leaks_release(struct km_leaks *leaks);

#endif
