/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine with contents under the kernel's page calls.
 */
#ifndef TESTS_UNIT_CORE_PAGE_API_RIG_H
#define TESTS_UNIT_CORE_PAGE_API_RIG_H

#include "tests/unit/core/page/rig.h"

#include "core/page/page_api.h"

struct api_rig {
	struct rig rig;
	struct km_phys *phys;
	struct km_page_api api;
};

static inline void api_rig_start(struct api_rig *rig, unsigned int flags)
{
	const struct km_machine *machine = &rig->rig.machine;

	rig->phys = km_phys_new(machine->nr_pfns, machine->profile.page_shift);
	ck_assert_ptr_nonnull(rig->phys);
	ck_assert_int_eq(km_page_api_init(&rig->api, &rig->rig.pages, rig->phys, flags), 0);
}

static inline void api_rig_boot_profile(struct api_rig *rig, const struct km_profile *profile,
					unsigned int flags)
{
	rig_boot(&rig->rig, profile);
	ck_assert_int_eq(km_pages_free_all(&rig->rig.pages), 0);
	api_rig_start(rig, flags);
}

/* 64 pages of one zone, all free, and per-cpu lists that keep what is freed. */
static inline void api_rig_boot(struct api_rig *rig, unsigned int flags)
{
	struct km_profile profile;

	rig_small_profile(&profile, 64);
	profile.zones[0].pcp_high_min = 64;
	profile.zones[0].pcp_high_max = 64;
	api_rig_boot_profile(rig, &profile, flags);
}

/* The log has as many words as the test meant to hear. */
static inline void api_rig_end(struct api_rig *rig, size_t nr_bad)
{
	char buf[KM_BAD_PRINT_MAX];

	ck_assert_msg(rig->api.nr_bad == nr_bad, "%zu bad calls, the last one: %s", rig->api.nr_bad,
		      rig->api.nr_bad ? km_bad_page_print(&rig->api.bad[rig->api.nr_bad - 1], buf,
							  sizeof(buf))
				      : "none");
	ck_assert(!rig->api.out_of_memory);
	km_page_api_release(&rig->api);
	km_phys_free(rig->phys);
	rig_end(&rig->rig);
}

static inline uint64_t api_rig_paddr(const struct api_rig *rig, uint64_t addr)
{
	return addr - rig->rig.machine.profile.page_offset;
}

/* Free pages, those on per-cpu lists among them. */
static inline uint64_t api_rig_free(const struct api_rig *rig)
{
	uint64_t nr = 0;

	for (unsigned int i = 0; i < rig->rig.pages.nr_zones; i++)
		nr += rig->rig.pages.zones[i].free_pages + rig->rig.pages.zones[i].pcp_pages;
	return nr;
}

#endif
