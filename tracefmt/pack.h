/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a trace anew: compressed otherwise, cut, anonymized.
 *
 * The events stay as they are, in their order, and so do all metadata; of many files one
 * is made.  The same trace and options always give the same bytes.  Facts that are added:
 *
 *   pack.from, pack.to     Cut: records from the first to before the second time of the
 *                          host, in nanoseconds.
 *   pack.without_earlier   1: what was allocated before pack.from is not in it.
 *   pack.damage            Places that could not be read.  Records that are known to have
 *                          been there are told by a gap record.
 *   pack.incomplete        1: the end of the recording, or of a part of it, was missing.
 */
#ifndef TRACEFMT_PACK_H
#define TRACEFMT_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/reader.h"
#include "tracefmt/writer.h"

struct tf_pack_options {
	int level; /* of zstd, 0 is the writer's default */
	/*
	 * Only records with from_ns <= ts_ns < to_ns (host time); 0 and UINT64_MAX do not
	 * cut.  Then snapshots are those of that time, those that a mark in it names, and the
	 * last one before; they are numbered anew, in their marks, too.
	 */
	uint64_t from_ns, to_ns;
	bool anonymize;			 /* tracefmt/anonymize.h */
	const struct tf_meta *additions; /* facts and symbols beside those of the trace, or NULL;
					    not anonymized, so not together with that */
};

struct tf_pack_result {
	struct tf_writer_stats file; /* what was written */
	uint64_t nr_damaged;	     /* places that could not be read */
	uint64_t nr_missing;	     /* records that were there, as far as is known */
	bool is_output;		     /* of an error: it is one of the file that is written */
};

/*
 * Write what r has to path ("-" is standard output), which is created or emptied.
 * Of r nothing was read or selected yet; it can be rewound afterwards.  Calls damaged()
 * (may be NULL) for each place that cannot be read, and goes on behind it.
 *
 * 0 also then.  -EINVAL: the options are out of range, or path is a file of the trace itself;
 * -E2BIG: it has more of something than can be anonymized; -ENOMEM; -EFBIG: more than
 * fits into one file; the system's errno for path.  After an error path, if it could be
 * created, lacks events and may yet pass for a whole trace: the caller removes it.
 */
int tf_pack(struct tf_reader *r, const char *path, const struct tf_pack_options *options,
	    struct tf_pack_result *result, void (*damaged)(void *arg, const struct tf_error *what),
	    void *arg, struct tf_error *err);

#endif
