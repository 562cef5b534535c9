/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "tests/unit/core/percpu/bed.h"

static void check_tree(const struct km_chunk *chunk)
{
	for (uint32_t node = 2 * chunk->nr_leaves - 1; node; node--) {
		struct km_span span = km_chunk_recount(chunk, node);

		ck_assert_msg(!memcmp(&span, &chunk->spans[node], sizeof(span)),
			      "node %u: best %u at %u, is %u at %u", node, span.best,
			      span.best_start, chunk->spans[node].best,
			      chunk->spans[node].best_start);
	}
}

/* Words, ends and single bits of the map. */
START_TEST(bit_ranges)
{
	uint64_t map[3] = { 0 };

	km_bits_set(map, 60, 130);
	ck_assert_uint_eq(map[0], UINT64_C(0xf) << 60);
	ck_assert_uint_eq(map[1], UINT64_MAX);
	ck_assert_uint_eq(map[2], 3);
	ck_assert_uint_eq(km_bits_weight(map, 0, 192), 70);
	ck_assert_uint_eq(km_bits_weight(map, 61, 129), 68);
	ck_assert_uint_eq(km_bits_next_one(map, 0, 192), 60);
	ck_assert_uint_eq(km_bits_next_one(map, 0, 60), 60);
	ck_assert_uint_eq(km_bits_next_zero(map, 60, 192), 130);
	ck_assert_uint_eq(km_bits_next_zero(map, 60, 100), 100);
	ck_assert_uint_eq(km_bits_after_last_one(map, 0, 192), 130);
	ck_assert_uint_eq(km_bits_after_last_one(map, 0, 100), 100);
	ck_assert_uint_eq(km_bits_after_last_one(map, 0, 60), 0);
	ck_assert_uint_eq(km_bits_after_last_one(map, 140, 192), 140);
	km_bits_clear(map, 64, 128);
	ck_assert_uint_eq(map[1], 0);
	ck_assert_uint_eq(km_bits_weight(map, 0, 192), 6);
}
END_TEST

/*
 * Blocks of 1024 bits, x taken:
 *
 *   |0      x1000..1023| 1024 ...        | 2048 ...
 *
 * 30 bits go to 0; after that is gone too, the run over two blocks starts at 1024.
 */
START_TEST(a_run_goes_over_block_ends)
{
	struct km_chunk *chunk = km_chunk_new(3, 1024, 1);

	ck_assert_ptr_nonnull(chunk);
	ck_assert_uint_eq(km_chunk_root(chunk)->best, 3072);
	km_chunk_mark(chunk, 1000, 24);
	ck_assert_uint_eq(km_chunk_root(chunk)->best, 2048);
	ck_assert_uint_eq(km_chunk_root(chunk)->best_start, 1024);
	ck_assert_uint_eq(km_chunk_find(chunk, 30, 1, 0), 0);
	ck_assert_uint_eq(km_chunk_find(chunk, 1001, 1, 0), 1024);
	ck_assert_uint_eq(km_chunk_find(chunk, 2048, 1, 0), 1024);
	ck_assert_uint_eq(km_chunk_find(chunk, 2049, 1, 0), KM_NO_BIT);
	km_chunk_mark(chunk, 1024, 1);
	ck_assert_uint_eq(km_chunk_find(chunk, 1001, 1, 0), 1025);
	ck_assert_uint_eq(km_chunk_find(chunk, 1001, 1024, 0), 2048);
	ck_assert_uint_eq(km_chunk_find(chunk, 1025, 1024, 0), KM_NO_BIT);
	ck_assert_uint_eq(km_chunk_find(chunk, 1001, 16, 0), 1040);
	check_tree(chunk);
	km_chunk_free(chunk);
}
END_TEST

/*
 *   |xxxx....|....xxxx|    equal runs of 4 at 4 and at 512: the better aligned one is the hint
 */
START_TEST(of_equal_runs_the_better_aligned_is_best)
{
	struct km_chunk *chunk = km_chunk_new(1, 1024, 1);

	ck_assert_ptr_nonnull(chunk);
	km_chunk_mark(chunk, 0, 1024);
	km_chunk_unmark(chunk, 4, 4);
	ck_assert_uint_eq(km_chunk_root(chunk)->best_start, 4);
	km_chunk_unmark(chunk, 512, 4);
	ck_assert_uint_eq(km_chunk_root(chunk)->best_start, 512);
	km_chunk_unmark(chunk, 12, 4);
	ck_assert_uint_eq(km_chunk_root(chunk)->best_start, 512);
	km_chunk_unmark(chunk, 0, 4);
	ck_assert_uint_eq(km_chunk_root(chunk)->best, 8);
	ck_assert_uint_eq(km_chunk_root(chunk)->best_start, 0);
	check_tree(chunk);
	km_chunk_free(chunk);
}
END_TEST

/*
 *   pages      |  0  |  1  |  2  |  3  |
 *   populated     #           #     #
 *
 * One page's bits go to 0; a page and a half finds only 2 and 3.
 */
