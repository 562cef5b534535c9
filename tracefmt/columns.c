/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events to columns.
 *
 * One pass: for each event the model guesses, and what it got wrong is appended
 * to the columns.  Each column has room for the worst case, so that nothing is
 * checked on the way; memory that is not needed is never touched.
 */
#include "tracefmt/columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/bytes.h"
#include "tracefmt/columns_model.h"

/* Bytes that one event can add to a column. */
static const uint8_t column_max[TF_NR_COLUMNS] = {
	[TF_COL_SITES] = 9, [TF_COL_SITE] = 3,	   [TF_COL_RUN] = 3,  [TF_COL_CPU] = 3,
	[TF_COL_MASK] = 1,  [TF_COL_TIME_LOW] = 1, [TF_COL_ADDR] = 1, [TF_COL_TIME_HIGH] = 8,
	[TF_COL_FAR] = 3,   [TF_COL_NEW_LOW] = 1,  [TF_COL_PID] = 5,  [TF_COL_NEW_HIGH] = 9,
	[TF_COL_REQ] = 10,  [TF_COL_ALLOC] = 10,   [TF_COL_GFP] = 5,  [TF_COL_CACHE] = 5,
	[TF_COL_CTX] = 2,   [TF_COL_ORDER] = 1,	   [TF_COL_MISC] = 5,
};

struct tf_encoder {
	uint32_t max_events;
	unsigned hash_bits;
	uint32_t *addr_table; /* event + 1 of the last event with that address; open addressing */
	uint32_t *site_table; /* site + 1; open addressing */
	struct tf_site *sites;
	uint32_t nr_sites;
	uint8_t *arena;
	uint8_t *start[TF_NR_COLUMNS], *end[TF_NR_COLUMNS];
	uint8_t lengths[4 + 4 * TF_NR_COLUMNS];
	struct tf_model model;
};

void tf_model_reset(struct tf_model *m)
{
	for (uint32_t i = 0; i < 2 * TF_MODEL_LISTS; i++)
		m->lists[i] = (struct tf_list){ 0, TF_NONE, TF_NONE, TF_NONE };
	memset(m->cpus, 0, sizeof(m->cpus));
	memset(m->sizes, 0, sizeof(m->sizes));
	memset(m->next_site, 0, sizeof(m->next_site));
}

static size_t arena_bytes(uint32_t max_events)
{
	size_t total = 0;

	for (int i = 0; i < TF_NR_COLUMNS; i++)
		total += (size_t)column_max[i] * max_events;
	/* A varint may write its whole width while it is being put. */
	return total + TF_MAX_VARINT;
}

int tf_encoder_new(struct tf_encoder **out, uint32_t max_events)
{
	struct tf_encoder *enc;
	uint8_t *p;

	if (!max_events || max_events > TF_MAX_BLOCK_EVENTS)
		return -EINVAL;
	enc = calloc(1, sizeof(*enc));
	if (!enc)
		return -ENOMEM;
	enc->max_events = max_events;
	/* At most half full. */
	for (enc->hash_bits = 4; 1u << enc->hash_bits < 2 * max_events; enc->hash_bits++)
		;
	enc->addr_table = malloc(sizeof(*enc->addr_table) << enc->hash_bits);
	enc->site_table = malloc(sizeof(*enc->site_table) << enc->hash_bits);
	enc->sites = malloc(sizeof(*enc->sites) * max_events);
	enc->model.nodes = malloc(sizeof(*enc->model.nodes) * max_events);
	enc->arena = malloc(arena_bytes(max_events));
	if (!enc->addr_table || !enc->site_table || !enc->sites || !enc->model.nodes ||
	    !enc->arena) {
		tf_encoder_free(enc);
		return -ENOMEM;
	}
	p = enc->arena;
	for (int i = 0; i < TF_NR_COLUMNS; i++) {
		enc->start[i] = p;
		p += (size_t)column_max[i] * max_events;
	}
	*out = enc;
	return 0;
}

void tf_encoder_free(struct tf_encoder *enc)
{
	if (!enc)
		return;
	free(enc->addr_table);
	free(enc->site_table);
	free(enc->sites);
	free(enc->model.nodes);
	free(enc->arena);
	free(enc);
}

static inline void put_u8(struct tf_encoder *enc, enum tf_column col, uint8_t v)
{
	*enc->end[col]++ = v;
}

static inline void put_varint(struct tf_encoder *enc, enum tf_column col, uint64_t v)
{
	enc->end[col] = tf_put_varint(enc->end[col], v);
}

