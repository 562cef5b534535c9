/* SPDX-License-Identifier: GPL-2.0-only */
/* Slots and records to events: every kind exactly, contexts, caches, call sites, damage. */
#include "tests/unit/suite.h"

#include <errno.h>
#include <string.h>

#include "bpf/decode.h"
#include "tests/unit/bpf/symbols.h"

#define VMEMMAP 0xffffea0000000000ull
#define SITE 0xffffffff81234567ull
#define OBJECT 0xffff888104311e40ull
#define TASK 1u /* the tracepoint's own preempt_disable() */

/* Owners are told by this kernel: functions of 4 KiB. */
static const char symbols[] = "ffffffff81000000 T __alloc_frozen_pages_noprof\n"
			      "ffffffff81001000 T allocate_slab\n"
			      "ffffffff81002000 T __vmalloc_node_range_noprof\n"
			      "ffffffff81003000 T getname_flags\n"
			      "ffffffff81004000 T load_module\t[loader]\n";
#define IN_PAGE_ALLOC 0xffffffff81000123ull
#define IN_SLAB 0xffffffff81001123ull
#define IN_VMALLOC 0xffffffff81002123ull
#define IN_GETNAME 0xffffffff81003123ull
#define IN_LOADER 0xffffffff81004123ull

struct bed {
	struct kc_calibration cal;
	struct kc_kallsyms *syms;
	struct kc_owners *owners;
	struct kc_decoder decoder;
};

static void bed_init(struct bed *bed)
{
	bed->cal = (struct kc_calibration){ .has_vmemmap = true,
					    .vmemmap_base = VMEMMAP,
					    .page_struct_bytes = 64,
					    .has_preempt = true,
					    .preempt_is_counted = true,
					    .preempt_offset = TASK };
	bed->syms = symbols_from(symbols);
	ck_assert_int_eq(kc_owners_init(&bed->owners, bed->syms), 0);
	ck_assert_int_eq(kc_decoder_init(&bed->decoder, &bed->cal), 0);
	bed->decoder.owners = bed->owners;
}

static void bed_release(struct bed *bed)
{
	kc_decoder_release(&bed->decoder);
	kc_owners_free(bed->owners);
	kc_kallsyms_free(bed->syms);
}

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

static struct kc_head head(unsigned int kind)
{
	return (struct kc_head){ .ts_ns = 123456789,
				 .addr = OBJECT,
				 .site = (uint32_t)SITE,
				 .pid = 4321,
				 .preempt = TASK + 2,
				 .cpu_kind = (uint16_t)(5 << 5 | kind) };
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

static struct kc_slot slot(unsigned int kind)
{
	return (struct kc_slot){ .word = 1ull << KC_LAP_SHIFT | (uint64_t)kind << KC_TS_BITS |
					 123456789,
				 .addr = OBJECT,
				 .site = (uint32_t)SITE,
				 .pid = 4321,
				 .preempt_node = 0xff000000 | (TASK + 2) };
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

static struct kc_cache_rec cache_rec(uint32_t id, const char *name)
{
	struct kc_cache_rec rec = { .h = head(KC_REC_CACHE),
				    .object_size = 184,
				    .size = 192,
				    .align = 64,
				    .flags = 0x82000,
				    .oo = 21,
				    .min_partial = 5,
				    .cpu_partial = 120,
				    .cpu_partial_slabs = 12 };

