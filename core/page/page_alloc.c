/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page allocator's entry points.
 *
 *   km_alloc_pages
 *     fast path   zonelist at the low watermark, rather another zone than another
 *                 migratetype, then the same again without that wish
 *     slow path   count a kswapd wake; zonelist at the min watermark with the
 *                 reserves the flags give a right to
 *                 can reclaim: count it, drain per-cpu lists, give back a HIGHATOMIC
 *                 pageblock, try again;  NOFAIL: try without watermarks
 *                 else fail, with the reason of every zone
 *
 * Not modelled: reclaim, compaction and the OOM killer (a request that the kernel
 * would have served after these fails here, or is counted), cpusets, dirty limits,
 * memory policies, and the rights of the calling task (PF_MEMALLOC, real time).
 *
 * Mirrors mm/page_alloc.c 6.12: __alloc_pages(), get_page_from_freelist(),
 * __alloc_pages_slowpath(), free_unref_page().
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "core/page/buddy.h"
#include "core/page/held.h"
#include "core/page/pcp.h"

#define NO_FAILURE_YET "none"

struct request {
	km_gfp gfp;
	unsigned int order;
	unsigned int cpu;
	unsigned int node;
	int class; /* highest zone allowed */
	enum km_migratetype type;
	unsigned int alloc_flags;
	enum {
		MARK_MIN,
		MARK_LOW
	} mark;
};

static uint64_t request_mark(const struct zone *zone, const struct request *req)
{
	return req->mark == MARK_LOW ? zone->wmark_low : zone->wmark_min;
}

static bool zone_is_eligible(const struct zone *zone, const struct request *req)
{
	return (int)zone->type <= req->class &&
	       (!(req->gfp & KM_GFP_THISNODE) || zone->node == req->node);
}

/* rmqueue() */
static uint64_t take_from_zone(struct km_pages *pages, struct zone *zone, const struct request *req)
{
	enum km_rmqueue_mode mode = KM_RMQUEUE_NORMAL;
	uint64_t pfn = KM_NO_PFN;

	if (km_pcp_allows(&pages->machine->profile, req->order))
		pfn = km_pcp_take(pages, zone, req->cpu, req->order, req->type, req->alloc_flags);
	if (pfn == KM_NO_PFN && (req->alloc_flags & KM_ALLOC_HIGHATOMIC))
		pfn = km_buddy_take_smallest(pages, zone, req->order, KM_MIGRATE_HIGHATOMIC);
	if (pfn == KM_NO_PFN)
		pfn = km_buddy_take(pages, zone, req->order, req->type, req->alloc_flags, &mode);
	/* Better to use the reserve than to fail one that cannot wait. */
	if (pfn == KM_NO_PFN && (req->alloc_flags & (KM_ALLOC_NON_BLOCK | KM_ALLOC_HARDER)))
		pfn = km_buddy_take_smallest(pages, zone, req->order, KM_MIGRATE_HIGHATOMIC);
	if (pfn != KM_NO_PFN && (req->alloc_flags & KM_ALLOC_HIGHATOMIC))
		km_highatomic_reserve(pages, zone, pfn, req->order);
	return pfn;
}

static bool zone_admits(const struct km_pages *pages, struct zone *zone, const struct request *req)
{
	if ((pages->machine->profile.features & KM_FEAT_PCP_AUTO_HIGH) && !zone->below_high) {
		if (km_zone_admits(zone, req->order, zone->wmark_high, req->class,
				   req->alloc_flags))
			return true;
		zone->below_high = true;
	}
	return km_zone_admits(zone, req->order, request_mark(zone, req), req->class,
			      req->alloc_flags) ||
	       (req->alloc_flags & KM_ALLOC_NO_WATERMARKS);
}

/* One pass of get_page_from_freelist(). */
static uint64_t take_from_zonelist(struct km_pages *pages, const struct request *req,
				   struct zone **from)
{
	const uint8_t *zonelist = pages->zonelist[req->node];
	int preferred_node = -1;

	for (unsigned int i = 0; i < pages->nr_zonelist[req->node]; i++) {
		struct zone *zone = &pages->zones[zonelist[i]];
		uint64_t pfn;

		if (!zone_is_eligible(zone, req))
			continue;
		if (preferred_node < 0)
			preferred_node = zone->node;
		/* Being local is worth more than keeping types apart. */
		if ((req->alloc_flags & KM_ALLOC_NOFRAGMENT) && (int)zone->node != preferred_node)
			break;
		/* get_page_from_freelist(): a zone that has just grown is not asked again. */
		if (!zone_admits(pages, zone, req) &&
		    !(zone->deferred_pages && km_zone_grow(pages, zone)))
			continue;
		pfn = take_from_zone(pages, zone, req);
		if (pfn != KM_NO_PFN) {
			*from = zone;
			return pfn;
		}
	}
	return KM_NO_PFN;
}

