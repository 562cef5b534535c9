/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "tests/unit/core/vm/bed.h"

#define NR_SLOTS 1500

struct load {
	uint64_t addr[NR_SLOTS], bytes[NR_SLOTS];
	uint64_t nr_allocs, nr_refused, checksum;
};

/* Asked without ck_assert(), which costs a message to its runner each time. */
static void assert_disjoint(const struct load *load, uint64_t addr, uint64_t bytes)
{
	for (unsigned int i = 0; i < NR_SLOTS; i++) {
		if (load->addr[i] && addr + bytes > load->addr[i] &&
		    load->addr[i] + load->bytes[i] > addr)
			ck_abort_msg("%#llx overlaps %#llx", (unsigned long long)addr,
				     (unsigned long long)load->addr[i]);
	}
}

static void run(struct bed *bed, struct load *load, uint32_t *seed, unsigned int steps)
{
	static const unsigned int flags[] = { KM_AREA_PAGES, KM_AREA_PAGES, KM_AREA_MAP,
					      KM_AREA_NO_GUARD };

	for (unsigned int step = 0; step < steps; step++) {
		unsigned int i = bed_random(seed) % NR_SLOTS, kind = bed_random(seed) % 5;
		uint64_t bytes = (2 + bed_random(seed) % (step % 40 ? 100 : 400)) * PAGE;
		uint64_t align = bed_random(seed) % 4 ? 1 : PAGE << bed_random(seed) % 5;

		if (load->addr[i]) {
			ck_assert_uint_eq(km_vm_area_bytes(bed->vm, load->addr[i]), load->bytes[i]);
			ck_assert_int_eq(km_vm_free(bed->vm, load->addr[i], 0), 0);
			load->addr[i] = 0;
			continue;
		}
		load->addr[i] = kind == 4 ? km_vm_alloc_top(bed->vm, bytes, align)
					  : km_vm_alloc(bed->vm, bytes, align, flags[kind],
							KM_GFP_KERNEL, 0, -1);
		load->checksum = load->checksum * 31 + load->addr[i];
		if (!load->addr[i]) {
			load->nr_refused++;
			continue;
		}
		load->bytes[i] = bytes;
		load->nr_allocs++;
		ck_assert_uint_eq(load->addr[i] % (align > PAGE ? align : PAGE), 0);
		/* Not against itself. */
		bytes = load->addr[i];
		load->addr[i] = 0;
		assert_disjoint(load, bytes, load->bytes[i]);
		load->addr[i] = bytes;
		if (step % 1024 == 0)
			bed_check(bed);
	}
}

static void free_all(struct bed *bed, struct load *load)
{
	for (unsigned int i = 0; i < NR_SLOTS; i++) {
		if (load->addr[i])
			ck_assert_int_eq(km_vm_free(bed->vm, load->addr[i], 0), 0);
		load->addr[i] = 0;
	}
}

/* On every machine: plenty of everything; 112 MiB of addresses; 64 MiB of memory. */
START_TEST(random_load_conserves_pages_and_addresses)
{
	static const char *const machines[] = { "x86-64-4g", "x86-32-4g-pae", "x86-32-64m",
						"x86-64-2node" };
	static struct load load;

	for (unsigned int m = 0; m < 4; m++) {
		struct km_vm_info info;
		struct bed bed;
		uint64_t before;
		uint32_t seed = 42 + m;

		memset(&load, 0, sizeof(load));
		bed_up(&bed, machines[m], BED_FREE);
		before = bed_nr_free(&bed);
		run(&bed, &load, &seed, 20000);
		ck_assert_uint_gt(load.nr_allocs, 5000);
		free_all(&bed, &load);
		info = bed_info(&bed);
		ck_assert_uint_eq(info.nr_areas + info.bytes + info.guard_bytes + info.nr_pages, 0);
		ck_assert_uint_eq(info.top_bytes, 0);
		ck_assert_uint_eq(info.nr_failures, load.nr_refused);
		ck_assert_uint_eq(bed_nr_free(&bed), before - info.nr_page_tables);
		ck_assert_uint_eq(bed.vm->holes.free_bytes + info.lazy_bytes,
				  bed.vm->end - bed.vm->start);
		bed_down(&bed);
		if (m == 1 || m == 2)
			ck_assert_uint_gt(load.nr_refused, 20);
		else
			ck_assert_uint_eq(load.nr_refused, 0);
	}
}
END_TEST

