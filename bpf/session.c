/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order of a recording, and the second after which everything is on its way to
 * the disk.
 */
#include "bpf/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/clock.h"
#include "bpf/snapshot.h"

/* What a poll and a block take is to fit into the second, too. */
#define SEAL_NS 800000000ull

struct kc_session {
	struct kc_collector *collector;
	struct kc_snapshotter *snapshotter;
	struct tf_writer *writer;
	struct tf_meta meta;
	struct kc_stats last_stats; /* once the collector is closed */
	uint64_t start_ns, end_ns, sealed_ns;
	uint64_t nr_refused; /* events that the writer did not take any more */
	int stop;	     /* why the writer takes no more events, 0 if it does */
	int err;	     /* the first that is not the file's */
};

static int write_event(void *arg, const struct tf_event *ev)
{
	struct kc_session *s = arg;
	int err = tf_writer_add(s->writer, ev);

	/* Once the file has its end, what comes is only counted. */
	if (err) {
		s->stop = err;
		s->nr_refused++;
	}
	return 0;
}

static int write_meta(struct kc_session *s)
{
	int err = kc_add_meta(s->collector, &s->meta);

	return err ? err : tf_writer_add_meta(s->writer, &s->meta);
}

/* That the file has its end is no error of what follows. */
static int unless_end(struct kc_session *s, int err)
{
	struct tf_writer_stats stats;

	tf_writer_get_stats(s->writer, &stats);
	if (!err || err != stats.stopped)
		return err;
	s->stop = err;
	return 0;
}

/* The mark in the event stream that says when the last snapshot was taken; the snapshot itself. */
static int write_snapshot(struct kc_session *s, uint64_t ts_ns)
{
	struct tf_event mark = { .kind = TF_MARK,
				 .node = TF_NO_NODE,
				 .ts_ns = ts_ns,
				 .addr = s->meta.nr_snapshots - 1 };
	int err = write_meta(s);

	if (!err)
		err = tf_writer_add(s->writer, &mark);
	return unless_end(s, err);
}

int kc_session_open(struct kc_session **out, const struct kc_session_options *options,
		    bool *is_file, struct kc_error *err)
{
	struct tf_writer_options writer = options->writer;
	struct kc_session *s = calloc(1, sizeof(*s));
	struct tf_error tf_err = { 0 };
	int ret;

	*out = NULL;
	*is_file = false;
	if (!s) {
		snprintf(err->reason, sizeof(err->reason), "out of memory");
		return -ENOMEM;
	}
	writer.flags |= TF_WRITER_DURABLE;
	tf_meta_init(&s->meta);
	ret = kc_open(&s->collector, &options->collector, err);
	if (ret)
		goto out;
	snprintf(err->reason, sizeof(err->reason), "out of memory");
	ret = kc_snapshotter_new(&s->snapshotter);
	if (!ret)
		ret = kc_add_host_facts(&s->meta);
	if (!ret && options->command)
		ret = tf_meta_set(&s->meta, "record.command", options->command);
	if (ret)
		goto out;
	ret = tf_writer_create(&s->writer, options->path, &writer, &tf_err);
	if (ret) {
		*is_file = true;
		snprintf(err->reason, sizeof(err->reason), "%s", tf_err.reason);
		goto out;
	}
	*out = s;
	s = NULL;
out:
	kc_session_close(s);
	return ret;
}

const char *kc_session_class_status(const struct kc_session *s, enum kc_class class)
{
	return kc_class_status(s->collector, class);
}

uint64_t kc_session_lost_on_cpu(const struct kc_session *s, unsigned int cpu)
{
	return kc_lost_on_cpu(s->collector, cpu);
}

/* Nothing but the start stands between a snapshot and the events: it is written behind them. */
int kc_session_start(struct kc_session *s)
{
	uint64_t taken_ns = 0;

	s->err = kc_snapshot(s->snapshotter, &s->meta, &taken_ns);
	if (s->err)
		return s->err;
	s->start_ns = s->sealed_ns = kc_start(s->collector);
	s->err = write_snapshot(s, taken_ns);
	return s->err;
}

