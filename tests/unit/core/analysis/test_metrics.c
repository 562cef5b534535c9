/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The numbers of all analyses, on traces small enough to count by hand, and their
 * identities on a long random one.
 */
#include "tests/unit/suite.h"

#include <math.h>

#include "core/analysis/analysis.h"
#include "tests/unit/core/replay/handmade.h"

#define AREA(n) (0xffffc90000000000ull + (n)*0x100000ull)
#define PERCPU(n) (0x607f00000000ull + (n)*64ull)

static struct km_analysis *analyse(struct handmade *h, const struct km_replay_options *options)
{
	struct km_analysis *a = calloc(1, sizeof(*a));

	ck_assert_ptr_nonnull(a);
	handmade_boot(h, options);
	ck_assert_int_eq(km_analysis_init(a, h->replay), 0);
	handmade_run(h);
	ck_assert_int_eq(km_analysis_finish(a), 0);
	return a;
}

static void release(struct handmade *h, struct km_analysis *a)
{
	km_analysis_release(a);
	free(a);
	handmade_release(h);
}

static const struct km_site_stats *site_at(const struct km_analysis *a, uint64_t call_site,
					   unsigned int kind)
{
	for (uint32_t i = 0; i < km_replay_nr_sites(a->replay); i++) {
		const struct km_site *site = km_replay_site(a->replay, i);

		if (site->call_site == call_site && site->kind == kind)
			return km_sites_site(&a->sites, i);
	}
	ck_abort_msg("no site %llx", (unsigned long long)call_site);
	return NULL;
}

/*
 * us   0         1         2         3         4
 *      A 100/128 B 60/64             A freed   C 100/128
 *      waste 28  waste 32            waste 4   waste 32
 * byte microseconds: 28 + 32 + 32 + 4 = 96, of A 84, of B 12 up to the end at 4
 */
START_TEST(waste_is_added_up_over_time)
{
	const struct km_site_stats *site;
	struct km_analysis *a;
	struct handmade h;

	handmade_init(&h);
	h.next.call_site = 0xa;
	add_kmalloc(&h, OBJECT(1), 100, 128, GFP_KERNEL);
	h.next.call_site = 0xb;
	h.next.ctx = TF_CTX_SOFTIRQ;
	add_kmalloc(&h, OBJECT(2), 60, 64, GFP_ATOMIC);
	h.ts += 1000;
	add_free(&h, TF_KFREE, OBJECT(1));
	h.next.call_site = 0xa;
	h.next.ctx = 0;
	add_kmalloc(&h, OBJECT(1), 100, 128, GFP_ATOMIC);
	a = analyse(&h, NULL);
	ck_assert_uint_eq(a->waste.live_bytes, 192);
	ck_assert_uint_eq(a->waste.live_bytes_peak, 192);
	ck_assert_uint_eq(a->waste.live_objects_peak, 2);
	ck_assert_uint_eq(a->waste.internal_bytes, 32);
	ck_assert_uint_eq(a->waste.internal_bytes_peak, 32);
	ck_assert_uint_eq((uint64_t)a->waste.internal_byte_ns, 96000);
	ck_assert_double_eq_tol(km_byte_seconds(a->waste.internal_byte_ns), 96e-6, 1e-12);
	site = site_at(a, 0xa, TF_KMALLOC);
	ck_assert_uint_eq(site->allocs, 2);
	ck_assert_uint_eq(site->frees, 1);
	ck_assert_uint_eq(km_site_live_objects(site), 1);
	ck_assert_uint_eq(site->bytes_req, 200);
	ck_assert_uint_eq(site->bytes_alloc, 256);
	ck_assert_uint_eq(site->live_bytes, 128);
	ck_assert_uint_eq(site->live_bytes_peak, 128);
	ck_assert_uint_eq(site->waste_bytes_peak, 28);
	ck_assert_uint_eq((uint64_t)site->waste_byte_ns, 84000);
	ck_assert_uint_eq(site->gfp, KM_GFP_KERNEL | KM_GFP_ATOMIC);
	ck_assert_uint_eq(site->contexts[KM_CONTEXT_TASK], 2);
	site = site_at(a, 0xb, TF_KMALLOC);
	ck_assert_uint_eq(site->contexts[KM_CONTEXT_SOFTIRQ], 1);
	ck_assert_uint_eq((uint64_t)site->waste_byte_ns, 12000);
	ck_assert_uint_eq(a->waste.slab_pages_end, 2);
	ck_assert_uint_eq(a->waste.slab_pages_peak, 2);
	ck_assert_uint_eq(a->waste.slab_partial_bytes_end, 2 * 4096 - 192);
	release(&h, a);
}
END_TEST

