/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SLUB's state machine.  In the pictures a slab is [ ] with one sign an object:
 *   #  held by a caller     o  free on the slab's freelist     c  free on the CPU's freelist
 */
#include "tests/unit/core/slab/bed.h"

/*
 *  before:  CPU 0: -
 *  after:   CPU 0: [#ccc]      addresses ascend, the slab counts as wholly in use
 */
START_TEST(new_slab_goes_to_the_cpu_whole)
{
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t o[5];

	bed_init_small(&bed);
	cache = bed_cache(&bed, "c", 0, 2, 2);
	bed_fill(cache, o, 1, 0);
	ck_assert_uint_eq(bed_slab_of(&bed, o[0])->inuse, 4);
	ck_assert_ptr_eq(cache->cpu[0].slab, bed_slab_of(&bed, o[0]));
	ck_assert_uint_eq(bed_info(cache).nr_active, 4);
	ck_assert_uint_eq(bed_info(cache).nr_inuse, 1);
	ck_assert_uint_eq(km_slab_free_bytes(bed.slab), 3 * 1024);
	bed_fill(cache, o + 1, 4, 0);
	for (int i = 1; i < 4; i++)
		ck_assert_uint_eq(o[i], o[0] + (uint64_t)i * 1024);
	ck_assert_uint_eq(o[0] & 4095, 0);
	ck_assert_ptr_ne(bed_slab_of(&bed, o[4]), bed_slab_of(&bed, o[0]));
	ck_assert_uint_eq(bed_slab_of(&bed, o[0])->where, KM_SLAB_FULL);
	ck_assert_uint_eq(km_slab_nr_pages(bed.slab), 2);
	bed_release(&bed);
}
END_TEST

/*
 *  before:  CPU 0: [####]
 *  after:   CPU 0: [#cc#]      last freed is first given
 */
START_TEST(own_slab_is_last_in_first_out)
{
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t o[4], again[2];

	bed_init_small(&bed);
	cache = bed_cache(&bed, "c", 0, 2, 2);
	bed_fill(cache, o, 4, 0);
	bed_free(cache, o[1], 0);
	bed_free(cache, o[2], 0);
	ck_assert_uint_eq(bed_slab_of(&bed, o[0])->inuse, 4);
	bed_check(&bed);
	bed_fill(cache, again, 2, 0);
	ck_assert_uint_eq(again[0], o[2]);
	ck_assert_uint_eq(again[1], o[1]);
	bed_release(&bed);
}
END_TEST

/*
 *  before:  CPU 0: [####]A                       CPU 1: -
 *  after:   CPU 0: [##oo]A (o: freed by CPU 1)   then taken in one swap: [####]
 */
START_TEST(remote_frees_wait_on_the_slab)
{
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t o[4], again[2];
	struct slab *a;

	bed_init_small(&bed);
	cache = bed_cache(&bed, "c", 0, 2, 2);
	bed_fill(cache, o, 4, 0);
	a = bed_slab_of(&bed, o[0]);
	bed_free(cache, o[2], 1);
	bed_free(cache, o[3], 1);
	ck_assert_uint_eq(a->inuse, 2);
	ck_assert_uint_eq(a->where, KM_SLAB_ON_CPU);
	ck_assert_ptr_null(cache->cpu[1].partial);
	bed_check(&bed);
	bed_fill(cache, again, 2, 0);
	ck_assert_uint_eq(again[0], o[3]);
	ck_assert_uint_eq(again[1], o[2]);
	ck_assert_uint_eq(a->inuse, 4);
	ck_assert_uint_eq(bed_info(cache).nr_slabs, 1);
	bed_release(&bed);
}
END_TEST

/*
 *  before:  CPU 0: [#ccc]B     no list: [####]A
 *  after:   CPU 0: [#ccc]B     CPU 1's stack: [o###]A     then CPU 1 allocates from it
 */
