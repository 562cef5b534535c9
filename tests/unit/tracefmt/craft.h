/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace files made block by block, for what the writer writes only in a long recording:
 * segments, checkpoints, blocks that overlap in time.
 */
#ifndef TESTS_UNIT_TRACEFMT_CRAFT_H
#define TESTS_UNIT_TRACEFMT_CRAFT_H

#include "tests/unit/tracefmt/sample.h"
#include "tracefmt/block.h"
#include "tracefmt/columns.h"
#include "tracefmt/footer.h"
#include "tracefmt/input.h"
#include "tracefmt/layout.h"
#include "tracefmt/meta_codec.h"

struct craft {
	struct tf_out file;
	struct tf_footer footer;
	struct tf_packer *packer;
	struct tf_encoder *encoder;
};

/* segment and trace_id as in the file header; first_event records were in the files before. */
static inline void craft_begin(struct craft *c, uint32_t segment, uint64_t trace_id,
			       uint64_t first_event)
{
	struct tf_file_header h = { .major = TF_VERSION_MAJOR, .minor = TF_VERSION_MINOR };
	uint8_t bytes[TF_FILE_HEADER_BYTES];

	tf_out_init(&c->file);
	tf_footer_init(&c->footer, first_event);
	ck_assert_int_eq(tf_packer_new(&c->packer, 1), 0);
	ck_assert_int_eq(tf_encoder_new(&c->encoder, TF_MAX_BLOCK_EVENTS), 0);
	tf_file_header_set_host(&h, "x86_64", 4096);
	h.segment = segment;
	h.trace_id = trace_id;
	tf_file_header_put(bytes, &h);
	tf_out_bytes(&c->file, bytes, sizeof(bytes));
}

/* Returns where the block begins. */
static inline size_t craft_block(struct craft *c, struct tf_block_header *h,
				 const struct tf_piece *pieces, size_t nr)
{
	size_t offset = c->file.len;
	struct tf_out block;

	h->number = c->footer.nr_entries;
	h->first_event = c->footer.next_event;
	tf_out_init(&block);
	ck_assert_int_eq(tf_packer_run(c->packer, h, pieces, nr, &block), 0);
	tf_out_bytes(&c->file, block.data, block.len);
	tf_out_release(&block);
	if (h->type != TF_BLOCK_FOOTER)
		ck_assert_int_eq(tf_footer_add(&c->footer, h), 0);
	return offset;
}

/* An EVENTS block, or part of a checkpoint. */
static inline size_t craft_records(struct craft *c, uint16_t type, const struct tf_event *events,
				   uint32_t nr, uint32_t nr_more)
{
	static struct tf_piece pieces[TF_MAX_PIECES];
	struct tf_block_header h = {
		.type = type,
		.nr_events = nr,
		.nr_more = nr_more,
		.first_ns = UINT64_MAX,
	};

	for (uint32_t i = 0; i < nr; i++) {
		const struct tf_event *ev = &events[i];

		h.first_ns = ev->ts_ns < h.first_ns ? ev->ts_ns : h.first_ns;
		h.last_ns = ev->ts_ns > h.last_ns ? ev->ts_ns : h.last_ns;
		h.nr_lost += ev->kind == TF_GAP ? ev->bytes_req : 0;
		h.by_kind[ev->kind]++;
		h.cpus |= UINT64_C(1) << ev->cpu % 64;
	}
	return craft_block(c, &h, pieces, tf_encoder_run(c->encoder, events, nr, pieces));
}

/* nr events of which the first is number of the trace, one each step_ns. */
static inline size_t craft_series(struct craft *c, uint16_t type, uint64_t number, uint32_t nr,
				  uint64_t first_ns, uint64_t step_ns, uint32_t nr_more)
{
	struct tf_event *events = calloc(nr, sizeof(*events));
	size_t offset;

	for (uint32_t i = 0; i < nr; i++) {
		events[i] = (struct tf_event){
			.ts_ns = first_ns + i * step_ns,
			.addr = 0x1000 + number + i,
			.call_site = 0xffffffff81000000u,
			.kind = (uint8_t)(number + i) % 2,
			.cpu = (uint16_t)((number + i) % 3),
			.node = TF_NO_NODE,
		};
	}
	offset = craft_records(c, type, events, nr, nr_more);
	free(events);
	return offset;
}

static inline int craft_emit(void *arg, uint16_t type, const struct tf_out *payload)
{
	struct tf_piece piece = { payload->data, payload->len };
	struct tf_block_header h = { .type = type };

	craft_block(arg, &h, &piece, 1);
	return 0;
}

static inline void craft_meta(struct craft *c, const struct tf_meta *meta)
{
	struct tf_meta_log log;

	tf_meta_log_init(&log);
	ck_assert_int_eq(tf_meta_log_write(&log, meta, craft_emit, c), 0);
	tf_meta_log_release(&log);
}

/* Footer and trailer, or neither. */
static inline void craft_end(struct craft *c, bool has_footer)
{
	struct tf_block_header h = { .type = TF_BLOCK_FOOTER };
	uint8_t trailer[TF_TRAILER_BYTES];
	struct tf_piece pieces[2];
	size_t offset;

	if (has_footer) {
		tf_footer_pieces(&c->footer, pieces);
		offset = craft_block(c, &h, pieces, 2);
		tf_trailer_put(trailer, offset, c->file.len - offset);
		tf_out_bytes(&c->file, trailer, sizeof(trailer));
	}
	ck_assert_int_eq(c->file.err, 0);
	tf_footer_release(&c->footer);
	tf_packer_free(c->packer);
	tf_encoder_free(c->encoder);
}

static inline void craft_save(struct craft *c, const char *path)
{
	save_file(path, c->file.data, c->file.len);
	tf_out_release(&c->file);
}

#endif
