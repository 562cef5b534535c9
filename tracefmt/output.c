/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Blocks into a file that has a limit, on a disk that fills up.
 *
 *      0                        events end here        limit
 *      | header, blocks ...     | snapshot, marks      | footer, trailer |
 *                               <-- tf_output_end_bytes ->
 *
 * The limit is the option's, the process's, or, once a write has failed, what was kept
 * free on the disk until then.
 */
#include "tracefmt/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define RESERVE_BYTES (1u << 20)
/* Of the end: what there is beside a snapshot. */
#define END_BYTES (32u << 10)

/* What a durable file needs. */
static int make_durable(struct tf_output *out, struct tf_error *err)
{
	const char *slash = strrchr(out->path, '/');
	char *name = slash ? strndup(out->path, (size_t)(slash - out->path) + 1) : strdup(".");
	int ret;

	if (!name)
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	out->dir_fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(name);
	if (out->dir_fd < 0)
		return tf_fail(err, -errno, TF_NO_OFFSET, "cannot open its directory: %s",
			       strerror(errno));
	tf_reserve_keep(&out->reserve, out->dir_fd, RESERVE_BYTES);
	ret = tf_syncer_new(&out->syncer, out->dir_fd);
	if (ret)
		return tf_fail(err, ret, TF_NO_OFFSET, "cannot start a thread: %s", strerror(-ret));
	tf_syncer_watch(out->syncer, out->sink.fd);
	return 0;
}

static int make_memory(struct tf_output *out, const char *path)
{
	const struct tf_writer_options *options = &out->options;

	out->path = strdup(path);
	if (options->keep)
		out->kept_bytes = calloc(options->keep, sizeof(*out->kept_bytes));
	if (!out->path || (options->keep && !out->kept_bytes))
		return -ENOMEM;
	if (options->checkpoint_events == TF_NO_CHECKPOINTS)
		return 0;
	return tf_live_new(&out->live, options->max_live);
}

/* Whatever there is of the file and what it takes. */
static void close_file(struct tf_output *out)
{
	tf_syncer_free(out->syncer);
	out->syncer = NULL;
	if (out->has_sink)
		tf_sink_close(&out->sink, NULL);
	out->has_sink = false;
	tf_reserve_release(&out->reserve);
	if (out->dir_fd >= 0)
		close(out->dir_fd);
	out->dir_fd = -1;
}

int tf_output_open_file(struct tf_output *out, struct tf_error *err)
{
	const struct tf_writer_options *options = &out->options;
	struct rlimit limit;
	int ret = tf_sink_open(&out->sink, out->path, err);

	if (ret)
		return ret;
	out->has_sink = true;
	out->sink.footer.first_event = out->sink.footer.next_event = options->first_event;
	if (tf_output_has_rotation(out) && !out->sink.is_file)
		ret = tf_fail(err, -EINVAL, TF_NO_OFFSET, "cannot be rotated: no regular file");
	else if (out->sink.is_file && (options->flags & TF_WRITER_DURABLE))
		ret = make_durable(out, err);
	if (!ret && out->sink.is_file && !getrlimit(RLIMIT_FSIZE, &limit) &&
	    limit.rlim_cur != RLIM_INFINITY)
		out->disk_limit = limit.rlim_cur;
	if (ret)
		close_file(out);
	return ret;
}

int tf_output_open(struct tf_output *out, const char *path, const struct tf_writer_options *options,
		   struct tf_error *err)
{
	int ret;

	memset(out, 0, sizeof(*out));
	out->options = *options;
	out->dir_fd = out->reserve.fd = -1;
	out->disk_limit = UINT64_MAX;
	out->last_checkpoint = options->first_event;
	tf_meta_init(&out->meta);
	pthread_mutex_init(&out->lock, NULL);
	out->shared.nr_segments = 1;
	ret = make_memory(out, path);
	if (ret)
		tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
	else if (options->last_bytes)
		ret = tf_output_take_off(out, err);
	else
		ret = tf_output_open_file(out, err);
	if (ret)
		tf_output_release(out);
	return ret;
}

static void stop(struct tf_output *out, int code)
{
	__atomic_store_n(&out->stop, code, __ATOMIC_RELEASE);
}

