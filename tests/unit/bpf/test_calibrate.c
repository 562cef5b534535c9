/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Conclusions from made-up events of the collector itself.
 *
 * The machine:  struct page of pfn n at VMEMMAP + n * 64, its memory at DIRECT + n * 4096.
 */
#include "tests/unit/suite.h"

#include <dirent.h>
#include <linux/types.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "bpf/calibrate.h"
#include "bpf/kcore.h"
#include "tracefmt/event.h"

#define VMEMMAP 0xffffea0000000000ull
#define DIRECT 0xffff888000000000ull
#define PAGE_STRUCT 64ull
#define MAX_EVENTS 2048

struct bed {
	struct kc_calibration cal;
	struct kc_probe probe;
	struct kc_own_events own;
	struct kc_own_event events[MAX_EVENTS];
	uint64_t now_ns;
};

static struct bed *bed_new(void)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	ck_assert_ptr_nonnull(bed);
	bed->own.events = bed->events;
	bed->own.room = MAX_EVENTS;
	bed->cal.page_struct_bytes = PAGE_STRUCT;
	/* Whatever was there before must not survive. */
	bed->cal.has_vmemmap = bed->cal.has_page_offset = true;
	bed->cal.has_preempt = bed->cal.preempt_is_counted = true;
	bed->now_ns = 1000;
	return bed;
}

static void run(struct bed *bed)
{
	kc_calibrate(&bed->cal, &bed->probe, &bed->own);
}

static struct kc_own_event *add(struct bed *bed, unsigned int kind, uint64_t addr)
{
	struct kc_own_event *ev = &bed->events[bed->own.nr];

	ck_assert_uint_lt(bed->own.nr, MAX_EVENTS);
	bed->own.nr++;
	*ev = (struct kc_own_event){
		.ts_ns = bed->now_ns++, .kind = (uint8_t)kind, .addr = addr, .preempt = 1
	};
	return ev;
}

static void add_page(struct bed *bed, uint64_t vmemmap, uint64_t pfn)
{
	add(bed, TF_PAGE_ALLOC, vmemmap + pfn * PAGE_STRUCT);
}

/* One of our own pages, seen in pagemap too.  No two differ by as much as another two. */
static uint64_t nth_pfn(unsigned int n)
{
	return 0x12000 + (uint64_t)n * n * 3 + n;
}

static void add_known_page(struct bed *bed, uint64_t vmemmap, unsigned int n)
{
	add_page(bed, vmemmap, nth_pfn(n));
	bed->probe.pfns[bed->probe.nr_pfns++] = nth_pfn(n);
}

/* A page block and the kmalloc that asked for it. */
static void add_large_kmalloc(struct bed *bed, uint64_t direct, uint64_t pfn, uint64_t bytes)
{
	add(bed, TF_PAGE_ALLOC, VMEMMAP + pfn * PAGE_STRUCT)->order = 2;
	add(bed, TF_KMALLOC, direct + pfn * 4096)->bytes_alloc = bytes;
}

static void add_kmallocs(struct bed *bed, unsigned int nr, uint32_t preempt)
{
	while (nr--)
		add(bed, TF_KMALLOC, DIRECT + bed->now_ns * 64)->preempt = preempt;
}

START_TEST(test_everything_agrees)
{
	struct bed *bed = bed_new();

	for (unsigned int n = 0; n < 256; n++) {
		add(bed, TF_CACHE_ALLOC, DIRECT + n * 192);
		add_known_page(bed, VMEMMAP, n);
		/* Two pages of others by the same task, a page table and a failure. */
		if (n % 50 == 9)
			add_page(bed, VMEMMAP, 0x90000 + n);
		if (n % 100 == 7)
			add(bed, TF_PAGE_ALLOC, 0);
	}
	for (unsigned int i = 0; i < 16; i++)
		add_large_kmalloc(bed, DIRECT, 0x4000 + i * 4, i & 1 ? 32768 : 16384);
	run(bed);
	ck_assert(bed->cal.has_vmemmap);
	ck_assert_uint_eq(bed->cal.vmemmap_base, VMEMMAP);
	ck_assert(bed->cal.has_page_offset);
	ck_assert_uint_eq(bed->cal.page_offset_base, DIRECT);
	ck_assert(bed->cal.has_preempt);
	ck_assert(bed->cal.preempt_is_counted);
	ck_assert_uint_eq(bed->cal.preempt_offset, 1);
	ck_assert_uint_eq(bed->cal.page_struct_bytes, PAGE_STRUCT);
	free(bed);
}
END_TEST

