/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file that a command makes: whole, or not there.
 *
 * It is written beside its place, as OUT.partial and six characters, and renamed when it is
 * whole, so that an OUT that was there stays until then.  What cannot be replaced like that
 * is written directly: standard output, devices, pipes, links to nothing.
 */
#ifndef CMD_UI_OUTPUT_H
#define CMD_UI_OUTPUT_H

#include <stdbool.h>

struct ui_output {
	const char *command, *path; /* the caller's, for messages */
	const char *write_path;	    /* what to write to: partial, or path itself */
	char *partial;		    /* owned; NULL: written directly */
	char *target;		    /* owned; what partial becomes: path, or what that links to */
	bool is_replacing;	    /* target is there */
};

/*
 * Choose what to write to for path ("-" is standard output); a partial file is there
 * afterwards, empty, with mode 0600.  Messages name command and path.  0, to be followed by
 * keep or drop; or a negative errno after a message, and nothing is to be done.
 */
int ui_output_begin(struct ui_output *out, const char *command, const char *path);
/*
 * It is whole, and closed: put it in its place.  0, or a negative errno after a message;
 * then path is as it was.
 */
int ui_output_keep(struct ui_output *out);
/* It is not: path stays as it was, unless it was written directly. */
void ui_output_drop(struct ui_output *out);

#endif
