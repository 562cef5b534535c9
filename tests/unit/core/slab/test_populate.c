/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Warm starts: slabs from a census, and the objects that were there before.
 * Pictures as in test_slub.c; p is a pre-existing object.
 */
#include "tests/unit/core/slab/bed.h"

/* All memory held, as before a warm start. */
static struct kmem_cache *init_warm(struct bed *bed, unsigned int order)
{
	struct km_profile profile = bed_profile("x86-32-64m", 2);

	bed_init_held(bed, &profile);
	return bed_cache(bed, "c", order, 2, 2);
}

/*
 *  10 slabs of 4, 33 active: 7 free on 3 partial slabs; 2 cpu slabs, 2 on cpu stacks
 *
 *  CPU 0: [ppcc]0   CPU 1: [ppcc]1   stacks: [ppoo]2 | [ppoo]3
 *  node:  [pooo]4 [ppoo]5 [ppoo]6    full: [pppp]7 [pppp]8 [pppp]9
 */
static const struct km_cache_census ten_slabs = {
	.nr_slabs = 10, .nr_active = 33, .nr_partial = 3, .nr_cpu_slabs = 2, .nr_cpu_partial = 2
};

START_TEST(census_is_laid_out)
{
	struct bed bed;
	struct kmem_cache *cache = init_warm(&bed, 0);
	static const unsigned int inuse[10] = { 4, 4, 2, 2, 1, 2, 2, 4, 4, 4 };
	struct km_cache_info info;
	uint64_t held;

	held = bed.pages.zones[0].held_pages + bed.pages.zones[1].held_pages;
	ck_assert_uint_eq(km_cache_populate(cache, &ten_slabs), 0);
	info = bed_info(cache);
	ck_assert_uint_eq(info.nr_slabs, 10);
	ck_assert_uint_eq(info.capacity, 40);
	ck_assert_uint_eq(info.nr_active, 33);
	ck_assert_uint_eq(info.nr_partial, 3);
	ck_assert_uint_eq(info.nr_inuse, 2 * 2 + 2 * 2 + 5 + 12);
	ck_assert_uint_eq(info.nr_pages, 10);
	ck_assert_uint_eq(info.pages_peak, 10);
	ck_assert_uint_eq(info.nr_slab_allocs, 0);
	ck_assert_uint_eq(km_cache_nr_preexisting(cache), info.nr_inuse);
	ck_assert_uint_eq(km_slab_free_bytes(bed.slab), 15 * 1024);
	ck_assert_uint_eq(bed.pages.zones[0].held_pages + bed.pages.zones[1].held_pages, held - 10);
	for (unsigned int i = 0; i < 10; i++)
		ck_assert_uint_eq(km_slab_by_id(&bed.slab->pool, i)->inuse, inuse[i]);
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		ck_assert_uint_eq(cache->cpu[cpu].slab->id, cpu);
		ck_assert_uint_eq(cache->cpu[cpu].partial->id, 2 + cpu);
		ck_assert_uint_eq(cache->cpu[cpu].nr_partial, 1);
	}
	ck_assert_uint_eq(cache->node[0].head->id, 4);
	ck_assert_uint_eq(cache->node[0].tail->id, 6);
	/* Only an empty cache can be populated. */
	ck_assert_uint_eq(km_cache_populate(cache, &ten_slabs), 10);
	ck_assert_uint_eq(bed_info(cache).nr_slabs, 10);
	bed_release(&bed);
}
END_TEST

/* Slab by slab, each from its first object to its last; all are held, none comes twice. */
START_TEST(objects_are_taken_slab_by_slab)
{
	struct bed bed;
	struct kmem_cache *cache = init_warm(&bed, 0);
	uint64_t before = 0, addr;
	unsigned int nr = 0;
	uint32_t id = 0;

	km_cache_populate(cache, &ten_slabs);
	while ((addr = km_cache_take_preexisting(cache))) {
		struct slab *slab = bed_slab_of(&bed, addr);

		if (slab->id == id && nr)
			ck_assert_uint_eq(addr, before + 1024);
		else
			ck_assert_uint_eq(addr, slab->base);
		ck_assert(slab->id == id || slab->id == id + 1);
		id = slab->id;
		before = addr;
		nr++;
		ck_assert_uint_eq(km_cache_nr_preexisting(cache), 25 - nr);
	}
	ck_assert_uint_eq(nr, 25);
	ck_assert_uint_eq(id, 9);
	ck_assert_uint_eq(bed_info(cache).nr_inuse, 25);
	bed_release(&bed);
}
END_TEST

/*
 *  before: [pppp] ... of order 1      after all were taken and freed: min_partial empty slabs
 *  on the node, the rest on a stack or given back
 */
