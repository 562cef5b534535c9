/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One recording: collector, host snapshots and trace writer together.
 *
 *   open ─ start ─▶ poll, poll, ... ─▶ finish
 *     │      └ opening snapshot             └ closing snapshot, symbols, footer
 *     └ the file exists, nothing is recorded
 *
 * What was polled is in the file at most a second later, so a recorder that is
 * killed leaves a trace that misses no more than that.
 */
#ifndef BPF_SESSION_H
#define BPF_SESSION_H

#include "bpf/collector.h"
#include "tracefmt/writer.h"

struct kc_session;

struct kc_session_options {
	struct kc_options collector;
	const char *path;    /* "-" is standard output; must outlive the session */
	const char *command; /* what is run, for the trace; NULL: nothing */
	int level;	     /* zstd; 0: default */
};

struct kc_session_stats {
	struct tf_writer_stats file;
	struct kc_stats host;
	uint64_t start_ns, end_ns; /* end_ns: now, until kc_session_finish() */
};

/*
 * -EPERM, -ENOENT: the host cannot do it; anything else: the file or memory.  err has
 * one line; *is_file tells which of them.  A file that was created stays, empty of events.
 */
int kc_session_open(struct kc_session **out, const struct kc_session_options *options,
		    bool *is_file, struct kc_error *err);
const char *kc_session_class_status(const struct kc_session *session, enum kc_class class);
/* Opening snapshot, then events.  0 or negative errno. */
int kc_session_start(struct kc_session *session);
/* Move what has been recorded into the file.  Returns how many events, or negative errno (full
 * disk). */
int64_t kc_session_poll(struct kc_session *session);
/* Events of one CPU for which its ring had no room. */
uint64_t kc_session_lost_on_cpu(const struct kc_session *session, unsigned int cpu);
void kc_session_get_stats(struct kc_session *session, struct kc_session_stats *stats);
/*
 * Stop, drain, closing snapshot, footer.  Whatever poll returned before, as much as can be
 * is written.  0, or the first error; err then has one line.
 */
int kc_session_finish(struct kc_session *session, struct kc_session_stats *stats,
		      struct kc_error *err);
/* If it was not finished, the file is left as a killed recorder leaves it, with a footer if it
 * takes one. */
void kc_session_close(struct kc_session *session);

#endif