START_TEST(areas_and_percpu_are_watched)
{
	const struct km_site_stats *site;
	struct km_analysis *a;
	struct handmade h;

	handmade_init(&h);
	add_area(&h, TF_VMAP_ALLOC, AREA(1), 17 * 4096, TF_OWNER_VMALLOC);
	add_area(&h, TF_VMAP_ALLOC, AREA(2), 5 * 4096, TF_OWNER_OTHER);
	add_area(&h, TF_VMAP_FREE, AREA(1), 0, TF_OWNER_VMALLOC);
	add_percpu(&h, TF_PERCPU_ALLOC, PERCPU(1), 100, 3, GFP_KERNEL);
	a = analyse(&h, NULL);
	ck_assert_uint_eq(a->waste.vmalloc_bytes_peak, 22 * 4096);
	/* Lazy: the freed area, its guard too; the guard of the live one; page tables. */
	ck_assert_uint_ge(a->waste.vmalloc_waste_bytes_peak, (17 + 1) * 4096);
	ck_assert_uint_gt(a->waste.percpu_bytes_peak, 0);
	ck_assert_uint_gt(a->waste.percpu_waste_bytes_peak, 0);
	ck_assert_uint_lt(a->waste.percpu_waste_bytes_peak, a->waste.percpu_bytes_peak);
	site = site_at(a, h.next.call_site, TF_VMAP_ALLOC);
	ck_assert_uint_eq(site->allocs, 2);
	ck_assert_uint_eq(site->bytes_alloc, 16 * 4096);
	ck_assert_uint_eq(site->live_bytes, 0);
	site = site_at(a, h.next.call_site, TF_PERCPU_ALLOC);
	ck_assert_uint_eq(site->live_bytes,
			  100 * h.replay->kernel.machine.profile.nr_possible_cpus);
	release(&h, a);
}
END_TEST

START_TEST(caches_count_what_was_there_before)
{
	const struct km_cache_stats *stats;
	struct km_cache_info info;
	struct kmem_cache *cache;
	struct km_analysis *a;
	struct handmade h;

	handmade_init(&h);
	handmade_snapshots(&h, 1);
	handmade_cache(&h, 3, "dentry", 192, 21, 0);
	for (unsigned int i = 0; i < 7; i++)
		add_cache_free(&h, 3, OBJECT(i));
	add_cache_alloc(&h, 3, OBJECT(100), 180, GFP_KERNEL);
	add_cache_alloc(&h, 3, OBJECT(101), 180, GFP_KERNEL);
	add_cache_free(&h, 3, OBJECT(100));
	a = analyse(&h, NULL);
	cache = km_cache_find(h.replay->kernel.slab, "dentry");
	stats = km_sites_cache(&a->sites, km_cache_index(cache));
	ck_assert_uint_eq(stats->allocs, 2);
	ck_assert_uint_eq(stats->frees, 8);
	ck_assert_uint_eq(stats->live_objects, 1);
	ck_assert_uint_eq(stats->live_bytes_req, 180);
	ck_assert_uint_eq(stats->waste_bytes, 12);
	ck_assert_uint_eq(stats->slabs_start, 40);
	km_cache_get_info(cache, &info);
	ck_assert_uint_ge(km_cache_slabs_peak(&info), info.nr_slabs);
	ck_assert_uint_eq(info.nr_inuse, stats->preexisting_start - 7 + 1);
	ck_assert_uint_eq(km_sites_cache(&a->sites, 60000)->allocs, 0);
	release(&h, a);
}
END_TEST

/*
 * A machine of 16 MiB is asked for 64 blocks of 1 MiB and one of 8 KiB from an interrupt.
 */
