/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot memory under arbitrary sequences of operations, for a suite and a fuzz target.
 *
 * Byte 0 chooses the style (bit 0) and the machine (bits 1-2); then each operation is four
 * bytes: what, and three of what it is done with.  Whatever is asked,
 *   - nobody gets bytes that somebody has, or bytes that are no RAM;
 *   - ram = free + kept, kept = given + own + lost;
 *   - what is refused changes nothing;
 *   - in the end every page is free, or used by boot memory, and the zones are whole.
 */
#ifndef TESTS_UNIT_CORE_PAGE_BOOTMEM_OPS_H
#define TESTS_UNIT_CORE_PAGE_BOOTMEM_OPS_H

#include <errno.h>
#include <string.h>

#include "core/machine/zone_layout.h"
#include "core/page/bootmem.h"

#define OPS_MAX 600
#define OPS_LIVE 256

struct ops_block {
	uint64_t addr, size;
};

struct ops_state {
	struct km_bootmem boot;
	struct km_profile profile;
	struct ops_block live[OPS_LIVE];
	unsigned int nr_live;
	uint64_t live_bytes;
};

static inline int ops_machine(struct ops_state *state, unsigned int which)
{
	struct km_profile *profile = &state->profile;

	km_profile_init(profile);
	profile->nr_nodes = 1 + (which & 1);
	if (which & 2) {
		static const enum km_zone_type types[] = { KM_ZONE_DMA, KM_ZONE_NORMAL,
							   KM_ZONE_HIGHMEM };

		/* Zones alone, on the last node; what they span is RAM. */
		profile->address_bits = 32;
		profile->page_offset = 0xc0000000;
		profile->vmalloc_start = 0xf8000000;
		profile->vmalloc_end = 0xff000000;
		profile->nr_zones = 3;
		for (unsigned int i = 0; i < 3; i++)
			profile->zones[i] = (struct km_zone_desc){ .type = types[i],
								   .node = which & 1,
								   .start_pfn = i * 2000,
								   .spanned_pages = 1900,
								   .present_pages = 1900,
								   .managed_pages = 1900 };
		return 0;
	}
	/* Two pieces a node, and a page of each zone that is not managed. */
	profile->nr_ranges = 2 * profile->nr_nodes;
	for (unsigned int i = 0; i < profile->nr_ranges; i++)
		profile->ranges[i] = (struct km_mem_range){ i * 3000 + 1, i * 3000 + 2500, i / 2 };
	km_zones_from_ranges(profile);
	for (unsigned int i = 0; i < profile->nr_zones; i++)
		profile->zones[i].managed_pages--;
	return 0;
}

/* Bytes of the size that two arguments tell: small ones, pages, a lot. */
static inline uint64_t ops_size(uint8_t a, uint8_t b)
{
	static const uint64_t units[4] = { 1, 100, 4096, 65536 };

	return (a + 1) * units[b & 3];
}

static inline bool ops_is_ram(const struct km_profile *profile, uint64_t start, uint64_t end)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];
		uint64_t from = start > desc->start_pfn ? start : desc->start_pfn;
		uint64_t to = desc->start_pfn + desc->spanned_pages;

		to = end < to ? end : to;
		if (from < to)
			pages += km_profile_ram_pages(profile, from, to, desc->node);
	}
	return pages == end - start;
}

static inline const char *ops_alloc(struct ops_state *state, uint8_t op, uint8_t a, uint8_t b)
{
	struct km_bootmem_request request = { .size = ops_size(a, b),
					      .align = b & 4 ? 1ull << (b >> 3) % 16 : 0,
					      .goal = b & 8 ? 1ull << (12 + (b >> 4)) : 0,
					      .limit = b & 16 ? 1ull << (12 + (a >> 4)) : 0,
					      .node = (int)(op >> 6) - 1 };
	uint64_t addr, end;

	if (state->nr_live == OPS_LIVE)
		return NULL;
	addr = km_bootmem_alloc(&state->boot, &request);
	if (addr == KM_BOOTMEM_NONE)
		return NULL;
	end = addr + request.size;
	if (request.align && addr & (request.align - 1))
		return "not aligned";
	if (request.limit && end > request.limit)
		return "above the limit";
	for (unsigned int i = 0; i < state->nr_live; i++)
		if (addr < state->live[i].addr + state->live[i].size && state->live[i].addr < end)
			return "given twice";
	if (!ops_is_ram(&state->profile, addr >> 12, ((end - 1) >> 12) + 1))
		return "no RAM there";
	state->live[state->nr_live++] = (struct ops_block){ addr, request.size };
	state->live_bytes += request.size;
	return NULL;
}

