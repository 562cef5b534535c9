/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Columns to events.
 *
 * The bytes may be anything: every read is checked against the end of its column,
 * every number against what it indexes, and the work is bounded by the number of
 * events.  A column that runs dry yields zeros, which are harmless, and remembers
 * that it did; the loop looks at that from time to time and at its end.
 */
#include "tracefmt/columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/bytes.h"
#include "tracefmt/columns_model.h"

struct tf_decoder {
	uint32_t room; /* nodes that were allocated */
	uint32_t sites_room;
	uint32_t nr_sites;
	struct tf_site *sites;
	const char *reason; /* NULL, or what is wrong */
	struct tf_in col[TF_NR_COLUMNS];
	struct tf_model model;
};

static const char *const column_names[TF_NR_COLUMNS] = {
	"sites", "site",  "run",     "cpu",	 "mask", "time_low", "time_high",
	"addr",	 "far",	  "new_low", "new_high", "pid",	 "req",	     "alloc",
	"gfp",	 "cache", "ctx",     "order",	 "misc",
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
	free(dec->model.nodes);
	free(dec->sites);
	free(dec);
}

static int make_room(struct tf_decoder *dec, uint32_t nr_events, uint32_t nr_sites)
{
	if (nr_events > dec->room) {
		free(dec->model.nodes);
		dec->room = 0;
		dec->model.nodes = malloc(sizeof(*dec->model.nodes) * nr_events);
		if (!dec->model.nodes)
			return -ENOMEM;
		dec->room = nr_events;
	}
	if (nr_sites > dec->sites_room) {
		free(dec->sites);
		dec->sites_room = 0;
		dec->sites = malloc(sizeof(*dec->sites) * nr_sites);
		if (!dec->sites)
			return -ENOMEM;
		dec->sites_room = nr_sites;
	}
	return 0;
}

/* Cut the payload into columns. */
static int split(struct tf_decoder *dec, const uint8_t *payload, size_t len, struct tf_error *err)
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
	return 0;
}

static void read_sites(struct tf_decoder *dec)
{
	for (uint32_t i = 0; i < dec->nr_sites; i++) {
		uint8_t kind = tf_in_u8(&dec->col[TF_COL_SITES]);

		tf_site_init(&dec->sites[i], i, kind, tf_in_u64(&dec->col[TF_COL_SITES]));
	}
}

/* The number of the event's site. */
static inline uint32_t decode_site(struct tf_decoder *dec, struct tf_cpu_guess *cpu)
{
	uint32_t *next = tf_model_next_site(&dec->model, cpu);
	uint64_t code = tf_in_varint(&dec->col[TF_COL_SITE]);

	if (!code)
		code = *next;
	if (!code || code > dec->nr_sites) {
		dec->reason = "a site that is not there";
		code = 1;
	}
	*next = (uint32_t)code;
	tf_cpu_advance(cpu, (uint32_t)code - 1);
	return (uint32_t)code - 1;
}

/* The earlier event that the code points at; an invalid one is remembered and TF_NONE. */
static inline uint32_t decode_ref(struct tf_decoder *dec, uint8_t code, uint32_t list_number,
				  uint32_t event)
{
	const struct tf_list *list = &dec->model.lists[list_number];
	uint32_t ref = TF_NONE;
	uint64_t back;

	switch (code) {
	case TF_ADDR_TOP:
		ref = list->top;
		break;
	case TF_ADDR_OLDER:
		ref = list->older;
		break;
	case TF_ADDR_NEWER:
		ref = list->newer;
		break;
	default:
		back = code - TF_ADDR_NEAR + 1u;
		if (code == TF_ADDR_FAR)
			back = tf_in_varint(&dec->col[TF_COL_FAR]);
		if (back && back <= event)
			return event - (uint32_t)back;
	}
	if (ref == TF_NONE || dec->model.nodes[ref].list != list_number) {
		dec->reason = "an address of no earlier event";
		return TF_NONE;
	}
	return ref;
}

/* Address and place in the lists; returns the event that had the address before, or TF_NONE. */
static inline uint32_t decode_place(struct tf_decoder *dec, struct tf_event *events, uint32_t event,
				    uint32_t site_number)
{
	struct tf_event *ev = &events[event];
	struct tf_site *site = &dec->sites[site_number];
	uint8_t code = tf_in_u8(&dec->col[TF_COL_ADDR]);
	uint32_t list = site->list;
	uint32_t ref = TF_NONE;

	if (code == TF_ADDR_ZERO || code == TF_ADDR_ONES) {
		ev->addr = code == TF_ADDR_ZERO ? 0 : UINT64_MAX;
		dec->model.nodes[event].list = TF_NONE;
		return TF_NONE;
	}
	if (tf_model_is(TF_MODEL_ALLOCS, ev->kind))
		list = tf_class_list(tf_size_class(ev), ev->cpu);
	if (code == TF_ADDR_NEW) {
		uint64_t high = tf_in_varint(&dec->col[TF_COL_NEW_HIGH]);
		uint64_t low = tf_in_u8(&dec->col[TF_COL_NEW_LOW]);

		if (low > 15 || high > UINT64_MAX >> 4)
			dec->reason = "an address beyond 64 bits";
		ev->addr = dec->model.lists[list].addr + tf_unzigzag(high << 4 | (low & 15));
		dec->model.lists[list].addr = ev->addr;
	} else {
		ref = decode_ref(dec, code, list, event);
		ev->addr = ref == TF_NONE ? 0 : events[ref].addr;
	}
	tf_model_place(&dec->model, site, site_number, ev, event, ref);
	return ref;
}

