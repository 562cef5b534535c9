/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules: what is wrong with a request, told from its flags, its size and where it
 * was made.
 *
 * Source: include/linux/gfp_types.h, mm/page_alloc.c, mm/slub.c,
 * mm/vmalloc.c, Documentation/core-api/memory-allocation.rst, 5.10 to 6.18.
 */
#include "core/analysis/misuse.h"

#define KIND(k) (1u << TF_##k)
#define SLABS (KIND(KMALLOC) | KIND(CACHE_ALLOC))
#define COSTLY_ORDER 3
#define ATOMIC_HITS 16

/* mempool_alloc()'s first try adds these by itself, and takes IO and direct reclaim away. */
#define MEMPOOL_FLAGS (KM_GFP_NOMEMALLOC | KM_GFP_NORETRY | KM_GFP_NOWARN)

static bool in_interrupt(const struct tf_event *ev)
{
	return ev->ctx & (TF_CTX_NMI | TF_CTX_HARDIRQ | TF_CTX_SOFTIRQ);
}

/*
 * May the caller not sleep?  a) in an interrupt; b) bottom halves off or preemption disabled,
 * except in the idle task, which the kernel's own check leaves alone.
 */
static bool is_atomic_context(const struct tf_event *ev)
{
	if (ev->ctx & TF_CTX_UNKNOWN)
		return false;
	if (in_interrupt(ev))
		return true;
	return ev->pid && (ev->preempt || (ev->ctx & TF_CTX_BH_OFF));
}

/* Known to be a task that holds nothing which forbids sleeping (interrupts off is not known). */
static bool is_sleepable_context(const struct tf_event *ev)
{
	return ev->pid && !(ev->ctx & TF_CTX_UNKNOWN) && !is_atomic_context(ev);
}

static bool is_mempool_try(km_gfp gfp)
{
	return !(gfp & KM_GFP_DIRECT_RECLAIM) && (gfp & MEMPOOL_FLAGS) == MEMPOOL_FLAGS;
}

static bool sleep_in_atomic(const struct km_request *r)
{
	return (r->gfp & KM_GFP_DIRECT_RECLAIM) && is_atomic_context(r->ev);
}

static bool percpu_atomic(const struct km_request *r)
{
	if (r->ev->flags & TF_EV_ATOMIC)
		return false;
	/* Before 5.19 the event has no flags. */
	return (!r->gfp || (r->gfp & KM_GFP_DIRECT_RECLAIM)) && is_atomic_context(r->ev);
}

static bool vmalloc_atomic(const struct km_request *r)
{
	return is_atomic_context(r->ev);
}

static bool nmi_alloc(const struct km_request *r)
{
	if ((r->ev->ctx & TF_CTX_UNKNOWN) || !(r->ev->ctx & TF_CTX_NMI))
		return false;
	/* alloc_pages_nolock() asks without any reclaim. */
	return r->ev->kind != TF_PAGE_ALLOC || (r->gfp & KM_GFP_RECLAIM);
}

static bool nofail_order(const struct km_request *r)
{
	return (r->gfp & KM_GFP_NOFAIL) && r->order > 1;
}

static bool nofail_nonblock(const struct km_request *r)
{
	return (r->gfp & KM_GFP_NOFAIL) && !(r->gfp & KM_GFP_DIRECT_RECLAIM);
}

static bool nofail_conflict(const struct km_request *r)
{
	return (r->gfp & KM_GFP_NOFAIL) && (r->gfp & (KM_GFP_NORETRY | KM_GFP_RETRY_MAYFAIL));
}

static bool retry_conflict(const struct km_request *r)
{
	const km_gfp both = KM_GFP_NORETRY | KM_GFP_RETRY_MAYFAIL;

	return (r->gfp & both) == both;
}

/* NOFAIL without it is nofail-nonblock. */
static bool modifier_without_direct(const struct km_request *r)
{
	return (r->gfp & (KM_GFP_NORETRY | KM_GFP_RETRY_MAYFAIL)) &&
	       !(r->gfp & KM_GFP_DIRECT_RECLAIM) && !is_mempool_try(r->gfp);
}

static bool memalloc_conflict(const struct km_request *r)
{
	const km_gfp both = KM_GFP_MEMALLOC | KM_GFP_NOMEMALLOC;

	return (r->gfp & both) == both;
}

static bool fs_without_io(const struct km_request *r)
{
	return (r->gfp & KM_GFP_FS) && !(r->gfp & KM_GFP_IO) && !is_mempool_try(r->gfp);
}

static bool slab_zone_bits(const struct km_request *r)
{
	return r->gfp & (KM_GFP_HIGHMEM | KM_GFP_DMA32);
}

static bool illegal_zone_combo(const struct km_request *r)
{
	return km_gfp_zone(r->gfp) < 0;
}

static bool mobility_conflict(const struct km_request *r)
{
	const km_gfp both = KM_GFP_MOVABLE | KM_GFP_RECLAIMABLE;

	return (r->gfp & both) == both;
}

static bool dma_zone(const struct km_request *r)
{
	/* DMA32 in a slab request is slab-zone-bits. */
	return r->gfp & (r->ev->kind == TF_PAGE_ALLOC ? KM_GFP_DMA | KM_GFP_DMA32 : KM_GFP_DMA);
}

static bool order_too_big(const struct km_request *r)
{
	return r->order > KM_MAX_ORDER;
}

static bool costly_order(const struct km_request *r)
{
	return r->order > COSTLY_ORDER && r->order <= KM_MAX_ORDER &&
	       !(r->gfp & (KM_GFP_NORETRY | KM_GFP_RETRY_MAYFAIL | KM_GFP_NOWARN | KM_GFP_NOFAIL));
}

