/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines of every layout, kernel and event to events. */
#include "tests/unit/suite.h"

#include "tests/unit/tracefmt/import/bed.h"

#define KMALLOC_FIELDS                                                                             \
	"call_site=ffffffff81234567 ptr=ffff888012345680 bytes_req=50 bytes_alloc=64 "             \
	"gfp_flags=GFP_KERNEL"

/* Heads: the same event in all layouts. */
static const struct {
	const char *line;
	uint64_t ts_ns;
	uint32_t pid;
	uint16_t cpu;
	uint8_t ctx, preempt;
} heads[] = {
	{ "            bash-1234  [003]  5234.123456: kmalloc: ", 5234123456000, 1234, 3,
	  TF_CTX_UNKNOWN, 0 }, /* 2.6.32 */
	{ "            bash-1234    [003] d.h2.  5234.123456: kmalloc: ", 5234123456000, 1234, 3,
	  TF_CTX_IRQS_OFF | TF_CTX_HARDIRQ, 2 },
	{ "            bash-1234    [003] d.h2  5234.123456: kmalloc: ", 5234123456000, 1234, 3,
	  TF_CTX_IRQS_OFF | TF_CTX_HARDIRQ, 2 }, /* four flags, to 5.15 */
	{ "            bash-1234    [003] ....1  5234.123456: kmalloc: ", 5234123456000, 1234, 3, 0,
	  0 }, /* migration disabled is no depth */
	{ "            bash-1234    (   1200) [003] DNs31  5234.123456: kmalloc: ", 5234123456000,
	  1234, 3, TF_CTX_IRQS_OFF | TF_CTX_BH_OFF | TF_CTX_SOFTIRQ, 3 },
	{ "            bash-1234    (-------) [003] bnH1.  5234.123456: kmalloc: ", 5234123456000,
	  1234, 3, TF_CTX_BH_OFF | TF_CTX_HARDIRQ | TF_CTX_SOFTIRQ, 1 },
	{ "            bash-1234    [003] dpz1.  5234.123456: kmalloc: ", 5234123456000, 1234, 3,
	  TF_CTX_IRQS_OFF | TF_CTX_NMI, 1 },
	{ "            bash-1234    [003] d.Za.  5234.123456: kmalloc: ", 5234123456000, 1234, 3,
	  TF_CTX_IRQS_OFF | TF_CTX_NMI | TF_CTX_HARDIRQ, 10 },
	{ "          <idle>-0       [000] X.s..     0.000001: kmalloc: ", 1000, 0, 0,
	  TF_CTX_SOFTIRQ, 0 }, /* irqs-off is not known to that architecture */
	{ "   my [4] task-7       [011] .....     7.5: kmalloc: ", 7500000000, 7, 11, 0, 0 },
	{ "     kworker/1:2-268     [001] ....     1.000000: kmalloc: ", 1000000000, 268, 1, 0, 0 },
	/* trace-cmd report, plain, -l and -t */
	{ "            bash-22033 [001]  3147.201163: kmalloc:              ", 3147201163000, 22033,
	  1, TF_CTX_UNKNOWN, 0 },
	{ "    bash-22033   1d.h1.  3147.201163: kmalloc:              ", 3147201163000, 22033, 1,
	  TF_CTX_IRQS_OFF | TF_CTX_HARDIRQ, 1 },
	{ "            bash-22033 [001]  3147.201162815: kmalloc:              ", 3147201162815,
	  22033, 1, TF_CTX_UNKNOWN, 0 },
	{ "            bash-22033 [001]  3147.201163: kmalloc:              (f+0x1) ",
	  3147201163000, 22033, 1, TF_CTX_UNKNOWN, 0 },
	/* perf script */
	{ "            perf 12230 [001]  2210.087330:                          kmem:kmalloc: ",
	  2210087330000, 12230, 1, TF_CTX_UNKNOWN, 0 },
	{ "perf 12230 [001]  2210.087330: kmem:kmalloc: ", 2210087330000, 12230, 1, TF_CTX_UNKNOWN,
	  0 },
	{ "dd 12230/12231 [001]  2210.087330123: kmem:kmalloc: ", 2210087330123, 12231, 1,
	  TF_CTX_UNKNOWN, 0 },
	{ "     tokio-run-w 12230 [001]  2210.087330:          1     kmem:kmalloc: ", 2210087330000,
	  12230, 1, TF_CTX_UNKNOWN, 0 },
	{ "             :-1    -1 [001]  2210.087330: kmem:kmalloc: ", 2210087330000, 0, 1,
	  TF_CTX_UNKNOWN, 0 },
};

