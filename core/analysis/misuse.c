/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judging every request, and keeping who broke what.
 *
 * Requests repeat: what all rules say of one kind, order, set of flags and context is kept
 * in a small table, so that a harmless request costs one comparison.
 *
 * double-free is judged here, because one event alone does not show it: an object that was
 * allocated and freed in the trace is freed again by the same thread on the same CPU
 * within DOUBLE_FREE_NS.  In that time no untraced path (bulk allocation, the recorder's own
 * allocations) can have given it out in between.  Not judged once events were lost, nor in
 * caches of which an object was seen to be freed unseen.
 */
#include "core/analysis/misuse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DOUBLE_FREE_NS 10000
#define NR_VERDICTS 256
#define NR_FREED 256
#define MIN_SLOTS 256
#define MAX_RULES 32

#define IS_PLAIN_KIND(kind) ((1u << (kind)) & (1u << TF_KMALLOC | 1u << TF_CACHE_ALLOC))

struct verdict {
	uint64_t key;	 /* 0: empty */
	uint32_t broken; /* bit by rule */
	uint32_t clears;
};

struct freed {
	uint64_t addr, ns;
	uint32_t pid, cache;
	uint16_t cpu;
};

struct km_misuse_state {
	struct verdict verdicts[NR_VERDICTS];
	struct freed freed[NR_FREED];
	/* Hits by (rule, call site, kind): an array, and an index over it at most half full. */
	struct km_misuse_hit *hits;
	uint8_t *cleared; /* by hit */
	uint32_t nr_hits, max_hits;
	uint32_t *slots; /* hit + 1 */
	uint32_t nr_slots;
	uint8_t *implicated; /* by model cache: an object was freed unseen */
	uint32_t nr_implicated;
	unsigned int double_free; /* index of the rule */
	unsigned int nr_rules;
	bool has_kswapd_flag;
	int err;
};

static uint32_t home_of(const struct km_misuse_state *state, unsigned int rule, uint64_t call_site,
			unsigned int kind)
{
	uint64_t key = call_site ^ (uint64_t)rule << 56 ^ (uint64_t)kind << 48;

	return (uint32_t)(key * 0x9e3779b97f4a7c15ull >> 32) & (state->nr_slots - 1);
}

static uint32_t *find_slot(const struct km_misuse_state *state, unsigned int rule,
			   uint64_t call_site, unsigned int kind)
{
	uint32_t i = home_of(state, rule, call_site, kind);

	while (state->slots[i]) {
		const struct km_misuse_hit *hit = &state->hits[state->slots[i] - 1];

		if (hit->rule == rule && hit->call_site == call_site && hit->kind == kind)
			break;
		i = (i + 1) & (state->nr_slots - 1);
	}
	return &state->slots[i];
}

static int grow(struct km_misuse_state *state)
{
	uint32_t nr_slots = state->nr_slots ? state->nr_slots * 2 : MIN_SLOTS;
	struct km_misuse_hit *hits = realloc(state->hits, nr_slots / 2 * sizeof(*hits));
	uint8_t *cleared = realloc(state->cleared, nr_slots / 2);
	uint32_t *slots = calloc(nr_slots, sizeof(*slots));

	if (hits)
		state->hits = hits;
	if (cleared)
		state->cleared = cleared;
	if (!hits || !cleared || !slots) {
		free(slots);
		return -ENOMEM;
	}
	free(state->slots);
	state->slots = slots;
	state->nr_slots = nr_slots;
	state->max_hits = nr_slots / 2;
	for (uint32_t i = 0; i < state->nr_hits; i++)
		*find_slot(state, hits[i].rule, hits[i].call_site, hits[i].kind) = i + 1;
	return 0;
}

/* The hit of that rule, site and kind, a new one if need be; UINT32_MAX without memory. */
static uint32_t hit_of(struct km_misuse *misuse, unsigned int rule, uint64_t call_site,
		       const struct tf_event *ev)
{
	struct km_misuse_state *state = misuse->state;
	uint32_t *slot = find_slot(state, rule, call_site, ev->kind);

	if (*slot)
		return *slot - 1;
	if (state->nr_hits == state->max_hits) {
		state->err = grow(state);
		if (state->err)
			return UINT32_MAX;
		slot = find_slot(state, rule, call_site, ev->kind);
	}
	*slot = ++state->nr_hits;
	state->cleared[*slot - 1] = false;
	state->hits[*slot - 1] = (struct km_misuse_hit){
		.call_site = call_site,
		.first_ns = misuse->replay->now_ns - misuse->replay->first_ns,
		.gfp = misuse->replay->gfp_now,
		.rule = (uint16_t)rule,
		.kind = ev->kind,
		.context = km_context_of(ev->ctx),
		.preempt = ev->preempt,
	};
	return *slot - 1;
}

