/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the columns of a block, and any events into columns.
 *
 * Four bytes tell the number of events; their top bits, that the events themselves follow
 * and not columns, or a few words that say how to make many of them.  What decodes must
 * encode to something that decodes to the same, and a projection must give what the whole
 * gives, as far as it gives anything.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/tracefmt/mutate.h"
#include "tracefmt/bytes.h"
#include "tracefmt/columns.h"
#include "tracefmt/layout.h"

#define AS_EVENTS (1u << 31)
#define AS_RUNS (1u << 30)

/*
 * One decoder for all inputs, for it is large; what it remembers of one block must not
 * change how it reads the next.
 */
static struct tf_decoder *the_decoder(void)
{
	static struct tf_decoder *dec;

	if (!dec && tf_decoder_new(&dec))
		abort();
	return dec;
}

static struct tf_event *new_events(uint32_t nr)
{
	return fz_must(malloc((nr ? nr : 1) * sizeof(struct tf_event)));
}

/* What a projection leaves of an event. */
static struct tf_event project(const struct tf_event *event, unsigned want)
{
	struct tf_event ev = *event;

	if (!(want & TF_WANT_TIME))
		ev.ts_ns = 0;
	if (want & TF_WANT_ADDR)
		return ev;
	ev.addr = 0;
	if (!tf_kind_is_alloc(ev.kind))
		ev.cache = ev.order = 0;
	return ev;
}

static void check_projection(const uint8_t *payload, size_t len, unsigned want,
			     const struct tf_event *whole, uint32_t nr,
			     const struct tf_digest *digest)
{
	struct tf_event *events = new_events(nr);
	struct tf_digest of;

	if (tf_decoder_run(the_decoder(), payload, len, want, events, nr, &of, NULL))
		abort();
	for (uint32_t i = 0; i < nr; i++) {
		struct tf_event expected = project(&whole[i], want);

		if (memcmp(&events[i], &expected, sizeof(expected)))
			abort();
	}
	if (!(want & TF_WANT_TIME) && (of.first_ns || of.last_ns))
		abort();
	of.first_ns = digest->first_ns;
	of.last_ns = digest->last_ns;
	if (memcmp(&of, digest, sizeof(of)))
		abort();
	free(events);
}

static void check_digest(const struct tf_digest *digest, const struct tf_event *events, uint32_t nr)
{
	struct tf_digest own = { .first_ns = UINT64_MAX };

	for (uint32_t i = 0; i < nr; i++) {
		const struct tf_event *ev = &events[i];

		own.first_ns = ev->ts_ns < own.first_ns ? ev->ts_ns : own.first_ns;
		own.last_ns = ev->ts_ns > own.last_ns ? ev->ts_ns : own.last_ns;
		own.nr_lost += ev->kind == TF_GAP ? ev->bytes_req : 0;
		own.cpus |= UINT64_C(1) << ev->cpu % 64;
		own.by_kind[ev->kind]++;
	}
	if (memcmp(&own, digest, sizeof(own)))
		abort();
}

/* These events through encoder and decoder, and as so many projections. */
static void check_again(const struct tf_event *events, uint32_t nr, unsigned nr_projections)
{
	struct tf_event *back = new_events(nr);
	struct tf_piece pieces[TF_MAX_PIECES];
	struct tf_encoder *enc;
	struct tf_out payload;
	struct tf_digest digest;
	size_t nr_pieces;

	if (tf_encoder_new(&enc, nr))
		abort();
	tf_out_init(&payload);
	nr_pieces = tf_encoder_run(enc, events, nr, pieces);
	for (size_t i = 0; i < nr_pieces; i++)
		tf_out_bytes(&payload, pieces[i].data, pieces[i].len);
	if (payload.err || tf_decoder_run(the_decoder(), payload.data, payload.len, TF_WANT_ALL,
					  back, nr, &digest, NULL))
		abort();
	if (memcmp(events, back, nr * sizeof(*back)))
		abort();
	check_digest(&digest, events, nr);
	for (unsigned want = 0; want < nr_projections; want++)
		check_projection(payload.data, payload.len, want, events, nr, &digest);
	tf_out_release(&payload);
	tf_encoder_free(enc);
	free(back);
}

static void try_events(const uint8_t *data, size_t size)
{
	uint32_t nr = (uint32_t)(size / sizeof(struct tf_event));
	struct tf_event *events = new_events(nr);

	for (uint32_t i = 0; i < nr; i++) {
		memcpy(&events[i], data + i * sizeof(*events), sizeof(*events));
		events[i].unused = 0;
	}
	if (nr && nr <= TF_MAX_BLOCK_EVENTS)
		check_again(events, nr, TF_WANT_ALL);
	free(events);
}

/* So many events of a sort, which differ by these steps. */
struct run {
	uint16_t nr, nr_sites, nr_sizes;
	uint8_t kind, cpus, addr, step;
};
#define RUN_BYTES 10u

