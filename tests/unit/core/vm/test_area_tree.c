/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "tests/unit/core/vm/bed.h"

#define NR_PAGES 2048
#define START UINT64_C(0x100000)

static void check(const struct km_area_tree *tree)
{
	char buf[256];
	const char *broken = km_area_tree_is_valid(tree, buf, sizeof(buf));

	ck_assert_msg(!broken, "%s", broken);
}

static void init(struct km_area_tree *tree)
{
	ck_assert_int_eq(km_area_tree_init(tree, START, START + NR_PAGES * PAGE, PAGE), 0);
	ck_assert_int_eq(km_area_tree_reserve(tree, NR_PAGES), 0);
}

/*
 *   |.a..b..c.|  take a, b, c, put a, c: two holes;  put b: one
 */
START_TEST(neighbouring_holes_become_one)
{
	struct km_area_tree tree;
	uint64_t a, b, c;

	init(&tree);
	a = km_area_tree_take(&tree, 2 * PAGE, 0, KM_AREA_LOWEST);
	b = km_area_tree_take(&tree, 3 * PAGE, 0, KM_AREA_LOWEST);
	c = km_area_tree_take(&tree, PAGE, 0, KM_AREA_LOWEST);
	ck_assert_uint_eq(a, START);
	ck_assert_uint_eq(b, START + 2 * PAGE);
	ck_assert_uint_eq(c, START + 5 * PAGE);
	ck_assert_uint_eq(tree.nr_holes, 1);
	km_area_tree_put(&tree, a, 2 * PAGE);
	ck_assert_uint_eq(tree.nr_holes, 2);
	km_area_tree_put(&tree, c, PAGE);
	ck_assert_uint_eq(tree.nr_holes, 2);
	check(&tree);
	ck_assert_uint_eq(km_area_tree_next(&tree, START + 1)->start, c);
	km_area_tree_put(&tree, b, 3 * PAGE);
	ck_assert_uint_eq(tree.nr_holes, 1);
	ck_assert_uint_eq(tree.free_bytes, NR_PAGES * PAGE);
	check(&tree);
	km_area_tree_release(&tree);
}
END_TEST

/* The range as pages, searched one by one. */
struct naive {
	bool used[NR_PAGES];
};

static uint64_t naive_take(struct naive *naive, uint64_t nr, uint64_t align, enum km_area_end end)
{
	uint64_t slack = align > PAGE ? align - 1 : 0, found = 0;

	for (uint64_t low = 0; low < NR_PAGES;) {
		uint64_t high = low, addr;

		while (high < NR_PAGES && !naive->used[high])
			high++;
		if ((high - low) * PAGE >= nr * PAGE + slack) {
			addr = end == KM_AREA_LOWEST ? (START + low * PAGE + slack) & ~slack
						     : (START + (high - nr) * PAGE) & ~slack;
			found = addr;
			if (end == KM_AREA_LOWEST)
				break;
		}
		low = high + 1;
	}
	for (uint64_t i = 0; found && i < nr; i++)
		naive->used[(found - START) / PAGE + i] = true;
	return found;
}

