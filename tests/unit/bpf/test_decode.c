/* SPDX-License-Identifier: GPL-2.0-only */
/* Slots and records to events: every kind exactly, contexts, damage. */
#include "tests/unit/suite.h"

#include <errno.h>

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

/* What head() becomes, but for what is particular to the kind. */
static struct tf_event event(unsigned int kind)
{
	return (struct tf_event){ .ts_ns = 123456789,
				  .addr = OBJECT,
				  .call_site = SITE,
				  .pid = 4321,
				  .preempt = 2,
				  .cpu = 5,
				  .kind = (uint8_t)kind,
				  .node = TF_NO_NODE };
}

static void expect_decoded(struct bed *bed, const void *rec, size_t size,
			   const struct tf_event *expected)
{
	struct tf_event ev;

	memset(&ev, 0xa5, sizeof(ev));
	ck_assert_int_eq(kc_decode(&bed->decoder, rec, size, &ev), 1);
	expect_same(&ev, expected);
}

static void expect_slot(struct bed *bed, const struct kc_slot *from,
			const struct tf_event *expected)
{
	struct tf_event ev;

	memset(&ev, 0xa5, sizeof(ev));
	ck_assert_int_eq(kc_decode_slot(&bed->decoder, expected->cpu, from, &ev), 0);
	expect_same(&ev, expected);
}

START_TEST(test_slot_kmalloc)
{
	struct kc_slot from = slot(KC_KMALLOC);
	struct tf_event ev = event(TF_KMALLOC);
	struct bed bed;

	bed_init(&bed);
	from.gfp = ev.gfp = 0xdc0;
	from.bytes_req = 70;
	from.bytes_alloc = kc_pack_bytes(96);
	from.cache = 17;
	ev.bytes_req = 70;
	ev.bytes_alloc = 96;
	ev.cache = 17;
	expect_slot(&bed, &from, &ev);

	/* Node 3, a failure, both laps of the ring, the last nanosecond that fits. */
	from.preempt_node = 3u << 24 | TASK;
	from.addr = 0;
	from.word = (uint64_t)KC_KMALLOC << KC_TS_BITS | KC_TS_MASK;
	ev.node = 3;
	ev.preempt = 0;
	ev.addr = 0;
	ev.ts_ns = KC_TS_MASK;
	expect_slot(&bed, &from, &ev);
	from.bytes_req = UINT32_MAX;
	from.bytes_alloc = kc_pack_bytes(4 << 20);
	ev.bytes_req = UINT32_MAX;
	ev.bytes_alloc = 4 << 20;
	expect_slot(&bed, &from, &ev);
	bed_release(&bed);
}
END_TEST

/* What is left in the unused fields of a slot from earlier laps must not show. */
START_TEST(test_slot_frees)
{
	struct bed bed;

	bed_init(&bed);
	for (unsigned int i = 0; i < 2; i++) {
		struct kc_slot from = slot(i ? KC_CACHE_FREE : KC_KFREE);
		struct tf_event ev = event(i ? TF_CACHE_FREE : TF_KFREE);

		from.gfp = 0xdc0;
		from.bytes_req = 70;
		from.bytes_alloc = 12;
		from.cache = 4096;
		ev.cache = 4096;
		expect_slot(&bed, &from, &ev);
		from.addr = ev.addr = 0;
		from.site = 0;
		ev.call_site = 0;
		expect_slot(&bed, &from, &ev);
	}
	bed_release(&bed);
}
END_TEST

/* The sizes of a CACHE_ALLOC are those of its cache, 0 as long as it is unknown. */
START_TEST(test_slot_cache_alloc)
{
	struct kc_cache_rec rec = cache_rec(KC_CACHE_SLOTS, "filp");
	struct kc_slot from = slot(KC_CACHE_ALLOC);
	struct tf_event ev = event(TF_CACHE_ALLOC);
	struct bed bed;

	bed_init(&bed);
	from.gfp = ev.gfp = 0xcc0;
	from.bytes_req = 70; /* of an earlier lap */
	from.bytes_alloc = 12;
	from.cache = KC_CACHE_SLOTS;
	ev.cache = KC_CACHE_SLOTS;
	expect_slot(&bed, &from, &ev);
	announce(&bed, &rec);
	ev.bytes_req = 184;
	ev.bytes_alloc = 192;
	expect_slot(&bed, &from, &ev);
	/* no id, and one that no program writes */
	ev.bytes_req = ev.bytes_alloc = 0;
	from.cache = 0;
	ev.cache = 0;
	expect_slot(&bed, &from, &ev);
	from.cache = UINT16_MAX;
	ev.cache = UINT16_MAX;
	expect_slot(&bed, &from, &ev);
	bed_release(&bed);
}
END_TEST

START_TEST(test_packed_sizes)
{
	for (uint64_t bytes = 0; bytes <= 8192; bytes += 8)
		ck_assert_uint_eq(kc_unpack_bytes(kc_pack_bytes(bytes)), bytes);
	for (uint64_t bytes = 8192; bytes <= 64 << 20; bytes += 4096)
		ck_assert_uint_eq(kc_unpack_bytes(kc_pack_bytes(bytes)), bytes);
}
END_TEST

