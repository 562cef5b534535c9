/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "tests/unit/core/percpu/bed.h"

#define NR_SLOTS 3000

struct load {
	uint64_t addr[NR_SLOTS], size[NR_SLOTS];
	uint64_t nr_allocs, nr_refused, checksum;
};

/* Asked without ck_assert(), which costs a message to its runner each time. */
static void assert_disjoint(const struct load *load, uint64_t addr, uint64_t size)
{
	for (unsigned int i = 0; i < NR_SLOTS; i++) {
		if (load->addr[i] && addr + size > load->addr[i] &&
		    load->addr[i] + load->size[i] > addr)
			ck_abort_msg("%#llx overlaps %#llx", (unsigned long long)addr,
				     (unsigned long long)load->addr[i]);
	}
}

/* steps of frees and allocations of all sizes and contexts; share: of 100, allocate. */
static void run(struct bed *bed, struct load *load, uint32_t *seed, unsigned int steps,
		unsigned int share)
{
	for (unsigned int step = 0; step < steps; step++) {
		unsigned int i = bed_random(seed) % NR_SLOTS;
		uint64_t size = 1 + bed_random(seed) % (bed_random(seed) % 32 ? 200 : 32768);
		uint64_t align = UINT64_C(1) << bed_random(seed) % 13;
		km_gfp gfp = bed_random(seed) % 3 ? KM_GFP_KERNEL : KM_GFP_ATOMIC;
		bool allocate = bed_random(seed) % 100 < share;

		if (load->addr[i] && !allocate) {
			bed_free(bed, load->addr[i]);
			load->addr[i] = 0;
		} else if (!load->addr[i] && allocate) {
			uint64_t addr = km_percpu_alloc(bed->percpu, size, align, gfp,
							step % bed->machine.nr_cpus);

			if (!addr) {
				ck_assert_uint_eq(gfp, KM_GFP_ATOMIC);
				load->nr_refused++;
				continue;
			}
			ck_assert_uint_eq(addr % align, 0);
			assert_disjoint(load, addr, size);
			load->addr[i] = addr;
			load->size[i] = size;
			load->nr_allocs++;
			load->checksum = load->checksum * 31 + addr;
		}
		if (step % 2048 == 0)
			bed_check(bed);
	}
}

static void free_all(struct bed *bed, struct load *load)
{
	for (unsigned int i = 0; i < NR_SLOTS; i++) {
		if (load->addr[i])
			bed_free(bed, load->addr[i]);
		load->addr[i] = 0;
	}
}

/* Grow, churn, shrink; at the end every page is free, in a chunk, or a page table. */
START_TEST(random_load_conserves_pages)
{
	static struct load load;
	struct km_percpu_info info;
	struct km_vm_info vm;
	struct bed bed;
	uint64_t before;
	uint32_t seed = 2024;

	memset(&load, 0, sizeof(load));
	bed_up(&bed, "x86-64-4g", BED_FREE);
	before = bed_nr_free(&bed) + bed_info(&bed).populated_pages;
	run(&bed, &load, &seed, 20000, 90);
	run(&bed, &load, &seed, 20000, 50);
	run(&bed, &load, &seed, 20000, 10);
	free_all(&bed, &load);
	bed_check(&bed);
	info = bed_info(&bed);
	km_vm_get_info(bed.vm, &vm);
	ck_assert_uint_eq(info.nr_allocs + info.bytes_inuse, 0);
	ck_assert_uint_eq(bed_nr_free(&bed), before - info.populated_pages - vm.nr_page_tables);
	/* Of the free chunks one is kept. */
	ck_assert_uint_le(info.nr_chunks, 2 + 1);
	ck_assert_uint_gt(load.nr_allocs, 9000);
	ck_assert_uint_gt(load.nr_refused, 20);
	bed_down(&bed);
}
END_TEST

START_TEST(the_same_load_gives_the_same_addresses)
{
	static struct load load;
	uint64_t checksum[2];

	for (unsigned int i = 0; i < 2; i++) {
		uint32_t seed = 99;
		struct bed bed;

		memset(&load, 0, sizeof(load));
		bed_up(&bed, "x86-32-1g", BED_FREE);
		run(&bed, &load, &seed, 10000, 70);
		checksum[i] = load.checksum;
		bed_down(&bed);
	}
	ck_assert_uint_eq(checksum[0], checksum[1]);
	ck_assert_uint_ne(checksum[0], 0);
}
END_TEST

