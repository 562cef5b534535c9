/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other addresses for data.
 *
 *   objects   TF_ANON_DIRECT_MAP      the direct map, 8 TiB at most
 *             + 8 TiB + 1 GiB         regions outside of it, or all if its base is not known
 *   percpu    PERCPU_BASE             regions
 *   structs   STRUCTS_BASE            regions
 *   areas     AREAS_BASE              areas
 *
 * The direct map is taken to be 8 TiB: a kernel leaves room for 10 TiB of memory to come
 * between it and what is mapped next (CONFIG_RANDOMIZE_MEMORY_PHYSICAL_PADDING), so that a
 * stray address of another mapping does not move by the same distance and give it away.
 */
#include "tracefmt/anon_addr.h"

#include <errno.h>
#include <stdlib.h>

#define GIB (UINT64_C(1) << 30)
#define OBJECTS_SHIFT 21
#define MAX_OBJECTS (1u << 21)
#define PERCPU_SHIFT 16
#define MAX_PERCPU (1u << 20)
#define STRUCTS_SHIFT 30
#define MAX_STRUCTS (1u << 16)
#define MAX_AREAS (1u << 20)

#define DIRECT_MAP_BYTES (UINT64_C(1) << 43)
#define STRAYS_BASE (TF_ANON_DIRECT_MAP + DIRECT_MAP_BYTES + GIB)
#define PERCPU_BASE 0x0000600000000000u
#define STRUCTS_BASE 0xffffea0000000000u
#define AREAS_BASE 0xffffc90000000000u
#define AREAS_BASE_32 0x0000000100000000u /* behind all addresses that are real */
#define MAX_AREA_BYTES (UINT64_C(1) << 32)
#define MAX_AREAS_BYTES (UINT64_C(1) << 44)
#define MAX_ALIGN_SHIFT 30u

/* A frame number is below this on every machine, the address of a struct page is not. */
#define MAX_PFN (UINT64_C(1) << 40)

struct tf_anon_area {
	uint64_t start, bytes;
};

void tf_anon_addr_init(struct tf_anon_addr *a, const struct tf_meta *meta,
		       const struct tf_host *host)
{
	*a = (struct tf_anon_addr){
		.is_32bit = host->pointer_bytes == 4,
		.page_bytes = UINT64_C(1) << host->page_shift,
		.old_base = tf_meta_get_u64(meta, "calib.page_offset_base", 0),
	};
	a->has_direct_map = a->old_base && !a->is_32bit;
	a->new_base = TF_ANON_DIRECT_MAP + a->old_base % GIB;
	a->next_area = a->is_32bit ? AREAS_BASE_32 : AREAS_BASE;
	tf_numbering_init(&a->objects, MAX_OBJECTS, "regions of 2 MiB with objects");
	tf_numbering_init(&a->percpu, MAX_PERCPU, "regions of 64 KiB with percpu pointers");
	tf_numbering_init(&a->structs, MAX_STRUCTS, "regions of 1 GiB with struct pages");
	tf_numbering_init(&a->areas, MAX_AREAS, "vmalloc areas");
}

void tf_anon_addr_release(struct tf_anon_addr *a)
{
	tf_numbering_release(&a->objects);
	tf_numbering_release(&a->percpu);
	tf_numbering_release(&a->structs);
	tf_numbering_release(&a->areas);
	free(a->area);
	a->area = NULL;
	a->nr_area = a->area_room = 0;
}

/* NULL and its like, and error codes. */
static bool is_no_address(uint64_t addr)
{
	return addr < 4096 || addr >= UINT64_MAX - 4095;
}

static int move_region(struct tf_numbering *regions, unsigned shift, uint64_t base, uint64_t *addr,
		       struct tf_error *err)
{
	int64_t number = tf_numbering_get(regions, *addr >> shift, err);
	uint64_t within = *addr & ((UINT64_C(1) << shift) - 1);

	if (number < 0)
		return (int)number;
	*addr = base + ((uint64_t)(number - 1) << shift) + within;
	return 0;
}