static unsigned int order_of(const struct km_replay *replay, const struct tf_event *ev)
{
	uint64_t page_bytes = 1ull << replay->kernel.machine.profile.page_shift;
	unsigned int order = 0;

	if (ev->kind == TF_PAGE_ALLOC)
		return ev->order < 31 ? ev->order : 31;
	if (ev->kind != TF_KMALLOC || ev->bytes_req <= 2 * page_bytes)
		return 0;
	while (order < 31 && page_bytes << order < ev->bytes_req)
		order++;
	return order;
}

/* Everything that a predicate may look at; never 0. */
static uint64_t key_of(const struct tf_event *ev, km_gfp gfp, unsigned int order)
{
	return (uint64_t)gfp << 32 | 1u << 31 | (uint32_t)order << 24 | (uint32_t)ev->kind << 20 |
	       (uint32_t)!ev->pid << 16 | (uint32_t)(ev->owner & 15) << 11 |
	       (uint32_t) !!ev->preempt << 15 | (uint32_t)(ev->flags & 7) << 8 | ev->ctx;
}

static const struct verdict *judge(struct km_misuse *misuse, const struct tf_event *ev)
{
	struct km_misuse_state *state = misuse->state;
	struct km_request request = {
		.ev = ev,
		.gfp = misuse->replay->gfp_now,
		.order = order_of(misuse->replay, ev),
		.has_kswapd_flag = state->has_kswapd_flag,
	};
	uint64_t key = key_of(ev, request.gfp, request.order);
	struct verdict *verdict =
		&state->verdicts[key * 0x9e3779b97f4a7c15ull >> 56 & (NR_VERDICTS - 1)];

	if (verdict->key == key)
		return verdict;
	*verdict = (struct verdict){ .key = key };
	for (unsigned int i = 0; i < state->nr_rules; i++) {
		const struct km_misuse_rule *rule = km_misuse_rule(i);

		if (!(rule->kinds & 1u << ev->kind))
			continue;
		if (rule->is_broken && rule->is_broken(&request))
			verdict->broken |= 1u << i;
		if (rule->clears && rule->clears(&request))
			verdict->clears |= 1u << i;
	}
	return verdict;
}

static void saw_request(struct km_misuse *misuse, const struct tf_event *ev, uint64_t call_site)
{
	const struct verdict *verdict;

	if (ev->kind == TF_PAGE_ALLOC &&
	    (ev->owner == TF_OWNER_UNKNOWN || tf_owner_is_allocator(ev->owner)))
		return;
	verdict = judge(misuse, ev);
	for (uint32_t left = verdict->broken | verdict->clears; left; left &= left - 1) {
		unsigned int rule = (unsigned int)__builtin_ctz(left);
		uint32_t hit = hit_of(misuse, rule, call_site, ev);

		if (hit == UINT32_MAX)
			return;
		if (verdict->broken & 1u << rule)
			misuse->state->hits[hit].count++;
		if (verdict->clears & 1u << rule)
			misuse->state->cleared[hit] = true;
	}
}

static void on_alloc(void *self, const struct km_replay *replay, const struct tf_event *ev,
		     const struct km_life *life)
{
	uint64_t call_site = ev->call_site;

	if (ev->kind == TF_KMALLOC) /* a large one's own is that of its second event */
		call_site = km_replay_site(replay, life->site)->call_site;
	saw_request(self, ev, call_site);
}

/* An event that failed on both sides is told as both: count it once. */
static void on_host_fail(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	(void)replay;
	if (ev->kind != TF_PERCPU_FAIL)
		saw_request(self, ev, ev->call_site);
}

static bool has_failed_on_host(const struct tf_event *ev)
{
	switch (ev->kind) {
	case TF_PAGE_ALLOC:
		return ev->addr == TF_NO_PFN;
	case TF_VMAP_ALLOC:
		return !ev->addr || (ev->flags & TF_EV_FAILED);
	default:
		return ev->kind == TF_PERCPU_FAIL || !ev->addr;
	}
}

static void on_fail(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	(void)replay;
	if (!has_failed_on_host(ev))
		saw_request(self, ev, ev->call_site);
}

static struct freed *freed_of(struct km_misuse_state *state, uint64_t addr)
{
	return &state->freed[addr * 0x9e3779b97f4a7c15ull >> 56 & (NR_FREED - 1)];
}

static void implicate(struct km_misuse_state *state, uint32_t cache)
{
	uint8_t *bigger;

	if (cache == KM_NO_CACHE)
		return;
	if (cache >= state->nr_implicated) {
		bigger = realloc(state->implicated, cache + 1);
		if (!bigger) {
			state->err = -ENOMEM;
			return;
		}
		memset(bigger + state->nr_implicated, 0, cache + 1 - state->nr_implicated);
		state->implicated = bigger;
		state->nr_implicated = cache + 1;
	}
	state->implicated[cache] = true;
}