START_TEST(test_heads)
{
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		const struct tf_event *ev;
		struct bed bed;
		char line[512];

		snprintf(line, sizeof(line), "%s" KMALLOC_FIELDS "\n", heads[i].line);
		bed_text(&bed, line);
		ck_assert_msg(bed.nr == 1, "%zu events from: %s", bed.nr, line);
		ev = bed.events;
		ck_assert_uint_eq(ev->ts_ns, heads[i].ts_ns);
		ck_assert_uint_eq(ev->pid, heads[i].pid);
		ck_assert_uint_eq(ev->cpu, heads[i].cpu);
		ck_assert_uint_eq(ev->ctx, heads[i].ctx);
		ck_assert_uint_eq(ev->preempt, heads[i].preempt);
		ck_assert_uint_eq(ev->kind, TF_KMALLOC);
		ck_assert_uint_eq(ev->addr, 0xffff888012345680);
		ck_assert_uint_eq(ev->call_site, 0xffffffff81234567);
		ck_assert_str_eq(bed_fact(&bed, "record.irqs_off"),
				 ev->ctx & TF_CTX_UNKNOWN ? "" : "1");
		bed_end(&bed);
	}
}
END_TEST

/* Fields: every event, as each kernel prints it. */
static const struct {
	const char *text; /* event and fields */
	struct tf_event ev;
} fields[] = {
	{ "kmalloc: call_site=ffffffff8111 ptr=ffff88003 bytes_req=8 bytes_alloc=16 "
	  "gfp_flags=GFP_ATOMIC",
	  { .kind = TF_KMALLOC,
	    .call_site = 0xffffffff8111,
	    .addr = 0xffff88003,
	    .bytes_req = 8,
	    .bytes_alloc = 16,
	    .gfp = 0x820,
	    .node = -1 } },
	{ "kmalloc_node: call_site=ffffffff8111 ptr=ffff88003 bytes_req=8 bytes_alloc=16 "
	  "gfp_flags=GFP_KERNEL|GFP_ZERO node=1",
	  { .kind = TF_KMALLOC,
	    .call_site = 0xffffffff8111,
	    .addr = 0xffff88003,
	    .bytes_req = 8,
	    .bytes_alloc = 16,
	    .gfp = 0xdc0,
	    .node = 1 } },
	{ "kmalloc: call_site=0xffffffff8111 ptr=(nil) bytes_req=4194304 bytes_alloc=8388608 "
	  "gfp_flags=GFP_KERNEL|__GFP_NOWARN node=-1 accounted=false",
	  { .kind = TF_KMALLOC,
	    .call_site = 0xffffffff8111,
	    .bytes_req = 4194304,
	    .bytes_alloc = 8388608,
	    .gfp = 0x2cc0,
	    .node = -1 } },
	{ "kmalloc: call_site=ffffffff8111 ptr=          (null) bytes_req=8 bytes_alloc=16 "
	  "gfp_flags=0x2000000",
	  { .kind = TF_KMALLOC,
	    .call_site = 0xffffffff8111,
	    .bytes_req = 8,
	    .bytes_alloc = 16,
	    .node = -1 } },
	{ "kmalloc: call_site=ffffffff8111 ptr=ffff88003 bytes_req=99999999999 "
	  "bytes_alloc=99999999999 gfp_flags=none",
	  { .kind = TF_KMALLOC,
	    .call_site = 0xffffffff8111,
	    .addr = 0xffff88003,
	    .bytes_req = 99999999999,
	    .bytes_alloc = UINT32_MAX,
	    .node = -1 } },
	{ "kfree: call_site=ffffffff8111 ptr=00000000a68b2ca0",
	  { .kind = TF_KFREE, .call_site = 0xffffffff8111, .addr = 0xa68b2ca0, .node = -1 } },
	{ "kfree: call_site=ffffffff8111 ptr=(null)",
	  { .kind = TF_KFREE, .call_site = 0xffffffff8111, .node = -1 } },
	{ "kmem_cache_free: call_site=ffffffff8111 ptr=ffff88003",
	  { .kind = TF_CACHE_FREE, .call_site = 0xffffffff8111, .addr = 0xffff88003, .node = -1 } },
	{ "mm_page_alloc: page=ffffea0001b8a40 pfn=1804480 order=2 migratetype=1 "
	  "gfp_flags=GFP_HIGHUSER_MOVABLE",
	  { .kind = TF_PAGE_ALLOC,
	    .addr = 1804480,
	    .order = 2,
	    .migratetype = 1,
	    .gfp = 0x100cca,
	    .node = -1 } }, /* 2.6.32 to 4.x: pfn in decimal */
	{ "mm_page_alloc: page=0000000077d8f7e7 pfn=0x13e025 order=0 migratetype=1 "
	  "gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP",
	  { .kind = TF_PAGE_ALLOC,
	    .addr = 0x13e025,
	    .migratetype = 1,
	    .gfp = 0x140cca,
	    .node = -1 } },
	{ "mm_page_alloc: page=0000000000000000 pfn=0x0 order=9 migratetype=1 "
	  "gfp_flags=GFP_TRANSHUGE",
	  { .kind = TF_PAGE_ALLOC,
	    .addr = TF_NO_PFN,
	    .order = 9,
	    .migratetype = 1,
	    .gfp = 0x1c24ca,
	    .node = -1 } },
	{ "mm_page_alloc: page=(null) pfn=18446632070000000 order=4 migratetype=0 "
	  "gfp_flags=GFP_NOWAIT",
	  { .kind = TF_PAGE_ALLOC, .addr = TF_NO_PFN, .order = 4, .gfp = 0x2800, .node = -1 } },
	{ "mm_page_alloc: page=(nil) pfn=(nil) order=4 migratetype=0 gfp_flags=GFP_KERNEL",
	  { .kind = TF_PAGE_ALLOC, .addr = TF_NO_PFN, .order = 4, .gfp = 0xcc0, .node = -1 } },
	{ "mm_page_free: page=000000003449e650 pfn=0x106e65 order=0",
	  { .kind = TF_PAGE_FREE, .addr = 0x106e65, .node = -1 } },
	{ "mm_page_free_direct: page=ffffea00001b8a40 pfn=1804480 order=3",
	  { .kind = TF_PAGE_FREE, .addr = 1804480, .order = 3, .node = -1 } },
	{ "mm_page_free_batched: page=000000003449e650 pfn=0x106e65 order=0",
	  { .kind = TF_PAGE_FREE_BATCH, .addr = 0x106e65, .node = -1 } },
	{ "mm_pagevec_free: page=ffffea00001b8a40 pfn=1804480 order=0 cold=0",
	  { .kind = TF_PAGE_FREE, .addr = 1804480, .node = -1 } },
	{ "percpu_alloc_percpu: reserved=0 is_atomic=1 size=40 align=8 base_addr=00000000a off=3 "
	  "ptr=00000000bc",
	  { .kind = TF_PERCPU_ALLOC,
	    .addr = 0xbc,
	    .bytes_req = 40,
	    .order = 3,
	    .flags = TF_EV_ATOMIC,
	    .node = -1 } }, /* to 5.18 */
	{ "percpu_alloc_percpu: call_site=ffffffff8111 reserved=1 is_atomic=0 size=16 align=4096 "
	  "base_addr=a off=33472 ptr=0x60795baff250 bytes_alloc=64 gfp_flags=GFP_KERNEL_ACCOUNT",
	  { .kind = TF_PERCPU_ALLOC,
	    .call_site = 0xffffffff8111,
	    .addr = 0x60795baff250,
	    .bytes_req = 16,
	    .bytes_alloc = 64,
	    .order = 12,
	    .flags = TF_EV_RESERVED,
	    .gfp = 0x400cc0,
	    .node = -1 } },
	{ "percpu_free_percpu: base_addr=000000005693d1f1 off=32240 ptr=000000007d537f60",
	  { .kind = TF_PERCPU_FREE, .addr = 0x7d537f60, .node = -1 } },
	{ "percpu_alloc_percpu_fail: reserved=0 is_atomic=1 size=32768 align=1",
	  { .kind = TF_PERCPU_FAIL, .bytes_req = 32768, .flags = TF_EV_ATOMIC, .node = -1 } },
	{ "alloc_vmap_area: va_start: 18446683600651157504 size=20480 align=16384 "
	  "vstart=0xffffc90000000000 vend=0xffffe8ffffffffff failed=0",
	  { .kind = TF_VMAP_ALLOC,
	    .addr = 18446683600651157504ull,
	    .bytes_req = 20480,
	    .order = 14,
	    .node = -1 } },
	{ "alloc_vmap_area: va_start: 18446744073709551600 size=20480 align=1 vstart=0x1 vend=0x2 "
	  "failed=1",
	  { .kind = TF_VMAP_ALLOC,
	    .addr = 18446744073709551600ull,
	    .bytes_req = 20480,
	    .flags = TF_EV_FAILED,
	    .node = -1 } },
	{ "free_vmap_area_noflush: va_start=0xffffc90000345000 nr_lazy=5 nr_lazy_max=16384",
	  { .kind = TF_VMAP_FREE, .addr = 0xffffc90000345000, .node = -1 } },
};

