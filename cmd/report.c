/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmemtool report: one view of a result, or of a trace that is replayed first.
 */
#include <argp.h>
#include <errno.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/ui/args.h"
#include "cmd/ui/replay_run.h"
#include "cmd/ui/table.h"
#include "cmd/ui/view.h"

struct report_args {
	const char *file, *output;
	const struct ui_view *view;
	struct ui_view_options options;
};

enum {
	KEY_VIEW = 256,
	KEY_SORT,
	KEY_TOP,
	KEY_FORMAT,
};

static const struct argp_option options[] = {
	{ "view", KEY_VIEW, "V", 0,
	  "summary (default), waste, caches, call-sites, zones, failures, misuse, leaks, "
	  "fidelity or timeline",
	  0 },
	{ "sort", KEY_SORT, "K", 0, "Sort rows by the key K: numbers fall, names rise", 0 },
	{ "top", KEY_TOP, "N", 0, "Show N rows at most", 0 },
	{ "format", KEY_FORMAT, "F", 0, "text (default), json or csv", 0 },
	{ "output", 'o', "OUT", 0, "Write to OUT (default: standard output)", 0 },
	{ 0 },
};

static error_t parse_view(struct report_args *args, const char *name)
{
	char names[200] = "";

	args->view = ui_view_find(name);
	if (args->view)
		return 0;
	for (unsigned int i = 0; ui_view_at(i); i++) {
		size_t used = strlen(names);

		snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
			 ui_view_at(i)->name);
	}
	ui_usage_error("report", "--view: no view '%s'; there are %s", name, names);
	return EINVAL;
}

static error_t parse_format(struct report_args *args, const char *name)
{
	static const char *const names[] = { "text", "json", "csv" };

	for (unsigned int i = 0; i < 3; i++) {
		if (!strcmp(name, names[i])) {
			args->options.format = (enum ui_format)i;
			return 0;
		}
	}
	ui_usage_error("report", "--format: no format '%s'; there are text, json, csv", name);
	return EINVAL;
}

static error_t parse_top(struct report_args *args, const char *arg)
{
	uint64_t top;

	if (ui_take_count("report", "--top", arg, &top))
		return EINVAL;
	if (!top) {
		ui_usage_error("report", "--top: at least 1");
		return EINVAL;
	}
	args->options.top = top;
	return 0;
}

/* --sort may come before --view, so it is judged at the end. */
static error_t check_sort(const struct report_args *args)
{
	const struct ui_list *list = args->view->list;
	char names[600];

	if (!args->options.sort || (list && ui_list_has_column(list, args->options.sort)))
		return 0;
	if (!list) {
		ui_usage_error("report", "--sort: the view %s has no order to choose",
			       args->view->name);
		return EINVAL;
	}
	ui_list_columns(list, names, sizeof(names));
	ui_usage_error("report", "--sort: no key '%s' in the view %s; there are %s",
		       args->options.sort, args->view->name, names);
	return EINVAL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct report_args *args = state->input;

	switch (key) {
	case KEY_VIEW:
		return parse_view(args, arg);
	case KEY_SORT:
		args->options.sort = arg;
		return 0;
	case KEY_TOP:
		return parse_top(args, arg);
	case KEY_FORMAT:
		return parse_format(args, arg);
	case 'o':
		args->output = arg;
		return 0;
	case ARGP_KEY_ARG:
		return ui_take_file("report", &args->file, arg);
	case ARGP_KEY_NO_ARGS:
		ui_usage_error("report", "no result or trace given");
		return EINVAL;
	case ARGP_KEY_SUCCESS:
		return check_sort(args);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "RESULT|F",
	.doc = "Show a view of RESULT, or of the trace F after a replay on its own machine.",
};

/*
 * CSV has no place for a warning, so it goes to stderr; damage of a trace that was
 * replayed just now has been told already.
 */
static void warn(const struct report_args *args, const struct km_result *result, int status)
{
	unsigned int warnings = UI_WARN_LOSS | (status == UI_DONE ? UI_WARN_DAMAGE : 0);
	char lines[300];

	if (args->options.format != UI_FORMAT_CSV)
		return;
	ui_trace_warning(km_result_get(result, "trace"), warnings, lines, sizeof(lines));
	for (char *line = lines, *end; (end = strchr(line, '\n')); line = end + 1)
		ui_error("report", args->file, TF_NO_OFFSET, "%.*s", (int)(end - line), line);
}

int cmd_report(int argc, char **argv)
{
	struct report_args args = { .view = ui_view_find("summary") };
	struct km_result result;
	FILE *file;
	int status;

	if (!ui_parse_args(&argp, "report", 0, argc, argv, &args, &status))
		return status;
	status = ui_load_result("report", args.file, &result);
	if (!result.root)
		return status;
	file = ui_output_open("report", args.output);
	if (file) {
		args.options.width = ui_terminal_width(file);
		warn(&args, &result, status);
		if (ui_view_print(args.view, &result, &args.options, file))
			status = ui_no_memory("report");
		status = ui_output_close("report", args.output, file, status);
	} else {
		status = UI_HOST;
	}
	km_result_release(&result);
	return status;
}
