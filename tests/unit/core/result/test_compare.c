/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/result/compare.h"
#include "core/result/json.h"
#include "tests/unit/core/result/sample.h"
#include "tests/unit/suite.h"

static void load_sample(struct km_result *result)
{
	char reason[200];

	ck_assert_int_eq(km_result_load(result, sample_result, strlen(sample_result), reason,
					sizeof(reason)),
			 0);
}

static json_t *part(struct km_result *result, const char *key)
{
	return json_object_get(result->root, key);
}

static void set(json_t *object, const char *key, int64_t value)
{
	ck_assert_int_eq(json_object_set_new(object, key, json_integer(value)), 0);
}

static json_t *compare(const struct km_result *base, const struct km_result *head, const char *gate)
{
	struct km_gates gates;
	char reason[300] = "";
	json_t *out;

	km_gates_init(&gates);
	if (gate)
		ck_assert_int_eq(km_gates_add(&gates, gate, reason, sizeof(reason)), 0);
	ck_assert_msg(!km_compare(base, head, &gates, &out, reason, sizeof(reason)), "%s", reason);
	km_gates_release(&gates);
	return out;
}

START_TEST(equal)
{
	struct km_result base, head;
	json_t *out;

	load_sample(&base);
	load_sample(&head);
	out = compare(&base, &head, "slab.pages_end<=+0%");
	ck_assert(km_json_get_bool(out, "ok", false));
	ck_assert(km_json_get_bool(out, "same_trace", false));
	ck_assert_uint_eq(json_array_size(json_object_get(out, "caches")), 0);
	ck_assert_uint_eq(json_array_size(json_object_get(out, "call_sites")), 0);
	ck_assert_uint_eq(json_array_size(json_object_get(out, "metrics")), 21);
	json_decref(out);
	km_result_release(&base);
	km_result_release(&head);
}
END_TEST

START_TEST(gate_crossed)
{
	struct km_result base, head;
	const json_t *gate;
	json_t *out;

	load_sample(&base);
	load_sample(&head);
	set(part(&base, "metrics"), "slab.pages_end", 100);
	set(part(&head, "metrics"), "slab.pages_end", 106);
	out = compare(&base, &head, "slab.pages_end<=+5%");
	ck_assert(!km_json_get_bool(out, "ok", true));
	gate = json_array_get(json_object_get(out, "gates"), 0);
	ck_assert_str_eq(km_json_get_text(gate, "metric"), "slab.pages_end");
	ck_assert_int_eq(km_json_get_int(gate, "base", -1), 100);
	ck_assert_int_eq(km_json_get_int(gate, "head", -1), 106);
	ck_assert_int_eq(km_json_get_int(gate, "bound", -1), 105);
	ck_assert(!km_json_get_bool(gate, "ok", true));
	json_decref(out);
	out = compare(&base, &head, NULL); /* without gates nothing can be crossed */
	ck_assert(km_json_get_bool(out, "ok", false));
	json_decref(out);
	km_result_release(&base);
	km_result_release(&head);
}
END_TEST

START_TEST(unknown_metric)
{
	struct km_result base, head;
	struct km_gates gates;
	char reason[300];
	json_t *out;

	load_sample(&base);
	load_sample(&head);
	km_gates_init(&gates);
	ck_assert_int_eq(km_gates_add(&gates, "slab.pages<=1", reason, sizeof(reason)), 0);
	ck_assert_int_eq(km_compare(&base, &head, &gates, &out, reason, sizeof(reason)), -ENOENT);
	ck_assert_str_eq(reason, "gate 'slab.pages<=1': no metric 'slab.pages'");
	ck_assert_ptr_null(out);
	/* One result having it is not enough. */
	set(part(&head, "metrics"), "slab.pages", 1);
	ck_assert_int_eq(km_compare(&base, &head, &gates, &out, reason, sizeof(reason)), -ENOENT);
	set(part(&base, "metrics"), "slab.pages", 1);
	ck_assert_int_eq(km_compare(&base, &head, &gates, &out, reason, sizeof(reason)), 0);
	json_decref(out);
	km_gates_release(&gates);
	km_result_release(&base);
	km_result_release(&head);
}
END_TEST

START_TEST(metric_of_one_side)
{
	struct km_result base, head;
	const json_t *metric;
	json_t *out;

	load_sample(&base);
	load_sample(&head);
	set(part(&head, "metrics"), "new.metric", 5);
	out = compare(&base, &head, NULL);
	metric = json_array_get(json_object_get(out, "metrics"), 21);
	ck_assert_str_eq(km_json_get_text(metric, "metric"), "new.metric");
	ck_assert(json_is_null(json_object_get(metric, "base")));
	ck_assert_int_eq(km_json_get_int(metric, "head", -1), 5);
	json_decref(out);
	km_result_release(&base);
	km_result_release(&head);
}
END_TEST

