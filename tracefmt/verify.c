/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checking a whole trace.
 *
 * The walk goes over the block headers and never believes the footer: it is compared
 * with one made from the blocks that were found.
 */
#include "tracefmt/verify.h"

#include <errno.h>
#include <string.h>

#include "tracefmt/block.h"
#include "tracefmt/meta_codec.h"
#include "tracefmt/meta_compact.h"
#include "tracefmt/verifier.h"

/* Fields of a block header that findings name. */
#define AT_NUMBER 20u
#define AT_FIRST_EVENT 24u
#define AT_NR_MORE 36u

static void finding(struct tf_verifier *v, const struct tf_error *what)
{
	struct tf_error named = *what;

	v->result->nr_damaged++;
	if (!v->damaged)
		return;
	tf_segments_name_error(v->files, v->segment, &named);
	v->damaged(v->arg, &named);
}

static bool footer_is_right(struct tf_verifier *v, const uint8_t *raw, size_t len)
{
	const size_t head = sizeof(v->footer.head);
	struct tf_piece pieces[2];

	tf_footer_pieces(&v->footer, pieces);
	return len == head + v->index_bytes && !memcmp(raw, v->footer.head, head) &&
	       XXH64(raw + head, len - head, 0) == XXH64_digest(v->index_sum);
}

static int check_footer(struct tf_verifier *v, const struct tf_scan_item *item,
			struct tf_error *err)
{
	const uint8_t *payload = v->segment->input.data + item->offset + TF_BLOCK_HEADER_BYTES;
	struct tf_unpacker *unpacker;
	const uint8_t *raw;
	int ret;

	v->footer_offset = item->offset;
	v->footer_agrees = false;
	/* Not the one of all other blocks, which would keep the memory. */
	ret = tf_unpacker_new(&unpacker);
	if (ret)
		return tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
	ret = tf_unpacker_run(unpacker, &item->h, payload, item->offset, &raw, err);
	/* With headers missing there is nothing that it could be compared with. */
	if (!ret && !v->lost_header) {
		v->footer_agrees = footer_is_right(v, raw, item->h.raw_bytes);
		if (!v->footer_agrees)
			ret = tf_fail(err, -EBADMSG, item->offset,
				      "the footer does not agree with the blocks before it");
	}
	tf_unpacker_free(unpacker);
	return ret;
}

static int check_content(struct tf_verifier *v, const struct tf_scan_item *item,
			 struct tf_error *err)
{
	const struct tf_input *input = &v->segment->input;
	const struct tf_block_header *h = &item->h;
	const uint8_t *raw;
	int ret;

	if (tf_block_has_events(h->type))
		return tf_block_read_events(&v->block, h, input->data, item->offset, TF_WANT_ALL,
					    err);
	if (h->type == TF_BLOCK_FOOTER)
		return check_footer(v, item, err);
	ret = tf_block_read_raw(&v->block, h, input->data, item->offset, &raw, err);
	if (ret)
		return ret;
	if (tf_block_is_meta(h->type))
		return tf_meta_decode_again(&v->meta, &v->nr_compactions, h->type, raw,
					    h->raw_bytes, item->offset, err);
	/* Of a newer minor version: the checksum is all that can be checked. */
	return 0;
}

/* Blocks are numbered, and nothing follows a footer. */
static void check_number(struct tf_verifier *v, const struct tf_scan_item *item)
{
	uint32_t number = item->h.number;
	struct tf_error what;

	if (v->footer_offset) {
		tf_fail(&what, -EBADMSG, item->offset, "a block behind the footer");
		finding(v, &what);
	} else if (number < v->next_number || (number > v->next_number && !v->lost_count)) {
		tf_fail(&what, -EBADMSG, item->offset + AT_NUMBER,
			"block number %u where %u was expected", number, v->next_number);
		finding(v, &what);
	}
	v->next_number = number + 1;
	v->lost_count = false;
	v->footer_offset = 0;
}

