/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host of the golden traces: one node, zones DMA and DMA32 of together 128 MiB,
 * few caches.  Its files are as short as a kernel's are long, but of the same shape.
 */
#include "tests/tools/golden_host.h"

#include <stdio.h>
#include <string.h>

#define PERCPU_CHUNK                                                                               \
	"0xffffe8ffffc00000-0xffffe8ffffe00000 2097152 pcpu_get_vm_areas+0x0/0x1050 vmalloc\n"

/* Free blocks of zone DMA32 at start and end, by order, all movable. */
static const unsigned int free_start[11] = { 100, 50, 40, 60, 30, 20, 10, 6, 4, 2, 0 };
static const unsigned int free_end[11] = { 78, 51, 40, 60, 31, 20, 11, 7, 5, 1, 0 };

struct cache {
	const char *name;
	uint32_t id, size, objects, order, min_partial, cpu_partial;
	unsigned int slabs[2], active[2], partial[2]; /* at start and end */
};

static const struct cache caches[] = {
	{ "kmalloc-64", CACHE_KMALLOC_64, 64, 64, 0, 5, 120, { 40, 40 }, { 2400, 2401 }, { 3, 3 } },
	{ "kmalloc-128",
	  CACHE_KMALLOC_128,
	  128,
	  32,
	  0,
	  5,
	  120,
	  { 30, 35 },
	  { 900, 1090 },
	  { 4, 4 } },
	{ "kmalloc-256", CACHE_KMALLOC_256, 256, 16, 0, 5, 52, { 20, 20 }, { 300, 300 }, { 2, 2 } },
	{ "kmalloc-1k", CACHE_KMALLOC_1K, 1024, 16, 2, 5, 24, { 5, 6 }, { 70, 80 }, { 2, 3 } },
	{ "dentry", CACHE_DENTRY, 192, 21, 0, 5, 120, { 100, 109 }, { 2000, 2070 }, { 6, 10 } },
};
#define NR_CACHES (sizeof(caches) / sizeof(caches[0]))

static const struct {
	uint64_t addr;
	const char *name;
	uint32_t offset;
} symbols[] = {
	{ SITE_D_ALLOC, "__d_alloc", 0x12 },
	{ SITE_D_FREE, "__d_free", 0x34 },
	{ SITE_RING_ALLOC, "ring_grow", 0x42 },
	{ SITE_MSG_ALLOC, "alloc_msg", 0x20 },
	{ SITE_MSG_FREE, "free_msg", 0x8 },
	{ SITE_TIMER, "poll_timer [nicdrv]", 0x77 },
	{ SITE_KMALLOC, "__kmalloc_large_node", 0x10 },
	{ SITE_PIPE, "pipe_resize_ring", 0x99 },
	{ SITE_FAULT, "do_anonymous_page", 0x55 },
	{ SITE_DMA_POOL, "pool_grow [nicdrv]", 0x21 },
	{ SITE_STACK, "dup_task_struct", 0x63 },
	{ SITE_IOREMAP, "nic_probe [nicdrv]", 0x17 },
	{ SITE_STATS, "alloc_stats", 0x11 },
	{ SITE_VFS, "vfs_ioctl", 0x2c },
	{ SITE_SYSCALL, "do_syscall_64", 0x5d },
	{ SITE_KTHREAD, "kthread", 0xd1 },
};

static const char *const gfp_names[] = {
	"DMA",	 "HIGHMEM",    "DMA32",		"MOVABLE",  "RECLAIMABLE",    "HIGH",
	"IO",	 "FS",	       "ZERO",		NULL,	    "DIRECT_RECLAIM", "KSWAPD_RECLAIM",
	"WRITE", "NOWARN",     "RETRY_MAYFAIL", "NOFAIL",   "NORETRY",	      "MEMALLOC",
	"COMP",	 "NOMEMALLOC", "HARDWALL",	"THISNODE", "ACCOUNT",
};

uint32_t golden_kmalloc_cache(uint64_t bytes)
{
	for (size_t i = 0; i < NR_CACHES; i++) {
		if (caches[i].id != CACHE_DENTRY && caches[i].size == bytes)
			return caches[i].id;
	}
	return 0;
}

/* Where the chains end: a system call, a kernel thread. */
static const uint64_t entries[] = { SITE_SYSCALL, SITE_KTHREAD };

