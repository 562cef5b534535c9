/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as metadata: a row of payloads, each behind its type (1 byte) and length
 * (2 bytes).  What decodes, up to the first damage of each, must encode to payloads
 * that decode to the same, once, and stay the same when what is there twice is dropped.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/tracefmt/mutate.h"
#include "tracefmt/bytes.h"
#include "tracefmt/meta_codec.h"
#include "tracefmt/meta_compact.h"

#define PART_HEADER 3u

/* Types that hold metadata, and two that hold none. */
static const uint16_t types[] = { TF_BLOCK_FACTS,  TF_BLOCK_CACHES,   TF_BLOCK_SYMBOLS,
				  TF_BLOCK_STACKS, TF_BLOCK_SNAPSHOT, TF_BLOCK_EVENTS,
				  TF_BLOCK_FOOTER };
#define NR_TYPES (sizeof(types) / sizeof(types[0]))

/* Bytes of the payload behind a part's header; the last one may be cut. */
static size_t part_bytes(const uint8_t *data, size_t left)
{
	size_t len = tf_get16(data + 1);

	return len < left - PART_HEADER ? len : left - PART_HEADER;
}

/* A late snapshot brings thousands of empty ones before it, which takes its time. */
static bool is_slow(uint16_t type, const uint8_t *payload, size_t len)
{
	return type == TF_BLOCK_SNAPSHOT && len >= 4 && tf_get32(payload) >= 256 &&
	       tf_get32(payload) < 65536;
}

static void decode(struct tf_meta *meta, const uint8_t *data, size_t size)
{
	size_t len;

	for (; size >= PART_HEADER; data += PART_HEADER + len, size -= PART_HEADER + len) {
		uint16_t type = types[data[0] % NR_TYPES];
		struct tf_error err;
		int ret;

		len = part_bytes(data, size);
		if (is_slow(type, data + PART_HEADER, len))
			continue;
		ret = tf_meta_decode(meta, type, data + PART_HEADER, len, 0, &err);
		if (ret && ret != (tf_block_is_meta(type) ? -EBADMSG : -EINVAL))
			abort();
	}
}

static void check_facts(const struct tf_meta *a, const struct tf_meta *b)
{
	if (a->nr_facts != b->nr_facts)
		abort();
	for (size_t i = 0; i < a->nr_facts; i++) {
		if (strcmp(a->facts[i].key, b->facts[i].key) ||
		    strcmp(a->facts[i].value, b->facts[i].value))
			abort();
		/* Sorted, and found. */
		if (i && strcmp(a->facts[i - 1].key, a->facts[i].key) >= 0)
			abort();
		if (tf_meta_get(a, a->facts[i].key) != a->facts[i].value)
			abort();
	}
}

static void check_caches(const struct tf_meta *a, const struct tf_meta *b)
{
	if (a->nr_caches != b->nr_caches)
		abort();
	for (size_t i = 0; i < a->nr_caches; i++) {
		const struct tf_cache *cache = &a->caches[i];
		const struct tf_cache *same = tf_meta_cache(b, cache->id);

		if (tf_meta_cache(a, cache->id) != cache || !same ||
		    memcmp(cache, same, offsetof(struct tf_cache, name)) ||
		    strcmp(cache->name, same->name))
			abort();
	}
}

static void check_stacks(const struct tf_meta *a, const struct tf_meta *b)
{
	if (a->nr_stacks != b->nr_stacks)
		abort();
	for (size_t i = 0; i < a->nr_stacks; i++) {
		const struct tf_stack *stack = &a->stacks[i];
		const struct tf_stack *same = tf_meta_stack(b, stack->id);

		if (tf_meta_stack(a, stack->id) != stack || !same || !stack->nr_frames ||
		    stack->nr_frames > TF_MAX_FRAMES || stack->nr_frames != same->nr_frames ||
		    memcmp(stack->frames, same->frames, stack->nr_frames * sizeof(uint64_t)))
			abort();
	}
}

