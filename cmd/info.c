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
#include "cmd/ui/args.h"
#include "cmd/ui/units.h"
#include "core/result/json.h"
#include "tracefmt/reader.h"

struct info_args {
	const char *file;
	bool json;
};

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "Print one JSON object", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct info_args *args = state->input;

	switch (key) {
	case 'j':
		args->json = true;
		return 0;
	case ARGP_KEY_ARG:
		return ui_take_file("info", &args->file, arg);
	case ARGP_KEY_NO_ARGS:
		ui_usage_error("info", "no trace given");
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

static int print_json(const struct tf_reader *reader, const struct tf_reader_info *info)
{
	static const char *const groups[] = { "host", "record", "calib", "gfp" };
	const struct tf_meta *meta = tf_reader_meta(reader);
	struct km_json_out out = { 0 };
	json_t *root = json_object(), *events = json_object(), *by_type = json_object();
	json_t *lost = json_object();
	char version[16];
	int status = UI_DONE;

	snprintf(version, sizeof(version), "%u.%u", info->version_major, info->version_minor);
	km_json_set(&out, root, "format_version", json_string(version));
	km_json_set(&out, root, "complete", json_boolean(info->complete));
	km_json_set(&out, root, "file_bytes", km_json_u64(info->file_bytes));
	km_json_set(&out, root, "bytes_per_event",
		    info->nr_events ? km_json_real(bytes_per_event(info)) : json_null());
	km_json_set(&out, root, "duration_ns", km_json_u64(info->last_ns - info->first_ns));
	km_json_set(&out, events, "total", km_json_u64(info->nr_events));
	for (unsigned int kind = 0; kind < TF_NR_KINDS; kind++)
		km_json_set(&out, by_type, tf_kind_name(kind), km_json_u64(info->by_kind[kind]));
	km_json_set(&out, events, "by_type", by_type);
	km_json_set(&out, root, "events", events);
	km_json_set(&out, lost, "total", km_json_u64(info->nr_lost));
	km_json_set(&out, root, "lost", lost);
	km_json_set(&out, root, "blocks", km_json_u64(info->nr_blocks));
	km_json_set(&out, root, "caches", km_json_u64(meta->nr_caches));
	km_json_set(&out, root, "symbols", km_json_u64(meta->nr_symbols));
	km_json_set(&out, root, "snapshots", km_json_u64(meta->nr_snapshots));
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		km_json_set(&out, root, groups[i], build_facts(&out, meta, groups[i]));
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

static void print_head(const struct tf_meta *meta, const struct tf_reader_info *info)
{
	char a[256], b[256], size[UI_UNIT_LEN];

	printf("format     %u.%u, %s in %" PRIu64 " blocks, %s\n", info->version_major,
	       info->version_minor, ui_format_size((double)info->file_bytes, size), info->nr_blocks,
	       info->complete ? "complete"
			      : "INCOMPLETE: no footer, readable up to its last whole block");
	printf("host       %s %s, ", fact(meta, "host.release", a, sizeof(a)),
	       fact(meta, "host.machine", b, sizeof(b)));
	printf("%s CPUs, ", fact(meta, "host.cpus_online", a, sizeof(a)));
	fact(meta, "host.numa_nodes", a, sizeof(a));
	printf("%s NUMA %s\n", a, strcmp(a, "1") ? "nodes" : "node");
	if (tf_meta_get(meta, "record.command"))
		printf("command    %s\n", fact(meta, "record.command", a, sizeof(a)));
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

static void print_text(const struct tf_reader *reader, const struct tf_reader_info *info)
{
	const struct tf_meta *meta = tf_reader_meta(reader);
	char time[UI_UNIT_LEN];

	print_head(meta, info);
	print_events(info);
	printf("metadata   %zu caches, %zu symbols, %zu snapshots\n", meta->nr_caches,
	       meta->nr_symbols, meta->nr_snapshots);
	printf("events by type\n");
	for (unsigned int kind = 0; kind < TF_NR_KINDS; kind++) {
		if (info->by_kind[kind])
			printf("  %-15s  %" PRIu64 "\n", tf_kind_name(kind), info->by_kind[kind]);
	}
	for (size_t i = 0; i < meta->nr_snapshots; i++) {
		const struct tf_snapshot *snap = &meta->snapshots[i];
		double at = info->first_ns ? (double)(int64_t)(snap->ts_ns - info->first_ns) : 0;

		printf("snapshot %" PRIu32 " at %s, %zu files\n", snap->id,
		       ui_format_time(at, time), snap->nr_files);
	}
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

	tf_reader_set_range(reader, UINT64_MAX, UINT64_MAX);
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
	if (args.json)
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
