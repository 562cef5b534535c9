/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checking a whole trace, and saving what is whole of a damaged one.  Memory beyond the
 * mapped files: at most 64 MiB to check, and 32 MiB more for the new list of blocks.
 */
#ifndef TRACEFMT_VERIFY_H
#define TRACEFMT_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "tracefmt/error.h"

/* What tf_verify() found, block by block. */
struct tf_verify_result {
	uint32_t nr_segments; /* files */
	uint64_t
		nr_blocks; /* blocks of every type that were looked at, and regions that are none */
	uint64_t
		nr_damaged; /* findings: damaged blocks, regions that are no block, missing files */
	uint64_t nr_lost;   /* records that were in blocks which are damaged or missing */
	uint64_t nr_saved;  /* tf_salvage(): blocks written, but for the footer */
	bool complete; /* each file has a footer that agrees with its blocks; none is missing */
};

/*
 * Check every byte that a checksum covers, decode every block, and compare what headers,
 * footers and files say of each other; path as for tf_reader_open().  Calls damaged()
 * (may be NULL) for each finding.  Returns 0 also when damage was found.
 */
int tf_verify(const char *path, struct tf_verify_result *result,
	      void (*damaged)(void *arg, const struct tf_error *what), void *arg,
	      struct tf_error *err);
/*
 * Copy every undamaged block to a new trace, one file with a footer of its own; *result
 * tells of the damaged one.  Records that are lost are told by a gap record in their
 * place, and records are numbered anew; of a checkpoint all blocks are kept or none.
 * -EINVAL if output and input are one file.
 */
int tf_salvage(const char *path, const char *out_path, struct tf_verify_result *result,
	       struct tf_error *err);

#endif
