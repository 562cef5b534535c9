/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The writer: collects events where their block will be made, and hands full ones on.
 *
 *      tf_writer_add() ──▶ job ──▶ pool: tf_job_make(), any thread ──▶ tf_output_job(), in order
 *
 * Adding an event is one copy of a cache line; all other work is done once a block.
 */
#include "tracefmt/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tracefmt/columns.h"
#include "tracefmt/job.h"
#include "tracefmt/output.h"
#include "tracefmt/pool.h"

#define DEFAULT_CHECKPOINT_EVENTS (4u << 20)
#define DEFAULT_MAX_LIVE (1u << 20)
#define DEFAULT_FLIGHT_LIVE (128u << 10)
#define MAX_FLIGHT_BYTES (512u << 20)
/* So many blocks at least are to fit into a small flight. */
#define MIN_FLIGHT_BLOCKS 8
#define EVENT_BYTES 8 /* in a block, or less */
#define MIN_BLOCK_EVENTS 256u
#define MAX_THREADS 64u

struct tf_writer {
	struct tf_event *events; /* of the open job */
	uint32_t nr_events, block_events;
	uint32_t nr_described; /* of events, in the open job's header */
	struct tf_job *open;
	struct tf_event *spare; /* buffer for a job that takes metadata before the open events */
	struct tf_pool *pool;
	struct tf_meta_log meta_log;
	bool has_header, in_batch, is_finished;
	int ret; /* of finishing */
	struct tf_error error;
	struct tf_totals sealed; /* what is on its way, or written */
	struct tf_job *jobs;
	unsigned nr_jobs;
	struct tf_output output;
};

static void *worker_new(void *arg)
{
	const struct tf_writer *w = arg;
	struct tf_worker *worker = malloc(sizeof(*worker));

	if (worker && tf_worker_init(worker, w->output.options.level, w->block_events)) {
		tf_worker_release(worker);
		free(worker);
		worker = NULL;
	}
	return worker;
}

static void worker_free(void *worker)
{
	tf_worker_release(worker);
	free(worker);
}

static void prepare(void *arg, void *worker, void *job)
{
	const struct tf_writer *w = arg;

	const struct tf_writer_options *o = &w->output.options;

	/* In a flight what lives is found out when a block is dropped. */
	tf_job_make(job, worker, o->checkpoint_events != TF_NO_CHECKPOINTS && !o->last_bytes);
}

static void commit(void *arg, void *worker, void *job)
{
	struct tf_writer *w = arg;

	tf_output_job(&w->output, worker, job);
}

static const struct tf_pool_ops pool_ops = {
	.worker_new = worker_new,
	.worker_free = worker_free,
	.prepare = prepare,
	.commit = commit,
};

static unsigned default_threads(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus < 2 ? 2 : cpus > 5 ? 5 : (unsigned)cpus;
}

static uint64_t default_flight_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);
	uint64_t eighth = pages > 0 && bytes > 0 ? (uint64_t)pages * (uint64_t)bytes / 8 : 0;

	return eighth && eighth < MAX_FLIGHT_BYTES ? eighth : MAX_FLIGHT_BYTES;
}

/* Where nothing was said; a block must be small beside the flight. */
static void set_flight_defaults(struct tf_writer_options *o)
{
	uint64_t block_events;

	if (!o->last_bytes)
		o->last_bytes = default_flight_bytes();
	block_events = o->last_bytes / MIN_FLIGHT_BLOCKS / EVENT_BYTES;
	if (!o->block_events && block_events < TF_MAX_BLOCK_EVENTS)
		o->block_events =
			block_events < MIN_BLOCK_EVENTS ? MIN_BLOCK_EVENTS : (uint32_t)block_events;
	if (!o->max_live)
		o->max_live = DEFAULT_FLIGHT_LIVE;
}

static void set_defaults(struct tf_writer_options *o)
{
	if (o->last_ns || o->last_bytes)
		set_flight_defaults(o);
	if (!o->level)
		o->level = TF_DEFAULT_LEVEL;
	if (!o->block_events)
		o->block_events = TF_MAX_BLOCK_EVENTS;
	if (!o->threads)
		o->threads = default_threads();
	if (!o->checkpoint_events)
		o->checkpoint_events = DEFAULT_CHECKPOINT_EVENTS;
	if (!o->max_live)
		o->max_live = DEFAULT_MAX_LIVE;
}