/* get_page_from_freelist() */
static uint64_t take_pages(struct km_pages *pages, struct request *req, struct zone **from)
{
	uint64_t pfn = take_from_zonelist(pages, req, from);

	if (pfn == KM_NO_PFN && (req->alloc_flags & KM_ALLOC_NOFRAGMENT)) {
		req->alloc_flags &= ~KM_ALLOC_NOFRAGMENT;
		pfn = take_from_zonelist(pages, req, from);
	}
	return pfn;
}

/* alloc_flags_nofragment(): only for requests that begin in Normal, and where DMA32 comes next. */
static unsigned int nofragment_flag(const struct km_pages *pages, const struct request *req)
{
	const struct km_profile *profile = &pages->machine->profile;
	const uint8_t *zonelist = pages->zonelist[req->node];

	if (profile->address_bits != 64)
		return 0;
	for (unsigned int i = 0; i < pages->nr_zonelist[req->node]; i++) {
		const struct zone *zone = &pages->zones[zonelist[i]];

		if (!zone_is_eligible(zone, req))
			continue;
		if (zone->type != KM_ZONE_NORMAL)
			return 0;
		if (profile->nr_nodes == 1)
			return KM_ALLOC_NOFRAGMENT;
		if (i + 1 == pages->nr_zonelist[req->node])
			return 0;
		zone = &pages->zones[zonelist[i + 1]];
		return zone->type == KM_ZONE_DMA32 && zone->node == req->node ? KM_ALLOC_NOFRAGMENT
									      : 0;
	}
	return 0;
}

static uint64_t fail(struct km_pages *pages, const struct request *req, const char *reason)
{
	struct km_page_failure *failure = &pages->last_failure;

	memset(failure, 0, sizeof(*failure));
	failure->gfp = req->gfp;
	failure->order = req->order;
	failure->reason = reason;
	return KM_NO_PFN;
}

/* Say for each zone why it refused, and for the whole what they have in common. */
static uint64_t fail_by_zones(struct km_pages *pages, const struct request *req)
{
	struct km_page_failure *failure = &pages->last_failure;
	bool tried = false, no_block = false;

	fail(pages, req, NULL);
	failure->nr_zones = pages->nr_zones;
	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		const struct zone *zone = &pages->zones[i];
		uint64_t needs = 0;
		uint8_t refusal = KM_REFUSED_NOT_TRIED;

		if (zone_is_eligible(zone, req) && zone->managed_pages) {
			needs = km_zone_needs(zone, req->order, zone->wmark_min, req->class,
					      req->alloc_flags);
			refusal = zone->free_pages > needs ? KM_REFUSED_NO_BLOCK
							   : KM_REFUSED_WATERMARK;
			tried = true;
			no_block |= refusal == KM_REFUSED_NO_BLOCK;
		}
		failure->zones[i].zone = i;
		failure->zones[i].refusal = refusal;
		failure->zones[i].fragmentation_index = km_fragmentation_index(zone, req->order);
		failure->zones[i].free_pages = zone->free_pages;
		failure->zones[i].mark = needs;
	}
	if (!tried)
		failure->reason = "no zone may serve it";
	else if (req->gfp & KM_GFP_NOFAIL)
		failure->reason = "no free block, even without watermarks";
	else if (no_block)
		failure->reason = "memory is fragmented: enough free pages, no block of the order";
	else
		failure->reason = "free pages are below the min watermark and reserve";
	return KM_NO_PFN;
}

/* What the kernel does when direct reclaim brought nothing, before it tries again. */
static void release_reserves(struct km_pages *pages, const struct request *req)
{
	const uint8_t *zonelist = pages->zonelist[req->node];

	for (unsigned int i = 0; i < pages->nr_zonelist[req->node]; i++) {
		struct zone *zone = &pages->zones[zonelist[i]];

		if (zone->reserved_highatomic && zone_is_eligible(zone, req) &&
		    km_highatomic_unreserve(pages, zone, req->type))
			break;
	}
	km_drain_all(pages);
}

