/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text that /proc files are printed to, and the list of them.
 */
#include "core/page/proc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MIN_CAPACITY 4096

const struct km_proc_file km_proc_files[] = {
	{ "buddyinfo", km_proc_buddyinfo },
	{ "pagetypeinfo", km_proc_pagetypeinfo },
	{ "zoneinfo", km_proc_zoneinfo },
	{ 0 },
};

void km_proc_text_init(struct km_proc_text *text)
{
	*text = (struct km_proc_text){ 0 };
}

void km_proc_text_release(struct km_proc_text *text)
{
	free(text->data);
	km_proc_text_init(text);
}

/* Room for more characters and a NUL. */
static bool reserve(struct km_proc_text *text, size_t more)
{
	size_t capacity = text->capacity ? text->capacity : MIN_CAPACITY;
	char *data;

	while (capacity - text->len <= more)
		capacity *= 2;
	if (capacity == text->capacity)
		return true;
	data = realloc(text->data, capacity);
	if (!data) {
		text->has_failed = true;
		return false;
	}
	text->data = data;
	text->capacity = capacity;
	return true;
}

void km_proc_print(struct km_proc_text *text, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (text->has_failed || len < 0 || !reserve(text, (size_t)len))
		return;
	va_start(args, format);
	vsnprintf(text->data + text->len, text->capacity - text->len, format, args);
	va_end(args);
	text->len += (size_t)len;
}
