/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a trace: events in, compressed blocks out, durable block by block.
 *
 * A writer is owned by one thread.  Memory is bounded by one block of events and
 * its compressed form, and some 50 bytes for each block written (the index).  After any error the
 * writer is broken: further calls return the same code, and tf_writer_close()
 * still closes the file; everything up to the last whole block can be read.
 */
#ifndef TRACEFMT_WRITER_H
#define TRACEFMT_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/event.h"
#include "tracefmt/meta.h"

struct tf_writer;

struct tf_writer_options {
	int level;	       /* zstd level; 0 is the default (1) */
	uint32_t block_events; /* events in a block at most, up to 131072; 0 is 65536 */
};

struct tf_writer_stats {
	uint64_t nr_events; /* without gap and mark records */
	uint64_t by_kind[TF_NR_KINDS];
	uint64_t nr_lost; /* sum of all gap records */
	uint64_t file_bytes;
	uint64_t first_ns, last_ns; /* of records of every kind */
	uint64_t nr_blocks;	    /* event blocks */
};

/*
 * Create the file (mode 0600, truncated); path "-" is standard output.  The header
 * is written with the first block, for it names the machine and page size that
 * host.machine and host.page_size of the first tf_writer_add_meta() tell (x86-64
 * with 4 KiB pages if they do not).  options may be NULL; -EINVAL if they are out
 * of range.
 */
int tf_writer_create(struct tf_writer **out, const char *path,
		     const struct tf_writer_options *options, struct tf_error *err);

/*
 * Append one event.  Events should come in order of time; they are kept in the
 * order given.  -EINVAL for a kind that does not exist, which does not break the
 * writer.
 */
int tf_writer_add(struct tf_writer *w, const struct tf_event *ev);

/*
 * Write what meta holds beyond what was written before (new caches, symbols,
 * facts and snapshots, each once) as metadata blocks.  Cheap when nothing is new.
 * A snapshot must be whole by then; facts and caches that changed are written again.
 */
int tf_writer_add_meta(struct tf_writer *w, const struct tf_meta *meta);

/* Flush the open block, so that what was added until now survives the process. */
int tf_writer_flush(struct tf_writer *w);

void tf_writer_get_stats(const struct tf_writer *w, struct tf_writer_stats *stats);

/* Flush, write the footer, close, free.  Returns the first error the writer met. */
int tf_writer_close(struct tf_writer *w, struct tf_error *err);

#endif
