/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One round over the LRU lists of a node, direct reclaim, and the OOM killer.
 *
 * Mirrors mm/vmscan.c 6.12: shrink_node(), get_scan_count(), shrink_inactive_list(),
 * shrink_active_list(), do_try_to_free_pages(), shrink_zones(); mm/oom_kill.c.
 */
#include "core/page/compact.h"
#include "core/page/held.h"
#include "core/page/lru.h"
#include "core/page/page_list.h"
#include "core/page/reclaim.h"
#include "core/page/zone.h"

#define SWAPPINESS 60
#define MAX_SWAPPINESS 200
#define PAGES_PER_GB_SHIFT 18

/*
 * What it costs, a page.  Measured on an x86-64 guest of 6.18 (MADV_PAGEOUT of mapped clean page
 * cache: 1.1 us; a file written and synced to its disk: 2 us); a page that is looked at and left
 * is taken for two cache misses.  A round costs some even if lists are too short to be scanned.
 */
static const struct {
	uint64_t round, scan, free, write;
} cost_ns = { .round = 2000, .scan = 200, .free = 900, .write = 2000 };

static uint64_t lesser(uint64_t x, uint64_t y)
{
	return x < y ? x : y;
}

/* Held pages that reclaim may have.  Those that went in other ways were clean, see reclaim.h. */
struct held_kinds {
	uint64_t clean, dirty, anon;
};

static struct held_kinds held_kinds(const struct zone *zone)
{
	uint64_t left = zone->held[KM_HELD_MOVABLE].nr_pages;
	struct held_kinds kinds;

	left -= lesser(left, zone->held_pinned);
	kinds.anon = lesser(left, zone->held_anon);
	left -= kinds.anon;
	kinds.dirty = lesser(left, zone->held_dirty);
	kinds.clean = left - kinds.dirty;
	return kinds;
}

uint64_t km_zone_held_reclaimable(const struct zone *zone, uint64_t nr_swap_pages)
{
	struct held_kinds kinds = held_kinds(zone);

	return kinds.clean + kinds.dirty + (nr_swap_pages ? kinds.anon : 0);
}

uint64_t km_zone_reclaimable_pages(const struct zone *zone, uint64_t nr_swap_pages)
{
	uint64_t nr = zone->lru_pages[KM_LRU_INACTIVE_FILE] + zone->lru_pages[KM_LRU_ACTIVE_FILE] +
		      km_zone_held_reclaimable(zone, nr_swap_pages);

	if (nr_swap_pages)
		nr += zone->lru_pages[KM_LRU_INACTIVE_ANON] + zone->lru_pages[KM_LRU_ACTIVE_ANON];
	return nr;
}

void km_pages_set_ops(struct km_pages *pages, const struct km_pages_ops *ops, void *arg)
{
	pages->ops = ops;
	pages->ops_arg = arg;
}

/* Is there somebody to be told?  If not, blocks on the lists stay. */
static bool tells(const struct km_pages *pages)
{
	return pages->ops && pages->ops->reclaimed;
}

/* Free a block that is off its list, and tell its owner. */
static void free_block(struct km_pages *pages, uint64_t pfn, unsigned int cpu)
{
	struct page *page = km_page(pages->machine, pfn);
	unsigned int order = page->order;
	uint32_t priv = page->priv;

	page->priv = 0;
	km_free_pages(pages, pfn, order, cpu);
	pages->ops->reclaimed(pages->ops_arg, pfn, order, priv);
}

/* What became of a block of the inactive list. */
enum verdict {
	FREE,
	WRITE, /* and again next time */
	KEEP,
	ACTIVATE,
};

static enum verdict judge(const struct km_pages *pages, const struct km_scan *scan,
			  const struct page *page)
{
	if (page->count != 1 || !tells(pages))
		return ACTIVATE;
	if (!(page->flags & KM_PG_DIRTY))
		return FREE;
	if (!(scan->gfp & KM_GFP_IO))
		return KEEP;
	if (page->owner == KM_OWNER_ANON)
		return pages->nr_swap_pages >= 1ull << page->order ? WRITE : ACTIVATE;
	return scan->gfp & KM_GFP_FS ? WRITE : KEEP;
}