/* So are records, through all files. */
static void check_first_event(struct tf_verifier *v, const struct tf_scan_item *item)
{
	uint64_t first = item->h.first_event;
	struct tf_error what;

	if (v->knows_event && first != v->next_event && (first < v->next_event || !v->lost_event)) {
		tf_fail(&what, -EBADMSG, item->offset + AT_FIRST_EVENT,
			"the block begins with record %llu where %llu was expected",
			(unsigned long long)first, (unsigned long long)v->next_event);
		finding(v, &what);
	}
	if (v->knows_event && first > v->next_event)
		v->result->nr_lost += first - v->next_event;
	v->knows_event = true;
	v->lost_event = false;
	v->next_event = first + (item->h.type == TF_BLOCK_EVENTS ? item->h.nr_events : 0);
}

/* The blocks of a checkpoint follow each other, and each says how many there are yet. */
static void check_checkpoint(struct tf_verifier *v, const struct tf_scan_item *item, bool lost)
{
	uint32_t nr_more = item->h.type == TF_BLOCK_CHECKPOINT ? item->h.nr_more + 1 : 0;
	struct tf_error what;

	if (v->nr_more && nr_more != v->nr_more && !lost) {
		tf_fail(&what, -EBADMSG, item->offset + AT_NR_MORE,
			"%u more blocks of a checkpoint were expected", v->nr_more);
		finding(v, &what);
	}
	v->nr_more = nr_more ? nr_more - 1 : 0;
}

static int add_to_footer(struct tf_verifier *v, const struct tf_scan_item *item,
			 struct tf_error *err)
{
	struct tf_error what;
	int ret;

	if (!v->has_footer) {
		tf_footer_init(&v->footer, item->h.first_event);
		XXH64_reset(v->index_sum, 0);
		v->index_bytes = 0;
	}
	v->has_footer = true;
	if (item->h.type == TF_BLOCK_FOOTER)
		return 0;
	ret = tf_footer_add(&v->footer, &item->h);
	if (!ret) {
		XXH64_update(v->index_sum, v->footer.index.data, v->footer.index.len);
		v->index_bytes += v->footer.index.len;
		v->footer.index.len = 0;
	}
	if (ret == -EFBIG) {
		tf_fail(&what, -EBADMSG, item->offset, "more than %u blocks in a file",
			TF_MAX_BLOCKS);
		finding(v, &what);
		v->lost_header = true;
		return 0;
	}
	return ret ? tf_fail(err, ret, TF_NO_OFFSET, "out of memory") : 0;
}

/* One block; damage is told and 0, what stops the walk is a negative errno. */
static int check_block(struct tf_verifier *v, const struct tf_scan_item *item, struct tf_error *err)
{
	const struct tf_input *input = &v->segment->input;
	bool lost = v->lost_count;
	struct tf_error what;
	int ret, stop;

	check_number(v, item);
	check_first_event(v, item);
	check_checkpoint(v, item, lost);
	stop = add_to_footer(v, item, err);
	if (stop)
		return stop;
	tf_input_will_need(input, item->offset, item->len);
	ret = check_content(v, item, &what);
	if (ret && ret != -EBADMSG)
		return tf_fail(err, ret, what.offset, "%s", what.reason);
	if (ret) {
		finding(v, &what);
		if (item->h.type == TF_BLOCK_EVENTS)
			v->result->nr_lost += item->h.nr_events;
	}
	stop = v->each ? v->each(v->arg, input, item, !ret, err) : 0;
	tf_input_done_with(input, item->offset, item->len);
	return stop;
}

static int check_region(struct tf_verifier *v, const struct tf_scan_item *item,
			struct tf_error *err)
{
	finding(v, &item->error);
	v->footer_offset = 0;
	v->lost_count = v->lost_header = v->lost_event = true;
	return v->each ? v->each(v->arg, &v->segment->input, item, false, err) : 0;
}

/* Does the file end as it must?  Returns true if it is complete. */
static bool check_end(struct tf_verifier *v)
{
	const struct tf_input *input = &v->segment->input;
	uint64_t offset, bytes;
	struct tf_error what;

	if (!v->footer_offset || tf_trailer_get(input->data, input->len, &offset, &bytes, NULL))
		return false;
	if (offset == v->footer_offset)
		return v->footer_agrees;
	tf_fail(&what, -EBADMSG, input->len - TF_TRAILER_BYTES,
		"the trailer points elsewhere than at the footer");
	finding(v, &what);
	return false;
}

