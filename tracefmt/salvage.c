/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Saving what is whole of a damaged trace.
 *
 * Payloads are copied as they are, under headers with new numbers.  Every header tells
 * how many records were before its block, so the next one behind a hole tells how many
 * were lost in it.
 */
#include "tracefmt/verify.h"

#include <errno.h>
#include <string.h>

#include "tracefmt/columns.h"
#include "tracefmt/sink.h"
#include "tracefmt/verifier.h"

/* No block whose header can be read is before this one. */
#define NR_MORE_UNKNOWN UINT32_MAX

struct salvage {
	struct tf_sink sink;
	struct tf_packer *packer;
	struct tf_encoder *encoder; /* of one event */
	struct tf_out block;
	uint64_t next_event; /* of the source, that was not copied or counted as lost yet */
	bool knows_event;    /* after the first block: a trace may be cut out of a longer one */
	uint64_t nr_lost;    /* records that a gap must tell of */
	uint64_t last_ns;    /* greatest time so far, if has_time */
	bool has_time;
	/* A checkpoint that is not whole yet: its first block, and how many there are. */
	const struct tf_input *input;
	uint64_t checkpoint;
	uint32_t nr_blocks; /* 0: there is none */
	uint32_t nr_more;   /* what the block before said, 0 if that was no checkpoint */
};

/* The payload as it is, under a header with its new numbers. */
static int copy_block(struct salvage *s, const struct tf_input *input,
		      const struct tf_scan_item *item, struct tf_error *err)
{
	struct tf_block_header h = item->h;

	h.number = tf_sink_next_number(&s->sink);
	h.first_event = s->sink.footer.next_event;
	s->block.len = 0;
	tf_out_bytes(&s->block, input->data + item->offset, item->len);
	if (s->block.err)
		return tf_fail(err, s->block.err, TF_NO_OFFSET, "out of memory");
	tf_block_header_put(s->block.data, &h);
	return tf_sink_block(&s->sink, &h, s->block.data, s->block.len, err);
}

/* A block of one gap record, if anything was lost; ts_ns is used if nothing was before. */
static int write_gap(struct salvage *s, uint64_t ts_ns, struct tf_error *err)
{
	struct tf_event gap = {
		.ts_ns = s->has_time ? s->last_ns : ts_ns,
		.bytes_req = s->nr_lost,
		.kind = TF_GAP,
		.node = TF_NO_NODE,
	};
	struct tf_block_header h = {
		.type = TF_BLOCK_EVENTS,
		.number = tf_sink_next_number(&s->sink),
		.first_event = s->sink.footer.next_event,
		.nr_events = 1,
		.first_ns = gap.ts_ns,
		.last_ns = gap.ts_ns,
		.nr_lost = s->nr_lost,
		.cpus = 1,
		.by_kind[TF_GAP] = 1,
	};
	struct tf_piece pieces[TF_MAX_PIECES];
	size_t nr;
	int ret;

	if (!s->nr_lost)
		return 0;
	s->nr_lost = 0;
	nr = tf_encoder_run(s->encoder, &gap, 1, pieces);
	ret = tf_packer_run(s->packer, &h, pieces, nr, &s->block);
	if (ret)
		return tf_fail(err, ret, TF_NO_OFFSET, "cannot make a gap: %s", strerror(-ret));
	return tf_sink_block(&s->sink, &h, s->block.data, s->block.len, err);
}

/* What this header says of the records before it. */
static void count_lost(struct salvage *s, const struct tf_block_header *h)
{
	if (s->knows_event && h->first_event > s->next_event)
		s->nr_lost += h->first_event - s->next_event;
	s->next_event = h->first_event;
	s->knows_event = true;
}

static int save_events(struct salvage *s, const struct tf_input *input,
		       const struct tf_scan_item *item, bool is_whole, struct tf_error *err)
{
	const struct tf_block_header *h = &item->h;
	int ret;

	s->next_event += h->nr_events;
	if (!is_whole) {
		s->nr_lost += h->nr_events;
		return 0;
	}
	ret = write_gap(s, h->first_ns, err);
	if (ret)
		return ret;
	if (!s->has_time || h->last_ns > s->last_ns)
		s->last_ns = h->last_ns;
	s->has_time = true;
	return copy_block(s, input, item, err);
}

static int copy_checkpoint(struct salvage *s, uint64_t ts_ns, struct tf_error *err)
{
	uint64_t pos = s->checkpoint;
	struct tf_scan_item item;
	int ret = write_gap(s, ts_ns, err);

	for (; !ret && s->nr_blocks; s->nr_blocks--) {
		tf_scan_next(s->input->data, s->input->len, &pos, &item);
		ret = copy_block(s, s->input, &item, err);
	}
	return ret;
}