static void start_write(struct km_pages *pages, struct km_scan *scan, struct page *page)
{
	uint64_t nr = 1ull << page->order;

	page->flags &= ~KM_PG_DIRTY;
	scan->cost_ns += nr * cost_ns.write;
	if (page->owner == KM_OWNER_ANON) {
		pages->nr_swap_pages -= nr;
		pages->events.pswpout += nr;
	} else {
		pages->events.nr_vmscan_write += nr;
	}
}

/* Blocks that are off the lists during a round, linked through their descriptors. */
struct aside {
	struct km_page_list written, kept;
};

static void dispose(struct km_pages *pages, struct km_scan *scan, uint64_t pfn, struct aside *aside)
{
	struct page *page = km_page(pages->machine, pfn);
	uint64_t nr = 1ull << page->order;
	enum verdict verdict = judge(pages, scan, page);

	km_lru_isolate(pages, pfn);
	switch (verdict) {
	case FREE:
		page->flags &= ~KM_PG_DIRTY;
		scan->nr_reclaimed += nr;
		scan->cost_ns += nr * cost_ns.free;
		free_block(pages, pfn, scan->cpu);
		break;
	case WRITE:
		start_write(pages, scan, page);
		km_page_list_add_tail(pages->machine, &aside->written, pfn);
		break;
	case KEEP:
		km_page_list_add_tail(pages->machine, &aside->kept, pfn);
		break;
	case ACTIVATE:
		pages->events.pgactivate += nr;
		km_lru_putback(pages, pfn, true, false);
		break;
	}
}

/* Written ones to the tail, where the next round begins; the others had their turn. */
static void put_aside_back(struct km_pages *pages, struct aside *aside)
{
	while (aside->written.nr) {
		uint64_t pfn = aside->written.tail;

		km_page_list_del(pages->machine, &aside->written, pfn);
		km_lru_putback(pages, pfn, false, true);
	}
	while (aside->kept.nr) {
		uint64_t pfn = aside->kept.head;

		km_page_list_del(pages->machine, &aside->kept, pfn);
		km_lru_putback(pages, pfn, false, false);
	}
}

static void scanned(struct km_pages *pages, struct km_scan *scan, uint64_t nr)
{
	scan->nr_scanned += nr;
	scan->cost_ns += nr * cost_ns.scan;
	*(scan->is_kswapd ? &pages->events.pgscan_kswapd : &pages->events.pgscan_direct) += nr;
}

/*
 * The next block for a scan of a list from its tail, of *left that are still to be looked at.
 * Those of zones that do not help go to the head, and are not counted.  KM_NO_PFN: no more.
 */
static uint64_t next_to_scan(struct km_pages *pages, unsigned int node, const struct km_scan *scan,
			     enum km_lru_list list, uint64_t *left)
{
	const struct km_page_list *lru = &pages->lru[node].lists[list];

	while (*left && lru->nr) {
		uint64_t pfn = lru->tail;

		--*left;
		if ((int)km_pfn_zone(pages, pfn)->type <= scan->class)
			return pfn;
		km_lru_isolate(pages, pfn);
		km_lru_putback(pages, pfn, list & 1, false);
	}
	return KM_NO_PFN;
}

/* Scan at most nr pages from the tail of an inactive list. */
static void shrink_inactive_list(struct km_pages *pages, unsigned int node, struct km_scan *scan,
				 enum km_lru_list list, uint64_t nr, struct aside *aside)
{
	uint64_t left = pages->lru[node].lists[list].nr;

	while (nr && scan->nr_reclaimed < scan->nr_to_reclaim) {
		uint64_t pfn = next_to_scan(pages, node, scan, list, &left);
		uint64_t size;

		if (pfn == KM_NO_PFN)
			return;
		size = 1ull << km_page(pages->machine, pfn)->order;
		nr -= size < nr ? size : nr;
		scanned(pages, scan, size);
		dispose(pages, scan, pfn, aside);
	}
}

static void shrink_active_list(struct km_pages *pages, unsigned int node, struct km_scan *scan,
			       enum km_lru_list list, uint64_t nr)
{
	uint64_t left = pages->lru[node].lists[list].nr;