static int check_blocks(struct tf_verifier *v, struct tf_error *err)
{
	const struct tf_input *input = &v->segment->input;
	uint64_t pos = TF_FILE_HEADER_BYTES;
	struct tf_scan_item item;
	int ret = 0;

	while (!ret && tf_scan_next(input->data, input->len, &pos, &item)) {
		v->result->nr_blocks++;
		ret = item.is_block ? check_block(v, &item, err) : check_region(v, &item, err);
	}
	return ret;
}

/* The header, and that no file is missing before this one. */
static void check_header(struct tf_verifier *v)
{
	const struct tf_segment *segment = v->segment;
	uint32_t missing = segment == v->files->list ? 0 : segment->number - segment[-1].number - 1;
	struct tf_error what;

	if (missing) {
		tf_fail(&what, -EBADMSG, TF_NO_OFFSET, "%u file%s before it %s missing", missing,
			missing > 1 ? "s" : "", missing > 1 ? "are" : "is");
		finding(v, &what);
		v->result->complete = false;
		v->lost_event = true;
	}
	if (!segment->header_err)
		return;
	finding(v, &segment->error);
	if (segment->header_err != -EBADMSG)
		v->result->complete = false;
}

static int check_file(struct tf_verifier *v, struct tf_error *err)
{
	int ret = 0;

	v->has_footer = v->footer_agrees = v->lost_count = v->lost_header = false;
	v->next_number = v->nr_more = 0;
	v->footer_offset = 0;
	check_header(v);
	/* A header that is ours but damaged does not hide the blocks. */
	if (!v->segment->header_err || v->segment->header_err == -EBADMSG)
		ret = check_blocks(v, err);
	v->result->complete &= check_end(v);
	if (v->has_footer)
		tf_footer_release(&v->footer);
	v->has_footer = false;
	tf_meta_compact(&v->meta);
	return ret;
}

int tf_verifier_run(struct tf_verifier *v, struct tf_error *err)
{
	const struct tf_segment *first = v->files->list;
	int ret;

	memset(v->result, 0, sizeof(*v->result));
	v->result->nr_segments = (uint32_t)v->files->nr;
	v->result->complete = true;
	v->segment = first;
	tf_meta_init(&v->meta);
	/* Damaged, but it begins like one of ours: then there may be blocks behind it. */
	if (first->header_err && (first->header_err != -EBADMSG || !first->error.offset))
		return tf_fail(err, first->header_err, first->error.offset, "%s",
			       first->error.reason);
	v->index_sum = XXH64_createState();
	ret = tf_block_reader_init(&v->block);
	if (ret || !v->index_sum)
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	for (size_t i = 0; !ret && i < v->files->nr; i++) {
		v->segment = &v->files->list[i];
		ret = check_file(v, err);
	}
	if (!ret && v->files->too_many) {
		struct tf_error what;

		tf_fail(&what, -EBADMSG, TF_NO_OFFSET, "more than %u files", TF_MAX_SEGMENTS);
		finding(v, &what);
		v->result->complete = false;
	}
	return ret;
}

void tf_verifier_release(struct tf_verifier *v)
{
	XXH64_freeState(v->index_sum);
	tf_meta_release(&v->meta);
	tf_block_reader_release(&v->block);
}

int tf_verify(const char *path, struct tf_verify_result *result,
	      void (*damaged)(void *arg, const struct tf_error *what), void *arg,
	      struct tf_error *err)
{
	struct tf_segments files;
	struct tf_verifier v = {
		.files = &files,
		.result = result,
		.damaged = damaged,
		.arg = arg,
	};
	int ret = tf_segments_open(&files, path, err);

	if (ret)
		return ret;
	ret = tf_verifier_run(&v, err);
	tf_verifier_release(&v);
	tf_segments_close(&files);
	return ret;
}
