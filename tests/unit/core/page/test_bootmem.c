/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot memory: what is found where, what comes back, and what the page allocator gets.
 *
 * In pictures a letter is a byte's owner, M the bitmap or array itself, - lost, . free.
 */
#include <errno.h>
#include <sys/resource.h>

#include "tests/unit/core/page/rig.h"
#include "tests/unit/suite.h"

#include "core/page/bootmem.h"
#include "core/page/held.h"

#define PAGE 0x1000ull
#define MIB (1ull << 20)

static void begin(struct km_bootmem *boot, struct km_profile *profile, uint64_t nr,
		  enum km_bootmem_style style)
{
	rig_small_profile(profile, nr);
	ck_assert_int_eq(km_bootmem_init(boot, profile, style), 0);
}

static void assert_stats(const struct km_bootmem *boot, uint64_t kept, uint64_t given,
			 uint64_t lost, uint64_t partial)
{
	struct km_bootmem_stats stats;

	ck_assert_pstr_eq(km_bootmem_is_valid(boot), NULL);
	km_bootmem_stats(boot, &stats);
	ck_assert_uint_eq(stats.kept_pages, kept);
	ck_assert_uint_eq(stats.free_pages, stats.ram_pages - kept);
	ck_assert_uint_eq(stats.given_bytes, given);
	ck_assert_uint_eq(stats.lost_bytes, lost);
	ck_assert_uint_eq(stats.partial_bytes, partial);
}

/*
 *   page   0        1          2          3
 *   bytes  MMMMMMMM AA-BB-CCCC CC------   ........
 */
START_TEST(bitmap_packs_small_requests)
{
	struct km_profile profile;
	struct km_bootmem boot;

	begin(&boot, &profile, 64, KM_BOOTMEM_BITMAP);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, 100), PAGE);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, 100), PAGE + 128);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, 5000), PAGE + 256);
	assert_stats(&boot, 3, 5200, 2 * PAGE - 5200, 0);
	/* Whole pages begin anew, and small ones go on behind them. */
	ck_assert_uint_eq(km_alloc_bootmem_pages(&boot, PAGE), 3 * PAGE);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, 64), 4 * PAGE);
	km_bootmem_release(&boot);
}
END_TEST

/*
 *   page    1          2          3          4
 *           AAAAAAAAAA AAAAAAAAAA AAAA------ ........    A: 2.5 pages
 *   free    --AAAAAAAA ........   AAAA------             pages 1.5 to 3: only page 2
 *   free    ---------- ........   ---------- ........    the rest: none is whole
 */
START_TEST(bitmap_does_not_take_partial_pages)
{
	struct km_profile profile;
	struct km_bootmem boot;

	begin(&boot, &profile, 64, KM_BOOTMEM_BITMAP);
	ck_assert_uint_eq(km_alloc_bootmem_pages(&boot, 0x2800), PAGE);
	ck_assert_int_eq(km_free_bootmem(&boot, 0x1800, 0x1800), 0);
	assert_stats(&boot, 3, 0x1000, 0x1000, 0x800);
	ck_assert_int_eq(km_free_bootmem(&boot, 0x1000, 0x800), 0);
	ck_assert_int_eq(km_free_bootmem(&boot, 0x3000, 0x800), 0);
	assert_stats(&boot, 3, 0, 2 * PAGE, 0x1800);
	/* The search goes back to what came free, and finds nothing else of it. */
	ck_assert_uint_eq(km_alloc_bootmem_pages(&boot, PAGE), 2 * PAGE);
	ck_assert_uint_eq(km_alloc_bootmem_pages(&boot, PAGE), 4 * PAGE);
	km_bootmem_release(&boot);
}
END_TEST