START_TEST(failures_say_what_was_missing)
{
	struct km_replay_options options = { 0 };
	struct km_settings settings;
	const struct km_failure *f;
	struct km_analysis *a;
	struct handmade h;
	char reason[100];
	uint64_t fails;

	handmade_init(&h);
	add_kmalloc(&h, 0, 100, 128, GFP_ATOMIC); /* the host alone */
	for (unsigned int i = 0; i < 64; i++)
		page_alloc(&h, PFN(i * 256), 8);
	h.next.ctx = TF_CTX_HARDIRQ;
	h.next.cpu = 1;
	add_pages(&h, TF_PAGE_ALLOC, TF_NO_PFN, 8, TF_OWNER_OTHER, GFP_ATOMIC); /* both */
	h.next.ctx = 0;
	add_kmalloc(&h, OBJECT(1), 1 << 30, 1 << 30, GFP_KERNEL); /* no pages were missing */
	km_settings_init(&settings);
	ck_assert_int_eq(km_settings_parse(&settings, "mem.size=16M", reason, sizeof(reason)), 0);
	options.settings = &settings;
	a = analyse(&h, &options);
	fails = a->failures.total;
	ck_assert_uint_ge(fails, 50);
	ck_assert_uint_eq(a->failures.order_ge_3, fails);
	ck_assert_uint_eq(a->failures.atomic, 1);
	ck_assert_uint_eq(a->failures.host_total, 2);
	ck_assert_uint_eq(a->failures.nr, fails + 1);
	ck_assert_uint_eq(a->fidelity.failures_model, fails);
	ck_assert_uint_eq(a->fidelity.failures_real, 2);

	f = &a->failures.list[0];
	ck_assert_uint_eq(f->flags, KM_FAILED_HOST);
	ck_assert_str_eq(f->reason, "");
	ck_assert_uint_eq(f->bytes, 100);
	ck_assert_uint_eq(f->ts_ns, 0);
	f = &a->failures.list[a->failures.nr - 2];
	ck_assert_uint_eq(f->flags, KM_FAILED_HOST | KM_FAILED_MODEL);
	ck_assert_uint_eq(f->order, 8);
	ck_assert_uint_eq(f->bytes, 1 << 20);
	ck_assert_uint_eq(f->gfp, KM_GFP_ATOMIC);
	ck_assert_uint_eq(f->context, KM_CONTEXT_HARDIRQ);
	ck_assert_uint_eq(f->cpu, 1);
	ck_assert_uint_eq(f->ts_ns, 65000);
	ck_assert_uint_gt(f->pages.nr_zones, 0);
	ck_assert_str_eq(f->reason, f->pages.reason);
	f = &a->failures.list[a->failures.nr - 1];
	ck_assert_uint_eq(f->flags, KM_FAILED_MODEL);
	ck_assert_uint_eq(f->kind, TF_KMALLOC);
	ck_assert_str_ne(f->reason, "");
	ck_assert_uint_eq(site_at(a, h.next.call_site, TF_PAGE_ALLOC)->fails, fails - 1);
	ck_assert_uint_eq(site_at(a, h.next.call_site, TF_KMALLOC)->fails, 1);
	/* What is free is in pieces below 1 MiB, or below the watermark. */
	ck_assert_uint_gt(a->zones.unusable_max, 900);
	release(&h, a);
}
END_TEST

START_TEST(the_list_of_failures_ends)
{
	struct km_analysis *a;
	struct handmade h;

	handmade_init(&h);
	for (unsigned int i = 0; i < 1500; i++)
		add_kmalloc(&h, OBJECT(i), 1 << 30, 1 << 30, GFP_KERNEL);
	a = analyse(&h, NULL);
	ck_assert_uint_eq(a->failures.total, 1500);
	ck_assert_uint_eq(a->failures.nr, KM_MAX_FAILURES);
	release(&h, a);
}
END_TEST

/* 1024 pages are taken and given back: the minimum is in the middle, exactly. */
START_TEST(free_pages_have_a_minimum)
{
	struct km_analysis *a;
	struct handmade h;
	uint64_t start;

	handmade_init(&h);
	for (unsigned int i = 0; i < 64; i++)
		page_alloc(&h, PFN(i * 1024), 10);
	for (unsigned int i = 0; i < 64; i++)
		page_free(&h, PFN(i * 1024), 10);
	a = analyse(&h, NULL);
	start = 0;
	for (unsigned int i = 0; i < a->zones.nr_zones; i++)
		start += a->zones.zones[i].free_pages_start;
	ck_assert_uint_eq(a->zones.free_pages_min, start - 64 * 1024);
	for (unsigned int i = 0; i < a->zones.nr_zones; i++)
		ck_assert_uint_eq(a->zones.zones[i].free_pages_end,
				  a->zones.zones[i].free_pages_start);
	ck_assert_int_eq(a->zones.fragmentation_max, -1000);
	release(&h, a);
}
END_TEST

