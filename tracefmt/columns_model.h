/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model that encoder and decoder of a block of records run in step.
 *
 * Both see the same records in the same order, so both can guess the next one from
 * those before; only what the guess got wrong is stored.  kmemtool-trace(5) has
 * the exact rules, for they are the format: a change here is a new major version.
 * Everything starts from nothing in every block.  The tables overwrite on
 * collision: that costs a wrong guess, never a wrong record.
 *
 * Sites.  A site is a kind together with a call site and a stack.  It remembers the
 * fields of the last record that had some stored, which are the guess for its next.
 *
 * Classes.  Objects of one class can take each other's place: pages of one order and
 * migratetype, objects of one cache, kmalloc sizes.
 *
 * Addresses.  A record whose address is neither 0 nor all ones is a node.  Nodes
 * hang in lists in order of time:
 *
 *      allocation  in the list of its site         so this list is what lives
 *      free        in the list of its class + CPU  and this one what is free
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
 * Invariants: each list is a ring through its head, top next to it on the older
 * side; node->list is TF_NONE, or the list in whose ring the node is (a head's is
 * TF_NONE); left->older and left->newer may be stale, so a user checks that the node
 * is still in the list.
 */
#ifndef TRACEFMT_COLUMNS_MODEL_H
#define TRACEFMT_COLUMNS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "tracefmt/columns_layout.h"
#include "tracefmt/event.h"

#define TF_NONE 0xffffu

#define TF_MODEL_CLASSES 4096u
#define TF_MODEL_CLASS_LISTS 8192u
#define TF_MODEL_SITE_LISTS 4096u
#define TF_MODEL_LISTS (TF_MODEL_CLASS_LISTS + TF_MODEL_SITE_LISTS)
#define TF_MODEL_NEXT 8192u
#define TF_MODEL_SIZE_BITS 10
#define TF_MODEL_CPUS 1024u

/* What a kind is to the model. */
enum tf_role {
	TF_ROLE_OTHER,
	TF_ROLE_ALLOC,
	TF_ROLE_FREE,
};

/* Of a record; those behind TF_MAX_BLOCK_EVENTS are heads of lists. */
struct tf_node {
	uint64_t addr;		     /* head: the last new address that was looked for here */
	uint16_t older, newer;	     /* nodes */
	uint16_t list, object_class; /* TF_NONE when in no list */
};

/* The neighbours of the node that left a list last. */
struct tf_left {
	uint16_t older, newer; /* nodes */
};

struct tf_site {
	struct tf_event guess; /* kind, call_site and stack are the site's own */
	uint32_t next, end;    /* its records that are still to come, in order of sites */
	uint16_t object_class; /* of its last record with an address */
	uint16_t list;	       /* where its last address came from; not for allocations */
	uint16_t own_list;
	uint16_t role;	   /* enum tf_role of its kind */
	uint32_t spare[4]; /* makes three half cache lines */
};

struct tf_cpu_guess {
	uint32_t pid;
	uint16_t site1, site2; /* its last site and the one before that */
};

struct tf_size_guess {
	uint32_t bytes_alloc;
	uint32_t cache;
};

/* What a free of an object of the class brings back. */
struct tf_class {
	uint64_t key;
	uint32_t cache;
	uint8_t order;
};

struct tf_model {
	struct tf_node nodes[TF_MAX_BLOCK_EVENTS + TF_MODEL_LISTS];
	struct tf_left left[TF_MODEL_LISTS]; /* of classes with CPUs, then of sites */
	struct tf_cpu_guess cpus[TF_MODEL_CPUS];
	struct tf_size_guess sizes[1u << TF_MODEL_SIZE_BITS];
	uint16_t next_site[TF_MODEL_NEXT]; /* number of the site */
	uint32_t nr_classes;
	struct tf_class classes[TF_MODEL_CLASSES];
	uint16_t class_slots[2 * TF_MODEL_CLASSES]; /* number + 1, open addressing by key */
};

_Static_assert(TF_MAX_BLOCK_EVENTS + TF_MODEL_LISTS < TF_NONE, "16 bits name every node");

