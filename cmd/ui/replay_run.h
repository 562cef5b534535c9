/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a file to a result: what replay, report and compare have in common.
 *
 * A file is a trace or a result; its first bytes say which, never its name.  A
 * trace is replayed, a result is loaded.
 */
#ifndef CMD_UI_REPLAY_RUN_H
#define CMD_UI_REPLAY_RUN_H

#include "cmd/ui/status.h"
#include "core/result/result.h"

struct ui_replay_options {
	const char *machine; /* NULL or "host", a built-in profile, or a file */
	struct km_settings settings;
	unsigned int flags;	 /* enum km_replay_flags */
	uint64_t from_ns, to_ns; /* since the first event; UINT64_MAX: to the end */
	const char *proc_dir;	 /* NULL, or where the machine's /proc files go at the end */
};

/* Everything: the host, no settings, all of the trace. */
void ui_replay_options_init(struct ui_replay_options *options);

/*
 * Both return an exit status and have explained themselves where it is not UI_DONE.
 * result->root is set whenever there is something to show: with UI_DONE, with
 * UI_INPUT if a part of the trace was read, with UI_NO if the model broke under
 * KM_REPLAY_CHECK, with UI_HOST if the /proc files could not be written.
 */
int ui_replay_trace(const char *command, const char *path, const struct ui_replay_options *options,
		    struct km_result *result);
int ui_load_result(const char *command, const char *path, struct km_result *result);

#endif
