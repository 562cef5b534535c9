/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmemtool info: the snapshots of a trace, and their files.
 */
#include "cmd/info_snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/ui/args.h"
#include "cmd/ui/units.h"

size_t info_nr_light(const struct tf_meta *meta)
{
	size_t nr = 0;

	for (size_t i = 0; i < meta->nr_snapshots; i++)
		nr += tf_snapshot_is_light(&meta->snapshots[i]);
	return nr;
}

static const char *format_at(const struct tf_snapshot *snap, uint64_t first_ns,
			     char buf[UI_UNIT_LEN])
{
	return ui_format_time(first_ns ? (double)(int64_t)(snap->ts_ns - first_ns) : 0, buf);
}

/* What a line says of a snapshot behind its number and time. */
static const char *describe(const struct tf_snapshot *snap, char *buf, size_t len)
{
	if (tf_snapshot_is_light(snap))
		return "light";
	snprintf(buf, len, "%zu files", snap->nr_files);
	return buf;
}

/* Can it be one of many in a line?  Those without files stand for what is in other segments. */
static bool is_minor(const struct tf_snapshot *snap)
{
	return !snap->nr_files || tf_snapshot_is_light(snap);
}

void info_list_snapshots(const struct tf_meta *meta, uint64_t first_ns)
{
	char from[UI_UNIT_LEN], to[UI_UNIT_LEN], first[32], next[32];

	for (size_t i = 0; i < meta->nr_snapshots; i++) {
		const struct tf_snapshot *snap = &meta->snapshots[i], *last = snap;
		const char *what = describe(snap, first, sizeof(first));

		while (is_minor(snap) && i + 1 < meta->nr_snapshots &&
		       !strcmp(what, describe(last + 1, next, sizeof(next)))) {
			last++;
			i++;
		}
		printf("snapshot %" PRIu32 " at %s", snap->id, format_at(snap, first_ns, from));
		if (last != snap)
			printf(" to %" PRIu32 " at %s", last->id, format_at(last, first_ns, to));
		printf(", %s\n", what);
	}
}

int info_take_snapshot(const char *arg, struct info_snapshot *what)
{
	char *end;

	errno = 0;
	what->number = strtoull(arg, &end, 10);
	what->path = *end == ':' && end[1] ? end + 1 : NULL;
	if (*arg >= '0' && *arg <= '9' && !errno && (!*end || what->path))
		return 0;
	ui_usage_error("info", "--snapshot: '%s' is neither a number nor NUMBER:PATH", arg);
	return EINVAL;
}

/* As it is, but for what a terminal would not print. */
static void print_text(const struct tf_snapfile *file)
{
	for (size_t i = 0; i < file->len; i++) {
		uint8_t c = file->data[i];

		putchar((c >= ' ' && c <= '~') || c == '\n' || c == '\t' ? c : '?');
	}
}

static void list_files(const struct tf_snapshot *snap)
{
	char name[256];

	for (size_t i = 0; i < snap->nr_files; i++)
		printf("%8zu  %s\n", snap->files[i].len,
		       ui_clean(snap->files[i].path, name, sizeof(name)));
}

/* The path of a file in /proc names its part in a light snapshot, too. */
static const struct tf_snapfile *find_file(const struct tf_snapshot *snap, const char *path)
{
	const struct tf_snapfile *file = tf_snapshot_file(snap, path);
	char light[TF_MAX_NAME];

	if (file || !tf_snapshot_is_light(snap))
		return file;
	snprintf(light, sizeof(light), TF_LIGHT_PREFIX "%s", path);
	return tf_snapshot_file(snap, light);
}

int info_print_snapshot(const struct tf_meta *meta, const char *name,
			const struct info_snapshot *what)
{
	const struct tf_snapshot *snap;
	const struct tf_snapfile *file;

	if (what->number >= meta->nr_snapshots) {
		ui_error("info", name, TF_NO_OFFSET,
			 "no snapshot %" PRIu64 ": there are %zu, from 0 on", what->number,
			 meta->nr_snapshots);
		return UI_USAGE;
	}
	snap = &meta->snapshots[what->number];
	if (!what->path) {
		list_files(snap);
		return UI_DONE;
	}
	file = find_file(snap, what->path);
	if (!file) {
		ui_error("info", name, TF_NO_OFFSET, "snapshot %" PRIu64 " has no file %s",
			 what->number, what->path);
		return UI_USAGE;
	}
	print_text(file);
	return UI_DONE;
}
