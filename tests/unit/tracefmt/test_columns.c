/* SPDX-License-Identifier: GPL-2.0-only */
/* Events to columns and back: any content, and hostile columns. */
#include "tests/unit/suite.h"

#include <errno.h>

#include "tests/unit/tracefmt/sample.h"
#include "tracefmt/bytes.h"
#include "tracefmt/columns.h"

static uint8_t *join(const struct tf_piece *pieces, size_t nr, size_t *len)
{
	uint8_t *payload, *p;

	*len = 0;
	for (size_t i = 0; i < nr; i++)
		*len += pieces[i].len;
	p = payload = malloc(*len);
	ck_assert_ptr_nonnull(payload);
	for (size_t i = 0; i < nr; i++) {
		memcpy(p, pieces[i].data, pieces[i].len);
		p += pieces[i].len;
	}
	return payload;
}

static uint8_t *encode(const struct tf_event *events, uint32_t nr, size_t *len)
{
	struct tf_piece pieces[TF_MAX_PIECES];
	struct tf_encoder *enc;
	uint8_t *payload;

	ck_assert_int_eq(tf_encoder_new(&enc, nr), 0);
	payload = join(pieces, tf_encoder_run(enc, events, nr, pieces), len);
	tf_encoder_free(enc);
	return payload;
}

/* Decode all that can be wanted. */
static int decode(struct tf_decoder *dec, const uint8_t *payload, size_t len,
		  struct tf_event *events, uint32_t nr, struct tf_error *err)
{
	struct tf_digest digest;

	return tf_decoder_run(dec, payload, len, TF_WANT_ALL, events, nr, &digest, err);
}

/* What a digest must be, the plain way. */
static void check_digest(const struct tf_digest *digest, const struct tf_event *events, uint32_t nr)
{
	struct tf_digest plain = { .first_ns = UINT64_MAX };

	for (uint32_t i = 0; i < nr; i++) {
		if (events[i].ts_ns < plain.first_ns)
			plain.first_ns = events[i].ts_ns;
		if (events[i].ts_ns > plain.last_ns)
			plain.last_ns = events[i].ts_ns;
		plain.by_kind[events[i].kind]++;
		plain.cpus |= UINT64_C(1) << events[i].cpu % 64;
		if (events[i].kind == TF_GAP)
			plain.nr_lost += events[i].bytes_req;
	}
	ck_assert_uint_eq(digest->first_ns, plain.first_ns);
	ck_assert_uint_eq(digest->last_ns, plain.last_ns);
	ck_assert_uint_eq(digest->nr_lost, plain.nr_lost);
	ck_assert_uint_eq(digest->cpus, plain.cpus);
	ck_assert_mem_eq(digest->by_kind, plain.by_kind, sizeof(plain.by_kind));
}

static bool is_allocation(unsigned kind)
{
	return kind == TF_KMALLOC || kind == TF_CACHE_ALLOC || kind == TF_PAGE_ALLOC ||
	       kind == TF_PERCPU_ALLOC || kind == TF_VMAP_ALLOC;
}

/* Less is wanted: the rest is the same, and what is not wanted is 0. */
static void check_projections(struct tf_decoder *dec, const uint8_t *payload, size_t len,
			      const struct tf_event *events, struct tf_event *back, uint32_t nr)
{
	for (unsigned want = 0; want < TF_WANT_ALL; want++) {
		struct tf_error err = { .reason = "" };
		struct tf_digest digest;

		ck_assert_msg(!tf_decoder_run(dec, payload, len, want, back, nr, &digest, &err),
			      "%s", err.reason);
		for (uint32_t i = 0; i < nr; i++) {
			struct tf_event expected = events[i];

			if (!(want & TF_WANT_TIME))
				expected.ts_ns = 0;
			if (!(want & TF_WANT_ADDR)) {
				expected.addr = 0;
				if (!is_allocation(expected.kind))
					expected.cache = expected.order = 0;
			}
			ck_assert_msg(!memcmp(&expected, &back[i], sizeof(*back)),
				      "event %u differs when 0x%x is wanted", i, want);
		}
	}
}

