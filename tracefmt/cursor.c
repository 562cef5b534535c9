/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way through a trace.
 *
 * Blocks may overlap in time, for each CPU is drained by itself.  So a warm start makes
 * up to three passes, of which the second and third may decode a block twice:
 *
 *      file    ..[E E C C E E E E E E E E]..     E events, C checkpoint
 *                     |   |     |
 *                     live      range: the first block with an event of the range
 *      LIVE           =====
 *      BEFORE             ==========> of all blocks behind: events before the range
 *      RANGE                    ============> events of the range
 */
#include "tracefmt/cursor.h"

#include <errno.h>
#include <string.h>
#include <xxhash.h>

void tf_cursor_init(struct tf_cursor *c, const struct tf_part *parts, size_t nr_parts,
		    const struct tf_selection *selection, size_t max_footer)
{
	memset(c, 0, sizeof(*c));
	c->parts = parts;
	c->nr_parts = nr_parts;
	c->selection = selection;
	c->max_footer = max_footer;
	c->loaded = SIZE_MAX;
}

void tf_cursor_release(struct tf_cursor *c)
{
	tf_index_release(&c->index);
	c->loaded = SIZE_MAX;
}

void tf_cursor_rewind(struct tf_cursor *c)
{
	memset(&c->place, 0, sizeof(c->place));
}

static int load(struct tf_cursor *c, size_t part, struct tf_error *err)
{
	int ret;

	if (c->loaded == part)
		return 0;
	tf_cursor_release(c);
	if (c->parts[part].segment->header_err) {
		c->loaded = part;
		return 0;
	}
	ret = tf_index_load(&c->index, &c->parts[part].segment->input, c->max_footer, err);
	if (!ret)
		c->loaded = part;
	return ret;
}

/* No event of the block is in the range or behind it. */
static bool is_before(const struct tf_selection *s, const struct tf_index_entry *e)
{
	return e->last_ns < s->from_ns ||
	       (e->first_event < s->first_event && s->first_event - e->first_event >= e->nr_events);
}

/* The first block that is not before the range; behind the last part if there is none. */
static int find_range(struct tf_cursor *c, struct tf_error *err)
{
	const struct tf_selection *s = c->selection;
	struct tf_spot *spot = &c->range;

	for (*spot = (struct tf_spot){ 0 }; spot->part < c->nr_parts; spot->part++) {
		const struct tf_part *part = &c->parts[spot->part];
		int ret;

		if (!part->totals.nr_blocks || part->totals.last_ns < s->from_ns ||
		    part->next_event <= s->first_event)
			continue;
		ret = load(c, spot->part, err);
		if (ret)
			return ret;
		for (spot->entry = 0; spot->entry < c->index.nr_entries; spot->entry++) {
			const struct tf_index_entry *e = &c->index.entries[spot->entry];

			if (!e->damage && e->type == TF_BLOCK_EVENTS && !is_before(s, e))
				return 0;
		}
		spot->entry = 0;
	}
	return 0;
}

/* Can the block be read?  Its checksum says so, without decoding it. */
static bool is_whole(const struct tf_index_entry *e, const struct tf_input *input)
{
	struct tf_block_header h;

	if (tf_index_header(e, input, &h, NULL))
		return false;
	tf_input_will_need(input, e->offset, TF_BLOCK_HEADER_BYTES + h.stored_bytes);
	return XXH64(input->data + e->offset + TF_BLOCK_HEADER_BYTES, h.stored_bytes, 0) ==
	       h.payload_sum;
}

/*
 * The first block of the checkpoint that ends with entry last, or behind last if there
 * is none, or not all of it.
 */
static size_t checkpoint_start(const struct tf_cursor *c, size_t last)
{
	const struct tf_index_entry *list = c->index.entries;
	const struct tf_input *input = &c->parts[c->loaded].segment->input;
	size_t start = last;

	if (list[last].damage || list[last].type != TF_BLOCK_CHECKPOINT || list[last].nr_more)
		return last + 1;
	while (start && !list[start - 1].damage && list[start - 1].type == TF_BLOCK_CHECKPOINT &&
	       list[start - 1].nr_more == list[start].nr_more + 1)
		start--;
	/* Its first blocks may have been in what cannot be read. */
	if (start && (list[start - 1].damage || list[start - 1].nr_more))
		return last + 1;
	for (size_t i = start; i <= last; i++) {
		if (!is_whole(&list[i], input))
			return last + 1;
	}
	return start;
}

/* The last checkpoint before the range.  1 if there is one, 0 if not, or negative errno. */
static int find_checkpoint(struct tf_cursor *c, struct tf_error *err)
{
	size_t part = c->range.part < c->nr_parts ? c->range.part + 1 : c->nr_parts;

	while (part--) {
		int ret = load(c, part, err);
		size_t entry = c->index.nr_entries;

		if (ret)
			return ret;
		if (part == c->range.part)
			entry = c->range.entry;
		while (entry--) {
			size_t start = checkpoint_start(c, entry);

			if (start > entry)
				continue;
			c->live = (struct tf_spot){ part, start };
			c->before = (struct tf_spot){ part, entry + 1 };
			return 1;
		}
	}
	return 0;
}

static int begin(struct tf_cursor *c, struct tf_error *err)
{
	int ret;

	c->place = (struct tf_place){ .has_begun = true, .phase = TF_PHASE_RANGE };
	c->range = (struct tf_spot){ 0 };
	if (!c->selection->warm)
		return 0;
	ret = find_range(c, err);
	if (!ret)
		ret = find_checkpoint(c, err);
	if (ret < 0)
		return ret;
	c->place.phase = ret ? TF_PHASE_LIVE : TF_PHASE_BEFORE;
	c->place.told = ret;
	if (ret)
		c->place.at = c->live;
	return 0;
}

