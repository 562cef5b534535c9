/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of core/vm, for its own files and its tests.
 */
#ifndef CORE_VM_VMALLOC_INTERNAL_H
#define CORE_VM_VMALLOC_INTERNAL_H

#include "core/vm/area_map.h"
#include "core/vm/area_tree.h"
#include "core/vm/pgtable.h"
#include "core/vm/preexisting.h"
#include "core/vm/vmalloc.h"

/* An area that is live, or lazy: freed and waiting for the purge. */
struct km_area {
	uint64_t addr, bytes;
	unsigned int flags;	   /* enum km_area_flags */
	uint32_t nr_pages;	   /* length of pfns */
	struct km_area *next;	   /* lazy list, or older pre-existing of the same size */
	struct km_area *prev;	   /* newer pre-existing of the same size */
	struct km_area_size *size; /* set while pre-existing */
	uint32_t pfns[];	   /* owned order-0 pages */
};

/*
 * bytes of holes + live areas (top ones too) + lazy areas = vmalloc_end - vmalloc_start.
 */
struct km_vm {
	struct km_pages *pages; /* not owned */
	unsigned int page_shift;
	uint64_t start, end;
	uint64_t lazy_max_pages;
	uint64_t total_pages; /* managed, of all zones */
	struct km_area_tree holes;
	struct km_area_map live; /* owns its areas */
	struct km_pgtable pgtable;
	struct km_preexisting preexisting;
	struct km_area *lazy; /* owned */
	uint32_t nr_lazy;
	int last_error;
	struct km_vm_info info; /* nr_page_tables and nr_preexisting are filled when asked for */
};

#endif
