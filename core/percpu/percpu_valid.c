/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The invariants of struct km_percpu and its chunks, checked from scratch.
 */
#include <stdio.h>
#include <string.h>

#include "core/percpu/percpu_internal.h"

struct recount {
	uint64_t nr_populated, nr_empty_pop, free_populated_bits;
	uint64_t nr_allocs, bits_inuse, nr_preexisting;
};

static const char *complain(char *buf, size_t len, const struct km_chunk *chunk, const char *what)
{
	snprintf(buf, len, "percpu: chunk %#llx: %s", (unsigned long long)chunk->base, what);
	return buf;
}

static const char *check_page(const struct km_percpu *percpu, const struct km_chunk *chunk,
			      uint32_t page, char *buf, size_t len)
{
	const struct km_machine *machine = percpu->pages->machine;

	for (unsigned int cpu = 0; cpu < percpu->nr_cpus; cpu++) {
		uint32_t pfn = chunk->pfns[(uint64_t)page * percpu->nr_cpus + cpu];
		const struct page *desc;

		if (pfn >= machine->nr_pfns)
			return complain(buf, len, chunk, "has a page outside memory");
		desc = km_page(machine, pfn);
		if (desc->state != KM_PAGE_USED || desc->owner != KM_OWNER_PERCPU || desc->order)
			return complain(buf, len, chunk,
					"has a page that is not a used one of its own");
	}
	return NULL;
}

static const char *check_pages(const struct km_percpu *percpu, const struct km_chunk *chunk,
			       struct recount *count, char *buf, size_t len)
{
	uint32_t nr_populated = 0, nr_empty = 0;
	const char *broken;

	for (uint32_t page = 0; page < chunk->nr_pages; page++) {
		uint32_t bit = page * chunk->page_bits;
		uint32_t used = km_bits_weight(chunk->alloc_map, bit, bit + chunk->page_bits);

		if (!km_bit_test(chunk->populated, page)) {
			if (used)
				return complain(buf, len, chunk,
						"allocates from a page that is not populated");
			continue;
		}
		nr_populated++;
		nr_empty += !used;
		count->free_populated_bits += chunk->page_bits - used;
		broken = check_page(percpu, chunk, page, buf, len);
		if (broken)
			return broken;
	}
	if (nr_populated != chunk->nr_populated || nr_empty != chunk->nr_empty_pop)
		return complain(buf, len, chunk, "miscounts its populated or empty pages");
	count->nr_populated += nr_populated;
	count->nr_empty_pop += chunk->isolated ? 0 : nr_empty;
	return NULL;
}

static const char *check_map(const struct km_percpu *percpu, const struct km_chunk *chunk,
			     struct recount *count, char *buf, size_t len)
{
	uint32_t hidden = chunk == percpu->first ? percpu->hidden_bits : 0;
	uint32_t used = km_bits_weight(chunk->alloc_map, 0, chunk->nr_bits);
	uint32_t bit, end;

	if (chunk->free_bits != chunk->nr_bits - used)
		return complain(buf, len, chunk, "miscounts its free bits");
	count->bits_inuse += used - hidden;
	for (bit = km_bits_next_one(chunk->alloc_map, hidden, chunk->nr_bits); bit < chunk->nr_bits;
	     bit = km_bits_next_one(chunk->alloc_map, end, chunk->nr_bits)) {
		if (!km_bit_test(chunk->bound_map, bit))
			return complain(buf, len, chunk, "has an allocation without a start");
		end = km_bits_next_one(chunk->bound_map, bit + 1, chunk->nr_bits + 1);
		if (km_bits_next_zero(chunk->alloc_map, bit, end) < end)
			return complain(buf, len, chunk, "has an allocation without an end");
		count->nr_allocs++;
	}
	if (chunk->seeded)
		count->nr_preexisting += km_bits_weight(chunk->seed_map, 0, chunk->nr_bits);
	for (uint32_t node = 2 * chunk->nr_leaves - 1; node; node--) {
		struct km_span span = km_chunk_recount(chunk, node);

		if (memcmp(&span, &chunk->spans[node], sizeof(span)))
			return complain(buf, len, chunk, "has free runs that its map has not");
	}
	return NULL;
}

static const char *check_list(const struct km_percpu *percpu, const struct km_chunk *chunk,
			      char *buf, size_t len)
{
	unsigned int slot = km_percpu_slot(percpu, chunk);
	const struct km_chunk *at;

	for (at = percpu->lists[chunk->list].head; at && at != chunk; at = at->next) {
		if (at->list != chunk->list)
			return complain(buf, len, at, "is linked into another list than it says");
	}
	if (!at)
		return complain(buf, len, chunk, "is on no list");
	if (chunk->isolated) {
		if (chunk->list != percpu->sidelined_slot)
			return complain(buf, len, chunk, "is isolated but not sidelined");
	} else if (chunk->list != slot && !(chunk->list == 0 && slot < PCPU_SLOT_FAIL_THRESHOLD)) {
		return complain(buf, len, chunk, "is on the list of another slot");
	}
	return NULL;
}

static const char *check_counts(const struct km_percpu *percpu, const struct recount *count,
				char *buf, size_t len)
{
	const struct {
		const char *name;
		uint64_t counted, found;
	} rows[] = {
		{ "nr_populated", percpu->nr_populated, count->nr_populated },
		{ "nr_empty_pop", percpu->nr_empty_pop, count->nr_empty_pop },
		{ "free_populated_bits", percpu->free_populated_bits, count->free_populated_bits },
		{ "nr_allocs", percpu->nr_allocs, count->nr_allocs },
		{ "bits_inuse", percpu->bits_inuse, count->bits_inuse },
		{ "nr_preexisting", percpu->nr_preexisting, count->nr_preexisting },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].counted != rows[i].found) {
			snprintf(buf, len, "percpu: %s is %llu, found %llu", rows[i].name,
				 (unsigned long long)rows[i].counted,
				 (unsigned long long)rows[i].found);
			return buf;
		}
	}
	return NULL;
}

const char *km_percpu_is_valid(const struct km_percpu *percpu, char *buf, size_t len)
{
	struct recount count = { .nr_populated = 0 };
	const char *broken = NULL;

	for (uint32_t i = 0; !broken && i < percpu->nr_chunks; i++) {
		const struct km_chunk *chunk = percpu->chunks[i];

		if (i && chunk->base <= percpu->chunks[i - 1]->base)
			return complain(buf, len, chunk, "is not above the one before");
		broken = check_map(percpu, chunk, &count, buf, len);
		if (!broken)
			broken = check_pages(percpu, chunk, &count, buf, len);
		if (!broken)
			broken = check_list(percpu, chunk, buf, len);
	}
	return broken ? broken : check_counts(percpu, &count, buf, len);
}
