/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One recording: collector, host snapshots and trace writer together.
 *
 *   open ─ start ─▶ poll, poll, ... ─▶ finish
 *     │      └ opening snapshot             └ closing snapshot, symbols, footer
 *     └ the file exists, nothing is recorded
 *
 * What was polled is in the file less than a second later, so a recorder that is
 * killed leaves a trace that misses no more than that, and on the disk half a second after
 * that.
 *
 * The closing snapshot is begun while events are still recorded, and its counters are read right
 * after the last of them.  Light snapshots are taken by a thread, see bpf/light.h, and written
 * in front of the first event that is younger.
 *
 * The page map of the opening snapshot is read while events are recorded, so that what changes
 * meanwhile is known, and is written behind them.
 *
 * When the file cannot grow any more, polling ends.  What the rings still hold then is
 * counted, and the closing snapshot is written if there is room.
 *
 * A flight recorder has no file until kc_session_finish(), and then only if something
 * triggered, or nothing could.  The event that triggers is the last of the trace but for marks
 * and gaps; what comes after it is not recorded, and not lost either.
 */
#ifndef BPF_SESSION_H
#define BPF_SESSION_H

#include "bpf/collector.h"
#include "bpf/flight.h"
#include "bpf/page_map.h"
#include "tracefmt/writer.h"

struct kc_session;

struct kc_session_options {
	struct kc_options collector;
	struct kc_flight flight;
	uint64_t snapshot_ns; /* between light snapshots; 0: none but at start and end */
	const char *path;     /* "-" is standard output; must outlive the session */
	const char *command;  /* what is run, for the trace; NULL: nothing */
	enum kc_page_map_wish page_map;
	struct tf_writer_options writer;
};

struct kc_session_stats {
	struct tf_writer_stats file;
	struct kc_stats host;
	uint64_t nr_refused; /* events that came when the file had its end: a gap tells of them */
	uint64_t start_ns, end_ns; /* end_ns: now, until kc_session_finish() */
	struct kc_triggered triggered;
};

/*
 * -EPERM, -ENOENT: the host cannot do it; anything else: the file or memory.  err has
 * one line; *is_file tells which of them.  A file that was created stays, empty of events.
 */
int kc_session_open(struct kc_session **out, const struct kc_session_options *options,
		    bool *is_file, struct kc_error *err);
const char *kc_session_class_status(const struct kc_session *session, enum kc_class class);
/*
 * Opening snapshot, then events, then the page map, which may take seconds: pause(arg) is called
 * every few milliseconds of them, and ends it if that returns not 0.  pause may be NULL.  0 or
 * negative errno.
 */
int kc_session_start(struct kc_session *session, int (*pause)(void *arg), void *arg);
/*
 * Move what has been recorded into the file.  Returns how many events, or negative errno: the
 * file has its end, which stats.file tells of, or the rings cannot be read.
 */
int64_t kc_session_poll(struct kc_session *session);
/* A signal came: if that is one of the flight's triggers, and nothing triggered before. */
void kc_session_trigger(struct kc_session *session);
/* Events of one CPU for which its ring had no room. */
uint64_t kc_session_lost_on_cpu(const struct kc_session *session, unsigned int cpu);
/* As kc_get_skipped(). */
bool kc_session_get_skipped(const struct kc_session *session, unsigned int i, const char **program,
			    uint64_t *count);
void kc_session_get_stats(struct kc_session *session, struct kc_session_stats *stats);
/*
 * Stop, drain, closing snapshot, footer.  Whatever poll returned before, as much as can be
 * is written.  0, or the first error; err then has one line.  A limit of the file is no error.
 */
int kc_session_finish(struct kc_session *session, struct kc_session_stats *stats,
		      struct kc_error *err);
/* If it was not finished, the file is left as a killed recorder leaves it, with a footer if it
 * takes one. */
void kc_session_close(struct kc_session *session);

#endif
