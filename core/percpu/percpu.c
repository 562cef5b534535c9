/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocating and freeing per-cpu memory: mm/percpu.c 6.12 pcpu_alloc_noprof(),
 * free_percpu(), and the first chunk of pcpu_setup_first_chunk().
 *
 * Simpler than the kernel: requests for the reserved area of modules are not told apart (it is
 * in use as a whole); the memcg vectors of a chunk are not charged; the pages of the first
 * chunk are single ones, not one block a node, so it has addresses of its own behind the
 * direct map instead of those of its pages.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/percpu/percpu_internal.h"

void km_percpu_take_bits(struct km_percpu *percpu, struct km_chunk *chunk, uint32_t bit,
			 uint32_t nr)
{
	int old_slot = km_percpu_slot(percpu, chunk);
	uint32_t last = (bit + nr - 1) / chunk->page_bits;

	for (uint32_t page = bit / chunk->page_bits; page <= last; page++) {
		if (km_bit_test(chunk->populated, page) && km_chunk_page_is_free(chunk, page)) {
			chunk->nr_empty_pop--;
			percpu->nr_empty_pop -= !chunk->isolated;
		}
	}
	percpu->free_populated_bits -= km_chunk_populated_bits(chunk, bit, nr);
	km_chunk_mark(chunk, bit, nr);
	km_percpu_relocate(percpu, chunk, old_slot);
}

void km_percpu_give_bits(struct km_percpu *percpu, struct km_chunk *chunk, uint32_t bit,
			 uint32_t nr)
{
	int old_slot = km_percpu_slot(percpu, chunk);
	uint32_t last = (bit + nr - 1) / chunk->page_bits;

	percpu->free_populated_bits += km_chunk_populated_bits(chunk, bit, nr);
	km_chunk_unmark(chunk, bit, nr);
	for (uint32_t page = bit / chunk->page_bits; page <= last; page++) {
		if (km_bit_test(chunk->populated, page) && km_chunk_page_is_free(chunk, page)) {
			chunk->nr_empty_pop++;
			percpu->nr_empty_pop += !chunk->isolated;
		}
	}
	km_percpu_relocate(percpu, chunk, old_slot);
}

static void mark_bounds(struct km_chunk *chunk, uint32_t bit, uint32_t nr)
{
	km_bit_set(chunk->bound_map, bit);
	km_bits_clear(chunk->bound_map, bit + 1, bit + nr);
	km_bit_set(chunk->bound_map, bit + nr);
}

static int make_first_chunk(struct km_percpu *percpu)
{
	const struct km_percpu_layout *layout = &percpu->layout;
	const struct km_fill_from from = { .kind = KM_FILL_BOOT, .gfp = KM_GFP_KERNEL };
	uint64_t hidden = layout->static_bytes + layout->reserved_bytes;
	uint32_t nr_pages = (hidden + layout->dynamic_bytes) >> percpu->page_shift;
	struct km_chunk *chunk = km_percpu_new_first_chunk(percpu, nr_pages);

	if (!chunk)
		return -ENOMEM;
	if (km_percpu_fill(percpu, chunk, 0, nr_pages, &from))
		return -ENOMEM;
	percpu->first = chunk;
	percpu->hidden_bits = (hidden + KM_PERCPU_MIN_ALLOC - 1) / KM_PERCPU_MIN_ALLOC;
	km_percpu_relocate(percpu, chunk, -1);
	/* No bound starts it, so nobody can free it. */
	if (percpu->hidden_bits)
		km_percpu_take_bits(percpu, chunk, 0, percpu->hidden_bits);
	return 0;
}