uint32_t golden_stack(uint64_t call_site, unsigned int cpu)
{
	for (uint32_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		if (symbols[i].addr == call_site)
			return 1 + 2 * i + cpu % 2;
	}
	return 0;
}

int golden_stacks(struct tf_meta *meta)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < 2 * sizeof(symbols) / sizeof(symbols[0]); i++) {
		const uint64_t frames[] = { symbols[i / 2].addr, SITE_VFS, entries[i % 2] };

		err = tf_meta_add_stack(meta, 1 + i, frames, 3);
	}
	return err;
}

static int add_caches(struct tf_meta *meta)
{
	int err = 0;

	for (size_t i = 0; i < NR_CACHES && !err; i++) {
		const struct cache *from = &caches[i];
		struct tf_cache cache = {
			.id = from->id,
			.object_size = from->size,
			.size = from->size,
			.align = 8,
			.oo = from->order << 16 | from->objects,
			.min_partial = from->min_partial,
			.cpu_partial = from->cpu_partial,
			.cpu_partial_slabs =
				(2 * from->cpu_partial + from->objects - 1) / from->objects,
		};

		strcpy(cache.name, from->name);
		err = tf_meta_add_cache(meta, &cache);
	}
	return err;
}

int golden_facts(struct tf_meta *meta, const char *variant)
{
	bool is_foreign = !strcmp(variant, "foreign");
	int err = 0;

	err |= tf_meta_set(meta, "host.release", "6.12.0-golden");
	err |= tf_meta_set(meta, "host.machine", is_foreign ? "s390x" : "x86_64");
	err |= tf_meta_set(meta, "host.cpus_online", "2");
	err |= tf_meta_set(meta, "host.cpus_possible", "2");
	err |= tf_meta_set(meta, "host.numa_nodes", "1");
	err |= tf_meta_set(meta, "host.page_size", "4096");
	err |= tf_meta_set(meta, "record.command", "golden workload");
	err |= tf_meta_set(meta, "record.class.slab", "tp_btf");
	err |= tf_meta_set(meta, "record.class.page", "tp_btf");
	err |= tf_meta_set(meta, "record.class.vmalloc", "tp_btf");
	err |= tf_meta_set(meta, "record.class.percpu", "tp_btf");
	err |= tf_meta_setf(meta, "calib.page_offset_base", "0x%llx", 0xffff888000000000ull);
	for (unsigned int bit = 0; bit < sizeof(gfp_names) / sizeof(gfp_names[0]); bit++) {
		char key[40];

		if (!gfp_names[bit])
			continue;
		snprintf(key, sizeof(key), "gfp.%s", gfp_names[bit]);
		err |= tf_meta_setf(meta, key, "%u", bit);
	}
	err |= add_caches(meta);
	for (size_t i = 0; strcmp(variant, "bare") && i < sizeof(symbols) / sizeof(symbols[0]); i++)
		err |= tf_meta_add_symbol(meta, symbols[i].addr, symbols[i].name,
					  symbols[i].offset);
	return err;
}

static unsigned int free_pages(const unsigned int *blocks)
{
	unsigned int pages = 0;

	for (unsigned int order = 0; order < 11; order++)
		pages += blocks[order] << order;
	return pages;
}

static int add_text(struct tf_snapshot *snap, const char *path, const char *text)
{
	return tf_snapshot_add(snap, path, text, strlen(text));
}

