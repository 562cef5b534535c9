/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slab caches of an imported trace.  Names, sizes and the rest are in the trace's
 * metadata; here is how to find them.
 */
#include "tracefmt/import/caches.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt/event.h"

#define MAX_HOST_SLABS 4096u

static uint64_t mix(uint64_t x)
{
	x *= 0x9e3779b97f4a7c15ull;
	return x ^ x >> 31;
}

static uint32_t hash_name(const char *name, size_t len)
{
	uint64_t h = len;

	for (size_t i = 0; i < len; i++)
		h = h * 31 + (uint8_t)name[i];
	return (uint32_t)(mix(h) >> 16);
}

int tf_caches_init(struct tf_caches *caches, struct tf_meta *meta)
{
	memset(caches, 0, sizeof(*caches));
	caches->meta = meta;
	caches->states = calloc(TF_MAX_CACHES + 1, sizeof(*caches->states));
	caches->slots = calloc(TF_CACHE_SLOTS, sizeof(*caches->slots));
	if (!caches->states || !caches->slots) {
		tf_caches_release(caches);
		return -ENOMEM;
	}
	return 0;
}

void tf_caches_release(struct tf_caches *caches)
{
	free(caches->states);
	free(caches->slots);
	free(caches->bindings);
	free(caches->guesses);
	free(caches->host);
	memset(caches, 0, sizeof(*caches));
}

/* As much of a name as is kept: it may have a NUL in it, and be too long. */
static size_t name_len(const char *name, size_t len)
{
	size_t room = sizeof(((struct tf_cache *)0)->name);

	return strnlen(name, len < room ? len : room - 1);
}

static bool has_name(const struct tf_cache *cache, const char *name, size_t len)
{
	return cache && !strncmp(cache->name, name, len) && !cache->name[len];
}

static const struct tf_host_slab *host_by_name(const struct tf_caches *caches, const char *name)
{
	for (size_t i = 0; i < caches->nr_host; i++) {
		if (!strcmp(caches->host[i].name, name))
			return &caches->host[i];
	}
	return NULL;
}

static bool is_kmalloc(const char *name)
{
	return strstr(name, "kmalloc-") || !strncmp(name, "size-", 5);
}

/* The only cache of the host with that size; those that kmalloc uses are not asked for. */
static const struct tf_host_slab *host_by_size(const struct tf_caches *caches, uint32_t size)
{
	const struct tf_host_slab *only = NULL;

	for (size_t i = 0; i < caches->nr_host; i++) {
		if (caches->host[i].size != size || is_kmalloc(caches->host[i].name))
			continue;
		if (only)
			return NULL;
		only = &caches->host[i];
	}
	return only;
}

/* "filp#17": what else has the name, with its own number. */
static void add_number(struct tf_cache *cache)
{
	char number[16];
	size_t len = (size_t)snprintf(number, sizeof(number), "#%u", cache->id);
	size_t at = strnlen(cache->name, sizeof(cache->name) - len - 1);

	memcpy(cache->name + at, number, len + 1);
}

/* Put the name and what the host says of it into a cache of the trace. */
static int write_cache(struct tf_caches *caches, uint32_t id, const char *name, size_t len,
		       uint32_t bytes_req, uint32_t bytes_alloc, bool is_numbered)
{
	struct tf_cache cache = { .id = id, .object_size = bytes_req, .size = bytes_alloc };
	const struct tf_host_slab *host;

	memcpy(cache.name, name, len);
	host = host_by_name(caches, cache.name);
	if (host && !cache.size)
		cache.size = cache.object_size = host->size;
	if (host && host->size == cache.size && host->pages)
		cache.oo = (31 - (uint32_t)__builtin_clz(host->pages)) << 16 | host->objects;
	if (is_numbered)
		add_number(&cache);
	return tf_meta_add_cache(caches->meta, &cache);
}

/* A slot under an earlier name stays: its hash is another, so it is passed over. */
static void put_slot(struct tf_caches *caches, uint32_t id, uint32_t hash)
{
	size_t at = hash & (TF_CACHE_SLOTS - 1);

	caches->states[id].hash = hash;
	while (caches->slots[at])
		at = (at + 1) & (TF_CACHE_SLOTS - 1);
	caches->slots[at] = (uint16_t)id;
}

static int new_cache(struct tf_caches *caches, const char *name, size_t len, uint32_t hash,
		     uint32_t bytes_req, uint32_t bytes_alloc, bool is_numbered, uint32_t *id)
{
	int err;

	if (caches->nr == TF_MAX_CACHES)
		return 0;
	err = write_cache(caches, caches->nr + 1, name, len, bytes_req, bytes_alloc, is_numbered);
	if (err)
		return err;
	*id = ++caches->nr;
	caches->states[*id].is_sized = bytes_alloc != 0;
	put_slot(caches, *id, hash);
	return 0;
}