void tf_output_stop_at_limit(struct tf_output *out)
{
	if (out->stop)
		return;
	out->mine.is_limit = true;
	stop(out, -EFBIG);
}

void tf_output_stop_with(struct tf_output *out, int code, const struct tf_error *why)
{
	uint64_t limit = out->sink.offset + tf_reserve_release(&out->reserve);

	if (limit < out->disk_limit)
		out->disk_limit = limit;
	if (out->stop && !out->mine.is_limit)
		return;
	out->mine.is_limit = false;
	out->error = *why;
	stop(out, code);
}

/* With rotation what comes after may go into another file. */
static bool fits_disk(const struct tf_output *out, uint64_t len, uint64_t after)
{
	uint64_t need = len + tf_sink_finish_bytes(&out->sink);
	uint64_t used = out->sink.offset;

	if (!tf_output_has_rotation(out))
		need += after;
	return out->disk_limit == UINT64_MAX ||
	       (used <= out->disk_limit && out->disk_limit - used >= need);
}

bool tf_output_fits(const struct tf_output *out, uint64_t len, uint64_t after)
{
	uint64_t need = len + after + tf_sink_finish_bytes(&out->sink);
	uint64_t used = out->closed_bytes + out->sink.offset;
	uint64_t max = out->options.max_bytes ? out->options.max_bytes : UINT64_MAX;

	return used <= max && max - used >= need && fits_disk(out, len, after);
}

uint64_t tf_output_end_bytes(const struct tf_output *out)
{
	uint64_t limit = out->options.max_bytes, beside = END_BYTES;

	if (!out->snapshot_bytes)
		return 0;
	if (!limit || limit > out->disk_limit)
		limit = out->disk_limit;
	if (beside > limit / 16)
		beside = limit / 16;
	return out->snapshot_bytes + out->snapshot_bytes / 4 + beside;
}

/* A block of len bytes does not fit. */
static void stop_before(struct tf_output *out, uint64_t len)
{
	struct tf_error why;

	if (fits_disk(out, len, tf_output_end_bytes(out))) {
		tf_output_stop_at_limit(out);
		return;
	}
	tf_fail(&why, -EFBIG, out->sink.offset, "cannot write: %s", strerror(EFBIG));
	tf_output_stop_with(out, -EFBIG, &why);
}

int tf_output_put_header(struct tf_output *out)
{
	struct tf_error why;
	int ret;

	if (out->sink.has_header)
		return 0;
	ret = tf_sink_header(&out->sink, &out->header, &why);
	if (ret)
		tf_output_stop_with(out, ret, &why);
	return ret;
}

int tf_output_put(struct tf_output *out, struct tf_block_header *h, struct tf_out *block)
{
	struct tf_error why;
	int ret;

	h->number = tf_sink_next_number(&out->sink);
	h->first_event = out->sink.footer.next_event;
	tf_block_header_put(block->data, h);
	ret = tf_sink_block(&out->sink, h, block->data, block->len, &why);
	if (ret)
		tf_output_stop_with(out, ret, &why);
	else if (out->syncer)
		tf_syncer_wrote(out->syncer);
	return ret;
}

/* A job whose block could not be made. */
static void stop_with_job(struct tf_output *out, const struct tf_job *job)
{
	struct tf_error why;

	tf_fail(&why, job->err, TF_NO_OFFSET, "cannot compress a block: %s", strerror(-job->err));
	tf_output_stop_with(out, job->err, &why);
}

static void keep_live(struct tf_output *out, const struct tf_job *job)
{
	/* Without memory for it, or with too many, there will be no more checkpoints. */
	if (out->live && tf_live_apply(out->live, &job->effect, job->events)) {
		tf_live_free(out->live);
		out->live = NULL;
	}
}

bool tf_output_admits(struct tf_output *out, uint64_t len)
{
	if (!out->stop && tf_sink_next_number(&out->sink) + TF_END_BLOCKS >= TF_MAX_BLOCKS)
		tf_output_stop_at_limit(out);
	if (!out->stop && !tf_output_fits(out, len, tf_output_end_bytes(out)))
		stop_before(out, len);
	return !out->stop;
}

