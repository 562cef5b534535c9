/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a recording is, told in its own trace.
 */
#include "bpf/facts.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

/* "1,2,3" */
static int add_pids_fact(const struct kc_filter *filter, struct tf_meta *meta)
{
	char text[KC_MAX_FILTER_PIDS * 12] = "";
	size_t len = 0;

	for (unsigned int i = 0; i < filter->nr_pids; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%d", i ? "," : "",
					filter->pids[i]);
	return len ? tf_meta_set(meta, "record.filter.pid", text) : 0;
}

/* "0-3,7" */
static int add_cpus_fact(const struct kc_filter *filter, struct tf_meta *meta)
{
	char text[1024] = "";
	size_t len = 0;

	for (unsigned int cpu = 0, first; cpu < KC_MAX_FILTER_CPUS; cpu++) {
		if (!(filter->cpus[cpu / 64] >> cpu % 64 & 1))
			continue;
		for (first = cpu; cpu + 1 < KC_MAX_FILTER_CPUS &&
				  filter->cpus[(cpu + 1) / 64] >> (cpu + 1) % 64 & 1;)
			cpu++;
		if (len + 16 > sizeof(text))
			break;
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					first == cpu ? "%s%u" : "%s%u-%u", len ? "," : "", first,
					cpu);
	}
	return filter->has_cpus ? tf_meta_set(meta, "record.filter.cpu", text) : 0;
}

/* What was left out on purpose, and what of it a reader must multiply by. */
int kc_add_option_facts(const struct kc_options *options, struct tf_meta *meta)
{
	const struct kc_filter *filter = &options->filter;
	int err = add_pids_fact(filter, meta);

	if (!err)
		err = add_cpus_fact(filter, meta);
	if (!err && filter->cgroup)
		err = tf_meta_set(meta, "record.filter.cgroup", filter->cgroup);
	if (!err && filter->min_bytes)
		err = tf_meta_setf(meta, "record.filter.min_bytes", "%llu",
				   (unsigned long long)filter->min_bytes);
	if (!err && filter->sample_sites > 1)
		err = tf_meta_setf(meta, "record.weight", "%u", filter->sample_sites);
	if (!err && options->stack_depth)
		err = tf_meta_setf(meta, "record.stack_depth", "%u", options->stack_depth);
	if (!err && options->stack_every > 1)
		err = tf_meta_setf(meta, "record.stack_every", "%u", options->stack_every);
	return err;
}

int kc_add_calibration_facts(const struct kc_calibration *cal, struct tf_meta *meta)
{
	int err = 0;

	if (cal->has_vmemmap)
		err = tf_meta_setf(meta, "calib.vmemmap_base", "0x%llx",
				   (unsigned long long)cal->vmemmap_base);
	if (!err && cal->vmemmap_source)
		err = tf_meta_set(meta, "calib.vmemmap_source", cal->vmemmap_source);
	if (!err && cal->page_offset_source)
		err = tf_meta_set(meta, "calib.page_offset_source", cal->page_offset_source);
	if (!err && cal->has_page_offset)
		err = tf_meta_setf(meta, "calib.page_offset_base", "0x%llx",
				   (unsigned long long)cal->page_offset_base);
	if (!err)
		err = tf_meta_setf(meta, "calib.preempt", "%s",
				   !cal->has_preempt	     ? "unknown"
				   : cal->preempt_is_counted ? "counted"
							     : "interrupts only");
	return err;
}
