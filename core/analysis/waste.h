/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much memory is in use, and how much of it nobody asked for.
 *
 *   live bytes      = sum over live allocations of bytes_alloc
 *   internal waste  = sum over live allocations of bytes_alloc - bytes_req
 *   slab partial    = free objects of all slabs, in bytes
 *   vmalloc waste   = guard pages, areas freed but not yet purged, page tables
 *   percpu waste    = populated and free, in all units
 *
 * Live and internal are about allocations made in the trace; the others are about
 * the whole machine, with what the warm start put there.
 */
#ifndef CORE_ANALYSIS_WASTE_H
#define CORE_ANALYSIS_WASTE_H

#include "core/analysis/sites.h"

struct km_waste {
	const struct km_replay *replay;
	uint64_t live_bytes, live_bytes_peak;
	uint64_t live_objects, live_objects_peak;
	uint64_t internal_bytes, internal_bytes_peak;
	km_byte_ns internal_byte_ns;
	uint64_t last_ns; /* internal_byte_ns reaches to here */
	uint64_t slab_pages_peak;
	uint64_t vmalloc_waste_bytes_peak;
	uint64_t percpu_waste_bytes_peak;
	/* Set by km_waste_finish(), from the model. */
	uint64_t slab_pages_end, slab_partial_bytes_end;
	uint64_t vmalloc_bytes_peak; /* of live areas, guards included */
	uint64_t percpu_bytes_peak;  /* populated pages of all units */
};

/* 0 or -ENOSPC (no place for an observer). */
int km_waste_init(struct km_waste *waste, struct km_replay *replay);
void km_waste_finish(struct km_waste *waste);
void km_waste_release(struct km_waste *waste);

/* As of now, in bytes: guards, lazy areas, page tables. */
uint64_t km_vmalloc_waste_bytes(const struct km_vm_info *info, uint64_t page_bytes);

#endif
