/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables as vmap_pages_range() builds them on x86 (mm/vmalloc.c, mm/memory.c
 * __pte_alloc_kernel() 6.12): one order-0 page each, GFP_KERNEL.
 *
 * Not modelled: mappings by huge pages, which need no PTE tables; the PUD tables that
 * x86-64 makes for the whole range at boot (here one is made when first needed); the
 * third level of PAE.
 */
#include "core/vm/pgtable.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 64

void km_pgtable_init(struct km_pgtable *pgtable, struct km_pages *pages)
{
	const struct km_profile *profile = &pages->machine->profile;
	unsigned int entry_shift = profile->address_bits == 32 ? 2 : 3;
	unsigned int bits = profile->page_shift - entry_shift;

	memset(pgtable, 0, sizeof(*pgtable));
	pgtable->pages = pages;
	pgtable->nr_levels = profile->address_bits == 32 ? 1 : 3;
	for (unsigned int level = 0; level < pgtable->nr_levels; level++)
		pgtable->shift[level] = profile->page_shift + bits * (level + 1);
}

void km_pgtable_release(struct km_pgtable *pgtable)
{
	free(pgtable->tables);
	free(pgtable->index);
	memset(pgtable, 0, sizeof(*pgtable));
}

static uint64_t table_key(const struct km_pgtable *pgtable, uint64_t addr, unsigned int level)
{
	return addr >> pgtable->shift[level] << 2 | level;
}

static uint32_t first_probe(const struct km_pgtable *pgtable, uint64_t key)
{
	return (uint32_t)(key * 0x9e3779b97f4a7c15u >> 32) & (2 * pgtable->nr_slots - 1);
}

static int has_table(const struct km_pgtable *pgtable, uint64_t key)
{
	uint32_t mask = 2 * pgtable->nr_slots - 1;

	if (!pgtable->nr_slots)
		return 0;
	for (uint32_t i = first_probe(pgtable, key); pgtable->index[i]; i = (i + 1) & mask) {
		if (pgtable->tables[pgtable->index[i] - 1].key == key)
			return 1;
	}
	return 0;
}

static void enter(struct km_pgtable *pgtable, uint32_t table)
{
	uint32_t mask = 2 * pgtable->nr_slots - 1;
	uint32_t i = first_probe(pgtable, pgtable->tables[table].key);

	while (pgtable->index[i])
		i = (i + 1) & mask;
	pgtable->index[i] = table + 1;
}

static int grow(struct km_pgtable *pgtable)
{
	uint32_t slots = pgtable->nr_slots ? 2 * pgtable->nr_slots : FIRST_SLOTS;
	struct km_table *tables;
	uint32_t *index;

	if (pgtable->nr_slots > UINT32_MAX / 8)
		return -ENOMEM;
	index = calloc((size_t)slots * 2, sizeof(*index));
	if (!index)
		return -ENOMEM;
	tables = realloc(pgtable->tables, (size_t)slots * sizeof(*tables));
	if (!tables) {
		free(index);
		return -ENOMEM;
	}
	free(pgtable->index);
	pgtable->tables = tables;
	pgtable->index = index;
	pgtable->nr_slots = slots;
	for (uint32_t table = 0; table < pgtable->nr_tables; table++)
		enter(pgtable, table);
	return 0;
}

static int make_table(struct km_pgtable *pgtable, uint64_t key, enum km_vm_map_from from,
		      unsigned int cpu)
{
	uint64_t pfn;

	if (pgtable->nr_tables == pgtable->nr_slots && grow(pgtable))
		return -ENOMEM;
	if (from == KM_MAP_HELD)
		pfn = km_pages_claim(pgtable->pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_PAGE_TABLE);
	else
		pfn = km_alloc_pages(pgtable->pages, KM_GFP_KERNEL | KM_GFP_ZERO, 0, cpu, -1,
				     KM_OWNER_PAGE_TABLE);
	if (pfn == KM_NO_PFN)
		return -ENOMEM;
	pgtable->tables[pgtable->nr_tables] = (struct km_table){ .key = key, .pfn = pfn };
	enter(pgtable, pgtable->nr_tables++);
	return 0;
}

/*
 * Unmake the newest.  The index needs no repair: entries go in the reverse order in
 * which they (or the last grow()) came, so none of the others was placed past them.
 */
static void unmake_table(struct km_pgtable *pgtable, unsigned int cpu)
{
	uint32_t mask = 2 * pgtable->nr_slots - 1;
	uint32_t table = --pgtable->nr_tables;
	uint32_t i = first_probe(pgtable, pgtable->tables[table].key);

	while (pgtable->index[i] != table + 1)
		i = (i + 1) & mask;
	pgtable->index[i] = 0;
	km_free_pages(pgtable->pages, pgtable->tables[table].pfn, 0, cpu);
}

uint64_t km_pgtable_missing(const struct km_pgtable *pgtable, uint64_t addr, uint64_t bytes)
{
	uint64_t nr = 0;

	for (unsigned int level = 0; bytes && level < pgtable->nr_levels; level++) {
		uint64_t first = table_key(pgtable, addr, level);
		uint64_t last = table_key(pgtable, addr + bytes - 1, level);

		for (uint64_t key = first; key <= last; key += 4)
			nr += !has_table(pgtable, key);
	}
	return nr;
}

int km_pgtable_map(struct km_pgtable *pgtable, uint64_t addr, uint64_t bytes,
		   enum km_vm_map_from from, unsigned int cpu)
{
	uint64_t region = UINT64_C(1) << pgtable->shift[0];
	uint32_t had = pgtable->nr_tables;
	uint64_t last;

	if (!bytes)
		return 0;
	last = (addr + bytes - 1) & ~(region - 1);
	for (uint64_t at = addr & ~(region - 1);; at += region) {
		/* A region with its PTE table has all the tables above it. */
		unsigned int level =
			has_table(pgtable, table_key(pgtable, at, 0)) ? 0 : pgtable->nr_levels;

		while (level--) {
			uint64_t key = table_key(pgtable, at, level);

			if (!has_table(pgtable, key) && make_table(pgtable, key, from, cpu))
				goto undo;
		}
		if (at == last)
			return 0;
	}
undo:
	while (pgtable->nr_tables > had)
		unmake_table(pgtable, cpu);
	return -ENOMEM;
}

const char *km_pgtable_is_valid(const struct km_pgtable *pgtable, char *buf, size_t len)
{
	const struct km_machine *machine = pgtable->pages->machine;

	for (uint32_t i = 0; i < pgtable->nr_tables; i++) {
		const struct km_table *table = &pgtable->tables[i];
		const struct page *page;
		const char *broken = NULL;

		if (table->pfn >= machine->nr_pfns) {
			broken = "is outside memory";
		} else {
			page = km_page(machine, table->pfn);
			if (page->state != KM_PAGE_USED || page->owner != KM_OWNER_PAGE_TABLE)
				broken = "is not a used page-table page";
			else if (!has_table(pgtable, table->key))
				broken = "is not in the index";
		}
		if (broken) {
			snprintf(buf, len, "vm: page table %u: pfn %llu %s", i,
				 (unsigned long long)table->pfn, broken);
			return buf;
		}
	}
	return NULL;
}
