/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device that reads and writes memory by itself, as far as its address mask reaches, and what is
 * mapped for it.
 *
 * Without an IOMMU: the address on the bus is the physical one, and what the device cannot reach
 * is refused rather than copied through a bounce buffer.  Not modelled: directions, attributes,
 * cache maintenance, limits of segments, and whether the pages are allocated.
 *
 * Reach as dma_capable() of include/linux/dma-direct.h, checks of an unmap as kernel/dma/debug.c,
 * both 6.12, where most kernels check no unmap at all.
 */
#ifndef CORE_MACHINE_DMA_H
#define CORE_MACHINE_DMA_H

#include <stddef.h>
#include <stdint.h>

#include "core/machine/machine.h"

/* Mask of a device with that many address lines, 1 to 64. */
#define KM_DMA_BIT_MASK(bits) (UINT64_MAX >> (64 - (bits)))

struct km_dma_mapping {
	uint64_t addr, len;
	unsigned int nr_entries; /* of the list that it was mapped with; 0: mapped alone */
};

/*
 * mapped_bytes = sum of len over mappings; mappings ascend by addr and may overlap: the kernel
 * lets a page be mapped twice, and then wants it unmapped twice.
 */
struct km_dma_device {
	const char *name;		 /* the caller's, outlives the device; printed alone */
	uint64_t mask;			 /* the last byte that it reaches */
	struct km_dma_mapping *mappings; /* ours: live ones */
	unsigned int nr_mappings, max_mappings;
	uint64_t mapped_bytes;
	uint64_t nr_refused; /* calls to map or unmap that were */
};

/* One piece of a list; addr is physical. */
struct km_dma_sg {
	uint64_t addr, len;
};

enum km_dma_why {
	KM_DMA_GRANTED,
	KM_DMA_EMPTY,	    /* no bytes, or an empty list */
	KM_DMA_WRAPS,	    /* ends beyond 2^64 */
	KM_DMA_NO_RAM,	    /* first: the first byte that is none */
	KM_DMA_BEYOND_MASK, /* first: the first byte that the mask does not reach */
	KM_DMA_NOT_MAPPED,
	KM_DMA_INSIDE,	      /* not where a mapping begins: first and other are one around it */
	KM_DMA_OTHER_LENGTH,  /* other: the length that it was mapped with */
	KM_DMA_ALONE,	      /* mapped alone, unmapped as a list */
	KM_DMA_LISTED,	      /* mapped as a list, unmapped alone */
	KM_DMA_OTHER_ENTRIES, /* other: entries of the list that it was mapped with */
};

struct km_dma_refusal {
	enum km_dma_why why;
	unsigned int entry; /* of the list, from 0 */
	uint64_t addr, len; /* of that entry, or of what was to be mapped or unmapped */
	uint64_t first, other;
};

/* Nothing mapped.  name as above. */
void km_dma_device_init(struct km_dma_device *dev, const char *name, uint64_t mask);
/* Returns how many mappings the driver left behind. */
unsigned int km_dma_device_release(struct km_dma_device *dev);

/*
 * Can a machine serve such a mask?  Every one of 32 bits and more; a smaller one if it reaches all
 * memory, or if there is a DMA zone, 16 MiB (dma_direct_supported() of kernel/dma/direct.c, 6.12).
 */
bool km_dma_supported(const struct km_profile *profile, uint64_t mask);
/* 0, or -EIO and the mask unchanged: not supported.  Live mappings stay. */
int km_dma_set_mask(const struct km_machine *machine, struct km_dma_device *dev, uint64_t mask);

/*
 * Map len bytes at a physical address, or at an offset (of any size) from the start of a page.  0,
 * -EINVAL (EMPTY, WRAPS), -EFAULT (NO_RAM), -ERANGE (BEYOND_MASK), in that order, or -ENOMEM, which
 * counts as no refusal.  Then nothing changed; *refusal, where it is not NULL, says why.
 */
int km_dma_map(const struct km_machine *machine, struct km_dma_device *dev, uint64_t addr,
	       uint64_t len, struct km_dma_refusal *refusal);
int km_dma_map_page(const struct km_machine *machine, struct km_dma_device *dev, uint64_t pfn,
		    uint64_t offset, uint64_t len, struct km_dma_refusal *refusal);
/* All entries or none; the list stays the caller's. */
int km_dma_map_sg(const struct km_machine *machine, struct km_dma_device *dev,
		  const struct km_dma_sg *list, unsigned int nr, struct km_dma_refusal *refusal);

/*
 * Unmap what was mapped with the same call and values; of a list, all entries or none.  0, or
 * -ENOENT (NOT_MAPPED, INSIDE) or -EINVAL (the others from OTHER_LENGTH on, EMPTY), as above.
 */
int km_dma_unmap(struct km_dma_device *dev, uint64_t addr, uint64_t len,
		 struct km_dma_refusal *refusal);
int km_dma_unmap_sg(struct km_dma_device *dev, const struct km_dma_sg *list, unsigned int nr,
		    struct km_dma_refusal *refusal);

/*
 * A refusal in one line of at most 200 bytes and the name, such as "nic: 4096 bytes at 0xfffff800:
 * its mask 0xffffffff does not reach 0x100000000".  Returns buf.
 */
const char *km_dma_explain(const struct km_dma_device *dev, const struct km_dma_refusal *refusal,
			   char *buf, size_t len);

/*
 * The zone type that a request must be made for so that whatever page it gets, the device reaches:
 * a request of a type is served by its zones and by those of lower types.  Zones without pages
 * count for nothing, Movable zones neither.
 *
 *   all zones reached                         KM_ZONE_HIGHMEM if there is any, else NORMAL
 *   all but HighMem                           KM_ZONE_NORMAL: no modifier is needed
 *   else                                      the highest type that is reached with all below
 *
 * -EIO: none.  On x86-64 with memory above 4 GiB: 24 bits DMA, 32 bits DMA32, 64 bits NORMAL.
 */
int km_dma_zone_for_mask(const struct km_profile *profile, uint64_t mask);

#endif
