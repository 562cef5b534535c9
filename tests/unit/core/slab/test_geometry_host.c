/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The computed geometry against that of every cache of the running kernel.
 *
 * Exceptions, printed and counted: caches with debug options, and TYPESAFE_BY_RCU caches
 * whose creator placed the free pointer inside the object (6.12), which sysfs does not tell.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/slab/slab.h"
#include "tests/unit/suite.h"

#define SYSFS "/sys/kernel/slab"

/* First number of a cache's file, or -1. */
static long read_number(const char *cache, const char *file)
{
	char path[512];
	long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), SYSFS "/%s/%s", cache, file);
	f = fopen(path, "r");
	if (!f)
		return -1;
	if (fscanf(f, "%ld", &value) != 1)
		value = -1;
	fclose(f);
	return value;
}

static bool has_text(const char *cache, const char *file)
{
	char path[512];
	FILE *f;
	int c;

	snprintf(path, sizeof(path), SYSFS "/%s/%s", cache, file);
	f = fopen(path, "r");
	if (!f)
		return false;
	c = fgetc(f);
	fclose(f);
	return c != EOF && c != '\n';
}

/* Was the kernel told to lay out its slabs differently? */
static bool is_tuned(void)
{
	char line[4096] = "";
	FILE *f = fopen("/proc/cmdline", "r");

	if (f && !fgets(line, sizeof(line), f))
		line[0] = 0;
	if (f)
		fclose(f);
	return strstr(line, "slub_m") || strstr(line, "slab_m") || strstr(line, "slub_debug") ||
	       strstr(line, "slab_debug");
}

/* Why this machine cannot be compared, NULL if it can. */
static const char *host_profile(struct km_profile *profile)
{
	struct utsname host;
	unsigned int major, minor;
	long partial = read_number("kmalloc-64", "cpu_partial");

	km_profile_init(profile);
	profile->nr_cpus = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	profile->nr_possible_cpus = (unsigned int)sysconf(_SC_NPROCESSORS_CONF);
	profile->page_shift = (unsigned int)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
	if (partial < 0)
		return SYSFS " is not readable";
	if (uname(&host) || sscanf(host.release, "%u.%u", &major, &minor) != 2)
		return "no kernel release";
	if (strcmp(host.machine, "x86_64"))
		return "not an x86-64 kernel";
	if (is_tuned())
		return "slab options on the kernel command line";
	if (partial != 30 && partial != 120)
		return "cpu_partial was changed";
	if (partial == 30)
		profile->features &= ~KM_FEAT_CPU_PARTIAL_SLABS;
	if (major * 100 + minor < 608)
		profile->features &= ~KM_FEAT_ORDER_NEW;
	return NULL;
}

struct host_cache {
	long object_size, align, size, order, objects, min_partial, cpu_partial;
	unsigned int flags;
	bool debug;
};

static bool read_cache(const char *name, struct host_cache *cache)
{
	cache->object_size = read_number(name, "object_size");
	cache->align = read_number(name, "align");
	cache->size = read_number(name, "slab_size");
	cache->order = read_number(name, "order");
	cache->objects = read_number(name, "objs_per_slab");
	cache->min_partial = read_number(name, "min_partial");
	cache->cpu_partial = read_number(name, "cpu_partial");
	cache->flags = 0;
	if (read_number(name, "hwcache_align") == 1)
		cache->flags |= KM_SLAB_HWCACHE_ALIGN;
	if (read_number(name, "destroy_by_rcu") == 1)
		cache->flags |= KM_SLAB_TYPESAFE_BY_RCU;
	if (has_text(name, "ctor"))
		cache->flags |= KM_SLAB_CTOR;
	cache->debug = read_number(name, "red_zone") == 1 || read_number(name, "poison") == 1 ||
		       read_number(name, "store_user") == 1 ||
		       read_number(name, "sanity_checks") == 1 || read_number(name, "trace") == 1;
	return cache->object_size > 0 && cache->size > 0 && cache->objects > 0;
}

/* Is the free pointer inside the objects although the flags alone say outside? */
static bool has_inner_pointer(const struct host_cache *cache)
{
	long bare = (cache->object_size + cache->align - 1) / cache->align * cache->align;

	return (cache->flags & KM_SLAB_TYPESAFE_BY_RCU) && !(cache->flags & KM_SLAB_CTOR) &&
	       cache->size == bare;
}

static void compare(const char *name, const struct host_cache *cache,
		    const struct km_profile *profile, bool inner)
{
	const struct km_slab_settings settings = { .cpu_partial = KM_SLAB_DEFAULT };
	bool in_slabs = profile->features & KM_FEAT_CPU_PARTIAL_SLABS;
	struct km_cache_args args = { .name = name,
				      .object_size = (uint32_t)cache->object_size,
				      .align = (uint32_t)cache->align,
				      .flags = cache->flags };
	long cpu_partial = in_slabs ? (2 * cache->cpu_partial + cache->objects - 1) / cache->objects
				    : cache->cpu_partial;
	struct km_slab_geometry g;

	if (inner)
		args.flags &= ~KM_SLAB_TYPESAFE_BY_RCU;
	ck_assert_int_eq(km_slab_geometry(&args, profile, &settings, &g), 0);
	ck_assert_msg(g.size == cache->size, "%s: size %u, kernel %ld", name, g.size, cache->size);
	ck_assert_msg(g.align == cache->align, "%s: align %u, kernel %ld", name, g.align,
		      cache->align);
	ck_assert_msg(g.order == cache->order, "%s: order %u, kernel %ld", name, g.order,
		      cache->order);
	ck_assert_msg(g.objects == cache->objects, "%s: objects %u, kernel %ld", name, g.objects,
		      cache->objects);
	ck_assert_msg(g.min_partial == cache->min_partial, "%s: min_partial %u, kernel %ld", name,
		      g.min_partial, cache->min_partial);
	ck_assert_msg(g.cpu_partial_slabs == cpu_partial, "%s: cpu_partial %u, kernel %ld", name,
		      g.cpu_partial_slabs, cpu_partial);
}

START_TEST(every_cache_of_the_host)
{
	unsigned int compared = 0, exceptions = 0;
	struct km_profile profile;
	const char *reason = host_profile(&profile);
	DIR *dir = reason ? NULL : opendir(SYSFS);
	struct dirent *entry;

	if (!dir) {
		printf("SKIP every_cache_of_the_host: %s\n", reason ? reason : SYSFS " vanished");
		return;
	}
	while ((entry = readdir(dir))) {
		struct host_cache cache;
		bool inner;

		if (entry->d_name[0] == '.' || !read_cache(entry->d_name, &cache))
			continue;
		inner = has_inner_pointer(&cache);
		if (cache.debug || inner) {
			printf("exception: %s (%s)\n", entry->d_name,
			       cache.debug ? "debug options" : "free pointer inside the object");
			exceptions++;
		}
		if (cache.debug)
			continue;
		compare(entry->d_name, &cache, &profile, inner);
		compared++;
	}
	closedir(dir);
	printf("%u caches compared, %u exceptions\n", compared, exceptions);
	ck_assert_uint_gt(compared, 20);
}
END_TEST

RUN_SUITE("slab/geometry_host", every_cache_of_the_host)
