/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmalloc, vmap and ioremap areas: mm/vmalloc.c 6.12 alloc_vmap_area(),
 * __vmalloc_node_range(), vfree(), __purge_vmap_area_lazy().
 *
 *      hole ──alloc──▶ live area ──free──▶ lazy area ──purge──▶ hole
 *                      has pages           has none
 *
 * Simpler than the kernel:
 *  - the purge runs inside the free that exceeds the limit (6.1 and later: in a work item
 *    soon after), and all lazy areas become holes at once;
 *  - no per-node pools of small purged areas (6.9 and later), every area comes from
 *    the tree of holes;
 *  - no huge-page mappings, no vmap blocks of vm_map_ram();
 *  - struct vm_struct, struct vmap_area and the array of page pointers, which come from slab,
 *    are not charged.
 */
#include "core/vm/vmalloc_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* mm/vmalloc.c lazy_max_pages() */
static uint64_t lazy_max_pages(const struct km_profile *profile)
{
	unsigned int log = profile->nr_cpus ? 32 - __builtin_clz(profile->nr_cpus) : 0;

	return log * (UINT64_C(32) << 20 >> profile->page_shift);
}

int km_vm_init(struct km_vm **out, struct km_pages *pages)
{
	const struct km_profile *profile = &pages->machine->profile;
	uint64_t page_mask = (UINT64_C(1) << profile->page_shift) - 1;
	struct km_vm *vm = calloc(1, sizeof(*vm));

	*out = NULL;
	if (!vm)
		return -ENOMEM;
	vm->pages = pages;
	vm->page_shift = profile->page_shift;
	vm->start = (profile->vmalloc_start + page_mask) & ~page_mask;
	/* x86-64 names the last byte, not the end. */
	vm->end = profile->vmalloc_end & ~page_mask;
	vm->lazy_max_pages = lazy_max_pages(profile);
	for (unsigned int i = 0; i < pages->nr_zones; i++)
		vm->total_pages += pages->zones[i].managed_pages;
	km_pgtable_init(&vm->pgtable, pages);
	if (km_area_tree_init(&vm->holes, vm->start, vm->end, UINT64_C(1) << vm->page_shift)) {
		free(vm);
		return -ENOMEM;
	}
	*out = vm;
	return 0;
}

static void free_lazy(struct km_vm *vm)
{
	while (vm->lazy) {
		struct km_area *area = vm->lazy;

		vm->lazy = area->next;
		free(area);
	}
	vm->nr_lazy = 0;
}

void km_vm_release(struct km_vm *vm)
{
	if (!vm)
		return;
	for (uint32_t i = 0; i < vm->live.nr_slots; i++)
		free(vm->live.slots[i].area);
	free_lazy(vm);
	km_preexisting_release(&vm->preexisting);
	km_area_map_release(&vm->live);
	km_area_tree_release(&vm->holes);
	km_pgtable_release(&vm->pgtable);
	free(vm);
}

static void purge(struct km_vm *vm)
{
	for (const struct km_area *area = vm->lazy; area; area = area->next)
		km_area_tree_put(&vm->holes, area->addr, area->bytes);
	free_lazy(vm);
	vm->info.lazy_bytes = 0;
	vm->info.nr_purges++;
}

static uint64_t guard_bytes(const struct km_vm *vm, unsigned int flags)
{
	return flags & (KM_AREA_NO_GUARD | KM_AREA_TOP) ? 0 : UINT64_C(1) << vm->page_shift;
}

static uint64_t mapped_bytes(const struct km_vm *vm, const struct km_area *area)
{
	if (!(area->flags & (KM_AREA_PAGES | KM_AREA_MAP)))
		return 0;
	return area->bytes - guard_bytes(vm, area->flags);
}

/* An area record with room for its pages, and room for it in every index. */
static struct km_area *new_area(struct km_vm *vm, uint64_t bytes, unsigned int flags)
{
	uint64_t nr =
		flags & KM_AREA_PAGES ? (bytes - guard_bytes(vm, flags)) >> vm->page_shift : 0;
	struct km_area *area;

	if (nr > vm->total_pages || nr > UINT32_MAX)
		return NULL;
	/* Holes are at most one more than what lies between them. */
	if (km_area_tree_reserve(&vm->holes, vm->live.nr_areas + vm->nr_lazy + 2) ||
	    km_area_map_reserve(&vm->live))
		return NULL;
	area = malloc(sizeof(*area) + (size_t)nr * sizeof(area->pfns[0]));
	if (!area)
		return NULL;
	memset(area, 0, sizeof(*area));
	area->bytes = bytes;
	area->flags = flags;
	return area;
}

