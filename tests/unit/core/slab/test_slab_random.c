/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Long seeded runs of everything at once, on small machines that run out of memory.
 * What must hold at any time:
 *
 *   objects never overlap         a shadow of memory knows who has each 8 bytes
 *   inuse + free = capacity       per cache, and free_bytes over all
 *   pages are conserved           free + on CPU lists + slabs + large = at the start
 *   refused frees change nothing
 */
#include <stdio.h>

#include "tests/unit/core/slab/bed.h"

#define NR_SLOTS 20000
#define GRAIN 8

struct object {
	uint64_t addr;
	struct kmem_cache *cache; /* NULL: by kmalloc */
	uint64_t bytes;
};

struct run {
	struct bed bed;
	uint64_t random;
	struct kmem_cache *caches[8];
	struct object slots[NR_SLOTS];
	uint8_t *shadow;
	uint64_t nr_pages, large_pages, nr_failed, nr_done;
};

static uint64_t draw(struct run *run, uint64_t below)
{
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return run->random % below;
}

/* Served by pages, not by a class. */
static bool is_large(const struct object *object)
{
	return !object->cache && object->bytes > 8192;
}

static uint64_t pages_idle(const struct run *run)
{
	uint64_t nr = 0;

	for (unsigned int i = 0; i < run->bed.pages.nr_zones; i++)
		nr += run->bed.pages.zones[i].free_pages + run->bed.pages.zones[i].pcp_pages;
	return nr;
}

static void shade(struct run *run, const struct object *object, uint8_t from)
{
	uint64_t first = (object->addr - run->bed.machine.profile.page_offset) / GRAIN;

	ck_assert_uint_eq(object->addr % GRAIN, 0);
	for (uint64_t i = first; i < first + object->bytes / GRAIN; i++) {
		if (run->shadow[i] != from)
			ck_abort_msg("object at %#llx overlaps another",
				     (unsigned long long)object->addr);
		run->shadow[i] = !from;
	}
}

static void run_init(struct run *run, const char *builtin, unsigned int nr_cpus,
		     unsigned int features_off, uint64_t seed)
{
	static const struct km_cache_args args[8] = {
		{ .name = "a", .object_size = 24 },
		{ .name = "b", .object_size = 200, .flags = KM_SLAB_HWCACHE_ALIGN },
		{ .name = "c", .object_size = 3000, .flags = KM_SLAB_RECLAIM_ACCOUNT },
		{ .name = "d", .object_size = 808, .flags = KM_SLAB_CTOR },
		{ .name = "e", .object_size = 5824, .align = 64 },
		{ .name = "f", .object_size = 8, .flags = KM_SLAB_TYPESAFE_BY_RCU },
		{ .name = "g", .object_size = 40000 },
		{ .name = "h",
		  .object_size = 96,
		  .flags = KM_SLAB_EXACT,
		  .size = 104,
		  .objects = 78,
		  .min_partial = 1,
		  .cpu_partial_slabs = 0,
		  .order = 1 },
	};
	struct km_profile profile = bed_profile(builtin, nr_cpus);

	memset(run, 0, sizeof(*run));
	profile.features &= ~features_off;
	if (profile.nr_nodes > 1)
		ck_assert_int_eq(km_profile_set_memory(&profile, 48 << 20), 0);
	bed_init(&run->bed, &profile);
	run->random = seed;
	for (size_t i = 0; i < 8; i++) {
		int err;

		run->caches[i] = km_cache_create(run->bed.slab, &args[i], &err);
		ck_assert_ptr_nonnull(run->caches[i]);
	}
	run->shadow = calloc(run->bed.machine.nr_pfns, 4096 / GRAIN);
	ck_assert_ptr_nonnull(run->shadow);
	run->nr_pages = pages_idle(run);
}

static km_gfp draw_gfp(struct run *run)
{
	static const km_gfp flags[] = { KM_GFP_KERNEL,
					KM_GFP_ATOMIC,
					KM_GFP_KERNEL_ACCOUNT,
					KM_GFP_KERNEL | KM_GFP_RECLAIMABLE,
					KM_GFP_KERNEL | KM_GFP_THISNODE,
					KM_GFP_NOWAIT | KM_GFP_DMA };

	return flags[draw(run, sizeof(flags) / sizeof(flags[0]))];
}

