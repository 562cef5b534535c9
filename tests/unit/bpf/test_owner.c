/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owners and call sites from stacks, on a made-up kernel: function number i of the
 * list below fills the 4 KiB at TEXT + i * 4 KiB.  Programs run from addresses that no
 * symbol has, below TEXT.
 */
#include "tests/unit/suite.h"

#include "bpf/owner.h"
#include "tests/unit/bpf/symbols.h"

#define TEXT 0xffffffff81000000ull
#define PROGRAM 0xffffffff80400000ull
#define FUNCTION_BYTES 0x1000ull
#define MAX_FRAMES 12

static const char *const functions[] = {
	/* how a program is reached */
	"bpf_trace_run4",
	"__bpf_trace_mm_page_alloc",
	"__traceiter_mm_page_alloc",
	/* allocators */
	"__alloc_frozen_pages_noprof",
	"get_page_from_freelist",
	"alloc_pages_mpol",
	"allocate_slab",
	"___slab_alloc",
	"kmem_cache_alloc_noprof",
	"___kmalloc_large_node",
	"__kmalloc_noprof",
	"__kvmalloc_node_noprof",
	"vm_area_alloc_pages",
	"__vmalloc_node_range_noprof",
	"vmalloc_noprof",
	"alloc_vmap_area",
	"__get_vm_area_node",
	"ioremap_wc",
	"vmap",
	"vm_map_ram",
	"pcpu_populate_chunk",
	"pcpu_mem_zalloc",
	"pcpu_alloc_noprof",
	"__free_frozen_pages",
	"__free_slab.isra.0",
	"discard_slab",
	"kfree",
	"vfree.part.0",
	/* users of the page allocator that tell what for */
	"get_free_pages_noprof",
	"pte_alloc_one",
	"__pte_alloc",
	"__pte_alloc_kernel",
	"__vmap_pages_range_noflush",
	"pgd_alloc",
	"tlb_remove_table_rcu",
	"alloc_thread_stack_node",
	"dup_task_struct",
	"filemap_alloc_folio_noprof",
	"__filemap_get_folio",
	"page_cache_ra_unbounded",
	"truncate_inode_pages_range",
	"folio_prealloc",
	"do_anonymous_page",
	"do_cow_fault",
	"free_unref_folios",
	"free_pages_and_swap_cache",
	"__tlb_batch_free_encoded_pages",
	/* everybody else */
	"getname_flags",
	"copy_page_range",
	"mm_init",
	"rcu_do_batch",
	"ext4_da_write_begin",
	"tlb_finish_mmu",
	"tlb_next_batch",
	"tlb_remove_table",
	"shrink_folio_list",
	"__folio_put",
	"migrate_folio_move",
	"migrate_pages_batch",
	"migrate_pages",
	"folio_batch_move_lru",
	"xt_alloc_table_info [x_tables]",
	"bpf_map_area_alloc",
	"ends_in_a_call",
	"never_reached",
};

#define NR_FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

struct bed {
	struct kc_kallsyms *syms;
	struct kc_owners *owners;
};

static void bed_init(struct bed *bed)
{
	char text[NR_FUNCTIONS * 80];
	size_t len = 0;

	for (size_t i = 0; i < NR_FUNCTIONS; i++)
		len += (size_t)sprintf(text + len, "%llx t %s\n", TEXT + i * FUNCTION_BYTES,
				       functions[i]);
	bed->syms = symbols_from(text);
	ck_assert_int_eq(kc_owners_init(&bed->owners, bed->syms), 0);
}

static void bed_release(struct bed *bed)
{
	kc_owners_free(bed->owners);
	kc_kallsyms_free(bed->syms);
}

/* A return address in the function of that name; "@" is the program. */
static uint64_t in(const char *function)
{
	if (!strcmp(function, "@"))
		return PROGRAM;
	for (size_t i = 0; i < NR_FUNCTIONS; i++)
		if (!strcmp(functions[i], function))
			return TEXT + i * FUNCTION_BYTES + 0x10;
	ck_abort_msg("no function %s", function);
	return 0;
}

struct stack {
	const char *what;
	enum tf_owner owner;
	const char *call_site;		/* NULL: none */
	const char *frames[MAX_FRAMES]; /* innermost first */
};

