/* SPDX-License-Identifier: GPL-2.0-only */
/* What is told twice, or in another way by another kernel. */
#include "tests/unit/suite.h"

#include <errno.h>

#include "tests/unit/tracefmt/import/bed.h"

#define LARGE "bytes_req=20000 bytes_alloc=32768 gfp_flags=GFP_KERNEL node=-1"

/*
 * 6.10 and later:
 *
 *   CPU 0  ... page alloc, kmalloc by __kmalloc_large_node_noprof, kmalloc by the caller
 *   CPU 1  .....................................^ anything
 */
START_TEST(test_doubled_kmalloc)
{
	struct bed bed;

	bed_text(&bed,
		 " sh-12 [000] 1.1: mm_page_alloc: page=1 pfn=0x100 order=3 gfp_flags=GFP_KERNEL\n"
		 " sh-12 [000] 1.2: kmalloc: call_site=__kmalloc_noprof+0x1/0x2 "
		 "ptr=ffff888000100000 " LARGE "\n"
		 " ls-13 [001] 1.3: kfree: call_site=f+0x1/0x2 ptr=ffff888000700000\n"
		 " sh-12 [000] 1.4: sched_switch: anything\n"
		 " sh-12 [000] 1.5: kmalloc: call_site=caller+0x1/0x2 ptr=ffff888000100000 " LARGE
		 "\n");
	ck_assert_uint_eq(bed.nr, 3);
	ck_assert_uint_eq(bed.stats.nr_doubled, 1);
	ck_assert_uint_eq(bed.events[0].kind, TF_PAGE_ALLOC);
	ck_assert_uint_eq(bed.events[1].kind, TF_KFREE);
	ck_assert_uint_eq(bed.events[2].kind, TF_KMALLOC);
	ck_assert_str_eq(bed_symbol(&bed, bed.events[2].call_site), "caller+0x1");
	bed_end(&bed);
}
END_TEST

/* One thing is different in each: two allocations. */
START_TEST(test_not_doubled_kmalloc)
{
	static const char inner[] = " sh-12 [000] 1.2: kmalloc: call_site=__kmalloc_noprof+0x1/0x2 "
				    "ptr=ffff888000100000 " LARGE "\n";
	static const char *const cases[] = {
		" sh-12 [001] 1.4: kmalloc: call_site=g+0x1/0x2 ptr=ffff888000100000 " LARGE "\n",
		" sh-13 [000] 1.4: kmalloc: call_site=g+0x1/0x2 ptr=ffff888000100000 " LARGE "\n",
		" sh-12 [000] 1.4: kmalloc: call_site=g+0x1/0x2 ptr=ffff888000200000 " LARGE "\n",
		" sh-12 [000] 1.4: kmalloc: call_site=g+0x1/0x2 ptr=ffff888000100000 "
		"bytes_req=20001 bytes_alloc=32768 gfp_flags=GFP_KERNEL\n",
		" sh-12 [000] 1.3: kfree: call_site=h+0x1/0x2 ptr=ffff888000100000\n"
		" sh-12 [000] 1.4: kmalloc: call_site=g+0x1/0x2 ptr=ffff888000100000 " LARGE "\n",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bed bed;
		char text[1024];

		snprintf(text, sizeof(text), "%s%s", inner, cases[i]);
		bed_text(&bed, text);
		ck_assert_uint_eq(bed.stats.nr_doubled, 0);
		ck_assert_uint_eq(bed.nr, bed.stats.nr_records);
		bed_end(&bed);
	}
}
END_TEST

/* Neither are two by callers, nor two small ones: the free between them was untold. */
START_TEST(test_implied_free)
{
	struct bed bed;

	bed_text(&bed,
		 " sh-12 [000] 1.2: kmalloc: call_site=f+0x1/0x2 ptr=ffff888000100000 " LARGE "\n"
		 " sh-12 [000] 1.4: kmalloc: call_site=g+0x1/0x2 ptr=ffff888000100000 " LARGE "\n"
		 " sh-12 [000] 1.5: kmalloc: call_site=kmalloc_x+0x1/0x2 ptr=ffff888000200000 "
		 "bytes_req=64 bytes_alloc=64\n"
		 " sh-12 [000] 1.6: kmalloc: call_site=f+0x1/0x2 ptr=ffff888000200000 "
		 "bytes_req=64 bytes_alloc=64\n");
	ck_assert_uint_eq(bed.nr, 4);
	bed_end(&bed);
}
END_TEST

