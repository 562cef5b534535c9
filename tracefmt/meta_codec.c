/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Payloads of metadata blocks to metadata.
 */
#include "tracefmt/meta_codec.h"

#include <errno.h>
#include <stdlib.h>

/* Snapshots that a trace may number; the numbers between are filled with empty ones. */
#define MAX_SNAPSHOTS 65536u

/*
 * A string with its length before it, as a copy with an end; NULL with in->bad set
 * if it is damaged, or with *err set to -ENOMEM.
 */
static char *read_string(struct tf_in *in, size_t max, int *err)
{
	size_t len = (size_t)tf_in_varint_max(in, max);
	const uint8_t *p = tf_in_bytes(in, len);
	char *s;

	if (in->bad || memchr(p, 0, len)) {
		in->bad = true;
		return NULL;
	}
	s = malloc(len + 1);
	if (!s) {
		*err = -ENOMEM;
		return NULL;
	}
	memcpy(s, p, len);
	s[len] = '\0';
	return s;
}

/*
 * What an item takes beyond its bytes: the struct three times, for arrays double and are
 * copied then, and what malloc adds to each of its parts.
 */
#define ITEM_BYTES 144u
/* An index by id is an array of numbers, and the half of it while it grows. */
#define INDEX_BYTES (3 * sizeof(uint32_t) / 2)
/* A snapshot has room for so many files when it gets the first. */
#define FIRST_FILES_BYTES (16 * sizeof(struct tf_snapfile))

static size_t fact_bytes(size_t key_len, size_t value_len)
{
	return ITEM_BYTES + key_len + value_len;
}

static size_t cache_bytes(void)
{
	return ITEM_BYTES + 3 * sizeof(struct tf_cache);
}

static size_t symbol_bytes(size_t name_len)
{
	return ITEM_BYTES + name_len;
}

static size_t stack_bytes(uint32_t nr_frames)
{
	return ITEM_BYTES + nr_frames * sizeof(uint64_t);
}

static size_t file_bytes(size_t path_len, size_t len)
{
	return ITEM_BYTES + path_len + len;
}

size_t tf_meta_bytes(const struct tf_meta *meta)
{
	size_t bytes = meta->nr_caches * cache_bytes() + meta->nr_snapshots * ITEM_BYTES +
		       (meta->nr_cache_index + meta->nr_stack_index) * INDEX_BYTES;

	for (size_t i = 0; i < meta->nr_facts; i++)
		bytes += fact_bytes(strlen(meta->facts[i].key), strlen(meta->facts[i].value));
	for (size_t i = 0; i < meta->nr_symbols; i++)
		bytes += symbol_bytes(strlen(meta->symbols[i].name));
	for (size_t i = 0; i < meta->nr_stacks; i++)
		bytes += stack_bytes(meta->stacks[i].nr_frames);
	for (size_t i = 0; i < meta->nr_snapshots; i++) {
		const struct tf_snapshot *snap = &meta->snapshots[i];

		bytes += snap->nr_files ? FIRST_FILES_BYTES : 0;
		for (size_t k = 0; k < snap->nr_files; k++)
			bytes += file_bytes(strlen(snap->files[k].path), snap->files[k].len);
	}
	return bytes;
}

/* Account what is about to be added; false if it is too much, which decoded_bytes says then. */
static bool charge(struct tf_meta *meta, size_t bytes)
{
	if (meta->decoded_bytes > TF_MAX_META_BYTES ||
	    bytes > TF_MAX_META_BYTES - meta->decoded_bytes) {
		meta->decoded_bytes = TF_MAX_META_BYTES + 1;
		return false;
	}
	meta->decoded_bytes += bytes;
	return true;
}

/* The same for room that an index by id needs for this id. */
static bool charge_index(struct tf_meta *meta, size_t nr_index, uint32_t id)
{
	size_t nr = nr_index ? nr_index : 64;

	while (nr <= id)
		nr *= 2;
	return charge(meta, (nr - nr_index) * INDEX_BYTES);
}

/*
 * Items that come in order are appended; each other one moves those behind it, and that
 * must not take for ever.  A writer has them in order.
 */
#define MAX_MOVED (1u << 25)

static int read_fact(struct tf_meta *meta, struct tf_in *in)
{
	char *key = NULL, *value = NULL;
	int err = 0;

	key = read_string(in, TF_MAX_NAME, &err);
	if (!key)
		goto out;
	value = read_string(in, TF_MAX_VALUE, &err);
	if (!value)
		goto out;
	if (charge(meta, fact_bytes(strlen(key), strlen(value))))
		err = tf_meta_set(meta, key, value);
	in->bad |= meta->nr_moved > MAX_MOVED;
out:
	free(value);
	free(key);
	return err;
}

static uint32_t read_u32(struct tf_in *in)
{
	return (uint32_t)tf_in_varint_max(in, UINT32_MAX);
}

static int read_cache(struct tf_meta *meta, struct tf_in *in)
{
	struct tf_cache cache = { .id = (uint32_t)tf_in_varint_max(in, TF_MAX_CACHE_ID) };
	int err = 0;
	char *name;

	cache.object_size = read_u32(in);
	cache.size = read_u32(in);
	cache.align = read_u32(in);
	cache.flags = read_u32(in);
	cache.oo = read_u32(in);
	cache.min_partial = read_u32(in);
	cache.cpu_partial = read_u32(in);
	cache.cpu_partial_slabs = read_u32(in);
	name = read_string(in, sizeof(cache.name) - 1, &err);
	if (!name)
		return err;
	strcpy(cache.name, name);
	free(name);
	if (!cache.id) {
		in->bad = true;
		return 0;
	}
	if (!charge_index(meta, meta->nr_cache_index, cache.id) || !charge(meta, cache_bytes()))
		return 0;
	return tf_meta_add_cache(meta, &cache);
}

