/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot memory: which RAM it has, what is asked of it, and who may give back what.
 *
 * The ledger of given and freed bytes is ours: it tells a wrong call from a right one,
 * where a kernel would crash later, or never notice.
 */
#include "core/page/bootmem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/page/bootmem_style.h"

#define DMA_END (16ull << 20) /* MAX_DMA_ADDRESS */
#define LOW_END (4ull << 30)  /* ARCH_LOW_ADDRESS_LIMIT */

#define OVER "the page allocator runs: boot memory is over"
#define NO_BYTES "a size of 0"

static int by_start(const void *a, const void *b)
{
	const struct km_bootmem_range *x = a, *y = b;

	return x->start_pfn < y->start_pfn ? -1 : x->start_pfn > y->start_pfn;
}

static bool is_mapped(const struct km_profile *profile, const struct km_zone_desc *desc)
{
	return desc->type != KM_ZONE_HIGHMEM &&
	       (desc->type != KM_ZONE_MOVABLE || profile->address_bits == 64);
}

/* The managed pages of a zone: the highest of its RAM. */
static void add_zone(struct km_bootmem *boot, const struct km_zone_desc *desc)
{
	const struct km_profile *profile = boot->profile;
	const uint64_t zone_end = desc->start_pfn + desc->spanned_pages;
	uint64_t skip = km_profile_ram_pages(profile, desc->start_pfn, zone_end, desc->node) -
			desc->managed_pages;
	unsigned int nr = profile->nr_ranges ? profile->nr_ranges : 1;

	for (unsigned int i = 0; i < nr; i++) {
		struct km_mem_range range = { desc->start_pfn, zone_end, desc->node };

		if (profile->nr_ranges)
			range = profile->ranges[i];
		if (range.start_pfn < desc->start_pfn)
			range.start_pfn = desc->start_pfn;
		if (range.end_pfn > zone_end)
			range.end_pfn = zone_end;
		if (range.node != desc->node || range.start_pfn >= range.end_pfn)
			continue;
		if (skip >= range.end_pfn - range.start_pfn) {
			skip -= range.end_pfn - range.start_pfn;
			continue;
		}
		boot->ram[boot->nr_ram++] =
			(struct km_bootmem_range){ range.start_pfn + skip, range.end_pfn,
						   desc->node, is_mapped(profile, desc) };
		skip = 0;
	}
}

/* Ascending, and one range where two touch.  False if any overlap. */
static bool join_ram(struct km_bootmem *boot)
{
	size_t nr = 0;

	qsort(boot->ram, boot->nr_ram, sizeof(*boot->ram), by_start);
	for (size_t i = 0; i < boot->nr_ram; i++) {
		struct km_bootmem_range *range = &boot->ram[i];
		struct km_bootmem_range *last = nr ? &boot->ram[nr - 1] : NULL;

		if (last && last->end_pfn > range->start_pfn)
			return false;
		if (last && last->end_pfn == range->start_pfn && last->node == range->node &&
		    last->is_low == range->is_low)
			last->end_pfn = range->end_pfn;
		else
			boot->ram[nr++] = *range;
	}
	boot->nr_ram = nr;
	return true;
}

int km_bootmem_init(struct km_bootmem *boot, const struct km_profile *profile,
		    enum km_bootmem_style style)
{
	int err = 0;

	memset(boot, 0, sizeof(*boot));
	boot->reason = "none";
	if (km_profile_check(profile))
		return -EINVAL;
	boot->profile = profile;
	boot->ops = style == KM_BOOTMEM_BITMAP ? &km_bootmem_bitmap_ops : &km_bootmem_memblock_ops;
	boot->ram =
		calloc((size_t)profile->nr_zones * (profile->nr_ranges + 1), sizeof(*boot->ram));
	if (!boot->ram)
		return -ENOMEM;
	for (unsigned int i = 0; i < profile->nr_zones; i++)
		add_zone(boot, &profile->zones[i]);
	err = join_ram(boot) ? boot->ops->init(boot) : -EINVAL;
	if (err)
		km_bootmem_release(boot);
	return err;
}

void km_bootmem_release(struct km_bootmem *boot)
{
	for (unsigned int i = 0; i < KM_MAX_NODES; i++)
		free(boot->nodes[i].map);
	km_regions_release(&boot->given);
	km_regions_release(&boot->freed);
	km_regions_release(&boot->own);
	km_regions_release(&boot->reserved);
	free(boot->ram);
	memset(boot, 0, sizeof(*boot));
}

static int refuse(struct km_bootmem *boot, int err, const char *reason)
{
	boot->reason = reason;
	return err;
}

/* Bytes change hands: from nobody, or whoever freed them.  Those of a failure are nobody's. */
static int enter_given(struct km_bootmem *boot, uint64_t start, uint64_t end)
{
	if (km_regions_del(&boot->freed, start, end) || km_regions_add(&boot->given, start, end))
		return refuse(boot, -ENOMEM, KM_BOOTMEM_NO_MEMORY);
	return 0;
}