START_TEST(the_same_load_gives_the_same_addresses)
{
	static struct load load;
	uint64_t checksum[2];

	for (unsigned int i = 0; i < 2; i++) {
		struct bed bed;
		uint32_t seed = 7;

		memset(&load, 0, sizeof(load));
		bed_up(&bed, "x86-32-1g", BED_FREE);
		run(&bed, &load, &seed, 8000);
		checksum[i] = load.checksum;
		bed_down(&bed);
	}
	ck_assert_uint_eq(checksum[0], checksum[1]);
}
END_TEST

static void expect(const struct bed *bed, const char *complaint)
{
	char buf[256];
	const char *broken = km_vm_is_valid(bed->vm, buf, sizeof(buf));

	ck_assert_ptr_nonnull(broken);
	ck_assert_str_eq(broken, complaint);
}

/*
 *   |a: 4+g|b: 2+g|c: 1+g|  hole
 *   0      5      8      10
 *
 * Break one thing at a time, expect its complaint, mend it.
 */
START_TEST(corruption_of_areas_is_named)
{
	struct km_area *a, *b;
	struct page *page;
	struct bed bed;
	uint32_t pfn;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	a = km_area_map_find(&bed.vm->live, bed_vmalloc(&bed, 4));
	b = km_area_map_find(&bed.vm->live, bed_vmalloc(&bed, 2));
	bed_vmalloc(&bed, 1);
	bed_check(&bed);

	b->addr -= PAGE;
	expect(&bed, "vm: area 0xffffc90000004000: is not found by its address");
	b->addr += PAGE;
	a->flags = KM_AREA_MAP;
	a->bytes += PAGE;
	expect(&bed, "vm: area 0xffffc90000005000: overlaps the area below");
	a->bytes -= 2 * PAGE;
	expect(&bed, "vm: 0xffffc90000004000 to 0xffffc90000005000 is neither area nor one hole");
	a->bytes += PAGE;
	a->flags = KM_AREA_PAGES;
	a->nr_pages--;
	expect(&bed, "vm: area 0xffffc90000000000: has not a page for each of its own");
	a->nr_pages++;
	pfn = a->pfns[3];
	a->pfns[3] = UINT32_MAX;
	expect(&bed, "vm: area 0xffffc90000000000: has a page outside memory");
	a->pfns[3] = pfn;
	page = km_page(&bed.machine, pfn);
	page->owner = KM_OWNER_SLAB;
	expect(&bed, "vm: area 0xffffc90000000000: has a page that is not a used one of its own");
	page->owner = KM_OWNER_VMALLOC;
	bed_down(&bed);
}
END_TEST

START_TEST(corruption_of_counts_is_named)
{
	struct km_vm_info *info;
	struct bed bed;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	bed_vmalloc(&bed, 4);
	km_vm_free(bed.vm, bed_vmalloc(&bed, 2), 0);
	info = &bed.vm->info;
	info->nr_areas++;
	expect(&bed, "vm: nr_areas is 2, found 1");
	info->nr_areas--;
	info->bytes += PAGE;
	expect(&bed, "vm: bytes is 24576, found 20480");
	info->bytes -= PAGE;
	info->guard_bytes = 0;
	expect(&bed, "vm: guard_bytes is 0, found 4096");
	info->guard_bytes = PAGE;
	info->nr_pages--;
	expect(&bed, "vm: nr_pages is 3, found 4");
	info->nr_pages++;
	info->lazy_bytes = 0;
	expect(&bed, "vm: lazy_bytes is 0, found 12288");
	info->lazy_bytes = 3 * PAGE;
	bed.vm->lazy_max_pages = 2;
	expect(&bed, "vm: lazy_bytes is 12288, limit 2 pages");
	bed.vm->lazy_max_pages = 3;
	info->top_bytes = 1;
	expect(&bed, "vm: top_bytes is 1, found 0");
	info->top_bytes = 0;
	bed.vm->preexisting.nr = 1;
	expect(&bed, "vm: nr_preexisting is 1, found 0");
	bed.vm->preexisting.nr = 0;
	bed_down(&bed);
}
END_TEST

/*
 *   |x.y.z|  hole      holes at page 1 and 3, and behind z
 */
