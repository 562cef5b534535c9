/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of views, and the three formats that all of them share.
 */
#include "cmd/ui/view.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cmd/ui/lists.h"
#include "cmd/ui/quote.h"
#include "core/result/json.h"

static const struct ui_view views[] = {
	{ "summary", NULL, 0, ui_summary_text, { "machine", "settings", "metrics", "fidelity" } },
	{ "waste", &ui_site_waste_list, 20, ui_waste_text, { "metrics", "call_sites", "caches" } },
	{ "caches", &ui_cache_list, 40, NULL, { "caches" } },
	{ "call-sites", &ui_site_list, 40, NULL, { "call_sites" } },
	{ "zones", &ui_zone_list, 0, ui_zones_text, { "zones" } },
	{ "failures", &ui_failure_list, 20, ui_failures_text, { "failures" } },
	{ "misuse", &ui_misuse_list, 0, ui_misuse_text, { "misuse" } },
	{ "leaks", &ui_leak_list, 40, NULL, { "leaks" } },
	{ "fidelity", NULL, 0, ui_fidelity_text, { "fidelity" } },
	{ "timeline", &ui_timeline_list, 0, NULL, { "timeline" } },
};
#define NR_VIEWS (sizeof(views) / sizeof(views[0]))

const struct ui_view *ui_view_at(unsigned int index)
{
	return index < NR_VIEWS ? &views[index] : NULL;
}

const struct ui_view *ui_view_find(const char *name)
{
	for (unsigned int i = 0; i < NR_VIEWS; i++) {
		if (!strcmp(views[i].name, name))
			return &views[i];
	}
	return NULL;
}

void ui_trace_warning(const json_t *trace, unsigned int warnings, char *buf, size_t len)
{
	int64_t lost = km_json_get_int(trace, "lost", 0);
	double events = km_json_get_real(trace, "events", 0);
	int64_t damaged = km_json_get_int(trace, "damaged_blocks", 0);
	size_t used = 0;

	buf[0] = 0;
	if (warnings & UI_WARN_LOSS && lost > 0)
		used = (size_t)snprintf(buf, len,
					"%" PRId64 " events were lost (%.3g %%): figures are too "
					"low\n",
					lost, 100 * (double)lost / (events + (double)lost));
	if (!(warnings & UI_WARN_DAMAGE) || km_json_get_bool(trace, "complete", false))
		return;
	if (damaged > 0)
		snprintf(buf + used, len - used,
			 "%" PRId64 " damaged block%s of the trace left out\n", damaged,
			 damaged == 1 ? "" : "s");
	else
		snprintf(buf + used, len - used,
			 "the trace is incomplete: it ends with its last whole block\n");
}

static void print_warning(const struct km_result *result, FILE *file)
{
	char lines[300];

	ui_trace_warning(km_result_get(result, "trace"), UI_WARN_LOSS | UI_WARN_DAMAGE, lines,
			 sizeof(lines));
	for (char *line = lines, *end; (end = strchr(line, '\n')); line = end + 1)
		fprintf(file, "WARNING: %.*s\n", (int)(end - line), line);
}

char *ui_metric_text(const struct km_result *result, const char *name, enum ui_cell cell, char *buf,
		     size_t len)
{
	int64_t value;

	if (km_result_metric(result, name, &value))
		snprintf(buf, len, "-");
	else
		ui_number_text((double)value, cell, buf, len);
	return buf;
}

char *ui_percent_text(const json_t *object, const char *key, char *buf, size_t len)
{
	double value;

	if (!ui_path_number(object, key, &value))
		snprintf(buf, len, "-");
	else if (value >= 999.5)
		snprintf(buf, len, "%.0f %%", value);
	else
		snprintf(buf, len, "%.3g %%", value);
	return buf;
}

int ui_view_table(const char *heading, const struct ui_list *list, const json_t *array,
		  const char *sort, size_t top, FILE *file, unsigned int width)
{
	struct ui_rows rows;
	int err = ui_rows_init(&rows, list, array, sort, top);

	if (err)
		return err;
	if (list->skip_zero && !sort)
		ui_rows_skip_zero(&rows, list);
	if (heading)
		fprintf(file, "%s\n", heading);
	err = ui_list_table(list, &rows, file, heading ? 2 : 0, width);
	ui_rows_release(&rows);
	return err;
}

static int print_text(const struct ui_view *view, const struct km_result *result,
		      const struct ui_view_options *options, FILE *file)
{
	print_warning(result, file);
	if (view->text)
		return view->text(view, result, options, file);
	return ui_view_table(NULL, view->list, km_result_get(result, view->list->key),
			     options->sort, options->top ? options->top : view->top, file,
			     options->width);
}

/* One key of the result; the view's list as --sort and --top want it. */
static json_t *view_value(const struct ui_view *view, const struct km_result *result,
			  const char *key, const struct ui_view_options *options)
{
	const json_t *value = km_result_get(result, key);
	struct ui_rows rows;
	json_t *array;

	if (!view->list || strcmp(view->list->key, key) != 0)
		return json_incref((json_t *)value);
	if (ui_rows_init(&rows, view->list, value, options->sort, options->top))
		return NULL;
	array = ui_rows_json(&rows);
	ui_rows_release(&rows);
	return array;
}

static int print_json(const struct ui_view *view, const struct km_result *result,
		      const struct ui_view_options *options, FILE *file)
{
	static const char *const head[] = { "schema", "trace", "events" };
	struct km_json_out out = { 0 };
	json_t *root = json_object();

	for (unsigned int i = 0; i < 3; i++)
		km_json_set(&out, root, head[i],
			    json_incref((json_t *)km_result_get(result, head[i])));
	for (unsigned int i = 0; i < 4 && view->keys[i]; i++)
		km_json_set(&out, root, view->keys[i],
			    view_value(view, result, view->keys[i], options));
	if (!out.err && !json_dumpf(root, file, KM_JSON_FLAGS))
		putc('\n', file);
	json_decref(root);
	return out.err;
}

/* The plain values of an object, a line each. */
static void print_csv_object(const char *heading, const json_t *object, FILE *file)
{
	const char *key;
	json_t *value;

	fprintf(file, "%s,value\n", heading);
	json_object_foreach ((json_t *)object, key, value) {
		if (json_is_array(value) || json_is_object(value))
			continue;
		ui_csv_string(file, key);
		putc(',', file);
		if (json_is_integer(value))
			fprintf(file, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		else if (json_is_real(value))
			fprintf(file, "%.6g", json_real_value(value));
		else if (json_is_string(value))
			ui_csv_string(file, json_string_value(value));
		putc('\n', file);
	}
}

static int print_csv(const struct ui_view *view, const struct km_result *result,
		     const struct ui_view_options *options, FILE *file)
{
	struct ui_rows rows;

	if (!view->list) {
		bool is_summary = !strcmp(view->name, "summary");

		print_csv_object(is_summary ? "metric" : "fidelity",
				 km_result_get(result, is_summary ? "metrics" : "fidelity"), file);
		return 0;
	}
	if (ui_rows_init(&rows, view->list, km_result_get(result, view->list->key), options->sort,
			 options->top))
		return -ENOMEM;
	ui_list_csv(view->list, &rows, file);
	ui_rows_release(&rows);
	return 0;
}

int ui_view_print(const struct ui_view *view, const struct km_result *result,
		  const struct ui_view_options *options, FILE *file)
{
	switch (options->format) {
	case UI_FORMAT_JSON:
		return print_json(view, result, options, file);
	case UI_FORMAT_CSV:
		return print_csv(view, result, options, file);
	default:
		return print_text(view, result, options, file);
	}
}
