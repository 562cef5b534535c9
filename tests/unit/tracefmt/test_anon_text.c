/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of slab caches, and the files of snapshots, whatever is in them.
 */
#include "tests/unit/suite.h"

#include "tests/unit/tracefmt/anon.h"
#include "tracefmt/anon_caches.h"

START_TEST(test_kmalloc_names)
{
	static const char *const are[] = {
		"kmalloc-8",	     "kmalloc-8k",     "kmalloc-4M",
		"kmalloc-cg-96",     "kmalloc-rcl-2k", "dma-kmalloc-1k",
		"kmalloc-rnd-15-64", "size-131072",    "size-32(DMA)",
	};
	static const char *const are_not[] = {
		"",
		"kmalloc-",
		"kmalloc-x",
		"kmalloc-64x",
		"kmalloc-64(2:acme)",
		"kmalloc",
		"kmalloc-8kk",
		"kmalloc-acme-64",
		"xkmalloc-64",
		"kmalloc-123456789",
		"size-acme",
		"size-32(dma)",
		"kmalloc-rnd-64",
		"kmalloc-cg-",
		"kmalloc-64 acme",
		"kmem_cache",
		"kmalloc-64\n",
		"dma-kmalloc-",
		"size-",
		"kmalloc-rnd--64",
	};

	for (size_t i = 0; i < sizeof(are) / sizeof(are[0]); i++)
		ck_assert_msg(tf_anon_is_kmalloc(are[i]), "%s", are[i]);
	for (size_t i = 0; i < sizeof(are_not) / sizeof(are_not[0]); i++)
		ck_assert_msg(!tf_anon_is_kmalloc(are_not[i]), "%s", are_not[i]);
}
END_TEST

/* New names sort as the old ones did, those of kmalloc among them. */
START_TEST(test_cache_order)
{
	static const char *const names[] = {
		"Acpi-State",
		"bio-192",
		"dentry",
		"dma-kmalloc-512",
		"dma-kmalloc-96",
		"dquot",
		"inode_cache",
		"kmalloc-128",
		"kmalloc-64",
		"kmalloc-8k",
		"kmalloc-cg-1k",
		"kmem_cache",
		"pid",
		"size-128",
		"skbuff_head_cache",
		"task_struct",
		"vmap_area",
		"zswap_entry",
	};
	const size_t nr = sizeof(names) / sizeof(names[0]);
	char before[TF_ANON_CACHE_LEN] = "", name[TF_ANON_CACHE_LEN];
	struct tf_anon_caches c;
	struct tf_error err;

	tf_anon_caches_init(&c);
	for (size_t i = 0; i < nr; i++) {
		const char *any = names[i * 7 % nr];

		ck_assert_int_eq(tf_anon_caches_add(&c, any, strlen(any), &err), 0);
	}
	ck_assert_int_eq(tf_anon_caches_sort(&c, &err), 0);
	for (size_t i = 0; i < nr; i++) {
		ck_assert_int_eq(tf_anon_caches_name(&c, names[i], strlen(names[i]), name, &err),
				 0);
		ck_assert_int_lt(strcmp(before, name), 0);
		ck_assert_int_eq(tf_anon_is_kmalloc(names[i]), !strcmp(name, names[i]));
		strcpy(before, name);
	}
	ck_assert_int_eq(tf_anon_caches_name(&c, "never", 5, name, &err), -EINVAL);
	tf_anon_caches_release(&c);
}
END_TEST

struct rewriting {
	const char *path, *before, *after; /* after NULL: the file is left out */
};