/* A cache of that name whose sizes are these, or not known yet; 0 if there is none. */
static uint32_t find_cache(const struct tf_caches *caches, const char *name, size_t len,
			   uint32_t hash, uint32_t bytes_req, uint32_t bytes_alloc)
{
	for (size_t at = hash & (TF_CACHE_SLOTS - 1); caches->slots[at];
	     at = (at + 1) & (TF_CACHE_SLOTS - 1)) {
		uint32_t id = caches->slots[at];
		const struct tf_cache *cache;

		if (caches->states[id].hash != hash)
			continue;
		cache = tf_meta_cache(caches->meta, id);
		if (has_name(cache, name, len) &&
		    (!bytes_alloc || !caches->states[id].is_sized ||
		     (cache->object_size == bytes_req && cache->size == bytes_alloc)))
			return id;
	}
	return 0;
}

int tf_caches_alloc_named(struct tf_caches *caches, const char *name, size_t len,
			  uint32_t bytes_req, uint32_t bytes_alloc, uint32_t *id)
{
	uint32_t hash;

	len = name_len(name, len);
	hash = hash_name(name, len);
	*id = find_cache(caches, name, len, hash, bytes_req, bytes_alloc);
	if (!*id)
		return new_cache(caches, name, len, hash, bytes_req, bytes_alloc, false, id);
	if (!bytes_alloc || caches->states[*id].is_sized)
		return 0;
	caches->states[*id].is_sized = true;
	return write_cache(caches, *id, name, len, bytes_req, bytes_alloc, false);
}

/* The only cache of these sizes with a name of its own; 0 if there is none, or more. */
static uint32_t named_of_size(const struct tf_caches *caches, uint32_t bytes_req,
			      uint32_t bytes_alloc)
{
	uint32_t only = 0;

	for (uint32_t id = 1; id <= caches->nr; id++) {
		const struct tf_cache *cache;

		if (caches->states[id].is_made_up || !caches->states[id].is_sized)
			continue;
		cache = tf_meta_cache(caches->meta, id);
		if (cache->object_size != bytes_req || cache->size != bytes_alloc)
			continue;
		if (only)
			return 0;
		only = id;
	}
	return only;
}

/* The cache of a call site that was not seen before. */
static int guess_cache(struct tf_caches *caches, uint32_t bytes_req, uint32_t bytes_alloc,
		       uint32_t *id)
{
	const struct tf_host_slab *host = host_by_size(caches, bytes_alloc);
	uint32_t hash;
	char name[64];
	size_t len;
	int err;

	if (host)
		return tf_caches_alloc_named(caches, host->name, strlen(host->name), bytes_req,
					     bytes_alloc, id);
	*id = named_of_size(caches, bytes_req, bytes_alloc);
	if (*id)
		return 0;
	len = (size_t)snprintf(name, sizeof(name), "unnamed-%u-%u", bytes_req, bytes_alloc);
	hash = hash_name(name, len);
	err = new_cache(caches, name, len, hash, bytes_req, bytes_alloc,
			find_cache(caches, name, len, hash, bytes_req, bytes_alloc) != 0, id);
	if (*id)
		caches->states[*id].is_made_up = true;
	return err;
}

static struct tf_binding *binding_slot(struct tf_caches *caches, uint64_t site, uint32_t bytes_req,
				       uint32_t bytes_alloc)
{
	uint64_t hash = mix(site ^ ((uint64_t)bytes_req << 40 | (uint64_t)bytes_alloc << 8));
	size_t at = hash >> 20 & (TF_BINDINGS - 1);

	while (caches->bindings[at].id &&
	       (caches->bindings[at].site != site || caches->bindings[at].bytes_req != bytes_req ||
		caches->bindings[at].bytes_alloc != bytes_alloc))
		at = (at + 1) & (TF_BINDINGS - 1);
	return &caches->bindings[at];
}

static int init_guesses(struct tf_caches *caches)
{
	caches->bindings = calloc(TF_BINDINGS, sizeof(*caches->bindings));
	caches->guesses = calloc(TF_LIVE_SLOTS, sizeof(*caches->guesses));
	return caches->bindings && caches->guesses ? 0 : -ENOMEM;
}

static struct tf_guess *guess_slot(struct tf_caches *caches, uint64_t ptr)
{
	return &caches->guesses[mix(ptr) >> 30 & (TF_LIVE_SLOTS - 1)];
}

int tf_caches_alloc(struct tf_caches *caches, uint64_t site, uint64_t ptr, uint32_t bytes_req,
		    uint32_t bytes_alloc, uint32_t *id)
{
	struct tf_binding *binding;
	int err;

	*id = TF_NO_CACHE;
	caches->nr_unnamed++;
	if (!caches->guesses && init_guesses(caches))
		return -ENOMEM;
	binding = binding_slot(caches, site, bytes_req, bytes_alloc);
	if (!binding->id) {
		err = guess_cache(caches, bytes_req, bytes_alloc, id);
		if (err || !*id || caches->nr_bindings >= TF_BINDINGS / 2)
			return err;
		caches->nr_bindings++;
		*binding = (struct tf_binding){ site, bytes_req, bytes_alloc, *id };
	}
	*id = binding->id;
	*guess_slot(caches, ptr) =
		(struct tf_guess){ ptr, *id, (uint32_t)(binding - caches->bindings) };
	return 0;
}

