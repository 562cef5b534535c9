/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page events against the model.  Pictures show recorded pfns from PFN(0) on, one character
 * a page; the model's own are elsewhere.
 */
#include "tests/unit/suite.h"

#include "core/replay/live.h"
#include "tests/unit/core/replay/handmade.h"

struct log {
	unsigned int nr_alloc, nr_freed, nr_implied, nr_split;
	int64_t live_bytes, live_blocks;
};

static void on_alloc(void *self, const struct km_replay *replay, const struct tf_event *ev,
		     const struct km_life *life)
{
	struct log *log = self;

	(void)replay;
	(void)ev;
	log->nr_alloc++;
	log->live_blocks++;
	log->live_bytes += life->bytes_alloc;
}

static void on_free(void *self, const struct km_replay *replay, const struct tf_event *ev,
		    const struct km_life *life, enum km_end end)
{
	struct log *log = self;

	(void)replay;
	(void)ev;
	if (end == KM_END_IMPLIED)
		log->nr_implied++;
	else
		log->nr_freed++;
	log->live_blocks--;
	log->live_bytes -= life->bytes_alloc;
}

static void on_split(void *self, const struct km_replay *replay, const struct tf_event *ev,
		     const struct km_life *whole, unsigned int order)
{
	struct log *log = self;

	(void)replay;
	(void)ev;
	log->nr_split++;
	log->live_blocks += (1 << (whole->order - order)) - 1;
}

static const struct km_observer_ops log_ops = {
	.name = "log",
	.alloc = on_alloc,
	.free = on_free,
	.split = on_split,
};

static uint64_t all_free(const struct handmade *h)
{
	const struct km_pages *pages = &h->replay->kernel.pages;
	uint64_t nr = 0;

	for (unsigned int i = 0; i < pages->nr_zones; i++)
		nr += pages->zones[i].free_pages + pages->zones[i].pcp_pages;
	return nr;
}

/* Runs on a cold 4 GiB machine; the pages it lost are those of the lives that remain. */
static void run(struct handmade *h, struct log *log)
{
	struct km_replay_options options = { .flags = KM_REPLAY_CHECK };
	uint64_t before;

	memset(log, 0, sizeof(*log));
	handmade_boot(h, &options);
	ck_assert_int_eq(km_replay_add_observer(h->replay, &log_ops, log), 0);
	before = all_free(h);
	handmade_run(h);
	ck_assert_int_eq((int64_t)(before - all_free(h)) * 4096, log->live_bytes);
	ck_assert_int_eq((int64_t)km_replay_nr_live(h->replay), log->live_blocks);
}

/*
 *      before  ................
 *      after   AAAA............     B, of order 1, was freed
 */
START_TEST(blocks_come_and_go)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	page_alloc(&h, PFN(0), 2);
	page_alloc(&h, PFN(4), 1);
	page_free(&h, PFN(4), 1);
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){ 0 });
	ck_assert_int_eq(log.live_bytes, 4 * 4096);
	ck_assert_uint_eq(h.replay->nr_page_allocs, 2);
	handmade_release(&h);
}
END_TEST

/*
 *      before  AAAAAAAA........     order 3
 *      free        xx               order 1 at 4
 *      after   AABBccDD........     A B D live, each of order 1
 */
START_TEST(part_of_a_block_is_freed)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	page_alloc(&h, PFN(0), 3);
	page_free(&h, PFN(4), 1);
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){ .split_free = 1 });
	ck_assert_uint_eq(log.nr_split, 1);
	ck_assert_int_eq(log.live_blocks, 3);
	ck_assert_int_eq(log.live_bytes, 6 * 4096);
	handmade_release(&h);
}
END_TEST

/*
 *      before  AAAAAAAA         the tail of __free_pages: halves, then the rest
 *      free        xxxx
 *      free      xx
 *      free    xx
 *      after   ........
 */
START_TEST(tails_are_freed_in_halves)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	page_alloc(&h, PFN(0), 3);
	page_free(&h, PFN(4), 2);
	page_free(&h, PFN(2), 1);
	page_free(&h, PFN(0), 1);
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){ .split_free = 2 });
	ck_assert_int_eq(log.live_blocks, 0);
	handmade_release(&h);
}
END_TEST