static const struct rewriting rewritings[] = {
	/* Counters. */
	{ "/proc/buddyinfo", "Node 0, zone      DMA      0      1\nacme 0x1f\nlast 1",
	  "Node 0, zone      DMA      0      1\nlast 1\n" },
	{ "/proc/meminfo", "MemTotal:         473156 kB\nAcme: ffff888012345678\nA: 12345678\n",
	  "MemTotal:         473156 kB\nA: 12345678\n" },
	{ "/proc/vmstat", "nr_free_pages 1\nesc\033[1m 2\n\303\204 3\nx deadbee1\n",
	  "nr_free_pages 1\n" },
	{ "/proc/zoneinfo", "", "" },
	{ "/proc/pagetypeinfo", "\n\n", "\n\n" },
	/* Settings. */
	{ "/proc/sys/vm/lowmem_reserve_ratio", "256\t256\t32\n", "256\t256\t32\n" },
	{ "/proc/sys/vm/min_free_kbytes", "acme\n-1\n", "-1\n" },
	{ "/proc/sys/vm/../../acme", "1\n", NULL },
	{ "/proc/sys/vm/", "1\n", NULL },
	{ "/proc/sys/kernel/hostname", "acme\n", NULL },
	{ "/proc/version", "acme\n", NULL },
	{ "/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n",
	  "always [madvise] never\n" },
	{ "/sys/kernel/mm/transparent_hugepage/enabled", "always [acme]\n[\n]\n[]\n", "" },
	/* Memory. */
	{ "/proc/iomem",
	  "00001000-0009fbff : System RAM\n  00002000-00003000 : System RAM\n"
	  "20000000-febfffff : acme\n100000-1FFFFF : System RAM (acme)\n-1 : System RAM\n"
	  "1-2 : System RA",
	  "00001000-0009fbff : System RAM\n100000-1FFFFF : System RAM\n" },
	/* Caches; the names of this table are numbered in their order. */
	{ "/proc/slabinfo",
	  "slabinfo - version: 2.1 acme\n# name acme\n"
	  "acme_b                 0      1 : tunables 0 : slabdata 3\nkmalloc-64 5 6\n"
	  "acme_b\nacme_b x\nacme_b 1 acme\nacme_b 1 0x2\n\n 7 8",
	  "slabinfo - version: 2.1\n"
	  "cache00002        0      1 : tunables 0 : slabdata 3\n"
	  "kmalloc-64        5 6\ncache00001        8\n" },
	{ "/sys/kernel/slab",
	  "acme_a/order=2\nacme_a/ctor=init_once+0x0/0x70\nacme_a/slabs=15(11) C0=63(6) N0=2\n"
	  "acme_a/acme=1\nacme_a/order=acme\nacme_a/order\nacme_a\n/=\n/order=\n=/order=1\n",
	  "cache00003/order=2\ncache00003/slabs=15(11) C0=63(6) N0=2\ncache00001/order=\n"
	  "cache00002/order=1\n" },
	{ "light/proc/slabinfo",
	  "slabinfo - version: 2.1\nacme_b 2 3 : tunables 0 : slabdata 3\n# acme_a is gone\n",
	  "slabinfo - version: 2.1\ncache00001        2 3 : tunables 0 : slabdata 3\n" },
	{ "light/proc/buddyinfo", "Node 0, zone DMA 1\nacme 0x1f\n", "Node 0, zone DMA 1\n" },
	{ "light/proc/acme", "1\n", NULL },
	{ "kmem_cache",
	  "# address object_size acme\n"
	  "0xffff888101bdb100 312 320 8 0x20000 0x1000d 5 52 8 acme_b\n"
	  "0xffff888101bdb200 64 64 8 0x0 0x40 5 120 8 kmalloc-64\n"
	  "0xffff888101bdb300 1 2 3 0x4 0x5 6 7 8 acme a\n"
	  "0xffff888101bdb300 1 2 3 0x4 0x5 6 7 acme\n0x 1 2 3 4 5 6 7 8 acme\n"
	  "acme\n0xffff888101bdb300 1 2 3 0xacme 0x5 6 7 8 acme\n0xf 1 2 3 4 5 6 7 8\n",
	  "0xffff9080401db100 312 320 8 0x20000 0x1000d 5 52 8 cache00002\n"
	  "0xffff9080401db200 64 64 8 0x0 0x40 5 120 8 kmalloc-64\n"
	  "0xffff9080401db300 1 2 3 0x4 0x5 6 7 8 cache00001\n" },
	/* Made of the others. */
	{ "kind", "light\nacme\n", "light\n" },
	{ "times", "/proc/slabinfo 12345\nkmem_cache 7\n/home/acme 1\n/proc/slabinfo acme\nx\n",
	  "/proc/slabinfo 12345\nkmem_cache 7\n" },
	{ "page_map",
	  "page_map 1\n@100\n3840 F\n16 S3\n1 a\nacme\npage_map 1 acme\n@acme\n@\n1 Q\n1 \n"
	  "1 S 3\n1 S123\n F\ncut \n@12345678123456789\ncut 10a\n1 P # acme",
	  "page_map 1\n@100\n3840 F\n16 S3\n1 a\ncut 10a\n" },
	/* Areas. */
	{ "/proc/vmallocinfo",
	  "0xffffc90000000000-0xffffc90000005000   20480 acme_map+0xf4/0x130 vmap\n"
	  "0xffffc90000005000-0xffffc90000007000    8192 acme_io+0x1/0x2 [acme] "
	  "phys=0x00000000fed00000 ioremap\n"
	  "0x000000005f377837-0x000000002d0fd046  8192 acme_map+0x3e/0xc0 pages=1 vmalloc N0=1\n"
	  "0xffffc90000007000-0xffffc90000009000    8192 unpurged vm_area\n"
	  "0xffffc90000009000-0xffffc9000000b000    8192 pcpu_get_vm_areas+0x0/0x1050 vmalloc\n"
	  "0xffffc9000000b000-0xffffc9000000d000    8192 0xffffffff8e123456 pages=x acme vmalloc\n"
	  "0xffffc90000000000 20480 acme\n0xffffc90000000000-0xffffc90000005000 acme\n"
	  "0x-0x 1\n0x12345678901234567-0x2 4096 acme\nacme\n\n",
	  "0xffffc90000000000-0xffffc90000005000   20480 f0001 vmap\n"
	  "0xffffc90000005000-0xffffc90000007000    8192 f0002 [m01] ioremap\n"
	  "0xffffc90000007000-0xffffc90000009000    8192 f0001 pages=1 vmalloc N0=1\n"
	  "0xffffc90000009000-0xffffc9000000b000    8192 unpurged vm_area\n"
	  "0xffffc9000000b000-0xffffc9000000d000    8192 pcpu_get_vm_areas vmalloc\n"
	  "0xffffc9000000d000-0xffffc9000000f000    8192 f0003 vmalloc\n" },
};

