/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a function on a call chain tells, by its name, of who took or gave back a page: the
 * allocator that it is part of, or what it takes pages for.
 */
#ifndef TRACEFMT_FRAME_H
#define TRACEFMT_FRAME_H

#include <stdbool.h>

#include "tracefmt/event.h"

/* A byte: one of these, and TF_FRAME_SITE. */
enum tf_frame {
	TF_FRAME_OUTSIDE, /* none of all that follow */
	TF_FRAME_TRACE,	  /* the tracepoint, and what runs on it */
	/* allocators */
	TF_FRAME_PAGE,
	TF_FRAME_SLAB,
	TF_FRAME_VMALLOC,
	TF_FRAME_PERCPU,
	/* users of the page allocator whose pages are always of one class */
	TF_FRAME_PAGE_TABLE,
	TF_FRAME_KERNEL_STACK,
	TF_FRAME_PAGE_CACHE,
	TF_FRAME_ANON,
	TF_FRAME_MIGRATE,
	TF_FRAME_SHMEM,
	/*
	 * With a class: this function says best what the page is for.  Without, it is but a
	 * wrapper, and its caller says more.
	 */
	TF_FRAME_SITE = 1 << 4,
};

/* name as kallsyms gives it, "function" or "function [module]". */
enum tf_frame tf_frame_by_name(const char *function);

static inline bool tf_frame_is_allocator(enum tf_frame frame)
{
	return frame >= TF_FRAME_PAGE && frame <= TF_FRAME_PERCPU;
}

/*
 * The owner of a page, told by its chain from the innermost frame outwards.  owner starts as
 * TF_OWNER_OTHER, wrappers as TF_FRAME_OUTSIDE; owner holds wherever the chain ends.
 */
struct tf_page_owner {
	enum tf_owner owner;
	enum tf_frame wrappers; /* the class whose wrappers were met last */
};

/* The next frame; true if it is the call site, behind which nothing is to be looked at. */
bool tf_page_owner_step(struct tf_page_owner *page, enum tf_frame frame);

/* Does it fill a vmap area with pages of its own?  ioremap and vmap do not. */
bool tf_frame_takes_pages(const char *function);

#endif
