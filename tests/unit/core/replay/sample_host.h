/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small host as its /proc files would show it: two CPUs, 16 MiB in DMA and 112 MiB in
 * DMA32, a handful of caches.  Every number agrees with every other, so that a model
 * started from it can be held against it exactly.
 *
 *   zone    start_pfn  spanned  managed   free   on per-cpu lists
 *   DMA             1     4095     3840    768   0
 *   DMA32        4096    28672    28672   5168   24 (16 on CPU 0, 8 on CPU 1)
 *
 *   cache          slabs x pages  active / all   cpu  cpu partial  partial
 *   dentry            40 x 1      837 / 840        2            3        1
 *   sample_object     10 x 2      318 / 320        2            1        1
 *   kmalloc-64         8 x 1      512 / 512        2            0        0
 */
#ifndef TESTS_SAMPLE_HOST_H
#define TESTS_SAMPLE_HOST_H

#define SAMPLE_FREE_DMA 768
#define SAMPLE_FREE_DMA32 5168
#define SAMPLE_PCP 24
#define SAMPLE_SLAB_PAGES (40 + 10 * 2 + 8)
#define SAMPLE_PERCPU_PAGES 160

static const char sample_zoneinfo[] = "Node 0, zone      DMA\n"
				      "  per-node stats\n"
				      "      nr_inactive_anon 2067\n"
				      "      nr_slab_reclaimable 55703\n"
				      "  pages free     768\n"
				      "        boost    0\n"
				      "        min      55\n"
				      "        low      68\n"
				      "        high     81\n"
				      "        promo    94\n"
				      "        spanned  4095\n"
				      "        present  3998\n"
				      "        managed  3840\n"
				      "        cma      0\n"
				      "        protection: (0, 112, 112, 112, 112)\n"
				      "      nr_free_pages 768\n"
				      "      nr_zone_inactive_anon 0\n"
				      "  pagesets\n"
				      "    cpu: 0\n"
				      "              count:    0\n"
				      "              high:     0\n"
				      "              batch:    1\n"
				      "              high_min: 34\n"
				      "              high_max: 240\n"
				      "  vm stats threshold: 4\n"
				      "    cpu: 1\n"
				      "              count:    0\n"
				      "              high:     0\n"
				      "              batch:    1\n"
				      "              high_min: 34\n"
				      "              high_max: 240\n"
				      "  vm stats threshold: 4\n"
				      "  node_unreclaimable:  0\n"
				      "  start_pfn:           1\n"
				      "Node 0, zone    DMA32\n"
				      "  pages free     5168\n"
				      "        boost    0\n"
				      "        min      300\n"
				      "        low      375\n"
				      "        high     450\n"
				      "        promo    525\n"
				      "        spanned  28672\n"
				      "        present  28672\n"
				      "        managed  28672\n"
				      "        cma      0\n"
				      "        protection: (0, 0, 0, 0, 0)\n"
				      "      nr_free_pages 5168\n"
				      "  pagesets\n"
				      "    cpu: 0\n"
				      "              count:    16\n"
				      "              high:     187\n"
				      "              batch:    7\n"
				      "              high_min: 187\n"
				      "              high_max: 1792\n"
				      "    cpu: 1\n"
				      "              count:    8\n"
				      "              high:     187\n"
				      "              batch:    7\n"
				      "              high_min: 187\n"
				      "              high_max: 1792\n"
				      "  start_pfn:           4096\n"
				      "Node 0, zone   Normal\n"
				      "  pages free     0\n"
				      "        min      0\n"
				      "        spanned  0\n"
				      "        present  0\n"
				      "        managed  0\n"
				      "        protection: (0, 0, 0, 0, 0)\n"
				      "Node 0, zone  Movable\n"
				      "  pages free     0\n"
				      "        managed  0\n"
				      "Node 0, zone   Device\n"
				      "  pages free     0\n"
				      "        managed  0\n";

/* Sums by order of what pagetypeinfo says by type. */
static const char sample_buddyinfo[] =
	"Node 0, zone      DMA      0      0      0      0      0      0      0      0      1      1 "
	"     0 \n"
	"Node 0, zone    DMA32      8      4      4      2      2      1      1      1      1      1 "
	"     4 \n";

