/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * More is asked for than there is: random requests, LRU operations, frees and passing time on
 * machines of every generation.  Pages are conserved, every owner knows where its blocks are,
 * and the state is whole at any time.
 */
#include "tests/unit/suite.h"
#include "tests/unit/core/page/pressure.h"

#define NR_LIVE 8192

struct block {
	uint64_t pfn; /* KM_NO_PFN: reclaimed */
	unsigned int order;
	uint32_t key; /* what priv must be */
	bool listed;
};

struct run {
	struct rig rig;
	uint64_t random;
	struct block live[NR_LIVE]; /* by key */
	uint64_t live_pages, now_ns;
	unsigned int nr_lost; /* told of what was not there */
};

static void on_reclaimed(void *arg, uint64_t pfn, unsigned int order, uint32_t priv)
{
	struct run *run = arg;
	struct block *block = &run->live[priv % NR_LIVE];

	run->nr_lost += block->pfn != pfn || block->order != order || !block->listed;
	block->pfn = KM_NO_PFN;
	run->live_pages -= 1ull << order;
}

static void on_migrated(void *arg, uint64_t from, uint64_t to, unsigned int order, uint32_t priv)
{
	struct run *run = arg;
	struct block *block = &run->live[priv % NR_LIVE];

	run->nr_lost += block->pfn != from || block->order != order;
	block->pfn = to;
}

static unsigned int pick(struct run *run, unsigned int nr)
{
	return rig_random(&run->random) % nr;
}

static void run_alloc(struct run *run)
{
	static const km_gfp kinds[] = {
		KM_GFP_KERNEL,
		KM_GFP_KERNEL | KM_GFP_RECLAIMABLE,
		KM_GFP_NOFS,
		KM_GFP_NOIO,
		KM_GFP_ATOMIC,
		KM_GFP_KERNEL | KM_GFP_RETRY_MAYFAIL,
		KM_GFP_HIGHUSER_MOVABLE | KM_GFP_NORETRY,
	};
	km_gfp gfp = pick(run, 4) ? KM_GFP_HIGHUSER_MOVABLE
				  : kinds[pick(run, sizeof(kinds) / sizeof(kinds[0]))];
	unsigned int order = pick(run, 16) ? 0 : 1 + pick(run, 9);
	uint32_t key = pick(run, NR_LIVE);
	struct block *block = &run->live[key];

	if (block->pfn != KM_NO_PFN)
		return;
	block->listed = false;
	block->pfn = km_alloc_pages(&run->rig.pages, gfp, order, pick(run, 2), -1, KM_OWNER_OTHER);
	if (block->pfn == KM_NO_PFN)
		return;
	block->order = order;
	run->live_pages += 1ull << order;
	km_page(&run->rig.machine, block->pfn)->priv = key;
	if (gfp & KM_GFP_MOVABLE && pick(run, 8)) {
		km_lru_add(&run->rig.pages, block->pfn,
			   pick(run, 2) ? KM_OWNER_ANON : KM_OWNER_PAGE_CACHE,
			   pick(run, 16) & (KM_PG_ACTIVE | KM_PG_DIRTY));
		block->listed = true;
	}
}

static void run_touch(struct run *run)
{
	struct block *block = &run->live[pick(run, NR_LIVE)];
	struct km_pages *pages = &run->rig.pages;

	if (block->pfn == KM_NO_PFN)
		return;
	switch (pick(run, 4)) {
	case 0:
	case 1: /* from one list to the other */
		if (!km_lru_del(pages, block->pfn))
			run->nr_lost +=
				km_lru_add(pages, block->pfn,
					   km_page(pages->machine, block->pfn)->owner,
					   pick(run, 16) & (KM_PG_ACTIVE | KM_PG_DIRTY)) != 0;
		break;
	default:
		run->nr_lost += km_free_pages(pages, block->pfn, block->order, pick(run, 2)) != 0;
		run->live_pages -= 1ull << block->order;
		block->pfn = KM_NO_PFN;
	}
}

/* Requests rarely need it on so small a machine. */
static void run_compact(struct run *run)
{
	struct km_pages *pages = &run->rig.pages;
	struct km_compact want = { .order = 2 + pick(run, 6),
				   .type = pick(run, KM_MIGRATE_PCPTYPES),
				   .class = KM_ZONE_MOVABLE,
				   .priority = pick(run, 3),
				   .direct = pick(run, 2) };

	km_compact_zone(pages, &pages->zones[pick(run, pages->nr_zones)], &want);
}

