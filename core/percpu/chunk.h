/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The map of one unit of a chunk, the same for all its units.
 *
 *   alloc_map  ####..####......   one bit per 4 bytes, 1: allocated
 *   bound_map  1.1...1...1.....   1: an allocation starts or the one before ended
 *   spans      tree over the blocks (pages), each node: free run at its left edge, at its
 *              right edge, longest anywhere
 *
 * An allocation starts at a bit that is set in both maps.
 */
#ifndef CORE_PERCPU_CHUNK_H
#define CORE_PERCPU_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

#define KM_NO_BIT UINT32_MAX

/* Free runs of a block or of neighbouring blocks, in bits. */
struct km_span {
	uint32_t bits; /* length; 0: past the end of the unit */
	uint32_t left, right;
	uint32_t best, best_start; /* of equals the best aligned start, then the lowest */
};

struct km_chunk {
	uint64_t base; /* address of the first unit */
	struct km_chunk *next, *prev;
	uint8_t list;	/* the slot list it is on */
	bool immutable; /* the first chunk: never depopulated */
	bool isolated;	/* being depopulated, or sidelined after it */
	bool seeded;	/* has a seed_map */
	uint32_t nr_pages, page_bits, nr_bits;
	uint32_t free_bits;
	uint32_t nr_populated, nr_empty_pop; /* pages; populated and wholly free ones */
	uint32_t nr_leaves;		     /* power of two, at least nr_pages */
	uint64_t *alloc_map, *bound_map;     /* bound_map has nr_bits + 1 */
	uint64_t *populated;		     /* by page */
	uint64_t *seed_map;		     /* starts of pre-existing allocations not yet taken */
	uint32_t seed_end;		     /* none at or above */
	struct km_span *spans;		     /* [1] root, [nr_leaves + block] leaves */
	uint32_t *pfns;			     /* by page, then CPU; of populated pages */
};

/* All free, nothing populated.  NULL without memory. */
struct km_chunk *km_chunk_new(uint32_t nr_pages, uint32_t page_bits, unsigned int nr_cpus);
void km_chunk_free(struct km_chunk *chunk);

static inline const struct km_span *km_chunk_root(const struct km_chunk *chunk)
{
	return &chunk->spans[1];
}

static inline bool km_chunk_page_is_free(const struct km_chunk *chunk, uint32_t page)
{
	return chunk->spans[chunk->nr_leaves + page].best == chunk->page_bits;
}

/* Mark bits allocated, or free again. */
void km_chunk_mark(struct km_chunk *chunk, uint32_t bit, uint32_t nr);
void km_chunk_unmark(struct km_chunk *chunk, uint32_t bit, uint32_t nr);

enum km_chunk_fit {
	KM_FIT_POPULATED = 1 << 0, /* only where every page is populated */
};
/*
 * The lowest aligned run of nr free bits, KM_NO_BIT if none.  As in
 * pcpu_check_block_hint(), none is looked for if the longest run of the chunk has no place.
 */
uint32_t km_chunk_find(const struct km_chunk *chunk, uint32_t nr, uint32_t align,
		       unsigned int flags);

/* Bits of [bit, bit + nr) that lie in populated pages. */
uint32_t km_chunk_populated_bits(const struct km_chunk *chunk, uint32_t bit, uint32_t nr);

/* What the spans should be; the tree is valid if this equals it.  For km_percpu_is_valid(). */
struct km_span km_chunk_recount(const struct km_chunk *chunk, uint32_t node);

#endif
