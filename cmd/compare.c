/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmemtool compare: two results side by side, and gates that a script can rely on.
 */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/ui/args.h"
#include "cmd/ui/compare_text.h"
#include "cmd/ui/replay_run.h"
#include "cmd/ui/slurp.h"
#include "cmd/ui/table.h"
#include "core/result/compare.h"
#include "core/result/json.h"

#define GATES_FILE_MAX (1 << 20)

struct compare_args {
	const char *base, *head;
	struct km_gates gates;
	bool json;
};

enum {
	KEY_GATE = 256,
	KEY_GATES,
	KEY_FORMAT,
};

static const struct argp_option options[] = {
	{ "gate", KEY_GATE, "GATE", 0,
	  "Exit status 1 unless METRIC<=N, <=+N, <=-N, <=+N%, <=-N% (or >=) holds", 0 },
	{ "gates", KEY_GATES, "FILE", 0, "Gates from FILE, one a line", 0 },
	{ "format", KEY_FORMAT, "F", 0, "text (default) or json", 0 },
	{ 0 },
};

static error_t parse_gate(struct compare_args *args, const char *text)
{
	char reason[200];

	if (!km_gates_add(&args->gates, text, reason, sizeof(reason)))
		return 0;
	ui_usage_error("compare", "%s", reason);
	return EINVAL;
}

static error_t parse_gates(struct compare_args *args, const char *path)
{
	char reason[256], *data;
	size_t len;
	int err = ui_slurp(path, GATES_FILE_MAX, &data, &len);

	if (err) {
		ui_usage_error("compare", "--gates: %s: %s", path, strerror(-err));
		return EINVAL;
	}
	err = km_gates_add_lines(&args->gates, data, len, reason, sizeof(reason));
	free(data);
	if (!err)
		return 0;
	ui_usage_error("compare", "--gates: %s: %s", path, reason);
	return EINVAL;
}

static error_t parse_format(struct compare_args *args, const char *name)
{
	args->json = !strcmp(name, "json");
	if (args->json || !strcmp(name, "text"))
		return 0;
	ui_usage_error("compare", "--format: no format '%s'; there are text, json", name);
	return EINVAL;
}

static error_t parse_file(struct compare_args *args, const char *arg)
{
	if (!args->base) {
		args->base = arg;
		return 0;
	}
	return ui_take_file("compare", &args->head, arg);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct compare_args *args = state->input;

	switch (key) {
	case KEY_GATE:
		return parse_gate(args, arg);
	case KEY_GATES:
		return parse_gates(args, arg);
	case KEY_FORMAT:
		return parse_format(args, arg);
	case ARGP_KEY_ARG:
		return parse_file(args, arg);
	case ARGP_KEY_END:
		if (!args->base || !args->head) {
			ui_usage_error("compare", "two results or traces are needed");
			return EINVAL;
		}
		if (!strcmp(args->base, "-") && !strcmp(args->head, "-")) {
			ui_usage_error("compare", "only one of the two can be standard input");
			return EINVAL;
		}
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "BASE HEAD",
	.doc = "Compare two results, or traces that are replayed alike.",
};

static int print(const struct compare_args *args, const json_t *comparison)
{
	int err = 0;

	if (!args->json)
		err = ui_compare_text(comparison, stdout, ui_terminal_width(stdout));
	else if (!json_dumpf(comparison, stdout, KM_JSON_FLAGS))
		putchar('\n');
	if (err)
		return ui_no_memory("compare");
	return km_json_get_bool(comparison, "ok", false) ? UI_DONE : UI_NO;
}

static int compare(const struct compare_args *args, const struct km_result *base,
		   const struct km_result *head)
{
	char reason[256];
	json_t *comparison;
	int err, status;

	err = km_compare(base, head, &args->gates, &comparison, reason, sizeof(reason));
	if (err == -ENOMEM)
		return ui_no_memory("compare");
	if (err)
		return ui_usage_error("compare", "%s", reason);
	status = print(args, comparison);
	json_decref(comparison);
	return status;
}

int cmd_compare(int argc, char **argv)
{
	struct compare_args args = { 0 };
	struct km_result base = { NULL }, head = { NULL };
	int status, worst;

	km_gates_init(&args.gates);
	if (!ui_parse_args(&argp, "compare", 0, argc, argv, &args, &status))
		goto out;
	worst = ui_load_result("compare", args.base, &base);
	status = worst;
	if (!base.root)
		goto out;
	status = ui_load_result("compare", args.head, &head);
	if (!head.root)
		goto out;
	if (status != UI_DONE)
		worst = status;
	status = compare(&args, &base, &head);
	if (status == UI_DONE)
		status = worst;
out:
	km_result_release(&head);
	km_result_release(&base);
	km_gates_release(&args.gates);
	return status;
}
