/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What became of a request: into the live map, and to the observers.
 */
#ifndef CORE_REPLAY_ANNOUNCE_H
#define CORE_REPLAY_ANNOUNCE_H

#include "core/replay/replay.h"

/* The observers by what they want to hear. */
struct km_observer_fns {
	unsigned int nr_event, nr_alloc, nr_free, nr_split, nr_host_fail, nr_fail, nr_unknown;
	unsigned int nr_tick;
	struct km_observer event[KM_MAX_OBSERVERS], alloc[KM_MAX_OBSERVERS], free[KM_MAX_OBSERVERS];
	struct km_observer split[KM_MAX_OBSERVERS], host_fail[KM_MAX_OBSERVERS];
	struct km_observer fail[KM_MAX_OBSERVERS], unknown[KM_MAX_OBSERVERS];
	struct km_observer tick[KM_MAX_OBSERVERS];
};

/*
 * A request was served at model: enter it as live under ev->addr and announce it.  bytes_*,
 * cache and call_site as in struct km_life and struct km_site.
 * Returns the life, valid until the live map changes; NULL without memory.
 */
struct km_new_life {
	uint64_t model, bytes_req, bytes_alloc, call_site;
	uint32_t cache;
};
const struct km_life *km_loop_born(struct km_replay *replay, const struct tf_event *ev,
				   const struct km_new_life *new);
/* The host has it, the model could not: enter a ghost. */
void km_loop_ghost(struct km_replay *replay, const struct tf_event *ev);
/* Announce the end of a life; ghosts are not announced. */
void km_loop_ended(struct km_replay *replay, const struct tf_event *ev, const struct km_life *life,
		   enum km_end end);
void km_loop_split(struct km_replay *replay, const struct tf_event *ev, const struct km_life *whole,
		   unsigned int order);
void km_loop_failed(struct km_replay *replay, const struct tf_event *ev);
void km_loop_host_failed(struct km_replay *replay, const struct tf_event *ev);
void km_loop_unknown(struct km_replay *replay, const struct tf_event *ev);
/*
 * What trace and model made of a request that at least one of them refused: counts, and
 * tells.  True if the model's memory has to be given back because the host got none.
 */
bool km_loop_refused(struct km_replay *replay, const struct tf_event *ev, bool host_failed,
		     bool model_failed);

#endif