/* Both have been compacted, which sorts. */
static void check_symbols(const struct tf_meta *a, const struct tf_meta *b)
{
	if (a->nr_symbols != b->nr_symbols)
		abort();
	for (size_t i = 0; i < a->nr_symbols; i++) {
		const struct tf_symbol *x = &a->symbols[i], *y = &b->symbols[i];

		if (x->addr != y->addr || x->offset != y->offset || strcmp(x->name, y->name))
			abort();
		if (i && x[-1].addr > x->addr)
			abort();
		if (!tf_meta_symbol(a, x->addr) || tf_meta_symbol(a, x->addr)->addr != x->addr)
			abort();
	}
}

static void check_snapshots(const struct tf_meta *a, const struct tf_meta *b)
{
	if (a->nr_snapshots != b->nr_snapshots)
		abort();
	for (size_t i = 0; i < a->nr_snapshots; i++) {
		const struct tf_snapshot *x = &a->snapshots[i], *y = &b->snapshots[i];

		if (x->id != i || y->id != i || x->ts_ns != y->ts_ns || x->nr_files != y->nr_files)
			abort();
		for (size_t k = 0; k < x->nr_files; k++) {
			const struct tf_snapfile *file = &x->files[k], *same = &y->files[k];

			if (strcmp(file->path, same->path) || file->len != same->len ||
			    memcmp(file->data, same->data, file->len + 1))
				abort();
			if (tf_snapshot_file(x, file->path) != file)
				abort();
		}
	}
}

static int decode_payload(void *meta, uint16_t type, const struct tf_out *payload)
{
	if (payload->len > TF_MAX_RAW_BYTES)
		abort();
	return tf_meta_decode(meta, type, payload->data, payload->len, 0, NULL);
}

static int emits_nothing(void *arg, uint16_t type, const struct tf_out *payload)
{
	(void)arg;
	(void)type;
	(void)payload;
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tf_meta meta, again;
	struct tf_meta_log log;

	tf_meta_init(&meta);
	tf_meta_init(&again);
	tf_meta_log_init(&log);
	decode(&meta, data, size);
	if (tf_meta_log_write(&log, &meta, decode_payload, &again))
		abort();
	/* All was written, so nothing is due. */
	if (tf_meta_log_write(&log, &meta, emits_nothing, NULL))
		abort();
	tf_meta_compact(&meta);
	tf_meta_compact(&again);
	check_facts(&meta, &again);
	check_caches(&meta, &again);
	check_stacks(&meta, &again);
	check_symbols(&meta, &again);
	check_snapshots(&meta, &again);
	if (meta.decoded_bytes != again.decoded_bytes)
		abort();
	tf_meta_log_release(&log);
	tf_meta_release(&again);
	tf_meta_release(&meta);
	return 0;
}

/* Where the part begins that a random byte is in, and its length with the header. */
static size_t find_part(const uint8_t *data, size_t size, size_t *len, uint64_t *seed)
{
	size_t near = fz_below(seed, size), at = 0;

	for (*len = 0; size - at >= PART_HEADER; at += *len) {
		*len = PART_HEADER + part_bytes(data + at, size - at);
		if (at + *len > near)
			return at;
	}
	*len = 0;
	return size;
}

/* A copy of the part somewhere between others. */
static size_t copy_part(uint8_t *data, size_t size, size_t max, size_t at, size_t len,
			uint64_t *seed)
{
	uint8_t *part = fz_must(malloc(len + 1));
	size_t other_len, to;

	memcpy(part, data + at, len);
	/* The last one may have been cut. */
	tf_put16(part + 1, (uint16_t)(len - PART_HEADER));
	to = find_part(data, size, &other_len, seed);
	if (len <= max - size) {
		memmove(data + to + len, data + to, size - to);
		memcpy(data + to, part, len);
		size += len;
	}
	free(part);
	return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed_value)
{
	uint64_t seed = seed_value;
	size_t len, at = find_part(data, size, &len, &seed), now;

	if (!len || size > max || fz_once_in(&seed, 8))
		return fz_bytes(data, size, max, &seed);
	switch (fz_below(&seed, 8)) {
	case 0:
		memmove(data + at, data + at + len, size - at - len);
		return size - len;
	case 1:
		return copy_part(data, size, max, at, len, &seed);
	case 2:
		data[at] = (uint8_t)fz_rnd(&seed);
		return size;
	default:
		now = fz_bytes_within(data, at + PART_HEADER, len - PART_HEADER, &size, max, &seed);
		tf_put16(data + at + 1, (uint16_t)now);
		return size;
	}
}
