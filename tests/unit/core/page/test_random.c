/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random operations on machines of every generation: whatever happens, every rule of
 * km_pages_is_valid() holds, no page is lost, and no two blocks overlap.
 */
#include <errno.h>

#include "tests/unit/suite.h"
#include "tests/unit/core/page/rig.h"

#include "core/page/pcp.h"

#define NR_LIVE 4096

/* An assertion that is silent while it holds: each of Check's is a message. */
#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			ck_abort_msg("%s", #condition);                                            \
	} while (0)

struct block {
	uint64_t pfn;
	unsigned int order;
};

static const char *const releases[] = {
	"2.6.32", "5.4", "5.15", "6.1", "6.7", "6.18",
};

static const km_gfp kinds[] = {
	KM_GFP_KERNEL,
	KM_GFP_KERNEL | KM_GFP_RECLAIMABLE,
	KM_GFP_HIGHUSER_MOVABLE,
	KM_GFP_ATOMIC,
	KM_GFP_NOWAIT,
	KM_GFP_KERNEL | KM_GFP_DMA32,
	KM_GFP_KERNEL | KM_GFP_DMA,
	KM_GFP_ATOMIC | KM_GFP_ATOMIC_BIT,
	KM_GFP_KERNEL | KM_GFP_NOFAIL,
	KM_GFP_NOWAIT | KM_GFP_MEMALLOC,
	KM_GFP_KERNEL | KM_GFP_THISNODE,
	KM_GFP_HIGHUSER | KM_GFP_COLD,
};

static uint64_t managed(const struct rig *rig)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < rig->pages.nr_zones; i++)
		sum += rig->pages.zones[i].managed_pages;
	return sum;
}

/* What is neither free, nor on per-cpu lists, nor held. */
static uint64_t in_use(const struct rig *rig)
{
	uint64_t sum = managed(rig);

	for (unsigned int i = 0; i < rig->pages.nr_zones; i++)
		sum -= rig->pages.zones[i].free_pages + rig->pages.zones[i].pcp_pages +
		       rig->pages.zones[i].held_pages;
	return sum;
}

struct run {
	struct rig rig;
	uint64_t random;
	struct block live[NR_LIVE];
	unsigned int nr_live;
	uint64_t live_pages;
};

static unsigned int random_order(struct run *run)
{
	uint64_t r = rig_random(&run->random) % 100;

	if (r < 60)
		return 0;
	return r < 90 ? 1 + r % 3 : rig_random(&run->random) % KM_NR_ORDERS;
}

static void run_alloc(struct run *run, unsigned int max_order)
{
	unsigned int order = random_order(run);
	unsigned int cpu = rig_random(&run->random) % run->rig.machine.nr_cpus;
	km_gfp gfp = kinds[rig_random(&run->random) % (sizeof(kinds) / sizeof(kinds[0]))];
	uint64_t pfn;

	if (order > max_order)
		order = max_order;
	pfn = km_alloc_pages(&run->rig.pages, gfp, order, cpu, -1, KM_OWNER_OTHER);
	if (pfn == KM_NO_PFN) {
		must(run->rig.pages.last_failure.gfp == gfp);
		must(run->rig.pages.last_failure.order == order);
		return;
	}
	must(!(pfn & ((1u << order) - 1)));
	run->live[run->nr_live++] = (struct block){ pfn, order };
	run->live_pages += 1ull << order;
}

static void run_free(struct run *run)
{
	unsigned int i = rig_random(&run->random) % run->nr_live;
	unsigned int cpu = rig_random(&run->random) % run->rig.machine.nr_cpus;
	struct block block = run->live[i];

	if (!block.order && !(i & 7))
		must(km_free_cold_page(&run->rig.pages, block.pfn, cpu) == 0);
	else
		must(km_free_pages(&run->rig.pages, block.pfn, block.order, cpu) == 0);
	run->live[i] = run->live[--run->nr_live];
	run->live_pages -= 1ull << block.order;
	/* At once a second time: never. */
	must(km_free_pages(&run->rig.pages, block.pfn, block.order, cpu) == -EINVAL);
}

