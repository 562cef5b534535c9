/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other names for slab caches.
 *
 * Of kmalloc's names: mm/slab_common.c 2.6.32 to 6.18 (new_kmalloc_cache() and its
 * predecessors), size-* of mm/slab.c before 3.10.
 */
#include "tracefmt/anon_caches.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CACHES 65536u
#define MAX_DIGITS 8

void tf_anon_caches_init(struct tf_anon_caches *c)
{
	memset(c, 0, sizeof(*c));
	tf_names_init(&c->names, MAX_CACHES, "slab caches");
}

void tf_anon_caches_release(struct tf_anon_caches *c)
{
	tf_names_release(&c->names);
	free(c->rank);
	c->rank = NULL;
	c->nr_ranks = 0;
}

static size_t cut(size_t len)
{
	return len < TF_ANON_CACHE_LEN ? len : TF_ANON_CACHE_LEN - 1;
}

int tf_anon_caches_add(struct tf_anon_caches *c, const char *name, size_t len, struct tf_error *err)
{
	int64_t number = tf_names_get(&c->names, name, cut(len), err);

	return number < 0 ? (int)number : 0;
}

/* Eat a word; NULL if it is not there or p is. */
static const char *skip(const char *p, const char *word)
{
	size_t len = strlen(word);

	return p && !strncmp(p, word, len) ? p + len : NULL;
}

static const char *skip_digits(const char *p)
{
	size_t len = p ? strspn(p, "0123456789") : 0;

	return len && len <= MAX_DIGITS ? p + len : NULL;
}

bool tf_anon_is_kmalloc(const char *name)
{
	static const char *const heads[] = { "kmalloc-", "kmalloc-cg-", "kmalloc-rcl-",
					     "dma-kmalloc-" };
	const char *p;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		p = skip_digits(skip(name, heads[i]));
		if (p && (!*p || !strcmp(p, "k") || !strcmp(p, "M")))
			return true;
	}
	p = skip_digits(skip(skip_digits(skip(name, "kmalloc-rnd-")), "-"));
	if (p && (!*p || !strcmp(p, "k") || !strcmp(p, "M")))
		return true;
	p = skip_digits(skip(name, "size-"));
	return p && (!*p || !strcmp(p, "(DMA)"));
}

struct entry {
	const char *name;
	uint32_t number;
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

int tf_anon_caches_sort(struct tf_anon_caches *c, struct tf_error *err)
{
	uint32_t nr = c->names.nr;
	struct entry *entries = calloc(nr + 1, sizeof(*entries));

	c->rank = calloc(nr + 1, sizeof(*c->rank));
	c->nr_ranks = c->rank ? nr : 0;
	if (!entries || !c->rank) {
		free(entries);
		return tf_fail(err, -ENOMEM, TF_NO_OFFSET, "out of memory");
	}
	for (uint32_t i = 0; i < nr; i++)
		entries[i] = (struct entry){ c->names.names[i], i };
	qsort(entries, nr, sizeof(*entries), compare);
	for (uint32_t i = 0; i < nr; i++)
		c->rank[entries[i].number] = i + 1;
	free(entries);
	return 0;
}

static const char *word_of(const char *name)
{
	if (strcmp(name, "dma-kmalloc-") < 0)
		return "cache";
	if (strcmp(name, "kmalloc-") < 0)
		return "icache";
	return strcmp(name, "size-") < 0 ? "pcache" : "tcache";
}

int tf_anon_caches_name(struct tf_anon_caches *c, const char *name, size_t len,
			char buf[TF_ANON_CACHE_LEN], struct tf_error *err)
{
	int64_t number = tf_names_get(&c->names, name, cut(len), err);
	const char *known;

	if (number < 0)
		return (int)number;
	if (number > c->nr_ranks)
		return tf_fail(err, -EINVAL, TF_NO_OFFSET, "a slab cache comes out of nowhere");
	known = c->names.names[number - 1];
	if (tf_anon_is_kmalloc(known))
		snprintf(buf, TF_ANON_CACHE_LEN, "%s", known);
	else
		snprintf(buf, TF_ANON_CACHE_LEN, "%s%05u", word_of(known), c->rank[number - 1]);
	return 0;
}