static int fail(struct tf_step *step, int err, const struct tf_error *what)
{
	step->err = err;
	step->error = *what;
	return true;
}

/* Has nothing of the part a place in this phase? */
static bool is_aside(const struct tf_cursor *c, const struct tf_part *part)
{
	const struct tf_selection *s = c->selection;
	const struct tf_totals *totals = &part->totals;

	if (part->has_damage)
		return false;
	if (!totals->nr_blocks)
		return true;
	if (c->place.phase == TF_PHASE_BEFORE)
		return totals->first_ns >= s->from_ns && part->first_event >= s->first_event;
	return totals->last_ns < s->from_ns || part->next_event <= s->first_event ||
	       tf_is_behind(s, totals->first_ns, part->first_event);
}

/* Is what is missing before the part all before the range, or behind it? */
static bool hole_is_aside(const struct tf_cursor *c, const struct tf_part *part)
{
	const struct tf_selection *s = c->selection;
	const struct tf_part *before = part;

	if (c->place.phase != TF_PHASE_RANGE)
		return false;
	if (part->totals.nr_blocks &&
	    (part->totals.last_ns < s->from_ns || part->next_event <= s->first_event))
		return true;
	while (before-- > c->parts) {
		if (before->totals.nr_blocks)
			return tf_is_behind(s, before->totals.last_ns, before->next_event);
	}
	return false;
}

static bool is_wanted(const struct tf_cursor *c, const struct tf_index_entry *e)
{
	const struct tf_selection *s = c->selection;

	if (c->place.phase == TF_PHASE_LIVE)
		return true;
	if (e->type != TF_BLOCK_EVENTS || !(e->cpus & s->cpus))
		return false;
	if (c->place.phase == TF_PHASE_BEFORE)
		return e->first_ns < s->from_ns || e->first_event < s->first_event;
	return !is_before(s, e) && !tf_is_behind(s, e->first_ns, e->first_event);
}

/* Damage is told once: on the way to the range by the second pass, from there on by the third. */
static bool is_told_now(const struct tf_cursor *c)
{
	const struct tf_spot *at = &c->place.at;

	return c->place.phase == TF_PHASE_RANGE || at->part < c->range.part ||
	       (at->part == c->range.part && at->entry <= c->range.entry);
}

/* Records that were in a region of the file that is no block: the next block tells. */
static uint64_t records_in(const struct tf_cursor *c, const struct tf_index_entry *e)
{
	const struct tf_index_entry *next = e + 1;

	if (next == c->index.entries + c->index.nr_entries || next->first_event < e->first_event)
		return 0;
	return next->first_event - e->first_event;
}

/* Records that are missing between a part and the last one before it that can be read. */
static uint64_t records_before(const struct tf_cursor *c, const struct tf_part *part)
{
	const struct tf_part *before = part;

	if (part->segment->header_err)
		return 0;
	while (before-- > c->parts) {
		if (!before->segment->header_err)
			return part->first_event > before->next_event
				       ? part->first_event - before->next_event
				       : 0;
	}
	return 0;
}

static void next_part(struct tf_cursor *c)
{
	c->place.at.part++;
	c->place.at.entry = 0;
	c->place.told = false;
}

/* Look at one entry.  True if it makes a step. */
static bool look(struct tf_cursor *c, struct tf_step *step)
{
	struct tf_place *place = &c->place;
	const struct tf_part *part = &c->parts[place->at.part];
	const struct tf_index_entry *e;
	struct tf_error what;
	int ret;

	*step = (struct tf_step){ .part = part, .phase = place->phase };
	if (!place->told) {
		place->told = true;
		if (part->before.reason[0] && is_told_now(c) && !hole_is_aside(c, part)) {
			step->nr_unread = records_before(c, part);
			return fail(step,
				    part->segment->header_err ? part->segment->header_err
							      : -ENODATA,
				    &part->before);
		}
	}
	if (!place->at.entry && is_aside(c, part)) {
		next_part(c);
		return false;
	}
	ret = load(c, place->at.part, &what);
	if (ret) {
		next_part(c);
		return fail(step, ret, &what);
	}
	if (place->at.entry >= c->index.nr_entries) {
		next_part(c);
		return false;
	}
	e = &c->index.entries[place->at.entry++];
	if (e->damage && is_told_now(c)) {
		step->nr_unread = records_in(c, e);
		return fail(step, -EBADMSG, &c->index.damage[e->damage - 1]);
	}
	if (e->damage || !is_wanted(c, e))
		return false;
	step->entry = *e;
	return true;
}

bool tf_cursor_next(struct tf_cursor *c, struct tf_step *step)
{
	struct tf_place *place = &c->place;
	struct tf_error what;
	int ret = place->has_begun ? 0 : begin(c, &what);

	if (ret) {
		*step = (struct tf_step){ .part = &c->parts[0] };
		place->at.part = c->nr_parts;
		place->phase = TF_PHASE_RANGE;
		return fail(step, ret, &what);
	}
	for (;;) {
		if (place->phase == TF_PHASE_LIVE && place->at.part == c->before.part &&
		    place->at.entry == c->before.entry) {
			place->phase = TF_PHASE_BEFORE;
		} else if (place->at.part < c->nr_parts) {
			if (look(c, step))
				return true;
		} else if (place->phase == TF_PHASE_RANGE) {
			return false;
		} else {
			place->phase = TF_PHASE_RANGE;
			place->at = c->range;
			place->told = true;
		}
	}
}
