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

/* Call sites that get a name; a trace of a real kernel has some thousands. */
#define TF_MAX_SITES (1u << 16)
#define TF_SITE_NAME_LEN 160 /* with the NUL; longer ones are cut */

struct tf_function {
	char *name;
	uint32_t hash;
	uint8_t frame; /* enum tf_frame */
	bool takes_pages;
};

struct tf_site {
	uint64_t addr;
	uint32_t function; /* index */
	uint32_t offset;
	bool is_made_up;
};

/* Open addressing by hash: indices + 1, at most half of them used. */
struct tf_index {
	uint32_t *slots;
	size_t room; /* power of two */
};

struct tf_symbols {
	struct tf_function *functions;
	struct tf_site *sites;
	size_t nr_functions, room_functions, nr_sites, room_sites;
	struct tf_index by_name, by_addr, by_place; /* place: function and offset */
	uint64_t base;				    /* of made-up addresses */
	uint32_t max_base;			    /* functions that the range has room for */
	uint64_t nr_made_up;
};

int tf_symbols_init(struct tf_symbols *symbols);
void tf_symbols_release(struct tf_symbols *symbols);
/* Before the first made-up address. */
void tf_symbols_set_pointer_bytes(struct tf_symbols *symbols, unsigned int bytes);

/*
 * Note the name of an address, once; *is_new is set if it was not known.  Beyond
 * TF_MAX_SITES addresses stay without a name.
 */
int tf_symbols_add(struct tf_symbols *symbols, uint64_t addr, const char *name, size_t len,
		   uint32_t offset, bool *is_new);
/* The address of a name, made up if need be; *addr is 0 if there is no room for one more. */
int tf_symbols_site(struct tf_symbols *symbols, const char *name, size_t len, uint32_t offset,
		    uint64_t *addr, bool *is_new);
/* The function of an address, or NULL. */
const struct tf_function *tf_symbols_function(const struct tf_symbols *symbols, uint64_t addr);

#endif
