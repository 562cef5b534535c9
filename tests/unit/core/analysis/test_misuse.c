/* SPDX-License-Identifier: GPL-2.0-only */
/* Every rule fires where it should, and holds its peace where it should. */
#include "tests/unit/suite.h"

#include "core/analysis/misuse.h"
#include "tests/unit/core/replay/handmade.h"

/* One request, as an event says it; fields not given are those of a plain task, outside the
 * allocators. */
struct sample {
	enum tf_kind kind;
	uint32_t gfp;
	uint8_t ctx, preempt, order, owner, flags;
	uint32_t pid; /* 0: 100; IDLE: 0 */
	uint64_t bytes;
};

#define IDLE UINT32_MAX
#define NO_STACK UINT8_MAX
#define NOFAIL (1u << 15)
#define RETRY_MAYFAIL (1u << 14)
#define NORETRY (1u << 16)
#define MEMALLOC (1u << 17)
#define NOMEMALLOC (1u << 19)
#define NOWARN (1u << 13)
#define DIRECT (1u << 10)
#define KSWAPD (1u << 11)
#define IO (1u << 6)
#define FS (1u << 7)
#define DMA 1u
#define HIGHMEM 2u
#define DMA32 4u
#define MOVABLE 8u
#define RECLAIMABLE 16u
#define ATOMIC_BIT (1u << 9)
/* What mempool_alloc() tries first for a GFP_KERNEL caller. */
#define MEMPOOL_TRY (KSWAPD | FS | NOMEMALLOC | NORETRY | NOWARN)

static void add_sample(struct handmade *h, const struct sample *s, unsigned int nr)
{
	struct tf_event ev = h->next;

	ev.kind = s->kind;
	ev.gfp = s->gfp;
	ev.ctx = s->ctx;
	ev.preempt = s->preempt;
	ev.order = s->order;
	ev.owner = s->owner == NO_STACK ? TF_OWNER_UNKNOWN : s->owner ? s->owner : TF_OWNER_OTHER;
	ev.flags = s->flags;
	ev.pid = s->pid == IDLE ? 0 : s->pid ? s->pid : 100;
	ev.bytes_req = s->bytes ? s->bytes : 100;
	ev.addr = s->kind == TF_PAGE_ALLOC ? PFN(2048 * nr) : OBJECT(4096 * nr);
	if (s->kind == TF_CACHE_ALLOC)
		ev.cache = 3;
	if (s->kind == TF_VMAP_ALLOC)
		ev.bytes_req = 5 * 4096;
	handmade_add(h, ev);
}

/* How often a rule fires for a sample that is repeated. */
static uint64_t fires(const char *rule, const struct sample *s, unsigned int times)
{
	struct km_misuse misuse;
	struct handmade h;
	uint64_t count = 0;

	handmade_init(&h);
	handmade_cache(&h, 3, "widget", 120, 34, 0);
	if (s->gfp & ATOMIC_BIT) /* only kernels before 6.3 have it */
		tf_meta_set(&h.meta, "host.release", "5.15.0");
	for (unsigned int i = 0; i < times; i++)
		add_sample(&h, s, i);
	handmade_boot(&h, NULL);
	ck_assert_int_eq(km_misuse_init(&misuse, h.replay), 0);
	handmade_run(&h);
	ck_assert_int_eq(km_misuse_finish(&misuse), 0);
	for (uint32_t i = 0; i < misuse.nr_findings; i++)
		if (!strcmp(km_misuse_rule(misuse.findings[i].rule)->id, rule))
			count = misuse.findings[i].count;
	km_misuse_release(&misuse);
	handmade_release(&h);
	return count;
}

struct expectation {
	const char *rule;
	bool is_broken;
	struct sample sample;
};

