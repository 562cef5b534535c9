/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parser of page maps.
 *
 *   page_map 1        the version
 *   @100              the next line is about this page frame
 *   3840 F            so many pages of a kind, behind those of the line before
 *   16 S3             in compound blocks of that order
 *   cut 107d18        the map ends here, the host does not
 */
#include "core/replay/page_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	struct km_page_map *map;
	size_t room;
	uint64_t pfn; /* of the next line */
};

static bool read_kind(char letter, struct km_page_run *run)
{
	static const struct {
		char letter;
		uint8_t kind;
		bool is_dirty;
	} kinds[] = {
		{ 'U', KM_PAGE_MAP_OTHER, false },	{ 'F', KM_PAGE_MAP_FREE, false },
		{ 'S', KM_PAGE_MAP_SLAB, false },	{ 'A', KM_PAGE_MAP_ANON, false },
		{ 'a', KM_PAGE_MAP_ANON, false },	{ 'P', KM_PAGE_MAP_FILE_CACHE, false },
		{ 'p', KM_PAGE_MAP_FILE_CACHE, false }, { 'D', KM_PAGE_MAP_FILE_CACHE, true },
		{ 'd', KM_PAGE_MAP_FILE_CACHE, true },	{ 'L', KM_PAGE_MAP_UNEVICTABLE, false },
		{ 'H', KM_PAGE_MAP_HUGETLB, false },	{ 'G', KM_PAGE_MAP_TABLE, false },
		{ 'R', KM_PAGE_MAP_RESERVED, false },	{ 'X', KM_PAGE_MAP_NOTHING, false },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].letter != letter)
			continue;
		run->kind = kinds[i].kind;
		run->is_dirty = kinds[i].is_dirty;
		return true;
	}
	return false;
}

/* "S3", what is behind the number of pages. */
static bool read_block(struct km_text line, struct km_page_run *run)
{
	uint64_t order;

	if (line.at == line.end || !read_kind(*line.at++, run))
		return false;
	if (line.at == line.end)
		return true;
	if (*line.at == ' ' || !km_text_u64(&line, &order) || line.at != line.end)
		return false;
	run->order = (uint8_t)order;
	return order && order <= KM_PAGE_MAP_MAX_ORDER && run->kind != KM_PAGE_MAP_FREE;
}

/* "16 S3" */
static bool read_run(const struct parser *p, struct km_text line, struct km_page_run *run)
{
	*run = (struct km_page_run){ .pfn = p->pfn };
	if (!km_text_u64(&line, &run->nr) || !run->nr || run->nr > KM_PAGE_MAP_MAX_PFN - run->pfn ||
	    line.at == line.end || *line.at++ != ' ')
		return false;
	return read_block(line, run) && !((run->pfn | run->nr) & ((1ull << run->order) - 1));
}

/* A page frame, not before the end of the last run. */
static bool read_pfn(const struct parser *p, struct km_text line, uint64_t *pfn)
{
	return km_text_hex(&line, pfn) && line.at == line.end && *pfn >= p->pfn &&
	       *pfn < KM_PAGE_MAP_MAX_PFN;
}

static int add_run(struct parser *p, const struct km_page_run *run)
{
	struct km_page_map *map = p->map;

	if (map->nr == KM_PAGE_MAP_MAX_RUNS)
		return -EINVAL;
	if (map->nr == p->room) {
		size_t room = p->room ? 2 * p->room : 1024;
		struct km_page_run *grown = realloc(map->runs, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		map->runs = grown;
		p->room = room;
	}
	map->runs[map->nr++] = *run;
	p->pfn = run->pfn + run->nr;
	return 0;
}

static int read_line(struct parser *p, struct km_text line)
{
	struct km_page_run run;
	uint64_t pfn;

	if (p->map->is_cut)
		return -EINVAL;
	p->map->is_cut = km_text_skip(&line, "cut ");
	if (p->map->is_cut || km_text_skip(&line, "@")) {
		if (!read_pfn(p, line, &pfn))
			return -EINVAL;
		p->pfn = pfn;
		return 0;
	}
	return read_run(p, line, &run) ? add_run(p, &run) : -EINVAL;
}

int km_page_map_parse(struct km_page_map *map, struct km_text text)
{
	struct parser p = { .map = map };
	struct km_text line;
	int err = 0;

	*map = (struct km_page_map){ 0 };
	if (!km_text_line(&text, &line))
		return -ENOENT;
	if (!km_text_is(&line, "page_map 1"))
		return -EINVAL;
	while (!err && km_text_line(&text, &line))
		err = read_line(&p, line);
	return err;
}

void km_page_map_release(struct km_page_map *map)
{
	free(map->runs);
	*map = (struct km_page_map){ 0 };
}

const struct km_page_run *km_page_map_at(const struct km_page_map *map, uint64_t pfn)
{
	size_t low = 0, high = map->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct km_page_run *run = &map->runs[mid];

		if (pfn < run->pfn)
			high = mid;
		else if (pfn - run->pfn >= run->nr)
			low = mid + 1;
		else
			return run;
	}
	return NULL;
}
