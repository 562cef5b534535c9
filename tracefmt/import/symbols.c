/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of addresses: three hash tables over two arrays.
 */
#include "tracefmt/import/symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 1024
#define FUNCTION_BYTES 0x10000u /* of a made-up function; an offset beyond has no address */

static uint64_t mix(uint64_t x)
{
	x *= 0x9e3779b97f4a7c15ull;
	return x ^ x >> 29;
}

static uint32_t hash_name(const char *name, size_t len)
{
	uint64_t h = len;

	for (; len >= 8; name += 8, len -= 8) {
		uint64_t word;

		memcpy(&word, name, 8);
		h = mix(h ^ word);
	}
	for (; len; name++, len--)
		h = mix(h ^ (uint8_t)*name);
	return (uint32_t)(h >> 20);
}

static uint64_t hash_addr(uint64_t addr)
{
	return mix(addr) >> 24;
}

static uint64_t hash_place(uint32_t function, uint32_t offset)
{
	return mix((uint64_t)function << 32 | offset) >> 24;
}

static int index_init(struct tf_symbol_index *index, size_t room)
{
	index->slots = calloc(room, sizeof(*index->slots));
	index->room = index->slots ? room : 0;
	return index->slots ? 0 : -ENOMEM;
}

static void index_put(struct tf_symbol_index *index, uint64_t hash, uint32_t value)
{
	size_t at = hash & (index->room - 1);

	while (index->slots[at])
		at = (at + 1) & (index->room - 1);
	index->slots[at] = value + 1;
}

int tf_symbols_init(struct tf_symbols *symbols)
{
	memset(symbols, 0, sizeof(*symbols));
	tf_symbols_set_pointer_bytes(symbols, 8);
	if (index_init(&symbols->by_name, FIRST_ROOM) ||
	    index_init(&symbols->by_addr, FIRST_ROOM) ||
	    index_init(&symbols->by_place, FIRST_ROOM)) {
		tf_symbols_release(symbols);
		return -ENOMEM;
	}
	return 0;
}

void tf_symbols_release(struct tf_symbols *symbols)
{
	for (size_t i = 0; i < symbols->nr_functions; i++)
		free(symbols->functions[i].name);
	free(symbols->functions);
	free(symbols->sites);
	free(symbols->by_name.slots);
	free(symbols->by_addr.slots);
	free(symbols->by_place.slots);
	memset(symbols, 0, sizeof(*symbols));
}

void tf_symbols_set_pointer_bytes(struct tf_symbols *symbols, unsigned int bytes)
{
	symbols->base = bytes == 4 ? FUNCTION_BYTES : 0xfffffffe00000000ull;
	symbols->max_base = bytes == 4 ? 0x7ffe : 0xffff;
}

static int find_function(const struct tf_symbols *symbols, const char *name, size_t len,
			 uint32_t hash, uint32_t *function)
{
	const struct tf_symbol_index *index = &symbols->by_name;

	for (size_t at = hash & (index->room - 1); index->slots[at];
	     at = (at + 1) & (index->room - 1)) {
		const struct tf_function *f = &symbols->functions[index->slots[at] - 1];

		if (f->hash != hash || strncmp(f->name, name, len) || f->name[len])
			continue;
		*function = index->slots[at] - 1;
		return 0;
	}
	return -ENOENT;
}

static int grow_functions(struct tf_symbols *symbols)
{
	size_t room = symbols->room_functions ? symbols->room_functions * 2 : FIRST_ROOM / 2;
	struct tf_function *functions = realloc(symbols->functions, room * sizeof(*functions));
	struct tf_symbol_index index;

	if (!functions)
		return -ENOMEM;
	symbols->functions = functions;
	if (index_init(&index, room * 2))
		return -ENOMEM;
	for (size_t i = 0; i < symbols->nr_functions; i++)
		index_put(&index, functions[i].hash, (uint32_t)i);
	free(symbols->by_name.slots);
	symbols->by_name = index;
	symbols->room_functions = room;
	return 0;
}

static int intern_function(struct tf_symbols *symbols, const char *name, size_t len,
			   uint32_t *function)
{
	struct tf_function *f;
	uint32_t hash;

	hash = hash_name(name, len);
	if (!find_function(symbols, name, len, hash, function))
		return 0;
	if (symbols->nr_functions == symbols->room_functions && grow_functions(symbols))
		return -ENOMEM;
	f = &symbols->functions[symbols->nr_functions];
	f->name = strndup(name, len);
	if (!f->name)
		return -ENOMEM;
	f->hash = hash;
	f->frame = (uint8_t)tf_frame_by_name(f->name);
	f->takes_pages = tf_frame_takes_pages(f->name);
	*function = (uint32_t)symbols->nr_functions++;
	index_put(&symbols->by_name, hash, *function);
	return 0;
}

