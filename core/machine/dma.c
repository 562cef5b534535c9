/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA devices: what they reach, and the mappings made for them.
 *
 * Live mappings are a sorted array: devices have some hundreds, and a wrong unmap wants its
 * neighbours.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/dma.h"

void km_dma_device_init(struct km_dma_device *dev, const char *name, uint64_t mask)
{
	*dev = (struct km_dma_device){ .name = name, .mask = mask };
}

unsigned int km_dma_device_release(struct km_dma_device *dev)
{
	unsigned int nr = dev->nr_mappings;

	free(dev->mappings);
	*dev = (struct km_dma_device){ 0 };
	return nr;
}

/* The last byte of the zone's RAM: its span may end in a hole. */
static uint64_t zone_last_byte(const struct km_profile *profile, const struct km_zone_desc *desc)
{
	uint64_t last = desc->start_pfn + desc->spanned_pages, end = 0;

	for (unsigned int i = 0; i < profile->nr_ranges; i++) {
		const struct km_mem_range *range = &profile->ranges[i];

		if (range->node == desc->node && range->start_pfn < last && range->end_pfn > end)
			end = range->end_pfn;
	}
	if (profile->nr_ranges && end < last)
		last = end;
	return (last << profile->page_shift) - 1;
}

bool km_dma_supported(const struct km_profile *profile, uint64_t mask)
{
	uint64_t last = 0;
	bool has_dma_zone = false;

	if (mask >= KM_DMA_BIT_MASK(32))
		return true;
	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];

		if (desc->present_pages && zone_last_byte(profile, desc) > last)
			last = zone_last_byte(profile, desc);
		has_dma_zone |= desc->type == KM_ZONE_DMA;
	}
	/* The kernel asks for the start of the last page, not for its end. */
	last &= ~((1ull << profile->page_shift) - 1);
	return mask >= last || (has_dma_zone && mask >= KM_DMA_BIT_MASK(24));
}

int km_dma_set_mask(const struct km_machine *machine, struct km_dma_device *dev, uint64_t mask)
{
	if (!km_dma_supported(&machine->profile, mask))
		return -EIO;
	dev->mask = mask;
	return 0;
}

/* The first pfn from which on RAM ends that includes pfn; pfn itself if that is no RAM. */
static uint64_t ram_end(const struct km_machine *machine, uint64_t pfn)
{
	const struct km_profile *profile = &machine->profile;
	uint64_t end = pfn;

	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];
		const uint64_t zone_end = desc->start_pfn + desc->spanned_pages;

		if (pfn < desc->start_pfn || pfn >= zone_end)
			continue;
		if (!profile->nr_ranges)
			end = zone_end;
		for (unsigned int k = 0; k < profile->nr_ranges; k++) {
			const struct km_mem_range *range = &profile->ranges[k];

			if (range->node == desc->node && pfn >= range->start_pfn &&
			    pfn < range->end_pfn)
				end = range->end_pfn < zone_end ? range->end_pfn : zone_end;
		}
	}
	return end;
}

/* Why the device may not have those bytes; KM_DMA_GRANTED if it may. */
static void judge(const struct km_machine *machine, const struct km_dma_device *dev, uint64_t addr,
		  uint64_t len, struct km_dma_refusal *refusal)
{
	const unsigned int shift = machine->profile.page_shift;
	uint64_t last = addr + (len - 1), pfn, end;

	refusal->addr = addr;
	refusal->len = len;
	if (!len) {
		refusal->why = KM_DMA_EMPTY;
		return;
	}
	if (last < addr) {
		refusal->why = KM_DMA_WRAPS;
		return;
	}
	for (pfn = addr >> shift; pfn <= last >> shift; pfn = end) {
		end = ram_end(machine, pfn);
		if (end == pfn) {
			refusal->why = KM_DMA_NO_RAM;
			refusal->first = pfn << shift > addr ? pfn << shift : addr;
			return;
		}
	}
	if (last > dev->mask) {
		refusal->why = KM_DMA_BEYOND_MASK;
		refusal->first = addr > dev->mask ? addr : dev->mask + 1;
	}
}

static int refused(struct km_dma_device *dev, const struct km_dma_refusal *found,
		   struct km_dma_refusal *refusal)
{
	static const int errors[] = {
		[KM_DMA_EMPTY] = -EINVAL,	 [KM_DMA_WRAPS] = -EINVAL,
		[KM_DMA_NO_RAM] = -EFAULT,	 [KM_DMA_BEYOND_MASK] = -ERANGE,
		[KM_DMA_NOT_MAPPED] = -ENOENT,	 [KM_DMA_INSIDE] = -ENOENT,
		[KM_DMA_OTHER_LENGTH] = -EINVAL, [KM_DMA_ALONE] = -EINVAL,
		[KM_DMA_LISTED] = -EINVAL,	 [KM_DMA_OTHER_ENTRIES] = -EINVAL,
	};

	dev->nr_refused++;
	if (refusal)
		*refusal = *found;
	return errors[found->why];
}

