/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who took a page: the answer that a kernel stack gives.
 *
 *   frame 0   __alloc_frozen_pages     the page allocator itself
 *   frame 1   alloc_slab_page          ┐ slab: the owner is the innermost
 *   frame 2   ___slab_alloc            │ allocator that is not the page
 *   frame 3   kmem_cache_alloc         ┘ allocator
 *   frame 4   getname_flags            the call site: first frame outside all of them
 *
 *   frame 0   __alloc_frozen_pages
 *   frame 1   pte_alloc_one            ┐ page_table: what the first caller of the
 *   frame 2   __pte_alloc              ┘ page allocator is for
 *   frame 3   copy_page_range          the call site: first frame that is no wrapper of these
 *
 * Slab, vmalloc and percpu go before what they take pages for: a kernel stack in a vmalloc
 * area is vmalloc's, and so are the page tables of an area.  Only where the page allocator
 * was called by none of them its first caller tells page_table, kernel_stack, page_cache, shmem
 * or anon, by name.  If it is a wrapper (pte_alloc_one, filemap_alloc_folio, folio_prealloc)
 * the call site is who called the wrappers of that class; if it says best what for
 * (do_anonymous_page, page_cache_ra_unbounded) it is the call site.
 *
 * Functions are recognised by name, through kallsyms; each return address is looked
 * up once and remembered.
 */
#ifndef BPF_OWNER_H
#define BPF_OWNER_H

#include <stdint.h>

#include "bpf/kallsyms.h"
#include "tracefmt/event.h"
#include "tracefmt/frame.h"

struct kc_owners;

/* syms must outlive it.  0 or -ENOMEM. */
int kc_owners_init(struct kc_owners **out, const struct kc_kallsyms *syms);
void kc_owners_free(struct kc_owners *owners);

/*
 * How many of the first frames are the program's and the tracepoint's own; 0 if none of nr is an
 * allocator's or a tracepoint's.
 */
unsigned int kc_owner_skip(struct kc_owners *owners, const uint64_t *frames, unsigned int nr);

/*
 * Owner and call site of a page event from its frames, innermost first.  call_site
 * is 0 if every frame is inside the allocators and such wrappers.
 */
enum tf_owner kc_owner_of_page(struct kc_owners *owners, const uint64_t *frames, unsigned int nr,
			       uint64_t *call_site);
/* The same for a vmap area: VMALLOC if it gets pages of its own, OTHER for ioremap and vmap. */
enum tf_owner kc_owner_of_area(struct kc_owners *owners, const uint64_t *frames, unsigned int nr,
			       uint64_t *call_site);

#endif
