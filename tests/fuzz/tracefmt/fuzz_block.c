/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a block, header and payload.  A header that is accepted must be the same
 * bytes when it is written again, and so must the content of the payload.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/tracefmt/memory.h"
#include "tests/fuzz/tracefmt/mutate_block.h"
#include "tracefmt/block_read.h"
#include "tracefmt/meta_codec.h"

/* Repacking a large payload would take most of the time. */
#define MAX_REPACKED (64u << 10)

/* One for all inputs, as a reader has one for all blocks. */
static struct tf_block_reader *the_reader(void)
{
	static struct tf_block_reader br;

	if (!br.decoder && tf_block_reader_init(&br))
		abort();
	return &br;
}

static void check_header(const struct tf_block_header *h, const uint8_t *data)
{
	uint8_t again[TF_BLOCK_HEADER_BYTES];

	tf_block_header_put(again, h);
	if (memcmp(again, data, sizeof(again)))
		abort();
	if (!tf_block_magic_at(data, sizeof(again)) ||
	    tf_block_find_magic(data, sizeof(again)) != data)
		abort();
	/* All but the last byte is not enough. */
	if (!tf_block_header_get(&(struct tf_block_header){ 0 }, data, sizeof(again) - 1, 0, NULL))
		abort();
}

static void check_payload(const struct tf_block_header *h, const uint8_t *raw)
{
	struct tf_piece piece = { raw, h->raw_bytes };
	struct tf_block_header again = *h, got;
	const uint8_t *back;
	struct tf_out out;

	tf_out_init(&out);
	if (tf_packer_run(fz_tools()->packer, &again, &piece, 1, &out) ||
	    tf_block_header_get(&got, out.data, out.len, 0, NULL) ||
	    tf_unpacker_run(fz_tools()->unpacker, &got, out.data + TF_BLOCK_HEADER_BYTES, 0, &back,
			    NULL))
		abort();
	if (got.raw_bytes != h->raw_bytes || (h->raw_bytes && memcmp(back, raw, h->raw_bytes)))
		abort();
	tf_out_release(&out);
}

/* The header's numbers, from which blocks are chosen, must be the records'. */
static void check_events(const struct tf_block_header *h, const struct tf_event *events)
{
	uint32_t by_kind[TF_MAX_KINDS] = { 0 };
	uint64_t nr_lost = 0;

	for (uint32_t i = 0; i < h->nr_events; i++) {
		const struct tf_event *ev = &events[i];

		if (ev->ts_ns < h->first_ns || ev->ts_ns > h->last_ns || ev->kind >= TF_MAX_KINDS ||
		    !(h->cpus >> ev->cpu % 64 & 1))
			abort();
		by_kind[ev->kind]++;
		nr_lost += ev->kind == TF_GAP ? ev->bytes_req : 0;
	}
	if (memcmp(by_kind, h->by_kind, sizeof(by_kind)) || nr_lost != h->nr_lost)
		abort();
}

static void try_events(const struct tf_block_header *h, const uint8_t *data)
{
	struct tf_block_reader *br = the_reader();

	if (!tf_block_read_events(br, h, data, 0, TF_WANT_ALL, NULL)) {
		check_events(h, br->events);
		if (tf_block_read_events(br, h, data, 0, TF_WANT_TIME, NULL) ||
		    tf_block_read_events(br, h, data, 0, TF_WANT_ADDR, NULL) ||
		    tf_block_read_events(br, h, data, 0, 0, NULL))
			abort();
	} else {
		tf_block_read_events(br, h, data, 0, 0, NULL);
	}
}

static void try_meta(const struct tf_block_header *h, const uint8_t *raw)
{
	struct tf_meta meta;

	tf_meta_init(&meta);
	tf_meta_decode(&meta, h->type, raw, h->raw_bytes, 0, NULL);
	tf_meta_sort_symbols(&meta);
	tf_meta_release(&meta);
}

/* The block is all there. */
static void try_block(const struct tf_block_header *h, const uint8_t *data)
{
	const uint8_t *raw;

	if (tf_block_has_events(h->type))
		try_events(h, data);
	if (tf_block_read_raw(the_reader(), h, data, 0, &raw, NULL))
		return;
	if (tf_block_is_meta(h->type))
		try_meta(h, raw);
	if (h->raw_bytes <= MAX_REPACKED)
		check_payload(h, raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fz_guarded guarded;
	struct tf_block_header h;

	if (tf_block_header_get(&h, data, size, 0, NULL))
		return 0;
	check_header(&h, data);
	if (h.stored_bytes > size - TF_BLOCK_HEADER_BYTES)
		return 0;
	guarded = fz_guard(data, TF_BLOCK_HEADER_BYTES + h.stored_bytes);
	try_block(&h, guarded.data);
	fz_unguard(&guarded);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed_value)
{
	uint64_t seed = seed_value;

	return fz_block(data, size, max, &seed);
}
