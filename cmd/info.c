/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmemtool info: what a trace holds.  Nothing but the index and the metadata is
 * read, so it takes no longer for a long trace than for a short one.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/info_snapshot.h"
#include "cmd/ui/args.h"
#include "cmd/ui/units.h"
#include "core/result/json.h"
#include "tracefmt/reader.h"

struct info_args {
	const char *file;
	bool json, has_snapshot;
	struct info_snapshot snapshot;
};

enum option_key {
	KEY_SNAPSHOT = 256,
};

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "Print one JSON object", 0 },
	{ "snapshot", KEY_SNAPSHOT, "N[:PATH]", 0,
	  "List the files of snapshot N, or print that of PATH", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct info_args *args = state->input;

	switch (key) {
	case 'j':
		args->json = true;
		return 0;
	case KEY_SNAPSHOT:
		args->has_snapshot = true;
		return info_take_snapshot(arg, &args->snapshot);
	case ARGP_KEY_ARG:
		return ui_take_file("info", &args->file, arg);
	case ARGP_KEY_NO_ARGS:
		ui_usage_error("info", "no trace given");
		return EINVAL;
	case ARGP_KEY_END:
		if (!args->json || !args->has_snapshot)
			return 0;
		ui_usage_error("info", "--json does not go with --snapshot");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "F",
	.doc = "Print what the trace F holds: host, span, events, loss, completeness.",
};

static double bytes_per_event(const struct tf_reader_info *info)
{
	return info->nr_events ? (double)info->file_bytes / (double)info->nr_events : 0;
}

/* The facts "GROUP.key" as an object of their own. */
static json_t *build_facts(struct km_json_out *out, const struct tf_meta *meta, const char *group)
{
	json_t *object = json_object();
	size_t len = strlen(group);

	for (size_t i = 0; i < meta->nr_facts; i++) {
		const char *key = meta->facts[i].key;
		char name[128];

		if (!strncmp(key, group, len) && key[len] == '.')
			km_json_set(out, object, ui_clean(key + len + 1, name, sizeof(name)),
				    km_json_text(meta->facts[i].value));
	}
	return object;
}

/* The machine as the file header has it; the facts of "host" may say more. */
static json_t *build_machine(struct km_json_out *out, const struct tf_reader *reader)
{
	json_t *object = json_object();
	struct tf_host host;

	tf_reader_get_host(reader, &host);
	km_json_set(out, object, "name", json_string(host.machine));
	km_json_set(out, object, "pointer_bytes", km_json_u64(host.pointer_bytes));
	km_json_set(out, object, "page_bytes", km_json_u64(UINT64_C(1) << host.page_shift));
	km_json_set(out, object, "big_endian", json_boolean(host.big_endian));
	return object;
}

static json_t *build_cpus(struct km_json_out *out, uint64_t cpus)
{
	json_t *list = json_array();

	for (unsigned int cpu = 0; cpu < 64; cpu++) {
		if (cpus >> cpu & 1)
			km_json_append(out, list, km_json_u64(cpu));
	}
	return list;
}

static json_t *build_events(struct km_json_out *out, const struct tf_reader_info *info)
{
	json_t *events = json_object(), *by_type = json_object();

	km_json_set(out, events, "total", km_json_u64(info->nr_events));
	for (unsigned int kind = 0; kind < TF_NR_KINDS; kind++)
		km_json_set(out, by_type, tf_kind_name(kind), km_json_u64(info->by_kind[kind]));
	km_json_set(out, events, "by_type", by_type);
	return events;
}

/* How much there is of what is no event. */
static void set_counts(struct km_json_out *out, json_t *root, const struct tf_meta *meta,
		       const struct tf_reader_info *info)
{
	json_t *checkpoints = json_object();

	km_json_set(out, root, "blocks", km_json_u64(info->nr_blocks));
	km_json_set(out, checkpoints, "count", km_json_u64(info->nr_checkpoints));
	km_json_set(out, checkpoints, "bytes", km_json_u64(info->checkpoint_bytes));
	km_json_set(out, root, "checkpoints", checkpoints);
	km_json_set(out, root, "caches", km_json_u64(meta->nr_caches));
	km_json_set(out, root, "symbols", km_json_u64(meta->nr_symbols));
	km_json_set(out, root, "stacks", km_json_u64(meta->nr_stacks));
	km_json_set(out, root, "snapshots", km_json_u64(meta->nr_snapshots));
	km_json_set(out, root, "light_snapshots", km_json_u64(info_nr_light(meta)));
}

/* Did kmemtool pack have something to say of the trace that it was given? */
static bool is_packed(const struct tf_meta *meta)
{
	for (size_t i = 0; i < meta->nr_facts; i++) {
		if (!strncmp(meta->facts[i].key, "pack.", 5))
			return true;
	}
	return false;
}

static int print_json(const struct tf_reader *reader, const struct tf_reader_info *info)
{
	static const char *const groups[] = { "host", "record", "calib", "gfp" };
	json_t *imported;
	const struct tf_meta *meta = tf_reader_meta(reader);
	struct km_json_out out = { 0 };
	json_t *root = json_object(), *lost = json_object();
	char version[16];
	int status = UI_DONE;

	snprintf(version, sizeof(version), "%u.%u", info->version_major, info->version_minor);
	km_json_set(&out, root, "format_version", json_string(version));
	km_json_set(&out, root, "complete", json_boolean(info->complete));
	km_json_set(&out, root, "anonymized", json_boolean(info->anonymized));
	km_json_set(&out, root, "segments", km_json_u64(info->nr_segments));
	km_json_set(&out, root, "file_bytes", km_json_u64(info->file_bytes));
	km_json_set(&out, root, "bytes_per_event",
		    info->nr_events ? km_json_real(bytes_per_event(info)) : json_null());
	km_json_set(&out, root, "duration_ns", km_json_u64(info->last_ns - info->first_ns));
	km_json_set(&out, root, "events", build_events(&out, info));
	km_json_set(&out, lost, "total", km_json_u64(info->nr_lost));
	km_json_set(&out, root, "lost", lost);
	km_json_set(&out, root, "first_record", km_json_u64(info->first_event));
	km_json_set(&out, root, "missing_records", km_json_u64(info->nr_missing));
	km_json_set(&out, root, "cpus", build_cpus(&out, info->cpus));
	set_counts(&out, root, meta, info);
	km_json_set(&out, root, "machine", build_machine(&out, reader));
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		km_json_set(&out, root, groups[i], build_facts(&out, meta, groups[i]));
	if (is_packed(meta))
		km_json_set(&out, root, "pack", build_facts(&out, meta, "pack"));
	imported = build_facts(&out, meta, "import");
	if (json_object_size(imported))
		km_json_set(&out, root, "import", json_incref(imported));
	json_decref(imported);
	if (out.err)
		status = ui_no_memory("info");
	else if (!json_dumpf(root, stdout, KM_JSON_FLAGS))
		putchar('\n');
	json_decref(root);
	return status;
}

static const char *fact(const struct tf_meta *meta, const char *key, char *buf, size_t len)
{
	const char *value = tf_meta_get(meta, key);

	return value && value[0] ? ui_clean(value, buf, len) : "-";
}

/* "0-3,8" */
static void print_cpus(uint64_t cpus)
{
	const char *comma = "";

	for (unsigned int cpu = 0; cpu < 64; cpu++) {
		unsigned int first = cpu;

		if (!(cpus >> cpu & 1))
			continue;
		while (cpu < 63 && cpus >> (cpu + 1) & 1)
			cpu++;
		printf("%s%u", comma, first);
		if (cpu > first)
			printf("-%u", cpu);
		comma = ",";
	}
}

static void print_format(const struct tf_reader_info *info)
{
	char size[UI_UNIT_LEN];

	printf("format     %u.%u, %s in %" PRIu64 " blocks", info->version_major,
	       info->version_minor, ui_format_size((double)info->file_bytes, size),
	       info->nr_blocks);
	if (info->nr_segments > 1)
		printf(" of %" PRIu32 " files", info->nr_segments);
	printf("%s, %s\n", info->anonymized ? ", anonymized" : "",
	       info->complete ? "complete"
	       : info->nr_segments > 1
		       ? "INCOMPLETE: a file is missing, or has no footer"
		       : "INCOMPLETE: no footer, readable up to its last whole block");
}

static void print_head(const struct tf_reader *reader, const struct tf_reader_info *info)
{
	const struct tf_meta *meta = tf_reader_meta(reader);
	char a[256], b[256];
	const char *nodes;
	struct tf_host host;

	print_format(info);
	printf("host       %s %s, ", fact(meta, "host.release", a, sizeof(a)),
	       fact(meta, "host.machine", b, sizeof(b)));
	printf("%s CPUs, ", fact(meta, "host.cpus_online", a, sizeof(a)));
	nodes = fact(meta, "host.numa_nodes", a, sizeof(a));
	printf("%s NUMA %s\n", nodes, strcmp(nodes, "1") ? "nodes" : "node");
	tf_reader_get_host(reader, &host);
	printf("machine    %s, %u-bit %s-endian, pages of %u bytes\n", host.machine,
	       host.pointer_bytes * 8u, host.big_endian ? "big" : "little", 1u << host.page_shift);
	if (tf_meta_get(meta, "record.command"))
		printf("command    %s\n", fact(meta, "record.command", a, sizeof(a)));
}

/* What is not in these files, and was in the trace. */
static void print_missing(const struct tf_reader_info *info)
{
	if (info->first_event)
		printf("begins     with record %" PRIu64 ": %s\n", info->first_event,
		       info->first_segment ? "older files are not here"
					   : "cut out of a longer trace");
	if (info->nr_missing)
		printf("missing    %" PRIu64 " RECORDS, in files that are not here or not whole\n",
		       info->nr_missing);
}

/* A flight recorder kept the last of it alone; its opening snapshot is older than that. */
static void print_flight(const struct tf_meta *meta)
{
	char last[128], why[64], event[256];

	if (!tf_meta_get(meta, "record.flight"))
		return;
	printf("flight     %s, written by: %s", fact(meta, "record.flight", last, sizeof(last)),
	       fact(meta, "record.flight.trigger", why, sizeof(why)));
	if (tf_meta_get(meta, "record.flight.event"))
		printf(", %s", fact(meta, "record.flight.event", event, sizeof(event)));
	putchar('\n');
}

/* What was not in the trace that this one was packed from, or was cut off. */
static void print_packed(const struct tf_meta *meta)
{
	uint64_t damage = tf_meta_get_u64(meta, "pack.damage", 0);
	bool is_cut = tf_meta_get(meta, "pack.from") || tf_meta_get(meta, "pack.to");
	bool is_late = tf_meta_get(meta, "pack.without_earlier");

	if (is_cut || is_late)
		printf("packed     %s%s\n", is_cut ? "as a part of a longer trace" : "",
		       !is_late ? ""
		       : is_cut ? ", without what was allocated before"
				: "without what was allocated before");
	if (damage)
		printf("packed     of a trace that was DAMAGED in %" PRIu64 " place%s\n", damage,
		       damage == 1 ? "" : "s");
	if (tf_meta_get(meta, "pack.incomplete"))
		printf("packed     of a trace that was INCOMPLETE\n");
}

static void print_events(const struct tf_reader_info *info)
{
	uint64_t span = info->last_ns - info->first_ns;
	char time[UI_UNIT_LEN], rate[UI_UNIT_LEN];

	printf("span       %s, %" PRIu64 " events", ui_format_time((double)span, time),
	       info->nr_events);
	if (span && info->nr_events)
		printf(", %s a second",
		       ui_format_count((double)info->nr_events * 1e9 / (double)span, rate));
	if (info->nr_events)
		printf(", %.2f bytes an event", bytes_per_event(info));
	putchar('\n');
	if (info->nr_lost)
		printf("lost       %" PRIu64 " EVENTS (%.3g %% of all)\n", info->nr_lost,
		       100.0 * (double)info->nr_lost / (double)(info->nr_events + info->nr_lost));
	else
		printf("lost       none\n");
}

static void print_counts(const struct tf_meta *meta, const struct tf_reader_info *info)
{
	char size[UI_UNIT_LEN];
	size_t nr_light = info_nr_light(meta);

	if (info->cpus) {
		printf("CPUs       ");
		print_cpus(info->cpus);
		/* The index folds them into 64 bits. */
		puts(tf_meta_get_u64(meta, "host.cpus_possible", 0) > 64 ? " modulo 64" : "");
	}
	printf("metadata   %zu caches, %zu symbols, %zu stacks, %zu snapshots", meta->nr_caches,
	       meta->nr_symbols, meta->nr_stacks, meta->nr_snapshots);
	if (nr_light)
		printf(", %zu of them light", nr_light);
	putchar('\n');
	if (info->nr_checkpoints)
		printf("checkpoint %" PRIu64 " in %s\n", info->nr_checkpoints,
		       ui_format_size((double)info->checkpoint_bytes, size));
	else
		printf("checkpoint none\n");
}

static void print_classes(const struct tf_meta *meta)
{
	static const char prefix[] = "record.class.";

	for (size_t i = 0; i < meta->nr_facts; i++) {
		char name[64], value[256];

		if (strncmp(meta->facts[i].key, prefix, sizeof(prefix) - 1))
			continue;
		printf("  %-15s  %s\n",
		       ui_clean(meta->facts[i].key + sizeof(prefix) - 1, name, sizeof(name)),
		       ui_clean(meta->facts[i].value, value, sizeof(value)));
	}
}

/* Older recorders had none, and say nothing of it. */
static void print_page_map(const struct tf_meta *meta)
{
	const char *how = tf_meta_get(meta, "record.page_map");
	char buf[160];

	if (how)
		printf("page map   %s\n", ui_clean(how, buf, sizeof(buf)));
}

static void print_text(const struct tf_reader *reader, const struct tf_reader_info *info)
{
	const struct tf_meta *meta = tf_reader_meta(reader);

	print_head(reader, info);
	print_flight(meta);
	print_missing(info);
	print_packed(meta);
	print_events(info);
	print_counts(meta, info);
	printf("events by type\n");
	for (unsigned int kind = 0; kind < TF_NR_KINDS; kind++) {
		if (info->by_kind[kind])
			printf("  %-15s  %" PRIu64 "\n", tf_kind_name(kind), info->by_kind[kind]);
	}
	info_list_snapshots(meta, info->first_ns);
	print_page_map(meta);
	printf("captured by\n");
	print_classes(meta);
}

/* Damage that was met while opening; events are not looked at, verify does that. */
static int report_damage(const char *file, struct tf_reader *reader)
{
	struct tf_error error = { .offset = TF_NO_OFFSET };
	const struct tf_event *events;
	int status = UI_DONE;
	int64_t err;

	tf_reader_set_events(reader, 0, 0);
	while ((err = tf_reader_next(reader, &events, &error)) < 0 && status != UI_HOST)
		status = ui_input_error("info", file, (int)err, &error);
	return status;
}

int cmd_info(int argc, char **argv)
{
	struct info_args args = { 0 };
	struct tf_reader *reader;
	struct tf_reader_info info;
	struct tf_error error = { .offset = TF_NO_OFFSET };
	int err, status;

	if (!ui_parse_args(&argp, "info", 0, argc, argv, &args, &status))
		return status;
	err = tf_reader_open(&reader, args.file, &error);
	if (err)
		return ui_input_error("info", args.file, err, &error);
	tf_reader_get_info(reader, &info);
	status = UI_DONE;
	if (args.has_snapshot)
		status = info_print_snapshot(tf_reader_meta(reader), args.file, &args.snapshot);
	else if (args.json)
		status = print_json(reader, &info);
	else
		print_text(reader, &info);
	if (status == UI_DONE)
		status = report_damage(args.file, reader);
	if (status == UI_DONE && !info.complete)
		status = UI_INPUT;
	tf_reader_close(reader);
	return status;
}