/*
 * Memory that was just freed in large blocks: pages come one behind the other, up or
 * down, so that matching each with its neighbour's pfn is as consistent as the truth.
 */
START_TEST(test_pages_in_a_row)
{
	for (unsigned int way = 0; way < 2; way++) {
		struct bed *bed = bed_new();

		/* page tables and the like, from the same block */
		for (unsigned int n = 0; n < 5; n++)
			add_page(bed, VMEMMAP, way ? 0x12105 - n : 0x11ffb + n);
		for (unsigned int n = 0; n < 256; n++) {
			uint64_t pfn = way ? 0x12100 - n : 0x12000 + n;

			add_page(bed, VMEMMAP, pfn);
			bed->probe.pfns[bed->probe.nr_pfns++] = pfn;
		}
		run(bed);
		ck_assert(bed->cal.has_vmemmap);
		ck_assert_uint_eq(bed->cal.vmemmap_base, VMEMMAP);
		free(bed);
	}
}
END_TEST

/* Page events come by one ring, kmallocs by another: only their times tell the order. */
START_TEST(test_events_out_of_order)
{
	struct bed *bed = bed_new();

	for (unsigned int n = 0; n < 64; n++)
		add_known_page(bed, VMEMMAP, n);
	for (unsigned int i = 0; i < 16; i++)
		add_large_kmalloc(bed, DIRECT, 0x4000 + i * 4, 16384);
	for (uint32_t i = 0; i < bed->own.nr / 2; i++) {
		uint32_t other = (i * 37 + 11) % bed->own.nr;
		struct kc_own_event swap = bed->events[i];

		bed->events[i] = bed->events[other];
		bed->events[other] = swap;
	}
	run(bed);
	ck_assert(bed->cal.has_vmemmap && bed->cal.has_page_offset);
	ck_assert_uint_eq(bed->cal.vmemmap_base, VMEMMAP);
	ck_assert_uint_eq(bed->cal.page_offset_base, DIRECT);
	free(bed);
}
END_TEST

START_TEST(test_page_witnesses_disagree)
{
	struct bed *bed = bed_new();

	for (unsigned int n = 0; n < 128; n++)
		add_known_page(bed, n & 1 ? VMEMMAP : VMEMMAP + 0x40000000, n);
	run(bed);
	ck_assert(!bed->cal.has_vmemmap);
	ck_assert(!bed->cal.has_page_offset);
	free(bed);

	/* Two thirds against one third is enough, less is not. */
	bed = bed_new();
	for (unsigned int n = 0; n < 120; n++)
		add_known_page(bed, n % 3 ? VMEMMAP : VMEMMAP + 0x40000000, n);
	run(bed);
	ck_assert(bed->cal.has_vmemmap);
	ck_assert_uint_eq(bed->cal.vmemmap_base, VMEMMAP);
	free(bed);

	bed = bed_new();
	for (unsigned int n = 0; n < 120; n++)
		add_known_page(bed, n % 5 >= 2 ? VMEMMAP : VMEMMAP + 0x40000000, n);
	run(bed);
	ck_assert(!bed->cal.has_vmemmap);
	free(bed);
}
END_TEST

START_TEST(test_few_witnesses)
{
	for (unsigned int nr = 0; nr <= 5; nr++) {
		struct bed *bed = bed_new();

		for (unsigned int n = 0; n < nr; n++)
			add_known_page(bed, VMEMMAP, n);
		run(bed);
		ck_assert_msg(bed->cal.has_vmemmap == (nr >= 4), "%u pages", nr);
		free(bed);
	}
}
END_TEST

/* Pages that were gone before pagemap was read shift the rest, by 15 at most. */
START_TEST(test_missing_pages)
{
	for (unsigned int missing = 14; missing <= 16; missing++) {
		struct bed *bed = bed_new();

		for (unsigned int n = 0; n < missing; n++)
			add_page(bed, VMEMMAP, 0x70000 + (uint64_t)n * n);
		for (unsigned int n = 0; n < 100; n++)
			add_known_page(bed, VMEMMAP, n);
		run(bed);
		ck_assert_msg(bed->cal.has_vmemmap == (missing <= 15), "%u missing", missing);
		if (bed->cal.has_vmemmap)
			ck_assert_uint_eq(bed->cal.vmemmap_base, VMEMMAP);
		free(bed);
	}
}
END_TEST

