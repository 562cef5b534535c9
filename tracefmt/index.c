/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Listing blocks.
 *
 * A list made by walking has an entry for each region that is no block, too, so
 * that its damage can be told when the reading comes to it.
 */
#include "tracefmt/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/block.h"

/* Find the footer through the trailer; an error leaves the list empty. */
static int read_footer(struct tf_index *index, const struct tf_input *input, size_t max_footer,
		       struct tf_error *err)
{
	struct tf_unpacker *unpacker = NULL;
	struct tf_block_header h;
	uint64_t offset, bytes;
	const uint8_t *raw;
	int ret;

	ret = tf_trailer_get(input->data, input->len, &offset, &bytes, err);
	if (ret)
		return ret;
	tf_input_will_need(input, offset, bytes);
	ret = tf_block_header_get(&h, input->data + offset, bytes, offset, err);
	if (ret)
		return ret;
	if (h.type != TF_BLOCK_FOOTER || TF_BLOCK_HEADER_BYTES + h.stored_bytes != bytes)
		return tf_fail(err, -EBADMSG, offset, "trailer: it points at no footer");
	if (h.raw_bytes > max_footer)
		return tf_fail(err, -EBADMSG, offset, "footer: %u bytes are too many here",
			       h.raw_bytes);
	/* Not one that lives on: a footer may be far larger than all other blocks. */
	ret = tf_unpacker_new(&unpacker);
	if (ret)
		return tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
	ret = tf_unpacker_run(unpacker, &h, input->data + offset + TF_BLOCK_HEADER_BYTES, offset,
			      &raw, err);
	if (!ret)
		ret = tf_footer_parse(raw, h.raw_bytes, offset, &index->totals, &index->entries,
				      &index->nr_entries, err);
	tf_unpacker_free(unpacker);
	if (!ret)
		index->first_event =
			index->nr_entries ? index->entries[0].first_event : h.first_event;
	return ret;
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

static struct tf_index_entry *new_entry(struct tf_index *index, uint64_t offset)
{
	struct tf_index_entry *entry;

