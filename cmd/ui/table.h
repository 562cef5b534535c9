/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text tables.
 *
 *   cache          objsize  slabs      free     waste
 *   kmalloc-64          64    120  3.21 KiB  1.02 MiB
 *
 * Columns are as wide as their widest cell, with two blanks between them; the last
 * column has no trailing blanks.  Cells are ASCII (ui_clean() what came from a
 * file).  On a terminal an elastic column gives way so that a row fits.
 */
#ifndef CMD_UI_TABLE_H
#define CMD_UI_TABLE_H

#include <stdio.h>

enum ui_column_flags {
	UI_LEFT = 1 << 0,    /* text; without it right-aligned: numbers */
	UI_ELASTIC = 1 << 1, /* may be cut, its end replaced by ".." */
};

struct ui_column {
	const char *title; /* outlives the table */
	unsigned int flags;
};

struct ui_table;

/* NULL: out of memory. columns are copied. */
struct ui_table *ui_table_new(const struct ui_column *columns, unsigned int nr_columns);
void ui_table_free(struct ui_table *table);
/* The next cell, row by row; "" and NULL print as "-".  Copied.  Trouble is kept for print. */
void ui_table_add(struct ui_table *table, const char *text);
void ui_table_addf(struct ui_table *table, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* indent blanks before every row; width 0: no limit.  0 or -ENOMEM. */
int ui_table_print(const struct ui_table *table, FILE *file, unsigned int indent,
		   unsigned int width);

/* Columns of the terminal that file is, 0 if it is none. */
unsigned int ui_terminal_width(FILE *file);

#endif
