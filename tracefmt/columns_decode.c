/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Columns to records.
 *
 * The bytes may be anything: every read is checked against the end of its column,
 * every number against what it indexes, and the work is bounded by the number of
 * records.  A column that runs dry yields zeros, which are harmless, and remembers
 * that it did; the loop looks at that from time to time and at its end.
 *
 * Most records are as guessed: their site's fields are copied whole, and only time,
 * address, CPU and thread are put in.
 */
#include "tracefmt/columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/bytes.h"
#include "tracefmt/columns_model.h"

struct tf_decoder {
	uint32_t sites_room;
	uint32_t nr_sites;
	struct tf_site *sites;
	const char *reason; /* NULL, or what is wrong */
	bool went_back;	    /* a record may be before the one before it */
	struct tf_in col[TF_NR_COLUMNS];
	const uint8_t *plane[TF_NR_PLANES];
	struct tf_model model;
};

static const char *const column_names[TF_NR_COLUMNS] = {
	"sites", "site",     "run", "cpu",   "time_low", "time_high", "mask",
	"addr",	 "time_far", "far", "new",   "pid",	 "req",	      "alloc",
	"gfp",	 "cache",    "ctx", "order", "misc",
};

int tf_decoder_new(struct tf_decoder **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void tf_decoder_free(struct tf_decoder *dec)
{
	if (!dec)
		return;
	free(dec->sites);
	free(dec);
}

/* Cut the payload into columns. */
static int split(struct tf_decoder *dec, const uint8_t *payload, size_t len, uint32_t nr_records,
		 struct tf_error *err)
{
	uint32_t lengths[TF_NR_COLUMNS];
	struct tf_in in;
	uint32_t nr;

	tf_in_init(&in, payload, len);
	nr = tf_in_u32(&in);
	if (in.bad || nr < TF_NR_COLUMNS || nr > TF_MAX_COLUMNS)
		return tf_fail(err, -EBADMSG, TF_NO_OFFSET, "events: %u columns", nr);
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t length = tf_in_u32(&in);

		if (i < TF_NR_COLUMNS)
			lengths[i] = length;
	}
	for (uint32_t i = 0; i < TF_NR_COLUMNS; i++) {
		const uint8_t *p = tf_in_bytes(&in, lengths[i]);

		if (!p)
			return tf_fail(err, -EBADMSG, TF_NO_OFFSET,
				       "events: column %s is longer than the block",
				       column_names[i]);
		tf_in_init(&dec->col[i], p, lengths[i]);
	}
	if (nr == TF_NR_COLUMNS && tf_in_left(&in))
		return tf_fail(err, -EBADMSG, TF_NO_OFFSET,
			       "events: %zu bytes behind the last column", tf_in_left(&in));
	for (uint32_t i = 0; i < TF_NR_PLANES; i++) {
		uint32_t column = TF_FIRST_PLANE + i;

		if (lengths[column] != nr_records)
			return tf_fail(err, -EBADMSG, TF_NO_OFFSET,
				       "events: column %s has %u bytes for %u events",
				       column_names[column], lengths[column], nr_records);
		dec->plane[i] = tf_in_bytes(&dec->col[column], nr_records);
	}
	return 0;
}

static struct tf_site *next_site_struct(struct tf_decoder *dec)
{
	if (dec->nr_sites == dec->sites_room) {
		uint32_t room = dec->sites_room ? dec->sites_room * 2 : 256;
		struct tf_site *sites = realloc(dec->sites, room * sizeof(*sites));

		if (!sites)
			return NULL;
		dec->sites = sites;
		dec->sites_room = room;
	}
	return &dec->sites[dec->nr_sites++];
}

/* Each has at least one record, so there are no more sites than records. */
static int read_sites(struct tf_decoder *dec, uint32_t nr_records, struct tf_digest *digest,
		      struct tf_error *err)
{
	struct tf_in *in = &dec->col[TF_COL_SITES];
	uint64_t call_site = 0;
	uint32_t at = 0;

	dec->nr_sites = 0;
	while (at < nr_records && !in->bad) {
		uint8_t kind = tf_in_u8(in);
		uint32_t number = dec->nr_sites, stack, nr;
		struct tf_site *site = next_site_struct(dec);

		if (!site)
			return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
		call_site += tf_unzigzag(tf_in_varint(in));
		stack = (uint32_t)tf_in_varint_max(in, UINT32_MAX);
		nr = (uint32_t)tf_in_varint_max(in, nr_records - at);
		tf_site_init(site, number, kind, call_site, stack);
		site->next = at;
		site->end = at += nr;
		in->bad |= !nr;
		digest->by_kind[kind] += nr;
	}
	if (in->bad || tf_in_left(in))
		return tf_fail(err, -EBADMSG, TF_NO_OFFSET, "events: column sites is damaged");
	return 0;
}

