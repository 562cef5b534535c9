/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ring of blocks.
 */
#include "tracefmt/flight.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GIVE_BACK_BYTES (1u << 20)

int tf_flight_init(struct tf_flight *f, uint64_t max_ns, uint64_t max_bytes)
{
	void *data;

	memset(f, 0, sizeof(*f));
	if (max_bytes > SIZE_MAX / 2)
		return -ENOMEM;
	data = mmap(NULL, (size_t)max_bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (data == MAP_FAILED)
		return -ENOMEM;
	f->data = data;
	f->room = (size_t)max_bytes;
	f->max_ns = max_ns;
	return 0;
}

void tf_flight_release(struct tf_flight *f)
{
	if (f->data)
		munmap(f->data, f->room);
	memset(f, 0, sizeof(*f));
}

/* Where a block of len bytes would go; SIZE_MAX if there is no room. */
static size_t place_for(const struct tf_flight *f, size_t len)
{
	if (!f->nr_blocks)
		return len <= f->room ? 0 : SIZE_MAX;
	if (f->has_two_laps)
		return f->head - f->tail >= len ? f->tail : SIZE_MAX;
	if (f->room - f->tail >= len)
		return f->tail;
	return f->head >= len ? 0 : SIZE_MAX;
}

size_t tf_flight_header(const struct tf_flight *f, size_t offset, struct tf_block_header *h)
{
	/* It was put there by tf_flight_push(), so that it is a header. */
	tf_block_header_get(h, f->data + offset, TF_BLOCK_HEADER_BYTES, offset, NULL);
	return TF_BLOCK_HEADER_BYTES + h->stored_bytes;
}

bool tf_flight_is_due(const struct tf_flight *f, const struct tf_block_header *h, size_t len)
{
	uint64_t newest_ns = h->last_ns > f->newest_ns ? h->last_ns : f->newest_ns;
	struct tf_block_header oldest;

	if (!f->nr_blocks)
		return false;
	if (f->nr_blocks == TF_MAX_FLIGHT_BLOCKS || place_for(f, len) == SIZE_MAX)
		return true;
	if (!f->max_ns)
		return false;
	tf_flight_header(f, f->head, &oldest);
	return newest_ns - oldest.last_ns > f->max_ns;
}

size_t tf_flight_first(const struct tf_flight *f)
{
	return f->nr_blocks ? f->head : SIZE_MAX;
}

size_t tf_flight_next(const struct tf_flight *f, size_t offset)
{
	struct tf_block_header h;
	size_t next = offset + tf_flight_header(f, offset, &h);

	if (next == f->tail)
		return SIZE_MAX;
	return f->has_two_laps && next == f->wrap ? 0 : next;
}

/* Whole pages of what lies between are the system's again. */
static void give_back(struct tf_flight *f, size_t from, size_t to)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	from = (from + page - 1) / page * page;
	to = to / page * page;
	/* It is a favour: if it is refused, the pages stay for the blocks to come. */
	if (from < to)
		madvise(f->data + from, to - from, MADV_DONTNEED);
}

/* head has moved on; end is where it was to be found without wrapping. */
static void note_idle(struct tf_flight *f, size_t end)
{
	if (!f->max_ns) {
		/* All of it is needed again. */
		f->idle = f->head;
	} else if (f->head < end) {
		give_back(f, f->idle, f->room);
		f->idle = 0;
	} else if (f->head - f->idle >= GIVE_BACK_BYTES) {
		give_back(f, f->idle, f->head);
		f->idle = f->head;
	}
}

void tf_flight_drop(struct tf_flight *f)
{
	struct tf_block_header h;
	size_t len = tf_flight_header(f, f->head, &h), end = f->head + len;

	f->nr_blocks--;
	f->bytes -= len;
	f->head = end;
	if (!f->nr_blocks) {
		f->head = f->tail = 0;
		f->has_two_laps = false;
	} else if (f->has_two_laps && f->head == f->wrap) {
		f->head = 0;
		f->has_two_laps = false;
	}
	note_idle(f, end);
}

bool tf_flight_push(struct tf_flight *f, const struct tf_block_header *h,
		    const struct tf_out *block)
{
	size_t at = place_for(f, block->len);

	if (at == SIZE_MAX)
		return false;
	if (f->nr_blocks && !f->has_two_laps && at != f->tail) {
		f->wrap = f->tail;
		f->has_two_laps = true;
	}
	tf_block_header_put(f->data + at, h);
	memcpy(f->data + at + TF_BLOCK_HEADER_BYTES, block->data + TF_BLOCK_HEADER_BYTES,
	       block->len - TF_BLOCK_HEADER_BYTES);
	f->tail = at + block->len;
	if (f->has_two_laps && f->tail > f->idle)
		f->idle = f->tail;
	f->nr_blocks++;
	f->bytes += block->len;
	if (h->last_ns > f->newest_ns)
		f->newest_ns = h->last_ns;
	return true;
}

const char *tf_flight_is_valid(const struct tf_flight *f)
{
	uint64_t nr_blocks = 0, bytes = 0;
	struct tf_block_header h;

	if (f->head > f->room || f->tail > f->room || (f->has_two_laps && f->tail > f->head))
		return "a lap runs into the other";
	if (f->has_two_laps && (f->wrap <= f->head || f->wrap > f->room))
		return "the first of two laps ends before it begins";
	if (f->idle > f->head || (f->has_two_laps && f->idle < f->tail))
		return "what is idle is not before the oldest block";
	for (size_t at = tf_flight_first(f); at != SIZE_MAX; at = tf_flight_next(f, at)) {
		if (tf_block_header_get(&h, f->data + at, f->room - at, at, NULL))
			return "a block does not begin with a header";
		bytes += TF_BLOCK_HEADER_BYTES + h.stored_bytes;
		if (++nr_blocks > f->nr_blocks)
			return "more blocks than were counted";
	}
	if (nr_blocks != f->nr_blocks || bytes != f->bytes)
		return "the blocks are not those that were counted";
	return bytes <= f->room ? NULL : "more bytes than room";
}
