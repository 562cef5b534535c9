/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free space inside a chunk: mm/percpu.c 6.12 pcpu_find_block_fit(),
 * pcpu_alloc_area(), pcpu_block_update_hint_alloc() and _free().
 *
 * The kernel keeps hints (contig, scan, first_free) that may be out of date; here a tree of
 * free runs is exact, and a request takes the lowest place that really fits.  Offsets
 * differ from the kernel's only where its hints make it pass over such a place.
 */
#include "core/percpu/chunk.h"

#include <stdlib.h>
#include <string.h>

#include "core/percpu/bitmap.h"

struct km_chunk *km_chunk_new(uint32_t nr_pages, uint32_t page_bits, unsigned int nr_cpus)
{
	struct km_chunk *chunk = calloc(1, sizeof(*chunk));

	if (!chunk)
		return NULL;
	chunk->nr_pages = nr_pages;
	chunk->page_bits = page_bits;
	chunk->nr_bits = nr_pages * page_bits;
	chunk->free_bits = chunk->nr_bits;
	chunk->nr_leaves = 1;
	while (chunk->nr_leaves < nr_pages)
		chunk->nr_leaves *= 2;
	chunk->alloc_map = calloc(km_bitmap_words(chunk->nr_bits), sizeof(uint64_t));
	chunk->bound_map = calloc(km_bitmap_words(chunk->nr_bits + 1), sizeof(uint64_t));
	chunk->populated = calloc(km_bitmap_words(nr_pages), sizeof(uint64_t));
	chunk->spans = calloc(2 * (size_t)chunk->nr_leaves, sizeof(*chunk->spans));
	chunk->pfns = calloc((size_t)nr_pages * nr_cpus, sizeof(*chunk->pfns));
	if (!chunk->alloc_map || !chunk->bound_map || !chunk->populated || !chunk->spans ||
	    !chunk->pfns) {
		km_chunk_free(chunk);
		return NULL;
	}
	for (uint32_t node = 2 * chunk->nr_leaves - 1; node; node--)
		chunk->spans[node] = km_chunk_recount(chunk, node);
	return chunk;
}

void km_chunk_free(struct km_chunk *chunk)
{
	free(chunk->alloc_map);
	free(chunk->bound_map);
	free(chunk->populated);
	free(chunk->seed_map);
	free(chunk->spans);
	free(chunk->pfns);
	free(chunk);
}

static unsigned int alignment(uint32_t bit)
{
	return bit ? __builtin_ctz(bit) : 32;
}

static void offer_run(struct km_span *span, uint32_t start, uint32_t nr)
{
	if (nr < span->best || !nr)
		return;
	if (nr == span->best) {
		unsigned int old = alignment(span->best_start), new = alignment(start);

		if (new < old || (new == old &&start >= span->best_start))
			return;
	}
	span->best = nr;
	span->best_start = start;
}

/* A block is whole words: go from edge to edge of its runs. */
static struct km_span scan_block(const struct km_chunk *chunk, uint32_t block)
{
	uint32_t low = block * chunk->page_bits, high = low + chunk->page_bits;
	struct km_span span = { .bits = chunk->page_bits };
	uint64_t before = 1; /* the bit below the word */
	uint32_t start = low;

	if (block >= chunk->nr_pages)
		return (struct km_span){ 0 };
	for (uint32_t bit = low; bit < high; bit += 64) {
		uint64_t word = chunk->alloc_map[bit / 64];

		for (uint64_t edges = word ^ (word << 1 | before); edges; edges &= edges - 1) {
			unsigned int at = __builtin_ctzll(edges);

			if (!(word >> at & 1)) {
				start = bit + at;
				continue;
			}
			if (start == low)
				span.left = bit + at - low;
			offer_run(&span, start, bit + at - start);
		}
		before = word >> 63;
	}
	if (!before) {
		if (start == low)
			span.left = high - low;
		span.right = high - start;
		offer_run(&span, start, high - start);
	}
	return span;
}

