/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmemtool pack: write a trace anew, compressed otherwise, cut, with symbols, or anonymized.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <zstd.h>

#include "bpf/collector.h"
#include "bpf/symbolize.h"
#include "cmd/cmd.h"
#include "cmd/ui/args.h"
#include "cmd/ui/output.h"
#include "cmd/ui/units.h"
#include "tracefmt/pack.h"
#include "tracefmt/reader.h"

#define COMMAND "pack"

/* What is packed is to be kept, and written once: the last level before zstd's ultra ones. */
#define DEFAULT_LEVEL 19

struct pack_args {
	const char *file, *out, *vmlinux;
	uint64_t from_ns, to_ns; /* since the first event */
	bool has_from;
	int level;
	bool anonymize, json;
};

enum {
	KEY_LEVEL = 256,
	KEY_FROM,
	KEY_TO,
	KEY_ANONYMIZE,
	KEY_VMLINUX,
};

static const struct argp_option options[] = {
	{ "output", 'o', "OUT", 0, "The new trace (- is standard output)", 0 },
	{ "level", KEY_LEVEL, "N", 0, "zstd level, 1 to 22, or below 0 (default 19)", 0 },
	{ "from", KEY_FROM, "T", 0,
	  "Begin at T after the first event (ns, us, ms, s, m; default s)", 0 },
	{ "to", KEY_TO, "T", 0, "End before T after the first event", 0 },
	{ "vmlinux", KEY_VMLINUX, "ELF", 0,
	  "Name the functions of call sites that have no name, with the symbols of ELF", 0 },
	{ "anonymize", KEY_ANONYMIZE, NULL, 0, "Replace addresses and names", 0 },
	{ "json", 'j', NULL, 0, "Print what info --json prints of the new trace", 0 },
	{ 0 },
};

static error_t parse_level(const char *arg, int *level)
{
	bool is_negative = arg[0] == '-';
	uint64_t number;

	if (ui_parse_u64(arg + is_negative, &number) || !number ||
	    number > (uint64_t)(is_negative ? -ZSTD_minCLevel() : ZSTD_maxCLevel())) {
		ui_usage_error(COMMAND, "--level: '%s' is not 1 to %d or -1 to %d", arg,
			       ZSTD_maxCLevel(), ZSTD_minCLevel());
		return EINVAL;
	}
	*level = is_negative ? -(int)number : (int)number;
	return 0;
}

