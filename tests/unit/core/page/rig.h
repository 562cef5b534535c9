/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine and its page allocator under test, and pictures of its memory.
 */
#ifndef TESTS_UNIT_CORE_PAGE_RIG_H
#define TESTS_UNIT_CORE_PAGE_RIG_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/page/buddy.h"
#include "core/page/page_alloc.h"

struct rig {
	struct km_machine machine;
	struct km_pages pages;
};

static inline void rig_boot(struct rig *rig, const struct km_profile *profile)
{
	ck_assert_pstr_eq(km_profile_check(profile), NULL);
	ck_assert_int_eq(km_machine_init(&rig->machine, profile), 0);
	ck_assert_int_eq(km_pages_init(&rig->pages, &rig->machine), 0);
}

static inline void rig_assert_valid(const struct rig *rig)
{
	char buf[256];

	ck_assert_pstr_eq(km_pages_is_valid(&rig->pages, buf, sizeof(buf)), NULL);
}

/* Every test ends here: the state it left must be whole. */
static inline void rig_end(struct rig *rig)
{
	rig_assert_valid(rig);
	km_pages_release(&rig->pages);
	km_machine_release(&rig->machine);
}

/*
 * One Normal zone of nr pages from pfn 0, pageblocks of 8 pages, watermarks that do
 * not get in the way, per-cpu lists of one page: small enough to draw.
 */
static inline void rig_small_profile(struct km_profile *profile, uint64_t nr)
{
	km_profile_init(profile);
	profile->pageblock_order = 3;
	profile->nr_zones = 1;
	profile->zones[0] = (struct km_zone_desc){ .type = KM_ZONE_NORMAL,
						   .spanned_pages = nr,
						   .present_pages = nr,
						   .managed_pages = nr,
						   .wmark_min = 1,
						   .wmark_low = 2,
						   .wmark_high = 3,
						   .pcp_batch = 1,
						   .pcp_high_min = 4,
						   .pcp_high_max = 4 };
}

static inline void rig_boot_small(struct rig *rig, uint64_t nr)
{
	struct km_profile profile;

	rig_small_profile(&profile, nr);
	rig_boot(rig, &profile);
}

/* As above, with everything free: the blocks lie on the MOVABLE lists, and are linked. */
static inline struct zone *rig_boot_small_free(struct rig *rig, uint64_t nr)
{
	rig_boot_small(rig, nr);
	ck_assert_int_eq(km_pages_free_all(&rig->pages), 0);
	return &rig->pages.zones[0];
}

/*
 * As above, but every page is in use by itself, taken for a movable request.  Not one
 * is free: rig_lay_free() makes free blocks where the test wants them.
 */
static inline struct zone *rig_boot_small_used(struct rig *rig, uint64_t nr)
{
	rig_boot_small(rig, nr);
	for (uint64_t i = 0; i < nr; i++)
		ck_assert_uint_lt(km_pages_claim(&rig->pages, KM_ZONE_NORMAL, 0, 0, KM_OWNER_OTHER),
				  nr);
	return &rig->pages.zones[0];
}

/* Of single used pages make one free block, at the tail of the list of type. */
static inline void rig_lay_free(struct rig *rig, uint64_t pfn, unsigned int order,
				enum km_migratetype type)
{
	for (uint64_t i = pfn; i < pfn + (1ull << order); i++) {
		ck_assert_int_eq(km_page(&rig->machine, i)->state, KM_PAGE_USED);
		*km_page(&rig->machine, i) = (struct page){ 0 };
	}
	km_free_area_add(&rig->pages, km_pfn_zone(&rig->pages, pfn), pfn, order, type, KM_PUT_TAIL);
}

/* What the used pages in [pfn, pfn + nr) were taken for. */
static inline void rig_lay_used(struct rig *rig, uint64_t pfn, uint64_t nr,
				enum km_migratetype type)
{
	for (uint64_t i = pfn; i < pfn + nr; i++)
		if (km_page(&rig->machine, i)->state == KM_PAGE_USED)
			km_page(&rig->machine, i)->migratetype = type;
}

/* The types of all pageblocks of a zone, one letter each: Unmovable, Movable, Reclaimable, ... */
static inline const char *rig_types(const struct rig *rig, const struct zone *zone, char *types)
{
	uint64_t nr = km_pageblock_index(&rig->pages, zone, km_zone_end(zone) - 1) + 1;

	for (uint64_t i = 0; i < nr; i++)
		types[i] = km_migratetype_name(zone->pageblock_types[i])[0];
	types[nr] = '\0';
	return types;
}

#define ck_assert_types(rig, zone, expected)                                                       \
	do {                                                                                       \
		char types_buf[1024];                                                              \
                                                                                                   \
		ck_assert_str_eq(rig_types(rig, zone, types_buf), expected);                       \
	} while (0)

/*
 * Memory from pfn on, one character a page:
 *   .      held, or nothing known        0-9,X  head of a free block of that order
 *   a-k    head of a used block,         A-K    head of a per-cpu block,
 *          orders 0 to 10                       orders 0 to 10
 *   -      inside a block
 */
static inline const char *rig_map(const struct rig *rig, uint64_t pfn, unsigned int nr, char *map)
{
	static const char *const heads[] = {
		[KM_PAGE_FREE] = "0123456789X",
		[KM_PAGE_PCP] = "ABCDEFGHIJK",
		[KM_PAGE_USED] = "abcdefghijk",
	};

	for (unsigned int i = 0; i < nr; i++) {
		const struct page *page = km_page(&rig->machine, pfn + i);
		uint64_t block = km_page_block(&rig->machine, pfn + i);

		if (block == KM_NO_PFN)
			map[i] = '.';
		else if (block != pfn + i)
			map[i] = '-';
		else
			map[i] = heads[page->state][page->order];
	}
	map[nr] = '\0';
	return map;
}

#define ck_assert_map(rig, pfn, expected)                                                          \
	do {                                                                                       \
		char map_buf[2048];                                                                \
                                                                                                   \
		ck_assert_str_eq(rig_map(rig, pfn, strlen(expected), map_buf), expected);          \
	} while (0)

/* The pfns of a free list from head to tail, "4 0 8"; "" if it is empty. */
static inline const char *rig_list(const struct rig *rig, const struct km_page_list *list,
				   char *buf, size_t len)
{
	size_t used = 0;

	buf[0] = '\0';
	for (uint32_t pfn = list->head; pfn != KM_NO_PAGE && used < len;
	     pfn = km_page(&rig->machine, pfn)->next)
		used += snprintf(buf + used, len - used, "%s%u", used ? " " : "", pfn);
	return buf;
}

#define ck_assert_list(rig, list, expected)                                                        \
	do {                                                                                       \
		char list_buf[1024];                                                               \
                                                                                                   \
		ck_assert_str_eq(rig_list(rig, list, list_buf, sizeof(list_buf)), expected);       \
	} while (0)

/* A generator of our own, so that a seed means the same everywhere (xorshift64*). */
static inline uint64_t rig_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

#endif