/* Give a block back, whole or cut in two. */
static inline const char *ops_free(struct ops_state *state, uint8_t a, uint8_t b)
{
	unsigned int i = a % state->nr_live;
	struct ops_block block = state->live[i];
	uint64_t part = b & 1 ? block.size : block.size / 2 + 1;
	int err = km_free_bootmem(&state->boot, block.addr, part);

	if (err == -ENOSPC) /* no room for a larger array */
		return NULL;
	if (err)
		return "refused to take back what it gave";
	if (km_free_bootmem(&state->boot, block.addr, part) != -EALREADY)
		return "took it back twice";
	state->live[i] = (struct ops_block){ block.addr + part, block.size - part };
	state->live_bytes -= part;
	if (!state->live[i].size)
		state->live[i] = state->live[--state->nr_live];
	return NULL;
}

/* Somewhere; a block is kept in the books as far as it is new. */
static inline const char *ops_reserve(struct ops_state *state, uint8_t a, uint8_t b, uint8_t c)
{
	uint64_t addr = (uint64_t)b << 16 | (uint64_t)c << 8, size = ops_size(a, c);
	struct km_bootmem_stats before, after;

	if (km_regions_meets(&state->boot.given, addr, addr + size))
		return NULL;
	km_bootmem_stats(&state->boot, &before);
	if (state->nr_live == OPS_LIVE || km_bootmem_reserve(&state->boot, addr, size))
		return NULL;
	km_bootmem_stats(&state->boot, &after);
	if (after.given_bytes - before.given_bytes > size)
		return "reserved more than was asked";
	state->live_bytes += after.given_bytes - before.given_bytes;
	/* Only what is in one piece can be freed again by its address. */
	if (after.given_bytes - before.given_bytes == size)
		state->live[state->nr_live++] = (struct ops_block){ addr, size };
	return NULL;
}

static inline const char *ops_totals(const struct ops_state *state)
{
	struct km_bootmem_stats stats;

	km_bootmem_stats(&state->boot, &stats);
	if (stats.ram_pages != stats.free_pages + stats.kept_pages)
		return "ram is not free + kept";
	if (stats.kept_pages << 12 != stats.given_bytes + stats.own_bytes + stats.lost_bytes)
		return "kept is not given + own + lost";
	if (stats.lost_bytes > stats.kept_pages << 12 || stats.partial_bytes > stats.lost_bytes)
		return "more is lost than kept";
	if (stats.given_bytes != state->live_bytes)
		return "given is not what was given";
	return km_bootmem_is_valid(&state->boot);
}

static inline const char *ops_one(struct ops_state *state, const uint8_t *op)
{
	if (op[0] % 8 < 4)
		return ops_alloc(state, op[0], op[1], op[2]);
	if (op[0] % 8 < 6 && state->nr_live)
		return ops_free(state, op[1], op[2]);
	if (op[0] % 8 == 6)
		return ops_reserve(state, op[1], op[2], op[3]);
	return NULL;
}

/* The machine boots, the rest is given to the zones. */
static inline const char *ops_end(struct ops_state *state, char *buf, size_t len)
{
	struct km_bootmem_stats stats;
	struct km_machine machine;
	struct km_pages pages;
	const char *broken;
	uint64_t used = 0;

	if (km_machine_init(&machine, &state->profile))
		return "no machine";
	if (km_pages_init(&pages, &machine)) {
		km_machine_release(&machine);
		return "no zones";
	}
	km_bootmem_stats(&state->boot, &stats);
	broken = km_free_all_bootmem(&state->boot, &pages) ? "the end was refused" : NULL;
	if (!broken)
		broken = km_pages_is_valid(&pages, buf, len);
	if (!broken && km_pages_nr_free(&pages) != stats.free_pages + (stats.own_bytes >> 12))
		broken = "free pages are not the zones'";
	for (uint64_t pfn = 0; pfn < machine.nr_pfns; pfn++)
		used += km_page(&machine, pfn)->state == KM_PAGE_USED;
	if (!broken && used != stats.kept_pages - (stats.own_bytes >> 12))
		broken = "kept pages are not used";
	km_pages_release(&pages);
	km_machine_release(&machine);
	return broken;
}

/* NULL, or what went wrong (in buf, or static). */
static inline const char *ops_run(struct ops_state *state, const uint8_t *data, size_t nr,
				  char *buf, size_t len)
{
	const char *broken = NULL;

	memset(state, 0, sizeof(*state));
	if (!nr)
		return NULL;
	if (ops_machine(state, data[0] >> 1) ||
	    km_bootmem_init(&state->boot, &state->profile, data[0] & 1))
		return "no machine";
	for (size_t i = 1; i + 4 <= nr && i < OPS_MAX * 4 && !broken; i += 4) {
		broken = ops_one(state, data + i);
		if (!broken && i % 32 == 1)
			broken = ops_totals(state);
	}
	if (!broken)
		broken = ops_totals(state);
	if (!broken)
		broken = ops_end(state, buf, len);
	km_bootmem_release(&state->boot);
	return broken;
}

#endif
