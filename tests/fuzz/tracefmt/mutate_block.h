/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutations of one block, header and payload.
 */
#ifndef TESTS_FUZZ_TRACEFMT_MUTATE_BLOCK_H
#define TESTS_FUZZ_TRACEFMT_MUTATE_BLOCK_H

#include <xxhash.h>

#include "tests/fuzz/tracefmt/mutate.h"
#include "tracefmt/block.h"
#include "tracefmt/layout.h"

/* A decompressed payload that is larger is left alone: it would cost more than it finds. */
#define FZ_MAX_RAW (512u << 10)

/* What it takes; made once, for it is large. */
struct fz_tools {
	struct tf_packer *packer;
	struct tf_unpacker *unpacker;
	struct tf_decoder *decoder;
	struct tf_event *events; /* TF_MAX_BLOCK_EVENTS */
};

static inline struct fz_tools *fz_tools(void)
{
	static struct fz_tools tools;

	if (tools.events)
		return &tools;
	if (tf_packer_new(&tools.packer, TF_DEFAULT_LEVEL) || tf_unpacker_new(&tools.unpacker) ||
	    tf_decoder_new(&tools.decoder))
		abort();
	tools.events = fz_must(malloc(TF_MAX_BLOCK_EVENTS * sizeof(*tools.events)));
	return &tools;
}

/*
 * The header as the bytes have it, whatever its checksum; false if it is out of all
 * bounds, or the payload is not all there.
 */
static inline bool fz_header(struct tf_block_header *h, const uint8_t *block, size_t len)
{
	uint8_t copy[TF_BLOCK_HEADER_BYTES];

	if (len < sizeof(copy) || !tf_block_magic_at(block, len))
		return false;
	memcpy(copy, block, sizeof(copy));
	tf_put64(copy + 184, XXH64(copy, 184, 0));
	return !tf_block_header_get(h, copy, sizeof(copy), 0, NULL) &&
	       h->stored_bytes <= len - sizeof(copy);
}

/* Both checksums are right afterwards, and the length if the payload is all the rest. */
static inline void fz_seal(uint8_t *block, size_t len)
{
	size_t stored;

	if (len < TF_BLOCK_HEADER_BYTES)
		return;
	stored = tf_get32(block + 12);
	if (stored <= len - TF_BLOCK_HEADER_BYTES)
		tf_put64(block + 176, XXH64(block + TF_BLOCK_HEADER_BYTES, stored, 0));
	tf_put64(block + 184, XXH64(block, 184, 0));
}

/* Let the header say what the records are, if they can be decoded. */
static inline void fz_describe(struct tf_block_header *h, const uint8_t *raw, size_t len)
{
	struct fz_tools *tools = fz_tools();
	struct tf_digest digest;

	if (!tf_block_has_events(h->type) ||
	    tf_decoder_run(tools->decoder, raw, len, TF_WANT_ALL, tools->events, h->nr_events,
			   &digest, NULL))
		return;
	h->first_ns = digest.first_ns;
	h->last_ns = digest.last_ns;
	h->nr_lost = digest.nr_lost;
	h->cpus = digest.cpus;
	memcpy(h->by_kind, digest.by_kind, sizeof(h->by_kind));
}

/* Put a block of this payload in place of the old one; the old length if it does not fit. */
static inline size_t fz_pack(uint8_t *block, size_t len, size_t max, struct tf_block_header *h,
			     const uint8_t *raw, size_t raw_len)
{
	struct tf_piece piece = { raw, raw_len };
	struct tf_out out;

	tf_out_init(&out);
	if (!tf_packer_run(fz_tools()->packer, h, &piece, 1, &out) && out.len <= max) {
		memcpy(block, out.data, out.len);
		len = out.len;
	}
	tf_out_release(&out);
	return len;
}

/* Change what is in the payload. */
static inline size_t fz_payload(uint8_t *block, size_t len, size_t max, struct tf_block_header *h,
				uint64_t *seed)
{
	const uint8_t *payload = block + TF_BLOCK_HEADER_BYTES, *old;
	size_t room = h->raw_bytes + 4096u, raw_len = h->raw_bytes;
	uint8_t *raw;

	h->payload_sum = XXH64(payload, h->stored_bytes, 0);
	if (h->raw_bytes > FZ_MAX_RAW ||
	    tf_unpacker_run(fz_tools()->unpacker, h, payload, 0, &old, NULL))
		return len;
	raw = fz_must(malloc(room));
	if (raw_len)
		memcpy(raw, old, raw_len);
	for (size_t n = 1 + fz_below(seed, 3); n; n--) {
		if (tf_block_has_events(h->type))
			raw_len = fz_columns(raw, raw_len, room, seed);
		else
			raw_len = fz_bytes(raw, raw_len, room, seed);
	}
	if (!fz_once_in(seed, 4))
		fz_describe(h, raw, raw_len);
	len = fz_pack(block, len, max, h, raw, raw_len);
	free(raw);
	return len;
}

/* Change one of the header's numbers. */
static inline void fz_header_field(uint8_t *block, uint64_t *seed)
{
	static const struct {
		uint8_t offset, bytes;
	} fields[] = { { 8, 2 },  { 10, 2 }, { 12, 4 }, { 16, 4 }, { 20, 4 }, { 24, 8 }, { 32, 4 },
		       { 36, 4 }, { 40, 8 }, { 48, 8 }, { 56, 8 }, { 64, 8 }, { 168, 8 } };
	size_t i = fz_below(seed, sizeof(fields) / sizeof(fields[0]) + 4);
	size_t offset = 72 + 4 * fz_below(seed, TF_MAX_KINDS), bytes = 4;
	uint64_t v = 0;

	if (i < sizeof(fields) / sizeof(fields[0])) {
		offset = fields[i].offset;
		bytes = fields[i].bytes;
	}
	for (size_t k = 0; k < bytes; k++)
		v |= (uint64_t)block[offset + k] << 8 * k;
	v = fz_number(v, seed);
	for (size_t k = 0; k < bytes; k++)
		block[offset + k] = (uint8_t)(v >> 8 * k);
}

/* Mutate a block; returns its new length, up to max. */
static inline size_t fz_block(uint8_t *block, size_t len, size_t max, uint64_t *seed)
{
	struct tf_block_header h;
	size_t total = len, now;

	if (max < len || !fz_header(&h, block, len) || fz_once_in(seed, 16))
		return fz_bytes(block, len, max, seed);
	switch (fz_below(seed, 6)) {
	case 0: /* the stored bytes, as they are */
		now = fz_bytes_within(block, TF_BLOCK_HEADER_BYTES, h.stored_bytes, &total, max,
				      seed);
		tf_put32(block + 12, (uint32_t)now);
		if (h.flags & TF_BLOCK_RAW)
			tf_put32(block + 16, (uint32_t)now);
		len = total;
		break;
	case 1:
		fz_header_field(block, seed);
		break;
	default:
		len = fz_payload(block, len, max, &h, seed);
	}
	if (!fz_once_in(seed, 16))
		fz_seal(block, len);
	return len;
}

#endif
