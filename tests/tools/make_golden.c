/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes the golden traces of tests/golden with the real writer:
 *
 *   make_golden VARIANT OUT
 *
 * A hand-made host of two CPUs and 128 MiB does in two seconds what a real one does in
 * hours: every kind of event, a leak, waste, misuse, a failure, and each way in which a
 * trace and a model can disagree.  Everything is counted out by hand, nothing is random, so
 * that expected output can be checked with pencil and paper.
 *
 *   base     all of it
 *   head     the same, but the ring buffer asks for 200 bytes where base asks for 100
 *   loss     base, with 25 events lost on CPU 1
 *   bare     base without snapshots or symbols
 *   empty    a host, but no event
 *   foreign  recorded on a big-endian host
 *   chains   base, with a call chain for each allocation, and checkpoints
 *   segments base in two files, OUT and OUT.1
 *   transitions  a few events of what version 1.1 added, and no other
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tools/golden_host.h"
#include "tracefmt/writer.h"

#define START_NS 1000000000000ull
#define SPAN_NS 2000000000ull
#define STEP_NS 1000ull

#define DIRECT_MAP 0xffff888000000000ull
#define VMALLOC 0xffffc90000000000ull
#define PERCPU 0x0000607f00000000ull

enum gfp {
	GFP_KERNEL = 0xcc0,
	GFP_ATOMIC = 0x820,
	GFP_COMP = 0x40000,
	GFP_HIGHUSER_MOVABLE = 0x100cca,
};

struct golden {
	struct tf_writer *writer;
	struct tf_event ev; /* what is the same for the next event */
	uint64_t now_ns;
	bool has_gap, has_chains;
	uint64_t ring_bytes;
};

static void must(int err, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "make_golden: %s: %s\n", what, strerror(-err));
	exit(1);
}

/* Emit golden->ev as kind, one step later. */
static void emit(struct golden *golden, enum tf_kind kind, uint64_t call_site, uint64_t addr)
{
	struct tf_event ev = golden->ev;

	golden->now_ns += STEP_NS;
	ev.ts_ns = golden->now_ns;
	ev.kind = kind;
	ev.call_site = call_site;
	ev.addr = addr;
	if (golden->has_chains && tf_kind_is_alloc(kind))
		ev.stack = golden_stack(call_site, ev.cpu);
	must(tf_writer_add(golden->writer, &ev), "tf_writer_add");
}

static void on(struct golden *golden, unsigned int cpu, unsigned int pid)
{
	golden->ev = (struct tf_event){ .cpu = (uint16_t)cpu, .pid = pid, .node = TF_NO_NODE };
}

static void kmalloc(struct golden *golden, uint64_t call_site, uint64_t addr, uint64_t req,
		    uint32_t alloc, uint32_t gfp)
{
	golden->ev.bytes_req = req;
	golden->ev.bytes_alloc = alloc;
	golden->ev.gfp = gfp;
	golden->ev.cache = golden_kmalloc_cache(alloc);
	emit(golden, TF_KMALLOC, call_site, addr);
	golden->ev.bytes_req = golden->ev.bytes_alloc = golden->ev.gfp = golden->ev.cache = 0;
}

static void cache_alloc(struct golden *golden, uint64_t call_site, uint64_t addr, uint32_t cache,
			uint32_t size)
{
	golden->ev.bytes_req = golden->ev.bytes_alloc = size;
	golden->ev.gfp = GFP_KERNEL;
	golden->ev.cache = cache;
	emit(golden, TF_CACHE_ALLOC, call_site, addr);
	golden->ev.bytes_req = golden->ev.bytes_alloc = golden->ev.gfp = golden->ev.cache = 0;
}

static void cache_free(struct golden *golden, uint64_t call_site, uint64_t addr, uint32_t cache)
{
	golden->ev.cache = cache;
	emit(golden, TF_CACHE_FREE, call_site, addr);
	golden->ev.cache = 0;
}

static void page_alloc(struct golden *golden, uint64_t call_site, uint64_t pfn, unsigned int order,
		       uint32_t gfp, enum tf_owner owner)
{
	golden->ev.order = (uint8_t)order;
	golden->ev.gfp = gfp;
	golden->ev.owner = (uint8_t)owner;
	golden->ev.migratetype = gfp & 8 ? 1 : 0;
	emit(golden, TF_PAGE_ALLOC, call_site, pfn);
	golden->ev.order = golden->ev.owner = golden->ev.migratetype = 0;
	golden->ev.gfp = 0;
}

