/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page-table pages of the vmalloc range: which exist, and the page of each.
 *
 *   64 bit   PUD table per 512 GiB ── PMD table per 1 GiB ── PTE table per 2 MiB
 *   32 bit                                                   PTE table per 4 MiB
 *
 * A table is made when the first page of its region is mapped, and stays.
 */
#ifndef CORE_VM_PGTABLE_H
#define CORE_VM_PGTABLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/page/page_alloc.h"
#include "core/vm/vmalloc.h"

struct km_table {
	uint64_t key; /* region number * 4 + level */
	uint64_t pfn;
};

struct km_pgtable {
	struct km_pages *pages; /* not owned */
	unsigned int nr_levels;
	unsigned int shift[3];	 /* of a table's region, PTE level first */
	struct km_table *tables; /* in the order made */
	uint32_t nr_tables, nr_slots;
	uint32_t *index; /* open addressing: table number + 1, 0 empty; 2 * nr_slots long */
};

void km_pgtable_init(struct km_pgtable *pgtable, struct km_pages *pages);
void km_pgtable_release(struct km_pgtable *pgtable);

/* How many tables are missing to map [addr, addr + bytes). */
uint64_t km_pgtable_missing(const struct km_pgtable *pgtable, uint64_t addr, uint64_t bytes);
/* Make them.  0, or without any change -ENOMEM. */
int km_pgtable_map(struct km_pgtable *pgtable, uint64_t addr, uint64_t bytes,
		   enum km_vm_map_from from, unsigned int cpu);

const char *km_pgtable_is_valid(const struct km_pgtable *pgtable, char *buf, size_t len);

#endif
