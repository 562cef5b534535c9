/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options of kmemtool record.
 */
#include "cmd/record_args.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ui/args.h"
#include "cmd/ui/status.h"
#include "cmd/ui/units.h"
#include "core/kernel.h"

#define COMMAND "record"
#define DEFAULT_OUTPUT "kmemtool.kmt"
#define MIN_FILE_BYTES (64u << 10)
#define MAX_KEEP 1024 /* as many files as a reader opens */
#define DEFAULT_STACK_DEPTH 16
#define MAX_ORDER 31
#define MIN_SNAPSHOT_NS 100000000ull

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
	KEY_STACK_EVERY,
	KEY_PID,
	KEY_CGROUP,
	KEY_CPU,
	KEY_MIN_SIZE,
	KEY_SAMPLE_SITES,
	KEY_SNAPSHOTS,
	KEY_LAST,
	KEY_TRIGGER,
	KEY_VMLINUX,
	KEY_REALTIME,
	KEY_CHECK,
	KEY_PAGE_MAP,
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0,
	  "Write the trace to FILE (default " DEFAULT_OUTPUT ", - is standard output)", 0 },
	{ "events", 'e', "CLASS,...", 0,
	  "What to record: slab, page, vmalloc, percpu (default these), transitions", 0 },
	{ "duration", 'd', "TIME", 0, "Stop after TIME (ns, us, ms, s, m; default seconds)", 0 },
	{ "call-graph", 'g', "DEPTH", OPTION_ARG_OPTIONAL,
	  "Record call chains of at most DEPTH frames (default 16)", 0 },
	{ "stack-every", KEY_STACK_EVERY, "N", 0, "With -g: of one event in N", 0 },
	{ "pid", KEY_PID, "PID,...", 0, "Record these processes alone, and no interrupts", 0 },
	{ "cgroup", KEY_CGROUP, "DIR", 0,
	  "Record the processes of this cgroup (version 2) alone, and no interrupts", 0 },
	{ "cpu", KEY_CPU, "LIST", 0, "Record these CPUs alone (like 0,2-5)", 0 },
	{ "min-size", KEY_MIN_SIZE, "SIZE", 0, "Record requests of at least SIZE, and their frees",
	  0 },
	{ "sample-sites", KEY_SAMPLE_SITES, "N", 0,
	  "Record the requests of one call site in N, and their frees", 0 },
	{ "snapshots", KEY_SNAPSHOTS, "TIME", 0,
	  "Take a light snapshot of the host every TIME, too (at least 100ms)", 0 },
	{ "page-map", KEY_PAGE_MAP, "WHEN", 0,
	  "Note where every page of the host is: auto (default, if it takes 2 s at most), yes, no",
	  0 },
	{ "last", KEY_LAST, "TIME|SIZE", 0,
	  "Flight recorder: keep the last TIME (60s) or SIZE (100M) in memory, write it at the end or "
	  "when triggered",
	  0 },
	{ "trigger", KEY_TRIGGER, "WHAT,...", 0,
	  "With --last: write and end at a failure, at order>=N, at a signal (USR1)", 0 },
	{ "ring", KEY_RING, "SIZE", 0, "Room for events of each CPU (default 16M)", 0 },
	{ "realtime", KEY_REALTIME, "PRIORITY", OPTION_ARG_OPTIONAL,
	  "Run the recorder as SCHED_FIFO of PRIORITY (default 1)", 0 },
	{ "vmlinux", KEY_VMLINUX, "ELF", 0,
	  "Symbols from this vmlinux or debug file instead of /proc/kallsyms", 0 },
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
	{ "check", KEY_CHECK, NULL, 0, "Tell what this host offers, and record nothing", 0 },
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
			ui_usage_error(
				COMMAND,
				"no event class '%s': slab, page, vmalloc, percpu, transitions",
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
static int parse_size_or_time(const char *option, const char *arg, uint64_t *bytes, uint64_t *ns)
{
	size_t len = strlen(arg);
	bool is_time = len && (arg[len - 1] == 's' || arg[len - 1] == 'm');
	bool is_size = len && strchr("kKMGT", arg[len - 1]);
	uint64_t *value = is_time ? ns : bytes;
	int err = EINVAL;

	if (is_time)
		err = ui_parse_time(arg, value);
	else if (is_size)
		err = km_size_parse(arg, value);
	if (!err && *value)
		return is_size ? check_size(option, *value) : 0;
	ui_usage_error(COMMAND, "%s: '%s' is neither a size (like 100M) nor a time (like 60s)",
		       option, arg);
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

static int parse_pids(char *list, struct kc_filter *filter)
{
	char *word;

	while ((word = strsep(&list, ","))) {
		uint64_t pid;
		int err = parse_number("--pid", word, 1, INT_MAX, &pid);

		if (err)
			return err;
		if (filter->nr_pids == KC_MAX_FILTER_PIDS) {
			ui_usage_error(COMMAND, "--pid: at most %d", KC_MAX_FILTER_PIDS);
			return EINVAL;
		}
		filter->pids[filter->nr_pids++] = (int)pid;
	}
	return 0;
}

/* "0,2-5" */
static int parse_cpus(char *list, struct kc_filter *filter)
{
	char *range;

	filter->has_cpus = true;
	while ((range = strsep(&list, ","))) {
		char *last = strchr(range, '-');
		uint64_t from, to;
		int err;

		if (last)
			*last++ = 0;
		err = parse_number("--cpu", range, 0, KC_MAX_FILTER_CPUS - 1, &from);
		if (!err)
			err = parse_number("--cpu", last ? last : range, from,
					   KC_MAX_FILTER_CPUS - 1, &to);
		if (err)
			return err;
		for (uint64_t cpu = from; cpu <= to; cpu++)
			filter->cpus[cpu / 64] |= 1ull << cpu % 64;
	}
	return 0;
}

/* "failure", "signal", "order>=4" */
static int parse_triggers(char *list, struct kc_flight *flight)
{
	static const char order[] = "order>=";
	char *word;

	while ((word = strsep(&list, ","))) {
		uint64_t value;

		if (!strcmp(word, "failure")) {
			flight->triggers |= KC_TRIGGER_FAILURE;
		} else if (!strcmp(word, "signal")) {
			flight->triggers |= KC_TRIGGER_SIGNAL;
		} else if (!strncmp(word, order, strlen(order))) {
			int err = parse_number("--trigger order", word + strlen(order), 0,
					       MAX_ORDER, &value);

			if (err)
				return err;
			flight->triggers |= KC_TRIGGER_ORDER;
			flight->order = (unsigned int)value;
		} else {
			ui_usage_error(COMMAND,
				       "--trigger: '%s' is none of failure, order>=N, signal",
				       word);
			return EINVAL;
		}
	}
	return 0;
}

static int parse_depth(const char *arg, struct kc_options *collector)
{
	uint64_t depth = DEFAULT_STACK_DEPTH;
	int err = arg ? parse_number("-g", arg, 1, KC_MAX_STACK_DEPTH, &depth) : 0;

	collector->stack_depth = (unsigned int)depth;
	return err;
}

static int parse_realtime(const char *arg, int *priority)
{
	uint64_t value = 1;
	int err = arg ? parse_number("--realtime", arg, 1, 99, &value) : 0;

	*priority = (int)value;
	return err;
}

static int parse_page_map(const char *arg, enum kc_page_map_wish *wish)
{
	static const char *const words[] = {
		[KC_PAGE_MAP_AUTO] = "auto", [KC_PAGE_MAP_YES] = "yes", [KC_PAGE_MAP_NO] = "no"
	};

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(arg, words[i])) {
			*wish = (enum kc_page_map_wish)i;
			return 0;
		}
	}
	ui_usage_error(COMMAND, "--page-map: '%s' is none of auto, yes, no", arg);
	return EINVAL;
}

