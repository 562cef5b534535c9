/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a trace: events in, compressed blocks out, durable block by block.
 *
 * A writer is owned by one thread.  Blocks are compressed by that one and further threads;
 * the bytes of the file do not depend on how many, nor on how fast they are.  A block that
 * is full is on its way; an error that it meets is returned by a later call.
 *
 * Memory: some 6 MiB for each of the threads, more at high levels; some 60 bytes for each
 * block of a file; 110 bytes for each allocation that lives, max_live of them at most; and
 * with rotation the metadata; in a flight what it keeps.
 *
 * The end of a file.  When its limit or the largest number of blocks is reached, or the
 * disk is full or fails, events are refused: tf_writer_add() returns the same negative code
 * from then on.  Records that tell of the recording itself (gaps and marks) and metadata
 * are still taken, as far as they fit into what was kept free for them: room for one more
 * snapshot under max_bytes, up to 1 MiB on the disk with TF_WRITER_DURABLE.  All that was
 * written before can be read, and tf_writer_finish() writes the footer if there is room.
 */
#ifndef TRACEFMT_WRITER_H
#define TRACEFMT_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/event.h"
#include "tracefmt/meta.h"

struct tf_writer;

enum tf_writer_flags {
	/*
	 * Have what is written brought to the disk about twice a second, and keep room
	 * on the disk for the end of the file.  Means nothing if it is no regular file.
	 */
	TF_WRITER_DURABLE = 1 << 0,
	TF_WRITER_ANONYMIZED = 1 << 1, /* say so in the header */
};

#define TF_NO_CHECKPOINTS UINT64_MAX

/* 0 in any of them is the default. */
struct tf_writer_options {
	int level;	       /* of zstd; 1 */
	uint32_t block_events; /* events in a block at most, up to 32768, which 0 is */
	unsigned flags;	       /* enum tf_writer_flags */
	/*
	 * Threads that compress, the caller's among them: 1 is that one alone.  0: one more
	 * than there are further CPUs, from 2 to 5.  They are started when a first block is
	 * full.
	 */
	unsigned threads;
	uint64_t max_bytes; /* of all segments that are there together; 0: no limit */
	/*
	 * Rotation: begin a new segment PATH.1, PATH.2, ... before one would get larger, or as
	 * much trace time after its first event, at the next block.  0: not for this reason.
	 */
	uint64_t rotate_bytes, rotate_ns;
	uint32_t keep;	      /* segments: the oldest beyond it are deleted; 0: none is */
	uint64_t trace_id;    /* with rotation not 0, different from trace to trace */
	uint64_t first_event; /* records of the trace before this file, in one that is cut out */
	/*
	 * Minor version that the header tells, which comes before any event is known: the least
	 * that has all kinds, flags and context bits that will be added; at most TF_VERSION_MINOR.
	 */
	unsigned minor;
	/*
	 * Records between checkpoints at least, and 16 times as many as allocations live; 0 is
	 * 4 Mi.  A new segment begins with one, if there were 4 times as many records since the
	 * last as allocations live.
	 */
	uint64_t checkpoint_events;
	/* 1 Mi, 128 Ki with last_*; when more live, there will be no further checkpoints. */
	uint32_t max_live;
	/*
	 * Flight: keep the newest events alone, in memory, until tf_writer_land().  Blocks are
	 * dropped when all their events are more than last_ns older than the youngest (0: never
	 * for this reason), or there is no room for them in last_bytes, of which 0 is, with
	 * last_ns, 512 MiB or an eighth of the host's memory, what is less.  Neither with
	 * rotation nor with max_bytes.
	 */
	uint64_t last_ns, last_bytes;
};

/* What events and bytes there are counts those of blocks that are on their way, too. */
struct tf_writer_stats {
	uint64_t nr_events; /* without gap and mark records */
	uint64_t by_kind[TF_NR_KINDS];
	uint64_t nr_lost;	    /* sum of all gap records */
	uint64_t first_ns, last_ns; /* of records of every kind */
	uint64_t nr_blocks;	    /* event blocks */
	uint64_t file_bytes;	    /* written, in all segments that are still there */
	uint64_t nr_segments;	    /* that are still there, with the open one */
	uint64_t written_bytes;	    /* in all segments that there were */
	uint64_t nr_checkpoints, checkpoint_bytes;
	int stopped;	     /* the code with which events are refused, 0 if they are not */
	bool is_limit;	     /* stopped by max_bytes or the number of blocks: no error */
	bool is_nearly_full; /* of max_bytes so much is left as what is on its way may take */
	uint64_t
		nr_dropped; /* events that were added, and were refused afterwards; likewise lost */
	/* Of a flight; nr_events and the like are of what is kept, and in the end of the file. */
	uint64_t nr_passed;  /* events that made room for younger ones: not lost */
	uint64_t kept_bytes; /* of blocks in memory, when it landed if it has */
	bool is_complete;    /* finished, with a footer */
};

/*
 * Create the file (mode 0600, truncated); path "-" is standard output.  The header
 * is written with the first block, for it names the machine and page size that
 * host.machine and host.page_size of the first tf_writer_add_meta() tell (x86-64
 * with 4 KiB pages if they do not).  options may be NULL; -EINVAL if they are out
 * of range, or ask for rotation of what is no file.
 */
int tf_writer_create(struct tf_writer **out, const char *path,
		     const struct tf_writer_options *options, struct tf_error *err);

/*
 * Append one event.  Events should come in order of time; they are kept in the
 * order given.  -EINVAL for a kind that does not exist, or not in the minor version of
 * the options, which does not break the writer.  -EFBIG at the limit, else the code of the disk;
 * then the event was not taken.
 */
int tf_writer_add(struct tf_writer *w, const struct tf_event *ev);

/*
 * Write what meta holds beyond what was written before (new caches, symbols,
 * facts and snapshots, each once) as metadata blocks.  Cheap when nothing is new.
 * A snapshot must be whole by then, but for number 0, to which files may be added; facts and
 * caches that changed are written again.
 * 0 even if there may be no room for them: see stats.  -ENOMEM.  In a flight nothing is
 * done: its landing takes all of it.
 */
int tf_writer_add_meta(struct tf_writer *w, const struct tf_meta *meta);

/*
 * Of a flight: create the file, write meta as tf_writer_add_meta() would, a checkpoint of what
 * lived before the events that are kept, and these.  On a disk without room for them all the
 * oldest are dropped.  From then on the writer is like any other, but that it writes no further
 * checkpoints.  0; -ENOMEM or why there is no file, and the flight goes on.  What was kept is
 * lost if nobody lets it land: tf_writer_finish() then makes no file, and returns 0.
 */
int tf_writer_land(struct tf_writer *w, const struct tf_meta *meta, struct tf_error *err);

/* Close the open block and send it on its way, so that it will be written soon. */
int tf_writer_seal(struct tf_writer *w);
/* The same, and wait until all is written, so that what was added until now survives the process.
 */
int tf_writer_flush(struct tf_writer *w);

void tf_writer_get_stats(struct tf_writer *w, struct tf_writer_stats *stats);

/*
 * Flush, write the footer, close the file.  Only tf_writer_get_stats() and
 * tf_writer_close() may follow.  Returns the first error of the file, with its reason; a
 * limit is none.
 */
int tf_writer_finish(struct tf_writer *w, struct tf_error *err);
/* Finish, if that was not done, and free.  Returns what tf_writer_finish() does. */
int tf_writer_close(struct tf_writer *w, struct tf_error *err);

#endif
