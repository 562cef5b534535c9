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
#include <sys/stat.h>

#include "bpf/clock.h"
#include "bpf/snapshot.h"

#define FLUSH_NS 1000000000ull

struct kc_session {
	struct kc_collector *collector;
	struct kc_snapshotter *snapshotter;
	struct tf_writer *writer;
	struct tf_meta meta;
	const char *path;	    /* the caller's */
	struct kc_stats last_stats; /* once the collector is closed */
	uint64_t start_ns, end_ns, flushed_ns;
	int err; /* the first of the writer */
};

static int write_event(void *arg, const struct tf_event *ev)
{
	struct kc_session *s = arg;

	return tf_writer_add(s->writer, ev);
}

static int write_meta(struct kc_session *s)
{
	int err = kc_add_meta(s->collector, &s->meta);

	return err ? err : tf_writer_add_meta(s->writer, &s->meta);
}

/* The mark in the event stream that says when the last snapshot was taken; the snapshot itself. */
static int write_snapshot(struct kc_session *s, uint64_t ts_ns)
{
	struct tf_event mark = { .kind = TF_MARK,
				 .node = TF_NO_NODE,
				 .ts_ns = ts_ns,
				 .addr = s->meta.nr_snapshots - 1 };
	int err = write_meta(s);

	return err ? err : tf_writer_add(s->writer, &mark);
}

int kc_session_open(struct kc_session **out, const struct kc_session_options *options,
		    bool *is_file, struct kc_error *err)
{
	struct tf_writer_options writer = { .level = options->level };
	struct kc_session *s = calloc(1, sizeof(*s));
	struct tf_error tf_err = { 0 };
	int ret;

	*out = NULL;
	*is_file = false;
	if (!s) {
		snprintf(err->reason, sizeof(err->reason), "out of memory");
		return -ENOMEM;
	}
	s->path = options->path;
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
	s->start_ns = s->flushed_ns = kc_start(s->collector);
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
	if (now - s->flushed_ns >= FLUSH_NS) {
		s->flushed_ns = now;
		s->err = write_meta(s);
		if (!s->err)
			s->err = tf_writer_flush(s->writer);
	}
	return s->err ? s->err : nr;
}

void kc_session_get_stats(struct kc_session *s, struct kc_session_stats *stats)
{
	tf_writer_get_stats(s->writer, &stats->file);
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
	struct stat st;
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
		s->err = write_totals(s);
	if (!s->err)
		s->err = write_snapshot(s, taken_ns);
	if (!s->err)
		s->err = tf_writer_flush(s->writer);
	kc_session_get_stats(s, stats);
	ret = tf_writer_close(s->writer, &tf_err);
	s->writer = NULL;
	/* The footer is not in the writer's figures any more. */
	if (strcmp(s->path, "-") && !stat(s->path, &st))
		stats->file.file_bytes = (uint64_t)st.st_size;
	if (!s->err)
		s->err = ret;
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