static uint32_t find_site(struct tf_encoder *enc, const struct tf_event *ev)
{
	uint32_t mask = (1u << enc->hash_bits) - 1;
	uint32_t slot = tf_hash(ev->call_site * 16 + ev->kind, enc->hash_bits);
	uint32_t number;

	for (; enc->site_table[slot]; slot = (slot + 1) & mask) {
		const struct tf_site *site;

		number = enc->site_table[slot] - 1;
		site = &enc->sites[number];
		if (site->call_site == ev->call_site && site->kind == ev->kind)
			return number;
	}
	number = enc->nr_sites++;
	enc->site_table[slot] = number + 1;
	tf_site_init(&enc->sites[number], number, ev->kind, ev->call_site);
	put_u8(enc, TF_COL_SITES, ev->kind);
	tf_put64(enc->end[TF_COL_SITES], ev->call_site);
	enc->end[TF_COL_SITES] += 8;
	return number;
}

/* The last event with that address, or TF_NONE; from now on it is this one. */
static uint32_t find_addr(struct tf_encoder *enc, const struct tf_event *events, uint32_t event)
{
	uint64_t addr = events[event].addr;
	uint32_t mask = (1u << enc->hash_bits) - 1;
	uint32_t slot = tf_hash(addr, enc->hash_bits);
	uint32_t ref = TF_NONE;

	for (; enc->addr_table[slot]; slot = (slot + 1) & mask) {
		if (events[enc->addr_table[slot] - 1].addr == addr) {
			ref = enc->addr_table[slot] - 1;
			break;
		}
	}
	enc->addr_table[slot] = event + 1;
	return ref;
}

/* Returns the event that had the address before, or TF_NONE. */
static uint32_t encode_addr(struct tf_encoder *enc, const struct tf_event *events, uint32_t event,
			    uint32_t list_number)
{
	struct tf_list *list = &enc->model.lists[list_number];
	uint64_t addr = events[event].addr;
	uint32_t ref = find_addr(enc, events, event);

	if (ref == TF_NONE) {
		uint64_t diff = tf_zigzag(addr - list->addr);

		put_u8(enc, TF_COL_ADDR, TF_ADDR_NEW);
		put_u8(enc, TF_COL_NEW_LOW, diff & 15);
		put_varint(enc, TF_COL_NEW_HIGH, diff >> 4);
		list->addr = addr;
		return ref;
	}
	if (ref == list->top) {
		put_u8(enc, TF_COL_ADDR, TF_ADDR_TOP);
	} else if (ref == list->older && enc->model.nodes[ref].list == list_number) {
		put_u8(enc, TF_COL_ADDR, TF_ADDR_OLDER);
	} else if (ref == list->newer && enc->model.nodes[ref].list == list_number) {
		put_u8(enc, TF_COL_ADDR, TF_ADDR_NEWER);
	} else if (event - ref <= TF_ADDR_MAX_NEAR) {
		put_u8(enc, TF_COL_ADDR, (uint8_t)(TF_ADDR_NEAR + (event - ref - 1)));
	} else {
		put_u8(enc, TF_COL_ADDR, TF_ADDR_FAR);
		put_varint(enc, TF_COL_FAR, event - ref);
	}
	return ref;
}

static uint32_t encode_place(struct tf_encoder *enc, const struct tf_event *events, uint32_t event,
			     uint32_t site_number)
{
	const struct tf_event *ev = &events[event];
	struct tf_site *site = &enc->sites[site_number];
	uint32_t list = site->list;
	uint32_t ref;

	if (!ev->addr || ev->addr == UINT64_MAX) {
		put_u8(enc, TF_COL_ADDR, ev->addr ? TF_ADDR_ONES : TF_ADDR_ZERO);
		enc->model.nodes[event].list = TF_NONE;
		return TF_NONE;
	}
	if (tf_model_is(TF_MODEL_ALLOCS, ev->kind))
		list = tf_class_list(tf_size_class(ev), ev->cpu);
	ref = encode_addr(enc, events, event, list);
	tf_model_place(&enc->model, site, site_number, ev, event, ref);
	return ref;
}

static inline bool misc_differs(const struct tf_event *a, const struct tf_event *b)
{
	return a->node != b->node || a->migratetype != b->migratetype || a->owner != b->owner ||
	       a->flags != b->flags;
}

/* Fields that differ from the guess; returns their mask. */
static uint8_t encode_fields(struct tf_encoder *enc, const struct tf_event *ev,
			     struct tf_event *guess)
{
	bool alloc = tf_model_is(TF_MODEL_ALLOCS, ev->kind);
	struct tf_size_guess *size = alloc ? tf_model_size(&enc->model, ev->bytes_req) : NULL;
	uint8_t mask = 0;