	if (index->nr_entries == TF_MAX_BLOCKS ||
	    !make_room((void **)&index->entries, index->nr_entries, &index->room, sizeof(*entry)))
		return NULL;
	entry = &index->entries[index->nr_entries++];
	*entry = (struct tf_index_entry){ .offset = offset };
	return entry;
}

static int set_damage(struct tf_index *index, struct tf_index_entry *entry,
		      const struct tf_error *what)
{
	*entry = (struct tf_index_entry){ .offset = what->offset };
	entry->first_event = index->next_event;
	if (index->nr_damage < TF_MAX_DAMAGE) {
		if (!make_room((void **)&index->damage, index->nr_damage, &index->damage_room,
			       sizeof(*what)))
			return -ENOMEM;
		index->damage[index->nr_damage++] = *what;
	}
	entry->damage = index->nr_damage;
	return 0;
}

static int add_damage(struct tf_index *index, const struct tf_error *what)
{
	struct tf_index_entry *entry = new_entry(index, what->offset);

	return entry ? set_damage(index, entry, what) : -ENOMEM;
}

/* Blocks were taken out without leaving damage: what the next one says tells. */
static int add_hole(struct tf_index *index, const struct tf_block_header *h, uint64_t offset)
{
	const struct tf_index_entry *before = &index->entries[index->nr_entries - 1];
	struct tf_error what;

	if (before->damage || h->first_event == index->next_event)
		return 0;
	if (h->first_event > index->next_event)
		tf_fail(&what, -EBADMSG, offset, "%llu records are missing before this block",
			(unsigned long long)(h->first_event - index->next_event));
	else
		tf_fail(&what, -EBADMSG, offset,
			"the block begins with record %llu, but %llu were before it",
			(unsigned long long)h->first_event, (unsigned long long)index->next_event);
	return add_damage(index, &what);
}

static int add_block(struct tf_index *index, const struct tf_scan_item *item)
{
	const struct tf_block_header *h = &item->h;
	struct tf_index_entry *entry;

	if (!index->nr_blocks)
		index->first_event = h->first_event;
	else if (add_hole(index, h, item->offset))
		return -ENOMEM;
	entry = new_entry(index, item->offset);
	if (!entry)
		return -ENOMEM;
	index->nr_blocks++;
	entry->type = h->type;
	entry->stored_bytes = h->stored_bytes;
	entry->nr_events = h->nr_events;
	entry->nr_more = h->nr_more;
	entry->first_ns = h->first_ns;
	entry->last_ns = h->last_ns;
	entry->first_event = h->first_event;
	entry->cpus = h->cpus;
	index->next_event = h->first_event;
	if (h->type == TF_BLOCK_EVENTS)
		index->next_event += h->nr_events;
	tf_totals_add(&index->totals, h);
	return 0;
}

static int walk(struct tf_index *index, const struct tf_input *input)
{
	uint64_t pos = TF_FILE_HEADER_BYTES;
	struct tf_scan_item item;
	int err = 0;

	memset(&index->totals, 0, sizeof(index->totals));
	while (!err && tf_scan_next(input->data, input->len, &pos, &item)) {
		/* What follows the last whole block was being written; that is no damage. */
		if (!item.is_block && pos == input->len)
			break;
		err = item.is_block ? add_block(index, &item) : add_damage(index, &item.error);
	}
	if (!err || index->nr_entries < TF_MAX_BLOCKS)
		return err;
	tf_fail(&item.error, -EBADMSG, item.offset,
		"more than %u blocks: the rest of the file is not read", TF_MAX_BLOCKS);
	return set_damage(index, &index->entries[TF_MAX_BLOCKS - 1], &item.error);
}

/* What the walk has found on its way, for a list that is the footer's. */
static void count_blocks(struct tf_index *index)
{
	const struct tf_index_entry *last = index->entries + index->nr_entries - 1;

	index->nr_blocks = index->nr_entries;
	index->next_event = index->first_event;
	if (index->nr_entries)
		index->next_event = last->first_event;
	if (index->nr_entries && last->type == TF_BLOCK_EVENTS)
		index->next_event += last->nr_events;
}

int tf_index_load(struct tf_index *index, const struct tf_input *input, size_t max_footer,
		  struct tf_error *err)
{
	struct tf_error why_not;
	int ret;

	memset(index, 0, sizeof(*index));
	ret = read_footer(index, input, max_footer, &why_not);
	index->complete = !ret;
	if (ret == -EBADMSG || ret == -ENODATA)
		ret = walk(index, input);
	if (ret) {
		tf_index_release(index);
		return tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
	}
	if (index->complete)
		count_blocks(index);
	return 0;
}

void tf_index_release(struct tf_index *index)
{
	free(index->entries);
	free(index->damage);
	memset(index, 0, sizeof(*index));
}

int tf_index_header(const struct tf_index_entry *entry, const struct tf_input *input,
		    struct tf_block_header *h, struct tf_error *err)
{
	uint64_t offset = entry->offset;
	int ret = tf_block_header_get(h, input->data + offset, input->len - offset, offset, err);
	bool same;

	if (ret)
		return ret;
	same = h->type == entry->type && h->stored_bytes == entry->stored_bytes &&
	       h->first_event == entry->first_event;
	if (h->type == TF_BLOCK_EVENTS || h->type == TF_BLOCK_CHECKPOINT)
		same &= h->nr_events == entry->nr_events && h->nr_more == entry->nr_more;
	if (h->type == TF_BLOCK_EVENTS)
		same &= h->first_ns == entry->first_ns && h->last_ns == entry->last_ns &&
			h->cpus == entry->cpus;
	if (!same)
		return tf_fail(err, -EBADMSG, offset,
			       "the block is not the one that the footer names");
	return 0;
}
