/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bad call in words.
 *
 *   double-free: free_pages(0xffff888000123000, order 0) from 0x77 on CPU 1: the block is free
 *     page 291: on a per-cpu list, head of a block of order 0, zone Normal of node 0
 *     given out by 0x42, freed by 0x55
 *     free a block once: ...
 */
#include "core/page/bad_page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct lines {
	char *buf;
	size_t len, used;
};

static const struct {
	const char *name, *why, *what_to_do;
} kinds[KM_NR_BAD] = {
	[KM_BAD_NONE] = { "none", "nothing is wrong", "nothing" },
	[KM_BAD_DOUBLE_FREE] = { "double-free", "the block was freed before",
				 "free a block once, and forget its address where it is freed" },
	[KM_BAD_FREE_PAGE] = { "free-of-free", "the page is free, and nobody was given it",
			       "free what an allocation returned, and only that" },
	[KM_BAD_PCP_PAGE] = { "free-of-pcp", "the page is free, on a CPU's list of free pages",
			      "free what an allocation returned, and only that" },
	[KM_BAD_ORDER] = { "free-order-mismatch", "the block was allocated with another order",
			   "keep the order with the block, or allocate with __GFP_COMP and give it "
			   "back with put_page()" },
	[KM_BAD_MIDDLE] = { "middle-of-block", "the page is not the first of its block",
			    "free the head of the block, or split_page() it first" },
	[KM_BAD_BOOTMEM] = { "free-of-bootmem", "boot memory owns the page",
			     "boot memory goes back with free_bootmem(), before the page allocator "
			     "runs" },
	[KM_BAD_SLAB] = { "free-of-slab", "a slab owns the page",
			  "objects go back with kfree() or kmem_cache_free()" },
	[KM_BAD_OWNER] = { "free-of-owned", "another allocator owns the page",
			   "it goes back through the allocator that it came from" },
	[KM_BAD_HELD] = { "free-of-held", "the page is in use since boot, and nobody allocated it",
			  "free what an allocation returned, and only that" },
	[KM_BAD_HOLE] = { "no-memory-there", "there is no memory behind that page",
			  "check where the page number or address comes from" },
	[KM_BAD_BEYOND] = { "beyond-memory", "memory ends before that",
			    "check where the page number or address comes from" },
	[KM_BAD_UNALIGNED] = { "unaligned-address", "the address is not that of a page",
			       "give the address that the allocation returned" },
	[KM_BAD_NOT_DIRECT] = { "not-direct-map", "the direct map does not have that address",
				"vmalloc() areas go back with vfree(), mappings with kunmap() or "
				"iounmap(), high pages with __free_pages()" },
	[KM_BAD_COUNT] = { "count-underflow", "the count of its users is 0 already",
			   "one put_page() for each get_page(), and one for the allocation" },
	[KM_BAD_REFERENCED] = { "still-referenced",
				"others still use it: this only took one user "
				"away",
				"nothing, if the last put_page() comes; else find who keeps it" },
	[KM_BAD_PUT_BLOCK] = { "put-of-block",
			       "the block is not compound: put_page() would free "
			       "its first page alone",
			       "allocate with __GFP_COMP, or free it with __free_pages()" },
	[KM_BAD_GET_FREE] = { "get-of-free", "the page is free: it has no users to count",
			      "take the reference before the last user is gone" },
	[KM_BAD_SPLIT_COMPOUND] = { "split-of-compound", "compound pages stay together",
				    "allocate without __GFP_COMP what is to be split" },
	[KM_BAD_SPLIT_LRU] = { "split-of-lru", "the block is on an LRU list",
			       "take it off the list before" },
	[KM_BAD_ORDER_TOO_LARGE] = { "order-too-big", "the largest order is 10",
				     "ask for smaller blocks, vmalloc() or memory at boot" },
	[KM_BAD_HIGHMEM] = { "highmem-virt", "high memory has no address of its own",
			     "alloc_pages() and kmap(), or leave __GFP_HIGHMEM out" },
	[KM_BAD_ZONES] = { "illegal-zone-combo", "its zone modifiers exclude each other",
			   "at most one of __GFP_DMA, __GFP_DMA32 and __GFP_HIGHMEM" },
	[KM_BAD_NODE] = { "no-such-node", "the machine has no such node",
			  "ask for a node that is online, or -1 for the nearest" },
	[KM_BAD_SLEEP] = { "sleep-in-atomic", "it may wait for reclaim where it must not sleep",
			   "GFP_ATOMIC, or allocate where sleeping is allowed" },
	[KM_BAD_NMI] = { "nmi-alloc", "an NMI may have interrupted the allocator itself",
			 "allocate before, or hand the work to irq_work" },
	[KM_BAD_NOFAIL_ORDER] = { "nofail-order", "__GFP_NOFAIL is for at most two pages",
				  "kvmalloc(), or be prepared to fail" },
	[KM_BAD_NOFAIL_NONBLOCK] = { "nofail-nonblock",
				     "without __GFP_DIRECT_RECLAIM it may fail all the same",
				     "allow it to sleep, or be prepared to fail" },
	[KM_BAD_NOFAIL_MEMALLOC] = { "nofail-memalloc",
				     "a task with PF_MEMALLOC cannot wait for others to reclaim",
				     "leave __GFP_NOFAIL out where memory is reclaimed" },
	[KM_BAD_MOBILITY] = { "mobility-conflict",
			      "__GFP_MOVABLE and __GFP_RECLAIMABLE exclude each other",
			      "choose one: it is taken for unmovable" },
	[KM_BAD_EXACT_FLAGS] = { "exact-flags",
				 "alloc_pages_exact() takes neither __GFP_COMP nor __GFP_HIGHMEM: "
				 "dropped",
				 "leave them out" },
	[KM_BAD_WRITE_AFTER_FREE] = { "write-after-free",
				      "somebody wrote to the page while it was "
				      "free",
				      "look for a pointer that is used after the free" },
};