/*
 *              first half            second half
 * leaker       10 x 64               10 x 64         suspect, 10 old ones
 * burst        10 x 64               -               old ones, but it stopped
 * steady       10 x 64, all freed    10 x 64         not old
 */
START_TEST(leaks_are_old_and_grow)
{
	struct km_analysis *a;
	struct handmade h;

	handmade_init(&h);
	for (unsigned int i = 0; i < 10; i++) {
		h.next.call_site = 0xa;
		add_kmalloc(&h, OBJECT(i), 64, 64, GFP_KERNEL);
		h.next.call_site = 0xb;
		add_kmalloc(&h, OBJECT(100 + i), 64, 64, GFP_KERNEL);
		h.next.call_site = 0xc;
		add_kmalloc(&h, OBJECT(200 + i), 64, 64, GFP_KERNEL);
		add_free(&h, TF_KFREE, OBJECT(200 + i));
		h.next.call_site = 0xd; /* user memory: old and growing, and no leak */
		add_pages(&h, TF_PAGE_ALLOC, PFN(i), 0, TF_OWNER_OTHER, GFP_HIGHUSER_MOVABLE);
	}
	h.ts = 1000000000 + 900000000;
	for (unsigned int i = 0; i < 10; i++) {
		h.next.call_site = 0xd;
		add_pages(&h, TF_PAGE_ALLOC, PFN(20 + i), 0, TF_OWNER_OTHER, GFP_HIGHUSER_MOVABLE);
		h.next.call_site = 0xa;
		add_kmalloc(&h, OBJECT(300 + i), 64, 64, GFP_KERNEL);
		h.next.call_site = 0xc;
		add_kmalloc(&h, OBJECT(400 + i), 64, 64, GFP_KERNEL);
	}
	h.ts = 1000000000 + 1000000000;
	add_kmalloc(&h, OBJECT(500), 64, 64, GFP_KERNEL);
	a = analyse(&h, NULL);
	ck_assert_uint_eq(a->leaks.nr, 2);
	ck_assert_uint_eq(km_replay_site(h.replay, a->leaks.list[0].site)->call_site, 0xa);
	ck_assert(a->leaks.list[0].is_suspect);
	ck_assert_uint_eq(a->leaks.list[0].objects, 10);
	ck_assert_uint_eq(a->leaks.list[0].bytes, 640);
	ck_assert_uint_eq(a->leaks.list[0].oldest_age_ns, 1000000000);
	ck_assert_uint_eq(km_replay_site(h.replay, a->leaks.list[1].site)->call_site, 0xb);
	ck_assert(!a->leaks.list[1].is_suspect);
	ck_assert_uint_eq(a->leaks.suspect_bytes, 10 * 64); /* the old ones */
	release(&h, a);
}
END_TEST

START_TEST(the_timeline_is_bounded_and_has_both_ends)
{
	static const uint64_t ticks[] = { 1000, 10000, 1000000000 };

	for (size_t t = 0; t < sizeof(ticks) / sizeof(ticks[0]); t++) {
		struct km_replay_options options = { .tick_ns = ticks[t] };
		const struct km_point *point;
		struct km_analysis *a;
		struct handmade h;

		handmade_init(&h);
		for (unsigned int i = 0; i < 5000; i++)
			add_kmalloc(&h, OBJECT(i), 100, 128, GFP_KERNEL);
		a = analyse(&h, &options);
		ck_assert_uint_ge(a->timeline.nr, 1);
		ck_assert_uint_le(a->timeline.nr, KM_MAX_POINTS);
		if (t == 0)
			ck_assert_uint_gt(a->timeline.nr, KM_MAX_POINTS / 2);
		if (t == 1)
			ck_assert_uint_eq(a->timeline.nr, 500);
		point = &a->timeline.points[a->timeline.nr - 1];
		ck_assert_uint_eq(point->ts_ns, 4999000);
		ck_assert_uint_eq(point->live_bytes, 5000 * 128);
		ck_assert_uint_eq(point->waste_internal_bytes, 5000 * 28);
		ck_assert_uint_eq(point->slab_pages, a->waste.slab_pages_end);
		for (uint32_t i = 1; i < a->timeline.nr; i++)
			ck_assert_uint_gt(a->timeline.points[i].ts_ns,
					  a->timeline.points[i - 1].ts_ns);
		release(&h, a);
	}
}
END_TEST

