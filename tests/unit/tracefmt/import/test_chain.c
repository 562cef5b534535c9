/* SPDX-License-Identifier: GPL-2.0-only */
/* Call chains of perf and stacks of ftrace: frames, symbols, owners. */
#include "tests/unit/suite.h"

#include "tests/unit/tracefmt/import/bed.h"

#define PERF_PAGE "sh 12 [000] 1.1: kmem:mm_page_alloc: page=0x1 pfn=0x100 order=0 migratetype=0\n"

static const struct tf_stack *stack_of(const struct bed *bed, size_t event)
{
	return tf_meta_stack(bed->meta, bed->events[event].stack);
}

START_TEST(test_perf_chain)
{
	const struct tf_stack *stack;
	struct bed bed;

	bed_text(&bed,
		 "sh 12 [000] 1.1: kmem:kmalloc: call_site=sched_setaffinity+0x10c "
		 "ptr=0xffff8881046a4d00 bytes_req=32 bytes_alloc=32 gfp_flags=GFP_KERNEL\n"
		 "\tffffffff816349cd __kmalloc_cache_node_noprof+0x20d ([kernel.kallsyms])\n"
		 "\tffffffff813ccbcc sched_setaffinity+0x10c ([kernel.kallsyms])\n"
		 "\tffffffffc0001234 nft_x+0x4 ([nf_tables])\n"
		 "\tffffffffc0002234 ext_y+0x4 (/lib/modules/6.1/kernel/fs/ext4/ext4.ko.xz)\n"
		 "\tffffffff81000130 [unknown] ([kernel.kallsyms])\n"
		 "\tffffffff81000130 inl (inlined)\n"
		 "\t           ee137 sched_setaffinity@@GLIBC_2.3.4+0x7 (/usr/lib/libc.so.6)\n"
		 "\n"
		 "sh 12 [000] 1.2: kmem:kfree: ptr=0xffff8881046a4d00\n"
		 "\tffffffff816349cd __kmalloc_cache_node_noprof+0x20d ([kernel.kallsyms])\n");
	ck_assert_uint_eq(bed.nr, 2);
	stack = stack_of(&bed, 0);
	ck_assert_ptr_nonnull(stack);
	ck_assert_uint_eq(stack->nr_frames, 5);
	ck_assert_uint_eq(stack->frames[0], 0xffffffff816349cd);
	ck_assert_uint_eq(stack->frames[4], 0xffffffff81000130);
	ck_assert_str_eq(bed_symbol(&bed, 0xffffffff816349cd), "__kmalloc_cache_node_noprof+0x20d");
	ck_assert_str_eq(bed_symbol(&bed, 0xffffffffc0001234), "nft_x [nf_tables]+0x4");
	ck_assert_str_eq(bed_symbol(&bed, 0xffffffffc0002234), "ext_y [ext4]+0x4");
	ck_assert_str_eq(bed_symbol(&bed, 0xffffffff81000130), "");
	/* The call site is told by name only, and the chain has its address. */
	ck_assert_uint_eq(bed.events[0].call_site, 0xffffffff813ccbcc);
	ck_assert_uint_eq(bed.stats.nr_made_up_sites, 0);
	ck_assert_uint_eq(stack_of(&bed, 1)->nr_frames, 1);
	ck_assert_uint_eq(bed.stats.nr_not_events, 0);
	bed_end(&bed);
}
END_TEST

/* Two chains that are equal are one. */
START_TEST(test_same_chain)
{
	struct bed bed;

	bed_text(&bed, PERF_PAGE "\tffffffff81000001 f+0x1 ([kernel.kallsyms])\n"
				 "\tffffffff81000002 g+0x1 ([kernel.kallsyms])\n"
				 "\n" PERF_PAGE "\tffffffff81000001 f+0x1 ([kernel.kallsyms])\n"
				 "\tffffffff81000002 g+0x1 ([kernel.kallsyms])\n"
				 "\n" PERF_PAGE "\tffffffff81000001 f+0x1 ([kernel.kallsyms])\n"
				 "\n" PERF_PAGE);
	ck_assert_uint_eq(bed.nr, 4);
	ck_assert_uint_eq(bed.meta->nr_stacks, 2);
	ck_assert_uint_eq(bed.events[0].stack, bed.events[1].stack);
	ck_assert_uint_ne(bed.events[0].stack, bed.events[2].stack);
	ck_assert_uint_eq(bed.events[3].stack, TF_NO_STACK);
	ck_assert_uint_eq(bed.events[3].owner, TF_OWNER_UNKNOWN);
	bed_end(&bed);
}
END_TEST

