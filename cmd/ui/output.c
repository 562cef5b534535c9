/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file that a command makes: whole, or not there.
 */
#include "cmd/ui/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/ui/status.h"
#include "tracefmt/error.h"

/* Of a name, so that there is room for the suffix in the 255 bytes that a name may have. */
#define MAX_NAME_BYTES 200

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* 0 with the name of what is to be replaced, NULL: write to path itself; or a negative errno. */
static int find_target(struct ui_output *out)
{
	struct stat st, other;

	if (!strcmp(out->path, "-") || !out->path[0])
		return 0;
	if (stat(out->path, &st)) {
		/* A link to nothing would itself be replaced. */
		if (errno != ENOENT || !lstat(out->path, &other))
			return 0;
		out->target = strdup(out->path);
		return out->target ? 0 : -ENOMEM;
	}
	/* /dev/stdout: whoever opened that file goes on with it. */
	if (!S_ISREG(st.st_mode) || (!fstat(STDOUT_FILENO, &other) && is_same(&st, &other)))
		return 0;
	/* Renaming takes no permission of the file itself: one that is read-only stays so. */
	if (faccessat(AT_FDCWD, out->path, W_OK, AT_EACCESS))
		return -errno;
	out->target = realpath(out->path, NULL);
	if (!out->target)
		return -errno;
	/* Links of /proc may tell a name that is gone, or another's. */
	if (stat(out->target, &other) || !is_same(&st, &other)) {
		free(out->target);
		out->target = NULL;
	}
	out->is_replacing = out->target;
	return 0;
}

static int make_partial(struct ui_output *out)
{
	const char *slash = strrchr(out->target, '/');
	const char *name = slash ? slash + 1 : out->target;
	int fd, err;

	if (asprintf(&out->partial, "%.*s%.*s.partial.XXXXXX", (int)(name - out->target),
		     out->target, MAX_NAME_BYTES, name) < 0) {
		out->partial = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(out->partial, O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	err = -errno;
	free(out->partial);
	out->partial = NULL;
	return err;
}

static void release(struct ui_output *out)
{
	free(out->partial);
	free(out->target);
	out->partial = out->target = NULL;
}

int ui_output_begin(struct ui_output *out, const char *command, const char *path)
{
	int err;

	*out = (struct ui_output){ .command = command, .path = path };
	err = find_target(out);
	if (!err && out->target)
		err = make_partial(out);
	if (err) {
		ui_error(command, path, TF_NO_OFFSET, "cannot create: %s", strerror(-err));
		release(out);
		return err;
	}
	out->write_path = out->partial ? out->partial : path;
	return 0;
}

/* On the disk, before what it replaces is gone from there. */
static int sync_partial(const struct ui_output *out)
{
	int fd = open(out->partial, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

int ui_output_keep(struct ui_output *out)
{
	int err = 0;

	if (out->is_replacing)
		err = sync_partial(out);
	if (!err && out->partial && rename(out->partial, out->target))
		err = -errno;
	if (err) {
		ui_error(out->command, out->path, TF_NO_OFFSET, "cannot write: %s", strerror(-err));
		ui_output_drop(out);
		return err;
	}
	release(out);
	return 0;
}

void ui_output_drop(struct ui_output *out)
{
	if (out->partial)
		unlink(out->partial);
	release(out);
}