/*
 *      before  AAAA...A         512 pages of a huge vmalloc or split_page
 *      after   ........         freed one by one
 */
START_TEST(a_huge_block_is_freed_page_by_page)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	page_alloc(&h, PFN(0), 9);
	for (unsigned int i = 0; i < 512; i++)
		page_free(&h, PFN(i), 0);
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){ .split_free = 1 });
	ck_assert_uint_eq(log.nr_freed, 512);
	ck_assert_int_eq(log.live_blocks, 0);
	handmade_release(&h);
}
END_TEST

/*
 *      before  AABB....         two blocks of order 1
 *      free    xxxx             order 2
 *      after   ........
 */
START_TEST(more_is_freed_than_was_given)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	page_alloc(&h, PFN(0), 1);
	page_alloc(&h, PFN(2), 1);
	page_free(&h, PFN(0), 2);
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){ .free_order = 2 });
	ck_assert_int_eq(log.live_blocks, 0);
	handmade_release(&h);
}
END_TEST

/*
 *      before  AAAA....BBBBBBBB.c.d....
 *      alloc   NN                           the head of A: freed unseen
 *      alloc             NN                 in the middle of B: B was freed unseen
 *      alloc                   NNNNNNNN     over c, which starts inside, and d
 */
START_TEST(what_is_given_out_was_free)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	page_alloc(&h, PFN(0), 2);
	page_alloc(&h, PFN(8), 3);
	page_alloc(&h, PFN(17), 0);
	page_alloc(&h, PFN(19), 0);
	page_alloc(&h, PFN(0), 1);
	page_alloc(&h, PFN(10), 1);
	page_alloc(&h, PFN(16), 3);
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){ .implied_free = 1, .overlap = 3 });
	ck_assert_uint_eq(log.nr_implied, 4);
	ck_assert_int_eq(log.live_blocks, 3);
	ck_assert_int_eq(log.live_bytes, (2 + 2 + 8) * 4096);
	handmade_release(&h);
}
END_TEST

/*
 *      free    x           never seen: from before, and there is no before in a cold start
 *      alloc   A
 *      free    x
 *      free    x           given back before: an untraced path had taken it
 *      free    xxxx        order 2, its head was given back
 */
START_TEST(frees_of_what_nobody_took)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	page_free(&h, PFN(100), 0);
	page_alloc(&h, PFN(0), 0);
	page_free(&h, PFN(0), 0);
	page_free(&h, PFN(0), 0);
	page_free(&h, PFN(0), 2);
	page_free(&h, PFN(1), 0);	  /* inside what was given back */
	page_free(&h, UINT64_MAX - 3, 2); /* no such page */
	page_free(&h, PFN(0), 11);
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){ .unknown_free = 3, .implied_alloc = 3 });
	handmade_release(&h);
}
END_TEST

/*
 *      alloc   ...AAAA.        order 2 at 3: no such block
 *      alloc   ....B...        is no overlap
 *      free    both
 */
START_TEST(blocks_that_cannot_be)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	page_alloc(&h, PFN(3), 2);
	page_alloc(&h, PFN(4), 0);
	page_free(&h, PFN(3), 2);
	page_free(&h, PFN(4), 0);
	page_free(&h, PFN(7), 1);
	add_pages(&h, TF_PAGE_ALLOC, PFN(11), 2, TF_OWNER_SLAB, GFP_KERNEL);
	page_alloc(&h, PFN(16), 3);
	page_alloc(&h, PFN(18), 12); /* too large to be, but its first page was given out */
	page_free(&h, PFN(16), 1);
	page_free(&h, PFN(18), 0);
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){
					     .model_failed = 2, .unknown_free = 2, .overlap = 1 });
	ck_assert_uint_eq(log.nr_alloc, 2);
	ck_assert_uint_eq(h.replay->nr_slab_pages_taken, 0);
	handmade_release(&h);
}
END_TEST