START_TEST(test_fields)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct tf_event want = fields[i].ev;
		struct bed bed;
		char line[512];

		want.ts_ns = 1500000000;
		want.pid = 12;
		want.ctx = TF_CTX_UNKNOWN;
		snprintf(line, sizeof(line), " sh-12 [000] 1.5: %s\n", fields[i].text);
		bed_text(&bed, line);
		ck_assert_msg(bed.nr == 1, "%zu events from: %s", bed.nr, line);
		ck_assert_msg(!memcmp(bed.events, &want, sizeof(want)), "%s", line);
		ck_assert_uint_eq(bed.stats.nr_malformed, 0);
		bed_end(&bed);
	}
}
END_TEST

/* Each is an event of an allocator that lacks something, or has nonsense in it. */
START_TEST(test_malformed)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{ "kmalloc: call_site=f ptr=ffff88003 bytes_alloc=16", "no size" },
		{ "kmalloc: call_site=f bytes_req=1 bytes_alloc=16", "no ptr" },
		{ "kmalloc: ptr=ffff88003 bytes_req=1", "no bytes_alloc" },
		{ "kmalloc: ptr=(____ptrval____) bytes_req=1 bytes_alloc=1", "ptr is no pointer" },
		{ "kmalloc: ptr=12345678901234567 bytes_req=1 bytes_alloc=1", "ptr is no pointer" },
		{ "kmalloc: ptr=ffff8x bytes_req=1 bytes_alloc=1", "ptr is no pointer" },
		{ "kmalloc: ptr=ffff8 bytes_req=x bytes_alloc=1", "bytes_req is no number" },
		{ "kmalloc: ptr=ffff8 bytes_req=99999999999999999999 bytes_alloc=1",
		  "bytes_req is no number" },
		{ "kmalloc: ptr=ffff8 bytes_req=1 bytes_alloc=-1", "bytes_alloc is no number" },
		{ "kmalloc_node: ptr=ffff8 bytes_req=1 bytes_alloc=1 node=99999",
		  "node is no number" },
		{ "kfree:", "no ptr" },
		{ "mm_page_alloc: page=ffffea pfn=0x order=0", "pfn is no number" },
		{ "mm_page_alloc: page=ffffea pfn=1", "no order" },
		{ "mm_page_alloc: order=0 migratetype=0", "neither page nor pfn" },
		{ "mm_page_free: page=ffffea pfn=1 order=-1", "order is no number" },
		{ "percpu_alloc_percpu: ptr=1 size=1 align=z", "align is no number" },
		{ "alloc_vmap_area: va_start: ffff size=1", "va_start is no number" },
		{ "free_vmap_area_noflush: va_start=zzz", "va_start is no address" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bed bed;
		char line[512];

		snprintf(line, sizeof(line), " sh-12 [000] 1.5: %s\n", cases[i].text);
		bed_text(&bed, line);
		ck_assert_uint_eq(bed.nr, 0);
		ck_assert_uint_eq(bed.stats.nr_malformed, 1);
		ck_assert_uint_eq(bed.stats.bad[0].line, 1);
		ck_assert_str_eq(bed.stats.bad[0].reason, cases[i].reason);
		bed_end(&bed);
	}
}
END_TEST

