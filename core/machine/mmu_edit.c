/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changing what is mapped: unmapping, other rights, splitting large pages.
 *
 * One walk does all three.  A page that lies within the range is edited as a whole; one
 * that the range cuts becomes a table of smaller pages first, which keep its rights and
 * its accessed and dirty bits (__split_large_page(), arch/x86/mm/pat/set_memory.c 6.12;
 * joining them again, as later kernels try, is not modelled).
 */
#include "core/machine/mmu.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "core/machine/mmu_internal.h"

enum edit_kind {
	EDIT_UNMAP,
	EDIT_PROTECT,
	EDIT_SPLIT, /* pages of split_level and below stay as they are */
};

struct edit {
	struct km_mmu *mmu;
	struct km_mmu_pool pool;
	enum edit_kind kind;
	unsigned int prot, split_level;
	unsigned int flags; /* enum km_mmu_flag */
	bool plan;
	unsigned int flush_level; /* of the smallest page that was edited or split, 0: none */
};

static void note_flush(struct edit *edit, unsigned int level)
{
	if (!edit->flush_level || level < edit->flush_level)
		edit->flush_level = level;
}

static uint64_t new_rights(const struct edit *edit, unsigned int level, uint64_t entry)
{
	const struct km_mmu_format *format = &edit->mmu->format;
	uint64_t seen = entry & (KM_PTE_ACCESSED | KM_PTE_DIRTY);

	return km_mmu_make_leaf(format, level, km_mmu_entry_pa(format, level, entry), edit->prot) |
	       seen;
}

/* A page within the range. */
static void edit_leaf(struct edit *edit, uint64_t table, unsigned int index, unsigned int level,
		      uint64_t entry)
{
	struct km_mmu *mmu = edit->mmu;

	if (edit->plan || edit->kind == EDIT_SPLIT)
		return;
	note_flush(edit, level);
	if (edit->kind == EDIT_UNMAP) {
		km_mmu_put_entry(mmu, table, index, 0);
		mmu->nr_pages[level]--;
	} else {
		km_mmu_put_entry(mmu, table, index, new_rights(edit, level, entry));
	}
}

/* A large page becomes a table of pages one level down. */
static uint64_t split_leaf(struct edit *edit, uint64_t table, unsigned int index,
			   unsigned int level, uint64_t va, uint64_t entry)
{
	struct km_mmu *mmu = edit->mmu;
	const struct km_mmu_format *format = &mmu->format;
	uint64_t child = km_mmu_pool_use(mmu, &edit->pool, level - 1);
	uint64_t part = entry, entries[KM_MMU_MAX_ENTRIES];
	unsigned int nr = km_mmu_nr_entries(format, level - 1);

	/* At level 1 the bit means something else. */
	if (level == 2)
		part &= ~KM_PTE_PS;
	for (unsigned int i = 0; i < nr; i++)
		entries[i] = part + i * km_mmu_entry_span(format, level - 1);
	km_mmu_put_entries(mmu, child, 0, nr, entries);
	km_mmu_put_entry(mmu, table, index,
			 km_mmu_make_link(format, level, child << KM_MMU_PAGE_SHIFT,
					  va < mmu->kernel_start));
	mmu->nr_pages[level]--;
	mmu->nr_pages[level - 1] += nr;
	note_flush(edit, level);
	return child;
}

static void free_if_empty(struct edit *edit, uint64_t table, unsigned int index, unsigned int level,
			  uint64_t child)
{
	struct km_mmu *mmu = edit->mmu;

	if (km_phys_find_not(mmu->phys, child << KM_MMU_PAGE_SHIFT, 0,
			     km_mmu_table_bytes(&mmu->format, level - 1), NULL))
		return;
	km_mmu_put_entry(mmu, table, index, 0);
	mmu->nr_tables[level - 1]--;
	mmu->ops->free_table(mmu->arg, child, level - 1);
}

static int edit_range(struct edit *edit, uint64_t table, unsigned int level, uint64_t va,
		      uint64_t last);

/* Does an entry that maps [va, last] of the range need no split if it is a page? */
static bool is_whole(const struct edit *edit, unsigned int level, uint64_t va, uint64_t last)
{
	if (edit->kind == EDIT_SPLIT)
		return level <= edit->split_level;
	return last - va == km_mmu_entry_span(&edit->mmu->format, level) - 1;
}

/*
 * One entry that maps [va, last].  KM_NO_PFN as the table: the plan has come to one that
 * the split of a large page will make, so all its entries are pages.
 */
