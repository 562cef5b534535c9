/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a trace to a running kernel: which machine, which flags, how full.
 *
 * The machine is the one asked for, else the host's, else, where the trace does not tell
 * enough of its host, the built-in one that is nearest: 64-bit x86 with the host's memory
 * if a fact names it, or 4 GiB.  Only the host's machine, of its own size, starts warm.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/replay/loop.h"

#define NR_TICKS 256
#define MIN_TICK_NS 1000000
#define NR_CPUS 65536 /* that an event can name */

#define SLAB_SETTINGS                                                                              \
	(1u << KM_SET_SLAB_MAX_ORDER | 1u << KM_SET_SLAB_MIN_OBJECTS |                             \
	 1u << KM_SET_SLAB_CPU_PARTIAL | 1u << KM_SET_CPUS)

static void init_gfp(struct km_replay *replay)
{
	const struct tf_meta *meta = replay->meta;
	const char *release = tf_meta_get(meta, "host.release");
	bool has_names = false;

	km_gfp_layout_clear(&replay->gfp);
	for (size_t i = 0; i < meta->nr_facts; i++) {
		const char *key = meta->facts[i].key;
		uint64_t bit = UINT64_MAX;

		if (!strncmp(key, "gfp.", 4))
			bit = tf_meta_get_u64(meta, key, UINT64_MAX);
		if (bit < 32 && !km_gfp_layout_set(&replay->gfp, key + 4, (unsigned int)bit))
			has_names = true;
	}
	if (!has_names && (!release || km_gfp_layout_era(&replay->gfp, release)))
		km_gfp_layout_init(&replay->gfp);
}

/*
 * Which allocators are replayed: those whose events were recorded.  Of the others the page events
 * tell all there is, and what they held before the trace stays held.
 */
static void choose_allocators(struct km_replay *replay)
{
	static const struct {
		enum tf_owner owner;
		const char *fact;
	} allocators[] = {
		{ TF_OWNER_SLAB, "record.class.slab" },
		{ TF_OWNER_VMALLOC, "record.class.vmalloc" },
		{ TF_OWNER_PERCPU, "record.class.percpu" },
	};
	struct km_host *host = &replay->host;

	for (size_t i = 0; i < sizeof(allocators) / sizeof(allocators[0]); i++) {
		const char *how = tf_meta_get(replay->meta, allocators[i].fact);

		if (!how || strstr(how, "tp_btf"))
			replay->loop->nested_owners |= 1u << allocators[i].owner;
	}
	if (!(replay->loop->nested_owners & 1u << TF_OWNER_SLAB))
		host->start.has_slab = host->end.has_slab = false;
	if (!(replay->loop->nested_owners & 1u << TF_OWNER_VMALLOC))
		host->start.has_vmalloc = host->end.has_vmalloc = false;
	if (!(replay->loop->nested_owners & 1u << TF_OWNER_PERCPU))
		host->start.has_percpu = host->end.has_percpu = false;
}

static int fallback_profile(const struct tf_meta *meta, struct km_profile *profile)
{
	uint64_t bytes = tf_meta_get_u64(meta, "host.mem_bytes", 0);
	int err = km_profile_builtin("x86-64-4g", profile);

	if (!err && bytes) {
		struct km_profile sized = *profile;

		if (!km_profile_set_memory(&sized, bytes) && !km_profile_check(&sized))
			*profile = sized;
	}
	profile->features = km_era_features(tf_meta_get(meta, "host.release"),
					    tf_meta_get(meta, "host.version"));
	return err;
}

static int host_machine(const struct km_host *host, const struct tf_meta *meta,
			struct km_profile *profile, char *note, size_t len)
{
	if (host->has_profile) {
		*profile = host->profile;
		return 0;
	}
	snprintf(note, len, "the trace does not describe its host: replayed on a machine like it");
	return fallback_profile(meta, profile);
}

int km_replay_host_machine(const struct tf_meta *meta, struct km_profile *profile, char *note,
			   size_t len)
{
	struct km_host *host = calloc(1, sizeof(*host));
	int err = host ? km_host_init(host, meta) : -ENOMEM;

	if (len)
		note[0] = 0;
	if (!err)
		err = host_machine(host, meta, profile, note, len);
	if (host)
		km_host_release(host);
	free(host);
	return err;
}

/* The machine, and what follows from which it is.  A note in reason if it is a substitute. */
static int choose_machine(struct km_replay *replay, const struct km_replay_options *options,
			  struct km_profile *profile, char *reason, size_t len)
{
	unsigned int set = options->settings ? options->settings->set : 0;

	if (options->profile) {
		*profile = *options->profile;
		return 0;
	}
	replay->loop->exact_caches = !(set & SLAB_SETTINGS);
	if (replay->host.has_profile) {
		replay->is_host_machine = !set;
		replay->is_warm = !(options->flags & KM_REPLAY_COLD) &&
				  replay->host.start.has_zones && !(set & 1u << KM_SET_MEM_SIZE);
	}
	return host_machine(&replay->host, replay->meta, profile, reason, len);
}

