/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutations of the fuzz targets of the trace format.
 *
 * A mutator that knows nothing of checksums, lengths and compression gets no further
 * than the first of them.  These ones change what is behind, and make the rest fit
 * again, in most cases.  Everything follows from the seed, and from libFuzzer's own
 * mutator of bytes where that is linked.
 */
#ifndef TESTS_FUZZ_TRACEFMT_MUTATE_H
#define TESTS_FUZZ_TRACEFMT_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/bytes.h"
#include "tracefmt/columns_layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max, unsigned int seed);
/* libFuzzer's; NULL where another main() runs the target. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* splitmix64 */
static inline uint64_t fz_rnd(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline size_t fz_below(uint64_t *seed, size_t n)
{
	return n ? (size_t)(fz_rnd(seed) % n) : 0;
}

/* Once in so many cases. */
static inline bool fz_once_in(uint64_t *seed, size_t n)
{
	return !fz_below(seed, n);
}

static inline void *fz_must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* A number near to the old one, or at an edge of some width. */
static inline uint64_t fz_number(uint64_t old, uint64_t *seed)
{
	switch (fz_below(seed, 6)) {
	case 0:
		return old + 1;
	case 1:
		return old - 1;
	case 2:
		return old ^ UINT64_C(1) << fz_below(seed, 64);
	case 3:
		return (UINT64_C(1) << fz_below(seed, 64)) - fz_below(seed, 2);
	case 4:
		return fz_below(seed, 5);
	default:
		return fz_rnd(seed) >> fz_below(seed, 64);
	}
}

static inline size_t fz_own_bytes(uint8_t *data, size_t len, size_t max, uint64_t *seed)
{
	size_t at = fz_below(seed, len), n = fz_below(seed, 9), from;

	switch (len ? fz_below(seed, 5) : 2) {
	case 0:
		data[at] ^= (uint8_t)(1u << fz_below(seed, 8));
		return len;
	case 1:
		data[at] = (uint8_t)fz_number(data[at], seed);
		return len;
	case 2: /* more bytes */
		n = n < max - len ? n : max - len;
		memmove(data + at + n, data + at, len - at);
		for (size_t i = 0; i < n; i++)
			data[at + i] = (uint8_t)fz_number(0, seed);
		return len + n;
	case 3: /* fewer */
		n = n < len - at ? n : len - at;
		memmove(data + at, data + at + n, len - at - n);
		return len - n;
	default: /* the same ones again */
		from = fz_below(seed, len);
		n = fz_below(seed, len - (at > from ? at : from) + 1);
		memmove(data + at, data + from, n);
		return len;
	}
}

/* Mutate any bytes; returns their new number, up to max. */
static inline size_t fz_bytes(uint8_t *data, size_t len, size_t max, uint64_t *seed)
{
	if (!max)
		return 0;
	if (LLVMFuzzerMutate)
		return LLVMFuzzerMutate(data, len, max);
	return fz_own_bytes(data, len, max, seed);
}

/* Mutate len bytes at data + at, in a whole of *total up to max, and move what is behind. */
static inline size_t fz_bytes_within(uint8_t *data, size_t at, size_t len, size_t *total,
				     size_t max, uint64_t *seed)
{
	size_t room = len + (max - *total), behind = *total - at - len, now;
	uint8_t *part = fz_must(malloc(room + 1));

	memcpy(part, data + at, len);
	now = fz_bytes(part, len, room, seed);
	memmove(data + at + now, data + at + len, behind);
	memcpy(data + at, part, now);
	free(part);
	*total = at + now + behind;
	return now;
}

/* Mutate a few columns of a block's payload, each of which keeps the length that it must have. */
static inline size_t fz_columns(uint8_t *payload, size_t len, size_t max, uint64_t *seed)
{
	size_t nr = len < 4 ? 0 : tf_get32(payload), start = 4 + 4 * nr;
	size_t column = fz_below(seed, nr), length, now;

	if (!nr || nr > TF_MAX_COLUMNS || len < start || fz_once_in(seed, 16))
		return fz_bytes(payload, len, max, seed);
	if (len + 4 <= max && fz_once_in(seed, 32)) {
		/* A newer version's column behind the known ones, without a length so far. */
		memmove(payload + start + 4, payload + start, len - start);
		tf_put32(payload, (uint32_t)nr + 1);
		tf_put32(payload + start, 0);
		return len + 4;
	}
	for (size_t i = 0; i < column; i++)
		start += tf_get32(payload + 4 + 4 * i);
	length = tf_get32(payload + 4 + 4 * column);
	if (start > len || length > len - start)
		return fz_bytes(payload, len, max, seed);
	if (column >= TF_FIRST_PLANE && column < TF_FIRST_PLANE + TF_NR_PLANES) {
		/* A plane has a byte for each record; codes are small numbers. */
		for (size_t n = 1 + fz_below(seed, 3); n && length; n--)
			payload[start + fz_below(seed, length)] = (uint8_t)fz_below(
				seed, fz_once_in(seed, 2) ? 256 : TF_ADDR_NEAR + 3);
		return len;
	}
	now = fz_bytes_within(payload, start, length, &len, max, seed);
	tf_put32(payload + 4 + 4 * column, (uint32_t)now);
	return len;
}

#endif
