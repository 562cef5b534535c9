/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text tables: cells are gathered first, because the widest one decides.
 */
#include "cmd/ui/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define GAP 2
#define MIN_ELASTIC 16 /* an elastic column is never cut below this */

struct ui_table {
	unsigned int nr_columns;
	struct ui_column *columns;
	size_t nr_cells, max_cells;
	char **cells; /* nr_cells, owned */
	int err;
};

struct ui_table *ui_table_new(const struct ui_column *columns, unsigned int nr_columns)
{
	struct ui_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->columns = malloc(nr_columns * sizeof(*columns));
	if (!table->columns) {
		free(table);
		return NULL;
	}
	memcpy(table->columns, columns, nr_columns * sizeof(*columns));
	table->nr_columns = nr_columns;
	return table;
}

void ui_table_free(struct ui_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->nr_cells; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table->columns);
	free(table);
}

void ui_table_add(struct ui_table *table, const char *text)
{
	char *copy;

	if (table->err)
		return;
	if (table->nr_cells == table->max_cells) {
		size_t max = table->max_cells ? 2 * table->max_cells : 64;
		char **grown = realloc(table->cells, max * sizeof(*grown));

		if (!grown) {
			table->err = -ENOMEM;
			return;
		}
		table->cells = grown;
		table->max_cells = max;
	}
	copy = strdup(text && text[0] ? text : "-");
	if (!copy) {
		table->err = -ENOMEM;
		return;
	}
	table->cells[table->nr_cells++] = copy;
}

void ui_table_addf(struct ui_table *table, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ui_table_add(table, text);
}

static unsigned int total_width(const unsigned int *widths, unsigned int nr)
{
	unsigned int total = GAP * (nr - 1);

	for (unsigned int i = 0; i < nr; i++)
		total += widths[i];
	return total;
}

/* Take what is too much from the elastic columns, the widest first. */
static void squeeze(const struct ui_table *table, unsigned int *widths, unsigned int width)
{
	while (total_width(widths, table->nr_columns) > width) {
		unsigned int *widest = NULL;

		for (unsigned int i = 0; i < table->nr_columns; i++) {
			if (table->columns[i].flags & UI_ELASTIC && widths[i] > MIN_ELASTIC &&
			    (!widest || widths[i] > *widest))
				widest = &widths[i];
		}
		if (!widest)
			return;
		(*widest)--;
	}
}

static void print_cell(const struct ui_table *table, FILE *file, unsigned int column,
		       const char *text, unsigned int width)
{
	unsigned int len = (unsigned int)strlen(text);
	bool is_left = table->columns[column].flags & UI_LEFT;
	bool is_last = column + 1 == table->nr_columns;
	bool is_cut = len > width;

	if (is_cut)
		len = width - 2;
	fprintf(file, "%*s%.*s%s", is_left || is_cut ? 0 : (int)(width - len), "", (int)len, text,
		is_cut ? ".." : "");
	if (!is_last)
		fprintf(file, "%*s", GAP + (is_left && !is_cut ? (int)(width - len) : 0), "");
}

static void print_row(const struct ui_table *table, FILE *file, unsigned int indent,
		      char *const *cells, const unsigned int *widths)
{
	fprintf(file, "%*s", (int)indent, "");
	for (unsigned int i = 0; i < table->nr_columns; i++)
		print_cell(table, file, i, cells ? cells[i] : table->columns[i].title, widths[i]);
	fputc('\n', file);
}

int ui_table_print(const struct ui_table *table, FILE *file, unsigned int indent,
		   unsigned int width)
{
	unsigned int *widths = calloc(table->nr_columns, sizeof(*widths));

	if (!widths || table->err) {
		free(widths);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < table->nr_columns; i++)
		widths[i] = (unsigned int)strlen(table->columns[i].title);
	for (size_t i = 0; i < table->nr_cells; i++) {
		unsigned int *column = &widths[i % table->nr_columns];
		size_t len = strlen(table->cells[i]);

		if (len > *column)
			*column = (unsigned int)len;
	}
	if (width)
		squeeze(table, widths, width > indent ? width - indent : 1);
	print_row(table, file, indent, NULL, widths);
	for (size_t i = 0; i + table->nr_columns <= table->nr_cells; i += table->nr_columns)
		print_row(table, file, indent, table->cells + i, widths);
	free(widths);
	return 0;
}

unsigned int ui_terminal_width(FILE *file)
{
	struct winsize size;

	if (!isatty(fileno(file)) || ioctl(fileno(file), TIOCGWINSZ, &size))
		return 0;
	return size.ws_col;
}