START_TEST(random_holes_agree_with_a_naive_search)
{
	static struct naive naive;
	static uint64_t addrs[NR_PAGES], sizes[NR_PAGES];
	struct km_area_tree tree;
	uint64_t nr_areas = 0, missed = 0, max_holes = 0;
	uint32_t seed = 3;

	init(&tree);
	memset(&naive, 0, sizeof(naive));
	for (unsigned int step = 0; step < 40000; step++) {
		unsigned int share = step / 8000 % 2 ? 40 : 60;

		if (bed_random(&seed) % 100 < share) {
			uint64_t nr = 1 + bed_random(&seed) % (step % 64 ? 6 : 90);
			uint64_t align = PAGE << bed_random(&seed) % 4;
			enum km_area_end end =
				bed_random(&seed) % 8 ? KM_AREA_LOWEST : KM_AREA_HIGHEST;
			uint64_t addr = km_area_tree_take(&tree, nr * PAGE, align, end);

			ck_assert_uint_eq(addr, naive_take(&naive, nr, align, end));
			missed += !addr;
			if (addr) {
				addrs[nr_areas] = addr;
				sizes[nr_areas++] = nr;
			}
		} else if (nr_areas) {
			uint64_t i = bed_random(&seed) % nr_areas;

			km_area_tree_put(&tree, addrs[i], sizes[i] * PAGE);
			memset(naive.used + (addrs[i] - START) / PAGE, 0, sizes[i]);
			addrs[i] = addrs[--nr_areas];
			sizes[i] = sizes[nr_areas];
		}
		if (tree.nr_holes > max_holes)
			max_holes = tree.nr_holes;
		if (step % 200 == 0)
			check(&tree);
	}
	ck_assert_uint_gt(missed, 100);
	ck_assert_uint_gt(max_holes, 50);
	while (nr_areas--)
		km_area_tree_put(&tree, addrs[nr_areas], sizes[nr_areas] * PAGE);
	check(&tree);
	ck_assert_uint_eq(tree.nr_holes, 1);
	km_area_tree_release(&tree);
}
END_TEST

static unsigned int depth(const struct km_area_tree *tree, uint32_t n)
{
	unsigned int left, right;

	if (n == KM_NO_HOLE)
		return 0;
	left = depth(tree, tree->holes[n].left);
	right = depth(tree, tree->holes[n].right);
	return 1 + (left > right ? left : right);
}

/* Ascending holes are the worst case of a plain tree: 1023 of them lie at most 40 deep. */
START_TEST(depth_stays_logarithmic)
{
	struct km_area_tree tree;

	init(&tree);
	ck_assert_uint_eq(km_area_tree_take(&tree, NR_PAGES * PAGE, 0, KM_AREA_LOWEST), START);
	ck_assert_uint_eq(tree.nr_holes, 0);
	for (uint64_t page = 0; page < NR_PAGES - 1; page += 2)
		km_area_tree_put(&tree, START + page * PAGE, PAGE);
	ck_assert_uint_eq(tree.nr_holes, 1024);
	ck_assert_uint_lt(depth(&tree, tree.root), 40);
	check(&tree);
	km_area_tree_release(&tree);
}
END_TEST

/* Against an array: colliding runs, removals in the middle of them, growth. */
START_TEST(area_map_agrees_with_an_array)
{
	static uint64_t addrs[3000];
	static struct km_area areas[3000];
	struct km_area_map map = { .nr_areas = 0 };
	uint32_t seed = 11, nr = 0;

	ck_assert_ptr_null(km_area_map_find(&map, PAGE));
	ck_assert_ptr_null(km_area_map_remove(&map, PAGE));
	for (unsigned int step = 0; step < 60000; step++) {
		unsigned int i = bed_random(&seed) % 3000;

		if (addrs[i]) {
			ck_assert_ptr_eq(km_area_map_find(&map, addrs[i]), &areas[i]);
			ck_assert_ptr_eq(km_area_map_remove(&map, addrs[i]), &areas[i]);
			ck_assert_ptr_null(km_area_map_remove(&map, addrs[i]));
			addrs[i] = 0;
			nr--;
		} else {
			addrs[i] = (UINT64_C(0xc90000) + i + 3000 * (bed_random(&seed) % 5)) * PAGE;
			ck_assert_int_eq(km_area_map_reserve(&map), 0);
			km_area_map_insert(&map, addrs[i], &areas[i]);
			nr++;
		}
		ck_assert_uint_eq(map.nr_areas, nr);
		if (step % 3000 == 0) {
			for (unsigned int j = 0; j < 3000; j++)
				ck_assert(!addrs[j] ||
					  km_area_map_find(&map, addrs[j]) == &areas[j]);
		}
	}
	km_area_map_release(&map);
}
END_TEST

RUN_SUITE("core/vm/area_tree", neighbouring_holes_become_one,
	  random_holes_agree_with_a_naive_search, depth_stays_logarithmic,
	  area_map_agrees_with_an_array)