/* 2.6.32: __free_pages() of order 0 tells, and free_hot_page() tells again. */
START_TEST(test_doubled_free)
{
	struct bed bed;

	bed_text(&bed, " sh-12 [000] 1.1: mm_page_free_direct: page=ffffea01 pfn=16 order=0\n"
		       " sh-12 [000] 1.1: mm_page_free_direct: page=ffffea01 pfn=16 order=0\n"
		       " sh-12 [000] 1.2: mm_page_free_direct: page=ffffea01 pfn=17 order=0\n"
		       " sh-12 [000] 1.3: mm_page_free_direct: page=ffffea01 pfn=32 order=2\n"
		       " sh-12 [000] 1.3: mm_page_free_direct: page=ffffea01 pfn=32 order=2\n"
		       " sh-12 [000] 1.4: mm_page_free_direct: page=ffffea01 pfn=18 order=0\n"
		       " sh-12 [001] 1.4: mm_page_free_direct: page=ffffea01 pfn=18 order=0\n");
	ck_assert_uint_eq(bed.stats.nr_doubled, 1);
	ck_assert_uint_eq(bed.nr, 6);
	ck_assert_uint_eq(bed.events[0].addr, 16);
	ck_assert_uint_eq(bed.events[1].addr, 17);
	bed_end(&bed);
}
END_TEST

/* Three in a row are a double and the first of another. */
START_TEST(test_doubled_twice)
{
	static const char line[] = " sh-12 [000] 1.1: mm_page_free_direct: page=1 pfn=16 order=0\n";
	char text[1024] = "";

	for (unsigned int nr = 1; nr <= 6; nr++) {
		struct bed bed;

		strcat(text, line);
		bed_text(&bed, text);
		ck_assert_uint_eq(bed.nr, (nr + 1) / 2);
		ck_assert_uint_eq(bed.stats.nr_doubled, nr / 2);
		bed_end(&bed);
	}
}
END_TEST

/* mm_pagevec_free alone is a free; with mm_page_free_direct behind it, a hint. */
START_TEST(test_pagevec_free)
{
	struct bed bed;

	bed_text(&bed, " sh-12 [000] 1.1: mm_pagevec_free: page=ffffea01 pfn=16 order=0 cold=0\n"
		       " sh-12 [000] 1.2: mm_pagevec_free: page=ffffea01 pfn=17 order=0 cold=0\n"
		       " sh-12 [000] 1.3: mm_page_free_direct: page=ffffea01 pfn=17 order=0\n"
		       " sh-12 [000] 1.4: mm_page_free_direct: page=ffffea01 pfn=18 order=0\n");
	ck_assert_uint_eq(bed.nr, 4);
	ck_assert_uint_eq(bed.events[0].kind, TF_PAGE_FREE);
	ck_assert_uint_eq(bed.events[1].kind, TF_PAGE_FREE_BATCH);
	ck_assert_uint_eq(bed.events[2].kind, TF_PAGE_FREE);
	ck_assert_uint_eq(bed.events[3].kind, TF_PAGE_FREE);
	bed_end(&bed);
}
END_TEST

static void expect_depths(const char *release, const char *version, const char *const *flags,
			  const uint8_t *want, size_t nr)
{
	struct bed bed;
	char text[2048] = "";

	for (size_t i = 0; i < nr; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 " sh-12 [000] %s 1.1: kfree: ptr=ffff888000100000\n", flags[i]);
	bed_begin(&bed);
	if (release)
		tf_import_fact(bed.imp, "host.release", release);
	if (version)
		tf_import_fact(bed.imp, "host.version", version);
	ck_assert_int_eq(bed_feed(&bed, text, strlen(text), 0, TF_FORMAT_AUTO, NULL), 0);
	bed_finish(&bed);
	ck_assert_uint_eq(bed.nr, nr);
	for (size_t i = 0; i < nr; i++)
		ck_assert_uint_eq(bed.events[i].preempt, want[i]);
	bed_end(&bed);
}

