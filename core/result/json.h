/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building and reading JSON with the few types that a result has.
 *
 * Building: values that cannot be made are NULL, and struct km_json_out remembers
 * the first such trouble, so that a builder is a straight list of calls with one
 * check at its end.  Reading: a key that is absent or of another type gives the
 * default, so that whatever passed km_result_check() or not is safe to read.
 */
#ifndef CORE_RESULT_JSON_H
#define CORE_RESULT_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* How every result is written: one space a level, keys in the order they were set. */
#define KM_JSON_FLAGS (JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6))

struct km_json_out {
	int err; /* 0 or -ENOMEM */
};

/* Numbers above INT64_MAX become INT64_MAX: JSON integers are signed here. */
json_t *km_json_u64(uint64_t value);
/* Six significant digits, so that the text is the same everywhere; null for NaN and infinities. */
json_t *km_json_real(double value);
/* null for NULL; bytes that are not UTF-8 become '?'. */
json_t *km_json_text(const char *text);
/* "0xffffffff81234567" */
json_t *km_json_hex(uint64_t value);

/* Add to an object or array; both take over value, also when they fail. */
void km_json_set(struct km_json_out *out, json_t *object, const char *key, json_t *value);
void km_json_append(struct km_json_out *out, json_t *array, json_t *value);

int64_t km_json_get_int(const json_t *object, const char *key, int64_t def);
double km_json_get_real(const json_t *object, const char *key, double def); /* integers too */
bool km_json_get_bool(const json_t *object, const char *key, bool def);
const char *km_json_get_text(const json_t *object, const char *key); /* or NULL */

#endif
