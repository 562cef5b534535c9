/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>
#include <string.h>

#include "cmd/ui/list.h"
#include "cmd/ui/table.h"
#include "tests/unit/suite.h"

static char *print(const struct ui_table *table, unsigned int indent, unsigned int width)
{
	char *out = NULL;
	size_t len;
	FILE *file = open_memstream(&out, &len);

	ck_assert_int_eq(ui_table_print(table, file, indent, width), 0);
	fclose(file);
	return out;
}

static struct ui_table *make_table(void)
{
	static const struct ui_column columns[] = {
		{ "name", UI_LEFT | UI_ELASTIC },
		{ "n", 0 },
		{ "what", UI_LEFT },
	};
	struct ui_table *table = ui_table_new(columns, 3);

	ui_table_add(table, "kmalloc-64");
	ui_table_addf(table, "%d", 12345);
	ui_table_add(table, "a");
	ui_table_add(table, NULL);
	ui_table_add(table, "7");
	ui_table_add(table, "");
	ui_table_add(table, "a name that is rather long");
	ui_table_add(table, "-1");
	ui_table_add(table, "last");
	return table;
}

START_TEST(aligns)
{
	struct ui_table *table = make_table();
	char *text = print(table, 2, 0);

	ck_assert_str_eq(text, "  name                            n  what\n"
			       "  kmalloc-64                  12345  a\n"
			       "  -                               7  -\n"
			       "  a name that is rather long     -1  last\n");
	free(text);
	ui_table_free(table);
}
END_TEST

/* Only the elastic column gives way, and only down to sixteen characters. */
START_TEST(squeezes)
{
	struct ui_table *table = make_table();
	char *text = print(table, 0, 30);

	ck_assert_str_eq(text, "name                   n  what\n"
			       "kmalloc-64         12345  a\n"
			       "-                      7  -\n"
			       "a name that is ..     -1  last\n");
	free(text);
	text = print(table, 0, 10);
	ck_assert_str_eq(text, "name                  n  what\n"
			       "kmalloc-64        12345  a\n"
			       "-                     7  -\n"
			       "a name that is..     -1  last\n");
	free(text);
	ui_table_free(table);
}
END_TEST

START_TEST(header_alone)
{
	static const struct ui_column columns[] = { { "only", 0 } };
	struct ui_table *table = ui_table_new(columns, 1);
	char *text = print(table, 0, 0);

	ck_assert_str_eq(text, "only\n");
	free(text);
	ui_table_free(table);
}
END_TEST

static const struct ui_list_column columns[] = {
	{ "symbol", "site", UI_CELL_SITE },
	{ "bytes", "bytes", UI_CELL_BYTES },
	{ "deep.list[1]", "deep", UI_CELL_COUNT },
	{ "flag", NULL, UI_CELL_BOOL },
};
static const struct ui_list list = { "rows", "bytes", "no row", 4, columns, true };

static json_t *rows_json(void)
{
	return json_loads(
		"[{\"symbol\": \"b+0x1\", \"bytes\": 5, \"deep\": {\"list\": [1, 2]}},"
		" {\"symbol\": null, \"site\": \"0x99\", \"bytes\": 2048, \"flag\": true},"
		" {\"symbol\": \"a,b\", \"bytes\": null},"
		" {\"symbol\": \"zero\", \"site\": \"0x0\", \"bytes\": 0},"
		" {\"symbol\": null, \"site\": \"0x0\", \"bytes\": 5}]",
		0, NULL);
}

static char *table_of(const struct ui_rows *rows)
{
	char *out = NULL;
	size_t len;
	FILE *file = open_memstream(&out, &len);

	ck_assert_int_eq(ui_list_table(&list, rows, file, 0, 0), 0);
	fclose(file);
	return out;
}

/* Numbers fall, equals stay as they were, no data comes last and is no 0. */
START_TEST(sorts)
{
	json_t *array = rows_json();
	struct ui_rows rows;
	char *text;

	ck_assert_int_eq(ui_rows_init(&rows, &list, array, NULL, 0), 0);
	text = table_of(&rows);
	ck_assert_str_eq(text, "site      bytes  deep\n"
			       "0x99   2.00 KiB     -\n"
			       "b+0x1       5 B     2\n"
			       "-           5 B     -\n"
			       "zero        0 B     -\n"
			       "a,b           -     -\n");
	free(text);
	ui_rows_skip_zero(&rows, &list);
	ck_assert_uint_eq(rows.nr, 3);
	ui_rows_release(&rows);

	ck_assert_int_eq(ui_rows_init(&rows, &list, array, "symbol", 2), 0);
	text = table_of(&rows);
	ck_assert_str_eq(text, "site     bytes  deep\n"
			       "-          5 B     -\n"
			       "0x99  2.00 KiB     -\n"
			       "... and 3 more\n");
	free(text);
	ui_rows_release(&rows);
	json_decref(array);
}
END_TEST

START_TEST(csv)
{
	json_t *array = rows_json();
	struct ui_rows rows;
	char *out = NULL;
	size_t len;
	FILE *file = open_memstream(&out, &len);

	ck_assert_int_eq(ui_rows_init(&rows, &list, array, NULL, 3), 0);
	ui_list_csv(&list, &rows, file);
	fclose(file);
	ck_assert_str_eq(out, "symbol,bytes,deep.list[1],flag\n"
			      ",2048,,1\n"
			      "b+0x1,5,2,\n"
			      ",5,,\n");
	free(out);
	ui_rows_release(&rows);
	json_decref(array);
}
END_TEST

START_TEST(paths)
{
	json_t *array = rows_json();
	const json_t *first = json_array_get(array, 0);
	double value;

	ck_assert(ui_path_number(first, "bytes+deep.list[0]", &value));
	ck_assert_double_eq(value, 6);
	ck_assert(ui_path_number(first, "deep.list[0]-bytes", &value));
	ck_assert_double_eq(value, 4); /* a distance */
	ck_assert(!ui_path_number(first, "", &value));
	ck_assert(!ui_path_number(first, "bytes+nothing", &value));
	ck_assert(!ui_path_number(first, "deep.list[2]", &value));
	ck_assert(!ui_path_number(first, "symbol", &value));
	ck_assert(!ui_path_number(NULL, "bytes", &value));
	ck_assert(ui_list_has_column(&list, "bytes"));
	ck_assert(!ui_list_has_column(&list, "site"));
	json_decref(array);
}
END_TEST

START_TEST(empty)
{
	json_t *array = json_array();
	struct ui_rows rows;
	char *text;

	ck_assert_int_eq(ui_rows_init(&rows, &list, array, NULL, 5), 0);
	text = table_of(&rows);
	ck_assert_str_eq(text, "no row\n");
	free(text);
	ui_rows_release(&rows);
	ck_assert_int_eq(ui_rows_init(&rows, &list, NULL, NULL, 5), 0);
	ck_assert_uint_eq(rows.nr, 0);
	ui_rows_release(&rows);
	json_decref(array);
}
END_TEST

RUN_SUITE("cmd/ui/table", aligns, squeezes, header_alone, sorts, csv, paths, empty)