static inline uint32_t tf_hash(uint64_t key, unsigned bits)
{
	return (uint32_t)((key * 0x9e3779b97f4a7c15u) >> (64 - bits));
}

enum tf_role tf_role_of(unsigned kind);
void tf_model_reset(struct tf_model *m);
/*
 * The class of an allocation with these fields, which a free of it will bring back.
 * Classes are numbered as they come; when the numbers are used up, the last one is for all.
 */
uint16_t tf_model_class(struct tf_model *m, const struct tf_event *fields);
void tf_site_init(struct tf_site *site, uint32_t number, uint8_t kind, uint64_t call_site,
		  uint32_t stack);
/* The record had fields stored: from now on the site guesses these. */
void tf_site_learn(struct tf_site *site, struct tf_model *m, const struct tf_event *ev);

/* The slot that holds the guess for the next site of a CPU. */
static inline uint16_t *tf_model_next_site(struct tf_model *m, const struct tf_cpu_guess *cpu)
{
	return &m->next_site[(cpu->site1 * 181u + cpu->site2) % TF_MODEL_NEXT];
}

static inline void tf_cpu_advance(struct tf_cpu_guess *cpu, uint32_t site)
{
	cpu->site2 = cpu->site1;
	cpu->site1 = (uint16_t)site;
}

static inline uint32_t tf_class_list(uint32_t object_class, uint32_t cpu)
{
	return (object_class + cpu * 1021u) % TF_MODEL_CLASS_LISTS;
}

/* The list in which the address of the site's next record is looked for. */
static inline uint32_t tf_search_list(const struct tf_site *site, enum tf_role role, uint32_t cpu)
{
	return role == TF_ROLE_ALLOC ? tf_class_list(site->object_class, cpu) : site->list;
}

static inline struct tf_node *tf_list_head(struct tf_model *m, uint32_t list)
{
	return &m->nodes[TF_MAX_BLOCK_EVENTS + list];
}

static inline struct tf_size_guess *tf_model_size(struct tf_model *m, uint64_t bytes_req)
{
	return &m->sizes[tf_hash(bytes_req, TF_MODEL_SIZE_BITS)];
}

static inline void tf_model_unlink(struct tf_model *m, struct tf_node *node)
{
	uint32_t older = node->older, newer = node->newer;

	m->left[node->list] = (struct tf_left){ (uint16_t)older, (uint16_t)newer };
	m->nodes[older].newer = (uint16_t)newer;
	m->nodes[newer].older = (uint16_t)older;
	node->list = TF_NONE;
}

static inline void tf_model_push(struct tf_model *m, uint32_t list, uint32_t record, uint64_t addr,
				 uint32_t object_class)
{
	struct tf_node *head = tf_list_head(m, list);
	uint32_t top = head->older;

	m->nodes[record] = (struct tf_node){
		.addr = addr,
		.older = (uint16_t)top,
		.newer = (uint16_t)(TF_MAX_BLOCK_EVENTS + list),
		.list = (uint16_t)list,
		.object_class = (uint16_t)object_class,
	};
	m->nodes[top].newer = (uint16_t)record;
	head->older = (uint16_t)record;
}

/*
 * The record has an address, that of the earlier node old if that is not NULL: it
 * takes old's place among what lives or what is free.
 */
static inline void tf_model_place(struct tf_model *m, struct tf_site *site, enum tf_role role,
				  uint32_t cpu, uint32_t record, uint64_t addr, struct tf_node *old)
{
	uint32_t list = site->own_list;

	if (old && old->list != TF_NONE) {
		if (role != TF_ROLE_ALLOC) {
			site->object_class = old->object_class;
			site->list = old->list;
		}
		tf_model_unlink(m, old);
	}
	if (role == TF_ROLE_FREE)
		list = tf_class_list(site->object_class, cpu);
	else if (role == TF_ROLE_OTHER)
		list = site->list;
	tf_model_push(m, list, record, addr, site->object_class);
}

#endif
