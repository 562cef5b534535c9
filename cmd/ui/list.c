/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of a result as rows.
 */
#include "cmd/ui/list.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ui/quote.h"
#include "cmd/ui/table.h"
#include "cmd/ui/units.h"
#include "core/result/json.h"

/* One part of a path: a key, then maybe an index. */
static const json_t *step(const json_t *value, const char *part, size_t len)
{
	const char *bracket = memchr(part, '[', len);
	size_t key_len = bracket ? (size_t)(bracket - part) : len;
	char key[64];

	if (key_len >= sizeof(key))
		return NULL;
	memcpy(key, part, key_len);
	key[key_len] = 0;
	value = json_object_get(value, key);
	return bracket ? json_array_get(value, strtoul(bracket + 1, NULL, 10)) : value;
}

static const json_t *follow(const json_t *element, const char *path, size_t len)
{
	const char *end = path + len;

	while (element && path < end) {
		const char *dot = memchr(path, '.', (size_t)(end - path));
		size_t part = dot ? (size_t)(dot - path) : (size_t)(end - path);

		element = step(element, path, part);
		path += part + (dot != NULL);
	}
	return element;
}

bool ui_path_number(const json_t *element, const char *path, double *value)
{
	double sum = 0;
	bool is_distance = false;

	if (!*path)
		return false;
	while (*path) {
		size_t len = strcspn(path, "+-");
		const json_t *number = follow(element, path, len);
		double part = json_number_value(number);

		if (json_is_boolean(number))
			part = json_is_true(number);
		else if (!json_is_number(number))
			return false;
		sum = is_distance ? fabs(sum - part) : sum + part;
		is_distance = path[len] == '-';
		path += len + (path[len] != 0);
	}
	*value = sum;
	return true;
}

/* The text that a path leads to, NULL if it is none. */
static const char *path_text(const json_t *element, const char *path, enum ui_cell cell)
{
	const char *text = json_string_value(follow(element, path, strlen(path)));

	if (!text && cell == UI_CELL_SITE) {
		text = km_json_get_text(element, "site");
		if (text && !strcmp(text, "0x0")) /* nobody knows who called */
			text = NULL;
	}
	return text && text[0] ? text : NULL;
}

void ui_number_text(double value, enum ui_cell cell, char *buf, size_t len)
{
	char unit[UI_UNIT_LEN];

	switch (cell) {
	case UI_CELL_BYTES:
		snprintf(buf, len, "%s", ui_format_size(value, unit));
		break;
	case UI_CELL_BYTE_SECONDS:
		snprintf(buf, len, "%s s", ui_format_size(value, unit));
		break;
	case UI_CELL_TIME:
		snprintf(buf, len, "%s", ui_format_time(value, unit));
		break;
	case UI_CELL_STAMP:
		snprintf(buf, len, "%.6f", value / 1e9);
		break;
	case UI_CELL_INDEX:
		snprintf(buf, len, "%.3f", value / 1000);
		break;
	case UI_CELL_BOOL:
		snprintf(buf, len, "%s", value != 0 ? "yes" : "no");
		break;
	default:
		snprintf(buf, len, "%.0f", value);
		break;
	}
}

char *ui_cell_text(const json_t *element, const char *path, enum ui_cell cell, char *buf,
		   size_t len)
{
	double value;

	if (cell == UI_CELL_TEXT || cell == UI_CELL_SITE) {
		const char *text = path_text(element, path, cell);

		return ui_clean(text ? text : "-", buf, len);
	}
	if (ui_path_number(element, path, &value))
		ui_number_text(value, cell, buf, len);
	else
		snprintf(buf, len, "-");
	return buf;
}

struct sorted_row {
	const json_t *element;
	size_t index; /* in the result: the order of equals */
	bool has_number;
	double number;
	const char *text; /* "" if there is none */
};

/* Numbers fall, then texts rise, then what has neither. */
static int compare_rows(const void *a, const void *b)
{
	const struct sorted_row *x = a, *y = b;
	int order;

	if (x->has_number != y->has_number)
		return x->has_number ? -1 : 1;
	if (x->has_number && x->number != y->number)
		return x->number < y->number ? 1 : -1;
	order = strcmp(x->text, y->text);
	if (order)
		return order;
	return x->index < y->index ? -1 : x->index > y->index;
}