/* A kernel at 1.25 to 3.5: its pages are 1 to 3, and the map comes after it was reserved. */
START_TEST(reservations_round_outward)
{
	struct km_profile profile;
	struct km_bootmem boot;

	begin(&boot, &profile, 64, KM_BOOTMEM_BITMAP);
	ck_assert_int_eq(km_bootmem_reserve(&boot, 0, 0x100), 0);
	ck_assert_int_eq(km_bootmem_reserve(&boot, 0x1400, 0x2400), 0);
	ck_assert_int_eq(km_bootmem_reserve(&boot, 0x1400, 0x2400), 0);
	assert_stats(&boot, 4, 0x2500, 4 * PAGE - 0x2500, 0);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, 10), 5 * PAGE);
	ck_assert(km_regions_has(&boot.own, 4 * PAGE, 5 * PAGE));
	km_bootmem_release(&boot);
}
END_TEST

/* What was reserved in the rest of a page is not given to the next small request. */
START_TEST(bitmap_looks_before_it_packs)
{
	struct km_profile profile;
	struct km_bootmem boot;

	begin(&boot, &profile, 64, KM_BOOTMEM_BITMAP);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, 100), PAGE);
	ck_assert_int_eq(km_bootmem_reserve(&boot, PAGE + 0x800, 0x100), 0);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, 100), 2 * PAGE);
	ck_assert_int_eq(km_bootmem_reserve(&boot, 2 * PAGE, PAGE), 0);
	ck_assert_int_eq(km_free_bootmem(&boot, 2 * PAGE, PAGE), 0);
	ck_assert_uint_eq(km_alloc_bootmem_pages(&boot, 2 * PAGE), 2 * PAGE);
	ck_assert_pstr_eq(km_bootmem_is_valid(&boot), NULL);
	km_bootmem_release(&boot);
}
END_TEST

/* 4 GiB: rather above 16 MiB, _low below 4 GiB, where the search stands; then the start. */
START_TEST(bitmap_goals_and_limits)
{
	struct km_bootmem_request request = { .size = PAGE, .node = -1, .align = 2 * MIB };
	struct km_profile profile;
	struct km_bootmem boot;

	ck_assert_int_eq(km_profile_builtin("x86-64-4g", &profile), 0);
	ck_assert_int_eq(km_bootmem_init(&boot, &profile, KM_BOOTMEM_BITMAP), 0);
	ck_assert_uint_eq(km_alloc_bootmem_low_pages(&boot, PAGE), 0x140000 / 8);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, 64), 16 * MIB);
	ck_assert_uint_eq(km_alloc_bootmem_low_pages(&boot, PAGE), 16 * MIB + PAGE);
	ck_assert_uint_eq(km_bootmem_alloc(&boot, &request), 18 * MIB);
	request.limit = 4 * MIB;
	ck_assert_uint_eq(km_bootmem_alloc(&boot, &request), 2 * MIB);
	request.goal = 3ull << 30;
	request.limit = 0;
	ck_assert_uint_eq(km_bootmem_alloc(&boot, &request), 4ull << 30);
	/* 3 GiB without a hole there are only from the start, and then no more. */
	request = (struct km_bootmem_request){ .size = 2900 * MIB, .node = -1, .goal = 4ull << 30 };
	ck_assert_uint_ne(km_bootmem_alloc(&boot, &request), KM_BOOTMEM_NONE);
	ck_assert_uint_eq(km_bootmem_alloc(&boot, &request), KM_BOOTMEM_NONE);
	ck_assert_str_eq(boot.reason, "nothing free is large enough");
	km_bootmem_release(&boot);
}
END_TEST

/*
 *   page   ...  61        62         63
 *               ........  ......CCCC CCCCBB-AA-     from the top; bytes, not pages
 */
START_TEST(memblock_goes_down)
{
	struct km_profile profile;
	struct km_bootmem boot;

	begin(&boot, &profile, 64, KM_BOOTMEM_MEMBLOCK);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, 100), 64 * PAGE - 128);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, 100), 64 * PAGE - 256);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, 4096), 63 * PAGE - 256);
	assert_stats(&boot, 2, 4296, 2 * PAGE - 4296, 0);
	ck_assert_uint_eq(boot.reserved.nr, 2);
	km_bootmem_release(&boot);
}
END_TEST