START_TEST(all_old_objects_can_be_freed)
{
	static const struct km_cache_census census = {
		.nr_slabs = 20, .nr_active = 20 * 8 - 6, .nr_partial = 2, .nr_cpu_slabs = 1
	};
	struct bed bed;
	struct kmem_cache *cache = init_warm(&bed, 1);
	uint64_t addr;

	ck_assert_uint_eq(km_cache_populate(cache, &census), 0);
	while ((addr = km_cache_take_preexisting(cache)))
		bed_free(cache, addr, 1);
	ck_assert_uint_eq(bed_info(cache).nr_inuse, 0);
	/* One cpu slab, two on the node, at most two on CPU 1's stack. */
	ck_assert_uint_eq(cache->node[0].nr_partial, 2);
	ck_assert_uint_le(bed_info(cache).nr_slabs, 5);
	ck_assert_uint_ge(bed_info(cache).nr_slab_frees, 15);
	ck_assert_uint_eq(km_slab_nr_pages(bed.slab), 2 * bed_info(cache).nr_slabs);
	bed_release(&bed);
}
END_TEST

/* What was free at the start is what the CPUs hand out first. */
START_TEST(new_objects_use_old_slabs)
{
	struct bed bed;
	struct kmem_cache *cache = init_warm(&bed, 0);
	uint64_t o[4];

	km_cache_populate(cache, &ten_slabs);
	bed_fill(cache, o, 4, 0);
	ck_assert_uint_eq(o[0], km_slab_by_id(&bed.slab->pool, 0)->base + 2048);
	ck_assert_uint_eq(o[1], o[0] + 1024);
	ck_assert_uint_eq(o[2], km_slab_by_id(&bed.slab->pool, 2)->base + 2048);
	ck_assert_uint_eq(km_cache_nr_preexisting(cache), 25);
	bed_release(&bed);
}
END_TEST

/* An old object may also be freed by its address; it is then not there to be taken. */
START_TEST(old_objects_freed_by_address)
{
	struct bed bed;
	struct kmem_cache *cache = init_warm(&bed, 0);
	struct slab *slab;
	unsigned int nr = 0;
	uint64_t addr, base;

	km_cache_populate(cache, &ten_slabs);
	slab = km_slab_by_id(&bed.slab->pool, 0);
	base = slab->base;
	bed_free(cache, base, 1);
	ck_assert_int_eq(km_cache_free(bed.slab, cache, base, 1), -EALREADY);
	ck_assert_uint_eq(km_cache_nr_preexisting(cache), 24);
	ck_assert_uint_eq(km_cache_take_preexisting(cache), base + 1024);
	/* A full slab has no record of its objects yet. */
	slab = km_slab_by_id(&bed.slab->pool, 9);
	ck_assert_ptr_null(slab->links);
	bed_free(cache, slab->base + 3 * 1024, 1);
	ck_assert_uint_eq(km_cache_nr_preexisting(cache), 22);
	bed_check(&bed);
	while ((addr = km_cache_take_preexisting(cache)))
		nr++;
	ck_assert_uint_eq(nr, 22);
	bed_release(&bed);
}
END_TEST

/* The walk is not led astray when a slab of the census is gone and its number reused. */
START_TEST(numbers_are_reused)
{
	static const struct km_cache_census census = { .nr_slabs = 3, .nr_active = 12 };
	static const struct km_cache_census one = { .nr_slabs = 1, .nr_active = 4 };
	struct bed bed;
	struct kmem_cache *cache = init_warm(&bed, 0), *other;
	uint64_t base[3];

	cache->min_partial = 0;
	cache->cpu_partial = 0;
	other = bed_cache(&bed, "other", 0, 2, 2);
	ck_assert_uint_eq(km_cache_populate(cache, &census), 0);
	for (uint32_t i = 0; i < 3; i++)
		base[i] = km_slab_by_id(&bed.slab->pool, i)->base;
	for (unsigned int i = 0; i < 4; i++)
		bed_free(cache, base[0] + i * 1024, 0);
	bed_free(cache, base[1], 0); /* drains and frees slab 0 */
	ck_assert_ptr_null(bed_slab_of(&bed, base[0]));
	ck_assert_uint_eq(km_cache_populate(other, &one), 0);
	ck_assert_uint_eq(other->populated[0], 0);
	ck_assert_uint_eq(km_cache_take_preexisting(cache), base[1] + 1024);
	ck_assert_uint_eq(km_cache_nr_preexisting(other), 4);
	ck_assert_uint_eq(km_cache_nr_preexisting(cache), 6);
	bed_release(&bed);
}
END_TEST

