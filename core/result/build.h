/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of a result, each made by its own function.  Private to core/result.
 *
 * All of them return what they made (NULL, and out->err set, when memory ran out)
 * and read what km_analysis_finish() left.
 */
#ifndef CORE_RESULT_BUILD_H
#define CORE_RESULT_BUILD_H

#include "core/analysis/analysis.h"
#include "core/result/json.h"
#include "core/result/result.h"

/* build_summary.c */
json_t *km_build_trace(struct km_json_out *out, const struct km_replay *replay,
		       const struct km_result_range *range);
json_t *km_build_machine(struct km_json_out *out, const struct km_replay *replay);
json_t *km_build_settings(struct km_json_out *out, const struct km_replay *replay);
json_t *km_build_events(struct km_json_out *out, const struct km_replay *replay);
json_t *km_build_metrics(struct km_json_out *out, const struct km_analysis *analysis);
/* Of all kinds that are not explained and legal. */
uint64_t km_divergence_total(const struct km_replay *replay);

/* build_lists.c */
json_t *km_build_caches(struct km_json_out *out, const struct km_analysis *analysis);
json_t *km_build_call_sites(struct km_json_out *out, const struct km_analysis *analysis);
json_t *km_build_leaks(struct km_json_out *out, const struct km_analysis *analysis);
json_t *km_build_timeline(struct km_json_out *out, const struct km_analysis *analysis);

/* build_trouble.c */
json_t *km_build_zones(struct km_json_out *out, const struct km_analysis *analysis);
json_t *km_build_failures(struct km_json_out *out, const struct km_analysis *analysis);
json_t *km_build_misuse(struct km_json_out *out, const struct km_analysis *analysis);
json_t *km_build_fidelity(struct km_json_out *out, const struct km_analysis *analysis);

/*
 * Analyses count time from the first event that was replayed; a result counts from the
 * first of the trace.
 */
uint64_t km_build_time(const struct km_replay *replay, uint64_t since_first_replayed_ns);
/* The two keys "site" and "symbol". */
void km_build_site(struct km_json_out *out, json_t *object, const struct tf_meta *meta,
		   uint64_t call_site);
/* "GFP_KERNEL|ZERO", "" for none. */
json_t *km_build_gfp(km_gfp gfp);

#endif
