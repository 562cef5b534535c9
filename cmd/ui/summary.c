/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The summary: one screen that says what was recorded, how far the model can be
 * trusted, where memory is wasted and what went wrong.
 */
#include "cmd/ui/view.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cmd/ui/lists.h"
#include "cmd/ui/table.h"
#include "cmd/ui/units.h"
#include "core/result/json.h"

#define TOP_ROWS 6
#define PAGE_BYTES 4096

static void print_trace(const struct km_result *result, FILE *file)
{
	const json_t *trace = km_result_get(result, "trace");
	uint64_t lost = km_result_lost(result);
	char a[160], b[64], span[UI_UNIT_LEN];

	fprintf(file, "trace     Linux %s %s, ",
		ui_cell_text(trace, "release", UI_CELL_TEXT, a, sizeof(a)),
		ui_cell_text(trace, "machine", UI_CELL_TEXT, b, sizeof(b)));
	fprintf(file, "%" PRId64 " CPUs; %" PRId64 " events in %s, ",
		km_json_get_int(trace, "cpus", 0), km_json_get_int(trace, "events", 0),
		ui_format_time(km_json_get_real(trace, "duration_ns", 0), span));
	if (lost)
		fprintf(file, "%" PRIu64 " LOST\n", lost);
	else
		fprintf(file, "none lost\n");
	if (km_json_get_text(trace, "command"))
		fprintf(file, "command   %s\n",
			ui_cell_text(trace, "command", UI_CELL_TEXT, a, sizeof(a)));
}

static void print_machine(const struct km_result *result, FILE *file)
{
	const json_t *machine = km_result_get(result, "machine");
	json_t *settings = (json_t *)km_result_get(result, "settings"), *value;
	int64_t nodes = km_json_get_int(machine, "nodes", 0);
	char name[64], memory[UI_UNIT_LEN];
	const char *key;

	fprintf(file, "machine   %s, %" PRId64 " CPUs, %" PRId64 " NUMA node%s, %s, %s start\n",
		ui_cell_text(machine, "name", UI_CELL_TEXT, name, sizeof(name)),
		km_json_get_int(machine, "cpus", 0), nodes, nodes == 1 ? "" : "s",
		ui_format_size(km_json_get_real(machine, "pages", 0) * PAGE_BYTES, memory),
		km_json_get_bool(machine, "warm", false) ? "warm" : "cold");
	if (!json_object_size(settings))
		return;
	fprintf(file, "settings ");
	json_object_foreach (settings, key, value) {
		char text[128];

		fprintf(file, " %s=", ui_clean(key, text, sizeof(text)));
		fputs(ui_clean(json_string_value(value), text, sizeof(text)), file);
	}
	putc('\n', file);
}

static void print_model(const struct km_result *result, FILE *file)
{
	const json_t *fidelity = km_result_get(result, "fidelity");
	char a[32], b[32];

	if (!json_is_object(fidelity)) {
		fprintf(file, "model     error unknown: not the recorded machine, or no "
			      "snapshots\n");
		return;
	}
	fprintf(file, "model     error on the recorded machine: slab pages %s, free pages %s, ",
		ui_percent_text(fidelity, "slab_pages_error_pct", a, sizeof(a)),
		ui_percent_text(fidelity, "free_pages_error_pct", b, sizeof(b)));
	fprintf(file, "vmalloc %s, percpu %s\n",
		ui_percent_text(fidelity, "vmalloc_error_pct", a, sizeof(a)),
		ui_percent_text(fidelity, "percpu_error_pct", b, sizeof(b)));
	fprintf(file, "          of what changed: slab pages %s, free blocks %s\n",
		ui_percent_text(fidelity, "slab_churn_error_pct", a, sizeof(a)),
		ui_percent_text(fidelity, "free_blocks_error_pct", b, sizeof(b)));
	fprintf(file, "          right: kmalloc sizes %s, zones of pages %s\n",
		ui_percent_text(fidelity, "bytes_alloc_match_pct", a, sizeof(a)),
		ui_percent_text(fidelity, "zone_match_pct", b, sizeof(b)));
}

