/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a text to import.  The first byte tells the format that is asked for and the size
 * of the pieces.  Whatever comes, a whole trace must come of it, with as many events as were
 * counted; and in one piece the same as in many.
 */
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tracefmt/import/import.h"
#include "tracefmt/import/text.h"
#include "tracefmt/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(struct tf_import *imp, const char *data, size_t size, enum tf_import_format format,
		 size_t piece)
{
	struct tf_text *text;
	struct tf_error err;

	if (tf_text_new(&text, imp, format))
		abort();
	for (size_t at = 0; at < size; at += piece)
		if (tf_text_feed(text, data + at, piece < size - at ? piece : size - at))
			abort();
	if (tf_text_end(text, &err) && !memchr(err.reason, 0, sizeof(err.reason)))
		abort();
	tf_text_free(text);
}

/* A number that tells two traces apart. */
static uint64_t check_trace(const char *path, const struct tf_import_stats *stats)
{
	const struct tf_event *events;
	struct tf_reader_info info;
	struct tf_reader *r;
	struct tf_error err;
	uint64_t sum = 0;
	int64_t nr;

	if (tf_reader_open(&r, path, &err))
		abort();
	tf_reader_set_threads(r, 0);
	tf_reader_get_info(r, &info);
	if (!info.complete || info.nr_events != stats->nr_events || info.nr_lost != stats->nr_lost)
		abort();
	while ((nr = tf_reader_next(r, &events, &err)) > 0)
		for (int64_t i = 0; i < nr; i++)
			sum = (sum ^ events[i].addr ^ events[i].call_site ^ events[i].ts_ns) * 31 +
			      events[i].kind;
	if (nr)
		abort();
	tf_reader_close(r);
	return sum;
}

static uint64_t run(const char *data, size_t size, enum tf_import_format format, size_t piece)
{
	struct tf_writer_options options = { .threads = 1, .block_events = 64 };
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct tf_import_stats stats;
	struct tf_writer *writer;
	struct tf_import *imp;
	char path[32];
	uint64_t sum;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || tf_writer_create(&writer, path, &options, NULL) ||
	    tf_import_new(&imp, writer))
		abort();
	feed(imp, data, size, format, piece);
	if (tf_import_finish(imp))
		abort();
	tf_import_get_stats(imp, &stats);
	if (stats.nr_records != stats.nr_events + stats.nr_doubled + stats.nr_dropped ||
	    tf_writer_close(writer, NULL))
		abort();
	sum = check_trace(path, &stats);
	tf_import_free(imp);
	close(fd);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum tf_import_format format;
	size_t piece;

	if (!size)
		return 0;
	format = (enum tf_import_format)(data[0] % 3);
	piece = (size_t)(data[0] / 3) * 7 + 1;
	if (run((const char *)data + 1, size - 1, format, size) !=
	    run((const char *)data + 1, size - 1, format, piece))
		abort();
	return 0;
}
