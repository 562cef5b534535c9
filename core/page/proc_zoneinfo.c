/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc/zoneinfo.
 *
 * Every node shows every zone type of its architecture, with or without pages, and of each
 * protection for requests of every type.  The model has no Device zone, which has no pages
 * of the page allocator: its column of protection is that of Movable.
 */
#include "core/page/proc.h"

#include <errno.h>
#include <inttypes.h>

#include "core/page/pcp.h"
#include "core/page/zone.h"

#define EMPTY_HIGH_MARK 32 /* of a zone that gets no share of min_free_kbytes: SWAP_CLUSTER_MAX */

struct zone_class {
	const char *name;
	enum km_zone_type type;
	bool is_device;
};

static const struct zone_class classes_64[] = {
	{ "DMA", KM_ZONE_DMA, false },	     { "DMA32", KM_ZONE_DMA32, false },
	{ "Normal", KM_ZONE_NORMAL, false }, { "Movable", KM_ZONE_MOVABLE, false },
	{ "Device", KM_ZONE_MOVABLE, true }, { 0 },
};

static const struct zone_class classes_32[] = {
	{ "DMA", KM_ZONE_DMA, false },
	{ "Normal", KM_ZONE_NORMAL, false },
	{ "HighMem", KM_ZONE_HIGHMEM, false },
	{ "Movable", KM_ZONE_MOVABLE, false },
	{ 0 },
};

static const struct zone_class *classes_of(const struct km_profile *profile)
{
	return profile->address_bits == 32 ? classes_32 : classes_64;
}

static uint64_t cma_pages(const struct km_pages *pages, const struct zone *zone)
{
	uint64_t nr = zone->spanned_pages
			      ? km_pageblock_index(pages, zone, km_zone_end(zone) - 1) + 1
			      : 0;
	uint64_t blocks = 0;

	for (uint64_t i = 0; i < nr; i++)
		blocks += zone->pageblock_types[i] == KM_MIGRATE_CMA;
	return blocks << pages->machine->profile.pageblock_order;
}

/* A zone that has no pages still has what __setup_per_zone_wmarks() gives to one. */
static uint64_t empty_mark(const struct km_profile *profile, const struct zone_class *class)
{
	bool has_own_mark =
		class->type == KM_ZONE_HIGHMEM ||
		(class->type == KM_ZONE_MOVABLE && !class->is_device &&
		 (profile->address_bits == 32 || (profile->features & KM_FEAT_MOVABLE_CAPPED)));

	return has_own_mark ? EMPTY_HIGH_MARK : 0;
}

static void print_line(struct km_proc_text *text, const char *name, uint64_t value)
{
	km_proc_print(text, "        %-8s %" PRIu64 "\n", name, value);
}

static void print_sizes(struct km_proc_text *text, const struct km_pages *pages,
			const struct zone *zone)
{
	const struct km_profile *profile = &pages->machine->profile;

	km_proc_print(text, "  pages free     %" PRIu64 "\n", zone->free_pages);
	if (profile->features & KM_FEAT_WMARK_PROMO)
		print_line(text, "boost", zone->watermark_boost);
	print_line(text, "min", zone->wmark_min);
	print_line(text, "low", zone->wmark_low);
	print_line(text, "high", zone->wmark_high);
	if (profile->features & KM_FEAT_FREE_HIGHATOMIC)
		print_line(text, "promo", zone->wmark_promo);
	print_line(text, "spanned", zone->spanned_pages);
	print_line(text, "present", zone->present_pages);
	print_line(text, "managed", zone->managed_pages);
	print_line(text, "cma", cma_pages(pages, zone));
	km_proc_print(text, "        protection: (");
	for (const struct zone_class *class = classes_of(profile); class->name; class ++)
		km_proc_print(text, "%s%" PRIu64, class == classes_of(profile) ? "" : ", ",
			      zone->lowmem_reserve[class->type]);
	km_proc_print(text, ")\n");
}

static void print_page_sets(struct km_proc_text *text, const struct km_pages *pages,
			    const struct zone *zone)
{
	bool floats = pages->machine->profile.features & KM_FEAT_PCP_AUTO_HIGH;

	km_proc_print(text, "  pagesets\n");
	for (unsigned int cpu = 0; cpu < pages->machine->nr_cpus; cpu++) {
		const struct km_pcp *pcp = &zone->pcp[cpu];

		km_proc_print(text, "    cpu: %u\n", cpu);
		if (!floats) {
			km_proc_print(text, "              count: %d\n", pcp->count);
			km_proc_print(text, "              high:  %d\n", pcp->high_min);
			km_proc_print(text, "              batch: %d\n", pcp->batch);
			continue;
		}
		km_proc_print(text, "              count:    %d\n", pcp->count);
		km_proc_print(text, "              high:     %d\n", pcp->high);
		km_proc_print(text, "              batch:    %d\n", pcp->batch);
		km_proc_print(text, "              high_min: %d\n", pcp->high_min);
		km_proc_print(text, "              high_max: %d\n", pcp->high_max);
	}
}

static void print_zone(struct km_proc_text *text, const struct km_pages *pages,
		       const struct zone *zone)
{
	print_sizes(text, pages, zone);
	if (!zone->present_pages)
		return;
	km_proc_print(text, "      nr_free_pages %" PRIu64 "\n", zone->free_pages);
	km_proc_print(text, "      nr_free_cma  %" PRIu64 "\n", zone->free_by_type[KM_MIGRATE_CMA]);
	print_page_sets(text, pages, zone);
	km_proc_print(text, "  start_pfn:           %" PRIu64 "\n", zone->start_pfn);
}

static const struct zone *find_zone(const struct km_pages *pages, unsigned int node,
				    const struct zone_class *class)
{
	for (unsigned int i = 0; i < pages->nr_zones && !class->is_device; i++)
		if (pages->zones[i].node == node && pages->zones[i].type == class->type)
			return &pages->zones[i];
	return NULL;
}

int km_proc_zoneinfo(const struct km_pages *pages, struct km_proc_text *text)
{
	const struct km_profile *profile = &pages->machine->profile;

	for (unsigned int node = 0; node < profile->nr_nodes; node++)
		for (const struct zone_class *class = classes_of(profile); class->name; class ++) {
			const struct zone *zone = find_zone(pages, node, class);
			uint64_t mark = empty_mark(profile, class);
			const struct zone empty = {
				.type = class->type,
				.node = node,
				.wmark_min = mark,
				.wmark_low = mark,
				.wmark_high = mark,
				.wmark_promo = mark,
			};

			km_proc_print(text, "Node %u, zone %8s\n", node, class->name);
			print_zone(text, pages, zone ? zone : &empty);
		}
	return text->has_failed ? -ENOMEM : 0;
}
