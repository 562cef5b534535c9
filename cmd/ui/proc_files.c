/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's /proc files, in a directory.
 */
#include "cmd/ui/proc_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/ui/status.h"
#include "core/page/proc.h"

static int write_file(const char *command, const char *path, const struct km_proc_text *text)
{
	FILE *file = ui_output_open(command, path);

	if (!file)
		return UI_HOST;
	fwrite(text->data, 1, text->len, file); /* close finds what could not be written */
	return ui_output_close(command, path, file, UI_DONE);
}

static int print_file(const char *command, const char *dir, const struct km_proc_file *proc,
		      const struct km_pages *pages)
{
	size_t len = strlen(dir) + strlen(proc->name) + 2;
	struct km_proc_text text;
	char *path = malloc(len);
	int status;

	km_proc_text_init(&text);
	if (!path || proc->print(pages, &text)) {
		status = ui_no_memory(command);
	} else {
		snprintf(path, len, "%s/%s", dir, proc->name);
		status = write_file(command, path, &text);
	}
	km_proc_text_release(&text);
	free(path);
	return status;
}

int ui_proc_files(const char *command, const char *dir, const struct km_pages *pages)
{
	int status = UI_DONE;

	if (mkdir(dir, 0777) && errno != EEXIST) {
		ui_error(command, dir, TF_NO_OFFSET, "%s", strerror(errno));
		return UI_HOST;
	}
	for (const struct km_proc_file *proc = km_proc_files; proc->name && !status; proc++)
		status = print_file(command, dir, proc, pages);
	return status;
}
