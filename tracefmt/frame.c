/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the allocators' functions, 2.6.32 to 6.18: mm/slub.c, mm/slab.c, mm/slab_common.c,
 * mm/page_alloc.c, mm/swap.c, mm/vmalloc.c, mm/percpu.c.  Suffixes that the compiler adds
 * (".isra.0") and that allocation profiling adds ("_noprof", 6.10) are ignored.
 */
#include "tracefmt/frame.h"

#include <string.h>

struct pattern {
	const char *name; /* a trailing * matches any rest */
	enum tf_frame frame;
};

/* The first that matches counts. */
static const struct pattern patterns[] = {
	{ "bpf_prog_*", TF_FRAME_TRACE },
	{ "bpf_trace_run*", TF_FRAME_TRACE },
	{ "bpf_trampoline_*", TF_FRAME_TRACE },
	{ "__bpf_trace_*", TF_FRAME_TRACE },
	{ "__traceiter_*", TF_FRAME_TRACE },
	{ "__do_trace_*", TF_FRAME_TRACE },
	{ "trace_*", TF_FRAME_TRACE },
	{ "perf_trace_*", TF_FRAME_TRACE },

	{ "kmem_cache_alloc*", TF_FRAME_SLAB },
	{ "kmem_cache_free*", TF_FRAME_SLAB },
	{ "__kmem_cache_*", TF_FRAME_SLAB },
	{ "kmalloc*", TF_FRAME_SLAB },
	{ "__kmalloc*", TF_FRAME_SLAB },
	{ "___kmalloc*", TF_FRAME_SLAB },
	{ "__do_kmalloc*", TF_FRAME_SLAB },
	{ "kvmalloc*", TF_FRAME_SLAB },
	{ "__kvmalloc*", TF_FRAME_SLAB },
	{ "krealloc*", TF_FRAME_SLAB },
	{ "kvrealloc*", TF_FRAME_SLAB },
	{ "kfree", TF_FRAME_SLAB },
	{ "kfree_sensitive", TF_FRAME_SLAB },
	{ "kvfree*", TF_FRAME_SLAB },
	{ "kfree_bulk", TF_FRAME_SLAB },
	{ "kfree_rcu_*", TF_FRAME_SLAB },
	{ "__kfree_rcu_*", TF_FRAME_SLAB },
	{ "free_large_kmalloc", TF_FRAME_SLAB },
	{ "slab_*", TF_FRAME_SLAB },
	{ "__slab_*", TF_FRAME_SLAB },
	{ "___slab_alloc", TF_FRAME_SLAB },
	{ "___cache_free", TF_FRAME_SLAB },
	{ "allocate_slab", TF_FRAME_SLAB },
	{ "alloc_slab_page", TF_FRAME_SLAB },
	{ "alloc_slab_obj_exts", TF_FRAME_SLAB },
	{ "new_slab*", TF_FRAME_SLAB },
	{ "discard_slab", TF_FRAME_SLAB },
	{ "free_slab", TF_FRAME_SLAB },
	{ "__free_slab", TF_FRAME_SLAB },
	{ "rcu_free_slab", TF_FRAME_SLAB },
	{ "free_to_partial_list", TF_FRAME_SLAB },
	{ "get_partial*", TF_FRAME_SLAB },
	{ "put_cpu_partial", TF_FRAME_SLAB },
	{ "__put_partials", TF_FRAME_SLAB },
	{ "__unfreeze_partials", TF_FRAME_SLAB },
	{ "unfreeze_partials*", TF_FRAME_SLAB },
	{ "deactivate_slab", TF_FRAME_SLAB },
	{ "flush_cpu_slab", TF_FRAME_SLAB },
	{ "alloc_from_pcs", TF_FRAME_SLAB },
	{ "__pcs_*", TF_FRAME_SLAB },
	{ "refill_sheaf", TF_FRAME_SLAB },
	{ "sheaf_*", TF_FRAME_SLAB },
	{ "alloc_*sheaf", TF_FRAME_SLAB },
	{ "rcu_free_sheaf*", TF_FRAME_SLAB },
	{ "barn_*", TF_FRAME_SLAB },
	{ "__do_kmem_cache_*", TF_FRAME_SLAB },
	/* mm/slab.c, to 6.7 */
	{ "cache_alloc_refill", TF_FRAME_SLAB },
	{ "cache_alloc_debugcheck_*", TF_FRAME_SLAB },
	{ "____cache_alloc*", TF_FRAME_SLAB },
	{ "__cache_alloc*", TF_FRAME_SLAB },
	{ "__do_cache_alloc", TF_FRAME_SLAB },
	{ "fallback_alloc", TF_FRAME_SLAB },
	{ "cache_grow*", TF_FRAME_SLAB },
	{ "kmem_getpages", TF_FRAME_SLAB },
	{ "kmem_freepages", TF_FRAME_SLAB },
	{ "__cache_free", TF_FRAME_SLAB },
	{ "cache_flusharray", TF_FRAME_SLAB },
	{ "free_block", TF_FRAME_SLAB },
	{ "slabs_destroy", TF_FRAME_SLAB },
	{ "drain_freelist", TF_FRAME_SLAB },
	{ "drain_array*", TF_FRAME_SLAB },

	{ "__vmalloc*", TF_FRAME_VMALLOC },
	{ "vmalloc*", TF_FRAME_VMALLOC },
	{ "vzalloc*", TF_FRAME_VMALLOC },
	{ "vrealloc*", TF_FRAME_VMALLOC },
	{ "vfree*", TF_FRAME_VMALLOC },
	{ "__vfree*", TF_FRAME_VMALLOC },
	{ "delayed_vfree_work", TF_FRAME_VMALLOC },
	{ "vm_area_alloc_pages", TF_FRAME_VMALLOC },
	{ "vm_area_free_pages", TF_FRAME_VMALLOC },
	{ "vmap", TF_FRAME_VMALLOC },
	{ "vmap_*", TF_FRAME_VMALLOC },
	{ "__vmap_*", TF_FRAME_VMALLOC },
	{ "vunmap*", TF_FRAME_VMALLOC },
	{ "__vunmap*", TF_FRAME_VMALLOC },
	{ "vm_map_ram", TF_FRAME_VMALLOC },
	{ "vm_unmap_ram", TF_FRAME_VMALLOC },
	{ "new_vmap_block", TF_FRAME_VMALLOC },
	{ "alloc_vmap_area", TF_FRAME_VMALLOC },
	{ "free_vmap_area*", TF_FRAME_VMALLOC },
	{ "__get_vm_area*", TF_FRAME_VMALLOC },
	{ "get_vm_area*", TF_FRAME_VMALLOC },
	{ "free_vm_area", TF_FRAME_VMALLOC },
	{ "remove_vm_area", TF_FRAME_VMALLOC },
	{ "__purge_vmap_area_lazy", TF_FRAME_VMALLOC },
	{ "drain_vmap_area_work", TF_FRAME_VMALLOC },
	{ "ioremap*", TF_FRAME_VMALLOC },
	{ "__ioremap*", TF_FRAME_VMALLOC },
	{ "iounmap", TF_FRAME_VMALLOC },

	{ "pcpu_*", TF_FRAME_PERCPU },
	{ "__alloc_percpu*", TF_FRAME_PERCPU },
	{ "alloc_percpu*", TF_FRAME_PERCPU },
	{ "free_percpu", TF_FRAME_PERCPU },

	{ "alloc_pages*", TF_FRAME_PAGE },
	{ "__alloc_pages*", TF_FRAME_PAGE },
	{ "alloc_frozen_pages*", TF_FRAME_PAGE },
	{ "__alloc_frozen_pages*", TF_FRAME_PAGE },
	{ "alloc_page_interleave", TF_FRAME_PAGE },
	{ "folio_alloc*", TF_FRAME_PAGE },
	{ "__folio_alloc*", TF_FRAME_PAGE },
	{ "vma_alloc_folio*", TF_FRAME_PAGE },
	{ "get_page_from_freelist", TF_FRAME_PAGE },
	{ "prep_new_page", TF_FRAME_PAGE },
	{ "get_zeroed_page", TF_FRAME_PAGE },
	{ "__get_free_pages", TF_FRAME_PAGE },
	{ "get_free_pages", TF_FRAME_PAGE },
	{ "make_alloc_exact", TF_FRAME_PAGE },
	{ "free_pages*", TF_FRAME_PAGE },
	{ "__free_pages*", TF_FRAME_PAGE },
	{ "___free_pages*", TF_FRAME_PAGE },
	{ "free_frozen_pages*", TF_FRAME_PAGE },
	{ "__free_frozen_pages", TF_FRAME_PAGE },
	{ "free_unref_*", TF_FRAME_PAGE },
	{ "free_pcp_prepare", TF_FRAME_PAGE },
	{ "free_hot_*", TF_FRAME_PAGE },
	{ "__pagevec_free", TF_FRAME_PAGE },
	{ "__pagevec_release", TF_FRAME_PAGE },
	{ "release_pages", TF_FRAME_PAGE },
	{ "folios_put*", TF_FRAME_PAGE },
	{ "__folio_put*", TF_FRAME_PAGE },
	{ "__folio_batch_release", TF_FRAME_PAGE },
	{ "__put_page", TF_FRAME_PAGE },
	{ "put_page", TF_FRAME_PAGE },
	{ "__page_frag_*", TF_FRAME_PAGE },
};

static bool pattern_matches(const char *pattern, const char *name)
{
	const char *star = strchr(pattern, '*');
	size_t prefix, rest;

	if (!star)
		return !strcmp(pattern, name);
	prefix = (size_t)(star - pattern);
	if (strncmp(pattern, name, prefix))
		return false;
	rest = strlen(star + 1);
	return strlen(name) >= prefix + rest && !strcmp(name + strlen(name) - rest, star + 1);
}

enum tf_frame tf_frame_by_name(const char *function)
{
	static const char noprof[] = "_noprof";
	char name[128];
	size_t len = strcspn(function, ". ");

	if (len >= sizeof(name))
		return TF_FRAME_OUTSIDE;
	memcpy(name, function, len);
	name[len] = 0;
	if (len > sizeof(noprof) - 1 && !strcmp(name + len - (sizeof(noprof) - 1), noprof))
		name[len - (sizeof(noprof) - 1)] = 0;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (pattern_matches(patterns[i].name, name))
			return patterns[i].frame;
	return TF_FRAME_OUTSIDE;
}

bool tf_frame_takes_pages(const char *function)
{
	return !strncmp(function, "__vmalloc_node_range", 20) ||
	       !strncmp(function, "__vmalloc_area_node", 19);
}