static void check_round_trip(const struct tf_event *events, uint32_t nr)
{
	struct tf_event *back = malloc(nr * sizeof(*back));
	struct tf_error err = { .reason = "" };
	struct tf_digest digest;
	struct tf_decoder *dec;
	size_t len;
	uint8_t *payload = encode(events, nr, &len);

	ck_assert_ptr_nonnull(back);
	memset(back, 0xaa, nr * sizeof(*back));
	ck_assert_int_eq(tf_decoder_new(&dec), 0);
	ck_assert_msg(!tf_decoder_run(dec, payload, len, TF_WANT_ALL, back, nr, &digest, &err),
		      "%s", err.reason);
	for (uint32_t i = 0; i < nr; i++)
		ck_assert_msg(!memcmp(&events[i], &back[i], sizeof(*back)), "event %u differs", i);
	check_digest(&digest, events, nr);
	check_projections(dec, payload, len, events, back, nr);
	tf_decoder_free(dec);
	free(payload);
	free(back);
}

START_TEST(test_any_content)
{
	static const uint32_t sizes[] = { 1, 2, 3, 17, 300, 5000, TF_MAX_BLOCK_EVENTS };
	uint64_t seed = 42;

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct tf_event *events = malloc(sizes[s] * sizeof(*events));

		/* Kinds beyond those known: a newer minor version may have them. */
		for (uint32_t i = 0; i < sizes[s]; i++)
			events[i] = any_event(&seed, s % 2 ? 256 : TF_NR_KINDS);
		check_round_trip(events, sizes[s]);
		free(events);
	}
}
END_TEST

START_TEST(test_plausible_load)
{
	struct tf_event *events = load_events(7, 32000);

	check_round_trip(events, 32000);
	free(events);
}
END_TEST

/* Few addresses, all kinds: every address comes again and again, in no order at all. */
START_TEST(test_few_addresses)
{
	uint32_t nr = 30000;
	struct tf_event *events = calloc(nr, sizeof(*events));
	uint64_t seed = 3;

	for (uint32_t i = 0; i < nr; i++) {
		events[i].kind = (uint8_t)rnd_below(&seed, TF_NR_KINDS);
		events[i].addr = rnd_below(&seed, 40) * 64;
		events[i].call_site = rnd_below(&seed, 9);
		events[i].cpu = (uint16_t)rnd_below(&seed, 3);
		events[i].cache = (uint32_t)rnd_below(&seed, 3);
		events[i].order = (uint8_t)rnd_below(&seed, 2);
		events[i].bytes_alloc = 64 * (uint32_t)rnd_below(&seed, 3);
		events[i].stack = (uint32_t)rnd_below(&seed, 3);
		events[i].ts_ns = i * 100 - rnd_below(&seed, 500);
	}
	check_round_trip(events, nr);
	free(events);
}
END_TEST

/* The largest block, every field of every event at its worst: the columns' room must do. */
START_TEST(test_worst_case)
{
	uint32_t nr = TF_MAX_BLOCK_EVENTS;
	struct tf_event *events = calloc(nr, sizeof(*events));

	for (uint32_t i = 0; i < nr; i++) {
		uint8_t odd = i & 1 ? 0xff : 0xfe;

		memset(&events[i], odd, sizeof(events[i]));
		events[i].unused = 0;
		events[i].kind = i & 1 ? TF_KMALLOC : TF_KFREE;
		events[i].call_site = i * UINT64_C(0x9e3779b97f4a7c15);
		events[i].addr = ~(i * UINT64_C(0x9e3779b97f4a7c15));
		events[i].ts_ns = i & 1 ? UINT64_C(1) << 63 : 0;
		events[i].cpu = (uint16_t)(0xffff - (i & 1));
		events[i].pid = 0xffffffff - i % 7;
	}
	check_round_trip(events, nr);
	free(events);
}
END_TEST

START_TEST(test_unused_byte_is_dropped)
{
	struct tf_event ev = { .unused = 9, .addr = 1 }, back;
	struct tf_decoder *dec;
	size_t len;
	uint8_t *payload = encode(&ev, 1, &len);

	ck_assert_int_eq(tf_decoder_new(&dec), 0);
	ck_assert_int_eq(decode(dec, payload, len, &back, 1, NULL), 0);
	ck_assert_uint_eq(back.unused, 0);
	tf_decoder_free(dec);
	free(payload);
}
END_TEST

