/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot memory by a bitmap for each node, one bit a page.
 *
 *   page      0    1    2    3    4    5
 *   bit       1    1    0    1    0    0      reserved, reserved, free, ...
 *             |    |
 *             |  last_end: the request that ends here leaves the rest of page 1 to the
 *             |            next, if that is given page 2 or its own begins there
 *
 * The first fit from the goal, or from where the last search ended, whichever is higher;
 * then once more from the goal; then without goal.
 *
 * Mirrors mm/bootmem.c 2.6.32: alloc_bootmem_core(), ___alloc_bootmem_nopanic().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/page/bootmem_style.h"

static bool is_kept(const struct km_bootmem_node *node, uint64_t pfn)
{
	uint64_t bit = pfn - node->min_pfn;

	return node->map[bit / 64] >> bit % 64 & 1;
}

static void set_bits(struct km_bootmem_node *node, uint64_t start, uint64_t end, bool value)
{
	for (uint64_t pfn = start; pfn < end;) {
		uint64_t bit = pfn - node->min_pfn;

		if (bit % 64 == 0 && end - pfn >= 64) {
			node->map[bit / 64] = value ? UINT64_MAX : 0;
			pfn += 64;
			continue;
		}
		if (value)
			node->map[bit / 64] |= 1ull << bit % 64;
		else
			node->map[bit / 64] &= ~(1ull << bit % 64);
		pfn++;
	}
}

/* The first page of [pfn, end) with that bit; end if there is none. */
static uint64_t next_bit(const struct km_bootmem_node *node, uint64_t pfn, uint64_t end, bool value)
{
	const uint64_t other = value ? 0 : UINT64_MAX;

	while (pfn < end) {
		uint64_t bit = pfn - node->min_pfn;

		if (bit % 64 == 0 && node->map[bit / 64] == other)
			pfn += 64;
		else if (is_kept(node, pfn) == value)
			return pfn;
		else
			pfn++;
	}
	return end;
}

static int bitmap_init(struct km_bootmem *boot)
{
	for (size_t i = 0; i < boot->nr_ram; i++) {
		const struct km_bootmem_range *range = &boot->ram[i];
		struct km_bootmem_node *node = &boot->nodes[range->node];

		if (!range->is_low)
			continue;
		if (!node->low_pfn)
			node->min_pfn = range->start_pfn;
		node->low_pfn = range->end_pfn;
	}
	for (unsigned int i = 0; i < KM_MAX_NODES; i++) {
		struct km_bootmem_node *node = &boot->nodes[i];
		uint64_t words = (node->low_pfn - node->min_pfn + 63) / 64;

		if (!node->low_pfn)
			continue;
		node->map = malloc(words * sizeof(*node->map));
		if (!node->map)
			return -ENOMEM;
		memset(node->map, 0xff, words * sizeof(*node->map));
	}
	for (size_t i = 0; i < boot->nr_ram; i++)
		if (boot->ram[i].is_low)
			set_bits(&boot->nodes[boot->ram[i].node], boot->ram[i].start_pfn,
				 boot->ram[i].end_pfn, false);
	return 0;
}

/* First fit of pages at or above pfn, aligned to step pages; KM_NO_PFN. */
static uint64_t first_fit(const struct km_bootmem_node *node, uint64_t pfn, uint64_t end,
			  uint64_t pages, uint64_t step)
{
	while (pfn < end) {
		uint64_t taken;

		pfn = km_bootmem_align(next_bit(node, pfn, end, false), step);
		if (pfn >= end || pages > end - pfn)
			break;
		taken = next_bit(node, pfn, pfn + pages, true);
		if (taken == pfn + pages)
			return pfn;
		pfn = km_bootmem_align(taken + 1, step);
	}
	return KM_NO_PFN;
}

/* Each map into the lowest pages of its node. */
static int bitmap_prepare(struct km_bootmem *boot)
{
	const unsigned int shift = boot->profile->page_shift;

	for (unsigned int i = 0; i < KM_MAX_NODES && !boot->has_maps; i++) {
		struct km_bootmem_node *node = &boot->nodes[i];
		uint64_t bytes = (node->low_pfn - node->min_pfn + 63) / 64 * 8;
		uint64_t pages = (bytes + (1ull << shift) - 1) >> shift;
		uint64_t pfn;

		/* One that was placed before another found no room stays. */
		if (!node->map ||
		    km_regions_meets(&boot->own, node->min_pfn << shift, node->low_pfn << shift))
			continue;
		pfn = first_fit(node, node->min_pfn, node->low_pfn, pages, 1);
		if (pfn == KM_NO_PFN) {
			boot->reason = "no room for the bitmap of a node";
			return -ENOSPC;
		}
		if (km_regions_add(&boot->own, pfn << shift, (pfn + pages) << shift) ||
		    km_regions_del(&boot->freed, pfn << shift, (pfn + pages) << shift))
			return -ENOMEM;
		set_bits(node, pfn, pfn + pages, true);
	}
	boot->has_maps = true;
	return 0;
}

static int bitmap_reserve(struct km_bootmem *boot, uint64_t start, uint64_t end)
{
	const unsigned int shift = boot->profile->page_shift;
	uint64_t first = start >> shift, last = (end - 1) >> shift;

	for (size_t i = 0; i < boot->nr_ram; i++)
		if (boot->ram[i].start_pfn <= first && last < boot->ram[i].end_pfn)
			set_bits(&boot->nodes[boot->ram[i].node], first, last + 1, true);
	return 0;
}

