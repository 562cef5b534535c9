/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two results side by side.
 *
 * Caches are the same if their names are.  Call sites are the same if symbol (where
 * there is none, address) and kind are: addresses move between two boots of a kernel,
 * symbols with their offsets do not, and the cache may be what changed.  Rows that fall
 * together are summed.
 */
#include "core/result/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/result/json.h"

#define MAX_CHANGES 100 /* rows of a list in the comparison */
#define NR_NAMES 2
#define NR_NUMBERS 4

/* A list of results that is compared row by row. */
struct list {
	const char *key;
	const char *identity[NR_NAMES];	 /* a row's name; NULL: fewer */
	const char *numbers[NR_NUMBERS]; /* the first decides the order, then the next */
};

static const struct list cache_list = {
	"caches",
	{ "name", NULL },
	{ "pages_peak", "pages_end", "free_bytes_end", "waste_internal_bytes_end" },
};

static const struct list site_list = {
	"call_sites",
	{ "symbol", "kind" },
	{ "live_bytes_peak", "waste_bytes_peak", "bytes_alloc", "allocs" },
};

struct row {
	const json_t *first; /* where its identity is; borrowed */
	char *key;	     /* owned */
	int64_t base[NR_NUMBERS], head[NR_NUMBERS];
};

struct rows {
	size_t nr, max;
	struct row *rows;
	json_t *index; /* key to position */
};

static const char *identity_text(const json_t *element, const char *key)
{
	const char *text = km_json_get_text(element, key);

	if (!text && !strcmp(key, "symbol"))
		text = km_json_get_text(element, "site");
	return text ? text : "";
}

static char *row_key(const struct list *list, const json_t *element)
{
	const char *parts[NR_NAMES] = { "", "" };
	char *key;

	for (unsigned int i = 0; i < NR_NAMES && list->identity[i]; i++)
		parts[i] = identity_text(element, list->identity[i]);
	return asprintf(&key, "%s\n%s", parts[0], parts[1]) < 0 ? NULL : key;
}

/* The row of that key, made if it is new; takes over key.  NULL: out of memory. */
static struct row *find_row(struct rows *rows, char *key, const json_t *element)
{
	const json_t *known = json_object_get(rows->index, key);
	struct row *grown;

	if (known) {
		free(key);
		return &rows->rows[json_integer_value(known)];
	}
	if (rows->nr == rows->max) {
		rows->max = rows->max ? 2 * rows->max : 256;
		grown = realloc(rows->rows, rows->max * sizeof(*grown));
		if (!grown) {
			free(key);
			return NULL;
		}
		rows->rows = grown;
	}
	if (json_object_set_new(rows->index, key, json_integer((json_int_t)rows->nr))) {
		free(key);
		return NULL;
	}
	rows->rows[rows->nr] = (struct row){ .first = element, .key = key };
	return &rows->rows[rows->nr++];
}

static int add_side(struct rows *rows, const struct list *list, const struct km_result *result,
		    bool is_head)
{
	const json_t *array = km_result_get(result, list->key);

	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *element = json_array_get(array, i);
		char *key = row_key(list, element);
		struct row *row = key ? find_row(rows, key, element) : NULL;

		if (!row)
			return -ENOMEM;
		for (unsigned int n = 0; n < NR_NUMBERS; n++) {
			int64_t *number = is_head ? &row->head[n] : &row->base[n];
			int64_t value = km_json_get_int(element, list->numbers[n], 0);

			if (__builtin_add_overflow(*number, value, number))
				*number = value < 0 ? INT64_MIN : INT64_MAX;
		}
	}
	return 0;
}

static uint64_t distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static bool row_has_changed(const struct row *row)
{
	return memcmp(row->base, row->head, sizeof(row->base)) != 0;
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	for (unsigned int i = 0; i < NR_NUMBERS; i++) {
		uint64_t dx = distance(x->base[i], x->head[i]);
		uint64_t dy = distance(y->base[i], y->head[i]);

		if (dx != dy)
			return dx < dy ? 1 : -1;
	}
	return strcmp(x->key, y->key);
}

static json_t *build_side(struct km_json_out *out, const struct list *list, const int64_t *values)
{
	json_t *side = json_object();

	for (unsigned int i = 0; i < NR_NUMBERS; i++)
		km_json_set(out, side, list->numbers[i], json_integer(values[i]));
	return side;
}

static json_t *build_rows(struct km_json_out *out, const struct list *list, struct rows *rows)
{
	json_t *array = json_array();

	if (rows->nr)
		qsort(rows->rows, rows->nr, sizeof(*rows->rows), compare_rows);
	for (size_t i = 0; i < rows->nr && i < MAX_CHANGES; i++) {
		const struct row *row = &rows->rows[i];
		json_t *object;

		if (!row_has_changed(row))
			break;
		object = json_object();
		for (unsigned int n = 0; n < NR_NAMES && list->identity[n]; n++)
			km_json_set(out, object, list->identity[n],
				    km_json_text(identity_text(row->first, list->identity[n])));
		km_json_set(out, object, "base", build_side(out, list, row->base));
		km_json_set(out, object, "head", build_side(out, list, row->head));
		km_json_append(out, array, object);
	}
	return array;
}