int64_t kc_session_poll(struct kc_session *s)
{
	int64_t nr = s->err;
	uint64_t now;

	if (!s->err)
		nr = kc_drain(s->collector, write_event, s);
	if (nr < 0) {
		s->err = (int)nr;
		return nr;
	}
	now = kc_now_ns();
	if (now - s->sealed_ns >= SEAL_NS && !s->stop) {
		s->sealed_ns = now;
		s->err = unless_end(s, write_meta(s));
		s->stop = tf_writer_seal(s->writer);
	}
	if (s->err)
		return s->err;
	return s->stop ? s->stop : nr;
}

void kc_session_get_stats(struct kc_session *s, struct kc_session_stats *stats)
{
	tf_writer_get_stats(s->writer, &stats->file);
	stats->nr_refused = s->nr_refused + stats->file.nr_dropped;
	if (s->collector)
		kc_get_stats(s->collector, &s->last_stats);
	stats->host = s->last_stats;
	stats->start_ns = s->start_ns;
	stats->end_ns = s->end_ns ? s->end_ns : kc_now_ns();
}

/* What is left in the rings, then the losses that no event has told. */
static int drain_rest(struct kc_session *s)
{
	int64_t nr;

	do {
		nr = kc_drain(s->collector, write_event, s);
	} while (nr > 0);
	return nr < 0 ? (int)nr : kc_drain_gaps(s->collector, write_event, s);
}

/* Events for which the file had no room are lost like others. */
static int write_last_gap(struct kc_session *s)
{
	struct tf_writer_stats stats;
	struct tf_event gap = { .kind = TF_GAP, .node = TF_NO_NODE };

	tf_writer_flush(s->writer);
	tf_writer_get_stats(s->writer, &stats);
	gap.ts_ns = s->end_ns;
	gap.bytes_req = s->nr_refused + stats.nr_dropped;
	return gap.bytes_req ? unless_end(s, tf_writer_add(s->writer, &gap)) : 0;
}

/* What only the end knows. */
static int write_totals(struct kc_session *s)
{
	struct kc_stats stats;
	int err;

	kc_get_stats(s->collector, &stats);
	err = tf_meta_setf(&s->meta, "record.missed", "%llu", (unsigned long long)stats.nr_missed);
	if (!err)
		err = tf_meta_setf(&s->meta, "record.excluded", "%llu",
				   (unsigned long long)stats.nr_excluded);
	if (!err)
		err = tf_meta_setf(&s->meta, "record.wide_sites", "%llu",
				   (unsigned long long)stats.nr_wide_sites);
	if (!err)
		err = tf_meta_setf(&s->meta, "record.inversions", "%llu",
				   (unsigned long long)stats.nr_inversions);
	return err;
}

int kc_session_finish(struct kc_session *s, struct kc_session_stats *stats, struct kc_error *err)
{
	struct tf_error tf_err = { .reason = "" };
	uint64_t taken_ns = 0;
	int ret;

	s->end_ns = kc_stop(s->collector);
	ret = kc_snapshot(s->snapshotter, &s->meta, &taken_ns);
	kc_detach(s->collector);
	if (!s->err)
		s->err = drain_rest(s);
	if (!s->err)
		s->err = ret;
	if (!s->err)
		s->err = write_last_gap(s);
	if (!s->err)
		s->err = write_totals(s);
	if (!s->err)
		s->err = write_snapshot(s, taken_ns);
	ret = tf_writer_finish(s->writer, &tf_err);
	kc_session_get_stats(s, stats);
	if (!ret)
		ret = s->err;
	if (ret)
		snprintf(err->reason, sizeof(err->reason), "%s",
			 tf_err.reason[0] ? tf_err.reason : strerror(-ret));
	return ret;
}

void kc_session_close(struct kc_session *s)
{
	if (!s)
		return;
	if (s->writer)
		tf_writer_close(s->writer, NULL);
	kc_close(s->collector);
	kc_snapshotter_free(s->snapshotter);
	tf_meta_release(&s->meta);
	free(s);
}
