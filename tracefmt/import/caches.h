/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which slab cache an object is of, as far as a trace tells.
 *
 * Inside of tracefmt/import/ only.  What kernels print:
 *
 *                    kmem_cache_alloc     kmem_cache_free
 *      to 5.11       sizes                nothing
 *      5.12 to 6.12  sizes                name
 *      after         sizes and name       name
 *
 * Where an allocation has no name, its cache is the only one of the host's slabinfo with that
 * size, or the only one with a name and these sizes that the trace has told.  Else each call
 * site has a made-up cache of these sizes, "unnamed-184-192", with "#" and its id behind if there
 * is one of that name.  A free that has a name tells the cache of the object; if its
 * allocation was seen, the call site's cache gets that name, for all that it has allocated
 * and will allocate.  If a cache of that name and these sizes is there, the site allocates from
 * that one from then on, and the made-up one, of what was before, is called "filp#17"; so
 * is one that has nothing but frees of objects that were not seen before.  Who
 * has several caches of one size (a library's allocation function) is found out and
 * counted: from then on the last one that was learned counts.
 */
#ifndef TRACEFMT_IMPORT_CACHES_H
#define TRACEFMT_IMPORT_CACHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracefmt/meta.h"

#define TF_MAX_CACHES 4096u /* further ones are TF_NO_CACHE */
#define TF_CACHE_SLOTS (4 * TF_MAX_CACHES)
#define TF_BINDINGS (2 * TF_MAX_CACHES) /* a power of two */
#define TF_LIVE_SLOTS (1u << 18)

struct tf_cache_state {
	uint32_t hash;	  /* of its name */
	uint32_t learned; /* made up, and its name was taken: by this id; 0 if not */
	bool is_made_up;
	bool is_sized; /* by an allocation; what slabinfo says is the stride alone */
};

/* A call site and what it allocates. */
struct tf_binding {
	uint64_t site;
	uint32_t bytes_req, bytes_alloc;
	uint32_t id; /* 0: free */
};

/* An object whose cache is a guess; the last one at its place in a lossy table. */
struct tf_guess {
	uint64_t ptr;
	uint32_t id;
	uint32_t binding;
};

/* One line of the host's slabinfo. */
struct tf_host_slab {
	char name[64];
	uint32_t size, objects, pages; /* objects and pages of a slab */
};

struct tf_caches {
	struct tf_meta *meta; /* borrowed */
	uint32_t nr;	      /* ids are 1 to nr */
	struct tf_cache_state *states;
	uint16_t *slots; /* id by hash of name; 0 is free */
	struct tf_binding *bindings;
	size_t nr_bindings;
	struct tf_guess *guesses;
	struct tf_host_slab *host;
	size_t nr_host;
	uint64_t nr_unnamed;	 /* allocations without a name */
	uint64_t nr_wrong_guess; /* objects freed under another name than was guessed */
};

int tf_caches_init(struct tf_caches *caches, struct tf_meta *meta);
void tf_caches_release(struct tf_caches *caches);
/* Remember what slabinfo says. */
int tf_caches_add_slabinfo(struct tf_caches *caches, const char *text, size_t len);

/* Each sets *id, TF_NO_CACHE if it is not known.  0 or -ENOMEM. */
int tf_caches_alloc_named(struct tf_caches *caches, const char *name, size_t len,
			  uint32_t bytes_req, uint32_t bytes_alloc, uint32_t *id);
int tf_caches_alloc(struct tf_caches *caches, uint64_t site, uint64_t ptr, uint32_t bytes_req,
		    uint32_t bytes_alloc, uint32_t *id);
int tf_caches_free_named(struct tf_caches *caches, const char *name, size_t len, uint64_t ptr,
			 uint32_t *id);

#endif