/* Bytes come back one by one, but a page only as a whole, and then to be given again. */
START_TEST(memblock_takes_bytes)
{
	struct km_profile profile;
	struct km_bootmem boot;

	begin(&boot, &profile, 64, KM_BOOTMEM_MEMBLOCK);
	ck_assert_uint_eq(km_alloc_bootmem_pages(&boot, 2 * PAGE), 62 * PAGE);
	ck_assert_int_eq(km_free_bootmem(&boot, 62 * PAGE + 0x800, 0x1000), 0);
	assert_stats(&boot, 2, PAGE, PAGE, PAGE);
	ck_assert_int_eq(km_free_bootmem(&boot, 62 * PAGE, 0x800), 0);
	assert_stats(&boot, 1, 0x800, 0x800, 0x800);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, 0x800), 63 * PAGE);
	assert_stats(&boot, 1, PAGE, 0, 0);
	km_bootmem_release(&boot);
}
END_TEST

/*
 *   pages 2, 4, 6 ... reserved: 128 regions fill the array; the next moves it to two pages
 *   above the region that did not fit, the highest there are.
 */
START_TEST(memblock_doubles_its_array)
{
	struct km_profile profile;
	struct km_bootmem boot;

	begin(&boot, &profile, 1024, KM_BOOTMEM_MEMBLOCK);
	for (uint64_t i = 1; i <= KM_MEMBLOCK_REGIONS; i++)
		ck_assert_int_eq(km_bootmem_reserve(&boot, 2 * i * PAGE, PAGE), 0);
	ck_assert_uint_eq(boot.max_reserved, 128);
	ck_assert_uint_eq(boot.own.nr, 0);
	ck_assert_int_eq(km_bootmem_reserve(&boot, 600 * PAGE, PAGE), 0);
	ck_assert_uint_eq(boot.max_reserved, 256);
	ck_assert(km_regions_has(&boot.own, 1022 * PAGE, 1024 * PAGE));
	assert_stats(&boot, 129 + 2, 129 * PAGE, 0, 0);
	for (uint64_t i = 129; i <= 290; i++)
		ck_assert_int_eq(km_bootmem_reserve(&boot, 2 * i * PAGE, PAGE), 0);
	/* Another time: the old array's two pages are free again. */
	ck_assert_uint_eq(boot.max_reserved, 512);
	ck_assert_uint_eq(km_regions_bytes(&boot.own), 3 * PAGE);
	ck_assert_pstr_eq(km_bootmem_is_valid(&boot), NULL);
	km_bootmem_release(&boot);
}
END_TEST

START_TEST(wrong_calls_are_explained)
{
	for (int style = KM_BOOTMEM_BITMAP; style <= KM_BOOTMEM_MEMBLOCK; style++) {
		struct km_bootmem_request request = { .size = 64, .node = -1, .align = 48 };
		struct km_profile profile;
		struct km_bootmem boot;
		uint64_t addr;

		begin(&boot, &profile, 64, style);
		ck_assert_uint_eq(km_bootmem_alloc(&boot, &request), KM_BOOTMEM_NONE);
		ck_assert_str_eq(boot.reason, "alignment is not a power of two");
		request.align = 0;
		request.node = 1;
		ck_assert_uint_eq(km_bootmem_alloc(&boot, &request), KM_BOOTMEM_NONE);
		ck_assert_str_eq(boot.reason, "no such node");
		ck_assert_uint_eq(km_alloc_bootmem_node(&boot, UINT32_MAX, 64), KM_BOOTMEM_NONE);
		request.node = 0;
		request.goal = request.limit = PAGE;
		ck_assert_uint_eq(km_bootmem_alloc(&boot, &request), KM_BOOTMEM_NONE);
		ck_assert_str_eq(boot.reason, "goal is not below limit");
		ck_assert_uint_eq(km_alloc_bootmem(&boot, 0), KM_BOOTMEM_NONE);
		ck_assert_str_eq(boot.reason, "a size of 0");
		ck_assert_uint_eq(km_alloc_bootmem(&boot, UINT64_MAX), KM_BOOTMEM_NONE);
		ck_assert_str_eq(boot.reason, "nothing free is large enough");

		addr = km_alloc_bootmem_pages(&boot, 2 * PAGE);
		ck_assert_int_eq(km_free_bootmem(&boot, addr, 3 * PAGE), -ENOENT);
		ck_assert_str_eq(boot.reason, "not given, all of it or a part");
		ck_assert_int_eq(km_free_bootmem(&boot, addr, UINT64_MAX), -ENOENT);
		ck_assert_int_eq(km_free_bootmem(&boot, addr, 0), -EINVAL);
		ck_assert_int_eq(km_free_bootmem(&boot, addr, PAGE), 0);
		ck_assert_int_eq(km_free_bootmem(&boot, addr, 2 * PAGE), -EALREADY);
		ck_assert_str_eq(boot.reason, "freed before, all of it or a part");
		ck_assert_int_eq(km_bootmem_reserve(&boot, 64 * PAGE, PAGE), -ERANGE);
		ck_assert_str_eq(boot.reason, "no RAM of boot memory there");
		ck_assert_int_eq(km_bootmem_reserve(&boot, PAGE, 0), -EINVAL);
		ck_assert_pstr_eq(km_bootmem_is_valid(&boot), NULL);
		km_bootmem_release(&boot);
	}
}
END_TEST