static void page_free(struct golden *golden, uint64_t call_site, uint64_t pfn, unsigned int order,
		      enum tf_owner owner)
{
	golden->ev.order = (uint8_t)order;
	golden->ev.owner = (uint8_t)owner;
	emit(golden, TF_PAGE_FREE, call_site, pfn);
	golden->ev.order = golden->ev.owner = 0;
}

static uint64_t object(uint64_t pfn, uint64_t offset)
{
	return DIRECT_MAP + (pfn << 12) + offset;
}

/* A walk over directories: 300 dentries made, all but 20 freed, ten from before freed too. */
static void walk(struct golden *golden)
{
	on(golden, 0, 100);
	for (unsigned int i = 0; i < 300; i++) {
		if (i % 21 == 0)
			page_alloc(golden, SITE_D_ALLOC, 8192 + i / 21, 0, GFP_KERNEL,
				   TF_OWNER_SLAB);
		cache_alloc(golden, SITE_D_ALLOC, object(8192 + i / 21, i % 21 * 192), CACHE_DENTRY,
			    192);
	}
	for (unsigned int i = 0; i < 280; i++)
		cache_free(golden, SITE_D_FREE, object(8192 + i / 21, i % 21 * 192), CACHE_DENTRY);
	for (unsigned int i = 0; i < 10; i++)
		cache_free(golden, SITE_D_FREE, object(9000, i * 192), CACHE_DENTRY);
}

/* A ring buffer that grows all the time and is never freed; half of each object is unused. */
static void grow_ring(struct golden *golden, unsigned int round)
{
	uint64_t size = golden->ring_bytes <= 128 ? 128 : 256;

	on(golden, 1, 200);
	for (unsigned int i = 0; i < 10; i++)
		kmalloc(golden, SITE_RING_ALLOC, object(10000 + round, i * 256), golden->ring_bytes,
			size, GFP_KERNEL);
}

/* Twenty messages of 600 bytes, in 1 KiB each, freed at once by a softirq. */
static void messages(struct golden *golden)
{
	on(golden, 0, 300);
	for (unsigned int i = 0; i < 20; i++)
		kmalloc(golden, SITE_MSG_ALLOC, object(11000, i * 1024), 600, 1024,
			GFP_KERNEL | 0x100);
	on(golden, 0, 300);
	golden->ev.ctx = TF_CTX_SOFTIRQ;
	for (unsigned int i = 0; i < 20; i++)
		emit(golden, TF_KFREE, SITE_MSG_FREE, object(11000, i * 1024));
}

/* A softirq that says it may sleep: a rule broken three times; then once rightly. */
static void softirq(struct golden *golden)
{
	on(golden, 1, 0);
	golden->ev.pid = 7;
	golden->ev.ctx = TF_CTX_SOFTIRQ;
	golden->ev.preempt = 1;
	for (unsigned int i = 0; i < 3; i++)
		kmalloc(golden, SITE_TIMER, object(12000, i * 64), 40, 64, GFP_KERNEL);
	kmalloc(golden, SITE_TIMER, object(12000, 192), 64, 64, GFP_ATOMIC);
	for (unsigned int i = 0; i < 4; i++)
		emit(golden, TF_KFREE, SITE_TIMER, object(12000, i * 64));
}

/* A large kmalloc is told twice, and its pages are the slab layer's. */
static void large(struct golden *golden)
{
	on(golden, 0, 100);
	page_alloc(golden, SITE_PIPE, 13000, 2, GFP_KERNEL | GFP_COMP, TF_OWNER_SLAB);
	kmalloc(golden, SITE_KMALLOC, object(13000, 0), 10240, 16384, GFP_KERNEL);
	kmalloc(golden, SITE_PIPE, object(13000, 0), 10240, 16384, GFP_KERNEL);
	emit(golden, TF_KFREE, SITE_PIPE, object(13000, 0));
	page_free(golden, SITE_PIPE, 13000, 2, TF_OWNER_SLAB);
}

