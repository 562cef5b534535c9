/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs are told of a kernel: offsets, flags and layouts out of made-up BTF.
 */
#include "tests/unit/suite.h"

#include <string.h>

#include "bpf/kernel_btf.h"
#include "bpf/params.h"
#include "bpf/programs.h"
#include "tests/unit/bpf/made_btf.h"

/* struct pcpu_hot { union { struct { void *task; int preempt_count; }; u8 pad[64]; }; }; */
static int add_pcpu_hot(struct kernel *k)
{
	int inner = made_id(btf__add_struct(k->btf, NULL, 16)), both;

	ck_assert_int_eq(btf__add_field(k->btf, "current_task", k->type['P'], 0, 0), 0);
	ck_assert_int_eq(btf__add_field(k->btf, "preempt_count", k->type['I'], 64, 0), 0);
	both = made_id(btf__add_union(k->btf, NULL, 64));
	ck_assert_int_eq(btf__add_field(k->btf, "pad", k->type['L'], 0, 0), 0);
	ck_assert_int_eq(btf__add_field(k->btf, NULL, inner, 0, 0), 0);
	made_id(btf__add_struct(k->btf, "pcpu_hot", 80));
	ck_assert_int_eq(btf__add_field(k->btf, "before", k->type['L'], 0, 0), 0);
	ck_assert_int_eq(btf__add_field(k->btf, NULL, both, 128, 0), 0);
	return (int)btf__type_cnt(k->btf) - 1;
}

static void expect_offsets(const struct kernel *k, uint64_t runqueues, uint64_t preempt)
{
	struct kc_params params = { .self_tgid = 77, .spill_slots = 4096 };

	kc_fill_params(k->btf, &params);
	ck_assert_uint_eq(params.offset_runqueues, runqueues);
	ck_assert_uint_eq(params.offset_preempt_count, preempt);
	ck_assert_uint_eq(params.self_tgid, 77);
	ck_assert_uint_eq(params.spill_slots, 4096);
}

START_TEST(test_preempt_count_of_its_own)
{
	static const char *const names[] = { "other", "__preempt_count", "runqueues" };
	static const uint32_t offsets[] = { 0, 0x1f034, 0x2a940 };
	struct kernel k;

	kernel_init(&k);
	add_percpu(&k, names, (int[]){ k.type['I'], k.type['I'], k.type['X'] }, offsets, 3);
	expect_offsets(&k, 0x2a940, 0x1f034);
	kernel_release(&k);
}
END_TEST

/* x86 from 6.2 to 6.14: a member, two anonymous ones deep. */
START_TEST(test_preempt_count_in_pcpu_hot)
{
	static const char *const names[] = { "pcpu_hot", "runqueues" };
	static const uint32_t offsets[] = { 0x1c000, 0x2a940 };
	struct kernel k;
	int hot;

	kernel_init(&k);
	hot = add_pcpu_hot(&k);
	add_percpu(&k, names, (int[]){ hot, k.type['X'] }, offsets, 2);
	expect_offsets(&k, 0x2a940, 0x1c000 + 16 + 8);
	kernel_release(&k);
}
END_TEST

START_TEST(test_preempt_count_unknown)
{
	static const char *const names[] = { "runqueues", "pcpu_hot" };
	static const uint32_t offsets[] = { 0x2a940, 0x1c000 };
	struct kernel k;

	/* no section, only one of the two, a pcpu_hot without it, a variable in no section */
	kernel_init(&k);
	expect_offsets(&k, 0, 0);
	add_percpu(&k, names, &k.type['X'], offsets, 1);
	expect_offsets(&k, 0, 0);
	kernel_release(&k);

	kernel_init(&k);
	add_percpu(&k, (const char *[]){ "__preempt_count" }, &k.type['I'], offsets, 1);
	expect_offsets(&k, 0, 0);
	kernel_release(&k);

	kernel_init(&k);
	add_percpu(&k, names, (int[]){ k.type['X'], k.type['X'] }, offsets, 2);
	expect_offsets(&k, 0, 0);
	kernel_release(&k);

	kernel_init(&k);
	made_id(btf__add_var(k.btf, "__preempt_count", BTF_VAR_GLOBAL_ALLOCATED, k.type['I']));
	add_percpu(&k, names, &k.type['X'], offsets, 1);
	expect_offsets(&k, 0, 0);
	kernel_release(&k);
}
END_TEST

