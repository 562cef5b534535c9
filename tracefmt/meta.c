/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The metadata of a trace in memory.
 *
 * Facts are kept sorted by key and a snapshot's files by path: there are a few
 * hundred or thousand of them, looked up by bisection.  Caches have an index by id.  Symbols are
 * appended while a trace is recorded or read and sorted once, when lookups begin.
 */
#include "tracefmt/meta.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Make room for one more in an array of nr elements: capacities are the powers
 * of two from 16 on, so the number alone tells when the array is full.
 */
static int grow_by_one(void **array, size_t nr, size_t size)
{
	size_t cap = nr ? nr * 2 : 16;
	void *p;

	if (nr && (nr < 16 || (nr & (nr - 1))))
		return 0;
	p = realloc(*array, cap * size);
	if (!p)
		return -ENOMEM;
	*array = p;
	return 0;
}

void tf_meta_init(struct tf_meta *meta)
{
	memset(meta, 0, sizeof(*meta));
}

static void release_snapshot(struct tf_snapshot *snap)
{
	for (size_t i = 0; i < snap->nr_files; i++) {
		free(snap->files[i].path);
		free(snap->files[i].data);
	}
	free(snap->files);
}

void tf_meta_release(struct tf_meta *meta)
{
	for (size_t i = 0; i < meta->nr_facts; i++) {
		free(meta->facts[i].key);
		free(meta->facts[i].value);
	}
	for (size_t i = 0; i < meta->nr_symbols; i++)
		free(meta->symbols[i].name);
	for (size_t i = 0; i < meta->nr_stacks; i++)
		free(meta->stacks[i].frames);
	for (size_t i = 0; i < meta->nr_snapshots; i++)
		release_snapshot(&meta->snapshots[i]);
	free(meta->facts);
	free(meta->caches);
	free(meta->symbols);
	free(meta->stacks);
	free(meta->snapshots);
	free(meta->cache_index);
	free(meta->stack_index);
	tf_meta_init(meta);
}

