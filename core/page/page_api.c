/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's page calls: requests, addresses, and the log of bad calls.
 *
 * A request is refused for its zone modifiers, its node or its order.  What else is wrong
 * with it, like a context that must not sleep, is noted: a kernel would serve it too.
 */
#include "core/page/page_api.h"

#include <errno.h>
#include <stdlib.h>

#include "core/page/page_call.h"
#include "core/page/page_sites.h"

#define MIN_LOG 8

/* One request, with the kernel's name of the call. */
struct request {
	const char *call;
	km_gfp gfp;
	unsigned int order;
	int node; /* -1: that of the CPU */
};

int km_page_api_init(struct km_page_api *api, struct km_pages *pages, struct km_phys *phys,
		     unsigned int flags)
{
	*api = (struct km_page_api){
		.pages = pages, .phys = phys, .flags = flags, .owner = KM_OWNER_OTHER
	};
	if ((flags & KM_PAGE_API_POISON) && !phys)
		return -EINVAL;
	api->sites = km_page_sites_new();
	if (flags & KM_PAGE_API_POISON)
		api->poisoned = calloc(pages->machine->nr_pfns / 64 + 1, sizeof(*api->poisoned));
	if (!api->sites || (!api->poisoned && (flags & KM_PAGE_API_POISON))) {
		km_page_api_release(api);
		return -ENOMEM;
	}
	return 0;
}

void km_page_api_release(struct km_page_api *api)
{
	km_page_sites_free(api->sites);
	free(api->poisoned);
	free(api->bad);
	*api = (struct km_page_api){ 0 };
}

struct km_bad_call km_call_bad(const struct km_page_api *api, enum km_bad_kind kind,
			       const char *call)
{
	return (struct km_bad_call){
		.kind = kind,
		.call = call,
		.cpu = api->cpu,
		.site = api->site,
		.page = { .pfn = KM_NO_PFN, .head = KM_NO_PFN },
	};
}

int km_call_log(struct km_page_api *api, const struct km_bad_call *bad)
{
	struct km_bad_call *grown = api->bad;

	api->bad_count[bad->kind]++;
	if (api->nr_bad == KM_BAD_CALLS_KEPT)
		return -EINVAL;
	/* Full whenever the number is a power of two. */
	if (!api->nr_bad || (api->nr_bad >= MIN_LOG && !(api->nr_bad & (api->nr_bad - 1))))
		grown = realloc(api->bad, (api->nr_bad < MIN_LOG ? MIN_LOG : 2 * api->nr_bad) *
						  sizeof(*grown));
	if (!grown) {
		api->out_of_memory = true;
		return -EINVAL;
	}
	api->bad = grown;
	api->bad[api->nr_bad++] = *bad;
	return -EINVAL;
}

void km_call_sites(const struct km_page_api *api, struct km_page_facts *facts)
{
	const struct km_page_site *site = km_page_sites_find(api->sites, facts->pfn);

	/* A block that others gave out since is not ours to tell of. */
	if (!site || facts->standing < KM_STANDS_FREE ||
	    (facts->standing == KM_STANDS_USED && site->was_freed))
		return;
	facts->was_freed = site->was_freed;
	facts->alloc_site = site->alloc_site;
	facts->free_site = site->free_site;
}

void km_call_facts(const struct km_page_api *api, uint64_t pfn, struct km_page_facts *facts)
{
	km_page_facts_read(api->pages, pfn, facts);
	if (facts->standing == KM_STANDS_FREE || facts->standing == KM_STANDS_PCP)
		km_call_sites(api, facts);
}

/* What the kernel warns of, or would if it were built to, and serves. */
static void note_findings(struct km_page_api *api, struct km_bad_call *bad)
{
	const struct km_cpu *cpu = &api->pages->machine->cpus[api->cpu];
	const km_gfp both = KM_GFP_MOVABLE | KM_GFP_RECLAIMABLE;
	const bool may_sleep = bad->gfp & KM_GFP_DIRECT_RECLAIM;
	const bool nofail = bad->gfp & KM_GFP_NOFAIL;
	const struct {
		enum km_bad_kind kind;
		bool is_so;
	} findings[] = {
		{ KM_BAD_SLEEP,
		  may_sleep && km_might_sleep(cpu, bad->cannot_sleep, sizeof(bad->cannot_sleep)) },
		{ KM_BAD_NMI, cpu->nmi },
		{ KM_BAD_NOFAIL_ORDER, nofail && bad->order > 1 },
		{ KM_BAD_NOFAIL_NONBLOCK, nofail && !may_sleep },
		{ KM_BAD_NOFAIL_MEMALLOC, nofail && (cpu->task & KM_TASK_MEMALLOC) },
		{ KM_BAD_MOBILITY, (bad->gfp & both) == both },
	};

	for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++) {
		if (!findings[i].is_so)
			continue;
		bad->kind = findings[i].kind;
		km_call_log(api, bad);
	}
}

