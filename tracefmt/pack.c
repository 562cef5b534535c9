/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a trace anew.
 *
 *      reader ─▶ facts, caches, snapshots ─▶ (anonymizer) ─▶ writer
 *             ─▶ events, batch by batch   ─▶ (anonymizer) ─▶ writer
 *             ─▶ symbols, stacks          ─▶ (anonymizer) ─▶ writer
 *
 * Symbols come last because their new names are numbered as the events bring them up.
 */
#include "tracefmt/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/anonymize.h"
#include "tracefmt/layout.h"

#define NOT_KEPT UINT32_MAX

struct pack {
	struct tf_reader *reader;
	struct tf_reader_info info;
	const struct tf_meta *meta; /* the reader's */
	const struct tf_pack_options *options;
	struct tf_pack_result *result;
	void (*damaged)(void *arg, const struct tf_error *what);
	void *arg;

	struct tf_meta out;	    /* what is written */
	uint32_t *numbers;	    /* owned; of snapshots in out, by their number in meta */
	struct tf_anonymizer *anon; /* NULL: names stay */
	struct tf_writer *writer;
	uint64_t last_ns; /* of the last record written, if has_time */
	bool has_time;
	uint64_t nr_missing; /* that no gap record tells of yet */
};

static int no_memory(struct tf_error *err)
{
	return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
}

static bool is_cut(const struct pack *p)
{
	return p->options->from_ns || p->options->to_ns != UINT64_MAX;
}

static bool is_in_range(const struct pack *p, uint64_t ts_ns)
{
	return ts_ns >= p->options->from_ns &&
	       (ts_ns < p->options->to_ns || p->options->to_ns == UINT64_MAX);
}

/* Keep the snapshots that marks of the range name.  Damage is for the second pass to tell. */
static int keep_marked(struct pack *p, struct tf_error *err)
{
	const struct tf_event *events;
	int64_t nr;

	tf_reader_set_kinds(p->reader, 1u << TF_MARK);
	while ((nr = tf_reader_next(p->reader, &events, err))) {
		if (nr == -ENOMEM)
			return (int)nr;
		for (int64_t i = 0; i < nr; i++) {
			if (events[i].addr < p->meta->nr_snapshots)
				p->numbers[events[i].addr] = 0;
		}
	}
	tf_reader_set_kinds(p->reader, UINT32_MAX);
	tf_reader_rewind(p->reader);
	return 0;
}

/* Which snapshots are kept, and their new numbers. */
static int select_snapshots(struct pack *p, struct tf_error *err)
{
	const struct tf_meta *meta = p->meta;
	size_t before = SIZE_MAX;
	uint32_t next = 0;
	int ret;

	p->numbers = malloc((meta->nr_snapshots + 1) * sizeof(*p->numbers));
	if (!p->numbers)
		return no_memory(err);
	for (size_t i = 0; i < meta->nr_snapshots; i++) {
		uint64_t ts_ns = meta->snapshots[i].ts_ns;

		p->numbers[i] = is_in_range(p, ts_ns) ? 0 : NOT_KEPT;
		/* What is cut out begins with a snapshot that a replay can start from. */
		if (ts_ns < p->options->from_ns && !tf_snapshot_is_light(&meta->snapshots[i]))
			before = i;
	}
	if (before != SIZE_MAX)
		p->numbers[before] = 0;
	ret = is_cut(p) ? keep_marked(p, err) : 0;
	for (size_t i = 0; i < meta->nr_snapshots; i++) {
		if (p->numbers[i] != NOT_KEPT)
			p->numbers[i] = next++;
	}
	return ret;
}

static int copy_snapshot(const struct tf_snapshot *snap, struct tf_meta *out)
{
	struct tf_snapshot *copy = tf_meta_begin_snapshot(out, snap->ts_ns);
	int ret = copy ? 0 : -ENOMEM;

	for (size_t i = 0; i < snap->nr_files && !ret; i++)
		ret = tf_snapshot_add(copy, snap->files[i].path, snap->files[i].data,
				      snap->files[i].len);
	return ret;
}

static int add_snapshots(struct pack *p, struct tf_error *err)
{
	int ret = 0;

	for (size_t i = 0; i < p->meta->nr_snapshots && !ret; i++) {
		const struct tf_snapshot *snap = &p->meta->snapshots[i];

		if (p->numbers[i] == NOT_KEPT)
			continue;
		if (p->anon)
			ret = tf_anonymize_snapshot(p->anon, snap, &p->out, err);
		else if (copy_snapshot(snap, &p->out))
			ret = no_memory(err);
	}
	return ret;
}

static int copy_symbols(const struct tf_meta *meta, struct tf_meta *out)
{
	int ret = 0;

	for (size_t i = 0; i < meta->nr_symbols && !ret; i++)
		ret = tf_meta_add_symbol(out, meta->symbols[i].addr, meta->symbols[i].name,
					 meta->symbols[i].offset);
	for (size_t i = 0; i < meta->nr_stacks && !ret; i++)
		ret = tf_meta_add_stack(out, meta->stacks[i].id, meta->stacks[i].frames,
					meta->stacks[i].nr_frames);
	return ret;
}