static void set_span(struct km_replay *replay, const struct km_replay_options *options)
{
	struct tf_reader_info info;
	uint64_t from, to;

	tf_reader_get_info(replay->reader, &info);
	from = options->from_ns > info.first_ns ? options->from_ns : info.first_ns;
	to = options->to_ns && options->to_ns < info.last_ns ? options->to_ns : info.last_ns;
	replay->span_ns = to > from ? to - from : 0;
	replay->tick_ns = options->tick_ns ? options->tick_ns : replay->span_ns / NR_TICKS;
	if (!options->tick_ns && replay->tick_ns < MIN_TICK_NS)
		replay->tick_ns = MIN_TICK_NS;
}

static uint64_t max_pfn(const struct km_replay *replay)
{
	const struct km_profile *profile = &replay->host.profile;
	uint64_t max = replay->kernel.machine.nr_pfns;

	for (unsigned int i = 0; replay->host.has_profile && i < profile->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];

		if (desc->start_pfn + desc->spanned_pages > max)
			max = desc->start_pfn + desc->spanned_pages;
	}
	return max;
}

static int init_tables(struct km_replay *replay)
{
	struct km_loop *loop = replay->loop;

	replay->live = km_live_new();
	replay->sites = km_site_map_new();
	loop->nested = km_nested_new();
	loop->cpus = calloc(NR_CPUS, sizeof(*loop->cpus));
	return replay->live && replay->sites && loop->nested && loop->cpus ? 0 : -ENOMEM;
}

static int start_kernel(struct km_replay *replay)
{
	struct km_loop *loop = replay->loop;
	int err = 0;

	if (replay->is_warm)
		km_warm_seed(replay);
	else
		err = km_pages_free_all(&replay->kernel.pages);
	if (!err)
		err = km_kernel_start(&replay->kernel);
	if (!err)
		err = km_caches_init(replay);
	if (err)
		return err;
	if (replay->is_warm)
		km_warm_populate(replay);
	km_page_set_ops(replay);
	loop->nr_given_back = max_pfn(replay);
	loop->given_back = calloc(loop->nr_given_back / 64 + 1, sizeof(*loop->given_back));
	return loop->given_back && !loop->out_of_memory ? 0 : -ENOMEM;
}

/* Did the model run out of memory, and not we? */
static bool is_machine_full(const struct km_replay *replay)
{
	return replay->kernel.pages.last_failure.nr_zones;
}

/* Choose, boot, start.  What a failure leaves is for stop_kernel(). */
static int boot(struct km_replay *replay, const struct km_replay_options *options, char *reason,
		size_t len)
{
	struct km_profile profile;
	int err = choose_machine(replay, options, &profile, reason, len);

	if (!err)
		err = km_kernel_boot(&replay->kernel, &profile, options->settings);
	if (!err)
		err = start_kernel(replay);
	if (err == -ENOMEM && is_machine_full(replay))
		err = -ENOSPC;
	return err;
}

static void stop_kernel(struct km_replay *replay)
{
	km_kernel_release(&replay->kernel);
	free(replay->cache_map);
	free(replay->loop->slots);
	free(replay->loop->given_back);
	replay->cache_map = NULL;
	replay->nr_cache_map = 0;
	replay->loop->slots = NULL;
	replay->loop->given_back = NULL;
	replay->loop->out_of_memory = false;
	replay->is_host_machine = false;
	replay->is_warm = false;
}

static const char *why_not(const struct km_replay *replay, int err)
{
	const char *why = NULL;

	if (err == -EINVAL)
		why = km_profile_check(&replay->kernel.machine.profile);
	if (err == -ENOSPC)
		why = "this machine has too little memory to boot";
	if (err == -ENOMEM)
		why = "out of memory";
	return why ? why : "this machine cannot be booted";
}

int km_replay_init(struct km_replay *replay, struct tf_reader *reader,
		   const struct km_replay_options *options, char *reason, size_t len)
{
	static const struct km_replay_options none;
	int err;

	if (!options)
		options = &none;
	if (len)
		reason[0] = 0;
	memset(replay, 0, sizeof(*replay));
	replay->reader = reader;
	replay->meta = tf_reader_meta(reader);
	replay->flags = options->flags;
	replay->loop = calloc(1, sizeof(*replay->loop));
	err = replay->loop ? km_host_init(&replay->host, replay->meta) : -ENOMEM;
	if (err)
		goto out;
	replay->loop->page_offset = tf_meta_get_u64(replay->meta, "calib.page_offset_base", 0);
	init_gfp(replay);
	choose_allocators(replay);
	set_span(replay, options);
	err = init_tables(replay);
	if (err)
		goto out;
	err = boot(replay, options, reason, len);
	if (err && replay->host.has_profile && !options->profile &&
	    !(options->settings && options->settings->set)) {
		/* Files that describe a host that cannot be are not an error. */
		stop_kernel(replay);
		replay->host.has_profile = false;
		err = boot(replay, options, reason, len);
	}
out:
	if (!err)
		return 0;
	snprintf(reason, len, "%s", why_not(replay, err));
	km_replay_release(replay);
	return err;
}

void km_replay_release(struct km_replay *replay)
{
	struct km_loop *loop = replay->loop;

	if (loop) {
		stop_kernel(replay);
		km_moved_release(&loop->moved);
		km_nested_free(loop->nested);
		free(loop->cpus);
		free(loop);
	}
	km_live_free(replay->live);
	km_site_map_free(replay->sites);
	km_host_release(&replay->host);
	memset(replay, 0, sizeof(*replay));
}
