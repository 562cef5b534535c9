/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The footer's payload, made and read.
 */
#include "tracefmt/footer.h"

#include <errno.h>
#include <stdlib.h>

uint64_t tf_totals_nr_events(const struct tf_totals *totals)
{
	uint64_t nr = 0;

	for (unsigned kind = 0; kind < TF_NR_KINDS; kind++) {
		if (kind != TF_GAP && kind != TF_MARK)
			nr += totals->by_kind[kind];
	}
	return nr;
}

static void totals_span(struct tf_totals *totals, uint64_t first_ns, uint64_t last_ns)
{
	if (!totals->nr_blocks || first_ns < totals->first_ns)
		totals->first_ns = first_ns;
	if (!totals->nr_blocks || last_ns > totals->last_ns)
		totals->last_ns = last_ns;
	totals->nr_blocks++;
}

void tf_totals_add(struct tf_totals *totals, const struct tf_block_header *h)
{
	if (h->type != TF_BLOCK_EVENTS)
		return;
	totals_span(totals, h->first_ns, h->last_ns);
	totals->nr_lost += h->nr_lost;
	for (unsigned i = 0; i < TF_MAX_KINDS; i++)
		totals->by_kind[i] += h->by_kind[i];
}

void tf_footer_init(struct tf_footer *footer, uint64_t first_event)
{
	memset(footer, 0, sizeof(*footer));
	footer->first_event = footer->next_event = first_event;
	tf_out_init(&footer->index);
}

void tf_footer_release(struct tf_footer *footer)
{
	tf_out_release(&footer->index);
}

int tf_footer_add(struct tf_footer *footer, const struct tf_block_header *h)
{
	struct tf_out *index = &footer->index;

	/* The footer is a block, too. */
	if (footer->nr_entries + 1 >= TF_MAX_BLOCKS)
		return -EFBIG;
	tf_out_varint(index, h->type);
	tf_out_varint(index, h->stored_bytes);
	if (h->type == TF_BLOCK_CHECKPOINT) {
		tf_out_varint(index, h->nr_events);
		tf_out_varint(index, h->nr_more);
	}
	if (h->type == TF_BLOCK_EVENTS) {
		tf_out_varint(index, tf_zigzag(h->first_ns - footer->before_ns));
		tf_out_varint(index, h->last_ns - h->first_ns);
		tf_out_varint(index, h->nr_lost);
		tf_out_varint(index, h->cpus);
		for (unsigned i = 0; i < TF_MAX_KINDS; i++)
			tf_out_varint(index, h->by_kind[i]);
		footer->before_ns = h->last_ns;
		footer->next_event += h->nr_events;
	}
	if (index->err)
		return index->err;
	tf_totals_add(&footer->totals, h);
	footer->nr_entries++;
	return 0;
}

void tf_footer_pieces(struct tf_footer *footer, struct tf_piece pieces[2])
{
	const struct tf_totals *totals = &footer->totals;
	uint8_t *p = footer->head;

	tf_put32(p, footer->nr_entries);
	tf_put64(p + 4, footer->first_event);
	tf_put64(p + 12, totals->first_ns);
	tf_put64(p + 20, totals->last_ns);
	tf_put64(p + 28, totals->nr_lost);
	for (unsigned i = 0; i < TF_MAX_KINDS; i++)
		tf_put64(p + 36 + 8 * i, totals->by_kind[i]);
	pieces[0] = (struct tf_piece){ footer->head, sizeof(footer->head) };
	pieces[1] = (struct tf_piece){ footer->index.data, footer->index.len };
}

/* Where a walk through the index has come to. */
struct index_walk {
	uint64_t offset, first_event, before_ns;
};

static void parse_events(struct tf_in *in, struct tf_index_entry *entry, struct tf_totals *totals,
			 struct index_walk *walk)
{
	uint64_t nr_events = 0;

