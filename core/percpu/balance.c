/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which list a chunk is on, and the work that keeps a few populated pages empty:
 * mm/percpu.c 6.12 pcpu_chunk_relocate(), pcpu_balance_free(), pcpu_reclaim_populated(),
 * pcpu_balance_populated().
 *
 *   empty populated pages   0    2         4
 *                           |LOW |   ok    | HIGH: chunks with a quarter of their pages
 *                     fill up to 4           empty are drained from their top
 *
 * Simpler than the kernel: the work runs at once, inside the call that asks for it.
 */
#include "core/percpu/percpu_internal.h"

static void unlink_chunk(struct km_percpu *percpu, struct km_chunk *chunk)
{
	struct km_chunk_list *list = &percpu->lists[chunk->list];

	*(chunk->prev ? &chunk->prev->next : &list->head) = chunk->next;
	*(chunk->next ? &chunk->next->prev : &list->tail) = chunk->prev;
	chunk->next = NULL;
	chunk->prev = NULL;
}

static void link_chunk(struct km_percpu *percpu, struct km_chunk *chunk, unsigned int slot,
		       enum km_list_end end)
{
	struct km_chunk_list *list = &percpu->lists[slot];

	chunk->list = slot;
	chunk->next = end == KM_LIST_FRONT ? list->head : NULL;
	chunk->prev = end == KM_LIST_FRONT ? NULL : list->tail;
	*(chunk->next ? &chunk->next->prev : &list->tail) = chunk;
	*(chunk->prev ? &chunk->prev->next : &list->head) = chunk;
}

static bool is_linked(const struct km_percpu *percpu, const struct km_chunk *chunk)
{
	return chunk->prev || percpu->lists[chunk->list].head == chunk;
}

void km_percpu_move(struct km_percpu *percpu, struct km_chunk *chunk, unsigned int slot,
		    enum km_list_end end)
{
	if (is_linked(percpu, chunk))
		unlink_chunk(percpu, chunk);
	link_chunk(percpu, chunk, slot, end);
}

unsigned int km_percpu_size_slot(const struct km_percpu *percpu, uint64_t bytes)
{
	int slot;

	if (bytes == percpu->layout.unit_bytes)
		return percpu->free_slot;
	slot = 32 - __builtin_clz((uint32_t)bytes) - 3;
	return slot > 1 ? slot : 1;
}

unsigned int km_percpu_slot(const struct km_percpu *percpu, const struct km_chunk *chunk)
{
	uint32_t best = km_chunk_root(chunk)->best;

	return best ? km_percpu_size_slot(percpu, (uint64_t)best * KM_PERCPU_MIN_ALLOC) : 0;
}

/* old_slot: where it belonged before its free space changed, -1: nowhere. */
void km_percpu_relocate(struct km_percpu *percpu, struct km_chunk *chunk, int old_slot)
{
	int slot = km_percpu_slot(percpu, chunk);

	if (!chunk->isolated && slot != old_slot)
		km_percpu_move(percpu, chunk, slot, old_slot < slot ? KM_LIST_FRONT : KM_LIST_BACK);
}

void km_percpu_isolate(struct km_percpu *percpu, struct km_chunk *chunk)
{
	if (!chunk->isolated) {
		chunk->isolated = true;
		percpu->nr_empty_pop -= chunk->nr_empty_pop;
	}
	km_percpu_move(percpu, chunk, percpu->depopulate_slot, KM_LIST_FRONT);
}

void km_percpu_reintegrate(struct km_percpu *percpu, struct km_chunk *chunk)
{
	if (!chunk->isolated)
		return;
	chunk->isolated = false;
	percpu->nr_empty_pop += chunk->nr_empty_pop;
	km_percpu_relocate(percpu, chunk, -1);
}

/* Of the wholly free chunks keep the first, and with empty_only those that have pages. */
static void free_chunks(struct km_percpu *percpu, bool empty_only, unsigned int cpu)
{
	struct km_chunk *head = percpu->lists[percpu->free_slot].head;
	struct km_chunk *chunk, *next;

	for (chunk = head ? head->next : NULL; chunk; chunk = next) {
		next = chunk->next;
		if (empty_only && chunk->nr_empty_pop)
			continue;
		unlink_chunk(percpu, chunk);
		km_percpu_destroy_chunk(percpu, chunk, cpu);
	}
}

