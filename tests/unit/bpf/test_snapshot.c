/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots of this very host, beside the files that they are copies of.  What this
 * user may not read is left out; then the case says so.
 */
#include "tests/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bpf/snapshot.h"

/* Files that only somebody's hand changes, so that two readings are the same. */
static const char *const settings[] = {
	"/proc/sys/vm/min_free_kbytes",
	"/proc/sys/vm/watermark_scale_factor",
	"/proc/sys/vm/watermark_boost_factor",
	"/proc/sys/vm/lowmem_reserve_ratio",
	"/proc/sys/vm/percpu_pagelist_high_fraction",
	"/proc/sys/vm/overcommit_memory",
	"/proc/sys/vm/swappiness",
	"/sys/kernel/mm/transparent_hugepage/enabled",
	"/proc/iomem",
};

/* Files that change with every allocation: the beginning and the words are told. */
static const struct {
	const char *path, *holds;
} counters[] = {
	{ "/proc/zoneinfo", "Node 0, zone" },
	{ "/proc/buddyinfo", "Node 0, zone" },
	{ "/proc/pagetypeinfo", "Pages per block" },
	{ "/proc/meminfo", "MemTotal:" },
	{ "/proc/vmstat", "nr_free_pages " },
	{ "/proc/slabinfo", "slabinfo - version" },
	{ "/proc/vmallocinfo", "0x" },
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

/*
 * The whole file, ended by 0 (the caller frees it), or NULL if it cannot be read.  In
 * small pieces: sysctl files refuse reads of some megabytes.
 */
static char *slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t room = 0, len = 0;
	char *data = NULL;
	ssize_t n;

	if (fd < 0)
		return NULL;
	do {
		if (room - len < 65536) {
			room = room * 2 + 65536;
			data = realloc(data, room + 1);
			ck_assert_ptr_nonnull(data);
		}
		n = read(fd, data + len, 65536);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	close(fd);
	data[len] = 0;
	if (n < 0) {
		free(data);
		return NULL;
	}
	return data;
}

static void take(struct tf_meta *meta, unsigned int nr)
{
	struct kc_snapshotter *snapshotter;

	ck_assert_int_eq(kc_snapshotter_new(&snapshotter), 0);
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t before = now_ns(), ts_ns = 0;

		ck_assert_int_eq(kc_snapshot(snapshotter, meta, &ts_ns), 0);
		ck_assert_uint_le(before, ts_ns);
		ck_assert_uint_le(ts_ns, now_ns());
		ck_assert_uint_eq(meta->snapshots[meta->nr_snapshots - 1].ts_ns, ts_ns);
	}
	kc_snapshotter_free(snapshotter);
}

static void expect_fact(const struct tf_meta *meta, const char *key, const char *value)
{
	ck_assert_msg(tf_meta_get(meta, key) != NULL, "%s", key);
	ck_assert_str_eq(tf_meta_get(meta, key), value);
}

