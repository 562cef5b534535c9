/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attributes of the slab sysfs cost an open each, some thousands in all, so those that
 * never change while a cache lives are read once and kept.
 */
#include "bpf/slab_sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOT "/sys/kernel/slab"
#define PAUSE_CACHES 8
#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const char *const fixed_attrs[] = {
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

/* "NAME/ATTR=first line". */
static int add_attr(struct kc_text *text, const char *cache, const char *attr)
{
	char path[192], value[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), ROOT "/%s/%s", cache, attr);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, value, sizeof(value) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	value[n] = 0;
	value[strcspn(value, "\n")] = 0;
	return kc_text_printf(text, "%s/%s=%s\n", cache, attr, value);
}

static int add_attrs(struct kc_text *text, const char *cache, const char *const *attrs, size_t nr)
{
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++)
		err = add_attr(text, cache, attrs[i]);
	return err;
}

static bool is_known(const struct kc_slab_sysfs *s, const char *name)
{
	for (size_t i = 0; i < s->nr_names; i++)
		if (!strcmp(s->names[i], name))
			return true;
	return false;
}

static int add_cache(struct kc_slab_sysfs *s, const char *name, size_t len)
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
	err = add_attrs(&s->fixed, cache, fixed_attrs, LEN(fixed_attrs));
	if (!err)
		memcpy(s->names[s->nr_names++], cache, sizeof(cache));
	return err;
}

int kc_slab_sysfs_update(struct kc_slab_sysfs *s, const struct kc_text *slabinfo)
{
	size_t at = 0, len;
	const char *line;
	int err = 0;

	while (!err && (line = kc_text_line(slabinfo, &at, &len))) {
		const char *blank = memchr(line, ' ', len);

		if (blank && line[0] != '#' && strncmp(line, "slabinfo", 8))
			err = add_cache(s, line, (size_t)(blank - line));
	}
	return err;
}

/* A name in the sysfs that is a link to the folder of its cache, ":A-0000064". */
struct link {
	char name[64], folder[64];
};

static int compare_links(const void *a, const void *b)
{
	const struct link *x = a, *y = b;
	int cmp = strcmp(x->folder, y->folder);

	return cmp ? cmp : strcmp(x->name, y->name);
}

static size_t read_links(struct link **out)
{
	DIR *dir = opendir(ROOT);
	struct link *links = NULL;
	const struct dirent *entry;
	size_t nr = 0, room = 0;

	while (dir && (entry = readdir(dir))) {
		struct link *link;
		ssize_t len;

		if (entry->d_type != DT_LNK || strlen(entry->d_name) >= sizeof(link->name))
			continue;
		if (nr == room) {
			struct link *grown = realloc(links, (room + 512) * sizeof(*links));

			if (!grown)
				break;
			links = grown;
			room += 512;
		}
		link = &links[nr];
		len = readlinkat(dirfd(dir), entry->d_name, link->folder, sizeof(link->folder) - 1);
		if (len <= 0)
			continue;
		link->folder[len] = 0;
		strcpy(link->name, entry->d_name);
		nr++;
	}
	if (dir)
		closedir(dir);
	if (nr)
		qsort(links, nr, sizeof(*links), compare_links);
	*out = links;
	return nr;
}

/* links[0 .. nr) are the names of one cache. */
static int add_group(const struct kc_slab_sysfs *s, const struct link *links, size_t nr,
		     struct kc_text *text)
{
	size_t listed = 0;
	int err = 0;

	while (listed < nr && !is_known(s, links[listed].name))
		listed++;
	for (size_t i = 0; i < nr && listed < nr && !err; i++)
		if (i != listed)
			err = kc_text_printf(text, "%s/alias=%s\n", links[listed].name,
					     links[i].name);
	return err;
}

static int add_aliases(const struct kc_slab_sysfs *s, struct kc_text *text)
{
	struct link *links;
	size_t nr = read_links(&links), first = 0;
	int err = 0;

	for (size_t i = 1; i <= nr && !err; i++) {
		if (i < nr && !strcmp(links[i].folder, links[first].folder))
			continue;
		err = add_group(s, links + first, i - first, text);
		first = i;
	}
	free(links);
	return err;
}

int kc_slab_sysfs_add(const struct kc_slab_sysfs *s, struct kc_text *text, int (*pause)(void *arg),
		      void *arg)
{
	int err = kc_text_add(text, s->fixed.data, s->fixed.len);

	for (size_t i = 0; i < s->nr_names && !err; i++) {
		err = add_attrs(text, s->names[i], moving_attrs, LEN(moving_attrs));
		if (!err && pause && i % PAUSE_CACHES == 0)
			err = pause(arg);
	}
	return err ? err : add_aliases(s, text);
}

void kc_slab_sysfs_release(struct kc_slab_sysfs *s)
{
	free(s->names);
	kc_text_release(&s->fixed);
	*s = (struct kc_slab_sysfs){ 0 };
}
