/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Booting and releasing the emulated hardware.
 *
 * The descriptor array of a 1 TiB machine is 4 GiB of address space, of which
 * only what is written to costs memory.  Transparent huge pages are declined: one
 * of them would cost 2 MiB for the first touched page of every 512 MiB.
 *
 * Nothing is written for holes: whether a pfn is RAM follows from the ranges.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "core/machine/machine.h"
#include "core/machine/numa.h"

static uint64_t end_of_memory(const struct km_profile *profile)
{
	uint64_t end = 0;

	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];

		if (desc->start_pfn + desc->spanned_pages > end)
			end = desc->start_pfn + desc->spanned_pages;
	}
	return end;
}

int km_machine_init(struct km_machine *machine, const struct km_profile *profile)
{
	size_t bytes;
	void *map;
	int err = 0;

	*machine = (struct km_machine){ 0 };
	if (km_profile_check(profile))
		return -EINVAL;

	machine->profile = *profile;
	machine->nr_cpus = profile->nr_cpus;
	machine->cpus = calloc(machine->nr_cpus, sizeof(*machine->cpus));
	if (!machine->cpus) {
		err = -ENOMEM;
		goto out;
	}
	for (unsigned int i = 0; i < machine->nr_cpus; i++) {
		machine->cpus[i].id = i;
		machine->cpus[i].node = km_cpu_node(profile, i);
	}

	machine->nr_pfns = end_of_memory(profile);
	bytes = machine->nr_pfns * sizeof(*machine->mem_map);
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	if (map == MAP_FAILED) {
		err = -ENOMEM;
		goto out;
	}
	machine->mem_map = map;
	madvise(map, bytes, MADV_NOHUGEPAGE);
out:
	if (err)
		km_machine_release(machine);
	return err;
}

void km_machine_release(struct km_machine *machine)
{
	if (machine->mem_map)
		munmap(machine->mem_map, machine->nr_pfns * sizeof(*machine->mem_map));
	free(machine->cpus);
	*machine = (struct km_machine){ 0 };
}

bool km_pfn_is_ram(const struct km_machine *machine, uint64_t pfn)
{
	const struct km_profile *profile = &machine->profile;

	for (unsigned int i = 0; i < profile->nr_zones; i++) {
		const struct km_zone_desc *desc = &profile->zones[i];

		if (pfn >= desc->start_pfn && pfn - desc->start_pfn < desc->spanned_pages &&
		    km_profile_ram_pages(profile, pfn, pfn + 1, desc->node))
			return true;
	}
	return false;
}

uint64_t km_page_block(const struct km_machine *machine, uint64_t pfn)
{
	if (pfn >= machine->nr_pfns)
		return KM_NO_PFN;

	for (unsigned int order = 0; order < KM_NR_ORDERS; order++) {
		uint64_t head = pfn >> order << order;
		const struct page *page = km_page(machine, head);

		if (page->state != KM_PAGE_FREE && page->state != KM_PAGE_PCP &&
		    page->state != KM_PAGE_USED)
			continue;
		/* A block that ends before pfn: no larger one can hold its head, so none holds pfn.
		 */
		return pfn - head < 1ull << page->order ? head : KM_NO_PFN;
	}
	return KM_NO_PFN;
}