static uint64_t rnd(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Anything, in any order: addresses collide, frees are unknown, blocks overlap. */
static void add_random(struct handmade *h, unsigned int nr)
{
	uint64_t seed = 99;

	handmade_cache(h, 3, "widget", 120, 34, 0);
	handmade_cache(h, 4, "dentry", 192, 21, 0);
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t r = rnd(&seed), object = OBJECT(r >> 8 & 4095);
		uint64_t order = __builtin_ctzll(r >> 40 | 1 << 5);
		uint64_t pfn = (PFN(r >> 8 & 16383)) >> order << order;

		h->next.call_site = 0x1000 + (r >> 56) * 16;
		h->next.cpu = r >> 52 & 3;
		switch (r & 15) {
		case 0 ... 3:
			add_kmalloc(h, object, (r >> 32) % 9000 + 1, 0, GFP_KERNEL);
			break;
		case 4 ... 6:
			add_free(h, TF_KFREE, object);
			break;
		case 7:
			add_cache_alloc(h, r & 16 ? 3 : 4, object, 100, GFP_ATOMIC);
			break;
		case 8:
			add_cache_free(h, r & 16 ? 3 : 4, object);
			break;
		case 9 ... 10:
			add_pages(h, TF_PAGE_ALLOC, pfn, order, r >> 20 & 1 ? 4 : r >> 21 & 3,
				  GFP_HIGHUSER_MOVABLE);
			break;
		case 11 ... 12:
			add_pages(h, TF_PAGE_FREE, pfn, order,
				  r >> 20 & 1 ? (r >> 24 & 15 ? TF_OWNER_OTHER : TF_OWNER_MIGRATED)
					      : r >> 21 & 3,
				  0);
			break;
		case 13:
			add_area(h, r & 16 ? TF_VMAP_ALLOC : TF_VMAP_FREE, AREA(r >> 8 & 63),
				 ((r >> 32 & 15) + 2) * 4096,
				 r & 32 ? TF_OWNER_VMALLOC : TF_OWNER_OTHER);
			break;
		case 14:
			add_percpu(h, r & 16 ? TF_PERCPU_ALLOC : TF_PERCPU_FREE,
				   PERCPU(r >> 8 & 255), (r >> 32 & 255) + 1, 3, GFP_KERNEL);
			break;
		default:
			add_kmalloc(h, r & 16 ? 0 : object, 20000, 32768, GFP_ATOMIC);
			break;
		}
	}
}

struct sums {
	uint64_t live_bytes, live_objects, waste_bytes, fails;
	km_byte_ns waste_byte_ns;
};

static void add_life(void *arg, const struct km_life *life)
{
	struct sums *sums = arg;

	sums->live_bytes += life->bytes_alloc;
	sums->waste_bytes += life->bytes_alloc - life->bytes_req;
	sums->live_objects++;
}

static void check_identities(const struct km_analysis *a)
{
	struct sums sites = { 0 }, lives = { 0 };
	struct km_slab *slab = a->replay->kernel.slab;
	struct km_cache_info info;

	for (uint32_t i = 0; i < km_replay_nr_sites(a->replay); i++) {
		const struct km_site_stats *stats = km_sites_site(&a->sites, i);
		uint64_t requests = 0;

		sites.live_bytes += stats->live_bytes;
		sites.live_objects += stats->live_objects;
		sites.waste_bytes += stats->waste_bytes;
		sites.waste_byte_ns += stats->waste_byte_ns;
		sites.fails += stats->fails;
		for (int c = 0; c < KM_NR_CONTEXTS; c++)
			requests += stats->contexts[c];
		ck_assert_uint_eq(requests, stats->allocs + stats->fails);
		ck_assert_uint_le(stats->live_bytes, stats->live_bytes_peak);
		ck_assert_uint_le(stats->bytes_req, stats->bytes_alloc);
	}
	km_replay_for_each_live(a->replay, add_life, &lives);
	ck_assert_uint_eq(sites.live_bytes, a->waste.live_bytes);
	ck_assert_uint_eq(lives.live_bytes, a->waste.live_bytes);
	ck_assert_uint_eq(sites.live_objects, a->waste.live_objects);
	ck_assert_uint_eq(lives.live_objects, a->waste.live_objects);
	ck_assert_uint_eq(sites.waste_bytes, a->waste.internal_bytes);
	ck_assert_uint_eq(lives.waste_bytes, a->waste.internal_bytes);
	ck_assert(sites.waste_byte_ns == a->waste.internal_byte_ns);
	ck_assert_uint_eq(sites.fails, a->failures.total);
	ck_assert_uint_eq(a->timeline.last.live_bytes, a->waste.live_bytes);
	ck_assert_uint_eq(a->timeline.last.free_pages, km_pages_nr_free(&a->replay->kernel.pages));
	for (size_t i = 0; i < km_slab_nr_caches(slab); i++) {
		const struct km_cache_stats *stats = km_sites_cache(&a->sites, i);
		const struct kmem_cache *cache = km_slab_cache(slab, i);

		km_cache_get_info(cache, &info);
		ck_assert_uint_eq(info.nr_inuse,
				  stats->live_objects + km_cache_nr_preexisting(cache));
	}
}

