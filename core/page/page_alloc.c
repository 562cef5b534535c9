/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page allocator's entry points.
 *
 *   km_alloc_pages
 *     at once     the first zone is roomy, and the list where such requests are served has
 *                 a block: the rest would come to the same
 *     fast path   zonelist at the low watermark, rather another zone than another
 *                 migratetype, then the same again without that wish
 *     slow path   slowpath.c
 *
 * Not modelled: cpusets, dirty limits, memory policies.
 *
 * Mirrors mm/page_alloc.c 6.12: __alloc_pages(), get_page_from_freelist(),
 * free_unref_page().
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "core/page/buddy.h"
#include "core/page/held.h"
#include "core/page/lru.h"
#include "core/page/pcp.h"
#include "core/page/request.h"

#define NO_FAILURE_YET "none"

/* rmqueue() */
static uint64_t take_from_zone(struct km_pages *pages, struct zone *zone,
			       const struct km_page_request *req)
{
	const struct km_profile *profile = &pages->machine->profile;
	enum km_rmqueue_mode mode = KM_RMQUEUE_NORMAL;
	uint64_t pfn = KM_NO_PFN;

	if (km_pcp_allows(profile, req->order)) {
		bool cold = (req->gfp & KM_GFP_COLD) && (profile->features & KM_FEAT_PCP_COLD);

		pfn = km_pcp_take(pages, zone, req->cpu, req->order, req->type,
				  req->alloc_flags | (cold ? KM_ALLOC_COLD : 0));
	}
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

static bool zone_admits(const struct km_pages *pages, struct zone *zone,
			const struct km_page_request *req)
{
	uint64_t mark = req->mark == KM_MARK_LOW ? zone->wmark_low : zone->wmark_min;

	if ((pages->machine->profile.features & KM_FEAT_PCP_AUTO_HIGH) && !zone->below_high) {
		if (km_zone_admits(zone, req->order, zone->wmark_high, req->class,
				   req->alloc_flags))
			return true;
		zone->below_high = true;
	}
	return km_zone_admits(zone, req->order, mark, req->class, req->alloc_flags) ||
	       (req->alloc_flags & KM_ALLOC_NO_WATERMARKS);
}

/* One pass of get_page_from_freelist(). */
static uint64_t take_from_zonelist(struct km_pages *pages, const struct km_page_request *req)
{
	const uint8_t *zonelist = pages->zonelist[req->node];
	int preferred_node = -1;

	for (unsigned int i = 0; i < pages->nr_zonelist[req->node]; i++) {
		struct zone *zone = &pages->zones[zonelist[i]];
		uint64_t pfn;

		if (!km_zone_is_eligible(zone, req))
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
		if (pfn != KM_NO_PFN)
			return pfn;
	}
	return KM_NO_PFN;
}

uint64_t km_request_take(struct km_pages *pages, struct km_page_request *req)
{
	uint64_t pfn = take_from_zonelist(pages, req);

	if (pfn == KM_NO_PFN && (req->alloc_flags & KM_ALLOC_NOFRAGMENT)) {
		req->alloc_flags &= ~KM_ALLOC_NOFRAGMENT;
		pfn = take_from_zonelist(pages, req);
	}
	return pfn;
}

/* alloc_flags_nofragment(): only for requests that begin in Normal, and where DMA32 comes next. */
static unsigned int nofragment_flag(const struct km_pages *pages, const struct km_page_request *req)
{
	const struct km_profile *profile = &pages->machine->profile;
	const uint8_t *zonelist = pages->zonelist[req->node];

	if (profile->address_bits != 64 || (profile->features & KM_FEAT_FALLBACK_LARGEST))
		return 0;
	for (unsigned int i = 0; i < pages->nr_zonelist[req->node]; i++) {
		const struct zone *zone = &pages->zones[zonelist[i]];

		if (!km_zone_is_eligible(zone, req))
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

static int request_class(const struct km_pages *pages, km_gfp gfp)
{
	int class = km_gfp_zone(gfp);

	/* A 32-bit kernel has no DMA32: all its directly mapped memory is below 4 GiB. */
	if (class == KM_ZONE_DMA32 && pages->machine->profile.address_bits == 32)
		class = KM_ZONE_NORMAL;
	return class;
}

/* Fill the table of what flags and nodes mean, once there are zonelists. */
static void classify_requests(struct km_pages *pages)
{
	for (unsigned int node = 0; node < pages->machine->profile.nr_nodes; node++)
		for (km_gfp gfp = 0; gfp <= KM_REQUEST_KIND_MASK; gfp++) {
			struct km_page_request req = { .gfp = gfp, .node = node };
			struct km_request_kind *kind = &pages->kinds[node][gfp];

			req.class = request_class(pages, gfp);
			kind->class = req.class;
			kind->migratetype = pages->mobility_disabled ? KM_MIGRATE_UNMOVABLE
								     : km_gfp_migratetype(gfp);
			kind->alloc_flags = nofragment_flag(pages, &req);
			if (kind->migratetype == KM_MIGRATE_MOVABLE)
				kind->alloc_flags |= KM_ALLOC_CMA;
			kind->zone = KM_NO_ZONE;
			for (unsigned int i = pages->nr_zonelist[node]; i-- > 0;)
				if (km_zone_is_eligible(&pages->zones[pages->zonelist[node][i]],
							&req))
					kind->zone = pages->zonelist[node][i];
		}
}

/* The mark above which zone_admits() would admit a request and note nothing. */
static inline __attribute__((always_inline)) uint64_t roomy_mark(const struct km_pages *pages,
								 const struct zone *zone)
{
	bool looks_high =
		!zone->below_high && (pages->machine->profile.features & KM_FEAT_PCP_AUTO_HIGH);

	return looks_high ? zone->wmark_high : zone->wmark_low;
}

/*
 * What most requests are: the first zone has more free pages than it needs, and the
 * per-cpu list has a block.  KM_NO_PFN, with nothing changed, for all others.
 */
static inline __attribute__((always_inline)) uint64_t
take_listed(struct km_pages *pages, const struct km_request_kind *kind, unsigned int order,
	    unsigned int cpu)
{
	struct zone *zone = &pages->zones[kind->zone];

	if (!km_zone_admits(zone, order, roomy_mark(pages, zone), kind->class,
			    kind->alloc_flags & KM_ALLOC_CMA))
		return KM_NO_PFN;
	return km_pcp_pop(pages->machine, zone, &zone->pcp[cpu], order, kind->migratetype);
}

/* The same of a request that goes past the per-cpu lists: the free lists of its type have it. */
static uint64_t take_free(struct km_pages *pages, const struct km_request_kind *kind,
			  unsigned int order)
{
	struct zone *zone = &pages->zones[kind->zone];
	uint64_t mark = roomy_mark(pages, zone);

	if (zone->free_by_type[KM_MIGRATE_CMA])
		return KM_NO_PFN;
	/* Where a block of the type is found, km_zone_has_block() would have found it. */
	if (zone->old_habits & KM_ZONE_SHARES_ORDERS
		    ? !km_zone_admits(zone, order, mark, kind->class, 0)
		    : zone->free_pages <= km_zone_needs(zone, order, mark, kind->class, 0))
		return KM_NO_PFN;
	return km_buddy_take_smallest(pages, zone, order, kind->migratetype);
}

static bool may_be_listed(const struct km_request_kind *kind, km_gfp gfp)
{
	return kind->zone != KM_NO_ZONE && !(gfp & (KM_GFP_THISNODE | KM_GFP_COLD));
}

/* All but a single page from a list: what can happen to a request, from the beginning. */
static __attribute__((noinline)) uint64_t alloc_block(struct km_pages *pages, km_gfp gfp,
						      unsigned int order, unsigned int cpu,
						      unsigned int node, enum km_page_owner owner)
{
	const struct km_request_kind *kind = &pages->kinds[node][gfp & KM_REQUEST_KIND_MASK];
	struct km_page_request req = { .gfp = gfp,
				       .order = order,
				       .cpu = cpu,
				       .node = node,
				       .class = kind->class,
				       .type = kind->migratetype,
				       .alloc_flags = kind->alloc_flags,
				       .mark = KM_MARK_LOW };
	uint64_t pfn = KM_NO_PFN;

	if (order > KM_MAX_ORDER)
		return km_request_fail(pages, &req,
				       "order is above the largest of the buddy lists");
	if (req.class < 0)
		return km_request_fail(pages, &req, "flags ask for zones that exclude each other");
	if (gfp & KM_GFP_THISNODE)
		req.alloc_flags = (req.alloc_flags & KM_ALLOC_CMA) | nofragment_flag(pages, &req);

	if (order && may_be_listed(kind, gfp)) {
		if (!km_pcp_allows(&pages->machine->profile, order))
			pfn = take_free(pages, kind, order);
		else if (order <= KM_PCP_MAX_ORDER)
			pfn = take_listed(pages, kind, order, cpu);
	}
	if (pfn == KM_NO_PFN)
		pfn = km_request_take(pages, &req);
	if (pfn == KM_NO_PFN)
		pfn = km_request_slowpath(pages, &req);
	if (pfn == KM_NO_PFN)
		return KM_NO_PFN;
	km_page_set_used(km_page(pages->machine, pfn), order, req.type, owner);
	return pfn;
}

uint64_t km_alloc_pages(struct km_pages *pages, km_gfp gfp, unsigned int order, unsigned int cpu,
			int node, enum km_page_owner owner)
{
	const struct km_machine *machine = pages->machine;
	const struct km_request_kind *kind;

	assert(cpu < machine->nr_cpus);
	if ((unsigned int)node >= machine->profile.nr_nodes)
		node = machine->cpus[cpu].node;
	kind = &pages->kinds[node][gfp & KM_REQUEST_KIND_MASK];
	if (!order && may_be_listed(kind, gfp)) {
		enum km_migratetype type = kind->migratetype;
		uint64_t pfn = take_listed(pages, kind, 0, cpu);

		if (pfn != KM_NO_PFN) {
			km_page_set_used(km_page(machine, pfn), 0, type, owner);
			return pfn;
		}
	}
	return alloc_block(pages, gfp, order, cpu, node, owner);
}

/* May the caller free it?  0, or why not. */
static inline int check_free(const struct km_machine *machine, uint64_t pfn, unsigned int order)
{
	const struct page *page;

	if (pfn >= machine->nr_pfns)
		return -ERANGE;
	page = km_page(machine, pfn);
	if (page->state != KM_PAGE_USED)
		return km_pfn_is_ram(machine, pfn) ? -EINVAL : -ERANGE;
	return page->order == order ? 0 : -EBADSLT;
}

/* The zone of a page that is used: km_pfn_zone(), mostly by its map alone. */
static inline struct zone *used_zone(struct km_pages *pages, uint64_t pfn)
{
	unsigned int index = pages->zone_map[pfn >> KM_ZONE_MAP_SHIFT];

	return index != KM_ZONE_MAP_MIXED ? &pages->zones[index] : km_pfn_zone(pages, pfn);
}

/* The list that waits for pages of a pageblock's type. */
static inline enum km_migratetype pcp_type(enum km_migratetype type)
{
	return type < KM_MIGRATE_PCPTYPES ? type : KM_MIGRATE_MOVABLE;
}

static __attribute__((noinline)) int free_block(struct km_pages *pages, uint64_t pfn,
						unsigned int order, unsigned int cpu)
{
	const struct km_machine *machine = pages->machine;
	enum km_migratetype type;
	struct zone *zone;
	int err;

	err = check_free(machine, pfn, order);
	if (err)
		return err;
	if (km_page(machine, pfn)->flags & KM_PG_LRU)
		km_lru_del(pages, pfn);
	zone = used_zone(pages, pfn);
	type = km_pageblock_type(pages, zone, pfn);
	if (km_pcp_allows(&machine->profile, order) && type != KM_MIGRATE_ISOLATE)
		km_pcp_put(pages, zone, cpu, pfn, order, pcp_type(type));
	else if (order <= machine->profile.pageblock_order)
		km_buddy_put(pages, zone, pfn, order, type, 0);
	else
		km_buddy_put_by_pageblock(pages, zone, pfn, order, 0);
	return 0;
}

int km_free_pages(struct km_pages *pages, uint64_t pfn, unsigned int order, unsigned int cpu)
{
	const struct km_machine *machine = pages->machine;

	assert(cpu < machine->nr_cpus);
	if (!order && !check_free(machine, pfn, 0) && !(km_page(machine, pfn)->flags & KM_PG_LRU)) {
		struct zone *zone = used_zone(pages, pfn);
		enum km_migratetype type = km_pageblock_type(pages, zone, pfn);

		if (type != KM_MIGRATE_ISOLATE) {
			km_pcp_put(pages, zone, cpu, pfn, 0, pcp_type(type));
			return 0;
		}
	}
	return free_block(pages, pfn, order, cpu);
}

int km_free_cold_page(struct km_pages *pages, uint64_t pfn, unsigned int cpu)
{
	enum km_migratetype type;
	struct zone *zone;
	int err;

	assert(cpu < pages->machine->nr_cpus);
	err = check_free(pages->machine, pfn, 0);
	if (err)
		return err;
	if (km_page(pages->machine, pfn)->flags & KM_PG_LRU)
		km_lru_del(pages, pfn);
	zone = used_zone(pages, pfn);
	type = km_pageblock_type(pages, zone, pfn);
	if (type == KM_MIGRATE_ISOLATE)
		km_buddy_put_by_pageblock(pages, zone, pfn, 0, 0);
	else
		km_pcp_put_cold(pages, zone, cpu, pfn, pcp_type(type));
	return 0;
}

int km_split_pages(struct km_pages *pages, uint64_t pfn, unsigned int to)
{
	const struct km_machine *machine = pages->machine;
	struct page head;

	if (pfn >= machine->nr_pfns)
		return -EINVAL;
	head = *km_page(machine, pfn);
	if (head.state != KM_PAGE_USED || head.order < to || head.flags & KM_PG_LRU)
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
	for (unsigned int i = 0; i < pages->nr_zones; i++)
		km_pcp_drain_zone(pages, &pages->zones[i]);
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
	if (err) {
		km_pages_release(pages);
		return err;
	}
	classify_requests(pages);
	return 0;
}

void km_pages_release(struct km_pages *pages)
{
	km_page_zones_release(pages);
	memset(pages, 0, sizeof(*pages));
}
