/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other call sites and names of functions.
 *
 * Inside of tracefmt/ only.  Functions become f0001, f0002, ..., modules [m01], ... in the
 * order in which they are first met.  Each function gets a page of made-up text, and its
 * call sites the offsets 1, 2, ... there, so that how many sites a function has is all
 * that remains of it.  Sites without a symbol are put together in pages of their own.
 */
#ifndef TRACEFMT_ANON_SITES_H
#define TRACEFMT_ANON_SITES_H

#include <stdint.h>

#include "tracefmt/error.h"
#include "tracefmt/meta.h"
#include "tracefmt/numbering.h"

struct tf_anon_sites {
	const struct tf_meta *meta; /* not owned; its symbols are sorted */
	uint64_t base;		    /* of the text */
	uint32_t nr_pages;
	struct tf_numbering sites;
	uint64_t *moved; /* owned; where a site is now, by its number - 1 */
	uint32_t nr_moved, moved_room;
	struct tf_numbering functions;	   /* by their start; 0 is that of sites without symbol */
	struct tf_anon_function *function; /* owned; by number - 1 */
	uint32_t nr_function, function_room;
	struct tf_names function_names, module_names;
};

/* pointer_bytes: 4 or 8, of the host. */
void tf_anon_sites_init(struct tf_anon_sites *s, const struct tf_meta *meta,
			unsigned pointer_bytes);
void tf_anon_sites_release(struct tf_anon_sites *s);

/* The new address of a call site or return address; 0 stays 0.  0, -ENOMEM, -E2BIG. */
int tf_anon_site(struct tf_anon_sites *s, uint64_t addr, uint64_t *moved, struct tf_error *err);

/* The new name of "function" or "function [module]", in buf. */
#define TF_ANON_NAME_LEN 40
int tf_anon_function_name(struct tf_anon_sites *s, const char *name, size_t len,
			  char buf[TF_ANON_NAME_LEN], struct tf_error *err);

/* Add all of meta's symbols to out, moved and renamed. */
int tf_anon_sites_add_symbols(struct tf_anon_sites *s, struct tf_meta *out, struct tf_error *err);

#endif
