/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records to columns.
 *
 * One pass: for each record the model guesses, and what it got wrong is appended to
 * the columns.  Each column has room for the worst case, so that nothing is checked
 * on the way; memory that is not needed is never touched.  The planes are collected
 * in order of time, and put into that of sites when it is known how many records
 * each site has.
 */
#include "tracefmt/columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/bytes.h"
#include "tracefmt/columns_model.h"

/* Bytes that one record can add to a column. */
static const uint8_t column_max[TF_NR_COLUMNS] = {
	[TF_COL_SITES] = 19,   [TF_COL_SITE] = 3,  [TF_COL_RUN] = 3,  [TF_COL_CPU] = 3,
	[TF_COL_TIME_LOW] = 1, [TF_COL_MASK] = 1,  [TF_COL_ADDR] = 1, [TF_COL_TIME_HIGH] = 1,
	[TF_COL_TIME_FAR] = 8, [TF_COL_FAR] = 3,   [TF_COL_NEW] = 10, [TF_COL_PID] = 5,
	[TF_COL_REQ] = 10,     [TF_COL_ALLOC] = 5, [TF_COL_GFP] = 5,  [TF_COL_CACHE] = 5,
	[TF_COL_CTX] = 2,      [TF_COL_ORDER] = 1, [TF_COL_MISC] = 5,
};

/* What a record has in the planes, in order of time. */
struct plane_bytes {
	uint16_t site;
	uint8_t plane[TF_NR_PLANES];
};

