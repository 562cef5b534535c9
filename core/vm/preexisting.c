/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's own areas, of which a snapshot told the sizes but not the order in which
 * they will go.  The newest of a size is given up first: areas made at boot mostly
 * stay for ever.
 */
#include "core/vm/preexisting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/vm/vmalloc_internal.h"

void km_preexisting_release(struct km_preexisting *pre)
{
	for (uint32_t i = 0; i < pre->nr_sizes; i++)
		free(pre->sizes[i]);
	free(pre->sizes);
	free(pre->heap);
	memset(pre, 0, sizeof(*pre));
}

/* Place in sizes of the first that is not below bytes. */
static uint32_t lower_bound(const struct km_preexisting *pre, uint64_t bytes)
{
	uint32_t low = 0, high = pre->nr_sizes;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (pre->sizes[mid]->bytes < bytes)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct km_area_size *find_size(const struct km_preexisting *pre, uint64_t bytes)
{
	uint32_t at = lower_bound(pre, bytes);

	return at < pre->nr_sizes && pre->sizes[at]->bytes == bytes ? pre->sizes[at] : NULL;
}

static int goes_first(const struct km_area_size *a, const struct km_area_size *b)
{
	return a->nr != b->nr ? a->nr > b->nr : a->bytes < b->bytes;
}

static void heap_set(struct km_preexisting *pre, uint32_t at, struct km_area_size *size)
{
	pre->heap[at] = size;
	size->heap_at = at;
}

/* Move a size whose nr changed to its place. */
static void heap_fix(struct km_preexisting *pre, struct km_area_size *size)
{
	uint32_t at = size->heap_at;

	while (at && goes_first(size, pre->heap[(at - 1) / 2])) {
		heap_set(pre, at, pre->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= pre->nr_sizes)
			break;
		if (child + 1 < pre->nr_sizes && goes_first(pre->heap[child + 1], pre->heap[child]))
			child++;
		if (!goes_first(pre->heap[child], size))
			break;
		heap_set(pre, at, pre->heap[child]);
		at = child;
	}
	heap_set(pre, at, size);
}

static int grow(struct km_preexisting *pre)
{
	uint32_t slots = pre->nr_slots ? 2 * pre->nr_slots : 64;
	struct km_area_size **array;

	array = realloc(pre->sizes, slots * sizeof(struct km_area_size *));
	if (!array)
		return -ENOMEM;
	pre->sizes = array;
	array = realloc(pre->heap, slots * sizeof(struct km_area_size *));
	if (!array)
		return -ENOMEM;
	pre->heap = array;
	pre->nr_slots = slots;
	return 0;
}

static struct km_area_size *new_size(struct km_preexisting *pre, uint64_t bytes)
{
	uint32_t at = lower_bound(pre, bytes);
	struct km_area_size *size;

	if (pre->nr_sizes == pre->nr_slots && grow(pre))
		return NULL;
	size = calloc(1, sizeof(*size));
	if (!size)
		return NULL;
	size->bytes = bytes;
	memmove(pre->sizes + at + 1, pre->sizes + at,
		(pre->nr_sizes - at) * sizeof(struct km_area_size *));
	pre->sizes[at] = size;
	heap_set(pre, pre->nr_sizes++, size);
	return size;
}

int km_preexisting_add(struct km_preexisting *pre, struct km_area *area)
{
	struct km_area_size *size = find_size(pre, area->bytes);

	if (!size)
		size = new_size(pre, area->bytes);
	if (!size)
		return -ENOMEM;
	area->prev = NULL;
	area->next = size->newest;
	if (size->newest)
		size->newest->prev = area;
	size->newest = area;
	area->size = size;
	size->nr++;
	pre->nr++;
	heap_fix(pre, size);
	return 0;
}

struct km_area *km_preexisting_peek(const struct km_preexisting *pre, uint64_t bytes)
{
	const struct km_area_size *size;

	if (bytes)
		size = find_size(pre, bytes);
	else
		size = pre->nr_sizes ? pre->heap[0] : NULL;
	return size ? size->newest : NULL;
}

void km_preexisting_remove(struct km_preexisting *pre, struct km_area *area)
{
	struct km_area_size *size = area->size;

	if (area->prev)
		area->prev->next = area->next;
	else
		size->newest = area->next;
	if (area->next)
		area->next->prev = area->prev;
	area->size = NULL;
	area->next = NULL;
	area->prev = NULL;
	size->nr--;
	pre->nr--;
	heap_fix(pre, size);
}
