/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When compaction is worth it, in which zones, and when it is over.
 *
 * Mirrors mm/compaction.c 6.12: compaction_suitable(), defer_compaction(), compact_zone(),
 * __compact_finished(), try_to_compact_pages(), kcompactd_do_work().
 */
#include <string.h>

#include "core/page/compact_run.h"
#include "core/page/pcp.h"
#include "core/page/zone.h"

#define EXTFRAG_THRESHOLD 500 /* vm.extfrag_threshold */
#define MAX_DEFER_SHIFT 6

/*
 * What it costs, a page.  The move of one is a copy (0.45 us measured on an x86-64 guest with
 * cold pages) and the change of its mappings, which is taken for the better part of what
 * unmapping and freeing it costs (1.1 us, see reclaim.c); one that is looked at, for a cache
 * miss that the hardware sees coming.
 */
static const struct {
	uint64_t scan, move;
} cost_ns = { .scan = 20, .move = 1500 };

static const char *const result_names[KM_NR_COMPACT_RESULTS] = {
	[KM_COMPACT_NONE] = "not tried",
	[KM_COMPACT_SKIPPED] = "skipped",
	[KM_COMPACT_DEFERRED] = "deferred",
	[KM_COMPACT_COMPLETE] = "complete",
	[KM_COMPACT_PARTIAL_SKIPPED] = "partly skipped",
	[KM_COMPACT_SUCCESS] = "success",
};

const char *km_compact_result_name(unsigned int result)
{
	return result < KM_NR_COMPACT_RESULTS ? result_names[result] : "?";
}

bool km_compaction_allowed(const struct km_pages *pages, km_gfp gfp)
{
	return pages->machine->profile.features & KM_FEAT_COMPACTION && gfp & KM_GFP_IO;
}

bool km_compaction_has_room(const struct zone *zone, unsigned int order, int class,
			    uint64_t available)
{
	uint64_t mark = order > KM_COSTLY_ORDER ? zone->wmark_low : zone->wmark_min;

	return available >
	       km_zone_needs(zone, 0, mark + km_compact_gap(order), class, KM_ALLOC_CMA);
}

bool km_compaction_suitable(const struct zone *zone, unsigned int order, int class)
{
	int index;

	if (!km_compaction_has_room(zone, order, class, zone->free_pages))
		return false;
	if (order <= KM_COSTLY_ORDER)
		return true;
	index = km_fragmentation_index(zone, order);
	return index < 0 || index > EXTFRAG_THRESHOLD;
}

bool km_compaction_deferred(struct zone *zone, unsigned int order)
{
	struct km_zone_compact *compact = &zone->compact;
	unsigned int limit = 1u << compact->defer_shift;

	if (order < compact->order_failed)
		return false;
	if (++compact->considered >= limit) {
		compact->considered = limit;
		return false;
	}
	return true;
}

void km_compaction_defer(struct zone *zone, unsigned int order)
{
	struct km_zone_compact *compact = &zone->compact;

	compact->considered = 0;
	if (compact->defer_shift < MAX_DEFER_SHIFT)
		compact->defer_shift++;
	if (order < compact->order_failed)
		compact->order_failed = order;
}

void km_compaction_defer_reset(struct zone *zone, unsigned int order, bool allocated)
{
	struct km_zone_compact *compact = &zone->compact;

	if (allocated) {
		compact->considered = 0;
		compact->defer_shift = 0;
	}
	if (order >= compact->order_failed)
		compact->order_failed = order + 1;
}

/* find_suitable_fallback(): could the type take over blocks of the order from another? */
static bool can_steal(const struct km_pages *pages, const struct km_free_area *area,
		      unsigned int order, enum km_migratetype type)
{
	if (order < pages->machine->profile.pageblock_order / 2 && type == KM_MIGRATE_MOVABLE &&
	    !pages->mobility_disabled)
		return false;
	for (int other = 0; other < KM_MIGRATE_PCPTYPES; other++)
		if (area->list[other].nr)
			return true;
	return false;
}

/* Is a block free that the request can have? */
static bool has_suitable_block(const struct km_compact_run *run)
{
	enum km_migratetype type = run->want->type;

	for (unsigned int order = run->want->order; order < KM_NR_ORDERS; order++) {
		const struct km_free_area *area = &run->zone->free_area[order];

		if (!area->nr_free)
			continue;
		if (area->list[type].nr ||
		    (type == KM_MIGRATE_MOVABLE && area->list[KM_MIGRATE_CMA].nr) ||
		    can_steal(run->pages, area, order, type))
			return true;
	}
	return false;
}

/* Where the scanners begin. */
static void place_scanners(struct km_compact_run *run)
{
	struct km_zone_compact *compact = &run->zone->compact;
	uint64_t start = run->zone->start_pfn;
	uint64_t last = (km_zone_end(run->zone) - 1) & ~(km_run_pageblock(run) - 1);

	run->migrate_pfn = compact->migrate_pfn[run->want->priority != KM_COMPACT_ASYNC];
	run->free_block = compact->free_pfn;
	if (run->want->priority == KM_COMPACT_FULL || !run->migrate_pfn)
		run->migrate_pfn = start;
	if (run->want->priority == KM_COMPACT_FULL || !run->free_block)
		run->free_block = last;
	run->free_at = run->free_block;
	run->whole_zone = run->migrate_pfn == start;
}

static enum km_compact_result scan_zone(struct km_compact_run *run)
{
	struct km_zone_compact *compact = &run->zone->compact;

