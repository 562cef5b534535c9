/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes are operations on a machine of 4 MiB whose memory soon runs out.
 *
 *   byte 0   bits 0-1: kernel's habits (bit 0 cpu partial in slabs, bit 1 order algorithm)
 *   then     op byte: bits 0-2 what, 3-4 CPU, 5-7 cache; followed by its argument bytes
 *
 * After every operation: no two objects overlap; at the end and now and then:
 * km_slab_is_valid(), and a free of any address never changes what is held by others.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/slab/slab.h"

#define NR_PAGES 1024u
#define NR_SLOTS 256u
#define NR_CACHES 8u
#define NR_CPUS 4u
#define GRAIN 8u
#define CHECK_EVERY 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct slot {
	uint64_t addr, bytes;
	struct kmem_cache *cache; /* NULL: kmalloc */
};

struct fuzz {
	struct km_machine machine;
	struct km_pages pages;
	struct km_slab *slab;
	struct kmem_cache *caches[NR_CACHES];
	struct slot slots[NR_SLOTS];
	uint8_t shadow[NR_PAGES * 4096 / GRAIN];
	const uint8_t *next, *end;
};

enum op {
	OP_ALLOC,
	OP_KMALLOC,
	OP_FREE,
	OP_KFREE,
	OP_FREE_ANY,
	OP_TAKE,
	OP_DRAIN,
	OP_BURST
};

static void require(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "fuzz_slab: %s\n", what);
		abort();
	}
}

static uint8_t byte(struct fuzz *fuzz)
{
	return fuzz->next < fuzz->end ? *fuzz->next++ : 0;
}

static void shade(struct fuzz *fuzz, const struct slot *slot, uint8_t from)
{
	uint64_t first = (slot->addr - fuzz->machine.profile.page_offset) / GRAIN;

	require(slot->addr % GRAIN == 0, "object is not aligned");
	require(first + slot->bytes / GRAIN <= sizeof(fuzz->shadow), "object outside memory");
	for (uint64_t i = first; i < first + slot->bytes / GRAIN; i++) {
		require(fuzz->shadow[i] == from, "objects overlap");
		fuzz->shadow[i] = !from;
	}
}

static void check(const struct fuzz *fuzz)
{
	char buf[256];
	const char *complaint = km_slab_is_valid(fuzz->slab, buf, sizeof(buf));

	require(!complaint, complaint);
	complaint = km_pages_is_valid(&fuzz->pages, buf, sizeof(buf));
	require(!complaint, complaint);
}

static bool start(struct fuzz *fuzz, uint8_t habits)
{
	static const uint32_t sizes[NR_CACHES] = { 8, 24, 104, 192, 808, 2048, 5824, 20000 };
	const struct km_slab_settings settings = { .cpu_partial = KM_SLAB_DEFAULT };
	struct km_profile profile;

	km_profile_init(&profile);
	profile.nr_cpus = NR_CPUS;
	profile.nr_possible_cpus = NR_CPUS;
	if (habits & 1)
		profile.features &= ~KM_FEAT_CPU_PARTIAL_SLABS;
	if (habits & 2)
		profile.features &= ~KM_FEAT_ORDER_NEW;
	if (km_profile_set_memory(&profile, NR_PAGES * 4096ull) ||
	    km_machine_init(&fuzz->machine, &profile))
		return false;
	if (km_pages_init(&fuzz->pages, &fuzz->machine) ||
	    km_slab_init(&fuzz->slab, &fuzz->pages, &settings))
		return false;
	for (unsigned int i = 0; i < NR_CACHES; i++) {
		char name[] = "cache-0";
		struct km_cache_args args = { .name = name, .object_size = sizes[i] };
		int err;

		name[6] = (char)('0' + i);
		fuzz->caches[i] = km_cache_create(fuzz->slab, &args, &err);
		if (!fuzz->caches[i])
			return false;
	}
	return true;
}

/* The first caches had slabs before the machine's free memory was given out. */
static void warm_start(struct fuzz *fuzz)
{
	for (unsigned int i = 0; i < NR_CACHES / 2; i++) {
		struct km_cache_census census = { .nr_slabs = byte(fuzz) % 16,
						  .nr_partial = byte(fuzz) % 16,
						  .nr_cpu_slabs = byte(fuzz) % 8,
						  .nr_cpu_partial = byte(fuzz) % 8 };

		census.nr_active = byte(fuzz) * 4u;
		km_cache_populate(fuzz->caches[i], &census);
	}
	check(fuzz);
	km_pages_free_all(&fuzz->pages);
}