static void expect_owner(struct bed *bed, const struct stack *stack,
			 enum tf_owner (*find)(struct kc_owners *owners, const uint64_t *frames,
					       unsigned int nr, uint64_t *call_site))
{
	uint64_t frames[MAX_FRAMES] = { 0 }, site = 1;
	unsigned int nr = 0;
	enum tf_owner owner;

	while (nr < MAX_FRAMES && stack->frames[nr]) {
		frames[nr] = in(stack->frames[nr]);
		nr++;
	}
	owner = find(bed->owners, frames, nr, &site);
	ck_assert_msg(owner == stack->owner, "%s: owner %s", stack->what, tf_owner_name(owner));
	ck_assert_msg(site == (stack->call_site ? in(stack->call_site) : 0), "%s: call site %#llx",
		      stack->what, (unsigned long long)site);
	/* The ring hands over all its frames, the unused ones 0. */
	ck_assert_msg(find(bed->owners, frames, MAX_FRAMES, &site) ==
			      (nr ? stack->owner : TF_OWNER_OTHER),
		      "%s, with zeros", stack->what);
}

START_TEST(test_functions_by_name)
{
	static const struct {
		const char *name;
		enum tf_frame frame;
	} cases[] = {
		{ "bpf_prog_6deef7357e7b4530_sd_fw_egress", TF_FRAME_TRACE },
		{ "bpf_trace_run2", TF_FRAME_TRACE },
		{ "bpf_trampoline_6442466021", TF_FRAME_TRACE },
		{ "__bpf_trace_kfree", TF_FRAME_TRACE },
		{ "__traceiter_kmalloc", TF_FRAME_TRACE },
		{ "__do_trace_mm_page_free", TF_FRAME_TRACE },
		{ "trace_mm_page_alloc.constprop.0", TF_FRAME_TRACE },

		{ "kmem_cache_alloc", TF_FRAME_SLAB },
		{ "kmem_cache_alloc_noprof", TF_FRAME_SLAB },
		{ "kmem_cache_alloc_lru_noprof", TF_FRAME_SLAB },
		{ "kmem_cache_alloc_bulk", TF_FRAME_SLAB },
		{ "__kmalloc_node_track_caller_noprof", TF_FRAME_SLAB },
		{ "__kmalloc_cache_noprof", TF_FRAME_SLAB },
		{ "__do_kmalloc_node", TF_FRAME_SLAB },
		{ "krealloc_noprof", TF_FRAME_SLAB },
		{ "kfree", TF_FRAME_SLAB },
		{ "kfree.part.0", TF_FRAME_SLAB },
		{ "kvfree_call_rcu", TF_FRAME_SLAB },
		{ "kfree_rcu_monitor", TF_FRAME_SLAB },
		{ "__slab_free", TF_FRAME_SLAB },
		{ "___slab_alloc", TF_FRAME_SLAB },
		{ "allocate_slab", TF_FRAME_SLAB },
		{ "new_slab", TF_FRAME_SLAB },
		{ "__free_slab.isra.0", TF_FRAME_SLAB },
		{ "__unfreeze_partials", TF_FRAME_SLAB },
		{ "alloc_empty_sheaf", TF_FRAME_SLAB },
		{ "alloc_full_sheaf", TF_FRAME_SLAB },
		{ "__pcs_replace_empty_main", TF_FRAME_SLAB },

		{ "__vmalloc_node_range", TF_FRAME_VMALLOC },
		{ "__vmalloc_node_range_noprof", TF_FRAME_VMALLOC },
		{ "vmalloc_user_noprof.cold", TF_FRAME_VMALLOC },
		{ "vzalloc", TF_FRAME_VMALLOC },
		{ "vfree_atomic", TF_FRAME_VMALLOC },
		{ "delayed_vfree_work", TF_FRAME_VMALLOC },
		{ "vmap", TF_FRAME_VMALLOC },
		{ "__vmap_pages_range_noflush", TF_FRAME_VMALLOC },
		{ "free_vmap_area_noflush", TF_FRAME_VMALLOC },
		{ "__ioremap_caller", TF_FRAME_VMALLOC },

		{ "pcpu_alloc_noprof", TF_FRAME_PERCPU },
		{ "pcpu_balance_workfn", TF_FRAME_PERCPU },
		{ "__alloc_percpu_gfp", TF_FRAME_PERCPU },
		{ "free_percpu", TF_FRAME_PERCPU },

		{ "__alloc_pages", TF_FRAME_PAGE },
		{ "__alloc_pages_noprof", TF_FRAME_PAGE },
		{ "__alloc_pages_bulk", TF_FRAME_PAGE },
		{ "alloc_pages_exact_noprof", TF_FRAME_PAGE },
		{ "__get_free_pages", TF_FRAME_PAGE },
		{ "get_zeroed_page_noprof", TF_FRAME_PAGE },
		{ "folio_alloc_mpol_noprof", TF_FRAME_PAGE },
		{ "vma_alloc_folio_noprof", TF_FRAME_PAGE },
		{ "free_unref_page_list", TF_FRAME_PAGE },
		{ "__folio_put", TF_FRAME_PAGE },
		{ "folios_put_refs", TF_FRAME_PAGE },
		{ "release_pages", TF_FRAME_PAGE },

		{ "__pte_alloc_one_noprof", TF_FRAME_PAGE_TABLE },
		{ "__pmd_alloc", TF_FRAME_PAGE_TABLE },
		{ "__pud_alloc", TF_FRAME_PAGE_TABLE },
		{ "pgd_free", TF_FRAME_PAGE_TABLE },
		{ "__tlb_remove_table", TF_FRAME_PAGE_TABLE },
		{ "__tlb_remove_table_free", TF_FRAME_PAGE_TABLE },
		{ "tlb_remove_table_rcu", TF_FRAME_PAGE_TABLE | TF_FRAME_SITE },
		{ "alloc_thread_stack_node", TF_FRAME_KERNEL_STACK },
		{ "free_thread_stack", TF_FRAME_KERNEL_STACK },
		{ "dup_task_struct", TF_FRAME_KERNEL_STACK | TF_FRAME_SITE },
		{ "filemap_alloc_folio_noprof", TF_FRAME_PAGE_CACHE },
		{ "__filemap_get_folio_mpol", TF_FRAME_PAGE_CACHE },
		{ "pagecache_get_page", TF_FRAME_PAGE_CACHE },
		{ "shmem_alloc_folio.isra.0", TF_FRAME_SHMEM },
		{ "shmem_getpage_gfp", TF_FRAME_SHMEM },
		{ "page_cache_ra_order", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
		{ "page_cache_readahead_unbounded", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
		{ "truncate_inode_pages_range", TF_FRAME_PAGE_CACHE | TF_FRAME_SITE },
		{ "alloc_anon_folio", TF_FRAME_ANON },
		{ "folio_prealloc", TF_FRAME_ANON },
		{ "free_pages_and_swap_cache", TF_FRAME_ANON },
		{ "do_anonymous_page", TF_FRAME_ANON | TF_FRAME_SITE },
		{ "wp_page_copy", TF_FRAME_ANON | TF_FRAME_SITE },
		{ "do_huge_pmd_anonymous_page", TF_FRAME_ANON | TF_FRAME_SITE },

		{ "", TF_FRAME_OUTSIDE },
		{ "kfree_skb", TF_FRAME_OUTSIDE },
		{ "kfree_skbmem", TF_FRAME_OUTSIDE },
		{ "my_kmalloc", TF_FRAME_OUTSIDE },
		{ "kmem_cache_create_args", TF_FRAME_OUTSIDE },
		{ "alloc_workqueue_noprof", TF_FRAME_OUTSIDE },
		{ "allocate_slab_of_marble", TF_FRAME_OUTSIDE },
		{ "vmaple", TF_FRAME_OUTSIDE },
		{ "alloc_sheaf_of_wheat", TF_FRAME_OUTSIDE },
		{ "put_page_owner", TF_FRAME_OUTSIDE },
		{ "getname_flags", TF_FRAME_OUTSIDE },
		{ "tlb_remove_table", TF_FRAME_OUTSIDE },
		{ "tlb_next_batch", TF_FRAME_OUTSIDE },
		{ "shrink_folio_list", TF_FRAME_OUTSIDE },
		{ "pte_alloc", TF_FRAME_OUTSIDE },
		{ "do_fault_around", TF_FRAME_OUTSIDE },
		{ "_noprof", TF_FRAME_OUTSIDE },
		{ "pcp", TF_FRAME_OUTSIDE },
	};
	char longest[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(tf_frame_by_name(cases[i].name) == cases[i].frame, "%s: %d",
			      cases[i].name, tf_frame_by_name(cases[i].name));
	/* No kernel function is that long. */
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "kmalloc", 7);
	longest[sizeof(longest) - 1] = 0;
	ck_assert_int_eq(tf_frame_by_name(longest), TF_FRAME_OUTSIDE);
	longest[127] = 0;
	ck_assert_int_eq(tf_frame_by_name(longest), TF_FRAME_SLAB);
}
END_TEST

#define TRACE "@", "bpf_trace_run4", "__bpf_trace_mm_page_alloc", "__traceiter_mm_page_alloc"

START_TEST(test_page_owners)
{
	static const struct stack stacks[] = {
		{ "slab page",
		  TF_OWNER_SLAB,
		  "getname_flags",
		  { TRACE, "__alloc_frozen_pages_noprof", "alloc_pages_mpol", "allocate_slab",
		    "___slab_alloc", "kmem_cache_alloc_noprof", "getname_flags",
		    "do_anonymous_page", "never_reached" } },
		{ "large kmalloc",
		  TF_OWNER_SLAB,
		  "bpf_map_area_alloc",
		  { TRACE, "__alloc_frozen_pages_noprof", "___kmalloc_large_node",
		    "__kmalloc_noprof", "bpf_map_area_alloc" } },
		{ "vmalloc",
		  TF_OWNER_VMALLOC,
		  "xt_alloc_table_info [x_tables]",
		  { TRACE, "__alloc_frozen_pages_noprof", "alloc_pages_mpol", "vm_area_alloc_pages",
		    "__vmalloc_node_range_noprof", "vmalloc_noprof",
		    "xt_alloc_table_info [x_tables]" } },
		{ "kvmalloc that fell back to vmalloc",
		  TF_OWNER_VMALLOC,
		  "xt_alloc_table_info [x_tables]",
		  { TRACE, "__alloc_frozen_pages_noprof", "vm_area_alloc_pages",
		    "__vmalloc_node_range_noprof", "__kvmalloc_node_noprof",
		    "xt_alloc_table_info [x_tables]" } },
		{ "kvmalloc that did not",
		  TF_OWNER_SLAB,
		  "bpf_map_area_alloc",
		  { TRACE, "__alloc_frozen_pages_noprof", "___kmalloc_large_node",
		    "__kvmalloc_node_noprof", "bpf_map_area_alloc" } },
		{ "slab page of vmalloc's own bookkeeping",
		  TF_OWNER_SLAB,
		  "bpf_map_area_alloc",
		  { TRACE, "__alloc_frozen_pages_noprof", "allocate_slab",
		    "kmem_cache_alloc_noprof", "alloc_vmap_area", "__get_vm_area_node",
		    "bpf_map_area_alloc" } },
		{ "percpu",
		  TF_OWNER_PERCPU,
		  "bpf_map_area_alloc",
		  { TRACE, "__alloc_frozen_pages_noprof", "pcpu_populate_chunk",
		    "pcpu_alloc_noprof", "bpf_map_area_alloc" } },
		{ "slab page of percpu's own bookkeeping",
		  TF_OWNER_SLAB,
		  "bpf_map_area_alloc",
		  { TRACE, "__alloc_frozen_pages_noprof", "allocate_slab", "__kmalloc_noprof",
		    "pcpu_mem_zalloc", "pcpu_alloc_noprof", "bpf_map_area_alloc" } },
		{ "percpu bookkeeping by vmalloc",
		  TF_OWNER_VMALLOC,
		  NULL,
		  { TRACE, "__alloc_frozen_pages_noprof", "vm_area_alloc_pages",
		    "__vmalloc_node_range_noprof", "pcpu_mem_zalloc", "pcpu_alloc_noprof" } },
		{ "a process page",
		  TF_OWNER_ANON,
		  "do_anonymous_page",
		  { TRACE, "__alloc_frozen_pages_noprof", "alloc_pages_mpol", "do_anonymous_page",
		    "getname_flags" } },
		{ "an allocator above the call site does not own",
		  TF_OWNER_OTHER,
		  "getname_flags",
		  { TRACE, "__alloc_frozen_pages_noprof", "getname_flags",
		    "kmem_cache_alloc_noprof", "vmalloc_noprof" } },
		{ "nor does a class above it",
		  TF_OWNER_OTHER,
		  "getname_flags",
		  { TRACE, "__alloc_frozen_pages_noprof", "getname_flags", "__pte_alloc",
		    "do_anonymous_page" } },
		{ "a page table, for a page of a process",
		  TF_OWNER_PAGE_TABLE,
		  "do_anonymous_page",
		  { TRACE, "__alloc_frozen_pages_noprof", "alloc_pages_mpol", "pte_alloc_one",
		    "__pte_alloc", "do_anonymous_page", "getname_flags" } },
		{ "a page table, for a fork",
		  TF_OWNER_PAGE_TABLE,
		  "copy_page_range",
		  { TRACE, "__alloc_frozen_pages_noprof", "alloc_pages_mpol", "pte_alloc_one",
		    "__pte_alloc", "copy_page_range" } },
		{ "a pgd",
		  TF_OWNER_PAGE_TABLE,
		  "mm_init",
		  { TRACE, "__alloc_frozen_pages_noprof", "get_free_pages_noprof", "pgd_alloc",
		    "mm_init" } },
		{ "a page table of an area",
		  TF_OWNER_VMALLOC,
		  "getname_flags",
		  { TRACE, "__alloc_frozen_pages_noprof", "__pte_alloc_kernel",
		    "__vmap_pages_range_noflush", "__vmalloc_node_range_noprof", "vmalloc_noprof",
		    "getname_flags" } },
		{ "freed page tables",
		  TF_OWNER_PAGE_TABLE,
		  "tlb_remove_table_rcu",
		  { "@", "bpf_trace_run4", "__free_frozen_pages", "tlb_remove_table_rcu",
		    "rcu_do_batch" } },
		{ "the list of page tables to free",
		  TF_OWNER_OTHER,
		  "tlb_remove_table",
		  { TRACE, "__alloc_frozen_pages_noprof", "get_free_pages_noprof",
		    "tlb_remove_table", "getname_flags" } },
		{ "a kernel stack of pages",
		  TF_OWNER_KERNEL_STACK,
		  "dup_task_struct",
		  { TRACE, "__alloc_frozen_pages_noprof", "alloc_thread_stack_node",
		    "dup_task_struct", "getname_flags" } },
		{ "a kernel stack in an area",
		  TF_OWNER_VMALLOC,
		  "dup_task_struct",
		  { TRACE, "__alloc_frozen_pages_noprof", "vm_area_alloc_pages",
		    "__vmalloc_node_range_noprof", "dup_task_struct", "getname_flags" } },
		{ "a task_struct",
		  TF_OWNER_SLAB,
		  "dup_task_struct",
		  { TRACE, "__alloc_frozen_pages_noprof", "allocate_slab",
		    "kmem_cache_alloc_noprof", "dup_task_struct", "getname_flags" } },
		{ "a written page of a file",
		  TF_OWNER_PAGE_CACHE,
		  "ext4_da_write_begin",
		  { TRACE, "__alloc_frozen_pages_noprof", "alloc_pages_mpol",
		    "filemap_alloc_folio_noprof", "__filemap_get_folio", "ext4_da_write_begin" } },
		{ "readahead",
		  TF_OWNER_PAGE_CACHE,
		  "page_cache_ra_unbounded",
		  { TRACE, "__alloc_frozen_pages_noprof", "alloc_pages_mpol",
		    "filemap_alloc_folio_noprof", "page_cache_ra_unbounded", "getname_flags" } },
		{ "page cache, stack exhausted",
		  TF_OWNER_PAGE_CACHE,
		  NULL,
		  { TRACE, "__alloc_frozen_pages_noprof", "filemap_alloc_folio_noprof",
		    "__filemap_get_folio" } },
		{ "a truncated file",
		  TF_OWNER_PAGE_CACHE,
		  "truncate_inode_pages_range",
		  { "@", "bpf_trace_run4", "free_unref_folios", "truncate_inode_pages_range",
		    "getname_flags" } },
		{ "reclaim while a page of a file is taken",
		  TF_OWNER_OTHER,
		  "shrink_folio_list",
		  { "@", "bpf_trace_run4", "free_unref_folios", "shrink_folio_list",
		    "__alloc_frozen_pages_noprof", "filemap_alloc_folio_noprof",
		    "page_cache_ra_unbounded" } },
		{ "a private copy of a file's page",
		  TF_OWNER_ANON,
		  "do_cow_fault",
		  { TRACE, "__alloc_frozen_pages_noprof", "alloc_pages_mpol", "folio_prealloc",
		    "do_cow_fault", "getname_flags" } },
		{ "unmapped pages",
		  TF_OWNER_ANON,
		  "tlb_finish_mmu",
		  { "@", "bpf_trace_run4", "free_unref_folios", "free_pages_and_swap_cache",
		    "__tlb_batch_free_encoded_pages", "tlb_finish_mmu", "getname_flags" } },
		{ "the list of pages to free",
		  TF_OWNER_OTHER,
		  "tlb_finish_mmu",
		  { "@", "bpf_trace_run4", "__free_frozen_pages", "tlb_finish_mmu",
		    "getname_flags" } },
		{ "pages that a list of folios has kept",
		  TF_OWNER_OTHER,
		  "folio_batch_move_lru",
		  { "@", "bpf_trace_run4", "free_unref_folios", "folio_batch_move_lru",
		    "do_anonymous_page" } },
		{ "the old page of a migration",
		  TF_OWNER_MIGRATED,
		  "getname_flags",
		  { "@", "bpf_trace_run4", "free_unref_folios", "__folio_put", "migrate_folio_move",
		    "migrate_pages_batch", "migrate_pages", "getname_flags" } },
		{ "a freed slab page",
		  TF_OWNER_SLAB,
		  "getname_flags",
		  { "@", "bpf_trace_run4", "__free_frozen_pages", "__free_slab.isra.0",
		    "discard_slab", "kfree", "getname_flags" } },
		{ "pages of vfree",
		  TF_OWNER_VMALLOC,
		  "do_anonymous_page",
		  { "@", "bpf_trace_run4", "__free_frozen_pages", "vfree.part.0",
		    "do_anonymous_page" } },
		{ "two programs' frames",
		  TF_OWNER_SLAB,
		  "getname_flags",
		  { "@", "@", "@", "bpf_trace_run4", "__alloc_frozen_pages_noprof", "allocate_slab",
		    "kmem_cache_alloc_noprof", "getname_flags" } },
		{ "no program's frames",
		  TF_OWNER_SLAB,
		  "getname_flags",
		  { "__alloc_frozen_pages_noprof", "allocate_slab", "kmem_cache_alloc_noprof",
		    "getname_flags" } },
		{ "slab, stack exhausted",
		  TF_OWNER_SLAB,
		  NULL,
		  { TRACE, "get_page_from_freelist", "__alloc_frozen_pages_noprof",
		    "alloc_pages_mpol", "allocate_slab", "___slab_alloc", "kmem_cache_alloc_noprof",
		    "kmem_cache_alloc_noprof", "kmem_cache_alloc_noprof" } },
		{ "pages, stack exhausted", TF_OWNER_OTHER, NULL, { TRACE, "alloc_pages_mpol" } },
		{ "no stack", TF_OWNER_UNKNOWN, NULL, { NULL } },
	};
	struct bed bed;

	bed_init(&bed);
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++)
		expect_owner(&bed, &stacks[i], kc_owner_of_page);
	bed_release(&bed);
}
END_TEST

#define AREA_TRACE "@", "bpf_trace_run4", "alloc_vmap_area", "__get_vm_area_node"

START_TEST(test_area_owners)
{
	static const struct stack stacks[] = {
		{ "vmalloc",
		  TF_OWNER_VMALLOC,
		  "bpf_map_area_alloc",
		  { AREA_TRACE, "__vmalloc_node_range_noprof", "vmalloc_noprof",
		    "bpf_map_area_alloc" } },
		{ "kvmalloc",
		  TF_OWNER_VMALLOC,
		  "bpf_map_area_alloc",
		  { AREA_TRACE, "__vmalloc_node_range_noprof", "__kvmalloc_node_noprof",
		    "bpf_map_area_alloc" } },
		{ "ioremap",
		  TF_OWNER_OTHER,
		  "getname_flags",
		  { AREA_TRACE, "ioremap_wc", "getname_flags", "__vmalloc_node_range_noprof" } },
		{ "vmap",
		  TF_OWNER_OTHER,
		  "getname_flags",
		  { AREA_TRACE, "vmap", "getname_flags" } },
		{ "vm_map_ram",
		  TF_OWNER_OTHER,
		  "getname_flags",
		  { "@", "bpf_trace_run4", "alloc_vmap_area", "vm_map_ram", "getname_flags" } },
		{ "a kernel stack",
		  TF_OWNER_VMALLOC,
		  "alloc_thread_stack_node",
		  { AREA_TRACE, "__vmalloc_node_range_noprof", "alloc_thread_stack_node",
		    "dup_task_struct" } },
		{ "stack exhausted",
		  TF_OWNER_VMALLOC,
		  NULL,
		  { AREA_TRACE, "__vmalloc_node_range_noprof", "vmalloc_noprof" } },
		{ "no stack", TF_OWNER_UNKNOWN, NULL, { NULL } },
	};
	struct bed bed;

	bed_init(&bed);
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++)
		expect_owner(&bed, &stacks[i], kc_owner_of_area);
	bed_release(&bed);
}
END_TEST

