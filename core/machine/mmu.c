/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables: taking them, mapping, giving all of them back.
 *
 * A mapping takes its tables from the root downwards and by ascending address, as the
 * kernel's vmap_pages_range() and kernel_physical_mapping_init() do (mm/vmalloc.c,
 * arch/x86/mm/init_64.c 6.12).  The kernel takes each when it comes to it; here all are
 * taken before the first entry is written.
 */
#include "core/machine/mmu.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/mmu_internal.h"

#define FIRST_POOL_SLOTS 16

void km_mmu_get_entries(const struct km_mmu *mmu, uint64_t table_pfn, unsigned int index,
			unsigned int nr, uint64_t *entries)
{
	uint64_t paddr = km_mmu_entry_addr(mmu, table_pfn, index);
	uint32_t narrow[KM_MMU_MAX_ENTRIES];

	if (mmu->format.entry_bytes == sizeof(*entries)) {
		if (km_phys_read(mmu->phys, paddr, entries, nr * sizeof(*entries)))
			memset(entries, 0, nr * sizeof(*entries));
		for (unsigned int i = 0; i < nr; i++)
			entries[i] = le64toh(entries[i]);
		return;
	}
	if (km_phys_read(mmu->phys, paddr, narrow, nr * sizeof(*narrow)))
		memset(narrow, 0, nr * sizeof(*narrow));
	for (unsigned int i = 0; i < nr; i++)
		entries[i] = le32toh(narrow[i]);
}

void km_mmu_put_entries(struct km_mmu *mmu, uint64_t table_pfn, unsigned int index, unsigned int nr,
			const uint64_t *entries)
{
	uint64_t paddr = km_mmu_entry_addr(mmu, table_pfn, index);
	uint64_t wide[KM_MMU_MAX_ENTRIES];
	uint32_t narrow[KM_MMU_MAX_ENTRIES];
	int err;

	if (mmu->format.entry_bytes == sizeof(*wide)) {
		for (unsigned int i = 0; i < nr; i++)
			wide[i] = htole64(entries[i]);
		err = km_phys_write(mmu->phys, paddr, wide, nr * sizeof(*wide));
	} else {
		for (unsigned int i = 0; i < nr; i++)
			narrow[i] = htole32((uint32_t)entries[i]);
		err = km_phys_write(mmu->phys, paddr, narrow, nr * sizeof(*narrow));
	}
	assert(!err);
}

/* Zeroes a page for a table, so that it has bytes of its own. */
static int clear_table(struct km_mmu *mmu, uint64_t pfn, unsigned int level)
{
	/* CR3 has 32 bits outside of long mode. */
	unsigned int pa_bits = mmu->format.nr_levels < 4 && level == mmu->format.nr_levels
				       ? 32
				       : mmu->format.pa_bits;
	uint64_t paddr = pfn << KM_MMU_PAGE_SHIFT, zero = 0;
	int err;

	if (pfn >> (pa_bits - KM_MMU_PAGE_SHIFT))
		return -EFAULT;
	err = km_phys_fill(mmu->phys, paddr, 0, KM_MMU_PAGE_BYTES);
	if (!err)
		err = km_phys_write(mmu->phys, paddr, &zero, sizeof(zero));
	return err;
}

static int take_table(struct km_mmu *mmu, unsigned int level, uint64_t *pfn)
{
	int err;

	*pfn = mmu->ops->alloc_table(mmu->arg, level);
	if (*pfn == KM_NO_PFN)
		return -ENOMEM;
	err = clear_table(mmu, *pfn, level);
	if (err)
		mmu->ops->free_table(mmu->arg, *pfn, level);
	return err;
}

int km_mmu_pool_take(struct km_mmu *mmu, struct km_mmu_pool *pool, unsigned int level)
{
	uint64_t pfn;
	int err;

	if (pool->nr == pool->nr_slots) {
		uint32_t nr_slots = pool->nr_slots ? 2 * pool->nr_slots : FIRST_POOL_SLOTS;
		void *tables;

		if (nr_slots < pool->nr_slots)
			return -ENOMEM;
		tables = realloc(pool->tables, nr_slots * sizeof(*pool->tables));
		if (!tables)
			return -ENOMEM;
		pool->tables = tables;
		pool->nr_slots = nr_slots;
	}
	err = take_table(mmu, level, &pfn);
	if (err)
		return err;
	pool->tables[pool->nr].pfn = pfn;
	pool->tables[pool->nr++].level = level;
	return 0;
}