/* The made-up cache of a call site gets the name, from one that has frees alone if need be. */
static int rename_made_up(struct tf_caches *caches, uint32_t id, uint32_t freed, const char *name,
			  size_t len, uint32_t hash)
{
	const struct tf_cache *cache;
	int err;

	if (freed) {
		cache = tf_meta_cache(caches->meta, freed);
		err = write_cache(caches, freed, name, len, cache->object_size, cache->size, true);
		if (err)
			return err;
	}
	caches->states[id].is_made_up = false;
	put_slot(caches, id, hash);
	cache = tf_meta_cache(caches->meta, id);
	return write_cache(caches, id, name, len, cache->object_size, cache->size, false);
}

/*
 * A call site's made-up cache learns its name.  If that is taken, by a cache of the same sizes,
 * the site goes there; events that are written keep the made-up one.
 */
static int learn_made_up(struct tf_caches *caches, const struct tf_guess *guess, const char *name,
			 size_t len, uint32_t bytes_req, uint32_t bytes_alloc)
{
	struct tf_cache_state *state = &caches->states[guess->id];
	uint32_t hash = hash_name(name, len);
	uint32_t named = find_cache(caches, name, len, hash, bytes_req, bytes_alloc);

	if (!named || !caches->states[named].is_sized)
		return rename_made_up(caches, guess->id, named, name, len, hash);
	state->learned = named;
	caches->bindings[guess->binding].id = named;
	return write_cache(caches, guess->id, name, len, bytes_req, bytes_alloc, true);
}

/* The object of a guess is freed under a name. */
static int learn(struct tf_caches *caches, struct tf_guess *guess, const char *name, size_t len)
{
	struct tf_cache_state *state = &caches->states[guess->id];
	const struct tf_cache *cache = tf_meta_cache(caches->meta, guess->id);
	uint32_t bytes_req = cache->object_size, bytes_alloc = cache->size, named;
	int err;

	if (has_name(cache, name, len) ||
	    (state->learned && has_name(tf_meta_cache(caches->meta, state->learned), name, len)))
		return 0;
	if (state->is_made_up && !state->learned)
		return learn_made_up(caches, guess, name, len, bytes_req, bytes_alloc);
	caches->nr_wrong_guess++;
	err = tf_caches_alloc_named(caches, name, len, bytes_req, bytes_alloc, &named);
	if (!err && named)
		caches->bindings[guess->binding].id = named;
	return err;
}

int tf_caches_free_named(struct tf_caches *caches, const char *name, size_t len, uint64_t ptr,
			 uint32_t *id)
{
	struct tf_guess *guess = caches->guesses ? guess_slot(caches, ptr) : NULL;
	int err;

	len = name_len(name, len);
	if (!guess || !guess->id || guess->ptr != ptr)
		return tf_caches_alloc_named(caches, name, len, 0, 0, id);
	err = learn(caches, guess, name, len);
	/* The cache it was allocated from, by the trace's own account, right or wrong. */
	*id = guess->id;
	guess->id = 0;
	return err;
}

/* "dentry 1 2 192 21 1 : ...": the next word, or number, of a line. */
static const char *next_word(const char **at, const char *end, size_t *len)
{
	const char *word;

	while (*at < end && **at == ' ')
		++*at;
	word = *at;
	while (*at < end && **at != ' ')
		++*at;
	*len = (size_t)(*at - word);
	return word;
}

static uint32_t next_number(const char **at, const char *end)
{
	size_t len;
	const char *word = next_word(at, end, &len);
	uint32_t value = 0;

	for (size_t i = 0; i < len && word[i] >= '0' && word[i] <= '9' && value < 100000000; i++)
		value = value * 10 + (uint32_t)(word[i] - '0');
	return value;
}

static void add_host_slab(struct tf_caches *caches, const char *at, const char *end)
{
	struct tf_host_slab *slab = &caches->host[caches->nr_host];
	size_t len;
	const char *name = next_word(&at, end, &len);

	if (!len || len >= sizeof(slab->name) || name[0] == '#')
		return;
	memset(slab, 0, sizeof(*slab));
	memcpy(slab->name, name, len);
	next_number(&at, end);
	next_number(&at, end);
	slab->size = next_number(&at, end);
	slab->objects = next_number(&at, end);
	slab->pages = next_number(&at, end);
	if (slab->size && slab->objects && slab->objects <= UINT16_MAX)
		caches->nr_host++;
}

int tf_caches_add_slabinfo(struct tf_caches *caches, const char *text, size_t len)
{
	const char *end = text + len;

	free(caches->host);
	caches->nr_host = 0;
	caches->host = calloc(MAX_HOST_SLABS, sizeof(*caches->host));
	if (!caches->host)
		return -ENOMEM;
	while (text < end && caches->nr_host < MAX_HOST_SLABS) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));

		if (!eol)
			eol = end;
		add_host_slab(caches, text, eol);
		text = eol + 1;
	}
	return 0;
}