/* pagemap without CAP_SYS_ADMIN: no pfn, so neither base; the rest is not touched by that. */
START_TEST(test_no_pfns)
{
	struct bed *bed = bed_new();

	for (unsigned int n = 0; n < 64; n++)
		add_page(bed, VMEMMAP, nth_pfn(n));
	for (unsigned int i = 0; i < 16; i++)
		add_large_kmalloc(bed, DIRECT, 0x4000 + i * 4, 16384);
	run(bed);
	ck_assert(!bed->cal.has_vmemmap);
	ck_assert(!bed->cal.has_page_offset);
	ck_assert(bed->cal.has_preempt);
	free(bed);
}
END_TEST

START_TEST(test_size_of_struct_page_unknown)
{
	struct bed *bed = bed_new();

	bed->cal.page_struct_bytes = 0;
	for (unsigned int n = 0; n < 64; n++)
		add_known_page(bed, VMEMMAP, n);
	for (unsigned int i = 0; i < 16; i++)
		add_large_kmalloc(bed, DIRECT, 0x4000 + i * 4, 16384);
	run(bed);
	ck_assert(!bed->cal.has_vmemmap);
	ck_assert(!bed->cal.has_page_offset);
	free(bed);
}
END_TEST

START_TEST(test_no_events)
{
	struct bed *bed = bed_new();

	bed->probe.nr_pfns = 256;
	run(bed);
	ck_assert(!bed->cal.has_vmemmap);
	ck_assert(!bed->cal.has_page_offset);
	ck_assert(!bed->cal.has_preempt);
	ck_assert(!bed->cal.preempt_is_counted);
	free(bed);
}
END_TEST

/* Only a kmalloc above 8 KiB whose page block came just before says where memory is mapped. */
START_TEST(test_kmallocs_that_are_no_witnesses)
{
	struct bed *bed = bed_new();

	for (unsigned int n = 0; n < 32; n++)
		add_known_page(bed, VMEMMAP, n);
	for (unsigned int i = 0; i < 8; i++)
		add_large_kmalloc(bed, DIRECT, 0x4000 + i * 4, 8192);
	for (unsigned int i = 0; i < 8; i++) {
		/* another page in between */
		add(bed, TF_PAGE_ALLOC, VMEMMAP + 0x5000 * PAGE_STRUCT)->order = 2;
		add_page(bed, VMEMMAP, 0x6000);
		add(bed, TF_KMALLOC, DIRECT + 0x5000 * 4096)->bytes_alloc = 16384;
	}
	run(bed);
	ck_assert(bed->cal.has_vmemmap);
	ck_assert(!bed->cal.has_page_offset);
	for (unsigned int i = 0; i < 4; i++)
		add_large_kmalloc(bed, DIRECT, 0x4000 + i * 4, 8192 + 4096);
	run(bed);
	ck_assert(bed->cal.has_page_offset);
	ck_assert_uint_eq(bed->cal.page_offset_base, DIRECT);
	free(bed);
}
END_TEST

/* A block is one kmalloc's: the next one, whose page event was not seen, is no witness. */
START_TEST(test_block_is_used_up)
{
	struct bed *bed = bed_new();

	for (unsigned int n = 0; n < 32; n++)
		add_known_page(bed, VMEMMAP, n);
	for (unsigned int i = 0; i < 8; i++) {
		add_large_kmalloc(bed, DIRECT, 0x4000 + i * 4, 16384);
		add(bed, TF_KMALLOC, DIRECT + (0x8000 + i * 4) * 4096)->bytes_alloc = 16384;
	}
	run(bed);
	ck_assert(bed->cal.has_page_offset);
	ck_assert_uint_eq(bed->cal.page_offset_base, DIRECT);
	free(bed);
}
END_TEST

START_TEST(test_direct_map_witnesses_disagree)
{
	struct bed *bed = bed_new();

	for (unsigned int n = 0; n < 32; n++)
		add_known_page(bed, VMEMMAP, n);
	for (unsigned int i = 0; i < 16; i++)
		add_large_kmalloc(bed, i & 1 ? DIRECT : DIRECT + 4096, 0x4000 + i * 4, 16384);
	run(bed);
	ck_assert(bed->cal.has_vmemmap);
	ck_assert(!bed->cal.has_page_offset);
	free(bed);
}
END_TEST

