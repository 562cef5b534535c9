/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace without what tells whose it is.
 *
 *      facts       of a list of known ones, those whose value is of the form it has
 *      caches      anon_caches
 *      snapshots   anon_text, which asks the other three
 *      events      anon_addr for addr, anon_sites for call_site; threads and ids are numbered here
 *      symbols     anon_sites, as for the frames of stacks
 */
#include "tracefmt/anonymize.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/anon_addr.h"
#include "tracefmt/anon_caches.h"
#include "tracefmt/anon_sites.h"
#include "tracefmt/anon_text.h"

/* PID_MAX_LIMIT of the kernel: there are no more threads than that at a time. */
#define MAX_THREADS (1u << 22)

struct tf_anonymizer {
	const struct tf_meta *meta; /* not owned */
	struct tf_anon_addr addr;
	struct tf_anon_sites sites;
	struct tf_anon_caches caches;
	struct tf_anon_text text;
	struct tf_numbering threads;
	/* Ids may have been made of addresses, as those of stacks are in a kernel's stack map. */
	struct tf_numbering cache_ids, stack_ids;
	int broken; /* the first error, told again by every call */
	struct tf_error error;
};

static int no_memory(struct tf_error *err)
{
	return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
}

static int find_caches(struct tf_anonymizer *a, struct tf_error *err)
{
	const struct tf_meta *meta = a->meta;
	int ret = 0;

	for (size_t i = 0; i < meta->nr_caches && !ret; i++)
		ret = tf_anon_caches_add(&a->caches, meta->caches[i].name,
					 strlen(meta->caches[i].name), err);
	for (size_t i = 0; i < meta->nr_snapshots; i++) {
		const struct tf_snapshot *snap = &meta->snapshots[i];

		for (size_t j = 0; j < snap->nr_files && !ret; j++)
			ret = tf_anon_text_find_caches(&a->text, snap->files[j].path,
						       snap->files[j].data, snap->files[j].len,
						       err);
	}
	return ret ? ret : tf_anon_caches_sort(&a->caches, err);
}

int tf_anonymizer_new(struct tf_anonymizer **out, const struct tf_meta *meta,
		      const struct tf_host *host, struct tf_error *err)
{
	struct tf_anonymizer *a = calloc(1, sizeof(*a));
	int ret;

	*out = NULL;
	if (!a)
		return no_memory(err);
	a->meta = meta;
	tf_anon_addr_init(&a->addr, meta, host);
	tf_anon_sites_init(&a->sites, meta, host->pointer_bytes);
	tf_anon_caches_init(&a->caches);
	tf_numbering_init(&a->threads, MAX_THREADS, "threads");
	tf_numbering_init(&a->cache_ids, TF_MAX_CACHE_ID, "slab caches");
	tf_numbering_init(&a->stack_ids, TF_MAX_STACK_ID, "stacks");
	a->text = (struct tf_anon_text){ &a->addr, &a->sites, &a->caches };
	ret = find_caches(a, err);
	if (ret) {
		tf_anonymizer_free(a);
		return ret;
	}
	*out = a;
	return 0;
}

void tf_anonymizer_free(struct tf_anonymizer *a)
{
	if (!a)
		return;
	tf_anon_addr_release(&a->addr);
	tf_anon_sites_release(&a->sites);
	tf_anon_caches_release(&a->caches);
	tf_numbering_release(&a->threads);
	tf_numbering_release(&a->cache_ids);
	tf_numbering_release(&a->stack_ids);
	free(a);
}

/* Keep the error for the calls to come. */
static int settle(struct tf_anonymizer *a, int ret, struct tf_error *err)
{
	a->broken = ret;
	if (ret && err)
		*err = a->error;
	return ret;
}

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool is_made_of(const char *text, const char *set, size_t max)
{
	size_t len = strlen(text);

	return len && len <= max && strspn(text, set) == len;
}

/* What a fact becomes; empty: it is left out. */
#define VALUE_LEN 512

static void keep_number(const struct tf_anonymizer *a, const char *value, char out[VALUE_LEN])
{
	(void)a;
	if (is_made_of(value, DIGITS, 20))
		snprintf(out, VALUE_LEN, "%s", value);
}

/* One word, as of a machine. */
static void keep_word(const struct tf_anonymizer *a, const char *value, char out[VALUE_LEN])
{
	(void)a;
	if (is_made_of(value, DIGITS LETTERS "_", 16))
		snprintf(out, VALUE_LEN, "%s", value);
}

/* What our own programs say of how something was recorded. */
static void keep_remark(const struct tf_anonymizer *a, const char *value, char out[VALUE_LEN])
{
	(void)a;
	if (is_made_of(value, DIGITS LETTERS "_ ,:;'-", VALUE_LEN - 1))
		snprintf(out, VALUE_LEN, "%s", value);
}

/* "6.12.107" of "6.12.107+deb12-amd64", for what follows may be anybody's name. */
static void keep_release(const struct tf_anonymizer *a, const char *value, char out[VALUE_LEN])
{
	size_t len = strspn(value, DIGITS ".");

	(void)a;
	while (len && value[len - 1] == '.')
		len--;
	if (len <= 32)
		snprintf(out, VALUE_LEN, "%.*s", (int)len, value);
}

/* "Debian 6.12.107", which tells which patches a kernel has. */
static void keep_version(const struct tf_anonymizer *a, const char *value, char out[VALUE_LEN])
{
	static const char word[] = "Debian ";
	const char *debian = strstr(value, word);
	char release[VALUE_LEN] = "";

	if (debian)
		keep_release(a, debian + strlen(word), release);
	if (release[0])
		snprintf(out, VALUE_LEN, "%s%.64s", word, release);
}

