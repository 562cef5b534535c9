/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recorder that has to wait for a CPU loses events, so it has a higher priority than what it
 * records.  The threads that compress inherit it but for real time, which they leave themselves
 * (tracefmt/pool.c): many milliseconds of work are no business of a real-time thread.
 */
#include "cmd/record_rights.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

#include "bpf/privileges.h"
#include "cmd/ui/status.h"

#define COMMAND "record"
#define RECORDER_NICE (-10)

static int set_policy(int policy, int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	return sched_setscheduler(0, policy, &param) ? -errno : 0;
}

int record_refused(const char *reason)
{
	char mode[32];

	if (strcmp(kc_lockdown(mode, sizeof(mode)), "confidentiality"))
		ui_error(COMMAND, NULL, TF_NO_OFFSET, "%s", reason);
	else
		ui_error(COMMAND, NULL, TF_NO_OFFSET,
			 "%s; the kernel is locked down (confidentiality), which keeps its memory "
			 "from all programs: boot with lockdown=integrity, or without",
			 reason);
	return UI_HOST;
}

static int refused(const struct record_args *args, int err)
{
	ui_error(COMMAND, NULL, TF_NO_OFFSET,
		 "--realtime: priority %d is refused (%s): it takes CAP_SYS_NICE or a limit RTPRIO "
		 "as high, and a cgroup with real-time budget where these have one",
		 args->realtime, strerror(-err));
	return UI_HOST;
}

int record_try_rights(const struct record_args *args)
{
	int err = args->realtime ? set_policy(SCHED_FIFO, args->realtime) : 0;
	long long offset = kc_clock_offset();

	if (err)
		return refused(args, err);
	record_end_realtime(args);
	if (!offset)
		return UI_DONE;
	ui_error(COMMAND, NULL, TF_NO_OFFSET,
		 "this is a time namespace whose clock differs from the kernel's by %lld s: record "
		 "outside of it",
		 offset);
	return UI_HOST;
}

void record_end_realtime(const struct record_args *args)
{
	if (args->realtime)
		set_policy(SCHED_OTHER, 0);
}

/* Where the trace's further files are made, NULL if there will be none. */
static const char *folder_of_files(const struct record_args *args, char *buf, size_t len)
{
	const struct kc_session_options *session = &args->session;
	const char *slash = strrchr(session->path, '/');
	size_t used = slash ? (size_t)(slash - session->path) + 1 : 1;
	bool rotates = session->writer.rotate_bytes || session->writer.rotate_ns;
	bool flies = session->flight.last_bytes || session->flight.last_ns;

	if (!rotates && !flies)
		return NULL;
	if (used >= len)
		used = len - 1;
	memcpy(buf, slash ? session->path : ".", used);
	buf[used] = 0;
	return buf;
}

int record_take_rights(const struct record_args *args)
{
	char folder[PATH_MAX];
	struct kc_error reason;
	int err = 0;

	/* Without --realtime that is a wish: who may not have it records all the same. */
	setpriority(PRIO_PROCESS, 0, RECORDER_NICE);
	if (args->realtime)
		err = set_policy(SCHED_FIFO, args->realtime);
	if (err)
		return refused(args, err);
	err = kc_drop_privileges(folder_of_files(args, folder, sizeof(folder)),
				 args->argv && args->argv[0] ? KC_KEEP_KILL : 0, &reason);
	if (!err)
		return UI_DONE;
	ui_error(COMMAND, NULL, TF_NO_OFFSET, "%s", reason.reason);
	return UI_HOST;
}
