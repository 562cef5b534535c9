/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtually contiguous memory of one machine: areas of kernel address space, the
 * pages behind them, and the page tables that map them.
 *
 *      VMALLOC_START                                             VMALLOC_END
 *        ├─ area ─┬guard┼─ area ──┬guard┤      free      ├─ area ─┬guard┤
 *        └ mapped by page-table pages, which stay once built
 *
 * Area bytes include the guard page.  A freed area gives its pages back at once; its
 * addresses can be used again only after the lazy purge, when the pages of freed areas
 * (guards included) exceed lazy_max_pages, or when the range is exhausted.
 *
 * Every address of the range is in exactly one of: a hole, a live area, a lazy area.
 * Percpu chunks are areas too, taken from the top; they are in none of the figures
 * about areas (vmallocinfo lists them: its total is bytes + top_bytes).
 *
 * Source: mm/vmalloc.c 6.12.
 */
#ifndef CORE_VM_VMALLOC_H
#define CORE_VM_VMALLOC_H

#include <stddef.h>
#include <stdint.h>

#include "core/page/page_alloc.h"

struct km_vm;

enum km_area_flags {
	KM_AREA_PAGES = 1 << 0,	   /* vmalloc: takes order-0 pages of its own */
	KM_AREA_MAP = 1 << 1,	   /* vmap, ioremap: maps what others own */
	KM_AREA_NO_GUARD = 1 << 2, /* bytes has no guard page */
	KM_AREA_TOP = 1 << 3,	   /* a percpu chunk: km_vm_alloc_top() */
};

struct km_vm_info {
	uint64_t nr_areas; /* live */
	uint64_t bytes;	   /* of live areas, guards included */
	uint64_t bytes_peak;
	uint64_t guard_bytes;	 /* of live areas */
	uint64_t nr_pages;	 /* taken by live KM_AREA_PAGES areas */
	uint64_t nr_page_tables; /* page-table pages taken for the range */
	uint64_t lazy_bytes;	 /* freed, not yet purged */
	uint64_t nr_purges;
	uint64_t nr_failures;
	uint64_t nr_preexisting; /* km_vm_populate()d, neither taken nor freed */
	uint64_t top_bytes;	 /* of live percpu chunks: not in bytes, not in nr_areas */
};

/* pages must outlive the vm.  0 or -ENOMEM. */
int km_vm_init(struct km_vm **out, struct km_pages *pages);
void km_vm_release(struct km_vm *vm);

/*
 * An area of bytes (page multiple, guard included unless KM_AREA_NO_GUARD), aligned
 * to align (power of two, 0 or 1: page).  Returns its address, or 0: no address space,
 * or no page (pages->last_failure); km_vm_last_error() tells them apart.  A failure gives
 * back whatever it took, page tables included (the kernel would keep those).
 */
uint64_t km_vm_alloc(struct km_vm *vm, uint64_t bytes, uint64_t align, unsigned int flags,
		     km_gfp gfp, unsigned int cpu, int node);
/* Why the last allocation that failed did: -EINVAL, -ENOSPC addresses, -ENOMEM pages; 0: none. */
int km_vm_last_error(const struct km_vm *vm);
/* 0 or -EINVAL: no live area starts there. */
int km_vm_free(struct km_vm *vm, uint64_t addr, unsigned int cpu);
/*
 * Addresses for a percpu chunk: the highest hole, no guard, no pages, nothing mapped.
 * Freed with km_vm_free().  Source: pcpu_get_vm_areas().
 */
uint64_t km_vm_alloc_top(struct km_vm *vm, uint64_t bytes, uint64_t align);
/* Where page tables come from. */
enum km_vm_map_from {
	KM_MAP_ALLOC, /* the page allocator, GFP_KERNEL */
	KM_MAP_HELD,  /* km_pages_claim() */
};
/*
 * Build the page tables of [addr, addr + bytes) of the range, those that are missing.
 * 0, or without any change -ENOMEM.
 */
int km_vm_map(struct km_vm *vm, uint64_t addr, uint64_t bytes, enum km_vm_map_from from,
	      unsigned int cpu);
/* Bytes of the live area that starts at addr, guard included; 0 if none. */
uint64_t km_vm_area_bytes(const struct km_vm *vm, uint64_t addr);

/*
 * A pre-existing area for a warm start, its pages and page tables from held ones: laid into
 * the lowest hole, since nobody knows where it was.  0, or without any change -EINVAL bad
 * bytes, -ENOMEM too few held pages, -ENOSPC no address space.
 */
int km_vm_populate(struct km_vm *vm, uint64_t bytes, unsigned int flags);
/*
 * A pre-existing area to be freed in place of one whose size nobody knows: the newest of
 * exactly bytes, or with bytes 0 the newest of the size of which most are left (of equals,
 * the smaller size).  It stays allocated until km_vm_free(), but is not handed out twice.
 * 0 if none.
 */
uint64_t km_vm_take_preexisting(struct km_vm *vm, uint64_t bytes);

void km_vm_get_info(const struct km_vm *vm, struct km_vm_info *info);
const char *km_vm_is_valid(const struct km_vm *vm, char *buf, size_t len);

#endif
