/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace written by hand, event by event, and replayed:
 *
 *   handmade_init() - snapshots, facts, caches - events - handmade_open() -
 *   handmade_boot() - observers - handmade_run() - look - handmade_release()
 *
 * One microsecond passes from one event to the next unless ts is changed.
 */
#ifndef TESTS_HANDMADE_H
#define TESTS_HANDMADE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/replay/replay.h"
#include "tests/unit/core/replay/sample_host.h"
#include "tracefmt/writer.h"

#define GFP_KERNEL 0xcc0u
#define GFP_ATOMIC 0x820u
#define GFP_HIGHUSER_MOVABLE 0x100ccau
#define PFN(n) (8192ull + (n))				/* in DMA32 of the sample host */
#define OBJECT(n) (0xffff888002000000ull + (n)*4096ull) /* any address will do */

struct handmade {
	struct tf_writer *writer;
	struct tf_meta meta;
	struct tf_reader *reader;
	char path[64];
	uint64_t ts;
	struct tf_event next; /* what the next event has beyond its arguments; kept */
	struct km_replay *replay;
};

static inline void handmade_init(struct handmade *h)
{
	const struct tf_writer_options options = { .minor = TF_VERSION_MINOR };
	int fd;

	memset(h, 0, sizeof(*h));
	strcpy(h->path, "/tmp/handmade-XXXXXX");
	fd = mkstemp(h->path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(tf_writer_create(&h->writer, h->path, &options, NULL), 0);
	tf_meta_init(&h->meta);
	h->ts = 1000000000;
	h->next.pid = 100;
	h->next.node = TF_NO_NODE;
	h->next.call_site = 0xffffffff81000000ull;
	h->next.owner = TF_OWNER_OTHER;
	h->replay = calloc(1, sizeof(*h->replay));
	ck_assert_ptr_nonnull(h->replay);
	ck_assert_int_eq(tf_meta_set(&h->meta, "host.release", "6.18.44"), 0);
	ck_assert_int_eq(tf_meta_set(&h->meta, "host.machine", "x86_64"), 0);
	ck_assert_int_eq(tf_meta_set(&h->meta, "host.cpus_online", "2"), 0);
	ck_assert_int_eq(tf_meta_set(&h->meta, "host.cpus_possible", "2"), 0);
}

static inline void snap_add(struct tf_snapshot *snap, const char *path, const char *text)
{
	ck_assert_int_eq(tf_snapshot_add(snap, path, text, strlen(text)), 0);
}

static inline void snap_add_sample(struct tf_snapshot *snap)
{
	snap_add(snap, "/proc/zoneinfo", sample_zoneinfo);
	snap_add(snap, "/proc/buddyinfo", sample_buddyinfo);
	snap_add(snap, "/proc/pagetypeinfo", sample_pagetypeinfo);
	snap_add(snap, "/proc/slabinfo", sample_slabinfo);
	snap_add(snap, "/sys/kernel/slab", sample_sysfs);
	snap_add(snap, "/proc/vmallocinfo", sample_vmallocinfo);
	snap_add(snap, "/proc/meminfo", sample_meminfo);
	snap_add(snap, "/proc/iomem", sample_iomem);
	snap_add(snap, "/proc/sys/vm/min_free_kbytes", "1420\n");
	snap_add(snap, "/proc/sys/vm/watermark_scale_factor", "10\n");
	snap_add(snap, "/proc/sys/vm/lowmem_reserve_ratio", "256\t256\t32\t0\t0\n");
	snap_add(snap, "/proc/sys/vm/percpu_pagelist_high_fraction", "0\n");
}

/* The sample host's opening snapshot, and with both the same for a closing one. */
static inline void handmade_snapshots(struct handmade *h, int nr)
{
	for (int i = 0; i < nr; i++) {
		struct tf_snapshot *snap = tf_meta_begin_snapshot(&h->meta, h->ts);

		ck_assert_ptr_nonnull(snap);
		snap_add_sample(snap);
	}
}

static inline void handmade_cache(struct handmade *h, uint32_t id, const char *name, uint32_t size,
				  uint32_t objects, uint32_t order)
{
	struct tf_cache cache = {
		.id = id,
		.object_size = size,
		.size = size,
		.align = 8,
		.oo = order << 16 | objects,
		.min_partial = 5,
		.cpu_partial = 30,
		.cpu_partial_slabs = 2,
	};

	snprintf(cache.name, sizeof(cache.name), "%s", name);
	ck_assert_int_eq(tf_meta_add_cache(&h->meta, &cache), 0);
}

static inline void handmade_add(struct handmade *h, struct tf_event ev)
{
	ev.ts_ns = h->ts;
	h->ts += 1000;
	ck_assert_int_eq(tf_writer_add(h->writer, &ev), 0);
}

static inline void add_kmalloc(struct handmade *h, uint64_t addr, uint64_t req, uint64_t alloc,
			       uint32_t gfp)
{
	struct tf_event ev = h->next;

	ev.kind = TF_KMALLOC;
	ev.addr = addr;
	ev.bytes_req = req;
	ev.bytes_alloc = (uint32_t)alloc;
	ev.gfp = gfp;
	handmade_add(h, ev);
}

static inline void add_free(struct handmade *h, enum tf_kind kind, uint64_t addr)
{
	struct tf_event ev = h->next;

	ev.kind = kind;
	ev.addr = addr;
	handmade_add(h, ev);
}

static inline void add_cache_alloc(struct handmade *h, uint32_t cache, uint64_t addr, uint64_t size,
				   uint32_t gfp)
{
	struct tf_event ev = h->next;

	ev.kind = TF_CACHE_ALLOC;
	ev.cache = cache;
	ev.addr = addr;
	ev.bytes_req = size;
	ev.bytes_alloc = (uint32_t)size;
	ev.gfp = gfp;
	handmade_add(h, ev);
}

static inline void add_cache_free(struct handmade *h, uint32_t cache, uint64_t addr)
{
	struct tf_event ev = h->next;

	ev.kind = TF_CACHE_FREE;
	ev.cache = cache;
	ev.addr = addr;
	handmade_add(h, ev);
}

static inline void add_pages(struct handmade *h, enum tf_kind kind, uint64_t pfn,
			     unsigned int order, unsigned int owner, uint32_t gfp)
{
	struct tf_event ev = h->next;

	ev.kind = kind;
	ev.addr = pfn;
	ev.order = order;
	ev.owner = owner;
	ev.gfp = gfp;
	handmade_add(h, ev);
}

static inline void page_alloc(struct handmade *h, uint64_t pfn, unsigned int order)
{
	add_pages(h, TF_PAGE_ALLOC, pfn, order, TF_OWNER_OTHER, GFP_KERNEL);
}

static inline void page_free(struct handmade *h, uint64_t pfn, unsigned int order)
{
	add_pages(h, TF_PAGE_FREE, pfn, order, TF_OWNER_OTHER, 0);
}

static inline void add_area(struct handmade *h, enum tf_kind kind, uint64_t addr, uint64_t bytes,
			    unsigned int owner)
{
	struct tf_event ev = h->next;

	ev.kind = kind;
	ev.addr = addr;
	ev.bytes_req = bytes;
	ev.owner = owner;
	handmade_add(h, ev);
}

static inline void add_percpu(struct handmade *h, enum tf_kind kind, uint64_t addr, uint64_t bytes,
			      unsigned int align_log, uint32_t gfp)
{
	struct tf_event ev = h->next;

	ev.kind = kind;
	ev.addr = addr;
	ev.bytes_req = bytes;
	ev.order = align_log;
	ev.gfp = gfp;
	handmade_add(h, ev);
}

static inline void handmade_open(struct handmade *h)
{
	struct tf_error err;

	ck_assert_int_eq(tf_writer_add_meta(h->writer, &h->meta), 0);
	ck_assert_int_eq(tf_writer_close(h->writer, &err), 0);
	h->writer = NULL;
	ck_assert_int_eq(tf_reader_open(&h->reader, h->path, &err), 0);
}

static inline void handmade_boot(struct handmade *h, const struct km_replay_options *options)
{
	char reason[200];

	if (!h->reader)
		handmade_open(h);
	ck_assert_msg(!km_replay_init(h->replay, h->reader, options, reason, sizeof(reason)), "%s",
		      reason);
}

/* The kernel must be whole, whatever was replayed. */
static inline void handmade_run(struct handmade *h)
{
	char buf[200];

	ck_assert_int_eq(km_replay_run(h->replay, NULL), 0);
	ck_assert_ptr_null(km_kernel_is_valid(&h->replay->kernel, buf, sizeof(buf)));
	ck_assert_str_eq(h->replay->invalid, "");
}

static inline void handmade_boot_and_run(struct handmade *h, unsigned int flags)
{
	struct km_replay_options options = { .flags = flags | KM_REPLAY_CHECK };

	handmade_boot(h, &options);
	handmade_run(h);
}

static inline void handmade_release(struct handmade *h)
{
	km_replay_release(h->replay);
	free(h->replay);
	tf_reader_close(h->reader);
	tf_meta_release(&h->meta);
	unlink(h->path);
}

/* Every divergence as given, in order of the enum; the rest is 0. */
struct divergences {
	uint64_t warm_free, unknown_free, implied_free, implied_alloc, moved_free, overlap,
		split_free, free_order, wrong_cache, model_failed, host_failed, doubled;
};

static inline void assert_divergences(const struct km_replay *replay, struct divergences d)
{
	const uint64_t want[KM_NR_DIVERGENCES] = {
		d.warm_free,   d.unknown_free, d.implied_free, d.implied_alloc,
		d.moved_free,  d.overlap,      d.split_free,   d.free_order,
		d.wrong_cache, d.model_failed, d.host_failed,  d.doubled,
	};

	for (int i = 0; i < KM_NR_DIVERGENCES; i++)
		ck_assert_msg(replay->divergence[i] == want[i], "%s: %llu, expected %llu",
			      km_divergence_name(i), (unsigned long long)replay->divergence[i],
			      (unsigned long long)want[i]);
}

#endif
