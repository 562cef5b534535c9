/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulated hardware: page descriptors that cost nothing until touched, and the way
 * from a page to its block.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/suite.h"

#include "core/machine/machine.h"

static void boot(struct km_machine *machine, const char *name)
{
	struct km_profile profile;

	ck_assert_int_eq(km_profile_builtin(name, &profile), 0);
	ck_assert_int_eq(km_machine_init(machine, &profile), 0);
}

START_TEST(cpus_are_spread_over_nodes)
{
	struct km_machine machine;

	boot(&machine, "x86-64-2node");
	ck_assert_uint_eq(machine.nr_cpus, 8);
	for (unsigned int i = 0; i < 8; i++) {
		ck_assert_uint_eq(machine.cpus[i].id, i);
		ck_assert_uint_eq(machine.cpus[i].node, i / 4);
		ck_assert_pstr_eq(km_cpu_cannot_sleep(&machine.cpus[i]), NULL);
	}
	ck_assert_uint_eq(machine.nr_pfns, 0x440000);
	km_machine_release(&machine);
	ck_assert_ptr_null(machine.mem_map);
	ck_assert_ptr_null(machine.cpus);
}
END_TEST

START_TEST(bad_profile_is_refused)
{
	struct km_machine machine;
	struct km_profile profile;

	km_profile_init(&profile);
	ck_assert_int_eq(km_machine_init(&machine, &profile), -EINVAL);
	ck_assert_ptr_null(machine.mem_map);
	km_machine_release(&machine);
}
END_TEST

/* Pages of the descriptor array that are in memory. */
static size_t resident_pages(const struct km_machine *machine)
{
	size_t len = machine->nr_pfns * sizeof(struct page) / 4096;
	unsigned char *vec = malloc(len);
	size_t nr = 0;

	ck_assert_ptr_nonnull(vec);
	ck_assert_int_eq(mincore(machine->mem_map, len * 4096, vec), 0);
	for (size_t i = 0; i < len; i++)
		nr += vec[i] & 1;
	free(vec);
	return nr;
}

START_TEST(a_terabyte_costs_what_is_touched)
{
	struct km_machine machine;
	struct km_profile profile;

	km_profile_init(&profile);
	ck_assert_int_eq(km_profile_set_memory(&profile, 1ull << 40), 0);
	ck_assert_int_eq(km_machine_init(&machine, &profile), 0);
	ck_assert_uint_eq(machine.nr_pfns, (1ull << 28) + (1ull << 18));
	ck_assert_uint_eq(resident_pages(&machine), 0);

	km_page(&machine, 0)->state = KM_PAGE_USED;
	km_page(&machine, machine.nr_pfns - 1)->state = KM_PAGE_USED;
	ck_assert_uint_eq(resident_pages(&machine), 2);
	ck_assert_int_eq(km_page(&machine, 1)->state, KM_PAGE_HELD);
	km_machine_release(&machine);
}
END_TEST

START_TEST(addresses_and_pages)
{
	struct km_machine machine;

	boot(&machine, "x86-64-4g");
	ck_assert_uint_eq(km_pfn_to_addr(&machine, 0), 0xffff888000000000ull);
	ck_assert_uint_eq(km_pfn_to_addr(&machine, 5), 0xffff888000005000ull);
	ck_assert_uint_eq(km_addr_to_pfn(&machine, 0xffff888000005fffull), 5);
	ck_assert_uint_eq(km_addr_to_pfn(&machine, 0xffff887fffffffffull), KM_NO_PFN);
	ck_assert_uint_eq(km_addr_to_pfn(&machine, km_pfn_to_addr(&machine, 0x13ffff)), 0x13ffff);
	ck_assert_uint_eq(km_addr_to_pfn(&machine, km_pfn_to_addr(&machine, 0x140000)), KM_NO_PFN);
	ck_assert_uint_eq(km_addr_to_pfn(&machine, 0), KM_NO_PFN);
	km_machine_release(&machine);
}
END_TEST

START_TEST(holes_are_no_ram)
{
	struct km_machine machine;

	boot(&machine, "x86-64-4g");
	ck_assert(km_pfn_is_ram(&machine, 0));
	ck_assert(km_pfn_is_ram(&machine, 0xbffff));
	ck_assert(!km_pfn_is_ram(&machine, 0xc0000));
	ck_assert(!km_pfn_is_ram(&machine, 0xfffff));
	ck_assert(km_pfn_is_ram(&machine, 0x100000));
	ck_assert(!km_pfn_is_ram(&machine, 0x140000));
	ck_assert(!km_pfn_is_ram(&machine, KM_NO_PFN));
	km_machine_release(&machine);
}
END_TEST

static void put(struct km_machine *machine, uint64_t pfn, enum km_page_state state,
		unsigned int order)
{
	km_page(machine, pfn)->state = state;
	km_page(machine, pfn)->order = order;
}

/*
 * pfn   0 1 2 3 4 5 6 7 8 9 ...            1024             2048
 *       . . [used 1 ] [free 2      ] [pcp] .   [ used, order 10 ]
 */
START_TEST(the_block_of_a_page)
{
	struct km_machine machine;

	boot(&machine, "x86-32-64m");
	put(&machine, 2, KM_PAGE_USED, 1);
	put(&machine, 4, KM_PAGE_FREE, 2);
	put(&machine, 8, KM_PAGE_PCP, 0);
	put(&machine, 1024, KM_PAGE_USED, 10);

	ck_assert_uint_eq(km_page_block(&machine, 0), KM_NO_PFN);
	ck_assert_uint_eq(km_page_block(&machine, 1), KM_NO_PFN);
	ck_assert_uint_eq(km_page_block(&machine, 2), 2);
	ck_assert_uint_eq(km_page_block(&machine, 3), 2);
	for (uint64_t pfn = 4; pfn < 8; pfn++)
		ck_assert_uint_eq(km_page_block(&machine, pfn), 4);
	ck_assert_uint_eq(km_page_block(&machine, 8), 8);
	/* 9 lies behind the head at 8, which does not reach it. */
	ck_assert_uint_eq(km_page_block(&machine, 9), KM_NO_PFN);
	ck_assert_uint_eq(km_page_block(&machine, 1023), KM_NO_PFN);
	ck_assert_uint_eq(km_page_block(&machine, 1024), 1024);
	ck_assert_uint_eq(km_page_block(&machine, 2047), 1024);
	ck_assert_uint_eq(km_page_block(&machine, 2048), KM_NO_PFN);
	ck_assert_uint_eq(km_page_block(&machine, machine.nr_pfns), KM_NO_PFN);
	ck_assert_uint_eq(km_page_block(&machine, KM_NO_PFN), KM_NO_PFN);

	/* A slab marks its tails: the head is still found. */
	put(&machine, 1500, KM_PAGE_TAIL, 0);
	ck_assert_uint_eq(km_page_block(&machine, 1500), 1024);
	km_machine_release(&machine);
}
END_TEST

RUN_SUITE("machine/machine", cpus_are_spread_over_nodes, bad_profile_is_refused,
	  a_terabyte_costs_what_is_touched, addresses_and_pages, holes_are_no_ram,
	  the_block_of_a_page)
