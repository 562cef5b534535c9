/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A flight: no file until it lands, and the newest blocks in memory.
 *
 *      job ──▶ ring ──▶ dropped ──▶ live set         landing: file, metadata (by the writer),
 *                └────────────────────────┴────────▶ checkpoint, blocks
 *
 * What lives where the oldest block begins is known from the blocks that were dropped: they are
 * decoded once more for that.
 */
#include "tracefmt/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tracefmt/block_read.h"
#include "tracefmt/flight.h"

/* Of the disk, for what is written beside the blocks. */
#define LANDING_BYTES (4u << 20)

struct tf_output_flight {
	struct tf_flight ring;
	/* If there is a live set. */
	struct tf_block_reader reader;
	struct tf_effect effect;
	struct tf_effect_table table;
	uint64_t nr_dropped; /* records of the blocks that were dropped */
};

/* Whether the file can be created, without doing so. */
static int check_path(const char *path, struct tf_error *err)
{
	const char *slash = strrchr(path, '/');
	struct stat st;
	char *dir;
	int code = 0;

	if (!strcmp(path, "-"))
		return fcntl(STDOUT_FILENO, F_GETFD) < 0
			       ? tf_fail(err, -errno, TF_NO_OFFSET, "cannot create: %s",
					 strerror(errno))
			       : 0;
	dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	if (!dir)
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	if (!stat(path, &st)) {
		if (S_ISDIR(st.st_mode))
			code = EISDIR;
		else if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS))
			code = errno;
	} else if (errno != ENOENT) {
		code = errno;
	} else if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS)) {
		code = errno;
	}
	free(dir);
	return code ? tf_fail(err, -code, TF_NO_OFFSET, "cannot create: %s", strerror(code)) : 0;
}

int tf_output_take_off(struct tf_output *out, struct tf_error *err)
{
	const struct tf_writer_options *options = &out->options;
	struct tf_output_flight *flight;
	int ret = check_path(out->path, err);

	if (ret)
		return ret;
	flight = calloc(1, sizeof(*flight));
	if (!flight)
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	out->flight = flight;
	ret = tf_flight_init(&flight->ring, options->last_ns, options->last_bytes);
	if (!ret && out->live)
		ret = tf_block_reader_init(&flight->reader);
	if (!ret && out->live)
		ret = tf_effect_init(&flight->effect, options->block_events);
	if (!ret && out->live)
		ret = tf_effect_table_init(&flight->table, options->block_events);
	if (ret)
		tf_fail(err, ret, TF_NO_OFFSET, "no memory for %llu MiB of events",
			(unsigned long long)options->last_bytes >> 20);
	return ret;
}

void tf_output_end_flight(struct tf_output *out)
{
	struct tf_output_flight *flight = out->flight;

	if (!flight)
		return;
	tf_flight_release(&flight->ring);
	tf_block_reader_release(&flight->reader);
	tf_effect_release(&flight->effect);
	tf_effect_table_release(&flight->table);
	free(flight);
	out->flight = NULL;
}

static void end_live(struct tf_output *out)
{
	tf_live_free(out->live);
	out->live = NULL;
}

/* Let the live set know of the oldest block; without memory, or with too many, it ends. */
static void keep_live(struct tf_output *out, const struct tf_block_header *h)
{
	struct tf_output_flight *flight = out->flight;
	int ret;

	if (!out->live)
		return;
	ret = tf_block_read_events(&flight->reader, h, flight->ring.data,
				   tf_flight_first(&flight->ring), TF_WANT_ALL, NULL);
	if (!ret) {
		tf_effect_find(&flight->effect, &flight->table, flight->reader.events,
			       h->nr_events);
		ret = tf_live_apply(out->live, &flight->effect, flight->reader.events);
	}
	if (ret)
		end_live(out);
}

static uint64_t nr_events_of(const struct tf_block_header *h)
{
	struct tf_totals totals = { .nr_blocks = 0 };

	tf_totals_add(&totals, h);
	return tf_totals_nr_events(&totals);
}

static void drop_oldest(struct tf_output *out)
{
	struct tf_flight *ring = &out->flight->ring;
	struct tf_totals *totals = &out->mine.totals;
	struct tf_block_header h;

	tf_flight_header(ring, tf_flight_first(ring), &h);
	keep_live(out, &h);
	tf_flight_drop(ring);
	out->flight->nr_dropped += h.nr_events;
	out->mine.nr_passed += nr_events_of(&h);
	totals->nr_blocks--;
	totals->nr_lost -= h.nr_lost;
	for (unsigned i = 0; i < TF_MAX_KINDS; i++)
		totals->by_kind[i] -= h.by_kind[i];
	if (ring->nr_blocks) {
		tf_flight_header(ring, tf_flight_first(ring), &h);
		totals->first_ns = h.first_ns;
	}
}

void tf_output_fly(struct tf_output *out, const struct tf_job *job)
{
	struct tf_flight *ring = &out->flight->ring;

	if (job->err) {
		end_live(out);
		out->mine.nr_dropped += nr_events_of(&job->h) + job->h.nr_lost;
		return;
	}
	while (tf_flight_is_due(ring, &job->h, job->block.len))
		drop_oldest(out);
	if (tf_flight_push(ring, &job->h, &job->block)) {
		tf_totals_add(&out->mine.totals, &job->h);
	} else {
		end_live(out);
		out->flight->nr_dropped += job->h.nr_events;
		out->mine.nr_passed += nr_events_of(&job->h);
	}
	out->mine.kept_bytes = ring->bytes;
}

/* The youngest blocks are what the flight was for: where there is no room, the oldest go. */
static void fit_to_disk(struct tf_output *out)
{
	const struct tf_flight *ring = &out->flight->ring;
	uint64_t room = out->disk_limit;
	struct statvfs disk;

	if (!out->sink.is_file)
		return;
	if (!fstatvfs(out->sink.fd, &disk) && (uint64_t)disk.f_bavail * disk.f_frsize < room)
		room = (uint64_t)disk.f_bavail * disk.f_frsize;
	while (ring->nr_blocks && (room < LANDING_BYTES || ring->bytes > room - LANDING_BYTES))
		drop_oldest(out);
	out->mine.kept_bytes = ring->bytes;
}

int tf_output_land(struct tf_output *out, struct tf_error *err)
{
	int ret = tf_output_open_file(out, err);

	if (ret)
		return ret;
	fit_to_disk(out);
	out->sink.footer.first_event += out->flight->nr_dropped;
	out->sink.footer.next_event = out->sink.footer.first_event;
	out->has_landed = true;
	return 0;
}

void tf_output_unload(struct tf_output *out, struct tf_worker *worker)
{
	struct tf_flight *ring = &out->flight->ring;

	memset(&out->mine.totals, 0, sizeof(out->mine.totals));
	if (!tf_output_stop(out))
		tf_output_put_live(out, worker);
	end_live(out);
	for (size_t at = tf_flight_first(ring); at != SIZE_MAX; at = tf_flight_next(ring, at)) {
		struct tf_block_header h;
		struct tf_out block = { .data = ring->data + at };

		block.len = tf_flight_header(ring, at, &h);
		if (!tf_output_admits(out, block.len) || tf_output_put_events(out, &h, &block))
			out->mine.nr_dropped += nr_events_of(&h) + h.nr_lost;
	}
	tf_output_end_flight(out);
	tf_output_publish(out);
}