/* Slab, vmalloc and percpu pages are evidence, whoever frees them. */
START_TEST(nested_pages_are_not_replayed)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	add_pages(&h, TF_PAGE_ALLOC, PFN(0), 3, TF_OWNER_SLAB, GFP_KERNEL);
	add_pages(&h, TF_PAGE_ALLOC, PFN(8), 0, TF_OWNER_VMALLOC, GFP_KERNEL);
	add_pages(&h, TF_PAGE_ALLOC, PFN(9), 0, TF_OWNER_PERCPU, GFP_KERNEL);
	add_pages(&h, TF_PAGE_ALLOC, TF_NO_PFN, 3, TF_OWNER_SLAB, GFP_KERNEL); /* falls back */
	add_pages(&h, TF_PAGE_FREE, PFN(0), 3, TF_OWNER_UNKNOWN, 0);
	add_pages(&h, TF_PAGE_FREE, PFN(8), 0, TF_OWNER_OTHER, 0);
	add_pages(&h, TF_PAGE_FREE, PFN(9), 0, TF_OWNER_PERCPU, 0);
	add_pages(&h, TF_PAGE_FREE, PFN(64), 1, TF_OWNER_SLAB, 0); /* from before the trace */
	add_pages(&h, TF_PAGE_FREE, PFN(80), 0, TF_OWNER_VMALLOC, 0);
	add_pages(&h, TF_PAGE_FREE_BATCH, PFN(80), 0, TF_OWNER_VMALLOC, 0);
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){ 0 });
	ck_assert_uint_eq(log.nr_alloc, 0);
	ck_assert_uint_eq(h.replay->nr_page_allocs, 0);
	ck_assert_uint_eq(h.replay->nr_slab_pages_taken, 8);
	ck_assert_uint_eq(h.replay->nr_slab_pages_given, 8 + 2);
	ck_assert_uint_eq(h.replay->nr_fails_host, 0);
	handmade_release(&h);
}
END_TEST

/* All other owners are told by what a page is for: the model has no such users of its own. */
START_TEST(pages_of_all_other_owners_are_replayed)
{
	static const enum tf_owner owners[] = { TF_OWNER_UNKNOWN,    TF_OWNER_OTHER,
						TF_OWNER_PAGE_TABLE, TF_OWNER_KERNEL_STACK,
						TF_OWNER_PAGE_CACHE, TF_OWNER_ANON,
						TF_NR_OWNERS /* of a newer version */ };
	const unsigned int nr = sizeof(owners) / sizeof(owners[0]);
	struct handmade h;
	struct log log;

	handmade_init(&h);
	for (unsigned int i = 0; i < nr; i++)
		add_pages(&h, TF_PAGE_ALLOC, PFN(i), 0, owners[i], GFP_KERNEL);
	for (unsigned int i = 0; i < nr; i++)
		add_pages(&h, TF_PAGE_FREE, PFN(i), 0, owners[nr - 1 - i], 0);
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){ 0 });
	ck_assert_uint_eq(log.nr_alloc, nr);
	ck_assert_uint_eq(log.nr_freed, nr);
	ck_assert_uint_eq(h.replay->nr_page_allocs, nr);
	ck_assert_uint_eq(h.replay->nr_slab_pages_taken, 0);
	handmade_release(&h);
}
END_TEST

/* What the page allocator did inside is evidence, too: pages neither come nor go by it. */
START_TEST(transitions_are_not_replayed)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	add_pages(&h, TF_ZONE_LOCKED, PFN(0), 3, TF_OWNER_UNKNOWN, 0);
	page_alloc(&h, PFN(0), 3);
	add_pages(&h, TF_ZONE_LOCKED, PFN(0), 0, TF_OWNER_UNKNOWN, 0);
	h.next.bytes_req = 10;
	h.next.bytes_alloc = 2;
	add_pages(&h, TF_EXTFRAG, PFN(0), 1, TF_OWNER_UNKNOWN, 0);
	h.next.bytes_req = h.next.bytes_alloc = 0;
	add_pages(&h, TF_PCPU_DRAIN, PFN(0), 0, TF_OWNER_UNKNOWN, 0);
	add_pages(&h, TF_PCPU_DRAIN, PFN(64), 0, TF_OWNER_UNKNOWN, 0);
	page_free(&h, PFN(0), 3);
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){ 0 });
	ck_assert_uint_eq(log.nr_alloc, 1);
	ck_assert_uint_eq(h.replay->nr_page_allocs, 1);
	ck_assert_uint_eq(h.replay->nr_slab_pages_taken, 0);
	ck_assert_uint_eq(km_replay_nr_live(h.replay), 0);
	handmade_release(&h);
}
END_TEST

