/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reclaim, compaction and kswapd under arbitrary sequences of operations on a 16 MiB machine with
 * pageblocks of 128 pages.
 *
 * Byte 0 chooses the kernel generation (bits 0-1), swap (bit 2) and how much is held that
 * nobody claims (bits 3-5); then each operation is two bytes, what and with what.  No page may
 * get lost, and nothing may be reclaimed or moved of which its owner hears something else.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/page/compact.h"
#include "core/page/lru.h"
#include "core/page/reclaim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define NR_PAGES 4096u
#define NR_LIVE 512
#define MAX_OPS 2048

struct block {
	uint64_t pfn; /* KM_NO_PFN: none */
	unsigned int order;
	bool listed;
};

struct state {
	struct km_machine machine;
	struct km_pages pages;
	struct block live[NR_LIVE]; /* by priv */
	uint64_t live_pages;
};

static void check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz_reclaim: %s\n", what);
	abort();
}

static void on_reclaimed(void *arg, uint64_t pfn, unsigned int order, uint32_t priv)
{
	struct state *state = arg;
	struct block *block = &state->live[priv % NR_LIVE];

	check(priv < NR_LIVE && block->pfn == pfn && block->order == order && block->listed,
	      "reclaimed what was not there");
	block->pfn = KM_NO_PFN;
	state->live_pages -= 1u << order;
}

static void on_migrated(void *arg, uint64_t from, uint64_t to, unsigned int order, uint32_t priv)
{
	struct state *state = arg;
	struct block *block = &state->live[priv % NR_LIVE];

	check(priv < NR_LIVE && block->pfn == from && block->order == order,
	      "moved what was not there");
	block->pfn = to;
}

static const struct km_pages_ops ops = { on_reclaimed, on_migrated };

static void check_whole(const struct state *state)
{
	uint64_t sum = state->live_pages;

	for (unsigned int i = 0; i < state->pages.nr_zones; i++) {
		const struct zone *zone = &state->pages.zones[i];

		sum += zone->free_pages + zone->pcp_pages + zone->held_pages;
	}
	check(sum == NR_PAGES, "pages were lost or found");
}

static void op_alloc(struct state *state, uint8_t op, uint8_t arg)
{
	static const km_gfp kinds[8] = {
		KM_GFP_KERNEL,
		KM_GFP_HIGHUSER_MOVABLE,
		KM_GFP_HIGHUSER_MOVABLE,
		KM_GFP_NOFS,
		KM_GFP_ATOMIC,
		KM_GFP_KERNEL | KM_GFP_NOFAIL,
		KM_GFP_NOIO,
		KM_GFP_KERNEL | KM_GFP_RETRY_MAYFAIL,
	};
	struct block *block = &state->live[(arg * 2 + (op >> 7)) % NR_LIVE];
	km_gfp gfp = kinds[op >> 3 & 7];

	if (block->pfn != KM_NO_PFN)
		return;
	*block = (struct block){ .pfn = KM_NO_PFN, .order = op & 64 ? arg % 11 : arg & 1 };
	block->pfn = km_alloc_pages(&state->pages, gfp, block->order, op >> 7, -1, KM_OWNER_OTHER);
	if (block->pfn == KM_NO_PFN)
		return;
	state->live_pages += 1u << block->order;
	km_page(&state->machine, block->pfn)->priv = block - state->live;
	if (!(gfp & KM_GFP_MOVABLE) || arg & 64)
		return;
	check(!km_lru_add(&state->pages, block->pfn,
			  arg & 128 ? KM_OWNER_ANON : KM_OWNER_PAGE_CACHE,
			  arg & (KM_PG_ACTIVE | KM_PG_DIRTY)),
	      "not taken onto a list");
	block->listed = true;
}

