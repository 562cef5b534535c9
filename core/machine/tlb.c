/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Set-associative arrays with true LRU: entries carry the time of their last use, and a
 * set is at most a dozen ways, so that looking at all of them is cheap.
 */
#include "core/machine/tlb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_CEILING 33

static const struct km_tlb_geometry geometries[] = {
	{ "skylake",
	  { { 64, 4 }, { 32, 4 }, { 4, 4 } },
	  { 1536, 12 },
	  { 16, 4 },
	  "Intel 64 and IA-32 Optimization Reference Manual 248966-045, table 2-15" },
	{ "pentium",
	  { { 64, 4 }, { 8, 4 }, { 0, 0 } },
	  { 0, 0 },
	  { 0, 0 },
	  "Intel SDM volume 2A, CPUID leaf 2, descriptors 03H and 04H" },
};

#define NR_GEOMETRIES (sizeof(geometries) / sizeof(geometries[0]))

const struct km_tlb_geometry *km_tlb_geometry(const char *name)
{
	for (size_t i = 0; i < NR_GEOMETRIES; i++)
		if (!strcmp(name, geometries[i].name))
			return &geometries[i];
	return NULL;
}

const struct km_tlb_geometry *km_tlb_geometry_nr(unsigned int index)
{
	return index < NR_GEOMETRIES ? &geometries[index] : NULL;
}

static int array_init(struct km_tlb_array *array, struct km_tlb_shape shape)
{
	unsigned int sets;

	if (!shape.entries)
		return 0;
	if (!shape.ways || shape.entries % shape.ways)
		return -EINVAL;
	sets = shape.entries / shape.ways;
	if (sets & (sets - 1))
		return -EINVAL;
	array->entries = calloc(shape.entries, sizeof(*array->entries));
	if (!array->entries)
		return -ENOMEM;
	array->nr_sets = sets;
	array->ways = shape.ways;
	return 0;
}

int km_tlb_init(struct km_tlb *tlb, const struct km_tlb_geometry *geometry,
		const struct km_mmu_format *format)
{
	int err = 0;

	memset(tlb, 0, sizeof(*tlb));
	tlb->geometry = geometry;
	for (unsigned int i = 0; i < KM_TLB_SIZES && !err; i++) {
		if (i < format->max_leaf)
			tlb->shift[i] = format->shift[i + 1];
		err = array_init(&tlb->l1[i], geometry->l1[i]);
	}
	if (!err)
		err = array_init(&tlb->l2, geometry->l2);
	if (!err)
		err = array_init(&tlb->l2_huge, geometry->l2_huge);
	if (err)
		km_tlb_release(tlb);
	return err;
}

void km_tlb_release(struct km_tlb *tlb)
{
	for (unsigned int i = 0; i < KM_TLB_SIZES; i++)
		free(tlb->l1[i].entries);
	free(tlb->l2.entries);
	free(tlb->l2_huge.entries);
	memset(tlb, 0, sizeof(*tlb));
}

static struct km_tlb_entry *set_of(const struct km_tlb_array *array, uint64_t vpn)
{
	return &array->entries[(vpn & (array->nr_sets - 1)) * array->ways];
}

static struct km_tlb_entry *find(const struct km_tlb_array *array, uint64_t vpn, unsigned int level)
{
	struct km_tlb_entry *set;

	if (!array->entries)
		return NULL;
	set = set_of(array, vpn);
	for (unsigned int way = 0; way < array->ways; way++)
		if (set[way].level == level && set[way].vpn == vpn)
			return &set[way];
	return NULL;
}

/* In place of the same page's entry, else of an empty one, else of the least recently used. */
static void insert(struct km_tlb *tlb, struct km_tlb_array *array, const struct km_tlb_entry *entry)
{
	struct km_tlb_entry *victim, *set;

	if (!array->entries)
		return;
	victim = find(array, entry->vpn, entry->level);
	if (!victim) {
		set = set_of(array, entry->vpn);
		victim = &set[0];
		for (unsigned int way = 1; way < array->ways; way++)
			if (set[way].used < victim->used)
				victim = &set[way];
	}
	*victim = *entry;
	victim->used = ++tlb->clock;
}

static struct km_tlb_array *second_level(struct km_tlb *tlb, unsigned int level)
{
	return level == 3 ? &tlb->l2_huge : &tlb->l2;
}