/* Pages as bytes, for people. */
static void pages_text(const struct km_result *result, const char *metric, char *buf, size_t len)
{
	char size[UI_UNIT_LEN];
	int64_t pages;

	if (km_result_metric(result, metric, &pages))
		snprintf(buf, len, "-");
	else
		snprintf(buf, len, "%s", ui_format_size((double)pages * PAGE_BYTES, size));
}

/* What the last point in time says, or "-". */
static void end_text(const struct km_result *result, const char *key, char *buf, size_t len)
{
	const json_t *timeline = km_result_get(result, "timeline");
	size_t nr = json_array_size(timeline);

	ui_cell_text(nr ? json_array_get(timeline, nr - 1) : NULL, key, UI_CELL_BYTES, buf, len);
}

/* One row; end is a metric if it has a dot, else a key of the last point in time. */
static void add_memory(struct ui_table *table, const struct km_result *result, const char *what,
		       const char *peak, const char *end)
{
	char text[64];

	ui_table_add(table, what);
	ui_table_add(table,
		     peak ? ui_metric_text(result, peak, UI_CELL_BYTES, text, sizeof(text)) : NULL);
	if (end && strchr(end, '.'))
		ui_metric_text(result, end, UI_CELL_BYTES, text, sizeof(text));
	else
		end_text(result, end ? end : "", text, sizeof(text));
	ui_table_add(table, text);
}

static int print_memory(const struct km_result *result, FILE *file)
{
	static const struct ui_column columns[] = { { "memory", UI_LEFT },
						    { "peak", 0 },
						    { "end", 0 } };
	struct ui_table *table = ui_table_new(columns, 3);
	char text[64];
	int err;

	if (!table)
		return -ENOMEM;
	add_memory(table, result, "live, allocated in the trace", "live.bytes_peak", "live_bytes");
	add_memory(table, result, "  given but not asked for", "waste.internal_bytes_peak",
		   "waste_internal_bytes");
	ui_table_add(table, "slabs");
	pages_text(result, "slab.pages_peak", text, sizeof(text));
	ui_table_add(table, text);
	pages_text(result, "slab.pages_end", text, sizeof(text));
	ui_table_add(table, text);
	add_memory(table, result, "  free objects", NULL, "waste.slab_partial_bytes_end");
	add_memory(table, result, "vmalloc", "vmalloc.bytes_peak", "vmalloc_bytes");
	add_memory(table, result, "  guards, lazy areas, page tables", "vmalloc.waste_bytes_peak",
		   NULL);
	add_memory(table, result, "percpu", "percpu.bytes_peak", "percpu_bytes");
	add_memory(table, result, "  populated and free", "percpu.waste_bytes_peak", NULL);
	err = ui_table_print(table, file, 0, 0);
	ui_table_free(table);
	if (err)
		return err;
	pages_text(result, "page.free_pages_min", text, sizeof(text));
	fprintf(file, "free memory fell to %s; ", text);
	ui_metric_text(result, "page.unusable_index_order9_max", UI_CELL_INDEX, text, sizeof(text));
	fprintf(file, "unusable for order 9: %s at worst\n", text);
	return 0;
}

static void print_failures(const struct km_result *result, FILE *file)
{
	const json_t *fidelity = km_result_get(result, "fidelity");
	char total[24], high[24], atomic[24], host[24];

	fprintf(file,
		"failures    %s in the model (%s of order 3 and more, %s atomic), %s on the "
		"host\n",
		ui_metric_text(result, "fail.total", UI_CELL_COUNT, total, sizeof(total)),
		ui_metric_text(result, "fail.order_ge_3", UI_CELL_COUNT, high, sizeof(high)),
		ui_metric_text(result, "fail.atomic", UI_CELL_COUNT, atomic, sizeof(atomic)),
		ui_cell_text(fidelity, "failures_real", UI_CELL_COUNT, host, sizeof(host)));
}

