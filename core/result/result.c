/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The result as a whole: put together, read back, written, asked.
 */
#include "core/result/result.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/result/build.h"

int km_result_build(struct km_result *result, const struct km_replay *replay,
		    const struct km_analysis *analysis, const struct km_result_range *range)
{
	struct km_json_out out = { 0 };
	json_t *root = json_object();

	result->root = NULL;
	if (!root)
		return -ENOMEM;
	km_json_set(&out, root, "schema", json_string(KM_RESULT_SCHEMA));
	km_json_set(&out, root, "trace", km_build_trace(&out, replay, range));
	km_json_set(&out, root, "machine", km_build_machine(&out, replay));
	km_json_set(&out, root, "settings", km_build_settings(&out, replay));
	km_json_set(&out, root, "events", km_build_events(&out, replay));
	km_json_set(&out, root, "metrics", km_build_metrics(&out, analysis));
	km_json_set(&out, root, "caches", km_build_caches(&out, analysis));
	km_json_set(&out, root, "call_sites", km_build_call_sites(&out, analysis));
	km_json_set(&out, root, "zones", km_build_zones(&out, analysis));
	km_json_set(&out, root, "failures", km_build_failures(&out, analysis));
	km_json_set(&out, root, "misuse", km_build_misuse(&out, analysis));
	km_json_set(&out, root, "leaks", km_build_leaks(&out, analysis));
	km_json_set(&out, root, "advice", json_array());
	km_json_set(&out, root, "fidelity", km_build_fidelity(&out, analysis));
	km_json_set(&out, root, "timeline", km_build_timeline(&out, analysis));
	if (out.err) {
		json_decref(root);
		return out.err;
	}
	result->root = root;
	return 0;
}

int km_result_load(struct km_result *result, const char *data, size_t data_len, char *reason,
		   size_t len)
{
	json_error_t error;
	json_t *root;
	int err;

	result->root = NULL;
	if (data_len > KM_RESULT_MAX_BYTES) {
		snprintf(reason, len, "a result of more than %u MiB", KM_RESULT_MAX_BYTES >> 20);
		return -EFBIG;
	}
	root = json_loadb(data, data_len, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		if (json_error_code(&error) == json_error_out_of_memory) {
			snprintf(reason, len, "out of memory");
			return -ENOMEM;
		}
		snprintf(reason, len, "not JSON: line %d: %s", error.line, error.text);
		return -EBADMSG;
	}
	err = km_result_check(root, reason, len);
	if (err) {
		json_decref(root);
		return err;
	}
	result->root = root;
	return 0;
}

static int write_some(const char *data, size_t len, void *arg)
{
	return fwrite(data, 1, len, arg) == len ? 0 : -1;
}

int km_result_write(const struct km_result *result, FILE *file)
{
	if (json_dump_callback(result->root, write_some, file, KM_JSON_FLAGS))
		return -EIO;
	return fputc('\n', file) == EOF ? -EIO : 0;
}

void km_result_release(struct km_result *result)
{
	json_decref(result->root);
	result->root = NULL;
}

const json_t *km_result_get(const struct km_result *result, const char *key)
{
	return json_object_get(result->root, key);
}

int km_result_metric(const struct km_result *result, const char *name, int64_t *value)
{
	const json_t *metric = json_object_get(km_result_get(result, "metrics"), name);

	if (!json_is_integer(metric))
		return -ENOENT;
	*value = json_integer_value(metric);
	return 0;
}

uint64_t km_result_lost(const struct km_result *result)
{
	int64_t lost = km_json_get_int(km_result_get(result, "trace"), "lost", 0);

	return lost > 0 ? (uint64_t)lost : 0;
}

bool km_result_is_complete(const struct km_result *result)
{
	return km_json_get_bool(km_result_get(result, "trace"), "complete", false);
}

const char *km_result_symbol(const struct tf_meta *meta, uint64_t call_site, char *buf, size_t len)
{
	const struct tf_symbol *symbol = tf_meta_symbol(meta, call_site);
	const char *module;
	int name_len;

	if (!symbol)
		return NULL;
	module = strstr(symbol->name, " [");
	name_len = module ? (int)(module - symbol->name) : (int)strlen(symbol->name);
	snprintf(buf, len, "%.*s+0x%" PRIx32 "%s", name_len, symbol->name, symbol->offset,
		 module ? module : "");
	return buf;
}