enum km_tlb_hit km_tlb_lookup(struct km_tlb *tlb, uint64_t va, struct km_tlb_entry *entry)
{
	struct km_tlb_entry *found;

	tlb->stats.lookups++;
	for (unsigned int i = 0; i < KM_TLB_SIZES && tlb->shift[i]; i++) {
		found = find(&tlb->l1[i], va >> tlb->shift[i], i + 1);
		if (found) {
			found->used = ++tlb->clock;
			*entry = *found;
			tlb->stats.l1_hits++;
			return KM_TLB_HIT_L1;
		}
	}
	for (unsigned int i = 0; i < KM_TLB_SIZES && tlb->shift[i]; i++) {
		found = find(second_level(tlb, i + 1), va >> tlb->shift[i], i + 1);
		if (found) {
			found->used = ++tlb->clock;
			*entry = *found;
			insert(tlb, &tlb->l1[i], entry);
			tlb->stats.l2_hits++;
			return KM_TLB_HIT_L2;
		}
	}
	tlb->stats.misses++;
	return KM_TLB_MISS;
}

void km_tlb_fill(struct km_tlb *tlb, uint64_t va, unsigned int level, uint64_t pa,
		 unsigned int prot, bool dirty)
{
	struct km_tlb_entry entry = {
		.vpn = va >> tlb->shift[level - 1],
		.pa = pa,
		.level = (uint8_t)level,
		.prot = (uint8_t)prot,
		.dirty = dirty,
	};

	insert(tlb, &tlb->l1[level - 1], &entry);
	insert(tlb, second_level(tlb, level), &entry);
}

static void drop(struct km_tlb_entry *entry)
{
	if (entry)
		*entry = (struct km_tlb_entry){ 0 };
}

void km_tlb_drop_page(struct km_tlb *tlb, uint64_t va)
{
	for (unsigned int i = 0; i < KM_TLB_SIZES && tlb->shift[i]; i++) {
		drop(find(&tlb->l1[i], va >> tlb->shift[i], i + 1));
		drop(find(second_level(tlb, i + 1), va >> tlb->shift[i], i + 1));
	}
}

static void drop_array(struct km_tlb_array *array, bool keep_global)
{
	for (unsigned int i = 0; i < array->nr_sets * array->ways; i++)
		if (!keep_global || !(array->entries[i].prot & KM_PROT_GLOBAL))
			drop(&array->entries[i]);
}

static void drop_all(struct km_tlb *tlb, bool keep_global)
{
	for (unsigned int i = 0; i < KM_TLB_SIZES; i++)
		drop_array(&tlb->l1[i], keep_global);
	drop_array(&tlb->l2, keep_global);
	drop_array(&tlb->l2_huge, keep_global);
	tlb->stats.flushes++;
}

void km_tlb_flush_page(struct km_tlb *tlb, uint64_t va)
{
	km_tlb_drop_page(tlb, va);
	tlb->stats.flushed_pages++;
}

void km_tlb_flush(struct km_tlb *tlb)
{
	drop_all(tlb, true);
}

void km_tlb_flush_all(struct km_tlb *tlb)
{
	drop_all(tlb, false);
}

void km_tlb_flush_range(struct km_tlb *tlb, uint64_t va, uint64_t bytes, unsigned int level)
{
	unsigned int shift = tlb->shift[level - 1];
	uint64_t first, last;

	if (!bytes)
		return;
	first = va >> shift;
	last = (va + bytes - 1) >> shift;
	if (last - first >= FLUSH_CEILING) {
		km_tlb_flush_all(tlb);
		return;
	}
	for (uint64_t page = first; page <= last; page++)
		km_tlb_flush_page(tlb, page << shift);
}

uint64_t km_tlb_reach_bytes(const struct km_tlb *tlb, unsigned int level)
{
	unsigned int l1, l2;

	if (!level || level > KM_TLB_SIZES || !tlb->shift[level - 1])
		return 0;
	l1 = tlb->geometry->l1[level - 1].entries;
	l2 = level == 3 ? tlb->geometry->l2_huge.entries : tlb->geometry->l2.entries;
	return (uint64_t)(l1 > l2 ? l1 : l2) << tlb->shift[level - 1];
}
