/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutations of a whole trace: of its blocks, their order, the footer and the end.
 */
#ifndef TESTS_FUZZ_TRACEFMT_MUTATE_FILE_H
#define TESTS_FUZZ_TRACEFMT_MUTATE_FILE_H

#include "tests/fuzz/tracefmt/mutate_block.h"
#include "tracefmt/footer.h"

#define FZ_MAX_PARTS 256u

/* A block, or bytes between blocks. */
struct fz_part {
	uint8_t *data; /* owned */
	size_t len;
};

struct fz_file {
	uint8_t head[TF_FILE_HEADER_BYTES];
	struct fz_part parts[FZ_MAX_PARTS];
	size_t nr;
	struct fz_part footer; /* as it was; none: no data */
};

static inline void fz_insert(struct fz_file *f, size_t at, const uint8_t *data, size_t len)
{
	struct fz_part part = { fz_must(malloc(len + 1)), len };

	if (f->nr == FZ_MAX_PARTS) {
		free(part.data);
		return;
	}
	memcpy(part.data, data, len);
	memmove(&f->parts[at + 1], &f->parts[at], (f->nr++ - at) * sizeof(part));
	f->parts[at] = part;
}

static inline void fz_remove(struct fz_file *f, size_t at)
{
	free(f->parts[at].data);
	memmove(&f->parts[at], &f->parts[at + 1], (--f->nr - at) * sizeof(f->parts[0]));
}

/* Bytes that are no block, up to the next one or the end. */
static inline size_t fz_region(const uint8_t *data, size_t len)
{
	const uint8_t *next = len ? tf_block_find_magic(data + 1, len - 1) : NULL;

	return next ? (size_t)(next - data) : len;
}

/* Take a file apart; false if there is no room for a header.  fz_file_release() in any case. */
static inline bool fz_file_split(struct fz_file *f, const uint8_t *data, size_t size)
{
	struct tf_block_header h;
	size_t pos = sizeof(f->head), len;

	memset(f, 0, sizeof(*f));
	if (size < pos)
		return false;
	memcpy(f->head, data, pos);
	for (; pos < size; pos += len) {
		if (!fz_header(&h, data + pos, size - pos)) {
			len = fz_region(data + pos, size - pos);
			/* A trailer comes back with the footer. */
			if (pos + len != size || len != TF_TRAILER_BYTES)
				fz_insert(f, f->nr, data + pos, len);
			continue;
		}
		len = TF_BLOCK_HEADER_BYTES + h.stored_bytes;
		if (h.type != TF_BLOCK_FOOTER || f->footer.data) {
			fz_insert(f, f->nr, data + pos, len);
			continue;
		}
		f->footer = (struct fz_part){ fz_must(malloc(len)), len };
		memcpy(f->footer.data, data + pos, len);
	}
	return true;
}

static inline void fz_file_release(struct fz_file *f)
{
	while (f->nr)
		fz_remove(f, f->nr - 1);
	free(f->footer.data);
}

static inline void fz_file_header(struct fz_file *f, uint64_t *seed)
{
	static const uint8_t offsets[] = { 8, 9, 10, 12, 13, 14, 15, 16, 18, 20, 21, 24, 25, 32 };
	uint8_t *p = f->head + offsets[fz_below(seed, sizeof(offsets))];

	*p = (uint8_t)fz_number(*p, seed);
	if (!fz_once_in(seed, 16))
		tf_put64(f->head + 56, XXH64(f->head, 56, 0));
}

/* Let a few blocks of events be a checkpoint, or the other way round. */
static inline void fz_convert(struct fz_file *f, size_t at, uint64_t *seed)
{
	size_t nr = 1 + fz_below(seed, 3);
	struct tf_block_header h;

	for (size_t i = at; i < f->nr && i < at + nr; i++) {
		uint8_t *block = f->parts[i].data;

		if (!fz_header(&h, block, f->parts[i].len) || !tf_block_has_events(h.type))
			return;
		h.nr_more = 0;
		h.type ^= TF_BLOCK_EVENTS ^ TF_BLOCK_CHECKPOINT;
		if (h.type == TF_BLOCK_CHECKPOINT)
			h.nr_more = (uint32_t)(at + nr - 1 - i);
		tf_block_header_put(block, &h);
	}
}

