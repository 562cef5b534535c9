/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NUMA nodes: distances, CPUs and memory of nodes, and the fallback orders.
 *
 * The orders are those that guests printed ("Fallback order for Node") when given the distances:
 * all by 6.12, ring, clusters, pairs and equal nodes without CPUs by 6.1 too.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

#include "core/machine/machine.h"
#include "core/machine/numa.h"

#define MIB (1ull << 20)

static void make(struct km_profile *profile, unsigned int nr_nodes)
{
	km_profile_init(profile);
	profile->nr_nodes = nr_nodes;
	profile->nr_cpus = nr_nodes;
	profile->nr_possible_cpus = nr_nodes;
	ck_assert_int_eq(km_profile_set_memory(profile, nr_nodes * 128 * MIB), 0);
	ck_assert_pstr_eq(km_profile_check(profile), NULL);
}

/* "0 1 3 2, 1 2 0 3, ...": the order of each node. */
static void expect_orders(const struct km_profile *profile, unsigned int busy_nodes,
			  const char *want)
{
	struct km_node_orders orders;
	char got[256] = "";
	size_t len = 0;

	ck_assert_pstr_eq(km_profile_check(profile), NULL);
	km_node_order(profile, busy_nodes, &orders);
	for (unsigned int node = 0; node < profile->nr_nodes; node++)
		for (unsigned int i = 0; i < orders.nr; i++)
			len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%u",
						i      ? " "
						: node ? ", "
						       : "",
						orders.order[node][i]);
	ck_assert_str_eq(got, want);
}

START_TEST(derived_distances)
{
	struct km_profile profile;

	make(&profile, 3);
	ck_assert_uint_eq(km_node_distance(&profile, 1, 1), 10);
	ck_assert_uint_eq(km_node_distance(&profile, 1, 2), 20);
	profile.distance[1][2] = 31;
	ck_assert_uint_eq(km_node_distance(&profile, 1, 2), 31);
	ck_assert_uint_eq(km_node_distance(&profile, 2, 1), 20);
}
END_TEST

START_TEST(bad_distances_are_refused)
{
	struct km_profile good, profile;

	make(&good, 2);
	good.distance[0][0] = good.distance[1][1] = 10;
	good.distance[0][1] = 11;
	good.distance[1][0] = 255;
	ck_assert_pstr_eq(km_profile_check(&good), NULL);

	profile = good;
	profile.distance[1][1] = 11;
	ck_assert_str_eq(km_profile_check(&profile), "distance of a node to itself is not 10");
	profile = good;
	profile.distance[0][1] = 10;
	ck_assert_str_eq(km_profile_check(&profile),
			 "distance of a node to another is not above 10");
	profile = good;
	profile.distance[0][2] = 20;
	ck_assert_str_eq(km_profile_check(&profile),
			 "a distance is to or from a node that does not exist");
	profile = good;
	profile.distance[7][0] = 20;
	ck_assert_str_eq(km_profile_check(&profile),
			 "a distance is to or from a node that does not exist");
	profile = good;
	profile.cpuless_nodes = 1 << 2;
	ck_assert_str_eq(km_profile_check(&profile), "a node without CPUs does not exist");
	profile = good;
	profile.cpuless_nodes = 3;
	ck_assert_str_eq(km_profile_check(&profile), "no node has CPUs");
}
END_TEST

START_TEST(equal_nodes)
{
	struct km_profile profile;

	make(&profile, 1);
	expect_orders(&profile, 0, "0");
	make(&profile, 2);
	expect_orders(&profile, 0, "0 1, 1 0");
	make(&profile, 4);
	expect_orders(&profile, 0, "0 1 2 3, 1 2 3 0, 2 3 0 1, 3 0 1 2");
	make(&profile, 8);
	expect_orders(&profile, 0,
		      "0 1 2 3 4 5 6 7, 1 2 3 4 5 6 7 0, 2 3 4 5 6 7 0 1, 3 4 5 6 7 0 1 2, "
		      "4 5 6 7 0 1 2 3, 5 6 7 0 1 2 3 4, 6 7 0 1 2 3 4 5, 7 0 1 2 3 4 5 6");
}
END_TEST

/*
 *   0 ──16── 1
 *   │        │      across: 22
 *   3 ──16── 2
 */
static void make_ring(struct km_profile *profile)
{
	make(profile, 4);
	for (unsigned int from = 0; from < 4; from++)
		for (unsigned int to = 0; to < 4; to++)
			profile->distance[from][to] =
				(uint8_t[]){ 10, 16, 22, 16 }[(to - from) & 3];
}

START_TEST(a_ring)
{
	struct km_profile profile;

	make_ring(&profile);
	expect_orders(&profile, 0, "0 1 3 2, 1 2 0 3, 2 3 1 0, 3 0 2 1");
}
END_TEST

/* Two times four nodes, 12 inside and 32 between: nodes take turns in whom they ask first there. */
START_TEST(two_clusters)
{
	struct km_profile profile;

	make(&profile, 8);
	for (unsigned int from = 0; from < 8; from++)
		for (unsigned int to = 0; to < 8; to++)
			profile.distance[from][to] = from == to ? 10 : from / 4 == to / 4 ? 12 : 32;
	expect_orders(&profile, 0,
		      "0 1 2 3 4 5 6 7, 1 2 3 0 5 6 7 4, 2 3 0 1 6 7 4 5, 3 0 1 2 7 4 5 6, "
		      "4 5 6 7 0 1 2 3, 5 6 7 4 1 2 3 0, 6 7 4 5 2 3 0 1, 7 4 5 6 3 0 1 2");
}
END_TEST

