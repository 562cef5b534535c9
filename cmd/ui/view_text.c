/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The texts of the views that are more than one table.
 */
#include "cmd/ui/view.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cmd/ui/lists.h"
#include "cmd/ui/table.h"
#include "cmd/ui/units.h"
#include "core/page/page_alloc.h"
#include "core/result/json.h"

static size_t top_of(const struct ui_view *view, const struct ui_view_options *options)
{
	return options->top ? options->top : view->top;
}

int ui_waste_text(const struct ui_view *view, const struct km_result *result,
		  const struct ui_view_options *options, FILE *file)
{
	static const struct {
		const char *metric, *what;
		enum ui_cell cell;
	} lines[] = {
		{ "waste.internal_bytes_peak", "given but not asked for, at its peak",
		  UI_CELL_BYTES },
		{ "waste.internal_byte_seconds", "the same over the whole trace",
		  UI_CELL_BYTE_SECONDS },
		{ "waste.slab_partial_bytes_end", "free objects in slabs at the end",
		  UI_CELL_BYTES },
		{ "vmalloc.waste_bytes_peak", "vmalloc: guards, lazy areas, page tables",
		  UI_CELL_BYTES },
		{ "percpu.waste_bytes_peak", "percpu: populated and free", UI_CELL_BYTES },
	};
	char text[64];
	int err;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		fprintf(file, "%-40s  %12s\n", lines[i].what,
			ui_metric_text(result, lines[i].metric, lines[i].cell, text, sizeof(text)));
	err = ui_view_table("\ncall sites", view->list, km_result_get(result, "call_sites"),
			    options->sort, top_of(view, options), file, options->width);
	if (err)
		return err;
	return ui_view_table("\ncaches at the end", &ui_cache_waste_list,
			     km_result_get(result, "caches"), NULL, top_of(view, options), file,
			     options->width);
}

/* One row of the table of orders: a zone's numbers by order, "-" where there are none. */
static void add_orders(struct ui_table *table, const json_t *zone, const char *what,
		       const char *key, enum ui_cell cell)
{
	const json_t *numbers = json_object_get(zone, key);
	char text[40], name[20];

	ui_table_addf(table, "%" PRId64 " %s", km_json_get_int(zone, "node", 0),
		      ui_cell_text(zone, "zone", UI_CELL_TEXT, name, sizeof(name)));
	ui_table_add(table, what);
	for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
		const json_t *number = json_array_get(numbers, order);

		if (!json_is_number(number)) {
			ui_table_add(table, NULL);
			continue;
		}
		ui_number_text(json_number_value(number), cell, text, sizeof(text));
		ui_table_add(table, text);
	}
}

int ui_zones_text(const struct ui_view *view, const struct km_result *result,
		  const struct ui_view_options *options, FILE *file)
{
	static const char *const orders[KM_NR_ORDERS] = { "0", "1", "2", "3", "4", "5",
							  "6", "7", "8", "9", "10" };
	struct ui_column columns[2 + KM_NR_ORDERS] = { { "zone", UI_LEFT }, { "order", UI_LEFT } };
	const json_t *zones = km_result_get(result, "zones");
	struct ui_table *table;
	int err;

	err = ui_view_table(NULL, view->list, zones, options->sort, top_of(view, options), file,
			    options->width);
	if (err)
		return err;
	for (unsigned int i = 0; i < KM_NR_ORDERS; i++)
		columns[2 + i].title = orders[i];
	table = ui_table_new(columns, 2 + KM_NR_ORDERS);
	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(zones); i++) {
		const json_t *zone = json_array_get(zones, i);

		add_orders(table, zone, "free blocks, model", "blocks_end", UI_CELL_COUNT);
		add_orders(table, zone, "free blocks, host", "blocks_real", UI_CELL_COUNT);
		add_orders(table, zone, "unusable index", "unusable_index_end", UI_CELL_INDEX);
	}
	fprintf(file, "\nat the end, by order\n");
	err = ui_table_print(table, file, 2, options->width);
	ui_table_free(table);
	return err;
}

/* The whole explanation, or for want of pages that were not it the reason alone. */
static void print_reason(const json_t *failure, size_t number, FILE *file)
{
	const json_t *lines = json_object_get(failure, "explanation");
	char text[256];

	if (!km_json_get_bool(failure, "model_failed", false))
		return;
	fprintf(file, "  %zu  ", number);
	if (!json_array_size(lines))
		fprintf(file, "%s\n",
			ui_cell_text(failure, "reason", UI_CELL_TEXT, text, sizeof(text)));
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const char *line = json_string_value(json_array_get(lines, i));

		fprintf(file, "%s%s\n", i ? "     " : "",
			ui_clean(line ? line : "", text, sizeof(text)));
	}
}

