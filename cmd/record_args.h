/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kmemtool record is asked to do.
 */
#ifndef CMD_RECORD_ARGS_H
#define CMD_RECORD_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/session.h"

struct record_args {
	struct kc_session_options
		session;  /* path is never NULL; command and trace_id are not set */
	uint64_t time_ns; /* 0: no limit */
	uint64_t max_loss;
	int realtime; /* SCHED_FIFO priority, 0: none */
	bool has_max_loss, json, check;
	char **argv; /* CMD..., NULL: none */
};

/* True: go on.  False: end with *status. */
bool record_parse_args(struct record_args *args, int argc, char **argv, int *status);

#endif
