/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of core/percpu, for its own files and its tests.
 */
#ifndef CORE_PERCPU_PERCPU_INTERNAL_H
#define CORE_PERCPU_PERCPU_INTERNAL_H

#include "core/percpu/bitmap.h"
#include "core/percpu/chunk.h"
#include "core/percpu/percpu.h"

/* mm/percpu.c 6.12 */
#define PCPU_EMPTY_POP_PAGES_LOW 2
#define PCPU_EMPTY_POP_PAGES_HIGH 4
#define PCPU_SLOT_FAIL_THRESHOLD 3

#define KM_PERCPU_MAX_UNIT (64u << 20)
#define KM_PERCPU_NR_LISTS 32

struct km_chunk_list {
	struct km_chunk *head, *tail;
};

/*
 * Lists: by contiguous free bytes (km_percpu_slot()), then the sidelined chunks, the wholly free
 * ones, those to be depopulated.
 *
 * nr_populated = sum of the chunks'; nr_empty_pop = sum over chunks that are not isolated;
 * an allocated bit lies in a populated page.
 */
struct km_percpu {
	struct km_pages *pages; /* not owned */
	struct km_vm *vm;	/* not owned */
	struct km_percpu_layout layout;
	unsigned int nr_cpus; /* possible */
	uint32_t page_bits;
	uint32_t unit_bits;
	unsigned int page_shift;
	unsigned int sidelined_slot, free_slot, depopulate_slot;
	struct km_chunk_list lists[KM_PERCPU_NR_LISTS];
	struct km_chunk **chunks; /* owned, ascending base */
	uint32_t nr_chunks, nr_chunk_slots;
	struct km_chunk *first;
	uint32_t hidden_bits;	  /* of first: static and reserved */
	struct km_chunk **seeded; /* with a seed_map, newest last; as long as chunks */
	uint32_t nr_seeded;
	uint64_t nr_populated, peak_populated, nr_empty_pop; /* pages of a unit */
	uint64_t free_populated_bits;
	uint64_t nr_allocs, bits_inuse, nr_failures, nr_preexisting;
	bool atomic_failed; /* since the last balance */
	int last_error;
};

/* Lists. */
unsigned int km_percpu_size_slot(const struct km_percpu *percpu, uint64_t bytes);
unsigned int km_percpu_slot(const struct km_percpu *percpu, const struct km_chunk *chunk);
enum km_list_end {
	KM_LIST_FRONT,
	KM_LIST_BACK
};
void km_percpu_move(struct km_percpu *percpu, struct km_chunk *chunk, unsigned int slot,
		    enum km_list_end end);
void km_percpu_relocate(struct km_percpu *percpu, struct km_chunk *chunk, int old_slot);
void km_percpu_isolate(struct km_percpu *percpu, struct km_chunk *chunk);
void km_percpu_reintegrate(struct km_percpu *percpu, struct km_chunk *chunk);

/*
 * A chunk with nothing populated, at the top of the vmalloc range, on no list.  NULL with
 * last_error set.
 */
struct km_chunk *km_percpu_new_chunk(struct km_percpu *percpu);
/* The first one, of fewer pages, immutable.  NULL without memory. */
struct km_chunk *km_percpu_new_first_chunk(struct km_percpu *percpu, uint32_t nr_pages);
/* Give back its pages and addresses. */
void km_percpu_destroy_chunk(struct km_percpu *percpu, struct km_chunk *chunk, unsigned int cpu);
/* The chunk whose first unit has addr, NULL if none. */
struct km_chunk *km_percpu_find_chunk(const struct km_percpu *percpu, uint64_t addr);

/* Where the pages of km_percpu_fill() come from. */
enum km_fill {
	KM_FILL_ALLOC, /* the page allocator */
	KM_FILL_HELD,  /* held ones, and only these */
	KM_FILL_BOOT,  /* held ones, else free ones; part of the direct map: no page tables */
};
struct km_fill_from {
	enum km_fill kind;
	km_gfp gfp;
	unsigned int cpu;
};
/* Populate pages [page, end), none of which is, in all units.  0, or without change -ENOMEM. */
int km_percpu_fill(struct km_percpu *percpu, struct km_chunk *chunk, uint32_t page, uint32_t end,
		   const struct km_fill_from *from);
/* Give the pages [page, end), all populated and free, back. */
void km_percpu_drain(struct km_percpu *percpu, struct km_chunk *chunk, uint32_t page, uint32_t end,
		     unsigned int cpu);
/* What the kernel's balance work does. */
void km_percpu_balance(struct km_percpu *percpu, unsigned int cpu);

/* Bits of a chunk taken and given back, with every count but those of allocations. */
void km_percpu_take_bits(struct km_percpu *percpu, struct km_chunk *chunk, uint32_t bit,
			 uint32_t nr);
void km_percpu_give_bits(struct km_percpu *percpu, struct km_chunk *chunk, uint32_t bit,
			 uint32_t nr);

#endif