static inline void fz_file_block(struct fz_file *f, size_t at, size_t max, uint64_t *seed)
{
	struct fz_part *part = &f->parts[at];
	size_t room = part->len + 4096 < max ? part->len + 4096 : max;
	uint8_t *data = fz_must(realloc(part->data, room > part->len ? room : part->len));

	part->data = data;
	part->len = fz_block(data, part->len, room, seed);
}

static inline void fz_file_step(struct fz_file *f, size_t max, uint64_t *seed)
{
	size_t at = fz_below(seed, f->nr), to = fz_below(seed, f->nr);
	uint8_t some[40];

	if (!f->nr) {
		fz_file_header(f, seed);
		return;
	}
	switch (fz_below(seed, 10)) {
	case 0:
		fz_remove(f, at);
		break;
	case 1:
		fz_insert(f, to, f->parts[at].data, f->parts[at].len);
		break;
	case 2: {
		struct fz_part part = f->parts[at];

		f->parts[at] = f->parts[to];
		f->parts[to] = part;
		break;
	}
	case 3:
		for (size_t i = 0; i < sizeof(some); i++)
			some[i] = (uint8_t)fz_rnd(seed);
		fz_insert(f, at, some, fz_below(seed, sizeof(some)));
		break;
	case 4:
		fz_file_header(f, seed);
		break;
	case 5:
		fz_convert(f, at, seed);
		break;
	default:
		fz_file_block(f, at, max, seed);
	}
}

/*
 * Number the blocks, and mostly their records, as they now come.  Returns the number of the
 * record behind the last.
 */
static inline uint64_t fz_renumber(struct fz_file *f, uint64_t *seed)
{
	bool records = !fz_once_in(seed, 8);
	struct tf_block_header h;
	uint64_t next_event = 0;
	uint32_t number = 0;

	for (size_t i = 0; i < f->nr; i++) {
		if (!fz_header(&h, f->parts[i].data, f->parts[i].len))
			continue;
		if (number && records)
			h.first_event = next_event;
		h.number = number++;
		tf_block_header_put(f->parts[i].data, &h);
		next_event = h.first_event + (h.type == TF_BLOCK_EVENTS ? h.nr_events : 0);
	}
	return next_event;
}

enum fz_end {
	FZ_NEW_FOOTER,
	FZ_CHANGED_FOOTER,
	FZ_OLD_FOOTER,
	FZ_NO_FOOTER,
	FZ_ASTRAY /* a trailer that points elsewhere */
};

/* Say something else of a block than its own header does. */
static inline void fz_misname(struct tf_block_header *h, uint64_t *seed)
{
	uint64_t span = h->last_ns - h->first_ns;
	uint8_t bytes[TF_BLOCK_HEADER_BYTES];
	struct tf_block_header changed = *h;

	switch (fz_below(seed, 5)) {
	case 0:
		h->first_ns += fz_below(seed, span);
		return;
	case 1:
		h->last_ns -= fz_below(seed, span);
		return;
	case 2:
		h->cpus ^= UINT64_C(1) << fz_below(seed, 64);
		return;
	default:
		tf_block_header_put(bytes, h);
		fz_header_field(bytes, seed);
		tf_put64(bytes + 184, XXH64(bytes, 184, 0));
		/* What is beyond all bounds is left as it is. */
		if (!tf_block_header_get(&changed, bytes, sizeof(bytes), 0, NULL))
			*h = changed;
	}
}

/* The footer of the blocks as they are, or one that says something else in a place. */
static inline void fz_put_footer(struct tf_out *out, const struct fz_file *f, bool change,
				 uint64_t *seed)
{
	size_t misnamed = change && fz_once_in(seed, 2) ? fz_below(seed, f->nr) : SIZE_MAX;
	struct tf_block_header h = { .type = TF_BLOCK_FOOTER }, of;
	struct tf_footer footer;
	struct tf_piece pieces[2];
	struct tf_out raw, block;
	size_t len;

	tf_out_init(&raw);
	tf_out_init(&block);
	tf_footer_init(&footer, 0);
	for (size_t i = 0; i < f->nr; i++) {
		if (!fz_header(&of, f->parts[i].data, f->parts[i].len))
			continue;
		if (!footer.nr_entries)
			footer.first_event = footer.next_event = of.first_event;
		if (i == misnamed)
			fz_misname(&of, seed);
		tf_footer_add(&footer, &of);
	}
	h.number = footer.nr_entries;
	h.first_event = footer.next_event;
	tf_footer_pieces(&footer, pieces);
	for (size_t i = 0; i < 2; i++)
		tf_out_bytes(&raw, pieces[i].data, pieces[i].len);
	len = raw.len;
	if (change && misnamed == SIZE_MAX && tf_out_reserve(&raw, 256))
		len = fz_bytes(raw.data, len, len + 256, seed);
	if (!tf_packer_run(fz_tools()->packer, &h, &(struct tf_piece){ raw.data, len }, 1, &block))
		tf_out_bytes(out, block.data, block.len);
	tf_footer_release(&footer);
	tf_out_release(&raw);
	tf_out_release(&block);
}

