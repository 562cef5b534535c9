/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A memory management unit whose tables come from a pool of pages that starts dirty,
 * refuses on request, and knows which of its pages are out.
 */
#ifndef TESTS_UNIT_CORE_MACHINE_MMU_FIXTURE_H
#define TESTS_UNIT_CORE_MACHINE_MMU_FIXTURE_H

#include <string.h>

#include "tests/unit/suite.h"

#include "core/machine/machine.h"
#include "core/machine/mmu_access.h"

#define FIXTURE_PFNS 16384
#define FIXTURE_FIRST 16
#define KERNEL_VA UINT64_C(0xffffc90000000000)

struct fixture {
	struct km_phys *phys;
	struct km_mmu mmu;
	uint8_t out[FIXTURE_PFNS]; /* level of the table that a page is, 0: none */
	unsigned int nr_out, nr_allocs;
	unsigned int fail_at; /* which allocation is refused from here on, 0: none */
};

static inline uint64_t fixture_alloc(void *arg, unsigned int level)
{
	struct fixture *fix = arg;
	uint64_t pfn = FIXTURE_FIRST;

	fix->nr_allocs++;
	if (fix->fail_at && fix->nr_allocs >= fix->fail_at)
		return KM_NO_PFN;
	while (pfn < FIXTURE_PFNS && fix->out[pfn])
		pfn++;
	ck_assert_uint_lt(pfn, FIXTURE_PFNS);
	fix->out[pfn] = level;
	fix->nr_out++;
	return pfn;
}

static inline void fixture_free(void *arg, uint64_t pfn, unsigned int level)
{
	struct fixture *fix = arg;

	ck_assert(pfn < FIXTURE_PFNS && fix->out[pfn] == level);
	fix->out[pfn] = 0;
	fix->nr_out--;
}

static const struct km_mmu_ops fixture_ops = { fixture_alloc, fixture_free };

static inline struct fixture *fixture_new(enum km_mmu_kind kind, unsigned int features)
{
	struct km_mmu_options options = { .kind = kind, .features = features };
	struct fixture *fix = calloc(1, sizeof(*fix));

	ck_assert_ptr_nonnull(fix);
	fix->phys = km_phys_new(FIXTURE_PFNS, 12);
	ck_assert_ptr_nonnull(fix->phys);
	ck_assert_int_eq(km_phys_fill(fix->phys, 0, 0xff, (size_t)FIXTURE_PFNS << 12), 0);
	ck_assert_int_eq(km_mmu_init(&fix->mmu, &options, fix->phys, &fixture_ops, fix), 0);
	return fix;
}

static inline void fixture_check(const struct fixture *fix)
{
	uint64_t nr = 0;
	char buf[200];

	ck_assert_pstr_eq(km_mmu_is_valid(&fix->mmu, buf, sizeof(buf)), NULL);
	for (unsigned int level = 1; level <= KM_MMU_LEVELS; level++)
		nr += fix->mmu.nr_tables[level];
	ck_assert_uint_eq(nr, fix->nr_out);
}

static inline void fixture_free_all(struct fixture *fix)
{
	fixture_check(fix);
	km_mmu_release(&fix->mmu);
	ck_assert_uint_eq(fix->nr_out, 0);
	km_phys_free(fix->phys);
	free(fix);
}

/* Where va leads; UINT64_MAX: nowhere. */
static inline uint64_t fixture_pa(const struct fixture *fix, uint64_t va)
{
	struct km_walk walk;

	return km_mmu_translate(&fix->mmu, va, &walk) ? UINT64_MAX : walk.pa;
}

/* The entry of that level for va. */
static inline uint64_t fixture_entry(const struct fixture *fix, uint64_t va, unsigned int level)
{
	struct km_walk walk;

	km_mmu_translate(&fix->mmu, va, &walk);
	for (unsigned int i = 0; i < walk.nr_steps; i++)
		if (walk.steps[i].level == level)
			return walk.steps[i].entry;
	ck_abort_msg("no entry of level %u", level);
}

#endif