START_TEST(test_encoder_limits)
{
	struct tf_encoder *enc;

	ck_assert_int_eq(tf_encoder_new(&enc, 0), -EINVAL);
	ck_assert_int_eq(tf_encoder_new(&enc, TF_MAX_BLOCK_EVENTS + 1), -EINVAL);
}
END_TEST

/* Where a column's bytes begin in a payload. */
static size_t column_start(const uint8_t *payload, enum tf_column column)
{
	size_t pos = 4 + 4 * TF_NR_COLUMNS;

	for (unsigned i = 0; i < (unsigned)column; i++)
		pos += tf_get32(payload + 4 + 4 * i);
	return pos;
}

static uint32_t column_length(const uint8_t *payload, enum tf_column column)
{
	return tf_get32(payload + 4 + 4 * column);
}

/* What a stack of free objects costs: one code and no address. */
START_TEST(test_stack_is_guessed)
{
	struct tf_event events[40];
	const uint8_t *codes;
	size_t len;
	uint8_t *payload;

	/*
	 * alloc A, free A, alloc A, free A, ...
	 */
	for (unsigned i = 0; i < 40; i++)
		events[i] = (struct tf_event){
			.kind = i & 1 ? TF_KFREE : TF_KMALLOC,
			.call_site = i & 1 ? 2 : 1,
			.addr = 0xffff888000001000u,
			.bytes_alloc = i & 1 ? 0 : 64,
		};
	payload = encode(events, 40, &len);
	/* In order of sites: those of the kmalloc, then those of the kfree. */
	ck_assert_uint_eq(column_length(payload, TF_COL_ADDR), 40);
	codes = payload + column_start(payload, TF_COL_ADDR);
	ck_assert_uint_eq(codes[0], TF_ADDR_NEW);
	/* The first free does not know its site's habit yet. */
	ck_assert_uint_eq(codes[20], TF_ADDR_NEAR);
	for (unsigned i = 1; i < 20; i++) {
		ck_assert_uint_eq(codes[i], TF_ADDR_TOP);
		ck_assert_uint_eq(codes[20 + i], TF_ADDR_TOP);
	}
	ck_assert_uint_eq(column_length(payload, TF_COL_FAR), 0);
	ck_assert_uint_eq(column_length(payload, TF_COL_NEW), 7);
	free(payload);
}
END_TEST

/* One byte of a length or column changed, or the end cut off: the exact complaint. */
static void expect_complaint(uint8_t *payload, size_t len, uint32_t nr, const char *reason)
{
	struct tf_event events[8];
	struct tf_decoder *dec;
	struct tf_error err;

	ck_assert_int_eq(tf_decoder_new(&dec), 0);
	ck_assert_int_eq(decode(dec, payload, len, events, nr, &err), -EBADMSG);
	ck_assert_str_eq(err.reason, reason);
	tf_decoder_free(dec);
}

