/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmalloc: from a size and flags to a class cache, or to pages.
 *
 *   size   1..8 16 32 64 96 128 192 256 512 1k 2k 4k 8k │ 8k+1 .. 4 MiB: pages
 *   index     3  4  5  6  1   7   2   8   9 10 11 12 13 │
 *   type   DMA before RECLAIMABLE before ACCOUNT before normal
 *
 * Mirrors mm/slab_common.c create_kmalloc_caches(), include/linux/slab.h
 * kmalloc_type(), __kmalloc_index(), mm/slub.c ___kmalloc_large_node(), kfree() of 6.12.
 * Kernels without KM_FEAT_KMALLOC_CGROUP share one class for accounted and other
 * objects; machines without a DMA zone have no dma classes and ignore the flag.  Not
 * modelled: random copies of the normal classes, buckets (memdup_user-N, msg_msg-N).
 */
#include <errno.h>
#include <stdio.h>

#include "core/slab/cache.h"

#define KMALLOC_SHIFT_LOW 3
#define KMALLOC_INDEX_96 1
#define KMALLOC_INDEX_192 2

static unsigned int shift_high(const struct km_slab *set)
{
	return set->pages->machine->profile.page_shift + 1;
}

static unsigned int kmalloc_index(uint64_t size)
{
	if (size <= 8)
		return KMALLOC_SHIFT_LOW;
	if (size > 64 && size <= 96)
		return KMALLOC_INDEX_96;
	if (size > 128 && size <= 192)
		return KMALLOC_INDEX_192;
	return 64 - (unsigned int)__builtin_clzll(size - 1);
}

static bool has_dma_zone(const struct km_profile *profile)
{
	for (unsigned int i = 0; i < profile->nr_zones; i++)
		if (profile->zones[i].type == KM_ZONE_DMA)
			return true;
	return false;
}

static int create_class(struct km_slab *set, enum km_kmalloc_type type, uint32_t size)
{
	static const struct {
		const char *prefix;
		unsigned int flags;
	} types[KM_NR_KMALLOC_TYPES] = {
		[KM_KMALLOC_NORMAL] = { "kmalloc-", KM_SLAB_NO_MERGE },
		[KM_KMALLOC_CGROUP] = { "kmalloc-cg-", KM_SLAB_ACCOUNT },
		[KM_KMALLOC_RECLAIM] = { "kmalloc-rcl-", KM_SLAB_RECLAIM_ACCOUNT },
		[KM_KMALLOC_DMA] = { "dma-kmalloc-", KM_SLAB_CACHE_DMA },
	};
	char name[32];
	struct km_cache_args args = {
		.name = name,
		.object_size = size,
		.align = size & -size,
		.flags = types[type].flags | KM_SLAB_KMALLOC | KM_SLAB_PANIC,
	};
	struct kmem_cache *cache;
	int err;

	snprintf(name, sizeof(name), size < 1024 ? "%s%u" : "%s%uk", types[type].prefix,
		 size < 1024 ? size : size / 1024);
	cache = km_cache_create(set, &args, &err);
	if (!cache)
		return err;
	set->kmalloc[type][kmalloc_index(size)] = cache;
	return 0;
}

int km_kmalloc_init(struct km_slab *set)
{
	const struct km_profile *profile = &set->pages->machine->profile;
	int err = 0;

	for (int type = 0; type < KM_NR_KMALLOC_TYPES; type++) {
		if (type == KM_KMALLOC_CGROUP && !(profile->features & KM_FEAT_KMALLOC_CGROUP))
			continue;
		if (type == KM_KMALLOC_DMA && !has_dma_zone(profile))
			continue;
		for (unsigned int shift = KMALLOC_SHIFT_LOW; !err && shift <= shift_high(set);
		     shift++) {
			err = create_class(set, type, 1u << shift);
			if (!err && (shift == 6 || shift == 7))
				err = create_class(set, type, 3u << (shift - 1));
		}
	}
	return err;
}

