/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NUMA nodes: how far they are from each other, which CPUs and memory they have, and in which order
 * each falls back to the others.
 *
 * Everything follows from the profile.  A node may lack CPUs, or memory; node numbers are dense
 * below nr_nodes.
 */
#ifndef CORE_MACHINE_NUMA_H
#define CORE_MACHINE_NUMA_H

#include "core/machine/profile.h"

#define KM_LOCAL_DISTANCE 10  /* of a node to itself, always */
#define KM_REMOTE_DISTANCE 20 /* to another one that the profile gives no distance for */

/*
 * Distance between two nodes below nr_nodes, in tenths of what a node's own memory costs; not the
 * same back and forth, if the profile says so.  Defaults: include/linux/topology.h, 6.12.
 */
unsigned int km_node_distance(const struct km_profile *profile, unsigned int from, unsigned int to);

/* Has the node present pages (N_MEMORY)? */
bool km_node_has_memory(const struct km_profile *profile, unsigned int node);

/*
 * Node of a CPU below nr_possible_cpus: online ones are spread evenly over the nodes that have any,
 * in ascending order; the rest is with the last.
 */
unsigned int km_cpu_node(const struct km_profile *profile, unsigned int cpu);

/* Bit N: an online CPU is on node N. */
unsigned int km_cpu_nodes(const struct km_profile *profile);

/* Whom node N's requests ask, in turn: order[N][0] to order[N][nr - 1]. */
struct km_node_orders {
	unsigned int nr; /* nodes that have memory, the same for every N */
	uint8_t order[KM_MAX_NODES][KM_MAX_NODES];
};

/*
 * The fallback orders of all nodes: of those with memory, itself first, then each time the nearest
 * one left, where
 *
 *      cost = distance + (it is below N: 1) + (it is in busy_nodes: 1)
 *
 * and among equal costs the one that fewer nodes before N have put at the head of a group of
 * equally far ones, then the lower number.  The groups' heads are counted while the orders of
 * nodes 0, 1, ... are built one after the other; a node without memory has an order too.
 *
 * busy_nodes: bit for each node whose CPUs the kernel knows when it builds its zonelists.  On x86
 * it does so before any CPU has told its node, so it is 0 there; km_cpu_nodes() after memory was
 * plugged in, which builds them again, and where the firmware's table is read earlier.
 *
 * find_next_best_node() and build_zonelists() of mm/page_alloc.c, 6.12, and 6.1 does the same;
 * older kernels weigh the heads of groups otherwise, which from three nodes on can show.
 */
void km_node_order(const struct km_profile *profile, unsigned int busy_nodes,
		   struct km_node_orders *orders);

#endif