static int check_options(const struct tf_writer_options *o, struct tf_error *err)
{
	bool has_rotation = o->rotate_bytes || o->rotate_ns;
	struct tf_packer *packer;
	int ret;

	if (o->block_events > TF_MAX_BLOCK_EVENTS)
		return tf_fail(err, -EINVAL, TF_NO_OFFSET, "%u events a block: %s", o->block_events,
			       strerror(EINVAL));
	if (o->threads > MAX_THREADS || o->minor > TF_VERSION_MINOR || (o->keep && !has_rotation) ||
	    (has_rotation && !o->trace_id))
		return tf_fail(err, -EINVAL, TF_NO_OFFSET, "options that cannot be: %s",
			       o->threads > MAX_THREADS	     ? "threads"
			       : o->minor > TF_VERSION_MINOR ? "minor version"
			       : o->keep		     ? "segments to keep"
							     : "no identity of the trace");
	if (o->last_bytes && (has_rotation || o->max_bytes))
		return tf_fail(err, -EINVAL, TF_NO_OFFSET,
			       "options that cannot be: a flight has neither segments nor a limit");
	/* zstd alone knows which levels it has. */
	ret = tf_packer_new(&packer, o->level);
	if (ret)
		return tf_fail(err, ret, TF_NO_OFFSET, "zstd level %d: %s", o->level,
			       strerror(-ret));
	tf_packer_free(packer);
	return 0;
}

/* The open job, which has no events yet. */
static void open_job(struct tf_writer *w)
{
	w->open = tf_pool_job(w->pool);
	w->events = w->open->events;
	w->nr_events = w->nr_described = 0;
	memset(&w->open->h, 0, sizeof(w->open->h));
	w->open->h.type = TF_BLOCK_EVENTS;
	w->open->is_tail = tf_output_stop(&w->output) != 0;
}

static int make_jobs(struct tf_writer *w)
{
	void **list;
	int ret = 0;

	w->nr_jobs = w->output.options.threads == 1 ? 1 : w->output.options.threads + 1;
	w->jobs = calloc(w->nr_jobs, sizeof(*w->jobs));
	list = malloc(w->nr_jobs * sizeof(*list));
	w->spare = malloc(w->block_events * sizeof(*w->spare));
	if (!w->jobs || !list || !w->spare)
		ret = -ENOMEM;
	for (unsigned i = 0; i < w->nr_jobs && !ret; i++) {
		ret = tf_job_init(&w->jobs[i], w->block_events);
		list[i] = &w->jobs[i];
	}
	if (!ret)
		ret = tf_pool_new(&w->pool, &pool_ops, w, list, w->nr_jobs);
	free(list);
	return ret;
}

static void writer_free(struct tf_writer *w)
{
	tf_pool_free(w->pool);
	for (unsigned i = 0; w->jobs && i < w->nr_jobs; i++)
		tf_job_release(&w->jobs[i]);
	tf_output_release(&w->output);
	tf_meta_log_release(&w->meta_log);
	free(w->jobs);
	free(w->spare);
	free(w);
}

int tf_writer_create(struct tf_writer **out, const char *path,
		     const struct tf_writer_options *options, struct tf_error *err)
{
	struct tf_writer_options o = { .level = 0 };
	struct tf_writer *w;
	int ret;

	if (options)
		o = *options;
	set_defaults(&o);
	ret = check_options(&o, err);
	if (ret)
		return ret;
	w = calloc(1, sizeof(*w));
	if (!w)
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	w->block_events = o.block_events;
	tf_meta_log_init(&w->meta_log);
	ret = tf_output_open(&w->output, path, &o, err);
	if (ret) {
		free(w);
		return ret;
	}
	ret = make_jobs(w);
	if (ret) {
		tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
		writer_free(w);
		return ret;
	}
	open_job(w);
	*out = w;
	return 0;
}

/* meta may be NULL. */
static void make_header(struct tf_writer *w, const struct tf_meta *meta)
{
	const struct tf_writer_options *o = &w->output.options;
	const char *machine = meta ? tf_meta_get(meta, "host.machine") : NULL;
	struct tf_file_header h = {
		.major = TF_VERSION_MAJOR,
		.minor = (uint16_t)o->minor,
		.flags = o->flags & TF_WRITER_ANONYMIZED ? TF_FILE_ANONYMIZED : 0,
	};

	if (w->has_header)
		return;
	if (tf_output_has_rotation(&w->output))
		h.trace_id = o->trace_id;
	tf_file_header_set_host(&h, machine, meta ? tf_meta_get_u64(meta, "host.page_size", 0) : 0);
	w->output.header = h;
	w->has_header = true;
}

static void describe_open(struct tf_writer *w)
{
	tf_describe(&w->open->h, w->events + w->nr_described, w->nr_events - w->nr_described);
	w->nr_described = w->nr_events;
}

int tf_writer_seal(struct tf_writer *w)
{
	if (w->nr_events) {
		make_header(w, NULL);
		describe_open(w);
		tf_totals_add(&w->sealed, &w->open->h);
		tf_pool_submit(w->pool);
		open_job(w);
	}
	return tf_output_stop(&w->output);
}

int tf_writer_flush(struct tf_writer *w)
{
	tf_writer_seal(w);
	tf_pool_drain(w->pool);
	return tf_output_stop(&w->output);
}

/* Its last event was taken, so that if it comes too late the next call will tell. */
static int block_is_full(struct tf_writer *w)
{
	/* Small traces do without threads. */
	tf_pool_start(w->pool, w->output.options.threads - 1);
	tf_writer_seal(w);
	return 0;
}