static int copy_facts(const struct tf_meta *meta, struct tf_meta *out)
{
	int ret = 0;

	for (size_t i = 0; i < meta->nr_facts && !ret; i++)
		ret = tf_meta_set(out, meta->facts[i].key, meta->facts[i].value);
	for (size_t i = 0; i < meta->nr_caches && !ret; i++)
		ret = tf_meta_add_cache(out, &meta->caches[i]);
	return ret;
}

static int set_number(struct tf_meta *out, const char *key, uint64_t value)
{
	return tf_meta_setf(out, key, "%llu", (unsigned long long)value);
}

/* What was cut off now and before. */
static int add_cut(struct pack *p)
{
	uint64_t from = tf_meta_get_u64(&p->out, "pack.from", 0);
	uint64_t to = tf_meta_get_u64(&p->out, "pack.to", UINT64_MAX);
	int ret = 0;

	if (p->options->from_ns > from)
		ret = set_number(&p->out, "pack.from", p->options->from_ns);
	if (!ret && is_cut(p) && (p->options->from_ns > p->info.first_ns || p->info.first_event))
		ret = set_number(&p->out, "pack.without_earlier", 1);
	if (!ret && p->options->to_ns < to)
		ret = set_number(&p->out, "pack.to", p->options->to_ns);
	return ret;
}

/*
 * The writer makes the header from the facts.  Where these do not tell what the header
 * told, because they were damaged or never there, they are made to.
 */
static int add_host(struct pack *p)
{
	const char *machine = tf_meta_get(&p->out, "host.machine");
	struct tf_file_header h = { 0 };
	struct tf_host host;
	int ret = 0;

	tf_reader_get_host(p->reader, &host);
	tf_file_header_set_host(&h, machine, tf_meta_get_u64(&p->out, "host.page_size", 0));
	if (strcmp(tf_file_header_machine(&h), host.machine))
		ret = tf_meta_set(&p->out, "host.machine", host.machine);
	if (!ret && h.page_shift != host.page_shift)
		ret = set_number(&p->out, "host.page_size", UINT64_C(1) << host.page_shift);
	return ret;
}

/* All metadata that are written before the events. */
static int add_meta(struct pack *p, struct tf_error *err)
{
	int ret = 0;

	if (p->anon)
		ret = tf_anonymize_meta(p->anon, &p->out, err);
	else if (copy_facts(p->meta, &p->out) || copy_symbols(p->meta, &p->out))
		ret = no_memory(err);
	if (ret)
		return ret;
	if (p->options->additions && (copy_facts(p->options->additions, &p->out) ||
				      copy_symbols(p->options->additions, &p->out)))
		return no_memory(err);
	if (add_host(p) || add_cut(p))
		return no_memory(err);
	return add_snapshots(p, err);
}

/* Of an error of the writer its own reason is the better one, and told when it is closed. */
static int write_meta(struct pack *p, struct tf_error *err)
{
	int ret = tf_writer_add_meta(p->writer, &p->out);

	return ret ? tf_fail(err, ret, TF_NO_OFFSET, "%s", strerror(-ret)) : 0;
}

static int write_event(struct pack *p, const struct tf_event *ev, struct tf_error *err)
{
	int ret = tf_writer_add(p->writer, ev);

	if (ret == -EFBIG)
		return tf_fail(err, ret, TF_NO_OFFSET, "there is more than fits into one file");
	if (ret)
		return tf_fail(err, ret, TF_NO_OFFSET, "%s", strerror(-ret));
	p->last_ns = ev->ts_ns;
	p->has_time = true;
	return 0;
}

/* A gap record for what could not be read; ts_ns is used if nothing was before. */
static int write_gap(struct pack *p, uint64_t ts_ns, struct tf_error *err)
{
	struct tf_event gap = {
		.ts_ns = p->has_time ? p->last_ns : ts_ns,
		.bytes_req = p->nr_missing,
		.kind = TF_GAP,
		.node = TF_NO_NODE,
	};

	if (!p->nr_missing)
		return 0;
	p->nr_missing = 0;
	return write_event(p, &gap, err);
}

static int pack_event(struct pack *p, const struct tf_event *event, struct tf_error *err)
{
	struct tf_event ev = *event;
	int ret = 0;

	/* One that names no snapshot names none afterwards, for there are not more of them. */
	if (ev.kind == TF_MARK && ev.addr < p->meta->nr_snapshots &&
	    p->numbers[ev.addr] != NOT_KEPT)
		ev.addr = p->numbers[ev.addr];
	if (p->anon)
		ret = tf_anonymize_event(p->anon, &ev, err);
	return ret ? ret : write_event(p, &ev, err);
}

static int pack_batch(struct pack *p, const struct tf_event *events, int64_t nr,
		      struct tf_error *err)
{
	int ret = write_gap(p, events[0].ts_ns, err);