/* middle: the bit where the right one starts. */
static struct km_span join(const struct km_span *left, const struct km_span *right, uint32_t middle)
{
	struct km_span span = {
		.bits = left->bits + right->bits,
		.left = left->left == left->bits ? left->bits + right->left : left->left,
		.right = right->right == right->bits ? right->bits + left->right : right->right,
	};

	offer_run(&span, left->best_start, left->best);
	offer_run(&span, middle - left->right, left->right + right->left);
	offer_run(&span, right->best_start, right->best);
	return span;
}

struct km_span km_chunk_recount(const struct km_chunk *chunk, uint32_t node)
{
	unsigned int depth = 31 - __builtin_clz(node);
	uint32_t blocks = chunk->nr_leaves >> depth;
	uint32_t first = (node - (1u << depth)) * blocks;

	if (node >= chunk->nr_leaves)
		return scan_block(chunk, node - chunk->nr_leaves);
	return join(&chunk->spans[2 * node], &chunk->spans[2 * node + 1],
		    (first + blocks / 2) * chunk->page_bits);
}

/* The leaf of block changed: bring its ancestors up to date, as far as they change. */
static void refresh_ancestors(struct km_chunk *chunk, uint32_t block)
{
	uint32_t node = (chunk->nr_leaves + block) / 2;
	uint32_t half = chunk->page_bits; /* bits of a child */

	for (uint32_t at = block / 2; node; node /= 2, at /= 2, half *= 2) {
		struct km_span *span = &chunk->spans[node];
		struct km_span fresh = join(&chunk->spans[2 * node], &chunk->spans[2 * node + 1],
					    (2 * at + 1) * half);

		if (!memcmp(span, &fresh, sizeof(fresh)))
			return;
		*span = fresh;
	}
}

/* [start, end) of the block, already marked, were free before. */
static void block_shrink(struct km_chunk *chunk, uint32_t block, uint32_t start, uint32_t end)
{
	struct km_span *span = &chunk->spans[chunk->nr_leaves + block];
	uint32_t low = block * chunk->page_bits, high = low + chunk->page_bits;

	if (start < span->best_start + span->best && end > span->best_start) {
		*span = scan_block(chunk, block);
	} else {
		if (start - low < span->left)
			span->left = start - low;
		if (high - end < span->right)
			span->right = high - end;
	}
	refresh_ancestors(chunk, block);
}

/* [start, end) of the block, already unmarked, were allocated before. */
static void block_grow(struct km_chunk *chunk, uint32_t block, uint32_t start, uint32_t end)
{
	struct km_span *span = &chunk->spans[chunk->nr_leaves + block];
	uint32_t low = block * chunk->page_bits, high = low + chunk->page_bits;

	start = km_bits_after_last_one(chunk->alloc_map, low, start);
	end = km_bits_next_one(chunk->alloc_map, end, high);
	if (start == low)
		span->left = end - start;
	if (end == high)
		span->right = end - start;
	offer_run(span, start, end - start);
	refresh_ancestors(chunk, block);
}

void km_chunk_mark(struct km_chunk *chunk, uint32_t bit, uint32_t nr)
{
	uint32_t end = bit + nr;

	km_bits_set(chunk->alloc_map, bit, end);
	chunk->free_bits -= nr;
	while (bit < end) {
		uint32_t block = bit / chunk->page_bits;
		uint32_t stop = (block + 1) * chunk->page_bits;

		if (stop > end)
			stop = end;
		block_shrink(chunk, block, bit, stop);
		bit = stop;
	}
}

void km_chunk_unmark(struct km_chunk *chunk, uint32_t bit, uint32_t nr)
{
	uint32_t end = bit + nr;

	km_bits_clear(chunk->alloc_map, bit, end);
	chunk->free_bits += nr;
	while (bit < end) {
		uint32_t block = bit / chunk->page_bits;
		uint32_t stop = (block + 1) * chunk->page_bits;

		if (stop > end)
			stop = end;
		block_grow(chunk, block, bit, stop);
		bit = stop;
	}
}

/* A search for nr aligned free bits at or above low; carry free bits end where it stands. */
struct walk {
	uint32_t nr, align, low, carry;
};