static void keep_base(const struct tf_anonymizer *a, const char *value, char out[VALUE_LEN])
{
	(void)value;
	if (a->addr.has_direct_map)
		snprintf(out, VALUE_LEN, "0x%" PRIx64, a->addr.new_base);
}

static const struct {
	const char *key; /* with '.' at its end: all with one more word that begin so */
	void (*keep)(const struct tf_anonymizer *a, const char *value, char out[VALUE_LEN]);
} known_facts[] = {
	{ "host.release", keep_release },
	{ "host.version", keep_version },
	{ "host.machine", keep_word },
	{ "host.page_size", keep_number },
	{ "host.cpus_online", keep_number },
	{ "host.cpus_possible", keep_number },
	{ "host.numa_nodes", keep_number },
	{ "host.mem_bytes", keep_number },
	{ "record.class.", keep_remark },
	{ "record.", keep_number },
	{ "gfp.", keep_number },
	{ "calib.preempt", keep_remark },
	{ "calib.page_offset_base", keep_base },
	{ "import.", keep_number },
	{ "pack.", keep_number },
};

static int add_fact(const struct tf_anonymizer *a, const struct tf_fact *fact, struct tf_meta *out)
{
	for (size_t i = 0; i < sizeof(known_facts) / sizeof(known_facts[0]); i++) {
		const char *key = known_facts[i].key;
		size_t len = strlen(key);
		char value[VALUE_LEN] = "";

		if (key[len - 1] == '.'
			    ? strncmp(fact->key, key, len) ||
				      !is_made_of(fact->key + len, DIGITS LETTERS "_", 32)
			    : strcmp(fact->key, key))
			continue;
		known_facts[i].keep(a, fact->value, value);
		return value[0] ? tf_meta_set(out, fact->key, value) : 0;
	}
	return 0;
}

/* 0 stays 0. */
static int renumber(struct tf_numbering *numbering, uint32_t *id, struct tf_error *err)
{
	int64_t number = *id ? tf_numbering_get(numbering, *id, err) : 0;

	if (number < 0)
		return (int)number;
	*id = (uint32_t)number;
	return 0;
}

static int add_cache(struct tf_anonymizer *a, const struct tf_cache *cache, struct tf_meta *out)
{
	struct tf_cache renamed = *cache;
	int ret = renumber(&a->cache_ids, &renamed.id, &a->error);

	if (!ret)
		ret = tf_anon_caches_name(&a->caches, cache->name, strlen(cache->name),
					  renamed.name, &a->error);
	if (!ret && tf_meta_add_cache(out, &renamed))
		ret = no_memory(&a->error);
	return ret;
}

int tf_anonymize_meta(struct tf_anonymizer *a, struct tf_meta *out, struct tf_error *err)
{
	const struct tf_meta *meta = a->meta;
	int ret = a->broken;

	for (size_t i = 0; i < meta->nr_facts && !ret; i++) {
		if (add_fact(a, &meta->facts[i], out))
			ret = no_memory(&a->error);
	}
	for (size_t i = 0; i < meta->nr_caches && !ret; i++)
		ret = add_cache(a, &meta->caches[i], out);
	return settle(a, ret, err);
}

int tf_anonymize_snapshot(struct tf_anonymizer *a, const struct tf_snapshot *snap,
			  struct tf_meta *out, struct tf_error *err)
{
	struct tf_snapshot *copy = tf_meta_begin_snapshot(out, snap->ts_ns);
	struct tf_out text;
	int ret = a->broken;

	if (!ret && !copy)
		ret = no_memory(&a->error);
	tf_out_init(&text);
	for (size_t i = 0; i < snap->nr_files && !ret; i++) {
		const struct tf_snapfile *file = &snap->files[i];

		if (!tf_anon_text_is_known(file->path))
			continue;
		text.len = 0;
		ret = tf_anon_text_rewrite(&a->text, file->path, file->data, file->len, &text,
					   &a->error);
		if (!ret && tf_snapshot_add(copy, file->path, text.data, text.len))
			ret = no_memory(&a->error);
	}
	tf_out_release(&text);
	return settle(a, ret, err);
}

int tf_anonymize_event(struct tf_anonymizer *a, struct tf_event *ev, struct tf_error *err)
{
	int ret = a->broken;

	if (!ret)
		ret = tf_anon_addr_event(&a->addr, ev, &a->error);
	if (!ret)
		ret = tf_anon_site(&a->sites, ev->call_site, &ev->call_site, &a->error);
	if (!ret)
		ret = renumber(&a->threads, &ev->pid, &a->error);
	if (!ret)
		ret = renumber(&a->cache_ids, &ev->cache, &a->error);
	if (!ret)
		ret = renumber(&a->stack_ids, &ev->stack, &a->error);
	return settle(a, ret, err);
}

static int add_stack(struct tf_anonymizer *a, const struct tf_stack *stack, struct tf_meta *out)
{
	uint64_t frames[TF_MAX_FRAMES];
	uint32_t id = stack->id;
	int ret = renumber(&a->stack_ids, &id, &a->error);

	for (uint32_t i = 0; i < stack->nr_frames && !ret; i++)
		ret = tf_anon_site(&a->sites, stack->frames[i], &frames[i], &a->error);
	if (!ret && tf_meta_add_stack(out, id, frames, stack->nr_frames))
		ret = no_memory(&a->error);
	return ret;
}

int tf_anonymize_rest(struct tf_anonymizer *a, struct tf_meta *out, struct tf_error *err)
{
	int ret = a->broken;

	for (size_t i = 0; i < a->meta->nr_stacks && !ret; i++)
		ret = add_stack(a, &a->meta->stacks[i], out);
	if (!ret)
		ret = tf_anon_sites_add_symbols(&a->sites, out, &a->error);
	return settle(a, ret, err);
}