/* The end of a boot: all but what is kept for others is free. */
static void boot_rig(struct rig *rig, struct km_bootmem *boot, const struct km_profile *profile)
{
	struct km_bootmem_stats stats;

	rig_boot(rig, profile);
	km_bootmem_stats(boot, &stats);
	ck_assert_int_eq(km_free_all_bootmem(boot, &rig->pages), 0);
	rig_assert_valid(rig);
	ck_assert_uint_eq(km_pages_nr_free(&rig->pages),
			  stats.free_pages + (stats.own_bytes >> profile->page_shift));
	for (unsigned int i = 0; i < rig->pages.nr_zones; i++)
		ck_assert_uint_eq(rig->pages.zones[i].held_pages, 0);
}

/*
 *   page  0       1        2        3       4 ...  7   8 ... 15
 *         M       AAAAA--- kernel   kernel  free       free
 *   end   free 0  used     used     used    order 2    order 3
 */
START_TEST(the_rest_goes_to_the_buddy_lists)
{
	struct km_bootmem_request request = { .size = PAGE, .node = -1 };
	struct km_profile profile;
	struct km_bootmem boot;
	struct rig rig;

	begin(&boot, &profile, 16, KM_BOOTMEM_BITMAP);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, 2000), PAGE);
	ck_assert_int_eq(km_bootmem_reserve(&boot, 2 * PAGE, 2 * PAGE), 0);
	boot_rig(&rig, &boot, &profile);
	ck_assert_uint_eq(rig.pages.zones[0].free_pages, 13);
	ck_assert_uint_eq(rig.pages.zones[0].free_area[0].nr_free, 1);
	ck_assert_uint_eq(rig.pages.zones[0].free_area[2].nr_free, 1);
	ck_assert_uint_eq(rig.pages.zones[0].free_area[3].nr_free, 1);
	for (uint64_t pfn = 1; pfn < 4; pfn++) {
		ck_assert_int_eq(km_page(&rig.machine, pfn)->state, KM_PAGE_USED);
		ck_assert_int_eq(km_page(&rig.machine, pfn)->owner, KM_OWNER_BOOTMEM);
	}
	/* It is over; and what was kept can be freed like any page (the kernel's init code). */
	ck_assert_uint_eq(km_bootmem_alloc(&boot, &request), KM_BOOTMEM_NONE);
	ck_assert_str_eq(boot.reason, "the page allocator runs: boot memory is over");
	ck_assert_int_eq(km_free_bootmem(&boot, PAGE, 2000), -EPERM);
	ck_assert_int_eq(km_bootmem_reserve(&boot, PAGE, 1), -EPERM);
	ck_assert_int_eq(km_free_all_bootmem(&boot, &rig.pages), -EPERM);
	for (uint64_t pfn = 1; pfn < 4; pfn++)
		ck_assert_int_eq(km_free_pages(&rig.pages, pfn, 0, 0), 0);
	km_drain_all(&rig.pages);
	ck_assert_uint_eq(rig.pages.zones[0].free_area[4].nr_free, 1);
	km_bootmem_release(&boot);
	rig_end(&rig);
}
END_TEST