	while (nr) {
		uint64_t pfn = next_to_scan(pages, node, scan, list, &left);
		uint64_t size;

		if (pfn == KM_NO_PFN)
			return;
		size = 1ull << km_page(pages->machine, pfn)->order;
		nr -= size < nr ? size : nr;
		scanned(pages, scan, size);
		pages->events.pgdeactivate += size;
		km_lru_isolate(pages, pfn);
		km_lru_putback(pages, pfn, false, false);
	}
}

/* inactive_is_low() */
static bool inactive_is_low(const struct km_lru *lru, enum km_lru_list inactive, uint64_t held)
{
	uint64_t nr_inactive = lru->nr_pages[inactive] + held;
	uint64_t nr_active = lru->nr_pages[inactive + 1];
	uint64_t gb = (nr_inactive + nr_active) >> PAGES_PER_GB_SHIFT;

	return nr_inactive * (gb ? km_int_sqrt(10 * gb) : 1) < nr_active;
}

/* Pages of a node that a round may scan, by list; what lies in zones above does not count. */
struct sizes {
	uint64_t list[KM_NR_LRU];
	uint64_t held[KM_NR_LRU]; /* as of inactive lists */
	uint64_t free, high;	  /* of the whole node */
	uint64_t scan[KM_NR_LRU];
};

static void measure(const struct km_pages *pages, unsigned int node, const struct km_scan *scan,
		    struct sizes *sizes)
{
	*sizes = (struct sizes){ 0 };
	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		const struct zone *zone = &pages->zones[i];
		struct held_kinds kinds;

		if (zone->node != node)
			continue;
		sizes->free += zone->free_pages;
		sizes->high += zone->wmark_high;
		if ((int)zone->type > scan->class)
			continue;
		for (unsigned int list = 0; list < KM_NR_LRU; list++)
			sizes->list[list] += zone->lru_pages[list];
		kinds = held_kinds(zone);
		sizes->held[KM_LRU_INACTIVE_FILE] += kinds.clean + kinds.dirty;
		sizes->held[KM_LRU_INACTIVE_ANON] += kinds.anon;
	}
}

/* get_scan_count(): held pages belong to the inactive lists. */
static void count_scan(const struct km_pages *pages, unsigned int node, const struct km_scan *scan,
		       struct sizes *sizes)
{
	const struct km_lru *lru = &pages->lru[node];
	const uint64_t *held = sizes->held;
	uint64_t inactive_file = sizes->list[KM_LRU_INACTIVE_FILE] + held[KM_LRU_INACTIVE_FILE];
	uint64_t inactive_anon = sizes->list[KM_LRU_INACTIVE_ANON] + held[KM_LRU_INACTIVE_ANON];
	uint64_t file = inactive_file + sizes->list[KM_LRU_ACTIVE_FILE];
	bool file_low = inactive_is_low(lru, KM_LRU_INACTIVE_FILE, held[KM_LRU_INACTIVE_FILE]);
	bool anon_low = inactive_is_low(lru, KM_LRU_INACTIVE_ANON, held[KM_LRU_INACTIVE_ANON]);
	uint64_t part[2] = { SWAPPINESS, MAX_SWAPPINESS - SWAPPINESS };
	uint64_t whole = MAX_SWAPPINESS;

	if (!pages->nr_swap_pages) {
		part[0] = 0;
		part[1] = whole;
	} else if (!scan->priority) {
		part[0] = part[1] = whole;
	} else if (file + sizes->free <= sizes->high && !anon_low &&
		   inactive_anon >> scan->priority) {
		part[0] = whole;
		part[1] = 0;
	} else if (inactive_file >> scan->priority && !file_low) {
		part[0] = 0;
		part[1] = whole;
	}
	for (unsigned int list = 0; list < KM_NR_LRU; list++) {
		uint64_t size = sizes->list[list] + held[list];

		sizes->scan[list] =
			(size >> scan->priority) * part[list >= KM_LRU_INACTIVE_FILE] / whole;
	}
}