/* Pages cannot be freed without one, nor be of an order that no kernel has. */
START_TEST(test_dropped)
{
	struct bed bed;

	bed_text(&bed, " sh-12 [000] 1.5: mm_page_free: page=(null) pfn=0x0 order=0\n"
		       " sh-12 [000] 1.5: mm_page_free: page=ffffea00 pfn=0x5 order=64\n");
	ck_assert_uint_eq(bed.nr, 0);
	ck_assert_uint_eq(bed.stats.nr_dropped, 2);
	bed_end(&bed);
}
END_TEST

START_TEST(test_not_events)
{
	struct bed bed;

	bed_text(&bed, "sh-12 [000] 1.5: kfree: ptr=ffff880000000000\n"
		       "one\n"
		       "sh-12 [000] kfree: ptr=ffff880000000000\n"
		       "sh-12 [000] d... kfree: ptr=ffff880000000000\n"
		       "sh-12 [99999999] 1.5: kfree: ptr=ffff880000000000\n"
		       "sh-12 [000] 1.5 kfree: ptr=ffff880000000000\n"
		       "sh-12 [000] 99999999999999.5: kfree: ptr=ffff880000000000\n"
		       "sh-99999999999 [000] 1.5: kfree: ptr=ffff880000000000\n"
		       "# a comment\n"
		       "\n"
		       "##### CPU 1 buffer started ####\n");
	ck_assert_uint_eq(bed.nr, 1);
	ck_assert_uint_eq(bed.stats.nr_lines, 11);
	ck_assert_uint_eq(bed.stats.nr_not_events, 7);
	ck_assert_uint_eq(bed.stats.bad[0].line, 2);
	ck_assert_str_eq(bed.stats.bad[0].reason, "no task, process and CPU");
	ck_assert_str_eq(bed.stats.bad[1].reason, "neither flags nor a time behind the CPU");
	ck_assert_str_eq(bed.stats.bad[2].reason, "no time");
	bed_end(&bed);
}
END_TEST

