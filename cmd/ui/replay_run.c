/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a file to a result.
 */
#include "cmd/ui/replay_run.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ui/machine.h"
#include "cmd/ui/proc_files.h"
#include "cmd/ui/progress.h"
#include "cmd/ui/slurp.h"
#include "cmd/ui/units.h"

/* Where a replay stands, for messages. */
struct run {
	const char *command, *path;
	const struct ui_replay_options *options;
};

void ui_replay_options_init(struct ui_replay_options *options)
{
	memset(options, 0, sizeof(*options));
	km_settings_init(&options->settings);
	options->to_ns = UINT64_MAX;
}

static bool has_range(const struct ui_replay_options *options)
{
	return options->from_ns || options->to_ns != UINT64_MAX;
}

/* Replay and build; says what damage it met. */
static int run_and_build(const struct run *run, struct km_replay *replay,
			 struct km_analysis *analysis, struct km_result *result)
{
	struct km_result_range range = { run->options->from_ns, run->options->to_ns };
	struct tf_error error = { .offset = TF_NO_OFFSET };
	struct ui_progress progress;
	struct tf_reader_info info;
	int err, status = UI_DONE;

	tf_reader_get_info(replay->reader, &info);
	ui_progress_init(&progress, replay, info.first_ns, info.last_ns);
	err = km_replay_run(replay, &error);
	ui_progress_end(&progress);
	if (err == -ENOMEM)
		return ui_no_memory(run->command);
	if (err)
		status = ui_input_error(run->command, run->path, err, &error);
	if (km_analysis_finish(analysis) ||
	    km_result_build(result, replay, analysis, has_range(run->options) ? &range : NULL))
		return ui_no_memory(run->command);
	if (!info.complete && status == UI_DONE) {
		ui_error(run->command, run->path, TF_NO_OFFSET,
			 "incomplete: no footer, read up to its last whole block");
		status = UI_INPUT;
	}
	if (replay->invalid[0]) {
		ui_error(run->command, run->path, TF_NO_OFFSET,
			 "the model broke at event %" PRIu64 ": %s", replay->first_invalid_event,
			 replay->invalid);
		status = UI_NO;
	}
	if (run->options->proc_dir &&
	    ui_proc_files(run->command, run->options->proc_dir, &replay->kernel.pages) != UI_DONE)
		status = UI_HOST;
	return status;
}

static int replay_reader(const struct run *run, struct tf_reader *reader, struct km_result *result)
{
	const struct ui_replay_options *options = run->options;
	struct km_replay_options with = { .settings = &options->settings, .flags = options->flags };
	struct tf_reader_info info;
	struct km_analysis *analysis;
	struct km_replay *replay;
	struct km_profile profile;
	char reason[256] = "";
	int err, status = ui_check_host(run->command, run->path, reader);

	if (status == UI_DONE)
		status = ui_find_machine(run->command, options->machine, &profile, &with.profile);
	if (status != UI_DONE)
		return status;
	tf_reader_get_info(reader, &info);
	if (has_range(options)) {
		with.from_ns = ui_time_add(info.first_ns, options->from_ns);
		with.to_ns = ui_time_add(info.first_ns, options->to_ns);
		tf_reader_set_range(reader, with.from_ns, with.to_ns);
	}
	/* What begins in the middle of a recording may tell what lived there. */
	if (has_range(options) || info.first_event)
		tf_reader_set_warm(reader, !(options->flags & KM_REPLAY_COLD));
	replay = calloc(1, sizeof(*replay));
	analysis = calloc(1, sizeof(*analysis));
	err = replay && analysis ? 0 : -ENOMEM;
	if (!err)
		err = km_replay_init(replay, reader, &with, reason, sizeof(reason));
	if (err) {
		free(replay);
		free(analysis);
		if (err == -ENOMEM)
			return ui_no_memory(run->command);
		if (with.profile || options->settings.set)
			return ui_usage_error(run->command, "%s", reason);
		ui_error(run->command, run->path, TF_NO_OFFSET, "%s", reason);
		return UI_INPUT;
	}
	if (reason[0])
		ui_error(run->command, run->path, TF_NO_OFFSET, "%s", reason);
	err = km_analysis_init(analysis, replay);
	if (err)
		status = ui_no_memory(run->command);
	else
		status = run_and_build(run, replay, analysis, result);
	km_analysis_release(analysis);
	km_replay_release(replay);
	free(analysis);
	free(replay);
	return status;
}

int ui_replay_trace(const char *command, const char *path, const struct ui_replay_options *options,
		    struct km_result *result)
{
	struct tf_error error = { .offset = TF_NO_OFFSET };
	const struct run run = { command, path, options };
	struct tf_reader *reader;
	int err, status;

	result->root = NULL;
	err = tf_reader_open(&reader, path, &error);
	if (err)
		return ui_input_error(command, path, err, &error);
	status = replay_reader(&run, reader, result);
	tf_reader_close(reader);
	return status;
}

/* Could these be the first bytes of a JSON object? */
static bool looks_like_json(const char *data, size_t len)
{
	while (len && isspace((unsigned char)*data)) {
		data++;
		len--;
	}
	return len && *data == '{';
}

static int load_bytes(const struct run *run, const char *data, size_t len, struct km_result *result)
{
	char reason[256];
	int err = km_result_load(result, data, len, reason, sizeof(reason));

	if (err == -ENOMEM)
		return ui_no_memory(run->command);
	if (err) {
		ui_error(run->command, run->path, TF_NO_OFFSET, "%s", reason);
		return UI_INPUT;
	}
	return UI_DONE;
}

static int replay_bytes(const struct run *run, const char *data, size_t len,
			struct km_result *result)
{
	struct tf_error error = { .offset = TF_NO_OFFSET };
	struct tf_reader *reader;
	int err, status;

	err = tf_reader_open_mem(&reader, (const uint8_t *)data, len, &error);
	if (err)
		return ui_input_error(run->command, run->path, err, &error);
	status = replay_reader(run, reader, result);
	tf_reader_close(reader);
	return status;
}

int ui_load_result(const char *command, const char *path, struct km_result *result)
{
	struct ui_replay_options options;
	const struct run run = { command, path, &options };
	size_t len, peeked, max = SIZE_MAX;
	char head[64], *data;
	int err, status;

	result->root = NULL;
	ui_replay_options_init(&options);
	peeked = ui_peek(path, head, sizeof(head));
	if (peeked && !looks_like_json(head, peeked))
		return ui_replay_trace(command, path, &options, result);
	if (peeked)
		max = KM_RESULT_MAX_BYTES;
	err = ui_slurp(path, max, &data, &len);
	if (err == -ENOMEM)
		return ui_no_memory(command);
	if (err) {
		ui_error(command, path, TF_NO_OFFSET, "%s", strerror(-err));
		return UI_INPUT;
	}
	if (looks_like_json(data, len))
		status = load_bytes(&run, data, len, result);
	else
		status = replay_bytes(&run, data, len, result);
	free(data);
	return status;
}
