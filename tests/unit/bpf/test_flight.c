/* SPDX-License-Identifier: GPL-2.0-only */
/* Which events trigger a flight recorder, and how that is told. */
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf/flight.h"

START_TEST(test_match)
{
	static const struct {
		unsigned int triggers;
		struct tf_event ev;
		unsigned int by;
	} cases[] = {
		{ 0, { .kind = TF_PAGE_ALLOC, .addr = TF_NO_PFN, .order = 9 }, 0 },
		{ KC_TRIGGER_SIGNAL, { .kind = TF_PERCPU_FAIL }, 0 },
		{ KC_TRIGGER_ORDER, { .kind = TF_PAGE_ALLOC, .addr = 5, .order = 2 }, 0 },
		{ KC_TRIGGER_ORDER,
		  { .kind = TF_PAGE_ALLOC, .addr = 5, .order = 3 },
		  KC_TRIGGER_ORDER },
		{ KC_TRIGGER_ORDER,
		  { .kind = TF_PAGE_ALLOC, .addr = TF_NO_PFN, .order = 10 },
		  KC_TRIGGER_ORDER },
		{ KC_TRIGGER_ORDER, { .kind = TF_PAGE_FREE, .addr = 5, .order = 3 }, 0 },
		{ KC_TRIGGER_ORDER, { .kind = TF_PERCPU_ALLOC, .addr = 5, .order = 3 }, 0 },
		{ KC_TRIGGER_ORDER, { .kind = TF_KMALLOC }, 0 },
		{ KC_TRIGGER_FAILURE, { .kind = TF_KMALLOC }, KC_TRIGGER_FAILURE },
		{ KC_TRIGGER_FAILURE, { .kind = TF_KMALLOC, .addr = 16 }, 0 },
		{ KC_TRIGGER_FAILURE, { .kind = TF_CACHE_ALLOC }, KC_TRIGGER_FAILURE },
		{ KC_TRIGGER_FAILURE, { .kind = TF_CACHE_FREE }, 0 },
		{ KC_TRIGGER_FAILURE,
		  { .kind = TF_PAGE_ALLOC, .addr = TF_NO_PFN },
		  KC_TRIGGER_FAILURE },
		{ KC_TRIGGER_FAILURE, { .kind = TF_PAGE_ALLOC, .addr = 0 }, 0 },
		{ KC_TRIGGER_FAILURE,
		  { .kind = TF_VMAP_ALLOC, .addr = 5, .flags = TF_EV_FAILED },
		  KC_TRIGGER_FAILURE },
		{ KC_TRIGGER_FAILURE, { .kind = TF_VMAP_ALLOC, .addr = 5 }, 0 },
		{ KC_TRIGGER_FAILURE,
		  { .kind = TF_ZONE_LOCKED, .addr = 5, .flags = TF_EV_PERCPU_REFILL },
		  0 },
		{ KC_TRIGGER_FAILURE, { .kind = TF_PERCPU_FAIL }, KC_TRIGGER_FAILURE },
		{ KC_TRIGGER_FAILURE, { .kind = TF_GAP }, 0 },
		{ KC_TRIGGER_FAILURE | KC_TRIGGER_ORDER,
		  { .kind = TF_PAGE_ALLOC, .addr = TF_NO_PFN, .order = 3 },
		  KC_TRIGGER_FAILURE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kc_flight flight = { .last_ns = 1,
					    .triggers = cases[i].triggers,
					    .order = 3 };

		ck_assert_msg(kc_flight_match(&flight, &cases[i].ev) == cases[i].by, "case %zu", i);
	}
}
END_TEST

static const char *fact(const struct tf_meta *meta, const char *key)
{
	const char *value = tf_meta_get(meta, key);

	return value ? value : "none";
}

START_TEST(test_facts_of_an_event)
{
	const struct kc_flight flight = { .last_ns = 1500000000,
					  .triggers = KC_TRIGGER_FAILURE | KC_TRIGGER_ORDER,
					  .order = 4 };
	struct tf_event ev = { .kind = TF_PAGE_ALLOC,
			       .ts_ns = 777,
			       .order = 4,
			       .addr = 9,
			       .call_site = 0xffffffff81234567u };
	struct kc_triggered triggered;
	struct tf_meta meta;
	char text[256], expected[256];

	ev.pid = (uint32_t)getpid();
	tf_meta_init(&meta);
	kc_triggered_note(&triggered, KC_TRIGGER_ORDER, &ev, 0);
	ck_assert_uint_eq(triggered.ts_ns, 777);
	ck_assert_str_eq(triggered.task, "test_flight");
	kc_triggered_find_site(&triggered, &meta);
	snprintf(expected, sizeof(expected),
		 "page_alloc of order 4 by test_flight (%u) at 0xffffffff81234567", ev.pid);
	ck_assert_str_eq(kc_triggered_text(&triggered, text, sizeof(text)), expected);
	ck_assert_int_eq(tf_meta_add_symbol(&meta, 0xffffffff81234567u, "alloc_it [mod]", 0x17), 0);
	kc_triggered_find_site(&triggered, &meta);
	ck_assert_int_eq(kc_flight_add_facts(&flight, &triggered, 12, 500, &meta), 0);
	snprintf(expected, sizeof(expected),
		 "page_alloc of order 4 by test_flight (%u) at alloc_it [mod]+0x17", ev.pid);
	ck_assert_str_eq(fact(&meta, "record.flight"), "last 1.5s");
	ck_assert_str_eq(fact(&meta, "record.flight.trigger"), "order>=4");
	ck_assert_str_eq(fact(&meta, "record.flight.event"), expected);
	ck_assert_str_eq(fact(&meta, "record.flight.trigger_ns"), "777");
	ck_assert_str_eq(fact(&meta, "record.flight.passed"), "12");
	ck_assert_str_eq(fact(&meta, "record.flight.first_ns"), "500");
	tf_meta_release(&meta);
}
END_TEST

START_TEST(test_facts_without_event)
{
	struct kc_flight flight = { .last_ns = 60000000000u,
				    .last_bytes = 1 << 20,
				    .triggers = KC_TRIGGER_SIGNAL | KC_TRIGGER_FAILURE };
	struct kc_triggered triggered = { .by = 0 };
	struct tf_meta meta;
	char text[64];

	tf_meta_init(&meta);
	ck_assert_int_eq(kc_flight_add_facts(&flight, &triggered, 0, 0, &meta), 0);
	ck_assert_str_eq(fact(&meta, "record.flight"), "last 60s, 1048576 bytes");
	ck_assert_str_eq(fact(&meta, "record.flight.trigger"), "none: its end");
	ck_assert_str_eq(fact(&meta, "record.flight.trigger_ns"), "none");
	kc_triggered_note(&triggered, KC_TRIGGER_SIGNAL, NULL, 99);
	flight.last_ns = 0;
	ck_assert_int_eq(kc_flight_add_facts(&flight, &triggered, 0, 0, &meta), 0);
	ck_assert_str_eq(fact(&meta, "record.flight"), "last 1048576 bytes");
	ck_assert_str_eq(fact(&meta, "record.flight.trigger"), "signal");
	ck_assert_str_eq(fact(&meta, "record.flight.trigger_ns"), "99");
	ck_assert_str_eq(fact(&meta, "record.flight.event"), "none");
	ck_assert_str_eq(kc_flight_triggers(&flight, flight.triggers, text, sizeof(text)),
			 "failure, signal");
	tf_meta_release(&meta);
}
END_TEST

/* What failed is said; a thread that is gone has no name; a buffer that is short is enough. */
START_TEST(test_text)
{
	struct tf_event ev = { .kind = TF_KMALLOC, .bytes_req = 4096, .pid = 0x7fffffff };
	struct kc_triggered triggered;
	char text[256];

	kc_triggered_note(&triggered, KC_TRIGGER_FAILURE, &ev, 0);
	ck_assert_str_eq(kc_triggered_text(&triggered, text, sizeof(text)),
			 "kmalloc of 4096 bytes failed by a thread that is gone (2147483647)");
	ck_assert_str_eq(kc_triggered_text(&triggered, text, 8), "kmalloc");
	ev.kind = TF_PERCPU_FAIL;
	ev.pid = 0;
	kc_triggered_note(&triggered, KC_TRIGGER_FAILURE, &ev, 0);
	ck_assert_str_eq(kc_triggered_text(&triggered, text, sizeof(text)),
			 "percpu_fail of 4096 bytes by swapper (0)");
}
END_TEST

RUN_SUITE("bpf/flight", test_match, test_facts_of_an_event, test_facts_without_event, test_text)
