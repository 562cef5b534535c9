/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The writer: collects a block of events, encodes, compresses and writes it.
 *
 * Adding an event is one copy of a cache line; all other work is done once a block,
 * over memory that is still warm.
 */
#include "tracefmt/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/block.h"
#include "tracefmt/columns.h"
#include "tracefmt/meta_codec.h"
#include "tracefmt/sink.h"

#define DEFAULT_BLOCK_EVENTS 65536u

struct tf_writer {
	struct tf_event *events;
	uint32_t nr_events, block_events;
	int broken; /* the first error, told again by every call */
	struct tf_error error;
	struct tf_encoder *encoder;
	struct tf_packer *packer;
	struct tf_out block;
	struct tf_meta_log meta_log;
	struct tf_sink sink;
};

static int writer_fail(struct tf_writer *w, int err, const char *what)
{
	w->broken = tf_fail(&w->error, err, TF_NO_OFFSET, "%s: %s", what, strerror(-err));
	return err;
}

static void writer_free(struct tf_writer *w)
{
	tf_encoder_free(w->encoder);
	tf_packer_free(w->packer);
	tf_out_release(&w->block);
	tf_meta_log_release(&w->meta_log);
	free(w->events);
	free(w);
}

int tf_writer_create(struct tf_writer **out, const char *path,
		     const struct tf_writer_options *options, struct tf_error *err)
{
	int level = options && options->level ? options->level : TF_DEFAULT_LEVEL;
	struct tf_writer *w;
	int ret = -ENOMEM;

	w = calloc(1, sizeof(*w));
	if (!w)
		return tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
	tf_out_init(&w->block);
	tf_meta_log_init(&w->meta_log);
	w->block_events =
		options && options->block_events ? options->block_events : DEFAULT_BLOCK_EVENTS;
	ret = tf_encoder_new(&w->encoder, w->block_events);
	if (ret) {
		tf_fail(err, ret, TF_NO_OFFSET, "%u events a block: %s", w->block_events,
			strerror(-ret));
		goto out;
	}
	ret = tf_packer_new(&w->packer, level);
	if (ret) {
		tf_fail(err, ret, TF_NO_OFFSET, "zstd level %d: %s", level, strerror(-ret));
		goto out;
	}
	w->events = malloc(sizeof(*w->events) * w->block_events);
	if (!w->events) {
		ret = tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
		goto out;
	}
	ret = tf_sink_open(&w->sink, path, err);
	if (ret)
		goto out;
	*out = w;
	return 0;
out:
	writer_free(w);
	return ret;
}

/* meta may be NULL. */
static int write_header(struct tf_writer *w, const struct tf_meta *meta)
{
	struct tf_file_header h = { .major = TF_VERSION_MAJOR, .minor = TF_VERSION_MINOR };
	const char *machine = meta ? tf_meta_get(meta, "host.machine") : NULL;

	if (w->sink.has_header)
		return 0;
	tf_file_header_set_host(&h, machine, meta ? tf_meta_get_u64(meta, "host.page_size", 0) : 0);
	w->broken = tf_sink_header(&w->sink, &h, &w->error);
	return w->broken;
}

static int write_block(struct tf_writer *w, struct tf_block_header *h,
		       const struct tf_piece *pieces, size_t nr)
{
	int err;

	h->number = tf_sink_next_number(&w->sink);
	err = tf_packer_run(w->packer, h, pieces, nr, &w->block);
	if (err)
		return writer_fail(w, err, "cannot compress a block");
	w->broken = tf_sink_block(&w->sink, h, w->block.data, w->block.len, &w->error);
	return w->broken;
}

/* What the block header says of its events. */
static void describe(struct tf_block_header *h, const struct tf_event *events, uint32_t nr)
{
	memset(h, 0, sizeof(*h));
	h->type = TF_BLOCK_EVENTS;
	h->nr_events = nr;
	for (uint32_t i = 0; i < nr; i++) {
		const struct tf_event *ev = &events[i];

		if (!i || ev->ts_ns < h->first_ns)
			h->first_ns = ev->ts_ns;
		if (!i || ev->ts_ns > h->last_ns)
			h->last_ns = ev->ts_ns;
		if (ev->kind == TF_GAP)
			h->nr_lost += ev->bytes_req;
		h->by_kind[ev->kind]++;
	}
}

int tf_writer_flush(struct tf_writer *w)
{
	struct tf_piece pieces[TF_MAX_PIECES];
	struct tf_block_header h;
	size_t nr;
	int err;

	if (w->broken)
		return w->broken;
	if (!w->nr_events)
		return 0;
	err = write_header(w, NULL);
	if (err)
		return err;
	describe(&h, w->events, w->nr_events);
	nr = tf_encoder_run(w->encoder, w->events, w->nr_events, pieces);
	w->nr_events = 0;
	return write_block(w, &h, pieces, nr);
}

int tf_writer_add(struct tf_writer *w, const struct tf_event *ev)
{
	if (w->broken)
		return w->broken;
	if (ev->kind >= TF_NR_KINDS)
		return -EINVAL;
	w->events[w->nr_events++] = *ev;
	return w->nr_events == w->block_events ? tf_writer_flush(w) : 0;
}

static int emit_meta(void *arg, uint16_t type, const struct tf_out *payload)
{
	struct tf_piece piece = { payload->data, payload->len };
	struct tf_block_header h = { .type = type };

	return write_block(arg, &h, &piece, 1);
}

int tf_writer_add_meta(struct tf_writer *w, const struct tf_meta *meta)
{
	int err;

	if (w->broken)
		return w->broken;
	err = write_header(w, meta);
	if (err)
		return err;
	err = tf_meta_log_write(&w->meta_log, meta, emit_meta, w);
	if (err && !w->broken)
		writer_fail(w, err, "cannot write metadata");
	return err;
}

void tf_writer_get_stats(const struct tf_writer *w, struct tf_writer_stats *stats)
{
	struct tf_totals totals = w->sink.footer.totals;
	struct tf_block_header h;

	/* Events that wait for their block count too. */
	if (w->nr_events) {
		describe(&h, w->events, w->nr_events);
		tf_totals_add(&totals, &h);
	}
	stats->nr_events = tf_totals_nr_events(&totals);
	for (unsigned i = 0; i < TF_NR_KINDS; i++)
		stats->by_kind[i] = totals.by_kind[i];
	stats->nr_lost = totals.nr_lost;
	stats->file_bytes = w->sink.offset;
	stats->first_ns = totals.first_ns;
	stats->last_ns = totals.last_ns;
	stats->nr_blocks = w->sink.footer.totals.nr_blocks;
}

int tf_writer_close(struct tf_writer *w, struct tf_error *err)
{
	struct tf_error close_error;
	int ret;

	if (!tf_writer_flush(w) && !write_header(w, NULL))
		w->broken = tf_sink_finish(&w->sink, w->packer, &w->error);
	ret = tf_sink_close(&w->sink, &close_error);
	if (w->broken) {
		ret = w->broken;
		close_error = w->error;
	}
	if (ret && err)
		*err = close_error;
	writer_free(w);
	return ret;
}