static uint64_t first_of(const struct rig *rig, unsigned int order)
{
	return rig->pages.zones[0].free_area[order].list[KM_MIGRATE_MOVABLE].head;
}

/*
 *   pages  0     1 ... 7   8 ... 15   16 ... 39   40 ... 47   48 ... 127
 *          M, .  reserved  free       reserved    free        reserved
 *
 * Two blocks of order 3: memblock puts each at the tail and has the lower one first, the
 * bitmap puts each at the head and has the higher one first.
 */
START_TEST(which_block_comes_first)
{
	for (int style = KM_BOOTMEM_BITMAP; style <= KM_BOOTMEM_MEMBLOCK; style++) {
		struct km_profile profile;
		struct km_bootmem boot;
		struct rig rig;

		begin(&boot, &profile, 128, style);
		ck_assert_int_eq(km_bootmem_reserve(&boot, PAGE, 7 * PAGE), 0);
		ck_assert_int_eq(km_bootmem_reserve(&boot, 16 * PAGE, 24 * PAGE), 0);
		ck_assert_int_eq(km_bootmem_reserve(&boot, 48 * PAGE, 80 * PAGE), 0);
		boot_rig(&rig, &boot, &profile);
		ck_assert_uint_eq(rig.pages.zones[0].free_area[3].nr_free, 2);
		ck_assert_uint_eq(first_of(&rig, 3), style == KM_BOOTMEM_MEMBLOCK ? 8 : 40);
		km_bootmem_release(&boot);
		rig_end(&rig);
	}
}
END_TEST

/* Nothing reserved, memblock: what km_pages_free_all() makes, block by block. */
START_TEST(an_empty_boot_is_a_cold_one)
{
	struct km_profile profile;
	struct km_bootmem boot;
	struct rig rig, cold;

	km_profile_init(&profile);
	profile.nr_nodes = 2;
	ck_assert_int_eq(km_profile_set_memory(&profile, 2ull << 30), 0);
	profile.zones[1].managed_pages -= 5000;
	profile.zones[1].deferred_pages = 3000;
	ck_assert_int_eq(km_bootmem_init(&boot, &profile, KM_BOOTMEM_MEMBLOCK), 0);
	boot_rig(&rig, &boot, &profile);
	rig_boot(&cold, &profile);
	ck_assert_int_eq(km_pages_free_all(&cold.pages), 0);
	ck_assert_uint_eq(cold.pages.zones[1].deferred->nr_pages, 3000);
	ck_assert_uint_eq(rig.pages.zones[1].deferred->nr_pages, 3000);
	for (unsigned int i = 0; i < rig.pages.nr_zones; i++)
		for (int order = 0; order < KM_NR_ORDERS; order++)
			ck_assert_uint_eq(rig.pages.zones[i].free_area[order].nr_free,
					  cold.pages.zones[i].free_area[order].nr_free);
	for (int i = 0; i < 3000; i++) {
		uint64_t pfn =
			km_alloc_pages(&rig.pages, KM_GFP_KERNEL, i % 11, 0, i % 2, KM_OWNER_OTHER);

		if (pfn !=
		    km_alloc_pages(&cold.pages, KM_GFP_KERNEL, i % 11, 0, i % 2, KM_OWNER_OTHER))
			ck_abort_msg("request %d differs", i);
	}
	km_bootmem_release(&boot);
	rig_end(&rig);
	rig_end(&cold);
}
END_TEST

/* HighMem: out of the bitmap's reach, free in the end; memblock may keep some of it. */
START_TEST(high_memory)
{
	struct km_profile profile;
	struct km_bootmem boot;
	struct rig rig;

	ck_assert_int_eq(km_profile_builtin("x86-32-1g", &profile), 0);
	ck_assert_int_eq(km_bootmem_init(&boot, &profile, KM_BOOTMEM_BITMAP), 0);
	ck_assert_int_eq(km_bootmem_reserve(&boot, 900 * MIB, MIB), -ERANGE);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, MIB), 16 * MIB);
	boot_rig(&rig, &boot, &profile);
	ck_assert_uint_eq(rig.pages.zones[2].free_pages, 128 * MIB / PAGE);
	km_bootmem_release(&boot);
	rig_end(&rig);

	ck_assert_int_eq(km_bootmem_init(&boot, &profile, KM_BOOTMEM_MEMBLOCK), 0);
	ck_assert_int_eq(km_bootmem_reserve(&boot, 895 * MIB, 2 * MIB), 0);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, MIB), 894 * MIB);
	boot_rig(&rig, &boot, &profile);
	ck_assert_uint_eq(rig.pages.zones[2].free_pages, 127 * MIB / PAGE);
	km_bootmem_release(&boot);
	rig_end(&rig);
}
END_TEST

