/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the host.
 */
#include "bpf/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/clock.h"
#include "bpf/host_text.h"
#include "bpf/slab_sysfs.h"

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

/* Its addresses are for whom had CAP_SYS_ADMIN when opening it, so it stays open. */
static const char ram_file[] = "/proc/iomem";

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

struct kc_snapshotter {
	int ram_fd; /* -1: cannot be opened */
	struct kc_slab_sysfs sysfs;
	struct kc_cache_iter *iter; /* NULL: see no_iter */
	char no_iter[200];
	struct kc_cache_info *caches; /* of the last snapshot */
	size_t nr_caches;
	struct kc_text text, times;
};

/* Files of a snapshot are known by the time at which they had been read. */
static int note_time(struct kc_snapshotter *s, const char *path)
{
	return kc_text_printf(&s->times, "%s %llu\n", path, (unsigned long long)kc_now_ns());
}

static int copy_file(struct kc_snapshotter *s, struct tf_snapshot *snap, const char *path)
{
	int err;

	s->text.len = 0;
	if (s->ram_fd >= 0 && !strcmp(path, ram_file))
		err = kc_text_add_fd(&s->text, s->ram_fd);
	else
		err = kc_text_add_file(&s->text, path);
	if (err)
		return err == -ENOMEM ? err : 0;
	err = note_time(s, path);
	return err ? err : tf_snapshot_add(snap, path, s->text.data, s->text.len);
}

static int update_caches(struct kc_snapshotter *s)
{
	int err;

	s->text.len = 0;
	err = kc_text_add_file(&s->text, "/proc/slabinfo");
	if (err)
		return err == -ENOMEM ? err : 0;
	return kc_slab_sysfs_update(&s->sysfs, &s->text);
}

static int add_slab_sysfs(struct kc_snapshotter *s, struct tf_snapshot *snap,
			  int (*pause)(void *arg), void *arg)
{
	int err;

	s->text.len = 0;
	err = kc_slab_sysfs_add(&s->sysfs, &s->text, pause, arg);
	if (err || !s->text.len)
		return err;
	err = note_time(s, "/sys/kernel/slab");
	return err ? err : tf_snapshot_add(snap, "/sys/kernel/slab", s->text.data, s->text.len);
}

static int print_caches(struct kc_text *text, const struct kc_cache_info *caches, size_t nr)
{
	int err = kc_text_printf(text, "# address object_size size align flags oo min_partial "
				       "cpu_partial cpu_partial_slabs name\n");

	for (size_t i = 0; i < nr && !err; i++) {
		const struct kc_cache_info *c = &caches[i];

		err = kc_text_printf(text, "0x%016llx %u %u %u 0x%x 0x%x %u %u %u %s\n", c->addr,
				     c->object_size, c->size, c->align, c->flags, c->oo,
				     c->min_partial, c->cpu_partial, c->cpu_partial_slabs, c->name);
	}
	return err;
}

/* The caches as the kernel's own list has them, where it lets itself be asked. */
static int add_cache_list(struct kc_snapshotter *s, struct tf_snapshot *snap)
{
	int err;

	free(s->caches);
	s->caches = NULL;
	s->nr_caches = 0;
	if (!s->iter)
		return 0;
	err = kc_cache_iter_read(s->iter, &s->caches, &s->nr_caches);
	if (err)
		return err == -ENOMEM ? err : 0;
	s->text.len = 0;
	err = print_caches(&s->text, s->caches, s->nr_caches);
	if (!err)
		err = note_time(s, "kmem_cache");
	return err ? err : tf_snapshot_add(snap, "kmem_cache", s->text.data, s->text.len);
}

int kc_snapshot_begin(struct kc_snapshotter *s, struct tf_meta *meta, int (*pause)(void *arg),
		      void *arg)
{
	struct tf_snapshot *snap;
	int err = update_caches(s);

	if (!err)
		err = tf_meta_set(meta, "record.cache_iterator",
				  s->iter ? "iter/kmem_cache" : s->no_iter);
	if (err)
		return err;
	snap = tf_meta_begin_snapshot(meta, kc_now_ns());
	if (!snap)
		return -ENOMEM;
	s->times.len = 0;
	for (size_t i = 0; i < LEN(slow_files) && !err; i++)
		err = copy_file(s, snap, slow_files[i]);
	if (!err)
		err = add_slab_sysfs(s, snap, pause, arg);
	return err ? err : add_cache_list(s, snap);
}

int kc_snapshot_end(struct kc_snapshotter *s, struct tf_meta *meta, uint64_t *ts_ns)
{
	struct tf_snapshot *snap = &meta->snapshots[meta->nr_snapshots - 1];
	int err = 0;

	for (size_t i = 0; i < LEN(fast_files) && !err; i++)
		err = copy_file(s, snap, fast_files[i]);
	snap->ts_ns = kc_now_ns();
	if (!err)
		err = tf_snapshot_add(snap, "times", s->times.data, s->times.len);
	if (ts_ns)
		*ts_ns = snap->ts_ns;
	return err;
}

int kc_snapshot(struct kc_snapshotter *s, struct tf_meta *meta, uint64_t *ts_ns)
{
	int err = kc_snapshot_begin(s, meta, NULL, NULL);

	return err ? err : kc_snapshot_end(s, meta, ts_ns);
}

const struct kc_cache_info *kc_snapshot_caches(const struct kc_snapshotter *s, size_t *nr)
{
	*nr = s->nr_caches;
	return s->caches;
}

int kc_snapshotter_new(struct kc_snapshotter **out)
{
	struct kc_snapshotter *s = calloc(1, sizeof(*s));
	struct tf_meta rehearsal;
	int err;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	s->ram_fd = open(ram_file, O_RDONLY | O_CLOEXEC);
	kc_cache_iter_open(&s->iter, s->no_iter, sizeof(s->no_iter));
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
	if (s->ram_fd >= 0)
		close(s->ram_fd);
	kc_cache_iter_close(s->iter);
	kc_slab_sysfs_release(&s->sysfs);
	kc_text_release(&s->text);
	kc_text_release(&s->times);
	free(s->caches);
	free(s);
}

const char *kc_snapshot_path(unsigned int index)
{
	if (index < LEN(slow_files))
		return slow_files[index];
	index -= (unsigned int)LEN(slow_files);
	return index < LEN(fast_files) ? fast_files[index] : NULL;
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
	struct kc_text list = { 0 };
	unsigned int nr = (unsigned int)sysconf(_SC_NPROCESSORS_CONF);

	if (!kc_text_add_file(&list, "/sys/devices/system/cpu/possible") &&
	    !kc_text_add(&list, "", 1)) {
		const char *last = list.data + strcspn(list.data, "\n");

		while (last > list.data && last[-1] >= '0' && last[-1] <= '9')
			last--;
		nr = (unsigned int)strtoul(last, NULL, 10) + 1;
	}
	kc_text_release(&list);
	return nr;
}

static int set_first_line(struct tf_meta *meta, const char *key, struct kc_text *text)
{
	int err = kc_text_add(text, "", 1);

	if (err)
		return err;
	text->data[strcspn(text->data, "\n")] = 0;
	return tf_meta_set(meta, key, text->data);
}

int kc_add_host_facts(struct tf_meta *meta)
{
	struct utsname uts;
	struct kc_text cmdline = { 0 };
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
	if (!err && !kc_text_add_file(&cmdline, "/proc/cmdline"))
		err = set_first_line(meta, "host.cmdline", &cmdline);
	kc_text_release(&cmdline);
	return err;
}
