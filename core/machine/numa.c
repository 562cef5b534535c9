/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NUMA nodes.
 *
 * Not modelled: memory that is offline, tiers of memory, nodes that come and go.
 */
#include "core/machine/numa.h"

#define NO_NODE (-1)
/* Far above what loads can sum up to: they decide among equal costs alone. */
#define LOAD_UNIT 1024

unsigned int km_node_distance(const struct km_profile *profile, unsigned int from, unsigned int to)
{
	if (profile->distance[from][to])
		return profile->distance[from][to];
	return from == to ? KM_LOCAL_DISTANCE : KM_REMOTE_DISTANCE;
}

bool km_node_has_memory(const struct km_profile *profile, unsigned int node)
{
	for (unsigned int i = 0; i < profile->nr_zones; i++)
		if (profile->zones[i].node == node && profile->zones[i].present_pages)
			return true;
	return false;
}

unsigned int km_cpu_node(const struct km_profile *profile, unsigned int cpu)
{
	unsigned int nr = 0, nth, node = 0;

	for (unsigned int i = 0; i < profile->nr_nodes; i++)
		nr += !(profile->cpuless_nodes >> i & 1);
	nth = cpu < profile->nr_cpus ? (uint64_t)cpu * nr / profile->nr_cpus : nr - 1;
	for (; node + 1 < profile->nr_nodes; node++)
		if (!(profile->cpuless_nodes >> node & 1) && !nth--)
			break;
	return node;
}

unsigned int km_cpu_nodes(const struct km_profile *profile)
{
	unsigned int nodes = 0;

	for (unsigned int cpu = 0; cpu < profile->nr_cpus; cpu++)
		nodes |= 1u << km_cpu_node(profile, cpu);
	return nodes;
}

struct build {
	const struct km_profile *profile;
	unsigned int busy_nodes;
	unsigned int load[KM_MAX_NODES]; /* groups of equally far nodes that the node heads */
};

/* The best of the nodes in left; NO_NODE if there is none. */
static int next_best_node(const struct build *build, unsigned int node, unsigned int left)
{
	unsigned int least = UINT32_MAX;
	int best = NO_NODE;

	if (left >> node & 1)
		return node;
	for (unsigned int n = 0; n < build->profile->nr_nodes; n++) {
		unsigned int cost = km_node_distance(build->profile, node, n) + (n < node) +
				    (build->busy_nodes >> n & 1);

		cost = cost * LOAD_UNIT + build->load[n];
		if (left >> n & 1 && cost < least) {
			least = cost;
			best = n;
		}
	}
	return best;
}

void km_node_order(const struct km_profile *profile, unsigned int busy_nodes,
		   struct km_node_orders *orders)
{
	struct build build = { .profile = profile, .busy_nodes = busy_nodes };
	unsigned int with_memory = 0;

	for (unsigned int node = 0; node < profile->nr_nodes; node++)
		with_memory |= (unsigned int)km_node_has_memory(profile, node) << node;

	*orders = (struct km_node_orders){ 0 };
	for (unsigned int node = 0; node < profile->nr_nodes; node++) {
		unsigned int left = with_memory, before = node, nr = 0;
		int next;

		while ((next = next_best_node(&build, node, left)) != NO_NODE) {
			left &= ~(1u << next);
			if (km_node_distance(profile, node, next) !=
			    km_node_distance(profile, node, before))
				build.load[next]++;
			orders->order[node][nr++] = next;
			before = next;
		}
		orders->nr = nr;
	}
}