static const struct expectation expectations[] = {
	{ "sleep-in-atomic",
	  true,
	  { .kind = TF_KMALLOC, .gfp = GFP_KERNEL, .ctx = TF_CTX_HARDIRQ } },
	{ "sleep-in-atomic",
	  true,
	  { .kind = TF_KMALLOC, .gfp = GFP_KERNEL, .ctx = TF_CTX_SOFTIRQ } },
	{ "sleep-in-atomic", true, { .kind = TF_CACHE_ALLOC, .gfp = GFP_KERNEL, .preempt = 1 } },
	{ "sleep-in-atomic",
	  true,
	  { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL, .ctx = TF_CTX_BH_OFF } },
	{ "sleep-in-atomic",
	  true,
	  { .kind = TF_KMALLOC, .gfp = GFP_KERNEL, .ctx = TF_CTX_HARDIRQ, .pid = IDLE } },
	{ "sleep-in-atomic", false, { .kind = TF_KMALLOC, .gfp = GFP_KERNEL } },
	{ "sleep-in-atomic",
	  false,
	  { .kind = TF_KMALLOC, .gfp = GFP_ATOMIC, .ctx = TF_CTX_HARDIRQ } },
	{ "sleep-in-atomic",
	  false,
	  { .kind = TF_KMALLOC, .gfp = GFP_KERNEL, .preempt = 1, .pid = IDLE } },
	{ "sleep-in-atomic",
	  false,
	  { .kind = TF_KMALLOC,
	    .gfp = GFP_KERNEL,
	    .ctx = TF_CTX_UNKNOWN | TF_CTX_HARDIRQ,
	    .preempt = 1 } },
	{ "sleep-in-atomic",
	  false,
	  { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL, .preempt = 1, .owner = TF_OWNER_SLAB } },
	{ "sleep-in-atomic",
	  false,
	  { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL, .preempt = 1, .owner = NO_STACK } },
	{ "percpu-atomic", true, { .kind = TF_PERCPU_ALLOC, .gfp = GFP_KERNEL, .preempt = 1 } },
	{ "percpu-atomic", true, { .kind = TF_PERCPU_ALLOC, .gfp = 0, .preempt = 1 } },
	{ "percpu-atomic",
	  false,
	  { .kind = TF_PERCPU_ALLOC, .gfp = 0, .preempt = 1, .flags = TF_EV_ATOMIC } },
	{ "percpu-atomic", false, { .kind = TF_PERCPU_ALLOC, .gfp = GFP_ATOMIC, .preempt = 1 } },
	{ "percpu-atomic", false, { .kind = TF_PERCPU_ALLOC, .gfp = GFP_KERNEL } },
	{ "vmalloc-atomic", true, { .kind = TF_VMAP_ALLOC, .ctx = TF_CTX_SOFTIRQ } },
	{ "vmalloc-atomic", false, { .kind = TF_VMAP_ALLOC } },
	{ "nmi-alloc", true, { .kind = TF_KMALLOC, .gfp = GFP_ATOMIC, .ctx = TF_CTX_NMI } },
	{ "nmi-alloc", true, { .kind = TF_PAGE_ALLOC, .gfp = GFP_ATOMIC, .ctx = TF_CTX_NMI } },
	{ "nmi-alloc", false, { .kind = TF_PAGE_ALLOC, .gfp = NOWARN, .ctx = TF_CTX_NMI } },
	{ "nmi-alloc", false, { .kind = TF_KMALLOC, .gfp = GFP_ATOMIC, .ctx = TF_CTX_HARDIRQ } },
	{ "nofail-order", true, { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL | NOFAIL, .order = 2 } },
	{ "nofail-order",
	  true,
	  { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | NOFAIL, .bytes = 16384 } },
	{ "nofail-order",
	  false,
	  { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL | NOFAIL, .order = 1 } },
	{ "nofail-order",
	  false,
	  { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | NOFAIL, .bytes = 8192 } },
	{ "nofail-nonblock", true, { .kind = TF_KMALLOC, .gfp = GFP_ATOMIC | NOFAIL } },
	{ "nofail-nonblock", false, { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | NOFAIL } },
	{ "nofail-conflict", true, { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | NOFAIL | NORETRY } },
	{ "nofail-conflict",
	  true,
	  { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | NOFAIL | RETRY_MAYFAIL } },
	{ "nofail-conflict", false, { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | NORETRY } },
	{ "retry-conflict",
	  true,
	  { .kind = TF_CACHE_ALLOC, .gfp = GFP_KERNEL | NORETRY | RETRY_MAYFAIL } },
	{ "retry-conflict", false, { .kind = TF_CACHE_ALLOC, .gfp = GFP_KERNEL | RETRY_MAYFAIL } },
	{ "modifier-without-direct", true, { .kind = TF_KMALLOC, .gfp = GFP_ATOMIC | NORETRY } },
	{ "modifier-without-direct", true, { .kind = TF_KMALLOC, .gfp = KSWAPD | RETRY_MAYFAIL } },
	{ "modifier-without-direct", false, { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | NORETRY } },
	{ "modifier-without-direct", false, { .kind = TF_CACHE_ALLOC, .gfp = MEMPOOL_TRY } },
	{ "memalloc-conflict",
	  true,
	  { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | MEMALLOC | NOMEMALLOC } },
	{ "memalloc-conflict", false, { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | MEMALLOC } },
	{ "fs-without-io", true, { .kind = TF_KMALLOC, .gfp = DIRECT | KSWAPD | FS } },
	{ "fs-without-io", false, { .kind = TF_KMALLOC, .gfp = DIRECT | KSWAPD | IO } },
	{ "fs-without-io", false, { .kind = TF_CACHE_ALLOC, .gfp = MEMPOOL_TRY } },
	{ "slab-zone-bits", true, { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | HIGHMEM } },
	{ "slab-zone-bits", true, { .kind = TF_CACHE_ALLOC, .gfp = GFP_KERNEL | DMA32 } },
	{ "slab-zone-bits", false, { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL | HIGHMEM } },
	{ "slab-zone-bits", false, { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | DMA } },
	{ "illegal-zone-combo",
	  true,
	  { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL | DMA | HIGHMEM } },
	{ "illegal-zone-combo", true, { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL | DMA | DMA32 } },
	{ "illegal-zone-combo", false, { .kind = TF_PAGE_ALLOC, .gfp = GFP_HIGHUSER_MOVABLE } },
	{ "mobility-conflict",
	  true,
	  { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL | MOVABLE | RECLAIMABLE } },
	{ "mobility-conflict", false, { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL | RECLAIMABLE } },
	{ "dma-zone", true, { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | DMA } },
	{ "dma-zone", true, { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL | DMA32 } },
	{ "dma-zone", false, { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL } },
	{ "order-too-big", true, { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL, .order = 11 } },
	{ "order-too-big",
	  true,
	  { .kind = TF_KMALLOC, .gfp = GFP_KERNEL, .bytes = (4 << 20) + 1 } },
	{ "order-too-big", false, { .kind = TF_KMALLOC, .gfp = GFP_KERNEL, .bytes = 4 << 20 } },
	{ "costly-order", true, { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL, .order = 4 } },
	{ "costly-order", true, { .kind = TF_KMALLOC, .gfp = GFP_KERNEL, .bytes = 65536 } },
	{ "costly-order", false, { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL, .order = 3 } },
	{ "costly-order",
	  false,
	  { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL | NORETRY, .order = 4 } },
	{ "costly-order",
	  false,
	  { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | NOWARN, .bytes = 65536 } },
	{ "costly-order",
	  false,
	  { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL, .order = 9, .owner = TF_OWNER_VMALLOC } },
	{ "costly-order",
	  true,
	  { .kind = TF_PAGE_ALLOC, .gfp = GFP_KERNEL, .order = 9, .owner = TF_OWNER_ANON } },
	{ "no-reclaim-bits", true, { .kind = TF_KMALLOC, .gfp = NOWARN } },
	{ "no-reclaim-bits", true, { .kind = TF_CACHE_ALLOC, .gfp = 0 } },
	{ "no-reclaim-bits", false, { .kind = TF_KMALLOC, .gfp = KSWAPD | NOWARN } },
	{ "no-reclaim-bits", false, { .kind = TF_PAGE_ALLOC, .gfp = NOWARN } },
	{ "atomic-bit-direct", true, { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | ATOMIC_BIT } },
	{ "atomic-bit-direct", false, { .kind = TF_KMALLOC, .gfp = GFP_ATOMIC | ATOMIC_BIT } },
	{ "atomic-when-sleepable", true, { .kind = TF_KMALLOC, .gfp = GFP_ATOMIC } },
	{ "atomic-when-sleepable", false, { .kind = TF_KMALLOC, .gfp = GFP_ATOMIC, .preempt = 1 } },
	{ "atomic-when-sleepable", false, { .kind = TF_KMALLOC, .gfp = GFP_ATOMIC, .pid = IDLE } },
	{ "atomic-when-sleepable",
	  false,
	  { .kind = TF_KMALLOC, .gfp = GFP_ATOMIC, .ctx = TF_CTX_UNKNOWN } },
	{ "atomic-when-sleepable", false, { .kind = TF_KMALLOC, .gfp = KSWAPD } },
	{ "atomic-when-sleepable",
	  false,
	  { .kind = TF_PAGE_ALLOC, .gfp = GFP_ATOMIC, .owner = TF_OWNER_SLAB } },
};

