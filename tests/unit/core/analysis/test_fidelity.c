/* SPDX-License-Identifier: GPL-2.0-only */
/* The model held against a closing snapshot. */
#include "tests/unit/suite.h"

#include <math.h>

#include "core/analysis/fidelity.h"
#include "tests/unit/core/replay/handmade.h"

static void finish(struct handmade *h, struct km_fidelity *fidelity)
{
	handmade_boot(h, NULL);
	ck_assert_int_eq(km_fidelity_init(fidelity, h->replay), 0);
	handmade_run(h);
	ck_assert_int_eq(km_fidelity_finish(fidelity), 0);
}

static const struct km_fidelity_cache *cache_of(const struct km_fidelity *fidelity,
						const char *name)
{
	for (uint32_t i = 0; i < fidelity->nr_caches; i++)
		if (!strcmp(fidelity->caches[i].name, name))
			return &fidelity->caches[i];
	return NULL;
}

/* Nothing happened, and the closing snapshot is the opening one: nothing may be off. */
START_TEST(a_host_that_did_nothing_is_met_exactly)
{
	struct km_fidelity fidelity;
	struct handmade h;

	handmade_init(&h);
	handmade_snapshots(&h, 2);
	finish(&h, &fidelity);
	ck_assert(fidelity.is_known);
	ck_assert_double_eq(fidelity.slab_pages_start, SAMPLE_SLAB_PAGES);
	ck_assert_double_eq(fidelity.slab_pages_model, SAMPLE_SLAB_PAGES);
	ck_assert_double_eq(fidelity.slab_pages_real, SAMPLE_SLAB_PAGES);
	ck_assert_double_eq(fidelity.slab_pages_error_pct, 0);
	ck_assert_double_eq(fidelity.slab_churn_error_pct, 0);
	ck_assert_double_eq(fidelity.free_pages_error_pct, 0);
	ck_assert_double_eq(fidelity.free_blocks_error_pct, 0);
	ck_assert_double_eq(fidelity.vmalloc_error_pct, 0);
	ck_assert_double_eq(fidelity.percpu_error_pct, 0);
	ck_assert(isnan(fidelity.bytes_alloc_match_pct)); /* no kmalloc, no answer */
	ck_assert(isnan(fidelity.zone_match_pct));
	ck_assert(fidelity.has_zones);
	ck_assert_uint_eq(fidelity.free_pages_real[1], SAMPLE_FREE_DMA32);
	ck_assert_uint_eq(fidelity.blocks_real[1][10], 4);
	ck_assert_uint_eq(fidelity.nr_caches, 3);
	ck_assert_str_eq(fidelity.caches[0].name, "dentry");
	ck_assert_uint_eq(fidelity.caches[0].objects_model, 837);
	ck_assert_uint_eq(fidelity.caches[0].objects_real, 837);
	km_fidelity_release(&fidelity);
	handmade_release(&h);
}
END_TEST

/*
 * The host, between its snapshots:   dentry        40 slabs -> 30
 *                                    sample_object 10 -> 12 (2 pages each)
 *                                    late_cache    0 -> 6 (1 page), not in the model
 *                                    DMA32         one block of 1024 pages less
 * and it told of 20 slab pages taken, 10 given.  The model was told of no object.
 */
