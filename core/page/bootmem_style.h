/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two styles of boot memory do each in their way.
 * For bootmem*.c; others include bootmem.h.
 */
#ifndef CORE_PAGE_BOOTMEM_STYLE_H
#define CORE_PAGE_BOOTMEM_STYLE_H

#include "core/page/bootmem.h"

/*
 * Ranges are bytes of RAM that the style has, and were looked at: what is freed is given.
 * Negative: -ENOSPC no room for the array, with boot->reason, or -ENOMEM.
 */
struct km_bootmem_ops {
	int (*init)(struct km_bootmem *boot);
	/* Before the first request, and before the end. */
	int (*prepare)(struct km_bootmem *boot);
	int (*reserve)(struct km_bootmem *boot, uint64_t start, uint64_t end);
	/* Find and keep; KM_BOOTMEM_NONE with boot->reason. */
	uint64_t (*alloc)(struct km_bootmem *boot, const struct km_bootmem_request *request);
	int (*free)(struct km_bootmem *boot, uint64_t start, uint64_t end);
	/*
	 * Pages [pfn, result) of the range are alike, free or kept; a run may be told in
	 * several pieces.
	 */
	uint64_t (*run)(const struct km_bootmem *boot, const struct km_bootmem_range *range,
			uint64_t pfn, bool *is_free);
	bool has_highmem;	/* HighMem can be reserved and is looked at */
	unsigned int put_flags; /* enum km_put_flag, at the end */
};

extern const struct km_bootmem_ops km_bootmem_bitmap_ops, km_bootmem_memblock_ops;

#define KM_BOOTMEM_FULL "nothing free is large enough"
#define KM_BOOTMEM_NO_MEMORY "out of memory"

static inline uint64_t km_bootmem_align(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

#endif
