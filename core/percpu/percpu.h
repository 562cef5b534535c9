/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-cpu memory of one machine: chunks of nr_possible_cpus units; an allocation
 * takes the same bytes in every unit of one chunk.
 *
 *   chunk   unit of CPU 0          unit of CPU 1
 *         ┌────────────────────┬────────────────────┐   one bit of the map per 4 bytes
 *         │##..####....        │##..####....        │   of a unit; pages populated on
 *         └────────────────────┴────────────────────┘   demand, in all units at once
 *
 * The first chunk holds the static area, the reserved area and the first dynamic one; it is
 * populated for ever.
 *
 * Source: mm/percpu.c, mm/percpu-vm.c 6.12.
 */
#ifndef CORE_PERCPU_PERCPU_H
#define CORE_PERCPU_PERCPU_H

#include <stddef.h>
#include <stdint.h>

#include "core/page/page_alloc.h"
#include "core/vm/vmalloc.h"

#define KM_PERCPU_MIN_ALLOC 4
#define KM_PERCPU_MAX_ALLOC (32 << 10)

struct km_percpu;

struct km_percpu_info {
	uint64_t unit_bytes;
	uint64_t nr_chunks;	  /* the first, static one included */
	uint64_t nr_allocs;	  /* live, pre-existing ones included */
	uint64_t bytes_inuse;	  /* of one unit, live dynamic allocations */
	uint64_t populated_pages; /* all units of all chunks: meminfo's Percpu in pages */
	uint64_t peak_populated_pages;
	uint64_t free_populated_bytes; /* populated and free, all units: waste */
	uint64_t nr_failures;
	uint64_t nr_preexisting;  /* laid by km_percpu_populate(), neither taken nor freed */
	uint64_t empty_pop_pages; /* of one unit: populated and wholly free */
};

/* Where units come from: pcpu_build_alloc_info(). */
struct km_percpu_layout {
	uint64_t static_bytes, reserved_bytes, dynamic_bytes; /* of a unit of the first chunk */
	uint64_t unit_bytes;
	uint64_t atom_bytes;   /* alignment of a chunk */
	unsigned int nr_units; /* possible CPUs, rounded up so that a node's units fill atoms */
};

/*
 * The layout of a machine.  With percpu_static 0 a static area of 192 KiB is assumed (a
 * distribution's x86-64 kernel has 150 to 230 KiB); with percpu_unit 0 the unit is computed.
 * 0, or -EINVAL: the areas do not fit the unit, or the unit is not whole pages up to 64 MiB.
 */
int km_percpu_layout(const struct km_machine *machine, struct km_percpu_layout *layout);

/*
 * The first chunk is made at once, from held pages or, where none is held (a cold boot),
 * from free ones.  0, -ENOMEM, -EINVAL (km_percpu_layout()).
 */
int km_percpu_init(struct km_percpu **out, struct km_pages *pages, struct km_vm *vm);
void km_percpu_release(struct km_percpu *percpu);

/*
 * size bytes in every unit, align a power of two up to the page.  An atomic request
 * (no __GFP_DIRECT_RECLAIM) takes only populated pages.  Returns the address of the first
 * unit's copy, or 0.
 */
uint64_t km_percpu_alloc(struct km_percpu *percpu, uint64_t size, uint64_t align, km_gfp gfp,
			 unsigned int cpu);
/*
 * Why the last allocation that failed did: -EINVAL bad size or align, -ENOSPC nothing populated
 * (atomic) or no address space, -ENOMEM pages (pages->last_failure); 0: none.
 */
int km_percpu_last_error(const struct km_percpu *percpu);
/* 0 or -EINVAL: nothing starts there. */
int km_percpu_free(struct km_percpu *percpu, uint64_t addr, unsigned int cpu);

/*
 * Populate the chunks, new ones as needed, until populated_pages reaches the host's (meminfo's
 * Percpu in pages), from held pages.  What the host had in them is not known: all of it is taken
 * to be in use, as allocations of KM_PERCPU_PREEXISTING_BYTES, but for the two
 * empty pages that the kernel always keeps for atomic requests.
 * 0, -ENOMEM too few held pages, -ENOSPC no address space: what was laid so far stays.
 */
#define KM_PERCPU_PREEXISTING_BYTES 64
int km_percpu_populate(struct km_percpu *percpu, uint64_t populated_pages);
/*
 * A pre-existing allocation to be freed in place of an unknown one: the highest of the newest
 * chunk, so that chunks empty one by one from the top.  It stays allocated until
 * km_percpu_free(), but is not handed out twice.  0 if none.
 */
uint64_t km_percpu_take_preexisting(struct km_percpu *percpu);

void km_percpu_get_info(const struct km_percpu *percpu, struct km_percpu_info *info);
const char *km_percpu_is_valid(const struct km_percpu *percpu, char *buf, size_t len);

#endif