uint64_t km_mmu_pool_use(struct km_mmu *mmu, struct km_mmu_pool *pool, unsigned int level)
{
	assert(pool->nr_used < pool->nr && pool->tables[pool->nr_used].level == level);
	mmu->nr_tables[level]++;
	return pool->tables[pool->nr_used++].pfn;
}

void km_mmu_pool_release(struct km_mmu *mmu, struct km_mmu_pool *pool)
{
	while (pool->nr > pool->nr_used) {
		pool->nr--;
		mmu->ops->free_table(mmu->arg, pool->tables[pool->nr].pfn,
				     pool->tables[pool->nr].level);
	}
	free(pool->tables);
	memset(pool, 0, sizeof(*pool));
}

int km_mmu_init(struct km_mmu *mmu, const struct km_mmu_options *options, struct km_phys *phys,
		const struct km_mmu_ops *ops, void *arg)
{
	int err;

	memset(mmu, 0, sizeof(*mmu));
	err = km_mmu_format_init(&mmu->format, options->kind, options->features, options->pa_bits);
	if (err)
		return err;
	mmu->phys = phys;
	mmu->ops = ops;
	mmu->arg = arg;
	mmu->kernel_start = options->kernel_start;
	if (!mmu->kernel_start)
		mmu->kernel_start =
			mmu->format.nr_levels < 4 ? UINT64_C(0xc0000000) : UINT64_MAX << 63;
	err = take_table(mmu, mmu->format.nr_levels, &mmu->root_pfn);
	if (!err)
		mmu->nr_tables[mmu->format.nr_levels] = 1;
	return err;
}

/* A table and all below it; pages in them are not counted off. */
static void release_table(struct km_mmu *mmu, uint64_t pfn, unsigned int level)
{
	unsigned int nr = km_mmu_nr_entries(&mmu->format, level);

	for (unsigned int i = 0; i < nr && level > 1; i++) {
		uint64_t entry = km_mmu_get_entry(mmu, pfn, i);

		if (entry & KM_PTE_PRESENT && !km_mmu_is_leaf(&mmu->format, level, entry))
			release_table(mmu,
				      km_mmu_entry_pa(&mmu->format, level, entry) >>
					      KM_MMU_PAGE_SHIFT,
				      level - 1);
	}
	mmu->nr_tables[level]--;
	mmu->ops->free_table(mmu->arg, pfn, level);
}

void km_mmu_release(struct km_mmu *mmu)
{
	if (mmu->nr_tables[mmu->format.nr_levels])
		release_table(mmu, mmu->root_pfn, mmu->format.nr_levels);
	memset(mmu, 0, sizeof(*mmu));
}

struct mapping {
	struct km_mmu *mmu;
	struct km_mmu_pool pool;
	uint64_t pa_minus_va;
	unsigned int prot;
	unsigned int max_level; /* of a page */
	bool plan;
};

static bool leaf_fits(const struct mapping *map, unsigned int level, uint64_t va, uint64_t last)
{
	uint64_t span = km_mmu_entry_span(&map->mmu->format, level);
	uint64_t pa = va + map->pa_minus_va;

	return level <= map->max_level && !((va | pa) & (span - 1)) && last - va == span - 1;
}

static bool has_pages(const struct km_mmu *mmu, uint64_t pfn, unsigned int level)
{
	unsigned int nr = km_mmu_nr_entries(&mmu->format, level);

	for (unsigned int i = 0; i < nr; i++) {
		uint64_t entry = km_mmu_get_entry(mmu, pfn, i);

		if (!(entry & KM_PTE_PRESENT))
			continue;
		if (km_mmu_is_leaf(&mmu->format, level, entry) ||
		    has_pages(mmu, km_mmu_entry_pa(&mmu->format, level, entry) >> KM_MMU_PAGE_SHIFT,
			      level - 1))
			return true;
	}
	return false;
}

/* A large page; in place of a table, if that maps nothing (child, KM_NO_PFN if there is none). */
static int map_leaf(struct mapping *map, uint64_t table, unsigned int level, uint64_t va,
		    uint64_t child)
{
	struct km_mmu *mmu = map->mmu;

	if (map->plan)
		return child != KM_NO_PFN && has_pages(mmu, child, level - 1) ? -EEXIST : 0;
	if (child != KM_NO_PFN)
		release_table(mmu, child, level - 1);
	km_mmu_put_entry(mmu, table, km_mmu_index(&mmu->format, va, level),
			 km_mmu_make_leaf(&mmu->format, level, va + map->pa_minus_va, map->prot));
	mmu->nr_pages[level]++;
	return 0;
}

