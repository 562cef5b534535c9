/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of the kernel's allocators a function is part of, by its name: what tells the
 * owner of a page from a call chain.
 */
#ifndef TRACEFMT_FRAME_H
#define TRACEFMT_FRAME_H

#include <stdbool.h>

enum tf_frame {
	TF_FRAME_OUTSIDE, /* none of the allocators */
	TF_FRAME_TRACE,	  /* the tracepoint, and what runs on it */
	TF_FRAME_PAGE,
	TF_FRAME_SLAB,
	TF_FRAME_VMALLOC,
	TF_FRAME_PERCPU,
};

/* name as kallsyms gives it, "function" or "function [module]". */
enum tf_frame tf_frame_by_name(const char *function);
/* Does it fill a vmap area with pages of its own?  ioremap and vmap do not. */
bool tf_frame_takes_pages(const char *function);

#endif