static int edit_entry(struct edit *edit, uint64_t table, unsigned int level, uint64_t va,
		      uint64_t last)
{
	struct km_mmu *mmu = edit->mmu;
	const struct km_mmu_format *format = &mmu->format;
	unsigned int index = km_mmu_index(format, va, level);
	bool whole = is_whole(edit, level, va, last);
	uint64_t child = KM_NO_PFN, entry = 0;
	int err;

	if (table != KM_NO_PFN)
		entry = km_mmu_get_entry(mmu, table, index);
	if (table != KM_NO_PFN && !(entry & KM_PTE_PRESENT))
		return edit->kind == EDIT_UNMAP ? 0 : -ENOENT;

	if (table == KM_NO_PFN || km_mmu_is_leaf(format, level, entry)) {
		if (whole) {
			edit_leaf(edit, table, index, level, entry);
			return 0;
		}
		if (edit->plan) {
			err = km_mmu_pool_take(mmu, &edit->pool, level - 1);
			if (err)
				return err;
		} else {
			child = split_leaf(edit, table, index, level, va, entry);
		}
	} else {
		/* Nothing below can be cut or refused. */
		if (edit->plan && whole && edit->kind == EDIT_UNMAP)
			return 0;
		child = km_mmu_entry_pa(format, level, entry) >> KM_MMU_PAGE_SHIFT;
	}

	err = edit_range(edit, child, level - 1, va, last);
	if (!edit->plan && edit->kind == EDIT_UNMAP && edit->flags & KM_MMU_FREE_TABLES)
		free_if_empty(edit, table, index, level, child);
	return err;
}

static int edit_range(struct edit *edit, uint64_t table, unsigned int level, uint64_t va,
		      uint64_t last)
{
	for (;;) {
		uint64_t part_last = km_mmu_part_last(edit->mmu, level, va, last);
		int err = edit_entry(edit, table, level, va, part_last);

		if (err || part_last == last)
			return err;
		va = part_last + 1;
	}
}

static int edit_all(struct edit *edit, uint64_t va, uint64_t bytes)
{
	struct km_mmu *mmu = edit->mmu;
	unsigned int top = mmu->format.nr_levels;
	int err;

	edit->plan = true;
	err = edit_range(edit, mmu->root_pfn, top, va, va + bytes - 1);
	if (!err) {
		edit->plan = false;
		err = edit_range(edit, mmu->root_pfn, top, va, va + bytes - 1);
		assert(!err);
	}
	km_mmu_pool_release(mmu, &edit->pool);
	if (edit->flush_level && mmu->tlb && !(edit->flags & KM_MMU_NO_FLUSH))
		km_tlb_flush_range(mmu->tlb, va, bytes, edit->flush_level);
	return err;
}

static bool is_page_range(const struct km_mmu *mmu, uint64_t va, uint64_t bytes)
{
	return km_mmu_is_range(&mmu->format, va, bytes) &&
	       !((va | bytes) & (KM_MMU_PAGE_BYTES - 1));
}

int km_mmu_unmap(struct km_mmu *mmu, uint64_t va, uint64_t bytes, unsigned int flags)
{
	struct edit edit = { .mmu = mmu, .kind = EDIT_UNMAP, .flags = flags };

	if (!is_page_range(mmu, va, bytes))
		return -EINVAL;
	return edit_all(&edit, va, bytes);
}

int km_mmu_protect(struct km_mmu *mmu, uint64_t va, uint64_t bytes, unsigned int prot,
		   unsigned int flags)
{
	struct edit edit = { .mmu = mmu, .kind = EDIT_PROTECT, .prot = prot, .flags = flags };

	if (!is_page_range(mmu, va, bytes) ||
	    (prot & KM_PROT_USER && va + bytes - 1 >= mmu->kernel_start))
		return -EINVAL;
	return edit_all(&edit, va, bytes);
}

int km_mmu_split(struct km_mmu *mmu, uint64_t va, uint64_t page_bytes)
{
	struct edit edit = { .mmu = mmu, .kind = EDIT_SPLIT };

	va &= ~(KM_MMU_PAGE_BYTES - 1);
	edit.split_level = km_mmu_page_level(&mmu->format, page_bytes);
	if (!edit.split_level || !km_mmu_is_range(&mmu->format, va, KM_MMU_PAGE_BYTES))
		return -EINVAL;
	return edit_all(&edit, va, KM_MMU_PAGE_BYTES);
}