static uint64_t alloc_slowpath(struct km_pages *pages, struct request *req, struct zone **from)
{
	unsigned int rights =
		km_alloc_flags(req->gfp, req->order, pages->machine->profile.features);
	uint64_t pfn;

	pages->nr_kswapd_wakes += !!(req->gfp & KM_GFP_KSWAPD_RECLAIM);
	req->mark = MARK_MIN;
	req->alloc_flags = rights & ~KM_ALLOC_NO_WATERMARKS;
	pfn = take_pages(pages, req, from);
	if (pfn == KM_NO_PFN && (rights & KM_ALLOC_NO_WATERMARKS)) {
		req->alloc_flags = rights;
		pfn = take_pages(pages, req, from);
	}
	if (pfn != KM_NO_PFN)
		return pfn;

	if (req->gfp & KM_GFP_DIRECT_RECLAIM) {
		pages->nr_reclaim_asked++;
		release_reserves(pages, req);
		pfn = take_pages(pages, req, from);
		if (pfn != KM_NO_PFN)
			return pfn;
	}
	if (req->gfp & KM_GFP_NOFAIL) {
		req->alloc_flags |= KM_ALLOC_NO_WATERMARKS | KM_ALLOC_CMA;
		release_reserves(pages, req);
		pfn = take_pages(pages, req, from);
		if (pfn != KM_NO_PFN)
			return pfn;
	}
	return fail_by_zones(pages, req);
}

static int request_class(const struct km_pages *pages, km_gfp gfp)
{
	int class = km_gfp_zone(gfp);

	/* A 32-bit kernel has no DMA32: all its directly mapped memory is below 4 GiB. */
	if (class == KM_ZONE_DMA32 && pages->machine->profile.address_bits == 32)
		class = KM_ZONE_NORMAL;
	return class;
}

static void mark_used(struct page *page, unsigned int order, enum km_migratetype type,
		      enum km_page_owner owner)
{
	page->state = KM_PAGE_USED;
	page->order = order;
	page->migratetype = type;
	page->owner = owner;
	page->priv = 0;
}

uint64_t km_alloc_pages(struct km_pages *pages, km_gfp gfp, unsigned int order, unsigned int cpu,
			int node, enum km_page_owner owner)
{
	const struct km_machine *machine = pages->machine;
	struct request req = { .gfp = gfp, .order = order, .cpu = cpu, .mark = MARK_LOW };
	struct zone *from;
	uint64_t pfn;

	assert(cpu < machine->nr_cpus);
	req.node = node >= 0 && node < (int)machine->profile.nr_nodes ? (unsigned int)node
								      : machine->cpus[cpu].node;
	req.class = request_class(pages, gfp);
	req.type = pages->mobility_disabled ? KM_MIGRATE_UNMOVABLE : km_gfp_migratetype(gfp);
	if (order > KM_MAX_ORDER)
		return fail(pages, &req, "order is above the largest of the buddy lists");
	if (req.class < 0)
		return fail(pages, &req, "flags ask for zones that exclude each other");

	req.alloc_flags = nofragment_flag(pages, &req);
	if (req.type == KM_MIGRATE_MOVABLE)
		req.alloc_flags |= KM_ALLOC_CMA;
	pfn = take_pages(pages, &req, &from);
	if (pfn == KM_NO_PFN)
		pfn = alloc_slowpath(pages, &req, &from);
	if (pfn == KM_NO_PFN)
		return KM_NO_PFN;
	mark_used(km_page(machine, pfn), order, req.type, owner);
	return pfn;
}

int km_free_pages(struct km_pages *pages, uint64_t pfn, unsigned int order, unsigned int cpu)
{
	const struct km_machine *machine = pages->machine;
	enum km_migratetype type;
	struct page *page;
	struct zone *zone;

	assert(cpu < machine->nr_cpus);
	if (pfn >= machine->nr_pfns)
		return -ERANGE;
	page = km_page(machine, pfn);
	if (page->state != KM_PAGE_USED)
		return km_pfn_is_ram(machine, pfn) ? -EINVAL : -ERANGE;
	if (page->order != order)
		return -EBADSLT;

	zone = km_pfn_zone(pages, pfn);
	type = km_pageblock_type(pages, zone, pfn);
	if (!km_pcp_allows(&machine->profile, order) || type == KM_MIGRATE_ISOLATE) {
		km_buddy_put_by_pageblock(pages, zone, pfn, order, 0);
		return 0;
	}
	km_pcp_put(pages, zone, cpu, pfn, order,
		   type < KM_MIGRATE_PCPTYPES ? type : KM_MIGRATE_MOVABLE);
	return 0;
}

int km_split_pages(struct km_pages *pages, uint64_t pfn, unsigned int to)
{
	const struct km_machine *machine = pages->machine;
	struct page head;

	if (pfn >= machine->nr_pfns)
		return -EINVAL;
	head = *km_page(machine, pfn);
	if (head.state != KM_PAGE_USED || head.order < to)
		return -EINVAL;
	for (uint64_t i = 0; i < 1ull << head.order; i += 1ull << to) {
		struct page *page = km_page(machine, pfn + i);

		*page = head;
		page->order = to;
	}
	return 0;
}

