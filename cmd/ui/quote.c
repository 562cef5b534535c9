/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Strings inside JSON (RFC 8259) and CSV (RFC 4180).
 */
#include "cmd/ui/quote.h"

#include <string.h>

void ui_json_string(FILE *file, const char *text)
{
	putc('"', file);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			fprintf(file, "\\%c", *p);
		else if (*p < 0x20 || *p == 0x7f)
			fprintf(file, "\\u%04x", *p);
		else
			putc(*p < 0x80 ? *p : '?', file);
	}
	putc('"', file);
}

static void put_csv_char(FILE *file, unsigned char c)
{
	if (c == '"')
		putc('"', file);
	putc(c < 0x20 || c >= 0x7f ? '?' : c, file);
}

void ui_csv_string(FILE *file, const char *text)
{
	if (!strpbrk(text, ",\"")) {
		for (const char *p = text; *p; p++)
			put_csv_char(file, (unsigned char)*p);
		return;
	}
	putc('"', file);
	for (const char *p = text; *p; p++)
		put_csv_char(file, (unsigned char)*p);
	putc('"', file);
}