/*
 *   0 ─ 1 MiB ─────── node 0 ─────── 3 GiB (hole) 4 GiB ─────── node 1 ─────── 7 GiB
 *   not managed
 *
 * A node's own memory first, then any; the hole and what is not managed are nobody's.
 */
START_TEST(nodes_holes_and_the_unmanaged)
{
	struct km_profile profile;
	struct km_bootmem boot;

	km_profile_init(&profile);
	profile.nr_nodes = 2;
	ck_assert_int_eq(km_profile_set_memory(&profile, 6ull << 30), 0);
	profile.zones[0].managed_pages -= 256; /* the first megabyte */
	for (int style = KM_BOOTMEM_BITMAP; style <= KM_BOOTMEM_MEMBLOCK; style++) {
		const uint64_t gib = 1ull << 30;
		uint64_t addr;
		struct rig rig;

		ck_assert_int_eq(km_bootmem_init(&boot, &profile, style), 0);
		ck_assert_int_eq(km_bootmem_reserve(&boot, 0, MIB), -ERANGE);
		ck_assert_int_eq(km_bootmem_reserve(&boot, 3 * gib, gib), -ERANGE);
		ck_assert_int_eq(km_bootmem_reserve(&boot, 0, 2 * MIB), 0);
		ck_assert_uint_eq(km_regions_bytes(&boot.given), MIB);
		addr = km_alloc_bootmem_node(&boot, 1, 4000);
		ck_assert_uint_eq(addr, style == KM_BOOTMEM_BITMAP ? 4 * gib + 3 * gib / PAGE / 8
								   : 7 * gib - 4032);
		addr = km_alloc_bootmem_node(&boot, 0, 4000);
		ck_assert_uint_eq(addr, style == KM_BOOTMEM_BITMAP ? 16 * MIB : 3 * gib - 4032);
		addr = km_alloc_bootmem_node(&boot, 1, 3 * gib);
		ck_assert_uint_eq(addr, KM_BOOTMEM_NONE);
		addr = km_alloc_bootmem_node(&boot, 1, 3 * gib - MIB);
		ck_assert_uint_ge(addr, 4 * gib);
		addr = km_alloc_bootmem_node(&boot, 1, 2 * gib);
		ck_assert_uint_le(addr, gib);
		boot_rig(&rig, &boot, &profile);
		km_bootmem_release(&boot);
		rig_end(&rig);
	}
}
END_TEST

START_TEST(not_those_pages)
{
	struct km_profile profile, other;
	struct km_bootmem boot;
	struct rig rig;

	begin(&boot, &profile, 64, KM_BOOTMEM_MEMBLOCK);
	rig_small_profile(&other, 32);
	rig_boot(&rig, &other);
	ck_assert_int_eq(km_free_all_bootmem(&boot, &rig.pages), -EINVAL);
	ck_assert_str_eq(boot.reason, "the zones are of another machine, or in use");
	rig_end(&rig);
	rig_boot(&rig, &profile);
	ck_assert_int_eq(km_pages_free_all(&rig.pages), 0);
	ck_assert_int_eq(km_free_all_bootmem(&boot, &rig.pages), -EINVAL);
	rig_end(&rig);
	km_bootmem_release(&boot);

	profile.nr_zones = 0;
	ck_assert_int_eq(km_bootmem_init(&boot, &profile, KM_BOOTMEM_BITMAP), -EINVAL);
}
END_TEST

