/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bit maps of a chunk: words of 64 bits, bit 0 of word 0 first.  Ranges are [bit, end).
 */
#ifndef CORE_PERCPU_BITMAP_H
#define CORE_PERCPU_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline size_t km_bitmap_words(uint32_t nr_bits)
{
	return ((size_t)nr_bits + 63) / 64;
}

static inline bool km_bit_test(const uint64_t *map, uint32_t bit)
{
	return map[bit / 64] >> (bit % 64) & 1;
}

static inline void km_bit_set(uint64_t *map, uint32_t bit)
{
	map[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static inline void km_bit_clear(uint64_t *map, uint32_t bit)
{
	map[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
}

/* The bits of [bit, end) that lie in the word of bit; moves bit behind them. */
static inline uint64_t km_bits_in_word(uint32_t *bit, uint32_t end)
{
	uint32_t in = *bit % 64;
	uint32_t nr = 64 - in < end - *bit ? 64 - in : end - *bit;

	*bit += nr;
	return (nr == 64 ? UINT64_MAX : (UINT64_C(1) << nr) - 1) << in;
}

static inline void km_bits_set(uint64_t *map, uint32_t bit, uint32_t end)
{
	while (bit < end) {
		uint64_t *word = &map[bit / 64];

		*word |= km_bits_in_word(&bit, end);
	}
}

static inline void km_bits_clear(uint64_t *map, uint32_t bit, uint32_t end)
{
	while (bit < end) {
		uint64_t *word = &map[bit / 64];

		*word &= ~km_bits_in_word(&bit, end);
	}
}

static inline uint32_t km_bits_weight(const uint64_t *map, uint32_t bit, uint32_t end)
{
	uint32_t nr = 0;

	while (bit < end) {
		uint64_t word = map[bit / 64];

		nr += __builtin_popcountll(word & km_bits_in_word(&bit, end));
	}
	return nr;
}

/* First bit of [bit, end) that is one (zero, with flip all ones); end if there is none. */
static inline uint32_t km_bits_next(const uint64_t *map, uint32_t bit, uint32_t end, uint64_t flip)
{
	while (bit < end) {
		uint64_t word = (map[bit / 64] ^ flip) >> (bit % 64);

		if (word) {
			bit += __builtin_ctzll(word);
			return bit < end ? bit : end;
		}
		bit = (bit / 64 + 1) * 64;
	}
	return end;
}

static inline uint32_t km_bits_next_one(const uint64_t *map, uint32_t bit, uint32_t end)
{
	return km_bits_next(map, bit, end, 0);
}

static inline uint32_t km_bits_next_zero(const uint64_t *map, uint32_t bit, uint32_t end)
{
	return km_bits_next(map, bit, end, UINT64_MAX);
}

/* One more than the last one bit of [low, bit); low if there is none. */
static inline uint32_t km_bits_after_last_one(const uint64_t *map, uint32_t low, uint32_t bit)
{
	while (bit > low) {
		uint32_t start = (bit - 1) / 64 * 64;
		uint64_t word = map[start / 64] << (63 - (bit - 1) % 64);

		if (word) {
			bit -= __builtin_clzll(word);
			return bit > low ? bit : low;
		}
		bit = start;
	}
	return low;
}

#endif
