/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a recording was: for people on stderr, for scripts on stdout.
 */
#ifndef CMD_RECORD_SUMMARY_H
#define CMD_RECORD_SUMMARY_H

#include <stdint.h>

#include "cmd/record_args.h"

/* Everything that happened and is not in the trace. */
uint64_t record_nr_lost(const struct kc_session_stats *stats);
/*
 * Before it starts: classes (bits of enum kc_class; 0: the default) that are not whole, one line
 * each; files of the host that the user may not read, in one line.
 */
void record_print_missing(unsigned int classes, const struct kc_session *session);
/* At the end: events, bytes; what was lost, where, why, and what to do about it. */
void record_print_summary(const struct record_args *args, struct kc_session *session,
			  const struct kc_session_stats *stats);
void record_print_json(const struct record_args *args, struct kc_session *session,
		       const struct kc_session_stats *stats);

#endif