static void free_pages(struct km_vm *vm, struct km_area *area, unsigned int cpu)
{
	for (uint32_t i = 0; i < area->nr_pages; i++)
		km_free_pages(vm->pages, area->pfns[i], 0, cpu);
	area->nr_pages = 0;
}

static int alloc_pages(struct km_vm *vm, struct km_area *area, km_gfp gfp, unsigned int cpu,
		       int node)
{
	uint64_t nr = area->flags & KM_AREA_PAGES ? mapped_bytes(vm, area) >> vm->page_shift : 0;

	gfp |= KM_GFP_NOWARN;
	if (!(gfp & (KM_GFP_DMA | KM_GFP_DMA32)))
		gfp |= KM_GFP_HIGHMEM;
	while (area->nr_pages < nr) {
		uint64_t pfn = km_alloc_pages(vm->pages, gfp, 0, cpu, node, KM_OWNER_VMALLOC);

		if (pfn == KM_NO_PFN) {
			free_pages(vm, area, cpu);
			return -ENOMEM;
		}
		area->pfns[area->nr_pages++] = (uint32_t)pfn;
	}
	return 0;
}

static int claim_pages(struct km_vm *vm, struct km_area *area)
{
	const struct km_profile *profile = &vm->pages->machine->profile;
	enum km_zone_type zone = profile->address_bits == 32 ? KM_ZONE_HIGHMEM : KM_ZONE_NORMAL;
	uint64_t nr = area->flags & KM_AREA_PAGES ? mapped_bytes(vm, area) >> vm->page_shift : 0;
	unsigned int node = vm->preexisting.nr % profile->nr_nodes; /* not known: in turn */

	while (area->nr_pages < nr) {
		uint64_t pfn = km_pages_claim(vm->pages, zone, node, 0, KM_OWNER_VMALLOC);

		if (pfn == KM_NO_PFN) {
			free_pages(vm, area, 0);
			return -ENOMEM;
		}
		area->pfns[area->nr_pages++] = (uint32_t)pfn;
	}
	return 0;
}

static void account(struct km_vm *vm, const struct km_area *area)
{
	struct km_vm_info *info = &vm->info;

	if (area->flags & KM_AREA_TOP) {
		info->top_bytes += area->bytes;
		return;
	}
	info->nr_areas++;
	info->bytes += area->bytes;
	info->guard_bytes += guard_bytes(vm, area->flags);
	info->nr_pages += area->nr_pages;
	if (info->bytes > info->bytes_peak)
		info->bytes_peak = info->bytes;
}

static void unaccount(struct km_vm *vm, const struct km_area *area)
{
	struct km_vm_info *info = &vm->info;

	if (area->flags & KM_AREA_TOP) {
		info->top_bytes -= area->bytes;
		return;
	}
	info->nr_areas--;
	info->bytes -= area->bytes;
	info->guard_bytes -= guard_bytes(vm, area->flags);
	info->nr_pages -= area->nr_pages;
}

static int check_request(const struct km_vm *vm, uint64_t bytes, uint64_t align, unsigned int flags)
{
	if (!bytes || bytes & ((UINT64_C(1) << vm->page_shift) - 1) || align & (align - 1))
		return -EINVAL;
	return bytes > guard_bytes(vm, flags) ? 0 : -EINVAL;
}

static uint64_t take_addresses(struct km_vm *vm, uint64_t bytes, uint64_t align,
			       enum km_area_end end)
{
	uint64_t addr = km_area_tree_take(&vm->holes, bytes, align, end);

	if (!addr && vm->lazy) {
		purge(vm);
		addr = km_area_tree_take(&vm->holes, bytes, align, end);
	}
	return addr;
}

static uint64_t fail(struct km_vm *vm, int err)
{
	vm->last_error = err;
	vm->info.nr_failures++;
	return 0;
}

uint64_t km_vm_alloc(struct km_vm *vm, uint64_t bytes, uint64_t align, unsigned int flags,
		     km_gfp gfp, unsigned int cpu, int node)
{
	struct km_area *area = NULL;
	int err;

	flags &= ~KM_AREA_TOP;
	err = check_request(vm, bytes, align, flags);
	if (err)
		return fail(vm, err);
	area = new_area(vm, bytes, flags);
	if (!area)
		return fail(vm, -ENOMEM);
	area->addr = take_addresses(vm, bytes, align, KM_AREA_LOWEST);
	if (!area->addr) {
		err = -ENOSPC;
		goto out;
	}
	err = alloc_pages(vm, area, gfp, cpu, node);
	if (err)
		goto put;
	err = km_pgtable_map(&vm->pgtable, area->addr, mapped_bytes(vm, area), KM_MAP_ALLOC, cpu);
	if (err) {
		free_pages(vm, area, cpu);
		goto put;
	}
	km_area_map_insert(&vm->live, area->addr, area);
	account(vm, area);
	return area->addr;
put:
	km_area_tree_put(&vm->holes, area->addr, bytes);
out:
	free(area);
	return fail(vm, err);
}