int tf_output_put_events(struct tf_output *out, struct tf_block_header *h, struct tf_out *block)
{
	int ret = tf_output_put(out, h, block);

	if (ret)
		return ret;
	tf_totals_add(&out->mine.totals, h);
	if (!out->has_events)
		out->segment_first_ns = h->first_ns;
	out->has_events = true;
	if (block->len > out->block_bytes)
		out->block_bytes = block->len;
	return 0;
}

/* All that decides about an event block before it is written; stop tells. */
static void prepare_for(struct tf_output *out, struct tf_worker *worker, const struct tf_job *job)
{
	uint64_t len = job->block.len;

	if (out->stop)
		return;
	if (tf_output_is_segment_full(out, &job->h, len) ||
	    !tf_output_checkpoint(out, worker, false))
		tf_output_next_segment(out, worker);
	tf_output_admits(out, len);
}

static bool may_write_tail(const struct tf_output *out, uint64_t len)
{
	return out->has_sink && out->sink.has_header && !out->sink.is_torn &&
	       tf_output_fits(out, len, 0) && tf_sink_next_number(&out->sink) + 2 < TF_MAX_BLOCKS;
}

static void do_events(struct tf_output *out, struct tf_worker *worker, struct tf_job *job)
{
	struct tf_totals totals = { .nr_blocks = 0 };

	if (job->err)
		stop_with_job(out, job);
	else
		prepare_for(out, worker, job);
	if (!job->err && (!out->stop || (job->is_tail && may_write_tail(out, job->block.len))) &&
	    !tf_output_put_events(out, &job->h, &job->block)) {
		keep_live(out, job);
		return;
	}
	tf_totals_add(&totals, &job->h);
	out->mine.nr_dropped += tf_totals_nr_events(&totals) + totals.nr_lost;
}

static bool begins_snapshot(const struct tf_output *out, const struct tf_job *job)
{
	return job->h.type == TF_BLOCK_SNAPSHOT &&
	       (!out->snapshot_now || tf_get32(job->payload.data) != out->snapshot_number);
}

static void note_meta(struct tf_output *out, const struct tf_job *job)
{
	const struct tf_out *payload = &job->payload;
	struct tf_error why;
	int ret;

	if (job->h.type == TF_BLOCK_SNAPSHOT) {
		out->snapshot_now = begins_snapshot(out, job) ? 0 : out->snapshot_now;
		out->snapshot_now += job->block.len;
		out->snapshot_number = tf_get32(payload->data);
		if (out->snapshot_now > out->snapshot_bytes)
			out->snapshot_bytes = out->snapshot_now;
	} else if (tf_output_has_rotation(out)) {
		ret = tf_meta_decode(&out->meta, job->h.type, payload->data, payload->len,
				     out->sink.offset, &why);
		if (ret)
			tf_output_stop_with(out, ret, &why);
	}
}

/* A batch, or a snapshot in it, goes into a new segment if it does not fit into this one. */
static void begin_batch(struct tf_output *out, struct tf_worker *worker, const struct tf_job *job)
{
	if (!out->stop && (tf_output_is_segment_full(out, &job->h, job->block.len) ||
			   (out->has_events && tf_output_has_rotation(out) &&
			    !may_write_tail(out, job->block.len))))
		tf_output_next_segment(out, worker);
	out->batch_failed = false;
	tf_sink_mark(&out->sink, &out->batch);
}

/* Metadata that were added at once are written whole or not at all, as far as can be. */
static void do_meta(struct tf_output *out, struct tf_worker *worker, struct tf_job *job)
{
	bool ok = false;

	if (job->begins_batch || (!out->batch_failed && begins_snapshot(out, job)))
		begin_batch(out, worker, job);
	if (out->batch_failed)
		return;
	if (job->err)
		stop_with_job(out, job);
	else if (may_write_tail(out, job->block.len))
		ok = !tf_output_put(out, &job->h, &job->block);
	else if (!out->stop)
		stop_before(out, job->block.len);
	if (ok) {
		note_meta(out, job);
		return;
	}
	out->batch_failed = true;
	if (out->has_sink)
		tf_sink_undo(&out->sink, &out->batch);
}