START_TEST(test_skip)
{
	static const struct {
		const char *frames[MAX_FRAMES];
		unsigned int own;
	} cases[] = {
		{ { TRACE, "__alloc_frozen_pages_noprof", "getname_flags" }, 4 },
		{ { "@", "@", "bpf_trace_run4", "getname_flags", "kfree" }, 3 },
		{ { "bpf_trace_run4", "kfree" }, 1 },
		{ { "@", "kfree", "getname_flags" }, 1 }, /* a hook: no tracepoint */
		{ { "kfree", "getname_flags", "bpf_trace_run4" }, 0 },
		{ { TRACE }, 4 },
		{ { "getname_flags", "do_anonymous_page" }, 0 },
		{ { NULL }, 0 },
	};
	struct bed bed;

	bed_init(&bed);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t frames[MAX_FRAMES] = { 0 };
		unsigned int nr = 0;

		for (; nr < MAX_FRAMES && cases[i].frames[nr]; nr++)
			frames[nr] = in(cases[i].frames[nr]);
		ck_assert_msg(kc_owner_skip(bed.owners, frames, nr) == cases[i].own, "case %zu", i);
		ck_assert_msg(kc_owner_skip(bed.owners, frames, MAX_FRAMES) == cases[i].own,
			      "case %zu, with zeros", i);
	}
	bed_release(&bed);
}
END_TEST

