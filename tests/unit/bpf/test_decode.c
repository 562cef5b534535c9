/* SPDX-License-Identifier: GPL-2.0-only */
/* Records to events: every kind exactly, contexts, chains, what no program writes. */
#include "tests/unit/suite.h"

#include "tests/unit/bpf/records.h"

static void expect_same(const struct tf_event *ev, const struct tf_event *expected)
{
#define EXPECT(field) ck_assert_int_eq((int64_t)ev->field, (int64_t)expected->field)
	EXPECT(kind);
	EXPECT(ts_ns);
	EXPECT(addr);
	EXPECT(call_site);
	EXPECT(bytes_req);
	EXPECT(bytes_alloc);
	EXPECT(stack);
	EXPECT(gfp);
	EXPECT(pid);
	EXPECT(cache);
	EXPECT(cpu);
	EXPECT(node);
	EXPECT(order);
	EXPECT(migratetype);
	EXPECT(ctx);
	EXPECT(preempt);
	EXPECT(owner);
	EXPECT(flags);
	EXPECT(unused);
#undef EXPECT
}

/* What slot() becomes, but for what is particular to the kind. */
static struct tf_event event(unsigned int kind)
{
	return (struct tf_event){ .ts_ns = NOW_NS,
				  .addr = OBJECT,
				  .call_site = SITE,
				  .pid = 4321,
				  .preempt = 2,
				  .cpu = 5,
				  .kind = (uint8_t)kind,
				  .node = TF_NO_NODE };
}

static void expect_more(struct bed *bed, const struct kc_slot *from, const struct kc_more *more,
			const struct tf_event *expected)
{
	struct kc_record rec = record(from, more);
	struct tf_event ev;

	memset(&ev, 0xa5, sizeof(ev));
	ck_assert_int_eq(kc_decode(&bed->decoder, &rec, &ev), 0);
	expect_same(&ev, expected);
}

static void expect_slot(struct bed *bed, const struct kc_slot *from,
			const struct tf_event *expected)
{
	expect_more(bed, from, NULL, expected);
}

START_TEST(test_kmalloc)
{
	struct kc_slot from = slot(KC_KMALLOC);
	struct kc_more more = { .word = KC_HAS_BYTES,
				.bytes_req = 4ull << 30,
				.bytes_alloc = 4 << 20 };
	struct tf_event ev = event(TF_KMALLOC);
	struct bed bed;

	bed_init(&bed);
	announce(&bed, 17, "kmalloc-96");
	from.gfp = ev.gfp = 0xdc0;
	from.detail = 70 | 96 / 8 << 16;
	set_cache(&from, 17);
	ev.bytes_req = 70;
	ev.bytes_alloc = 96;
	ev.cache = 17;
	expect_slot(&bed, &from, &ev);

	/* Node 3, a failure, the most that a slot can hold. */
	from.preempt_node = 3u << 24 | TASK;
	from.addr = 0;
	from.detail = UINT32_MAX;
	ev.node = 3;
	ev.preempt = 0;
	ev.addr = 0;
	ev.bytes_req = 0xffff;
	ev.bytes_alloc = 0xffff * 8;
	expect_slot(&bed, &from, &ev);
	/* Larger ones, whatever the slot says. */
	ev.bytes_req = 4ull << 30;
	ev.bytes_alloc = 4 << 20;
	expect_more(&bed, &from, &more, &ev);
	more.bytes_alloc = 1ull << 40;
	ev.bytes_alloc = UINT32_MAX;
	expect_more(&bed, &from, &more, &ev);
	/* A kc_more that only tells of the thread. */
	more.word = 0;
	ev.bytes_req = 0xffff;
	ev.bytes_alloc = 0xffff * 8;
	expect_more(&bed, &from, &more, &ev);
	bed_release(&bed);
}
END_TEST