static void allocate(struct run *run, struct object *object)
{
	unsigned int cpu = (unsigned int)draw(run, run->bed.machine.nr_cpus);
	int node = draw(run, 4) ? -1 : (int)draw(run, 3);
	km_gfp gfp = draw_gfp(run);
	struct km_slab *slab = run->bed.slab;

	if (draw(run, 2)) {
		object->cache = run->caches[draw(run, 8)];
		object->bytes = km_cache_size(object->cache);
		object->addr = km_cache_alloc(object->cache, gfp, cpu, node);
	} else {
		uint64_t size = 1 + draw(run, 8ull << draw(run, draw(run, 50) ? 11 : 15));

		object->cache = NULL;
		object->bytes = km_kmalloc_bytes(slab, size, gfp);
		object->addr = km_kmalloc(slab, size, gfp, cpu, node);
		ck_assert_uint_ge(object->bytes, size);
		if (object->addr && is_large(object))
			run->large_pages += object->bytes / 4096;
	}
	if (object->addr)
		shade(run, object, 0);
	else
		run->nr_failed++;
}

static void release(struct run *run, struct object *object)
{
	unsigned int cpu = (unsigned int)draw(run, run->bed.machine.nr_cpus);
	struct km_slab *slab = run->bed.slab;

	if (draw(run, 16) == 0)
		ck_assert_int_eq(km_kfree(slab, object->addr + 4, cpu), -EINVAL);
	if (object->cache) {
		ck_assert_int_eq(km_cache_free(slab,
					       run->caches[0] == object->cache ? run->caches[1]
									       : run->caches[0],
					       object->addr, cpu),
				 -EXDEV);
		ck_assert_int_eq(km_cache_free(slab, object->cache, object->addr, cpu), 0);
	} else {
		ck_assert_int_eq(km_kfree(slab, object->addr, cpu), 0);
		if (is_large(object))
			run->large_pages -= object->bytes / 4096;
	}
	shade(run, object, 1);
	if (draw(run, 16) == 0) {
		int err = km_kfree(slab, object->addr, cpu);

		ck_assert(err == -EALREADY || err == -ERANGE);
	}
	object->addr = 0;
}

static void check_all(const struct run *run)
{
	uint64_t free_bytes = 0, nr_inuse = 0, held = 0;

	bed_check(&run->bed);
	ck_assert_uint_eq(pages_idle(run) + km_slab_nr_pages(run->bed.slab) + run->large_pages,
			  run->nr_pages);
	for (size_t i = 0; i < km_slab_nr_caches(run->bed.slab); i++) {
		struct km_cache_info info = bed_info(km_slab_cache(run->bed.slab, i));

		ck_assert_uint_le(info.nr_inuse, info.nr_active);
		ck_assert_uint_le(info.nr_active, info.capacity);
		free_bytes += (info.capacity - info.nr_inuse) * info.size;
		nr_inuse += info.nr_inuse;
	}
	ck_assert_uint_eq(free_bytes, km_slab_free_bytes(run->bed.slab));
	for (size_t i = 0; i < NR_SLOTS; i++)
		held += run->slots[i].addr && !is_large(&run->slots[i]);
	ck_assert_uint_eq(nr_inuse, held);
}

/* Phases of growing and of shrinking, so that lists fill and slabs go. */
static void run_all(struct run *run, unsigned int nr_steps)
{
	for (unsigned int step = 0; step < nr_steps; step++) {
		struct object *object = &run->slots[draw(run, NR_SLOTS)];
		bool growing = step / 25000 % 2 == 0;

		if (object->addr && (!growing || draw(run, 8) == 0))
			release(run, object);
		else if (!object->addr && (growing || draw(run, 8) == 0))
			allocate(run, object);
		if (step % 10000 == 0)
			check_all(run);
	}
	check_all(run);
	for (size_t i = 0; i < NR_SLOTS; i++)
		if (run->slots[i].addr)
			release(run, &run->slots[i]);
	check_all(run);
	ck_assert_uint_eq(run->large_pages, 0);
	for (size_t i = 0; i < km_slab_nr_caches(run->bed.slab); i++)
		ck_assert_uint_eq(bed_info(km_slab_cache(run->bed.slab, i)).nr_inuse, 0);
	free(run->shadow);
	bed_release(&run->bed);
}

static struct run the_run; /* too large for a stack; every case is a process of its own */

START_TEST(one_small_node)
{
	run_init(&the_run, "x86-32-64m", 2, 0, 1);
	run_all(&the_run, 300000);
	ck_assert_uint_gt(the_run.nr_failed, 0);
}
END_TEST

START_TEST(two_nodes)
{
	run_init(&the_run, "x86-64-2node", 8, 0, 2);
	run_all(&the_run, 300000);
	ck_assert_uint_gt(the_run.nr_failed, 0);
}
END_TEST

START_TEST(old_kernel)
{
	run_init(&the_run, "x86-32-64m", 4,
		 KM_FEAT_CPU_PARTIAL_SLABS | KM_FEAT_ORDER_NEW | KM_FEAT_KMALLOC_CGROUP, 3);
	run_all(&the_run, 300000);
	ck_assert_uint_gt(the_run.nr_failed, 0);
}
END_TEST

RUN_SUITE("slab/slab_random", one_small_node, two_nodes, old_kernel)