START_TEST(sums_agree_whatever_the_trace_says)
{
	static const unsigned int flags[] = { 0, KM_REPLAY_COLD };

	for (size_t i = 0; i < 2; i++) {
		struct km_replay_options options = { .flags = flags[i] | KM_REPLAY_CHECK };
		struct km_analysis *a;
		struct handmade h;

		handmade_init(&h);
		handmade_snapshots(&h, 2);
		add_random(&h, 60000);
		a = analyse(&h, &options);
		check_identities(a);
		/* Every kind of disagreement occurs, and the kernel is whole all the same. */
		for (int d = KM_DIV_UNKNOWN_FREE; d <= KM_DIV_FREE_ORDER; d++)
			ck_assert_msg(h.replay->divergence[d], "%s", km_divergence_name(d));
		release(&h, a);
	}
}
END_TEST

static uint64_t digest(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3ull;
	return sum;
}

static uint64_t digest_all(const struct km_analysis *a)
{
	uint64_t sum = 14695981039346656037ull;

	sum = digest(sum, a->replay->divergence, sizeof(a->replay->divergence));
	for (uint32_t i = 0; i < a->sites.nr_sites; i++) {
		const struct km_site_stats *s = &a->sites.sites[i];

		sum = digest(sum, &s->live_bytes, sizeof(s->live_bytes));
		sum = digest(sum, &s->waste_byte_ns, sizeof(s->waste_byte_ns));
	}
	sum = digest(sum, a->timeline.points, a->timeline.nr * sizeof(a->timeline.points[0]));
	sum = digest(sum, &a->waste.vmalloc_waste_bytes_peak, sizeof(uint64_t));
	sum = digest(sum, &a->waste.percpu_waste_bytes_peak, sizeof(uint64_t));
	sum = digest(sum, &a->fidelity.free_blocks_error_pct, sizeof(double));
	for (uint32_t i = 0; i < a->misuse.nr_hits; i++)
		sum = digest(sum, &a->misuse.hits[i].count, sizeof(uint64_t));
	for (uint32_t i = 0; i < a->leaks.nr; i++)
		sum = digest(sum, &a->leaks.list[i].bytes, sizeof(uint64_t));
	return sum;
}

START_TEST(two_replays_are_the_same)
{
	uint64_t digests[2];

	for (int i = 0; i < 2; i++) {
		void *shift = malloc(1 << (12 + i)); /* other addresses in this process */
		struct km_analysis *a;
		struct handmade h;

		handmade_init(&h);
		handmade_snapshots(&h, 2);
		add_random(&h, 20000);
		a = analyse(&h, NULL);
		digests[i] = digest_all(a);
		release(&h, a);
		free(shift);
	}
	ck_assert_uint_eq(digests[0], digests[1]);
}
END_TEST

RUN_SUITE("analysis/metrics", waste_is_added_up_over_time, areas_and_percpu_are_watched,
	  caches_count_what_was_there_before, failures_say_what_was_missing,
	  the_list_of_failures_ends, free_pages_have_a_minimum, leaks_are_old_and_grow,
	  the_timeline_is_bounded_and_has_both_ends, sums_agree_whatever_the_trace_says,
	  two_replays_are_the_same)
