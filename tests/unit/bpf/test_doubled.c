/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Of a request that is told twice the second event stays; everything else stays as it is.
 */
#include "tests/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/doubled.h"
#include "bpf/kallsyms.h"

#define PAGE 4096u
#define LARGE (3 * PAGE)
#define INSIDE 0xffffffff81000100u /* what is below this and a page is inside __kmalloc() */
#define OUTSIDE 0xffffffff82000000u
#define MOST 64

struct bed {
	struct kc_doubled doubled;
	struct tf_event in, out[MOST];
	unsigned int nr;
	int code; /* that emit() returns */
};

static bool is_inside(void *arg, uint64_t call_site)
{
	ck_assert_ptr_nonnull(arg);
	return call_site - INSIDE < PAGE;
}

static int emit(void *arg, const struct tf_event *ev)
{
	struct bed *bed = arg;

	ck_assert_uint_lt(bed->nr, MOST);
	bed->out[bed->nr++] = *ev;
	return bed->code;
}

static void begin(struct bed *bed, bool has_symbols)
{
	memset(bed, 0, sizeof(*bed));
	ck_assert_int_eq(kc_doubled_init(&bed->doubled, 4, PAGE), 0);
	if (has_symbols) {
		bed->doubled.is_inside = is_inside;
		bed->doubled.arg = bed;
	}
	bed->in = (struct tf_event){ .ts_ns = 1000000, .pid = 7, .cpu = 1, .gfp = 0xcc0 };
}

/* The next event, 100 ns later. */
static void tell(struct bed *bed, enum tf_kind kind, uint64_t addr, uint64_t bytes, uint64_t site)
{
	struct tf_event ev = bed->in;

	ev.kind = (uint8_t)kind;
	ev.addr = addr;
	ev.bytes_req = bytes;
	ev.call_site = site;
	bed->in.ts_ns += 100;
	ck_assert_int_eq(kc_doubled_add(&bed->doubled, &ev, emit, bed), bed->code);
}

/* Give out all that is held; so many were emitted, so many dropped. */
static void expect(struct bed *bed, unsigned int nr, unsigned int nr_dropped)
{
	ck_assert_int_eq(kc_doubled_flush(&bed->doubled, UINT64_MAX, emit, bed), 0);
	ck_assert_uint_eq(bed->nr, nr);
	ck_assert_uint_eq(bed->doubled.nr_dropped, nr_dropped);
	ck_assert_uint_eq(bed->doubled.nr_held, 0);
	kc_doubled_release(&bed->doubled);
}

START_TEST(test_second_stays)
{
	for (int has_symbols = 0; has_symbols < 2; has_symbols++) {
		struct bed bed;

		begin(&bed, has_symbols);
		tell(&bed, TF_PAGE_ALLOC, 77, 0, OUTSIDE);
		tell(&bed, TF_KMALLOC, 0x1000, LARGE, INSIDE);
		ck_assert_uint_eq(bed.nr, 1);
		tell(&bed, TF_KMALLOC, 0x1000, LARGE, OUTSIDE);
		tell(&bed, TF_KFREE, 0x1000, 0, OUTSIDE);
		expect(&bed, 3, 1);
		ck_assert_uint_eq(bed.out[0].kind, TF_PAGE_ALLOC);
		ck_assert_uint_eq(bed.out[1].call_site, OUTSIDE);
		ck_assert_uint_eq(bed.out[1].bytes_req, LARGE);
		ck_assert_uint_eq(bed.out[2].kind, TF_KFREE);
	}
}
END_TEST

/* The second of kvmalloc() is inside as well, and goes at once. */
START_TEST(test_both_inside)
{
	struct bed bed;

	begin(&bed, true);
	tell(&bed, TF_KMALLOC, 0x1000, LARGE, INSIDE);
	tell(&bed, TF_KMALLOC, 0x1000, LARGE, INSIDE + 8);
	ck_assert_uint_eq(bed.nr, 1);
	ck_assert_uint_eq(bed.out[0].call_site, INSIDE + 8);
	expect(&bed, 1, 1);
}
END_TEST

