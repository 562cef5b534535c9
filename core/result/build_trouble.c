/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What went wrong, and how far the model can be trusted: zones, failures, misuse,
 * fidelity.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/result/build.h"

#include <math.h>

static json_t *build_blocks(struct km_json_out *out, const struct zone *zone)
{
	json_t *blocks = json_array();

	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		km_json_append(out, blocks, km_json_u64(zone->free_area[order].nr_free));
	return blocks;
}

static json_t *build_numbers(struct km_json_out *out, const uint64_t *numbers, unsigned int nr)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < nr; i++)
		km_json_append(out, array, km_json_u64(numbers[i]));
	return array;
}

static json_t *build_unusable(struct km_json_out *out, const struct zone *zone)
{
	json_t *array = json_array();

	for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
		km_json_append(out, array, json_integer(km_unusable_index(zone, order)));
	return array;
}

static json_t *build_zone(struct km_json_out *out, const struct km_analysis *analysis,
			  unsigned int index)
{
	const struct zone *zone = &analysis->replay->kernel.pages.zones[index];
	const struct km_zone_stats *stats = &analysis->zones.zones[index];
	const struct km_fidelity *fidelity = &analysis->fidelity;
	json_t *object = json_object();

	km_json_set(out, object, "node", km_json_u64(zone->node));
	km_json_set(out, object, "zone", km_json_text(km_zone_type_name(zone->type)));
	km_json_set(out, object, "managed_pages", km_json_u64(zone->managed_pages));
	km_json_set(out, object, "wmark_min", km_json_u64(zone->wmark_min));
	km_json_set(out, object, "wmark_low", km_json_u64(zone->wmark_low));
	km_json_set(out, object, "wmark_high", km_json_u64(zone->wmark_high));
	km_json_set(out, object, "free_pages_start", km_json_u64(stats->free_pages_start));
	km_json_set(out, object, "free_pages_min", km_json_u64(stats->free_pages_min));
	km_json_set(out, object, "free_pages_end", km_json_u64(stats->free_pages_end));
	km_json_set(out, object, "free_pages_real",
		    fidelity->has_zones ? km_json_u64(fidelity->free_pages_real[index])
					: json_null());
	km_json_set(out, object, "fallbacks", km_json_u64(zone->nr_fallbacks));
	km_json_set(out, object, "unusable_index_order9_max", json_integer(stats->unusable_max));
	km_json_set(out, object, "fragmentation_index_order9_max",
		    json_integer(stats->fragmentation_max));
	km_json_set(out, object, "unusable_index_end", build_unusable(out, zone));
	km_json_set(out, object, "blocks_end", build_blocks(out, zone));
	km_json_set(out, object, "blocks_real",
		    fidelity->has_zones
			    ? build_numbers(out, fidelity->blocks_real[index], KM_NR_ORDERS)
			    : json_null());
	return object;
}

json_t *km_build_zones(struct km_json_out *out, const struct km_analysis *analysis)
{
	const struct km_pages *pages = &analysis->replay->kernel.pages;
	json_t *zones = json_array();

	for (unsigned int i = 0; i < pages->nr_zones && i < analysis->zones.nr_zones; i++) {
		if (pages->zones[i].managed_pages)
			km_json_append(out, zones, build_zone(out, analysis, i));
	}
	return zones;
}

static json_t *build_refusals(struct km_json_out *out, const struct km_replay *replay,
			      const struct km_page_failure *failure)
{
	const struct km_pages *pages = &replay->kernel.pages;
	json_t *zones = json_array();

	for (unsigned int i = 0; i < failure->nr_zones; i++) {
		const struct zone *zone = &pages->zones[failure->zones[i].zone];
		json_t *object = json_object();

		if (!zone->managed_pages) {
			json_decref(object);
			continue;
		}
		km_json_set(out, object, "node", km_json_u64(zone->node));
		km_json_set(out, object, "zone", km_json_text(km_zone_type_name(zone->type)));
		km_json_set(out, object, "refusal",
			    json_string(km_refusal_name(failure->zones[i].refusal)));
		km_json_set(out, object, "free_pages", km_json_u64(failure->zones[i].free_pages));
		km_json_set(out, object, "mark", km_json_u64(failure->zones[i].mark));
		km_json_set(out, object, "shortfall", km_json_u64(failure->zones[i].shortfall));
		km_json_set(out, object, "fragmentation_index",
			    json_integer(failure->zones[i].fragmentation_index));
		km_json_set(out, object, "unusable_index",
			    json_integer(failure->zones[i].unusable_index));
		km_json_append(out, zones, object);
	}
	return zones;
}

