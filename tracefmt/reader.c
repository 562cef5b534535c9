/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader.
 *
 * Opening makes a list of blocks: from the footer's index if there is a footer
 * that holds together, else from a walk over the block headers.  Payloads are
 * looked at when they are needed: metadata at once, events batch by batch.  Damage
 * stays in the list, to be told when the reading comes to it.
 */
#include "tracefmt/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/block_read.h"
#include "tracefmt/footer.h"
#include "tracefmt/input.h"
#include "tracefmt/meta_codec.h"

struct tf_reader {
	struct tf_input input;
	struct tf_file_header header;
	bool complete;
	struct tf_index_entry *entries;
	size_t nr_entries, entries_room;
	struct tf_error *damage; /* what entry->damage - 1 means */
	size_t nr_damage, damage_room;
	struct tf_totals totals;
	struct tf_meta meta;
	uint64_t from_ns, to_ns;
	size_t next; /* entry that the reading comes to */
	struct tf_block_reader block;
};

/* Find the footer through the trailer; an error leaves the list empty. */
static int read_footer(struct tf_reader *r, struct tf_error *err)
{
	const uint8_t *data = r->input.data;
	struct tf_block_header h;
	uint64_t offset, bytes;
	const uint8_t *raw;
	int ret;

	ret = tf_trailer_get(data, r->input.len, &offset, &bytes, err);
	if (ret)
		return ret;
	ret = tf_block_header_get(&h, data + offset, bytes, offset, err);
	if (ret)
		return ret;
	if (h.type != TF_BLOCK_FOOTER || TF_BLOCK_HEADER_BYTES + h.stored_bytes != bytes)
		return tf_fail(err, -EBADMSG, offset, "trailer: it points at no footer");
	ret = tf_block_read_raw(&r->block, &h, data, offset, &raw, err);
	if (ret)
		return ret;
	return tf_footer_parse(raw, h.raw_bytes, offset, &r->totals, &r->entries, &r->nr_entries,
			       err);
}

/* Room for one more in an array; false if there is no memory. */
static bool make_room(void **array, size_t nr, size_t *room, size_t size)
{
	size_t bigger = *room ? *room * 2 : 64;
	void *p;

	if (nr < *room)
		return true;
	p = realloc(*array, bigger * size);
	if (!p)
		return false;
	*array = p;
	*room = bigger;
	return true;
}

static int add_damage(struct tf_reader *r, struct tf_index_entry *entry,
		      const struct tf_error *what)
{
	if (!make_room((void **)&r->damage, r->nr_damage, &r->damage_room, sizeof(*r->damage)))
		return -ENOMEM;
	r->damage[r->nr_damage++] = *what;
	entry->damage = r->nr_damage;
	return 0;
}

static int add_entry(struct tf_reader *r, const struct tf_scan_item *item)
{
	struct tf_index_entry *entry;

	if (!make_room((void **)&r->entries, r->nr_entries, &r->entries_room, sizeof(*r->entries)))
		return -ENOMEM;
	entry = &r->entries[r->nr_entries++];
	*entry = (struct tf_index_entry){ .offset = item->offset };
	if (!item->is_block)
		return add_damage(r, entry, &item->error);
	entry->type = item->h.type;
	entry->stored_bytes = item->h.stored_bytes;
	entry->nr_events = item->h.nr_events;
	entry->first_ns = item->h.first_ns;
	entry->last_ns = item->h.last_ns;
	tf_totals_add(&r->totals, &item->h);
	return 0;
}

static int walk(struct tf_reader *r)
{
	uint64_t pos = TF_FILE_HEADER_BYTES;
	struct tf_scan_item item;
	int err = 0;

	memset(&r->totals, 0, sizeof(r->totals));
	while (!err && tf_scan_next(r->input.data, r->input.len, &pos, &item)) {
		/* What follows the last whole block was being written; that is no damage. */
		if (!item.is_block && pos == r->input.len)
			break;
		err = add_entry(r, &item);
	}
	return err;
}

/* The header of a block in the list, as it is in the file. */
static int entry_header(const struct tf_reader *r, const struct tf_index_entry *entry,
			struct tf_block_header *h, struct tf_error *err)
{
	int ret = tf_block_header_get(h, r->input.data + entry->offset,
				      r->input.len - entry->offset, entry->offset, err);

	if (ret)
		return ret;
	if (h->type != entry->type || h->stored_bytes != entry->stored_bytes ||
	    h->nr_events != entry->nr_events)
		return tf_fail(err, -EBADMSG, entry->offset,
			       "the block is not the one that the footer names");
	return 0;
}

static int read_meta_block(struct tf_reader *r, const struct tf_index_entry *entry,
			   struct tf_error *err)
{
	struct tf_block_header h;
	const uint8_t *raw;
	int ret = entry_header(r, entry, &h, err);

	if (ret)
		return ret;
	ret = tf_block_read_raw(&r->block, &h, r->input.data, entry->offset, &raw, err);
	if (ret)
		return ret;
	return tf_meta_decode(&r->meta, h.type, raw, h.raw_bytes, entry->offset, err);
}

static int read_meta(struct tf_reader *r, struct tf_error *err)
{
	for (size_t i = 0; i < r->nr_entries; i++) {
		struct tf_index_entry *entry = &r->entries[i];
		int ret = 0;

		if (!entry->damage && tf_block_is_meta(entry->type))
			ret = read_meta_block(r, entry, err);
		if (ret == -EBADMSG)
			ret = add_damage(r, entry, err);
		if (ret)
			return tf_fail(err, ret, entry->offset, "%s", strerror(-ret));
	}
	tf_meta_sort_symbols(&r->meta);
	return 0;
}