static void allocate(struct fuzz *fuzz, struct slot *slot, struct kmem_cache *cache, uint64_t bytes,
		     unsigned int cpu)
{
	if (slot->addr)
		return;
	slot->cache = cache;
	if (cache) {
		slot->bytes = km_cache_size(cache);
		slot->addr = km_cache_alloc(cache, KM_GFP_KERNEL, cpu, -1);
	} else {
		slot->bytes = km_kmalloc_bytes(fuzz->slab, bytes, KM_GFP_ATOMIC);
		slot->addr = km_kmalloc(fuzz->slab, bytes, KM_GFP_ATOMIC, cpu, -1);
		if (slot->addr == KM_ZERO_SIZE_PTR)
			slot->addr = 0;
	}
	if (slot->addr)
		shade(fuzz, slot, 0);
}

static void release(struct fuzz *fuzz, struct slot *slot, struct kmem_cache *cache,
		    unsigned int cpu)
{
	uint64_t addr = slot->addr;

	if (!addr)
		return;
	if (slot->cache && cache != slot->cache)
		require(km_cache_free(fuzz->slab, cache, addr, cpu) < 0, "freed to another cache");
	if (slot->cache)
		require(!km_cache_free(fuzz->slab, slot->cache, addr, cpu), "free refused");
	else
		require(!km_kfree(fuzz->slab, addr, cpu), "kfree refused");
	shade(fuzz, slot, 1);
	slot->addr = 0;
	require(km_kfree(fuzz->slab, addr, cpu) < 0, "freed twice");
}

/* Any address: only a pre-existing object may go, or one that a slot holds. */
static void free_any(struct fuzz *fuzz, uint64_t offset, unsigned int cpu)
{
	uint64_t addr = fuzz->machine.profile.page_offset + offset;
	bool inside = offset / GRAIN < sizeof(fuzz->shadow);
	struct slot *slot = NULL;

	for (unsigned int i = 0; inside && !slot && i < NR_SLOTS; i++)
		if (fuzz->slots[i].addr == addr)
			slot = &fuzz->slots[i];
	if (slot)
		release(fuzz, slot, slot->cache, cpu);
	else if (km_kfree(fuzz->slab, addr, cpu) == 0)
		require(inside && !fuzz->shadow[offset / GRAIN], "freed the inside of an object");
}

static void take(struct fuzz *fuzz, struct slot *slot, struct kmem_cache *cache)
{
	uint64_t before = km_cache_nr_preexisting(cache);

	if (slot->addr)
		return;
	slot->addr = km_cache_take_preexisting(cache);
	require(!slot->addr == !before, "old objects and their number disagree");
	slot->cache = cache;
	slot->bytes = km_cache_size(cache);
	if (slot->addr)
		shade(fuzz, slot, 0);
}

static void step(struct fuzz *fuzz)
{
	uint8_t op = byte(fuzz);
	unsigned int cpu = op >> 3 & 3;
	struct kmem_cache *cache = fuzz->caches[op >> 5];
	struct slot *slot = &fuzz->slots[byte(fuzz)];
	unsigned int first = (unsigned int)(slot - fuzz->slots), nr;
	uint64_t arg;

	switch ((enum op)(op & 7)) {
	case OP_ALLOC:
		allocate(fuzz, slot, cache, 0, cpu);
		break;
	case OP_KMALLOC:
		arg = byte(fuzz);
		allocate(fuzz, slot, NULL, arg << (op >> 5) * 2, cpu);
		break;
	case OP_FREE:
		release(fuzz, slot, cache, cpu);
		break;
	case OP_KFREE:
		release(fuzz, slot, slot->cache, cpu);
		break;
	case OP_FREE_ANY:
		arg = (uint64_t)byte(fuzz) << 8;
		arg = (arg | byte(fuzz)) << 8;
		free_any(fuzz, arg | first, cpu);
		break;
	case OP_TAKE:
		take(fuzz, slot, cache);
		break;
	case OP_DRAIN:
		km_drain_all(&fuzz->pages);
		break;
	case OP_BURST:
		nr = byte(fuzz);
		for (unsigned int i = first; i < first + nr && i < NR_SLOTS; i++)
			if (fuzz->slots[i].addr)
				release(fuzz, &fuzz->slots[i], cache, cpu);
			else
				allocate(fuzz, &fuzz->slots[i], cache, 0, cpu);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz *fuzz = calloc(1, sizeof(*fuzz));
	unsigned int nr = 0;

	if (!fuzz)
		return 0;
	fuzz->next = data;
	fuzz->end = data + size;
	require(start(fuzz, byte(fuzz)), "no memory");
	warm_start(fuzz);
	while (fuzz->next < fuzz->end) {
		step(fuzz);
		if (++nr % CHECK_EVERY == 0)
			check(fuzz);
	}
	for (unsigned int i = 0; i < NR_SLOTS; i++)
		release(fuzz, &fuzz->slots[i], fuzz->slots[i].cache, 0);
	check(fuzz);
	km_slab_release(fuzz->slab);
	km_pages_release(&fuzz->pages);
	km_machine_release(&fuzz->machine);
	free(fuzz);
	return 0;
}