static void print_misuse(const struct km_result *result, FILE *file)
{
	const json_t *misuse = km_result_get(result, "misuse");
	char total[24];

	fprintf(file, "misuse      %s errors and warnings",
		ui_metric_text(result, "misuse.total", UI_CELL_COUNT, total, sizeof(total)));
	for (size_t i = 0; i < json_array_size(misuse); i++) {
		const json_t *finding = json_array_get(misuse, i);
		char severity[8], rule[64];

		fprintf(file, "; %s %s %" PRId64,
			ui_cell_text(finding, "severity", UI_CELL_TEXT, severity, sizeof(severity)),
			ui_cell_text(finding, "rule", UI_CELL_TEXT, rule, sizeof(rule)),
			km_json_get_int(finding, "count", 0));
	}
	putc('\n', file);
}

/* The largest of those that only grew; the rest may be caches that fill up. */
static void print_leaks(const struct km_result *result, FILE *file)
{
	const json_t *leaks = km_result_get(result, "leaks");
	char text[64], site[160];

	fprintf(file, "leaks       %s at call sites that only grew",
		ui_metric_text(result, "leak.suspect_bytes", UI_CELL_BYTES, text, sizeof(text)));
	for (size_t i = 0; i < json_array_size(leaks); i++) {
		const json_t *leak = json_array_get(leaks, i);

		if (!km_json_get_bool(leak, "suspect", false))
			continue;
		fprintf(file, ", first of all %s",
			ui_cell_text(leak, "symbol", UI_CELL_SITE, site, sizeof(site)));
		break;
	}
	putc('\n', file);
}

static bool is_explained(const char *divergence)
{
	return !strcmp(divergence, "warm_free") || !strcmp(divergence, "split_free") ||
	       !strcmp(divergence, "doubled");
}

/* What trace and model did not agree on: what is explained apart from what is not. */
static void print_divergences(const struct km_result *result, FILE *file)
{
	const json_t *events = km_result_get(result, "events");
	json_t *divergence = json_object_get(events, "divergence"), *value;
	bool explained = false;
	const char *key, *separator = ":";
	char name[64];

	fprintf(file, "divergence  %" PRId64 " of %" PRId64 " events",
		km_json_get_int(divergence, "total", 0), km_json_get_int(events, "replayed", 0));
	for (unsigned int pass = 0; pass < 2; pass++) {
		json_object_foreach (divergence, key, value) {
			if (!strcmp(key, "total") || is_explained(key) != explained ||
			    !json_integer_value(value))
				continue;
			fprintf(file, "%s %" JSON_INTEGER_FORMAT " %s", separator,
				json_integer_value(value), ui_clean(key, name, sizeof(name)));
			separator = ",";
		}
		explained = true;
		separator = "; explained and not counted:";
	}
	putc('\n', file);
}

int ui_summary_text(const struct ui_view *view, const struct km_result *result,
		    const struct ui_view_options *options, FILE *file)
{
	size_t top = options->top ? options->top : TOP_ROWS;
	int err;

	(void)view;
	print_trace(result, file);
	print_machine(result, file);
	print_model(result, file);
	putc('\n', file);
	err = print_memory(result, file);
	if (err)
		return err;
	err = ui_view_table("\nwaste by call site, at its peak", &ui_site_waste_list,
			    km_result_get(result, "call_sites"), NULL, top, file, options->width);
	if (err)
		return err;
	err = ui_view_table("\nwaste by cache, at the end", &ui_cache_waste_list,
			    km_result_get(result, "caches"), NULL, top, file, options->width);
	if (err)
		return err;
	putc('\n', file);
	print_failures(result, file);
	print_misuse(result, file);
	print_leaks(result, file);
	print_divergences(result, file);
	return 0;
}
