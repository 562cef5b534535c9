/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pages behind chunks, and the chunks themselves: mm/percpu-vm.c 6.12
 * pcpu_populate_chunk(), pcpu_depopulate_chunk(), pcpu_create_chunk().
 *
 * Simpler than the kernel: the units of a chunk are one area even where CPUs are on several nodes
 * (there: one area per node, far apart but at the same distance in each chunk); a chunk's own
 * maps, which come from slab and vmalloc, are not charged.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/percpu/percpu_internal.h"

static unsigned int cpu_node(const struct km_percpu *percpu, unsigned int cpu)
{
	const struct km_machine *machine = percpu->pages->machine;

	return cpu < machine->nr_cpus ? machine->cpus[cpu].node : 0;
}

static uint64_t one_page(struct km_percpu *percpu, unsigned int unit_cpu,
			 const struct km_fill_from *from)
{
	enum km_zone_type zone =
		percpu->pages->machine->profile.address_bits == 32 && from->kind == KM_FILL_HELD
			? KM_ZONE_HIGHMEM
			: KM_ZONE_NORMAL;
	unsigned int node = cpu_node(percpu, unit_cpu);
	km_gfp gfp = from->gfp;
	uint64_t pfn;

	if (from->kind != KM_FILL_ALLOC) {
		pfn = km_pages_claim(percpu->pages, zone, node, 0, KM_OWNER_PERCPU);
		if (pfn != KM_NO_PFN || from->kind == KM_FILL_HELD)
			return pfn;
	} else {
		gfp |= KM_GFP_HIGHMEM;
	}
	return km_alloc_pages(percpu->pages, gfp, 0, from->cpu, node, KM_OWNER_PERCPU);
}

/* CPU by CPU, as the kernel; nr of them in that order. */
static void free_pages(struct km_percpu *percpu, struct km_chunk *chunk, uint32_t page,
		       uint32_t end, uint64_t nr, unsigned int cpu)
{
	for (uint64_t i = 0; i < nr; i++) {
		uint32_t *pfn = &chunk->pfns[(page + i % (end - page)) * (uint64_t)percpu->nr_cpus +
					     i / (end - page)];

		km_free_pages(percpu->pages, *pfn, 0, cpu);
		*pfn = 0;
	}
}

static int map_units(struct km_percpu *percpu, const struct km_chunk *chunk, uint32_t page,
		     uint32_t end, const struct km_fill_from *from)
{
	enum km_vm_map_from tables = from->kind == KM_FILL_HELD ? KM_MAP_HELD : KM_MAP_ALLOC;

	if (from->kind == KM_FILL_BOOT)
		return 0;
	for (unsigned int unit = 0; unit < percpu->nr_cpus; unit++) {
		uint64_t addr = chunk->base + unit * percpu->layout.unit_bytes +
				((uint64_t)page << percpu->page_shift);

		if (km_vm_map(percpu->vm, addr, (uint64_t)(end - page) << percpu->page_shift,
			      tables, from->cpu))
			return -ENOMEM;
	}
	return 0;
}

/* mm/percpu.c pcpu_chunk_populated() */
static void account_populated(struct km_percpu *percpu, struct km_chunk *chunk, uint32_t page)
{
	uint32_t bit = page * chunk->page_bits;

	km_bit_set(chunk->populated, page);
	chunk->nr_populated++;
	percpu->nr_populated++;
	percpu->free_populated_bits +=
		chunk->page_bits - km_bits_weight(chunk->alloc_map, bit, bit + chunk->page_bits);
	if (km_chunk_page_is_free(chunk, page)) {
		chunk->nr_empty_pop++;
		percpu->nr_empty_pop += !chunk->isolated;
	}
}

int km_percpu_fill(struct km_percpu *percpu, struct km_chunk *chunk, uint32_t page, uint32_t end,
		   const struct km_fill_from *from)
{
	uint64_t nr = 0;

	for (unsigned int unit = 0; unit < percpu->nr_cpus; unit++) {
		for (uint32_t i = page; i < end; i++, nr++) {
			uint64_t pfn = one_page(percpu, unit, from);

			if (pfn == KM_NO_PFN)
				goto undo;
			chunk->pfns[i * (uint64_t)percpu->nr_cpus + unit] = (uint32_t)pfn;
		}
	}
	if (map_units(percpu, chunk, page, end, from))
		goto undo;
	for (uint32_t i = page; i < end; i++)
		account_populated(percpu, chunk, i);
	if (percpu->nr_populated > percpu->peak_populated)
		percpu->peak_populated = percpu->nr_populated;
	return 0;
undo:
	free_pages(percpu, chunk, page, end, nr, from->cpu);
	return -ENOMEM;
}

void km_percpu_drain(struct km_percpu *percpu, struct km_chunk *chunk, uint32_t page, uint32_t end,
		     unsigned int cpu)
{
	uint32_t nr = end - page;

	free_pages(percpu, chunk, page, end, (uint64_t)nr * percpu->nr_cpus, cpu);
	km_bits_clear(chunk->populated, page, end);
	chunk->nr_populated -= nr;
	chunk->nr_empty_pop -= nr;
	percpu->nr_populated -= nr;
	percpu->nr_empty_pop -= chunk->isolated ? 0 : nr;
	percpu->free_populated_bits -= (uint64_t)nr * chunk->page_bits;
}

