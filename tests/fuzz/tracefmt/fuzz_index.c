/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the payload of a footer.
 *
 * A second, plain parser says whether they are one, and what blocks they name; the real
 * one must agree.  A footer made anew of these blocks must be the same bytes, or fewer
 * that say the same, for a varint may be written longer than it need be.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/tracefmt/mutate.h"
#include "tracefmt/bytes.h"
#include "tracefmt/footer.h"
#include "tracefmt/layout.h"

#define HEAD_BYTES 228u

/* What a footer says, with a header for each of the blocks. */
struct plain {
	uint64_t first_event;
	struct tf_block_header *blocks; /* owned */
	size_t nr;
	uint64_t end; /* where the footer must be */
};

static void read_events(struct tf_in *in, struct tf_block_header *h, uint64_t *before_ns)
{
	uint64_t span;

	h->first_ns = *before_ns + tf_unzigzag(tf_in_varint(in));
	span = tf_in_varint(in);
	in->bad |= span > UINT64_MAX - h->first_ns;
	h->last_ns = *before_ns = h->first_ns + span;
	h->nr_lost = tf_in_varint(in);
	h->cpus = tf_in_varint(in);
	for (unsigned kind = 0; kind < TF_MAX_KINDS; kind++) {
		h->by_kind[kind] = (uint32_t)tf_in_varint_max(in, TF_MAX_BLOCK_EVENTS);
		h->nr_events += h->by_kind[kind];
	}
	in->bad |= !h->nr_events || h->nr_events > TF_MAX_BLOCK_EVENTS;
}

static void read_block(struct tf_in *in, struct tf_block_header *h, uint64_t *before_ns)
{
	memset(h, 0, sizeof(*h));
	h->type = (uint16_t)tf_in_varint_max(in, UINT16_MAX);
	h->stored_bytes = (uint32_t)tf_in_varint_max(in, TF_MAX_RAW_BYTES);
	if (h->type == TF_BLOCK_EVENTS)
		read_events(in, h, before_ns);
	if (h->type == TF_BLOCK_CHECKPOINT) {
		h->nr_events = (uint32_t)tf_in_varint_max(in, TF_MAX_BLOCK_EVENTS);
		h->nr_more = (uint32_t)tf_in_varint_max(in, TF_MAX_BLOCKS);
	}
}

/* False if this is no index; plain->blocks is for the caller to free in any case. */
static bool read_plain(struct plain *plain, const uint8_t *data, size_t size)
{
	uint64_t before_ns = 0, first_event;
	struct tf_in in;
	uint32_t nr;

	*plain = (struct plain){ .end = TF_FILE_HEADER_BYTES };
	if (size < HEAD_BYTES)
		return false;
	nr = tf_get32(data);
	plain->first_event = first_event = tf_get64(data + 4);
	tf_in_init(&in, data + HEAD_BYTES, size - HEAD_BYTES);
	if (nr > TF_MAX_BLOCKS || nr > size)
		return false;
	plain->blocks = fz_must(calloc(nr + 1u, sizeof(*plain->blocks)));
	while (plain->nr < nr && !in.bad) {
		struct tf_block_header *h = &plain->blocks[plain->nr++];

		read_block(&in, h, &before_ns);
		if (h->type == TF_BLOCK_EVENTS) {
			in.bad |= h->nr_events > UINT64_MAX - first_event;
			first_event += h->nr_events;
		}
		plain->end += TF_BLOCK_HEADER_BYTES + h->stored_bytes;
	}
	return !in.bad && !tf_in_left(&in);
}

/* The footer of these blocks, or an empty one that has err set. */
static struct tf_out make(const struct plain *plain)
{
	struct tf_footer footer;
	struct tf_piece pieces[2];
	struct tf_out out;
	int err = 0;

	tf_out_init(&out);
	tf_footer_init(&footer, plain->first_event);
	for (size_t i = 0; i < plain->nr && !err; i++)
		err = tf_footer_add(&footer, &plain->blocks[i]);
	tf_footer_pieces(&footer, pieces);
	for (size_t i = 0; i < 2 && !err; i++)
		tf_out_bytes(&out, pieces[i].data, pieces[i].len);
	out.err = err ? err : out.err;
	tf_footer_release(&footer);
	return out;
}