START_TEST(corruption_of_holes_and_tables_is_named)
{
	struct km_area_tree *tree;
	struct km_hole *hole;
	struct page *page;
	struct bed bed;
	uint64_t addr[5];

	bed_up(&bed, "x86-64-4g", BED_FREE);
	tree = &bed.vm->holes;
	for (unsigned int i = 0; i < 5; i++)
		addr[i] = bed_reserve(&bed, PAGE, 0);
	bed.vm->lazy_max_pages = 0;
	km_vm_free(bed.vm, addr[1], 0);
	km_vm_free(bed.vm, addr[3], 0);
	ck_assert_uint_eq(tree->nr_holes, 3);
	bed_check(&bed);

	hole = (struct km_hole *)km_area_tree_next(tree, addr[1]);
	ck_assert_uint_eq(hole->start, addr[1]);
	hole->bytes += PAGE;
	expect(&bed, "vm: hole 0xffffc90000003000: hole touches or overlaps the one below");
	hole->bytes -= PAGE;
	hole->bytes = 0;
	expect(&bed, "vm: hole 0xffffc90000001000: hole is empty or not of whole pages");
	hole->bytes = PAGE;
	tree->free_bytes += PAGE;
	expect(&bed, "vm: 3 holes of 35184372076544 bytes, counted 3 of 35184372080640");
	tree->free_bytes -= PAGE;
	hole = &tree->holes[tree->root];
	hole->max_bytes++;
	ck_assert_ptr_nonnull(strstr(km_vm_is_valid(bed.vm, (char[256]){ "" }, 256),
				     ": largest below is 35184372068352 bytes, not "
				     "35184372068353"));
	hole->max_bytes--;
	hole->priority = 0;
	ck_assert_ptr_nonnull(strstr(km_vm_is_valid(bed.vm, (char[256]){ "" }, 256),
				     "hole has a child of higher priority"));
	hole->priority = UINT32_MAX;

	ck_assert_int_eq(km_vm_map(bed.vm, addr[0], PAGE, KM_MAP_ALLOC, 0), 0);
	ck_assert_uint_eq(bed.vm->pgtable.nr_tables, 3);
	page = km_page(&bed.machine, bed.vm->pgtable.tables[0].pfn);
	page->owner = KM_OWNER_SLAB;
	ck_assert_ptr_nonnull(strstr(km_vm_is_valid(bed.vm, (char[256]){ "" }, 256),
				     " is not a used page-table page"));
	page->owner = KM_OWNER_PAGE_TABLE;
	bed.vm->pgtable.tables[1].key += 4;
	ck_assert_ptr_nonnull(
		strstr(km_vm_is_valid(bed.vm, (char[256]){ "" }, 256), " is not in the index"));
	bed.vm->pgtable.tables[1].key -= 4;
	bed_down(&bed);
}
END_TEST

/*
 * Mapping 1 GiB needs 512 PTE tables and more; on a machine that runs out half way all go
 * back, and the tables of before are still found.
 */
START_TEST(a_map_that_fails_half_way_is_undone)
{
	struct km_profile profile;
	uint64_t pfn, last[300], nr = 0, nr_free;
	struct bed bed;

	km_profile_init(&profile);
	ck_assert_int_eq(km_profile_set_memory(&profile, MIB(64)), 0);
	bed_up_on(&bed, &profile, BED_FREE);
	ck_assert_int_eq(km_vm_map(bed.vm, bed.start + MIB(64), MIB(64), KM_MAP_ALLOC, 0), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_page_tables, 2 + 32);
	while ((pfn = km_alloc_pages(&bed.pages, KM_GFP_KERNEL, 0, 0, -1, KM_OWNER_OTHER)) !=
	       KM_NO_PFN)
		last[nr++ % 300] = pfn;
	for (unsigned int i = 0; i < 300; i++)
		ck_assert_int_eq(km_free_pages(&bed.pages, last[i], 0, 0), 0);
	nr_free = bed_nr_free(&bed);
	ck_assert_int_eq(km_vm_map(bed.vm, bed.start, GIB(1), KM_MAP_ALLOC, 0), -ENOMEM);
	ck_assert_uint_eq(bed_info(&bed).nr_page_tables, 2 + 32);
	ck_assert_uint_eq(bed_nr_free(&bed), nr_free);
	bed_check(&bed);
	ck_assert_int_eq(km_vm_map(bed.vm, bed.start, MIB(512), KM_MAP_ALLOC, 0), 0);
	ck_assert_uint_eq(bed_info(&bed).nr_page_tables, 2 + 256);
	bed_down(&bed);
}
END_TEST

RUN_SUITE("core/vm/random", random_load_conserves_pages_and_addresses,
	  the_same_load_gives_the_same_addresses, corruption_of_areas_is_named,
	  corruption_of_counts_is_named, corruption_of_holes_and_tables_is_named,
	  a_map_that_fails_half_way_is_undone)
