/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metadata to payloads of blocks, each item once.
 *
 * A recording adds caches and symbols as they show up, so its metadata are written
 * many times, a little each time.  The log keeps, for each item written, a hash of
 * what identifies it and a hash of its content: an item is due when the pair is
 * not there.
 */
#include "tracefmt/meta_codec.h"

#include <errno.h>
#include <stdlib.h>
#include <xxhash.h>

struct emitter {
	int (*emit)(void *arg, uint16_t type, const struct tf_out *payload);
	void *arg;
	uint16_t type;
	struct tf_out payload;
};

void tf_meta_log_init(struct tf_meta_log *log)
{
	memset(log, 0, sizeof(*log));
}

void tf_meta_log_release(struct tf_meta_log *log)
{
	free(log->keys);
	free(log->values);
	tf_meta_log_init(log);
}

static size_t log_slot(const struct tf_meta_log *log, uint64_t key)
{
	size_t slot = (size_t)key & (log->room - 1);

	while (log->keys[slot] && log->keys[slot] != key)
		slot = (slot + 1) & (log->room - 1);
	return slot;
}

static int log_grow(struct tf_meta_log *log)
{
	struct tf_meta_log bigger = *log;

	if (log->nr * 2 < log->room)
		return 0;
	bigger.room = log->room ? log->room * 2 : 1024;
	bigger.keys = calloc(bigger.room, sizeof(*bigger.keys));
	bigger.values = calloc(bigger.room, sizeof(*bigger.values));
	if (!bigger.keys || !bigger.values) {
		free(bigger.keys);
		free(bigger.values);
		return -ENOMEM;
	}
	for (size_t i = 0; i < log->room; i++) {
		size_t slot;

		if (!log->keys[i])
			continue;
		slot = log_slot(&bigger, log->keys[i]);
		bigger.keys[slot] = log->keys[i];
		bigger.values[slot] = log->values[i];
	}
	free(log->keys);
	free(log->values);
	*log = bigger;
	return 0;
}

/* 1 if the item is due (and from now on written), 0 if it is not, or -ENOMEM. */
static int log_due(struct tf_meta_log *log, uint64_t key, uint64_t value)
{
	size_t slot;
	int err = log_grow(log);

	if (err)
		return err;
	key |= !key;
	slot = log_slot(log, key);
	if (log->keys[slot] && log->values[slot] == value)
		return 0;
	log->nr += !log->keys[slot];
	log->keys[slot] = key;
	log->values[slot] = value;
	return 1;
}

static int emit_now(struct emitter *e)
{
	int err = e->payload.err;

	if (!err && e->payload.len)
		err = e->emit(e->arg, e->type, &e->payload);
	e->payload.len = 0;
	return err;
}

static int emit_if_full(struct emitter *e)
{
	return e->payload.len >= TF_META_BLOCK_BYTES ? emit_now(e) : e->payload.err;
}

static void put_string(struct tf_out *out, const char *s)
{
	size_t len = strlen(s);

	tf_out_varint(out, len);
	tf_out_bytes(out, s, len);
}

static int write_facts(struct tf_meta_log *log, const struct tf_meta *meta, struct emitter *e)
{
	e->type = TF_BLOCK_FACTS;
	for (size_t i = 0; i < meta->nr_facts; i++) {
		const struct tf_fact *fact = &meta->facts[i];
		int due = log_due(log, XXH64(fact->key, strlen(fact->key), e->type),
				  XXH64(fact->value, strlen(fact->value), 0));

		if (due > 0) {
			put_string(&e->payload, fact->key);
			put_string(&e->payload, fact->value);
			due = emit_if_full(e);
		}
		if (due < 0)
			return due;
	}
	return emit_now(e);
}

static void put_cache(struct tf_out *out, const struct tf_cache *cache)
{
	tf_out_varint(out, cache->id);
	tf_out_varint(out, cache->object_size);
	tf_out_varint(out, cache->size);
	tf_out_varint(out, cache->align);
	tf_out_varint(out, cache->flags);
	tf_out_varint(out, cache->oo);
	tf_out_varint(out, cache->min_partial);
	tf_out_varint(out, cache->cpu_partial);
	tf_out_varint(out, cache->cpu_partial_slabs);
	put_string(out, cache->name);
}

static int write_caches(struct tf_meta_log *log, const struct tf_meta *meta, struct emitter *e)
{
	e->type = TF_BLOCK_CACHES;
	for (size_t i = 0; i < meta->nr_caches; i++) {
		const struct tf_cache *cache = &meta->caches[i];
		size_t before = e->payload.len;
		int due;

		/* The item's bytes are its content; they are taken back if it is not due. */
		put_cache(&e->payload, cache);
		if (e->payload.err)
			return e->payload.err;
		due = log_due(log, XXH64(&cache->id, sizeof(cache->id), e->type),
			      XXH64(e->payload.data + before, e->payload.len - before, 0));
		if (due > 0)
			due = emit_if_full(e);
		else
			e->payload.len = before;
		if (due < 0)
			return due;
	}
	return emit_now(e);
}

