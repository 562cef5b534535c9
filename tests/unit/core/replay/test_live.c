/* SPDX-License-Identifier: GPL-2.0-only */
/* The live map, the set of nested blocks and the table of call sites against plain arrays. */
#include "tests/unit/suite.h"

#include <errno.h>
#include <string.h>

#include "core/replay/live.h"
#include "core/replay/nested.h"
#include "core/replay/site_map.h"

#define NR_KEYS 20000
#define NR_STEPS 400000

static uint64_t rnd(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static const unsigned int kinds[] = { TF_KMALLOC, TF_PAGE_ALLOC, TF_PERCPU_ALLOC, TF_VMAP_ALLOC };

/* Keys as they occur: neighbours in a slab, pfns, and the same number in several classes. */
static uint64_t addr_of(unsigned int key)
{
	return key % 2 ? 0xffff888000000000ull + key / 8 * 64ull : key / 8;
}

START_TEST(live_map_agrees_with_an_array)
{
	static bool lives[NR_KEYS];
	static uint64_t model[NR_KEYS];
	struct km_live_map *map = km_live_new();
	uint64_t seed = 42, nr = 0;

	for (unsigned int step = 0; step < NR_STEPS; step++) {
		/* Fill, then empty, then both, so that it grows and shifts. */
		unsigned int key = rnd(&seed) % NR_KEYS / 8 * 8 + rnd(&seed) % 8;
		unsigned int kind = kinds[key % 8 / 2];
		enum km_live_class class = km_live_class(kind);
		uint64_t addr = addr_of(key);
		struct km_life *life;

		ck_assert_int_eq(km_live_find(map, class, addr) != NULL, lives[key]);
		if (lives[key]) {
			life = km_live_take(map, class, addr);
			ck_assert_ptr_nonnull(life);
			ck_assert_uint_eq(life->model, model[key]);
			ck_assert_uint_eq(life->addr, addr);
			nr--;
		} else {
			life = km_live_add(map, kind, addr, 3);
			ck_assert_ptr_nonnull(life);
			life->model = model[key] = rnd(&seed) >> 1;
			nr++;
		}
		lives[key] = !lives[key];
		ck_assert_uint_eq(km_live_nr(map), nr);
		if (step % 50000 == 0)
			ck_assert_ptr_null(km_live_is_valid(map));
	}
	ck_assert_ptr_null(km_live_is_valid(map));
	for (unsigned int key = 0; key < NR_KEYS; key++) {
		if (!lives[key])
			continue;
		ck_assert_ptr_nonnull(
			km_live_take(map, km_live_class(kinds[key % 8 / 2]), addr_of(key)));
	}
	ck_assert_uint_eq(km_live_nr(map), 0);
	ck_assert_ptr_null(km_live_is_valid(map));
	km_live_free(map);
}
END_TEST

static void count(void *arg, const struct km_life *life)
{
	*(uint64_t *)arg += life->addr;
}

START_TEST(ghosts_are_kept_but_not_walked_over)
{
	struct km_live_map *map = km_live_new();
	uint64_t sum = 0;

	km_live_add(map, TF_KMALLOC, 100, 0)->model = 1;
	km_live_add(map, TF_KMALLOC, 200, 0)->model = KM_LIFE_GHOST;
	km_live_add(map, TF_CACHE_ALLOC, 300, 0)->model = 3;
	km_live_for_each(map, count, &sum);
	ck_assert_uint_eq(sum, 400);
	ck_assert_uint_eq(km_live_nr(map), 3);
	ck_assert(km_life_is_ghost(km_live_find(map, KM_LIVE_OBJECT, 200)));
	/* kmalloc and caches share one class: kfree takes both. */
	ck_assert_ptr_nonnull(km_live_take(map, KM_LIVE_OBJECT, 300));
	ck_assert_ptr_null(km_live_take(map, KM_LIVE_PAGES, 100));
	km_live_free(map);
}
END_TEST

START_TEST(blocks_are_counted_by_order)
{
	struct km_live_map *map = km_live_new();

	km_live_add(map, TF_PAGE_ALLOC, 8, 3);
	km_live_add(map, TF_PAGE_ALLOC, 16, 3);
	km_live_add(map, TF_PAGE_ALLOC, 1024, 10);
	km_live_add(map, TF_PAGE_ALLOC, 4096, 200); /* cannot be, but is told */
	km_live_add(map, TF_KMALLOC, 32, 0);
	ck_assert_uint_eq(km_live_nr_order(map, 3), 2);
	ck_assert_uint_eq(km_live_nr_order(map, 10), 1);
	ck_assert_uint_eq(km_live_nr_order(map, 0), 0);
	ck_assert_uint_eq(km_live_nr_order(map, 200), 0);
	km_live_take(map, KM_LIVE_PAGES, 8);
	km_live_take(map, KM_LIVE_PAGES, 4096);
	ck_assert_uint_eq(km_live_nr_order(map, 3), 1);
	ck_assert_ptr_null(km_live_is_valid(map));
	km_live_free(map);
}
END_TEST

START_TEST(what_was_taken_can_be_read_until_the_next)
{
	struct km_live_map *map = km_live_new();
	struct km_life *life;

	for (unsigned int i = 0; i < 1000; i++)
		km_live_add(map, TF_KMALLOC, i * 8, 0)->model = i;
	life = km_live_take(map, KM_LIVE_OBJECT, 500 * 8);
	ck_assert_uint_eq(life->model, 500);
	/* The last that was freed is the first to be used again. */
	ck_assert_ptr_eq(km_live_add(map, TF_KMALLOC, 1, 0), life);
	km_live_free(map);
}
END_TEST

START_TEST(nested_set_agrees_with_an_array)
{
	static struct km_nested_block blocks[4096];
	static bool is_in[4096];
	struct km_nested *nested = km_nested_new();
	struct km_nested_block block;
	uint64_t seed = 7, nr = 0;

	for (unsigned int step = 0; step < 200000; step++) {
		unsigned int key = rnd(&seed) % 4096;
		uint64_t pfn = key * 8ull + (key % 2 ? KM_NESTED_MAX_PFN - 40000 : 0);

		if (rnd(&seed) % 2) {
			blocks[key] = (struct km_nested_block){ .pfn = pfn,
								.order = rnd(&seed) % 11,
								.owner = rnd(&seed) % 5,
								.is_large = rnd(&seed) % 2 };
			ck_assert_int_eq(km_nested_put(nested, &blocks[key]), 0);
			nr += !is_in[key];
			is_in[key] = true;
		} else {
			ck_assert_int_eq(km_nested_find(nested, pfn, &block), is_in[key]);
			ck_assert_int_eq(km_nested_take(nested, pfn, &block), is_in[key]);
			if (is_in[key]) {
				ck_assert_uint_eq(block.pfn, pfn);
				ck_assert_uint_eq(block.order, blocks[key].order);
				ck_assert_uint_eq(block.owner, blocks[key].owner);
				ck_assert_int_eq(block.is_large, blocks[key].is_large);
			}
			nr -= is_in[key];
			is_in[key] = false;
		}
		ck_assert_uint_eq(km_nested_nr(nested), nr);
	}
	block = (struct km_nested_block){ .pfn = KM_NESTED_MAX_PFN };
	ck_assert_int_eq(km_nested_put(nested, &block), -ERANGE);
	ck_assert(!km_nested_find(nested, UINT64_MAX, &block));
	km_nested_free(nested);
}
END_TEST

START_TEST(sites_are_numbered_as_they_come)
{
	struct km_site_map *map = km_site_map_new();

	for (uint32_t i = 0; i < 50000; i++)
		ck_assert_uint_eq(
			km_site_map_get(map, 0xffffffff81000000ull + i / 4 * 16, i % 2, i / 2 % 2),
			i);
	for (uint32_t i = 0; i < 50000; i++)
		ck_assert_uint_eq(
			km_site_map_get(map, 0xffffffff81000000ull + i / 4 * 16, i % 2, i / 2 % 2),
			i);
	ck_assert_uint_eq(map->nr, 50000);
	ck_assert_uint_eq(map->sites[7].call_site, 0xffffffff81000010ull);
	ck_assert_uint_eq(map->sites[7].kind, 1);
	ck_assert_uint_eq(map->sites[7].cache, 1);
	ck_assert_uint_eq(km_site_map_find(map, 1, 1, 1), KM_NO_SITE);
	km_site_map_free(map);
}
END_TEST

RUN_SUITE("replay/live", live_map_agrees_with_an_array, ghosts_are_kept_but_not_walked_over,
	  blocks_are_counted_by_order, what_was_taken_can_be_read_until_the_next,
	  nested_set_agrees_with_an_array, sites_are_numbered_as_they_come)