/* Before 4.7 a PREEMPT kernel told one too many, unless depth 0 says that it did not. */
START_TEST(test_preempt_depth)
{
	static const char *const old[] = { "d..2", "...1", "..s2" };
	static const char *const fixed[] = { "d..2", "....", "..s2" };

	expect_depths(NULL, NULL, old, (const uint8_t[]){ 2, 1, 2 }, 3);
	expect_depths("6.12.3", "#1 SMP PREEMPT_DYNAMIC x", old, (const uint8_t[]){ 2, 1, 2 }, 3);
	expect_depths("2.6.32-5-686", "#1 SMP x", old, (const uint8_t[]){ 2, 1, 2 }, 3);
	expect_depths("3.2.0", "#1 SMP PREEMPT x", old, (const uint8_t[]){ 1, 0, 1 }, 3);
	expect_depths("4.4.9", "#1 SMP PREEMPT x", fixed, (const uint8_t[]){ 1, 0, 2 }, 3);
}
END_TEST

START_TEST(test_context_facts)
{
	struct bed bed;

	bed_text(&bed, " sh-12 [000] .... 1.1: kfree: ptr=ffff888000100000\n");
	ck_assert_str_eq(bed_fact(&bed, "calib.preempt"), "interrupts only");
	ck_assert_str_eq(bed_fact(&bed, "record.class.slab"), "ftrace");
	ck_assert_str_eq(bed_fact(&bed, "record.class.page"), "not in the imported trace");
	bed_end(&bed);
	bed_text(&bed, " sh-12 [000] ...1 1.1: kfree: ptr=ffff888000100000\n");
	ck_assert_str_eq(bed_fact(&bed, "calib.preempt"), "counted");
	bed_end(&bed);
	bed_text(&bed, " sh-12 [000] 1.1: kfree: ptr=ffff888000100000\n");
	ck_assert_str_eq(bed_fact(&bed, "calib.preempt"), "unknown");
	bed_end(&bed);
}
END_TEST

static const char *pointers_of(const char *first, const char *second)
{
	static char value[16];
	struct bed bed;
	char text[512];

	snprintf(text, sizeof(text),
		 " sh-12 [000] 1.1: kmalloc: ptr=%s bytes_req=8 bytes_alloc=8\n"
		 " sh-12 [000] 1.2: kmalloc: ptr=%s bytes_req=8 bytes_alloc=8\n",
		 first, second);
	bed_text(&bed, text);
	snprintf(value, sizeof(value), "%s", bed_fact(&bed, "import.pointers"));
	bed_end(&bed);
	return value;
}

START_TEST(test_pointers)
{
	ck_assert_str_eq(pointers_of("ffff888012345678", "ffff888012345680"), "plain");
	ck_assert_str_eq(pointers_of("00000000a68b2ca1", "00000000168b2ca0"), "hashed");
	ck_assert_str_eq(pointers_of("00000000a68b2ca1", "ffff888012345680"), "mixed");
	ck_assert_str_eq(pointers_of("c198a7d0", "f6edd870"), "plain");
	ck_assert_str_eq(pointers_of("0xc198a7d0", "0xf6edd870"), "plain");
	ck_assert_str_eq(pointers_of("c198a7d0", "a68b2ca1"), "hashed");
	ck_assert_str_eq(pointers_of("(null)", "0000000000000010"), "");
}
END_TEST

/* A 32-bit host: the file's header says so, and its made-up addresses have 32 bits, too. */
START_TEST(test_32bit)
{
	struct tf_host host;
	struct bed bed;

	bed_text(&bed, " sh-12 [000] 1.1: kmalloc: call_site=f+0x1f/0x20 ptr=c198a7d0 bytes_req=8 "
		       "bytes_alloc=8\n");
	tf_reader_get_host(bed.reader, &host);
	ck_assert_uint_eq(host.pointer_bytes, 4);
	ck_assert_str_eq(bed_fact(&bed, "host.machine"), "i686");
	ck_assert_uint_eq(bed.events[0].call_site, 0x1001f);
	ck_assert_str_eq(bed_symbol(&bed, 0x1001f), "f+0x1f");
	ck_assert_str_eq(bed_fact(&bed, "import.machine"), "guessed from its pointers");
	bed_end(&bed);
}
END_TEST

