/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/record_summary.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf/snapshot.h"
#include "cmd/ui/units.h"

#define MAX_CPUS_TOLD 16

uint64_t record_nr_lost(const struct kc_session_stats *stats)
{
	return stats->host.nr_lost + stats->nr_refused;
}

/* Those for which a ring was full; the kernel does not tell the CPU of those it skipped. */
static json_t *lost_by_cpu(struct kc_session *session, const struct kc_session_stats *stats)
{
	json_t *by_cpu = json_object();
	char name[16];

	for (unsigned int cpu = 0; cpu < stats->host.nr_cpus; cpu++) {
		uint64_t lost = kc_session_lost_on_cpu(session, cpu);

		snprintf(name, sizeof(name), "%u", cpu);
		if (lost)
			json_object_set_new(by_cpu, name, json_integer((json_int_t)lost));
	}
	return by_cpu;
}

static json_t *skipped_by_program(struct kc_session *session)
{
	json_t *by_program = json_object();
	const char *program;
	uint64_t count;

	for (unsigned int i = 0; kc_session_get_skipped(session, i, &program, &count); i++)
		if (count)
			json_object_set_new(by_program, program, json_integer((json_int_t)count));
	return by_program;
}

/* What of all that was recorded is in the trace, and why it was written. */
static json_t *flight_json(const struct kc_flight *flight, const struct kc_session_stats *stats)
{
	const struct tf_writer_stats *file = &stats->file;
	char triggers[64] = "", event[256] = "";

	if (stats->triggered.by)
		kc_flight_triggers(flight, stats->triggered.by, triggers, sizeof(triggers));
	if (stats->triggered.by && stats->triggered.by != KC_TRIGGER_SIGNAL)
		kc_triggered_text(&stats->triggered, event, sizeof(event));
	return json_pack("{s:b,s:I,s:I,s:I,s:s*,s:s*}", "written", file->is_complete, "recorded",
			 (json_int_t)(file->nr_events + file->nr_passed), "kept",
			 (json_int_t)file->nr_events, "kept_bytes", (json_int_t)file->kept_bytes,
			 "trigger", triggers[0] ? triggers : NULL, "trigger_event",
			 event[0] ? event : NULL);
}

void record_print_json(const struct record_args *args, struct kc_session *session,
		       const struct kc_session_stats *stats)
{
	json_t *by_type = json_object(), *root;
	double bytes = (double)stats->file.written_bytes;

	for (unsigned int kind = 0; kind < TF_NR_KINDS; kind++) {
		if (kind == TF_GAP || kind == TF_MARK)
			continue;
		json_object_set_new(by_type, tf_kind_name(kind),
				    json_integer((json_int_t)stats->file.by_kind[kind]));
	}
	root = json_pack("{s:{s:I,s:o},s:{s:I,s:I,s:I,s:I,s:o,s:o},s:I,s:I,s:f,s:I}", "events",
			 "total", (json_int_t)stats->file.nr_events, "by_type", by_type, "lost",
			 "total", (json_int_t)record_nr_lost(stats), "missed",
			 (json_int_t)stats->host.nr_missed, "excluded",
			 (json_int_t)stats->host.nr_excluded, "refused",
			 (json_int_t)stats->nr_refused, "by_cpu", lost_by_cpu(session, stats),
			 "skipped_by_program", skipped_by_program(session), "file_bytes",
			 (json_int_t)stats->file.file_bytes, "segments",
			 (json_int_t)stats->file.nr_segments, "bytes_per_event",
			 stats->file.nr_events ? bytes / (double)stats->file.nr_events : 0.0,
			 "duration_ns", (json_int_t)(stats->end_ns - stats->start_ns));
	if (kc_flight_is_on(&args->session.flight))
		json_object_set_new(root, "flight", flight_json(&args->session.flight, stats));
	if (root)
		json_dumpf(root, stdout,
			   JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(root);
}

/* Where: CPUs whose rings were full, in their order. */
static void print_lossy_cpus(struct kc_session *session, unsigned int nr_cpus)
{
	unsigned int told = 0, more = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		uint64_t lost = kc_session_lost_on_cpu(session, cpu);

		if (!lost)
			continue;
		if (told == MAX_CPUS_TOLD) {
			more++;
			continue;
		}
		fprintf(stderr, "%s CPU %u: %llu", told++ ? "," : ":", cpu,
			(unsigned long long)lost);
	}
	if (more)
		fprintf(stderr, ", and %u more CPUs", more);
	fputc('\n', stderr);
}