#define NR_EXPECTATIONS (sizeof(expectations) / sizeof(expectations[0]))

START_TEST(rules_fire_and_hold)
{
	for (size_t i = 0; i < NR_EXPECTATIONS; i++) {
		const struct expectation *e = &expectations[i];
		uint64_t count = fires(e->rule, &e->sample, 16);

		ck_assert_msg(count == (e->is_broken ? 16 : 0), "%s, expectation %zu: %llu hits",
			      e->rule, i, (unsigned long long)count);
	}
}
END_TEST

START_TEST(no_rule_is_untested)
{
	for (unsigned int i = 0; km_misuse_rule(i); i++) {
		const struct km_misuse_rule *rule = km_misuse_rule(i);
		bool fired = false, held = false;

		for (size_t j = 0; j < NR_EXPECTATIONS; j++) {
			if (strcmp(rule->id, expectations[j].rule))
				continue;
			fired |= expectations[j].is_broken;
			held |= !expectations[j].is_broken;
		}
		ck_assert_msg((fired && held) || !strcmp(rule->id, KM_RULE_DOUBLE_FREE), "%s",
			      rule->id);
		ck_assert(rule->title[0]);
		for (unsigned int j = 0; j < i; j++)
			ck_assert_str_ne(rule->id, km_misuse_rule(j)->id);
	}
	ck_assert_ptr_null(km_misuse_rule(1000));
}
END_TEST

