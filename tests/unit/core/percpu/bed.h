/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine with a percpu allocator on it, to test on.
 */
#ifndef TESTS_UNIT_CORE_PERCPU_BED_H
#define TESTS_UNIT_CORE_PERCPU_BED_H

#include "core/percpu/percpu_internal.h"
#include "tests/unit/suite.h"

#define PAGE UINT64_C(4096)
#define KIB(n) (UINT64_C(n) << 10)
#define MIB(n) (UINT64_C(n) << 20)

/* x86-64-4g: 192 KiB assumed static, 8 reserved, then 28 dynamic; units of 512 KiB. */
#define DYNAMIC KIB(200)
#define UNIT_PAGES 128

struct bed {
	struct km_machine machine;
	struct km_pages pages;
	struct km_vm *vm;
	struct km_percpu *percpu;
	uint64_t first; /* base of the first chunk */
	uint64_t top;	/* base of the next one, of 2 MiB */
};

enum bed_pages {
	BED_FREE,
	BED_HELD
};

static inline void bed_up_on(struct bed *bed, const struct km_profile *profile,
			     enum bed_pages state)
{
	ck_assert_int_eq(km_machine_init(&bed->machine, profile), 0);
	ck_assert_int_eq(km_pages_init(&bed->pages, &bed->machine), 0);
	if (state == BED_FREE)
		ck_assert_int_eq(km_pages_free_all(&bed->pages), 0);
	ck_assert_int_eq(km_vm_init(&bed->vm, &bed->pages), 0);
	ck_assert_int_eq(km_percpu_init(&bed->percpu, &bed->pages, bed->vm), 0);
	bed->first = bed->percpu->first->base;
	bed->top = (profile->vmalloc_end & ~(MIB(2) - 1)) - MIB(2);
}

static inline void bed_up(struct bed *bed, const char *builtin, enum bed_pages state)
{
	struct km_profile profile;

	ck_assert_int_eq(km_profile_builtin(builtin, &profile), 0);
	bed_up_on(bed, &profile, state);
}

static inline void bed_check(struct bed *bed)
{
	char buf[256];
	const char *broken = km_percpu_is_valid(bed->percpu, buf, sizeof(buf));

	ck_assert_msg(!broken, "%s", broken);
	broken = km_vm_is_valid(bed->vm, buf, sizeof(buf));
	ck_assert_msg(!broken, "%s", broken);
	broken = km_pages_is_valid(&bed->pages, buf, sizeof(buf));
	ck_assert_msg(!broken, "%s", broken);
}

static inline void bed_down(struct bed *bed)
{
	bed_check(bed);
	km_percpu_release(bed->percpu);
	km_vm_release(bed->vm);
	km_pages_release(&bed->pages);
	km_machine_release(&bed->machine);
}

static inline uint64_t bed_nr_free(const struct bed *bed)
{
	uint64_t nr = 0;

	for (unsigned int i = 0; i < bed->pages.nr_zones; i++)
		nr += bed->pages.zones[i].free_pages + bed->pages.zones[i].pcp_pages;
	return nr;
}

static inline uint64_t bed_nr_held(const struct bed *bed)
{
	uint64_t nr = 0;

	for (unsigned int i = 0; i < bed->pages.nr_zones; i++)
		nr += bed->pages.zones[i].held_pages;
	return nr;
}

static inline struct km_percpu_info bed_info(const struct bed *bed)
{
	struct km_percpu_info info;

	km_percpu_get_info(bed->percpu, &info);
	return info;
}

static inline uint64_t bed_alloc(struct bed *bed, uint64_t size, uint64_t align)
{
	return km_percpu_alloc(bed->percpu, size, align, KM_GFP_KERNEL, 0);
}

static inline uint64_t bed_alloc_atomic(struct bed *bed, uint64_t size, uint64_t align)
{
	return km_percpu_alloc(bed->percpu, size, align, KM_GFP_ATOMIC, 0);
}

static inline void bed_free(struct bed *bed, uint64_t addr)
{
	ck_assert_int_eq(km_percpu_free(bed->percpu, addr, 0), 0);
}

static inline uint32_t bed_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

#endif