static void check_entries(const struct plain *plain, const struct tf_index_entry *entries)
{
	uint64_t offset = TF_FILE_HEADER_BYTES, first_event = plain->first_event;

	for (size_t i = 0; i < plain->nr; i++) {
		const struct tf_block_header *h = &plain->blocks[i];
		const struct tf_index_entry *e = &entries[i];

		if (e->offset != offset || e->type != h->type ||
		    e->stored_bytes != h->stored_bytes || e->nr_events != h->nr_events ||
		    e->nr_more != h->nr_more || e->first_ns != h->first_ns ||
		    e->last_ns != h->last_ns || e->cpus != h->cpus || e->damage ||
		    e->first_event != first_event)
			abort();
		offset += TF_BLOCK_HEADER_BYTES + h->stored_bytes;
		if (h->type == TF_BLOCK_EVENTS)
			first_event += h->nr_events;
	}
}

static void check_made(const struct plain *plain, const struct tf_totals *totals,
		       const uint8_t *data, size_t size)
{
	struct tf_index_entry *entries;
	struct tf_out out = make(plain);
	struct tf_totals again;
	size_t nr;

	/* The last number is for the footer. */
	if (out.err && plain->nr >= TF_MAX_BLOCKS - 1)
		goto out;
	if (out.err || out.len > size || (out.len == size && memcmp(out.data, data, size)))
		abort();
	if (tf_footer_parse(out.data, out.len, plain->end, &again, &entries, &nr, NULL) ||
	    nr != plain->nr || memcmp(&again, totals, sizeof(again)))
		abort();
	check_entries(plain, entries);
	free(entries);
out:
	tf_out_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tf_index_entry *entries;
	struct tf_totals totals;
	struct plain plain;
	bool is_index = read_plain(&plain, data, size);
	size_t nr;

	if (!tf_footer_parse(data, size, plain.end, &totals, &entries, &nr, NULL)) {
		if (!is_index || nr != plain.nr)
			abort();
		check_entries(&plain, entries);
		check_made(&plain, &totals, data, size);
		free(entries);
		/* The footer is nowhere else. */
		if (!tf_footer_parse(data, size, plain.end + 1, &totals, &entries, &nr, NULL))
			abort();
	}
	free(plain.blocks);
	return 0;
}

static void mutate_block(struct tf_block_header *h, uint64_t *seed)
{
	unsigned kind = (unsigned)fz_below(seed, TF_MAX_KINDS);

	switch (fz_below(seed, 8)) {
	case 0:
		h->type = (uint16_t)fz_number(h->type, seed) % 12;
		break;
	case 1:
		h->stored_bytes = (uint32_t)fz_number(h->stored_bytes, seed);
		break;
	case 2:
		h->first_ns = fz_number(h->first_ns, seed);
		break;
	case 3:
		h->last_ns = fz_number(h->last_ns, seed);
		break;
	case 4:
		h->nr_lost = fz_number(h->nr_lost, seed);
		break;
	case 5:
		h->cpus = fz_number(h->cpus, seed);
		break;
	case 6:
		h->by_kind[kind] = (uint32_t)fz_number(h->by_kind[kind], seed);
		break;
	default:
		h->nr_events = (uint32_t)fz_number(h->nr_events, seed);
		h->nr_more = (uint32_t)fz_number(h->nr_more, seed);
	}
}

/* One block more, less, elsewhere, or another one. */
static void mutate_blocks(struct plain *plain, uint64_t *seed)
{
	size_t i = fz_below(seed, plain->nr), j = fz_below(seed, plain->nr);
	struct tf_block_header *blocks = plain->blocks, h = blocks[i];

	switch (plain->nr ? fz_below(seed, 6) : 0) {
	case 0: /* there is room for one */
		blocks[plain->nr++] = h;
		break;
	case 1:
		memmove(blocks + i, blocks + i + 1, (--plain->nr - i) * sizeof(h));
		break;
	case 2:
		blocks[i] = blocks[j];
		blocks[j] = h;
		break;
	case 3:
		plain->first_event = fz_number(plain->first_event, seed);
		break;
	default:
		mutate_block(&blocks[i], seed);
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed_value)
{
	uint64_t seed = seed_value;
	struct plain plain;
	struct tf_out out;

	if (read_plain(&plain, data, size) && !fz_once_in(&seed, 4)) {
		mutate_blocks(&plain, &seed);
		out = make(&plain);
		if (!out.err && out.len <= max) {
			memcpy(data, out.data, out.len);
			size = out.len;
		}
		tf_out_release(&out);
		/* Right in itself in half of the cases. */
		if (fz_once_in(&seed, 2)) {
			free(plain.blocks);
			return size;
		}
	}
	free(plain.blocks);
	return fz_bytes(data, size, max, &seed);
}