/* The address of the event that is next, nr events are there already. */
static uint64_t run_addr(const struct run *run, const struct tf_event *events, uint32_t nr,
			 uint32_t i)
{
	uint32_t back = 1 + run->step * (run->addr / 4u);

	switch (nr ? run->addr % 4 : 0) {
	case 0: /* not seen before */
		return 0xffff888000000000u + ((uint64_t)nr << run->step % 48);
	case 1: /* the oldest first */
		return events[i % nr].addr;
	case 2: /* the newest first */
		return events[nr - 1 - (2 * i < nr ? 2 * i : nr - 1)].addr;
	default:
		return events[nr - (back < nr ? back : nr)].addr;
	}
}

static struct tf_event run_event(const struct run *run, const struct tf_event *events, uint32_t nr,
				 uint32_t i)
{
	uint32_t size = i % (run->nr_sizes + 1u);
	struct tf_event ev = {
		.ts_ns = (nr ? events[nr - 1].ts_ns : 0) + ((uint64_t)run->step << i % 8),
		.addr = run_addr(run, events, nr, i),
		.call_site = 0xffffffff81000000u + 16 * (i % (run->nr_sites + 1u)),
		.pid = i / 64,
		.cpu = (uint16_t)(i / 16 * run->cpus),
		.node = TF_NO_NODE,
		.kind = run->kind % TF_MAX_KINDS,
		.order = (uint8_t)(size % 11),
	};

	if (!tf_kind_is_alloc(ev.kind))
		return ev;
	ev.bytes_req = 8 * size - size % 8;
	ev.bytes_alloc = 8 * size;
	ev.gfp = 0xcc0;
	ev.migratetype = (uint8_t)(size % 3);
	ev.cache = ev.kind == TF_CACHE_ALLOC ? size : 0;
	return ev;
}

static void try_runs(const uint8_t *data, size_t size)
{
	struct tf_event *events = new_events(TF_MAX_BLOCK_EVENTS);
	uint32_t nr = 0;

	for (; size >= RUN_BYTES; data += RUN_BYTES, size -= RUN_BYTES) {
		const struct run run = { tf_get16(data),
					 tf_get16(data + 2),
					 tf_get16(data + 4),
					 data[6],
					 data[7],
					 data[8],
					 data[9] };

		for (uint32_t i = 0; i < run.nr && nr < TF_MAX_BLOCK_EVENTS; i++, nr++)
			events[nr] = run_event(&run, events, nr, i);
	}
	/* There are many, so one must do. */
	if (nr)
		check_again(events, nr, 1);
	free(events);
}

static void try_columns(const uint8_t *data, size_t size, uint32_t nr)
{
	/* The decoder refuses larger ones; they should not cost memory here. */
	struct tf_event *events = new_events(nr <= TF_MAX_BLOCK_EVENTS ? nr : 0);
	struct tf_digest digest;

	if (!tf_decoder_run(the_decoder(), data, size, TF_WANT_ALL, events, nr, &digest, NULL)) {
		check_digest(&digest, events, nr);
		for (unsigned want = 0; want < TF_WANT_ALL; want++)
			check_projection(data, size, want, events, nr, &digest);
		check_again(events, nr, TF_WANT_ALL);
	} else {
		for (unsigned want = 0; want < TF_WANT_ALL; want++)
			tf_decoder_run(the_decoder(), data, size, want, events, nr, &digest, NULL);
	}
	free(events);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t nr;

	if (size < 4)
		return 0;
	nr = tf_get32(data);
	if (nr & AS_EVENTS)
		try_events(data + 4, size - 4);
	else if (nr & AS_RUNS)
		try_runs(data + 4, size - 4);
	else
		try_columns(data + 4, size - 4, nr % (2 * TF_MAX_BLOCK_EVENTS));
	return 0;
}

static size_t mutate_runs(uint8_t *data, size_t size, size_t max, uint64_t *seed)
{
	size = fz_bytes(data, size, max, seed);
	/* Long runs find little that short ones do not, and take their time. */
	if (fz_once_in(seed, 8))
		return size;
	for (size_t i = 0; i + RUN_BYTES <= size; i += RUN_BYTES)
		data[i + 1] &= 1;
	return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed_value)
{
	uint64_t seed = seed_value;

	if (size < 4 || max <= size || fz_once_in(&seed, 8))
		return fz_bytes(data, size, max, &seed);
	if (tf_get32(data) & AS_EVENTS)
		return 4 + fz_bytes(data + 4, size - 4, max - 4, &seed);
	if (tf_get32(data) & AS_RUNS)
		return 4 + mutate_runs(data + 4, size - 4, max - 4, &seed);
	return 4 + fz_columns(data + 4, size - 4, max - 4, &seed);
}
