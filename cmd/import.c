/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmemtool import: another tool's trace, a text or a trace.dat, into one of ours.
 *
 * The input is opened and looked at before the output is made, so that a wrong name costs
 * no file.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/ui/args.h"
#include "cmd/ui/output.h"
#include "cmd/ui/units.h"
#include "tracefmt/import/import.h"
#include "tracefmt/import/text.h"
#include "tracefmt/import/trace_dat.h"

#define COMMAND "import"
#define SHOWN_KINDS 8 /* of ignored events, in the summary */

enum option_key {
	KEY_FORMAT = 256,
	KEY_HOST,
	KEY_LEVEL,
	KEY_MAX_LOSS,
	KEY_JSON,
};

struct import_args {
	const char *in, *out, *host;
	enum tf_import_format format;
	int level;
	uint64_t max_loss;
	bool has_max_loss, json;
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Write the trace to FILE (- is standard output)", 0 },
	{ "format", KEY_FORMAT, "FORMAT", 0,
	  "What IN is: ftrace, trace-dat, perf-script, or auto (the default): see what it looks like",
	  0 },
	{ "host", KEY_HOST, "DIR", 0,
	  "Take snapshots from DIR/start and DIR/end, copies of the host's files", 0 },
	{ "level", KEY_LEVEL, "N", 0, "zstd level, 1 to 19 (default 1)", 0 },
	{ "max-loss", KEY_MAX_LOSS, "N", 0, "Status 1 if more than N events were lost", 0 },
	{ "json", KEY_JSON, NULL, 0, "Print what info --json says of the new trace", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct import_args *args = state->input;
	uint64_t value;
	int err;

	switch (key) {
	case 'o':
		args->out = arg;
		return 0;
	case KEY_FORMAT:
		err = tf_import_format_from_name(arg);
		if (err < 0) {
			ui_usage_error(COMMAND,
				       "no format '%s': ftrace, trace-dat, perf-script, auto", arg);
			return EINVAL;
		}
		args->format = (enum tf_import_format)err;
		return 0;
	case KEY_HOST:
		args->host = arg;
		return 0;
	case KEY_LEVEL:
		err = ui_take_count(COMMAND, "--level", arg, &value);
		if (!err && (!value || value > 19)) {
			ui_usage_error(COMMAND, "--level: 1 to 19");
			return EINVAL;
		}
		args->level = (int)value;
		return err;
	case KEY_MAX_LOSS:
		args->has_max_loss = true;
		return ui_take_count(COMMAND, "--max-loss", arg, &args->max_loss);
	case KEY_JSON:
		args->json = true;
		return 0;
	case ARGP_KEY_ARG:
		return ui_take_file(COMMAND, &args->in, arg);
	case ARGP_KEY_NO_ARGS:
		ui_usage_error(COMMAND, "no file to import given");
		return EINVAL;
	case ARGP_KEY_SUCCESS:
		if (args->out)
			return 0;
		ui_usage_error(COMMAND, "no output given: -o FILE");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The descriptor of the input, or -1 after a message. */
static int open_input(const struct import_args *args)
{
	int fd = strcmp(args->in, "-") ? open(args->in, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	struct stat in, out;

	if (fd < 0 || fstat(fd, &in)) {
		ui_error(COMMAND, args->in, TF_NO_OFFSET, "cannot open: %s", strerror(errno));
		return -1;
	}
	if (S_ISDIR(in.st_mode)) {
		ui_error(COMMAND, args->in, TF_NO_OFFSET, "cannot read: %s", strerror(EISDIR));
		return -1;
	}
	if (strcmp(args->out, "-") && !stat(args->out, &out) && in.st_dev == out.st_dev &&
	    in.st_ino == out.st_ino && S_ISREG(in.st_mode)) {
		ui_error(COMMAND, args->in, TF_NO_OFFSET, "is the output, too");
		return -1;
	}
	return fd;
}

/* A file tells by its first bytes; what cannot be read twice is taken for a text. */
static enum tf_import_format choose_format(const struct import_args *args, int fd)
{
	uint8_t head[16];
	ssize_t nr;

	if (args->format != TF_FORMAT_AUTO)
		return args->format;
	nr = pread(fd, head, sizeof(head), 0);
	return nr > 0 && tf_is_trace_dat(head, (size_t)nr) ? TF_FORMAT_TRACE_DAT : TF_FORMAT_AUTO;
}

static void print_kinds(const struct tf_import_stats *stats)
{
	char name[64];

	if (!stats->nr_ignored)
		return;
	fputs("not used:", stderr);
	for (size_t i = 0; i < stats->nr_kinds_ignored && i < SHOWN_KINDS; i++)
		fprintf(stderr, "%s %" PRIu64 " %s", i ? "," : "", stats->ignored[i].nr,
			ui_clean(stats->ignored[i].name, name, sizeof(name)));
	if (stats->nr_kinds_ignored > SHOWN_KINDS)
		fprintf(stderr, ", and %zu kinds more", stats->nr_kinds_ignored - SHOWN_KINDS);
	fputc('\n', stderr);
}

/* The first of what could not be read, each as a complaint of its own. */
static void print_bad(const struct import_args *args, const struct tf_import_stats *stats)
{
	uint64_t nr = stats->nr_malformed + stats->nr_not_events;
	const char *what = stats->nr_lines ? "line" : "record";

	if (stats->nr_malformed)
		fprintf(stderr, "NOT READ: %" PRIu64 " of the allocators' events\n",
			stats->nr_malformed);
	if (stats->nr_not_events)
		fprintf(stderr, "no events: %" PRIu64 " of the %ss\n", stats->nr_not_events, what);
	for (uint64_t i = 0; i < nr && i < TF_IMPORT_BAD_LINES; i++) {
		char reason[80];

		ui_error(COMMAND, args->in, TF_NO_OFFSET, "%s %" PRIu64 ": %s", what,
			 stats->bad[i].line,
			 ui_clean(stats->bad[i].reason, reason, sizeof(reason)));
	}
	if (nr > TF_IMPORT_BAD_LINES)
		ui_error(COMMAND, args->in, TF_NO_OFFSET, "and %" PRIu64 " %ss more",
			 nr - TF_IMPORT_BAD_LINES, what);
}

/* Guesses and losses, each only where there was one. */
static void print_notes(const struct tf_import_stats *stats)
{
	const struct {
		const char *text;
		uint64_t nr;
	} notes[] = {
		{ "lost", stats->nr_lost },
		{ "of which so many stand for a number that nobody knows",
		  stats->nr_uncounted_losses },
		{ "dropped, for they have no pointer or no size", stats->nr_dropped },
		{ "told twice and kept once", stats->nr_doubled },
		{ "out of order, and kept where they were", stats->nr_steps_back },
		{ "call sites with a name alone, whose addresses are made up",
		  stats->nr_made_up_sites },
		{ "events whose call site found no room", stats->nr_refused_sites },
		{ "frames that found no room, left out of their chains", stats->nr_refused_frames },
		{ "names of addresses that found no room", stats->nr_refused_names },
		{ "cache allocations without a name, whose caches are guessed", stats->nr_unnamed },
		{ "of which so many were guessed wrongly", stats->nr_wrong_guess },
		{ "allocations with flags that are not known", stats->nr_odd_gfp },
		{ "call chains beyond what a trace can hold", stats->nr_refused_stacks },
	};

	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		if (notes[i].nr)
			fprintf(stderr, "%s: %" PRIu64 "\n", notes[i].text, notes[i].nr);
}

static void print_summary(const struct import_args *args, const struct tf_import_stats *stats,
			  const struct tf_writer_stats *file)
{
	char events[UI_UNIT_LEN], lines[UI_UNIT_LEN], size[UI_UNIT_LEN];

	fprintf(stderr, "%s: %s events", strcmp(args->out, "-") ? args->out : "standard output",
		ui_format_count((double)stats->nr_events, events));
	if (stats->nr_lines)
		fprintf(stderr, " from %s lines", ui_format_count((double)stats->nr_lines, lines));
	fprintf(stderr, ", %s", ui_format_size((double)file->written_bytes, size));
	if (stats->nr_events)
		fprintf(stderr, " (%.2f bytes an event)",
			(double)file->written_bytes / (double)stats->nr_events);
	fprintf(stderr, "%s\n", stats->nr_lost ? "" : ", none lost");
	print_kinds(stats);
	print_bad(args, stats);
	print_notes(stats);
}

/* What stopped the import: the output's trouble is told by the writer when it is finished. */
static int import_error(const struct import_args *args, struct tf_writer *writer, int code,
			const struct tf_error *err)
{
	struct tf_writer_stats file;

	tf_writer_get_stats(writer, &file);
	if (file.stopped)
		return UI_HOST;
	return ui_input_error(COMMAND, args->in, code, err);
}

static int run_import(const struct import_args *args, int fd, struct tf_import *imp,
		      struct tf_writer *writer)
{
	struct tf_error err = { .offset = TF_NO_OFFSET };
	int ret = 0;

	if (args->host)
		ret = tf_import_host(imp, args->host, &err);
	if (ret == -ENOMEM)
		return ui_no_memory(COMMAND);
	if (ret) {
		ui_error(COMMAND, args->host, TF_NO_OFFSET, "%s", err.reason);
		return UI_INPUT;
	}
	if (choose_format(args, fd) == TF_FORMAT_TRACE_DAT)
		ret = tf_import_trace_dat(imp, args->in, &err);
	else
		ret = tf_import_text(imp, fd, args->format, &err);
	if (ret == -ENOMEM)
		return ui_no_memory(COMMAND);
	return ret ? import_error(args, writer, ret, &err) : UI_DONE;
}

/* The end: what was read is written, whatever became of the rest. */
static int finish(const struct import_args *args, struct tf_import *imp, struct tf_writer *writer,
		  int status)
{
	struct tf_error err = { .offset = TF_NO_OFFSET };
	struct tf_import_stats stats;
	struct tf_writer_stats file;
	int ret = tf_import_finish(imp), written = tf_writer_finish(writer, &err);

	if (written)
		ui_error(COMMAND, args->out, TF_NO_OFFSET, "%s",
			 err.reason[0] ? err.reason : strerror(-written));
	else if (ret)
		ui_error(COMMAND, args->out, TF_NO_OFFSET, "%s", strerror(-ret));
	if (written || ret || status == UI_HOST)
		return UI_HOST;
	tf_import_get_stats(imp, &stats);
	tf_writer_get_stats(writer, &file);
	if (status != UI_DONE && !stats.nr_events)
		return status;
	print_summary(args, &stats, &file);
	if (status == UI_DONE && (stats.nr_malformed || stats.nr_dropped))
		status = UI_INPUT;
	if (status == UI_DONE && args->has_max_loss && stats.nr_lost > args->max_loss) {
		ui_error(COMMAND, args->in, TF_NO_OFFSET,
			 "%" PRIu64 " events lost, --max-loss allows %" PRIu64, stats.nr_lost,
			 args->max_loss);
		status = UI_NO;
	}
	return status;
}

/* *is_kept: there is a new trace, of what could be read. */
static int import_file(const struct import_args *args, int fd, bool *is_kept)
{
	struct tf_writer_options writer_options = { .level = args->level,
						    .minor = TF_VERSION_MINOR };
	struct tf_error err = { .offset = TF_NO_OFFSET };
	struct tf_import_stats stats = { 0 };
	struct tf_import *imp = NULL;
	struct tf_writer *writer;
	struct ui_output out;
	int status;

	if (ui_output_begin(&out, COMMAND, args->out))
		return UI_HOST;
	if (tf_writer_create(&writer, out.write_path, &writer_options, &err)) {
		ui_output_drop(&out);
		ui_error(COMMAND, args->out, TF_NO_OFFSET, "%s", err.reason);
		return UI_HOST;
	}
	status = tf_import_new(&imp, writer) ? ui_no_memory(COMMAND)
					     : run_import(args, fd, imp, writer);
	if (imp) {
		status = finish(args, imp, writer, status);
		tf_import_get_stats(imp, &stats);
	}
	tf_import_free(imp);
	tf_writer_close(writer, NULL);
	if (status == UI_HOST || (status != UI_DONE && !stats.nr_events)) {
		ui_output_drop(&out);
		return status;
	}
	if (ui_output_keep(&out))
		return UI_HOST;
	*is_kept = true;
	return status;
}

int cmd_import(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "IN -o FILE",
		.doc = "Import IN, the text of ftrace, trace-cmd report or perf script, or a "
		       "trace.dat of trace-cmd, into the trace FILE.",
	};
	struct import_args args = { 0 };
	bool is_kept = false;
	int status, fd;

	if (!ui_parse_args(&argp, COMMAND, 0, argc, argv, &args, &status))
		return status;
	if (args.json && !strcmp(args.out, "-"))
		return ui_usage_error(COMMAND, "--json and -o - both want standard output");
	fd = open_input(&args);
	if (fd < 0)
		return UI_INPUT;
	status = import_file(&args, fd, &is_kept);
	if (fd != STDIN_FILENO)
		close(fd);
	if (args.json && is_kept) {
		char *info[] = { "info", "--json", (char *)args.out, NULL };
		int told = cmd_info(3, info);

		status = told == UI_DONE ? status : told;
	}
	return status;
}
