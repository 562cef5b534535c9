/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmemtool record: capture this host's allocator events until a command ends, a time
 * passes, or a signal asks to stop.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/record_args.h"
#include "cmd/record_check.h"
#include "cmd/record_rights.h"
#include "cmd/record_summary.h"
#include "cmd/ui/child.h"
#include "cmd/ui/status.h"
#include "cmd/ui/units.h"

#define COMMAND "record"
/*
 * The next poll comes when about so many events are there, as many as fill half of the ring that
 * stays in a CPU's cache; at the longest after a time in which no CPU fills its other ring.
 */
#define POLL_EVENTS 8192
#define POLL_MOST_MS 50
#define PROGRESS_NS 250000000ull

struct record {
	struct record_args args;
	char command[512];
	/* while running */
	struct ui_child child;
	int signals;
	const char *stopped_by; /* why it ended before the command, NULL if it did not */
};

/* The command as it was typed, for the trace. */
static void join_command(struct record *r)
{
	size_t len = 0;

	for (char **arg = r->child.argv; arg && *arg && len < sizeof(r->command); arg++)
		len += (size_t)snprintf(r->command + len, sizeof(r->command) - len, "%s%s",
					len ? " " : "", *arg);
	r->args.session.command = r->child.argv ? r->command : NULL;
}

/* Signals come through a descriptor, so that the loop has one place to wait. */
static int take_signals(struct record *r, sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (r->args.session.flight.triggers & KC_TRIGGER_SIGNAL)
		sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, old);
	/* Too large a file is an error of the write like others. */
	signal(SIGXFSZ, SIG_IGN);
	r->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signals < 0 ? -errno : 0;
}