/* A cache like the sample's, with another name and so many pages. */
static void add_cache(struct km_result *result, const char *name, int64_t pages)
{
	json_t *copy = json_deep_copy(json_array_get(part(result, "caches"), 0));

	ck_assert_int_eq(json_object_set_new(copy, "name", json_string(name)), 0);
	set(copy, "pages_peak", pages);
	ck_assert_int_eq(json_array_append_new(part(result, "caches"), copy), 0);
}

static const char *name_at(const json_t *out, const char *list, const char *key, size_t index)
{
	return km_json_get_text(json_array_get(json_object_get(out, list), index), key);
}

/*
 * cache     base  head
 * same         5     5   does not appear
 * more        10    30   second
 * less       100     1   first: it changed most, whatever the direction
 * new          -     7   third: from nothing
 */
START_TEST(order_of_changes)
{
	struct km_result base, head;
	const json_t *row;
	json_t *out;

	load_sample(&base);
	load_sample(&head);
	add_cache(&base, "same", 5);
	add_cache(&base, "more", 10);
	add_cache(&base, "less", 100);
	add_cache(&head, "new", 7);
	add_cache(&head, "less", 1);
	add_cache(&head, "more", 30);
	add_cache(&head, "same", 5);
	out = compare(&base, &head, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(out, "caches")), 3);
	ck_assert_str_eq(name_at(out, "caches", "name", 0), "less");
	ck_assert_str_eq(name_at(out, "caches", "name", 1), "more");
	ck_assert_str_eq(name_at(out, "caches", "name", 2), "new");
	row = json_array_get(json_object_get(out, "caches"), 2);
	ck_assert_int_eq(km_json_get_int(json_object_get(row, "base"), "pages_peak", -1), 0);
	ck_assert_int_eq(km_json_get_int(json_object_get(row, "head"), "pages_peak", -1), 7);
	json_decref(out);
	km_result_release(&base);
	km_result_release(&head);
}
END_TEST

/* Another boot: the same function at another address, its objects from another cache. */
START_TEST(sites_by_symbol)
{
	struct km_result base, head;
	json_t *site, *out;
	const json_t *row;

	load_sample(&base);
	load_sample(&head);
	site = json_array_get(part(&head, "call_sites"), 0);
	ck_assert_int_eq(json_object_set_new(site, "site", json_string("0xffffffff99000010")), 0);
	ck_assert_int_eq(json_object_set_new(site, "cache", json_string("kmalloc-96")), 0);
	out = compare(&base, &head, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(out, "call_sites")), 0);
	json_decref(out);
	/* Two rows of the symbol in head: their numbers are summed. */
	ck_assert_int_eq(json_array_append_new(part(&head, "call_sites"), json_deep_copy(site)), 0);
	out = compare(&base, &head, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(out, "call_sites")), 1);
	row = json_array_get(json_object_get(out, "call_sites"), 0);
	ck_assert_int_eq(km_json_get_int(json_object_get(row, "base"), "allocs", -1), 90);
	ck_assert_int_eq(km_json_get_int(json_object_get(row, "head"), "allocs", -1), 180);
	json_decref(out);
	/* Without a symbol the address is all there is. */
	ck_assert_int_eq(json_array_remove(part(&head, "call_sites"), 1), 0);
	ck_assert_int_eq(json_object_set_new(site, "symbol", json_null()), 0);
	out = compare(&base, &head, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(out, "call_sites")), 2);
	ck_assert_str_eq(name_at(out, "call_sites", "symbol", 0), "0xffffffff99000010");
	ck_assert_str_eq(name_at(out, "call_sites", "symbol", 1), "foo+0x10");
	json_decref(out);
	km_result_release(&base);
	km_result_release(&head);
}
END_TEST

/* Sums of hostile numbers stay numbers. */
START_TEST(saturates)
{
	struct km_result base, head;
	const json_t *row;
	json_t *out;

	load_sample(&base);
	load_sample(&head);
	set(json_array_get(part(&head, "caches"), 0), "pages_peak", INT64_MAX);
	add_cache(&head, "kmalloc-64", INT64_MAX);
	set(json_array_get(part(&base, "caches"), 0), "pages_peak", INT64_MIN);
	add_cache(&base, "kmalloc-64", INT64_MIN);
	out = compare(&base, &head, NULL);
	row = json_array_get(json_object_get(out, "caches"), 0);
	ck_assert_int_eq(km_json_get_int(json_object_get(row, "head"), "pages_peak", 0), INT64_MAX);
	ck_assert_int_eq(km_json_get_int(json_object_get(row, "base"), "pages_peak", 0), INT64_MIN);
	json_decref(out);
	km_result_release(&base);
	km_result_release(&head);
}
END_TEST

START_TEST(other_trace)
{
	struct km_result base, head;
	json_t *out;

	load_sample(&base);
	load_sample(&head);
	set(part(&head, "trace"), "events", 91);
	out = compare(&base, &head, NULL);
	ck_assert(!km_json_get_bool(out, "same_trace", true));
	json_decref(out);
	km_result_release(&base);
	km_result_release(&head);
}
END_TEST

RUN_SUITE("core/result/compare", equal, gate_crossed, unknown_metric, metric_of_one_side,
	  order_of_changes, sites_by_symbol, saturates, other_trace)