static void on_free(void *self, const struct km_replay *replay, const struct tf_event *ev,
		    const struct km_life *life, enum km_end end)
{
	struct km_misuse *misuse = self;

	if (!IS_PLAIN_KIND(life->kind))
		return;
	if (end != KM_END_FREED) {
		implicate(misuse->state, life->cache);
		return;
	}
	*freed_of(misuse->state, life->addr) = (struct freed){
		.addr = life->addr,
		.ns = replay->now_ns,
		.pid = ev->pid,
		.cpu = ev->cpu,
		.cache = life->cache,
	};
}

static void on_unknown(void *self, const struct km_replay *replay, const struct tf_event *ev)
{
	struct km_misuse *misuse = self;
	struct km_misuse_state *state = misuse->state;
	const struct freed *freed = freed_of(state, ev->addr);
	uint32_t hit;

	if (freed->addr != ev->addr || freed->pid != ev->pid || freed->cpu != ev->cpu ||
	    replay->now_ns - freed->ns > DOUBLE_FREE_NS || replay->nr_lost ||
	    (freed->cache < state->nr_implicated && state->implicated[freed->cache]))
		return;
	hit = hit_of(misuse, state->double_free, ev->call_site, ev);
	if (hit != UINT32_MAX)
		state->hits[hit].count++;
}

static const struct km_observer_ops ops = {
	.name = "misuse",
	.alloc = on_alloc,
	.free = on_free,
	.host_fail = on_host_fail,
	.fail = on_fail,
	.unknown = on_unknown,
};

int km_misuse_init(struct km_misuse *misuse, struct km_replay *replay)
{
	struct km_misuse_state *state = calloc(1, sizeof(*state));

	memset(misuse, 0, sizeof(*misuse));
	misuse->replay = replay;
	misuse->state = state;
	if (!state || grow(state))
		return -ENOMEM;
	for (unsigned int bit = 0; bit < 32; bit++)
		state->has_kswapd_flag |= replay->gfp.to_canonical[bit] == KM_GFP_KSWAPD_RECLAIM;
	while (km_misuse_rule(state->nr_rules) && state->nr_rules < MAX_RULES) {
		if (!strcmp(km_misuse_rule(state->nr_rules)->id, KM_RULE_DOUBLE_FREE))
			state->double_free = state->nr_rules;
		state->nr_rules++;
	}
	return km_replay_add_observer(replay, &ops, misuse);
}

void km_misuse_release(struct km_misuse *misuse)
{
	if (misuse->state) {
		free(misuse->state->hits);
		free(misuse->state->cleared);
		free(misuse->state->slots);
		free(misuse->state->implicated);
		free(misuse->state);
	}
	free(misuse->findings);
	free(misuse->hits);
	memset(misuse, 0, sizeof(*misuse));
}

static int compare_hits(const void *a, const void *b)
{
	const struct km_misuse_hit *x = a, *y = b;

	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->call_site != y->call_site)
		return x->call_site < y->call_site ? -1 : 1;
	return (x->kind > y->kind) - (x->kind < y->kind);
}

static int compare_findings(const void *a, const void *b)
{
	const struct km_misuse_finding *x = a, *y = b;
	const struct km_misuse_rule *rx = km_misuse_rule(x->rule), *ry = km_misuse_rule(y->rule);

	if (rx->severity != ry->severity)
		return rx->severity < ry->severity ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(rx->id, ry->id);
}

static void add_finding(struct km_misuse *misuse, uint32_t hit)
{
	const struct km_misuse_hit *from = &misuse->hits[hit];
	struct km_misuse_finding *last =
		misuse->nr_findings ? &misuse->findings[misuse->nr_findings - 1] : NULL;

	if (!last || last->rule != from->rule) {
		last = &misuse->findings[misuse->nr_findings++];
		*last = (struct km_misuse_finding){ .rule = from->rule, .first_hit = hit };
	}
	last->count += from->count;
	last->nr_hits++;
	if (km_misuse_rule(from->rule)->severity == KM_SEVERITY_HINT)
		misuse->nr_hints += from->count;
	else
		misuse->total += from->count;
}

int km_misuse_finish(struct km_misuse *misuse)
{
	const struct km_misuse_state *state = misuse->state;

	misuse->hits = calloc(state->nr_hits + 1, sizeof(*misuse->hits));
	misuse->findings = calloc(state->nr_rules, sizeof(*misuse->findings));
	if (!misuse->hits || !misuse->findings)
		return -ENOMEM;
	for (uint32_t i = 0; i < state->nr_hits; i++) {
		const struct km_misuse_hit *hit = &state->hits[i];

		if (!state->cleared[i] && hit->count >= km_misuse_rule(hit->rule)->min_hits)
			misuse->hits[misuse->nr_hits++] = *hit;
	}
	qsort(misuse->hits, misuse->nr_hits, sizeof(*misuse->hits), compare_hits);
	for (uint32_t i = 0; i < misuse->nr_hits; i++)
		add_finding(misuse, i);
	qsort(misuse->findings, misuse->nr_findings, sizeof(*misuse->findings), compare_findings);
	return state->err;
}