/* The same with memory that runs out now and then. */
START_TEST(random_load_on_a_machine_that_is_full)
{
	static struct load load;
	static uint64_t taken[16384];
	uint64_t nr = 0, pfn, refused = 0;
	uint32_t seed = 5;
	struct bed bed;

	memset(&load, 0, sizeof(load));
	bed_up(&bed, "x86-32-64m", BED_FREE);
	while ((pfn = km_alloc_pages(&bed.pages, KM_GFP_KERNEL, 0, 0, -1, KM_OWNER_OTHER)) !=
	       KM_NO_PFN)
		taken[nr++] = pfn;
	for (unsigned int step = 0; step < 20000; step++) {
		unsigned int i = bed_random(&seed) % NR_SLOTS;

		if (step % 100 == 0 && nr)
			km_free_pages(&bed.pages, taken[--nr], 0, 0);
		if (load.addr[i]) {
			if (bed_random(&seed) % 3 == 0) {
				bed_free(&bed, load.addr[i]);
				load.addr[i] = 0;
			}
			continue;
		}
		load.addr[i] = bed_alloc(&bed, 1 + bed_random(&seed) % 6000, 4);
		refused += !load.addr[i];
		if (step % 1024 == 0)
			bed_check(&bed);
	}
	ck_assert_uint_gt(refused, 100);
	ck_assert_uint_eq(bed_info(&bed).nr_failures, refused);
	free_all(&bed, &load);
	bed_down(&bed);
}
END_TEST

static void expect(struct bed *bed, const char *complaint)
{
	char buf[256];
	const char *broken = km_percpu_is_valid(bed->percpu, buf, sizeof(buf));

	ck_assert_ptr_nonnull(broken);
	ck_assert_msg(strstr(broken, complaint), "'%s' is not in '%s'", complaint, broken);
}

/* Break one thing at a time, expect its complaint, mend it. */
START_TEST(corruption_is_named)
{
	struct bed bed;
	struct km_chunk *chunk;
	struct page *page;
	uint32_t pfn;

	bed_up(&bed, "x86-64-4g", BED_FREE);
	bed_alloc(&bed, 40, 8);
	chunk = km_percpu_find_chunk(bed.percpu, bed_alloc(&bed, KIB(32), 4));
	ck_assert_uint_eq(chunk->base, bed.top);
	bed_check(&bed);

	chunk->free_bits++;
	expect(&bed, "percpu: chunk 0xffffe8ffffe00000: miscounts its free bits");
	chunk->free_bits--;
	km_bit_clear(chunk->bound_map, 0);
	expect(&bed, "chunk 0xffffe8ffffe00000: has an allocation without a start");
	km_bit_set(chunk->bound_map, 0);
	km_bit_clear(chunk->bound_map, 8192);
	expect(&bed, "chunk 0xffffe8ffffe00000: has an allocation without an end");
	km_bit_set(chunk->bound_map, 8192);
	chunk->spans[1].best--;
	expect(&bed, "chunk 0xffffe8ffffe00000: has free runs that its map has not");
	chunk->spans[1].best++;
	km_bit_clear(chunk->populated, 3);
	expect(&bed, "chunk 0xffffe8ffffe00000: allocates from a page that is not populated");
	km_bit_set(chunk->populated, 3);
	chunk->nr_empty_pop++;
	expect(&bed, "chunk 0xffffe8ffffe00000: miscounts its populated or empty pages");
	chunk->nr_empty_pop--;
	pfn = chunk->pfns[5];
	chunk->pfns[5] = UINT32_MAX;
	expect(&bed, "chunk 0xffffe8ffffe00000: has a page outside memory");
	chunk->pfns[5] = pfn;
	page = km_page(&bed.machine, pfn);
	page->owner = KM_OWNER_SLAB;
	expect(&bed, "chunk 0xffffe8ffffe00000: has a page that is not a used one of its own");
	page->owner = KM_OWNER_PERCPU;
	km_percpu_move(bed.percpu, chunk, 7, KM_LIST_BACK);
	expect(&bed, "chunk 0xffffe8ffffe00000: is on the list of another slot");
	km_percpu_move(bed.percpu, chunk, km_percpu_slot(bed.percpu, chunk), KM_LIST_BACK);
	bed.percpu->nr_allocs++;
	expect(&bed, "percpu: nr_allocs is 3, found 2");
	bed.percpu->nr_allocs--;
	bed.percpu->bits_inuse--;
	expect(&bed, "percpu: bits_inuse is 8201, found 8202");
	bed.percpu->bits_inuse++;
	bed.percpu->nr_populated++;
	expect(&bed, "percpu: nr_populated is 66, found 65");
	bed.percpu->nr_populated--;
	bed.percpu->free_populated_bits++;
	expect(&bed, "percpu: free_populated_bits is 7159, found 7158");
	bed.percpu->free_populated_bits--;
	bed.percpu->nr_empty_pop--;
	expect(&bed, "percpu: nr_empty_pop is 5, found 6");
	bed.percpu->nr_empty_pop++;
	bed_down(&bed);
}
END_TEST

RUN_SUITE("core/percpu/random", random_load_conserves_pages, the_same_load_gives_the_same_addresses,
	  random_load_on_a_machine_that_is_full, corruption_is_named)
