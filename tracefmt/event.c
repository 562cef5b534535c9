/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of event kinds and page owners.
 */
#include "tracefmt/event.h"

#include <stddef.h>
#include <string.h>

static const char *const kind_names[TF_NR_KINDS] = {
	[TF_KMALLOC] = "kmalloc",
	[TF_KFREE] = "kfree",
	[TF_CACHE_ALLOC] = "cache_alloc",
	[TF_CACHE_FREE] = "cache_free",
	[TF_PAGE_ALLOC] = "page_alloc",
	[TF_PAGE_FREE] = "page_free",
	[TF_PAGE_FREE_BATCH] = "page_free_batch",
	[TF_PERCPU_ALLOC] = "percpu_alloc",
	[TF_PERCPU_FREE] = "percpu_free",
	[TF_PERCPU_FAIL] = "percpu_fail",
	[TF_VMAP_ALLOC] = "vmap_alloc",
	[TF_VMAP_FREE] = "vmap_free",
	[TF_GAP] = "gap",
	[TF_MARK] = "mark",
	[TF_ZONE_LOCKED] = "zone_locked",
	[TF_PCPU_DRAIN] = "pcpu_drain",
	[TF_EXTFRAG] = "extfrag",
};

static const char *const owner_names[TF_NR_OWNERS] = {
	[TF_OWNER_UNKNOWN] = "unknown",
	[TF_OWNER_SLAB] = "slab",
	[TF_OWNER_VMALLOC] = "vmalloc",
	[TF_OWNER_PERCPU] = "percpu",
	[TF_OWNER_OTHER] = "other",
	[TF_OWNER_PAGE_TABLE] = "page_table",
	[TF_OWNER_KERNEL_STACK] = "kernel_stack",
	[TF_OWNER_PAGE_CACHE] = "page_cache",
	[TF_OWNER_ANON] = "anon",
	[TF_OWNER_MIGRATED] = "migrated",
	[TF_OWNER_SHMEM] = "shmem",
};

const char *tf_kind_name(unsigned kind)
{
	return kind < TF_NR_KINDS ? kind_names[kind] : NULL;
}

int tf_kind_from_name(const char *name)
{
	for (int kind = 0; kind < TF_NR_KINDS; kind++) {
		if (!strcmp(name, kind_names[kind]))
			return kind;
	}
	return -1;
}

const char *tf_owner_name(unsigned owner)
{
	return owner < TF_NR_OWNERS ? owner_names[owner] : NULL;
}