/* All but boot memory's own pages, which nobody else can have put anything into. */
static int reserve_piece(struct km_bootmem *boot, uint64_t start, uint64_t end)
{
	int err = 0;

	while (start < end && !err) {
		size_t i = km_regions_find(&boot->own, start);
		uint64_t stop = end;

		if (i < boot->own.nr && boot->own.list[i].start <= start) {
			start = boot->own.list[i].end;
			continue;
		}
		if (i < boot->own.nr && boot->own.list[i].start < end)
			stop = boot->own.list[i].start;
		err = boot->ops->reserve(boot, start, stop);
		if (!err)
			err = enter_given(boot, start, stop);
		start = stop;
	}
	return err;
}

int km_bootmem_reserve(struct km_bootmem *boot, uint64_t addr, uint64_t size)
{
	const unsigned int shift = boot->profile->page_shift;
	bool any = false;
	int err = 0;

	if (boot->is_over)
		return refuse(boot, -EPERM, OVER);
	if (!size)
		return refuse(boot, -EINVAL, NO_BYTES);
	for (size_t i = 0; i < boot->nr_ram && !err; i++) {
		const struct km_bootmem_range *range = &boot->ram[i];
		uint64_t start = range->start_pfn << shift, end = range->end_pfn << shift;

		if (start < addr)
			start = addr;
		if (end > addr && end - addr > size)
			end = addr + size;
		if (start >= end || (!range->is_low && !boot->ops->has_highmem))
			continue;
		any = true;
		err = reserve_piece(boot, start, end);
	}
	return any ? err : refuse(boot, -ERANGE, "no RAM of boot memory there");
}

static const char *check_request(const struct km_bootmem *boot,
				 const struct km_bootmem_request *request)
{
	if (boot->is_over)
		return OVER;
	if (!request->size)
		return NO_BYTES;
	if (request->align & (request->align - 1))
		return "alignment is not a power of two";
	if (request->limit && request->goal >= request->limit)
		return "goal is not below limit";
	if (request->node >= (int)boot->profile->nr_nodes)
		return "no such node";
	/* Larger than all there can be: sums with it stay far from 64 bits. */
	if (request->size > 1ull << 48 || request->align > 1ull << 48)
		return KM_BOOTMEM_FULL;
	return NULL;
}

uint64_t km_bootmem_alloc(struct km_bootmem *boot, const struct km_bootmem_request *request)
{
	struct km_bootmem_request asked = *request;
	const char *why = check_request(boot, request);
	uint64_t addr = KM_BOOTMEM_NONE;

	if (why) {
		boot->reason = why;
		return KM_BOOTMEM_NONE;
	}
	if (!asked.align)
		asked.align = boot->profile->cacheline_bytes;
	switch (boot->ops->prepare(boot)) {
	case 0:
		addr = boot->ops->alloc(boot, &asked);
		break;
	case -ENOMEM:
		boot->reason = KM_BOOTMEM_NO_MEMORY;
		break;
	}
	if (addr == KM_BOOTMEM_NONE || !enter_given(boot, addr, addr + asked.size))
		return addr;
	/* What nobody is told of nobody could free. */
	boot->ops->free(boot, addr, addr + asked.size);
	boot->reason = KM_BOOTMEM_NO_MEMORY;
	return KM_BOOTMEM_NONE;
}

static uint64_t alloc_like_kernel(struct km_bootmem *boot, uint64_t size, uint64_t align,
				  bool is_low)
{
	struct km_bootmem_request request = { .size = size, .align = align, .node = -1 };

	if (is_low)
		request.limit = LOW_END;
	else
		request.goal = DMA_END;
	return km_bootmem_alloc(boot, &request);
}

uint64_t km_alloc_bootmem(struct km_bootmem *boot, uint64_t size)
{
	return alloc_like_kernel(boot, size, 0, false);
}

uint64_t km_alloc_bootmem_low(struct km_bootmem *boot, uint64_t size)
{
	return alloc_like_kernel(boot, size, 0, true);
}

uint64_t km_alloc_bootmem_pages(struct km_bootmem *boot, uint64_t size)
{
	return alloc_like_kernel(boot, size, 1ull << boot->profile->page_shift, false);
}

uint64_t km_alloc_bootmem_low_pages(struct km_bootmem *boot, uint64_t size)
{
	return alloc_like_kernel(boot, size, 1ull << boot->profile->page_shift, true);
}

uint64_t km_alloc_bootmem_node(struct km_bootmem *boot, unsigned int node, uint64_t size)
{
	struct km_bootmem_request request = { .size = size, .goal = DMA_END };

	request.node = node < KM_MAX_NODES ? (int)node : KM_MAX_NODES;
	return km_bootmem_alloc(boot, &request);
}