START_TEST(test_frees)
{
	struct bed bed;

	bed_init(&bed);
	announce(&bed, KC_CACHE_SLOTS, "last");
	for (unsigned int i = 0; i < 2; i++) {
		struct kc_slot from = slot(i ? KC_CACHE_FREE : KC_KFREE);
		struct tf_event ev = event(i ? TF_CACHE_FREE : TF_KFREE);

		from.detail = 0x12345678; /* says nothing of a free */
		from.preempt_node = 3u << 24 | (TASK + 2);
		set_cache(&from, KC_CACHE_SLOTS);
		ev.cache = KC_CACHE_SLOTS;
		expect_slot(&bed, &from, &ev);
		from.addr = ev.addr = 0;
		from.site = 0;
		ev.call_site = 0;
		expect_slot(&bed, &from, &ev);
	}
	bed_release(&bed);
}
END_TEST

/* The sizes of a CACHE_ALLOC are those of its cache, and it has none if that is not known. */
START_TEST(test_cache_alloc)
{
	struct kc_slot from = slot(KC_CACHE_ALLOC);
	struct tf_event ev = event(TF_CACHE_ALLOC);
	struct bed bed;

	bed_init(&bed);
	from.gfp = ev.gfp = 0xcc0;
	from.detail = 0x12345678;
	set_cache(&from, KC_CACHE_SLOTS);
	expect_slot(&bed, &from, &ev);
	announce(&bed, KC_CACHE_SLOTS, "filp");
	ev.cache = KC_CACHE_SLOTS;
	ev.bytes_req = 184;
	ev.bytes_alloc = 192;
	expect_slot(&bed, &from, &ev);
	/* no id, and one that no program writes */
	ev.bytes_req = ev.bytes_alloc = 0;
	ev.cache = 0;
	set_cache(&from, 0);
	expect_slot(&bed, &from, &ev);
	set_cache(&from, KC_CACHE_MASK);
	expect_slot(&bed, &from, &ev);
	bed_release(&bed);
}
END_TEST

START_TEST(test_page_alloc)
{
	const uint64_t slab[] = { IN_PROGRAM, IN_PAGE_ALLOC, IN_SLAB, IN_GETNAME };
	const uint64_t inside[] = { IN_PAGE_ALLOC, IN_SLAB };
	struct kc_slot from = slot(KC_PAGE_ALLOC);
	struct tf_event ev = event(TF_PAGE_ALLOC);
	struct bed bed;

	bed_init(&bed);
	set_chain(&bed, 1, slab, 4);
	set_chain(&bed, KC_STACK_SLOTS, inside, 2);
	from.addr = VMEMMAP + 0x1234567ull * 64;
	from.site = 1;
	from.gfp = ev.gfp = 0x152cc0;
	from.detail = 3 | 2 << 8;
	ev.addr = 0x1234567;
	ev.order = 3;
	ev.migratetype = 2;
	ev.owner = TF_OWNER_SLAB;
	ev.call_site = IN_GETNAME;
	expect_slot(&bed, &from, &ev);
	/* The chain was looked at once: what the table says now does not matter. */
	set_chain(&bed, 1, inside, 2);
	expect_slot(&bed, &from, &ev);

	/* A failure; only as many frames as there are; pfn 0 is a page like others. */
	from.addr = 0;
	ev.addr = TF_NO_PFN;
	expect_slot(&bed, &from, &ev);
	from.addr = VMEMMAP;
	from.site = KC_STACK_SLOTS;
	ev.addr = 0;
	ev.call_site = 0;
	expect_slot(&bed, &from, &ev);

	/* No chain, one that is not written yet, and one that no program gives. */
	ev.owner = TF_OWNER_UNKNOWN;
	for (uint32_t i = 0; i < 3; i++) {
		from.site = i == 0 ? 0 : i == 1 ? 77 : KC_STACK_SLOTS + 1;
		expect_slot(&bed, &from, &ev);
	}
	/* It comes later. */
	from.site = 77;
	set_chain(&bed, 77, slab, 4);
	ev.owner = TF_OWNER_SLAB;
	ev.call_site = IN_GETNAME;
	expect_slot(&bed, &from, &ev);

	/* Without calibration the page is its address, and a failure is still one. */
	bed.cal.has_vmemmap = false;
	ev.addr = VMEMMAP;
	expect_slot(&bed, &from, &ev);
	from.addr = 0;
	ev.addr = TF_NO_PFN;
	expect_slot(&bed, &from, &ev);
	bed_release(&bed);
}
END_TEST