/* In 2.6.32 no flag asked for kswapd alone: GFP_NOWAIT was 0. */
START_TEST(no_reclaim_bits_was_normal_once)
{
	struct km_misuse misuse;
	struct handmade h;

	handmade_init(&h);
	tf_meta_set(&h.meta, "host.release", "2.6.32");
	add_kmalloc(&h, OBJECT(1), 100, 128, 0);
	handmade_boot(&h, NULL);
	ck_assert_int_eq(km_misuse_init(&misuse, h.replay), 0);
	handmade_run(&h);
	ck_assert_int_eq(km_misuse_finish(&misuse), 0);
	ck_assert_uint_eq(misuse.nr_findings, 0);
	km_misuse_release(&misuse);
	handmade_release(&h);
}
END_TEST

/* A heuristic needs sixteen hits at a site, and none where it was right. */
START_TEST(hints_need_repetition_and_innocence)
{
	const struct sample sleepable = { .kind = TF_KMALLOC, .gfp = GFP_ATOMIC };
	const struct sample needed = { .kind = TF_KMALLOC,
				       .gfp = GFP_ATOMIC,
				       .ctx = TF_CTX_SOFTIRQ };
	struct km_misuse misuse;
	struct handmade h;

	handmade_init(&h);
	for (unsigned int i = 0; i < 40; i++) {
		h.next.call_site = 0x1000;
		add_sample(&h, &sleepable, 3 * i);
		h.next.call_site = 0x2000;
		add_sample(&h, i == 20 ? &needed : &sleepable, 3 * i + 1);
		h.next.call_site = 0x3000;
		if (i < 15)
			add_sample(&h, &sleepable, 3 * i + 2);
	}
	handmade_boot(&h, NULL);
	ck_assert_int_eq(km_misuse_init(&misuse, h.replay), 0);
	handmade_run(&h);
	ck_assert_int_eq(km_misuse_finish(&misuse), 0);
	ck_assert_uint_eq(misuse.nr_findings, 1);
	ck_assert_uint_eq(misuse.nr_hits, 1);
	ck_assert_uint_eq(misuse.hits[0].call_site, 0x1000);
	ck_assert_uint_eq(misuse.hits[0].count, 40);
	ck_assert_uint_eq(misuse.total, 0);
	ck_assert_uint_eq(misuse.nr_hints, 40);
	km_misuse_release(&misuse);
	handmade_release(&h);
}
END_TEST