/* bpf_rdonly_cast() came in 6.2; the struct is one that begins with words. */
START_TEST(test_words_type)
{
	struct kc_params params = { .words_type = 0 };
	struct kernel k;
	int proto, words;

	kernel_init(&k);
	words = made_id(btf__add_struct(k.btf, "pt_regs", 168));
	kc_fill_params(k.btf, &params);
	ck_assert_uint_eq(params.words_type, 0);
	proto = made_id(btf__add_func_proto(k.btf, k.type['P']));
	made_id(btf__add_func(k.btf, "bpf_rdonly_cast", BTF_FUNC_GLOBAL, proto));
	kc_fill_params(k.btf, &params);
	ck_assert_int_eq((int)params.words_type, words);
	kernel_release(&k);

	params.words_type = 0;
	kernel_init(&k);
	proto = made_id(btf__add_func_proto(k.btf, k.type['P']));
	made_id(btf__add_func(k.btf, "bpf_rdonly_cast", BTF_FUNC_GLOBAL, proto));
	kc_fill_params(k.btf, &params);
	ck_assert_uint_eq(params.words_type, 0);
	kernel_release(&k);
}
END_TEST

/*
 * What is made of struct page and struct slab.  Bytes of the page:
 *
 *   0 flags   8 { compound_head ... }   24 slab_cache (before 5.17)   48 { page_type }   64
 */
enum page_parts {
	COMPOUND_HEAD = 1 << 0,
	PAGE_TYPE = 1 << 1,
	CACHE_IN_PAGE = 1 << 2, /* up to 5.16 */
	CACHE_IN_SLAB = 1 << 3,
	TYPE_SLAB = 1 << 4, /* enum pagetype has PGTY_slab: 6.12 and later */
	FLAG_SLAB = 1 << 5, /* enum pageflags has PG_slab: before */
	TYPE_OTHER = 1 << 6 /* there is an enum pagetype without it */
};

#define PG_SLAB 9
#define PGTY_SLAB 0xf5

static void add_page(struct kernel *k, unsigned int parts)
{
	int first = made_id(btf__add_struct(k->btf, NULL, 40)), both = first, type;

	ck_assert_int_eq(btf__add_field(k->btf, "lru", k->type['L'], 0, 0), 0);
	if (parts & CACHE_IN_PAGE)
		ck_assert_int_eq(btf__add_field(k->btf, "slab_cache", k->type['S'], 128, 0), 0);
	if (parts & COMPOUND_HEAD) {
		int tail = made_id(btf__add_struct(k->btf, NULL, 8));

		ck_assert_int_eq(btf__add_field(k->btf, "compound_head", k->type['L'], 0, 0), 0);
		both = made_id(btf__add_union(k->btf, NULL, 40));
		ck_assert_int_eq(btf__add_field(k->btf, NULL, first, 0, 0), 0);
		ck_assert_int_eq(btf__add_field(k->btf, NULL, tail, 0, 0), 0);
	}
	type = made_id(btf__add_union(k->btf, NULL, 4));
	ck_assert_int_eq(btf__add_field(k->btf, parts & PAGE_TYPE ? "page_type" : "_mapcount",
					k->type['I'], 0, 0),
			 0);
	made_id(btf__add_struct(k->btf, "page", 64));
	ck_assert_int_eq(btf__add_field(k->btf, "flags", k->type['L'], 0, 0), 0);
	ck_assert_int_eq(btf__add_field(k->btf, NULL, both, 64, 0), 0);
	ck_assert_int_eq(btf__add_field(k->btf, NULL, type, 384, 0), 0);
}