static void read_signals(struct record *r, struct kc_session *session)
{
	struct signalfd_siginfo info;

	while (read(r->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			ui_child_reap(&r->child);
		else if (info.ssi_signo == SIGUSR1)
			kc_session_trigger(session);
		else
			r->stopped_by = "a signal";
	}
}

struct starting {
	struct record *record;
	struct kc_session *session;
};

/* Whoever asks to stop need not wait for the page map. */
static int is_over(void *arg)
{
	const struct starting *starting = arg;

	read_signals(starting->record, starting->session);
	return starting->record->stopped_by || starting->record->child.has_ended;
}

static void print_progress(const struct kc_session_stats *stats)
{
	char count[UI_UNIT_LEN], rate[UI_UNIT_LEN], size[UI_UNIT_LEN];
	double seconds = (double)(stats->end_ns - stats->start_ns) / 1e9;
	double events = (double)(stats->file.nr_events + stats->file.nr_passed);

	fprintf(stderr, "\r\033[K%5.1f s  %s events  %s/s  %s  %llu lost", seconds,
		ui_format_count(events, count),
		ui_format_count(seconds > 0 ? events / seconds : 0, rate),
		ui_format_size((double)(stats->file.file_bytes + stats->file.kept_bytes), size),
		(unsigned long long)stats->host.nr_lost);
}

/* How long to sleep after a poll that found nr events of elapsed_ns. */
static int poll_pause(int64_t nr, uint64_t elapsed_ns)
{
	uint64_t ms = nr > 0 ? POLL_EVENTS * elapsed_ns / (uint64_t)nr / 1000000 : POLL_MOST_MS;

	return ms < 1 ? 1 : ms > POLL_MOST_MS ? POLL_MOST_MS : (int)ms;
}

/* Until something ends it; an error of the file is kept by the session for its end. */
static void record_loop(struct record *r, struct kc_session *session)
{
	struct pollfd wait = { .fd = r->signals, .events = POLLIN };
	bool terminal = isatty(STDERR_FILENO);
	uint64_t shown_ns = 0, polled_ns = 0;

	while (!r->child.has_ended && !r->stopped_by) {
		struct kc_session_stats stats;
		int64_t nr = kc_session_poll(session);

		kc_session_get_stats(session, &stats);
		if (nr < 0) {
			if (stats.file.is_limit)
				r->stopped_by = r->args.session.writer.max_bytes
							? "--max-size"
							: "the number of blocks that a file can "
							  "have (see --rotate)";
			break;
		}
		if (stats.triggered.by)
			break;
		if (terminal && stats.end_ns - shown_ns >= PROGRESS_NS) {
			shown_ns = stats.end_ns;
			print_progress(&stats);
		}
		if (r->args.time_ns && stats.end_ns - stats.start_ns >= r->args.time_ns)
			r->stopped_by = "--duration";
		else if (stats.file.is_nearly_full)
			r->stopped_by = "--max-size";
		else if (poll(&wait, 1, poll_pause(nr, stats.end_ns - polled_ns)) > 0)
			read_signals(r, session);
		polled_ns = stats.end_ns;
	}
	if (terminal)
		fprintf(stderr, "\r\033[K");
}

static int open_error(const struct record *r, int code, bool is_file, const struct kc_error *err)
{
	if (is_file)
		ui_error(COMMAND, r->args.session.path, TF_NO_OFFSET, "%s", err->reason);
	else
		record_refused(err->reason);
	return code == -EINVAL ? UI_USAGE : UI_HOST;
}

/* What ended the recording, and what there is of it. */
static void print_end(const struct record *r, const struct kc_session_stats *stats,
		      const char *reason)
{
	const char *what = "the trace has no end, but what is in it can be read";

	if (!stats->file.nr_events)
		what = "nothing was recorded";
	else if (stats->file.kept_bytes && !stats->file.file_bytes)
		what = "what was kept is lost";
	else if (stats->file.is_complete)
		what = "the trace ends here, and is whole until then";
	ui_error(COMMAND, r->args.session.path, TF_NO_OFFSET, "%s: %s", reason, what);
}

/*
 * Who removes the folder or the file while it is written to leaves a trace without a name.  The
 * first of several files may have made room for later ones.
 */
static bool is_gone(const struct record_args *args)
{
	const struct kc_session_options *session = &args->session;
	bool rotates = session->writer.rotate_bytes || session->writer.rotate_ns;
	bool flies = session->flight.last_bytes || session->flight.last_ns;

	return strcmp(session->path, "-") && !rotates && !flies && access(session->path, F_OK) &&
	       errno == ENOENT;
}

/* Everything between the command being held back and the trace being closed. */
static int record_session(struct record *r, struct kc_session *session)
{
	struct starting starting = { r, session };
	struct kc_session_stats stats;
	struct kc_error err;
	int ret, status = UI_DONE;

	record_print_missing(r->args.session.collector.classes, session);
	ret = kc_session_start(session, is_over, &starting);
	/* Who was asked to stop before the command began need not begin it. */
	if (!ret && !r->stopped_by)
		status = ui_child_release(&r->child, COMMAND);
	if (!ret && status == UI_DONE)
		record_loop(r, session);
	record_end_realtime(&r->args);
	ret = kc_session_finish(session, &stats, &err);
	if (ret) {
		print_end(r, &stats, err.reason);
		status = UI_HOST;
	} else if (is_gone(&r->args)) {
		ui_error(COMMAND, r->args.session.path, TF_NO_OFFSET,
			 "it was removed, or renamed, while it was written");
		status = UI_HOST;
	}
	if (status == UI_USAGE)
		return status;
	if (!ret || (stats.file.nr_events && stats.file.file_bytes))
		record_print_summary(&r->args, session, &stats);
	if (r->stopped_by)
		fprintf(stderr, "stopped by %s\n", r->stopped_by);
	ui_child_print_end(&r->child, COMMAND);
	if (r->args.json)
		record_print_json(&r->args, session, &stats);
	if (status == UI_DONE && r->args.has_max_loss &&
	    record_nr_lost(&stats) > r->args.max_loss) {
		ui_error(COMMAND, r->args.session.path, TF_NO_OFFSET,
			 "%llu events lost, --max-loss allows %llu",
			 (unsigned long long)record_nr_lost(&stats),
			 (unsigned long long)r->args.max_loss);
		status = UI_NO;
	}
	return status;
}

/* No two recordings of this host have the same, nor, most probably, any two; not 0. */
static uint64_t make_trace_id(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec) ^ (uint64_t)getpid()
										      << 40) *
		       0x9e3779b97f4a7c15u |
	       1;
}

int cmd_record(int argc, char **argv)
{
	struct record r = { .signals = -1 };
	struct kc_session *session;
	int status, ret;
	struct kc_error err;
	sigset_t old;
	bool is_file;

	if (!record_parse_args(&r.args, argc, argv, &status))
		return status;
	if (r.args.check)
		return record_check(&r.args);
	r.child.argv = r.args.argv;
	r.args.session.writer.trace_id = make_trace_id();
	status = ui_child_check(&r.child, COMMAND);
	if (status == UI_DONE)
		status = record_try_rights(&r.args);
	if (status != UI_DONE)
		return status;
	join_command(&r);
	ret = take_signals(&r, &old);
	if (!ret)
		ret = ui_child_start(&r.child, &old);
	if (ret) {
		ui_error(COMMAND, NULL, TF_NO_OFFSET, "%s", strerror(-ret));
		return UI_HOST;
	}
	ret = kc_session_open(&session, &r.args.session, &is_file, &err);
	if (ret)
		status = open_error(&r, ret, is_file, &err);
	else
		status = record_take_rights(&r.args);
	if (!ret && status == UI_DONE)
		status = record_session(&r, session);
	if (!ret)
		kc_session_close(session);
	ui_child_end(&r.child, COMMAND, ret ? SIGKILL : SIGTERM);
	close(r.signals);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return status;
}
