/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checking a whole trace, and saving what is whole of a damaged one.
 *
 * Both walk over the block headers and never believe the footer: it is compared
 * with one made from the blocks that were found.
 */
#include "tracefmt/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tracefmt/block_read.h"
#include "tracefmt/footer.h"
#include "tracefmt/input.h"
#include "tracefmt/meta_codec.h"
#include "tracefmt/sink.h"

struct verifier {
	struct tf_input input;
	struct tf_file_header header;
	bool header_ok;
	struct tf_block_reader block;
	struct tf_meta meta; /* of what was whole so far */
	struct tf_footer footer;
	uint64_t footer_offset; /* of a footer that ends the blocks so far, else 0 */
	bool footer_agrees;	/* with those blocks */
	uint32_t next_number;
	bool lost_count;  /* there was damage, the next number may be greater */
	bool lost_header; /* a block's header was, so the footer names more than was found */
	struct tf_verify_result *result;
	void (*damaged)(void *arg, const struct tf_error *what); /* may be NULL, as the next */
	int (*whole)(void *arg, const uint8_t *data, const struct tf_scan_item *item,
		     struct tf_error *err); /* for each whole block but footers */
	void *arg;
};

static void finding(struct verifier *v, const struct tf_error *what)
{
	v->result->nr_damaged++;
	if (v->damaged)
		v->damaged(v->arg, what);
}

static int check_footer(struct verifier *v, const uint8_t *raw, size_t len, uint64_t offset,
			struct tf_error *err)
{
	struct tf_index_entry *entries;
	struct tf_totals totals;
	struct tf_piece pieces[2];
	size_t nr;
	int ret = tf_footer_parse(raw, len, offset, &totals, &entries, &nr, err);

	if (ret)
		return ret;
	free(entries);
	v->footer_offset = offset;
	v->footer_agrees = false;
	/* With headers missing there is nothing that it could be compared with. */
	if (v->lost_header)
		return 0;
	tf_footer_pieces(&v->footer, pieces);
	if (len != pieces[0].len + pieces[1].len || memcmp(raw, pieces[0].data, pieces[0].len) ||
	    (pieces[1].len && memcmp(raw + pieces[0].len, pieces[1].data, pieces[1].len)))
		return tf_fail(err, -EBADMSG, offset,
			       "the footer does not agree with the blocks before it");
	v->footer_agrees = true;
	return 0;
}

static int check_content(struct verifier *v, const struct tf_scan_item *item, struct tf_error *err)
{
	const struct tf_block_header *h = &item->h;
	const uint8_t *raw;
	int ret;

	if (h->type == TF_BLOCK_EVENTS)
		return tf_block_read_events(&v->block, h, v->input.data, item->offset, err);
	ret = tf_block_read_raw(&v->block, h, v->input.data, item->offset, &raw, err);
	if (ret)
		return ret;
	if (h->type == TF_BLOCK_FOOTER)
		return check_footer(v, raw, h->raw_bytes, item->offset, err);
	if (tf_block_is_meta(h->type))
		return tf_meta_decode(&v->meta, h->type, raw, h->raw_bytes, item->offset, err);
	/* Of a newer minor version: the checksum is all that can be checked. */
	return 0;
}

/* Blocks are numbered, and nothing follows a footer. */
static void check_order(struct verifier *v, const struct tf_scan_item *item)
{
	uint32_t number = item->h.number;
	struct tf_error what;

	if (v->footer_offset) {
		tf_fail(&what, -EBADMSG, item->offset, "a block behind the footer");
		finding(v, &what);
	} else if (number < v->next_number || (number > v->next_number && !v->lost_count)) {
		tf_fail(&what, -EBADMSG, item->offset, "block number %u where %u was expected",
			number, v->next_number);
		finding(v, &what);
	}
	v->next_number = number + 1;
	v->lost_count = false;
	v->footer_offset = 0;
}

/* One block; damage is told and 0, what stops the verifier is a negative errno. */
static int check_block(struct verifier *v, const struct tf_scan_item *item, struct tf_error *err)
{
	const struct tf_block_header *h = &item->h;
	struct tf_error what;
	int ret;

	check_order(v, item);
	ret = check_content(v, item, &what);
	if (ret == -EBADMSG)
		finding(v, &what);
	else if (ret)
		return tf_fail(err, ret, what.offset, "%s", what.reason);
	else if (v->whole && h->type != TF_BLOCK_FOOTER)
		ret = v->whole(v->arg, v->input.data, item, err);
	if (ret && ret != -EBADMSG)
		return ret;
	if (h->type == TF_BLOCK_FOOTER)
		return 0;
	ret = tf_footer_add(&v->footer, h);
	return ret ? tf_fail(err, ret, TF_NO_OFFSET, "out of memory") : 0;
}

