/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own list of slab caches, beside /proc/slabinfo.
 */
#include "tests/unit/suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/cache_iter.h"
#include "bpf/host_text.h"

/* NULL, and a line that says so, where the kernel or the user cannot. */
static struct kc_cache_iter *open_iter(const char *test)
{
	char reason[200] = "";
	struct kc_cache_iter *iter;
	int err;

	err = kc_cache_iter_open(&iter, reason, sizeof(reason));
	if (!err)
		return iter;
	ck_assert_ptr_null(iter);
	ck_assert(reason[0] && !strchr(reason, '\n'));
	printf("SKIP: bpf/cache_iter/%s: %s\n", test, reason);
	return NULL;
}

static const struct kc_cache_info *find(const struct kc_cache_info *caches, size_t nr,
					const char *name)
{
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(caches[i].name, name))
			return &caches[i];
	return NULL;
}

/* Every line of slabinfo is a cache of the list, of that size and that many objects a slab. */
START_TEST(test_as_slabinfo)
{
	struct kc_cache_iter *iter = open_iter("test_as_slabinfo");
	struct kc_text slabinfo = { 0 };
	struct kc_cache_info *caches;
	size_t nr, at = 0, len, lines = 0;
	const char *line;

	if (!iter)
		return;
	ck_assert_int_eq(kc_text_add_file(&slabinfo, "/proc/slabinfo"), 0);
	ck_assert_int_eq(kc_cache_iter_read(iter, &caches, &nr), 0);
	while ((line = kc_text_line(&slabinfo, &at, &len))) {
		const struct kc_cache_info *cache;
		unsigned int size, objects, pages;
		char name[64];

		if (sscanf(line, "%63s %*u %*u %u %u %u", name, &size, &objects, &pages) != 4)
			continue;
		cache = find(caches, nr, name);
		/* One that has just come or gone is nobody's fault, many would be. */
		if (!cache)
			continue;
		lines++;
		ck_assert_uint_eq(cache->size, size);
		ck_assert_uint_le(cache->object_size, size);
		ck_assert_uint_eq(cache->oo & 0xffff, objects);
		ck_assert_uint_eq(1u << (cache->oo >> 16), pages);
	}
	ck_assert_uint_gt(lines, 20);
	ck_assert_uint_le(nr, lines + 5);
	free(caches);
	kc_text_release(&slabinfo);
	kc_cache_iter_close(iter);
}
END_TEST

/* Each address is one cache's, and it is the same one the next time, and the time after the stock.
 */
START_TEST(test_addresses)
{
	struct kc_cache_iter *iter = open_iter("test_addresses");
	struct kc_cache_info *first, *again;
	size_t nr, nr_again;

	if (!iter)
		return;
	ck_assert_int_eq(kc_cache_iter_read(iter, &first, &nr), 0);
	for (size_t i = 0; i < nr; i++) {
		ck_assert_uint_ne(first[i].addr, 0);
		ck_assert_uint_gt(strlen(first[i].name), 0);
		for (size_t j = 0; j < i; j++)
			ck_assert_uint_ne(first[i].addr, first[j].addr);
	}
	for (int round = 0; round < 4; round++) {
		const struct kc_cache_info *a, *b;

		ck_assert_int_eq(kc_cache_iter_read(iter, &again, &nr_again), 0);
		a = find(first, nr, "kmalloc-64");
		b = find(again, nr_again, "kmalloc-64");
		ck_assert(a && b);
		ck_assert_uint_eq(a->addr, b->addr);
		ck_assert_uint_eq(b->object_size, 64);
		free(again);
	}
	free(first);
	kc_cache_iter_close(iter);
}
END_TEST

RUN_SUITE("bpf/cache_iter", test_as_slabinfo, test_addresses)
