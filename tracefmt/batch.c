/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoding a block as far as is asked for.
 */
#include "tracefmt/batch.h"

#include <errno.h>
#include <string.h>

/* What the whole block is, so that single events need not be looked at. */
struct verdict {
	bool is_empty; /* nothing of it is asked for */
	bool is_whole; /* all of it is */
	bool by_time;  /* its events' times say which */
};

static bool kind_is_wanted(const struct tf_selection *s, unsigned kind)
{
	return kind < TF_NR_KINDS && (s->kinds & 1u << kind);
}

static bool cpu_is_wanted(const struct tf_selection *s, unsigned cpu)
{
	return !s->cpu_set || (s->cpu_set[cpu / 64] >> cpu % 64 & 1);
}

static void judge(const struct tf_selection *s, enum tf_phase phase,
		  const struct tf_block_header *h, struct verdict *verdict)
{
	uint64_t last_event = h->first_event + h->nr_events - 1;
	uint32_t nr_wanted = 0;

	for (unsigned kind = 0; kind < TF_MAX_KINDS; kind++)
		nr_wanted += kind_is_wanted(s, kind) ? h->by_kind[kind] : 0;
	verdict->is_empty = !nr_wanted || !(h->cpus & s->cpus);
	verdict->is_whole = nr_wanted == h->nr_events && !s->cpu_set;
	verdict->by_time = false;
	if (phase == TF_PHASE_LIVE)
		return;
	if (phase == TF_PHASE_BEFORE) {
		verdict->by_time = h->last_ns >= s->from_ns && h->first_ns < s->from_ns;
		verdict->is_whole &= h->last_ns < s->from_ns || last_event < s->first_event;
		return;
	}
	verdict->by_time = h->first_ns < s->from_ns || tf_is_behind(s, h->last_ns, 0);
	verdict->is_whole &= !tf_is_before(s, h->first_ns, h->first_event) &&
			     !tf_is_behind(s, h->last_ns, last_event);
}

static bool is_wanted(const struct tf_selection *s, enum tf_phase phase, const struct tf_event *ev,
		      uint64_t ts_ns, uint64_t number)
{
	if (!kind_is_wanted(s, ev->kind) || !cpu_is_wanted(s, ev->cpu))
		return false;
	if (phase == TF_PHASE_LIVE)
		return true;
	if (tf_is_before(s, ts_ns, number))
		return phase == TF_PHASE_BEFORE;
	return phase == TF_PHASE_RANGE && !tf_is_behind(s, ts_ns, number);
}

/* Drop what is not asked for; returns what stays. */
static uint32_t filter(struct tf_batch *batch, const struct tf_block_header *h, bool by_time)
{
	struct tf_event *events = batch->block.events;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < h->nr_events; i++) {
		/* Times need not have been decoded; where they do not decide, one is as all. */
		uint64_t ts_ns = by_time ? events[i].ts_ns : h->first_ns;

		if (!is_wanted(batch->selection, batch->step.phase, &events[i], ts_ns,
			       h->first_event + i))
			continue;
		if (kept != i)
			events[kept] = events[i];
		kept++;
	}
	return kept;
}

static int64_t read_block(struct tf_batch *batch)
{
	const struct tf_index_entry *entry = &batch->step.entry;
	const struct tf_input *input = &batch->step.part->segment->input;
	const struct tf_selection *s = batch->selection;
	struct verdict verdict;
	struct tf_block_header h;
	uint64_t len;
	int ret = tf_index_header(entry, input, &h, &batch->error);

	if (ret)
		return ret;
	judge(s, batch->step.phase, &h, &verdict);
	if (verdict.is_empty)
		return 0;
	len = TF_BLOCK_HEADER_BYTES + h.stored_bytes;
	tf_input_will_need(input, entry->offset, len);
	ret = tf_block_read_events(&batch->block, &h, input->data, entry->offset,
				   s->want | (verdict.by_time ? TF_WANT_TIME : 0), &batch->error);
	tf_input_done_with(input, entry->offset, len);
	if (ret)
		return ret;
	return verdict.is_whole ? h.nr_events : filter(batch, &h, verdict.by_time);
}

void tf_batch_read(void *arg)
{
	struct tf_batch *batch = arg;

	batch->ret = batch->step.err;
	if (batch->ret) {
		batch->error = batch->step.error;
		return;
	}
	if (!batch->has_block && tf_block_reader_init(&batch->block)) {
		tf_block_reader_release(&batch->block);
		batch->ret = tf_fail(&batch->error, -ENOMEM, TF_NO_OFFSET, "out of memory");
		return;
	}
	batch->has_block = true;
	batch->ret = read_block(batch);
}

void tf_batch_release(struct tf_batch *batch)
{
	if (batch->has_block)
		tf_block_reader_release(&batch->block);
	memset(batch, 0, sizeof(*batch));
}