	for (int64_t i = 0; i < nr && !ret; i++)
		ret = pack_event(p, &events[i], err);
	return ret;
}

static int pack_events(struct pack *p, struct tf_error *err)
{
	const struct tf_event *events;
	struct tf_error what;
	int64_t nr;
	int ret = 0;

	while (!ret && (nr = tf_reader_next(p->reader, &events, &what))) {
		if (nr > 0) {
			ret = pack_batch(p, events, nr, err);
			continue;
		}
		if (nr == -ENOMEM)
			return no_memory(err);
		p->result->nr_damaged++;
		p->result->nr_missing += tf_reader_nr_unread(p->reader);
		p->nr_missing += tf_reader_nr_unread(p->reader);
		if (p->damaged)
			p->damaged(p->arg, &what);
	}
	return ret ? ret : write_gap(p, p->info.first_ns, err);
}

/* What only the end knows. */
static int add_rest(struct pack *p, struct tf_error *err)
{
	const struct tf_pack_result *result = p->result;
	uint64_t damage = tf_meta_get_u64(&p->out, "pack.damage", 0);
	int ret = 0;

	if (p->anon)
		ret = tf_anonymize_rest(p->anon, &p->out, err);
	if (ret)
		return ret;
	if (result->nr_damaged)
		ret = set_number(&p->out, "pack.damage", damage + result->nr_damaged);
	if (!ret && !p->info.complete)
		ret = set_number(&p->out, "pack.incomplete", 1);
	return ret ? no_memory(err) : 0;
}

static int pack_all(struct pack *p, struct tf_error *err)
{
	int ret;

	tf_reader_set_range(p->reader, p->options->from_ns, p->options->to_ns);
	ret = select_snapshots(p, err);
	if (!ret)
		ret = add_meta(p, err);
	if (!ret)
		ret = write_meta(p, err);
	if (!ret)
		ret = pack_events(p, err);
	if (!ret)
		ret = add_rest(p, err);
	return ret ? ret : write_meta(p, err);
}

/* The least minor version that has all that the input may hold and this code knows. */
static unsigned minor_of(const struct tf_reader_info *info)
{
	unsigned minor = info->version_minor;

	for (unsigned kind = 0; kind < TF_NR_KINDS; kind++) {
		if (info->by_kind[kind] && tf_kind_minor(kind) > minor)
			minor = tf_kind_minor(kind);
	}
	return minor < TF_VERSION_MINOR ? minor : TF_VERSION_MINOR;
}

static int pack_to(struct pack *p, const char *path, struct tf_error *err)
{
	struct tf_writer_options options = {
		.level = p->options->level,
		.minor = minor_of(&p->info),
	};
	struct tf_error write_error = { .reason = "" };
	int ret, written;

	/*
	 * The oldest files of the trace were not there, and still are not.  A number that leaves
	 * no room for those of the records is damage.
	 */
	if (!is_cut(p) && p->info.first_event <= UINT64_MAX / 2)
		options.first_event = p->info.first_event;
	if (p->info.anonymized || p->anon)
		options.flags |= TF_WRITER_ANONYMIZED;
	ret = tf_writer_create(&p->writer, path, &options, err);
	p->result->is_output = ret;
	if (ret)
		return ret;
	ret = pack_all(p, err);
	written = tf_writer_finish(p->writer, &write_error);
	tf_writer_get_stats(p->writer, &p->result->file);
	p->result->is_output = written || p->result->file.stopped;
	if (written)
		ret = tf_fail(err, written, write_error.offset, "%s", write_error.reason);
	else if (!ret && p->result->file.stopped)
		ret = tf_fail(err, -EFBIG, TF_NO_OFFSET, "there is more than fits into one file");
	tf_writer_close(p->writer, NULL);
	return ret;
}

int tf_pack(struct tf_reader *r, const char *path, const struct tf_pack_options *options,
	    struct tf_pack_result *result, void (*damaged)(void *arg, const struct tf_error *what),
	    void *arg, struct tf_error *err)
{
	struct pack p = {
		.reader = r,
		.meta = tf_reader_meta(r),
		.options = options,
		.result = result,
		.damaged = damaged,
		.arg = arg,
	};
	struct tf_host host;
	int ret;

	memset(result, 0, sizeof(*result));
	tf_reader_get_info(r, &p.info);
	tf_reader_get_host(r, &host);
	tf_meta_init(&p.out);
	ret = tf_reader_check_output(r, path, err);
	result->is_output = ret;
	if (!ret && options->anonymize && options->additions)
		ret = tf_fail(err, -EINVAL, TF_NO_OFFSET, "additions are not anonymized");
	if (!ret && options->anonymize)
		ret = tf_anonymizer_new(&p.anon, p.meta, &host, err);
	if (!ret)
		ret = pack_to(&p, path, err);
	tf_anonymizer_free(p.anon);
	tf_meta_release(&p.out);
	free(p.numbers);
	return ret;
}
