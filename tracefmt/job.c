/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making blocks: describe, encode, compress.
 */
#include "tracefmt/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/columns.h"

int tf_job_init(struct tf_job *job, uint32_t max_events)
{
	memset(job, 0, sizeof(*job));
	tf_out_init(&job->payload);
	tf_out_init(&job->block);
	job->events = malloc(max_events * sizeof(*job->events));
	if (!job->events)
		return -ENOMEM;
	return tf_effect_init(&job->effect, max_events);
}

void tf_job_release(struct tf_job *job)
{
	free(job->events);
	tf_effect_release(&job->effect);
	tf_out_release(&job->payload);
	tf_out_release(&job->block);
}

int tf_worker_init(struct tf_worker *worker, int level, uint32_t max_events)
{
	int err;

	memset(worker, 0, sizeof(*worker));
	tf_out_init(&worker->block);
	err = tf_encoder_new(&worker->encoder, max_events);
	if (!err)
		err = tf_packer_new(&worker->packer, level);
	if (!err)
		err = tf_effect_table_init(&worker->table, max_events);
	return err;
}

void tf_worker_release(struct tf_worker *worker)
{
	tf_encoder_free(worker->encoder);
	tf_packer_free(worker->packer);
	tf_effect_table_release(&worker->table);
	tf_out_release(&worker->block);
}

void tf_describe(struct tf_block_header *h, const struct tf_event *events, uint32_t nr)
{
	uint64_t first_ns = h->nr_events ? h->first_ns : UINT64_MAX;
	uint64_t last_ns = h->last_ns, cpus = h->cpus;

	if (!nr)
		return;
	for (uint32_t i = 0; i < nr; i++) {
		const struct tf_event *ev = &events[i];

		if (ev->ts_ns < first_ns)
			first_ns = ev->ts_ns;
		if (ev->ts_ns > last_ns)
			last_ns = ev->ts_ns;
		if (ev->kind == TF_GAP)
			h->nr_lost += ev->bytes_req;
		h->by_kind[ev->kind]++;
		cpus |= UINT64_C(1) << ev->cpu % 64;
	}
	h->first_ns = first_ns;
	h->last_ns = last_ns;
	h->cpus = cpus;
	h->nr_events += nr;
}

void tf_job_make(struct tf_job *job, struct tf_worker *worker, bool with_effect)
{
	struct tf_piece pieces[TF_MAX_PIECES];
	size_t nr = 1;

	if (job->h.type == TF_BLOCK_EVENTS) {
		if (with_effect)
			tf_effect_find(&job->effect, &worker->table, job->events, job->h.nr_events);
		nr = tf_encoder_run(worker->encoder, job->events, job->h.nr_events, pieces);
	} else {
		pieces[0] = (struct tf_piece){ job->payload.data, job->payload.len };
	}
	job->err = tf_packer_run(worker->packer, &job->h, pieces, nr, &job->block);
}