static int read_symbol(struct tf_meta *meta, struct tf_in *in)
{
	uint64_t addr = tf_in_u64(in);
	uint32_t offset = read_u32(in);
	int err = 0;
	char *name = read_string(in, TF_MAX_NAME, &err);

	if (!name)
		return err;
	if (charge(meta, symbol_bytes(strlen(name))))
		err = tf_meta_add_symbol(meta, addr, name, offset);
	free(name);
	return err;
}

static int read_stack(struct tf_meta *meta, struct tf_in *in)
{
	uint32_t id = (uint32_t)tf_in_varint_max(in, TF_MAX_STACK_ID);
	uint32_t nr = (uint32_t)tf_in_varint_max(in, TF_MAX_FRAMES);
	uint64_t frames[TF_MAX_FRAMES], frame = 0;

	for (uint32_t i = 0; i < nr; i++)
		frames[i] = frame += tf_unzigzag(tf_in_varint(in));
	if (in->bad || !id || !nr) {
		in->bad = true;
		return 0;
	}
	if (!charge_index(meta, meta->nr_stack_index, id) || !charge(meta, stack_bytes(nr)))
		return 0;
	return tf_meta_add_stack(meta, id, frames, nr);
}

/* Make sure that there is a snapshot of that number, if there is room for it.  0 or -ENOMEM. */
static int need_snapshot(struct tf_meta *meta, uint32_t id, uint64_t ts_ns)
{
	while (meta->nr_snapshots <= id && charge(meta, ITEM_BYTES)) {
		if (!tf_meta_begin_snapshot(meta, ts_ns))
			return -ENOMEM;
	}
	if (id < meta->nr_snapshots)
		meta->snapshots[id].ts_ns = ts_ns;
	return 0;
}

/* One piece of a file; a large file comes in several. */
static int read_file(struct tf_meta *meta, struct tf_snapshot *snap, struct tf_in *in)
{
	const struct tf_snapfile *file;
	uint64_t start;
	int err = 0;
	const uint8_t *data;
	size_t len;
	char *path = read_string(in, TF_MAX_NAME, &err);

	if (!path)
		return err;
	start = tf_in_varint(in);
	len = (size_t)tf_in_varint_max(in, TF_MAX_RAW_BYTES);
	data = tf_in_bytes(in, len);
	if (!data)
		goto out;
	if (!start) {
		if (charge(meta, file_bytes(strlen(path), len) +
					 (snap->nr_files ? 0 : FIRST_FILES_BYTES)))
			err = tf_snapshot_add(snap, path, data, len);
		in->bad |= snap->nr_moved > MAX_MOVED;
		goto out;
	}
	/* The piece before may have been in a block that was lost. */
	file = tf_snapshot_file(snap, path);
	if (!file || file->len != start) {
		in->bad = true;
		goto out;
	}
	/* While it grows there may be two of it. */
	if (!charge(meta, ITEM_BYTES + len + start))
		goto out;
	err = tf_snapshot_append(snap, path, data, len);
	meta->decoded_bytes -= start;
out:
	free(path);
	return err;
}

static int read_snapshot(struct tf_meta *meta, struct tf_in *in)
{
	uint32_t id = tf_in_u32(in);
	uint64_t ts_ns = tf_in_u64(in);
	int err;

	if (in->bad || id >= MAX_SNAPSHOTS) {
		in->bad = true;
		return 0;
	}
	err = need_snapshot(meta, id, ts_ns);
	while (!err && !in->bad && tf_in_left(in) && meta->decoded_bytes <= TF_MAX_META_BYTES)
		err = read_file(meta, &meta->snapshots[id], in);
	return err;
}

int tf_meta_decode(struct tf_meta *meta, uint16_t type, const uint8_t *raw, size_t len,
		   uint64_t offset, struct tf_error *err)
{
	static const struct {
		const char *name;
		int (*read)(struct tf_meta *meta, struct tf_in *in);
	} sorts[] = {
		[TF_BLOCK_FACTS] = { "facts", read_fact },
		[TF_BLOCK_CACHES] = { "caches", read_cache },
		[TF_BLOCK_SYMBOLS] = { "symbols", read_symbol },
		[TF_BLOCK_SNAPSHOT] = { "snapshot", read_snapshot },
		[TF_BLOCK_STACKS] = { "stacks", read_stack },
	};
	struct tf_in in;
	int ret = 0;

	if (!tf_block_is_meta(type))
		return tf_fail(err, -EINVAL, offset, "block of type %u holds no metadata", type);
	tf_in_init(&in, raw, len);
	while (!ret && !in.bad && tf_in_left(&in)) {
		ret = sorts[type].read(meta, &in);
		if (meta->decoded_bytes > TF_MAX_META_BYTES)
			return tf_fail(err, -EBADMSG, offset,
				       "%s: more metadata than %u MiB of memory hold",
				       sorts[type].name, TF_MAX_META_BYTES >> 20);
	}
	if (ret)
		return tf_fail(err, ret, offset, "%s: out of memory", sorts[type].name);
	if (in.bad)
		return tf_fail(err, -EBADMSG, offset, "%s: the block's content is damaged",
			       sorts[type].name);
	return 0;
}