/* Which events, and what is noted of them.  0, EINVAL, or ARGP_ERR_UNKNOWN. */
static int parse_what(int key, char *arg, struct record_args *r)
{
	struct kc_options *collector = &r->session.collector;
	uint64_t value = 0;
	int err;

	switch (key) {
	case 'e':
		return parse_classes(arg, &collector->classes);
	case 'g':
		return parse_depth(arg, collector);
	case KEY_STACK_EVERY:
		err = parse_number("--stack-every", arg, 1, UINT32_MAX, &value);
		collector->stack_every = (unsigned int)value;
		return err;
	case KEY_PID:
		return parse_pids(arg, &collector->filter);
	case KEY_CGROUP:
		collector->filter.cgroup = arg;
		return 0;
	case KEY_CPU:
		return parse_cpus(arg, &collector->filter);
	case KEY_MIN_SIZE:
		return ui_take_size(COMMAND, "--min-size", arg, &collector->filter.min_bytes);
	case KEY_SAMPLE_SITES:
		err = parse_number("--sample-sites", arg, 1, 1u << 20, &value);
		collector->filter.sample_sites = (uint32_t)value;
		return err;
	case KEY_VMLINUX:
		collector->vmlinux = arg;
		return 0;
	case KEY_INCLUDE_SELF:
		collector->flags |= KC_INCLUDE_SELF;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* When, how long, and how. */
static int parse_how(int key, char *arg, struct record_args *r)
{
	struct kc_session_options *session = &r->session;
	uint64_t value = 0;
	int err;

	switch (key) {
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
		session->collector.ring_bytes = value;
		return err;
	case KEY_REALTIME:
		return parse_realtime(arg, &r->realtime);
	case KEY_SNAPSHOTS:
		err = ui_take_time(COMMAND, "--snapshots", arg, &session->snapshot_ns);
		if (!err && session->snapshot_ns < MIN_SNAPSHOT_NS) {
			ui_usage_error(COMMAND, "--snapshots: at least 100ms");
			return EINVAL;
		}
		return err;
	case KEY_PAGE_MAP:
		return parse_page_map(arg, &session->page_map);
	case KEY_LAST:
		return parse_size_or_time("--last", arg, &session->flight.last_bytes,
					  &session->flight.last_ns);
	case KEY_TRIGGER:
		return parse_triggers(arg, &session->flight);
	case KEY_MAX_LOSS:
		r->has_max_loss = true;
		return ui_take_count(COMMAND, "--max-loss", arg, &r->max_loss);
	case KEY_CHECK:
		r->check = true;
		return 0;
	case KEY_JSON:
		r->json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Where to, and in what form. */
static int parse_where(int key, char *arg, struct record_args *r)
{
	struct tf_writer_options *writer = &r->session.writer;
	uint64_t value = 0;
	int err;

	switch (key) {
	case 'o':
		r->session.path = arg;
		return 0;
	case KEY_LEVEL:
		err = parse_number("--level", arg, 1, 19, &value);
		writer->level = (int)value;
		return err;
	case KEY_MAX_SIZE:
		err = ui_take_size(COMMAND, "--max-size", arg, &writer->max_bytes);
		return err ? err : check_size("--max-size", writer->max_bytes);
	case KEY_ROTATE:
		return parse_size_or_time("--rotate", arg, &writer->rotate_bytes,
					  &writer->rotate_ns);
	case KEY_KEEP:
		err = parse_number("--keep", arg, 1, MAX_KEEP, &value);
		writer->keep = (uint32_t)value;
		return err;
	case KEY_CHECKPOINT:
		err = parse_number("--checkpoint", arg, 0, UINT64_MAX - 1, &value);
		writer->checkpoint_events = value ? value : TF_NO_CHECKPOINTS;
		return err;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	static int (*const parsers[])(int, char *, struct record_args *) = { parse_what, parse_how,
									     parse_where };
	struct record_args *r = state->input;
	int err = ARGP_ERR_UNKNOWN;

	if (key == ARGP_KEY_ARGS) {
		r->argv = state->argv + state->next;
		return 0;
	}
	for (size_t i = 0; i < sizeof(parsers) / sizeof(parsers[0]) && err == ARGP_ERR_UNKNOWN; i++)
		err = parsers[i](key, arg, r);
	return err;
}

/* What does not go together.  UI_DONE, or UI_USAGE after a message. */
static int check_args(const struct record_args *r)
{
	const struct kc_session_options *session = &r->session;
	bool to_stdout = !strcmp(session->path, "-");
	bool rotates = session->writer.rotate_bytes || session->writer.rotate_ns;
	bool flies = session->flight.last_bytes || session->flight.last_ns;

	if (r->json && !r->check && to_stdout)
		return ui_usage_error(COMMAND, "--json and -o - both want standard output");
	if (!rotates && session->writer.keep)
		return ui_usage_error(COMMAND, "--keep needs --rotate");
	if (rotates && to_stdout)
		return ui_usage_error(COMMAND, "--rotate needs a file, not standard output");
	if (!flies && session->flight.triggers)
		return ui_usage_error(COMMAND, "--trigger needs --last");
	if (flies && (rotates || session->writer.max_bytes))
		return ui_usage_error(COMMAND, "--last goes with neither --rotate nor --max-size");
	if (session->collector.stack_every && !session->collector.stack_depth)
		return ui_usage_error(COMMAND, "--stack-every needs -g");
	if (r->check && r->argv)
		return ui_usage_error(COMMAND, "--check runs no command");
	return UI_DONE;
}

bool record_parse_args(struct record_args *args, int argc, char **argv, int *status)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "[-- CMD...]",
		.doc = "Record what this host's kernel allocators are asked to do, until CMD ends, TIME "
		       "passes, or ^C.  A CMD that is still running then is sent SIGTERM.",
	};

	*args = (struct record_args){ .session = { .path = DEFAULT_OUTPUT } };
	if (!ui_parse_args(&argp, COMMAND, ARGP_IN_ORDER, argc, argv, args, status))
		return false;
	*status = check_args(args);
	return *status == UI_DONE;
}