START_TEST(test_complaints)
{
	struct tf_event events[4] = {
		{ .kind = TF_KMALLOC, .addr = 0x1000, .bytes_alloc = 8, .pid = 5, .ts_ns = 76800 },
		{ .kind = TF_KFREE, .addr = 0x1000, .call_site = 4, .ts_ns = 77000, .pid = 5 },
		{ .kind = TF_KMALLOC, .addr = 0x1000, .bytes_alloc = 8, .cpu = 3, .ts_ns = 77100 },
		{ .kind = TF_KFREE, .addr = 0x1000, .call_site = 4, .ts_ns = 77200, .pid = 5 },
	};
	static const struct {
		enum tf_column column;
		int at;
		uint8_t value;
		const char *reason;
	} cases[] = {
		{ TF_COL_SITE, 0, 9, "events: one names a site that is not there" },
		{ TF_COL_SITES, 3, 9, "events: column sites is damaged" },
		{ TF_COL_SITE, 3, 0, "events: one names a site that has no more events" },
		{ TF_COL_ADDR, 0, TF_ADDR_TOP, "events: one names an address of no earlier event" },
		{ TF_COL_ADDR, 2, TF_ADDR_NEAR + 1,
		  "events: one names an address of no earlier event" },
		{ TF_COL_ADDR, 2, TF_ADDR_FAR, "events: column far is damaged" },
		{ TF_COL_TIME_FAR, 1, 0, "events: one names a time beyond 64 bits" },
		{ TF_COL_RUN, 0, 4, "events: column run is damaged" },
		{ TF_COL_MASK, 2, TF_MASK_REQ, "events: column req is damaged" },
		{ TF_COL_MASK, 0, 0, "events: column pid has 1 bytes left over" },
	};
	size_t len;
	uint8_t *payload = encode(events, 4, &len);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *p = payload + column_start(payload, cases[i].column) + cases[i].at;
		uint8_t old = *p;

		ck_assert_uint_ne(old, cases[i].value);
		*p = cases[i].value;
		expect_complaint(payload, len, 4, cases[i].reason);
		*p = old;
	}
	expect_complaint(payload, 2, 4, "events: 0 columns");
	expect_complaint(payload, len - 1, 4, "events: column misc is longer than the block");
	expect_complaint(payload, len, 0, "events: 0 in one block");
	expect_complaint(payload, len, TF_MAX_BLOCK_EVENTS + 1, "events: 32769 in one block");
	expect_complaint(payload, len, 1, "events: column time_low has 4 bytes for 1 events");
	tf_put32(payload, TF_NR_COLUMNS - 1);
	expect_complaint(payload, len, 4, "events: 18 columns");
	tf_put32(payload, TF_MAX_COLUMNS + 1);
	expect_complaint(payload, len, 4, "events: 65 columns");
	free(payload);
}
END_TEST

/* A newer minor version may append columns; they are passed over. */
START_TEST(test_column_of_the_future)
{
	struct tf_event ev = { .addr = 77, .call_site = 5 }, back;
	struct tf_decoder *dec;
	size_t len;
	uint8_t *payload = encode(&ev, 1, &len), *longer = malloc(len + 7);
	size_t table = 4 + 4 * TF_NR_COLUMNS;

	memcpy(longer, payload, table);
	tf_put32(longer, TF_NR_COLUMNS + 1);
	tf_put32(longer + table, 3);
	memcpy(longer + table + 4, payload + table, len - table);
	memcpy(longer + len + 4, "new", 3);
	ck_assert_int_eq(tf_decoder_new(&dec), 0);
	ck_assert_int_eq(decode(dec, longer, len + 7, &back, 1, NULL), 0);
	ck_assert_mem_eq(&ev, &back, sizeof(ev));
	tf_decoder_free(dec);
	free(longer);
	free(payload);
}
END_TEST

/* Any bytes: an answer, no crash (the sanitizers watch), and events are still the right number. */
START_TEST(test_hostile_columns)
{
	struct tf_event *events = load_events(11, 400), *back = malloc(400 * sizeof(*back));
	struct tf_decoder *dec;
	uint64_t seed = 5;
	unsigned refused = 0;
	size_t len;
	uint8_t *payload = encode(events, 400, &len), *bad = malloc(len);

	ck_assert_int_eq(tf_decoder_new(&dec), 0);
	for (int turn = 0; turn < 4000; turn++) {
		uint64_t flips = 1 + rnd_below(&seed, 4);
		int ret;

		memcpy(bad, payload, len);
		for (uint64_t i = 0; i < flips; i++)
			bad[rnd_below(&seed, len)] = (uint8_t)rnd(&seed);
		ret = decode(dec, bad, len - rnd_below(&seed, 2), back, 400, NULL);
		ck_assert(!ret || ret == -EBADMSG);
		refused += ret != 0;
	}
	ck_assert_uint_gt(refused, 2000);
	tf_decoder_free(dec);
	free(bad);
	free(payload);
	free(back);
	free(events);
}
END_TEST

RUN_SUITE("tracefmt/columns", test_any_content, test_plausible_load, test_few_addresses,
	  test_worst_case, test_unused_byte_is_dropped, test_encoder_limits, test_stack_is_guessed,
	  test_complaints, test_column_of_the_future, test_hostile_columns)