	entry->first_ns = walk->before_ns + tf_unzigzag(tf_in_varint(in));
	entry->last_ns = entry->first_ns + tf_in_varint(in);
	if (entry->last_ns < entry->first_ns)
		in->bad = true;
	walk->before_ns = entry->last_ns;
	totals_span(totals, entry->first_ns, entry->last_ns);
	totals->nr_lost += tf_in_varint(in);
	entry->cpus = tf_in_varint(in);
	for (unsigned i = 0; i < TF_MAX_KINDS; i++) {
		uint64_t nr = tf_in_varint_max(in, TF_MAX_BLOCK_EVENTS);

		totals->by_kind[i] += nr;
		nr_events += nr;
	}
	if (!nr_events || nr_events > TF_MAX_BLOCK_EVENTS ||
	    nr_events > UINT64_MAX - walk->first_event)
		in->bad = true;
	entry->nr_events = (uint32_t)nr_events;
	walk->first_event += nr_events;
}

/* Fill one entry and account it in totals. */
static void parse_entry(struct tf_in *in, struct tf_index_entry *entry, struct tf_totals *totals,
			struct index_walk *walk)
{
	*entry = (struct tf_index_entry){
		.offset = walk->offset,
		.first_event = walk->first_event,
	};
	entry->type = (uint16_t)tf_in_varint_max(in, UINT16_MAX);
	entry->stored_bytes = (uint32_t)tf_in_varint_max(in, TF_MAX_RAW_BYTES);
	if (entry->type == TF_BLOCK_EVENTS)
		parse_events(in, entry, totals, walk);
	if (entry->type == TF_BLOCK_CHECKPOINT) {
		entry->nr_events = (uint32_t)tf_in_varint_max(in, TF_MAX_BLOCK_EVENTS);
		entry->nr_more = (uint32_t)tf_in_varint_max(in, TF_MAX_BLOCKS);
	}
	walk->offset += TF_BLOCK_HEADER_BYTES + entry->stored_bytes;
}

static bool head_agrees(const uint8_t *head, const struct tf_totals *totals)
{
	bool ok = tf_get64(head + 12) == totals->first_ns &&
		  tf_get64(head + 20) == totals->last_ns && tf_get64(head + 28) == totals->nr_lost;

	for (unsigned i = 0; i < TF_MAX_KINDS; i++)
		ok &= tf_get64(head + 36 + 8 * i) == totals->by_kind[i];
	return ok;
}

int tf_footer_parse(const uint8_t *raw, size_t len, uint64_t footer_offset,
		    struct tf_totals *totals, struct tf_index_entry **entries, size_t *nr_entries,
		    struct tf_error *err)
{
	struct index_walk walk = { .offset = TF_FILE_HEADER_BYTES };
	struct tf_index_entry *list = NULL;
	const uint8_t *head;
	struct tf_in in;
	size_t nr;

	memset(totals, 0, sizeof(*totals));
	tf_in_init(&in, raw, len);
	head = tf_in_bytes(&in, sizeof(((struct tf_footer *)NULL)->head));
	if (!head)
		return tf_fail(err, -EBADMSG, footer_offset, "footer: only %zu bytes", len);
	nr = tf_get32(head);
	walk.first_event = tf_get64(head + 4);
	/* An entry has two bytes at least. */
	if (nr > tf_in_left(&in) / 2 || nr > TF_MAX_BLOCKS)
		return tf_fail(err, -EBADMSG, footer_offset, "footer: %zu blocks in %zu bytes", nr,
			       len);
	list = malloc((nr + 1) * sizeof(*list));
	if (!list)
		return tf_fail(err, -ENOMEM, footer_offset, "out of memory");
	for (size_t i = 0; i < nr && !in.bad; i++)
		parse_entry(&in, &list[i], totals, &walk);
	if (in.bad || tf_in_left(&in)) {
		free(list);
		return tf_fail(err, -EBADMSG, footer_offset, "footer: damaged index");
	}
	if (walk.offset != footer_offset || !head_agrees(head, totals)) {
		free(list);
		return tf_fail(err, -EBADMSG, footer_offset, "footer: %s",
			       walk.offset != footer_offset
				       ? "the index does not lead to the footer"
				       : "the totals are not the sums of the index");
	}
	*entries = list;
	*nr_entries = nr;
	return 0;
}
