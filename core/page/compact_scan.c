/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two scanners of a compaction, and the moves between them.
 *
 * Mirrors mm/compaction.c 6.12: isolate_migratepages_block(), isolate_freepages(),
 * compaction_alloc(), without the shortcuts that compact.h names.
 */
#include "core/page/buddy.h"
#include "core/page/compact_run.h"
#include "core/page/lru.h"
#include "core/page/zone.h"

#define MAX_PAGEBLOCK_PAGES (1u << KM_PAGEBLOCK_SHIFT_MAX)

static bool is_of_zone(const struct km_compact_run *run, uint64_t pfn)
{
	return run->pages->machine->profile.nr_nodes == 1 ||
	       km_pfn_zone_index(run->pages, pfn) == run->zone - run->pages->zones;
}

bool km_run_scanners_met(const struct km_compact_run *run)
{
	return run->free_exhausted || run->free_block <= run->migrate_pfn;
}

bool km_run_skips(const struct km_compact_run *run, uint64_t pfn)
{
	const uint64_t *skip = run->zone->compact.skip;
	uint64_t index = km_pageblock_index(run->pages, run->zone, pfn);

	return skip && run->want->priority != KM_COMPACT_FULL && skip[index / 64] >> index % 64 & 1;
}

void km_run_set_skip(struct km_compact_run *run, uint64_t pfn)
{
	uint64_t *skip = run->zone->compact.skip;
	uint64_t index = km_pageblock_index(run->pages, run->zone, pfn);

	if (skip)
		skip[index / 64] |= 1ull << index % 64;
}

/* suitable_migration_target() */
static bool is_target(const struct km_compact_run *run, uint64_t pfn)
{
	const struct page *page = km_page(run->pages->machine, pfn);
	enum km_migratetype type = km_pageblock_type(run->pages, run->zone, pfn);

	if (!is_of_zone(run, pfn))
		return false;
	if (page->state == KM_PAGE_FREE && page->order >= run->want->order)
		return false;
	return run->want->priority == KM_COMPACT_FULL || type == KM_MIGRATE_MOVABLE ||
	       type == KM_MIGRATE_CMA;
}

/* __isolate_free_page(): only while the zone stays above its min mark. */
static bool isolate_free_block(struct km_compact_run *run, uint64_t pfn, unsigned int order)
{
	struct zone *zone = run->zone;

	if (zone->free_pages <=
		    km_zone_needs(zone, 0, zone->wmark_min + (1ull << order), 0, KM_ALLOC_CMA) ||
	    km_pfn_stack_reserve(&run->freepages[order], 1))
		return false;
	km_free_area_del(run->pages, zone, pfn);
	km_pfn_stack_push(&run->freepages[order], pfn);
	run->nr_freepages += 1ull << order;
	if (order + 1 >= run->pages->machine->profile.pageblock_order &&
	    km_pageblock_type(run->pages, zone, pfn) < KM_MIGRATE_PCPTYPES)
		km_pageblock_set_types(run->pages, zone, pfn, 1ull << order, KM_MIGRATE_MOVABLE);
	return true;
}

/* Isolate in the pageblock of the free scanner, until nr are there or it ends. */
static void isolate_in_pageblock(struct km_compact_run *run, uint64_t nr)
{
	uint64_t end = run->free_block + km_run_pageblock(run);

	if (end > km_zone_end(run->zone))
		end = km_zone_end(run->zone);
	while (run->free_at < end && run->nr_freepages < nr) {
		const struct page *page = km_page(run->pages->machine, run->free_at);
		unsigned int order = page->order;

		run->free_scanned++;
		if (page->state != KM_PAGE_FREE && page->state != KM_PAGE_PCP &&
		    page->state != KM_PAGE_USED) {
			run->free_at++;
			continue;
		}
		if (page->state == KM_PAGE_FREE && !isolate_free_block(run, run->free_at, order)) {
			run->free_exhausted = true;
			return;
		}
		run->free_at += 1ull << order;
	}
}

/* isolate_freepages(): go down until nr pages are there, or the migrate scanner. */
static void isolate_freepages(struct km_compact_run *run, uint64_t nr)
{
	uint64_t size = km_run_pageblock(run);

	while (!run->free_exhausted && run->nr_freepages < nr) {
		uint64_t end = run->free_block + size;

		if (run->free_block <= run->migrate_pfn) {
			run->free_exhausted = true;
			return;
		}
		if (run->free_at > run->free_block ||
		    (is_target(run, run->free_block) && !km_run_skips(run, run->free_block))) {
			isolate_in_pageblock(run, nr);
			if (run->free_at < end && run->free_at < km_zone_end(run->zone))
				continue;
			km_run_set_skip(run, run->free_block);
		}
		if (run->free_block < run->zone->start_pfn + size) {
			run->free_exhausted = true;
			return;
		}
		run->free_block -= size;
		run->free_at = run->free_block;
	}
}