/* A request that failed is told twice as well. */
START_TEST(test_failed)
{
	struct bed bed;

	begin(&bed, true);
	tell(&bed, TF_KMALLOC, 0, LARGE, INSIDE);
	tell(&bed, TF_KMALLOC, 0, LARGE, OUTSIDE);
	expect(&bed, 1, 1);
	ck_assert_uint_eq(bed.out[0].call_site, OUTSIDE);
}
END_TEST

START_TEST(test_two_requests)
{
	/* What differs makes another request of it. */
	static const struct {
		uint64_t addr, bytes;
		uint32_t gfp;
		uint16_t cpu;
	} seconds[] = {
		{ 0x8000, LARGE, 0xcc0, 1 },
		{ 0x1000, LARGE + 1, 0xcc0, 1 },
		{ 0x1000, LARGE, 0xdc0, 1 },
		{ 0x1000, LARGE, 0xcc0, 2 },
	};

	for (size_t i = 0; i < 2 * sizeof(seconds) / sizeof(seconds[0]); i++) {
		struct bed bed;

		begin(&bed, i % 2);
		tell(&bed, TF_KMALLOC, 0x1000, LARGE, INSIDE);
		bed.in.gfp = seconds[i / 2].gfp;
		bed.in.cpu = seconds[i / 2].cpu;
		tell(&bed, TF_KMALLOC, seconds[i / 2].addr, seconds[i / 2].bytes, OUTSIDE);
		expect(&bed, 2, 0);
	}
}
END_TEST

/* Small ones come from caches and are told once; the same address again was freed unseen. */
START_TEST(test_small)
{
	struct bed bed;

	begin(&bed, true);
	tell(&bed, TF_KMALLOC, 0x1000, 2 * PAGE, INSIDE);
	ck_assert_uint_eq(bed.nr, 1);
	tell(&bed, TF_KMALLOC, 0x1000, 2 * PAGE, OUTSIDE);
	ck_assert_uint_eq(bed.nr, 2);
	expect(&bed, 2, 0);
	begin(&bed, true);
	tell(&bed, TF_KMALLOC, 0x1000, 2 * PAGE + 1, INSIDE);
	tell(&bed, TF_KMALLOC, 0x1000, 2 * PAGE + 1, OUTSIDE);
	expect(&bed, 1, 1);
}
END_TEST

/* With symbols only what is inside can be a first event: nothing else is ever late. */
START_TEST(test_nothing_is_late)
{
	struct bed bed;

	begin(&bed, true);
	tell(&bed, TF_KMALLOC, 0x1000, LARGE, OUTSIDE);
	ck_assert_uint_eq(bed.nr, 1);
	tell(&bed, TF_KMALLOC, 0x1000, LARGE, OUTSIDE);
	ck_assert_uint_eq(bed.nr, 2);
	expect(&bed, 2, 0);
}
END_TEST

/* An interrupt between the two: its events pass, and the request is one still. */
START_TEST(test_interrupt)
{
	struct bed bed;

	begin(&bed, true);
	tell(&bed, TF_KMALLOC, 0x1000, LARGE, INSIDE);
	bed.in.ctx = TF_CTX_SOFTIRQ;
	tell(&bed, TF_KFREE, 0x2000, 0, OUTSIDE);
	tell(&bed, TF_KMALLOC, 0x1000, LARGE, OUTSIDE); /* cannot be, but is no second of it */
	ck_assert_uint_eq(bed.nr, 2);
	bed.in.ctx = 0;
	tell(&bed, TF_KMALLOC, 0x1000, LARGE, OUTSIDE);
	expect(&bed, 3, 1);
	/* Without symbols the next event of the CPU decides, whatever it is. */
	begin(&bed, false);
	tell(&bed, TF_KMALLOC, 0x1000, LARGE, INSIDE);
	bed.in.ctx = TF_CTX_SOFTIRQ;
	tell(&bed, TF_KFREE, 0x2000, 0, OUTSIDE);
	ck_assert_uint_eq(bed.out[0].kind, TF_KMALLOC);
	ck_assert_uint_eq(bed.out[1].kind, TF_KFREE);
	expect(&bed, 2, 0);
}
END_TEST