static json_t *compare_list(struct km_json_out *out, const struct list *list,
			    const struct km_result *base, const struct km_result *head)
{
	struct rows rows = { .index = json_object() };
	json_t *array = NULL;

	if (!rows.index || add_side(&rows, list, base, false) || add_side(&rows, list, head, true))
		out->err = -ENOMEM;
	else
		array = build_rows(out, list, &rows);
	for (size_t i = 0; i < rows.nr; i++)
		free(rows.rows[i].key);
	free(rows.rows);
	json_decref(rows.index);
	return array;
}

static json_t *build_metric(struct km_json_out *out, const char *name, const struct km_result *base,
			    const struct km_result *head)
{
	json_t *object = json_object();
	int64_t was, is;
	bool has_base = !km_result_metric(base, name, &was);
	bool has_head = !km_result_metric(head, name, &is);

	km_json_set(out, object, "metric", km_json_text(name));
	km_json_set(out, object, "base", has_base ? json_integer(was) : json_null());
	km_json_set(out, object, "head", has_head ? json_integer(is) : json_null());
	return object;
}

static json_t *compare_metrics(struct km_json_out *out, const struct km_result *base,
			       const struct km_result *head)
{
	json_t *of_base = (json_t *)km_result_get(base, "metrics");
	json_t *of_head = (json_t *)km_result_get(head, "metrics");
	json_t *array = json_array(), *value;
	const char *name;

	json_object_foreach (of_base, name, value)
		km_json_append(out, array, build_metric(out, name, base, head));
	json_object_foreach (of_head, name, value) {
		if (!json_object_get(of_base, name))
			km_json_append(out, array, build_metric(out, name, base, head));
	}
	return array;
}

static json_t *build_gate(struct km_json_out *out, const struct km_gate *gate, int64_t base,
			  int64_t head)
{
	json_t *object = json_object();

	km_json_set(out, object, "gate", km_json_text(gate->text));
	km_json_set(out, object, "metric", km_json_text(gate->metric));
	km_json_set(out, object, "base", json_integer(base));
	km_json_set(out, object, "head", json_integer(head));
	km_json_set(out, object, "bound", json_integer(km_gate_bound(gate, base)));
	km_json_set(out, object, "ok", json_boolean(km_gate_is_ok(gate, base, head)));
	return object;
}

static json_t *build_identity(struct km_json_out *out, const struct km_result *result)
{
	static const char *const keys[] = { "trace", "machine", "settings" };
	json_t *object = json_object();

	for (unsigned int i = 0; i < 3; i++)
		km_json_set(out, object, keys[i],
			    json_incref((json_t *)km_result_get(result, keys[i])));
	return object;
}

/* Has every gate its metric in both results? */
static int check_gates(const struct km_result *base, const struct km_result *head,
		       const struct km_gates *gates, char *reason, size_t len)
{
	int64_t value;

	for (size_t i = 0; i < gates->nr; i++) {
		const char *metric = gates->gates[i].metric;

		if (km_result_metric(base, metric, &value) ||
		    km_result_metric(head, metric, &value)) {
			snprintf(reason, len, "gate '%s': no metric '%s'", gates->gates[i].text,
				 metric);
			return -ENOENT;
		}
	}
	return 0;
}

int km_compare(const struct km_result *base, const struct km_result *head,
	       const struct km_gates *gates, json_t **out, char *reason, size_t len)
{
	struct km_json_out build = { 0 };
	json_t *root, *array;
	bool ok = true;
	int err = check_gates(base, head, gates, reason, len);

	*out = NULL;
	if (err)
		return err;
	root = json_object();
	array = json_array();
	for (size_t i = 0; i < gates->nr; i++) {
		int64_t was = 0, is = 0;

		km_result_metric(base, gates->gates[i].metric, &was);
		km_result_metric(head, gates->gates[i].metric, &is);
		ok &= km_gate_is_ok(&gates->gates[i], was, is);
		km_json_append(&build, array, build_gate(&build, &gates->gates[i], was, is));
	}
	km_json_set(&build, root, "schema", json_string(KM_COMPARE_SCHEMA));
	km_json_set(&build, root, "ok", json_boolean(ok));
	km_json_set(&build, root, "same_trace",
		    json_boolean(json_equal(km_result_get(base, "trace"),
					    km_result_get(head, "trace"))));
	km_json_set(&build, root, "base", build_identity(&build, base));
	km_json_set(&build, root, "head", build_identity(&build, head));
	km_json_set(&build, root, "gates", array);
	km_json_set(&build, root, "metrics", compare_metrics(&build, base, head));
	km_json_set(&build, root, "caches", compare_list(&build, &cache_list, base, head));
	km_json_set(&build, root, "call_sites", compare_list(&build, &site_list, base, head));
	if (build.err) {
		snprintf(reason, len, "out of memory");
		json_decref(root);
		return build.err;
	}
	*out = root;
	return 0;
}
