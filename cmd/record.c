/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmemtool record: capture this host's allocator events until a command ends, a time
 * passes, or a signal asks to stop.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "bpf/session.h"
#include "cmd/cmd.h"
#include "cmd/ui/args.h"
#include "cmd/ui/table.h"
#include "cmd/ui/units.h"

#define COMMAND "record"
#define DEFAULT_OUTPUT "kmemtool.kmt"
#define POLL_BUSY_MS 4
#define POLL_IDLE_MS 20
#define BUSY_EVENTS 2000 /* of one poll: more than this, and the next comes soon */
#define RECORDER_NICE (-10)
#define PROGRESS_NS 250000000ull

enum option_key {
	KEY_RING = 256,
	KEY_LEVEL,
	KEY_MAX_SIZE,
	KEY_MAX_LOSS,
	KEY_INCLUDE_SELF,
	KEY_JSON,
};

struct record {
	struct kc_session_options session;
	uint64_t time_ns, max_bytes, max_loss;
	bool has_max_loss, json;
	char **child_argv; /* NULL: none */
	char command[512];
	/* while running */
	pid_t child;
	int child_status;
	bool child_ended;
	int signals;
	const char *stopped_by; /* why it ended before the command, NULL if it did not */
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0,
	  "Write the trace to FILE (default " DEFAULT_OUTPUT ", - is standard output)", 0 },
	{ "events", 'e', "CLASS,...", 0,
	  "What to record: slab, page, vmalloc, percpu (default all)", 0 },
	{ "duration", 'd', "TIME", 0, "Stop after TIME (ns, us, ms, s, m; default seconds)", 0 },
	{ "ring", KEY_RING, "SIZE", 0, "Room for events of each CPU (default 16M)", 0 },
	{ "level", KEY_LEVEL, "N", 0, "zstd level, 1 to 19 (default 1)", 0 },
	{ "max-size", KEY_MAX_SIZE, "SIZE", 0, "Stop when the trace has reached SIZE", 0 },
	{ "max-loss", KEY_MAX_LOSS, "N", 0, "Exit with status 1 if more than N events were lost",
	  0 },
	{ "include-self", KEY_INCLUDE_SELF, NULL, 0, "Record what kmemtool itself does, too", 0 },
	{ "json", KEY_JSON, NULL, 0, "Print the summary as JSON on standard output", 0 },
	{ 0 },
};