/* How what another allocator owns goes back to it. */
static const char *const owner_calls[KM_NR_OWNERS] = {
	[KM_OWNER_LARGE_KMALLOC] = "a large kmalloc() goes back with kfree()",
	[KM_OWNER_VMALLOC] = "a vmalloc() area goes back with vfree()",
	[KM_OWNER_PAGE_TABLE] = "page tables go with the mappings that they serve",
	[KM_OWNER_PERCPU] = "per-cpu memory goes back with free_percpu()",
};

static const char *const owner_names[KM_NR_OWNERS] = {
	[KM_OWNER_NONE] = "nobody",
	[KM_OWNER_SLAB] = "a slab",
	[KM_OWNER_LARGE_KMALLOC] = "a large kmalloc()",
	[KM_OWNER_VMALLOC] = "vmalloc()",
	[KM_OWNER_PAGE_TABLE] = "page tables",
	[KM_OWNER_PERCPU] = "per-cpu memory",
	[KM_OWNER_OTHER] = "a caller of the page allocator",
	[KM_OWNER_ANON] = "anonymous memory",
	[KM_OWNER_PAGE_CACHE] = "the page cache",
	[KM_OWNER_KERNEL_STACK] = "a kernel stack",
	[KM_OWNER_BOOTMEM] = "boot memory",
};

const char *km_bad_kind_name(enum km_bad_kind kind)
{
	return kind < KM_NR_BAD ? kinds[kind].name : "?";
}

static void add(struct lines *lines, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct lines *lines, const char *format, ...)
{
	va_list args;
	int len;

	if (lines->used >= lines->len)
		return;
	va_start(args, format);
	len = vsnprintf(lines->buf + lines->used, lines->len - lines->used, format, args);
	va_end(args);
	if (len > 0)
		lines->used += (size_t)len;
}