/* For a person, line by line; empty if pages were not what was missing. */
static json_t *build_explanation(struct km_json_out *out, const struct km_replay *replay,
				 const struct km_page_failure *failure)
{
	const struct km_pages *pages = &replay->kernel.pages;
	json_t *lines = json_array();
	size_t size;
	char *text;

	if (!failure->nr_zones)
		return lines;
	size = km_page_failure_print(failure, pages, NULL, 0) + 1;
	text = malloc(size);
	if (!text) {
		out->err = -ENOMEM;
		return lines;
	}
	km_page_failure_print(failure, pages, text, size);
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = 0;
		km_json_append(out, lines, km_json_text(line));
	}
	free(text);
	return lines;
}

static json_t *build_failure(struct km_json_out *out, const struct km_replay *replay,
			     const struct km_failure *failure)
{
	json_t *object = json_object();

	km_json_set(out, object, "ts_ns", km_json_u64(km_build_time(replay, failure->ts_ns)));
	km_json_set(out, object, "cpu", km_json_u64(failure->cpu));
	km_json_set(out, object, "pid", km_json_u64(failure->pid));
	km_json_set(out, object, "context", km_json_text(km_context_name(failure->context)));
	km_json_set(out, object, "kind", km_json_text(tf_kind_name(failure->kind)));
	km_build_site(out, object, replay->meta, failure->call_site);
	km_json_set(out, object, "order", km_json_u64(failure->order));
	km_json_set(out, object, "bytes", km_json_u64(failure->bytes));
	km_json_set(out, object, "gfp", km_build_gfp(failure->gfp));
	km_json_set(out, object, "reason", km_json_text(failure->reason));
	km_json_set(out, object, "host_failed", json_boolean(failure->flags & KM_FAILED_HOST));
	km_json_set(out, object, "model_failed", json_boolean(failure->flags & KM_FAILED_MODEL));
	km_json_set(out, object, "zones", build_refusals(out, replay, &failure->pages));
	km_json_set(out, object, "explanation", build_explanation(out, replay, &failure->pages));
	return object;
}

json_t *km_build_failures(struct km_json_out *out, const struct km_analysis *analysis)
{
	const struct km_failures *failures = &analysis->failures;
	json_t *array = json_array();

	for (uint32_t i = 0; i < failures->nr; i++)
		km_json_append(out, array,
			       build_failure(out, analysis->replay, &failures->list[i]));
	return array;
}

static const char *severity_name(enum km_severity severity)
{
	switch (severity) {
	case KM_SEVERITY_ERROR:
		return "E";
	case KM_SEVERITY_WARNING:
		return "W";
	default:
		return "H";
	}
}

static json_t *build_hits(struct km_json_out *out, const struct km_misuse *misuse,
			  const struct km_misuse_finding *finding)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < finding->nr_hits && i < KM_RESULT_MAX_HITS; i++) {
		const struct km_misuse_hit *hit = &misuse->hits[finding->first_hit + i];
		json_t *object = json_object();

		km_build_site(out, object, misuse->replay->meta, hit->call_site);
		km_json_set(out, object, "kind", km_json_text(tf_kind_name(hit->kind)));
		km_json_set(out, object, "count", km_json_u64(hit->count));
		km_json_set(out, object, "first_ns",
			    km_json_u64(km_build_time(misuse->replay, hit->first_ns)));
		km_json_set(out, object, "gfp", km_build_gfp(hit->gfp));
		km_json_set(out, object, "context", km_json_text(km_context_name(hit->context)));
		km_json_set(out, object, "preempt", km_json_u64(hit->preempt));
		km_json_append(out, array, object);
	}
	return array;
}

