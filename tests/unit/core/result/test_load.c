/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/result/json.h"
#include "core/result/result.h"
#include "tests/unit/core/result/sample.h"
#include "tests/unit/suite.h"

static int load(const char *data, size_t len, char *reason)
{
	struct km_result result;
	int err = km_result_load(&result, data, len, reason, 200);

	ck_assert_int_eq(err == 0, result.root != NULL);
	km_result_release(&result);
	return err;
}

START_TEST(sample_loads)
{
	struct km_result result;
	char reason[200] = "";
	int64_t value;

	ck_assert_msg(!km_result_load(&result, sample_result, strlen(sample_result), reason,
				      sizeof(reason)),
		      "%s", reason);
	ck_assert_int_eq(km_result_metric(&result, "slab.pages_end", &value), 0);
	ck_assert_int_eq(value, 7);
	ck_assert_int_eq(km_result_metric(&result, "page.fragmentation_index_order9_max", &value),
			 0);
	ck_assert_int_eq(value, -1000);
	ck_assert_int_eq(km_result_metric(&result, "slab", &value), -ENOENT);
	ck_assert_uint_eq(km_result_lost(&result), 10);
	ck_assert(km_result_is_complete(&result));
	ck_assert_uint_eq(json_array_size(km_result_get(&result, "caches")), 1);
	ck_assert_ptr_null(km_result_get(&result, "nothing"));
	km_result_release(&result);
}
END_TEST