/* False after a word in the log, or without one where the caller does not want it. */
static bool is_good(struct km_page_api *api, const struct request *req)
{
	const struct km_machine *machine = api->pages->machine;
	struct km_bad_call bad = km_call_bad(api, KM_BAD_NONE, req->call);

	bad.given = KM_GIVEN_GFP | KM_GIVEN_ORDER;
	bad.gfp = req->gfp;
	bad.order = req->order;
	bad.node = req->node;
	if (km_gfp_zone(req->gfp) < 0)
		bad.kind = KM_BAD_ZONES;
	else if (req->node < -1 || req->node >= (int)machine->profile.nr_nodes)
		bad.kind = KM_BAD_NODE;
	else if (req->order > KM_MAX_ORDER)
		bad.kind = KM_BAD_ORDER_TOO_LARGE;
	/* The kernel takes __GFP_NOWARN as a promise that the caller expects it. */
	if (bad.kind == KM_BAD_ORDER_TOO_LARGE && (req->gfp & KM_GFP_NOWARN))
		return false;
	if (bad.kind) {
		km_call_log(api, &bad);
		return false;
	}
	note_findings(api, &bad);
	return true;
}

/* Take a block for a request that is good. */
static struct page *take(struct km_page_api *api, const struct request *req)
{
	uint64_t pfn =
		km_alloc_pages(api->pages, req->gfp, req->order, api->cpu, req->node, api->owner);
	struct page *page;

	if (pfn == KM_NO_PFN)
		return NULL;
	page = km_page(api->pages->machine, pfn);
	if (km_contents_take(api, req->call, pfn, req->order, req->gfp)) {
		api->out_of_memory = true;
		km_call_free_block(api, pfn, req->order);
		return NULL;
	}
	if (req->order && (req->gfp & KM_GFP_COMP))
		page->flags |= KM_PG_COMP;
	if (km_page_sites_give(api->sites, pfn, req->order, api->site))
		api->out_of_memory = true;
	return page;
}

static struct page *serve(struct km_page_api *api, const struct request *req)
{
	return is_good(api, req) ? take(api, req) : NULL;
}

struct page *km_api_alloc_pages_node(struct km_page_api *api, int nid, km_gfp gfp,
				     unsigned int order)
{
	return serve(api, &(struct request){ "alloc_pages_node", gfp, order, nid });
}

struct page *km_api_alloc_pages(struct km_page_api *api, km_gfp gfp, unsigned int order)
{
	return serve(api, &(struct request){ "alloc_pages", gfp, order, -1 });
}

struct page *km_api_alloc_page(struct km_page_api *api, km_gfp gfp)
{
	return serve(api, &(struct request){ "alloc_page", gfp, 0, -1 });
}

/* Has one zone so many pages that nr of them leave it above its low mark? */
static bool has_room(const struct km_page_api *api, km_gfp gfp, unsigned int nr)
{
	const struct km_pages *pages = api->pages;
	const struct km_profile *profile = &pages->machine->profile;
	unsigned int node = pages->machine->cpus[api->cpu].node;
	int class = km_gfp_zone(gfp);

	for (unsigned int i = 0; i < pages->nr_zonelist[node]; i++) {
		const struct zone *zone = &pages->zones[pages->zonelist[node][i]];

		if ((int)zone->type > class || ((gfp & KM_GFP_THISNODE) && zone->node != node))
			continue;
		if (km_zone_watermark_ok(zone, 0, zone->wmark_low + nr, class,
					 gfp & (KM_GFP_MOVABLE | KM_GFP_RECLAIM),
					 profile->features))
			return true;
	}
	return false;
}

unsigned int km_api_alloc_pages_bulk(struct km_page_api *api, km_gfp gfp, unsigned int nr,
				     struct page **array)
{
	const struct request req = { "alloc_pages_bulk", gfp, 0, -1 };
	unsigned int nr_there = 0, nr_missing, nr_wanted;

	for (unsigned int i = 0; i < nr; i++)
		nr_there += array[i] != NULL;
	nr_missing = nr - nr_there;
	if (!nr_missing || !is_good(api, &req))
		return nr_there;

	/* No bulk where that would need reclaim: one page, by the slow path if need be. */
	nr_wanted = has_room(api, gfp, nr_missing) ? nr_missing : 1;
	for (unsigned int i = 0; i < nr && nr_wanted; i++) {
		if (array[i])
			continue;
		array[i] = take(api, &req);
		if (!array[i])
			break;
		nr_there++;
		nr_wanted--;
	}
	return nr_there;
}

