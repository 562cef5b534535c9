/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which zones the RAM of each node makes, as a kernel finds out at boot.
 */
#ifndef CORE_MACHINE_ZONE_LAYOUT_H
#define CORE_MACHINE_ZONE_LAYOUT_H

#include "core/machine/profile.h"

/*
 * Lay profile->zones anew over profile->ranges, which must have RAM:
 *
 *   a zone of a node = the node's span, first to last page of its RAM, holes included,
 *                      cut by the limits of the zone's type
 *   present          = pages of its RAM in that span;  managed = present
 *
 * Zones without RAM are left out.  Limits are those of x86 by address_bits: DMA below
 * 16 MiB, then DMA32 below 4 GiB and Normal, or Normal below 896 MiB and HighMem.
 * 0, -EINVAL: no ranges, or -E2BIG: more than KM_MAX_ZONES zones; zones are unchanged then.
 *
 * Source: free_area_init() and zone_spanned_pages_in_node() of mm/mm_init.c,
 * zone_sizes_init() of arch/x86/mm/init.c, both 6.12.
 */
int km_zones_from_ranges(struct km_profile *profile);

#endif
