/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Strings inside JSON and CSV, written straight to a file: for output that is too
 * long to be built as a document first.
 */
#ifndef CMD_UI_QUOTE_H
#define CMD_UI_QUOTE_H

#include <stdio.h>

/* "..." with escapes; bytes above 0x7f become '?', so that the output is valid whatever comes. */
void ui_json_string(FILE *file, const char *text);
/* RFC 4180: quoted only where it has to be; control characters become '?'. */
void ui_csv_string(FILE *file, const char *text);

#endif