	rec.h.cache = (uint16_t)id;
	snprintf(rec.name, sizeof(rec.name), "%s", name);
	return rec;
}

static void announce(struct bed *bed, const struct kc_cache_rec *rec)
{
	struct tf_event ev;

	ck_assert_int_eq(kc_decode(&bed->decoder, rec, sizeof(*rec), &ev), 0);
}

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
	ev.bytes_req = ev.bytes_alloc = 20480;
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

static const struct tf_cache *meta_cache(struct bed *bed, struct tf_meta *meta, uint32_t id)
{
	ck_assert_int_eq(kc_decoder_add_meta(&bed->decoder, bed->syms, meta), 0);
	return tf_meta_cache(meta, id);
}

START_TEST(test_cache_announcements)
{
	struct kc_cache_rec rec = cache_rec(7, "dentry");
	const struct tf_cache *cache;
	struct tf_meta meta;
	struct bed bed;

	bed_init(&bed);
	tf_meta_init(&meta);
	ck_assert_ptr_null(meta_cache(&bed, &meta, 7));
	announce(&bed, &rec);
	cache = meta_cache(&bed, &meta, 7);
	ck_assert_ptr_nonnull(cache);
	ck_assert_uint_eq(cache->id, 7);
	ck_assert_str_eq(cache->name, "dentry");
	ck_assert_uint_eq(cache->object_size, 184);
	ck_assert_uint_eq(cache->size, 192);
	ck_assert_uint_eq(cache->align, 64);
	ck_assert_uint_eq(cache->flags, 0x82000);
	ck_assert_uint_eq(cache->oo, 21);
	ck_assert_uint_eq(cache->min_partial, 5);
	ck_assert_uint_eq(cache->cpu_partial, 120);
	ck_assert_uint_eq(cache->cpu_partial_slabs, 12);

	/* Twice, when two CPUs met it at once: the first counts. */
	rec.size = 256;
	announce(&bed, &rec);
	ck_assert_uint_eq(meta_cache(&bed, &meta, 7)->size, 192);
	ck_assert_uint_eq(meta.nr_caches, 1);

	/* A name that fills its field is cut at 63; ids that no program gives are not taken. */
	memset(rec.name, 'n', sizeof(rec.name));
	rec.h.cache = KC_CACHE_SLOTS;
	announce(&bed, &rec);
	cache = meta_cache(&bed, &meta, KC_CACHE_SLOTS);
	ck_assert_uint_eq(strlen(cache->name), 63);
	ck_assert_uint_eq(cache->size, 256);
	rec.h.cache = 0;
	announce(&bed, &rec);
	rec.h.cache = KC_CACHE_SLOTS + 1;
	announce(&bed, &rec);
	rec.h.cache = UINT16_MAX;
	announce(&bed, &rec);
	ck_assert_ptr_null(meta_cache(&bed, &meta, KC_CACHE_SLOTS + 1));
	ck_assert_uint_eq(meta.nr_caches, 2);
	/* Each is told once. */
	tf_meta_release(&meta);
	tf_meta_init(&meta);
	ck_assert_ptr_null(meta_cache(&bed, &meta, 7));
	ck_assert_uint_eq(meta.nr_caches, 0);
	tf_meta_release(&meta);
	bed_release(&bed);
}
END_TEST

/* As many caches as there can be, all within one second. */
START_TEST(test_all_caches)
{
	struct tf_meta meta;
	struct bed bed;
	char name[16];

	bed_init(&bed);
	tf_meta_init(&meta);
	for (uint32_t id = KC_CACHE_SLOTS; id; id--) {
		snprintf(name, sizeof(name), "cache-%u", id);
		struct kc_cache_rec rec = cache_rec(id, name);

		announce(&bed, &rec);
		announce(&bed, &rec);
	}
	ck_assert_int_eq(kc_decoder_add_meta(&bed.decoder, bed.syms, &meta), 0);
	ck_assert_uint_eq(meta.nr_caches, KC_CACHE_SLOTS);
	for (uint32_t id = 1; id <= KC_CACHE_SLOTS; id++) {
		snprintf(name, sizeof(name), "cache-%u", id);
		ck_assert_str_eq(tf_meta_cache(&meta, id)->name, name);
	}
	tf_meta_release(&meta);
	bed_release(&bed);
}
END_TEST

#define NR_SITES 10000u

static void free_at(struct bed *bed, uint64_t site)
{
	struct kc_slot from = slot(KC_KFREE);
	struct tf_event ev;

	from.site = (uint32_t)site;
	ck_assert_int_eq(kc_decode_slot(&bed->decoder, 0, &from, &ev), 0);
}

/* Every call site once, whatever the kind, beyond the 4096 that there is room for at first. */
START_TEST(test_call_sites)
{
	const struct tf_symbol *symbol;
	struct tf_meta meta;
	struct bed bed;

	bed_init(&bed);
	tf_meta_init(&meta);
	for (unsigned int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < NR_SITES; i++)
			free_at(&bed, 0xffffffff81003000 + i * 7 % NR_SITES * 16);
		ck_assert_int_eq(kc_decoder_add_meta(&bed.decoder, bed.syms, &meta), 0);
		ck_assert_uint_eq(meta.nr_symbols, NR_SITES);
	}
	tf_meta_sort_symbols(&meta);
	for (uint32_t i = 0; i < NR_SITES; i++) {
		symbol = tf_meta_symbol(&meta, 0xffffffff81003000 + i * 16);
		ck_assert_ptr_nonnull(symbol);
		ck_assert_str_eq(symbol->name, i < 256 ? "getname_flags" : "load_module [loader]");
		ck_assert_uint_eq(symbol->offset, i < 256 ? i * 16 : (i - 256) * 16);
	}
	/* No symbol lies below; no site is no site. */
	free_at(&bed, 0xffffffff80ffffff);
	free_at(&bed, 0);
	ck_assert_int_eq(kc_decoder_add_meta(&bed.decoder, bed.syms, &meta), 0);
	ck_assert_uint_eq(meta.nr_symbols, NR_SITES);
	tf_meta_release(&meta);
	bed_release(&bed);
}
END_TEST

/* Sites that are met in small lots between two calls, and those of page events. */
START_TEST(test_new_call_sites_only)
{
	struct kc_page rec = { .h = head(KC_PAGE_ALLOC), .nr_frames = 1, .frames = { IN_GETNAME } };
	struct tf_meta first, second;
	struct tf_event ev;
	struct bed bed;

	bed_init(&bed);
	tf_meta_init(&first);
	tf_meta_init(&second);
	free_at(&bed, IN_LOADER);
	ck_assert_int_eq(kc_decoder_add_meta(&bed.decoder, bed.syms, &first), 0);
	free_at(&bed, IN_LOADER);
	ck_assert_int_eq(kc_decode(&bed.decoder, &rec, sizeof(rec), &ev), 1);
	ck_assert_int_eq(kc_decoder_add_meta(&bed.decoder, bed.syms, &second), 0);
	ck_assert_uint_eq(first.nr_symbols, 1);
	ck_assert_uint_eq(first.symbols[0].addr, IN_LOADER);
	ck_assert_uint_eq(second.nr_symbols, 1);
	ck_assert_uint_eq(second.symbols[0].addr, IN_GETNAME);
	ck_assert_uint_eq(second.symbols[0].offset, 0x123);
	tf_meta_release(&first);
	tf_meta_release(&second);
	bed_release(&bed);
}
END_TEST

START_TEST(test_no_symbols)
{
	struct tf_meta meta;
	struct bed bed;

	bed_init(&bed);
	tf_meta_init(&meta);
	free_at(&bed, IN_LOADER);
	ck_assert_int_eq(kc_decoder_add_meta(&bed.decoder, NULL, &meta), 0);
	ck_assert_uint_eq(meta.nr_symbols, 0);
	tf_meta_release(&meta);
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
	  test_percpu, test_gap, test_contexts, test_cache_announcements, test_all_caches,
	  test_call_sites, test_new_call_sites_only, test_no_symbols, test_malformed_records)