static const struct {
	const char *event, *frames[6];
	unsigned int owner;
	const char *site;
} owners[] = {
	{ "mm_page_alloc: page=1 pfn=0x100 order=0",
	  { "__alloc_frozen_pages_noprof", "alloc_pages_mpol", "allocate_slab", "___slab_alloc",
	    "kmem_cache_alloc_noprof", "getname_flags" },
	  TF_OWNER_SLAB,
	  "getname_flags+0x0" },
	{ "mm_page_alloc: page=1 pfn=0x100 order=0", /* mm/slab.c */
	  { "__alloc_pages_nodemask", "cache_grow", "cache_alloc_refill", "kmem_cache_alloc",
	    "getname", "do_sys_open" },
	  TF_OWNER_SLAB,
	  "getname+0x0" },
	{ "mm_page_alloc: page=1 pfn=0x100 order=0",
	  { "trace_event_raw_event_mm_page_alloc", "__alloc_pages", "vm_area_alloc_pages",
	    "__vmalloc_node_range", "vmalloc", "do_it" },
	  TF_OWNER_VMALLOC,
	  "do_it+0x0" },
	{ "mm_page_alloc: page=1 pfn=0x100 order=0",
	  { "__alloc_pages", "pcpu_populate_chunk", "pcpu_alloc", "mm_init" },
	  TF_OWNER_PERCPU,
	  "mm_init+0x0" },
	{ "mm_page_alloc: page=1 pfn=0x100 order=0",
	  { "__alloc_pages", "pte_alloc_one", "__pte_alloc", "copy_page_range" },
	  TF_OWNER_PAGE_TABLE,
	  "copy_page_range+0x0" },
	{ "mm_page_alloc: page=1 pfn=0x100 order=2",
	  { "__alloc_pages", "alloc_thread_stack_node", "copy_process" },
	  TF_OWNER_KERNEL_STACK,
	  "copy_process+0x0" },
	{ "mm_page_alloc: page=1 pfn=0x100 order=0",
	  { "__alloc_pages", "pagecache_get_page", "grab_cache_page_write_begin", "a_write_begin" },
	  TF_OWNER_PAGE_CACHE,
	  "a_write_begin+0x0" },
	{ "mm_page_alloc: page=1 pfn=0x100 order=0",
	  { "__alloc_pages", "alloc_pages_vma", "do_anonymous_page", "__handle_mm_fault" },
	  TF_OWNER_ANON,
	  "do_anonymous_page+0x0" },
	{ "mm_page_free: page=1 pfn=0x100 order=0",
	  { "__free_pages", "free_the_world", "kfree" },
	  TF_OWNER_OTHER,
	  "free_the_world+0x0" },
	{ "alloc_vmap_area: va_start: 5 size=8192 align=1",
	  { "alloc_vmap_area", "__get_vm_area_node", "__vmalloc_node_range_noprof", "dup_stack" },
	  TF_OWNER_VMALLOC,
	  "dup_stack+0x0" },
	{ "alloc_vmap_area: va_start: 5 size=8192 align=1",
	  { "alloc_vmap_area", "__vmalloc_node_range", "alloc_thread_stack_node", "copy_process" },
	  TF_OWNER_VMALLOC,
	  "alloc_thread_stack_node+0x0" },
	{ "alloc_vmap_area: va_start: 5 size=8192 align=1",
	  { "alloc_vmap_area", "__get_vm_area_node", "__ioremap_caller", "pci_map" },
	  TF_OWNER_OTHER,
	  "pci_map+0x0" },
	{ "kmalloc: call_site=told+0x5/0x9 ptr=ffff888000000000 bytes_req=1 bytes_alloc=8",
	  { "__kmalloc", "found" },
	  TF_OWNER_UNKNOWN,
	  "told+0x5" },
	{ "kfree: ptr=ffff888000000000", { "kfree", "found" }, TF_OWNER_UNKNOWN, "found+0x0" },
};

/* Owners and call sites, from a stack that ftrace tells behind the event. */
START_TEST(test_owners)
{
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		struct bed bed;
		char text[1024];

		snprintf(text, sizeof(text),
			 " sh-12 [000] ..... 1.1: %s\n"
			 " sh-12 [000] ..... 1.2: <stack trace>\n",
			 owners[i].event);
		for (size_t frame = 0; frame < 6 && owners[i].frames[frame]; frame++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), " => %s\n",
				 owners[i].frames[frame]);
		bed_text(&bed, text);
		ck_assert_uint_eq(bed.nr, 1);
		ck_assert_msg(bed.events[0].owner == owners[i].owner, "%s: owner %u", text,
			      bed.events[0].owner);
		ck_assert_str_eq(bed_symbol(&bed, bed.events[0].call_site), owners[i].site);
		ck_assert_uint_ne(bed.events[0].stack, TF_NO_STACK);
		bed_end(&bed);
	}
}
END_TEST

