/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmemtool replay: run the model on a trace and write the result.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/ui/args.h"
#include "cmd/ui/machine.h"
#include "cmd/ui/replay_run.h"

struct replay_args {
	const char *file, *output;
	struct ui_replay_options options;
	uint64_t max_loss;
	bool print_machine;
};

enum {
	KEY_FROM = 256,
	KEY_TO,
	KEY_COLD,
	KEY_CHECK,
	KEY_MAX_LOSS,
	KEY_PRINT_MACHINE,
	KEY_PROC,
};

static const struct argp_option options[] = {
	{ "machine", 'm', "MACHINE", 0,
	  "host (the trace's own, the default), x86-32-64m, x86-32-1g, x86-32-4g-pae, "
	  "x86-64-4g, x86-64-2node, or a file",
	  0 },
	{ "print-machine", KEY_PRINT_MACHINE, NULL, 0,
	  "Print the machine that would be used as such a file, and end", 0 },
	{ "set", 's', "KEY=VALUE", 0, "Change a setting, like slab.max_order=1 or mem.size=2G", 0 },
	{ "from", KEY_FROM, "T", 0,
	  "Begin at T after the first event (ns, us, ms, s, m; default s)", 0 },
	{ "to", KEY_TO, "T", 0, "End before T after the first event", 0 },
	{ "cold", KEY_COLD, NULL, 0, "Begin with empty allocators, not as full as the host was",
	  0 },
	{ "check", KEY_CHECK, NULL, 0, "Check the model's own state while it runs", 0 },
	{ "max-loss", KEY_MAX_LOSS, "N", 0, "Exit status 1 if more than N events were lost", 0 },
	{ "proc", KEY_PROC, "DIR", 0,
	  "Write buddyinfo, pagetypeinfo and zoneinfo of the model's machine at the end to DIR",
	  0 },
	{ "output", 'o', "RESULT", 0, "Write the result here (default: standard output)", 0 },
	{ 0 },
};

static error_t parse_setting(struct ui_replay_options *changed, const char *arg)
{
	char reason[200];

	if (!km_settings_parse(&changed->settings, arg, reason, sizeof(reason)))
		return 0;
	ui_usage_error("replay", "%s", reason);
	return EINVAL;
}

static bool is_stdin(const char *path)
{
	return path && !strcmp(path, "-");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct replay_args *args = state->input;

	switch (key) {
	case 'm':
		args->options.machine = arg;
		return 0;
	case 's':
		return parse_setting(&args->options, arg);
	case KEY_FROM:
		return ui_take_time("replay", "--from", arg, &args->options.from_ns);
	case KEY_TO:
		return ui_take_time("replay", "--to", arg, &args->options.to_ns);
	case KEY_COLD:
		args->options.flags |= KM_REPLAY_COLD;
		return 0;
	case KEY_CHECK:
		args->options.flags |= KM_REPLAY_CHECK;
		return 0;
	case KEY_PRINT_MACHINE:
		args->print_machine = true;
		return 0;
	case KEY_MAX_LOSS:
		return ui_take_count("replay", "--max-loss", arg, &args->max_loss);
	case KEY_PROC:
		args->options.proc_dir = arg;
		return 0;
	case 'o':
		args->output = arg;
		return 0;
	case ARGP_KEY_ARG:
		return ui_take_file("replay", &args->file, arg);
	case ARGP_KEY_NO_ARGS:
		if (args->print_machine && args->options.machine &&
		    strcmp(args->options.machine, "host"))
			return 0;
		ui_usage_error("replay", "no trace given");
		return EINVAL;
	case ARGP_KEY_SUCCESS:
		if (is_stdin(args->file) && is_stdin(args->options.machine)) {
			ui_usage_error("replay", "standard input cannot be both trace and machine");
			return EINVAL;
		}
		return ui_check_range("replay", args->options.from_ns, args->options.to_ns);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "F",
	.doc = "Run the model on the trace F. The result is JSON, see kmemtool-result(5).",
};

/* Loss is said aloud, and with --max-loss it is an answer. */
static int check_loss(const struct replay_args *args, const struct km_result *result, int status)
{
	int64_t lost = 0;

	km_result_metric(result, "lost.total", &lost);
	if (lost <= 0)
		return status;
	ui_error("replay", args->file, TF_NO_OFFSET,
		 "%" PRId64 " events were lost when it was recorded: figures are too low", lost);
	return (uint64_t)lost > args->max_loss ? UI_NO : status;
}

static int print_machine(const struct replay_args *args)
{
	struct km_profile profile;
	FILE *file;
	int status = ui_resolve_machine("replay", args->options.machine, args->file,
					&args->options.settings, &profile);

	if (status != UI_DONE)
		return status;
	file = ui_output_open("replay", args->output);
	if (!file)
		return UI_HOST;
	if (ui_write_machine(&profile, file))
		status = ui_usage_error("replay", "this machine cannot be written as a file");
	return ui_output_close("replay", args->output, file, status);
}

int cmd_replay(int argc, char **argv)
{
	struct replay_args args = { .max_loss = UINT64_MAX };
	struct km_result result;
	FILE *file;
	int status;

	ui_replay_options_init(&args.options);
	if (!ui_parse_args(&argp, "replay", 0, argc, argv, &args, &status))
		return status;
	if (args.print_machine)
		return print_machine(&args);
	status = ui_replay_trace("replay", args.file, &args.options, &result);
	if (!result.root)
		return status;
	status = check_loss(&args, &result, status);
	file = ui_output_open("replay", args.output);
	if (file) {
		km_result_write(&result, file); /* close finds what could not be written */
		status = ui_output_close("replay", args.output, file, status);
	} else {
		status = UI_HOST;
	}
	km_result_release(&result);
	return status;
}
