/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that reads bytes with a library that trusts them: what it may still do.
 *
 * Inside of tracefmt/import/ only, to be called in a child after fork().
 */
#ifndef TRACEFMT_IMPORT_CONFINE_H
#define TRACEFMT_IMPORT_CONFINE_H

#include <stdint.h>

/* The descriptors that are left; 0 to 2 are /dev/null. */
#define TF_CONFINED_FILE 3
#define TF_CONFINED_PIPE 4

/*
 * From here on this process has the file, the pipe and its memory.  It opens nothing, makes no
 * process, cannot signal or look into others (seccomp, where confine.c has a list for the
 * architecture), dumps no core, and gets memory for a file of that many bytes and CPU time for it.
 * 0, or negative errno if it is not confined: it should end then.
 */
int tf_confine(int file, int pipe, uint64_t file_bytes);

#endif