/* Pages of a table of level 1; plan: is the place free?  KM_NO_PFN: the table is yet to be. */
static int map_pages(struct mapping *map, uint64_t table, uint64_t va, uint64_t last)
{
	struct km_mmu *mmu = map->mmu;
	unsigned int first = km_mmu_index(&mmu->format, va, 1);
	unsigned int nr = (unsigned int)((last - va) >> KM_MMU_PAGE_SHIFT) + 1;
	uint64_t entries[KM_MMU_MAX_ENTRIES];

	if (map->plan) {
		if (table == KM_NO_PFN)
			return 0;
		km_mmu_get_entries(mmu, table, first, nr, entries);
		for (unsigned int i = 0; i < nr; i++)
			if (entries[i] & KM_PTE_PRESENT)
				return -EEXIST;
		return 0;
	}
	for (unsigned int i = 0; i < nr; i++)
		entries[i] = km_mmu_make_leaf(
			&mmu->format, 1, va + map->pa_minus_va + i * KM_MMU_PAGE_BYTES, map->prot);
	km_mmu_put_entries(mmu, table, first, nr, entries);
	mmu->nr_pages[1] += nr;
	return 0;
}

static int map_range(struct mapping *map, uint64_t table, unsigned int level, uint64_t va,
		     uint64_t last);

/* One entry above level 1 that maps [va, last]. */
static int map_entry(struct mapping *map, uint64_t table, unsigned int level, uint64_t va,
		     uint64_t last)
{
	struct km_mmu *mmu = map->mmu;
	unsigned int index = km_mmu_index(&mmu->format, va, level);
	uint64_t entry = table == KM_NO_PFN ? 0 : km_mmu_get_entry(mmu, table, index);
	uint64_t child = KM_NO_PFN;

	if (entry & KM_PTE_PRESENT) {
		if (km_mmu_is_leaf(&mmu->format, level, entry))
			return -EEXIST;
		child = km_mmu_entry_pa(&mmu->format, level, entry) >> KM_MMU_PAGE_SHIFT;
		/* Somebody wrote to the table: nothing can be entered where no table is. */
		if (map->plan && !km_phys_is_written(mmu->phys, child))
			return -EFAULT;
	}
	if (leaf_fits(map, level, va, last))
		return map_leaf(map, table, level, va, child);
	if (child == KM_NO_PFN && map->plan) {
		int err = km_mmu_pool_take(mmu, &map->pool, level - 1);

		if (err)
			return err;
	} else if (child == KM_NO_PFN) {
		child = km_mmu_pool_use(mmu, &map->pool, level - 1);
		km_mmu_put_entry(mmu, table, index,
				 km_mmu_make_link(&mmu->format, level, child << KM_MMU_PAGE_SHIFT,
						  va < mmu->kernel_start));
	}
	return map_range(map, child, level - 1, va, last);
}

static int map_range(struct mapping *map, uint64_t table, unsigned int level, uint64_t va,
		     uint64_t last)
{
	if (level == 1)
		return map_pages(map, table, va, last);

	for (;;) {
		uint64_t part_last = km_mmu_part_last(map->mmu, level, va, last);
		int err = map_entry(map, table, level, va, part_last);

		if (err || part_last == last)
			return err;
		va = part_last + 1;
	}
}

int km_mmu_map(struct km_mmu *mmu, uint64_t va, uint64_t pa, uint64_t bytes, unsigned int prot,
	       uint64_t max_page_bytes)
{
	const struct km_mmu_format *format = &mmu->format;
	struct mapping map = {
		.mmu = mmu, .pa_minus_va = pa - va, .prot = prot, .max_level = 1, .plan = true
	};
	int err;

	if (!km_mmu_is_range(format, va, bytes) || (va | pa | bytes) & (KM_MMU_PAGE_BYTES - 1) ||
	    pa + bytes - 1 < pa || (pa + bytes - 1) >> format->pa_bits ||
	    (prot & KM_PROT_USER && va + bytes - 1 >= mmu->kernel_start))
		return -EINVAL;
	while (map.max_level < format->max_leaf &&
	       (!max_page_bytes || km_mmu_entry_span(format, map.max_level + 1) <= max_page_bytes))
		map.max_level++;

	err = map_range(&map, mmu->root_pfn, format->nr_levels, va, va + bytes - 1);
	if (!err) {
		map.plan = false;
		err = map_range(&map, mmu->root_pfn, format->nr_levels, va, va + bytes - 1);
		assert(!err);
	}
	km_mmu_pool_release(mmu, &map.pool);
	return err;
}

int km_mmu_map_page(struct km_mmu *mmu, uint64_t va, uint64_t pa, unsigned int prot)
{
	return km_mmu_map(mmu, va, pa, KM_MMU_PAGE_BYTES, prot, KM_MMU_PAGE_BYTES);
}