static uint64_t serve_address(struct km_page_api *api, const struct request *req)
{
	if (req->gfp & KM_GFP_HIGHMEM) {
		struct km_bad_call bad = km_call_bad(api, KM_BAD_HIGHMEM, req->call);

		bad.given = KM_GIVEN_GFP | KM_GIVEN_ORDER;
		bad.gfp = req->gfp;
		bad.order = req->order;
		km_call_log(api, &bad);
		return 0;
	}
	return km_api_page_address(api, serve(api, req));
}

uint64_t __km_api_get_free_pages(struct km_page_api *api, km_gfp gfp, unsigned int order)
{
	return serve_address(api, &(struct request){ "__get_free_pages", gfp, order, -1 });
}

uint64_t __km_api_get_free_page(struct km_page_api *api, km_gfp gfp)
{
	return serve_address(api, &(struct request){ "__get_free_page", gfp, 0, -1 });
}

uint64_t km_api_get_zeroed_page(struct km_page_api *api, km_gfp gfp)
{
	return serve_address(api, &(struct request){ "get_zeroed_page", gfp | KM_GFP_ZERO, 0, -1 });
}

uint64_t km_api_alloc_pages_exact(struct km_page_api *api, uint64_t bytes, km_gfp gfp)
{
	struct request req = { "alloc_pages_exact", gfp, km_api_get_order(api, bytes), -1 };
	unsigned int shift = api->pages->machine->profile.page_shift;
	struct page *page;
	uint64_t pfn, nr;

	if (gfp & (KM_GFP_COMP | KM_GFP_HIGHMEM)) {
		struct km_bad_call bad = km_call_bad(api, KM_BAD_EXACT_FLAGS, req.call);

		bad.given = KM_GIVEN_GFP;
		bad.gfp = gfp;
		km_call_log(api, &bad);
		req.gfp &= ~(KM_GFP_COMP | KM_GFP_HIGHMEM);
	}
	page = serve(api, &req);
	if (!page)
		return 0;
	pfn = km_api_page_to_pfn(api, page);
	nr = (bytes + (1ull << shift) - 1) >> shift;
	km_split_pages(api->pages, pfn, 0);
	for (uint64_t i = pfn; i < pfn + (1ull << req.order); i++) {
		if (km_page_sites_give(api->sites, i, 0, api->site))
			api->out_of_memory = true;
		if (i >= pfn + nr)
			km_call_free_block(api, i, 0);
	}
	return km_api_page_address(api, page);
}

unsigned int km_api_get_order(const struct km_page_api *api, uint64_t bytes)
{
	const struct km_profile *profile = &api->pages->machine->profile;
	unsigned int order = 0;

	if (!bytes)
		return profile->address_bits - profile->page_shift;
	for (uint64_t pages = (bytes - 1) >> profile->page_shift; pages; pages >>= 1)
		order++;
	return order;
}

uint64_t km_api_page_to_pfn(const struct km_page_api *api, const struct page *page)
{
	const struct km_machine *machine = api->pages->machine;
	uintptr_t start = (uintptr_t)machine->mem_map;
	uintptr_t offset = (uintptr_t)page - start;

	if (!page || (uintptr_t)page < start || offset / sizeof(*page) >= machine->nr_pfns ||
	    offset % sizeof(*page))
		return KM_NO_PFN;
	return offset / sizeof(*page);
}

struct page *km_api_pfn_to_page(const struct km_page_api *api, uint64_t pfn)
{
	return pfn < api->pages->machine->nr_pfns ? km_page(api->pages->machine, pfn) : NULL;
}

uint64_t km_api_page_address(const struct km_page_api *api, const struct page *page)
{
	uint64_t pfn = km_api_page_to_pfn(api, page);
	const struct zone *zone = pfn == KM_NO_PFN ? NULL : km_pfn_zone(api->pages, pfn);

	if (!zone || zone->type == KM_ZONE_HIGHMEM)
		return 0;
	return km_pfn_to_addr(api->pages->machine, pfn);
}

struct page *km_api_virt_to_page(struct km_page_api *api, uint64_t addr)
{
	struct km_bad_call bad = km_call_bad(api, KM_BAD_NONE, "virt_to_page");
	uint64_t pfn;

	bad.kind = km_bad_address(api->pages, addr, &pfn);
	if (bad.kind == KM_BAD_NONE || bad.kind == KM_BAD_UNALIGNED)
		return km_page(api->pages->machine, pfn);
	bad.given = KM_GIVEN_ADDR;
	bad.addr = addr;
	km_call_log(api, &bad);
	return NULL;
}
