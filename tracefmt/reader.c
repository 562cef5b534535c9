/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader.
 *
 * Opening goes once through the list of blocks of each file, for the sums and the
 * metadata.  Then batches: what a cursor says is next is decoded, at best by a helper
 * thread while the caller looks at the batch before.
 *
 *      cursor ─▶ step ─▶ batches[0]  the caller's           tf_reader_next()
 *             └▶ step ─▶ batches[1]  the thread's, its place kept to go back to it
 */
#include "tracefmt/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/ahead.h"
#include "tracefmt/batch.h"
#include "tracefmt/cursor.h"
#include "tracefmt/index.h"
#include "tracefmt/meta_compact.h"
#include "tracefmt/segments.h"

/* Memory; the sum is what reader.h promises. */
#define MAX_BYTES ((size_t)64 << 20)
#define LIST_BYTES (TF_MAX_BLOCKS * sizeof(struct tf_index_entry))
#define BATCH_BYTES ((size_t)11 << 20)
#define OTHER_BYTES ((size_t)1 << 20)

/* What is beyond the limit of metadata is the last block of them. */
_Static_assert(LIST_BYTES + BATCH_BYTES + OTHER_BYTES + TF_MAX_META_BYTES + TF_MAX_RAW_BYTES <=
		       MAX_BYTES,
	       "more memory than is promised");

enum threads {
	THREADS_AUTO,
	THREADS_OFF,
	THREADS_ON
};

struct tf_reader {
	struct tf_segments files;
	struct tf_part *parts; /* one for each file */
	struct tf_meta meta;
	unsigned nr_compactions;
	struct tf_error *damage; /* found by opening, told first */
	size_t nr_damage, damage_room, nr_told;
	struct tf_reader_info info;
	struct tf_selection selection;
	struct tf_cursor cursor;
	struct tf_batch batches[2];
	unsigned mine;	     /* the batch that the caller has, or had last */
	bool is_ahead;	     /* the other has its step, and the thread may be at it */
	uint64_t nr_batches; /* that the caller got since the beginning */
	enum tf_phase phase;
	uint64_t nr_unread;
	enum threads threads;
	struct tf_ahead *ahead;
};

