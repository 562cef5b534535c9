/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kmemtool info tells of the snapshots of a trace.
 */
#ifndef CMD_INFO_SNAPSHOT_H
#define CMD_INFO_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "tracefmt/meta.h"

/* What --snapshot asks for: all files of one, or the text of one file. */
struct info_snapshot {
	uint64_t number;
	const char *path; /* NULL: a list of the files */
};

size_t info_nr_light(const struct tf_meta *meta);
/* A line for each snapshot, but one for all light or empty ones in a row; times are since first_ns,
 * 0 if there is no record. */
void info_list_snapshots(const struct tf_meta *meta, uint64_t first_ns);

/* "N" or "N:PATH".  0, or EINVAL after a message. */
int info_take_snapshot(const char *arg, struct info_snapshot *what);
/* Print it: UI_DONE, or UI_USAGE after a message if the trace does not have it. */
int info_print_snapshot(const struct tf_meta *meta, const char *file,
			const struct info_snapshot *what);

#endif