int km_percpu_init(struct km_percpu **out, struct km_pages *pages, struct km_vm *vm)
{
	const struct km_profile *profile = &pages->machine->profile;
	struct km_percpu *percpu = calloc(1, sizeof(*percpu));
	int err;

	*out = NULL;
	if (!percpu)
		return -ENOMEM;
	percpu->pages = pages;
	percpu->vm = vm;
	percpu->nr_cpus = profile->nr_possible_cpus;
	percpu->page_shift = profile->page_shift;
	percpu->page_bits = (1u << profile->page_shift) / KM_PERCPU_MIN_ALLOC;
	err = km_percpu_layout(pages->machine, &percpu->layout);
	if (err)
		goto out;
	percpu->unit_bits = percpu->layout.unit_bytes / KM_PERCPU_MIN_ALLOC;
	percpu->sidelined_slot = 32 - __builtin_clz((uint32_t)percpu->layout.unit_bytes) - 3 + 1;
	percpu->free_slot = percpu->sidelined_slot + 1;
	percpu->depopulate_slot = percpu->free_slot + 1;
	err = make_first_chunk(percpu);
	if (err)
		goto out;
	*out = percpu;
	return 0;
out:
	km_percpu_release(percpu);
	return err;
}

void km_percpu_release(struct km_percpu *percpu)
{
	if (!percpu)
		return;
	for (uint32_t i = 0; i < percpu->nr_chunks; i++)
		km_chunk_free(percpu->chunks[i]);
	free(percpu->chunks);
	free(percpu->seeded);
	free(percpu);
}

static uint64_t fail(struct km_percpu *percpu, int err)
{
	percpu->last_error = err;
	percpu->nr_failures++;
	return 0;
}

/* First fit over the lists.  The chunk, or NULL; *bit where in it. */
static struct km_chunk *find_area(struct km_percpu *percpu, uint32_t nr, uint32_t align,
				  unsigned int flags, uint32_t *bit)
{
	unsigned int slot = km_percpu_size_slot(percpu, (uint64_t)nr * KM_PERCPU_MIN_ALLOC);

	for (; slot <= percpu->free_slot; slot++) {
		struct km_chunk *chunk, *next;

		for (chunk = percpu->lists[slot].head; chunk; chunk = next) {
			next = chunk->next;
			*bit = km_chunk_find(chunk, nr, align, flags);
			if (*bit != KM_NO_BIT)
				return chunk;
			if (slot < PCPU_SLOT_FAIL_THRESHOLD)
				km_percpu_move(percpu, chunk, 0, KM_LIST_FRONT);
		}
	}
	return NULL;
}

/* Populate what [bit, bit + nr) lacks. */
static int fill_area(struct km_percpu *percpu, struct km_chunk *chunk, uint32_t bit, uint32_t nr,
		     const struct km_fill_from *from)
{
	uint32_t end = (bit + nr - 1) / chunk->page_bits + 1;
	uint32_t page = bit / chunk->page_bits, stop;

	if (chunk->nr_populated == chunk->nr_pages)
		return 0;
	for (page = km_bits_next_zero(chunk->populated, page, end); page < end;
	     page = km_bits_next_zero(chunk->populated, stop, end)) {
		stop = km_bits_next_one(chunk->populated, page, end);
		if (km_percpu_fill(percpu, chunk, page, stop, from))
			return -ENOMEM;
	}
	return 0;
}

static uint64_t finish_alloc(struct km_percpu *percpu, struct km_chunk *chunk, uint32_t bit,
			     uint32_t nr)
{
	mark_bounds(chunk, bit, nr);
	percpu->nr_allocs++;
	percpu->bits_inuse += nr;
	return chunk->base + (uint64_t)bit * KM_PERCPU_MIN_ALLOC;
}

