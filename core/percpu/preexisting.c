/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host had allocated before the trace began.  Only meminfo's total is known, so chunks
 * are filled, lowest page first, with allocations of one plausible size.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/percpu/percpu_internal.h"

#define PIECE_BITS (KM_PERCPU_PREEXISTING_BYTES / KM_PERCPU_MIN_ALLOC)

static int add_seed_map(struct km_percpu *percpu, struct km_chunk *chunk)
{
	if (chunk->seeded)
		return 0;
	chunk->seed_map = calloc(km_bitmap_words(chunk->nr_bits), sizeof(uint64_t));
	if (!chunk->seed_map)
		return -ENOMEM;
	chunk->seeded = true;
	percpu->seeded[percpu->nr_seeded++] = chunk;
	return 0;
}

/* Allocate what is free in the lowest pages, up to page end. */
static int fill_with_pieces(struct km_percpu *percpu, struct km_chunk *chunk, uint32_t end)
{
	uint32_t high = end * chunk->page_bits;
	uint32_t bit = km_bits_next_zero(chunk->alloc_map, 0, high);
	int err = bit < high ? add_seed_map(percpu, chunk) : 0;

	while (!err && bit < high) {
		uint32_t stop = bit - bit % PIECE_BITS + PIECE_BITS;

		stop = km_bits_next_one(chunk->alloc_map, bit, stop < high ? stop : high);
		km_percpu_take_bits(percpu, chunk, bit, stop - bit);
		km_bit_set(chunk->bound_map, bit);
		km_bits_clear(chunk->bound_map, bit + 1, stop);
		km_bit_set(chunk->bound_map, stop);
		km_bit_set(chunk->seed_map, bit);
		percpu->nr_preexisting++;
		percpu->nr_allocs++;
		percpu->bits_inuse += stop - bit;
		bit = km_bits_next_zero(chunk->alloc_map, stop, high);
	}
	chunk->seed_end = chunk->nr_bits;
	return err;
}

/* Fill chunk up to page, all but the empty ones that are to stay. */
static int seed_chunk(struct km_percpu *percpu, struct km_chunk *chunk, uint64_t left)
{
	uint32_t end = chunk->nr_pages;

	if (left < PCPU_EMPTY_POP_PAGES_LOW) {
		uint32_t keep = PCPU_EMPTY_POP_PAGES_LOW - left;

		if (chunk->nr_populated <= keep)
			return 0;
		end = chunk->nr_populated - keep;
	} else {
		end = chunk->nr_populated;
	}
	return fill_with_pieces(percpu, chunk, end);
}

int km_percpu_populate(struct km_percpu *percpu, uint64_t populated_pages)
{
	const struct km_fill_from from = { .kind = KM_FILL_HELD, .gfp = KM_GFP_KERNEL };
	uint64_t target = populated_pages / percpu->layout.nr_units;
	uint64_t unit_pages = percpu->layout.unit_bytes >> percpu->page_shift;
	uint64_t left = target > percpu->nr_populated ? target - percpu->nr_populated : 0;
	struct km_chunk *chunk = percpu->first;
	int err = 0;

	err = seed_chunk(percpu, chunk, left);
	while (!err && left) {
		uint64_t nr = left < unit_pages ? left : unit_pages;

		chunk = km_percpu_new_chunk(percpu);
		if (!chunk)
			return percpu->last_error;
		km_percpu_relocate(percpu, chunk, -1);
		err = km_percpu_fill(percpu, chunk, 0, nr, &from);
		if (err)
			break;
		left -= nr;
		err = seed_chunk(percpu, chunk, left);
	}
	return err;
}

uint64_t km_percpu_take_preexisting(struct km_percpu *percpu)
{
	while (percpu->nr_seeded) {
		struct km_chunk *chunk = percpu->seeded[percpu->nr_seeded - 1];
		uint32_t end = km_bits_after_last_one(chunk->seed_map, 0, chunk->seed_end);

		chunk->seed_end = end;
		if (end) {
			km_bit_clear(chunk->seed_map, end - 1);
			percpu->nr_preexisting--;
			return chunk->base + (uint64_t)(end - 1) * KM_PERCPU_MIN_ALLOC;
		}
		/* Nothing is left in it, now or later. */
		free(chunk->seed_map);
		chunk->seed_map = NULL;
		chunk->seeded = false;
		percpu->nr_seeded--;
	}
	return 0;
}
