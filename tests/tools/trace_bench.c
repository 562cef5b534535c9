/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the trace format costs: the measuring half of make bench-tracefmt.
 *
 *      trace_bench encode FILE           events through a writer, nanoseconds of CPU an event
 *      trace_bench decode FILE           a whole read, likewise, and by the clock
 *      trace_bench want FILE             the same without times and addresses
 *      trace_bench raw FILE NR OUT       fixed records of 40 bytes, for other compressors
 *      trace_bench repeat FILE BYTES OUT the events again and again, later and later,
 *                                        until OUT has about so many bytes
 *
 * Encode and decode print: events, CPU ns an event, wall ns an event, one line.  CPU time
 * is that of all threads together, so 1e3 / CPU ns is what one core does in M events/s.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tracefmt/bytes.h"
#include "tracefmt/reader.h"
#include "tracefmt/writer.h"

#define RAW_BYTES 40u

static int fail(const char *path, const struct tf_error *err)
{
	fprintf(stderr, "trace_bench: %s: %s\n", path, err->reason);
	return 1;
}

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

struct stopwatch {
	double cpu, wall;
};

static struct stopwatch start(void)
{
	return (struct stopwatch){ seconds(CLOCK_PROCESS_CPUTIME_ID), seconds(CLOCK_MONOTONIC) };
}

static void stop(const struct stopwatch *since, uint64_t nr)
{
	printf("%llu %.2f %.2f\n", (unsigned long long)nr,
	       (seconds(CLOCK_PROCESS_CPUTIME_ID) - since->cpu) * 1e9 / (double)nr,
	       (seconds(CLOCK_MONOTONIC) - since->wall) * 1e9 / (double)nr);
}

/* All events of a trace in memory, or NULL. */
static struct tf_event *load(struct tf_reader *r, uint64_t *nr, struct tf_error *err)
{
	const struct tf_event *batch;
	struct tf_event *events = NULL;
	size_t room = 0;
	int64_t got;

	*nr = 0;
	while ((got = tf_reader_next(r, &batch, err)) > 0) {
		if (*nr + (uint64_t)got > room) {
			struct tf_event *bigger;

			room = room ? room * 2 : 1u << 20;
			bigger = realloc(events, room * sizeof(*events));
			if (!bigger) {
				free(events);
				return NULL;
			}
			events = bigger;
		}
		memcpy(events + *nr, batch, (size_t)got * sizeof(*batch));
		*nr += (uint64_t)got;
	}
	if (got < 0 || !*nr) {
		free(events);
		return NULL;
	}
	return events;
}

static int write_all(struct tf_writer *w, const struct tf_event *events, uint64_t nr,
		     uint64_t later_ns)
{
	int err = 0;

	for (uint64_t i = 0; !err && i < nr; i++) {
		struct tf_event ev = events[i];

		ev.ts_ns += later_ns;
		err = tf_writer_add(w, &ev);
	}
	return err;
}

static int encode(struct tf_reader *r, const char *path, struct tf_error *err)
{
	struct stopwatch since;
	struct tf_writer *w;
	uint64_t nr;
	struct tf_event *events = load(r, &nr, err);

	if (!events)
		return fail(path, err);
	for (int round = 0; round < 3; round++) {
		if (tf_writer_create(&w, "/dev/null", NULL, err))
			return fail("/dev/null", err);
		since = start();
		write_all(w, events, nr, 0);
		if (tf_writer_close(w, err))
			return fail("/dev/null", err);
		stop(&since, nr);
	}
	free(events);
	return 0;
}

static int decode(struct tf_reader *r, const char *path, unsigned want, struct tf_error *err)
{
	tf_reader_set_want(r, want);
	for (int round = 0; round < 3; round++) {
		struct stopwatch since = start();
		const struct tf_event *batch;
		uint64_t nr = 0;
		int64_t got;

		tf_reader_rewind(r);
		while ((got = tf_reader_next(r, &batch, err)) > 0)
			nr += (uint64_t)got;
		if (got < 0 || !nr)
			return fail(path, err);
		stop(&since, nr);
	}
	return 0;
}

/* Time, address, site, sizes, gfp, thread, cache, CPU, kind: what a plain recorder would write. */
static void put_raw(uint8_t p[RAW_BYTES], const struct tf_event *ev)
{
	tf_put64(p, ev->ts_ns);
	tf_put64(p + 8, ev->addr);
	tf_put32(p + 16, (uint32_t)ev->call_site);
	tf_put32(p + 20, (uint32_t)ev->bytes_req);
	tf_put32(p + 24, ev->gfp);
	tf_put32(p + 28, ev->pid);
	tf_put16(p + 32, (uint16_t)ev->cache);
	tf_put16(p + 34, ev->cpu);
	p[36] = ev->kind;
	p[37] = ev->order;
	p[38] = ev->ctx;
	p[39] = ev->preempt;
}

static int raw(struct tf_reader *r, const char *path, uint64_t max, const char *out,
	       struct tf_error *err)
{
	FILE *file = fopen(out, "w");
	uint64_t nr;
	struct tf_event *events = load(r, &nr, err);
	int ret = 0;

	if (!events || !file)
		return fail(events ? out : path, err);
	nr = nr < max ? nr : max;
	for (uint64_t i = 0; i < nr; i++) {
		uint8_t bytes[RAW_BYTES];

		put_raw(bytes, &events[i]);
		ret |= fwrite(bytes, sizeof(bytes), 1, file) != 1;
	}
	ret |= fclose(file) != 0;
	free(events);
	printf("%llu\n", (unsigned long long)nr);
	return ret;
}

static int repeat(struct tf_reader *r, const char *path, uint64_t bytes, const char *out,
		  struct tf_error *err)
{
	struct tf_writer_stats stats = { 0 };
	struct tf_writer *w;
	uint64_t nr, span_ns;
	struct tf_event *events = load(r, &nr, err);

	if (!events || tf_writer_create(&w, out, NULL, err))
		return fail(events ? out : path, err);
	span_ns = events[nr - 1].ts_ns - events[0].ts_ns + 1;
	tf_writer_add_meta(w, tf_reader_meta(r));
	for (uint64_t turn = 0; stats.file_bytes < bytes; turn++) {
		if (write_all(w, events, nr, turn * span_ns))
			break;
		tf_writer_get_stats(w, &stats);
	}
	free(events);
	if (tf_writer_close(w, err))
		return fail(out, err);
	printf("%llu\n", (unsigned long long)stats.nr_events);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	struct tf_error err = { .reason = "nothing in it" };
	struct tf_reader *r;
	int ret = 2;

	if (argc > 2 && tf_reader_open(&r, argv[2], &err))
		return fail(argv[2], &err);
	if (argc == 3 && !strcmp(what, "encode"))
		ret = encode(r, argv[2], &err);
	else if (argc == 3 && !strcmp(what, "decode"))
		ret = decode(r, argv[2], TF_WANT_ALL, &err);
	else if (argc == 3 && !strcmp(what, "want"))
		ret = decode(r, argv[2], 0, &err);
	else if (argc == 5 && !strcmp(what, "raw"))
		ret = raw(r, argv[2], strtoull(argv[3], NULL, 10), argv[4], &err);
	else if (argc == 5 && !strcmp(what, "repeat"))
		ret = repeat(r, argv[2], strtoull(argv[3], NULL, 10), argv[4], &err);
	else
		fputs("usage: see the head of tests/tools/trace_bench.c\n", stderr);
	if (argc > 2)
		tf_reader_close(r);
	return ret;
}
