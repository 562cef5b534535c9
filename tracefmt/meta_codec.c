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
	err = tf_meta_set(meta, key, value);
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
	err = tf_meta_add_symbol(meta, addr, name, offset);
	free(name);
	return err;
}

/* Returns the snapshot of that number, which may be a new one, or NULL. */
static struct tf_snapshot *get_snapshot(struct tf_meta *meta, uint32_t id, uint64_t ts_ns)
{
	while (meta->nr_snapshots <= id) {
		if (!tf_meta_begin_snapshot(meta, ts_ns))
			return NULL;
	}
	meta->snapshots[id].ts_ns = ts_ns;
	return &meta->snapshots[id];
}

/* One piece of a file; a large file comes in several. */
static int read_file(struct tf_snapshot *snap, struct tf_in *in)
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
		err = tf_snapshot_add(snap, path, data, len);
		goto out;
	}
	/* The piece before may have been in a block that was lost. */
	file = tf_snapshot_file(snap, path);
	if (!file || file->len != start) {
		in->bad = true;
		goto out;
	}
	err = tf_snapshot_append(snap, path, data, len);
out:
	free(path);
	return err;
}

static int read_snapshot(struct tf_meta *meta, struct tf_in *in)
{
	uint32_t id = tf_in_u32(in);
	uint64_t ts_ns = tf_in_u64(in);
	struct tf_snapshot *snap;
	int err = 0;

	if (in->bad || id >= MAX_SNAPSHOTS) {
		in->bad = true;
		return 0;
	}
	snap = get_snapshot(meta, id, ts_ns);
	if (!snap)
		return -ENOMEM;
	while (!err && !in->bad && tf_in_left(in))
		err = read_file(snap, in);
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
	};
	struct tf_in in;
	int ret = 0;

	if (!tf_block_is_meta(type))
		return tf_fail(err, -EINVAL, offset, "block of type %u holds no metadata", type);
	tf_in_init(&in, raw, len);
	while (!ret && !in.bad && tf_in_left(&in))
		ret = sorts[type].read(meta, &in);
	if (ret)
		return tf_fail(err, ret, offset, "%s: out of memory", sorts[type].name);
	if (in.bad)
		return tf_fail(err, -EBADMSG, offset, "%s: the block's content is damaged",
			       sorts[type].name);
	return 0;
}