START_TEST(full_slab_goes_to_the_freeing_cpu)
{
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t o[5], again;
	struct slab *a;

	bed_init_small(&bed);
	cache = bed_cache(&bed, "c", 0, 2, 2);
	bed_fill(cache, o, 5, 0);
	a = bed_slab_of(&bed, o[0]);
	bed_free(cache, o[0], 1);
	ck_assert_ptr_eq(cache->cpu[1].partial, a);
	ck_assert_uint_eq(cache->cpu[1].nr_partial, 1);
	ck_assert_uint_eq(a->where, KM_SLAB_CPU_PARTIAL);
	ck_assert_uint_eq(bed_info(cache).nr_partial, 0);
	ck_assert_uint_eq(bed_info(cache).nr_active, 8);
	bed_check(&bed);
	bed_fill(cache, &again, 1, 1);
	ck_assert_uint_eq(again, o[0]);
	ck_assert_ptr_eq(cache->cpu[1].slab, a);
	ck_assert_ptr_null(cache->cpu[1].partial);
	bed_release(&bed);
}
END_TEST

/*
 *  before:  stack of CPU 1: [o###]B [o###]A (limit 2)      node: -
 *  after:   stack of CPU 1: [o###]C     node: [o###]B [o###]A     top of the stack first
 */
START_TEST(full_stack_is_drained_to_the_node)
{
	struct bed bed;
	struct kmem_cache *cache;
	struct slab *a, *b, *c;
	uint64_t o[13];

	bed_init_small(&bed);
	cache = bed_cache(&bed, "c", 0, 2, 2);
	bed_fill(cache, o, 13, 0);
	a = bed_slab_of(&bed, o[0]);
	b = bed_slab_of(&bed, o[4]);
	c = bed_slab_of(&bed, o[8]);
	bed_free(cache, o[0], 1);
	bed_free(cache, o[4], 1);
	ck_assert_uint_eq(cache->cpu[1].nr_partial, 2);
	ck_assert_ptr_null(cache->node[0].head);
	bed_free(cache, o[8], 1);
	ck_assert_ptr_eq(cache->cpu[1].partial, c);
	ck_assert_uint_eq(cache->cpu[1].nr_partial, 1);
	ck_assert_ptr_eq(cache->node[0].head, b);
	ck_assert_ptr_eq(cache->node[0].tail, a);
	ck_assert_uint_eq(bed_info(cache).nr_partial, 2);
	ck_assert_uint_eq(bed_info(cache).nr_active, 16 - 2);
	bed_release(&bed);
}
END_TEST

/*
 *  before:  stack of CPU 1: [oooo]C [oooo]B [oooo]A (limit 3), min_partial 2      node: -
 *  after:   stack of CPU 1: [o###]D     node: [oooo]C [oooo]B     A given back
 */
START_TEST(drain_keeps_min_partial_empty_slabs)
{
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t o[17];

	bed_init_small(&bed);
	cache = bed_cache(&bed, "c", 0, 2, 3);
	bed_fill(cache, o, 17, 0);
	for (int i = 0; i < 12; i++)
		bed_free(cache, o[i], 1);
	/* An empty slab on a stack is kept until the stack is drained. */
	ck_assert_uint_eq(cache->cpu[1].nr_partial, 3);
	ck_assert_uint_eq(bed_info(cache).nr_slabs, 5);
	ck_assert_uint_eq(bed_info(cache).nr_slab_frees, 0);
	bed_check(&bed);
	bed_free(cache, o[12], 1);
	ck_assert_uint_eq(cache->cpu[1].nr_partial, 1);
	ck_assert_uint_eq(bed_info(cache).nr_partial, 2);
	ck_assert_uint_eq(bed_info(cache).nr_slabs, 4);
	ck_assert_uint_eq(bed_info(cache).nr_slab_frees, 1);
	ck_assert_ptr_null(bed_slab_of(&bed, o[0]));
	ck_assert_ptr_eq(cache->node[0].tail, bed_slab_of(&bed, o[4]));
	bed_release(&bed);
}
END_TEST