/* One line for each reason that an event can be lost for, and what helps against it. */
static void print_loss(const struct record_args *args, struct kc_session *session,
		       const struct kc_session_stats *stats)
{
	size_t ring = args->session.collector.ring_bytes;
	char size[UI_UNIT_LEN];

	fprintf(stderr, "lost %llu events", (unsigned long long)record_nr_lost(stats));
	print_lossy_cpus(session, stats->host.nr_cpus);
	if (stats->host.nr_lost > stats->host.nr_missed)
		fprintf(stderr,
			"  %llu found no room: give a larger --ring (now %s for each CPU)%s, or record "
			"fewer classes (-e)\n",
			(unsigned long long)(stats->host.nr_lost - stats->host.nr_missed),
			ui_format_size((double)(ring ? ring : KC_RING_DEFAULT), size),
			args->realtime ? "" : ", or --realtime");
	if (stats->host.nr_missed)
		fprintf(stderr,
			"  %llu came in interrupts while the same event was being recorded, where the "
			"kernel runs no program (--json tells of each)\n",
			(unsigned long long)stats->host.nr_missed);
	if (stats->nr_refused)
		fprintf(stderr, "  %llu came at the end, when the file had no room any more\n",
			(unsigned long long)stats->nr_refused);
}

/* Why a flight was written, and whether it is as long as it should be. */
static void print_flight(const struct kc_flight *flight, const struct kc_session_stats *stats)
{
	const struct tf_writer_stats *file = &stats->file;
	char text[256], time[UI_UNIT_LEN], size[UI_UNIT_LEN];
	uint64_t span_ns = file->last_ns - file->first_ns;

	if (stats->triggered.by)
		fprintf(stderr, "triggered %.3f s after the start by %s\n",
			(double)(stats->triggered.ts_ns - stats->start_ns) / 1e9,
			kc_triggered_text(&stats->triggered, text, sizeof(text)));
	if (flight->last_ns && file->nr_passed && span_ns < flight->last_ns)
		fprintf(stderr,
			"it holds no more than %s: there was room for %s of events (--last SIZE beside "
			"--last TIME gives another)\n",
			ui_format_time((double)span_ns, time),
			ui_format_size((double)file->kept_bytes, size));
}

/* Of a flight that nothing ended before the recording did: true. */
static bool print_no_flight(const struct record_args *args, const struct kc_session_stats *stats)
{
	const struct kc_flight *flight = &args->session.flight;
	char triggers[64], count[UI_UNIT_LEN];

	if (!flight->triggers || stats->triggered.by)
		return false;
	fprintf(stderr, "nothing triggered (%s): no trace of %s events in %.2f s was written\n",
		kc_flight_triggers(flight, flight->triggers, triggers, sizeof(triggers)),
		ui_format_count((double)(stats->file.nr_events + stats->file.nr_passed), count),
		(double)(stats->end_ns - stats->start_ns) / 1e9);
	return true;
}

void record_print_summary(const struct record_args *args, struct kc_session *session,
			  const struct kc_session_stats *stats)
{
	const char *path = args->session.path;
	char count[UI_UNIT_LEN], size[UI_UNIT_LEN];
	double seconds = (double)(stats->end_ns - stats->start_ns) / 1e9;
	double events = (double)stats->file.nr_events;
	char all[UI_UNIT_LEN + 16] = "";

	if (print_no_flight(args, stats))
		return;
	if (stats->file.nr_passed)
		snprintf(all, sizeof(all), " of %s",
			 ui_format_count(events + (double)stats->file.nr_passed, count));
	fprintf(stderr, "%s: %s%s%s events in %.2f s, %s",
		strcmp(path, "-") ? path : "standard output", all[0] ? "the last " : "",
		ui_format_count(events, count), all, seconds,
		ui_format_size((double)stats->file.file_bytes, size));
	if (stats->file.nr_segments > 1)
		fprintf(stderr, " in %llu files", (unsigned long long)stats->file.nr_segments);
	if (events > 0)
		fprintf(stderr, " (%.2f bytes an event)",
			(double)stats->file.written_bytes / events);
	fprintf(stderr, "%s\n", record_nr_lost(stats) ? "" : ", none lost");
	if (record_nr_lost(stats))
		print_loss(args, session, stats);
	print_flight(&args->session.flight, stats);
}

/* What is the user's to allow; that this kernel has no such file is nobody's fault. */
static void print_missing_files(void)
{
	const char *path;
	unsigned int nr = 0;

	for (unsigned int i = 0; (path = kc_snapshot_path(i)); i++) {
		if (!faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) || errno != EACCES)
			continue;
		fprintf(stderr, "%s%s", nr++ ? ", " : "not in the snapshots: ", path);
	}
	if (nr)
		fprintf(stderr, " (no permission to read %s)\n", nr > 1 ? "them" : "it");
}

void record_print_missing(unsigned int classes, const struct kc_session *session)
{
	print_missing_files();
	if (!classes)
		classes = KC_DEFAULT_CLASSES;

	for (unsigned int c = 0; c < KC_NR_CLASSES; c++) {
		const char *status = kc_session_class_status(session, c);

		if (classes & 1u << c && !kc_status_is_whole(status))
			fprintf(stderr, "not recorded in full: %s (%s)\n", kc_class_name(c),
				status);
	}
}