static void op_touch(struct state *state, uint8_t op, uint8_t arg)
{
	struct block *block = &state->live[(arg * 2 + (op >> 7)) % NR_LIVE];

	if (block->pfn == KM_NO_PFN)
		return;
	switch (op >> 3 & 3) {
	case 0:
	case 1: /* from one list to the other */
		if (!block->listed)
			break;
		check(!km_lru_del(&state->pages, block->pfn), "on no list");
		check(!km_lru_add(&state->pages, block->pfn,
				  km_page(&state->machine, block->pfn)->owner,
				  arg & (KM_PG_ACTIVE | KM_PG_DIRTY)),
		      "not taken back onto a list");
		break;
	case 2:
		check(km_lru_del(&state->pages, block->pfn) == (block->listed ? 0 : -EINVAL),
		      "off a list that it was not on");
		block->listed = false;
		break;
	default:
		check(!km_free_pages(&state->pages, block->pfn, block->order, op >> 7),
		      "free refused");
		state->live_pages -= 1u << block->order;
		block->pfn = KM_NO_PFN;
	}
}

static void op_compact(struct state *state, uint8_t op, uint8_t arg)
{
	struct km_compact want = { .order = arg % KM_NR_ORDERS,
				   .type = arg % KM_MIGRATE_PCPTYPES,
				   .class = KM_ZONE_MOVABLE,
				   .priority = (op >> 3) % 3,
				   .direct = op >> 7 };

	if (state->machine.profile.features & KM_FEAT_COMPACTION)
		km_compact_zone(&state->pages, &state->pages.zones[arg % state->pages.nr_zones],
				&want);
}

static void operate(struct state *state, uint8_t op, uint8_t arg)
{
	switch (op & 7) {
	case 0:
	case 1:
	case 2:
	case 3:
		op_alloc(state, op, arg);
		break;
	case 4:
	case 5:
		op_touch(state, op, arg);
		break;
	case 6:
		op_compact(state, op, arg);
		break;
	default:
		km_pages_advance(&state->pages, state->pages.now_ns + arg * 1000u);
	}
}

static void boot(struct state *state, uint8_t how)
{
	static const unsigned int generations[4] = {
		0,
		KM_FEAT_COMPACTION,
		KM_FEAT_COMPACTION | KM_FEAT_RECLAIM_RETRY | KM_FEAT_PCP_HIGH_ORDER,
		KM_FEATURES_NEWEST,
	};
	struct km_profile profile;

	km_profile_init(&profile);
	profile.features = generations[how & 3];
	profile.nr_cpus = profile.nr_possible_cpus = 2;
	profile.pageblock_order = 7;
	check(!km_profile_set_memory(&profile, NR_PAGES << 12), "no such machine");
	check(!km_machine_init(&state->machine, &profile), "no machine");
	check(!km_pages_init(&state->pages, &state->machine), "no zones");
	km_pages_set_ops(&state->pages, &ops, state);
	state->pages.nr_swap_pages = how & 4 ? 300 : 0;
	for (unsigned int i = 0; i < state->pages.nr_zones; i++) {
		struct zone *zone = &state->pages.zones[i];

		zone->held_pinned = how;
		zone->held_dirty = how >> 1 & 63;
		zone->held_anon = how >> 2;
		while (zone->held_pages > (how >> 3 & 7) * 60u) {
			uint64_t pfn =
				km_pages_claim(&state->pages, zone->type, 0, 0, KM_OWNER_OTHER);

			check(!km_free_pages(&state->pages, pfn, 0, 0), "claimed in vain");
		}
	}
	for (unsigned int i = 0; i < NR_LIVE; i++)
		state->live[i].pfn = KM_NO_PFN;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct state *state = calloc(1, sizeof(*state));
	const char *complaint;
	char buf[256];

	check(!!state, "no memory");
	boot(state, len ? data[0] : 0);
	for (size_t i = 1; i + 1 < len && i < 2 * MAX_OPS; i += 2) {
		operate(state, data[i], data[i + 1]);
		check_whole(state);
	}
	complaint = km_pages_is_valid(&state->pages, buf, sizeof(buf));
	check(!complaint, complaint ? complaint : "");
	for (unsigned int i = 0; i < NR_LIVE; i++)
		if (state->live[i].pfn != KM_NO_PFN)
			op_touch(state, 3 << 3 | (i & 1) << 7, i / 2);
	check(!state->live_pages, "somebody kept a block");
	check_whole(state);
	complaint = km_pages_is_valid(&state->pages, buf, sizeof(buf));
	check(!complaint, complaint ? complaint : "");
	km_pages_release(&state->pages);
	km_machine_release(&state->machine);
	free(state);
	return 0;
}
