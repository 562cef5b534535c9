/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a trace: open, metadata, then batches of events, block by block.
 *
 * The input is hostile until its checksum is right, and its counts are checked
 * even then.  A file without a footer (a recorder that was killed) is complete up
 * to its last whole block; tf_reader_is_complete() tells.
 *
 * Files are mapped, and only what is asked for is read: opening takes header, footer
 * and metadata, a range takes its blocks.  Beyond that a reader has at most 64 MiB:
 *
 *      metadata                                   32 MiB, and the last block of them 4 MiB
 *      list of the blocks of one file             16 MiB
 *      a block, decompressed and decoded          11 MiB
 *      files, damage that was found                1 MiB
 *
 * The second block that is decoded ahead, and a footer while its list is made, take what
 * the others leave, or are done without.
 * Standard input and what else cannot be mapped is read to its end and held in memory.
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
	bool complete;	 /* each file has a footer that leads through all of it; none is missing */
	bool anonymized; /* addresses and names are not those of the host */
	uint32_t nr_segments;	/* files */
	uint32_t first_segment; /* number of the first in its trace: not 0 if older were deleted */
	uint64_t file_bytes;	/* of all of them */
	uint64_t nr_events;	/* without gap and mark records */
	uint64_t by_kind[TF_NR_KINDS];
	uint64_t nr_lost;
	uint64_t first_ns, last_ns; /* of records of every kind; 0 if there is none */
	uint64_t nr_blocks;	    /* event blocks */
	uint64_t first_event;	    /* records of every kind in the trace before the first file */
	uint64_t nr_missing; /* records that were in missing files, or in a file's missing end */
	uint64_t cpus;	     /* bit n: there is a record of a CPU c with c % 64 == n */
	uint64_t nr_checkpoints, checkpoint_bytes;
};

/* The recorded host, as the file header tells. */
struct tf_host {
	const char *machine; /* as "uname -m" would say it, "unknown" if not known */
	bool big_endian;
	uint8_t pointer_bytes; /* 4 or 8 */
	uint8_t page_shift;
};

/*
 * Open a trace ("-" is standard input), check its header, find its blocks and read all
 * metadata.  Of a recording that was rotated, PATH is all of PATH, PATH.1, PATH.2 ...,
 * as far as they are there; a later file that is named is that file alone.  Errors of
 * a file other than PATH begin with its name.  A truncated tail is not an error here.
 */
int tf_reader_open(struct tf_reader **out, const char *path, struct tf_error *err);
/* The same for bytes in memory, which must stay alive until tf_reader_close(). */
int tf_reader_open_mem(struct tf_reader **out, const uint8_t *data, size_t len,
		       struct tf_error *err);
void tf_reader_close(struct tf_reader *r);

const struct tf_meta *tf_reader_meta(const struct tf_reader *r);
void tf_reader_get_info(const struct tf_reader *r, struct tf_reader_info *info);
void tf_reader_get_host(const struct tf_reader *r, struct tf_host *host);
/* -EINVAL if path is one of the files of the trace, which creating it would empty; else 0. */
int tf_reader_check_output(const struct tf_reader *r, const char *path, struct tf_error *err);
static inline bool tf_reader_is_complete(const struct tf_reader *r)
{
	struct tf_reader_info info;

	tf_reader_get_info(r, &info);
	return info.complete;
}

/*
 * What is read.  Each of these holds for blocks that were not read yet; rewind to have
 * it from the beginning.  Blocks of which nothing is asked for are not decoded, nor is
 * their damage told.
 */

/* Only events with from_ns <= ts_ns < to_ns (host time); UINT64_MAX is no limit. */
void tf_reader_set_range(struct tf_reader *r, uint64_t from_ns, uint64_t to_ns);
/*
 * Only records first to first + nr - 1 of the trace, counted over all kinds, from
 * info.first_event on.  An nr of UINT64_MAX is no limit.
 */
void tf_reader_set_events(struct tf_reader *r, uint64_t first, uint64_t nr);
/* Only these kinds: bits 1 << enum tf_kind. */
void tf_reader_set_kinds(struct tf_reader *r, uint32_t kinds);
/* Only these CPUs: bit n % 64 of cpus[n / 64]; NULL for all.  0 or -ENOMEM. */
#define TF_CPU_WORDS 1024
int tf_reader_set_cpus(struct tf_reader *r, const uint64_t *cpus);
/* Only these fields (enum tf_want); what the others hold is undefined. */
void tf_reader_set_want(struct tf_reader *r, unsigned want);

/* What a batch is part of; RANGE unless the start is warm. */
enum tf_phase {
	TF_PHASE_LIVE,	 /* allocations that live where the reading begins */
	TF_PHASE_BEFORE, /* events from there to the range */
	TF_PHASE_RANGE,
};
/*
 * For a replay that starts in the middle: before the range come the records of the last
 * whole checkpoint that stands before every block of the range (none: nothing), then all
 * events behind it (none: of the trace) that are before the range.  Call before the first
 * tf_reader_next(), or rewind.
 */
void tf_reader_set_warm(struct tf_reader *r, bool warm);
/* The phase of the last batch. */
enum tf_phase tf_reader_phase(const struct tf_reader *r);

/*
 * Threads that decode ahead of the caller: 0 or 1.  Without this call 1, from the second
 * batch on, if there is a CPU for it.  What is read is the same.
 */
void tf_reader_set_threads(struct tf_reader *r, unsigned nr);

/*
 * The next batch.  *events points into the reader and is valid until the next
 * call.  Returns the number of events, 0 at the end, or a negative errno; after that
 * the next call goes on behind the damage.  What opening found damaged is told first.
 */
int64_t tf_reader_next(struct tf_reader *r, const struct tf_event **events, struct tf_error *err);
/* Records that were in what the last call complained of, as far as is known; 0 if it did not. */
uint64_t tf_reader_nr_unread(const struct tf_reader *r);
/* Back to the first event. */
void tf_reader_rewind(struct tf_reader *r);

#endif