void km_drain_all(struct km_pages *pages)
{
	for (unsigned int i = 0; i < pages->nr_zones; i++) {
		struct zone *zone = &pages->zones[i];

		for (unsigned int cpu = 0; zone->pcp_pages && cpu < pages->machine->nr_cpus; cpu++)
			km_pcp_drain(pages, zone, cpu);
	}
}

uint64_t km_pages_nr_free(const struct km_pages *pages)
{
	uint64_t nr = 0;

	for (unsigned int i = 0; i < pages->nr_zones; i++)
		nr += pages->zones[i].free_pages;
	return nr;
}

int km_pages_init(struct km_pages *pages, struct km_machine *machine)
{
	int err;

	memset(pages, 0, sizeof(*pages));
	pages->machine = machine;
	pages->last_failure.reason = NO_FAILURE_YET;
	err = km_page_zones_init(pages);
	if (err)
		km_pages_release(pages);
	return err;
}

void km_pages_release(struct km_pages *pages)
{
	km_page_zones_release(pages);
	memset(pages, 0, sizeof(*pages));
}

/* Claimed pages that are nobody's are as movable as their pageblock; others do not move. */
static enum km_migratetype claimed_type(const struct km_pages *pages, const struct zone *zone,
					uint64_t pfn, enum km_page_owner owner)
{
	enum km_migratetype type = km_pageblock_type(pages, zone, pfn);

	if (owner != KM_OWNER_OTHER && type == KM_MIGRATE_MOVABLE)
		return KM_MIGRATE_UNMOVABLE;
	return type < KM_MIGRATE_PCPTYPES ? type : KM_MIGRATE_MOVABLE;
}

/*
 * Pages of nobody in particular come from movable pageblocks, the kernel's own from
 * others; when these are used up, another pageblock becomes one of them.
 */
static uint64_t take_held(struct km_pages *pages, struct zone *zone, unsigned int order,
			  enum km_page_owner owner)
{
	const unsigned int pageblock_order = pages->machine->profile.pageblock_order;
	struct km_held *movable = &zone->held[KM_HELD_MOVABLE];
	struct km_held *kernel = &zone->held[KM_HELD_KERNEL];
	uint64_t pfn;

	if (owner == KM_OWNER_OTHER) {
		pfn = km_held_take(movable, order);
		return pfn != KM_NO_PFN ? pfn : km_held_take(kernel, order);
	}
	pfn = km_held_take(kernel, order);
	if (pfn != KM_NO_PFN)
		return pfn;
	pfn = km_held_take(movable, order > pageblock_order ? order : pageblock_order);
	if (pfn == KM_NO_PFN)
		return km_held_take(movable, order);
	km_pageblock_set_types(pages, zone, pfn,
			       1ull << (order > pageblock_order ? order : pageblock_order),
			       KM_MIGRATE_UNMOVABLE);
	if (order >= pageblock_order)
		return pfn;
	if (km_held_add(kernel, pfn, pageblock_order)) {
		km_pageblock_set_types(pages, zone, pfn, 1, KM_MIGRATE_MOVABLE);
		km_held_add(movable, pfn, pageblock_order); /* there it was: there is room */
		return KM_NO_PFN;
	}
	return km_held_take(kernel, order);
}

static uint64_t claim_from(struct km_pages *pages, struct zone *zone, unsigned int order,
			   enum km_page_owner owner)
{
	uint64_t pfn = take_held(pages, zone, order, owner);

	if (pfn == KM_NO_PFN)
		return KM_NO_PFN;
	zone->held_pages -= 1ull << order;
	mark_used(km_page(pages->machine, pfn), order, claimed_type(pages, zone, pfn, owner),
		  owner);
	return pfn;
}

uint64_t km_pages_claim(struct km_pages *pages, enum km_zone_type zone, unsigned int node,
			unsigned int order, enum km_page_owner owner)
{
	uint64_t pfn = KM_NO_PFN;

	if (order > KM_MAX_ORDER || node >= pages->machine->profile.nr_nodes)
		return KM_NO_PFN;
	for (unsigned int i = 0; i < pages->nr_zones && pfn == KM_NO_PFN; i++)
		if (pages->zones[i].type == zone && pages->zones[i].node == node)
			pfn = claim_from(pages, &pages->zones[i], order, owner);
	for (unsigned int i = 0; i < pages->nr_zonelist[node] && pfn == KM_NO_PFN; i++)
		pfn = claim_from(pages, &pages->zones[pages->zonelist[node][i]], order, owner);
	return pfn;
}