static bool no_reclaim_bits(const struct km_request *r)
{
	return r->has_kswapd_flag && !(r->gfp & KM_GFP_RECLAIM);
}

static bool atomic_bit_direct(const struct km_request *r)
{
	return (r->gfp & KM_GFP_ATOMIC_BIT) && (r->gfp & KM_GFP_DIRECT_RECLAIM);
}

static bool is_gfp_atomic(km_gfp gfp)
{
	return (gfp & KM_GFP_HIGH) && !(gfp & KM_GFP_DIRECT_RECLAIM);
}

static bool atomic_when_sleepable(const struct km_request *r)
{
	return is_gfp_atomic(r->gfp) && is_sleepable_context(r->ev);
}

static bool atomic_when_needed(const struct km_request *r)
{
	return is_gfp_atomic(r->gfp) && !is_sleepable_context(r->ev);
}

static const struct km_misuse_rule rules[] = {
	{ "sleep-in-atomic", "may sleep where sleeping is forbidden", KM_SEVERITY_ERROR,
	  SLABS | KIND(PAGE_ALLOC), sleep_in_atomic, 1, NULL },
	{ "percpu-atomic", "percpu allocation that takes a mutex where sleeping is forbidden",
	  KM_SEVERITY_ERROR, KIND(PERCPU_ALLOC), percpu_atomic, 1, NULL },
	{ "vmalloc-atomic", "vmalloc or vmap where sleeping is forbidden", KM_SEVERITY_ERROR,
	  KIND(VMAP_ALLOC), vmalloc_atomic, 1, NULL },
	{ "nmi-alloc", "allocation in NMI other than the nolock functions", KM_SEVERITY_ERROR,
	  SLABS | KIND(PAGE_ALLOC), nmi_alloc, 1, NULL },
	{ "nofail-order", "__GFP_NOFAIL for more than two pages at a time", KM_SEVERITY_ERROR,
	  KIND(KMALLOC) | KIND(PAGE_ALLOC), nofail_order, 1, NULL },
	{ "nofail-nonblock", "__GFP_NOFAIL without __GFP_DIRECT_RECLAIM may fail all the same",
	  KM_SEVERITY_ERROR, SLABS | KIND(PAGE_ALLOC), nofail_nonblock, 1, NULL },
	{ "slab-zone-bits", "__GFP_HIGHMEM or __GFP_DMA32 in a slab request", KM_SEVERITY_ERROR,
	  SLABS, slab_zone_bits, 1, NULL },
	{ "illegal-zone-combo", "zone flags that exclude each other", KM_SEVERITY_ERROR,
	  SLABS | KIND(PAGE_ALLOC), illegal_zone_combo, 1, NULL },
	{ "mobility-conflict", "__GFP_MOVABLE together with __GFP_RECLAIMABLE", KM_SEVERITY_ERROR,
	  SLABS | KIND(PAGE_ALLOC), mobility_conflict, 1, NULL },
	{ "order-too-big", "more than the largest block of pages", KM_SEVERITY_ERROR,
	  KIND(KMALLOC) | KIND(PAGE_ALLOC), order_too_big, 1, NULL },
	{ "atomic-bit-direct", "__GFP_ATOMIC together with __GFP_DIRECT_RECLAIM", KM_SEVERITY_ERROR,
	  SLABS | KIND(PAGE_ALLOC), atomic_bit_direct, 1, NULL },
	{ KM_RULE_DOUBLE_FREE, "freed again by the same thread at once", KM_SEVERITY_ERROR, 0, NULL,
	  1, NULL },
	{ "nofail-conflict", "__GFP_NOFAIL together with a flag that lets it fail",
	  KM_SEVERITY_WARNING, SLABS | KIND(PAGE_ALLOC), nofail_conflict, 1, NULL },
	{ "retry-conflict", "__GFP_NORETRY together with __GFP_RETRY_MAYFAIL", KM_SEVERITY_WARNING,
	  SLABS | KIND(PAGE_ALLOC), retry_conflict, 1, NULL },
	{ "modifier-without-direct", "retry flags mean nothing without __GFP_DIRECT_RECLAIM",
	  KM_SEVERITY_WARNING, SLABS | KIND(PAGE_ALLOC), modifier_without_direct, 1, NULL },
	{ "memalloc-conflict", "__GFP_MEMALLOC together with __GFP_NOMEMALLOC", KM_SEVERITY_WARNING,
	  SLABS | KIND(PAGE_ALLOC), memalloc_conflict, 1, NULL },
	{ "fs-without-io", "__GFP_FS without __GFP_IO", KM_SEVERITY_WARNING,
	  SLABS | KIND(PAGE_ALLOC), fs_without_io, 1, NULL },
	{ "dma-zone", "legacy DMA zones: dma_alloc_*() knows what the device can reach",
	  KM_SEVERITY_WARNING, SLABS | KIND(PAGE_ALLOC), dma_zone, 1, NULL },
	{ "costly-order", "more than eight pages at a time with no fallback", KM_SEVERITY_WARNING,
	  KIND(KMALLOC) | KIND(PAGE_ALLOC), costly_order, 1, NULL },
	{ "no-reclaim-bits", "wakes nobody to reclaim: may fail for no reason", KM_SEVERITY_WARNING,
	  SLABS, no_reclaim_bits, 1, NULL },
	{ "atomic-when-sleepable",
	  "GFP_ATOMIC, and nothing seen that forbids to sleep (RCU and irqs-off are not recorded)",
	  KM_SEVERITY_HINT, SLABS | KIND(PAGE_ALLOC), atomic_when_sleepable, ATOMIC_HITS,
	  atomic_when_needed },
};

const struct km_misuse_rule *km_misuse_rule(unsigned int index)
{
	return index < sizeof(rules) / sizeof(rules[0]) ? &rules[index] : NULL;
}