/* All blocks of a checkpoint or none: the rest would look like a whole one. */
static int save_checkpoint(struct salvage *s, const struct tf_input *input,
			   const struct tf_scan_item *item, bool is_whole, struct tf_error *err)
{
	uint32_t before = s->nr_more;

	s->nr_more = item->h.nr_more;
	if (is_whole && !before) {
		s->input = input;
		s->checkpoint = item->offset;
		s->nr_blocks = 1;
	} else if (is_whole && s->nr_blocks && before == item->h.nr_more + 1) {
		s->nr_blocks++;
	} else {
		s->nr_blocks = 0;
	}
	return s->nr_blocks && !s->nr_more ? copy_checkpoint(s, item->h.first_ns, err) : 0;
}

static int save(void *arg, const struct tf_input *input, const struct tf_scan_item *item,
		bool is_whole, struct tf_error *err)
{
	struct salvage *s = arg;

	if (!item->is_block) {
		s->nr_blocks = 0;
		s->nr_more = NR_MORE_UNKNOWN;
		return 0;
	}
	/* Before the first block of a file there is none. */
	if (!item->h.number)
		s->nr_blocks = s->nr_more = 0;
	count_lost(s, &item->h);
	if (item->h.type == TF_BLOCK_CHECKPOINT)
		return save_checkpoint(s, input, item, is_whole, err);
	s->nr_blocks = s->nr_more = 0;
	if (item->h.type == TF_BLOCK_EVENTS)
		return save_events(s, input, item, is_whole, err);
	if (item->h.type == TF_BLOCK_FOOTER || !is_whole)
		return 0;
	return copy_block(s, input, item, err);
}

/* The first header that can be read, or one made of the facts; of a trace in one file. */
static void make_header(const struct tf_segments *files, const struct tf_meta *meta,
			struct tf_file_header *h)
{
	*h = (struct tf_file_header){ .major = TF_VERSION_MAJOR, .minor = TF_VERSION_MINOR };
	tf_file_header_set_host(h, tf_meta_get(meta, "host.machine"),
				tf_meta_get_u64(meta, "host.page_size", 0));
	for (size_t i = files->nr; i--;) {
		if (!files->list[i].header_err)
			*h = files->list[i].header;
	}
	h->segment = 0;
	h->trace_id = 0;
}

static int init_salvage(struct salvage *s)
{
	int ret = tf_packer_new(&s->packer, TF_DEFAULT_LEVEL);

	return ret ? ret : tf_encoder_new(&s->encoder, 1);
}

static void release_salvage(struct salvage *s)
{
	tf_packer_free(s->packer);
	tf_encoder_free(s->encoder);
	tf_out_release(&s->block);
}

static int salvage_to(struct salvage *s, const struct tf_segments *files,
		      const struct tf_file_header *header, struct tf_error *err)
{
	struct tf_verify_result unused;
	struct tf_verifier v = { .files = files, .result = &unused, .each = save, .arg = s };
	int ret = init_salvage(s);

	if (ret)
		return tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
	ret = tf_sink_header(&s->sink, header, err);
	if (!ret) {
		ret = tf_verifier_run(&v, err);
		tf_verifier_release(&v);
	}
	if (!ret)
		ret = write_gap(s, 0, err);
	return ret ? ret : tf_sink_finish(&s->sink, s->packer, err);
}

static int create(const struct tf_segments *files, const struct tf_file_header *header,
		  const char *out_path, uint64_t *nr_saved, struct tf_error *err)
{
	struct salvage s = { .packer = NULL };
	struct tf_error close_error;
	int ret = tf_sink_open(&s.sink, out_path, err);

	if (ret)
		return ret;
	tf_out_init(&s.block);
	ret = salvage_to(&s, files, header, err);
	release_salvage(&s);
	*nr_saved = tf_sink_next_number(&s.sink);
	if (tf_sink_close(&s.sink, &close_error) && !ret)
		ret = tf_fail(err, -EIO, TF_NO_OFFSET, "%s", close_error.reason);
	return ret;
}

int tf_salvage(const char *path, const char *out_path, struct tf_verify_result *result,
	       struct tf_error *err)
{
	struct tf_segments files;
	struct tf_verifier v = { .files = &files, .result = result };
	struct tf_file_header header;
	int ret = tf_segments_open(&files, path, err);

	if (ret)
		return ret;
	ret = tf_segments_check_output(&files, out_path, err);
	if (ret)
		goto out;
	/* The first walk finds the facts that make a new header, should the old one be damaged. */
	ret = tf_verifier_run(&v, err);
	make_header(&files, &v.meta, &header);
	tf_verifier_release(&v);
	if (!ret)
		ret = create(&files, &header, out_path, &result->nr_saved, err);
out:
	tf_segments_close(&files);
	return ret;
}