static uint64_t accounted(const struct run *run)
{
	uint64_t sum = run->live_pages;

	for (unsigned int i = 0; i < run->rig.pages.nr_zones; i++) {
		const struct zone *zone = &run->rig.pages.zones[i];

		sum += zone->free_pages + zone->pcp_pages + zone->held_pages;
	}
	return sum;
}

static void run_seed(unsigned int features, uint64_t held, uint64_t seed)
{
	static const struct km_pages_ops ops = { on_reclaimed, on_migrated };
	struct run *run = calloc(1, sizeof(*run));
	struct km_profile profile;
	uint64_t managed;

	ck_assert_ptr_nonnull(run);
	km_profile_init(&profile);
	profile.nr_cpus = profile.nr_possible_cpus = 2;
	profile.features = features;
	ck_assert_int_eq(km_profile_set_memory(&profile, 32 << 20), 0);
	rig_boot(&run->rig, &profile);
	managed = accounted(run);
	/* Some of what is in use since before is never claimed by anybody. */
	for (unsigned int i = 0; i < run->rig.pages.nr_zones; i++)
		while (run->rig.pages.zones[i].held_pages > held) {
			struct zone *zone = &run->rig.pages.zones[i];
			uint64_t pfn = km_pages_claim(&run->rig.pages, zone->type, zone->node, 0,
						      KM_OWNER_OTHER);

			ck_assert_int_eq(km_free_pages(&run->rig.pages, pfn, 0, 0), 0);
		}
	km_pages_set_ops(&run->rig.pages, &ops, run);
	run->random = seed;
	run->rig.pages.nr_swap_pages = 1000;
	for (unsigned int i = 0; i < NR_LIVE; i++)
		run->live[i].pfn = KM_NO_PFN;

	for (unsigned int i = 0; i < 40000; i++) {
		/* Full, and then full of holes. */
		if (pick(run, 8) < (i / 2500 % 2 ? 1 : 6))
			run_alloc(run);
		else
			run_touch(run);
		if (!pick(run, 16))
			km_pages_advance(&run->rig.pages, run->now_ns += pick(run, 100000));
		if (features & KM_FEAT_COMPACTION && !pick(run, 100))
			run_compact(run);
		if (i % 5000)
			continue;
		ck_assert_uint_eq(run->nr_lost, 0);
		ck_assert_uint_eq(accounted(run), managed);
		rig_assert_valid(&run->rig);
	}
	/* It was about something. */
	ck_assert_uint_gt(run->rig.pages.events.pgsteal_direct, 100);
	ck_assert_uint_gt(run->rig.pages.events.pgsteal_kswapd, 100);
	ck_assert_uint_gt(run->rig.pages.events.pswpout, 0);
	if (features & KM_FEAT_COMPACTION)
		ck_assert_uint_gt(run->rig.pages.events.pgmigrate_success, 100);
	else
		ck_assert_uint_eq(run->rig.pages.events.pgmigrate_success, 0);
	for (unsigned int i = 0; i < NR_LIVE; i++) {
		const struct block *block = &run->live[i];

		if (block->pfn == KM_NO_PFN)
			continue;
		run->nr_lost += km_page(&run->rig.machine, block->pfn)->priv != i;
		run->nr_lost += km_free_pages(&run->rig.pages, block->pfn, block->order, 0) != 0;
		run->live_pages -= 1ull << block->order;
	}
	ck_assert_uint_eq(run->nr_lost, 0);
	ck_assert_uint_eq(accounted(run), managed);
	ck_assert_uint_eq(run->rig.pages.lru[0].nr_pages[KM_LRU_INACTIVE_FILE], 0);
	rig_end(&run->rig);
	free(run);
}

START_TEST(cold)
{
	run_seed(KM_FEATURES_NEWEST, 0, 1);
}
END_TEST

START_TEST(warm)
{
	run_seed(KM_FEATURES_NEWEST, 1500, 2);
}
END_TEST

START_TEST(kernels_before)
{
	run_seed(0, 0, 3);
	run_seed(KM_FEAT_COMPACTION, 500, 4);
	run_seed(KM_FEAT_COMPACTION | KM_FEAT_RECLAIM_RETRY | KM_FEAT_PCP_HIGH_ORDER, 500, 5);
}
END_TEST

RUN_SUITE("page/pressure", cold, warm, kernels_before)