json_t *km_build_misuse(struct km_json_out *out, const struct km_analysis *analysis)
{
	const struct km_misuse *misuse = &analysis->misuse;
	json_t *array = json_array();

	for (uint32_t i = 0; i < misuse->nr_findings; i++) {
		const struct km_misuse_finding *finding = &misuse->findings[i];
		const struct km_misuse_rule *rule = km_misuse_rule(finding->rule);
		json_t *object = json_object();

		km_json_set(out, object, "rule", km_json_text(rule->id));
		km_json_set(out, object, "severity", json_string(severity_name(rule->severity)));
		km_json_set(out, object, "title", km_json_text(rule->title));
		km_json_set(out, object, "count", km_json_u64(finding->count));
		km_json_set(out, object, "nr_call_sites", km_json_u64(finding->nr_hits));
		km_json_set(out, object, "call_sites", build_hits(out, misuse, finding));
		km_json_append(out, array, object);
	}
	return array;
}

static json_t *build_known_count(double value)
{
	return isfinite(value) ? km_json_u64((uint64_t)llround(value)) : json_null();
}

static json_t *build_fidelity_caches(struct km_json_out *out, const struct km_fidelity *fidelity)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < fidelity->nr_caches; i++) {
		const struct km_fidelity_cache *cache = &fidelity->caches[i];
		json_t *object = json_object();

		km_json_set(out, object, "name", km_json_text(cache->name));
		km_json_set(out, object, "slabs_start", km_json_u64(cache->slabs_start));
		km_json_set(out, object, "slabs_model", km_json_u64(cache->slabs_model));
		km_json_set(out, object, "slabs_real", km_json_u64(cache->slabs_real));
		km_json_set(out, object, "objects_model", km_json_u64(cache->objects_model));
		km_json_set(out, object, "objects_real", km_json_u64(cache->objects_real));
		km_json_set(out, object, "pages_model", km_json_u64(cache->pages_model));
		km_json_set(out, object, "pages_real", km_json_u64(cache->pages_real));
		km_json_append(out, array, object);
	}
	return array;
}

json_t *km_build_fidelity(struct km_json_out *out, const struct km_analysis *analysis)
{
	const struct km_fidelity *fidelity = &analysis->fidelity;
	json_t *object;

	if (!fidelity->is_known)
		return json_null();
	object = json_object();
	km_json_set(out, object, "bytes_alloc_match_pct",
		    km_json_real(fidelity->bytes_alloc_match_pct));
	km_json_set(out, object, "slab_pages_start", build_known_count(fidelity->slab_pages_start));
	km_json_set(out, object, "slab_pages_model", build_known_count(fidelity->slab_pages_model));
	km_json_set(out, object, "slab_pages_real", build_known_count(fidelity->slab_pages_real));
	km_json_set(out, object, "slab_pages_error_pct",
		    km_json_real(fidelity->slab_pages_error_pct));
	km_json_set(out, object, "slab_churn_error_pct",
		    km_json_real(fidelity->slab_churn_error_pct));
	km_json_set(out, object, "caches", build_fidelity_caches(out, fidelity));
	km_json_set(out, object, "free_pages_error_pct",
		    km_json_real(fidelity->free_pages_error_pct));
	km_json_set(out, object, "free_blocks_error_pct",
		    km_json_real(fidelity->free_blocks_error_pct));
	km_json_set(out, object, "zone_match_pct", km_json_real(fidelity->zone_match_pct));
	km_json_set(out, object, "vmalloc_error_pct", km_json_real(fidelity->vmalloc_error_pct));
	km_json_set(out, object, "percpu_error_pct", km_json_real(fidelity->percpu_error_pct));
	km_json_set(out, object, "failures_model", km_json_u64(fidelity->failures_model));
	km_json_set(out, object, "failures_real", km_json_u64(fidelity->failures_real));
	km_json_set(out, object, "implied_frees", km_json_u64(fidelity->implied_frees));
	km_json_set(out, object, "implied_allocs", km_json_u64(fidelity->implied_allocs));
	return object;
}