START_TEST(pages_change_hands_unseen)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	page_alloc(&h, PFN(0), 0);
	add_pages(&h, TF_PAGE_ALLOC, PFN(0), 0, TF_OWNER_SLAB, GFP_KERNEL);
	page_alloc(&h, PFN(0), 0);
	page_free(&h, PFN(0), 0);
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){ .implied_free = 1 });
	ck_assert_uint_eq(h.replay->nr_slab_pages_given, 0);
	handmade_release(&h);
}
END_TEST

/* The pages of a large kmalloc are no slab's: by address, or as the last taken on the CPU. */
START_TEST(large_kmallocs_are_no_slabs)
{
	for (int has_base = 0; has_base < 2; has_base++) {
		struct handmade h;
		struct log log;

		handmade_init(&h);
		if (has_base)
			tf_meta_set(&h.meta, "calib.page_offset_base", "0xffff888000000000");
		add_pages(&h, TF_PAGE_ALLOC, PFN(0), 3, TF_OWNER_SLAB, GFP_KERNEL);
		add_pages(&h, TF_PAGE_ALLOC, PFN(16), 3, TF_OWNER_SLAB, GFP_KERNEL);
		if (has_base) /* by address: not the last that was taken */
			add_kmalloc(&h, 0xffff888000000000ull + (PFN(0) << 12), 20000, 32768,
				    GFP_KERNEL);
		else
			add_kmalloc(&h, OBJECT(77), 20000, 32768, GFP_KERNEL);
		add_kmalloc(&h, OBJECT(99), 60000, 65536, GFP_KERNEL); /* nothing was taken */
		add_pages(&h, TF_PAGE_FREE, has_base ? PFN(0) : PFN(16), 3, TF_OWNER_SLAB, 0);
		run(&h, &log);
		ck_assert_uint_eq(h.replay->nr_slab_pages_taken, 8);
		ck_assert_uint_eq(h.replay->nr_slab_pages_given, 0);
		handmade_release(&h);
	}
}
END_TEST

START_TEST(failures_on_either_side)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	page_alloc(&h, TF_NO_PFN, 0);
	page_alloc(&h, TF_NO_PFN, 11); /* nobody has that */
	page_alloc(&h, PFN(0), 11);    /* but the host says it has */
	page_free(&h, PFN(0), 11);
	add_pages(&h, TF_PAGE_ALLOC, TF_NO_PFN, 0, TF_OWNER_VMALLOC, GFP_KERNEL);
	add_pages(&h, TF_PAGE_ALLOC, TF_NO_PFN, 9, TF_OWNER_VMALLOC, GFP_KERNEL); /* a try */
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){ .host_failed = 1, .model_failed = 1 });
	ck_assert_uint_eq(h.replay->nr_fails_host, 3);
	ck_assert_int_eq(log.live_blocks, 0);
	handmade_release(&h);
}
END_TEST

/*
 * Warm: a page from before is one of the held ones of its zone; the recorded zone is the
 * model's.
 */
START_TEST(warm_frees_and_zones)
{
	struct km_pages *pages;
	struct handmade h;
	uint64_t held, held_dma;

	handmade_init(&h);
	handmade_snapshots(&h, 1);
	page_free(&h, PFN(0), 0);
	page_free(&h, PFN(8), 2);
	page_free(&h, 1024, 0); /* DMA */
	page_alloc(&h, PFN(64), 0);
	add_pages(&h, TF_PAGE_ALLOC, 2048, 0, TF_OWNER_OTHER, GFP_KERNEL); /* the model: DMA32 */
	handmade_boot(&h, NULL);
	pages = &h.replay->kernel.pages;
	held_dma = pages->zones[0].held_pages;
	held = pages->zones[1].held_pages;
	handmade_run(&h);
	assert_divergences(h.replay, (struct divergences){ .warm_free = 3 });
	ck_assert_uint_eq(pages->zones[0].held_pages, held_dma - 1);
	ck_assert_uint_eq(pages->zones[1].held_pages, held - 5);
	ck_assert_uint_eq(h.replay->nr_page_allocs, 2);
	ck_assert_uint_eq(h.replay->nr_page_zone_match, 1);
	handmade_release(&h);
}
END_TEST

