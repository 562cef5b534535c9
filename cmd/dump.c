/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmemtool dump: the events of a trace, one a line, in the order of the file.
 */
#include <argp.h>
#include <errno.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/ui/args.h"
#include "cmd/ui/event_print.h"
#include "cmd/ui/units.h"
#include "tracefmt/reader.h"

struct dump_args {
	const char *file;
	uint64_t from_ns, to_ns; /* since the first event */
	uint64_t skip, limit;
	uint32_t kinds;		     /* 1 << enum tf_kind */
	uint64_t cpus[TF_CPU_WORDS]; /* if has_cpus */
	bool has_cpus;
	enum ui_event_format format;
	unsigned int flags; /* enum ui_event_flags */
};

enum {
	KEY_FROM = 256,
	KEY_TO,
	KEY_SKIP,
	KEY_TYPE,
	KEY_CPU,
	KEY_FORMAT,
	KEY_STACKS,
	KEY_LIMIT,
};

static const struct argp_option options[] = {
	{ "from", KEY_FROM, "T", 0,
	  "Begin at T after the first event (ns, us, ms, s, m; default s)", 0 },
	{ "to", KEY_TO, "T", 0, "End before T after the first event", 0 },
	{ "skip", KEY_SKIP, "N", 0, "Begin behind the first N records, of whatever type", 0 },
	{ "type", KEY_TYPE, "T,...", 0, "Only these: kmalloc, kfree, page_alloc, ...", 0 },
	{ "cpu", KEY_CPU, "LIST", 0, "Only these CPUs: 0,2-3", 0 },
	{ "format", KEY_FORMAT, "F", 0, "text (default), jsonl or csv", 0 },
	{ "stacks", KEY_STACKS, NULL, 0, "Print call chains (text and jsonl)", 0 },
	{ "limit", KEY_LIMIT, "N", 0, "Stop after N events", 0 },
	{ 0 },
};

static error_t no_such_type(const char *name, size_t len)
{
	char names[300] = "";

	for (unsigned int kind = 0; kind < TF_NR_KINDS; kind++) {
		size_t used = strlen(names);

		snprintf(names + used, sizeof(names) - used, "%s%s", kind ? ", " : "",
			 tf_kind_name(kind));
	}
	ui_usage_error("dump", "--type: no event type '%.*s'; there are %s", (int)len, name, names);
	return EINVAL;
}

static error_t parse_types(const char *list, uint32_t *kinds)
{
	uint32_t found = 0;

	for (const char *p = list; *p;) {
		size_t len = strcspn(p, ",");
		char name[32] = "";
		int kind;

		if (len < sizeof(name))
			memcpy(name, p, len);
		kind = tf_kind_from_name(name);
		if (kind < 0)
			return no_such_type(p, len);
		found |= 1u << kind;
		p += len + (p[len] == ',');
	}
	if (!found)
		return no_such_type("", 0);
	*kinds = found;
	return 0;
}

/* A CPU number at *p, which moves behind it.  False if there is none. */
static bool take_cpu(const char **p, unsigned int *cpu)
{
	const char *start = *p;

	for (*cpu = 0; **p >= '0' && **p <= '9' && *cpu <= UINT16_MAX; ++*p)
		*cpu = *cpu * 10 + (unsigned int)(**p - '0');
	return *p > start && *cpu <= UINT16_MAX;
}

/* "0,2-3" */
static error_t parse_cpus(const char *list, struct dump_args *args)
{
	const char *p = list;
	unsigned int first, last;

	args->has_cpus = true;
	do {
		if (!take_cpu(&p, &first))
			break;
		last = first;
		if (*p == '-') {
			p++;
			if (!take_cpu(&p, &last) || last < first)
				break;
		}
		for (unsigned int cpu = first; cpu <= last; cpu++)
			args->cpus[cpu / 64] |= UINT64_C(1) << cpu % 64;
		if (!*p)
			return 0;
	} while (*p++ == ',');
	ui_usage_error("dump", "--cpu: '%s' is not a list of CPUs (like 0,2-3)", list);
	return EINVAL;
}