static uint32_t align_up(uint32_t bit, uint32_t align)
{
	return (bit + align - 1) & ~(align - 1);
}

/* Has the free run [start, end) a place? */
static bool run_fits(const struct walk *walk, uint32_t start, uint32_t end)
{
	return align_up(start, walk->align) + walk->nr <= end;
}

static uint32_t walk_block(const struct km_chunk *chunk, uint32_t start, struct walk *walk)
{
	uint32_t end = start + chunk->page_bits;
	uint32_t at = start > walk->low ? start : walk->low;

	while (at < end) {
		uint32_t one = km_bits_next_one(chunk->alloc_map, at, end);

		if (run_fits(walk, at - walk->carry, one))
			return at - walk->carry;
		if (one == end) {
			walk->carry += one - at;
			break;
		}
		walk->carry = 0;
		at = km_bits_next_zero(chunk->alloc_map, one, end);
	}
	return KM_NO_BIT;
}

/* Start of the lowest run below node that has a place; node covers [start, start + bits). */
static uint32_t walk_node(const struct km_chunk *chunk, uint32_t node, uint32_t start,
			  uint32_t bits, struct walk *walk)
{
	const struct km_span *span = &chunk->spans[node];
	uint32_t found;

	if (start + bits <= walk->low || !span->bits)
		return KM_NO_BIT;
	if (start >= walk->low) {
		if (run_fits(walk, start - walk->carry, start + span->left))
			return start - walk->carry;
		if (span->best < walk->nr) {
			walk->carry =
				span->left == span->bits ? walk->carry + span->bits : span->right;
			return KM_NO_BIT;
		}
	}
	if (node >= chunk->nr_leaves)
		return walk_block(chunk, start, walk);
	found = walk_node(chunk, 2 * node, start, bits / 2, walk);
	if (found != KM_NO_BIT)
		return found;
	return walk_node(chunk, 2 * node + 1, start + bits / 2, bits / 2, walk);
}

/*
 * Is [bit, bit + nr) populated?  If not, *next is the start of the first populated page
 * behind the first that is not.
 */
static bool is_populated(const struct km_chunk *chunk, uint32_t bit, uint32_t nr, uint32_t *next)
{
	uint32_t end = (bit + nr - 1) / chunk->page_bits + 1;
	uint32_t page;

	if (chunk->nr_populated == chunk->nr_pages)
		return true;
	page = km_bits_next_zero(chunk->populated, bit / chunk->page_bits, end);
	if (page == end)
		return true;
	*next = km_bits_next_one(chunk->populated, page, chunk->nr_pages) * chunk->page_bits;
	return false;
}

uint32_t km_chunk_find(const struct km_chunk *chunk, uint32_t nr, uint32_t align,
		       unsigned int flags)
{
	const struct km_span *root = km_chunk_root(chunk);
	struct walk walk = { .nr = nr, .align = align };

	if (!run_fits(&walk, root->best_start, root->best_start + root->best))
		return KM_NO_BIT;
	for (;;) {
		uint32_t bit;

		walk.carry = 0;
		bit = walk_node(chunk, 1, 0, chunk->nr_leaves * chunk->page_bits, &walk);
		if (bit == KM_NO_BIT)
			return KM_NO_BIT;
		bit = align_up(bit, align);
		if (!(flags & KM_FIT_POPULATED) || is_populated(chunk, bit, nr, &walk.low))
			return bit;
	}
}

uint32_t km_chunk_populated_bits(const struct km_chunk *chunk, uint32_t bit, uint32_t nr)
{
	uint32_t end = bit + nr, sum = 0;

	if (chunk->nr_populated == chunk->nr_pages)
		return nr;
	while (bit < end) {
		uint32_t page = bit / chunk->page_bits;
		uint32_t stop = (page + 1) * chunk->page_bits;

		if (stop > end)
			stop = end;
		if (km_bit_test(chunk->populated, page))
			sum += stop - bit;
		bit = stop;
	}
	return sum;
}