/* Frames with offsets and addresses, in the spellings of ftrace and trace-cmd. */
START_TEST(test_ftrace_frames)
{
	const struct tf_stack *stack;
	struct bed bed;

	bed_text(&bed, " sh-12 [000] 1.1: kfree: ptr=ffff888000000000\n"
		       " sh-12 [000] 1.2: kernel_stack:         <stack trace >\n"
		       "=> plain\n"
		       "=> named+0x1f/0x80\n"
		       " => moved+0x1f/0x80 [ext4]\n"
		       " => told <ffffffff81000001>\n"
		       "=> both (ffffffff81000002)\n"
		       " => [FTRACE TRAMPOLINE]\n"
		       " => ffffffff81000003\n"
		       "sh-12 [000] 1.3: kfree: ptr=ffff888000000008\n");
	ck_assert_uint_eq(bed.nr, 2);
	stack = stack_of(&bed, 0);
	ck_assert_ptr_nonnull(stack);
	ck_assert_uint_eq(stack->nr_frames, 6);
	ck_assert_str_eq(bed_symbol(&bed, stack->frames[0]), "plain+0x0");
	ck_assert_str_eq(bed_symbol(&bed, stack->frames[1]), "named+0x1f");
	ck_assert_str_eq(bed_symbol(&bed, stack->frames[2]), "moved [ext4]+0x1f");
	ck_assert_uint_eq(stack->frames[3], 0xffffffff81000001);
	ck_assert_uint_eq(stack->frames[4], 0xffffffff81000002);
	ck_assert_uint_eq(stack->frames[5], 0xffffffff81000003);
	ck_assert_str_eq(bed_symbol(&bed, stack->frames[4]), "both+0x0");
	ck_assert_uint_eq(bed.events[1].stack, TF_NO_STACK);
	ck_assert_uint_eq(bed.stats.nr_not_events, 0);
	bed_end(&bed);
}
END_TEST

/*
 * Whose stack it is: the last event of the CPU, if the thread is the same.
 *
 *	CPU 0   kfree A   sched_switch           stack (the switch's)
 *	CPU 1                            kfree B         stack: B's
 */
START_TEST(test_stack_belongs)
{
	struct bed bed;

	bed_text(&bed, " sh-12 [000] 1.1: kfree: ptr=ffff88800000000a\n"
		       " sh-12 [000] 1.2: sched_switch: x\n"
		       " ls-13 [001] 1.3: kfree: ptr=ffff88800000000b\n"
		       " sh-12 [000] 1.4: <stack trace>\n"
		       " => f\n"
		       " ls-13 [001] 1.5: <stack trace>\n"
		       " => g\n"
		       " ls-13 [001] 1.6: <stack trace>\n"
		       " => again\n"
		       " ls-13 [001] 1.7: kfree: ptr=ffff88800000000c\n"
		       " xx-99 [001] 1.8: <stack trace>\n"
		       " => h\n"
		       " ls-13 [001] 1.9: <user stack trace>\n"
		       " =>  <00007f12345678>\n"
		       " zz-99 [007] 1.9: <stack trace>\n"
		       " => h\n");
	ck_assert_uint_eq(bed.nr, 3);
	ck_assert_uint_eq(bed.events[0].stack, TF_NO_STACK);
	ck_assert_uint_eq(stack_of(&bed, 1)->nr_frames, 1);
	ck_assert_str_eq(bed_symbol(&bed, stack_of(&bed, 1)->frames[0]), "g+0x0");
	ck_assert_uint_eq(bed.events[2].stack, TF_NO_STACK);
	bed_end(&bed);
}
END_TEST

/* Tabs that became blanks: the task "dd" is no frame at address 0xdd, and frames are found. */
START_TEST(test_expanded_tabs)
{
	struct bed bed;

	bed_text(&bed, "              dd 12 [000] 1.1: kmem:kfree: ptr=0xffff888000000000\n"
		       "              dd 12 [000] 1.2: kmem:kfree: ptr=0xffff888000000008\n"
		       "        ffffffff81000001 f+0x1 ([kernel.kallsyms])\n"
		       "                   ee137 main+0x7 (/bin/dd)\n"
		       "\n"
		       "              dd 12 [000] 1.3: kmem:kfree: ptr=0xffff888000000010\n");
	ck_assert_uint_eq(bed.nr, 3);
	ck_assert_uint_eq(stack_of(&bed, 1)->nr_frames, 1);
	ck_assert_uint_eq(bed.stats.nr_not_events, 0);
	bed_end(&bed);
}
END_TEST

