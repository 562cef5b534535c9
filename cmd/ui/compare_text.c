/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A comparison as tables.  Numbers are exact here: they are what gates are about.
 */
#include "cmd/ui/compare_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "cmd/ui/list.h"
#include "cmd/ui/table.h"
#include "cmd/ui/units.h"
#include "cmd/ui/view.h"
#include "core/result/json.h"

#define TOP_ROWS 10

/* What the figures of one side are worth. */
static void print_warning(const json_t *comparison, const char *side, FILE *file)
{
	char lines[300];

	ui_trace_warning(json_object_get(json_object_get(comparison, side), "trace"),
			 UI_WARN_LOSS | UI_WARN_DAMAGE, lines, sizeof(lines));
	for (char *line = lines, *end; (end = strchr(line, '\n')); line = end + 1)
		fprintf(file, "WARNING: %s: %.*s\n", side, (int)(end - line), line);
}

static void print_settings(const json_t *comparison, const char *side, FILE *file)
{
	const json_t *identity = json_object_get(comparison, side);
	json_t *settings = json_object_get(identity, "settings"), *value;
	const json_t *machine = json_object_get(identity, "machine");
	const char *key;
	char text[128];

	fprintf(file, "%s  %s, %s start", side,
		ui_cell_text(machine, "name", UI_CELL_TEXT, text, sizeof(text)),
		km_json_get_bool(machine, "warm", false) ? "warm" : "cold");
	json_object_foreach (settings, key, value) {
		fprintf(file, ", %s", ui_clean(key, text, sizeof(text)));
		fprintf(file, "=%s", ui_clean(json_string_value(value), text, sizeof(text)));
	}
	putc('\n', file);
}

/* The difference and its share of base; "-" where nothing changed or one side has no number. */
static void add_change(struct ui_table *table, const json_t *base, const json_t *head)
{
	double was = json_number_value(base), is = json_number_value(head);

	if (!json_is_integer(base) || !json_is_integer(head) || json_equal(base, head)) {
		ui_table_add(table, NULL);
		ui_table_add(table, NULL);
		return;
	}
	ui_table_addf(table, "%+.0f", is - was);
	if (was != 0)
		ui_table_addf(table, "%+.2f", 100 * (is - was) / (was < 0 ? -was : was));
	else
		ui_table_add(table, NULL);
}

static void add_number(struct ui_table *table, const json_t *number)
{
	if (json_is_integer(number))
		ui_table_addf(table, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
	else
		ui_table_add(table, NULL);
}

static int print_metrics(const json_t *metrics, FILE *file, unsigned int width)
{
	static const struct ui_column columns[] = {
		{ "metric", UI_LEFT }, { "base", 0 }, { "head", 0 }, { "change", 0 }, { "in %", 0 },
	};
	struct ui_table *table = ui_table_new(columns, 5);
	int err;

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(metrics); i++) {
		const json_t *metric = json_array_get(metrics, i);
		const json_t *base = json_object_get(metric, "base");
		const json_t *head = json_object_get(metric, "head");
		char name[80];

		ui_table_add(table,
			     ui_cell_text(metric, "metric", UI_CELL_TEXT, name, sizeof(name)));
		add_number(table, base);
		add_number(table, head);
		add_change(table, base, head);
	}
	err = ui_table_print(table, file, 0, width);
	ui_table_free(table);
	return err;
}

static int print_gates(const json_t *gates, FILE *file, unsigned int width)
{
	static const struct ui_column columns[] = {
		{ "gate", UI_LEFT }, { "base", 0 },	     { "head", 0 },
		{ "bound", 0 },	     { "verdict", UI_LEFT },
	};
	struct ui_table *table;
	int err;

	if (!json_array_size(gates))
		return 0;
	table = ui_table_new(columns, 5);
	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(gates); i++) {
		const json_t *gate = json_array_get(gates, i);
		char text[140];

		ui_table_add(table, ui_cell_text(gate, "gate", UI_CELL_TEXT, text, sizeof(text)));
		add_number(table, json_object_get(gate, "base"));
		add_number(table, json_object_get(gate, "head"));
		add_number(table, json_object_get(gate, "bound"));
		ui_table_add(table, km_json_get_bool(gate, "ok", false) ? "ok" : "CROSSED");
	}
	err = ui_table_print(table, file, 0, width);
	ui_table_free(table);
	putc('\n', file);
	return err;
}

static const struct ui_list_column cache_columns[] = {
	{ "name", "cache", UI_CELL_TEXT },
	{ "base.pages_peak", "pages peak", UI_CELL_COUNT },
	{ "head.pages_peak", "head", UI_CELL_COUNT },
	{ "base.pages_end", "pages end", UI_CELL_COUNT },
	{ "head.pages_end", "head", UI_CELL_COUNT },
	{ "base.free_bytes_end", "free", UI_CELL_BYTES },
	{ "head.free_bytes_end", "head", UI_CELL_BYTES },
};

static const struct ui_list_column site_columns[] = {
	{ "symbol", "call site", UI_CELL_TEXT },
	{ "kind", "kind", UI_CELL_TEXT },
	{ "base.live_bytes_peak", "live peak", UI_CELL_BYTES },
	{ "head.live_bytes_peak", "head", UI_CELL_BYTES },
	{ "base.waste_bytes_peak", "waste peak", UI_CELL_BYTES },
	{ "head.waste_bytes_peak", "head", UI_CELL_BYTES },
	{ "base.allocs", "allocs", UI_CELL_COUNT },
	{ "head.allocs", "head", UI_CELL_COUNT },
};

static const struct ui_list lists[] = {
	{ "caches", NULL, "no cache changed", 7, cache_columns, false },
	{ "call_sites", NULL, "no call site changed", 8, site_columns, false },
};

int ui_compare_text(const json_t *comparison, FILE *file, unsigned int width)
{
	static const char *const headings[] = { "caches that changed most",
						"call sites that changed most" };
	int err;

	print_warning(comparison, "base", file);
	print_warning(comparison, "head", file);
	print_settings(comparison, "base", file);
	print_settings(comparison, "head", file);
	if (!km_json_get_bool(comparison, "same_trace", false))
		fprintf(file, "base and head are of different traces\n");
	putc('\n', file);
	err = print_gates(json_object_get(comparison, "gates"), file, width);
	if (!err)
		err = print_metrics(json_object_get(comparison, "metrics"), file, width);
	for (unsigned int i = 0; i < 2 && !err; i++) {
		struct ui_rows rows;

		err = ui_rows_init(&rows, &lists[i], json_object_get(comparison, lists[i].key),
				   NULL, TOP_ROWS);
		if (err)
			break;
		fprintf(file, "\n%s\n", headings[i]);
		err = ui_list_table(&lists[i], &rows, file, 2, width);
		ui_rows_release(&rows);
	}
	return err;
}