uint64_t km_percpu_alloc(struct km_percpu *percpu, uint64_t size, uint64_t align, km_gfp gfp,
			 unsigned int cpu)
{
	const struct km_fill_from from = {
		.gfp = gfp & (KM_GFP_KERNEL | KM_GFP_NORETRY | KM_GFP_NOWARN),
		.cpu = cpu,
	};
	bool atomic = !(gfp & KM_GFP_DIRECT_RECLAIM);
	struct km_chunk *chunk;
	uint32_t nr, bit;
	uint64_t addr;

	if (align < KM_PERCPU_MIN_ALLOC)
		align = KM_PERCPU_MIN_ALLOC;
	if (!size || size > KM_PERCPU_MAX_ALLOC || align & (align - 1) ||
	    align > UINT64_C(1) << percpu->page_shift)
		return fail(percpu, -EINVAL);
	nr = (size + KM_PERCPU_MIN_ALLOC - 1) / KM_PERCPU_MIN_ALLOC;
	align /= KM_PERCPU_MIN_ALLOC;

	while (!(chunk = find_area(percpu, nr, align, atomic ? KM_FIT_POPULATED : 0, &bit))) {
		if (atomic) {
			percpu->atomic_failed = true;
			km_percpu_balance(percpu, cpu);
			return fail(percpu, -ENOSPC);
		}
		chunk = km_percpu_new_chunk(percpu);
		if (!chunk)
			return fail(percpu, percpu->last_error);
		km_percpu_relocate(percpu, chunk, -1);
	}
	km_percpu_take_bits(percpu, chunk, bit, nr);
	km_percpu_reintegrate(percpu, chunk);
	if (!atomic && fill_area(percpu, chunk, bit, nr, &from)) {
		km_percpu_give_bits(percpu, chunk, bit, nr);
		return fail(percpu, -ENOMEM);
	}
	addr = finish_alloc(percpu, chunk, bit, nr);
	if (percpu->nr_empty_pop < PCPU_EMPTY_POP_PAGES_LOW)
		km_percpu_balance(percpu, cpu);
	return addr;
}

int km_percpu_last_error(const struct km_percpu *percpu)
{
	return percpu->last_error;
}

/* mm/percpu-vm.c pcpu_should_reclaim_chunk() */
static bool should_reclaim(const struct km_percpu *percpu, const struct km_chunk *chunk)
{
	if (chunk->immutable)
		return false;
	return (chunk->isolated && chunk->nr_empty_pop) ||
	       (percpu->nr_empty_pop > PCPU_EMPTY_POP_PAGES_HIGH + chunk->nr_empty_pop &&
		chunk->nr_empty_pop >= chunk->nr_pages / 4);
}

int km_percpu_free(struct km_percpu *percpu, uint64_t addr, unsigned int cpu)
{
	struct km_chunk *chunk = km_percpu_find_chunk(percpu, addr);
	uint64_t off;
	uint32_t bit, nr;

	if (!chunk)
		return -EINVAL;
	off = addr - chunk->base;
	bit = off / KM_PERCPU_MIN_ALLOC;
	if (off % KM_PERCPU_MIN_ALLOC || !km_bit_test(chunk->alloc_map, bit) ||
	    !km_bit_test(chunk->bound_map, bit))
		return -EINVAL;
	nr = km_bits_next_one(chunk->bound_map, bit + 1, chunk->nr_bits + 1) - bit;
	if (chunk->seeded && km_bit_test(chunk->seed_map, bit)) {
		km_bit_clear(chunk->seed_map, bit);
		percpu->nr_preexisting--;
	}
	percpu->nr_allocs--;
	percpu->bits_inuse -= nr;
	km_percpu_give_bits(percpu, chunk, bit, nr);

	if (!chunk->isolated && chunk->free_bits == percpu->unit_bits) {
		if (percpu->lists[percpu->free_slot].head->next)
			km_percpu_balance(percpu, cpu);
	} else if (should_reclaim(percpu, chunk)) {
		km_percpu_isolate(percpu, chunk);
		km_percpu_balance(percpu, cpu);
	}
	return 0;
}

void km_percpu_get_info(const struct km_percpu *percpu, struct km_percpu_info *info)
{
	/* meminfo's Percpu multiplies by the units, pcpu_nr_pages(). */
	*info = (struct km_percpu_info){
		.unit_bytes = percpu->layout.unit_bytes,
		.nr_chunks = percpu->nr_chunks,
		.nr_allocs = percpu->nr_allocs,
		.bytes_inuse = percpu->bits_inuse * KM_PERCPU_MIN_ALLOC,
		.populated_pages = percpu->nr_populated * percpu->layout.nr_units,
		.peak_populated_pages = percpu->peak_populated * percpu->layout.nr_units,
		.free_populated_bytes =
			percpu->free_populated_bits * KM_PERCPU_MIN_ALLOC * percpu->nr_cpus,
		.nr_failures = percpu->nr_failures,
		.nr_preexisting = percpu->nr_preexisting,
		.empty_pop_pages = percpu->nr_empty_pop,
	};
}