/* Pages: faults, a block that is freed page by page, an order that cannot be had. */
static void pages(struct golden *golden)
{
	on(golden, 1, 400);
	for (unsigned int i = 0; i < 50; i++)
		page_alloc(golden, SITE_FAULT, 14000 + i, 0, GFP_HIGHUSER_MOVABLE, TF_OWNER_OTHER);
	page_alloc(golden, SITE_DMA_POOL, 14336, 3, GFP_KERNEL, TF_OWNER_OTHER);
	for (unsigned int i = 0; i < 8; i++)
		page_free(golden, SITE_DMA_POOL, 14336 + i, 0, TF_OWNER_OTHER);
	page_alloc(golden, SITE_DMA_POOL, TF_NO_PFN, 10, GFP_ATOMIC | GFP_COMP, TF_OWNER_OTHER);
	for (unsigned int i = 0; i < 40; i++) {
		page_free(golden, SITE_FAULT, 14000 + i, 0, TF_OWNER_OTHER);
		emit(golden, TF_PAGE_FREE_BATCH, 0, 14000 + i);
	}
	page_free(golden, SITE_FAULT, 15000, 0, TF_OWNER_OTHER);
}

/* A thread's stack from vmalloc, a mapping of a device, both gone again but for the device. */
static void areas(struct golden *golden)
{
	on(golden, 0, 500);
	golden->ev.bytes_req = 20480;
	golden->ev.order = 14;
	golden->ev.owner = TF_OWNER_VMALLOC;
	emit(golden, TF_VMAP_ALLOC, SITE_STACK, VMALLOC + 0x8000);
	for (unsigned int i = 0; i < 4; i++)
		page_alloc(golden, SITE_STACK, 15100 + i, 0, GFP_KERNEL, TF_OWNER_VMALLOC);
	on(golden, 0, 500);
	golden->ev.bytes_req = 8192;
	golden->ev.order = 12;
	golden->ev.owner = TF_OWNER_OTHER;
	emit(golden, TF_VMAP_ALLOC, SITE_IOREMAP, VMALLOC + 0x20000);
	on(golden, 0, 500);
	golden->ev.owner = TF_OWNER_VMALLOC;
	emit(golden, TF_VMAP_FREE, SITE_STACK, VMALLOC + 0x8000);
	for (unsigned int i = 0; i < 4; i++)
		page_free(golden, SITE_STACK, 15100 + i, 0, TF_OWNER_VMALLOC);
}

static void percpu(struct golden *golden)
{
	on(golden, 1, 600);
	for (unsigned int i = 0; i < 6; i++) {
		golden->ev.bytes_req = 24;
		golden->ev.bytes_alloc = 64;
		golden->ev.order = 3;
		golden->ev.gfp = GFP_KERNEL;
		emit(golden, TF_PERCPU_ALLOC, SITE_STATS, PERCPU + i * 64);
	}
	on(golden, 1, 600);
	for (unsigned int i = 0; i < 4; i++)
		emit(golden, TF_PERCPU_FREE, 0, PERCPU + i * 64);
	golden->ev.bytes_req = 65536;
	golden->ev.order = 3;
	emit(golden, TF_PERCPU_FAIL, 0, 0);
}

/* An address given out twice: what was there went unseen.  And a free of nothing known. */
static void unseen(struct golden *golden)
{
	on(golden, 0, 700);
	for (unsigned int i = 0; i < 2; i++)
		kmalloc(golden, SITE_RCU, object(16000, 0), 64, 64, GFP_KERNEL);
	emit(golden, TF_KFREE, SITE_RCU, object(16000, 0));
	emit(golden, TF_KFREE, SITE_RCU, object(16001, 0));
}

static void gap(struct golden *golden)
{
	on(golden, 1, 0);
	golden->ev.bytes_req = 25;
	emit(golden, TF_GAP, 0, 0);
	golden->ev.bytes_req = 0;
}

static void mark(struct golden *golden, uint64_t number)
{
	on(golden, 0, 0);
	emit(golden, TF_MARK, 0, number);
}

/* Three pages on their way through a per-CPU list, and one block of another migratetype. */
static void move_pages(struct golden *golden)
{
	on(golden, 1, 400);
	golden->ev.flags = TF_EV_PERCPU_REFILL;
	for (unsigned int i = 0; i < 3; i++)
		emit(golden, TF_ZONE_LOCKED, 0, 14000 + i);
	golden->ev.flags = 0;
	golden->ev.migratetype = 1;
	golden->ev.order = 3;
	golden->ev.bytes_req = 10; /* the block that it was taken of */
	golden->ev.bytes_alloc = 2;
	emit(golden, TF_EXTFRAG, 0, 16384);
	golden->ev.bytes_req = golden->ev.bytes_alloc = 0;
	emit(golden, TF_ZONE_LOCKED, 0, 16384);
	on(golden, 1, 400);
	page_alloc(golden, SITE_FAULT, 14000, 0, GFP_KERNEL, TF_OWNER_OTHER);
	golden->ev.ctx = TF_CTX_SOFTIRQ;
	for (unsigned int i = 1; i < 3; i++)
		emit(golden, TF_PCPU_DRAIN, 0, 14000 + i);
}