static int move_object(struct tf_anon_addr *a, uint64_t *addr, struct tf_error *err)
{
	if (a->is_32bit)
		return 0;
	if (a->has_direct_map && *addr - a->old_base < DIRECT_MAP_BYTES) {
		*addr = *addr - a->old_base + a->new_base;
		return 0;
	}
	return move_region(&a->objects, OBJECTS_SHIFT, STRAYS_BASE, addr, err);
}

static int place_area(struct tf_anon_addr *a, struct tf_anon_area *area, uint64_t bytes,
		      uint64_t align, struct tf_error *err)
{
	uint64_t base = a->is_32bit ? AREAS_BASE_32 : AREAS_BASE;

	if (bytes > MAX_AREA_BYTES)
		bytes = MAX_AREA_BYTES;
	area->start = (a->next_area + align - 1) / align * align;
	area->bytes = (bytes + a->page_bytes - !!bytes) / a->page_bytes * a->page_bytes;
	if (area->start + area->bytes - base > MAX_AREAS_BYTES)
		return tf_fail(err, -E2BIG, TF_NO_OFFSET, "vmalloc areas take more than 16 TiB");
	a->next_area = area->start + area->bytes;
	return 0;
}

static int new_area(struct tf_anon_addr *a, struct tf_error *err)
{
	uint32_t room = a->area_room ? a->area_room * 2 : 64;
	struct tf_anon_area *bigger;

	if (a->nr_area < a->area_room)
		return 0;
	bigger = realloc(a->area, room * sizeof(*bigger));
	if (!bigger)
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	a->area = bigger;
	a->area_room = room;
	return 0;
}

int tf_anon_addr_area(struct tf_anon_addr *a, uint64_t start, uint64_t bytes, unsigned align_shift,
		      uint64_t *new_start, struct tf_error *err)
{
	uint64_t within = start & (a->page_bytes - 1), align = a->page_bytes;
	struct tf_anon_area *area;
	int64_t number;
	int ret = new_area(a, err);

	if (ret)
		return ret;
	number = tf_numbering_get(&a->areas, start, err);
	if (number < 0)
		return (int)number;
	if (align_shift <= MAX_ALIGN_SHIFT && align < UINT64_C(1) << align_shift)
		align = UINT64_C(1) << align_shift;
	area = &a->area[number - 1];
	if (number > a->nr_area)
		a->area[a->nr_area++] = (struct tf_anon_area){ .bytes = 0 };
	if (!area->bytes || (bytes > area->bytes && area->bytes < MAX_AREA_BYTES) ||
	    (bytes && area->start % align)) {
		ret = place_area(a, area, bytes, align, err);
		if (ret)
			return ret;
	}
	*new_start = area->start + within;
	return 0;
}

int tf_anon_addr_event(struct tf_anon_addr *a, struct tf_event *ev, struct tf_error *err)
{
	if (is_no_address(ev->addr))
		return 0;
	switch (ev->kind) {
	case TF_KMALLOC:
	case TF_KFREE:
	case TF_CACHE_ALLOC:
	case TF_CACHE_FREE:
		return move_object(a, &ev->addr, err);
	case TF_PAGE_ALLOC:
	case TF_PAGE_FREE:
	case TF_PAGE_FREE_BATCH:
	case TF_ZONE_LOCKED:
	case TF_PCPU_DRAIN:
	case TF_EXTFRAG:
		return ev->addr < MAX_PFN ? 0
					  : move_region(&a->structs, STRUCTS_SHIFT, STRUCTS_BASE,
							&ev->addr, err);
	case TF_PERCPU_ALLOC:
	case TF_PERCPU_FREE:
	case TF_PERCPU_FAIL:
		return a->is_32bit
			       ? 0
			       : move_region(&a->percpu, PERCPU_SHIFT, PERCPU_BASE, &ev->addr, err);
	case TF_VMAP_ALLOC:
		return tf_anon_addr_area(a, ev->addr, ev->bytes_req, ev->order, &ev->addr, err);
	case TF_VMAP_FREE:
		return tf_anon_addr_area(a, ev->addr, 0, 0, &ev->addr, err);
	default:
		return 0;
	}
}