static void add_parts(struct kernel *k, unsigned int parts)
{
	static const char *const types[] = { "PGTY_buddy", "PGTY_offline", "PGTY_table",
					     "PGTY_guard", "PGTY_hugetlb", "PGTY_slab" };
	static const char *const flags[] = { "PG_locked",   "PG_writeback", "PG_referenced",
					     "PG_uptodate", "PG_dirty",	    "PG_lru",
					     "PG_head",	    "PG_waiters",   "PG_active",
					     "PG_slab" };

	add_page(k, parts);
	if (parts & CACHE_IN_SLAB) {
		made_id(btf__add_struct(k->btf, "slab", 64));
		ck_assert_int_eq(btf__add_field(k->btf, "__page_flags", k->type['L'], 0, 0), 0);
		ck_assert_int_eq(btf__add_field(k->btf, "slab_cache", k->type['S'], 64, 0), 0);
	}
	if (parts & (TYPE_SLAB | TYPE_OTHER))
		add_enum(k, "pagetype", types, parts & TYPE_SLAB ? 6 : 5, 0xf0);
	add_enum(k, "pageflags", flags, parts & FLAG_SLAB ? 10 : 9, 0);
}

static struct kc_params page_params(unsigned int parts)
{
	struct kc_params params = { 0 };
	struct kernel k;

	kernel_init(&k);
	add_parts(&k, parts);
	kc_fill_params(k.btf, &params);
	kernel_release(&k);
	return params;
}

/* 6.12 and later: the type wins over a flag of that name. */
START_TEST(test_slab_by_page_type)
{
	unsigned int parts = COMPOUND_HEAD | PAGE_TYPE | CACHE_IN_SLAB | TYPE_SLAB;

	for (unsigned int flag = 0; flag <= FLAG_SLAB; flag += FLAG_SLAB) {
		struct kc_params params = page_params(parts | flag);

		ck_assert_uint_eq(params.page_bytes, 64);
		ck_assert_uint_eq(params.compound_head, 8);
		ck_assert_uint_eq(params.slab_cache, 8);
		ck_assert_uint_eq(params.slab_word, 48);
		ck_assert_uint_eq(params.slab_shift, 24);
		ck_assert_uint_eq(params.slab_mask, 0xff);
		ck_assert_uint_eq(params.slab_value, PGTY_SLAB);
	}
}
END_TEST

static void expect_flag(unsigned int parts, unsigned int slab_cache)
{
	struct kc_params params = page_params(parts);

	ck_assert_uint_eq(params.page_bytes, 64);
	ck_assert_uint_eq(params.compound_head, 8);
	ck_assert_uint_eq(params.slab_cache, slab_cache);
	ck_assert_uint_eq(params.slab_word, 0);
	ck_assert_uint_eq(params.slab_shift, PG_SLAB);
	ck_assert_uint_eq(params.slab_mask, 1);
	ck_assert_uint_eq(params.slab_value, 1);
}

/* Before: a bit of the flags; up to 5.16 struct page has the cache itself. */
START_TEST(test_slab_by_page_flag)
{
	expect_flag(COMPOUND_HEAD | FLAG_SLAB | CACHE_IN_SLAB, 8);
	expect_flag(COMPOUND_HEAD | FLAG_SLAB | CACHE_IN_PAGE, 8 + 16);
	expect_flag(COMPOUND_HEAD | FLAG_SLAB | CACHE_IN_PAGE | CACHE_IN_SLAB, 8);
	expect_flag(COMPOUND_HEAD | FLAG_SLAB | PAGE_TYPE | CACHE_IN_SLAB, 8);
	expect_flag(COMPOUND_HEAD | FLAG_SLAB | PAGE_TYPE | CACHE_IN_SLAB | TYPE_OTHER, 8);
	/* a type, and nowhere to find it */
	expect_flag(COMPOUND_HEAD | FLAG_SLAB | CACHE_IN_SLAB | TYPE_SLAB, 8);
}
END_TEST

