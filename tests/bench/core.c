/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Speed and size of the core: one row a figure, with what is wanted of it.
 *
 * Rates are pairs of one allocation and one free by CPU time, the best of several rounds: what
 * else runs on the machine can only make a round slower.  Exits with 1 if a figure is missed.
 *
 * `core TEXT` runs the rows whose names contain TEXT.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/page/page_alloc.h"

#define ROUNDS 40
#define NR_LIVE 1024

struct bench {
	struct km_machine machine;
	struct km_pages pages;
	uint64_t live[NR_LIVE];
	uint8_t orders[NR_LIVE];
	uint64_t random;
};

static void die(const char *what)
{
	fprintf(stderr, "core: %s\n", what);
	exit(2);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

static uint64_t next_random(struct bench *bench)
{
	bench->random ^= bench->random >> 12;
	bench->random ^= bench->random << 25;
	bench->random ^= bench->random >> 27;
	return bench->random * 0x2545f4914f6cdd1dull;
}

static struct bench *boot(unsigned int features)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct km_profile profile;

	if (!bench || km_profile_builtin("x86-64-4g", &profile))
		die("no machine");
	profile.features = features;
	profile.nr_cpus = profile.nr_possible_cpus = 2;
	if (km_machine_init(&bench->machine, &profile) ||
	    km_pages_init(&bench->pages, &bench->machine) || km_pages_free_all(&bench->pages))
		die("no memory");
	bench->random = 1;
	return bench;
}

static void release(struct bench *bench)
{
	km_pages_release(&bench->pages);
	km_machine_release(&bench->machine);
	free(bench);
}

static uint64_t take(struct bench *bench, km_gfp gfp, unsigned int order)
{
	uint64_t pfn = km_alloc_pages(&bench->pages, gfp, order, 0, -1, KM_OWNER_OTHER);

	if (pfn == KM_NO_PFN)
		die("an allocation failed");
	return pfn;
}

static void give(struct bench *bench, uint64_t pfn, unsigned int order)
{
	if (km_free_pages(&bench->pages, pfn, order, 0))
		die("a free was refused");
}

/* Millions a second of nr operations in one call of round(); the best of several. */
static double best_rate(struct bench *bench, void (*round)(struct bench *), double nr)
{
	double best = 0;

	round(bench); /* touches what it needs */
	for (int i = 0; i < ROUNDS; i++) {
		double start = seconds(), took;

		round(bench);
		took = seconds() - start;
		if (took > 0 && nr / took > best)
			best = nr / took;
	}
	return best * 1e-6;
}

#define NR_PAIRS 400000

/* Freed at once: the same block again and again. */
static inline void pairs(struct bench *bench, unsigned int order)
{
	for (int i = 0; i < NR_PAIRS; i++)
		give(bench, take(bench, KM_GFP_KERNEL, order), order);
}

static void order0_pairs(struct bench *bench)
{
	pairs(bench, 0);
}

static void order3_pairs(struct bench *bench)
{
	pairs(bench, 3);
}

/* 64 blocks, then 64 frees in the same order: refills and spills take their part. */
static void order0_groups(struct bench *bench)
{
	for (int i = 0; i < NR_PAIRS / 64; i++) {
		for (int j = 0; j < 64; j++)
			bench->live[j] = take(bench, KM_GFP_KERNEL, 0);
		for (int j = 0; j < 64; j++)
			give(bench, bench->live[j], 0);
	}
}

/* Three types and orders 0 to 10 in random turns over 1024 places: split, merge, fall back. */
static void random_orders(struct bench *bench)
{
	static const km_gfp kinds[] = { KM_GFP_KERNEL, KM_GFP_HIGHUSER_MOVABLE,
					KM_GFP_KERNEL | KM_GFP_RECLAIMABLE };

	for (int i = 0; i < NR_PAIRS; i++) {
		uint64_t r = next_random(bench);
		unsigned int at = r % NR_LIVE, order = r >> 32 & 15;

		if (bench->live[at])
			give(bench, bench->live[at], bench->orders[at]);
		if (order > KM_MAX_ORDER)
			order = 0;
		bench->orders[at] = order;
		bench->live[at] = km_alloc_pages(&bench->pages, kinds[(r >> 40) % 3], order, 0, -1,
						 KM_OWNER_OTHER);
		if (bench->live[at] == KM_NO_PFN)
			bench->live[at] = 0;
	}
}

/*
 * What no allocator of such descriptors can be faster than: a stack of them that asks no
 * questions, called as the allocator is.
 */
static __attribute__((noinline)) uint64_t floor_pop(struct bench *bench)
{
	uint64_t pfn = bench->live[0];
	struct page *page = km_page(&bench->machine, pfn);

	bench->live[0] = page->next;
	*page = (struct page){ .state = KM_PAGE_USED, .count = 1 };
	return pfn;
}

static __attribute__((noinline)) void floor_push(struct bench *bench, uint64_t pfn)
{
	*km_page(&bench->machine, pfn) =
		(struct page){ .next = bench->live[0], .state = KM_PAGE_PCP };
	bench->live[0] = pfn;
}

static void floor_groups(struct bench *bench)
{
	for (int i = 0; i < NR_PAIRS / 64; i++) {
		for (int j = 1; j <= 64; j++)
			bench->live[j] = floor_pop(bench);
		for (int j = 1; j <= 64; j++)
			floor_push(bench, bench->live[j]);
	}
}

