/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was replayed, on what, and the flat numbers: the head of a result.
 */
#include "core/result/build.h"

#include <string.h>

/* A trace is complete if its recorder closed it and every block of it could be read. */
static bool is_complete(const struct km_replay *replay, const struct tf_reader_info *info)
{
	return info->complete && !replay->nr_damaged_blocks;
}

json_t *km_build_trace(struct km_json_out *out, const struct km_replay *replay,
		       const struct km_result_range *range)
{
	const struct tf_meta *meta = replay->meta;
	json_t *trace = json_object(), *by_type = json_object();
	struct tf_reader_info info;

	tf_reader_get_info(replay->reader, &info);
	km_json_set(out, trace, "release", km_json_text(tf_meta_get(meta, "host.release")));
	km_json_set(out, trace, "machine", km_json_text(tf_meta_get(meta, "host.machine")));
	km_json_set(out, trace, "cpus", km_json_u64(tf_meta_get_u64(meta, "host.cpus_online", 0)));
	km_json_set(out, trace, "nodes", km_json_u64(tf_meta_get_u64(meta, "host.numa_nodes", 0)));
	km_json_set(out, trace, "command", km_json_text(tf_meta_get(meta, "record.command")));
	km_json_set(out, trace, "duration_ns", km_json_u64(info.last_ns - info.first_ns));
	km_json_set(out, trace, "events", km_json_u64(info.nr_events));
	for (unsigned int kind = 0; kind < TF_NR_KINDS; kind++) {
		if (info.by_kind[kind])
			km_json_set(out, by_type, tf_kind_name(kind),
				    km_json_u64(info.by_kind[kind]));
	}
	km_json_set(out, trace, "by_type", by_type);
	km_json_set(out, trace, "lost", km_json_u64(info.nr_lost));
	km_json_set(out, trace, "complete", json_boolean(is_complete(replay, &info)));
	km_json_set(out, trace, "damaged_blocks", km_json_u64(replay->nr_damaged_blocks));
	if (range) {
		km_json_set(out, trace, "from_ns", km_json_u64(range->from_ns));
		km_json_set(out, trace, "to_ns",
			    range->to_ns == UINT64_MAX ? json_null() : km_json_u64(range->to_ns));
	}
	return trace;
}

uint64_t km_build_time(const struct km_replay *replay, uint64_t since_first_replayed_ns)
{
	struct tf_reader_info info;

	tf_reader_get_info(replay->reader, &info);
	if (replay->first_ns < info.first_ns)
		return since_first_replayed_ns;
	return since_first_replayed_ns + (replay->first_ns - info.first_ns);
}

json_t *km_build_machine(struct km_json_out *out, const struct km_replay *replay)
{
	const struct km_profile *profile = &replay->kernel.machine.profile;
	const struct km_pages *pages = &replay->kernel.pages;
	json_t *machine = json_object();
	uint64_t managed = 0;

	for (unsigned int i = 0; i < pages->nr_zones; i++)
		managed += pages->zones[i].managed_pages;
	km_json_set(out, machine, "name", km_json_text(profile->name));
	km_json_set(out, machine, "cpus", km_json_u64(profile->nr_cpus));
	km_json_set(out, machine, "possible_cpus", km_json_u64(profile->nr_possible_cpus));
	km_json_set(out, machine, "nodes", km_json_u64(profile->nr_nodes));
	km_json_set(out, machine, "pages", km_json_u64(managed));
	km_json_set(out, machine, "is_host", json_boolean(replay->is_host_machine));
	km_json_set(out, machine, "warm", json_boolean(replay->is_warm));
	return machine;
}

json_t *km_build_settings(struct km_json_out *out, const struct km_replay *replay)
{
	json_t *settings = json_object();
	const char *key;
	char value[128];

	for (unsigned int i = 0;
	     (key = km_settings_given(&replay->kernel.settings, i, value, sizeof(value))); i++)
		km_json_set(out, settings, key, km_json_text(value));
	return settings;
}

static bool is_explained(unsigned int divergence)
{
	return divergence == KM_DIV_WARM_FREE || divergence == KM_DIV_SPLIT_FREE ||
	       divergence == KM_DIV_DOUBLED;
}

uint64_t km_divergence_total(const struct km_replay *replay)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i < KM_NR_DIVERGENCES; i++) {
		if (!is_explained(i))
			total += replay->divergence[i];
	}
	return total;
}

json_t *km_build_events(struct km_json_out *out, const struct km_replay *replay)
{
	json_t *events = json_object(), *divergence = json_object();

	km_json_set(out, events, "seen", km_json_u64(replay->nr_events));
	km_json_set(out, events, "replayed", km_json_u64(replay->nr_replayed));
	for (unsigned int i = 0; i < KM_NR_DIVERGENCES; i++)
		km_json_set(out, divergence, km_divergence_name(i),
			    km_json_u64(replay->divergence[i]));
	km_json_set(out, divergence, "total", km_json_u64(km_divergence_total(replay)));
	km_json_set(out, events, "divergence", divergence);
	return events;
}

json_t *km_build_metrics(struct km_json_out *out, const struct km_analysis *analysis)
{
	const struct km_replay *replay = analysis->replay;
	const struct km_waste *waste = &analysis->waste;
	const struct km_zones *zones = &analysis->zones;
	const struct km_failures *failures = &analysis->failures;
	json_t *metrics = json_object();
	const struct {
		const char *name;
		__int128 value; /* counts of 64 bits, and indexes that may be negative */
	} values[] = {
		{ "live.bytes_peak", waste->live_bytes_peak },
		{ "live.objects_peak", waste->live_objects_peak },
		{ "waste.internal_bytes_peak", waste->internal_bytes_peak },
		{ "waste.internal_byte_seconds", (uint64_t)(waste->internal_byte_ns / 1000000000) },
		{ "waste.slab_partial_bytes_end", waste->slab_partial_bytes_end },
		{ "slab.pages_peak", waste->slab_pages_peak },
		{ "slab.pages_end", waste->slab_pages_end },
		{ "page.free_pages_min", zones->free_pages_min },
		{ "page.unusable_index_order9_max", zones->unusable_max },
		{ "page.fragmentation_index_order9_max", zones->fragmentation_max },
		{ "vmalloc.bytes_peak", waste->vmalloc_bytes_peak },
		{ "vmalloc.waste_bytes_peak", waste->vmalloc_waste_bytes_peak },
		{ "percpu.bytes_peak", waste->percpu_bytes_peak },
		{ "percpu.waste_bytes_peak", waste->percpu_waste_bytes_peak },
		{ "fail.total", failures->total },
		{ "fail.order_ge_3", failures->order_ge_3 },
		{ "fail.atomic", failures->atomic },
		{ "misuse.total", analysis->misuse.total },
		{ "leak.suspect_bytes", analysis->leaks.suspect_bytes },
		{ "divergence.total", km_divergence_total(replay) },
		{ "lost.total", replay->nr_lost },
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		km_json_set(out, metrics, values[i].name,
			    json_integer(values[i].value > INT64_MAX
						 ? INT64_MAX
						 : (json_int_t)values[i].value));
	return metrics;
}
