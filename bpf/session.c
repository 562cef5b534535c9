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
#include "bpf/light.h"
#include "bpf/snapshot.h"

/* What a poll and a block take is to fit into the second, too. */
#define SEAL_NS 800000000ull

struct kc_session {
	struct kc_collector *collector;
	struct kc_snapshotter *snapshotter;
	struct kc_light *light; /* NULL: no light snapshots, or not yet */
	uint64_t light_ns;	/* between them */
	struct tf_writer *writer;
	struct kc_page_map page_map;
	size_t page_map_bytes;	 /* at most */
	int (*pause)(void *arg); /* while it is read */
	void *pause_arg;
	struct kc_flight flight;
	struct kc_triggered triggered;
	bool is_over; /* an event triggered: what comes is not of the trace */
	struct tf_meta meta;
	struct kc_stats last_stats; /* once the collector is closed */
	uint64_t start_ns, end_ns, sealed_ns;
	uint64_t nr_refused; /* events that the writer did not take any more */
	int stop;	     /* why the writer takes no more events, 0 if it does */
	int err;	     /* the first that is not the file's */
};

static void write_light(struct kc_session *s);

static int write_event(void *arg, const struct tf_event *ev)
{
	struct kc_session *s = arg;
	uint64_t light_ns = s->light ? kc_light_ready(s->light) : 0;
	unsigned int trigger;
	int err;

	if (s->is_over)
		return 0;
	if (light_ns && ev->ts_ns > light_ns)
		write_light(s);
	err = tf_writer_add(s->writer, ev);
	/* Once the file has its end, what comes is only counted. */
	if (err) {
		s->stop = err;
		s->nr_refused++;
	}
	trigger = kc_flight_match(&s->flight, ev);
	if (trigger && !s->triggered.by) {
		kc_triggered_note(&s->triggered, trigger, ev, 0);
		s->is_over = true;
	}
	return 0;
}

