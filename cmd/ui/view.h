/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The views of a result: what report shows.
 *
 * Every view says first when events were lost or the trace was not complete; in
 * CSV, which has no place for it, the caller must say it elsewhere (ui_trace_warning()).
 */
#ifndef CMD_UI_VIEW_H
#define CMD_UI_VIEW_H

#include <stdio.h>

#include "cmd/ui/list.h"
#include "core/result/result.h"

enum ui_format {
	UI_FORMAT_TEXT,
	UI_FORMAT_JSON,
	UI_FORMAT_CSV,
};

struct ui_view_options {
	const char *sort; /* NULL: the view's own order */
	size_t top;	  /* rows; 0: the view's own number in text, all in JSON and CSV */
	enum ui_format format;
	unsigned int width; /* of the screen, 0: no limit */
};

struct ui_view {
	const char *name;
	const struct ui_list *list; /* that --sort and --top work on; NULL: none */
	size_t top;		    /* rows in text by default */
	/* NULL: the list as a table.  0 or -ENOMEM. */
	int (*text)(const struct ui_view *view, const struct km_result *result,
		    const struct ui_view_options *options, FILE *file);
	const char *keys[4]; /* JSON: these keys of the result, sorted where it is the list */
};

/* NULL if there is none of that name. */
const struct ui_view *ui_view_find(const char *name);
/* By index, NULL at the end. */
const struct ui_view *ui_view_at(unsigned int index);

/* 0 or -ENOMEM; trouble of the file is left to ui_output_close(). */
int ui_view_print(const struct ui_view *view, const struct km_result *result,
		  const struct ui_view_options *options, FILE *file);
enum ui_warning {
	UI_WARN_LOSS = 1 << 0,
	UI_WARN_DAMAGE = 1 << 1,
};
/* What a reader must know before figures from that trace, one line each; "" if nothing. */
void ui_trace_warning(const json_t *trace, unsigned int warnings, char *buf, size_t len);

/* Views with a text of their own, one file each. */
int ui_summary_text(const struct ui_view *view, const struct km_result *result,
		    const struct ui_view_options *options, FILE *file);
int ui_waste_text(const struct ui_view *view, const struct km_result *result,
		  const struct ui_view_options *options, FILE *file);
int ui_zones_text(const struct ui_view *view, const struct km_result *result,
		  const struct ui_view_options *options, FILE *file);
int ui_failures_text(const struct ui_view *view, const struct km_result *result,
		     const struct ui_view_options *options, FILE *file);
int ui_misuse_text(const struct ui_view *view, const struct km_result *result,
		   const struct ui_view_options *options, FILE *file);
int ui_fidelity_text(const struct ui_view *view, const struct km_result *result,
		     const struct ui_view_options *options, FILE *file);

/* A metric as text, "-" if the result has it not.  Returns buf. */
char *ui_metric_text(const struct km_result *result, const char *name, enum ui_cell cell, char *buf,
		     size_t len);
/* A percentage of an object, "-" if it has none.  Returns buf. */
char *ui_percent_text(const json_t *object, const char *key, char *buf, size_t len);
/* A table of a list with a heading; top 0: all rows. 0 or -ENOMEM. */
int ui_view_table(const char *heading, const struct ui_list *list, const json_t *array,
		  const char *sort, size_t top, FILE *file, unsigned int width);

#endif
