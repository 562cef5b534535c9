/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * argp's own handling of --help and of errors ends the process and prints two
 * lines.  Here a parser is wrapped: help ends the parse instead, and the hint
 * after getopt's line is left out by taking argp's error stream away.
 */
#include "cmd/ui/args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/ui/status.h"
#include "cmd/ui/units.h"
#include "core/kernel.h"

enum {
	KEY_HELP = '?',
	KEY_USAGE = -3,
	KEY_VERSION = 'V',
};

struct wrapped {
	const struct argp *argp;
	void *input;
	char *name;   /* "kmemtool info", for help */
	bool is_done; /* help or version was printed */
};

static const struct argp_option help_options[] = {
	{ "help", KEY_HELP, NULL, 0, "Give this help list", -1 },
	{ "usage", KEY_USAGE, NULL, 0, "Give a short usage message", 0 },
	{ "version", KEY_VERSION, NULL, 0, "Print program version", -1 },
	{ 0 },
};

static error_t parse_help(int key, char *arg, struct argp_state *state)
{
	struct wrapped *wrapped = state->input;

	(void)arg;
	state->name = wrapped->name; /* argp sets its own after the parsers' first call */
	switch (key) {
	case KEY_HELP:
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK);
		break;
	case KEY_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE);
		break;
	case KEY_VERSION:
		puts("kmemtool " KMEMTOOL_VERSION);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	wrapped->is_done = true;
	return ECANCELED;
}

static const struct argp help_argp = { help_options, parse_help, NULL, NULL, NULL, NULL, NULL };

static error_t parse_wrapped(int key, char *arg, struct argp_state *state)
{
	struct wrapped *wrapped = state->input;

	if (key == ARGP_KEY_INIT) {
		state->err_stream = NULL;
		state->child_inputs[0] = wrapped;
	}
	state->input = wrapped->input;
	return wrapped->argp->parser(key, arg, state);
}

bool ui_parse_args(const struct argp *argp, const char *command, unsigned int flags, int argc,
		   char **argv, void *input, int *status)
{
	const struct argp_child children[] = { { &help_argp, 0, NULL, -1 }, { 0 } };
	struct wrapped wrapped = { argp, input, NULL, false };
	struct argp outer = *argp;
	char *program = NULL, *argv0 = argv[0];
	int err;

	outer.parser = parse_wrapped;
	outer.children = children;
	*status = UI_HOST;
	if (asprintf(&wrapped.name, "kmemtool%s%s", command ? " " : "", command ? command : "") < 0)
		return false;
	if (asprintf(&program, "kmemtool%s%s", command ? ": " : "", command ? command : "") < 0) {
		free(wrapped.name);
		return false;
	}
	argv[0] = program; /* getopt's messages begin with it */
	err = argp_parse(&outer, argc, argv, flags | ARGP_NO_HELP, NULL, &wrapped);
	argv[0] = argv0;
	free(program);
	free(wrapped.name);
	*status = wrapped.is_done ? UI_DONE : UI_USAGE;
	return !err;
}

int ui_take_file(const char *command, const char **file, const char *arg)
{
	if (*file) {
		ui_usage_error(command, "'%s' is one file too many", arg);
		return EINVAL;
	}
	*file = arg;
	return 0;
}

int ui_take_time(const char *command, const char *option, const char *arg, uint64_t *ns)
{
	if (!ui_parse_time(arg, ns))
		return 0;
	ui_usage_error(command, "%s: '%s' is not a time (like 1.5s, 20ms, 300us, 2m)", option, arg);
	return EINVAL;
}

int ui_take_size(const char *command, const char *option, const char *arg, uint64_t *bytes)
{
	if (!km_size_parse(arg, bytes))
		return 0;
	ui_usage_error(command, "%s: '%s' is not a size (like 4096, 64k, 16M, 2G)", option, arg);
	return EINVAL;
}

int ui_take_count(const char *command, const char *option, const char *arg, uint64_t *count)
{
	if (!ui_parse_u64(arg, count))
		return 0;
	ui_usage_error(command, "%s: '%s' is not a number", option, arg);
	return EINVAL;
}

int ui_check_range(const char *command, uint64_t from_ns, uint64_t to_ns)
{
	if (from_ns < to_ns)
		return 0;
	ui_usage_error(command, "--from is not before --to");
	return EINVAL;
}