static double rate(unsigned int features, void (*round)(struct bench *))
{
	struct bench *bench = boot(features);
	double millions = best_rate(bench, round, NR_PAIRS);

	release(bench);
	return millions;
}

static double floor_stack(void)
{
	struct bench *bench = boot(KM_FEATURES_NEWEST);
	double millions;

	for (uint64_t pfn = 0; pfn < 64; pfn++)
		floor_push(bench, pfn);
	millions = best_rate(bench, floor_groups, NR_PAIRS);
	release(bench);
	return millions;
}

static double order0_pcp(void)
{
	return rate(KM_FEATURES_NEWEST, order0_pairs);
}

static double order0_pcp_groups(void)
{
	return rate(KM_FEATURES_NEWEST, order0_groups);
}

static double order3_pcp(void)
{
	return rate(KM_FEATURES_NEWEST, order3_pairs);
}

static double order3_split(void)
{
	return rate(KM_FEATURES_NEWEST & ~KM_FEAT_PCP_HIGH_ORDER, order3_pairs);
}

/* A free block of the order lies ready and cannot be merged: its buddy stays in use. */
static double order3_listed(void)
{
	struct bench *bench = boot(KM_FEATURES_NEWEST & ~KM_FEAT_PCP_HIGH_ORDER);
	uint64_t first = take(bench, KM_GFP_KERNEL, 3);
	double millions;

	take(bench, KM_GFP_KERNEL, 3);
	give(bench, first, 3);
	millions = best_rate(bench, order3_pairs, NR_PAIRS);
	release(bench);
	return millions;
}

static double random_mix(void)
{
	return rate(KM_FEATURES_NEWEST, random_orders);
}

static double resident_mib(void)
{
	unsigned long size, resident;
	FILE *statm = fopen("/proc/self/statm", "r");

	if (!statm || fscanf(statm, "%lu %lu", &size, &resident) != 2)
		die("no /proc/self/statm");
	fclose(statm);
	return resident * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

/* A 1 TiB machine from nothing to free memory: milliseconds, and how much larger we get. */
static void boot_large(double *ms, double *mib)
{
	struct bench *bench = malloc(sizeof(*bench));
	struct km_profile profile;
	double start, resident;

	if (!bench)
		die("no memory");
	km_profile_init(&profile);
	if (km_profile_set_memory(&profile, 1ull << 40))
		die("no machine");
	resident = resident_mib();
	start = seconds();
	if (km_machine_init(&bench->machine, &profile) ||
	    km_pages_init(&bench->pages, &bench->machine) || km_pages_free_all(&bench->pages))
		die("no memory");
	*ms = (seconds() - start) * 1e3;
	*mib = resident_mib() - resident;
	release(bench);
}

static double boot_ms(void)
{
	double best = 1e9, ms, mib;

	for (int i = 0; i < 5; i++) {
		boot_large(&ms, &mib);
		best = ms < best ? ms : best;
	}
	return best;
}

static double boot_mib(void)
{
	double ms, mib;

	boot_large(&ms, &mib);
	return mib;
}

enum sense {
	AT_LEAST,
	AT_MOST,
	SHOWN, /* nothing is wanted of it */
};

static const struct row {
	const char *name, *unit;
	enum sense sense;
	double wanted;
	double (*measure)(void);
} rows[] = {
	{ "1 TiB machine, resident memory", "MiB", AT_MOST, 64, boot_mib },
	{ "1 TiB machine, boot", "ms", AT_MOST, 100, boot_ms },
	{ "floor: a stack of descriptors, 64", "M pairs/s", SHOWN, 0, floor_stack },
	{ "order 0, per-cpu list", "M pairs/s", AT_LEAST, 40, order0_pcp },
	{ "order 0, per-cpu list, 64 at a time", "M pairs/s", SHOWN, 0, order0_pcp_groups },
	{ "order 3, per-cpu list", "M pairs/s", SHOWN, 0, order3_pcp },
	{ "order 3, buddy list", "M pairs/s", AT_LEAST, 15, order3_listed },
	{ "order 3, buddy, split and merge 7 orders", "M pairs/s", AT_LEAST, 15, order3_split },
	{ "random orders and types", "M pairs/s", SHOWN, 0, random_mix },
};

static bool print_row(const struct row *row)
{
	static const char *const signs[] = { ">=", "<=" };
	double figure = row->measure();
	bool ok = row->sense == AT_LEAST  ? figure >= row->wanted
		  : row->sense == AT_MOST ? figure <= row->wanted
					  : true;

	printf("%-42s %9.1f %-9s ", row->name, figure, row->unit);
	if (row->sense == SHOWN)
		printf("%8s  -\n", "-");
	else
		printf("%s %5.0f  %s\n", signs[row->sense], row->wanted, ok ? "ok" : "not");
	fflush(stdout);
	return ok;
}

int main(int argc, char **argv)
{
	bool ok = true;

	printf("%-42s %9s %-9s %8s\n", "figure", "measured", "", "wanted");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (argc < 2 || strstr(rows[i].name, argv[1]))
			ok &= print_row(&rows[i]);
	return !ok;
}
