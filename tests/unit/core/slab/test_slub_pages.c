/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where SLUB's pages come from: the fallback order, failure, flags, nodes.
 * Pictures as in test_slub.c; a page is | |, X taken by others.
 */
#include "tests/unit/core/slab/bed.h"

/*
 *  memory:  |X| |X| |X| |X| |      no two pages together
 *  before:  cache of order 1: -
 *  after:   [#ccc] on one page, counted as a slab of the fallback order
 */
START_TEST(fragmented_memory_gives_small_slabs)
{
	struct bed bed;
	struct kmem_cache *cache;
	struct km_cache_info info;
	uint64_t *pfns, o[5];
	size_t nr;

	bed_init_small(&bed);
	cache = bed_cache(&bed, "c", 1, 0, 0);
	nr = bed_take_all_pages(&bed, &pfns);
	ck_assert_uint_gt(nr, 16000);
	for (size_t i = 0; i < nr; i++)
		if (pfns[i] % 2 == 0)
			ck_assert_int_eq(km_free_pages(&bed.pages, pfns[i], 0, 0), 0);
	km_drain_all(&bed.pages);

	bed_fill(cache, o, 5, 0);
	info = bed_info(cache);
	ck_assert_uint_eq(info.objects_per_slab, 8);
	ck_assert_uint_eq(info.nr_slabs, 2);
	ck_assert_uint_eq(info.nr_slabs_min_order, 2);
	ck_assert_uint_eq(info.nr_pages, 2);
	ck_assert_uint_eq(info.capacity, 8);
	ck_assert_uint_eq(bed_slab_of(&bed, o[0])->objects, 4);
	/* The page behind a small slab is somebody else's. */
	ck_assert_int_eq(km_cache_free(bed.slab, cache, o[0] + 4 * 1024, 0), -ERANGE);
	bed_check(&bed);

	/* Give everything back: whole slabs again, side by side with small ones. */
	for (size_t i = 0; i < nr; i++)
		if (pfns[i] % 2)
			ck_assert_int_eq(km_free_pages(&bed.pages, pfns[i], 0, 0), 0);
	km_drain_all(&bed.pages);
	for (int i = 0; i < 4; i++) {
		uint64_t more = km_cache_alloc(cache, KM_GFP_KERNEL, 0, -1);

		ck_assert_uint_ne(more, 0);
	}
	info = bed_info(cache);
	ck_assert_uint_eq(info.nr_slabs, 3);
	ck_assert_uint_eq(info.nr_slabs_min_order, 2);
	ck_assert_uint_eq(info.nr_pages, 4);
	ck_assert_uint_eq(info.pages_peak, 4);
	ck_assert_uint_eq(info.capacity, 16);
	ck_assert_uint_eq(km_slab_nr_pages(bed.slab), 4);
	free(pfns);
	bed_release(&bed);
}
END_TEST

/*
 *  memory:  |X|X|X|X|      before: CPU 0: [####]A
 *  after:   no object, nothing changed but that CPU 0 has let go of A; works again with a page
 */
START_TEST(no_page_no_object)
{
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t *pfns, o[4], asked;
	size_t nr;

	bed_init_small(&bed);
	cache = bed_cache(&bed, "c", 1, 2, 2);
	cache->objects = 4; /* of the eight that fit: fills up sooner */
	bed_fill(cache, o, 4, 0);
	nr = bed_take_all_pages(&bed, &pfns);
	asked = bed.pages.nr_reclaim_asked;
	ck_assert_uint_eq(
		km_cache_alloc(cache, KM_GFP_KERNEL | KM_GFP_ZERO | KM_GFP_ACCOUNT, 0, -1), 0);
	/* The larger order does not ask for reclaim; the second try has the caller's flags. */
	ck_assert_uint_eq(bed.pages.nr_reclaim_asked, asked + 1);
	ck_assert_uint_eq(bed.pages.last_failure.order, 0);
	ck_assert_uint_eq(bed.pages.last_failure.gfp, KM_GFP_KERNEL | KM_GFP_COMP);
	ck_assert_uint_eq(bed_info(cache).nr_inuse, 4);
	ck_assert_uint_eq(bed_info(cache).nr_slabs, 1);
	ck_assert_uint_eq(km_slab_free_bytes(bed.slab), 0);
	bed_check(&bed);

	bed_free(cache, o[3], 0); /* the full slab comes back through the stack */
	ck_assert_uint_eq(km_cache_alloc(cache, KM_GFP_KERNEL, 0, -1), o[3]);
	for (size_t i = 0; i < nr; i++)
		km_free_pages(&bed.pages, pfns[i], 0, 0);
	ck_assert_uint_ne(km_cache_alloc(cache, KM_GFP_KERNEL, 0, -1), 0);
	free(pfns);
	bed_release(&bed);
}
END_TEST