START_TEST(populated_search_jumps_over_empty_pages)
{
	struct km_chunk *chunk = km_chunk_new(4, 1024, 1);

	ck_assert_ptr_nonnull(chunk);
	ck_assert_uint_eq(km_chunk_find(chunk, 1, 1, KM_FIT_POPULATED), KM_NO_BIT);
	km_bit_set(chunk->populated, 0);
	km_bit_set(chunk->populated, 2);
	km_bit_set(chunk->populated, 3);
	chunk->nr_populated = 3;
	ck_assert_uint_eq(km_chunk_find(chunk, 1024, 1, KM_FIT_POPULATED), 0);
	ck_assert_uint_eq(km_chunk_find(chunk, 1025, 1, KM_FIT_POPULATED), 2048);
	ck_assert_uint_eq(km_chunk_find(chunk, 1025, 1, 0), 0);
	ck_assert_uint_eq(km_chunk_find(chunk, 2049, 1, KM_FIT_POPULATED), KM_NO_BIT);
	ck_assert_uint_eq(km_chunk_populated_bits(chunk, 1000, 1100), 24 + 52);
	km_chunk_free(chunk);
}
END_TEST

/* The same search, bit by bit. */
static uint32_t naive_find(const struct km_chunk *chunk, uint32_t nr, uint32_t align,
			   unsigned int flags)
{
	for (uint32_t bit = 0; bit + nr <= chunk->nr_bits; bit += align) {
		uint32_t i = 0;

		while (i < nr && !km_bit_test(chunk->alloc_map, bit + i) &&
		       (!(flags & KM_FIT_POPULATED) ||
			km_bit_test(chunk->populated, (bit + i) / chunk->page_bits)))
			i++;
		if (i == nr)
			return bit;
	}
	return KM_NO_BIT;
}

/* Longest run and whether the request fits at the hint, bit by bit. */
static bool naive_hint_fits(const struct km_chunk *chunk, uint32_t nr, uint32_t align)
{
	uint32_t best = 0, start = 0, run = 0;

	for (uint32_t bit = 0; bit < chunk->nr_bits; bit++) {
		run = km_bit_test(chunk->alloc_map, bit) ? 0 : run + 1;
		if (run > best) {
			best = run;
			start = bit + 1 - run;
		}
	}
	/* Of equal ones any is possible; then only the plain length is sure. */
	ck_assert_uint_eq(km_chunk_root(chunk)->best, best);
	if (km_chunk_root(chunk)->best_start != start)
		start = km_chunk_root(chunk)->best_start;
	return ((start + align - 1) & ~(align - 1)) + nr <= start + best;
}

START_TEST(random_maps_agree_with_a_naive_search)
{
	static const uint32_t pages[] = { 1, 3, 8, 55 };
	uint32_t seed = 7, found = 0, missed = 0;

	for (unsigned int round = 0; round < 4; round++) {
		struct km_chunk *chunk = km_chunk_new(pages[round], 64, 1);
		uint32_t starts[4096], lengths[4096], nr = 0;

		ck_assert_ptr_nonnull(chunk);
		for (unsigned int step = 0; step < 6000; step++) {
			uint32_t want = 1 + bed_random(&seed) % (step % 50 ? 12 : 150);
			uint32_t align = 1u << bed_random(&seed) % 7;
			unsigned int flags = bed_random(&seed) % 4 ? 0 : KM_FIT_POPULATED;
			uint32_t page = bed_random(&seed) % chunk->nr_pages;
			uint32_t bit, expected;

			if (bed_random(&seed) % 16 == 0 && !km_bit_test(chunk->populated, page)) {
				km_bit_set(chunk->populated, page);
				chunk->nr_populated++;
			}
			if (nr && bed_random(&seed) % 100 < 45) {
				uint32_t at = bed_random(&seed) % nr;

				km_chunk_unmark(chunk, starts[at], lengths[at]);
				starts[at] = starts[--nr];
				lengths[at] = lengths[nr];
				continue;
			}
			bit = km_chunk_find(chunk, want, align, flags);
			expected = naive_hint_fits(chunk, want, align)
					   ? naive_find(chunk, want, align, flags)
					   : KM_NO_BIT;
			ck_assert_uint_eq(bit, expected);
			*(bit == KM_NO_BIT ? &missed : &found) += 1;
			if (bit == KM_NO_BIT || nr == 4096)
				continue;
			km_chunk_mark(chunk, bit, want);
			starts[nr] = bit;
			lengths[nr++] = want;
			if (step % 64 == 0)
				check_tree(chunk);
		}
		check_tree(chunk);
		while (nr--)
			km_chunk_unmark(chunk, starts[nr], lengths[nr]);
		ck_assert_uint_eq(km_chunk_root(chunk)->best, chunk->nr_bits);
		ck_assert_uint_eq(chunk->free_bits, chunk->nr_bits);
		check_tree(chunk);
		km_chunk_free(chunk);
	}
	ck_assert_uint_gt(found, 5000);
	ck_assert_uint_gt(missed, 500);
}
END_TEST

RUN_SUITE("core/percpu/chunk", bit_ranges, a_run_goes_over_block_ends,
	  of_equal_runs_the_better_aligned_is_best, populated_search_jumps_over_empty_pages,
	  random_maps_agree_with_a_naive_search)