/* Three objects by one call, given back in two; what the task was in, and what it held. */
static void untraced(struct golden *golden)
{
	on(golden, 0, 500);
	golden->ev.flags = TF_EV_HOOKED | TF_EV_NOFS;
	for (unsigned int i = 0; i < 3; i++)
		cache_alloc(golden, SITE_D_ALLOC, object(8192, i * 192), CACHE_DENTRY, 192);
	golden->ev.flags = TF_EV_HOOKED;
	golden->ev.ctx = TF_CTX_RCU;
	for (unsigned int i = 0; i < 2; i++)
		cache_free(golden, SITE_D_FREE, object(8192, i * 192), CACHE_DENTRY);
	golden->ev.flags = TF_EV_MEMALLOC | TF_EV_NOIO;
	cache_free(golden, SITE_D_FREE, object(8192, 384), CACHE_DENTRY);
}

static void newer_load(struct golden *golden)
{
	golden->now_ns = START_NS;
	mark(golden, 0);
	move_pages(golden);
	untraced(golden);
	golden->now_ns = START_NS + SPAN_NS;
	mark(golden, 1);
}

static void workload(struct golden *golden)
{
	golden->now_ns = START_NS;
	mark(golden, 0);
	for (unsigned int round = 0; round < 20; round++) {
		if (round)
			golden->now_ns = START_NS + round * (SPAN_NS / 20);
		grow_ring(golden, round);
		messages(golden);
		if (round == 2)
			walk(golden);
		if (round == 4)
			softirq(golden);
		if (round == 6)
			large(golden);
		if (round == 8)
			pages(golden);
		if (round == 10)
			areas(golden);
		if (round == 12)
			percpu(golden);
		if (round == 14)
			unseen(golden);
		if (round == 16 && golden->has_gap)
			gap(golden);
	}
	golden->now_ns = START_NS + SPAN_NS;
	mark(golden, 1);
}

int main(int argc, char **argv)
{
	struct tf_writer_options options = { .level = 19, .block_events = 512 };
	struct golden golden = { .ring_bytes = 100 };
	struct tf_meta meta;
	struct tf_error error;
	const char *variant;
	bool is_empty, is_newer;

	if (argc != 3) {
		fprintf(stderr,
			"usage: make_golden base|head|loss|bare|empty|foreign|chains|segments|"
			"transitions OUT\n");
		return 2;
	}
	variant = argv[1];
	is_empty = !strcmp(variant, "empty");
	is_newer = !strcmp(variant, "transitions");
	options.minor = is_newer;
	golden.has_gap = !strcmp(variant, "loss");
	golden.has_chains = !strcmp(variant, "chains");
	if (golden.has_chains)
		options.checkpoint_events = 600;
	if (!strcmp(variant, "segments")) {
		options.rotate_ns = SPAN_NS / 2;
		options.trace_id = 0x6b6d656d746f6f6c;
	}
	if (!strcmp(variant, "head"))
		golden.ring_bytes = 200;
	tf_meta_init(&meta);
	must(golden_facts(&meta, variant), "facts");
	if (golden.has_chains)
		must(golden_stacks(&meta), "stacks");
	if (is_newer)
		must(tf_meta_set(&meta, "record.rcu", "task_struct"), "facts");
	must(tf_writer_create(&golden.writer, argv[2], &options, &error), error.reason);
	if (strcmp(variant, "bare") != 0)
		must(golden_snapshot(&meta, START_NS, false), "snapshot");
	must(tf_writer_add_meta(golden.writer, &meta), "tf_writer_add_meta");
	if (is_newer)
		newer_load(&golden);
	else if (!is_empty)
		workload(&golden);
	if (strcmp(variant, "bare") != 0)
		must(golden_snapshot(&meta, START_NS + SPAN_NS, !is_empty), "snapshot");
	must(tf_writer_add_meta(golden.writer, &meta), "tf_writer_add_meta");
	must(tf_writer_close(golden.writer, &error), "tf_writer_close");
	tf_meta_release(&meta);
	return 0;
}