START_TEST(findings_are_in_order)
{
	const struct sample sleep = {
		.kind = TF_KMALLOC, .gfp = GFP_KERNEL, .ctx = TF_CTX_HARDIRQ, .preempt = 2
	};
	const struct sample zone = { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | HIGHMEM };
	const struct sample dma = { .kind = TF_KMALLOC, .gfp = GFP_KERNEL | DMA };
	struct km_misuse misuse;
	const struct km_misuse_hit *hit;
	struct handmade h;
	unsigned int nr = 0;

	handmade_init(&h);
	for (unsigned int i = 0; i < 5; i++)
		add_sample(&h, &dma, nr++);
	for (unsigned int i = 0; i < 3; i++)
		add_sample(&h, &zone, nr++);
	h.next.call_site = 0x2000;
	add_sample(&h, &sleep, nr++);
	add_sample(&h, &sleep, nr++);
	h.next.call_site = 0x1000;
	add_sample(&h, &sleep, nr++);
	add_sample(&h, &sleep, nr++);
	h.next.call_site = 0x3000;
	for (unsigned int i = 0; i < 3; i++)
		add_sample(&h, &sleep, nr++);
	handmade_boot(&h, NULL);
	ck_assert_int_eq(km_misuse_init(&misuse, h.replay), 0);
	handmade_run(&h);
	ck_assert_int_eq(km_misuse_finish(&misuse), 0);
	ck_assert_uint_eq(misuse.nr_findings, 3);
	ck_assert_str_eq(km_misuse_rule(misuse.findings[0].rule)->id, "sleep-in-atomic");
	ck_assert_str_eq(km_misuse_rule(misuse.findings[1].rule)->id, "slab-zone-bits");
	ck_assert_str_eq(km_misuse_rule(misuse.findings[2].rule)->id, "dma-zone");
	ck_assert_uint_eq(misuse.findings[0].count, 7);
	ck_assert_uint_eq(misuse.findings[0].nr_hits, 3);
	hit = &misuse.hits[misuse.findings[0].first_hit];
	ck_assert_uint_eq(hit[0].call_site, 0x3000);
	ck_assert_uint_eq(hit[1].call_site, 0x1000);
	ck_assert_uint_eq(hit[2].call_site, 0x2000);
	ck_assert_uint_eq(hit[0].count, 3);
	ck_assert_uint_eq(hit[0].gfp, KM_GFP_KERNEL);
	ck_assert_uint_eq(hit[0].context, KM_CONTEXT_HARDIRQ);
	ck_assert_uint_eq(hit[0].preempt, 2);
	ck_assert_uint_eq(hit[0].first_ns, 12000);
	ck_assert_uint_eq(misuse.total, 15);
	km_misuse_release(&misuse);
	handmade_release(&h);
}
END_TEST

/* What failed is judged too, and once, whoever refused it. */
START_TEST(failed_requests_are_judged_once)
{
	struct km_misuse misuse;
	struct handmade h;

	handmade_init(&h);
	h.next.ctx = TF_CTX_HARDIRQ;
	add_kmalloc(&h, 0, 100, 128, GFP_KERNEL);	     /* the host alone */
	add_kmalloc(&h, 0, 64 << 20, 0, GFP_KERNEL);	     /* both */
	add_kmalloc(&h, OBJECT(1), 64 << 20, 0, GFP_KERNEL); /* the model alone */
	handmade_boot(&h, NULL);
	ck_assert_int_eq(km_misuse_init(&misuse, h.replay), 0);
	handmade_run(&h);
	ck_assert_int_eq(km_misuse_finish(&misuse), 0);
	ck_assert_uint_eq(misuse.nr_findings, 2); /* and order-too-big */
	ck_assert_uint_eq(misuse.findings[0].count, 3);
	ck_assert_uint_eq(misuse.findings[1].count, 2);
	km_misuse_release(&misuse);
	handmade_release(&h);
}
END_TEST