int km_vm_last_error(const struct km_vm *vm)
{
	return vm->last_error;
}

uint64_t km_vm_alloc_top(struct km_vm *vm, uint64_t bytes, uint64_t align)
{
	struct km_area *area;
	int err = check_request(vm, bytes, align, KM_AREA_TOP);

	if (err)
		return fail(vm, err);
	area = new_area(vm, bytes, KM_AREA_TOP);
	if (!area)
		return fail(vm, -ENOMEM);
	area->addr = take_addresses(vm, bytes, align, KM_AREA_HIGHEST);
	if (!area->addr) {
		free(area);
		return fail(vm, -ENOSPC);
	}
	km_area_map_insert(&vm->live, area->addr, area);
	account(vm, area);
	return area->addr;
}

int km_vm_map(struct km_vm *vm, uint64_t addr, uint64_t bytes, enum km_vm_map_from from,
	      unsigned int cpu)
{
	return km_pgtable_map(&vm->pgtable, addr, bytes, from, cpu);
}

int km_vm_free(struct km_vm *vm, uint64_t addr, unsigned int cpu)
{
	struct km_area *area = km_area_map_remove(&vm->live, addr);

	if (!area)
		return -EINVAL;
	if (area->size)
		km_preexisting_remove(&vm->preexisting, area);
	unaccount(vm, area);
	free_pages(vm, area, cpu);
	area->next = vm->lazy;
	vm->lazy = area;
	vm->nr_lazy++;
	vm->info.lazy_bytes += area->bytes;
	if (vm->info.lazy_bytes >> vm->page_shift > vm->lazy_max_pages)
		purge(vm);
	return 0;
}

uint64_t km_vm_area_bytes(const struct km_vm *vm, uint64_t addr)
{
	const struct km_area *area = km_area_map_find(&vm->live, addr);

	return area ? area->bytes : 0;
}

static uint64_t nr_held(const struct km_vm *vm)
{
	uint64_t nr = 0;

	for (unsigned int i = 0; i < vm->pages->nr_zones; i++)
		nr += vm->pages->zones[i].held_pages;
	return nr;
}

/* A claim cannot be undone, so see first that there is enough for all. */
static bool has_held_for(const struct km_vm *vm, uint64_t addr, uint64_t mapped, unsigned int flags)
{
	uint64_t held = nr_held(vm);

	/* Do not even count the tables of an absurd size. */
	if (mapped >> vm->pgtable.shift[0] > vm->pgtable.nr_tables + held)
		return false;
	if (flags & KM_AREA_PAGES)
		return (mapped >> vm->page_shift) +
			       km_pgtable_missing(&vm->pgtable, addr, mapped) <=
		       held;
	return km_pgtable_missing(&vm->pgtable, addr, mapped) <= held;
}

int km_vm_populate(struct km_vm *vm, uint64_t bytes, unsigned int flags)
{
	struct km_area *area;
	uint64_t mapped;
	int err;

	flags &= ~KM_AREA_TOP;
	if (check_request(vm, bytes, 0, flags))
		return -EINVAL;
	area = new_area(vm, bytes, flags);
	if (!area)
		return -ENOMEM;
	area->addr = take_addresses(vm, bytes, 0, KM_AREA_LOWEST);
	if (!area->addr) {
		err = -ENOSPC;
		goto out;
	}
	mapped = mapped_bytes(vm, area);
	if (!has_held_for(vm, area->addr, mapped, area->flags)) {
		err = -ENOMEM;
		goto put;
	}
	err = claim_pages(vm, area);
	if (err)
		goto put;
	err = km_pgtable_map(&vm->pgtable, area->addr, mapped, KM_MAP_HELD, 0);
	if (err)
		goto pages;
	err = km_preexisting_add(&vm->preexisting, area);
	if (err)
		goto pages;
	km_area_map_insert(&vm->live, area->addr, area);
	account(vm, area);
	return 0;
pages:
	free_pages(vm, area, 0);
put:
	km_area_tree_put(&vm->holes, area->addr, bytes);
out:
	free(area);
	return err;
}

uint64_t km_vm_take_preexisting(struct km_vm *vm, uint64_t bytes)
{
	struct km_area *area = km_preexisting_peek(&vm->preexisting, bytes);

	if (!area)
		return 0;
	km_preexisting_remove(&vm->preexisting, area);
	return area->addr;
}

void km_vm_get_info(const struct km_vm *vm, struct km_vm_info *info)
{
	*info = vm->info;
	info->nr_page_tables = vm->pgtable.nr_tables;
	info->nr_preexisting = vm->preexisting.nr;
}