/* What the page allocator is asked for, seen from a machine that has nothing left. */
START_TEST(flags_of_slab_pages)
{
	static const struct {
		km_gfp gfp;
		unsigned int flags;
		km_gfp asked;
	} cases[] = {
		{ KM_GFP_KERNEL, 0, KM_GFP_KERNEL | KM_GFP_COMP },
		{ KM_GFP_ATOMIC | KM_GFP_ZERO, 0, KM_GFP_ATOMIC | KM_GFP_COMP },
		{ KM_GFP_KERNEL, KM_SLAB_RECLAIM_ACCOUNT,
		  KM_GFP_KERNEL | KM_GFP_COMP | KM_GFP_RECLAIMABLE },
		{ KM_GFP_KERNEL, KM_SLAB_CACHE_DMA, KM_GFP_KERNEL | KM_GFP_COMP | KM_GFP_DMA },
		{ KM_GFP_KERNEL | KM_GFP_HIGHMEM | KM_GFP_MOVABLE | KM_GFP_DMA32, 0,
		  KM_GFP_KERNEL | KM_GFP_COMP },
		{ KM_GFP_USER | KM_GFP_NOWARN | KM_GFP_NORETRY, KM_SLAB_ACCOUNT,
		  KM_GFP_USER | KM_GFP_NOWARN | KM_GFP_NORETRY | KM_GFP_COMP },
	};
	struct bed bed;
	uint64_t *pfns;

	bed_init_small(&bed);
	bed_take_all_pages(&bed, &pfns);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[] = "cache-0";
		struct km_cache_args args = { .name = name,
					      .object_size = 64,
					      .flags = cases[i].flags };
		struct kmem_cache *cache;
		int err;

		name[6] = (char)('0' + i);
		cache = km_cache_create(bed.slab, &args, &err);
		ck_assert_ptr_nonnull(cache);
		ck_assert_uint_eq(km_cache_alloc(cache, cases[i].gfp, 1, -1), 0);
		ck_assert_uint_eq(bed.pages.last_failure.gfp, cases[i].asked);
	}
	free(pfns);
	bed_release(&bed);
}
END_TEST

static void init_two_nodes(struct bed *bed)
{
	struct km_profile profile = bed_profile("x86-64-2node", 8);

	bed_init(bed, &profile);
	ck_assert_uint_eq(bed->machine.cpus[0].node, 0);
	ck_assert_uint_eq(bed->machine.cpus[1].node, 0);
	ck_assert_uint_eq(bed->machine.cpus[7].node, 1);
}

static uint64_t alloc_on(struct kmem_cache *cache, unsigned int cpu, int node)
{
	uint64_t addr = km_cache_alloc(cache, KM_GFP_KERNEL, cpu, node);

	ck_assert_uint_ne(addr, 0);
	return addr;
}

/*
 *  before:  CPU 0: [#ccc]A (node 0)          request for node 1
 *  after:   CPU 0: [#ccc]B (node 1)          node 0: [#ooo]A
 */