static int check_file(struct verifier *v, struct tf_error *err)
{
	uint64_t pos = TF_FILE_HEADER_BYTES, footer_offset, footer_bytes;
	struct tf_scan_item item;
	struct tf_error what;
	int ret;

	ret = tf_file_header_get(&v->header, v->input.data, v->input.len, &what);
	v->header_ok = !ret;
	/* A header that is ours but damaged does not hide the blocks. */
	if (ret == -EBADMSG && what.offset)
		finding(v, &what);
	else if (ret)
		return tf_fail(err, ret, what.offset, "%s", what.reason);
	while (tf_scan_next(v->input.data, v->input.len, &pos, &item)) {
		v->result->nr_blocks++;
		if (item.is_block) {
			ret = check_block(v, &item, err);
			if (ret)
				return ret;
			continue;
		}
		finding(v, &item.error);
		v->footer_offset = 0;
		v->lost_count = v->lost_header = true;
	}
	if (!v->footer_offset ||
	    tf_trailer_get(v->input.data, v->input.len, &footer_offset, &footer_bytes, NULL))
		return 0;
	if (footer_offset == v->footer_offset) {
		v->result->complete = v->footer_agrees;
	} else {
		tf_fail(&what, -EBADMSG, v->input.len - TF_TRAILER_BYTES,
			"the trailer points elsewhere than at the footer");
		finding(v, &what);
	}
	return 0;
}

/* One walk over the input, from nothing. */
static int run(struct verifier *v, struct tf_error *err)
{
	int ret = tf_block_reader_init(&v->block);

	memset(v->result, 0, sizeof(*v->result));
	tf_meta_init(&v->meta);
	tf_footer_init(&v->footer);
	if (ret)
		return tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
	return check_file(v, err);
}

static void end_run(struct verifier *v)
{
	tf_footer_release(&v->footer);
	tf_meta_release(&v->meta);
	tf_block_reader_release(&v->block);
}

int tf_verify(const char *path, struct tf_verify_result *result,
	      void (*damaged)(void *arg, const struct tf_error *what), void *arg,
	      struct tf_error *err)
{
	struct verifier v = { .result = result, .damaged = damaged, .arg = arg };
	int ret = tf_input_open(&v.input, path, err);

	if (ret)
		return ret;
	ret = run(&v, err);
	end_run(&v);
	tf_input_close(&v.input);
	return ret;
}

struct salvage {
	struct tf_sink sink;
	struct tf_out block;
};

/* The payload as it is, under a header with its new number. */
static int copy_block(void *arg, const uint8_t *data, const struct tf_scan_item *item,
		      struct tf_error *err)
{
	struct salvage *s = arg;
	struct tf_block_header h = item->h;

	h.number = tf_sink_next_number(&s->sink);
	s->block.len = 0;
	tf_out_bytes(&s->block, data + item->offset, item->len);
	if (s->block.err)
		return tf_fail(err, s->block.err, TF_NO_OFFSET, "out of memory");
	tf_block_header_put(s->block.data, &h);
	return tf_sink_block(&s->sink, &h, s->block.data, s->block.len, err);
}

static int salvage_to(struct salvage *s, const struct tf_input *input,
		      const struct tf_file_header *header, struct tf_error *err)
{
	struct tf_verify_result unused;
	struct verifier v = { .input = *input, .result = &unused, .whole = copy_block, .arg = s };
	struct tf_packer *packer = NULL;
	int ret = tf_sink_header(&s->sink, header, err);

	if (ret)
		return ret;
	ret = run(&v, err);
	end_run(&v);
	if (ret)
		return ret;
	ret = tf_packer_new(&packer, TF_DEFAULT_LEVEL);
	if (ret)
		return tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
	ret = tf_sink_finish(&s->sink, packer, err);
	tf_packer_free(packer);
	return ret;
}

/* Creating the output would empty the input if they were one. */
static int check_other_file(const struct tf_input *input, const char *out_path,
			    struct tf_error *err)
{
	struct stat st;

	if (strcmp(out_path, "-") && !stat(out_path, &st) && S_ISREG(st.st_mode) &&
	    st.st_dev == input->dev && st.st_ino == input->ino)
		return tf_fail(err, -EINVAL, TF_NO_OFFSET, "the output is the input");
	return 0;
}

int tf_salvage(const char *path, const char *out_path, struct tf_verify_result *result,
	       struct tf_error *err)
{
	struct verifier v = { .result = result };
	struct tf_error close_error;
	struct salvage s;
	int ret = tf_input_open(&v.input, path, err);

	if (ret)
		return ret;
	ret = check_other_file(&v.input, out_path, err);
	if (ret)
		goto out;
	/* The first walk finds the facts that make a new header, should the old one be damaged. */
	ret = run(&v, err);
	if (!ret && !v.header_ok) {
		v.header.major = TF_VERSION_MAJOR;
		v.header.minor = TF_VERSION_MINOR;
		tf_file_header_set_host(&v.header, tf_meta_get(&v.meta, "host.machine"),
					tf_meta_get_u64(&v.meta, "host.page_size", 0));
	}
	end_run(&v);
	if (ret)
		goto out;
	ret = tf_sink_open(&s.sink, out_path, err);
	if (ret)
		goto out;
	tf_out_init(&s.block);
	ret = salvage_to(&s, &v.input, &v.header, err);
	tf_out_release(&s.block);
	if (tf_sink_close(&s.sink, &close_error) && !ret)
		ret = tf_fail(err, -EIO, TF_NO_OFFSET, "%s", close_error.reason);
out:
	tf_input_close(&v.input);
	return ret;
}