/* A block larger than any that is held is freed in pieces, until nothing is held. */
START_TEST(warm_frees_of_large_blocks)
{
	struct km_pages *pages;
	struct handmade h;
	uint64_t held;

	handmade_init(&h);
	handmade_snapshots(&h, 1);
	for (unsigned int i = 0; i < 40; i++)
		page_free(&h, PFN(i * 1024), 10);
	handmade_boot(&h, NULL);
	pages = &h.replay->kernel.pages;
	held = pages->zones[0].held_pages + pages->zones[1].held_pages;
	ck_assert_uint_lt(held, 40 * 1024);
	handmade_run(&h);
	ck_assert_uint_eq(pages->zones[0].held_pages + pages->zones[1].held_pages, 0);
	ck_assert_uint_eq(h.replay->divergence[KM_DIV_WARM_FREE], (held + 1023) / 1024);
	ck_assert_uint_eq(h.replay->divergence[KM_DIV_UNKNOWN_FREE], 40 - (held + 1023) / 1024);
	handmade_release(&h);
}
END_TEST

static void page_migrated(struct handmade *h, uint64_t pfn, unsigned int order)
{
	add_pages(h, TF_PAGE_FREE, pfn, order, TF_OWNER_MIGRATED, 0);
}

/*
 *      before   A.......
 *      moved    x...A...     the old page is told of, the new one is not
 *      given    B...A...     the old page to somebody else
 *      moved    B...x..A     again, from a page that nobody was seen to take
 *      freed    B......x     another such page: it was A's
 */
START_TEST(a_page_that_moves_lives_on)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	page_alloc(&h, PFN(0), 0);
	page_migrated(&h, PFN(0), 0);
	page_alloc(&h, PFN(0), 0);
	page_migrated(&h, PFN(4), 0);
	page_free(&h, PFN(7), 0);
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){ .moved_free = 1 });
	ck_assert_int_eq(log.live_blocks, 1);
	ck_assert_int_eq(log.live_bytes, 4096);
	handmade_release(&h);
}
END_TEST

/* Only blocks of the same order are taken for what moved; a page whose new one was told is freed.
 */
START_TEST(moves_that_are_told)
{
	struct handmade h;
	struct log log;

	handmade_init(&h);
	page_alloc(&h, PFN(0), 0);
	page_alloc(&h, PFN(8), 2);
	page_migrated(&h, PFN(8), 2);
	page_free(&h, PFN(4), 0);
	add_pages(&h, TF_PAGE_ALLOC, PFN(16), 0, TF_OWNER_MIGRATED, GFP_HIGHUSER_MOVABLE);
	page_migrated(&h, PFN(0), 0);
	page_free(&h, PFN(32), 2);
	run(&h, &log);
	assert_divergences(h.replay, (struct divergences){ .moved_free = 1, .unknown_free = 1 });
	ck_assert_int_eq(log.live_blocks, 1);
	ck_assert_int_eq(log.live_bytes, 4096);
	handmade_release(&h);
}
END_TEST

RUN_SUITE("replay/page", blocks_come_and_go, part_of_a_block_is_freed, tails_are_freed_in_halves,
	  a_huge_block_is_freed_page_by_page, more_is_freed_than_was_given,
	  what_is_given_out_was_free, frees_of_what_nobody_took, blocks_that_cannot_be,
	  nested_pages_are_not_replayed, pages_of_all_other_owners_are_replayed,
	  transitions_are_not_replayed, pages_change_hands_unseen, large_kmallocs_are_no_slabs,
	  failures_on_either_side, warm_frees_and_zones, warm_frees_of_large_blocks,
	  a_page_that_moves_lives_on, moves_that_are_told)