START_TEST(broken_state_is_found)
{
	struct km_profile profile;
	struct km_bootmem boot;

	begin(&boot, &profile, 64, KM_BOOTMEM_BITMAP);
	ck_assert_uint_eq(km_alloc_bootmem_pages(&boot, PAGE), PAGE);
	boot.nodes[0].map[0] &= ~2ull;
	ck_assert_pstr_eq(km_bootmem_is_valid(&boot),
			  "given bytes lie in a free page, or in no RAM");
	boot.nodes[0].map[0] = 2;
	ck_assert_pstr_eq(km_bootmem_is_valid(&boot), "boot memory's own pages are free");
	boot.nodes[0].map[0] = 3;
	ck_assert_int_eq(km_regions_add(&boot.freed, PAGE, PAGE + 1), 0);
	ck_assert_pstr_eq(km_bootmem_is_valid(&boot), "bytes are given and freed");
	boot.freed.nr = 0;
	ck_assert_int_eq(km_regions_add(&boot.freed, 0, 1), 0);
	ck_assert_pstr_eq(km_bootmem_is_valid(&boot), "bytes are freed, and boot memory's own");
	boot.freed.nr = 0;
	ck_assert_int_eq(km_regions_add(&boot.own, PAGE, PAGE + 1), 0);
	ck_assert_pstr_eq(km_bootmem_is_valid(&boot), "bytes are given, and boot memory's own");
	km_bootmem_release(&boot);

	begin(&boot, &profile, 64, KM_BOOTMEM_MEMBLOCK);
	ck_assert_uint_eq(km_alloc_bootmem(&boot, 64), 64 * PAGE - 64);
	boot.max_reserved = 0;
	ck_assert_pstr_eq(km_bootmem_is_valid(&boot), "more regions than the array holds");
	boot.max_reserved = 128;
	boot.reserved.list[0].start--;
	ck_assert_pstr_eq(km_bootmem_is_valid(&boot),
			  "reserved regions are not those given and its own");
	km_bootmem_release(&boot);
}
END_TEST

/* The ledger is full, and there is no memory for a larger one: what was found stays free. */
static inline void refuse_our_memory(enum km_bootmem_style style, uint64_t kept)
{
	const uint64_t nr_entries = 1 << 20, above = 1ull << 46;
	struct rlimit before, none = { 0 };
	struct km_profile profile;
	struct km_bootmem boot;
	uint64_t addr;

	begin(&boot, &profile, 64, style);
	ck_assert_uint_ne(km_alloc_bootmem_pages(&boot, PAGE), KM_BOOTMEM_NONE);
	for (uint64_t at = above; boot.given.nr < nr_entries; at += 2)
		km_regions_add(&boot.given, at, at + 1);
	ck_assert_uint_eq(boot.given.nr, boot.given.capacity);

	ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
	none.rlim_max = before.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
	addr = km_alloc_bootmem_pages(&boot, PAGE);
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &before), 0);
	ck_assert(addr == KM_BOOTMEM_NONE);
	ck_assert_str_eq(boot.reason, "out of memory");

	ck_assert_int_eq(km_regions_del(&boot.given, above, UINT64_MAX), 0);
	assert_stats(&boot, kept, PAGE, 0, 0);
	km_bootmem_release(&boot);
}

START_TEST(without_our_memory_nothing_is_lost)
{
#ifndef __SANITIZE_ADDRESS__ /* which ends the program when it gets no memory */
	refuse_our_memory(KM_BOOTMEM_BITMAP, 2);
	refuse_our_memory(KM_BOOTMEM_MEMBLOCK, 1);
#endif
}
END_TEST

RUN_SUITE("page/bootmem", bitmap_packs_small_requests, bitmap_does_not_take_partial_pages,
	  reservations_round_outward, bitmap_looks_before_it_packs, bitmap_goals_and_limits,
	  memblock_goes_down, memblock_takes_bytes, memblock_doubles_its_array,
	  wrong_calls_are_explained, the_rest_goes_to_the_buddy_lists, which_block_comes_first,
	  an_empty_boot_is_a_cold_one, high_memory, nodes_holes_and_the_unmanaged, not_those_pages,
	  broken_state_is_found, without_our_memory_nothing_is_lost)