START_TEST(a_model_that_changes_nothing_scores_badly)
{
	static const char slabinfo[] =
		"dentry 600 630 192 21 1 : tunables 0 0 0 : slabdata 30 30 0\n"
		"sample_object 384 384 256 32 2 : tunables 0 0 0 : slabdata 12 12 0\n"
		"late_cache 10 60 400 10 1 : tunables 0 0 0 : slabdata 6 6 0\n"
		"kmalloc-64 512 512 64 64 1 : tunables 0 0 0 : slabdata 8 8 0\n";
	static const char buddyinfo[] = "Node 0, zone      DMA      0 0 0 0 0 0 0 0 1 1 0\n"
					"Node 0, zone    DMA32      8 4 4 2 2 1 1 1 1 1 3\n";
	struct km_fidelity fidelity;
	struct tf_snapshot *snap;
	struct handmade h;

	handmade_init(&h);
	handmade_snapshots(&h, 1);
	snap = tf_meta_begin_snapshot(&h.meta, 1);
	snap_add(snap, "/proc/zoneinfo", sample_zoneinfo);
	snap_add(snap, "/proc/buddyinfo", buddyinfo);
	snap_add(snap, "/proc/slabinfo", slabinfo);
	snap_add(snap, "/proc/meminfo", "Percpu: 1000 kB\n");
	for (unsigned int i = 0; i < 20; i++)
		add_pages(&h, TF_PAGE_ALLOC, PFN(i), 0, TF_OWNER_SLAB, GFP_KERNEL);
	for (unsigned int i = 0; i < 10; i++)
		add_pages(&h, TF_PAGE_FREE, PFN(i), 0, TF_OWNER_SLAB, 0);
	finish(&h, &fidelity);
	ck_assert_double_eq(fidelity.slab_pages_start, 68);
	ck_assert_double_eq(fidelity.slab_pages_model, 68);
	ck_assert_double_eq(fidelity.slab_pages_real, 30 + 24 + 6 + 8);
	/* 10 + 4 + 6 pages off, though the sums are the same. */
	ck_assert_double_eq_tol(fidelity.slab_pages_error_pct, 100.0 * 20 / 68, 1e-9);
	ck_assert_double_eq_tol(fidelity.slab_churn_error_pct, 100.0 * 20 / 30, 1e-9);
	ck_assert_double_eq_tol(fidelity.free_pages_error_pct, 100.0 * 1024 / (768 + 4144), 1e-9);
	ck_assert_double_eq(fidelity.free_blocks_error_pct, 100);
	ck_assert_double_eq(fidelity.percpu_error_pct, 100.0 * 90 / 250); /* 160 pages, not 250 */
	ck_assert(isnan(fidelity.vmalloc_error_pct)); /* not in the closing snapshot */
	ck_assert_uint_eq(cache_of(&fidelity, "late_cache")->slabs_real, 6);
	ck_assert_uint_eq(cache_of(&fidelity, "late_cache")->slabs_model, 0);
	ck_assert_uint_eq(cache_of(&fidelity, "dentry")->slabs_start, 40);
	ck_assert_uint_eq(cache_of(&fidelity, "dentry")->slabs_real, 30);
	km_fidelity_release(&fidelity);
	handmade_release(&h);
}
END_TEST

START_TEST(events_that_match_are_shares)
{
	struct km_fidelity fidelity;
	struct handmade h;

	handmade_init(&h);
	handmade_snapshots(&h, 1);
	add_kmalloc(&h, OBJECT(1), 100, 128, GFP_KERNEL);
	add_kmalloc(&h, OBJECT(2), 100, 112, GFP_KERNEL); /* a kernel with other classes */
	add_kmalloc(&h, OBJECT(3), 20000, 32768, GFP_KERNEL);
	add_kmalloc(&h, OBJECT(4), 10, 16, GFP_KERNEL);
	page_alloc(&h, PFN(0), 0);
	page_alloc(&h, 64, 0); /* the host took it from DMA */
	add_kmalloc(&h, 0, 100, 128, GFP_ATOMIC);
	add_kmalloc(&h, OBJECT(5), 64 << 20, 64 << 20, GFP_KERNEL);
	add_kmalloc(&h, OBJECT(4), 10, 16, GFP_KERNEL);
	finish(&h, &fidelity);
	ck_assert_double_eq_tol(fidelity.bytes_alloc_match_pct, 100.0 * 4 / 6, 1e-9);
	ck_assert_double_eq(fidelity.zone_match_pct, 50);
	ck_assert_uint_eq(fidelity.failures_model, 1);
	ck_assert_uint_eq(fidelity.failures_real, 1);
	ck_assert_uint_eq(fidelity.implied_frees, 1);
	ck_assert(fidelity.is_known);
	ck_assert(isnan(fidelity.slab_pages_real)); /* one snapshot is no end */
	ck_assert(isnan(fidelity.free_pages_error_pct));
	ck_assert(!fidelity.has_zones);
	km_fidelity_release(&fidelity);
	handmade_release(&h);
}
END_TEST

START_TEST(another_machine_has_no_fidelity)
{
	struct km_replay_options options = { 0 };
	struct km_fidelity fidelity;
	struct km_profile profile;
	struct handmade h;

	handmade_init(&h);
	handmade_snapshots(&h, 2);
	add_kmalloc(&h, OBJECT(1), 100, 128, GFP_KERNEL);
	ck_assert_int_eq(km_profile_builtin("x86-64-2node", &profile), 0);
	options.profile = &profile;
	handmade_boot(&h, &options);
	ck_assert_int_eq(km_fidelity_init(&fidelity, h.replay), 0);
	handmade_run(&h);
	ck_assert_int_eq(km_fidelity_finish(&fidelity), 0);
	ck_assert(!fidelity.is_known);
	ck_assert(isnan(fidelity.bytes_alloc_match_pct));
	ck_assert(isnan(fidelity.slab_pages_error_pct));
	km_fidelity_release(&fidelity);
	handmade_release(&h);
}
END_TEST

RUN_SUITE("analysis/fidelity", a_host_that_did_nothing_is_met_exactly,
	  a_model_that_changes_nothing_scores_badly, events_that_match_are_shares,
	  another_machine_has_no_fidelity)