/* More frames than there is room for cannot be: taken as all that there is room for. */
START_TEST(test_too_many_frames)
{
	struct kc_slot from = slot(KC_PAGE_ALLOC);
	struct tf_event ev = event(TF_PAGE_ALLOC);
	uint64_t frames[FRAMES];
	struct bed bed;

	bed_init(&bed);
	for (unsigned int i = 0; i < FRAMES; i++)
		frames[i] = IN_SLAB + i;
	set_chain(&bed, 9, frames, UINT32_MAX);
	from.addr = VMEMMAP + 64;
	from.site = 9;
	ev.addr = 1;
	ev.owner = TF_OWNER_SLAB;
	ev.call_site = 0;
	expect_slot(&bed, &from, &ev);
	bed_release(&bed);
}
END_TEST

START_TEST(test_page_free)
{
	const uint64_t frames[] = { IN_PAGE_ALLOC, IN_LOADER };
	struct kc_slot from = slot(KC_PAGE_FREE);
	struct tf_event ev = event(TF_PAGE_FREE);
	struct bed bed;

	bed_init(&bed);
	set_chain(&bed, 3, frames, 2);
	from.addr = VMEMMAP + 77 * 64;
	from.site = 3;
	from.detail = 10;
	ev.addr = 77;
	ev.order = 10;
	ev.owner = TF_OWNER_OTHER;
	ev.call_site = IN_LOADER;
	expect_slot(&bed, &from, &ev);
	bed_release(&bed);
}
END_TEST

START_TEST(test_transitions)
{
	struct tf_event ev = event(TF_ZONE_LOCKED);
	struct kc_slot from = slot(KC_ZONE_LOCKED);
	struct bed bed;

	bed_init(&bed);
	from.addr = VMEMMAP + 77 * 64;
	from.site = 0;
	from.detail = 4 | 1 << 8;
	ev.addr = 77;
	ev.call_site = 0;
	ev.order = 4;
	ev.migratetype = 1;
	expect_slot(&bed, &from, &ev);
	from.detail |= KC_REFILL;
	ev.flags = TF_EV_PERCPU_REFILL;
	expect_slot(&bed, &from, &ev);

	from = slot(KC_PCPU_DRAIN);
	from.addr = VMEMMAP + 77 * 64;
	from.site = 0;
	from.detail = 4 | 1 << 8;
	ev.kind = TF_PCPU_DRAIN;
	ev.flags = 0;
	expect_slot(&bed, &from, &ev);

	/* Of order 4, type 1, taken from a block of order 9, type 2. */
	from.word = slot(KC_EXTFRAG).word;
	from.gfp = 9 | 2 << 8;
	ev.kind = TF_EXTFRAG;
	ev.bytes_req = 9;
	ev.bytes_alloc = 2;
	expect_slot(&bed, &from, &ev);
	bed_release(&bed);
}
END_TEST

/* A kernel that hides its symbols: no owners, and no call sites of pages. */
START_TEST(test_no_owners)
{
	const uint64_t frames[] = { IN_SLAB };
	struct kc_slot from = slot(KC_PAGE_ALLOC);
	struct tf_event ev = event(TF_PAGE_ALLOC);
	struct bed bed;

	bed_init(&bed);
	bed.decoder.owners = NULL;
	set_chain(&bed, 1, frames, 1);
	from.addr = VMEMMAP + 64;
	from.site = 1;
	ev.addr = 1;
	ev.call_site = 0;
	expect_slot(&bed, &from, &ev);
	from.word = slot(KC_VMAP_ALLOC).word;
	from.addr = ev.addr = OBJECT;
	ev.kind = TF_VMAP_ALLOC;
	expect_slot(&bed, &from, &ev);
	bed_release(&bed);
}
END_TEST