static int add_zones(struct tf_snapshot *snap, const unsigned int *blocks)
{
	char text[4096], orders[200] = "";
	int err;

	snprintf(text, sizeof(text),
		 "Node 0, zone      DMA\n"
		 "  pages free     768\n        boost    0\n        min      20\n"
		 "        low      25\n        high     30\n        spanned  4095\n"
		 "        present  3998\n        managed  3900\n"
		 "        protection: (0, 109, 109, 109)\n  pagesets\n"
		 "    cpu: 0\n              count: 0\n              high:  0\n"
		 "              batch: 1\n"
		 "    cpu: 1\n              count: 0\n              high:  0\n"
		 "              batch: 1\n  start_pfn:           1\n"
		 "Node 0, zone    DMA32\n"
		 "  pages free     %u\n        boost    0\n        min      200\n"
		 "        low      250\n        high     300\n        spanned  28672\n"
		 "        present  28672\n        managed  28000\n"
		 "        protection: (0, 0, 0, 0)\n  pagesets\n"
		 "    cpu: 0\n              count: 10\n              high:  60\n"
		 "              batch: 7\n"
		 "    cpu: 1\n              count: 14\n              high:  60\n"
		 "              batch: 7\n  start_pfn:           4096\n",
		 free_pages(blocks));
	err = add_text(snap, "/proc/zoneinfo", text);
	for (unsigned int order = 0; order < 11; order++)
		snprintf(orders + strlen(orders), sizeof(orders) - strlen(orders), " %6u",
			 blocks[order]);
	snprintf(text, sizeof(text),
		 "Page block order: 9\nPages per block:  512\n\n"
		 "Free pages count per migrate type at order       0      1      2      3      4"
		 "      5      6      7      8      9     10 \n"
		 "Node    0, zone      DMA, type    Unmovable      0      0      0      0      0"
		 "      0      0      0      0      0      0 \n"
		 "Node    0, zone      DMA, type      Movable      0      0      0      0      0"
		 "      8      8      0      0      0      0 \n"
		 "Node    0, zone    DMA32, type    Unmovable      0      0      0      0      0"
		 "      0      0      0      0      0      0 \n"
		 "Node    0, zone    DMA32, type      Movable%s \n",
		 orders);
	return err | add_text(snap, "/proc/pagetypeinfo", text);
}

static int add_slabs(struct tf_snapshot *snap, bool is_end)
{
	char slabinfo[2048], sysfs[4096] = "";
	size_t used;
	int err;

	snprintf(slabinfo, sizeof(slabinfo),
		 "slabinfo - version: 2.1\n"
		 "# name            <active_objs> <num_objs> <objsize> <objperslab> "
		 "<pagesperslab>\n");
	for (size_t i = 0; i < NR_CACHES; i++) {
		const struct cache *cache = &caches[i];
		unsigned int slabs = cache->slabs[is_end];

		used = strlen(slabinfo);
		snprintf(slabinfo + used, sizeof(slabinfo) - used,
			 "%-17s %6u %6u %6u %4u %4u : tunables    0    0    0 : slabdata %6u %6u "
			 "     0\n",
			 cache->name, cache->active[is_end], slabs * cache->objects, cache->size,
			 cache->objects, 1u << cache->order, slabs, slabs);
		used = strlen(sysfs);
		snprintf(sysfs + used, sizeof(sysfs) - used,
			 "%s/cpu_partial=%u\n%s/cpu_slabs=2\n%s/min_partial=%u\n"
			 "%s/object_size=%u\n%s/partial=%u\n%s/slabs_cpu_partial=0(0)\n",
			 cache->name, cache->cpu_partial, cache->name, cache->name,
			 cache->min_partial, cache->name, cache->size, cache->name,
			 cache->partial[is_end], cache->name);
	}
	err = add_text(snap, "/proc/slabinfo", slabinfo);
	return err | add_text(snap, "/sys/kernel/slab", sysfs);
}

int golden_snapshot(struct tf_meta *meta, uint64_t ts_ns, bool is_end)
{
	struct tf_snapshot *snap = tf_meta_begin_snapshot(meta, ts_ns);
	int err;

	if (!snap)
		return -1;
	err = add_zones(snap, is_end ? free_end : free_start);
	err |= add_slabs(snap, is_end);
	err |= add_text(snap, "/proc/meminfo",
			is_end ? "MemTotal:         127600 kB\nPercpu:             480 kB\n"
			       : "MemTotal:         127600 kB\nPercpu:             456 kB\n");
	err |= add_text(snap, "/proc/vmallocinfo",
			is_end ? PERCPU_CHUNK "0xffffc90000000000-0xffffc90000005000   20480 "
					      "dup_task_struct+0x63/0x900 pages=4 vmalloc\n"
					      "0xffffc90000020000-0xffffc90000022000    8192 "
					      "nic_probe+0x17/0x80 phys=0xfe000000 ioremap\n"
			       : PERCPU_CHUNK "0xffffc90000000000-0xffffc90000005000   20480 "
					      "dup_task_struct+0x63/0x900 pages=4 vmalloc\n");
	err |= add_text(snap, "/proc/sys/vm/min_free_kbytes", "880\n");
	err |= add_text(snap, "/proc/sys/vm/watermark_scale_factor", "10\n");
	err |= add_text(snap, "/proc/sys/vm/percpu_pagelist_high_fraction", "0\n");
	err |= add_text(snap, "/proc/sys/vm/lowmem_reserve_ratio", "256\t256\t32\t0\t0\n");
	return err;
}