static int grow_sites(struct tf_symbols *symbols)
{
	size_t room = symbols->room_sites ? symbols->room_sites * 2 : FIRST_ROOM / 2;
	struct tf_named_site *sites = realloc(symbols->sites, room * sizeof(*sites));
	struct tf_symbol_index by_addr, by_place;

	if (!sites)
		return -ENOMEM;
	symbols->sites = sites;
	if (index_init(&by_addr, room * 2))
		return -ENOMEM;
	if (index_init(&by_place, room * 2)) {
		free(by_addr.slots);
		return -ENOMEM;
	}
	for (size_t i = 0; i < symbols->nr_sites; i++) {
		index_put(&by_addr, hash_addr(sites[i].addr), (uint32_t)i);
		index_put(&by_place, hash_place(sites[i].function, sites[i].offset), (uint32_t)i);
	}
	free(symbols->by_addr.slots);
	free(symbols->by_place.slots);
	symbols->by_addr = by_addr;
	symbols->by_place = by_place;
	symbols->room_sites = room;
	return 0;
}

static const struct tf_named_site *find_addr(const struct tf_symbols *symbols, uint64_t addr)
{
	const struct tf_symbol_index *index = &symbols->by_addr;

	for (size_t at = hash_addr(addr) & (index->room - 1); index->slots[at];
	     at = (at + 1) & (index->room - 1)) {
		const struct tf_named_site *site = &symbols->sites[index->slots[at] - 1];

		if (site->addr == addr)
			return site;
	}
	return NULL;
}

/* As much of a name as is kept: it may have a NUL in it, and be too long. */
static size_t name_len(const char *name, size_t len)
{
	return strnlen(name, len < TF_SITE_NAME_LEN ? len : TF_SITE_NAME_LEN - 1);
}

/* The first of that place: code that was copied, or two functions of one name, are one. */
static const struct tf_named_site *find_place(const struct tf_symbols *symbols, uint32_t function,
					      uint32_t offset)
{
	const struct tf_symbol_index *index = &symbols->by_place;

	for (size_t at = hash_place(function, offset) & (index->room - 1); index->slots[at];
	     at = (at + 1) & (index->room - 1)) {
		const struct tf_named_site *site = &symbols->sites[index->slots[at] - 1];

		if (site->function == function && site->offset == offset)
			return site;
	}
	return NULL;
}

static int add_site(struct tf_symbols *symbols, const struct tf_named_site *site)
{
	if (symbols->nr_sites == symbols->room_sites && grow_sites(symbols))
		return -ENOMEM;
	symbols->sites[symbols->nr_sites] = *site;
	index_put(&symbols->by_addr, hash_addr(site->addr), (uint32_t)symbols->nr_sites);
	index_put(&symbols->by_place, hash_place(site->function, site->offset),
		  (uint32_t)symbols->nr_sites);
	symbols->nr_sites++;
	return 0;
}

static bool has_room(const struct tf_symbols *symbols, size_t len, enum tf_place_use use)
{
	size_t bytes = TF_PLACE_BYTES + len;

	if (use == TF_PLACE_FRAME && symbols->bytes[use] + bytes > TF_MAX_FRAMES_BYTES)
		return false;
	return symbols->bytes[TF_PLACE_SITE] + symbols->bytes[TF_PLACE_FRAME] + bytes <=
	       TF_MAX_PLACES_BYTES;
}

int tf_symbols_add(struct tf_symbols *symbols, uint64_t addr, const char *name, size_t len,
		   uint32_t offset, enum tf_place_use use, bool *is_new)
{
	struct tf_named_site site = { .addr = addr, .offset = offset };
	int err;

	*is_new = false;
	if (!addr || find_addr(symbols, addr))
		return 0;
	len = name_len(name, len);
	if (!has_room(symbols, len, use)) {
		symbols->nr_refused_names++;
		return 0;
	}
	err = intern_function(symbols, name, len, &site.function);
	if (!err)
		err = add_site(symbols, &site);
	if (err)
		return err;
	symbols->bytes[use] += TF_PLACE_BYTES + len;
	*is_new = true;
	return 0;
}

static const struct tf_named_site *find_name(const struct tf_symbols *symbols, const char *name,
					     size_t len, uint32_t offset)
{
	uint32_t function;

	if (find_function(symbols, name, len, hash_name(name, len), &function))
		return NULL;
	return find_place(symbols, function, offset);
}

int tf_symbols_site(struct tf_symbols *symbols, const char *name, size_t len, uint32_t offset,
		    enum tf_place_use use, uint64_t *addr, bool *is_new)
{
	struct tf_named_site site = { .offset = offset, .is_made_up = true };
	const struct tf_named_site *known;
	int err;

	len = name_len(name, len);
	*is_new = false;
	known = find_name(symbols, name, len, offset);
	*addr = known ? known->addr : 0;
	if (known)
		return 0;
	if (!has_room(symbols, len, use) || offset >= FUNCTION_BYTES ||
	    symbols->nr_functions >= symbols->max_base) {
		symbols->nr_refused[use]++;
		return 0;
	}
	err = intern_function(symbols, name, len, &site.function);
	if (err)
		return err;
	site.addr = symbols->base + (uint64_t)site.function * FUNCTION_BYTES + offset;
	err = add_site(symbols, &site);
	if (err)
		return err;
	symbols->nr_made_up++;
	symbols->bytes[use] += TF_PLACE_BYTES + len;
	*is_new = true;
	*addr = site.addr;
	return 0;
}

const struct tf_function *tf_symbols_function(const struct tf_symbols *symbols, uint64_t addr)
{
	const struct tf_named_site *site = find_addr(symbols, addr);

	return site ? &symbols->functions[site->function] : NULL;
}