START_TEST(test_page_alloc)
{
	struct kc_page rec = { .h = head(KC_PAGE_ALLOC),
			       .gfp = 0x152cc0,
			       .order = 3,
			       .migratetype = 2,
			       .nr_frames = 3,
			       .frames = { IN_PAGE_ALLOC, IN_SLAB, IN_GETNAME } };
	struct tf_event ev = event(TF_PAGE_ALLOC);
	struct bed bed;

	bed_init(&bed);
	rec.h.addr = VMEMMAP + 0x1234567ull * 64;
	ev.addr = 0x1234567;
	ev.gfp = 0x152cc0;
	ev.order = 3;
	ev.migratetype = 2;
	ev.owner = TF_OWNER_SLAB;
	ev.call_site = IN_GETNAME;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);

	/* A failure; only as many frames as there are; pfn 0 is a page like others. */
	rec.h.addr = 0;
	ev.addr = TF_NO_PFN;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);
	rec.h.addr = VMEMMAP;
	rec.nr_frames = 2;
	ev.addr = 0;
	ev.call_site = 0;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);
	rec.nr_frames = 0;
	ev.owner = TF_OWNER_UNKNOWN;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);

	/* More frames than there is room for cannot be: taken as all of them. */
	for (unsigned int i = 0; i < KC_FRAMES; i++)
		rec.frames[i] = IN_SLAB + i;
	rec.nr_frames = 255;
	ev.owner = TF_OWNER_SLAB;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);

	/* Without calibration the page is its address, and a failure is still one. */
	bed.cal.has_vmemmap = false;
	ev.addr = VMEMMAP;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);
	rec.h.addr = 0;
	ev.addr = TF_NO_PFN;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);
	bed_release(&bed);
}
END_TEST

START_TEST(test_page_frees)
{
	struct kc_page rec = { .h = head(KC_PAGE_FREE),
			       .order = 10,
			       .nr_frames = 2,
			       .frames = { IN_PAGE_ALLOC, IN_LOADER } };
	struct kc_head batched = head(KC_PAGE_FREE_BATCH);
	struct tf_event ev = event(TF_PAGE_FREE);
	struct bed bed;

	bed_init(&bed);
	rec.h.addr = batched.addr = VMEMMAP + 77 * 64;
	ev.addr = 77;
	ev.order = 10;
	ev.owner = TF_OWNER_OTHER;
	ev.call_site = IN_LOADER;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);

	ev = event(TF_PAGE_FREE_BATCH);
	ev.addr = 77;
	batched.site = 0;
	ev.call_site = 0;
	expect_decoded(&bed, &batched, sizeof(batched), &ev);
	bed_release(&bed);
}
END_TEST

/* A kernel that hides its symbols: no owners, and the call site stays what the record says. */
START_TEST(test_no_owners)
{
	struct kc_page rec = { .h = head(KC_PAGE_ALLOC), .nr_frames = 1, .frames = { IN_SLAB } };
	struct tf_event ev = event(TF_PAGE_ALLOC);
	struct bed bed;

	bed_init(&bed);
	bed.decoder.owners = NULL;
	rec.h.addr = VMEMMAP + 64;
	rec.h.site = 0;
	ev.addr = 1;
	ev.call_site = 0;
	ev.owner = TF_OWNER_UNKNOWN;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);
	rec.h.cpu_kind = 5 << 5 | KC_VMAP_ALLOC;
	rec.h.addr = OBJECT;
	ev.kind = TF_VMAP_ALLOC;
	ev.addr = OBJECT;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);
	bed_release(&bed);
}
END_TEST

START_TEST(test_vmap)
{
	struct kc_page rec = { .h = head(KC_VMAP_ALLOC),
			       .bytes = 20480,
			       .align = 16384,
			       .nr_frames = 2,
			       .frames = { IN_VMALLOC, IN_LOADER } };
	struct kc_head freed = head(KC_VMAP_FREE);
	struct tf_event ev = event(TF_VMAP_ALLOC);
	struct bed bed;

	bed_init(&bed);
	rec.h.addr = freed.addr = 0xffffc90000005000;
	ev.addr = 0xffffc90000005000;
	ev.bytes_req = 20480;
	ev.order = 14;
	ev.owner = TF_OWNER_VMALLOC;
	ev.call_site = IN_LOADER;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);
	rec.flags = KC_FLAG_FAILED;
	rec.align = 1;
	rec.frames[0] = IN_GETNAME;
	rec.nr_frames = 1;
	ev.flags = TF_EV_FAILED;
	ev.order = 0;
	ev.owner = TF_OWNER_OTHER;
	ev.call_site = IN_GETNAME;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);
	rec.align = 0;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);

	ev = event(TF_VMAP_FREE);
	ev.addr = 0xffffc90000005000;
	expect_decoded(&bed, &freed, sizeof(freed), &ev);
	bed_release(&bed);
}
END_TEST

