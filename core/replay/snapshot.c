/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host put together from the files of its opening and its closing snapshot.
 *
 * Zones of both states are in the order of the opening zoneinfo, so that start, end and
 * profile can be laid side by side; a zone that comes up later is left out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/replay/host_files.h"

static struct km_host_zone *find_zone(struct km_host_state *state, const struct km_zone_desc *desc)
{
	for (unsigned int i = 0; i < state->nr_zones; i++)
		if (state->zones[i].node == desc->node && state->zones[i].type == desc->type)
			return &state->zones[i];
	return NULL;
}

static void fill_zones(struct km_host_state *state, const struct tf_snapshot *snap,
		       const struct km_zoneinfo *info)
{
	for (unsigned int i = 0; i < info->nr_zones; i++) {
		const struct km_zoneinfo_zone *from = &info->zones[i];
		struct km_host_zone *zone = find_zone(state, &from->desc);

		if (!zone)
			continue;
		zone->managed_pages = from->desc.managed_pages;
		zone->free_pages = from->free_pages;
		zone->pcp_pages = from->pcp_pages;
		memcpy(zone->pcp_count, from->pcp_count, sizeof(zone->pcp_count));
		memcpy(zone->pcp_high, from->pcp_high, sizeof(zone->pcp_high));
	}
	state->has_zones =
		info->nr_zones && km_parse_free_blocks(km_snapshot_text(snap, "/proc/pagetypeinfo"),
						       km_snapshot_text(snap, "/proc/buddyinfo"),
						       state->zones, state->nr_zones);
}

/* order: the zones that state is to have. */
static int fill_state(struct km_host_state *state, const struct tf_snapshot *snap,
		      const struct km_zoneinfo *info, const struct km_zoneinfo *order,
		      uint64_t page_bytes)
{
	uint64_t bytes;
	int err;

	state->nr_zones = order->nr_zones;
	for (unsigned int i = 0; i < order->nr_zones; i++) {
		state->zones[i].type = order->zones[i].desc.type;
		state->zones[i].node = order->zones[i].desc.node;
		state->zones[i].managed_pages = order->zones[i].desc.managed_pages;
	}
	fill_zones(state, snap, info);
	err = km_parse_slab(km_snapshot_text(snap, "/proc/slabinfo"),
			    km_snapshot_text(snap, "/sys/kernel/slab"), state);
	if (err)
		return err;
	if (km_parse_meminfo(km_snapshot_text(snap, "/proc/meminfo"), "SwapFree:", &bytes))
		state->swap_pages = bytes / page_bytes;
	if (km_parse_meminfo(km_snapshot_text(snap, "/proc/meminfo"), "Percpu:", &bytes)) {
		state->has_percpu = true;
		state->percpu_pages = bytes / page_bytes;
	}
	return km_parse_vmallocinfo(km_snapshot_text(snap, "/proc/vmallocinfo"), state);
}

/* Memory that the host began to manage while it was recorded; no event tells of it. */
static void note_growth(struct km_zoneinfo *start, const struct km_zoneinfo *end)
{
	for (unsigned int i = 0; i < start->nr_zones; i++) {
		struct km_zone_desc *desc = &start->zones[i].desc;

		for (unsigned int j = 0; j < end->nr_zones; j++) {
			const struct km_zone_desc *later = &end->zones[j].desc;

			if (later->node == desc->node && later->type == desc->type &&
			    later->managed_pages > desc->managed_pages &&
			    later->managed_pages <= desc->present_pages)
				desc->deferred_pages = later->managed_pages - desc->managed_pages;
		}
	}
}

int km_host_init(struct km_host *host, const struct tf_meta *meta)
{
	const struct tf_snapshot *first, *last;
	struct km_zoneinfo *infos;
	uint64_t page_bytes;
	int err;

	memset(host, 0, sizeof(*host));
	first = tf_meta_opening(meta);
	if (!first)
		return 0;
	infos = calloc(2, sizeof(*infos));
	if (!infos)
		return -ENOMEM;
	last = tf_meta_closing(meta);
	if (!last)
		last = first;
	host->has_end = first != last;
	km_parse_zoneinfo(km_snapshot_text(first, "/proc/zoneinfo"), &infos[0]);
	km_parse_zoneinfo(km_snapshot_text(last, "/proc/zoneinfo"), &infos[1]);
	note_growth(&infos[0], &infos[1]);
	host->has_profile =
		infos[0].nr_zones && km_host_profile(meta, first, &infos[0], &host->profile);
	page_bytes = host->has_profile ? 1ull << host->profile.page_shift : 4096;
	err = fill_state(&host->start, first, &infos[0], &infos[0], page_bytes);
	if (!err)
		err = fill_state(&host->end, last, &infos[1], &infos[0], page_bytes);
	free(infos);
	return err;
}

void km_host_release(struct km_host *host)
{
	free(host->start.caches);
	free(host->start.areas);
	free(host->end.caches);
	free(host->end.areas);
	memset(host, 0, sizeof(*host));
}

uint64_t km_host_zone_free(const struct km_host_zone *zone)
{
	uint64_t pages = 0;

	for (unsigned int type = 0; type < KM_NR_MIGRATETYPES; type++)
		for (unsigned int order = 0; order < KM_NR_ORDERS; order++)
			pages += zone->blocks[type][order] << order;
	return pages;
}