/* Put a file together in out. */
static inline void fz_file_join(struct tf_out *out, const struct fz_file *f, enum fz_end end,
				uint64_t *seed)
{
	uint8_t trailer[TF_TRAILER_BYTES];
	size_t offset;

	tf_out_bytes(out, f->head, sizeof(f->head));
	for (size_t i = 0; i < f->nr; i++)
		tf_out_bytes(out, f->parts[i].data, f->parts[i].len);
	offset = out->len;
	if (end == FZ_NO_FOOTER || (end == FZ_OLD_FOOTER && !f->footer.data))
		return;
	if (end == FZ_OLD_FOOTER)
		tf_out_bytes(out, f->footer.data, f->footer.len);
	else
		fz_put_footer(out, f, end == FZ_CHANGED_FOOTER, seed);
	if (end == FZ_ASTRAY)
		offset = fz_once_in(seed, 2) ? fz_below(seed, out->len)
					     : out->len + fz_below(seed, 2 * TF_TRAILER_BYTES);
	tf_trailer_put(trailer, offset, out->len - offset);
	tf_out_bytes(out, trailer, sizeof(trailer));
}

/* Put it together, and in its place; returns the new length, or size if it is too long. */
static inline size_t fz_file_finish(struct fz_file *f, uint8_t *data, size_t size, size_t max,
				    uint64_t *seed)
{
	static const uint8_t ends[] = { FZ_NEW_FOOTER, FZ_NEW_FOOTER,	  FZ_NEW_FOOTER,
					FZ_NEW_FOOTER, FZ_CHANGED_FOOTER, FZ_OLD_FOOTER,
					FZ_NO_FOOTER,  FZ_ASTRAY };
	enum fz_end end = ends[fz_below(seed, sizeof(ends))];
	struct tf_out out;

	if (!fz_once_in(seed, 6))
		fz_renumber(f, seed);
	tf_out_init(&out);
	fz_file_join(&out, f, end, seed);
	if (!out.err && out.len <= max) {
		memcpy(data, out.data, out.len);
		size = out.len;
	}
	tf_out_release(&out);
	switch (fz_below(seed, 16)) {
	case 0:
		return fz_below(seed, size + 1);
	case 1:
		return fz_bytes(data, size, max, seed);
	default:
		return size;
	}
}

static inline size_t fz_file(uint8_t *data, size_t size, size_t max, uint64_t *seed)
{
	struct fz_file f;

	if (size > max || fz_once_in(seed, 16) || !fz_file_split(&f, data, size))
		return fz_bytes(data, size, max, seed);
	for (size_t n = 1 + fz_below(seed, 3); n; n--)
		fz_file_step(&f, max, seed);
	size = fz_file_finish(&f, data, size, max, seed);
	fz_file_release(&f);
	return size;
}

/* Blocks of b among those of a. */
static inline size_t fz_file_cross(const uint8_t *a, size_t len_a, const uint8_t *b, size_t len_b,
				   uint8_t *out, size_t max, uint64_t *seed)
{
	size_t len = len_a < max ? len_a : max;
	struct fz_file f, from;
	bool both = fz_file_split(&f, a, len_a);

	memcpy(out, a, len);
	both &= fz_file_split(&from, b, len_b);
	for (size_t n = 1 + fz_below(seed, 4); both && from.nr && n; n--) {
		const struct fz_part *part = &from.parts[fz_below(seed, from.nr)];

		fz_insert(&f, fz_below(seed, f.nr + 1), part->data, part->len);
	}
	if (both)
		len = fz_file_finish(&f, out, len, max, seed);
	fz_file_release(&f);
	fz_file_release(&from);
	return len;
}

#endif
