/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns of every list.  A column without a title is for CSV and --sort
 * only, so that a table fits a screen.
 */
#include "cmd/ui/lists.h"

#define COLUMNS(array) sizeof(array) / sizeof(array[0]), array

static const struct ui_list_column cache_columns[] = {
	{ "name", "cache", UI_CELL_TEXT },
	{ "object_size", "object", UI_CELL_COUNT },
	{ "size", "size", UI_CELL_COUNT },
	{ "order", "order", UI_CELL_COUNT },
	{ "objects_per_slab", "per slab", UI_CELL_COUNT },
	{ "allocs", "allocs", UI_CELL_COUNT },
	{ "frees", "frees", UI_CELL_COUNT },
	{ "slabs_start", "slabs start", UI_CELL_COUNT },
	{ "slabs_peak", "peak", UI_CELL_COUNT },
	{ "slabs_end", "end", UI_CELL_COUNT },
	{ "pages_peak", NULL, UI_CELL_COUNT },
	{ "pages_end", "pages end", UI_CELL_COUNT },
	{ "objects_end", "in use", UI_CELL_COUNT },
	{ "active_end", NULL, UI_CELL_COUNT },
	{ "free_bytes_end", "free", UI_CELL_BYTES },
	{ "live_bytes_req_end", NULL, UI_CELL_BYTES },
	{ "waste_internal_bytes_end", "internal", UI_CELL_BYTES },
};

const struct ui_list ui_cache_list = {
	"caches", NULL, "no cache was used", COLUMNS(cache_columns), false,
};

static const struct ui_list_column cache_waste_columns[] = {
	{ "name", "cache", UI_CELL_TEXT },
	{ "size", "size", UI_CELL_COUNT },
	{ "order", "order", UI_CELL_COUNT },
	{ "pages_end", "pages", UI_CELL_COUNT },
	{ "objects_end", "in use", UI_CELL_COUNT },
	{ "free_bytes_end", "free objects", UI_CELL_BYTES },
	{ "waste_internal_bytes_end", "internal", UI_CELL_BYTES },
};

const struct ui_list ui_cache_waste_list = {
	"caches",
	"free_bytes_end+waste_internal_bytes_end",
	"no cache holds what nobody uses",
	COLUMNS(cache_waste_columns),
	true,
};

static const struct ui_list_column site_columns[] = {
	{ "symbol", "call site", UI_CELL_SITE },
	{ "site", NULL, UI_CELL_TEXT },
	{ "kind", "kind", UI_CELL_TEXT },
	{ "cache", "cache", UI_CELL_TEXT },
	{ "allocs", "allocs", UI_CELL_COUNT },
	{ "frees", "frees", UI_CELL_COUNT },
	{ "fails", "fails", UI_CELL_COUNT },
	{ "bytes_req", "asked for", UI_CELL_BYTES },
	{ "bytes_alloc", "given", UI_CELL_BYTES },
	{ "live_objects_end", NULL, UI_CELL_COUNT },
	{ "live_bytes_end", "live end", UI_CELL_BYTES },
	{ "live_bytes_peak", "live peak", UI_CELL_BYTES },
	{ "waste_bytes_peak", NULL, UI_CELL_BYTES },
	{ "waste_byte_seconds", NULL, UI_CELL_BYTE_SECONDS },
	{ "gfp", NULL, UI_CELL_TEXT },
	{ "contexts.task", NULL, UI_CELL_COUNT },
	{ "contexts.softirq", NULL, UI_CELL_COUNT },
	{ "contexts.hardirq", NULL, UI_CELL_COUNT },
	{ "contexts.nmi", NULL, UI_CELL_COUNT },
	{ "contexts.unknown", NULL, UI_CELL_COUNT },
};

const struct ui_list ui_site_list = {
	"call_sites", NULL, "nothing was allocated", COLUMNS(site_columns), false,
};

static const struct ui_list_column site_waste_columns[] = {
	{ "symbol", "call site", UI_CELL_SITE },
	{ "site", NULL, UI_CELL_TEXT },
	{ "kind", "kind", UI_CELL_TEXT },
	{ "cache", "cache", UI_CELL_TEXT },
	{ "waste_bytes_peak", "waste peak", UI_CELL_BYTES },
	{ "waste_byte_seconds", "waste over time", UI_CELL_BYTE_SECONDS },
	{ "live_bytes_peak", "live peak", UI_CELL_BYTES },
	{ "allocs", "allocs", UI_CELL_COUNT },
	{ "bytes_req", NULL, UI_CELL_BYTES },
	{ "bytes_alloc", NULL, UI_CELL_BYTES },
};

const struct ui_list ui_site_waste_list = {
	"call_sites",
	"waste_bytes_peak",
	"nothing was given that was not asked for",
	COLUMNS(site_waste_columns),
	true,
};