void kc_session_trigger(struct kc_session *s)
{
	if (s->flight.triggers & KC_TRIGGER_SIGNAL && !s->triggered.by)
		kc_triggered_note(&s->triggered, KC_TRIGGER_SIGNAL, NULL, kc_now_ns());
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

/* The mark in the event stream that says when the last snapshot was taken. */
static int write_mark(struct kc_session *s, uint64_t ts_ns)
{
	struct tf_event mark = { .kind = TF_MARK,
				 .node = TF_NO_NODE,
				 .ts_ns = ts_ns,
				 .addr = s->meta.nr_snapshots - 1 };

	return tf_writer_add(s->writer, &mark);
}

static int write_snapshot(struct kc_session *s, uint64_t ts_ns)
{
	int err = write_meta(s);

	if (!err)
		err = write_mark(s, ts_ns);
	return unless_end(s, err);
}

/*
 * A light snapshot that is ready, at its place among the events.  Nothing else is written with
 * it, for the collector is in the middle of handing out events; nor is it kept.
 */
static void write_light(struct kc_session *s)
{
	uint64_t ts_ns;
	int err;

	err = kc_light_take(s->light, &s->meta, &ts_ns);
	if (!err)
		err = tf_writer_add_meta(s->writer, &s->meta);
	if (!err)
		err = write_mark(s, ts_ns);
	/* In a flight nothing is written yet. */
	if (!err && !kc_flight_is_on(&s->flight))
		tf_snapshot_drop_files(&s->meta.snapshots[s->meta.nr_snapshots - 1]);
	err = unless_end(s, err);
	if (!s->err)
		s->err = err;
}

/* Of a trace of limited size it takes no more than a part, be it ever so badly compressed. */
static size_t page_map_bytes(const struct tf_writer_options *writer)
{
	uint64_t bytes = KC_PAGE_MAP_BYTES;

	if (writer->max_bytes && writer->max_bytes / 8 < bytes)
		bytes = writer->max_bytes / 8;
	if (writer->rotate_bytes && writer->rotate_bytes / 8 < bytes)
		bytes = writer->rotate_bytes / 8;
	return bytes;
}

static void open_page_map(struct kc_session *s, const struct kc_session_options *options)
{
	unsigned int classes = options->collector.classes;

	kc_page_map_open(&s->page_map, options->page_map,
			 !classes || classes & 1u << KC_CLASS_PAGE);
	s->page_map_bytes = page_map_bytes(&options->writer);
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
	writer.minor = TF_VERSION_MINOR; /* flags of a task, owners, transitions */
	writer.flags |= TF_WRITER_DURABLE;
	s->flight = options->flight;
	writer.last_ns = s->flight.last_ns;
	writer.last_bytes = s->flight.last_bytes;
	s->light_ns = options->snapshot_ns;
	tf_meta_init(&s->meta);
	open_page_map(s, options);
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

bool kc_session_get_skipped(const struct kc_session *s, unsigned int i, const char **program,
			    uint64_t *count)
{
	return kc_get_skipped(s->collector, i, program, count);
}

int64_t kc_session_poll(struct kc_session *s)
{
	bool is_light_ready = s->light && kc_light_ready(s->light);
	int64_t nr = s->err;
	uint64_t now;

	if (!s->err)
		nr = kc_drain(s->collector, write_event, s);
	/* Else the first event behind it will bring it along. */
	if (!nr && is_light_ready)
		write_light(s);
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

/* Events must not wait for the page map. */
static int poll_and_pause(void *arg)
{
	struct kc_session *s = arg;
	int64_t nr = kc_session_poll(s);

	if (nr < 0 || s->triggered.by)
		return -ECANCELED;
	return s->pause ? s->pause(s->pause_arg) : 0;
}

static int take_page_map(struct kc_session *s)
{
	int err = kc_page_map_take(&s->page_map, &s->meta, s->page_map_bytes, poll_and_pause, s);

	if (!s->err)
		s->err = err;
	if (!s->err)
		s->err = unless_end(s, write_meta(s));
	return s->err;
}

/* Nothing but the start stands between a snapshot and the events: it is written behind them. */
int kc_session_start(struct kc_session *s, int (*pause)(void *arg), void *arg)
{
	uint64_t taken_ns = 0;

	s->pause = pause;
	s->pause_arg = arg;
	s->err = kc_snapshot(s->snapshotter, &s->meta, &taken_ns);
	if (s->err)
		return s->err;
	s->start_ns = s->sealed_ns = kc_start(s->collector);
	s->err = write_snapshot(s, taken_ns);
	if (!s->err && s->light_ns)
		s->err = kc_light_start(&s->light, s->light_ns, &s->meta.snapshots[0]);
	return s->err ? s->err : take_page_map(s);
}

void kc_session_get_stats(struct kc_session *s, struct kc_session_stats *stats)
{
	tf_writer_get_stats(s->writer, &stats->file);
	stats->nr_refused = s->nr_refused + stats->file.nr_dropped;
	stats->triggered = s->triggered;
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

/* The rings must not fill up while the closing snapshot is begun. */
static int drain_once(void *arg)
{
	struct kc_session *s = arg;
	int64_t nr = s->err ? 0 : kc_drain(s->collector, write_event, s);

	if (nr < 0)
		s->err = (int)nr;
	return 0;
}

/* The last light snapshot must be in the trace before the closing one begins. */
static void finish_light(struct kc_session *s)
{
	if (!s->light)
		return;
	kc_light_stop(s->light);
	if (kc_light_ready(s->light))
		drain_once(s);
	if (!s->err && kc_light_ready(s->light))
		write_light(s);
}

/* Let the flight land, if there is one and it is to: only from then on there is a file. */
static int land(struct kc_session *s, struct tf_error *tf_err)
{
	struct tf_writer_stats stats;
	int err;

	if (!kc_flight_is_on(&s->flight))
		return 0;
	err = kc_add_meta(s->collector, &s->meta);
	kc_triggered_find_site(&s->triggered, &s->meta);
	tf_writer_flush(s->writer);
	tf_writer_get_stats(s->writer, &stats);
	if (!err)
		err = kc_flight_add_facts(&s->flight, &s->triggered, stats.nr_passed,
					  stats.first_ns, &s->meta);
	return err ? err : tf_writer_land(s->writer, &s->meta, tf_err);
}

/* Nothing triggered, and something could have: nothing is to be written. */
static bool is_for_nothing(const struct kc_session *s)
{
	return s->flight.triggers && !s->triggered.by;
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
	int err = 0;

	kc_get_stats(s->collector, &stats);
	const struct {
		const char *key;
		uint64_t value;
	} totals[] = {
		{ "record.missed", stats.nr_missed },
		{ "record.excluded", stats.nr_excluded },
		{ "record.wide_sites", stats.nr_wide_sites },
		{ "record.no_cache", stats.nr_no_cache },
		{ "record.no_stack", stats.nr_no_stack },
		{ "record.untracked", stats.nr_untracked },
		{ "record.inversions", stats.nr_inversions },
		{ "record.doubled", stats.nr_doubled },
		{ "record.rescued", stats.nr_rescued },
	};
	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]) && !err; i++)
		err = tf_meta_setf(&s->meta, totals[i].key, "%llu",
				   (unsigned long long)totals[i].value);
	return err;
}

/* Everything behind the last event; an error is kept. */
static void write_end(struct kc_session *s, uint64_t taken_ns, struct tf_error *tf_err)
{
	int err = land(s, tf_err);

	if (!s->err)
		s->err = err;
	if (!s->err)
		s->err = write_last_gap(s);
	if (!s->err)
		s->err = write_totals(s);
	if (!s->err)
		s->err = write_snapshot(s, taken_ns);
}

int kc_session_finish(struct kc_session *s, struct kc_session_stats *stats, struct kc_error *err)
{
	struct tf_error tf_err = { .reason = "" };
	uint64_t taken_ns = 0;
	int ret;

	finish_light(s);
	ret = kc_snapshot_begin(s->snapshotter, &s->meta, drain_once, s);
	s->end_ns = kc_stop(s->collector);
	if (!ret)
		ret = kc_snapshot_end(s->snapshotter, &s->meta, &taken_ns);
	kc_detach(s->collector);
	if (!s->err)
		s->err = drain_rest(s);
	if (!s->err)
		s->err = ret;
	if (!is_for_nothing(s))
		write_end(s, taken_ns, &tf_err);
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
	kc_light_free(s->light);
	kc_snapshotter_free(s->snapshotter);
	kc_page_map_close(&s->page_map);
	tf_meta_release(&s->meta);
	free(s);
}
