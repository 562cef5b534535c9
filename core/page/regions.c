/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of addresses, for boot memory: some hundred regions, so that moving the rest of the
 * array for a new one costs little.
 */
#include "core/page/regions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

size_t km_regions_find(const struct km_regions *set, uint64_t addr)
{
	size_t low = 0, high = set->nr;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (set->list[middle].end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int reserve_one(struct km_regions *set)
{
	size_t capacity = set->capacity ? set->capacity * 2 : 16;
	struct km_region *list;

	if (set->nr < set->capacity)
		return 0;
	list = realloc(set->list, capacity * sizeof(*list));
	if (!list)
		return -ENOMEM;
	set->list = list;
	set->capacity = capacity;
	return 0;
}

/* Put nr regions (none or one, or the two ends of one) in the place of [first, last). */
static void replace(struct km_regions *set, size_t first, size_t last, const struct km_region *with,
		    size_t nr)
{
	size_t behind = set->nr - last;

	if (behind)
		memmove(set->list + first + nr, set->list + last, behind * sizeof(*set->list));
	for (size_t i = 0; i < nr; i++)
		set->list[first + i] = with[i];
	set->nr = first + nr + behind;
}

int km_regions_add(struct km_regions *set, uint64_t start, uint64_t end)
{
	struct km_region whole = { start, end };
	size_t first, last;

	if (reserve_one(set))
		return -ENOMEM;
	/* One that ends where this begins is touched too. */
	first = start ? km_regions_find(set, start - 1) : 0;
	for (last = first; last < set->nr && set->list[last].start <= end; last++) {
		if (set->list[last].start < whole.start)
			whole.start = set->list[last].start;
		if (set->list[last].end > whole.end)
			whole.end = set->list[last].end;
	}
	replace(set, first, last, &whole, 1);
	return 0;
}

int km_regions_del(struct km_regions *set, uint64_t start, uint64_t end)
{
	struct km_region ends[2];
	size_t first = km_regions_find(set, start), last = first, nr = 0;

	if (reserve_one(set))
		return -ENOMEM;
	while (last < set->nr && set->list[last].start < end)
		last++;
	if (first == last)
		return 0;
	if (set->list[first].start < start)
		ends[nr++] = (struct km_region){ set->list[first].start, start };
	if (set->list[last - 1].end > end)
		ends[nr++] = (struct km_region){ end, set->list[last - 1].end };
	replace(set, first, last, ends, nr);
	return 0;
}

bool km_regions_has(const struct km_regions *set, uint64_t start, uint64_t end)
{
	size_t i = km_regions_find(set, start);

	return i < set->nr && set->list[i].start <= start && set->list[i].end >= end;
}

bool km_regions_meets(const struct km_regions *set, uint64_t start, uint64_t end)
{
	size_t i = km_regions_find(set, start);

	return i < set->nr && set->list[i].start < end;
}

size_t km_regions_missing(const struct km_regions *set, uint64_t start, uint64_t end)
{
	size_t missing = 0;

	for (size_t i = km_regions_find(set, start); i < set->nr && start < end; i++) {
		if (set->list[i].start >= end)
			break;
		missing += set->list[i].start > start;
		start = set->list[i].end;
	}
	return missing + (start < end);
}

uint64_t km_regions_bytes(const struct km_regions *set)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < set->nr; i++)
		bytes += set->list[i].end - set->list[i].start;
	return bytes;
}

void km_regions_release(struct km_regions *set)
{
	free(set->list);
	*set = (struct km_regions){ 0 };
}
