/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the host.  Attributes of the slab sysfs cost an open each, some thousands
 * in all, so those that never change while a cache lives are read once and kept.
 */
#include "bpf/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/clock.h"

/* In this order: settings first, then what the allocators change all the time. */
static const char *const slow_files[] = {
	"/proc/sys/vm/min_free_kbytes",
	"/proc/sys/vm/watermark_scale_factor",
	"/proc/sys/vm/watermark_boost_factor",
	"/proc/sys/vm/lowmem_reserve_ratio",
	"/proc/sys/vm/percpu_pagelist_high_fraction",
	"/proc/sys/vm/zone_reclaim_mode",
	"/proc/sys/vm/overcommit_memory",
	"/proc/sys/vm/swappiness",
	"/proc/sys/vm/compaction_proactiveness",
	"/proc/sys/vm/extfrag_threshold",
	"/sys/kernel/mm/transparent_hugepage/enabled",
	"/proc/iomem",
	"/proc/vmallocinfo",
	"/sys/kernel/debug/percpu_stats",
};

static const char *const fast_files[] = {
	"/proc/vmstat",	      "/proc/meminfo",	 "/proc/zoneinfo",
	"/proc/pagetypeinfo", "/proc/buddyinfo", "/proc/slabinfo",
};

static const char *const static_attrs[] = {
	"align",	 "cache_dma",	    "cpu_partial", "ctor",	     "destroy_by_rcu",
	"hwcache_align", "min_partial",	    "object_size", "objs_per_slab",  "order",
	"poison",	 "reclaim_account", "red_zone",	   "sheaf_capacity", "slab_size",
	"store_user",	 "usersize",
};

static const char *const moving_attrs[] = {
	"slabs",
	"partial",
	"cpu_slabs",
	"slabs_cpu_partial",
};

#define READ_BYTES (1u << 16)
#define LEN(array) (sizeof(array) / sizeof((array)[0]))

struct text {
	char *data;
	size_t len, room;
};

struct kc_snapshotter {
	char (*names)[64]; /* caches of /proc/slabinfo */
	size_t nr_names, room_names;
	struct text static_text; /* lines of the attributes that do not change */
	struct text file, slabs;
};

static int text_reserve(struct text *text, size_t more)
{
	size_t room = text->len + more;
	char *data;

	if (room <= text->room)
		return 0;
	room += room / 2 + 4096;
	data = realloc(text->data, room);
	if (!data)
		return -ENOMEM;
	text->data = data;
	text->room = room;
	return 0;
}

static int text_add(struct text *text, const char *data, size_t len)
{
	if (text_reserve(text, len))
		return -ENOMEM;
	memcpy(text->data + text->len, data, len);
	text->len += len;
	return 0;
}

/* Append a whole file.  0, -ENOMEM, or the errno of the file (then text is unchanged). */
static int text_add_file(struct text *text, const char *path)
{
	size_t before = text->len;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int err = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	/* In pieces of a fixed size: sysctl files refuse to be read by megabytes. */
	do {
		if (text_reserve(text, READ_BYTES)) {
			err = -ENOMEM;
			break;
		}
		n = read(fd, text->data + text->len, READ_BYTES);
		if (n < 0)
			err = -errno;
		else
			text->len += (size_t)n;
	} while (!err && n > 0);
	close(fd);
	if (err)
		text->len = before;
	return err;
}

/* "NAME/ATTR=first line". */
static int add_attr(struct text *text, const char *cache, const char *attr)
{
	char path[192], value[512];
	int fd, len, err = 0;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/%s", cache, attr);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, value, sizeof(value) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	value[n] = 0;
	value[strcspn(value, "\n")] = 0;
	len = snprintf(path, sizeof(path), "%s/%s=", cache, attr);
	err = text_add(text, path, (size_t)len);
	if (!err)
		err = text_add(text, value, strlen(value));
	if (!err)
		err = text_add(text, "\n", 1);
	return err;
}

static int add_attrs(struct text *text, const char *cache, const char *const *attrs, size_t nr)
{
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++)
		err = add_attr(text, cache, attrs[i]);
	return err;
}

static bool is_known(const struct kc_snapshotter *s, const char *name)
{
	for (size_t i = 0; i < s->nr_names; i++)
		if (!strcmp(s->names[i], name))
			return true;
	return false;
}

static int add_cache(struct kc_snapshotter *s, const char *name, size_t len)
{
	char cache[64];
	int err;

	if (len >= sizeof(cache))
		return 0;
	memcpy(cache, name, len);
	cache[len] = 0;
	if (is_known(s, cache))
		return 0;
	if (s->nr_names == s->room_names) {
		size_t room = s->room_names ? s->room_names * 2 : 512;
		char(*names)[64] = realloc(s->names, room * sizeof(*names));

		if (!names)
			return -ENOMEM;
		s->names = names;
		s->room_names = room;
	}
	err = add_attrs(&s->static_text, cache, static_attrs, LEN(static_attrs));
	if (!err)
		memcpy(s->names[s->nr_names++], cache, sizeof(cache));
	return err;
}

