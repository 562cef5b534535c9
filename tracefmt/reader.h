/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a trace: open, metadata, then batches of events, block by block.
 *
 * The input is hostile until its checksum is right, and its counts are checked
 * even then.  A file without a footer (a recorder that was killed) is complete up
 * to its last whole block; tf_reader_is_complete() tells.
 */
#ifndef TRACEFMT_READER_H
#define TRACEFMT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/event.h"
#include "tracefmt/meta.h"

struct tf_reader;

struct tf_reader_info {
	uint16_t version_major, version_minor;
	bool complete; /* there is a footer, and its index leads through the whole file */
	uint64_t file_bytes;
	uint64_t nr_events; /* without gap and mark records */
	uint64_t by_kind[TF_NR_KINDS];
	uint64_t nr_lost;
	uint64_t first_ns, last_ns; /* of records of every kind; 0 if there is none */
	uint64_t nr_blocks;	    /* event blocks */
};

/*
 * Open a file ("-" is standard input, read to its end), check its header, find
 * its blocks and read all metadata.  A truncated tail is not an error here.
 */
int tf_reader_open(struct tf_reader **out, const char *path, struct tf_error *err);
/* The same for bytes in memory, which must stay alive until tf_reader_close(). */
int tf_reader_open_mem(struct tf_reader **out, const uint8_t *data, size_t len,
		       struct tf_error *err);
void tf_reader_close(struct tf_reader *r);

const struct tf_meta *tf_reader_meta(const struct tf_reader *r);
void tf_reader_get_info(const struct tf_reader *r, struct tf_reader_info *info);
static inline bool tf_reader_is_complete(const struct tf_reader *r)
{
	struct tf_reader_info info;

	tf_reader_get_info(r, &info);
	return info.complete;
}

/*
 * Only events with from_ns <= ts_ns < to_ns (host time); blocks outside are not
 * decoded, nor is their damage told.  A to_ns of UINT64_MAX is no limit.
 */
void tf_reader_set_range(struct tf_reader *r, uint64_t from_ns, uint64_t to_ns);

/*
 * The next batch.  *events points into the reader and is valid until the next
 * call.  Returns the number of events, 0 at the end, or a negative errno; after a
 * damaged block the next call goes on behind it.
 */
int64_t tf_reader_next(struct tf_reader *r, const struct tf_event **events, struct tf_error *err);
/* Back to the first event. */
void tf_reader_rewind(struct tf_reader *r);

/* What tf_verify() found, block by block. */
struct tf_verify_result {
	uint64_t nr_blocks;  /* blocks of every type that were looked at */
	uint64_t nr_damaged; /* findings: damaged blocks, and regions that are no block */
	bool complete;	     /* there is a footer, and it agrees with the blocks */
};

/*
 * Check every byte that a checksum covers and decode every block.  Calls
 * damaged() (may be NULL) for each finding.  Returns 0 also when damage was found.
 */
int tf_verify(const char *path, struct tf_verify_result *result,
	      void (*damaged)(void *arg, const struct tf_error *what), void *arg,
	      struct tf_error *err);
/*
 * Copy every undamaged block to a new trace with a footer of its own; *result tells
 * of the damaged one.  -EINVAL if both are one file.
 */
int tf_salvage(const char *path, const char *out_path, struct tf_verify_result *result,
	       struct tf_error *err);

#endif