/*
 * May a request begin in the page before pfn, behind the one that ends there?  If that page
 * is kept, and nobody has its rest.  The kernel looks at neither: a page freed or reserved
 * since would be given twice.
 */
static bool has_rest(const struct km_bootmem *boot, const struct km_bootmem_node *node,
		     uint64_t pfn)
{
	const unsigned int shift = boot->profile->page_shift;

	return (node->last_end & ((1ull << shift) - 1)) && (node->last_end >> shift) + 1 == pfn &&
	       is_kept(node, pfn - 1) &&
	       !km_regions_meets(&boot->given, node->last_end, pfn << shift);
}

/* Keep what was found, and let it begin in the page before if there is room at its end. */
static uint64_t take(struct km_bootmem *boot, struct km_bootmem_node *node, uint64_t pfn,
		     const struct km_bootmem_request *request)
{
	const unsigned int shift = boot->profile->page_shift;
	const uint64_t mask = (1ull << shift) - 1;
	uint64_t addr = pfn << shift;

	if (has_rest(boot, node, pfn))
		addr = km_bootmem_align(node->last_end, request->align);
	node->last_end = addr + request->size;
	node->hint_pfn = (node->last_end + mask) >> shift;
	if (node->hint_pfn > pfn)
		set_bits(node, pfn, node->hint_pfn, true);
	return addr;
}

static uint64_t alloc_from_node(struct km_bootmem *boot, struct km_bootmem_node *node,
				const struct km_bootmem_request *request, uint64_t goal)
{
	const unsigned int shift = boot->profile->page_shift;
	uint64_t pages = (request->size + (1ull << shift) - 1) >> shift;
	uint64_t step = request->align >> shift ? request->align >> shift : 1;
	uint64_t end = node->low_pfn, start, pfn = KM_NO_PFN;

	goal >>= shift;
	if (request->limit && request->limit >> shift < end)
		end = request->limit >> shift;
	if (end <= node->min_pfn)
		return KM_BOOTMEM_NONE;
	start = goal > node->min_pfn && goal < end ? goal : node->min_pfn;
	start = km_bootmem_align(start, step);
	if (node->hint_pfn > start)
		pfn = first_fit(node, km_bootmem_align(node->hint_pfn, step), end, pages, step);
	if (pfn == KM_NO_PFN)
		pfn = first_fit(node, start, end, pages, step);
	return pfn == KM_NO_PFN ? KM_BOOTMEM_NONE : take(boot, node, pfn, request);
}

/* All nodes, by address. */
static uint64_t alloc_from_any(struct km_bootmem *boot, const struct km_bootmem_request *request,
			       uint64_t goal)
{
	const unsigned int shift = boot->profile->page_shift;
	uint64_t addr = KM_BOOTMEM_NONE, after = 0;

	for (;;) {
		struct km_bootmem_node *next = NULL;

		for (unsigned int i = 0; i < KM_MAX_NODES; i++) {
			struct km_bootmem_node *node = &boot->nodes[i];

			if (node->map && node->low_pfn > after &&
			    (!next || node->low_pfn < next->low_pfn))
				next = node;
		}
		if (!next)
			return KM_BOOTMEM_NONE;
		after = next->low_pfn;
		if (next->low_pfn <= goal >> shift)
			continue;
		addr = alloc_from_node(boot, next, request, goal);
		if (addr != KM_BOOTMEM_NONE)
			return addr;
	}
}

static uint64_t bitmap_alloc(struct km_bootmem *boot, const struct km_bootmem_request *request)
{
	uint64_t addr = KM_BOOTMEM_NONE;

	if (request->node >= 0 && boot->nodes[request->node].map)
		addr = alloc_from_node(boot, &boot->nodes[request->node], request, request->goal);
	if (addr == KM_BOOTMEM_NONE)
		addr = alloc_from_any(boot, request, request->goal);
	if (addr == KM_BOOTMEM_NONE && request->goal)
		addr = alloc_from_any(boot, request, 0);
	if (addr == KM_BOOTMEM_NONE)
		boot->reason = KM_BOOTMEM_FULL;
	return addr;
}

static int bitmap_free(struct km_bootmem *boot, uint64_t start, uint64_t end)
{
	const unsigned int shift = boot->profile->page_shift;
	uint64_t first = (start + (1ull << shift) - 1) >> shift, last = end >> shift;

	for (size_t i = 0; i < boot->nr_ram; i++) {
		const struct km_bootmem_range *range = &boot->ram[i];
		struct km_bootmem_node *node = &boot->nodes[range->node];
		uint64_t from = first > range->start_pfn ? first : range->start_pfn;
		uint64_t to = last < range->end_pfn ? last : range->end_pfn;

		if (from >= to || !range->is_low)
			continue;
		set_bits(node, from, to, false);
		if (node->hint_pfn > from)
			node->hint_pfn = from;
	}
	return 0;
}

static uint64_t bitmap_run(const struct km_bootmem *boot, const struct km_bootmem_range *range,
			   uint64_t pfn, bool *is_free)
{
	const struct km_bootmem_node *node = &boot->nodes[range->node];

	*is_free = true;
	if (!range->is_low)
		return range->end_pfn;
	*is_free = !is_kept(node, pfn);
	return next_bit(node, pfn, range->end_pfn, *is_free);
}

const struct km_bootmem_ops km_bootmem_bitmap_ops = {
	.init = bitmap_init,
	.prepare = bitmap_prepare,
	.reserve = bitmap_reserve,
	.alloc = bitmap_alloc,
	.free = bitmap_free,
	.run = bitmap_run,
};
