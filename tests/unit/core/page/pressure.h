/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Somebody who is told what reclaim and compaction do to the blocks, and a few that they may
 * do it to.
 */
#ifndef TESTS_UNIT_CORE_PAGE_PRESSURE_H
#define TESTS_UNIT_CORE_PAGE_PRESSURE_H

#include "tests/unit/core/page/rig.h"

#include "core/page/compact.h"
#include "core/page/lru.h"
#include "core/page/reclaim.h"

#define NR_TOLD 64

/* The first so many of what was told, and how often in all. */
struct told {
	unsigned int nr_reclaimed, nr_migrated;
	struct {
		uint64_t from, to; /* to: of moves */
		unsigned int order;
		uint32_t priv;
	} reclaimed[NR_TOLD], migrated[NR_TOLD];
};

static inline void tell_reclaimed(void *arg, uint64_t pfn, unsigned int order, uint32_t priv)
{
	struct told *told = arg;

	if (told->nr_reclaimed < NR_TOLD) {
		told->reclaimed[told->nr_reclaimed].from = pfn;
		told->reclaimed[told->nr_reclaimed].order = order;
		told->reclaimed[told->nr_reclaimed].priv = priv;
	}
	told->nr_reclaimed++;
}

static inline void tell_migrated(void *arg, uint64_t from, uint64_t to, unsigned int order,
				 uint32_t priv)
{
	struct told *told = arg;

	if (told->nr_migrated < NR_TOLD) {
		told->migrated[told->nr_migrated].from = from;
		told->migrated[told->nr_migrated].to = to;
		told->migrated[told->nr_migrated].order = order;
		told->migrated[told->nr_migrated].priv = priv;
	}
	told->nr_migrated++;
}

static inline void pressure_listen(struct rig *rig, struct told *told)
{
	static const struct km_pages_ops ops = { tell_reclaimed, tell_migrated };

	memset(told, 0, sizeof(*told));
	km_pages_set_ops(&rig->pages, &ops, told);
}

/* The used blocks [pfn, pfn + nr), of one page each, onto a list; priv is 1000 + pfn. */
static inline void pressure_lay(struct rig *rig, uint64_t pfn, uint64_t nr,
				enum km_page_owner owner, unsigned int flags)
{
	for (uint64_t i = pfn; i < pfn + nr; i++) {
		km_page(&rig->machine, i)->priv = 1000 + i;
		ck_assert_int_eq(km_lru_add(&rig->pages, i, owner, flags), 0);
	}
}

/* The list from its head (newest) to its tail, "3 2 1". */
#define ck_assert_lru(rig, node, which, expected)                                                  \
	do {                                                                                       \
		const struct km_page_list *lru_list = &(rig)->pages.lru[node].lists[which];        \
		char lru_buf[1024] = "";                                                           \
                                                                                                   \
		if (lru_list->nr)                                                                  \
			rig_list(rig, lru_list, lru_buf, sizeof(lru_buf));                         \
		ck_assert_str_eq(lru_buf, expected);                                               \
	} while (0)

#endif