START_TEST(test_host_facts)
{
	uint64_t online, possible;
	struct tf_meta meta;
	struct utsname uts;
	char *cmdline;

	tf_meta_init(&meta);
	ck_assert_int_eq(kc_add_host_facts(&meta), 0);
	ck_assert_int_eq(uname(&uts), 0);
	expect_fact(&meta, "host.release", uts.release);
	expect_fact(&meta, "host.version", uts.version);
	expect_fact(&meta, "host.machine", uts.machine);
	ck_assert_uint_eq(tf_meta_get_u64(&meta, "host.page_size", 0),
			  (uint64_t)sysconf(_SC_PAGESIZE));
	online = tf_meta_get_u64(&meta, "host.cpus_online", 0);
	possible = tf_meta_get_u64(&meta, "host.cpus_possible", 0);
	ck_assert_uint_eq(online, (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	ck_assert_uint_ge(possible, online);
	ck_assert_uint_ge(tf_meta_get_u64(&meta, "host.numa_nodes", 0), 1);
	cmdline = slurp("/proc/cmdline");
	if (cmdline) {
		cmdline[strcspn(cmdline, "\n")] = 0;
		expect_fact(&meta, "host.cmdline", cmdline);
	}
	free(cmdline);
	tf_meta_release(&meta);
}
END_TEST

START_TEST(test_settings_are_copied)
{
	unsigned int nr = 0, unreadable = 0;
	struct tf_meta meta;

	tf_meta_init(&meta);
	take(&meta, 1);
	for (size_t i = 0; i < LEN(settings); i++) {
		const struct tf_snapfile *copy = tf_snapshot_file(&meta.snapshots[0], settings[i]);
		char *data = slurp(settings[i]);

		ck_assert_msg(!copy == !data, "%s", settings[i]);
		if (data) {
			ck_assert_uint_eq(copy->len, strlen(data));
			ck_assert_str_eq((const char *)copy->data, data);
			nr++;
		} else {
			unreadable++;
		}
		free(data);
	}
	if (unreadable)
		printf("SKIP: bpf/snapshot/test_settings_are_copied: %u of %u files cannot be "
		       "read here\n",
		       unreadable, nr + unreadable);
	tf_meta_release(&meta);
}
END_TEST

START_TEST(test_counters_are_copied)
{
	char unreadable[400] = "";
	struct tf_meta meta;

	tf_meta_init(&meta);
	take(&meta, 1);
	for (size_t i = 0; i < LEN(counters); i++) {
		const struct tf_snapfile *copy =
			tf_snapshot_file(&meta.snapshots[0], counters[i].path);
		char *data = slurp(counters[i].path);

		ck_assert_msg(!copy == !data, "%s", counters[i].path);
		if (data)
			ck_assert_msg(strstr((const char *)copy->data, counters[i].holds) != NULL,
				      "%s without '%s'", counters[i].path, counters[i].holds);
		else
			snprintf(unreadable + strlen(unreadable),
				 sizeof(unreadable) - strlen(unreadable), " %s", counters[i].path);
		free(data);
	}
	if (unreadable[0])
		printf("SKIP: bpf/snapshot/test_counters_are_copied: cannot be read here:%s\n",
		       unreadable);
	tf_meta_release(&meta);
}
END_TEST

/* Each snapshot is a whole one, with a later time; the first is not touched by the second. */
START_TEST(test_two_snapshots)
{
	const struct tf_snapshot *first, *second;
	struct tf_meta meta;

	tf_meta_init(&meta);
	take(&meta, 2);
	ck_assert_uint_eq(meta.nr_snapshots, 2);
	first = &meta.snapshots[0];
	second = &meta.snapshots[1];
	ck_assert_uint_eq(first->id, 0);
	ck_assert_uint_eq(second->id, 1);
	ck_assert_uint_lt(first->ts_ns, second->ts_ns);
	ck_assert_uint_gt(first->nr_files, 0);
	ck_assert_uint_eq(first->nr_files, second->nr_files);
	for (size_t i = 0; i < first->nr_files; i++)
		ck_assert_str_eq(first->files[i].path, second->files[i].path);
	tf_meta_release(&meta);
}
END_TEST

/* The value of "NAME/ATTR=" in the lines of the slab file, cut at the line's end; NULL: none. */
static char *slab_value(char *lines, const char *name, const char *attr)
{
	size_t len;
	char key[192];
	char *line = lines;

	len = (size_t)snprintf(key, sizeof(key), "%s/%s=", name, attr);
	while (line && strncmp(line, key, len)) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return line ? strndup(line + len, strcspn(line + len, "\n")) : NULL;
}

static void expect_attr(char *lines, const char *name, const char *attr)
{
	char path[256], *real, *copy;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/%s", name, attr);
	real = slurp(path);
	copy = slab_value(lines, name, attr);
	if (real && real[0]) {
		real[strcspn(real, "\n")] = 0;
		ck_assert_msg(copy && !strcmp(copy, real), "%s: %s, copied as %s", path, real,
			      copy ? copy : "nothing");
	} else if (real) {
		ck_assert_msg(!copy, "%s: copied as %s", path, copy);
	} /* else the cache has just been destroyed, or never had that attribute */
	free(real);
	free(copy);
}

/* One line an attribute, for every cache that /proc/slabinfo names. */
START_TEST(test_slab_geometry)
{
	static const char *const attrs[] = { "object_size", "slab_size", "objs_per_slab", "order",
					     "align",	    "ctor",	 "cpu_partial" };
	const struct tf_snapfile *copy;
	struct tf_meta meta;
	char *slabinfo = slurp("/proc/slabinfo"), *save = NULL;
	unsigned int nr = 0;

	tf_meta_init(&meta);
	take(&meta, 2);
	copy = tf_snapshot_file(&meta.snapshots[1], "/sys/kernel/slab");
	if (!slabinfo || access("/sys/kernel/slab", R_OK)) {
		ck_assert_ptr_null(copy);
		printf("SKIP: bpf/snapshot/test_slab_geometry: %s cannot be read here\n",
		       slabinfo ? "/sys/kernel/slab" : "/proc/slabinfo");
		goto out;
	}
	ck_assert_ptr_nonnull(copy);
	for (char *line = strtok_r(slabinfo, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (line[0] == '#' || !strncmp(line, "slabinfo", 8))
			continue;
		line[strcspn(line, " ")] = 0;
		for (size_t i = 0; i < LEN(attrs); i++)
			expect_attr((char *)copy->data, line, attrs[i]);
		nr++;
	}
	ck_assert_uint_gt(nr, 10);
	/* What is counted is read anew each time; here only that it is there. */
	save = slab_value((char *)copy->data, "kmalloc-64", "slabs");
	ck_assert(save || access("/sys/kernel/slab/kmalloc-64/slabs", R_OK));
	free(save);
out:
	free(slabinfo);
	tf_meta_release(&meta);
}
END_TEST

/* Each file has its time, in the order in which they were read; the snapshot's is the last. */
START_TEST(test_times)
{
	const struct tf_snapfile *times;
	const struct tf_snapshot *snap;
	char *save = NULL, *text, last[128] = "";
	unsigned long long ns, before = now_ns();
	unsigned int nr = 0;
	struct tf_meta meta;

	tf_meta_init(&meta);
	take(&meta, 1);
	snap = &meta.snapshots[0];
	times = tf_snapshot_file(snap, "times");
	ck_assert_ptr_nonnull(times);
	text = strdup((const char *)times->data);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		ck_assert_int_eq(sscanf(line, "%127s %llu", last, &ns), 2);
		ck_assert_ptr_nonnull(tf_snapshot_file(snap, last));
		ck_assert_uint_ge(ns, before);
		before = ns;
		nr++;
	}
	ck_assert_uint_eq(nr + 1, snap->nr_files);
	ck_assert_uint_le(before, snap->ts_ns);
	ck_assert(!strcmp(last, "/proc/slabinfo") || access("/proc/slabinfo", R_OK));
	free(text);
	tf_meta_release(&meta);
}
END_TEST

static int count_pause(void *arg)
{
	unsigned int *nr = arg;

	return ++*nr == 3 ? -ECANCELED : 0;
}

/* Whoever must not wait is called now and then, and may end it. */
START_TEST(test_pauses)
{
	struct kc_snapshotter *snapshotter;
	struct tf_meta meta;
	unsigned int nr = 0;
	int err;

	tf_meta_init(&meta);
	ck_assert_int_eq(kc_snapshotter_new(&snapshotter), 0);
	err = kc_snapshot_begin(snapshotter, &meta, count_pause, &nr);
	if (access("/proc/slabinfo", R_OK)) {
		printf("SKIP: bpf/snapshot/test_pauses: /proc/slabinfo cannot be read here\n");
	} else {
		ck_assert_int_eq(err, -ECANCELED);
		ck_assert_uint_eq(nr, 3);
	}
	kc_snapshotter_free(snapshotter);
	tf_meta_release(&meta);
}
END_TEST

/* A second name of a cache is told with the one that slabinfo has; both lead to one folder. */
START_TEST(test_aliases)
{
	const struct tf_snapfile *copy;
	struct tf_meta meta;
	char *save = NULL, *text;
	unsigned int nr = 0;

	tf_meta_init(&meta);
	take(&meta, 1);
	copy = tf_snapshot_file(&meta.snapshots[0], "/sys/kernel/slab");
	text = copy ? strdup((const char *)copy->data) : NULL;
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		char path[2][160], folder[2][PATH_MAX];
		char *slash = strchr(line, '/');

		if (!slash || strncmp(slash, "/alias=", 7))
			continue;
		*slash = 0;
		ck_assert_str_ne(line, slash + 7);
		snprintf(path[0], sizeof(path[0]), "/sys/kernel/slab/%s", line);
		snprintf(path[1], sizeof(path[1]), "/sys/kernel/slab/%s", slash + 7);
		if (!realpath(path[0], folder[0]) || !realpath(path[1], folder[1]))
			continue; /* gone since */
		ck_assert_str_eq(folder[0], folder[1]);
		nr++;
	}
	if (!nr)
		printf("SKIP: bpf/snapshot/test_aliases: no cache has a second name here\n");
	free(text);
	tf_meta_release(&meta);
}
END_TEST

/* The kernel's list is there, or a fact says why not; then what slabinfo has is in it. */
START_TEST(test_cache_list)
{
	const struct tf_snapfile *list, *slabinfo;
	struct kc_snapshotter *snapshotter;
	const struct kc_cache_info *caches;
	const char *fact, *line;
	struct tf_meta meta;
	size_t nr;

	tf_meta_init(&meta);
	ck_assert_int_eq(kc_snapshotter_new(&snapshotter), 0);
	ck_assert_int_eq(kc_snapshot(snapshotter, &meta, NULL), 0);
	fact = tf_meta_get(&meta, "record.cache_iterator");
	list = tf_snapshot_file(&meta.snapshots[0], "kmem_cache");
	slabinfo = tf_snapshot_file(&meta.snapshots[0], "/proc/slabinfo");
	caches = kc_snapshot_caches(snapshotter, &nr);
	ck_assert_ptr_nonnull(fact);
	ck_assert_int_eq(list != NULL, !strcmp(fact, "iter/kmem_cache"));
	ck_assert_int_eq(list != NULL, caches != NULL);
	if (!list) {
		printf("SKIP: bpf/snapshot/test_cache_list: %s\n", fact);
		goto out;
	}
	ck_assert(!slabinfo || nr > 10);
	line = strchr((const char *)list->data, '\n') + 1;
	for (size_t i = 0; i < nr; i++) {
		unsigned long long addr;
		unsigned int size;
		char name[64];

		ck_assert_int_eq(sscanf(line, "%llx %*u %u %*u %*x %*x %*u %*u %*u %63[^\n]", &addr,
					&size, name),
				 3);
		ck_assert_uint_eq(addr, caches[i].addr);
		ck_assert_uint_eq(size, caches[i].size);
		ck_assert_str_eq(name, caches[i].name);
		line = strchr(line, '\n') + 1;
	}
	ck_assert_int_eq(*line, 0);
out:
	kc_snapshotter_free(snapshotter);
	tf_meta_release(&meta);
}
END_TEST

RUN_SUITE("bpf/snapshot", test_host_facts, test_settings_are_copied, test_counters_are_copied,
	  test_two_snapshots, test_slab_geometry, test_times, test_pauses, test_aliases,
	  test_cache_list)
