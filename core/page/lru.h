/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LRU lists: the used blocks that reclaim may take and compaction may move.
 *
 *   head  newest ... oldest  tail      one active and one inactive list for anonymous
 *                                      memory and for the page cache, of each node
 *
 * Lists are by node, as the kernel's are since 4.8; before, each zone had its own, which is
 * not modelled.  Blocks may have any order (large folios, huge pages).  The links are next
 * and prev of the block's descriptor; priv is the owner's and is never changed.
 *
 * Invariants: a block is on exactly one list if its head has KM_PG_LRU, else on none;
 * KM_PG_ACTIVE says which of the two, owner KM_OWNER_ANON or KM_OWNER_PAGE_CACHE which pair;
 * nr_pages[list] of the node = sum over its zones of lru_pages[list].
 *
 * An anonymous block without KM_PG_DIRTY has its contents in swap as well: its slots are
 * taken from nr_swap_pages.
 *
 * Not modelled: unevictable pages, per-cpu batches of additions, memory cgroups, the
 * generations of CONFIG_LRU_GEN, and what is done with a block that is there: no use makes it
 * active or dirty (mark_page_accessed(), folio_mark_dirty()), for no trace tells of one.
 */
#ifndef CORE_PAGE_LRU_H
#define CORE_PAGE_LRU_H

#include "core/page/page_alloc.h"

/*
 * Put the used block at pfn at the head of a list of its node.  It belongs to owner (ANON or
 * PAGE_CACHE) from now on.  flags: KM_PG_ACTIVE and KM_PG_DIRTY; an anonymous one is always
 * dirty.  0; -EINVAL: not the head of a used block, another owner, or its count is not 1;
 * -EEXIST: it is on a list.
 */
int km_lru_add(struct km_pages *pages, uint64_t pfn, enum km_page_owner owner, unsigned int flags);
/*
 * Take a block off its list: it is a used block like any other, with its owner.  To be done
 * before it is freed or split.  Slots in swap come free.  0, or -EINVAL: it is on none.
 */
int km_lru_del(struct km_pages *pages, uint64_t pfn);

/* For reclaim and compaction.  The head at pfn is on a list. */
enum km_lru_list km_lru_list_of(const struct page *page);
/* Off its list; the counts go with it, KM_PG_LRU and KM_PG_ACTIVE are cleared, swap is not. */
void km_lru_isolate(struct km_pages *pages, uint64_t pfn);
/* Back on a list, at its head or (oldest) its tail. */
void km_lru_putback(struct km_pages *pages, uint64_t pfn, bool active, bool oldest);
/* The descriptor at to takes the place of that at from, in the same zone; from is zero then. */
void km_lru_replace(struct km_pages *pages, uint64_t from, uint64_t to);

/* NULL if lists, links and counts agree, else one line that names what broke (in buf). */
const char *km_lru_is_valid(const struct km_pages *pages, char *buf, size_t len);

#endif
