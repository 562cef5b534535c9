/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is this JSON a result?  A file given to report or compare may be anything, so
 * every key that is read is checked here once, with its path in the complaint
 * ("caches[3].pages_end: not an integer"), and readers need no checks of their own.
 *
 * The tables below are the shape that kmemtool-result(5) describes.
 */
#include "core/result/result.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum type {
	T_INT = 1 << 0,
	T_REAL = 1 << 1, /* integers too */
	T_TEXT = 1 << 2,
	T_BOOL = 1 << 3,
	T_NULL = 1 << 4,
	T_OBJECT = 1 << 5,
	T_ARRAY = 1 << 6,
};

struct field {
	const char *key; /* NULL: end of the table */
	unsigned int types;
	const struct field *inside; /* of an object, or of each element of an array */
	unsigned int elements;	    /* without inside: types of each element or value, 0: any */
};

static const struct field trace_fields[] = {
	{ "release", T_TEXT | T_NULL, NULL, 0 },
	{ "machine", T_TEXT | T_NULL, NULL, 0 },
	{ "cpus", T_INT, NULL, 0 },
	{ "nodes", T_INT, NULL, 0 },
	{ "command", T_TEXT | T_NULL, NULL, 0 },
	{ "duration_ns", T_INT, NULL, 0 },
	{ "events", T_INT, NULL, 0 },
	{ "by_type", T_OBJECT, NULL, T_INT },
	{ "lost", T_INT, NULL, 0 },
	{ "complete", T_BOOL, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

static const struct field machine_fields[] = {
	{ "name", T_TEXT, NULL, 0 },	     { "cpus", T_INT, NULL, 0 },
	{ "possible_cpus", T_INT, NULL, 0 }, { "nodes", T_INT, NULL, 0 },
	{ "pages", T_INT, NULL, 0 },	     { "is_host", T_BOOL, NULL, 0 },
	{ "warm", T_BOOL, NULL, 0 },	     { NULL, 0, NULL, 0 },
};

static const struct field event_fields[] = {
	{ "replayed", T_INT, NULL, 0 },
	{ "divergence", T_OBJECT, NULL, T_INT },
	{ NULL, 0, NULL, 0 },
};

static const struct field metric_fields[] = {
	{ "live.bytes_peak", T_INT, NULL, 0 },
	{ "live.objects_peak", T_INT, NULL, 0 },
	{ "waste.internal_bytes_peak", T_INT, NULL, 0 },
	{ "waste.internal_byte_seconds", T_INT, NULL, 0 },
	{ "waste.slab_partial_bytes_end", T_INT, NULL, 0 },
	{ "slab.pages_peak", T_INT, NULL, 0 },
	{ "slab.pages_end", T_INT, NULL, 0 },
	{ "page.free_pages_min", T_INT, NULL, 0 },
	{ "page.unusable_index_order9_max", T_INT, NULL, 0 },
	{ "page.fragmentation_index_order9_max", T_INT, NULL, 0 },
	{ "vmalloc.bytes_peak", T_INT, NULL, 0 },
	{ "vmalloc.waste_bytes_peak", T_INT, NULL, 0 },
	{ "percpu.bytes_peak", T_INT, NULL, 0 },
	{ "percpu.waste_bytes_peak", T_INT, NULL, 0 },
	{ "fail.total", T_INT, NULL, 0 },
	{ "fail.order_ge_3", T_INT, NULL, 0 },
	{ "fail.atomic", T_INT, NULL, 0 },
	{ "misuse.total", T_INT, NULL, 0 },
	{ "leak.suspect_bytes", T_INT, NULL, 0 },
	{ "divergence.total", T_INT, NULL, 0 },
	{ "lost.total", T_INT, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

static const struct field cache_fields[] = {
	{ "name", T_TEXT, NULL, 0 },
	{ "object_size", T_INT, NULL, 0 },
	{ "size", T_INT, NULL, 0 },
	{ "order", T_INT, NULL, 0 },
	{ "objects_per_slab", T_INT, NULL, 0 },
	{ "allocs", T_INT, NULL, 0 },
	{ "frees", T_INT, NULL, 0 },
	{ "slabs_start", T_INT, NULL, 0 },
	{ "slabs_peak", T_INT, NULL, 0 },
	{ "slabs_end", T_INT, NULL, 0 },
	{ "pages_peak", T_INT, NULL, 0 },
	{ "pages_end", T_INT, NULL, 0 },
	{ "objects_end", T_INT, NULL, 0 },
	{ "active_end", T_INT, NULL, 0 },
	{ "free_bytes_end", T_INT, NULL, 0 },
	{ "live_bytes_req_end", T_INT, NULL, 0 },
	{ "waste_internal_bytes_end", T_INT, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

static const struct field site_fields[] = {
	{ "site", T_TEXT, NULL, 0 },
	{ "symbol", T_TEXT | T_NULL, NULL, 0 },
	{ "kind", T_TEXT, NULL, 0 },
	{ "cache", T_TEXT | T_NULL, NULL, 0 },
	{ "allocs", T_INT, NULL, 0 },
	{ "frees", T_INT, NULL, 0 },
	{ "fails", T_INT, NULL, 0 },
	{ "bytes_req", T_INT, NULL, 0 },
	{ "bytes_alloc", T_INT, NULL, 0 },
	{ "live_objects_end", T_INT, NULL, 0 },
	{ "live_bytes_end", T_INT, NULL, 0 },
	{ "live_bytes_peak", T_INT, NULL, 0 },
	{ "waste_bytes_peak", T_INT, NULL, 0 },
	{ "waste_byte_seconds", T_REAL, NULL, 0 },
	{ "gfp", T_TEXT, NULL, 0 },
	{ "contexts", T_OBJECT, NULL, T_INT },
	{ NULL, 0, NULL, 0 },
};

static const struct field zone_fields[] = {
	{ "node", T_INT, NULL, 0 },
	{ "zone", T_TEXT, NULL, 0 },
	{ "managed_pages", T_INT, NULL, 0 },
	{ "wmark_min", T_INT, NULL, 0 },
	{ "wmark_low", T_INT, NULL, 0 },
	{ "wmark_high", T_INT, NULL, 0 },
	{ "free_pages_start", T_INT, NULL, 0 },
	{ "free_pages_min", T_INT, NULL, 0 },
	{ "free_pages_end", T_INT, NULL, 0 },
	{ "free_pages_real", T_INT | T_NULL, NULL, 0 },
	{ "fallbacks", T_INT, NULL, 0 },
	{ "unusable_index_order9_max", T_INT, NULL, 0 },
	{ "fragmentation_index_order9_max", T_INT, NULL, 0 },
	{ "unusable_index_end", T_ARRAY, NULL, T_INT },
	{ "blocks_end", T_ARRAY, NULL, T_INT },
	{ "blocks_real", T_ARRAY | T_NULL, NULL, T_INT },
	{ NULL, 0, NULL, 0 },
};

static const struct field refusal_fields[] = {
	{ "node", T_INT, NULL, 0 },	{ "zone", T_TEXT, NULL, 0 },
	{ "refusal", T_TEXT, NULL, 0 }, { "free_pages", T_INT, NULL, 0 },
	{ "mark", T_INT, NULL, 0 },	{ "fragmentation_index", T_INT, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

static const struct field failure_fields[] = {
	{ "ts_ns", T_INT, NULL, 0 },
	{ "cpu", T_INT, NULL, 0 },
	{ "pid", T_INT, NULL, 0 },
	{ "context", T_TEXT, NULL, 0 },
	{ "kind", T_TEXT, NULL, 0 },
	{ "site", T_TEXT, NULL, 0 },
	{ "symbol", T_TEXT | T_NULL, NULL, 0 },
	{ "order", T_INT, NULL, 0 },
	{ "bytes", T_INT, NULL, 0 },
	{ "gfp", T_TEXT, NULL, 0 },
	{ "reason", T_TEXT, NULL, 0 },
	{ "host_failed", T_BOOL, NULL, 0 },
	{ "model_failed", T_BOOL, NULL, 0 },
	{ "zones", T_ARRAY, refusal_fields, 0 },
	{ NULL, 0, NULL, 0 },
};

static const struct field hit_fields[] = {
	{ "site", T_TEXT, NULL, 0 },	{ "symbol", T_TEXT | T_NULL, NULL, 0 },
	{ "count", T_INT, NULL, 0 },	{ "gfp", T_TEXT, NULL, 0 },
	{ "context", T_TEXT, NULL, 0 }, { "preempt", T_INT, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

static const struct field misuse_fields[] = {
	{ "rule", T_TEXT, NULL, 0 },
	{ "severity", T_TEXT, NULL, 0 },
	{ "title", T_TEXT, NULL, 0 },
	{ "count", T_INT, NULL, 0 },
	{ "call_sites", T_ARRAY, hit_fields, 0 },
	{ NULL, 0, NULL, 0 },
};

static const struct field leak_fields[] = {
	{ "site", T_TEXT, NULL, 0 },
	{ "symbol", T_TEXT | T_NULL, NULL, 0 },
	{ "kind", T_TEXT, NULL, 0 },
	{ "cache", T_TEXT | T_NULL, NULL, 0 },
	{ "objects", T_INT, NULL, 0 },
	{ "bytes", T_INT, NULL, 0 },
	{ "oldest_age_ns", T_INT, NULL, 0 },
	{ "allocs", T_INT, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

static const struct field fidelity_cache_fields[] = {
	{ "name", T_TEXT, NULL, 0 },
	{ "slabs_start", T_INT, NULL, 0 },
	{ "slabs_model", T_INT, NULL, 0 },
	{ "slabs_real", T_INT, NULL, 0 },
	{ "objects_model", T_INT, NULL, 0 },
	{ "objects_real", T_INT, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

static const struct field fidelity_fields[] = {
	{ "bytes_alloc_match_pct", T_REAL | T_NULL, NULL, 0 },
	{ "slab_pages_start", T_INT | T_NULL, NULL, 0 },
	{ "slab_pages_model", T_INT | T_NULL, NULL, 0 },
	{ "slab_pages_real", T_INT | T_NULL, NULL, 0 },
	{ "slab_pages_error_pct", T_REAL | T_NULL, NULL, 0 },
	{ "slab_churn_error_pct", T_REAL | T_NULL, NULL, 0 },
	{ "caches", T_ARRAY, fidelity_cache_fields, 0 },
	{ "free_pages_error_pct", T_REAL | T_NULL, NULL, 0 },
	{ "free_blocks_error_pct", T_REAL | T_NULL, NULL, 0 },
	{ "zone_match_pct", T_REAL | T_NULL, NULL, 0 },
	{ "vmalloc_error_pct", T_REAL | T_NULL, NULL, 0 },
	{ "percpu_error_pct", T_REAL | T_NULL, NULL, 0 },
	{ "failures_model", T_INT, NULL, 0 },
	{ "failures_real", T_INT, NULL, 0 },
	{ "implied_frees", T_INT, NULL, 0 },
	{ "implied_allocs", T_INT, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

static const struct field point_fields[] = {
	{ "ts_ns", T_INT, NULL, 0 },
	{ "live_bytes", T_INT, NULL, 0 },
	{ "waste_internal_bytes", T_INT, NULL, 0 },
	{ "slab_pages", T_INT, NULL, 0 },
	{ "free_pages", T_INT, NULL, 0 },
	{ "vmalloc_bytes", T_INT, NULL, 0 },
	{ "percpu_bytes", T_INT, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

static const struct field result_fields[] = {
	{ "schema", T_TEXT, NULL, 0 },
	{ "trace", T_OBJECT, trace_fields, 0 },
	{ "machine", T_OBJECT, machine_fields, 0 },
	{ "settings", T_OBJECT, NULL, T_TEXT },
	{ "events", T_OBJECT, event_fields, 0 },
	{ "metrics", T_OBJECT, metric_fields, T_INT },
	{ "caches", T_ARRAY, cache_fields, 0 },
	{ "call_sites", T_ARRAY, site_fields, 0 },
	{ "zones", T_ARRAY, zone_fields, 0 },
	{ "failures", T_ARRAY, failure_fields, 0 },
	{ "misuse", T_ARRAY, misuse_fields, 0 },
	{ "leaks", T_ARRAY, leak_fields, 0 },
	{ "advice", T_ARRAY, NULL, 0 },
	{ "fidelity", T_OBJECT | T_NULL, fidelity_fields, 0 },
	{ "timeline", T_ARRAY, point_fields, 0 },
	{ NULL, 0, NULL, 0 },
};

/* Where the check is, for the complaint; nesting is bounded by the tables. */
struct path {
	const struct path *parent; /* NULL: the top */
	const char *key;	   /* NULL: element index */
	size_t index;
};

static void print_path(const struct path *path, char *buf, size_t len)
{
	size_t used;

	if (path->parent)
		print_path(path->parent, buf, len);
	used = strlen(buf);
	if (!path->key)
		snprintf(buf + used, len - used, "[%zu]", path->index);
	else
		snprintf(buf + used, len - used, "%s%.40s", used ? "." : "", path->key);
}

static const char *types_text(unsigned int types)
{
	if (types & T_INT)
		return "an integer";
	if (types & T_REAL)
		return "a number";
	if (types & T_TEXT)
		return "a string";
	if (types & T_BOOL)
		return "true or false";
	return types & T_OBJECT ? "an object" : "an array";
}

static bool is_of(const json_t *value, unsigned int types)
{
	switch (json_typeof(value)) {
	case JSON_INTEGER:
		return types & (T_INT | T_REAL);
	case JSON_REAL:
		return types & T_REAL;
	case JSON_STRING:
		return types & T_TEXT;
	case JSON_TRUE:
	case JSON_FALSE:
		return types & T_BOOL;
	case JSON_NULL:
		return types & T_NULL;
	case JSON_OBJECT:
		return types & T_OBJECT;
	case JSON_ARRAY:
		return types & T_ARRAY;
	}
	return false;
}

struct check {
	char *reason;
	size_t len;
};

static int complain(const struct check *check, const struct path *path, const char *what,
		    const char *types)
{
	char where[160] = "";

	print_path(path, where, sizeof(where));
	snprintf(check->reason, check->len, "not a result: %s: %s%s", where, what, types);
	return -EBADMSG;
}

static int check_type(const struct check *check, const struct path *path, const json_t *value,
		      unsigned int types)
{
	if (!value)
		return complain(check, path, "missing", "");
	return is_of(value, types) ? 0 : complain(check, path, "not ", types_text(types));
}

static int check_fields(const struct check *check, const struct path *path, const json_t *object,
			const struct field *fields);

static int check_array(const struct check *check, const struct path *path, const json_t *array,
		       const struct field *field)
{
	int err = 0;

	for (size_t i = 0; i < json_array_size(array) && !err; i++) {
		const json_t *value = json_array_get(array, i);
		struct path at = { path, NULL, i };

		if (field->inside) {
			err = check_type(check, &at, value, T_OBJECT);
			if (!err)
				err = check_fields(check, &at, value, field->inside);
		} else if (field->elements) {
			err = check_type(check, &at, value, field->elements);
		}
	}
	return err;
}

static int check_values(const struct check *check, const struct path *path, const json_t *object,
			unsigned int types)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		struct path at = { path, key, 0 };

		if (!is_of(value, types))
			return complain(check, &at, "not ", types_text(types));
	}
	return 0;
}

static int check_fields(const struct check *check, const struct path *path, const json_t *object,
			const struct field *fields)
{
	for (const struct field *field = fields; field->key; field++) {
		const json_t *value = json_object_get(object, field->key);
		struct path at = { path, field->key, 0 };
		int err = check_type(check, &at, value, field->types);

		if (!err && json_is_array(value))
			err = check_array(check, &at, value, field);
		if (!err && json_is_object(value) && field->inside)
			err = check_fields(check, &at, value, field->inside);
		if (!err && json_is_object(value) && field->elements)
			err = check_values(check, &at, value, field->elements);
		if (err)
			return err;
	}
	return 0;
}

int km_result_check(const json_t *root, char *reason, size_t len)
{
	const struct check check = { reason, len };
	const json_t *schema = json_object_get(root, "schema");

	if (!json_is_object(root) || !json_is_string(schema)) {
		snprintf(reason, len, "not a result: no \"schema\"");
		return -EBADMSG;
	}
	if (strcmp(json_string_value(schema), KM_RESULT_SCHEMA)) {
		snprintf(reason, len, "a result of schema \"%.60s\", this version reads \"%s\"",
			 json_string_value(schema), KM_RESULT_SCHEMA);
		return -EPROTO;
	}
	return check_fields(&check, NULL, root, result_fields);
}