/* On 32 bits a kernel's frame is known by its file. */
START_TEST(test_32bit_chain)
{
	struct bed bed;

	bed_text(&bed, "sh 12 [000] 1.1: kmem:kfree: call_site=f+0x1 ptr=0xc1234560\n"
		       "\tc1000001 f+0x1 ([kernel.kallsyms])\n"
		       "\tc1000002 g+0x1 (/usr/lib/debug/boot/vmlinux-6.1.0)\n"
		       "\tb7f00001 read+0x1 (/usr/lib/libc.so.6)\n"
		       "\tb7f00002 __kernel_vsyscall+0x1 ([vdso])\n");
	ck_assert_uint_eq(stack_of(&bed, 0)->nr_frames, 2);
	ck_assert_uint_eq(bed.events[0].call_site, 0xc1000001);
	bed_end(&bed);
}
END_TEST

/* Longer than a trace can hold: cut, not refused. */
START_TEST(test_long_chain)
{
	char *text = malloc(1 << 16);
	size_t len = (size_t)sprintf(text, PERF_PAGE);
	struct bed bed;

	for (unsigned int i = 0; i < 300; i++)
		len += (size_t)sprintf(text + len, "\tffffffff8100%04x f+0x1 ([kernel.kallsyms])\n",
				       i);
	bed_text(&bed, text);
	ck_assert_uint_eq(stack_of(&bed, 0)->nr_frames, TF_MAX_FRAMES);
	free(text);
	bed_end(&bed);
}
END_TEST

/* Call sites that only have a name: the same address each time, the offset kept. */
START_TEST(test_made_up)
{
	struct bed bed;

	bed_text(&bed,
		 " sh-12 [000] 1.1: kfree: call_site=f+0x10/0x20 ptr=ffff888000000000\n"
		 " sh-12 [000] 1.2: kfree: call_site=f+0x18/0x20 ptr=ffff888000000000\n"
		 " sh-12 [000] 1.3: kfree: call_site=g+0x10/0x20 [mod] ptr=ffff888000000000\n"
		 " sh-12 [000] 1.4: kfree: call_site=f+0x10/0x20 ptr=ffff888000000000\n"
		 " sh-12 [000] 1.5: kfree: call_site=f+0x10/0x20 [mod 12ab] ptr=ffff888000000000\n"
		 " sh-12 [000] 1.6: kfree: call_site=f+0x12345/0x20000 ptr=ffff888000000000\n");
	ck_assert_uint_eq(bed.nr, 6);
	ck_assert_uint_eq(bed.events[0].call_site, 0xfffffffe00000010);
	ck_assert_uint_eq(bed.events[1].call_site, 0xfffffffe00000018);
	ck_assert_uint_eq(bed.events[2].call_site, 0xfffffffe00010010);
	ck_assert_uint_eq(bed.events[3].call_site, 0xfffffffe00000010);
	ck_assert_str_eq(bed_symbol(&bed, bed.events[2].call_site), "g [mod]+0x10");
	ck_assert_str_eq(bed_symbol(&bed, bed.events[4].call_site), "f [mod]+0x10");
	ck_assert_uint_eq(bed.events[5].call_site, 0);
	ck_assert_uint_eq(bed.stats.nr_made_up_sites, 4);
	ck_assert_str_eq(bed_fact(&bed, "import.call_sites"), "made up, from symbols");
	bed_end(&bed);
}
END_TEST

/* trace-cmd may tell both the name and the address of a call site. */
START_TEST(test_plugin_symbol)
{
	struct bed bed;

	bed_text(&bed, " sh-12 [000] 1.1: kfree:    (f+0x10) call_site=ffffffff81000010 ptr=0x0\n"
		       " sh-12 [000] 1.2: kfree:    (g+0x10) call_site=g+0x10 ptr=0x0\n"
		       " sh-12 [000] 1.3: kfree:    (h+0x10) ptr=0x0\n");
	ck_assert_uint_eq(bed.events[0].call_site, 0xffffffff81000010);
	ck_assert_str_eq(bed_symbol(&bed, 0xffffffff81000010), "f+0x10");
	ck_assert_str_eq(bed_symbol(&bed, bed.events[1].call_site), "g+0x10");
	ck_assert_str_eq(bed_symbol(&bed, bed.events[2].call_site), "h+0x10");
	ck_assert_str_eq(bed_fact(&bed, "import.call_sites"), "some made up, from symbols");
	bed_end(&bed);
}
END_TEST

RUN_SUITE("tracefmt/import/chain", test_perf_chain, test_same_chain, test_owners,
	  test_ftrace_frames, test_stack_belongs, test_expanded_tabs, test_32bit_chain,
	  test_long_chain, test_made_up, test_plugin_symbol)