START_TEST(other_node_deactivates)
{
	struct bed bed;
	struct kmem_cache *cache;
	struct slab *a, *b, *c;
	uint64_t o[4];

	init_two_nodes(&bed);
	cache = bed_cache(&bed, "c", 0, 5, 2);
	o[0] = alloc_on(cache, 0, -1);
	a = bed_slab_of(&bed, o[0]);
	ck_assert_uint_eq(a->node, 0);
	o[1] = alloc_on(cache, 0, 1);
	b = bed_slab_of(&bed, o[1]);
	ck_assert_uint_eq(b->node, 1);
	ck_assert_uint_eq(a->where, KM_SLAB_NODE_PARTIAL);
	ck_assert_uint_eq(a->inuse, 1);
	ck_assert_uint_eq(cache->node[0].nr_free, 3);
	bed_check(&bed);
	/* A node that does not exist is no wish at all. */
	o[2] = alloc_on(cache, 0, 7);
	ck_assert_ptr_eq(bed_slab_of(&bed, o[2]), b);
	/* Back on node 0: A again, its freelist in the old order; B to the head of its list. */
	o[3] = alloc_on(cache, 0, 0);
	ck_assert_uint_eq(o[3], o[0] + 1024);
	ck_assert_ptr_eq(cache->node[1].head, b);

	/* A slab into which others freed goes behind B. */
	c = NULL;
	alloc_on(cache, 7, 1); /* takes B */
	o[1] = alloc_on(cache, 7, 1);
	ck_assert_ptr_eq(cache->cpu[7].slab, b);
	o[2] = alloc_on(cache, 6, 1);
	c = bed_slab_of(&bed, o[2]);
	alloc_on(cache, 6, 1);
	bed_free(cache, o[2], 0); /* remote free into C */
	alloc_on(cache, 7, 0);	  /* B is full by now: no list */
	alloc_on(cache, 6, 0);	  /* C: tail */
	ck_assert_uint_eq(b->where, KM_SLAB_FULL);
	ck_assert_ptr_eq(cache->node[1].tail, c);
	ck_assert_uint_eq(c->freelist, 2); /* the CPU's objects before those freed by others */
	ck_assert_uint_eq(c->links[2], 3);
	ck_assert_uint_eq(c->links[3], 0);
	bed_release(&bed);
}
END_TEST

/*
 *  head or tail:  node 1 has [#ooo]B.  CPU 6 gives up [#ooo]C untouched by others: C B
 *                 CPU 6 gives up C with a remote free in it:                       B C
 */
START_TEST(remote_frees_send_a_slab_to_the_tail)
{
	for (int remote = 0; remote < 2; remote++) {
		struct bed bed;
		struct kmem_cache *cache;
		struct slab *b, *c;
		uint64_t o[2];

		init_two_nodes(&bed);
		cache = bed_cache(&bed, "c", 0, 5, 2);
		o[0] = alloc_on(cache, 7, 1);
		b = bed_slab_of(&bed, o[0]);
		o[0] = alloc_on(cache, 6, 1);
		o[1] = alloc_on(cache, 6, 1);
		c = bed_slab_of(&bed, o[0]);
		alloc_on(cache, 7, 0);
		ck_assert_ptr_eq(cache->node[1].head, b);
		if (remote)
			bed_free(cache, o[0], 7);
		alloc_on(cache, 6, 0);
		ck_assert_ptr_eq(cache->node[1].head, remote ? b : c);
		ck_assert_ptr_eq(cache->node[1].tail, remote ? c : b);
		bed_release(&bed);
	}
}
END_TEST

/*
 *  before:  CPU 0: [cccc]A, min_partial 0       request for node 1
 *  after:   A is given back
 */
START_TEST(empty_slab_given_up_goes)
{
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t o;

	init_two_nodes(&bed);
	cache = bed_cache(&bed, "c", 0, 0, 2);
	o = alloc_on(cache, 0, 0);
	bed_free(cache, o, 0);
	ck_assert_uint_eq(bed_info(cache).nr_slabs, 1);
	alloc_on(cache, 0, 1);
	ck_assert_ptr_null(bed_slab_of(&bed, o));
	ck_assert_uint_eq(bed_info(cache).nr_slabs, 1);
	ck_assert_uint_eq(bed_info(cache).nr_slab_frees, 1);
	bed_release(&bed);
}
END_TEST

/*
 *  before:  stack of CPU 0: [o###]B (node 1) [o###]A (node 0)     request for node 0
 *  after:   CPU 0: A            node 1: [o###]B
 */