START_TEST(test_preempt_count)
{
	static const struct {
		unsigned int nr_first, first, nr_second, second;
		bool has, counted;
		uint32_t offset;
	} cases[] = {
		{ 16, 1, 0, 0, true, true, 1 },
		{ 16, 2, 0, 0, true, true, 2 },
		{ 16, 0, 0, 0, true, false, 0 }, /* no PREEMPT_COUNT */
		{ 16, 0xfe, 0, 0, true, true, 0xfe },
		{ 16, 0x101, 0, 0, false, false, 0 }, /* a softirq cannot be usual */
		{ 16, 0x10001, 0, 0, false, false, 0 },
		{ 16, UINT32_MAX, 0, 0, false, false, 0 }, /* cannot be read */
		{ 16, KC_PREEMPT_UNKNOWN, 0, 0, false, false, 0 },
		{ 16, KC_PREEMPT_UNKNOWN, 40, 1, true, true, 1 },
		{ 8, 1, 4, 0x101, true, true, 1 },
		{ 8, 1, 5, 0x101, false, false, 0 },
		{ 4, 1, 0, 0, true, true, 1 },
		{ 3, 1, 0, 0, false, false, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bed *bed = bed_new();

		add_kmallocs(bed, cases[i].nr_second, cases[i].second);
		add_kmallocs(bed, cases[i].nr_first, cases[i].first);
		/* Locks are held where pages are taken: those do not count. */
		for (unsigned int n = 0; n < 100; n++)
			add(bed, TF_PAGE_ALLOC, VMEMMAP + n * PAGE_STRUCT)->preempt = 3;
		run(bed);
		ck_assert_msg(bed->cal.has_preempt == cases[i].has, "case %zu", i);
		ck_assert_msg(bed->cal.preempt_is_counted == cases[i].counted, "case %zu", i);
		if (cases[i].has)
			ck_assert_msg(bed->cal.preempt_offset == cases[i].offset, "case %zu", i);
		free(bed);
	}
}
END_TEST

static unsigned int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int nr = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

START_TEST(test_probes_leave_nothing_behind)
{
	struct kc_probe *probe = calloc(1, sizeof(*probe));
	unsigned int before = count_descriptors();

	probe->nr_pfns = 99;
	for (unsigned int i = 0; i < 10; i++) {
		kc_probe_pages(probe);
		kc_probe_pipes();
	}
	ck_assert_uint_eq(count_descriptors(), before);
	ck_assert_uint_le(probe->nr_pfns, 256);
	if (!probe->nr_pfns)
		printf("SKIP: bpf/calibrate/test_probes_leave_nothing_behind: "
		       "/proc/self/pagemap tells no pfns\n");
	for (unsigned int i = 0; i < probe->nr_pfns; i++)
		ck_assert_uint_ne(probe->pfns[i], 0);
	free(probe);
}
END_TEST

/* What the headers of /proc/kcore tell fills in, agrees, or makes both doubtful. */
START_TEST(test_beside_kcore)
{
	struct kc_calibration cal = { .has_vmemmap = true, .vmemmap_base = VMEMMAP };
	struct kc_kcore kcore = { .has_page_offset = true, .page_offset_base = DIRECT };

	kc_calibrate_check(&cal, NULL);
	ck_assert(cal.has_vmemmap && !cal.has_page_offset);
	ck_assert_str_eq(cal.vmemmap_source, "pagemap");
	ck_assert_str_eq(cal.page_offset_source, "none: neither the probe nor /proc/kcore tells");
	kc_calibrate_check(&cal, &kcore);
	ck_assert_str_eq(cal.vmemmap_source, "pagemap");
	ck_assert(cal.has_page_offset);
	ck_assert_uint_eq(cal.page_offset_base, DIRECT);
	ck_assert_str_eq(cal.page_offset_source, "kcore");
	kc_calibrate_check(&cal, &kcore);
	ck_assert(cal.has_page_offset);
	ck_assert_str_eq(cal.page_offset_source, "both");
	kc_calibrate_check(&cal, NULL);
	ck_assert_str_eq(cal.page_offset_source, "pipe");
	kcore.page_offset_base += 1ull << 30;
	kcore.has_vmemmap = true;
	kcore.vmemmap_base = VMEMMAP;
	kc_calibrate_check(&cal, &kcore);
	ck_assert(!cal.has_page_offset && cal.has_vmemmap);
	ck_assert_str_eq(cal.page_offset_source, "none: the probe and /proc/kcore disagree");
	ck_assert_str_eq(cal.vmemmap_source, "both");
}
END_TEST

RUN_SUITE("bpf/calibrate", test_everything_agrees, test_pages_in_a_row, test_events_out_of_order,
	  test_page_witnesses_disagree, test_few_witnesses, test_missing_pages, test_no_pfns,
	  test_size_of_struct_page_unknown, test_no_events, test_kmallocs_that_are_no_witnesses,
	  test_block_is_used_up, test_direct_map_witnesses_disagree, test_preempt_count,
	  test_probes_leave_nothing_behind, test_beside_kcore)