/* Whatever is not known: no object's cache is looked for. */
START_TEST(test_slab_unknown)
{
	static const unsigned int missing[] = {
		0,
		/* neither a type nor a flag */
		COMPOUND_HEAD | PAGE_TYPE | CACHE_IN_SLAB,
		COMPOUND_HEAD | PAGE_TYPE | CACHE_IN_SLAB | TYPE_OTHER,
		COMPOUND_HEAD | CACHE_IN_SLAB | TYPE_SLAB,
		/* no cache, no way to the first page */
		COMPOUND_HEAD | PAGE_TYPE | TYPE_SLAB | FLAG_SLAB,
		PAGE_TYPE | CACHE_IN_SLAB | TYPE_SLAB | FLAG_SLAB,
		CACHE_IN_PAGE | FLAG_SLAB,
	};

	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		struct kc_params params = page_params(missing[i]);

		ck_assert_msg(params.page_bytes == 0, "parts %x", missing[i]);
		ck_assert_uint_eq(params.slab_mask, 0);
	}
}
END_TEST

START_TEST(test_struct_size)
{
	struct kernel k;

	kernel_init(&k);
	add_page(&k, 0);
	ck_assert_uint_eq(kc_btf_struct_size(k.btf, "page"), 64);
	ck_assert_uint_eq(kc_btf_struct_size(k.btf, "kmem_cache"), 200);
	ck_assert_uint_eq(kc_btf_struct_size(k.btf, "pages"), 0);
	ck_assert_uint_eq(kc_btf_struct_size(k.btf, "gfp_t"), 0);
	kernel_release(&k);
}
END_TEST

START_TEST(test_gfp_facts)
{
	static const char *const other[] = { "WORK_STRUCT_PENDING_BIT", "___GFP_FAKE_BIT" };
	static const char *const named[] = { "___GFP_NAMED_BIT" };
	static const char *const bits[] = { "___GFP_DMA_BIT",	     "___GFP_HIGHMEM_BIT",
					    "___GFP_UNUSED",	     "_BIT",
					    "___GFP_NO_OBJ_EXT_BIT", "___GFP_LAST_BIT" };
	struct tf_meta meta;
	struct kernel k;

	kernel_init(&k);
	tf_meta_init(&meta);
	add_enum(&k, NULL, other, 2, 0);
	add_enum(&k, "named", named, 1, 0);
	add_enum(&k, NULL, NULL, 0, 0);
	ck_assert_int_eq(kc_add_gfp_facts(k.btf, &meta), 0);
	ck_assert_uint_eq(meta.nr_facts, 0);

	add_enum(&k, NULL, bits, 3, 0);
	ck_assert_int_eq(kc_add_gfp_facts(k.btf, &meta), 2);
	ck_assert_uint_eq(meta.nr_facts, 2);
	ck_assert_str_eq(tf_meta_get(&meta, "gfp.DMA"), "0");
	ck_assert_str_eq(tf_meta_get(&meta, "gfp.HIGHMEM"), "1");
	kernel_release(&k);

	kernel_init(&k);
	add_enum(&k, NULL, bits, 6, 0);
	ck_assert_int_eq(kc_add_gfp_facts(k.btf, &meta), 3);
	ck_assert_uint_eq(meta.nr_facts, 3);
	ck_assert_str_eq(tf_meta_get(&meta, "gfp.NO_OBJ_EXT"), "4");
	ck_assert_ptr_null(tf_meta_get(&meta, "gfp.LAST"));
	kernel_release(&k);
	tf_meta_release(&meta);
}
END_TEST

RUN_SUITE("bpf/params", test_preempt_count_of_its_own, test_preempt_count_in_pcpu_hot,
	  test_preempt_count_unknown, test_words_type, test_slab_by_page_type,
	  test_slab_by_page_flag, test_slab_unknown, test_struct_size, test_gfp_facts)
