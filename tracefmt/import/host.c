/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies of a host's files: DIR/start and DIR/end.
 *
 * A file is known by its path below the directory ("proc/zoneinfo", "sys/kernel/slab/...") or
 * by its bare name if that is one of the list below.  In the trace they have the paths that
 * a recording uses: the attributes of /sys/kernel/slab become one text of "CACHE/ATTRIBUTE=value".
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracefmt/import/state.h"

#define MAX_PATH 1024
#define MAX_DEPTH 8
#define MAX_FILES 50000u
#define MAX_FILE_BYTES (3u << 20)
#define MAX_BYTES (6u << 20) /* of both snapshots: a trace's metadata can hold 32 MiB */

/* Bare names. */
static const char *const known[] = {
	"/proc/zoneinfo",
	"/proc/buddyinfo",
	"/proc/slabinfo",
	"/proc/pagetypeinfo",
	"/proc/vmstat",
	"/proc/meminfo",
	"/proc/vmallocinfo",
	"/proc/iomem",
	"/proc/version",
	"/proc/cpuinfo",
	"/proc/cmdline",
	"/proc/sys/vm/min_free_kbytes",
	"/proc/sys/vm/watermark_scale_factor",
	"/proc/sys/vm/watermark_boost_factor",
	"/proc/sys/vm/lowmem_reserve_ratio",
	"/proc/sys/vm/percpu_pagelist_high_fraction",
	"/proc/sys/vm/zone_reclaim_mode",
	"/sys/kernel/debug/percpu_stats",
	"uname",
	"page_size",
};

/* They tell facts, and are no part of a snapshot. */
static const char *const for_facts[] = {
	"/proc/version", "/proc/cpuinfo",     "/proc/cmdline", "uname",
	"page_size",	 "/proc/sys/kernel/", "/sys/devices/",
};

struct walk {
	struct tf_snapshot *snap, *facts;
	struct tf_error *err;
	size_t bytes, nr_files;
	char path[MAX_PATH]; /* of what is being looked at */
	size_t root_len;     /* of it, the directory that was given */
};

static int fail_at(const struct walk *walk, int code, const char *what)
{
	size_t len = strlen(walk->path);
	const char *tail = len > 80 ? walk->path + len - 80 : walk->path;

	return tf_fail(walk->err, code, TF_NO_OFFSET, "%s: %s", tail, what);
}

/* The path on the host, or NULL if it is no file of one. */
static const char *host_path(const char *relative, char *buf, size_t len)
{
	if (!strncmp(relative, "proc/", 5) || !strncmp(relative, "sys/", 4)) {
		snprintf(buf, len, "/%s", relative);
		return buf;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && !strchr(relative, '/'); i++) {
		const char *base = strrchr(known[i], '/');

		if (!strcmp(base ? base + 1 : known[i], relative))
			return known[i];
	}
	return NULL;
}

static bool is_for_facts(const char *path)
{
	for (size_t i = 0; i < sizeof(for_facts) / sizeof(for_facts[0]); i++)
		if (!strncmp(path, for_facts[i], strlen(for_facts[i])))
			return true;
	return false;
}