/* One that names the machine is believed. */
START_TEST(test_32bit_told)
{
	static const char text[] = "# arch : armv7l\n"
				   "sh 12 [000] 1.1: kmem:kfree: call_site=c0123456 ptr=c198a7d0\n";
	struct tf_host host;
	struct bed bed;

	bed_text(&bed, text);
	tf_reader_get_host(bed.reader, &host);
	ck_assert_uint_eq(host.pointer_bytes, 4);
	ck_assert_str_eq(bed_fact(&bed, "host.machine"), "armv7l");
	ck_assert_str_eq(bed_fact(&bed, "import.machine"), "");
	bed_end(&bed);
}
END_TEST

/* No pfn but a struct page: known where vmemmap was fixed, else at least told apart. */
START_TEST(test_page_pointers)
{
	static const char text[] =
		" sh-12 [000] 1.1: mm_page_alloc: page=0xffffea0000001000 order=0\n"
		" sh-12 [000] 1.1: mm_page_free: page=0xffffea0000001c00 order=0\n";
	static const struct {
		const char *release;
		uint64_t pfn[2];
		const char *fact;
	} cases[] = {
		{ "3.2.0-4-amd64", { 64, 112 }, "" },
		{ "2.6.32-5-amd64", { 0xffffea0000001000, 128 }, "addresses of struct page" },
		{ "6.1.0", { 0xffffea0000001000, 0xffffea0000001c00 }, "addresses of struct page" },
		{ NULL, { 0xffffea0000001000, 0xffffea0000001c00 }, "addresses of struct page" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bed bed;

		bed_begin(&bed);
		if (cases[i].release)
			tf_import_fact(bed.imp, "host.release", cases[i].release);
		ck_assert_int_eq(bed_feed(&bed, text, strlen(text), 0, TF_FORMAT_AUTO, NULL), 0);
		bed_finish(&bed);
		ck_assert_uint_eq(bed.events[0].addr, cases[i].pfn[0]);
		ck_assert_uint_eq(bed.events[1].addr, cases[i].pfn[1]);
		ck_assert_str_eq(bed_fact(&bed, "import.pfn"), cases[i].fact);
		bed_end(&bed);
	}
}
END_TEST

/* The order of the text stays; steps back are counted. */
START_TEST(test_order)
{
	struct bed bed;

	bed_text(&bed, " sh-12 [000] 1.5: kfree: ptr=ffff888000100000\n"
		       " sh-12 [001] 1.4: kfree: ptr=ffff888000200000\n"
		       " sh-12 [000] 1.6: kfree: ptr=ffff888000300000\n");
	ck_assert_uint_eq(bed.stats.nr_steps_back, 1);
	ck_assert_uint_eq(bed.events[1].ts_ns, 1400000000);
	ck_assert_str_eq(bed_fact(&bed, "import.steps_back"), "1");
	bed_end(&bed);
}
END_TEST

/* A front end's mistakes. */
START_TEST(test_wrong_calls)
{
	struct tf_import_record rec = { .event = TF_IMPORT_OTHER };
	struct bed bed;

	bed_begin(&bed);
	ck_assert_int_eq(tf_import_record(bed.imp, &rec), -EINVAL);
	rec.event = TF_NR_IMPORT_EVENTS;
	ck_assert_int_eq(tf_import_record(bed.imp, &rec), -EINVAL);
	rec.event = TF_IMPORT_KFREE; /* without a pointer */
	ck_assert_int_eq(tf_import_record(bed.imp, &rec), 0);
	ck_assert_int_eq(tf_import_lost(bed.imp, 1u << 20, 5), 0);
	bed_finish(&bed);
	ck_assert_uint_eq(bed.nr, 0);
	ck_assert_uint_eq(bed.stats.nr_dropped, 1);
	bed_end(&bed);
}
END_TEST

RUN_SUITE("tracefmt/import/record", test_doubled_kmalloc, test_not_doubled_kmalloc,
	  test_implied_free, test_doubled_free, test_doubled_twice, test_pagevec_free,
	  test_preempt_depth, test_context_facts, test_pointers, test_32bit, test_32bit_told,
	  test_page_pointers, test_order, test_wrong_calls)
