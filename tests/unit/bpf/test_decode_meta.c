/* SPDX-License-Identifier: GPL-2.0-only */
/* What a decoder collects on its way: caches, call chains, and call sites. */
#include "tests/unit/suite.h"

#include "tests/unit/bpf/records.h"

/* An event of that cache. */
static void meet(struct bed *bed, uint32_t id)
{
	struct kc_slot from = slot(KC_CACHE_FREE);
	struct kc_record rec = record(&from, NULL);
	struct tf_event ev;

	set_cache(&from, id);
	ck_assert_int_eq(kc_decode(&bed->decoder, &rec, &ev), 0);
}

static const struct tf_cache *meta_cache(struct bed *bed, struct tf_meta *meta, uint32_t id)
{
	ck_assert_int_eq(kc_decoder_add_meta(&bed->decoder, bed->syms, meta), 0);
	return tf_meta_cache(meta, id);
}

START_TEST(test_caches)
{
	const struct tf_cache *cache;
	struct kc_cache_entry *entry;
	struct tf_meta meta;
	struct bed bed;

	bed_init(&bed);
	tf_meta_init(&meta);
	/* In the table is not met yet, and met is not written yet. */
	announce(&bed, 7, "dentry");
	ck_assert_ptr_null(meta_cache(&bed, &meta, 7));
	announce(&bed, 8, "filp")->ready = 0;
	meet(&bed, 8);
	ck_assert_ptr_null(meta_cache(&bed, &meta, 8));
	meet(&bed, 7);
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

	/* A name that fills its field is cut at 63; ids that no program gives are not taken. */
	entry = announce(&bed, KC_CACHE_SLOTS, "");
	memset(entry->name, 'n', sizeof(entry->name));
	meet(&bed, KC_CACHE_SLOTS);
	cache = meta_cache(&bed, &meta, KC_CACHE_SLOTS);
	ck_assert_uint_eq(strlen(cache->name), 63);
	meet(&bed, 0);
	meet(&bed, KC_CACHE_SLOTS + 1);
	meet(&bed, KC_CACHE_MASK);
	ck_assert_ptr_null(meta_cache(&bed, &meta, KC_CACHE_SLOTS + 1));
	ck_assert_uint_eq(meta.nr_caches, 2);
	/* Each is told once. */
	tf_meta_release(&meta);
	tf_meta_init(&meta);
	meet(&bed, 7);
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
		announce(&bed, id, name);
		meet(&bed, id);
		meet(&bed, id);
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

static void meet_chain(struct bed *bed, uint32_t id)
{
	struct kc_slot from = slot(KC_KFREE);
	struct kc_more more = { .stack = id };
	struct kc_record rec = record(&from, &more);
	struct tf_event ev;

	ck_assert_int_eq(kc_decode(&bed->decoder, &rec, &ev), 0);
}

/* Above the tracepoint, as deep as asked for, each once; and the symbols of its frames. */
START_TEST(test_chains)
{
	const uint64_t frames[] = { IN_PROGRAM, IN_PAGE_ALLOC, IN_SLAB, IN_GETNAME, IN_LOADER };
	const struct tf_stack *stack;
	struct tf_meta meta;
	struct bed bed;

	bed_init(&bed);
	tf_meta_init(&meta);
	bed.decoder.stack_depth = 3;
	set_chain(&bed, 4, frames, 5);
	set_chain(&bed, 5, frames, 2);
	meet_chain(&bed, 4);
	meet_chain(&bed, 4);
	meet_chain(&bed, 5);
	meet_chain(&bed, 6); /* not written */
	ck_assert_int_eq(kc_decoder_add_meta(&bed.decoder, bed.syms, &meta), 0);
	ck_assert_uint_eq(meta.nr_stacks, 2);
	stack = tf_meta_stack(&meta, 4);
	ck_assert_uint_eq(stack->nr_frames, 3);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_uint_eq(stack->frames[i], frames[i + 1]);
	ck_assert_uint_eq(tf_meta_stack(&meta, 5)->nr_frames, 1);
	tf_meta_sort_symbols(&meta);
	ck_assert_str_eq(tf_meta_symbol(&meta, IN_SLAB)->name, "allocate_slab");
	ck_assert_ptr_null(tf_meta_symbol(&meta, IN_LOADER)); /* was cut off */
	tf_meta_release(&meta);
	tf_meta_init(&meta);
	meet_chain(&bed, 4);
	ck_assert_int_eq(kc_decoder_add_meta(&bed.decoder, bed.syms, &meta), 0);
	ck_assert_uint_eq(meta.nr_stacks, 0);
	tf_meta_release(&meta);
	bed_release(&bed);
}
END_TEST

#define NR_SITES 10000u

static void free_at(struct bed *bed, uint64_t site)
{
	struct kc_slot from = slot(KC_KFREE);
	struct kc_record rec = record(&from, NULL);
	struct tf_event ev;

	from.site = (uint32_t)site;
	ck_assert_int_eq(kc_decode(&bed->decoder, &rec, &ev), 0);
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
	const uint64_t frames[] = { IN_GETNAME };
	struct kc_slot from = slot(KC_PAGE_ALLOC);
	struct kc_record rec = record(&from, NULL);
	struct tf_meta first, second;
	struct tf_event ev;
	struct bed bed;

	bed_init(&bed);
	set_chain(&bed, 1, frames, 1);
	from.site = 1;
	tf_meta_init(&first);
	tf_meta_init(&second);
	free_at(&bed, IN_LOADER);
	ck_assert_int_eq(kc_decoder_add_meta(&bed.decoder, bed.syms, &first), 0);
	free_at(&bed, IN_LOADER);
	ck_assert_int_eq(kc_decode(&bed.decoder, &rec, &ev), 0);
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

RUN_SUITE("bpf/decode_meta", test_caches, test_all_caches, test_chains, test_call_sites,
	  test_new_call_sites_only, test_no_symbols)
