/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model that encoder and decoder of a block of events run in step.
 *
 * Both see the same events in the same order, so both can guess the next one from
 * those before; only what the guess got wrong is stored.  kmemtool-trace(5) has
 * the exact rules, for they are the format: a change here is a new major version.
 * Everything starts from nothing in every block.  The tables overwrite on
 * collision: that costs a wrong guess, never a wrong event.
 *
 * Sites.  A site is a kind together with a call site.  It remembers the fields of
 * its last event, which are the guess for its next.
 *
 * Addresses.  An event whose address is neither 0 nor all ones is a node.  Nodes
 * hang in lists in order of time:
 *
 *      allocation  in the list of its site              so this list is what lives
 *      free        in the list of its size class + CPU  and this one what is free
 *
 * for when an address comes again, its older node leaves its list.  An allocation
 * is looked for in its class's list, a free in the list that the last free at the
 * same site took from:
 *
 *      oldest .. older  (the node that left last)  newer .. top
 *
 * "top" guesses stacks (SLUB's freelists, pcp lists), "older" and "newer" guess
 * sweeps in either direction (RCU callbacks, batches).
 *
 * Invariants: node->list is TF_NONE or a list that reaches the node from its top;
 * older < event < newer for the links of a node; list->older and list->newer may
 * be stale, so a user checks that the node is still in the list.
 */
#ifndef TRACEFMT_COLUMNS_MODEL_H
#define TRACEFMT_COLUMNS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "tracefmt/columns_layout.h"
#include "tracefmt/event.h"

#define TF_NONE UINT32_MAX

#define TF_MODEL_LIST_BITS 13 /* lists of each sort */
#define TF_MODEL_LISTS (1u << TF_MODEL_LIST_BITS)
#define TF_MODEL_NEXT_BITS 15
#define TF_MODEL_SIZE_BITS 10
#define TF_MODEL_CPUS 1024u

/* Kinds that the model treats as allocations and as frees; all others are neither. */
#define TF_MODEL_ALLOCS                                                                            \
	(1u << TF_KMALLOC | 1u << TF_CACHE_ALLOC | 1u << TF_PAGE_ALLOC | 1u << TF_PERCPU_ALLOC |   \
	 1u << TF_VMAP_ALLOC)
#define TF_MODEL_FREES                                                                             \
	(1u << TF_KFREE | 1u << TF_CACHE_FREE | 1u << TF_PAGE_FREE | 1u << TF_PERCPU_FREE |        \
	 1u << TF_VMAP_FREE)

struct tf_node {
	uint32_t older, newer; /* events, or TF_NONE */
	uint32_t list;	       /* TF_NONE when in none */
	uint32_t size_class;
};

struct tf_list {
	uint64_t addr;		    /* the last new address that was looked for here */
	uint32_t top, older, newer; /* events, or TF_NONE */
};

struct tf_site {
	uint64_t call_site;
	uint64_t bytes_req, bytes_alloc;
	uint32_t gfp;
	uint32_t cache;
	uint32_t size_class; /* of its last event with an address */
	uint32_t list;	     /* where its last address came from; not for allocations */
	int16_t node;
	uint8_t kind, order, migratetype, owner, flags, ctx, preempt;
};

struct tf_cpu_guess {
	uint32_t pid;
	uint32_t site1, site2; /* its last site and the one before that */
};

struct tf_size_guess {
	uint64_t bytes_alloc;
	uint32_t cache;
};

struct tf_model {
	struct tf_node *nodes; /* one an event; owned by whoever owns the model */
	struct tf_list lists[2 * TF_MODEL_LISTS]; /* of classes, then of sites */
	struct tf_cpu_guess cpus[TF_MODEL_CPUS];
	struct tf_size_guess sizes[1u << TF_MODEL_SIZE_BITS];
	uint32_t next_site[1u << TF_MODEL_NEXT_BITS]; /* number of the site + 1, 0 is none */
};

static inline uint32_t tf_hash(uint64_t key, unsigned bits)
{
	return (uint32_t)((key * 0x9e3779b97f4a7c15u) >> (64 - bits));
}

static inline bool tf_model_is(uint32_t kinds, unsigned kind)
{
	return kind < 32 && (kinds >> kind & 1);
}

void tf_model_reset(struct tf_model *m);

static inline void tf_site_init(struct tf_site *site, uint32_t number, uint8_t kind,
				uint64_t call_site)
{
	*site = (struct tf_site){
		.kind = kind,
		.call_site = call_site,
		.node = TF_NO_NODE,
		.list = TF_MODEL_LISTS + number % TF_MODEL_LISTS,
	};
}

/* The slot that holds the guess for the next site of a CPU. */
static inline uint32_t *tf_model_next_site(struct tf_model *m, const struct tf_cpu_guess *cpu)
{
	uint64_t key = ((uint64_t)cpu->site1 << 20) + cpu->site2 + 1;

	return &m->next_site[tf_hash(key, TF_MODEL_NEXT_BITS)];
}

static inline void tf_cpu_advance(struct tf_cpu_guess *cpu, uint32_t site)
{
	cpu->site2 = cpu->site1;
	cpu->site1 = site;
}

/* Objects of one class can take each other's place. */
static inline uint32_t tf_size_class(const struct tf_event *ev)
{
	uint64_t key;

	if (ev->kind == TF_PAGE_ALLOC)
		key = 0x100000u + ev->order * 8u + ev->migratetype;
	else if (ev->cache)
		key = 0x10000000u + (uint64_t)ev->cache;
	else
		key = ev->bytes_alloc * 16 + ev->kind;
	return tf_hash(key, 31);
}

static inline uint32_t tf_class_list(uint32_t size_class, uint16_t cpu)
{
	return tf_hash(((uint64_t)size_class << 16) + cpu, TF_MODEL_LIST_BITS);
}

static inline struct tf_size_guess *tf_model_size(struct tf_model *m, uint64_t bytes_req)
{
	return &m->sizes[tf_hash(bytes_req, TF_MODEL_SIZE_BITS)];
}

static inline void tf_model_unlink(struct tf_model *m, uint32_t event)
{
	struct tf_node *node = &m->nodes[event];
	struct tf_list *list = &m->lists[node->list];

	list->older = node->older;
	list->newer = node->newer;
	if (node->older != TF_NONE)
		m->nodes[node->older].newer = node->newer;
	if (node->newer != TF_NONE)
		m->nodes[node->newer].older = node->older;
	else
		list->top = node->older;
	node->list = TF_NONE;
}

static inline void tf_model_push(struct tf_model *m, uint32_t list, uint32_t event,
				 uint32_t size_class)
{
	uint32_t top = m->lists[list].top;

	m->nodes[event] = (struct tf_node){
		.older = top,
		.newer = TF_NONE,
		.list = list,
		.size_class = size_class,
	};
	if (top != TF_NONE)
		m->nodes[top].newer = event;
	m->lists[list].top = event;
}

/*
 * The event has an address, that of event ref if that is not TF_NONE: move it to
 * its new list.
 */
static inline void tf_model_place(struct tf_model *m, struct tf_site *site, uint32_t site_number,
				  const struct tf_event *ev, uint32_t event, uint32_t ref)
{
	if (ref != TF_NONE && m->nodes[ref].list != TF_NONE) {
		site->size_class = m->nodes[ref].size_class;
		if (!tf_model_is(TF_MODEL_ALLOCS, ev->kind))
			site->list = m->nodes[ref].list;
		tf_model_unlink(m, ref);
	}
	if (tf_model_is(TF_MODEL_ALLOCS, ev->kind)) {
		site->size_class = tf_size_class(ev);
		tf_model_push(m, TF_MODEL_LISTS + site_number % TF_MODEL_LISTS, event,
			      site->size_class);
	} else if (tf_model_is(TF_MODEL_FREES, ev->kind)) {
		tf_model_push(m, tf_class_list(site->size_class, ev->cpu), event, site->size_class);
	} else {
		tf_model_push(m, site->list, event, site->size_class);
	}
}

/* What the site guesses for its next event; address, time, CPU and pid are not its business. */
static inline void tf_site_guess(const struct tf_site *site, struct tf_event *ev)
{
	ev->bytes_req = site->bytes_req;
	ev->bytes_alloc = site->bytes_alloc;
	ev->gfp = site->gfp;
	ev->cache = site->cache;
	ev->node = site->node;
	ev->order = site->order;
	ev->migratetype = site->migratetype;
	ev->ctx = site->ctx;
	ev->preempt = site->preempt;
	ev->owner = site->owner;
	ev->flags = site->flags;
}

static inline void tf_site_learn(struct tf_site *site, const struct tf_event *ev)
{
	site->bytes_req = ev->bytes_req;
	site->bytes_alloc = ev->bytes_alloc;
	site->gfp = ev->gfp;
	site->cache = ev->cache;
	site->node = ev->node;
	site->order = ev->order;
	site->migratetype = ev->migratetype;
	site->ctx = ev->ctx;
	site->preempt = ev->preempt;
	site->owner = ev->owner;
	site->flags = ev->flags;
}

#endif
