/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages and the end of a command.
 *
 * A write that failed leaves its reason in errno; nothing between the write and
 * the check here may lose it, which is why commands that print much stop as soon as
 * ferror() says so.
 */
#include "cmd/ui/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

static void print_head(const char *command, const char *file, const char *dash)
{
	fputs("kmemtool: ", stderr);
	if (command)
		fprintf(stderr, "%s: ", command);
	if (file)
		fprintf(stderr, "%s: ", strcmp(file, "-") ? file : dash);
}

void ui_error(const char *command, const char *file, uint64_t offset, const char *fmt, ...)
{
	va_list args;

	print_head(command, file, "standard input");
	if (offset != TF_NO_OFFSET)
		fprintf(stderr, "offset %" PRIu64 ": ", offset);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

int ui_usage_error(const char *command, const char *fmt, ...)
{
	va_list args;

	print_head(command, NULL, NULL);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, " (see kmemtool %s%s--help)\n", command ? command : "", command ? " " : "");
	return UI_USAGE;
}

int ui_input_error(const char *command, const char *file, int code, const struct tf_error *err)
{
	if (code == -ENOMEM)
		return ui_no_memory(command);
	ui_error(command, file, err->offset, "%s", err->reason[0] ? err->reason : strerror(-code));
	return UI_INPUT;
}

int ui_no_memory(const char *command)
{
	ui_error(command, NULL, TF_NO_OFFSET, "out of memory");
	return UI_HOST;
}

static int output_error(const char *command, const char *path, int code)
{
	print_head(command, path, "standard output");
	fprintf(stderr, "%s\n", code ? strerror(code) : "cannot be written");
	return UI_HOST;
}

FILE *ui_output_open(const char *command, const char *path)
{
	FILE *file;

	if (!path || !strcmp(path, "-"))
		return stdout;
	file = fopen(path, "we");
	if (!file)
		output_error(command, path, errno);
	return file;
}

int ui_output_close(const char *command, const char *path, FILE *file, int status)
{
	bool has_failed;

	if (file == stdout)
		return status;
	has_failed = ferror(file) != 0;
	if (fclose(file) || has_failed)
		return output_error(command, path, errno);
	return status;
}

int ui_finish(const char *command, int status)
{
	if (fflush(stdout) || ferror(stdout))
		return output_error(command, "-", errno);
	return status;
}