START_TEST(test_vmap)
{
	const uint64_t vmalloc[] = { IN_PROGRAM, IN_VMALLOC, IN_LOADER }, other[] = { IN_GETNAME };
	struct kc_more more = { .word = KC_HAS_BYTES, .bytes_req = 20480, .bytes_alloc = 16384 };
	struct kc_slot from = slot(KC_VMAP_ALLOC);
	struct tf_event ev = event(TF_VMAP_ALLOC);
	struct bed bed;

	bed_init(&bed);
	set_chain(&bed, 1, vmalloc, 3);
	set_chain(&bed, 2, other, 1);
	from.addr = ev.addr = 0xffffc90000005000;
	from.site = 1;
	ev.bytes_req = 20480;
	ev.order = 14;
	ev.owner = TF_OWNER_VMALLOC;
	ev.call_site = IN_LOADER;
	expect_more(&bed, &from, &more, &ev);
	from.detail = KC_FAILED;
	from.site = 2;
	more.bytes_alloc = 1;
	ev.flags = TF_EV_FAILED;
	ev.order = 0;
	ev.owner = TF_OWNER_OTHER;
	ev.call_site = IN_GETNAME;
	expect_more(&bed, &from, &more, &ev);
	more.bytes_alloc = 0;
	expect_more(&bed, &from, &more, &ev);

	from = slot(KC_VMAP_FREE);
	from.site = 0;
	ev = event(TF_VMAP_FREE);
	from.addr = ev.addr = 0xffffc90000005000;
	ev.call_site = 0;
	expect_slot(&bed, &from, &ev);
	bed_release(&bed);
}
END_TEST

START_TEST(test_percpu)
{
	struct kc_more more = { .word = KC_HAS_BYTES | 8 << KC_ALIGN_SHIFT,
				.bytes_req = 20,
				.bytes_alloc = 24 };
	struct kc_slot from = slot(KC_PERCPU_ALLOC);
	struct tf_event ev = event(TF_PERCPU_ALLOC);
	struct bed bed;

	bed_init(&bed);
	from.addr = ev.addr = 0x607f00012340;
	from.gfp = ev.gfp = 0xcc0;
	ev.bytes_req = 20;
	ev.bytes_alloc = 24;
	ev.order = 3;
	expect_more(&bed, &from, &more, &ev);
	from.detail = KC_ATOMIC;
	ev.flags = TF_EV_ATOMIC;
	expect_more(&bed, &from, &more, &ev);
	from.detail = KC_RESERVED;
	ev.flags = TF_EV_RESERVED;
	expect_more(&bed, &from, &more, &ev);

	from = slot(KC_PERCPU_FAIL);
	from.addr = from.site = 0;
	from.detail = KC_ATOMIC | KC_RESERVED;
	more.bytes_alloc = 0;
	ev = event(TF_PERCPU_FAIL);
	ev.addr = ev.call_site = 0;
	ev.bytes_req = 20;
	ev.order = 3;
	ev.flags = TF_EV_ATOMIC | TF_EV_RESERVED;
	expect_more(&bed, &from, &more, &ev);

	from = slot(KC_PERCPU_FREE);
	ev = event(TF_PERCPU_FREE);
	expect_slot(&bed, &from, &ev);
	bed_release(&bed);
}
END_TEST

/* The count of lost events is where the trace has it: in bytes_req. */
START_TEST(test_gap)
{
	struct kc_slot from = slot(KC_GAP);
	struct tf_event ev = { .kind = TF_GAP,
			       .ts_ns = NOW_NS,
			       .cpu = 5,
			       .bytes_req = 1ull << 40,
			       .node = TF_NO_NODE };
	struct bed bed;

	bed_init(&bed);
	from.addr = 1ull << 40;
	expect_slot(&bed, &from, &ev);
	bed_release(&bed);
}
END_TEST