/* A census is not read at one moment: what contradicts itself is cut down. */
START_TEST(census_that_does_not_add_up)
{
	static const struct {
		struct km_cache_census census;
		uint64_t nr_active, nr_partial, nr_inuse;
	} cases[] = {
		/* more active than there is room for */
		{ { .nr_slabs = 2, .nr_active = 9 }, 8, 0, 8 },
		/* more partial slabs than free objects */
		{ { .nr_slabs = 4, .nr_active = 14, .nr_partial = 4 }, 14, 2, 14 },
		/* more partial slabs than slabs */
		{ { .nr_slabs = 2, .nr_active = 3, .nr_partial = 9 }, 3, 2, 3 },
		/* more free than the partial slabs can have */
		{ { .nr_slabs = 4, .nr_active = 3, .nr_partial = 1 }, 12, 1, 12 },
		/* partial slabs not counted: half full */
		{ { .nr_slabs = 10, .nr_active = 33 }, 33, 4, 33 },
		/* more cpu slabs than CPUs: sysfs cpu_slabs counts the stacks too */
		{ { .nr_slabs = 10, .nr_active = 40, .nr_cpu_slabs = 7 }, 40, 0, 36 },
		/* all at once */
		{ { .nr_slabs = 3,
		    .nr_active = 0,
		    .nr_partial = 9,
		    .nr_cpu_slabs = 9,
		    .nr_cpu_partial = 9 },
		  0,
		  3,
		  0 },
		{ { .nr_slabs = 0, .nr_active = 7, .nr_partial = 3 }, 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bed bed;
		struct kmem_cache *cache = init_warm(&bed, 0);
		struct km_cache_info info;

		ck_assert_uint_eq(km_cache_populate(cache, &cases[i].census), 0);
		info = bed_info(cache);
		ck_assert_msg(info.nr_active == cases[i].nr_active &&
				      info.nr_partial == cases[i].nr_partial &&
				      info.nr_inuse == cases[i].nr_inuse &&
				      info.nr_slabs == cases[i].census.nr_slabs,
			      "case %zu: active %u, partial %u, inuse %u", i,
			      (unsigned int)info.nr_active, (unsigned int)info.nr_partial,
			      (unsigned int)info.nr_inuse);
		bed_release(&bed);
	}
}
END_TEST

/* Slabs for which no held block is left are counted, not made. */
START_TEST(not_enough_held_pages)
{
	static const struct km_cache_census absurd = { .nr_slabs = UINT64_MAX,
						       .nr_active = UINT64_MAX,
						       .nr_partial = UINT64_MAX };
	static const struct km_cache_census census = { .nr_slabs = 100000,
						       .nr_active = 100000 * 4 };
	struct bed bed;
	struct kmem_cache *cache = init_warm(&bed, 0);
	uint64_t missing, held = 0;

	for (unsigned int i = 0; i < bed.pages.nr_zones; i++)
		held += bed.pages.zones[i].held_pages;
	missing = km_cache_populate(cache, &census);
	ck_assert_uint_eq(missing, 100000 - held);
	ck_assert_uint_eq(bed_info(cache).nr_slabs, held);
	ck_assert_uint_eq(km_cache_nr_preexisting(cache), held * 4);
	ck_assert_uint_eq(km_slab_nr_pages(bed.slab), held);
	cache = bed_cache(&bed, "absurd", 0, 2, 2);
	ck_assert_uint_eq(km_cache_populate(cache, &absurd), UINT64_MAX);
	ck_assert_uint_eq(bed_info(cache).nr_slabs, 0);
	bed_release(&bed);
}
END_TEST

/* One object a slab: half of it is free only if it must be. */
START_TEST(slabs_of_one_object)
{
	static const struct km_cache_census census = { .nr_slabs = 6,
						       .nr_active = 5,
						       .nr_partial = 1,
						       .nr_cpu_slabs = 1,
						       .nr_cpu_partial = 2 };
	struct bed bed;
	struct kmem_cache *cache = init_warm(&bed, 0);

	cache->objects = 1;
	cache->min_objects = 1;
	ck_assert_uint_eq(km_cache_populate(cache, &census), 0);
	ck_assert_uint_eq(cache->cpu[0].freelist, KM_OBJECT_END);
	ck_assert_uint_eq(km_slab_nr_free(cache->cpu[0].partial), 1);
	ck_assert_uint_eq(bed_info(cache).nr_inuse, 3);
	ck_assert_uint_eq(bed_info(cache).nr_active, 5);
	bed_release(&bed);
}
END_TEST

/* Slabs of a DMA cache come from the DMA zone, others from the normal one. */
START_TEST(slabs_are_claimed_where_they_belong)
{
	static const struct km_cache_census census = { .nr_slabs = 3, .nr_active = 1 };
	struct bed bed;
	struct kmem_cache *cache = init_warm(&bed, 0);
	struct kmem_cache *dma = km_kmalloc_cache(bed.slab, 64, KM_GFP_DMA);
	struct zone *zones = bed.pages.zones;
	uint64_t before[2] = { zones[0].held_pages, zones[1].held_pages };

	ck_assert_uint_eq(zones[0].type, KM_ZONE_DMA);
	ck_assert_uint_eq(zones[1].type, KM_ZONE_NORMAL);
	ck_assert_uint_eq(km_cache_populate(dma, &census), 0);
	ck_assert_uint_eq(zones[0].held_pages, before[0] - 3);
	ck_assert_uint_eq(km_cache_populate(cache, &census), 0);
	ck_assert_uint_eq(zones[0].held_pages, before[0] - 3);
	ck_assert_uint_eq(zones[1].held_pages, before[1] - 3);
	bed_release(&bed);
}
END_TEST

RUN_SUITE("slab/populate", census_is_laid_out, objects_are_taken_slab_by_slab,
	  all_old_objects_can_be_freed, new_objects_use_old_slabs, old_objects_freed_by_address,
	  numbers_are_reused, census_that_does_not_add_up, not_enough_held_pages,
	  slabs_of_one_object, slabs_are_claimed_where_they_belong)