int ui_failures_text(const struct ui_view *view, const struct km_result *result,
		     const struct ui_view_options *options, FILE *file)
{
	struct ui_rows rows;
	int err = ui_rows_init(&rows, view->list, km_result_get(result, "failures"), options->sort,
			       top_of(view, options));

	if (err)
		return err;
	err = ui_list_table(view->list, &rows, file, 0, options->width);
	if (!err && rows.nr)
		fprintf(file, "\nwhy, row by row (only what the model refused)\n");
	for (size_t i = 0; i < rows.nr && !err; i++)
		print_reason(rows.rows[i], i + 1, file);
	ui_rows_release(&rows);
	return err;
}

int ui_misuse_text(const struct ui_view *view, const struct km_result *result,
		   const struct ui_view_options *options, FILE *file)
{
	struct ui_rows rows;
	int err = ui_rows_init(&rows, view->list, km_result_get(result, "misuse"), options->sort,
			       top_of(view, options));

	if (err)
		return err;
	if (!rows.nr)
		fprintf(file, "%s\n", view->list->none);
	for (size_t i = 0; i < rows.nr && !err; i++) {
		const json_t *finding = rows.rows[i];
		int64_t count = km_json_get_int(finding, "count", 0);
		char severity[8], rule[64], title[200], heading[320];

		snprintf(
			heading, sizeof(heading), "%s%s %s: %s (%" PRId64 " event%s)",
			i ? "\n" : "",
			ui_cell_text(finding, "severity", UI_CELL_TEXT, severity, sizeof(severity)),
			ui_cell_text(finding, "rule", UI_CELL_TEXT, rule, sizeof(rule)),
			ui_cell_text(finding, "title", UI_CELL_TEXT, title, sizeof(title)), count,
			count == 1 ? "" : "s");
		err = ui_view_table(heading, &ui_hit_list, json_object_get(finding, "call_sites"),
				    NULL, 0, file, options->width);
	}
	ui_rows_release(&rows);
	return err;
}

static void print_percent(const json_t *fidelity, const char *key, const char *what, FILE *file)
{
	char text[32];

	fprintf(file, "%-52s  %10s\n", what, ui_percent_text(fidelity, key, text, sizeof(text)));
}

static void print_count(const json_t *fidelity, const char *key, const char *what, FILE *file)
{
	char text[32];

	fprintf(file, "%-52s  %10s\n", what,
		ui_cell_text(fidelity, key, UI_CELL_COUNT, text, sizeof(text)));
}

int ui_fidelity_text(const struct ui_view *view, const struct km_result *result,
		     const struct ui_view_options *options, FILE *file)
{
	const json_t *fidelity = km_result_get(result, "fidelity");

	(void)view;
	if (!json_is_object(fidelity)) {
		fprintf(file, "unknown: the model is not the recorded machine, or the trace has "
			      "no snapshots\n");
		return 0;
	}
	fprintf(file, "error of the model, against the host's closing snapshot\n");
	print_percent(fidelity, "slab_pages_error_pct", "slab pages, of what the host had", file);
	print_percent(fidelity, "free_pages_error_pct", "free pages, of what the host had", file);
	print_percent(fidelity, "vmalloc_error_pct", "vmalloc bytes, of what the host had", file);
	print_percent(fidelity, "percpu_error_pct", "percpu pages, of what the host had", file);
	print_percent(fidelity, "slab_churn_error_pct", "slab pages, of what changed", file);
	print_percent(fidelity, "free_blocks_error_pct", "free blocks, of what changed", file);
	fprintf(file, "\nwhere the model was right, event by event\n");
	print_percent(fidelity, "bytes_alloc_match_pct", "size given by kmalloc", file);
	print_percent(fidelity, "zone_match_pct", "zone of a page allocation", file);
	fprintf(file, "\ncounts\n");
	print_count(fidelity, "slab_pages_start", "slab pages at the start", file);
	print_count(fidelity, "slab_pages_model", "slab pages at the end, model", file);
	print_count(fidelity, "slab_pages_real", "slab pages at the end, host", file);
	print_count(fidelity, "failures_model", "failed requests, model", file);
	print_count(fidelity, "failures_real", "failed requests, host", file);
	print_count(fidelity, "implied_frees", "frees that were not seen", file);
	print_count(fidelity, "implied_allocs", "allocations that were not seen", file);
	return ui_view_table("\ncaches, greatest difference first", &ui_fidelity_cache_list,
			     json_object_get(fidelity, "caches"), NULL,
			     options->top ? options->top : 20, file, options->width);
}
