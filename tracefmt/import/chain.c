/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Call chains: who took a page.
 *
 * As bpf/owner.h draws it: the owner is the innermost allocator on the chain that is not the
 * page allocator, the call site the first frame outside of all of them.  Frames of the
 * tracepoint itself come first in ftrace's stacks, and are cut off.
 */
#include "tracefmt/import/state.h"

static enum tf_frame frame_of(const struct tf_import *imp, uint64_t addr, bool *takes_pages,
			      bool *is_named)
{
	const struct tf_function *function = tf_symbols_function(&imp->symbols, addr);

	*is_named = function != NULL;
	*takes_pages = function && function->takes_pages;
	return function ? (enum tf_frame)function->frame : TF_FRAME_OUTSIDE;
}

static bool is_vmap(const struct tf_event *ev)
{
	return ev->kind == TF_VMAP_ALLOC || ev->kind == TF_VMAP_FREE;
}

static bool has_owner(const struct tf_event *ev)
{
	return ev->kind == TF_PAGE_ALLOC || ev->kind == TF_PAGE_FREE ||
	       ev->kind == TF_PAGE_FREE_BATCH || is_vmap(ev);
}

/* Without a single name nothing can be told: the owner stays unknown, the call site 0. */
static void find_owner(const struct tf_import *imp, struct tf_event *ev, const uint64_t *frames,
		       unsigned int nr)
{
	struct tf_page_owner page = { .owner = TF_OWNER_OTHER };
	bool any_named = false;
	uint64_t site = 0;

	for (unsigned int i = 0; i < nr; i++) {
		bool takes_pages, is_named, is_site;
		enum tf_frame frame = frame_of(imp, frames[i], &takes_pages, &is_named);

		any_named |= is_named;
		if (ev->kind >= TF_PAGE_ALLOC && ev->kind <= TF_PAGE_FREE_BATCH)
			is_site = tf_page_owner_step(&page, frame);
		else
			is_site = frame != TF_FRAME_TRACE && !tf_frame_is_allocator(frame);
		if (is_site) {
			site = frames[i];
			break;
		}
		if (is_vmap(ev) && takes_pages)
			page.owner = TF_OWNER_VMALLOC;
	}
	if (!any_named)
		return;
	if (has_owner(ev)) {
		ev->owner = (uint8_t)page.owner;
		ev->call_site = site;
	} else if (!ev->call_site) {
		ev->call_site = site;
	}
}

int tf_import_attach(struct tf_import *imp, struct tf_event *ev, const uint64_t *frames,
		     unsigned int nr)
{
	while (nr) {
		bool takes_pages, is_named;

		if (frame_of(imp, *frames, &takes_pages, &is_named) != TF_FRAME_TRACE)
			break;
		frames++;
		nr--;
	}
	if (!nr)
		return 0;
	find_owner(imp, ev, frames, nr);
	return tf_stacks_id(&imp->stacks, &imp->meta, frames, nr, &ev->stack);
}
