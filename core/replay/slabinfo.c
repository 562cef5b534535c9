/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc/slabinfo, and /sys/kernel/slab as one text of "NAME/ATTR=VALUE" lines.
 *
 *   dentry  158439 158466  192  21  1 : tunables 0 0 0 : slabdata  7546  7546  0
 *   dentry/slabs_cpu_partial=115(11) C0=63(6) C1=52(5)
 *   dentry/cpu_slabs=13 N0=13
 *
 * slabinfo's size is the stride.  Attributes print a sum first, then its parts by node or
 * CPU; cpu_slabs counts the slabs of cpu partial lists too, and they are taken off.
 *
 * Source: mm/slab_common.c cache_show(), mm/slub.c show_slab_objects(),
 * slabs_cpu_partial_show() 5.10 to 6.18.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/replay/host_files.h"

static int compare_caches(const void *a, const void *b)
{
	return strcmp(((const struct km_host_cache *)a)->name,
		      ((const struct km_host_cache *)b)->name);
}

const struct km_host_cache *km_host_cache(const struct km_host_state *state, const char *name)
{
	struct km_host_cache key;

	if (!state->nr_caches || strlen(name) >= sizeof(key.name))
		return NULL;
	strcpy(key.name, name);
	return bsearch(&key, state->caches, state->nr_caches, sizeof(key), compare_caches);
}

static uint32_t cut32(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : value;
}

static bool read_cache(struct km_text line, struct km_host_cache *cache)
{
	uint64_t size, objects, pages, active_slabs;
	struct km_text name, left;

	if (!km_text_word(&line, &name) || km_text_is(&name, "#") ||
	    !km_text_u64(&line, &cache->nr_active) || !km_text_u64(&line, &cache->nr_objs) ||
	    !km_text_u64(&line, &size) || !km_text_u64(&line, &objects) ||
	    !km_text_u64(&line, &pages) || !km_text_until(&line, ':', &left) ||
	    !km_text_until(&line, ':', &left) || !km_text_skip(&line, "slabdata") ||
	    !km_text_u64(&line, &active_slabs) || !km_text_u64(&line, &cache->nr_slabs))
		return false;
	km_text_copy(&name, cache->name, sizeof(cache->name));
	cache->size = cut32(size);
	cache->object_size = cache->size;
	cache->objects_per_slab = cut32(objects);
	cache->pages_per_slab = cut32(pages);
	return true;
}

/* Caches of one name become one: nobody can tell them apart by name. */
static void merge_names(struct km_host_state *state)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < state->nr_caches; i++) {
		struct km_host_cache *last = nr ? &state->caches[nr - 1] : NULL;
		const struct km_host_cache *cache = &state->caches[i];

		if (last && !strcmp(last->name, cache->name)) {
			last->nr_active += cache->nr_active;
			last->nr_objs += cache->nr_objs;
			last->nr_slabs += cache->nr_slabs;
		} else if (nr != i) {
			state->caches[nr++] = *cache;
		} else {
			nr++;
		}
	}
	state->nr_caches = nr;
}

static int read_slabinfo(struct km_text text, struct km_host_state *state)
{
	struct km_text line;
	uint32_t max = 0;

	while (km_text_line(&text, &line)) {
		struct km_host_cache cache = { 0 };

		if (!read_cache(line, &cache))
			continue;
		if (state->nr_caches == max) {
			struct km_host_cache *caches;

			max = max ? max * 2 : 256;
			caches = realloc(state->caches, max * sizeof(*caches));
			if (!caches)
				return -ENOMEM;
			state->caches = caches;
		}
		state->caches[state->nr_caches++] = cache;
	}
	state->has_slab = state->nr_caches > 0;
	return 0;
}

static bool read_flag(struct km_host_cache *cache, const struct km_text *attr, uint64_t value)
{
	static const struct {
		const char *attr;
		unsigned int flag;
	} flags[] = {
		{ "reclaim_account", KM_SLAB_RECLAIM_ACCOUNT },
		{ "cache_dma", KM_SLAB_CACHE_DMA },
		{ "destroy_by_rcu", KM_SLAB_TYPESAFE_BY_RCU },
		{ "hwcache_align", KM_SLAB_HWCACHE_ALIGN },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (!km_text_is(attr, flags[i].attr))
			continue;
		if (value)
			cache->flags |= flags[i].flag;
		return true;
	}
	return false;
}

static void read_attribute(struct km_host_cache *cache, const struct km_text *attr,
			   struct km_text value)
{
	uint64_t number;

	if (!km_text_u64(&value, &number) || read_flag(cache, attr, number))
		return;
	if (km_text_is(attr, "object_size")) {
		if (number && number <= cache->size)
			cache->object_size = number;
	} else if (km_text_is(attr, "partial")) {
		cache->nr_partial = number;
		cache->has_sysfs = true;
	} else if (km_text_is(attr, "cpu_slabs")) {
		cache->nr_cpu_slabs = number;
	} else if (km_text_is(attr, "slabs_cpu_partial")) {
		if (km_text_skip(&value, "(") && km_text_u64(&value, &number))
			cache->nr_cpu_partial = number;
	} else if (km_text_is(attr, "min_partial")) {
		cache->min_partial = cut32(number);
	} else if (km_text_is(attr, "cpu_partial")) {
		cache->cpu_partial = cut32(number);
	} else if (km_text_is(attr, "align")) {
		cache->align = cut32(number);
	}
}

static void read_sysfs(struct km_text text, struct km_host_state *state)
{
	struct km_host_cache *cache = NULL;
	struct km_text line;

	while (km_text_line(&text, &line)) {
		struct km_text name, attr;
		char buf[64];

		if (!km_text_until(&line, '/', &name) || !km_text_until(&line, '=', &attr))
			continue;
		if (!cache || !km_text_is(&name, cache->name)) {
			km_text_copy(&name, buf, sizeof(buf));
			cache = (struct km_host_cache *)km_host_cache(state, buf);
		}
		if (cache)
			read_attribute(cache, &attr, line);
	}
}

int km_parse_slab(struct km_text slabinfo, struct km_text sysfs, struct km_host_state *state)
{
	int err = read_slabinfo(slabinfo, state);

	if (err || !state->nr_caches)
		return err;
	qsort(state->caches, state->nr_caches, sizeof(*state->caches), compare_caches);
	merge_names(state);
	read_sysfs(sysfs, state);
	for (uint32_t i = 0; i < state->nr_caches; i++) {
		struct km_host_cache *cache = &state->caches[i];

		if (cache->nr_cpu_slabs > cache->nr_cpu_partial)
			cache->nr_cpu_slabs -= cache->nr_cpu_partial;
		else
			cache->nr_cpu_slabs = 0;
		state->slab_pages += cache->nr_slabs * cache->pages_per_slab;
	}
	return 0;
}

bool km_slab_has_sheaves(struct km_text sysfs)
{
	struct km_text line, before;
	uint64_t capacity;

	while (km_text_line(&sysfs, &line))
		if (km_text_has(&line, "/sheaf_capacity=") && km_text_until(&line, '=', &before) &&
		    km_text_u64(&line, &capacity) && capacity)
			return true;
	return false;
}
