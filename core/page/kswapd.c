/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kswapd and kcompactd, in the model's time.
 *
 *   woken ── rounds at falling priority ──▶ some zone is above its high mark ──▶ asleep
 *              ▲         │                                             wakes kcompactd
 *              └─────────┘ again from the start; after 16 times in vain it is asleep
 *                          until somebody else has reclaimed
 *
 * A round ends after 32 pages, so that work may stop where the model's time does; the kernel
 * goes on to the sum of the high marks before it looks whether that is enough.  The threads
 * have a CPU as soon as they are woken, and to themselves.
 *
 * Mirrors mm/vmscan.c 6.12: wakeup_kswapd(), balance_pgdat(); mm/compaction.c: kcompactd.
 */
#include "core/page/compact.h"
#include "core/page/pcp.h"
#include "core/page/reclaim.h"
#include "core/page/zone.h"

#define NSEC_PER_SEC 1000000000ull
#define MAX_TICKS 64 /* a high that loses an eighth each time is where it was going by then */

/* The CPU whose per-cpu lists the threads of a node use. */
static unsigned int cpu_of_node(const struct km_pages *pages, unsigned int node)
{
	for (unsigned int cpu = 0; cpu < pages->machine->nr_cpus; cpu++)
		if (pages->machine->cpus[cpu].node == node)
			return cpu;
	return 0;
}

/* pgdat_balanced() */
static bool node_is_balanced(const struct km_pages *pages, unsigned int node, unsigned int order,
			     int class)
{
	bool managed = false;

	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		const struct zone *zone = &pages->zones[i];

		if (zone->node != node || (int)zone->type > class || !zone->managed_pages)
			continue;
		managed = true;
		if (km_zone_admits(zone, order, zone->wmark_high, class, 0))
			return true;
	}
	return !managed;
}

static void kcompactd_wake(struct km_pages *pages, unsigned int node, unsigned int order, int class)
{
	struct km_kswapd *kswapd = &pages->kswapd[node];

	if (!order || !(pages->machine->profile.features & KM_FEAT_COMPACTION))
		return;
	if (!kswapd->kcompactd_awake) {
		kswapd->kcompactd_order = 0;
		kswapd->kcompactd_class = 0;
		if (kswapd->busy_until_ns < pages->now_ns)
			kswapd->busy_until_ns = pages->now_ns;
	}
	kswapd->kcompactd_awake = true;
	if (kswapd->kcompactd_order < order)
		kswapd->kcompactd_order = order;
	if (kswapd->kcompactd_class < class)
		kswapd->kcompactd_class = class;
}

/* Pages by which the marks of a node's zones are raised. */
static uint64_t node_boost(const struct km_pages *pages, unsigned int node)
{
	uint64_t boost = 0;

	for (unsigned int i = 0; i < pages->nr_zones; i++)
		boost += pages->zones[i].node == node ? pages->zones[i].watermark_boost : 0;
	return boost;
}

/* balance_pgdat() from its start. */
static void kswapd_begin(struct km_pages *pages, unsigned int node)
{
	struct km_kswapd *kswapd = &pages->kswapd[node];

	kswapd->priority = KM_DEF_PRIORITY;
	kswapd->nr_reclaimed = 0;
	kswapd->boost = node_boost(pages, node);
	pages->events.pageoutrun++;
}

/* What a kswapd does whose reclaim is in the trace: it tries, and sleeps again. */
static void kswapd_recorded(struct km_pages *pages, unsigned int node, unsigned int order,
			    int class)
{
	struct km_kswapd *kswapd = &pages->kswapd[node];
	uint64_t reclaimable = 0;

	if (kswapd->failures >= KM_MAX_RECLAIM_RETRIES ||
	    node_is_balanced(pages, node, order, class))
		return;
	for (unsigned int i = 0; i < pages->nr_zones; i++)
		if (pages->zones[i].node == node)
			reclaimable +=
				km_zone_reclaimable_pages(&pages->zones[i], pages->nr_swap_pages);
	kswapd->failures = reclaimable ? 0 : kswapd->failures + 1;
	km_compact_reset_skip(pages, node);
}

void km_kswapd_wake(struct km_pages *pages, unsigned int node, km_gfp gfp, unsigned int order,
		    int class)
{
	struct km_kswapd *kswapd = &pages->kswapd[node];

	if (pages->reclaim_recorded) {
		kswapd_recorded(pages, node, order, class);
		return;
	}
	if (!kswapd->awake) {
		if (kswapd->failures >= KM_MAX_RECLAIM_RETRIES ||
		    (node_is_balanced(pages, node, order, class) && !node_boost(pages, node))) {
			if (!(gfp & KM_GFP_DIRECT_RECLAIM))
				kcompactd_wake(pages, node, order, class);
			return;
		}
		kswapd->awake = true;
		kswapd->order = 0;
		kswapd->class = 0;
		if (kswapd->busy_until_ns < pages->now_ns)
			kswapd->busy_until_ns = pages->now_ns;
		kswapd_begin(pages, node);
	}
	if (kswapd->order < order)
		kswapd->order = order;
	if (kswapd->class < class)
		kswapd->class = class;
}

