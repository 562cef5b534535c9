/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Driving a kernel with a trace.
 *
 *   tf_reader ─▶ event ─▶ [live map: recorded address ─▶ model address] ─▶ kernel
 *                   └──────────── observers ◀───────────────┘
 *
 * A trace may disagree with the model: that is a counted divergence, never an
 * error.  Page events owned by slab, vmalloc or percpu are evidence and are not
 * replayed; the model takes its own pages at its own time.
 */
#ifndef CORE_REPLAY_REPLAY_H
#define CORE_REPLAY_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/kernel.h"
#include "core/replay/observer.h"
#include "core/replay/snapshot.h"
#include "tracefmt/reader.h"

enum km_replay_flags {
	KM_REPLAY_COLD = 1 << 0,  /* start with empty allocators */
	KM_REPLAY_CHECK = 1 << 1, /* km_kernel_is_valid() every KM_CHECK_EVENTS and at the end */
};
#define KM_CHECK_EVENTS (1u << 20)

/* What trace and model did not agree on.  All are counts of events. */
enum km_divergence {
	KM_DIV_WARM_FREE, /* freed something from before the trace: drawn from the pre-existing */
	KM_DIV_UNKNOWN_FREE,  /* freed something never given out, and nothing pre-existing was left
			       */
	KM_DIV_IMPLIED_FREE,  /* an address given out again while it lived */
	KM_DIV_IMPLIED_ALLOC, /* a page freed that nobody was seen to allocate, after a bulk path
				 could have */
	KM_DIV_MOVED_FREE,    /* a page freed that nobody was seen to allocate, after pages had
				 moved: one of these */
	KM_DIV_OVERLAP,	      /* pages given out that overlap live ones of another block */
	KM_DIV_SPLIT_FREE,    /* part of a block freed: legal, the rest lives on */
	KM_DIV_FREE_ORDER,    /* freed with a larger order than allocated */
	KM_DIV_WRONG_CACHE,   /* freed to another cache than it came from */
	KM_DIV_MODEL_FAILED,  /* the host's allocation succeeded, the model's did not */
	KM_DIV_HOST_FAILED,   /* the other way round */
	KM_DIV_DOUBLED,	      /* the kernel's second event for one allocation, dropped */
	KM_NR_DIVERGENCES
};
const char *km_divergence_name(enum km_divergence divergence); /* "warm_free", ... */

/* A caller as the analyses count it: call site and kind of request. */
struct km_site {
	uint64_t call_site;
	uint8_t kind;	/* enum tf_kind of the allocation */
	uint32_t cache; /* trace's cache id, TF_NO_CACHE */
};

struct km_replay_options {
	const struct km_profile *profile;   /* NULL: the host, from the opening snapshot */
	const struct km_settings *settings; /* NULL: none */
	unsigned int flags;		    /* enum km_replay_flags */
	uint64_t tick_ns;		    /* 0: trace span / 256, at least 1 ms */
	/* What tf_reader_set_range() was told, so that the span is that of the part; 0, 0: all. */
	uint64_t from_ns, to_ns;
};

#define KM_MAX_OBSERVERS 16

struct km_live_map;
struct km_site_map;
struct km_loop; /* what the event loop keeps for itself */

struct km_replay {
	struct kernel kernel;
	struct tf_reader *reader; /* not owned */
	const struct tf_meta *meta;
	struct km_gfp_layout gfp;
	struct km_host host;  /* the host as its snapshots tell; host.has_* false if none */
	bool is_host_machine; /* model and host are the same machine: fidelity means something */
	bool is_warm;
	unsigned int flags;
	uint64_t tick_ns;
	struct km_loop *loop;
	struct km_live_map *live;
	struct km_site_map *sites;
	uint32_t *cache_map; /* trace's cache id -> model's cache index, KM_NO_CACHE */
	uint32_t nr_cache_map;
	unsigned int nr_observers;
	struct km_observer observers[KM_MAX_OBSERVERS];
	/* Trace time: expected span, first event, now (never goes back). */
	uint64_t span_ns, first_ns, now_ns;
	km_gfp gfp_now; /* canonical flags of the event at hand; 0 if it does not allocate */
	/* Results of the loop itself. */
	uint64_t nr_events, nr_replayed; /* seen; those that moved the model */
	uint64_t divergence[KM_NR_DIVERGENCES];
	uint64_t nr_lost;
	uint64_t nr_kmalloc,
		nr_kmalloc_bytes_match; /* events; of them the model's bytes_alloc was right */
	uint64_t nr_page_allocs, nr_page_zone_match;
	uint64_t nr_slab_pages_taken,
		nr_slab_pages_given; /* by the host, from page events owned by slab */
	uint64_t nr_fails_host;
	uint64_t nr_damaged_blocks;
	uint64_t first_invalid_event; /* events replayed when it was found, from 1; 0 if none */
	char invalid[200];	      /* what broke */
};

/*
 * Boot and warm-start.  reader must stay open until km_replay_release(), and *replay stay where
 * it is.  Returns 0, with reason (len bytes) empty or one line of what is not as it was
 * recorded; or negative errno with one line in reason, and nothing to release: -EINVAL the
 * machine with these settings cannot be booted, -ENOSPC it has too little memory for that,
 * -ENOMEM.
 */
int km_replay_init(struct km_replay *replay, struct tf_reader *reader,
		   const struct km_replay_options *options, char *reason, size_t len);
/*
 * The machine of a trace, before any settings, with note (len bytes) empty, or one like it
 * with a line in note if the trace does not tell enough.  0 or -ENOMEM.
 */
int km_replay_host_machine(const struct tf_meta *meta, struct km_profile *profile, char *note,
			   size_t len);
int km_replay_add_observer(struct km_replay *replay, const struct km_observer_ops *ops, void *self);
/* Run to the end.  0, or -EBADMSG if blocks were damaged (the rest was replayed), or -ENOMEM. */
int km_replay_run(struct km_replay *replay, struct tf_error *err);
void km_replay_release(struct km_replay *replay);

/* Sites are numbered from 0 in order of appearance. */
uint32_t km_replay_nr_sites(const struct km_replay *replay);
const struct km_site *km_replay_site(const struct km_replay *replay, uint32_t site);
/* The site of an allocating event; KM_NO_SITE if none of that kind was ever served there. */
uint32_t km_replay_find_site(const struct km_replay *replay, const struct tf_event *ev);
/* Live allocations, in no promised order but the same for the same trace. */
void km_replay_for_each_live(const struct km_replay *replay,
			     void (*fn)(void *arg, const struct km_life *life), void *arg);
uint64_t km_replay_nr_live(const struct km_replay *replay);
/* Canonical flags of an event. */
static inline km_gfp km_replay_gfp(const struct km_replay *replay, const struct tf_event *ev)
{
	return km_gfp_to_canonical(&replay->gfp, ev->gfp);
}

#endif