	for (;;) {
		if (km_run_scanners_met(run)) {
			compact->skip_flush |= run->want->direct;
			compact->migrate_pfn[0] = compact->migrate_pfn[1] = 0;
			compact->free_pfn = 0;
			return run->whole_zone ? KM_COMPACT_COMPLETE : KM_COMPACT_PARTIAL_SKIPPED;
		}
		if (has_suitable_block(run)) {
			compact->migrate_pfn[run->want->priority != KM_COMPACT_ASYNC] =
				run->migrate_pfn;
			compact->free_pfn = run->free_block;
			return KM_COMPACT_SUCCESS;
		}
		km_run_migrate_pageblock(run);
	}
}

static void reset_skip(const struct km_pages *pages, struct zone *zone)
{
	uint64_t nr = km_pageblock_index(pages, zone, km_zone_end(zone)) + 1;

	if (zone->compact.skip)
		memset(zone->compact.skip, 0, (nr / 64 + 1) * sizeof(*zone->compact.skip));
	zone->compact.skip_flush = false;
}

void km_compact_reset_skip(struct km_pages *pages, unsigned int node)
{
	for (unsigned int i = 0; i < pages->nr_zones; i++)
		if (pages->zones[i].node == node && pages->zones[i].compact.skip_flush)
			reset_skip(pages, &pages->zones[i]);
}

/* compaction_restarting(): it was put off for as long as it ever is. */
static bool is_restarting(const struct zone *zone, unsigned int order)
{
	const struct km_zone_compact *compact = &zone->compact;

	return order >= compact->order_failed && compact->defer_shift == MAX_DEFER_SHIFT &&
	       compact->considered >= 1u << compact->defer_shift;
}

enum km_compact_result km_compact_zone(struct km_pages *pages, struct zone *zone,
				       struct km_compact *want)
{
	struct km_compact_run run = { .pages = pages, .zone = zone, .want = want };
	struct km_vm_events *events = &pages->events;
	enum km_compact_result result;

	if (km_zone_admits(zone, want->order, zone->wmark_min, want->class, want->alloc_flags))
		return KM_COMPACT_SUCCESS;
	if (!km_compaction_suitable(zone, want->order, want->class))
		return KM_COMPACT_SKIPPED;
	if (km_held_index_init(&run.held, pages, zone)) {
		km_held_index_release(&run.held, zone);
		return KM_COMPACT_NONE;
	}
	if (is_restarting(zone, want->order))
		reset_skip(pages, zone);
	place_scanners(&run);
	result = scan_zone(&run);
	km_run_release_free(&run);
	if (zone->compact.free_pfn && run.free_block > zone->compact.free_pfn)
		zone->compact.free_pfn = run.free_block;
	km_held_index_release(&run.held, zone);
	want->cost_ns += (run.migrate_scanned + run.free_scanned) * cost_ns.scan +
			 run.migrated * cost_ns.move;
	events->compact_migrate_scanned += run.migrate_scanned;
	events->compact_free_scanned += run.free_scanned;
	events->pgmigrate_success += run.migrated;
	events->pgmigrate_fail += run.failed;
	return result;
}

enum km_compact_result km_compact_zonelist(struct km_pages *pages, struct km_compact *want,
					   unsigned int node, bool only_node)
{
	enum km_compact_result best = KM_COMPACT_SKIPPED;
	bool no_memory = false;

	for (unsigned int i = 0; i < pages->nr_zonelist[node]; i++) {
		struct zone *zone = &pages->zones[pages->zonelist[node][i]];
		enum km_compact_result result;

		if ((int)zone->type > want->class || (only_node && zone->node != node))
			continue;
		if (want->priority > KM_COMPACT_FULL && km_compaction_deferred(zone, want->order)) {
			pages->events.compact_deferred++;
			best = best > KM_COMPACT_DEFERRED ? best : KM_COMPACT_DEFERRED;
			continue;
		}
		result = km_compact_zone(pages, zone, want);
		no_memory |= result == KM_COMPACT_NONE;
		best = result > best ? result : best;
		if (result == KM_COMPACT_SUCCESS) {
			km_compaction_defer_reset(zone, want->order, false);
			break;
		}
		if (want->priority != KM_COMPACT_ASYNC &&
		    (result == KM_COMPACT_COMPLETE || result == KM_COMPACT_PARTIAL_SKIPPED))
			km_compaction_defer(zone, want->order);
	}
	return best == KM_COMPACT_SKIPPED && no_memory ? KM_COMPACT_NONE : best;
}

uint64_t km_kcompactd(struct km_pages *pages, unsigned int node, unsigned int order, int class)
{
	struct km_compact want = { .order = order,
				   .type = KM_MIGRATE_UNMOVABLE,
				   .priority = KM_COMPACT_SYNC };

	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		struct zone *zone = &pages->zones[i];
		enum km_compact_result result;

		if (zone->node != node || (int)zone->type > class || !zone->managed_pages ||
		    km_compaction_deferred(zone, order))
			continue;
		want.class = zone->type;
		result = km_compact_zone(pages, zone, &want);
		if (result == KM_COMPACT_SUCCESS) {
			km_compaction_defer_reset(zone, order, false);
		} else if (result == KM_COMPACT_COMPLETE || result == KM_COMPACT_PARTIAL_SKIPPED) {
			for (unsigned int cpu = 0; cpu < pages->machine->nr_cpus; cpu++)
				km_pcp_drain(pages, zone, cpu);
			km_compaction_defer(zone, order);
		}
	}
	return want.cost_ns;
}
