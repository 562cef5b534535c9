/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page allocator under arbitrary sequences of operations on a 64 MiB machine.
 *
 * Byte 0 chooses the kernel generation (bits 0-2), a warm start (bit 3) and two nodes
 * (bit 4); then each operation is two bytes, what and with what.  Nothing a caller does
 * wrong may change anything; no page may get lost, or be handed out twice; no block stays
 * apart from a free buddy; what is counted is on the lists.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/page/page_alloc.h"
#include "core/page/pcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define NR_LIVE 256
#define MAX_OPS 2048
#define OPS_A_CHECK 256

struct block {
	uint64_t pfn;
	unsigned int order;
};

struct state {
	struct km_machine machine;
	struct km_pages pages;
	struct block live[NR_LIVE];
	unsigned int nr_live;
	uint64_t live_pages;
};

static const km_gfp kinds[8] = {
	KM_GFP_KERNEL,
	KM_GFP_HIGHUSER_MOVABLE,
	KM_GFP_KERNEL | KM_GFP_RECLAIMABLE,
	KM_GFP_ATOMIC | KM_GFP_ATOMIC_BIT,
	KM_GFP_KERNEL | KM_GFP_DMA,
	KM_GFP_KERNEL | KM_GFP_NOFAIL,
	KM_GFP_NOWAIT | KM_GFP_MEMALLOC,
	KM_GFP_DMA | KM_GFP_HIGHMEM,
};

static void check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz_buddy: %s\n", what);
	abort();
}

/* Pages that are neither free, nor on per-cpu lists, nor held are the live ones. */
static void check_conservation(const struct state *state)
{
	uint64_t sum = state->live_pages;

	for (unsigned int i = 0; i < state->pages.nr_zones; i++) {
		const struct zone *zone = &state->pages.zones[i];

		sum += zone->free_pages + zone->pcp_pages + zone->held_pages;
	}
	check(sum == 16384, "pages were lost or found");
}

static void add(struct state *state, uint64_t pfn, unsigned int order)
{
	if (pfn == KM_NO_PFN)
		return;
	check(!(pfn & ((1u << order) - 1)), "block is not aligned");
	for (unsigned int i = 0; i < state->nr_live; i++)
		check(pfn + (1u << order) <= state->live[i].pfn ||
			      state->live[i].pfn + (1u << state->live[i].order) <= pfn,
		      "block handed out twice");
	state->live[state->nr_live++] = (struct block){ pfn, order };
	state->live_pages += 1u << order;
}

static void op_alloc(struct state *state, uint8_t op, uint8_t arg)
{
	km_gfp gfp = kinds[op >> 3 & 7] | (arg & 16 ? KM_GFP_COLD : 0);

	add(state,
	    km_alloc_pages(&state->pages, gfp, arg & 15, op >> 7, (arg >> 5 & 1) - (arg >> 6 & 1),
			   KM_OWNER_OTHER),
	    arg & 15);
}

static void op_free(struct state *state, uint8_t op, uint8_t arg)
{
	unsigned int i = arg % state->nr_live, cpu = op >> 7;
	struct block block = state->live[i];

	if (!block.order && (op & 8))
		check(!km_free_cold_page(&state->pages, block.pfn, cpu), "cold free refused");
	else
		check(!km_free_pages(&state->pages, block.pfn, block.order, cpu), "free refused");
	check(km_free_pages(&state->pages, block.pfn, block.order, arg & 1) == -EINVAL,
	      "double free accepted");
	state->live[i] = state->live[--state->nr_live];
	state->live_pages -= 1u << block.order;
}

static void op_split(struct state *state, uint8_t arg)
{
	unsigned int i = arg % state->nr_live;
	struct block *block = &state->live[i];

	if (!block->order || state->nr_live == NR_LIVE)
		return;
	block->order--;
	check(!km_split_pages(&state->pages, block->pfn, block->order), "split refused");
	state->live[state->nr_live++] =
		(struct block){ block->pfn + (1u << block->order), block->order };
}

