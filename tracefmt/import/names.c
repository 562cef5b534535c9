/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tracepoints of the allocators under every name they had: include/trace/events/
 * kmem.h, percpu.h and vmalloc.h of 2.6.32 to 6.18.
 */
#include <string.h>

#include "tracefmt/import/record.h"

static const char *const names[TF_NR_IMPORT_EVENTS] = {
	[TF_IMPORT_KMALLOC] = "kmalloc",
	[TF_IMPORT_KMALLOC_NODE] = "kmalloc_node",
	[TF_IMPORT_KFREE] = "kfree",
	[TF_IMPORT_CACHE_ALLOC] = "kmem_cache_alloc",
	[TF_IMPORT_CACHE_ALLOC_NODE] = "kmem_cache_alloc_node",
	[TF_IMPORT_CACHE_FREE] = "kmem_cache_free",
	[TF_IMPORT_PAGE_ALLOC] = "mm_page_alloc",
	[TF_IMPORT_PAGE_FREE] = "mm_page_free",
	[TF_IMPORT_PAGE_FREE_DIRECT] = "mm_page_free_direct",
	[TF_IMPORT_PAGE_FREE_BATCHED] = "mm_page_free_batched",
	[TF_IMPORT_PAGEVEC_FREE] = "mm_pagevec_free",
	[TF_IMPORT_PERCPU_ALLOC] = "percpu_alloc_percpu",
	[TF_IMPORT_PERCPU_FREE] = "percpu_free_percpu",
	[TF_IMPORT_PERCPU_FAIL] = "percpu_alloc_percpu_fail",
	[TF_IMPORT_VMAP_ALLOC] = "alloc_vmap_area",
	[TF_IMPORT_VMAP_FREE] = "free_vmap_area_noflush",
};

enum tf_import_event tf_import_event_by_name(const char *name, size_t len)
{
	/* kfree to percpu_alloc_percpu_fail: bit n is set if a name has n characters. */
	static const uint32_t lengths = 1u << 5 | 1u << 7 | 1u << 12 | 1u << 13 | 1u << 15 |
					1u << 16 | 1u << 18 | 1u << 19 | 1u << 20 | 1u << 21 |
					1u << 22 | 1u << 24;

	if (len > 24 || !(lengths & 1u << len))
		return TF_IMPORT_OTHER;
	for (unsigned int event = 1; event < TF_NR_IMPORT_EVENTS; event++) {
		if (strlen(names[event]) == len && !memcmp(names[event], name, len))
			return (enum tf_import_event)event;
	}
	return TF_IMPORT_OTHER;
}

const char *tf_import_event_name(unsigned int event)
{
	return event < TF_NR_IMPORT_EVENTS ? names[event] : NULL;
}
