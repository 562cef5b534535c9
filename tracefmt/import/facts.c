/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the end of an import knows: facts of the same names as a recording's where these have a
 * meaning, and import.* for the rest.
 */
#include <stdio.h>

#include "tracefmt/import/state.h"

static int set_count(struct tf_import *imp, const char *key, uint64_t nr)
{
	return tf_meta_setf(&imp->meta, key, "%llu", (unsigned long long)nr);
}

static int add_classes(struct tf_import *imp)
{
	static const struct {
		const char *key;
		unsigned int class;
	} classes[] = {
		{ "record.class.slab", TF_CLASS_SLAB },
		{ "record.class.page", TF_CLASS_PAGE },
		{ "record.class.vmalloc", TF_CLASS_VMALLOC },
		{ "record.class.percpu", TF_CLASS_PERCPU },
	};
	const char *source = tf_meta_get(&imp->meta, "import.source");
	int err = 0;

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]) && !err; i++)
		err = tf_meta_set(&imp->meta, classes[i].key,
				  !(imp->classes & classes[i].class) ? "not in the imported trace"
				  : source			     ? source
								     : "imported");
	return err;
}

static int add_context(struct tf_import *imp)
{
	const char *preempt = !imp->has_flags  ? "unknown"
			      : imp->has_depth ? "counted"
					       : "interrupts only";
	int err = tf_meta_set(&imp->meta, "calib.preempt", preempt);

	if (!err && imp->has_flags)
		err = tf_meta_set(&imp->meta, "record.irqs_off", "1");
	if (!err && imp->preempt_offset)
		err = tf_meta_set(&imp->meta, "import.preempt", "one less than told");
	return err;
}

/* Kernel pointers have their top bit set, hashed ones are 32 bits that may be anything. */
static const char *pointers(const struct tf_import *imp)
{
	if (imp->pointer_bytes == 4)
		return !imp->nr_plain ? NULL : imp->nr_unaligned ? "hashed" : "plain";
	if (!imp->nr_plain && !imp->nr_hashed)
		return NULL;
	return !imp->nr_hashed ? "plain" : !imp->nr_plain ? "hashed" : "mixed";
}

static const char *sites(const struct tf_import *imp)
{
	if (!imp->symbols.nr_made_up)
		return NULL;
	return imp->symbols.nr_made_up == imp->symbols.nr_sites ? "made up, from symbols"
								: "some made up, from symbols";
}

static int add_pointers(struct tf_import *imp)
{
	const char *value = pointers(imp);
	int err = value ? tf_meta_set(&imp->meta, "import.pointers", value) : 0;

	value = sites(imp);
	if (!err && value)
		err = tf_meta_set(&imp->meta, "import.call_sites", value);
	if (!err && imp->has_page_pfn)
		err = tf_meta_set(&imp->meta, "import.pfn", "addresses of struct page");
	return err;
}

static int add_counts(struct tf_import *imp)
{
	const struct tf_import_stats *stats = &imp->stats;
	const struct {
		const char *key;
		uint64_t nr;
		bool always;
	} counts[] = {
		{ "import.lines", stats->nr_lines, stats->nr_lines != 0 },
		{ "import.records", stats->nr_records, true },
		{ "import.doubled", stats->nr_doubled, true },
		{ "import.dropped", stats->nr_dropped, true },
		{ "import.ignored", stats->nr_ignored, true },
		{ "import.malformed", stats->nr_malformed, true },
		{ "import.not_events", stats->nr_not_events, true },
		{ "import.steps_back", stats->nr_steps_back, true },
		{ "import.odd_gfp", stats->nr_odd_gfp, false },
		{ "import.uncounted_losses", stats->nr_uncounted_losses, false },
		{ "import.unnamed_allocs", stats->nr_unnamed, false },
		{ "import.wrong_cache_guesses", stats->nr_wrong_guess, false },
		{ "import.sites_refused", stats->nr_refused_sites, false },
		{ "import.frames_refused", stats->nr_refused_frames, false },
		{ "import.names_refused", stats->nr_refused_names, false },
		{ "import.stacks_refused", stats->nr_refused_stacks, false },
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]) && !err; i++)
		if (counts[i].always || counts[i].nr)
			err = set_count(imp, counts[i].key, counts[i].nr);
	for (size_t i = 0; i < stats->nr_kinds_ignored && i < TF_IMPORT_IGNORED_FACTS && !err;
	     i++) {
		char key[96];

		snprintf(key, sizeof(key), "import.ignored.%s", imp->ignored[i].name);
		err = set_count(imp, key, imp->ignored[i].nr);
	}
	return err;
}

int tf_import_add_facts(struct tf_import *imp)
{
	int err = add_classes(imp);

	if (!err)
		err = add_context(imp);
	if (!err)
		err = add_pointers(imp);
	if (!err)
		err = add_counts(imp);
	return err ? err : tf_gfp_add_facts(&imp->gfp, &imp->meta);
}
