/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The warm start: the host as its opening snapshot shows it, in the model.
 *
 *   booted: every page held
 *     seed      buddy lists by zone, order and type, where the page map has them; per-cpu
 *               lists by CPU
 *     start     slab, vmalloc and percpu come up; first percpu chunk from held pages
 *     populate  slabs by cache, areas, percpu chunks, all from held pages
 *
 * What remains held is what nobody accounts for: user pages, page cache, page tables,
 * large kmallocs, the kernel's own image.  The files of a snapshot are read one after the
 * other from a running system, so some pages may be missing or left over; whatever cannot
 * be placed is left out.
 */
#include <stdlib.h>

#include "core/replay/host_files.h"
#include "core/replay/loop.h"
#include "core/replay/page_map.h"

static struct zone *find_zone(struct km_pages *pages, const struct km_host_zone *from)
{
	for (unsigned int i = 0; i < pages->nr_zones; i++)
		if (pages->zones[i].node == from->node && pages->zones[i].type == from->type)
			return &pages->zones[i];
	return NULL;
}

static enum km_extent_kind extent_kind(const struct km_page_run *run)
{
	switch (run->kind) {
	case KM_PAGE_MAP_FREE:
		return KM_EXTENT_FREE;
	case KM_PAGE_MAP_ANON:
		return KM_EXTENT_ANON;
	case KM_PAGE_MAP_FILE_CACHE:
		return run->is_dirty ? KM_EXTENT_DIRTY : KM_EXTENT_MOVABLE;
	case KM_PAGE_MAP_UNEVICTABLE:
		return KM_EXTENT_PINNED;
	case KM_PAGE_MAP_SLAB:
		return KM_EXTENT_SLAB;
	case KM_PAGE_MAP_RESERVED:
	case KM_PAGE_MAP_NOTHING:
		return KM_EXTENT_RESERVED;
	default:
		return KM_EXTENT_KERNEL;
	}
}

/*
 * The opening snapshot's page map.  NULL, with *nr 0, if it has none, or one that does not tell of
 * all pages, or there is no memory for it.
 */
static struct km_extent *read_map(struct km_replay *replay, size_t *nr)
{
	struct km_text text = km_snapshot_text(tf_meta_opening(replay->meta), KM_PAGE_MAP_FILE);
	struct km_extent *extents = NULL;
	struct km_page_map map = { 0 };

	*nr = 0;
	if (!km_text_len(&text) || km_page_map_parse(&map, text) || map.is_cut)
		goto out;
	extents = malloc((map.nr + 1) * sizeof(*extents));
	for (size_t i = 0; extents && i < map.nr; i++) {
		const struct km_page_run *run = &map.runs[i];

		if (run->pfn + run->nr >= UINT32_MAX)
			break;
		extents[(*nr)++] = (struct km_extent){ .pfn = run->pfn,
						       .nr = run->nr,
						       .kind = extent_kind(run),
						       .order = run->order };
	}
out:
	km_page_map_release(&map);
	return extents;
}

void km_warm_seed(struct km_replay *replay)
{
	struct km_pages *pages = &replay->kernel.pages;
	const struct km_host_state *start = &replay->host.start;
	unsigned int nr_cpus = replay->kernel.machine.nr_cpus;
	size_t nr_extents;
	struct km_extent *extents = read_map(replay, &nr_extents);

	for (unsigned int i = 0; i < start->nr_zones; i++) {
		const struct km_host_zone *from = &start->zones[i];
		struct zone *zone = find_zone(pages, from);

		if (!zone)
			continue;
		if (nr_extents &&
		    !km_pages_seed_map(pages, zone, from->blocks, extents, nr_extents))
			replay->loop->held_by_number = true;
		else
			km_pages_seed(pages, zone, from->blocks);
		for (unsigned int cpu = 0; cpu < 64 && cpu < nr_cpus; cpu++)
			km_pages_seed_pcp(pages, zone, cpu, from->pcp_count[cpu],
					  from->pcp_high[cpu]);
	}
	free(extents);
}

/*
 * Slabs of a cache.  If the model's slabs hold another number of objects than the host's
 * did, there are as many as the same objects need, with the same share partial.
 */
static void populate_cache(struct km_replay *replay, const struct km_host_cache *from)
{
	struct kmem_cache *cache = km_caches_of_host(replay, from);
	struct km_cache_census census = {
		.nr_slabs = from->nr_slabs,
		.nr_active = from->nr_active,
		.nr_partial = from->nr_partial,
		.nr_cpu_slabs = from->nr_cpu_slabs,
		.nr_cpu_partial = from->nr_cpu_partial,
	};
	struct km_cache_info info;

	if (!cache || !from->nr_slabs || from->nr_slabs > UINT32_MAX)
		return;
	km_cache_get_info(cache, &info);
	if (info.objects_per_slab != from->objects_per_slab) {
		unsigned __int128 objects =
			(unsigned __int128)from->nr_slabs * from->objects_per_slab;

		census.nr_slabs =
			(uint64_t)((objects + info.objects_per_slab - 1) / info.objects_per_slab);
		census.nr_partial = (uint64_t)((unsigned __int128)from->nr_partial *
					       census.nr_slabs / from->nr_slabs);
		census.nr_cpu_partial = (uint64_t)((unsigned __int128)from->nr_cpu_partial *
						   census.nr_slabs / from->nr_slabs);
	}
	km_cache_populate(cache, &census);
}

void km_warm_populate(struct km_replay *replay)
{
	const struct km_host_state *start = &replay->host.start;
	uint64_t max_pages = 0;

	for (unsigned int i = 0; i < replay->kernel.pages.nr_zones; i++)
		max_pages += replay->kernel.pages.zones[i].managed_pages;
	for (uint32_t i = 0;
	     start->has_slab && i < start->nr_caches && !replay->loop->out_of_memory; i++)
		populate_cache(replay, &start->caches[i]);
	for (uint32_t i = 0; start->has_vmalloc && i < start->nr_areas; i++)
		km_vm_populate(replay->kernel.vm, start->areas[i].bytes,
			       start->areas[i].has_pages ? KM_AREA_PAGES : KM_AREA_MAP);
	if (start->has_percpu && start->percpu_pages <= max_pages)
		km_percpu_populate(replay->kernel.percpu, start->percpu_pages);
}