/* Events are refused; what is in the open job comes too late, too, if it was no tail. */
static int add_late(struct tf_writer *w, const struct tf_event *ev, int stop)
{
	if (ev->kind != TF_GAP && ev->kind != TF_MARK)
		return stop;
	if (!w->open->is_tail) {
		tf_writer_seal(w);
		w->open->is_tail = true;
	}
	w->events[w->nr_events++] = *ev;
	if (w->nr_events == w->block_events)
		tf_writer_seal(w);
	return 0;
}

int tf_writer_add(struct tf_writer *w, const struct tf_event *ev)
{
	int stop = tf_output_stop(&w->output);

	if (ev->kind >= TF_NR_KINDS || tf_kind_minor(ev->kind) > w->output.options.minor)
		return -EINVAL;
	if (stop)
		return add_late(w, ev, stop);
	w->events[w->nr_events++] = *ev;
	return w->nr_events == w->block_events ? block_is_full(w) : 0;
}

/*
 * The open job takes the metadata, and the events that wait in it go on to the next, with
 * their buffer: they stay the open block, and the metadata come before it.
 */
static int emit_meta(void *arg, uint16_t type, const struct tf_out *payload)
{
	struct tf_writer *w = arg;
	struct tf_job *job = w->open;
	struct tf_block_header h = job->h;
	bool is_tail = job->is_tail;

	job->payload.len = 0;
	tf_out_bytes(&job->payload, payload->data, payload->len);
	if (job->payload.err)
		return job->payload.err;
	job->events = w->spare;
	memset(&job->h, 0, sizeof(job->h));
	job->h.type = type;
	job->begins_batch = !w->in_batch;
	w->in_batch = true;
	tf_pool_submit(w->pool);
	w->open = tf_pool_job(w->pool);
	w->spare = w->open->events;
	w->open->events = w->events;
	w->open->h = h;
	w->open->is_tail = is_tail;
	return 0;
}

int tf_writer_add_meta(struct tf_writer *w, const struct tf_meta *meta)
{
	int stop = tf_output_stop(&w->output);
	int err;

	make_header(w, meta);
	if (w->output.flight && !w->output.has_landed)
		return 0;
	w->in_batch = false;
	err = tf_meta_log_write(&w->meta_log, meta, emit_meta, w);
	if (err || !stop)
		return err ? err : tf_output_stop(&w->output);
	tf_pool_drain(w->pool);
	return w->in_batch && !w->output.batch_failed ? 0 : stop;
}

int tf_writer_land(struct tf_writer *w, const struct tf_meta *meta, struct tf_error *err)
{
	int ret;

	if (!w->output.flight)
		return 0;
	tf_writer_flush(w);
	make_header(w, meta);
	ret = tf_output_land(&w->output, err);
	if (ret)
		return ret;
	ret = tf_writer_add_meta(w, meta);
	tf_pool_drain(w->pool);
	tf_output_unload(&w->output, tf_pool_worker(w->pool));
	/* Where there is no room the end tells. */
	if (ret && ret != tf_output_stop(&w->output))
		return tf_fail(err, ret, TF_NO_OFFSET, "%s", strerror(-ret));
	return 0;
}

void tf_writer_get_stats(struct tf_writer *w, struct tf_writer_stats *stats)
{
	int stop = tf_output_stop(&w->output);
	struct tf_output_stats out;
	struct tf_totals totals;

	tf_output_get_stats(&w->output, &out);
	totals = stop || w->output.options.last_bytes ? out.totals : w->sealed;
	*stats = (struct tf_writer_stats){
		.nr_blocks = totals.nr_blocks,
		.file_bytes = out.file_bytes,
		.nr_segments = out.nr_segments,
		.written_bytes = out.written_bytes,
		.nr_checkpoints = out.nr_checkpoints,
		.checkpoint_bytes = out.checkpoint_bytes,
		.stopped = stop,
		.is_limit = out.is_limit,
		.is_nearly_full = out.is_nearly_full,
		.nr_dropped = out.nr_dropped,
		.nr_passed = out.nr_passed,
		.kept_bytes = out.kept_bytes,
		.is_complete = out.is_complete,
	};
	/* Events that wait for their block count too. */
	if (w->nr_events && (!stop || w->open->is_tail)) {
		describe_open(w);
		tf_totals_add(&totals, &w->open->h);
	}
	stats->nr_events = tf_totals_nr_events(&totals);
	for (unsigned i = 0; i < TF_NR_KINDS; i++)
		stats->by_kind[i] = totals.by_kind[i];
	stats->nr_lost = totals.nr_lost;
	stats->first_ns = totals.first_ns;
	stats->last_ns = totals.last_ns;
}

int tf_writer_finish(struct tf_writer *w, struct tf_error *err)
{
	if (!w->is_finished) {
		tf_writer_flush(w);
		make_header(w, NULL);
		w->ret = tf_output_finish(&w->output, tf_pool_worker(w->pool), &w->error);
		w->is_finished = true;
	}
	if (w->ret && err)
		*err = w->error;
	return w->ret;
}

int tf_writer_close(struct tf_writer *w, struct tf_error *err)
{
	int ret = tf_writer_finish(w, err);

	writer_free(w);
	return ret;
}