/* Where key is, or where it belongs. */
static size_t fact_position(const struct tf_meta *meta, const char *key, int *found)
{
	size_t low = 0, high = meta->nr_facts;

	*found = 0;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int cmp = strcmp(meta->facts[mid].key, key);

		if (!cmp) {
			*found = 1;
			return mid;
		}
		if (cmp < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int tf_meta_set(struct tf_meta *meta, const char *key, const char *value)
{
	struct tf_fact fact = { .key = NULL, .value = NULL };
	int found, err = -ENOMEM;
	size_t pos;

	if (strlen(key) > TF_MAX_NAME || strlen(value) > TF_MAX_VALUE)
		return -E2BIG;
	fact.value = strdup(value);
	if (!fact.value)
		goto out;
	pos = fact_position(meta, key, &found);
	if (found) {
		free(meta->facts[pos].value);
		meta->facts[pos].value = fact.value;
		return 0;
	}
	fact.key = strdup(key);
	if (!fact.key)
		goto out;
	err = grow_by_one((void **)&meta->facts, meta->nr_facts, sizeof(fact));
	if (err)
		goto out;
	memmove(&meta->facts[pos + 1], &meta->facts[pos], (meta->nr_facts - pos) * sizeof(fact));
	meta->facts[pos] = fact;
	meta->nr_moved += meta->nr_facts++ - pos;
	return 0;
out:
	free(fact.key);
	free(fact.value);
	return err;
}

int tf_meta_setf(struct tf_meta *meta, const char *key, const char *fmt, ...)
{
	char *value;
	va_list args;
	int err;

	va_start(args, fmt);
	err = vasprintf(&value, fmt, args);
	va_end(args);
	if (err < 0)
		return -ENOMEM;
	err = tf_meta_set(meta, key, value);
	free(value);
	return err;
}

const char *tf_meta_get(const struct tf_meta *meta, const char *key)
{
	int found;
	size_t pos = fact_position(meta, key, &found);

	return found ? meta->facts[pos].value : NULL;
}

uint64_t tf_meta_get_u64(const struct tf_meta *meta, const char *key, uint64_t def)
{
	const char *value = tf_meta_get(meta, key);
	int base = 10;
	uint64_t number;
	char *end;

	if (!value)
		return def;
	if (value[0] == '0' && (value[1] == 'x' || value[1] == 'X'))
		base = 16;
	/* strtoull would also take blanks and signs. */
	else if (value[0] < '0' || value[0] > '9')
		return def;
	errno = 0;
	number = strtoull(value, &end, base);
	return errno || *end ? def : number;
}

/* Room for that id in an index by id. */
static int grow_index(uint32_t **index, size_t *nr_index, uint32_t id)
{
	size_t nr = *nr_index ? *nr_index : 64;
	uint32_t *bigger;

	if (id < *nr_index)
		return 0;
	while (nr <= id)
		nr *= 2;
	bigger = realloc(*index, nr * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	memset(bigger + *nr_index, 0, (nr - *nr_index) * sizeof(*bigger));
	*index = bigger;
	*nr_index = nr;
	return 0;
}

int tf_meta_add_cache(struct tf_meta *meta, const struct tf_cache *cache)
{
	uint32_t pos;
	int err;

	if (!cache->id || cache->id > TF_MAX_CACHE_ID)
		return -EINVAL;
	err = grow_index(&meta->cache_index, &meta->nr_cache_index, cache->id);
	if (err)
		return err;
	pos = meta->cache_index[cache->id];
	if (!pos) {
		err = grow_by_one((void **)&meta->caches, meta->nr_caches, sizeof(*cache));
		if (err)
			return err;
		pos = (uint32_t)++meta->nr_caches;
		meta->cache_index[cache->id] = pos;
	}
	meta->caches[pos - 1] = *cache;
	meta->caches[pos - 1].name[sizeof(cache->name) - 1] = '\0';
	return 0;
}

const struct tf_cache *tf_meta_cache(const struct tf_meta *meta, uint32_t id)
{
	if (id >= meta->nr_cache_index || !meta->cache_index[id])
		return NULL;
	return &meta->caches[meta->cache_index[id] - 1];
}

static int grow_stacks(struct tf_meta *meta)
{
	size_t room = meta->stacks_room ? meta->stacks_room * 2 : 64;
	struct tf_stack *stacks;

	if (meta->nr_stacks < meta->stacks_room)
		return 0;
	stacks = realloc(meta->stacks, room * sizeof(*stacks));
	if (!stacks)
		return -ENOMEM;
	meta->stacks = stacks;
	meta->stacks_room = room;
	return 0;
}

int tf_meta_add_stack(struct tf_meta *meta, uint32_t id, const uint64_t *frames, uint32_t nr_frames)
{
	struct tf_stack stack = { .id = id, .nr_frames = nr_frames };
	uint32_t pos;
	int err;

	if (!id || id > TF_MAX_STACK_ID || !nr_frames || nr_frames > TF_MAX_FRAMES)
		return -EINVAL;
	err = grow_index(&meta->stack_index, &meta->nr_stack_index, id);
	if (!err)
		err = grow_stacks(meta);
	if (err)
		return err;
	stack.frames = malloc(nr_frames * sizeof(*frames));
	if (!stack.frames)
		return -ENOMEM;
	memcpy(stack.frames, frames, nr_frames * sizeof(*frames));
	pos = meta->stack_index[id];
	if (pos) {
		free(meta->stacks[pos - 1].frames);
	} else {
		pos = (uint32_t)++meta->nr_stacks;
		meta->stack_index[id] = pos;
	}
	meta->stacks[pos - 1] = stack;
	return 0;
}

const struct tf_stack *tf_meta_stack(const struct tf_meta *meta, uint32_t id)
{
	if (id >= meta->nr_stack_index || !meta->stack_index[id])
		return NULL;
	return &meta->stacks[meta->stack_index[id] - 1];
}

int tf_meta_add_symbol(struct tf_meta *meta, uint64_t addr, const char *name, uint32_t offset)
{
	struct tf_symbol sym = { .addr = addr, .offset = offset };

	if (strlen(name) > TF_MAX_NAME)
		return -E2BIG;
	sym.name = strdup(name);
	if (!sym.name)
		return -ENOMEM;
	if (grow_by_one((void **)&meta->symbols, meta->nr_symbols, sizeof(sym))) {
		free(sym.name);
		return -ENOMEM;
	}
	meta->symbols[meta->nr_symbols++] = sym;
	return 0;
}

/* Ties are broken by name, so that the order never depends on that of arrival. */
static int compare_symbols(const void *a, const void *b)
{
	const struct tf_symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return strcmp(x->name, y->name);
}

void tf_meta_sort_symbols(struct tf_meta *meta)
{
	if (meta->nr_symbols > 1)
		qsort(meta->symbols, meta->nr_symbols, sizeof(*meta->symbols), compare_symbols);
}

const struct tf_symbol *tf_meta_symbol(const struct tf_meta *meta, uint64_t addr)
{
	size_t low = 0, high = meta->nr_symbols;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (meta->symbols[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == meta->nr_symbols || meta->symbols[low].addr != addr)
		return NULL;
	return &meta->symbols[low];
}

struct tf_snapshot *tf_meta_begin_snapshot(struct tf_meta *meta, uint64_t ts_ns)
{
	struct tf_snapshot *snap;

	if (meta->nr_snapshots >= UINT32_MAX ||
	    grow_by_one((void **)&meta->snapshots, meta->nr_snapshots, sizeof(*snap)))
		return NULL;
	snap = &meta->snapshots[meta->nr_snapshots];
	memset(snap, 0, sizeof(*snap));
	snap->id = (uint32_t)meta->nr_snapshots++;
	snap->ts_ns = ts_ns;
	return snap;
}

static size_t file_position(const struct tf_snapshot *snap, const char *path, int *found)
{
	size_t low = 0, high = snap->nr_files;

	*found = 0;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int cmp = strcmp(snap->files[mid].path, path);

		if (!cmp) {
			*found = 1;
			return mid;
		}
		if (cmp < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int tf_snapshot_add(struct tf_snapshot *snap, const char *path, const void *data, size_t len)
{
	struct tf_snapfile file = { .len = len };
	int found;
	size_t pos;

	if (strlen(path) > TF_MAX_NAME)
		return -E2BIG;
	file.path = strdup(path);
	file.data = malloc(len + 1);
	if (!file.path || !file.data)
		goto out;
	if (len)
		memcpy(file.data, data, len);
	file.data[len] = '\0';
	pos = file_position(snap, path, &found);
	if (found) {
		free(snap->files[pos].path);
		free(snap->files[pos].data);
		snap->files[pos] = file;
		return 0;
	}
	if (grow_by_one((void **)&snap->files, snap->nr_files, sizeof(file)))
		goto out;
	memmove(&snap->files[pos + 1], &snap->files[pos], (snap->nr_files - pos) * sizeof(file));
	snap->files[pos] = file;
	snap->nr_moved += snap->nr_files++ - pos;
	return 0;
out:
	free(file.path);
	free(file.data);
	return -ENOMEM;
}

int tf_snapshot_append(struct tf_snapshot *snap, const char *path, const void *data, size_t len)
{
	int found;
	size_t pos = file_position(snap, path, &found);
	struct tf_snapfile *file;
	uint8_t *p;

	if (!found)
		return -ENOENT;
	file = &snap->files[pos];
	p = realloc(file->data, file->len + len + 1);
	if (!p)
		return -ENOMEM;
	if (len)
		memcpy(p + file->len, data, len);
	file->data = p;
	file->len += len;
	p[file->len] = '\0';
	return 0;
}

const struct tf_snapfile *tf_snapshot_file(const struct tf_snapshot *snap, const char *path)
{
	int found;
	size_t pos = file_position(snap, path, &found);

	return found ? &snap->files[pos] : NULL;
}

void tf_snapshot_drop_files(struct tf_snapshot *snap)
{
	release_snapshot(snap);
	snap->files = NULL;
	snap->nr_files = 0;
}

bool tf_snapshot_is_light(const struct tf_snapshot *snap)
{
	const struct tf_snapfile *kind = tf_snapshot_file(snap, TF_SNAPSHOT_KIND);
	size_t len = sizeof(TF_LIGHT_PREFIX) - 1;

	return kind && kind->len >= len && !memcmp(kind->data, TF_LIGHT_PREFIX, len);
}

const struct tf_snapshot *tf_meta_opening(const struct tf_meta *meta)
{
	if (!meta->nr_snapshots || tf_snapshot_is_light(&meta->snapshots[0]))
		return NULL;
	return &meta->snapshots[0];
}

const struct tf_snapshot *tf_meta_closing(const struct tf_meta *meta)
{
	for (size_t i = meta->nr_snapshots; i-- > 0;) {
		const struct tf_snapshot *snap = &meta->snapshots[i];

		if (snap->nr_files && !tf_snapshot_is_light(snap))
			return snap;
	}
	return NULL;
}