/* Free one held page of a zone. */
static bool reclaim_held_page(struct km_pages *pages, struct zone *zone, struct km_scan *scan)
{
	uint64_t pfn = km_held_take(&zone->held[KM_HELD_MOVABLE], 0);

	if (pfn == KM_NO_PFN)
		return false;
	zone->held_pages--;
	km_page_set_used(km_page(pages->machine, pfn), 0, KM_MIGRATE_MOVABLE, KM_OWNER_OTHER);
	km_free_pages(pages, pfn, 0, scan->cpu);
	scan->nr_reclaimed++;
	scan->cost_ns += cost_ns.free;
	return true;
}

/* Page cache: clean pages come free, dirty ones are written, and clean after that. */
static uint64_t shrink_held_file(struct km_pages *pages, struct zone *zone, struct km_scan *scan,
				 uint64_t nr)
{
	struct held_kinds kinds = held_kinds(zone);
	uint64_t done = 0, dirty;

	while (done < nr && done < kinds.clean && reclaim_held_page(pages, zone, scan))
		done++;
	dirty = lesser(nr - done, kinds.dirty);
	if (scan->gfp & KM_GFP_IO && scan->gfp & KM_GFP_FS) {
		zone->held_dirty = kinds.dirty - dirty;
		pages->events.nr_vmscan_write += dirty;
		scan->cost_ns += dirty * cost_ns.write;
	}
	return done + dirty;
}

/* What is in swap is clean, and as good as page cache. */
static uint64_t shrink_held_anon(struct km_pages *pages, struct zone *zone, struct km_scan *scan,
				 uint64_t nr)
{
	struct held_kinds kinds = held_kinds(zone);
	uint64_t written;

	nr = lesser(nr, kinds.anon);
	if (!(scan->gfp & KM_GFP_IO))
		return nr;
	written = lesser(nr, pages->nr_swap_pages);
	zone->held_anon = kinds.anon - written;
	zone->held_dirty = kinds.dirty; /* of those that went nothing may come back */
	pages->nr_swap_pages -= written;
	pages->events.pswpout += written;
	scan->cost_ns += written * cost_ns.write;
	return nr;
}

/* Held pages before those of an inactive list; each zone its share: they have no order of zones. */
static void shrink_held(struct km_pages *pages, unsigned int node, struct km_scan *scan,
			enum km_lru_list list, struct sizes *sizes)
{
	uint64_t done = 0, nr;

	if (!sizes->held[list] || scan->nr_reclaimed >= scan->nr_to_reclaim)
		return;
	nr = lesser(sizes->scan[list], scan->nr_to_reclaim - scan->nr_reclaimed);
	for (unsigned int i = pages->nr_zones; done < nr && i-- > 0;) {
		struct zone *zone = &pages->zones[i];
		struct held_kinds kinds = held_kinds(zone);
		bool is_anon = list == KM_LRU_INACTIVE_ANON;
		uint64_t left = is_anon ? kinds.anon : kinds.clean + kinds.dirty;
		uint64_t share;

		if (zone->node != node || (int)zone->type > scan->class)
			continue;
		share = (uint64_t)(((__uint128_t)nr * left + sizes->held[list] - 1) /
				   sizes->held[list]);
		share = lesser(lesser(share, left), nr - done);
		done += is_anon ? shrink_held_anon(pages, zone, scan, share)
				: shrink_held_file(pages, zone, scan, share);
	}
	scanned(pages, scan, done);
	sizes->scan[list] -= done;
}

void km_shrink_node(struct km_pages *pages, unsigned int node, struct km_scan *scan)
{
	struct aside aside;
	struct sizes sizes;
	uint64_t before = scan->nr_reclaimed;

	km_page_list_init(&aside.written);
	km_page_list_init(&aside.kept);
	measure(pages, node, scan, &sizes);
	count_scan(pages, node, scan, &sizes);
	scan->cost_ns += cost_ns.round;

	for (enum km_lru_list list = KM_LRU_INACTIVE_ANON; list < KM_NR_LRU; list += 2)
		if (inactive_is_low(&pages->lru[node], list, sizes.held[list]))
			shrink_active_list(pages, node, scan, list + 1, sizes.scan[list + 1]);
	shrink_held(pages, node, scan, KM_LRU_INACTIVE_FILE, &sizes);
	shrink_held(pages, node, scan, KM_LRU_INACTIVE_ANON, &sizes);
	while (scan->nr_reclaimed < scan->nr_to_reclaim &&
	       (sizes.scan[KM_LRU_INACTIVE_ANON] || sizes.scan[KM_LRU_INACTIVE_FILE]))
		for (enum km_lru_list list = KM_LRU_INACTIVE_ANON; list < KM_NR_LRU; list += 2) {
			uint64_t nr = sizes.scan[list] < KM_SWAP_CLUSTER_MAX ? sizes.scan[list]
									     : KM_SWAP_CLUSTER_MAX;

			sizes.scan[list] -= nr;
			shrink_inactive_list(pages, node, scan, list, nr, &aside);
		}
	put_aside_back(pages, &aside);
	before = scan->nr_reclaimed - before;
	*(scan->is_kswapd ? &pages->events.pgsteal_kswapd : &pages->events.pgsteal_direct) +=
		before;
	if (before)
		pages->kswapd[node].failures = 0;
}