int km_free_bootmem(struct km_bootmem *boot, uint64_t addr, uint64_t size)
{
	uint64_t end;
	int err;

	if (boot->is_over)
		return refuse(boot, -EPERM, OVER);
	if (!size)
		return refuse(boot, -EINVAL, NO_BYTES);
	if (__builtin_add_overflow(addr, size, &end) || !km_regions_has(&boot->given, addr, end)) {
		if (end > addr && km_regions_meets(&boot->freed, addr, end))
			return refuse(boot, -EALREADY, "freed before, all of it or a part");
		return refuse(boot, -ENOENT, "not given, all of it or a part");
	}
	err = boot->ops->prepare(boot);
	if (!err)
		err = boot->ops->free(boot, addr, end);
	if (!err &&
	    (km_regions_del(&boot->given, addr, end) || km_regions_add(&boot->freed, addr, end)))
		err = -ENOMEM;
	return err == -ENOMEM ? refuse(boot, err, KM_BOOTMEM_NO_MEMORY) : err;
}

/* Bytes of [start, end) that lie in pages that are kept. */
static uint64_t kept_bytes(const struct km_bootmem *boot, uint64_t start, uint64_t end)
{
	const unsigned int shift = boot->profile->page_shift;
	uint64_t bytes = 0;

	for (size_t i = 0; i < boot->nr_ram; i++) {
		const struct km_bootmem_range *range = &boot->ram[i];
		uint64_t pfn = range->start_pfn, next;

		if (pfn < start >> shift)
			pfn = start >> shift;
		for (; pfn < range->end_pfn && pfn << shift < end; pfn = next) {
			uint64_t from = pfn << shift, to;
			bool is_free;

			next = boot->ops->run(boot, range, pfn, &is_free);
			to = next << shift;
			from = from > start ? from : start;
			to = to < end ? to : end;
			bytes += is_free ? 0 : to - from;
		}
	}
	return bytes;
}

void km_bootmem_stats(const struct km_bootmem *boot, struct km_bootmem_stats *stats)
{
	const unsigned int shift = boot->profile->page_shift;

	memset(stats, 0, sizeof(*stats));
	for (size_t i = 0; i < boot->nr_ram; i++)
		stats->ram_pages += boot->ram[i].end_pfn - boot->ram[i].start_pfn;
	stats->kept_pages = kept_bytes(boot, 0, UINT64_MAX) >> shift;
	stats->free_pages = stats->ram_pages - stats->kept_pages;
	stats->given_bytes = km_regions_bytes(&boot->given);
	stats->own_bytes = km_regions_bytes(&boot->own);
	stats->lost_bytes = (stats->kept_pages << shift) - stats->given_bytes - stats->own_bytes;
	for (size_t i = 0; i < boot->freed.nr; i++)
		stats->partial_bytes +=
			kept_bytes(boot, boot->freed.list[i].start, boot->freed.list[i].end);
}

static bool any_in(const struct km_regions *set, const struct km_regions *of)
{
	for (size_t i = 0; i < of->nr; i++)
		if (km_regions_meets(set, of->list[i].start, of->list[i].end))
			return true;
	return false;
}

static bool all_kept(const struct km_bootmem *boot, const struct km_regions *set)
{
	for (size_t i = 0; i < set->nr; i++)
		if (kept_bytes(boot, set->list[i].start, set->list[i].end) !=
		    set->list[i].end - set->list[i].start)
			return false;
	return true;
}

static bool all_in(const struct km_regions *set, const struct km_regions *of)
{
	for (size_t i = 0; i < of->nr; i++)
		if (!km_regions_has(set, of->list[i].start, of->list[i].end))
			return false;
	return true;
}

const char *km_bootmem_is_valid(const struct km_bootmem *boot)
{
	if (any_in(&boot->given, &boot->freed))
		return "bytes are given and freed";
	if (any_in(&boot->given, &boot->own))
		return "bytes are given, and boot memory's own";
	if (any_in(&boot->freed, &boot->own))
		return "bytes are freed, and boot memory's own";
	if (!all_kept(boot, &boot->given))
		return "given bytes lie in a free page, or in no RAM";
	if (!all_kept(boot, &boot->own))
		return "boot memory's own pages are free";
	if (boot->ops != &km_bootmem_memblock_ops)
		return NULL;
	if (boot->reserved.nr > boot->max_reserved)
		return "more regions than the array holds";
	if (!all_in(&boot->reserved, &boot->given) || !all_in(&boot->reserved, &boot->own) ||
	    km_regions_bytes(&boot->reserved) !=
		    km_regions_bytes(&boot->given) + km_regions_bytes(&boot->own))
		return "reserved regions are not those given and its own";
	return NULL;
}
