/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The invariants of struct km_vm, checked from scratch: areas and holes tile the
 * range, every page of an area is used by it alone, every figure can be recounted.
 */
#include "core/vm/vmalloc_internal.h"

#include <stdio.h>
#include <stdlib.h>

struct recount {
	uint64_t nr_areas, bytes, guard_bytes, nr_pages, top_bytes, lazy_bytes;
	uint64_t nr_preexisting;
};

static int by_addr(const void *a, const void *b)
{
	const struct km_area *x = *(struct km_area *const *)a;
	const struct km_area *y = *(struct km_area *const *)b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

static const char *complain(char *buf, size_t len, const struct km_area *area, const char *what)
{
	snprintf(buf, len, "vm: area %#llx: %s", (unsigned long long)area->addr, what);
	return buf;
}

static const char *check_pages(const struct km_vm *vm, const struct km_area *area, char *buf,
			       size_t len)
{
	const struct km_machine *machine = vm->pages->machine;

	for (uint32_t i = 0; i < area->nr_pages; i++) {
		const struct page *page;

		if (area->pfns[i] >= machine->nr_pfns)
			return complain(buf, len, area, "has a page outside memory");
		page = km_page(machine, area->pfns[i]);
		if (page->state != KM_PAGE_USED || page->owner != KM_OWNER_VMALLOC || page->order)
			return complain(buf, len, area,
					"has a page that is not a used one of its own");
	}
	return NULL;
}

static const char *check_live(const struct km_vm *vm, const struct km_area *area,
			      struct recount *count, char *buf, size_t len)
{
	uint64_t page = UINT64_C(1) << vm->page_shift;
	uint64_t guard = area->flags & (KM_AREA_NO_GUARD | KM_AREA_TOP) ? 0 : page;

	if (km_area_map_find(&vm->live, area->addr) != area)
		return complain(buf, len, area, "is not found by its address");
	if (area->flags & KM_AREA_PAGES && area->nr_pages != (area->bytes - guard) / page)
		return complain(buf, len, area, "has not a page for each of its own");
	count->nr_preexisting += area->size ? 1 : 0;
	if (area->flags & KM_AREA_TOP) {
		count->top_bytes += area->bytes;
	} else {
		count->nr_areas++;
		count->bytes += area->bytes;
		count->guard_bytes += guard;
		count->nr_pages += area->nr_pages;
	}
	return check_pages(vm, area, buf, len);
}

/* Areas, live and lazy, in order of address: none overlaps the next or a hole. */
static const char *check_tiling(const struct km_vm *vm, struct km_area **areas, size_t nr,
				char *buf, size_t len)
{
	uint64_t at = vm->start;

	for (size_t i = 0; i <= nr; i++) {
		const struct km_hole *hole = km_area_tree_next(&vm->holes, at);
		uint64_t next = i < nr ? areas[i]->addr : vm->end;

		if (i < nr && next < at)
			return complain(buf, len, areas[i], "overlaps the area below");
		if (next > at && (!hole || hole->start != at || hole->bytes != next - at)) {
			snprintf(buf, len, "vm: %#llx to %#llx is neither area nor one hole",
				 (unsigned long long)at, (unsigned long long)next);
			return buf;
		}
		if (next == at && i < nr && hole && hole->start < at + areas[i]->bytes)
			return complain(buf, len, areas[i], "overlaps a hole");
		if (i < nr)
			at = next + areas[i]->bytes;
	}
	return NULL;
}

static const char *check_counts(const struct km_vm *vm, const struct recount *count, char *buf,
				size_t len)
{
	const struct km_vm_info *info = &vm->info;
	const struct {
		const char *name;
		uint64_t counted, found;
	} rows[] = {
		{ "nr_areas", info->nr_areas, count->nr_areas },
		{ "bytes", info->bytes, count->bytes },
		{ "guard_bytes", info->guard_bytes, count->guard_bytes },
		{ "nr_pages", info->nr_pages, count->nr_pages },
		{ "lazy_bytes", info->lazy_bytes, count->lazy_bytes },
		{ "top_bytes", info->top_bytes, count->top_bytes },
		{ "nr_preexisting", vm->preexisting.nr, count->nr_preexisting },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].counted != rows[i].found) {
			snprintf(buf, len, "vm: %s is %llu, found %llu", rows[i].name,
				 (unsigned long long)rows[i].counted,
				 (unsigned long long)rows[i].found);
			return buf;
		}
	}
	if (info->lazy_bytes >> vm->page_shift > vm->lazy_max_pages) {
		snprintf(buf, len, "vm: lazy_bytes is %llu, limit %llu pages",
			 (unsigned long long)info->lazy_bytes,
			 (unsigned long long)vm->lazy_max_pages);
		return buf;
	}
	return NULL;
}

const char *km_vm_is_valid(const struct km_vm *vm, char *buf, size_t len)
{
	struct recount count = { .nr_areas = 0 };
	struct km_area **areas;
	const char *broken;
	size_t nr = 0;

	broken = km_area_tree_is_valid(&vm->holes, buf, len);
	if (!broken)
		broken = km_pgtable_is_valid(&vm->pgtable, buf, len);
	if (broken)
		return broken;
	areas = calloc((size_t)vm->live.nr_areas + vm->nr_lazy + 1, sizeof(struct km_area *));
	if (!areas) {
		snprintf(buf, len, "vm: no memory to check");
		return buf;
	}
	for (uint32_t i = 0; !broken && i < vm->live.nr_slots; i++) {
		if (!vm->live.slots[i].area)
			continue;
		areas[nr++] = vm->live.slots[i].area;
		broken = check_live(vm, areas[nr - 1], &count, buf, len);
	}
	for (struct km_area *area = vm->lazy; !broken && area; area = area->next) {
		areas[nr++] = area;
		count.lazy_bytes += area->bytes;
	}
	if (!broken) {
		qsort(areas, nr, sizeof(struct km_area *), by_addr);
		broken = check_tiling(vm, areas, nr, buf, len);
	}
	if (!broken)
		broken = check_counts(vm, &count, buf, len);
	free(areas);
	return broken;
}