static void run_split(struct run *run)
{
	unsigned int i = rig_random(&run->random) % run->nr_live;
	struct block block = run->live[i];
	unsigned int to = block.order ? block.order - 1 : 0;

	if (run->nr_live + 1 >= NR_LIVE || !block.order)
		return;
	must(km_split_pages(&run->rig.pages, block.pfn, to) == 0);
	run->live[i].order = to;
	run->live[run->nr_live++] = (struct block){ block.pfn + (1ull << to), to };
}

static void run_claim(struct run *run)
{
	unsigned int order = rig_random(&run->random) % 5;
	uint64_t pfn = km_pages_claim(&run->rig.pages, rig_random(&run->random) % KM_NR_ZONE_TYPES,
				      rig_random(&run->random) % run->rig.machine.profile.nr_nodes,
				      order, KM_OWNER_SLAB);

	if (pfn == KM_NO_PFN)
		return;
	run->live[run->nr_live++] = (struct block){ pfn, order };
	run->live_pages += 1ull << order;
}

static void seed_some(struct run *run)
{
	uint64_t blocks[KM_NR_MIGRATETYPES][KM_NR_ORDERS] = { 0 };

	for (unsigned int i = 0; i < run->rig.pages.nr_zones; i++) {
		struct zone *zone = &run->rig.pages.zones[i];

		/* About half of the zone, in all shapes. */
		for (int type = 0; type < KM_MIGRATE_CMA; type++)
			for (int order = 0; order < KM_NR_ORDERS; order++)
				blocks[type][order] = rig_random(&run->random) %
						      (1 + (zone->managed_pages / 44 >> order));
		km_pages_seed(&run->rig.pages, zone, blocks);
		km_pages_seed_pcp(&run->rig.pages, zone, i % run->rig.machine.nr_cpus, 17, 0);
	}
}

static void drive(const char *machine, unsigned int features, uint64_t seed, bool warm)
{
	static struct run run;
	struct km_profile profile;

	memset(&run, 0, sizeof(run));
	run.random = seed;
	ck_assert_int_eq(km_profile_builtin(machine, &profile), 0);
	profile.features = features;
	profile.nr_cpus = profile.nr_possible_cpus = 3;
	rig_boot(&run.rig, &profile);
	if (warm)
		seed_some(&run);
	else
		ck_assert_int_eq(km_pages_free_all(&run.rig.pages), 0);
	rig_assert_valid(&run.rig);

	for (unsigned int i = 0; i < 40000; i++) {
		/* Fill and empty in turns, so that watermarks and merging both come into play. */
		unsigned int share = i / 5000 % 2 ? 35 : 75;
		uint64_t dice = rig_random(&run.random) % 100;

		if (dice == 99)
			km_drain_all(&run.rig.pages);
		else if (dice == 98 && run.nr_live)
			run_split(&run);
		else if (dice == 96)
			km_pcp_tick(&run.rig.pages);
		else if (dice == 97 && run.nr_live < NR_LIVE)
			run_claim(&run);
		else if (dice < share && run.nr_live < NR_LIVE)
			run_alloc(&run, KM_MAX_ORDER);
		else if (run.nr_live)
			run_free(&run);
		must(in_use(&run.rig) == run.live_pages);
		if (i % 10000 == 9999)
			rig_assert_valid(&run.rig);
	}
	while (run.nr_live)
		run_free(&run);
	ck_assert_uint_eq(in_use(&run.rig), 0);
	rig_end(&run.rig);
}

/* Every generation on one machine; every other run starts warm. */
/* Every step-th release, the first one among them. */
static void drive_generations(const char *machine, uint64_t seed, unsigned int step)
{
	for (unsigned int i = 0; i < sizeof(releases) / sizeof(releases[0]); i += step) {
		unsigned int features = km_era_features(releases[i], NULL);

		drive(machine, features, seed + 2 * i, false);
		drive(machine, features, seed + 2 * i + 1, true);
	}
}

START_TEST(one_small_zone)
{
	drive_generations("x86-32-64m", 1, 1);
}
END_TEST

START_TEST(zones_with_highmem)
{
	drive_generations("x86-32-1g", 101, 3);
}
END_TEST

START_TEST(zones_of_64_bit)
{
	drive_generations("x86-64-4g", 201, 5);
}
END_TEST

START_TEST(two_nodes)
{
	drive("x86-64-2node", KM_FEATURES_NEWEST, 301, true);
}
END_TEST

RUN_SUITE("page/random", one_small_zone, zones_with_highmem, zones_of_64_bit, two_nodes)
