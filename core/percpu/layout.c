/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The unit size: mm/percpu.c 6.12 pcpu_build_alloc_info(), pcpu_setup_first_chunk(),
 * with the atom that arch/x86/kernel/setup_percpu.c asks for.
 *
 * Simpler than the kernel: CPUs are grouped by their node, CPUs that are possible
 * but not online are on node 0.
 */
#include <errno.h>
#include <string.h>

#include "core/percpu/percpu_internal.h"

#define MIN_UNIT_BYTES (32u << 10)
#define EARLY_DYNAMIC_BYTES (20u << 10)
#define ASSUMED_STATIC_BYTES (192u << 10)
#define ATOM_BYTES_64 (2u << 20)

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static void count_cpus(const struct km_machine *machine, unsigned int nr_cpus[KM_MAX_NODES])
{
	memset(nr_cpus, 0, KM_MAX_NODES * sizeof(nr_cpus[0]));
	for (unsigned int cpu = 0; cpu < machine->profile.nr_possible_cpus; cpu++)
		nr_cpus[cpu < machine->nr_cpus ? machine->cpus[cpu].node : 0]++;
}

/* Units an atom block holds if it is cut into upa: 0 if it cannot be. */
static bool can_cut(uint64_t alloc_bytes, uint64_t upa, uint64_t page_bytes)
{
	return alloc_bytes % upa == 0 && (alloc_bytes / upa) % page_bytes == 0;
}

static uint64_t best_units_per_alloc(const struct km_machine *machine, uint64_t alloc_bytes,
				     uint64_t min_unit)
{
	uint64_t page_bytes = UINT64_C(1) << machine->profile.page_shift;
	unsigned int nr_cpus[KM_MAX_NODES];
	uint64_t last_allocs = UINT64_MAX, best = 1;

	count_cpus(machine, nr_cpus);
	for (uint64_t upa = alloc_bytes / min_unit; upa; upa--) {
		uint64_t allocs = 0, wasted = 0;

		if (!can_cut(alloc_bytes, upa, page_bytes))
			continue;
		for (unsigned int node = 0; node < KM_MAX_NODES; node++) {
			uint64_t nr = (nr_cpus[node] + upa - 1) / upa;

			allocs += nr;
			wasted += nr * upa - nr_cpus[node];
		}
		if (wasted > machine->profile.nr_possible_cpus / 3)
			continue;
		if (allocs > last_allocs)
			break;
		last_allocs = allocs;
		best = upa;
	}
	return best;
}

/* Fill the areas of the first chunk; false if one is absurd. */
static bool set_areas(const struct km_profile *profile, struct km_percpu_layout *layout)
{
	uint64_t page_bytes = UINT64_C(1) << profile->page_shift;
	uint64_t dynamic = profile->percpu_dynamic, unit = profile->percpu_unit;
	uint64_t sum;

	layout->static_bytes = profile->percpu_static;
	layout->reserved_bytes = profile->percpu_reserved;
	if (!dynamic)
		dynamic = profile->address_bits == 32 ? 20 << 10 : 28 << 10;
	if (dynamic < EARLY_DYNAMIC_BYTES)
		dynamic = EARLY_DYNAMIC_BYTES;
	if (layout->static_bytes > KM_PERCPU_MAX_UNIT ||
	    layout->reserved_bytes > KM_PERCPU_MAX_UNIT || dynamic > KM_PERCPU_MAX_UNIT ||
	    unit > KM_PERCPU_MAX_UNIT || unit % page_bytes)
		return false;
	if (!layout->static_bytes) {
		layout->static_bytes = ASSUMED_STATIC_BYTES;
		if (unit && unit > layout->reserved_bytes + dynamic &&
		    unit < layout->static_bytes + layout->reserved_bytes + dynamic)
			layout->static_bytes = unit - layout->reserved_bytes - dynamic;
	}
	sum = round_up(layout->static_bytes + layout->reserved_bytes + dynamic, page_bytes);
	layout->dynamic_bytes = sum - layout->static_bytes - layout->reserved_bytes;
	return sum <= (unit ? unit : KM_PERCPU_MAX_UNIT);
}

int km_percpu_layout(const struct km_machine *machine, struct km_percpu_layout *layout)
{
	const struct km_profile *profile = &machine->profile;
	unsigned int nr_cpus[KM_MAX_NODES];
	uint64_t min_unit, alloc_bytes, upa;

	memset(layout, 0, sizeof(*layout));
	if (!set_areas(profile, layout))
		return -EINVAL;
	layout->atom_bytes =
		profile->address_bits == 64 ? ATOM_BYTES_64 : UINT64_C(1) << profile->page_shift;
	min_unit = layout->static_bytes + layout->reserved_bytes + layout->dynamic_bytes;
	if (min_unit < MIN_UNIT_BYTES)
		min_unit = MIN_UNIT_BYTES;
	if (profile->percpu_unit) {
		layout->unit_bytes = profile->percpu_unit;
		upa = layout->atom_bytes / layout->unit_bytes;
		upa = upa ? upa : 1;
	} else {
		alloc_bytes = round_up(min_unit, layout->atom_bytes);
		upa = best_units_per_alloc(machine, alloc_bytes, min_unit);
		layout->unit_bytes = alloc_bytes / upa;
	}
	count_cpus(machine, nr_cpus);
	for (unsigned int node = 0; node < KM_MAX_NODES; node++)
		layout->nr_units += round_up(nr_cpus[node], upa);
	return 0;
}
