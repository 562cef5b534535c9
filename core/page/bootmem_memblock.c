/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot memory by arrays of regions: RAM less what is reserved is free, to the byte.
 *
 *   RAM       [                                                     ]
 *   reserved       [kernel]        [initrd]                  [ 2 ][1]
 *                                                            <─── requests, from above
 *
 * Regions that touch are one, so a row of requests costs one entry.  An array that is full
 * moves to one of twice the size: above the region that did not fit, or else below.
 *
 * Mirrors mm/memblock.c 6.12: memblock_find_in_range_node() top-down,
 * memblock_add_range(), memblock_double_array().
 */
#include <errno.h>

#include "core/page/bootmem_style.h"
#include "core/page/buddy.h"

#define ENTRY_BYTES 24 /* base, size, flags, node on 64 bit */

/* The highest fit in [start, end): from gap to gap between reserved regions. */
static uint64_t fit_top_down(const struct km_regions *reserved, uint64_t size, uint64_t align,
			     uint64_t start, uint64_t end)
{
	size_t i = km_regions_find(reserved, end - 1);

	/* Regions from i on end behind the gap that ends at end. */
	if (i < reserved->nr && reserved->list[i].start < end)
		end = reserved->list[i].start;
	while (start < end && end - start >= size) {
		uint64_t gap =
			i && reserved->list[i - 1].end > start ? reserved->list[i - 1].end : start;
		uint64_t addr = (end - size) & ~(align - 1);

		if (addr >= gap)
			return addr;
		if (gap == start)
			break;
		end = reserved->list[--i].start;
	}
	return KM_BOOTMEM_NONE;
}

/* The highest fit of size bytes in [low, high), of one node or (-1) any. */
static uint64_t find_top_down(const struct km_bootmem *boot, uint64_t size, uint64_t align,
			      uint64_t low, uint64_t high, int node)
{
	const unsigned int shift = boot->profile->page_shift;
	uint64_t addr = KM_BOOTMEM_NONE;

	if (low < 1ull << shift)
		low = 1ull << shift; /* nobody gets address 0 */
	for (size_t i = boot->nr_ram; i-- > 0 && addr == KM_BOOTMEM_NONE;) {
		const struct km_bootmem_range *range = &boot->ram[i];
		uint64_t start = range->start_pfn << shift, end = range->end_pfn << shift;

		if (!range->is_low || (node >= 0 && range->node != (unsigned int)node))
			continue;
		start = start > low ? start : low;
		end = end < high ? end : high;
		if (start < end)
			addr = fit_top_down(&boot->reserved, size, align, start, end);
	}
	return addr;
}

/* Twice the room, anywhere but in [start, end).  -ENOSPC, -ENOMEM. */
static int double_array(struct km_bootmem *boot, uint64_t start, uint64_t end)
{
	const uint64_t mask = (1ull << boot->profile->page_shift) - 1;
	uint64_t bytes = (2 * boot->max_reserved * ENTRY_BYTES + mask) & ~mask;
	struct km_region old = { 0, 0 };
	uint64_t addr;

	addr = find_top_down(boot, bytes, mask + 1, end, UINT64_MAX, -1);
	if (addr == KM_BOOTMEM_NONE)
		addr = find_top_down(boot, bytes, mask + 1, 0, start, -1);
	if (addr == KM_BOOTMEM_NONE) {
		boot->reason = "no room for a larger array of regions";
		return -ENOSPC;
	}
	if (boot->own.nr)
		old = boot->own.list[0];
	boot->max_reserved *= 2;
	if ((old.end && (km_regions_del(&boot->reserved, old.start, old.end) ||
			 km_regions_del(&boot->own, old.start, old.end))) ||
	    km_regions_add(&boot->reserved, addr, addr + bytes) ||
	    km_regions_add(&boot->own, addr, addr + bytes) ||
	    km_regions_del(&boot->freed, addr, addr + bytes))
		return -ENOMEM;
	return 0;
}

static int make_room(struct km_bootmem *boot, size_t more, uint64_t start, uint64_t end)
{
	int err = 0;

	while (!err && boot->reserved.nr + more > boot->max_reserved)
		err = double_array(boot, start, end);
	return err;
}

static int memblock_init(struct km_bootmem *boot)
{
	boot->max_reserved = KM_MEMBLOCK_REGIONS;
	return 0;
}

static int memblock_prepare(struct km_bootmem *boot)
{
	(void)boot;
	return 0;
}

static int memblock_reserve(struct km_bootmem *boot, uint64_t start, uint64_t end)
{
	int err = make_room(boot, km_regions_missing(&boot->reserved, start, end), start, end);

	return err ? err : km_regions_add(&boot->reserved, start, end);
}

static uint64_t memblock_alloc(struct km_bootmem *boot, const struct km_bootmem_request *request)
{
	uint64_t limit = request->limit ? request->limit : UINT64_MAX;
	uint64_t addr = KM_BOOTMEM_NONE;
	int err;

	if (request->node >= 0)
		addr = find_top_down(boot, request->size, request->align, 0, limit, request->node);
	if (addr == KM_BOOTMEM_NONE)
		addr = find_top_down(boot, request->size, request->align, 0, limit, -1);
	if (addr == KM_BOOTMEM_NONE) {
		boot->reason = KM_BOOTMEM_FULL;
		return KM_BOOTMEM_NONE;
	}
	err = memblock_reserve(boot, addr, addr + request->size);
	if (err == -ENOMEM)
		boot->reason = KM_BOOTMEM_NO_MEMORY;
	return err ? KM_BOOTMEM_NONE : addr;
}

static int memblock_free(struct km_bootmem *boot, uint64_t start, uint64_t end)
{
	/* The region may fall into two, and the kernel asks for both cuts beforehand. */
	int err = make_room(boot, 2, start, end);

	return err ? err : km_regions_del(&boot->reserved, start, end);
}

static uint64_t memblock_run(const struct km_bootmem *boot, const struct km_bootmem_range *range,
			     uint64_t pfn, bool *is_free)
{
	const unsigned int shift = boot->profile->page_shift;
	size_t at = km_regions_find(&boot->reserved, pfn << shift);
	uint64_t end = range->end_pfn;

	*is_free = true;
	if (at == boot->reserved.nr)
		return end;
	if (boot->reserved.list[at].start >> shift > pfn) {
		if (boot->reserved.list[at].start >> shift < end)
			end = boot->reserved.list[at].start >> shift;
		return end;
	}
	*is_free = false;
	if ((boot->reserved.list[at].end - 1) >> shift < end)
		end = ((boot->reserved.list[at].end - 1) >> shift) + 1;
	return end;
}

const struct km_bootmem_ops km_bootmem_memblock_ops = {
	.init = memblock_init,
	.prepare = memblock_prepare,
	.reserve = memblock_reserve,
	.alloc = memblock_alloc,
	.free = memblock_free,
	.run = memblock_run,
	.has_highmem = true,
	.put_flags = KM_PUT_TAIL,
};