/*
 *  node (min_partial 2), each slab once full and drained there:
 *  [#ooo]A                  last object of A freed: nr_partial 1 < 2, A stays empty
 *  [oooo]A [#ooo]B          last of B freed: nr_partial 2 >= 2, B is given back
 */
START_TEST(empty_slab_leaves_a_rich_node)
{
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t o[13];
	struct slab *a;

	bed_init_small(&bed);
	cache = bed_cache(&bed, "c", 0, 2, 1);
	bed_fill(cache, o, 13, 0);
	a = bed_slab_of(&bed, o[0]);
	bed_free(cache, o[0], 1);
	bed_free(cache, o[4], 1); /* drains A */
	ck_assert_uint_eq(a->where, KM_SLAB_NODE_PARTIAL);
	for (int i = 1; i < 4; i++)
		bed_free(cache, o[i], 1);
	ck_assert_uint_eq(a->inuse, 0);
	ck_assert_uint_eq(bed_info(cache).nr_partial, 1);
	ck_assert_uint_eq(bed_info(cache).nr_slabs, 4);
	bed_free(cache, o[8], 1); /* drains B */
	ck_assert_uint_eq(bed_info(cache).nr_partial, 2);
	bed_free(cache, o[5], 0);
	bed_free(cache, o[6], 0);
	ck_assert_uint_eq(bed_info(cache).nr_slabs, 4);
	bed_check(&bed);
	bed_free(cache, o[7], 0);
	ck_assert_uint_eq(bed_info(cache).nr_partial, 1);
	ck_assert_uint_eq(bed_info(cache).nr_slabs, 3);
	ck_assert_ptr_null(bed_slab_of(&bed, o[4]));
	ck_assert_ptr_eq(cache->node[0].head, a);
	bed_release(&bed);
}
END_TEST

/*
 *  node: A B C D E (one free object each), cpu_partial 2
 *  after CPU 1 asks:  CPU 1: A     its stack: C B (2/2 + 1 extra)     node: D E
 */
START_TEST(node_list_fills_the_stack)
{
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t o[25], again[3];

	bed_init_small(&bed);
	cache = bed_cache(&bed, "c", 0, 0, 1);
	bed_fill(cache, o, 25, 0);
	for (int i = 0; i < 6; i++) /* each drains the one before */
		bed_free(cache, o[4 * i], 0);
	ck_assert_uint_eq(bed_info(cache).nr_partial, 5);
	cache->cpu_partial = 2;
	bed_fill(cache, again, 1, 1);
	ck_assert_uint_eq(again[0], o[0]);
	ck_assert_uint_eq(cache->cpu[1].nr_partial, 2);
	ck_assert_ptr_eq(cache->cpu[1].partial, bed_slab_of(&bed, o[8]));
	ck_assert_ptr_eq(cache->node[0].head, bed_slab_of(&bed, o[12]));
	ck_assert_uint_eq(bed_info(cache).nr_partial, 2);
	bed_fill(cache, again + 1, 2, 1);
	ck_assert_uint_eq(again[1], o[8]);
	ck_assert_uint_eq(again[2], o[4]);
	bed_release(&bed);
}
END_TEST

/*
 *  cpu_partial 0:  stack of CPU 0 never above one slab, and one slab is taken from the node
 */
START_TEST(no_cpu_partial)
{
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t o[13], again;

	bed_init_small(&bed);
	cache = bed_cache(&bed, "c", 0, 2, 0);
	bed_fill(cache, o, 13, 0);
	bed_free(cache, o[0], 0);
	bed_free(cache, o[4], 0);
	bed_free(cache, o[8], 0);
	ck_assert_uint_eq(cache->cpu[0].nr_partial, 1);
	ck_assert_uint_eq(bed_info(cache).nr_partial, 2);
	bed_fill(cache, &again, 1, 1);
	ck_assert_uint_eq(again, o[0]);
	ck_assert_uint_eq(cache->cpu[1].nr_partial, 0);
	ck_assert_uint_eq(bed_info(cache).nr_partial, 1);
	bed_release(&bed);
}
END_TEST

