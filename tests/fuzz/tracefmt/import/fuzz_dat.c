/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as what comes from the process that reads a trace.dat, which a file may have
 * taken over.  If the first byte is odd the others are messages as they are; else each
 * message is its type, its length divided by four and its payload, so that mutations
 * keep the stream in step.  Whatever comes, a whole trace must come of it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tracefmt/import/dat_message.h"
#include "tracefmt/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int receive(struct tf_dat_in *in, const uint8_t *data, size_t size)
{
	struct tf_error err = { .reason = "" };
	size_t used;
	int ret = tf_dat_receive(in, data, size, &used, &err);

	if (used > size || (ret && !err.reason[0]) || !memchr(err.reason, 0, sizeof(err.reason)))
		abort();
	return ret;
}

static void receive_raw(struct tf_dat_in *in, const uint8_t *data, size_t size)
{
	uint8_t *aligned = malloc(size ? size : 1);

	if (!aligned)
		abort();
	if (size)
		memcpy(aligned, data, size);
	receive(in, aligned, size);
	free(aligned);
}

static void receive_messages(struct tf_dat_in *in, const uint8_t *data, size_t size)
{
	struct tf_dat_out *out = calloc(1, sizeof(*out));
	int ret = 0;

	if (!out)
		abort();
	out->fd = -1;
	while (size >= 2 && !ret) {
		size_t len = (size_t)data[1] * 4;

		len = len < size - 2 ? len : size - 2;
		tf_dat_send(out, (enum tf_dat_message)(data[0] % (TF_NR_DAT_MESSAGES + 1)),
			    data + 2, len, NULL, 0);
		ret = receive(in, out->buffer, out->len);
		out->len = 0;
		data += 2 + len;
		size -= 2 + len;
	}
	free(out);
}

static void check_trace(const char *path, const struct tf_import_stats *stats)
{
	const struct tf_event *events;
	struct tf_reader_info info;
	struct tf_reader *r;
	struct tf_error err;
	int64_t nr;

	if (tf_reader_open(&r, path, &err))
		abort();
	tf_reader_get_info(r, &info);
	if (!info.complete || info.nr_events != stats->nr_events || info.nr_lost != stats->nr_lost)
		abort();
	while ((nr = tf_reader_next(r, &events, &err)) > 0)
		for (int64_t i = 0; i < nr; i++)
			if (events[i].kind >= TF_NR_KINDS)
				abort();
	if (nr)
		abort();
	tf_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tf_writer_options options = { .threads = 1, .block_events = 64 };
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct tf_import_stats stats;
	struct tf_writer *writer;
	struct tf_dat_in *in = calloc(1, sizeof(*in));
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!in || fd < 0 || tf_writer_create(&writer, path, &options, NULL) ||
	    tf_import_new(&in->imp, writer))
		abort();
	if (size && data[0] & 1)
		receive_raw(in, data + 1, size - 1);
	else if (size)
		receive_messages(in, data + 1, size - 1);
	if (tf_import_finish(in->imp))
		abort();
	tf_import_get_stats(in->imp, &stats);
	if (stats.nr_records != stats.nr_events + stats.nr_doubled + stats.nr_dropped ||
	    tf_writer_close(writer, NULL))
		abort();
	check_trace(path, &stats);
	tf_import_free(in->imp);
	free(in);
	close(fd);
	return 0;
}