/* A pfn that need not be anything: only a live head of that order may be freed. */
static void op_wild_free(struct state *state, uint8_t arg)
{
	uint64_t pfn = arg * 67u;
	unsigned int order = arg % 11;

	for (unsigned int i = 0; i < state->nr_live; i++)
		if (state->live[i].pfn == pfn && state->live[i].order == order)
			return;
	check(km_free_pages(&state->pages, pfn, order, 0) < 0, "wild free accepted");
}

static void op_other(struct state *state, uint8_t op, uint8_t arg)
{
	struct zone *zone = &state->pages.zones[(arg >> 2) % state->pages.nr_zones];

	switch (arg & 3) {
	case 0:
		op_wild_free(state, arg);
		break;
	case 1:
		km_drain_all(&state->pages);
		break;
	case 2:
		km_pcp_tick(&state->pages);
		break;
	default:
		km_pcp_drain(&state->pages, zone, op >> 7);
	}
}

static void operate(struct state *state, uint8_t op, uint8_t arg)
{
	switch (op & 7) {
	case 0:
	case 1:
	case 2:
		if (state->nr_live < NR_LIVE)
			op_alloc(state, op, arg);
		break;
	case 3:
	case 4:
		if (state->nr_live)
			op_free(state, op, arg);
		break;
	case 5:
		if (state->nr_live)
			op_split(state, arg);
		break;
	case 6:
		if (state->nr_live < NR_LIVE)
			add(state,
			    km_pages_claim(&state->pages, op >> 3 & 3, 0, arg & 15, KM_OWNER_SLAB),
			    arg & 15);
		break;
	default:
		op_other(state, op, arg);
	}
}

static void make_profile(struct km_profile *profile, uint8_t how)
{
	static const char *const releases[8] = {
		"2.6.32", "4.9", "5.4", "5.10", "5.15", "6.1", "6.7", "6.18",
	};

	if (how & 16) {
		km_profile_init(profile);
		profile->nr_nodes = 2;
		check(!km_profile_set_memory(profile, 64 << 20), "no profile");
	} else {
		check(!km_profile_builtin("x86-32-64m", profile), "no profile");
	}
	profile->features = km_era_features(releases[how & 7], NULL);
	profile->nr_cpus = profile->nr_possible_cpus = 2;
}

static void boot(struct state *state, uint8_t how)
{
	uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS] = { { 0 } };
	struct km_profile profile;

	make_profile(&profile, how);
	check(!km_machine_init(&state->machine, &profile), "no machine");
	check(!km_pages_init(&state->pages, &state->machine), "no zones");
	if (!(how & 8)) {
		check(!km_pages_free_all(&state->pages), "no memory");
		return;
	}
	for (int type = 0; type < KM_MIGRATE_CMA; type++)
		for (int order = 0; order < KM_NR_ORDERS; order++)
			blocks[type][order] = (how >> 5) * 7u % (1 + (60u >> order)) + !type;
	for (unsigned int i = 0; i < state->pages.nr_zones; i++) {
		km_pages_seed(&state->pages, &state->pages.zones[i], blocks);
		km_pages_seed_pcp(&state->pages, &state->pages.zones[i], i & 1, how, 0);
	}
}

static void check_rules(const struct state *state)
{
	char buf[256];
	const char *complaint = km_pages_is_valid(&state->pages, buf, sizeof(buf));

	check(!complaint, complaint ? complaint : "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct state *state = calloc(1, sizeof(*state));

	check(!!state, "no memory");
	boot(state, len ? data[0] : 0);
	for (size_t i = 1; i + 1 < len && i < 2 * MAX_OPS; i += 2) {
		operate(state, data[i], data[i + 1]);
		check_conservation(state);
		if (i % (2 * OPS_A_CHECK) == 1)
			check_rules(state);
	}
	check_rules(state);

	while (state->nr_live)
		op_free(state, 0, 0);
	km_drain_all(&state->pages);
	check_conservation(state);
	check_rules(state);
	km_pages_release(&state->pages);
	km_machine_release(&state->machine);
	free(state);
	return 0;
}