/* Of what is isolated, the smallest block that will do, cut.  KM_NO_PFN: there is none. */
static uint64_t take_isolated(struct km_compact_run *run, unsigned int order)
{
	unsigned int from = order;
	uint64_t pfn;

	while (from < KM_NR_ORDERS && !run->freepages[from].nr)
		from++;
	if (from == KM_NR_ORDERS)
		return KM_NO_PFN;
	for (unsigned int i = order; i < from; i++)
		if (km_pfn_stack_reserve(&run->freepages[i], 1))
			return KM_NO_PFN;
	pfn = km_pfn_stack_pop(&run->freepages[from]);
	while (from-- > order)
		km_pfn_stack_push(&run->freepages[from], pfn + (1ull << from));
	run->nr_freepages -= 1ull << order;
	return pfn;
}

/* compaction_alloc(): a place for a block of the order.  KM_NO_PFN: none is left. */
static uint64_t take_place(struct km_compact_run *run, unsigned int order)
{
	uint64_t pfn = take_isolated(run, order);

	if (pfn != KM_NO_PFN)
		return pfn;
	isolate_freepages(run, run->nr_freepages + (1ull << order));
	return take_isolated(run, order);
}

/* May the next move succeed? */
static bool has_places(const struct km_compact_run *run)
{
	return !run->free_exhausted || run->nr_freepages;
}

void km_run_release_free(struct km_compact_run *run)
{
	uint64_t highest = 0, mask = km_run_pageblock(run) - 1;

	for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
		while (run->freepages[order].nr) {
			uint64_t pfn = km_pfn_stack_pop(&run->freepages[order]);

			highest = pfn > highest ? pfn : highest;
			km_buddy_put_by_pageblock(run->pages, run->zone, pfn, order, 0);
		}
		km_pfn_stack_release(&run->freepages[order]);
	}
	run->nr_freepages = 0;
	highest &= ~mask;
	if (highest > run->free_block) {
		run->free_block = highest;
		run->free_at = highest;
	}
}

static void moved(struct km_compact_run *run, uint64_t from, unsigned int order)
{
	run->migrated += 1ull << order;
	km_buddy_put_by_pageblock(run->pages, run->zone, from, order, 0);
}

static bool move_used(struct km_compact_run *run, uint64_t from)
{
	struct km_pages *pages = run->pages;
	struct page *page = km_page(pages->machine, from);
	unsigned int order = page->order;
	uint32_t priv = page->priv;
	uint64_t to = take_place(run, order);

	if (to == KM_NO_PFN) {
		run->failed += 1ull << order;
		return false;
	}
	if (page->flags & KM_PG_LRU) {
		km_lru_replace(pages, from, to);
	} else {
		*km_page(pages->machine, to) = *page;
		*page = (struct page){ 0 };
	}
	moved(run, from, order);
	pages->ops->migrated(pages->ops_arg, from, to, order, priv);
	return true;
}

/* Whole, or by halves; what finds no place is held where it was.  The stacks have room. */
static void move_held_pages(struct km_compact_run *run, uint64_t from, unsigned int order)
{
	struct km_held *held = &run->zone->held[KM_HELD_MOVABLE];
	/* Pages enough are there: rather in pieces than go further. */
	uint64_t to = run->nr_freepages >= 1ull << order ? take_isolated(run, order)
							 : take_place(run, order);

	if (to != KM_NO_PFN) {
		km_held_add(held, to, order);
		run->zone->nr_held_moved += run->zone->held_by_number ? 1ull << order : 0;
		moved(run, from, order);
	} else if (order && has_places(run)) {
		move_held_pages(run, from, order - 1);
		move_held_pages(run, from + (1ull << (order - 1)), order - 1);
	} else {
		km_held_add(held, from, order);
		run->failed += 1ull << order;
	}
}

static void move_held(struct km_compact_run *run, const struct km_held_entry *entry)
{
	struct km_held *held = &run->zone->held[KM_HELD_MOVABLE];

	for (unsigned int order = 0; order <= entry->order; order++)
		if (km_pfn_stack_reserve(&held->blocks[order], 1ull << (entry->order - order)))
			return;
	move_held_pages(run, km_held_take_entry(held, entry->order, entry->at), entry->order);
}

/* Used blocks that can be moved: see compact.h. */
static bool is_movable(const struct km_compact_run *run, const struct page *page)
{
	const struct km_pages_ops *ops = run->pages->ops;

	if (!ops || !ops->migrated)
		return false;
	if (page->state != KM_PAGE_USED || page->count != 1 || page->order >= run->want->order ||
	    page->order >= run->pages->machine->profile.pageblock_order)
		return false;
	if (page->flags & KM_PG_LRU)
		return true;
	return page->migratetype == KM_MIGRATE_MOVABLE &&
	       (page->owner == KM_OWNER_OTHER || page->owner == KM_OWNER_ANON ||
		page->owner == KM_OWNER_PAGE_CACHE);
}

