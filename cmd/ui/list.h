/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list of a result (caches, call sites, ...) as rows: sorted, cut, printed.
 *
 * Columns name what they show by a path into the element: "name", "contexts.task",
 * "blocks_end[9]", or several joined by + for their sum, by - for their distance.
 * A path that leads to nothing, or to null, is no data: "-" in a table, empty in CSV,
 * never 0.
 */
#ifndef CMD_UI_LIST_H
#define CMD_UI_LIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum ui_cell {
	UI_CELL_TEXT,
	UI_CELL_SITE, /* symbol, or where there is none the address */
	UI_CELL_COUNT,
	UI_CELL_BYTES,
	UI_CELL_BYTE_SECONDS,
	UI_CELL_TIME,  /* a length of time */
	UI_CELL_STAMP, /* a point in time, in seconds */
	UI_CELL_INDEX, /* thousandths */
	UI_CELL_BOOL,
};

struct ui_list_column {
	const char *path;
	const char *title; /* NULL: in CSV only */
	enum ui_cell cell;
};

struct ui_list {
	const char *key;  /* of the array in the result */
	const char *sort; /* path by default; NULL: as the result has it */
	const char *none; /* what a table says when there is no row */
	unsigned int nr_columns;
	const struct ui_list_column *columns;
	bool skip_zero; /* a table leaves rows out whose sort number is 0 */
};

/* The rows of a list in order; elements are borrowed from the result. */
struct ui_rows {
	size_t nr; /* after the cut */
	size_t nr_all;
	const json_t **rows; /* owned */
};

/* sort NULL: the list's own; numbers fall, texts rise.  top 0: all.  0 or -ENOMEM. */
int ui_rows_init(struct ui_rows *rows, const struct ui_list *list, const json_t *array,
		 const char *sort, size_t top);
void ui_rows_release(struct ui_rows *rows);
/* Leave out the rows from the first on whose sort number (of the list) is 0. */
void ui_rows_skip_zero(struct ui_rows *rows, const struct ui_list *list);

/* Does a path name a column of the list? */
bool ui_list_has_column(const struct ui_list *list, const char *path);
/* The paths, for a message. */
void ui_list_columns(const struct ui_list *list, char *buf, size_t len);

/* 0 or -ENOMEM.  width 0: no limit. */
int ui_list_table(const struct ui_list *list, const struct ui_rows *rows, FILE *file,
		  unsigned int indent, unsigned int width);
void ui_list_csv(const struct ui_list *list, const struct ui_rows *rows, FILE *file);
/* A new array of the rows, NULL: out of memory. */
json_t *ui_rows_json(const struct ui_rows *rows);

/* The number that a path leads to; false if there is none or the path is empty. */
bool ui_path_number(const json_t *element, const char *path, double *value);
/* A number as a cell of that kind. */
void ui_number_text(double value, enum ui_cell cell, char *buf, size_t len);
/* The text of one cell; "-" if there is no data.  Returns buf. */
char *ui_cell_text(const json_t *element, const char *path, enum ui_cell cell, char *buf,
		   size_t len);

#endif