static void kswapd_sleep(struct km_pages *pages, unsigned int node)
{
	struct km_kswapd *kswapd = &pages->kswapd[node];

	kswapd->awake = false;
	km_compact_reset_skip(pages, node);
	if (node_boost(pages, node)) {
		for (unsigned int i = 0; i < pages->nr_zones; i++)
			if (pages->zones[i].node == node)
				km_zone_unboost(&pages->zones[i], pages->zones[i].watermark_boost);
		kcompactd_wake(pages, node, pages->machine->profile.pageblock_order, kswapd->class);
	}
	kcompactd_wake(pages, node, kswapd->order, kswapd->class);
}

/* At the lowest priority: from the start again, or is it hopeless? */
static bool kswapd_goes_on(struct km_pages *pages, unsigned int node)
{
	struct km_kswapd *kswapd = &pages->kswapd[node];

	if (!kswapd->nr_reclaimed && ++kswapd->failures >= KM_MAX_RECLAIM_RETRIES)
		return false;
	kswapd_begin(pages, node);
	return true;
}

/* One round.  Returns the pages that it reclaimed. */
static uint64_t kswapd_round(struct km_pages *pages, unsigned int node, unsigned int order)
{
	struct km_kswapd *kswapd = &pages->kswapd[node];
	struct km_scan scan = { .gfp = KM_GFP_KERNEL,
				.order = order,
				.class = kswapd->class,
				.cpu = cpu_of_node(pages, node),
				.priority = kswapd->priority,
				.is_kswapd = true,
				.nr_to_reclaim = KM_SWAP_CLUSTER_MAX };

	km_shrink_node(pages, node, &scan);
	pages->events.kswapd_ns += scan.cost_ns;
	kswapd->busy_until_ns += scan.cost_ns;
	kswapd->nr_reclaimed += scan.nr_reclaimed;
	kswapd->boost -= scan.nr_reclaimed < kswapd->boost ? scan.nr_reclaimed : kswapd->boost;
	if (!scan.nr_reclaimed || scan.nr_scanned < scan.nr_to_reclaim)
		kswapd->priority--;
	return scan.nr_reclaimed;
}

/* Work until until_ns, or asleep. */
static uint64_t kswapd_run(struct km_pages *pages, unsigned int node, uint64_t until_ns)
{
	struct km_kswapd *kswapd = &pages->kswapd[node];
	uint64_t reclaimed = 0;

	while (kswapd->awake && kswapd->busy_until_ns < until_ns) {
		/* Enough for kcompactd to go on from here: only the number of pages counts. */
		unsigned int order =
			kswapd->nr_reclaimed < km_compact_gap(kswapd->order) ? kswapd->order : 0;

		/* For the boost alone it does not try hard. */
		if (kswapd->priority < KM_DEF_PRIORITY - 2)
			kswapd->boost = 0;
		if ((!kswapd->boost && node_is_balanced(pages, node, order, kswapd->class)) ||
		    (kswapd->priority < 1 && !kswapd_goes_on(pages, node))) {
			kswapd_sleep(pages, node);
			break;
		}
		reclaimed += kswapd_round(pages, node, order);
	}
	return reclaimed;
}

uint64_t km_kswapd_finish(struct km_pages *pages, unsigned int node)
{
	return kswapd_run(pages, node, UINT64_MAX);
}

static void kcompactd_run(struct km_pages *pages, unsigned int node)
{
	struct km_kswapd *kswapd = &pages->kswapd[node];
	uint64_t cost_ns;

	kswapd->kcompactd_awake = false;
	cost_ns = km_kcompactd(pages, node, kswapd->kcompactd_order, kswapd->kcompactd_class);
	pages->events.compact_daemon_wake++;
	pages->events.kcompactd_ns += cost_ns;
	kswapd->busy_until_ns += cost_ns;
}

/* The vmstat workers' seconds since the last time; more make no difference. */
static void tick_lists(struct km_pages *pages, uint64_t now_ns)
{
	uint64_t seconds = now_ns / NSEC_PER_SEC - pages->now_ns / NSEC_PER_SEC;

	for (unsigned int i = 0; i < MAX_TICKS && i < seconds; i++)
		km_pcp_tick(pages);
}

void km_pages_advance(struct km_pages *pages, uint64_t now_ns)
{
	if (now_ns <= pages->now_ns)
		return;
	tick_lists(pages, now_ns);
	for (unsigned int node = 0; node < pages->machine->profile.nr_nodes; node++) {
		struct km_kswapd *kswapd = &pages->kswapd[node];

		kswapd_run(pages, node, now_ns);
		if (kswapd->kcompactd_awake && kswapd->busy_until_ns < now_ns)
			kcompactd_run(pages, node);
	}
	pages->now_ns = now_ns;
}