struct tf_encoder {
	uint32_t max_events;
	unsigned hash_bits;
	uint16_t *addr_table; /* record + 1 of the last with that address; open addressing */
	uint16_t *site_table; /* site + 1; open addressing */
	struct tf_site *sites;
	uint32_t nr_sites;
	struct plane_bytes *planes;
	uint8_t *arena;
	uint8_t *start[TF_NR_COLUMNS], *end[TF_NR_COLUMNS];
	uint8_t lengths[4 + 4 * TF_NR_COLUMNS];
	struct tf_model model;
};

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
	enc->planes = malloc(sizeof(*enc->planes) * max_events);
	enc->arena = malloc(arena_bytes(max_events));
	if (!enc->addr_table || !enc->site_table || !enc->sites || !enc->planes || !enc->arena) {
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
	free(enc->planes);
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

static inline uint16_t find_site(struct tf_encoder *enc, const struct tf_event *ev)
{
	uint32_t mask = (1u << enc->hash_bits) - 1;
	uint64_t key = (ev->call_site << 4) + ev->kind + ((uint64_t)ev->stack << 40);
	uint32_t slot = tf_hash(key, enc->hash_bits);
	uint32_t number;

	for (; enc->site_table[slot]; slot = (slot + 1) & mask) {
		const struct tf_event *site;

		number = enc->site_table[slot] - 1u;
		site = &enc->sites[number].guess;
		if (site->call_site == ev->call_site && site->kind == ev->kind &&
		    site->stack == ev->stack)
			return (uint16_t)number;
	}
	number = enc->nr_sites++;
	enc->site_table[slot] = (uint16_t)(number + 1);
	tf_site_init(&enc->sites[number], number, ev->kind, ev->call_site, ev->stack);
	return (uint16_t)number;
}

/* The last record with that address, or TF_NONE; from now on it is this one. */
static inline uint32_t find_addr(struct tf_encoder *enc, uint64_t addr, uint32_t record)
{
	uint32_t mask = (1u << enc->hash_bits) - 1;
	uint32_t slot = tf_hash(addr, enc->hash_bits);
	uint32_t ref = TF_NONE;

	for (; enc->addr_table[slot]; slot = (slot + 1) & mask) {
		if (enc->model.nodes[enc->addr_table[slot] - 1].addr == addr) {
			ref = enc->addr_table[slot] - 1u;
			break;
		}
	}
	enc->addr_table[slot] = (uint16_t)(record + 1);
	return ref;
}

/* The code that leads to record ref, or to a new address if that is TF_NONE. */
static inline uint8_t encode_ref(struct tf_encoder *enc, uint64_t addr, uint32_t record,
				 uint32_t ref, uint32_t list)
{
	struct tf_model *m = &enc->model;
	struct tf_node *head = tf_list_head(m, list);
	uint32_t back = record - ref;

	if (ref == TF_NONE) {
		put_varint(enc, TF_COL_NEW, tf_zigzag(addr - head->addr));
		head->addr = addr;
		return TF_ADDR_NEW;
	}
	if (m->nodes[ref].list == list) {
		if (ref == head->older)
			return TF_ADDR_TOP;
		if (ref == m->left[list].older)
			return TF_ADDR_OLDER;
		if (ref == m->left[list].newer)
			return TF_ADDR_NEWER;
	}
	if (back <= TF_ADDR_MAX_NEAR)
		return (uint8_t)(TF_ADDR_NEAR + back - 1);
	put_varint(enc, TF_COL_FAR, back);
	return TF_ADDR_FAR;
}

/* Returns the code; *old is the record that had the address before, or NULL. */
static inline uint8_t encode_addr(struct tf_encoder *enc, const struct tf_event *ev,
				  struct tf_site *site, uint32_t record, struct tf_node **old)
{
	enum tf_role role = site->role;
	uint32_t ref;
	uint8_t code;

	*old = NULL;
	if (!ev->addr || ev->addr == UINT64_MAX) {
		enc->model.nodes[record] =
			(struct tf_node){ ev->addr, 0, 0, TF_NONE, site->object_class };
		return ev->addr ? TF_ADDR_ONES : TF_ADDR_ZERO;
	}
	ref = find_addr(enc, ev->addr, record);
	if (ref != TF_NONE)
		*old = &enc->model.nodes[ref];
	code = encode_ref(enc, ev->addr, record, ref, tf_search_list(site, role, ev->cpu));
	tf_model_place(&enc->model, site, role, ev->cpu, record, ev->addr, *old);
	return code;
}

static inline bool misc_differs(const struct tf_event *a, const struct tf_event *b)
{
	return a->node != b->node || a->migratetype != b->migratetype || a->owner != b->owner ||
	       a->flags != b->flags;
}

/* The sizes of an allocation; returns their mask. */
static uint8_t encode_sizes(struct tf_encoder *enc, const struct tf_event *ev, bool is_alloc,
			    struct tf_event *guess)
{
	struct tf_size_guess *size = tf_model_size(&enc->model, ev->bytes_req);
	uint8_t mask = 0;

	if (ev->bytes_req != guess->bytes_req) {
		mask |= TF_MASK_REQ;
		put_varint(enc, TF_COL_REQ, ev->bytes_req);
		if (is_alloc) {
			guess->bytes_alloc = size->bytes_alloc;
			guess->cache = size->cache;
		}
	}
	if (ev->bytes_alloc != guess->bytes_alloc) {
		mask |= TF_MASK_ALLOC;
		put_varint(enc, TF_COL_ALLOC, ev->bytes_alloc);
	}
	if (ev->cache != guess->cache) {
		mask |= TF_MASK_CACHE;
		put_varint(enc, TF_COL_CACHE, ev->cache);
	}
	if (is_alloc && mask)
		*size = (struct tf_size_guess){ ev->bytes_alloc, ev->cache };
	return mask;
}

/* Fields that differ from the guess; returns their mask. */
static inline uint8_t encode_fields(struct tf_encoder *enc, const struct tf_event *ev,
				    bool is_alloc, struct tf_event *guess)
{
	uint8_t mask = 0;

	if (ev->bytes_req != guess->bytes_req || ev->bytes_alloc != guess->bytes_alloc ||
	    ev->cache != guess->cache)
		mask = encode_sizes(enc, ev, is_alloc, guess);
	if (ev->gfp != guess->gfp) {
		mask |= TF_MASK_GFP;
		put_varint(enc, TF_COL_GFP, ev->gfp);
	}
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

static inline void encode_time(struct tf_encoder *enc, uint64_t diff, uint8_t plane[TF_NR_PLANES])
{
	uint64_t high = diff >> 8;

	plane[0] = (uint8_t)diff;
	plane[1] = (uint8_t)high;
	if (high >= TF_TIME_FAR) {
		plane[1] = TF_TIME_FAR;
		put_varint(enc, TF_COL_TIME_FAR, high);
	}
}

static inline void encode_event(struct tf_encoder *enc, const struct tf_event *ev, uint32_t record,
				uint64_t diff)
{
	struct tf_cpu_guess *cpu = &enc->model.cpus[ev->cpu % TF_MODEL_CPUS];
	uint16_t *next = tf_model_next_site(&enc->model, cpu);
	uint16_t number = find_site(enc, ev);
	struct tf_site *site = &enc->sites[number];
	bool is_alloc = site->role == TF_ROLE_ALLOC;
	struct plane_bytes *planes = &enc->planes[record];
	struct tf_event guess = site->guess;
	struct tf_node *old;
	uint8_t mask;

	put_varint(enc, TF_COL_SITE, *next == number ? 0 : number + 1u);
	*next = number;
	tf_cpu_advance(cpu, number);
	site->end++;
	planes->site = number;
	encode_time(enc, diff, planes->plane);

	/* An allocation is looked for by its size, a free brings back what was allocated. */
	if (!is_alloc) {
		planes->plane[3] = encode_addr(enc, ev, site, record, &old);
		if (old) {
			guess.cache = enc->model.classes[old->object_class].cache;
			guess.order = enc->model.classes[old->object_class].order;
		}
	}
	mask = encode_fields(enc, ev, is_alloc, &guess);
	if (mask)
		tf_site_learn(site, &enc->model, ev);
	if (is_alloc)
		planes->plane[3] = encode_addr(enc, ev, site, record, &old);
	if (ev->pid != cpu->pid) {
		mask |= TF_MASK_PID;
		put_varint(enc, TF_COL_PID, ev->pid);
		cpu->pid = ev->pid;
	}
	planes->plane[2] = mask;
}

/* The planes in order of sites, and the sites with how many records they have. */
static void order_by_site(struct tf_encoder *enc, uint32_t nr)
{
	uint64_t call_site = 0;
	uint32_t at = 0;

	for (uint32_t i = 0; i < enc->nr_sites; i++) {
		struct tf_site *site = &enc->sites[i];

		put_u8(enc, TF_COL_SITES, site->guess.kind);
		put_varint(enc, TF_COL_SITES, tf_zigzag(site->guess.call_site - call_site));
		put_varint(enc, TF_COL_SITES, site->guess.stack);
		put_varint(enc, TF_COL_SITES, site->end);
		call_site = site->guess.call_site;
		site->next = at;
		at += site->end;
	}
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t to = enc->sites[enc->planes[i].site].next++;

		for (unsigned plane = 0; plane < TF_NR_PLANES; plane++)
			enc->start[TF_FIRST_PLANE + plane][to] = enc->planes[i].plane[plane];
	}
	for (unsigned plane = 0; plane < TF_NR_PLANES; plane++)
		enc->end[TF_FIRST_PLANE + plane] = enc->start[TF_FIRST_PLANE + plane] + nr;
}

/* Cut a plane between sites, so that each has a piece of its own if it is long enough. */
static size_t cut_plane(const struct tf_encoder *enc, enum tf_column col, struct tf_piece *pieces)
{
	const uint8_t *begin = enc->start[col];
	size_t nr = 0;

	for (uint32_t i = 0; i < enc->nr_sites; i++) {
		const uint8_t *end = enc->start[col] + enc->sites[i].next;

		if (end - begin < TF_PIECE_BYTES && end < enc->end[col])
			continue;
		pieces[nr++] = (struct tf_piece){ begin, (size_t)(end - begin) };
		begin = end;
	}
	return nr;
}

static size_t make_pieces(struct tf_encoder *enc, struct tf_piece pieces[TF_MAX_PIECES])
{
	size_t nr = 1;

	tf_put32(enc->lengths, TF_NR_COLUMNS);
	pieces[0] = (struct tf_piece){ enc->lengths, sizeof(enc->lengths) };
	for (unsigned i = 0; i < TF_NR_COLUMNS; i++) {
		size_t len = (size_t)(enc->end[i] - enc->start[i]);

		tf_put32(enc->lengths + 4 + 4 * i, (uint32_t)len);
		if (i >= TF_FIRST_PLANE && i < TF_FIRST_PLANE + TF_NR_PLANES)
			nr += cut_plane(enc, i, pieces + nr);
		else
			pieces[nr++] = (struct tf_piece){ enc->start[i], len };
	}
	return nr;
}

size_t tf_encoder_run(struct tf_encoder *enc, const struct tf_event *events, uint32_t nr,
		      struct tf_piece pieces[TF_MAX_PIECES])
{
	uint64_t before_ns = 0;
	uint32_t run = 0;

	memcpy(enc->end, enc->start, sizeof(enc->end));
	memset(enc->addr_table, 0, sizeof(*enc->addr_table) << enc->hash_bits);
	memset(enc->site_table, 0, sizeof(*enc->site_table) << enc->hash_bits);
	enc->nr_sites = 0;
	tf_model_reset(&enc->model);
	for (uint32_t i = 0; i < nr; i++) {
		encode_event(enc, &events[i], i, events[i].ts_ns - before_ns);
		before_ns = events[i].ts_ns;
		if (i + 1 < nr && events[i + 1].cpu == events[i].cpu) {
			run++;
			continue;
		}
		put_varint(enc, TF_COL_RUN, run);
		put_varint(enc, TF_COL_CPU, events[i].cpu);
		run = 0;
	}
	order_by_site(enc, nr);
	return make_pieces(enc, pieces);
}