START_TEST(test_ignored)
{
	struct bed bed;

	bed_text(&bed, " sh-12 [000] d..2. 1.5: sched_switch: prev_comm=sh prev_pid=1 ==> next\n"
		       " sh-12 [000] ...1. 1.5: rss_stat: mm_id=1 curr=1\n"
		       " sh-12 [000] ...1. 1.5: rss_stat: mm_id=1 curr=1\n"
		       " sh-12 [000] ...1. 1.5: do_it <-called_by\n"
		       " sh-12 [000] ...1. 1.5: kfree: call_site=f+0x1/0x2 ptr=ffff880000000000\n");
	ck_assert_uint_eq(bed.nr, 1);
	ck_assert_uint_eq(bed.stats.nr_ignored, 4);
	ck_assert_uint_eq(bed.stats.nr_kinds_ignored, 3);
	ck_assert_str_eq(bed.stats.ignored[0].name, "rss_stat");
	ck_assert_uint_eq(bed.stats.ignored[0].nr, 2);
	ck_assert_str_eq(bed_fact(&bed, "import.ignored.sched_switch"), "1");
	ck_assert_str_eq(bed_fact(&bed, "import.ignored.(no name)"), "1");
	bed_end(&bed);
}
END_TEST

/* More names than are counted apart: the rest are counted together. */
START_TEST(test_too_many_kinds)
{
	struct bed bed;
	char *text = malloc(1 << 18);
	size_t len = 0;

	for (unsigned int i = 0; i < 2000; i++)
		len += (size_t)sprintf(text + len, " sh-12 [000] 1.5: event_%u: x\n", i);
	bed_text(&bed, text);
	ck_assert_uint_eq(bed.stats.nr_ignored, 2000);
	ck_assert_uint_eq(bed.stats.nr_kinds_ignored, 1025);
	ck_assert_str_eq(bed.stats.ignored[0].name, "...");
	ck_assert_uint_eq(bed.stats.ignored[0].nr, 2000 - 1024);
	free(text);
	bed_end(&bed);
}
END_TEST