/* All of a file, at most MAX_FILE_BYTES. */
static int read_file(struct walk *walk, char **data, size_t *len)
{
	int fd = open(walk->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t room = 1 << 14;
	ssize_t nr = 1;
	int ret = 0;

	*data = NULL;
	*len = 0;
	if (fd < 0)
		return fail_at(walk, -errno, strerror(errno));
	while (!ret && nr > 0) {
		char *grown = realloc(*data, room);

		if (!grown) {
			ret = -ENOMEM;
			break;
		}
		*data = grown;
		nr = read(fd, *data + *len, room - *len);
		if (nr < 0)
			ret = fail_at(walk, -errno, strerror(errno));
		else
			*len += (size_t)nr;
		if (*len > MAX_FILE_BYTES || *len + walk->bytes > MAX_BYTES)
			ret = fail_at(walk, -EFBIG, "too large for a snapshot");
		if (*len == room)
			room *= 2;
	}
	close(fd);
	walk->bytes += *len;
	return ret;
}

/* "dentry/order=1", a line of /sys/kernel/slab. */
static int add_slab_attr(struct walk *walk, const char *name, const char *data, size_t len)
{
	static const char path[] = "/sys/kernel/slab";
	const char *eol = len ? memchr(data, '\n', len) : NULL;
	int ret = 0;

	if (eol)
		len = (size_t)(eol - data);
	if (!tf_snapshot_file(walk->snap, path))
		ret = tf_snapshot_add(walk->snap, path, "", 0);
	if (!ret)
		ret = tf_snapshot_append(walk->snap, path, name, strlen(name));
	if (!ret)
		ret = tf_snapshot_append(walk->snap, path, "=", 1);
	if (!ret)
		ret = tf_snapshot_append(walk->snap, path, data, len);
	return ret ? ret : tf_snapshot_append(walk->snap, path, "\n", 1);
}

static int take_file(struct walk *walk)
{
	static const char slab[] = "/sys/kernel/slab/";
	char buf[MAX_PATH + 2], *data;
	const char *path = host_path(walk->path + walk->root_len + 1, buf, sizeof(buf));
	size_t len;
	int ret;

	if (!path)
		return 0;
	if (++walk->nr_files > MAX_FILES)
		return fail_at(walk, -EFBIG, "more than 50000 files");
	ret = read_file(walk, &data, &len);
	if (ret)
		;
	else if (is_for_facts(path))
		ret = tf_snapshot_add(walk->facts, path, data, len);
	else if (!strncmp(path, slab, sizeof(slab) - 1))
		ret = add_slab_attr(walk, path + sizeof(slab) - 1, data, len);
	else
		ret = tf_snapshot_add(walk->snap, path, data, len);
	free(data);
	return ret;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int take_directory(struct walk *walk, unsigned int depth);

/* The entry's name has been put behind walk->path. */
static int take_entry(struct walk *walk, unsigned int depth)
{
	struct stat st;

	if (lstat(walk->path, &st))
		return fail_at(walk, -errno, strerror(errno));
	if (S_ISREG(st.st_mode))
		return take_file(walk);
	return S_ISDIR(st.st_mode) && depth < MAX_DEPTH ? take_directory(walk, depth + 1) : 0;
}

/* In order of the names, so that the same files always make the same trace. */
static int take_directory(struct walk *walk, unsigned int depth)
{
	size_t len = strlen(walk->path);
	struct dirent **entries;
	int nr = scandir(walk->path, &entries, NULL, by_name), ret = 0;

	if (nr < 0)
		return fail_at(walk, -errno, strerror(errno));
	for (int i = 0; i < nr; i++) {
		const char *name = entries[i]->d_name;

		if (!ret && strcmp(name, ".") && strcmp(name, "..") &&
		    len + strlen(name) + 2 < sizeof(walk->path)) {
			walk->path[len] = '/';
			strcpy(walk->path + len + 1, name);
			ret = take_entry(walk, depth);
			walk->path[len] = 0;
		}
		free(entries[i]);
	}
	free(entries);
	return ret;
}

/* One of the two, 1 if it is not there; bytes is what the other one took. */
static int take_snapshot(struct tf_import *imp, const char *dir, const char *which, size_t *bytes,
			 struct tf_meta *facts, struct tf_error *err)
{
	struct walk walk = { .err = err, .bytes = *bytes };
	int len = snprintf(walk.path, sizeof(walk.path), "%s/%s", dir, which), ret;
	struct stat st;

	if (len < 0 || (size_t)len >= sizeof(walk.path))
		return tf_fail(err, -ENAMETOOLONG, TF_NO_OFFSET,
			       "the directory's name is too long");
	if (stat(walk.path, &st) && errno == ENOENT)
		return 1;
	walk.root_len = (size_t)len;
	walk.snap = tf_meta_begin_snapshot(&imp->host, 0);
	walk.facts = tf_meta_begin_snapshot(facts, 0);
	if (!walk.snap || !walk.facts)
		return -ENOMEM;
	ret = take_directory(&walk, 0);
	*bytes = walk.bytes;
	return ret;
}

static int take_slabinfo(struct tf_import *imp)
{
	const struct tf_snapfile *file =
		tf_snapshot_file(&imp->host.snapshots[0], "/proc/slabinfo");

	return file ? tf_caches_add_slabinfo(&imp->caches, (const char *)file->data, file->len) : 0;
}

int tf_import_host(struct tf_import *imp, const char *dir, struct tf_error *err)
{
	struct tf_meta facts;
	size_t bytes = 0;
	int ret;

	tf_meta_init(&facts);
	ret = take_snapshot(imp, dir, "start", &bytes, &facts, err);
	if (ret == 1)
		ret = tf_fail(err, -ENOENT, TF_NO_OFFSET, "there is no directory 'start' in it");
	if (!ret)
		ret = take_slabinfo(imp);
	if (!ret)
		ret = tf_import_host_facts(imp, &facts.snapshots[0], &imp->host.snapshots[0]);
	if (!ret)
		ret = take_snapshot(imp, dir, "end", &bytes, &facts, err);
	tf_meta_release(&facts);
	return ret < 0 ? ret : 0;
}
