/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading single blocks.
 */
#include "tracefmt/block_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int tf_block_reader_init(struct tf_block_reader *br)
{
	int err;

	memset(br, 0, sizeof(*br));
	err = tf_unpacker_new(&br->unpacker);
	if (err)
		return err;
	return tf_decoder_new(&br->decoder);
}

void tf_block_reader_release(struct tf_block_reader *br)
{
	tf_unpacker_free(br->unpacker);
	tf_decoder_free(br->decoder);
	free(br->events);
	memset(br, 0, sizeof(*br));
}

int tf_block_read_raw(struct tf_block_reader *br, const struct tf_block_header *h,
		      const uint8_t *data, uint64_t offset, const uint8_t **raw,
		      struct tf_error *err)
{
	return tf_unpacker_run(br->unpacker, h, data + offset + TF_BLOCK_HEADER_BYTES, offset, raw,
			       err);
}

/*
 * The header's numbers must be those of the events: ranges and counts are taken
 * from headers alone, and a kind that is not counted is not filtered.
 */
static int compare(const struct tf_block_header *h, const struct tf_digest *digest, unsigned want,
		   uint64_t offset, struct tf_error *err)
{
	if ((want & TF_WANT_TIME) &&
	    (digest->first_ns != h->first_ns || digest->last_ns != h->last_ns))
		return tf_fail(err, -EBADMSG, offset,
			       "the block's events are not of the time that its header says");
	if (digest->nr_lost != h->nr_lost)
		return tf_fail(err, -EBADMSG, offset,
			       "the block lost %llu events, its header says %llu",
			       (unsigned long long)digest->nr_lost, (unsigned long long)h->nr_lost);
	if (digest->cpus != h->cpus)
		return tf_fail(err, -EBADMSG, offset,
			       "the block's events are not of the CPUs that its header says");
	/* All the events were counted, so there is none of a kind beyond the header's. */
	if (memcmp(digest->by_kind, h->by_kind, sizeof(h->by_kind)))
		return tf_fail(err, -EBADMSG, offset,
			       "the block's events are not of the kinds that its header says");
	return 0;
}

int tf_block_read_events(struct tf_block_reader *br, const struct tf_block_header *h,
			 const uint8_t *data, uint64_t offset, unsigned want, struct tf_error *err)
{
	struct tf_digest digest;
	const uint8_t *raw;
	int ret;

	if (h->nr_events > TF_MAX_BLOCK_EVENTS)
		return tf_fail(err, -EBADMSG, offset, "block of %u events, the limit is %u",
			       h->nr_events, TF_MAX_BLOCK_EVENTS);
	ret = tf_block_read_raw(br, h, data, offset, &raw, err);
	if (ret)
		return ret;
	if (h->nr_events > br->room) {
		free(br->events);
		br->room = 0;
		br->events = malloc(sizeof(*br->events) * h->nr_events);
		if (!br->events)
			return tf_fail(err, -ENOMEM, offset, "out of memory");
		br->room = h->nr_events;
	}
	ret = tf_decoder_run(br->decoder, raw, h->raw_bytes, want, br->events, h->nr_events,
			     &digest, err);
	if (ret && err)
		err->offset = offset;
	return ret ? ret : compare(h, &digest, want, offset, err);
}