/* compaction_ready(): do costly orders have enough free pages to compact instead? */
static bool compaction_ready(const struct km_pages *pages, const struct zone *zone,
			     const struct km_scan *scan)
{
	if (!km_compaction_allowed(pages, scan->gfp))
		return false;
	if (km_zone_admits(zone, scan->order, zone->wmark_min, scan->class, 0))
		return true;
	return km_compaction_suitable(zone, scan->order, scan->class) &&
	       km_zone_admits(zone, 0, zone->wmark_high + km_compact_gap(scan->order), scan->class,
			      0);
}

/* shrink_zones() */
static void shrink_zones(struct km_pages *pages, unsigned int node, struct km_scan *scan)
{
	bool shrunk[KM_MAX_NODES] = { false };

	for (unsigned int i = 0; i < pages->nr_zonelist[node]; i++) {
		const struct zone *zone = &pages->zones[pages->zonelist[node][i]];

		if ((int)zone->type > scan->class ||
		    (scan->gfp & KM_GFP_THISNODE && zone->node != node))
			continue;
		if (scan->order > KM_COSTLY_ORDER && compaction_ready(pages, zone, scan)) {
			scan->compaction_ready = true;
			continue;
		}
		if (shrunk[zone->node])
			continue;
		shrunk[zone->node] = true;
		km_shrink_node(pages, zone->node, scan);
	}
}

uint64_t km_direct_reclaim(struct km_pages *pages, km_gfp gfp, unsigned int order, int class,
			   unsigned int node, unsigned int cpu, uint64_t *nr_scanned)
{
	struct km_scan scan = { .gfp = gfp,
				.order = order,
				.class = class,
				.cpu = cpu,
				.nr_to_reclaim = KM_SWAP_CLUSTER_MAX };

	pages->events.allocstall++;
	for (scan.priority = KM_DEF_PRIORITY; scan.priority >= 0; scan.priority--) {
		shrink_zones(pages, node, &scan);
		if (scan.nr_reclaimed >= scan.nr_to_reclaim || scan.compaction_ready)
			break;
	}
	pages->events.stall_ns += scan.cost_ns;
	if (nr_scanned)
		*nr_scanned = scan.nr_scanned;
	return scan.nr_reclaimed ? scan.nr_reclaimed : scan.compaction_ready;
}

static uint64_t kill_list(struct km_pages *pages, unsigned int node, enum km_lru_list list,
			  unsigned int cpu)
{
	uint64_t pfn =
		pages->lru[node].lists[list].nr ? pages->lru[node].lists[list].head : KM_NO_PAGE;
	uint64_t nr = 0;

	while (pfn != KM_NO_PAGE) {
		struct page *page = km_page(pages->machine, pfn);
		uint64_t at = pfn;

		pfn = page->next;
		if (page->count != 1 || !tells(pages))
			continue;
		nr += 1ull << page->order;
		km_lru_del(pages, at);
		free_block(pages, at, cpu);
	}
	return nr;
}

uint64_t km_out_of_memory(struct km_pages *pages, unsigned int cpu)
{
	uint64_t nr = 0;

	pages->events.oom_kill++;
	for (unsigned int i = 0; i < pages->machine->profile.nr_nodes; i++)
		nr += kill_list(pages, i, KM_LRU_INACTIVE_ANON, cpu) +
		      kill_list(pages, i, KM_LRU_ACTIVE_ANON, cpu);
	return nr;
}