/* Four packages of two nodes: 12 inside, 20 to a neighbour, 28 across. */
START_TEST(pairs_in_a_ring)
{
	struct km_profile profile;

	make(&profile, 8);
	for (unsigned int from = 0; from < 8; from++)
		for (unsigned int to = 0; to < 8; to++)
			profile.distance[from][to] = from == to			    ? 10
						     : from / 2 == to / 2	    ? 12
						     : (from / 2 + 2) % 4 == to / 2 ? 28
										    : 20;
	expect_orders(&profile, 0,
		      "0 1 2 3 6 7 4 5, 1 0 3 6 7 2 5 4, 2 3 4 5 0 1 6 7, 3 2 5 4 0 1 7 6, "
		      "4 5 6 7 2 3 0 1, 5 4 7 6 2 3 1 0, 6 7 0 1 4 5 2 3, 7 6 1 0 4 5 3 2");
}
END_TEST

START_TEST(back_is_not_forth)
{
	static const uint8_t distance[4][4] = {
		{ 10, 40, 30, 20 }, { 21, 10, 20, 20 }, { 15, 15, 10, 14 }, { 20, 21, 22, 10 }
	};
	struct km_profile profile;

	make(&profile, 4);
	for (int from = 0; from < 4; from++)
		memcpy(profile.distance[from], distance[from], 4);
	expect_orders(&profile, 0, "0 3 2 1, 1 2 3 0, 2 3 0 1, 3 0 1 2");
}
END_TEST

/* Take the memory of a node away. */
static void drop_memory(struct km_profile *profile, unsigned int node)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < profile->nr_zones; i++)
		if (profile->zones[i].node != node)
			profile->zones[nr++] = profile->zones[i];
	profile->nr_zones = nr;
	nr = 0;
	for (unsigned int i = 0; i < profile->nr_ranges; i++)
		if (profile->ranges[i].node != node)
			profile->ranges[nr++] = profile->ranges[i];
	profile->nr_ranges = nr;
}

START_TEST(nodes_without_memory)
{
	struct km_profile profile;

	make(&profile, 4);
	for (unsigned int from = 0; from < 4; from++)
		for (unsigned int to = 0; to < 4; to++)
			profile.distance[from][to] = from == to ? 10 : 21;
	drop_memory(&profile, 1);
	ck_assert(km_node_has_memory(&profile, 0));
	ck_assert(!km_node_has_memory(&profile, 1));
	expect_orders(&profile, 0, "0 2 3, 3 2 0, 2 3 0, 3 0 2");

	make_ring(&profile);
	drop_memory(&profile, 0);
	expect_orders(&profile, 0, "1 3 2, 1 2 3, 2 3 1, 3 2 1");
}
END_TEST

START_TEST(nodes_without_cpus)
{
	struct km_profile profile;

	/* Nobody knows yet that node 3 has none. */
	make(&profile, 4);
	profile.cpuless_nodes = 1 << 3;
	profile.nr_cpus = profile.nr_possible_cpus = 3;
	expect_orders(&profile, 0, "0 1 2 3, 1 2 3 0, 2 3 0 1, 3 0 1 2");
	/* Once it is known, the others prefer it; by find_next_best_node(), no guest printed it. */
	ck_assert_uint_eq(km_cpu_nodes(&profile), 0x7);
	expect_orders(&profile, km_cpu_nodes(&profile), "0 3 1 2, 1 3 2 0, 2 3 0 1, 3 0 1 2");
}
END_TEST

/* Node 1 is busy and much asked, 3 is idle and as near as can be: its own memory comes first. */
START_TEST(own_memory_first)
{
	struct km_profile profile;

	make(&profile, 4);
	profile.distance[0][1] = 12;
	profile.distance[1][0] = 12;
	profile.distance[1][3] = 11;
	expect_orders(&profile, 0x3, "0 1 2 3, 1 3 0 2, 2 3 0 1, 3 2 0 1");
}
END_TEST

START_TEST(cpus_are_spread_over_nodes_that_have_some)
{
	struct km_profile profile;
	struct km_machine machine;

	make(&profile, 4);
	profile.nr_cpus = 6;
	profile.nr_possible_cpus = 8;
	profile.cpuless_nodes = 1 << 0 | 1 << 2;
	ck_assert_int_eq(km_machine_init(&machine, &profile), 0);
	for (unsigned int cpu = 0; cpu < 6; cpu++)
		ck_assert_uint_eq(machine.cpus[cpu].node, cpu < 3 ? 1 : 3);
	km_machine_release(&machine);
	ck_assert_uint_eq(km_cpu_node(&profile, 7), 3);
	ck_assert_uint_eq(km_cpu_nodes(&profile), 0xa);

	/* Fewer CPUs than nodes: the last ones get none. */
	profile.cpuless_nodes = 0;
	profile.nr_cpus = 3;
	ck_assert_uint_eq(km_cpu_nodes(&profile), 0x7);
	profile.cpuless_nodes = 1 << 3;
	profile.nr_cpus = 4;
	ck_assert_uint_eq(km_cpu_node(&profile, 7), 2);
	ck_assert_uint_eq(km_cpu_nodes(&profile), 0x7);
}
END_TEST

RUN_SUITE("machine/numa", derived_distances, bad_distances_are_refused, equal_nodes, a_ring,
	  two_clusters, pairs_in_a_ring, back_is_not_forth, nodes_without_memory,
	  nodes_without_cpus, own_memory_first, cpus_are_spread_over_nodes_that_have_some)