static int open_input(struct tf_reader *r, struct tf_error *err)
{
	int ret = tf_file_header_get(&r->header, r->input.data, r->input.len, err);

	if (ret)
		return ret;
	ret = tf_file_header_check_host(&r->header, err);
	if (ret)
		return ret;
	ret = read_footer(r, err);
	r->complete = !ret;
	if (ret == -EBADMSG || ret == -ENODATA)
		ret = walk(r);
	if (ret)
		return tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
	return read_meta(r, err);
}

/* Takes the input over. */
static int reader_new(struct tf_reader **out, struct tf_input *input, struct tf_error *err)
{
	struct tf_error unused;
	struct tf_reader *r = calloc(1, sizeof(*r));
	int ret;

	if (!r) {
		tf_input_close(input);
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	}
	r->input = *input;
	r->to_ns = UINT64_MAX;
	tf_meta_init(&r->meta);
	ret = tf_block_reader_init(&r->block);
	if (ret)
		tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
	else
		ret = open_input(r, err ? err : &unused);
	if (ret) {
		tf_reader_close(r);
		return ret;
	}
	*out = r;
	return 0;
}

int tf_reader_open(struct tf_reader **out, const char *path, struct tf_error *err)
{
	struct tf_input input;
	int ret = tf_input_open(&input, path, err);

	return ret ? ret : reader_new(out, &input, err);
}

int tf_reader_open_mem(struct tf_reader **out, const uint8_t *data, size_t len,
		       struct tf_error *err)
{
	struct tf_input input = { .data = data, .len = len, .how = TF_INPUT_BORROWED };

	return reader_new(out, &input, err);
}

void tf_reader_close(struct tf_reader *r)
{
	if (!r)
		return;
	tf_block_reader_release(&r->block);
	tf_meta_release(&r->meta);
	free(r->entries);
	free(r->damage);
	tf_input_close(&r->input);
	free(r);
}

const struct tf_meta *tf_reader_meta(const struct tf_reader *r)
{
	return &r->meta;
}

void tf_reader_get_info(const struct tf_reader *r, struct tf_reader_info *info)
{
	const struct tf_totals *totals = &r->totals;

	info->version_major = r->header.major;
	info->version_minor = r->header.minor;
	info->complete = r->complete;
	info->file_bytes = r->input.len;
	info->nr_events = tf_totals_nr_events(totals);
	for (unsigned i = 0; i < TF_NR_KINDS; i++)
		info->by_kind[i] = totals->by_kind[i];
	info->nr_lost = totals->nr_lost;
	info->first_ns = totals->first_ns;
	info->last_ns = totals->last_ns;
	info->nr_blocks = totals->nr_blocks;
}

void tf_reader_set_range(struct tf_reader *r, uint64_t from_ns, uint64_t to_ns)
{
	r->from_ns = from_ns;
	r->to_ns = to_ns;
}

void tf_reader_rewind(struct tf_reader *r)
{
	r->next = 0;
}

static bool in_range(const struct tf_reader *r, uint64_t ts_ns)
{
	/* The end of time is in the range that is not cut. */
	return ts_ns >= r->from_ns && (ts_ns < r->to_ns || r->to_ns == UINT64_MAX);
}

/* Drop what is out of range or of a kind that a newer minor version added; returns what stays. */
static uint32_t filter(struct tf_reader *r, uint32_t nr)
{
	struct tf_event *events = r->block.events;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < nr; i++) {
		if (events[i].kind >= TF_NR_KINDS || !in_range(r, events[i].ts_ns))
			continue;
		if (kept != i)
			events[kept] = events[i];
		kept++;
	}
	return kept;
}

/* Number of events that are left of the block, or a negative errno. */
static int64_t read_events(struct tf_reader *r, const struct tf_index_entry *entry,
			   struct tf_error *err)
{
	struct tf_block_header h;
	bool whole;
	int ret;

	if (entry->last_ns < r->from_ns || !(entry->first_ns < r->to_ns || r->to_ns == UINT64_MAX))
		return 0;
	ret = entry_header(r, entry, &h, err);
	if (ret)
		return ret;
	ret = tf_block_read_events(&r->block, &h, r->input.data, entry->offset, err);
	tf_input_done_with(&r->input, entry->offset, TF_BLOCK_HEADER_BYTES + h.stored_bytes);
	if (ret)
		return ret;
	whole = in_range(r, h.first_ns) && in_range(r, h.last_ns);
	for (unsigned i = TF_NR_KINDS; i < TF_MAX_KINDS; i++)
		whole &= !h.by_kind[i];
	return whole ? h.nr_events : filter(r, h.nr_events);
}

int64_t tf_reader_next(struct tf_reader *r, const struct tf_event **events, struct tf_error *err)
{
	*events = NULL;
	while (r->next < r->nr_entries) {
		const struct tf_index_entry *entry = &r->entries[r->next++];
		int64_t ret;

		if (entry->damage) {
			const struct tf_error *what = &r->damage[entry->damage - 1];

			return tf_fail(err, -EBADMSG, what->offset, "%s", what->reason);
		}
		if (entry->type != TF_BLOCK_EVENTS)
			continue;
		ret = read_events(r, entry, err);
		if (ret > 0)
			*events = r->block.events;
		if (ret)
			return ret;
	}
	return 0;
}
