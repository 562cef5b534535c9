/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that has what was written brought to the disk, about twice a second.
 *
 * Inside of tracefmt/ only.  So a crash of the host costs no more than that, and nobody
 * who writes waits for a disk, unless files are finished faster than it takes them.
 */
#ifndef TRACEFMT_SYNCER_H
#define TRACEFMT_SYNCER_H

struct tf_syncer;

/* dir_fd is the directory that the files are in; it must stay open.  0, -ENOMEM, -EAGAIN. */
int tf_syncer_new(struct tf_syncer **out, int dir_fd);
/*
 * fd is a new file, which is written to from now on; it stays the caller's until it is
 * retired.  The directory will be synced once, too.
 */
void tf_syncer_watch(struct tf_syncer *syncer, int fd);
/* Something was written to the watched file. */
void tf_syncer_wrote(struct tf_syncer *syncer);
/* The watched file is finished: the syncer's, which syncs and closes it. */
void tf_syncer_retire(struct tf_syncer *syncer);
/* 0, or the first error that a disk told when it was too late for the write. */
int tf_syncer_error(struct tf_syncer *syncer);
/* Sync and close what was retired, end the thread.  0 or the first error. */
int tf_syncer_free(struct tf_syncer *syncer);

#endif