START_TEST(test_losses)
{
	struct bed bed;

	bed_text(&bed, "CPU:2 [LOST 7 EVENTS]\n"
		       " sh-12 [000] 1.5: kfree: ptr=ffff880000000000\n"
		       "CPU:3 [LOST 123 EVENTS]\n"
		       " sh-12 [003] 1.6: kfree: ptr=ffff880000000000\n"
		       "CPU:3 [LOST EVENTS]\n"
		       "CPU:1 [5 EVENTS DROPPED]\n"
		       " sh 12 [001] 1.7: PERF_RECORD_LOST lost 50\n"
		       " sh-12 [003] 1.8: kfree: ptr=ffff880000000000\n"
		       "CPU:1 [LOST\n");
	ck_assert_uint_eq(bed.nr, 8);
	ck_assert_uint_eq(bed.stats.nr_lost, 7 + 123 + 1 + 5 + 50);
	ck_assert_uint_eq(bed.stats.nr_uncounted_losses, 1);
	ck_assert_uint_eq(bed.stats.nr_not_events, 1);
	/* What was lost before the first event has its time; the others that of the one before. */
	ck_assert_uint_eq(bed.events[0].kind, TF_GAP);
	ck_assert_uint_eq(bed.events[0].cpu, 2);
	ck_assert_uint_eq(bed.events[0].bytes_req, 7);
	ck_assert_uint_eq(bed.events[0].ts_ns, 1500000000);
	ck_assert_uint_eq(bed.events[2].kind, TF_GAP);
	ck_assert_uint_eq(bed.events[2].cpu, 3);
	ck_assert_uint_eq(bed.events[2].bytes_req, 123);
	ck_assert_uint_eq(bed.events[2].ts_ns, 1500000000);
	ck_assert_uint_eq(bed.events[6].bytes_req, 50);
	bed_end(&bed);
}
END_TEST

