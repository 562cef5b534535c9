/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that a trace lies in: one, or, of a recording that was rotated, PATH,
 * PATH.1, PATH.2 and so on, each of them a whole trace file.
 *
 * Inside of tracefmt/ only.  What belongs together has one trace_id and, in the
 * header, the number that its name has.
 */
#ifndef TRACEFMT_SEGMENTS_H
#define TRACEFMT_SEGMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/input.h"
#include "tracefmt/layout.h"

struct tf_segment {
	struct tf_input input;	      /* without bytes if the file cannot be opened */
	struct tf_file_header header; /* if header_err is 0 */
	uint32_t number;	      /* as the name has it, 0 for none */
	int header_err;		      /* why the header, or the file, cannot be read; 0 */
	struct tf_error error;	      /* if header_err */
};

struct tf_segments {
	struct tf_segment *list; /* owned; by number */
	size_t nr, room;
	char *path; /* owned, NULL for memory: as it was given to open */
	uint64_t trace_id;
	bool too_many; /* TF_MAX_SEGMENTS were not enough */
};

/*
 * Open path, and if that is the first segment of a trace all that follow; if there is
 * no such file, but later segments of it are there, those.  A path that names a later
 * segment is that file alone.  The first file's header need not be right, nor that of
 * a later one which takes its place in the row: see header_err.
 * 0 with at least one segment; -ENOMEM, or the error of opening path.
 */
int tf_segments_open(struct tf_segments *s, const char *path, struct tf_error *err);
/* The same for one file in memory. */
int tf_segments_open_mem(struct tf_segments *s, const uint8_t *data, size_t len,
			 struct tf_error *err);
void tf_segments_close(struct tf_segments *s);

/* -EINVAL if path is one of the files, which creating it would empty; else 0. */
int tf_segments_check_output(const struct tf_segments *s, const char *path, struct tf_error *err);

/* Begin err's reason with the file's name, unless it is the one that was given to open. */
void tf_segments_name_error(const struct tf_segments *s, const struct tf_segment *segment,
			    struct tf_error *err);

#endif
