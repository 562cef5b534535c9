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
	/* everybody else */
	"getname_flags",
	"do_anonymous_page",
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
		{ "do_anonymous_page", TF_FRAME_OUTSIDE },
		{ "filemap_alloc_folio_noprof", TF_FRAME_OUTSIDE },
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
		  TF_OWNER_OTHER,
		  "do_anonymous_page",
		  { TRACE, "__alloc_frozen_pages_noprof", "alloc_pages_mpol", "do_anonymous_page",
		    "getname_flags" } },
		{ "an allocator above the call site does not own",
		  TF_OWNER_OTHER,
		  "do_anonymous_page",
		  { TRACE, "__alloc_frozen_pages_noprof", "do_anonymous_page",
		    "kmem_cache_alloc_noprof", "vmalloc_noprof" } },
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

RUN_SUITE("bpf/owner", test_functions_by_name, test_page_owners, test_area_owners,
	  test_return_address_behind_the_function, test_many_addresses)
