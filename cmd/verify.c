/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmemtool verify: is every byte of a trace as it was written?  And if not, what
 * is whole can be copied to a new trace.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/ui/args.h"
#include "cmd/ui/output.h"
#include "core/result/json.h"
#include "tracefmt/segments.h"
#include "tracefmt/verify.h"

#define MAX_FINDINGS 1000 /* kept for --json */

struct verify_args {
	const char *file, *salvage;
	bool json;
};

enum {
	KEY_SALVAGE = 256,
};

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "Print one JSON object", 0 },
	{ "salvage", KEY_SALVAGE, "OUT", 0, "Copy every whole block to the new trace OUT", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct verify_args *args = state->input;

	switch (key) {
	case 'j':
		args->json = true;
		return 0;
	case KEY_SALVAGE:
		args->salvage = arg;
		return 0;
	case ARGP_KEY_ARG:
		return ui_take_file("verify", &args->file, arg);
	case ARGP_KEY_NO_ARGS:
		ui_usage_error("verify", "no trace given");
		return EINVAL;
	case ARGP_KEY_SUCCESS:
		if (args->salvage && !strcmp(args->file, "-")) {
			ui_usage_error(
				"verify",
				"--salvage reads the trace twice, and standard input only once");
			return EINVAL;
		}
		if (args->json && args->salvage && !strcmp(args->salvage, "-")) {
			ui_usage_error("verify",
				       "--json and --salvage=- both need standard output");
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
	.args_doc = "F",
	.doc = "Check every checksum of the trace F and decode every block. Exit status 1 if "
	       "anything is damaged or missing.",
};

struct findings {
	const struct verify_args *args;
	struct km_json_out out;
	json_t *list; /* NULL without --json */
};

static void found(void *arg, const struct tf_error *what)
{
	struct findings *findings = arg;
	json_t *object;

	if (!findings->list) {
		ui_error("verify", findings->args->file, what->offset, "%s", what->reason);
		return;
	}
	if (json_array_size(findings->list) >= MAX_FINDINGS)
		return;
	object = json_object();
	km_json_set(&findings->out, object, "offset",
		    what->offset == TF_NO_OFFSET ? json_null() : km_json_u64(what->offset));
	km_json_set(&findings->out, object, "reason", km_json_text(what->reason));
	km_json_append(&findings->out, findings->list, object);
}

static bool is_ok(const struct tf_verify_result *result)
{
	return result->complete && !result->nr_damaged;
}

/* Takes over findings->list. */
static int print_json(struct findings *findings, const struct tf_verify_result *result)
{
	json_t *root = json_object();
	int status = is_ok(result) ? UI_DONE : UI_NO;

	km_json_set(&findings->out, root, "ok", json_boolean(is_ok(result)));
	km_json_set(&findings->out, root, "blocks", km_json_u64(result->nr_blocks));
	km_json_set(&findings->out, root, "damaged", km_json_u64(result->nr_damaged));
	km_json_set(&findings->out, root, "lost_records", km_json_u64(result->nr_lost));
	km_json_set(&findings->out, root, "segments", km_json_u64(result->nr_segments));
	km_json_set(&findings->out, root, "complete", json_boolean(result->complete));
	km_json_set(&findings->out, root, "findings", findings->list);
	findings->list = NULL;
	if (findings->out.err)
		status = ui_no_memory("verify");
	else if (!json_dumpf(root, stdout, KM_JSON_FLAGS))
		putchar('\n');
	json_decref(root);
	return status;
}

static int print_text(FILE *file, const struct tf_verify_result *result)
{
	fprintf(file, "%s: %" PRIu64 " blocks", is_ok(result) ? "ok" : "NOT OK", result->nr_blocks);
	if (result->nr_segments > 1)
		fprintf(file, " in %" PRIu32 " files", result->nr_segments);
	fprintf(file, ", %" PRIu64 " damaged", result->nr_damaged);
	if (result->nr_lost)
		fprintf(file, ", %" PRIu64 " records lost", result->nr_lost);
	fprintf(file, "%s\n", result->complete ? "" : ", incomplete");
	return is_ok(result) ? UI_DONE : UI_NO;
}

static void print_saved(FILE *file, const struct tf_verify_result *result)
{
	fprintf(file, "salvaged %" PRIu64 " blocks", result->nr_saved);
	if (result->nr_lost)
		fprintf(file, ", with gaps for %" PRIu64 " records", result->nr_lost);
	putc('\n', file);
}

/* Is the output none of the files that are read? */
static int check_output(const struct verify_args *args, struct tf_error *error)
{
	struct tf_segments files;
	int err = tf_segments_open(&files, args->file, error);

	if (err)
		return err;
	err = tf_segments_check_output(&files, args->salvage, error);
	tf_segments_close(&files);
	return err;
}

/* The input was read a moment ago: what fails now is the output. */
static int salvage_error(const struct verify_args *args, int err, const struct tf_error *error)
{
	ui_error("verify", args->salvage, error->offset, "%s",
		 error->reason[0] ? error->reason : strerror(-err));
	return UI_HOST;
}

static int salvage(const struct verify_args *args)
{
	struct tf_error error = { .offset = TF_NO_OFFSET };
	struct tf_verify_result result;
	struct ui_output out;
	int err = check_output(args, &error);

	if (err)
		return salvage_error(args, err, &error);
	if (ui_output_begin(&out, "verify", args->salvage))
		return UI_HOST;
	err = tf_salvage(args->file, out.write_path, &result, &error);
	if (err) {
		ui_output_drop(&out);
		return salvage_error(args, err, &error);
	}
	if (ui_output_keep(&out))
		return UI_HOST;
	if (!args->json)
		print_saved(strcmp(args->salvage, "-") ? stdout : stderr, &result);
	return UI_DONE;
}

int cmd_verify(int argc, char **argv)
{
	struct verify_args args = { 0 };
	struct tf_error error = { .offset = TF_NO_OFFSET };
	struct tf_verify_result result;
	struct findings findings = { .args = &args };
	int err, status, salvaged = UI_DONE;

	if (!ui_parse_args(&argp, "verify", 0, argc, argv, &args, &status))
		return status;
	if (args.json)
		findings.list = json_array();
	err = tf_verify(args.file, &result, found, &findings, &error);
	if (err) {
		json_decref(findings.list);
		return ui_input_error("verify", args.file, err, &error);
	}
	if (args.salvage)
		salvaged = salvage(&args);
	if (args.json)
		status = print_json(&findings, &result);
	else
		status = print_text(args.salvage && !strcmp(args.salvage, "-") ? stderr : stdout,
				    &result);
	return salvaged != UI_DONE ? salvaged : status;
}
