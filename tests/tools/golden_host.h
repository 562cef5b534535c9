/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host of the golden traces: facts, caches, symbols, and what its /proc said.
 */
#ifndef TESTS_TOOLS_GOLDEN_HOST_H
#define TESTS_TOOLS_GOLDEN_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "tracefmt/meta.h"

enum golden_cache {
	CACHE_KMALLOC_64 = 1,
	CACHE_KMALLOC_128,
	CACHE_KMALLOC_256,
	CACHE_KMALLOC_1K,
	CACHE_DENTRY,
};

/* Call sites: function and offset as the symbol table names them. */
#define SITE_D_ALLOC 0xffffffff81100012ull
#define SITE_D_FREE 0xffffffff81100134ull
#define SITE_RING_ALLOC 0xffffffff81200042ull
#define SITE_MSG_ALLOC 0xffffffff81300020ull
#define SITE_MSG_FREE 0xffffffff81300088ull
#define SITE_TIMER 0xffffffffc0400077ull
#define SITE_KMALLOC 0xffffffff81000010ull
#define SITE_PIPE 0xffffffff81500099ull
#define SITE_FAULT 0xffffffff81600055ull
#define SITE_DMA_POOL 0xffffffff81700021ull
#define SITE_STACK 0xffffffff81800063ull
#define SITE_IOREMAP 0xffffffff81900017ull
#define SITE_STATS 0xffffffff81a00011ull
#define SITE_RCU 0xffffffff81b00033ull /* has no symbol */

/* Further up in call chains. */
#define SITE_VFS 0xffffffff81c0002cull
#define SITE_SYSCALL 0xffffffff81d0005dull
#define SITE_KTHREAD 0xffffffff81e000d1ull

/* Id of the kmalloc class of that many bytes, 0 if none. */
uint32_t golden_kmalloc_cache(uint64_t bytes);
/* Id of the call chain of an allocation at that site on that CPU. */
uint32_t golden_stack(uint64_t call_site, unsigned int cpu);
/* All return 0 or a negative errno. */
int golden_facts(struct tf_meta *meta, const char *variant);
int golden_stacks(struct tf_meta *meta);
int golden_snapshot(struct tf_meta *meta, uint64_t ts_ns, bool is_end);

#endif
