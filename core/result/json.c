/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few JSON values a result is made of.  A thin layer over jansson that adds
 * what a result promises: the same bytes everywhere, and no way to fail on a
 * string that came out of a trace.
 */
#include "core/result/json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *km_json_u64(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

json_t *km_json_real(double value)
{
	char digits[32];

	if (!isfinite(value))
		return json_null();
	snprintf(digits, sizeof(digits), "%.6g", value);
	return json_real(strtod(digits, NULL));
}

json_t *km_json_text(const char *text)
{
	json_t *value;
	char *copy;

	if (!text)
		return json_null();
	value = json_string(text);
	if (value)
		return value;
	copy = strdup(text);
	if (!copy)
		return NULL;
	for (char *p = copy; *p; p++) {
		if (*p & 0x80)
			*p = '?';
	}
	value = json_string(copy);
	free(copy);
	return value;
}

json_t *km_json_hex(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_string(text);
}

void km_json_set(struct km_json_out *out, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value))
		out->err = -ENOMEM;
}

void km_json_append(struct km_json_out *out, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		out->err = -ENOMEM;
}

int64_t km_json_get_int(const json_t *object, const char *key, int64_t def)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : def;
}

double km_json_get_real(const json_t *object, const char *key, double def)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : def;
}

bool km_json_get_bool(const json_t *object, const char *key, bool def)
{
	const json_t *value = json_object_get(object, key);

	return json_is_boolean(value) ? json_is_true(value) : def;
}

const char *km_json_get_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}