int ui_rows_init(struct ui_rows *rows, const struct ui_list *list, const json_t *array,
		 const char *sort, size_t top)
{
	size_t nr = json_array_size(array);
	struct sorted_row *sorted = calloc(nr ? nr : 1, sizeof(*sorted));

	rows->rows = calloc(nr ? nr : 1, sizeof(*rows->rows));
	rows->nr = rows->nr_all = nr;
	if (!sorted || !rows->rows) {
		free(sorted);
		ui_rows_release(rows);
		return -ENOMEM;
	}
	if (!sort)
		sort = list->sort;
	for (size_t i = 0; i < nr; i++) {
		struct sorted_row *row = &sorted[i];
		const char *text;

		row->element = json_array_get(array, i);
		row->index = i;
		row->has_number = sort && ui_path_number(row->element, sort, &row->number);
		text = sort ? path_text(row->element, sort,
					strcmp(sort, "symbol") ? UI_CELL_TEXT : UI_CELL_SITE)
			    : NULL;
		row->text = text ? text : "";
	}
	qsort(sorted, nr, sizeof(*sorted), compare_rows);
	for (size_t i = 0; i < nr; i++)
		rows->rows[i] = sorted[i].element;
	if (top && top < nr)
		rows->nr = top;
	free(sorted);
	return 0;
}

void ui_rows_release(struct ui_rows *rows)
{
	free(rows->rows);
	rows->rows = NULL;
	rows->nr = rows->nr_all = 0;
}

void ui_rows_skip_zero(struct ui_rows *rows, const struct ui_list *list)
{
	double number;

	for (size_t i = 0; i < rows->nr; i++) {
		if (!ui_path_number(rows->rows[i], list->sort, &number) || number != 0)
			continue;
		rows->nr = rows->nr_all = i;
	}
}

bool ui_list_has_column(const struct ui_list *list, const char *path)
{
	for (unsigned int i = 0; i < list->nr_columns; i++) {
		if (!strcmp(list->columns[i].path, path))
			return true;
	}
	return false;
}

void ui_list_columns(const struct ui_list *list, char *buf, size_t len)
{
	buf[0] = 0;
	for (unsigned int i = 0; i < list->nr_columns; i++) {
		size_t used = strlen(buf);

		snprintf(buf + used, len - used, "%s%s", i ? ", " : "", list->columns[i].path);
	}
}

static bool is_text_cell(enum ui_cell cell)
{
	return cell == UI_CELL_TEXT || cell == UI_CELL_SITE || cell == UI_CELL_BOOL;
}

/* The columns that a table shows, and how. */
static unsigned int shown_columns(const struct ui_list *list, struct ui_column *columns)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < list->nr_columns; i++) {
		const struct ui_list_column *column = &list->columns[i];

		if (!column->title)
			continue;
		columns[nr].title = column->title;
		columns[nr].flags = is_text_cell(column->cell) ? UI_LEFT | UI_ELASTIC : 0;
		nr++;
	}
	return nr;
}

int ui_list_table(const struct ui_list *list, const struct ui_rows *rows, FILE *file,
		  unsigned int indent, unsigned int width)
{
	struct ui_column *columns;
	struct ui_table *table = NULL;
	int err = -ENOMEM;

	if (!rows->nr) {
		fprintf(file, "%*s%s\n", (int)indent, "", list->none);
		return 0;
	}
	columns = calloc(list->nr_columns, sizeof(*columns));
	if (columns)
		table = ui_table_new(columns, shown_columns(list, columns));
	if (!table)
		goto out;
	for (size_t row = 0; row < rows->nr; row++) {
		for (unsigned int i = 0; i < list->nr_columns; i++) {
			const struct ui_list_column *column = &list->columns[i];
			char text[300];

			if (column->title)
				ui_table_add(table, ui_cell_text(rows->rows[row], column->path,
								 column->cell, text, sizeof(text)));
		}
	}
	err = ui_table_print(table, file, indent, width);
	if (!err && rows->nr < rows->nr_all)
		fprintf(file, "%*s... and %zu more\n", (int)indent, "", rows->nr_all - rows->nr);
out:
	ui_table_free(table);
	free(columns);
	return err;
}

static void print_csv_cell(const struct ui_list_column *column, const json_t *element, FILE *file)
{
	const json_t *value = follow(element, column->path, strlen(column->path));
	double sum;

	if (json_is_string(value))
		ui_csv_string(file, json_string_value(value));
	else if (json_is_integer(value))
		fprintf(file, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (ui_path_number(element, column->path, &sum))
		fprintf(file, "%.*g", json_is_real(value) ? 6 : 15, sum);
}

void ui_list_csv(const struct ui_list *list, const struct ui_rows *rows, FILE *file)
{
	for (unsigned int i = 0; i < list->nr_columns; i++)
		fprintf(file, "%s%s", i ? "," : "", list->columns[i].path);
	putc('\n', file);
	for (size_t row = 0; row < rows->nr; row++) {
		for (unsigned int i = 0; i < list->nr_columns; i++) {
			if (i)
				putc(',', file);
			print_csv_cell(&list->columns[i], rows->rows[row], file);
		}
		putc('\n', file);
	}
}

json_t *ui_rows_json(const struct ui_rows *rows)
{
	json_t *array = json_array();

	for (size_t i = 0; i < rows->nr; i++) {
		if (json_array_append(array, (json_t *)rows->rows[i])) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}