/* Find caches that have come up since the last time. */
static int update_caches(struct kc_snapshotter *s)
{
	int err;

	s->file.len = 0;
	err = text_add_file(&s->file, "/proc/slabinfo");
	if (err)
		return err == -ENOMEM ? err : 0;
	for (size_t at = 0; at < s->file.len && !err;) {
		const char *line = s->file.data + at;
		const char *end = memchr(line, '\n', s->file.len - at);
		size_t len = end ? (size_t)(end - line) : s->file.len - at;
		const char *blank = memchr(line, ' ', len);

		if (blank && line[0] != '#' && strncmp(line, "slabinfo", 8))
			err = add_cache(s, line, (size_t)(blank - line));
		at += len + 1;
	}
	return err;
}

static int copy_file(struct kc_snapshotter *s, struct tf_snapshot *snap, const char *path)
{
	int err;

	s->file.len = 0;
	err = text_add_file(&s->file, path);
	if (err)
		return err == -ENOMEM ? err : 0;
	return tf_snapshot_add(snap, path, s->file.data, s->file.len);
}

int kc_snapshot(struct kc_snapshotter *s, struct tf_meta *meta, uint64_t *ts_ns)
{
	struct tf_snapshot *snap;
	int err = update_caches(s);

	if (err)
		return err;
	snap = tf_meta_begin_snapshot(meta, kc_now_ns());
	if (!snap)
		return -ENOMEM;
	for (size_t i = 0; i < LEN(slow_files) && !err; i++)
		err = copy_file(s, snap, slow_files[i]);
	s->slabs.len = 0;
	if (!err)
		err = text_add(&s->slabs, s->static_text.data, s->static_text.len);
	for (size_t i = 0; i < s->nr_names && !err; i++)
		err = add_attrs(&s->slabs, s->names[i], moving_attrs, LEN(moving_attrs));
	for (size_t i = 0; i < LEN(fast_files) && !err; i++)
		err = copy_file(s, snap, fast_files[i]);
	snap->ts_ns = kc_now_ns();
	if (!err && s->slabs.len)
		err = tf_snapshot_add(snap, "/sys/kernel/slab", s->slabs.data, s->slabs.len);
	if (ts_ns)
		*ts_ns = snap->ts_ns;
	return err;
}

int kc_snapshotter_new(struct kc_snapshotter **out)
{
	struct kc_snapshotter *s = calloc(1, sizeof(*s));
	struct tf_meta rehearsal;
	int err;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	tf_meta_init(&rehearsal);
	err = kc_snapshot(s, &rehearsal, NULL);
	tf_meta_release(&rehearsal);
	if (err) {
		kc_snapshotter_free(s);
		return err;
	}
	*out = s;
	return 0;
}

void kc_snapshotter_free(struct kc_snapshotter *s)
{
	if (!s)
		return;
	free(s->names);
	free(s->static_text.data);
	free(s->file.data);
	free(s->slabs.data);
	free(s);
}

static unsigned int count_nodes(void)
{
	DIR *dir = opendir("/sys/devices/system/node");
	const struct dirent *entry;
	unsigned int nr = 0;

	while (dir && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, "node", 4) && entry->d_name[4] >= '0' &&
		    entry->d_name[4] <= '9')
			nr++;
	if (dir)
		closedir(dir);
	return nr ? nr : 1;
}

/* "0-3", "0,2-5": one more than the last number. */
static unsigned int count_possible_cpus(void)
{
	struct text list = { 0 };
	unsigned int nr = (unsigned int)sysconf(_SC_NPROCESSORS_CONF);

	if (!text_add_file(&list, "/sys/devices/system/cpu/possible") && !text_add(&list, "", 1)) {
		const char *last = list.data + strcspn(list.data, "\n");

		while (last > list.data && last[-1] >= '0' && last[-1] <= '9')
			last--;
		nr = (unsigned int)strtoul(last, NULL, 10) + 1;
	}
	free(list.data);
	return nr;
}

static int set_first_line(struct tf_meta *meta, const char *key, struct text *text)
{
	int err = text_add(text, "", 1);

	if (err)
		return err;
	text->data[strcspn(text->data, "\n")] = 0;
	return tf_meta_set(meta, key, text->data);
}

int kc_add_host_facts(struct tf_meta *meta)
{
	struct utsname uts;
	struct text cmdline = { 0 };
	int err = 0;

	if (uname(&uts))
		return -errno;
	err = tf_meta_set(meta, "host.release", uts.release);
	if (!err)
		err = tf_meta_set(meta, "host.version", uts.version);
	if (!err)
		err = tf_meta_set(meta, "host.machine", uts.machine);
	if (!err)
		err = tf_meta_setf(meta, "host.page_size", "%ld", sysconf(_SC_PAGESIZE));
	if (!err)
		err = tf_meta_setf(meta, "host.cpus_online", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	if (!err)
		err = tf_meta_setf(meta, "host.cpus_possible", "%u", count_possible_cpus());
	if (!err)
		err = tf_meta_setf(meta, "host.numa_nodes", "%u", count_nodes());
	if (!err && !text_add_file(&cmdline, "/proc/cmdline"))
		err = set_first_line(meta, "host.cmdline", &cmdline);
	free(cmdline.data);
	return err;
}
