/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the allocators' functions, 2.6.32 to 6.18: mm/slub.c, mm/slab.c, mm/slab_common.c,
 * mm/page_alloc.c, mm/swap.c, mm/vmalloc.c, mm/percpu.c; and of those that take pages for one
 * purpose, 5.8 to 6.18: mm/memory.c, mm/mmu_gather.c, arch/x86/mm/pgtable.c, kernel/fork.c,
 * mm/filemap.c, mm/readahead.c, mm/truncate.c, mm/shmem.c, mm/huge_memory.c, mm/khugepaged.c,
 * mm/swap_state.c, mm/userfaultfd.c.  Which of them are there depends on what the compiler
 * inlined, so that the callers of small ones are named, too.
 *
 * Not named are functions that give back pages of several classes: reclaim
 * (shrink_folio_list), lists of folios (folio_batch_move_lru).
 * Suffixes that the compiler adds
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

	/*
	 * Pages whose last reference was a mapping: a page of a file has one of the page cache's,
	 * too. Where page tables are not freed by RCU (CONFIG_MMU_GATHER_RCU_TABLE_FREE), they are
	 * among them.
	 */
	{ "free_pages_and_swap_cache", TF_FRAME_ANON },
	{ "tlb_batch_pages_flush", TF_FRAME_ANON },
	{ "__tlb_batch_free_encoded_pages", TF_FRAME_ANON },

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
	{ "free_page_and_swap_cache", TF_FRAME_PAGE },
	{ "free_folio_and_swap_cache", TF_FRAME_PAGE },

	{ "pte_alloc_one*", TF_FRAME_PAGE_TABLE },
	{ "__pte_alloc*", TF_FRAME_PAGE_TABLE },
	{ "pmd_alloc_one*", TF_FRAME_PAGE_TABLE },
	{ "__pmd_alloc*", TF_FRAME_PAGE_TABLE },
	{ "pud_alloc_one*", TF_FRAME_PAGE_TABLE },
	{ "__pud_alloc*", TF_FRAME_PAGE_TABLE },
	{ "p4d_alloc_one*", TF_FRAME_PAGE_TABLE },
	{ "__p4d_alloc*", TF_FRAME_PAGE_TABLE },
	{ "pgd_alloc", TF_FRAME_PAGE_TABLE },
	{ "_pgd_alloc", TF_FRAME_PAGE_TABLE },
	{ "__pgd_alloc", TF_FRAME_PAGE_TABLE },
	{ "preallocate_pmds*", TF_FRAME_PAGE_TABLE },
	{ "pagetable_alloc", TF_FRAME_PAGE_TABLE },
	{ "pti_user_pagetable_walk_*", TF_FRAME_PAGE_TABLE },
	{ "pagetable_free*", TF_FRAME_PAGE_TABLE },
	{ "__pagetable_free", TF_FRAME_PAGE_TABLE },
	{ "pagetable_dtor_free", TF_FRAME_PAGE_TABLE },
	{ "pte_free", TF_FRAME_PAGE_TABLE },
	{ "pte_free_now", TF_FRAME_PAGE_TABLE | TF_FRAME_SITE },
	{ "pte_free_kernel", TF_FRAME_PAGE_TABLE },
	{ "pmd_free", TF_FRAME_PAGE_TABLE },
	{ "pmd_free_pte_page", TF_FRAME_PAGE_TABLE },
	{ "pud_free", TF_FRAME_PAGE_TABLE },
	{ "pud_free_pmd_page", TF_FRAME_PAGE_TABLE },
	{ "p4d_free", TF_FRAME_PAGE_TABLE },
	{ "free_pgt_page", TF_FRAME_PAGE_TABLE },
	{ "pgd_free", TF_FRAME_PAGE_TABLE },
	{ "_pgd_free", TF_FRAME_PAGE_TABLE },
	{ "__pgd_free", TF_FRAME_PAGE_TABLE },
	{ "free_pmds*", TF_FRAME_PAGE_TABLE },
	/* The pgd is all that it gives to the page allocator, where pgd_free() is inlined. */
	{ "__mmdrop", TF_FRAME_PAGE_TABLE | TF_FRAME_SITE },
	{ "zap_huge_pmd", TF_FRAME_PAGE_TABLE | TF_FRAME_SITE }, /* the table kept for a split */
	/* Not tlb_remove_table(): what it takes is a list of tables. */
	{ "tlb_remove_table_rcu", TF_FRAME_PAGE_TABLE | TF_FRAME_SITE },
	{ "__tlb_remove_table_one_rcu", TF_FRAME_PAGE_TABLE | TF_FRAME_SITE },
	{ "__tlb_remove_table*", TF_FRAME_PAGE_TABLE },

	/* Stacks that are vmalloc areas are vmalloc's; these take pages without. */
	{ "alloc_thread_stack_node", TF_FRAME_KERNEL_STACK },
	{ "dup_task_struct", TF_FRAME_KERNEL_STACK | TF_FRAME_SITE },
	{ "free_thread_stack", TF_FRAME_KERNEL_STACK },
	{ "thread_stack_free_rcu", TF_FRAME_KERNEL_STACK | TF_FRAME_SITE },
	{ "release_task_stack", TF_FRAME_KERNEL_STACK },
	{ "put_task_stack", TF_FRAME_KERNEL_STACK },

	{ "__page_cache_alloc", TF_FRAME_PAGE_CACHE },
	{ "filemap_alloc_folio*", TF_FRAME_PAGE_CACHE },
	{ "__filemap_get_folio*", TF_FRAME_PAGE_CACHE },
	{ "pagecache_get_page", TF_FRAME_PAGE_CACHE },
	{ "grab_cache_page_write_begin", TF_FRAME_PAGE_CACHE },
	{ "ra_alloc_folio", TF_FRAME_PAGE_CACHE },
	{ "page_cache_ra_*", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "page_cache_readahead_unbounded", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "do_page_cache_ra", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "__do_page_cache_readahead", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "force_page_cache_*", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "ondemand_readahead", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "readahead_expand", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "filemap_create_folio", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "filemap_get_pages", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "filemap_fault", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "generic_file_buffered_read", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "do_read_cache_*", TF_FRAME_PAGE_CACHE },
	{ "read_cache_*", TF_FRAME_PAGE_CACHE },
	{ "shmem_alloc_page*", TF_FRAME_SHMEM },
	{ "shmem_alloc_hugepage", TF_FRAME_SHMEM },
	{ "shmem_alloc_folio", TF_FRAME_SHMEM },
	{ "shmem_alloc_hugefolio", TF_FRAME_SHMEM },
	{ "shmem_alloc_and_*", TF_FRAME_SHMEM },
	{ "shmem_getpage*", TF_FRAME_SHMEM },
	{ "shmem_get_folio*", TF_FRAME_SHMEM },
	{ "shmem_mfill_atomic_pte", TF_FRAME_SHMEM | TF_FRAME_SITE },
	{ "shmem_undo_range", TF_FRAME_SHMEM | TF_FRAME_SITE },
	{ "filemap_free_folio", TF_FRAME_PAGE_CACHE },
	{ "filemap_remove_folio", TF_FRAME_PAGE_CACHE },
	{ "delete_from_page_cache*", TF_FRAME_PAGE_CACHE },
	{ "replace_page_cache_*", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "truncate_inode_folio", TF_FRAME_PAGE_CACHE },
	{ "truncate_inode_page", TF_FRAME_PAGE_CACHE },
	{ "truncate_inode_pages_range", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "invalidate_mapping_page*", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "__invalidate_mapping_pages", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "mapping_try_invalidate", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
	{ "invalidate_inode_pages2_range", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },

	{ "alloc_anon_folio", TF_FRAME_ANON },
	{ "folio_prealloc", TF_FRAME_ANON },
	{ "page_copy_prealloc", TF_FRAME_ANON },
	{ "vma_alloc_anon_folio_pmd", TF_FRAME_ANON },
	{ "vma_alloc_zeroed_movable_folio", TF_FRAME_ANON },
	{ "alloc_zeroed_user_highpage_movable", TF_FRAME_ANON },
	{ "alloc_swap_folio", TF_FRAME_ANON },
	{ "alloc_charge_folio", TF_FRAME_ANON },
	{ "alloc_charge_hpage", TF_FRAME_ANON },
	{ "hpage_collapse_alloc_*", TF_FRAME_ANON },
	{ "khugepaged_alloc_page", TF_FRAME_ANON },
	{ "do_anonymous_page", TF_FRAME_ANON | TF_FRAME_SITE },
	{ "wp_page_copy", TF_FRAME_ANON | TF_FRAME_SITE },
	{ "do_wp_page", TF_FRAME_ANON | TF_FRAME_SITE },
	{ "do_cow_fault", TF_FRAME_ANON | TF_FRAME_SITE },
	/* Has do_cow_fault() inlined, and takes nothing else but page tables for itself. */
	{ "do_fault", TF_FRAME_ANON | TF_FRAME_SITE },
	{ "do_swap_page", TF_FRAME_ANON | TF_FRAME_SITE },
	{ "copy_page_range", TF_FRAME_ANON | TF_FRAME_SITE },
	{ "copy_pte_range", TF_FRAME_ANON | TF_FRAME_SITE },
	{ "copy_present_pte*", TF_FRAME_ANON | TF_FRAME_SITE },
	{ "copy_present_page", TF_FRAME_ANON | TF_FRAME_SITE },
	{ "do_huge_pmd_anonymous_page", TF_FRAME_ANON | TF_FRAME_SITE },
	{ "do_huge_pmd_wp_page*", TF_FRAME_ANON | TF_FRAME_SITE },
	{ "__do_huge_pmd_anonymous_page", TF_FRAME_ANON | TF_FRAME_SITE },
	{ "collapse_huge_page", TF_FRAME_ANON | TF_FRAME_SITE },
	{ "__read_swap_cache_async", TF_FRAME_ANON },
	{ "read_swap_cache_async", TF_FRAME_ANON },
	{ "swap_cluster_readahead", TF_FRAME_ANON },
	{ "swap_vma_readahead", TF_FRAME_ANON },
	{ "swapin_readahead", TF_FRAME_ANON },
	{ "mfill_atomic_pte*", TF_FRAME_ANON | TF_FRAME_SITE },
	{ "mcopy_atomic_pte*", TF_FRAME_ANON | TF_FRAME_SITE },

	/* The old page of a migration, and the new one where it is taken by an event at all. */
	{ "alloc_migration_target*", TF_FRAME_MIGRATE },
	{ "alloc_misplaced_dst_*", TF_FRAME_MIGRATE },
	{ "alloc_demote_*", TF_FRAME_MIGRATE },
	{ "migrate_folio_done", TF_FRAME_MIGRATE },
	{ "migrate_folio_move", TF_FRAME_MIGRATE },
	{ "migrate_folios_move", TF_FRAME_MIGRATE },
	{ "migrate_folio_unmap", TF_FRAME_MIGRATE },
	{ "unmap_and_move", TF_FRAME_MIGRATE },
	{ "migrate_pages_batch", TF_FRAME_MIGRATE },
	{ "migrate_pages_sync", TF_FRAME_MIGRATE },
	{ "migrate_pages", TF_FRAME_MIGRATE },
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

static enum tf_owner owner_of(enum tf_frame frame)
{
	switch (frame) {
	case TF_FRAME_SLAB:
		return TF_OWNER_SLAB;
	case TF_FRAME_VMALLOC:
		return TF_OWNER_VMALLOC;
	case TF_FRAME_PERCPU:
		return TF_OWNER_PERCPU;
	case TF_FRAME_PAGE_TABLE:
		return TF_OWNER_PAGE_TABLE;
	case TF_FRAME_KERNEL_STACK:
		return TF_OWNER_KERNEL_STACK;
	case TF_FRAME_PAGE_CACHE:
		return TF_OWNER_PAGE_CACHE;
	case TF_FRAME_ANON:
		return TF_OWNER_ANON;
	case TF_FRAME_MIGRATE:
		return TF_OWNER_MIGRATED;
	case TF_FRAME_SHMEM:
		return TF_OWNER_SHMEM;
	default:
		return TF_OWNER_OTHER;
	}
}

/* Behind a class's innermost function: past its wrappers, to who called them. */
static bool step_wrappers(struct tf_page_owner *page, enum tf_frame frame)
{
	if (frame == page->wrappers || frame == TF_FRAME_PAGE || frame == TF_FRAME_TRACE)
		return false;
	/* A page table of the kernel's own, for an area: vmalloc's pages, like those in it. */
	if (page->wrappers == TF_FRAME_PAGE_TABLE && frame == TF_FRAME_VMALLOC) {
		page->owner = TF_OWNER_VMALLOC;
		page->wrappers = TF_FRAME_OUTSIDE;
		return false;
	}
	return true;
}

bool tf_page_owner_step(struct tf_page_owner *page, enum tf_frame frame)
{
	enum tf_frame class = frame & (TF_FRAME_SITE - 1u);

	if (page->wrappers != TF_FRAME_OUTSIDE)
		return step_wrappers(page, frame);
	if (class == TF_FRAME_TRACE)
		return false;
	if (class == TF_FRAME_OUTSIDE ||
	    (!tf_frame_is_allocator(class) && page->owner != TF_OWNER_OTHER))
		return true;
	if (page->owner == TF_OWNER_OTHER)
		page->owner = owner_of(class);
	if (!tf_frame_is_allocator(class))
		page->wrappers = class;
	return frame & TF_FRAME_SITE;
}
