/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segments: PATH, PATH.1, PATH.2 and so on, each a whole file.
 *
 * The next one is there before the last one is finished, so that there always is a file
 * that takes what is still to come.
 */
#include "tracefmt/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool tf_output_is_segment_full(const struct tf_output *out, const struct tf_block_header *h,
			       uint64_t len)
{
	const struct tf_writer_options *options = &out->options;
	uint64_t bytes = out->sink.offset + len + tf_sink_finish_bytes(&out->sink);

	if (!tf_output_has_rotation(out) || !out->has_events)
		return false;
	if (options->rotate_bytes && bytes > options->rotate_bytes)
		return true;
	if (options->rotate_ns && h->nr_events && h->first_ns > out->segment_first_ns &&
	    h->first_ns - out->segment_first_ns >= options->rotate_ns)
		return true;
	return bytes > out->disk_limit ||
	       tf_sink_next_number(&out->sink) + TF_END_BLOCKS >= TF_MAX_BLOCKS;
}

/* NULL: out of memory. */
static char *segment_path(const struct tf_output *out, uint32_t segment)
{
	char *path;

	if (!segment)
		return strdup(out->path);
	return asprintf(&path, "%s.%u", out->path, segment) < 0 ? NULL : path;
}

static int delete_segment(struct tf_output *out, uint32_t segment, struct tf_error *err)
{
	char *path = segment_path(out, segment);
	int ret = 0;

	if (!path)
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	/* Somebody may have moved it to a better place. */
	if (unlink(path) && errno != ENOENT)
		ret = tf_fail(err, -errno, TF_NO_OFFSET, "cannot delete segment %u: %s", segment,
			      strerror(errno));
	free(path);
	return ret;
}

/* Account the open segment as closed, and delete the oldest if there are too many then. */
static int close_segment(struct tf_output *out, struct tf_error *err)
{
	const uint32_t keep = out->options.keep, segment = out->header.segment;
	uint64_t bytes = out->sink.offset, oldest;
	int ret;

	out->closed_bytes += bytes;
	if (!keep)
		return 0;
	out->kept_bytes[segment % keep] = bytes;
	/* With the one that follows. */
	if (segment + 2 - out->first_segment <= keep)
		return 0;
	oldest = out->kept_bytes[out->first_segment % keep];
	ret = delete_segment(out, out->first_segment, err);
	if (ret)
		return ret;
	out->closed_bytes -= oldest;
	out->deleted_bytes += oldest;
	out->first_segment++;
	return 0;
}

/* Let next take the place of the open file. */
static int change_file(struct tf_output *out, struct tf_sink *next, struct tf_error *err)
{
	int ret;

	if (out->syncer) {
		tf_syncer_retire(out->syncer);
		out->sink.fd = -1;
	}
	ret = close_segment(out, err);
	if (ret)
		tf_sink_close(&out->sink, NULL);
	else
		ret = tf_sink_close(&out->sink, err);
	out->sink = *next;
	out->has_events = false;
	out->header.segment++;
	if (out->syncer)
		tf_syncer_watch(out->syncer, next->fd);
	return ret;
}

struct again {
	struct tf_output *out;
	struct tf_worker *worker;
};

static int put_meta_again(void *arg, uint16_t type, const struct tf_out *payload)
{
	struct again *again = arg;
	struct tf_worker *worker = again->worker;
	struct tf_piece piece = { payload->data, payload->len };
	struct tf_block_header h = { .type = type };
	int ret = tf_packer_run(worker->packer, &h, &piece, 1, &worker->block);

	return ret ? ret : tf_output_put(again->out, &h, &worker->block);
}

static int put_all_meta(struct tf_output *out, struct tf_worker *worker)
{
	struct again again = { out, worker };
	struct tf_meta_log log;
	int ret;

	tf_meta_log_init(&log);
	ret = tf_meta_log_write(&log, &out->meta, put_meta_again, &again);
	tf_meta_log_release(&log);
	return ret;
}

void tf_output_next_segment(struct tf_output *out, struct tf_worker *worker)
{
	char *path = segment_path(out, out->header.segment + 1);
	struct tf_error err;
	struct tf_sink next;
	int ret = 0;

	/* More than that no reader takes for one trace. */
	if (out->header.segment + 1 - out->first_segment >= TF_MAX_SEGMENTS) {
		tf_output_stop_at_limit(out);
		goto out;
	}
	if (path)
		ret = tf_sink_open_segment(&next, path, out->sink.footer.next_event, &err);
	else
		ret = tf_fail(&err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	if (ret)
		goto out;
	ret = tf_sink_finish(&out->sink, worker->packer, &err);
	if (ret) {
		/* The file is still open, and its end can be tried again. */
		tf_sink_close(&next, NULL);
		unlink(path);
		goto out;
	}
	ret = change_file(out, &next, &err);
	if (!ret && !tf_output_put_header(out)) {
		ret = put_all_meta(out, worker);
		if (ret && !out->stop)
			tf_fail(&err, ret, TF_NO_OFFSET, "cannot write metadata: %s",
				strerror(-ret));
		if (!ret)
			tf_output_checkpoint(out, worker, true);
	}
out:
	free(path);
	if (ret && !out->stop)
		tf_output_stop_with(out, ret, &err);
}
