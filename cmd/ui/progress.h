/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far a replay has come, on stderr, if that is a terminal.
 */
#ifndef CMD_UI_PROGRESS_H
#define CMD_UI_PROGRESS_H

#include <stdbool.h>

#include "core/replay/replay.h"

struct ui_progress {
	bool is_on;
	uint64_t first_ns, last_ns; /* of what is replayed */
	unsigned int shown;	    /* percent on the screen */
};

/* Adds an observer if stderr is a terminal; a replay without room for one goes on silently. */
void ui_progress_init(struct ui_progress *progress, struct km_replay *replay, uint64_t first_ns,
		      uint64_t last_ns);
/* Take the line away. */
void ui_progress_end(struct ui_progress *progress);

#endif
