/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the model that are not in the path of every record.
 */
#include "tracefmt/columns_model.h"

#include <string.h>

enum tf_role tf_role_of(unsigned kind)
{
	switch (kind) {
	case TF_KMALLOC:
	case TF_CACHE_ALLOC:
	case TF_PAGE_ALLOC:
	case TF_PERCPU_ALLOC:
	case TF_VMAP_ALLOC:
		return TF_ROLE_ALLOC;
	case TF_KFREE:
	case TF_CACHE_FREE:
	case TF_PAGE_FREE:
	case TF_PERCPU_FREE:
	case TF_VMAP_FREE:
		return TF_ROLE_FREE;
	default:
		return TF_ROLE_OTHER;
	}
}

void tf_model_reset(struct tf_model *m)
{
	for (uint32_t list = 0; list < TF_MODEL_LISTS; list++) {
		uint16_t head = (uint16_t)(TF_MAX_BLOCK_EVENTS + list);

		m->nodes[head] = (struct tf_node){ 0, head, head, TF_NONE, 0 };
		m->left[list] = (struct tf_left){ head, head };
	}
	memset(m->cpus, 0, sizeof(m->cpus));
	memset(m->sizes, 0, sizeof(m->sizes));
	memset(m->next_site, 0, sizeof(m->next_site));
	memset(m->class_slots, 0, sizeof(m->class_slots));
	/* Number 0 is of the fields that a site begins with. */
	m->nr_classes = 1;
	m->classes[0] = (struct tf_class){ 0 };
}

static uint64_t class_key(const struct tf_event *fields)
{
	if (fields->kind == TF_PAGE_ALLOC)
		return UINT64_C(1) << 56 | (uint64_t)fields->order << 8 | fields->migratetype;
	if (fields->cache)
		return UINT64_C(2) << 56 | fields->cache;
	return UINT64_C(3) << 56 | (uint64_t)fields->bytes_alloc << 8 | fields->kind;
}

uint16_t tf_model_class(struct tf_model *m, const struct tf_event *fields)
{
	const uint32_t mask = 2 * TF_MODEL_CLASSES - 1;
	uint64_t key = class_key(fields);
	uint32_t slot = tf_hash(key, 32) & mask;
	struct tf_class *c;

	for (; m->class_slots[slot]; slot = (slot + 1) & mask) {
		c = &m->classes[m->class_slots[slot] - 1];
		if (c->key == key)
			goto out;
	}
	if (m->nr_classes < TF_MODEL_CLASSES)
		m->class_slots[slot] = (uint16_t)++m->nr_classes;
	/* The last number is for all that come when the others are given out. */
	c = &m->classes[m->nr_classes - 1];
	c->key = key;
out:
	c->cache = fields->cache;
	c->order = fields->order;
	return (uint16_t)(c - m->classes);
}

void tf_site_init(struct tf_site *site, uint32_t number, uint8_t kind, uint64_t call_site,
		  uint32_t stack)
{
	memset(site, 0, sizeof(*site));
	site->guess.kind = kind;
	site->guess.call_site = call_site;
	site->guess.stack = stack;
	site->guess.node = TF_NO_NODE;
	site->role = (uint16_t)tf_role_of(kind);
	site->own_list = (uint16_t)(TF_MODEL_CLASS_LISTS + number % TF_MODEL_SITE_LISTS);
	site->list = site->own_list;
}

void tf_site_learn(struct tf_site *site, struct tf_model *m, const struct tf_event *ev)
{
	site->guess = *ev;
	if (site->role == TF_ROLE_ALLOC)
		site->object_class = tf_model_class(m, ev);
}
