/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a command ends, and the one way to complain.
 *
 * Every message is one line on stderr:  kmemtool: COMMAND: FILE: offset N: reason
 */
#ifndef CMD_UI_STATUS_H
#define CMD_UI_STATUS_H

#include <stdint.h>
#include <stdio.h>

#include "tracefmt/error.h"

/* Exit status of every command. */
enum ui_status {
	UI_DONE = 0,
	UI_NO = 1, /* done, and the answer is no: a gate crossed, a file damaged, too much loss */
	UI_USAGE = 2, /* the command line cannot be obeyed */
	UI_INPUT = 3, /* the input is damaged or incomplete; what could be read was used */
	UI_HOST = 4,  /* the host cannot do it, or the output cannot be written */
};

/* file NULL and offset TF_NO_OFFSET are left out; "-" is printed as what it stands for. */
void ui_error(const char *command, const char *file, uint64_t offset, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* A usage error: the reason, and where to read on.  Returns UI_USAGE. */
int ui_usage_error(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What tracefmt complained of when reading; returns UI_INPUT, or UI_HOST when memory ran out. */
int ui_input_error(const char *command, const char *file, int code, const struct tf_error *err);
/* Out of memory: returns UI_HOST. */
int ui_no_memory(const char *command);

/*
 * Output.  path NULL or "-" is standard output.  Open returns NULL after a message;
 * close flushes, and returns status, or UI_HOST after a message if a byte was not written.
 */
FILE *ui_output_open(const char *command, const char *path);
int ui_output_close(const char *command, const char *path, FILE *file, int status);
/* The last act of main(): status, or UI_HOST after a message if standard output took less than all.
 */
int ui_finish(const char *command, int status);

#endif