static enum km_kmalloc_type kmalloc_type(const struct km_slab *set, km_gfp gfp)
{
	if ((gfp & KM_GFP_DMA) && set->kmalloc[KM_KMALLOC_DMA][KMALLOC_SHIFT_LOW])
		return KM_KMALLOC_DMA;
	if (gfp & KM_GFP_RECLAIMABLE)
		return KM_KMALLOC_RECLAIM;
	if ((gfp & KM_GFP_ACCOUNT) && set->kmalloc[KM_KMALLOC_CGROUP][KMALLOC_SHIFT_LOW])
		return KM_KMALLOC_CGROUP;
	return KM_KMALLOC_NORMAL;
}

struct kmem_cache *km_kmalloc_cache(struct km_slab *set, uint64_t size, km_gfp gfp)
{
	if (size == 0 || size > 1ull << shift_high(set))
		return NULL;
	return set->kmalloc[kmalloc_type(set, gfp)][kmalloc_index(size)];
}

/* Order of a large kmalloc, above KM_MAX_ORDER if there is none so large. */
static unsigned int large_order(const struct km_slab *set, uint64_t size)
{
	unsigned int page_shift = set->pages->machine->profile.page_shift;

	return 64 - (unsigned int)__builtin_clzll((size - 1) >> page_shift);
}

uint64_t km_kmalloc_bytes(struct km_slab *set, uint64_t size, km_gfp gfp)
{
	const struct kmem_cache *cache = km_kmalloc_cache(set, size, gfp);
	unsigned int order;

	if (cache)
		return cache->size;
	if (size == 0)
		return 0;
	order = large_order(set, size);
	if (order > KM_MAX_ORDER)
		return 0;
	return 1ull << (set->pages->machine->profile.page_shift + order);
}

static uint64_t kmalloc_large(struct km_slab *set, uint64_t size, km_gfp gfp, unsigned int cpu,
			      int node)
{
	unsigned int order = large_order(set, size);
	uint64_t pfn;

	if (order > KM_MAX_ORDER) {
		set->pages->last_failure = (struct km_page_failure){
			.gfp = gfp,
			.order = order,
			.reason = "larger than the largest kmalloc",
		};
		return 0;
	}
	/* kmalloc hands out direct-map addresses: the kernel warns and goes on without these. */
	gfp &= ~(KM_GFP_DMA32 | KM_GFP_HIGHMEM);
	pfn = km_alloc_pages(set->pages, gfp | KM_GFP_COMP, order, cpu, node,
			     KM_OWNER_LARGE_KMALLOC);
	return pfn == KM_NO_PFN ? 0 : km_pfn_to_addr(set->pages->machine, pfn);
}

uint64_t km_kmalloc(struct km_slab *set, uint64_t size, km_gfp gfp, unsigned int cpu, int node)
{
	struct kmem_cache *cache = km_kmalloc_cache(set, size, gfp);

	if (cache)
		return km_cache_alloc(cache, gfp, cpu, node);
	if (size == 0)
		return KM_ZERO_SIZE_PTR;
	return kmalloc_large(set, size, gfp, cpu, node);
}

static bool is_large(const struct page *page)
{
	return page->state == KM_PAGE_USED && page->owner == KM_OWNER_LARGE_KMALLOC;
}

int km_kfree(struct km_slab *set, uint64_t addr, unsigned int cpu)
{
	const struct km_machine *machine = set->pages->machine;
	uint64_t pfn, head;
	int err;

	if (addr == 0 || addr == KM_ZERO_SIZE_PTR)
		return 0;
	err = km_cache_free(set, NULL, addr, cpu);
	if (err != -ERANGE)
		return err;
	pfn = km_addr_to_pfn(machine, addr);
	if (pfn == KM_NO_PFN)
		return -ERANGE;
	if (is_large(km_page(machine, pfn)) && addr == km_pfn_to_addr(machine, pfn))
		return km_free_pages(set->pages, pfn, km_page(machine, pfn)->order, cpu);
	head = km_page_block(machine, pfn);
	if (head != KM_NO_PFN && is_large(km_page(machine, head)))
		return -EINVAL;
	return -ERANGE;
}
