/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Made-up events, metadata and trace files for the suites of tracefmt/.
 *
 * Everything comes out of a seed, so that a failure can be repeated.
 */
#ifndef TESTS_UNIT_TRACEFMT_SAMPLE_H
#define TESTS_UNIT_TRACEFMT_SAMPLE_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracefmt/event.h"
#include "tracefmt/meta.h"
#include "tracefmt/reader.h"
#include "tracefmt/writer.h"

/* splitmix64 */
static inline uint64_t rnd(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline uint64_t rnd_below(uint64_t *seed, uint64_t n)
{
	return rnd(seed) % n;
}

/* Any content: sparse, small, extreme or random fields, to meet every path of a codec. */
static inline uint64_t any_number(uint64_t *seed)
{
	switch (rnd_below(seed, 6)) {
	case 0:
		return 0;
	case 1:
		return rnd_below(seed, 4);
	case 2:
		return UINT64_MAX - rnd_below(seed, 3);
	case 3:
		return UINT64_C(1) << rnd_below(seed, 64);
	case 4:
		return 0xffff888000000000u + rnd_below(seed, 64) * 192;
	default:
		return rnd(seed);
	}
}

static inline struct tf_event any_event(uint64_t *seed, unsigned kinds)
{
	return (struct tf_event){
		.ts_ns = any_number(seed),
		.addr = any_number(seed),
		.call_site = any_number(seed),
		.bytes_req = any_number(seed),
		.bytes_alloc = (uint32_t)any_number(seed),
		.stack = (uint32_t)any_number(seed),
		.gfp = (uint32_t)any_number(seed),
		.pid = (uint32_t)any_number(seed),
		.cache = (uint32_t)any_number(seed),
		.cpu = (uint16_t)any_number(seed),
		.node = (int16_t)any_number(seed),
		.kind = (uint8_t)rnd_below(seed, kinds),
		.order = (uint8_t)any_number(seed),
		.migratetype = (uint8_t)any_number(seed),
		.ctx = (uint8_t)any_number(seed),
		.preempt = (uint8_t)any_number(seed),
		.owner = (uint8_t)any_number(seed),
		.flags = (uint8_t)any_number(seed),
	};
}

/*
 * A load as a kernel makes it: twenty call sites on two CPUs take objects from
 * stacks of free ones and give back recent ones; now and then pages.
 */
#define LOAD_SITES 20
#define LOAD_LIVE 64

struct load {
	uint64_t seed, now;
	uint64_t live[LOAD_SITES][LOAD_LIVE];
	unsigned nr_live[LOAD_SITES];
	uint64_t freed[LOAD_SITES][LOAD_LIVE];
	unsigned nr_freed[LOAD_SITES];
	uint64_t fresh[LOAD_SITES];
	uint64_t nr;
};

static inline void load_init(struct load *load, uint64_t seed)
{
	memset(load, 0, sizeof(*load));
	load->seed = seed;
	load->now = 1000000000;
	for (uint64_t i = 0; i < LOAD_SITES; i++)
		load->fresh[i] = i % 5 == 4 ? 0x10000 * i : 0xffff888100000000u + (i << 28);
}

static inline uint64_t load_take(struct load *load, unsigned site, uint64_t size)
{
	uint64_t addr = load->fresh[site];

	if (load->nr_freed[site])
		return load->freed[site][--load->nr_freed[site]];
	load->fresh[site] += size;
	return addr;
}

static inline struct tf_event load_event(struct load *load)
{
	unsigned site = (unsigned)(rnd_below(&load->seed, LOAD_SITES) *
				   rnd_below(&load->seed, LOAD_SITES) / LOAD_SITES);
	bool is_page = site % 5 == 4, is_cache = site % 2;
	bool is_free = load->nr_live[site] == LOAD_LIVE ||
		       (load->nr_live[site] && rnd_below(&load->seed, 2));
	uint64_t size = is_page ? 1 : 32u << site % 6;
	struct tf_event ev = {
		.ts_ns = load->now += 80 + rnd_below(&load->seed, 300),
		.call_site = 0xffffffff81000000u + site * 0x1234u + (is_free ? 0x40 : 0),
		.cpu = (uint16_t)(load->nr++ / 50 % 2),
		.node = TF_NO_NODE,
	};

	ev.pid = ev.cpu ? 4242 : 17;
	if (is_page)
		ev.kind = is_free ? TF_PAGE_FREE : TF_PAGE_ALLOC;
	else if (is_cache)
		ev.kind = is_free ? TF_CACHE_FREE : TF_CACHE_ALLOC;
	else
		ev.kind = is_free ? TF_KFREE : TF_KMALLOC;
	if (is_cache && !is_page)
		ev.cache = site + 1;
	if (is_free) {
		ev.addr = load->live[site][--load->nr_live[site]];
		if (load->nr_freed[site] < LOAD_LIVE)
			load->freed[site][load->nr_freed[site]++] = ev.addr;
		return ev;
	}
	ev.addr = load_take(load, site, size);
	load->live[site][load->nr_live[site]++] = ev.addr;
	ev.gfp = 0xcc0 | (site % 3 ? 0 : 0x100);
	if (is_page)
		return ev;
	ev.bytes_alloc = size;
	ev.bytes_req = is_cache ? size - 8 : size - rnd_below(&load->seed, 16);
	return ev;
}

static inline struct tf_event *load_events(uint64_t seed, size_t nr)
{
	struct tf_event *events = malloc(nr * sizeof(*events));
	struct load load;

	ck_assert_ptr_nonnull(events);
	load_init(&load, seed);
	for (size_t i = 0; i < nr; i++)
		events[i] = load_event(&load);
	return events;
}

static inline void sample_meta(struct tf_meta *meta)
{
	struct tf_cache cache = { .object_size = 100, .size = 104, .align = 8, .flags = 0x2000 };
	struct tf_snapshot *snap;

	ck_assert_int_eq(tf_meta_set(meta, "host.machine", "x86_64"), 0);
	ck_assert_int_eq(tf_meta_set(meta, "host.release", "6.12.0-test"), 0);
	ck_assert_int_eq(tf_meta_setf(meta, "host.page_size", "%d", 4096), 0);
	for (uint32_t id = 1; id <= LOAD_SITES; id++) {
		cache.id = id;
		cache.oo = 1u << 16 | id;
		snprintf(cache.name, sizeof(cache.name), "cache-%u", id);
		ck_assert_int_eq(tf_meta_add_cache(meta, &cache), 0);
	}
	for (uint32_t i = 0; i < LOAD_SITES; i++) {
		char name[32];

		snprintf(name, sizeof(name), "function_%u", i);
		ck_assert_int_eq(
			tf_meta_add_symbol(meta, 0xffffffff81000000u + i * 0x1234u, name, 0x10 + i),
			0);
	}
	snap = tf_meta_begin_snapshot(meta, 999);
	ck_assert_ptr_nonnull(snap);
	ck_assert_int_eq(tf_snapshot_add(snap, "/proc/zoneinfo", "Node 0, zone DMA\n", 17), 0);
	ck_assert_int_eq(tf_snapshot_add(snap, "/proc/buddyinfo", "", 0), 0);
}

/* A file name in the test's own directory, removed by scratch_end(). */
struct scratch {
	char dir[64];
	char path[80];
	char other[80];
};

static inline void scratch_begin(struct scratch *s)
{
	strcpy(s->dir, "/tmp/kmemtool-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/a.kmt", s->dir);
	snprintf(s->other, sizeof(s->other), "%s/b.kmt", s->dir);
}

static inline void scratch_end(struct scratch *s)
{
	unlink(s->path);
	unlink(s->other);
	ck_assert_int_eq(rmdir(s->dir), 0);
}

static inline uint8_t *load_file(const char *path, size_t *len)
{
	struct stat st;
	uint8_t *data;
	int fd = open(path, O_RDONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	*len = (size_t)st.st_size;
	data = malloc(*len + 1);
	ck_assert_ptr_nonnull(data);
	ck_assert_int_eq(read(fd, data, *len), (ssize_t)*len);
	close(fd);
	return data;
}

static inline void save_file(const char *path, const uint8_t *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
}

/* Write a trace with metadata and nr events of the load. */
static inline void sample_trace(const char *path, uint64_t seed, size_t nr, uint32_t block_events)
{
	const struct tf_writer_options options = { .block_events = block_events };
	struct tf_event *events = load_events(seed, nr);
	struct tf_writer *w;
	struct tf_meta meta;

	tf_meta_init(&meta);
	sample_meta(&meta);
	ck_assert_int_eq(tf_writer_create(&w, path, &options, NULL), 0);
	ck_assert_int_eq(tf_writer_add_meta(w, &meta), 0);
	for (size_t i = 0; i < nr; i++)
		ck_assert_int_eq(tf_writer_add(w, &events[i]), 0);
	ck_assert_int_eq(tf_writer_close(w, NULL), 0);
	tf_meta_release(&meta);
	free(events);
}

/* Number of events that can be read; *damaged counts the -EBADMSG on the way. */
static inline uint64_t read_events(struct tf_reader *r, unsigned *damaged)
{
	const struct tf_event *events;
	struct tf_error err;
	uint64_t total = 0;

	*damaged = 0;
	for (;;) {
		int64_t nr = tf_reader_next(r, &events, &err);

		if (!nr)
			return total;
		if (nr > 0) {
			total += (uint64_t)nr;
			continue;
		}
		ck_assert_int_eq(nr, -EBADMSG);
		ck_assert_uint_gt(strlen(err.reason), 0);
		++*damaged;
	}
}

#endif