/* Drain empty pages from the top; true if it stopped because atomic requests need the rest. */
static bool reclaim_chunk(struct km_percpu *percpu, struct km_chunk *chunk, unsigned int cpu)
{
	uint32_t page = chunk->nr_pages, end;

	while (chunk->nr_empty_pop) {
		if (percpu->nr_empty_pop < PCPU_EMPTY_POP_PAGES_HIGH)
			return true;
		while (page && !(km_bit_test(chunk->populated, page - 1) &&
				 km_chunk_page_is_free(chunk, page - 1)))
			page--;
		end = page;
		while (page && km_bit_test(chunk->populated, page - 1) &&
		       km_chunk_page_is_free(chunk, page - 1))
			page--;
		km_percpu_drain(percpu, chunk, page, end, cpu);
	}
	return false;
}

static void reclaim_populated(struct km_percpu *percpu, unsigned int cpu)
{
	struct km_chunk *chunk;

	while ((chunk = percpu->lists[percpu->depopulate_slot].head)) {
		bool needed = reclaim_chunk(percpu, chunk, cpu);

		if (needed || chunk->free_bits == chunk->nr_bits)
			km_percpu_reintegrate(percpu, chunk);
		else
			km_percpu_move(percpu, chunk, percpu->sidelined_slot, KM_LIST_BACK);
	}
}

/* Fill up to nr pages of the chunk from its bottom; returns how many are still wanted. */
static uint32_t fill_chunk(struct km_percpu *percpu, struct km_chunk *chunk, uint32_t nr,
			   const struct km_fill_from *from)
{
	uint32_t page = 0, end;

	while (nr) {
		page = km_bits_next_zero(chunk->populated, page, chunk->nr_pages);
		if (page == chunk->nr_pages)
			break;
		end = km_bits_next_one(chunk->populated, page, chunk->nr_pages);
		if (end - page > nr)
			end = page + nr;
		if (km_percpu_fill(percpu, chunk, page, end, from))
			return 0;
		nr -= end - page;
		page = end;
	}
	return nr;
}

static void balance_populated(struct km_percpu *percpu, unsigned int cpu)
{
	/* The work runs under memalloc_noio_save(). */
	const struct km_fill_from from = {
		.gfp = KM_GFP_NOIO | KM_GFP_NORETRY | KM_GFP_NOWARN,
		.cpu = cpu,
	};
	uint32_t nr = 0;
	unsigned int slot;

	if (percpu->atomic_failed)
		nr = PCPU_EMPTY_POP_PAGES_HIGH;
	else if (percpu->nr_empty_pop < PCPU_EMPTY_POP_PAGES_HIGH)
		nr = PCPU_EMPTY_POP_PAGES_HIGH - percpu->nr_empty_pop;
	percpu->atomic_failed = false;
	for (;;) {
		struct km_chunk *chunk;

		slot = km_percpu_size_slot(percpu, UINT64_C(1) << percpu->page_shift);
		for (; nr && slot <= percpu->free_slot; slot++) {
			chunk = percpu->lists[slot].head;
			while (chunk && chunk->nr_populated == chunk->nr_pages)
				chunk = chunk->next;
			if (chunk)
				nr = fill_chunk(percpu, chunk, nr, &from);
		}
		if (!nr)
			return;
		chunk = km_percpu_new_chunk(percpu);
		if (!chunk)
			return;
		link_chunk(percpu, chunk, percpu->free_slot, KM_LIST_FRONT);
	}
}

void km_percpu_balance(struct km_percpu *percpu, unsigned int cpu)
{
	/* Twice: the first may make the others fill chunks, the last sees chunks that they freed.
	 */
	free_chunks(percpu, false, cpu);
	reclaim_populated(percpu, cpu);
	balance_populated(percpu, cpu);
	free_chunks(percpu, true, cpu);
}