/* Index of the first mapping that begins at addr or above. */
static unsigned int first_at(const struct km_dma_device *dev, uint64_t addr)
{
	unsigned int low = 0, high = dev->nr_mappings;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (dev->mappings[middle].addr < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Room for nr further mappings. */
static int reserve(struct km_dma_device *dev, unsigned int nr)
{
	struct km_dma_mapping *mappings;
	unsigned int max = dev->max_mappings;

	if (nr > UINT32_MAX / 2 - dev->nr_mappings)
		return -ENOMEM;
	while (max < dev->nr_mappings + nr)
		max = max ? max * 2 : 16;
	if (max == dev->max_mappings)
		return 0;
	mappings = reallocarray(dev->mappings, max, sizeof(*mappings));
	if (!mappings)
		return -ENOMEM;
	dev->mappings = mappings;
	dev->max_mappings = max;
	return 0;
}

/* Into room that was reserved. */
static void insert(struct km_dma_device *dev, uint64_t addr, uint64_t len, unsigned int nr_entries)
{
	unsigned int at = first_at(dev, addr);
	struct km_dma_mapping *mapping = &dev->mappings[at];

	memmove(mapping + 1, mapping, (dev->nr_mappings - at) * sizeof(*mapping));
	*mapping = (struct km_dma_mapping){ addr, len, nr_entries };
	dev->nr_mappings++;
	dev->mapped_bytes += len;
}

static int map(const struct km_machine *machine, struct km_dma_device *dev,
	       const struct km_dma_sg *list, unsigned int nr, unsigned int nr_entries,
	       struct km_dma_refusal *refusal)
{
	struct km_dma_refusal found = { .why = nr ? KM_DMA_GRANTED : KM_DMA_EMPTY };
	int err;

	for (unsigned int i = 0; i < nr && !found.why; i++) {
		found.entry = i;
		judge(machine, dev, list[i].addr, list[i].len, &found);
	}
	if (found.why)
		return refused(dev, &found, refusal);
	err = reserve(dev, nr);
	if (err)
		return err;
	for (unsigned int i = 0; i < nr; i++)
		insert(dev, list[i].addr, list[i].len, nr_entries);
	return 0;
}

int km_dma_map(const struct km_machine *machine, struct km_dma_device *dev, uint64_t addr,
	       uint64_t len, struct km_dma_refusal *refusal)
{
	const struct km_dma_sg alone = { addr, len };

	return map(machine, dev, &alone, 1, 0, refusal);
}

int km_dma_map_page(const struct km_machine *machine, struct km_dma_device *dev, uint64_t pfn,
		    uint64_t offset, uint64_t len, struct km_dma_refusal *refusal)
{
	const unsigned int shift = machine->profile.page_shift;
	const struct km_dma_refusal wraps = { .why = KM_DMA_WRAPS,
					      .addr = pfn << shift,
					      .len = len };

	if (pfn > UINT64_MAX >> shift || offset > UINT64_MAX - (pfn << shift))
		return refused(dev, &wraps, refusal);
	return km_dma_map(machine, dev, (pfn << shift) + offset, len, refusal);
}

int km_dma_map_sg(const struct km_machine *machine, struct km_dma_device *dev,
		  const struct km_dma_sg *list, unsigned int nr, struct km_dma_refusal *refusal)
{
	return map(machine, dev, list, nr, nr, refusal);
}

/* No mapping begins at addr: is it inside one? */
static void find_around(const struct km_dma_device *dev, struct km_dma_refusal *found)
{
	found->why = KM_DMA_NOT_MAPPED;
	for (unsigned int i = 0; i < dev->nr_mappings; i++) {
		const struct km_dma_mapping *mapping = &dev->mappings[i];

		if (mapping->addr > found->addr)
			return;
		if (found->addr - mapping->addr < mapping->len) {
			found->why = KM_DMA_INSIDE;
			found->first = mapping->addr;
			found->other = mapping->len;
			return;
		}
	}
}

/* What is wrong with an unmap that fits a mapping in its address alone. */
static enum km_dma_why compare(const struct km_dma_mapping *mapping, uint64_t len,
			       unsigned int nr_entries, uint64_t *other)
{
	if (!mapping->nr_entries != !nr_entries)
		return nr_entries ? KM_DMA_ALONE : KM_DMA_LISTED;
	*other = mapping->len;
	if (mapping->len != len)
		return KM_DMA_OTHER_LENGTH;
	*other = mapping->nr_entries;
	return mapping->nr_entries == nr_entries ? KM_DMA_GRANTED : KM_DMA_OTHER_ENTRIES;
}

/*
 * Take away one mapping.  Where several begin at the address and none is as told, the first one
 * says why.
 */
static bool take(struct km_dma_device *dev, uint64_t addr, uint64_t len, unsigned int nr_entries,
		 struct km_dma_refusal *found)
{
	found->addr = addr;
	found->len = len;
	for (unsigned int i = first_at(dev, addr);
	     i < dev->nr_mappings && dev->mappings[i].addr == addr; i++) {
		struct km_dma_mapping *mapping = &dev->mappings[i];
		uint64_t other = 0;
		enum km_dma_why why = compare(mapping, len, nr_entries, &other);

		if (!why) {
			dev->nr_mappings--;
			dev->mapped_bytes -= len;
			memmove(mapping, mapping + 1, (dev->nr_mappings - i) * sizeof(*mapping));
			found->why = KM_DMA_GRANTED;
			return true;
		}
		if (!found->why) {
			found->why = why;
			found->other = other;
		}
	}
	if (!found->why)
		find_around(dev, found);
	return false;
}

static int unmap(struct km_dma_device *dev, const struct km_dma_sg *list, unsigned int nr,
		 unsigned int nr_entries, struct km_dma_refusal *refusal)
{
	struct km_dma_refusal found = { .why = nr ? KM_DMA_GRANTED : KM_DMA_EMPTY };

	for (unsigned int i = 0; i < nr; i++) {
		found = (struct km_dma_refusal){ .entry = i };
		if (take(dev, list[i].addr, list[i].len, nr_entries, &found))
			continue;
		/* Back with what went before: their room is still there. */
		while (i--)
			insert(dev, list[i].addr, list[i].len, nr_entries);
		break;
	}
	return found.why ? refused(dev, &found, refusal) : 0;
}

int km_dma_unmap(struct km_dma_device *dev, uint64_t addr, uint64_t len,
		 struct km_dma_refusal *refusal)
{
	const struct km_dma_sg alone = { addr, len };

	return unmap(dev, &alone, 1, 0, refusal);
}

int km_dma_unmap_sg(struct km_dma_device *dev, const struct km_dma_sg *list, unsigned int nr,
		    struct km_dma_refusal *refusal)
{
	return unmap(dev, list, nr, nr, refusal);
}

static void explain_why(const struct km_dma_device *dev, const struct km_dma_refusal *refusal,
			char *buf, size_t len)
{
	switch (refusal->why) {
	case KM_DMA_GRANTED:
		snprintf(buf, len, "granted");
		return;
	case KM_DMA_EMPTY:
		snprintf(buf, len, "nothing to do");
		return;
	case KM_DMA_WRAPS:
		snprintf(buf, len, "they end beyond the last address");
		return;
	case KM_DMA_NO_RAM:
		snprintf(buf, len, "there is no RAM at 0x%" PRIx64, refusal->first);
		return;
	case KM_DMA_BEYOND_MASK:
		snprintf(buf, len, "its mask 0x%" PRIx64 " does not reach 0x%" PRIx64, dev->mask,
			 refusal->first);
		return;
	case KM_DMA_NOT_MAPPED:
		snprintf(buf, len, "unmapped, and not mapped");
		return;
	case KM_DMA_INSIDE:
		snprintf(buf, len, "unmapped inside the mapping of %" PRIu64 " bytes at 0x%" PRIx64,
			 refusal->other, refusal->first);
		return;
	case KM_DMA_OTHER_LENGTH:
		snprintf(buf, len, "unmapped, and mapped with %" PRIu64 " bytes", refusal->other);
		return;
	case KM_DMA_ALONE:
		snprintf(buf, len, "unmapped in a list, and mapped alone");
		return;
	case KM_DMA_LISTED:
		snprintf(buf, len, "unmapped alone, and mapped in a list");
		return;
	case KM_DMA_OTHER_ENTRIES:
		snprintf(buf, len, "unmapped, and mapped in a list of %" PRIu64 " entries",
			 refusal->other);
		return;
	}
}

const char *km_dma_explain(const struct km_dma_device *dev, const struct km_dma_refusal *refusal,
			   char *buf, size_t len)
{
	char why[112];

	explain_why(dev, refusal, why, sizeof(why));
	snprintf(buf, len, "%s: %" PRIu64 " bytes at 0x%" PRIx64 ": %s", dev->name, refusal->len,
		 refusal->addr, why);
	return buf;
}

int km_dma_zone_for_mask(const struct km_profile *profile, uint64_t mask)
{
	int best = -EIO, lowest_beyond = KM_ZONE_MOVABLE;
	bool has_highmem = false;

	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];

		if (!desc->present_pages || desc->type == KM_ZONE_MOVABLE)
			continue;
		has_highmem |= desc->type == KM_ZONE_HIGHMEM;
		if (zone_last_byte(profile, desc) > mask && (int)desc->type < lowest_beyond)
			lowest_beyond = desc->type;
	}
	if (lowest_beyond == KM_ZONE_MOVABLE)
		return has_highmem ? KM_ZONE_HIGHMEM : KM_ZONE_NORMAL;
	if (lowest_beyond == KM_ZONE_HIGHMEM)
		return KM_ZONE_NORMAL;
	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];

		if (desc->present_pages && (int)desc->type < lowest_beyond &&
		    (int)desc->type > best)
			best = desc->type;
	}
	return best;
}