/* On entry ev holds the guess. */
static inline void decode_fields(struct tf_decoder *dec, struct tf_event *ev, uint8_t mask)
{
	bool alloc = tf_model_is(TF_MODEL_ALLOCS, ev->kind);
	struct tf_size_guess *size;

	if (mask & TF_MASK_REQ)
		ev->bytes_req = tf_in_varint(&dec->col[TF_COL_REQ]);
	size = tf_model_size(&dec->model, ev->bytes_req);
	if (alloc && (mask & TF_MASK_REQ)) {
		ev->bytes_alloc = size->bytes_alloc;
		ev->cache = size->cache;
	}
	if (mask & TF_MASK_ALLOC)
		ev->bytes_alloc = tf_in_varint(&dec->col[TF_COL_ALLOC]);
	if (mask & TF_MASK_GFP)
		ev->gfp = (uint32_t)tf_in_varint_max(&dec->col[TF_COL_GFP], UINT32_MAX);
	if (mask & TF_MASK_CACHE)
		ev->cache = (uint32_t)tf_in_varint_max(&dec->col[TF_COL_CACHE], UINT32_MAX);
	if (alloc)
		*size = (struct tf_size_guess){ ev->bytes_alloc, ev->cache };
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
}

static inline void decode_event(struct tf_decoder *dec, struct tf_event *events, uint32_t event,
				uint16_t cpu_number)
{
	struct tf_event *ev = &events[event];
	struct tf_cpu_guess *cpu = &dec->model.cpus[cpu_number % TF_MODEL_CPUS];
	uint32_t number = decode_site(dec, cpu);
	struct tf_site *site = &dec->sites[number];
	uint8_t mask = tf_in_u8(&dec->col[TF_COL_MASK]);
	uint64_t high = tf_in_varint(&dec->col[TF_COL_TIME_HIGH]);
	uint64_t low = tf_in_u8(&dec->col[TF_COL_TIME_LOW]);
	uint32_t ref;

	if (high > UINT64_MAX >> 8)
		dec->reason = "a time beyond 64 bits";
	ev->ts_ns = (event ? ev[-1].ts_ns : 0) + tf_unzigzag(high << 8 | low);
	ev->cpu = cpu_number;
	ev->kind = site->kind;
	ev->call_site = site->call_site;
	ev->unused = 0;
	if (mask & TF_MASK_PID)
		cpu->pid = (uint32_t)tf_in_varint_max(&dec->col[TF_COL_PID], UINT32_MAX);
	ev->pid = cpu->pid;
	tf_site_guess(site, ev);
	/* An allocation is looked for by its size, a free brings back what was allocated. */
	if (tf_model_is(TF_MODEL_ALLOCS, ev->kind)) {
		decode_fields(dec, ev, mask);
		decode_place(dec, events, event, number);
	} else {
		ref = decode_place(dec, events, event, number);
		if (ref != TF_NONE) {
			ev->cache = events[ref].cache;
			ev->order = events[ref].order;
		}
		decode_fields(dec, ev, mask);
	}
	tf_site_learn(site, ev);
}

/* The first column that ran dry or held too large a number, or was not used up. */
static int check_columns(const struct tf_decoder *dec, struct tf_error *err)
{
	for (unsigned i = 0; i < TF_NR_COLUMNS; i++) {
		if (dec->col[i].bad)
			return tf_fail(err, -EBADMSG, TF_NO_OFFSET, "events: column %s is damaged",
				       column_names[i]);
	}
	if (dec->reason)
		return tf_fail(err, -EBADMSG, TF_NO_OFFSET, "events: one names %s", dec->reason);
	for (unsigned i = 0; i < TF_NR_COLUMNS; i++) {
		if (tf_in_left(&dec->col[i]))
			return tf_fail(err, -EBADMSG, TF_NO_OFFSET,
				       "events: column %s has %zu bytes left over", column_names[i],
				       tf_in_left(&dec->col[i]));
	}
	return 0;
}

static bool any_bad(const struct tf_decoder *dec)
{
	bool bad = dec->reason;

	for (unsigned i = 0; i < TF_NR_COLUMNS; i++)
		bad |= dec->col[i].bad;
	return bad;
}

int tf_decoder_run(struct tf_decoder *dec, const uint8_t *payload, size_t len,
		   struct tf_event *events, uint32_t nr, struct tf_error *err)
{
	uint64_t run = 0;
	uint16_t cpu = 0;
	size_t nr_sites;
	int ret;

	if (!nr || nr > TF_MAX_BLOCK_EVENTS)
		return tf_fail(err, -EBADMSG, TF_NO_OFFSET, "events: %u in one block", nr);
	ret = split(dec, payload, len, err);
	if (ret)
		return ret;
	nr_sites = tf_in_left(&dec->col[TF_COL_SITES]) / 9;
	if (!nr_sites || nr_sites > nr)
		return tf_fail(err, -EBADMSG, TF_NO_OFFSET, "events: %zu sites for %u events",
			       nr_sites, nr);
	dec->nr_sites = (uint32_t)nr_sites;
	dec->reason = NULL;
	ret = make_room(dec, nr, dec->nr_sites);
	if (ret)
		return tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
	tf_model_reset(&dec->model);
	read_sites(dec);
	for (uint32_t i = 0; i < nr; i++) {
		if (!run) {
			run = tf_in_varint_max(&dec->col[TF_COL_RUN], nr - i - 1) + 1;
			cpu = (uint16_t)tf_in_varint_max(&dec->col[TF_COL_CPU], UINT16_MAX);
		}
		run--;
		decode_event(dec, events, i, cpu);
		if (i % 64 == 63 && any_bad(dec))
			break;
	}
	return check_columns(dec, err);
}