/* What is on its way when the caller stops to add must still fit. */
static bool is_nearly_full(const struct tf_output *out)
{
	uint64_t on_the_way = out->block_bytes * (out->options.threads + 3);
	uint64_t need = on_the_way + tf_output_end_bytes(out) + tf_sink_finish_bytes(&out->sink);
	uint64_t used = out->closed_bytes + out->sink.offset, max = out->options.max_bytes;

	return out->has_sink && max && (used > max || max - used < need);
}

void tf_output_publish(struct tf_output *out)
{
	struct tf_output_stats *mine = &out->mine;

	mine->file_bytes = out->closed_bytes + (out->has_sink ? out->sink.offset : 0);
	mine->written_bytes = out->deleted_bytes + mine->file_bytes;
	mine->nr_segments = out->header.segment + 1 - out->first_segment;
	mine->is_nearly_full = is_nearly_full(out);
	pthread_mutex_lock(&out->lock);
	out->shared = *mine;
	pthread_mutex_unlock(&out->lock);
}

void tf_output_get_stats(struct tf_output *out, struct tf_output_stats *stats)
{
	pthread_mutex_lock(&out->lock);
	*stats = out->shared;
	pthread_mutex_unlock(&out->lock);
}

static void check_disk(struct tf_output *out)
{
	uint64_t end = tf_sink_finish_bytes(&out->sink) + tf_output_end_bytes(out);
	struct tf_error why;
	int ret;

	if (!out->syncer || out->stop)
		return;
	ret = tf_syncer_error(out->syncer);
	if (ret) {
		tf_fail(&why, ret, TF_NO_OFFSET, "cannot write: %s", strerror(-ret));
		tf_output_stop_with(out, ret, &why);
	} else if (end > out->reserve.bytes / 2) {
		tf_reserve_keep(&out->reserve, out->dir_fd,
				end > RESERVE_BYTES / 2 ? 2 * end : RESERVE_BYTES);
	}
}

void tf_output_job(struct tf_output *out, struct tf_worker *worker, struct tf_job *job)
{
	check_disk(out);
	if (out->has_sink)
		tf_output_put_header(out);
	if (out->flight && job->h.type == TF_BLOCK_EVENTS)
		tf_output_fly(out, job);
	else if (job->h.type == TF_BLOCK_EVENTS)
		do_events(out, worker, job);
	else
		do_meta(out, worker, job);
	tf_output_publish(out);
}

static int put_footer(struct tf_output *out, struct tf_worker *worker)
{
	bool has_reserve = out->reserve.bytes;
	struct tf_error why;
	int ret = tf_output_put_header(out);

	if (ret)
		return ret;
	ret = tf_sink_finish(&out->sink, worker->packer, &why);
	if (ret)
		tf_output_stop_with(out, ret, &why);
	if (ret && has_reserve)
		ret = tf_sink_finish(&out->sink, worker->packer, &why);
	return ret;
}

int tf_output_finish(struct tf_output *out, struct tf_worker *worker, struct tf_error *err)
{
	struct tf_error why;
	uint64_t last_bytes;
	int ret = 0;

	if (!out->has_sink)
		goto out;
	out->mine.is_complete = !put_footer(out, worker);
	if (out->syncer) {
		tf_syncer_retire(out->syncer);
		out->sink.fd = -1;
		ret = tf_syncer_free(out->syncer);
		out->syncer = NULL;
		if (ret)
			tf_fail(&why, ret, TF_NO_OFFSET, "cannot write: %s", strerror(-ret));
	}
	last_bytes = out->sink.offset;
	if (!ret)
		ret = tf_sink_close(&out->sink, &why);
	else
		tf_sink_close(&out->sink, NULL);
	out->has_sink = false;
	out->closed_bytes += last_bytes;
	if (ret)
		tf_output_stop_with(out, ret, &why);
out:
	tf_output_publish(out);
	if (!out->stop || out->mine.is_limit)
		return 0;
	if (err)
		*err = out->error;
	return out->stop;
}

void tf_output_release(struct tf_output *out)
{
	close_file(out);
	tf_output_end_flight(out);
	tf_live_free(out->live);
	tf_meta_release(&out->meta);
	free(out->kept_bytes);
	free(out->path);
	pthread_mutex_destroy(&out->lock);
}