START_TEST(test_contexts)
{
	static const struct {
		uint32_t count;
		uint8_t ctx, preempt;
	} cases[] = {
		{ TASK, 0, 0 },
		{ TASK + 1, 0, 1 },
		{ 0xfe, 0, 0xfd },
		{ 0, 0, 0 }, /* less than the tracepoint itself: never below none */
		{ 0x100 + TASK, TF_CTX_SOFTIRQ, 0 },
		{ 0x200 + TASK, TF_CTX_BH_OFF, 0 },
		{ 0x300 + TASK, TF_CTX_SOFTIRQ | TF_CTX_BH_OFF, 0 },
		{ 0xfe00 + TASK, TF_CTX_BH_OFF, 0 },
		{ 0x10000 + TASK, TF_CTX_HARDIRQ, 0 },
		{ 0xf0000 + TASK, TF_CTX_HARDIRQ, 0 },
		{ 0x10100 + TASK, TF_CTX_HARDIRQ | TF_CTX_SOFTIRQ, 0 },
		{ 0x100000 + TASK, TF_CTX_NMI, 0 },
		{ 0x11010a, TF_CTX_NMI | TF_CTX_HARDIRQ | TF_CTX_SOFTIRQ, 9 },
		{ KC_PREEMPT_UNKNOWN, TF_CTX_UNKNOWN, 0 },
	};
	struct bed bed;

	bed_init(&bed);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kc_slot from = slot(KC_KFREE);
		struct tf_event ev = event(TF_KFREE);

		from.preempt_node = 0xff000000 | cases[i].count;
		ev.ctx = cases[i].ctx;
		ev.preempt = cases[i].preempt;
		expect_slot(&bed, &from, &ev);

		/* A kernel without PREEMPT_COUNT: the low byte means nothing. */
		bed.cal.preempt_is_counted = false;
		ev.preempt = 0;
		expect_slot(&bed, &from, &ev);
		/* And one whose count could not be understood. */
		bed.cal.has_preempt = false;
		ev.ctx = TF_CTX_UNKNOWN;
		expect_slot(&bed, &from, &ev);
		bed.cal.has_preempt = bed.cal.preempt_is_counted = true;
	}
	bed_release(&bed);
}
END_TEST

START_TEST(test_bits_of_the_task)
{
	static const struct {
		uint64_t bit;
		uint8_t flags, ctx;
	} cases[] = {
		{ KC_MEMALLOC, TF_EV_MEMALLOC, 0 },
		{ KC_NOIO, TF_EV_NOIO, 0 },
		{ KC_NOFS, TF_EV_NOFS, 0 },
		{ KC_RCU, 0, TF_CTX_RCU },
		{ KC_NOIO | KC_NOFS | KC_RCU, TF_EV_NOIO | TF_EV_NOFS, TF_CTX_RCU },
	};
	const struct kc_more hooked = { .word = KC_HOOKED };
	struct bed bed;

	bed_init(&bed);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kc_slot from = slot(KC_KFREE);
		struct tf_event ev = event(TF_KFREE);

		from.word |= cases[i].bit;
		ev.flags = cases[i].flags;
		ev.ctx = cases[i].ctx;
		expect_slot(&bed, &from, &ev);
		ev.flags |= TF_EV_HOOKED;
		expect_more(&bed, &from, &hooked, &ev);
	}
	bed_release(&bed);
}
END_TEST

/* With -g a chain's id goes into the event, be it a page's or in kc_more; without, it does not. */
START_TEST(test_stack_ids)
{
	const uint64_t frames[] = { IN_PROGRAM, IN_PAGE_ALLOC, IN_LOADER };
	struct kc_slot page = slot(KC_PAGE_FREE), free = slot(KC_KFREE);
	struct kc_more more = { .stack = 12 };
	struct tf_event of_page = event(TF_PAGE_FREE), of_free = event(TF_KFREE);
	struct bed bed;

	bed_init(&bed);
	set_chain(&bed, 12, frames, 3);
	page.addr = VMEMMAP + 64;
	page.site = 12;
	of_page.addr = 1;
	of_page.owner = TF_OWNER_OTHER;
	of_page.call_site = IN_LOADER;
	expect_slot(&bed, &page, &of_page);

	bed.decoder.stack_depth = FRAMES;
	of_page.stack = of_free.stack = 12;
	expect_slot(&bed, &page, &of_page);
	expect_more(&bed, &free, &more, &of_free);
	more.stack = 13; /* not written */
	of_free.stack = 0;
	expect_more(&bed, &free, &more, &of_free);
	more.stack = UINT32_MAX;
	expect_more(&bed, &free, &more, &of_free);
	bed_release(&bed);
}
END_TEST

RUN_SUITE("bpf/decode", test_kmalloc, test_frees, test_cache_alloc, test_page_alloc,
	  test_too_many_frames, test_page_free, test_transitions, test_no_owners, test_vmap,
	  test_percpu, test_gap, test_contexts, test_bits_of_the_task, test_stack_ids)