/* The held blocks of the pageblock at start: by page, index of the entry + 1. */
static void map_held(const struct km_compact_run *run, uint64_t start, uint32_t *held)
{
	const struct km_held_index *index = &run->held;
	const struct km_pfn_stack *blocks = run->zone->held[KM_HELD_MOVABLE].blocks;
	uint64_t block = km_pageblock_index(run->pages, run->zone, start);

	for (uint32_t i = index->first[block]; i < index->first[block + 1]; i++) {
		const struct km_held_entry *entry = &index->entries[i];

		held[blocks[entry->order].pfns[entry->at] - start] = i + 1;
	}
}

/* A pageblock on its way through the migrate scanner. */
struct source {
	uint64_t start, pfn, end;
	uint32_t held[MAX_PAGEBLOCK_PAGES];
};

/* Pages of what begins at pfn; *can_move: it can, or is free. */
static uint64_t look_at(const struct km_compact_run *run, const struct source *source, uint64_t pfn,
			bool *can_move)
{
	const struct page *page = km_page(run->pages->machine, pfn);
	uint32_t held = source->held[pfn - source->start];

	if (held) {
		*can_move = true;
		return 1ull << run->held.entries[held - 1].order;
	}
	*can_move = page->state == KM_PAGE_FREE || is_movable(run, page);
	if (page->state == KM_PAGE_FREE || page->state == KM_PAGE_PCP ||
	    page->state == KM_PAGE_USED)
		return 1ull << page->order;
	return 1;
}

/* Can all of [pfn, end) come free? */
static bool stretch_can_move(struct km_compact_run *run, const struct source *source, uint64_t end)
{
	bool can_move = true;

	for (uint64_t pfn = source->pfn; pfn < end && can_move;) {
		pfn += look_at(run, source, pfn, &can_move);
		run->migrate_scanned += !can_move;
	}
	return can_move;
}

static void migrate_stretch(struct km_compact_run *run, struct source *source, uint64_t end)
{
	while (source->pfn < end && has_places(run)) {
		uint64_t pfn = source->pfn;
		uint32_t held = source->held[pfn - source->start];
		bool can_move;
		uint64_t nr = look_at(run, source, pfn, &can_move);

		source->pfn += nr;
		run->migrate_scanned++;
		if (!can_move || km_page(run->pages->machine, pfn)->state == KM_PAGE_FREE)
			continue;
		if (held)
			move_held(run, &run->held.entries[held - 1]);
		else
			move_used(run, pfn);
	}
}

/* suitable_migration_source() */
static bool is_source(const struct km_compact_run *run, uint64_t pfn)
{
	enum km_migratetype type = km_pageblock_type(run->pages, run->zone, pfn);

	if (!is_of_zone(run, pfn) || type == KM_MIGRATE_ISOLATE || type == KM_MIGRATE_CMA)
		return false;
	return run->want->priority != KM_COMPACT_ASYNC || !run->want->direct ||
	       type == run->want->type;
}

/* Where the first block of a source begins: one may reach in from the pageblock before. */
static uint64_t first_in_source(const struct km_compact_run *run, uint64_t pfn)
{
	uint64_t head = km_page_block(run->pages->machine, pfn);

	if (head == KM_NO_PFN || head == pfn)
		return pfn;
	return head + (1ull << km_page(run->pages->machine, head)->order);
}

void km_run_migrate_pageblock(struct km_compact_run *run)
{
	const uint64_t size = km_run_pageblock(run), zone_end = km_zone_end(run->zone);
	const bool gives_up = run->want->direct && run->want->priority == KM_COMPACT_ASYNC;
	uint64_t stretch = gives_up ? 1ull << run->want->order : size;
	struct source source = { .start = run->migrate_pfn & ~(size - 1) };

	source.end = source.start + size < zone_end ? source.start + size : zone_end;
	source.pfn = source.end;
	if (is_source(run, run->migrate_pfn) && !km_run_skips(run, source.start)) {
		km_run_set_skip(run, source.start);
		source.pfn = first_in_source(run, run->migrate_pfn);
		if (run->held.entries)
			map_held(run, source.start, source.held);
	}
	while (source.pfn < source.end && has_places(run)) {
		uint64_t end = (source.pfn & ~(stretch - 1)) + stretch;

		end = end < source.end ? end : source.end;
		if (!gives_up || stretch_can_move(run, &source, end))
			migrate_stretch(run, &source, end);
		source.pfn = source.pfn > end ? source.pfn : end;
	}
	run->migrate_pfn = source.start + size;
}