/* Place of the first chunk whose base is above addr. */
static uint32_t upper_bound(const struct km_percpu *percpu, uint64_t addr)
{
	uint32_t low = 0, high = percpu->nr_chunks;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (percpu->chunks[mid]->base <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct km_chunk *km_percpu_find_chunk(const struct km_percpu *percpu, uint64_t addr)
{
	uint32_t at = upper_bound(percpu, addr);
	struct km_chunk *chunk = at ? percpu->chunks[at - 1] : NULL;

	return chunk && addr - chunk->base < (uint64_t)chunk->nr_pages << percpu->page_shift ? chunk
											     : NULL;
}

static int reserve_chunk_slot(struct km_percpu *percpu)
{
	uint32_t slots = percpu->nr_chunk_slots ? 2 * percpu->nr_chunk_slots : 16;
	struct km_chunk **array;

	if (percpu->nr_chunks < percpu->nr_chunk_slots)
		return 0;
	array = realloc(percpu->chunks, slots * sizeof(struct km_chunk *));
	if (!array)
		return -ENOMEM;
	percpu->chunks = array;
	array = realloc(percpu->seeded, slots * sizeof(struct km_chunk *));
	if (!array)
		return -ENOMEM;
	percpu->seeded = array;
	percpu->nr_chunk_slots = slots;
	return 0;
}

static int enter_chunk(struct km_percpu *percpu, struct km_chunk *chunk)
{
	uint32_t at;

	if (reserve_chunk_slot(percpu))
		return -ENOMEM;
	at = upper_bound(percpu, chunk->base);
	memmove(percpu->chunks + at + 1, percpu->chunks + at,
		(percpu->nr_chunks - at) * sizeof(struct km_chunk *));
	percpu->chunks[at] = chunk;
	percpu->nr_chunks++;
	return 0;
}

struct km_chunk *km_percpu_new_chunk(struct km_percpu *percpu)
{
	uint32_t nr_pages = percpu->layout.unit_bytes >> percpu->page_shift;
	struct km_chunk *chunk = km_chunk_new(nr_pages, percpu->page_bits, percpu->nr_cpus);

	if (!chunk) {
		percpu->last_error = -ENOMEM;
		return NULL;
	}
	chunk->base =
		km_vm_alloc_top(percpu->vm, percpu->layout.nr_units * percpu->layout.unit_bytes,
				percpu->layout.atom_bytes);
	if (!chunk->base) {
		percpu->last_error = km_vm_last_error(percpu->vm);
		km_chunk_free(chunk);
		return NULL;
	}
	if (enter_chunk(percpu, chunk)) {
		percpu->last_error = -ENOMEM;
		km_vm_free(percpu->vm, chunk->base, 0);
		km_chunk_free(chunk);
		return NULL;
	}
	return chunk;
}

/* Behind the direct map, or behind the vmalloc range if that is there; never 0. */
static uint64_t first_base(const struct km_percpu *percpu)
{
	const struct km_machine *machine = percpu->pages->machine;
	const struct km_profile *profile = &machine->profile;
	uint64_t bytes = percpu->layout.nr_units * percpu->layout.unit_bytes;
	uint64_t mask = percpu->layout.atom_bytes - 1;
	uint64_t base = (km_pfn_to_addr(machine, machine->nr_pfns) + mask) & ~mask;

	if (!base || (base < profile->vmalloc_end && base + bytes > profile->vmalloc_start))
		base = (profile->vmalloc_end + mask) & ~mask;
	return base ? base : percpu->layout.atom_bytes;
}

struct km_chunk *km_percpu_new_first_chunk(struct km_percpu *percpu, uint32_t nr_pages)
{
	struct km_chunk *chunk = km_chunk_new(nr_pages, percpu->page_bits, percpu->nr_cpus);

	if (!chunk)
		return NULL;
	chunk->base = first_base(percpu);
	chunk->immutable = true;
	if (enter_chunk(percpu, chunk)) {
		km_chunk_free(chunk);
		return NULL;
	}
	return chunk;
}

static void forget_seeded(struct km_percpu *percpu, const struct km_chunk *chunk)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < percpu->nr_seeded; i++) {
		if (percpu->seeded[i] != chunk)
			percpu->seeded[kept++] = percpu->seeded[i];
	}
	percpu->nr_seeded = kept;
}

void km_percpu_destroy_chunk(struct km_percpu *percpu, struct km_chunk *chunk, unsigned int cpu)
{
	uint32_t at = upper_bound(percpu, chunk->base) - 1;
	uint32_t page, end;

	for (page = km_bits_next_one(chunk->populated, 0, chunk->nr_pages); page < chunk->nr_pages;
	     page = km_bits_next_one(chunk->populated, end, chunk->nr_pages)) {
		end = km_bits_next_zero(chunk->populated, page, chunk->nr_pages);
		km_percpu_drain(percpu, chunk, page, end, cpu);
	}
	km_vm_free(percpu->vm, chunk->base, cpu);
	if (chunk->seeded)
		forget_seeded(percpu, chunk);
	percpu->nr_chunks--;
	memmove(percpu->chunks + at, percpu->chunks + at + 1,
		(percpu->nr_chunks - at) * sizeof(struct km_chunk *));
	km_chunk_free(chunk);
}