/*
 *   ends_in_a_call    never_reached
 *   ... call x        │ first instruction
 *                     ▲ return address of x
 */
START_TEST(test_return_address_behind_the_function)
{
	struct bed bed;
	uint64_t frames[3], site;

	bed_init(&bed);
	frames[0] = in("__alloc_frozen_pages_noprof");
	frames[1] = in("allocate_slab") - 0x10; /* the end of alloc_pages_mpol */
	frames[2] = in("ends_in_a_call");
	ck_assert_int_eq(kc_owner_of_page(bed.owners, frames, 3, &site), TF_OWNER_OTHER);
	ck_assert_uint_eq(site, frames[2]);
	frames[1] = in("never_reached") - 0x10; /* the end of ends_in_a_call */
	ck_assert_int_eq(kc_owner_of_page(bed.owners, frames, 3, &site), TF_OWNER_OTHER);
	ck_assert_uint_eq(site, frames[1]);
	bed_release(&bed);
}
END_TEST

/* Return addresses are remembered; the memory of them grows and keeps telling the truth. */
START_TEST(test_many_addresses)
{
	uint64_t slab = in("allocate_slab") & ~(FUNCTION_BYTES - 1);
	uint64_t other = in("getname_flags") & ~(FUNCTION_BYTES - 1);
	uint64_t vmalloc = in("vmalloc_noprof") & ~(FUNCTION_BYTES - 1);
	uint64_t frames[3], site;
	struct bed bed;

	bed_init(&bed);
	for (unsigned int pass = 0; pass < 2; pass++) {
		for (uint64_t i = 1; i < FUNCTION_BYTES; i++) {
			frames[0] = in("__alloc_frozen_pages_noprof");
			frames[1] = slab + i;
			frames[2] = other + i;
			ck_assert_int_eq(kc_owner_of_page(bed.owners, frames, 3, &site),
					 TF_OWNER_SLAB);
			ck_assert_uint_eq(site, other + i);
			frames[1] = vmalloc + i;
			frames[2] = TEXT + NR_FUNCTIONS * FUNCTION_BYTES + i * 16;
			ck_assert_int_eq(kc_owner_of_page(bed.owners, frames, 3, &site),
					 TF_OWNER_VMALLOC);
			ck_assert_uint_eq(site, frames[2]);
		}
	}
	bed_release(&bed);
}
END_TEST

RUN_SUITE("bpf/owner", test_functions_by_name, test_page_owners, test_area_owners, test_skip,
	  test_return_address_behind_the_function, test_many_addresses)