/* A doubled large kmalloc is one request, of the true caller. */
START_TEST(doubled_requests_are_judged_once)
{
	struct km_misuse misuse;
	struct handmade h;

	handmade_init(&h);
	h.next.ctx = TF_CTX_HARDIRQ;
	h.next.call_site = 0x1000;
	add_kmalloc(&h, OBJECT(1), 20000, 32768, GFP_KERNEL);
	h.next.call_site = 0x2000;
	add_kmalloc(&h, OBJECT(1), 20000, 32768, GFP_KERNEL);
	handmade_boot(&h, NULL);
	ck_assert_int_eq(km_misuse_init(&misuse, h.replay), 0);
	handmade_run(&h);
	ck_assert_int_eq(km_misuse_finish(&misuse), 0);
	ck_assert_uint_eq(misuse.total, 1);
	ck_assert_uint_eq(misuse.hits[0].call_site, 0x2000);
	km_misuse_release(&misuse);
	handmade_release(&h);
}
END_TEST

enum double_free {
	AT_ONCE,
	LATER, /* an untraced path may have had it in between */
	OTHER_THREAD,
	OTHER_CPU,
	AFTER_LOSS,
	IMPLICATED, /* its cache is known to be freed unseen */
	NEVER_SEEN,
	NR_DOUBLE_FREES
};

static void check_double_free(enum double_free how)
{
	struct tf_event gap = { .kind = TF_GAP, .bytes_req = 1 };
	struct km_misuse misuse;
	struct handmade h;

	handmade_init(&h);
	if (how == AFTER_LOSS)
		handmade_add(&h, gap);
	if (how == IMPLICATED) {
		add_kmalloc(&h, OBJECT(9), 100, 128, GFP_KERNEL);
		add_kmalloc(&h, OBJECT(9), 100, 128, GFP_KERNEL);
	}
	if (how != NEVER_SEEN) {
		add_kmalloc(&h, OBJECT(1), 100, 128, GFP_KERNEL);
		add_free(&h, TF_KFREE, OBJECT(1));
	}
	if (how == LATER)
		h.ts += 1000000;
	if (how == OTHER_THREAD)
		h.next.pid = 7;
	if (how == OTHER_CPU)
		h.next.cpu = 1;
	h.next.call_site = 0x4000;
	add_free(&h, TF_KFREE, OBJECT(1));
	handmade_boot(&h, NULL);
	ck_assert_int_eq(km_misuse_init(&misuse, h.replay), 0);
	handmade_run(&h);
	ck_assert_int_eq(km_misuse_finish(&misuse), 0);
	ck_assert_uint_eq(misuse.total, how == AT_ONCE);
	if (how == AT_ONCE) {
		ck_assert_str_eq(km_misuse_rule(misuse.hits[0].rule)->id, KM_RULE_DOUBLE_FREE);
		ck_assert_uint_eq(misuse.hits[0].call_site, 0x4000);
	}
	km_misuse_release(&misuse);
	handmade_release(&h);
}

START_TEST(double_free_only_where_nothing_else_can_be)
{
	for (int how = 0; how < NR_DOUBLE_FREES; how++)
		check_double_free(how);
}
END_TEST

START_TEST(many_sites_are_kept_apart)
{
	struct km_misuse misuse;
	struct handmade h;

	handmade_init(&h);
	h.next.ctx = TF_CTX_HARDIRQ;
	for (unsigned int i = 0; i < 5000; i++) {
		h.next.call_site = 0x1000 + i % 2500 * 16;
		add_kmalloc(&h, OBJECT(i), 100, 128, GFP_KERNEL);
	}
	handmade_boot(&h, NULL);
	ck_assert_int_eq(km_misuse_init(&misuse, h.replay), 0);
	handmade_run(&h);
	ck_assert_int_eq(km_misuse_finish(&misuse), 0);
	ck_assert_uint_eq(misuse.nr_hits, 2500);
	for (uint32_t i = 0; i < 2500; i++) {
		ck_assert_uint_eq(misuse.hits[i].call_site, 0x1000 + i * 16);
		ck_assert_uint_eq(misuse.hits[i].count, 2);
	}
	km_misuse_release(&misuse);
	handmade_release(&h);
}
END_TEST

RUN_SUITE("analysis/misuse", rules_fire_and_hold, no_rule_is_untested,
	  no_reclaim_bits_was_normal_once, hints_need_repetition_and_innocence,
	  findings_are_in_order, failed_requests_are_judged_once, doubled_requests_are_judged_once,
	  double_free_only_where_nothing_else_can_be, many_sites_are_kept_apart)