START_TEST(test_text)
{
	for (size_t i = 0; i < sizeof(rewritings) / sizeof(rewritings[0]); i++) {
		const struct rewriting *r = &rewritings[i];
		const struct tf_snapfile *file;
		struct tf_snapshot *snap;
		struct fixture f;

		begin(&f);
		snap = tf_meta_begin_snapshot(&f.meta, 123);
		ck_assert_int_eq(tf_snapshot_add(snap, r->path, r->before, strlen(r->before)), 0);
		start(&f, &host_64);
		ck_assert_int_eq(tf_anonymize_snapshot(f.a, snap, &f.out, NULL), 0);
		ck_assert_uint_eq(f.out.nr_snapshots, 1);
		ck_assert_uint_eq(f.out.snapshots[0].ts_ns, 123);
		file = tf_snapshot_file(&f.out.snapshots[0], r->path);
		ck_assert_msg(!file == !r->after, "%s", r->path);
		if (file)
			ck_assert_str_eq((const char *)file->data, r->after);
		end(&f);
	}
}
END_TEST

/*
 * Every file that is known, filled with pieces of what its lines are made of, in any
 * order and cut anywhere: no name comes through, and no memory is touched that is not ours.
 */
START_TEST(test_any_text)
{
	static const char *const pieces[] = {
		"acme",
		"0x",
		"ffffc90000001000",
		"-0x",
		"+0x12/0x34",
		" ",
		"\n",
		"/order=",
		"/ctor=",
		" [acme]",
		"1",
		" : ",
		"0-1",
		" : System RAM",
		"pages=",
		" vmalloc",
		"slabinfo - version: ",
		"#",
		"[",
		"always",
		"\t",
		"pcpu_get_vm_areas",
	};
	uint64_t seed = 7;

	for (unsigned round = 0; round < 4000; round++) {
		const struct rewriting *r =
			&rewritings[rnd_below(&seed, sizeof(rewritings) / sizeof(rewritings[0]))];
		bool is_light = !strncmp(r->path, "light/", strlen("light/"));
		const char *path = is_light ? r->path + strlen("light") : r->path;
		struct tf_snapshot *snap;
		struct fixture f;
		char text[400] = "";

		for (unsigned i = 0; i < 20; i++)
			strcat(text, pieces[rnd_below(&seed, sizeof(pieces) / sizeof(pieces[0]))]);
		begin(&f);
		snap = tf_meta_begin_snapshot(&f.meta, 1);
		tf_snapshot_add(snap, r->path, text, rnd_below(&seed, strlen(text) + 1));
		start(&f, &host_64);
		ck_assert_int_eq(tf_anonymize_snapshot(f.a, snap, &f.out, NULL), 0);
		/* Files of counters are taken to hold words of the kernel's own. */
		for (size_t i = 0; i < f.out.snapshots[0].nr_files; i++) {
			const struct tf_snapfile *file = &f.out.snapshots[0].files[i];

			if (path[0] == '/' && path[6] != 's' && path[6] != 'i' &&
			    strcmp(path, "/proc/vmallocinfo"))
				continue;
			ck_assert_msg(!strstr((const char *)file->data, "acme"), "%s: %s", r->path,
				      (const char *)file->data);
		}
		end(&f);
	}
}
END_TEST

RUN_SUITE("tracefmt/anon_text", test_kmalloc_names, test_cache_order, test_text, test_any_text)