static int parse_classes(char *list, unsigned int *classes)
{
	char *name;

	while ((name = strsep(&list, ","))) {
		unsigned int c = 0;

		while (c < KC_NR_CLASSES && strcmp(kc_class_name(c), name))
			c++;
		if (c == KC_NR_CLASSES) {
			ui_usage_error(COMMAND, "no event class '%s': slab, page, vmalloc, percpu",
				       name);
			return EINVAL;
		}
		*classes |= 1u << c;
	}
	return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct record *r = state->input;
	uint64_t value;
	int err;

	switch (key) {
	case 'o':
		r->session.path = arg;
		return 0;
	case 'e':
		return parse_classes(arg, &r->session.collector.classes);
	case 'd':
		err = ui_take_time(COMMAND, "--duration", arg, &r->time_ns);
		if (!err && !r->time_ns) {
			ui_usage_error(COMMAND, "--duration: must be more than 0");
			return EINVAL;
		}
		return err;
	case KEY_RING:
		err = ui_take_size(COMMAND, "--ring", arg, &value);
		if (!err && value > 1u << 30) {
			ui_usage_error(COMMAND, "--ring: at most 1G");
			return EINVAL;
		}
		r->session.collector.ring_bytes = value;
		return err;
	case KEY_LEVEL:
		err = ui_take_count(COMMAND, "--level", arg, &value);
		if (!err && (!value || value > 19)) {
			ui_usage_error(COMMAND, "--level: 1 to 19");
			return EINVAL;
		}
		r->session.level = (int)value;
		return err;
	case KEY_MAX_SIZE:
		return ui_take_size(COMMAND, "--max-size", arg, &r->max_bytes);
	case KEY_MAX_LOSS:
		r->has_max_loss = true;
		return ui_take_count(COMMAND, "--max-loss", arg, &r->max_loss);
	case KEY_INCLUDE_SELF:
		r->session.collector.flags |= KC_INCLUDE_SELF;
		return 0;
	case KEY_JSON:
		r->json = true;
		return 0;
	case ARGP_KEY_ARGS:
		r->child_argv = state->argv + state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The command as it was typed, for the trace. */
static void join_command(struct record *r)
{
	size_t len = 0;

	for (char **arg = r->child_argv; arg && *arg && len < sizeof(r->command); arg++)
		len += (size_t)snprintf(r->command + len, sizeof(r->command) - len, "%s%s",
					len ? " " : "", *arg);
	r->session.command = r->child_argv ? r->command : NULL;
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
	sigprocmask(SIG_BLOCK, &set, old);
	r->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signals < 0 ? -errno : 0;
}

/* Can the command be run?  Asked before a file is created for it.  0 or an errno. */
static int check_command(const char *command)
{
	const char *path = getenv("PATH");
	char *paths, *dir, *rest, full[PATH_MAX];
	int err = ENOENT;

	if (strchr(command, '/'))
		return access(command, X_OK) ? errno : 0;
	paths = rest = strdup(path ? path : "/usr/bin:/bin");
	while (err && paths && (dir = strsep(&rest, ":"))) {
		snprintf(full, sizeof(full), "%s/%s", *dir ? dir : ".", command);
		if (!access(full, X_OK))
			err = 0;
		else if (errno == EACCES)
			err = EACCES;
	}
	free(paths);
	return err;
}

static void run_child(struct record *r, const sigset_t *old, int go, int said)
{
	char byte;
	int err;

	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, old, NULL);
	while (read(go, &byte, 1) < 0 && errno == EINTR)
		;
	execvp(r->child_argv[0], r->child_argv);
	err = errno;
	if (write(said, &err, sizeof(err)) < 0)
		_exit(127);
	_exit(127);
}

/*
 * Start the command, held back until release_child().  *go is written to let it run,
 * *said gives the errno if it could not be run.
 */
static int start_child(struct record *r, const sigset_t *old, int *go, int *said)
{
	int go_pipe[2], said_pipe[2];

	if (pipe2(go_pipe, O_CLOEXEC))
		return -errno;
	if (pipe2(said_pipe, O_CLOEXEC)) {
		int err = -errno;

		close(go_pipe[0]);
		close(go_pipe[1]);
		return err;
	}
	r->child = fork();
	if (!r->child) {
		close(go_pipe[1]);
		run_child(r, old, go_pipe[0], said_pipe[1]);
	}
	close(go_pipe[0]);
	close(said_pipe[1]);
	*go = go_pipe[1];
	*said = said_pipe[0];
	return r->child < 0 ? -errno : 0;
}

/* Let the command run.  0, or the errno with which it could not be. */
static int release_child(int go, int said)
{
	int err = 0;
	ssize_t n;

	close(go);
	do {
		n = read(said, &err, sizeof(err));
	} while (n < 0 && errno == EINTR);
	close(said);
	return n == sizeof(err) ? err : 0;
}

static void reap_child(struct record *r)
{
	if (r->child > 0 && !r->child_ended &&
	    waitpid(r->child, &r->child_status, WNOHANG) == r->child)
		r->child_ended = true;
}

/* Ask a command that still runs to end, and give it two seconds; it is not waited for any longer.
 */
static void end_child(struct record *r, int signal_nr)
{
	const struct timespec tick = { .tv_nsec = 20000000 };

	kill(r->child, signal_nr);
	for (int i = 0; i < 100 && !r->child_ended; i++) {
		reap_child(r);
		if (!r->child_ended)
			nanosleep(&tick, NULL);
	}
	if (!r->child_ended)
		ui_error(COMMAND, NULL, TF_NO_OFFSET,
			 "%s (pid %d) does not end, and is left running", r->child_argv[0],
			 (int)r->child);
}

static void read_signals(struct record *r)
{
	struct signalfd_siginfo info;

	while (read(r->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap_child(r);
		else
			r->stopped_by = "a signal";
	}
}

static void print_progress(const struct kc_session_stats *stats)
{
	char count[UI_UNIT_LEN], rate[UI_UNIT_LEN], size[UI_UNIT_LEN];
	double seconds = (double)(stats->end_ns - stats->start_ns) / 1e9;

	fprintf(stderr, "\r\033[K%5.1f s  %s events  %s/s  %s  %llu lost", seconds,
		ui_format_count((double)stats->file.nr_events, count),
		ui_format_count(seconds > 0 ? (double)stats->file.nr_events / seconds : 0, rate),
		ui_format_size((double)stats->file.file_bytes, size),
		(unsigned long long)stats->host.nr_lost);
}

/* Until something ends it; an error of the file is kept by the session for its end. */
static void record_loop(struct record *r, struct kc_session *session)
{
	struct pollfd wait = { .fd = r->signals, .events = POLLIN };
	bool terminal = isatty(STDERR_FILENO);
	uint64_t shown_ns = 0;

	while (!r->child_ended && !r->stopped_by) {
		struct kc_session_stats stats;
		int64_t nr = kc_session_poll(session);

		if (nr < 0)
			break;
		kc_session_get_stats(session, &stats);
		if (terminal && stats.end_ns - shown_ns >= PROGRESS_NS) {
			shown_ns = stats.end_ns;
			print_progress(&stats);
		}
		if (r->time_ns && stats.end_ns - stats.start_ns >= r->time_ns)
			r->stopped_by = "--duration";
		else if (r->max_bytes && stats.file.file_bytes >= r->max_bytes)
			r->stopped_by = "--max-size";
		else if (poll(&wait, 1, nr > BUSY_EVENTS ? POLL_BUSY_MS : POLL_IDLE_MS) > 0)
			read_signals(r);
	}
	if (terminal)
		fprintf(stderr, "\r\033[K");
}

static void print_json(const struct kc_session_stats *stats)
{
	json_t *by_type = json_object(), *root;
	double bytes = (double)stats->file.file_bytes;

	for (unsigned int kind = 0; kind < TF_GAP; kind++)
		json_object_set_new(by_type, tf_kind_name(kind),
				    json_integer((json_int_t)stats->file.by_kind[kind]));
	root = json_pack("{s:{s:I,s:o},s:{s:I,s:I,s:I},s:I,s:f,s:I}", "events", "total",
			 (json_int_t)stats->file.nr_events, "by_type", by_type, "lost", "total",
			 (json_int_t)stats->host.nr_lost, "missed",
			 (json_int_t)stats->host.nr_missed, "excluded",
			 (json_int_t)stats->host.nr_excluded, "file_bytes",
			 (json_int_t)stats->file.file_bytes, "bytes_per_event",
			 stats->file.nr_events ? bytes / (double)stats->file.nr_events : 0.0,
			 "duration_ns", (json_int_t)(stats->end_ns - stats->start_ns));
	if (root)
		json_dumpf(root, stdout,
			   JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(root);
}

static void print_loss(struct kc_session *session, const struct kc_session_stats *stats)
{
	fprintf(stderr, "lost %llu events:", (unsigned long long)stats->host.nr_lost);
	for (unsigned int cpu = 0; cpu < stats->host.nr_cpus; cpu++) {
		uint64_t lost = kc_session_lost_on_cpu(session, cpu);

		if (lost)
			fprintf(stderr, " CPU %u: %llu", cpu, (unsigned long long)lost);
	}
	if (stats->host.nr_lost > stats->host.nr_missed)
		fprintf(stderr, " (the rings were full: give a larger --ring)");
	if (stats->host.nr_missed)
		fprintf(stderr,
			" %llu in interrupts that came while the same event was being recorded",
			(unsigned long long)stats->host.nr_missed);
	fputc('\n', stderr);
}

static void print_summary(const struct record *r, struct kc_session *session,
			  const struct kc_session_stats *stats)
{
	char count[UI_UNIT_LEN], size[UI_UNIT_LEN];
	double seconds = (double)(stats->end_ns - stats->start_ns) / 1e9;
	double events = (double)stats->file.nr_events;

	fprintf(stderr, "%s: %s events in %.2f s, %s", r->session.path,
		ui_format_count(events, count), seconds,
		ui_format_size((double)stats->file.file_bytes, size));
	if (events > 0)
		fprintf(stderr, " (%.2f bytes an event)", (double)stats->file.file_bytes / events);
	fprintf(stderr, "%s\n", stats->host.nr_lost ? "" : ", none lost");
	if (stats->host.nr_lost)
		print_loss(session, stats);
	if (r->stopped_by)
		fprintf(stderr, "stopped by %s\n", r->stopped_by);
}

static void print_child_end(const struct record *r)
{
	if (!r->child_ended)
		return;
	if (WIFSIGNALED(r->child_status))
		ui_error(COMMAND, NULL, TF_NO_OFFSET, "%s: killed by signal %d (%s)",
			 r->child_argv[0], WTERMSIG(r->child_status),
			 strsignal(WTERMSIG(r->child_status)));
	else if (WEXITSTATUS(r->child_status))
		ui_error(COMMAND, NULL, TF_NO_OFFSET, "%s: ended with status %d", r->child_argv[0],
			 WEXITSTATUS(r->child_status));
}

/* Classes that were asked for, or all, and are not whole: one line each. */
static void print_missing(const struct record *r, const struct kc_session *session)
{
	unsigned int classes = r->session.collector.classes;

	for (unsigned int c = 0; c < KC_NR_CLASSES; c++) {
		const char *status = kc_session_class_status(session, c);

		if ((!classes || classes & 1u << c) && strcmp(status, "tp_btf"))
			fprintf(stderr, "not recorded in full: %s (%s)\n", kc_class_name(c),
				status);
	}
}

static int open_error(const struct record *r, int code, bool is_file, const struct kc_error *err)
{
	if (is_file)
		ui_error(COMMAND, r->session.path, TF_NO_OFFSET, "%s", err->reason);
	else
		ui_error(COMMAND, NULL, TF_NO_OFFSET, "%s", err->reason);
	return code == -EINVAL ? UI_USAGE : UI_HOST;
}

/* Everything between the command being held back and the trace being closed. */
static int record_session(struct record *r, struct kc_session *session, int go, int said)
{
	struct kc_session_stats stats;
	struct kc_error err;
	int ret, status = UI_DONE;

	print_missing(r, session);
	ret = kc_session_start(session);
	if (!ret && r->child > 0) {
		int exec_errno = release_child(go, said);

		if (exec_errno) {
			ui_error(COMMAND, NULL, TF_NO_OFFSET, "%s: %s", r->child_argv[0],
				 strerror(exec_errno));
			status = UI_USAGE;
		}
	}
	if (!ret && status == UI_DONE) {
		/* A recorder that has to wait for a CPU loses events; the load keeps its own
		 * priority. */
		setpriority(PRIO_PROCESS, 0, RECORDER_NICE);
		record_loop(r, session);
	}
	ret = kc_session_finish(session, &stats, &err);
	if (ret) {
		ui_error(COMMAND, r->session.path, TF_NO_OFFSET, "%s", err.reason);
		status = UI_HOST;
	}
	if (status == UI_USAGE)
		return status;
	if (!ret)
		print_summary(r, session, &stats);
	if (r->child > 0)
		print_child_end(r);
	if (r->json)
		print_json(&stats);
	if (status == UI_DONE && r->has_max_loss && stats.host.nr_lost > r->max_loss) {
		ui_error(COMMAND, r->session.path, TF_NO_OFFSET,
			 "%llu events lost, --max-loss allows %llu",
			 (unsigned long long)stats.host.nr_lost, (unsigned long long)r->max_loss);
		status = UI_NO;
	}
	return status;
}

int cmd_record(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "[-- CMD...]",
		.doc = "Record what this host's kernel allocators are asked to do, until CMD ends, TIME "
		       "passes, or ^C.  A CMD that is still running then is sent SIGTERM.",
	};
	struct record r = { .session = { .path = DEFAULT_OUTPUT }, .signals = -1 };
	struct kc_session *session;
	int go = -1, said = -1, status, ret;
	struct kc_error err;
	sigset_t old;
	bool is_file;

	if (!ui_parse_args(&argp, COMMAND, ARGP_IN_ORDER, argc, argv, &r, &status))
		return status;
	if (r.json && !strcmp(r.session.path, "-"))
		return ui_usage_error(COMMAND, "--json and -o - both want standard output");
	ret = r.child_argv ? check_command(r.child_argv[0]) : 0;
	if (ret) {
		ui_error(COMMAND, NULL, TF_NO_OFFSET, "%s: %s", r.child_argv[0], strerror(ret));
		return UI_USAGE;
	}
	join_command(&r);
	ret = take_signals(&r, &old);
	if (!ret && r.child_argv)
		ret = start_child(&r, &old, &go, &said);
	if (ret) {
		ui_error(COMMAND, NULL, TF_NO_OFFSET, "%s", strerror(-ret));
		return UI_HOST;
	}
	ret = kc_session_open(&session, &r.session, &is_file, &err);
	if (ret)
		status = open_error(&r, ret, is_file, &err);
	else
		status = record_session(&r, session, go, said);
	if (!ret)
		kc_session_close(session);
	if (r.child > 0 && !r.child_ended)
		end_child(&r, ret ? SIGKILL : SIGTERM);
	close(r.signals);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return status;
}
