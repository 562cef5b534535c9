/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queue between records and the writer; snapshots and their marks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/import/state.h"

#define SLOT(imp, number) (&(imp)->queue[(number) & (TF_IMPORT_QUEUE - 1)])

struct tf_import_cpu *tf_import_cpu(struct tf_import *imp, unsigned int cpu)
{
	size_t nr = imp->nr_cpus ? imp->nr_cpus : 16;
	struct tf_import_cpu *cpus;

	if (cpu < imp->nr_cpus)
		return &imp->cpus[cpu];
	while (nr <= cpu)
		nr *= 2;
	cpus = realloc(imp->cpus, nr * sizeof(*cpus));
	if (!cpus)
		return NULL;
	memset(cpus + imp->nr_cpus, 0, (nr - imp->nr_cpus) * sizeof(*cpus));
	imp->cpus = cpus;
	imp->nr_cpus = nr;
	return &imp->cpus[cpu];
}

static int write_oldest(struct tf_import *imp)
{
	const struct tf_queued *queued = SLOT(imp, imp->tail++);
	int err;

	if (queued->is_dropped)
		return 0;
	err = tf_writer_add(imp->writer, &queued->ev);
	if (err)
		return err;
	if (queued->ev.kind < TF_GAP)
		imp->stats.nr_events++;
	if (imp->nr_until_meta--)
		return 0;
	imp->nr_until_meta = TF_IMPORT_META_EVERY;
	return tf_writer_add_meta(imp->writer, &imp->meta);
}

int tf_import_push(struct tf_import *imp, const struct tf_event *ev, uint8_t source)
{
	struct tf_import_cpu *cpu = tf_import_cpu(imp, ev->cpu);
	struct tf_queued *queued;
	int err = 0;

	if (!cpu)
		return -ENOMEM;
	if (imp->head - imp->tail == TF_IMPORT_QUEUE)
		err = write_oldest(imp);
	queued = SLOT(imp, imp->head++);
	queued->ev = *ev;
	queued->is_dropped = false;
	queued->source = source;
	cpu->last = cpu->stack_for = ev->kind < TF_GAP ? imp->head : 0;
	return err;
}

struct tf_queued *tf_import_queued(struct tf_import *imp, uint64_t number)
{
	struct tf_queued *queued;

	if (!number || number - 1 < imp->tail)
		return NULL;
	queued = SLOT(imp, number - 1);
	return queued->is_dropped ? NULL : queued;
}

int tf_import_flush(struct tf_import *imp)
{
	int err = 0;

	while (!err && imp->tail < imp->head)
		err = write_oldest(imp);
	return err;
}

int tf_import_mark(struct tf_import *imp, size_t snapshot, uint64_t ts_ns)
{
	struct tf_event mark = { .kind = TF_MARK, .node = TF_NO_NODE, .ts_ns = ts_ns };
	const struct tf_snapshot *from = NULL;
	struct tf_snapshot *to;
	int err = 0;

	if (snapshot < imp->host.nr_snapshots) {
		from = &imp->host.snapshots[snapshot];
		to = tf_meta_begin_snapshot(&imp->meta, ts_ns);
		if (!to)
			return -ENOMEM;
		mark.addr = to->id;
		for (size_t i = 0; i < from->nr_files && !err; i++)
			err = tf_snapshot_add(to, from->files[i].path, from->files[i].data,
					      from->files[i].len);
	}
	if (!err)
		err = tf_writer_add_meta(imp->writer, &imp->meta);
	if (!err && from)
		err = tf_writer_add(imp->writer, &mark);
	return err;
}
