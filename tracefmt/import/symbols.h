/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of addresses, and addresses of names.
 *
 * Inside of tracefmt/import/ only.  A trace tells a call site as an address, as
 * "function+0x1f/0x80", or as both.  Events need addresses; where there is none, one
 * is made up that no kernel has:
 *
 *      64 bits:  fffffffe00000000 + number of the function * 64 KiB + offset
 *      32 bits:          00010000 + number of the function * 64 KiB + offset
 *
 * The first is where x86-64 maps firmware and arm64 nothing, the second is user memory: the
 * kernel's code is in neither.
 * The same function and offset always get the same address.
 */
#ifndef TRACEFMT_IMPORT_SYMBOLS_H
#define TRACEFMT_IMPORT_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/frame.h"
#include "tracefmt/meta.h"

/*
 * What the names of places may take of the metadata that a reader accepts (TF_MAX_META_BYTES), next
 * to as many call chains, caches and copies of files as an import takes: some 60000 of
 * them, where a trace of a real kernel has some thousands.  Those first seen in call chains may
 * take the half, so that the events' own call sites find room.
 */
#define TF_MAX_PLACES_BYTES (10u << 20)
#define TF_MAX_FRAMES_BYTES (TF_MAX_PLACES_BYTES / 2)
#define TF_PLACE_BYTES 144u  /* each, beyond its name */
#define TF_SITE_NAME_LEN 160 /* with the NUL; longer ones are cut */

/* Where a place in the code is told. */
enum tf_place_use {
	TF_PLACE_SITE,
	TF_PLACE_FRAME, /* of a call chain */
	TF_NR_PLACE_USES
};

struct tf_function {
	char *name;
	uint32_t hash;
	uint8_t frame; /* enum tf_frame */
	bool takes_pages;
};

struct tf_named_site {
	uint64_t addr;
	uint32_t function; /* index */
	uint32_t offset;
	bool is_made_up;
};

/* Open addressing by hash: indices + 1, at most half of them used. */
struct tf_symbol_index {
	uint32_t *slots;
	size_t room; /* power of two */
};

struct tf_symbols {
	struct tf_function *functions;
	struct tf_named_site *sites;
	size_t nr_functions, room_functions, nr_sites, room_sites;
	struct tf_symbol_index by_name, by_addr, by_place; /* place: function and offset */
	uint64_t base;					   /* of made-up addresses */
	uint32_t max_base; /* functions that the range has room for */
	uint64_t nr_made_up;
	size_t bytes[TF_NR_PLACE_USES];	       /* of TF_MAX_PLACES_BYTES */
	uint64_t nr_refused[TF_NR_PLACE_USES]; /* times that a name got no address */
	uint64_t nr_refused_names;	       /* times that an address got no name */
};

int tf_symbols_init(struct tf_symbols *symbols);
void tf_symbols_release(struct tf_symbols *symbols);
/* Before the first made-up address. */
void tf_symbols_set_pointer_bytes(struct tf_symbols *symbols, unsigned int bytes);

/*
 * Note the name of an address, once; *is_new is set if it was not known.  Where there
 * is no more room addresses stay without a name, and it is counted.
 */
int tf_symbols_add(struct tf_symbols *symbols, uint64_t addr, const char *name, size_t len,
		   uint32_t offset, enum tf_place_use use, bool *is_new);
/*
 * The address of a name, made up if need be; *addr is 0 if there is no room for one more or
 * the offset is too large, which is counted.
 */
int tf_symbols_site(struct tf_symbols *symbols, const char *name, size_t len, uint32_t offset,
		    enum tf_place_use use, uint64_t *addr, bool *is_new);
/* The function of an address, or NULL. */
const struct tf_function *tf_symbols_function(const struct tf_symbols *symbols, uint64_t addr);

#endif