static error_t check(const struct pack_args *args)
{
	if (!args->out) {
		ui_usage_error(COMMAND, "no output given: -o OUT");
		return EINVAL;
	}
	if (args->json && !strcmp(args->out, "-")) {
		ui_usage_error(COMMAND, "--json and -o - both want standard output");
		return EINVAL;
	}
	if (args->anonymize && args->vmlinux) {
		ui_usage_error(COMMAND, "--anonymize takes away the names that --vmlinux adds");
		return EINVAL;
	}
	return ui_check_range(COMMAND, args->from_ns, args->to_ns);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct pack_args *args = state->input;

	switch (key) {
	case 'o':
		args->out = arg;
		return 0;
	case KEY_LEVEL:
		return parse_level(arg, &args->level);
	case KEY_FROM:
		args->has_from = true;
		return ui_take_time(COMMAND, "--from", arg, &args->from_ns);
	case KEY_TO:
		return ui_take_time(COMMAND, "--to", arg, &args->to_ns);
	case KEY_ANONYMIZE:
		args->anonymize = true;
		return 0;
	case KEY_VMLINUX:
		args->vmlinux = arg;
		return 0;
	case 'j':
		args->json = true;
		return 0;
	case ARGP_KEY_ARG:
		return ui_take_file(COMMAND, &args->file, arg);
	case ARGP_KEY_NO_ARGS:
		ui_usage_error(COMMAND, "no trace given");
		return EINVAL;
	case ARGP_KEY_SUCCESS:
		return check(args);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "F -o OUT",
	.doc = "Write the trace F to the new trace OUT: compressed well, and if that is asked for "
	       "cut, with symbols, or anonymized.",
};

static void told(void *arg, const struct tf_error *what)
{
	const struct pack_args *args = arg;

	ui_error(COMMAND, args->file, what->offset, "%s", what->reason);
}

static const char *output_name(const struct pack_args *args)
{
	return strcmp(args->out, "-") ? args->out : "standard output";
}

/* One line of the new trace, and one of what was not in the old one. */
static void print_summary(const struct pack_args *args, const struct tf_pack_result *result,
			  const struct tf_reader_info *before)
{
	const struct tf_writer_stats *file = &result->file;
	char events[UI_UNIT_LEN], old[UI_UNIT_LEN], new[UI_UNIT_LEN];

	fprintf(stderr, "%s: %s events, %s of %s", output_name(args),
		ui_format_count((double)file->nr_events, events),
		ui_format_size((double)file->written_bytes, new),
		ui_format_size((double)before->file_bytes, old));
	if (file->nr_events)
		fprintf(stderr, " (%.2f bytes an event)",
			(double)file->written_bytes / (double)file->nr_events);
	if (file->nr_lost)
		fprintf(stderr, ", %" PRIu64 " LOST\n", file->nr_lost);
	else
		fprintf(stderr, ", none lost\n");
	if (result->nr_damaged)
		fprintf(stderr,
			"DAMAGED in %" PRIu64 " place%s: %" PRIu64
			" records that were there are counted as lost\n",
			result->nr_damaged, result->nr_damaged == 1 ? "" : "s", result->nr_missing);
}

/* *is_kept: there is a new trace. */
static int pack(const struct pack_args *args, struct tf_reader *reader,
		const struct tf_meta *additions, bool *is_kept)
{
	struct tf_error error = { .offset = TF_NO_OFFSET };
	struct tf_pack_options pack_options = {
		.level = args->level,
		.to_ns = UINT64_MAX,
		.anonymize = args->anonymize,
		.additions = additions,
	};
	struct tf_pack_result result;
	struct tf_reader_info info;
	struct ui_output out;
	int err;

	if (tf_reader_check_output(reader, args->out, &error)) {
		ui_error(COMMAND, output_name(args), TF_NO_OFFSET, "%s", error.reason);
		return UI_HOST;
	}
	if (ui_output_begin(&out, COMMAND, args->out))
		return UI_HOST;
	tf_reader_get_info(reader, &info);
	if (args->has_from)
		pack_options.from_ns = ui_time_add(info.first_ns, args->from_ns);
	if (args->to_ns != UINT64_MAX)
		pack_options.to_ns = ui_time_add(info.first_ns, args->to_ns);
	err = tf_pack(reader, out.write_path, &pack_options, &result, told, (void *)args, &error);
	if (err)
		ui_output_drop(&out);
	if (err && result.is_output) {
		ui_error(COMMAND, output_name(args), TF_NO_OFFSET, "%s", error.reason);
		return UI_HOST;
	}
	if (err)
		return ui_input_error(COMMAND, args->file, err, &error);
	if (ui_output_keep(&out))
		return UI_HOST;
	*is_kept = true;
	if (!info.complete)
		ui_error(COMMAND, args->file, TF_NO_OFFSET,
			 "incomplete: what there is of it was packed");
	print_summary(args, &result, &info);
	return result.nr_damaged || !info.complete ? UI_INPUT : UI_DONE;
}

/* Symbols into *additions.  UI_DONE, or after a message the status. */
static int symbolize(const struct pack_args *args, struct tf_reader *reader,
		     struct tf_meta *additions)
{
	struct kc_symbolized named;
	struct kc_error error;
	int err = kc_symbolize(reader, args->vmlinux, additions, &named, &error);

	if (err) {
		ui_error(COMMAND, args->file, TF_NO_OFFSET, "--vmlinux: %s", error.reason);
		return err == -ENOMEM ? UI_HOST : UI_INPUT;
	}
	fprintf(stderr, "%zu of %zu call sites named", named.nr_named, named.nr_addrs);
	if (named.nr_known)
		fprintf(stderr, ", %zu had a name", named.nr_known);
	fprintf(stderr, "\n");
	return UI_DONE;
}

int cmd_pack(int argc, char **argv)
{
	struct pack_args args = { .to_ns = UINT64_MAX, .level = DEFAULT_LEVEL };
	struct tf_error error = { .offset = TF_NO_OFFSET };
	struct tf_meta additions;
	struct tf_reader *reader;
	bool is_kept = false;
	int err, status;

	if (!ui_parse_args(&argp, COMMAND, 0, argc, argv, &args, &status))
		return status;
	err = tf_reader_open(&reader, args.file, &error);
	if (err)
		return ui_input_error(COMMAND, args.file, err, &error);
	tf_meta_init(&additions);
	status = args.vmlinux ? symbolize(&args, reader, &additions) : UI_DONE;
	if (status == UI_DONE)
		status = pack(&args, reader, args.vmlinux ? &additions : NULL, &is_kept);
	tf_meta_release(&additions);
	tf_reader_close(reader);
	if (args.json && is_kept) {
		char *info[] = { "info", "--json", (char *)args.out, NULL };
		int shown = cmd_info(3, info);

		status = shown == UI_DONE ? status : shown;
	}
	return status;
}