static const struct ui_list_column zone_columns[] = {
	{ "node", "node", UI_CELL_COUNT },
	{ "zone", "zone", UI_CELL_TEXT },
	{ "managed_pages", "managed", UI_CELL_COUNT },
	{ "wmark_min", "min", UI_CELL_COUNT },
	{ "wmark_low", "low", UI_CELL_COUNT },
	{ "wmark_high", "high", UI_CELL_COUNT },
	{ "free_pages_start", "free start", UI_CELL_COUNT },
	{ "free_pages_min", "lowest", UI_CELL_COUNT },
	{ "free_pages_end", "end", UI_CELL_COUNT },
	{ "free_pages_real", "host end", UI_CELL_COUNT },
	{ "fallbacks", "fallbacks", UI_CELL_COUNT },
	{ "unusable_index_order9_max", "unusable", UI_CELL_INDEX },
	{ "fragmentation_index_order9_max", "fragmented", UI_CELL_INDEX },
};

const struct ui_list ui_zone_list = {
	"zones", NULL, "no zone", COLUMNS(zone_columns), false,
};

static const struct ui_list_column failure_columns[] = {
	{ "ts_ns", "time (s)", UI_CELL_STAMP },
	{ "cpu", "cpu", UI_CELL_COUNT },
	{ "pid", "pid", UI_CELL_COUNT },
	{ "context", "context", UI_CELL_TEXT },
	{ "kind", "kind", UI_CELL_TEXT },
	{ "symbol", "call site", UI_CELL_SITE },
	{ "site", NULL, UI_CELL_TEXT },
	{ "order", "order", UI_CELL_COUNT },
	{ "bytes", "size", UI_CELL_BYTES },
	{ "gfp", "gfp", UI_CELL_TEXT },
	{ "model_failed", "model", UI_CELL_BOOL },
	{ "host_failed", "host", UI_CELL_BOOL },
	{ "reason", NULL, UI_CELL_TEXT },
};

const struct ui_list ui_failure_list = {
	"failures",
	NULL,
	"no request failed, in the model or on the host",
	COLUMNS(failure_columns),
	false,
};

static const struct ui_list_column misuse_columns[] = {
	{ "severity", "", UI_CELL_TEXT },
	{ "rule", "rule", UI_CELL_TEXT },
	{ "count", "events", UI_CELL_COUNT },
	{ "title", "what", UI_CELL_TEXT },
};

const struct ui_list ui_misuse_list = {
	"misuse", NULL, "no rule was broken", COLUMNS(misuse_columns), false,
};

static const struct ui_list_column hit_columns[] = {
	{ "count", "events", UI_CELL_COUNT },	{ "symbol", "call site", UI_CELL_SITE },
	{ "context", "context", UI_CELL_TEXT }, { "preempt", "preempt", UI_CELL_COUNT },
	{ "gfp", "gfp", UI_CELL_TEXT },
};

const struct ui_list ui_hit_list = {
	"call_sites", NULL, "no call site", COLUMNS(hit_columns), false,
};

static const struct ui_list_column leak_columns[] = {
	{ "symbol", "call site", UI_CELL_SITE },
	{ "site", NULL, UI_CELL_TEXT },
	{ "kind", "kind", UI_CELL_TEXT },
	{ "cache", "cache", UI_CELL_TEXT },
	{ "objects", "objects", UI_CELL_COUNT },
	{ "bytes", "bytes", UI_CELL_BYTES },
	{ "oldest_age_ns", "oldest", UI_CELL_TIME },
	{ "allocs", "of allocs", UI_CELL_COUNT },
	{ "suspect", "growing", UI_CELL_BOOL },
};

const struct ui_list ui_leak_list = {
	"leaks", NULL, "nothing older than half the trace is still there", COLUMNS(leak_columns),
	false,
};

static const struct ui_list_column timeline_columns[] = {
	{ "ts_ns", "time (s)", UI_CELL_STAMP },
	{ "live_bytes", "live", UI_CELL_BYTES },
	{ "waste_internal_bytes", "internal waste", UI_CELL_BYTES },
	{ "slab_pages", "slab pages", UI_CELL_COUNT },
	{ "free_pages", "free pages", UI_CELL_COUNT },
	{ "vmalloc_bytes", "vmalloc", UI_CELL_BYTES },
	{ "percpu_bytes", "percpu", UI_CELL_BYTES },
};

const struct ui_list ui_timeline_list = {
	"timeline", NULL, "no point in time", COLUMNS(timeline_columns), false,
};

static const struct ui_list_column fidelity_cache_columns[] = {
	{ "name", "cache", UI_CELL_TEXT },
	{ "slabs_start", "slabs start", UI_CELL_COUNT },
	{ "slabs_model", "model", UI_CELL_COUNT },
	{ "slabs_real", "host", UI_CELL_COUNT },
	{ "objects_model", "objects model", UI_CELL_COUNT },
	{ "objects_real", "host", UI_CELL_COUNT },
	{ "pages_model", "pages model", UI_CELL_COUNT },
	{ "pages_real", "host", UI_CELL_COUNT },
};

const struct ui_list ui_fidelity_cache_list = {
	"caches", "pages_model-pages_real", "no cache to compare", COLUMNS(fidelity_cache_columns),
	false,
};