/* The number of the record's site. */
static inline uint32_t decode_site(struct tf_decoder *dec, struct tf_cpu_guess *cpu)
{
	uint16_t *next = tf_model_next_site(&dec->model, cpu);
	uint64_t code = tf_in_varint(&dec->col[TF_COL_SITE]);
	uint32_t number = *next;

	if (code) {
		number = (uint32_t)(code - 1);
		if (code > dec->nr_sites) {
			dec->reason = "a site that is not there";
			number = 0;
		}
		*next = (uint16_t)number;
	}
	tf_cpu_advance(cpu, number);
	return number;
}

/* The earlier record that the code points at; an invalid one is remembered and NULL. */
static inline struct tf_node *decode_old(struct tf_decoder *dec, uint32_t code, uint32_t list,
					 uint32_t record)
{
	struct tf_model *m = &dec->model;
	struct tf_node *old;
	uint64_t back;

	if (code <= TF_ADDR_NEWER) {
		old = &m->nodes[code == TF_ADDR_TOP	? tf_list_head(m, list)->older
				: code == TF_ADDR_OLDER ? m->left[list].older
							: m->left[list].newer];
		if (old->list == list)
			return old;
	} else {
		back = code - TF_ADDR_NEAR + 1u;
		if (code == TF_ADDR_FAR)
			back = tf_in_varint(&dec->col[TF_COL_FAR]);
		if (back && back <= record)
			return &m->nodes[record - back];
	}
	dec->reason = "an address of no earlier event";
	return NULL;
}

/*
 * Address and place in the lists; returns the node of the record that had the address
 * before, or NULL.  role is a constant where this is inlined.
 */
static inline __attribute__((always_inline)) struct tf_node *
decode_place(struct tf_decoder *dec, struct tf_event *ev, struct tf_site *site, uint32_t code,
	     enum tf_role role, uint32_t record)
{
	struct tf_model *m = &dec->model;
	uint32_t list = tf_search_list(site, role, ev->cpu);
	struct tf_node *old = NULL;
	uint64_t addr = 0;

	if (code == TF_ADDR_ZERO || code == TF_ADDR_ONES) {
		addr = code == TF_ADDR_ZERO ? 0 : UINT64_MAX;
		m->nodes[record] = (struct tf_node){ addr, 0, 0, TF_NONE, site->object_class };
		ev->addr = addr;
		return NULL;
	}
	if (code == TF_ADDR_NEW) {
		addr = tf_unzigzag(tf_in_varint(&dec->col[TF_COL_NEW]));
		addr = tf_list_head(m, list)->addr += addr;
	} else {
		old = decode_old(dec, code, list, record);
		addr = old ? old->addr : 0;
	}
	ev->addr = addr;
	tf_model_place(m, site, role, ev->cpu, record, addr, old);
	return old;
}

static void decode_sizes(struct tf_decoder *dec, struct tf_event *ev, uint8_t mask, bool is_alloc)
{
	struct tf_size_guess *size;

	if (mask & TF_MASK_REQ)
		ev->bytes_req = tf_in_varint(&dec->col[TF_COL_REQ]);
	size = tf_model_size(&dec->model, ev->bytes_req);
	if (is_alloc && (mask & TF_MASK_REQ)) {
		ev->bytes_alloc = size->bytes_alloc;
		ev->cache = size->cache;
	}
	if (mask & TF_MASK_ALLOC)
		ev->bytes_alloc = (uint32_t)tf_in_varint_max(&dec->col[TF_COL_ALLOC], UINT32_MAX);
	if (mask & TF_MASK_CACHE)
		ev->cache = (uint32_t)tf_in_varint_max(&dec->col[TF_COL_CACHE], UINT32_MAX);
	if (is_alloc)
		*size = (struct tf_size_guess){ ev->bytes_alloc, ev->cache };
}

