/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmemtool COMMAND [OPTION...]: find the command, run it, and make sure that what
 * it printed was written.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/ui/args.h"

static const struct cmd commands[] = {
	{ "record", cmd_record, "capture this host's kernel while a command runs" },
	{ "import", cmd_import, "another tool's trace into one of ours" },
	{ "info", cmd_info, "what a trace holds" },
	{ "dump", cmd_dump, "the events of a trace, one a line" },
	{ "pack", cmd_pack, "write a trace anew: smaller, cut, anonymized" },
	{ "verify", cmd_verify, "check every checksum of a trace" },
	{ "replay", cmd_replay, "run the model on a trace" },
	{ "report", cmd_report, "what a replay found out" },
	{ "compare", cmd_compare, "two results, with gates for scripts" },
};
#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

struct main_args {
	int command; /* index in argv, 0: none */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct main_args *args = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_ARG:
		args->command = state->next - 1;
		state->next = state->argc; /* the rest is the command's */
		return 0;
	case ARGP_KEY_NO_ARGS:
		ui_usage_error(NULL, "no command");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The commands, between the options and the last words of --help. */
static char *list_commands(int key, const char *text, void *input)
{
	size_t len;
	char *buf;
	FILE *list;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	list = open_memstream(&buf, &len);
	if (!list)
		return (char *)text;
	fputs("Commands:\n", list);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(list, "  %-10s %s\n", commands[i].name, commands[i].what);
	fprintf(list, "\n%s", text);
	return fclose(list) ? (char *)text : buf;
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "COMMAND [OPTION...]",
	.doc = "Capture what a Linux kernel's allocators are asked to do, replay it on a model of "
	       "them, and report waste, failures and misuse.\v"
	       "'kmemtool COMMAND --help' tells of each; kmemtool(1) of all.",
	.help_filter = list_commands,
};

static const struct cmd *find_command(const char *name)
{
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

/*
 * Traces are mapped, and reading beyond the end of a file that somebody cuts meanwhile is
 * this signal.  There is nothing to return to.
 */
static void on_bus_error(int signum)
{
	static const char line[] = "kmemtool: the input got shorter while it was read\n";

	(void)signum;
	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(UI_INPUT);
	_exit(UI_INPUT);
}

int main(int argc, char **argv)
{
	struct main_args args = { 0 };
	const struct cmd *cmd;
	int status;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGBUS, on_bus_error);
	if (!ui_parse_args(&argp, NULL, ARGP_IN_ORDER, argc, argv, &args, &status))
		return ui_finish(NULL, status);
	cmd = find_command(argv[args.command]);
	if (!cmd)
		return ui_usage_error(NULL, "no command '%s'", argv[args.command]);
	status = cmd->run(argc - args.command, argv + args.command);
	return ui_finish(cmd->name, status);
}