static int write_symbols(struct tf_meta_log *log, const struct tf_meta *meta, struct emitter *e)
{
	int err;

	/* Symbols are only ever added, so an unchanged number says that none is new. */
	if (log->nr_symbols == meta->nr_symbols)
		return 0;
	e->type = TF_BLOCK_SYMBOLS;
	for (size_t i = 0; i < meta->nr_symbols; i++) {
		const struct tf_symbol *sym = &meta->symbols[i];
		const uint64_t place[] = { sym->addr, sym->offset };
		/* Not the place itself, which may be the number that another sort begins with. */
		uint64_t key =
			XXH64(sym->name, strlen(sym->name), XXH64(place, sizeof(place), e->type));
		int due = log_due(log, key, sym->addr);

		if (due > 0) {
			tf_out_u64(&e->payload, sym->addr);
			tf_out_varint(&e->payload, sym->offset);
			put_string(&e->payload, sym->name);
			due = emit_if_full(e);
		}
		if (due < 0)
			return due;
	}
	err = emit_now(e);
	if (err)
		return err;
	log->nr_symbols = meta->nr_symbols;
	return 0;
}

static int write_stacks(struct tf_meta_log *log, const struct tf_meta *meta, struct emitter *e)
{
	e->type = TF_BLOCK_STACKS;
	for (; log->nr_stacks < meta->nr_stacks; log->nr_stacks++) {
		const struct tf_stack *stack = &meta->stacks[log->nr_stacks];
		uint64_t before = 0;
		int err;

		tf_out_varint(&e->payload, stack->id);
		tf_out_varint(&e->payload, stack->nr_frames);
		/* Return addresses of one kernel are near to each other. */
		for (uint32_t i = 0; i < stack->nr_frames; i++) {
			tf_out_varint(&e->payload, tf_zigzag(stack->frames[i] - before));
			before = stack->frames[i];
		}
		err = emit_if_full(e);
		if (err)
			return err;
	}
	return emit_now(e);
}

static void begin_snapshot(const struct tf_snapshot *snap, struct emitter *e)
{
	if (e->payload.len)
		return;
	tf_out_u32(&e->payload, snap->id);
	tf_out_u64(&e->payload, snap->ts_ns);
}

/* In pieces, so that a file may be larger than a block. */
static int write_file(const struct tf_snapshot *snap, const struct tf_snapfile *file,
		      struct emitter *e)
{
	size_t done = 0;
	int err;

	do {
		size_t len = file->len - done;

		if (len > TF_META_BLOCK_BYTES)
			len = TF_META_BLOCK_BYTES;
		begin_snapshot(snap, e);
		put_string(&e->payload, file->path);
		tf_out_varint(&e->payload, done);
		tf_out_varint(&e->payload, len);
		tf_out_bytes(&e->payload, file->data + done, len);
		done += len;
		err = emit_if_full(e);
	} while (!err && done < file->len);
	return err;
}

static int write_snapshot(const struct tf_snapshot *snap, struct emitter *e)
{
	e->type = TF_BLOCK_SNAPSHOT;
	begin_snapshot(snap, e);
	for (size_t i = 0; i < snap->nr_files; i++) {
		int err = write_file(snap, &snap->files[i], e);

		if (err)
			return err;
	}
	return emit_now(e);
}

/* The opening snapshot, or those files of it that were added since. */
static int write_opening(struct tf_meta_log *log, const struct tf_snapshot *snap, struct emitter *e)
{
	e->type = TF_BLOCK_SNAPSHOT;
	if (!log->nr_snapshots) {
		begin_snapshot(snap, e);
		log->nr_snapshots = 1;
	}
	for (size_t i = 0; i < snap->nr_files; i++) {
		const struct tf_snapfile *file = &snap->files[i];
		int due = log_due(log, XXH64(file->path, strlen(file->path), e->type), file->len);

		if (due > 0)
			due = write_file(snap, file, e);
		if (due < 0)
			return due;
	}
	return emit_now(e);
}

int tf_meta_log_write(struct tf_meta_log *log, const struct tf_meta *meta,
		      int (*emit)(void *arg, uint16_t type, const struct tf_out *payload),
		      void *arg)
{
	struct emitter e = { .emit = emit, .arg = arg };
	int err;

	tf_out_init(&e.payload);
	if (log->of != meta) {
		log->of = meta;
		log->nr_symbols = log->nr_stacks = 0;
	}
	err = write_facts(log, meta, &e);
	if (err)
		goto out;
	err = write_caches(log, meta, &e);
	if (err)
		goto out;
	err = write_symbols(log, meta, &e);
	if (!err)
		err = write_stacks(log, meta, &e);
	if (!err && meta->nr_snapshots)
		err = write_opening(log, &meta->snapshots[0], &e);
	while (!err && log->nr_snapshots < meta->nr_snapshots) {
		err = write_snapshot(&meta->snapshots[log->nr_snapshots], &e);
		log->nr_snapshots++;
	}
out:
	tf_out_release(&e.payload);
	return err;
}