/* What comments tell of the host, and of events that the ring has overwritten. */
START_TEST(test_header_facts)
{
	struct bed bed;

	bed_text(&bed, "# os release : 6.18.44\n# arch : aarch64\n# nrcpus online : 2\n"
		       "# nrcpus avail : 4\n# cmdline : /usr/bin/perf record -e kmem:* -a\n#\n"
		       "sh 12 [000] 1.5: kmem:kfree: ptr=ffff880000000000\n");
	ck_assert_str_eq(bed_fact(&bed, "host.release"), "6.18.44");
	ck_assert_str_eq(bed_fact(&bed, "host.machine"), "aarch64");
	ck_assert_str_eq(bed_fact(&bed, "host.cpus_online"), "2");
	ck_assert_str_eq(bed_fact(&bed, "host.cpus_possible"), "4");
	ck_assert_str_eq(bed_fact(&bed, "record.command"), "/usr/bin/perf record -e kmem:* -a");
	ck_assert_str_eq(bed_fact(&bed, "import.source"), "perf script");
	bed_end(&bed);

	bed_text(&bed, "# entries-in-buffer/entries-written: 105043/216497   #P:2\n"
		       " sh-12 [000] 1.5: kfree: ptr=ffff880000000000\n");
	ck_assert_str_eq(bed_fact(&bed, "host.cpus_online"), "2");
	ck_assert_str_eq(bed_fact(&bed, "import.overwritten"), "111454");
	ck_assert_str_eq(bed_fact(&bed, "import.source"), "ftrace");
	bed_end(&bed);
}
END_TEST

/* A format that was asked for is the only one that is read. */
START_TEST(test_format)
{
	static const char text[] = " sh-12 [000] 1.5: kfree: ptr=ffff880000000000\n"
				   " sh 13 [000] 1.6: kmem:kfree: ptr=ffff880000000008\n";
	struct tf_error err;
	struct bed bed;

	bed_begin(&bed);
	ck_assert_int_eq(bed_feed(&bed, text, strlen(text), 0, TF_FORMAT_FTRACE, &err), 0);
	bed_finish(&bed);
	ck_assert_uint_eq(bed.nr, 1);
	ck_assert_uint_eq(bed.events[0].pid, 12);
	ck_assert_str_eq(bed.stats.bad[0].reason, "the other format");
	bed_end(&bed);

	bed_begin(&bed);
	ck_assert_int_eq(bed_feed(&bed, text, strlen(text), 0, TF_FORMAT_PERF_SCRIPT, &err), 0);
	bed_finish(&bed);
	ck_assert_uint_eq(bed.nr, 1);
	ck_assert_uint_eq(bed.events[0].pid, 13);
	bed_end(&bed);

	for (int format = 0; format < TF_NR_FORMATS; format++)
		ck_assert_int_eq(
			tf_import_format_from_name(tf_import_format_name((unsigned)format)),
			format);
	ck_assert_int_eq(tf_import_format_from_name("csv"), -1);
}
END_TEST

START_TEST(test_event_names)
{
	for (unsigned int event = 1; event < TF_NR_IMPORT_EVENTS; event++) {
		const char *name = tf_import_event_name(event);

		ck_assert_uint_eq(tf_import_event_by_name(name, strlen(name)), event);
		ck_assert_uint_eq(tf_import_event_by_name(name, strlen(name) - 1), TF_IMPORT_OTHER);
	}
	ck_assert_uint_eq(tf_import_event_by_name("kmallox", 7), TF_IMPORT_OTHER);
	ck_assert_uint_eq(tf_import_event_by_name("", 0), TF_IMPORT_OTHER);
	ck_assert_ptr_null(tf_import_event_name(TF_IMPORT_OTHER));
	ck_assert_ptr_null(tf_import_event_name(TF_NR_IMPORT_EVENTS));
}
END_TEST

RUN_SUITE("tracefmt/import/text", test_heads, test_fields, test_malformed, test_dropped,
	  test_not_events, test_ignored, test_too_many_kinds, test_losses, test_header_facts,
	  test_format, test_event_names)