START_TEST(stack_gives_up_slabs_of_other_nodes)
{
	struct bed bed;
	struct kmem_cache *cache;
	struct slab *a, *b;
	uint64_t o[8], got;

	init_two_nodes(&bed);
	cache = bed_cache(&bed, "c", 0, 5, 4);
	for (int i = 0; i < 4; i++)
		o[i] = alloc_on(cache, 0, 0);
	for (int i = 4; i < 8; i++)
		o[i] = alloc_on(cache, 0, 1);
	a = bed_slab_of(&bed, o[0]);
	b = bed_slab_of(&bed, o[4]);
	alloc_on(cache, 0, 1);
	bed_free(cache, o[0], 1);
	bed_free(cache, o[4], 1);
	ck_assert_ptr_eq(cache->cpu[1].partial, b);
	got = alloc_on(cache, 1, 0);
	ck_assert_uint_eq(got, o[0]);
	ck_assert_ptr_eq(cache->cpu[1].slab, a);
	ck_assert_ptr_eq(cache->node[1].head, b);
	ck_assert_uint_eq(cache->cpu[1].nr_partial, 0);
	bed_release(&bed);
}
END_TEST

/*
 *  node 1: [o###]A [o###]B, min_partial 1         CPU 1 of node 0 has nothing, nor has its node
 *  after:  CPU 1: A (2 partial slabs there are more than min_partial; the one left is not)
 */
START_TEST(rich_nodes_lend)
{
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t o[13], got;

	init_two_nodes(&bed);
	cache = bed_cache(&bed, "c", 0, 1, 0);
	for (int i = 0; i < 13; i++)
		o[i] = alloc_on(cache, 7, 1);
	for (int i = 0; i < 3; i++)
		bed_free(cache, o[4 * i], 7);
	ck_assert_uint_eq(cache->node[1].nr_partial, 2);
	got = km_cache_alloc(cache, KM_GFP_KERNEL, 1, -1);
	ck_assert_uint_eq(got, o[0]);
	ck_assert_uint_eq(cache->node[1].nr_partial, 1);
	got = km_cache_alloc(cache, KM_GFP_KERNEL, 0, -1);
	ck_assert_uint_eq(bed_slab_of(&bed, got)->node, 0);
	ck_assert_uint_eq(cache->node[1].nr_partial, 1);
	bed_release(&bed);
}
END_TEST

/*
 *  node 1: |X|X|X|X|      with THISNODE: no object      as a wish: an object of node 0
 */
START_TEST(a_wish_is_not_a_demand)
{
	km_gfp all = KM_GFP_KERNEL | KM_GFP_NOFAIL | KM_GFP_THISNODE;
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t got;

	init_two_nodes(&bed);
	cache = bed_cache(&bed, "c", 0, 5, 2);
	for (int order = KM_MAX_ORDER; order >= 0; order--)
		while (km_alloc_pages(&bed.pages, all, (unsigned int)order, 7, 1, KM_OWNER_OTHER) !=
		       KM_NO_PFN)
			;
	ck_assert_uint_eq(km_cache_alloc(cache, KM_GFP_KERNEL | KM_GFP_THISNODE, 7, 1), 0);
	got = km_cache_alloc(cache, KM_GFP_KERNEL, 7, 1);
	ck_assert_uint_ne(got, 0);
	ck_assert_uint_eq(bed_slab_of(&bed, got)->node, 0);
	bed_release(&bed);
}
END_TEST

/*
 *  node 0: [o###] [o###] [o###], min_partial 0      node 1: -, but memory
 *  a wish for node 1 gets a new slab there, not a partial one of node 0
 */
START_TEST(a_wish_comes_before_thrift)
{
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t o[17], got;

	init_two_nodes(&bed);
	cache = bed_cache(&bed, "c", 0, 0, 0);
	for (int i = 0; i < 17; i++)
		o[i] = alloc_on(cache, 0, 0);
	for (int i = 0; i < 4; i++)
		bed_free(cache, o[4 * i], 1);
	ck_assert_uint_eq(cache->node[0].nr_partial, 3);
	got = alloc_on(cache, 7, 1);
	ck_assert_uint_eq(bed_slab_of(&bed, got)->node, 1);
	ck_assert_uint_eq(cache->node[0].nr_partial, 3);
	bed_release(&bed);
}
END_TEST

RUN_SUITE("slab/slub_pages", fragmented_memory_gives_small_slabs, no_page_no_object,
	  flags_of_slab_pages, other_node_deactivates, remote_frees_send_a_slab_to_the_tail,
	  empty_slab_given_up_goes, stack_gives_up_slabs_of_other_nodes, rich_nodes_lend,
	  a_wish_is_not_a_demand, a_wish_comes_before_thrift)