	if (ev->bytes_req != guess->bytes_req) {
		mask |= TF_MASK_REQ;
		put_varint(enc, TF_COL_REQ, ev->bytes_req);
		if (alloc) {
			guess->bytes_alloc = size->bytes_alloc;
			guess->cache = size->cache;
		}
	}
	if (ev->bytes_alloc != guess->bytes_alloc) {
		mask |= TF_MASK_ALLOC;
		put_varint(enc, TF_COL_ALLOC, ev->bytes_alloc);
	}
	if (ev->gfp != guess->gfp) {
		mask |= TF_MASK_GFP;
		put_varint(enc, TF_COL_GFP, ev->gfp);
	}
	if (ev->cache != guess->cache) {
		mask |= TF_MASK_CACHE;
		put_varint(enc, TF_COL_CACHE, ev->cache);
	}
	if (alloc)
		*size = (struct tf_size_guess){ ev->bytes_alloc, ev->cache };
	if (ev->ctx != guess->ctx || ev->preempt != guess->preempt) {
		mask |= TF_MASK_CTX;
		put_u8(enc, TF_COL_CTX, ev->ctx);
		put_u8(enc, TF_COL_CTX, ev->preempt);
	}
	if (ev->order != guess->order) {
		mask |= TF_MASK_ORDER;
		put_u8(enc, TF_COL_ORDER, ev->order);
	}
	if (misc_differs(ev, guess)) {
		mask |= TF_MASK_MISC;
		tf_put16(enc->end[TF_COL_MISC], (uint16_t)ev->node);
		enc->end[TF_COL_MISC] += 2;
		put_u8(enc, TF_COL_MISC, ev->migratetype);
		put_u8(enc, TF_COL_MISC, ev->owner);
		put_u8(enc, TF_COL_MISC, ev->flags);
	}
	return mask;
}

static void encode_event(struct tf_encoder *enc, const struct tf_event *events, uint32_t event)
{
	const struct tf_event *ev = &events[event];
	struct tf_cpu_guess *cpu = &enc->model.cpus[ev->cpu % TF_MODEL_CPUS];
	uint32_t *next = tf_model_next_site(&enc->model, cpu);
	uint32_t number = find_site(enc, ev);
	struct tf_site *site = &enc->sites[number];
	uint64_t diff = tf_zigzag(ev->ts_ns - (event ? ev[-1].ts_ns : 0));
	struct tf_event guess;
	uint8_t mask;
	uint32_t ref;

	put_varint(enc, TF_COL_SITE, *next == number + 1 ? 0 : number + 1);
	*next = number + 1;
	tf_cpu_advance(cpu, number);

	put_u8(enc, TF_COL_TIME_LOW, (uint8_t)diff);
	put_varint(enc, TF_COL_TIME_HIGH, diff >> 8);

	tf_site_guess(site, &guess);
	ref = encode_place(enc, events, event, number);
	if (ref != TF_NONE && !tf_model_is(TF_MODEL_ALLOCS, ev->kind)) {
		guess.cache = events[ref].cache;
		guess.order = events[ref].order;
	}
	mask = encode_fields(enc, ev, &guess);
	if (ev->pid != cpu->pid) {
		mask |= TF_MASK_PID;
		put_varint(enc, TF_COL_PID, ev->pid);
		cpu->pid = ev->pid;
	}
	put_u8(enc, TF_COL_MASK, mask);
	tf_site_learn(site, ev);
}

size_t tf_encoder_run(struct tf_encoder *enc, const struct tf_event *events, uint32_t nr,
		      struct tf_piece pieces[TF_MAX_PIECES])
{
	uint32_t run = 0;

	memcpy(enc->end, enc->start, sizeof(enc->end));
	memset(enc->addr_table, 0, sizeof(*enc->addr_table) << enc->hash_bits);
	memset(enc->site_table, 0, sizeof(*enc->site_table) << enc->hash_bits);
	enc->nr_sites = 0;
	tf_model_reset(&enc->model);
	for (uint32_t i = 0; i < nr; i++) {
		encode_event(enc, events, i);
		if (i + 1 < nr && events[i + 1].cpu == events[i].cpu) {
			run++;
			continue;
		}
		put_varint(enc, TF_COL_RUN, run);
		put_varint(enc, TF_COL_CPU, events[i].cpu);
		run = 0;
	}
	tf_put32(enc->lengths, TF_NR_COLUMNS);
	pieces[0] = (struct tf_piece){ enc->lengths, sizeof(enc->lengths) };
	for (unsigned i = 0; i < TF_NR_COLUMNS; i++) {
		size_t len = (size_t)(enc->end[i] - enc->start[i]);

		tf_put32(enc->lengths + 4 + 4 * i, (uint32_t)len);
		pieces[1 + i] = (struct tf_piece){ enc->start[i], len };
	}
	return TF_MAX_PIECES;
}