static error_t parse_format(const char *name, enum ui_event_format *format)
{
	static const char *const names[] = { "text", "jsonl", "csv" };

	for (unsigned int i = 0; i < 3; i++) {
		if (!strcmp(name, names[i])) {
			*format = (enum ui_event_format)i;
			return 0;
		}
	}
	ui_usage_error("dump", "--format: '%s' is not text, jsonl or csv", name);
	return EINVAL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct dump_args *args = state->input;

	switch (key) {
	case KEY_FROM:
		return ui_take_time("dump", "--from", arg, &args->from_ns);
	case KEY_TO:
		return ui_take_time("dump", "--to", arg, &args->to_ns);
	case KEY_SKIP:
		return ui_take_count("dump", "--skip", arg, &args->skip);
	case KEY_CPU:
		return parse_cpus(arg, args);
	case KEY_STACKS:
		args->flags |= UI_EVENT_STACKS;
		return 0;
	case KEY_TYPE:
		return parse_types(arg, &args->kinds);
	case KEY_FORMAT:
		return parse_format(arg, &args->format);
	case KEY_LIMIT:
		return ui_take_count("dump", "--limit", arg, &args->limit);
	case ARGP_KEY_ARG:
		return ui_take_file("dump", &args->file, arg);
	case ARGP_KEY_NO_ARGS:
		ui_usage_error("dump", "no trace given");
		return EINVAL;
	case ARGP_KEY_SUCCESS:
		if (args->flags & UI_EVENT_STACKS && args->format == UI_EVENT_CSV) {
			ui_usage_error("dump", "--stacks: a line of CSV holds no call chain");
			return EINVAL;
		}
		return ui_check_range("dump", args->from_ns, args->to_ns);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "F",
	.doc = "Print the events of the trace F, one a line.",
};

/* Prints until the end, the limit, or a write that failed (which main() reports). */
static int dump(const struct dump_args *args, struct tf_reader *reader,
		struct ui_event_printer *printer)
{
	uint64_t nr = 0;
	int status = UI_DONE;

	while (nr < args->limit && !ferror(stdout)) {
		struct tf_error error = { .offset = TF_NO_OFFSET };
		const struct tf_event *events;
		int64_t count = tf_reader_next(reader, &events, &error);

		if (!count)
			break;
		if (count < 0) {
			status = ui_input_error("dump", args->file, (int)count, &error);
			if (status == UI_HOST)
				return status;
			continue;
		}
		for (int64_t i = 0; i < count && nr < args->limit && !ferror(stdout); i++) {
			ui_event_print(printer, &events[i]);
			nr++;
		}
	}
	return status;
}

/* Have the reader leave out what is not asked for, whole blocks where it can.  0 or -ENOMEM. */
static int select_events(const struct dump_args *args, struct tf_reader *reader,
			 const struct tf_reader_info *info)
{
	tf_reader_set_range(reader, ui_time_add(info->first_ns, args->from_ns),
			    ui_time_add(info->first_ns, args->to_ns));
	tf_reader_set_events(reader, ui_time_add(info->first_event, args->skip), UINT64_MAX);
	tf_reader_set_kinds(reader, args->kinds);
	return tf_reader_set_cpus(reader, args->has_cpus ? args->cpus : NULL);
}

static int dump_reader(const struct dump_args *args, struct tf_reader *reader)
{
	struct ui_event_printer printer;
	struct tf_reader_info info;
	int status;

	tf_reader_get_info(reader, &info);
	if (select_events(args, reader, &info))
		return ui_no_memory("dump");
	ui_event_printer_init(&printer, stdout, tf_reader_meta(reader), args->format, args->flags,
			      info.first_ns);
	ui_event_print_header(&printer);
	status = dump(args, reader, &printer);
	if (status == UI_DONE && !info.complete) {
		ui_error("dump", args->file, TF_NO_OFFSET,
			 info.nr_segments > 1
				 ? "incomplete: a file is missing, or has no footer"
				 : "incomplete: no footer, read up to its last whole block");
		status = UI_INPUT;
	}
	return status;
}

int cmd_dump(int argc, char **argv)
{
	struct dump_args args = { .to_ns = UINT64_MAX, .limit = UINT64_MAX, .kinds = UINT32_MAX };
	struct tf_error error = { .offset = TF_NO_OFFSET };
	struct tf_reader *reader;
	int err, status;

	if (!ui_parse_args(&argp, "dump", 0, argc, argv, &args, &status))
		return status;
	err = tf_reader_open(&reader, args.file, &error);
	if (err)
		return ui_input_error("dump", args.file, err, &error);
	status = dump_reader(&args, reader);
	tf_reader_close(reader);
	return status;
}