START_TEST(not_json)
{
	static const struct {
		const char *data;
		size_t len; /* 0: strlen */
		const char *reason;
	} rows[] = {
		{ "", 0, "not JSON: line 1" },
		{ "{", 0, "not JSON: line 1" },
		{ "{\"schema\": \"kmemtool-result/1\"} x", 0, "not JSON: line 1" },
		{ "{\"schema\"\n:\n}", 0, "not JSON: line 3" },
		{ "{\"a\": 1, \"a\": 2}", 0, "not JSON: line 1: duplicate object key" },
		{ "{\"a\": 99999999999999999999}", 0, "not JSON: line 1: too big integer" },
		{ "{\"a\": 1e999}", 0, "not JSON: line 1: real number overflow" },
		{ "{\"a\": \"\xff\"}", 0, "not JSON: line 1: unable to decode byte 0xff" },
		{ "{\"a\": \"\0\"}", 10, "not JSON: line 1: control character 0x0" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char reason[200] = "";
		size_t len = rows[i].len ? rows[i].len : strlen(rows[i].data);

		ck_assert_int_eq(load(rows[i].data, len, reason), -EBADMSG);
		ck_assert_msg(!strncmp(reason, rows[i].reason, strlen(rows[i].reason)),
			      "row %zu: %s", i, reason);
	}
}
END_TEST

START_TEST(too_deep)
{
	size_t len = 1 << 20;
	char *data = malloc(len), reason[200] = "";

	memset(data, '[', len);
	ck_assert_int_eq(load(data, len, reason), -EBADMSG);
	ck_assert_str_eq(reason, "not JSON: line 1: maximum parsing depth reached near '['");
	free(data);
}
END_TEST

START_TEST(too_large)
{
	char reason[200] = "";

	/* The size is refused before a byte is read. */
	ck_assert_int_eq(load("{}", (size_t)KM_RESULT_MAX_BYTES + 1, reason), -EFBIG);
	ck_assert_str_eq(reason, "a result of more than 256 MiB");
}
END_TEST

START_TEST(not_a_result)
{
	static const struct {
		const char *data;
		int err;
		const char *reason;
	} rows[] = {
		{ "[]", -EBADMSG, "not a result: no \"schema\"" },
		{ "{}", -EBADMSG, "not a result: no \"schema\"" },
		{ "{\"schema\": 1}", -EBADMSG, "not a result: no \"schema\"" },
		{ "{\"schema\": \"kmemtool-result/2\"}", -EPROTO,
		  "a result of schema \"kmemtool-result/2\", this version reads "
		  "\"kmemtool-result/1\"" },
		{ "{\"schema\": \"kmemtool-result/1\"}", -EBADMSG, "not a result: trace: missing" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char reason[200] = "";

		ck_assert_int_eq(load(rows[i].data, strlen(rows[i].data), reason), rows[i].err);
		ck_assert_str_eq(reason, rows[i].reason);
	}
}
END_TEST

/* Replace the first of needle in the sample and load what that makes. */
static int load_changed(const char *needle, const char *replacement, char *reason)
{
	const char *at = strstr(sample_result, needle);
	char *text;
	int err;

	ck_assert_msg(at != NULL, "%s is not in the sample", needle);
	ck_assert_int_gt(asprintf(&text, "%.*s%s%s", (int)(at - sample_result), sample_result,
				  replacement, at + strlen(needle)),
			 0);
	err = load(text, strlen(text), reason);
	free(text);
	return err;
}

START_TEST(wrong_types)
{
	static const struct {
		const char *needle, *replacement, *reason;
	} rows[] = {
		{ "\"trace\": {\"release\"", "\"trace\": 5, \"x\": {\"release\"",
		  "trace: not an object" },
		{ "\"cpus\": 2", "\"cpus\": \"2\"", "trace.cpus: not an integer" },
		{ "\"cpus\": 2", "\"cpus\": 2.0", "trace.cpus: not an integer" },
		{ "\"complete\": true", "\"complete\": 1", "trace.complete: not true or false" },
		{ "\"kmalloc\": 90", "\"kmalloc\": null", "trace.by_type.kmalloc: not an integer" },
		{ "\"slab.max_order\": \"1\"", "\"slab.max_order\": 1",
		  "settings.slab.max_order: not a string" },
		{ "\"slab.pages_end\": 7", "\"slab.pages\": 7", "metrics.slab.pages_end: missing" },
		{ "\"lost.total\": 10", "\"lost.total\": 10, \"more\": []",
		  "metrics.more: not an integer" },
		{ "\"total\": 0", "\"total\": {}", "events.divergence.total: not an integer" },
		{ "\"caches\": [{", "\"caches\": [7, {", "caches[0]: not an object" },
		{ "\"caches\": [", "\"caches\": {}, \"x\": [", "caches: not an array" },
		{ "\"pages_end\": 2", "\"pages_end\": {}", "caches[0].pages_end: not an integer" },
		{ "\"waste_byte_seconds\": 0.00216", "\"waste_byte_seconds\": null",
		  "call_sites[0].waste_byte_seconds: not a number" },
		{ "\"task\": 90", "\"task\": \"\"", "call_sites[0].contexts.task: not an integer" },
		{ "[3, 2]", "[3, null]", "zones[0].blocks_end[1]: not an integer" },
		{ "\"refusal\": \"no-block\"", "\"refusal\": null",
		  "failures[0].zones[0].refusal: not a string" },
		{ "\"preempt\": 1", "\"preempt\": true",
		  "misuse[0].call_sites[0].preempt: not an integer" },
		{ "\"oldest_age_ns\": 900", "\"age\": 900", "leaks[0].oldest_age_ns: missing" },
		{ "\"fidelity\": {", "\"fidelity\": [], \"x\": {", "fidelity: not an object" },
		{ "\"zone_match_pct\": 99.5", "\"zone_match_pct\": \"99.5\"",
		  "fidelity.zone_match_pct: not a number" },
		{ "\"objects_real\": 128", "\"objects_real\": -1.5",
		  "fidelity.caches[0].objects_real: not an integer" },
		{ "\"timeline\": [{\"ts_ns\": 1000", "\"timeline\": [{\"ts\": 1000",
		  "timeline[0].ts_ns: missing" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char reason[200] = "", expected[200];

		snprintf(expected, sizeof(expected), "not a result: %s", rows[i].reason);
		ck_assert_int_eq(load_changed(rows[i].needle, rows[i].replacement, reason),
				 -EBADMSG);
		ck_assert_str_eq(reason, expected);
	}
}
END_TEST

/* What a later version adds, and what a result may lack, is no error. */
START_TEST(tolerates)
{
	static const struct {
		const char *needle, *replacement;
	} rows[] = {
		{ "\"advice\": []", "\"advice\": [{}], \"new\": {\"deep\": [1]}" },
		{ "\"lost.total\": 10", "\"lost.total\": 10, \"new.metric\": 5" },
		{ "\"cpus\": 2", "\"new\": null, \"cpus\": 2" },
		{ ", \"damaged_blocks\": 0", "" },
		{ "\"release\": \"6.12.0\"", "\"release\": null" },
		{ "\"zone_match_pct\": 99.5", "\"zone_match_pct\": 99" },
		{ "\"zone_match_pct\": 99.5", "\"zone_match_pct\": null" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char reason[200] = "";

		ck_assert_msg(!load_changed(rows[i].needle, rows[i].replacement, reason), "%s",
			      reason);
	}
}
END_TEST

/* Every prefix of a result is refused, and none is read beyond its end. */
START_TEST(prefixes)
{
	size_t full = strlen(sample_result);

	for (size_t len = 0; len < full; len++) {
		char *copy = malloc(len ? len : 1), reason[200] = "";

		memcpy(copy, sample_result, len);
		ck_assert_int_eq(load(copy, len, reason), -EBADMSG);
		free(copy);
	}
}
END_TEST

/* What was loaded and written again is loaded again, to the same bytes. */
START_TEST(round_trip)
{
	char *first = NULL, *second = NULL, reason[200];
	size_t first_len, second_len;
	struct km_result result;
	FILE *file;

	ck_assert_int_eq(km_result_load(&result, sample_result, strlen(sample_result), reason,
					sizeof(reason)),
			 0);
	file = open_memstream(&first, &first_len);
	ck_assert_int_eq(km_result_write(&result, file), 0);
	fclose(file);
	km_result_release(&result);
	ck_assert_int_eq(km_result_load(&result, first, first_len, reason, sizeof(reason)), 0);
	file = open_memstream(&second, &second_len);
	ck_assert_int_eq(km_result_write(&result, file), 0);
	fclose(file);
	km_result_release(&result);
	ck_assert_uint_eq(first_len, second_len);
	ck_assert_mem_eq(first, second, first_len);
	ck_assert_int_eq(first[first_len - 1], '\n');
	free(first);
	free(second);
}
END_TEST

START_TEST(full_disk)
{
	FILE *file = fopen("/dev/full", "w");
	struct km_result result;
	char reason[200];

	if (!file)
		return; /* nothing to test it on */
	setvbuf(file, NULL, _IONBF, 0);
	ck_assert_int_eq(km_result_load(&result, sample_result, strlen(sample_result), reason,
					sizeof(reason)),
			 0);
	ck_assert_int_eq(km_result_write(&result, file), -EIO);
	ck_assert_int_eq(errno, ENOSPC);
	km_result_release(&result);
	fclose(file);
}
END_TEST

RUN_SUITE("core/result/load", sample_loads, not_json, too_deep, too_large, not_a_result,
	  wrong_types, tolerates, prefixes, round_trip, full_disk)