static int add_damage(struct tf_reader *r, const struct tf_segment *segment, struct tf_error *what)
{
	if (r->nr_damage == TF_MAX_DAMAGE)
		return 0;
	if (r->nr_damage == r->damage_room) {
		size_t room = r->damage_room ? r->damage_room * 2 : 8;
		struct tf_error *bigger = realloc(r->damage, room * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		r->damage = bigger;
		r->damage_room = room;
	}
	tf_segments_name_error(&r->files, segment, what);
	r->damage[r->nr_damage++] = *what;
	return 0;
}

static int read_meta_block(struct tf_reader *r, struct tf_unpacker *unpacker,
			   const struct tf_input *input, const struct tf_index_entry *entry,
			   struct tf_error *err)
{
	struct tf_block_header h;
	const uint8_t *raw;
	int ret = tf_index_header(entry, input, &h, err);

	if (ret)
		return ret;
	tf_input_will_need(input, entry->offset, TF_BLOCK_HEADER_BYTES + h.stored_bytes);
	ret = tf_unpacker_run(unpacker, &h, input->data + entry->offset + TF_BLOCK_HEADER_BYTES,
			      entry->offset, &raw, err);
	if (ret)
		return ret;
	return tf_meta_decode_again(&r->meta, &r->nr_compactions, h.type, raw, h.raw_bytes,
				    entry->offset, err);
}

static int read_meta(struct tf_reader *r, const struct tf_segment *segment,
		     const struct tf_index *index, struct tf_error *err)
{
	struct tf_unpacker *unpacker = NULL;
	int ret = tf_unpacker_new(&unpacker);

	if (ret)
		tf_fail(err, ret, TF_NO_OFFSET, "out of memory");
	for (size_t i = 0; !ret && i < index->nr_entries; i++) {
		const struct tf_index_entry *entry = &index->entries[i];

		if (entry->damage || !tf_block_is_meta(entry->type))
			continue;
		ret = read_meta_block(r, unpacker, &segment->input, entry, err);
		if (ret == -EBADMSG || ret == -ENODATA)
			ret = add_damage(r, segment, err);
	}
	tf_unpacker_free(unpacker);
	tf_meta_compact(&r->meta);
	return ret;
}

/* Account what the list of a file's blocks says. */
static void add_up(struct tf_reader *r, struct tf_part *part, const struct tf_index *index)
{
	struct tf_reader_info *info = &r->info;
	const struct tf_totals *totals = &index->totals;

	part->totals = *totals;
	part->first_event = index->first_event;
	part->next_event = index->next_event;
	part->complete = index->complete;
	part->has_damage = index->nr_damage > 0;
	if (totals->nr_blocks && (!info->nr_blocks || totals->first_ns < info->first_ns))
		info->first_ns = totals->first_ns;
	if (totals->last_ns > info->last_ns)
		info->last_ns = totals->last_ns;
	info->nr_events += tf_totals_nr_events(totals);
	for (unsigned i = 0; i < TF_NR_KINDS; i++)
		info->by_kind[i] += totals->by_kind[i];
	info->nr_lost += totals->nr_lost;
	info->nr_blocks += totals->nr_blocks;
	for (size_t i = 0; i < index->nr_entries; i++) {
		const struct tf_index_entry *e = &index->entries[i];

		info->cpus |= e->type == TF_BLOCK_EVENTS ? e->cpus : 0;
		if (e->type != TF_BLOCK_CHECKPOINT)
			continue;
		info->nr_checkpoints += !e->nr_more;
		info->checkpoint_bytes += TF_BLOCK_HEADER_BYTES + e->stored_bytes;
	}
}

/* What lies between a file and the last one before it that could be read. */
static void check_seam(struct tf_reader *r, struct tf_part *part, const struct tf_part *before)
{
	uint64_t missing = part->first_event - before->next_event;
	uint32_t files = part->segment->number - part[-1].segment->number - 1;
	char what[64] = "a part of the file before it is missing";

	if (part->first_event < before->next_event) {
		tf_fail(&part->before, 0, 0, "it begins with record %llu, but %llu were before it",
			(unsigned long long)part->first_event,
			(unsigned long long)before->next_event);
		return;
	}
	if (!files && !missing)
		return;
	if (files)
		snprintf(what, sizeof(what), "%u file%s before it %s missing", files,
			 files > 1 ? "s" : "", files > 1 ? "are" : "is");
	else if (part[-1].segment->header_err)
		snprintf(what, sizeof(what), "the file before it is not read");
	r->info.nr_missing += missing;
	tf_fail(&part->before, 0, 0, "%s, with %llu records", what, (unsigned long long)missing);
}

/* The part that has its blocks listed last before this one; NULL if there is none. */
static const struct tf_part *whole_part_before(const struct tf_reader *r,
					       const struct tf_part *part)
{
	while (part-- > r->parts) {
		if (!part->segment->header_err)
			return part;
	}
	return NULL;
}

/* Memory for a footer, decompressed while its list is made; others is what else there is. */
static size_t left_for_footer(const struct tf_reader *r, size_t others)
{
	size_t left = MAX_BYTES - LIST_BYTES - OTHER_BYTES - others;

	return left > r->meta.decoded_bytes ? left - r->meta.decoded_bytes : 0;
}

static int open_part(struct tf_reader *r, struct tf_part *part, struct tf_error *err)
{
	const struct tf_segment *segment = part->segment;
	const struct tf_part *before = whole_part_before(r, part);
	struct tf_index index = { .entries = NULL };
	int ret;

	r->info.file_bytes += segment->input.len;
	if (segment->header_err) {
		part->before = segment->error;
		return 0;
	}
	/* There is no batch yet, but metadata are decompressed beside the list. */
	ret = tf_index_load(&index, &segment->input, left_for_footer(r, TF_MAX_RAW_BYTES), err);
	if (ret)
		return ret;
	/* A file that was only just begun. */
	if (before && !index.nr_blocks && !index.complete)
		index.first_event = index.next_event = before->next_event;
	add_up(r, part, &index);
	ret = read_meta(r, segment, &index, err);
	tf_index_release(&index);
	if (before)
		check_seam(r, part, before);
	return ret;
}

static int open_parts(struct tf_reader *r, struct tf_error *err)
{
	struct tf_reader_info *info = &r->info;
	const struct tf_file_header *h = &r->files.list[0].header;

	info->version_major = h->major;
	info->version_minor = h->minor;
	info->anonymized = h->flags & TF_FILE_ANONYMIZED;
	info->nr_segments = (uint32_t)r->files.nr;
	info->first_segment = h->segment;
	info->complete = !r->files.too_many;
	for (size_t i = 0; i < r->files.nr; i++) {
		struct tf_part *part = &r->parts[i];
		int ret;

		part->segment = &r->files.list[i];
		ret = open_part(r, part, err);
		if (ret)
			return ret;
		info->complete &= part->complete && !part->before.reason[0];
	}
	info->first_event = r->parts[0].first_event;
	if (!r->files.too_many)
		return 0;
	tf_fail(err, 0, TF_NO_OFFSET, "more than %u files: the rest is not read", TF_MAX_SEGMENTS);
	return add_damage(r, &r->files.list[0], err);
}

/* Takes the files over. */
static int reader_new(struct tf_reader **out, struct tf_segments *files, struct tf_error *err)
{
	const struct tf_segment *first = &files->list[0];
	struct tf_reader *r;
	int ret = first->header_err;

	if (ret) {
		tf_fail(err, ret, first->error.offset, "%s", first->error.reason);
		tf_segments_close(files);
		return ret;
	}
	r = calloc(1, sizeof(*r));
	if (!r) {
		tf_segments_close(files);
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	}
	r->files = *files;
	tf_meta_init(&r->meta);
	r->selection = (struct tf_selection){
		.to_ns = UINT64_MAX,
		.end_event = UINT64_MAX,
		.kinds = UINT32_MAX,
		.want = TF_WANT_ALL,
		.cpus = UINT64_MAX,
	};
	r->phase = TF_PHASE_RANGE;
	r->parts = calloc(r->files.nr, sizeof(*r->parts));
	if (r->parts)
		ret = open_parts(r, err);
	else
		ret = tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	tf_cursor_init(&r->cursor, r->parts, r->files.nr, &r->selection,
		       left_for_footer(r, 2 * BATCH_BYTES));
	if (ret) {
		tf_reader_close(r);
		return ret;
	}
	*out = r;
	return 0;
}

int tf_reader_open(struct tf_reader **out, const char *path, struct tf_error *err)
{
	struct tf_segments files;
	struct tf_error unused;
	int ret = tf_segments_open(&files, path, err);

	return ret ? ret : reader_new(out, &files, err ? err : &unused);
}

int tf_reader_open_mem(struct tf_reader **out, const uint8_t *data, size_t len,
		       struct tf_error *err)
{
	struct tf_segments files;
	struct tf_error unused;
	int ret = tf_segments_open_mem(&files, data, len, err);

	return ret ? ret : reader_new(out, &files, err ? err : &unused);
}

void tf_reader_close(struct tf_reader *r)
{
	if (!r)
		return;
	tf_ahead_stop(r->ahead);
	for (unsigned i = 0; i < 2; i++)
		tf_batch_release(&r->batches[i]);
	tf_cursor_release(&r->cursor);
	tf_meta_release(&r->meta);
	free(r->selection.cpu_set);
	free(r->parts);
	free(r->damage);
	tf_segments_close(&r->files);
	free(r);
}

const struct tf_meta *tf_reader_meta(const struct tf_reader *r)
{
	return &r->meta;
}

void tf_reader_get_info(const struct tf_reader *r, struct tf_reader_info *info)
{
	*info = r->info;
}

void tf_reader_get_host(const struct tf_reader *r, struct tf_host *host)
{
	const struct tf_file_header *h = &r->files.list[0].header;

	*host = (struct tf_host){
		.machine = tf_file_header_machine(h),
		.big_endian = h->big_endian,
		.pointer_bytes = h->pointer_bytes,
		.page_shift = h->page_shift,
	};
}

int tf_reader_check_output(const struct tf_reader *r, const char *path, struct tf_error *err)
{
	return tf_segments_check_output(&r->files, path, err);
}

/* Nothing is ahead any more: the thread rests, and the cursor is where the caller is. */
static void settle(struct tf_reader *r)
{
	if (r->ahead)
		tf_ahead_wait(r->ahead);
	if (r->is_ahead)
		r->cursor.place = r->batches[!r->mine].place;
	r->is_ahead = false;
}

void tf_reader_set_range(struct tf_reader *r, uint64_t from_ns, uint64_t to_ns)
{
	settle(r);
	r->selection.from_ns = from_ns;
	r->selection.to_ns = to_ns;
}

void tf_reader_set_events(struct tf_reader *r, uint64_t first, uint64_t nr)
{
	settle(r);
	r->selection.first_event = first;
	r->selection.end_event = nr > UINT64_MAX - first ? UINT64_MAX : first + nr;
}

void tf_reader_set_kinds(struct tf_reader *r, uint32_t kinds)
{
	settle(r);
	r->selection.kinds = kinds;
}

int tf_reader_set_cpus(struct tf_reader *r, const uint64_t *cpus)
{
	struct tf_selection *s = &r->selection;

	settle(r);
	if (cpus && !s->cpu_set) {
		s->cpu_set = malloc(TF_CPU_WORDS * sizeof(*cpus));
		if (!s->cpu_set)
			return -ENOMEM;
	}
	s->cpus = cpus ? 0 : UINT64_MAX;
	if (!cpus) {
		free(s->cpu_set);
		s->cpu_set = NULL;
		return 0;
	}
	for (unsigned i = 0; i < TF_CPU_WORDS; i++)
		s->cpus |= s->cpu_set[i] = cpus[i];
	return 0;
}

void tf_reader_set_want(struct tf_reader *r, unsigned want)
{
	settle(r);
	r->selection.want = want;
}

void tf_reader_set_warm(struct tf_reader *r, bool warm)
{
	settle(r);
	r->selection.warm = warm;
}

enum tf_phase tf_reader_phase(const struct tf_reader *r)
{
	return r->phase;
}

void tf_reader_set_threads(struct tf_reader *r, unsigned nr)
{
	settle(r);
	r->threads = nr ? THREADS_ON : THREADS_OFF;
}

void tf_reader_rewind(struct tf_reader *r)
{
	settle(r);
	tf_cursor_rewind(&r->cursor);
	r->nr_told = 0;
	r->nr_batches = 0;
}

/* Take the next step for a batch.  False at the end. */
static bool take_step(struct tf_reader *r, struct tf_batch *batch)
{
	batch->place = r->cursor.place;
	batch->selection = &r->selection;
	return tf_cursor_next(&r->cursor, &batch->step);
}

/* Is there memory for a second batch, beside metadata and the list of blocks? */
static bool has_room(const struct tf_reader *r)
{
	size_t list = r->cursor.index.nr_entries * sizeof(struct tf_index_entry);

	return r->meta.decoded_bytes + list + 2 * BATCH_BYTES + OTHER_BYTES <= MAX_BYTES;
}

/*
 * Who looks at one batch alone should not pay for a second, and a thread that cannot be
 * had is no error.
 */
static bool has_thread(struct tf_reader *r)
{
	if (r->threads == THREADS_OFF || !r->nr_batches)
		return false;
	if (!has_room(r)) {
		tf_batch_release(&r->batches[!r->mine]);
		return false;
	}
	if (r->ahead)
		return true;
	if ((r->threads == THREADS_AUTO && !tf_ahead_is_worth_it()) ||
	    tf_ahead_start(&r->ahead, tf_batch_read)) {
		r->threads = THREADS_OFF;
		return false;
	}
	return true;
}

/* Have the batch after this one decoded, while the caller looks at this one. */
static void look_ahead(struct tf_reader *r)
{
	struct tf_batch *batch = &r->batches[!r->mine];

	if (!has_thread(r))
		return;
	r->is_ahead = take_step(r, batch);
	if (r->is_ahead)
		tf_ahead_give(r->ahead, batch);
}

int64_t tf_reader_next(struct tf_reader *r, const struct tf_event **events, struct tf_error *err)
{
	struct tf_batch *batch;

	*events = NULL;
	r->nr_unread = 0;
	if (r->nr_told < r->nr_damage) {
		const struct tf_error *what = &r->damage[r->nr_told++];

		return tf_fail(err, -EBADMSG, what->offset, "%s", what->reason);
	}
	do {
		if (r->is_ahead) {
			tf_ahead_wait(r->ahead);
			r->is_ahead = false;
			r->mine = !r->mine;
			batch = &r->batches[r->mine];
		} else {
			batch = &r->batches[r->mine];
			if (!take_step(r, batch))
				return 0;
			tf_batch_read(batch);
		}
	} while (!batch->ret);
	if (batch->ret < 0) {
		r->nr_unread = batch->step.nr_unread;
		if (!batch->step.err && batch->step.entry.type == TF_BLOCK_EVENTS)
			r->nr_unread = batch->step.entry.nr_events;
		tf_segments_name_error(&r->files, batch->step.part->segment, &batch->error);
		return tf_fail(err, (int)batch->ret, batch->error.offset, "%s",
			       batch->error.reason);
	}
	look_ahead(r);
	r->nr_batches++;
	r->phase = batch->step.phase;
	*events = batch->block.events;
	return batch->ret;
}

uint64_t tf_reader_nr_unread(const struct tf_reader *r)
{
	return r->nr_unread;
}