/* Each CPU holds its own, and those whose time has come go in order of time. */
START_TEST(test_time)
{
	struct bed bed;

	begin(&bed, true);
	for (uint16_t cpu = 4; cpu--;) {
		bed.in.cpu = cpu;
		tell(&bed, TF_KMALLOC, 0x1000u * (cpu + 1), LARGE, INSIDE);
	}
	ck_assert_uint_eq(bed.nr, 0);
	ck_assert_uint_eq(bed.doubled.nr_held, 4);
	/* 1000000 is the first, of CPU 3; 1000200 the third, of CPU 1. */
	ck_assert_int_eq(kc_doubled_flush(&bed.doubled, 1000000 + KC_HOLD_NS - 1, emit, &bed), 0);
	ck_assert_uint_eq(bed.nr, 0);
	ck_assert_int_eq(kc_doubled_flush(&bed.doubled, 1000100 + KC_HOLD_NS, emit, &bed), 0);
	ck_assert_uint_eq(bed.nr, 2);
	ck_assert_uint_eq(bed.out[0].cpu, 3);
	ck_assert_uint_eq(bed.out[1].cpu, 2);
	/* The stream's own time does the same: an event of CPU 2, to which the rest is too old. */
	bed.in.cpu = 2;
	bed.in.ts_ns = 1000200 + KC_HOLD_NS;
	tell(&bed, TF_KFREE, 0x9000, 0, OUTSIDE);
	ck_assert_uint_eq(bed.nr, 4);
	ck_assert_uint_eq(bed.out[2].cpu, 1);
	ck_assert_uint_eq(bed.out[3].kind, TF_KFREE);
	expect(&bed, 5, 0);
	ck_assert_uint_eq(bed.out[4].cpu, 0);
}
END_TEST

/* CPUs that are not known, gaps and marks pass; a code of emit() comes back. */
START_TEST(test_what_passes)
{
	struct bed bed;

	begin(&bed, false);
	bed.in.cpu = 4;
	tell(&bed, TF_KMALLOC, 0x1000, LARGE, INSIDE);
	ck_assert_uint_eq(bed.nr, 1);
	bed.in.cpu = 1;
	tell(&bed, TF_KMALLOC, 0x1000, LARGE, INSIDE);
	tell(&bed, TF_GAP, 0, LARGE, 0);
	ck_assert_uint_eq(bed.out[1].kind, TF_KMALLOC);
	ck_assert_uint_eq(bed.out[2].kind, TF_GAP);
	tell(&bed, TF_KMALLOC, 0x1000, LARGE, INSIDE);
	bed.code = -EFBIG;
	tell(&bed, TF_KFREE, 0x1000, 0, OUTSIDE); /* the held event is what fails */
	ck_assert_uint_eq(bed.nr, 4);
	bed.code = 0;
	expect(&bed, 4, 0);
}
END_TEST

START_TEST(test_inside)
{
	struct kc_kallsyms *syms = kc_kallsyms_new();

	ck_assert_ptr_nonnull(syms);
	ck_assert_int_eq(kc_kallsyms_add(syms, 0xffffffff81000000u, "__kmalloc_noprof", NULL), 0);
	ck_assert_int_eq(kc_kallsyms_add(syms, 0xffffffff81000200u, "__kvmalloc_node", NULL), 0);
	ck_assert_int_eq(kc_kallsyms_add(syms, 0xffffffff81000400u, "pipe_resize_ring", NULL), 0);
	kc_kallsyms_sort(syms);
	ck_assert(kc_is_inside_slab(syms, 0xffffffff81000100u));
	ck_assert(kc_is_inside_slab(syms, 0xffffffff81000200u)); /* behind a last call */
	ck_assert(kc_is_inside_slab(syms, 0xffffffff81000210u));
	ck_assert(!kc_is_inside_slab(syms, 0xffffffff81000410u));
	ck_assert(!kc_is_inside_slab(syms, 0));
	kc_kallsyms_free(syms);
}
END_TEST

RUN_SUITE("bpf/doubled", test_second_stays, test_both_inside, test_failed, test_two_requests,
	  test_small, test_nothing_is_late, test_interrupt, test_time, test_what_passes,
	  test_inside)