static const char sample_pagetypeinfo[] =
	"Page block order: 9\n"
	"Pages per block:  512\n"
	"\n"
	"Free pages count per migrate type at order       0      1      2      3      4      5      6 "
	"     7      8      9     10 \n"
	"Node    0, zone      DMA, type    Unmovable      0      0      0      0      0      0      0 "
	"     0      1      0      0 \n"
	"Node    0, zone      DMA, type      Movable      0      0      0      0      0      0      0 "
	"     0      0      1      0 \n"
	"Node    0, zone      DMA, type  Reclaimable      0      0      0      0      0      0      0 "
	"     0      0      0      0 \n"
	"Node    0, zone      DMA, type   HighAtomic      0      0      0      0      0      0      0 "
	"     0      0      0      0 \n"
	"Node    0, zone      DMA, type      Isolate      0      0      0      0      0      0      0 "
	"     0      0      0      0 \n"
	"Node    0, zone    DMA32, type    Unmovable      3      1      1      0      1      0      0 "
	"     0      0      0      0 \n"
	"Node    0, zone    DMA32, type      Movable      3      2      2      2      1      1      1 "
	"     1      1      1      4 \n"
	"Node    0, zone    DMA32, type  Reclaimable      2      1      1      0      0      0      0 "
	"     0      0      0      0 \n"
	"\n"
	"Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic      Isolate \n"
	"Node 0, zone      DMA            1            7            0            0            0 \n"
	"Node 0, zone    DMA32            2           52            2            0            0 \n";

static const char sample_slabinfo[] =
	"slabinfo - version: 2.1\n"
	"# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables "
	"<limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n"
	"dentry               837    840    192   21    1 : tunables    0    0    0 : slabdata     "
	"40     40      0\n"
	"sample_object        318    320    256   32    2 : tunables    0    0    0 : slabdata     "
	"10     10      0\n"
	"kmalloc-cg-64          0      0     64   64    1 : tunables    0    0    0 : slabdata      "
	"0      0      0\n"
	"kmalloc-64           512    512     64   64    1 : tunables    0    0    0 : slabdata      "
	"8      8      0\n";

static const char sample_sysfs[] = "dentry/align=8\n"
				   "dentry/cpu_partial=120\n"
				   "dentry/ctor=\n"
				   "dentry/min_partial=5\n"
				   "dentry/object_size=192\n"
				   "dentry/order=0\n"
				   "dentry/reclaim_account=1\n"
				   "dentry/sheaf_capacity=0\n"
				   "dentry/cpu_slabs=5 N0=5\n"
				   "dentry/partial=1 N0=1\n"
				   "dentry/slabs=40 N0=40\n"
				   "dentry/slabs_cpu_partial=31(3) C0=21(2) C1=10(1)\n"
				   "sample_object/align=256\n"
				   "sample_object/cpu_partial=52\n"
				   "sample_object/min_partial=5\n"
				   "sample_object/object_size=232\n"
				   "sample_object/sheaf_capacity=32\n"
				   "sample_object/cpu_slabs=3 N0=3\n"
				   "sample_object/partial=1 N0=1\n"
				   "sample_object/slabs_cpu_partial=16(1) C0=16(1)\n"
				   "kmalloc-64/object_size=64\n"
				   "kmalloc-64/cpu_partial=120\n"
				   "kmalloc-64/min_partial=5\n"
				   "kmalloc-64/cpu_slabs=2 N0=2\n"
				   "kmalloc-64/partial=0\n"
				   "kmalloc-64/slabs_cpu_partial=0(0)\n"
				   "unknown_cache/partial=7\n";

static const char sample_vmallocinfo[] =
	"0x00000000df9c3a9e-0x00000000aea6aadb   20480 irq_init_percpu_irqstack+0xca/0x100 vmap\n"
	"0x00000000aea6aadb-0x000000001820f5e1    8192 acpi_os_map_iomem+0x1bc/0x1e0 "
	"phys=0x00000000000a0000 ioremap\n"
	"0x000000004d567968-0x00000000c5d71508   20480 kernel_clone+0x94/0x3e0 pages=4 vmalloc N0=4\n"
	"0x000000004d567969-0x00000000c5d71509   20480 kernel_clone+0x94/0x3e0 pages=4 vmalloc N0=4\n"
	"0x0000000000000003-0x0000000000000004 2097152 pcpu_get_vm_areas+0x0/0x1050 vmalloc\n"
	"0x0000000000000001-0x0000000000000002  143360 unpurged vm_area\n";

/* Areas above but for the percpu chunk, guards included. */
#define SAMPLE_VMALLOC_BYTES (3 * 20480 + 8192)

static const char sample_meminfo[] = "MemTotal:         130048 kB\n"
				     "MemFree:           23552 kB\n"
				     "Percpu:              640 kB\n"
				     "HugePages_Total:       0\n";

static const char sample_iomem[] = "00000000-00000fff : Reserved\n"
				   "00001000-0009fbff : System RAM\n"
				   "0009fc00-000fffff : Reserved\n"
				   "  000f0000-000fffff : System ROM\n"
				   "00100000-07ffffff : System RAM\n"
				   "  01000000-02209987 : Kernel code\n"
				   "fec00000-fec003ff : IOAPIC 0\n";

#endif