/* The fields that the mask names; the record holds the guess. */
static void decode_fields(struct tf_decoder *dec, struct tf_site *site, struct tf_event *ev,
			  uint8_t mask, bool is_alloc)
{
	if (mask & (TF_MASK_REQ | TF_MASK_ALLOC | TF_MASK_CACHE))
		decode_sizes(dec, ev, mask, is_alloc);
	if (mask & TF_MASK_GFP)
		ev->gfp = (uint32_t)tf_in_varint_max(&dec->col[TF_COL_GFP], UINT32_MAX);
	if (mask & TF_MASK_CTX) {
		ev->ctx = tf_in_u8(&dec->col[TF_COL_CTX]);
		ev->preempt = tf_in_u8(&dec->col[TF_COL_CTX]);
	}
	if (mask & TF_MASK_ORDER)
		ev->order = tf_in_u8(&dec->col[TF_COL_ORDER]);
	if (mask & TF_MASK_MISC) {
		ev->node = (int16_t)tf_in_u16(&dec->col[TF_COL_MISC]);
		ev->migratetype = tf_in_u8(&dec->col[TF_COL_MISC]);
		ev->owner = tf_in_u8(&dec->col[TF_COL_MISC]);
		ev->flags = tf_in_u8(&dec->col[TF_COL_MISC]);
	}
	tf_site_learn(site, &dec->model, ev);
}

/* A time difference that the planes have no room for. */
static uint64_t decode_far(struct tf_decoder *dec, uint32_t record)
{
	uint64_t high = tf_in_varint(&dec->col[TF_COL_TIME_FAR]);

	if (high < TF_TIME_FAR || high > UINT64_MAX >> 8)
		dec->reason = "a time beyond 64 bits";
	/* Differences below 2^48 add up to less than 2^63 in a block, so nothing wraps. */
	dec->went_back |= (record ? high >> 40 : high >> 55) != 0;
	return high;
}

/* Time since the record before. */
static inline uint64_t decode_time(struct tf_decoder *dec, uint32_t at, uint32_t record)
{
	uint64_t high = dec->plane[TF_COL_TIME_HIGH - TF_FIRST_PLANE][at];

	if (high == TF_TIME_FAR)
		high = decode_far(dec, record);
	return high << 8 | dec->plane[TF_COL_TIME_LOW - TF_FIRST_PLANE][at];
}

/* An allocation is looked for by its size. */
static inline __attribute__((always_inline)) void
decode_alloc(struct tf_decoder *dec, struct tf_event *ev, struct tf_site *site, uint32_t at,
	     uint8_t mask, uint32_t record, unsigned want)
{
	if (mask & ~TF_MASK_PID)
		decode_fields(dec, site, ev, mask, true);
	if (want & TF_WANT_ADDR)
		decode_place(dec, ev, site, dec->plane[TF_COL_ADDR - TF_FIRST_PLANE][at],
			     TF_ROLE_ALLOC, record);
}

/* A free brings back what was allocated. */
static inline __attribute__((always_inline)) void
decode_other(struct tf_decoder *dec, struct tf_event *ev, struct tf_site *site, uint32_t at,
	     uint8_t mask, enum tf_role role, uint32_t record, unsigned want)
{
	if (want & TF_WANT_ADDR) {
		struct tf_node *old = decode_place(
			dec, ev, site, dec->plane[TF_COL_ADDR - TF_FIRST_PLANE][at], role, record);

		if (old) {
			ev->cache = dec->model.classes[old->object_class].cache;
			ev->order = dec->model.classes[old->object_class].order;
		}
	}
	if (mask & ~TF_MASK_PID)
		decode_fields(dec, site, ev, mask, false);
	if (!(want & TF_WANT_ADDR)) {
		ev->cache = 0;
		ev->order = 0;
	}
}

/* want is a constant where this is inlined. */
static inline __attribute__((always_inline)) void
decode_event(struct tf_decoder *dec, struct tf_event *ev, uint32_t record, struct tf_cpu_guess *cpu,
	     uint16_t cpu_number, uint64_t before_ns, unsigned want)
{
	struct tf_site *site = &dec->sites[decode_site(dec, cpu)];
	uint32_t at = site->next;
	uint8_t mask;

	if (at == site->end) {
		dec->reason = "a site that has no more events";
		at--;
	}
	site->next = at + 1;
	mask = dec->plane[TF_COL_MASK - TF_FIRST_PLANE][at];
	*ev = site->guess;
	ev->ts_ns = want & TF_WANT_TIME ? before_ns + decode_time(dec, at, record) : 0;
	ev->cpu = cpu_number;
	if (mask & TF_MASK_PID)
		cpu->pid = (uint32_t)tf_in_varint_max(&dec->col[TF_COL_PID], UINT32_MAX);
	ev->pid = cpu->pid;
	if (site->role == TF_ROLE_ALLOC)
		decode_alloc(dec, ev, site, at, mask, record, want);
	else if (site->role == TF_ROLE_FREE)
		decode_other(dec, ev, site, at, mask, TF_ROLE_FREE, record, want);
	else
		decode_other(dec, ev, site, at, mask, TF_ROLE_OTHER, record, want);
}