/*
 *  Limits in free objects (to 5.15), cpu_partial 2.  What a slab had free when it was
 *  pushed counts, later frees do not:
 *  stack: [oooo]B [o###]A    sum 2, not above 2     C pushed: sum 3
 *  D is freed to: sum 3 > 2, all go to the node:  [o###]C [oooo]B [o###]A
 */
START_TEST(limits_in_objects)
{
	struct km_profile profile = bed_profile("x86-32-64m", 2);
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t o[17], again;

	profile.features &= ~KM_FEAT_CPU_PARTIAL_SLABS;
	bed_init(&bed, &profile);
	cache = bed_cache(&bed, "c", 0, 5, 2);
	bed_fill(cache, o, 17, 0);
	bed_free(cache, o[0], 1);
	for (int i = 4; i < 8; i++)
		bed_free(cache, o[i], 1);
	bed_free(cache, o[8], 1);
	ck_assert_uint_eq(cache->cpu[1].nr_partial, 3);
	ck_assert_uint_eq(bed_info(cache).nr_partial, 0);
	bed_free(cache, o[12], 1);
	ck_assert_uint_eq(cache->cpu[1].nr_partial, 1);
	ck_assert_uint_eq(bed_info(cache).nr_partial, 3);
	ck_assert_ptr_eq(cache->node[0].head, bed_slab_of(&bed, o[8]));
	/* CPU 0's slab has 3 left; then C (1 free) and B (4 free): 5 > 2 / 2. */
	for (int i = 0; i < 4; i++)
		bed_fill(cache, &again, 1, 0);
	ck_assert_uint_eq(again, o[8]);
	ck_assert_uint_eq(cache->cpu[0].nr_partial, 1);
	ck_assert_ptr_eq(cache->cpu[0].partial, bed_slab_of(&bed, o[4]));
	ck_assert_uint_eq(bed_info(cache).nr_partial, 1);
	bed_release(&bed);
}
END_TEST

/*
 *  the same, node: [oo##]C [o###]B [o###]A       CPU 0 asks: C alone, its 2 are above 2 / 2
 */
START_TEST(one_slab_may_be_enough)
{
	struct km_profile profile = bed_profile("x86-32-64m", 2);
	struct bed bed;
	struct kmem_cache *cache;
	uint64_t o[20], again;

	profile.features &= ~KM_FEAT_CPU_PARTIAL_SLABS;
	bed_init(&bed, &profile);
	cache = bed_cache(&bed, "c", 0, 5, 2);
	bed_fill(cache, o, 20, 0);
	for (int i = 0; i < 4; i++)
		bed_free(cache, o[4 * i], 1);
	bed_free(cache, o[9], 0);
	ck_assert_uint_eq(bed_info(cache).nr_partial, 3);
	bed_fill(cache, &again, 1, 0);
	ck_assert_uint_eq(again, o[9]);
	ck_assert_uint_eq(cache->cpu[0].nr_partial, 0);
	ck_assert_uint_eq(bed_info(cache).nr_partial, 2);
	bed_release(&bed);
}
END_TEST

RUN_SUITE("slab/slub", new_slab_goes_to_the_cpu_whole, own_slab_is_last_in_first_out,
	  remote_frees_wait_on_the_slab, full_slab_goes_to_the_freeing_cpu,
	  full_stack_is_drained_to_the_node, drain_keeps_min_partial_empty_slabs,
	  empty_slab_leaves_a_rich_node, node_list_fills_the_stack, no_cpu_partial,
	  limits_in_objects, one_slab_may_be_enough)
