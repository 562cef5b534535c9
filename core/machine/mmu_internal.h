/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the MMU: entries in memory, and tables that are taken before a
 * change so that nothing can fail in the middle of it.
 */
#ifndef CORE_MACHINE_MMU_INTERNAL_H
#define CORE_MACHINE_MMU_INTERNAL_H

#include "core/machine/machine.h"
#include "core/machine/mmu.h"

#define KM_MMU_MAX_ENTRIES 1024 /* of one table */

static inline uint64_t km_mmu_table_bytes(const struct km_mmu_format *format, unsigned int level)
{
	return (uint64_t)km_mmu_nr_entries(format, level) * format->entry_bytes;
}

static inline uint64_t km_mmu_entry_addr(const struct km_mmu *mmu, uint64_t table_pfn,
					 unsigned int index)
{
	return (table_pfn << KM_MMU_PAGE_SHIFT) + (uint64_t)index * mmu->format.entry_bytes;
}

/* The last address of the entry that maps va, or last if that is lower. */
static inline uint64_t km_mmu_part_last(const struct km_mmu *mmu, unsigned int level, uint64_t va,
					uint64_t last)
{
	uint64_t end = va | (km_mmu_entry_span(&mmu->format, level) - 1);

	return end < last ? end : last;
}

/*
 * nr entries of a table from index on.  Reading never fails (what lies outside of memory
 * reads as not present); writing to a table of the unit does not either, for its page got
 * bytes of its own when it was taken.
 */
void km_mmu_get_entries(const struct km_mmu *mmu, uint64_t table_pfn, unsigned int index,
			unsigned int nr, uint64_t *entries);
void km_mmu_put_entries(struct km_mmu *mmu, uint64_t table_pfn, unsigned int index, unsigned int nr,
			const uint64_t *entries);

static inline uint64_t km_mmu_get_entry(const struct km_mmu *mmu, uint64_t table_pfn,
					unsigned int index)
{
	uint64_t entry;

	km_mmu_get_entries(mmu, table_pfn, index, 1, &entry);
	return entry;
}

static inline void km_mmu_put_entry(struct km_mmu *mmu, uint64_t table_pfn, unsigned int index,
				    uint64_t entry)
{
	km_mmu_put_entries(mmu, table_pfn, index, 1, &entry);
}

/*
 * Tables for a change.  The change is gone through twice: first to plan, when each table
 * that will be missing is taken, then to do it, when they are used in the same order.
 */
struct km_mmu_pool {
	struct km_mmu_pool_table {
		uint64_t pfn;
		unsigned int level;
	} * tables;
	uint32_t nr, nr_slots, nr_used;
};

/* Takes one more table and zeroes it: 0, -ENOMEM or -EFAULT. */
int km_mmu_pool_take(struct km_mmu *mmu, struct km_mmu_pool *pool, unsigned int level);
/* The next one, now counted as live. */
uint64_t km_mmu_pool_use(struct km_mmu *mmu, struct km_mmu_pool *pool, unsigned int level);
/* Gives back those that were not used, the last taken first. */
void km_mmu_pool_release(struct km_mmu *mmu, struct km_mmu_pool *pool);

#endif