static bool any_bad(const struct tf_decoder *dec)
{
	bool bad = dec->reason;

	for (unsigned i = 0; i < TF_NR_COLUMNS; i++)
		bad |= dec->col[i].bad;
	return bad;
}

/* All records; returns the CPUs that they are of. */
static inline __attribute__((always_inline)) uint64_t
decode_all(struct tf_decoder *dec, struct tf_event *events, uint32_t nr, unsigned want)
{
	uint64_t before_ns = 0, cpus = 0;
	uint32_t i = 0;

	while (i < nr && !any_bad(dec)) {
		uint32_t end =
			i + 1 + (uint32_t)tf_in_varint_max(&dec->col[TF_COL_RUN], nr - i - 1);
		uint16_t number = (uint16_t)tf_in_varint_max(&dec->col[TF_COL_CPU], UINT16_MAX);
		struct tf_cpu_guess *cpu = &dec->model.cpus[number % TF_MODEL_CPUS];

		cpus |= UINT64_C(1) << number % 64;
		for (; i < end; i++) {
			decode_event(dec, &events[i], i, cpu, number, before_ns, want);
			before_ns = events[i].ts_ns;
		}
	}
	return cpus;
}

/* The first column that ran dry or held too large a number, or was not used up. */
static int check_columns(const struct tf_decoder *dec, unsigned want, struct tf_error *err)
{
	for (unsigned i = 0; i < TF_NR_COLUMNS; i++) {
		if (dec->col[i].bad)
			return tf_fail(err, -EBADMSG, TF_NO_OFFSET, "events: column %s is damaged",
				       column_names[i]);
	}
	if (dec->reason)
		return tf_fail(err, -EBADMSG, TF_NO_OFFSET, "events: one names %s", dec->reason);
	for (unsigned i = 0; i < TF_NR_COLUMNS; i++) {
		if (i == TF_COL_TIME_FAR && !(want & TF_WANT_TIME))
			continue;
		if ((i == TF_COL_FAR || i == TF_COL_NEW) && !(want & TF_WANT_ADDR))
			continue;
		if (tf_in_left(&dec->col[i]))
			return tf_fail(err, -EBADMSG, TF_NO_OFFSET,
				       "events: column %s has %zu bytes left over", column_names[i],
				       tf_in_left(&dec->col[i]));
	}
	return 0;
}

static void digest_events(const struct tf_decoder *dec, struct tf_digest *digest,
			  const struct tf_event *events, uint32_t nr)
{
	digest->first_ns = events[0].ts_ns;
	digest->last_ns = events[nr - 1].ts_ns;
	if (!dec->went_back && !digest->by_kind[TF_GAP])
		return;
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t ts_ns = events[i].ts_ns;

		digest->first_ns = ts_ns < digest->first_ns ? ts_ns : digest->first_ns;
		digest->last_ns = ts_ns > digest->last_ns ? ts_ns : digest->last_ns;
		if (events[i].kind == TF_GAP)
			digest->nr_lost += events[i].bytes_req;
	}
}

int tf_decoder_run(struct tf_decoder *dec, const uint8_t *payload, size_t len, unsigned want,
		   struct tf_event *events, uint32_t nr, struct tf_digest *digest,
		   struct tf_error *err)
{
	int ret;

	if (!nr || nr > TF_MAX_BLOCK_EVENTS)
		return tf_fail(err, -EBADMSG, TF_NO_OFFSET, "events: %u in one block", nr);
	memset(digest, 0, sizeof(*digest));
	dec->reason = NULL;
	dec->went_back = false;
	ret = split(dec, payload, len, nr, err);
	if (!ret)
		ret = read_sites(dec, nr, digest, err);
	if (ret)
		return ret;
	tf_model_reset(&dec->model);
	switch (want & TF_WANT_ALL) {
	case TF_WANT_ALL:
		digest->cpus = decode_all(dec, events, nr, TF_WANT_ALL);
		break;
	case TF_WANT_TIME:
		digest->cpus = decode_all(dec, events, nr, TF_WANT_TIME);
		break;
	default:
		digest->cpus = decode_all(dec, events, nr, want & TF_WANT_ADDR);
	}
	ret = check_columns(dec, want, err);
	if (!ret)
		digest_events(dec, digest, events, nr);
	return ret;
}