START_TEST(test_percpu)
{
	struct kc_percpu rec = { .h = head(KC_PERCPU_ALLOC),
				 .gfp = 0xcc0,
				 .bytes_req = 20,
				 .bytes_alloc = 24,
				 .align = 8 };
	struct kc_head freed = head(KC_PERCPU_FREE);
	struct tf_event ev = event(TF_PERCPU_ALLOC);
	struct bed bed;

	bed_init(&bed);
	rec.h.addr = freed.addr = 0x607f00012340;
	ev.addr = 0x607f00012340;
	ev.gfp = 0xcc0;
	ev.bytes_req = 20;
	ev.bytes_alloc = 24;
	ev.order = 3;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);
	rec.flags = KC_FLAG_ATOMIC;
	ev.flags = TF_EV_ATOMIC;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);
	rec.flags = KC_FLAG_RESERVED;
	ev.flags = TF_EV_RESERVED;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);

	rec.h.cpu_kind = 5 << 5 | KC_PERCPU_FAIL;
	rec.h.addr = 0;
	rec.h.site = 0;
	rec.gfp = 0;
	rec.bytes_alloc = 0;
	rec.flags = KC_FLAG_ATOMIC | KC_FLAG_RESERVED;
	ev = event(TF_PERCPU_FAIL);
	ev.addr = 0;
	ev.call_site = 0;
	ev.bytes_req = 20;
	ev.order = 3;
	ev.flags = TF_EV_ATOMIC | TF_EV_RESERVED;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);

	ev = event(TF_PERCPU_FREE);
	ev.addr = 0x607f00012340;
	expect_decoded(&bed, &freed, sizeof(freed), &ev);
	bed_release(&bed);
}
END_TEST

/* The count of lost events is where the trace has it: in bytes_req. */
START_TEST(test_gap)
{
	struct kc_gap rec = { .h = head(KC_GAP) };
	struct tf_event ev = { .kind = TF_GAP,
			       .ts_ns = 123456789,
			       .cpu = 1023,
			       .bytes_req = 1ull << 40,
			       .node = TF_NO_NODE };
	struct bed bed;

	bed_init(&bed);
	rec.h.cpu_kind = 1023 << 5 | KC_GAP;
	rec.h.addr = 1ull << 40;
	rec.h.site = 0;
	rec.h.pid = 0;
	expect_decoded(&bed, &rec, sizeof(rec), &ev);
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
		{ 0xff, 0, 0xfe },
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
		struct kc_head rec = head(KC_PERCPU_FREE);
		struct kc_slot from = slot(KC_KFREE);
		struct tf_event ev = event(TF_PERCPU_FREE);

		rec.preempt = cases[i].count;
		from.preempt_node = 0xff000000 | cases[i].count;
		ev.ctx = cases[i].ctx;
		ev.preempt = cases[i].preempt;
		expect_decoded(&bed, &rec, sizeof(rec), &ev);
		ev.kind = TF_KFREE;
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

static size_t size_of(unsigned int kind)
{
	switch (kind) {
	case KC_PAGE_ALLOC:
	case KC_PAGE_FREE:
	case KC_VMAP_ALLOC:
		return sizeof(struct kc_page);
	case KC_PERCPU_ALLOC:
	case KC_PERCPU_FAIL:
		return sizeof(struct kc_percpu);
	case KC_REC_CACHE:
		return sizeof(struct kc_cache_rec);
	default:
		return sizeof(struct kc_head);
	}
}

/* Each record is a heap block of its own, so that the sanitizers see a byte too many. */
START_TEST(test_malformed_records)
{
	struct tf_event ev;
	struct bed bed;

	bed_init(&bed);
	for (unsigned int kind = 0; kind < 32; kind++) {
		bool known = kind <= KC_GAP || kind == KC_REC_CACHE;

		for (size_t size = 0; size <= sizeof(struct kc_cache_rec) + 8; size++) {
			uint8_t *data = calloc(1, size ? size : 1);
			struct kc_head h = head(kind);
			int ret;

			memcpy(data, &h, size < sizeof(h) ? size : sizeof(h));
			ret = kc_decode(&bed.decoder, data, size, &ev);
			if (!known || size < size_of(kind))
				ck_assert_msg(ret == -EINVAL, "kind %u, %zu bytes: %d", kind, size,
					      ret);
			else
				ck_assert_msg(ret == (kind != KC_REC_CACHE),
					      "kind %u, %zu bytes: %d", kind, size, ret);
			free(data);
		}
	}
	bed_release(&bed);
}
END_TEST

RUN_SUITE("bpf/decode", test_slot_kmalloc, test_slot_frees, test_slot_cache_alloc,
	  test_packed_sizes, test_page_alloc, test_page_frees, test_no_owners, test_vmap,
	  test_percpu, test_gap, test_contexts, test_malformed_records)
