/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmemtool record: capture this host's allocator events until a command ends, a time
 * passes, or a signal asks to stop.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "bpf/session.h"
#include "cmd/cmd.h"
#include "cmd/ui/args.h"
#include "cmd/ui/child.h"
#include "cmd/ui/table.h"
#include "cmd/ui/units.h"
#include "core/kernel.h"

#define COMMAND "record"
#define DEFAULT_OUTPUT "kmemtool.kmt"
#define POLL_BUSY_MS 4
#define POLL_IDLE_MS 20
#define BUSY_EVENTS 2000 /* of one poll: more than this, and the next comes soon */
#define RECORDER_NICE (-10)
#define MIN_FILE_BYTES (64u << 10)
#define MAX_KEEP 1024 /* as many files as a reader opens */
#define PROGRESS_NS 250000000ull

enum option_key {
	KEY_RING = 256,
	KEY_LEVEL,
	KEY_MAX_SIZE,
	KEY_ROTATE,
	KEY_KEEP,
	KEY_CHECKPOINT,
	KEY_MAX_LOSS,
	KEY_INCLUDE_SELF,
	KEY_JSON,
};

struct record {
	struct kc_session_options session;
	uint64_t time_ns, max_loss;
	bool has_max_loss, json;
	char command[512];
	/* while running */
	struct ui_child child;
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
	{ "max-size", KEY_MAX_SIZE, "SIZE", 0, "Stop before the trace gets larger than SIZE", 0 },
	{ "rotate", KEY_ROTATE, "SIZE|TIME", 0,
	  "Begin a new file FILE.1, FILE.2, ... after SIZE (100M) or TIME (60s)", 0 },
	{ "keep", KEY_KEEP, "N", 0, "With --rotate: delete the oldest of more than N files", 0 },
	{ "checkpoint", KEY_CHECKPOINT, "N", 0,
	  "Write down what lives every N events (default 4194304; 0: never)", 0 },
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

/* A snapshot alone takes more than that. */
static int check_size(const char *option, uint64_t bytes)
{
	if (bytes >= MIN_FILE_BYTES)
		return 0;
	ui_usage_error(COMMAND, "%s: at least 64k", option);
	return EINVAL;
}

/* A size has its unit's letter in upper case, but for k; a time ends in s or m. */
static int parse_rotate(struct tf_writer_options *writer, const char *arg)
{
	size_t len = strlen(arg);
	bool is_time = len && (arg[len - 1] == 's' || arg[len - 1] == 'm');
	bool is_size = len && strchr("kKMGT", arg[len - 1]);
	uint64_t *value = is_time ? &writer->rotate_ns : &writer->rotate_bytes;
	int err = EINVAL;

	if (is_time)
		err = ui_parse_time(arg, value);
	else if (is_size)
		err = km_size_parse(arg, value);
	if (!err && *value)
		return is_size ? check_size("--rotate", *value) : 0;
	ui_usage_error(COMMAND,
		       "--rotate: '%s' is neither a size (like 100M) nor a time (like 60s)", arg);
	return EINVAL;
}

static int parse_number(const char *option, const char *arg, uint64_t min, uint64_t max,
			uint64_t *value)
{
	int err = ui_take_count(COMMAND, option, arg, value);

	if (err || (*value >= min && *value <= max))
		return err;
	ui_usage_error(COMMAND, "%s: %" PRIu64 " to %" PRIu64, option, min, max);
	return EINVAL;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct record *r = state->input;
	struct tf_writer_options *writer = &r->session.writer;
	uint64_t value = 0;
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
		err = parse_number("--level", arg, 1, 19, &value);
		writer->level = (int)value;
		return err;
	case KEY_MAX_SIZE:
		err = ui_take_size(COMMAND, "--max-size", arg, &writer->max_bytes);
		return err ? err : check_size("--max-size", writer->max_bytes);
	case KEY_ROTATE:
		return parse_rotate(writer, arg);
	case KEY_KEEP:
		err = parse_number("--keep", arg, 1, MAX_KEEP, &value);
		writer->keep = (uint32_t)value;
		return err;
	case KEY_CHECKPOINT:
		err = parse_number("--checkpoint", arg, 0, UINT64_MAX - 1, &value);
		writer->checkpoint_events = value ? value : TF_NO_CHECKPOINTS;
		return err;
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
		r->child.argv = state->argv + state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The command as it was typed, for the trace. */
static void join_command(struct record *r)
{
	size_t len = 0;

	for (char **arg = r->child.argv; arg && *arg && len < sizeof(r->command); arg++)
		len += (size_t)snprintf(r->command + len, sizeof(r->command) - len, "%s%s",
					len ? " " : "", *arg);
	r->session.command = r->child.argv ? r->command : NULL;
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
	/* Too large a file is an error of the write like others. */
	signal(SIGXFSZ, SIG_IGN);
	r->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signals < 0 ? -errno : 0;
}

static void read_signals(struct record *r)
{
	struct signalfd_siginfo info;

	while (read(r->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			ui_child_reap(&r->child);
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

	while (!r->child.has_ended && !r->stopped_by) {
		struct kc_session_stats stats;
		int64_t nr = kc_session_poll(session);

		kc_session_get_stats(session, &stats);
		if (nr < 0) {
			if (stats.file.is_limit)
				r->stopped_by = r->session.writer.max_bytes
							? "--max-size"
							: "the number of blocks that a file can "
							  "have (see --rotate)";
			break;
		}
		if (terminal && stats.end_ns - shown_ns >= PROGRESS_NS) {
			shown_ns = stats.end_ns;
			print_progress(&stats);
		}
		if (r->time_ns && stats.end_ns - stats.start_ns >= r->time_ns)
			r->stopped_by = "--duration";
		else if (stats.file.is_nearly_full)
			r->stopped_by = "--max-size";
		else if (poll(&wait, 1, nr > BUSY_EVENTS ? POLL_BUSY_MS : POLL_IDLE_MS) > 0)
			read_signals(r);
	}
	if (terminal)
		fprintf(stderr, "\r\033[K");
}

static uint64_t nr_lost(const struct kc_session_stats *stats)
{
	return stats->host.nr_lost + stats->nr_refused;
}

static void print_json(const struct kc_session_stats *stats)
{
	json_t *by_type = json_object(), *root;
	double bytes = (double)stats->file.written_bytes;

	for (unsigned int kind = 0; kind < TF_GAP; kind++)
		json_object_set_new(by_type, tf_kind_name(kind),
				    json_integer((json_int_t)stats->file.by_kind[kind]));
	root = json_pack("{s:{s:I,s:o},s:{s:I,s:I,s:I},s:I,s:I,s:f,s:I}", "events", "total",
			 (json_int_t)stats->file.nr_events, "by_type", by_type, "lost", "total",
			 (json_int_t)nr_lost(stats), "missed", (json_int_t)stats->host.nr_missed,
			 "excluded", (json_int_t)stats->host.nr_excluded, "file_bytes",
			 (json_int_t)stats->file.file_bytes, "segments",
			 (json_int_t)stats->file.nr_segments, "bytes_per_event",
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
	fprintf(stderr, "lost %llu events:", (unsigned long long)nr_lost(stats));
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
	if (stats->nr_refused)
		fprintf(stderr, " %llu at the end, for which the file had no room",
			(unsigned long long)stats->nr_refused);
	fputc('\n', stderr);
}

static void print_summary(const struct record *r, struct kc_session *session,
			  const struct kc_session_stats *stats)
{
	char count[UI_UNIT_LEN], size[UI_UNIT_LEN];
	double seconds = (double)(stats->end_ns - stats->start_ns) / 1e9;
	double events = (double)stats->file.nr_events;

	fprintf(stderr, "%s: %s events in %.2f s, %s",
		strcmp(r->session.path, "-") ? r->session.path : "standard output",
		ui_format_count(events, count), seconds,
		ui_format_size((double)stats->file.file_bytes, size));
	if (stats->file.nr_segments > 1)
		fprintf(stderr, " in %llu files", (unsigned long long)stats->file.nr_segments);
	if (events > 0)
		fprintf(stderr, " (%.2f bytes an event)",
			(double)stats->file.written_bytes / events);
	fprintf(stderr, "%s\n", nr_lost(stats) ? "" : ", none lost");
	if (nr_lost(stats))
		print_loss(session, stats);
	if (r->stopped_by)
		fprintf(stderr, "stopped by %s\n", r->stopped_by);
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

/* What ended the recording, and what there is of it. */
static void print_end(const struct record *r, const struct kc_session_stats *stats,
		      const char *reason)
{
	const char *what = "the trace has no end, but what is in it can be read";

	if (!stats->file.nr_events)
		what = "nothing was recorded";
	else if (stats->file.is_complete)
		what = "the trace ends here, and is whole until then";
	ui_error(COMMAND, r->session.path, TF_NO_OFFSET, "%s: %s", reason, what);
}

/* Everything between the command being held back and the trace being closed. */
static int record_session(struct record *r, struct kc_session *session)
{
	struct kc_session_stats stats;
	struct kc_error err;
	int ret, status = UI_DONE;

	print_missing(r, session);
	ret = kc_session_start(session);
	if (!ret)
		status = ui_child_release(&r->child, COMMAND);
	if (!ret && status == UI_DONE) {
		/* A recorder that has to wait for a CPU loses events; the load keeps its own
		 * priority. */
		setpriority(PRIO_PROCESS, 0, RECORDER_NICE);
		record_loop(r, session);
	}
	ret = kc_session_finish(session, &stats, &err);
	if (ret) {
		print_end(r, &stats, err.reason);
		status = UI_HOST;
	}
	if (status == UI_USAGE)
		return status;
	if (!ret || stats.file.nr_events)
		print_summary(r, session, &stats);
	ui_child_print_end(&r->child, COMMAND);
	if (r->json)
		print_json(&stats);
	if (status == UI_DONE && r->has_max_loss && nr_lost(&stats) > r->max_loss) {
		ui_error(COMMAND, r->session.path, TF_NO_OFFSET,
			 "%llu events lost, --max-loss allows %llu",
			 (unsigned long long)nr_lost(&stats), (unsigned long long)r->max_loss);
		status = UI_NO;
	}
	return status;
}

static bool has_rotation(const struct record *r)
{
	return r->session.writer.rotate_bytes || r->session.writer.rotate_ns;
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
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "[-- CMD...]",
		.doc = "Record what this host's kernel allocators are asked to do, until CMD ends, TIME "
		       "passes, or ^C.  A CMD that is still running then is sent SIGTERM.",
	};
	struct record r = { .session = { .path = DEFAULT_OUTPUT }, .signals = -1 };
	struct kc_session *session;
	int status, ret;
	struct kc_error err;
	sigset_t old;
	bool is_file;

	if (!ui_parse_args(&argp, COMMAND, ARGP_IN_ORDER, argc, argv, &r, &status))
		return status;
	if (r.json && !strcmp(r.session.path, "-"))
		return ui_usage_error(COMMAND, "--json and -o - both want standard output");
	if (!has_rotation(&r) && r.session.writer.keep)
		return ui_usage_error(COMMAND, "--keep needs --rotate");
	if (has_rotation(&r) && !strcmp(r.session.path, "-"))
		return ui_usage_error(COMMAND, "--rotate needs a file, not standard output");
	r.session.writer.trace_id = make_trace_id();
	status = ui_child_check(&r.child, COMMAND);
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
	ret = kc_session_open(&session, &r.session, &is_file, &err);
	if (ret)
		status = open_error(&r, ret, is_file, &err);
	else
		status = record_session(&r, session);
	if (!ret)
		kc_session_close(session);
	ui_child_end(&r.child, COMMAND, ret ? SIGKILL : SIGTERM);
	close(r.signals);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return status;
}