/* "free_pages(0xffff888000123000, order 0) from 0x77 on CPU 1" */
static void add_call(struct lines *lines, const struct km_bad_call *bad)
{
	const char *comma = "";
	char gfp[128];

	add(lines, "%s: %s(", km_bad_kind_name(bad->kind), bad->call);
	if (bad->given & KM_GIVEN_ADDR) {
		add(lines, "0x%" PRIx64, bad->addr);
		comma = ", ";
	} else if (bad->page.pfn != KM_NO_PFN && !(bad->given & KM_GIVEN_GFP)) {
		add(lines, "page %" PRIu64, bad->page.pfn);
		comma = ", ";
	}
	if (bad->given & KM_GIVEN_GFP) {
		add(lines, "%s%s", comma, km_gfp_print(bad->gfp, gfp, sizeof(gfp)));
		comma = ", ";
	}
	if (bad->given & KM_GIVEN_ORDER)
		add(lines, "%sorder %u", comma, bad->order);
	add(lines, ")");
	if (bad->site)
		add(lines, " from 0x%" PRIx64, bad->site);
	add(lines, " on CPU %u: %s", bad->cpu, kinds[bad->kind].why);
	if (bad->kind == KM_BAD_SLEEP)
		add(lines, " (%s)", bad->cannot_sleep);
	if (bad->kind == KM_BAD_NODE)
		add(lines, " (%d)", bad->node);
	add(lines, "\n");
}

/* "page 5: inside a used block of order 2 (head 4), owner a slab, count 1, zone DMA of node 0" */
static void add_page(struct lines *lines, const struct km_page_facts *facts)
{
	static const char *const standings[] = {
		[KM_STANDS_BEYOND] = "past the end of memory", [KM_STANDS_HOLE] = "no memory",
		[KM_STANDS_HELD] = "in use since boot",	       [KM_STANDS_FREE] = "free",
		[KM_STANDS_PCP] = "free on a per-cpu list",    [KM_STANDS_USED] = "used",
	};

	if (facts->pfn == KM_NO_PFN)
		return;
	add(lines, "  page %" PRIu64 ": %s", facts->pfn, standings[facts->standing]);
	if (facts->head == facts->pfn)
		add(lines, ", head of a block of order %u", facts->page.order);
	else if (facts->head != KM_NO_PFN)
		add(lines, ", inside the block of order %u from page %" PRIu64 " on",
		    facts->page.order, facts->head);
	if (facts->standing == KM_STANDS_USED)
		add(lines, ", owner %s, count %u%s", owner_names[facts->page.owner],
		    facts->page.count, facts->page.flags & KM_PG_COMP ? ", compound" : "");
	if (facts->has_zone)
		add(lines, ", zone %s of node %u", km_zone_type_name(facts->zone), facts->node);
	add(lines, "\n");
}

static void add_sites(struct lines *lines, const struct km_page_facts *facts)
{
	if (facts->pfn == KM_NO_PFN || (!facts->alloc_site && !facts->free_site))
		return;
	add(lines, "  ");
	if (facts->alloc_site)
		add(lines, "given out by 0x%" PRIx64 "%s", facts->alloc_site,
		    facts->free_site ? ", " : "");
	if (facts->free_site)
		add(lines, "freed by 0x%" PRIx64, facts->free_site);
	add(lines, "\n");
}

char *km_bad_page_print(const struct km_bad_call *bad, char *buf, size_t len)
{
	struct lines lines = { .buf = buf, .len = len };
	const char *what_to_do = kinds[bad->kind].what_to_do;

	if (len)
		buf[0] = '\0';
	add_call(&lines, bad);
	if (bad->kind == KM_BAD_WRITE_AFTER_FREE)
		add(&lines,
		    "  the first byte is at physical address 0x%" PRIx64
		    ": 0x%02x, not the poison 0x%02x\n",
		    bad->written_addr, bad->written, bad->poison);
	add_page(&lines, &bad->page);
	add_sites(&lines, &bad->page);
	if (bad->kind == KM_BAD_OWNER && owner_calls[bad->page.page.owner])
		what_to_do = owner_calls[bad->page.page.owner];
	add(&lines, "  what to do: %s\n", what_to_do);
	return buf;
}
