/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole tree of tables, looked at entry by entry, beside the counters.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/machine/mmu.h"
#include "core/machine/mmu_internal.h"

struct check {
	const struct km_mmu *mmu;
	uint64_t tables[KM_MMU_LEVELS + 1], pages[KM_MMU_LEVELS + 1];
	uint64_t *pfns; /* of the tables found; as many as there should be */
	uint64_t nr_pfns, max_pfns;
	char *buf;
	size_t len;
	bool broken;
};

__attribute__((format(printf, 2, 3))) static void complain(struct check *check, const char *fmt,
							   ...)
{
	va_list args;

	check->broken = true;
	va_start(args, fmt);
	vsnprintf(check->buf, check->len, fmt, args);
	va_end(args);
}

static void check_table(struct check *check, uint64_t pfn, unsigned int level);

static void check_entry(struct check *check, uint64_t table, unsigned int level, unsigned int index,
			uint64_t entry)
{
	const struct km_mmu_format *format = &check->mmu->format;
	uint64_t reserved = km_mmu_reserved_bits(format, level, entry);

	if (reserved) {
		complain(check,
			 "mmu: table 0x%" PRIx64
			 " of level %u: entry %u has reserved bits 0x%" PRIx64,
			 table, level, index, reserved);
		return;
	}
	if (km_mmu_is_leaf(format, level, entry)) {
		check->pages[level]++;
		return;
	}
	check_table(check, km_mmu_entry_pa(format, level, entry) >> KM_MMU_PAGE_SHIFT, level - 1);
}

static void check_table(struct check *check, uint64_t pfn, unsigned int level)
{
	uint64_t entries[KM_MMU_MAX_ENTRIES];
	unsigned int nr = km_mmu_nr_entries(&check->mmu->format, level);

	if (check->nr_pfns == check->max_pfns) {
		complain(check, "mmu: more than the %" PRIu64 " tables counted can be reached",
			 check->max_pfns);
		return;
	}
	check->pfns[check->nr_pfns++] = pfn;
	check->tables[level]++;
	if (!km_phys_is_written(check->mmu->phys, pfn)) {
		complain(check, "mmu: table 0x%" PRIx64 " of level %u has no contents", pfn, level);
		return;
	}
	km_mmu_get_entries(check->mmu, pfn, 0, nr, entries);
	for (unsigned int i = 0; i < nr && !check->broken; i++)
		if (entries[i] & KM_PTE_PRESENT)
			check_entry(check, pfn, level, i, entries[i]);
}

static int compare_pfns(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static void check_sharing(struct check *check)
{
	qsort(check->pfns, check->nr_pfns, sizeof(*check->pfns), compare_pfns);
	for (uint64_t i = 1; i < check->nr_pfns && !check->broken; i++)
		if (check->pfns[i] == check->pfns[i - 1])
			complain(check, "mmu: table 0x%" PRIx64 " is reached twice",
				 check->pfns[i]);
}

static void check_counters(struct check *check)
{
	const struct km_mmu *mmu = check->mmu;

	for (unsigned int level = 1; level <= KM_MMU_LEVELS && !check->broken; level++) {
		if (check->tables[level] != mmu->nr_tables[level])
			complain(check,
				 "mmu: %" PRIu64 " tables of level %u counted, %" PRIu64 " reached",
				 mmu->nr_tables[level], level, check->tables[level]);
		else if (check->pages[level] != mmu->nr_pages[level])
			complain(check,
				 "mmu: %" PRIu64 " pages of level %u counted, %" PRIu64 " reached",
				 mmu->nr_pages[level], level, check->pages[level]);
	}
}

const char *km_mmu_is_valid(const struct km_mmu *mmu, char *buf, size_t len)
{
	struct check check = { .mmu = mmu, .buf = buf, .len = len };

	for (unsigned int level = 1; level <= KM_MMU_LEVELS; level++)
		check.max_pfns += mmu->nr_tables[level];
	check.pfns = calloc(check.max_pfns + 1, sizeof(*check.pfns));
	if (!check.pfns) {
		complain(&check, "mmu: no memory to check %" PRIu64 " tables", check.max_pfns);
		return buf;
	}
	check_table(&check, mmu->root_pfn, mmu->format.nr_levels);
	if (!check.broken)
		check_sharing(&check);
	if (!check.broken)
		check_counters(&check);
	free(check.pfns);
	return check.broken ? buf : NULL;
}
